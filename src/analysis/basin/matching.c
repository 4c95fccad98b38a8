/* matching.c - the same network written in another order of its hidden units.  SPDX-License-Identifier: MIT
 *
 * Units are paired layer by layer by the correlation of their outputs over samples, which does not depend on how the
 * layers below are written. */
#include "analysis/basin/matching.h"
#include <math.h>
#include <string.h>

/* ---- assignment -------------------------------------------------------------------------------------------------- */

typedef struct assignment {
    int64_t n;
    const double *cost;
    double *u, *v, *least, *owner, *way, *used; /* n + 1 each; rows and columns from 1, 0 is none */
} assignment;

/* One step of the shortest augmenting path from column j0: the next column. */
static int64_t extend(const assignment *a, int64_t j0)
{
    const int64_t n = a->n, i0 = (int64_t)a->owner[j0];
    double delta = (double)INFINITY;
    int64_t j1 = 0;
    a->used[j0] = 1;
    for (int64_t j = 1; j <= n; j++) {
        if (a->used[j] != 0) {
            continue;
        }
        const double reduced = a->cost[(i0 - 1) * n + j - 1] - a->u[i0] - a->v[j];
        if (reduced < a->least[j]) {
            a->least[j] = reduced;
            a->way[j] = (double)j0;
        }
        if (a->least[j] < delta) {
            delta = a->least[j];
            j1 = j;
        }
    }
    for (int64_t j = 0; j <= n; j++) {
        if (a->used[j] != 0) {
            a->u[(int64_t)a->owner[j]] += delta;
            a->v[j] -= delta;
        } else {
            a->least[j] -= delta;
        }
    }
    return j1;
}

void nd_assign(int64_t n, const double *cost, int64_t *to, double *scratch)
{
    const int64_t m = n + 1;
    const assignment a = {
        n, cost, scratch, scratch + m, scratch + 2 * m, scratch + 3 * m, scratch + 4 * m, scratch + 5 * m};
    memset(scratch, 0, (size_t)(6 * m) * sizeof *scratch);
    for (int64_t i = 1; i <= n; i++) {
        int64_t j0 = 0;
        a.owner[0] = (double)i;
        for (int64_t j = 0; j <= n; j++) {
            a.least[j] = (double)INFINITY;
            a.used[j] = 0;
        }
        do {
            j0 = extend(&a, j0);
        } while (a.owner[j0] != 0);
        while (j0 != 0) {
            const int64_t before = (int64_t)a.way[j0];
            a.owner[j0] = a.owner[before];
            j0 = before;
        }
    }
    for (int64_t j = 1; j <= n; j++) {
        to[(int64_t)a.owner[j] - 1] = j - 1;
    }
}

/* ---- which layers ------------------------------------------------------------------------------------------------ */

static int is_odd(int kind)
{
    static const int odd[] = {NNDYN_IDENTITY, NNDYN_TANH, NNDYN_ERF, NNDYN_ARCTAN,
                              NNDYN_SOFTSIGN, NNDYN_ISRU, NNDYN_SIN};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        if (odd[i] == kind) {
            return 1;
        }
    }
    return 0;
}

static int is_homogeneous(int kind)
{
    return kind == NNDYN_IDENTITY || kind == NNDYN_RELU || kind == NNDYN_LEAKY_RELU;
}

static void describe(const nndyn_network *network, nd_hidden *h)
{
    h->odd = h->homogeneous = 1;
    for (int64_t l = h->layer + 1; l < h->next; l++) {
        const nd_layer *layer = &network->layers[l];
        if (layer->kind == NNDYN_ACTIVATION) {
            h->odd = h->odd && is_odd(layer->activation.kind);
            h->homogeneous = h->homogeneous && is_homogeneous(layer->activation.kind);
        } else if (layer->kind == NNDYN_BATCH_NORM) {
            h->odd = h->homogeneous = 0;
        }
    }
}

