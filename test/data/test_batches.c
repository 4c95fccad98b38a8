/* Batches: functions of seed and step, permutations, replacement, noise and its statistics. */
#include "data/data.h"
#include "support/support.h"

static nndyn_context *context;
static nt_allocator counter;
static nndyn_options *options;
static nndyn_dataset *numbers; /* 23 samples, x = number (2 columns), t = -number */
static nndyn_dataset *classes; /* 400 samples of 5 classes, x = number */

enum { SAMPLES = 23, MANY = 400, CLASSES = 5 };

static int set_up(void **state)
{
    double x[2 * SAMPLES], t[SAMPLES], many[MANY];
    int64_t labels[MANY];
    (void)state;
    counter = (nt_allocator){0};
    context = nt_context(&counter);
    nt_ok(context, nndyn_options_create(context, &options));
    for (int i = 0; i < MANY; i++) {
        many[i] = i;
        labels[i] = i % CLASSES;
        if (i < SAMPLES) {
            x[2 * i] = x[2 * i + 1] = i;
            t[i] = -i;
        }
    }
    nt_ok(context, nndyn_dataset_create(context, SAMPLES, 2, x, 1, t, 1, &numbers));
    nt_ok(context, nndyn_dataset_create_labels(context, MANY, 1, many, CLASSES, labels, 1, &classes));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    nndyn_options_free(options);
    nndyn_dataset_free(numbers);
    nndyn_dataset_free(classes);
    nndyn_context_free(context);
    nt_no_leak(&counter);
    return 0;
}

static nndyn_batches *batches_of(nndyn_dataset *dataset, int kind, int64_t size)
{
    nndyn_batches *b = NULL;
    nt_ok(dataset, nndyn_batches_create(dataset, kind, size, options, &b));
    return b;
}

/* ---- which samples ----------------------------------------------------------------------------------------------- */

static void full_batches_are_the_data(void **state)
{
    nndyn_batches *b = batches_of(numbers, NNDYN_BATCH_FULL, 0);
    const double *x, *t;
    int64_t n, steps, largest;
    (void)state;
    nt_ok(b, nndyn_batches_shape(b, &steps, &largest));
    assert_true(steps == 1 && largest == SAMPLES);
    for (int64_t step = 0; step < 3; step++) {
        nt_ok(b, nndyn_batches_get(b, step, &n, &x, &t));
        assert_true(n == SAMPLES && x == numbers->x && t == numbers->t);
    }
    assert_ptr_equal(nd_batches_dataset(b), numbers);
    nndyn_batches_free(b);
    nndyn_batches_free(NULL);
}

/* Every epoch a permutation, another one each time; the last batch of each is short, or left out. */
static void epochs_are_permutations(void **state)
{
    (void)state;
    for (int drop = 0; drop < 2; drop++) {
        nt_ok(options, nndyn_options_set_integer(options, "drop_last", drop));
        for (int64_t size = 1; size <= SAMPLES; size += 5) {
            nndyn_batches *b = batches_of(numbers, NNDYN_BATCH_EPOCHS, size);
            int64_t steps, largest, n;
            double order[4][SAMPLES] = {{0}};
            nt_ok(b, nndyn_batches_shape(b, &steps, &largest));
            assert_true(largest == size && steps == (drop ? SAMPLES / size : (SAMPLES + size - 1) / size));
            for (int64_t epoch = 0; epoch < 4; epoch++) {
                int64_t seen[SAMPLES] = {0}, total = 0;
                for (int64_t k = 0; k < steps; k++) {
                    const double *x, *t;
                    nt_ok(b, nndyn_batches_get(b, epoch * steps + k, &n, &x, &t));
                    assert_true(n == size || (!drop && k == steps - 1 && n == SAMPLES % size));
                    for (int64_t i = 0; i < n; i++) {
                        assert_true(x[2 * i] == x[2 * i + 1] && t[i] == -x[2 * i]);
                        assert_int_equal(seen[(int64_t)x[2 * i]]++, 0);
                        order[epoch][total++] = x[2 * i];
                    }
                }
                assert_int_equal(total, drop ? steps * size : SAMPLES);
                assert_true(epoch == 0 || memcmp(order[epoch], order[epoch - 1], sizeof order[0]) != 0);
            }
            nndyn_batches_free(b);
        }
    }
}

