"""Turn the tables of the demo into one self-contained HTML page.

Usage: report.py FOLDER: reads FOLDER/*.csv, writes FOLDER/report.html.  A section is one function that returns a title,
a paragraph and pictures; SECTIONS lists them in order.
"""
import html
import io
import pathlib
import sys

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402  (the backend must be chosen first)
import numpy as np  # noqa: E402

STYLE = """
body { font: 16px/1.5 sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; color: #222; }
h1, h2 { font-weight: 600; } pre { background: #f5f5f5; padding: 1em; overflow-x: auto; }
figure { margin: 1em 0; } svg { max-width: 100%; height: auto; } figcaption { color: #555; }
"""


def table(folder, name):
    return np.loadtxt(folder / f"{name}.csv", delimiter=",", skiprows=1, ndmin=2)


def svg(figure):
    text = io.StringIO()
    figure.savefig(text, format="svg", bbox_inches="tight", metadata={"Date": None})
    plt.close(figure)
    source = text.getvalue()
    return source[source.index("<svg"):]


def picture(figure, caption):
    return f"<figure>{svg(figure)}<figcaption>{html.escape(caption)}</figcaption></figure>"


def images(rows, titles, columns, limits, cmap):
    """A grid of 8x8 pictures."""
    lines = -(-len(rows) // columns)
    figure, axes = plt.subplots(lines, columns, figsize=(1.2 * columns, 1.45 * lines), squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for axis, row, title in zip(axes.flat, rows, titles):
        low, high = limits(row)
        axis.imshow(row.reshape(8, 8), cmap=cmap, vmin=low, vmax=high)
        axis.set_title(title, fontsize=9)
    return figure


def training(folder):
    t = table(folder, "training")
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2))
    for axis, columns, name in ((left, (1, 3), "mean loss"), (right, (2, 4), "accuracy")):
        for column, label in zip(columns, ("train", "held out")):
            axis.plot(t[:, 0], t[:, column], label=label)
        axis.set_xlabel("step")
        axis.set_ylabel(name)
        axis.legend()
    left.set_yscale("log")
    text = f"Final accuracy on the held-out fifth: {100 * t[-1, 4]:.1f} %."
    return "Training", text, [picture(figure, "Loss and accuracy along training.")]


def predictions(folder):
    t = table(folder, "predictions")
    titles = [f"{int(r[0])} read as {int(r[1])}" for r in t]
    figure = images(t[:, 2:], titles, 6, lambda row: (0, 1), "gray_r")
    return "Predictions", "The held-out digits the network gets wrong come first.", [
        picture(figure, "Held-out digits: label and prediction.")]


def spectrum(folder):
    t = table(folder, "spectrum")
    figure, axis = plt.subplots(figsize=(7, 4))
    colors = plt.get_cmap("tab10")
    for r in t:
        values = r[1:]
        axis.semilogy(np.arange(1, len(values)), values[:-1], color=colors(int(r[0])), lw=1.2,
                      label=f"digit {int(r[0])}")
    axis.set_xlabel("mode")
    axis.set_ylabel("singular value")
    axis.legend(ncol=2, fontsize=8)
    text = ("Singular values of the Jacobian of the duality map, from the 64 pixels and 10 targets of one sample to "
            "the changes of all weights it causes; means over samples of each class. Large values: small changes of "
            "the data that move the weights much. The last mode, a shift of the targets along the network's own "
            "prediction, is exactly null and left out.")
    return "How the data move the weights", text, [picture(figure, "Duality singular spectrum by class.")]


def directions(folder):
    t = table(folder, "directions")
    gain, rows = t[:, 0], t[:, 1:]
    symmetric = lambda row: (-np.abs(row).max(), np.abs(row).max())  # noqa: E731
    figure, axis = plt.subplots(figsize=(7, 2.6))
    axis.semilogy(np.arange(1, len(gain) + 1), gain / gain[0], ".-")
    axis.set_xlabel("direction of the data")
    axis.set_ylabel("gain / largest")
    seen = images(rows[:8], [f"{g:.2g}" for g in gain[:8]], 8, symmetric, "RdBu_r")
    unseen = images(rows[:-9:-1], [f"{g:.1e}" for g in gain[:-9:-1]], 8, symmetric, "RdBu_r")
    text = ("Eigenvectors of the mean of J'J over the pixels: the metric by which learning sees the data. Along the "
            "last ones pictures can change with hardly any trace in the weights. The gain ends in a floor, not at "
            "zero: while a sample is not fitted to the last digit, each of its pixels moves the first layer's weights "
            "by the residual.")
    return "Data directions that learning cannot see", text, [
        picture(figure, "Gain of each direction."),
        picture(seen, "The most visible directions, with their gain."),
        picture(unseen, "The least visible directions, with their gain.")]


