/* stream.c - estimates from any number of samples in constant memory. */
#include "statistics/powerlaw.h"
#include <math.h>
#include <string.h>

struct nndyn_powerlaw_stream {
    nd_handle handle;
    nd_window window;
    int64_t bins;
    int64_t *counts;
};

static void destroy(void *object)
{
    nndyn_powerlaw_stream *stream = object;
    nd_release(stream->handle.context, stream->counts);
}

static int create(nndyn_context *context, double xmin, double xmax, int64_t bins, nndyn_powerlaw_stream **out)
{
    nd_window window;
    nndyn_powerlaw_stream *stream;
    ND_TRY(nd_window_open(context, xmin, xmax, 0, &window));
    ND_TRY(nd_check_size(context, bins, 2, 1000000, "bins"));
    ND_TRY(nd_check_pointer(context, out, "out"));
    ND_TRY(nd_handle_create(context, ND_POWERLAW_STREAM, sizeof *stream, destroy, &stream));
    stream->window = window;
    stream->bins = bins;
    const int status = nd_allocate_for(context, bins, sizeof *stream->counts, &stream->counts);
    if (status != NNDYN_OK) {
        nndyn_powerlaw_stream_free(stream);
        return status;
    }
    *out = stream;
    return NNDYN_OK;
}

int nndyn_powerlaw_stream_create(nndyn_context *context, double xmin, double xmax, int64_t bins,
                                 nndyn_powerlaw_stream **out)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_powerlaw_stream_create"));
    return nd_leave(context, create(context, xmin, xmax, bins, out));
}

void nndyn_powerlaw_stream_free(nndyn_powerlaw_stream *stream)
{
    nd_handle_release(stream);
}

/* ---- taking in --------------------------------------------------------------------------------------------------- */

static void add_one(nndyn_powerlaw_stream *stream, double scale, double x)
{
    const double v = nd_window_add(&stream->window, x);
    if (v >= 0) {
        const int64_t bin = (int64_t)(v * scale);
        stream->counts[bin < stream->bins ? bin : stream->bins - 1]++;
    }
}

static int check_samples(nndyn_powerlaw_stream *stream, int64_t n, const void *x)
{
    ND_TRY(nd_check_size(stream, n, 0, INT64_MAX, "n"));
    return n > 0 ? nd_check_pointer(stream, x, "x") : NNDYN_OK;
}

int nndyn_powerlaw_stream_add(nndyn_powerlaw_stream *stream, int64_t n, const double *x)
{
    ND_TRY(nd_enter(stream, ND_POWERLAW_STREAM, "nndyn_powerlaw_stream_add"));
    const int status = check_samples(stream, n, x);
    const double scale = (double)stream->bins / stream->window.length;
    for (int64_t i = 0; status == NNDYN_OK && i < n; i++) {
        add_one(stream, scale, x[i]);
    }
    return nd_leave(stream, status);
}

int nndyn_powerlaw_stream_add_f32(nndyn_powerlaw_stream *stream, int64_t n, const float *x)
{
    ND_TRY(nd_enter(stream, ND_POWERLAW_STREAM, "nndyn_powerlaw_stream_add_f32"));
    const int status = check_samples(stream, n, x);
    const double scale = (double)stream->bins / stream->window.length;
    for (int64_t i = 0; status == NNDYN_OK && i < n; i++) {
        add_one(stream, scale, (double)x[i]);
    }
    return nd_leave(stream, status);
}

static int merge(nndyn_powerlaw_stream *stream, const nndyn_powerlaw_stream *other)
{
    nd_window *to = &stream->window;
    const nd_window *from = &other->window;
    if (to->xmin != from->xmin || to->xmax != from->xmax || stream->bins != other->bins) {
        return nd_fail(
            stream, NNDYN_EARG,
            "other has the window from %g to %g in %lld bins; it must have that of the stream, from %g to %g in "
            "%lld",
            from->xmin, from->xmax, (long long)other->bins, to->xmin, to->xmax, (long long)stream->bins);
    }
    to->inside += from->inside;
    to->zeros += from->zeros;
    to->below += from->below;
    to->above += from->above;
    to->nonfinite += from->nonfinite;
    nd_sum_merge(&to->v, &from->v);
    nd_sum_merge(&to->squares, &from->squares);
    for (int64_t i = 0; i < stream->bins; i++) {
        stream->counts[i] += other->counts[i];
    }
    return NNDYN_OK;
}