/* Draws with replacement are uniform: chi-squared of 40000 draws over 23 samples below its 1 - 1e-6 quantile (22
 * degrees of freedom: 69.7).  The seed is fixed, so this passes always or never. */
static void replacement_is_uniform(void **state)
{
    nndyn_batches *b = batches_of(numbers, NNDYN_BATCH_REPLACEMENT, 20);
    double seen[SAMPLES] = {0}, chi = 0, expected = 40000.0 / SAMPLES;
    int64_t steps, largest, n;
    (void)state;
    nt_ok(b, nndyn_batches_shape(b, &steps, &largest));
    assert_true(steps == 2 && largest == 20);
    for (int64_t step = 0; step < 2000; step++) {
        const double *x, *t;
        nt_ok(b, nndyn_batches_get(b, step, &n, &x, &t));
        assert_int_equal(n, 20);
        for (int64_t i = 0; i < n; i++) {
            seen[(int64_t)x[2 * i]]++;
        }
    }
    for (int i = 0; i < SAMPLES; i++) {
        chi += (seen[i] - expected) * (seen[i] - expected) / expected;
    }
    assert_true(chi < 69.7);
    nndyn_batches_free(b);
}

/* Whatever was asked before: batches of all kinds with all noise, in another order and from another handle. */
static void any_order_gives_the_same_batch(void **state)
{
    static const int64_t order[] = {7, 0, 100, 7, 1, 99, 1000000007, 3};
    (void)state;
    nt_ok(options, nndyn_options_set_double(options, "label_noise", 0.3));
    nt_ok(options, nndyn_options_set_double(options, "input_noise", 0.1));
    nt_ok(options, nndyn_options_set_double(options, "target_noise", 0.2));
    for (int kind = NNDYN_BATCH_FULL; kind <= NNDYN_BATCH_REPLACEMENT; kind++) {
        nt_ok(options, nndyn_options_set_integer(options, "label_noise_exact", kind != NNDYN_BATCH_FULL));
        nt_ok(options, nndyn_options_set_double(options, "relative_input_noise", kind == NNDYN_BATCH_FULL ? 0 : 0.3));
        nndyn_batches *b = batches_of(classes, kind, 30), *fresh = NULL;
        for (size_t k = 0; k < sizeof order / sizeof *order; k++) {
            const double *x, *t, *fx, *ft;
            int64_t n, fn;
            fresh = batches_of(classes, kind, 30);
            nt_ok(b, nndyn_batches_get(b, order[k], &n, &x, &t));
            nt_ok(fresh, nndyn_batches_get(fresh, order[k], &fn, &fx, &ft));
            assert_int_equal(n, fn);
            nt_same(x, fx, n * 8);
            nt_same(t, ft, n * CLASSES * 8);
            nndyn_batches_free(fresh);
        }
        nndyn_batches_free(b);
    }
}

static void seeds_and_steps_matter(void **state)
{
    double before[SAMPLES] = {0}, now[SAMPLES];
    int64_t n;
    (void)state;
    nt_ok(context, nndyn_context_set_seed(context, 77));
    for (int k = 0; k < 3; k++) {
        const double *x, *t;
        if (k < 2) {
            nt_ok(options, nndyn_options_set_integer(options, "seed", k == 0 ? 78 : 77));
        }
        nndyn_batches *b = NULL;
        nt_ok(numbers, nndyn_batches_create(numbers, NNDYN_BATCH_EPOCHS, SAMPLES, k == 2 ? NULL : options, &b));
        nt_ok(b, nndyn_batches_get(b, 0, &n, &x, &t));
        memcpy(now, t, sizeof now);
        assert_true(k == 2 ? memcmp(now, before, sizeof now) == 0 : memcmp(now, before, sizeof now) != 0);
        memcpy(before, now, sizeof now);
        nndyn_batches_free(b);
    }
}

/* ---- noise ------------------------------------------------------------------------------------------------------- */

/* A label is changed with probability 0.3 * 4/5 = 0.24 (a fifth of the replacements draw the old one).  Over 200 * 400
 * labels the rate has standard deviation 0.00151: within 5 of them but for 6 seeds in ten million.  Each wrong label is
 * as frequent as any other: chi-squared with 4 - 1 degrees of freedom below its 1 - 1e-6 quantile, 30.7. */
