/* Resizing of images: against a naive twin that weighs every pixel of the plane, small cases worked out by hand, what
 * must stay as it was, and every failure. */
#include "data/data.h"
#include "data/options_fixture.h"

static nndyn_dataset *images(int64_t samples, int64_t inputs, const double *x)
{
    nndyn_dataset *d = NULL;
    nt_ok(context, nndyn_dataset_create(context, samples, inputs, x, 0, NULL, 1, &d));
    return d;
}

/* x[height x width] of one image, resized. */
static void resized(const double *x, const int64_t size[4], int antialias, double *out)
{
    nndyn_dataset *d = images(1, size[0] * size[1], x), *r = NULL;
    nt_ok(options, nndyn_options_set_integer(options, "antialias", antialias));
    nt_ok(d, nndyn_dataset_resize(d, 1, size[0], size[1], size[2], size[3], options, &r));
    nt_ok(r, nndyn_dataset_get(r, 0, 1, out, NULL, NULL));
    nndyn_dataset_free(d);
    nndyn_dataset_free(r);
}

/* ---- the twin ---------------------------------------------------------------------------------------------------- */

static double triangle(int64_t i, int64_t new_size, int64_t j, int64_t size, int antialias)
{
    const double scale = (double)size / (double)new_size, half = antialias ? fmax(1, scale) : 1;
    return fmax(0, 1 - fabs((double)j - (((double)i + 0.5) * scale - 0.5)) / half);
}

/* The mean over the whole plane with products of weights, divided by their sum. */
static double twin(const double *x, const int64_t size[4], int antialias, int64_t row, int64_t column)
{
    double sum = 0, total = 0;
    for (int64_t i = 0; i < size[0]; i++) {
        for (int64_t j = 0; j < size[1]; j++) {
            const double weight =
                triangle(row, size[2], i, size[0], antialias) * triangle(column, size[3], j, size[1], antialias);
            sum += weight * x[i * size[1] + j];
            total += weight;
        }
    }
    return sum / total;
}

static void agrees_with_the_twin(void **state)
{
    static const int64_t sizes[][4] = {{28, 28, 10, 10}, {7, 5, 3, 4},   {5, 7, 12, 9},   {4, 9, 9, 4},   {1, 6, 3, 2},
                                       {6, 1, 1, 1},     {13, 3, 13, 2}, {11, 11, 1, 30}, {3, 8, 100, 7}, {2, 2, 3, 3}};
    double x[800], got[1000];
    (void)state;
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        for (int antialias = 0; antialias < 2; antialias++) {
            const int64_t *size = sizes[k];
            nt_normal(k, size[0] * size[1], x);
            resized(x, size, antialias, got);
            for (int64_t i = 0; i < size[2]; i++) {
                for (int64_t j = 0; j < size[3]; j++) {
                    nt_near(got[i * size[3] + j], twin(x, size, antialias, i, j), 1e-13);
                }
            }
        }
    }
}

/* ---- worked out by hand ------------------------------------------------------------------------------------------ */

static void small_cases(void **state)
{
    static const struct {
        double x[4];
        int64_t size, new_size;
        int antialias;
        double want[4];
    } cases[] = {
        {{0, 7, 14, 21}, 4, 2, 1, {5, 16}},     /* scale 2: weights 3/4, 3/4, 1/4 over 7/4 */
        {{0, 7, 14, 21}, 4, 2, 0, {3.5, 17.5}}, /* two nearest pixels, half and half */
        {{0, 8, 16}, 3, 2, 1, {3, 13}},         /* scale 3/2: weights 5/6, 1/2 over 4/3 */
        {{0, 8, 16}, 3, 2, 0, {2, 14}},         /* 3/4, 1/4 */
        {{0, 4}, 2, 4, 1, {0, 1, 3, 4}},        /* centers 1/4, 3/4, 5/4, 7/4; edges repeated */
        {{0, 4}, 2, 4, 0, {0, 1, 3, 4}},        /* the same without antialiasing */
        {{-7, 0, 14}, 3, 1, 1, {2}},            /* scale 3: weights 2/7, 3/7, 2/7 */
        {{5}, 1, 3, 1, {5, 5, 5}},
    };
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        double across[4], down[4];
        resized(cases[k].x, (int64_t[4]){1, cases[k].size, 1, cases[k].new_size}, cases[k].antialias, across);
        resized(cases[k].x, (int64_t[4]){cases[k].size, 1, cases[k].new_size, 1}, cases[k].antialias, down);
        nt_close(across, cases[k].want, cases[k].new_size, 0, 4e-15);
        nt_close(down, cases[k].want, cases[k].new_size, 0, 4e-15);
    }
}

