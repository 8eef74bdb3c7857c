"""Every format that `build` writes, loaded by the other side's own loader and compared with the model.

Those for ONNX run where its packages are installed: `pip install "netspec-keras[onnx]"`.
"""

from __future__ import annotations

import importlib.util
import io
import os
import runpy
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netspec
import netspec.layers
from netspec.backends.keras.importing import import_keras
from netspec.cli import main
from tests.support.small import SMALL

pytestmark = pytest.mark.backend
keras = import_keras()
SPECS = Path(__file__).parent.parent.parent / "specs"
HAS_ONNX = all(importlib.util.find_spec(name) is not None for name in ("onnx", "tf2onnx", "onnxruntime"))
ON_TENSORFLOW = keras.backend.backend() == "tensorflow"
onnx_only = pytest.mark.skipif(not (HAS_ONNX and ON_TENSORFLOW), reason="needs the extra `onnx`, and TensorFlow")

NETWORKS = {
    "plain": "input: [8, 8, 3]\nlayers: [{conv: {filters: 4, kernel_size: 3}}, batch_norm, relu, flatten, {dense: 3}]",
    "several": """\
inputs: {left: [12, 12, 3], a_right: [12, 12, 3]}
layers:
  - conv: {filters: 4, kernel_size: 3, from: left, name: c, trainable: false}
  - conv: {filters: 4, kernel_size: 3, from: a_right, share: c}
  - subtract: {from: [c, conv_1]}
  - head: {name: side, body: [{global_pool: max}, {dense: 2}]}
  - flatten
  - dense: {units: 3, activation: softmax, name: main}
""",
    "shared_and_frozen": """\
inputs: {left: [12, 12, 3], right: [10, 12, 3]}
blocks:
  Tower:
    layers:
      - conv: {filters: 4, kernel_size: 3, trainable: false}
      - batch_norm
      - pool: {rounding: ceil}
      - lrn
      - global_pool
      - dense: 2
layers:
  - Tower: {name: a, from: left}
  - Tower: {share: a, name: b, from: right}
  - concat: {from: [a, b]}
""",
    "own_layers": """\
input: [8, 8, 4]
layers: [lrn, {channel_shuffle: 2}, {deform_conv: {filters: 4, kernel_size: 3, padding: same}}, {global_pool: max}]
""",
    "what_tf2onnx_needs_help_with": """\
input: [8, 8, 4]
layers:
  - normalize: {mean: [0.1, 0.2, 0.3, 0.4], variance: [0.5, 0.5, 0.6, 0.7]}
  - conv: {filters: 6, kernel_size: 3, groups: 2}
  - gelu
""",
    "numbers_of_its_own": """\
input: [4, 4, 3]
layers:
  - constant: {value: "[$i / 7 for i in range(12)]", shape: [1, 4, 3], name: grid}
  - learned: {shape: [4, 1, 3], name: shift}
  - constant: {value: 0.5, shape: [4, 4, 3], name: half}
  - add: {from: [input, grid, shift]}
  - multiply: {from: [add_1, half]}
  - conv: {filters: 2, kernel_size: 3}
""",
    "whole_numbers": """\
input: {shape: [6], dtype: int32}
layers: [{embedding: {input_dim: 5, output_dim: 3}}, {lstm: 4}]
""",
    "unknown_sizes": "input: [null, null, 3]\nlayers: [{conv: {filters: 4, kernel_size: 3}}, {global_pool: max}]",
}


def build(path: Path, *arguments: str) -> tuple[int, str, str]:
    """The status of `netspec build`, and what it printed."""
    out, err = io.StringIO(), io.StringIO()
    return main(["build", str(path), *arguments], out, err), out.getvalue(), err.getvalue()


def written(folder: Path, name: str) -> Path:
    """A network's spec as a file."""
    path = folder / f"{name}.yaml"
    path.write_text(f"netspec: 1\nname: {name}\n{NETWORKS[name]}", encoding="utf-8")
    return path


def inputs_for(model: Any) -> dict[str, Any]:
    """Arrays by the names of the input layers."""
    rng = np.random.default_rng(3)
    shapes = {t.name: ([3, *(10 if s is None else s for s in t.shape[1:])], t.dtype) for t in model.inputs}
    return {
        name: rng.random(shape).astype(dtype) if "float" in dtype else rng.integers(0, 5, shape).astype(dtype)
        for name, (shape, dtype) in shapes.items()
    }


def outputs_of(model: Any, given: dict[str, Any]) -> list[Any]:
    """What a Keras model makes of them, in the order of the names of its outputs."""
    x = given if len(given) > 1 else next(iter(given.values()))
    return [keras.ops.convert_to_numpy(y) for y in keras.tree.flatten(model(x, training=False))]


