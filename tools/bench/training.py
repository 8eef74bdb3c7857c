"""How fast `netspec train` trains beside what a practitioner would write by hand, from arrays and from image files.

The same network, built by `netspec.build`, with the same optimiser, loss and batch size, is trained by

    netspec     `netspec train` as it is: checkpoints, history and progress included
    fit         `model.fit` on arrays in memory                                              (arrays)
    tf.data     a tf.data script: shuffled, mapped in parallel, cached, batched, prefetched  (TensorFlow)
    directory   `keras.utils.image_dataset_from_directory`, scaled and prefetched            (images, TensorFlow)
    loop        a training step written by hand: a `tf.function` over that tf.data pipeline on TensorFlow, a jitted
                stateless step on JAX

each in a process of its own, in turn, for several rounds. What counts are ratios within one round: examples a second in
the later epochs; seconds before the first step begins; the most memory that the process had.

`python tools/bench/training.py [--network lenet5|resnet20|mobilenet_v2] [--source arrays|images] [--examples 10000] [--epochs 3]
[--rounds 3] [--who loop]`, on the backend that KERAS_BACKEND names. `--memory` measures netspec alone on 5,000 and 50,000 images;
`--start` the seconds before the first step alone.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

STARTED = float(os.environ.get("BENCH_STARTED", "0")) or time.time()
ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

LENET = """\
netspec: 1
input: [32, 32, 1]
layers:
  - conv: {filters: 6, kernel_size: 5, activation: relu}
  - pool: {pool_size: 2}
  - conv: {filters: 16, kernel_size: 5, activation: relu}
  - pool: {pool_size: 2}
  - flatten
  - dense: {units: 120, activation: relu}
  - dense: {units: 84, activation: relu}
  - dense: {units: 10, activation: softmax}
"""
# The spec (a text, or a file of the zoo's), its params, the side and the channels of its images.
NETWORKS: dict[str, tuple[str, dict[str, int], int, int]] = {
    "lenet5": (LENET, {}, 32, 1),
    "resnet20": ("resnet_cifar.yaml", {"depth": 20}, 32, 3),
    "mobilenet_v2": ("mobilenet_v2.yaml", {"size": 96, "classes": 10}, 96, 3),
}
CLASSES = 10
BATCH = 32


def contenders(source: str, backend: str) -> tuple[str, ...]:
    """Who takes part."""
    if source == "images":
        return ("netspec", "tf.data", "directory", "loop") if backend == "tensorflow" else ("netspec",)
    return ("netspec", "fit", "tf.data", "loop") if backend == "tensorflow" else ("netspec", "fit", "loop")


# --- data -------------------------------------------------------------------------------------------------------------


def write_arrays(path: Path, count: int, side: int, channels: int) -> None:
    """An archive of `count` random images with labels, as `npz` reads it; the test is as small as may be."""
    import numpy as np

    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (count, side, side, channels), np.uint8)
    y = np.arange(count) % CLASSES
    np.savez(path, x_train=x, y_train=y, x_test=x[:CLASSES], y_test=y[:CLASSES])


def write_images(folder: Path, count: int, side: int) -> None:
    """A folder of `count` JPEGs of ten classes, larger than the network takes them, as photographs are."""
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(0)
    for part, number in (("train", count), ("test", CLASSES)):
        for index in range(number):
            place = folder / part / str(index % CLASSES)
            if index < CLASSES:
                place.mkdir(parents=True)
            size = (2 * side + 8 * (index % 5), 2 * side)
            coarse = Image.fromarray(rng.integers(0, 256, (12, 16, 3), np.uint8)).resize(size, Image.Resampling.BICUBIC)
            noisy = np.asarray(coarse, np.int16) + rng.integers(-12, 13, (size[1], size[0], 3))
            Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(place / f"{index}.jpg", quality=90)


def spec_of(network: str) -> str:
    """The spec's text, whose data and training are given beside it."""
    text = NETWORKS[network][0]
    return text if "\n" in text else (ROOT / "specs" / text).read_text(encoding="utf-8")


# --- one contender, in a process of its own ---------------------------------------------------------------------------


