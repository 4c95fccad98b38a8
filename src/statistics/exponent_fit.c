/* exponent_fit.c - width exponents: weighted fits, their errors from the resamplings, and the verdict. */
#include "statistics/exponent.h"
#include "kernels/dot.h"
#include <math.h>
#include <string.h>

enum { COLUMNS = 3 };

/* Slopes that differ by less are the same, whatever their errors. */
static const double rounding = 1e-9;
/* How many standard errors decide, and chi squared a degree of freedom that asks for a third term. */
static const double decisive = 3;
static const double too_large = 2;
enum { CORRECTED_WIDTHS = 5, THIRD_TERM_WIDTHS = 4 };

/* ---- what resamplings scatter ------------------------------------------------------------------------------------ */

/* Standard deviation of first[i] - second[i] (NULL: 0). */
static double deviation(int64_t n, const double *first, const double *second)
{
    double mean = 0;
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        mean += (first[i] - (second != NULL ? second[i] : 0)) / (double)n;
    }
    for (int64_t i = 0; i < n; i++) {
        const double d = first[i] - (second != NULL ? second[i] : 0) - mean;
        sum += d * d;
    }
    return sqrt(sum / (double)(n - 1));
}

/* ---- linear models ----------------------------------------------------------------------------------------------- */

/* The third function of each model. */
static double third(int model, double n)
{
    switch (model) {
    case NNDYN_EXPONENT_CORRECTED:
        return 1 / n;
    case NNDYN_EXPONENT_LOGARITHMIC:
        return log(log(n));
    default: /* of the trend */
        return log(n) * log(n);
    }
}

/* Coefficients are linear in the points: coefficient j = sum over w of rows[j][w] y[w]. */
typedef struct estimator {
    int64_t widths;
    int columns;
    double *rows[COLUMNS]; /* W each */
    double *basis;         /* COLUMNS x W: scratch */
} estimator;

/* Columns orthonormalized one after the other, twice each; r[i][j]: component of column j along basis vector i.
 * Returns -1 if one is a combination of those before it. */
static int orthonormalize(estimator *m, double r[COLUMNS][COLUMNS])
{
    const int64_t n = m->widths;
    for (int j = 0; j < m->columns; j++) {
        double *column = m->basis + j * n;
        const double length = sqrt(nd_dot(n, column, column));
        for (int pass = 0; pass < 2; pass++) {
            for (int i = 0; i < j; i++) {
                const double along = nd_dot(n, m->basis + i * n, column);
                r[i][j] += along;
                for (int64_t w = 0; w < n; w++) {
                    column[w] -= along * m->basis[i * n + w];
                }
            }
        }
        r[j][j] = sqrt(nd_dot(n, column, column));
        if (!(r[j][j] > 1e-11 * length)) {
            return -1;
        }
        for (int64_t w = 0; w < n; w++) {
            column[w] /= r[j][j];
        }
    }
    return 0;
}

/* By weighted least squares with errors sigma. */
static int set_estimator(const nndyn_width_exponent *e, int model, const double *sigma, estimator *m)
{
    double r[COLUMNS][COLUMNS] = {{0}};
    m->columns = model == NNDYN_EXPONENT_POWER ? 2 : 3;
    for (int64_t w = 0; w < e->widths; w++) {
        const double functions[COLUMNS] = {1, e->log_n[w], m->columns > 2 ? third(model, e->n[w]) : 0};
        for (int j = 0; j < m->columns; j++) {
            m->basis[j * e->widths + w] = functions[j] / sigma[w];
        }
    }
    if (orthonormalize(m, r) != 0) {
        return -1;
    }
    for (int j = m->columns - 1; j >= 0; j--) {
        for (int64_t w = 0; w < e->widths; w++) {
            double value = m->basis[j * e->widths + w] / sigma[w];
            for (int i = j + 1; i < m->columns; i++) {
                value -= r[j][i] * m->rows[i][w];
            }
            m->rows[j][w] = value / r[j][j];
        }
    }
    return 0;
}

/* ---- one statistic ----------------------------------------------------------------------------------------------- */

typedef struct work {
    nndyn_width_exponent *e;
    const nd_resamples *resamples;
    double *sigma;   /* W: errors as fits use them */
    double *replica; /* B */
    estimator model;
} work;

