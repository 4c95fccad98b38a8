/* Injective norms: against closed forms, published values and brute force over two angles. */
#include "nndyn/asymptotics.h"
#include "support/fixture.h"

enum { MOST = 20000 };

static nndyn_options *integer_option(const char *name, int64_t value)
{
    nndyn_options *options = NULL;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_integer(options, name, value));
    return options;
}

typedef struct norms {
    double lower, upper;
    int64_t agreeing;
    double vectors[200];
} norms;

static norms norm_of(int64_t order, const int64_t *dims, const double *tensor, const nndyn_options *options)
{
    norms found = {0};
    nt_ok(context, nndyn_injective_norm(context, order, dims, tensor, options, &found.lower, &found.upper,
                                        &found.agreeing, found.vectors));
    return found;
}

/* The tensor's value on vectors, entry by entry. */
static double value_at(int64_t order, const int64_t *dims, const double *tensor, const double *v)
{
    int64_t entries = 1;
    double sum = 0;
    for (int64_t a = 0; a < order; a++) {
        entries *= dims[a];
    }
    for (int64_t i = 0; i < entries; i++) {
        int64_t rest = i, place = 0;
        double product = tensor[i];
        for (int64_t a = 0; a < order; a++) {
            place += dims[a];
        }
        for (int64_t a = order - 1; a >= 0; a--) {
            place -= dims[a];
            product *= v[place + rest % dims[a]];
            rest /= dims[a];
        }
        sum += product;
    }
    return sum;
}

static void check_vectors(int64_t order, const int64_t *dims, const double *tensor, const norms *found)
{
    const double *v = found->vectors;
    nt_near(value_at(order, dims, tensor, v), found->lower, 1e-13 * found->lower);
    for (int64_t a = 0; a < order; v += dims[a], a++) {
        double square = 0;
        for (int64_t i = 0; i < dims[a]; i++) {
            square += v[i] * v[i];
        }
        nt_near(square, 1, 1e-14);
    }
}

static void vectors_and_matrices(void **state)
{
    (void)state;
    const double x[] = {3, -4, 12};
    norms found = norm_of(1, (const int64_t[]){3}, x, NULL);
    nt_near(found.lower, 13, 1e-14);
    nt_near(found.upper, 13, 1e-14);
    nt_near(found.vectors[1], -4.0 / 13, 1e-15);
    /* [[1, 1], [0, 1]] has the golden ratio for its norm */
    const double golden = (1 + sqrt(5)) / 2;
    const int64_t dims[] = {2, 2};
    found = norm_of(2, dims, (const double[]){1, 1, 0, 1}, NULL);
    nt_near(found.lower, golden, 1e-14);
    nt_near(found.upper, golden, 1e-14);
    check_vectors(2, dims, (const double[]){1, 1, 0, 1}, &found);
}

/* Check A16 of the theory: tensors whose norms are known. */
static void closed_forms(void **state)
{
    (void)state;
    const int64_t three[] = {3, 3, 3}, two[] = {2, 2, 2}, five[] = {5, 5, 5};
    const double w = 1 / sqrt(3);
    norms found = norm_of(3, two, (const double[]){0, w, w, 0, w, 0, 0, 0}, NULL);
    nt_near(found.lower, 2.0 / 3, 1e-12);
    assert_true(found.agreeing >= 10 && found.upper >= found.lower);
    double diagonal[125] = {0};
    for (int i = 0; i < 5; i++) {
        diagonal[31 * i] = 1;
    }
    found = norm_of(3, five, diagonal, NULL);
    nt_near(found.lower, 1, 1e-14);
    nt_near(found.upper, 1, 1e-14);
    double levi_civita[27] = {0};
    for (int i = 0; i < 3; i++) {
        const int j = (i + 1) % 3, k = (i + 2) % 3;
        levi_civita[9 * i + 3 * j + k] = 1;
        levi_civita[9 * i + 3 * k + j] = -1;
    }
    found = norm_of(3, three, levi_civita, NULL);
    nt_near(found.lower, 1, 1e-12);
    nt_near(found.upper, sqrt(2), 1e-14); /* epsilon_ijk epsilon_ljk = 2 delta_il */
    check_vectors(3, three, levi_civita, &found);
}

