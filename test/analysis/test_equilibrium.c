/* test_equilibrium.c - algebra, modes, covariance and the tests of a record against closed forms and twins. */
#include "analysis/equilibrium/equilibrium.h"
#include "nndyn.h"
#include "support/support.h"

static nndyn_context *context(void)
{
    nndyn_context *c = NULL;
    nt_ok(NULL, nndyn_context_create(&c));
    return c;
}

/* ---- algebra ----------------------------------------------------------------------------------------------------- */

static const double hessian3[] = {2, .5, 0, .5, 1, .2, 0, .2, .3};
static const double noise3[] = {1, .2, .1, .2, .8, -.1, .1, -.1, .5};

static void covariance_of_three_modes(void **state)
{
    (void)state;
    nndyn_context *c = context();
    const double want[] = {0.0296043179,  -0.0065616328, 0.0132564310,  -0.0065616328, 0.0530495320,
                           -0.0373485542, 0.0132564310,  -0.0373485542, 0.1094812812};
    double sigma[9], a[9], q[9], general[9];
    nt_ok(c, nndyn_equilibrium_stationary(c, 3, hessian3, noise3, 0.1, 1, sigma));
    nt_close(sigma, want, 9, 0, 1e-10);
    nt_near(sigma[0] + sigma[4] + sigma[8], 0.192135131064, 1e-12);
    for (int i = 0; i < 9; i++) {
        a[i] = (i % 4 == 0) - 0.1 * hessian3[i];
        q[i] = 0.01 * noise3[i];
    }
    nt_ok(c, nd_lyapunov_discrete(c, 3, a, q, general));
    nt_close(sigma, general, 9, 0, 1e-14);
    nndyn_context_free(c);
}

static void no_stationary_state(void **state)
{
    (void)state;
    nndyn_context *c = context();
    double saddle[] = {1, 0, 0, -1}, one[] = {1, 0, 0, 1}, skew[] = {1, 2, 0, 1}, sigma[9] = {7};
    nt_fails(NNDYN_ENUMERIC, c, "no stationary state",
             nndyn_equilibrium_stationary(c, 3, hessian3, noise3, 1, 1, sigma));
    nt_fails(NNDYN_ENUMERIC, c, "positive curvature", nndyn_equilibrium_stationary(c, 2, saddle, one, .1, 1, sigma));
    nt_fails(NNDYN_EARG, c, "symmetric", nndyn_equilibrium_stationary(c, 2, skew, one, .1, 1, sigma));
    nt_fails(NNDYN_EARG, c, "rate", nndyn_equilibrium_stationary(c, 2, one, one, 0, 1, sigma));
    nt_fails(NNDYN_EARG, c, "batch", nndyn_equilibrium_stationary(c, 2, one, one, .1, -1, sigma));
    nt_fails(NNDYN_EARG, c, "n is 0", nndyn_equilibrium_stationary(c, 0, one, one, .1, 1, sigma));
    nt_fails(NNDYN_EARG, c, "noise", nndyn_equilibrium_stationary(c, 2, one, NULL, .1, 1, sigma));
    one[3] = NAN;
    nt_fails(NNDYN_EDATA, c, "hessian", nndyn_equilibrium_stationary(c, 2, one, one, .1, 1, sigma));
    assert_true(sigma[0] == 7);
    nndyn_context_free(c);
}

/* scipy.stats: 2 t.sf(2.5, 7), f.sf(3, 4, 20), 2 t.sf(40, 30), f.sf(0.2, 3, 5) */
static void tails(void **state)
{
    (void)state;
    const double got[] = {nd_student_tail(2.5, 7), nd_student_tail(-2.5, 7), nd_f_tail(3, 4, 20),
                          nd_student_tail(40, 30), nd_f_tail(0.2, 3, 5),     nd_student_tail(0, 9)};
    const double want[] = {0.0409922185857529,   0.0409922185857529, 0.0432009983342141,
                           1.37260451944064e-27, 0.892183621732082,  1};
    nt_close(got, want, 6, 1e-10, 0);
}

/* ---- networks ---------------------------------------------------------------------------------------------------- */

enum { N = 40, IN = 3, OUT = 2 };

typedef struct problem {
    nndyn_context *c;
    nndyn_network *net;
    int64_t p;
    double x[N * IN], t[N * OUT];
} problem;

