/* problem.h - small networks with data for the tests of derivatives, and differences to compare with. */
#ifndef NT_PROBLEM_H
#define NT_PROBLEM_H
#include "support/support.h"
#include "derivatives/engine.h"
#include "nndyn/derivatives.h"
#include "nndyn/network.h"

typedef struct problem {
    nndyn_context *context;
    nndyn_network *network;
    nndyn_options *options; /* NULL: evaluation, mean */
    int64_t n, inputs, outputs, layers, parameters;
    double *x, *t;
} problem;

NT_UNUSED static double *numbers(int64_t count)
{
    double *array = calloc((size_t)(count > 0 ? count : 1), sizeof *array);
    assert_non_null(array);
    return array;
}

NT_UNUSED static double *normals(uint64_t seed, int64_t count)
{
    double *array = numbers(count);
    nt_normal(seed, count, array);
    return array;
}

NT_UNUSED static nndyn_options *options_of(nndyn_context *context)
{
    nndyn_options *options;
    assert_int_equal(nndyn_options_create(context, &options), NNDYN_OK);
    return options;
}

NT_UNUSED static problem problem_begin(int dtype, int64_t inputs)
{
    problem p = {0};
    assert_int_equal(nndyn_context_create(&p.context), NNDYN_OK);
    assert_int_equal(nndyn_context_set_seed(p.context, 11), NNDYN_OK);
    nt_ok(p.context, nndyn_network_create(p.context, dtype, inputs, &p.network));
    return p;
}

NT_UNUSED static void dense(problem *p, int64_t units, int activation)
{
    nt_ok(p->network, nndyn_network_add_dense(p->network, units, activation));
}

NT_UNUSED static void dense_with(problem *p, int64_t units, int activation, const char *name, int bias)
{
    nndyn_options *options = options_of(p->context);
    nt_ok(options, nndyn_options_set_text(options, "parametrization", name));
    nt_ok(options, nndyn_options_set_integer(options, "bias", bias));
    if (strcmp(name, "ntk") == 0) {
        nt_ok(options, nndyn_options_set_double(options, "weight_scale", 1.4));
        nt_ok(options, nndyn_options_set_double(options, "bias_scale", 0.3));
    }
    nt_ok(p->network, nndyn_network_add_dense_with(p->network, units, activation, options));
    nndyn_options_free(options);
}

NT_UNUSED static void training_mode(problem *p, int64_t step)
{
    p->options = options_of(p->context);
    nt_ok(p->options, nndyn_options_set_text(p->options, "mode", "training"));
    nt_ok(p->options, nndyn_options_set_integer(p->options, "step", step));
}

/* Parameters and running statistics away from their starting values; inputs that keep the units of the networks below
 * away from the kinks of activations; targets for losses of any number. */
NT_UNUSED static void problem_end(problem *p, int64_t n, int loss)
{
    int64_t statistics = p->network->statistics_count;
    if (loss != 0) {
        nt_ok(p->network, nndyn_network_set_loss(p->network, loss));
    }
    nt_ok(p->network, nndyn_network_shape(p->network, &p->inputs, &p->outputs, &p->layers, &p->parameters, NULL));
    p->n = n;
    p->x = normals(15, n * p->inputs);
    p->t = normals(4, n * p->outputs);
    double *q = numbers(p->parameters), *noise = normals(5, p->parameters);
    nt_ok(p->network, nndyn_network_get_parameters(p->network, p->parameters, q));
    for (int64_t i = 0; i < p->parameters; i++) {
        q[i] += 0.1 * noise[i];
    }
    nt_ok(p->network, nndyn_network_set_parameters(p->network, p->parameters, q));
    double *running = numbers(statistics);
    nt_uniform(6, statistics, 0.3, 1.3, running);
    nt_ok(p->network, nndyn_network_set_statistics(p->network, statistics, running));
    free(running);
    free(noise);
    free(q);
}

