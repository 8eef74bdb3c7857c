"""Attention whose scores get a bias: netspec's own layer, against the formula."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import netspec
import netspec.layers

SPEC = """
netspec: 1
inputs: {{x: [4, 5, 6], y: [4, 7, 6], table: [2, 5, 7], seen: {{shape: [4, 5, 7], dtype: bool}}}}
layers:
  - multi_head_attention: {{from: [x, y], num_heads: 2, key_dim: 3, attention_axes: 2, bias: table, name: out{more}}}
"""


def built(tmp_path: Path, more: str) -> Any:
    path = tmp_path / "biased.yaml"
    path.write_text(SPEC.format(more=more), encoding="utf-8")
    return netspec.build(path)


def examples() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    sizes = {"x": (3, 4, 5, 6), "y": (3, 4, 7, 6), "table": (3, 2, 5, 7)}
    found = {name: rng.normal(size=size).astype("float32") for name, size in sizes.items()}
    return {**found, "seen": rng.random((3, 4, 5, 7)) < 0.7}


def by_formula(layer: Any, given: dict[str, np.ndarray], *, masked: bool) -> np.ndarray:
    """softmax(q k / sqrt(d) + bias) v, with the layer's own weights."""
    wq, bq, wk, bk, wv, bv, wo, bo = (keras.ops.convert_to_numpy(each) for each in layer.weights)
    q = np.einsum("bwtc,chd->bwhtd", given["x"], wq) + bq[:, None]
    k = np.einsum("bwsc,chd->bwhsd", given["y"], wk) + bk[:, None]
    v = np.einsum("bwsc,chd->bwhsd", given["y"], wv) + bv[:, None]
    scores = np.einsum("bwhtd,bwhsd->bwhts", q, k) / np.sqrt(3) + given["table"][:, None]
    if masked:
        scores = np.where(given["seen"][:, :, None], scores, -1e9)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    return np.asarray(np.einsum("bwhtd,hdc->bwtc", np.einsum("bwhts,bwhsd->bwhtd", weights, v), wo) + bo)


@pytest.mark.backend
@pytest.mark.parametrize("masked", [False, True])
def test_it_adds_the_bias_to_the_scores(tmp_path: Path, masked: bool) -> None:
    model = built(tmp_path, ", attention_mask: seen" if masked else "")
    layer = model.get_layer("out")
    rng = np.random.default_rng(2)
    layer.set_weights([rng.normal(size=each.shape) * 0.5 for each in layer.weights])
    given = examples()
    found = keras.ops.convert_to_numpy(model(given))
    np.testing.assert_allclose(found, by_formula(layer, given, masked=masked), atol=1e-5)
    model.save(tmp_path / "biased.keras")
    again = keras.models.load_model(tmp_path / "biased.keras")
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(again(given)), found)
