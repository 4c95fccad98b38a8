/* test_basin_slice.c - principal directions of constructed clouds, slices against single predictions. */
#include "analysis/order_fixture.h"
#include "nndyn/basin.h"

/* ---- principal directions ---------------------------------------------------------------------------------------- */

enum { WIDTH = 3, CLOUD = 6 };

/* Samples m +- s_i q_i with orthonormal q_i: variances 2 s_i^2 / 5 along q_i, whatever m. */
static const double q[WIDTH * WIDTH] = {-29 / 39.0, 2 / 39.0,  26 / 39.0, 22 / 39.0, -19 / 39.0,
                                        26 / 39.0,  14 / 39.0, 34 / 39.0, 13 / 39.0};
static const double spread[WIDTH] = {1, 5, 0.01}, middle[WIDTH] = {100, -7, 0.25};

static nndyn_dataset *cloud(nndyn_context *c, const double *spreads)
{
    double x[CLOUD * WIDTH];
    nndyn_dataset *data = NULL;
    for (int i = 0; i < WIDTH; i++) {
        for (int j = 0; j < WIDTH; j++) {
            x[2 * i * WIDTH + j] = middle[j] + spreads[i] * q[i * WIDTH + j];
            x[(2 * i + 1) * WIDTH + j] = middle[j] - spreads[i] * q[i * WIDTH + j];
        }
    }
    nt_ok(c, nndyn_dataset_create(c, CLOUD, WIDTH, x, 0, NULL, 1, &data));
    return data;
}

static void test_axes(void **state)
{
    (void)state;
    static const int order[WIDTH] = {1, 0, 2}, sign[WIDTH] = {1, -1, 1}; /* the entry of largest size is positive */
    double mean[WIDTH], directions[WIDTH * WIDTH], variance[WIDTH], total, rounded[2 * WIDTH];
    nt_allocator a = {0};
    nndyn_context *c = nt_context(&a);
    nndyn_dataset *data = cloud(c, spread), *single = NULL;
    nt_ok(data, nndyn_basin_principal(data, WIDTH, NULL, mean, directions, variance, &total));
    nt_close(mean, middle, WIDTH, 1e-14, 0);
    nt_near(total, 0.4 * (1 + 25 + 1e-4), 1e-11);
    for (int i = 0; i < WIDTH; i++) {
        nt_near(variance[i], 0.4 * spread[order[i]] * spread[order[i]], 1e-12);
        for (int j = 0; j < WIDTH; j++) {
            nt_near(directions[i * WIDTH + j], sign[i] * q[order[i] * WIDTH + j], 1e-10);
        }
    }
    nt_ok(data, nndyn_dataset_convert(data, NNDYN_F32, &single));
    nt_ok(single, nndyn_basin_principal(single, 2, NULL, NULL, rounded, NULL, NULL));
    nt_close(rounded, directions, 2 * WIDTH, 0, 1e-5); /* 100 in 24 bits */
    nndyn_dataset_free(single);
    nndyn_dataset_free(data);
    nndyn_context_free(c);
    nt_no_leak(&a);
}

/* Directions without variance are still orthonormal. */
static void test_flat_cloud(void **state)
{
    (void)state;
    static const double flat[2][WIDTH] = {{3, 0, 0}, {0, 0, 0}};
    nt_allocator a = {0};
    nndyn_context *c = nt_context(&a);
    for (int k = 0; k < 2; k++) {
        double directions[WIDTH * WIDTH], variance[WIDTH], total;
        nndyn_dataset *data = cloud(c, flat[k]);
        nt_ok(data, nndyn_basin_principal(data, WIDTH, NULL, NULL, directions, variance, &total));
        nt_near(variance[0], 0.4 * flat[k][0] * flat[k][0], 1e-12);
        nt_near(variance[2], 0, 1e-20);
        nt_near(total, variance[0], 1e-12);
        for (int i = 0; i < WIDTH * WIDTH; i++) {
            double sum = 0;
            for (int j = 0; j < WIDTH; j++) {
                sum += directions[i / WIDTH * WIDTH + j] * directions[i % WIDTH * WIDTH + j];
            }
            nt_near(sum, i / WIDTH == i % WIDTH, 1e-12);
        }
        nndyn_dataset_free(data);
    }
    nndyn_context_free(c);
    nt_no_leak(&a);
}

