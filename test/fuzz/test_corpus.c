/* The corpora of all fuzz targets, run through them: what was once found stays fixed. */
#define LLVMFuzzerTestOneInput fuzz_idx
#include "fuzz_idx.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_csv
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
#include "fuzz_csv.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_model
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
#include "fuzz_model.c"
#include "replay.h"
#include "support/support.h"

static void corpus(void **state)
{
    (void)state;
    assert_true(replay_folder(fuzz_idx, "test/fuzz/corpus/idx") >= 4);
    assert_true(replay_folder(fuzz_csv, "test/fuzz/corpus/csv") >= 4);
    assert_true(replay_folder(fuzz_model, "test/fuzz/corpus/model") >= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(corpus)};
    return cmocka_run_group_tests_name("corpus", tests, NULL, NULL);
}
