"""The Python module: what its classes do, their failures, callbacks, and that every public function is reached."""
import ctypes
import gc
import os
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(Path(__file__).resolve().parent), str(ROOT / "src/bindings")]
import nndyn  # noqa: E402
import tap  # noqa: E402

RNG = np.random.default_rng(7)
REACHED = set()


def count_calls():
    """Wraps every function of the loaded library, so that the last test can tell which were reached."""
    for name in nndyn._FUNCTIONS:
        def counted(*arguments, _name=name, _call=getattr(nndyn._lib, name)):
            REACHED.add(_name)
            return _call(*arguments)
        setattr(nndyn._lib, name, counted)


def raises(kind, call, *words):
    try:
        call()
    except kind as error:
        for word in words:
            assert word in str(error), f"'{word}' is not in '{error}'"
        return error
    raise AssertionError(f"{kind.__name__} was expected")


def close(a, b, tolerance=1e-10):
    assert np.allclose(a, b, rtol=tolerance, atol=tolerance), f"{a} is not {b}"


def small(dtype=np.float64, context=None):
    net = nndyn.Network(3, dtype, context)
    return net.dense(5, "tanh").dense(2).loss("squared_error")


def batch(n=4, dtype=np.float64):
    return RNG.normal(size=(n, 3)).astype(dtype), RNG.normal(size=(n, 2)).astype(dtype)


def test_versions_and_names():
    assert nndyn.version() == nndyn._HEADERS[0] * 10000 + nndyn._HEADERS[1] * 100 + nndyn._HEADERS[2]
    assert f"{nndyn._HEADERS[0]}.{nndyn._HEADERS[1]}" in nndyn.build_info()
    assert nndyn.status_name(nndyn.EARG) == "NNDYN_EARG" and nndyn.status_text(nndyn.EARG)
    assert nndyn.activation_name(nndyn.LEAKY_RELU) == "leaky_relu"
    assert nndyn.loss_name(nndyn.SOFTMAX_CROSS_ENTROPY) == "softmax_cross_entropy"


def test_each_status_has_its_exception():
    codes = [value for name, value in vars(nndyn).items()
             if name.isupper() and name[0] == "E" and isinstance(value, int) and value < 0]
    assert sorted(codes) == sorted(nndyn._errors)


def test_forward_is_the_formula():
    net, (x, _) = small(), batch()
    p = net.parameters
    w1, b1, w2, b2 = p[:15].reshape(5, 3), p[15:20], p[20:30].reshape(2, 5), p[30:]
    close(net(x), np.tanh(x @ w1.T + b1) @ w2.T + b2)
    assert (net.inputs, net.outputs, net.size, net.dtype) == (3, 2, 32, np.float64)
    kinds = [layer.kind for layer in net.layers]
    assert kinds == [nndyn.DENSE, nndyn.ACTIVATION, nndyn.DENSE]
    assert net.layers[2].first == 20 and net.layers[2].count == 12


def test_arrays_are_checked_and_converted():
    net, (x, t) = small(), batch()
    close(net(np.asfortranarray(x)), net(x))
    close(net(x[::-1])[::-1], net(x))
    close(net([[1, 2, 3]]), net(np.array([[1.0, 2.0, 3.0]])))
    raises(ValueError, lambda: net(x[:, :2]), "(4, 2)", "(n, 3)")
    raises(TypeError, lambda: net(x.astype(complex)), "complex")
    raises(ValueError, lambda: net.gradient(x, t[:3]), "(4, 2)")
    raises(TypeError, lambda: nndyn.Dataset(x, labels=np.array([0.5] * 4)), "integers")
    raises(ValueError, lambda: nndyn.Dataset(x, t, labels=[0, 1, 0, 1]), "not both")
    raises(ValueError, lambda: nndyn.Network(3, np.int32), "float32 or float64")


def test_names_of_kinds():
    raises(ValueError, lambda: small().dense(2, "tnah"), "tnah", "tanh")
    raises(ValueError, lambda: nndyn.Trainer(small(), "adm"), "adm", "adam")
    assert small().dense(2, nndyn.RELU).layers[-1].activation == nndyn.RELU


def test_failures_carry_the_sentence():
    net = small()
    error = raises(nndyn.ArgumentError, lambda: net.dense(0, "tanh"), "units")
    assert error.status == nndyn.EARG and isinstance(error, ValueError) and net.message == str(error)
    raises(nndyn.OptionError, lambda: net.dense(2, "tanh", biass=0), "bias")
    raises(nndyn.StateError, lambda: nndyn.Trainer(nndyn.Network(2), "sgd"))
    raises(nndyn.FileError, lambda: nndyn.Network.load("/nowhere/at/all"))
    raises(nndyn.DataError, lambda: nndyn.Dataset([[np.nan]]))
    raises(TypeError, lambda: net.dense(2, "tanh", bias=[1]), "bias")
    for error in nndyn._errors.values():
        assert issubclass(error, nndyn.Error)


def test_context_settings():
    context = nndyn.Context(seed=5, threads=2, memory_limit=10**9, kernels="baseline")
    other = nndyn.Context(seed=5)
    close(small(context=context).parameters, small(context=other).parameters, 0)
    assert not np.allclose(small(context=nndyn.Context(seed=6)).parameters, small(context=other).parameters)
    raises(nndyn.ArgumentError, lambda: context.set_kernels("fast"), "fast")
    raises(nndyn.ArgumentError, lambda: context.set_threads(0))
    context.cancel()
    assert small(context=context).initialize(3).size == 32


def test_memory_of_the_caller():
    live, libc = {}, ctypes.CDLL(None)
    libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    libc.free.argtypes = [ctypes.c_void_p]

    def allocate(size):
        address = libc.malloc(size)
        live[address] = size
        return address

    def release(address):
        del live[address]
        libc.free(address)
    context = nndyn.Context(allocator=(allocate, release))
    net = small(context=context)
    x, t = batch()
    net.gradient(x, t)
    assert live
    del context, allocate, release
    gc.collect()
    assert live
    del net
    gc.collect()
    assert not live, f"{len(live)} pieces are left"


def test_memory_that_fails():
    raises(nndyn.NoMemoryError, lambda: nndyn.Context(allocator=(lambda size: None, lambda address: None)))

    def broken(size):
        raise KeyError("allocator")
    raises(KeyError, lambda: nndyn.Context(allocator=(broken, lambda address: None)), "allocator")


def test_progress_and_cancellation():
    seen, context = [], nndyn.Context()
    net = small(context=context)
    x, t = batch(64)
    batches = nndyn.Dataset(x, t, context=context).batches("full")
    trainer = nndyn.Trainer(net, "sgd")
    context.set_progress(lambda task, fraction: seen.append((task, fraction)))
    trainer.run(batches, 40000)
    assert seen and all(isinstance(task, str) and 0 <= fraction <= 1 for task, fraction in seen)
    context.set_progress(lambda task, fraction: True)
    raises(nndyn.CanceledError, lambda: trainer.run(batches, 10**7))

    def broken(task, fraction):
        raise KeyboardInterrupt("enough")
    context.set_progress(broken)
    raises(KeyboardInterrupt, lambda: trainer.run(batches, 10**7), "enough")
    context.set_progress(None)
    trainer.run(batches, 1)


def test_executor_of_the_caller():
    counts = []

    def run(work, count):
        counts.append(count)
        threads = [threading.Thread(target=work, args=(i,)) for i in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    x, t = RNG.normal(size=(600, 64)), RNG.normal(size=(600, 64))

    def wide(context):
        net = nndyn.Network(64, context=context).dense(96, "tanh").dense(64).loss("squared_error")
        return net.gradient(x, t)[1], net.duality_gram(x[:2], t[:2])
    context = nndyn.Context(executor=run)
    for with_one, with_many in zip(wide(nndyn.Context()), wide(context)):
        assert np.array_equal(with_one, with_many)
    assert counts, "nothing was run in parallel"
    context.set_executor(None)
    before = len(counts)
    wide(context)
    assert len(counts) == before


def test_datasets():
    x, t = batch(10)
    data = nndyn.Dataset(x, t)
    assert (len(data), data.inputs, data.targets, data.classes, data.dtype) == (10, 3, 2, 0, np.float64)
    got_x, got_t, labels = data.get(2, 3)
    close(got_x, x[2:5], 0), close(got_t, t[2:5], 0)
    assert labels is None
    close(data.select([3, 3, 0]).get()[0], x[[3, 3, 0]], 0)
    close(data.standardize().get()[0], (x - x.mean(0)) / x.std(0), 1e-12)
    images = nndyn.Dataset(np.arange(2 * 18.0).reshape(2, 18))
    small = images.resize((2, 3, 3), (3, 1), antialias=1)
    close(small.get()[0].reshape(2, 2, 3), np.arange(36.0).reshape(2, 2, 3, 3).mean(3), 1e-13)
    close(images.resize((6, 3), (6, 3)).get()[0], images.get()[0], 0)
    single = data.convert(np.float32)
    assert single.dtype == np.float32 and np.array_equal(single.get()[0], x.astype(np.float32))
    first, second = data.split(0.3, seed=1)
    assert (len(first), len(second)) == (7, 3)
    borrowed = nndyn.Dataset(x, t, copy=False)
    del t
    gc.collect()
    close(borrowed.get()[0], x, 0)
    assert nndyn.Dataset(x).targets == 0
    raises(nndyn.ArgumentError, lambda: data.get(8, 5))


def test_datasets_of_classes():
    x, labels = RNG.normal(size=(6, 2)), np.array([0, 1, 2, 0, 1, 2])
    for dtype in (np.float64, np.float32):
        data = nndyn.Dataset(x.astype(dtype), labels=labels, classes=3)
        assert (data.targets, data.classes, data.dtype) == (3, 3, dtype)
        close(data.get()[1], np.eye(3)[labels], 0)
        assert np.array_equal(data.get()[2], labels)
    raises(nndyn.DataError, lambda: nndyn.Dataset(x, labels=labels, classes=2), "label")
    assert nndyn.Dataset(x.astype(np.float32), x.astype(np.float32)).dtype == np.float32


def test_readers():
    with tempfile.TemporaryDirectory() as place:
        table = os.path.join(place, "table.csv")
        Path(table).write_text("a;b;c\n1;2;0\n3;4;1\n")
        data = nndyn.Dataset.read_csv(table, delimiter=";", header=1, label_column=-2)
        close(data.get()[0], [[1, 2], [3, 4]], 0)
        assert list(data.get()[2]) == [0, 1]
        images, labels = Path(place, "images"), Path(place, "labels")
        images.write_bytes(bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3]) + bytes([0, 51, 255, 255, 0, 102]))
        labels.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 2]) + bytes([1, 0]))
        data = nndyn.Dataset.read_idx(images, labels)
        close(data.get()[0], np.array([[0, 51, 255], [255, 0, 102]]) / 255, 1e-15)
        assert list(data.get()[2]) == [1, 0]
        raises(nndyn.FormatError, lambda: nndyn.Dataset.read_idx(table))
        raises(nndyn.FileError, lambda: nndyn.Dataset.read_csv(os.path.join(place, "none")))


