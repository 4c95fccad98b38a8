/* Rank distributions and linear substitutions: figures of the fixture, closed forms, sum rule, areas under curves,
 * exactness of maps, labels permuted, threads. */
#include "analysis/order_fixture.h"
#include "support/fixture.h"

enum { ALL = NNDYN_RANKS_VALUES };

/* Figures found by another program. */
static void fixture_figures(void **state)
{
    static const double want[2][5] = {{1.508343750, -1.722, 4.1169, 0.71875, 16},
                                      {2.347190625, -2.4927, 4.3977, 0.90625, 16}};
    static const double accuracies[] = {0.91, 0.98, 0.99};
    double values[ALL], accuracy[3], agreement[3], network = 0;
    int64_t cut = -1;
    nt_order f = nt_order_open(context);
    nndyn_ranks *ranks = NULL;
    nndyn_substitution *maps = NULL;
    (void)state;
    nt_order_train(&f, 400);
    nt_ok(f.network, nndyn_rank_distribution(f.network, f.data, NULL, &ranks));
    for (int l = 1; l <= 2; l++) {
        nt_ok(ranks, nndyn_ranks_layer(ranks, l, ALL, values));
        nt_near(values[NNDYN_RANKS_GRADIENT], want[l - 1][0], 1e-9);
        nt_near(values[NNDYN_RANKS_LEAST], want[l - 1][1], 5e-5 + 5e-4 * (l == 1));
        nt_near(values[NNDYN_RANKS_LARGEST], want[l - 1][2], 5e-5);
        nt_near(values[NNDYN_RANKS_FRACTION], want[l - 1][3], 1e-15);
        nt_near(values[NNDYN_RANKS_UNITS], want[l - 1][4], 0);
    }
    nt_ok(f.network, nndyn_linear_substitution(f.network, f.data, NULL, &maps));
    nt_ok(maps, nndyn_substitution_accuracy(maps, 3, accuracy, agreement, &network));
    nt_close(accuracy, accuracies, 3, 0, 1e-15);
    nt_near(network, 0.99, 1e-15);
    nt_near(agreement[2], 1, 0);
    nt_ok(maps, nndyn_substitution_prunable(maps, &cut));
    assert_int_equal(cut, 2);
    nndyn_substitution_free(maps);
    nndyn_ranks_free(ranks);
    nt_order_close(&f);
}

static nndyn_ranks *rank(int64_t samples, int64_t units, const double *h, int64_t classes, const double *map,
                         const int64_t *labels, const char *option, int64_t value)
{
    nndyn_ranks *ranks = NULL;
    nndyn_options *options = NULL;
    nt_ok(context, nndyn_options_create(context, &options));
    if (option != NULL) {
        nt_ok(options, nndyn_options_set_integer(options, option, value));
    }
    nt_ok(context, nndyn_rank_distribution_of(context, samples, units, h, classes, map, labels, options, &ranks));
    nndyn_options_free(options);
    return ranks;
}

/* The class on top of all others; slope of the 20-bin histogram. */
static void class_on_top(void **state)
{
    enum { P = 1000, B = 20 };
    static double h[P];
    static int64_t labels[P];
    const double map[] = {1, -1};
    double g[2], auc[2], sd[2], density[B], slope = 0, squares = 0;
    (void)state;
    for (int i = 0; i < P; i++) {
        h[i] = i * 37 % P;
        labels[i] = h[i] < 900;
    }
    nndyn_ranks *ranks = rank(P, 1, h, 2, map, labels, NULL, 0);
    nt_ok(ranks, nndyn_ranks_units(ranks, 1, NNDYN_RANK_GRADIENT, 2, g));
    nt_ok(ranks, nndyn_ranks_units(ranks, 1, NNDYN_RANK_AUC, 2, auc));
    nt_ok(ranks, nndyn_ranks_units(ranks, 1, NNDYN_RANK_SD, 2, sd));
    nt_near(g[0], 5.4, 1e-12);
    nt_near(g[1], 0.6, 1e-12);
    nt_near(auc[0], 1, 1e-12);
    nt_near(sd[0], 0.328798, 5e-7);
    nt_ok(ranks, nndyn_ranks_density(ranks, 1, 0, B, density));
    for (int b = 0; b < B; b++) {
        const double u = (b + 0.5) / B - 0.5;
        slope += u * density[b];
        squares += u * u;
    }
    nt_near(slope / squares, 5.413533834586, 1e-12);
    nndyn_ranks_free(ranks);
}