NT_UNUSED static void problem_free(problem *p)
{
    free(p->x);
    free(p->t);
    nndyn_options_free(p->options);
    nndyn_network_free(p->network);
    nndyn_context_free(p->context);
}

/* ---- a point (parameters, inputs, targets) moved along a direction ---------------------------------------------- */

typedef struct direction {
    const double *u, *xdot, *tdot; /* any may be NULL: zero */
} direction;

typedef void function(const problem *p, const double *x, const double *t, double *out);

NT_UNUSED static double *moved(int64_t count, const double *from, const double *along, double step)
{
    double *to = numbers(count);
    for (int64_t i = 0; i < count; i++) {
        to[i] = from[i] + (along ? step * along[i] : 0);
    }
    return to;
}

NT_UNUSED static void evaluate_at(const problem *p, const direction *d, double step, function *f, double *out)
{
    double *q = numbers(p->parameters);
    nt_ok(p->network, nndyn_network_get_parameters(p->network, p->parameters, q));
    double *there = moved(p->parameters, q, d->u, step);
    double *x = moved(p->n * p->inputs, p->x, d->xdot, step);
    double *t = moved(p->n * p->outputs, p->t, d->tdot, step);
    nt_ok(p->network, nndyn_network_set_parameters(p->network, p->parameters, there));
    f(p, x, t, out);
    nt_ok(p->network, nndyn_network_set_parameters(p->network, p->parameters, q));
    free(t);
    free(x);
    free(there);
    free(q);
}

/* Central difference of fourth order of `count` outputs of f. */
NT_UNUSED static void difference(const problem *p, const direction *d, int64_t count, function *f, double *out)
{
    static const double at[] = {1, -1, 2, -2}, weight[] = {8, -8, -1, 1};
    const double step = 1e-4;
    double *value = numbers(count);
    memset(out, 0, (size_t)count * sizeof *out);
    for (int i = 0; i < 4; i++) {
        evaluate_at(p, d, at[i] * step, f, value);
        for (int64_t j = 0; j < count; j++) {
            out[j] += weight[i] * value[j] / (12 * step);
        }
    }
    free(value);
}

NT_UNUSED static void loss_function(const problem *p, const double *x, const double *t, double *out)
{
    nt_ok(p->network, nndyn_gradient(p->network, p->n, x, t, p->options, out, NULL));
}

NT_UNUSED static void gradient_function(const problem *p, const double *x, const double *t, double *out)
{
    nt_ok(p->network, nndyn_gradient(p->network, p->n, x, t, p->options, NULL, out));
}

NT_UNUSED static void output_function(const problem *p, const double *x, const double *t, double *out)
{
    (void)t;
    nt_ok(p->network, nndyn_layer_sensitivity(p->network, p->n, x, NULL, p->layers - 1, p->options, out, NULL));
}

NT_UNUSED static double inner(int64_t count, const double *x, const double *y)
{
    double sum = 0;
    for (int64_t i = 0; i < count; i++) {
        sum += x[i] * y[i];
    }
    return sum;
}

NT_UNUSED static double length(int64_t count, const double *x)
{
    return sqrt(inner(count, x, x));
}

/* |got - want| <= tolerance * (|want| + floor) as vectors. */
NT_UNUSED static void close_vectors_at(const char *what, int64_t count, const double *got, const double *want,
                                       double tolerance, const char *file, int line)
{
    double error = 0;
    for (int64_t i = 0; i < count; i++) {
        error += (got[i] - want[i]) * (got[i] - want[i]);
    }
    error = sqrt(error);
    if (!(error <= tolerance * (length(count, want) + 1e-3))) {
        print_error("%s: error %.3g where the norm is %.3g\n", what, error, length(count, want));
        _fail(file, line);
    }
}
#define close_vectors(what, count, got, want, tolerance) \
    close_vectors_at(what, count, got, want, tolerance, __FILE__, __LINE__)

NT_UNUSED static void no_options(nd_option_value *values)
{
    memset(values, 0, ND_PASS_OPTIONS * sizeof *values);
}

#endif
