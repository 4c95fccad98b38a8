/* test_basin_adversarial.c - bounds of adversarial radii against closed forms, twins, and the rays. */
#include "analysis/ray_fixture.h"

enum { SAMPLES = 40 };

/* ---- affine networks: both bounds are exact ---------------------------------------------------------------------- */

/* sign(w.x + b), one output and two: r_adv = |w.x + b| / |w|, at the foot of the perpendicular. */
static void test_plane(void **state)
{
    (void)state;
    static const double w[] = {1.2, 1.6}, b = 1, x[] = {3, 1, -1, -0.5, 0, 0, -2, -2};
    static const double want[] = {2.2 + 0.9, 1 - 0.5, 0.5, 0}; /* the last one is misclassified */
    static const int64_t labels[] = {1, 0, 1, 1};
    static const char *const bounds[] = {"best", "lipschitz", "piece"};
    nt_allocator a = {0};
    nndyn_context *c = nt_context(&a);
    nndyn_dataset *data = NULL;
    nt_ok(c, nndyn_dataset_create_labels(c, 4, 2, x, 2, labels, 1, &data));
    for (int i = 0; i < 6; i++) {
        nndyn_network *network = nt_plane(c, 2, 1 + i / 3, w, b);
        nndyn_options *o = nt_options(c);
        double upper[4], lower[4], points[8];
        nt_ok(o, nndyn_options_set_text(o, "bound", bounds[i % 3]));
        nt_ok(network, nndyn_basin_adversarial(network, data, o, upper, lower, points));
        nt_close(upper, want, 4, 0, 1e-11);
        nt_close(lower, want, 4, 0, 1e-14);
        for (int s = 0; s < 3; s++) {
            const double side = (w[0] * x[2 * s] + w[1] * x[2 * s + 1] + b) > 0 ? 1 : -1;
            assert_true(lower[s] <= upper[s]);
            nt_near(points[2 * s], x[2 * s] - side * want[s] * 0.6, 1e-11);
            nt_near(points[2 * s + 1], x[2 * s + 1] - side * want[s] * 0.8, 1e-11);
        }
        nt_same(points + 6, x + 6, 2 * sizeof *x);
        nndyn_options_free(o);
        nndyn_network_free(network);
    }
    nndyn_dataset_free(data);
    nndyn_context_free(c);
    nt_no_leak(&a);
}

/* Two dense layers without an activation, four classes: the nearest of the six planes of each sample, by hand. */
static void test_affine(void **state)
{
    (void)state;
    enum { N = 5, H = 3, K = 4, P = H * (N + 1) + K * (H + 1) };
    double theta[P], x[SAMPLES * N], upper[SAMPLES], lower[SAMPLES], m[K][N], shift[K];
    int64_t labels[SAMPLES];
    nndyn_context *c = NULL;
    nndyn_network *network = NULL;
    nndyn_dataset *data = NULL;
    nt_normal(3, P, theta);
    nt_normal(4, SAMPLES * N, x);
    const double *v = theta + H * (N + 1);
    for (int k = 0; k < K; k++) {
        shift[k] = v[K * H + k];
        for (int h = 0; h < H; h++) {
            shift[k] += v[k * H + h] * theta[H * N + h];
        }
        for (int i = 0; i < N; i++) {
            m[k][i] = 0;
            for (int h = 0; h < H; h++) {
                m[k][i] += v[k * H + h] * theta[h * N + i];
            }
        }
    }
    nt_ok(NULL, nndyn_context_create(&c));
    nt_ok(c, nndyn_network_create(c, NNDYN_F64, N, &network));
    nt_ok(network, nndyn_network_add_dense(network, H, NNDYN_IDENTITY));
    nt_ok(network, nndyn_network_add_dense(network, K, NNDYN_IDENTITY));
    nt_ok(network, nndyn_network_set_parameters(network, P, theta));
    for (int s = 0; s < SAMPLES; s++) {
        labels[s] = s % K;
    }
    nt_ok(c, nndyn_dataset_create_labels(c, SAMPLES, N, x, K, labels, 1, &data));
    nt_ok(network, nndyn_basin_adversarial(network, data, NULL, upper, lower, NULL));
    for (int s = 0; s < SAMPLES; s++) {
        const int64_t y = labels[s];
        double want = (double)INFINITY;
        for (int k = 0; k < K; k++) {
            double margin = shift[y] - shift[k], square = 0;
            for (int i = 0; i < N; i++) {
                margin += (m[y][i] - m[k][i]) * x[s * N + i];
                square += (m[y][i] - m[k][i]) * (m[y][i] - m[k][i]);
            }
            want = k == y ? want : fmin(want, margin / sqrt(square));
        }
        want = want > 0 ? want : 0;
        nt_near(upper[s], want, 1e-11 * (1 + want));
        nt_near(lower[s], want, 1e-13 * (1 + want));
    }
    nndyn_dataset_free(data);
    nndyn_network_free(network);
    nndyn_context_free(c);
}

