/* fuzz_model.c - the readers of network and trainer files.
 *
 * Input: a file.  If it begins as one of the library's, its length and checksum are set right first: otherwise the
 * checksum would keep everything behind it from being tested. */
#include "core/crc.h"
#include "core/envelope.h"
#include "fuzz.h"
#include <string.h>

static void mend(uint8_t *bytes, size_t size)
{
    nd_crc crc;
    if (size < ND_FILE_HEADER + ND_FILE_TRAILER || memcmp(bytes, ND_FILE_MAGIC, 8) != 0) {
        return;
    }
    int64_t length = (int64_t)size - ND_FILE_HEADER - ND_FILE_TRAILER;
    nd_put_header(bytes, length);
    nd_crc_prepare(&crc);
    uint64_t checksum = nd_crc_extend(&crc, 0, bytes + ND_FILE_HEADER, length);
    nd_put_u64(bytes + size - ND_FILE_TRAILER, nd_crc_extend(&crc, checksum, bytes, ND_FILE_HEADER));
}

/* A network that was read must work: one sample goes through it. */
static void use(nndyn_network *network)
{
    int64_t inputs = 0, outputs = 0, layers = 0, parameters = 0;
    int dtype = 0;
    if (nndyn_network_shape(network, &inputs, &outputs, &layers, &parameters, &dtype) != NNDYN_OK || inputs < 1) {
        abort();
    }
    if (inputs > 4096 || outputs > 4096) {
        return;
    }
    double x[4096] = {0}, y[4096];
    float fx[4096] = {0}, fy[4096];
    int status =
        dtype == NNDYN_F32 ? nndyn_network_forward_f32(network, 1, fx, fy) : nndyn_network_forward(network, 1, x, y);
    if (status != NNDYN_OK && nndyn_message(network)[0] == '\0') {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[256];
    nndyn_network *network = NULL, *inner = NULL;
    nndyn_trainer *trainer = NULL;
    uint8_t *copy = malloc(size > 0 ? size : 1);
    if (copy == NULL) {
        abort();
    }
    if (size > 0) {
        memcpy(copy, data, size);
    }
    mend(copy, size);
    fuzz_file("model", copy, size, path);
    free(copy);
    nndyn_context *context = fuzz_context();
    int status = nndyn_network_load(context, path, &network);
    fuzz_check(status, context, network);
    if (network != NULL) {
        use(network);
    }
    status = nndyn_trainer_load(context, path, &inner, &trainer);
    fuzz_check(status, context, trainer);
    if (inner != NULL) {
        use(inner);
    }
    nndyn_trainer_free(trainer);
    nndyn_network_free(inner);
    nndyn_network_free(network);
    nndyn_context_free(context);
    unlink(path);
    return 0;
}