def test_batches():
    x, t = batch(10)
    for dtype in (np.float64, np.float32):
        data = nndyn.Dataset(x.astype(dtype), t.astype(dtype))
        batches = data.batches("epochs", 4, seed=2)
        assert (batches.steps, batches.largest) == (3, 4)
        parts = list(batches)
        assert [len(part[0]) for part in parts] == [4, 4, 2] and parts[0][0].dtype == dtype
        rows = np.concatenate([part[0] for part in parts])
        assert np.array_equal(np.sort(rows, axis=0), np.sort(x.astype(dtype), axis=0))
        assert np.array_equal(batches[1][0], parts[1][0])
    raises(ValueError, lambda: data.batches("epoch", 4), "epochs")


def test_layers_and_statistics():
    net = nndyn.Network(3).dense(4, "leaky_relu", parameter=0.2, bias=0, initialization="he_normal")
    net.batch_norm(momentum=0.5).activation("silu").dropout(0.1)
    with net.residual():
        net.dense(4, "tanh")
    net.begin_residual().dense(4).end_residual()
    net.dense(2).loss("huber", parameter=2.0)
    assert [layer.kind for layer in net.layers].count(nndyn.RESIDUAL_END) == 2
    close(net.statistics, [0] * 4 + [1] * 4, 0)
    nndyn.Trainer(net, "sgd", rate=0.1).step(*batch(8))
    statistics = net.statistics
    assert not np.allclose(statistics, [0] * 4 + [1] * 4)
    net.statistics = np.ones(8)
    close(net.statistics, np.ones(8), 0)
    raises(ValueError, lambda: setattr(net, "statistics", np.ones(7)), "(8,)")
    assert net.layers[0].count == 12


def test_both_precisions_train():
    x, t = batch(16)
    losses = []
    for dtype in (np.float64, np.float32):
        net = small(dtype, nndyn.Context(seed=3))
        trainer = nndyn.Trainer(net, "adam", rate=0.02)
        first = trainer.step(x.astype(dtype), t.astype(dtype))
        for _ in range(200):
            last = trainer.step(x.astype(dtype), t.astype(dtype))
        assert last < 0.7 * first and trainer.steps == 201 and net(x.astype(dtype)).dtype == dtype
        losses.append(last)
    close(losses[0], losses[1], 1e-3)


def test_sgd_is_its_formula():
    net, (x, t) = small(), batch()
    before, (_, gradient) = net.parameters, net.gradient(x, t)
    trainer = nndyn.Trainer(net, "sgd", rate=0.05)
    trainer.step(x, t)
    close(trainer.gradient, gradient, 1e-12)
    close(net.parameters, before - 0.05 * gradient, 1e-12)


def test_trainer_settings_state_and_files():
    net, (x, t) = small(), batch()
    trainer = nndyn.Trainer(net)
    trainer["rate"] = 0.25
    assert trainer["rate"] == 0.25 and trainer.rate == 0.25
    raises(nndyn.OptionError, lambda: trainer["rat"], "rate")
    trainer.schedule("exponential", period=1, factor=0.5)
    for _ in range(3):
        trainer.step(x, t)
    close(trainer.rate, 0.25 / 8)
    vectors, steps = trainer.state
    assert steps == 3 and vectors.shape == (2 * net.size,)
    with tempfile.TemporaryDirectory() as place:
        path = os.path.join(place, "checkpoint")
        trainer.save(path)
        again = nndyn.Trainer.load(path)
        assert again.step(x, t) == trainer.step(x, t)
        assert np.array_equal(again.network.parameters, net.parameters)
        net.save(path)
        assert np.array_equal(nndyn.Network.load(path)(x), net(x))
    trainer.state = (vectors, 7)
    assert trainer.steps == 7
    plain = nndyn.Trainer(small(), "sgd")
    plain.state = plain.state
    forecast = net.trainer_forecast("adam", 4)
    assert forecast.bytes > 0 and forecast.flops > 0


def test_runs_and_evaluation():
    x = RNG.normal(size=(60, 2))
    labels = (x.sum(1) > 0).astype(int)
    data = nndyn.Dataset(x, labels=labels, classes=2)
    net = nndyn.Network(2).dense(8, "tanh").dense(2).loss("softmax_cross_entropy")
    before, _ = net.evaluate(data)
    nndyn.Trainer(net, "adam", rate=0.05).run(data.batches("epochs", 10), 300)
    loss, accuracy = net.evaluate(data)
    assert loss < before and accuracy > 0.95
    close(accuracy, np.mean(net(x).argmax(1) == labels), 0)
    assert net.evaluate(nndyn.Dataset(x, np.eye(2)[labels]))[1] is None


def test_criticality():
    close(nndyn.local_exponent("arctan", "squared_error", 0, [10, 100.0]), [1.492785, 1.499934], 1e-6)
    slope = nndyn.local_exponent("identity", "binary_cross_entropy", 0, [-8.0], slope=[8 / 9])
    close(slope, [0.1104774595], 1e-9)
    law = nndyn.critical_prediction("identity", "binary_cross_entropy", 0, 1e-4, 1e-1, targets="calibrated",
                                    deviation=10.0)
    close(law.mass, 0.46111, 1e-5)
    close(law.mean, 2 * law.square, 1e-8)
    y = np.linspace(10, 1000, 1001)
    close(nndyn.critical_prediction("arctan", "squared_error", 0, 2e-6, 1e-2, y=y).k, 1.5, 0.02)
    net = nndyn.Network(1).dense(1, "arctan").loss("squared_error")
    net.parameters = [300, 0]
    x = RNG.uniform(-1, 1, size=(3000, 1))
    t = net(x) + 0.1 * RNG.normal(size=x.shape)
    fluctuations = nndyn.Fluctuations(net)
    assert fluctuations.add(1, 1e-5, 1e-3, bins=20) == 0 and fluctuations.add([0], 2e-6, 2e-5) == 1
    k = fluctuations.measure(x, t).exponent().k
    assert abs(k - 1.5) < 0.2 and fluctuations.shape(0) == (1e-5, 1e-3, 20, 3)
    assert sum(fluctuations.counts(1)) == 3000 and len(fluctuations.parts(1)[0]) == 3
    assert sum(fluctuations.histogram()[1]) == fluctuations.counts().inside
    assert fluctuations.verdict(k, True, tolerance=0.2) in (0, nndyn.CRITICAL_CURVED)
    fluctuations.clear()
    trainer = nndyn.Trainer(net, "sgd")
    recorder = nndyn.Recorder(trainer)
    assert recorder.fluctuations(fluctuations) == 0
    trainer.run(nndyn.Dataset(x, t).batches("epochs", 1), 100)
    assert sum(fluctuations.counts()) == 100


def test_order():
    h = RNG.normal(size=50)
    pairs = nndyn.order_pairs(h, np.maximum(h, 0))
    m = int((h <= 0).sum())
    assert pairs.counts[nndyn.ORDER_TIED_G] == m * (m - 1) // 2 and pairs.counts.sum() == 50 * 49 // 2
    assert pairs.verdict == nndyn.ORDER_WEAK and pairs.discordance == 0
    assert nndyn.order_verdict([1, 1, 0, 0, 0]) == (nndyn.ORDER_NON_PRESERVING, 1, 0.5)
    roles, tied = nndyn.order_roles("relu", np.stack([h, -abs(h)], 1))
    assert list(roles) == [nndyn.ORDER_ROLE_RECTIFYING, nndyn.ORDER_ROLE_DEAD] and tied[0] == m * (m - 1) // 2
    bundle = nndyn.order_bundle([1, -3], [0, 1], [1, 1], "tanh")
    close(bundle.positions, [-0.0492330371363, 0.836802573791], 1e-11)
    assert bundle.verdict == nndyn.ORDER_NON_PRESERVING and bundle.certain
    on = nndyn.order_bundle_on([2, -2], [2, 2], [1, 1], "tanh", [-2, 0, 2])
    close(on.y, [0.0359601, 1.9280552, 0.0359601], 1e-6)
    assert on.between == 1 and on.verdict == nndyn.ORDER_NON_PRESERVING
    net = nndyn.Network(3).dense(4, "tanh").dense(2).initialize(1)
    data = nndyn.Dataset(RNG.normal(size=(30, 3)))
    counts, tau, rho = net.order_group(data, 1, [1, -2], units=[0, 3])
    assert counts.sum() == 30 * 29 // 2 and -1 <= tau <= 1 and -1 <= rho <= 1
    taus, rhos, index = net.order_tail(data)
    assert taus.shape == rhos.shape == (2, 2) and index[1] == 1
    close(index, taus.mean(1))
    raises(nndyn.OptionError, lambda: nndyn.order_bundle([1], [0], [1], "tanh", lo=1), "low")


