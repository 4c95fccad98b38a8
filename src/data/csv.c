/* csv.c - text tables of numbers, one sample a line.
 *
 * The file is read whole and gone over twice: the first time its shape is found and checked, so that nothing is
 * allocated for a table that is not one.
 *
 * SPDX-License-Identifier: MIT */
#include "core/file.h"
#include "data/decimal.h"
#include "data/reals.h"
#include <math.h>
#include <string.h>

enum { DELIMITER, HEADER, LABEL_COLUMN, TARGET_COLUMNS, CLASSES, SCALE, DTYPE, OPTIONS };

static const nd_option_spec specs[OPTIONS] = {
    {"delimiter", ND_TEXT, 0, 0, 0, NULL},
    {"header", ND_INTEGER, 0, HUGE_VAL, 0, NULL},
    {"label_column", ND_INTEGER, -HUGE_VAL, HUGE_VAL, -1, NULL},
    {"target_columns", ND_INTEGER, 0, HUGE_VAL, 0, NULL},
    {"classes", ND_INTEGER, 0, HUGE_VAL, 0, NULL},
    {"scale", ND_REAL, -DBL_MAX, DBL_MAX, 1, NULL},
    {"dtype", ND_TEXT, 0, 0, 0, "f64|f32"},
};

typedef struct table {
    void *handle;
    const char *path;
    const char *first, *end; /* of the samples' lines */
    int64_t line;            /* number of the first of them, from 1 */
    char delimiter;
    int64_t samples, columns;
    int64_t label; /* column of the labels, or -1 */
    int64_t targets, classes;
    double scale;
    int dtype;
} table;

/* Where a cursor stands: a line without its end, and a field of it. */
typedef struct cursor {
    const char *at;            /* the next line begins here */
    const char *begin, *end;   /* the line */
    const char *field, *after; /* the field */
    int64_t line, column;      /* their numbers, from 1 */
} cursor;

/* ---- lines and fields -------------------------------------------------------------------------------------------- */

static cursor first_line(const table *tab)
{
    cursor c = {tab->first, NULL, NULL, NULL, NULL, tab->line - 1, 0};
    return c;
}

/* The next line, or 0 at the end of the file. */
static int next_line(const table *tab, cursor *c)
{
    if (c->at == tab->end) {
        return 0;
    }
    const char *feed = memchr(c->at, '\n', (size_t)(tab->end - c->at));
    c->begin = c->at;
    c->end = feed != NULL ? feed : tab->end;
    c->at = feed != NULL ? feed + 1 : tab->end;
    if (c->end > c->begin && c->end[-1] == '\r') {
        c->end--;
    }
    c->after = NULL;
    c->line++;
    c->column = 0;
    return 1;
}

static int is_space(const table *tab, char c)
{
    return (c == ' ' || c == '\t') && c != tab->delimiter;
}

static int is_blank(const table *tab, const cursor *c)
{
    for (const char *at = c->begin; at < c->end; at++) {
        if (!is_space(tab, *at)) {
            return 0;
        }
    }
    return 1;
}

/* The next field of the line, without spaces around it; 0 if there is none. */
static int next_field(const table *tab, cursor *c)
{
    if (c->after == c->end) {
        return 0;
    }
    const char *from = c->after == NULL ? c->begin : c->after + 1;
    const char *mark = memchr(from, tab->delimiter, (size_t)(c->end - from));
    c->field = from;
    c->after = mark != NULL ? mark : c->end;
    c->column++;
    return 1;
}

static void trim(const table *tab, const cursor *c, const char **from, const char **to)
{
    *from = c->field;
    *to = c->after;
    while (*from < *to && is_space(tab, **from)) {
        ++*from;
    }
    while (*from < *to && is_space(tab, (*to)[-1])) {
        --*to;
    }
}

/* ---- shape ------------------------------------------------------------------------------------------------------- */

static int check_no_quotes(const table *tab)
{
    const char *quote = memchr(tab->first, '"', (size_t)(tab->end - tab->first));
    cursor c = first_line(tab);
    if (quote == NULL) {
        return NNDYN_OK;
    }
    while (next_line(tab, &c) && quote >= c.end) {
        continue;
    }
    while (next_field(tab, &c) && quote >= c.after) {
        continue;
    }
    return nd_fail(tab->handle, NNDYN_EFORMAT,
                   "'%.200s', line %lld, column %lld: quoted fields are not read; remove the quotes", tab->path,
                   (long long)c.line, (long long)c.column);
}

static int64_t count_fields(const table *tab, cursor *c)
{
    while (next_field(tab, c)) {
        continue;
    }
    return c->column;
}