static void label_noise_has_its_rate(void **state)
{
    double changed = 0, offsets[CLASSES] = {0}, chi = 0;
    int64_t n;
    (void)state;
    nt_ok(options, nndyn_options_set_double(options, "label_noise", 0.3));
    nndyn_batches *b = batches_of(classes, NNDYN_BATCH_FULL, 0);
    for (int64_t step = 0; step < 200; step++) {
        const double *x, *t;
        nt_ok(b, nndyn_batches_get(b, step, &n, &x, &t));
        assert_ptr_equal(x, classes->x); /* only the targets are copied */
        for (int64_t i = 0; i < n; i++) {
            int label = -1, ones = 0;
            for (int c = 0; c < CLASSES; c++) {
                assert_true(t[i * CLASSES + c] == 0 || t[i * CLASSES + c] == 1);
                ones += t[i * CLASSES + c] == 1;
                label = t[i * CLASSES + c] == 1 ? c : label;
            }
            assert_int_equal(ones, 1);
            changed += label != i % CLASSES;
            offsets[(label + CLASSES - i % CLASSES) % CLASSES]++;
        }
    }
    nt_near(changed / (200.0 * MANY), 0.24, 5 * 0.00151);
    for (int c = 1; c < CLASSES; c++) {
        chi += pow(offsets[c] - changed / 4, 2) / (changed / 4);
    }
    assert_true(chi < 30.7);
    nndyn_batches_free(b);
}

/* Labels of a batch that are not what they were; they must all be one-hot. */
static int64_t changed_labels(const double *x, const double *t, int64_t n, int64_t *where)
{
    int64_t changed = 0;
    for (int64_t i = 0; i < n; i++) {
        const int64_t old = (int64_t)x[i] % CLASSES;
        double sum = 0;
        for (int c = 0; c < CLASSES; c++) {
            sum += t[i * CLASSES + c];
        }
        assert_true(sum == 1);
        if (t[i * CLASSES + old] != 1) {
            where[(int64_t)x[i]]++;
            changed++;
        }
    }
    return changed;
}

/* Exactly r = floor(p n) labels are drawn anew: never more than r changed, about 4/5 of them on average, and each
 * sample about as often as any other.  2000 batches of 10 with r = 3: 4800 changes with standard deviation sqrt(6000 *
 * .16) = 31; the chi-squared of 400 counts of mean 12 (each binomial, the sum below its 1 - 1e-6 quantile of 399
 * degrees of freedom, 547).  p = 0.3 and n = 10 has floor 3 although the product of doubles may be rounded. */
static void exact_label_noise_has_its_number(void **state)
{
    int64_t where[MANY] = {0}, n, total = 0, most = 0;
    double chi = 0;
    (void)state;
    nt_ok(options, nndyn_options_set_double(options, "label_noise", 0.3));
    nt_ok(options, nndyn_options_set_integer(options, "label_noise_exact", 1));
    nndyn_batches *b = batches_of(classes, NNDYN_BATCH_EPOCHS, 10);
    for (int64_t step = 0; step < 2000; step++) {
        const double *x, *t;
        nt_ok(b, nndyn_batches_get(b, step, &n, &x, &t));
        const int64_t changed = changed_labels(x, t, n, where);
        total += changed;
        most = changed > most ? changed : most;
    }
    assert_int_equal(most, 3);
    nt_near((double)total, 4800, 5 * 31);
    for (int i = 0; i < MANY; i++) {
        chi += pow((double)where[i] - (double)total / MANY, 2) / ((double)total / MANY);
    }
    assert_true(chi < 547);
    nndyn_batches_free(b);
}

/* The number replaced, seen where a replacement always shows: with many classes hardly any draw is the old label. */
static void exact_label_noise_rounds_down(void **state)
{
    static const struct {
        double p;
        int64_t size, want;
    } cases[] = {{0.29, 100, 29}, {0.3, 10, 3}, {0.99, 10, 9}, {0.07, 100, 7}, {1, 7, 7}, {0.1, 9, 0}, {1e-9, 100, 0}};
    enum { N = 100 };
    double x[N] = {0};
    int64_t labels[N] = {0}, n;
    nndyn_dataset *d = NULL;
    (void)state;
    nt_ok(context, nndyn_dataset_create_labels(context, N, 1, x, 1000, labels, 1, &d));
    nt_ok(options, nndyn_options_set_integer(options, "label_noise_exact", 1));
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        int64_t most = 0;
        nt_ok(options, nndyn_options_set_double(options, "label_noise", cases[k].p));
        nndyn_batches *b = batches_of(d, NNDYN_BATCH_EPOCHS, cases[k].size);
        for (int64_t step = 0; step < 5; step++) {
            const double *bx, *t;
            int64_t changed = 0;
            nt_ok(b, nndyn_batches_get(b, step, &n, &bx, &t));
            for (int64_t i = 0; i < n; i++) {
                changed += t[i * 1000] != 1;
            }
            most = n == cases[k].size && changed > most ? changed : most;
        }
        assert_int_equal(most, cases[k].want);
        nndyn_batches_free(b);
    }
    nndyn_dataset_free(d);
}

