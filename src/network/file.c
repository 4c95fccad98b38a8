/* file.c - a network in a file; every number is checked on reading.  Layout: docs/format.md.
 *
 * SPDX-License-Identifier: MIT */
#include "core/file.h"
#include "network/build.h"
#include <float.h>
#include <limits.h>
#include <math.h>
#include <string.h>

enum { FORMAT = 1 };
static const char tag[] = "network";

/* ---- kinds of layers: what each writes beside its kind ----------------------------------------------------------- */

static void write_dense(nd_writer *writer, const nd_layer *layer)
{
    nd_write_integer(writer, layer->out);
    nd_write_integer(writer, layer->bias);
    nd_write_integer(writer, layer->ntk);
    nd_write_real(writer, layer->weight_factor);
    nd_write_real(writer, layer->bias_factor);
    nd_write_integer(writer, layer->initialization);
    nd_write_real(writer, layer->weight_spread);
    nd_write_real(writer, layer->bias_spread);
}

static int read_dense(void *handle, nd_reader *reader, nd_layer *layer)
{
    (void)handle;
    layer->out = nd_read_integer(reader, 1, INT_MAX, "units of a dense layer");
    layer->bias = (int)nd_read_integer(reader, 0, 1, "bias of a dense layer");
    layer->ntk = (int)nd_read_integer(reader, 0, 1, "parametrization of a dense layer");
    layer->weight_factor = nd_read_real(reader, 0, ND_MOST_SCALE, "weight factor of a dense layer");
    layer->bias_factor = nd_read_real(reader, 0, ND_MOST_SCALE, "bias factor of a dense layer");
    layer->initialization = (int)nd_read_integer(reader, 0, ND_INITIALIZATIONS - 1, "initialization of a dense layer");
    layer->weight_spread = nd_read_real(reader, 0, ND_MOST_SCALE, "weight scale of a dense layer");
    layer->bias_spread = nd_read_real(reader, 0, ND_MOST_SCALE, "bias scale of a dense layer");
    return nd_reader_status(reader);
}

static void write_activation(nd_writer *writer, const nd_layer *layer)
{
    nd_write_integer(writer, layer->activation.kind);
    nd_write_real(writer, layer->activation.parameter);
}

static int read_activation(void *handle, nd_reader *reader, nd_layer *layer)
{
    const char *allowed = "";
    nd_activation f = {.order = ND_ACTIVATION_ORDER};
    f.kind = (int)nd_read_integer(reader, NNDYN_IDENTITY, ND_ACTIVATIONS - 1, "kind of an activation");
    f.parameter = nd_read_real(reader, -DBL_MAX, DBL_MAX, "parameter of an activation");
    ND_TRY(nd_reader_status(reader));
    if (!nd_activation_known(f.kind) || nd_activation_check(f.kind, f.parameter, &allowed) != 0) {
        return nd_fail(handle, NNDYN_EFORMAT, "the file has activation %s with parameter %g; allowed: %s",
                       nndyn_activation_name(f.kind), f.parameter, allowed);
    }
    layer->activation = f;
    return NNDYN_OK;
}

static void write_norm(nd_writer *writer, const nd_layer *layer)
{
    nd_write_real(writer, layer->momentum);
    nd_write_real(writer, layer->epsilon);
    nd_write_integer(writer, layer->affine);
}

static int read_norm(void *handle, nd_reader *reader, nd_layer *layer)
{
    (void)handle;
    layer->momentum = nd_read_real(reader, DBL_MIN, 1, "momentum of batch norm");
    layer->epsilon = nd_read_real(reader, DBL_MIN, 1, "epsilon of batch norm");
    layer->affine = (int)nd_read_integer(reader, 0, 1, "affine of batch norm");
    return nd_reader_status(reader);
}

static void write_dropout(nd_writer *writer, const nd_layer *layer)
{
    nd_write_real(writer, layer->rate);
}

