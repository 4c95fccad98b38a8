/* separation.h - separation of classes inside: class moments of one pass, what a second pass adds, and the report.
 *
 * A separator holds all of one place where features are measured: the whole of a call on arrays, a stream, or one site
 * of a network. */
#ifndef ND_SEPARATION_H
#define ND_SEPARATION_H
#include "core/core.h"
#include "kernels/kernels.h"
#include "nndyn/separation.h"

/* ---- options ----------------------------------------------------------------------------------------------------- */

typedef struct nd_separation_rule {
    int he_su, inverse;
    int by_class; /* weights 1/C instead of n_c/N */
    double rtol;  /* 0: by the sizes */
    int64_t block, stride;
} nd_separation_rule;

/* Where the options stand in a table; each function knows the first so many, the last one or all of them. */
enum {
    ND_SEPARATION_HE_SU,
    ND_SEPARATION_INVERSE,
    ND_SEPARATION_RTOL,
    ND_SEPARATION_WEIGHTS,
    ND_SEPARATION_COMMON,
    ND_SEPARATION_BLOCK = ND_SEPARATION_COMMON,
    ND_SEPARATION_OF_STREAM,
    ND_SEPARATION_STRIDE = ND_SEPARATION_OF_STREAM,
    ND_SEPARATION_OPTIONS
};
extern const nd_option_spec nd_separation_specs[ND_SEPARATION_OPTIONS];
/* From values of the first `count` of these; the rest by default. */
nd_separation_rule nd_separation_rule_of(const nd_option_value *values, int count);

/* ---- rows of a block by class ------------------------------------------------------------------------------------ */

enum { ND_SEPARATION_ROWS = 1024 }; /* most rows of a block */

typedef struct nd_groups {
    int64_t classes, count;
    int64_t *start; /* classes + 1: the rows of class c are order[start[c]], ... */
    int64_t *order;
} nd_groups;
void nd_groups_take(nd_arena *arena, nd_groups *groups, int64_t classes);
/* labels are within range */
void nd_groups_fill(nd_groups *groups, int64_t count, const int64_t *labels);

/* ---- class moments ----------------------------------------------------------------------------------------------- */

/* Of each class: its count, and sums about a center.  The center is the mean of the first `based` samples (at first:
 * one sample) and moves to the mean whenever the count has grown so many times since, so that what is subtracted to get
 * at the scatter is not much larger than the scatter: at most ND_CENTER_GROWTH - 1 times, whatever the samples are (the
 * scatter between the samples before the center moved and those after is part of the scatter). */
enum { ND_CENTER_GROWTH = 4 };
typedef struct nd_moments {
    int64_t classes, width;
    int64_t *counts, *based;
    double *center, *sum; /* classes x width; sum of h - center */
    double *square;       /* sum of |h - center|^2 */
} nd_moments;
void nd_moments_take(nd_arena *arena, nd_moments *moments);
/* The rows of one class. */
void nd_moments_add_f32(nd_moments *moments, const nd_kernels_f32 *k, const nd_groups *groups, int64_t stride,
                        const float *x, int64_t c);
void nd_moments_add_f64(nd_moments *moments, const nd_kernels_f64 *k, const nd_groups *groups, int64_t stride,
                        const double *x, int64_t c);
/* The rows of all classes; classes on different threads where that is worth it.  NNDYN_ECALLBACK if the executor
 * failed: then some classes have their rows and others do not. */
int nd_moments_add(nndyn_context *context, nd_moments *moments, const nd_groups *groups, int dtype, int64_t stride,
                   const void *x);
void nd_moments_merge(nd_moments *moments, const nd_moments *other);
void nd_moments_mean(const nd_moments *moments, int64_t c, double *mean);
/* Sum of squared distances from the mean of the class. */
double nd_moments_scatter(const nd_moments *moments, int64_t c);

/* ---- class means ------------------------------------------------------------------------------------------------- */

typedef struct nd_means {
    int64_t classes, present, width, samples;
    int64_t *place;         /* of a class among those present, -1 if empty */
    double *weight, *share; /* w_c; w_c / n_c */
    double *mean;           /* present x width */
    double *offset;         /* present x width: sqrt(w_c) (m_c - m) */
    double within, between; /* traces; between is 0 if it is so within rounding */
    double floor;           /* squared size of rounding errors in the means */
    nd_arena arena;
} nd_means;
/* NNDYN_ENUMERIC if a trace is not finite. */
int nd_means_create(void *handle, const nd_moments *moments, int by_class, nd_means *out);
void nd_means_free(nd_means *means);

/* ---- the second pass --------------------------------------------------------------------------------------------- */

