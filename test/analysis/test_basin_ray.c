/* test_basin_ray.c - first exits of rays against closed forms, a naive twin and the noise on a sphere. */
#include "analysis/ray_fixture.h"

enum { RAYS = 7 };

/* ---- closed forms ------------------------------------------------------------------------------------------------ */

/* sign(w.x + b): r(d) = m / (-s d.w/|w|) where that is positive, else none; directions of any length. */
static void test_plane(void **state)
{
    (void)state;
    static const double w[] = {0.6, 0.8}, b = 0.5, x[] = {3, 1, -1, -0.5, 0, 0, -2, -2};
    static const int64_t labels[] = {1, 0, 1, 1}; /* the last one is misclassified */
    static const double directions[2 * RAYS] = {-3, -4, 1, 0, -1, 0, 0, 2, 0, -1e-200, 0.8, -0.6, -1e200, 1e199};
    nt_allocator a = {0};
    nndyn_context *c = nt_context(&a);
    nndyn_dataset *data = NULL;
    nndyn_options *o = nt_options(c);
    nt_ok(c, nndyn_dataset_create_labels(c, 4, 2, x, 2, labels, 1, &data));
    nt_ok(o, nndyn_options_set_double(o, "cap", 8));
    nt_ok(o, nndyn_options_set_integer(o, "bisections", 45));
    for (int outputs = 1; outputs <= 2; outputs++) {
        nndyn_network *network = nt_plane(c, 2, outputs, w, b);
        double radii[4 * RAYS], want[4 * RAYS];
        for (int i = 0; i < 4 * RAYS; i++) {
            const double *p = x + 2 * (i / RAYS), *d = directions + 2 * (i % RAYS);
            const double value = p[0] * w[0] + p[1] * w[1] + b, s = value > 0 ? 1 : -1;
            const double slope = -s * (d[0] * w[0] + d[1] * w[1]) / hypot(d[0], d[1]), r = fabs(value) / slope;
            want[i] = slope > 1e-12 && r <= 8 ? r : (double)INFINITY;
            want[i] = i / RAYS == 3 ? 0 : want[i];
        }
        nt_ok(network, nndyn_basin_ray(network, data, RAYS, directions, o, radii));
        for (int i = 0; i < 4 * RAYS; i++) {
            assert_int_equal(isinf(radii[i]), isinf(want[i]));
            if (!isinf(want[i])) {
                nt_near(radii[i], want[i], 1e-12);
            }
        }
        nndyn_network_free(network);
    }
    nndyn_options_free(o);
    nndyn_dataset_free(data);
    nndyn_context_free(c);
    nt_no_leak(&a);
}

/* The share of directions that do not exit up to r, at distance 1 of a plane in n dimensions: 1 - I_{1-1/r^2}((n-1)/2,
 * 1/2) / 2.  Tolerance 4.5 standard errors: one in 150000 for each row if seeds were drawn.  nndyn_basin_sample moves
 * along the same directions to the sphere of radius r, and its accuracy is this share exactly. */
