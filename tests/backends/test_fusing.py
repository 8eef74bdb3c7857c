"""`build --fuse`: fewer layers, the same outputs."""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import netspec
from netspec.backends.keras.fusing import fuse
from netspec.backends.keras.importing import import_keras
from netspec.cli import main
from tests.support.matching import scramble

pytestmark = pytest.mark.backend
SPECS = Path(__file__).parent.parent.parent / "specs"
BOUND = 1e-5


def run(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    return main(arguments, out, err), out.getvalue(), err.getvalue()


def answer(model: Any, size: int = 16) -> list[Any]:
    rng = np.random.default_rng(0)
    given = [rng.normal(size=(2, *(s or size for s in each.shape[1:]))).astype("float32") for each in model.inputs]
    outputs = model(given[0] if len(given) == 1 else dict(zip(model.input, given, strict=True)), training=False)
    return [keras.ops.convert_to_numpy(each) for each in keras.tree.flatten(outputs)]


def fused(model: Any) -> tuple[int, int, int]:
    """How much went where, once the outputs are the same."""
    scramble(model)
    found = fuse(import_keras(), model)
    for mine, theirs in zip(answer(found.network), answer(model), strict=True):
        assert np.abs(mine - theirs).max() <= BOUND * np.abs(theirs).max()
    return found.normalisations, found.sums, found.layers


def built(tmp_path: Path, text: str) -> Any:
    path = tmp_path / "net.yaml"
    path.write_text(f"netspec: 1\n{text}", encoding="utf-8")
    return netspec.build(path)


def addition(*branches: str, shape: str = "[9, 9, 4]") -> str:
    """A network that adds its branches."""
    named = "\n".join(f"        b{number}: {branch}" for number, branch in enumerate(branches))
    return f"input: {shape}\nlayers:\n  - inception:\n      merge: add\n      branches:\n{named}\n"


@pytest.mark.parametrize(
    ("layers", "shape"),
    [
        ("[{conv: {filters: 6, kernel_size: 3, strides: 2, padding: 1}}, batch_norm]", "[9, 9, 4]"),
        ("[{conv: {filters: 6, kernel_size: 3, groups: 2, use_bias: false}}, batch_norm]", "[9, 9, 4]"),
        (
            "[{conv: {filters: 6, kernel_size: 3}}, {batch_norm: {scale: false}}, {batch_norm: {center: false}}]",
            "[9, 4]",
        ),
        ("[{conv: {filters: 3, kernel_size: 2}}, batch_norm]", "[5, 5, 5, 2]"),
        ("[{depthwise_conv: {kernel_size: 3, depth_multiplier: 2}}, batch_norm]", "[9, 9, 4]"),
        ("[{separable_conv: {filters: 6, kernel_size: 3, use_bias: false}}, batch_norm]", "[9, 9, 4]"),
        ("[{conv_transpose: {filters: 6, kernel_size: 3, strides: 2}}, batch_norm]", "[9, 9, 4]"),
        ("[{dense: 6}, batch_norm]", "[4]"),
        ("[{conv: {filters: 6, kernel_size: 3, padding: same}}, batch_norm]", "[null, null, 4]"),
    ],
)
def test_a_normalisation_goes_into_the_layer_before_it(tmp_path: Path, layers: str, shape: str) -> None:
    model = built(tmp_path, f"input: {shape}\nlayers: {layers}\n")
    assert fused(model) == (layers.count("batch_norm"), 0, 1)


@pytest.mark.parametrize(
    "layers",
    [
        "[{conv: {filters: 6, kernel_size: 3, activation: relu}}, batch_norm]",
        "[{conv: {filters: 6, kernel_size: 3}}, relu, batch_norm]",
        "[batch_norm, {conv: {filters: 6, kernel_size: 3, padding: 1}}]",
        "[{conv: {filters: 9, kernel_size: 3, padding: 1}}, {batch_norm: {axis: 1}}]",
        "[{conv: {filters: 6, kernel_size: 3, name: c}}, {batch_norm: {name: b}}, {add: {from: [b, c]}}]",
        "[{conv: {filters: 4, kernel_size: 3, padding: 1, name: c}}, {conv: {share: c}}, batch_norm]",
    ],
    ids=["activation", "relu", "before", "rows", "read twice", "shared"],
)
def test_where_it_would_not_be_the_same_nothing_is_fused(tmp_path: Path, layers: str) -> None:
    assert fused(built(tmp_path, f"input: [9, 9, 4]\nlayers: {layers}\n")) == (0, 0, 0)


def test_what_is_an_output_stays(tmp_path: Path) -> None:
    text = "input: [9, 9, 4]\nlayers: [{conv: {filters: 6, kernel_size: 3, name: c}}, {batch_norm: {name: b}}]\noutputs: [b, c]\n"
    assert fused(built(tmp_path, text)) == (0, 0, 0)


WIDE, NARROW = "[{conv: {filters: 4, kernel_size: 3, padding: 1}}, batch_norm]", "[{1x1: 4}, batch_norm]"
STRIDED = "[{conv: {filters: 4, kernel_size: 3, strides: 2, padding: 1}}, batch_norm]"


@pytest.mark.parametrize(
    ("text", "norms"),
    [
        (addition(WIDE, NARROW, "[batch_norm]"), 3),
        (addition(WIDE, NARROW, "[batch_norm]", shape="[null, null, 4]"), 3),
        (addition(WIDE, "[]"), 1),
        (addition(STRIDED, "[{1x1: {filters: 4, strides: 2}}, batch_norm]"), 2),
        (addition(STRIDED, "[{1x1: {filters: 4, strides: 2, rounding: floor}}]", shape="[null, 9, 4]").replace("padding: 1", "padding: 1, rounding: floor"), 1),
        (addition(WIDE, "[{conv: {filters: 4, kernel_size: 5, padding: same}}]", "[{conv: {filters: 4, kernel_size: [1, 4], padding: same}}]"), 1),
        (addition(*(b.replace("filters: 4", "filters: 4, groups: 2") for b in (WIDE, "[{1x1: {filters: 4}}]", "[batch_norm]"))), 2),
        (addition("[{depthwise_conv: {kernel_size: 5, padding: same}}, batch_norm]", "[{depthwise_conv: {kernel_size: 3, padding: 1}}]", "[batch_norm]"), 2),
        (addition("[{conv: {filters: 4, kernel_size: 3, padding: 2, dilation_rate: 2}}]", "[{1x1: 4}]", "[]"), 0),
        (addition("[{conv: {filters: 4, kernel_size: 3, padding: same}}]", "[]", shape="[9, 4]"), 0),
    ],
)  # fmt: skip
def test_convolutions_that_are_added_are_one(tmp_path: Path, text: str, norms: int) -> None:
    model = built(tmp_path, text)
    assert fused(model) == (norms, 1, 1)


@pytest.mark.parametrize(
    "text",
    [
        addition("[{conv: {filters: 4, kernel_size: 3, padding: 1}}]", "[{1x1: 4}, relu]"),
        addition("[{conv: {filters: 4, kernel_size: 3, padding: 2, dilation_rate: 2}}]", "[{conv: {filters: 4, kernel_size: 3, padding: 1}}]"),
        addition("[{conv: {filters: 4, kernel_size: 3, padding: 1}}]", "[{depthwise_conv: {kernel_size: 3, padding: 1}}]"),
        addition("[{conv: {filters: 4, kernel_size: 3, padding: 1, groups: 2}}]", "[{1x1: 4}]"),
        addition("[{conv: {filters: 1, kernel_size: 3, padding: 1}}]", "[]"),
        addition("[{conv: {filters: 4, kernel_size: 9}}]", "[{1x1: 4}]"),
    ],
    ids=["relu", "dilation", "depthwise", "groups", "broadcast", "sizes"],
)  # fmt: skip
def test_others_that_are_added_are_not(tmp_path: Path, text: str) -> None:
    assert fused(built(tmp_path, text)) == (0, 0, 0)


@pytest.mark.parametrize(
    ("name", "variant", "params", "counts"),
    [
        ("repvgg", "a0", {"size": 32, "blocks": [1, 2, 2, 1], "classes": 10}, (16, 7, 7)),
        ("resnet_digits", None, {}, (10, 0, 10)),
        ("densenet_digits", None, {}, (8, 0, 8)),
        pytest.param("mobilenet_v2", "0.35", {"size": 32, "classes": 10}, (52, 0, 52), marks=pytest.mark.slow),
        pytest.param("xception", None, {"size": 71, "classes": 10}, (40, 0, 40), marks=pytest.mark.slow),
        pytest.param("efficientnet", "b0", {"size": 32, "classes": 10}, (49, 0, 49), marks=pytest.mark.slow),
        pytest.param("ghostnet", "x0.5", {"size": 32, "classes": 10}, (80, 0, 80), marks=pytest.mark.slow),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_networks_of_the_zoo(
    name: str, variant: str | None, params: dict[str, Any], counts: tuple[int, int, int]
) -> None:
    assert fused(netspec.build(SPECS / f"{name}.yaml", variant=variant, params=params)) == counts


def test_repvgg_has_the_published_counts_once_it_is_fused(tmp_path: Path) -> None:
    """Those of its 3x3 form, layer by layer: arXiv 2101.03697, table 2 has 8.30M."""
    model = netspec.build(SPECS / "repvgg.yaml", variant="a0")
    network = fuse(import_keras(), model).network
    widths = [3, 48, *[48] * 2, *[96] * 4, *[192] * 14, 1280]
    expected = sum(9 * a * b + b for a, b in pairwise(widths)) + 1280 * 1000 + 1000
    assert network.count_params() == expected == 8_309_384


NET = "netspec: 1\ninput: [8, 8, 3]\nlayers: [{conv: {filters: 4, kernel_size: 3, use_bias: false}}, batch_norm, relu, flatten, {dense: 3}]\n"


def test_the_command_says_what_it_did_and_the_file_opens(tmp_path: Path) -> None:
    spec, target, again = tmp_path / "net.yaml", tmp_path / "net.keras", tmp_path / "again.keras"
    spec.write_text(NET, encoding="utf-8")
    status, out, err = run("build", str(spec), "-o", str(target), "--fuse", "--seed", "1")
    assert (status, err) == (0, "")
    first, second = out.splitlines()
    assert first == "fused: 1 normalisation into 1 layer"
    assert second.startswith(f"wrote {target}: 547 parameters, ")
    model = keras.models.load_model(target)
    assert [type(layer).__name__ for layer in model.layers] == [
        "InputLayer",
        "Conv2D",
        "ReLU",
        "Flatten",
        "Dense",
    ]
    assert run("build", str(target), "-o", str(again), "--format", "keras")[0] == 0
    np.testing.assert_array_equal(answer(keras.models.load_model(again))[0], answer(model)[0])
    assert run("build", str(again), "-o", str(target))[0] == 0  # what was written again still opens
    np.testing.assert_array_equal(answer(keras.models.load_model(target))[0], answer(model)[0])


def test_a_script_has_no_weights_to_fold(tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text(NET, encoding="utf-8")
    status, out, err = run("build", str(spec), "-o", str(tmp_path / "net.py"), "--fuse")
    assert (status, out) == (2, "")
    assert "--fuse changes weights, and a script has none; choose another --format" in err
