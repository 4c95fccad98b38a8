/* given.c - estimators on a window that is given. */
#include "statistics/powerlaw.h"
#include <float.h>
#include <math.h>

enum { LEAST, DISCRETE, CORRECTED, TIES, OPTIONS };
static const nd_option_spec specs[OPTIONS] = {
    [LEAST] = {.name = "least", .type = ND_INTEGER, .least = 2, .most = 1e15, .standard = ND_LEAST},
    [DISCRETE] = {.name = "discrete", .type = ND_INTEGER, .least = 0, .most = 1},
    [CORRECTED] = {.name = "corrected", .type = ND_INTEGER, .least = 0, .most = 1},
    [TIES] = {.name = "ties", .type = ND_TEXT, .choices = ND_TIES_CHOICES},
};

static int sum_up(nndyn_context *context, int64_t n, const double *x, double xmin, double xmax, int tail,
                  nd_window *window)
{
    ND_TRY(nd_check_size(context, n, 1, INT64_MAX, "n"));
    ND_TRY(nd_check_pointer(context, x, "x"));
    ND_TRY(nd_window_open(context, xmin, xmax, tail, window));
    for (int64_t i = 0; i < n; i++) {
        nd_window_add(window, x[i]);
    }
    return NNDYN_OK;
}

static int bounded(nndyn_context *context, int64_t n, const double *x, double xmin, double xmax,
                   const nndyn_options *options, double *k, double *se)
{
    nd_option_value values[1];
    nd_window window;
    double found, error;
    ND_TRY(nd_options_read(context, options, specs, 1, values));
    ND_TRY(nd_check_pointer(context, k, "k"));
    ND_TRY(sum_up(context, n, x, xmin, xmax, 0, &window));
    ND_TRY(nd_window_exponent(context, &window, values[LEAST].integer, &found, &error));
    *k = found;
    if (se != NULL) {
        *se = error;
    }
    return NNDYN_OK;
}

int nndyn_powerlaw_bounded(nndyn_context *context, int64_t n, const double *x, double xmin, double xmax,
                           const nndyn_options *options, double *k, double *se)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_powerlaw_bounded"));
    return nd_leave(context, bounded(context, n, x, xmin, xmax, options, k, se));
}

static int check_integers(nndyn_context *context, int64_t n, const double *x, double xmin)
{
    if (xmin != floor(xmin)) {
        return nd_fail(context, NNDYN_EARG, "xmin is %g; for discrete data it must be an integer", xmin);
    }
    for (int64_t i = 0; i < n; i++) {
        if (fabs(x[i]) <= DBL_MAX && x[i] != floor(x[i])) {
            return nd_fail(context, NNDYN_EDATA, "x is %.17g at %lld (from 0); discrete data must be integers", x[i],
                           (long long)i);
        }
    }
    return NNDYN_OK;
}

static int tail(nndyn_context *context, int64_t n, const double *x, double xmin, const nndyn_options *options,
                double *k, double *se)
{
    nd_option_value values[3];
    nd_window window;
    double found, error;
    ND_TRY(nd_options_read(context, options, specs, 3, values));
    const int discrete = (int)values[DISCRETE].integer;
    if (discrete && values[CORRECTED].integer) {
        return nd_fail(context, NNDYN_EUNSUPPORTED,
                       "the correction of discrete data is not provided; leave out \"corrected\"");
    }
    ND_TRY(nd_check_pointer(context, k, "k"));
    ND_TRY(sum_up(context, n, x, xmin, INFINITY, 1, &window));
    if (discrete) {
        ND_TRY(check_integers(context, n, x, xmin));
        ND_TRY(nd_window_discrete(context, &window, values[LEAST].integer, &found, &error));
    } else {
        ND_TRY(nd_window_exponent(context, &window, values[LEAST].integer, &found, &error));
    }
    if (values[CORRECTED].integer) {
        const double shrink = (double)(window.inside - 1) / (double)window.inside;
        found = 1 + shrink * (found - 1);
        error *= shrink;
    }
    *k = found;
    if (se != NULL) {
        *se = error;
    }
    return NNDYN_OK;
}

int nndyn_powerlaw_tail(nndyn_context *context, int64_t n, const double *x, double xmin, const nndyn_options *options,
                        double *k, double *se)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_powerlaw_tail"));
    return nd_leave(context, tail(context, n, x, xmin, options, k, se));
}

