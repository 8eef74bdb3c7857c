"""Whether specs train on a GPU, and how fast: ResNet-50 at 224 pixels in bfloat16, beside plain PyTorch and plain Keras on JAX.

It needs no TensorFlow and no network: JAX, PyTorch, Keras and netspec's own base packages. First `netspec train` trains LeNet-5
and a small ResNet in mixed precision, on the JAX and on the PyTorch backend, each in a process of its own, and it must have
been on a GPU. Then these train steps on images that lie on the device, in turn, round by round, in one run:

    netspec on JAX       the spec's network and optimiser, as `netspec train` compiles them, in `fit`
    Keras on JAX         `keras.applications.ResNet50`, compiled and fitted plainly
    netspec on PyTorch   the spec on the PyTorch backend
    PyTorch              the network written by hand: channels last, autocast, `torch.compile`

All are prepared at once and measured one after the other. What counts are images a second, and what share that is of the
arithmetic which one large product of matrices in bfloat16 reached in the same run (a step counts as three forward passes).
What did not fit into `--budget` seconds is said, never guessed.

`python tools/bench/gpu.py [--budget 460] [--batch-size 256] [--out gpu.md]`; `--small` goes through all of it on a CPU, with tiny
networks and whatever of JAX and PyTorch is installed.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from queue import Empty, Queue
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent.parent
SPECS = ROOT / "specs"
SETTLE = 20.0  # seconds of the budget that are kept for the end
CHECKS = 150.0  # seconds that the checks may take at most
FAILED = "it was not ready in time, or failed"
STEP = 3  # forward passes that a training step counts as


class Size(NamedTuple):
    """How large everything is."""

    blocks: tuple[int, ...]
    pixels: int
    classes: int
    batch_size: int
    steps: int  # of a round
    matrix: int  # side of the matrices
    small: bool


class Measured(NamedTuple):
    """What a contestant did."""

    name: str
    seconds: tuple[float, ...]  # of each round
    examples: int  # of a round


class Contestant(NamedTuple):
    """Who is measured."""

    name: str
    backend: str
    package: str


CONTESTANTS = (
    Contestant("netspec on JAX", "jax", "jax"),
    Contestant("Keras on JAX", "jax", "jax"),
    Contestant("netspec on PyTorch", "torch", "torch"),
    Contestant("PyTorch", "torch", "torch"),
)


def size_of(small: bool, batch_size: int | None) -> Size:
    """Of a GPU, or of a CPU in CI."""
    if small:
        return Size((1, 1, 1, 1), 32, 10, batch_size or 8, 2, 256, True)
    return Size((3, 4, 6, 3), 224, 1000, batch_size or 256, 20, 8192, False)


# --- the table --------------------------------------------------------------------------------------------------------


def table(measured: Sequence[Measured], macs: int, rate: float | None) -> list[str]:
    """A Markdown table: images a second by round, and the share of what the matrices reached.

    Args:
        measured: who was measured.
        macs: multiply-accumulates of a forward pass of one image.
        rate: of the product of matrices, in operations a second; None where it was not measured.
    """
    lines = [
        "| | images a second | rounds, least to most | seconds a round | of the matrix rate | to PyTorch |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    speeds = {each.name: [each.examples / seconds for seconds in each.seconds] for each in measured if each.seconds}
    reference = speeds.get("PyTorch")
    for name, found in speeds.items():
        speed = statistics.median(found)
        share = "" if rate is None else f"{100 * speed * 2 * macs * STEP / rate:.1f} %"
        ratio = "" if reference is None else f"{speed / statistics.median(reference):.2f}"
        seconds = statistics.median(next(each.seconds for each in measured if each.name == name))
        lines.append(
            f"| {name} | {speed:,.0f} | {len(found)}: {min(found):,.0f} to {max(found):,.0f} | {seconds:.3f} | {share} | {ratio} |"
        )
    return lines


def versions() -> str:
    """What is installed of what matters."""
    names = ("netspec-keras", "keras", "jax", "jaxlib", "torch", "numpy")
    found = []
    for name in names:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return ", ".join((*found, f"Python {platform.python_version()}"))


def card() -> str:
    """The GPU's name; the processor's where there is none."""
    try:
        found = subprocess.run(
            ("nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"),
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        return found.stdout.strip().splitlines()[0]
    except (OSError, subprocess.SubprocessError, IndexError):
        return f"no GPU; {platform.processor() or platform.machine()}, {os.cpu_count()} cores"


# --- in a process of its own: does it train? --------------------------------------------------------------------------


def check(backend: str, small: bool) -> None:
    """Train two specs on a backend, and raise where it was on no GPU. Prints a line for each."""
    from netspec.cli import main

    if importlib.util.find_spec("sklearn") is not None:
        runs = [("lenet5.yaml", ["--data", "digits"]), ("resnet_digits.yaml", [])]
    else:  # whose digits they are; corners are drawn
        runs = [("corners_cnn.yaml", [])]
    precision = "mixed_bfloat16"
    for spec, more in runs:
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            arguments = ["train", str(SPECS / spec), "--epochs", "2" if small else "5", "--runs", folder, *more]
            with open(os.devnull, "w", encoding="utf-8") as nowhere:
                status = main([*arguments, "--train", f"precision={precision}"], nowhere, sys.stderr)
            if status:
                raise SystemExit(f"{spec} does not train on {backend}")
            record = json.loads(next(Path(folder).glob("*/*/run.json")).read_text())
            accuracy = record["results"]["test"]["accuracy"]
            if not small and record["device"] != "gpu":
                raise SystemExit(f"{spec} trained on {record['device']} with {backend}, not on a GPU")
            print(
                f"{spec} on {backend}, {record['device']}, {precision}: test accuracy {accuracy:.3f}, "
                f"{time.perf_counter() - began:.0f} s"
            )


# --- in a process of its own: how fast? -------------------------------------------------------------------------------


def netspec_plan(size: Size) -> Any:
    """ResNet's spec, as `netspec train` would plan it."""
    from netspec.pipeline import check as checked
    from netspec.training.plan import plan_run

    path = SPECS / "resnet.yaml"
    params = {"size": size.pixels, "classes": size.classes, "blocks": list(size.blocks)}
    spec = checked(path, params=params, variant="50")
    overrides = {
        "data": {"npz": "images.npz"},  # which nobody reads: the images are random, and lie on the device
        "batch_size": size.batch_size,
        "precision": "mixed_bfloat16",
        "optimizer": {"sgd": {"learning_rate": 0.1, "momentum": 0.9}},
        "metrics": [],
    }
    return plan_run(spec, path.read_bytes(), params=params, variant="50", overrides=overrides)


