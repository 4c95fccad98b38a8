/* callback_map.c - maps of the caller's own: a function of states, or one integrator step of a flow. */
#include "dynamics/dynamics.h"
#include <float.h>
#include <string.h>

enum {
    DIMENSION_MOST = 1 << 20,
    BLOCK_NUMBERS = 1 << 17,       /* handed to a callback at a time */
    SHARED_BLOCK_NUMBERS = 1 << 12 /* the same where threads share the work */
};

typedef int (*map_function)(void *user, const double *parameters, int64_t count, const double *states, double *next);
enum { EULER_STAGES = 1, RK4_STAGES = 4 };

typedef struct callback_map {
    map_function call;
    void *user;
    int64_t dimension;
    int64_t parameters; /* of the callback: the step of a flow stands behind them */
    int stages;         /* of the flow's integrator */
} callback_map;

static void destroy(void *self, nndyn_context *context)
{
    nd_release(context, self);
}

/* ---- one step ---------------------------------------------------------------------------------------------------- */

static int advance_map(const void *self, const double *parameters, int64_t count, const double *states, double *next,
                       void *scratch)
{
    const callback_map *map = self;
    (void)scratch;
    return map->call(map->user, parameters, count, states, next);
}

static int advance_euler(const void *self, const double *parameters, int64_t count, const double *states, double *next,
                         void *scratch)
{
    const callback_map *map = self;
    const double step = parameters[map->parameters];
    const int64_t numbers = count * map->dimension;
    (void)scratch;
    const int refused = map->call(map->user, parameters, count, states, next);
    for (int64_t i = 0; refused == 0 && i < numbers; i++) {
        next[i] = states[i] + step * next[i];
    }
    return refused;
}

/* The classical method of order 4: next gathers the weighted velocities. */
static int advance_rk4(const void *self, const double *parameters, int64_t count, const double *states, double *next,
                       void *scratch)
{
    static const double ahead[RK4_STAGES] = {0.5, 0.5, 1, 0}, weight[RK4_STAGES] = {1, 2, 2, 1};
    const callback_map *map = self;
    const double step = parameters[map->parameters];
    const int64_t numbers = count * map->dimension;
    double *velocity = scratch, *at = velocity + numbers;
    const double *from = states;
    memset(next, 0, (size_t)numbers * sizeof *next);
    for (int stage = 0; stage < RK4_STAGES; stage++) {
        const int refused = map->call(map->user, parameters, count, from, velocity);
        if (refused != 0) {
            return refused;
        }
        for (int64_t i = 0; i < numbers; i++) {
            next[i] += weight[stage] * velocity[i];
            at[i] = states[i] + ahead[stage] * step * velocity[i];
        }
        from = at;
    }
    for (int64_t i = 0; i < numbers; i++) {
        next[i] = states[i] + step / 6 * next[i];
    }
    return 0;
}

