/* decimal.h - decimal numbers of text files, correctly rounded, whatever the locale. */
#ifndef ND_DECIMAL_H
#define ND_DECIMAL_H
#include <stdint.h>

enum {
    ND_DECIMAL_OK = 0,
    ND_DECIMAL_SYNTAX,     /* not a number */
    ND_DECIMAL_NOT_FINITE, /* the words nan, inf, infinity, in any case and with a sign */
    ND_DECIMAL_RANGE       /* too large for a double */
};

/* The number that is all of text..end-1: [+-] digits [. digits] [e [+-] digits], with a digit before or after the
 * point. Rounded to nearest, ties to even; what is too small becomes 0. */
int nd_parse_decimal(const char *text, const char *end, double *value);

enum { ND_DECIMAL_SIZE = 40 };

/* The other way: the shorter of 15 and 17 digits that reads back as the same double ("nan", "inf" and "-inf" for those
 * that are not numbers), with a point whatever the locale.  Returns the length. */
int64_t nd_format_decimal(double value, char text[ND_DECIMAL_SIZE]);

#endif