static int read_dropout(void *handle, nd_reader *reader, nd_layer *layer)
{
    (void)handle;
    layer->rate = nd_read_real(reader, 0, nextafter(1, 0), "rate of dropout");
    return nd_reader_status(reader);
}

static void write_nothing(nd_writer *writer, const nd_layer *layer)
{
    (void)writer;
    (void)layer;
}

static int read_nothing(void *handle, nd_reader *reader, nd_layer *layer)
{
    (void)handle;
    (void)layer;
    return nd_reader_status(reader);
}

static const struct {
    void (*write)(nd_writer *writer, const nd_layer *layer);
    int (*read)(void *handle, nd_reader *reader, nd_layer *layer);
} kinds[] = {
    [NNDYN_DENSE] = {write_dense, read_dense},
    [NNDYN_ACTIVATION] = {write_activation, read_activation},
    [NNDYN_BATCH_NORM] = {write_norm, read_norm},
    [NNDYN_DROPOUT] = {write_dropout, read_dropout},
    [NNDYN_RESIDUAL_BEGIN] = {write_nothing, read_nothing},
    [NNDYN_RESIDUAL_END] = {write_nothing, read_nothing},
};

/* ---- write ------------------------------------------------------------------------------------------------------- */

static int check_no_callbacks(const nndyn_network *network, void *handle)
{
    for (int64_t l = 0; l < network->layer_count; l++) {
        if (network->layers[l].activation.kind == NNDYN_CUSTOM_ACTIVATION) {
            return nd_fail(handle, NNDYN_EUNSUPPORTED,
                           "layer %lld is a custom activation, which cannot be written to a "
                           "file; save the parameters with nndyn_network_get_parameters",
                           (long long)l);
        }
    }
    if (network->loss.kind == NNDYN_CUSTOM_LOSS) {
        return nd_fail(handle, NNDYN_EUNSUPPORTED,
                       "the loss is a custom one, which cannot be written to a file; set "
                       "another before saving, and the custom one again after loading");
    }
    return NNDYN_OK;
}

static int all_finite(const nndyn_network *network, int64_t count, const void *reals)
{
    return network->dtype == NNDYN_F32 ? network->k32->all_finite(count, reals)
                                       : network->k64->all_finite(count, reals);
}

/* A reader refuses numbers that are not finite, so none may be written. */
static int check_all_finite(const nndyn_network *network, void *handle)
{
    if (!all_finite(network, network->parameters, network->theta) ||
        !all_finite(network, network->statistics_count, network->statistics)) {
        return nd_fail(handle, NNDYN_ENUMERIC,
                       "a parameter or running statistic is not finite; such a network cannot be "
                       "read back");
    }
    return NNDYN_OK;
}

static void write_reals(const nndyn_network *network, nd_writer *writer, int64_t count, const void *reals)
{
    nd_write_integer(writer, count);
    if (network->dtype == NNDYN_F32) {
        nd_write_f32(writer, count, reals);
    } else {
        nd_write_f64(writer, count, reals);
    }
}

int nd_network_write(nndyn_network *network, void *handle, nd_writer *writer)
{
    ND_TRY(check_no_callbacks(network, handle));
    ND_TRY(check_all_finite(network, handle));
    nd_write_text(writer, tag);
    nd_write_integer(writer, FORMAT);
    nd_write_integer(writer, network->dtype);
    nd_write_integer(writer, network->inputs);
    nd_write_integer(writer, network->seed);
    nd_write_integer(writer, network->loss.kind);
    nd_write_integer(writer, network->loss.residual_convention);
    nd_write_real(writer, network->loss.parameter);
    nd_write_real(writer, network->loss.scale);
    nd_write_integer(writer, network->layer_count);
    for (int64_t l = 0; l < network->layer_count; l++) {
        nd_write_integer(writer, network->layers[l].kind);
        kinds[network->layers[l].kind].write(writer, &network->layers[l]);
    }
    write_reals(network, writer, network->parameters, network->theta);
    write_reals(network, writer, network->statistics_count, network->statistics);
    return NNDYN_OK;
}