class Watch:
    """When the training began, and how long its epochs took."""

    def __init__(self) -> None:
        self.start: float | None = None
        self.seconds: list[float] = []
        self._began = 0.0

    def begins(self) -> None:
        self._began = time.perf_counter()
        if self.start is None:
            self.start = time.time() - STARTED
            if os.environ.get("BENCH_START"):
                print(json.dumps({"start": self.start}), flush=True)
                os._exit(0)

    def ends(self) -> None:
        self.seconds.append(time.perf_counter() - self._began)

    def callback(self) -> Any:
        """For `fit`."""
        import keras

        return keras.callbacks.LambdaCallback(
            on_epoch_begin=lambda epoch, logs: self.begins(), on_epoch_end=lambda epoch, logs: self.ends()
        )


def run_netspec(network: str, source: str, data: Path, epochs: int, watch: Watch) -> None:
    """`netspec train`, told nothing."""
    from netspec.backends.keras import importing

    importing.is_own_process = True  # as of the command
    from netspec.training import train_spec
    from netspec.training.progress import Silence

    class Watched(Silence):
        def epoch_begins(self, epoch: int, epochs: int, steps: int, done: int = 0) -> None:
            watch.begins()

        def epoch_ends(self, row: Any, epochs: int) -> None:
            watch.ends()

    folder = Path(tempfile.mkdtemp())
    (folder / "it.yaml").write_text(spec_of(network), encoding="utf-8")
    overrides = {
        "data": {"source": {"npz" if source == "arrays" else "folder": str(data)}, "validation_split": 0.0},
        "epochs": epochs,
        "batch_size": BATCH,
        "optimizer": {"adam": {"learning_rate": 0.001}},
        "schedule": "constant",
        "augment": [],
    }
    params = NETWORKS[network][1]
    train_spec(folder / "it.yaml", params=params, runs=folder / "runs", overrides=overrides, progress=Watched())


def built(network: str) -> Any:
    """The network."""
    import keras

    import netspec

    folder = Path(tempfile.mkdtemp())
    (folder / "it.yaml").write_text(spec_of(network), encoding="utf-8")
    keras.utils.set_random_seed(1)
    return netspec.build(folder / "it.yaml", params=NETWORKS[network][1])


def compiled(network: str) -> Any:
    """The network, ready for `fit`."""
    import keras

    model = built(network)
    model.compile(keras.optimizers.Adam(0.001), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def arrays(data: Path) -> tuple[Any, Any]:
    """Examples and labels."""
    import numpy as np

    with np.load(data) as archive:
        return archive["x_train"].astype("float32") / 255, archive["y_train"]


def tf_data(source: str, data: Path, side: int, channels: int) -> Any:
    """A good tf.data pipeline."""
    import tensorflow as tf

    if source == "arrays":
        x, y = arrays(data)
        made = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(len(y), seed=1)
    else:
        files = sorted((data / "train").glob("*/*.jpg"))
        labels = [int(file.parent.name) for file in files]

        def read(path: Any, label: Any) -> Any:
            image = tf.io.decode_jpeg(tf.io.read_file(path), channels=channels)
            return tf.image.resize(image, (side, side)) / 255.0, label

        made = tf.data.Dataset.from_tensor_slices((list(map(str, files)), labels))
        made = made.map(read, num_parallel_calls=tf.data.AUTOTUNE).cache().shuffle(1024, seed=1)
    return made.batch(BATCH).prefetch(tf.data.AUTOTUNE)


def run_fit(network: str, source: str, data: Path, epochs: int, watch: Watch) -> None:
    """`fit` on arrays."""
    x, y = arrays(data)
    compiled(network).fit(x, y, batch_size=BATCH, epochs=epochs, verbose=0, callbacks=[watch.callback()])


def run_tf_data(network: str, source: str, data: Path, epochs: int, watch: Watch) -> None:
    """`fit` on a tf.data pipeline."""
    _, _, side, channels = NETWORKS[network]
    pipeline = tf_data(source, data, side, channels)
    compiled(network).fit(pipeline, epochs=epochs, verbose=0, callbacks=[watch.callback()])


def run_directory(network: str, source: str, data: Path, epochs: int, watch: Watch) -> None:
    """`fit` on `image_dataset_from_directory`."""
    import keras
    import tensorflow as tf

    _, _, side, channels = NETWORKS[network]
    found = keras.utils.image_dataset_from_directory(
        data / "train",
        image_size=(side, side),
        color_mode="grayscale" if channels == 1 else "rgb",
        batch_size=BATCH,
        seed=1,
        verbose=False,
    )
    pipeline = found.map(lambda x, y: (x / 255.0, y), num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)
    compiled(network).fit(pipeline, epochs=epochs, verbose=0, callbacks=[watch.callback()])


def run_loop(network: str, source: str, data: Path, epochs: int, watch: Watch) -> None:
    """A training step written by hand."""
    import keras

    (_loop_tensorflow if keras.backend.backend() == "tensorflow" else _loop_jax)(network, source, data, epochs, watch)


def _loop_tensorflow(network: str, source: str, data: Path, epochs: int, watch: Watch) -> None:
    import keras
    import tensorflow as tf

    _, _, side, channels = NETWORKS[network]
    pipeline = tf_data(source, data, side, channels)
    model = built(network)
    optimizer = keras.optimizers.Adam(0.001)
    optimizer.build(model.trainable_variables)
    accuracy, mean = keras.metrics.SparseCategoricalAccuracy(), keras.metrics.Mean()

    @tf.function(reduce_retracing=True)
    def step(x: Any, y: Any) -> None:
        with tf.GradientTape() as tape:
            predicted = model(x, training=True)
            loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(y, predicted))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        accuracy.update_state(y, predicted)
        mean.update_state(loss)

    for _ in range(epochs):
        watch.begins()
        for x, y in pipeline:
            step(x, y)
        float(mean.result()), float(accuracy.result())
        mean.reset_state()
        accuracy.reset_state()
        watch.ends()