def netspec_model(size: Size) -> Any:
    """The spec's network, compiled as `netspec train` does."""
    from netspec.backends.keras.importing import import_keras
    from netspec.data.schema import Target
    from netspec.training.devices import machine
    from netspec.training.learner import make_learner
    from netspec.training.progress import Silence

    keras, plan = import_keras(), netspec_plan(size)
    targets = {name: Target("images", "classes", size.classes) for name in plan.graph.outputs}
    return make_learner(
        keras, plan, targets, size.steps, validates=False, machine=machine(keras), progress=Silence()
    ).model


def keras_model(size: Size) -> Any:
    """What one writes with Keras alone."""
    import keras

    keras.config.set_dtype_policy("mixed_bfloat16")
    if size.small:
        from netspec.backends.keras.compiling import compile_graph

        model = compile_graph(netspec_plan(size).graph)
    else:
        shape = (size.pixels, size.pixels, 3)
        model = keras.applications.ResNet50(weights=None, input_shape=shape, classes=size.classes)
    optimizer = keras.optimizers.SGD(0.1, momentum=0.9)
    model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy", metrics=[])
    return model


def fitted(model: Any, size: Size) -> Callable[[], None]:
    """A round of `fit` over one batch that lies on the device."""
    import keras
    import numpy as np

    rng = np.random.default_rng(0)
    images = rng.random((size.batch_size, size.pixels, size.pixels, 3), np.float32)
    x = keras.ops.convert_to_tensor(images)
    y = keras.ops.convert_to_tensor(rng.integers(0, size.classes, size.batch_size).astype(np.int32))
    base: Any = keras.utils.PyDataset

    class Same(base):  # type: ignore[misc]  # Keras ships no types
        """The same batch again and again."""

        @property
        def num_batches(self) -> int:
            return size.steps

        def __getitem__(self, step: int) -> tuple[Any, Any]:
            return x, y

    batches = Same()
    return lambda: model.fit(batches, epochs=1, shuffle=False, verbose=0)


