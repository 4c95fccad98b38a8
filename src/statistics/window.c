/* window.c - counts and sums over a window, and what follows from them alone. */
#include "statistics/powerlaw.h"
#include <float.h>
#include <math.h>

int nd_window_open(void *handle, double xmin, double xmax, int tail, nd_window *window)
{
    if (!(xmin > 0 && xmin <= DBL_MAX)) {
        return nd_fail(handle, NNDYN_EARG, "xmin is %g; a window must begin above 0", xmin);
    }
    if (!(xmax > xmin) || (!tail && xmax > DBL_MAX)) {
        return nd_fail(handle, NNDYN_EARG, "xmax is %g; it must be %sabove xmin = %g", xmax, tail ? "" : "finite and ",
                       xmin);
    }
    /* a quotient could overflow */
    *window = (nd_window){.xmin = xmin, .xmax = xmax, .length = xmax > DBL_MAX ? INFINITY : log(xmax) - log(xmin)};
    return NNDYN_OK;
}

double nd_window_add(nd_window *window, double x)
{
    const double size = fabs(x);
    if (size >= window->xmin && size <= window->xmax && size <= DBL_MAX) {
        const double ratio = size / window->xmin;
        const double v = ratio <= DBL_MAX ? log(ratio) : log(size) - log(window->xmin);
        window->inside++;
        nd_sum_add(&window->v, v);
        nd_sum_add(&window->squares, v * v);
        return v;
    }
    window->nonfinite += !(size <= DBL_MAX);
    window->zeros += size == 0;
    window->below += size > 0 && size < window->xmin;
    window->above += size > window->xmax && size <= DBL_MAX;
    return -1;
}

int nd_exponent_of(double mean, double length, double n, double *k, double *se)
{
    if (!(mean > 0 && mean < length)) {
        return -1;
    }
    if (length > DBL_MAX) {
        *k = 1 + 1 / mean;
        *se = 1 / (mean * sqrt(n));
        return 0;
    }
    if (!(mean / length > 0 && mean / length < 1)) {
        return -1;
    }
    const double c = nd_truncated_solve(mean / length);
    *k = 1 - c / length;
    *se = 1 / (length * sqrt(n * nd_truncated_variance(c)));
    return 0;
}

/* Mean of ln(x/q) under the zeta law is -g'/g, falling from infinity to 0 as k grows from 1. */
int nd_discrete_of(double mean, double q, double n, double *k, double *se)
{
    double g[3];
    double low = 1;
    double high = 2;
    if (!(mean > 0)) {
        return -1;
    }
    for (;; high = 1 + 2 * (high - 1)) {
        nd_zeta_scaled(high, q, g);
        if (-g[1] / g[0] <= mean || high > 1e12) {
            break;
        }
        low = high;
    }
    double s = low > 1 ? 0.5 * (low + high) : high;
    for (int i = 0; i < 200; i++) {
        nd_zeta_scaled(s, q, g);
        const double now = -g[1] / g[0];
        const double variance = g[2] / g[0] - now * now;
        if (now > mean) {
            low = s;
        } else {
            high = s;
        }
        double next = s + (now - mean) / variance;
        if (!(next > low && next < high)) {
            next = 0.5 * (low + high);
        }
        const double step = fabs(next - s);
        s = next;
        if (step <= 1e-15 * s) {
            break;
        }
    }
    nd_zeta_scaled(s, q, g);
    *k = s;
    *se = 1 / sqrt(n * (g[2] / g[0] - g[1] / g[0] * (g[1] / g[0])));
    return isfinite(*k) && isfinite(*se) ? 0 : -1;
}

/* ---- with messages ----------------------------------------------------------------------------------------------- */

static int check_count(void *handle, const nd_window *window, int64_t least)
{
    if (window->inside >= least) {
        return NNDYN_OK;
    }
    return nd_fail(handle, NNDYN_EDATA,
                   "%lld samples are in the window from %g to %g (zeros %lld, below %lld, above %lld, not finite "
                   "%lld); at least %lld are needed",
                   (long long)window->inside, window->xmin, window->xmax, (long long)window->zeros,
                   (long long)window->below, (long long)window->above, (long long)window->nonfinite, (long long)least);
}

static int fail_edge(void *handle, const nd_window *window)
{
    return nd_fail(
        handle, NNDYN_EDATA,
        "all %lld samples in the window from %g to %g are at one edge of it; an exponent needs samples between",
        (long long)window->inside, window->xmin, window->xmax);
}

int nd_window_exponent(void *handle, const nd_window *window, int64_t least, double *k, double *se)
{
    const double n = (double)window->inside;
    ND_TRY(check_count(handle, window, least));
    if (nd_exponent_of(nd_sum_value(&window->v) / n, window->length, n, k, se) != 0) {
        return fail_edge(handle, window);
    }
    return NNDYN_OK;
}

int nd_window_discrete(void *handle, const nd_window *window, int64_t least, double *k, double *se)
{
    const double n = (double)window->inside;
    ND_TRY(check_count(handle, window, least));
    if (nd_discrete_of(nd_sum_value(&window->v) / n, window->xmin, n, k, se) != 0) {
        return fail_edge(handle, window);
    }
    return NNDYN_OK;
}

/* The excess of the second moment that the fitted law expects over that of the samples, in units of its error. */
int nd_window_curvature(void *handle, const nd_window *window, int64_t least, double *z)
{
    const double n = (double)window->inside;
    ND_TRY(check_count(handle, window, least));
    const double mean = nd_sum_value(&window->v) / n;
    const double square = nd_sum_value(&window->squares) / n;
    double k, se;
    if (nd_exponent_of(mean, window->length, n, &k, &se) != 0) {
        return fail_edge(handle, window);
    }
    if (window->length > DBL_MAX) {
        *z = sqrt(n) * (1 - square / (2 * mean * mean));
        return NNDYN_OK;
    }
    const double r = window->length;
    const double c = (1 - k) * r;
    const double u = mean / r;
    /* about the upper end where the density rises toward it */
    const double second = c > 0 ? 1 - 2 * u + square / (r * r) : square / (r * r);
    double expected, variance;
    nd_truncated_curvature(c, &expected, &variance);
    *z = sqrt(n) * (expected - second) / sqrt(variance);
    return NNDYN_OK;
}