/* ---- the Lipschitz bound ----------------------------------------------------------------------------------------- */

/* |W|_2 by the power method. */
static double spectral(int rows, int columns, const double *w)
{
    double v[16], u[16], size = 0;
    assert_true(rows <= 16 && columns <= 16);
    nt_normal(1, columns, v);
    for (int step = 0; step < 5000; step++) {
        memset(u, 0, sizeof u);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                u[i] += w[i * columns + j] * v[j];
            }
        }
        double square = 0;
        for (int j = 0; j < columns; j++) {
            v[j] = 0;
            for (int i = 0; i < rows; i++) {
                v[j] += w[i * columns + j] * u[i];
            }
            square += v[j] * v[j];
        }
        size = sqrt(square);
        for (int j = 0; j < columns; j++) {
            v[j] /= size;
        }
    }
    return sqrt(size);
}

/* The trained fixture: lower = least margin / (|w_y - w_k| |W2| |W1|), below every ray; upper: misclassified points at
 * that distance, nearer than any of 16 rays but for a few samples. */
static void test_fixture(void **state)
{
    (void)state;
    enum { S = NT_ORDER_SAMPLES, N = NT_ORDER_INPUTS, H = NT_ORDER_WIDTH, K = NT_ORDER_CLASSES, COUNT = 16 };
    static double upper[S], lower[S], points[S * N], z[S * K], moved[S * K], radii[S * COUNT], again[S], below[S];
    double theta[NT_ORDER_PARAMETERS], after[NT_ORDER_PARAMETERS];
    nt_allocator a = {0};
    nndyn_context *c = nt_context(&a);
    nt_order f = nt_order_open(c);
    int wrong = 0, beaten = 0, plain = 0;
    nndyn_options *o = nt_options(c), *steps = nt_options(c);
    nt_order_train(&f, 400);
    nt_ok(f.network, nndyn_network_get_parameters(f.network, NT_ORDER_PARAMETERS, theta));
    nt_ok(f.network, nndyn_basin_adversarial(f.network, f.data, NULL, upper, lower, points));
    nt_ok(f.network, nndyn_network_get_parameters(f.network, NT_ORDER_PARAMETERS, after));
    nt_same(theta, after, sizeof theta);
    nt_ok(f.network, nndyn_network_forward(f.network, S, f.x, z));
    nt_ok(f.network, nndyn_network_forward(f.network, S, points, moved));
    nt_ok(steps, nndyn_options_set_double(steps, "step", 0.25));
    nt_ok(steps, nndyn_options_set_double(steps, "cap", 10));
    nt_ok(f.network, nndyn_basin_ray(f.network, f.data, COUNT, NULL, steps, radii));
    nndyn_options_free(steps);
    const double norms = spectral(H, N, theta + NT_ORDER_W1) * spectral(H, H, theta + NT_ORDER_W2);
    for (int s = 0; s < S; s++) {
        const double *w = theta + NT_ORDER_W3;
        const int64_t y = f.labels[s];
        double least = (double)INFINITY, square = 0, rival = -(double)INFINITY;
        for (int k = 0; k < K; k++) {
            double difference = 0;
            for (int h = 0; h < H; h++) {
                difference += (w[y * H + h] - w[k * H + h]) * (w[y * H + h] - w[k * H + h]);
            }
            if (k != y) {
                least = fmin(least, (z[s * K + y] - z[s * K + k]) / (sqrt(difference) * norms));
                rival = fmax(rival, moved[s * K + k]);
            }
        }
        for (int i = 0; i < N; i++) {
            square += (points[s * N + i] - f.x[s * N + i]) * (points[s * N + i] - f.x[s * N + i]);
        }
        wrong += upper[s] == 0;
        nt_near(lower[s], least > 0 ? least : 0, 1e-9);
        nt_near(upper[s], sqrt(square), 1e-12);
        assert_true(lower[s] <= upper[s] && isfinite(upper[s]));
        assert_true(rival >= moved[s * K + y]); /* misclassified */
        assert_true(upper[s] == 0 || rival - moved[s * K + y] < 1e-6);
        for (int d = 0; d < COUNT; d++) {
            assert_true(lower[s] <= radii[s * COUNT + d]);
            least = d == 0 || radii[s * COUNT + d] < least ? radii[s * COUNT + d] : least;
        }
        beaten += least < upper[s];
    }
    assert_int_equal(wrong, 4);
    assert_true(beaten <= S / 50); /* the search may end at another bend of the boundary */
    nt_ok(o, nndyn_options_set_integer(o, "refinements", 0));
    nt_ok(f.network, nndyn_basin_adversarial(f.network, f.data, o, again, NULL, NULL));
    for (int s = 0; s < S; s++) {
        double least = (double)INFINITY;
        for (int d = 0; d < COUNT; d++) {
            least = fmin(least, radii[s * COUNT + d]);
        }
        plain += least < again[s];
        assert_true(upper[s] <= again[s]);
    }
    print_message("a ray is shorter than DeepFool's change for %d of %d samples, after slides for %d\n", plain, S,
                  beaten);
    assert_true(plain > beaten);
    nndyn_options_free(o);
    nt_ok(c, nndyn_context_set_threads(c, 8));
    nt_ok(f.network, nndyn_basin_adversarial(f.network, f.data, NULL, again, below, points));
    nt_same(upper, again, sizeof upper);
    nt_same(lower, below, sizeof lower);
    nt_order_close(&f);
    nndyn_context_free(c);
    nt_no_leak(&a);
}