int nndyn_powerlaw_stream_merge(nndyn_powerlaw_stream *stream, nndyn_powerlaw_stream *other)
{
    ND_TRY(nd_enter(stream, ND_POWERLAW_STREAM, "nndyn_powerlaw_stream_merge"));
    int status = NNDYN_OK;
    if (other == stream) {
        status = nd_fail(stream, NNDYN_EARG, "other is the stream itself; it must be another one");
    } else {
        status = nd_hold(stream, other, ND_POWERLAW_STREAM, "other");
        if (status == NNDYN_OK) {
            status = merge(stream, other);
            nd_unhold(other);
        }
    }
    return nd_leave(stream, status);
}

int nndyn_powerlaw_stream_clear(nndyn_powerlaw_stream *stream)
{
    ND_TRY(nd_enter(stream, ND_POWERLAW_STREAM, "nndyn_powerlaw_stream_clear"));
    const nd_window *old = &stream->window;
    stream->window = (nd_window){.xmin = old->xmin, .xmax = old->xmax, .length = old->length};
    memset(stream->counts, 0, (size_t)stream->bins * sizeof *stream->counts);
    return nd_leave(stream, NNDYN_OK);
}

/* ---- giving out -------------------------------------------------------------------------------------------------- */

int nndyn_powerlaw_stream_counts(nndyn_powerlaw_stream *stream, int64_t *inside, int64_t *zeros, int64_t *below,
                                 int64_t *above, int64_t *nonfinite)
{
    ND_TRY(nd_enter(stream, ND_POWERLAW_STREAM, "nndyn_powerlaw_stream_counts"));
    const nd_window *w = &stream->window;
    int64_t *const out[] = {inside, zeros, below, above, nonfinite};
    const int64_t counts[] = {w->inside, w->zeros, w->below, w->above, w->nonfinite};
    for (int i = 0; i < 5; i++) {
        if (out[i] != NULL) {
            *out[i] = counts[i];
        }
    }
    return nd_leave(stream, NNDYN_OK);
}

static int give(nndyn_powerlaw_stream *stream, int status, const double *values, double *k, double *se)
{
    ND_TRY(status);
    ND_TRY(nd_check_pointer(stream, k, "k"));
    *k = values[0];
    if (se != NULL) {
        *se = values[1];
    }
    return NNDYN_OK;
}

int nndyn_powerlaw_stream_exponent(nndyn_powerlaw_stream *stream, double *k, double *se)
{
    double values[2];
    ND_TRY(nd_enter(stream, ND_POWERLAW_STREAM, "nndyn_powerlaw_stream_exponent"));
    const int status = nd_window_exponent(stream, &stream->window, ND_LEAST, &values[0], &values[1]);
    return nd_leave(stream, give(stream, status, values, k, se));
}

/* The mean bin of J: with m and v those of the law on [0, 1], J m(J c) - m(c) and J^2 v(J c) - v(c), c = (1-k) times
 * the width of a bin.  The c of a mean bin: bisected around Newton's steps. */
static double solve_bins(double bins, double mean)
{
    double low = -1;
    double high = 1;
    while (bins * nd_truncated_mean(bins * low) - nd_truncated_mean(low) > mean) {
        low *= 2;
    }
    while (bins * nd_truncated_mean(bins * high) - nd_truncated_mean(high) < mean) {
        high *= 2;
    }
    double c = 0.5 * (low + high);
    for (int i = 0; i < 200; i++) {
        const double excess = bins * nd_truncated_mean(bins * c) - nd_truncated_mean(c) - mean;
        const double slope = bins * bins * nd_truncated_variance(bins * c) - nd_truncated_variance(c);
        if (excess > 0) {
            high = c;
        } else {
            low = c;
        }
        double next = c - excess / slope;
        if (!(next > low && next < high)) {
            next = 0.5 * (low + high);
        }
        const double step = fabs(next - c);
        c = next;
        if (step <= 1e-15 * fmax(1, fabs(c))) {
            break;
        }
    }
    return c;
}

