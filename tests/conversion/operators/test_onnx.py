"""ONNX files: what comes through, what is told, and files that mean harm."""

from __future__ import annotations

import io
import sys
import time
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import yaml

from netspec.cli import main

from .building import imported, ints, node, numbers, proto, written
from .mutations import flipped, restructured

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
pytestmark = pytest.mark.backend


def small() -> Any:
    """A convolution, a pool, a dense layer."""
    nodes = [
        node("Conv", ["x", "conv1.weight", "conv1.bias"], ["a"], pads=[1, 1, 1, 1]),
        node("Relu", ["a"], ["b"]),
        node("MaxPool", ["b"], ["c"], kernel_shape=[2, 2], strides=[2, 2]),
        node("Flatten", ["c"], ["d"]),
        node("Gemm", ["d", "fc.weight", "fc.bias"], transB=1),
    ]
    weights = {
        "conv1.weight": numbers(4, 3, 3, 3),
        "conv1.bias": numbers(4),
        "fc.weight": numbers(5, 4 * 4 * 5),
        "fc.bias": numbers(5),
    }
    return proto(nodes, {"x": [3, 8, 10]}, weights)


SMALL = """\
netspec: 1
name: small
input: [8, 10, 3]
layers:
  - conv: {filters: 4, kernel_size: 3, padding: same, name: conv1}
  - relu
  - pool
  - flatten
  - dense: {units: 5, name: fc}
"""


def test_a_small_model(tmp_path: Path) -> None:
    path = written(tmp_path, small(), "small.onnx")
    target, weights = tmp_path / "small.yaml", tmp_path / "small.npz"
    status, text = imported(path, "-o", str(target), "--weights", str(weights), "--flat")
    assert (status, text) == (0, f"wrote {target}: 9 lines, whose outputs are the model's\n")
    assert target.read_text(encoding="utf-8") == SMALL
    with np.load(weights) as arrays:
        assert {name: arrays[name].shape for name in arrays} == {
            "conv1/kernel": (3, 3, 3, 4),
            "conv1/bias": (4,),
            "fc/kernel": (80, 5),
            "fc/bias": (5,),
        }
        assert np.array_equal(arrays["conv1/kernel"], numbers(4, 3, 3, 3).transpose(2, 3, 1, 0))
        # The rows stand as the channels-last image is flattened.
        rows = numbers(5, 80).reshape(5, 4, 4, 5).transpose(2, 3, 1, 0).reshape(80, 5)
        assert np.array_equal(arrays["fc/kernel"], rows)


def test_all_that_has_no_kind_is_told_at_once(tmp_path: Path) -> None:
    nodes = [
        node("Erf", ["x"], ["a"]),
        node("NonZero", ["x"], ["b"]),
        node("LpPool", ["x"], ["c"], kernel_shape=[2, 2]),
        node("Add", ["a", "c"]),
    ]
    path = written(tmp_path, proto(nodes[:1] + nodes[2:], {"x": [3, 8, 8]}))
    assert imported(path, "--no-check") == (
        1,
        f"{path}: error NS719: the layer `Erf a` is an Erf that is no part of a gelu, and for which there is no kind\n"
        f"{path}: error NS719: the layer `LpPool c` is a LpPool, whose sums are no means, and for which there is no kind\n",
    )


def one(
    kind: str, *, shape: tuple[Any, ...] = (3, 8, 8), weights: dict[str, Any] | None = None, **settings: Any
) -> Any:
    return proto([node(kind, ["x", *(weights or {})], **settings)], {"x": list(shape)}, weights)