/* The product of lengths, to the last digits, for every order. */
static void products_of_vectors(void **state)
{
    (void)state;
    const int64_t dims[] = {3, 1, 4, 2, 3, 2, 2, 1, 2, 2};
    double v[30], tensor[MOST];
    nt_normal(3, 30, v);
    for (int64_t order = 1; order <= 10; order++) {
        int64_t entries = 1, place = 0;
        double want = 1;
        tensor[0] = 1;
        for (int64_t a = 0; a < order; a++) { /* behind the slots there are */
            double square = 0;
            for (int64_t i = entries - 1; i >= 0; i--) {
                const double t = tensor[i];
                for (int64_t j = dims[a] - 1; j >= 0; j--) {
                    tensor[i * dims[a] + j] = t * v[place + j];
                }
            }
            for (int64_t j = 0; j < dims[a]; j++) {
                square += v[place + j] * v[place + j];
            }
            entries *= dims[a];
            place += dims[a];
            want *= sqrt(square);
        }
        const norms found = norm_of(order, dims, tensor, NULL);
        nt_near(found.lower / want, 1, 1e-14);
        nt_near(found.upper / want, 1, 1e-13);
        assert_int_equal(found.agreeing, 20 + order + 1);
        check_vectors(order, dims, tensor, &found);
    }
}

/* |M1 (x) M2| = |M1| |M2|; scaling by a power of 2 changes no digit, even where squares leave the range. */
static void products_and_scales(void **state)
{
    (void)state;
    const int64_t dims[] = {3, 4, 2, 2, 3};
    double m[12], t[12], both[144];
    nt_normal(11, 12, m);
    nt_normal(12, 12, t);
    for (int i = 0; i < 144; i++) {
        both[i] = m[i / 12] * t[i % 12];
    }
    const norms one = norm_of(2, dims, m, NULL);
    const norms other = norm_of(3, dims + 2, t, NULL);
    const norms product = norm_of(5, dims, both, NULL);
    nt_near(product.lower, one.lower * other.lower, 1e-11);
    assert_true(product.upper <= one.upper * other.upper * (1 + 1e-13));
    for (int sign = -1; sign <= 1; sign += 2) {
        double scaled[144];
        for (int i = 0; i < 144; i++) {
            scaled[i] = ldexp(both[i], sign * 900);
        }
        const norms found = norm_of(5, dims, scaled, NULL);
        assert_true(found.lower == ldexp(product.lower, sign * 900));
        assert_true(found.upper == ldexp(product.upper, sign * 900));
    }
}

/* Order 3 with slots of length 2: two angles on a grid, the third vector is what they leave; then refined. */
static double brute(const double *t)
{
    double best = 0, x = 0, y = 0;
    double step = 0.01;
    for (int level = 0; level < 12; level++, step *= 0.2) {
        const double from_x = x, from_y = y;
        const int half = level == 0 ? 160 : 12;
        for (int i = -half; i <= half; i++) {
            for (int j = -half; j <= half; j++) {
                const double u[] = {cos(from_x + i * step), sin(from_x + i * step)};
                const double v[] = {cos(from_y + j * step), sin(from_y + j * step)};
                double left[2] = {0, 0};
                for (int k = 0; k < 8; k++) {
                    left[k & 1] += t[k] * u[k >> 2] * v[k >> 1 & 1];
                }
                if (hypot(left[0], left[1]) > best) {
                    best = hypot(left[0], left[1]);
                    x = from_x + i * step;
                    y = from_y + j * step;
                }
            }
        }
    }
    return best;
}

static void against_brute_force(void **state)
{
    (void)state;
    const int64_t dims[] = {2, 2, 2};
    double t[8];
    for (uint64_t seed = 1; seed <= 20; seed++) {
        nt_normal(seed, 8, t);
        const norms found = norm_of(3, dims, t, NULL);
        nt_near(found.lower, brute(t), 1e-9);
        assert_true(found.upper >= found.lower);
        check_vectors(3, dims, t, &found);
    }
}