/* What defines them, on 400 samples of 8 inputs: the covariance matrix takes each to variance times itself. */
static void test_covariance(void **state)
{
    (void)state;
    double directions[3 * NT_ORDER_INPUTS], variance[3], again[3 * NT_ORDER_INPUTS], mean[NT_ORDER_INPUTS];
    nt_allocator a = {0};
    nndyn_context *c = nt_context(&a);
    nt_order f = nt_order_open(c);
    nt_ok(f.data, nndyn_basin_principal(f.data, 3, NULL, mean, directions, variance, NULL));
    assert_true(variance[0] > variance[1] && variance[1] > variance[2]);
    for (int i = 0; i < 3; i++) {
        double image[NT_ORDER_INPUTS] = {0}, want[NT_ORDER_INPUTS];
        for (int s = 0; s < NT_ORDER_SAMPLES; s++) {
            double along = 0;
            for (int j = 0; j < NT_ORDER_INPUTS; j++) {
                along += (f.x[s * NT_ORDER_INPUTS + j] - mean[j]) * directions[i * NT_ORDER_INPUTS + j];
            }
            for (int j = 0; j < NT_ORDER_INPUTS; j++) {
                image[j] += along * (f.x[s * NT_ORDER_INPUTS + j] - mean[j]) / (NT_ORDER_SAMPLES - 1);
            }
        }
        for (int j = 0; j < NT_ORDER_INPUTS; j++) {
            want[j] = variance[i] * directions[i * NT_ORDER_INPUTS + j];
        }
        nt_close(image, want, NT_ORDER_INPUTS, 0, 1e-8);
    }
    nt_ok(c, nndyn_context_set_threads(c, 8));
    nt_ok(f.data, nndyn_basin_principal(f.data, 3, NULL, NULL, again, NULL, NULL));
    nt_same(directions, again, sizeof again);
    nt_order_close(&f);
    nndyn_context_free(c);
    nt_no_leak(&a);
}

/* ---- slices ------------------------------------------------------------------------------------------------------ */

enum { GRID = 31 * 20 * 7 };

/* Two outputs +-(w.x + b)/2, or one w.x + b: the margin is w.x + b + sum of t_i w.p_i, and the class its sign. */
static void test_line(void **state)
{
    (void)state;
    static const double single[] = {0.6, 0.8, -1}, pair[] = {-0.3, -0.4, 0.3, 0.4, 0.5, -0.5};
    static const double x[] = {2, 1}, p[] = {0.6, 0.8}, low = -3, high = 1;
    static const int64_t count = 41, one = 1;
    nt_allocator a = {0};
    nndyn_context *c = nt_context(&a);
    nndyn_options *o = NULL;
    nt_ok(c, nndyn_options_create(c, &o));
    for (int outputs = 1; outputs <= 2; outputs++) {
        nndyn_network *network = NULL;
        double margins[41], of_class[41];
        int64_t classes[41];
        nt_ok(c, nndyn_network_create(c, NNDYN_F64, 2, &network));
        nt_ok(network, nndyn_network_add_dense(network, outputs, NNDYN_IDENTITY));
        nt_ok(network, nndyn_network_set_loss(network, NNDYN_BINARY_CROSS_ENTROPY));
        nt_ok(network, nndyn_network_set_parameters(network, 3 * outputs, outputs == 1 ? single : pair));
        nt_ok(network, nndyn_basin_slice(network, x, 1, p, &low, &high, &count, NULL, classes, margins));
        for (int k = 0; k < 2; k++) {
            nt_ok(o, nndyn_options_set_integer(o, "label", k));
            nt_ok(network, nndyn_basin_slice(network, x, 1, p, &low, &high, &count, o, NULL, of_class));
            for (int i = 0; i < 41; i++) {
                const double want = 1 + -3 + 0.1 * i; /* w.x + b = 1, w.p = 1; the boundary falls between two points */
                if (i != 20) {
                    assert_int_equal(classes[i], want > 0);
                    nt_near(margins[i], fabs(want), 1e-14);
                }
                nt_near(of_class[i], k == 1 ? want : -want, 1e-14);
            }
        }
        nt_ok(network, nndyn_basin_slice(network, x, 1, p, &low, &high, &one, NULL, classes, margins));
        nt_near(margins[0], 2, 1e-14); /* low alone */
        nndyn_network_free(network);
    }
    nndyn_options_free(o);
    nndyn_context_free(c);
    nt_no_leak(&a);
}

