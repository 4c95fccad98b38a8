/* fuzz_idx.c - the reader of IDX files.
 *
 * Input: a byte of flags (1: labels as well, 2: single precision, 4: a range, 8: seven classes), the length of the
 * images' file in two bytes (big-endian, cut to what is there), the images' file, and the rest is the labels' file. */
#include "fuzz_data.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char images[256], labels[256];
    nndyn_dataset *dataset = NULL;
    nndyn_options *options = NULL;
    if (size < 3) {
        return 0;
    }
    int flags = data[0];
    size_t length = (size_t)data[1] << 8 | data[2];
    length = length < size - 3 ? length : size - 3;
    fuzz_file("images", data + 3, length, images);
    fuzz_file("labels", data + 3 + length, size - 3 - length, labels);
    nndyn_context *context = fuzz_context();
    if (nndyn_options_create(context, &options) != NNDYN_OK) {
        abort();
    }
    nndyn_options_set_text(options, "dtype", flags & 2 ? "f32" : "f64");
    nndyn_options_set_integer(options, "first", flags & 4 ? 1 : 0);
    nndyn_options_set_integer(options, "count", flags & 4 ? 2 : 0);
    nndyn_options_set_integer(options, "classes", flags & 8 ? 7 : 0);
    int status = nndyn_dataset_read_idx(context, images, flags & 1 ? labels : NULL, options, &dataset);
    fuzz_check(status, context, dataset);
    fuzz_dataset(dataset);
    nndyn_options_free(options);
    nndyn_context_free(context);
    unlink(images);
    unlink(labels);
    return 0;
}
