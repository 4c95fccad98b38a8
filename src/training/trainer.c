/* trainer.c - making a trainer; its settings, state and forecast. */
#include "training/training.h"
#include <float.h>
#include <limits.h>
#include <math.h>

/* ---- create and free --------------------------------------------------------------------------------------------- */

static size_t real_size(const nndyn_network *network)
{
    return network->dtype == NNDYN_F32 ? sizeof(float) : sizeof(double);
}

static void destroy(void *data)
{
    nndyn_trainer *trainer = data;
    nndyn_context *context = trainer->handle.context;
    nd_trainer_drop_workspace(trainer);
    nd_release(context, trainer->gradient);
    nd_release(context, trainer->state[0]);
    nd_release(context, trainer->state[1]);
    nd_release(context, trainer->done);
    nd_handle_release(trainer->network);
}

double nd_trainer_bytes(const nndyn_network *network, int optimizer, int64_t n)
{
    const double vectors = (double)network->parameters * (double)real_size(network);
    double bytes = (double)sizeof(nndyn_trainer) + (double)nd_trainer_blocks(network->parameters) +
                   (1 + nd_optimizer_states(optimizer)) * vectors;
    if (n > 0) {
        bytes += (double)(network->dtype == NNDYN_F32 ? nd_workspace_bytes_f32(network, n, ND_KEEP_TRAINING)
                                                      : nd_workspace_bytes_f64(network, n, ND_KEEP_TRAINING));
    }
    return bytes;
}

static int allocate_vectors(void *handle, nndyn_trainer *trainer)
{
    const nndyn_network *network = trainer->network;
    const int64_t count = network->parameters > 0 ? network->parameters : 1;
    ND_TRY(nd_allocate_for(handle, count, real_size(network), &trainer->gradient));
    for (int i = 0; i < nd_optimizer_states(trainer->optimizer); i++) {
        ND_TRY(nd_allocate_for(handle, count, real_size(network), &trainer->state[i]));
    }
    return nd_allocate_for(handle, nd_trainer_blocks(count), 1, &trainer->done);
}

int nd_trainer_make(void *handle, nndyn_network *network, int optimizer, nndyn_trainer **out)
{
    nndyn_trainer *trainer;
    nd_option_spec spec;
    int status;
    if (!nd_optimizer_known(optimizer)) {
        return nd_fail(handle, NNDYN_EARG, "optimizer is %d, must be one of NNDYN_SGD (%d) to NNDYN_LANGEVIN (%d)",
                       optimizer, NNDYN_SGD, NNDYN_LANGEVIN);
    }
    ND_TRY(nd_network_ready(network, handle, 1));
    ND_TRY(nd_network_check_order(network, handle, 1, 1));
    ND_TRY(nd_check_memory(handle, nd_trainer_bytes(network, optimizer, 0), "the trainer"));
    ND_TRY(nd_handle_create(network->handle.context, ND_TRAINER, sizeof *trainer, destroy, &trainer));
    nd_handle_retain(network);
    atomic_flag_clear(&trainer->recorders.lock);
    atomic_init(&trainer->recorders.count, 0);
    trainer->network = network;
    trainer->optimizer = optimizer;
    trainer->seed = nd_context_seed(network->handle.context);
    for (int i = 0; i < ND_SETTINGS; i++) {
        nd_optimizer_setting(optimizer, i, &spec);
        trainer->settings[i] = spec.standard;
    }
    trainer->schedule = (nd_schedule){NNDYN_SCHEDULE_CONSTANT, 1000, 0.1, 0, 0};
    status = allocate_vectors(handle, trainer);
    if (status != NNDYN_OK) {
        nd_handle_release(trainer);
        return status;
    }
    *out = trainer;
    return NNDYN_OK;
}

/* Options of nndyn_trainer_create_with: the settings this optimizer reads, then "seed" and "reserve". */
static int read_options(void *handle, const nndyn_options *options, nndyn_trainer *trainer, int64_t *reserve)
{
    nd_option_spec specs[ND_SETTINGS + 2];
    nd_option_value values[ND_SETTINGS + 2];
    int setting[ND_SETTINGS], count = 0;
    for (int i = 0; i < ND_SETTINGS; i++) {
        if (nd_optimizer_setting(trainer->optimizer, i, &specs[count])) {
            setting[count++] = i;
        }
    }
    specs[count] = (nd_option_spec){"seed", ND_INTEGER, -HUGE_VAL, HUGE_VAL, 0, NULL};
    specs[count + 1] = (nd_option_spec){"reserve", ND_INTEGER, 0, INT_MAX, 0, NULL};
    ND_TRY(nd_options_read(handle, options, specs, count + 2, values));
    for (int i = 0; i < count; i++) {
        trainer->settings[setting[i]] = values[i].real;
    }
    if (values[count].given) {
        trainer->seed = values[count].integer;
    }
    *reserve = values[count + 1].integer;
    return NNDYN_OK;
}

