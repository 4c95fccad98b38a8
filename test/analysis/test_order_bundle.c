/* Bundles of neurons on one projection: closed forms, kinks, dense scans, verdicts on samples. */
#include "support/fixture.h"
#include "nndyn/network.h"
#include "nndyn/order.h"

enum { ROOM = 16 };

typedef struct found {
    double positions[ROOM], values[ROOM];
    int64_t count;
    int verdict, certain;
} found;

static found bundle(int activation, int64_t units, const double *w, const double *b, const double *v,
                    const nndyn_options *options)
{
    found f = {.count = -1};
    nt_ok(context, nndyn_order_bundle(context, units, w, b, v, activation, options, ROOM, f.positions, f.values,
                                      &f.count, &f.verdict, &f.certain));
    return f;
}

static nndyn_options *interval(double low, double high)
{
    nndyn_options *options = NULL;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_double(options, "low", low));
    nt_ok(options, nndyn_options_set_double(options, "high", high));
    return options;
}

/* tanh(w1 h + b1) + tanh(-w2 h + b2) */
static found tanh_pair(double w1, double b1, double w2, double b2)
{
    return bundle(NNDYN_TANH, 2, (const double[]){w1, -w2}, (const double[]){b1, b2}, (const double[]){1, 1}, NULL);
}

static void two_tanh_neurons(void **state)
{
    (void)state;
    found f = tanh_pair(2, 1, 2, 1);
    assert_int_equal(f.count, 1);
    nt_near(f.positions[0], 0, 1e-15);
    nt_near(f.values[0], 1.523188311911529, 1e-12);
    assert_int_equal(f.verdict, NNDYN_ORDER_NON_PRESERVING);
    assert_int_equal(f.certain, 1);
    f = tanh_pair(1, 0, 3, 1);
    assert_int_equal(f.count, 2);
    nt_near(f.positions[0], -0.0492330371363, 1e-12);
    nt_near(f.positions[1], 0.836802573791, 1e-12);
    assert_int_equal(f.verdict, NNDYN_ORDER_NON_PRESERVING);
    f = tanh_pair(0.7, 1.3, 0.7, -0.2); /* h* = (b2 - b1)/(2w), 2 tanh((b1 + b2)/2) */
    nt_near(f.positions[0], -1.5 / 1.4, 1e-14);
    nt_near(f.values[0], 2 * tanh(0.55), 1e-14);
    f = tanh_pair(0.7, 1.3, 0.7, -1.3); /* y = 0 */
    assert_int_equal(f.count, 0);
    assert_int_equal(f.verdict, NNDYN_ORDER_CONSTANT);
    f = tanh_pair(1, 1, -2, 0.5); /* Lemma 1 */
    assert_int_equal(f.count, 0);
    assert_int_equal(f.verdict, NNDYN_ORDER_STRICT);
    f = tanh_pair(-1, 1, 2, 0.5);
    assert_int_equal(f.verdict, NNDYN_ORDER_REVERSED);
}

/* Read-out weights of other sizes: no extremum where the steeper term never wins. */
static void pairs_with_unequal_readout(void **state)
{
    (void)state;
    const double w[] = {1, 1}, b[] = {0.5, -0.5};
    found f = bundle(NNDYN_TANH, 2, w, b, (const double[]){10, -1}, NULL);
    assert_int_equal(f.verdict, NNDYN_ORDER_STRICT); /* ln 10 > 2 |b1 - b2| / 2 */
    f = bundle(NNDYN_TANH, 2, w, b, (const double[]){-10, 1}, NULL);
    assert_int_equal(f.verdict, NNDYN_ORDER_REVERSED);
    f = bundle(NNDYN_TANH, 2, w, b, (const double[]){1.5, -1}, NULL);
    assert_int_equal(f.count, 1);
    const double h = f.positions[0];
    nt_near(1.5 / pow(cosh(h + 0.5), 2) - 1 / pow(cosh(h - 0.5), 2), 0, 1e-14);
    f = bundle(NNDYN_TANH, 2, (const double[]){1, 2}, (const double[]){0, 0}, (const double[]){3, -1}, NULL);
    assert_int_equal(f.verdict, NNDYN_ORDER_STRICT); /* y'(0) = 3 - 2 */
    f = bundle(NNDYN_TANH, 2, (const double[]){1, 2}, (const double[]){0, 0}, (const double[]){1, -1}, NULL);
    assert_int_equal(f.count, 2);
    nt_near(f.positions[0], -f.positions[1], 1e-14);
    /* far out, where both are saturated to rounding: cosh(w2 h) sqrt(w1) = cosh(w1 h + 2) sqrt(w2) */
    f = tanh_pair(1, 2, 1.0001, 0);
    assert_int_equal(f.count, 2);
    nt_near(f.positions[1], (2 + 0.5 * log(1.0001)) / 0.0001, 1e-4);
}

