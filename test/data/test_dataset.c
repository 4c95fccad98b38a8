/* Data sets: creation, rows, selection, conversion, standardization, splits. */
#include "data/data.h"
#include "data/options_fixture.h"
#include <float.h>

/* ---- creation ---------------------------------------------------------------------------------------------------- */

static void borrowed_and_copied(void **state)
{
    double x[6] = {1, 2, 3, 4, 5, 6}, t[3] = {7, 8, 9}, gx[6], gt[3];
    float fx[6] = {1, 2, 3, 4, 5, 6}, ft[3] = {7, 8, 9};
    (void)state;
    for (int copy = 0; copy < 2; copy++) {
        nndyn_dataset *d = NULL, *f = NULL;
        int64_t samples, inputs, targets, classes;
        int dtype;
        nt_ok(context, nndyn_dataset_create(context, 3, 2, x, 1, t, copy, &d));
        nt_ok(context, nndyn_dataset_create_f32(context, 3, 2, fx, 1, ft, copy, &f));
        assert_true(copy ? d->x != x && d->t != t : d->x == x && d->t == t);
        assert_true(copy ? f->x != fx && f->t != ft : f->x == fx && f->t == ft);
        nt_ok(d, nndyn_dataset_shape(d, &samples, &inputs, &targets, &classes, &dtype));
        assert_true(samples == 3 && inputs == 2 && targets == 1 && classes == 0 && dtype == NNDYN_F64);
        nt_ok(f, nndyn_dataset_shape(f, NULL, NULL, NULL, NULL, &dtype));
        assert_int_equal(dtype, NNDYN_F32);
        nt_ok(d, nndyn_dataset_get(d, 0, 3, gx, gt, NULL));
        nt_same(gx, x, sizeof x);
        nt_same(gt, t, sizeof t);
        nt_ok(f, nndyn_dataset_get(f, 1, 2, gx, gt, NULL));
        nt_same(gx, x + 2, 4 * sizeof *x);
        nt_same(gt, t + 1, 2 * sizeof *t);
        nndyn_dataset_free(d);
        nndyn_dataset_free(f);
    }
    nndyn_dataset_free(NULL);
}

static void labels_become_one_hot(void **state)
{
    double x[4] = {1, 2, 3, 4}, t[12];
    float fx[4] = {1, 2, 3, 4};
    const double want[12] = {0, 0, 1, 1, 0, 0, 0, 1, 0, 1, 0, 0};
    const int64_t labels[4] = {2, 0, 1, 0};
    int64_t got[4], targets, classes;
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        nndyn_dataset *d = NULL;
        if (kind < 2) {
            nt_ok(context, nndyn_dataset_create_labels(context, 4, 1, x, 3, labels, kind, &d));
        } else {
            nt_ok(context, nndyn_dataset_create_labels_f32(context, 4, 1, fx, 3, labels, kind - 2, &d));
        }
        nt_ok(d, nndyn_dataset_shape(d, NULL, NULL, &targets, &classes, NULL));
        assert_true(targets == 3 && classes == 3);
        nt_ok(d, nndyn_dataset_get(d, 0, 4, NULL, t, got));
        nt_same(t, want, sizeof t);
        nt_same(got, labels, sizeof got);
        nndyn_dataset_free(d);
    }
}

static void without_targets(void **state)
{
    double x[2] = {1, 2};
    nndyn_dataset *d = NULL;
    (void)state;
    nt_ok(context, nndyn_dataset_create(context, 2, 1, x, 0, NULL, 0, &d));
    nt_ok(d, nndyn_dataset_get(d, 0, 2, x, NULL, NULL));
    nndyn_dataset_free(d);
}

