"""The work of demo.c through the Python module: the same tables, to the last bit.

Usage: demo.py FOLDER DIGITS.CSV
"""
import sys

import numpy as np

import nndyn

EPOCHS, BATCH, SHOWN, PER_CLASS, PIXELS, CLASSES, MODES = 120, 32, 12, 8, 64, 10, 20


def write(folder, name, header, rows):
    with open(f"{folder}/{name}.csv", "w", encoding="ascii") as file:
        file.write(header + "\n")
        for row in rows:
            file.write(",".join(f"{value:.17g}" for value in row) + "\n")


def train(network, data, test, folder):
    batches = data.batches("epochs", BATCH, input_noise=0.3)
    trainer = nndyn.Trainer(network, "adamw", rate=0.004)
    trainer.schedule("cosine", period=float(EPOCHS * batches.steps))
    recorder = nndyn.Recorder(trainer)
    curve = recorder.load_curve(data, per_decade=10, initial=1)
    rows = []
    for epoch in range(EPOCHS + 1):
        rows.append((epoch * batches.steps, *network.evaluate(data), *network.evaluate(test)))
        if epoch < EPOCHS:
            trainer.run(batches, batches.steps)
    recorder.write_csv(curve, f"{folder}/load_curve.csv")
    return rows


def predictions(network, test):
    rows = []
    x, _, labels = test.get()
    for wrong in (True, False):
        for pixels, label in zip(x, labels):
            guess = int(np.argmax(network.forward(pixels[None])[0]))
            if (guess != label) == wrong and len(rows) < SHOWN:
                rows.append((label, guess, *pixels))
    return rows


def spectra(network, test):
    """Mean singular spectrum of one sample for each class, and the mean of J'J on the inputs over the same samples."""
    count, samples = [0] * CLASSES, 0
    spectrum, metric = np.zeros((CLASSES, PIXELS + CLASSES)), np.zeros((PIXELS, PIXELS))
    for pixels, target, label in zip(*test.get()):
        if count[label] == PER_CLASS:
            continue
        x, t = pixels[None], target[None]
        spectrum[label] += network.duality_singular_values(x, t) / PER_CLASS
        metric += network.duality_gram(x, t, columns="inputs")
        count[label] += 1
        samples += 1
    return [(c, *s) for c, s in enumerate(spectrum)], metric / samples


def directions(metric):
    def apply(x):
        y = np.zeros(PIXELS)
        for j in range(PIXELS):  # in the order of the C program, so that rounding is the same
            y += metric[:, j] * x[j]
        return y

    s, _, v, _ = nndyn.Operator(PIXELS, PIXELS, apply).singular_values(PIXELS, vectors=True)
    return [(gain, *vector) for gain, vector in zip(s, v)]


def modes(network, x, t):
    curvature, _, noise, relaxation, _ = network.equilibrium_modes(x, t, MODES, 0.01)
    return zip(curvature, noise.diagonal(), relaxation)


def fluctuations(network, x, t):
    series = nndyn.Fluctuations(network)
    series.add(np.arange(network.size - CLASSES, network.size), 1e-5, 1e-1)
    edges, _, densities = series.measure(x, t).histogram()
    return zip(edges[:-1], edges[1:], densities)


def main():
    folder, path = sys.argv[1:]
    data, test = nndyn.Dataset.read_csv(path, label_column=-2, scale=1 / 16).split(0.2)
    network = nndyn.Network(PIXELS)
    network.dense(64, "tanh").dense(32, "tanh").dense(CLASSES).loss("softmax_cross_entropy")
    rows = train(network, data, test, folder)
    write(folder, "training", "step,train_loss,train_accuracy,test_loss,test_accuracy", rows)
    write(folder, "predictions", "label,prediction,pixels...", predictions(network, test))
    spectrum, metric = spectra(network, test)
    write(folder, "spectrum", "class,singular values...", spectrum)
    write(folder, "directions", "gain,pixels...", directions(metric))
    x, t, _ = data.get()
    write(folder, "modes", "curvature,noise,relaxation", modes(network, x, t))
    write(folder, "fluctuations", "from,to,density", fluctuations(network, x, t))


if __name__ == "__main__":
    main()