/* A naive twin: each point by itself through the network. */
static void compare(nndyn_network *network, const double *x, const double *p, const double *low, const double *high,
                    const int64_t *counts, const int64_t *classes, const double *margins)
{
    for (int64_t i = 0; i < GRID; i++) {
        const int64_t at[3] = {i / (counts[1] * counts[2]), i / counts[2] % counts[1], i % counts[2]};
        double point[NT_ORDER_INPUTS], y[NT_ORDER_CLASSES], best = -1e300, second = -1e300;
        int64_t class = 0;
        for (int j = 0; j < NT_ORDER_INPUTS; j++) {
            point[j] = x[j];
            for (int k = 0; k < 3; k++) {
                const double t = low[k] + (high[k] - low[k]) * (double)at[k] / (double)(counts[k] - 1);
                point[j] += t * p[k * NT_ORDER_INPUTS + j];
            }
        }
        nt_ok(network, nndyn_network_forward(network, 1, point, y));
        for (int k = 0; k < NT_ORDER_CLASSES; k++) {
            class = y[k] > best ? k : class;
            second = y[k] > best ? best : y[k] > second ? y[k] : second;
            best = y[k] > best ? y[k] : best;
        }
        nt_near(margins[i], best - second, 1e-11);
        assert_true(classes[i] == class || best - second < 1e-11);
    }
}

static void test_network(void **state)
{
    (void)state;
    static const double low[] = {-6, -3, -1}, high[] = {6, 4, 2};
    static const int64_t counts[] = {31, 20, 7};
    double p[3 * NT_ORDER_INPUTS], *margins = malloc(2 * GRID * sizeof *margins);
    int64_t *classes = malloc(2 * GRID * sizeof *classes), seen[NT_ORDER_CLASSES] = {0};
    nt_allocator a = {0};
    nndyn_context *c = nt_context(&a);
    nndyn_network *single = NULL, *wide = NULL;
    nt_order f = nt_order_open(c);
    nt_order_train(&f, 100);
    nt_ok(f.data, nndyn_basin_principal(f.data, 3, NULL, NULL, p, NULL, NULL));
    nt_ok(f.network, nndyn_basin_slice(f.network, f.x, 3, p, low, high, counts, NULL, classes, margins));
    compare(f.network, f.x, p, low, high, counts, classes, margins);
    for (int i = 0; i < GRID; i++) {
        seen[classes[i]]++;
    }
    assert_true(seen[0] > 0 && seen[1] > 0 && seen[2] > 0 && seen[3] > 0);
    nt_ok(c, nndyn_context_set_threads(c, 8));
    nt_ok(f.network, nndyn_basin_slice(f.network, f.x, 3, p, low, high, counts, NULL, classes + GRID, margins + GRID));
    nt_same(classes, classes + GRID, GRID * sizeof *classes);
    nt_same(margins, margins + GRID, GRID * sizeof *margins);
    nt_ok(f.network, nndyn_network_copy(f.network, NNDYN_F32, &single));
    nt_ok(single, nndyn_network_copy(single, NNDYN_F64, &wide));
    nt_ok(single, nndyn_basin_slice(single, f.x, 3, p, low, high, counts, NULL, classes, margins));
    compare(wide, f.x, p, low, high, counts, classes, margins);
    nndyn_network_free(single);
    nndyn_network_free(wide);
    nt_order_close(&f);
    nndyn_context_free(c);
    free(margins);
    free(classes);
    nt_no_leak(&a);
}

/* ---- refusals ---------------------------------------------------------------------------------------------------- */

