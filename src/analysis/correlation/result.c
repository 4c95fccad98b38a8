/* result.c - tensors of correlations as a result: made from given ones, rescaled, handed out.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/correlation/correlation.h"
#include <math.h>
#include <string.h>

const nd_correlation_kind nd_correlation_kinds[ND_CORRELATION_TENSORS] = {
    [ND_C00] = {"C00", 0, 0, 1, 1}, [ND_C01] = {"C01", 0, 1, 2, 1}, [ND_C02] = {"C02", 0, 2, 3, 1},
    [ND_C03] = {"C03", 0, 3, 4, 1}, [ND_C11] = {"C11", 1, 1, 4, 2},
};

/* ---- making ------------------------------------------------------------------------------------------------------ */

static void destroy(void *object)
{
    nndyn_correlations *c = object;
    for (int place = 0; place < ND_CORRELATION_TENSORS; place++) {
        nd_release(c->handle.context, c->tensor[place]);
    }
}

int64_t nd_correlation_count(int64_t outputs, int place)
{
    int64_t count = 1;
    for (int i = 0; i < nd_correlation_kinds[place].indices && count >= 0; i++) {
        count = nd_product(count, outputs);
    }
    return count;
}

double nd_correlation_bytes(int64_t outputs, int parts)
{
    double bytes = 0;
    for (int place = 0; place < ND_CORRELATION_TENSORS; place++) {
        bytes += parts >> place & 1 ? 8 * pow((double)outputs, nd_correlation_kinds[place].indices) : 0;
    }
    return bytes;
}

int nd_correlations_allocate(void *handle, int64_t outputs, double eta, int parts, nndyn_correlations **out)
{
    nndyn_correlations *c;
    ND_TRY(nd_handle_create(nd_handle_context(handle), ND_CORRELATIONS, sizeof *c, destroy, &c));
    c->outputs = outputs;
    c->eta = eta;
    c->parts = parts;
    for (int place = 0; place < ND_CORRELATION_TENSORS; place++) {
        const int64_t count = nd_correlation_count(outputs, place);
        const int wanted = parts >> place & 1;
        const int status = wanted ? nd_allocate_for(handle, count, sizeof(double), &c->tensor[place]) : NNDYN_OK;
        if (status != NNDYN_OK) {
            nd_handle_release(c);
            return status;
        }
    }
    *out = c;
    return NNDYN_OK;
}

void nndyn_correlations_free(nndyn_correlations *correlations)
{
    nd_handle_release(correlations);
}

/* ---- from given tensors ------------------------------------------------------------------------------------------ */

typedef struct exchange {
    int64_t stride[2], length; /* of the two indices that change places */
} exchange;

/* Largest |a - a with two indices exchanged|; the array has `count` numbers. */
static double asymmetry(int64_t count, const double *a, const exchange *x)
{
    double worst = 0;
    for (int64_t i = 0; i < count; i++) {
        const int64_t p = i / x->stride[0] % x->length, q = i / x->stride[1] % x->length;
        const int64_t j = i + (q - p) * (x->stride[0] - x->stride[1]);
        worst = fmax(worst, fabs(a[i] - a[j]));
    }
    return worst;
}

/* Exchanges of neighbors generate all: (i, j) of C01, (j, k) and (k, l) of the last slots, rows and columns of C11. */
static int check_symmetry(void *handle, int64_t m, int place, const double *a)
{
    const int64_t count = nd_correlation_count(m, place);
    const exchange tried[ND_CORRELATION_TENSORS][2] = {
        [ND_C01] = {{{m, 1}, m}},
        [ND_C02] = {{{m, 1}, m}},
        [ND_C03] = {{{m, 1}, m}, {{m * m, m}, m}},
        [ND_C11] = {{{m * m, 1}, m * m}},
    };
    double largest = 0;
    for (int64_t i = 0; i < count; i++) {
        largest = fmax(largest, fabs(a[i]));
    }
    for (int t = 0; t < 2 && tried[place][t].length > 0; t++) {
        const double defect = asymmetry(count, a, &tried[place][t]);
        if (defect > 1e-8 * largest) {
            return nd_fail(
                handle, NNDYN_EARG,
                "%s changes by %g when two of its indices are exchanged, its largest entry being %g; it must "
                "be symmetric as NNDYN_CORRELATION_%s says",
                nd_correlation_kinds[place].name, defect, largest, nd_correlation_kinds[place].name);
        }
    }
    return NNDYN_OK;
}

