/* J, J'J, spectrum and operator of all kinds of layers and modes: against products, differences of the map and each
 * other; masks, reductions, blocks, threads. */
#include "duality_support.h"

/* A network, a batch and options, and its dense J. */
typedef struct bench {
    nndyn_context *context;
    nndyn_network *network;
    nndyn_options *options;
    int64_t n, inputs, outputs, rows, columns;
    double *x, *t, *j;
} bench;

static void bench_open(bench *b, nndyn_network *network, nndyn_options *options, int64_t n)
{
    b->network = network;
    b->options = options;
    b->n = n;
    nt_ok(network, nndyn_network_shape(network, &b->inputs, &b->outputs, NULL, NULL, NULL));
    nt_ok(network, nndyn_duality_shape(network, n, options, &b->rows, &b->columns));
    b->x = random_array(21, n * b->inputs);
    b->t = random_array(22, n * b->outputs);
    b->j = zeros(b->rows * b->columns);
    nt_ok(network, nndyn_duality_jacobian(network, n, b->x, b->t, options, b->j));
}

static void bench_close(bench *b)
{
    free(b->x), free(b->t), free(b->j);
}

/* ---- J against everything else ----------------------------------------------------------------------------------- */

/* Needs all columns: entry c of sample s is its input or target c. */
static double *entry_of(const bench *b, double *x, double *t, int64_t column)
{
    int64_t width = b->inputs + b->outputs, s = column / width, c = column % width;
    return c < b->inputs ? &x[s * b->inputs + c] : &t[s * b->outputs + c - b->inputs];
}

static void check_differences(const bench *b)
{
    double *up = zeros(b->rows), *down = zeros(b->rows), step = 1e-5;
    double *difference = zeros(b->rows * b->columns);
    for (int64_t c = 0; c < b->columns; c++) {
        double *entry = entry_of(b, b->x, b->t, c), kept = *entry;
        *entry = kept + step;
        nt_ok(b->network, nndyn_duality_apply(b->network, b->n, b->x, b->t, b->options, up));
        *entry = kept - step;
        nt_ok(b->network, nndyn_duality_apply(b->network, b->n, b->x, b->t, b->options, down));
        *entry = kept;
        for (int64_t p = 0; p < b->rows; p++) {
            difference[p * b->columns + c] = (up[p] - down[p]) / (2 * step);
        }
    }
    double scale = largest(b->rows * b->columns, b->j);
    assert_true(scale > 1e-3);
    nt_close(b->j, difference, b->rows * b->columns, 0, 2e-8 * (1 + scale));
    free(up), free(down), free(difference);
}

static void check_products(const bench *b)
{
    double *xdot = zeros(b->n * b->inputs), *tdot = zeros(b->n * b->outputs), *qdot = zeros(b->rows);
    double *xbar = zeros(b->n * b->inputs), *tbar = zeros(b->n * b->outputs), *u = random_array(5, b->rows);
    double scale = 1e-13 * (1 + largest(b->rows * b->columns, b->j));
    for (int64_t c = 0; c < b->columns; c++) {
        *entry_of(b, xdot, tdot, c) = 1;
        nt_ok(b->network, nndyn_duality_jvp(b->network, b->n, b->x, b->t, xdot, tdot, b->options, qdot));
        *entry_of(b, xdot, tdot, c) = 0;
        for (int64_t p = 0; p < b->rows; p++) {
            assert_close(qdot[p], b->j[p * b->columns + c], 0, scale);
        }
    }
    nt_ok(b->network, nndyn_duality_vjp(b->network, b->n, b->x, b->t, u, b->options, xbar, tbar));
    for (int64_t c = 0; c < b->columns; c++) {
        double want = 0;
        for (int64_t p = 0; p < b->rows; p++) {
            want += b->j[p * b->columns + c] * u[p];
        }
        assert_close(*entry_of(b, xbar, tbar, c), want, 0, 20 * scale);
    }
    free(xdot), free(tdot), free(qdot), free(xbar), free(tbar), free(u);
}

