/* test_file.c - saved and loaded trainers continue bit for bit; files that are not right are refused. */
#include "training/fixture.h"
#include "core/file.h"
#include "training/training.h"

enum { N = 20, IN = 3, OUT = 2, STATISTICS = 10 };

static char path[NT_PATH];

static int name_file(void **unused)
{
    (void)unused;
    nt_temporary(path);
    return 0;
}

static int remove_file(void **unused)
{
    (void)unused;
    remove(path);
    return 0;
}

/* ---- continue ---------------------------------------------------------------------------------------------------- */

/* The same noisy batches whatever the seed of the context. */
static nndyn_batches *batches_of(nndyn_context *context, int dtype)
{
    double x[N * IN], t[N * OUT];
    float x32[N * IN], t32[N * OUT];
    nndyn_dataset *dataset;
    nndyn_options *options;
    nndyn_batches *batches;
    nt_normal(1, N * IN, x);
    nt_normal(2, N * OUT, t);
    nt_to_f32(N * IN, x, x32);
    nt_to_f32(N * OUT, t, t32);
    if (dtype == NNDYN_F32) {
        ok(nndyn_dataset_create_f32(context, N, IN, x32, OUT, t32, 1, &dataset));
    } else {
        ok(nndyn_dataset_create(context, N, IN, x, OUT, t, 1, &dataset));
    }
    ok(nndyn_options_create(context, &options));
    ok(nndyn_options_set_integer(options, "seed", 11));
    ok(nndyn_options_set_double(options, "input_noise", 0.1));
    ok(nndyn_batches_create(dataset, NNDYN_BATCH_EPOCHS, 6, options, &batches));
    nndyn_options_free(options);
    nndyn_dataset_free(dataset);
    return batches;
}

static nndyn_trainer *busy_trainer(nndyn_context *context, nndyn_network *network, int optimizer)
{
    nndyn_trainer *trainer = trainer_with(context, network, optimizer, "rate", 0.02, "clip_norm", 0.8, "clip_value",
                                          0.5, "weight_decay", 0.03, NULL);
    nndyn_options *options;
    ok(nndyn_options_create(context, &options));
    ok(nndyn_options_set_double(options, "period", 13));
    ok(nndyn_options_set_double(options, "floor", 0.1));
    ok(nndyn_options_set_integer(options, "warmup", 9));
    ok(nndyn_trainer_set_schedule(trainer, NNDYN_SCHEDULE_COSINE, options));
    nndyn_options_free(options);
    return trainer;
}

static void continue_bit_for_bit(int optimizer, int dtype)
{
    nndyn_context *context, *later;
    nndyn_network *network, *loaded;
    nndyn_trainer *trainer, *again;
    nndyn_batches *batches;
    snapshot end, same;
    double loss, other, rate, other_rate;
    ok(nndyn_context_create(&context));
    ok(nndyn_context_set_seed(context, 77));
    network = rich(context, dtype);
    trainer = busy_trainer(context, network, optimizer);
    batches = batches_of(context, dtype);
    ok(nndyn_train_run(trainer, batches, 7, NULL));
    nt_ok(trainer, nndyn_trainer_save(trainer, path));
    ok(nndyn_train_run(trainer, batches, 8, &loss));
    ok(nndyn_trainer_progress(trainer, NULL, &rate));
    end = take(network, trainer, STATISTICS);
    nndyn_batches_free(batches);
    nndyn_trainer_free(trainer);
    nndyn_network_free(network);
    nndyn_context_free(context);

    ok(nndyn_context_create(&later)); /* of another seed: the file has the trainer's own */
    nt_ok(later, nndyn_trainer_load(later, path, &loaded, &again));
    batches = batches_of(later, dtype);
    ok(nndyn_train_run(again, batches, 8, &other));
    ok(nndyn_trainer_progress(again, NULL, &other_rate));
    same = take(loaded, again, STATISTICS);
    assert_same(&end, &same);
    assert_true(loss == other && rate == other_rate);
    nt_fails(NNDYN_ESTATE, loaded, "trainer", nndyn_network_add_dense(loaded, 2, NNDYN_TANH));
    nndyn_batches_free(batches);
    nndyn_network_free(loaded);
    nndyn_trainer_free(again);
    nndyn_context_free(later);
}