static int create(nndyn_network *network, int optimizer, const nndyn_options *options, nndyn_trainer **out)
{
    nndyn_trainer *trainer;
    int64_t reserve;
    int status;
    ND_TRY(nd_check_pointer(network, out, "out"));
    ND_TRY(nd_trainer_make(network, network, optimizer, &trainer));
    status = read_options(network, options, trainer, &reserve);
    if (status == NNDYN_OK && reserve > 0) {
        status = nd_trainer_reserve(trainer, reserve);
        if (status != NNDYN_OK) {
            nd_fail_from(network, status, trainer);
        }
    }
    if (status != NNDYN_OK) {
        nd_handle_release(trainer);
        return status;
    }
    network->frozen = 1;
    *out = trainer;
    return NNDYN_OK;
}

int nndyn_trainer_create(nndyn_network *network, int optimizer, nndyn_trainer **out)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_trainer_create"));
    return nd_leave(network, create(network, optimizer, NULL, out));
}

int nndyn_trainer_create_with(nndyn_network *network, int optimizer, const nndyn_options *options, nndyn_trainer **out)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_trainer_create_with"));
    return nd_leave(network, create(network, optimizer, options, out));
}

void nndyn_trainer_free(nndyn_trainer *trainer)
{
    nd_handle_release(trainer);
}

/* ---- settings ---------------------------------------------------------------------------------------------------- */

static int set(nndyn_trainer *trainer, const char *name, double value)
{
    nd_option_spec spec;
    int setting;
    ND_TRY(nd_check_pointer(trainer, name, "name"));
    ND_TRY(nd_optimizer_find(trainer->optimizer, trainer, name, &setting, &spec));
    if (!(value >= spec.least && value <= spec.most)) {
        return nd_fail(trainer, NNDYN_EOPTION, "\"%s\" is %g, must be at least %g and at most %.17g", name, value,
                       spec.least, spec.most);
    }
    trainer->settings[setting] = value;
    return NNDYN_OK;
}

int nndyn_trainer_set(nndyn_trainer *trainer, const char *name, double value)
{
    ND_TRY(nd_enter(trainer, ND_TRAINER, "nndyn_trainer_set"));
    return nd_leave(trainer, set(trainer, name, value));
}

static int get(nndyn_trainer *trainer, const char *name, double *value)
{
    nd_option_spec spec;
    int setting;
    ND_TRY(nd_check_pointer(trainer, name, "name"));
    ND_TRY(nd_check_pointer(trainer, value, "value"));
    ND_TRY(nd_optimizer_find(trainer->optimizer, trainer, name, &setting, &spec));
    *value = trainer->settings[setting];
    return NNDYN_OK;
}

int nndyn_trainer_get(nndyn_trainer *trainer, const char *name, double *value)
{
    ND_TRY(nd_enter(trainer, ND_TRAINER, "nndyn_trainer_get"));
    return nd_leave(trainer, get(trainer, name, value));
}

int nndyn_trainer_set_schedule(nndyn_trainer *trainer, int schedule, const nndyn_options *options)
{
    ND_TRY(nd_enter(trainer, ND_TRAINER, "nndyn_trainer_set_schedule"));
    return nd_leave(trainer, nd_schedule_read(schedule, trainer, options, &trainer->schedule));
}

double nd_trainer_rate(const nndyn_trainer *trainer)
{
    return trainer->settings[ND_RATE] * nd_schedule_factor(&trainer->schedule, trainer->step);
}

int nndyn_trainer_progress(nndyn_trainer *trainer, int64_t *steps, double *rate)
{
    ND_TRY(nd_enter(trainer, ND_TRAINER, "nndyn_trainer_progress"));
    if (steps != NULL) {
        *steps = trainer->step;
    }
    if (rate != NULL) {
        *rate = nd_trainer_rate(trainer);
    }
    return nd_leave(trainer, NNDYN_OK);
}

/* ---- gradient and state ------------------------------------------------------------------------------------------ */

static void widen(int dtype, int64_t count, const void *from, double *to)
{
    const float *f32 = from;
    const double *f64 = from;
    for (int64_t i = 0; i < count; i++) {
        to[i] = dtype == NNDYN_F32 ? (double)f32[i] : f64[i];
    }
}

static void narrow(int dtype, int64_t count, const double *from, void *to)
{
    float *f32 = to;
    double *f64 = to;
    for (int64_t i = 0; i < count; i++) {
        if (dtype == NNDYN_F32) {
            f32[i] = (float)from[i];
        } else {
            f64[i] = from[i];
        }
    }
}

static int get_gradient(nndyn_trainer *trainer, int64_t count, double *gradient)
{
    const int64_t parameters = trainer->network->parameters;
    ND_TRY(nd_check_size(trainer, count, parameters, parameters, "count"));
    ND_TRY(nd_check_pointer(trainer, gradient, "gradient"));
    if (trainer->gradient_lost) {
        return nd_fail(trainer, NNDYN_ESTATE,
                       "the last step failed while its gradient was computed; there is none until "
                       "a step succeeds");
    }
    widen(trainer->network->dtype, count, trainer->gradient, gradient);
    return NNDYN_OK;
}