static void check_gram(const bench *b, double tolerance)
{
    double *gram = zeros(b->columns * b->columns), *want = zeros(b->columns * b->columns);
    nt_ok(b->network, nndyn_duality_gram(b->network, b->n, b->x, b->t, b->options, gram));
    for (int64_t p = 0; p < b->rows; p++) {
        for (int64_t c = 0; c < b->columns; c++) {
            for (int64_t d = 0; d < b->columns; d++) {
                want[c * b->columns + d] += b->j[p * b->columns + c] * b->j[p * b->columns + d];
            }
        }
    }
    nt_close(gram, want, b->columns * b->columns, 0, tolerance * (1 + largest(b->columns, want)));
    for (int64_t c = 0; c < b->columns; c++) {
        for (int64_t d = 0; d < c; d++) {
            assert_true(gram[c * b->columns + d] == gram[d * b->columns + c]);
        }
    }
    free(gram), free(want);
}

/* Adds "method" to the options: comes last, since only the spectrum knows it. */
static void check_spectrum(const bench *b)
{
    static const char *const methods[] = {"jacobian", "gram", "operator", "auto"};
    double *s[4], norm = 0;
    for (int k = 0; k < 4; k++) {
        s[k] = zeros(b->columns);
        set_text(b->options, "method", methods[k]);
        nt_ok(b->network, nndyn_duality_singular_values(b->network, b->n, b->x, b->t, b->options, s[k]));
    }
    /* Values near zero: the Gram matrix keeps them to the root of the rounding only. */
    nt_close(s[1], s[0], b->columns, 0, 3e-8 * s[0][0]);
    nt_close(s[2], s[0], b->columns, 0, 1e-9 * s[0][0]);
    nt_close(s[3], s[0], b->columns, 0, 0);
    for (int64_t i = 0; i < b->columns; i++) {
        norm += s[0][i] * s[0][i];
    }
    assert_close(norm, dot(b->rows * b->columns, b->j, b->j), 1e-12, 0);
    for (int k = 0; k < 4; k++) {
        free(s[k]);
    }
}

static void check_operator(const bench *b)
{
    nndyn_operator *op;
    int64_t rows, columns;
    int symmetric;
    nt_ok(b->network, nndyn_duality_operator(b->network, b->n, b->x, b->t, b->options, &op));
    nt_ok(op, nndyn_operator_shape(op, &rows, &columns, &symmetric));
    assert_true(rows == b->rows && columns == b->columns && symmetric == 0);
    double *v = random_array(31, columns), *u = random_array(32, rows), *jv = zeros(rows), *ju = zeros(columns);
    double scale = 1e-12 * (1 + largest(b->rows * b->columns, b->j));
    nt_ok(op, nndyn_operator_apply(op, v, jv));
    nt_ok(op, nndyn_operator_apply_transposed(op, u, ju));
    for (int64_t p = 0; p < rows; p++) {
        assert_close(jv[p], dot(columns, b->j + p * columns, v), 0, scale);
    }
    for (int64_t c = 0; c < columns; c++) {
        double want = 0;
        for (int64_t p = 0; p < rows; p++) {
            want += b->j[p * columns + c] * u[p];
        }
        assert_close(ju[c], want, 0, 10 * scale);
    }
    nndyn_operator_free(op);
    free(v), free(u), free(jv), free(ju);
}

/* `set` sets options, none of them a mask on columns. */
typedef void (*setting)(nndyn_options *options);
static void check_all(nndyn_network *network, nndyn_context *context, setting set, int64_t n)
{
    bench b;
    nndyn_options *options = make_options(context);
    if (set != NULL) {
        set(options);
    }
    bench_open(&b, network, options, n);
    check_differences(&b);
    check_products(&b);
    check_gram(&b, 1e-14);
    check_operator(&b);
    check_spectrum(&b);
    bench_close(&b);
    nndyn_options_free(options);
}

/* ---- networks ---------------------------------------------------------------------------------------------------- */

