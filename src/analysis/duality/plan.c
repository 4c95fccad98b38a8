/* plan.c - the options of a call, read once into lists of columns and slices of parameters. */
#include "analysis/duality/duality.h"
#include <float.h>
#include <string.h>

/* The Jacobian is taken by "auto" while it has at most this many entries: below, its SVD costs little and loses
 * nothing. */
enum { AUTO_ENTRIES = 1000000 };

static const nd_option_spec own_options[] = {
    {"gamma", ND_REAL, -DBL_MAX, DBL_MAX, 1.0, NULL},
    {"columns", ND_TEXT, 0, 0, 0, NULL},
    {"layers", ND_TEXT, 0, 0, 0, NULL},
    {"parameters", ND_TEXT, 0, 0, 0, "all|weights|biases"},
};

static const nd_option_spec method_options[] = {
    {"method", ND_TEXT, 0, 0, 0, "auto|gram|jacobian|operator"},
};

static const nd_option_spec modes_options[] = {
    {"reference", ND_TEXT, 0, 0, 0, "point|mean"},
    {"tolerance", ND_REAL, 1e-15, 0.1, 1e-10, NULL},
    {"iterations", ND_INTEGER, 0, 9007199254740992.0, 0, NULL},
    {"seed", ND_INTEGER, -9007199254740992.0, 9007199254740992.0, 0, NULL},
};

static const struct {
    const nd_option_spec *specs;
    int count, first; /* in the values */
} more_options[] = {
    [ND_DUALITY_KNOWS_NEITHER] = {own_options, 0, ND_DUALITY_METHOD},
    [ND_DUALITY_KNOWS_METHOD] = {method_options, 1, ND_DUALITY_METHOD},
    [ND_DUALITY_KNOWS_MODES] = {modes_options, 4, ND_DUALITY_REFERENCE},
};

static int read_options(nndyn_network *network, const nndyn_options *options, int with_method, nd_option_value *values)
{
    nd_option_spec specs[ND_DUALITY_OPTIONS];
    nd_option_value read[ND_DUALITY_OPTIONS];
    int more = more_options[with_method].count, first = more_options[with_method].first;
    memcpy(specs, nd_pass_options, sizeof nd_pass_options[0] * ND_PASS_OPTIONS);
    memcpy(specs + ND_PASS_OPTIONS, own_options, sizeof own_options);
    memcpy(specs + ND_DUALITY_METHOD, more_options[with_method].specs, (size_t)more * sizeof *specs);
    ND_TRY(nd_options_read(network, options, specs, ND_DUALITY_METHOD + more, read));
    memset(values, 0, ND_DUALITY_OPTIONS * sizeof *values);
    memcpy(values, read, ND_DUALITY_METHOD * sizeof *values);
    memcpy(values + first, read + ND_DUALITY_METHOD, (size_t)more * sizeof *values);
    return NNDYN_OK;
}

static void carve(nd_duality *duality)
{
    int64_t layers = duality->network->layer_count;
    duality->input = nd_arena_take(&duality->arena, duality->inputs, sizeof(int64_t));
    duality->target = nd_arena_take(&duality->arena, duality->outputs, sizeof(int64_t));
    duality->slices = nd_arena_take(&duality->arena, 2 * layers, sizeof(nd_slice));
    duality->parts = nd_arena_take(&duality->arena, layers, 1);
}

static int64_t collect(const unsigned char *chosen, int64_t count, int64_t *list)
{
    int64_t kept = 0;
    for (int64_t i = 0; i < count; i++) {
        if (chosen[i]) {
            list[kept++] = i;
        }
    }
    return kept;
}

static int read_columns(nd_duality *duality, unsigned char *chosen)
{
    nndyn_network *network = duality->network;
    int64_t inputs = duality->inputs, outputs = duality->outputs;
    const nd_list_word words[] = {{"inputs", 0, inputs}, {"targets", inputs, outputs}, {NULL, 0, 0}};
    ND_TRY(
        nd_list_read(network, "columns", duality->options[ND_DUALITY_COLUMNS].text, inputs + outputs, words, chosen));
    duality->input_count = collect(chosen, inputs, duality->input);
    duality->target_count = collect(chosen + inputs, outputs, duality->target);
    duality->per_sample = duality->input_count + duality->target_count;
    duality->columns = nd_product(duality->n, duality->per_sample);
    return NNDYN_OK;
}

static void add_slice(nd_duality *duality, int64_t layer, int part, int64_t first, int64_t count)
{
    if (count == 0) {
        return;
    }
    duality->slices[duality->slice_count++] = (nd_slice){layer, part, first, count, duality->rows};
    duality->parts[layer] |= (unsigned char)part;
    duality->rows += count;
}

/* Weights of a layer come first in its slice of the parameter vector: all but the last `out` numbers of a dense layer
 * with bias, the first half (the scales) of batch norm. */
static int64_t weights_of(const nd_layer *layer)
{
    if (layer->kind == NNDYN_DENSE) {
        return layer->in * layer->out;
    }
    return layer->count / 2;
}

