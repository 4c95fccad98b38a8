/* adversarial_search.c - small changes of an input that make its prediction wrong.  SPDX-License-Identifier: MIT
 *
 * DeepFool finds one: linearize, move to the nearest boundary and a little beyond, until the prediction is wrong.
 * Where the boundary bends it is not the smallest; then the point slides along the boundary toward the sample: the
 * boundary is linearized where the point stands, and the foot of the perpendicular from the sample is tried next. */
#include "analysis/basin/adversarial.h"
#include "kernels/dot.h"
#include <math.h>
#include <string.h>

enum { COARSE = 16, TRIES = 5 }; /* halvings of a segment that is not the last one; of a slide that goes wrong */
static const double gain = 1e-4; /* a slide is to shorten the change by this share at least */

double nd_margin(const nndyn_network *network, const double *z, int64_t label, int64_t k)
{
    if (nd_network_outputs(network) > 1) {
        return z[label] - z[k];
    }
    return (label == 1 ? 1 : -1) * (z[0] - nd_network_threshold(network));
}

int64_t nd_search_room(const nd_search *search, int64_t inputs)
{
    return (2 + search->rivals) * inputs;
}

nd_place nd_place_of(const nd_search *search, const nd_member *member, const double *x, int64_t label)
{
    const int64_t n = member->replica->network->inputs;
    double *rows = member->room;
    return (nd_place){x, label, rows + search->rivals * n, rows + (search->rivals + 1) * n, rows};
}

static double length(int64_t n, const double *x)
{
    return sqrt(nd_dot(n, x, x));
}

int nd_look(nd_member *m, const nd_place *p, const double *change, double t, int64_t count, const double **z,
            int *wrong)
{
    const nndyn_network *network = m->replica->network;
    const int64_t n = network->inputs;
    const nd_mode mode = {0};
    for (int64_t i = 0; i < n; i++) {
        p->rows[i] = t > 0 ? p->x[i] + t * change[i] : p->x[i];
    }
    for (int64_t r = 1; r < count; r++) {
        memcpy(p->rows + r * n, p->rows, (size_t)n * sizeof *p->rows);
    }
    ND_TRY(nd_forward_f64(network, m->replica->network, network->theta, network->statistics, mode, count, p->rows,
                          m->workspace));
    *z = m->workspace->sites[network->layer_count - 1].out;
    *wrong = nd_network_predict(network, *z) != p->label;
    return NNDYN_OK;
}

/* ---- gradients --------------------------------------------------------------------------------------------------- */

/* Classes beside the label are numbered without it. */
static int64_t rival_class(const nndyn_network *network, int64_t label, int64_t rival)
{
    return nd_network_outputs(network) == 1 ? 0 : rival + (rival >= label);
}

/* The sensitivity of the output of class k minus that of the label (of a single output: towards the other class). */
static void point_at(const nndyn_network *network, int64_t label, int64_t k, double *row)
{
    const int64_t outputs = nd_network_outputs(network);
    memset(row, 0, (size_t)outputs * sizeof *row);
    if (outputs == 1) {
        row[0] = label == 1 ? -1 : 1;
        return;
    }
    row[k] = 1;
    row[label] = -1;
}

static int go_back(nd_member *m)
{
    const nndyn_network *network = m->replica->network;
    return nd_backward_f64(network, m->replica->network, network->theta, 1, m->workspace, NULL);
}

/* ---- DeepFool ---------------------------------------------------------------------------------------------------- */

/* Adds the way to the nearest linearized boundary to the change; returns whether there is one. */
static int move(const nd_search *s, const nd_member *m, const nd_place *p, const double *z)
{
    const nndyn_network *network = m->replica->network;
    const int64_t n = network->inputs;
    const double *gradients = m->workspace->sites[0].din, *along = NULL;
    double least = (double)INFINITY, slope = 0;
    for (int64_t r = 0; r < s->rivals; r++) {
        const double size = length(n, gradients + r * n);
        const double distance = fabs(nd_margin(network, z, p->label, rival_class(network, p->label, r))) / size;
        if (size > 0 && distance < least) {
            least = distance;
            slope = size;
            along = gradients + r * n;
        }
    }
    if (along == NULL) {
        return 0;
    }
    least =
        fmax(least, 1e-12 * (1 + length(n, p->x))); /* from a tie, which counts for the label, one has to move too */
    for (int64_t i = 0; i < n; i++) {
        p->change[i] += least / slope * along[i];
    }
    return 1;
}

static int linearize(const nd_search *s, nd_member *m, const nd_place *p)
{
    const nndyn_network *network = m->replica->network;
    double *back = m->workspace->sites[network->layer_count - 1].dout;
    for (int64_t r = 0; r < s->rivals; r++) {
        point_at(network, p->label, rival_class(network, p->label, r), back + r * nd_network_outputs(network));
    }
    return go_back(m);
}