int nd_matching_open(const nndyn_network *network, void *handle, int64_t samples, nd_matching *out)
{
    int64_t before = -1;
    if (nd_network_find(network, NNDYN_RESIDUAL_BEGIN) >= 0) {
        return nd_fail(handle, NNDYN_EUNSUPPORTED,
                       "the network has residual blocks, whose units cannot be paired layer by layer; set \"match\" to "
                       "0");
    }
    *out = (nd_matching){.network = network};
    out->rows = samples < ND_MATCHING_ROWS ? samples : ND_MATCHING_ROWS;
    ND_TRY(nd_allocate_for(handle, network->layer_count, sizeof *out->hidden, &out->hidden));
    for (int64_t l = 0; l < network->layer_count; l++) {
        if (network->layers[l].kind != NNDYN_DENSE) {
            continue;
        }
        if (before >= 0) {
            nd_hidden *h = &out->hidden[out->count++];
            *h = (nd_hidden){.layer = before, .next = l, .width = network->layers[before].out, .first = out->units};
            describe(network, h);
            out->units += h->width;
            out->widest = h->width > out->widest ? h->width : out->widest;
        }
        before = l;
    }
    return NNDYN_OK;
}

void nd_matching_close(nd_matching *matching)
{
    if (matching->hidden) {
        nd_release(matching->network->handle.context, matching->hidden);
        matching->hidden = NULL;
    }
}

/* ---- outputs of units -------------------------------------------------------------------------------------------- */

int64_t nd_matching_outputs(const nd_matching *m)
{
    return nd_product(m->units, m->rows);
}

int64_t nd_matching_scratch(const nd_matching *m)
{
    const int64_t w = m->widest, correlations = nd_product(w, w);
    int64_t most = 0;
    for (int64_t i = 0; i < m->count; i++) {
        const int64_t in = m->network->layers[m->hidden[i].layer].in, out = m->network->layers[m->hidden[i].next].out;
        const int64_t larger = nd_product(w, (in > out ? in : out) + 3);
        most = larger > most ? larger : most;
    }
    return correlations + 6 * (w + 1) + 2 * w + most;
}

void nd_matching_take(const nd_matching *m, int64_t first, int64_t count, const nd_workspace_f64 *w, double *outputs)
{
    const int64_t rows = first + count < m->rows ? count : m->rows - first;
    for (int64_t i = 0; i < m->count && rows > 0; i++) {
        const nd_hidden *h = &m->hidden[i];
        const double *from = w->sites[h->next].in;
        for (int64_t s = 0; s < rows; s++) {
            for (int64_t j = 0; j < h->width; j++) {
                outputs[(h->first + j) * m->rows + first + s] = from[s * h->width + j];
            }
        }
    }
}

/* A constant output correlates with nothing. */
void nd_matching_normalize(const nd_matching *m, double *outputs)
{
    for (int64_t j = 0; j < m->units; j++) {
        double *row = outputs + j * m->rows, mean = 0, norm = 0;
        for (int64_t s = 0; s < m->rows; s++) {
            mean += row[s] / (double)m->rows;
        }
        for (int64_t s = 0; s < m->rows; s++) {
            row[s] -= mean;
            norm += row[s] * row[s];
        }
        for (int64_t s = 0; s < m->rows; s++) {
            row[s] = norm > 0 && isfinite(norm) ? row[s] / sqrt(norm) : 0;
        }
    }
}

/* ---- undoing ----------------------------------------------------------------------------------------------------- */

typedef struct pairing {
    const nd_matching *m;
    const nd_hidden *h;
    double *theta, *copy;
    int64_t *to;  /* unit i of the reference is unit to[i] */
    double *sign; /* times this */
} pairing;

static void correlate(const nd_matching *m, const nd_hidden *h, const double *a, const double *b, double *cost)
{
    for (int64_t i = 0; i < h->width; i++) {
        for (int64_t j = 0; j < h->width; j++) {
            const double *x = a + (h->first + i) * m->rows, *y = b + (h->first + j) * m->rows;
            double sum = 0;
            for (int64_t s = 0; s < m->rows; s++) {
                sum += x[s] * y[s];
            }
            cost[i * h->width + j] = h->odd ? -fabs(sum) : -sum;
        }
    }
}