static void creation_failures(void **state)
{
    double x[4] = {1, 2, 3, NAN}, t[4] = {1, 2, INFINITY, 4};
    float fx[2] = {1, -INFINITY};
    int64_t labels[2] = {0, 2};
    nndyn_dataset *d = NULL;
    (void)state;
    assert_int_equal(nndyn_dataset_create(NULL, 1, 1, x, 0, NULL, 0, &d), NNDYN_EARG);
    nt_fails(NNDYN_EARG, context, "samples", nndyn_dataset_create(context, 0, 1, x, 0, NULL, 0, &d));
    nt_fails(NNDYN_EARG, context, "inputs", nndyn_dataset_create(context, 1, 0, x, 0, NULL, 0, &d));
    nt_fails(NNDYN_EARG, context, "targets", nndyn_dataset_create(context, 1, 1, x, -1, t, 0, &d));
    nt_fails(NNDYN_EARG, context, "memory", nndyn_dataset_create(context, INT64_MAX, 2, x, 0, NULL, 0, &d));
    nt_fails(NNDYN_EARG, context, "copy", nndyn_dataset_create(context, 1, 1, x, 0, NULL, 2, &d));
    nt_fails(NNDYN_EARG, context, "x is NULL", nndyn_dataset_create(context, 1, 1, NULL, 0, NULL, 0, &d));
    nt_fails(NNDYN_EARG, context, "t is NULL", nndyn_dataset_create(context, 1, 1, x, 1, NULL, 0, &d));
    nt_fails(NNDYN_EARG, context, "targets is 0", nndyn_dataset_create(context, 1, 1, x, 0, t, 0, &d));
    nt_fails(NNDYN_EARG, context, "out", nndyn_dataset_create(context, 1, 1, x, 0, NULL, 0, NULL));
    nt_fails(NNDYN_EDATA, context, "row 1, column 1", nndyn_dataset_create(context, 2, 2, x, 0, NULL, 0, &d));
    nt_fails(NNDYN_EDATA, context, "row 2, column 0", nndyn_dataset_create(context, 3, 1, x, 1, t, 1, &d));
    nt_fails(NNDYN_EDATA, context, "row 0, column 1", nndyn_dataset_create_f32(context, 1, 2, fx, 0, NULL, 1, &d));
    nt_fails(NNDYN_EARG, context, "classes", nndyn_dataset_create_labels(context, 1, 1, x, 1, labels, 0, &d));
    nt_fails(NNDYN_EARG, context, "labels", nndyn_dataset_create_labels(context, 1, 1, x, 2, NULL, 0, &d));
    nt_fails(NNDYN_EDATA, context, "sample 1", nndyn_dataset_create_labels(context, 2, 1, x, 2, labels, 0, &d));
    labels[1] = -1;
    nt_fails(NNDYN_EDATA, context, "-1",
             nndyn_dataset_create_labels_f32(context, 2, 1, (float[]){1, 2}, 2, labels, 0, &d));
    assert_null(d);
}

static nndyn_dataset *counting(int64_t samples, int64_t inputs, int64_t classes)
{
    double *x = malloc((size_t)(samples * inputs) * sizeof *x);
    int64_t *labels = malloc((size_t)samples * sizeof *labels);
    nndyn_dataset *d = NULL;
    for (int64_t i = 0; i < samples * inputs; i++) {
        x[i] = (double)i;
    }
    for (int64_t i = 0; i < samples; i++) {
        labels[i] = i % classes;
    }
    nt_ok(context, nndyn_dataset_create_labels(context, samples, inputs, x, classes, labels, 1, &d));
    free(x);
    free(labels);
    return d;
}

static void get_failures(void **state)
{
    nndyn_dataset *d = counting(4, 2, 2), *plain = NULL;
    double x[8] = {17};
    int64_t labels[4] = {18};
    (void)state;
    nt_ok(context, nndyn_dataset_create(context, 4, 2, x, 0, NULL, 1, &plain));
    assert_int_equal(nndyn_dataset_get(NULL, 0, 1, x, NULL, NULL), NNDYN_EARG);
    nt_fails(NNDYN_EARG, d, "first", nndyn_dataset_get(d, -1, 1, x, NULL, NULL));
    nt_fails(NNDYN_EARG, d, "first", nndyn_dataset_get(d, 4, 1, x, NULL, NULL));
    nt_fails(NNDYN_EARG, d, "count", nndyn_dataset_get(d, 2, 3, x, NULL, NULL));
    nt_fails(NNDYN_EARG, d, "count", nndyn_dataset_get(d, 2, 0, x, NULL, NULL));
    nt_fails(NNDYN_ESTATE, plain, "labels", nndyn_dataset_get(plain, 0, 1, x, NULL, labels));
    assert_true(x[0] == 17 && labels[0] == 18);
    nndyn_dataset_free(plain);
    nndyn_dataset_free(d);
}

