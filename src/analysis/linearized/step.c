/* step.c - steps of descent and momentum: coefficients, outputs on train and on test points move together.
 *
 * With g = P e + a c (a = weight of the ridge), v = m v + g and c -= rate v, the outputs follow by the same rule with
 * Theta P e + a (f - f_0) in the place of g, so that a step costs one product with the rows of its batch.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/linearized/linearized.h"
#include "kernels/blas.h"
#include <math.h>
#include <string.h>

/* ---- slopes of the loss ------------------------------------------------------------------------------------------ */

static int custom_slopes(const nndyn_linearized *model, void *handle, int64_t count, const double *a, const double *t,
                         double *slope)
{
    const nd_loss *loss = &model->loss;
    const int64_t k = model->outputs;
    for (int64_t s = 0; s < count; s++) {
        double h;
        if (loss->evaluate(loss->user, k, a + s * k, t + s * k, &h, slope + s * k, NULL, NULL, NULL) != 0) {
            return nd_fail(handle, NNDYN_ECALLBACK, "the custom loss reported failure for sample %lld of the batch",
                           (long long)s);
        }
    }
    return NNDYN_OK;
}

int nd_linear_slopes(nndyn_linearized *model, void *handle, int64_t count, const double *a, const double *t,
                     double *residual, double *slope)
{
    const int64_t k = model->outputs;
    if (model->loss.kind == NNDYN_CUSTOM_LOSS) {
        ND_TRY(custom_slopes(model, handle, count, a, t, slope));
    } else {
        model->k->subtract(count * k, a, t, residual);
        model->k->loss(&model->loss, count, k, a, residual, t, model->loss_values, slope);
    }
    if (!model->k->all_finite(count * k, slope)) {
        return nd_fail(
            handle, NNDYN_ENUMERIC,
            "a slope of the loss %s is not finite at the outputs of the linear model; they are too large, or "
            "outside of where the loss is defined",
            nndyn_loss_name(model->loss.kind));
    }
    return NNDYN_OK;
}

/* ---- one step ---------------------------------------------------------------------------------------------------- */

/* Batches of more samples than there are go in pieces. */
int nd_linear_forces(nndyn_linearized *model, void *handle, const nd_linear_batch *batch, const double *f, double *g)
{
    const int64_t k = model->outputs;
    memset(g, 0, (size_t)(model->n * k) * sizeof *g);
    for (int64_t first = 0; first < batch->count; first += model->n) {
        const int64_t left = batch->count - first, count = left < model->n ? left : model->n;
        const double *t = batch->t != NULL ? batch->t + first * k : model->targets;
        for (int64_t i = 0; i < count; i++) {
            const int64_t row = batch->rows != NULL ? batch->rows[first + i] : first + i;
            memcpy(model->gather + i * k, f + row * k, (size_t)k * sizeof *g);
            if (batch->t == NULL) {
                memcpy(model->targets + i * k, model->y + row * k, (size_t)k * sizeof *g);
            }
        }
        ND_TRY(nd_linear_slopes(model, handle, count, model->gather, t, model->residual, model->slope));
        for (int64_t i = 0; i < count; i++) {
            const int64_t row = batch->rows != NULL ? batch->rows[first + i] : first + i;
            model->k->axpy(k, batch->weight, model->slope + i * k, g + row * k);
        }
    }
    return NNDYN_OK;
}

/* Where a number of a track goes, and its velocity there. */
static double moved(const nd_linear_track *track, const nd_linear_batch *batch, double ridge, int64_t i,
                    double *velocity)
{
    const double origin = track->origin != NULL ? track->origin[i] : 0;
    const double force = track->force[i] + ridge * (track->position[i] - origin);
    *velocity = batch->momentum * track->velocity[i] + force;
    return track->position[i] - batch->rate * (batch->nesterov ? force + batch->momentum * *velocity : *velocity);
}

static int can_move(const nd_linear_track *track, const nd_linear_batch *batch, double ridge)
{
    double velocity;
    for (int64_t i = 0; i < track->count; i++) {
        if (!isfinite(moved(track, batch, ridge, i, &velocity))) {
            return 0;
        }
    }
    return 1;
}

static void move(nd_linear_track *track, const nd_linear_batch *batch, double ridge)
{
    for (int64_t i = 0; i < track->count; i++) {
        double velocity;
        track->position[i] = moved(track, batch, ridge, i, &velocity);
        track->velocity[i] = velocity;
    }
}

