/* figures.c - how far a network is from its linear model: the columns of a comparison.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/linearized/linearized.h"
#include "data/reals.h"
#include <math.h>
#include <string.h>

static double ratio(double a, double b)
{
    return b > 0 ? a / b : (double)NAN;
}

/* ---- outputs ----------------------------------------------------------------------------------------------------- */

static double distance(int64_t count, const double *a, const double *b)
{
    double sum = 0;
    for (int64_t i = 0; i < count; i++) {
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return sqrt(sum);
}

static int residual(nd_companion *c, void *handle, const double *f, double *out)
{
    nndyn_linearized *model = c->model;
    ND_TRY(nd_linear_slopes(model, handle, model->n, f, model->y, model->residual, model->slope));
    *out = sqrt(model->k->sum_squares(model->f.count, model->slope));
    return NNDYN_OK;
}

static double star(nd_companion *c)
{
    double *v = c->moved;
    const nndyn_linearized *model = c->model;
    double sum = 0;
    for (int64_t i = 0; i < c->order; i++) {
        const double *row = c->factor + i * c->order;
        v[i] = (c->f[i] - model->f.position[i] - model->k->dot(i, row, v)) / row[i];
        sum += v[i] * v[i];
    }
    return sqrt(sum);
}

static int outputs(nd_companion *c, void *handle, nndyn_network *network, double *row)
{
    nndyn_linearized *model = c->model;
    ND_TRY(nd_linear_outputs(network, handle, model->n, model->x, c->f));
    row[NNDYN_LINEARIZATION_DEVIATION] = distance(model->f.count, c->f, model->f.position);
    if (model->test > 0) {
        ND_TRY(nd_linear_outputs(network, handle, model->test, c->x_test, c->f_test));
        row[NNDYN_LINEARIZATION_DEVIATION_TEST] = distance(model->f_test.count, c->f_test, model->f_test.position);
    }
    ND_TRY(residual(c, handle, c->f, &row[NNDYN_LINEARIZATION_RESIDUAL]));
    return residual(c, handle, model->f.position, &row[NNDYN_LINEARIZATION_RESIDUAL_LINEAR]);
}

/* ---- parameters -------------------------------------------------------------------------------------------------- */

static void displacement(const nd_companion *c, const nndyn_network *network, double *row)
{
    const nndyn_linearized *model = c->model;
    const double *start = model->network->theta;
    double moved = 0, size = 0, linear = 0;
    for (int64_t i = 0; i < network->parameters; i++) {
        const double gap = nd_real_at(network->theta, network->dtype, i) - start[i];
        moved += gap * gap;
        size += start[i] * start[i];
    }
    for (int64_t i = 0; i < model->f.count; i++) {
        linear += model->c.position[i] * (model->f.position[i] - model->f0[i]);
    }
    row[NNDYN_LINEARIZATION_DISPLACEMENT] = sqrt(moved);
    row[NNDYN_LINEARIZATION_DISPLACEMENT_RELATIVE] = ratio(sqrt(moved), sqrt(size));
    row[NNDYN_LINEARIZATION_DISPLACEMENT_LINEAR] = sqrt(fmax(linear, 0));
}

/* ---- kernels ----------------------------------------------------------------------------------------------------- */

/* <a, b>, <a, a>, <b, b> and <a - b, a - b>, of the matrices as they are, or centered over the samples within each
 * block of outputs (group of them a sample): an entry less its mean over the left and that over the right sample, plus
 * the mean over both. */
typedef struct sums {
    double ab, aa, bb, gap;
} sums;

static void add(sums *s, double a, double b)
{
    s->ab += a * b;
    s->aa += a * a;
    s->bb += b * b;
    s->gap += (a - b) * (a - b);
}

static sums plain(int64_t n, const double *a, const double *b)
{
    sums s = {0};
    for (int64_t i = 0; i < n; i++) {
        sums row = {0};
        for (int64_t j = 0; j < n; j++) {
            add(&row, a[i * n + j], b[i * n + j]);
        }
        s = (sums){s.ab + row.ab, s.aa + row.aa, s.bb + row.bb, s.gap + row.gap};
    }
    return s;
}

/* Means over samples: row[(o), (i, p)] over the left one, group x n numbers, and of both, group x group. */
static void means(int64_t n, int64_t group, const double *a, double *row, double *whole)
{
    const int64_t samples = n / group;
    memset(row, 0, (size_t)(group * n) * sizeof *row);
    memset(whole, 0, (size_t)(group * group) * sizeof *whole);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < n; j++) {
            row[i % group * n + j] += a[i * n + j] / (double)samples;
        }
    }
    for (int64_t o = 0; o < group; o++) {
        for (int64_t j = 0; j < n; j++) {
            whole[o * group + j % group] += row[o * n + j] / (double)samples;
        }
    }
}

