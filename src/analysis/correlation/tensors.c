/* tensors.c - the exact tensors of a small batch, by Taylor jets along single gradients and their sums.
 *
 * With J_k(i; V) = grad^(k+1) f_i [V^k] / k! and g_j = J'(unit vector j), never formed:
 *
 *     C02_ijk      = eta^2/2 <J_1(i; g_k), g_j>
 *     C11_{ik;mp}  = eta^3 <J_1(i; g_k), J_1(m; g_p)>
 *     C03_ijkl     = eta^3/6 <J_2(i; g_j + g_k) - J_2(i; g_j) - J_2(i; g_k), g_l>       2 J_2(i; g_j) where j = k
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/correlation/correlation.h"
#include "derivatives/jets.h"
#include "kernels/kernels.h"
#include <math.h>
#include <string.h>

typedef struct assembly {
    nndyn_network *network;
    nndyn_correlations *c;
    nd_task *task;
    double alpha, done, total; /* sweeps, for progress */
    int64_t m;
    nd_pass *pass;
    nd_jets *base;
    nd_direction *direction;
    int64_t block, kept;       /* sweeps of order 1 held at a time, in each of two sets; kept: allocated so far */
    nd_jets **sweeps;          /* 2 x block */
    double *weights, *product; /* M, M x M */
    double *single;            /* C03: <J_2(i; g_j), g_l> as [j][i][l] */
} assembly;

/* ---- sweeps ------------------------------------------------------------------------------------------------------ */

/* Along g_j + g_k, or g_j alone where k < 0. */
static int sweep(assembly *a, nd_jets *jets, int64_t j, int64_t k)
{
    memset(a->weights, 0, (size_t)a->m * sizeof *a->weights);
    a->weights[j] = 1;
    if (k >= 0) {
        a->weights[k] += 1;
    }
    ND_TRY(nd_direction_set(a->direction, a->network, a->weights));
    ND_TRY(nd_jets_forward(jets, a->network, a->direction));
    ND_TRY(nd_jets_backward(jets, a->network, a->direction, NULL));
    a->done += 1;
    return nd_task_report(a->task, fmin(a->done / a->total, 1));
}

static double definition(const assembly *a, int place)
{
    const nd_correlation_kind *kind = &nd_correlation_kinds[place];
    const double factorials = tgamma(kind->uncontracted + 1) * tgamma(kind->contracted + 1);
    const double once = nd_correlation_factor(kind->uncontracted, kind->contracted, a->alpha, a->c->eta) / factorials;
    return kind->power == 2 ? once * once : once;
}

/* ---- C00, C01 ---------------------------------------------------------------------------------------------------- */

static int fill_base(assembly *a)
{
    const double *f = nd_jets_output(a->base, 0), factor = definition(a, ND_C01);
    double *kernel = a->c->tensor[ND_C01];
    for (int64_t i = 0; i < a->m; i++) {
        a->c->tensor[ND_C00][i] = a->alpha * f[i];
    }
    ND_TRY(nd_jets_gram(a->base, 0, a->base, 0, a->network, kernel, a->m));
    for (int64_t i = 0; i < a->m * a->m; i++) {
        kernel[i] *= factor;
    }
    return NNDYN_OK;
}

/* ---- C02, C11 ---------------------------------------------------------------------------------------------------- */

static int run_block(assembly *a, int set, int64_t first)
{
    for (int64_t k = first; k < first + a->block && k < a->m; k++) {
        ND_TRY(sweep(a, a->sweeps[set * a->block + k - first], k, -1));
    }
    return NNDYN_OK;
}

static int fill_c02(assembly *a, int64_t first)
{
    const double factor = definition(a, ND_C02);
    double *c02 = a->c->tensor[ND_C02];
    for (int64_t k = first; c02 != NULL && k < first + a->block && k < a->m; k++) {
        ND_TRY(nd_jets_gram(a->sweeps[k - first], 1, a->base, 0, a->network, a->product, a->m));
        for (int64_t ij = 0; ij < a->m * a->m; ij++) {
            c02[ij * a->m + k] = factor * a->product[ij];
        }
    }
    return NNDYN_OK;
}

