/* fuzz_csv.c - the reader of text tables.
 *
 * Input: a byte of flags (bits 0-1: delimiter, 2: a header line, 3: single precision, 4-5: no labels, labels in the
 * first column, labels in the last one, one column of targets), and the file. */
#include "fuzz_data.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const delimiters[] = {",", ";", "\t", " "};
    static const int64_t label_columns[] = {-1, 0, -2, -1};
    char path[256];
    nndyn_dataset *dataset = NULL;
    nndyn_options *options = NULL;
    if (size < 1) {
        return 0;
    }
    int flags = data[0];
    fuzz_file("csv", data + 1, size - 1, path);
    nndyn_context *context = fuzz_context();
    if (nndyn_options_create(context, &options) != NNDYN_OK) {
        abort();
    }
    nndyn_options_set_text(options, "delimiter", delimiters[flags & 3]);
    nndyn_options_set_integer(options, "header", flags >> 2 & 1);
    nndyn_options_set_text(options, "dtype", flags & 8 ? "f32" : "f64");
    nndyn_options_set_integer(options, "label_column", label_columns[flags >> 4 & 3]);
    nndyn_options_set_integer(options, "target_columns", (flags >> 4 & 3) == 3);
    int status = nndyn_dataset_read_csv(context, path, options, &dataset);
    fuzz_check(status, context, dataset);
    fuzz_dataset(dataset);
    nndyn_options_free(options);
    nndyn_context_free(context);
    unlink(path);
    return 0;
}
