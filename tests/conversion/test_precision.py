"""Models of Keras of other precisions: what `train` has a word for is said there, and of the others it is told."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from netspec.cli import main
from netspec.conversion.precision import Single, in_single

pytestmark = pytest.mark.backend


def config_of(model: Any) -> Any:
    return json.loads(model.to_json())


def network(precision: str, last: str = "float32", middle: str | None = None) -> Any:
    """A small network, trained so that its statistics are no round numbers."""
    keras.utils.set_random_seed(3)
    x = keras.Input((6, 6, 2))
    y = layers.Conv2D(4, 3, name="first", dtype=precision)(x)
    y = layers.BatchNormalization(dtype=middle or precision)(y)
    y = layers.GlobalAveragePooling2D(dtype=precision)(y)
    model = keras.Model(x, layers.Dense(3, name="end", dtype=last)(y), name="small")
    for layer in model.layers:
        layer.set_weights(
            [np.random.default_rng(1).random(each.shape).astype(each.dtype) for each in layer.get_weights()]
        )
    return model


def imported(model: Any, path: Path, *words: str) -> tuple[int, str, str]:
    """The status of an import, and what it prints on each stream."""
    if path.suffix == ".json":
        path.write_text(model.to_json(), encoding="utf-8")
    else:
        model.save(path)
    out, err = io.StringIO(), io.StringIO()
    status = main(["import", str(path), *words], out, err)
    return status, out.getvalue(), err.getvalue()


TEXT = """\
netspec: 1
name: small
input: [6, 6, 2]
layers:
  - conv: {filters: 4, kernel_size: 3, name: first}
  - batch_norm
  - global_pool
  - dense: {units: 3, name: end}
"""


@pytest.mark.parametrize("precision", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("ending", ["keras", "json", "h5"])
@pytest.mark.filterwarnings("ignore:.*HDF5.*")
def test_a_mixed_precision_is_that_of_training(precision: str, ending: str, tmp_path: Path) -> None:
    target = tmp_path / "m.yaml"
    assert imported(network(precision), tmp_path / f"m.{ending}", "-o", str(target)) == (
        0,
        f"wrote {target}: 9 lines, whose outputs are the model's, trained in {precision}\n",
        "",
    )
    assert target.read_text(encoding="utf-8") == f"{TEXT}train: {{precision: {precision}}}\n"
    assert main(["validate", str(target)], io.StringIO()) == 0


@pytest.mark.parametrize("level", ["flat", "modules", "blocks"])
def test_it_is_said_at_each_level(level: str, tmp_path: Path) -> None:
    model = network("mixed_float16", "mixed_float16")
    said = imported(model, tmp_path / "m.json", "--no-check", "--level", level)
    assert said == (0, f"{TEXT}train: {{precision: mixed_float16}}\n", "")


HAS_DOUBLES = keras.backend.backend() != "jax"  # which has to be told to compute with them


@pytest.mark.parametrize("precision", ["float16", "bfloat16", *["float64"] * HAS_DOUBLES])
def test_another_precision_is_read_as_float32_and_told(precision: str, tmp_path: Path) -> None:
    target, weights = tmp_path / "m.yaml", tmp_path / "m.npz"
    model = network(precision, precision)
    words = ("-o", str(target), "--weights", str(weights))
    assert imported(model, tmp_path / "m.keras", *words) == (
        0,
        f"wrote {target}: 8 lines, whose outputs are the model's, its numbers of {precision} as float32\n",
        "",
    )
    assert target.read_text(encoding="utf-8") == TEXT
    with np.load(weights) as found:
        kernel = found["first/kernel"]
        assert kernel.dtype == np.float32
        assert np.array_equal(kernel, np.asarray(model.get_layer("first").get_weights()[0]).astype(np.float32))


def test_where_the_spec_is_printed_it_is_told_beside_it(tmp_path: Path) -> None:
    said = imported(network("bfloat16", "bfloat16"), tmp_path / "m.json", "--no-check")
    assert said == (0, TEXT, "netspec import: the model computes in bfloat16, and the spec in float32\n")


def test_precisions_that_no_word_of_train_says_are_told(tmp_path: Path) -> None:
    """A layer of float32 among those of half precision, and two kinds of half."""
    target = tmp_path / "m.yaml"
    for model, named in (
        (network("mixed_float16", middle="float32"), "mixed_float16"),
        (network("mixed_float16", middle="mixed_bfloat16"), "mixed_bfloat16 and mixed_float16"),
    ):
        assert imported(model, tmp_path / "m.json", "--no-check", "-o", str(target), "--force") == (
            0,
            f"wrote {target}: 8 lines, its numbers of {named} as float32\n",
            "",
        )
        assert target.read_text(encoding="utf-8") == TEXT


def test_types_of_inputs_and_casts_stay() -> None:
    x = keras.Input((4,), dtype="float16")
    y = keras.ops.cast(layers.Dense(3, dtype="bfloat16")(x), "float16")
    config, *precisions = in_single(config_of(keras.Model(x, y)))
    assert precisions == ["bfloat16", "float32"]
    text = json.dumps(config)  # which says of the tensor between what it was
    assert (text.count('"bfloat16"'), text.count('"batch_shape": [null, 4], "dtype": "float16"')) == (1, 1)
    config = config_of(keras.Model(x, layers.Dense(3)(x)))
    before = json.dumps(config)
    assert in_single(config) == Single(json.loads(before))


def test_layers_in_others_count() -> None:
    inside = keras.Sequential([keras.Input((5, 4)), layers.Dense(3, dtype="mixed_float16")], name="inside")
    x = keras.Input((5, 4))
    both = layers.Bidirectional(layers.LSTM(2, dtype="mixed_float16"), dtype="mixed_float16")(inside(x))
    said = in_single(config_of(keras.Model(x, layers.Dense(1, dtype="float32")(both))))
    assert (said.precision, said.training) == ("mixed_float16", "mixed_float16")
    end = layers.Dense(1, dtype="mixed_float16")(layers.Dense(3, dtype="float32")(inside(x)))
    said = in_single(config_of(keras.Model(x, end)))
    assert (said.precision, said.training) == ("mixed_float16", "float32")


def test_whole_numbers_are_refused(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="d")])
    model.layers[0].quantize("int8")
    path = tmp_path / "m.json"
    assert imported(model, path) == (
        1,
        "",
        f"{path}: error NS719: the layer `d` has `quantization_config` {{module: 'keras.quantizers', class_name: "
        "'Int8QuantizationC…, which `dense` has no word for\n",
    )