/* ---- data sets of data sets -------------------------------------------------------------------------------------- */

static void selection(void **state)
{
    nndyn_dataset *d = counting(6, 2, 3), *chosen = NULL, *f = NULL, *fchosen = NULL;
    const int64_t rows[5] = {5, 0, 0, 3, 4};
    double x[10], t[15];
    int64_t labels[5];
    (void)state;
    nt_ok(d, nndyn_dataset_select(d, 5, rows, &chosen));
    nt_ok(d, nndyn_dataset_convert(d, NNDYN_F32, &f));
    nt_ok(f, nndyn_dataset_select(f, 5, rows, &fchosen));
    for (int k = 0; k < 2; k++) {
        nt_ok(d, nndyn_dataset_get(k ? fchosen : chosen, 0, 5, x, t, labels));
        for (int i = 0; i < 5; i++) {
            assert_true(x[2 * i] == (double)(2 * rows[i]) && x[2 * i + 1] == (double)(2 * rows[i] + 1));
            assert_true(labels[i] == rows[i] % 3 && t[3 * i + labels[i]] == 1);
        }
    }
    nndyn_dataset *keep = chosen;
    nt_fails(NNDYN_EARG, d, "rows[1] is 6", nndyn_dataset_select(d, 2, (int64_t[]){0, 6}, &chosen));
    nt_fails(NNDYN_EARG, d, "count", nndyn_dataset_select(d, 0, rows, &chosen));
    nt_fails(NNDYN_EARG, d, "rows", nndyn_dataset_select(d, 1, NULL, &chosen));
    nt_fails(NNDYN_EARG, d, "out", nndyn_dataset_select(d, 1, rows, NULL));
    assert_ptr_equal(chosen, keep);
    nndyn_dataset_free(d);
    nndyn_dataset_free(f);
    nndyn_dataset_free(chosen);
    nndyn_dataset_free(fchosen);
}

static void conversion(void **state)
{
    double x[4] = {0.1, 1e-300, -FLT_MAX, 3}, huge[2] = {1, 3.5e38}, back[4];
    nndyn_dataset *d = NULL, *f = NULL, *same = NULL, *h = NULL;
    (void)state;
    nt_ok(context, nndyn_dataset_create(context, 2, 2, x, 0, NULL, 0, &d));
    nt_ok(d, nndyn_dataset_convert(d, NNDYN_F32, &f));
    nt_ok(d, nndyn_dataset_convert(d, NNDYN_F64, &same));
    nt_ok(f, nndyn_dataset_get(f, 0, 2, back, NULL, NULL));
    for (int i = 0; i < 4; i++) {
        assert_true(back[i] == (double)(float)x[i]);
    }
    nt_ok(same, nndyn_dataset_get(same, 0, 2, back, NULL, NULL));
    nt_same(back, x, sizeof x);
    assert_ptr_not_equal(same->x, x);
    nt_ok(context, nndyn_dataset_create(context, 1, 1, huge, 1, huge + 1, 0, &h));
    nndyn_dataset *keep = f;
    nt_fails(NNDYN_EDATA, h, "t is", nndyn_dataset_convert(h, NNDYN_F32, &f));
    nt_fails(NNDYN_EARG, h, "dtype", nndyn_dataset_convert(h, 3, &f));
    nt_fails(NNDYN_EARG, h, "out", nndyn_dataset_convert(h, NNDYN_F64, NULL));
    assert_ptr_equal(f, keep);
    nndyn_dataset_free(d);
    nndyn_dataset_free(f);
    nndyn_dataset_free(same);
    nndyn_dataset_free(h);
}

/* Rounding to the largest float or to infinity is decided half a unit above it. */
static void conversion_at_the_limit(void **state)
{
    double below = nextafter(0x1.ffffffp+127, 0), at = 0x1.ffffffp+127;
    nndyn_dataset *d = NULL, *f = NULL;
    (void)state;
    nt_ok(context, nndyn_dataset_create(context, 1, 1, &below, 0, NULL, 0, &d));
    nt_ok(d, nndyn_dataset_convert(d, NNDYN_F32, &f));
    nndyn_dataset_free(f);
    nndyn_dataset_free(d);
    nt_ok(context, nndyn_dataset_create(context, 1, 1, &at, 0, NULL, 0, &d));
    nt_fails(NNDYN_EDATA, d, "single", nndyn_dataset_convert(d, NNDYN_F32, &f));
    nndyn_dataset_free(d);
}