def test_basin_sample():
    net = nndyn.Network(3)
    net.dense(3, "identity", bias=0)
    net.parameters = np.eye(3).ravel()
    data = nndyn.Dataset(np.repeat(np.eye(3), 100, axis=0), labels=np.repeat(np.arange(3), 100), classes=3)
    basin = net.basin_sample(data, samples=1)
    assert basin.groups == 4 and basin.unit == "standard deviation of each component"
    assert abs(basin["radius"] * 0.5565199213 - 1) < 0.1
    assert basin["low"] < basin["radius"] < basin["high"] and basin.flags(2) & nndyn.BASIN_EMPTY == 0
    amplitude, accuracy, low, high = basin.curve(1)
    assert amplitude[0] == 0 and accuracy[0] == 1 and (low <= accuracy).all() and (accuracy <= high).all()
    radius, _, _, flags = basin.samples()
    quantiles, zero, beyond = basin.quantiles([0, 0.5, 1])
    assert len(radius) == len(flags) == 300 and zero == 0 and quantiles[0] == radius.min()
    assert np.isinf(radius).sum() == beyond
    raises(nndyn.OptionError, lambda: net.basin_sample(data, draws=0), "draws")
    accuracy, distances = net.basin_margins(data, [0.1, 1])
    close(distances, np.full(300, 0.5**0.5), 1e-14)
    assert accuracy[0] > 0.999 > accuracy[1] and net.basin_margins(data)[0].shape == (0,)
    smoothed = net.basin_smoothed(data, 0.2, draws=2000)
    assert (smoothed.classes == np.repeat(np.arange(3), 100)).all() and (smoothed.radius > 0.4).all()
    assert (smoothed.low < smoothed.share).all() and (smoothed.radius < smoothed.margin).all()
    found = data.principal(2)
    close(found.mean, np.full(3, 1 / 3), 1e-14)
    close(found.variance, np.full(2, 100 / 299), 1e-12)
    close(found.directions.sum(1), [0, 0], 1e-12)
    assert abs(found.total - 200 / 299) < 1e-12
    classes, margins = net.basin_slice(np.zeros(3), np.eye(3)[:2], -1, [1, 2], [3, 4])
    assert classes.shape == margins.shape == (3, 4) and classes[0, 0] == 2 and classes[2, 0] == 0 and margins[2, 3] == 1
    close(net.basin_slice(np.zeros(3), np.eye(3)[1], -1, 1, 3, label=1)[1], [-1, 0, 1], 1e-15)


def test_basin_rays():
    net = nndyn.Network(2)
    net.dense(1, "identity").loss("binary_cross_entropy")
    net.parameters = [0.6, 0.8, 0]
    data = nndyn.Dataset([[3, 1], [-1, 0.5], [1, 0]], labels=[1, 0, 0], classes=2)
    radii = net.basin_rays(data, [[-3, -4], [1, 0]], bisections=45)
    close(radii, [[2.6, np.inf], [np.inf, 1 / 3], [0, 0]], 1e-12)
    rays = nndyn.basin_ray_statistics(radii)
    assert rays.exit == 0.5 and rays.wrong == 1 / 3 and np.isinf(rays.sample_median[0])
    close(rays.sample_least, [2.6, 1 / 3, 0], 1e-12)
    assert net.basin_rays(data, 7, cap=5).shape == (3, 7)
    upper, lower, points = net.basin_adversarial(data, points=True)
    close(upper, [2.6, 0.2, 0], 1e-11)
    close(lower, upper, 1e-11)
    close(points[0], [3 - 2.6 * 0.6, 1 - 2.6 * 0.8], 1e-11)
    assert net.basin_adversarial(data, lower=False).lower is None
    raises(nndyn.OptionError, lambda: net.basin_rays(data, 1, step=-1), "step")


def test_basin_weights():
    net = nndyn.Network(3)
    net.dense(4, "tanh").dense(3, "identity").loss("squared_error")
    x = RNG.normal(size=(40, 3))
    data = nndyn.Dataset(x, labels=x.argmax(axis=1), classes=3)
    directions = RNG.normal(size=(5, net.size))
    drawn, given = net.basin_weights(data, draws=5, theta=0.2), net.basin_weights(data, directions, theta=0.2)
    assert drawn["accuracy"] == given["accuracy"] and drawn["trials"] == given["trials"] == 200
    figures = net.basin_curvature(data, products=6)
    assert figures[nndyn.CURVATURE_RATE] == 2 / figures[nndyn.CURVATURE_LARGEST]
    radius, quadratic = net.basin_loss_radius(data, directions, rise=1e-6, start=1e-6)
    assert (radius > 0).all() and (quadratic > 0).all()
    accuracy = net.basin_linearized(data, [1e-6, 0.1])
    assert abs(accuracy[0] - drawn["accuracy"]) < 0.05 and 0 <= accuracy[1] <= 1


def test_basin_returns():
    net = nndyn.Network(3)  # a quadratic bowl, Hessian diag(1, 4, 25), minimum at (1, 1, 1)
    net.dense(1, "identity", bias=0).loss("squared_error")
    net.parameters = np.ones(3)
    x = np.sqrt(3) * np.diag([1.0, 2, 5])
    data = nndyn.Dataset(x, x.sum(axis=1, keepdims=True))
    trainer = nndyn.Trainer(net, "sgd", rate=0.079)
    settings = dict(scale="absolute", steps=1000, draws=4)
    returns = nndyn.BasinReturns(trainer, data, [0.5, 2], **settings)
    assert returns.shape == (3, 4)
    radius, share, low, high, undecided = returns.curve(nndyn.RETURN_MINIMUM)
    assert radius.tolist() == [0, 0.5, 2] and share.tolist() == [1, 1, 1] and undecided.tolist() == [0, 0, 0]
    assert (low < 1).all() and (high > 0.999).all()
    assert returns.radius(nndyn.RETURN_LOSS, 0.95) == (2, np.inf)
    assert (returns["kicked_loss", 1] > 0).all() and (returns["distance", 2] < 1e-9).all()
    close(returns.reference.norm, np.sqrt(3))
    assert returns.reference.loss < 1e-25
    one, two = (nndyn.BasinReturns.forecast(trainer, data, count, **settings) for count in (1, [0.5, 2]))
    assert one.bytes > 0 and two.flops > one.flops > 0
    same = nndyn.BasinReturns(trainer, data, [0.5, 2], probe=data, **settings)
    close(same["distance", 1], returns["distance", 1], 0)
    raises(nndyn.OptionError, lambda: nndyn.BasinReturns(trainer, data, [1], steps=0), "steps")
    raises(nndyn.ArgumentError, lambda: returns["distances", 1], "distances")


def test_phases():
    if "nndyn_grokking" not in nndyn._FUNCTIONS:
        return
    rising = np.array([[0.1, 0.2, 0.3, 0.4, 0.5]])
    found = nndyn.learning_phases(np.repeat(rising, 3, 0), np.full((3, 5), 0.01))
    assert list(found.phase) == [nndyn.PHASE_LATE] * 3
    close(found.rho, [1, 1, 1])
    close(found.spread, [4 / 3] * 3)
    peak, phase = nndyn.learning_peak([1, 3, 2])
    assert peak == 1 and list(phase) == [nndyn.PHASE_ALIGNING] * 2 + [nndyn.PHASE_FOLDING]
    assert nndyn.learning_separation([0.5, 0.9], [0.5, 0.5], 1000) == 1
    assert nndyn.learning_separation([0.5, 0.5], [0.5, 0.5], 1000, errors=2) is None
    run = nndyn.grokking([1, 10, 100], [0.5, 1, 1], [0.1, 0.1, 0.9])
    assert run.verdict == nndyn.GROKKING_DELAYED and run.delay == 10 and run.memorized == 10
    assert nndyn.grokking([1, 10, 100], [0.5, 1, 1], [0.1, 0.1, 0.9], [0.1, 0.9, 0.9]).verdict == nndyn.GROKKING_LAG
    net = nndyn.Network(3).dense(4).batch_norm().activation("tanh").dense(2).loss("softmax_cross_entropy").initialize(1)
    data = nndyn.Dataset(RNG.normal(size=(30, 3)), labels=RNG.integers(0, 2, 30), classes=2)
    assert net.batch_norm_lag(data)[0] > 0
    expected = net.batch_norm_accuracy(data)
    recorder = nndyn.Recorder(trainer := nndyn.Trainer(net, "sgd", rate=1e-9))
    recorder.batch_norm(data)
    trainer.run(data.batches("full"), 1)
    assert recorder["batch_norm"]["batch_accuracy"][-1] == expected
    assert net.batch_norm_recalibrate(data).evaluate(data)[1] == expected
    close(net.batch_norm_lag(data), [0])