static void sigmoid_is_a_tanh_of_half_the_field(void **state)
{
    (void)state;
    const double w[] = {2, -6}, b[] = {0, 2}, v[] = {1, 1};
    const found f = bundle(NNDYN_SIGMOID, 2, w, b, v, NULL);
    assert_int_equal(f.count, 2);
    nt_near(f.positions[0], -0.0492330371363, 1e-12);
    nt_near(f.positions[1], 0.836802573791, 1e-12);
}

static void rectifiers(void **state)
{
    (void)state;
    found f = bundle(NNDYN_RELU, 2, (const double[]){1, 1}, (const double[]){0, -1}, (const double[]){1, -0.5}, NULL);
    assert_int_equal(f.count, 0); /* slopes 0, 1, 1/2 */
    assert_int_equal(f.verdict, NNDYN_ORDER_WEAK);
    f = bundle(NNDYN_RELU, 2, (const double[]){1, 1}, (const double[]){0, -1}, (const double[]){1, -3}, NULL);
    assert_int_equal(f.count, 1); /* slopes 0, 1, -2 */
    assert_true(f.positions[0] == 1 && f.values[0] == 1);
    assert_int_equal(f.verdict, NNDYN_ORDER_NON_PRESERVING);
    /* a trapezoid: slopes 0, 1, 0, -1, 0; the top is its middle */
    f = bundle(NNDYN_RELU, 4, (const double[]){1, 1, 1, 1}, (const double[]){0, -1, -2, -3},
               (const double[]){1, -1, -1, 1}, NULL);
    assert_int_equal(f.count, 1);
    assert_true(f.positions[0] == 1.5 && f.values[0] == 1);
    f = bundle(NNDYN_RELU, 2, (const double[]){1, -1}, (const double[]){0, 0}, (const double[]){1, -1}, NULL);
    assert_int_equal(f.verdict, NNDYN_ORDER_STRICT); /* relu(h) - relu(-h) = h */
    f = bundle(NNDYN_RELU, 2, (const double[]){1, -1}, (const double[]){0, 0}, (const double[]){1, 1}, NULL);
    assert_int_equal(f.count, 1); /* |h| */
    assert_true(f.positions[0] == 0);
    f = bundle(NNDYN_LEAKY_RELU, 2, (const double[]){1, 1}, (const double[]){0, -1}, (const double[]){1, -3}, NULL);
    assert_int_equal(f.count, 2); /* slopes -0.02, 0.97, -2 */
    assert_true(f.positions[0] == 0 && f.positions[1] == 1);
    f = bundle(NNDYN_IDENTITY, 2, (const double[]){1, 2}, (const double[]){5, 0}, (const double[]){2, -1}, NULL);
    assert_int_equal(f.verdict, NNDYN_ORDER_CONSTANT);
    nndyn_options *options = interval(1.5, 4);
    f = bundle(NNDYN_RELU, 2, (const double[]){1, 1}, (const double[]){0, -1}, (const double[]){1, -3}, options);
    assert_int_equal(f.verdict, NNDYN_ORDER_REVERSED);
    nndyn_options_free(options);
}

/* Sign changes of y' on a dense grid, by the library's derivative of one neuron at a time. */
static int64_t scan(int activation, int64_t units, const double *w, const double *b, const double *v, double low,
                    double high, double *at)
{
    enum { POINTS = 40001 };
    double *z = malloc(POINTS * sizeof *z), *g = malloc(POINTS * sizeof *g), *y = calloc(POINTS, sizeof *y);
    double last = 0;
    int64_t count = 0;
    for (int64_t j = 0; j < units; j++) {
        for (int i = 0; i < POINTS; i++) {
            z[i] = w[j] * (low + (high - low) * i / (POINTS - 1)) + b[j];
        }
        nt_ok(context, nndyn_activation_evaluate(context, activation, NULL, 1, POINTS, z, g));
        for (int i = 0; i < POINTS; i++) {
            y[i] += v[j] * w[j] * g[i];
        }
    }
    for (int i = 0; i < POINTS; i++) {
        if (y[i] * last < 0 && count < ROOM) {
            at[count++] = low + (high - low) * (i - 0.5) / (POINTS - 1);
        }
        last = y[i] != 0 ? y[i] : last;
    }
    free(z);
    free(g);
    free(y);
    return count;
}