static const char *const arguments[ND_CORRELATION_TENSORS] = {"c00", "c01", "c02", "c03", "c11"};

static int check_given(nndyn_context *context, int64_t m, const double *const given[ND_CORRELATION_TENSORS])
{
    for (int place = 0; place < ND_CORRELATION_TENSORS; place++) {
        if (given[place] != NULL) {
            const int64_t count = nd_correlation_count(m, place);
            ND_TRY(nd_correlation_array(context, count / m, m, given[place], arguments[place]));
            ND_TRY(check_symmetry(context, m, place, given[place]));
        }
    }
    return NNDYN_OK;
}

enum { MOST = 4096 }; /* M^4 fits an int64_t and the memory of no machine */

static int from_given(nndyn_context *context, int64_t m, double eta, const double *const given[ND_CORRELATION_TENSORS],
                      nndyn_correlations **out)
{
    int parts = 0;
    ND_TRY(nd_check_size(context, m, 1, MOST, "outputs"));
    ND_TRY(nd_check_real(context, eta, 1e-300, 1e300, "eta"));
    ND_TRY(nd_check_pointer(context, given[ND_C00], "c00"));
    ND_TRY(nd_check_pointer(context, given[ND_C01], "c01"));
    ND_TRY(nd_check_pointer(context, out, "out"));
    ND_TRY(check_given(context, m, given));
    for (int place = 0; place < ND_CORRELATION_TENSORS; place++) {
        parts |= given[place] != NULL ? 1 << place : 0;
    }
    ND_TRY(nd_check_memory(context, nd_correlation_bytes(m, parts), "the tensors"));
    nndyn_correlations *c;
    ND_TRY(nd_correlations_allocate(context, m, eta, parts, &c));
    for (int place = 0; place < ND_CORRELATION_TENSORS; place++) {
        if (given[place] != NULL) {
            memcpy(c->tensor[place], given[place], (size_t)nd_correlation_count(m, place) * sizeof(double));
        }
    }
    *out = c;
    return NNDYN_OK;
}

int nndyn_correlations_create_from(nndyn_context *context, int64_t outputs, double eta, const double *c00,
                                   const double *c01, const double *c02, const double *c03, const double *c11,
                                   nndyn_correlations **out)
{
    const double *const given[ND_CORRELATION_TENSORS] = {c00, c01, c02, c03, c11};
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_correlations_create_from"));
    return nd_leave(context, from_given(context, outputs, eta, given, out));
}

/* ---- scalings ---------------------------------------------------------------------------------------------------- */

double nd_correlation_factor(int uncontracted, int contracted, double alpha, double rate)
{
    return pow(alpha, contracted + 1) * pow(rate, 0.5 * uncontracted + contracted);
}

static int check_scales(void *handle, double alpha, double rate)
{
    ND_TRY(nd_check_real(handle, alpha, 1e-300, 1e300, "alpha"));
    return nd_check_real(handle, rate, 1e-300, 1e300, "rate");
}

static int fail_range(void *handle)
{
    return nd_fail(handle, NNDYN_ENUMERIC,
                   "the factor is beyond the range of double; choose alpha and rate nearer to 1");
}

static int factor_of(nndyn_context *context, int uncontracted, int contracted, double alpha, double rate,
                     double *factor)
{
    ND_TRY(nd_check_size(context, uncontracted, 0, 64, "uncontracted"));
    ND_TRY(nd_check_size(context, contracted, 0, 64, "contracted"));
    ND_TRY(check_scales(context, alpha, rate));
    ND_TRY(nd_check_pointer(context, factor, "factor"));
    const double value = nd_correlation_factor(uncontracted, contracted, alpha, rate);
    if (!isnormal(value)) {
        return fail_range(context);
    }
    *factor = value;
    return NNDYN_OK;
}

int nndyn_correlation_factor(nndyn_context *context, int uncontracted, int contracted, double alpha, double rate,
                             double *factor)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_correlation_factor"));
    return nd_leave(context, factor_of(context, uncontracted, contracted, alpha, rate, factor));
}

