/* The exact scan: against a brute-force twin on five families, on public data, at any number of threads; its errors. */
#include "statistics/samples.h"
#include <float.h>
#include "support/fixture.h"

/* ---- the twin: every window, every sample, by the definitions ---------------------------------------------------- */

typedef struct found {
    double end, k, distance;
    int64_t inside;
} found;

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Empirical limits at value x[i] of sorted x[first..last-1]. */
static void limits(const double *x, int64_t first, int64_t last, int64_t i, int ties, double *low, double *high)
{
    int64_t below = i;
    int64_t upto = i + 1;
    while (below > first && x[below - 1] == x[i]) {
        below--;
    }
    while (upto < last && x[upto] == x[i]) {
        upto++;
    }
    const double n = (double)(last - first);
    *low = (double)(below - first) / n;
    *high = (double)(upto - first) / n;
    if (ties == 1) {
        *high -= 1 / n;
    } else if (ties == 2) {
        *high = *low;
    }
}

/* Sum of (1 + j/q)^-k by brute force with the integral and half a term for the rest. */
static double slow_zeta(double k, double q)
{
    double sum = 0;
    int j = 0;
    for (; j < 3000; j++) {
        sum += pow(q + j, -k);
    }
    const double a = q + j;
    return sum + pow(a, 1 - k) / (k - 1) + 0.5 * pow(a, -k) + k / 12 * pow(a, -k - 1);
}

/* k of [first, last) on [low, high], high INFINITY for a tail. */
static double slow_exponent(const double *x, int64_t first, int64_t last, double low, double high)
{
    double sum = 0;
    for (int64_t i = first; i < last; i++) {
        sum += log(x[i] / low);
    }
    if (high > DBL_MAX) {
        return 1 + (double)(last - first) / sum;
    }
    const double r = log(high / low);
    const double mean = sum / (double)(last - first) / r;
    double left = -1e5;
    double right = 1e5;
    for (int i = 0; i < 200; i++) { /* the mean of a density e^(c u) on [0, 1] rises with c */
        const double c = 0.5 * (left + right);
        const double m = fabs(c) < 1e-3 ? 0.5 + c / 12 : 1 / -expm1(-c) - 1 / c;
        *(m < mean ? &left : &right) = c;
    }
    return 1 - 0.5 * (left + right) / r;
}

static double slow_cdf(double x, double k, double low, double high)
{
    const double v = log(x / low);
    if (high > DBL_MAX) {
        return 1 - pow(x / low, 1 - k);
    }
    const double c = (1 - k) * log(high / low);
    return fabs(c) < 1e-9 ? v / log(high / low) : expm1((1 - k) * v) / expm1(c);
}

static double slow_distance(const double *x, int64_t first, int64_t last, double k, double low, double high, int ties)
{
    double most = 0;
    for (int64_t i = first; i < last; i++) {
        if (i > first && x[i] == x[i - 1]) {
            continue;
        }
        double below, upto;
        limits(x, first, last, i, ties, &below, &upto);
        const double f = slow_cdf(x[i], k, low, high);
        most = fmax(most, fmax(fabs(f - below), fabs(f - upto)));
    }
    return most;
}

static found slow_xmin(int64_t n, const double *x, int64_t least, double high, int ties)
{
    found best = {.distance = INFINITY};
    for (int64_t first = 0; first < n && n - first >= least; first++) {
        if ((first > 0 && x[first] == x[first - 1]) || x[first] == x[n - 1]) {
            continue;
        }
        const double k = slow_exponent(x, first, n, x[first], high);
        const double distance = slow_distance(x, first, n, k, x[first], high, ties);
        if (distance < best.distance) {
            best = (found){x[first], k, distance, n - first};
        }
    }
    return best;
}

