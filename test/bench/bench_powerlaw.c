/* bench_powerlaw.c - the exact scan of every x_min against the same scan by brute force, and at sizes where that is out
 * of reach.  The brute force takes a minute or two. */
#include "bench/bench.h"
#include <math.h>
#include <string.h>

enum { SIDE_BY_SIDE = 100000, LARGE = 5000000, SMALL = 1000 };

/* Half a uniform body, half a Pareto tail. */
static double *make_sample(int64_t n)
{
    double *x = reserve(n, sizeof *x);
    double *u = reserve(n, sizeof *u);
    nd_uniform(nd_stream_open(1, ND_RANDOM_PROBE, 0, 0), 0, n, x);
    nd_uniform(nd_stream_open(2, ND_RANDOM_PROBE, 0, 0), 0, n, u);
    for (int64_t i = 0; i < n; i++) {
        x[i] = x[i] < 0.5 ? 0.001 + 4 * x[i] : 2 * pow(u[i], -1 / 1.5);
    }
    free(u);
    return x;
}

/* Every candidate, every sample: logarithms and suffix sums once, one exponential a term, no early end. */
static void brute_force(int64_t n, const double *x, double *xmin, double *k, double *distance)
{
    double *sorted = reserve(n, sizeof *sorted);
    double *logs = reserve(n, sizeof *logs);
    double sum = 0;
    memcpy(sorted, x, (size_t)n * sizeof *x);
    qsort(sorted, (size_t)n, sizeof *sorted, compare_doubles);
    for (int64_t i = 0; i < n; i++) {
        logs[i] = log(sorted[i]);
    }
    *distance = INFINITY;
    for (int64_t first = n - 1; first >= 0; first--) {
        const double size = (double)(n - first);
        sum += logs[first];
        if (n - first < 50) {
            continue;
        }
        const double rate = size / (sum - size * logs[first]);
        double most = 0;
        for (int64_t i = first; i < n; i++) {
            const double f = -expm1(-rate * (logs[i] - logs[first]));
            most = fmax(most, fmax(fabs(f - (double)(i - first) / size), fabs(f - (double)(i - first + 1) / size)));
        }
        if (most <= *distance) {
            *distance = most;
            *k = 1 + rate;
            *xmin = sorted[first];
        }
    }
    free(sorted);
    free(logs);
}

static nndyn_powerlaw_fit *timed_fit(nndyn_context *context, int64_t n, const double *x, double *time)
{
    nndyn_powerlaw_fit *fit;
    const double start = seconds();
    require(nndyn_powerlaw_fit_create(context, n, x, NULL, &fit), context);
    *time = seconds() - start;
    return fit;
}

static void side_by_side(nndyn_context *context)
{
    double *x = make_sample(SIDE_BY_SIDE);
    double times[REPETITIONS], xmin, k, distance;
    double naive_xmin = 0, naive_k = 0, naive_distance = 0;
    nndyn_powerlaw_fit *fit = NULL;
    for (int i = 0; i < REPETITIONS; i++) {
        nndyn_powerlaw_fit_free(fit);
        fit = timed_fit(context, SIDE_BY_SIDE, x, &times[i]);
    }
    require(nndyn_powerlaw_fit_exponent(fit, &k, NULL), fit);
    require(nndyn_powerlaw_fit_window(fit, &xmin, NULL, NULL), fit);
    require(nndyn_powerlaw_fit_distance(fit, &distance), fit);
    const double start = seconds();
    brute_force(SIDE_BY_SIDE, x, &naive_xmin, &naive_k, &naive_distance);
    const double slow = seconds() - start;
    const double fast = median(REPETITIONS, times);
    printf("every x_min, n = %d: %.1f ms; brute force %.1f s: ratio %.0f (target 500)\n", SIDE_BY_SIDE, 1e3 * fast,
           slow, slow / fast);
    printf("  x_min %.15g, k %.12g, distance %.12g; brute force %.15g, %.12g, %.12g\n", xmin, k, distance, naive_xmin,
           naive_k, naive_distance);
    nndyn_powerlaw_fit_free(fit);
    free(x);
}

static void large(nndyn_context *context)
{
    double *x = make_sample(LARGE);
    double time;
    nndyn_powerlaw_fit_free(timed_fit(context, LARGE, x, &time));
    printf("every x_min, n = %d: %.2f s (target 30), working memory %.0f MB\n", LARGE, time, 32e-6 * LARGE);
    free(x);
}

static void bootstrap(nndyn_context *context)
{
    double *x = make_sample(SMALL);
    double time, p;
    nndyn_powerlaw_fit *fit = timed_fit(context, SMALL, x, &time);
    const double start = seconds();
    require(nndyn_powerlaw_goodness(fit, 2500, 1, &p, NULL), fit);
    printf("goodness of fit, 2500 replicas of n = %d, each with its scan: %.2f s\n", SMALL, seconds() - start);
    nndyn_powerlaw_fit_free(fit);
    free(x);
}

static void stream(nndyn_context *context)
{
    double *x = make_sample(LARGE);
    nndyn_powerlaw_stream *handle;
    require(nndyn_powerlaw_stream_create(context, 2, 2000, 30, &handle), context);
    const double start = seconds();
    require(nndyn_powerlaw_stream_add(handle, LARGE, x), handle);
    printf("stream: %.1f ns a sample\n", (seconds() - start) / LARGE * 1e9);
    nndyn_powerlaw_stream_free(handle);
    free(x);
}

int main(void)
{
    nndyn_context *context;
    print_build();
    require(nndyn_context_create(&context), NULL);
    side_by_side(context);
    large(context);
    bootstrap(context);
    stream(context);
    nndyn_context_free(context);
    return 0;
}
