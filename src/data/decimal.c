/* decimal.c - decimal to double, correctly rounded, without the C library: strtod depends on the locale, and changing
 * that would be seen by the whole program.
 *
 * Few digits and a small power of ten are two exact doubles and one rounding (Clinger 1990).  All else is laid out as a
 * fixed-point number in base 10^9, scaled by powers of two until its integer part has the 53 bits of the result, and
 * rounded by looking at its fraction.
 *
 * SPDX-License-Identifier: MIT */
#include "data/decimal.h"
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DIGITS = 800, /* 768 decide every tie; of further ones it matters only whether one is not zero */
    WHOLE = 36,   /* limbs before the point: 324 digits */
    LIMBS = 208,  /* 330 zeros and 801 digits after the point, or 801 digits halved 1000 times */
    BASE = 1000000000,
    SHIFT = 29
};

/* 0.d1 d2 d3 ... times 10^point */
typedef struct decimal {
    int negative, count, more; /* more: a digit beyond DIGITS is not zero */
    int64_t point;
    unsigned char digits[DIGITS + 1];
} decimal;

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void add_digit(decimal *d, int digit)
{
    if (d->count == 0 && digit == 0) {
        return;
    }
    if (d->count < DIGITS) {
        d->digits[d->count++] = (unsigned char)digit;
    } else {
        d->more |= digit != 0;
    }
}

/* Digits with at most one point among them; returns where they end, or NULL if there is none. */
static const char *read_digits(const char *at, const char *end, decimal *d)
{
    int seen = 0, after = 0;
    for (; at < end && (is_digit(*at) || (*at == '.' && !after)); at++) {
        if (*at == '.') {
            after = 1;
            continue;
        }
        seen = 1;
        add_digit(d, *at - '0');
        /* Before the point each digit that counts moves it right; behind it each leading zero moves it left. */
        if (!after) {
            d->point += d->count > 0;
        } else {
            d->point -= d->count == 0;
        }
    }
    return seen ? at : NULL;
}

static const char *read_exponent(const char *at, const char *end, decimal *d)
{
    const int64_t most = INT64_C(1) << 60; /* far beyond any length of digits that could make up for it */
    int64_t exponent = 0;
    int negative = 0;
    if (at == end || (*at != 'e' && *at != 'E')) {
        return at;
    }
    at++;
    if (at < end && (*at == '+' || *at == '-')) {
        negative = *at++ == '-';
    }
    if (at == end || !is_digit(*at)) {
        return NULL;
    }
    for (; at < end && is_digit(*at); at++) {
        exponent = exponent < most / 10 ? exponent * 10 + (*at - '0') : most;
    }
    d->point += negative ? -exponent : exponent;
    return at;
}

static int is_word(const char *at, const char *end, const char *word)
{
    size_t length = strlen(word);
    if ((size_t)(end - at) != length) {
        return 0;
    }
    for (size_t i = 0; i < length; i++) {
        if ((at[i] | 0x20) != word[i]) {
            return 0;
        }
    }
    return 1;
}

static int read_decimal(const char *at, const char *end, decimal *d)
{
    d->negative = d->count = d->more = 0;
    d->point = 0;
    if (at < end && (*at == '+' || *at == '-')) {
        d->negative = *at++ == '-';
    }
    if (is_word(at, end, "nan") || is_word(at, end, "inf") || is_word(at, end, "infinity")) {
        return ND_DECIMAL_NOT_FINITE;
    }
    at = read_digits(at, end, d);
    if (at != NULL) {
        at = read_exponent(at, end, d);
    }
    return at == end ? ND_DECIMAL_OK : ND_DECIMAL_SYNTAX;
}

/* ---- few digits -------------------------------------------------------------------------------------------------- */

static int convert_short(const decimal *d, double *value)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    int64_t exponent = d->point - d->count;
    double whole = 0;
    if (FLT_EVAL_METHOD != 0 || d->count > 15 || exponent > 22 || exponent < -22) {
        return 0;
    }
    for (int i = 0; i < d->count; i++) {
        whole = whole * 10 + d->digits[i];
    }
    *value = exponent < 0 ? whole / powers[-exponent] : whole * powers[exponent];
    return 1;
}

/* ---- any digits -------------------------------------------------------------------------------------------------- */

typedef struct fixed {
    int begin, end;       /* limbs outside are zero */
    uint32_t limb[LIMBS]; /* the point is before limb[WHOLE] */
} fixed;