static found slow_xmax(int64_t n, const double *x, int64_t least, double low)
{
    found best = {.distance = INFINITY};
    for (int64_t last = n; last >= least; last--) {
        if ((last < n && x[last - 1] == x[last]) || x[0] == x[last - 1]) {
            continue;
        }
        const double k = slow_exponent(x, 0, last, low, x[last - 1]);
        const double distance = slow_distance(x, 0, last, k, low, x[last - 1], 0);
        if (distance < best.distance) {
            best = (found){x[last - 1], k, distance, last};
        }
    }
    return best;
}

static int64_t sorted_sizes(int64_t n, const double *x, double *out)
{
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++) {
        if (x[i] != 0 && fabs(x[i]) <= DBL_MAX) {
            out[count++] = fabs(x[i]);
        }
    }
    qsort(out, (size_t)count, sizeof *out, ascending);
    return count;
}

static void compare_fit(int64_t n, const double *x, nndyn_options *options, int upper, found want)
{
    nndyn_powerlaw_fit *fit = NULL;
    double k, xmin, xmax, distance;
    int64_t inside;
    nt_ok(context, nndyn_powerlaw_fit_create(context, n, x, options, &fit));
    nt_ok(fit, nndyn_powerlaw_fit_exponent(fit, &k, NULL));
    nt_ok(fit, nndyn_powerlaw_fit_window(fit, &xmin, &xmax, &inside));
    nt_ok(fit, nndyn_powerlaw_fit_distance(fit, &distance));
    assert_true((upper ? xmax : xmin) == want.end);
    assert_int_equal(inside, want.inside);
    nt_near(k, want.k, 1e-10 * (1 + fabs(want.k)));
    nt_near(distance, want.distance, 1e-11);
    nndyn_powerlaw_fit_free(fit);
}

static void equals_brute_force(void **state)
{
    (void)state;
    static const char *const ties[] = {"distinct", "plfit", "powerlaw"};
    enum { N = 400 };
    double x[N], sorted[N];
    for (int family = 0; family < FAMILIES; family++) {
        for (uint64_t seed = 1; seed <= 3; seed++) {
            fill_family(family, seed, N, x);
            const int64_t n = sorted_sizes(N, x, sorted);
            for (int t = 0; t < 3; t++) {
                nndyn_options *options = options_of(context, "ties", ties[t], "least", 10);
                compare_fit(N, x, options, 0, slow_xmin(n, sorted, 10, INFINITY, t));
                const double high = sorted[n - 1] * 1.5;
                nt_ok(options, nndyn_options_set_double(options, "xmax", high));
                compare_fit(N, x, options, 0, slow_xmin(n, sorted, 10, high, t));
                nndyn_options_free(options);
            }
            nndyn_options *options = options_of(context, "scan", "xmax", "least", 20);
            const double low = sorted[0] / 1.25;
            nt_ok(options, nndyn_options_set_double(options, "xmin", low));
            compare_fit(N, x, options, 1, slow_xmax(n, sorted, 20, low));
            nndyn_options_free(options);
        }
    }
}