def test_separation():
    x, labels = RNG.normal(size=(300, 4)), np.arange(300) % 3
    x[:, 0] += 2 * labels
    means = np.array([x[labels == c].mean(0) for c in range(3)])
    within, offsets = np.cov((x - means[labels]).T, bias=True), means - x.mean(0)
    between = offsets.T @ offsets / 3
    got = nndyn.separation(x, labels * 7 - 5, he_su=1, inverse=1)
    close(got[:3], np.log([np.trace(within) / np.trace(between), np.trace(within @ np.linalg.pinv(between)),
                           np.trace(between @ np.linalg.pinv(within))]))
    assert got.classes == 3 and got.samples == 300 and got.rank_between == 2 and got.flags == 0
    single = nndyn.separation(x.astype(np.float32), labels, 4)
    assert abs(single.d - got.d) < 1e-6 and single.flags == nndyn.SEPARATION_EMPTY_CLASS
    fuzziness, vectors = nndyn.separation_directions(x, labels)
    close(fuzziness.sum(), np.exp(got.d_hs))
    close(vectors @ between @ vectors.T, np.eye(2))
    assert len(nndyn.separation_directions(x.astype(np.float32), labels, 3)[0]) == 2
    parts = [nndyn.SeparationStream(4, 3, he_su=1).add(x[i::2], labels[i::2]) for i in range(2)]
    whole = parts[0].merge(parts[1])
    close(whole.values.d, got.d)
    copies = [whole.second_pass(), whole.copy()]
    copies[0].add(x[:100], labels[:100])
    copies[1].add(x[100:].astype(np.float32), labels[100:])
    close(copies[0].merge(copies[1]).values.d_hs, got.d_hs, 1e-6)
    raises(nndyn.DataError, lambda: nndyn.separation(x, labels, 2), "labels")

    net = nndyn.Network(4).dense(6, "relu").dense(5, "relu").dense(3).loss("softmax_cross_entropy")
    data = nndyn.Dataset(x, labels=labels)
    layers, widths = net.separation_layers(outputs=1)
    assert layers.tolist() == [-1, 1, 3, 4] and widths.tolist() == [4, 6, 5, 3]
    at = net.separation(data, outputs=1, he_su=1)
    close(at.values[0][:2], got[:2])
    close(at.values[3].d, nndyn.separation(net(x), labels).d)
    close((at.loss, at.accuracy), net.evaluate(data), 0)
    curve = nndyn.load_curve(at.d[:3])
    close(curve.loads, -np.diff(at.d[:3]))
    assert nndyn.load_curve_verdict_name(curve.verdict) in ("undefined", "late loaded", "balanced", "early loaded")
    close(nndyn.load_curve([4, 3, 1, 0, -5], drop_last=1)[1:3], [np.sqrt(2 / 9), 0])
    advice = nndyn.load_curve_advice([0, 1, 2], [0.1, 0.05, -0.05], [0.1, 0.05, 0.06], [0.1, 0.2, 0.3], 1)
    assert advice[:2] == (1, 1) and abs(advice.level - 1.5) < 1e-12
    trainer = nndyn.Trainer(net, "sgd")
    recorder = nndyn.Recorder(trainer)
    recorder.load_curve(data)
    trainer.run(data.batches("full"), 2)
    table = recorder["load_curve"]
    assert list(table) == "step loss accuracy separation_0 separation_1 separation_2 kappa sigma bow r_squared".split()
    close(table["separation_2"][1], net.separation(data).d[2], 0)


def test_correlations():
    options = dict(parametrization="ntk", weight_scale=1.5, bias_scale=0.3)
    net = nndyn.Network(3).dense(16, "tanh", **options).dense(2, **options)
    x, y, e = RNG.normal(size=(2, 3)), RNG.normal(size=(2, 2)), RNG.normal(size=(2, 2))
    jacobian = np.stack([net.vjp(x, w.reshape(2, 2))[1] for w in np.eye(4)])
    rate = 0.1
    c = net.correlations(x, rate)
    assert c.info == (4, rate, 31, 0)
    close(c["c01"], rate * jacobian @ jacobian.T, 1e-12)
    values, norms, contracted, flags = net.correlation_direction(x, rate, e, 3)
    close(values[0], net(x), 1e-13)
    close(values[2].ravel(), np.einsum("ijk,j,k", c["c02"], e.ravel(), e.ravel()), 1e-12)
    close(values[3].ravel(), np.einsum("ijkl,j,k,l", c["c03"], e.ravel(), e.ravel(), e.ravel()), 1e-12)
    close(norms[0].ravel(), np.sqrt(rate) * np.linalg.norm(jacobian, axis=1), 1e-12)
    close(contracted[1] ** 2, np.einsum("ikmp,i,k,m,p", c["c11"], *(e.ravel() for _ in range(4))), 1e-12)
    assert flags == 0
    seen, residuals = net.correlation_observe(x, rate, e, 8)
    close(seen[2], values[2], 1e-5)
    norm, flags = net.correlation_operator_norm(x, rate, np.eye(4)[1].reshape(2, 2))
    assert norm > 0 and flags == 0 and net.correlation_operator_norm(x, rate, e, e)[0] > 0
    lower, upper, frobenius = c.norm("c02")
    assert 0 < lower <= upper <= frobenius * (1 + 1e-12)
    twice = c.rescale(2.0, 0.25)
    close(twice["c02"], c["c02"] * nndyn.correlation_factor(0, 2, 2.0, 0.25), 1e-14)
    given = nndyn.Correlations(rate, c["c00"], c["c01"], c["c02"], c["c03"], c["c11"])
    outputs, linear, valid, flags = given.predict(y.ravel(), np.ones(4), 3)
    assert valid == 3 and outputs.shape == linear.shape == (4, 4)
    bound, closed, contraction, flags = given.bound(y.ravel(), 1.0, 3)
    values, u = np.linalg.eigh(jacobian @ jacobian.T)
    other = nndyn.correlation_bound(*(c.norm(name)[1] for name in ("c02", "c03", "c11")), rate, 1.0, values,
                                    u.T @ (net(x) - y).ravel(), 3)
    close(other[0], bound, 1e-9)
    rates = np.array([-0.3, 0.0, 0.4])
    close(nndyn.correlation_recover(rates, np.stack([2 + r - 3 * r * r for r in rates])[:, None], 2)[0].ravel(),
          [2, -1, -3], 1e-13)
    report, flags = net.correlation_report(x, y, 0.02, train=1, steps=5)
    assert report[nndyn.LAZY_MEASURED] > 0 and abs(np.log(report[nndyn.LAZY_RATIO])) < 0.5
    raises(nndyn.LimitError, lambda: net.correlations(x, rate, most=3), "fewer samples")


def test_order_ranks():
    x, labels = RNG.normal(size=(90, 5)), np.arange(90) % 3
    x[:, 0] += labels
    net = nndyn.Network(5).dense(7, "tanh").dense(6, "relu").dense(3).loss("softmax_cross_entropy")
    data = nndyn.Dataset(x, labels=labels)
    maps = net.linear_substitution(data, tolerance=1.0)
    assert maps.shape == (3, 3, 90) and maps.cut(0) == (-1, 5) and maps.cut(2)[1] == 6 and maps.prunable == 0
    accuracy, agreement, network = maps.accuracy()
    close(accuracy[2], network, 0)
    close(agreement[2], 1, 0)
    slices = [(0, 7, 5), (42, 6, 7), (90, 3, 6)]
    dense = [net.parameters[a:a + m * n].reshape(m, n) for a, m, n in slices]
    matrix, offset, exponent = maps.map(0)
    close(matrix, dense[2] @ dense[1] @ dense[0])
    assert exponent == 0 and offset.shape == (3,)
    raises(nndyn.StateError, lambda: net.linear_substitution().accuracy(), "without data")
    ranks = net.rank_distribution(data, bins=6)
    assert ranks.shape == (2, 3, 6)
    fields = x @ dense[0].T + net.parameters[35:42]
    given = nndyn.rank_distribution_of(fields, dense[2] @ dense[1], labels, bins=6)
    close(given.units(1), ranks.units(1))
    close(given.layer(1)[nndyn.RANKS_GRADIENT], ranks.units(1).mean())
    close(ranks.density(2).mean(), 1)
    points, directions, values = net.projection(data)
    close(values, np.linalg.svd(dense[2])[1][:2])
    assert points.shape == (90, 2) and directions.shape == (2, 6)
    trainer = nndyn.Trainer(net, "sgd")
    recorder = nndyn.Recorder(trainer)
    recorder.order(data)
    recorder.basin(data, weight_draws=2, classes=1)
    trainer.run(data.batches("full"), 1)
    close(recorder["basin"]["radius"], [net.basin_sample(data, draws=4, bisections=10)["radius"]], 0)
    weights = net.basin_weights(data, draws=2, classes=1, bisections=10)
    close(recorder["basin"]["weights_radius_1"], [weights.get("radius", 2)], 0)
    close(recorder["order"]["gradient_1"][-1], net.rank_distribution(data).layer(1)[nndyn.RANKS_GRADIENT])


