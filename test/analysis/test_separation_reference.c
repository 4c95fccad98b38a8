/* Separation against the explicit formulas: pseudoinverses from all eigenvectors, invariance under linear maps, threads
 * on wide layers. */
#include "support/fixture.h"
#include "nndyn.h"

enum { ALL = NNDYN_SEPARATION_VALUES, WIDEST = 500, MOST = 60, CLASSES = 5 };

/* ---- naive linear algebra ---------------------------------------------------------------------------------------- */

/* Cyclic Jacobi: a (n x n, symmetric) becomes diagonal, the rows of v its eigenvectors. */
static void rotate(int n, double *a, double *v, int p, int q)
{
    if (fabs(a[p * n + q]) < 1e-300) {
        return;
    }
    const double theta = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q]);
    const double t = (theta < 0 ? -1 : 1) / (fabs(theta) + sqrt(theta * theta + 1));
    const double c = 1 / sqrt(t * t + 1), s = t * c;
    for (int k = 0; k < n; k++) {
        const double x = a[k * n + p], y = a[k * n + q];
        a[k * n + p] = c * x - s * y;
        a[k * n + q] = s * x + c * y;
    }
    for (int k = 0; k < n; k++) {
        const double x = a[p * n + k], y = a[q * n + k], vp = v[p * n + k], vq = v[q * n + k];
        a[p * n + k] = c * x - s * y;
        a[q * n + k] = s * x + c * y;
        v[p * n + k] = c * vp - s * vq;
        v[q * n + k] = s * vp + c * vq;
    }
}

/* out = the power -1 or -2 of a on the space of its eigenvalues above 1e-12 of the largest; returns how many. */
static int pseudo_power(int n, const double *a, int power, double *out)
{
    static double d[MOST * MOST], v[MOST * MOST];
    double largest = 0;
    int rank = 0;
    for (int i = 0; i < n * n; i++) {
        d[i] = a[i];
        v[i] = i / n == i % n;
        out[i] = 0;
    }
    for (int sweep = 0; sweep < 15; sweep++) {
        for (int p = 0; p < n; p++) {
            for (int q = p + 1; q < n; q++) {
                rotate(n, d, v, p, q);
            }
        }
    }
    for (int i = 0; i < n; i++) {
        largest = fmax(largest, d[i * n + i]);
    }
    for (int i = 0; i < n; i++) {
        const double value = d[i * n + i];
        if (value <= 1e-12 * largest) {
            continue;
        }
        rank++;
        for (int j = 0; j < n * n; j++) {
            out[j] += v[i * n + j / n] * v[i * n + j % n] / (power == -1 ? value : value * value);
        }
    }
    return rank;
}

/* Trace of a b, both n x n and b symmetric. */
static double trace_of(int n, const double *a, const double *b)
{
    double trace = 0;
    for (int i = 0; i < n * n; i++) {
        trace += a[i] * b[i];
    }
    return trace;
}

/* ---- data, and its two sets of offsets --------------------------------------------------------------------------- */

typedef struct sample {
    int n, d;
    double x[300 * WIDEST];
    int64_t labels[300];
    double within[300 * WIDEST];      /* (h_n - m_c) / sqrt(N) */
    double between[CLASSES * WIDEST]; /* sqrt(n_c / N) (m_c - m) */
} sample;

static void draw(sample *s, int n, int d, uint64_t seed)
{
    double mean[CLASSES] = {0}, count[CLASSES] = {0};
    s->n = n, s->d = d;
    nt_normal(seed, (int64_t)n * d, s->x);
    for (int i = 0; i < n; i++) {
        s->labels[i] = i % 7 % CLASSES; /* unequal sizes */
        s->x[i * d + s->labels[i]] += 3;
        count[s->labels[i]]++;
    }
    for (int j = 0; j < d; j++) {
        double all = 0;
        memset(mean, 0, sizeof mean);
        for (int i = 0; i < n; i++) {
            mean[s->labels[i]] += s->x[i * d + j] / count[s->labels[i]];
            all += s->x[i * d + j] / n;
        }
        for (int i = 0; i < n; i++) {
            s->within[i * d + j] = (s->x[i * d + j] - mean[s->labels[i]]) / sqrt(n);
        }
        for (int c = 0; c < CLASSES; c++) {
            s->between[c * d + j] = sqrt(count[c] / n) * (mean[c] - all);
        }
    }
}

/* out (n x m) = rows of a times rows of b. */
static void products(int n, int m, int d, const double *a, const double *b, double *out)
{
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < m; j++) {
            out[i * m + j] = 0;
            for (int k = 0; k < d; k++) {
                out[i * m + j] += a[i * d + k] * b[j * d + k];
            }
        }
    }
}