static void open(problem *q, nt_allocator *a, int activation, int loss)
{
    q->c = a ? nt_context(a) : context();
    nt_ok(q->c, nndyn_network_create(q->c, NNDYN_F64, IN, &q->net));
    if (activation != NNDYN_IDENTITY) {
        nt_ok(q->net, nndyn_network_add_dense(q->net, 4, activation));
    }
    nt_ok(q->net, nndyn_network_add_dense(q->net, OUT, NNDYN_IDENTITY));
    nt_ok(q->net, nndyn_network_set_loss(q->net, loss));
    nt_ok(q->net, nndyn_network_initialize(q->net, 3));
    nt_ok(q->net, nndyn_network_shape(q->net, NULL, NULL, NULL, &q->p, NULL));
    nt_normal(5, N * IN, q->x);
    nt_normal(6, N * OUT, q->t);
    for (int i = 0; i < N && loss == NNDYN_SOFTMAX_CROSS_ENTROPY; i++) {
        q->t[2 * i] = q->t[2 * i] > 0;
        q->t[2 * i + 1] = 1 - q->t[2 * i];
    }
}

static void shut(problem *q)
{
    nndyn_network_free(q->net);
    nndyn_context_free(q->c);
}

/* Gradients of single samples, one call each. */
static void gradients(problem *q, double *g)
{
    for (int s = 0; s < N; s++) {
        nt_ok(q->net, nndyn_gradient(q->net, 1, q->x + s * IN, q->t + s * OUT, NULL, NULL, g + s * q->p));
    }
}

static void covariance_of_gradients(problem *q, int centered, double *c)
{
    enum { MOST = 64 };
    static double g[N * MOST];
    double mean[MOST] = {0};
    gradients(q, g);
    for (int64_t i = 0; i < N * q->p && centered; i++) {
        mean[i % q->p] += g[i] / N;
    }
    memset(c, 0, (size_t)(q->p * q->p) * sizeof *c);
    for (int64_t s = 0; s < N; s++) {
        for (int64_t i = 0; i < q->p * q->p; i++) {
            int64_t k = i / q->p, l = i % q->p;
            c[i] += (g[s * q->p + k] - mean[k]) * (g[s * q->p + l] - mean[l]) / N;
        }
    }
}

static void modes_and_their_noise(void **state)
{
    (void)state;
    problem q;
    enum { R = 4 };
    double values[R], v[R * 64], noise[R * R], times[R], coupling, c[64 * 64], hv[64], sum = 0;
    open(&q, NULL, NNDYN_TANH, NNDYN_SQUARED_ERROR);
    nt_ok(q.net, nndyn_equilibrium_modes(q.net, N, q.x, q.t, R, 0.2, NULL, values, v, noise, times, &coupling));
    covariance_of_gradients(&q, 1, c);
    for (int i = 0; i < R; i++) {
        nt_ok(q.net, nndyn_hessian_vector(q.net, N, q.x, q.t, v + i * q.p, NULL, hv));
        for (int64_t k = 0; k < q.p; k++) {
            nt_near(hv[k], values[i] * v[i * q.p + k], 1e-9);
        }
        nt_near(times[i], -1 / log(fabs(1 - 0.2 * values[i])), 1e-9 * fabs(times[i]));
        for (int j = 0; j < R; j++) {
            double want = 0;
            for (int64_t k = 0; k < q.p * q.p; k++) {
                want += v[i * q.p + k / q.p] * c[k] * v[j * q.p + k % q.p];
            }
            nt_near(noise[i * R + j], want, 1e-12);
        }
        for (int j = 0; j < i; j++) {
            sum += fabs(noise[i * R + j]) / sqrt(noise[i * R + i] * noise[j * R + j]) / 6;
        }
    }
    nt_near(coupling, sum, 1e-12);
    shut(&q);
}

