/* predict.c - gradient descent to order 1/width: the hierarchy of outputs, kernel and C02, closed at third order.
 *
 * With X = 2 C02, T = 6 C03 and G = C11 (all with eta inside), each step with e = weights o (f - y), all three at once:
 *
 *     f_i     -= C01_ij e_j - C02_ijk e_j e_k + C03_ijkl e_j e_k e_l
 *     C01_ij  -= (X_ijk + X_jik) e_k - ((T_ijkl + T_jikl)/2 + G_ikjl) e_k e_l
 *     X_ijk   -= (T_ijkl + G_jlik + G_ijkl) e_l
 *
 * T and G stay: they change at the next order.  T_ijkl e_l and G_ijkl e_l are contracted once and serve all three.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/correlation/correlation.h"
#include "kernels/kernels.h"
#include "linalg/linalg.h"
#include <math.h>
#include <string.h>

typedef struct state {
    const nd_hierarchy *h;
    const nd_kernels_f64 *k;
    int64_t m;
    double *f, *kernel, *c2;       /* M, M^2, M^3 */
    double *third, *gram;          /* M^3: C03 and G contracted with e in their last slot */
    double *second, *cross, *turn; /* M^2: C02 and third contracted once more; gram with e in its second slot */
    double *e, *line, *line_e;     /* M: the network's, the linear model's outputs, its e */
    double reach;                  /* largest |line - y| over training points so far */
    nd_arena arena;
} state;

static void carve(state *s)
{
    const int64_t m = s->m, square = m * m, cube = square * m;
    double **const arrays[] = {&s->f,     &s->e,    &s->line, &s->line_e, &s->kernel, &s->second,
                               &s->cross, &s->turn, &s->c2,   &s->third,  &s->gram};
    const int64_t sizes[] = {m, m, m, m, square, square, square, square, cube, cube, cube};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        *arrays[i] = nd_arena_take(&s->arena, sizes[i], sizeof(double));
    }
}

/* out = a e over the last slot of a (rows x M). */
static void contract(const state *s, int64_t rows, const double *a, const double *e, double *out)
{
    for (int64_t r = 0; r < rows; r++) {
        out[r] = s->k->dot(s->m, a + r * s->m, e);
    }
}

static void residual(const state *s, const double *f, double *e)
{
    for (int64_t i = 0; i < s->m; i++) {
        e[i] = s->h->weights[i] * (f[i] - s->h->y[i]);
    }
}

static double distance(const state *s, const double *f, const double *from, int training_only)
{
    double squares = 0;
    for (int64_t i = 0; i < s->m; i++) {
        const double d = f[i] - from[i];
        squares += training_only && s->h->weights[i] == 0 ? 0 : d * d;
    }
    return sqrt(squares);
}

static void step_linear(state *s)
{
    residual(s, s->line, s->line_e);
    for (int64_t i = 0; i < s->m; i++) {
        s->line[i] -= s->k->dot(s->m, s->h->c->tensor[ND_C01] + i * s->m, s->line_e);
    }
}

/* G_{ik;jl} e_k e_l from gram = G_{ik;jl} e_l: turn[i][j] = sum_k gram[i][k][j] e_k. */
static void contract_turn(const state *s)
{
    const int64_t m = s->m;
    memset(s->turn, 0, (size_t)(m * m) * sizeof *s->turn);
    for (int64_t i = 0; i < m; i++) {
        for (int64_t k = 0; k < m; k++) {
            s->k->axpy(m, s->e[k], s->gram + (i * m + k) * m, s->turn + i * m);
        }
    }
}

static void step(state *s)
{
    const int64_t m = s->m;
    const nndyn_correlations *c = s->h->c;
    residual(s, s->f, s->e);
    contract(s, m * m * m, c->tensor[ND_C03], s->e, s->third);
    contract(s, m * m * m, c->tensor[ND_C11], s->e, s->gram);
    contract(s, m * m, s->c2, s->e, s->second);
    contract(s, m * m, s->third, s->e, s->cross);
    contract_turn(s);
    for (int64_t i = 0; i < m; i++) {
        s->f[i] += s->k->dot(m, s->second + i * m, s->e) - s->k->dot(m, s->kernel + i * m, s->e) -
                   s->k->dot(m, s->cross + i * m, s->e);
    }
    for (int64_t i = 0; i < m; i++) {
        for (int64_t j = 0; j < m; j++) {
            const int64_t ij = i * m + j, ji = j * m + i;
            s->kernel[ij] += 3 * (s->cross[ij] + s->cross[ji]) - 2 * (s->second[ij] + s->second[ji]) + s->turn[ij];
        }
    }
    for (int64_t i = 0; i < m; i++) {
        for (int64_t j = 0; j < m; j++) {
            for (int64_t k = 0; k < m; k++) {
                /* gram[a][b][c] = G_{ab;cl} e_l; G_{jl;ik} e_l = G_{ik;jl} e_l */
                const double g = s->gram[(i * m + k) * m + j] + s->gram[(i * m + j) * m + k];
                s->c2[(i * m + j) * m + k] -= 3 * s->third[(i * m + j) * m + k] + 0.5 * g;
            }
        }
    }
}

static int is_valid(state *s)
{
    const double far = distance(s, s->f, s->h->y, 1);
    s->reach = fmax(s->reach, distance(s, s->line, s->h->y, 1));
    return s->k->all_finite(s->m, s->f) && isfinite(far) && far <= s->h->growth * s->reach;
}

static void write_row(int64_t m, int64_t row, const double *f, double *to)
{
    for (int64_t i = 0; to != NULL && i < m; i++) {
        to[row * m + i] = f != NULL ? f[i] : (double)NAN;
    }
}

