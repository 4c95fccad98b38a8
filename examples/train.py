"""Train on the digits from Python, look at the curvature, and continue from a file.  Argument: the CSV file."""
import os
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[1] / "src/bindings"))  # in the source tree
import nndyn  # noqa: E402

digits = sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parent / "data/digits.csv"
data = nndyn.Dataset.read_csv(digits, label_column=-2, scale=1 / 16)
train, test = data.split(0.2)
print(f"{len(train)} digits to train on, {len(test)} to test, {data.classes} classes")

net = nndyn.Network(data.inputs).dense(32, "tanh").dense(data.classes).loss("softmax_cross_entropy")
trainer = nndyn.Trainer(net, "adam", rate=2e-3)
batches = train.batches("epochs", 32)
for epoch in range(0, 30, 5):
    loss = trainer.run(batches, 5 * batches.steps)
    test_loss, accuracy = net.evaluate(test)
    print(f"epoch {epoch + 5:2}: training loss {loss:.4f}, test loss {test_loss:.4f}, accuracy {100 * accuracy:.1f} %")

# A step may also be taken on arrays: a sample a row.
x, t, labels = train.get(0, 200)
print(f"loss of 200 samples before one more step: {trainer.step(x, t):.4f}")

# Sharpest directions of the loss there, without the Hessian, and the mean gradient against that of each sample.
sharpness = net.hessian_operator(x, t).singular_values(3)
print("sharpest directions:", np.array2string(sharpness, precision=3))
loss, gradient = net.gradient(x, t)
norms = net.gradient_norms(x, t)
print(f"norm of the mean gradient {np.linalg.norm(gradient):.4f}, of single ones {norms.mean():.4f} in the mean")

# A trainer read from a file continues bit for bit.
with tempfile.TemporaryDirectory() as place:
    path = os.path.join(place, "digits.nndyn")
    trainer.save(path)
    again = nndyn.Trainer.load(path)
    same = again.step(x, t) == trainer.step(x, t) and np.array_equal(again.network.parameters, net.parameters)
print("continued from a file, bit for bit:", same)

# Failures are exceptions with the sentence of the library.
try:
    nndyn.Trainer(net, "adam", lr=1e-3)
except nndyn.OptionError as error:
    print("refused:", error)
sys.exit(0 if same and accuracy > 0.9 else 1)