def test_recorder():
    net, (x, t) = small(), batch()
    data, seen = nndyn.Dataset(x, t), []
    trainer = nndyn.Trainer(net, "sgd", rate=0.1)
    recorder = nndyn.Recorder(trainer)
    recorder.training()
    recorder.parameters(range(2, 5), initial=1)
    recorder.updates([7, 0], every=2)
    recorder.gradients([7], steps=[1, 4])
    recorder.evaluation(data, per_decade=1)
    recorder.callback(["norm", "step again"], lambda step, net: (np.abs(net(x)).sum(), step), name="mine")
    assert recorder.callback([], lambda step, net: seen.append(step)) == 6
    before, losses, after = net.parameters, [], []
    for _ in range(10):
        losses.append(trainer.step(x, t))
        after.append(net.parameters)
    assert recorder.probes == "training parameters updates gradients evaluation mine callback".split()
    table = recorder["training"]
    assert list(table) == ["step", "loss", "rate", "gradient_norm"]
    close(table["loss"], losses, 0), close(table["step"], range(1, 11), 0), close(table["rate"], 10 * [0.1], 0)
    close(recorder.rows("parameters")[:, 1:], np.array([before] + after)[:, 2:5], 0)
    close(recorder["updates"]["update_7"], (after[1][7] - after[0][7], *recorder["updates"]["update_7"][1:]), 0)
    close(recorder["gradients"]["step"], [1, 4], 0)
    close(recorder["gradients"]["gradient_7"][0], (before[7] - after[0][7]) / 0.1)
    close(recorder["evaluation"]["step"], [1, 10], 0)
    close(recorder["evaluation"]["loss"][0], losses[1])
    close(recorder.rows("mine", 9, 1), [[10, np.abs(net(x)).sum(), 10]], 0)
    assert seen == list(range(1, 11)) and recorder.shape("callback") == (0, 0, 0)
    raises(KeyError, lambda: recorder["yours"], "mine")
    raises(nndyn.OptionError, lambda: recorder.training(), "name")
    with tempfile.TemporaryDirectory() as place:
        path = os.path.join(place, "table.csv")
        recorder.write_csv("training", path)
        close(np.loadtxt(path, delimiter=",", skiprows=1), recorder.rows("training"), 0)
        recorder.training(name="to file", file=os.path.join(place, "spilled.csv"))
        trainer.step(x, t)
        recorder.flush()
        assert recorder.shape("to file") == (4, 1, 1) and recorder.rows("to file").shape == (0, 4)
        assert Path(place, "spilled.csv").read_text().startswith("step,loss,rate,gradient_norm\n11,")


def test_a_failing_probe_comes_out_and_the_step_stays():
    net, (x, t) = small(), batch()
    trainer = nndyn.Trainer(net, "sgd")
    recorder = nndyn.Recorder(trainer)

    def broken(step, net):
        raise ZeroDivisionError("in the probe")
    recorder.callback(["value"], broken, name="bad")
    error = raises(ZeroDivisionError, lambda: trainer.step(x, t), "in the probe")
    assert "bad" in str(error.__cause__) and trainer.steps == 1
    recorder.free()
    trainer.step(x, t)


def test_copies():
    net, (x, _) = small(), batch()
    single = net.copy(np.float32)
    assert single.dtype == np.float32 and np.allclose(single(x.astype(np.float32)), net(x), atol=1e-5)
    twin = net.copy()
    twin.parameters = np.zeros(net.size)
    assert net.parameters.any() and not twin.parameters.any()


def test_custom_activation_and_loss():
    def tanh(order, z):
        t = np.tanh(z)
        return [t, 1 - t**2, -2 * t * (1 - t**2), (1 - t**2) * (6 * t**2 - 2)][order]

    def squared(a, t):
        e = a - t
        return 0.5 * e @ e, e, np.eye(len(a)), -np.eye(len(a)), -e
    mine = nndyn.Network(3).dense(5).custom_activation(tanh, 3).dense(2).custom_loss(squared, 2)
    theirs, (x, t) = small(), batch()
    mine.parameters = theirs.parameters
    u = RNG.normal(size=theirs.size)
    del tanh, squared
    gc.collect()
    close(mine(x), theirs(x))
    close(mine.gradient(x, t)[1], theirs.gradient(x, t)[1])
    close(mine.hessian_vector(x, t, u), theirs.hessian_vector(x, t, u))
    close(mine.duality_gram(x, t), theirs.duality_gram(x, t))
    trainer, copied = nndyn.Trainer(mine, "sgd"), mine.copy()
    del mine
    gc.collect()
    assert np.isfinite(trainer.step(x, t)) and np.isfinite(copied(x)).all()


def test_exceptions_in_callbacks_come_out():
    def broken(order, z):
        raise ZeroDivisionError("in the activation")
    net = nndyn.Network(3).dense(2).custom_activation(broken, 1)
    error = raises(ZeroDivisionError, lambda: net(batch()[0]), "in the activation")
    assert isinstance(error.__cause__, nndyn.CallbackError)
    wrong = nndyn.Operator(3, 3, lambda x: x[:2])
    raises(ValueError, lambda: wrong @ np.ones(3), "(2,)", "(3,)")
    close(small()(batch()[0]).shape, (4, 2))  # nothing of it is left


def test_operators():
    a = RNG.normal(size=(6, 4))
    op = nndyn.Operator(6, 4, lambda x: a @ x, lambda y: a.T @ y)
    assert op.shape == (6, 4) and not op.symmetric
    x, y = RNG.normal(size=4), RNG.normal(size=6)
    close(op @ x, a @ x), close(op.apply_transposed(y), a.T @ y)
    s, u, v, residuals = op.singular_values(2, vectors=True, tolerance=1e-12)
    close(s, np.linalg.svd(a, compute_uv=False)[:2]), close(op.singular_values(2), s)
    close(a @ v[0], s[0] * u[0], 1e-8)
    assert residuals.shape == (2,)
    assert nndyn.Operator(4, 4, lambda x: 2 * x).symmetric


def test_spectra():
    a = RNG.normal(size=(8, 8))
    h = a + a.T
    op = nndyn.Operator(8, 8, lambda x: h @ x)
    values, vectors, residuals, converged = op.eigenpairs(3, which="smallest")
    close(values, np.linalg.eigvalsh(h)[:3]), close(h @ vectors[0], values[0] * vectors[0])
    assert converged.all() and residuals.max() < 1e-10
    general = nndyn.Operator(8, 8, lambda x: a @ x, lambda y: a.T @ y)
    values, residuals, converged = general.eigenvalues(2)
    close(abs(values), np.sort(abs(np.linalg.eigvals(a)))[::-1][:2]), close(general.trace(), (np.trace(a), 0))
    grid, density, error = op.spectral_density(300, probes=2)
    close(((density[1:] + density[:-1]) / 2).sum() * (grid[1] - grid[0]), 1), close(error, 0)
    nodes, weights = op.spectral_quadrature()
    close(nodes, np.linalg.eigvalsh(h)), close(weights, 1 / 8)


def test_power_laws():
    u = (np.arange(2000) + 0.5) / 2000
    x = (1 - u) ** (-1 / 1.5)
    fit = nndyn.PowerlawFit(x, scan="none", curve=1)
    assert abs(fit.k - 2.5) < 1e-3 and fit.window == (x[0], np.inf, 2000) and fit.xmin == x[0]
    close(fit.se, (fit.k - 1) / np.sqrt(2000))
    close(nndyn.powerlaw_tail(x, x[0])[0], fit.k), close(nndyn.powerlaw_distance(x, fit.k, x[0]), fit.distance)
    close(nndyn.powerlaw_curvature(x, x[0]), fit.curvature())
    assert fit.counts == (2000, 0, 0, 2000) and fit.curve()[3].tolist() == [2000]
    assert fit.compare("exponential").normalized > 5 and fit.compare("truncated").ratio <= 0
    p, distances = fit.goodness(20, distances=True)
    assert p == fit.goodness(20) == np.mean(distances >= fit.distance)
    raises(ValueError, lambda: fit.compare("nothing"))
    stream = nndyn.PowerlawStream(1, 100, bins=20)
    stream.add(-x[:1000]).merge(nndyn.PowerlawStream(1, 100, bins=20).add(x[1000:].astype(np.float32)))
    stream.add([0, np.nan])
    inside = (x >= 1) & (x <= 100)
    assert stream.counts[:2] == (inside.sum(), 1) and stream.counts.nonfinite == 1
    close(stream.exponent()[0], nndyn.powerlaw_bounded(x, 1, 100)[0], 1e-6)
    assert abs(stream.binned()[0] - stream.exponent()[0]) < 0.02 and abs(stream.curvature()) < 1
    assert abs(stream.slope()[0] - 2.5) < 0.1
    edges, counts, densities = stream.histogram()
    assert counts.sum() == inside.sum() and abs((densities * np.diff(edges)).sum() - 1) < 1e-12
    stream.clear()
    raises(nndyn.DataError, stream.exponent)
    record = RNG.permutation(x)
    effective, time = nndyn.powerlaw_effective_size(record, 1)
    close(effective * time, 2000.0)
    k, low, high = nndyn.powerlaw_interval(record, 1, replicas=100)
    assert low < k < high and abs(k - fit.k) < 1e-2
    distance, p = nndyn.ks_two_sample(x, x + 1)
    assert distance > 0.5 and p < 1e-6


def test_injective_norms():
    u, v, w = RNG.normal(size=3), RNG.normal(size=4), RNG.normal(size=2)
    tensor = u[:, None, None] * v[:, None] * w
    norm = nndyn.injective_norm(tensor, restarts=5)
    length = np.prod([np.linalg.norm(x) for x in (u, v, w)])
    close([norm.lower, norm.upper], [length, length])
    close(np.einsum("ijk,i,j,k", tensor, *norm.vectors), length)
    assert norm.agreeing == 5 + 4
    flat = tensor.reshape(12, 2)
    close(nndyn.injective_norm_gram(flat @ flat.T, (3, 4)).lower, length)


