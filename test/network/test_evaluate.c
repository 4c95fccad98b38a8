/* nndyn_network_forward and nndyn_network_evaluate: blocks, both precisions, accuracy, and every documented error. */
#include "network/build.h"
#include "network/twin.h"

static nndyn_network *network(nndyn_context *context, int dtype, int64_t inputs)
{
    nndyn_network *net;
    nt_ok(context, nndyn_network_create(context, dtype, inputs, &net));
    return net;
}

/* ---- forward ----------------------------------------------------------------------------------------------------- */

enum { MANY = 2500, IN = 3, OUT = 2 };

/* More rows than one block has. */
static void test_forward_in_blocks(void **state)
{
    nndyn_network *net = network(*state, NNDYN_F64, IN);
    double *x = malloc(MANY * IN * sizeof *x), *y = malloc(MANY * OUT * sizeof *y),
           *want = malloc(MANY * OUT * sizeof *y);
    nt_normal(1, MANY * IN, x);
    nt_ok(net, nndyn_network_add_dense(net, 5, NNDYN_TANH));
    nt_ok(net, nndyn_network_add_dropout(net, 0.9)); /* does nothing in evaluation */
    nt_ok(net, nndyn_network_add_batch_norm(net, NULL));
    nt_ok(net, nndyn_network_add_dense(net, OUT, NNDYN_SIN));
    twin_run(net, net->theta, net->statistics, (nd_mode){0}, MANY, x, NULL, want, NULL);
    nt_ok(net, nndyn_network_forward(net, MANY, x, y));
    nt_close(y, want, MANY * OUT, 1e-12, 1e-14);
    assert_true(((nd_workspace_f64 *)net->evaluation)->capacity < MANY);
    nt_ok(net, nndyn_network_forward(net, 1, x + 3 * IN, y)); /* fewer rows in the same workspace */
    nt_close(y, want + 3 * OUT, OUT, 1e-12, 1e-14);
    nt_ok(net, nndyn_network_add_dense(net, OUT, NNDYN_IDENTITY)); /* a workspace for other layers */
    twin_run(net, net->theta, net->statistics, (nd_mode){0}, MANY, x, NULL, want, NULL);
    nt_ok(net, nndyn_network_forward(net, MANY, x, y));
    nt_close(y, want, MANY * OUT, 1e-12, 1e-14);
    nndyn_network_free(net);
    free(x);
    free(y);
    free(want);
}

static void test_forward_f32(void **state)
{
    nndyn_network *net = network(*state, NNDYN_F32, IN), *wide;
    double x[7 * IN], want[7 * OUT];
    float xs[7 * IN], y[7 * OUT];
    nt_normal(1, 7 * IN, x);
    nt_to_f32(7 * IN, x, xs);
    nt_ok(net, nndyn_network_add_dense(net, 5, NNDYN_TANH));
    nt_ok(net, nndyn_network_add_dense(net, OUT, NNDYN_SIN));
    nt_ok(net, nndyn_network_copy(net, NNDYN_F64, &wide));
    twin_run(wide, wide->theta, NULL, (nd_mode){0}, 7, x, NULL, want, NULL);
    nt_ok(net, nndyn_network_forward_f32(net, 7, xs, y));
    nt_close_f32(y, want, 7 * OUT, 1e-5, 1e-6);
    nndyn_network_free(net);
    nndyn_network_free(wide);
}