/* Resampling R samples scatters by sqrt((R - 1) / R) too little. */
static void widen(const work *k, int64_t s, int64_t w)
{
    const int64_t replicas = k->resamples->replicas;
    double *logs = k->resamples->logs + (s * k->e->widths + w) * replicas;
    const double factor = sqrt((double)k->e->samples[w] / (double)(k->e->samples[w] - 1));
    double mean = 0;
    for (int64_t b = 0; b < replicas; b++) {
        mean += logs[b] / (double)replicas;
    }
    for (int64_t b = 0; b < replicas; b++) {
        logs[b] = mean + factor * (logs[b] - mean);
    }
}

/* Errors of the points, and as weights take them: half of the variance is their own, half what all widths together let
 * expect of so many samples.  Weights from their own errors alone favor widths that happened to scatter little, and
 * intervals of 95 % then cover 90 %. */
static void set_errors(const work *k, int64_t s)
{
    nndyn_width_exponent *e = k->e;
    const int64_t replicas = k->resamples->replicas;
    double *error = e->error + s * e->widths;
    double pooled = 0;
    for (int64_t w = 0; w < e->widths; w++) {
        widen(k, s, w);
        error[w] = deviation(replicas, k->resamples->logs + (s * e->widths + w) * replicas, NULL);
        pooled += error[w] * error[w] * (double)e->samples[w] / (double)e->widths;
    }
    for (int64_t w = 0; w < e->widths; w++) {
        k->sigma[w] = fmax(sqrt(0.5 * (error[w] * error[w] + pooled / (double)e->samples[w])), 1e-12);
    }
}

/* Coefficient j in every resampling. */
static void resampled(const work *k, int64_t s, int j, double *out)
{
    const int64_t replicas = k->resamples->replicas;
    memset(out, 0, (size_t)replicas * sizeof *out);
    for (int64_t w = 0; w < k->e->widths; w++) {
        const double *logs = k->resamples->logs + (s * k->e->widths + w) * replicas;
        for (int64_t b = 0; b < replicas; b++) {
            out[b] += k->model.rows[j][w] * logs[b];
        }
    }
}

static void fit_model(work *k, int64_t s, int model)
{
    nndyn_width_exponent *e = k->e;
    const double *y = e->y + s * e->widths;
    nd_width_fit *fit = &e->fits[s * ND_EXPONENT_MODELS + model];
    const int third_term = model != NNDYN_EXPONENT_POWER;
    if ((third_term && e->widths < THIRD_TERM_WIDTHS) || (model == NNDYN_EXPONENT_LOGARITHMIC && !(e->n[0] > 1)) ||
        set_estimator(e, model, k->sigma, &k->model) != 0) {
        return;
    }
    fit->known = 1;
    fit->a = nd_dot(e->widths, k->model.rows[0], y);
    fit->p = nd_dot(e->widths, k->model.rows[1], y);
    fit->c = third_term ? nd_dot(e->widths, k->model.rows[2], y) : 0;
    fit->freedom = e->widths - k->model.columns;
    for (int64_t w = 0; w < e->widths; w++) {
        const double expected = fit->a + fit->p * e->log_n[w] + (third_term ? fit->c * third(model, e->n[w]) : 0);
        const double residual = (y[w] - expected) / k->sigma[w];
        fit->chi_squared += residual * residual;
    }
    double *out = third_term ? k->replica : k->resamples->powers + s * k->resamples->replicas;
    resampled(k, s, 1, out);
    fit->se = deviation(k->resamples->replicas, out, NULL);
}

static void set_slopes(const work *k, int64_t s)
{
    nndyn_width_exponent *e = k->e;
    const int64_t replicas = k->resamples->replicas;
    for (int64_t w = 0; w + 1 < e->widths; w++) {
        const int64_t at = s * e->widths + w;
        const double step = e->log_n[w + 1] - e->log_n[w];
        const double *logs = k->resamples->logs + at * replicas;
        e->slope[at] = (e->y[at + 1] - e->y[at]) / step;
        e->slope_error[at] = deviation(replicas, logs + replicas, logs) / step;
    }
}