static size_t rk4_scratch(const void *self, int64_t count)
{
    const callback_map *map = self;
    return 2 * (size_t)(count * map->dimension) * sizeof(double);
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

typedef struct name_list {
    int64_t count;
    char names[ND_MAP_PARAMETERS][ND_MAP_NAME];
} name_list;

static int add_name(void *handle, const char *text, size_t length, int64_t most, name_list *list)
{
    while (length > 0 && *text == ' ') {
        text++;
        length--;
    }
    while (length > 0 && text[length - 1] == ' ') {
        length--;
    }
    if (length == 0) {
        return nd_fail(handle, NNDYN_EARG, "parameters has an empty name; separate names by single commas");
    }
    if (length >= ND_MAP_NAME) {
        return nd_fail(handle, NNDYN_EARG, "parameters has a name of %lld bytes; at most %d are allowed",
                       (long long)length, ND_MAP_NAME - 1);
    }
    if (list->count == most) {
        return nd_fail(handle, NNDYN_EARG, "parameters has more than %lld names", (long long)most);
    }
    char *name = list->names[list->count];
    memcpy(name, text, length);
    name[length] = '\0';
    for (int64_t i = 0; i < list->count; i++) {
        if (strcmp(list->names[i], name) == 0) {
            return nd_fail(handle, NNDYN_EARG, "parameters has the name '%s' twice", name);
        }
    }
    list->count++;
    return NNDYN_OK;
}

static int read_names(void *handle, const char *text, int64_t most, name_list *list)
{
    list->count = 0;
    if (text == NULL || *text == '\0') {
        return NNDYN_OK;
    }
    for (const char *from = text;; from++) {
        const size_t length = strcspn(from, ",");
        ND_TRY(add_name(handle, from, length, most, list));
        from += length;
        if (*from == '\0') {
            return NNDYN_OK;
        }
    }
}

/* ---- creation ---------------------------------------------------------------------------------------------------- */

/* What both kinds of maps are made from. */
typedef struct request {
    nndyn_context *context;
    int64_t dimension;
    name_list list;
    const double *defaults;
    map_function call;
    const char *call_name;
    void *user;
    int concurrent;
    int stages; /* 0: a map */
    double step;
} request;

static int check_request(request *r, const char *parameters, int64_t most, nndyn_map **out)
{
    ND_TRY(nd_check_size(r->context, r->dimension, 1, DIMENSION_MOST, "dimension"));
    ND_TRY(read_names(r->context, parameters, most, &r->list));
    if (r->list.count > 0) {
        ND_TRY(nd_check_pointer(r->context, r->defaults, "defaults"));
        ND_TRY(nd_check_finite(r->context, 1, r->list.count, r->defaults, "defaults"));
    }
    if (r->call == NULL) {
        return nd_fail(r->context, NNDYN_EARG, "%s is NULL; it must be a function", r->call_name);
    }
    return nd_check_pointer(r->context, out, "out");
}

static nd_map_kind kind_of(const request *r)
{
    const int64_t numbers = r->concurrent ? SHARED_BLOCK_NUMBERS : BLOCK_NUMBERS;
    return (nd_map_kind){
        .block = r->dimension < numbers ? numbers / r->dimension : 1,
        .concurrent = r->concurrent,
        .scratch = r->stages == RK4_STAGES ? rk4_scratch : NULL,
        .advance = r->stages == RK4_STAGES     ? advance_rk4
                   : r->stages == EULER_STAGES ? advance_euler
                                               : advance_map,
        .destroy = destroy,
    };
}

static int make(const request *r, nndyn_map **out)
{
    callback_map *self = NULL;
    ND_TRY(nd_allocate_for(r->context, 1, sizeof *self, &self));
    *self = (callback_map){r->call, r->user, r->dimension, r->list.count, r->stages};
    const nd_map_kind kind = kind_of(r);
    nndyn_map *map = NULL;
    const int status = nd_map_make(r->context, r->dimension, &kind, self, &map);
    if (status != NNDYN_OK) {
        nd_release(r->context, self);
        return status;
    }
    for (int64_t i = 0; i < r->list.count; i++) {
        nd_map_add_parameter(map, r->list.names[i], r->defaults[i]);
    }
    if (r->stages > 0) {
        nd_map_add_parameter(map, "step", r->step);
    }
    *out = map;
    return NNDYN_OK;
}

static int create(request *r, const char *parameters, const nndyn_options *options, nndyn_map **out)
{
    static const nd_option_spec specs[] = {{.name = "concurrent", .type = ND_INTEGER, .most = 1}};
    nd_option_value value;
    ND_TRY(check_request(r, parameters, ND_MAP_PARAMETERS, out));
    ND_TRY(nd_options_read(r->context, options, specs, 1, &value));
    r->concurrent = (int)value.integer;
    return make(r, out);
}

int nndyn_map_create(nndyn_context *context, int64_t dimension, const char *parameters, const double *defaults,
                     int (*advance)(void *user, const double *parameters, int64_t count, const double *states,
                                    double *next),
                     void *user, const nndyn_options *options, nndyn_map **out)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, __func__));
    request r = {.context = context,
                 .dimension = dimension,
                 .defaults = defaults,
                 .call = advance,
                 .call_name = "advance",
                 .user = user};
    return nd_leave(context, create(&r, parameters, options, out));
}

static int create_flow(request *r, const char *parameters, const nndyn_options *options, nndyn_map **out)
{
    enum { METHOD, STEP, CONCURRENT, COUNT };
    static const nd_option_spec specs[COUNT] = {
        [METHOD] = {.name = "method", .type = ND_TEXT, .choices = "rk4|euler"},
        [STEP] = {.name = "step", .type = ND_REAL, .least = DBL_MIN, .most = DBL_MAX, .standard = 0.01},
        [CONCURRENT] = {.name = "concurrent", .type = ND_INTEGER, .most = 1},
    };
    nd_option_value values[COUNT];
    ND_TRY(check_request(r, parameters, ND_MAP_PARAMETERS - 1, out));
    for (int64_t i = 0; i < r->list.count; i++) {
        if (strcmp(r->list.names[i], "step") == 0) {
            return nd_fail(r->context, NNDYN_EARG, "parameters has the name 'step', which is the integrator's");
        }
    }
    ND_TRY(nd_options_read(r->context, options, specs, COUNT, values));
    r->stages = values[METHOD].integer == 0 ? RK4_STAGES : EULER_STAGES;
    r->step = values[STEP].real;
    r->concurrent = (int)values[CONCURRENT].integer;
    return make(r, out);
}

int nndyn_map_create_flow(nndyn_context *context, int64_t dimension, const char *parameters, const double *defaults,
                          int (*rhs)(void *user, const double *parameters, int64_t count, const double *states,
                                     double *next),
                          void *user, const nndyn_options *options, nndyn_map **out)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, __func__));
    request r = {.context = context,
                 .dimension = dimension,
                 .defaults = defaults,
                 .call = rhs,
                 .call_name = "rhs",
                 .user = user};
    return nd_leave(context, create_flow(&r, parameters, options, out));
}
