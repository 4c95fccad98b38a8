/* quadrature.c - nodes and weights of Gauss and Legendre. */
#include "statistics/statistics.h"
#include <math.h>

/* The Legendre polynomial of degree n at x in (-1, 1), and its derivative. */
static double legendre(int n, double x, double *slope)
{
    double before = 1;
    double value = x;
    for (int k = 2; k <= n; k++) {
        const double next = ((2 * k - 1) * x * value - (k - 1) * before) / k;
        before = value;
        value = next;
    }
    *slope = n * (x * value - before) / (x * x - 1);
    return value;
}

void nd_gauss_legendre(int n, double *nodes, double *weights)
{
    const double pi = 3.14159265358979323846;
    if (n == 1) {
        nodes[0] = 0.5;
        weights[0] = 1;
        return;
    }
    for (int i = 0; i < (n + 1) / 2; i++) {
        double x = cos(pi * (i + 0.75) / (n + 0.5));
        double slope = 1;
        for (int k = 0; k < 20; k++) {
            const double step = legendre(n, x, &slope) / slope;
            x -= step;
            if (fabs(step) < 1e-15) {
                break;
            }
        }
        legendre(n, x, &slope);
        nodes[i] = 0.5 * (1 - x);
        nodes[n - 1 - i] = 0.5 * (1 + x);
        weights[i] = weights[n - 1 - i] = 1 / ((1 - x * x) * slope * slope);
    }
}