static double centered_entry(int64_t n, int64_t group, const double *a, const double *row, const double *whole,
                             int64_t i, int64_t j)
{
    const int64_t o = i % group, p = j % group;
    return a[i * n + j] - row[o * n + j] - row[p * n + i] + whole[o * group + p];
}

static sums centered(int64_t n, int64_t group, const double *a, const double *b, double *room)
{
    double *row_a = room, *row_b = room + group * n, *whole_a = row_b + group * n, *whole_b = whole_a + group * group;
    sums s = {0};
    means(n, group, a, row_a, whole_a);
    means(n, group, b, row_b, whole_b);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < n; j++) {
            add(&s, centered_entry(n, group, a, row_a, whole_a, i, j),
                centered_entry(n, group, b, row_b, whole_b, i, j));
        }
    }
    return s;
}

/* y . Theta y / |y|^2, of a kernel for each output alone if it is the mean over them. */
static double quotient(const nd_companion *c)
{
    const nndyn_linearized *model = c->model;
    const int64_t columns = model->f.count / c->order;
    double sum = 0, square = 0;
    for (int64_t i = 0; i < c->order; i++) {
        for (int64_t j = 0; j < c->order; j++) {
            double both = 0;
            for (int64_t o = 0; o < columns; o++) {
                both += model->y[i * columns + o] * model->y[j * columns + o];
            }
            sum += c->kernel_now[i * c->order + j] * both;
            square += i == j ? both : 0;
        }
    }
    return ratio(sum, square);
}

static int kernels(nd_companion *c, void *handle, nndyn_network *network, double *row)
{
    const int64_t n = c->order, group = n / c->model->n;
    double *room;
    if (c->kernel == ND_COMPANION_NONE) {
        return NNDYN_OK;
    }
    if (c->bound != ND_COMPANION_ALL) { /* else it is there already */
        ND_TRY(nd_companion_kernel(c, handle, network, c->kernel_now));
    }
    ND_TRY(nd_allocate_for(handle, 2 * group * (n + group), sizeof *room, &room));
    const sums s = plain(n, c->kernel_now, c->kernel_start);
    const sums h = centered(n, group, c->kernel_now, c->kernel_start, room);
    nd_release(c->context, room);
    row[NNDYN_LINEARIZATION_DRIFT] = ratio(sqrt(s.gap), sqrt(s.bb));
    row[NNDYN_LINEARIZATION_ALIGNMENT] = ratio(s.ab, sqrt(s.aa) * sqrt(s.bb));
    row[NNDYN_LINEARIZATION_CKA] = ratio(h.ab, sqrt(h.aa) * sqrt(h.bb));
    row[NNDYN_LINEARIZATION_TARGET_ALIGNMENT] = ratio(quotient(c), sqrt(s.aa));
    return NNDYN_OK;
}

int nd_companion_row(nd_companion *c, void *handle, nndyn_network *network, double *row)
{
    for (int i = 0; i < NNDYN_LINEARIZATION_COLUMNS; i++) {
        row[i] = (double)NAN;
    }
    ND_TRY(outputs(c, handle, network, row));
    displacement(c, network, row);
    ND_TRY(kernels(c, handle, network, row));
    if (c->bound != ND_COMPANION_UNBOUND) {
        row[NNDYN_LINEARIZATION_BOUND_MEASURED] = c->bound_measured;
    }
    if (c->bound == ND_COMPANION_ALL) {
        row[NNDYN_LINEARIZATION_REMAINDER] = c->remainder;
        row[NNDYN_LINEARIZATION_BOUND] = c->bound_kernel;
        row[NNDYN_LINEARIZATION_DEVIATION_STAR] = c->factor != NULL ? star(c) : (double)NAN;
        row[NNDYN_LINEARIZATION_BOUND_STAR] = c->bound_star;
    }
    return NNDYN_OK;
}