def torch_round(size: Size) -> Callable[[], None]:
    """ResNet-50 as one writes it with PyTorch alone."""
    import torch
    from torch import nn

    def conv(read: int, filters: int, kernel: int, stride: int = 1) -> Any:
        return nn.Conv2d(read, filters, kernel, stride, kernel // 2, bias=False)

    class Bottleneck(nn.Module):
        """1x1, 3x3 and 1x1, beside a shortcut."""

        def __init__(self, read: int, filters: int, stride: int) -> None:
            super().__init__()
            self.body = nn.Sequential(
                conv(read, filters, 1, stride),
                nn.BatchNorm2d(filters),
                nn.ReLU(inplace=True),
                conv(filters, filters, 3),
                nn.BatchNorm2d(filters),
                nn.ReLU(inplace=True),
                conv(filters, 4 * filters, 1),
                nn.BatchNorm2d(4 * filters),
            )
            self.shortcut: Any = nn.Identity()
            if stride > 1 or read != 4 * filters:
                self.shortcut = nn.Sequential(conv(read, 4 * filters, 1, stride), nn.BatchNorm2d(4 * filters))

        def forward(self, x: Any) -> Any:
            return torch.relu(self.body(x) + self.shortcut(x))

    layers: list[Any] = [conv(3, 64, 7, 2), nn.BatchNorm2d(64), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)]
    read = 64
    for stage, blocks in enumerate(size.blocks):
        for block in range(blocks):
            layers.append(Bottleneck(read, 64 * 2**stage, 2 if block == 0 and stage > 0 else 1))
            read = 256 * 2**stage
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(read, size.classes)]
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.backends.cudnn.benchmark = True
    network = nn.Sequential(*layers).to(device=device, memory_format=torch.channels_last)
    model = network if size.small else torch.compile(network)
    optimizer = torch.optim.SGD(network.parameters(), 0.1, momentum=0.9)
    loss = nn.CrossEntropyLoss()
    x = torch.rand(size.batch_size, 3, size.pixels, size.pixels, device=device).to(memory_format=torch.channels_last)
    y = torch.randint(0, size.classes, (size.batch_size,), device=device)

    def run() -> None:
        for _ in range(size.steps):
            optimizer.zero_grad(set_to_none=True)
            with torch.autocast(device, dtype=torch.bfloat16):
                value = loss(model(x), y)
            value.backward()
            optimizer.step()
        if device == "cuda":
            torch.cuda.synchronize()

    return run


def matrix_rate(backend: str, side: int) -> float:
    """Operations a second of the fastest of several products of two square matrices in bfloat16."""
    times = 3 if side < 1000 else 10

    def fastest(product: Callable[[], None]) -> float:
        product()
        best = float("inf")
        for _ in range(times):
            began = time.perf_counter()
            product()
            best = min(best, time.perf_counter() - began)
        return 2 * side**3 * times / best

    if backend == "jax":
        import jax
        import jax.numpy as jnp

        a = jnp.ones((side, side), jnp.bfloat16)
        dot = jax.jit(lambda a, b: a @ b)

        def product() -> None:
            made = a
            for _ in range(times):
                made = dot(a, a)
            made.block_until_ready()
    else:
        import torch

        device = "cuda" if torch.cuda.is_available() else "cpu"
        matrix = torch.ones(side, side, device=device, dtype=torch.bfloat16)

        def product() -> None:
            for _ in range(times):
                matrix @ matrix
            if device == "cuda":
                torch.cuda.synchronize()

    return fastest(product)


def work(name: str, size: Size) -> None:
    """Prepare a contestant, say so, and run a round at each line of standard input."""
    if name == "PyTorch":
        run, macs = torch_round(size), None
    else:
        model = netspec_model(size) if name.startswith("netspec") else keras_model(size)
        run = fitted(model, size)
        macs = netspec_plan(size).graph.totals().macs if name.startswith("netspec") else None
    run()  # which compiles
    say({"ready": name, "macs": macs})
    for line in sys.stdin:
        if line.strip() == "matrix":
            say({"rate": matrix_rate("torch" if "PyTorch" in name else "jax", size.matrix)})
            continue
        began = time.perf_counter()
        run()
        say({"seconds": time.perf_counter() - began})


def say(found: dict[str, object]) -> None:
    """To the process that asks."""
    sys.__stdout__.write("@" + json.dumps(found) + "\n")  # type: ignore[union-attr]  # which is there: it is a pipe
    sys.__stdout__.flush()  # type: ignore[union-attr]


# --- the whole --------------------------------------------------------------------------------------------------------