/* Batch norm is folded into the weights before it: the network without it, with scaled rows, has the same bounds. */
static void test_norm(void **state)
{
    (void)state;
    enum { N = 3, H = 4, K = 3, PLAIN = H * (N + 1) + K * (H + 1), P = PLAIN + 2 * H };
    double theta[P], plain[PLAIN], x[SAMPLES * N], statistics[2 * H], upper[2][SAMPLES], lower[2][SAMPLES];
    int64_t labels[SAMPLES];
    nndyn_context *c = NULL;
    nndyn_dataset *data = NULL;
    nt_normal(3, P, theta);
    nt_normal(4, SAMPLES * N, x);
    nt_uniform(5, 2 * H, 0.2, 2, statistics);
    for (int s = 0; s < SAMPLES; s++) {
        labels[s] = s % K;
    }
    for (int h = 0; h < H; h++) {
        const double scale = theta[H * (N + 1) + h] / sqrt(statistics[H + h] + 1e-5);
        for (int i = 0; i < N; i++) {
            plain[h * N + i] = scale * theta[h * N + i];
        }
        plain[H * N + h] = scale * (theta[H * N + h] - statistics[h]) + theta[H * (N + 1) + H + h];
    }
    memcpy(plain + H * (N + 1), theta + H * (N + 1) + 2 * H, K * (H + 1) * sizeof *plain);
    nt_ok(NULL, nndyn_context_create(&c));
    nt_ok(c, nndyn_dataset_create_labels(c, SAMPLES, N, x, K, labels, 1, &data));
    for (int normed = 0; normed < 2; normed++) {
        nndyn_network *network = NULL;
        nt_ok(c, nndyn_network_create(c, NNDYN_F64, N, &network));
        nt_ok(network, nndyn_network_add_dense(network, H, NNDYN_IDENTITY));
        if (normed) {
            nt_ok(network, nndyn_network_add_batch_norm(network, NULL));
        }
        nt_ok(network, nndyn_network_add_activation(network, NNDYN_SIGMOID, NULL));
        nt_ok(network, nndyn_network_add_dropout(network, 0.5));
        nt_ok(network, nndyn_network_add_dense(network, K, NNDYN_IDENTITY));
        nt_ok(network, nndyn_network_set_parameters(network, normed ? P : PLAIN, normed ? theta : plain));
        if (normed) {
            nt_ok(network, nndyn_network_set_statistics(network, 2 * H, statistics));
        }
        nt_ok(network, nndyn_basin_adversarial(network, data, NULL, upper[normed], lower[normed], NULL));
        nndyn_network_free(network);
    }
    for (int s = 0; s < SAMPLES; s++) {
        nt_near(lower[0][s], lower[1][s], 1e-12);
        if (isfinite(upper[0][s]) || isfinite(upper[1][s])) {
            nt_near(upper[0][s], upper[1][s], 1e-8 * upper[0][s]);
        }
    }
    nndyn_dataset_free(data);
    nndyn_network_free(NULL);
    nndyn_context_free(c);
}

/* ---- linear pieces ----------------------------------------------------------------------------------------------- */

/* z_0 = f(x - 2), z_1 = 1/2, x = 0, label 1: leaky_relu 0.1 crosses at 2.5, its kink is at 2, within the piece the
 * boundary would be at 7, and slopes never exceed 1: lower max(0.7, 2).  relu has no slope at 0: no upper bound is
 * found, lower max(0.5, 2).  With x = 3 and label 0 the boundary at 2.5 comes before the kink: both bounds are 0.5. */
