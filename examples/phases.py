"""Draws what phases wrote, beside published figures: python phases.py CSV... makes phases.svg."""
import csv
import sys

import matplotlib
matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "nndyn", "font.size": 8})

# Of the reproduction that docs/phases.md compares with: by step, samples or hidden layers.
SHALLOW = {"tanh": ((100, .6806), (300, .7958), (600, .8469), (2000, .8788), (6000, .9058), (20000, .9190),
                    (60000, .9429)),
           "linear": ((100, .6804), (300, .7957), (600, .8457), (2000, .8773), (6000, .9052), (20000, .9174),
                      (60000, .9230))}
STEPS = {"tanh": ((10, .569), (100, 1.375), (600, 1.526), (1200, 1.515), (2400, 1.461), (3600, 1.392), (6000, 1.215)),
         "linear": ((10, .578), (100, 1.354), (600, 1.494), (1200, 1.486), (2400, 1.460), (3600, 1.440), (6000, 1.433))}
GROKKING = {"test": ((2371, .170), (7498, .186), (13335, .263), (17782, .367), (23713, .549), (31622, .719),
                     (56234, .840), (100000, .857)),
            "sample_basin": ((2371, .035), (7498, .044), (13335, .075), (17782, .114), (23713, .189), (31622, .298),
                             (56234, .550), (100000, .713)),
            "gradient": ((2371, .007), (7498, .011), (13335, .014), (17782, .041), (23713, .101), (31622, .179),
                         (56234, .331), (100000, .518))}
LAYERS = (1, 2, 4, 6, 8, 10, 14, 20, 32)
DEPTH = {"test": (.9755, .9784, .9768, .9774, .9751, .9738, .9750, .9663, .9514),
         "sample_basin": (.619, .695, .800, .836, .792, .841, .846, .800, .654),
         "weight_basin": (1.385, 1.387, 1.167, 1.176, 1.053, 1.038, .912, .827, .549)}


def read(paths):
    """(run, step, figure, layer) -> value; the last one counts."""
    figures = {}
    for path in paths:
        with open(path, encoding="ascii") as file:
            for run, step, figure, layer, value in csv.reader(file):
                figures[run, int(step), figure, int(layer)] = float(value)
    return figures


def draw(axes, points, published, label, color):
    axes.plot(*zip(*sorted(points)), "o-", color=color, label=label, markersize=3)
    axes.plot(*zip(*published), "x", color=color)


def series(run, figure, layer=0):
    return [(step, value) for (name, step, what, l), value in data.items()
            if name == run and what == figure and l == layer and step > 0]


def shallow(left, right):
    for kind, color in (("tanh", "C0"), ("linear", "C1")):
        last = {}
        for (run, step, what, _), value in data.items():
            if run.split()[0] == kind and what == "test":
                last[int(run.split()[1])] = max(last.get(int(run.split()[1]), (0, 0)), (step, value))
        draw(left, [(samples, value) for samples, (_, value) in last.items()], SHALLOW[kind], kind, color)
        draw(right, series(f"{kind} 60000", "gradient", 1), STEPS[kind], kind, color)
    left.set(xscale="log", xlabel="training samples", ylabel="test accuracy", title="one hidden layer")
    right.set(xscale="log", xlabel="step", ylabel="rank gradient", title="one hidden layer, 60000 samples")


def grokking(axes):
    for figure, layer, color in (("test", 0, "C0"), ("sample_basin", 0, "C2"), ("gradient", 1, "C3")):
        draw(axes, series("grokking", figure, layer), GROKKING[figure], figure.replace("_", " "), color)
    axes.plot(*zip(*sorted(series("grokking", "train"))), "k:", label="train")
    axes.set(xscale="log", xlabel="step", title="grokking")


def depth(axes):
    for figure, color in (("test", "C0"), ("sample_basin", "C2"), ("weight_basin", "C4")):
        seeds = {}
        for (run, _, what, _), value in data.items():
            if run.startswith("depth") and what == figure:
                seeds.setdefault(int(run.split()[1]), []).append(value)
        points = [(layers, sum(values) / len(values)) for layers, values in seeds.items()]
        draw(axes, points, list(zip(LAYERS, DEPTH[figure])), figure.replace("_", " "), color)
    axes.set(xlabel="hidden layers", title="depth, with batch norm")


data = read(sys.argv[1:])
figure, panels = plt.subplots(2, 2, figsize=(8, 6))
shallow(panels[0, 0], panels[0, 1])
grokking(panels[1, 0])
depth(panels[1, 1])
for axes in panels.flat:
    axes.legend(frameon=False)
figure.tight_layout()
figure.savefig("phases.svg", metadata={"Date": None})
