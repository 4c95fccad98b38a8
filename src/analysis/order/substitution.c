/* substitution.c - the linear substitution of a network and the truncation test.  SPDX-License-Identifier: MIT */
#include "analysis/order/order.h"
#include <limits.h>
#include <math.h>
#include <string.h>

/* ---- truncation -------------------------------------------------------------------------------------------------- */

typedef struct truncation {
    const nd_frozen *frozen;
    const nd_substitution *substitution;
    const int64_t *labels; /* may be NULL */
    double *z;
    int64_t *hits, *agreements, *network_hits;
} truncation;

static int64_t largest(int64_t n, const double *z)
{
    int64_t best = 0;
    for (int64_t j = 1; j < n; j++) {
        best = z[j] > z[best] ? j : best;
    }
    return best;
}

static int count_block(void *user, int64_t first, int64_t count, const nd_workspace_f64 *workspace)
{
    const truncation *t = user;
    const int64_t classes = t->substitution->classes;
    const double *outputs = workspace->sites[t->frozen->network->layer_count - 1].out;
    for (int64_t l = 0; l < t->substitution->count; l++) {
        const nd_cut *cut = &t->substitution->cuts[l];
        ND_TRY(nd_cut_logits(t->frozen, cut, count, nd_cut_output(cut, workspace), t->z));
        if (!t->frozen->network->k64->all_finite(count * classes, t->z)) {
            return nd_fail(t->frozen->handle, NNDYN_ENUMERIC, "a logit of the linear map above cut %lld is not finite",
                           (long long)l);
        }
        for (int64_t i = 0; i < count; i++) {
            const int64_t said = largest(classes, t->z + i * classes);
            t->hits[l] += t->labels != NULL && said == t->labels[first + i];
            t->agreements[l] += said == largest(classes, outputs + i * classes);
        }
    }
    for (int64_t i = 0; i < count && t->labels != NULL; i++) {
        *t->network_hits += largest(classes, outputs + i * classes) == t->labels[first + i];
    }
    return NNDYN_OK;
}

int nd_truncate(nd_frozen *frozen, const nd_substitution *substitution, const nndyn_dataset *dataset, int64_t *hits,
                int64_t *agreements, int64_t *network_hits)
{
    truncation t = {frozen, substitution, dataset->labels, NULL, hits, agreements, network_hits};
    ND_TRY(nd_allocate_for(frozen->handle, nd_product(frozen->rows, substitution->classes), sizeof *t.z, &t.z));
    memset(hits, 0, (size_t)substitution->count * sizeof *hits);
    memset(agreements, 0, (size_t)substitution->count * sizeof *agreements);
    *network_hits = 0;
    const int status = nd_frozen_walk(frozen, dataset, "linear substitution", count_block, &t);
    nd_release(frozen->arena.context, t.z);
    return status;
}

/* ---- the public result ------------------------------------------------------------------------------------------- */

struct nndyn_substitution {
    nd_handle handle;
    nd_substitution maps;
    int64_t samples; /* 0: made without data */
    int labeled;
    double tolerance;
    int64_t *hits, *agreements, network_hits;
    nd_arena arena;
};

static void destroy(void *self)
{
    nndyn_substitution *s = self;
    nd_substitution_close(&s->maps);
    nd_arena_free(&s->arena);
}

static int measure(nndyn_substitution *s, nd_frozen *frozen, const nndyn_dataset *dataset)
{
    for (int round = 0; round < 2; round++) {
        s->hits = nd_arena_take(&s->arena, s->maps.count, sizeof *s->hits);
        s->agreements = nd_arena_take(&s->arena, s->maps.count, sizeof *s->agreements);
        if (round == 0) {
            ND_TRY(nd_arena_reserve(&s->arena, frozen->handle));
        }
    }
    s->samples = dataset->samples;
    s->labeled = dataset->labels != NULL;
    return nd_truncate(frozen, &s->maps, dataset, s->hits, s->agreements, &s->network_hits);
}