static void test_kink(void **state)
{
    (void)state;
    static const double theta[] = {1, -2, 1, 0, 0, 0.5}, x[] = {0, 3};
    static const int64_t labels[] = {1, 0};
    nt_allocator a = {0};
    nndyn_context *c = nt_context(&a);
    nndyn_dataset *data = NULL;
    nt_ok(c, nndyn_dataset_create_labels(c, 2, 1, x, 2, labels, 1, &data));
    for (int leaky = 0; leaky < 2; leaky++) {
        nndyn_network *network = NULL;
        nndyn_options *o = nt_options(c);
        double upper[2], lower[2], points[2];
        if (leaky) {
            nt_ok(o, nndyn_options_set_double(o, "parameter", 0.1));
        }
        nt_ok(c, nndyn_network_create(c, NNDYN_F64, 1, &network));
        nt_ok(network, nndyn_network_add_dense_with(network, 1, leaky ? NNDYN_LEAKY_RELU : NNDYN_RELU, o));
        nt_ok(network, nndyn_network_add_dense(network, 2, NNDYN_IDENTITY));
        nt_ok(network, nndyn_network_set_parameters(network, 6, theta));
        nt_ok(network, nndyn_basin_adversarial(network, data, NULL, upper, lower, points));
        assert_true(leaky ? fabs(upper[0] - 2.5) < 1e-10 : isinf(upper[0]));
        nt_near(points[0], leaky ? 2.5 : 0, 1e-10);
        nt_near(lower[0], 2, 1e-14);
        nt_near(upper[1], 0.5, 1e-11);
        nt_near(lower[1], 0.5, 1e-14);
        nndyn_options_free(o);
        o = nt_options(c);
        nt_ok(o, nndyn_options_set_text(o, "bound", "lipschitz"));
        nt_ok(network, nndyn_basin_adversarial(network, data, o, upper, lower, NULL));
        nt_near(lower[0], leaky ? 0.7 : 0.5, 1e-14);
        nt_near(lower[1], 0.5, 1e-14);
        nndyn_options_free(o);
        nndyn_network_free(network);
    }
    nndyn_dataset_free(data);
    nndyn_context_free(c);
    nt_no_leak(&a);
}

/* y = W x + b and its Jacobian from those of x, which relu has cut before unless this is the first layer. */
static void layer_by_hand(int rows, int columns, const double *w, const double *x, const double *jx, double *y,
                          double *jy, int inputs)
{
    for (int r = 0; r < rows; r++) {
        y[r] = w[rows * columns + r];
        memset(jy + r * inputs, 0, (size_t)inputs * sizeof *jy);
        for (int k = 0; k < columns; k++) {
            y[r] += w[r * columns + k] * x[k];
            for (int i = 0; i < inputs; i++) {
                jy[r * inputs + i] += w[r * columns + k] * jx[k * inputs + i];
            }
        }
    }
}

/* Distance of the nearest zero of n affine functions; relu cuts them afterwards. */
static double cut_by_hand(int n, double *y, double *j, int inputs)
{
    double least = (double)INFINITY;
    for (int r = 0; r < n; r++) {
        double square = 0;
        for (int i = 0; i < inputs; i++) {
            square += j[r * inputs + i] * j[r * inputs + i];
            j[r * inputs + i] *= y[r] > 0;
        }
        least = square > 0 ? fmin(least, fabs(y[r]) / sqrt(square)) : least;
        y[r] = y[r] > 0 ? y[r] : 0;
    }
    return least;
}