static void any_activation_against_a_dense_scan(void **state)
{
    static const int kinds[] = {NNDYN_TANH,       NNDYN_SIGMOID,  NNDYN_ERF,       NNDYN_ARCTAN, NNDYN_SOFTSIGN,
                                NNDYN_ISRU,       NNDYN_SOFTPLUS, NNDYN_SILU,      NNDYN_GELU,   NNDYN_EXP,
                                NNDYN_SIN,        NNDYN_COS,      NNDYN_ABS_POWER, NNDYN_ELU,    NNDYN_RELU,
                                NNDYN_LEAKY_RELU, NNDYN_IDENTITY};
    enum { KINDS = sizeof kinds / sizeof *kinds, UNITS = 5, DRAWS = 6 };
    nndyn_options *options = interval(-3, 3);
    int64_t folded = 0;
    (void)state;
    for (int k = 0; k < KINDS; k++) {
        for (int d = 0; d < DRAWS; d++) {
            double r[3 * UNITS], want[ROOM];
            nt_normal((uint64_t)(100 * k + d), 3 * UNITS, r);
            const found f = bundle(kinds[k], UNITS, r, r + UNITS, r + 2 * UNITS, options);
            const int64_t count = scan(kinds[k], UNITS, r, r + UNITS, r + 2 * UNITS, -3, 3, want);
            assert_int_equal(f.count, count);
            nt_close(f.positions, want, count, 0, 1.5e-4);
            assert_int_equal(f.certain, 1);
            assert_int_equal(f.verdict == NNDYN_ORDER_NON_PRESERVING, count > 0);
            folded += count;
        }
    }
    assert_true(folded > 100); /* the scan has seen something */
    nndyn_options_free(options);
}

/* Three tanh neurons of which two join to one are a pair: the enclosures must find what the closed form does. */
static void pieces_agree_with_pairs(void **state)
{
    const double w[] = {1, -3, 2}, b[] = {0, 1, 0.3}, v[] = {1, 1, 1e-13};
    (void)state;
    const found f = bundle(NNDYN_TANH, 3, w, b, v, NULL);
    assert_int_equal(f.count, 2);
    assert_int_equal(f.certain, 1);
    nt_near(f.positions[0], -0.0492330371363, 1e-11);
    nt_near(f.positions[1], 0.836802573791, 1e-11);
}

static void kinks_are_found_but_not_certain(void **state)
{
    nndyn_options *options = interval(-2, 2.5);
    (void)state;
    nt_ok(options, nndyn_options_set_double(options, "parameter", 1));
    const found f =
        bundle(NNDYN_ABS_POWER, 1, (const double[]){1}, (const double[]){-0.3}, (const double[]){1}, options);
    assert_int_equal(f.count, 1);
    nt_near(f.positions[0], 0.3, 1e-8);
    assert_int_equal(f.certain, 0);
    nndyn_options_free(options);
}

/* Classes A (-2, 2) and B (0) on a line: the simplest fold. */
static void fold_of_a_b_a(void **state)
{
    const double want[] = {0.0359601, 1.9280552, 0.0359601};
    const double w[] = {2, -2}, b[] = {2, 2}, v[] = {1, 1}, h[] = {-2, 0, 2}, half[] = {0.5, 1, 2};
    double y[3];
    int64_t between = -1;
    int verdict = 0;
    (void)state;
    nt_ok(context, nndyn_order_bundle_on(context, 2, w, b, v, NNDYN_TANH, NULL, 3, h, y, &between, &verdict));
    nt_close(y, want, 3, 0, 5e-8);
    assert_int_equal(between, 1);
    assert_int_equal(verdict, NNDYN_ORDER_NON_PRESERVING);
    /* the same bundle on samples of one side keeps order, reversed */
    nt_ok(context, nndyn_order_bundle_on(context, 2, w, b, v, NNDYN_TANH, NULL, 3, half, y, &between, &verdict));
    assert_int_equal(between, 0);
    assert_int_equal(verdict, NNDYN_ORDER_REVERSED);
    nt_ok(context, nndyn_order_bundle_on(context, 2, w, b, v, NNDYN_TANH, NULL, 2, (const double[]){1, 1}, NULL,
                                         &between, &verdict));
    assert_int_equal(between, 0);
    assert_int_equal(verdict, NNDYN_ORDER_CONSTANT);
}

