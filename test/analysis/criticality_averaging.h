/* criticality_averaging.h - what averaging and accumulation make of a power law, with the library's estimators and
 * random numbers: shared by a quick test and a long one.
 *
 * All seeds are fixed, so that a result is the same each time.  Tolerances are five standard errors at least: with
 * other seeds one comparison would fail less than once in a million. */
#ifndef NT_CRITICALITY_AVERAGING_H
#define NT_CRITICALITY_AVERAGING_H
#include "core/random.h"
#include "nndyn.h"
#include "support/support.h"

enum { NT_PIECE = 16384 }; /* draws at a time */

typedef struct nt_law {
    void (*draw)(nd_stream stream, int64_t n, double *g);
    int64_t seed;
    int average;     /* how many make one */
    double memory;   /* of an accumulated one: q <- memory q + g */
    double multiply; /* rate of multiplicative noise: q <- (1 - multiply x^2) q + g */
    double xmin, xmax;
} nt_law;

/* y^3, y uniform in (-1, 1): p(u) ~ u^(-2/3). */
NT_UNUSED static void nt_draw_cube(nd_stream stream, int64_t n, double *g)
{
    nd_uniform(stream, 0, n, g);
    for (int64_t i = 0; i < n; i++) {
        const double y = 2 * g[i] - 1;
        g[i] = y * y * y;
    }
}

/* Of either sign, |g| above 1 with the density 1.5 u^-2.5. */
NT_UNUSED static void nt_draw_pareto(nd_stream stream, int64_t n, double *g)
{
    nd_uniform(stream, 0, n, g);
    for (int64_t i = 0; i < n; i++) {
        const double v = 2 * g[i] - 1, u = pow(fabs(v), -1 / 1.5);
        g[i] = v < 0 ? -u : u;
    }
}

NT_UNUSED static void nt_draw_normal(nd_stream stream, int64_t n, double *g)
{
    nd_normal(stream, 0, n, g);
}

/* One piece of draws made into samples of the law, in place; how many. */
NT_UNUSED static int64_t nt_transform(const nt_law *law, int64_t piece, int64_t n, double *g, double *q)
{
    static double x[NT_PIECE];
    if (law->average > 1) {
        for (int64_t i = 0; i < n / law->average; i++) {
            double sum = 0;
            for (int64_t j = 0; j < law->average; j++) {
                sum += g[i * law->average + j];
            }
            g[i] = sum / law->average;
        }
        return n / law->average;
    }
    if (law->multiply > 0) {
        nd_normal(nd_stream_open(law->seed, ND_RANDOM_PROBE, 1, piece), 0, n, x);
    }
    for (int64_t i = 0; i < n && (law->memory > 0 || law->multiply > 0); i++) {
        *q = (law->multiply > 0 ? 1 - law->multiply * x[i] * x[i] : law->memory) * *q + g[i];
        g[i] = *q;
    }
    return n;
}

/* Exponent on the window, its standard error for independent samples, and the window's mass. */
NT_UNUSED static double nt_exponent_of(const nt_law *law, int64_t draws, double *se, double *mass)
{
    static double g[NT_PIECE];
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    nndyn_powerlaw_stream *stream;
    int64_t inside, total = 0;
    double k, q = 0;
    nt_ok(context, nndyn_powerlaw_stream_create(context, law->xmin, law->xmax, 30, &stream));
    for (int64_t done = 0, piece = 0; done < draws; done += NT_PIECE, piece++) {
        law->draw(nd_stream_open(law->seed, ND_RANDOM_PROBE, 0, piece), NT_PIECE, g);
        const int64_t n = nt_transform(law, piece, NT_PIECE, g, &q);
        nt_ok(stream, nndyn_powerlaw_stream_add(stream, n, g));
        total += n;
    }
    nt_ok(stream, nndyn_powerlaw_stream_counts(stream, &inside, NULL, NULL, NULL, NULL));
    nt_ok(stream, nndyn_powerlaw_stream_exponent(stream, &k, se));
    *mass = (double)inside / (double)total;
    nndyn_powerlaw_stream_free(stream);
    nndyn_context_free(context);
    nt_no_leak(&a);
    return k;
}

/* Weight and bias of one logistic unit (w = 1, b = 0; t uniform in (0, 1), x normal): both changes lie below e with the
 * probability 2 e E min(1, 1/|x|), and so the larger of the two has the exponent 0, not -1 as if they were independent.
 * Receives that expectation, 0.9060, and the exponent. */
NT_UNUSED static void nt_two_changes(int64_t draws, double e, double *share, double *k)
{
    static double x[NT_PIECE], t[NT_PIECE], d[NT_PIECE];
    const double q[2] = {1, 0};
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    nndyn_network *network;
    nndyn_powerlaw_stream *stream;
    int64_t inside, below, total = 0;
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, 1, &network));
    nt_ok(network, nndyn_network_add_dense(network, 1, NNDYN_IDENTITY));
    nt_ok(network, nndyn_network_set_loss(network, NNDYN_BINARY_CROSS_ENTROPY));
    nt_ok(network, nndyn_network_set_parameters(network, 2, q));
    nt_ok(context, nndyn_powerlaw_stream_create(context, e / 1000, e, 30, &stream));
    for (int64_t piece = 0; total < draws; piece++, total += NT_PIECE) {
        nd_normal(nd_stream_open(77, ND_RANDOM_PROBE, 0, piece), 0, NT_PIECE, x);
        nd_uniform(nd_stream_open(77, ND_RANDOM_PROBE, 1, piece), 0, NT_PIECE, t);
        nt_ok(network, nndyn_layer_sensitivity(network, NT_PIECE, x, t, 0, NULL, NULL, d));
        for (int64_t i = 0; i < NT_PIECE; i++) {
            x[i] = fabs(d[i]) * fmax(1, fabs(x[i])); /* of the bias d, of the weight x d */
        }
        nt_ok(stream, nndyn_powerlaw_stream_add(stream, NT_PIECE, x));
    }
    nt_ok(stream, nndyn_powerlaw_stream_counts(stream, &inside, NULL, &below, NULL, NULL));
    nt_ok(stream, nndyn_powerlaw_stream_exponent(stream, k, NULL));
    *share = (double)(inside + below) / (double)total / (2 * e);
    nndyn_powerlaw_stream_free(stream);
    nndyn_network_free(network);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

#endif
