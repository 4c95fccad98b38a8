/* pairs.c - concordance of two numbers of each sample.  SPDX-License-Identifier: MIT */
#include "analysis/order/concordance.h"
#include "statistics/statistics.h"
#include <math.h>

/* ---- merge sort, by h and then g, or by g alone ------------------------------------------------------------------ */

static inline int after(const nd_pair_item *a, const nd_pair_item *b, int by_h)
{
    return by_h && a->h != b->h ? a->h > b->h : a->g > b->g;
}

/* Merge from[first..middle) and from[middle..last); returns how often an entry of the right half passes one of the
 * left. */
static int64_t merge(const nd_pair_item *from, int64_t first, int64_t middle, int64_t last, int by_h, nd_pair_item *to)
{
    int64_t i = first, j = middle, passed = 0;
    for (int64_t k = first; k < last; k++) {
        if (j < last && (i == middle || after(&from[i], &from[j], by_h))) {
            passed += middle - i;
            to[k] = from[j++];
        } else {
            to[k] = from[i++];
        }
    }
    return passed;
}

/* Sorted items, back in their place; returns the number of inversions. */
static int64_t sort(int64_t n, int by_h, nd_pair_item *items, nd_pair_item *scratch)
{
    nd_pair_item *from = items, *to = scratch;
    int64_t inversions = 0;
    for (int64_t width = 1; width < n; width *= 2) {
        for (int64_t first = 0; first < n; first += 2 * width) {
            const int64_t middle = first + width < n ? first + width : n;
            const int64_t last = first + 2 * width < n ? first + 2 * width : n;
            inversions += merge(from, first, middle, last, by_h, to);
        }
        nd_pair_item *swap = from;
        from = to;
        to = swap;
    }
    for (int64_t i = 0; from != items && i < n; i++) {
        items[i] = from[i];
    }
    return inversions;
}

/* ---- ties and ranks ---------------------------------------------------------------------------------------------- */

static int64_t pairs_of(int64_t n)
{
    return n % 2 == 0 ? n / 2 * (n - 1) : (n - 1) / 2 * n;
}

/* Pairs within runs of equal h, sorted by it, and within these of equal g; mid-ranks of h. */
static void tie_h(int64_t n, nd_pair_item *items, int64_t *tied, int64_t *both)
{
    *tied = *both = 0;
    for (int64_t first = 0, last = 0; first < n; first = last) {
        int64_t run = first;
        for (last = first; last < n && items[last].h == items[first].h; last++) {
            if (items[last].g != items[run].g) {
                run = last;
            }
            *both += last - run;
        }
        *tied += pairs_of(last - first);
        for (int64_t i = first; i < last; i++) {
            items[i].rank = 0.5 * (double)(first + last + 1);
        }
    }
}

/* The same of g, sorted by it; the sum of products of both ranks about their mean, and the squares of g's. */
static void tie_g(int64_t n, const nd_pair_item *items, int64_t *tied, double *product)
{
    const double mean = 0.5 * (double)(n + 1);
    nd_sum sum = {0};
    *tied = 0;
    for (int64_t first = 0, last = 0; first < n; first = last) {
        nd_sum ranks = {0};
        for (last = first; last < n && items[last].g == items[first].g; last++) {
            nd_sum_add(&ranks, items[last].rank - mean);
        }
        *tied += pairs_of(last - first);
        nd_sum_add(&sum, nd_sum_value(&ranks) * (0.5 * (double)(first + last + 1) - mean));
    }
    *product = nd_sum_value(&sum);
}

/* Sum of squares of mid-ranks about their mean: (n^3 - n)/12 less (t^3 - t)/12 for each run; call with either key
 * sorted. */
static double rank_squares(int64_t n, const nd_pair_item *items, int by_h)
{
    nd_sum sum = {0};
    nd_sum_add(&sum, (double)n * (double)(n - 1) * (double)(n + 1) / 12);
    for (int64_t first = 0, last = 0; first < n; first = last) {
        for (last = first; last < n && (by_h ? items[last].h == items[first].h : items[last].g == items[first].g);) {
            last++;
        }
        const double t = (double)(last - first);
        nd_sum_add(&sum, -t * (t - 1) * (t + 1) / 12);
    }
    return nd_sum_value(&sum);
}

