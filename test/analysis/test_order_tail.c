/* Order of groups of neurons and of a network's tails. */
#include "analysis/order_fixture.h"
#include "support/fixture.h"
#include "nndyn/order.h"

enum { N = NT_ORDER_SAMPLES, K = NT_ORDER_CLASSES, WIDTH = NT_ORDER_WIDTH, CUTS = 3, COUNTS = NNDYN_ORDER_COUNTS };

/* Logits of a 8-16-16-4 tanh network by plain loops; activations above layer `cut` are left out. */
static void logits(const double *theta, const double *x, int cut, double *z)
{
    static const int width[] = {NT_ORDER_INPUTS, WIDTH, WIDTH, K};
    double a[WIDTH], h[WIDTH];
    memcpy(a, x, NT_ORDER_INPUTS * sizeof *a);
    for (int l = 1; l <= 3; l++) {
        const double *b = theta + width[l] * width[l - 1];
        for (int i = 0; i < width[l]; i++) {
            h[i] = b[i];
            for (int j = 0; j < width[l - 1]; j++) {
                h[i] += theta[i * width[l - 1] + j] * a[j];
            }
        }
        for (int i = 0; i < width[l]; i++) {
            a[i] = l <= cut ? tanh(h[i]) : h[i];
        }
        theta = b + width[l];
    }
    memcpy(z, a, K * sizeof *z);
}

static void tails_against_plain_loops(void **state)
{
    double theta[NT_ORDER_PARAMETERS], tau[CUTS * K], rho[CUTS * K], index[CUTS], h[N], g[N], want[2];
    int64_t cuts = 0, counts[COUNTS];
    (void)state;
    nt_order f = nt_order_open(context);
    nt_order_train(&f, 100);
    nt_ok(f.network, nndyn_order_tail(f.network, f.data, NULL, 0, NULL, NULL, NULL, &cuts));
    assert_int_equal(cuts, CUTS);
    nt_ok(f.network, nndyn_order_tail(f.network, f.data, NULL, CUTS, tau, rho, index, NULL));
    nt_ok(f.network, nndyn_network_get_parameters(f.network, NT_ORDER_PARAMETERS, theta));
    for (int cut = 0; cut < CUTS; cut++) {
        double mean = 0;
        for (int k = 0; k < K; k++) {
            for (int i = 0; i < N; i++) {
                double z[K];
                logits(theta, f.x + i * NT_ORDER_INPUTS, cut, z);
                h[i] = z[k];
                logits(theta, f.x + i * NT_ORDER_INPUTS, 3, z);
                g[i] = z[k];
            }
            nt_ok(context, nndyn_order_pairs(context, N, h, g, counts, &want[0], &want[1]));
            nt_near(tau[cut * K + k], want[0], 1e-12);
            nt_near(rho[cut * K + k], want[1], 1e-12);
            mean += want[0] / K;
        }
        nt_near(index[cut], mean, 1e-12);
    }
    assert_true(index[CUTS - 1] == 1); /* the last cut is the network itself */
    assert_true(index[0] < index[1] && index[1] < 1);
    nt_order_close(&f);
}

/* A group that is a whole layer with a row of the next weights: c is a logit but for its bias, s what is left of it
 * without the activation. */
static void groups_against_plain_loops(void **state)
{
    double theta[NT_ORDER_PARAMETERS], h[N], g[N], tau, rho, want[2];
    int64_t counts[COUNTS], naive[COUNTS];
    (void)state;
    nt_order f = nt_order_open(context);
    nt_order_train(&f, 100);
    nt_ok(f.network, nndyn_network_get_parameters(f.network, NT_ORDER_PARAMETERS, theta));
    const double *v = theta + NT_ORDER_W3 + 2 * WIDTH;
    for (int i = 0; i < N; i++) {
        double z[K];
        logits(theta, f.x + i * NT_ORDER_INPUTS, 1, z); /* the second activation left out */
        h[i] = z[2];
        logits(theta, f.x + i * NT_ORDER_INPUTS, 3, z);
        g[i] = z[2];
    }
    nt_ok(f.network, nndyn_order_group(f.network, f.data, 3, WIDTH, NULL, v, NULL, counts, &tau, &rho));
    nt_ok(context, nndyn_order_pairs(context, N, h, g, naive, &want[0], &want[1]));
    nt_same(counts, naive, sizeof counts);
    nt_near(tau, want[0], 1e-13);
    nt_near(rho, want[1], 1e-13);
    assert_true(counts[NNDYN_ORDER_DISCORDANT] > 0);
    /* a group of one monotone neuron never changes order; a negative reading reverses both sides */
    const int64_t unit = 5;
    nt_ok(f.network, nndyn_order_group(f.network, f.data, 1, 1, &unit, &(double){-3}, NULL, counts, &tau, NULL));
    assert_true(tau == 1);
    nt_order_close(&f);
}

