/* zeta.c - the Hurwitz zeta function by Euler-Maclaurin summation, with derivatives by s. */
#include "statistics/statistics.h"
#include <math.h>

const double nd_bernoulli[ND_BERNOULLI] = {
    1.0 / 12,
    -1.0 / 720,
    1.0 / 30240,
    -1.0 / 1209600,
    1.0 / 47900160,
    -691.0 / 1307674368000.0,
    1.0 / 74724249600.0,
    -3617.0 / 10670622842880000.0,
    43867.0 / 5109094217170944000.0,
    -174611.0 / 802857662698291200000.0,
};

/* A value with its first two derivatives. */
typedef struct jet {
    double value, first, second;
} jet;

static jet product(jet a, jet b)
{
    return (jet){a.value * b.value, a.first * b.value + a.value * b.first,
                 a.second * b.value + 2 * a.first * b.first + a.value * b.second};
}

static void add(jet *sum, jet a, double factor)
{
    sum->value += factor * a.value;
    sum->first += factor * a.first;
    sum->second += factor * a.second;
}

/* exp(-s l) */
static jet power(double s, double l)
{
    const double value = exp(-s * l);
    return (jet){value, -l * value, l * l * value};
}

/* sum over j >= 0 of (1 + j/a)^-s for large a:
 * a/(s-1) + 1/2 + sum over k of B_2k/(2k)! s (s+1) ... (s+2k-2) a^(1-2k). */
static jet asymptotic(double s, double a)
{
    const double inverse = 1 / (s - 1);
    jet sum = {a * inverse + 0.5, -a * inverse * inverse, 2 * a * inverse * inverse * inverse};
    jet rising = {s, 1, 0};
    double scale = 1 / a;
    for (int k = 0; k < ND_BERNOULLI; k++) {
        add(&sum, rising, nd_bernoulli[k] * scale);
        rising = product(rising, (jet){s + 2 * k + 1, 1, 0});
        rising = product(rising, (jet){s + 2 * k + 2, 1, 0});
        scale /= a * a;
    }
    return sum;
}

void nd_zeta_scaled(double s, double q, double out[3])
{
    jet sum = {0};
    double j = 0;
    int rest = 1;
    /* The asymptotic series needs a large a; for large s its remainder may be nothing before that. */
    while (q + j < s + 10) {
        const jet term = power(s, log1p(j / q));
        add(&sum, term, 1);
        j++;
        if (term.value < 1e-20 * sum.value) {
            rest = 0;
            break;
        }
    }
    if (rest) {
        add(&sum, product(power(s, log1p(j / q)), asymptotic(s, q + j)), 1);
    }
    out[0] = sum.value;
    out[1] = sum.first;
    out[2] = sum.second;
}

double nd_hurwitz_zeta(double s, double q)
{
    double scaled[3];
    nd_zeta_scaled(s, q, scaled);
    return scaled[0] * pow(q, -s);
}