REFUSED: dict[str, tuple[Any, str]] = {
    "another domain": (
        lambda: one("Mystery", domain="com.example"),
        "the layer `Mystery y` is a 'com.example.Mystery', an operator for which there is no kind",
    ),
    "groups of a transposed convolution": (
        lambda: one("ConvTranspose", weights={"w": numbers(3, 1, 3, 3)}, group=3),
        "the layer `ConvTranspose y` has 3 groups, and a `conv_transpose` has one",
    ),
    "strides and dilation": (
        lambda: one("Conv", weights={"w": numbers(4, 3, 3, 3)}, strides=[2, 2], dilations=[2, 2]),
        "the layer `Conv y` as `conv`: `strides` (=2) and `dilation_rate` (=2) cannot both be more than 1",
    ),
    "weights that do not fit": (
        lambda: one("Conv", weights={"w": numbers(4, 5, 3, 3)}),
        "the layer `Conv y` has weights of [4, 5, 3, 3] in 1 groups for 3 channels",
    ),
    "more places than somebody would list": (
        lambda: one(
            "Slice", shape=(10**9, 3), weights=dict(zip("abcd", map(ints, (-1, -(2**62), 1, -1)), strict=True))
        ),
        "the layer `Slice y` takes 1,000,000,000 places, each by its number, more than the 10,000 that a spec lists",
    ),
    "numbers that are made larger by nothing": (
        lambda: proto([node("Expand", ["c"], ["a"]), node("Add", ["x", "a"])], {"x": [3]}, {"c": numbers(3)}),
        "the layer `Expand a` cannot be computed on the numbers that it is given",
    ),
    "the mean of nothing": (
        lambda: proto(
            [node("ReduceMean", ["c"], ["a"]), node("Add", ["x", "a"])], {"x": [3]}, {"c": np.zeros((0, 3), "float32")}
        ),
        "the layer `ReduceMean a` cannot be computed on the numbers that it is given",
    ),
    "the mean of a batch": (
        lambda: one("ReduceMean", shape=(6,), weights={"axes": ints(0)}),
        "the layer `ReduceMean y` is taken over the batch, which a `reduce` is not",
    ),
    "aligned corners": (
        lambda: proto(
            [node("Resize", ["x", "", "s"], mode="linear", coordinate_transformation_mode="align_corners")],
            {"x": [3, 8, 8]},
            {"s": np.float32([1, 1, 2, 2])},
        ),
        "the layer `Resize y` resizes by 'linear' and 'align_corners', which neither `upsample` nor `resize` does",
    ),
    "a reshape that does not fit": (
        lambda: one("Reshape", shape=(6,), weights={"to": ints(0, 4)}),
        "the layer `Reshape y` makes another shape of what does not seem to hold as many numbers: batch x 6 and batch x 4",
    ),
    "a circle": (
        lambda: proto([node("Add", ["x", "b"], ["a"]), node("Relu", ["a"], ["b"]), node("Relu", ["b"])], {"x": [3]}),
        "`Add a` reads what comes from itself",
    ),
    "what nothing makes": (
        lambda: proto([node("Add", ["x", "b"])], {"x": [3]}),
        "`Add y` reads 'b', which nothing makes",
    ),
    "an old version": (
        lambda: proto([node("Relu", ["x"])], {"x": [3]}, opset=3),
        "it uses version 3 of ONNX's operators, and 7 to 26 are known here",
    ),
}


PRECISIONS = {"float16": 10, "bfloat16": 16, "float64": 11}


def _of(number: int) -> Any:
    """The small model in another precision, with a cast inside, and one of its numbers in a constant."""
    from onnx import helper

    model = small()
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.elem_type = number
    for tensor in model.graph.initializer:
        numbers_of = np.frombuffer(tensor.raw_data, "float32").astype("float64")
        tensor.CopyFrom(helper.make_tensor(tensor.name, number, list(tensor.dims), numbers_of))
    half = helper.make_tensor("half", number, [], [0.5])
    model.graph.node.insert(0, helper.make_node("Constant", [], ["half"], value=half))
    model.graph.node.insert(1, helper.make_node("Cast", ["x"], ["same"], to=number))
    model.graph.node.insert(2, helper.make_node("Mul", ["same", "half"], ["less"]))
    model.graph.node[3].input[0] = "less"
    return model


@pytest.mark.parametrize("precision", PRECISIONS)
def test_other_precisions_are_read_as_float32(precision: str, tmp_path: Path) -> None:
    """The comparison runs the same model of float32, so it is as close as that of any other, and on any processor."""
    path, target = written(tmp_path, _of(PRECISIONS[precision]), "small.onnx"), tmp_path / "small.yaml"
    weights = tmp_path / "small.npz"
    assert imported(path, "-o", str(target), "--weights", str(weights), "--flat") == (
        0,
        f"wrote {target}: 11 lines, whose outputs are the model's, its numbers of {precision} as float32\n",
    )
    assert target.read_text(encoding="utf-8") == SMALL.replace(
        "layers:\n", "layers:\n  - cast: float32\n  - multiply: 0.5\n"
    )
    with np.load(weights) as arrays:
        assert {each.dtype.name for each in arrays.values()} == {"float32"}
        digits = {"float16": 1e-3, "bfloat16": 8e-3, "float64": 0}[precision]
        assert np.allclose(arrays["conv1/kernel"], numbers(4, 3, 3, 3).transpose(2, 3, 1, 0), rtol=digits, atol=0)


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str, tmp_path: Path) -> None:
    make, message = REFUSED[name]
    path = written(tmp_path, make())
    assert imported(path, "--no-check") == (1, f"{path}: error NS719: {message}\n")