/* Twice the coefficient of (ln n)^2. */
static int set_trend(work *k, int64_t s)
{
    nndyn_width_exponent *e = k->e;
    if (set_estimator(e, 0, k->sigma, &k->model) != 0) {
        return nd_fail(e->handle.context, NNDYN_EDATA,
                       "widths from %g to %g are too close to each other to tell a slope", e->n[0],
                       e->n[e->widths - 1]);
    }
    e->trend[s] = 2 * nd_dot(e->widths, k->model.rows[2], e->y + s * e->widths);
    resampled(k, s, 2, k->replica);
    e->trend_error[s] = 2 * deviation(k->resamples->replicas, k->replica, NULL);
    return NNDYN_OK;
}

static int64_t preferred(const nndyn_width_exponent *e, int64_t s)
{
    const nd_width_fit *fits = e->fits + s * ND_EXPONENT_MODELS;
    const nd_width_fit *power = &fits[NNDYN_EXPONENT_POWER];
    if (e->wanted != 0) {
        return fits[e->wanted].known ? e->wanted : NNDYN_EXPONENT_POWER;
    }
    const int poor = power->chi_squared > too_large * (double)power->freedom + rounding;
    return poor && e->widths >= CORRECTED_WIDTHS && fits[NNDYN_EXPONENT_CORRECTED].known ? NNDYN_EXPONENT_CORRECTED
                                                                                         : NNDYN_EXPONENT_POWER;
}

/* ---- the verdict ------------------------------------------------------------------------------------------------- */

static void find_spread(const work *k)
{
    nndyn_width_exponent *e = k->e;
    const int64_t replicas = k->resamples->replicas;
    double most = -1;
    for (int64_t i = 0; i < e->statistics; i++) {
        for (int64_t j = i + 1; j < e->statistics; j++) {
            if (!(e->reliable[i] && e->reliable[j])) {
                continue;
            }
            const double d = e->fits[j * ND_EXPONENT_MODELS + NNDYN_EXPONENT_POWER].p -
                             e->fits[i * ND_EXPONENT_MODELS + NNDYN_EXPONENT_POWER].p;
            const double se =
                deviation(replicas, k->resamples->powers + i * replicas, k->resamples->powers + j * replicas);
            if (fabs(d) / (se + rounding) > most) {
                most = fabs(d) / (se + rounding);
                e->first = i;
                e->second = j;
                e->difference = d;
                e->difference_se = se;
            }
        }
    }
}

static void judge(nndyn_width_exponent *e)
{
    e->verdict = NNDYN_EXPONENT_CONSISTENT;
    for (int64_t s = 0; s < e->statistics; s++) {
        if (e->reliable[s] && fabs(e->trend[s]) > decisive * e->trend_error[s] + rounding) {
            e->verdict = NNDYN_EXPONENT_CURVED;
        }
    }
    if (fabs(e->difference) > decisive * e->difference_se + rounding) {
        e->verdict = NNDYN_EXPONENT_SPLIT;
        for (int64_t s = 1; s < e->statistics; s++) {
            e->quoted = e->reliable[s] ? s : e->quoted;
        }
    }
}

static int conclude(work *k)
{
    nndyn_width_exponent *e = k->e;
    for (int64_t s = 0; s < e->statistics; s++) {
        set_errors(k, s);
        for (int model = NNDYN_EXPONENT_POWER; model < ND_EXPONENT_MODELS; model++) {
            fit_model(k, s, model);
        }
        set_slopes(k, s);
        ND_TRY(set_trend(k, s)); /* where it can be told, so can the power */
        e->preferred[s] = preferred(e, s);
    }
    find_spread(k);
    judge(e);
    return NNDYN_OK;
}

static void carve(nd_arena *arena, work *k)
{
    const int64_t widths = k->e->widths;
    k->sigma = nd_arena_take(arena, widths, sizeof *k->sigma);
    k->replica = nd_arena_take(arena, k->resamples->replicas, sizeof *k->replica);
    k->model.widths = widths;
    k->model.basis = nd_arena_take(arena, COLUMNS * widths, sizeof *k->model.basis);
    for (int j = 0; j < COLUMNS; j++) {
        k->model.rows[j] = nd_arena_take(arena, widths, sizeof *k->model.rows[j]);
    }
}

int nd_exponent_conclude(nndyn_width_exponent *exponent, const nd_resamples *resamples)
{
    nd_arena arena = {0};
    work k = {.e = exponent, .resamples = resamples};
    carve(&arena, &k);
    ND_TRY(nd_arena_reserve(&arena, exponent->handle.context));
    carve(&arena, &k);
    const int status = conclude(&k);
    nd_arena_free(&arena);
    return status;
}
