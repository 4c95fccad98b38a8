/* formulas.c - what is known of the chain in closed form: where it sticks, where noise takes it, its softest mode.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/springblock/springblock.h"
#include <math.h>

static const double pi = 3.14159265358979323846;

double nd_springblock_amplitude(const nd_springblock_parameters *p, int64_t step)
{
    const double noise = p->common ? p->noise * sqrt((double)p->blocks) : p->noise;
    return p->decay > 0 ? noise * exp(-p->decay * p->step * (double)step) : noise;
}

/* ---- at rest without noise --------------------------------------------------------------------------------------- */

/* All motion is to the right, so that the chain ends in the least solution of x >= 0, F <= friction,
 * x (F - friction) = 0.  The last n blocks move; along them the loads grow by m = friction / k from each to the next,
 * and the last one must come to y: m n (n + 1) / 2 < y decides n.  x[stride l] is filled in. */
static int64_t held_rest(int64_t blocks, double m, double y, double *x)
{
    int64_t n = 0;
    while (n < blocks && 0.5 * m * (double)(n + 1) * (double)(n + 2) < y) {
        n++;
    }
    const double first = y / (double)(n + 1) - 0.5 * m * (double)n;
    for (int64_t l = 0; l < blocks; l++) {
        const double j = (double)(l + 1 - (blocks - n));
        x[l] = j > 0 ? first * j + 0.5 * m * j * (j - 1) : 0;
    }
    return n;
}

/* Each spring carries the force less the friction of the blocks between it and the end, or nothing. */
static int64_t forced_rest(int64_t blocks, double friction, double force, double spring, double *x)
{
    double position = 0;
    int64_t n = 0;
    for (int64_t l = 0; l < blocks; l++) {
        const double load = (force - friction * (double)(blocks - l)) / spring;
        position += load > 0 ? load : 0;
        n += position > 0;
        x[l] = position;
    }
    return n;
}

/* From the end: the mirror image. */
static void mirror(int64_t blocks, double y, double *x)
{
    for (int64_t i = 0, j = blocks - 1; i <= j; i++, j--) {
        const double kept = x[i];
        x[i] = y - x[j];
        x[j] = y - kept;
    }
}

int64_t nd_springblock_rest(const nd_springblock_parameters *p, double *x)
{
    const double right = nd_springblock_friction(p, p->right);
    if (!p->held) {
        return forced_rest(p->blocks, right, p->force, p->spring, x);
    }
    if (p->start == 0) {
        return held_rest(p->blocks, right / p->spring, p->length, x);
    }
    const double left = nd_springblock_friction(p, p->left);
    const int64_t n = held_rest(p->blocks, left / p->spring, p->length, x);
    mirror(p->blocks, p->length, x);
    return n;
}

/* ---- stationary under noise -------------------------------------------------------------------------------------- */

/* Where the force on each block is the balance F*: what is left of the dynamics about it is odd, so that its mean is 0.
 */
void nd_springblock_stationary(const nd_springblock_parameters *p, double *x)
{
    const double blocks = (double)p->blocks;
    const double bend = -0.5 * nd_springblock_balance(p) / p->spring;
    /* of a pulled end: force on it, where a held one has that of its last spring */
    const double slope =
        p->held ? p->length / (blocks + 1) + bend * (blocks + 1) : p->force / p->spring + bend * (2 * blocks + 1);
    for (int64_t l = 1; l <= p->blocks; l++) {
        x[l - 1] = (double)l * (slope - bend * (double)l);
    }
}

double nd_springblock_softest(const nd_springblock_parameters *p)
{
    const double quarter = p->held ? 0.5 * pi / (double)(p->blocks + 1) : 0.5 * pi / (double)(2 * p->blocks + 1);
    return 4 * p->spring * sin(quarter) * sin(quarter);
}