static void continues(void **unused)
{
    (void)unused;
    for (int optimizer = NNDYN_SGD; optimizer <= NNDYN_LANGEVIN; optimizer++) {
        continue_bit_for_bit(optimizer, NNDYN_F32);
        continue_bit_for_bit(optimizer, NNDYN_F64);
    }
}

/* ---- files that are not right ------------------------------------------------------------------------------------ */

static nndyn_context *context;
static nndyn_network *network;
static nndyn_trainer *trainer;

static int setup(void **unused)
{
    double x[N * IN], t[N * OUT];
    (void)unused;
    nt_normal(1, N * IN, x);
    nt_normal(2, N * OUT, t);
    ok(nndyn_context_create(&context));
    network = chain(context, NNDYN_F32, IN, 4, NNDYN_TANH, OUT, NNDYN_SQUARED_ERROR);
    ok(nndyn_trainer_create(network, NNDYN_ADAM, &trainer));
    ok(step(trainer, NNDYN_F32, N, IN, OUT, x, t, NULL));
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    nndyn_trainer_free(trainer);
    nndyn_network_free(network);
    nndyn_context_free(context);
    return 0;
}

/* The file must be refused with this status and a message that has the word in it, and the outputs left alone. */
static void refuse(int status, const char *word)
{
    nndyn_network *const mark = network;
    nndyn_network *other = mark;
    nndyn_trainer *again = trainer;
    nt_fails(status, context, word, nndyn_trainer_load(context, path, &other, &again));
    assert_ptr_equal(other, mark);
    assert_ptr_equal(again, trainer);
}

