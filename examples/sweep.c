/* sweep.c - a small phase diagram on the digits: dropout (noise) against the slope of leaky ReLU (linearity), and where
 * straight load curves say that training should go (docs/sweep.md).
 *
 *     sweep digits.csv [table.csv] [threads]
 *
 * With a file, a run that was stopped (Ctrl-C) is continued by the next one.
 *
 * SPDX-License-Identifier: MIT */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <nndyn.h>

static nndyn_context *context;

static void check(const void *handle, int status)
{
    if (status != NNDYN_OK) {
        fprintf(stderr, "%s\n", nndyn_message(handle));
        exit(1);
    }
}

static void interrupt(int number)
{
    (void)number;
    nndyn_context_cancel(context); /* allowed in a signal handler; rows of finished cells stay in the file */
}

static nndyn_dataset *read_digits(const char *path)
{
    nndyn_options *options;
    nndyn_dataset *digits;
    check(context, nndyn_options_create(context, &options));
    check(options, nndyn_options_set_integer(options, "label_column", -2)); /* the last one */
    check(options, nndyn_options_set_double(options, "scale", 1.0 / 16));
    check(context, nndyn_dataset_read_csv(context, path, options, &digits));
    nndyn_options_free(options);
    return digits;
}

/* The place of a column, by its name. */
static int64_t column(nndyn_sweep *sweep, const char *name)
{
    int64_t axes;
    char text[64] = "";
    check(sweep, nndyn_sweep_shape(sweep, &axes, NULL, NULL, NULL, NULL));
    int64_t number = axes;
    for (; strcmp(text, name) != 0; number++) {
        check(sweep, nndyn_sweep_name(sweep, number, sizeof text, text, NULL));
    }
    return number - 1 - axes;
}

static void print_panel(nndyn_sweep *sweep, const double *slopes, const double *dropouts)
{
    const int64_t bow = column(sweep, "bow"), accuracy = column(sweep, "test_accuracy");
    int64_t points, columns, best[3];
    int directions[3];
    double values[3];
    check(sweep, nndyn_sweep_shape(sweep, NULL, &points, NULL, NULL, &columns));
    double *means = malloc((size_t)(points * columns) * sizeof *means);
    if (means == NULL) {
        exit(1);
    }
    check(sweep, nndyn_sweep_summary(sweep, means, NULL, NULL));
    check(sweep, nndyn_sweep_advice(sweep, 1, NULL, best, directions, values));
    printf("bow / test accuracy; dropout across\nslope");
    for (int d = 0; d < 4; d++) {
        printf("%16.2f", dropouts[d]);
    }
    printf("   straightest\n");
    for (int s = 0; s < 3; s++) {
        printf("%5.1f", slopes[s]);
        for (int d = 0; d < 4; d++) {
            const double *row = means + (s * 4 + d) * columns;
            printf("   %+.3f / %.3f", row[bow], row[accuracy]);
        }
        printf("   dropout %.2f%s\n", best[s] < 0 ? -1 : dropouts[best[s]],
               best[s] < 0         ? " (none has trained)"
               : directions[s] > 0 ? ", go to more"
               : directions[s] < 0 ? ", go to less"
                                   : "");
    }
    free(means);
}

int main(int count, char **arguments)
{
    /* [panel] */
    const double slopes[] = {0, 0.4, 1}, dropouts[] = {0, 0.08, 0.16, 0.28};
    nndyn_dataset *digits, *train, *test;
    nndyn_options *options;
    nndyn_sweep *sweep;

    check(NULL, nndyn_context_create(&context));
    check(context, nndyn_context_set_threads(context, count > 3 ? atoi(arguments[3]) : 1));
    digits = read_digits(count > 1 ? arguments[1] : "examples/data/digits.csv");
    check(digits, nndyn_dataset_split(digits, 0.3, NULL, &train, &test));

    check(context, nndyn_sweep_create(context, NULL, &sweep));
    check(sweep, nndyn_sweep_add_axis(sweep, "slope", 3, slopes));
    check(sweep, nndyn_sweep_add_axis(sweep, "dropout", 4, dropouts));
    check(sweep, nndyn_sweep_set_seeds(sweep, 1, 2));
    check(context, nndyn_options_create(context, &options));
    check(options, nndyn_options_set_integer(options, "width", 30));
    check(options, nndyn_options_set_integer(options, "epochs", 60));
    check(options, nndyn_options_set_double(options, "rate", 0.003));
    check(sweep, nndyn_sweep_set_training(sweep, train, test, options));
    nndyn_options_free(options);
    /* [end] */

    signal(SIGINT, interrupt);
    check(context, nndyn_options_create(context, &options));
    if (count > 2) {
        check(options, nndyn_options_set_text(options, "file", arguments[2]));
    }
    check(sweep, nndyn_sweep_run(sweep, options, NULL));
    nndyn_options_free(options);
    print_panel(sweep, slopes, dropouts);
    nndyn_sweep_free(sweep);
    nndyn_dataset_free(train);
    nndyn_dataset_free(test);
    nndyn_dataset_free(digits);
    nndyn_context_free(context);
    return 0;
}
