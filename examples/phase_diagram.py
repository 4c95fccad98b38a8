"""Draws what phase_diagram wrote: python phase_diagram.py FOLDER [PANELS] makes FOLDER/phase_diagram.svg."""
import csv
import sys
from pathlib import Path

import matplotlib
matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.collections import LineCollection, PolyCollection  # noqa: E402

matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "nndyn", "font.size": 8})
NAMES = {"a": ("noise", "data noise"), "b": ("rate", "learning rate"), "c": ("dropout", "dropout"),
         "d": ("batch", "batch size")}


def read(name):
    with open(folder / f"{name}.csv", encoding="ascii") as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]


def values_of(rows, key):
    return list(dict.fromkeys(row[key] for row in rows))


def cells(axes, rows, down, across, color, title, label, **limits):
    """Load curves in cells: the first value of `down` on top, its axis labeled by `label`."""
    downs, acrosses = values_of(rows, down), values_of(rows, across)
    squares, lines = [], []
    for row in rows:
        x, y = acrosses.index(row[across]), len(downs) - 1 - downs.index(row[down])
        curve = [row[key] for key in row if key.startswith("n_")]
        squares.append([(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1)])
        low, high = min(curve), max(curve)  # NaN: a network that died has no curve
        lines.append([(x + 0.1 + 0.8 * i / (len(curve) - 1), y + 0.1 + 0.8 * (n - low) / (high - low))
                      for i, n in enumerate(curve) if high > low])
    shades = PolyCollection(squares, edgecolors="white", linewidths=0.5, **limits)
    shades.set_array([row[color] for row in rows])
    axes.add_collection(shades)
    axes.add_collection(LineCollection(lines, colors="black", linewidths=1.2))
    axes.set(xlim=(0, len(acrosses)), ylim=(0, len(downs)), title=title, xlabel=label, ylabel=down)
    axes.set_xticks([i + 0.5 for i in range(len(acrosses))], [f"{value:g}" for value in acrosses])
    axes.set_yticks([i + 0.5 for i in range(len(downs))], [f"{value:g}" for value in reversed(downs)])
    axes.tick_params(length=0)
    axes.figure.colorbar(shades, ax=axes, label=color.replace("_", " "))


def panel(axes, letter):
    key, what = NAMES[letter]
    cells(axes, read(f"phase_{letter}"), "slope", key, "test_accuracy", f"network: {what}", what, cmap="YlGn")


def chain(axes):
    cells(axes, read("chain"), "friction", "noise", "kappa", "chain of blocks and springs", "noise", cmap="RdBu_r",
          clim=(-0.4, 0.4))


def published(axes, letters):
    for letter in letters:
        rows = read(f"phase_{letter}")
        axes.plot([row["published_kappa"] for row in rows], [row["kappa"] for row in rows], ".", label=NAMES[letter][1])
    axes.axline((0, 0), slope=1, color="0.7", zorder=0)
    axes.set(title="kappa of the cells", xlabel="published (MNIST)", ylabel="measured")
    axes.legend()


def trajectories(axes):
    rows = read("trajectories")
    for kind, style in (("noisy", "-"), ("quiet", ":")):
        for block in values_of(rows, "block"):
            points = [(row["time"], 1 - row[kind]) for row in rows if row["block"] == block]
            axes.plot(*zip(*points), style, color=plt.cm.viridis((block - 1) / 7), linewidth=1,
                      label=kind if block == 1 else None)
    axes.set(title="blocks with noise and without", xlabel="time", ylabel="distance from the pulled end")
    axes.legend()


folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
letters = [x for x in "abcd" if (folder / f"phase_{x}.csv").exists() and x in (sys.argv[2:] or ["abcd"])[0]]
drawings = [lambda axes, x=x: panel(axes, x) for x in letters]
drawings += [chain, trajectories, lambda axes: published(axes, letters)]
height = (len(drawings) + 1) // 2
figure, places = plt.subplots(height, 2, figsize=(11, 3.8 * height), constrained_layout=True)
for place, drawing in zip(places.flat, drawings):
    drawing(place)
for place in places.flat[len(drawings):]:
    place.set_axis_off()
figure.savefig(folder / "phase_diagram.svg", metadata={"Date": None})
