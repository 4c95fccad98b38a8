/* series.c - what is kept of a series of fluctuations.  SPDX-License-Identifier: MIT */
#include "analysis/criticality/criticality.h"
#include <float.h>
#include <math.h>
#include <string.h>

void nd_series_clear(nd_series *s)
{
    const nd_window empty = {.xmin = s->window.xmin, .xmax = s->window.xmax, .length = s->window.length};
    s->window = empty;
    s->lowest = DBL_MAX;
    s->highest = -DBL_MAX;
    memset(s->histogram, 0, (size_t)s->bins * sizeof *s->histogram);
    memset(s->parts, 0, (size_t)s->part_count * sizeof *s->parts);
    memset(s->levels, 0, ND_SERIES_LEVELS * sizeof *s->levels);
}

/* Which of `count` equal parts of [0, length]; the upper end belongs to the last one. */
static int64_t part_of(double v, double length, int64_t count)
{
    const int64_t part = (int64_t)(v / length * (double)count);
    return part < count ? part : count - 1;
}

static void add_levels(nd_level *levels, double value)
{
    for (int l = 0; l < ND_SERIES_LEVELS; l++) {
        nd_level *level = &levels[l];
        const double before = value - level->mean;
        level->count++;
        level->mean += before / (double)level->count;
        level->squares += before * (value - level->mean);
        if (level->count % 2 == 1) {
            level->waiting = value;
            return;
        }
        value = 0.5 * (level->waiting + value);
    }
}

void nd_series_add(nd_series *s, double g)
{
    const double v = nd_window_add(&s->window, g);
    if (v < 0) {
        return;
    }
    nd_series_part *part = &s->parts[part_of(v, s->window.length, s->part_count)];
    s->histogram[part_of(v, s->window.length, s->bins)]++;
    part->count++;
    nd_sum_add(&part->v, v);
    add_levels(s->levels, v);
    s->lowest = fmin(s->lowest, v);
    s->highest = fmax(s->highest, v);
}

/* The variance of averages over blocks of m independent numbers is 1/m of theirs; what it is more tells the correlation
 * time.  A level counts by what it shows beyond two standard errors of its variance. */
double nd_series_effective(const nd_series *s)
{
    const double n = (double)s->window.inside, variance = s->levels[0].squares / n;
    double most = 1, time = 1;
    for (int l = 1; l < ND_SERIES_LEVELS && s->levels[l].count >= 64; l++) {
        const double blocks = (double)s->levels[l].count;
        const double ratio = ldexp(s->levels[l].squares / blocks / variance, l);
        const double sure = ratio * (1 - 2 * sqrt(2 / blocks));
        if (sure > most) {
            most = sure;
            time = ratio;
        }
    }
    return n / time;
}

double nd_series_decades(const nd_series *s)
{
    return s->window.inside > 0 ? (s->highest - s->lowest) * 0.43429448190325182 : 0;
}

void nd_series_part_exponent(const nd_series *s, int64_t part, double *k, double *se)
{
    const nd_series_part *p = &s->parts[part];
    const double length = s->window.length / (double)s->part_count, n = (double)p->count;
    *k = *se = NAN;
    if (p->count >= ND_SERIES_LEAST &&
        nd_exponent_of(nd_sum_value(&p->v) / n - length * (double)part, length, n, k, se) != 0) {
        *k = *se = NAN;
    }
}