static void test_sphere(void **state)
{
    (void)state;
    static const struct {
        int64_t inputs, samples, count;
        double r, share;
    } rows[] = {{2, 100, 200, 2, 2.0 / 3},
                {3, 100, 200, 2, 0.75},
                {10, 100, 200, 2, 0.941346598},
                {10, 100, 200, 5, 0.722277279},
                {784, 10, 300, 20, 0.919173793}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        nndyn_context *c = NULL;
        nndyn_dataset *data = NULL;
        nndyn_basin *basin = NULL;
        const int64_t n = rows[i].inputs, samples = rows[i].samples, count = rows[i].count;
        double *w = calloc((size_t)n, sizeof *w), *x = calloc((size_t)(samples * n), sizeof *x), figures[NNDYN_RAYS];
        double *radii = calloc((size_t)(samples * count), sizeof *radii), accuracy[2];
        int64_t *labels = calloc((size_t)samples, sizeof *labels), points = 0;
        w[n - 1] = 3;
        for (int64_t s = 0; s < samples; s++) {
            labels[s] = s % 2;
            x[(s + 1) * n - 1] = s % 2 ? 1 : -1;
        }
        nt_ok(NULL, nndyn_context_create(&c));
        nndyn_network *network = nt_plane(c, n, 1, w, 0);
        nndyn_options *o = nt_options(c), *noise = nt_options(c);
        nt_ok(c, nndyn_dataset_create_labels(c, samples, n, x, 2, labels, 1, &data));
        nt_ok(o, nndyn_options_set_double(o, "step", rows[i].r));
        nt_ok(o, nndyn_options_set_double(o, "cap", rows[i].r));
        nt_ok(o, nndyn_options_set_integer(o, "bisections", 0));
        nt_ok(o, nndyn_options_set_integer(o, "seed", 5));
        nt_ok(network, nndyn_basin_ray(network, data, count, NULL, o, radii));
        nt_ok(c, nndyn_basin_ray_statistics(c, samples, count, radii, figures, NULL, NULL));
        const double share = 1 - figures[NNDYN_RAY_EXIT], trials = (double)(samples * count);
        nt_near(share, rows[i].share, 4.5 * sqrt(rows[i].share * (1 - rows[i].share) / trials));
        nt_ok(noise, nndyn_options_set_text(noise, "noise", "sphere"));
        nt_ok(noise, nndyn_options_set_double(noise, "start", rows[i].r));
        nt_ok(noise, nndyn_options_set_double(noise, "cap", 1.0001 * rows[i].r));
        nt_ok(noise, nndyn_options_set_double(noise, "theta", 0.01));
        nt_ok(noise, nndyn_options_set_integer(noise, "classes", 0));
        nt_ok(noise, nndyn_options_set_integer(noise, "draws", count));
        nt_ok(noise, nndyn_options_set_integer(noise, "seed", 5));
        nt_ok(network, nndyn_basin_sample(network, data, noise, &basin));
        nt_ok(basin, nndyn_basin_curve(basin, 0, 2, NULL, accuracy, NULL, NULL, &points));
        nt_near(accuracy[1], share, 1e-12);
        nndyn_basin_free(basin);
        nndyn_options_free(o);
        nndyn_options_free(noise);
        nndyn_dataset_free(data);
        nndyn_network_free(network);
        nndyn_context_free(c);
        free(w);
        free(x);
        free(radii);
        free(labels);
    }
}

/* z_0 = |x - 1.5|, z_1 = 0.5: class 1 from 1 to 2 only.  The first exit is found though the end of the ray is right; a
 * step wider than the strip passes over it. */
static void test_first_exit(void **state)
{
    (void)state;
    static const double x = -3, theta[] = {1, -1.5, 1, 0, 0, 0.5}, direction = 1;
    static const int64_t label = 0;
    nt_allocator a = {0};
    nndyn_context *c = nt_context(&a);
    nndyn_network *network = NULL;
    nndyn_dataset *data = NULL;
    nndyn_options *o = nt_options(c);
    double radius = 7;
    nt_ok(o, nndyn_options_set_double(o, "parameter", 1));
    nt_ok(c, nndyn_network_create(c, NNDYN_F64, 1, &network));
    nt_ok(network, nndyn_network_add_dense_with(network, 1, NNDYN_ABS_POWER, o));
    nt_ok(network, nndyn_network_add_dense(network, 2, NNDYN_IDENTITY));
    nt_ok(network, nndyn_network_set_parameters(network, 6, theta));
    nt_ok(c, nndyn_dataset_create_labels(c, 1, 1, &x, 2, &label, 1, &data));
    nndyn_options_free(o);
    o = nt_options(c);
    nt_ok(o, nndyn_options_set_integer(o, "bisections", 45));
    nt_ok(network, nndyn_basin_ray(network, data, 1, &direction, o, &radius));
    nt_near(radius, 4, 1e-12); /* at x = 1 */
    nt_ok(o, nndyn_options_set_double(o, "step", 6));
    nt_ok(network, nndyn_basin_ray(network, data, 1, &direction, o, &radius));
    assert_true(isinf(radius));
    nt_ok(o, nndyn_options_set_double(o, "step", 0.1));
    nt_ok(o, nndyn_options_set_integer(o, "clip", 1)); /* never beyond 0.9 */
    nt_ok(o, nndyn_options_set_double(o, "clip_low", -10));
    nt_ok(o, nndyn_options_set_double(o, "clip_high", 0.9));
    nt_ok(network, nndyn_basin_ray(network, data, 1, &direction, o, &radius));
    assert_true(isinf(radius));
    nndyn_options_free(o);
    nndyn_dataset_free(data);
    nndyn_network_free(network);
    nndyn_context_free(c);
    nt_no_leak(&a);
}

