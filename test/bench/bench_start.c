/* bench_start.c - from the start of a process to the end of its first training step, the loader included.
 *
 * The program starts itself with the time in its argument; the child does the work and prints what passed. */
#include "bench/bench.h"
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RUNS = 21, SAMPLES = 32 };

static void first_step(void)
{
    nndyn_context *context;
    nndyn_network *network;
    nndyn_trainer *trainer;
    double x[SAMPLES * 64], t[SAMPLES * 10] = {0}, loss;
    for (int i = 0; i < SAMPLES * 64; i++) {
        x[i] = (double)(i % 17) / 17;
    }
    for (int i = 0; i < SAMPLES; i++) {
        t[i * 10 + i % 10] = 1;
    }
    require(nndyn_context_create(&context), NULL);
    require(nndyn_network_create(context, NNDYN_F64, 64, &network), context);
    require(nndyn_network_add_dense(network, 32, NNDYN_TANH), network);
    require(nndyn_network_add_dense(network, 10, NNDYN_IDENTITY), network);
    require(nndyn_network_set_loss(network, NNDYN_SOFTMAX_CROSS_ENTROPY), network);
    require(nndyn_trainer_create(network, NNDYN_ADAM, &trainer), network);
    require(nndyn_train_step(trainer, SAMPLES, x, t, &loss), trainer);
    nndyn_trainer_free(trainer);
    nndyn_network_free(network);
    nndyn_context_free(context);
}

static int child(const char *began)
{
    const double inside = seconds();
    first_step();
    printf("%.9f %.9f\n", seconds() - strtod(began, NULL), seconds() - inside);
    return 0;
}

static void fail(const char *what)
{
    fprintf(stderr, "%s failed\n", what);
    exit(1);
}

/* Milliseconds from the spawn to the end of the step, and of the work inside main. */
static void start_once(char *program, double *whole, double *inside)
{
    extern char **environ;
    char began[64], answer[128] = "";
    char *arguments[] = {program, began, NULL};
    int ends[2], status;
    posix_spawn_file_actions_t actions;
    pid_t process;
    if (pipe(ends) != 0 || posix_spawn_file_actions_init(&actions) != 0) {
        fail("pipe");
    }
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    snprintf(began, sizeof began, "%.9f", seconds());
    if (posix_spawn(&process, program, &actions, NULL, arguments, environ) != 0) {
        fail("posix_spawn");
    }
    close(ends[1]);
    if (read(ends[0], answer, sizeof answer - 1) <= 0 || waitpid(process, &status, 0) < 0 || status != 0 ||
        sscanf(answer, "%lf %lf", whole, inside) != 2) {
        fail("the child");
    }
    close(ends[0]);
    posix_spawn_file_actions_destroy(&actions);
}

int main(int count, char **arguments)
{
    double whole[RUNS], inside[RUNS];
    if (count > 1) {
        return child(arguments[1]);
    }
    print_build();
    for (int i = 0; i < RUNS; i++) {
        start_once(arguments[0], &whole[i], &inside[i]);
    }
    printf("process start to the end of the first step: %.2f ms, of it in main: %.2f ms (target 5)\n",
           1e3 * median(RUNS, whole), 1e3 * median(RUNS, inside));
    return 0;
}
