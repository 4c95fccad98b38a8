/* recorder_fixture.h - a small linear network, its trainer and a recorder, made before each test of recorders. */
#ifndef RECORDER_FIXTURE_H
#define RECORDER_FIXTURE_H
#include "training/fixture.h"
#include "training/recorder.h"

enum { N = 6, IN = 3, OUT = 2, SIZE = IN * OUT };

static double x[N * IN], t[N * OUT];
static nndyn_context *context;
static nndyn_network *network;
static nndyn_trainer *trainer;
static nndyn_recorder *recorder;

static int setup_with(int optimizer)
{
    nt_normal(1, N * IN, x);
    nt_normal(2, N * OUT, t);
    ok(nndyn_context_create(&context));
    network = linear(context, NNDYN_F64, IN, OUT, NNDYN_SQUARED_ERROR);
    trainer = trainer_with(context, network, optimizer, "rate", 0.05, NULL);
    nt_ok(trainer, nndyn_recorder_create(trainer, &recorder));
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    nndyn_recorder_free(recorder);
    nndyn_trainer_free(trainer);
    nndyn_network_free(network);
    nndyn_context_free(context);
    return 0;
}

#endif