int nndyn_trainer_get_gradient(nndyn_trainer *trainer, int64_t count, double *gradient)
{
    ND_TRY(nd_enter(trainer, ND_TRAINER, "nndyn_trainer_get_gradient"));
    return nd_leave(trainer, get_gradient(trainer, count, gradient));
}

static int64_t state_size(const nndyn_trainer *trainer)
{
    return nd_optimizer_states(trainer->optimizer) * trainer->network->parameters;
}

static int check_state(nndyn_trainer *trainer, int64_t count, const double *state)
{
    const int64_t size = state_size(trainer);
    ND_TRY(nd_check_size(trainer, count, size, size, "count"));
    return size > 0 ? nd_check_pointer(trainer, state, "state") : NNDYN_OK;
}

int nndyn_trainer_state_size(nndyn_trainer *trainer, int64_t *count)
{
    int status;
    ND_TRY(nd_enter(trainer, ND_TRAINER, "nndyn_trainer_state_size"));
    status = nd_check_pointer(trainer, count, "count");
    if (status == NNDYN_OK) {
        *count = state_size(trainer);
    }
    return nd_leave(trainer, status);
}

static int get_state(nndyn_trainer *trainer, int64_t count, double *state, int64_t *steps)
{
    const int64_t parameters = trainer->network->parameters;
    ND_TRY(check_state(trainer, count, state));
    for (int i = 0; i < nd_optimizer_states(trainer->optimizer); i++) {
        widen(trainer->network->dtype, parameters, trainer->state[i], state + i * parameters);
    }
    if (steps != NULL) {
        *steps = trainer->step;
    }
    return NNDYN_OK;
}

int nndyn_trainer_get_state(nndyn_trainer *trainer, int64_t count, double *state, int64_t *steps)
{
    ND_TRY(nd_enter(trainer, ND_TRAINER, "nndyn_trainer_get_state"));
    return nd_leave(trainer, get_state(trainer, count, state, steps));
}

static int set_state(nndyn_trainer *trainer, int64_t count, const double *state, int64_t steps)
{
    const int dtype = trainer->network->dtype, states = nd_optimizer_states(trainer->optimizer);
    const int64_t parameters = trainer->network->parameters;
    const double most = dtype == NNDYN_F32 ? (double)FLT_MAX : DBL_MAX;
    ND_TRY(check_state(trainer, count, state));
    ND_TRY(nd_check_size(trainer, steps, 0, ND_MOST_STEPS, "steps"));
    for (int64_t i = 0; i < count; i++) {
        const int square = nd_optimizer_squares(trainer->optimizer) && i >= (states - 1) * parameters;
        if (!(fabs(state[i]) <= most) || (square && state[i] < 0)) {
            return nd_fail(trainer, NNDYN_EDATA, "state[%lld] is %g, must be finite in the network's precision%s",
                           (long long)i, state[i], square ? " and, as a second moment, not negative" : "");
        }
    }
    for (int i = 0; i < states; i++) {
        narrow(dtype, parameters, state + i * parameters, trainer->state[i]);
    }
    trainer->step = steps;
    return NNDYN_OK;
}

int nndyn_trainer_set_state(nndyn_trainer *trainer, int64_t count, const double *state, int64_t steps)
{
    ND_TRY(nd_enter(trainer, ND_TRAINER, "nndyn_trainer_set_state"));
    return nd_leave(trainer, set_state(trainer, count, state, steps));
}

/* ---- forecast ---------------------------------------------------------------------------------------------------- */

/* Each dense layer is three products: forward, for the gradient, and backward unless nothing below it learns. */
static double product_flops(const nndyn_network *network, int64_t n)
{
    double flops = 0;
    int learns = 0;
    for (int64_t l = 0; l < network->layer_count; l++) {
        const nd_layer *layer = &network->layers[l];
        if (layer->kind == NNDYN_DENSE) {
            flops += (learns ? 6.0 : 4.0) * (double)n * (double)layer->in * (double)layer->out;
        }
        learns |= layer->count > 0;
    }
    return flops;
}

static int forecast(nndyn_network *network, int optimizer, int64_t n, int64_t *bytes, double *flops)
{
    if (!nd_optimizer_known(optimizer)) {
        return nd_fail(network, NNDYN_EARG, "optimizer is %d, must be one of NNDYN_SGD (%d) to NNDYN_LANGEVIN (%d)",
                       optimizer, NNDYN_SGD, NNDYN_LANGEVIN);
    }
    ND_TRY(nd_check_size(network, n, 1, INT_MAX, "n"));
    ND_TRY(nd_network_ready(network, network, 0));
    if (bytes != NULL) {
        *bytes = (int64_t)nd_trainer_bytes(network, optimizer, n);
    }
    if (flops != NULL) {
        *flops = product_flops(network, n);
    }
    return NNDYN_OK;
}

int nndyn_trainer_forecast(nndyn_network *network, int optimizer, int64_t n, int64_t *bytes, double *flops)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_trainer_forecast"));
    return nd_leave(network, forecast(network, optimizer, n, bytes, flops));
}