def test_packages_that_are_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, small())
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert imported(path) == (
        1,
        f"{path}: error NS719: ONNX Runtime, which runs it for the comparison, is not installed: "
        "pip install 'netspec-keras[onnx]'; `--no-check` converts it uncompared\n",
    )
    assert imported(path, "--no-check")[0] == 0
    monkeypatch.setitem(sys.modules, "onnx", None)
    assert imported(path, "--no-check") == (
        1,
        f"{path}: error NS719: it is an ONNX file, which the package `onnx` reads: pip install 'netspec-keras[onnx]'\n",
    )


def test_a_difference_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a runtime that computes something else."""
    from netspec.backends.keras import programs

    path = written(tmp_path, small())
    monkeypatch.setattr(programs, "run_onnx", lambda path, given, what: [np.ones((2, 5), "float32") * 1000])
    status, text = imported(path)
    assert status == 1
    assert text.startswith(f"{path}: error NS720: the spec is not the model: the output `y` differs by ")


def external(folder: Path, where: str, offset: int = 0) -> Path:
    """The small model, with the bias of its convolution in another file."""
    model = small()
    tensor = next(each for each in model.graph.initializer if each.name == "conv1.bias")
    tensor.ClearField("raw_data")
    tensor.data_location = 1
    for key, value in {"location": where, "offset": str(offset)}.items():
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value
    return written(folder, model, "external.onnx")


def test_weights_in_a_file_beside_it(tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(b"1234" + numbers(4).tobytes())
    path = external(tmp_path, "weights.bin", 4)
    assert imported(path, "--flat") == (0, SMALL.replace("name: small", "name: external"))


@pytest.mark.parametrize(
    ("where", "offset", "message"),
    [
        ("../outside.bin", 0, "is in '../outside.bin', which is not in the model's folder; it is not read"),
        ("/etc/passwd", 0, "is in '/etc/passwd', which is not in the model's folder; it is not read"),
        ("link.bin", 0, "is in 'link.bin', which is not in the model's folder; it is not read"),
        ("none.bin", 0, "is in 'none.bin', and there is no such file"),
        ("short.bin", 0, "is beyond the end of 'short.bin'"),
        ("short.bin", -8, "is beyond the end of 'short.bin'"),
        ("", 0, "is in '', which is not in the model's folder; it is not read"),
    ],
)
def test_weights_elsewhere_are_not_read(where: str, offset: int, message: str, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "outside.bin").write_bytes(bytes(64))
    (folder / "short.bin").write_bytes(bytes(4))
    (folder / "link.bin").symlink_to(tmp_path / "outside.bin")
    path = external(folder, where, offset)
    assert imported(path, "--no-check") == (1, f"{path}: error NS719: the tensor 'conv1.bias' {message}\n")


def _of_dims(*dims: int) -> bytes:
    model = small()
    del model.graph.initializer[0].dims[:]
    model.graph.initializer[0].dims.extend(dims)
    content: bytes = model.SerializeToString()
    return content


def _filled(size: int) -> bytes:
    nodes = [node("ConstantOfShape", ["s"], ["a"]), node("Add", ["x", "a"])]
    content: bytes = proto(nodes, {"x": [3]}, {"s": ints(size, size, size)}).SerializeToString()
    return content


HOSTILE: dict[str, tuple[Any, str]] = {
    "nothing": (lambda: b"", "it is no ONNX file, or a damaged one ("),
    "another format": (lambda: b"PK\x03\x04" * 20, "it is no ONNX file, or a damaged one ("),
    "truncated": (
        lambda: small().SerializeToString()[:-40],
        "it is no ONNX file, or a damaged one ('it ends too early')",
    ),
    "huge dimensions": (lambda: _of_dims(2**40, 2**40), "the tensor 'conv1.weight' has the sizes "),
    "more numbers than there are": (
        lambda: _of_dims(400, 300, 300, 300),
        "the tensor 'conv1.weight' has other numbers than its sizes [400, 300, 300, 300] say",
    ),
    "a name that is no text": (
        lambda: small().SerializeToString().replace(b"conv1.bias", b"conv1\xff\xfeias"),
        "it is no ONNX file, or a damaged one ('a text in it is none')",
    ),
    "negative dimensions": (lambda: _of_dims(-4, 3, 3, 3), "the tensor 'conv1.weight' has the sizes "),
    "half a million empty operators": (
        lambda: b"\x3a\xc0\x84\x3d" + b"\x0a\x00" * 500_000,
        "it has more than the 300,000 parts that are read of an ONNX file",
    ),
    "a constant of 10 ** 27 numbers": (
        lambda: _filled(10**9),
        "the layer `ConstantOfShape a` cannot be computed on the numbers that it is given",
    ),
    "parts in parts": (lambda: nested(200), "it is no ONNX file, or a damaged one ("),
}


def nested(depth: int) -> bytes:
    """Graphs in attributes of operators of graphs."""
    content = b""
    for _ in range(depth):
        attribute = b"\x32" + length(content) + content  # `g` of an attribute
        operator = b"\x2a" + length(attribute) + attribute
        content = b"\x0a" + length(operator) + operator
    return b"\x3a" + length(content) + content


def length(content: bytes) -> bytes:
    size, found = len(content), b""
    while size > 127:
        found += bytes([size & 127 | 128])
        size >>= 7
    return found + bytes([size])


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_at_once(name: str, tmp_path: Path) -> None:
    make, message = HOSTILE[name]
    path = tmp_path / "m.onnx"
    path.write_bytes(make())
    start = time.perf_counter()
    status, text = imported(path, "--no-check")
    assert time.perf_counter() - start < 10
    assert status == 1
    assert text.startswith(f"{path}: error NS719: {message}")
    assert text.count("\n") == 1


@pytest.mark.parametrize("seed", range(6))
def test_nothing_that_happens_to_a_file_is_a_crash(seed: int, tmp_path: Path) -> None:
    random = Random(seed)
    content = small().SerializeToString()
    path = tmp_path / "m.onnx"
    outcomes = set()
    for _ in range(60):
        path.write_bytes((flipped if random.random() < 0.4 else restructured)(content, random))
        status, text = imported(path, "--no-check", "--flat")
        assert "internal error" not in text
        outcomes.add(status)
    assert outcomes == {0, 1}


SPECS = (
    "lenet5",
    "resnet_digits",
    "densenet_digits",
    "inception_digits",
    "signal_cnn",
    "corners_cnn",
    "textcnn",
    "transformer_encoder",
    "text_bilstm",
)


GIVEN = "[global_pool, {dense: {units: 4, use_bias: false, name: begin}}, %s]"
RECURRENT = {
    "gru": ("[{gru: {units: 4, return_sequences: true}}]",) * 2,
    "gru that resets before": ("[{gru: {units: 4, reset_after: false, return_sequences: true}}]",) * 2,
    "gru without biases": ("[{gru: {units: 4, use_bias: false, return_sequences: true}}]",) * 2,
    "simple rnn": ("[{simple_rnn: {units: 4, activation: relu, return_sequences: true}}]",) * 2,
    "lstm": ("[{lstm: {units: 4, return_sequences: true}}]",) * 2,
    "lstm of hard gates": (
        "[{lstm: {units: 4, activation: softsign, recurrent_activation: hard_sigmoid, return_sequences: true}}]",
    )
    * 2,
    "lstm backwards": ("[{lstm: {units: 4, go_backwards: true, return_sequences: true}}]",) * 2,
    "gru backwards": ("[{gru: {units: 4, go_backwards: true, return_sequences: true}}]",) * 2,
    "gru, the end": ("[{gru: {units: 4}}]", "[{gru: 4}]"),
    "gru both ways": ("[{gru: {units: 4, return_sequences: true, bidirectional: concat}}]",) * 2,
    "gru both ways, the sum": ("[{gru: {units: 4, return_sequences: true, bidirectional: sum}}]",) * 2,
    "gru both ways, the product": ("[{gru: {units: 4, return_sequences: true, bidirectional: multiply}}]",) * 2,
    "gru both ways, the end": ("[{gru: {units: 4, bidirectional: concat}}]",) * 2,
    "simple rnn both ways": ("[{simple_rnn: {units: 4, return_sequences: true, bidirectional: concat}}]",) * 2,
    "lstm both ways": ("[{lstm: {units: 4, return_sequences: true, bidirectional: concat}}]",) * 2,
    "lstm both ways, the sum": ("[{lstm: {units: 4, return_sequences: true, bidirectional: sum}}]",) * 2,
    "lstm of hard gates both ways": (
        "[{lstm: {units: 4, recurrent_activation: hard_sigmoid, return_sequences: true, bidirectional: concat}}]",
    )
    * 2,
    "gru from a state": (
        GIVEN % "{gru: {units: 4, return_sequences: true, from: input, initial_state: begin}}",
        GIVEN.replace("begin", "dense")
        % "{gru: {units: 4, return_sequences: true, from: input, initial_state: [dense]}}",
    ),
    "gru that hands on its state": (
        "[{gru: {units: 4, return_state: true, name: a}}, {gru: {units: 4, return_sequences: true, from: input, initial_state: a.state}}]",
        "[{gru: {units: 4, name: gru}}, {gru: {units: 4, return_sequences: true, from: input, initial_state: [gru]}}]",
    ),
    "lstm that hands on its cells": (
        "[{lstm: {units: 4, return_state: true, return_sequences: true, name: a}}, {lstm: {units: 4, return_sequences: true, "
        "from: input, initial_state: [a.state_h, a.state_c]}}]",
        "[{lstm: {units: 4, return_state: true, name: lstm}}, {lstm: {units: 4, return_sequences: true, from: input, "
        "initial_state: [lstm, lstm.state_c]}}]",
    ),
}


@pytest.mark.parametrize("steps", ["5", "null"])
@pytest.mark.parametrize("name", RECURRENT)
def test_recurrent_layers_that_build_writes_come_back(name: str, steps: str, tmp_path: Path) -> None:
    written_layers, read = RECURRENT[name]
    assert come_back(written_layers, steps, tmp_path) == yaml.safe_load(read)


@pytest.mark.parametrize(
    "layers",
    [
        # Both go forwards.
        "[{gru: {units: 4, return_sequences: true, name: gru}}, "
        "{gru: {units: 4, return_sequences: true, from: input, name: gru_2}}, {concat: {from: [gru, gru_2]}}]",
        # They differ in more than their weights.
        "[{gru: {units: 4, return_sequences: true, name: gru}}, {gru: {units: 4, go_backwards: true, activation: relu, "
        "return_sequences: true, from: input}}, {gather: {indices: [4, 3, 2, 1, 0], name: gather}}, {concat: {from: [gru, gather]}}]",
        # The one that goes backwards is not turned round.
        "[{gru: {units: 4, return_sequences: true, name: gru}}, {gru: {units: 4, go_backwards: true, return_sequences: true, "
        "from: input, name: gru_2}}, {add: {from: [gru, gru_2]}}]",
        # More is read of it than the last step.
        "[{gru: {units: 4, return_sequences: true, name: gru}}, {slice: {start: 4, axis: 1, name: slice}}, "
        "{concat: {from: [gru, slice], axis: 1}}]",
    ],
)
def test_what_is_no_layer_of_both_ways_stays_as_it_is(layers: str, tmp_path: Path) -> None:
    found = come_back(layers, "5", tmp_path)
    assert isinstance(found, list)
    assert [[*node] for node in found] == [[*node] for node in yaml.safe_load(layers)]  # names hang on the file's order


@pytest.mark.parametrize("merge", ["concat", "multiply"])
def test_where_both_ways_of_an_lstm_end(merge: str, tmp_path: Path) -> None:
    """tf2onnx takes the last step of the one and the first of the other."""
    layers = f"[{{lstm: {{units: 4, bidirectional: {merge}}}}}]"
    assert come_back(layers, "5", tmp_path) == yaml.safe_load(layers)


def come_back(layers: str, steps: str, tmp_path: Path) -> object:
    """Layers as they are read from what `build` writes on TensorFlow, whose exporter writes recurrent ones as loops."""
    pytest.importorskip("tf2onnx")
    pytest.importorskip("tensorflow")
    spec, path = tmp_path / "r.yaml", tmp_path / "r.onnx"
    spec.write_text(f"netspec: 1\ninput: [{steps}, 6]\nlayers: {layers}\n", encoding="utf-8")
    out = io.StringIO()
    assert main(["build", str(spec), "-o", str(path), "--format", "onnx"], out, out) == 0
    status, text = imported(path, "--flat")
    assert status == 0
    read: object = yaml.safe_load(text)["layers"]
    return read


@pytest.mark.parametrize("name", SPECS)
def test_what_build_writes_comes_back(name: str, tmp_path: Path) -> None:
    """`build --format onnx`, on TensorFlow."""
    pytest.importorskip("tf2onnx")
    pytest.importorskip("tensorflow")
    path, target = tmp_path / f"{name}.onnx", tmp_path / f"{name}.yaml"
    out = io.StringIO()
    spec = Path(__file__).parents[3] / "specs" / f"{name}.yaml"
    assert main(["build", str(spec), "-o", str(path), "--format", "onnx"], out, out) == 0
    status, text = imported(path, "-o", str(target))
    assert status == 0
    assert text.startswith(f"wrote {target}: ")
    assert text.endswith(", whose outputs are the model's\n")
