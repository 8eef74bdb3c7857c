"""Models whose channels come first become specs whose channels come last, and compute the same."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

from netspec.cli import main
from netspec.conversion.converting import Inconvertible
from netspec.conversion.writing import text_of

from .corpus import CHANNELS_FIRST
from .test_corpus import compared, converted

pytestmark = pytest.mark.backend
FIRST = "channels_first"


@pytest.mark.parametrize("name", CHANNELS_FIRST)
def test_a_model_comes_through_whole(name: str) -> None:
    model = CHANNELS_FIRST[name]()
    for layer in model.layers:  # figures that tell each number from the others
        layer.set_weights([np.random.default_rng(1).uniform(0.1, 1, weight.shape) for weight in layer.get_weights()])
    compared(model)


TEXT = """\
netspec: 1
name: functional
input: [8, 6, 3]
layers:
  - conv: {filters: 4, kernel_size: 3, padding: same}
  - batch_norm
  - relu: {name: re_lu}
  - 1x1: {filters: 4, name: conv2d_1}
  - concat:
      from: [re_lu, conv2d_1]
  - pool
  - flatten
  - dropout: 0.5
  - dense: 5
"""


def test_the_text_says_channels_last_and_exchanges_nothing() -> None:
    keras.utils.clear_session(free_memory=False)
    flat = converted(CHANNELS_FIRST["flattened"]())
    assert text_of(flat) == TEXT
    assert flat.nodes[-1].order == ((1, 2, 0), (8, 4, 3))


def test_what_cannot_be_turned_is_laid_as_it_was() -> None:
    x = keras.Input((3, 8, 6))
    y = layers.Dense(5)(layers.Conv2D(4, 3, data_format=FIRST, padding="same")(x))  # along the rows
    flat = compared(keras.Model(x, layers.Conv2D(2, 1, data_format=FIRST)(y)))
    assert [(node.kind_name, node.values) for node in flat.nodes] == [
        ("conv", {"filters": 4, "kernel_size": 3, "padding": "same"}),
        ("permute", {"dims": [3, 1, 2]}),
        ("dense", {"units": 5}),
        ("permute", {"dims": [2, 3, 1]}),
        ("1x1", {"filters": 2}),
    ]


def test_an_activation_along_the_last_axis_is_told() -> None:
    x = keras.Input((3, 8, 6))
    with pytest.raises(Inconvertible) as caught:
        converted(keras.Model(x, layers.Conv2D(4, 3, data_format=FIRST, activation="softmax", name="c")(x)))
    assert caught.value.failures == (
        ("c", "has the activation `softmax` along the last axis, where its channels come first"),
    )


def test_a_layer_on_tensors_that_lie_differently_is_told() -> None:
    x, dense = keras.Input((3, 4, 5)), layers.Dense(2, name="d")
    first = layers.Flatten(data_format="channels_last")(layers.MaxPooling2D(1, data_format=FIRST)(x))
    second = layers.Flatten(data_format=FIRST)(layers.MaxPooling2D(1, data_format=FIRST)(x))
    with pytest.raises(Inconvertible) as caught:
        converted(keras.Model(x, ops.concatenate([dense(first), dense(second)], axis=-1)))
    assert caught.value.failures == (("d", "is called on tensors whose channels lie in different places"),)


def test_the_command_says_so(tmp_path: Path) -> None:
    path, target, weights = (tmp_path / name for name in ("m.keras", "m.yaml", "m.npz"))
    model: Any = CHANNELS_FIRST["flattened"]()
    model.save(path)
    out = io.StringIO()
    assert main(["import", str(path), "--flat", "-o", str(target), "--weights", str(weights)], out, out) == 0
    assert out.getvalue() == (
        f"wrote {target}: 14 lines, whose outputs are the model's; channels come last in it, and first in the model\n"
    )
    theirs = model.layers[-1].get_weights()[0].reshape(8, 4, 3, 5).transpose(1, 2, 0, 3).reshape(96, 5)
    with np.load(weights) as arrays:
        assert np.array_equal(arrays["dense_1/kernel"], theirs)


def test_what_a_backend_cannot_compute_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.keras"
    keras.Sequential([keras.Input((4, 6, 6)), layers.MaxPooling2D(2, data_format=FIRST)]).save(path)

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("The MaxPooling op supports NHWC only\nand so on")

    monkeypatch.setattr(layers.MaxPooling2D, "call", fail)
    monkeypatch.setattr(layers.MaxPooling2D, "compute_output_spec", lambda _, x: keras.KerasTensor((None, 4, 3, 3)))
    out = io.StringIO()
    assert main(["import", str(path)], out, out) == 1
    text = out.getvalue().replace(keras.backend.backend(), "BACKEND")
    assert text.startswith(f"{path}: error NS719: BACKEND cannot compute the model ('")
    assert text.endswith("another KERAS_BACKEND may, and `--no-check` converts it uncompared\n")