static int binned(nndyn_powerlaw_stream *stream, double values[2])
{
    const double n = (double)stream->window.inside;
    const double bins = (double)stream->bins;
    const double width = stream->window.length / bins;
    double sum = 0;
    /* for the checks of the count and its message; whether samples are at an edge is asked of the bins */
    ND_TRY(nd_window_exponent(stream, &stream->window, ND_LEAST, &values[0], &values[1]));
    for (int64_t i = 0; i < stream->bins; i++) {
        sum += (double)stream->counts[i] * (double)i;
    }
    if (stream->counts[0] == stream->window.inside || stream->counts[stream->bins - 1] == stream->window.inside) {
        return nd_fail(stream, NNDYN_EDATA, "all %lld samples are in one bin at an edge; an exponent needs others",
                       (long long)stream->window.inside);
    }
    const double c = solve_bins(bins, sum / n);
    const double variance = bins * bins * nd_truncated_variance(bins * c) - nd_truncated_variance(c);
    values[0] = 1 - c / width;
    values[1] = 1 / (width * sqrt(n * variance));
    return NNDYN_OK;
}

int nndyn_powerlaw_stream_binned(nndyn_powerlaw_stream *stream, double *k, double *se)
{
    double values[2];
    ND_TRY(nd_enter(stream, ND_POWERLAW_STREAM, "nndyn_powerlaw_stream_binned"));
    const int status = binned(stream, values);
    return nd_leave(stream, give(stream, status, values, k, se));
}

int nndyn_powerlaw_stream_curvature(nndyn_powerlaw_stream *stream, double *z)
{
    double value;
    ND_TRY(nd_enter(stream, ND_POWERLAW_STREAM, "nndyn_powerlaw_stream_curvature"));
    int status = nd_window_curvature(stream, &stream->window, ND_LEAST, &value);
    if (status == NNDYN_OK) {
        status = nd_check_pointer(stream, z, "z");
    }
    if (status == NNDYN_OK) {
        *z = value;
    }
    return nd_leave(stream, status);
}

/* ---- the histogram ----------------------------------------------------------------------------------------------- */

static double edge(const nndyn_powerlaw_stream *stream, int64_t i)
{
    const nd_window *w = &stream->window;
    const double part = (double)i / (double)stream->bins;
    return i == 0 ? w->xmin : i == stream->bins ? w->xmax : exp(log(w->xmin) + part * (log(w->xmax) - log(w->xmin)));
}

static double density(const nndyn_powerlaw_stream *stream, int64_t i)
{
    const double count = (double)stream->counts[i];
    return count > 0 ? count / (double)stream->window.inside / (edge(stream, i + 1) - edge(stream, i)) : 0;
}

int nndyn_powerlaw_stream_histogram(nndyn_powerlaw_stream *stream, double *edges, int64_t *counts, double *densities)
{
    ND_TRY(nd_enter(stream, ND_POWERLAW_STREAM, "nndyn_powerlaw_stream_histogram"));
    for (int64_t i = 0; edges != NULL && i <= stream->bins; i++) {
        edges[i] = edge(stream, i);
    }
    if (counts != NULL) {
        memcpy(counts, stream->counts, (size_t)stream->bins * sizeof *counts);
    }
    for (int64_t i = 0; densities != NULL && i < stream->bins; i++) {
        densities[i] = density(stream, i);
    }
    return nd_leave(stream, NNDYN_OK);
}

static int slope(nndyn_powerlaw_stream *stream, double *k, double *level, double *se)
{
    const int64_t bins = stream->bins;
    double *table;
    nd_line line;
    int64_t used = 0;
    ND_TRY(nd_check_pointer(stream, k, "k"));
    for (int64_t i = 0; i < bins; i++) {
        used += stream->counts[i] > 0;
    }
    if (used < 3) {
        return nd_fail(stream, NNDYN_EDATA, "%lld bins have samples; a slope needs at least 3", (long long)used);
    }
    ND_TRY(nd_allocate_for(stream, 3 * bins, sizeof *table, &table));
    for (int64_t i = 0; i < bins; i++) {
        table[i] = 0.5 * (log(edge(stream, i)) + log(edge(stream, i + 1)));
        table[bins + i] = stream->counts[i] > 0 ? log(density(stream, i)) : 0;
        table[2 * bins + i] = (double)stream->counts[i];
    }
    nd_line_fit(bins, table, table + bins, table + 2 * bins, &line); /* three bins have different centers */
    nd_release(stream->handle.context, table);
    *k = -line.slope;
    if (level != NULL) {
        *level = line.intercept;
    }
    if (se != NULL) {
        *se = line.slope_se;
    }
    return NNDYN_OK;
}

int nndyn_powerlaw_stream_slope(nndyn_powerlaw_stream *stream, double *k, double *level, double *se)
{
    ND_TRY(nd_enter(stream, ND_POWERLAW_STREAM, "nndyn_powerlaw_stream_slope"));
    return nd_leave(stream, slope(stream, k, level, se));
}