static void test_forward_errors(void **state)
{
    nndyn_network *net = network(*state, NNDYN_F64, IN), *small = network(*state, NNDYN_F32, IN);
    double x[IN] = {1, 2, 3}, y[OUT] = {7, 7};
    float xs[IN] = {1, 2, 3}, ys[OUT] = {7, 7};
    nt_fails(NNDYN_ESTATE, net, "no layers", nndyn_network_forward(net, 1, x, y));
    nt_ok(net, nndyn_network_begin_residual(net));
    nt_fails(NNDYN_ESTATE, net, "open", nndyn_network_forward(net, 1, x, y));
    nt_ok(net, nndyn_network_end_residual(net));
    nt_ok(net, nndyn_network_add_dense(net, OUT, NNDYN_TANH));
    nt_ok(small, nndyn_network_add_dense(small, OUT, NNDYN_TANH));
    nt_fails(NNDYN_EARG, net, "nndyn_network_forward", nndyn_network_forward_f32(net, 1, xs, ys));
    nt_fails(NNDYN_EARG, small, "nndyn_network_forward_f32", nndyn_network_forward(small, 1, x, y));
    nt_fails(NNDYN_EARG, net, "n", nndyn_network_forward(net, 0, x, y));
    nt_fails(NNDYN_EARG, net, "n", nndyn_network_forward(net, INT64_MAX, x, y));
    nt_fails(NNDYN_EARG, net, "x", nndyn_network_forward(net, 1, NULL, y));
    nt_fails(NNDYN_EARG, net, "y", nndyn_network_forward(net, 1, x, NULL));
    nt_fails(NNDYN_EARG, small, "x", nndyn_network_forward_f32(small, 1, NULL, ys));
    x[1] = INFINITY;
    xs[2] = NAN;
    nt_fails(NNDYN_EDATA, net, "x", nndyn_network_forward(net, 1, x, y));
    nt_fails(NNDYN_EDATA, small, "x", nndyn_network_forward_f32(small, 1, xs, ys));
    xs[2] = 3e38f;
    const double large[8] = {0, 0, 1e30, 0, 0, 1e30, 0, 0};
    nt_ok(small, nndyn_network_add_activation(small, NNDYN_IDENTITY, NULL));
    nndyn_network_free(small);
    small = network(*state, NNDYN_F32, IN);
    nt_ok(small, nndyn_network_add_dense(small, OUT, NNDYN_IDENTITY));
    nt_ok(small, nndyn_network_set_parameters(small, 8, large));
    nt_fails(NNDYN_ENUMERIC, small, "layer 0 (dense layer)", nndyn_network_forward_f32(small, 1, xs, ys));
    assert_true(y[0] == 7 && y[1] == 7 && ys[0] == 7 && ys[1] == 7);
    nndyn_network_free(net);
    nndyn_network_free(small);
}

/* The last of many rows overflows: what came before it is not written either. */
static void test_outputs_untouched(void **state)
{
    nndyn_network *net = network(*state, NNDYN_F64, 1);
    double *x = calloc(MANY, sizeof *x), *y = calloc(MANY, sizeof *y);
    nt_ok(net, nndyn_network_add_activation(net, NNDYN_EXP, NULL));
    x[MANY - 1] = 1000;
    nt_fails(NNDYN_ENUMERIC, net, "layer 0", nndyn_network_forward(net, MANY, x, y));
    for (int i = 0; i < MANY; i++) {
        assert_true(y[i] == 0);
    }
    nndyn_network_free(net);
    free(x);
    free(y);
}

/* ---- evaluate ---------------------------------------------------------------------------------------------------- */

static nndyn_dataset *labeled(nndyn_context *context, int64_t n, int64_t inputs, const double *x, int64_t classes,
                              const int64_t *labels)
{
    nndyn_dataset *data;
    nt_ok(context, nndyn_dataset_create_labels(context, n, inputs, x, classes, labels, 1, &data));
    return data;
}

