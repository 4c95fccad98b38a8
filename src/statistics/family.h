/* family.h - laws with density exp(h v - p0 t0(v) - p1 t1(v)) / Z on [0, length], p1 >= 0: what a power law is
 * compared with.
 *
 * p1 = 0 is the power law with rate p0 - h.  The logarithm of the likelihood is concave, so its maximum is found by
 * Newton's method; Z and the moments are computed by quadrature. */
#ifndef ND_FAMILY_H
#define ND_FAMILY_H

typedef struct nd_family {
    void (*features)(double v, double t[2]);
    /* v where the density is largest, before it is cut to the window; p1 > 0 */
    double (*peak)(const double p[2]);
    /* mean of t1 under the power law of this rate on the half line */
    double (*power_law_mean)(double rate);
    double h;
} nd_family;

extern const nd_family nd_lognormal;           /* v, v^2/2; h = 0 */
extern const nd_family nd_truncated_power_law; /* v, e^v - 1; h = 1 */

/* ln of the integral of exp(-rate w) over [0, length]; rate above 0 where length is INFINITY. */
double nd_log_norm(double rate, double length);
/* Maximum likelihood for samples whose features have these means.  p receives the parameters and *log_z the logarithm
 * of Z; where p[1] = 0 is best, p is the power law of the given rate.  Returns 0, or -1 if Newton's method did not
 * converge. */
int nd_family_fit(const nd_family *family, const double mean[2], double rate, double length, double p[2],
                  double *log_z);

#endif