def test_width_exponent():
    widths = np.array([32.0, 64, 128, 256, 512, 1024])
    samples = [np.abs(RNG.normal(size=100)) * n ** -0.75 for n in widths]
    exponent = nndyn.WidthExponent(widths, samples, levels=[0.5, 0.9], replicas=200)
    quote = exponent.quote()
    assert abs(quote.p + 0.75) < 5 * quote.se and quote.low < quote.p < quote.high
    assert exponent.counts == (6, 3) and exponent.statistic(2) == (0.9, True)
    power = exponent.value(0, nndyn.EXPONENT_POWER)
    fit, points = exponent.fit(0, nndyn.EXPONENT_POWER), exponent.points()
    close(points.widths, widths)
    errors = np.sqrt((points.errors ** 2 + np.mean(points.errors ** 2)) / 2)  # half pooled
    chi = np.sum(((np.log(points.values) - fit.a - power.p * np.log(widths)) / errors) ** 2)
    close(fit.chi_squared, chi)
    close(np.log2(points.values[1:] / points.values[:-1]), exponent.slopes().slopes)
    assert exponent.trend().se > 0 and exponent.spread().se > 0
    assert exponent.verdict in (nndyn.EXPONENT_CONSISTENT, nndyn.EXPONENT_SPLIT, nndyn.EXPONENT_CURVED)
    assert nndyn.WidthExponent(widths[:2], samples[:2]).verdict == nndyn.EXPONENT_INSUFFICIENT


def test_calls_nest():
    net, (x, t) = small(), batch()
    op = nndyn.Operator(net.size, net.size, lambda u: net.hessian_vector(x, t, u))
    u = RNG.normal(size=net.size)
    close(op @ u, net.hessian_operator(x, t) @ u)


def test_derivatives():
    net, (x, t) = small(), batch()
    n, size = len(x), net.size
    u, xdot, ybar = RNG.normal(size=size), RNG.normal(size=x.shape), RNG.normal(size=t.shape)
    loss, gradient = net.gradient(x, t)
    close(loss, 0.5 * ((net(x) - t)**2).sum() / n)
    p, h = net.parameters, 1e-5
    shifted = [net.copy(), net.copy()]
    shifted[0].parameters, shifted[1].parameters = p + h * u, p - h * u
    plus, minus = (other.gradient(x, t) for other in shifted)
    close((plus[0] - minus[0]) / (2 * h), gradient @ u, 1e-7)
    close((plus[1] - minus[1]) / (2 * h), net.hessian_vector(x, t, u), 1e-6)
    close(net.hessian_operator(x, t) @ u, net.hessian_vector(x, t, u))
    ydot = net.jvp(x, xdot, u)
    xbar, ubar = net.vjp(x, ybar)
    close((ydot * ybar).sum(), (xbar * xdot).sum() + ubar @ u)
    close(net.jvp(x, xdot), np.einsum("nki,ni->nk", net.input_jacobian(x), xdot))
    jacobian = net.parameter_jacobian_operator(x)
    close(jacobian @ u, net.jvp(x, u=u).ravel())
    jet, gradients = net.jet(x, u, 3), net.jet_gradient(x, u, ybar, 3)
    close(jet[0], net(x)), close(jet[1], net.jvp(x, u=u))
    close(gradients[0], ubar), close(gradients[:3] @ u, np.arange(1, 4) * (jet[1:] * ybar).sum((1, 2)))
    outputs, kernels = net.jet_along(x, ybar, 2)
    close(outputs, net.jet(x, ubar, 2)), close(kernels[0] @ ybar.ravel(), outputs[1].ravel())
    close(net.gauss_newton_vector(x, t, u), jacobian.apply_transposed(jacobian @ u) / n)
    close(net.gauss_newton_operator(x, t) @ u, net.gauss_newton_vector(x, t, u))
    output, sensitivity = net.layer_sensitivity(x, t, 2)
    close(output, net(x)), close(sensitivity, net(x) - t)
    norms = net.gradient_norms(x, t)
    close(norms, [np.linalg.norm(net.gradient(x[i:i + 1], t[i:i + 1])[1]) for i in range(n)])
    close(net.gradient(x, t, reduction="sum")[1], n * gradient)


def test_equilibrium():
    rng = np.random.default_rng(3)
    context = nndyn.Context()
    x, t = rng.normal(size=(40, 2)), rng.normal(size=(40, 1))
    net = nndyn.Network(2, context=context).dense(1, "identity").loss("squared_error")
    u, v = net.duality_modes(x, t, 1)[1:3]
    assert net.duality_coupling(x, t, u, v) == 0 and net.duality_reduction(x, t, u, v).shape == (1,)
    q = net.duality_apply(x[:1], t[:1])
    close(net.duality_reduced_map(x[0], t[0], u[0], v[0], np.zeros(1)), u @ q)
    norm, iterations = net.equilibrium_find(x, t)
    assert norm < 1e-8 and iterations > 0
    curvature, modes, noise, times, coupling = net.equilibrium_modes(x, t, 3, 0.1)
    inputs = np.c_[x, np.ones(40)]
    close(curvature, np.linalg.eigvalsh(inputs.T @ inputs / 40)[::-1], 1e-9)
    close(times, -1 / np.log(1 - 0.1 * curvature), 1e-9)
    assert 0 <= coupling <= 1
    close(net.equilibrium_noise_modes(x, t, 3)[0].sum(), np.trace(noise), 1e-9)
    sigma = net.equilibrium_covariance(x, t, modes, 0.1, 4)
    close(sigma, nndyn.equilibrium_stationary(context, np.diag(curvature), noise, 0.1, 4), 1e-7)
    batches = nndyn.Batches(nndyn.Dataset(x, t, context=context), "replacement", 4)
    trainer = nndyn.Trainer(net, "sgd", rate=0.1)
    close(trainer.step_operator(x, t) @ modes[0], (1 - 0.1 * curvature[0]) * modes[0], 1e-9)
    record = trainer.equilibrium_record(batches, 2000, modes)
    measured, error, _ = nndyn.equilibrium_measure(context, record)
    assert measured.shape == error.shape == (3, 3)
    result = trainer.equilibrium_test(batches, 20000)
    assert result.verdict == "reached" and abs(result["fdr"] - 1) < 0.1
    assert nndyn.Equilibrium.test(context, record, record, 0.1).verdict in ("drifting", "short", "changing", "reached")


def test_tangent_kernel():
    net, (x, _) = small(), batch(3)
    jacobian = np.array([net.vjp(x, row.reshape(3, 2))[1] for row in np.eye(6)])
    full, (n, k) = jacobian @ jacobian.T, (len(x), net.outputs)
    close(net.ntk(x), full)
    close(net.ntk(x, x[:2]), full[:, :2 * k])
    close(net.ntk(x, kind="diagonal").ravel(), np.diag(full))
    blocks = full.reshape(n, k, n, k)
    close(net.ntk(x, kind="trace"), np.einsum("icjc->ij", blocks) / k)
    close(net.ntk(x, kind="pseudo"), blocks.sum((1, 3)) / k)
    w = RNG.normal(size=(n, k))
    close(net.ntk_vector(x, w).ravel(), full @ w.ravel())
    close(net.ntk_vector(x, w, x[:2]).ravel(), full[:2 * k] @ w.ravel())
    close(net.ntk_operator(x) @ w.ravel(), full @ w.ravel())
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "kernel")
        net.ntk_write(path, x, block=1)
        assert nndyn.ntk_file(path) == ("full", n * k, n * k, n * k)
        close(nndyn.ntk_read(path, 1, 2), full[1:3])
        close(nndyn.ntk_read(path), full)
    assert net.ntk_forecast(1000).flops > net.ntk_forecast(1000, kind="trace").flops > 0
    covariance, tangent = nndyn.ntk_infinite(np.eye(2), 2, "relu", weight_scale=2 ** 0.5)
    close([covariance[0, 0], tangent[0, 0]], [1, 3])
    wide = nndyn.Network(2, context=net.context).dense(5, "relu", parametrization="ntk", weight_scale=2 ** 0.5)
    close(wide.dense(1, parametrization="ntk", weight_scale=2 ** 0.5, bias=0).ntk_infinite(np.eye(2))[0].shape, (2, 2))


def test_duality():
    net, (x, t) = small(), batch(2)
    rows, columns = net.duality_shape(2)
    assert (rows, columns) == (net.size, 2 * 5)
    close(net.duality_apply(x, t, gamma=0.5), -0.5 * net.gradient(x, t)[1])
    jacobian = net.duality_jacobian(x, t)
    assert jacobian.shape == (rows, columns)
    close(net.duality_gram(x, t), jacobian.T @ jacobian)
    close(net.duality_singular_values(x, t, method="jacobian"), np.linalg.svd(jacobian, compute_uv=False), 1e-9)
    xdot, tdot, u = RNG.normal(size=x.shape), RNG.normal(size=t.shape), RNG.normal(size=rows)
    close(net.duality_jvp(x, t, xdot, tdot), jacobian @ np.hstack([xdot, tdot]).ravel())
    xbar, tbar = net.duality_vjp(x, t, u)
    close(np.hstack([xbar, tbar]).ravel(), jacobian.T @ u)
    close(net.duality_operator(x, t) @ np.ones(columns), jacobian.sum(1))
    assert net.duality_shape(2, columns="targets", parameters="biases") == (7, 4)
    close(net.duality_jacobian(x, t, columns="targets").shape, (rows, 4), 0)
    assert net.duality_forecast(2, "gram").bytes > 0
    limited = small(context=nndyn.Context(memory_limit=2000))
    raises(nndyn.LimitError, lambda: limited.duality_jacobian(x, t))


def test_activations_at_points():
    z = np.linspace(-2, 2, 6).reshape(2, 3)
    close(nndyn.activation_evaluate("tanh", z), np.tanh(z), 1e-14)
    close(nndyn.activation_evaluate("tanh", z, 1), 1 - np.tanh(z)**2, 1e-14)
    close(nndyn.activation_evaluate("leaky_relu", z, parameter=0.5), np.where(z < 0, 0.5 * z, z), 1e-15)


