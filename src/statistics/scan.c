/* scan.c - the exact scan of every window.
 *
 * The distance of a candidate is the largest of |i/n - F| over its values.  Both sides rise with x, so between two
 * values that were looked at no deviation is beyond what their ends allow: whole stretches are settled by two
 * evaluations, and the exact maximum takes hundreds, not n.  A candidate is given up at the first deviation beyond the
 * best distance so far; the place where the last one fell is looked at first, and is nearly always enough. */
#include "statistics/powerlaw.h"
#include <math.h>

enum { FIRST_LOOKS = 24, COARSE = 48 };

/* Computed values of a rising function may fall by rounding. */
static const double slack = 4e-15;

void nd_rules_settle(nd_rules *rules, const nd_sample *sample)
{
    const double last = sample->distinct > 0 ? sample->log[sample->distinct - 1] : 0;
    const double first = sample->distinct > 0 ? sample->log[0] : 0;
    rules->start = rules->low > 0 ? log(rules->low) : first;
    rules->top = isinf(rules->high) ? INFINITY : log(rules->high);
    if (rules->reflected) {
        rules->start = isinf(rules->high) ? first : -log(rules->high);
        rules->top = rules->low > 0 ? -log(rules->low) : last;
    }
}

int64_t nd_scan_length(const nd_sample *sample, const nd_rules *rules)
{
    return rules->scan == ND_SCAN_NONE && sample->distinct > 1 ? 1 : sample->distinct;
}

int nd_candidate_fit(const nd_sample *sample, const nd_rules *rules, int64_t first, nd_candidate *out)
{
    nd_candidate c = {.first = first, .inside = sample->n - sample->before[first], .distance = INFINITY};
    const double n = (double)c.inside;
    c.start = rules->scan == ND_SCAN_NONE ? rules->start : sample->log[first];
    c.length = rules->top - c.start;
    if (c.inside < rules->least || first + 1 >= sample->distinct) {
        return -1;
    }
    const double mean = sample->excess[first] / n + (sample->log[first] - c.start);
    if (rules->discrete) {
        const double q = rules->scan == ND_SCAN_NONE && rules->low > 0 ? rules->low : sample->x[first];
        if (nd_discrete_of(mean, q, n, &c.k, &c.se) != 0) {
            return -1;
        }
        c.law = nd_law_discrete(c.k, q);
    } else {
        if (nd_exponent_of(mean, c.length, n, &c.k, &c.se) != 0) {
            return -1;
        }
        c.law = nd_law_continuous(c.k, c.start, c.length);
    }
    *out = c;
    return 0;
}

/* ---- the distance ------------------------------------------------------------------------------------------------ */

typedef struct search {
    const nd_sample *sample;
    const nd_rules *rules;
    const nd_law *law;
    double inside, limit;
    int64_t offset;  /* samples before the window */
    double most;     /* largest deviation so far */
    int64_t witness; /* and where it was */
} search;

typedef struct look {
    int64_t index;
    double below, upto; /* the law there */
} look;

static look look_at(search *s, int64_t j)
{
    const int64_t *before = s->sample->before;
    const int ties = s->rules->ties;
    look at = {.index = j};
    s->law->cdf(s->law, s->sample->x[j], s->sample->log[j], &at.below, &at.upto);
    const double lower = (double)(before[j] - s->offset) / s->inside;
    double deviation = fabs(lower - at.below);
    if (ties == ND_TIES_DISTINCT || (ties == ND_TIES_PLFIT && !s->rules->discrete)) {
        const int64_t upper = before[j + 1] - s->offset - (ties == ND_TIES_PLFIT);
        deviation = fmax(deviation, fabs((double)upper / s->inside - at.upto));
    }
    if (deviation > s->most) {
        s->most = deviation;
        s->witness = j;
    }
    return at;
}

/* No deviation strictly between two looks is larger than this. */
static double bound(const search *s, const look *left, const look *right)
{
    const int64_t *before = s->sample->before;
    const double low = (double)(before[left->index + 1] - s->offset) / s->inside;
    const double high = (double)(before[right->index] - s->offset) / s->inside;
    return fmax(right->below - low, high - left->upto) + slack;
}

static void refine(search *s, look left, look right)
{
    while (right.index - left.index > 1 && s->most <= s->limit && bound(s, &left, &right) > s->most) {
        const look middle = look_at(s, left.index + (right.index - left.index) / 2);
        refine(s, left, middle);
        left = middle;
    }
}

double nd_candidate_distance(const nd_sample *sample, const nd_rules *rules, const nd_candidate *candidate,
                             double limit, int64_t *witness)
{
    const int64_t first = candidate->first;
    const int64_t steps = sample->distinct - 1 - first;
    search s = {.sample = sample, .rules = rules, .law = &candidate->law, .limit = limit, .most = -1};
    look looks[FIRST_LOOKS + 1];
    int count = 0;
    s.inside = (double)candidate->inside;
    s.offset = sample->before[first];
    if (*witness > first && *witness < sample->distinct) {
        look_at(&s, *witness);
    }
    for (int i = 0; i <= FIRST_LOOKS && s.most <= limit; i++) {
        const int64_t index = first + (int64_t)((double)steps * i / FIRST_LOOKS);
        if (count == 0 || index > looks[count - 1].index) {
            looks[count++] = look_at(&s, index);
        }
    }
    for (int i = 0; i + 1 < count && s.most <= limit; i++) {
        refine(&s, looks[i], looks[i + 1]);
    }
    *witness = s.witness;
    return s.most;
}

/* ---- over candidates --------------------------------------------------------------------------------------------- */

static void try_candidate(const nd_sample *sample, const nd_rules *rules, int64_t first, int64_t *witness,
                          nd_candidate *best)
{
    nd_candidate candidate;
    if (nd_candidate_fit(sample, rules, first, &candidate) != 0) {
        return;
    }
    candidate.distance = nd_candidate_distance(sample, rules, &candidate, best->distance, witness);
    if (candidate.distance < best->distance || (candidate.distance == best->distance && first < best->first)) {
        *best = candidate;
    }
}

void nd_scan_range(const nd_sample *sample, const nd_rules *rules, int64_t first, int64_t last, nd_candidate *best)
{
    int64_t witness = -1;
    for (int64_t i = first; i < last; i++) {
        try_candidate(sample, rules, i, &witness, best);
    }
}

void nd_scan_coarse(const nd_sample *sample, const nd_rules *rules, nd_candidate *best)
{
    int64_t low = 0;
    int64_t high = nd_scan_length(sample, rules);
    int64_t witness = -1;
    *best = (nd_candidate){.first = INT64_MAX, .distance = INFINITY};
    for (int64_t step = (high - low) / COARSE; step > 1; step = (high - low) / COARSE) {
        for (int64_t i = low; i < high; i += step) {
            try_candidate(sample, rules, i, &witness, best);
        }
        if (best->first == INT64_MAX) {
            return;
        }
        low = best->first > low + step ? best->first - step : low;
        high = best->first + step < high ? best->first + step : high;
    }
}
