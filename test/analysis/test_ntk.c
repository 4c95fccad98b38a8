/* The tangent kernel against explicit Jacobians, its golden figures, finite differences, and itself in other blocks. */
#include "analysis/ntk_fixture.h"
#include "derivatives/kernel.h"
#include "linalg/linalg.h"

static nndyn_context *context_of(int64_t threads)
{
    nndyn_context *context;
    assert_int_equal(nndyn_context_create(&context), NNDYN_OK);
    nt_ok(context, nndyn_context_set_threads(context, threads));
    return context;
}

/* ---- golden figures ---------------------------------------------------------------------------------------------- */

static void golden_figures(void **state)
{
    static const double trace[4] = {2.158266840084867, 0.232392196204696, 0.232392196204696, 1.854740948986532};
    static const double eigenvalues[4] = {0.8047412149528, 1.37317974283426, 2.25891410944025, 3.58918051091548};
    static const double row[4] = {0.23751712094361, 0.17707318814526, 0.90063966978593, 0.24410410089557};
    nndyn_context *context = context_of(1);
    nndyn_network *network = golden_network(context, NNDYN_TANH);
    double kernel[16], outputs[4], values[4], rows[8], diagonal[4];
    (void)state;
    nt_ok(network, nndyn_network_forward(network, 2, golden_x, outputs));
    nt_close(outputs, golden_outputs, 4, 0, 1e-13);
    nt_ok(network, nndyn_network_forward(network, 1, golden_test_x, outputs));
    nt_close(outputs, golden_test_outputs, 2, 0, 1e-13);
    nt_ok(network, nndyn_ntk(network, 2, golden_x, 0, NULL, NNDYN_NTK_FULL, NULL, kernel));
    nt_close(kernel, golden_kernel, 16, 0, 1e-12);
    nt_ok(network, nd_symmetric_eigen(network, 4, kernel, 0, values));
    nt_close(values, eigenvalues, 4, 0, 1e-12);
    nt_ok(network, nndyn_ntk(network, 2, golden_x, 0, NULL, NNDYN_NTK_TRACE, NULL, kernel));
    nt_close(kernel, trace, 4, 0, 1e-12);
    nt_ok(network, nndyn_ntk(network, 2, golden_x, 0, NULL, NNDYN_NTK_DIAGONAL, NULL, diagonal));
    for (int i = 0; i < 4; i++) {
        nt_near(diagonal[i], golden_kernel[5 * i], 1e-12);
    }
    nt_ok(network, nndyn_ntk(network, 1, golden_test_x, 2, golden_x, NNDYN_NTK_FULL, NULL, rows));
    nt_close(rows, row, 4, 0, 1e-12);
    nndyn_network_free(network);
    nndyn_context_free(context);
}

static void golden_other_forms(void **state)
{
    nndyn_context *context = context_of(1);
    nndyn_network *network = golden_network(context, NNDYN_TANH);
    nndyn_options *options = options_of(context);
    double kernel[16];
    (void)state;
    nt_ok(options, nndyn_options_set_text(options, "parametrization", "standard"));
    nt_ok(network, nndyn_ntk(network, 2, golden_x, 0, NULL, NNDYN_NTK_FULL, options, kernel));
    nt_near(kernel[0], 4.097486334252265, 1e-12);
    nt_near(kernel[1], 2.32488474153361, 1e-12);
    nt_near(kernel[15], 3.315564293782158, 1e-12);
    nndyn_options_free(options);
    nndyn_network_free(network);
    network = golden_network(context, NNDYN_ERF);
    nt_ok(network, nndyn_ntk(network, 2, golden_x, 0, NULL, NNDYN_NTK_FULL, NULL, kernel));
    nt_near(kernel[0], 2.445244669470667, 1e-12);
    nt_near(kernel[15], 2.047592649370877, 1e-12);
    nndyn_network_free(network);
    network = golden_network(context, NNDYN_RELU);
    nt_ok(network, nndyn_ntk(network, 2, golden_x, 0, NULL, NNDYN_NTK_FULL, NULL, kernel));
    nt_near(kernel[0], 1.733105422527755, 1e-12);
    nt_near(kernel[15], 0.09, 1e-12);
    nndyn_network_free(network);
    nndyn_context_free(context);
}

/* ---- against J J' ------------------------------------------------------------------------------------------------ */

