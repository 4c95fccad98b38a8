/* test_recurrent_map.c - steps of recurrent networks as maps: naive twins, and where starts of two neurons end. */
#include "nndyn.h"
#include "support/support.h"

enum { N = 20, STARTS = 40 };

static const double star = 0.8585596366401; /* x = tanh(1.5 x) */

static nndyn_recurrent *pair(nndyn_context *c)
{
    nndyn_recurrent *r;
    double w[4] = {0, 1.5, 1.5, 0};
    nt_ok(c, nndyn_recurrent_create(c, 2, w, NULL, NNDYN_TANH, NULL, &r));
    return r;
}

/* ---- against a naive integrator ---------------------------------------------------------------------------------- */

typedef struct twin {
    int64_t n;
    double gain, w[N * N], b[N];
    int clamped[N];
} twin;

static void velocity(const twin *t, const double *x, double *v)
{
    for (int64_t i = 0; i < t->n; i++) {
        double z = t->b[i];
        for (int64_t j = 0; j < t->n; j++) {
            z += t->gain * t->w[i * t->n + j] * x[j];
        }
        v[i] = t->clamped[i] ? 0 : tanh(z) - x[i];
    }
}

static void along(const twin *t, const double *x, double h, const double *v, double *y)
{
    for (int64_t i = 0; i < t->n; i++) {
        y[i] = x[i] + h * v[i];
    }
}

static void naive(const twin *t, const char *method, double h, double *x)
{
    double k[4][N], y[N];
    velocity(t, x, k[0]);
    if (strcmp(method, "rk4") != 0) {
        along(t, x, strcmp(method, "discrete") == 0 ? 1 : h, k[0], x);
        return;
    }
    along(t, x, h / 2, k[0], y);
    velocity(t, y, k[1]);
    along(t, x, h / 2, k[1], y);
    velocity(t, y, k[2]);
    along(t, x, h, k[2], y);
    velocity(t, y, k[3]);
    for (int64_t i = 0; i < t->n; i++) {
        x[i] += h / 6 * (k[0][i] + 2 * k[1][i] + 2 * k[2][i] + k[3][i]);
    }
}

/* Two of the neurons are clamped: the map is of the others. */
static void steps_are_those_of_a_naive_integrator(void **state)
{
    (void)state;
    static const char *const methods[] = {"rk4", "euler", "discrete"};
    static const int64_t sizes[] = {5, N};
    for (int k = 0; k < 6; k++) {
        nndyn_context *c;
        nndyn_recurrent *r;
        nndyn_map *map;
        nndyn_options *o;
        twin t = {.n = sizes[k / 3], .gain = 1.3};
        int64_t ends[2] = {1, t.n - 1}, dimension, parameters;
        double held[2] = {0.5, -0.25}, x[STARTS * N], y[STARTS * N], full[N];
        int discrete = k % 3 == 2;
        nt_normal(71, t.n * t.n, t.w);
        nt_normal(72, t.n, t.b);
        nt_normal(73, STARTS * N, x);
        nt_ok(NULL, nndyn_context_create(&c));
        nt_ok(c, nndyn_options_create(c, &o));
        nt_ok(o, nndyn_options_set_text(o, "method", methods[k % 3]));
        nt_ok(c, nndyn_recurrent_create(c, t.n, t.w, t.b, NNDYN_TANH, NULL, &r));
        nt_ok(r, nndyn_recurrent_set_boundary(r, 2, ends, held));
        nt_ok(r, nndyn_map_create_recurrent(r, o, &map));
        nndyn_recurrent_free(r); /* the map has copies */
        nt_ok(map, nndyn_map_shape(map, &dimension, &parameters));
        assert_true(dimension == t.n - 2 && parameters == (discrete ? 1 : 2));
        nt_ok(map, nndyn_map_set(map, "gain", t.gain));
        if (!discrete) {
            nt_ok(map, nndyn_map_set(map, "step", 0.2));
        }
        t.clamped[1] = t.clamped[t.n - 1] = 1;
        nt_ok(map, nndyn_map_apply(map, STARTS, x, 3, y));
        for (int64_t s = 0; s < STARTS; s++) {
            full[1] = held[0];
            full[t.n - 1] = held[1];
            full[0] = x[s * dimension];
            memcpy(full + 2, x + s * dimension + 1, (size_t)(dimension - 1) * sizeof *x);
            for (int step = 0; step < 3; step++) {
                naive(&t, methods[k % 3], 0.2, full);
            }
            nt_near(y[s * dimension], full[0], 1e-12);
            nt_close(y + s * dimension + 1, full + 2, dimension - 1, 0, 1e-12);
        }
        nndyn_map_free(map);
        nndyn_options_free(o);
        nndyn_context_free(c);
    }
}