static void lay_out(const decimal *d, fixed *f)
{
    static const uint32_t powers[] = {100000000, 10000000, 1000000, 100000, 10000, 1000, 100, 10, 1};
    int first = 9 * WHOLE - (int)d->point;
    memset(f, 0, sizeof *f);
    for (int i = 0; i < d->count; i++) {
        f->limb[(first + i) / 9] += d->digits[i] * powers[(first + i) % 9];
    }
    f->begin = first / 9 < WHOLE - 2 ? first / 9 : WHOLE - 2;
    f->end = (first + d->count - 1) / 9 + 1;
    f->end = f->end < WHOLE + 1 ? WHOLE + 1 : f->end;
    if (d->more) {
        f->limb[f->end++] = 1; /* below the last digit */
    }
}

static void multiply(fixed *f, int shift)
{
    uint64_t carry = 0;
    for (int i = f->end - 1; i >= f->begin; i--) {
        uint64_t t = ((uint64_t)f->limb[i] << shift) + carry;
        f->limb[i] = (uint32_t)(t % BASE);
        carry = t / BASE;
    }
}

static void divide(fixed *f, int shift)
{
    uint64_t rest = 0, mask = ((uint64_t)1 << shift) - 1;
    for (int i = f->begin; i < f->end || (rest != 0 && i < LIMBS); i++) {
        uint64_t t = rest * BASE + f->limb[i];
        f->limb[i] = (uint32_t)(t >> shift);
        rest = t & mask;
        f->end = i < f->end ? f->end : i + 1;
    }
    while (f->begin < WHOLE - 2 && f->limb[f->begin] == 0) {
        f->begin++;
    }
}

static uint64_t whole_part(const fixed *f)
{
    return (uint64_t)f->limb[WHOLE - 2] * BASE + f->limb[WHOLE - 1];
}

static int count_bits(uint64_t value)
{
    int bits = 0;
    for (; value != 0; value >>= 1) {
        bits++;
    }
    return bits;
}

static int smallest(int a, int b)
{
    return a < b ? a : b;
}

/* Scale by powers of two until the integer part has 53 bits (or the exponent is the least there is); returns the
 * exponent. */
static int scale(fixed *f)
{
    int exponent = 0;
    while (f->begin < WHOLE - 2) {
        divide(f, SHIFT);
        exponent += SHIFT;
    }
    int bits = count_bits(whole_part(f));
    if (bits > 53) {
        divide(f, bits - 53);
        return exponent + bits - 53;
    }
    while (bits < 53 && exponent > -1074) {
        int shift = smallest(smallest(SHIFT, 53 - bits), exponent + 1074);
        multiply(f, shift);
        exponent -= shift;
        bits = count_bits(whole_part(f));
    }
    return exponent;
}

/* The sign of the fraction minus one half. */
static int compare_half(const fixed *f)
{
    if (f->limb[WHOLE] != BASE / 2) {
        return f->limb[WHOLE] < BASE / 2 ? -1 : 1;
    }
    for (int i = WHOLE + 1; i < f->end; i++) {
        if (f->limb[i] != 0) {
            return 1;
        }
    }
    return 0;
}

static double convert_long(const decimal *d)
{
    fixed f;
    if (d->point > 310) {
        return HUGE_VAL;
    }
    if (d->point < -330) {
        return 0;
    }
    lay_out(d, &f);
    int exponent = scale(&f), half = compare_half(&f);
    uint64_t whole = whole_part(&f);
    whole += half > 0 || (half == 0 && whole % 2 == 1);
    return ldexp((double)whole, exponent);
}

int nd_parse_decimal(const char *text, const char *end, double *value)
{
    decimal d;
    double size = 0;
    int status = read_decimal(text, end, &d);
    if (status != ND_DECIMAL_OK) {
        return status;
    }
    if (d.count > 0 && !convert_short(&d, &size)) {
        size = convert_long(&d);
    }
    if (size > DBL_MAX) {
        return ND_DECIMAL_RANGE;
    }
    *value = d.negative ? -size : size;
    return ND_DECIMAL_OK;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

/* The program's locale may write another decimal point, even of several bytes; a file has a point. */
static int64_t set_point(char *number)
{
    char *to = number;
    for (const char *from = number; *from != '\0'; from++) {
        if (strchr("0123456789+-einfa", *from) != NULL) {
            *to++ = *from;
        } else if (to > number && to[-1] != '.') {
            *to++ = '.';
        }
    }
    *to = '\0';
    return to - number;
}

/* NaN has no sign that means anything. */
int64_t nd_format_decimal(double value, char text[ND_DECIMAL_SIZE])
{
    if (isnan(value)) {
        memcpy(text, "nan", 4);
        return 3;
    }
    (void)snprintf(text, ND_DECIMAL_SIZE, "%.15g", value);
    if (strtod(text, NULL) != value) {
        (void)snprintf(text, ND_DECIMAL_SIZE, "%.17g", value);
    }
    return set_point(text);
}
