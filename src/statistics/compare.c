/* compare.c - Vuong's test of the fitted power law against other laws on the same window. */
#include "statistics/family.h"
#include "statistics/powerlaw.h"
#include <float.h>
#include <math.h>

enum { HALVINGS = 10, GOLDEN = 44 };

/* A law of v = ln(x/xmin), fitted, with what it takes to evaluate the logarithm of its density. */
typedef struct rival rival;
struct rival {
    double (*log_density)(const rival *law, double v);
    int (*fit)(rival *law, nndyn_powerlaw_fit *fit);
    int nested; /* the power law is one of these laws, to be tested as such */
    const nd_family *family;
    double p[2]; /* in units of v */
    double log_z;
    double length;
    double mean; /* of v */
    int same;    /* it is the power law */
};

static double count_of(const nndyn_powerlaw_fit *fit, int64_t j)
{
    return (double)(fit->sample.before[j + 1] - fit->sample.before[j]);
}

static double rate_of(const nndyn_powerlaw_fit *fit)
{
    return fit->k - 1;
}

/* ---- laws of two features ---------------------------------------------------------------------------------------- */

static double family_density(const rival *law, double v)
{
    double t[2];
    law->family->features(v, t);
    return law->family->h * v - law->p[0] * t[0] - law->p[1] * t[1] - law->log_z;
}

static int family_fit(rival *law, nndyn_powerlaw_fit *fit)
{
    nd_sum sums[2] = {{0, 0}, {0, 0}};
    const double n = (double)fit->best.inside;
    for (int64_t j = fit->best.first; j < fit->sample.distinct; j++) {
        double t[2];
        law->family->features(nd_fit_v(fit, j), t);
        nd_sum_add(&sums[0], count_of(fit, j) * t[0]);
        nd_sum_add(&sums[1], count_of(fit, j) * t[1]);
    }
    const double mean[2] = {nd_sum_value(&sums[0]) / n, nd_sum_value(&sums[1]) / n};
    if (nd_family_fit(law->family, mean, rate_of(fit), law->length, law->p, &law->log_z) != 0) {
        return nd_fail(fit, NNDYN_ENUMERIC,
                       "the likelihood of the alternative has no maximum that Newton's method finds");
    }
    law->same = law->p[1] == 0;
    return NNDYN_OK;
}

/* ---- stretched exponentials: w = (e^(b v) - 1)/b is exponential with rate p0, b = p1; b = 1 is the exponential --- */

static double stretched_w(double b, double v)
{
    return b > 0 ? expm1(b * v) / b : v;
}

static double stretched_density(const rival *law, double v)
{
    return law->p[1] * v - law->p[0] * stretched_w(law->p[1], v) - law->log_z;
}

/* The best rate for b, and the mean logarithm of the likelihood; -INFINITY if there is none. */
static double stretched_profile(rival *law, const nndyn_powerlaw_fit *fit, double b)
{
    nd_sum sum = {0};
    const double n = (double)fit->best.inside;
    const double length = law->length > DBL_MAX ? INFINITY : stretched_w(b, law->length);
    double k, se;
    for (int64_t j = fit->best.first; j < fit->sample.distinct; j++) {
        nd_sum_add(&sum, count_of(fit, j) * stretched_w(b, nd_fit_v(fit, j)));
    }
    const double mean = nd_sum_value(&sum) / n;
    if (!isfinite(mean) || nd_exponent_of(mean, length, n, &k, &se) != 0) {
        return -INFINITY;
    }
    law->p[0] = k - 1;
    law->p[1] = b;
    law->log_z = nd_log_norm(k - 1, length);
    return b * law->mean - (k - 1) * mean - law->log_z;
}

static void mean_of_v(rival *law, const nndyn_powerlaw_fit *fit)
{
    nd_sum sum = {0};
    for (int64_t j = fit->best.first; j < fit->sample.distinct; j++) {
        nd_sum_add(&sum, count_of(fit, j) * nd_fit_v(fit, j));
    }
    law->mean = nd_sum_value(&sum) / (double)fit->best.inside;
}

static int exponential_fit(rival *law, nndyn_powerlaw_fit *fit)
{
    mean_of_v(law, fit);
    if (!(stretched_profile(law, fit, 1) > -INFINITY)) {
        return nd_fail(fit, NNDYN_ENUMERIC, "the exponential has no rate on a window from %g to %g", fit->xmin,
                       fit->xmax);
    }
    return NNDYN_OK;
}

/* The maximum in [low, high] by the golden section. */
static int golden(rival *law, nndyn_powerlaw_fit *fit, nd_task *task, double low, double high)
{
    const double ratio = 0.61803398874989484820;
    double left = high - ratio * (high - low);
    double right = low + ratio * (high - low);
    double at_left = stretched_profile(law, fit, left);
    double at_right = stretched_profile(law, fit, right);
    for (int i = 0; i < GOLDEN; i++) {
        ND_TRY(nd_task_report(task, 0.3 + 0.7 * i / GOLDEN));
        if (at_left >= at_right) {
            high = right;
            right = left;
            at_right = at_left;
            left = high - ratio * (high - low);
            at_left = stretched_profile(law, fit, left);
        } else {
            low = left;
            left = right;
            at_left = at_right;
            right = low + ratio * (high - low);
            at_right = stretched_profile(law, fit, right);
        }
    }
    stretched_profile(law, fit, 0.5 * (low + high));
    return NNDYN_OK;
}

