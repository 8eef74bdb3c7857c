"""Swin against the same network in Keras's own words, weight for weight."""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netspec
from tests.support.matching import scramble
from tests.support.rebuilt.swin import swin

SPEC = Path(__file__).parent.parent.parent / "specs" / "swin.yaml"
GROUPS = {  # layers of the spec's network, and those of the other that hold the same weights in the same order
    "BiasedMultiHeadAttention": "EinsumDense",
    "Learned": "Table",
    "Conv2D": "Conv2D",
    "Dense": "Dense",
    "LayerNormalization": "LayerNormalization",
}


def of(model: Any, word: str) -> list[Any]:
    return [weight for layer in model.layers if type(layer).__name__ == word for weight in layer.weights]


def agree(params: dict[str, Any], depths: list[int], **figures: Any) -> None:
    ours = netspec.build(SPEC, params={**params, **figures, "classes": 10})
    theirs = swin(depths=depths, **figures)
    assert ours.count_params() == theirs.count_params()
    scramble(theirs)
    rng = np.random.default_rng(1)
    copied = 0
    for here, there in GROUPS.items():
        for mine, other in zip_longest(of(ours, here), of(theirs, there)):
            value = np.asarray(other)
            if here == "Learned":
                other.assign(value := rng.normal(size=value.shape))  # else the distances hardly count
            mine.assign(value.reshape(mine.shape))
            copied += value.size
    assert copied == ours.count_params()
    x = rng.normal(size=(2, figures["size"], figures["size"], 3)).astype("float32")
    a, b = (np.asarray(model.predict(x, verbose=0)) for model in (ours, theirs))
    assert np.ptp(b, axis=0).max() > 0.01  # else the classes say nothing about the image
    assert np.abs(a - b).max() <= 1e-5


@pytest.mark.parametrize(("size", "window"), [(64, 4), (64, 8), (96, 3)])
def test_a_small_one(size: int, window: int) -> None:
    agree({"before": [0, 2, 4, 7, 9]}, [2, 2, 3, 2], size=size, window=window, width=12, heads=3)


@pytest.mark.slow
def test_the_whole_network() -> None:
    agree({}, [2, 2, 6, 2], size=224, window=7, width=96, heads=3)
