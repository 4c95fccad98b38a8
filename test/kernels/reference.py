#!/usr/bin/env python3
"""Write reference.inc: activations, their derivatives and their residuals at a limit, from 900-digit arithmetic.

Needs mpmath.  Derivatives are numerical ones of the function alone, so that no formula is shared with the library.
Points are single-precision numbers, exact in both precisions."""
import struct
import mpmath as mp

mp.mp.dps = 900
POINTS = [2.0 ** -20, 0.001, 0.1, 0.3, 0.5, 0.56, 0.7, 0.9, 1, 1.2, 1.7, 2.5, 3, 5, 8, 10, 13, 16.75, 20, 26, 30, 37,
          50,
          80, 100, 200, 700, 1e4, 1e6, 1e12]


def single(x):
    return struct.unpack("f", struct.pack("f", x))[0]


def s(z):
    return 1 / (1 + mp.exp(-z))


def phi(z):
    return mp.erfc(-z / mp.sqrt(2)) / 2


# kind, parameter, function, limits from below and above (None: none other than 0), largest |z| that is of use
KINDS = [
    ("ELU", 1.5, lambda z: z if z > 0 else 1.5 * mp.expm1(z), (-1.5, None), 700),
    ("SOFTPLUS", 0, lambda z: mp.log1p(mp.exp(z)), (None, None), 700),
    ("SIGMOID", 0, s, (None, 1), 700),
    ("TANH", 0, mp.tanh, (-1, 1), 400),
    ("ERF", 0, mp.erf, (-1, 1), 30),
    ("ARCTAN", 0, mp.atan, (-mp.pi / 2, mp.pi / 2), 1e12),
    ("SOFTSIGN", 0, lambda z: z / (1 + abs(z)), (-1, 1), 1e12),
    ("ISRU", 0, lambda z: z / mp.sqrt(1 + z * z), (-1, 1), 1e12),
    ("SILU", 0, lambda z: z * s(z), (None, None), 700),
    ("GELU", 0, lambda z: z * phi(z), (None, None), 50),
    ("EXP", 0, mp.exp, (None, None), 700),
    ("SIN", 0, mp.sin, (None, None), 1e12),
    ("COS", 0, mp.cos, (None, None), 1e12),
    ("ABS_POWER", 2.5, lambda z: abs(z) ** mp.mpf("2.5"), (None, None), 1e12),
]


def derivative(f, z, order):
    return f(z) if order == 0 else mp.diff(f, z, order, h=mp.mpf(10) ** -150 * abs(z))


def double(x):
    return float(mp.nstr(x, 25)).hex() if abs(x) > mp.mpf("1e-330") else "0"


def main():
    rows, limits = [], []
    for name, parameter, f, (low, high), most in KINDS:
        for point in POINTS:
            for z in (single(point), -single(point)):
                if abs(z) > most:
                    continue
                values = [double(derivative(f, mp.mpf(z), k)) for k in range(4)]
                rows.append("    {NNDYN_%s, %r, %s, {%s}}," % (name, parameter, z.hex(), ", ".join(values)))
                limit = high if z > 0 else low
                if limit is not None:
                    rest = double(f(mp.mpf(z)) - limit)
                    limits.append("    {NNDYN_%s, %r, %s, %s, %s}," % (name, parameter, z.hex(), double(limit), rest))
    with open("reference.inc", "w") as out:
        out.write("/* reference.inc - by reference.py: kind, parameter, z, {f, f', f'', f'''} rounded to double. */\n")
        out.write("static const struct {\n    int kind;\n    double parameter, z, f[4];\n} derivatives[] = {\n")
        out.write("\n".join(rows) + "\n};\n\n/* kind, parameter, z, t = a limit of f, f(z) - t */\n")
        out.write("static const struct {\n    int kind;\n    double parameter, z, t, e;\n} residuals[] = {\n")
        out.write("\n".join(limits) + "\n};\n")


if __name__ == "__main__":
    main()
