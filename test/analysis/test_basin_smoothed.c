/* test_basin_smoothed.c - the smoothed classifier against linear decisions and templates.
 *
 * Seeds are fixed; bands of shares are 4 standard errors (missed once in 16000), those of margins as stated. */
#include "analysis/order_fixture.h"
#include "nndyn/basin.h"

static double phi(double x)
{
    return exp(-0.5 * x * x) / sqrt(2 * acos(-1.0));
}

static double cdf(double x)
{
    return 0.5 * erfc(-x / sqrt(2.0));
}

/* Probability of at least k among n. */
static double tail(int64_t k, int64_t n, double p)
{
    double sum = 0;
    for (int64_t i = k; i <= n; i++) {
        sum += exp(lgamma((double)n + 1) - lgamma((double)i + 1) - lgamma((double)(n - i) + 1) + (double)i * log(p) +
                   (double)(n - i) * log1p(-p));
    }
    return sum;
}

static nndyn_options *options_of(nndyn_context *c, int64_t draws, double level)
{
    nndyn_options *o = NULL;
    nt_ok(c, nndyn_options_create(c, &o));
    nt_ok(o, nndyn_options_set_integer(o, "draws", draws));
    nt_ok(o, nndyn_options_set_double(o, "level", level));
    return o;
}

static nndyn_network *linear(nndyn_context *c, int64_t inputs, int64_t outputs, const double *theta)
{
    nndyn_network *network = NULL;
    nt_ok(c, nndyn_network_create(c, NNDYN_F64, inputs, &network));
    nt_ok(network, nndyn_network_add_dense(network, outputs, NNDYN_IDENTITY));
    nt_ok(network, nndyn_network_set_loss(network, NNDYN_BINARY_CROSS_ENTROPY));
    nt_ok(network, nndyn_network_set_parameters(network, (inputs + 1) * outputs, theta));
    return network;
}

/* sign(w.x + b): the margin read back is the distance m = |w.x + b| / |w|, here 1.36121, at any sigma.  At 0.5 and 4e5
 * draws its standard error is sigma sqrt(A (1 - A) / n) / phi(m / sigma) = 0.0046; three of them. */
static void test_line(void **state)
{
    (void)state;
    static const double theta[] = {0.6, 0.8, 0.36121}, x[] = {0.6, 0.8, -1.0, -1.0}, sigma[] = {0.5, 1, 2};
    static const int64_t labels[] = {1, 1};
    nt_allocator a = {0};
    nndyn_context *c = nt_context(&a);
    nndyn_network *network = linear(c, 2, 1, theta);
    nndyn_dataset *data = NULL, *plain = NULL;
    nndyn_options *o = options_of(c, 400000, 0.99);
    nt_ok(c, nndyn_dataset_create_labels(c, 2, 2, x, 2, labels, 1, &data));
    nt_ok(c, nndyn_dataset_create(c, 2, 2, x, 0, NULL, 1, &plain));
    for (int i = 0; i < 3; i++) {
        const double m[] = {1.36121, 0.36121 - 1.4}; /* the second is of the other class than its label */
        double margin[2], radius[2], low[2], share[2], of_class[2];
        int64_t classes[2];
        const int64_t draws = i == 0 ? 400000 : 20000;
        nt_ok(o, nndyn_options_set_integer(o, "draws", draws));
        nt_ok(network, nndyn_basin_smoothed(network, data, sigma[i], o, classes, share, low, radius, margin));
        assert_true(classes[0] == 1 && classes[1] == 0);
        for (int s = 0; s < 2; s++) {
            const double p = cdf(m[s] / sigma[i]), se = sqrt(p * (1 - p) / (double)draws);
            nt_near(margin[s], m[s], 3 * sigma[i] * se / phi(m[s] / sigma[i]));
            nt_near(share[s], s == 0 ? p : 1 - p, 4 * se);
            nt_near(cdf(radius[s] / sigma[i]), low[s], 1e-12);
            assert_true(low[s] < share[s] && radius[s] > 0 && radius[s] < fabs(m[s]));
        }
        if (i > 0) {
            nt_ok(network, nndyn_basin_smoothed(network, plain, sigma[i], o, NULL, NULL, NULL, NULL, of_class));
            nt_near(of_class[1], -margin[1], 1e-12); /* of the class chosen */
        }
    }
    nndyn_options_free(o);
    nndyn_dataset_free(plain);
    nndyn_dataset_free(data);
    nndyn_network_free(network);
    nndyn_context_free(c);
    nt_no_leak(&a);
}