static int fill(nndyn_substitution *s, nndyn_network *network, const nndyn_dataset *dataset, int recalibrated)
{
    nd_frozen frozen;
    ND_TRY(nd_frozen_open(network, network, dataset, &frozen));
    int status = recalibrated ? nd_frozen_recalibrate(&frozen, dataset) : NNDYN_OK;
    if (status == NNDYN_OK) {
        status = nd_substitution_open(&frozen, &s->maps);
    }
    if (status == NNDYN_OK && dataset != NULL) {
        status = measure(s, &frozen, dataset);
    }
    nd_frozen_close(&frozen);
    return status;
}

static int check(nndyn_network *network, const nndyn_dataset *dataset, int recalibrated)
{
    ND_TRY(nd_network_ready(network, network, 0));
    if (nd_network_outputs(network) < 2) {
        return nd_fail(network, NNDYN_EARG, "the network has 1 output, must have at least 2: one a class");
    }
    if (dataset == NULL && recalibrated) {
        return nd_fail(network, NNDYN_EARG,
                       "dataset is NULL, but \"statistics\" is \"recalibrated\": give the data to take them from");
    }
    return dataset != NULL ? nd_check_order_data(network, network, dataset, dataset->labels != NULL) : NNDYN_OK;
}

enum { STATISTICS, TOLERANCE, OPTIONS };
static const nd_option_spec specs[OPTIONS] = {
    [STATISTICS] = ND_STATISTICS_SPEC,
    [TOLERANCE] = {"tolerance", ND_REAL, 0, 1, 0.005, NULL},
};

static int make(nndyn_network *network, const nndyn_dataset *dataset, const nd_option_value *given,
                nndyn_substitution **out)
{
    const int recalibrated = given[STATISTICS].integer == ND_STATISTICS_RECALIBRATED;
    nndyn_substitution *s = NULL;
    ND_TRY(check(network, dataset, recalibrated));
    int status = nd_handle_create(network->handle.context, ND_SUBSTITUTION, sizeof *s, destroy, &s);
    if (status != NNDYN_OK) {
        return nd_fail(network, status, "no memory for the result");
    }
    s->arena.context = s->maps.arena.context = network->handle.context;
    s->tolerance = given[TOLERANCE].real;
    status = fill(s, network, dataset, recalibrated);
    if (status != NNDYN_OK) {
        nd_handle_release(s);
        return status;
    }
    *out = s;
    return NNDYN_OK;
}

static int substitute(nndyn_network *network, nndyn_dataset *dataset, const nndyn_options *options,
                      nndyn_substitution **out)
{
    nd_option_value given[OPTIONS];
    ND_TRY(nd_options_read(network, options, specs, OPTIONS, given));
    ND_TRY(nd_check_pointer(network, out, "out"));
    if (dataset == NULL) {
        return make(network, NULL, given, out);
    }
    ND_TRY(nd_hold(network, dataset, ND_DATASET, "dataset"));
    const int status = make(network, dataset, given, out);
    nd_unhold(dataset);
    return status;
}

int nndyn_linear_substitution(nndyn_network *network, nndyn_dataset *dataset, const nndyn_options *options,
                              nndyn_substitution **out)
{
    ND_TRY(nd_enter(network, ND_NETWORK, __func__));
    return nd_leave(network, substitute(network, dataset, options, out));
}

void nndyn_substitution_free(nndyn_substitution *substitution)
{
    nd_handle_release(substitution);
}

/* ---- reading it -------------------------------------------------------------------------------------------------- */

int nndyn_substitution_shape(nndyn_substitution *s, int64_t *cuts, int64_t *classes, int64_t *samples)
{
    ND_TRY(nd_enter(s, ND_SUBSTITUTION, __func__));
    if (cuts != NULL) {
        *cuts = s->maps.count;
    }
    if (classes != NULL) {
        *classes = s->maps.classes;
    }
    if (samples != NULL) {
        *samples = s->samples;
    }
    return nd_leave(s, NNDYN_OK);
}