/* Two hidden layers of relu: kinks of both and boundaries by hand. */
static void test_pieces(void **state)
{
    (void)state;
    enum { N = 3, A = 5, B = 4, K = 3, P = A * (N + 1) + B * (A + 1) + K * (B + 1) };
    static const double unit[N * N] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    double theta[P], x[SAMPLES * N], upper[SAMPLES], lower[SAMPLES], again[SAMPLES];
    int64_t labels[SAMPLES];
    int right = 0;
    nndyn_context *c = NULL;
    nndyn_network *network = NULL;
    nndyn_dataset *data = NULL;
    nt_normal(31, P, theta);
    nt_normal(32, SAMPLES * N, x);
    for (int s = 0; s < SAMPLES; s++) {
        labels[s] = s % K;
    }
    nt_ok(NULL, nndyn_context_create(&c));
    nndyn_options *o = nt_options(c);
    nt_ok(c, nndyn_network_create(c, NNDYN_F64, N, &network));
    nt_ok(network, nndyn_network_add_dense(network, A, NNDYN_RELU));
    nt_ok(network, nndyn_network_add_dense(network, B, NNDYN_RELU));
    nt_ok(network, nndyn_network_add_dense(network, K, NNDYN_IDENTITY));
    nt_ok(network, nndyn_network_set_parameters(network, P, theta));
    nt_ok(c, nndyn_dataset_create_labels(c, SAMPLES, N, x, K, labels, 1, &data));
    nt_ok(o, nndyn_options_set_text(o, "bound", "piece"));
    nt_ok(network, nndyn_basin_adversarial(network, data, o, upper, lower, NULL));
    for (int s = 0; s < SAMPLES; s++) {
        const int64_t y = labels[s];
        double a[A], ja[A * N], b[B], jb[B * N], z[K], jz[K * N], margin[K], jm[K * N];
        layer_by_hand(A, N, theta, x + s * N, unit, a, ja, N);
        double want = cut_by_hand(A, a, ja, N);
        layer_by_hand(B, A, theta + A * (N + 1), a, ja, b, jb, N);
        want = fmin(want, cut_by_hand(B, b, jb, N));
        layer_by_hand(K, B, theta + A * (N + 1) + B * (A + 1), b, jb, z, jz, N);
        int wrong = 0;
        for (int k = 0; k < K; k++) {
            margin[k] = z[y] - z[k];
            wrong = wrong || margin[k] < 0;
            for (int i = 0; i < N; i++) {
                jm[k * N + i] = jz[y * N + i] - jz[k * N + i];
            }
        }
        want = wrong ? 0 : fmin(fmin(want, cut_by_hand(K, margin, jm, N)), upper[s]);
        right += !wrong;
        nt_near(lower[s], want, 1e-13 * (1 + want));
    }
    assert_true(right > 5);
    nt_ok(c, nndyn_context_set_threads(c, 8));
    nt_ok(network, nndyn_basin_adversarial(network, data, o, upper, again, NULL));
    nt_same(lower, again, sizeof lower);
    nndyn_options_free(o);
    nndyn_dataset_free(data);
    nndyn_network_free(network);
    nndyn_context_free(c);
}

typedef struct form {
    int activation, outputs, residual, norm, last; /* last: an activation on the outputs */
} form;

static nndyn_network *build(nndyn_context *c, const form *f, int dtype)
{
    nndyn_network *network = NULL;
    nt_ok(c, nndyn_network_create(c, dtype, 2, &network));
    nt_ok(network, nndyn_network_add_dense(network, 6, f->activation));
    if (f->residual) {
        nt_ok(network, nndyn_network_begin_residual(network));
    }
    if (f->norm) {
        nt_ok(network, nndyn_network_add_batch_norm(network, NULL));
    }
    nt_ok(network, nndyn_network_add_dense(network, 6, f->activation));
    if (f->residual) {
        nt_ok(network, nndyn_network_end_residual(network));
    }
    nt_ok(network, nndyn_network_add_dense(network, f->outputs, f->last ? f->last : NNDYN_IDENTITY));
    if (f->residual == 2) { /* a block on the outputs too */
        nt_ok(network, nndyn_network_begin_residual(network));
        nt_ok(network, nndyn_network_add_dense(network, f->outputs, f->activation));
        nt_ok(network, nndyn_network_end_residual(network));
    }
    if (f->norm) {
        nt_ok(network, nndyn_network_add_batch_norm(network, NULL));
    }
    nt_ok(network, nndyn_network_initialize(network, 11));
    return network;
}

/* Networks of all kinds of layers in the plane, 360 rays around each sample (a ray a degree misses the nearest point of
 * a boundary by little): every lower bound is below every ray, and by pieces at that, where these apply. */
