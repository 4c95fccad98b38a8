/* springblock_fit.h - synthetic load curves of known chains, and how often intervals hold them. */
#ifndef NT_SPRINGBLOCK_FIT_H
#define NT_SPRINGBLOCK_FIT_H
#include "nndyn.h"
#include "support/support.h"

static const char *const nt_quantities[5] = {"friction_right", "friction_left", "noise", "friction", "asymmetry"};

/* D_0..D_7 of the mean field, times 4.5, less 3.3. */
NT_UNUSED static void nt_curve(nndyn_context *context, const double theta[3], double d[8])
{
    double x[7];
    nndyn_options *options;
    nndyn_springblock *chain;
    nt_ok(context, nndyn_options_create(context, &options));
    for (int q = 0; q < 3; q++) {
        nt_ok(options, nndyn_options_set_double(options, nt_quantities[q], theta[q]));
    }
    nt_ok(context, nndyn_springblock_create(context, 7, options, &chain));
    nt_ok(chain, nndyn_springblock_mean_field(chain, 10000, x));
    for (int l = 0; l < 8; l++) {
        d[l] = 4.5 * (1 - (l > 0 ? x[l - 1] : 0)) - 3.3;
    }
    nndyn_springblock_free(chain);
    nndyn_options_free(options);
}

typedef struct nt_coverage {
    int curves;
    int held[5], determined[5], held_determined[5], region;
} nt_coverage;

/* Chains over the diagram of docs/springblock.md (right friction 0.01 to 0.08, noise 0.01 to 0.1, left 0.08), errors
 * of one curve the standard deviation `error` of the drop; fitted with the left friction known, errors given or not. */
NT_UNUSED static void nt_measure_coverage(nndyn_context *context, int curves, double error, int weighted,
                                          nt_coverage *c)
{
    nndyn_options *options;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_double(options, "friction_left", 0.08));
    *c = (nt_coverage){.curves = curves};
    for (int i = 0; i < curves; i++) {
        double u[2], z[8], d[8], errors[8], p;
        nndyn_springblock_fit *fit;
        nt_uniform(1000 + (uint64_t)i, 2, 0, 1, u);
        nt_normal(5000 + (uint64_t)i, 8, z);
        const double theta[3] = {0.01 + 0.07 * u[0], 0.08, 0.01 + 0.09 * u[1]};
        const double truth[5] = {theta[0], 0.08, theta[2], 0.5 * (theta[0] + 0.08), 0.08 - theta[0]};
        nt_curve(context, theta, d);
        for (int l = 0; l < 8; l++) {
            errors[l] = 4.5 * error;
            d[l] += errors[l] * z[l];
        }
        nt_ok(context, nndyn_springblock_fit_create(context, 8, d, weighted ? errors : NULL, options, &fit));
        for (int q = 0; q < 5; q++) {
            double low, high;
            int open;
            nt_ok(fit, nndyn_springblock_fit_interval(fit, nt_quantities[q], 0.95, &low, &high, &open));
            const int held = truth[q] >= low && truth[q] <= high;
            c->held[q] += held;
            c->determined[q] += !open;
            c->held_determined[q] += held && !open;
        }
        nt_ok(fit, nndyn_springblock_fit_region(fit, theta[0], theta[1], theta[2], NULL, &p));
        c->region += p >= 0.05;
        nndyn_springblock_fit_free(fit);
    }
    nndyn_options_free(options);
}

#endif