static nndyn_options *ntk_options(nndyn_context *context)
{
    nndyn_options *options = make_options(context);
    set_text(options, "parametrization", "ntk");
    nt_ok(options, nndyn_options_set_double(options, "weight_scale", 1.5));
    nt_ok(options, nndyn_options_set_double(options, "bias_scale", 0.3));
    return options;
}

static void finish(nndyn_network *network, int loss)
{
    nt_ok(network, nndyn_network_set_loss(network, loss));
    set_reference_parameters(network);
}

static nndyn_network *plain(nndyn_context *context)
{
    return make_reference(context, NNDYN_F64, NNDYN_TANH, NNDYN_SIGMOID, NNDYN_SQUARED_ERROR);
}

/* NTK parametrization, a layer without biases, and softmax. */
static nndyn_network *factors(nndyn_context *context)
{
    nndyn_network *network;
    nndyn_options *ntk = ntk_options(context), *bare = make_options(context);
    nt_ok(bare, nndyn_options_set_integer(bare, "bias", 0));
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, 4, &network));
    nt_ok(network, nndyn_network_add_dense_with(network, 5, NNDYN_SOFTPLUS, ntk));
    nt_ok(network, nndyn_network_add_dense_with(network, 3, NNDYN_IDENTITY, bare));
    nndyn_options_free(ntk);
    nndyn_options_free(bare);
    finish(network, NNDYN_SOFTMAX_CROSS_ENTROPY);
    return network;
}

/* Batch norm with its own statistics, nested residual blocks, dropout. */
static nndyn_network *rich(nndyn_context *context, double rate, int batch_norm)
{
    nndyn_network *network;
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, 3, &network));
    nt_ok(network, nndyn_network_add_dense(network, 5, NNDYN_TANH));
    if (batch_norm) {
        const double statistics[10] = {0.1, -0.2, 0.3, 0.05, -0.1, 0.5, 0.7, 1.2, 0.9, 0.4};
        nt_ok(network, nndyn_network_add_batch_norm(network, NULL));
        nt_ok(network, nndyn_network_set_statistics(network, 10, statistics));
    }
    nt_ok(network, nndyn_network_begin_residual(network));
    nt_ok(network, nndyn_network_add_dense(network, 5, NNDYN_SILU));
    nt_ok(network, nndyn_network_begin_residual(network));
    nt_ok(network, nndyn_network_add_activation(network, NNDYN_ARCTAN, NULL));
    nt_ok(network, nndyn_network_end_residual(network));
    nt_ok(network, nndyn_network_end_residual(network));
    if (rate > 0) {
        nt_ok(network, nndyn_network_add_dropout(network, rate));
    }
    nt_ok(network, nndyn_network_add_dense(network, 2, NNDYN_TANH));
    finish(network, NNDYN_LOG_COSH);
    return network;
}

/* What begins with something else than a dense layer: batch norm, then a residual block. */
static nndyn_network *odd_start(nndyn_context *context, int kind)
{
    nndyn_network *network;
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, 3, &network));
    if (kind == NNDYN_BATCH_NORM) {
        nt_ok(network, nndyn_network_add_batch_norm(network, NULL));
    } else if (kind == NNDYN_ACTIVATION) {
        nt_ok(network, nndyn_network_add_activation(network, NNDYN_SIN, NULL));
    }
    nt_ok(network, nndyn_network_begin_residual(network));
    nt_ok(network, nndyn_network_add_dense(network, 3, NNDYN_GELU));
    nt_ok(network, nndyn_network_end_residual(network));
    nt_ok(network, nndyn_network_add_dense(network, 2, NNDYN_IDENTITY));
    finish(network, NNDYN_BINARY_CROSS_ENTROPY);
    return network;
}

static void check_and_free(nndyn_network *network, nndyn_context *context, setting set, int64_t n)
{
    check_all(network, context, set, n);
    nndyn_network_free(network);
}

static void sum_with_gamma(nndyn_options *options)
{
    nt_ok(options, nndyn_options_set_double(options, "gamma", -2.5));
    set_text(options, "reduction", "sum");
}