static int read_rows(nd_duality *duality, unsigned char *chosen)
{
    nndyn_network *network = duality->network;
    static const int parts_of_choice[] = {ND_WEIGHTS | ND_BIASES, ND_WEIGHTS, ND_BIASES};
    int parts = parts_of_choice[duality->options[ND_DUALITY_PARAMETERS].integer];
    ND_TRY(
        nd_list_read(network, "layers", duality->options[ND_DUALITY_LAYERS].text, network->layer_count, NULL, chosen));
    for (int64_t l = 0; l < network->layer_count; l++) {
        const nd_layer *layer = &network->layers[l];
        int64_t weights = weights_of(layer);
        if (chosen[l] && layer->count > 0 && (parts & ND_WEIGHTS)) {
            add_slice(duality, l, ND_WEIGHTS, layer->first, weights);
        }
        if (chosen[l] && layer->count > 0 && (parts & ND_BIASES)) {
            add_slice(duality, l, ND_BIASES, layer->first + weights, layer->count - weights);
        }
    }
    if (duality->rows == 0) {
        return nd_fail(network, NNDYN_EARG,
                       "options \"layers\" and \"parameters\" leave none of the network's %lld parameters; choose a "
                       "layer and a kind of parameter that it has",
                       (long long)network->parameters);
    }
    return NNDYN_OK;
}

static int read_masks(nd_duality *duality)
{
    nndyn_network *network = duality->network;
    int64_t boundary = duality->inputs + duality->outputs;
    int64_t most = boundary > network->layer_count ? boundary : network->layer_count;
    unsigned char *chosen;
    ND_TRY(nd_allocate_for(network, most, 1, &chosen));
    int status = read_columns(duality, chosen);
    if (status == NNDYN_OK) {
        status = read_rows(duality, chosen);
    }
    nd_release(network->handle.context, chosen);
    return status;
}

static void resolve(nd_duality *duality)
{
    const nd_option_value *options = duality->options;
    duality->gamma = options[ND_DUALITY_GAMMA].real;
    duality->coupled = options[ND_PASS_MODE].integer == 1 && nd_network_find(duality->network, NNDYN_BATCH_NORM) >= 0;
    duality->method = (int)options[ND_DUALITY_METHOD].integer;
    if (duality->method == ND_METHOD_AUTO) {
        int64_t entries = nd_product(duality->rows, duality->columns);
        duality->method = entries >= 0 && entries <= AUTO_ENTRIES ? ND_METHOD_JACOBIAN : ND_METHOD_GRAM;
    }
}

static int plan(nd_duality *duality)
{
    nndyn_network *network = duality->network;
    nd_duality counted = *duality;
    carve(&counted);
    duality->arena = counted.arena;
    ND_TRY(nd_arena_reserve(&duality->arena, network));
    carve(duality);
    ND_TRY(read_masks(duality));
    if (duality->columns < 0) {
        return nd_fail(network, NNDYN_EARG, "n = %lld samples of %lld columns are more than can be counted; take fewer",
                       (long long)duality->n, (long long)duality->per_sample);
    }
    resolve(duality);
    return NNDYN_OK;
}

int nd_duality_create(nndyn_network *network, int64_t n, const nndyn_options *options, int with_method,
                      nd_duality **out)
{
    nd_option_value values[ND_DUALITY_OPTIONS];
    ND_TRY(nd_check_size(network, n, 1, INT64_MAX / 64, "n"));
    ND_TRY(nd_network_ready(network, network, 1));
    ND_TRY(read_options(network, options, with_method, values));
    nd_duality *duality;
    ND_TRY(nd_allocate_for(network, 1, sizeof *duality, &duality));
    duality->network = network;
    duality->n = n;
    duality->inputs = network->inputs;
    duality->outputs = nd_network_outputs(network);
    duality->parameters = network->parameters;
    memcpy(duality->options, values, sizeof values);
    int status = plan(duality);
    /* The texts belong to the caller's options, which an operator outlives. */
    for (int i = 0; i < ND_DUALITY_OPTIONS; i++) {
        duality->options[i].text = NULL;
    }
    if (status != NNDYN_OK) {
        nd_duality_free(network->handle.context, duality);
        return status;
    }
    *out = duality;
    return NNDYN_OK;
}

void nd_duality_free(nndyn_context *context, nd_duality *duality)
{
    if (duality != NULL) {
        nd_arena_free(&duality->arena);
        nd_release(context, duality);
    }
}

double nd_duality_bytes(const nd_duality *duality)
{
    return (double)sizeof *duality + (double)duality->arena.size + 2 * ND_DUALITY_OVERHEAD;
}

int nd_duality_check_batch(const nd_duality *duality, const double *x, const double *t)
{
    nndyn_network *network = duality->network;
    ND_TRY(nd_check_pointer(network, x, "x"));
    ND_TRY(nd_check_pointer(network, t, "t"));
    ND_TRY(nd_check_finite(network, duality->n, duality->inputs, x, "x"));
    return nd_check_finite(network, duality->n, duality->outputs, t, "t");
}

int nd_duality_check_result(const nd_duality *duality, int64_t count, const double *values, const char *what)
{
    if (!duality->network->k64->all_finite(count, values)) {
        return nd_fail(duality->network, NNDYN_ENUMERIC,
                       "%s is not finite: values overflow on the way through the network; scale parameters or data "
                       "down",
                       what);
    }
    return NNDYN_OK;
}

void nd_duality_compress(const nd_duality *duality, const double *all, double factor, double *rows)
{
    for (int64_t k = 0; k < duality->slice_count; k++) {
        const nd_slice *slice = &duality->slices[k];
        for (int64_t i = 0; i < slice->count; i++) {
            rows[slice->row + i] = factor * all[slice->first + i];
        }
    }
}

void nd_duality_expand(const nd_duality *duality, const double *rows, double *all)
{
    memset(all, 0, (size_t)duality->parameters * sizeof *all);
    for (int64_t k = 0; k < duality->slice_count; k++) {
        const nd_slice *slice = &duality->slices[k];
        memcpy(all + slice->first, rows + slice->row, (size_t)slice->count * sizeof *all);
    }
}