/* Noise in units of the spread of the batch: a batch of scale 1000 gets 1000 times the noise of the same batch at scale
 * 1, and its deviation is that of all numbers together (here columns of very different means: 0 and 10, each of spread
 * 1; all together sqrt(26)).  20000 numbers: variance within 5 standard errors, 5 sqrt(2/20000) = 0.05.  Given with
 * "input_noise", variances add. */
static void relative_noise_has_its_deviation(void **state)
{
    enum { N = 10000 };
    double *x = malloc(2 * N * sizeof *x);
    nndyn_dataset *d = NULL;
    (void)state;
    nt_normal(4, 2 * N, x);
    for (int i = 1; i < 2 * N; i += 2) {
        x[i] += 10;
    }
    nt_ok(options, nndyn_options_set_double(options, "relative_input_noise", 0.5));
    for (int k = 0; k < 3; k++) {
        double scale = k == 1 ? 1000 : 1, square = 0, want = 0.25 * 26 * scale * scale;
        for (int i = 0; i < 2 * N; i++) {
            x[i] *= scale;
        }
        nt_ok(options, nndyn_options_set_double(options, "input_noise", k == 2 ? 3000 : 0));
        nt_ok(context, nndyn_dataset_create(context, N, 2, x, 0, NULL, 0, &d));
        nndyn_batches *b = batches_of(d, NNDYN_BATCH_FULL, 0);
        const double *bx, *t;
        int64_t n;
        nt_ok(b, nndyn_batches_get(b, 5, &n, &bx, &t));
        for (int i = 0; i < 2 * N; i++) {
            square += pow(bx[i] - x[i], 2) / (2 * N);
        }
        want = k == 2 ? 0.25 * 26e6 + 9e6 : want;
        nt_near(square / want, 1, 0.1);
        nndyn_batches_free(b);
        nndyn_dataset_free(d);
    }
    free(x);
}

/* Normal noise on inputs and targets: mean and variance of 46000 and of 23000 numbers within 5 standard errors. */
static void normal_noise_has_its_moments(void **state)
{
    double sum[2] = {0}, square[2] = {0}, count[2] = {0};
    int64_t n;
    (void)state;
    nt_ok(options, nndyn_options_set_double(options, "input_noise", 2));
    nt_ok(options, nndyn_options_set_double(options, "target_noise", 0.5));
    nndyn_batches *b = batches_of(numbers, NNDYN_BATCH_FULL, 0);
    for (int64_t step = 0; step < 1000; step++) {
        const double *x, *t;
        nt_ok(b, nndyn_batches_get(b, step, &n, &x, &t));
        for (int64_t i = 0; i < 2 * n; i++) {
            double e = (x[i] - (double)(i / 2)) / 2;
            sum[0] += e, square[0] += e * e, count[0]++;
        }
        for (int64_t i = 0; i < n; i++) {
            double e = (t[i] + (double)i) / 0.5;
            sum[1] += e, square[1] += e * e, count[1]++;
        }
    }
    for (int k = 0; k < 2; k++) {
        nt_near(sum[k] / count[k], 0, 5 / sqrt(count[k]));
        nt_near(square[k] / count[k], 1, 5 * sqrt(2 / count[k]));
    }
    nndyn_batches_free(b);
}

/* Full label noise replaces all; the data set itself is never touched; noise in single precision is the same, rounded.
 * */