/* Columns `columns` of each unit at `first` (stride between units), in the order and with the signs of the pairing. */
static void reorder(const pairing *p, double *first, int64_t columns, int64_t unit_stride, int64_t column_stride,
                    int with_sign)
{
    const int64_t w = p->h->width;
    for (int64_t i = 0; i < w; i++) {
        for (int64_t c = 0; c < columns; c++) {
            const double sign = with_sign ? p->sign[i] : 1;
            p->copy[i * columns + c] = sign * first[p->to[i] * unit_stride + c * column_stride];
        }
    }
    for (int64_t i = 0; i < w; i++) {
        for (int64_t c = 0; c < columns; c++) {
            first[i * unit_stride + c * column_stride] = p->copy[i * columns + c];
        }
    }
}

static void reorder_layer(const pairing *p)
{
    const nd_layer *layers = p->m->network->layers, *own = &layers[p->h->layer], *next = &layers[p->h->next];
    reorder(p, p->theta + own->first, own->in, own->in, 1, 1);
    if (own->bias) {
        reorder(p, p->theta + own->first + own->in * own->out, 1, 1, 1, 1);
    }
    for (int64_t l = p->h->layer + 1; l < p->h->next; l++) {
        if (layers[l].kind == NNDYN_BATCH_NORM && layers[l].affine) {
            reorder(p, p->theta + layers[l].first, 1, 1, 1, 0);
            reorder(p, p->theta + layers[l].first + layers[l].in, 1, 1, 1, 0);
        }
    }
    reorder(p, p->theta + next->first, next->out, 1, next->in, 1);
}

static double incoming(const nd_layer *layer, const double *theta, int64_t unit)
{
    const double *w = theta + layer->first + unit * layer->in;
    const double b = layer->bias ? theta[layer->first + layer->in * layer->out + unit] : 0;
    double sum = b * b;
    for (int64_t c = 0; c < layer->in; c++) {
        sum += w[c] * w[c];
    }
    return sqrt(sum);
}

/* Each unit's incoming weights to the norm they have in the reference, outgoing ones inversely. */
static void rescale_layer(const pairing *p, const double *reference)
{
    const nd_layer *own = &p->m->network->layers[p->h->layer], *next = &p->m->network->layers[p->h->next];
    for (int64_t i = 0; i < p->h->width; i++) {
        const double want = incoming(own, reference, i), have = incoming(own, p->theta, i);
        if (!(want > 0 && have > 0)) {
            continue;
        }
        for (int64_t c = 0; c < own->in; c++) {
            p->theta[own->first + i * own->in + c] *= want / have;
        }
        if (own->bias) {
            p->theta[own->first + own->in * own->out + i] *= want / have;
        }
        for (int64_t k = 0; k < next->out; k++) {
            p->theta[next->first + k * next->in + i] *= have / want;
        }
    }
}

static double distance(int64_t n, const double *a, const double *b)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return sqrt(sum);
}

static void choose_signs(const pairing *p, const double *a, const double *b)
{
    const int64_t rows = p->m->rows;
    for (int64_t i = 0; i < p->h->width; i++) {
        const double *x = a + (p->h->first + i) * rows, *y = b + (p->h->first + p->to[i]) * rows;
        double sum = 0;
        for (int64_t s = 0; s < rows; s++) {
            sum += x[s] * y[s];
        }
        p->sign[i] = p->h->odd && sum < 0 ? -1 : 1;
    }
}

double nd_matching_distance(const nd_matching *m, const double *reference, const double *reference_outputs,
                            double *theta, const double *outputs, double *scratch)
{
    const int64_t parameters = m->network->parameters, w = m->widest;
    const double as_it_is = distance(parameters, reference, theta);
    double *cost = scratch, *own = cost + w * w;
    pairing p = {.m = m, .theta = theta, .sign = own + 6 * (w + 1)};
    p.to = (int64_t *)(p.sign + w);
    p.copy = p.sign + 2 * w;
    for (int64_t i = 0; i < m->count; i++) {
        p.h = &m->hidden[i];
        correlate(m, p.h, reference_outputs, outputs, cost);
        nd_assign(p.h->width, cost, p.to, own);
        choose_signs(&p, reference_outputs, outputs);
        reorder_layer(&p);
        if (p.h->homogeneous) {
            rescale_layer(&p, reference);
        }
    }
    const double paired = distance(parameters, reference, theta);
    return paired < as_it_is ? paired : as_it_is;
}
