"""Constants in other precisions than float32."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops
from numpy.testing import assert_allclose

import netspec
from netspec.layers import Constant

NETWORK = """\
netspec: 1
input: [4]
layers:
  - constant: {name: mask, value: [1, 0, 1, 0]}
  - multiply: {from: [input, mask]}
  - dense: 1
"""


@pytest.mark.parametrize(("policy", "digits"), [("mixed_bfloat16", 1e-2), ("mixed_float16", 1e-3), ("float32", 1e-7)])
def test_a_constant_has_the_numbers_of_its_policy(policy: str, digits: float) -> None:
    """Each product with 1 is the number itself, rounded as the policy counts."""
    layer = Constant([0.5, 1 / 3, -3.0, 250.0], [2, 2], dtype=policy)
    x = ops.ones((3, 2, 2), layer.compute_dtype)
    y = layer(x)
    assert keras.backend.standardize_dtype(y.dtype) == layer.compute_dtype
    found = ops.convert_to_numpy(ops.cast(x * y, "float32"))
    assert found.shape == (3, 2, 2)
    assert_allclose(found[2], [[0.5, 1 / 3], [-3, 250]], rtol=digits)
    symbolic = layer(keras.Input((2, 2)))
    assert (symbolic.shape, symbolic.dtype) == ((None, 2, 2), layer.compute_dtype)


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_a_network_with_a_constant_learns(policy: str, tmp_path: Path) -> None:
    path = tmp_path / "masked.yaml"
    path.write_text(NETWORK, encoding="utf-8")
    keras.config.set_dtype_policy(policy)
    try:
        model = netspec.build(path)
    finally:
        keras.config.set_dtype_policy("float32")
    model.compile(optimizer="sgd", loss="mse")
    kernel = model.get_layer("dense_1").kernel
    before = np.array(ops.convert_to_numpy(kernel))
    x = np.random.default_rng(0).normal(size=(8, 4)).astype("float32")
    model.train_on_batch(x, np.ones((8, 1), "float32"))
    moved = ops.convert_to_numpy(kernel) != before
    assert moved.ravel().tolist() == [True, False, True, False], "what the mask hides has no gradient"