def test_recurrent():
    net = nndyn.Recurrent([[0, 1.5], [1.5, 0]])
    points = net.equilibria(starts=32)
    assert len(net.equilibria([[0, 0]], starts=0)) == 1
    assert len(points) == 3 and [p.stability for p in points] == ["stable", "unstable", "stable"]
    close(points[2].state, [0.8585596366, 0.8585596366], 1e-9)
    assert points[1].unstable == 1 and points[2].abscissa < 0 and points[2].residual < 1e-12
    values, modes = points.modes(1)
    close(values, [0.5, -2.5])
    close(np.abs(modes), np.full((2, 2), 0.5 ** 0.5))
    mu, radius = net.ball(points[2].state)
    assert mu < 0 and abs(radius - 0.3496935) < 1e-7
    bound, unique = net.unique
    assert abs(bound - 1.5) < 1e-12 and not unique
    energies = net.energy([[0.1, 0.1], points[2].state])
    assert energies[1] < energies[0] < 0
    close(net.activate([[0.1, 0.2], [-0.3, 0.1]], method="relaxation").states[1], -points[2].state, 1e-9)
    close(net.map(method="discrete").apply([[0.1, 0.2]], 1)[0], np.tanh([0.3, 0.15]))
    net.gain = 0.5
    assert net.gain == 0.5 and net.unique[1]
    net.boundary = [1], [0.4]
    assert net.shape == (2, 1, 1) and net.boundary[0].tolist() == [1] and net.boundary[1].tolist() == [0.4]
    states, residuals, steps = net.activate(boundary=[[0.4], [0.0]])
    close(states, [[np.tanh(0.3), 0.4], [0, 0]])
    jacobian, condition = net.jacobian(states)
    close(jacobian.ravel(), 0.75 * (1 - states[:, 0] ** 2))
    close(condition, [1, 1])
    close(net.jvp(states, [[1], [2]]).ravel(), jacobian.ravel() * [1, 2])
    close(net.vjp(states, [[1], [2]]).ravel(), jacobian.ravel() * [1, 2])
    net.boundary = None
    net.weights = [[0, 1], [-1, 0]], None
    close(net.weights[0], [[0, 1], [-1, 0]])
    values = net.equilibria().modes(0)[0]
    close(values, [-1 + 0.5j, -1 - 0.5j])
    raises(nndyn.ArgumentError, lambda: net.energy([[0, 0]]), "symmetric")
    raises(nndyn.NumericError, lambda: nndyn.Recurrent([[-3]]).activate([[0.2]]), "settle")


def test_springblock_fit():
    chain = nndyn.SpringBlock(7, friction_right=0.05, friction_left=0.08, noise=0.03)
    curve = 3 * (1 - np.append(0, chain.mean_field(10000))) - 2
    fit = nndyn.SpringBlockFit(curve, errors=np.full(8, 0.003), friction_left=0.08)
    assert abs(fit["friction_right"].value - 0.05) < 1e-4 and abs(fit["noise"].value - 0.03) < 1e-4
    assert fit["friction_left"].flags == nndyn.SPRINGBLOCK_FIT_FIXED and fit["asymmetry"].error > 0
    low, high, ends = fit.interval("friction_right")
    assert low < 0.05 < high and ends == 0
    assert fit.covariance[1, 1] == 0 and fit.weakest[1] > 0 and fit.quality.freedom == 4 and fit.flags == 0
    assert np.allclose(fit.curve[0], curve, atol=1e-4) and fit.curve[1][0] == 1
    assert fit.region(0.05, 0.08, 0.03)[1] > 0.99
    assert fit.straighten().noise > 0.03
    same = nndyn.SpringBlockFit(curve, covariance=np.diag(np.full(8, 9e-6)), friction_left=0.08)
    assert np.isclose(same["noise"].error, fit["noise"].error, rtol=1e-3)
    raises(nndyn.DataError, lambda: nndyn.SpringBlockFit([0, 1, 2, 3]), "fall")


def test_springblock():
    chain = nndyn.SpringBlock(7, noise=0, friction_right=0.1, friction_left=0.1)
    x, moved = chain.stuck()
    close(x, [0, 0, 0, 0, 0.1, 0.3, 0.6])
    assert moved == 3 and chain["spring"] == 1 and chain.relaxation_time == np.inf
    close(chain.cascade()[:2], [0.1, 0.3])
    close(chain.run(20000).x, x, 1e-6)
    close(chain.separation, 1 - np.append(0, chain.x))
    noisy = nndyn.SpringBlock(friction_left=0.16)
    close(noisy.equilibrium(), [0.23, 0.43, 0.60, 0.74, 0.85, 0.93, 0.98])
    close(noisy.drift([0, 0.05])[0], [0.006007350263, 0.019132824460], 1e-10)
    assert noisy.covariance().shape == (7, 7) and len(noisy.mean_field(100)) == 7
    result = noisy.ensemble(3, 100, average=0.5)
    close(result.profiles.mean(0), result.mean)
    assert noisy.steps == 0 and np.isfinite(result.kappa).all() and (result.deviation > 0).all()
    phase = noisy.phase([0.1, 0.05], [0.1, 0.2, 0.3], 3, 100, axis="both")
    assert phase.kappa.shape == (2, 3) and phase.profiles.shape == (2, 3, 7)
    inertial = nndyn.SpringBlock(3, order=2)
    positions, velocities = inertial.trajectory(10, every=5)
    assert positions.shape == (3, 3) and (velocities[-1] == inertial.v).all()
    state = inertial.state
    after = inertial.run(5).x
    inertial.state = state
    assert (inertial.run(5).x == after).all()
    chain.state = np.zeros(7), None, 5
    assert chain.steps == 5
    raises(nndyn.OptionError, lambda: nndyn.SpringBlock(3, step=0.5), "unstable")


def test_options_alone():
    options = nndyn.Options(a=1, b=0.5, c="text")
    options.set("a", np.int32(2))
    raises(nndyn.ArgumentError, lambda: options.set("", 1), "name")
    options.free()
    options.free()
    raises(nndyn.ArgumentError, lambda: options.set("a", 1))


