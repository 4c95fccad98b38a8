"""Draws what basins wrote: python basins.py [folder=.] makes basins.svg there."""
import csv
import pathlib
import sys

import matplotlib
matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402

matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "nndyn", "font.size": 8})


def table(name):
    with open(folder / f"basin_{name}.csv", encoding="ascii") as file:
        return list(csv.reader(file))[1:]


def numbers(name):
    return np.array(table(name), float)


def curves(axes):
    """Accuracy of the set against noise, sampled and linearized."""
    rows = table("curves")
    for kind, label, color in (("pixels", "noise on pixels", "C0"), ("weights", "noise on weights", "C1")):
        for name, style in ((kind, "-"), (kind + " linearized", "x")):
            points = np.array([row[2:] for row in rows if row[0] == name and row[1] == "-1"], float)
            points = points[points[:, 0] > 0]
            axes.plot(points[:, 0], points[:, 1], style, color=color, label=label if style == "-" else None)
            if style == "-":
                axes.fill_between(points[:, 0], points[:, 2], points[:, 3], color=color, alpha=0.25)
    axes.axhline(0.5, color="k", ls=":", lw=0.8)
    axes.set(xscale="log", xlabel="sigma", ylabel="accuracy", title="the set (x: linearized)")
    axes.legend(frameon=False)


def classes(axes):
    """Radii of the classes with intervals; median and 5 to 95 % of those of their samples."""
    t = numbers("classes")[1:]
    axes.vlines(t[:, 0] + 0.2, t[:, 5], t[:, 7], color="0.7", lw=3, label="samples: 5 to 95 %, median")
    axes.plot(t[:, 0] + 0.2, t[:, 6], "_", color="k")
    axes.errorbar(t[:, 0] - 0.1, t[:, 1], [t[:, 1] - t[:, 2], t[:, 3] - t[:, 1]], fmt="o", ms=3, capsize=2,
                  label="class, with interval")
    axes.set(xticks=range(10), xlabel="digit", ylabel="radius", title="pixels: which class is fragile")
    axes.legend(frameon=False)


def distances(axes):
    """The radius of each sample beside its linearized distance."""
    t = numbers("samples")
    axes.scatter(t[:, 3], t[:, 2], s=4, c=t[:, 1], cmap="tab10", rasterized=True)
    axes.set(xlabel="linearized distance of the boundary", ylabel="radius", title="samples, by digit")


def returns(axes):
    """Which share of kicks training undoes."""
    t = numbers("returns")
    for i, name in enumerate(("same weights", "same function", "same accuracy", "same loss")):
        axes.plot(t[:, 0], t[:, 1 + 3 * i], ("o:", "o-", "s--", "^-.")[i], ms=3, label=name)
    axes.fill_between(t[:, 0], t[:, 5], t[:, 6], color="C1", alpha=0.2)
    axes.set(xlabel="kick of the weights", ylabel="share that returns", title="after 1000 steps of training")
    axes.legend(frameon=False)


def slice_of(axes, name, title):
    """Colors: the predicted digit; paler where the margin is small."""
    t = numbers(name)
    side = int(round(len(t) ** 0.5))
    first, second = t[::side, 0], t[:side, 1]
    labels, margins = t[:, 2].reshape(side, side).T, t[:, 3].reshape(side, side).T
    colors = plt.get_cmap("tab10")(labels.astype(int))
    colors[..., 3] = 0.35 + 0.65 * np.clip(margins / np.quantile(margins, 0.8), 0, 1)
    axes.imshow(colors, origin="lower", extent=(first[0], first[-1], second[0], second[-1]), aspect="auto")
    for label in np.unique(labels):
        j, i = (np.median(part) for part in np.nonzero(labels == label))
        axes.text(first[int(i)], second[int(j)], int(label), ha="center", va="center", fontweight="bold")
    axes.plot(0, 0, "k+")
    axes.set(xlabel="first principal direction", ylabel="second", title=title)


folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
figure, panels = plt.subplots(2, 3, figsize=(11, 6.4))
curves(panels[0, 0])
classes(panels[0, 1])
distances(panels[0, 2])
slice_of(panels[1, 0], "slice_mean", "slice through the mean of the data")
slice_of(panels[1, 1], "slice_closest", "slice through the digit at +, nearest a boundary")
returns(panels[1, 2])
figure.tight_layout()
figure.savefig(folder / "basins.svg", metadata={"Date": None}, dpi=150)