/* A common vector costs nothing of the supremum (Banach): random tensors symmetric in their last slots. */
static void symmetric_slots(void **state)
{
    (void)state;
    const int64_t dims[] = {3, 4, 4, 4};
    double raw[64], t[192];
    for (uint64_t seed = 1; seed <= 10; seed++) {
        for (int h = 0; h < 3; h++) {
            nt_normal(100 * seed + (uint64_t)h, 64, raw);
            for (int i = 0; i < 64; i++) {
                const int a = i / 16, b = i / 4 % 4, c = i % 4;
                t[64 * h + i] = raw[16 * a + 4 * b + c] + raw[16 * a + 4 * c + b] + raw[16 * b + 4 * a + c] +
                                raw[16 * b + 4 * c + a] + raw[16 * c + 4 * a + b] + raw[16 * c + 4 * b + a];
            }
        }
        nndyn_options *options = integer_option("symmetric", 3);
        const norms common = norm_of(4, dims, t, options);
        const norms any = norm_of(4, dims, t, NULL);
        nt_near(common.lower / any.lower, 1, 1e-9);
        assert_true(common.upper == any.upper);
        check_vectors(4, dims, t, &common);
        nt_same(common.vectors + 3, common.vectors + 7, 4 * sizeof(double));
        nt_same(common.vectors + 3, common.vectors + 11, 4 * sizeof(double));
        nndyn_options_free(options);
    }
    /* an even number of slots and nothing else: the value keeps its sign */
    nndyn_options *options = integer_option("symmetric", 2);
    const double negative[] = {-3, 1, 1, 2};
    const norms found = norm_of(2, (const int64_t[]){2, 2}, negative, options);
    nt_near(found.lower, (1 + sqrt(29)) / 2, 1e-13);
    nt_near(value_at(2, (const int64_t[]){2, 2}, negative, found.vectors), -found.lower, 1e-13);
    nndyn_options_free(options);
}

/* Gaussian matrices, 2 sqrt n, and tensors: published sizes of the injective norm over sqrt n (A16).  Fixed seeds; the
 * sizes scatter by some hundredths. */
static void gaussian(void **state)
{
    (void)state;
    enum { WIDE = 256 };
    double *x = malloc(WIDE * WIDE * sizeof *x);
    assert_non_null(x);
    nt_normal(21, WIDE * WIDE, x);
    double lower;
    nt_ok(context, nndyn_injective_norm(context, 2, (const int64_t[]){WIDE, WIDE}, x, NULL, &lower, NULL, NULL, NULL));
    nt_near(lower / (2 * sqrt(WIDE)), 1, 0.03);
    const double want[] = {2.15, 2.47, 2.63};
    const int draws[] = {40, 20, 4};
    for (int s = 0; s < 3; s++) {
        const int64_t n = INT64_C(4) << s;
        double mean = 0;
        for (int d = 0; d < draws[s]; d++) {
            nt_normal((uint64_t)(1000 * s + d), n * n * n, x);
            nt_ok(context,
                  nndyn_injective_norm(context, 3, (const int64_t[]){n, n, n}, x, NULL, &lower, NULL, NULL, NULL));
            mean += lower / sqrt((double)n) / draws[s];
        }
        nt_near(mean, want[s], 0.1);
    }
    free(x);
}

/* ---- of inner products ------------------------------------------------------------------------------------------- */

/* Against the tensor with the hidden slot given. */
static void from_inner_products(void **state)
{
    (void)state;
    enum { P = 7, M = 4, MM = M * M };
    const int64_t dims[] = {M, M, P};
    double t[MM * P], gram[MM * MM], lower, upper, v[2 * M];
    int64_t agreeing;
    nt_normal(31, MM * P, t);
    for (int i = 0; i < MM; i++) {
        for (int j = 0; j < MM; j++) {
            gram[i * MM + j] = 0;
            for (int k = 0; k < P; k++) {
                gram[i * MM + j] += t[i * P + k] * t[j * P + k];
            }
        }
    }
    const norms whole = norm_of(3, dims, t, NULL);
    nt_ok(context, nndyn_injective_norm_gram(context, 2, dims, gram, NULL, &lower, &upper, &agreeing, v));
    nt_near(lower, whole.lower, 1e-10);
    nt_near(upper, whole.upper, 1e-10);
    assert_true(agreeing > 0);
    double square = 0;
    for (int i = 0; i < MM; i++) {
        for (int j = 0; j < MM; j++) {
            square += gram[i * MM + j] * v[i / M] * v[M + i % M] * v[j / M] * v[M + j % M];
        }
    }
    nt_near(sqrt(square), lower, 1e-12);
    /* one slot: the root of the largest eigenvalue */
    nt_ok(context,
          nndyn_injective_norm_gram(context, 1, dims, (const double[]){2, 0, 0, 0, 0, 5, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0},
                                    NULL, &lower, NULL, NULL, NULL));
    nt_near(lower, sqrt(5), 1e-14);
    const double zero[16] = {0};
    nt_ok(context, nndyn_injective_norm_gram(context, 1, dims, zero, NULL, &lower, &upper, &agreeing, v));
    assert_true(lower == 0 && upper == 0 && v[0] == 1 && v[3] == 0);
}