/* A layer of two opposite neurons that fold the line: samples A (-2), B (0), A (2). */
static void a_fold(void **state)
{
    const double x[] = {-2, 0, 2}, w[] = {2, -2, 2, 2, 1, 1, 0}, ones[] = {1, 1};
    nndyn_network *net = NULL;
    nndyn_dataset *data = NULL;
    double tau = 0, index[2];
    int64_t counts[COUNTS];
    (void)state;
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, 1, &net));
    nt_ok(net, nndyn_network_add_dense(net, 2, NNDYN_TANH));
    nt_ok(net, nndyn_network_add_dense(net, 1, NNDYN_IDENTITY));
    nt_ok(net, nndyn_network_set_parameters(net, 7, w));
    nt_ok(context, nndyn_dataset_create(context, 3, 1, x, 0, NULL, 1, &data));
    /* s = 4 for all: the substitute has no order at all, which is what a fold does to it */
    nt_ok(net, nndyn_order_group(net, data, 1, 2, NULL, ones, NULL, counts, &tau, NULL));
    assert_int_equal(counts[NNDYN_ORDER_TIED_H] + counts[NNDYN_ORDER_TIED_BOTH], 3);
    assert_true(isnan(tau));
    nt_ok(net, nndyn_order_tail(net, data, NULL, 2, NULL, NULL, index, NULL));
    assert_true(isnan(index[0]) && index[1] == 1);
    nndyn_dataset_free(data);
    nndyn_network_free(net);
}

/* Single precision is widened; the first samples are those of a shorter data set. */
static void precision_and_samples(void **state)
{
    enum { FEW = 77 };
    double tau[CUTS * K], again[CUTS * K], narrow[CUTS * K];
    nndyn_options *options = NULL;
    nndyn_network *single = NULL, *wide = NULL;
    nndyn_dataset *data32 = NULL, *data64 = NULL, *few = NULL;
    (void)state;
    nt_order f = nt_order_open(context);
    nt_order_train(&f, 50);
    int64_t rows[FEW];
    for (int i = 0; i < FEW; i++) {
        rows[i] = i;
    }
    nt_ok(f.data, nndyn_dataset_select(f.data, FEW, rows, &few));
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_integer(options, "samples", FEW));
    nt_ok(f.network, nndyn_order_tail(f.network, f.data, options, CUTS, tau, NULL, NULL, NULL));
    nt_ok(f.network, nndyn_order_tail(f.network, few, NULL, CUTS, again, NULL, NULL, NULL));
    nt_same(tau, again, sizeof tau);
    nt_ok(f.network, nndyn_network_copy(f.network, NNDYN_F32, &single));
    nt_ok(single, nndyn_network_copy(single, NNDYN_F64, &wide));
    nt_ok(f.data, nndyn_dataset_convert(f.data, NNDYN_F32, &data32));
    nt_ok(data32, nndyn_dataset_convert(data32, NNDYN_F64, &data64));
    nt_ok(single, nndyn_order_tail(single, data32, NULL, CUTS, narrow, NULL, NULL, NULL));
    nt_ok(context, nndyn_context_set_threads(context, 8));
    nt_ok(wide, nndyn_order_tail(wide, data64, NULL, CUTS, tau, NULL, NULL, NULL));
    nt_same(tau, narrow, sizeof tau);
    nndyn_options_free(options);
    nndyn_dataset_free(few);
    nndyn_dataset_free(data32);
    nndyn_dataset_free(data64);
    nndyn_network_free(single);
    nndyn_network_free(wide);
    nt_order_close(&f);
}