def _loop_jax(network: str, source: str, data: Path, epochs: int, watch: Watch) -> None:
    import jax
    import keras
    import numpy as np

    x, y = arrays(data)
    model = built(network)
    optimizer = keras.optimizers.Adam(0.001)
    optimizer.build(model.trainable_variables)

    def loss_of(trainable: Any, other: Any, x: Any, y: Any) -> Any:
        predicted, other = model.stateless_call(trainable, other, x, training=True)
        loss = keras.ops.mean(keras.losses.sparse_categorical_crossentropy(y, predicted))
        right = keras.ops.mean(keras.ops.cast(keras.ops.argmax(predicted, axis=-1) == y, "float32"))
        return loss, (other, right)

    def step(state: Any, x: Any, y: Any) -> Any:
        trainable, other, optimising = state
        (loss, (other, right)), gradients = jax.value_and_grad(loss_of, has_aux=True)(trainable, other, x, y)
        trainable, optimising = optimizer.stateless_apply(optimising, gradients, trainable)
        return (trainable, other, optimising), (loss, right)

    jitted = jax.jit(step, donate_argnums=0)
    state = ([v.value for v in model.trainable_variables], [v.value for v in model.non_trainable_variables])
    state = (*state, [v.value for v in optimizer.variables])
    rng = np.random.default_rng(1)
    for _ in range(epochs):
        watch.begins()
        order = rng.permutation(len(y))
        sums = []
        for start in range(0, len(y), BATCH):
            chosen = order[start : start + BATCH]
            state, figures = jitted(state, x[chosen], y[chosen])
            sums.append(figures)
        jax.block_until_ready(sums[-1])
        watch.ends()


RUNNERS: dict[str, Callable[[str, str, Path, int, Watch], None]] = {
    "netspec": run_netspec,
    "fit": run_fit,
    "tf.data": run_tf_data,
    "directory": run_directory,
    "loop": run_loop,
}


def child(who: str, network: str, source: str, data: Path, epochs: int) -> None:
    """Train as one contender does, and print what was measured."""
    watch = Watch()
    RUNNERS[who](network, source, data, epochs, watch)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    print(json.dumps({"start": watch.start, "epochs": watch.seconds, "peak": peak}))


# --- the comparison ---------------------------------------------------------------------------------------------------


def measured(who: str, network: str, source: str, data: Path, epochs: int) -> dict[str, Any]:
    """What a contender's process prints."""
    command = [sys.executable, __file__, "--child", who, "--network", network, "--source", source, "--data", str(data)]
    environment = {**os.environ, "BENCH_STARTED": str(time.time()), "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    made = subprocess.run(
        [*command, "--epochs", str(epochs)], env=environment, capture_output=True, text=True, check=False
    )
    if made.returncode:
        raise SystemExit(f"{who} failed:\n{made.stderr[-3000:]}")
    found: dict[str, Any] = json.loads(made.stdout.splitlines()[-1])
    return found