static int read_cut(nndyn_substitution *s, int64_t cut, int64_t *layer, int64_t *width)
{
    ND_TRY(nd_check_size(s, cut, 0, s->maps.count - 1, "cut"));
    if (layer != NULL) {
        *layer = s->maps.cuts[cut].layer;
    }
    if (width != NULL) {
        *width = s->maps.cuts[cut].width;
    }
    return NNDYN_OK;
}

int nndyn_substitution_cut(nndyn_substitution *s, int64_t cut, int64_t *layer, int64_t *width)
{
    ND_TRY(nd_enter(s, ND_SUBSTITUTION, __func__));
    return nd_leave(s, read_cut(s, cut, layer, width));
}

static int read_map(nndyn_substitution *s, int64_t cut, int64_t count, double *matrix, double *offset,
                    int64_t *exponent)
{
    ND_TRY(nd_check_size(s, cut, 0, s->maps.count - 1, "cut"));
    const nd_cut *c = &s->maps.cuts[cut];
    const int64_t size = s->maps.classes * c->width;
    if (matrix != NULL) {
        ND_TRY(nd_check_size(s, count, size, size, "count"));
        memcpy(matrix, c->map, (size_t)size * sizeof *matrix);
    }
    for (int64_t k = 0; offset != NULL && k < s->maps.classes; k++) {
        offset[k] = ldexp(c->offset[k], c->exponent > INT_MAX ? INT_MAX : c->exponent > 0 ? (int)c->exponent : 0);
    }
    if (exponent != NULL) {
        *exponent = c->exponent;
    }
    return NNDYN_OK;
}

int nndyn_substitution_map(nndyn_substitution *s, int64_t cut, int64_t count, double *matrix, double *offset,
                           int64_t *exponent)
{
    ND_TRY(nd_enter(s, ND_SUBSTITUTION, __func__));
    return nd_leave(s, read_map(s, cut, count, matrix, offset, exponent));
}

static int check_measured(nndyn_substitution *s)
{
    return s->samples > 0 ? NNDYN_OK
                          : nd_fail(s, NNDYN_ESTATE,
                                    "the substitution was computed without data; give a data set to "
                                    "nndyn_linear_substitution");
}

static int read_accuracy(nndyn_substitution *s, int64_t count, double *accuracy, double *agreement,
                         double *network_accuracy)
{
    const double n = (double)s->samples;
    ND_TRY(check_measured(s));
    ND_TRY(nd_check_size(s, count, s->maps.count, s->maps.count, "count"));
    for (int64_t l = 0; l < count; l++) {
        if (accuracy != NULL) {
            accuracy[l] = s->labeled ? (double)s->hits[l] / n : (double)NAN;
        }
        if (agreement != NULL) {
            agreement[l] = (double)s->agreements[l] / n;
        }
    }
    if (network_accuracy != NULL) {
        *network_accuracy = s->labeled ? (double)s->network_hits / n : (double)NAN;
    }
    return NNDYN_OK;
}

int nndyn_substitution_accuracy(nndyn_substitution *s, int64_t count, double *accuracy, double *agreement,
                                double *network_accuracy)
{
    ND_TRY(nd_enter(s, ND_SUBSTITUTION, __func__));
    return nd_leave(s, read_accuracy(s, count, accuracy, agreement, network_accuracy));
}

static int read_prunable(nndyn_substitution *s, int64_t *cut)
{
    const double n = (double)s->samples;
    ND_TRY(nd_check_pointer(s, cut, "cut"));
    ND_TRY(check_measured(s));
    int64_t l = s->maps.count;
    for (; l > 0; l--) {
        const int64_t away =
            s->labeled ? s->hits[l - 1] - s->network_hits : s->agreements[l - 1] - s->samples; /* counts: exact */
        if (fabs((double)away) > s->tolerance * n) {
            break;
        }
    }
    *cut = l;
    return NNDYN_OK;
}

int nndyn_substitution_prunable(nndyn_substitution *s, int64_t *cut)
{
    ND_TRY(nd_enter(s, ND_SUBSTITUTION, __func__));
    return nd_leave(s, read_prunable(s, cut));
}