static void check_noise_modes(int activation, int loss, int centered)
{
    problem q;
    enum { R = 5 };
    double values[R], v[R * 64], c[64 * 64], eigen[64];
    nndyn_options *o;
    open(&q, NULL, activation, loss);
    nt_ok(q.c, nndyn_options_create(q.c, &o));
    nt_ok(o, nndyn_options_set_integer(o, "centered", centered));
    nt_ok(q.net, nndyn_equilibrium_noise_modes(q.net, N, q.x, q.t, R, o, values, v));
    covariance_of_gradients(&q, centered, c);
    for (int i = 0; i < R; i++) {
        for (int64_t k = 0; k < q.p; k++) {
            double cv = 0;
            for (int64_t l = 0; l < q.p; l++) {
                cv += c[k * q.p + l] * v[i * q.p + l];
            }
            nt_near(cv, values[i] * v[i * q.p + k], 1e-10 * values[0]);
        }
    }
    nt_ok(q.c, nd_symmetric_eigen(q.c, q.p, c, 0, eigen));
    for (int i = 0; i < R; i++) {
        nt_near(values[i], fmax(eigen[q.p - 1 - i], 0), 1e-12 * values[0]);
    }
    nndyn_options_free(o);
    shut(&q);
}

static void noise_modes(void **state)
{
    (void)state;
    check_noise_modes(NNDYN_TANH, NNDYN_SQUARED_ERROR, 1);
    check_noise_modes(NNDYN_TANH, NNDYN_SOFTMAX_CROSS_ENTROPY, 0);
    check_noise_modes(NNDYN_IDENTITY, NNDYN_SQUARED_ERROR, 1);
}

/* ---- finding it -------------------------------------------------------------------------------------------------- */

static void the_equilibrium_of_a_linear_network(void **state)
{
    (void)state;
    problem q;
    double norm, g[64], square = 0;
    int64_t steps;
    open(&q, NULL, NNDYN_IDENTITY, NNDYN_SQUARED_ERROR);
    nt_ok(q.net, nndyn_equilibrium_find(q.net, N, q.x, q.t, NULL, &norm, &steps));
    assert_true(norm <= 1e-8 && steps <= 12);
    nt_ok(q.net, nndyn_gradient(q.net, N, q.x, q.t, NULL, NULL, g));
    for (int64_t i = 0; i < q.p; i++) {
        square += g[i] * g[i];
    }
    nt_near(sqrt(square), norm, 1e-15);
    shut(&q);
}

static void the_equilibrium_of_a_deep_one(void **state)
{
    (void)state;
    problem q;
    double norm, values[64], theta[64], moved[64];
    open(&q, NULL, NNDYN_TANH, NNDYN_SQUARED_ERROR);
    nt_ok(q.net, nndyn_network_get_parameters(q.net, q.p, theta));
    nt_normal(8, q.p, moved);
    for (int64_t i = 0; i < q.p; i++) {
        moved[i] = theta[i] + 0.1 * moved[i];
    }
    nt_ok(q.net, nndyn_network_set_parameters(q.net, q.p, moved)); /* a teacher near by */
    nt_ok(q.net, nndyn_network_forward(q.net, N, q.x, q.t));
    nt_ok(q.net, nndyn_network_set_parameters(q.net, q.p, theta));
    q.t[0] += 0.01;
    nt_ok(q.net, nndyn_equilibrium_find(q.net, N, q.x, q.t, NULL, &norm, NULL));
    assert_true(norm <= 1e-8);
    nt_ok(q.net, nndyn_equilibrium_modes(q.net, N, q.x, q.t, q.p, 0.1, NULL, values, NULL, NULL, NULL, NULL));
    assert_true(values[q.p - 1] > -1e-9); /* not a saddle */
    shut(&q);
}

static void a_search_that_fails_changes_nothing(void **state)
{
    (void)state;
    problem q;
    double before[64], after[64], norm = 5;
    nndyn_options *o;
    nndyn_network *single;
    open(&q, NULL, NNDYN_TANH, NNDYN_SQUARED_ERROR);
    nt_ok(q.c, nndyn_options_create(q.c, &o));
    nt_ok(o, nndyn_options_set_integer(o, "iterations", 1));
    nt_ok(q.net, nndyn_network_get_parameters(q.net, q.p, before));
    nt_fails(NNDYN_ENUMERIC, q.net, "tolerance", nndyn_equilibrium_find(q.net, N, q.x, q.t, o, &norm, NULL));
    nt_ok(q.net, nndyn_network_get_parameters(q.net, q.p, after));
    nt_same(before, after, q.p * 8);
    assert_true(norm == 5);
    nt_ok(q.net, nndyn_network_copy(q.net, NNDYN_F32, &single));
    nt_fails(NNDYN_EUNSUPPORTED, single, "single precision",
             nndyn_equilibrium_find(single, N, q.x, q.t, NULL, NULL, NULL));
    nndyn_network_free(single);
    nndyn_options_free(o);
    shut(&q);
}