class Worker:
    """A contestant in its process."""

    def __init__(self, contestant: Contestant, arguments: Sequence[str]) -> None:
        self.name = contestant.name
        self.seconds: list[float] = []
        self._said: Queue[dict[str, Any] | None] = Queue()
        self.process = subprocess.Popen(
            (sys.executable, __file__, "--work", contestant.name, *arguments),
            env=environment(contestant.backend),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("@"):
                self._said.put(json.loads(line[1:]))
        self._said.put(None)

    def hear(self, until: float) -> dict[str, Any] | None:
        """What it says next; None where it says nothing in time, or has ended."""
        try:
            return self._said.get(timeout=max(0.1, until - time.monotonic()))
        except Empty:
            return None

    def ask(self, what: str, until: float) -> dict[str, Any] | None:
        """Ask for a round, or for a product of matrices."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(what + "\n")
            self.process.stdin.flush()
        except OSError:
            return None
        return self.hear(until)

    def end(self) -> None:
        """Let it go."""
        self.process.kill()
        self.process.wait()


def environment(backend: str) -> dict[str, str]:
    """Of a process on a backend, which leaves the others their share of the GPU's memory."""
    own = {"KERAS_BACKEND": backend, "XLA_PYTHON_CLIENT_PREALLOCATE": "false", "PYTHONPATH": str(ROOT)}
    return {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **own}


def checks(small: bool, until: float) -> tuple[list[str], list[str]]:
    """What trained, and what did not fit or failed."""
    done: list[str] = []
    missing: list[str] = []
    for backend in ("jax", "torch"):
        if importlib.util.find_spec(backend) is None:
            missing.append(f"training on {backend}: it is not installed")
            continue
        more = ["--small"] if small else []
        try:
            found = subprocess.run(
                (sys.executable, __file__, "--check", backend, *more),
                env=environment(backend),
                capture_output=True,
                text=True,
                timeout=max(1.0, until - time.monotonic()),
                check=False,
            )
        except subprocess.TimeoutExpired:
            missing.append(f"training on {backend}: it did not fit into its time")
            continue
        if found.returncode:
            raise SystemExit(f"{found.stdout}{found.stderr}")
        done += found.stdout.splitlines()
    return done, missing


def main() -> None:
    """The checks, then the rounds, then the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--budget", type=float, default=460, help="seconds that all of it may take")
    parser.add_argument("--batch-size", type=int)
    parser.add_argument("--rounds", type=int, default=15, help="at most")
    parser.add_argument("--small", action="store_true", help="tiny networks, for a CPU")
    parser.add_argument("--out", type=Path, help="where to write the table, too")
    parser.add_argument("--check", help=argparse.SUPPRESS)
    parser.add_argument("--work", help=argparse.SUPPRESS)
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    size = size_of(options.small, options.batch_size)
    if options.check:
        check(options.check, options.small)
        return
    if options.work:
        work(options.work, size)
        return
    ends = time.monotonic() + options.budget - (0 if options.small else SETTLE)
    trained, missing = checks(options.small, ends if options.small else time.monotonic() + CHECKS)
    given = [*(["--small"] if options.small else []), "--batch-size", str(size.batch_size)]
    present = [each for each in CONTESTANTS if importlib.util.find_spec(each.package) is not None]
    missing += [f"{each.name}: {each.package} is not installed" for each in CONTESTANTS if each not in present]
    lines = report(present, given, size, 2 if options.small else options.rounds, ends, missing)
    text = "\n".join((*trained, "", *lines)) + "\n"
    print(text, end="")
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    if options.small and any(FAILED in each for each in lines):
        sys.exit(1)


def report(
    contestants: Sequence[Contestant], given: Sequence[str], size: Size, rounds: int, ends: float, missing: list[str]
) -> list[str]:
    """Measure, and say what came of it."""
    workers = [Worker(each, given) for each in contestants]
    macs = None
    rates: list[float] = []
    try:
        ready = []
        for worker in workers:
            said = worker.hear(ends)
            if said is None:
                missing.append(f"{worker.name}: {FAILED}")
            else:
                ready.append(worker)
                macs = said.get("macs") or macs
        for _ in range(rounds):
            for worker in ready:
                said = worker.ask("round", ends)
                if said is not None:
                    worker.seconds.append(said["seconds"])
            if time.monotonic() > ends:
                missing.append("more rounds: the time was over")
                break
        for worker in ready[:1] + ready[-1:]:
            said = worker.ask("matrix", ends + SETTLE / 2)
            if said is not None:
                rates.append(said["rate"])
    finally:
        for worker in workers:
            worker.end()
    rate = max(rates, default=None)
    measured = [Measured(each.name, tuple(each.seconds), size.batch_size * size.steps) for each in workers]
    blocks = "-".join(map(str, size.blocks))
    what = f"ResNet of {blocks} bottlenecks, {size.pixels} x {size.pixels}, bfloat16, batches of {size.batch_size}"
    lines = [card(), versions(), f"{what}; a round is {size.steps} steps."]
    lines.append(
        "" if rate is None else f"Products of {size.matrix} x {size.matrix} matrices: {rate / 1e12:,.1f} TFLOP/s."
    )
    lines += ["", *(table(measured, macs, rate) if macs else ["Nothing was measured."])]
    return [*lines, "", *(f"Left out: {each}." for each in missing)]


if __name__ == "__main__":
    main()
