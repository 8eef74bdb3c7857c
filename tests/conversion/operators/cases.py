"""Small ONNX models, one for each operator or way to write it: the nodes, the inputs, the weights, and the spec's layers."""

from __future__ import annotations

from typing import Any

import numpy as np

from .building import Case, ints, node, numbers
from .recurrences import RECURRENT


def one(kind: str, *, opset: int = 18, shape: tuple[Any, ...] = (3, 8, 10), **settings: Any) -> Case:
    """An operator that reads the input alone."""
    return Case([node(kind, ["x"], **settings)], {"x": list(shape)}, opset=opset)


def two(kind: str, other: Any, *, first: bool = False, shape: tuple[Any, ...] = (3, 8, 10), **settings: Any) -> Case:
    """An operator that reads the input and numbers."""
    names = ["c", "x"] if first else ["x", "c"]
    return Case([node(kind, names, **settings)], {"x": list(shape)}, {"c": other})


def conv(
    *, kernel: tuple[int, ...] = (4, 3, 3, 3), bias: bool = False, shape: tuple[Any, ...] = (3, 8, 10), **settings: Any
) -> Case:
    weights = {"w.weight": numbers(*kernel)} | ({"w.bias": numbers(kernel[0], seed=1)} if bias else {})
    return Case([node("Conv", ["x", *weights], **settings)], {"x": list(shape)}, weights)


def up(*, kernel: tuple[int, ...] = (3, 4, 3, 3), **settings: Any) -> Case:
    weights = {"w.weight": numbers(*kernel), "w.bias": numbers(kernel[1], seed=1)}
    return Case([node("ConvTranspose", ["x", *weights], **settings)], {"x": [3, 8, 10]}, weights)


SQUARE_ROOT = np.float32(2**0.5)
VECTOR = numbers(6)
ROWS = {"x": [5, 6]}