/* ---- the step ---------------------------------------------------------------------------------------------------- */

static const int optimizers[] = {NNDYN_SGD,  NNDYN_MOMENTUM, NNDYN_NESTEROV, NNDYN_RMSPROP,
                                 NNDYN_ADAM, NNDYN_ADAMW,    NNDYN_SGD};

typedef struct stepped {
    problem q;
    nndyn_trainer *tr;
    int64_t states, size;
    double at[3 * 64];
} stepped;

static void open_step(stepped *s, int which)
{
    nndyn_options *o;
    open(&s->q, NULL, NNDYN_TANH, NNDYN_SQUARED_ERROR);
    nt_ok(s->q.c, nndyn_options_create(s->q.c, &o));
    nt_ok(o, nndyn_options_set_double(o, "rate", 0.05));
    nt_ok(o, nndyn_options_set_double(o, "weight_decay", 0.02));
    if (which == 6) {
        nt_ok(o, nndyn_options_set_double(o, "clip_norm", 0.1));
        nt_ok(o, nndyn_options_set_double(o, "clip_value", 0.04));
    }
    nt_ok(s->q.net, nndyn_trainer_create_with(s->q.net, optimizers[which], o, &s->tr));
    nndyn_options_free(o);
    for (int i = 0; i < 3; i++) {
        nt_ok(s->tr, nndyn_train_step(s->tr, N, s->q.x, s->q.t, NULL));
    }
    nt_ok(s->tr, nndyn_trainer_state_size(s->tr, &s->states));
    s->size = s->q.p + s->states;
    nt_ok(s->q.net, nndyn_network_get_parameters(s->q.net, s->q.p, s->at));
    nt_ok(s->tr, nndyn_trainer_get_state(s->tr, s->states, s->at + s->q.p, NULL));
}

static void real_step(stepped *s, double h, const double *u, double *out)
{
    double moved[3 * 64];
    for (int64_t i = 0; i < s->size; i++) {
        moved[i] = s->at[i] + h * u[i];
    }
    nt_ok(s->q.net, nndyn_network_set_parameters(s->q.net, s->q.p, moved));
    nt_ok(s->tr, nndyn_trainer_set_state(s->tr, s->states, moved + s->q.p, 3));
    nt_ok(s->tr, nndyn_train_step(s->tr, N, s->q.x, s->q.t, NULL));
    nt_ok(s->q.net, nndyn_network_get_parameters(s->q.net, s->q.p, out));
    nt_ok(s->tr, nndyn_trainer_get_state(s->tr, s->states, out + s->q.p, NULL));
}

/* Directions in second moments are scaled by them, so that differences stay where they are positive. */
static void the_step_against_differences(void **state)
{
    (void)state;
    for (int which = 0; which < 7; which++) {
        stepped s;
        nndyn_operator *op;
        double u[3 * 64], plus[3 * 64], minus[3 * 64], got[3 * 64], w[3 * 64], back[3 * 64], one = 0, two = 0;
        open_step(&s, which);
        nt_ok(s.tr, nndyn_step_operator(s.tr, N, s.q.x, s.q.t, &op));
        nt_normal(11, s.size, u);
        nt_normal(12, s.size, w);
        for (int64_t i = s.q.p; i < s.size; i++) {
            u[i] *= fabs(s.at[i]);
        }
        nt_ok(op, nndyn_operator_apply(op, u, got));
        nt_ok(op, nndyn_operator_apply_transposed(op, w, back));
        for (int64_t i = 0; i < s.size; i++) {
            one += w[i] * got[i];
            two += back[i] * u[i];
        }
        nt_near(one, two, 1e-11 * (1 + fabs(one)));
        real_step(&s, 1e-6, u, plus);
        real_step(&s, -1e-6, u, minus);
        for (int64_t i = 0; i < s.size; i++) {
            plus[i] = (plus[i] - minus[i]) / 2e-6;
        }
        nt_close(got, plus, s.size, 1e-5, 2e-6);
        nndyn_operator_free(op);
        nndyn_trainer_free(s.tr);
        shut(&s.q);
    }
}

