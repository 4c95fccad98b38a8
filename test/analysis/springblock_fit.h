/* springblock_fit.h - synthetic load curves of known chains, and how often intervals hold them. */
#ifndef NT_SPRINGBLOCK_FIT_H
#define NT_SPRINGBLOCK_FIT_H
#include "nndyn.h"
#include "support/support.h"

static const char *const nt_quantities[5] = {"friction_right", "friction_left", "noise", "friction", "asymmetry"};

NT_UNUSED static nndyn_springblock *nt_chain(nndyn_context *context, const double theta[3], int64_t seed)
{
    nndyn_options *options;
    nndyn_springblock *chain;
    nt_ok(context, nndyn_options_create(context, &options));
    for (int q = 0; q < 3; q++) {
        nt_ok(options, nndyn_options_set_double(options, nt_quantities[q], theta[q]));
    }
    nt_ok(options, nndyn_options_set_integer(options, "seed", seed));
    nt_ok(context, nndyn_springblock_create(context, 7, options, &chain));
    nndyn_options_free(options);
    return chain;
}

/* D_0..D_7 of the mean field, times 4.5, less 3.3. */
NT_UNUSED static void nt_curve(nndyn_context *context, const double theta[3], double d[8])
{
    double x[7];
    nndyn_springblock *chain = nt_chain(context, theta, 1);
    nt_ok(chain, nndyn_springblock_mean_field(chain, 10000, x));
    for (int l = 0; l < 8; l++) {
        d[l] = 4.5 * (1 - (l > 0 ? x[l - 1] : 0)) - 3.3;
    }
    nndyn_springblock_free(chain);
}

enum { NT_RUNS = 40 };

/* Means over an ensemble of the chain itself at level and scale of their own, and the covariance of the means, widened
 * for being an estimate (docs/springblock_fit.md).  D_0 is
 * the wall, the same in all runs: it and the scatter of measuring every layer have the standard deviation `error`. */
NT_UNUSED static void nt_ensemble(nndyn_context *context, const double theta[3], int64_t seed, double error,
                                  double d[8], double covariance[64])
{
    double mean[7], profiles[7 * NT_RUNS], z[8];
    nndyn_springblock *chain = nt_chain(context, theta, seed);
    nt_ok(chain, nndyn_springblock_ensemble(chain, NT_RUNS, 10000, NULL, mean, NULL, NULL, NULL, profiles));
    nt_normal(9000 + (uint64_t)seed, 8, z);
    for (int l = 0; l < 8; l++) {
        d[l] = 4.5 * (1 - (l > 0 ? mean[l - 1] : 0)) - 3.3 + 4.5 * error * z[l];
        for (int k = 0; k < 8; k++) {
            double sum = 0;
            for (int r = 0; r < NT_RUNS && l > 0 && k > 0; r++) {
                sum += (profiles[7 * r + l - 1] - mean[l - 1]) * (profiles[7 * r + k - 1] - mean[k - 1]);
            }
            covariance[8 * l + k] = 4.5 * 4.5 * (sum / (NT_RUNS - 10) / NT_RUNS + (l == k ? error * error : 0));
        }
    }
    nndyn_springblock_free(chain);
}

typedef struct nt_experiment {
    int curves;
    double error;  /* standard deviation of a point, of the drop */
    int estimated; /* from the residuals, not given */
    int ensembles; /* of the chain, with the covariance of their means; else the mean field and normal errors */
    int free;      /* all three parameters; else the left friction is known */
    uint64_t seed;
} nt_experiment;

typedef struct nt_coverage {
    int held[5], determined[5], held_determined[5], region;
} nt_coverage;

NT_UNUSED static nndyn_springblock_fit *nt_fit_one(nndyn_context *context, const nt_experiment *e, int i,
                                                   const double theta[3], const nndyn_options *options)
{
    double d[8], errors[8], z[8], covariance[64];
    nndyn_springblock_fit *fit;
    if (e->ensembles) {
        nt_ensemble(context, theta, (int64_t)e->seed + i, e->error, d, covariance);
        nt_ok(context, nndyn_springblock_fit_create_covariance(context, 8, d, covariance, options, &fit));
        return fit;
    }
    nt_normal(e->seed + 5000 + (uint64_t)i, 8, z);
    nt_curve(context, theta, d);
    for (int l = 0; l < 8; l++) {
        errors[l] = 4.5 * e->error;
        d[l] += errors[l] * z[l];
    }
    nt_ok(context, nndyn_springblock_fit_create(context, 8, d, e->estimated ? NULL : errors, options, &fit));
    return fit;
}

/* Chains over the diagram of docs/springblock.md: right friction 0.01 to 0.08, noise 0.01 to 0.1, left 0.08. */
NT_UNUSED static void nt_measure_coverage(nndyn_context *context, const nt_experiment *e, nt_coverage *c)
{
    nndyn_options *options;
    nt_ok(context, nndyn_options_create(context, &options));
    if (!e->free) {
        nt_ok(options, nndyn_options_set_double(options, "friction_left", 0.08));
    }
    *c = (nt_coverage){0};
    for (int i = 0; i < e->curves; i++) {
        double u[2], p;
        nt_uniform(e->seed + 1000 + (uint64_t)i, 2, 0, 1, u);
        const double theta[3] = {0.01 + 0.07 * u[0], 0.08, 0.01 + 0.09 * u[1]};
        const double truth[5] = {theta[0], 0.08, theta[2], 0.5 * (theta[0] + 0.08), 0.08 - theta[0]};
        nndyn_springblock_fit *fit = nt_fit_one(context, e, i, theta, options);
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
