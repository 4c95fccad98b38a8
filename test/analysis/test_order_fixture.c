/* The fixture of order and basins itself: its numbers, its loss and its accuracy along training, against figures found
 * by two other programs. */
#include "analysis/order_fixture.h"
#include "support/fixture.h"

static void numbers(void **state)
{
    double theta[NT_ORDER_PARAMETERS];
    nt_order f;
    (void)state;
    nt_order_draw(&f);
    nt_order_weights(theta);
    nt_near(f.x[0], -0.149394804996027, 1e-14);
    nt_near(f.x[NT_ORDER_SAMPLES * NT_ORDER_INPUTS - 1], -0.897256333360051, 1e-14);
    nt_near(theta[NT_ORDER_W1], -0.00193670489364382, 1e-16);
    nt_near(theta[NT_ORDER_W3 + NT_ORDER_CLASSES * NT_ORDER_WIDTH - 1], 0.142545585645262, 1e-14);
}

static void training(void **state)
{
    static const int steps[] = {0, 1, 10, 100, 200, 400};
    static const double losses[] = {1.339070308356, 1.049444384834, 0.421287253552,
                                    0.154174380669, 0.096308191499, 0.042576752077};
    static const double accuracies[] = {0.335, 0.58, 0.89, 0.9525, 0.97, 0.99};
    nt_order f = nt_order_open(context);
    (void)state;
    for (int i = 0, done = 0; i < 6; done = steps[i++]) {
        double loss = 0, accuracy = 0;
        nt_order_train(&f, steps[i] - done);
        nt_ok(f.network, nndyn_network_evaluate(f.network, f.data, &loss, &accuracy));
        nt_near(loss, losses[i], 1e-9);
        nt_near(accuracy, accuracies[i], 1e-15);
    }
    nt_order_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(numbers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(training, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("order and basins: fixture", tests, NULL, NULL);
}