def test_handles_go_in_any_order():
    for order in ([0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [1, 0, 4, 2, 3]):
        context = nndyn.Context()
        net = small(context=context)
        x, t = batch()
        data = nndyn.Dataset(x, t, context=context)
        handles = [context, net, data, data.batches("full"), nndyn.Trainer(net, "sgd")]
        for i in order:
            handles[i].free()


def test_a_busy_handle_says_so():
    inside, go_on = threading.Event(), threading.Event()

    def slow(x):
        inside.set()
        go_on.wait(10)
        return x
    op = nndyn.Operator(2, 2, slow)
    thread = threading.Thread(target=lambda: op.apply(np.ones(2)))
    # Its shape is asked for first, and apply's callback then holds the handle.
    thread.start()
    assert inside.wait(10)
    raises(nndyn.BusyError, lambda: nndyn.Operator.shape.fget(op))
    go_on.set()
    thread.join()
    assert op.shape == (2, 2)


def test_sweeps():
    context = nndyn.Context(threads=2)
    sweep = nndyn.Sweep({"x": [1, 2, 3], "y": [10, 20]}, seeds=range(4, 6), context=context, cell_memory_limit=10**9)

    def cell(inside, values, seed):
        if values["x"] == 3 and seed == 5:
            raise KeyError("no such cell")
        net = small(context=inside)  # made of the cell's seed, on the cell's thread
        return {"sum": values["x"] + values["y"] + seed, "weight": net.parameters[0]}
    sweep.cell(["sum", "weight"], cell)
    assert sweep.shape == (2, 6, 2, 12, 2) and sweep.names == ["x", "y", "sum", "weight"]
    close(sweep.values("y"), [10, 20], 0)
    assert sweep.forecast().cells == 12
    assert sweep.run(allow_failures=True) == 2
    error = raises(nndyn.CallbackError, sweep.run, "cell 9 (x 3, y 10, seed 5) failed")
    assert isinstance(error.__cause__, KeyError)
    done, status, text = sweep.status(9)
    assert done and status == nndyn.ECALLBACK and text
    values, seed = sweep.parameters(9)
    assert list(values) == [3, 10] and seed == 5
    assert sweep["sum"].shape == (3, 2, 2) and sweep["sum"][1, 1, 1] == 27 and np.isnan(sweep["sum"][2, 0, 1])
    close(sweep["weight"][0, 0], sweep["weight"][1, 1], 0)
    means, errors, counts = sweep.summary()
    close(means[0, 0], 15.5), close(errors[0, 0], 0.5)
    assert counts[4, 0] == 1
    row, status = sweep.get_row(0)
    close(row[0], 15, 0)
    sweep.set_row(9, [18, 0.5])
    assert sweep.status(9) == (True, nndyn.OK, "")
    with tempfile.TemporaryDirectory() as folder:
        sweep.write_csv(f"{folder}/table.csv")
        other = nndyn.Sweep({"x": [1, 2, 3], "y": [10, 20]}, seeds=range(4, 6)).cell(["sum", "weight"], cell)
        assert other.merge(f"{folder}/table.csv") == 12
        assert np.array_equal(other.rows(), sweep.rows(), equal_nan=True)
        raises(nndyn.FormatError, lambda: nndyn.Sweep({"x": [1]}).cell(["sum"], cell).merge(f"{folder}/table.csv"))


def test_width_scans():
    context = nndyn.Context(threads=2)
    scan = nndyn.WidthScan([4, 8], runs=[3, 2], context=context, first=7)

    def measure(network, width, seed):
        if width == 4 and seed == bad:
            raise KeyError("no such run")
        return {"n": width, "first": network.parameters[0]}
    scan.network(3, 2, layers=1, activation="erf", weight_scale=1.5).measurement(["n", "first"], measure)
    assert scan.shape == (2, 5, 2) and scan.names == ["n", "first"] and scan.forecast().runs == 5
    network, bad = scan.network_of(0, 1)
    assert scan.run(allow_failures=True) == 1
    error = raises(nndyn.CallbackError, scan.run, "width 4")
    assert isinstance(error.__cause__, KeyError)
    done, status, text = scan.status(0, 1)
    assert done and status == nndyn.ECALLBACK and text
    assert [len(part) for part in scan["n"]] == [2, 2] and list(scan["n"][1]) == [8, 8]
    first, bad = network.parameters[0], None
    with tempfile.TemporaryDirectory() as folder:
        scan.run(file=f"{folder}/table.csv")
        close(scan["first"][0][1], first, 0)
        other = nndyn.WidthScan([4, 8], runs=[3, 2], first=7)
        other.factory(lambda inside, width, seed: small(context=inside)).measurement(["n", "first"], measure)
        raises(nndyn.FormatError, lambda: other.merge(f"{folder}/table.csv"))
    other.run()
    counts, values = other.samples("first")
    assert list(counts) == [3, 2] and len(set(values)) == 5  # each of its own seed
    assert other.exponent("n", levels=[0.5]).verdict == nndyn.EXPONENT_INSUFFICIENT
    raises(nndyn.OptionError, lambda: nndyn.WidthScan([4], runs=1).network(3, 2, wide=1), "wide")


def test_sweeps_of_training():
    x = RNG.normal(size=(60, 4))
    data = nndyn.Dataset(x, labels=(x[:, 0] > 0).astype(np.int64))
    sweep = nndyn.Sweep({"dropout": [0, 0.2]}, seeds=1)
    sweep.training(data, data, layers=2, width=5, epochs=20, rate=0.05)
    assert sweep.forecast().total > 0
    sweep.run()
    close(sweep["train_accuracy"], sweep["test_accuracy"], 0)
    straightest, direction, value = sweep.advice("dropout", limit=10.0)
    assert straightest[0] in (0, 1) and direction[0] in (-1, 0, 1)
    raises(nndyn.OptionError, lambda: sweep.advice("dropout", limi=1), "limit")


def test_maps():
    net = nndyn.Network(2).dense(1, "tanh").loss("squared_error")
    data = nndyn.Dataset(RNG.normal(size=(9, 2)), RNG.normal(size=(9, 1)))
    descent = nndyn.Map.training(net, data, rate=0.3)
    assert descent.dimension == 3 and descent.parameters == {"rate": 0.3, "decay": 0}
    starts = RNG.normal(size=(5, 3))
    twice = descent.apply(descent.apply(starts))
    close(descent.apply(starts, 2), twice, 1e-15)
    descent["rate"] = 0
    assert descent["rate"] == 0 and np.array_equal(descent.apply(starts), starts)
    raises(nndyn.ArgumentError, lambda: descent["speed"], "rate, decay")
    square = nndyn.Network(2).dense(2, "tanh")
    x = starts[:, :2]
    close(nndyn.Map.network(square, step=0.5).apply(x), 0.5 * (x + square.forward(x)), 1e-12)
    logistic = nndyn.Map(1, lambda x, r: r * x * (1 - x), {"r": 2.0})
    close(logistic.apply([[0.3]], 60), [[0.5]], 1e-12)
    decay = nndyn.Map.flow(1, lambda x, k: -k * x, {"k": 1.0}, step=0.1)
    assert decay.parameters == {"k": 1, "step": 0.1}
    close(decay.apply([[1.0]], 10), [[np.exp(-1)]], 1e-6)

    def fail(x):
        raise KeyError("no such state")
    error = raises(KeyError, lambda: nndyn.Map(1, fail).apply([[0.0]]))
    assert isinstance(error.__cause__, nndyn.CallbackError)


def test_basin_map():
    descent = nndyn.Map(1, lambda w, rate: w + rate * (w - w**3), {"rate": 0.1})
    basins = nndyn.BasinMap(descent, steps=1000)
    assert basins.find(basins.box([-2], [2], 20)) == (2, 20, 0, 0, 0)
    assert len(basins) == 2 and basins.add([1]) == 1 and abs(basins.normal([0], [1], 100).mean()) < 1
    close(basins.attractor(0).points, [[-1]], 1e-9)
    labels, steps = basins.label([[3.3166], [3.31663], [4.58258], [0]])
    assert labels.tolist() == [1, 0, nndyn.BASIN_MAP_DIVERGED, nndyn.BASIN_MAP_OTHER]
    assert basins.times(labels, steps, 1).longest == steps[0]
    close(basins.fractions(labels).fractions, [0.25, 0.25, 0, 0.25, 0.25], 0)
    assert basins.grid([-1], [1], [3]).tolist() == [0, nndyn.BASIN_MAP_OTHER, 1]
    close(basins.rays(1, [[1], [-2]], tolerance=1e-9), [2.3166247904, 1], 1e-8)
    edge = np.repeat([0, 1], [12, 8]) * np.ones((20, 1), np.int64)
    assert nndyn.basin_entropy(edge).boxes == 16
    close(nndyn.basin_uncertainty(edge, 3).exponent, 1, 1e-12)
    raises(nndyn.StateError, lambda: basins.add([1]), "frozen")
    with np.errstate(over="ignore", invalid="ignore"):
        branches = basins.follow("rate", [0.1, 0.3, 4], basins.box([-1.2], [1.2], 100))
    assert len(branches) == 2 and branches.at(0)[1].tolist() == [1, 1]
    close(branches[1][1], [[1]], 1e-9)
    close(branches.fractions(0).fractions + branches.fractions(1).fractions, [1, 1, 0], 1e-12)
    assert basins.returns(1, [0, 0.9], noise="sphere", draws=20).fractions.tolist() == [1, 1]
    close(basins.radius(1, noise="sphere", draws=100, theta=0.75, cap=2)[:3], [1, 1, 1], 1e-4)
    length, shock = basins.shock(1, cap=2)
    close([length, shock[0]], [1, -1], 1e-6)
    close(basins.certified(1, [[0.8]], 0.6), 2 / 3, 1e-8)
    rough = nndyn.BasinMap(nndyn.Map.flow(1, lambda x: x - x**3, step=0.01))
    assert rough.find([[-0.5], [0.5]]).attractors == 2
    assert rough.disagreement([[-0.2], [0.3]])[0] == 0 and rough.disagreement([[3.3167]], basins)[0] == 1
    assert branches.events == [("death", 2, 0), ("death", 2, 1)]


def test_linearized():
    model = nndyn.Linearized([[2, 1], [1, 3]], [[0.5], [-1]], [[1], [2]], kappa=1)
    model.set_test([[0.7, 0.4]], [[0.1]])
    assert model.shape == (nndyn.LINEARIZED_FULL, 2, 1, 1, 0)
    after = model.predict(0.2, 5)
    close(after.train, [[1.192], [1.876]], 1e-12)
    close(after.test, [[0.3928]], 1e-12)
    for step in range(5):
        model.step(0.2, weight=1)
    close(model.state.train, after.train, 1e-12)
    close(model.displacement(), model.displacement(after.coefficients), 1e-12)
    model.reset()
    model.integrate(0.2, 5)
    close(model.state.test, [[0.39581926421374]], 1e-7)
    close(model.predict(0.2, np.inf, nndyn.LINEARIZED_FLOW).test, [[0.33]], 1e-12)
    close(model.eigenvalues.sum(), 5, 1e-12)
    assert model.stability(0.2)[nndyn.LINEARIZED_RANK] == 2
    model.set_loss("log_cosh")
    assert nndyn.Linearized.forecast(100, 10)[0] > 16e6
    network = nndyn.Network(2).dense(3, "tanh").dense(1).loss("squared_error")
    x, t = np.array([[1.0, 0.5], [-0.3, 2], [0.4, -1]]), np.array([[1.0], [0], [-1]])
    wide = network.linearized(x, t, x, kernel="products")
    data = nndyn.Dataset(x, t)
    trainer, batches = nndyn.Trainer(network, "sgd", rate=0.1), data.batches("full")
    wide.run(trainer, batches, 3)
    close(wide.state.test, wide.state.train, 1e-14)
    close(np.linalg.norm(wide.parameters() - network.parameters), wide.displacement(), 1e-12)
    recorder = nndyn.Recorder(trainer)
    recorder.linearization(batches, data, kernel="none", steps=[3])
    rows = trainer.linearized_compare(batches, [0, 3], data, bound="all")
    assert rows[0, nndyn.LINEARIZATION_DEVIATION] == 0
    assert 0 < rows[1, nndyn.LINEARIZATION_DEVIATION] <= rows[1, nndyn.LINEARIZATION_BOUND] + 1e-12
    close(rows[1, nndyn.LINEARIZATION_DISPLACEMENT_LINEAR], wide.displacement(), 1e-12)
    close(recorder["linearization"]["deviation_test"], rows[1:, nndyn.LINEARIZATION_DEVIATION_TEST], 1e-12)


def test_z_every_public_function_was_reached():
    gc.collect()
    missing = sorted(set(nndyn._FUNCTIONS) - REACHED)
    assert not missing, f"never called: {missing}"


count_calls()
sys.exit(tap.run(globals()))