/* Mean loss and accuracy over more rows than a block has, in both precisions. */
static void test_evaluate(void **state)
{
    nndyn_network *net = network(*state, NNDYN_F64, IN), *small;
    nndyn_dataset *data, *rounded;
    double *x = malloc(MANY * IN * sizeof *x), *y = malloc(MANY * 4 * sizeof *y), *t = calloc(MANY * 4, sizeof *t);
    int64_t labels[MANY], hits = 0;
    double loss, accuracy, loss_f32, accuracy_f32;
    nt_normal(1, MANY * IN, x);
    nt_ok(net, nndyn_network_add_dense(net, 4, NNDYN_TANH));
    nt_ok(net, nndyn_network_set_loss(net, NNDYN_SOFTMAX_CROSS_ENTROPY));
    for (int i = 0; i < MANY; i++) {
        labels[i] = i % 4;
        t[i * 4 + i % 4] = 1;
    }
    const double want = twin_run(net, net->theta, NULL, (nd_mode){0}, MANY, x, t, y, NULL) / MANY;
    for (int i = 0; i < MANY; i++) {
        int best = 0;
        for (int j = 1; j < 4; j++) {
            best = y[i * 4 + j] > y[i * 4 + best] ? j : best;
        }
        hits += best == labels[i];
    }
    data = labeled(*state, MANY, IN, x, 4, labels);
    nt_ok(net, nndyn_network_evaluate(net, data, &loss, &accuracy));
    nt_near(loss, want, 1e-13);
    nt_near(accuracy, (double)hits / MANY, 1e-15);
    nt_ok(net, nndyn_network_copy(net, NNDYN_F32, &small));
    nt_ok(data, nndyn_dataset_convert(data, NNDYN_F32, &rounded));
    nt_ok(small, nndyn_network_evaluate(small, rounded, &loss_f32, &accuracy_f32));
    nt_near(loss_f32, want, 1e-5);
    nt_near(accuracy_f32, accuracy, 2.0 / MANY);
    loss = accuracy = 7;
    nt_ok(net, nndyn_network_evaluate(net, data, NULL, NULL));
    nt_ok(net, nndyn_network_evaluate(net, data, NULL, &accuracy));
    nt_near(accuracy, (double)hits / MANY, 1e-15);
    nt_ok(net, nndyn_network_evaluate(net, data, &loss, NULL));
    nt_near(loss, want, 1e-13);
    nndyn_dataset_free(data);
    nndyn_dataset_free(rounded);
    nndyn_network_free(net);
    nndyn_network_free(small);
    free(x);
    free(y);
    free(t);
}

static double accuracy_of(nndyn_context *context, int loss, const double *x, int64_t n, int64_t inputs, int64_t classes,
                          const int64_t *labels)
{
    nndyn_network *net = network(context, NNDYN_F64, inputs);
    nndyn_dataset *data = labeled(context, n, inputs, x, classes, labels);
    double accuracy = 7;
    nt_ok(net, nndyn_network_add_activation(net, NNDYN_IDENTITY, NULL)); /* outputs are the inputs */
    if (loss != 0) {
        nt_ok(net, nndyn_network_set_loss(net, loss));
    }
    nt_ok(net, nndyn_network_evaluate(net, data, NULL, &accuracy));
    nndyn_dataset_free(data);
    nndyn_network_free(net);
    return accuracy;
}

static void test_accuracy_rules(void **state)
{
    const double one[4] = {-1, 0.25, 0.75, 0.5}, ties[6] = {1, 1, 0, 0, 2, 2};
    const int64_t labels[4] = {0, 1, 1, 0}, second[2] = {1, 1}, first[2] = {0, 1};
    /* a single output: above 1/2, or above 0 where it is a logit */
    nt_near(accuracy_of(*state, NNDYN_SQUARED_ERROR, one, 4, 1, 2, labels), 0.75, 0);
    nt_near(accuracy_of(*state, 0, one, 4, 1, 2, labels), 0.75, 0);
    nt_near(accuracy_of(*state, NNDYN_BINARY_CROSS_ENTROPY, one, 4, 1, 2, labels), 0.75, 0);
    nt_near(accuracy_of(*state, NNDYN_HINGE, one, 3, 1, 2, labels), 1, 0);
    nt_near(accuracy_of(*state, NNDYN_SQUARED_ERROR, one, 3, 1, 2, labels), 2.0 / 3, 1e-15);
    /* the first of equal outputs */
    nt_near(accuracy_of(*state, 0, ties, 2, 3, 3, second), 0.5, 0);
    nt_near(accuracy_of(*state, 0, ties, 2, 3, 3, first), 1, 0);
}