/* ---- a naive twin ------------------------------------------------------------------------------------------------ */

static int right_at(nndyn_network *network, const double *x, const double *d, double r, int64_t label)
{
    double p[NT_ORDER_INPUTS], z[NT_ORDER_CLASSES];
    int64_t best = 0;
    for (int i = 0; i < NT_ORDER_INPUTS; i++) {
        p[i] = x[i] + r * d[i];
    }
    nt_ok(network, nndyn_network_forward(network, 1, p, z));
    for (int k = 1; k < NT_ORDER_CLASSES; k++) {
        best = z[k] > z[best] ? k : best;
    }
    return best == label;
}

static double naive(nndyn_network *network, const double *x, const double *d, int64_t label)
{
    if (!right_at(network, x, d, 0, label)) {
        return 0;
    }
    for (int i = 1; i <= 40; i++) {
        if (!right_at(network, x, d, 0.25 * i, label)) {
            double low = 0.25 * (i - 1), high = 0.25 * i;
            for (int b = 0; b < 20; b++) {
                const double middle = (low + high) / 2;
                *(right_at(network, x, d, middle, label) ? &low : &high) = middle;
            }
            return high;
        }
    }
    return (double)INFINITY;
}

/* The trained fixture, 100 samples, three directions: 300 rays are more than a block, and the twin agrees; 8 threads
 * give the same bits as one; a network of float32 gives those of its copy in float64. */