/* A sharper look at the pruning: the curve holds the exact distance of every candidate; its least is the fit. */
static void curves(void **state)
{
    (void)state;
    enum { N = 3000 };
    static double x[N], sorted[N], ends[N], ks[N], ds[N];
    static int64_t inside[N];
    for (int family = 0; family < FAMILIES; family++) {
        nndyn_options *options = options_of(context, NULL, NULL, "curve", 1);
        nndyn_powerlaw_fit *fit = NULL;
        double distance, xmin;
        int64_t length = -1;
        fill_family(family, 9, N, x);
        const int64_t n = sorted_sizes(N, x, sorted);
        nt_ok(context, nndyn_powerlaw_fit_create(context, N, x, options, &fit));
        nt_ok(fit, nndyn_powerlaw_fit_curve(fit, 0, NULL, NULL, NULL, NULL, &length));
        assert_true(length > 10 && length <= N);
        nt_fails(NNDYN_EARG, fit, "capacity is 1", nndyn_powerlaw_fit_curve(fit, 1, ends, ks, ds, inside, &length));
        nt_fails(NNDYN_EARG, fit, "length", nndyn_powerlaw_fit_curve(fit, N, ends, ks, ds, inside, NULL));
        nt_ok(fit, nndyn_powerlaw_fit_curve(fit, N, ends, ks, ds, inside, &length));
        nt_ok(fit, nndyn_powerlaw_fit_distance(fit, &distance));
        nt_ok(fit, nndyn_powerlaw_fit_window(fit, &xmin, NULL, NULL));
        int64_t best = 0;
        for (int64_t i = 0; i < length; i++) {
            best = ds[i] < ds[best] ? i : best;
            assert_true(inside[i] >= 50 && (i == 0 || (ends[i] > ends[i - 1] && inside[i] < inside[i - 1])));
            if (i % 97 == 0) {
                nt_near(ds[i], slow_distance(sorted, n - inside[i], n, ks[i], ends[i], INFINITY, 0), 1e-12);
            }
        }
        assert_true(ds[best] == distance && ends[best] == xmin);
        nndyn_powerlaw_fit_free(fit);
        nt_ok(options, nndyn_options_set_text(options, "scan", "xmax"));
        nt_ok(context, nndyn_powerlaw_fit_create(context, N, x, options, &fit));
        nt_ok(fit, nndyn_powerlaw_fit_curve(fit, N, ends, ks, ds, inside, &length));
        for (int64_t i = 1; i < length; i++) {
            assert_true(ends[i] > ends[i - 1] && inside[i] > inside[i - 1]);
        }
        nt_near(ds[length / 2],
                slow_distance(sorted, 0, inside[length / 2], ks[length / 2], sorted[0], ends[length / 2], 0), 1e-11);
        nndyn_powerlaw_fit_free(fit);
        nndyn_options_free(options);
    }
}

/* The zeta law by brute force: likelihood on a grid of steps that halve, distance over every integer. */
static void discrete_data(void **state)
{
    (void)state;
    enum { N = 300 };
    double x[N], sorted[N];
    fill_family(4, 2, N, x);
    sorted_sizes(N, x, sorted);
    found best = {.distance = INFINITY};
    for (int64_t first = 0; N - first >= 30; first++) {
        double k = 2;
        double logs = 0;
        if (first > 0 && sorted[first] == sorted[first - 1]) {
            continue;
        }
        for (int64_t i = first; i < N; i++) {
            logs += log(sorted[i]);
        }
        const double n = (double)(N - first);
        const double q = sorted[first];
        for (double step = 0.5; step > 1e-9; step *= 0.5) {
            const double here = -n * log(slow_zeta(k, q)) - k * logs;
            const double up = -n * log(slow_zeta(k + step, q)) - (k + step) * logs;
            const double down = k - step > 1 ? -n * log(slow_zeta(k - step, q)) - (k - step) * logs : -INFINITY;
            k += up > here ? step : down > here ? -step : 0;
        }
        double most = 0;
        int64_t count = 0;
        double mass = 0;
        const double z = slow_zeta(k, q);
        for (double value = q; value <= sorted[N - 1]; value++) { /* every integer, data or not */
            mass += pow(value, -k) / z;
            while (first + count < N && sorted[first + count] <= value) {
                count++;
            }
            most = fmax(most, fabs((double)count / n - mass));
        }
        if (most < best.distance) {
            best = (found){q, k, most, N - first};
        }
    }
    nndyn_options *options = options_of(context, NULL, NULL, "discrete", 1);
    nt_ok(options, nndyn_options_set_integer(options, "least", 30));
    nndyn_powerlaw_fit *fit = NULL;
    double k, se, xmin, distance;
    int64_t inside;
    nt_ok(context, nndyn_powerlaw_fit_create(context, N, x, options, &fit));
    nt_ok(fit, nndyn_powerlaw_fit_exponent(fit, &k, &se));
    nt_ok(fit, nndyn_powerlaw_fit_window(fit, &xmin, NULL, &inside));
    nt_ok(fit, nndyn_powerlaw_fit_distance(fit, &distance));
    assert_true(xmin == best.end && inside == best.inside);
    nt_near(k, best.k, 1e-6);
    nt_near(distance, best.distance, 1e-6);
    assert_true(se > 0.8 * (k - 1) / sqrt((double)inside) && se < 1.3 * (k - 1) / sqrt((double)inside));
    nt_fails(NNDYN_EUNSUPPORTED, fit, "discrete",
             nndyn_powerlaw_compare(fit, NNDYN_POWERLAW_LOGNORMAL, NULL, NULL, NULL, NULL));
    nndyn_powerlaw_fit_free(fit);
    x[7] = 2.5;
    fit = NULL;
    nt_fails(NNDYN_EDATA, context, "2.5", nndyn_powerlaw_fit_create(context, N, x, options, &fit));
    nt_ok(options, nndyn_options_set_double(options, "xmax", 100));
    nt_fails(NNDYN_EUNSUPPORTED, context, "discrete", nndyn_powerlaw_fit_create(context, N, x, options, &fit));
    assert_null(fit);
    nndyn_options_free(options);
}