/* A-B-A: two clusters of A around B. */
static void fold(void **state)
{
    enum { P = 300, B = 4 };
    static double h[P];
    static int64_t labels[P];
    static const double of_a[] = {2, 0, 0, 2}, of_b[] = {0, 2, 2, 0}, map[] = {1, 1};
    double c2[2], g[2], density[B];
    (void)state;
    for (int i = 0; i < P; i++) {
        h[i] = i;
        labels[i] = i >= 75 && i < 225;
    }
    nndyn_ranks *ranks = rank(P, 1, h, 2, map, labels, "bins", B);
    nt_ok(ranks, nndyn_ranks_units(ranks, 1, NNDYN_RANK_CURVATURE, 2, c2));
    nt_ok(ranks, nndyn_ranks_units(ranks, 1, NNDYN_RANK_GRADIENT, 2, g));
    nt_near(c2[0], 1.8749722, 5e-8);
    nt_near(c2[1], -1.8750278, 5e-8);
    nt_near(g[0], 0, 1e-15);
    nt_ok(ranks, nndyn_ranks_density(ranks, 1, 0, B, density));
    nt_close(density, of_a, B, 1e-15, 1e-15);
    nt_ok(ranks, nndyn_ranks_density(ranks, 1, 1, B, density));
    nt_close(density, of_b, B, 1e-15, 1e-15);
    nndyn_ranks_free(ranks);
}

/* The definition, pair by pair: ranks by counting, areas by counting; ties, a dead unit, a missing class, zero rows. */
static void naive_twin(void **state)
{
    enum { P = 157, N = 21, K = 5 };
    static double h[P * N], map[K * N], g[K * N], auc[K * N], normalized[K * N];
    static int64_t labels[P];
    double values[ALL];
    (void)state;
    nt_normal(3, P * N, h);
    nt_normal(4, K * N, map);
    for (int s = 0; s < P; s++) {
        labels[s] = s * 7 % 11 % 4; /* class 4 is empty */
        h[s * N + 1] = floor(2 * h[s * N + 1]);
        h[s * N + 2] = 1.5;
    }
    memset(map + 2 * N, 0, N * sizeof *map);
    map[3 * N + 4] = 0;
    nndyn_ranks *ranks = rank(P, N, h, K, map, labels, NULL, 0);
    nt_ok(ranks, nndyn_ranks_units(ranks, 1, NNDYN_RANK_GRADIENT, K * N, g));
    nt_ok(ranks, nndyn_ranks_units(ranks, 1, NNDYN_RANK_AUC, K * N, auc));
    nt_ok(ranks, nndyn_ranks_units(ranks, 1, NNDYN_RANK_NORMALIZED, K * N, normalized));
    for (int i = 0; i < N; i++) {
        for (int k = 0; k < 4; k++) {
            const double sign = k == 2 ? 0 : map[k * N + i] < 0 ? -1 : 1;
            double sum = 0, above = 0, size = 0;
            for (int s = 0; s < P; s++) {
                for (int t = 0; t < P && labels[s] == k; t++) {
                    const double a = h[s * N + i], b = h[t * N + i];
                    sum += (a > b) + 0.5 * (a == b);
                    above += labels[t] != k ? ((a - b) * sign > 0) + 0.5 * ((a - b) * sign == 0) : 0;
                }
                size += labels[s] == k;
            }
            nt_near(g[k * N + i], 12 * sign * (sum / P / size - 0.5), 1e-12);
            nt_near(auc[k * N + i], above / (size * (P - size)), 1e-12);
            nt_near(g[k * N + i], 12 * (1 - size / P) * (auc[k * N + i] - 0.5), 1e-12);
            nt_near(normalized[k * N + i], 2 * auc[k * N + i] - 1, 1e-12);
        }
        assert_true(isnan(g[4 * N + i]));
    }
    nt_ok(ranks, nndyn_ranks_layer(ranks, 1, ALL, values));
    nt_near(values[NNDYN_RANKS_SKIPPED], 1, 0);
    nt_near(values[NNDYN_RANKS_CONSTANT], 1, 0);
    nt_near(values[NNDYN_RANKS_ZERO_SIGNS], N + 1, 0);
    nndyn_ranks_free(ranks);
}

/* Labels that know nothing of h: each G within 4 of its deviations (of 40 pairs one in 400 seeds is beyond; the seed is
 * fixed), ranks add up to what they must, and permuted labels have the deviation of the formula within 5 of its
 * standard errors. */