/* t_ik = t_ki, as of second derivatives. */
static void symmetric_inner_products(void **state)
{
    (void)state;
    enum { P = 5, M = 3, MM = M * M };
    double t[MM][P], gram[MM * MM], common, any, v[2 * M];
    nt_normal(32, MM * P, t[0]);
    for (int i = 0; i < MM; i++) {
        memcpy(t[i], t[i / M < i % M ? i % M * M + i / M : i], sizeof t[i]);
    }
    for (int i = 0; i < MM * MM; i++) {
        gram[i] = 0;
        for (int k = 0; k < P; k++) {
            gram[i] += t[i / MM][k] * t[i % MM][k];
        }
    }
    const int64_t dims[] = {M, M};
    nndyn_options *options = integer_option("symmetric", 2);
    nt_ok(context, nndyn_injective_norm_gram(context, 2, dims, gram, options, &common, NULL, NULL, v));
    nt_ok(context, nndyn_injective_norm_gram(context, 2, dims, gram, NULL, &any, NULL, NULL, NULL));
    nt_near(common, any, 1e-10);
    nt_same(v, v + M, M * sizeof *v);
    gram[1] += 0.1; /* t_00 . t_01 alone */
    gram[MM] += 0.1;
    v[0] = common = 7;
    nt_fails(NNDYN_EDATA, context, "exchanged",
             nndyn_injective_norm_gram(context, 2, dims, gram, options, &common, NULL, NULL, v));
    gram[1] -= 0.1;
    nt_fails(NNDYN_EDATA, context, "transpose",
             nndyn_injective_norm_gram(context, 2, dims, gram, NULL, &common, NULL, NULL, v));
    gram[MM] -= 0.1;
    gram[0] = -gram[0];
    nt_fails(NNDYN_EDATA, context, "eigenvalue",
             nndyn_injective_norm_gram(context, 2, dims, gram, NULL, &common, NULL, NULL, v));
    assert_true(common == 7 && v[0] == 7);
    nndyn_options_free(options);
}

/* ---- limits ------------------------------------------------------------------------------------------------------ */

static void nothing_and_one(void **state)
{
    (void)state;
    const double zero[12] = {0};
    const int64_t dims[] = {2, 3, 2}, ones[] = {1, 1, 1};
    norms found = norm_of(3, dims, zero, NULL);
    assert_true(found.lower == 0 && found.upper == 0 && found.agreeing == 24);
    assert_true(found.vectors[0] == 1 && found.vectors[1] == 0 && found.vectors[2] == 1 && found.vectors[5] == 1);
    found = norm_of(3, ones, (const double[]){-2.5}, NULL);
    assert_true(found.lower == 2.5 && found.upper == 2.5);
    /* one cycle does not show that a second would gain nothing */
    double t[12];
    nt_normal(41, 12, t);
    nndyn_options *options = integer_option("cycles", 1);
    const norms best = norm_of(3, dims, t, NULL);
    found = norm_of(3, dims, t, options);
    assert_true(found.agreeing == 0 && found.lower > 0 && found.lower <= best.lower);
    check_vectors(3, dims, t, &found);
    nndyn_options_free(options);
}