/* out (d x d) = a' a of n rows. */
static void covariance(int n, int d, const double *a, double *out)
{
    memset(out, 0, (size_t)(d * d) * sizeof *out);
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < d * d; j++) {
            out[j] += a[i * d + j / d] * a[i * d + j % d];
        }
    }
}

static void measure(const sample *s, double *values)
{
    nndyn_options *options = NULL;
    int flags = -1;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_integer(options, "he_su", 1));
    nt_ok(options, nndyn_options_set_integer(options, "inverse", 1));
    nt_ok(context, nndyn_separation(context, s->n, s->d, s->x, CLASSES, s->labels, options, ALL, values, &flags));
    assert_int_equal(flags, 0);
    nndyn_options_free(options);
}

static sample s;

/* ---- wide features ----------------------------------------------------------------------------------------------- */

/* Tr(Sigma_W Sigma_B^+) and Tr(Sigma_B Sigma_W^+) with the d x d matrices written out; d below, at and above N. */
static void explicit_pseudoinverses(void **state)
{
    static const int sizes[][2] = {{30, 60}, {50, 20}, {40, 40}, {12, 60}};
    static double w[MOST * MOST], b[MOST * MOST], inverse[MOST * MOST];
    (void)state;
    for (int k = 0; k < 4; k++) {
        double values[ALL];
        draw(&s, sizes[k][0], sizes[k][1], 71 + (uint64_t)k);
        covariance(s.n, s.d, s.within, w);
        covariance(CLASSES, s.d, s.between, b);
        measure(&s, values);
        assert_true(values[NNDYN_SEPARATION_RANK_BETWEEN] == pseudo_power(s.d, b, -1, inverse));
        nt_near(values[NNDYN_SEPARATION_D_HS], log(trace_of(s.d, w, inverse)), 1e-10);
        assert_true(values[NNDYN_SEPARATION_RANK_WITHIN] == pseudo_power(s.d, w, -1, inverse));
        nt_near(values[NNDYN_SEPARATION_D_INVERSE], log(trace_of(s.d, b, inverse)), 1e-10);
    }
}

/* N = 40, d = 500: with Sigma_B = B'B and Sigma_W = W'W the pseudoinverses are B'(BB')^(+2)B and W'(WW')^(+2)W, so
 * that both traces need the small matrices of products only. */
static void pseudoinverses_by_products(void **state)
{
    enum { N = 40 };
    static double gram[N * N], power[N * N], cross[N * CLASSES], square[N * N];
    double values[ALL];
    (void)state;
    draw(&s, N, WIDEST, 81);
    measure(&s, values);
    products(CLASSES, CLASSES, WIDEST, s.between, s.between, gram);
    assert_int_equal(pseudo_power(CLASSES, gram, -2, power), CLASSES - 1);
    products(CLASSES, N, WIDEST, s.between, s.within, cross);
    products(CLASSES, CLASSES, N, cross, cross, square);
    nt_near(values[NNDYN_SEPARATION_D_HS], log(trace_of(CLASSES, square, power)), 1e-10);
    products(N, N, WIDEST, s.within, s.within, gram);
    assert_int_equal(pseudo_power(N, gram, -2, power), N - CLASSES);
    products(N, CLASSES, WIDEST, s.within, s.between, cross);
    products(N, N, CLASSES, cross, cross, square);
    nt_near(values[NNDYN_SEPARATION_D_INVERSE], log(trace_of(N, square, power)), 1e-10);
    assert_true(values[NNDYN_SEPARATION_RANK_BETWEEN] == CLASSES - 1 &&
                values[NNDYN_SEPARATION_RANK_WITHIN] == N - CLASSES);
}

/* Any invertible map leaves D_inverse, and only it: here of condition 9, product of two reflections and a scaling. */
static void invariance_under_a_well_conditioned_map(void **state)
{
    enum { N = 300, D = 20 };
    double plain[ALL], mapped[ALL], u[2 * D];
    (void)state;
    draw(&s, N, D, 91);
    measure(&s, plain);
    nt_normal(92, 2 * D, u);
    for (int i = 0; i < N; i++) {
        double *h = s.x + i * D;
        for (int r = 0; r < 2; r++) {
            double along = 0, norm = 0;
            for (int j = 0; j < D; j++) {
                along += u[r * D + j] * h[j];
                norm += u[r * D + j] * u[r * D + j];
            }
            for (int j = 0; j < D; j++) {
                h[j] -= 2 * along / norm * u[r * D + j];
                h[j] *= r == 0 ? 1 + 8.0 * j / (D - 1) : 1;
            }
        }
    }
    measure(&s, mapped);
    nt_near(mapped[NNDYN_SEPARATION_D_INVERSE], plain[NNDYN_SEPARATION_D_INVERSE], 1e-12);
    assert_true(fabs(mapped[NNDYN_SEPARATION_D] - plain[NNDYN_SEPARATION_D]) > 1e-3);
    assert_true(fabs(mapped[NNDYN_SEPARATION_D_HS] - plain[NNDYN_SEPARATION_D_HS]) > 1e-3);
}