/* The bound is the p at which so many hits or more have probability 1 - level; all hits give 1 - level to the 1/n; far
 * too near the boundary it abstains. */
static void test_bound(void **state)
{
    (void)state;
    static const double theta[] = {1, 0}, x[] = {0.5, 100, 0.001};
    static const int64_t labels[] = {1, 0, 1};
    nt_allocator a = {0};
    nndyn_context *c = nt_context(&a);
    nndyn_network *network = linear(c, 1, 1, theta);
    nndyn_dataset *data = NULL;
    nndyn_options *o = options_of(c, 300, 0.99);
    double share[3], low[3], radius[3], margin[3];
    int64_t classes[3];
    nt_ok(c, nndyn_dataset_create_labels(c, 3, 1, x, 2, labels, 1, &data));
    nt_ok(network, nndyn_basin_smoothed(network, data, 1, o, classes, share, low, radius, margin));
    nt_near(tail((int64_t)lround(300 * share[0]), 300, low[0]), 0.01, 1e-9);
    assert_true(share[0] < 1 && share[1] == 1);
    nt_near(low[1], pow(0.01, 1.0 / 300), 1e-12);
    assert_true(classes[1] == 1 && isinf(margin[1]) && margin[1] < 0); /* never right */
    assert_true(low[2] < 0.5 && radius[2] == 0 && fabs(margin[2]) < 0.5);
    nndyn_options_free(o);
    nndyn_dataset_free(data);
    nndyn_network_free(network);
    nndyn_context_free(c);
    nt_no_leak(&a);
}

/* K templates z_k = x_k at x = m e_0: P = integral of phi(t) Phi(t + m / sigma)^(K - 1), by the trapezoidal rule. */
static double templates(int k, double ratio)
{
    double sum = 0;
    for (int i = -4000; i <= 4000; i++) {
        const double t = 0.003 * i;
        sum += 0.003 * phi(t) * pow(cdf(t + ratio), k - 1);
    }
    return sum;
}

static void test_templates(void **state)
{
    (void)state;
    static const struct {
        int k;
        double ratio, p;
    } rows[] = {{3, 0.5565199213, 0.5},   {5, 1.0192517245, 0.5}, {10, 1.4748272590, 0.5}, {20, 1.8351605335, 0.5},
                {100, 2.4969060803, 0.5}, {2, 1.0, 0.7602499389}, {10, 1.0, 0.3409357687}};
    enum { DRAWS = 6000, MOST = 100 };
    nt_allocator a = {0};
    nndyn_context *c = nt_context(&a);
    nndyn_options *o = options_of(c, DRAWS, 0.999), *once = NULL;
    nt_ok(c, nndyn_options_create(c, &once));
    nt_ok(once, nndyn_options_set_integer(once, "draws", DRAWS));
    nt_ok(once, nndyn_options_set_integer(once, "classes", 0));
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        const int k = rows[r].k;
        const int64_t label = 0;
        double *theta = calloc((size_t)k * ((size_t)k + 1), sizeof *theta), x[MOST] = {rows[r].ratio}, margin, radius;
        nndyn_dataset *data = NULL;
        nndyn_basin *basin = NULL;
        for (int i = 0; i < k; i++) {
            theta[i * k + i] = 1;
        }
        nndyn_network *network = linear(c, k, k, theta);
        nt_near(templates(k, rows[r].ratio), rows[r].p, 2e-10);
        nt_ok(c, nndyn_dataset_create_labels(c, 1, k, x, k, &label, 1, &data));
        nt_ok(network, nndyn_basin_smoothed(network, data, 1, o, NULL, NULL, NULL, NULL, &margin));
        nt_near(cdf(margin), rows[r].p, 4 * sqrt(rows[r].p * (1 - rows[r].p) / DRAWS));
        /* The radius at theta = p is sigma = 1; the band is that of A over its slope, which is above 0.1 here. */
        nt_ok(once, nndyn_options_set_double(once, "theta", rows[r].p));
        nt_ok(network, nndyn_basin_sample(network, data, once, &basin));
        nt_ok(basin, nndyn_basin_get(basin, 0, "radius", &radius));
        nt_near(radius, 1, 4 * sqrt(rows[r].p * (1 - rows[r].p) / DRAWS) / 0.1);
        nndyn_basin_free(basin);
        nndyn_dataset_free(data);
        nndyn_network_free(network);
        free(theta);
    }
    nndyn_options_free(once);
    nndyn_options_free(o);
    nndyn_context_free(c);
    nt_no_leak(&a);
}