static void standardization(void **state)
{
    enum { N = 50, K = 3 };
    double x[N * K], y[N * K];
    nndyn_dataset *d = NULL, *s = NULL, *other = NULL, *so = NULL, *f = NULL, *sf = NULL;
    (void)state;
    nt_normal(5, N * K, x);
    for (int i = 0; i < N; i++) {
        x[i * K] = 1e6 + 3 * x[i * K];
        x[i * K + 1] = 0.1; /* constant, and its mean is not exactly 0.1 */
    }
    nt_ok(context, nndyn_dataset_create(context, N, K, x, 0, NULL, 0, &d));
    nt_ok(d, nndyn_dataset_standardize(d, d, &s));
    nt_ok(s, nndyn_dataset_get(s, 0, N, y, NULL, NULL));
    for (int j = 0; j < K; j++) {
        double mean = 0, square = 0;
        for (int i = 0; i < N; i++) {
            mean += y[i * K + j] / N;
            square += y[i * K + j] * y[i * K + j] / N;
        }
        nt_near(mean, 0, 1e-9);
        nt_near(square, j == 1 ? 0 : 1, 1e-9);
    }
    double ox[K] = {1e6, 0.6, 0};
    nt_ok(context, nndyn_dataset_create(context, 1, K, ox, 0, NULL, 0, &other));
    nt_ok(other, nndyn_dataset_standardize(other, d, &so));
    nt_ok(so, nndyn_dataset_get(so, 0, 1, ox, NULL, NULL));
    nt_near(ox[1], 0.5, 0);
    nt_ok(d, nndyn_dataset_convert(d, NNDYN_F32, &f));
    nt_ok(f, nndyn_dataset_standardize(f, d, &sf));
    assert_int_equal(sf->dtype, NNDYN_F32);
    nndyn_dataset *all[] = {d, s, other, so, f, sf};
    for (int i = 0; i < 6; i++) {
        nndyn_dataset_free(all[i]);
    }
}

static void standardization_failures(void **state)
{
    double x[4] = {1, 2, 3, 4}, tiny[2] = {1e-320, 2e-320}, huge[2] = {1e308, -1e308}, one[1] = {1e10};
    nndyn_dataset *d = NULL, *two = NULL, *small = NULL, *big = NULL, *number = NULL, *out = NULL;
    (void)state;
    nt_ok(context, nndyn_dataset_create(context, 4, 1, x, 0, NULL, 0, &d));
    nt_ok(context, nndyn_dataset_create(context, 2, 2, x, 0, NULL, 0, &two));
    nt_ok(context, nndyn_dataset_create(context, 2, 1, tiny, 0, NULL, 0, &small));
    nt_ok(context, nndyn_dataset_create(context, 2, 1, huge, 0, NULL, 0, &big));
    nt_ok(context, nndyn_dataset_create(context, 1, 1, one, 0, NULL, 0, &number));
    nt_fails(NNDYN_EARG, d, "inputs", nndyn_dataset_standardize(d, two, &out));
    nt_fails(NNDYN_EARG, d, "reference", nndyn_dataset_standardize(d, NULL, &out));
    nt_fails(NNDYN_EARG, d, "out", nndyn_dataset_standardize(d, d, NULL));
    int status = nndyn_dataset_standardize(number, big, &out); /* the variance is beyond the range */
    assert_true(status == NNDYN_OK || status == NNDYN_ENUMERIC);
    nndyn_dataset_free(status == NNDYN_OK ? out : NULL);
    out = NULL;
    double far[2] = {-1e-160, 1e-160};
    nndyn_dataset *near = NULL;
    nt_ok(context, nndyn_dataset_create(context, 2, 1, far, 0, NULL, 0, &near));
    nt_fails(NNDYN_ENUMERIC, big, "standardized", nndyn_dataset_standardize(big, near, &out));
    assert_null(out);
    nndyn_dataset *all[] = {d, two, small, big, number, near};
    for (int i = 0; i < 6; i++) {
        nndyn_dataset_free(all[i]);
    }
}