static void random_labels(void **state)
{
    enum { P = 1000, N = 4, K = 10, COUNT = 400 };
    static double h[P * N], map[K * N], g[K * N], sd[K * N], permuted[K * N];
    static int64_t labels[P];
    double values[ALL];
    (void)state;
    nt_normal(5, P * N, h);
    for (int i = 0; i < K * N; i++) {
        map[i] = 1;
    }
    for (int s = 0; s < P; s++) {
        labels[s] = s % K;
    }
    nndyn_ranks *ranks = rank(P, N, h, K, map, labels, "permutations", COUNT);
    nt_ok(ranks, nndyn_ranks_units(ranks, 1, NNDYN_RANK_GRADIENT, K * N, g));
    nt_ok(ranks, nndyn_ranks_units(ranks, 1, NNDYN_RANK_SD, K * N, sd));
    nt_ok(ranks, nndyn_ranks_units(ranks, 1, NNDYN_RANK_SD_PERMUTED, K * N, permuted));
    for (int i = 0; i < N; i++) {
        double sum = 0;
        for (int k = 0; k < K; k++) {
            assert_true(fabs(g[k * N + i]) < 4 * 0.3288);
            nt_near(permuted[k * N + i] / sd[k * N + i], 1, 5 / sqrt(2.0 * COUNT));
            sum += g[k * N + i];
        }
        nt_near(sum, 0, 1e-12);
    }
    nt_ok(ranks, nndyn_ranks_layer(ranks, 1, ALL, values));
    nt_near(values[NNDYN_RANKS_GRADIENT], 0, 1e-12);
    nt_near(values[NNDYN_RANKS_CHANCE], 0.04998, 1e-5);
    nndyn_ranks_free(ranks);
}

/* ---- maps -------------------------------------------------------------------------------------------------------- */

/* Largest difference between the map of a cut, applied here to the inputs, and the network's outputs. */
static double input_error(nndyn_network *net, nndyn_substitution *maps, int64_t n, int64_t d, const double *x,
                          int64_t k)
{
    double *m = malloc((size_t)(k * d) * sizeof *m), *y = malloc((size_t)(n * k) * sizeof *y), worst = 0, c[64];
    int64_t exponent = 0;
    nt_ok(maps, nndyn_substitution_map(maps, 0, k * d, m, c, &exponent));
    nt_ok(net, nndyn_network_forward(net, n, x, y));
    for (int64_t s = 0; s < n; s++) {
        for (int64_t i = 0; i < k; i++) {
            double z = 0;
            for (int64_t j = 0; j < d; j++) {
                z += m[i * d + j] * x[s * d + j];
            }
            worst = fmax(worst, fabs(ldexp(z, (int)exponent) + c[i] - y[s * k + i]) / (1 + fabs(y[s * k + i])));
        }
    }
    free(m);
    free(y);
    return worst;
}

/* Identity networks, plain and with batch norm and residual blocks: every map is the network. */
static void identity_is_exact(void **state)
{
    enum { N = 50, D = 7, K = 3 };
    static double x[N * D], statistics[200];
    static int64_t labels[N];
    double agreement[8];
    (void)state;
    nt_normal(8, N * D, x);
    nt_uniform(9, 200, 0.5, 2, statistics);
    for (int i = 0; i < N; i++) {
        labels[i] = i % K;
    }
    for (int kind = 0; kind < 3; kind++) {
        nndyn_network *net = NULL;
        nndyn_dataset *data = NULL;
        nndyn_substitution *maps = NULL;
        int64_t cuts = 0;
        nt_ok(context, nndyn_network_create(context, NNDYN_F64, D, &net));
        for (int l = 0; l < 4; l++) {
            nt_ok(net, nndyn_network_add_dense(net, 20, NNDYN_IDENTITY));
            if (kind >= 1) {
                nt_ok(net, nndyn_network_add_batch_norm(net, NULL));
            }
            if (kind == 2) {
                nt_ok(net, nndyn_network_begin_residual(net));
                nt_ok(net, nndyn_network_add_dense(net, 20, NNDYN_IDENTITY));
                nt_ok(net, nndyn_network_add_dropout(net, 0.5));
                nt_ok(net, nndyn_network_add_dense(net, 20, NNDYN_IDENTITY));
                nt_ok(net, nndyn_network_end_residual(net));
            }
        }
        nt_ok(net, nndyn_network_add_dense(net, K, NNDYN_IDENTITY));
        if (kind >= 1) {
            nt_ok(net, nndyn_network_set_statistics(net, 160, statistics));
        }
        nt_ok(context, nndyn_dataset_create_labels(context, N, D, x, K, labels, 1, &data));
        nt_ok(net, nndyn_linear_substitution(net, data, NULL, &maps));
        nt_ok(maps, nndyn_substitution_shape(maps, &cuts, NULL, NULL));
        assert_int_equal(cuts, kind == 2 ? 9 : 5 - 0);
        assert_true(input_error(net, maps, N, D, x, K) < 1e-12);
        if (cuts <= 8) {
            nt_ok(maps, nndyn_substitution_accuracy(maps, cuts, NULL, agreement, NULL));
            for (int l = 0; l < cuts; l++) {
                nt_near(agreement[l], 1, 0);
            }
        }
        nndyn_substitution_free(maps);
        nndyn_dataset_free(data);
        nndyn_network_free(net);
    }
}

