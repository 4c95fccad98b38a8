/* sort.c - radix sort of doubles, order statistics, moments. */
#include "statistics/statistics.h"
#include <string.h>

enum { DIGITS = 8, BUCKETS = 256, FEW = 48 };

/* The order of doubles is that of their bits as integers once negative ones are turned over. */
static inline uint64_t key_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits ^ ((0 - (bits >> 63)) | (uint64_t)1 << 63);
}

static void insertion_sort(int64_t n, double *x)
{
    for (int64_t i = 1; i < n; i++) {
        const double value = x[i];
        int64_t j = i;
        for (; j > 0 && x[j - 1] > value; j--) {
            x[j] = x[j - 1];
        }
        x[j] = value;
    }
}

static void count_digits(int64_t n, const double *x, int64_t counts[DIGITS][BUCKETS])
{
    memset(counts, 0, sizeof(int64_t[DIGITS][BUCKETS]));
    for (int64_t i = 0; i < n; i++) {
        const uint64_t key = key_of(x[i]);
        for (int d = 0; d < DIGITS; d++) {
            counts[d][key >> (8 * d) & 0xff]++;
        }
    }
}

/* Stable distribution by digit d; returns 0 without work if all have the same one. */
static int distribute(int64_t n, int d, int64_t counts[BUCKETS], const double *from, double *to)
{
    int64_t place = 0;
    if (counts[key_of(from[0]) >> (8 * d) & 0xff] == n) {
        return 0;
    }
    for (int b = 0; b < BUCKETS; b++) {
        const int64_t count = counts[b];
        counts[b] = place;
        place += count;
    }
    for (int64_t i = 0; i < n; i++) {
        to[counts[key_of(from[i]) >> (8 * d) & 0xff]++] = from[i];
    }
    return 1;
}

void nd_sort(int64_t n, double *x, double *scratch)
{
    int64_t counts[DIGITS][BUCKETS];
    double *from = x;
    double *to = scratch;
    if (n <= FEW) {
        insertion_sort(n, x);
        return;
    }
    count_digits(n, x, counts);
    for (int d = 0; d < DIGITS; d++) {
        if (distribute(n, d, counts[d], from, to)) {
            double *keep = from;
            from = to;
            to = keep;
        }
    }
    if (from != x) {
        memcpy(x, from, (size_t)n * sizeof *x);
    }
}

double nd_quantile(int64_t n, const double *sorted, double p)
{
    const double at = p * (double)(n - 1);
    const int64_t i = (int64_t)at < n - 1 ? (int64_t)at : n - 1;
    const double part = at - (double)i;
    return part > 0 ? sorted[i] + part * (sorted[i + 1] - sorted[i]) : sorted[i];
}

void nd_mean_variance(int64_t n, const double *x, double *mean, double *variance)
{
    nd_sum sum = {0};
    nd_sum squares = {0};
    for (int64_t i = 0; i < n; i++) {
        nd_sum_add(&sum, x[i]);
    }
    *mean = nd_sum_value(&sum) / (double)n;
    if (variance == NULL) {
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        nd_sum_add(&squares, (x[i] - *mean) * (x[i] - *mean));
    }
    *variance = n > 1 ? nd_sum_value(&squares) / (double)(n - 1) : 0;
}
