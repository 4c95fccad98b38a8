/* mpi_sweep.c - a sweep over the ranks of MPI: each runs its part of the cells, rank 0 gathers the rows and writes the
 * table, which is the same bit for bit at any number of ranks (docs/sweep.md).
 *
 *     make mpi && mpirun -n 4 build/mpi/mpi_sweep examples/data/digits.csv table.csv
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <mpi.h>
#include <nndyn.h>

static void check(const void *handle, int status)
{
    if (status != NNDYN_OK) {
        fprintf(stderr, "%s\n", nndyn_message(handle));
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
}

/* The same sweep on every rank: data, axes, seeds, settings. */
static nndyn_sweep *make_sweep(nndyn_context *context, const char *path)
{
    const double slopes[] = {0, 0.5, 1}, dropouts[] = {0, 0.1, 0.2};
    nndyn_dataset *digits;
    nndyn_options *options;
    nndyn_sweep *sweep;
    check(context, nndyn_options_create(context, &options));
    check(options, nndyn_options_set_integer(options, "label_column", -2));
    check(options, nndyn_options_set_double(options, "scale", 1.0 / 16));
    check(context, nndyn_dataset_read_csv(context, path, options, &digits));
    nndyn_options_free(options);
    check(context, nndyn_sweep_create(context, NULL, &sweep));
    check(sweep, nndyn_sweep_add_axis(sweep, "slope", 3, slopes));
    check(sweep, nndyn_sweep_add_axis(sweep, "dropout", 3, dropouts));
    check(sweep, nndyn_sweep_set_seeds(sweep, 1, 2));
    check(context, nndyn_options_create(context, &options));
    check(options, nndyn_options_set_integer(options, "layers", 3));
    check(options, nndyn_options_set_integer(options, "width", 20));
    check(options, nndyn_options_set_integer(options, "epochs", 10));
    check(sweep, nndyn_sweep_set_training(sweep, digits, NULL, options));
    nndyn_options_free(options);
    nndyn_dataset_free(digits); /* the sweep keeps it */
    return sweep;
}

/* [run] */
static void run_part(nndyn_context *context, nndyn_sweep *sweep, int rank, int ranks)
{
    nndyn_options *options;
    int64_t failed; /* a failed cell is gathered as such */
    check(context, nndyn_options_create(context, &options));
    check(options, nndyn_options_set_integer(options, "part", rank));
    check(options, nndyn_options_set_integer(options, "parts", ranks));
    check(sweep, nndyn_sweep_run(sweep, options, &failed));
    nndyn_options_free(options);
}

static void gather(nndyn_sweep *sweep, int rank, int ranks)
{
    int64_t cells, columns;
    int status;
    check(sweep, nndyn_sweep_shape(sweep, NULL, NULL, NULL, &cells, &columns));
    double *row = malloc((size_t)columns * sizeof *row);
    for (int64_t i = 0; row != NULL && i < cells; i++) {
        const int owner = (int)(i % ranks);
        if (rank == owner && rank != 0) {
            check(sweep, nndyn_sweep_get_row(sweep, i, columns, row, &status));
            MPI_Send(&status, 1, MPI_INT, 0, 0, MPI_COMM_WORLD);
            MPI_Send(row, (int)columns, MPI_DOUBLE, 0, 0, MPI_COMM_WORLD);
        } else if (rank == 0 && owner != 0) {
            MPI_Recv(&status, 1, MPI_INT, owner, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
            MPI_Recv(row, (int)columns, MPI_DOUBLE, owner, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
            check(sweep, nndyn_sweep_set_row(sweep, i, columns, row, status));
        }
    }
    free(row);
}
/* [end] */

int main(int count, char **arguments)
{
    nndyn_context *context;
    int rank, ranks;
    MPI_Init(&count, &arguments);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    check(NULL, nndyn_context_create(&context));
    nndyn_sweep *sweep = make_sweep(context, count > 1 ? arguments[1] : "examples/data/digits.csv");
    run_part(context, sweep, rank, ranks);
    gather(sweep, rank, ranks);
    if (rank == 0) {
        check(sweep, nndyn_sweep_write_csv(sweep, count > 2 ? arguments[2] : "table.csv"));
    }
    nndyn_sweep_free(sweep);
    nndyn_context_free(context);
    MPI_Finalize();
    return 0;
}