void nd_concordance(int64_t n, nd_pair_item *items, nd_pair_item *scratch, nd_pairs *out)
{
    int64_t tied_h, tied_g, both;
    double product;
    sort(n, 1, items, scratch);
    tie_h(n, items, &tied_h, &both);
    const double squares_h = rank_squares(n, items, 1);
    const int64_t discordant = sort(n, 0, items, scratch);
    tie_g(n, items, &tied_g, &product);
    const double squares_g = rank_squares(n, items, 0);
    const int64_t all = pairs_of(n);
    const int64_t concordant = all - tied_h - tied_g + both - discordant;
    out->counts[NNDYN_ORDER_CONCORDANT] = concordant;
    out->counts[NNDYN_ORDER_DISCORDANT] = discordant;
    out->counts[NNDYN_ORDER_TIED_G] = tied_g - both;
    out->counts[NNDYN_ORDER_TIED_H] = tied_h - both;
    out->counts[NNDYN_ORDER_TIED_BOTH] = both;
    if (all == tied_h || all == tied_g) {
        out->tau_b = out->rho = NAN;
        return;
    }
    /* equal roots are multiplied, not their rounded square: tau_b of a monotone map is exactly 1 */
    out->tau_b = tied_h == tied_g ? (double)(concordant - discordant) / (double)(all - tied_h)
                                  : (double)(concordant - discordant) /
                                        (sqrt((double)(all - tied_h)) * sqrt((double)(all - tied_g)));
    const double rho = squares_h == squares_g ? product / squares_h : product / (sqrt(squares_h) * sqrt(squares_g));
    out->rho = fmax(-1.0, fmin(1.0, rho));
}

int nd_order_verdict(const int64_t counts[NNDYN_ORDER_COUNTS])
{
    const int up = counts[NNDYN_ORDER_CONCORDANT] > 0, down = counts[NNDYN_ORDER_DISCORDANT] > 0;
    const int lost = counts[NNDYN_ORDER_TIED_G] > 0;
    if (up && down) {
        return NNDYN_ORDER_NON_PRESERVING;
    }
    if (up) {
        return lost ? NNDYN_ORDER_WEAK : NNDYN_ORDER_STRICT;
    }
    if (down) {
        return lost ? NNDYN_ORDER_WEAKLY_REVERSED : NNDYN_ORDER_REVERSED;
    }
    return NNDYN_ORDER_CONSTANT;
}

/* ---- the calls --------------------------------------------------------------------------------------------------- */

static int count_pairs(nndyn_context *context, int64_t n, const double *h, const double *g, int64_t *counts,
                       double *tau_b, double *rho)
{
    nd_pair_item *items = NULL;
    nd_pairs pairs;
    ND_TRY(nd_check_size(context, n, ND_ORDER_LEAST, ND_ORDER_MOST, "n"));
    ND_TRY(nd_check_pointer(context, h, "h"));
    ND_TRY(nd_check_pointer(context, g, "g"));
    ND_TRY(nd_check_pointer(context, counts, "counts"));
    ND_TRY(nd_check_finite(context, n, 1, h, "h"));
    ND_TRY(nd_check_finite(context, n, 1, g, "g"));
    ND_TRY(nd_check_memory(context, 2.0 * (double)n * (double)sizeof *items, "the pairs"));
    ND_TRY(nd_allocate_for(context, 2 * n, sizeof *items, &items));
    for (int64_t i = 0; i < n; i++) {
        items[i] = (nd_pair_item){h[i], g[i], 0};
    }
    nd_concordance(n, items, items + n, &pairs);
    nd_release(context, items);
    for (int i = 0; i < NNDYN_ORDER_COUNTS; i++) {
        counts[i] = pairs.counts[i];
    }
    if (tau_b != NULL) {
        *tau_b = pairs.tau_b;
    }
    if (rho != NULL) {
        *rho = pairs.rho;
    }
    return NNDYN_OK;
}

int nndyn_order_pairs(nndyn_context *context, int64_t n, const double *h, const double *g, int64_t *counts,
                      double *tau_b, double *rho)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, __func__));
    return nd_leave(context, count_pairs(context, n, h, g, counts, tau_b, rho));
}

static int judge(nndyn_context *context, const int64_t *counts, int *verdict, double *strict, double *discordance)
{
    ND_TRY(nd_check_pointer(context, counts, "counts"));
    int64_t all = 0;
    for (int i = 0; i < NNDYN_ORDER_COUNTS; i++) {
        ND_TRY(nd_check_size(context, counts[i], 0, INT64_MAX - all, "an entry of counts"));
        all += counts[i];
    }
    if (all == 0) {
        return nd_fail(context, NNDYN_EARG,
                       "counts are all 0; give those of nndyn_order_pairs, with at least one pair");
    }
    if (verdict != NULL) {
        *verdict = nd_order_verdict(counts);
    }
    if (strict != NULL) {
        *strict = (double)(all - counts[NNDYN_ORDER_TIED_G]) / (double)all;
    }
    if (discordance != NULL) {
        *discordance = (double)counts[NNDYN_ORDER_DISCORDANT] / (double)all;
    }
    return NNDYN_OK;
}

int nndyn_order_verdict(nndyn_context *context, const int64_t *counts, int *verdict, double *strict,
                        double *discordance)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, __func__));
    return nd_leave(context, judge(context, counts, verdict, strict, discordance));
}