/* At any number of threads, and alone. */
static void a_state_goes_its_own_way(void **state)
{
    (void)state;
    nndyn_context *c, *eight;
    nndyn_map *one, *many;
    enum { MANY = 100 };
    static double x[MANY * N], a[MANY * N], b[MANY * N];
    double w[N * N];
    nndyn_recurrent *r, *t;
    nt_normal(81, N * N, w);
    nt_normal(82, MANY * N, x);
    nt_ok(NULL, nndyn_context_create(&c));
    nt_ok(NULL, nndyn_context_create(&eight));
    nt_ok(eight, nndyn_context_set_threads(eight, 8));
    nt_ok(c, nndyn_recurrent_create(c, N, w, NULL, NNDYN_TANH, NULL, &r));
    nt_ok(eight, nndyn_recurrent_create(eight, N, w, NULL, NNDYN_TANH, NULL, &t));
    nt_ok(r, nndyn_map_create_recurrent(r, NULL, &one));
    nt_ok(t, nndyn_map_create_recurrent(t, NULL, &many));
    nt_ok(one, nndyn_map_apply(one, MANY, x, 20, a));
    nt_ok(many, nndyn_map_apply(many, MANY, x, 20, b));
    nt_same(a, b, sizeof a);
    nt_ok(one, nndyn_map_apply(one, 1, x + 77 * N, 20, b));
    nt_same(a + 77 * N, b, N * sizeof *a);
    nndyn_map_free(one);
    nndyn_map_free(many);
    nndyn_recurrent_free(r);
    nndyn_recurrent_free(t);
    nndyn_context_free(c);
    nndyn_context_free(eight);
}

/* ---- two neurons: the boundary is the line x1 + x2 = 0 ----------------------------------------------------------- */

static void every_start_ends_on_its_side(void **state)
{
    (void)state;
    enum { MANY = 600 };
    nndyn_context *c;
    nndyn_map *map;
    static double x[2 * MANY], y[2 * MANY];
    nt_ok(NULL, nndyn_context_create(&c));
    nndyn_recurrent *r = pair(c);
    nt_ok(r, nndyn_map_create_recurrent(r, NULL, &map));
    nt_uniform(91, 2 * MANY, -1, 1, x);
    nt_ok(map, nndyn_map_apply(map, MANY, x, 1200, y));
    for (int s = 0; s < MANY; s++) {
        double side = x[2 * s] + x[2 * s + 1] > 0 ? star : -star;
        nt_near(y[2 * s], side, 1e-9);
        nt_near(y[2 * s + 1], side, 1e-9);
    }
    nndyn_map_free(map);
    nndyn_recurrent_free(r);
    nndyn_context_free(c);
}

/* Where a ray from the upper sink leaves its basin, by bisection; far if it does not.  Runge-Kutta steps keep the
 * symmetry that makes the boundary straight, so long ones will do. */
static double exit_along(nndyn_map *map, double from_x, double from_y, double angle, double far)
{
    double low = 0, high = far, end[2];
    nt_ok(map, nndyn_map_set(map, "step", 0.4));
    for (int i = 0; i < 30; i++) {
        double middle = 0.5 * (low + high), start[2] = {from_x + middle * cos(angle), from_y + middle * sin(angle)};
        nt_ok(map, nndyn_map_apply(map, 1, start, 250, end));
        *(end[0] > 0 ? &low : &high) = middle;
    }
    return high;
}