static void test_all_layers(void **state)
{
    (void)state;
    static const form forms[] = {{NNDYN_RELU, 3, 0, 0, 0},
                                 {NNDYN_RELU, 1, 0, 1, 0},
                                 {NNDYN_LEAKY_RELU, 3, 1, 1, 0},
                                 {NNDYN_RELU, 3, 2, 0, 0},
                                 {NNDYN_TANH, 3, 1, 1, 0},
                                 {NNDYN_SIN, 3, 2, 1, 0},
                                 {NNDYN_RELU, 3, 0, 1, NNDYN_SIGMOID},
                                 {NNDYN_GELU, 1, 0, 0, NNDYN_TANH},
                                 {NNDYN_SOFTPLUS, 3, 0, 1, NNDYN_SOFTSIGN}};
    enum { ANGLES = 360 };
    static double radii[SAMPLES * ANGLES], directions[2 * ANGLES];
    double x[2 * SAMPLES], y[3 * SAMPLES], upper[SAMPLES], lower[SAMPLES], least[SAMPLES], figures[NNDYN_RAYS];
    int64_t labels[SAMPLES];
    nndyn_context *c = NULL;
    nt_ok(NULL, nndyn_context_create(&c));
    nt_normal(6, 2 * SAMPLES, x);
    for (int i = 0; i < ANGLES; i++) {
        directions[2 * i] = cos(i * 0.017453292519943295);
        directions[2 * i + 1] = sin(i * 0.017453292519943295);
    }
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        const int outputs = forms[i].outputs;
        nndyn_network *network = build(c, &forms[i], NNDYN_F64);
        nndyn_dataset *data = NULL;
        int bounded = 0;
        nt_ok(network, nndyn_network_forward(network, SAMPLES, x, y));
        for (int s = 0; s < SAMPLES; s++) {
            labels[s] = outputs == 1 ? y[s] > 0.5 : 0;
            for (int k = 1; k < outputs; k++) {
                labels[s] = y[s * outputs + k] > y[s * outputs + labels[s]] ? k : labels[s];
            }
        }
        nt_ok(c, nndyn_dataset_create_labels(c, SAMPLES, 2, x, outputs == 1 ? 2 : outputs, labels, 1, &data));
        nt_ok(network, nndyn_basin_adversarial(network, data, NULL, upper, lower, NULL));
        nt_ok(network, nndyn_basin_ray(network, data, ANGLES, directions, NULL, radii));
        nt_ok(c, nndyn_basin_ray_statistics(c, SAMPLES, ANGLES, radii, figures, least, NULL));
        assert_true(figures[NNDYN_RAY_WRONG] == 0);
        for (int s = 0; s < SAMPLES; s++) {
            assert_true(lower[s] > 0 && lower[s] <= upper[s] && lower[s] <= least[s]);
            bounded += isfinite(upper[s]);
        }
        print_message("form %d: %d of %d with an upper bound\n", (int)i, bounded, SAMPLES);
        nndyn_dataset_free(data);
        nndyn_network_free(network);
    }
    nndyn_context_free(c);
}

/* ---- what is refused --------------------------------------------------------------------------------------------- */

static int identity(void *user, int order, int64_t count, const double *z, double *values)
{
    (void)user;
    for (int64_t i = 0; i < count; i++) {
        values[i] = order == 0 ? z[i] : 1;
    }
    return 0;
}

static void test_unsupported(void **state)
{
    (void)state;
    static const double x[] = {1, 2};
    static const int64_t label = 0;
    nt_allocator a = {0};
    nndyn_context *c = nt_context(&a);
    nndyn_dataset *data = NULL;
    nndyn_network *tanh_net = NULL, *steep = NULL, *own = NULL, *flat = NULL;
    nndyn_options *o = nt_options(c);
    double upper = 7, lower = 7;
    nt_ok(c, nndyn_dataset_create_labels(c, 1, 2, x, 2, &label, 1, &data));
    nt_ok(c, nndyn_network_create(c, NNDYN_F64, 2, &tanh_net));
    nt_ok(tanh_net, nndyn_network_add_dense(tanh_net, 2, NNDYN_TANH));
    nt_ok(c, nndyn_network_create(c, NNDYN_F64, 2, &steep));
    nt_ok(steep, nndyn_network_add_dense(steep, 2, NNDYN_EXP));
    nt_ok(c, nndyn_network_create(c, NNDYN_F64, 2, &own));
    nt_ok(own, nndyn_network_add_dense(own, 2, NNDYN_IDENTITY));
    nt_ok(own, nndyn_network_add_custom_activation(own, 1, identity, NULL));
    nt_ok(c, nndyn_network_create(c, NNDYN_F64, 2, &flat));
    nt_ok(flat, nndyn_network_add_dense(flat, 2, NNDYN_IDENTITY));
    nt_ok(flat, nndyn_network_add_custom_activation(flat, 0, identity, NULL));
    nt_ok(o, nndyn_options_set_text(o, "bound", "piece"));
    nt_fails(NNDYN_EUNSUPPORTED, tanh_net, "tanh", nndyn_basin_adversarial(tanh_net, data, o, &upper, &lower, NULL));
    nt_ok(o, nndyn_options_set_text(o, "bound", "lipschitz"));
    nt_fails(NNDYN_EUNSUPPORTED, steep, "exp", nndyn_basin_adversarial(steep, data, o, &upper, &lower, NULL));
    nt_fails(NNDYN_EUNSUPPORTED, steep, "exp", nndyn_basin_adversarial(steep, data, NULL, &upper, &lower, NULL));
    nt_fails(NNDYN_EUNSUPPORTED, own, "bounded", nndyn_basin_adversarial(own, data, NULL, &upper, &lower, NULL));
    nt_fails(NNDYN_EUNSUPPORTED, flat, "order", nndyn_basin_adversarial(flat, data, NULL, &upper, NULL, NULL));
    assert_true(upper == 7 && lower == 7);
    nt_ok(steep, nndyn_basin_adversarial(steep, data, NULL, &upper, NULL, NULL)); /* lower is not asked for */
    nt_ok(own, nndyn_basin_adversarial(own, data, NULL, &upper, NULL, NULL));
    nndyn_options_free(o);
    nndyn_dataset_free(data);
    nndyn_network_free(tanh_net);
    nndyn_network_free(steep);
    nndyn_network_free(own);
    nndyn_network_free(flat);
    nndyn_context_free(c);
    nt_no_leak(&a);
}