/* [i][k][j][p] and its mirror image from the products of J_1(i; g_k) and J_1(j; g_p). */
static void place_c11(assembly *a, int64_t k, int64_t p)
{
    const int64_t m = a->m;
    const double factor = definition(a, ND_C11);
    double *c11 = a->c->tensor[ND_C11];
    for (int64_t i = 0; i < m; i++) {
        for (int64_t j = 0; j < m; j++) {
            const double value = factor * a->product[i * m + j];
            c11[((i * m + k) * m + j) * m + p] = value;
            c11[((j * m + p) * m + i) * m + k] = value;
        }
    }
}

/* Of the k from `first` on in set 0 with the p from `second` on, in set 1 unless they are the same. */
static int fill_c11(assembly *a, int64_t first, int64_t second)
{
    nd_jets **left = a->sweeps, **right = a->sweeps + (first == second ? 0 : a->block);
    for (int64_t k = first; k < first + a->block && k < a->m; k++) {
        for (int64_t p = first == second ? k : second; p < second + a->block && p < a->m; p++) {
            ND_TRY(nd_jets_gram(left[k - first], 1, right[p - second], 1, a->network, a->product, a->m));
            place_c11(a, k, p);
        }
        ND_TRY(nd_task_report(a->task, fmin(a->done / a->total, 1)));
    }
    return NNDYN_OK;
}

static int fill_order_one(assembly *a)
{
    for (int64_t first = 0; first < a->m; first += a->block) {
        ND_TRY(run_block(a, 0, first));
        ND_TRY(fill_c02(a, first));
        for (int64_t second = first; a->c->tensor[ND_C11] != NULL && second < a->m; second += a->block) {
            if (second != first) {
                ND_TRY(run_block(a, 1, second));
            }
            ND_TRY(fill_c11(a, first, second));
        }
    }
    if (a->c->tensor[ND_C02] != NULL) {
        nd_correlation_symmetrize(a->m, a->m, 2, a->c->tensor[ND_C02]);
    }
    return NNDYN_OK;
}

/* ---- C03 --------------------------------------------------------------------------------------------------------- */

static void place_c03(assembly *a, int64_t j, int64_t k, double factor)
{
    const int64_t m = a->m, square = m * m;
    double *c03 = a->c->tensor[ND_C03];
    for (int64_t i = 0; i < m; i++) {
        for (int64_t l = 0; l < m; l++) {
            const int64_t il = i * m + l;
            const double one = a->single[j * square + il], other = a->single[k * square + il];
            const double value = factor * (j == k ? 2 * one : a->product[il] - one - other);
            c03[((i * m + j) * m + k) * m + l] = value;
            c03[((i * m + k) * m + j) * m + l] = value;
        }
    }
}