/* ---- public data ------------------------------------------------------------------------------------------------- */

/* Figures recorded with the data sets: x_min, k, samples in the tail, distance (0: not recorded). */
typedef struct reference {
    const char *name;
    double scale;
    const char *ties;
    double xmin, k, distance;
    int64_t inside;
} reference;

static const reference references[] = {
    {"blackouts", 1000, "plfit", 230, 2.27264, 0.06067, 59},    {"fires", 1, "plfit", 6324, 2.16363, 0, 521},
    {"flares", 1, "plfit", 323, 1.78841, 0.00829, 1711},        {"cities", 1000, "plfit", 52.457, 2.36995, 0, 580},
    {"surnames", 1000, "plfit", 111.919, 2.49325, 0, 239},      {"quakes", 1000, "plfit", 0.794328, 1.63979, 0, 11697},
    {"surnames", 1000, "powerlaw", 14.9226, 2.20042, 0, 2280},  {"quakes", 1000, "powerlaw", 10, 1.9524, 0, 2659},
    {"blackouts", 1000, "distinct", 230, 2.27264, 0.06067, 59}, {"flares", 1, "distinct", 323, 1.78841, 0.00829, 1711},
};

/* Values, each as often as its line says, or as its own line in the larger set. */
static int64_t read_set(const char *name, double scale, double *x)
{
    char path[NT_PATH];
    const char *folder = getenv("NNDYN_POWERLAW_DATA");
    const int large = strcmp(name, "cities") == 0;
    double value;
    long count = 1;
    int64_t n = 0;
    if (large && folder == NULL) {
        print_message("NNDYN_POWERLAW_DATA is not set: %s is left out\n", name);
        return 0;
    }
    snprintf(path, sizeof path, "%s/%s.txt", large ? folder : "test/statistics/data", name);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        print_error("%s cannot be read\n", path);
    }
    assert_non_null(file);
    while (fscanf(file, "%lf", &value) == 1 && (large || fscanf(file, "%ld", &count) == 1)) {
        for (long i = 0; i < count; i++) {
            x[n++] = value / scale;
        }
    }
    fclose(file);
    return n;
}