static void refuse(nt_order *f, nndyn_context *c, const char *name, int integer, double value)
{
    static double upper[NT_ORDER_SAMPLES];
    nndyn_options *o = nt_options(c);
    upper[0] = 7;
    nt_ok(o, integer ? nndyn_options_set_integer(o, name, (int64_t)value) : nndyn_options_set_double(o, name, value));
    nt_fails(NNDYN_EOPTION, f->network, name, nndyn_basin_adversarial(f->network, f->data, o, upper, NULL, NULL));
    assert_true(upper[0] == 7);
    nndyn_options_free(o);
}

static void test_cancel(void **state)
{
    (void)state;
    static double x[2 * SAMPLES], upper[SAMPLES];
    int64_t labels[SAMPLES] = {0};
    nt_allocator a = {0};
    nndyn_context *c = nt_context(&a);
    nndyn_network *n = nt_canceling(c, 2);
    nndyn_dataset *data = NULL;
    upper[0] = 7;
    nt_normal(6, 2 * SAMPLES, x);
    nt_ok(c, nndyn_dataset_create_labels(c, SAMPLES, 2, x, 2, labels, 1, &data));
    nt_fails(NNDYN_ECANCELED, n, "stopped", nndyn_basin_adversarial(n, data, NULL, upper, NULL, NULL));
    assert_true(upper[0] == 7);
    nndyn_dataset_free(data);
    nndyn_network_free(n);
    nndyn_context_free(c);
    nt_no_leak(&a);
}

static void test_errors(void **state)
{
    (void)state;
    static double upper[NT_ORDER_SAMPLES], lower[NT_ORDER_SAMPLES], points[NT_ORDER_SAMPLES * NT_ORDER_INPUTS];
    nt_allocator a = {0};
    nndyn_context *c = nt_context(&a);
    nt_order f = nt_order_open(c);
    nndyn_dataset *other = NULL;
    nndyn_network *n = NULL;
    nndyn_options *o = nt_options(c);
    double x[] = {1, 2};
    const double w[] = {1, 1};
    const int64_t label = 1;
    upper[0] = lower[0] = points[0] = 7;
    refuse(&f, c, "iterations", 1, 0);
    refuse(&f, c, "overshoot", 0, 0);
    refuse(&f, c, "bisections", 1, 61);
    nt_ok(o, nndyn_options_set_text(o, "bound", "exact"));
    nt_fails(NNDYN_EOPTION, f.network, "bound", nndyn_basin_adversarial(f.network, f.data, o, upper, lower, points));
    nt_fails(NNDYN_EARG, f.network, "upper", nndyn_basin_adversarial(f.network, f.data, NULL, NULL, lower, points));
    nt_fails(NNDYN_EARG, f.network, "dataset", nndyn_basin_adversarial(f.network, NULL, NULL, upper, lower, points));
    assert_int_equal(nndyn_basin_adversarial(NULL, f.data, NULL, upper, lower, points), NNDYN_EARG);
    nt_ok(c, nndyn_dataset_create(c, NT_ORDER_SAMPLES, NT_ORDER_INPUTS, f.x, NT_ORDER_CLASSES, f.t, 1, &other));
    nt_fails(NNDYN_EARG, f.network, "labels", nndyn_basin_adversarial(f.network, other, NULL, upper, lower, points));
    nndyn_dataset_free(other);
    nt_ok(c, nndyn_dataset_create_labels(c, 100, 4, f.x, 4, f.labels, 1, &other));
    nt_fails(NNDYN_EARG, f.network, "inputs", nndyn_basin_adversarial(f.network, other, NULL, upper, lower, points));
    nndyn_dataset_free(other);
    nt_ok(f.data, nndyn_dataset_convert(f.data, NNDYN_F32, &other));
    nt_fails(NNDYN_EARG, f.network, "precision", nndyn_basin_adversarial(f.network, other, NULL, upper, lower, points));
    nndyn_dataset_free(other);
    nt_ok(c, nndyn_network_create(c, NNDYN_F64, NT_ORDER_INPUTS, &n));
    nt_fails(NNDYN_ESTATE, n, "layer", nndyn_basin_adversarial(n, f.data, NULL, upper, lower, points));
    nndyn_network_free(n);
    n = nt_plane(c, 2, 1, w, 0);
    nt_ok(c, nndyn_dataset_create_labels(c, 1, 2, x, 2, &label, 0, &other)); /* borrowed, and spoiled afterwards */
    x[1] = (double)INFINITY;
    nt_fails(NNDYN_EDATA, n, "dataset", nndyn_basin_adversarial(n, other, NULL, upper, lower, points));
    nndyn_dataset_free(other);
    nndyn_network_free(n);
    nt_ok(c, nndyn_context_set_memory_limit(c, 20000));
    nt_fails(NNDYN_ELIMIT, f.network, "bytes", nndyn_basin_adversarial(f.network, f.data, NULL, upper, lower, points));
    assert_true(upper[0] == 7 && lower[0] == 7 && points[0] == 7);
    nndyn_options_free(o);
    nt_order_close(&f);
    nndyn_context_free(c);
    nt_no_leak(&a);
}