/* One and eight threads, either precision; noisy inputs clipped to a point give the class there. */
static void test_threads(void **state)
{
    (void)state;
    enum { N = NT_ORDER_SAMPLES };
    double *got = malloc(4 * N * sizeof *got), y[NT_ORDER_CLASSES];
    int64_t *classes = malloc(2 * N * sizeof *classes);
    nt_allocator a = {0};
    nndyn_context *c = nt_context(&a);
    nt_order f = nt_order_open(c);
    nndyn_options *o = options_of(c, 150, 0.95);
    nndyn_network *single = NULL;
    nndyn_dataset *data = NULL;
    nt_order_train(&f, 100);
    nt_ok(f.network, nndyn_network_copy(f.network, NNDYN_F32, &single));
    nt_ok(f.data, nndyn_dataset_convert(f.data, NNDYN_F32, &data));
    for (int k = 0; k < 2; k++) {
        nndyn_network *network = k ? single : f.network;
        nndyn_dataset *with = k ? data : f.data;
        nt_ok(c, nndyn_context_set_threads(c, 1));
        nt_ok(network, nndyn_basin_smoothed(network, with, 0.7, o, classes, NULL, got, got + N, NULL));
        nt_ok(c, nndyn_context_set_threads(c, 8));
        nt_ok(network, nndyn_basin_smoothed(network, with, 0.7, o, classes + N, NULL, got + 2 * N, got + 3 * N, NULL));
        nt_same(got, got + 2 * N, 2 * N * sizeof *got);
        nt_same(classes, classes + N, N * sizeof *classes);
    }
    const double point[NT_ORDER_INPUTS] = {0};
    int64_t best = 0;
    nt_ok(f.network, nndyn_network_forward(f.network, 1, point, y));
    for (int k = 1; k < NT_ORDER_CLASSES; k++) {
        best = y[k] > y[best] ? k : best;
    }
    nt_ok(o, nndyn_options_set_integer(o, "clip", 1));
    nt_ok(o, nndyn_options_set_double(o, "clip_low", -1e-9));
    nt_ok(o, nndyn_options_set_double(o, "clip_high", 1e-9));
    nt_ok(f.network, nndyn_basin_smoothed(f.network, f.data, 0.7, o, classes, got, NULL, NULL, NULL));
    assert_true(classes[0] == best && classes[N - 1] == best && got[7] == 1);
    nndyn_options_free(o);
    nndyn_dataset_free(data);
    nndyn_network_free(single);
    nt_order_close(&f);
    nndyn_context_free(c);
    free(classes);
    free(got);
    nt_no_leak(&a);
}

static int stop(void *user, const char *task, double fraction)
{
    (void)task;
    (void)fraction;
    return ++*(int *)user > 0;
}

