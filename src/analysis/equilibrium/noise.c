/* noise.c - the covariance C of the gradients of single samples: along given directions, and its own modes.
 *
 * With G the n x P matrix of gradients, which is never formed, C = G'QG/n, where Q takes the mean off.  The n x n
 * matrix Q G G' Q / n has the same eigenvalues; an eigenvector w of it gives the mode G'Qw.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/equilibrium/equilibrium.h"
#include <math.h>
#include <string.h>

/* Beyond so many samples products with C cost less than the Gram matrix and its eigenvectors. */
enum { MOST_GRAM = 2048 };

/* Eigenvalues below this part of the largest are rounding: those of a Gram matrix carry squared errors. */
#define RANK_TOLERANCE 1e-13

void nd_fix_signs(int64_t rows, int64_t columns, double *vectors)
{
    for (int64_t i = 0; i < rows; i++) {
        double *row = vectors + i * columns;
        if (nd_sign_of_largest(columns, row) < 0) {
            for (int64_t j = 0; j < columns; j++) {
                row[j] = -row[j];
            }
        }
    }
}

static void take_mean_off(int64_t n, double *v)
{
    double mean = 0;
    for (int64_t s = 0; s < n; s++) {
        mean += v[s];
    }
    mean /= (double)n;
    for (int64_t s = 0; s < n; s++) {
        v[s] -= mean;
    }
}

/* ---- along directions -------------------------------------------------------------------------------------------- */

static int project(nndyn_network *network, nd_batch_products *products, int64_t count, const double *vectors,
                   double *scratch, double *components, double *c)
{
    int64_t n = products->pass->n;
    for (int64_t i = 0; i < count; i++) {
        double *row = components + i * n;
        ND_TRY(nd_gradient_projection(products, network, vectors + i * network->parameters, scratch, row));
        take_mean_off(n, row);
        for (int64_t j = 0; j <= i; j++) {
            double sum = 0;
            for (int64_t s = 0; s < n; s++) {
                sum += row[s] * components[j * n + s];
            }
            c[i * count + j] = c[j * count + i] = sum / (double)n;
        }
    }
    return network->k64->all_finite(count * count, c)
               ? NNDYN_OK
               : nd_fail(network, NNDYN_ENUMERIC, "the covariance of the gradients is not finite");
}

int nd_noise_along(nndyn_network *network, int64_t n, const double *x, const double *t, const nd_option_value *values,
                   int64_t count, const double *vectors, double *c)
{
    nd_batch_products products;
    double *scratch;
    int64_t outputs = nd_network_outputs(network), entries = nd_product(n, outputs + count);
    ND_TRY(nd_sample_gradients_create(network, n, x, t, 0, values, 8.0 * (double)entries, &products));
    int status = nd_allocate_for(network, entries, sizeof *scratch, &scratch);
    if (status == NNDYN_OK) {
        status = project(network, &products, count, vectors, scratch, scratch + n * outputs, c);
        nd_release(network->handle.context, scratch);
    }
    nd_batch_products_free(network->handle.context, &products);
    return status;
}

/* ---- modes by the Gram matrix ------------------------------------------------------------------------------------ */

typedef struct noise {
    nndyn_network *network;
    nd_batch_products products;
    int64_t n;
    int centered;
    double *scratch; /* n x outputs */
    double *sample;  /* n */
} noise;

static void center(int64_t n, double *gram)
{
    for (int64_t s = 0; s < n; s++) {
        take_mean_off(n, gram + s * n);
    }
    for (int64_t s = 0; s < n; s++) { /* the columns, of what is symmetric before */
        double mean = 0;
        for (int64_t r = 0; r < n; r++) {
            mean += gram[r * n + s];
        }
        mean /= (double)n;
        for (int64_t r = 0; r < n; r++) {
            gram[r * n + s] -= mean;
        }
    }
}

static int mode_of(noise *self, const double *w, double value, double largest, double *vector)
{
    int64_t parameters = self->network->parameters;
    double norm = 0;
    memset(vector, 0, (size_t)parameters * sizeof *vector);
    if (!(value > RANK_TOLERANCE * largest)) {
        return NNDYN_OK;
    }
    ND_TRY(nd_gradient_combination(&self->products, self->network, w, self->scratch, vector));
    for (int64_t k = 0; k < parameters; k++) {
        norm += vector[k] * vector[k];
    }
    norm = sqrt(norm);
    for (int64_t k = 0; k < parameters && norm > 0; k++) {
        vector[k] /= norm;
    }
    return NNDYN_OK;
}