typedef struct nd_second {
    nd_separation_rule rule;
    nd_means means;
    int64_t width, rank, possible; /* rank that Sigma_B could have */
    double *s;                     /* singular values of the offsets, descending */
    double *directions;            /* rank x width: right singular vectors */
    double *gram;                  /* rank x rank: scatter within along the directions */
    double *scatter;               /* width x width: Sigma_W; NULL unless "inverse" */
    double *rows, *projected;      /* a block of weighted deviations; along the directions */
    int64_t block;
    int64_t *left; /* of each class, samples still to come */
    nd_arena arena;
} nd_second;
/* with_scatter: for D_inverse by Sigma_W. */
int nd_second_create(void *handle, const nd_moments *moments, const nd_separation_rule *rule, int with_scatter,
                     nd_second *out);
/* What it takes with so many classes that have samples. */
double nd_second_bytes(int64_t width, int64_t classes, const nd_separation_rule *rule, int with_scatter);
void nd_second_free(nd_second *second);
/* Rows of either precision; `left` must not run out. */
int nd_second_add(nndyn_context *context, nd_second *second, int dtype, int64_t n, int64_t stride, const void *x,
                  const int64_t *labels);
/* Weighted deviations of rows from the means of their classes, a row of width each. */
void nd_second_deviations(const nd_second *second, int dtype, int64_t n, int64_t stride, const void *x,
                          const int64_t *labels, double *rows);
/* lambda_i ascending (rank of them), and, if not NULL, v_i. */
int nd_second_directions(void *handle, const nd_second *second, double *fuzziness, double *vectors);

/* ---- the report -------------------------------------------------------------------------------------------------- */

typedef struct nd_separation_report {
    double values[NNDYN_SEPARATION_VALUES];
    int flags;
} nd_separation_report;
/* What one pass tells. */
void nd_report_first(const nd_means *means, nd_separation_report *report);
/* D_HS and what belongs to it. */
void nd_report_he_su(const nd_second *second, nd_separation_report *report);
/* D_inverse by the matrix Sigma_W. */
int nd_report_inverse(void *handle, const nd_second *second, nd_separation_report *report);
/* The same by the singular values of n rows of weighted deviations, which are destroyed; for width > n. */
int nd_report_inverse_wide(void *handle, const nd_second *second, int64_t n, double *rows,
                           nd_separation_report *report);
/* The caller's count values. */
void nd_report_copy(const nd_separation_report *report, int64_t count, double *values, int *flags);

/* ---- a separator ------------------------------------------------------------------------------------------------- */

typedef struct nd_separator {
    nd_separation_rule rule;
    nd_moments moments;
    nd_groups groups;
    nd_second *second; /* NULL in the first pass */
    nd_arena arena;
} nd_separator;
/* with_groups: for nd_separator_add (a network's sites share theirs). */
int nd_separator_create(void *handle, int64_t width, int64_t classes, const nd_separation_rule *rule, int with_groups,
                        nd_separator *out);
void nd_separator_free(nndyn_context *context, nd_separator *separator);
/* At most ND_SEPARATION_ROWS rows, checked, with labels in range, to the first pass; fails as nd_moments_add. */
int nd_separator_add(nd_separator *separator, int dtype, int64_t n, int64_t stride, const void *x,
                     const int64_t *labels);
int nd_separator_second(void *handle, nd_separator *separator, int with_scatter);
int nd_separator_report(void *handle, const nd_separator *separator, nd_separation_report *report);

/* Rows finite, or NNDYN_EDATA; labels in 0..classes-1, or NNDYN_EDATA. */
int nd_check_rows(void *handle, int dtype, int64_t n, int64_t width, int64_t stride, const void *x);
int nd_check_labels(void *handle, int64_t n, int64_t classes, const int64_t *labels);
/* Allocates `to` (n) with each label's place among the different ones, ascending. */
int nd_map_labels(void *handle, int64_t n, const int64_t *labels, int64_t **to, int64_t *classes);

/* ---- load curves ------------------------------------------------------------------------------------------------- */

/* count >= 2 points; loads: count - 1 or NULL. */
void nd_load_curve(int64_t count, const double *d, double threshold, double *loads,
                   double values[NNDYN_LOAD_CURVE_VALUES], int *verdict);

/* ---- sites of a network ------------------------------------------------------------------------------------------ */

/* Layers whose outputs are measured, -1 for the input; returns how many and writes the first `capacity`. */
int64_t nd_separation_sites(const nndyn_network *network, int with_outputs, int64_t capacity, int64_t *layers,
                            int64_t *widths);

#endif