/* Momentum on a mode of curvature lambda: z^2 - (1 + mu - eta lambda) z + mu = 0. */
static void the_edge_of_momentum(void **state)
{
    (void)state;
    problem q;
    nndyn_trainer *tr;
    nndyn_operator *op;
    double values[16], matrix[32 * 32], re[32], im[32], unit[32];
    open(&q, NULL, NNDYN_IDENTITY, NNDYN_SQUARED_ERROR);
    nt_ok(q.net, nndyn_trainer_create(q.net, NNDYN_MOMENTUM, &tr));
    nt_ok(tr, nndyn_trainer_set(tr, "rate", 0.3));
    nt_ok(tr, nndyn_trainer_set(tr, "momentum", 0.5));
    nt_ok(q.net, nndyn_equilibrium_modes(q.net, N, q.x, q.t, q.p, 0.3, NULL, values, NULL, NULL, NULL, NULL));
    nt_ok(tr, nndyn_step_operator(tr, N, q.x, q.t, &op));
    for (int64_t k = 0; k < 2 * q.p; k++) {
        memset(unit, 0, sizeof unit);
        unit[k] = 1;
        nt_ok(op, nndyn_operator_apply(op, unit, matrix + k * 2 * q.p));
    }
    nt_ok(q.c, nd_general_eigen(q.c, 2 * q.p, matrix, re, im, NULL));
    for (int64_t i = 0; i < q.p; i++) {
        double b = 1.5 - 0.3 * values[i];
        int found = 0;
        for (int64_t k = 0; k < 2 * q.p; k++) {
            double zr = re[k] * re[k] - im[k] * im[k] - b * re[k] + 0.5, zi = 2 * re[k] * im[k] - b * im[k];
            found += fabs(zr) + fabs(zi) < 1e-6;
        }
        assert_true(found >= 2);
    }
    nndyn_operator_free(op);
    nndyn_trainer_free(tr);
    shut(&q);
}

/* ---- closed forms ------------------------------------------------------------------------------------------------ */

/* A bowl: H = diag(4, 1/4, 1) in (w1, w2, b), C = s^2 H; a mode has variance rate s^2 / (batch (2 - rate lambda)). */
static void a_bowl(void **state)
{
    (void)state;
    enum { POINTS = 8, M = 3 };
    const double s = 0.3, rate = 0.1, batch = 2, best[M] = {0.7, -0.4, 0.2}, lambda[M] = {4, 1, 0.25};
    const double unit[M * M] = {1, 0, 0, 0, 0, 1, 0, 1, 0};
    double x[2 * POINTS], t[POINTS], at[M], values[M], v[M * M], noise[M * M], times[M], sigma[M * M], coupling = 7;
    nndyn_context *c = context();
    nndyn_network *net;
    for (int i = 0; i < POINTS; i++) {
        x[2 * i] = i & 1 ? 2 : -2;
        x[2 * i + 1] = i & 2 ? 0.5 : -0.5;
        t[i] = best[0] * x[2 * i] + best[1] * x[2 * i + 1] + best[2] + (i & 4 ? s : -s);
    }
    nt_ok(c, nndyn_network_create(c, NNDYN_F64, 2, &net));
    nt_ok(net, nndyn_network_add_dense(net, 1, NNDYN_IDENTITY));
    nt_ok(net, nndyn_network_set_loss(net, NNDYN_SQUARED_ERROR));
    nt_ok(net, nndyn_equilibrium_find(net, POINTS, x, t, NULL, NULL, NULL));
    nt_ok(net, nndyn_network_get_parameters(net, M, at));
    nt_close(at, best, M, 0, 1e-7);
    nt_ok(net, nndyn_equilibrium_modes(net, POINTS, x, t, M, rate, NULL, values, v, noise, times, &coupling));
    nt_ok(net, nndyn_equilibrium_covariance(net, POINTS, x, t, M, v, rate, batch, NULL, sigma));
    nt_close(values, lambda, M, 1e-12, 0);
    nt_close(v, unit, (int64_t)M * M, 0, 1e-9);
    nt_near(coupling, 0, 1e-7);
    for (int i = 0; i < M; i++) {
        nt_near(times[i], -1 / log(1 - rate * lambda[i]), 1e-9);
        nt_near(noise[i * (M + 1)], s * s * lambda[i], 1e-7);
        nt_near(sigma[i * (M + 1)], rate * s * s / (batch * (2 - rate * lambda[i])), 1e-8);
    }
    nndyn_network_free(net);
    nndyn_context_free(c);
}

