#!/usr/bin/env python3
"""Write polynomials_f32.inc and polynomials_f64.inc: near-minimax polynomials of the vector functions.

Needs mpmath.  Each function is interpolated at Chebyshev nodes in 60 digits and its coefficients are rounded to the
precision of the file; the error that remains (relative to the quantity the polynomial enters) stands beside it.
Run it in this folder after changing a range or a degree.
"""
import struct
import mpmath as mp

mp.mp.dps = 60



def exp_rest(r):  # (e^r - 1 - r) / r^2
    return mp.nsum(lambda n: r ** n / mp.factorial(n + 2), [0, 40])


def log_rest(z):  # (ln((1+s)/(1-s)) - 2 s) / s at z = s^2, divided by z
    return mp.nsum(lambda n: 2 * z ** n / (2 * n + 3), [0, 80])


def erf_rest(z):  # erf(x)/x - 1 at z = x^2
    x = mp.sqrt(z)
    return 2 / mp.sqrt(mp.pi) - 1 if x == 0 else mp.erf(x) / x - 1


def erfcx_scaled(k):  # (1 + 2x) e^(x^2) erfc(x) at q = (x - k)/(x + k)
    def f(q):
        if q > mp.mpf("0.99"):
            x = k * (1 + q) / (1 - q) if q < 1 else mp.inf
            if x == mp.inf or x > 500:
                return 2 / mp.sqrt(mp.pi) if x == mp.inf else (1 + 2 * x) / (x * mp.sqrt(mp.pi)) * mp.hyp2f0(
                    1, mp.mpf(1) / 2, -1 / x ** 2)
        x = k * (1 + q) / (1 - q)
        return (1 + 2 * x) * mp.exp(x * x) * mp.erfc(x)
    return f


def atan_rest(z):  # (atan(t) - t) / t^3 at z = t^2
    return mp.nsum(lambda n: -(-z) ** n / (2 * n + 3), [0, 200])


def sin_rest(z):  # (sin r - r) / r^3 at z = r^2
    return mp.nsum(lambda n: -(-z) ** n / mp.factorial(2 * n + 3), [0, 30])


def cos_rest(z):  # (cos r - 1 + r^2/2) / r^4 at z = r^2
    return mp.nsum(lambda n: (-z) ** n / mp.factorial(2 * n + 4), [0, 30])


K = 4  # centre of the map of erfcx; the same in vmath.inc
TABLE = [  # name, what it is, function, range, terms for float (0: not needed), terms for double
    ("poly_exp", "(e^r - 1 - r) / r^2, |r| <= 0.4", exp_rest, (-0.4, 0.4), 6, 11),
    ("poly_log", "(ln((1+s)/(1-s)) - 2s) / s^3 at z = s^2, |s| <= 0.1716", log_rest, (0, 0.02945), 4, 8),
    ("poly_erf", "erf(x)/x - 1 at z = x^2, |x| <= 1", erf_rest, (0, 1), 7, 12),
    ("poly_erfcx", "(1+2x) e^(x^2) erfc(x) at q = (x-4)/(x+4), x >= 0", erfcx_scaled(K), (-1, 1), 12, 25),
    ("poly_atan", "(atan(t) - t) / t^3 at z = t^2, |t| <= 0.4143", atan_rest, (0, 0.17165), 5, 11),
    ("poly_sin", "(sin r - r) / r^3 at z = r^2, |r| <= pi/4", sin_rest, (0, 0.6170), 0, 6),
    ("poly_cos", "(cos r - 1 + r^2/2) / r^4 at z = r^2, |r| <= pi/4", cos_rest, (0, 0.6170), 0, 6),
]


def rounded(value, single):
    value = float(value)
    return struct.unpack("f", struct.pack("f", value))[0] if single else value


def text(value, single):
    if not single:
        return value.hex().replace("0x1.0000000000000p", "0x1p")
    sign, rest = ("-", value.hex()[1:]) if value < 0 else ("", value.hex())
    mantissa, exponent = rest.split("p")
    return "%s%sp%sf" % (sign, mantissa.rstrip("0").rstrip("."), exponent)


def function(name, what, f, interval, terms, single):
    a, b = mp.mpf(interval[0]), mp.mpf(interval[1])
    coefficients = [rounded(c, single) for c in mp.chebyfit(f, [a, b], terms)]
    points = [a + (b - a) * i / 400 for i in range(401)]
    error = max(abs(mp.polyval([mp.mpf(c) for c in coefficients], x) - f(x)) for x in points)
    lines = ["/* %s; error %s */" % (what, mp.nstr(error, 2)),
             "ND_INLINE R ND(%s)(R x)" % name, "{", "    R y = %s;" % text(coefficients[0], single)]
    lines += ["    y = y * x %s %s;" % ("-" if c < 0 else "+", text(abs(c), single)) for c in coefficients[1:]]
    return "\n".join(lines + ["    return y;", "}"])


def main():
    for suffix, single in (("f32", True), ("f64", False)):
        with open("polynomials_%s.inc" % suffix, "w") as out:
            out.write("/* polynomials_%s.inc - written by polynomials.py: polynomials behind the vector functions. */\n"
                      % suffix)
            for name, what, f, interval, few, many in TABLE:
                terms = few if single else many
                if terms > 0:
                    out.write("\n" + function(name, what, f, interval, terms, single) + "\n")


if __name__ == "__main__":
    main()