static void public_data(void **state)
{
    (void)state;
    double *x = malloc(300000 * sizeof *x);
    assert_non_null(x);
    for (size_t i = 0; i < sizeof references / sizeof *references; i++) {
        const reference *want = &references[i];
        nndyn_options *options = options_of(context, "ties", want->ties, "least", 2);
        nndyn_powerlaw_fit *fit = NULL;
        double k, xmin, distance;
        int64_t inside;
        const int64_t n = read_set(want->name, want->scale, x);
        if (n > 0) {
            nt_ok(context, nndyn_powerlaw_fit_create(context, n, x, options, &fit));
            nt_ok(fit, nndyn_powerlaw_fit_exponent(fit, &k, NULL));
            nt_ok(fit, nndyn_powerlaw_fit_window(fit, &xmin, NULL, &inside));
            nt_ok(fit, nndyn_powerlaw_fit_distance(fit, &distance));
            nt_near(xmin, want->xmin, 5e-7 * want->xmin);
            nt_near(k, want->k, 5.1e-6);
            assert_int_equal(inside, want->inside);
            nt_near(distance, want->distance > 0 ? want->distance : distance, 5.1e-6);
        }
        nndyn_powerlaw_fit_free(fit);
        nndyn_options_free(options);
    }
    free(x);
}

static void vuong_of_public_data(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double scale, exponential, lognormal, p;
    } want[] = {{"blackouts", 1000, 1.4330, -0.4157, 0.678}, {"flares", 1, 13.72, -0.804, 0.42}};
    double *x = malloc(300000 * sizeof *x);
    assert_non_null(x);
    for (int i = 0; i < 2; i++) {
        nndyn_powerlaw_fit *fit = NULL;
        double normalized, p;
        const int64_t n = read_set(want[i].name, want[i].scale, x);
        nt_ok(context, nndyn_powerlaw_fit_create(context, n, x, NULL, &fit));
        nt_ok(fit, nndyn_powerlaw_compare(fit, NNDYN_POWERLAW_EXPONENTIAL, NULL, NULL, &normalized, &p));
        nt_near(normalized, want[i].exponential, i == 0 ? 6e-5 : 6e-3);
        nt_near(p, i == 0 ? 0.152 : 0, 6e-4);
        nt_ok(fit, nndyn_powerlaw_compare(fit, NNDYN_POWERLAW_LOGNORMAL, NULL, NULL, &normalized, &p));
        nt_near(normalized, want[i].lognormal, i == 0 ? 6e-5 : 6e-4);
        nt_near(p, want[i].p, i == 0 ? 6e-4 : 6e-3);
        nndyn_powerlaw_fit_free(fit);
    }
    free(x);
}

/* ---- threads, progress, failures --------------------------------------------------------------------------------- */

static int stop(void *user, const char *task, double fraction)
{
    (void)task;
    (void)fraction;
    return *(int *)user;
}

static void threads_and_cancel(void **state)
{
    (void)state;
    enum { N = 200000 };
    double *x = malloc(N * sizeof *x);
    double k[2], d[2], xmin[2];
    nndyn_powerlaw_fit *fit = NULL;
    assert_non_null(x);
    fill_family(2, 3, N, x);
    for (int t = 0; t < 2; t++) {
        nt_ok(context, nndyn_context_set_threads(context, t == 0 ? 1 : 8));
        nt_ok(context, nndyn_powerlaw_fit_create(context, N, x, NULL, &fit));
        nt_ok(fit, nndyn_powerlaw_fit_exponent(fit, &k[t], NULL));
        nt_ok(fit, nndyn_powerlaw_fit_window(fit, &xmin[t], NULL, NULL));
        nt_ok(fit, nndyn_powerlaw_fit_distance(fit, &d[t]));
        nndyn_powerlaw_fit_free(fit);
    }
    assert_true(k[0] == k[1] && d[0] == d[1] && xmin[0] == xmin[1]);
    assert_true(xmin[0] > 1.9 && xmin[0] < 5 && fabs(k[0] - 2.5) < 0.05);
    int yes = 1;
    nndyn_options *options = options_of(context, NULL, NULL, "curve", 1);
    nt_ok(context, nndyn_context_set_progress(context, stop, &yes));
    fit = NULL;
    assert_int_equal(nndyn_powerlaw_fit_create(context, N, x, options, &fit), NNDYN_ECANCELED);
    assert_null(fit);
    nt_ok(context, nndyn_context_set_progress(context, NULL, NULL));
    nt_ok(context, nndyn_context_set_memory_limit(context, 1000));
    nt_fails(NNDYN_ELIMIT, context, "sorted", nndyn_powerlaw_fit_create(context, N, x, options, &fit));
    nt_ok(context, nndyn_context_set_memory_limit(context, 0));
    assert_null(fit);
    nndyn_options_free(options);
    free(x);
}

