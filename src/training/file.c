/* file.c - network and trainer in one file; layout in docs/format.md.
 *
 * After the network's part: "trainer", version, optimizer, schedule, settings, seed, steps, state.  What is random is a
 * function of seed and step, and batches are of the step, so these are all that a trainer needs to continue bit for
 * bit. */
#include "training/training.h"
#include "core/file.h"
#include <float.h>
#include <string.h>

enum { FORMAT = 1 };

/* ---- write ------------------------------------------------------------------------------------------------------- */

static int check_finite(nndyn_trainer *trainer, const void *values, const char *what)
{
    const nndyn_network *network = trainer->network;
    const int fine = network->dtype == NNDYN_F32 ? network->k32->all_finite(network->parameters, values)
                                                 : network->k64->all_finite(network->parameters, values);
    return fine ? NNDYN_OK
                : nd_fail(trainer, NNDYN_ENUMERIC,
                          "%s are no longer finite: training has diverged, and no file can be "
                          "read back from them",
                          what);
}

/* A reader refuses numbers that are not finite, so a writer must. */
static int check_all_finite(nndyn_trainer *trainer)
{
    ND_TRY(check_finite(trainer, trainer->network->theta, "the parameters"));
    for (int i = 0; i < nd_optimizer_states(trainer->optimizer); i++) {
        ND_TRY(check_finite(trainer, trainer->state[i], "the numbers of the optimizer's state"));
    }
    return NNDYN_OK;
}

static void write_trainer(const nndyn_trainer *trainer, nd_writer *writer)
{
    const nd_schedule *schedule = &trainer->schedule;
    const int64_t parameters = trainer->network->parameters;
    nd_write_text(writer, "trainer");
    nd_write_integer(writer, FORMAT);
    nd_write_integer(writer, trainer->optimizer);
    nd_write_integer(writer, schedule->kind);
    nd_write_real(writer, schedule->period);
    nd_write_real(writer, schedule->factor);
    nd_write_real(writer, schedule->floor);
    nd_write_integer(writer, schedule->warmup);
    for (int i = 0; i < ND_SETTINGS; i++) {
        nd_write_real(writer, trainer->settings[i]);
    }
    nd_write_integer(writer, trainer->seed);
    nd_write_integer(writer, trainer->step);
    for (int i = 0; i < nd_optimizer_states(trainer->optimizer); i++) {
        if (trainer->network->dtype == NNDYN_F32) {
            nd_write_f32(writer, parameters, trainer->state[i]);
        } else {
            nd_write_f64(writer, parameters, trainer->state[i]);
        }
    }
}

static int write_file(nndyn_trainer *trainer, const char *path)
{
    nd_writer *writer;
    int status;
    ND_TRY(check_all_finite(trainer));
    ND_TRY(nd_writer_open(trainer, path, &writer));
    status = nd_network_write(trainer->network, trainer, writer);
    if (status == NNDYN_OK) {
        write_trainer(trainer, writer);
    }
    return nd_writer_close(writer, status);
}

static int save(nndyn_trainer *trainer, const char *path)
{
    int status;
    ND_TRY(nd_check_pointer(trainer, path, "path"));
    ND_TRY(nd_hold(trainer, trainer->network, ND_NETWORK, "network"));
    status = write_file(trainer, path);
    nd_unhold(trainer->network);
    return status;
}

int nndyn_trainer_save(nndyn_trainer *trainer, const char *path)
{
    ND_TRY(nd_enter(trainer, ND_TRAINER, "nndyn_trainer_save"));
    return nd_leave(trainer, save(trainer, path));
}

/* ---- read -------------------------------------------------------------------------------------------------------- */

static int read_begin(void *handle, nd_reader *reader, int *optimizer)
{
    char text[16] = "";
    if (nd_reader_left(reader) == 0) {
        return nd_fail(handle, NNDYN_EFORMAT,
                       "the file holds a network without a trainer; read it with nndyn_network_load");
    }
    nd_read_text(reader, sizeof text, text, "the name of the trainer's part");
    nd_read_integer(reader, FORMAT, FORMAT, "the version of the trainer's part");
    *optimizer = (int)nd_read_integer(reader, NNDYN_SGD, NNDYN_LANGEVIN, "the optimizer");
    ND_TRY(nd_reader_status(reader));
    return strcmp(text, "trainer") == 0
               ? NNDYN_OK
               : nd_fail(handle, NNDYN_EFORMAT, "the part after the network is \"%s\", must be \"trainer\"", text);
}

