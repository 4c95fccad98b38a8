/* criticality.c - emergent criticality: data without any power law give fluctuations of parameters that have one, with
 * the exponent that activation and loss decide (docs/criticality.md).
 *
 *     criticality [table|toy-r|toy-c|large|mlp] [steps] [folder]
 *
 * Each experiment starts at its equilibrium and measures |dh/db| of single samples twice: with frozen parameters, and
 * live, over that many SGD steps of batch size 1.  In the folder (if given) go table.csv, one line a row of what is
 * printed, and densities.csv, the log-binned densities; criticality.py draws both.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <nndyn.h>

/* ---- data: a generator of its own, so that every run of the example is the same ---------------------------------- */

static uint64_t state = 20240527;

static double uniform(void) /* SplitMix64 */
{
    uint64_t z = (state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return ((double)((z ^ (z >> 31)) >> 12) + 0.5) * 0x1p-52;
}

static double normal(void)
{
    const double r = sqrt(-2 * log(uniform()));
    return r * cos(6.283185307179586 * uniform());
}

/* ---- experiments ------------------------------------------------------------------------------------------------- */

/* How inputs and targets are drawn, given the output f of the network at its equilibrium. */
enum {
    NOISY,      /* x ~ U(-1,1), t = f + 0.1 N(0,1) */
    CLASSES,    /* x ~ U(-1,1), t one of the limits of f, with the probability that f predicts */
    RESIDUAL,   /* x ~ U(-1,1), t = f + N(0, 1/4) */
    WIDE,       /* x ~ U(-1,1), t = f + U(-1000,1000) */
    LOGIT,      /* x ~ N(0,1), t = 1 with probability sigmoid(f) */
    TWO_CLOUDS, /* x ~ N(+-mu, I), t = the class */
};

typedef struct experiment {
    const char *name;
    int activation, loss;
    double parameter; /* of the loss; 0: its default */
    int data;
    double weight; /* at the equilibrium; TWO_CLOUDS: |mu| */
    double rate, xmin, xmax;
    const char *law; /* asymptotic exponent, as text */
    int of_weight;
} experiment;

static const experiment table[] = {
    {"sigmoid, BCE", NNDYN_IDENTITY, NNDYN_BINARY_CROSS_ENTROPY, 0, LOGIT, 10, 0.01, 1e-4, 1e-1, "1", 0},
    {"sigmoid, MSE", NNDYN_SIGMOID, NNDYN_SQUARED_ERROR, 0, NOISY, 30, 0.01, 1e-6, 1e-3, "1", 0},
    {"tanh, MSE", NNDYN_TANH, NNDYN_SQUARED_ERROR, 0, NOISY, 30, 0.01, 1e-6, 1e-3, "1", 0},
    {"tanh, MSE at limits", NNDYN_TANH, NNDYN_SQUARED_ERROR, 0, CLASSES, 30, 0.01, 1e-9, 1e-3, "1", 0},
    {"arctan, MSE", NNDYN_ARCTAN, NNDYN_SQUARED_ERROR, 0, NOISY, 300, 0.01, 1e-5, 1e-3, "3/2", 0},
    {"softsign, MSE", NNDYN_SOFTSIGN, NNDYN_SQUARED_ERROR, 0, NOISY, 300, 0.01, 1e-5, 1e-3, "3/2", 0},
    {"isru, MSE", NNDYN_ISRU, NNDYN_SQUARED_ERROR, 0, NOISY, 300, 0.01, 1e-6, 1e-4, "4/3", 0},
    {"arctan, MSE at limits", NNDYN_ARCTAN, NNDYN_SQUARED_ERROR, 0, CLASSES, 300, 0.01, 1e-6, 1e-3, "4/3", 0},
    {"softsign, MSE at limits", NNDYN_SOFTSIGN, NNDYN_SQUARED_ERROR, 0, CLASSES, 300, 0.01, 1e-6, 1e-3, "4/3", 0},
    {"identity, |e|^4", NNDYN_IDENTITY, NNDYN_POWER_ERROR, 4, RESIDUAL, 1, 0.001, 1e-5, 1e-2, "2/3", 0},
    {"identity, |e|^6", NNDYN_IDENTITY, NNDYN_POWER_ERROR, 6, RESIDUAL, 1, 0.001, 1e-7, 1e-3, "4/5", 0},
    {"identity, Cauchy", NNDYN_IDENTITY, NNDYN_CAUCHY, 0, WIDE, 1, 0.01, 3e-3, 1e-1, "2", 0},
    {"identity, Geman-McClure", NNDYN_IDENTITY, NNDYN_GEMAN_MCCLURE, 0, WIDE, 1, 0.01, 1e-7, 1e-3, "4/3", 0},
    {"identity, MSE", NNDYN_IDENTITY, NNDYN_SQUARED_ERROR, 0, NOISY, 300, 0.1, 1e-5, 1e-3, "0", 0},
    {"arctan, MSE: weight", NNDYN_ARCTAN, NNDYN_SQUARED_ERROR, 0, NOISY, 300, 0.01, 2e-6, 2e-5, "2", 1},
    {"softsign, MSE: weight", NNDYN_SOFTSIGN, NNDYN_SQUARED_ERROR, 0, NOISY, 300, 0.01, 2e-6, 2e-5, "2", 1},
};

static const experiment toy_c[] = {
    {"sd 2", NNDYN_IDENTITY, NNDYN_BINARY_CROSS_ENTROPY, 0, LOGIT, 2, 0.01, 1e-4, 1e-1, "", 0},
    {"sd 4", NNDYN_IDENTITY, NNDYN_BINARY_CROSS_ENTROPY, 0, LOGIT, 4, 0.01, 1e-4, 1e-1, "", 0},
    {"sd 10", NNDYN_IDENTITY, NNDYN_BINARY_CROSS_ENTROPY, 0, LOGIT, 10, 0.01, 1e-4, 1e-1, "1", 0},
};

static const experiment large[] = {
    {"|mu| = 1", NNDYN_IDENTITY, NNDYN_BINARY_CROSS_ENTROPY, 0, TWO_CLOUDS, 1, 0.002, 1e-4, 1e-1, "", 0},
    {"|mu| = 2", NNDYN_IDENTITY, NNDYN_BINARY_CROSS_ENTROPY, 0, TWO_CLOUDS, 2, 0.002, 1e-4, 1e-1, "", 0},
    {"|mu| = 3", NNDYN_IDENTITY, NNDYN_BINARY_CROSS_ENTROPY, 0, TWO_CLOUDS, 3, 0.002, 1e-4, 1e-1, "", 0},
};

enum { INPUTS = 20, HIDDEN = 16 }; /* of the two clouds, and of the network between */

static const struct {
    const char *mode;
    const experiment *rows;
    int first, count;
} modes[] = {
    {"table", table, 0, sizeof table / sizeof table[0]},
    {"toy-r", table, 1, 6},
    {"toy-c", toy_c, 0, sizeof toy_c / sizeof toy_c[0]},
    {"large", large, 0, sizeof large / sizeof large[0]},
    {"mlp", large, 1, 1},
};

/* ---- failures ---------------------------------------------------------------------------------------------------- */

static void check(const void *handle, int status)
{
    if (status != NNDYN_OK) {
        fprintf(stderr, "criticality: %s\n", nndyn_message(handle));
        exit(1);
    }
}

static nndyn_options *options_of(nndyn_context *context)
{
    nndyn_options *options;
    check(context, nndyn_options_create(context, &options));
    return options;
}

/* ---- prediction -------------------------------------------------------------------------------------------------- */

static void set(nndyn_options *options, const char *name, double value)
{
    check(options, nndyn_options_set_double(options, name, value));
}

static void set_text(nndyn_options *options, const char *name, const char *text)
{
    check(options, nndyn_options_set_text(options, name, text));
}

/* The law of y (of the residual where the loss sees nothing else) that the data give at the equilibrium. */
static void describe(const experiment *e, nndyn_options *options)
{
    const double m = 2 * e->weight * e->weight; /* of two clouds: y is N(+-m, 2 m) */
    switch (e->data) {
    case RESIDUAL:
        set(options, "deviation", 0.5);
        return;
    case LOGIT:
        set_text(options, "targets", "calibrated");
        set(options, "deviation", e->weight);
        return;
    case TWO_CLOUDS:
        set_text(options, "targets", "calibrated");
        set_text(options, "law", "mixture");
        set(options, "mean", m);
        set(options, "deviation", sqrt(2 * m));
        set(options, "second_mean", -m);
        set(options, "second_deviation", sqrt(2 * m));
        return;
    default:
        set_text(options, "law", "uniform");
        set(options, "low", e->data == WIDE ? -1000 : -e->weight);
        set(options, "high", e->data == WIDE ? 1000 : e->weight);
        if (e->data != WIDE) {
            set_text(options, "targets", e->data == NOISY ? "noisy" : "calibrated");
        }
    }
}

static double predict(nndyn_context *context, const experiment *e, double *mass)
{
    nndyn_options *options = options_of(context);
    double k;
    describe(e, options);
    if (e->parameter != 0) {
        set(options, "loss_parameter", e->parameter);
    }
    if (e->of_weight) {
        set_text(options, "update", "weight");
        set(options, "input_scale", 1 / e->weight);
    }
    check(context, nndyn_critical_prediction(context, e->activation, e->loss, 0, e->xmin, e->xmax, 0, NULL, options, &k,
                                             mass, NULL, NULL, NULL));
    nndyn_options_free(options);
    return k;
}

/* ---- network and data -------------------------------------------------------------------------------------------- */

static nndyn_network *build(nndyn_context *context, const experiment *e, int hidden)
{
    nndyn_network *network;
    nndyn_options *options = options_of(context);
    double q[INPUTS + 1] = {e->weight, 0};
    const int inputs = e->data == TWO_CLOUDS ? INPUTS : 1;
    check(context, nndyn_network_create(context, NNDYN_F64, inputs, &network));
    if (hidden) {
        check(network, nndyn_network_add_dense(network, HIDDEN, NNDYN_TANH));
    }
    check(network, nndyn_network_add_dense(network, 1, e->activation));
    if (e->parameter != 0) {
        set(options, "parameter", e->parameter);
    }
    check(network, nndyn_network_set_loss_with(network, e->loss, options));
    nndyn_options_free(options);
    if (e->data == TWO_CLOUDS) { /* logit 2 mu.x, mu along (1, ..., 1) */
        for (int i = 0; i < INPUTS; i++) {
            q[i] = 2 * e->weight / sqrt(INPUTS);
        }
        q[INPUTS] = 0;
    }
    if (!hidden) {
        check(network, nndyn_network_set_parameters(network, inputs + 1, q));
    }
    return network;
}

static double limit_of(int activation)
{
    return activation == NNDYN_ARCTAN ? 1.5707963267948966 : 1;
}

static double target(const experiment *e, double f)
{
    switch (e->data) {
    case NOISY:
        return f + 0.1 * normal();
    case CLASSES:
        return 2 * limit_of(e->activation) * (uniform() < 0.5 + 0.5 * f / limit_of(e->activation)) -
               limit_of(e->activation);
    case RESIDUAL:
        return f + 0.5 * normal();
    case WIDE:
        return f + 1000 * (2 * uniform() - 1);
    default:
        return uniform() < 1 / (1 + exp(-f));
    }
}

static void draw(nndyn_context *context, const experiment *e, int64_t n, double *x, double *t)
{
    if (e->data == TWO_CLOUDS) {
        for (int64_t s = 0; s < n; s++) {
            t[s] = uniform() < 0.5;
            for (int i = 0; i < INPUTS; i++) {
                x[s * INPUTS + i] = normal() + (2 * t[s] - 1) * e->weight / sqrt(INPUTS);
            }
        }
        return;
    }
    for (int64_t s = 0; s < n; s++) {
        x[s] = e->data == LOGIT ? normal() : 2 * uniform() - 1;
        t[s] = e->weight * x[s];
    }
    check(context, nndyn_activation_evaluate(context, e->activation, NULL, 0, n, t, t));
    for (int64_t s = 0; s < n; s++) {
        t[s] = target(e, t[s]);
    }
}

/* ---- one experiment ---------------------------------------------------------------------------------------------- */

enum { PIECE = 16384, BINS = 40 }; /* samples drawn at a time: they stay in the cache */

static nndyn_fluctuations *watch(nndyn_context *context, nndyn_network *network, const experiment *e, int64_t index)
{
    nndyn_fluctuations *f;
    nndyn_options *bins = options_of(context);
    int64_t parameters;
    check(network, nndyn_network_shape(network, NULL, NULL, NULL, &parameters, NULL));
    check(network, nndyn_fluctuations_create(network, &f));
    check(bins, nndyn_options_set_integer(bins, "bins", BINS));
    const int64_t chosen = index >= 0 ? index : parameters - 1;
    check(f, nndyn_fluctuations_add(f, 1, &chosen, e->xmin, e->xmax, bins, NULL));
    nndyn_options_free(bins);
    return f;
}

/* One piece of data: measured at frozen parameters, trained on, or trained on with a test of equilibrium. */
static void feed_piece(const experiment *e, nndyn_context *context, nndyn_trainer *trainer, nndyn_fluctuations *frozen,
                       nndyn_equilibrium **test, const double *x, const double *t)
{
    const int64_t inputs = e->data == TWO_CLOUDS ? INPUTS : 1;
    nndyn_dataset *data;
    nndyn_batches *batches;
    if (trainer == NULL) {
        check(frozen, nndyn_fluctuations_measure(frozen, PIECE, x, t));
        return;
    }
    check(context, nndyn_dataset_create(context, PIECE, inputs, x, 1, t, 0, &data));
    check(data, nndyn_batches_create(data, NNDYN_BATCH_EPOCHS, 1, NULL, &batches));
    if (test != NULL) {
        check(trainer, nndyn_equilibrium_test_run(trainer, batches, PIECE, NULL, test));
    } else {
        check(trainer, nndyn_train_run(trainer, batches, PIECE, NULL));
    }
    nndyn_batches_free(batches);
    nndyn_dataset_free(data);
}

/* `steps` samples, in pieces. */
static void feed(nndyn_context *context, const experiment *e, nndyn_trainer *trainer, nndyn_fluctuations *frozen,
                 nndyn_equilibrium **test, int64_t steps)
{
    const size_t inputs = e->data == TWO_CLOUDS ? INPUTS : 1;
    double *x = malloc(sizeof *x * PIECE * inputs), *t = malloc(sizeof *t * PIECE);
    if (x == NULL || t == NULL) {
        fprintf(stderr, "criticality: no memory\n");
        exit(1);
    }
    for (int64_t done = 0; done < steps; done += PIECE) {
        draw(context, e, PIECE, x, t);
        feed_piece(e, context, trainer, frozen, test, x, t);
    }
    free(x);
    free(t);
}

static nndyn_trainer *trainer_of(nndyn_context *context, nndyn_network *network, double rate)
{
    nndyn_options *options = options_of(context);
    nndyn_trainer *trainer;
    set(options, "rate", rate);
    check(network, nndyn_trainer_create_with(network, NNDYN_SGD, options, &trainer));
    nndyn_options_free(options);
    return trainer;
}

/* Steps with the recorder; whether the last of them speak against an equilibrium.  (The modes of these networks relax
 * slowly, so that the test may call the record short; but they start at the exact equilibrium.) */
static int live(nndyn_context *context, const experiment *e, nndyn_trainer *trainer, nndyn_fluctuations *f,
                int64_t steps)
{
    nndyn_recorder *recorder;
    nndyn_equilibrium *test;
    int verdict;
    check(trainer, nndyn_recorder_create(trainer, &recorder));
    check(recorder, nndyn_recorder_add_fluctuations(recorder, f, NULL, NULL));
    feed(context, e, trainer, NULL, NULL, steps);
    nndyn_recorder_free(recorder);
    feed(context, e, trainer, NULL, &test, PIECE);
    check(test, nndyn_equilibrium_verdict(test, &verdict));
    nndyn_equilibrium_free(test);
    return verdict == NNDYN_EQUILIBRIUM_REACHED || verdict == NNDYN_EQUILIBRIUM_SHORT;
}

/* ---- output ------------------------------------------------------------------------------------------------------ */

typedef struct output {
    FILE *rows, *densities; /* NULL without a folder */
} output;

static FILE *open_csv(const char *folder, const char *name, const char *head)
{
    char path[4096];
    FILE *file;
    if (folder == NULL) {
        return NULL;
    }
    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "w");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    fprintf(file, "%s\n", head);
    return file;
}

