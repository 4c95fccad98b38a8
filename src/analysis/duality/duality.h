/* duality.h - the duality map inside: what counts (the masks), and the pieces the public calls are made of.
 *
 * A plan is read once from the options: which rows and columns of J count, as slices of the parameter vector and as
 * lists of inputs and targets.  Everything else takes a plan and a pass of the engine.  The mathematics is in
 * docs/duality.md. */
#ifndef ND_DUALITY_H
#define ND_DUALITY_H
#include "derivatives/engine.h"
#include "nndyn/duality.h"

/* The options beside those of a pass.  "method" and what follows are known to some calls only. */
enum {
    ND_DUALITY_GAMMA = ND_PASS_OPTIONS,
    ND_DUALITY_COLUMNS,
    ND_DUALITY_LAYERS,
    ND_DUALITY_PARAMETERS,
    ND_DUALITY_METHOD,
    ND_DUALITY_REFERENCE,
    ND_DUALITY_TOLERANCE,
    ND_DUALITY_ITERATIONS,
    ND_DUALITY_SEED,
    ND_DUALITY_OPTIONS
};

/* Which of these a call knows (`with_method` below). */
enum { ND_DUALITY_KNOWS_NEITHER = 0, ND_DUALITY_KNOWS_METHOD, ND_DUALITY_KNOWS_MODES };

/* Choices of "method", in the order of its text. */
enum { ND_METHOD_AUTO = 0, ND_METHOD_GRAM, ND_METHOD_JACOBIAN, ND_METHOD_OPERATOR };

/* Weights or biases of one layer: neighbors in the parameter vector and in the rows of J. */
typedef struct nd_slice {
    int64_t layer;
    int part;             /* ND_WEIGHTS or ND_BIASES */
    int64_t first, count; /* in the parameter vector */
    int64_t row;          /* its first row of J */
} nd_slice;

typedef struct nd_duality {
    nndyn_network *network; /* not to be asked by operators: it may have grown since */
    int64_t n, inputs, outputs, parameters;
    double gamma;
    int method;  /* resolved: never ND_METHOD_AUTO */
    int coupled; /* batch norm in training mode: a sample's column reaches every sample */
    nd_option_value options[ND_DUALITY_OPTIONS];
    int64_t input_count, target_count;
    int64_t *input, *target; /* the boundary variables that count, ascending; targets numbered from 0 */
    int64_t slice_count;
    nd_slice *slices;
    unsigned char *parts; /* per layer, for nd_tangent_gram */
    int64_t rows, per_sample, columns;
    nd_arena arena;
} nd_duality;

/* Read a comma-separated list of numbers and ranges below `count` into chosen[count], 0 or 1 each; NULL chooses all.
 * The words (ended by NULL; may itself be NULL) stand for ranges of their own. */
typedef struct nd_list_word {
    const char *name;
    int64_t first, count;
} nd_list_word;
int nd_list_read(void *handle, const char *option, const char *text, int64_t count, const nd_list_word *words,
                 unsigned char *chosen);

/* Read the options for a batch of n; with_method: ND_DUALITY_KNOWS_*. */
int nd_duality_create(nndyn_network *network, int64_t n, const nndyn_options *options, int with_method,
                      nd_duality **out);
void nd_duality_free(nndyn_context *context, nd_duality *duality);
double nd_duality_bytes(const nd_duality *duality);
/* x and t there and finite. */
int nd_duality_check_batch(const nd_duality *duality, const double *x, const double *t);
/* NNDYN_ENUMERIC if a result is not finite. */
int nd_duality_check_result(const nd_duality *duality, int64_t count, const double *values, const char *what);
/* Between all P parameters and the rows of J. */
void nd_duality_compress(const nd_duality *duality, const double *all, double factor, double *rows);
void nd_duality_expand(const nd_duality *duality, const double *rows, double *all);

/* Columns in blocks: the inputs that count, then the targets, each group cut so that the tangents of a block fit in
 * memory. */
