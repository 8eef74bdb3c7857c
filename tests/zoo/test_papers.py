"""What papers say that no comparison of outputs on trained weights shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import netspec
from tests.support.small import SMALL

SPECS = Path(__file__).parent.parent.parent / "specs"


def built(name: str, **params: Any) -> Any:
    """A spec in its small form, with these params."""
    variant, given = SMALL[name]
    return netspec.build(SPECS / f"{name}.yaml", variant=variant, params={**given, **params})


def test_the_classes_of_textcnn_are_kept_from_growing_longer_than_three() -> None:
    """arXiv 1408.5882, section 2.1: after each step, the vector of each class."""
    layer = built("textcnn").get_layer("logits")
    weights = np.ones((12, 2), "float32") * [0.1, 10]
    lengths = np.linalg.norm(keras.ops.convert_to_numpy(layer.kernel_constraint(weights)), axis=0)
    assert lengths == pytest.approx([0.1 * 12**0.5, 3], rel=1e-5)


def test_padding_changes_nothing_however_many_encoders_there_are() -> None:
    """Keras's attention takes the mask from its own query, so that a sum behind it has none: the spec says its own."""
    model = built("transformer_encoder", depth=3)
    texts = np.array([[7, 3, 5, 9, *[0] * 8], [4, 0, 2, 1, 1, 6, 8, 0, 0, 0, 0, 0]])
    before = keras.ops.convert_to_numpy(model(texts))
    table = model.get_layer("embedding_1")
    (rows,) = table.get_weights()
    rows[0] += np.random.default_rng(0).normal(size=rows.shape[1])
    table.set_weights([rows])
    assert keras.ops.convert_to_numpy(model(texts)) == pytest.approx(before, abs=1e-6)


def test_the_zeros_around_an_image_count_in_the_means_of_shufflenet() -> None:
    """As in the authors' code: of nine ones in a corner's window four are there."""
    model = built("shufflenet")
    pool = next(layer for layer in model.layers if isinstance(layer, keras.layers.AveragePooling2D))
    means = keras.Model(model.get_layer("pool1").output, pool.output)
    ones = np.ones((1, *model.get_layer("pool1").output.shape[1:]), "float32")
    assert keras.ops.convert_to_numpy(means(ones))[0, 0, 0] == pytest.approx(4 / 9)