static int curvature(nndyn_context *context, int64_t n, const double *x, double xmin, double xmax,
                     const nndyn_options *options, double *z)
{
    nd_option_value values[1];
    nd_window window;
    ND_TRY(nd_options_read(context, options, specs, 1, values));
    ND_TRY(nd_check_pointer(context, z, "z"));
    ND_TRY(sum_up(context, n, x, xmin, xmax, 1, &window));
    return nd_window_curvature(context, &window, values[LEAST].integer, z);
}

int nndyn_powerlaw_curvature(nndyn_context *context, int64_t n, const double *x, double xmin, double xmax,
                             const nndyn_options *options, double *z)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_powerlaw_curvature"));
    return nd_leave(context, curvature(context, n, x, xmin, xmax, options, z));
}

/* ---- distance ---------------------------------------------------------------------------------------------------- */

enum { OF_LEAST, OF_DISCRETE, OF_TIES, OF_OPTIONS };
static const nd_option_spec distance_specs[OF_OPTIONS] = {
    [OF_LEAST] = {.name = "least", .type = ND_INTEGER, .least = 1, .most = 1e15, .standard = 1},
    [OF_DISCRETE] = {.name = "discrete", .type = ND_INTEGER, .least = 0, .most = 1},
    [OF_TIES] = {.name = "ties", .type = ND_TEXT, .choices = ND_TIES_CHOICES},
};

static int check_law(nndyn_context *context, double xmax, double k, int discrete)
{
    ND_TRY(nd_check_real(context, k, -DBL_MAX, DBL_MAX, "k"));
    if (xmax > DBL_MAX && !(k > 1)) {
        return nd_fail(context, NNDYN_EARG, "k is %g; it must be above 1 on a window without an upper end", k);
    }
    if (discrete && xmax <= DBL_MAX) {
        return nd_fail(context, NNDYN_EUNSUPPORTED,
                       "discrete data on a window with an upper end are not provided; xmax is %g, let it be INFINITY",
                       xmax);
    }
    return NNDYN_OK;
}

static int distance(nndyn_context *context, int64_t n, const double *x, double xmin, double xmax, double k,
                    const nndyn_options *options, double *out)
{
    nd_option_value values[OF_OPTIONS];
    nd_window window;
    nd_sample sample;
    ND_TRY(nd_options_read(context, options, distance_specs, OF_OPTIONS, values));
    const int discrete = (int)values[OF_DISCRETE].integer;
    ND_TRY(nd_check_size(context, n, 1, INT64_MAX / 64, "n"));
    ND_TRY(nd_check_pointer(context, x, "x"));
    ND_TRY(nd_window_open(context, xmin, xmax, 1, &window));
    ND_TRY(check_law(context, xmax, k, discrete));
    ND_TRY(nd_check_pointer(context, out, "distance"));
    if (discrete) {
        ND_TRY(check_integers(context, n, x, xmin));
    }
    ND_TRY(nd_check_memory(context, nd_sample_bytes(n), "the sorted samples"));
    ND_TRY(nd_sample_reserve(context, n, &sample));
    nd_sample_fill(&sample, n, x, xmin, xmax, 0);
    int status = NNDYN_OK;
    if (sample.n < values[OF_LEAST].integer) {
        status = nd_fail(context, NNDYN_EDATA, "%lld samples are in the window from %g to %g; at least %lld are needed",
                         (long long)sample.n, xmin, xmax, (long long)values[OF_LEAST].integer);
    } else {
        const nd_rules rules = {.ties = (int)values[OF_TIES].integer, .discrete = discrete};
        const nd_law law = discrete ? nd_law_discrete(k, xmin) : nd_law_continuous(k, log(xmin), window.length);
        const nd_candidate whole = {.inside = sample.n, .law = law};
        int64_t witness = -1;
        *out = nd_candidate_distance(&sample, &rules, &whole, INFINITY, &witness);
    }
    nd_sample_free(context, &sample);
    return status;
}

int nndyn_powerlaw_distance(nndyn_context *context, int64_t n, const double *x, double xmin, double xmax, double k,
                            const nndyn_options *options, double *out)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_powerlaw_distance"));
    return nd_leave(context, distance(context, n, x, xmin, xmax, k, options, out));
}