/* Every kind, both batches and one, products with vectors and the operator: within 1e-12 of the largest entry. */
static void compare(nndyn_network *network, int64_t n, const double *x, int64_t n2, const double *x2)
{
    int64_t outputs = nd_network_outputs(network), rows = n * outputs, columns = n2 * outputs;
    double *want = explicit_kernel(network, n, x, n, x), *want2 = explicit_kernel(network, n, x, n2, x2);
    double *got = numbers(rows * (rows > columns ? rows : columns)), *w = normals(3, rows);
    nt_ok(network, nndyn_ntk(network, n, x, 0, NULL, NNDYN_NTK_FULL, NULL, got));
    near_matrix(got, want, rows * rows, 1e-12);
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t j = 0; j < i; j++) {
            assert_true(got[i * rows + j] == got[j * rows + i]);
        }
    }
    nt_ok(network, nndyn_ntk(network, n, x, 0, NULL, NNDYN_NTK_DIAGONAL, NULL, got));
    for (int64_t i = 0; i < rows; i++) {
        nt_near(got[i], want[i * rows + i], 1e-12 * fabs(want[i * rows + i]));
    }
    nt_ok(network, nndyn_ntk(network, n, x, n2, x2, NNDYN_NTK_FULL, NULL, got));
    near_matrix(got, want2, rows * columns, 1e-12);
    for (int kind = NNDYN_NTK_TRACE; kind <= NNDYN_NTK_PSEUDO; kind++) {
        double *one = reduced(kind, n, n, outputs, want), *two = reduced(kind, n, n2, outputs, want2);
        nt_ok(network, nndyn_ntk(network, n, x, 0, NULL, kind, NULL, got));
        near_matrix(got, one, n * n, 1e-12);
        nt_ok(network, nndyn_ntk(network, n, x, n2, x2, kind, NULL, got));
        near_matrix(got, two, n * n2, 1e-12);
        free(one);
        free(two);
    }
    double *product = numbers(rows + columns), *expected = numbers(rows + columns);
    for (int64_t i = 0; i < rows; i++) {
        expected[i] = inner(rows, want + i * rows, w);
        for (int64_t j = 0; j < columns; j++) {
            expected[rows + j] += want2[i * columns + j] * w[i];
        }
    }
    nt_ok(network, nndyn_ntk_vector(network, n, x, 0, NULL, w, NULL, product));
    nt_ok(network, nndyn_ntk_vector(network, n, x, n2, x2, w, NULL, product + rows));
    near_matrix(product, expected, rows, 1e-12);
    near_matrix(product + rows, expected + rows, columns, 1e-12);
    nndyn_operator *op;
    nt_ok(network, nndyn_ntk_operator(network, n, x, NULL, &op));
    for (int64_t j = 0; j < rows; j++) {
        memset(w, 0, (size_t)rows * sizeof *w);
        w[j] = 1;
        nt_ok(op, nndyn_operator_apply(op, w, got + j * rows));
    }
    near_matrix(got, want, rows * rows, 1e-12);
    nndyn_operator_free(op);
    free(expected);
    free(product);
    free(w);
    free(got);
    free(want2);
    free(want);
}

static void every_activation_and_depth(void **state)
{
    nndyn_context *context = context_of(1);
    (void)state;
    nt_ok(context, nndyn_context_set_seed(context, 5));
    for (int activation = NNDYN_IDENTITY; activation < ND_ACTIVATIONS; activation++) {
        int64_t depth = activation == NNDYN_EXP ? 1 : activation % 4 + 1, outputs = activation % 5 + 1;
        for (int ntk = 0; ntk <= 1; ntk++) {
            problem p = {.context = context};
            nt_ok(context, nndyn_network_create(context, NNDYN_F64, 3, &p.network));
            for (int64_t l = 0; l < depth; l++) {
                dense_with(&p, 4 + l, activation, ntk ? "ntk" : "standard", l % 2 == 0);
            }
            dense_with(&p, outputs, NNDYN_IDENTITY, ntk ? "ntk" : "standard", 1);
            problem_end(&p, 9, 0);
            compare(p.network, 5, p.x, 4, p.x + 5 * 3);
            p.context = NULL;
            problem_free(&p);
        }
    }
    nndyn_context_free(context);
}

