"""Draws what width_scaling wrote: width_scaling.py FITS [FITS] makes width_scaling.svg, labeled by names of files."""
import csv
import pathlib
import sys

import matplotlib
matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "nndyn", "font.size": 8})
NAMES = {"f": "|f|", "c01": "C01", "c02": "C02", "c02_frobenius": "C02 Frobenius", "c02_e": "C02[e²]",
         "c03_e": "C03[e³]", "c04_e": "C04[e⁴]", "c05_e": "C05[e⁵]", "c06_e": "C06[e⁶]", "c11_e": "e.C11[e]",
         "c11": "C11", "c11_frobenius": "C11 Frobenius", "c12_e": "e.C12[e²]", "c13_e": "e.C13[e³]",
         "c20": "C20 operator", "c21": "C21[e] operator"}


def read(path):
    """quantity -> (predicted, logarithm, measured, error, [(width, size, relative error)])"""
    data = {}
    with open(path, encoding="ascii") as file:
        for name, *numbers in csv.reader(file):
            predicted, logarithm, measured, error, *point = map(float, numbers)
            data.setdefault(name, (predicted, logarithm, measured, error, []))[-1].append(point)
    return data


def sizes(axes, data):
    """Against width, each with a line of the predicted slope through its last point."""
    for number, (name, (predicted, _, _, _, points)) in enumerate(data.items()):
        if name.endswith("frobenius"):
            continue  # on top of the others
        width, size, error = zip(*points)
        color = f"C{number % 10}"
        axes.errorbar(width, size, [s * e for s, e in zip(size, error)], fmt="o", markersize=2.5, color=color)
        axes.plot(width, [size[-1] * (w / width[-1]) ** predicted for w in width], "-", color=color, linewidth=0.7)
        axes.annotate(NAMES[name], (width[-1], size[-1]), (4, -2), textcoords="offset points", color=color, fontsize=6)
    axes.set(xscale="log", yscale="log", xlabel="width n", ylabel="root mean square", xlim=(None, 6 * width[-1]),
             title="points: measured, lines: predicted exponent")


def exponents(axes, files, labels):
    for number, (data, label) in enumerate(zip(files, labels)):
        where = [place + 0.25 * number for place in range(len(data))]
        axes.errorbar([v[2] for v in data.values()], where, xerr=[2 * v[3] for v in data.values()], fmt="o",
                      markersize=3, label=f"{label} (bars: 2 standard errors)")
    names = list(files[0])
    axes.plot([files[0][n][0] for n in names], range(len(names)), "k|", markersize=12, label="predicted")
    axes.set_yticks(range(len(names)), [NAMES[n] + (" (log)" if files[0][n][1] else "") for n in names])
    axes.invert_yaxis()
    axes.set(xlabel="exponent of n", title="exponents")
    axes.legend(loc="upper left", fontsize=7)


files = [read(path) for path in sys.argv[1:]]
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4.6))
sizes(left, files[0])
exponents(right, files, [pathlib.Path(path).stem.replace("_", " ") for path in sys.argv[1:]])
figure.tight_layout()
figure.savefig("width_scaling.svg", metadata={"Date": None})