static void test_twin(void **state)
{
    (void)state;
    enum { SAMPLES = 100, COUNT = 3, ALL = SAMPLES * COUNT };
    static double one[ALL], eight[ALL], narrow[ALL], wide[ALL];
    double directions[COUNT * NT_ORDER_INPUTS], before[NT_ORDER_PARAMETERS], after[NT_ORDER_PARAMETERS];
    nt_allocator a = {0};
    nndyn_context *c = nt_context(&a);
    nt_order f = nt_order_open(c);
    nndyn_options *o = nt_options(c);
    nndyn_network *single = NULL, *again = NULL;
    nndyn_dataset *data = NULL, *rounded = NULL, *widened = NULL;
    nt_order_train(&f, 100);
    nt_ok(c, nndyn_dataset_create_labels(c, SAMPLES, NT_ORDER_INPUTS, f.x, NT_ORDER_CLASSES, f.labels, 1, &data));
    nt_normal(8, COUNT * NT_ORDER_INPUTS, directions);
    for (int d = 0; d < COUNT; d++) {
        double square = 0;
        for (int i = 0; i < NT_ORDER_INPUTS; i++) {
            square += directions[d * NT_ORDER_INPUTS + i] * directions[d * NT_ORDER_INPUTS + i];
        }
        for (int i = 0; i < NT_ORDER_INPUTS; i++) {
            directions[d * NT_ORDER_INPUTS + i] /= sqrt(square);
        }
    }
    nt_ok(o, nndyn_options_set_double(o, "step", 0.25));
    nt_ok(o, nndyn_options_set_double(o, "cap", 10));
    nt_ok(f.network, nndyn_network_get_parameters(f.network, NT_ORDER_PARAMETERS, before));
    nt_ok(f.network, nndyn_basin_ray(f.network, data, COUNT, directions, o, one));
    for (int i = 0; i < ALL; i += 3) {
        const double want = naive(f.network, f.x + i / COUNT * NT_ORDER_INPUTS,
                                  directions + i % COUNT * NT_ORDER_INPUTS, f.labels[i / COUNT]);
        assert_true(one[i] == want || fabs(one[i] - want) < 1e-6);
    }
    nt_ok(f.network, nndyn_basin_ray(f.network, data, COUNT, NULL, o, wide));
    nt_ok(c, nndyn_context_set_threads(c, 8));
    nt_ok(f.network, nndyn_basin_ray(f.network, data, COUNT, directions, o, eight));
    nt_same(one, eight, sizeof one);
    nt_ok(f.network, nndyn_basin_ray(f.network, data, COUNT, NULL, o, eight));
    nt_same(wide, eight, sizeof wide);
    nt_ok(f.network, nndyn_network_get_parameters(f.network, NT_ORDER_PARAMETERS, after));
    nt_same(before, after, sizeof before);
    nt_ok(f.network, nndyn_network_copy(f.network, NNDYN_F32, &single));
    nt_ok(data, nndyn_dataset_convert(data, NNDYN_F32, &rounded));
    nt_ok(single, nndyn_network_copy(single, NNDYN_F64, &again));
    nt_ok(rounded, nndyn_dataset_convert(rounded, NNDYN_F64, &widened));
    nt_ok(single, nndyn_basin_ray(single, rounded, COUNT, NULL, o, narrow));
    nt_ok(again, nndyn_basin_ray(again, widened, COUNT, NULL, o, wide));
    nt_same(narrow, wide, sizeof wide);
    nndyn_network_free(single);
    nndyn_network_free(again);
    nndyn_dataset_free(data);
    nndyn_dataset_free(rounded);
    nndyn_dataset_free(widened);
    nndyn_options_free(o);
    nt_order_close(&f);
    nndyn_context_free(c);
    nt_no_leak(&a);
}

/* ---- statistics -------------------------------------------------------------------------------------------------- */

static void test_statistics(void **state)
{
    (void)state;
    const double inf = (double)INFINITY;
    const double radii[] = {3, 1, inf, 5, 0, 0, 0, 0, 2, inf, inf, inf, 4, 2, 7, 6};
    const double none[] = {0, 0}, away[] = {inf, inf}, smallest[] = {1, 0, 2, 2}, middle[] = {4, 0};
    nt_allocator a = {0};
    nndyn_context *c = nt_context(&a);
    double figures[NNDYN_RAYS], least[4], median[4];
    nt_ok(c, nndyn_basin_ray_statistics(c, 4, 4, radii, figures, least, median));
    nt_near(figures[NNDYN_RAY_EXIT], 8.0 / 12, 1e-15);
    nt_near(figures[NNDYN_RAY_MEDIAN], 5.5, 1e-15);      /* 1 2 2 3 4 5 6 7 inf ... */
    nt_near(figures[NNDYN_RAY_MEDIAN_EXIT], 3.5, 1e-15); /* 1 2 2 3 4 5 6 7 */
    nt_near(figures[NNDYN_RAY_LEAST], 2, 1e-15);         /* 1 2 2 */
    nt_near(figures[NNDYN_RAY_WRONG], 0.25, 1e-15);
    nt_close(least, smallest, 4, 0, 0);
    nt_close(median, middle, 2, 0, 0);
    assert_true(isinf(median[2]) && median[3] == 5);
    nt_ok(c, nndyn_basin_ray_statistics(c, 1, 2, none, figures, NULL, NULL));
    assert_true(isnan(figures[NNDYN_RAY_EXIT]) && isnan(figures[NNDYN_RAY_MEDIAN]) && isnan(figures[NNDYN_RAY_LEAST]));
    assert_true(figures[NNDYN_RAY_WRONG] == 1);
    nt_ok(c, nndyn_basin_ray_statistics(c, 1, 2, away, figures, NULL, NULL));
    assert_true(figures[NNDYN_RAY_EXIT] == 0 && isnan(figures[NNDYN_RAY_MEDIAN_EXIT]));
    assert_true(isinf(figures[NNDYN_RAY_MEDIAN]) && isinf(figures[NNDYN_RAY_LEAST]));
    nndyn_context_free(c);
    nt_no_leak(&a);
}

