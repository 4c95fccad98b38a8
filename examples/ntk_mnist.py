"""Draws what ntk_mnist wrote: python ntk_mnist.py FITS makes ntk_mnist.svg."""
import csv
import sys

import matplotlib
matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "nndyn", "font.size": 8})
points, slopes = {}, {}
with open(sys.argv[1], encoding="ascii") as file:
    for kind, figure, step, *numbers in csv.reader(file):
        if kind == "point":
            width, size, error = map(float, numbers)
            points[figure, int(step), int(width)] = size, error
        else:
            slopes[figure, int(step)] = tuple(map(float, numbers))[:2]
steps = sorted({step for _, step, _ in points})
widths = sorted({width for _, _, width in points})
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8))

for number, width in enumerate(widths):
    color = matplotlib.colormaps["viridis"](number / len(widths))
    for name, style in (("train", "o-"), ("bound", "--")):
        left.plot(steps, [points[name, s, width][0] for s in steps], style, color=color, markersize=2.5, linewidth=0.9,
                  label=f"n = {width}" if name == "train" else None)
left.set(xscale="log", yscale="log", xlabel="step", ylabel="|f - f_lin| on the training samples",
         title="deviation (points), a-posteriori bound (dashed)")
left.legend(ncol=2, fontsize=6)

last = steps[-1]
for name, label in (("bound", "bound, train"), ("train", "deviation, train"), ("test", "deviation, test"),
                    ("drift", "relative drift of the kernel")):
    size, error = zip(*[points[name, last, n] for n in widths])
    slope = slopes[name, last]
    right.errorbar(widths, size, [s * e for s, e in zip(size, error)], fmt="o-", markersize=3, linewidth=0.9,
                   label=f"{label}: n^({slope[0]:.2f} ± {slope[1]:.2f})")
right.plot(widths, [points["train", last, widths[0]][0] * widths[0] / n / 2 for n in widths], "k:", label="1/n")
right.set(xscale="log", yscale="log", xlabel="width n", title=f"step {last}")
right.legend(fontsize=6)
figure.tight_layout()
figure.savefig("ntk_mnist.svg", metadata={"Date": None})