/* Sweeps and products in float: good to 2e-6 of the largest entry, symmetric to the last bit; the diagonal, of which
 * there are no products, to the last bit of double. */
static void single_near_double(nndyn_network *network, int64_t n, const double *x)
{
    int64_t outputs = nd_network_outputs(network);
    double *want = numbers(n * outputs * n * outputs), *got = numbers(n * outputs * n * outputs);
    nndyn_options *options = options_of(network->handle.context);
    nt_ok(options, nndyn_options_set_text(options, "precision", "f32"));
    for (int kind = NNDYN_NTK_FULL; kind <= NNDYN_NTK_PSEUDO; kind++) {
        int64_t rows = n * (kind == NNDYN_NTK_FULL || kind == NNDYN_NTK_DIAGONAL ? outputs : 1);
        int64_t columns = kind == NNDYN_NTK_DIAGONAL ? 1 : rows;
        nt_ok(network, nndyn_ntk(network, n, x, 0, NULL, kind, NULL, want));
        nt_ok(network, nndyn_ntk(network, n, x, 0, NULL, kind, options, got));
        double error = distance(rows * columns, got, want);
        assert_true(error < 2e-6);
        assert_true((error == 0) == (kind == NNDYN_NTK_DIAGONAL));
        for (int64_t i = 0; i < rows && columns > 1; i++) {
            for (int64_t j = 0; j < i; j++) {
                assert_true(got[i * rows + j] == got[j * rows + i]);
            }
        }
    }
    nndyn_options_free(options);
    free(got);
    free(want);
}

/* Dropout, batch norm with and without scales, blocks within blocks, an activation at the end. */
static void every_layer(void **state)
{
    (void)state;
    for (int dtype = NNDYN_F32; dtype <= NNDYN_F64; dtype++) {
        for (int end = 0; end <= 1; end++) {
            problem p = problem_begin(dtype, 4);
            nndyn_options *plain = options_of(p.context);
            nt_ok(plain, nndyn_options_set_integer(plain, "affine", 0));
            nt_ok(p.network, nndyn_network_add_batch_norm(p.network, NULL));
            dense(&p, 5, NNDYN_TANH);
            nt_ok(p.network, nndyn_network_begin_residual(p.network));
            dense(&p, 5, NNDYN_GELU);
            nt_ok(p.network, nndyn_network_begin_residual(p.network));
            nt_ok(p.network, nndyn_network_add_batch_norm(p.network, NULL));
            nt_ok(p.network, nndyn_network_add_dropout(p.network, 0.5));
            dense(&p, 5, NNDYN_IDENTITY);
            nt_ok(p.network, nndyn_network_end_residual(p.network));
            nt_ok(p.network, nndyn_network_end_residual(p.network));
            nt_ok(p.network, nndyn_network_add_batch_norm(p.network, plain));
            dense(&p, 3, end ? NNDYN_SOFTPLUS : NNDYN_IDENTITY);
            problem_end(&p, 7, 0);
            compare(p.network, 4, p.x, 3, p.x + 4 * 4);
            single_near_double(p.network, 7, p.x);
            nndyn_options_free(plain);
            problem_free(&p);
        }
    }
}

/* No hidden layer: z = W a + b, whose kernel is (a.a' + 1) times the unit matrix; one sample. */
static void no_hidden_layer_and_one_sample(void **state)
{
    problem p = problem_begin(NNDYN_F64, 3);
    double kernel[4];
    (void)state;
    dense(&p, 2, NNDYN_IDENTITY);
    problem_end(&p, 5, 0);
    compare(p.network, 1, p.x, 4, p.x + 3);
    nt_ok(p.network, nndyn_ntk(p.network, 1, p.x, 0, NULL, NNDYN_NTK_FULL, NULL, kernel));
    double square = inner(3, p.x, p.x) + 1;
    const double want[4] = {square, 0, 0, square};
    nt_close(kernel, want, 4, 1e-15, 0);
    nt_ok(p.network, nndyn_ntk(p.network, 1, p.x, 0, NULL, NNDYN_NTK_TRACE, NULL, kernel));
    nt_near(kernel[0], square, 1e-14);
    problem_free(&p);
}

