/* Vectors, products, rows, batch norm and optimizers against plain loops, in all kernels and both precisions. */
#include "precision.h"

#define R       double
#define T(name) name##_f64
#define EPSILON DBL_EPSILON
#include "dense.inc"
#undef R
#undef T
#undef EPSILON
#define R       float
#define T(name) name##_f32
#define EPSILON ((double)FLT_EPSILON)
#include "dense.inc"

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors_f64),    cmocka_unit_test(test_vectors_f32),
        cmocka_unit_test(test_products_f64),   cmocka_unit_test(test_products_f32),
        cmocka_unit_test(test_threads_f64),    cmocka_unit_test(test_threads_f32),
        cmocka_unit_test(test_executor_f64),   cmocka_unit_test(test_executor_f32),
        cmocka_unit_test(test_rows_f64),       cmocka_unit_test(test_rows_f32),
        cmocka_unit_test(test_classes_f64),    cmocka_unit_test(test_classes_f32),
        cmocka_unit_test(test_masks_f64),      cmocka_unit_test(test_masks_f32),
        cmocka_unit_test(test_optimizers_f64), cmocka_unit_test(test_optimizers_f32),
    };
    return cmocka_run_group_tests_name("dense", tests, NULL, NULL);
}