static void radii_of_basins(void **state)
{
    (void)state;
    const double pi = acos(-1);
    nndyn_context *c;
    nndyn_map *map;
    nt_ok(NULL, nndyn_context_create(&c));
    nndyn_recurrent *r = pair(c);
    nt_ok(r, nndyn_map_create_recurrent(r, NULL, &map));
    nt_near(exit_along(map, star, star, 1.25 * pi, 10), 1.2141866822, 1e-6);
    nt_near(exit_along(map, star, star, pi, 10), 1.7171192733, 1e-6);
    nt_near(exit_along(map, star, star, 1.1 * pi, 10), 1.3627135707, 1e-6);
    nt_near(exit_along(map, star, star, 0, 10), 10, 1e-6);
    nndyn_map_free(map);
    nndyn_recurrent_free(r);
    double w[4] = {2, 0, 0, 2}; /* one neuron of weight 2, twice: radius x* along the first axis */
    nt_ok(c, nndyn_recurrent_create(c, 2, w, NULL, NNDYN_TANH, NULL, &r));
    nt_ok(r, nndyn_map_create_recurrent(r, NULL, &map));
    nt_near(exit_along(map, 0.957504024077, 0.3, pi, 10), 0.957504024077, 1e-6);
    nndyn_map_free(map);
    nndyn_recurrent_free(r);
    nndyn_context_free(c);
}

/* ---- errors ------------------------------------------------------------------------------------------------------ */

static void errors(void **state)
{
    (void)state;
    nndyn_context *c;
    nndyn_options *o;
    nndyn_map *map = (nndyn_map *)1;
    nt_ok(NULL, nndyn_context_create(&c));
    nndyn_recurrent *r = pair(c);
    nt_fails(NNDYN_EARG, r, "out is NULL", nndyn_map_create_recurrent(r, NULL, NULL));
    nt_ok(c, nndyn_options_create(c, &o));
    nt_ok(o, nndyn_options_set_double(o, "step", 0));
    nt_fails(NNDYN_EOPTION, r, "step", nndyn_map_create_recurrent(r, o, &map));
    nt_ok(o, nndyn_options_set_double(o, "step", 0.1));
    nt_ok(o, nndyn_options_set_text(o, "method", "discrete"));
    nt_fails(NNDYN_EOPTION, r, "discrete", nndyn_map_create_recurrent(r, o, &map));
    assert_true(map == (nndyn_map *)1);
    nndyn_options_free(o);
    nndyn_recurrent_free(r);
    nndyn_context_free(c);
}

static int everything(nt_allocator *a, void *user)
{
    (void)user;
    nndyn_context *c = NULL;
    nndyn_recurrent *r = NULL;
    nndyn_map *map = NULL;
    double w[4] = {0, 1.5, 1.5, 0}, x[2] = {0.1, 0.2};
    int s = nt_context_create(a, &c);
    s = s ? s : nndyn_recurrent_create(c, 2, w, NULL, NNDYN_TANH, NULL, &r);
    s = s ? s : nndyn_map_create_recurrent(r, NULL, &map);
    s = s ? s : nndyn_map_apply(map, 1, x, 3, x);
    nndyn_map_free(map);
    nndyn_recurrent_free(r);
    nndyn_context_free(c);
    return s;
}

static void no_memory(void **state)
{
    (void)state;
    nt_every_allocation(everything, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_are_those_of_a_naive_integrator),
        cmocka_unit_test(a_state_goes_its_own_way),
        cmocka_unit_test(every_start_ends_on_its_side),
        cmocka_unit_test(radii_of_basins),
        cmocka_unit_test(errors),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests_name("maps of recurrent networks", tests, NULL, NULL);
}