static void write_densities(FILE *file, const char *name, const char *kind, nndyn_fluctuations *f)
{
    double edges[BINS + 1], densities[BINS];
    if (file == NULL) {
        return;
    }
    check(f, nndyn_fluctuations_histogram(f, 0, BINS, edges, NULL, densities));
    for (int i = 0; i < BINS; i++) {
        fprintf(file, "\"%s\",%s,%.9g,%.9g\n", name, kind, sqrt(edges[i] * edges[i + 1]), densities[i]);
    }
}

typedef struct figures {
    double k, se, z, decades, effective;
    int64_t inside;
} figures;

static figures read_out(nndyn_fluctuations *f)
{
    figures r;
    check(f, nndyn_fluctuations_exponent(f, 0, &r.k, &r.se, &r.effective, &r.z, &r.decades));
    check(f, nndyn_fluctuations_counts(f, 0, &r.inside, NULL, NULL, NULL, NULL));
    return r;
}

static void print_head(void)
{
    printf("%-24s %-17s %5s %9s %8s %17s %17s %9s %9s %7s %5s\n", "activation, loss", "window", "law", "predicted",
           "mass", "frozen", "live", "n", "n_eff", "z", "");
}

/* The first thing that stands against it. */
static const char *say(int verdict)
{
    static const struct {
        int bit;
        const char *text;
    } texts[] = {
        {NNDYN_CRITICAL_SCARCE, "scarce"},       {NNDYN_CRITICAL_FLAT, "flat"},
        {NNDYN_CRITICAL_NARROW, "narrow"},       {NNDYN_CRITICAL_CURVED, "curved"},
        {NNDYN_CRITICAL_TRANSIENT, "transient"}, {NNDYN_CRITICAL_UNPREDICTED, "not as predicted"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (verdict & texts[i].bit) {
            return texts[i].text;
        }
    }
    return "critical";
}

static void print_row(const experiment *e, double predicted, double mass, figures frozen, figures alive, int verdict,
                      const output *out)
{
    printf("%-24s %.0e..%.0e %7s %9.4f %8.4f %9.4f(%.4f) %9.4f(%.4f) %9lld %9.0f %7.1f  %s\n", e->name, e->xmin,
           e->xmax, e->law, predicted, mass, frozen.k, frozen.se, alive.k, alive.se, (long long)alive.inside,
           alive.effective, alive.z, say(verdict));
    if (out->rows != NULL) {
        fprintf(out->rows, "\"%s\",%g,%g,%s,%.6f,%.6f,%.6f,%.6f,%.6f,%.6f,%lld,%.0f,%.2f,%d\n", e->name, e->xmin,
                e->xmax, e->law, predicted, mass, frozen.k, frozen.se, alive.k, alive.se, (long long)alive.inside,
                alive.effective, alive.z, verdict);
    }
    fflush(stdout);
}

static void run(nndyn_context *context, const experiment *e, int64_t steps, const output *out)
{
    const int64_t index = e->of_weight ? 0 : -1;
    nndyn_network *network = build(context, e, 0);
    nndyn_fluctuations *still = watch(context, network, e, index), *moving = watch(context, network, e, index);
    nndyn_trainer *trainer = trainer_of(context, network, e->rate);
    double mass, predicted = predict(context, e, &mass);
    int verdict;
    feed(context, e, NULL, still, NULL, steps);
    const int equilibrium = live(context, e, trainer, moving, steps);
    check(moving, nndyn_fluctuations_verdict(moving, 0, equilibrium, predicted, NULL, &verdict));
    print_row(e, predicted, mass, read_out(still), read_out(moving), verdict, out);
    write_densities(out->densities, e->name, "frozen", still);
    write_densities(out->densities, e->name, "live", moving);
    nndyn_trainer_free(trainer);
    nndyn_fluctuations_free(still);
    nndyn_fluctuations_free(moving);
    nndyn_network_free(network);
}

/* ---- a network with a hidden layer ------------------------------------------------------------------------------- */

/* 20-16-1 on the two clouds: trained first, then watched; for illustration, as no exact law is known. */
static void run_mlp(nndyn_context *context, int64_t steps)
{
    static const struct {
        const char *name;
        int activation, loss;
    } heads[] = {{"cross-entropy", NNDYN_IDENTITY, NNDYN_BINARY_CROSS_ENTROPY},
                 {"MSE of sigmoid", NNDYN_SIGMOID, NNDYN_SQUARED_ERROR}};
    printf("20-16-1, |mu| = 2, windows 1e-4..1e-1: exponents of single parameters\n");
    for (int i = 0; i < 2; i++) {
        experiment e = large[1];
        e.activation = heads[i].activation;
        e.loss = heads[i].loss;
        nndyn_network *network = build(context, &e, 1);
        nndyn_trainer *trainer = trainer_of(context, network, 0.01);
        feed(context, &e, trainer, NULL, NULL, steps / 2);
        nndyn_fluctuations *last = watch(context, network, &e, -1),
                           *hidden = watch(context, network, &e, INPUTS * HIDDEN);
        (void)live(context, &e, trainer, last, steps / 2);
        (void)live(context, &e, trainer, hidden, steps / 2);
        const figures a = read_out(last), b = read_out(hidden);
        printf("%-15s output bias %.4f(%.4f)  hidden bias %.4f(%.4f)\n", heads[i].name, a.k, a.se, b.k, b.se);
        nndyn_fluctuations_free(last);
        nndyn_fluctuations_free(hidden);
        nndyn_trainer_free(trainer);
        nndyn_network_free(network);
    }
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "table", *folder = argc > 3 ? argv[3] : NULL;
    const int64_t steps = argc > 2 ? (int64_t)atof(argv[2]) : 1000000;
    nndyn_context *context;
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        if (strcmp(mode, modes[i].mode) != 0 || steps < 1) {
            continue;
        }
        check(NULL, nndyn_context_create(&context));
        if (strcmp(mode, "mlp") == 0) {
            run_mlp(context, steps);
            nndyn_context_free(context);
            return 0;
        }
        const output out = {
            open_csv(folder, "table.csv",
                     "pair,xmin,xmax,law,predicted,mass,frozen,frozen_se,live,live_se,inside,effective,z,verdict"),
            open_csv(folder, "densities.csv", "pair,kind,u,density"),
        };
        print_head();
        for (int j = 0; j < modes[i].count; j++) {
            run(context, &modes[i].rows[modes[i].first + j], steps, &out);
        }
        if (folder != NULL) {
            fclose(out.rows);
            fclose(out.densities);
        }
        nndyn_context_free(context);
        return 0;
    }
    fprintf(stderr, "usage: criticality [table|toy-r|toy-c|large|mlp] [steps] [folder]\n");
    return 2;
}
