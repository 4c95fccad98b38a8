#!/usr/bin/env python3
"""Write jets_reference.inc: Taylor coefficients of f(z(t)) and f'(z(t)), from 200-digit arithmetic.

Needs mpmath.  Derivatives of f are numerical ones of the function alone and the composition is by powers of z - z(0),
so that no formula is shared with the library.  z(t) is what three dense layers of one unit make of t; see
test_jets_reference.c.  All numbers that go in are exact in binary."""
import textwrap
import mpmath as mp

mp.mp.dps = 200
ORDER = 16
POINTS = [-9, -2.5, -0.25, 0.5, 1.25, 7]


def s(z):
    return 1 / (1 + mp.exp(-z))


KINDS = [
    ("IDENTITY", 0, lambda z: z),
    ("RELU", 0, lambda z: z if z > 0 else mp.mpf(0)),
    ("LEAKY_RELU", 0.125, lambda z: z if z > 0 else z / 8),
    ("ELU", 1.5, lambda z: z if z > 0 else 1.5 * mp.expm1(z)),
    ("SOFTPLUS", 0, lambda z: mp.log1p(mp.exp(z))),
    ("SIGMOID", 0, s),
    ("TANH", 0, mp.tanh),
    ("ERF", 0, mp.erf),
    ("ARCTAN", 0, mp.atan),
    ("SOFTSIGN", 0, lambda z: z / (1 + abs(z))),
    ("ISRU", 0, lambda z: z / mp.sqrt(1 + z * z)),
    ("SILU", 0, lambda z: z * s(z)),
    ("GELU", 0, lambda z: z * mp.erfc(-z / mp.sqrt(2)) / 2),
    ("EXP", 0, mp.exp),
    ("SIN", 0, mp.sin),
    ("COS", 0, mp.cos),
    ("ABS_POWER", 2, lambda z: z * z),
    ("ABS_POWER", 1, abs),
    ("ABS_POWER", 3, lambda z: abs(z) ** 3),
    ("ABS_POWER", 2.5, lambda z: abs(z) ** 2.5),
    ("ABS_POWER", 100, lambda z: z ** 100),
]


def times(x, y):
    out = [mp.mpf(0)] * (ORDER + 1)
    for i, a in enumerate(x):
        for j, b in enumerate(y):
            if i + j <= ORDER:
                out[i + j] += a * b
    return out


def plus(x, y):
    return [a + b for a, b in zip(x, y)]


def line(constant, slope):
    return [mp.mpf(constant), mp.mpf(slope)] + [mp.mpf(0)] * (ORDER - 1)


def compose(derivatives, w):
    """sum_m derivatives[m]/m! w^m with w_0 = 0."""
    out, power = line(derivatives[0], 0), line(1, 0)
    for m in range(1, ORDER + 1):
        power = times(power, w)
        out = plus(out, [derivatives[m] / mp.factorial(m) * c for c in power])
    return out


print("/* jets_reference.inc - written by jets_reference.py. */\n/* clang-format off */")
for kind, parameter, f in KINDS:
    for point in POINTS:
        z = times(times(line(1, 0.75), line(0.5, -0.5)), line(1, 0.5))
        w = plus(z, line(-z[0], 0.25))
        derivatives = list(mp.diffs(f, mp.mpf(point), ORDER + 1))
        rows = compose(derivatives, w), compose(derivatives[1:], w)
        print("{NNDYN_%s, %r, %r," % (kind, float(parameter), float(point)))
        for row in rows:
            text = "{" + ", ".join(mp.nstr(c, 17, min_fixed=0, max_fixed=0) if c else "0" for c in row) + "},"
            print(textwrap.indent("\n".join(textwrap.wrap(text, 116)), " "))
        print("},")
