/* stream.c - separation of features that come in pieces.  SPDX-License-Identifier: MIT */
#include "analysis/separation/separation.h"
#include <limits.h>
#include <string.h>

struct nndyn_separation_stream {
    nd_handle handle;
    nd_separator s;
    int broken; /* a call of the executor failed, and some of a block's classes have its rows */
};

static void destroy(void *object)
{
    nndyn_separation_stream *stream = object;
    nd_separator_free(stream->handle.context, &stream->s);
}

static int make(void *handle, int64_t width, int64_t classes, const nd_separation_rule *rule,
                nndyn_separation_stream **out)
{
    nndyn_separation_stream *stream;
    ND_TRY(nd_handle_create(nd_handle_context(handle), ND_SEPARATION_STREAM, sizeof *stream, destroy, &stream));
    const int status = nd_separator_create(handle, width, classes, rule, 1, &stream->s);
    if (status != NNDYN_OK) {
        nd_handle_release(stream);
        return status;
    }
    *out = stream;
    return NNDYN_OK;
}

static int create(nndyn_context *context, int64_t width, int64_t classes, const nndyn_options *options,
                  nndyn_separation_stream **out)
{
    nd_option_value values[ND_SEPARATION_OF_STREAM];
    ND_TRY(nd_check_size(context, width, 1, INT_MAX, "width"));
    ND_TRY(nd_check_size(context, classes, 1, INT_MAX, "classes"));
    ND_TRY(nd_check_pointer(context, out, "out"));
    ND_TRY(nd_options_read(context, options, nd_separation_specs, ND_SEPARATION_OF_STREAM, values));
    const nd_separation_rule rule = nd_separation_rule_of(values, ND_SEPARATION_OF_STREAM);
    return make(context, width, classes, &rule, out);
}

int nndyn_separation_stream_create(nndyn_context *context, int64_t width, int64_t classes, const nndyn_options *options,
                                   nndyn_separation_stream **out)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, __func__));
    return nd_leave(context, create(context, width, classes, options, out));
}

void nndyn_separation_stream_free(nndyn_separation_stream *stream)
{
    nd_handle_release(stream);
}

static int check_whole(void *handle, const nndyn_separation_stream *stream)
{
    if (stream->broken) {
        return nd_fail(handle, NNDYN_ESTATE,
                       "the executor failed while samples were added, and only some of them count; begin with a new "
                       "stream");
    }
    return NNDYN_OK;
}

/* ---- add --------------------------------------------------------------------------------------------------------- */

/* The second pass must not see more samples of a class than the first did. */
static int check_left(nndyn_separation_stream *stream, int64_t n, const int64_t *labels)
{
    int64_t *left = stream->s.second->left, seen = 0;
    while (seen < n && left[labels[seen]] > 0) {
        left[labels[seen++]]--;
    }
    for (int64_t i = 0; i < seen; i++) {
        left[labels[i]]++;
    }
    if (seen < n) {
        return nd_fail(
            stream, NNDYN_ESTATE,
            "labels[%lld] is %lld: the second pass gets more samples of this class than the first had, which "
            "is %lld; both passes must see the same samples",
            (long long)seen, (long long)labels[seen], (long long)stream->s.moments.counts[labels[seen]]);
    }
    return NNDYN_OK;
}

static int add_checked(nndyn_separation_stream *stream, int dtype, int64_t n, const void *x, const int64_t *labels)
{
    nd_separator *s = &stream->s;
    const int64_t width = s->moments.width;
    const size_t size = dtype == NNDYN_F32 ? sizeof(float) : sizeof(double);
    if (s->second != NULL) {
        return nd_second_add(stream->handle.context, s->second, dtype, n, width, x, labels);
    }
    for (int64_t first = 0; first < n; first += ND_SEPARATION_ROWS) {
        const int64_t count = n - first < ND_SEPARATION_ROWS ? n - first : ND_SEPARATION_ROWS;
        const void *rows = (const char *)x + (size_t)(first * width) * size;
        ND_TRY(nd_separator_add(s, dtype, count, width, rows, labels + first));
    }
    return NNDYN_OK;
}

static int add(nndyn_separation_stream *stream, int dtype, int64_t n, const void *x, const int64_t *labels)
{
    const nd_separator *s = &stream->s;
    ND_TRY(check_whole(stream, stream));
    ND_TRY(nd_check_size(stream, n, 1, INT64_MAX / 16, "n"));
    ND_TRY(nd_check_pointer(stream, x, "x"));
    ND_TRY(nd_check_pointer(stream, labels, "labels"));
    ND_TRY(nd_check_rows(stream, dtype, n, s->moments.width, s->moments.width, x));
    ND_TRY(nd_check_labels(stream, n, s->moments.classes, labels));
    if (s->second != NULL) {
        ND_TRY(check_left(stream, n, labels));
    }
    const int status = add_checked(stream, dtype, n, x, labels);
    stream->broken = status != NNDYN_OK;
    return status;
}

