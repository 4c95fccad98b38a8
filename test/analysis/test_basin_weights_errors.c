/* Static basins in weight space: what is refused, memory that fails, limits, cancellation. */
#include "analysis/order_fixture.h"
#include "nndyn/basin.h"

enum { P = NT_ORDER_PARAMETERS };

typedef struct stage {
    nndyn_context *c;
    nt_order f;
    nndyn_options *o;
    nndyn_basin *out;
} stage;

static stage open_stage(void)
{
    stage s = {0};
    assert_int_equal(nndyn_context_create(&s.c), NNDYN_OK);
    s.f = nt_order_open(s.c);
    nt_ok(s.c, nndyn_options_create(s.c, &s.o));
    return s;
}

static void close_stage(stage *s)
{
    assert_null(s->out); /* outputs stay as they were */
    nndyn_options_free(s->o);
    nt_order_close(&s->f);
    nndyn_context_free(s->c);
}

static void fresh(stage *s)
{
    nndyn_options_free(s->o);
    nt_ok(s->c, nndyn_options_create(s->c, &s->o));
}

static void refuse(stage *s, int status, const char *word, const char *option, double value, int integer)
{
    fresh(s);
    nt_ok(s->o, integer ? nndyn_options_set_integer(s->o, option, (int64_t)value)
                        : nndyn_options_set_double(s->o, option, value));
    nt_fails(status, s->f.network, word, nndyn_basin_weights(s->f.network, s->f.data, s->o, &s->out));
}

static void options_are_checked(void **state)
{
    (void)state;
    stage s = open_stage();
    refuse(&s, NNDYN_EOPTION, "draws", "draws", 0, 1);
    refuse(&s, NNDYN_EOPTION, "draws", "draws", 1, 1);
    refuse(&s, NNDYN_EOPTION, "theta", "theta", 0, 0);
    refuse(&s, NNDYN_EOPTION, "theta", "theta", 1, 0);
    refuse(&s, NNDYN_EOPTION, "theta", "theta", -0.5, 0);
    refuse(&s, NNDYN_EOPTION, "start", "start", 200, 0);
    refuse(&s, NNDYN_EOPTION, "drawz", "drawz", 2, 1);
    refuse(&s, NNDYN_ESTATE, "no parameter", "weights", 0, 1);
    fresh(&s);
    nt_ok(s.o, nndyn_options_set_text(s.o, "scale", "neurons"));
    nt_fails(NNDYN_EOPTION, s.f.network, "scale", nndyn_basin_weights(s.f.network, s.f.data, s.o, &s.out));
    nt_fails(NNDYN_EARG, s.f.network, "out", nndyn_basin_weights(s.f.network, s.f.data, NULL, NULL));
    nt_fails(NNDYN_EARG, s.f.network, "dataset", nndyn_basin_weights(s.f.network, NULL, NULL, &s.out));
    assert_int_equal(nndyn_basin_weights(NULL, s.f.data, NULL, &s.out), NNDYN_EARG);
    close_stage(&s);
}

static void directions_are_checked(void **state)
{
    (void)state;
    stage s = open_stage();
    double xi[2 * P] = {0};
    nt_fails(NNDYN_EARG, s.f.network, "draws", nndyn_basin_weights_along(s.f.network, s.f.data, 1, xi, NULL, &s.out));
    nt_fails(NNDYN_EARG, s.f.network, "directions",
             nndyn_basin_weights_along(s.f.network, s.f.data, 2, NULL, NULL, &s.out));
    xi[P + 3] = (double)INFINITY;
    nt_fails(NNDYN_EDATA, s.f.network, "directions",
             nndyn_basin_weights_along(s.f.network, s.f.data, 2, xi, NULL, &s.out));
    nt_ok(s.o, nndyn_options_set_integer(s.o, "draws", 2));
    xi[P + 3] = 0;
    nt_fails(NNDYN_EOPTION, s.f.network, "draws", nndyn_basin_weights_along(s.f.network, s.f.data, 2, xi, s.o, &s.out));
    close_stage(&s);
}

static void data_and_network_are_checked(void **state)
{
    (void)state;
    stage s = open_stage();
    double theta[P];
    nndyn_dataset *other = NULL;
    nndyn_network *n = NULL;
    nt_ok(s.c, nndyn_dataset_create(s.c, NT_ORDER_SAMPLES, NT_ORDER_INPUTS, s.f.x, 4, s.f.t, 1, &other));
    nt_fails(NNDYN_EARG, s.f.network, "labels", nndyn_basin_weights(s.f.network, other, NULL, &s.out));
    nndyn_dataset_free(other);
    nt_ok(s.f.data, nndyn_dataset_convert(s.f.data, NNDYN_F32, &other));
    nt_fails(NNDYN_EARG, s.f.network, "precision", nndyn_basin_weights(s.f.network, other, NULL, &s.out));
    nndyn_dataset_free(other);
    nt_ok(s.c, nndyn_dataset_create_labels(s.c, 100, NT_ORDER_INPUTS, s.f.x, 5, s.f.labels, 1, &other));
    nt_fails(NNDYN_EARG, s.f.network, "classes", nndyn_basin_weights(s.f.network, other, NULL, &s.out));
    nndyn_dataset_free(other);
    nt_ok(s.c, nndyn_dataset_create_labels(s.c, 100, 4, s.f.x, 4, s.f.labels, 1, &other));
    nt_fails(NNDYN_EARG, s.f.network, "inputs", nndyn_basin_weights(s.f.network, other, NULL, &s.out));
    nndyn_dataset_free(other);
    nt_ok(s.c, nndyn_network_create(s.c, NNDYN_F64, NT_ORDER_INPUTS, &n));
    nt_fails(NNDYN_ESTATE, n, "layer", nndyn_basin_weights(n, s.f.data, NULL, &s.out));
    nndyn_network_free(n);
    nt_ok(s.f.network, nndyn_network_get_parameters(s.f.network, P, theta));
    for (int i = NT_ORDER_W2; i < NT_ORDER_W2 + NT_ORDER_WIDTH * NT_ORDER_WIDTH; i++) {
        theta[i] = 0.1;
    }
    nt_ok(s.f.network, nndyn_network_set_parameters(s.f.network, P, theta));
    nt_fails(NNDYN_ESTATE, s.f.network, "equal", nndyn_basin_weights(s.f.network, s.f.data, NULL, &s.out));
    nt_ok(s.o, nndyn_options_set_integer(s.o, "biases", 1)); /* all 0 before training */
    nt_fails(NNDYN_ESTATE, s.f.network, "equal", nndyn_basin_weights(s.f.network, s.f.data, s.o, &s.out));
    close_stage(&s);
}