def with_weights_of(model: Any, weights: list[Any]) -> Any:
    model.set_weights(weights)
    return model


@pytest.fixture
def reference(tmp_path: Path, request: pytest.FixtureRequest) -> tuple[Path, Any]:
    """The spec's file, and the model that `build --seed 1` writes."""
    path = written(tmp_path, request.param)
    assert build(path, "-o", str(tmp_path / "m.keras"), "--seed", "1")[0] == 0
    return path, keras.models.load_model(tmp_path / "m.keras", compile=False)


every_network = pytest.mark.parametrize("reference", NETWORKS, indirect=True)


def compare(found: list[Any], expected: list[Any]) -> None:
    assert [each.shape for each in found] == [each.shape for each in expected]
    for mine, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-5)


@every_network
def test_keras_and_python(reference: tuple[Path, Any], tmp_path: Path) -> None:
    path, model = reference
    given = inputs_for(model)
    assert build(path, "-o", str(tmp_path / "m.py"))[0] == 0
    made = runpy.run_path(str(tmp_path / "m.py"))["build_model"]()
    compare(outputs_of(with_weights_of(made, model.get_weights()), given), outputs_of(model, given))
    assert [v.path.split("/")[-2:] for v in made.trainable_variables] == [
        v.path.split("/")[-2:] for v in model.trainable_variables
    ]


@pytest.mark.skipif(not ON_TENSORFLOW, reason="a SavedModel is TensorFlow's")
@every_network
def test_saved_model(reference: tuple[Path, Any], tmp_path: Path) -> None:
    import tensorflow as tf

    path, model = reference
    status, out, _ = build(path, "-o", str(tmp_path / "saved"), "--format", "saved_model", "--seed", "1")
    assert (status, out.count("\n")) == (0, 1)
    given = inputs_for(model)
    loaded = tf.saved_model.load(str(tmp_path / "saved"))
    found = loaded.serve(given if len(given) > 1 else next(iter(given.values())))
    compare([y.numpy() for y in keras.tree.flatten(found)], outputs_of(model, given))


def onnx_outputs(path: Path, given: dict[str, Any]) -> dict[str, Any]:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    assert sorted(each.name for each in session.get_inputs()) == sorted(given)
    return dict(zip((each.name for each in session.get_outputs()), session.run(None, given), strict=True))


@onnx_only
@every_network
def test_onnx(reference: tuple[Path, Any], tmp_path: Path) -> None:
    path, model = reference
    status, out, _ = build(path, "-o", str(tmp_path / "m.onnx"), "--seed", "1")
    assert (status, out.count("\n")) == (0, 1)
    given = inputs_for(model)
    found = onnx_outputs(tmp_path / "m.onnx", given)
    assert sorted(found) == sorted(netspec.load(path).outputs)
    compare([found[name] for name in sorted(found)], outputs_of(model, given))


@onnx_only
@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
def test_the_zoo_as_onnx(name: str, tmp_path: Path) -> None:
    variant, params = SMALL[name]
    options = [
        *(("--variant", variant) if variant else ()),
        *(x for k, v in params.items() for x in ("--set", f"{k}={v}")),
    ]
    status, out, err = build(SPECS / f"{name}.yaml", "-o", str(tmp_path / "m.onnx"), *options)
    assert status == 0, err
    assert out.startswith(f"wrote {tmp_path}/m.onnx: ")


@onnx_only
def test_a_network_that_onnx_has_no_operator_for(tmp_path: Path) -> None:
    path = tmp_path / "it.yaml"
    path.write_text("netspec: 1\ninput: [8, 8, 3]\nlayers: [{resize: {height: 5, width: 5, interpolation: lanczos3}}]")
    status, out, err = build(path, "-o", str(tmp_path / "m.onnx"))
    assert (status, out) == (1, "")
    assert err.splitlines()[-1].startswith(f"{tmp_path}/m.onnx: error NS706: ")
    assert sorted(os.listdir(tmp_path)) == ["it.yaml"]


def test_without_the_packages_of_onnx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if "onnx" in name else find(name))
    status, out, err = build(written(tmp_path, "plain"), "-o", str(tmp_path / "m.onnx"))
    needed = {"tensorflow": "tf2onnx", "jax": "jax2onnx", "torch": "onnxscript"}[keras.backend.backend()]
    assert (status, out) == (1, "")
    assert err.endswith(
        f"m.onnx: error NS706: ONNX needs `onnx`, `{needed}` and `onnxruntime`; pip install 'netspec-keras[onnx]'\n"
    )
    assert sorted(os.listdir(tmp_path)) == ["plain.yaml"]
    assert "onnx" not in sys.modules or HAS_ONNX