static void in_training(nndyn_options *options)
{
    set_text(options, "mode", "training");
    nt_ok(options, nndyn_options_set_integer(options, "step", 7));
}

static void test_dense(void **state)
{
    (void)state;
    nndyn_context *context = make_context();
    check_and_free(plain(context), context, NULL, 1);
    check_and_free(plain(context), context, NULL, 7);
    check_and_free(factors(context), context, NULL, 1);
    check_and_free(factors(context), context, NULL, 4);
    check_and_free(plain(context), context, sum_with_gamma, 3);
    nndyn_context_free(context);
}

static void test_layers_in_evaluation(void **state)
{
    (void)state;
    nndyn_context *context = make_context();
    check_and_free(rich(context, 0.3, 1), context, NULL, 1);
    check_and_free(rich(context, 0.3, 1), context, NULL, 4);
    check_and_free(odd_start(context, NNDYN_BATCH_NORM), context, NULL, 3);
    check_and_free(odd_start(context, NNDYN_ACTIVATION), context, NULL, 3);
    check_and_free(odd_start(context, NNDYN_RESIDUAL_BEGIN), context, NULL, 2);
    nndyn_context_free(context);
}

/* The mask of dropout is that of the step, for every sample, and is held through all calls. */
static void test_dropout_in_training(void **state)
{
    (void)state;
    nndyn_context *context = make_context();
    nndyn_options *options = make_options(context);
    nndyn_network *network = rich(context, 0.4, 0);
    check_all(network, context, in_training, 5);
    bench at_7, at_8;
    in_training(options);
    bench_open(&at_7, network, options, 5);
    nt_ok(options, nndyn_options_set_integer(options, "step", 8));
    bench_open(&at_8, network, options, 5);
    assert_true(memcmp(at_7.j, at_8.j, (size_t)(at_7.rows * at_7.columns) * sizeof(double)) != 0);
    bench_close(&at_7);
    bench_close(&at_8);
    nndyn_network_free(network);
    nndyn_options_free(options);
    nndyn_context_free(context);
}

static void test_batch_norm_in_training(void **state)
{
    (void)state;
    nndyn_context *context = make_context();
    check_and_free(rich(context, 0, 1), context, in_training, 4);
    check_and_free(rich(context, 0.3, 1), context, in_training, 5);
    check_and_free(odd_start(context, NNDYN_BATCH_NORM), context, in_training, 4);
    nndyn_context_free(context);
}

/* Batch J = (1/n) times the J of each sample, side by side; the sum leaves 1/n out. */
static void test_reductions(void **state)
{
    (void)state;
    enum { N = 4 };
    nndyn_context *context = make_context();
    nndyn_options *options = make_options(context);
    nndyn_network *network = plain(context);
    bench mean, sum;
    double one[REF_P * REF_ND], *want = zeros(REF_P * REF_ND * N), *scaled = zeros(REF_P * REF_ND * N);
    bench_open(&mean, network, options, N);
    set_text(options, "reduction", "sum");
    bench_open(&sum, network, options, N);
    for (int s = 0; s < N; s++) {
        nt_ok(network, nndyn_duality_jacobian(network, 1, mean.x + s * REF_IN, mean.t + s * REF_OUT, NULL, one));
        for (int i = 0; i < REF_P * REF_ND; i++) {
            want[i / REF_ND * mean.columns + s * REF_ND + i % REF_ND] = one[i];
        }
    }
    for (int i = 0; i < REF_P * REF_ND * N; i++) {
        scaled[i] = N * mean.j[i];
    }
    nt_close(sum.j, want, REF_P * REF_ND * N, 0, 1e-15);
    nt_close(scaled, want, REF_P * REF_ND * N, 0, 1e-15);
    free(want), free(scaled);
    bench_close(&mean);
    bench_close(&sum);
    nndyn_network_free(network);
    nndyn_options_free(options);
    nndyn_context_free(context);
}

/* ---- masks ------------------------------------------------------------------------------------------------------- */