static void bad_input(void **state)
{
    const double v[WIDTH] = {1, 2}, bad[] = {1, NAN};
    const int64_t two[] = {0, 1}, twice[] = {3, 3}, out[] = {0, WIDTH};
    double tau = 7, taus[CUTS * K] = {7};
    int64_t counts[COUNTS] = {7}, cuts = 7;
    nndyn_options *options = NULL;
    nndyn_network *empty = NULL;
    nndyn_dataset *other = NULL, *single = NULL;
    (void)state;
    nt_order f = nt_order_open(context);
#define GROUP(data, layer, count, units, v) \
    nndyn_order_group(f.network, data, layer, count, units, v, options, counts, &tau, NULL)
#define TAIL(net, data, room) nndyn_order_tail(net, data, options, room, taus, NULL, NULL, &cuts)
    nt_fails(NNDYN_EARG, f.network, "not an activation", GROUP(f.data, 0, WIDTH, NULL, v));
    nt_fails(NNDYN_EARG, f.network, "layer is 5", GROUP(f.data, 5, WIDTH, NULL, v));
    nt_fails(NNDYN_EARG, f.network, "count is 2", GROUP(f.data, 1, 2, NULL, v));
    nt_fails(NNDYN_EARG, f.network, "count is 0", GROUP(f.data, 1, 0, twice, v));
    nt_fails(NNDYN_EARG, f.network, "named twice", GROUP(f.data, 1, 2, twice, v));
    nt_fails(NNDYN_EARG, f.network, "units", GROUP(f.data, 1, 2, out, v));
    nt_fails(NNDYN_EARG, f.network, "v", GROUP(f.data, 1, WIDTH, NULL, NULL));
    nt_fails(NNDYN_EDATA, f.network, "v", GROUP(f.data, 1, 2, two, bad));
    nt_fails(NNDYN_EARG, f.network, "dataset", GROUP(NULL, 1, WIDTH, NULL, v));
    nt_fails(NNDYN_EARG, f.network, "dataset", TAIL(f.network, NULL, CUTS));
    nt_fails(NNDYN_EARG, f.network, "capacity is 2", TAIL(f.network, f.data, 2));
    nt_ok(context, nndyn_dataset_create(context, 1, NT_ORDER_INPUTS, f.x, 0, NULL, 1, &other));
    nt_fails(NNDYN_EARG, f.network, "samples", TAIL(f.network, other, CUTS));
    nndyn_dataset_free(other);
    nt_ok(context, nndyn_dataset_create(context, 8, 2, f.x, 0, NULL, 1, &other));
    nt_fails(NNDYN_EARG, f.network, "inputs", TAIL(f.network, other, CUTS));
    nt_ok(f.data, nndyn_dataset_convert(f.data, NNDYN_F32, &single));
    nt_fails(NNDYN_EARG, f.network, "precision", TAIL(f.network, single, CUTS));
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, 2, &empty));
    nt_fails(NNDYN_ESTATE, empty, "layers", TAIL(empty, other, CUTS));
    nt_ok(empty, nndyn_network_add_activation(empty, NNDYN_TANH, NULL));
    nt_fails(NNDYN_EUNSUPPORTED, empty, "dense", TAIL(empty, other, CUTS));
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_integer(options, "samples", N + 1));
    nt_fails(NNDYN_EOPTION, f.network, "samples", TAIL(f.network, f.data, CUTS));
    nndyn_options_free(options);
    options = NULL;
    nt_ok(context, nndyn_context_set_memory_limit(context, 1000));
    nt_fails(NNDYN_ELIMIT, f.network, "limit", TAIL(f.network, f.data, CUTS));
    nt_fails(NNDYN_ELIMIT, f.network, "limit", GROUP(f.data, 1, WIDTH, NULL, v));
    assert_true(tau == 7 && taus[0] == 7 && counts[0] == 7 && cuts == 7);
    nndyn_dataset_free(other);
    nndyn_dataset_free(single);
    nndyn_network_free(empty);
    nt_order_close(&f);
}

static int all_calls(nt_allocator *a, void *user)
{
    const double x[] = {-2, 0, 2, 1}, v[] = {1, 1};
    const int64_t units[] = {0, 1};
    double tau[2];
    nndyn_context *inner = NULL;
    nndyn_network *net = NULL;
    nndyn_dataset *data = NULL;
    (void)user;
    nt_pause(a);
    nt_ok(inner, nt_context_create(a, &inner));
    nt_ok(inner, nndyn_network_create(inner, NNDYN_F64, 1, &net));
    nt_ok(net, nndyn_network_add_dense(net, 2, NNDYN_TANH));
    nt_ok(net, nndyn_network_add_dense(net, 1, NNDYN_IDENTITY));
    nt_ok(net, nndyn_network_initialize(net, 3));
    nt_ok(inner, nndyn_dataset_create(inner, 4, 1, x, 0, NULL, 1, &data));
    nt_resume(a);
    int status = nndyn_order_group(net, data, 1, 2, units, v, NULL, NULL, tau, NULL);
    if (status == NNDYN_OK) {
        status = nndyn_order_tail(net, data, NULL, 2, tau, NULL, NULL, NULL);
    }
    nndyn_dataset_free(data);
    nndyn_network_free(net);
    nndyn_context_free(inner);
    return status;
}

static void every_allocation(void **state)
{
    (void)state;
    nt_every_allocation(all_calls, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tails_against_plain_loops, set_up, tear_down),
        cmocka_unit_test_setup_teardown(groups_against_plain_loops, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_fold, set_up, tear_down),
        cmocka_unit_test_setup_teardown(precision_and_samples, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_input, set_up, tear_down),
        cmocka_unit_test(every_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