/* ---- splits ------------------------------------------------------------------------------------------------------ */

/* Each sample is in exactly one part, and the parts are in the order of the original. */
static void check_parts(nndyn_dataset *first, nndyn_dataset *second, int64_t total)
{
    nndyn_dataset *parts[2] = {first, second};
    char *seen = calloc((size_t)total, 1);
    int64_t all = 0;
    for (int p = 0; p < 2; p++) {
        double before = -1;
        for (int64_t i = 0; i < parts[p]->samples; i++) {
            double x;
            nt_ok(parts[p], nndyn_dataset_get(parts[p], i, 1, &x, NULL, NULL));
            assert_true(x > before && seen[(int64_t)x] == 0);
            seen[(int64_t)x] = 1;
            before = x;
            all++;
        }
    }
    assert_int_equal(all, total);
    free(seen);
}

static void stratified_splits(void **state)
{
    static const double fractions[] = {0.01, 0.1, 0.25, 1.0 / 3, 0.5, 0.7, 0.99};
    (void)state;
    for (size_t k = 0; k < sizeof fractions / sizeof *fractions; k++) {
        for (int64_t samples = 2; samples < 130; samples += 21) {
            nndyn_dataset *d = counting(samples, 1, 4), *parts[2] = {NULL, NULL};
            double f = fractions[k];
            nt_ok(d, nndyn_dataset_split(d, f, NULL, &parts[0], &parts[1]));
            check_parts(parts[0], parts[1], samples);
            double wanted = fmin(fmax(round(f * (double)samples), 1), (double)samples - 1);
            assert_int_equal(parts[1]->samples, (int64_t)wanted);
            int64_t counts[4] = {0}, whole[4] = {0};
            for (int64_t i = 0; i < samples; i++) {
                whole[i % 4]++;
                counts[i < parts[1]->samples ? parts[1]->labels[i] : 0] += i < parts[1]->samples;
            }
            for (int c = 0; c < 4; c++) {
                double share = f * (double)whole[c];
                assert_true(fabs((double)counts[c] - share) <= 1 || wanted != round(f * (double)samples));
                assert_true(share != floor(share) || (double)counts[c] == share || f == 0.7 || f == 1.0 / 3);
            }
            nndyn_dataset_free(d);
            nndyn_dataset_free(parts[0]);
            nndyn_dataset_free(parts[1]);
        }
    }
}

static void split_seeds(void **state)
{
    nndyn_dataset *d = counting(100, 1, 4), *p[3][2];
    int same = 1;
    (void)state;
    nt_ok(options, nndyn_options_set_integer(options, "seed", 1));
    nt_ok(options, nndyn_options_set_integer(options, "stratified", 0));
    for (int k = 0; k < 3; k++) {
        nt_ok(options, nndyn_options_set_integer(options, "seed", k == 2 ? 2 : 1));
        nt_ok(d, nndyn_dataset_split(d, 0.4, options, &p[k][0], &p[k][1]));
        check_parts(p[k][0], p[k][1], 100);
        assert_int_equal(p[k][1]->samples, 40);
    }
    nt_same(p[0][1]->x, p[1][1]->x, 40 * sizeof(double));
    same = memcmp(p[0][1]->x, p[2][1]->x, 40 * sizeof(double)) == 0;
    assert_int_equal(same, 0);
    for (int k = 0; k < 3; k++) {
        nndyn_dataset_free(p[k][0]);
        nndyn_dataset_free(p[k][1]);
    }
    nndyn_dataset_free(d);
}