/* b from 0 in powers of two, as far as e^(b v) is a number, then closer around the best. */
static int stretched_fit(rival *law, nndyn_powerlaw_fit *fit)
{
    nd_task task;
    nd_task_begin(&task, fit, "comparison");
    mean_of_v(law, fit);
    const double longest = law->length > DBL_MAX ? nd_fit_v(fit, fit->sample.distinct - 1) : law->length;
    const double most = 600 / longest;
    const double straight = stretched_profile(law, fit, 0);
    double best = straight;
    double at = 0;
    double step = ldexp(1 / law->mean, -HALVINGS);
    for (double b = step; b < most; b *= 2) {
        ND_TRY(nd_task_report(&task, 0.1));
        const double value = stretched_profile(law, fit, b);
        if (value > best) {
            best = value;
            at = b;
        }
    }
    ND_TRY(golden(law, fit, &task, at > 0 ? 0.5 * at : 0, at > 0 ? fmin(2 * at, most) : step));
    const double found = stretched_profile(law, fit, law->p[1]);
    if (!(found > straight)) {
        stretched_profile(law, fit, 0);
    }
    law->same = law->p[1] == 0;
    return NNDYN_OK;
}

/* ---- the test ---------------------------------------------------------------------------------------------------- */

static const rival rivals[] = {
    [NNDYN_POWERLAW_EXPONENTIAL] = {.log_density = stretched_density, .fit = exponential_fit},
    [NNDYN_POWERLAW_LOGNORMAL] = {.log_density = family_density, .fit = family_fit, .family = &nd_lognormal},
    [NNDYN_POWERLAW_STRETCHED] = {.log_density = stretched_density, .fit = stretched_fit},
    [NNDYN_POWERLAW_TRUNCATED] = {.log_density = family_density,
                                  .fit = family_fit,
                                  .family = &nd_truncated_power_law,
                                  .nested = 1},
};
enum { RIVALS = sizeof rivals / sizeof rivals[0] };

typedef struct verdict {
    double ratio, normalized, p;
} verdict;

/* ln of the power law's density over the rival's. */
static double advantage(const nndyn_powerlaw_fit *fit, const rival *law, double log_norm, double v)
{
    return -rate_of(fit) * v - log_norm - law->log_density(law, v);
}

static verdict judge(const nndyn_powerlaw_fit *fit, const rival *law)
{
    const double n = (double)fit->best.inside;
    const double log_norm = nd_log_norm(rate_of(fit), law->length);
    nd_sum sum = {0};
    nd_sum squares = {0};
    if (law->same) {
        return (verdict){0, 0, 1};
    }
    for (int64_t j = fit->best.first; j < fit->sample.distinct; j++) {
        nd_sum_add(&sum, count_of(fit, j) * advantage(fit, law, log_norm, nd_fit_v(fit, j)));
    }
    const double ratio = nd_sum_value(&sum);
    for (int64_t j = fit->best.first; j < fit->sample.distinct; j++) {
        const double off = advantage(fit, law, log_norm, nd_fit_v(fit, j)) - ratio / n;
        nd_sum_add(&squares, count_of(fit, j) * off * off);
    }
    const double deviation = sqrt(nd_sum_value(&squares)); /* sqrt(n) sd */
    const double normalized = deviation > 0 ? ratio / deviation : 0;
    const double scale = law->nested ? sqrt(fabs(ratio)) : fabs(normalized) / sqrt(2);
    return (verdict){ratio, normalized, erfc(scale)};
}

/* From v to x: the exponential's rate, the truncated law's cut-off. */
static void write_parameters(const rival *law, const nndyn_powerlaw_fit *fit, int alternative, double *out)
{
    out[0] = law->p[0];
    out[1] = law->p[1];
    if (alternative == NNDYN_POWERLAW_EXPONENTIAL) {
        out[0] = law->p[0] / fit->xmin;
        out[1] = 0;
    } else if (alternative == NNDYN_POWERLAW_TRUNCATED) {
        out[1] = law->p[1] / fit->xmin;
    }
}

static int compare(nndyn_powerlaw_fit *fit, int alternative, double *parameters, double *ratio, double *normalized,
                   double *p)
{
    ND_TRY(nd_check_size(fit, alternative, 1, RIVALS - 1, "alternative"));
    if (fit->rules.discrete) {
        return nd_fail(fit, NNDYN_EUNSUPPORTED, "alternatives to a law of discrete data are not provided");
    }
    rival law = rivals[alternative];
    law.length = fit->best.length;
    ND_TRY(law.fit(&law, fit));
    const verdict found = judge(fit, &law);
    if (!isfinite(found.ratio) || !isfinite(found.normalized)) {
        return nd_fail(fit, NNDYN_ENUMERIC, "the likelihood ratio is %g; it must be finite", found.ratio);
    }
    double *const out[] = {ratio, normalized, p};
    const double values[] = {found.ratio, found.normalized, found.p};
    for (int i = 0; i < 3; i++) {
        if (out[i] != NULL) {
            *out[i] = values[i];
        }
    }
    if (parameters != NULL) {
        write_parameters(&law, fit, alternative, parameters);
    }
    return NNDYN_OK;
}

int nndyn_powerlaw_compare(nndyn_powerlaw_fit *fit, int alternative, double *parameters, double *ratio,
                           double *normalized, double *p)
{
    ND_TRY(nd_enter(fit, ND_POWERLAW_FIT, "nndyn_powerlaw_compare"));
    return nd_leave(fit, compare(fit, alternative, parameters, ratio, normalized, p));
}
