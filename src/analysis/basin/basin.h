/* basin.h - attraction basins inside: the estimator of radii, and the result.
 *
 * The estimator knows neither networks nor noise.  It is given units, each with a number of trials that come out right
 * or wrong at an amplitude: of the basins in sample space a unit is a sample and its trials are the noise fields; of
 * those in weight space a unit is one perturbed network and its trials are the samples.  Units are independent, the
 * trials of one unit need not be.  A group is a list of units; groups may share units. */
#ifndef ND_BASIN_H
#define ND_BASIN_H
#include "core/core.h"
#include "data/data.h"
#include "network/network.h"
#include "nndyn/basin.h"

/* ---- what is estimated ------------------------------------------------------------------------------------------- */

typedef struct nd_basin_source {
    int64_t units;
    const int64_t *trials; /* of each unit, at least 1 */
    /* Right trials of unit[i] at amplitude[i] (0: without noise), i < n; a unit may be listed more than once.  The same
     * unit and amplitude give the same number whenever asked. */
    int (*count)(void *user, int64_t n, const int64_t *unit, const double *amplitude, int64_t *right);
    void *user;
} nd_basin_source;

typedef struct nd_basin_groups {
    int64_t count;
    const int64_t *start; /* count + 1: the units of group g are units[start[g]], ... */
    const int64_t *units;
    int64_t curves; /* the first so many groups keep their curves */
} nd_basin_groups;

enum {
    ND_BASIN_AUTO = 0,
    ND_BASIN_CLUSTER,   /* over units: Wilson's with the effective number of trials, t */
    ND_BASIN_BOOTSTRAP, /* over units */
    ND_BASIN_FIXED,     /* over trials, the units fixed */
    ND_BASIN_WILSON,    /* over all trials, independent */
    ND_BASIN_CLOPPER_PEARSON,
    ND_BASIN_MID_P, /* with the trials as they came out counted half */
    ND_BASIN_T      /* over units: mean +- t s / sqrt(units) of their shares */
};

typedef struct nd_basin_rule {
    double theta;  /* 0: the default */
    double chance; /* for two classes 1/2: theta is half way between it and A(0); else 0: theta is 1/2 */
    double start, cap, ratio;
    int march;
    int64_t bisections;
    int interval;
    double level;
    int64_t replicas, seed; /* of the bootstrap */
} nd_basin_rule;

/* The options of an estimate, for the table of a call; read back with nd_basin_rule_of. */
enum {
    ND_BASIN_THETA,
    ND_BASIN_START,
    ND_BASIN_CAP,
    ND_BASIN_RATIO,
    ND_BASIN_MARCH,
    ND_BASIN_BISECTIONS,
    ND_BASIN_LEVEL,
    ND_BASIN_REPLICAS,
    ND_BASIN_SEED,
    ND_BASIN_RULE_OPTIONS
};
#define ND_BASIN_RULE_SPECS                                                                                \
    {"theta", ND_REAL, 0, 1, 0, NULL}, {"start", ND_REAL, 1e-300, 1e300, 0.01, NULL},                      \
        {"cap", ND_REAL, 1e-300, 1e300, 100, NULL}, {"ratio", ND_REAL, 1.001, 100, 1.3, NULL},             \
        {"march", ND_INTEGER, 0, 1, 1, NULL}, {"bisections", ND_INTEGER, 1, 60, 20, NULL},                 \
        {"level", ND_REAL, 0.5, 0.999999, 0.95, NULL}, {"replicas", ND_INTEGER, 100, 1000000, 1000, NULL}, \
    {                                                                                                      \
        "seed", ND_INTEGER, -9e15, 9e15, 0, NULL                                                           \
    }
/* Checks what bounds cannot say: theta below 1, start < cap.  `values` begins with the options above; interval and
 * chance are the caller's to fill. */
int nd_basin_rule_of(void *handle, const nd_option_value *values, nd_basin_rule *rule);

/* ---- what is found ----------------------------------------------------------------------------------------------- */

typedef struct nd_basin_estimate {
    double radius, low, high, theta;
    double accuracy, cap_accuracy;
    int flags;
    int64_t units, trials; /* of the group */
    int64_t evaluations;   /* trials made for this group */
    int64_t points;        /* of its curve */
} nd_basin_estimate;

typedef struct nd_basin_table {
    int64_t groups, curves, capacity; /* capacity: points a curve may have */
    nd_basin_estimate *estimates;     /* of each group */
    double *amplitude;                /* capacity: 0, then the march, the same for all */
    double *share, *low, *high;       /* curves x capacity */
    nd_arena arena;
} nd_basin_table;

/* Every group's radius.  Reports progress to `task`, whose handle gets the messages. */
int nd_basin_estimate_all(nd_task *task, const nd_basin_source *source, const nd_basin_groups *groups,
                          const nd_basin_rule *rule, nd_basin_table *out);
void nd_basin_table_free(nd_basin_table *table);

/* Confidence interval of the share of right trials among the n units with these numbers of right trials; se may be
 * NULL.  NNDYN_EOPTION where it does not apply. */
int nd_basin_interval(void *handle, const nd_basin_rule *rule, int64_t n, const int64_t *units, const int64_t *trials,
                      const int64_t *right, double *low, double *high, double *se);

/* ---- the result -------------------------------------------------------------------------------------------------- */

/* A result handle; takes over the table (which is empty afterwards) also on failure.  Groups: the set, then `classes`
 * classes, then one group a sample (`samples` of them, 0 for none).  labels: of the samples, copied; may be NULL.
 * sigma: standard deviation of a component at amplitude 1 (NaN where there is none); unit: static text. */
int nd_basin_wrap(void *handle, nd_basin_table *table, int64_t classes, int64_t samples, const int64_t *labels,
                  double sigma, const char *unit, nndyn_basin **out);

/* ---- basins in sample space -------------------------------------------------------------------------------------- */

enum { ND_NOISE_GAUSSIAN = 0, ND_NOISE_CUBE, ND_NOISE_SPHERE, ND_NOISE_BALL };

/* Which class each of many noisy inputs is taken for. */
typedef struct nd_basin_sampler nd_basin_sampler;
typedef struct nd_basin_noise {
    int kind;
    int64_t draws, seed;
    int clip, recalibrate;
    double clip_low, clip_high;
    const double *given; /* draws x samples x inputs at amplitude 1, in place of drawn noise; or NULL */
} nd_basin_noise;
/* The network is entered, the data set held; labels fit the outputs. */
int nd_basin_sampler_create(nndyn_network *network, const nndyn_dataset *dataset, const nd_basin_noise *noise,
                            nd_basin_sampler **out);
void nd_basin_sampler_free(nd_basin_sampler *sampler);
/* As nd_basin_source asks: units are samples, trials draws; user is the sampler. */
int nd_basin_sampler_count(void *user, int64_t n, const int64_t *unit, const double *amplitude, int64_t *right);
/* How often draws first, ..., first + draws - 1 of unit[i] at amplitude[i] are taken for each class: votes[n x
 * classes].  noise->draws says nothing here. */
int nd_basin_sampler_vote(nd_basin_sampler *sampler, int64_t n, const int64_t *unit, const double *amplitude,
                          int64_t first, int64_t draws, int64_t classes, int64_t *votes);
/* nndyn_basin_sample with noise that is given (draws x samples x inputs), or NULL. */
int nd_basin_sample_given(nndyn_network *network, nndyn_dataset *dataset, const nndyn_options *options,
                          const double *given, nndyn_basin **out);

#endif