static void test_principal_errors(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_context *c = nt_context(&a);
    nndyn_dataset *data = cloud(c, spread), *one = NULL, *bad = NULL;
    nndyn_options *o = NULL;
    double lost[] = {1, 2, 3, 4};
    double out[2 * WIDTH] = {7};
    nt_ok(c, nndyn_options_create(c, &o));
    nt_ok(o, nndyn_options_set_integer(o, "count", 3));
    nt_ok(c, nndyn_dataset_create(c, 1, WIDTH, spread, 0, NULL, 1, &one));
    nt_ok(c, nndyn_dataset_create(c, 2, 2, lost, 0, NULL, 0, &bad));
    lost[3] = (double)NAN; /* the array is the caller's */
    assert_int_equal(nndyn_basin_principal(NULL, 1, NULL, NULL, out, NULL, NULL), NNDYN_EARG);
    nt_fails(NNDYN_EARG, data, "count", nndyn_basin_principal(data, 0, NULL, NULL, out, NULL, NULL));
    nt_fails(NNDYN_EARG, data, "count", nndyn_basin_principal(data, 4, NULL, NULL, out, NULL, NULL));
    nt_fails(NNDYN_EARG, data, "directions", nndyn_basin_principal(data, 1, NULL, NULL, NULL, NULL, NULL));
    nt_fails(NNDYN_EARG, one, "sample", nndyn_basin_principal(one, 1, NULL, NULL, out, NULL, NULL));
    nt_fails(NNDYN_EOPTION, data, "count", nndyn_basin_principal(data, 1, o, NULL, out, NULL, NULL));
    nt_fails(NNDYN_EDATA, bad, "row 1", nndyn_basin_principal(bad, 1, NULL, NULL, out, NULL, NULL));
    nt_ok(c, nndyn_context_set_memory_limit(c, 100));
    nt_fails(NNDYN_ELIMIT, data, "bytes", nndyn_basin_principal(data, 1, NULL, NULL, out, NULL, NULL));
    assert_true(out[0] == 7);
    nndyn_options_free(o);
    nndyn_dataset_free(bad);
    nndyn_dataset_free(one);
    nndyn_dataset_free(data);
    nndyn_context_free(c);
    nt_no_leak(&a);
}

static int stop(void *user, const char *task, double fraction)
{
    (void)task;
    (void)fraction;
    return ++*(int *)user > 0;
}

static void test_slice_errors(void **state)
{
    (void)state;
    static const double zero = 0, one = 1, nan[NT_ORDER_INPUTS] = {(double)NAN};
    static const int64_t few = 3, none = 0, large[] = {2000, 2000}, many[] = {2147483647, 2147483647, 2147483647};
    static const double p[3 * NT_ORDER_INPUTS] = {1}, ends[3] = {1}, large_weights[3] = {1e200, 1e200};
    nt_allocator a = {0};
    nndyn_context *c = nt_context(&a);
    nndyn_network *empty = NULL;
    nndyn_options *o = NULL;
    nt_order f = nt_order_open(c);
    nndyn_network *n = f.network;
    int64_t k[3] = {7, 7, 7};
    double m[3] = {7, 7, 7};
    int calls = 0;
    nt_ok(c, nndyn_options_create(c, &o));
    nt_ok(o, nndyn_options_set_integer(o, "label", NT_ORDER_CLASSES));
    nt_ok(c, nndyn_network_create(c, NNDYN_F64, 2, &empty));
    assert_int_equal(nndyn_basin_slice(NULL, f.x, 1, p, &zero, &one, &few, NULL, k, m), NNDYN_EARG);
    nt_fails(NNDYN_EARG, n, "x", nndyn_basin_slice(n, NULL, 1, p, &zero, &one, &few, NULL, k, m));
    nt_fails(NNDYN_EARG, n, "axes", nndyn_basin_slice(n, f.x, 0, p, &zero, &one, &few, NULL, k, m));
    nt_fails(NNDYN_EARG, n, "axes", nndyn_basin_slice(n, f.x, 4, p, &zero, &one, &few, NULL, k, m));
    nt_fails(NNDYN_EARG, n, "directions", nndyn_basin_slice(n, f.x, 1, NULL, &zero, &one, &few, NULL, k, m));
    nt_fails(NNDYN_EARG, n, "low", nndyn_basin_slice(n, f.x, 1, p, NULL, &one, &few, NULL, k, m));
    nt_fails(NNDYN_EARG, n, "high", nndyn_basin_slice(n, f.x, 1, p, &zero, NULL, &few, NULL, k, m));
    nt_fails(NNDYN_EARG, n, "counts", nndyn_basin_slice(n, f.x, 1, p, &zero, &one, NULL, NULL, k, m));
    nt_fails(NNDYN_EARG, n, "counts", nndyn_basin_slice(n, f.x, 1, p, &zero, &one, &none, NULL, k, m));
    nt_fails(NNDYN_EDATA, n, "x", nndyn_basin_slice(n, nan, 1, p, &zero, &one, &few, NULL, k, m));
    nt_fails(NNDYN_EDATA, n, "directions", nndyn_basin_slice(n, f.x, 1, nan, &zero, &one, &few, NULL, k, m));
    nt_fails(NNDYN_EDATA, n, "low", nndyn_basin_slice(n, f.x, 1, p, nan, &one, &few, NULL, k, m));
    nt_fails(NNDYN_EDATA, n, "high", nndyn_basin_slice(n, f.x, 1, p, &zero, nan, &few, NULL, k, m));
    nt_fails(NNDYN_EOPTION, n, "label", nndyn_basin_slice(n, f.x, 1, p, &zero, &one, &few, o, k, m));
    nt_fails(NNDYN_ESTATE, empty, "layer", nndyn_basin_slice(empty, f.x, 1, p, &zero, &one, &few, NULL, k, m));
    nt_fails(NNDYN_ELIMIT, n, "points", nndyn_basin_slice(n, f.x, 3, p, ends, ends, many, NULL, k, m));
    nt_ok(empty, nndyn_network_add_dense(empty, 1, NNDYN_IDENTITY));
    nt_ok(empty, nndyn_network_set_parameters(empty, 3, large_weights));
    nt_fails(NNDYN_ENUMERIC, empty, "finite",
             nndyn_basin_slice(empty, large_weights, 1, p, &zero, &one, &few, NULL, k, m));
    nt_ok(c, nndyn_context_set_memory_limit(c, 1000));
    nt_fails(NNDYN_ELIMIT, n, "bytes", nndyn_basin_slice(n, f.x, 1, p, &zero, &one, &few, NULL, k, m));
    nt_ok(c, nndyn_context_set_memory_limit(c, 0));
    nt_ok(c, nndyn_context_set_progress(c, stop, &calls));
    nt_fails(NNDYN_ECANCELED, n, "stopped", nndyn_basin_slice(n, f.x, 2, p, ends, ends, large, NULL, k, m));
    assert_int_equal(calls, 1);
    assert_true(k[0] == 7 && k[2] == 7 && m[0] == 7 && m[2] == 7);
    nndyn_options_free(o);
    nndyn_network_free(empty);
    nt_order_close(&f);
    nndyn_context_free(c);
    nt_no_leak(&a);
}

