"""How long `netspec.build` takes beside `keras.applications`' own builder of the same network.

Both build in turn, K N K N …, in one process and after a warm-up; what counts are the ratios of medians of wall time and
of processor time within one run. `python tools/bench/building.py [--backend jax] [--rounds 7] [name …]`
"""

from __future__ import annotations

import argparse
import gc
import importlib.metadata
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SPECS = Path(__file__).parent.parent.parent / "specs"
# The spec, its variant, and the name in keras.applications.
NETWORKS: tuple[tuple[str, str | None, str], ...] = (
    ("vgg16", None, "VGG16"),
    ("resnet", "50", "ResNet50"),
    ("resnet", "101", "ResNet101"),
    ("resnet", "152", "ResNet152"),
    ("resnet_v2", "50", "ResNet50V2"),
    ("inception_v3", None, "InceptionV3"),
    ("inception_resnet_v2", None, "InceptionResNetV2"),
    ("xception", None, "Xception"),
    ("mobilenet", None, "MobileNet"),
    ("mobilenet_v2", None, "MobileNetV2"),
    ("mobilenet_v3", "small", "MobileNetV3Small"),
    ("mobilenet_v3", "large", "MobileNetV3Large"),
    ("densenet", "121", "DenseNet121"),
    ("densenet", "201", "DenseNet201"),
    ("efficientnet", "b0", "EfficientNetB0"),
    ("efficientnet", "b7", "EfficientNetB7"),
    ("efficientnet_v2", "s", "EfficientNetV2S"),
    ("convnext", "tiny", "ConvNeXtTiny"),
)

Seconds = tuple[float, float]  # wall, processor


def timed(build: Callable[[], Any]) -> Seconds:
    """Seconds of one build, as if it were the process's first.

    What the one before left is collected first, in nobody's time: garbage, and what a backend remembers by the names of
    variables, which few processes make twice.
    """
    import keras

    keras.utils.clear_session()
    gc.collect()
    wall, processor = time.perf_counter(), time.process_time()
    build()
    return time.perf_counter() - wall, time.process_time() - processor


def compare(name: str, variant: str | None, theirs: str, rounds: int) -> None:
    """Print a row: medians of both, their ratios, and the ratio for weights that are loaded right after."""
    import keras

    from netspec.api import load
    from netspec.backends.keras.compiling import compile_graph
    from netspec.diagnostics.problems import SpecError

    row = f"{name}{'' if variant is None else ':' + variant}"
    path = SPECS / f"{name}.yaml"
    try:
        graph = load(path, variant=variant)
    except SpecError as error:
        print(
            f"{row:<24} {'cannot be read: ' + error.problems[0].message if path.exists() else 'there is no such spec'}"
        )
        return
    builders: tuple[Callable[[], Any], ...] = (
        lambda: getattr(keras.applications, theirs)(weights=None),
        lambda: compile_graph(graph),
        lambda: compile_graph(graph, initialize=False),
    )
    layers = len(builders[1]().layers)
    for build in builders:
        timed(build)
    runs = [[timed(build) for build in builders] for _ in range(rounds)]
    wall, processor = ([statistics.median(run[way][i] for run in runs) for way in range(3)] for i in range(2))
    print(
        f"{row:<24} {layers:>6} {wall[0]:>8.3f} {wall[1]:>8.3f} {wall[0] / wall[1]:>7.2f} {processor[0] / processor[1]:>7.2f}"
        f" {wall[0] / wall[2]:>7.2f}",
        flush=True,
    )


def main(arguments: list[str]) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "names", nargs="*", help="specs; without any, all that have a counterpart in keras.applications"
    )
    parser.add_argument("--backend", help="KERAS_BACKEND")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(arguments)
    if options.backend:
        os.environ["KERAS_BACKEND"] = options.backend
    from netspec.backends.keras.importing import import_keras

    backend = import_keras().backend.backend()
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("keras", backend, "numpy"))
    print(f"{versions}; Python {sys.version.split()[0]}; {os.cpu_count()} processors; medians of {options.rounds}")
    print(
        "seconds, and how many times as fast as keras.applications; the last: for weights that are loaded right after"
    )
    print(f"{'network':<24} {'layers':>6} {'Keras s':>8} {'ours s':>8} {'wall':>7} {'cpu':>7} {'loaded':>7}")
    for name, variant, theirs in NETWORKS:
        if not options.names or name in options.names:
            compare(name, variant, theirs, options.rounds)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