/* Nodes and weights for means over the unit normal law: eigenvectors of the Jacobi matrix (Golub and Welsch). */
static void gauss_hermite(nndyn_context *c, int n, double *nodes, double *weights)
{
    double *a = calloc((size_t)(n * n), sizeof *a);
    assert_non_null(a);
    for (int k = 1; k < n; k++) {
        a[k * n + k - 1] = a[(k - 1) * n + k] = sqrt(k);
    }
    nt_ok(c, nd_symmetric_eigen(c, n, a, 1, nodes));
    for (int k = 0; k < n; k++) {
        weights[k] = a[k * n] * a[k * n];
    }
    free(a);
}

/* Logistic regression at its optimum w = 1, b = 1/2, x ~ N(0, 1): the Hessian, equal to the noise, and the mean
 * Jacobian of the duality map by quadrature, to the digits of a calculation elsewhere. */
static void logistic_regression_by_quadrature(void **state)
{
    (void)state;
    enum { NODES = 200 };
    const double theta[2] = {1, 0.5}, want[4] = {.14432578, -.02988837, -.02988837, .19898643};
    const double curvature[2] = {.13115596, .21215625}, mean[4] = {.02988837, 0, -.19898643, 1};
    double x[NODES], weight[NODES], hessian[4] = {0}, noise[4] = {0}, jacobian[4] = {0}, sigma[4], values[2];
    nndyn_context *c = context();
    nndyn_network *net;
    gauss_hermite(c, NODES, x, weight);
    nt_ok(c, nndyn_network_create(c, NNDYN_F64, 1, &net));
    nt_ok(net, nndyn_network_add_dense(net, 1, NNDYN_IDENTITY));
    nt_ok(net, nndyn_network_set_loss(net, NNDYN_BINARY_CROSS_ENTROPY));
    nt_ok(net, nndyn_network_set_parameters(net, 2, theta));
    for (int i = 0; i < NODES; i++) {
        const double p = 1 / (1 + exp(-x[i] - 0.5));
        double j[4], h[4], g[2];
        for (int k = 0; k < 2; k++) { /* a target of 1 with probability p, else 0 */
            const double t = k, unit[2] = {1 - k, k}, share = weight[i] * (k ? p : 1 - p);
            nt_ok(net, nndyn_gradient(net, 1, x + i, &t, NULL, NULL, g));
            nt_ok(net, nndyn_duality_jacobian(net, 1, x + i, &t, NULL, j));
            nt_ok(net, nndyn_hessian_vector(net, 1, x + i, &p, unit, NULL, h + 2 * k));
            for (int l = 0; l < 4; l++) {
                noise[l] += share * g[l / 2] * g[l % 2];
                jacobian[l] += share * j[l];
            }
        }
        for (int l = 0; l < 4; l++) {
            hessian[l] += weight[i] * h[l];
        }
    }
    nt_close(hessian, want, 4, 0, 1e-7);
    nt_close(noise, hessian, 4, 0, 1e-12); /* Fisher's information, both ways */
    nt_close(jacobian, mean, 4, 0, 1e-7);
    hessian[2] = hessian[1];
    noise[2] = noise[1];
    nt_ok(c, nndyn_equilibrium_stationary(c, 2, hessian, noise, 0.05, 1, sigma));
    nt_ok(c, nd_symmetric_eigen(c, 2, hessian, 1, values));
    nt_close(values, curvature, 2, 0, 1e-7);
    for (int i = 0; i < 2; i++) { /* C = H: rate / (2 - rate lambda) in each mode */
        const double *v = hessian + 2 * i;
        const double s = v[0] * v[0] * sigma[0] + 2 * v[0] * v[1] * sigma[1] + v[1] * v[1] * sigma[3];
        nt_near(s, 0.05 / (2 - 0.05 * values[i]), 1e-12);
    }
    nndyn_network_free(net);
    nndyn_context_free(c);
}

/* ---- what cannot be done ---------------------------------------------------------------------------------------- */