static void split_failures(void **state)
{
    nndyn_dataset *d = counting(4, 1, 2), *one = counting(1, 1, 2), *plain = NULL, *a = NULL, *b = NULL;
    double x[4] = {1, 2, 3, 4};
    (void)state;
    nt_ok(context, nndyn_dataset_create(context, 4, 1, x, 0, NULL, 0, &plain));
    static const double wrong[] = {0, 1, -0.5, 2, NAN};
    for (int i = 0; i < 5; i++) {
        nt_fails(NNDYN_EARG, d, "fraction", nndyn_dataset_split(d, wrong[i], NULL, &a, &b));
    }
    nt_fails(NNDYN_EARG, d, "first", nndyn_dataset_split(d, 0.5, NULL, NULL, &b));
    nt_fails(NNDYN_EARG, d, "second", nndyn_dataset_split(d, 0.5, NULL, &a, NULL));
    nt_fails(NNDYN_EARG, one, "one sample", nndyn_dataset_split(one, 0.5, NULL, &a, &b));
    nt_ok(options, nndyn_options_set_integer(options, "stratified", 1));
    nt_fails(NNDYN_ESTATE, plain, "labels", nndyn_dataset_split(plain, 0.5, options, &a, &b));
    nt_ok(options, nndyn_options_set_integer(options, "stratifed", 1));
    nt_fails(NNDYN_EOPTION, d, "stratified", nndyn_dataset_split(d, 0.5, options, &a, &b));
    assert_true(a == NULL && b == NULL);
    nndyn_dataset_free(d);
    nndyn_dataset_free(one);
    nndyn_dataset_free(plain);
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static int everything(nt_allocator *a, void *user)
{
    nndyn_context *own = NULL;
    nndyn_dataset *d = NULL, *made[6] = {NULL};
    double x[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    const int64_t labels[4] = {0, 1, 1, 0};
    (void)user;
    int status = nt_context_create(a, &own);
    status = status ? status : nndyn_dataset_create(own, 4, 2, x, 2, x, 1, &made[5]);
    status = status ? status : nndyn_dataset_create_labels(own, 4, 2, x, 2, labels, 1, &d);
    status = status ? status : nndyn_dataset_select(d, 2, labels, &made[0]);
    status = status ? status : nndyn_dataset_convert(d, NNDYN_F32, &made[1]);
    status = status ? status : nndyn_dataset_standardize(d, d, &made[2]);
    status = status ? status : nndyn_dataset_split(d, 0.5, NULL, &made[3], &made[4]);
    for (int i = 0; i < 6; i++) {
        nndyn_dataset_free(made[i]);
    }
    nndyn_context_free(own); /* before the data set: it keeps the context */
    nndyn_dataset_free(d);
    return status;
}

static void every_allocation(void **state)
{
    (void)state;
    nt_every_allocation(everything, NULL);
}

static void memory_limit(void **state)
{
    nndyn_dataset *d = counting(100, 10, 2), *out = NULL;
    (void)state;
    nt_ok(context, nndyn_context_set_memory_limit(context, 1000));
    nt_fails(NNDYN_ELIMIT, d, "data set", nndyn_dataset_convert(d, NNDYN_F64, &out));
    nndyn_dataset_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(borrowed_and_copied, set_up_options, tear_down_options),
        cmocka_unit_test_setup_teardown(labels_become_one_hot, set_up_options, tear_down_options),
        cmocka_unit_test_setup_teardown(without_targets, set_up_options, tear_down_options),
        cmocka_unit_test_setup_teardown(creation_failures, set_up_options, tear_down_options),
        cmocka_unit_test_setup_teardown(get_failures, set_up_options, tear_down_options),
        cmocka_unit_test_setup_teardown(selection, set_up_options, tear_down_options),
        cmocka_unit_test_setup_teardown(conversion, set_up_options, tear_down_options),
        cmocka_unit_test_setup_teardown(conversion_at_the_limit, set_up_options, tear_down_options),
        cmocka_unit_test_setup_teardown(standardization, set_up_options, tear_down_options),
        cmocka_unit_test_setup_teardown(standardization_failures, set_up_options, tear_down_options),
        cmocka_unit_test_setup_teardown(stratified_splits, set_up_options, tear_down_options),
        cmocka_unit_test_setup_teardown(split_seeds, set_up_options, tear_down_options),
        cmocka_unit_test_setup_teardown(split_failures, set_up_options, tear_down_options),
        cmocka_unit_test_setup_teardown(every_allocation, set_up_options, tear_down_options),
        cmocka_unit_test_setup_teardown(memory_limit, set_up_options, tear_down_options),
    };
    return cmocka_run_group_tests_name("data set", tests, NULL, NULL);
}
