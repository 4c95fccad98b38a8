/* injective_fold.c - singular values of the matrices a tensor can be folded into: slots of a set as rows, the others as
 * columns.  Unit vectors multiply to unit vectors, so that the largest one of each is an upper bound of the norm. */
#include "kernels/kernels.h"
#include "linalg/linalg.h"
#include "statistics/injective.h"
#include <math.h>
#include <string.h>

typedef struct fold {
    int64_t rows, columns;
    double *matrix; /* rows x columns */
    double *gram;   /* of the shorter side */
    double *values;
} fold;

static void carve(nd_arena *arena, const nd_tensor *t, fold *f)
{
    int64_t side = 1;
    for (int64_t set = 1; set < INT64_C(1) << t->order; set++) {
        int64_t rows = 1;
        for (int64_t a = 0; a < t->order; a++) {
            rows *= set >> a & 1 ? t->dims[a] : 1;
        }
        const int64_t shorter = rows < t->entries / rows ? rows : t->entries / rows;
        side = shorter > side ? shorter : side;
    }
    f->matrix = nd_arena_take(arena, t->entries, sizeof *f->matrix);
    f->gram = nd_arena_take(arena, side * side, sizeof *f->gram);
    f->values = nd_arena_take(arena, side, sizeof *f->values);
}

double nd_fold_bytes(const nd_tensor *t)
{
    nd_arena arena = {0};
    fold f;
    carve(&arena, t, &f);
    double side = 1;
    while ((side + 1) * (side + 1) <= (double)t->entries) {
        side++;
    }
    return (double)arena.used + nd_symmetric_eigen_bytes((int64_t)side, 1);
}

/* The entries in the order of rows, then columns: an odometer over the slots, the last one fastest. */
static void fill(const nd_tensor *t, int64_t set, fold *f)
{
    int64_t index[ND_TENSOR_ORDER] = {0};
    int64_t step[ND_TENSOR_ORDER];
    int64_t row = 1, column = 1, at = 0;
    for (int64_t a = t->order - 1; a >= 0; a--) {
        int64_t *const side = set >> a & 1 ? &row : &column;
        step[a] = *side;
        *side *= t->dims[a];
    }
    f->rows = row;
    f->columns = column;
    for (int64_t a = 0; a < t->order; a++) {
        step[a] *= set >> a & 1 ? f->columns : 1;
    }
    for (int64_t i = 0; i < t->entries; i++) {
        f->matrix[at] = t->x[i];
        for (int64_t a = t->order - 1; a >= 0; a--) {
            at += step[a];
            if (++index[a] < t->dims[a]) {
                break;
            }
            at -= step[a] * t->dims[a];
            index[a] = 0;
        }
    }
}

/* The largest singular value; the left vector of it unless u is NULL. */
static int largest(void *handle, const nd_tensor *t, fold *f, double *u, double *value)
{
    const nd_kernels_f64 *k = nd_kernels_choose_f64(nd_context_kernels(t->context));
    const int wide = f->rows <= f->columns;
    const int64_t n = wide ? f->rows : f->columns;
    ND_TRY(k->gemm(t->context, !wide, wide, n, n, wide ? f->columns : f->rows, 1, f->matrix, f->columns, f->matrix,
                   f->columns, 0, f->gram, n));
    ND_TRY(nd_symmetric_eigen(handle, n, f->gram, u != NULL, f->values));
    *value = sqrt(fmax(f->values[n - 1], 0));
    const double *leading = f->gram + (n - 1) * n;
    for (int64_t i = 0; u != NULL && i < f->rows; i++) {
        u[i] = wide ? leading[i] : k->dot(n, f->matrix + i * n, leading);
    }
    if (u != NULL) {
        nd_unit(f->rows, u);
    }
    return NNDYN_OK;
}

/* Slot 0 among the rows: a set and its complement are the same matrix, transposed. */
static int all_others(void *handle, const nd_tensor *t, fold *f, nd_task *task, double share, double *upper)
{
    const int64_t sets = INT64_C(1) << t->order;
    for (int64_t set = 3; set < sets - 1; set += 2) {
        const int64_t others = sets - 1 - set;
        double value;
        ND_TRY(nd_task_report(task, share * (double)set / (double)sets));
        if ((others & (others - 1)) == 0) {
            continue; /* a single slot, which has been */
        }
        fill(t, set, f);
        ND_TRY(largest(handle, t, f, NULL, &value));
        *upper = fmin(*upper, value);
    }
    return NNDYN_OK;
}

static int work(void *handle, const nd_tensor *t, int bounded, fold *f, nd_task *task, double share, double *upper,
                double *leading)
{
    *upper = INFINITY;
    for (int64_t a = 0; a < t->order; a++) {
        double value;
        ND_TRY(nd_task_report(task, 0));
        fill(t, INT64_C(1) << a, f);
        ND_TRY(largest(handle, t, f, leading + t->place[a], &value));
        *upper = fmin(*upper, value);
    }
    return bounded ? all_others(handle, t, f, task, share, upper) : NNDYN_OK;
}

int nd_fold(void *handle, const nd_tensor *t, int bounded, nd_task *task, double share, double *upper, double *leading)
{
    nd_arena arena = {0};
    fold f;
    carve(&arena, t, &f);
    ND_TRY(nd_arena_reserve(&arena, handle));
    carve(&arena, t, &f);
    const int status = work(handle, t, bounded, &f, task, share, upper, leading);
    nd_arena_free(&arena);
    return status;
}