static void test_evaluate_errors(void **state)
{
    nndyn_context *context = *state;
    nndyn_network *net = network(context, NNDYN_F64, 2);
    nndyn_dataset *plain, *classes, *narrow, *small;
    const double x[6] = {1, 2, 3, 4, 5, 6}, t[6] = {1, -1, 1, 1, 2, 3};
    const float xs[6] = {1, 2, 3, 4, 5, 6};
    const int64_t labels[3] = {0, 1, 2};
    double loss = 7, accuracy = 7;
    nt_ok(context, nndyn_dataset_create(context, 3, 2, x, 2, t, 1, &plain));
    nt_ok(context, nndyn_dataset_create(context, 6, 1, x, 1, t, 1, &narrow));
    nt_ok(context, nndyn_dataset_create_f32(context, 3, 2, xs, 2, xs, 1, &small));
    nt_ok(context, nndyn_dataset_create_labels(context, 3, 2, x, 3, labels, 1, &classes));
    nt_fails(NNDYN_ESTATE, net, "no layers", nndyn_network_evaluate(net, plain, &loss, NULL));
    nt_ok(net, nndyn_network_add_dense(net, 2, NNDYN_IDENTITY));
    nt_fails(NNDYN_ESTATE, net, "no loss", nndyn_network_evaluate(net, plain, &loss, NULL));
    nt_ok(net, nndyn_network_set_loss(net, NNDYN_NEGATIVE_LOG));
    nt_fails(NNDYN_EARG, net, "dataset", nndyn_network_evaluate(net, NULL, &loss, NULL));
    nt_fails(NNDYN_EARG, net, "precision", nndyn_network_evaluate(net, small, &loss, NULL));
    nt_fails(NNDYN_EARG, net, "1 inputs", nndyn_network_evaluate(net, narrow, &loss, NULL));
    nt_fails(NNDYN_EARG, net, "3 targets", nndyn_network_evaluate(net, classes, &loss, NULL));
    nt_fails(NNDYN_EARG, net, "3 classes", nndyn_network_evaluate(net, classes, NULL, &accuracy));
    nt_fails(NNDYN_EARG, net, "no labels", nndyn_network_evaluate(net, plain, &loss, &accuracy));
    const double negative[6] = {-1, 0, 0, 1, 0, 0};
    nt_ok(net, nndyn_network_set_parameters(net, 6, negative));
    nt_fails(NNDYN_ENUMERIC, net, "negative_log", nndyn_network_evaluate(net, plain, &loss, NULL));
    assert_true(loss == 7 && accuracy == 7);
    nndyn_dataset *all[] = {plain, classes, narrow, small};
    for (int i = 0; i < 4; i++) {
        nndyn_dataset_free(all[i]);
    }
    nndyn_network_free(net);
}

/* An activation that cancels what is running, itself included. */
static int give_up(void *user, int order, int64_t count, const double *z, double *values)
{
    (void)order;
    memcpy(values, z, (size_t)count * sizeof *values);
    return nndyn_context_cancel(user);
}

static void test_cancellation(void **state)
{
    nndyn_context *context = *state;
    nndyn_network *net = network(context, NNDYN_F64, 1);
    nndyn_dataset *data;
    double *x = calloc(MANY, sizeof *x), *y = calloc(MANY, sizeof *y), loss = 7;
    for (int i = 0; i < MANY; i++) {
        x[i] = 1;
    }
    nt_ok(net, nndyn_network_add_custom_activation(net, 1, give_up, context));
    nt_ok(net, nndyn_network_set_loss(net, NNDYN_SQUARED_ERROR));
    nt_ok(context, nndyn_dataset_create(context, MANY, 1, x, 1, x, 1, &data));
    nt_fails(NNDYN_ECANCELED, net, "", nndyn_network_forward(net, MANY, x, y));
    nt_fails(NNDYN_ECANCELED, net, "", nndyn_network_evaluate(net, data, &loss, NULL));
    assert_true(y[0] == 0 && loss == 7);
    nndyn_dataset_free(data);
    nndyn_network_free(net);
    free(x);
    free(y);
}