static void test_statistics_errors(void **state)
{
    (void)state;
    const double radii[] = {1, 2}, negative[] = {1, -2}, nothing[] = {1, (double)NAN}, mixed[] = {0, 2};
    nt_allocator a = {0};
    nndyn_context *c = nt_context(&a);
    double figures[NNDYN_RAYS] = {7}, least = 7;
    nt_fails(NNDYN_EARG, c, "samples", nndyn_basin_ray_statistics(c, 0, 2, radii, figures, &least, NULL));
    nt_fails(NNDYN_EARG, c, "count", nndyn_basin_ray_statistics(c, 1, 0, radii, figures, &least, NULL));
    nt_fails(NNDYN_EARG, c, "radii", nndyn_basin_ray_statistics(c, 1, 2, NULL, figures, &least, NULL));
    nt_fails(NNDYN_EARG, c, "figures", nndyn_basin_ray_statistics(c, 1, 2, radii, NULL, &least, NULL));
    nt_fails(NNDYN_EDATA, c, "radius 1", nndyn_basin_ray_statistics(c, 1, 2, negative, figures, &least, NULL));
    nt_fails(NNDYN_EDATA, c, "radius 1", nndyn_basin_ray_statistics(c, 1, 2, nothing, figures, &least, NULL));
    nt_fails(NNDYN_EDATA, c, "sample 0", nndyn_basin_ray_statistics(c, 1, 2, mixed, figures, &least, NULL));
    assert_int_equal(nndyn_basin_ray_statistics(NULL, 1, 2, radii, figures, &least, NULL), NNDYN_EARG);
    nt_ok(c, nndyn_context_set_memory_limit(c, 10));
    nt_fails(NNDYN_ELIMIT, c, "bytes", nndyn_basin_ray_statistics(c, 1, 2, radii, figures, &least, NULL));
    assert_true(figures[0] == 7 && least == 7);
    nndyn_context_free(c);
    nt_no_leak(&a);
}

/* ---- what is refused --------------------------------------------------------------------------------------------- */

static void refuse(nndyn_context *c, nt_order *f, const char *name, double value, const char *word)
{
    static double radii[NT_ORDER_SAMPLES];
    nndyn_options *o = nt_options(c);
    radii[0] = 7;
    if (strcmp(name, "bisections") == 0) {
        nt_ok(o, nndyn_options_set_integer(o, name, (int64_t)value));
    } else {
        nt_ok(o, nndyn_options_set_double(o, name, value));
    }
    if (strcmp(name, "clip_low") == 0) {
        nt_ok(o, nndyn_options_set_integer(o, "clip", 1));
    }
    nt_fails(NNDYN_EOPTION, f->network, word, nndyn_basin_ray(f->network, f->data, 1, NULL, o, radii));
    assert_true(radii[0] == 7);
    nndyn_options_free(o);
}

