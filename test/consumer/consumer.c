/* consumer.c - a user's program: compiled as C99 and as C++11, it trains a little and asks what the data do. */
#include <math.h>
#include <nndyn.h>
#include <stdio.h>

static int failed(const char *what, const void *handle)
{
    fprintf(stderr, "%s: %s\n", what, nndyn_message(handle));
    return 1;
}

static int work(nndyn_network *network, nndyn_trainer **trainer)
{
    static const double x[8] = {0, 0, 0, 1, 1, 0, 1, 1}, t[4] = {0, 1, 1, 0};
    double loss = 1, s[12];
    if (nndyn_network_add_dense(network, 8, NNDYN_TANH) || nndyn_network_add_dense(network, 1, NNDYN_IDENTITY) ||
        nndyn_network_set_loss(network, NNDYN_SQUARED_ERROR) || nndyn_trainer_create(network, NNDYN_ADAM, trainer)) {
        return failed("network", network);
    }
    if (nndyn_trainer_set(*trainer, "rate", 0.05)) {
        return failed("rate", *trainer);
    }
    for (int k = 0; k < 500; k++) {
        if (nndyn_train_step(*trainer, 4, x, t, &loss)) {
            return failed("step", *trainer);
        }
    }
    if (nndyn_duality_singular_values(network, 4, x, t, NULL, s)) {
        return failed("singular values", network);
    }
    if (!(loss < 1e-2) || !(s[0] > 0) || s[0] > HUGE_VAL) {
        fprintf(stderr, "loss %g, largest singular value %g\n", loss, s[0]);
        return 1;
    }
    return 0;
}

/* What is wrong is refused with a sentence. */
static int refusals(nndyn_context *context)
{
    nndyn_network *network = NULL;
    if (nndyn_network_create(context, NNDYN_F64, 0, &network) >= 0 || network || !*nndyn_message(context)) {
        return failed("a network without inputs was accepted", context);
    }
    return 0;
}

int main(void)
{
    nndyn_context *context = NULL;
    nndyn_network *network = NULL;
    nndyn_trainer *trainer = NULL;
    int status = 1;
    if (nndyn_version() != NNDYN_VERSION_MAJOR * 10000 + NNDYN_VERSION_MINOR * 100 + NNDYN_VERSION_PATCH) {
        fprintf(stderr, "headers and library are of different versions\n");
        return 1;
    }
    if (nndyn_context_create(&context) || nndyn_network_create(context, NNDYN_F64, 2, &network)) {
        failed("create", context);
    } else {
        status = refusals(context) || work(network, &trainer);
    }
    nndyn_context_free(context); /* any order will do */
    nndyn_network_free(network);
    nndyn_trainer_free(trainer);
    return status;
}