static void noise_in_single_precision(void **state)
{
    nndyn_dataset *f = NULL;
    int64_t n, m;
    (void)state;
    nt_ok(numbers, nndyn_dataset_convert(numbers, NNDYN_F32, &f));
    nt_ok(options, nndyn_options_set_double(options, "input_noise", 1));
    nt_ok(options, nndyn_options_set_double(options, "target_noise", 1));
    for (int kind = NNDYN_BATCH_FULL; kind <= NNDYN_BATCH_REPLACEMENT; kind++) {
        nndyn_batches *b = batches_of(numbers, kind, 6), *fb = batches_of(f, kind, 6);
        for (int64_t step = 0; step < 9; step++) {
            const double *x, *t;
            const float *fx, *ft;
            nt_ok(b, nndyn_batches_get(b, step, &n, &x, &t));
            nt_ok(fb, nndyn_batches_get_f32(fb, step, &m, &fx, &ft));
            assert_int_equal(n, m);
            nt_close_f32(fx, x, 2 * n, 1e-6, 0);
            nt_close_f32(ft, t, n, 1e-6, 0);
        }
        nndyn_batches_free(b);
        nndyn_batches_free(fb);
    }
    double x[2];
    nt_ok(numbers, nndyn_dataset_get(numbers, 4, 1, x, NULL, NULL));
    assert_true(x[0] == 4 && x[1] == 4);
    nndyn_dataset_free(f);
}

/* ---- contract ---------------------------------------------------------------------------------------------------- */

static void getting_allocates_nothing(void **state)
{
    (void)state;
    nt_ok(options, nndyn_options_set_double(options, "label_noise", 0.5));
    nt_ok(options, nndyn_options_set_double(options, "input_noise", 0.5));
    nt_ok(options, nndyn_options_set_double(options, "target_noise", 0.5));
    nt_ok(options, nndyn_options_set_double(options, "relative_input_noise", 0.5));
    for (int kind = NNDYN_BATCH_FULL; kind <= NNDYN_BATCH_REPLACEMENT; kind++) {
        nt_ok(options, nndyn_options_set_integer(options, "label_noise_exact", kind == NNDYN_BATCH_EPOCHS));
        nndyn_batches *b = batches_of(classes, kind, 7);
        int64_t calls = counter.calls, n;
        for (int64_t step = 0; step < 300; step += 7) {
            const double *x, *t;
            nt_ok(b, nndyn_batches_get(b, step, &n, &x, &t));
        }
        assert_int_equal(counter.calls, calls);
        nndyn_batches_free(b);
    }
}

static void failures(void **state)
{
    nndyn_batches *b = NULL, *good = batches_of(numbers, NNDYN_BATCH_EPOCHS, 5);
    const double *x = NULL, *t = NULL;
    const float *fx = NULL, *ft = NULL;
    nndyn_dataset *plain = NULL;
    int64_t n = 17;
    double one = 1;
    (void)state;
    nt_ok(context, nndyn_dataset_create(context, 1, 1, &one, 0, NULL, 1, &plain));
    assert_int_equal(nndyn_batches_create(NULL, NNDYN_BATCH_FULL, 1, NULL, &b), NNDYN_EARG);
    nt_fails(NNDYN_EARG, numbers, "kind", nndyn_batches_create(numbers, 0, 5, NULL, &b));
    nt_fails(NNDYN_EARG, numbers, "kind", nndyn_batches_create(numbers, 4, 5, NULL, &b));
    nt_fails(NNDYN_EARG, numbers, "size", nndyn_batches_create(numbers, NNDYN_BATCH_EPOCHS, 0, NULL, &b));
    nt_fails(NNDYN_EARG, numbers, "size", nndyn_batches_create(numbers, NNDYN_BATCH_EPOCHS, 24, NULL, &b));
    nt_fails(NNDYN_EARG, numbers, "out", nndyn_batches_create(numbers, NNDYN_BATCH_EPOCHS, 5, NULL, NULL));
    nt_ok(options, nndyn_options_set_double(options, "target_noise", 0.5));
    nt_fails(NNDYN_ESTATE, plain, "targets", nndyn_batches_create(plain, NNDYN_BATCH_FULL, 0, options, &b));
    nt_ok(options, nndyn_options_set_double(options, "label_noise", 0.5));
    nt_fails(NNDYN_ESTATE, numbers, "labels", nndyn_batches_create(numbers, NNDYN_BATCH_FULL, 0, options, &b));
    nt_ok(options, nndyn_options_set_double(options, "label_noise", 1.5));
    nt_fails(NNDYN_EOPTION, numbers, "label_noise", nndyn_batches_create(numbers, NNDYN_BATCH_FULL, 0, options, &b));
    nt_ok(options, nndyn_options_set_double(options, "label_noise", 0));
    nt_ok(options, nndyn_options_set_integer(options, "label_noise_exact", 2));
    nt_fails(NNDYN_EOPTION, numbers, "label_noise_exact",
             nndyn_batches_create(numbers, NNDYN_BATCH_FULL, 0, options, &b));
    nt_ok(options, nndyn_options_set_integer(options, "label_noise_exact", 1));
    nt_ok(options, nndyn_options_set_double(options, "relative_input_noise", -1));
    nt_fails(NNDYN_EOPTION, numbers, "relative_input_noise",
             nndyn_batches_create(numbers, NNDYN_BATCH_FULL, 0, options, &b));
    assert_null(b);
    assert_int_equal(nndyn_batches_shape(NULL, NULL, NULL), NNDYN_EARG);
    nt_fails(NNDYN_EARG, good, "step", nndyn_batches_get(good, -1, &n, &x, &t));
    nt_fails(NNDYN_EARG, good, "n is NULL", nndyn_batches_get(good, 0, NULL, &x, &t));
    nt_fails(NNDYN_EARG, good, "x is NULL", nndyn_batches_get(good, 0, &n, NULL, &t));
    nt_fails(NNDYN_EARG, good, "t is NULL", nndyn_batches_get(good, 0, &n, &x, NULL));
    nt_fails(NNDYN_EARG, good, "nndyn_batches_get", nndyn_batches_get_f32(good, 0, &n, &fx, &ft));
    assert_true(n == 17 && x == NULL && t == NULL && fx == NULL && ft == NULL);
    nndyn_batches_free(good);
    nt_ok(classes, nndyn_batches_create(classes, NNDYN_BATCH_FULL, -3, NULL, &b)); /* the size is ignored */
    nndyn_batches_free(b);
    nndyn_dataset_free(plain);
}