static int fill_c03(assembly *a, nd_jets *jets)
{
    const int64_t m = a->m;
    const double factor = definition(a, ND_C03);
    for (int64_t j = 0; j < m; j++) {
        ND_TRY(sweep(a, jets, j, -1));
        ND_TRY(nd_jets_gram(jets, 2, a->base, 0, a->network, a->single + j * m * m, m));
        place_c03(a, j, j, factor);
    }
    for (int64_t j = 0; j < m; j++) {
        for (int64_t k = j + 1; k < m; k++) {
            ND_TRY(sweep(a, jets, j, k));
            ND_TRY(nd_jets_gram(jets, 2, a->base, 0, a->network, a->product, m));
            place_c03(a, j, k, factor);
        }
    }
    nd_correlation_symmetrize(m, m, 3, a->c->tensor[ND_C03]);
    return NNDYN_OK;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

/* How many sweeps of order 1 are held in a set: all where they fit, else half of what fits, twice. */
static int64_t block_size(nndyn_network *network, int64_t n, int64_t m)
{
    const double limit = (double)nd_context_memory_limit(network->handle.context),
                 one = nd_jets_bytes(network, n, 1, nd_network_outputs(network));
    const double room = (limit > 0 ? 0.5 * limit : 0x1p30) / one;
    return room >= (double)m ? m : room < 4 ? 1 : (int64_t)(room / 2);
}

static double bytes_of(nndyn_network *network, int64_t n, int64_t m, int parts)
{
    const int64_t rep = nd_network_outputs(network), block = block_size(network, n, m);
    const double sets = block < m ? 2 : 1, square = (double)m * (double)m;
    double bytes = nd_correlation_bytes(m, parts) + nd_pass_bytes(network, n, ND_PASS_VALUES, 0) +
                   nd_jets_bytes(network, n, 0, rep) + nd_direction_bytes(network, n) +
                   nd_jets_gram_bytes(network, n, rep, n, rep, 2) + 8 * square;
    bytes += parts & (NNDYN_CORRELATION_C02 | NNDYN_CORRELATION_C11)
                 ? sets * (double)block * nd_jets_bytes(network, n, 1, rep)
                 : 0;
    return bytes + (parts & NNDYN_CORRELATION_C03 ? nd_jets_bytes(network, n, 2, rep) + 8 * square * (double)m : 0);
}

static int open_base(assembly *a, int64_t n, const double *x)
{
    nd_option_value values[ND_PASS_OPTIONS];
    nndyn_network *network = a->network;
    ND_TRY(nd_options_read(network, NULL, nd_pass_options, ND_PASS_OPTIONS, values));
    ND_TRY(nd_pass_create(network, network, n, x, NULL, ND_PASS_VALUES, 0, values, &a->pass));
    ND_TRY(nd_jets_create(a->pass, network, 0, nd_network_outputs(network), &a->base));
    ND_TRY(nd_jets_forward(a->base, network, NULL));
    ND_TRY(nd_jets_backward(a->base, network, NULL, NULL));
    ND_TRY(nd_direction_create(a->base, network, &a->direction));
    ND_TRY(nd_allocate_for(network, a->m, sizeof(double), &a->weights));
    return nd_allocate_for(network, a->m * a->m, sizeof(double), &a->product);
}

static int open_sweeps(assembly *a)
{
    nndyn_network *network = a->network;
    const int64_t all = (a->block < a->m ? 2 : 1) * a->block;
    ND_TRY(nd_allocate_for(network, all, sizeof *a->sweeps, &a->sweeps));
    for (; a->kept < all; a->kept++) {
        ND_TRY(nd_jets_create(a->pass, network, 1, nd_network_outputs(network), &a->sweeps[a->kept]));
    }
    return NNDYN_OK;
}

static void close_sweeps(assembly *a)
{
    while (a->kept > 0) {
        nd_jets_free(a->sweeps[--a->kept]);
    }
    nd_release(a->network->handle.context, a->sweeps);
    a->sweeps = NULL;
}

static int assemble_third(assembly *a)
{
    nd_jets *jets = NULL;
    ND_TRY(nd_allocate_for(a->network, a->m * a->m * a->m, sizeof(double), &a->single));
    ND_TRY(nd_jets_create(a->pass, a->network, 2, nd_network_outputs(a->network), &jets));
    const int status = fill_c03(a, jets);
    nd_jets_free(jets);
    return status;
}

static int assemble(assembly *a, int64_t n, const double *x)
{
    ND_TRY(open_base(a, n, x));
    ND_TRY(fill_base(a));
    if (a->c->parts & (NNDYN_CORRELATION_C02 | NNDYN_CORRELATION_C11)) {
        int status = open_sweeps(a);
        if (status == NNDYN_OK) {
            status = fill_order_one(a);
        }
        close_sweeps(a);
        ND_TRY(status);
    }
    return a->c->parts & NNDYN_CORRELATION_C03 ? assemble_third(a) : NNDYN_OK;
}

static int check_finite(nndyn_network *network, const nndyn_correlations *c)
{
    for (int place = 0; place < ND_CORRELATION_TENSORS; place++) {
        if (c->tensor[place] != NULL &&
            !network->k64->all_finite(nd_correlation_count(c->outputs, place), c->tensor[place])) {
            return nd_fail(network, NNDYN_ENUMERIC,
                           "%s is not finite: parameters, data, eta or \"scale\" are too large, or a derivative of an "
                           "activation is infinite at this point",
                           nd_correlation_kinds[place].name);
        }
    }
    return NNDYN_OK;
}

int nd_correlation_tensors(nndyn_network *network, int64_t n, const double *x, double alpha, nd_task *task,
                           nndyn_correlations *c)
{
    const int64_t m = c->outputs, block = block_size(network, n, m), blocks = (m + block - 1) / block;
    assembly a = {.network = network, .c = c, .task = task, .alpha = alpha, .m = m, .block = block};
    a.total = 1 + (c->tensor[ND_C03] != NULL ? 0.5 * (double)m * (double)(m + 3) : 0) +
              (double)m * (c->tensor[ND_C11] != NULL ? 0.5 * (double)(blocks + 1) : 1);
    int status = assemble(&a, n, x);
    if (status == NNDYN_OK) {
        status = check_finite(network, c);
    }
    nd_release(network->handle.context, a.single);
    nd_release(network->handle.context, a.product);
    nd_release(network->handle.context, a.weights);
    nd_direction_free(a.direction);
    nd_jets_free(a.base);
    nd_pass_free(a.pass);
    return status;
}

/* ---- symmetry ---------------------------------------------------------------------------------------------------- */

static void symmetrize_pairs(int64_t m, double *a)
{
    for (int64_t j = 0; j < m; j++) {
        for (int64_t k = 0; k < j; k++) {
            a[j * m + k] = a[k * m + j] = 0.5 * (a[j * m + k] + a[k * m + j]);
        }
    }
}

static void symmetrize_triples(int64_t m, double *a)
{
    const int64_t s = m * m;
    for (int64_t j = 0; j < m; j++) {
        for (int64_t k = j; k < m; k++) {
            for (int64_t l = k; l < m; l++) {
                double *const six[6] = {&a[j * s + k * m + l], &a[j * s + l * m + k], &a[k * s + j * m + l],
                                        &a[k * s + l * m + j], &a[l * s + j * m + k], &a[l * s + k * m + j]};
                double sum = 0;
                for (int i = 0; i < 6; i++) {
                    sum += *six[i];
                }
                for (int i = 0; i < 6; i++) {
                    *six[i] = sum / 6;
                }
            }
        }
    }
}

void nd_correlation_symmetrize(int64_t leading, int64_t m, int slots, double *a)
{
    for (int64_t i = 0; i < leading; i++) {
        if (slots == 2) {
            symmetrize_pairs(m, a + i * m * m);
        } else {
            symmetrize_triples(m, a + i * m * m * m);
        }
    }
}

/* ---- public ------------------------------------------------------------------------------------------------------ */

enum { SCALE, MOST, CREATE_OPTIONS };
static const nd_option_spec create_specs[CREATE_OPTIONS] = {
    {"scale", ND_REAL, 1e-150, 1e150, 1, NULL},
    {"most", ND_INTEGER, 1, 4096, 64, NULL},
};

int nd_correlations_make(nndyn_network *network, int64_t n, const double *x, double eta, double alpha, int parts,
                         nd_task *task, nndyn_correlations **out)
{
    const int64_t m = n * nd_network_outputs(network);
    const int all = parts | NNDYN_CORRELATION_C00 | NNDYN_CORRELATION_C01;
    nndyn_correlations *c;
    ND_TRY(nd_check_memory(network, bytes_of(network, n, m, all),
                           "the tensors; take fewer samples, fewer parts, or nndyn_correlation_direction: they"));
    ND_TRY(nd_correlations_allocate(network, m, eta, all, &c));
    c->flags = nd_correlation_flags(network);
    const int status = nd_correlation_tensors(network, n, x, alpha, task, c);
    if (status != NNDYN_OK) {
        nd_handle_release(c);
        return status;
    }
    *out = c;
    return NNDYN_OK;
}

static int create(nndyn_network *network, int64_t n, const double *x, double eta, int parts,
                  const nndyn_options *options, nndyn_correlations **out)
{
    nd_option_value values[CREATE_OPTIONS];
    nd_task task;
    nd_task_begin(&task, network, "correlations");
    ND_TRY(nd_correlation_check(network, n, x, eta));
    ND_TRY(nd_check_size(network, parts, 0, (1 << ND_CORRELATION_TENSORS) - 1, "parts"));
    ND_TRY(nd_options_read(network, options, create_specs, CREATE_OPTIONS, values));
    ND_TRY(nd_check_pointer(network, out, "out"));
    const int64_t m = nd_product(n, nd_network_outputs(network));
    if (m < 0 || m > values[MOST].integer) {
        return nd_fail(network, NNDYN_ELIMIT,
                       "n x outputs is %lld and at most %lld (option \"most\") are taken, as the tensors grow with its "
                       "fourth power; take fewer samples, raise \"most\", or use nndyn_correlation_direction",
                       (long long)m, (long long)values[MOST].integer);
    }
    return nd_correlations_make(network, n, x, eta, values[SCALE].real, parts, &task, out);
}

int nndyn_correlations_create(nndyn_network *network, int64_t n, const double *x, double eta, int parts,
                              const nndyn_options *options, nndyn_correlations **out)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_correlations_create"));
    return nd_leave(network, create(network, n, x, eta, parts, options, out));
}
