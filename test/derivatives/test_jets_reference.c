/* test_jets_reference.c - the jet rule of every activation to order 16, against 200-digit arithmetic.
 *
 * Three layers of one unit make z(t) = z_0 + w_1 t + w_2 t^2 + w_3 t^3 of a line of parameters; the outputs' jet is
 * that of f(z), the gradient's jet at the last bias that of f'(z). */
#include "derivatives/jets.h"
#include "problem.h"

static const struct {
    int kind;
    double parameter, z, f[ND_JET_ORDER + 1], slope[ND_JET_ORDER + 1];
} references[] = {
#include "jets_reference.inc"
};

static problem chain(int kind, double parameter, double z)
{
    problem p = problem_begin(NNDYN_F64, 1);
    nndyn_options *options = options_of(p.context);
    dense(&p, 1, NNDYN_IDENTITY);
    dense(&p, 1, NNDYN_IDENTITY);
    dense(&p, 1, NNDYN_IDENTITY);
    if (parameter != 0) {
        nt_ok(options, nndyn_options_set_double(options, "parameter", parameter));
    }
    nt_ok(p.network, nndyn_network_add_activation(p.network, kind, options));
    nndyn_options_free(options);
    problem_end(&p, 1, 0);
    const double q[] = {1, 0, 0.5, 0, 1, z - 0.5};
    nt_ok(p.network, nndyn_network_set_parameters(p.network, 6, q));
    p.x[0] = 1;
    return p;
}

static void close_jets(int64_t row, const double *got, const double *want)
{
    double largest = 0; /* beyond the value itself */
    for (int k = 1; k <= ND_JET_ORDER; k++) {
        largest = fmax(largest, fabs(want[k]));
    }
    for (int k = 0; k <= ND_JET_ORDER; k++) {
        double error = fabs(got[k] - want[k]), allowed = k == 0 ? 8e-16 * fabs(want[0]) : 2e-14 * largest;
        if (!(error <= allowed)) {
            fail_msg("row %lld (%s at %g), order %d: %.17g instead of %.17g", (long long)row,
                     nndyn_activation_name(references[row].kind), references[row].z, k, got[k], want[k]);
        }
    }
}

static void rules(void **state)
{
    static const double u[] = {0.5, 0.25, -0.5, 0, 0.5, 0.25}, one[] = {1};
    double f[ND_JET_ORDER + 1], g[(ND_JET_ORDER + 1) * 6], slope[ND_JET_ORDER + 1];
    (void)state;
    for (int64_t row = 0; row < (int64_t)(sizeof references / sizeof *references); row++) {
        problem p = chain(references[row].kind, references[row].parameter, references[row].z);
        nt_ok(p.network, nndyn_jet(p.network, 1, p.x, u, ND_JET_ORDER, NULL, f));
        nt_ok(p.network, nndyn_jet_gradient(p.network, 1, p.x, u, one, ND_JET_ORDER, NULL, g));
        for (int k = 0; k <= ND_JET_ORDER; k++) {
            slope[k] = g[k * 6 + 5];
        }
        close_jets(row, f, references[row].f);
        close_jets(row, slope, references[row].slope);
        problem_free(&p);
    }
}

/* At z = 0: whole powers have all derivatives there; of |z|^2.5 the third one is infinite, the second is not. */
static void powers_at_zero(void **state)
{
    static const double u[] = {0, 0, 0, 0, 0, 1};
    double f[5] = {0};
    (void)state;
    problem p = chain(NNDYN_ABS_POWER, 3, 0);
    nt_ok(p.network, nndyn_jet(p.network, 1, p.x, u, 4, NULL, f));
    const double cube[] = {0, 0, 0, 1, 0};
    nt_close(f, cube, 5, 0, 0);
    problem_free(&p);
    p = chain(NNDYN_ABS_POWER, 2.5, 0);
    nt_ok(p.network, nndyn_jet(p.network, 1, p.x, u, 2, NULL, f));
    nt_close(f, cube, 3, 0, 0);
    f[0] = 7;
    nt_fails(NNDYN_ENUMERIC, p.network, "infinite", nndyn_jet(p.network, 1, p.x, u, 3, NULL, f));
    assert_true(f[0] == 7);
    problem_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules),
        cmocka_unit_test(powers_at_zero),
    };
    return cmocka_run_group_tests_name("jets_reference", tests, NULL, NULL);
}