static void bad_input(void **state)
{
    const double w[] = {1, 2}, bad[] = {1, INFINITY}, far[] = {900, 1};
    double p[2] = {7, 7};
    int64_t count = 7;
    int verdict = 7, certain = 7;
    nndyn_options *options = NULL;
    (void)state;
#define BUNDLE(units, a, b, c, f, capacity, at) \
    nndyn_order_bundle(context, units, a, b, c, f, options, capacity, at, NULL, &count, &verdict, &certain)
    nt_fails(NNDYN_EARG, context, "units", BUNDLE(0, w, w, w, NNDYN_TANH, 2, p));
    nt_fails(NNDYN_EARG, context, "w is", BUNDLE(2, NULL, w, w, NNDYN_TANH, 2, p));
    nt_fails(NNDYN_EARG, context, "b is", BUNDLE(2, w, NULL, w, NNDYN_TANH, 2, p));
    nt_fails(NNDYN_EARG, context, "v is", BUNDLE(2, w, w, NULL, NNDYN_TANH, 2, p));
    nt_fails(NNDYN_EDATA, context, "w", BUNDLE(2, bad, w, w, NNDYN_TANH, 2, p));
    nt_fails(NNDYN_EDATA, context, "b", BUNDLE(2, w, bad, w, NNDYN_TANH, 2, p));
    nt_fails(NNDYN_EDATA, context, "v", BUNDLE(2, w, w, bad, NNDYN_TANH, 2, p));
    nt_fails(NNDYN_EARG, context, "activation", BUNDLE(2, w, w, w, 0, 2, p));
    nt_fails(NNDYN_EARG, context, "capacity", BUNDLE(2, w, w, w, NNDYN_TANH, -1, p));
    nt_fails(NNDYN_EARG, context, "positions", BUNDLE(2, w, w, w, NNDYN_TANH, 2, NULL));
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_double(options, "low", 3));
    nt_ok(options, nndyn_options_set_double(options, "high", 3));
    nt_fails(NNDYN_EOPTION, context, "low", BUNDLE(2, w, w, w, NNDYN_TANH, 2, p));
    nt_ok(options, nndyn_options_set_double(options, "high", 4));
    nt_ok(options, nndyn_options_set_double(options, "parameter", 0.5));
    nt_fails(NNDYN_EUNSUPPORTED, context, "p >= 1", BUNDLE(2, w, w, w, NNDYN_ABS_POWER, 2, p));
    nndyn_options_free(options);
    options = NULL;
    const double steep[] = {30, 1}, signs[] = {1, -1};
    nt_fails(NNDYN_ENUMERIC, context, "range", BUNDLE(2, steep, far, signs, NNDYN_EXP, 2, p));
    nt_fails(NNDYN_EARG, context, "count",
             nndyn_order_bundle(context, 2, w, w, w, NNDYN_TANH, NULL, 2, p, NULL, NULL, &verdict, NULL));
    nt_fails(NNDYN_EARG, context, "verdict",
             nndyn_order_bundle(context, 2, w, w, w, NNDYN_TANH, NULL, 2, p, NULL, &count, NULL, NULL));
    nt_fails(NNDYN_EARG, context, "n is 1",
             nndyn_order_bundle_on(context, 2, w, w, w, NNDYN_TANH, NULL, 1, w, p, &count, &verdict));
    nt_fails(NNDYN_EARG, context, "h is",
             nndyn_order_bundle_on(context, 2, w, w, w, NNDYN_TANH, NULL, 2, NULL, p, &count, &verdict));
    nt_fails(NNDYN_EDATA, context, "h",
             nndyn_order_bundle_on(context, 2, w, w, w, NNDYN_TANH, NULL, 2, bad, p, &count, &verdict));
    nt_fails(NNDYN_EARG, context, "verdict",
             nndyn_order_bundle_on(context, 2, w, w, w, NNDYN_TANH, NULL, 2, w, p, &count, NULL));
    nt_ok(context, nndyn_context_set_memory_limit(context, 100));
    nt_fails(NNDYN_ELIMIT, context, "limit", BUNDLE(2, w, w, w, NNDYN_TANH, 2, p));
    assert_true(p[0] == 7 && p[1] == 7 && count == 7 && verdict == 7 && certain == 7);
}

static int all_calls(nt_allocator *a, void *user)
{
    const double w[] = {1, -3, 2}, b[] = {0, 1, 0.3}, v[] = {1, 1, 0.2}, h[] = {-1, 0, 1};
    double p[4], y[4];
    nndyn_context *inner = NULL;
    int64_t count;
    int verdict;
    (void)user;
    int status = nt_context_create(a, &inner);
    if (status == NNDYN_OK) {
        status = nndyn_order_bundle(inner, 3, w, b, v, NNDYN_TANH, NULL, 4, p, y, &count, &verdict, NULL);
    }
    if (status == NNDYN_OK) {
        status = nndyn_order_bundle(inner, 3, w, b, v, NNDYN_RELU, NULL, 4, p, y, &count, &verdict, NULL);
    }
    if (status == NNDYN_OK) {
        status = nndyn_order_bundle_on(inner, 2, w, b, v, NNDYN_TANH, NULL, 3, h, y, &count, &verdict);
    }
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
        cmocka_unit_test_setup_teardown(two_tanh_neurons, set_up, tear_down),
        cmocka_unit_test_setup_teardown(pairs_with_unequal_readout, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sigmoid_is_a_tanh_of_half_the_field, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rectifiers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(any_activation_against_a_dense_scan, set_up, tear_down),
        cmocka_unit_test_setup_teardown(pieces_agree_with_pairs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(kinks_are_found_but_not_certain, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fold_of_a_b_a, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_input, set_up, tear_down),
        cmocka_unit_test(every_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