/* Nothing to learn: a kernel of zeros. */
static void no_parameters(void **state)
{
    problem p = problem_begin(NNDYN_F64, 2);
    double kernel[16], w[4] = {1, 2, 3, 4}, product[4];
    (void)state;
    nt_ok(p.network, nndyn_network_add_activation(p.network, NNDYN_TANH, NULL));
    problem_end(&p, 2, 0);
    nt_ok(p.network, nndyn_ntk(p.network, 2, p.x, 0, NULL, NNDYN_NTK_FULL, NULL, kernel));
    nt_ok(p.network, nndyn_ntk_vector(p.network, 2, p.x, 0, NULL, w, NULL, product));
    for (int i = 0; i < 16; i++) {
        assert_true(kernel[i] == 0 && product[i % 4] == 0);
    }
    problem_free(&p);
}

/* ---- tiles, blocks, threads, precision --------------------------------------------------------------------------- */

/* A network whose kernel has many tiles: rows of a sample that do and do not divide them, and more than one has. */
static nndyn_network *wide(nndyn_context *context, int64_t outputs)
{
    static int64_t widths[5] = {6, 20, 16, 0, 0};
    widths[3] = outputs;
    return golden_network_of(context, NNDYN_TANH, 3, widths, 1.2, 0.3);
}

static double *kernel_with(int64_t threads, int64_t limit, int64_t outputs, int64_t n, int64_t n2, const double *x,
                           int kind, const char *precision)
{
    nndyn_context *context = context_of(threads);
    nndyn_network *network = wide(context, outputs);
    nndyn_options *options = options_of(context);
    int64_t group = kind == NNDYN_NTK_FULL ? outputs : 1, columns = n2 > 0 ? n2 : n;
    double *kernel = numbers(n * group * columns * group);
    if (precision) {
        nt_ok(options, nndyn_options_set_text(options, "precision", precision));
    }
    nt_ok(context, nndyn_context_set_memory_limit(context, limit));
    nt_ok(network, nndyn_ntk(network, n, x, n2, n2 > 0 ? x + n * 6 : NULL, kind, options, kernel));
    nndyn_options_free(options);
    nndyn_network_free(network);
    nndyn_context_free(context);
    return kernel;
}

static void tiles_and_threads(void **state)
{
    static const int64_t outputs[] = {1, 7, 10, 300};
    double *x = normals(8, 1000 * 6);
    (void)state;
    for (int i = 0; i < 4; i++) {
        int64_t c = outputs[i], n = c == 300 ? 3 : c == 1 ? 550 : 83, n2 = c == 300 ? 2 : 61;
        for (int rectangular = 0; rectangular <= 1; rectangular++) {
            int64_t other = rectangular ? n2 : 0, columns = (rectangular ? n2 : n) * c;
            double *one = kernel_with(1, 0, c, n, other, x, NNDYN_NTK_FULL, NULL);
            double *eight = kernel_with(8, 0, c, n, other, x, NNDYN_NTK_FULL, NULL);
            nt_same(one, eight, (size_t)(n * c * columns) * sizeof *one);
            double *trace = kernel_with(3, 0, c, n, other, x, NNDYN_NTK_TRACE, NULL);
            double *want = reduced(NNDYN_NTK_TRACE, n, rectangular ? n2 : n, c, one);
            near_matrix(trace, want, n * (rectangular ? n2 : n), 1e-13);
            nndyn_context *context = context_of(1);
            nndyn_network *network = wide(context, c);
            double *naive = explicit_kernel(network, 2, x, 2, rectangular ? x + n * 6 : x);
            for (int64_t r = 0; r < 2 * c; r++) { /* its corner */
                for (int64_t k = 0; k < 2 * c; k++) {
                    nt_near(one[r * columns + k], naive[r * 2 * c + k], 1e-12);
                }
            }
            nndyn_network_free(network);
            nndyn_context_free(context);
            free(naive);
            free(want);
            free(trace);
            free(eight);
            free(one);
        }
    }
    free(x);
}