static int save(nndyn_network *network, const char *path)
{
    nd_writer *writer = NULL;
    ND_TRY(nd_check_pointer(network, path, "path"));
    ND_TRY(check_no_callbacks(network, network));
    ND_TRY(nd_writer_open(network, path, &writer));
    return nd_writer_close(writer, nd_network_write(network, network, writer));
}

int nndyn_network_save(nndyn_network *network, const char *path)
{
    ND_TRY(nd_enter(network, ND_NETWORK, __func__));
    return nd_leave(network, save(network, path));
}

/* ---- read -------------------------------------------------------------------------------------------------------- */

static int read_loss(void *handle, nd_reader *reader, nd_loss *out)
{
    const char *allowed = "";
    nd_loss loss = {.order = ND_LOSS_ORDER};
    loss.kind = (int)nd_read_integer(reader, 0, ND_LOSSES - 1, "kind of the loss");
    loss.residual_convention = (int)nd_read_integer(reader, 0, 1, "convention of the loss");
    loss.parameter = nd_read_real(reader, -DBL_MAX, DBL_MAX, "parameter of the loss");
    loss.scale = nd_read_real(reader, -DBL_MAX, DBL_MAX, "scale of the loss");
    ND_TRY(nd_reader_status(reader));
    if (loss.kind == 0) {
        return NNDYN_OK; /* none was set */
    }
    if (!nd_loss_known(loss.kind) || nd_loss_check(loss.kind, loss.parameter, loss.scale, &allowed) != 0 ||
        (loss.residual_convention && loss.kind != NNDYN_SOFTMAX_CROSS_ENTROPY)) {
        return nd_fail(handle, NNDYN_EFORMAT,
                       "the file has loss %s with parameter %g, scale %g and convention %d; "
                       "allowed: %s",
                       nndyn_loss_name(loss.kind), loss.parameter, loss.scale, loss.residual_convention, allowed);
    }
    *out = loss;
    return NNDYN_OK;
}

/* Refuse a layer whose numbers cannot all be in the rest of the file, before memory is taken for them. */
static int check_held(const nndyn_network *network, void *handle, const nd_reader *reader, nd_layer *layer)
{
    layer->in = nd_network_outputs(network);
    layer->out = layer->kind == NNDYN_DENSE ? layer->out : layer->in;
    double numbers = (double)(network->parameters + network->statistics_count) + (double)nd_layer_parameters(layer) +
                     (double)nd_layer_statistics(layer);
    double left = (double)nd_reader_left(reader);
    if (numbers * (double)nd_real_size(network->dtype) > left) {
        return nd_fail(handle, NNDYN_EFORMAT,
                       "layer %lld makes %.0f parameters and statistics, more than the %.0f bytes "
                       "left in the file hold",
                       (long long)network->layer_count, numbers, left);
    }
    return NNDYN_OK;
}

static int read_layers(void *handle, nd_reader *reader, nndyn_network *network)
{
    /* each takes 8 bytes at least */
    int64_t count = nd_read_integer(reader, 0, nd_reader_left(reader) / 8, "number of layers");
    ND_TRY(nd_reader_status(reader));
    for (int64_t l = 0; l < count; l++) {
        nd_layer layer = {0};
        layer.kind = (int)nd_read_integer(reader, NNDYN_DENSE, NNDYN_RESIDUAL_END, "kind of a layer");
        ND_TRY(nd_reader_status(reader));
        ND_TRY(kinds[layer.kind].read(handle, reader, &layer));
        ND_TRY(check_held(network, handle, reader, &layer));
        int status = nd_network_append(network, handle, 1, &layer, 0);
        if (status != NNDYN_OK) {
            return status == NNDYN_ESTATE ? NNDYN_EFORMAT : status; /* blocks that do not match */
        }
    }
    return NNDYN_OK;
}