/* ---- what stays -------------------------------------------------------------------------------------------------- */

static void constant_images_stay_constant(void **state)
{
    static const double values[] = {0.1, -3.7e-310, 1e300, 1.7976931348623157e308, 0};
    double x[35], got[200];
    (void)state;
    for (size_t k = 0; k < sizeof values / sizeof *values; k++) {
        for (int i = 0; i < 35; i++) {
            x[i] = values[k];
        }
        for (int64_t new_size = 1; new_size < 14; new_size++) {
            resized(x, (int64_t[4]){5, 7, new_size, 14 - new_size}, 1, got);
            for (int64_t i = 0; i < new_size * (14 - new_size); i++) {
                assert_true(got[i] == values[k]);
            }
        }
    }
}

static void the_same_size_is_a_copy(void **state)
{
    double x[63], got[63];
    (void)state;
    nt_normal(3, 63, x);
    for (int antialias = 0; antialias < 2; antialias++) {
        resized(x, (int64_t[4]){9, 7, 9, 7}, antialias, got);
        nt_same(got, x, sizeof x);
    }
}

/* Channels and samples are apart from each other; targets, labels and the original stay; single precision is the same,
 * rounded. */
static void channels_samples_and_precisions(void **state)
{
    enum { N = 4, C = 3, H = 6, W = 5, OUT = C * 2 * 3 };
    double x[N * C * H * W], got[N * OUT], one[6], t[N * 3], now[N * C * H * W];
    float fx[N * C * H * W];
    int64_t labels[N] = {2, 0, 1, 1}, kept[N], n, inputs, targets, classes;
    int dtype;
    nndyn_dataset *d = NULL, *f = NULL, *r = NULL, *rf = NULL;
    (void)state;
    nt_normal(8, N * C * H * W, x);
    nt_to_f32(N * C * H * W, x, fx);
    for (int i = 0; i < N * C * H * W; i++) {
        x[i] = (double)fx[i];
    }
    nt_ok(context, nndyn_dataset_create_labels(context, N, C * H * W, x, 3, labels, 0, &d));
    nt_ok(context, nndyn_dataset_create_labels_f32(context, N, C * H * W, fx, 3, labels, 0, &f));
    nt_ok(d, nndyn_dataset_resize(d, C, H, W, 2, 3, NULL, &r));
    nt_ok(f, nndyn_dataset_resize(f, C, H, W, 2, 3, NULL, &rf));
    nt_ok(r, nndyn_dataset_shape(r, &n, &inputs, &targets, &classes, &dtype));
    assert_true(n == N && inputs == OUT && targets == 3 && classes == 3 && dtype == NNDYN_F64);
    nt_ok(r, nndyn_dataset_get(r, 0, N, got, t, kept));
    nt_same(kept, labels, sizeof labels);
    for (int i = 0; i < N * 3; i++) {
        assert_true(t[i] == (labels[i / 3] == i % 3));
    }
    for (int i = 0; i < N * C; i++) {
        resized(x + i * H * W, (int64_t[4]){H, W, 2, 3}, 1, one);
        nt_same(one, got + i * 6, sizeof one);
    }
    assert_int_equal(rf->dtype, NNDYN_F32);
    for (int i = 0; i < N * OUT; i++) {
        assert_true(((const float *)rf->x)[i] == (float)got[i]);
    }
    nt_ok(d, nndyn_dataset_get(d, 0, N, now, NULL, NULL));
    nt_same(now, x, sizeof x);
    nndyn_dataset_free(d);
    nndyn_dataset_free(f);
    nndyn_dataset_free(r);
    nndyn_dataset_free(rf);
}

/* ---- failures ---------------------------------------------------------------------------------------------------- */