static int unstable(state *s, void *handle, double *largest)
{
    /* of W^1/2 C01 W^1/2, with the eigenvalues of the linear model; s->second and s->turn are free until the steps */
    const int64_t m = s->m;
    double *matrix = s->cross;
    for (int64_t i = 0; i < m; i++) {
        for (int64_t j = 0; j < m; j++) {
            matrix[i * m + j] = s->h->c->tensor[ND_C01][i * m + j] * sqrt(s->h->weights[i] * s->h->weights[j]);
        }
    }
    ND_TRY(nd_symmetric_eigen(handle, m, matrix, 0, s->e));
    *largest = s->e[m - 1];
    return NNDYN_OK;
}

static int run(state *s, nd_task *task, double *outputs, double *linear, double *deviation, int64_t *valid)
{
    const nd_hierarchy *h = s->h;
    int holds = 1;
    *valid = 0;
    for (int64_t row = 0; row <= h->steps; row++) {
        if (row > 0) {
            step_linear(s);
            if (holds) {
                step(s);
            }
        }
        holds = holds && is_valid(s);
        *valid = holds ? row : *valid;
        write_row(s->m, row, holds ? s->f : NULL, outputs);
        write_row(s->m, row, s->line, linear);
        if (deviation != NULL) {
            deviation[row] = holds ? distance(s, s->f, s->line, 0) : (double)NAN;
        }
        ND_TRY(nd_task_report(task, (double)(row + 1) / (double)(h->steps + 1)));
    }
    return NNDYN_OK;
}

int nd_correlation_predict(const nd_hierarchy *h, void *handle, nd_task *task, double *outputs, double *linear,
                           double *deviation, int64_t *valid, int *flags)
{
    const int64_t m = h->c->outputs;
    double largest = 0;
    state s = {.h = h, .m = m, .k = nd_kernels_choose_f64(nd_context_kernels(nd_handle_context(handle)))};
    carve(&s);
    ND_TRY(nd_arena_reserve(&s.arena, handle));
    carve(&s);
    memcpy(s.f, h->c->tensor[ND_C00], (size_t)m * sizeof *s.f);
    memcpy(s.line, s.f, (size_t)m * sizeof *s.f);
    memcpy(s.kernel, h->c->tensor[ND_C01], (size_t)(m * m) * sizeof *s.kernel);
    memcpy(s.c2, h->c->tensor[ND_C02], (size_t)(m * m * m) * sizeof *s.c2);
    int status = unstable(&s, handle, &largest);
    if (status == NNDYN_OK) {
        status = run(&s, task, outputs, linear, deviation, valid);
    }
    if (status == NNDYN_OK) {
        *flags = h->c->flags | (largest >= 2 ? NNDYN_CORRELATION_UNSTABLE : 0) |
                 (*valid < h->steps ? NNDYN_CORRELATION_DIVERGED : 0);
    }
    nd_arena_free(&s.arena);
    return status;
}

/* ---- public ------------------------------------------------------------------------------------------------------ */

static int check(nndyn_correlations *c, const double *y, const double *weights, int64_t steps)
{
    ND_TRY(nd_correlations_need(c, NNDYN_CORRELATION_C02 | NNDYN_CORRELATION_C03 | NNDYN_CORRELATION_C11));
    ND_TRY(nd_correlation_array(c, 1, c->outputs, y, "y"));
    ND_TRY(nd_correlation_array(c, 1, c->outputs, weights, "weights"));
    for (int64_t i = 0; i < c->outputs; i++) {
        ND_TRY(nd_check_real(c, weights[i], 0, 1e150, "weights"));
    }
    return nd_check_size(c, steps, 1, ND_BOUND_MOST, "steps");
}

static int predict(nndyn_correlations *c, const double *y, const double *weights, int64_t steps,
                   const nndyn_options *options, double *outputs, double *linear, int64_t *valid, int *flags)
{
    static const nd_option_spec specs[1] = {{"growth", ND_REAL, 1, 1e300, 10, NULL}};
    const int64_t m = c->outputs;
    nd_option_value growth;
    nd_task task;
    int found;
    int64_t last;
    double *aside;
    ND_TRY(check(c, y, weights, steps));
    ND_TRY(nd_options_read(c, options, specs, 1, &growth));
    const int64_t count = nd_product(steps + 1, m);
    ND_TRY(nd_check_memory(c, 8 * (3 * pow((double)m, 3) + 4 * (double)m * (double)m + 2 * (double)count),
                           "the tensors in motion and the outputs of all steps"));
    nd_task_begin(&task, c, "predicted training");
    ND_TRY(nd_allocate_for(c, 2 * count, sizeof *aside, &aside));
    const nd_hierarchy h = {c, y, weights, steps, growth.real};
    const int status = nd_correlation_predict(&h, c, &task, aside, aside + count, NULL, &last, &found);
    if (status == NNDYN_OK) {
        if (outputs != NULL) {
            memcpy(outputs, aside, (size_t)count * sizeof *outputs);
        }
        if (linear != NULL) {
            memcpy(linear, aside + count, (size_t)count * sizeof *linear);
        }
        if (valid != NULL) {
            *valid = last;
        }
        if (flags != NULL) {
            *flags = found;
        }
    }
    nd_release(c->handle.context, aside);
    return status;
}

int nndyn_correlations_predict(nndyn_correlations *correlations, const double *y, const double *weights, int64_t steps,
                               const nndyn_options *options, double *outputs, double *linear, int64_t *valid,
                               int *flags)
{
    ND_TRY(nd_enter(correlations, ND_CORRELATIONS, "nndyn_correlations_predict"));
    return nd_leave(correlations, predict(correlations, y, weights, steps, options, outputs, linear, valid, flags));
}