typedef struct mask {
    const char *columns, *layers, *parameters;
    const char *kept_columns; /* '1' for each boundary variable that counts */
    const char *kept_layers;  /* likewise layers */
} mask;

/* Reference network: layers dense, tanh, dense, tanh, dense, sigmoid. */
static const mask masks[] = {
    {"inputs", "all", "all", "11100", "111111"},
    {"targets", "all", "all", "00011", "111111"},
    {"0", "all", "all", "10000", "111111"},
    {"all", "0", "all", "11111", "100000"},
    {"all", "2-4", "weights", "11111", "001110"},
    {"all", "all", "biases", "11111", "111111"},
    {" 4 , 1-2,2 ", "4,0", "biases", "01101", "100010"},
    {"targets,0-1", "1-5", "weights", "11011", "011111"},
};

static int counts(nndyn_network *network, const mask *m, int64_t row)
{
    int64_t layers;
    nt_ok(network, nndyn_network_shape(network, NULL, NULL, &layers, NULL, NULL));
    for (int64_t l = 0; l < layers; l++) {
        int64_t inputs, outputs, first, count;
        nt_ok(network, nndyn_network_layer(network, l, NULL, NULL, &inputs, &outputs, &first, &count));
        if (row >= first && row < first + count) {
            int bias = row >= first + inputs * outputs;
            return m->kept_layers[l] == '1' && strcmp(m->parameters, bias ? "weights" : "biases") != 0;
        }
    }
    fail();
    return 0;
}

static int64_t cut_out(const bench *all, const mask *m, double *part)
{
    int64_t kept = 0;
    for (int64_t p = 0; p < all->rows; p++) {
        for (int64_t c = 0; counts(all->network, m, p) && c < all->columns; c++) {
            if (m->kept_columns[c % REF_ND] == '1') {
                part[kept++] = all->j[p * all->columns + c];
            }
        }
    }
    return kept;
}

static void test_masks(void **state)
{
    (void)state;
    nndyn_context *context = make_context();
    nndyn_network *network = plain(context);
    bench all, part;
    bench_open(&all, network, NULL, 3);
    for (size_t k = 0; k < sizeof masks / sizeof masks[0]; k++) {
        double *want = zeros(all.rows * all.columns);
        nndyn_options *options = make_options(context);
        set_text(options, "columns", masks[k].columns);
        set_text(options, "layers", masks[k].layers);
        set_text(options, "parameters", masks[k].parameters);
        bench_open(&part, network, options, 3);
        assert_int_equal(cut_out(&all, &masks[k], want), part.rows * part.columns);
        nt_close(part.j, want, part.rows * part.columns, 0, 1e-15);
        check_gram(&part, 1e-14);
        check_operator(&part);
        check_spectrum(&part);
        bench_close(&part);
        nndyn_options_free(options);
        free(want);
    }
    bench_close(&all);
    nndyn_network_free(network);
    nndyn_context_free(context);
}

/* Masks of products: what does not count is ignored going in and zero coming out; the map is cut to the rows. */
static void test_masked_products(void **state)
{
    (void)state;
    enum { N = 2 };
    nndyn_context *context = make_context();
    nndyn_network *network = plain(context);
    nndyn_options *options = make_options(context);
    double *x = random_array(1, N * REF_IN), *t = random_array(2, N * REF_OUT), q[REF_P], part[REF_P], want[REF_P];
    double xdot[N * REF_IN], tdot[N * REF_OUT], xbar[N * REF_IN], tbar[N * REF_OUT];
    nt_ok(network, nndyn_duality_apply(network, N, x, t, NULL, q));
    set_text(options, "columns", "1,3");
    set_text(options, "layers", "2");
    set_text(options, "parameters", "biases");
    nt_ok(network, nndyn_duality_apply(network, N, x, t, options, part));
    nt_close(part, q + 20 + 20, 4, 0, 0);
    nt_uniform(3, N * REF_IN, -1, 1, xdot);
    nt_uniform(4, N * REF_OUT, -1, 1, tdot);
    nt_ok(network, nndyn_duality_jvp(network, N, x, t, xdot, tdot, options, part));
    for (int s = 0; s < N; s++) {
        xdot[s * REF_IN] = xdot[s * REF_IN + 2] = 100;
        tdot[s * REF_OUT + 1] = -100;
    }
    nt_ok(network, nndyn_duality_jvp(network, N, x, t, xdot, tdot, options, want));
    nt_close(part, want, 4, 0, 0);
    nt_ok(network, nndyn_duality_vjp(network, N, x, t, q, options, xbar, tbar));
    for (int s = 0; s < N; s++) {
        assert_true(xbar[s * REF_IN] == 0 && xbar[s * REF_IN + 1] != 0 && xbar[s * REF_IN + 2] == 0);
        assert_true(tbar[s * REF_OUT] != 0 && tbar[s * REF_OUT + 1] == 0);
    }
    free(x), free(t);
    nndyn_options_free(options);
    nndyn_network_free(network);
    nndyn_context_free(context);
}