/* ---- threads ----------------------------------------------------------------------------------------------------- */

enum { N = 3000, INPUTS = 40, LAYERS = 3, SITES = LAYERS + 1 };

static nndyn_network *normed(nndyn_context *c, int dtype, int64_t width, int64_t classes)
{
    nndyn_network *net = NULL;
    nt_ok(c, nndyn_network_create(c, dtype, INPUTS, &net));
    nt_ok(net, nndyn_network_add_batch_norm(net, NULL));
    for (int l = 0; l < LAYERS; l++) {
        nt_ok(net, nndyn_network_add_dense(net, width, NNDYN_IDENTITY));
        nt_ok(net, nndyn_network_add_batch_norm(net, NULL));
        nt_ok(net, nndyn_network_add_activation(net, NNDYN_RELU, NULL));
    }
    nt_ok(net, nndyn_network_add_dense(net, classes, NNDYN_IDENTITY));
    nt_ok(net, nndyn_network_set_loss(net, NNDYN_SOFTMAX_CROSS_ENTROPY));
    return net;
}

/* An executor that hands out indices from the last to the first, so that what depends on their order shows, and counts
 * them. */
static int backwards(void *user, void (*work)(void *job, int64_t index), void *job, int64_t count)
{
    int64_t *jobs = user;
    for (int64_t i = count - 1; i >= 0; i--) {
        work(job, i);
    }
    *jobs += count;
    return 0;
}

static void measure_layers(int64_t threads, int64_t *jobs, int dtype, int64_t width, int64_t classes, double *values)
{
    static double x[N * INPUTS];
    static int64_t labels[N];
    nndyn_context *c = NULL;
    nndyn_dataset *data = NULL, *single = NULL;
    nndyn_options *options = NULL;
    assert_int_equal(nndyn_context_create(&c), NNDYN_OK);
    nt_ok(c, nndyn_context_set_threads(c, threads));
    if (jobs != NULL) {
        nt_ok(c, nndyn_context_set_executor(c, backwards, jobs));
    }
    nndyn_network *net = normed(c, dtype, width, classes);
    nt_normal(95, N * INPUTS, x);
    for (int i = 0; i < N; i++) {
        labels[i] = i * 7 % 11 % classes;
        x[i * INPUTS + labels[i]] += 2;
    }
    nt_ok(c, nndyn_dataset_create_labels(c, N, INPUTS, x, classes, labels, 1, &data));
    nt_ok(data, nndyn_dataset_convert(data, dtype, &single));
    nt_ok(c, nndyn_options_create(c, &options));
    nt_ok(options, nndyn_options_set_integer(options, "he_su", 1));
    nt_ok(options, nndyn_options_set_integer(options, "inverse", width <= 100));
    nt_ok(net, nndyn_network_separation(net, single, options, SITES, ALL, values, NULL, NULL, NULL, NULL));
    nndyn_options_free(options);
    nndyn_dataset_free(single);
    nndyn_dataset_free(data);
    nndyn_network_free(net);
    nndyn_context_free(c);
}

/* Strips of a block hold 128 KB of the widest layer and are added up apart if each has 8 rows of a class on average and
 * there are at most 8 of them: so at width 100 of single precision, while those of width 1000 are too short. */
static void threads_on_wide_layers(void **state)
{
    static const struct {
        int dtype;
        int64_t width, classes;
    } of[] = {{NNDYN_F32, 100, 10}, {NNDYN_F64, 100, 3}, {NNDYN_F32, 1000, 10}};
    (void)state;
    for (int k = 0; k < 3; k++) {
        double one[SITES][ALL], eight[SITES][ALL], back[SITES][ALL];
        int64_t jobs = 0;
        measure_layers(1, NULL, of[k].dtype, of[k].width, of[k].classes, one[0]);
        measure_layers(8, NULL, of[k].dtype, of[k].width, of[k].classes, eight[0]);
        measure_layers(1, &jobs, of[k].dtype, of[k].width, of[k].classes, back[0]);
        assert_true(jobs >= 6 && isfinite(one[SITES - 1][NNDYN_SEPARATION_D]));
        nt_same(one, eight, sizeof one);
        nt_same(one, back, sizeof one);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(explicit_pseudoinverses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(pseudoinverses_by_products, set_up, tear_down),
        cmocka_unit_test_setup_teardown(invariance_under_a_well_conditioned_map, set_up, tear_down),
        cmocka_unit_test_setup_teardown(threads_on_wide_layers, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("separation by explicit formulas", tests, NULL, NULL);
}
