/* sample.c - samples in order, with multiplicities and the sums that every candidate of a scan needs. */
#include "statistics/powerlaw.h"
#include <float.h>
#include <math.h>

double nd_sample_bytes(int64_t capacity)
{
    return 32.0 * ((double)capacity + 1);
}

int nd_sample_reserve(void *handle, int64_t capacity, nd_sample *sample)
{
    double *block;
    *sample = (nd_sample){0};
    ND_TRY(nd_allocate_for(handle, nd_product(4, capacity + 1), sizeof *block, &block));
    sample->capacity = capacity;
    sample->x = block;
    sample->log = block + capacity + 1;
    sample->excess = block + 2 * (capacity + 1);
    sample->before = (int64_t *)(void *)(block + 3 * (capacity + 1));
    return NNDYN_OK;
}

void nd_sample_free(nndyn_context *context, nd_sample *sample)
{
    nd_release(context, sample->x);
    sample->x = NULL;
}

/* Sizes within the limits to the front. */
static void take(nd_sample *sample, int64_t n, const double *x, double low, double high)
{
    sample->positive = sample->zeros = sample->nonfinite = sample->n = 0;
    for (int64_t i = 0; i < n; i++) {
        const double size = fabs(x[i]);
        const int finite = size <= DBL_MAX;
        sample->nonfinite += !finite;
        sample->zeros += size == 0;
        sample->positive += finite && size > 0;
        if (finite && size > 0 && size >= low && size <= high) {
            sample->x[sample->n++] = size;
        }
    }
}

static void reverse(int64_t n, double *x)
{
    for (int64_t i = 0; i < n / 2; i++) {
        const double keep = x[i];
        x[i] = x[n - 1 - i];
        x[n - 1 - i] = keep;
    }
}

/* Equal ones together. */
static void count_ties(nd_sample *sample)
{
    int64_t distinct = 0;
    for (int64_t i = 0; i < sample->n; i++) {
        if (i == 0 || sample->x[i] != sample->x[i - 1]) {
            sample->before[distinct] = i;
            distinct++;
        }
    }
    for (int64_t j = 0; j < distinct; j++) {
        sample->x[j] = sample->x[sample->before[j]];
    }
    sample->before[distinct] = sample->n;
    sample->distinct = distinct;
}

/* From the top down all terms are positive: nothing cancels. */
static void sum_excess(nd_sample *sample)
{
    nd_sum sum = {0};
    for (int64_t j = sample->distinct - 1; j >= 0; j--) {
        if (j < sample->distinct - 1) {
            const double above = (double)(sample->n - sample->before[j + 1]);
            nd_sum_add(&sum, above * (sample->log[j + 1] - sample->log[j]));
        }
        sample->excess[j] = nd_sum_value(&sum);
    }
}

void nd_sample_fill(nd_sample *sample, int64_t n, const double *x, double low, double high, int reflected)
{
    take(sample, n, x, low, high);
    nd_sort(sample->n, sample->x, sample->log);
    if (reflected) {
        reverse(sample->n, sample->x);
    }
    count_ties(sample);
    for (int64_t j = 0; j < sample->distinct; j++) {
        sample->log[j] = reflected ? -log(sample->x[j]) : log(sample->x[j]);
    }
    sum_excess(sample);
}