static void a_step_without_a_derivative(void **state)
{
    (void)state;
    problem q;
    nndyn_trainer *tr;
    nndyn_operator *op = NULL;
    double moments[32] = {0};
    open(&q, NULL, NNDYN_IDENTITY, NNDYN_SQUARED_ERROR);
    memset(q.x, 0, sizeof q.x); /* no gradient of the weights, parameters 0 to 5 */
    nt_ok(q.net, nndyn_trainer_create(q.net, NNDYN_ADAM, &tr));
    nt_ok(tr, nndyn_step_operator(tr, N, q.x, q.t, &op)); /* both moments are 0 and stay so */
    nndyn_operator_free(op);
    op = NULL;
    moments[3] = 1;
    nt_ok(tr, nndyn_trainer_set_state(tr, 2 * q.p, moments, 1));
    nt_fails(NNDYN_ENUMERIC, tr, "parameter 3", nndyn_step_operator(tr, N, q.x, q.t, &op));
    assert_null(op);
    nndyn_trainer_free(tr);
    shut(&q);
}

static void masks_that_cannot_be_repeated(void **state)
{
    (void)state;
    problem q;
    nndyn_trainer *tr;
    nndyn_options *o;
    nndyn_operator *op = NULL;
    open(&q, NULL, NNDYN_IDENTITY, NNDYN_SQUARED_ERROR);
    nt_ok(q.net, nndyn_network_add_dropout(q.net, 0.5));
    nt_ok(q.net, nndyn_trainer_create(q.net, NNDYN_SGD, &tr));
    nt_ok(tr, nndyn_step_operator(tr, N, q.x, q.t, &op));
    nndyn_operator_free(op);
    nndyn_trainer_free(tr);
    op = NULL;
    nt_ok(q.c, nndyn_options_create(q.c, &o));
    nt_ok(o, nndyn_options_set_integer(o, "seed", 12345));
    nt_ok(q.net, nndyn_trainer_create_with(q.net, NNDYN_SGD, o, &tr));
    nt_fails(NNDYN_EUNSUPPORTED, tr, "dropout", nndyn_step_operator(tr, N, q.x, q.t, &op));
    assert_null(op);
    nndyn_options_free(o);
    nndyn_trainer_free(tr);
    shut(&q);
}

/* Everything of this header that takes a network or a trainer, as one call each. */
enum { CALLS = 7 };

typedef struct target {
    nndyn_network *net;
    nndyn_trainer *tr;
    nndyn_batches *batches;
    double x[N * IN], t[N * IN];
    double out[8 * 64];
} target;

static int call(target *g, int which, int64_t steps)
{
    nndyn_equilibrium *e = NULL;
    nndyn_operator *op = NULL;
    double unit[64] = {1};
    switch (which) {
    case 0:
        return nndyn_equilibrium_modes(g->net, N, g->x, g->t, 1, 0.1, NULL, g->out, NULL, NULL, NULL, NULL);
    case 1:
        return nndyn_equilibrium_noise_modes(g->net, N, g->x, g->t, 1, NULL, g->out, NULL);
    case 2:
        return nndyn_equilibrium_covariance(g->net, N, g->x, g->t, 1, unit, 0.1, 1, NULL, g->out);
    case 3:
        return nndyn_equilibrium_find(g->net, N, g->x, g->t, NULL, g->out, NULL);
    case 4:
        return nndyn_equilibrium_record(g->tr, g->batches, steps, 1, unit, g->out);
    case 5:
        return nndyn_equilibrium_test_run(g->tr, g->batches, steps, NULL, &e);
    default:
        return nndyn_step_operator(g->tr, N, g->x, g->t, &op);
    }
}

static const void *handle_of(const target *g, int which)
{
    return which < 4 ? (const void *)g->net : g->tr;
}

/* Cancels when told to, from within the work. */
typedef struct cancelling {
    nndyn_context *context;
    int armed;
} cancelling;

static int sine(void *user, int order, int64_t count, const double *z, double *values)
{
    cancelling *w = user;
    if (w->armed) {
        nndyn_context_cancel(w->context);
    }
    for (int64_t i = 0; i < count; i++) {
        values[i] = order == 0 ? sin(z[i]) : order == 1 ? cos(z[i]) : -sin(z[i]);
    }
    return 0;
}

