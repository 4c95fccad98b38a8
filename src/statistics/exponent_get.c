/* exponent_get.c - what a fit of width exponents found. */
#include "statistics/exponent.h"
#include <math.h>

static void put(double *to, double value)
{
    if (to != NULL) {
        *to = value;
    }
}

static void put_count(int64_t *to, int64_t value)
{
    if (to != NULL) {
        *to = value;
    }
}

static int fail_lack(nndyn_width_exponent *e)
{
    const nd_lack *lack = &e->lack;
    if (lack->kind == ND_LACK_WIDTHS) {
        return nd_fail(e, NNDYN_EDATA, "no exponent was fitted: there are %lld widths, and at least 3 are needed",
                       (long long)lack->count);
    }
    if (lack->kind == ND_LACK_SAMPLES) {
        return nd_fail(e, NNDYN_EDATA,
                       "no exponent was fitted: width %g has %lld samples, and at least 8 of each are needed",
                       lack->width, (long long)lack->count);
    }
    return nd_fail(e, NNDYN_EDATA,
                   "no exponent was fitted: %lld samples of width %g are 0, and only sizes above 0 have a logarithm",
                   (long long)lack->count, lack->width);
}

/* Enter a result that has an exponent, and leave it again if not. */
static int enter(nndyn_width_exponent *e, const char *function)
{
    ND_TRY(nd_enter(e, ND_WIDTH_EXPONENT, function));
    return e->lack.kind == ND_LACK_NOTHING ? NNDYN_OK : nd_leave(e, fail_lack(e));
}

static int check_statistic(nndyn_width_exponent *e, int64_t statistic)
{
    return nd_check_size(e, statistic, 0, e->statistics - 1, "statistic");
}

int nndyn_width_exponent_verdict(nndyn_width_exponent *exponent, int *verdict)
{
    ND_TRY(nd_enter(exponent, ND_WIDTH_EXPONENT, "nndyn_width_exponent_verdict"));
    const int status = nd_check_pointer(exponent, verdict, "verdict");
    if (status == NNDYN_OK) {
        *verdict = exponent->verdict;
    }
    return nd_leave(exponent, status);
}

/* ---- exponents --------------------------------------------------------------------------------------------------- */

/* The fit of a model that was made; model 0 is the preferred one. */
static int find(nndyn_width_exponent *e, int64_t statistic, int model, const nd_width_fit **fit)
{
    ND_TRY(check_statistic(e, statistic));
    ND_TRY(nd_check_size(e, model, 0, ND_EXPONENT_MODELS - 1, "model"));
    const int64_t chosen = model == 0 ? e->preferred[statistic] : model;
    *fit = &e->fits[statistic * ND_EXPONENT_MODELS + chosen];
    if (!(*fit)->known) {
        return nd_fail(e, NNDYN_EUNSUPPORTED,
                       "model %d was not fitted: it has a third parameter, which takes 4 widths (there are %lld), and "
                       "the logarithmic one takes widths above 1 (the least is %g)",
                       model, (long long)e->widths, e->n[0]);
    }
    return NNDYN_OK;
}

static void put_fit(const nndyn_width_exponent *e, const nd_width_fit *fit, double *p, double *se, double *low,
                    double *high)
{
    *p = fit->p;
    put(se, fit->se);
    put(low, fit->p - e->factor * fit->se);
    put(high, fit->p + e->factor * fit->se);
}

static int value(nndyn_width_exponent *e, int64_t statistic, int model, double *p, double *se, double *low,
                 double *high)
{
    const nd_width_fit *fit;
    ND_TRY(find(e, statistic, model, &fit));
    ND_TRY(nd_check_pointer(e, p, "p"));
    put_fit(e, fit, p, se, low, high);
    return NNDYN_OK;
}

int nndyn_width_exponent_value(nndyn_width_exponent *exponent, int64_t statistic, int model, double *p, double *se,
                               double *low, double *high)
{
    ND_TRY(enter(exponent, "nndyn_width_exponent_value"));
    return nd_leave(exponent, value(exponent, statistic, model, p, se, low, high));
}