static int read_schedule(void *handle, nd_reader *reader, nd_schedule *schedule)
{
    schedule->kind = (int)nd_read_integer(reader, NNDYN_SCHEDULE_CONSTANT, NNDYN_SCHEDULE_LINEAR, "the schedule");
    schedule->period = nd_read_real(reader, 0, DBL_MAX, "the schedule's period");
    schedule->factor = nd_read_real(reader, 0, DBL_MAX, "the schedule's factor");
    schedule->floor = nd_read_real(reader, 0, 1, "the schedule's floor");
    schedule->warmup = nd_read_integer(reader, 0, INT64_MAX, "the schedule's warmup");
    ND_TRY(nd_reader_status(reader));
    return nd_schedule_valid(schedule)
               ? NNDYN_OK
               : nd_fail(handle, NNDYN_EFORMAT, "a number of the schedule is out of its bounds");
}

/* The second moment cannot be negative; everything else about the state has been checked by the reader. */
static int check_squares(void *handle, const nndyn_trainer *trainer)
{
    const int last = nd_optimizer_states(trainer->optimizer) - 1;
    if (!nd_optimizer_squares(trainer->optimizer)) {
        return NNDYN_OK;
    }
    for (int64_t i = 0; i < trainer->network->parameters; i++) {
        const double value = trainer->network->dtype == NNDYN_F32 ? (double)((const float *)trainer->state[last])[i]
                                                                  : ((const double *)trainer->state[last])[i];
        if (value < 0) {
            return nd_fail(handle, NNDYN_EFORMAT, "second moment %lld is %g, must not be negative", (long long)i,
                           value);
        }
    }
    return NNDYN_OK;
}

static int read_trainer(void *handle, nd_reader *reader, nndyn_trainer *trainer)
{
    const int64_t parameters = trainer->network->parameters;
    nd_option_spec spec;
    ND_TRY(read_schedule(handle, reader, &trainer->schedule));
    for (int i = 0; i < ND_SETTINGS; i++) {
        const int read = nd_optimizer_setting(trainer->optimizer, i, &spec);
        const double value = nd_read_real(reader, read ? spec.least : -DBL_MAX, read ? spec.most : DBL_MAX, spec.name);
        trainer->settings[i] = value;
    }
    trainer->seed = nd_read_integer(reader, INT64_MIN, INT64_MAX, "the seed");
    trainer->step = nd_read_integer(reader, 0, ND_MOST_STEPS, "the count of steps");
    for (int i = 0; i < nd_optimizer_states(trainer->optimizer); i++) {
        if (trainer->network->dtype == NNDYN_F32) {
            nd_read_f32(reader, parameters, trainer->state[i], "the optimizer's state");
        } else {
            nd_read_f64(reader, parameters, trainer->state[i], "the optimizer's state");
        }
    }
    ND_TRY(nd_reader_status(reader));
    if (nd_reader_left(reader) != 0) {
        return nd_fail(handle, NNDYN_EFORMAT, "%lld bytes are left after the trainer",
                       (long long)nd_reader_left(reader));
    }
    return check_squares(handle, trainer);
}

static int read_file(void *handle, nd_reader *reader, nndyn_network **network, nndyn_trainer **trainer)
{
    int optimizer = 0, status;
    ND_TRY(nd_network_read(handle, reader, network));
    ND_TRY(read_begin(handle, reader, &optimizer));
    status = nd_trainer_make(handle, *network, optimizer, trainer);
    if (status != NNDYN_OK) { /* a network that is not ready for training cannot come from nndyn_trainer_save */
        return status == NNDYN_ESTATE || status == NNDYN_EUNSUPPORTED ? NNDYN_EFORMAT : status;
    }
    (*network)->frozen = 1;
    return read_trainer(handle, reader, *trainer);
}

static int load(nndyn_context *context, const char *path, nndyn_network **network_out, nndyn_trainer **trainer_out)
{
    nndyn_network *network = NULL;
    nndyn_trainer *trainer = NULL;
    nd_reader *reader;
    int status;
    ND_TRY(nd_check_pointer(context, path, "path"));
    ND_TRY(nd_check_pointer(context, trainer_out, "trainer"));
    ND_TRY(nd_reader_open(context, path, &reader));
    status = nd_reader_close(reader, read_file(context, reader, &network, &trainer));
    if (status == NNDYN_OK) {
        *trainer_out = trainer;
        if (network_out != NULL) {
            *network_out = network;
            return NNDYN_OK;
        }
    } else {
        nndyn_trainer_free(trainer);
    }
    nd_handle_release(network);
    return status;
}

int nndyn_trainer_load(nndyn_context *context, const char *path, nndyn_network **network, nndyn_trainer **trainer)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_trainer_load"));
    return nd_leave(context, load(context, path, network, trainer));
}