static void refusals(void **state)
{
    (void)state;
    const int64_t dims[] = {2, 3}, none[] = {2, 0}, huge[] = {1 << 30, 1 << 30, 1 << 30};
    const double x[] = {1, 2, 3, 4, 5, 6}, bad[] = {1, 2, 3, 4, NAN, 6};
    double lower = 7, upper = 7, v[5] = {7};
    int64_t agreeing = 7;
    nndyn_options *options = integer_option("symmetric", 2);
#define REFUSED(status, word, order, dims, x, options) \
    nt_fails(status, context, word,                    \
             nndyn_injective_norm(context, order, dims, x, options, &lower, &upper, &agreeing, v))
    REFUSED(NNDYN_EARG, "order", 0, dims, x, NULL);
    REFUSED(NNDYN_EARG, "order", 11, dims, x, NULL);
    REFUSED(NNDYN_EARG, "dims", 2, NULL, x, NULL);
    REFUSED(NNDYN_EARG, "dims", 2, none, x, NULL);
    REFUSED(NNDYN_EARG, "entries", 3, huge, x, NULL);
    REFUSED(NNDYN_EARG, "tensor", 2, dims, NULL, NULL);
    REFUSED(NNDYN_EDATA, "tensor", 2, dims, bad, NULL);
    REFUSED(NNDYN_EARG, "lengths", 2, dims, x, options);
    REFUSED(NNDYN_EARG, "slots", 1, dims, x, options);
    REFUSED(NNDYN_EDATA, "exchanged", 2, ((const int64_t[]){2, 2}), x, options);
    REFUSED(NNDYN_ENUMERIC, "range", 2, dims, ((const double[]){1e308, 1e308, 1e308, 1e308, 1e308, 1e308}), NULL);
    nt_fails(NNDYN_EARG, context, "lower", nndyn_injective_norm(context, 2, dims, x, NULL, NULL, NULL, NULL, NULL));
    nt_fails(NNDYN_EARG, context, "order",
             nndyn_injective_norm_gram(context, 10, dims, x, NULL, &lower, NULL, NULL, NULL));
    nt_fails(NNDYN_EARG, context, "gram",
             nndyn_injective_norm_gram(context, 1, dims, NULL, NULL, &lower, NULL, NULL, NULL));
    nt_fails(NNDYN_EDATA, context, "gram",
             nndyn_injective_norm_gram(context, 1, dims, bad + 2, NULL, &lower, NULL, NULL, NULL));
    nndyn_options_free(options);
    options = integer_option("restart", 2);
    REFUSED(NNDYN_EOPTION, "restarts", 2, dims, x, options);
    nndyn_options_free(options);
    nt_ok(context, nndyn_context_set_memory_limit(context, 100));
    REFUSED(NNDYN_ELIMIT, "folding", 2, dims, x, NULL);
    nt_fails(NNDYN_ELIMIT, context, "gram",
             nndyn_injective_norm_gram(context, 1, dims, ((const double[]){2, 1, 1, 2}), NULL, &lower, NULL, NULL,
                                       NULL));
    assert_true(lower == 7 && upper == 7 && agreeing == 7 && v[0] == 7);
#undef REFUSED
}

static int stop(void *user, const char *task, double fraction)
{
    (void)user;
    (void)fraction;
    return strcmp(task, "injective norm") == 0;
}

static void canceled(void **state)
{
    (void)state;
    double t[27], lower = 7;
    nt_normal(51, 27, t);
    nndyn_options *options = integer_option("restarts", 1000000); /* minutes, if it were not stopped */
    nt_ok(context, nndyn_context_set_progress(context, stop, NULL));
    nt_fails(NNDYN_ECANCELED, context, "stopped",
             nndyn_injective_norm(context, 3, (const int64_t[]){3, 3, 3}, t, options, &lower, NULL, NULL, NULL));
    assert_true(lower == 7);
    nndyn_options_free(options);
}

static void any_number_of_threads(void **state)
{
    (void)state;
    double t[125];
    nt_normal(61, 125, t);
    const int64_t dims[] = {5, 5, 5};
    const norms one = norm_of(3, dims, t, NULL);
    nt_ok(context, nndyn_context_set_threads(context, 8));
    const norms eight = norm_of(3, dims, t, NULL);
    nt_same(&one, &eight, sizeof one);
}

static int both(nt_allocator *a, void *user)
{
    nndyn_context *of = NULL;
    const int64_t dims[] = {2, 2};
    double lower;
    (void)user;
    int status = nt_context_create(a, &of);
    if (status == NNDYN_OK) {
        status = nndyn_injective_norm(of, 2, dims, (const double[]){1, 2, 3, 4}, NULL, &lower, NULL, NULL, NULL);
    }
    if (status == NNDYN_OK) {
        status = nndyn_injective_norm_gram(of, 1, dims, (const double[]){2, 1, 1, 2}, NULL, &lower, NULL, NULL, NULL);
    }
    nndyn_context_free(of);
    return status;
}

static void failing_allocations(void **state)
{
    (void)state;
    nt_every_allocation(both, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(vectors_and_matrices, set_up, tear_down),
        cmocka_unit_test_setup_teardown(closed_forms, set_up, tear_down),
        cmocka_unit_test_setup_teardown(products_of_vectors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(products_and_scales, set_up, tear_down),
        cmocka_unit_test_setup_teardown(against_brute_force, set_up, tear_down),
        cmocka_unit_test_setup_teardown(symmetric_slots, set_up, tear_down),
        cmocka_unit_test_setup_teardown(gaussian, set_up, tear_down),
        cmocka_unit_test_setup_teardown(from_inner_products, set_up, tear_down),
        cmocka_unit_test_setup_teardown(symmetric_inner_products, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_and_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refusals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(canceled, set_up, tear_down),
        cmocka_unit_test_setup_teardown(any_number_of_threads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(failing_allocations, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