static void read_reals(nd_reader *reader, int dtype, int64_t count, void *reals, const char *what)
{
    nd_read_integer(reader, count, count, what);
    if (dtype == NNDYN_F32) {
        nd_read_f32(reader, count, reals, what);
    } else {
        nd_read_f64(reader, count, reals, what);
    }
}

static int check_variances(const nndyn_network *network, void *handle)
{
    for (int64_t l = 0; l < network->layer_count; l++) {
        const nd_layer *layer = &network->layers[l];
        for (int64_t i = layer->statistics_count / 2; i < layer->statistics_count; i++) {
            double value;
            nd_widen(network->dtype, 1, nd_real_at(network->statistics, network->dtype, layer->statistics + i), &value);
            if (value < 0) {
                return nd_fail(handle, NNDYN_EFORMAT, "the file has %g for a variance of batch norm layer %lld", value,
                               (long long)l);
            }
        }
    }
    return NNDYN_OK;
}

static int read_body(void *handle, nd_reader *reader, nndyn_network *network)
{
    ND_TRY(read_loss(handle, reader, &network->loss));
    ND_TRY(read_layers(handle, reader, network));
    read_reals(reader, network->dtype, network->parameters, network->theta, "parameters");
    read_reals(reader, network->dtype, network->statistics_count, network->statistics, "running statistics");
    ND_TRY(nd_reader_status(reader));
    return check_variances(network, handle);
}

static int read_tag(void *handle, nd_reader *reader, const char *expected)
{
    char text[16] = "";
    nd_read_text(reader, (int64_t)sizeof text, text, "name of a part");
    ND_TRY(nd_reader_status(reader));
    if (strcmp(text, expected) != 0) {
        return nd_fail(handle, NNDYN_EFORMAT, "the file has a part \"%s\" where \"%s\" must be", text, expected);
    }
    return NNDYN_OK;
}

int nd_network_read(void *handle, nd_reader *reader, nndyn_network **out)
{
    ND_TRY(read_tag(handle, reader, tag));
    nd_read_integer(reader, FORMAT, FORMAT, "version of the network's part");
    int dtype = (int)nd_read_integer(reader, NNDYN_F32, NNDYN_F64, "dtype");
    int64_t inputs = nd_read_integer(reader, 1, INT_MAX, "inputs");
    int64_t seed = nd_read_integer(reader, INT64_MIN, INT64_MAX, "seed");
    ND_TRY(nd_reader_status(reader));
    nndyn_network *network = NULL;
    ND_TRY(nd_network_new(nd_handle_context(handle), handle, dtype, inputs, &network));
    network->seed = seed;
    int status = read_body(handle, reader, network);
    if (status != NNDYN_OK) {
        nd_handle_release(network);
        return status;
    }
    *out = network;
    return NNDYN_OK;
}

/* A file holds a network, or a network and then a trainer. */
static int read_file(nndyn_context *context, nd_reader *reader, nndyn_network **out)
{
    ND_TRY(nd_network_read(context, reader, out));
    return nd_reader_left(reader) == 0 ? NNDYN_OK : read_tag(context, reader, "trainer");
}

static int load(nndyn_context *context, const char *path, nndyn_network **out)
{
    nd_reader *reader = NULL;
    nndyn_network *network = NULL;
    ND_TRY(nd_check_pointer(context, path, "path"));
    ND_TRY(nd_check_pointer(context, out, "out"));
    ND_TRY(nd_reader_open(context, path, &reader));
    int status = nd_reader_close(reader, read_file(context, reader, &network));
    if (status != NNDYN_OK) {
        nd_handle_release(network);
        return status;
    }
    *out = network;
    return NNDYN_OK;
}

int nndyn_network_load(nndyn_context *context, const char *path, nndyn_network **out)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, __func__));
    return nd_leave(context, load(context, path, out));
}
