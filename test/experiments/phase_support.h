/* phase_support.h - a training sweep of a few cells, and means over its seeds by the names of columns. */
#ifndef NT_PHASE_SUPPORT_H
#define NT_PHASE_SUPPORT_H
#include "nndyn.h"
#include "support/support.h"

enum { NT_LAYERS = 7, NT_POINTS = NT_LAYERS + 1 };

/* What is asked of one cell: means over the seeds. */
typedef struct nt_means {
    double kappa, sigma, bow, accuracy, train_loss;
    double separation[NT_POINTS], curve[NT_POINTS]; /* curve: (D_l - D_L) / (D_0 - D_L) */
} nt_means;

NT_UNUSED static int64_t nt_column(nndyn_sweep *sweep, const char *name)
{
    int64_t axes, columns;
    char text[64];
    nt_ok(sweep, nndyn_sweep_shape(sweep, &axes, NULL, NULL, NULL, &columns));
    for (int64_t i = 0; i < columns; i++) {
        nt_ok(sweep, nndyn_sweep_name(sweep, axes + i, sizeof text, text, NULL));
        if (strcmp(text, name) == 0) {
            return i;
        }
    }
    print_error("no column %s\n", name);
    fail();
    return 0;
}

NT_UNUSED static nt_means nt_means_of(nndyn_sweep *sweep, int64_t point)
{
    nt_means m;
    int64_t points, columns;
    nt_ok(sweep, nndyn_sweep_shape(sweep, NULL, &points, NULL, NULL, &columns));
    double *means = malloc((size_t)(points * columns) * sizeof *means), *row = means + point * columns;
    assert_non_null(means);
    nt_ok(sweep, nndyn_sweep_summary(sweep, means, NULL, NULL));
    m.kappa = row[nt_column(sweep, "kappa")];
    m.sigma = row[nt_column(sweep, "sigma")];
    m.bow = row[nt_column(sweep, "bow")];
    m.accuracy = row[nt_column(sweep, "test_accuracy")];
    m.train_loss = row[nt_column(sweep, "train_loss")];
    for (int l = 0; l < NT_POINTS; l++) {
        m.separation[l] = row[nt_column(sweep, "separation_0") + l];
    }
    for (int l = 0; l < NT_POINTS; l++) {
        m.curve[l] = (m.separation[l] - m.separation[NT_LAYERS]) / (m.separation[0] - m.separation[NT_LAYERS]);
    }
    free(means);
    return m;
}

NT_UNUSED static void nt_run(nndyn_sweep *sweep)
{
    int64_t failed = -1;
    nt_ok(sweep, nndyn_sweep_run(sweep, NULL, &failed));
    assert_int_equal(failed, 0);
}

#endif