int nndyn_width_exponent_quote(nndyn_width_exponent *exponent, double *p, double *se, double *low, double *high,
                               int64_t *statistic, int *model)
{
    ND_TRY(enter(exponent, "nndyn_width_exponent_quote"));
    const int status = value(exponent, exponent->quoted, 0, p, se, low, high);
    if (status == NNDYN_OK) {
        put_count(statistic, exponent->quoted);
        if (model != NULL) {
            *model = (int)exponent->preferred[exponent->quoted];
        }
    }
    return nd_leave(exponent, status);
}

int nndyn_width_exponent_fit(nndyn_width_exponent *exponent, int64_t statistic, int model, double *a, double *c,
                             double *chi_squared, int64_t *freedom)
{
    const nd_width_fit *fit;
    ND_TRY(enter(exponent, "nndyn_width_exponent_fit"));
    const int status = find(exponent, statistic, model, &fit);
    if (status == NNDYN_OK) {
        put(a, fit->a);
        put(c, fit->c);
        put(chi_squared, fit->chi_squared);
        put_count(freedom, fit->freedom);
    }
    return nd_leave(exponent, status);
}

/* ---- sizes and statistics ---------------------------------------------------------------------------------------- */

int nndyn_width_exponent_counts(nndyn_width_exponent *exponent, int64_t *widths, int64_t *statistics)
{
    ND_TRY(enter(exponent, "nndyn_width_exponent_counts"));
    put_count(widths, exponent->widths);
    put_count(statistics, exponent->statistics);
    return nd_leave(exponent, NNDYN_OK);
}

int nndyn_width_exponent_statistic(nndyn_width_exponent *exponent, int64_t statistic, double *level, int *reliable)
{
    ND_TRY(enter(exponent, "nndyn_width_exponent_statistic"));
    const int status = check_statistic(exponent, statistic);
    if (status == NNDYN_OK) {
        put(level, exponent->levels[statistic]);
        if (reliable != NULL) {
            *reliable = (int)exponent->reliable[statistic];
        }
    }
    return nd_leave(exponent, status);
}

int nndyn_width_exponent_points(nndyn_width_exponent *exponent, int64_t statistic, double *widths, double *values,
                                double *errors)
{
    ND_TRY(enter(exponent, "nndyn_width_exponent_points"));
    const int status = check_statistic(exponent, statistic);
    for (int64_t w = 0; status == NNDYN_OK && w < exponent->widths; w++) {
        const int64_t at = statistic * exponent->widths + w;
        put(widths != NULL ? widths + w : NULL, exponent->n[w]);
        put(values != NULL ? values + w : NULL, exp(exponent->y[at]));
        put(errors != NULL ? errors + w : NULL, exponent->error[at]);
    }
    return nd_leave(exponent, status);
}

/* ---- slopes ------------------------------------------------------------------------------------------------------ */

int nndyn_width_exponent_slopes(nndyn_width_exponent *exponent, int64_t statistic, double *at, double *slopes,
                                double *errors)
{
    ND_TRY(enter(exponent, "nndyn_width_exponent_slopes"));
    const int status = check_statistic(exponent, statistic);
    for (int64_t w = 0; status == NNDYN_OK && w + 1 < exponent->widths; w++) {
        const int64_t i = statistic * exponent->widths + w;
        put(at != NULL ? at + w : NULL, sqrt(exponent->n[w]) * sqrt(exponent->n[w + 1]));
        put(slopes != NULL ? slopes + w : NULL, exponent->slope[i]);
        put(errors != NULL ? errors + w : NULL, exponent->slope_error[i]);
    }
    return nd_leave(exponent, status);
}

int nndyn_width_exponent_trend(nndyn_width_exponent *exponent, int64_t statistic, double *trend, double *se)
{
    ND_TRY(enter(exponent, "nndyn_width_exponent_trend"));
    int status = check_statistic(exponent, statistic);
    status = status == NNDYN_OK ? nd_check_pointer(exponent, trend, "trend") : status;
    if (status == NNDYN_OK) {
        *trend = exponent->trend[statistic];
        put(se, exponent->trend_error[statistic]);
    }
    return nd_leave(exponent, status);
}

int nndyn_width_exponent_spread(nndyn_width_exponent *exponent, int64_t *first, int64_t *second, double *difference,
                                double *se)
{
    ND_TRY(enter(exponent, "nndyn_width_exponent_spread"));
    put_count(first, exponent->first);
    put_count(second, exponent->second);
    put(difference, exponent->difference);
    put(se, exponent->difference_se);
    return nd_leave(exponent, NNDYN_OK);
}