typedef struct nd_cut {
    int64_t input_rep, target_rep; /* columns of a block, at most */
    int64_t input_blocks, target_blocks;
    double bytes; /* of the blocks that are in memory at a time, and of the scratch memory for them */
} nd_cut;
typedef struct nd_block {
    int targets;
    int64_t first, count; /* in input[] or target[] */
    int64_t column;       /* its first column among those of a sample */
} nd_block;
typedef struct nd_workload {
    int live;     /* how many blocks are in memory at a time, 1 or 2 */
    double fixed; /* bytes there whatever the blocks */
    double (*scratch)(const nd_duality *duality, const nd_cut *cut);
} nd_workload;
nd_cut nd_duality_cut(const nd_duality *duality, const nd_workload *work);
nd_block nd_duality_block(const nd_duality *duality, const nd_cut *cut, int64_t index);
/* The tangents of one block, forward and backward. */
int nd_duality_tangent(const nd_duality *duality, const nd_pass *pass, const nd_block *block, nd_tangent **out);

/* Products with J and J', one at a time, on the columns and rows that count. */
typedef struct nd_products {
    const nd_duality *duality;
    nd_pass *pass;
    nd_tangent *tangent;
    double *tdot;   /* n x outputs */
    double *vector; /* P */
    nd_arena arena;
} nd_products;
int nd_products_create(const nd_duality *duality, const double *x, const double *t, int copy, nd_products **out);
void nd_products_free(nndyn_context *context, nd_products *products);
/* Where samples are coupled a matrix is made of products, one column or row at a time: `fill` gets them together with a
 * unit vector (columns numbers, zeroed) and, behind it, room for `rows` numbers. */
typedef int (*nd_products_filler)(const nd_duality *duality, nd_products *products, nd_task *task, double *work,
                                  double *out);
int nd_products_fill(const nd_duality *duality, const double *x, const double *t, nd_task *task,
                     nd_products_filler fill, double *out);
double nd_products_bytes(const nd_duality *duality, int copy);
int nd_products_jvp(nd_products *products, void *handle, const double *v, double *qdot);
int nd_products_vjp(nd_products *products, void *handle, const double *u, double *vbar);

/* J as an operator; within a call on the network.  with_method as in nd_duality_create. */
int nd_duality_operator_create(nndyn_network *network, int64_t n, const double *x, const double *t,
                               const nndyn_options *options, int with_method, nndyn_operator **out);

/* Laws of single samples (reduced.c), u in rows of J: out (n) = u . Delta(x_s, t_s), whatever the reduction. */
int nd_duality_along(const nd_duality *duality, int64_t n, const double *x, const double *t, const double *u,
                     double *out);
/* Mean of x and t over the samples, inputs and then outputs. */
void nd_duality_mean(const nd_duality *duality, const double *x, const double *t, double *mean);
int nd_duality_check_independent(const nd_duality *duality, const char *what);

/* J (rows x columns). */
int nd_duality_fill_jacobian(const nd_duality *duality, const double *x, const double *t, double *jacobian);
/* J'J in an order of columns of its own, block after block: nd_duality_places tells the column of J at each place. */
int nd_duality_fill_gram(const nd_duality *duality, const double *x, const double *t, double *gram);
void nd_duality_places(const nd_duality *duality, int64_t *column);
/* What these take, the matrix and a list of its columns included. */
double nd_duality_jacobian_bytes(const nd_duality *duality);
double nd_duality_gram_bytes(const nd_duality *duality);
double nd_duality_jacobian_flops(const nd_duality *duality);
double nd_duality_gram_flops(const nd_duality *duality);
/* Flops of one product with all dense weights: half a forward and backward pass, a quarter of a product with J. */
double nd_duality_sweep(const nd_duality *duality);
double nd_duality_tangent_flops(const nd_duality *duality);

/* What a call takes; calls check it against the context's limit before they start. */
typedef struct nd_cost {
    double bytes, flops;
} nd_cost;
/* what: NNDYN_DUALITY_*. */
nd_cost nd_duality_cost(const nd_duality *duality, int what);
int nd_duality_admit(const nd_duality *duality, int what);
/* What an allocation takes beyond its size: alignment and the allocator's note. */
enum { ND_DUALITY_OVERHEAD = 136 };
double nd_duality_pass_bytes(const nd_duality *duality, int order, int copy);

#endif