/* ---- memory, precision ------------------------------------------------------------------------------------------- */

static void test_single(void **state)
{
    (void)state;
    static const form relu = {NNDYN_RELU, 3, 1, 1, 0};
    double x[2 * SAMPLES], narrow[4 * SAMPLES], wide[4 * SAMPLES];
    int64_t labels[SAMPLES];
    nndyn_context *c = NULL;
    nndyn_network *again = NULL;
    nndyn_dataset *data = NULL, *rounded = NULL, *widened = NULL;
    nt_ok(NULL, nndyn_context_create(&c));
    nt_normal(6, 2 * SAMPLES, x);
    for (int s = 0; s < SAMPLES; s++) {
        labels[s] = s % 3;
    }
    nndyn_network *single = build(c, &relu, NNDYN_F32);
    nt_ok(single, nndyn_network_copy(single, NNDYN_F64, &again));
    nt_ok(c, nndyn_dataset_create_labels(c, SAMPLES, 2, x, 3, labels, 1, &data));
    nt_ok(data, nndyn_dataset_convert(data, NNDYN_F32, &rounded));
    nt_ok(rounded, nndyn_dataset_convert(rounded, NNDYN_F64, &widened));
    nt_ok(single, nndyn_basin_adversarial(single, rounded, NULL, narrow, narrow + SAMPLES, narrow + 2 * SAMPLES));
    nt_ok(again, nndyn_basin_adversarial(again, widened, NULL, wide, wide + SAMPLES, wide + 2 * SAMPLES));
    nt_same(narrow, wide, sizeof wide);
    nndyn_network_free(single);
    nndyn_network_free(again);
    nndyn_dataset_free(data);
    nndyn_dataset_free(rounded);
    nndyn_dataset_free(widened);
    nndyn_context_free(c);
}

static int scenario(nt_allocator *a, void *user)
{
    static const form relu = {NNDYN_RELU, 2, 1, 1, 0};
    const double x[] = {3, 1, -1, 0.5, 0.1, 0.2};
    const int64_t labels[] = {1, 0, 1};
    nndyn_context *c = NULL;
    nndyn_dataset *data = NULL, *given = NULL;
    double upper[3] = {7}, lower[3] = {7}, points[6] = {7};
    nt_pause(a);
    assert_int_equal(nt_context_create(a, &c), NNDYN_OK);
    nndyn_network *network = build(c, &relu, user ? NNDYN_F32 : NNDYN_F64);
    nt_ok(c, nndyn_dataset_create_labels(c, 3, 2, x, 2, labels, 1, &data));
    nt_ok(data, nndyn_dataset_convert(data, user ? NNDYN_F32 : NNDYN_F64, &given));
    nt_resume(a);
    const int status = nndyn_basin_adversarial(network, given, NULL, upper, lower, points);
    assert_true(status == NNDYN_OK || (upper[0] == 7 && lower[0] == 7 && points[0] == 7));
    nndyn_dataset_free(data);
    nndyn_dataset_free(given);
    nndyn_network_free(network);
    nndyn_context_free(c);
    return status;
}

static void test_allocations(void **state)
{
    int single = 1;
    (void)state;
    nt_every_allocation(scenario, NULL);
    nt_every_allocation(scenario, &single);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_plane),      cmocka_unit_test(test_affine),
                                       cmocka_unit_test(test_fixture),    cmocka_unit_test(test_norm),
                                       cmocka_unit_test(test_kink),       cmocka_unit_test(test_pieces),
                                       cmocka_unit_test(test_all_layers), cmocka_unit_test(test_unsupported),
                                       cmocka_unit_test(test_errors),     cmocka_unit_test(test_cancel),
                                       cmocka_unit_test(test_single),     cmocka_unit_test(test_allocations)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
