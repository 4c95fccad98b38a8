"""The work of demo.c through the Python module: the same tables, to the last bit.

Usage: demo.py FOLDER DIGITS.CSV
"""
import math
import sys

import numpy as np

import nndyn

EPOCHS, BATCH, SHOWN, PER_CLASS, PIXELS, CLASSES, MODES = 120, 32, 12, 8, 64, 10, 20
POINTS, SIDE = 61, 96


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


def truncation(network, test):
    accuracy, agreement, _ = network.linear_substitution(test).accuracy()
    _, _, index = network.order_tail(test)
    return zip(range(len(accuracy)), accuracy, agreement, index)


def ranks(network, data):
    result = network.rank_distribution(data, bins=20)
    for layer in range(1, result.shape[0] + 1):
        figures = result.layer(layer)
        yield (layer, figures[nndyn.RANKS_GRADIENT], figures[nndyn.RANKS_FRACTION], *result.density(layer))


def two_digits(test):
    x, _, labels = test.get()
    return x[0], x[np.flatnonzero(labels != labels[0])[0]]


def folds(network, test):
    """Units of the second hidden layer along the line a + h (b - a): each reads a bundle of the first one's units."""
    theta, (a, b) = network.parameters, two_digits(test)
    first, theta = theta[:PIXELS * PIXELS].reshape(PIXELS, PIXELS), theta[PIXELS * PIXELS:]
    w, c = np.zeros(PIXELS), theta[:PIXELS].copy()
    for j in range(PIXELS):  # in the order of the C program
        w += first[:, j] * (b[j] - a[j])
        c += first[:, j] * a[j]
    second = theta[PIXELS:PIXELS + 32 * PIXELS].reshape(32, PIXELS)
    for unit, v in enumerate(second):
        bundle = nndyn.order_bundle_on(w, c, v, "tanh", np.arange(POINTS) / (POINTS - 1.0))
        yield (unit, bundle.between, *bundle.y)


def basins(basin):
    for c in range(CLASSES):
        yield (c, *(basin.get(name, 1 + c) for name in ("radius", "low", "high", "accuracy")))


def starts():
    """Which of two minima gradient descent on w2 tanh(w1 x) goes to."""
    network = nndyn.Network(1)
    network.dense(1, "tanh", bias=0).dense(1, bias=0).loss("squared_error")
    x = np.array([[-3 + 0.4 * i] for i in range(16)])
    t = np.array([[2 * math.tanh(value)] for value in x[:, 0]])
    descent = nndyn.Map.training(network, nndyn.Dataset(x, t), rate=2.1)
    found = nndyn.BasinMap(descent)
    found.find(found.box([-4, -4], [4, 4], 100))
    return found.grid([-4, -4], [4, 4], [SIDE, SIDE])


def lazy(data):
    """How far training leaves the linear model: from correlations at the start, predicted, and measured."""
    x, _, labels = data.get()
    x, y = x[:16], np.where(labels[:16] % 2 == 0, 1.0, -1.0)[:, None]
    scales = {"parametrization": "ntk", "weight_scale": 1.5, "bias_scale": 0.3}
    for width in (16 << i for i in range(7)):
        network = nndyn.Network(PIXELS).dense(width, "tanh", **scales).dense(1, **scales).loss("squared_error")
        v, _ = network.correlation_report(x, y, 0.5, kappa=1 / 16, train=1)
        yield (width, v[nndyn.LAZY_ESTIMATE], v[nndyn.LAZY_PREDICTED], v[nndyn.LAZY_MEASURED])


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
    write(folder, "truncation", "cut,accuracy,agreement,order", truncation(network, test))
    write(folder, "ranks", "layer,gradient,order-preserving fraction,density...", ranks(network, data))
    write(folder, "folds", "unit,extrema,field along the line...", folds(network, test))
    noise = network.basin_sample(test)
    write(folder, "noise", "amplitude,accuracy,low,high", zip(*noise.curve()))
    write(folder, "basins", "class,radius,low,high,accuracy", basins(noise))
    weights = network.basin_weights(test, draws=32)
    write(folder, "weight_noise", "amplitude,accuracy,low,high", zip(*weights.curve()))
    write(folder, "starts", "labels by second weight; a line for each first weight...", starts())
    write(folder, "lazy", "width,estimate,predicted,measured", lazy(data))


if __name__ == "__main__":
    main()