static int count_lines(table *tab)
{
    cursor c = first_line(tab);
    int64_t blank = 0;
    while (next_line(tab, &c)) {
        if (is_blank(tab, &c)) {
            blank = blank > 0 ? blank : c.line;
            continue;
        }
        if (blank > 0) {
            return nd_fail(tab->handle, NNDYN_EFORMAT,
                           "'%.200s', line %lld is blank; blank lines may only stand at "
                           "the end of the file",
                           tab->path, (long long)blank);
        }
        int64_t fields = count_fields(tab, &c);
        if (tab->samples > 0 && fields != tab->columns) {
            return nd_fail(tab->handle, NNDYN_EFORMAT, "'%.200s', line %lld has %lld columns, but line %lld has %lld",
                           tab->path, (long long)c.line, (long long)fields, (long long)tab->line,
                           (long long)tab->columns);
        }
        tab->columns = fields;
        tab->samples++;
    }
    if (tab->samples == 0) {
        return nd_fail(tab->handle, NNDYN_EFORMAT, "'%.200s' has no line of numbers", tab->path);
    }
    return NNDYN_OK;
}

/* Pass over the mark of byte order that some programs put first, and over the header. */
static int skip_header(table *tab, int64_t lines)
{
    if (tab->end - tab->first >= 2 && memcmp(tab->first, "\x1f\x8b", 2) == 0) {
        return nd_fail(tab->handle, NNDYN_EFORMAT, "'%.200s' is compressed; gunzip it first", tab->path);
    }
    if (tab->end - tab->first >= 3 && memcmp(tab->first, "\xef\xbb\xbf", 3) == 0) {
        tab->first += 3;
    }
    tab->line = 1;
    cursor c = first_line(tab);
    for (int64_t i = 0; i < lines; i++) {
        if (!next_line(tab, &c)) {
            return nd_fail(tab->handle, NNDYN_EFORMAT, "'%.200s' has %lld lines, fewer than the %lld of \"header\"",
                           tab->path, (long long)i, (long long)lines);
        }
        tab->first = c.at;
        tab->line++;
    }
    return NNDYN_OK;
}

/* Which columns are what. */
static int assign_columns(table *tab, int64_t label_column, int64_t target_columns)
{
    int64_t column = label_column < -1 ? tab->columns + label_column + 1 : label_column;
    tab->targets = target_columns;
    tab->label = column;
    if (label_column != -1 && (column < 0 || column >= tab->columns)) {
        return nd_fail(tab->handle, NNDYN_EOPTION,
                       "\"label_column\" is %lld, but '%.200s' has %lld columns; it must be from 0 to %lld, or from "
                       "-2 (the last one) down to %lld",
                       (long long)label_column, tab->path, (long long)tab->columns, (long long)tab->columns - 1,
                       (long long)-tab->columns - 1);
    }
    if (label_column != -1 && target_columns > 0) {
        return nd_fail(
            tab->handle, NNDYN_EOPTION,
            "\"label_column\" and \"target_columns\" exclude each other: the targets are made of the labels");
    }
    if (target_columns >= tab->columns || (tab->label >= 0 && tab->columns == 1)) {
        return nd_fail(tab->handle, NNDYN_EOPTION, "'%.200s' has %lld columns, which leaves none for inputs", tab->path,
                       (long long)tab->columns);
    }
    return NNDYN_OK;
}

/* ---- numbers ----------------------------------------------------------------------------------------------------- */

static int fail_field(const table *tab, const cursor *c, int status, const char *what)
{
    const char *from, *to;
    trim(tab, c, &from, &to);
    int shown = to - from < 40 ? (int)(to - from) : 40;
    return nd_fail(tab->handle, status, "'%.200s', line %lld, column %lld (from 1): '%.*s' %s", tab->path,
                   (long long)c->line, (long long)c->column, shown, from, what);
}

static int read_number(const table *tab, const cursor *c, double *value)
{
    static const struct {
        int status;
        const char *text;
    } failures[] = {
        [ND_DECIMAL_SYNTAX] = {NNDYN_EFORMAT, "is not a number"},
        [ND_DECIMAL_NOT_FINITE] = {NNDYN_EDATA, "is not finite"},
        [ND_DECIMAL_RANGE] = {NNDYN_EDATA, "is beyond the range of double precision"},
    };
    const char *from, *to;
    trim(tab, c, &from, &to);
    int result = nd_parse_decimal(from, to, value);
    if (result == ND_DECIMAL_OK) {
        return NNDYN_OK;
    }
    return fail_field(tab, c, failures[result].status, failures[result].text);
}

static int read_label(const table *tab, const cursor *c, int64_t *label)
{
    double value = 0;
    ND_TRY(read_number(tab, c, &value));
    if (!(value >= 0 && value <= 9007199254740992.0 && value == floor(value))) {
        return fail_field(tab, c, NNDYN_EDATA, "is not a label: labels are integers from 0");
    }
    *label = (int64_t)value;
    return NNDYN_OK;
}

static int read_labels(const table *tab, int64_t *labels)
{
    cursor c = first_line(tab);
    for (int64_t i = 0; i < tab->samples; i++) {
        next_line(tab, &c);
        while (c.column <= tab->label) {
            next_field(tab, &c);
        }
        ND_TRY(read_label(tab, &c, &labels[i]));
    }
    return NNDYN_OK;
}