def equilibrium(folder):
    curvature, noise, relaxation = table(folder, "modes").T
    modes = np.arange(1, len(curvature) + 1)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2))
    left.semilogy(modes, curvature, "o-", ms=3, label="curvature of the loss")
    left.semilogy(modes, noise, "s-", ms=3, label="noise of the gradient")
    left.set_xlabel("mode")
    left.legend()
    right.semilogy(modes, relaxation, "o-", ms=3)
    right.set_xlabel("mode")
    right.set_ylabel("relaxation, steps at rate 0.01")
    text = ("Leading eigenmodes of the Hessian at the trained parameters: how curved the loss is along them, how much "
            "the gradients of single samples scatter along them, and how many steps a deviation takes to decay.")
    return "Modes of the learning equilibrium", text, [
        picture(figure, "Curvature, noise and relaxation, mode by mode.")]


def fluctuations(folder):
    t = table(folder, "fluctuations")
    center, density = np.sqrt(t[:, 0] * t[:, 1]), t[:, 2]
    figure, axis = plt.subplots(figsize=(6, 3.6))
    axis.loglog(center[density > 0], density[density > 0], "o", ms=4, label="measured")
    middle = len(center) // 2
    axis.loglog(center, density[middle] * center[middle] / center, "k--", lw=1, label="1/u: cross-entropy, saturated")
    axis.set_xlabel("|update| of an output bias by one sample, over the rate")
    axis.set_ylabel("density")
    axis.legend()
    text = ("Updates by single samples at fixed parameters. For a logit y that is spread wide the loss alone makes the "
            "law: the gradient falls as exp(-|y|), which gives a density near 1/u whatever the data.")
    return "Fluctuations of the weights", text, [picture(figure, "Density of the updates of the output biases.")]


def load_curve(folder):
    with open(folder / "load_curve.csv", encoding="ascii") as file:
        names = file.readline().strip().split(",")
    t = dict(zip(names, table(folder, "load_curve").T))
    layers = [name for name in names if name.startswith("separation_")]
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2))
    for name in layers:
        layer = int(name.rsplit("_", 1)[1])
        left.semilogx(1 + t["step"], t[name], ".-", ms=3, label=f"layer {layer}" if layer else "input")
    left.set_xlabel("step + 1")
    left.set_ylabel("ln(scatter within / between classes)")
    left.legend()
    for i in np.unique(np.linspace(0, len(t["step"]) - 1, 6).astype(int)):
        right.plot(range(len(layers)), [t[name][i] for name in layers], "o-", ms=3, label=f"step {t['step'][i]:.0f}")
    right.set_xlabel("layer")
    right.set_xticks(range(len(layers)))
    right.legend(fontsize=7)
    text = ("How far the classes are apart at the input and after each hidden layer: the logarithm of the scatter "
            "within classes over that between them, so lower is better. What a layer takes off is its load. A curve "
            "that bends up in the middle (concave) means that late layers do the work, one that sags that early ones "
            "do; the verdict on the trained network is in the summary.")
    return "Which layers separate the classes", text, [picture(figure, "Load curve along training, and at six steps.")]


def order(folder):
    cuts, ranks, folds = (table(folder, name) for name in ("truncation", "ranks", "folds"))
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(12, 3.4))
    left.plot(cuts[:, 0], cuts[:, 1], "o-", label="accuracy")
    left.plot(cuts[:, 0], cuts[:, 3], "s--", label="order index of the tail")
    left.set_xticks(cuts[:, 0])
    left.set_xlabel("cut: activations above it replaced")
    left.legend()
    for r in ranks:
        middle.step((np.arange(len(r) - 3) + 0.5) / (len(r) - 3), r[3:], where="mid",
                    label=f"layer {r[0]:.0f}: gradient {r[1]:.2f}")
    middle.axhline(1, color="k", ls=":", lw=1)
    middle.set_xlabel("rank of the samples of a class")
    middle.set_ylabel("density")
    middle.legend()
    for r in folds:
        right.plot(np.linspace(0, 1, len(r) - 2), r[2:], color="C3" if r[1] else "0.75", lw=1.4 if r[1] else 0.8)
    right.set_xlabel("along the line from one digit to another")
    right.set_ylabel("field of a second-layer unit, without bias")
    figure.tight_layout()
    text = (f"A unit of a monotone transfer keeps the order in which its local field puts the samples; only bundles of "
            f"units change it. Without any activation the network is right on {100 * cuts[0, 1]:.1f} %, with those of "
            f"the first layer alone on {100 * cuts[1, 1]:.1f} %. Ranks show how far single units already put the "
            f"classes to one end. On a straight line between two digits {np.count_nonzero(folds[:, 1])} of "
            f"{len(folds)} second-layer units turn back (red): the bundle of tanh units they read folds the line.")
    return "What of the network is linear", text, [
        picture(figure, "Linear substitution; rank distribution; folds of a line.")]


