"""Draws what basin_map wrote: python basin_map.py [folder=.] makes basin_map.svg there."""
import csv
import pathlib
import sys

import matplotlib
matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.colors import BoundaryNorm, ListedColormap  # noqa: E402
import numpy as np  # noqa: E402

matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "nndyn", "font.size": 8})

# Labels -3 ... 1: settled elsewhere, diverged, on its way, the attractor of negative weights, that of the teacher.
COLORS = ListedColormap(["0.3", "white", "0.75", "#3b6fb6", "#c8513f"])
NORM = BoundaryNorm(np.arange(-3.5, 2), COLORS.N)


def table(name):
    with open(folder / name, encoding="ascii") as file:
        return list(csv.DictReader(file))


def grids():
    """rate -> (first weights, labels with a row a first weight)"""
    rows = np.loadtxt(folder / "labels.csv", delimiter=",", skiprows=1)
    return {rate: (rows[rows[:, 0] == rate, 1], rows[rows[:, 0] == rate, 2:]) for rate in np.unique(rows[:, 0])}


def grid(axes, rate, weights, labels, figures):
    ends = (weights[0], weights[-1]) * 2
    axes.imshow(labels.T, origin="lower", extent=ends, cmap=COLORS, norm=NORM, interpolation="nearest")
    points = [(float(row["first weight"]), float(row["second weight"])) for row in table("attractors.csv")
              if float(row["rate"]) == rate]
    axes.plot(*zip(*points), "k*" if figures["period"] == "1" else "ko", ms=6 if figures["period"] == "1" else 3)
    axes.set(title=f"rate {rate:g}: {100 * float(figures['diverged']):.0f} % diverge, dimension "
             f"{float(figures['dimension']):.2f}")


def fractions(axes):
    """Shares of starts along the rate, and the events."""
    rows = table("fractions.csv")
    for group, label, color in (("attractors", "an attractor", "C2"), ("diverged", "diverged", "k"),
                                ("undecided", "still on its way", "0.6")):
        t = np.array([[float(row[name]) for name in ("rate", "fraction", "low", "high")] for row in rows
                      if row["group"] == group])
        axes.plot(t[:, 0], t[:, 1], color=color, label=label)
        axes.fill_between(t[:, 0], t[:, 2], t[:, 3], color=color, alpha=0.2)
    for rate in sorted({float(row["rate"]) for row in table("events.csv")}):
        axes.axvline(rate, color="C3", ls=":", lw=0.8)
    axes.set(xlabel="rate (dotted: an attractor changes)", ylabel="share of starts", title="where starts go")
    axes.legend(frameon=False)


def branches(axes):
    """The second weight of the attractors along the rate."""
    t = np.array([[float(row["rate"]), float(row["second weight"])] for row in table("branches.csv")])
    axes.plot(t[:, 0], t[:, 1], "k.", ms=2)
    axes.set(xlabel="rate", ylabel="second weight", title="attractors")


folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
figure, panels = plt.subplots(2, 4, figsize=(13, 6.4))
figures = {float(row["rate"]): row for row in table("basin_map.csv")}
for axes, (rate, (weights, labels)) in zip(panels[:, :3].flat, sorted(grids().items())):
    grid(axes, rate, weights, labels, figures[rate])
for axes in panels[:, 0]:
    axes.set_ylabel("second weight")
for axes in panels[1, :3]:
    axes.set_xlabel("first weight")
fractions(panels[0, 3])
branches(panels[1, 3])
figure.tight_layout()
figure.savefig(folder / "basin_map.svg", metadata={"Date": None})