def compare(
    network: str, source: str, examples: int, epochs: int, rounds: int, backend: str, few: list[str] | None
) -> None:
    """Print a row a contender, or of a few of them: medians over the rounds, and netspec's ratios to it."""
    who = [name for name in contenders(source, backend) if few is None or name in ("netspec", *few)]
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in who}
    with tempfile.TemporaryDirectory() as temporary:
        data = write_data(Path(temporary), network, source, examples)
        for _ in range(rounds):
            for name in who:
                found[name].append(measured(name, network, source, data, epochs))
    print(f"\n{network} from {examples:,} {source}, {backend}, {epochs} epochs, {rounds} rounds\n")
    print(
        "| who | examples a second | first epoch, s | before the first step, s | most memory, MiB | speed | start | memory |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name in who:
        rows, own = found[name], found["netspec"]
        speed = [examples / statistics.median(row["epochs"][1:]) for row in rows]
        first = statistics.median(row["epochs"][0] for row in rows)
        start = statistics.median(row["start"] for row in rows)
        peak = statistics.median(row["peak"] for row in rows)
        ratios = (
            _ratio(
                statistics.median(r["epochs"][1:]) / statistics.median(o["epochs"][1:])
                for r, o in zip(rows, own, strict=True)
            ),
            _ratio(o["start"] / r["start"] for r, o in zip(rows, own, strict=True)),
            _ratio(o["peak"] / r["peak"] for r, o in zip(rows, own, strict=True)),
        )
        print(
            f"| {name} | {statistics.median(speed):,.0f} | {first:.1f} | {start:.1f} | {peak / 2**20:,.0f} | "
            f"{' | '.join(ratios)} |",
            flush=True,
        )


def starts(network: str, source: str, examples: int, rounds: int, backend: str) -> None:
    """Print how long each contender takes to its first step, after a round in which the machine reads what all of them need."""
    os.environ["BENCH_START"] = "1"
    who = contenders(source, backend)
    found: dict[str, list[float]] = {name: [] for name in who}
    with tempfile.TemporaryDirectory() as temporary:
        data = write_data(Path(temporary), network, source, examples)
        for turn in range(rounds + 1):
            for name in who:
                seconds = measured(name, network, source, data, 1)["start"]
                if turn:
                    found[name].append(seconds)
    print(f"\nstart of {network} from {examples:,} {source}, {backend}, {rounds} rounds\n")
    for name, own in found.items():
        ratio = _ratio(mine / theirs for mine, theirs in zip(found["netspec"], own, strict=True))
        print(f"{name:<10} {statistics.median(own):.2f} s, netspec's ratio to it {ratio}", flush=True)


def _ratio(values: Iterable[float]) -> str:
    found = sorted(values)
    middle = statistics.median(found)
    return f"{middle:.2f}" if len(found) == 1 else f"{middle:.2f} ({found[0]:.2f} to {found[-1]:.2f})"


def write_data(folder: Path, network: str, source: str, examples: int) -> Path:
    """The data of a comparison."""
    _, _, side, channels = NETWORKS[network]
    if source == "arrays":
        write_arrays(folder / "it.npz", examples, side, channels)
        return folder / "it.npz"
    write_images(folder / "images", examples, side)
    return folder / "images"


def memory(network: str, epochs: int) -> None:
    """Print the most memory that netspec takes for 5,000 and for 50,000 images."""
    peaks = {}
    for count in (5_000, 50_000):
        with tempfile.TemporaryDirectory() as temporary:
            data = write_data(Path(temporary), network, "images", count)
            peaks[count] = measured("netspec", network, "images", data, epochs)["peak"]
        print(f"{count:,} images: {peaks[count] / 2**20:,.0f} MiB", flush=True)
    print(f"ratio {peaks[50_000] / peaks[5_000]:.2f}")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", choices=tuple(NETWORKS), action="append")
    parser.add_argument("--source", choices=("arrays", "images"), action="append")
    parser.add_argument("--examples", type=int, default=10_000)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--start", action="store_true")
    parser.add_argument("--who", choices=tuple(RUNNERS), action="append")
    parser.add_argument("--child", choices=tuple(RUNNERS), help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    backend = os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    networks, sources = options.network or list(NETWORKS), options.source or ["arrays", "images"]
    if options.child:
        child(options.child, networks[0], sources[0], options.data, options.epochs)
    elif options.memory:
        memory(networks[0], options.epochs)
    else:
        for network in networks:
            for source in sources:
                if options.start:
                    starts(network, source, options.examples, options.rounds, backend)
                else:
                    compare(network, source, options.examples, options.epochs, options.rounds, backend, options.who)


if __name__ == "__main__":
    main()