def basins(folder):
    noise, weights, classes = (table(folder, name) for name in ("noise", "weight_noise", "basins"))
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2))
    for t, label in ((noise, "on the pixels"), (weights, "on the weights, in units of each layer's spread")):
        left.semilogx(t[1:, 0], t[1:, 1], label=label)
        left.fill_between(t[1:, 0], t[1:, 2], t[1:, 3], alpha=0.25)
    left.axhline(0.5, color="k", ls=":", lw=1)
    left.set_xlabel("standard deviation of the noise")
    left.set_ylabel("accuracy")
    left.legend(fontsize=8)
    label, radius, low, high = classes[:, :4].T
    ends = np.minimum(high, 2 * np.nanmax(radius[np.isfinite(radius)]))
    right.errorbar(label, radius, [radius - low, ends - radius], fmt="o", capsize=3)
    right.set_xticks(label)
    right.set_xlabel("digit")
    right.set_ylabel("radius: noise that leaves one half right")
    figure.tight_layout()
    text = (f"How much noise the trained network bears. The most fragile digit is {label[np.argmin(radius)]:.0f}; bars "
            f"and bands are 95 % confidence intervals.")
    return "Attraction basins", text, [picture(figure, "Accuracy against noise; radii of the classes.")]


def starts(folder):
    labels = table(folder, "starts")
    figure, axis = plt.subplots(figsize=(4, 4))
    shown = np.where(labels < 0, np.nan, labels)  # left white
    axis.imshow(shown.T, origin="lower", extent=(-4, 4, -4, 4), cmap="coolwarm", interpolation="nearest")
    axis.plot([1, -1], [2, -2], "k*", ms=9)
    axis.set_xlabel("first weight")
    axis.set_ylabel("second weight")
    text = ("Gradient descent on the two weights of w2 tanh(w1 x), from a grid of starts: the color says which of two "
            "equally good minima (stars) training ends in; white: it diverges. At rates below 1 the boundary is "
            "a smooth line; examples/basin_map.c follows it.")
    return "Basins of training", text, [picture(figure, "Which minimum a start goes to, at rate 2.1.")]


def lazy(folder):
    width, size, predicted, measured = table(folder, "lazy").T
    figure, axis = plt.subplots(figsize=(5, 3.4))
    axis.loglog(width, measured, "ko-", label="measured in a run of 30 steps")
    axis.loglog(width, predicted, "s--", mfc="none", label="predicted to order 1/width")
    axis.loglog(width, size, "^:", mfc="none", label="estimate from C02[e,e] at the start")
    axis.set_xlabel("width of the hidden layer")
    axis.set_ylabel("largest distance from the linear model")
    axis.legend(fontsize=8)
    text = ("Even digits against odd ones, 16 of them, networks 64-n-1 in the NTK parametrization: how far training "
            "goes from the linearized network, and what the derivative correlations at initialization say of it "
            "beforehand. The distance falls as 1/n; where prediction and run part, the network is too narrow for the "
            "expansion.")
    return "Lazy training", text, [picture(figure, "Distance of training from its linearization, by width.")]


SECTIONS = (training, predictions, load_curve, spectrum, directions, equilibrium, fluctuations, order, basins, starts,
            lazy)


def main():
    folder = pathlib.Path(sys.argv[1])
    matplotlib.rcParams["svg.hashsalt"] = "nndyn"  # the same tables give the same page
    body = []
    for section in SECTIONS:
        title, text, pictures = section(folder)
        body.append(f"<h2>{html.escape(title)}</h2>\n<p>{html.escape(text)}</p>\n" + "\n".join(pictures))
    summary = folder / "summary.txt"
    if summary.exists():
        body.insert(0, f"<pre>{html.escape(summary.read_text())}</pre>")
    tables = ", ".join(f'<a href="{p.name}">{p.name}</a>' for p in sorted(folder.glob("*.csv")))
    page = (f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>libnndyn: digits</title>'
            f"<style>{STYLE}</style></head>\n<body><h1>libnndyn on the 8x8 digits</h1>\n" + "\n".join(body)
            + f"\n<h2>Tables</h2>\n<p>The numbers behind the pictures: {tables}.</p></body></html>\n")
    (folder / "report.html").write_text(page, encoding="utf-8")
    print(f"report: {folder / 'report.html'}")


if __name__ == "__main__":
    main()