/* ---- an operator is a snapshot ----------------------------------------------------------------------------------- */

static void test_snapshot(void **state)
{
    (void)state;
    nndyn_context *context = make_context();
    nndyn_network *network = plain(context);
    nndyn_operator *op;
    double x[REF_IN], t[REF_OUT], v[REF_ND] = {1, 2, 3, 4, 5}, before[REF_P], after[REF_P], u[REF_P], back[REF_ND];
    double theta[REF_P] = {0};
    memcpy(x, ref_x, sizeof x);
    memcpy(t, ref_t, sizeof t);
    nt_uniform(1, REF_P, -1, 1, u);
    nt_ok(network, nndyn_duality_operator(network, 1, x, t, NULL, &op));
    nt_ok(op, nndyn_operator_apply(op, v, before));
    x[0] = t[0] = 9;
    nt_ok(network, nndyn_network_set_parameters(network, REF_P, theta));
    nt_ok(network, nndyn_network_add_dense(network, 7, NNDYN_TANH));
    nt_ok(op, nndyn_operator_apply_transposed(op, u, back));
    nt_ok(op, nndyn_operator_apply(op, v, after));
    nt_close(after, before, REF_P, 0, 0);
    nndyn_network_free(network);
    nndyn_context_free(context);
    nt_ok(op, nndyn_operator_apply(op, v, after));
    nt_close(after, before, REF_P, 0, 0);
    assert_close(dot(REF_P, u, after), dot(REF_ND, back, v), 1e-13, 0);
    nndyn_operator_free(op);
}

/* ---- blocks and threads ------------------------------------------------------------------------------------------ */

static nndyn_network *wide(nndyn_context *context)
{
    nndyn_network *network;
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, 40, &network));
    nt_ok(network, nndyn_network_add_dense(network, 64, NNDYN_TANH));
    nt_ok(network, nndyn_network_add_dense(network, 48, NNDYN_SOFTPLUS));
    nt_ok(network, nndyn_network_add_dense(network, 10, NNDYN_IDENTITY));
    nt_ok(network, nndyn_network_set_loss(network, NNDYN_SOFTMAX_CROSS_ENTROPY));
    return network;
}

typedef int matrix_call(nndyn_network *network, int64_t n, const double *x, const double *t,
                        const nndyn_options *options, double *matrix);

/* Less and less memory: more and more blocks, the same matrix (J, or J'J), until the call is refused.  Returns how
 * often it passed. */