/* ReLU with all fields positive is linear. */
static void positive_relu_is_exact(void **state)
{
    double theta[NT_ORDER_PARAMETERS];
    nndyn_substitution *maps = NULL;
    static nt_order f;
    (void)state;
    nt_order_draw(&f);
    nt_order_weights(theta);
    for (int i = 0; i < NT_ORDER_WIDTH; i++) {
        theta[NT_ORDER_W1 + NT_ORDER_WIDTH * NT_ORDER_INPUTS + i] = 50;
        theta[NT_ORDER_W2 + NT_ORDER_WIDTH * NT_ORDER_WIDTH + i] = 400;
    }
    nndyn_network *net = nt_order_network(context, NNDYN_RELU, theta);
    nt_ok(net, nndyn_linear_substitution(net, NULL, NULL, &maps));
    assert_true(input_error(net, maps, NT_ORDER_SAMPLES, NT_ORDER_INPUTS, f.x, NT_ORDER_CLASSES) < 1e-12);
    nndyn_substitution_free(maps);
    nndyn_network_free(net);
}

/* A hundred layers whose product is 1e-400 or 1e400 times a rotation: exponents keep the signs and the accuracies. */
static void deep_products_keep_their_range(void **state)
{
    enum { LAYERS = 100, D = 2 };
    static double theta[LAYERS * 6];
    static const double x[] = {1, 2, 2, 1}, low = 1e-4, high = 1e4;
    static const int64_t labels[] = {1, 0};
    (void)state;
    for (int way = 0; way < 2; way++) {
        nndyn_network *net = NULL;
        nndyn_dataset *data = NULL;
        nndyn_substitution *maps = NULL;
        double m[4], accuracy[LAYERS];
        int64_t exponent = 0;
        nt_ok(context, nndyn_network_create(context, NNDYN_F64, D, &net));
        for (int l = 0; l < LAYERS; l++) {
            nt_ok(net, nndyn_network_add_dense(net, D, l < LAYERS - 1 ? NNDYN_TANH : NNDYN_IDENTITY));
            memset(theta + 6 * l, 0, 6 * sizeof *theta);
            theta[6 * l] = theta[6 * l + 3] = way == 0 ? low : high;
        }
        nt_ok(net, nndyn_network_set_parameters(net, LAYERS * 6, theta));
        nt_ok(context, nndyn_dataset_create_labels(context, 2, D, x, 2, labels, 1, &data));
        nt_ok(net, nndyn_linear_substitution(net, data, NULL, &maps));
        nt_ok(maps, nndyn_substitution_map(maps, 0, 4, m, NULL, &exponent));
        const double size = log10(m[0]) + (double)exponent * log10(2);
        nt_near(size, way == 0 ? -400 : 400, 1e-9);
        nt_near(m[1], 0, 0);
        nt_near(m[3], m[0], 0);
        nt_ok(maps, nndyn_substitution_accuracy(maps, LAYERS, accuracy, NULL, NULL));
        nt_near(accuracy[0], way == 0 ? 0.5 : 1, 0); /* 1e-400 is below double: both logits are 0 */
        nndyn_substitution_free(maps);
        nndyn_dataset_free(data);
        nndyn_network_free(net);
    }
}

/* ---- batch norm, precision, projection --------------------------------------------------------------------------- */