static void test_errors(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_context *c = nt_context(&a);
    nt_order f = nt_order_open(c);
    nndyn_network *n = f.network, *single = NULL, *empty = NULL;
    nndyn_dataset *bad = NULL, *narrow = NULL;
    nndyn_options *o = options_of(c, 100000, 0.99), *wrong = options_of(c, 10, 0.5), *clip = options_of(c, 10, 0.9);
    double lost[NT_ORDER_INPUTS] = {0}, r[NT_ORDER_SAMPLES] = {7};
    int calls = 0;
    nt_ok(clip, nndyn_options_set_integer(clip, "clip", 1));
    nt_ok(clip, nndyn_options_set_double(clip, "clip_low", 1));
    nt_ok(c, nndyn_dataset_create(c, 1, NT_ORDER_INPUTS, lost, 0, NULL, 0, &bad));
    nt_ok(c, nndyn_dataset_create(c, 2, 4, lost, 0, NULL, 1, &narrow));
    lost[3] = (double)INFINITY; /* the array of `bad` is the caller's */
    nt_ok(n, nndyn_network_copy(n, NNDYN_F32, &single));
    nt_ok(c, nndyn_network_create(c, NNDYN_F64, NT_ORDER_INPUTS, &empty));
    assert_int_equal(nndyn_basin_smoothed(NULL, f.data, 1, NULL, NULL, NULL, NULL, r, NULL), NNDYN_EARG);
    nt_fails(NNDYN_EARG, n, "dataset", nndyn_basin_smoothed(n, NULL, 1, NULL, NULL, NULL, NULL, r, NULL));
    nt_fails(NNDYN_EARG, n, "sigma", nndyn_basin_smoothed(n, f.data, 0, NULL, NULL, NULL, NULL, r, NULL));
    nt_fails(NNDYN_EARG, n, "inputs", nndyn_basin_smoothed(n, narrow, 1, NULL, NULL, NULL, NULL, r, NULL));
    nt_fails(NNDYN_EARG, single, "precision", nndyn_basin_smoothed(single, f.data, 1, NULL, NULL, NULL, NULL, r, NULL));
    nt_fails(NNDYN_EDATA, n, "row 0", nndyn_basin_smoothed(n, bad, 1, NULL, NULL, NULL, NULL, r, NULL));
    nt_fails(NNDYN_ESTATE, empty, "layer", nndyn_basin_smoothed(empty, f.data, 1, NULL, NULL, NULL, NULL, r, NULL));
    nt_fails(NNDYN_EOPTION, n, "level", nndyn_basin_smoothed(n, f.data, 1, wrong, NULL, NULL, NULL, r, NULL));
    nt_fails(NNDYN_EOPTION, n, "clip_low", nndyn_basin_smoothed(n, f.data, 1, clip, NULL, NULL, NULL, r, NULL));
    nt_fails(NNDYN_ENUMERIC, n, "finite", nndyn_basin_smoothed(n, f.data, 1e308, NULL, NULL, NULL, NULL, r, NULL));
    nt_ok(c, nndyn_context_set_memory_limit(c, 1000));
    nt_fails(NNDYN_ELIMIT, n, "bytes", nndyn_basin_smoothed(n, f.data, 1, NULL, NULL, NULL, NULL, r, NULL));
    nt_ok(c, nndyn_context_set_memory_limit(c, 0));
    nt_ok(c, nndyn_context_set_progress(c, stop, &calls));
    nt_fails(NNDYN_ECANCELED, n, "stopped", nndyn_basin_smoothed(n, f.data, 1, o, NULL, NULL, NULL, r, NULL));
    assert_true(calls == 1 && r[0] == 7);
    nndyn_options_free(clip);
    nndyn_options_free(wrong);
    nndyn_options_free(o);
    nndyn_dataset_free(narrow);
    nndyn_dataset_free(bad);
    nndyn_network_free(empty);
    nndyn_network_free(single);
    nt_order_close(&f);
    nndyn_context_free(c);
    nt_no_leak(&a);
}

static int scenario(nt_allocator *a, void *user)
{
    static const double x[] = {1, 2};
    (void)user;
    nndyn_context *c = NULL;
    nndyn_network *n = NULL;
    nndyn_dataset *d = NULL;
    double radius = 7;
    nt_pause(a);
    assert_int_equal(nt_context_create(a, &c), NNDYN_OK);
    nt_ok(c, nndyn_network_create(c, NNDYN_F64, 2, &n));
    nt_ok(n, nndyn_network_add_dense(n, 2, NNDYN_TANH));
    nt_ok(c, nndyn_dataset_create(c, 1, 2, x, 0, NULL, 1, &d));
    nt_resume(a);
    const int status = nndyn_basin_smoothed(n, d, 1, NULL, NULL, NULL, NULL, &radius, NULL);
    assert_true(status == NNDYN_OK || radius == 7);
    nndyn_dataset_free(d);
    nndyn_network_free(n);
    nndyn_context_free(c);
    return status;
}

static void test_allocations(void **state)
{
    (void)state;
    nt_every_allocation(scenario, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_line),      cmocka_unit_test(test_bound),
                                       cmocka_unit_test(test_templates), cmocka_unit_test(test_threads),
                                       cmocka_unit_test(test_errors),    cmocka_unit_test(test_allocations)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