int nd_linear_step(nndyn_linearized *model, void *handle, const nd_linear_batch *batch)
{
    nd_linear_track *tracks[] = {&model->c, &model->f, &model->f_test};
    const double ridge = model->kappa * model->ridge;
    ND_TRY(nd_linear_forces(model, handle, batch, model->f.position, model->c.force));
    ND_TRY(nd_linear_product_rows(model, handle, batch->count, batch->rows, model->c.force, model->f.force,
                                  model->test > 0 ? model->f_test.force : NULL));
    for (int i = 0; i < 3; i++) {
        if (!can_move(tracks[i], batch, ridge)) {
            return nd_fail(handle, NNDYN_ENUMERIC,
                           "step %lld of the linear model is not finite: it diverges; lower the rate (see "
                           "nndyn_linearized_stability)",
                           (long long)model->steps);
        }
    }
    for (int i = 0; i < 3; i++) {
        move(tracks[i], batch, ridge);
    }
    model->steps++;
    return NNDYN_OK;
}

static int check_rows(nndyn_linearized *model, int64_t count, const int64_t *rows)
{
    if (rows == NULL && count != model->n) {
        return nd_fail(model, NNDYN_EARG, "count is %lld and rows is NULL, which stands for all %lld samples",
                       (long long)count, (long long)model->n);
    }
    for (int64_t i = 0; rows != NULL && i < count; i++) {
        if (rows[i] < 0 || rows[i] >= model->n) {
            return nd_fail(model, NNDYN_EARG, "rows[%lld] is %lld, must be 0 to %lld", (long long)i, (long long)rows[i],
                           (long long)(model->n - 1));
        }
    }
    return NNDYN_OK;
}

static int step(nndyn_linearized *model, const nd_linear_batch *batch)
{
    ND_TRY(nd_check_size(model, batch->count, 1, ND_BLAS_MOST, "count"));
    ND_TRY(check_rows(model, batch->count, batch->rows));
    if (batch->t != NULL) {
        ND_TRY(nd_check_finite(model, batch->count, model->outputs, batch->t, "t"));
    }
    ND_TRY(nd_check_real(model, batch->rate, 0, 1e300, "rate"));
    ND_TRY(nd_check_real(model, batch->weight, 0x1p-1000, 1e300, "weight"));
    ND_TRY(nd_check_real(model, batch->momentum, 0, 1 - 0x1p-53, "momentum"));
    return nd_linear_step(model, model, batch);
}

int nndyn_linearized_step(nndyn_linearized *model, int64_t count, const int64_t *rows, const double *t, double rate,
                          double weight, double momentum)
{
    const nd_linear_batch batch = {count, rows, t, rate, weight, momentum, 0};
    ND_TRY(nd_enter(model, ND_LINEARIZED, "nndyn_linearized_step"));
    return nd_leave(model, step(model, &batch));
}

/* ---- the state --------------------------------------------------------------------------------------------------- */

static void restart(nd_linear_track *track)
{
    for (int64_t i = 0; i < track->count; i++) {
        track->position[i] = track->origin != NULL ? track->origin[i] : 0;
        track->velocity[i] = 0;
    }
}

void nd_linear_reset(nndyn_linearized *model)
{
    restart(&model->c);
    restart(&model->f);
    restart(&model->f_test);
    model->steps = 0;
    model->time = 0;
}

int nndyn_linearized_reset(nndyn_linearized *model)
{
    ND_TRY(nd_enter(model, ND_LINEARIZED, "nndyn_linearized_reset"));
    nd_linear_reset(model);
    return nd_leave(model, NNDYN_OK);
}

static void copy_out(const nd_linear_track *track, double *to)
{
    if (to != NULL) {
        memcpy(to, track->position, (size_t)track->count * sizeof *to);
    }
}

static int get(nndyn_linearized *model, int64_t *steps, double *time, double *coefficients, double *train, double *test)
{
    if (test != NULL && model->test == 0) {
        return nd_fail(model, NNDYN_ESTATE, "test is given, but the model has no test points");
    }
    if (steps != NULL) {
        *steps = model->steps;
    }
    if (time != NULL) {
        *time = model->time;
    }
    copy_out(&model->c, coefficients);
    copy_out(&model->f, train);
    copy_out(&model->f_test, test);
    return NNDYN_OK;
}

int nndyn_linearized_get(nndyn_linearized *model, int64_t *steps, double *time, double *coefficients, double *train,
                         double *test)
{
    ND_TRY(nd_enter(model, ND_LINEARIZED, "nndyn_linearized_get"));
    return nd_leave(model, get(model, steps, time, coefficients, train, test));
}