static nndyn_network *normed(int dtype)
{
    nndyn_network *net = NULL;
    nt_ok(context, nndyn_network_create(context, dtype, NT_ORDER_INPUTS, &net));
    for (int l = 0; l < 2; l++) {
        nt_ok(net, nndyn_network_add_dense(net, 12, NNDYN_IDENTITY));
        nt_ok(net, nndyn_network_add_batch_norm(net, NULL));
        nt_ok(net, nndyn_network_add_activation(net, NNDYN_RELU, NULL));
    }
    nt_ok(net, nndyn_network_add_dense(net, NT_ORDER_CLASSES, NNDYN_IDENTITY));
    nt_ok(net, nndyn_network_set_loss(net, NNDYN_SOFTMAX_CROSS_ENTROPY));
    return net;
}

/* Recalibrated statistics are those of a step of momentum 1 in training mode, but for biased variances. */
static void recalibration(void **state)
{
    double statistics[48], m[2][4 * 12], c[2][4];
    nt_order f = nt_order_open(context);
    nndyn_network *net = normed(NNDYN_F64), *copy = NULL;
    nndyn_options *options = NULL;
    nndyn_substitution *maps = NULL;
    (void)state;
    nndyn_options *fast = NULL;
    nndyn_network *twin = NULL;
    nndyn_trainer *trainer = NULL;
    nt_ok(context, nndyn_options_create(context, &fast));
    nt_ok(fast, nndyn_options_set_double(fast, "momentum", 1));
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, NT_ORDER_INPUTS, &twin));
    for (int l = 0; l < 2; l++) {
        nt_ok(twin, nndyn_network_add_dense(twin, 12, NNDYN_IDENTITY));
        nt_ok(twin, nndyn_network_add_batch_norm(twin, fast));
        nt_ok(twin, nndyn_network_add_activation(twin, NNDYN_RELU, NULL));
    }
    nt_ok(twin, nndyn_network_add_dense(twin, NT_ORDER_CLASSES, NNDYN_IDENTITY));
    nt_ok(twin, nndyn_network_set_loss(twin, NNDYN_SOFTMAX_CROSS_ENTROPY));
    nt_ok(twin, nndyn_trainer_create(twin, NNDYN_SGD, &trainer));
    nt_ok(trainer, nndyn_train_step(trainer, NT_ORDER_SAMPLES, f.x, f.t, NULL));
    nt_ok(twin, nndyn_network_get_statistics(twin, 48, statistics));
    for (int i = 0; i < 12; i++) {
        statistics[12 + i] *= (NT_ORDER_SAMPLES - 1.0) / NT_ORDER_SAMPLES;
        statistics[36 + i] *= (NT_ORDER_SAMPLES - 1.0) / NT_ORDER_SAMPLES;
    }
    nt_ok(net, nndyn_network_copy(net, NNDYN_F64, &copy));
    nt_ok(copy, nndyn_network_set_statistics(copy, 48, statistics));
    nt_ok(copy, nndyn_linear_substitution(copy, f.data, NULL, &maps));
    nt_ok(maps, nndyn_substitution_map(maps, 1, 48, m[0], c[0], NULL));
    nndyn_substitution_free(maps);
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_text(options, "statistics", "recalibrated"));
    nt_ok(net, nndyn_linear_substitution(net, f.data, options, &maps));
    nt_ok(maps, nndyn_substitution_map(maps, 1, 48, m[1], c[1], NULL));
    nt_close(m[1], m[0], 48, 1e-11, 1e-13);
    nt_close(c[1], c[0], 4, 1e-11, 1e-13);
    nndyn_substitution_free(maps);
    nndyn_options_free(options);
    nndyn_options_free(fast);
    nndyn_trainer_free(trainer);
    nndyn_network_free(twin);
    nndyn_network_free(copy);
    nndyn_network_free(net);
    nt_order_close(&f);
}

/* The last weights have two singular values by construction. */
static void projection(void **state)
{
    double theta[NT_ORDER_PARAMETERS], points[NT_ORDER_SAMPLES * 2], directions[2 * NT_ORDER_WIDTH], values[2];
    nt_order f = nt_order_open(context);
    (void)state;
    nt_order_weights(theta);
    memset(theta + NT_ORDER_W3, 0, NT_ORDER_CLASSES * NT_ORDER_WIDTH * sizeof *theta);
    theta[NT_ORDER_W3 + 3] = -3;
    theta[NT_ORDER_W3 + 2 * NT_ORDER_WIDTH + 5] = 2;
    nt_ok(f.network, nndyn_network_set_parameters(f.network, NT_ORDER_PARAMETERS, theta));
    nt_ok(f.network, nndyn_projection(f.network, f.data, NULL, 2, points, directions, values));
    nt_near(values[0], 3, 1e-14);
    nt_near(values[1], 2, 1e-14);
    nt_near(directions[3], 1, 1e-14);
    nt_near(directions[NT_ORDER_WIDTH + 5], 1, 1e-14);
    double y[NT_ORDER_CLASSES];
    for (int s = 0; s < NT_ORDER_SAMPLES; s++) {
        nt_ok(f.network, nndyn_network_forward(f.network, 1, f.x + s * NT_ORDER_INPUTS, y));
        nt_near(points[2 * s], y[0] / -3, 1e-13);
        nt_near(points[2 * s + 1], y[2] / 2, 1e-13);
    }
    nt_order_close(&f);
}