static void test_errors(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_context *c = nt_context(&a);
    nt_order f = nt_order_open(c);
    nndyn_network *n = NULL;
    nndyn_dataset *other = NULL;
    double d[NT_ORDER_INPUTS] = {0}, *radii = calloc(NT_ORDER_SAMPLES, sizeof *radii);
    radii[0] = 7;
    refuse(c, &f, "step", 0, "step");
    refuse(c, &f, "step", 21, "step");
    refuse(c, &f, "step", 1e-6, "millionth");
    refuse(c, &f, "cap", -1, "cap");
    refuse(c, &f, "bisections", 61, "bisections");
    refuse(c, &f, "clip_low", 1, "clip_low");
    refuse(c, &f, "stop", 1, "step");
    nt_fails(NNDYN_EARG, f.network, "count", nndyn_basin_ray(f.network, f.data, 0, NULL, NULL, radii));
    nt_fails(NNDYN_EARG, f.network, "count", nndyn_basin_ray(f.network, f.data, 8000001, NULL, NULL, radii));
    nt_fails(NNDYN_EARG, f.network, "radii", nndyn_basin_ray(f.network, f.data, 1, NULL, NULL, NULL));
    nt_fails(NNDYN_EARG, f.network, "dataset", nndyn_basin_ray(f.network, NULL, 1, NULL, NULL, radii));
    assert_int_equal(nndyn_basin_ray(NULL, f.data, 1, NULL, NULL, radii), NNDYN_EARG);
    nt_fails(NNDYN_EDATA, f.network, "zero", nndyn_basin_ray(f.network, f.data, 1, d, NULL, radii));
    d[2] = (double)NAN;
    nt_fails(NNDYN_EDATA, f.network, "directions", nndyn_basin_ray(f.network, f.data, 1, d, NULL, radii));
    nt_ok(c, nndyn_dataset_create(c, NT_ORDER_SAMPLES, NT_ORDER_INPUTS, f.x, NT_ORDER_CLASSES, f.t, 1, &other));
    nt_fails(NNDYN_EARG, f.network, "labels", nndyn_basin_ray(f.network, other, 1, NULL, NULL, radii));
    nndyn_dataset_free(other);
    nt_ok(c, nndyn_dataset_create_labels(c, 100, NT_ORDER_INPUTS, f.x, 5, f.labels, 1, &other));
    nt_fails(NNDYN_EARG, f.network, "classes", nndyn_basin_ray(f.network, other, 1, NULL, NULL, radii));
    nndyn_dataset_free(other);
    nt_ok(f.data, nndyn_dataset_convert(f.data, NNDYN_F32, &other));
    nt_fails(NNDYN_EARG, f.network, "precision", nndyn_basin_ray(f.network, other, 1, NULL, NULL, radii));
    nndyn_dataset_free(other);
    nt_ok(c, nndyn_network_create(c, NNDYN_F64, NT_ORDER_INPUTS, &n));
    nt_fails(NNDYN_ESTATE, n, "layer", nndyn_basin_ray(n, f.data, 1, NULL, NULL, radii));
    nndyn_network_free(n);
    nt_ok(c, nndyn_context_set_memory_limit(c, 20000));
    nt_fails(NNDYN_ELIMIT, f.network, "bytes", nndyn_basin_ray(f.network, f.data, 1, NULL, NULL, radii));
    assert_true(radii[0] == 7);
    free(radii);
    nt_order_close(&f);
    nndyn_context_free(c);
    nt_no_leak(&a);
}

/* Borrowed inputs may be spoiled after the data set was made; exp may overflow on the way. */
static void test_numbers(void **state)
{
    (void)state;
    double x[] = {1, 2}, radius = 7;
    const double w[] = {1, 1}, direction[] = {1, 1}, theta[] = {1, 1, 0};
    const int64_t label = 1;
    nt_allocator a = {0};
    nndyn_context *c = nt_context(&a);
    nndyn_dataset *data = NULL;
    nndyn_network *network = nt_plane(c, 2, 1, w, 0), *steep = NULL;
    nndyn_options *o = nt_options(c);
    nt_ok(c, nndyn_dataset_create_labels(c, 1, 2, x, 2, &label, 0, &data));
    x[1] = (double)NAN;
    nt_fails(NNDYN_EDATA, network, "dataset", nndyn_basin_ray(network, data, 1, direction, NULL, &radius));
    x[1] = 2;
    nt_ok(c, nndyn_network_create(c, NNDYN_F64, 2, &steep));
    nt_ok(steep, nndyn_network_add_dense(steep, 1, NNDYN_EXP));
    nt_ok(steep, nndyn_network_set_parameters(steep, 3, theta));
    nt_ok(o, nndyn_options_set_double(o, "cap", 2000));
    nt_fails(NNDYN_ENUMERIC, steep, "finite", nndyn_basin_ray(steep, data, 1, direction, o, &radius));
    assert_true(radius == 7);
    nndyn_options_free(o);
    nndyn_network_free(network);
    nndyn_network_free(steep);
    nndyn_dataset_free(data);
    nndyn_context_free(c);
    nt_no_leak(&a);
}