/* What fits only in blocks of samples is the same to rounding. */
/* Leaves room for the matrix, tiles, and 0.6 of the sides of all samples (of both batches where n2 > 0). */
static int64_t tight_limit(int64_t threads, int64_t outputs, int64_t n, int64_t n2, int kind, int singles)
{
    nndyn_context *context = context_of(threads);
    nndyn_network *network = wide(context, outputs);
    nd_kernel_spec spec = {.kind = kind, .singles = singles, .weight_scale = 1, .bias_scale = 1};
    int64_t group = kind == NNDYN_NTK_FULL ? outputs : 1, columns = n2 > 0 ? n2 : n;
    double side = nd_kernel_side_bytes(network, &spec, n, 0);
    double sides = side + (n2 > 0 ? nd_kernel_side_bytes(network, &spec, n2, 0) : 0);
    double rest = nd_kernel_fill_bytes(network, &spec, n, columns, n2 == 0) - sides;
    nndyn_network_free(network);
    nndyn_context_free(context);
    return (int64_t)(8.0 * (double)(n * group * columns * group) + rest + 2.1 * 0.6 * side);
}

static void memory_limit_cuts_blocks(void **state)
{
    enum { N = 200, N2 = 120, C = 4 };
    double *x = normals(9, (N + N2) * 6);
    (void)state;
    for (int kind = NNDYN_NTK_FULL; kind <= NNDYN_NTK_PSEUDO; kind++) {
        int64_t group = kind == NNDYN_NTK_FULL ? C : 1;
        if (kind == NNDYN_NTK_DIAGONAL) {
            continue;
        }
        for (int rectangular = 0; rectangular <= 1; rectangular++) {
            int64_t n2 = rectangular ? N2 : 0, columns = rectangular ? N2 : N, count = N * group * columns * group;
            double *free_of = kernel_with(1, 0, C, N, n2, x, kind, NULL);
            int64_t limit = tight_limit(2, C, N, n2, kind, 0);
            double *within = kernel_with(2, limit, C, N, n2, x, kind, NULL);
            near_matrix(within, free_of, count, 1e-14);
            free(within);
            free(free_of);
        }
    }
    free(x);
}

static void single_precision(void **state)
{
    double *x = normals(9, 100 * 6);
    (void)state;
    for (int kind = NNDYN_NTK_FULL; kind <= NNDYN_NTK_PSEUDO; kind++) {
        if (kind == NNDYN_NTK_DIAGONAL) {
            continue;
        }
        int64_t count = 100 * 100 * (kind == NNDYN_NTK_FULL ? 9 : 1);
        double *want = kernel_with(1, 0, 3, 100, 0, x, kind, "f64"),
               *got = kernel_with(2, 0, 3, 100, 0, x, kind, "f32");
        double error = distance(count, got, want);
        assert_true(error < 2e-6);
        assert_true(error > 1e-10); /* it was in float */
        double *one = kernel_with(1, 0, 3, 100, 0, x, kind, "f32"),
               *tight = kernel_with(8, tight_limit(8, 3, 100, 0, kind, 1), 3, 100, 0, x, kind, "f32");
        nt_same(one, got, (size_t)count * sizeof *one);
        near_matrix(tight, want, count, 2e-6);
        free(one);
        free(tight);
        free(got);
        free(want);
    }
    free(x);
}

static void other_parametrizations(void **state)
{
    nndyn_context *context = context_of(1);
    static const int64_t widths[4] = {2, 3, 3, 2};
    double q[GOLDEN_P], kernel[16], w[4] = {1, -2, 0.5, 3}, product[4];
    nndyn_network *ntk = golden_network(context, NNDYN_TANH), *standard;
    nndyn_options *options = options_of(context);
    (void)state;
    /* the same function in the standard parametrization */
    nt_ok(ntk, nndyn_network_get_parameters(ntk, GOLDEN_P, q));
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, 2, &standard));
    int64_t at = 0;
    for (int l = 0; l < 3; l++) {
        nt_ok(standard, nndyn_network_add_dense(standard, widths[l + 1], l < 2 ? NNDYN_TANH : NNDYN_IDENTITY));
        for (int64_t i = 0; i < widths[l + 1] * widths[l]; i++) {
            q[at++] *= 1.5 / sqrt((double)widths[l]);
        }
        for (int64_t i = 0; i < widths[l + 1]; i++) {
            q[at++] *= 0.3;
        }
    }
    nt_ok(standard, nndyn_network_set_parameters(standard, GOLDEN_P, q));
    nt_ok(standard, nndyn_ntk(standard, 2, golden_x, 0, NULL, NNDYN_NTK_FULL, NULL, kernel));
    nt_near(kernel[0], 4.097486334252265, 1e-12);
    nt_ok(options, nndyn_options_set_text(options, "parametrization", "ntk"));
    nt_ok(options, nndyn_options_set_double(options, "weight_scale", 1.5));
    nt_ok(options, nndyn_options_set_double(options, "bias_scale", 0.3));
    nt_ok(standard, nndyn_ntk(standard, 2, golden_x, 0, NULL, NNDYN_NTK_FULL, options, kernel));
    nt_close(kernel, golden_kernel, 16, 0, 1e-12);
    nt_ok(standard, nndyn_ntk_vector(standard, 2, golden_x, 0, NULL, w, options, product));
    for (int i = 0; i < 4; i++) {
        nt_near(product[i], inner(4, golden_kernel + 4 * i, w), 1e-12);
    }
    nt_ok(ntk, nndyn_ntk(ntk, 2, golden_x, 0, NULL, NNDYN_NTK_FULL, options, kernel)); /* it is in this form already */
    nt_close(kernel, golden_kernel, 16, 0, 1e-12);
    nndyn_options_free(options);
    nndyn_network_free(standard);
    nndyn_network_free(ntk);
    nndyn_context_free(context);
}