static int by_gram(noise *self, int64_t count, const nd_option_value *values, double *eigenvalues, double *vectors)
{
    nndyn_network *network = self->network;
    int64_t n = self->n, entries = nd_product(n, n);
    double *gram;
    (void)values;
    ND_TRY(nd_check_memory(network, 8.0 * (double)entries + nd_symmetric_eigen_bytes(n, 1), "the Gram matrix"));
    ND_TRY(nd_allocate_for(network, entries, sizeof *gram, &gram));
    int status = nd_gradient_gram(&self->products, network, gram);
    if (status == NNDYN_OK) {
        if (self->centered) {
            center(n, gram);
        }
        status = nd_symmetric_eigen(network, n, gram, 1, self->sample);
    }
    for (int64_t i = 0; i < count && status == NNDYN_OK; i++) {
        double value = fmax(self->sample[n - 1 - i], 0);
        eigenvalues[i] = value / (double)n;
        status = mode_of(self, gram + (n - 1 - i) * n, value, self->sample[n - 1], vectors + i * network->parameters);
    }
    nd_release(network->handle.context, gram);
    return status;
}

/* ---- modes by products ------------------------------------------------------------------------------------------- */

static int apply(nndyn_operator *op, void *user, const double *u, double *y)
{
    noise *self = user;
    ND_TRY(nd_gradient_projection(&self->products, op, u, self->scratch, self->sample));
    if (self->centered) {
        take_mean_off(self->n, self->sample);
    }
    for (int64_t s = 0; s < self->n; s++) {
        self->sample[s] /= (double)self->n;
    }
    return nd_gradient_combination(&self->products, op, self->sample, self->scratch, y);
}

static int by_products(noise *self, int64_t count, const nd_option_value *values, double *eigenvalues, double *vectors)
{
    static const nd_operator_methods methods = {apply, NULL, NULL};
    nndyn_network *network = self->network;
    nndyn_operator *op;
    ND_TRY(nd_operator_create(network, network->parameters, network->parameters, &methods, self, &op));
    int status = nd_largest_eigenpairs(network, op, count, values, eigenvalues, vectors);
    nndyn_operator_free(op);
    for (int64_t i = 0; i < count && status == NNDYN_OK; i++) {
        eigenvalues[i] = fmax(eigenvalues[i], 0);
        if (!(eigenvalues[i] > RANK_TOLERANCE * eigenvalues[0])) {
            memset(vectors + i * network->parameters, 0, (size_t)network->parameters * sizeof *vectors);
        }
    }
    return status;
}

/* ---- the call ---------------------------------------------------------------------------------------------------- */

static int with_products(noise *self, int64_t count, const nd_option_value *values, double *eigenvalues,
                         double *vectors)
{
    nndyn_network *network = self->network;
    int64_t n = self->n, outputs = nd_network_outputs(network);
    ND_TRY(nd_allocate_for(network, nd_product(n, outputs + 1), sizeof *self->scratch, &self->scratch));
    self->sample = self->scratch + n * outputs;
    int status = (n <= MOST_GRAM ? by_gram : by_products)(self, count, values, eigenvalues, vectors);
    nd_release(network->handle.context, self->scratch);
    return status;
}

static int noise_modes(nndyn_network *network, int64_t n, const double *x, const double *t, int64_t count,
                       const nndyn_options *options, double *eigenvalues, double *vectors)
{
    nd_option_value values[ND_MODES_OPTIONS];
    noise self = {.network = network, .n = n};
    double *aside;
    ND_TRY(nd_equilibrium_check_batch(network, n, x, t));
    ND_TRY(nd_check_size(network, count, 1, n < network->parameters ? n : network->parameters, "count"));
    ND_TRY(nd_check_pointer(network, eigenvalues, "values"));
    ND_TRY(nd_modes_options(network, options, 1, values));
    self.centered = (int)values[ND_MODES_CENTERED].integer;
    int64_t entries = nd_product(count, network->parameters + 1);
    ND_TRY(nd_sample_gradients_create(network, n, x, t, 0, values, 8.0 * (double)entries, &self.products));
    int status = nd_allocate_for(network, entries, sizeof *aside, &aside);
    if (status == NNDYN_OK) {
        status = with_products(&self, count, values, aside, aside + count);
        nd_fix_signs(count, network->parameters, aside + count);
        if (status == NNDYN_OK && !network->k64->all_finite(entries, aside)) {
            status = nd_fail(network, NNDYN_ENUMERIC, "the modes of the gradient noise are not finite");
        }
        if (status == NNDYN_OK) {
            memcpy(eigenvalues, aside, (size_t)count * sizeof *aside);
            if (vectors) {
                memcpy(vectors, aside + count, (size_t)(count * network->parameters) * sizeof *aside);
            }
        }
        nd_release(network->handle.context, aside);
    }
    nd_batch_products_free(network->handle.context, &self.products);
    return status;
}

int nndyn_equilibrium_noise_modes(nndyn_network *network, int64_t n, const double *x, const double *t, int64_t count,
                                  const nndyn_options *options, double *values, double *vectors)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_equilibrium_noise_modes"));
    return nd_leave(network, noise_modes(network, n, x, t, count, options, values, vectors));
}