static int shrink(nndyn_network *network, nndyn_context *context, nt_allocator *memory, int gram, int64_t n)
{
    matrix_call *call = gram ? nndyn_duality_gram : nndyn_duality_jacobian;
    int64_t rows, columns, bytes;
    int passed = 0, status = NNDYN_OK, what = gram ? NNDYN_DUALITY_GRAM : NNDYN_DUALITY_JACOBIAN;
    nndyn_options *options = make_options(context);
    set_text(options, "parameters", "biases"); /* so that J is small beside its tangents */
    nt_ok(network, nndyn_duality_shape(network, n, options, &rows, &columns));
    int64_t entries = (gram ? columns : rows) * columns;
    double *x = random_array(1, n * 40), *t = random_array(2, n * 10), *want = zeros(entries), *got = zeros(entries);
    nt_ok(network, call(network, n, x, t, options, want));
    nt_ok(network, nndyn_duality_forecast(network, n, what, options, &bytes, NULL));
    for (int64_t limit = bytes - 1; status == NNDYN_OK; limit = limit * 19 / 20) {
        nt_ok(context, nndyn_context_set_memory_limit(context, limit));
        nt_ok(network, nndyn_duality_forecast(network, n, what, options, &bytes, NULL));
        int64_t live = memory->live_bytes;
        memory->peak_bytes = live;
        memset(got, 0, (size_t)entries * sizeof *got);
        status = call(network, n, x, t, options, got);
        assert_true(memory->peak_bytes - live <= limit);
        assert_true((bytes <= limit) == (status == NNDYN_OK));
        if (status == NNDYN_OK) {
            nt_close(got, want, entries, 0, 1e-13);
            passed++;
        }
    }
    assert_int_equal(status, NNDYN_ELIMIT);
    nt_ok(context, nndyn_context_set_memory_limit(context, 0));
    nndyn_options_free(options);
    free(x), free(t), free(want), free(got);
    return passed;
}

static void test_memory_limits(void **state)
{
    (void)state;
    nt_allocator memory = {0};
    nndyn_context *context = nt_context(&memory);
    nndyn_network *network = wide(context);
    for (int k = 0; k < 2; k++) {
        assert_true(shrink(network, context, &memory, k, 1) >= 10);
        assert_true(shrink(network, context, &memory, k, 3) >= 10);
    }
    nndyn_network_free(network);
    nndyn_context_free(context);
    nt_no_leak(&memory);
}

/* Everything a thread count could change, in one array. */
static double *all_results(int64_t threads, int64_t *count)
{
    enum { N = 6 };
    nndyn_context *context = make_context();
    nt_ok(context, nndyn_context_set_threads(context, threads));
    nndyn_network *network = wide(context);
    nndyn_options *options = make_options(context);
    int64_t rows, columns;
    set_text(options, "layers", "2-4");
    nt_ok(network, nndyn_duality_shape(network, N, options, &rows, &columns));
    double *x = random_array(1, N * 40), *t = random_array(2, N * 10), *u = random_array(3, rows);
    *count = rows + rows * columns + columns * columns + rows + columns + columns;
    double *results = zeros(*count), *at = results;
    nt_ok(network, nndyn_duality_apply(network, N, x, t, options, at));
    nt_ok(network, nndyn_duality_jacobian(network, N, x, t, options, at += rows));
    nt_ok(network, nndyn_duality_gram(network, N, x, t, options, at += rows * columns));
    nt_ok(network, nndyn_duality_jvp(network, N, x, t, x, t, options, at += columns * columns));
    at += rows;
    nt_ok(network, nndyn_duality_vjp(network, N, x, t, u, options, at, at + N * 40));
    set_text(options, "method", "gram");
    nt_ok(network, nndyn_duality_singular_values(network, N, x, t, options, at + columns));
    free(x), free(t), free(u);
    nndyn_options_free(options);
    nndyn_network_free(network);
    nndyn_context_free(context);
    return results;
}

static void test_threads(void **state)
{
    (void)state;
    int64_t one, eight;
    double *alone = all_results(1, &one), *together = all_results(8, &eight);
    assert_int_equal(one, eight);
    assert_memory_equal(alone, together, (size_t)one * sizeof(double));
    free(alone), free(together);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dense),
        cmocka_unit_test(test_layers_in_evaluation),
        cmocka_unit_test(test_dropout_in_training),
        cmocka_unit_test(test_batch_norm_in_training),
        cmocka_unit_test(test_reductions),
        cmocka_unit_test(test_masks),
        cmocka_unit_test(test_masked_products),
        cmocka_unit_test(test_snapshot),
        cmocka_unit_test(test_memory_limits),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests_name("duality matrices", tests, NULL, NULL);
}
