"""Every family learns: ten steps on random data make the loss fall, in float32 and in mixed_bfloat16."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import netspec
from netspec.graph.endings import ending
from netspec.kinds.dense import Embedding
from tests.support.small import SMALL

SPECS = Path(__file__).parent.parent.parent / "specs"
QUICK = ("resnet_cifar", "siamese", "text_bilstm")  # skips, shared weights, recurrence
BATCH = 8
# Without batch norm, and without the warm-up that it is trained with; of few features, half of which are dropped.
RATES = {"convnext": 1e-4, "textcnn": 1e-2}
RAW = ("bifpn", "fpn", "efficientdet", "vae")  # features or numbers, not classes
UNKNOWN = 40  # steps, where their number is not known until run time


def random(shape: tuple[int | None, ...], dtype: str, rng: np.random.Generator, words: int = 50) -> Any:
    sizes = (BATCH, *(size or UNKNOWN for size in shape))
    return rng.integers(0, words, sizes) if "int" in dtype else rng.normal(size=sizes).astype("float32")


def losses(name: str, precision: str) -> list[float]:
    """The loss of each of ten steps on one batch, as the spec weighs its outputs."""
    variant, params = SMALL[name]
    path = SPECS / f"{name}.yaml"
    graph = netspec.load(path, variant=variant, params=params)
    rng = np.random.default_rng(0)
    keras.utils.set_random_seed(0)
    keras.config.set_dtype_policy(precision)
    try:
        model = netspec.build(path, variant=variant, params=params)
    finally:
        keras.config.set_dtype_policy("float32")
    objectives: dict[str, Any] = {}
    labels = {}
    for output, index in graph.outputs.items():
        *places, classes = graph.nodes[index].shape
        if name in RAW:
            objectives[output] = "mean_squared_error"
            labels[output] = random(graph.nodes[index].shape, "float32", rng)
            continue
        loss = keras.losses.SparseCategoricalCrossentropy if classes > 1 else keras.losses.BinaryCrossentropy
        objectives[output] = loss(from_logits=ending(graph, index) not in ("softmax", "sigmoid"))
        labels[output] = rng.integers(0, max(classes, 2), random(tuple(places), "float32", rng).shape)[..., None]
    weights = graph.train.values()["loss_weights"] if graph.train is not None else None
    one = len(objectives) == 1
    model.compile(
        optimizer=keras.optimizers.Adam(RATES.get(name, 3e-4)),
        loss=next(iter(objectives.values())) if one else objectives,
        loss_weights=None if one else weights,
        run_eagerly=True,  # ten steps take less time than tracing a graph of them
    )
    words = min((node.config.input_dim for node in graph.nodes if isinstance(node.config, Embedding)), default=50)
    x = {graph.nodes[i].path: random(graph.nodes[i].shape, graph.nodes[i].dtype, rng, words) for i in graph.inputs}
    if any(node.kind_name in ("rescale", "normalize") for node in graph.nodes[:4]):  # it takes bytes
        x = {path: 128 + 64 * values for path, values in x.items()}
    given = next(iter(x.values())) if len(x) == 1 else x
    y = next(iter(labels.values())) if one else labels
    found = []
    for _ in range(10):
        model.reset_metrics()
        found.append(float(model.train_on_batch(given, y, return_dict=True)["loss"]))
    keras.backend.clear_session()
    return found


def falls(name: str, precision: str) -> None:
    found = losses(name, precision)
    assert np.isfinite(found).all()
    assert min(found[-3:]) < found[0], found


@pytest.mark.parametrize("name", QUICK)
def test_the_loss_falls(name: str) -> None:
    falls(name, "float32")


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(SMALL.keys() - set(QUICK)))
def test_the_loss_of_the_others_falls(name: str) -> None:
    falls(name, "float32")


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(SMALL))
def test_the_loss_falls_in_half_precision(name: str) -> None:
    falls(name, "mixed_bfloat16")


def test_every_family_is_here() -> None:
    assert sorted(SMALL) == sorted(path.stem for path in SPECS.glob("*.yaml"))