static void test_memory_limit(void **state)
{
    nndyn_context *context;
    nndyn_network *net;
    double *x = calloc(MANY, sizeof *x);
    (void)state;
    assert_int_equal(nndyn_context_create(&context), NNDYN_OK);
    net = network(context, NNDYN_F64, 1);
    nt_ok(net, nndyn_network_add_activation(net, NNDYN_COS, NULL));
    nt_ok(context, nndyn_context_set_memory_limit(context, 1000));
    nt_fails(NNDYN_ELIMIT, net, "limit", nndyn_network_forward(net, MANY, x, x));
    nt_ok(net, nndyn_network_forward(net, 1, x, x));
    assert_true(x[0] == 1);
    nndyn_network_free(net);
    nndyn_context_free(context);
    free(x);
}

/* The widest batch times the widest layers cannot be addressed; the workspace says so instead of wrapping around. */
static void test_sizes_beyond_memory(void **state)
{
    nndyn_network *net = network(*state, NNDYN_F64, INT32_MAX);
    nd_workspace_f64 *none = NULL;
    nt_ok(net, nndyn_network_add_activation(net, NNDYN_TANH, NULL));
    nt_ok(net, nndyn_network_add_activation(net, NNDYN_TANH, NULL));
    assert_true(nd_workspace_bytes_f64(net, INT32_MAX, 0) == INT64_MAX);
    nt_fails(NNDYN_ENOMEM, net, "addressed", nd_workspace_create_f64(net, net, INT32_MAX, 0, &none));
    nt_fails(NNDYN_EARG, net, "n", nd_workspace_create_f64(net, net, INT64_C(1) << 31, 0, &none));
    nt_fails(NNDYN_EARG, net, "n", nd_workspace_create_f64(net, net, 0, 0, &none));
    assert_null(none);
    nndyn_network_free(net);
}

static int evaluate_scenario(nt_allocator *a, void *user)
{
    nndyn_context *context = NULL;
    nndyn_network *net;
    double x[MANY] = {0}, y[MANY] = {0}, before[2], after[2];
    (void)user;
    nt_pause(a);
    assert_int_equal(nt_context_create(a, &context), NNDYN_OK);
    net = network(context, NNDYN_F64, 1);
    nt_ok(net, nndyn_network_add_dense(net, 1, NNDYN_COS));
    nt_ok(net, nndyn_network_get_parameters(net, 2, before));
    nt_resume(a);
    int status = nndyn_network_forward(net, 10, x, y);
    if (status == NNDYN_OK) {
        status = nndyn_network_forward(net, MANY, x, y);
    }
    nt_pause(a);
    nt_ok(net, nndyn_network_get_parameters(net, 2, after));
    nt_same(before, after, sizeof before);
    nndyn_network_free(net);
    nndyn_context_free(context);
    return status;
}

static void test_allocations(void **state)
{
    (void)state;
    nt_every_allocation(evaluate_scenario, NULL);
}

static int set_up(void **state)
{
    return nndyn_context_create((nndyn_context **)state);
}

static int tear_down(void **state)
{
    nndyn_context_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forward_in_blocks), cmocka_unit_test(test_forward_f32),
        cmocka_unit_test(test_forward_errors),    cmocka_unit_test(test_outputs_untouched),
        cmocka_unit_test(test_evaluate),          cmocka_unit_test(test_accuracy_rules),
        cmocka_unit_test(test_evaluate_errors),   cmocka_unit_test(test_cancellation),
        cmocka_unit_test(test_memory_limit),      cmocka_unit_test(test_sizes_beyond_memory),
        cmocka_unit_test(test_allocations),
    };
    return cmocka_run_group_tests_name("network: evaluate", tests, set_up, tear_down);
}