/* Until the prediction at x + factor change is wrong: *factor is left 0 if it never is. */
static int deceive(const nd_search *s, nd_member *m, const nd_place *p, double *factor)
{
    const double beyond = 1 + s->overshoot;
    const double *z;
    int wrong = 0;
    *factor = 0;
    memset(p->change, 0, (size_t)m->replica->network->inputs * sizeof *p->change);
    ND_TRY(nd_look(m, p, NULL, 0, s->rivals, &z, &wrong));
    for (int64_t i = 0; i < s->iterations && !nd_task_canceled(m->task); i++) {
        ND_TRY(linearize(s, m, p));
        if (!move(s, m, p, z)) {
            return NNDYN_OK;
        }
        const int status = nd_look(m, p, p->change, beyond, s->rivals, &z, &wrong);
        if (status == NNDYN_ENUMERIC) { /* a slope near 0 led it far away: nothing is found there */
            return NNDYN_OK;
        }
        ND_TRY(status);
        if (wrong) {
            *factor = beyond;
            return NNDYN_OK;
        }
    }
    return NNDYN_OK;
}

/* ---- closer ------------------------------------------------------------------------------------------------------ */

/* Shortens a change that makes the prediction wrong, by the factor down to which it stays wrong. */
static int shorten(nd_member *m, const nd_place *p, double *change, double factor, int64_t bisections)
{
    double inside = 0, outside = factor;
    const double *z;
    for (int64_t i = 0; i < bisections; i++) {
        const double middle = inside + (outside - inside) / 2;
        int wrong = 0;
        ND_TRY(nd_look(m, p, change, middle, 1, &z, &wrong));
        *(wrong ? &outside : &inside) = middle;
    }
    for (int64_t i = 0; i < m->replica->network->inputs; i++) {
        change[i] *= outside;
    }
    return NNDYN_OK;
}

/* The gradient, at the change, of the class it is taken for minus the label. */
static int find_normal(nd_member *m, const nd_place *p, const double **normal)
{
    const nndyn_network *network = m->replica->network;
    const double *z;
    int wrong = 0;
    ND_TRY(nd_look(m, p, p->change, 1, 1, &z, &wrong));
    const int64_t class = nd_network_predict(network, z);
    point_at(network, p->label, class, m->workspace->sites[network->layer_count - 1].dout);
    ND_TRY(go_back(m));
    *normal = m->workspace->sites[0].din;
    return NNDYN_OK;
}

/* One slide along the boundary: toward the foot of the perpendicular, or part of the way. */
static int slide(nd_member *m, const nd_place *p, int *shorter)
{
    const int64_t n = m->replica->network->inputs;
    const double size = length(n, p->change);
    const double *normal, *z;
    *shorter = 0;
    ND_TRY(find_normal(m, p, &normal));
    const double square = nd_dot(n, normal, normal), height = nd_dot(n, normal, p->change);
    if (!(square > 0 && height > 0)) {
        return NNDYN_OK;
    }
    memcpy(p->trial, normal, (size_t)n * sizeof *p->trial);
    for (int64_t i = 0; i < n; i++) {
        p->trial[i] *= height / square;
    }
    for (int t = 0; t < TRIES && !*shorter; t++) {
        const double scale = (1 - gain) * size / length(n, p->trial);
        ND_TRY(nd_look(m, p, p->trial, scale, 1, &z, shorter));
        if (*shorter) {
            ND_TRY(shorten(m, p, p->trial, scale, COARSE));
            memcpy(p->change, p->trial, (size_t)n * sizeof *p->change);
        }
        for (int64_t i = 0; i < n; i++) {
            p->trial[i] = (p->trial[i] + p->change[i]) / 2;
        }
    }
    return NNDYN_OK;
}

int nd_search_upper(const nd_search *s, nd_member *m, const nd_place *p, double *upper, double *point)
{
    const int64_t n = m->replica->network->inputs;
    double factor = 0;
    ND_TRY(deceive(s, m, p, &factor));
    *upper = (double)INFINITY;
    if (factor == 0) {
        return NNDYN_OK;
    }
    ND_TRY(shorten(m, p, p->change, factor, s->refinements > 0 ? COARSE : 0));
    int shorter = 1;
    for (int64_t i = 0; i < s->refinements && shorter && !nd_task_canceled(m->task); i++) {
        ND_TRY(slide(m, p, &shorter));
    }
    ND_TRY(shorten(m, p, p->change, 1, s->bisections));
    *upper = length(n, p->change);
    for (int64_t i = 0; i < n && point != NULL; i++) {
        point[i] = p->x[i] + p->change[i];
    }
    return NNDYN_OK;
}
