/* loss_tangent.c - the second derivatives of the loss at work: M = d2h/da da, E = d2h/da dt, for the forms they are
 * kept in.
 *
 *     diagonal   M = diag m, E = diag c
 *     softmax    M = sigma (diag s - s s'), E = s 1' - I, with sigma = sum t;
 *                in the residual convention sigma = 1, E = -I
 *     dense      M = m, E = c, row a, column t
 *
 * SPDX-License-Identifier: MIT */
#include "derivatives/tangent.h"
#include "kernels/dot.h"
#include <string.h>

/* out += (M, E or E') v for one row of k outputs of sample s */
typedef void product(const nd_pass *pass, int64_t s, int64_t k, const double *v, double *out);

static void diagonal(int64_t k, const double *d, const double *v, double *out)
{
    for (int64_t i = 0; i < k; i++) {
        out[i] += d[i] * v[i];
    }
}

static void diagonal_m(const nd_pass *pass, int64_t s, int64_t k, const double *v, double *out)
{
    diagonal(k, pass->m + s * k, v, out);
}

static void diagonal_e(const nd_pass *pass, int64_t s, int64_t k, const double *v, double *out)
{
    diagonal(k, pass->c + s * k, v, out);
}

static void softmax_m(const nd_pass *pass, int64_t s, int64_t k, const double *v, double *out)
{
    const double *p = pass->m + s * k;
    double sigma = pass->network->loss.residual_convention ? 1 : pass->c[s], mean = nd_dot(k, p, v);
    for (int64_t i = 0; i < k; i++) {
        out[i] += sigma * p[i] * (v[i] - mean);
    }
}

static void softmax_e(const nd_pass *pass, int64_t s, int64_t k, const double *v, double *out)
{
    const double *p = pass->m + s * k;
    double sum = 0;
    for (int64_t i = 0; i < k && !pass->network->loss.residual_convention; i++) {
        sum += v[i];
    }
    for (int64_t i = 0; i < k; i++) {
        out[i] += p[i] * sum - v[i];
    }
}

static void softmax_et(const nd_pass *pass, int64_t s, int64_t k, const double *v, double *out)
{
    double mean = pass->network->loss.residual_convention ? 0 : nd_dot(k, pass->m + s * k, v);
    for (int64_t i = 0; i < k; i++) {
        out[i] += mean - v[i];
    }
}

static void dense_m(const nd_pass *pass, int64_t s, int64_t k, const double *v, double *out)
{
    for (int64_t i = 0; i < k; i++) {
        out[i] += nd_dot(k, pass->m + (s * k + i) * k, v);
    }
}

static void dense_e(const nd_pass *pass, int64_t s, int64_t k, const double *v, double *out)
{
    for (int64_t i = 0; i < k; i++) {
        out[i] += nd_dot(k, pass->c + (s * k + i) * k, v);
    }
}

static void dense_et(const nd_pass *pass, int64_t s, int64_t k, const double *v, double *out)
{
    for (int64_t i = 0; i < k; i++) {
        const double *row = pass->c + (s * k + i) * k;
        for (int64_t j = 0; j < k; j++) {
            out[j] += row[j] * v[i];
        }
    }
}

static const struct form {
    product *m, *e, *et;
} forms[] = {
    [ND_LOSS_DIAGONAL] = {diagonal_m, diagonal_e, diagonal_e},
    [ND_LOSS_SOFTMAX] = {softmax_m, softmax_e, softmax_et},
    [ND_LOSS_DENSE] = {dense_m, dense_e, dense_et},
};

/* out += product of every row of v */
static void apply(const nd_pass *pass, product *times, int64_t rep, const double *v, double *out)
{
    int64_t k = nd_network_outputs(pass->network);
    for (int64_t r = 0; r < pass->n * rep; r++) {
        times(pass, r / rep, k, v + r * k, out + r * k);
    }
}

static int check(const nd_pass *pass, void *handle)
{
    return pass->m ? NNDYN_OK : nd_fail(handle, NNDYN_EINTERNAL, "the pass holds no second derivatives of the loss");
}

int nd_tangent_loss(const nd_pass *pass, void *handle, const double *tdot, nd_tangent *tangent)
{
    int64_t last = pass->network->layer_count;
    double *out = tangent->back[last];
    ND_TRY(check(pass, handle));
    memset(out, 0, (size_t)(pass->n * tangent->rep * nd_network_outputs(pass->network)) * sizeof *out);
    const struct form *form = &forms[nd_loss_form(&pass->network->loss)];
    if (tangent->value[last]) {
        apply(pass, form->m, tangent->rep, tangent->value[last], out);
    }
    if (tdot) {
        apply(pass, form->e, tangent->rep, tdot, out);
    }
    return NNDYN_OK;
}

int nd_tangent_targets(const nd_pass *pass, void *handle, const nd_tangent *tangent, double *out)
{
    int64_t last = pass->network->layer_count;
    ND_TRY(check(pass, handle));
    memset(out, 0, (size_t)(pass->n * tangent->rep * nd_network_outputs(pass->network)) * sizeof *out);
    if (tangent->value[last]) {
        apply(pass, forms[nd_loss_form(&pass->network->loss)].et, tangent->rep, tangent->value[last], out);
    }
    return NNDYN_OK;
}
