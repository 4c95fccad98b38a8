"""Draws what "criticality table STEPS FOLDER" wrote: python criticality.py FOLDER makes FOLDER/criticality.svg."""
import csv
import sys
from pathlib import Path

import matplotlib
matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
rows = list(csv.DictReader(open(folder / "table.csv")))
figure, (left, right) = plt.subplots(1, 2, figsize=(12, 5.5), constrained_layout=True)
predicted = [float(row["predicted"]) for row in rows]
left.plot([-0.1, 2.1], [-0.1, 2.1], color="0.7", zorder=0)
for kind, mark in (("frozen", "o"), ("live", "x")):
    left.errorbar(predicted, [float(row[kind]) for row in rows], [float(row[kind + "_se"]) for row in rows],
                  fmt=mark, label=kind)
left.set(xlabel="predicted exponent", ylabel="measured exponent")
left.legend()
densities = {}
for row in csv.DictReader(open(folder / "densities.csv")):
    if row["kind"] == "live" and float(row["density"]) > 0:
        densities.setdefault(row["pair"], []).append((float(row["u"]), float(row["density"])))
for name, points in densities.items():
    right.loglog(*zip(*points), label=name, linewidth=1)
right.set(xlabel="|dh/db|", ylabel="density in the window")
right.legend(fontsize=7)
figure.savefig(folder / "criticality.svg")
