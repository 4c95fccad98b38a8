/* ks.c - the two-sample Kolmogorov-Smirnov test. */
#include "statistics/statistics.h"
#include <math.h>
#include <string.h>

/* Tables of paths up to this many places are counted out. */
static const int64_t most_exact = 1000000;

int64_t nd_ks_steps(int64_t n, const double *x, int64_t m, const double *y)
{
    int64_t i = 0;
    int64_t j = 0;
    int64_t most = 0;
    while (i < n && j < m) {
        const double value = x[i] < y[j] ? x[i] : y[j];
        while (i < n && x[i] == value) {
            i++;
        }
        while (j < m && y[j] == value) {
            j++;
        }
        const int64_t steps = i * m > j * n ? i * m - j * n : j * n - i * m;
        most = steps > most ? steps : most;
    }
    return most;
}

/* The share of paths from (0, 0) to (i, j) that somewhere go as far from the diagonal as `steps`: all of those that end
 * there, else those of the two places before, weighted with the shares of paths through them. */
double nd_ks_exact(int64_t n, int64_t m, int64_t steps, double *row)
{
    for (int64_t i = 0; i <= n; i++) {
        for (int64_t j = 0; j <= m; j++) {
            const int64_t off = i * m > j * n ? i * m - j * n : j * n - i * m;
            if (off >= steps) {
                row[j] = 1;
            } else if (i + j == 0) {
                row[j] = 0;
            } else {
                const double from_left = j > 0 ? (double)j * row[j - 1] : 0;
                const double from_below = i > 0 ? (double)i * row[j] : 0;
                row[j] = (from_left + from_below) / (double)(i + j);
            }
        }
    }
    return row[m];
}

double nd_kolmogorov(double lambda)
{
    const double pi = 3.14159265358979323846;
    double sum = 0;
    if (lambda <= 0) {
        return 1;
    }
    if (lambda < 1) { /* the same theta function, turned over: few terms here */
        for (int j = 1; j <= 9; j += 2) {
            sum += exp(-j * j * pi * pi / (8 * lambda * lambda));
        }
        return 1 - sqrt(2 * pi) / lambda * sum;
    }
    for (int j = 1; j <= 6; j++) {
        sum += (j % 2 ? 2 : -2) * exp(-2.0 * j * j * lambda * lambda);
    }
    return fmin(sum, 1);
}

static double probability(int64_t n, int64_t m, int64_t steps, double *row)
{
    if (nd_product(n, m) <= most_exact) {
        return nd_ks_exact(n, m, steps, row);
    }
    const double root = sqrt((double)n * ((double)m / ((double)n + (double)m)));
    return nd_kolmogorov((root + 0.12 + 0.11 / root) * ((double)steps / ((double)n * (double)m)));
}

static int two_sample(nndyn_context *context, int64_t n, const double *x, int64_t m, const double *y, double *distance,
                      double *p)
{
    const int64_t most = 3037000499; /* so that n m is a number */
    ND_TRY(nd_check_size(context, n, 1, most, "n"));
    ND_TRY(nd_check_pointer(context, x, "x"));
    ND_TRY(nd_check_size(context, m, 1, most, "m"));
    ND_TRY(nd_check_pointer(context, y, "y"));
    ND_TRY(nd_check_pointer(context, distance, "distance"));
    ND_TRY(nd_check_finite(context, n, 1, x, "x"));
    ND_TRY(nd_check_finite(context, m, 1, y, "y"));
    const int64_t longer = n > m ? n : m;
    ND_TRY(nd_check_memory(context, 8.0 * ((double)n + (double)m + (double)longer + 1), "sorting the samples"));
    double *sorted;
    ND_TRY(nd_allocate_for(context, n + m + longer + 1, sizeof *sorted, &sorted));
    double *scratch = sorted + n + m;
    memcpy(sorted, x, (size_t)n * sizeof *x);
    memcpy(sorted + n, y, (size_t)m * sizeof *y);
    nd_sort(n, sorted, scratch);
    nd_sort(m, sorted + n, scratch);
    const int64_t steps = nd_ks_steps(n, sorted, m, sorted + n);
    if (p != NULL) {
        *p = probability(n, m, steps, scratch);
    }
    *distance = (double)steps / ((double)n * (double)m);
    nd_release(context, sorted);
    return NNDYN_OK;
}

int nndyn_ks_two_sample(nndyn_context *context, int64_t n, const double *x, int64_t m, const double *y,
                        double *distance, double *p)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_ks_two_sample"));
    return nd_leave(context, two_sample(context, n, x, m, y, distance, p));
}