static void errors(void **state)
{
    (void)state;
    double x[100];
    nndyn_powerlaw_fit *fit = NULL;
    int64_t length = 5;
    fill_tail(100, 2.5, x);
    nndyn_options *options = options_of(context, NULL, NULL, NULL, 0);
    nt_fails(NNDYN_EARG, context, "n is 0", nndyn_powerlaw_fit_create(context, 0, x, NULL, &fit));
    nt_fails(NNDYN_EARG, context, "x is NULL", nndyn_powerlaw_fit_create(context, 9, NULL, NULL, &fit));
    nt_fails(NNDYN_EARG, context, "out", nndyn_powerlaw_fit_create(context, 100, x, NULL, NULL));
    nt_fails(NNDYN_EDATA, context, "49 samples", nndyn_powerlaw_fit_create(context, 49, x, NULL, &fit));
    const double zeros[60] = {0};
    nt_fails(NNDYN_EDATA, context, "zeros 60", nndyn_powerlaw_fit_create(context, 60, zeros, NULL, &fit));
    double same[60];
    for (int i = 0; i < 60; i++) {
        same[i] = i % 2 ? -3.5 : 3.5;
    }
    nt_fails(NNDYN_EDATA, context, "all 60 samples are 3.5", nndyn_powerlaw_fit_create(context, 60, same, NULL, &fit));
    same[0] = 3; /* two values, but no window of 50 that has both at its ends only */
    nt_ok(options, nndyn_options_set_double(options, "xmax", 3.5));
    nt_ok(options, nndyn_options_set_double(options, "xmin", 3.5));
    nt_fails(NNDYN_EARG, context, "'xmax' is 3.5", nndyn_powerlaw_fit_create(context, 60, same, options, &fit));
    nt_ok(options, nndyn_options_set_double(options, "xmin", -1));
    nt_fails(NNDYN_EOPTION, context, "xmin", nndyn_powerlaw_fit_create(context, 60, same, options, &fit));
    nt_ok(options, nndyn_options_set_double(options, "xmin", 0));
    nt_ok(options, nndyn_options_set_double(options, "xmax", 0));
    nt_ok(options, nndyn_options_set_text(options, "scan", "xmax"));
    nt_ok(options, nndyn_options_set_text(options, "ties", "plfit"));
    nt_fails(NNDYN_EUNSUPPORTED, context, "distinct", nndyn_powerlaw_fit_create(context, 100, x, options, &fit));
    nt_ok(options, nndyn_options_set_text(options, "ties", "distinct"));
    nt_ok(options, nndyn_options_set_integer(options, "discrete", 1));
    nt_fails(NNDYN_EUNSUPPORTED, context, "discrete", nndyn_powerlaw_fit_create(context, 100, x, options, &fit));
    nt_ok(options, nndyn_options_set_text(options, "scan", "xmin"));
    nt_ok(options, nndyn_options_set_double(options, "xmin", 1.5));
    nt_fails(NNDYN_EARG, context, "integer", nndyn_powerlaw_fit_create(context, 100, x, options, &fit));
    nndyn_options_free(options);
    options = options_of(context, NULL, NULL, "last", 1);
    nt_fails(NNDYN_EOPTION, context, "least", nndyn_powerlaw_fit_create(context, 100, x, options, &fit));
    assert_null(fit);
    nndyn_options_free(options);
    /* no candidate: two values of 40 samples each, and 50 needed in a window that both are in, but not the lower one's
     * edge */
    double two[80];
    for (int i = 0; i < 80; i++) {
        two[i] = i % 2 ? 2 : 1;
    }
    options = options_of(context, "scan", "none", NULL, 0);
    nt_ok(options, nndyn_options_set_double(options, "xmax", 2));
    nt_ok(options, nndyn_options_set_double(options, "xmin", 1));
    nt_ok(context, nndyn_powerlaw_fit_create(context, 80, two, options, &fit)); /* the edges balance: k = 1 */
    double k = 0;
    nt_fails(NNDYN_ESTATE, fit, "curve", nndyn_powerlaw_fit_curve(fit, 0, NULL, NULL, NULL, NULL, &length));
    nt_fails(NNDYN_EARG, fit, "k is NULL", nndyn_powerlaw_fit_exponent(fit, NULL, NULL));
    nt_fails(NNDYN_EARG, fit, "distance is NULL", nndyn_powerlaw_fit_distance(fit, NULL));
    nt_fails(NNDYN_EARG, fit, "z is NULL", nndyn_powerlaw_fit_curvature(fit, NULL));
    nt_ok(fit, nndyn_powerlaw_fit_exponent(fit, &k, NULL));
    nt_near(k, 1, 1e-14);
    assert_int_equal(length, 5);
    nndyn_powerlaw_fit_free(fit);
    nndyn_powerlaw_fit_free(NULL);
    nndyn_options_free(options);
    fit = NULL;
    options = options_of(context, NULL, NULL, "least", 60);
    for (int i = 0; i < 80; i++) {
        two[i] = i < 50 ? 1 : 2; /* the lower value is in a window of 80, the upper one alone is none */
    }
    nt_ok(context, nndyn_powerlaw_fit_create(context, 80, two, options, &fit));
    int64_t positive, nothing, bad, distinct;
    nt_ok(fit, nndyn_powerlaw_fit_counts(fit, &positive, &nothing, &bad, &distinct));
    assert_true(positive == 80 && nothing == 0 && bad == 0 && distinct == 2);
    nndyn_powerlaw_fit_free(fit);
    nndyn_options_free(options);
}