CASES: dict[str, Case] = {
    **RECURRENT,
    # convolutions
    "conv": conv(bias=True),
    "conv same": conv(pads=[1, 1, 1, 1]),
    "conv same upper": conv(auto_pad="SAME_UPPER", strides=[2, 2]),
    "conv same lower": conv(auto_pad="SAME_LOWER", strides=[2, 2]),
    "conv that drops a rest": conv(strides=[2, 2]),
    "conv dilated": conv(dilations=[2, 2], pads=[2, 2, 2, 2]),
    "pointwise": conv(kernel=(4, 3, 1, 1), bias=True),
    "groups": conv(kernel=(6, 2, 3, 3), group=2, shape=(4, 8, 10)),
    "depthwise": conv(kernel=(6, 1, 3, 3), group=3),
    "sequence": conv(kernel=(4, 3, 5), bias=True, shape=(3, 20)),
    "video": conv(kernel=(2, 3, 3, 3, 3), bias=True, shape=(3, 5, 6, 7)),
    "conv of any size": conv(bias=True, pads=[1] * 4, shape=(3, "h", "w")),
    "transposed": up(),
    "transposed and cropped": up(kernel=(3, 4, 4, 4), strides=[2, 2], pads=[1, 1, 1, 1]),
    "transposed with output padding": up(strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 1]),
    "transposed with a gap": up(kernel=(3, 4, 1, 1), strides=[2, 2]),
    # pools
    "max pool": one("MaxPool", kernel_shape=[2, 2], strides=[2, 2]),
    "max pool padded": one("MaxPool", kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4),
    "max pool ceil": one("MaxPool", kernel_shape=[3, 3], strides=[3, 3], ceil_mode=1),
    "mean pool": one("AveragePool", kernel_shape=[2, 2], strides=[2, 2]),
    "mean pool without its padding": one("AveragePool", kernel_shape=[3, 3], pads=[1] * 4),
    "mean pool with its padding": one("AveragePool", kernel_shape=[3, 3], pads=[1] * 4, count_include_pad=1),
    "global mean": one("GlobalAveragePool"),
    "global maximum": one("GlobalMaxPool"),
    # activations
    "relu": one("Relu"),
    "leaky relu": one("LeakyRelu", alpha=0.1),
    "sigmoid": one("Sigmoid"),
    "tanh": one("Tanh"),
    "elu": one("Elu", alpha=0.5),
    "selu": one("Selu"),
    "softplus": one("Softplus"),
    "softsign": one("Softsign"),
    "hard sigmoid": one("HardSigmoid", alpha=1 / 6),
    "hard sigmoid of ONNX": one("HardSigmoid"),
    "hard swish": one("HardSwish"),
    "mish": one("Mish"),
    "gelu": one("Gelu", opset=20),
    "relu6": Case([node("Clip", ["x", "low", "high"])], weights={"low": np.float32(0), "high": np.float32(6)}),
    "relu6 of old": one("Clip", opset=7, min=0.0, max=6.0),
    "clip above": Case([node("Clip", ["x", "", "high"])], weights={"high": np.float32(0.5)}),
    "clip": Case([node("Clip", ["x", "low", "high"])], weights={"low": np.float32(-1), "high": np.float32(0.5)}),
    "prelu": two("PRelu", numbers(3, 1, 1)),
    "prelu of one slope": two("PRelu", np.float32([0.25])),
    "softmax of channels": one("Softmax", axis=1),
    "softmax of rows": one("Softmax", axis=1, shape=(4, 5, 6)),
    "log softmax": one("LogSoftmax", axis=-1, shape=(7,)),
    "silu": Case([node("Sigmoid", ["x"], ["s"]), node("Mul", ["s", "x"])]),
    "hard silu in parts": Case(
        [
            node("Add", ["x", "three"], ["a"]),
            node("Clip", ["a", "zero", "six"], ["b"]),
            node("Mul", ["x", "b"], ["c"]),
            node("Div", ["c", "six"]),
        ],
        weights={"three": np.float32(3), "zero": np.float32(0), "six": np.float32(6)},
    ),
    "hard sigmoid in parts": Case(
        [node("Add", ["x", "three"], ["a"]), node("Clip", ["a", "zero", "six"], ["b"]), node("Div", ["b", "six"])],
        weights={"three": np.float32(3), "zero": np.float32(0), "six": np.float32(6)},
    ),
    "mish in parts": Case([node("Softplus", ["x"], ["a"]), node("Tanh", ["a"], ["b"]), node("Mul", ["x", "b"])]),
    "gelu in parts": Case(
        [
            node("Div", ["x", "root"], ["a"]),
            node("Erf", ["a"], ["b"]),
            node("Add", ["b", "one"], ["c"]),
            node("Mul", ["x", "c"], ["d"]),
            node("Mul", ["d", "half"]),
        ],
        weights={"root": SQUARE_ROOT, "one": np.float32(1), "half": np.float32(0.5)},
    ),
    "softplus of PyTorch": Case(
        [node("Softplus", ["x"], ["a"]), node("Greater", ["x", "limit"], ["b"]), node("Where", ["b", "x", "a"])],
        weights={"limit": np.float32(20)},
    ),
    # normalisations
    "batch norm": Case(
        [node("BatchNormalization", ["x", "b.weight", "b.bias", "b.mean", "b.var"], epsilon=1e-5, momentum=0.9)],
        weights={
            "b.weight": numbers(3),
            "b.bias": numbers(3, seed=1),
            "b.mean": numbers(3, seed=2),
            "b.var": numbers(3, seed=3) ** 2,
        },
    ),
    "layer norm": Case(
        [node("LayerNormalization", ["x", "l.weight", "l.bias"])],
        ROWS,
        {"l.weight": VECTOR, "l.bias": numbers(6, seed=1)},
    ),
    "layer norm in parts": Case(
        [
            node("ReduceMean", ["x", "last"], ["mean"]),
            node("Sub", ["x", "mean"], ["apart"]),
            node("Pow", ["apart", "two"], ["squared"]),
            node("ReduceMean", ["squared", "last"], ["variance"]),
            node("Add", ["variance", "epsilon"], ["above"]),
            node("Sqrt", ["above"], ["root"]),
            node("Div", ["apart", "root"], ["normal"]),
            node("Mul", ["normal", "l.weight"], ["scaled"]),
            node("Add", ["scaled", "l.bias"]),
        ],
        ROWS,
        {
            "last": ints(-1),
            "two": np.float32(2),
            "epsilon": np.float32(1e-5),
            "l.weight": VECTOR,
            "l.bias": numbers(6, seed=1),
        },
    ),
    "layer norm of Keras": Case(
        [
            node("ReduceMean", ["x", "axis"], ["mean"]),
            node("Neg", ["mean"], ["negative"]),
            node("Sub", ["x", "mean"], ["apart"]),
            node("Mul", ["apart", "apart"], ["squared"]),
            node("ReduceMean", ["squared", "axis"], ["variance"]),
            node("Add", ["variance", "epsilon"], ["above"]),
            node("Sqrt", ["above"], ["root"]),
            node("Reciprocal", ["root"], ["inverse"]),
            node("Mul", ["inverse", "scale"], ["ratio"]),
            node("Mul", ["x", "ratio"], ["one"]),
            node("Mul", ["negative", "ratio"], ["other"]),
            node("Add", ["other", "shift"], ["moved"]),
            node("Add", ["one", "moved"]),
        ],
        weights={
            "axis": ints(1),
            "epsilon": np.float32(1e-3),
            "scale": numbers(1, 3, 1, 1),
            "shift": numbers(1, 3, 1, 1, seed=1),
        },
    ),
    "instance norm": Case(
        [node("InstanceNormalization", ["x", "i.weight", "i.bias"])],
        weights={"i.weight": numbers(3), "i.bias": numbers(3, seed=1)},
    ),
    "group norm": Case(
        [node("GroupNormalization", ["x", "g.weight", "g.bias"], num_groups=2)],
        {"x": [4, 8, 10]},
        {"g.weight": numbers(4), "g.bias": numbers(4, seed=1)},
        opset=21,
    ),
    "local response": one("LRN", size=5, alpha=1e-4, shape=(8, 4, 4)),
    # products
    "dense": Case(
        [node("Gemm", ["x", "d.weight", "d.bias"], transB=1)],
        {"x": [6]},
        {"d.weight": numbers(4, 6), "d.bias": numbers(4)},
    ),
    "dense with factors": Case(
        [node("Gemm", ["x", "d.weight", "d.bias"], alpha=0.5, beta=2.0)],
        {"x": [6]},
        {"d.weight": numbers(6, 4), "d.bias": numbers(4)},
    ),
    "dense of rows": Case(
        [node("MatMul", ["x", "d.weight"], ["a"]), node("Add", ["d.bias", "a"])],
        ROWS,
        {"d.weight": numbers(6, 4), "d.bias": numbers(4)},
    ),
    "dense of what was an image": Case(
        [
            node("Relu", ["x"], ["a"]),
            node("MaxPool", ["a"], ["b"], kernel_shape=[2, 2], strides=[2, 2]),
            node("Flatten", ["b"], ["c"]),
            node("MatMul", ["c", "d.weight"]),
        ],
        weights={"d.weight": numbers(60, 4)},
    ),
    "product of two": Case([node("Transpose", ["x"], ["t"], perm=[0, 2, 1]), node("MatMul", ["x", "t"])], ROWS),
    # arithmetic
    "sum with one": two("Add", np.float32(2.5)),
    "one minus": two("Sub", np.float32(1), first=True),
    "one over": two("Div", np.float32(1), first=True),
    "square": Case([node("Mul", ["x", "x"])]),
    "square root": one("Sqrt"),
    "channels times": two("Mul", numbers(3, 1, 1)),
    "positions": two("Add", numbers(1, 5, 6), shape=(5, 6)),
    "maximum": two("Max", np.float32(0.25)),
    "exponential": one("Exp"),
    "sum of three": Case([node("Relu", ["x"], ["a"]), node("Tanh", ["x"], ["b"]), node("Sum", ["x", "a", "b"])]),
    # reductions
    "mean of positions": one("ReduceMean", opset=13, axes=[2, 3], keepdims=0, shape=(3, 8, 10)),
    "sum of rows": Case([node("ReduceSum", ["x", "axes"], keepdims=0)], ROWS, {"axes": ints(1)}),
    "largest": Case([node("ReduceMax", ["x", "axes"], keepdims=1)], ROWS, {"axes": ints(2)}),
    "largest, its axis kept by no flag": Case([node("ReduceMax", ["x", "axes"], keepdims=2)], ROWS, {"axes": ints(2)}),
    # shapes
    "transpose": one("Transpose", perm=[0, 2, 1], shape=(5, 6)),
    "transposed twice": Case(
        [
            node("Transpose", ["x"], ["a"], perm=[0, 2, 1]),
            node("Relu", ["a"], ["b"]),
            node("Transpose", ["b"], perm=[0, 2, 1]),
        ],
        ROWS,
    ),
    "reshape": Case([node("Reshape", ["x", "to"])], ROWS, {"to": ints(0, 10, 3)}),
    "sizes that are asked for": Case(
        [
            node("Shape", ["x"], ["s"]),
            node("Gather", ["s", "zero"], ["n"]),
            node("Unsqueeze", ["n", "axis"], ["n1"]),
            node("Concat", ["n1", "rest"], ["to"], axis=0),
            node("Reshape", ["x", "to"]),
        ],
        ROWS,
        {"zero": np.int64(0), "axis": ints(0), "rest": ints(-1)},
    ),
    "concat of channels": Case(
        [
            node("Relu", ["x"], ["a"]),
            node("GlobalMaxPool", ["a"], ["p"]),
            node("Mul", ["a", "p"], ["m"]),
            node("Concat", ["a", "m"], axis=1),
        ],
    ),
    "concat of rows": Case([node("Relu", ["x"], ["a"]), node("Concat", ["x", "a"], axis=1)], ROWS),
    "halves": Case([node("Split", ["x"], ["a", "b"], axis=2, num_outputs=2), node("Sub", ["a", "b"])], ROWS),
    "slice": Case(
        [node("Slice", ["x", "from", "to", "axes"])], ROWS, {"from": ints(1), "to": ints(4), "axes": ints(1)}
    ),
    "slice backwards": Case(
        [node("Slice", ["x", "from", "to", "axes", "steps"])],
        ROWS,
        {"from": ints(-1), "to": ints(-(2**62)), "axes": ints(1), "steps": ints(-1)},
    ),
    "one row": Case([node("Gather", ["x", "which"], axis=1)], ROWS, {"which": np.int64(2)}),
    "rows": Case([node("Gather", ["x", "which"], axis=1)], ROWS, {"which": ints(3, 0, 0)}),
    "table": Case([node("Gather", ["e.weight", "int"])], {"int": [5]}, {"e.weight": numbers(9, 4)}),
    "zeros around": Case([node("Pad", ["x", "pads"])], weights={"pads": ints(0, 0, 1, 0, 0, 0, 2, 3)}),
    "mirrored": Case([node("Pad", ["x", "pads"], mode="reflect")], weights={"pads": ints(0, 0, 1, 2, 0, 0, 1, 2)}),
    "twice as large": Case(
        [
            node(
                "Resize",
                ["x", "", "scales"],
                mode="nearest",
                coordinate_transformation_mode="asymmetric",
                nearest_mode="floor",
            )
        ],
        weights={"scales": np.float32([1, 1, 2, 2])},
    ),
    "twice as large, between": Case(
        [node("Resize", ["x", "", "scales"], mode="linear")], weights={"scales": np.float32([1, 1, 2, 2])}
    ),
    "to a size": Case(
        [node("Resize", ["x", "", "scales"], mode="linear")], weights={"scales": np.float32([1, 1, 1.5, 1.2])}
    ),
    "upsample of old": Case(
        [node("Upsample", ["x", "scales"], mode="nearest")], weights={"scales": np.float32([1, 1, 3, 3])}, opset=9
    ),
    "blocks to positions": one("DepthToSpace", blocksize=2, shape=(8, 4, 5)),
    "shuffled pixels": one("DepthToSpace", blocksize=2, mode="CRD", shape=(8, 4, 5)),
    "positions to blocks": one("SpaceToDepth", blocksize=2),
    "shuffled channels": Case(
        [
            node("Reshape", ["x", "to"], ["a"]),
            node("Transpose", ["a"], ["b"], perm=[0, 2, 1, 3, 4]),
            node("Reshape", ["b", "back"], ["c"]),
            node("MaxPool", ["c"], kernel_shape=[2, 2]),
        ],
        {"x": [6, 4, 4]},
        {"to": ints(0, 2, 3, 4, 4), "back": ints(0, 6, 4, 4)},
    ),
    "dropout": one("Dropout"),
    "identity": Case([node("Identity", ["x"], ["a"]), node("Relu", ["a"])]),
    "times its rows": Case(
        [node("Reshape", ["x", "to"], ["a"]), node("MatMul", ["a", "d.weight"], ["b"]), node("Reshape", ["b", "back"])],
        ROWS,
        {"to": ints(-1, 6), "d.weight": numbers(6, 4), "back": ints(-1, 5, 4)},
    ),
}