int nndyn_separation_stream_add(nndyn_separation_stream *stream, int64_t n, const double *x, const int64_t *labels)
{
    ND_TRY(nd_enter(stream, ND_SEPARATION_STREAM, __func__));
    return nd_leave(stream, add(stream, NNDYN_F64, n, x, labels));
}

int nndyn_separation_stream_add_f32(nndyn_separation_stream *stream, int64_t n, const float *x, const int64_t *labels)
{
    ND_TRY(nd_enter(stream, ND_SEPARATION_STREAM, __func__));
    return nd_leave(stream, add(stream, NNDYN_F32, n, x, labels));
}

/* ---- merge and copy ---------------------------------------------------------------------------------------------- */

static int same_rule(const nd_separation_rule *a, const nd_separation_rule *b)
{
    return a->he_su == b->he_su && a->inverse == b->inverse && a->by_class == b->by_class &&
           !(a->rtol < b->rtol || a->rtol > b->rtol);
}

/* The same bits: then the second passes project on the same directions. */
static int same_moments(const nd_moments *a, const nd_moments *b)
{
    const size_t numbers = (size_t)(a->classes * a->width) * sizeof(double);
    return memcmp(a->counts, b->counts, (size_t)a->classes * sizeof *a->counts) == 0 &&
           memcmp(a->square, b->square, (size_t)a->classes * sizeof *a->square) == 0 &&
           memcmp(a->center, b->center, numbers) == 0 && memcmp(a->sum, b->sum, numbers) == 0;
}

static int merge_second(nndyn_separation_stream *stream, const nd_separator *other)
{
    nd_second *second = stream->s.second;
    const nd_second *more = other->second;
    if (!same_moments(&stream->s.moments, &other->moments)) {
        return nd_fail(stream, NNDYN_ESTATE,
                       "the two second passes follow different first passes; begin both from copies of one stream "
                       "(nndyn_separation_stream_copy)");
    }
    for (int64_t c = 0; c < second->means.classes; c++) {
        if (second->left[c] + more->left[c] < stream->s.moments.counts[c]) {
            return nd_fail(stream, NNDYN_ESTATE,
                           "together the second passes have more samples of class %lld than the first had",
                           (long long)c);
        }
    }
    for (int64_t c = 0; c < second->means.classes; c++) {
        second->left[c] -= stream->s.moments.counts[c] - more->left[c];
    }
    for (int64_t i = 0; i < second->rank * second->rank; i++) {
        second->gram[i] += more->gram[i];
    }
    for (int64_t i = 0; second->scatter != NULL && i < second->width * second->width; i++) {
        second->scatter[i] += more->scatter[i];
    }
    return NNDYN_OK;
}

static int merge_held(nndyn_separation_stream *stream, const nd_separator *other)
{
    nd_separator *s = &stream->s;
    if (s->moments.width != other->moments.width || s->moments.classes != other->moments.classes) {
        return nd_fail(stream, NNDYN_EARG,
                       "other has width %lld and %lld classes, the stream %lld and %lld; both must be equal",
                       (long long)other->moments.width, (long long)other->moments.classes, (long long)s->moments.width,
                       (long long)s->moments.classes);
    }
    if (!same_rule(&s->rule, &other->rule)) {
        return nd_fail(stream, NNDYN_EARG,
                       "other was created with other options; \"he_su\", \"inverse\", \"rtol\" and \"weights\" must be "
                       "equal");
    }
    if ((s->second != NULL) != (other->second != NULL)) {
        return nd_fail(stream, NNDYN_ESTATE,
                       "%s is in the second pass, the other one in the first; they must be in the "
                       "same",
                       s->second != NULL ? "the stream" : "other");
    }
    if (s->second != NULL) {
        return merge_second(stream, other);
    }
    nd_moments_merge(&s->moments, &other->moments);
    return NNDYN_OK;
}

static int merge(nndyn_separation_stream *stream, nndyn_separation_stream *other)
{
    if (stream == other) {
        return nd_fail(stream, NNDYN_EARG, "other is the stream itself, must be another one");
    }
    ND_TRY(check_whole(stream, stream));
    ND_TRY(nd_hold(stream, other, ND_SEPARATION_STREAM, "other"));
    int status = check_whole(stream, other);
    if (status == NNDYN_OK) {
        status = merge_held(stream, &other->s);
    }
    nd_unhold(other);
    return status;
}