/* The larger batch: more samples than the direction's rows at a time, layers whose part of V is formed and others. */
static void products_of_large_batches(void **state)
{
    enum { N = 300, N2 = 270, C = 3 };
    nndyn_context *context = context_of(2);
    nndyn_network *network = wide(context, C);
    double *x = normals(2, (N + N2) * 6), *w = normals(3, N * C), *kernel = numbers(N * C * N2 * C);
    double *got = numbers(N2 * C), *want = numbers(N2 * C);
    (void)state;
    nt_ok(network, nndyn_ntk(network, N, x, N2, x + N * 6, NNDYN_NTK_FULL, NULL, kernel));
    for (int64_t i = 0; i < N * C; i++) {
        for (int64_t j = 0; j < N2 * C; j++) {
            want[j] += kernel[i * N2 * C + j] * w[i];
        }
    }
    nt_ok(network, nndyn_ntk_vector(network, N, x, N2, x + N * 6, w, NULL, got));
    near_matrix(got, want, N2 * C, 1e-12);
    free(want);
    free(got);
    free(kernel);
    free(w);
    free(x);
    nndyn_network_free(network);
    nndyn_context_free(context);
}

/* ---- the network's own response ---------------------------------------------------------------------------------- */

/* Outputs after a step along J'w, by differences of fourth order, are Theta w. */
static void finite_difference_response(void **state)
{
    enum { N = 20, C = 10, ROWS = N * C };
    problem p = problem_begin(NNDYN_F64, 784);
    (void)state;
    dense_with(&p, 64, NNDYN_TANH, "ntk", 1);
    dense_with(&p, 64, NNDYN_TANH, "ntk", 1);
    dense_with(&p, C, NNDYN_IDENTITY, "ntk", 1);
    problem_end(&p, N, 0);
    double *w = normals(17, ROWS), *u = numbers(p.parameters), *kernel = numbers(ROWS * ROWS);
    double *response = numbers(ROWS), *predicted = numbers(ROWS);
    nt_ok(p.network, nndyn_vjp(p.network, N, p.x, w, NULL, NULL, u));
    difference(&p, &(direction){.u = u}, ROWS, output_function, response);
    nt_ok(p.network, nndyn_ntk(p.network, N, p.x, 0, NULL, NNDYN_NTK_FULL, NULL, kernel));
    for (int i = 0; i < ROWS; i++) {
        predicted[i] = inner(ROWS, kernel + (int64_t)i * ROWS, w);
    }
    near_matrix(response, predicted, ROWS, 1e-8);
    free(predicted);
    free(response);
    free(kernel);
    free(u);
    free(w);
    problem_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_figures),
        cmocka_unit_test(golden_other_forms),
        cmocka_unit_test(every_activation_and_depth),
        cmocka_unit_test(every_layer),
        cmocka_unit_test(no_hidden_layer_and_one_sample),
        cmocka_unit_test(no_parameters),
        cmocka_unit_test(tiles_and_threads),
        cmocka_unit_test(memory_limit_cuts_blocks),
        cmocka_unit_test(single_precision),
        cmocka_unit_test(other_parametrizations),
        cmocka_unit_test(products_of_large_batches),
        cmocka_unit_test(finite_difference_response),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