static int every_allocation(nt_allocator *a, void *user)
{
    const double *x = user;
    nndyn_context *c = NULL;
    nndyn_options *options = NULL;
    nndyn_powerlaw_fit *fit = NULL;
    int status = nt_context_create(a, &c);
    if (status == NNDYN_OK) {
        status = nndyn_options_create(c, &options);
    }
    if (status == NNDYN_OK) {
        status = nndyn_options_set_integer(options, "curve", 1);
    }
    if (status == NNDYN_OK) {
        status = nndyn_powerlaw_fit_create(c, 200, x, options, &fit);
    }
    if (status == NNDYN_OK) {
        double p = 5;
        status = nndyn_powerlaw_goodness(fit, 20, 1, &p, NULL);
        assert_true(status == NNDYN_OK || p == 5);
    }
    nndyn_powerlaw_fit_free(fit);
    nndyn_options_free(options);
    nndyn_context_free(c);
    return status;
}

static void allocations(void **state)
{
    (void)state;
    double x[200];
    fill_tail(200, 2.5, x);
    nt_every_allocation(every_allocation, x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(equals_brute_force, set_up, tear_down),
        cmocka_unit_test_setup_teardown(curves, set_up, tear_down),
        cmocka_unit_test_setup_teardown(discrete_data, set_up, tear_down),
        cmocka_unit_test_setup_teardown(public_data, set_up, tear_down),
        cmocka_unit_test_setup_teardown(vuong_of_public_data, set_up, tear_down),
        cmocka_unit_test_setup_teardown(threads_and_cancel, set_up, tear_down),
        cmocka_unit_test_setup_teardown(errors, set_up, tear_down),
        cmocka_unit_test(allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
