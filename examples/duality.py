"""How the data move the weights: singular values of the duality map before and after training on the digits.

Arguments: the CSV file, and a file for the figure (needs Matplotlib).
"""
import sys
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[1] / "src/bindings"))  # in the source tree
import nndyn  # noqa: E402

digits = sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parent / "data/digits.csv"
data = nndyn.Dataset.read_csv(digits, label_column=-2, scale=1 / 16)
net = nndyn.Network(data.inputs).dense(32, "tanh").dense(data.classes).loss("softmax_cross_entropy")
x, t, _ = data.get(0, 20)

rows, columns = net.duality_shape(len(x))
cost = net.duality_forecast(len(x), "singular_values")
print(f"the map from {columns} numbers of the data to {rows} parameters: "
      f"{cost.bytes / 1e6:.1f} MB and {cost.flops / 1e9:.2f} GFLOP for its spectrum")

spectra = {"before training": net.duality_singular_values(x, t)}
nndyn.Trainer(net, "adam").run(data.batches("epochs", 32), 2000)
spectra["after training"] = net.duality_singular_values(x, t)
for when, s in spectra.items():
    print(f"{when}: largest {s[0]:.3g}, median {np.median(s):.3g}, {np.sum(s > 0.01 * s[0])} above 1 % of the largest")

# Which pixels of a digit move the weights most: the norm of each column of J, from the diagonal of J'J.
gram = net.duality_gram(x[:1], t[:1], columns="inputs")
strength = np.sqrt(gram.diagonal()).reshape(8, 8)
print("strength of the pixels of the first digit:")
print(np.array2string(strength / strength.max(), precision=1, suppress_small=True))

# A direction of the data and the motion of the weights it causes, both ways: u' (J v) = (J' u)' v.
rng = np.random.default_rng(0)
xdot, u = rng.normal(size=x.shape), rng.normal(size=rows)
forward = u @ net.duality_jvp(x, t, xdot)
backward = (net.duality_vjp(x, t, u)[0] * xdot).sum()
print(f"u' (J v) = {forward:.12g}, (J' u)' v = {backward:.12g}")

if len(sys.argv) > 2:
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    for when, s in spectra.items():
        plt.loglog(np.arange(1, len(s) + 1), s, label=when)
    plt.xlabel("rank"), plt.ylabel("singular value of the duality map"), plt.legend()
    plt.savefig(sys.argv[2], bbox_inches="tight")
sys.exit(0 if abs(forward - backward) < 1e-9 * abs(forward) else 1)