static int fill_rescaled(const nndyn_correlations *from, double alpha, double rate, nndyn_correlations *to)
{
    for (int place = 0; place < ND_CORRELATION_TENSORS; place++) {
        const nd_correlation_kind *kind = &nd_correlation_kinds[place];
        const double once = nd_correlation_factor(kind->uncontracted, kind->contracted, alpha, rate);
        const double factor = kind->power == 2 ? once * once : once;
        const int64_t count = from->tensor[place] ? nd_correlation_count(from->outputs, place) : 0;
        for (int64_t i = 0; i < count; i++) {
            to->tensor[place][i] = factor * from->tensor[place][i];
            if (!isfinite(to->tensor[place][i])) {
                return 0;
            }
        }
    }
    return 1;
}

static int rescale(nndyn_correlations *c, double alpha, double rate, nndyn_correlations **out)
{
    nndyn_correlations *made;
    ND_TRY(check_scales(c, alpha, rate));
    ND_TRY(nd_check_pointer(c, out, "out"));
    ND_TRY(nd_check_memory(c, nd_correlation_bytes(c->outputs, c->parts), "the tensors"));
    ND_TRY(nd_correlations_allocate(c, c->outputs, c->eta * rate, c->parts, &made));
    made->flags = c->flags;
    if (!isnormal(made->eta) || !fill_rescaled(c, alpha, rate, made)) {
        nd_handle_release(made);
        return fail_range(c);
    }
    *out = made;
    return NNDYN_OK;
}

int nndyn_correlations_rescale(nndyn_correlations *correlations, double alpha, double rate, nndyn_correlations **out)
{
    ND_TRY(nd_enter(correlations, ND_CORRELATIONS, "nndyn_correlations_rescale"));
    return nd_leave(correlations, rescale(correlations, alpha, rate, out));
}

/* ---- handing out ------------------------------------------------------------------------------------------------- */

int nndyn_correlations_info(nndyn_correlations *correlations, int64_t *outputs, double *eta, int *parts, int *flags)
{
    ND_TRY(nd_enter(correlations, ND_CORRELATIONS, "nndyn_correlations_info"));
    if (outputs != NULL) {
        *outputs = correlations->outputs;
    }
    if (eta != NULL) {
        *eta = correlations->eta;
    }
    if (parts != NULL) {
        *parts = correlations->parts;
    }
    if (flags != NULL) {
        *flags = correlations->flags;
    }
    return nd_leave(correlations, NNDYN_OK);
}

int nd_correlations_need(nndyn_correlations *c, int parts)
{
    for (int place = 0; place < ND_CORRELATION_TENSORS; place++) {
        if ((parts & ~c->parts) >> place & 1) {
            return nd_fail(c, NNDYN_ESTATE, "%s is needed and was not computed: add NNDYN_CORRELATION_%s to parts",
                           nd_correlation_kinds[place].name, nd_correlation_kinds[place].name);
        }
    }
    return NNDYN_OK;
}

int nd_correlation_place(void *handle, int which, int *place)
{
    for (*place = 0; *place < ND_CORRELATION_TENSORS; ++*place) {
        if (which == 1 << *place) {
            return NNDYN_OK;
        }
    }
    return nd_fail(handle, NNDYN_EARG, "which is %d; it must be one of NNDYN_CORRELATION_C00, C01, C02, C03, C11",
                   which);
}

static int get(nndyn_correlations *c, int which, int64_t count, double *values)
{
    int place;
    ND_TRY(nd_correlation_place(c, which, &place));
    ND_TRY(nd_correlations_need(c, which));
    const int64_t must = nd_correlation_count(c->outputs, place);
    ND_TRY(nd_check_size(c, count, must, must, "count"));
    ND_TRY(nd_check_pointer(c, values, "values"));
    memcpy(values, c->tensor[place], (size_t)count * sizeof *values);
    return NNDYN_OK;
}

int nndyn_correlations_get(nndyn_correlations *correlations, int which, int64_t count, double *values)
{
    ND_TRY(nd_enter(correlations, ND_CORRELATIONS, "nndyn_correlations_get"));
    return nd_leave(correlations, get(correlations, which, count, values));
}