static int scenario(nt_allocator *a, void *user)
{
    const double x[2] = {0}, low[2] = {-1, -1}, high[2] = {1, 1};
    const int64_t counts[2] = {3, 2};
    const int single = user != NULL;
    nndyn_context *c = NULL;
    nndyn_network *n = NULL;
    nndyn_dataset *wide = NULL, *d = NULL;
    double p[4] = {7}, margins[6] = {7};
    nt_pause(a);
    assert_int_equal(nt_context_create(a, &c), NNDYN_OK);
    nt_ok(c, nndyn_network_create(c, single ? NNDYN_F32 : NNDYN_F64, 2, &n));
    nt_ok(n, nndyn_network_add_dense(n, 3, NNDYN_TANH));
    nt_ok(c, nndyn_dataset_create(c, 4, 2, q, 0, NULL, 1, &wide));
    nt_ok(wide, nndyn_dataset_convert(wide, single ? NNDYN_F32 : NNDYN_F64, &d));
    nt_resume(a);
    int status = nndyn_basin_principal(d, 2, NULL, NULL, p, NULL, NULL);
    assert_true(status == NNDYN_OK || p[0] == 7);
    if (status == NNDYN_OK) {
        status = nndyn_basin_slice(n, x, 2, p, low, high, counts, NULL, NULL, margins);
        assert_true(status == NNDYN_OK || margins[0] == 7);
    }
    nndyn_dataset_free(d);
    nndyn_dataset_free(wide);
    nndyn_network_free(n);
    nndyn_context_free(c);
    return status;
}

static void test_allocations(void **state)
{
    (void)state;
    int single = 1;
    nt_every_allocation(scenario, NULL);
    nt_every_allocation(scenario, &single);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_axes),
        cmocka_unit_test(test_flat_cloud),
        cmocka_unit_test(test_covariance),
        cmocka_unit_test(test_line),
        cmocka_unit_test(test_network),
        cmocka_unit_test(test_slice_errors),
        cmocka_unit_test(test_principal_errors),
        cmocka_unit_test(test_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