static void failures(void **state)
{
    const int64_t huge = INT64_C(1) << 62;
    double x[24] = {0};
    nndyn_dataset *d = images(2, 12, x), *out = NULL;
    (void)state;
    assert_int_equal(nndyn_dataset_resize(NULL, 1, 3, 4, 2, 2, NULL, &out), NNDYN_EARG);
    nt_fails(NNDYN_EARG, d, "channels", nndyn_dataset_resize(d, 0, 3, 4, 2, 2, NULL, &out));
    nt_fails(NNDYN_EARG, d, "height", nndyn_dataset_resize(d, 1, 0, 4, 2, 2, NULL, &out));
    nt_fails(NNDYN_EARG, d, "width", nndyn_dataset_resize(d, 1, 3, -4, 2, 2, NULL, &out));
    nt_fails(NNDYN_EARG, d, "new_height", nndyn_dataset_resize(d, 1, 3, 4, 0, 2, NULL, &out));
    nt_fails(NNDYN_EARG, d, "new_width", nndyn_dataset_resize(d, 1, 3, 4, 2, 0, NULL, &out));
    nt_fails(NNDYN_EARG, d, "12 inputs", nndyn_dataset_resize(d, 2, 3, 4, 2, 2, NULL, &out));
    nt_fails(NNDYN_EARG, d, "12 inputs", nndyn_dataset_resize(d, huge, huge, huge, 2, 2, NULL, &out));
    nt_fails(NNDYN_EARG, d, "larger than any memory", nndyn_dataset_resize(d, 1, 3, 4, huge, 2, NULL, &out));
    nt_fails(NNDYN_EARG, d, "larger than any memory", nndyn_dataset_resize(d, 1, 3, 4, 1, huge, NULL, &out));
    nt_fails(NNDYN_EARG, d, "out", nndyn_dataset_resize(d, 1, 3, 4, 2, 2, NULL, NULL));
    nt_ok(options, nndyn_options_set_integer(options, "antialias", 2));
    nt_fails(NNDYN_EOPTION, d, "antialias", nndyn_dataset_resize(d, 1, 3, 4, 2, 2, options, &out));
    nt_ok(context, nndyn_context_set_memory_limit(context, 100000));
    nt_fails(NNDYN_ELIMIT, d, "weights", nndyn_dataset_resize(d, 1, 3, 4, 2, 100000, NULL, &out));
    nt_ok(context, nndyn_context_set_memory_limit(context, 5000));
    nt_fails(NNDYN_ELIMIT, d, "data set", nndyn_dataset_resize(d, 1, 3, 4, 20, 20, NULL, &out));
    nt_ok(context, nndyn_context_set_memory_limit(context, 0));
    assert_null(out);
    nndyn_dataset_free(d);
}

static int stop(void *user, const char *name, double fraction)
{
    (void)name;
    assert_true(fraction > 0 && fraction <= 1);
    ++*(int *)user;
    return 1;
}

/* Long enough to be reported on, and then stopped; a machine that is done before the first report has made it all. */
static void stopping(void **state)
{
    double x[9 * 4] = {0};
    int reports = 0;
    nndyn_dataset *d = images(9, 4, x), *out = NULL;
    (void)state;
    nt_ok(context, nndyn_context_set_progress(context, stop, &reports));
    const int status = nndyn_dataset_resize(d, 1, 2, 2, 1000, 1000, NULL, &out);
    assert_true(status == NNDYN_ECANCELED ? reports == 1 && out == NULL : status == NNDYN_OK && reports == 0);
    nndyn_dataset_free(d);
    nndyn_dataset_free(out);
}

static int everything(nt_allocator *a, void *user)
{
    static const int64_t labels[2] = {0, 1};
    static const double x[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    nndyn_context *own = NULL;
    nndyn_dataset *d = NULL, *r = NULL;
    (void)user;
    int status = nt_context_create(a, &own);
    status = status ? status : nndyn_dataset_create_labels(own, 2, 4, x, 2, labels, 1, &d);
    status = status ? status : nndyn_dataset_resize(d, 1, 2, 2, 1, 3, NULL, &r);
    nndyn_dataset_free(d);
    nndyn_dataset_free(r);
    nndyn_context_free(own);
    return status;
}

static void every_allocation(void **state)
{
    (void)state;
    nt_every_allocation(everything, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(agrees_with_the_twin, set_up_options, tear_down_options),
        cmocka_unit_test_setup_teardown(small_cases, set_up_options, tear_down_options),
        cmocka_unit_test_setup_teardown(constant_images_stay_constant, set_up_options, tear_down_options),
        cmocka_unit_test_setup_teardown(the_same_size_is_a_copy, set_up_options, tear_down_options),
        cmocka_unit_test_setup_teardown(channels_samples_and_precisions, set_up_options, tear_down_options),
        cmocka_unit_test_setup_teardown(failures, set_up_options, tear_down_options),
        cmocka_unit_test_setup_teardown(stopping, set_up_options, tear_down_options),
        cmocka_unit_test_setup_teardown(every_allocation, set_up_options, tear_down_options),
    };
    return cmocka_run_group_tests_name("resize", tests, NULL, NULL);
}