static void without_targets(void **state)
{
    double x[3] = {1, 2, 3};
    const double *bx, *bt = x;
    nndyn_dataset *plain = NULL;
    int64_t n;
    (void)state;
    nt_ok(context, nndyn_dataset_create(context, 3, 1, x, 0, NULL, 0, &plain));
    nndyn_batches *b = batches_of(plain, NNDYN_BATCH_EPOCHS, 2);
    nndyn_dataset_free(plain); /* kept alive by the batches */
    nt_ok(b, nndyn_batches_get(b, 1, &n, &bx, &bt));
    assert_true(n == 1 && bt == NULL);
    nndyn_batches_free(b);
}

static int everything(nt_allocator *a, void *user)
{
    nndyn_context *own = NULL;
    nndyn_dataset *d = NULL;
    nndyn_batches *b = NULL;
    nndyn_options *noise = NULL;
    double x[4] = {1, 2, 3, 4};
    (void)user;
    int status = nt_context_create(a, &own);
    status = status ? status : nndyn_options_create(own, &noise);
    status = status ? status : nndyn_options_set_double(noise, "input_noise", 1);
    status = status ? status : nndyn_dataset_create(own, 4, 1, x, 0, NULL, 0, &d);
    status = status ? status : nndyn_batches_create(d, NNDYN_BATCH_EPOCHS, 3, noise, &b);
    nndyn_options_free(noise);
    nndyn_dataset_free(d);
    nndyn_context_free(own);
    nndyn_batches_free(b);
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
        cmocka_unit_test_setup_teardown(full_batches_are_the_data, set_up, tear_down),
        cmocka_unit_test_setup_teardown(epochs_are_permutations, set_up, tear_down),
        cmocka_unit_test_setup_teardown(replacement_is_uniform, set_up, tear_down),
        cmocka_unit_test_setup_teardown(any_order_gives_the_same_batch, set_up, tear_down),
        cmocka_unit_test_setup_teardown(seeds_and_steps_matter, set_up, tear_down),
        cmocka_unit_test_setup_teardown(label_noise_has_its_rate, set_up, tear_down),
        cmocka_unit_test_setup_teardown(exact_label_noise_has_its_number, set_up, tear_down),
        cmocka_unit_test_setup_teardown(exact_label_noise_rounds_down, set_up, tear_down),
        cmocka_unit_test_setup_teardown(relative_noise_has_its_deviation, set_up, tear_down),
        cmocka_unit_test_setup_teardown(normal_noise_has_its_moments, set_up, tear_down),
        cmocka_unit_test_setup_teardown(noise_in_single_precision, set_up, tear_down),
        cmocka_unit_test_setup_teardown(getting_allocates_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(failures, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_targets, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_allocation, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("batches", tests, NULL, NULL);
}