/* A network takes finite parameters only, but training may take them out of its precision. */
static void parameters_must_be_finite(void **state)
{
    (void)state;
    stage s = open_stage();
    nndyn_network *n = NULL;
    nndyn_dataset *d = NULL;
    nndyn_trainer *t = NULL;
    float x[NT_ORDER_INPUTS], y[NT_ORDER_CLASSES];
    nt_to_f32(NT_ORDER_INPUTS, s.f.x, x);
    nt_to_f32(NT_ORDER_CLASSES, s.f.t, y);
    nt_ok(s.f.network, nndyn_network_copy(s.f.network, NNDYN_F32, &n));
    nt_ok(s.f.data, nndyn_dataset_convert(s.f.data, NNDYN_F32, &d));
    nt_ok(n, nndyn_trainer_create(n, NNDYN_SGD, &t));
    nt_ok(t, nndyn_trainer_set(t, "rate", 1e38));
    nt_ok(t, nndyn_trainer_set(t, "weight_decay", 1e38));
    nt_ok(t, nndyn_train_step_f32(t, 1, x, y, NULL));
    nt_fails(NNDYN_EDATA, n, "parameter", nndyn_basin_weights(n, d, NULL, &s.out));
    nndyn_trainer_free(t);
    nndyn_dataset_free(d);
    nndyn_network_free(n);
    close_stage(&s);
}

static void the_memory_limit_holds(void **state)
{
    (void)state;
    stage s = open_stage();
    nt_ok(s.c, nndyn_context_set_memory_limit(s.c, 20000));
    nt_fails(NNDYN_ELIMIT, s.f.network, "bytes", nndyn_basin_weights(s.f.network, s.f.data, NULL, &s.out));
    close_stage(&s);
}

static int stop(void *user, const char *task, double fraction)
{
    int *calls = user;
    (void)task;
    (void)fraction;
    return ++*calls > 0;
}

static void it_can_be_stopped(void **state)
{
    (void)state;
    stage s = open_stage();
    int calls = 0;
    nt_order_train(&s.f, 50);
    nt_ok(s.c, nndyn_context_set_progress(s.c, stop, &calls));
    nt_fails(NNDYN_ECANCELED, s.f.network, "stopped", nndyn_basin_weights(s.f.network, s.f.data, NULL, &s.out));
    assert_int_equal(calls, 1);
    close_stage(&s);
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static int scenario(nt_allocator *a, void *user)
{
    const double x[6] = {1, 0, 0, 1, 1, 1};
    const int64_t labels[3] = {0, 1, 1};
    const int single = user != NULL;
    nndyn_context *c = NULL;
    nndyn_network *n = NULL;
    nndyn_dataset *d = NULL, *wide = NULL;
    nndyn_options *o = NULL;
    nndyn_basin *b = NULL;
    nt_pause(a);
    assert_int_equal(nt_context_create(a, &c), NNDYN_OK);
    nt_ok(c, nndyn_network_create(c, single ? NNDYN_F32 : NNDYN_F64, 2, &n));
    nt_ok(n, nndyn_network_add_dense(n, 3, NNDYN_TANH));
    nt_ok(n, nndyn_network_add_dense(n, 2, NNDYN_IDENTITY));
    nt_ok(c, nndyn_dataset_create_labels(c, 3, 2, x, 2, labels, 1, &wide));
    nt_ok(wide, nndyn_dataset_convert(wide, single ? NNDYN_F32 : NNDYN_F64, &d));
    nt_ok(c, nndyn_options_create(c, &o));
    nt_ok(o, nndyn_options_set_integer(o, "draws", 4));
    nt_resume(a);
    const int status = nndyn_basin_weights(n, d, o, &b);
    assert_true((status == NNDYN_OK) == (b != NULL));
    nndyn_basin_free(b);
    nndyn_options_free(o);
    nndyn_dataset_free(d);
    nndyn_dataset_free(wide);
    nndyn_network_free(n);
    nndyn_context_free(c);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    int single = 1;
    nt_every_allocation(scenario, NULL);
    nt_every_allocation(scenario, &single);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_checked),          cmocka_unit_test(directions_are_checked),
        cmocka_unit_test(data_and_network_are_checked), cmocka_unit_test(parameters_must_be_finite),
        cmocka_unit_test(the_memory_limit_holds),       cmocka_unit_test(it_can_be_stopped),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