int nndyn_separation_stream_merge(nndyn_separation_stream *stream, nndyn_separation_stream *other)
{
    ND_TRY(nd_enter(stream, ND_SEPARATION_STREAM, __func__));
    return nd_leave(stream, merge(stream, other));
}

static int copy_into(void *handle, const nd_separator *from, nd_separator *to)
{
    nd_moments_merge(&to->moments, &from->moments);
    if (from->second == NULL) {
        return NNDYN_OK;
    }
    const nd_second *a = from->second;
    ND_TRY(nd_separator_second(handle, to, a->scatter != NULL));
    nd_second *b = to->second;
    memcpy(b->left, a->left, (size_t)a->means.classes * sizeof *a->left);
    if (a->rank > 0) {
        memcpy(b->gram, a->gram, (size_t)(a->rank * a->rank) * sizeof *a->gram);
    }
    if (a->scatter != NULL) {
        memcpy(b->scatter, a->scatter, (size_t)(a->width * a->width) * sizeof *a->scatter);
    }
    return NNDYN_OK;
}

static int copy(nndyn_separation_stream *stream, nndyn_separation_stream **out)
{
    const nd_separator *s = &stream->s;
    nndyn_separation_stream *made;
    ND_TRY(nd_check_pointer(stream, out, "out"));
    ND_TRY(check_whole(stream, stream));
    ND_TRY(make(stream, s->moments.width, s->moments.classes, &s->rule, &made));
    const int status = copy_into(stream, s, &made->s);
    if (status != NNDYN_OK) {
        nd_handle_release(made);
        return status;
    }
    *out = made;
    return NNDYN_OK;
}

int nndyn_separation_stream_copy(nndyn_separation_stream *stream, nndyn_separation_stream **out)
{
    ND_TRY(nd_enter(stream, ND_SEPARATION_STREAM, __func__));
    return nd_leave(stream, copy(stream, out));
}

/* ---- second pass and values -------------------------------------------------------------------------------------- */

static int64_t total(int64_t classes, const int64_t *counts)
{
    int64_t sum = 0;
    for (int64_t c = 0; c < classes; c++) {
        sum += counts[c];
    }
    return sum;
}

static int check_samples(nndyn_separation_stream *stream)
{
    if (total(stream->s.moments.classes, stream->s.moments.counts) == 0) {
        return nd_fail(stream, NNDYN_ESTATE, "there are no samples; add some with nndyn_separation_stream_add");
    }
    return NNDYN_OK;
}

static int begin_second(nndyn_separation_stream *stream)
{
    nd_separator *s = &stream->s;
    ND_TRY(check_whole(stream, stream));
    if (s->second != NULL) {
        return nd_fail(stream, NNDYN_ESTATE, "the second pass was begun before");
    }
    if (!s->rule.he_su && !s->rule.inverse) {
        return nd_fail(stream, NNDYN_ESTATE,
                       "nothing needs a second pass; create the stream with option \"he_su\" or \"inverse\"");
    }
    ND_TRY(check_samples(stream));
    return nd_separator_second(stream, s, s->rule.inverse);
}

int nndyn_separation_stream_second_pass(nndyn_separation_stream *stream)
{
    ND_TRY(nd_enter(stream, ND_SEPARATION_STREAM, __func__));
    return nd_leave(stream, begin_second(stream));
}

static int get(nndyn_separation_stream *stream, int64_t count, double *values, int *flags)
{
    const nd_separator *s = &stream->s;
    nd_separation_report report;
    ND_TRY(nd_check_size(stream, count, 1, INT_MAX, "count"));
    ND_TRY(nd_check_pointer(stream, values, "values"));
    ND_TRY(check_whole(stream, stream));
    ND_TRY(check_samples(stream));
    const int64_t left = s->second != NULL ? total(s->moments.classes, s->second->left) : 0;
    if (left > 0) {
        return nd_fail(stream, NNDYN_ESTATE, "the second pass has still to see %lld samples", (long long)left);
    }
    ND_TRY(nd_separator_report(stream, s, &report));
    nd_report_copy(&report, count, values, flags);
    return NNDYN_OK;
}

int nndyn_separation_stream_get(nndyn_separation_stream *stream, int64_t count, double *values, int *flags)
{
    ND_TRY(nd_enter(stream, ND_SEPARATION_STREAM, __func__));
    return nd_leave(stream, get(stream, count, values, flags));
}
