/* displacement.c - the parameters behind coefficients: w = J_0' c.  SPDX-License-Identifier: MIT */
#include "analysis/linearized/linearized.h"
#include <math.h>

static int check(nndyn_linearized *model, const double **coefficients)
{
    if (*coefficients == NULL) {
        *coefficients = model->c.position;
        return NNDYN_OK;
    }
    return nd_check_finite(model, model->n, model->outputs, *coefficients, "coefficients");
}

static int displacement(nndyn_linearized *model, const double *coefficients, double *norm)
{
    const int64_t m = model->n * model->outputs;
    double *moved;
    ND_TRY(nd_check_pointer(model, norm, "norm"));
    ND_TRY(check(model, &coefficients));
    ND_TRY(nd_allocate_for(model, m, sizeof *moved, &moved));
    const int status = nd_linear_product(model, model, coefficients, moved, NULL);
    const double square = status == NNDYN_OK ? model->k->dot(m, coefficients, moved) : 0;
    nd_release(model->handle.context, moved);
    ND_TRY(status);
    if (!isfinite(square)) {
        return nd_fail(model, NNDYN_ENUMERIC, "|w|^2 is beyond the range of double");
    }
    *norm = sqrt(fmax(square, 0));
    return NNDYN_OK;
}

int nndyn_linearized_displacement(nndyn_linearized *model, const double *coefficients, double *norm)
{
    ND_TRY(nd_enter(model, ND_LINEARIZED, "nndyn_linearized_displacement"));
    return nd_leave(model, displacement(model, coefficients, norm));
}