static void test_cancel(void **state)
{
    (void)state;
    const double x[] = {1, 2};
    const int64_t label = 1;
    nt_allocator a = {0};
    nndyn_context *c = nt_context(&a);
    nndyn_network *network = nt_canceling(c, 2);
    nndyn_dataset *data = NULL;
    double radius = 7;
    nt_ok(c, nndyn_dataset_create_labels(c, 1, 2, x, 2, &label, 1, &data));
    nt_fails(NNDYN_ECANCELED, network, "stopped", nndyn_basin_ray(network, data, 1, NULL, NULL, &radius));
    assert_true(radius == 7);
    nndyn_dataset_free(data);
    nndyn_network_free(network);
    nndyn_context_free(c);
    nt_no_leak(&a);
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static int scenario(nt_allocator *a, void *user)
{
    const double x[] = {3, 1, -1, 0.5}, direction[] = {1, -1};
    const int64_t labels[] = {1, 0};
    nndyn_context *c = NULL;
    nndyn_network *network = NULL, *copy = NULL;
    nndyn_dataset *data = NULL, *given = NULL;
    double radii[2] = {7, 7};
    nt_pause(a);
    assert_int_equal(nt_context_create(a, &c), NNDYN_OK);
    nt_ok(c, nndyn_network_create(c, NNDYN_F64, 2, &network));
    nt_ok(network, nndyn_network_add_dense(network, 2, NNDYN_TANH));
    nt_ok(network, nndyn_network_copy(network, user ? NNDYN_F32 : NNDYN_F64, &copy));
    nt_ok(c, nndyn_dataset_create_labels(c, 2, 2, x, 2, labels, 1, &data));
    nt_ok(data, nndyn_dataset_convert(data, user ? NNDYN_F32 : NNDYN_F64, &given));
    nt_resume(a);
    const int status = nndyn_basin_ray(copy, given, 1, direction, NULL, radii);
    assert_true(status == NNDYN_OK || radii[0] == 7);
    nndyn_dataset_free(data);
    nndyn_dataset_free(given);
    nndyn_network_free(network);
    nndyn_network_free(copy);
    nndyn_context_free(c);
    return status;
}

static int statistics_scenario(nt_allocator *a, void *user)
{
    const double radii[] = {3, 1};
    nndyn_context *c = NULL;
    double figures[NNDYN_RAYS] = {7};
    (void)user;
    nt_pause(a);
    assert_int_equal(nt_context_create(a, &c), NNDYN_OK);
    nt_resume(a);
    const int status = nndyn_basin_ray_statistics(c, 1, 2, radii, figures, NULL, NULL);
    assert_true(status == NNDYN_OK || figures[0] == 7);
    nndyn_context_free(c);
    return status;
}

static void test_allocations(void **state)
{
    int single = 1;
    (void)state;
    nt_every_allocation(scenario, NULL);
    nt_every_allocation(scenario, &single);
    nt_every_allocation(statistics_scenario, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_plane),      cmocka_unit_test(test_sphere),
                                       cmocka_unit_test(test_first_exit), cmocka_unit_test(test_twin),
                                       cmocka_unit_test(test_statistics), cmocka_unit_test(test_statistics_errors),
                                       cmocka_unit_test(test_errors),     cmocka_unit_test(test_cancel),
                                       cmocka_unit_test(test_numbers),    cmocka_unit_test(test_allocations)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
