/* ntk_fixture.h - tangent kernels from explicit Jacobians, one backward pass at a time, for the tests of the kernel. */
#ifndef NT_NTK_FIXTURE_H
#define NT_NTK_FIXTURE_H
#include "analysis/golden_net.h"
#include "derivatives/problem.h"
#include "nndyn/ntk.h"

/* J: (n * outputs) x parameters. */
NT_UNUSED static double *explicit_jacobian(nndyn_network *network, int64_t n, const double *x)
{
    int64_t inputs, parameters, outputs = nd_network_outputs(network);
    nt_ok(network, nndyn_network_shape(network, &inputs, NULL, NULL, &parameters, NULL));
    double *j = numbers(n * outputs * parameters), *unit = numbers(outputs);
    for (int64_t s = 0; s < n; s++) {
        for (int64_t c = 0; c < outputs; c++) {
            memset(unit, 0, (size_t)outputs * sizeof *unit);
            unit[c] = 1;
            nt_ok(network, nndyn_vjp(network, 1, x + s * inputs, unit, NULL, NULL, j + (s * outputs + c) * parameters));
        }
    }
    free(unit);
    return j;
}

/* J J2', and from it any kind of kernel (n * group x n2 * group). */
NT_UNUSED static double *explicit_kernel(nndyn_network *network, int64_t n, const double *x, int64_t n2,
                                         const double *x2)
{
    int64_t parameters, outputs = nd_network_outputs(network);
    nt_ok(network, nndyn_network_shape(network, NULL, NULL, NULL, &parameters, NULL));
    double *j = explicit_jacobian(network, n, x), *j2 = explicit_jacobian(network, n2, x2);
    double *kernel = numbers(n * outputs * n2 * outputs);
    for (int64_t r = 0; r < n * outputs; r++) {
        for (int64_t c = 0; c < n2 * outputs; c++) {
            kernel[r * n2 * outputs + c] = inner(parameters, j + r * parameters, j2 + c * parameters);
        }
    }
    free(j);
    free(j2);
    return kernel;
}

/* TRACE and PSEUDO from FULL. */
NT_UNUSED static double *reduced(int kind, int64_t n, int64_t n2, int64_t outputs, const double *full)
{
    double *kernel = numbers(n * n2);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < n2; j++) {
            for (int64_t c = 0; c < outputs; c++) {
                for (int64_t d = 0; d < outputs; d++) {
                    double entry = full[(i * outputs + c) * n2 * outputs + j * outputs + d];
                    kernel[i * n2 + j] += kind == NNDYN_NTK_PSEUDO || c == d ? entry / (double)outputs : 0;
                }
            }
        }
    }
    return kernel;
}

/* Largest difference over the largest entry. */
NT_UNUSED static double distance(int64_t count, const double *got, const double *want)
{
    double most = 0, size = 1e-300;
    for (int64_t i = 0; i < count; i++) {
        most = fmax(most, fabs(got[i] - want[i]));
        size = fmax(size, fabs(want[i]));
    }
    return most / size;
}

#define near_matrix(got, want, count, tolerance)                                        \
    do {                                                                                \
        double distance_ = distance(count, got, want);                                  \
        if (!(distance_ <= (tolerance))) {                                              \
            print_error("differs by %.3g of the largest entry: %s\n", distance_, #got); \
            _fail(__FILE__, __LINE__);                                                  \
        }                                                                               \
    } while (0)

#endif
