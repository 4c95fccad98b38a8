/* step_map.c - coefficients of each optimizer's linearized update; the formulas are those of src/kernels/update.inc.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/equilibrium/step_map.h"
#include <math.h>

/* What the rows of the table below work on. */
typedef struct moment {
    const nndyn_trainer *trainer;
    double rate, bias1, bias2; /* 1 - beta^k with k steps done, this one included */
    const double *y, *state;
} moment;

static int descent(const moment *m, nd_step_map *map)
{
    for (int64_t i = 0; i < map->parameters; i++) {
        map->wy[i] = -m->rate;
    }
    return NNDYN_OK;
}

static int momentum(const moment *m, nd_step_map *map)
{
    map->keep1 = m->trainer->settings[ND_MOMENTUM];
    for (int64_t i = 0; i < map->parameters; i++) {
        map->c1[i] = 1;
        map->w1[i] = -m->rate;
    }
    return NNDYN_OK;
}

static int nesterov(const moment *m, nd_step_map *map)
{
    map->keep1 = m->trainer->settings[ND_MOMENTUM];
    for (int64_t i = 0; i < map->parameters; i++) {
        map->c1[i] = 1;
        map->wy[i] = -m->rate;
        map->w1[i] = -m->rate * map->keep1;
    }
    return NNDYN_OK;
}

/* d/ds of -top / (root sqrt(s) + epsilon).  At s = 0 it is 0 where top is (an entry that never had a gradient), else
 * infinite. */
static double slope_in_square(double top, double root, double s, double epsilon)
{
    double bottom = root * sqrt(s) + epsilon;
    return top == 0 ? 0 : top * root / (2 * sqrt(s) * bottom * bottom);
}

static int rmsprop(const moment *m, nd_step_map *map)
{
    double epsilon = m->trainer->settings[ND_EPSILON], beta2 = m->trainer->settings[ND_BETA2];
    map->keep1 = beta2;
    for (int64_t i = 0; i < map->parameters; i++) {
        double s = beta2 * m->state[i] + (1 - beta2) * m->y[i] * m->y[i];
        map->c1[i] = 2 * (1 - beta2) * m->y[i];
        map->wy[i] = -m->rate / (sqrt(s) + epsilon);
        map->w1[i] = slope_in_square(m->rate * m->y[i], 1, s, epsilon);
    }
    return NNDYN_OK;
}

static int adam(const moment *m, nd_step_map *map)
{
    const double *settings = m->trainer->settings;
    double beta1 = settings[ND_BETA1], beta2 = settings[ND_BETA2], epsilon = settings[ND_EPSILON];
    double step = m->rate / m->bias1, root = 1 / sqrt(m->bias2);
    const double *second = m->state + map->parameters;
    map->keep1 = beta1;
    map->keep2 = beta2;
    for (int64_t i = 0; i < map->parameters; i++) {
        double first = beta1 * m->state[i] + (1 - beta1) * m->y[i];
        double s = beta2 * second[i] + (1 - beta2) * m->y[i] * m->y[i];
        map->c1[i] = 1 - beta1;
        map->c2[i] = 2 * (1 - beta2) * m->y[i];
        map->w1[i] = -step / (sqrt(s) * root + epsilon);
        map->w2[i] = slope_in_square(step * first, root, s, epsilon);
    }
    return NNDYN_OK;
}

static int adamw(const moment *m, nd_step_map *map)
{
    map->keep = 1 - m->rate * m->trainer->settings[ND_WEIGHT_DECAY];
    map->decay = 0;
    return adam(m, map);
}

static int (*const rules[])(const moment *m, nd_step_map *map) = {
    [NNDYN_SGD] = descent, [NNDYN_MOMENTUM] = momentum, [NNDYN_NESTEROV] = nesterov, [NNDYN_RMSPROP] = rmsprop,
    [NNDYN_ADAM] = adam,   [NNDYN_ADAMW] = adamw,       [NNDYN_LANGEVIN] = descent,
};

static int check(nndyn_trainer *trainer, const double *values, int64_t count)
{
    for (int64_t i = 0; values && i < count; i++) {
        if (!isfinite(values[i])) {
            return nd_fail(
                trainer, NNDYN_ENUMERIC,
                "the step of parameter %lld is not differentiable here: its second moment is 0 and its first "
                "one is not; make a step before",
                (long long)i);
        }
    }
    return NNDYN_OK;
}

int nd_step_map_fill(nndyn_trainer *trainer, const double *y, const double *state, nd_step_map *map)
{
    double steps = (double)(trainer->step + 1);
    moment m = {.trainer = trainer,
                .rate = nd_trainer_rate(trainer),
                .bias1 = -expm1(steps * log(trainer->settings[ND_BETA1])),
                .bias2 = -expm1(steps * log(trainer->settings[ND_BETA2])),
                .y = y,
                .state = state};
    map->keep = 1;
    map->decay = trainer->settings[ND_WEIGHT_DECAY];
    ND_TRY(rules[trainer->optimizer](&m, map));
    ND_TRY(check(trainer, map->wy, map->parameters));
    ND_TRY(check(trainer, map->w1, map->parameters));
    return check(trainer, map->w2, map->parameters);
}