/* Column `column` (from 0) of sample `row` to its place in x or t. */
static int read_field(const table *tab, const cursor *c, int64_t row, int64_t column, nndyn_dataset *dataset)
{
    int64_t target = tab->label < 0 ? column - (tab->columns - tab->targets) : -1;
    int64_t input = column - (tab->label >= 0 && column > tab->label);
    double value = 0;
    ND_TRY(read_number(tab, c, &value));
    if (target < 0) {
        value *= tab->scale;
    }
    if (!nd_real_fits(tab->dtype, value)) {
        return fail_field(tab, c, NNDYN_EDATA, "(times \"scale\", for inputs) is beyond the range of \"dtype\"");
    }
    if (target < 0) {
        nd_real_put(dataset->owned_x, tab->dtype, row * dataset->inputs + input, value);
    } else {
        nd_real_put(dataset->owned_t, tab->dtype, row * dataset->targets + target, value);
    }
    return NNDYN_OK;
}

static int read_values(const table *tab, nndyn_dataset *dataset)
{
    cursor c = first_line(tab);
    for (int64_t row = 0; row < tab->samples; row++) {
        next_line(tab, &c);
        for (int64_t column = 0; next_field(tab, &c); column++) {
            if (column != tab->label) {
                ND_TRY(read_field(tab, &c, row, column, dataset));
            }
        }
    }
    return NNDYN_OK;
}

/* ---- the data set ------------------------------------------------------------------------------------------------ */

/* Without labels if `labels` is NULL. */
static int build(const table *tab, const int64_t *labels, nndyn_dataset **out)
{
    nndyn_dataset *dataset = NULL;
    int64_t classes = 0;
    if (labels != NULL) {
        ND_TRY(nd_count_classes(tab->handle, tab->samples, labels, tab->classes, &classes));
    }
    int64_t inputs = tab->columns - tab->targets - (labels != NULL), targets = labels != NULL ? classes : tab->targets;
    ND_TRY(nd_dataset_allocate(tab->handle, tab->dtype, tab->samples, inputs, targets, classes, &dataset));
    int status = read_values(tab, dataset);
    if (status != NNDYN_OK) {
        nndyn_dataset_free(dataset);
        return status;
    }
    if (labels != NULL) {
        memcpy((void *)(uintptr_t)dataset->labels, labels, (size_t)tab->samples * sizeof *labels);
        nd_dataset_fill_targets(dataset);
    }
    *out = dataset;
    return NNDYN_OK;
}

static int read_dataset(const table *tab, nndyn_dataset **out)
{
    int64_t *labels = NULL;
    if (tab->label < 0) {
        return build(tab, NULL, out);
    }
    ND_TRY(nd_allocate_for(tab->handle, tab->samples, sizeof *labels, &labels));
    int status = read_labels(tab, labels);
    if (status == NNDYN_OK) {
        status = build(tab, labels, out);
    }
    nd_release(nd_handle_context(tab->handle), labels);
    return status;
}

static int parse(table *tab, const nd_option_value *values, nndyn_dataset **out)
{
    ND_TRY(skip_header(tab, values[HEADER].integer));
    ND_TRY(check_no_quotes(tab));
    ND_TRY(count_lines(tab));
    ND_TRY(assign_columns(tab, values[LABEL_COLUMN].integer, values[TARGET_COLUMNS].integer));
    return read_dataset(tab, out);
}

static int choose_delimiter(void *handle, const char *text, char *delimiter)
{
    static const char reserved[] = "0123456789+-.eE\"\r\n";
    if (text == NULL) {
        *delimiter = ',';
        return NNDYN_OK;
    }
    if (strlen(text) != 1 || strchr(reserved, text[0]) != NULL) {
        return nd_fail(handle, NNDYN_EOPTION,
                       "\"delimiter\" is '%.20s'; it must be one byte that no number, quote or end of line holds",
                       text);
    }
    *delimiter = text[0];
    return NNDYN_OK;
}

static int read_csv(nndyn_context *context, const char *path, const nndyn_options *options, nndyn_dataset **out)
{
    nd_option_value values[OPTIONS];
    table tab = {0};
    char *bytes = NULL;
    int64_t size = 0;
    ND_TRY(nd_check_pointer(context, path, "path"));
    ND_TRY(nd_check_pointer(context, out, "out"));
    ND_TRY(nd_options_read(context, options, specs, OPTIONS, values));
    ND_TRY(choose_delimiter(context, values[DELIMITER].text, &tab.delimiter));
    ND_TRY(nd_read_file(context, path, &bytes, &size));
    tab.handle = context;
    tab.path = path;
    tab.first = bytes;
    tab.end = bytes + size;
    tab.classes = values[CLASSES].integer;
    tab.scale = values[SCALE].real;
    tab.dtype = values[DTYPE].integer == 1 ? NNDYN_F32 : NNDYN_F64;
    int status = parse(&tab, values, out);
    nd_release(context, bytes);
    return status;
}

int nndyn_dataset_read_csv(nndyn_context *context, const char *path, const nndyn_options *options, nndyn_dataset **out)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_dataset_read_csv"));
    return nd_leave(context, read_csv(context, path, options, out));
}
