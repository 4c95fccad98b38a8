/* line.c - a straight line by weighted least squares. */
#include "statistics/statistics.h"
#include <math.h>

/* Sums about the weighted means. */
typedef struct moments {
    double used; /* points of weight above 0 */
    double weight, x, y, xx, xy, yy;
} moments;

static double weight_of(const double *weights, int64_t i)
{
    return weights != NULL ? weights[i] : 1;
}

static moments sum_up(int64_t n, const double *x, const double *y, const double *weights)
{
    moments m = {0};
    for (int64_t i = 0; i < n; i++) {
        const double w = weight_of(weights, i);
        m.used += w > 0;
        m.weight += w;
        m.x += w > 0 ? w * x[i] : 0;
        m.y += w > 0 ? w * y[i] : 0;
    }
    m.x /= m.weight;
    m.y /= m.weight;
    for (int64_t i = 0; i < n; i++) {
        const double w = weight_of(weights, i);
        const double dx = w > 0 ? x[i] - m.x : 0;
        const double dy = w > 0 ? y[i] - m.y : 0;
        m.xx += w * dx * dx;
        m.xy += w * dx * dy;
        m.yy += w * dy * dy;
    }
    return m;
}

int nd_line_fit(int64_t n, const double *x, const double *y, const double *weights, nd_line *line)
{
    const moments m = sum_up(n, x, y, weights);
    if (!(m.used >= 2 && m.xx > 0)) {
        return -1;
    }
    const double slope = m.xy / m.xx;
    const double residual = fmax(m.yy - slope * m.xy, 0);
    const double variance = m.used > 2 ? residual / (m.used - 2) : 0;
    *line = (nd_line){
        .slope = slope,
        .intercept = m.y - slope * m.x,
        .slope_se = sqrt(variance / m.xx),
        .intercept_se = sqrt(variance * (1 / m.weight + m.x * m.x / m.xx)),
        .r_squared = m.yy > 0 ? 1 - residual / m.yy : 1,
    };
    return 0;
}