/* ---- probe, threads ---------------------------------------------------------------------------------------------- */

static void probe(void **state)
{
    double row[10], values[ALL];
    nt_order f = nt_order_open(context);
    nndyn_recorder *recorder = NULL;
    nndyn_ranks *ranks = NULL;
    int64_t rows = 0, columns = 0, number = -1;
    (void)state;
    nt_ok(f.trainer, nndyn_recorder_create(f.trainer, &recorder));
    nt_ok(recorder, nndyn_recorder_add_order(recorder, f.data, NULL, &number));
    nt_order_train(&f, 2);
    nt_ok(recorder, nndyn_recorder_shape(recorder, number, &columns, &rows, NULL));
    assert_int_equal(columns, 10);
    nt_ok(recorder, nndyn_recorder_rows(recorder, number, rows - 1, 1, row));
    nt_near(row[0], 2, 0);
    nt_ok(f.network, nndyn_rank_distribution(f.network, f.data, NULL, &ranks));
    nt_ok(ranks, nndyn_ranks_layer(ranks, 2, ALL, values));
    nt_near(row[2], values[NNDYN_RANKS_GRADIENT], 0);
    nt_near(row[4], values[NNDYN_RANKS_FRACTION], 0);
    double accuracy = 0;
    nt_ok(f.network, nndyn_network_evaluate(f.network, f.data, NULL, &accuracy));
    nt_near(row[8], accuracy, 0);
    nt_near(row[7], accuracy, 0);
    nndyn_ranks_free(ranks);
    nndyn_recorder_free(recorder);
    nt_order_close(&f);
}

static void same_bits_by_threads(void **state)
{
    double g[2][4 * 16], values[2][ALL];
    (void)state;
    for (int t = 0; t < 2; t++) {
        nt_ok(context, nndyn_context_set_threads(context, t == 0 ? 1 : 8));
        nt_order f = nt_order_open(context);
        nndyn_options *options = NULL;
        nndyn_ranks *ranks = NULL;
        nt_ok(context, nndyn_options_create(context, &options));
        nt_ok(options, nndyn_options_set_integer(options, "permutations", 20));
        nt_ok(options, nndyn_options_set_text(options, "weights", "map"));
        nt_ok(f.network, nndyn_rank_distribution(f.network, f.data, options, &ranks));
        nt_ok(ranks, nndyn_ranks_layer(ranks, 2, ALL, values[t]));
        nt_ok(ranks, nndyn_ranks_units(ranks, 2, NNDYN_RANK_SD_PERMUTED, 64, g[t]));
        assert_true(values[t][NNDYN_RANKS_P_VALUE] >= 1.0 / 21 && values[t][NNDYN_RANKS_P_VALUE] <= 1);
        nndyn_ranks_free(ranks);
        nndyn_options_free(options);
        nt_order_close(&f);
    }
    nt_same(g[0], g[1], sizeof g[0]);
    nt_same(values[0], values[1], sizeof values[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(fixture_figures, set_up, tear_down),
        cmocka_unit_test_setup_teardown(class_on_top, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fold, set_up, tear_down),
        cmocka_unit_test_setup_teardown(naive_twin, set_up, tear_down),
        cmocka_unit_test_setup_teardown(random_labels, set_up, tear_down),
        cmocka_unit_test_setup_teardown(identity_is_exact, set_up, tear_down),
        cmocka_unit_test_setup_teardown(positive_relu_is_exact, set_up, tear_down),
        cmocka_unit_test_setup_teardown(deep_products_keep_their_range, set_up, tear_down),
        cmocka_unit_test_setup_teardown(recalibration, set_up, tear_down),
        cmocka_unit_test_setup_teardown(projection, set_up, tear_down),
        cmocka_unit_test_setup_teardown(probe, set_up, tear_down),
        cmocka_unit_test_setup_teardown(same_bits_by_threads, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("order: ranks and linear substitution", tests, NULL, NULL);
}