static void write_bytes(const char *bytes, int64_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, (size_t)size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void corrupted(void **unused)
{
    char *bytes;
    int64_t size;
    (void)unused;
    nt_ok(trainer, nndyn_trainer_save(trainer, path));
    nt_ok(context, nd_read_file(trainer, path, &bytes, &size));
    for (int64_t i = 0; i < size; i++) {
        bytes[i] ^= (char)(1 << (i % 8));
        write_bytes(bytes, size);
        refuse(NNDYN_EFORMAT, "");
        bytes[i] ^= (char)(1 << (i % 8));
    }
    for (int64_t i = 0; i < size; i++) {
        write_bytes(bytes, i);
        refuse(NNDYN_EFORMAT, "");
    }
    nd_release(context, bytes);
    remove(path);
    refuse(NNDYN_EIO, "cannot be read");
}

/* What the trainer's part of a file says; a spoiled one still has a right checksum. */
typedef struct part {
    const char *tag;
    int64_t version, optimizer, schedule, warmup, seed, steps, extra;
    double period, factor, bottom, settings[ND_SETTINGS];
    double first, second; /* the first of each moment */
    int64_t moments;      /* how many numbers there are of each */
} part;

static part good_part(void)
{
    part p = {.tag = "trainer",
              .version = 1,
              .optimizer = NNDYN_ADAM,
              .schedule = NNDYN_SCHEDULE_STEP,
              .warmup = 2,
              .seed = -5,
              .steps = 3,
              .period = 10,
              .factor = 0.5,
              .moments = parameters_of(network)};
    const double settings[ND_SETTINGS] = {0.01, 0.9, 0.9, 0.99, 1e-8, 0, 1, 0, 0};
    memcpy(p.settings, settings, sizeof settings);
    return p;
}

static void write_part(const part *p)
{
    float moment[MOST] = {0};
    nd_writer *writer;
    ok(nd_writer_open(trainer, path, &writer));
    ok(nd_network_write(network, trainer, writer));
    nd_write_text(writer, p->tag);
    nd_write_integer(writer, p->version);
    nd_write_integer(writer, p->optimizer);
    nd_write_integer(writer, p->schedule);
    nd_write_real(writer, p->period);
    nd_write_real(writer, p->factor);
    nd_write_real(writer, p->bottom);
    nd_write_integer(writer, p->warmup);
    for (int i = 0; i < ND_SETTINGS; i++) {
        nd_write_real(writer, p->settings[i]);
    }
    nd_write_integer(writer, p->seed);
    nd_write_integer(writer, p->steps);
    moment[0] = (float)p->first;
    nd_write_f32(writer, p->moments, moment);
    moment[0] = (float)p->second;
    nd_write_f32(writer, p->moments, moment);
    for (int64_t i = 0; i < p->extra; i++) {
        nd_write_integer(writer, i);
    }
    nt_ok(trainer, nd_writer_close(writer, NNDYN_OK));
}

static void refuse_part(part p, const char *word)
{
    write_part(&p);
    refuse(NNDYN_EFORMAT, word);
}

#define SPOILED(field, value, word)  \
    do {                             \
        part spoiled_ = good_part(); \
        spoiled_.field = (value);    \
        refuse_part(spoiled_, word); \
    } while (0)

static void spoiled(void **unused)
{
    const part good = good_part();
    nndyn_trainer *again;
    double rate, value;
    int64_t steps;
    (void)unused;
    write_part(&good);
    nt_ok(context, nndyn_trainer_load(context, path, NULL, &again)); /* without the network: the trainer keeps it */
    ok(nndyn_trainer_progress(again, &steps, &rate));
    ok(nndyn_trainer_get(again, "beta2", &value));
    assert_true(steps == 3 && rate == 0.01 && value == 0.99);
    nndyn_trainer_free(again);
    SPOILED(tag, "trainee", "trainee");
    SPOILED(tag, "a name that is far longer than it should be", "");
    SPOILED(version, 2, "version");
    SPOILED(optimizer, 0, "optimizer");
    SPOILED(optimizer, 8, "optimizer");
    SPOILED(optimizer, NNDYN_SGD, "");
    SPOILED(schedule, 0, "schedule");
    SPOILED(schedule, 7, "schedule");
    SPOILED(period, 0, "schedule");
    SPOILED(period, NAN, "period");
    SPOILED(factor, -1, "factor");
    SPOILED(bottom, 1.5, "floor");
    SPOILED(warmup, -1, "warmup");
    SPOILED(warmup, INT64_MAX, "schedule");
    SPOILED(settings[ND_RATE], 0, "rate");
    SPOILED(settings[ND_RATE], INFINITY, "rate");
    SPOILED(settings[ND_BETA1], 1, "beta1");
    SPOILED(settings[ND_EPSILON], 0, "epsilon");
    SPOILED(settings[ND_CLIP_VALUE], -1, "clip_value");
    SPOILED(settings[ND_TEMPERATURE], NAN, "temperature");
    SPOILED(steps, -1, "steps");
    SPOILED(steps, INT64_MAX, "steps");
    SPOILED(first, NAN, "state");
    SPOILED(second, -1, "second moment");
    SPOILED(moments, good.moments - 1, "state");
    SPOILED(moments, 0, "state");
    SPOILED(extra, 1, "left");
}

static void network_files(void **unused)
{
    nndyn_network *other;
    double a[MOST], b[MOST];
    const int64_t count = parameters_of(network);
    (void)unused;
    nt_ok(network, nndyn_network_save(network, path));
    refuse(NNDYN_EFORMAT, "nndyn_network_load");
    nt_ok(trainer, nndyn_trainer_save(trainer, path));
    nt_ok(context, nndyn_network_load(context, path, &other)); /* the network's part alone */
    ok(nndyn_network_get_parameters(network, count, a));
    ok(nndyn_network_get_parameters(other, count, b));
    nt_same(a, b, count * (int64_t)sizeof(double));
    nndyn_network_free(other);
}

/* A network that nobody could have trained is not the work of nndyn_trainer_save. */
static void no_loss(void **unused)
{
    part p = good_part();
    nndyn_network *kept = network;
    (void)unused;
    ok(nndyn_network_create(context, NNDYN_F32, IN, &network));
    ok(nndyn_network_add_dense(network, OUT, NNDYN_IDENTITY));
    p.moments = parameters_of(network);
    write_part(&p);
    nndyn_network_free(network);
    network = kept;
    refuse(NNDYN_EFORMAT, "loss");
}

static void save_refuses(void **unused)
{
    double slope = 1, state[2 * MOST];
    char *before, *now, missing[NT_PATH + 16];
    int64_t size, size_now, count;
    (void)unused;
    nt_ok(trainer, nndyn_trainer_save(trainer, path));
    ok(nd_read_file(trainer, path, &before, &size));
    nt_fails(NNDYN_EARG, trainer, "path", nndyn_trainer_save(trainer, NULL));
    snprintf(missing, sizeof missing, "%s/no/such", path);
    nt_fails(NNDYN_EIO, trainer, "", nndyn_trainer_save(trainer, missing));
    ok(nndyn_network_set_custom_loss(network, 1, slope_loss, &slope));
    nt_fails(NNDYN_EUNSUPPORTED, trainer, "custom", nndyn_trainer_save(trainer, path));
    ok(nndyn_network_set_loss(network, NNDYN_SQUARED_ERROR));
    ((float *)network->theta)[0] = INFINITY;
    nt_fails(NNDYN_ENUMERIC, trainer, "parameters", nndyn_trainer_save(trainer, path));
    ((float *)network->theta)[0] = 0;
    ok(nndyn_trainer_state_size(trainer, &count));
    ok(nndyn_trainer_get_state(trainer, count, state, NULL));
    ((float *)trainer->state[1])[0] = INFINITY;
    nt_fails(NNDYN_ENUMERIC, trainer, "state", nndyn_trainer_save(trainer, path));
    ok(nd_read_file(trainer, path, &now, &size_now));
    assert_int_equal(size, size_now); /* what had been there still is */
    nt_same(before, now, size);
    nd_release(context, before);
    nd_release(context, now);
    assert_int_equal(nndyn_trainer_save(NULL, path), NNDYN_EARG);
    nt_fails(NNDYN_EARG, context, "path", nndyn_trainer_load(context, NULL, NULL, &trainer));
    nt_fails(NNDYN_EARG, context, "trainer", nndyn_trainer_load(context, path, NULL, NULL));
    assert_int_equal(nndyn_trainer_load(NULL, path, NULL, &trainer), NNDYN_EARG);
}

static int load_and_save(nt_allocator *a, void *user)
{
    nndyn_context *own = NULL;
    nndyn_network *loaded = NULL;
    nndyn_trainer *again = NULL;
    int status;
    (void)user;
    nt_pause(a);
    own = nt_context(a);
    nt_resume(a);
    status = nndyn_trainer_load(own, path, &loaded, &again);
    if (status == NNDYN_OK) {
        status = nndyn_trainer_save(again, path);
    } else {
        assert_true(loaded == NULL && again == NULL);
    }
    nndyn_trainer_free(again);
    nndyn_network_free(loaded);
    nndyn_context_free(own);
    return status;
}

static void every_allocation(void **unused)
{
    (void)unused;
    nt_ok(trainer, nndyn_trainer_save(trainer, path));
    nt_every_allocation(load_and_save, NULL);
}

#define with_trainer(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(continues),    with_trainer(corrupted), with_trainer(spoiled),
        with_trainer(network_files),    with_trainer(no_loss),   with_trainer(save_refuses),
        with_trainer(every_allocation),
    };
    return cmocka_run_group_tests(tests, name_file, remove_file);
}