/* A network of three inputs: dense and custom sine, or only the activation if it is to have no parameters. */
static void open_target(target *g, cancelling *w, int dense, nndyn_dataset **data)
{
    memset(g, 0, sizeof *g);
    w->armed = 0;
    w->context = context();
    nt_normal(51, (int64_t)N * IN, g->x);
    nt_normal(52, (int64_t)N * IN, g->t);
    nt_ok(w->context, nndyn_dataset_create(w->context, N, IN, g->x, IN, g->t, 1, data));
    nt_ok(*data, nndyn_batches_create(*data, NNDYN_BATCH_REPLACEMENT, 4, NULL, &g->batches));
    nt_ok(w->context, nndyn_network_create(w->context, NNDYN_F64, IN, &g->net));
    if (dense) {
        nt_ok(g->net, nndyn_network_add_dense(g->net, IN, NNDYN_IDENTITY));
    }
    nt_ok(g->net, nndyn_network_add_custom_activation(g->net, 2, sine, w));
    nt_ok(g->net, nndyn_network_set_loss(g->net, NNDYN_SQUARED_ERROR));
    nt_ok(g->net, nndyn_trainer_create(g->net, NNDYN_SGD, &g->tr));
    g->out[0] = 7;
}

static void close_target(target *g, cancelling *w, nndyn_dataset *data)
{
    nndyn_trainer_free(g->tr);
    nndyn_network_free(g->net);
    nndyn_batches_free(g->batches);
    nndyn_dataset_free(data);
    nndyn_context_free(w->context);
}

static void no_parameters(void **state)
{
    (void)state;
    target g;
    cancelling w;
    nndyn_dataset *data;
    open_target(&g, &w, 0, &data);
    for (int k = 0; k < CALLS; k++) {
        const int status = call(&g, k, 64);
        if (status != NNDYN_ESTATE || g.out[0] != 7) {
            print_error("call %d: %s: %s\n", k, nndyn_status_name(status), nndyn_message(handle_of(&g, k)));
            fail();
        }
    }
    close_target(&g, &w, data);
}

/* The calls that repeat work; the others make a pass or two over these samples and are done. */
static void cancellation(void **state)
{
    (void)state;
    static const int long_calls[] = {0, 3, 4, 5};
    target g;
    cancelling w;
    nndyn_dataset *data;
    open_target(&g, &w, 1, &data);
    for (int i = 0; i < 4; i++) {
        const int k = long_calls[i];
        w.armed = 1;
        nt_fails(NNDYN_ECANCELED, handle_of(&g, k), "cancel", call(&g, k, 64));
        assert_true(g.out[0] == 7);
        w.armed = 0;
    }
    nt_ok(g.net, call(&g, 0, 64)); /* the handles are as good as before */
    nt_ok(g.tr, call(&g, 4, 64));
    close_target(&g, &w, data);
}

static void limits_of_memory(void **state)
{
    (void)state;
    target g;
    cancelling w;
    nndyn_dataset *data;
    double record[64], sigma[4] = {7};
    open_target(&g, &w, 1, &data);
    nt_normal(53, 64, record);
    nt_ok(w.context, nndyn_context_set_memory_limit(w.context, 64));
    for (int k = 0; k < CALLS; k++) {
        nt_fails(NNDYN_ELIMIT, handle_of(&g, k), "limit", call(&g, k, 64));
        assert_true(g.out[0] == 7);
    }
    nt_fails(NNDYN_ELIMIT, w.context, "limit",
             nndyn_equilibrium_measure(w.context, 64, 1, record, NULL, sigma, NULL, NULL));
    nt_fails(NNDYN_ELIMIT, w.context, "limit",
             nndyn_equilibrium_stationary(w.context, 3, hessian3, noise3, 0.1, 1, sigma));
    assert_true(sigma[0] == 7);
    close_target(&g, &w, data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(covariance_of_three_modes),
        cmocka_unit_test(no_stationary_state),
        cmocka_unit_test(tails),
        cmocka_unit_test(modes_and_their_noise),
        cmocka_unit_test(noise_modes),
        cmocka_unit_test(the_equilibrium_of_a_linear_network),
        cmocka_unit_test(the_equilibrium_of_a_deep_one),
        cmocka_unit_test(a_search_that_fails_changes_nothing),
        cmocka_unit_test(the_step_against_differences),
        cmocka_unit_test(the_edge_of_momentum),
        cmocka_unit_test(a_bowl),
        cmocka_unit_test(logistic_regression_by_quadrature),
        cmocka_unit_test(a_step_without_a_derivative),
        cmocka_unit_test(masks_that_cannot_be_repeated),
        cmocka_unit_test(no_parameters),
        cmocka_unit_test(cancellation),
        cmocka_unit_test(limits_of_memory),
    };
    return cmocka_run_group_tests_name("equilibrium", tests, NULL, NULL);
}
