"""The operations in Keras's own words, for `tests.support.oracle`: written without a look at netspec's lowering."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

ops = keras.ops
layers = keras.layers
Direct = Callable[[int, dict[str, Any]], Any]


def wide(tensors: list[Any]) -> list[Any]:
    """All with the most axes that one has, the new ones after the batch."""
    rank = max(len(tensor.shape) for tensor in tensors)
    return [tensor[(slice(None), *[None] * (rank - len(tensor.shape)))] for tensor in tensors]


def function(name: str) -> Direct:
    """An elementwise function without settings."""

    def make(rank: int, given: dict[str, Any]) -> Any:
        def apply(x: Any, **settings: Any) -> Any:
            return getattr(ops, name)(x, **settings)

        return lambda x: apply(x, **given)

    return make


def arithmetic(name: str, layer: str | None = None) -> Direct:
    """A merge of tensors, or one tensor and a constant."""

    def make(rank: int, given: dict[str, Any]) -> Any:
        if not {*given} <= {"value"}:
            raise TypeError("no such argument")
        value = given.get("value")
        if value is not None:
            value = float(value) if name == "power" and value < 0 else value
            return lambda x: getattr(ops, name)(x, value)
        return getattr(layers, layer)() if layer else lambda tensors: getattr(ops, name)(*wide(tensors))

    return make


def require(condition: bool) -> None:
    """Refuse what Keras would take without a look."""
    if not condition:
        raise ValueError("not so")


def reduced(rank: int, given: dict[str, Any]) -> Any:
    def reduce(x: Any, *, type: str, axis: Any = None, keepdims: bool = False) -> Any:
        over = list(range(1, len(x.shape))) if axis is None else axis
        if not over and axis is None:
            return x * 1.0 if type in ("mean", "l2") else x
        over = tuple(over) if isinstance(over, list) else over
        if type == "l2":
            x = ops.cast(x, "float32") if "float" not in keras.backend.standardize_dtype(x.dtype) else x
            return ops.sqrt(ops.sum(ops.square(x), axis=over, keepdims=keepdims))
        return getattr(ops, {"variance": "var"}.get(type, type))(x, axis=over, keepdims=keepdims)

    return lambda x: reduce(x, **given)


def multiplied(rank: int, given: dict[str, Any]) -> Any:
    def multiply(tensors: Any, transpose_a: bool = False, transpose_b: bool = False) -> Any:
        a, b = wide(tensors)
        order = [*range(len(a.shape) - 2), len(a.shape) - 1, len(a.shape) - 2]
        return ops.matmul(ops.transpose(a, order) if transpose_a else a, ops.transpose(b, order) if transpose_b else b)

    return lambda tensors: multiply(tensors, **given)


class Taken(layers.Layer):
    """What stands at the places that each example names."""

    def __init__(self, axis: int) -> None:
        super().__init__()
        self.axis = axis

    def build(self, *shapes: Any) -> None:
        """There are no weights."""

    def call(self, x: Any, places: Any) -> Any:
        axis = self.axis % len(x.shape)
        rest = [1] * (len(x.shape) - 1)
        rest[axis - 1] = places.shape[1]
        wanted = ops.reshape(ops.cast(places, "int32"), (-1, *rest))
        sizes = [*ops.shape(x)]
        sizes[axis] = places.shape[1]
        return ops.take_along_axis(x, ops.broadcast_to(wanted, sizes), axis=axis)

    def compute_output_spec(self, x: Any, places: Any) -> Any:
        require(-len(x.shape) < self.axis < len(x.shape))
        require(self.axis != 0)
        require(len(places.shape) == 2)
        axis = self.axis % len(x.shape)
        return keras.KerasTensor((*x.shape[:axis], places.shape[1], *x.shape[axis + 1 :]), dtype=x.dtype)


def gathered(rank: int, given: dict[str, Any]) -> Any:
    def gather(read: Any, indices: Any = None, axis: int = 1) -> Any:
        if indices is not None:
            return ops.take(read, indices, axis=axis)
        x, places = read
        require("int" in keras.backend.standardize_dtype(places.dtype))
        layer = Taken(axis)
        layer.autocast = False
        return layer(x, places)

    return lambda read: gather(read, **given)


def padded(rank: int, given: dict[str, Any]) -> Any:
    value = given.get("padding")
    sides = value if isinstance(value, list) else [value] * rank
    require(len(sides) == rank)
    require(rank in (1, 2, 3))
    pairs = [(0, 0), *(tuple(side) if isinstance(side, list) else (side, side) for side in sides), (0, 0)]
    mode = given.get("mode", "constant")
    more = {"constant_values": given.get("value", 0)} if mode == "constant" else {}
    return lambda x: ops.pad(x, pairs, mode=mode, **more)


def images(call: Callable[..., Any]) -> Direct:
    """A function of images, whose settings are the kind's."""

    def make(rank: int, given: dict[str, Any]) -> Any:
        require(rank == 2)
        return lambda x: call(x, **given)

    return make


def extracted(x: Any, *, size: Any, strides: Any = None, padding: str = "valid") -> Any:
    strides = size if strides is None else strides
    size, strides = (tuple(v) if isinstance(v, list) else (v, v) for v in (size, strides))
    return ops.image.extract_patches(x, size, strides=strides, padding=padding)


def _pair(size: Any) -> tuple[int, int]:
    return tuple(size) if isinstance(size, list) else (size, size)


def windows(x: Any, *, size: Any) -> Any:
    h, w = _pair(size)
    _, rows, columns, channels = x.shape
    require(rows % h == columns % w == 0)
    x = layers.Reshape((rows // h, h, columns // w, w, channels))(x)
    return layers.Reshape((-1, h * w, channels))(ops.swapaxes(x, 2, 3))


def image(rank: int, given: dict[str, Any]) -> Any:
    def reverse(x: Any, *, size: Any, height: int | None = None, width: int | None = None) -> Any:
        h, w = _pair(size)
        _, count, places, channels = x.shape
        side = round((count * places) ** 0.5)
        height, width = (side, side) if height is None else (height, width)
        require(h * w == places)
        require(height % h == width % w == 0)
        require(height * width == count * places)
        x = layers.Reshape((height // h, width // w, h, w, channels))(x)
        return layers.Reshape((height, width, channels))(ops.swapaxes(x, 2, 3))

    return lambda x: reverse(x, **given)


def sampled(rank: int, given: dict[str, Any]) -> Any:
    def draw(tensors: Any) -> Any:
        mean, variance = tensors
        if any(None not in pair and pair[0] != pair[1] for pair in zip(mean.shape, variance.shape, strict=True)):
            raise ValueError("two shapes")
        noise = layers.GaussianNoise(1.0, **given)(mean * 0)
        return mean + ops.exp(variance / 2) * noise

    return draw


def chosen(rank: int, given: dict[str, Any]) -> Any:
    def choose(tensors: Any) -> Any:
        condition, a, b = wide(tensors)
        return ops.where(ops.not_equal(condition, False if condition.dtype == "bool" else 0), a, b)

    return choose if not given else None


def dotted(rank: int, given: dict[str, Any]) -> Any:
    axes = given["axes"]
    return layers.Dot(
        tuple(axes) if isinstance(axes, list) else axes, **{k: v for k, v in given.items() if k != "axes"}
    )


def rolled(rank: int, given: dict[str, Any]) -> Any:
    shift, axis = given["shift"], given.get("axis", 1)
    both = (tuple(v) if isinstance(v, list) else (v,) for v in (shift, axis))
    shift, axis = both
    if len(shift) != len(axis):
        raise ValueError("as many shifts as axes")
    return lambda x: ops.roll(x, shift, axis=axis)


def one_hot(rank: int, given: dict[str, Any]) -> Any:
    """By comparing with each class: PyTorch's own function fails at numbers that are none."""
    classes = np.arange(given["classes"], dtype="int32")
    return lambda x: ops.cast(ops.equal(ops.expand_dims(ops.cast(x, "int32"), -1), classes), "float32")


DIRECT: dict[str, Direct] = {
    **{
        word: function(word)
        for word in ("absolute", "negative", "sign", "round", "floor", "square", "sqrt", "log", "sin", "cos")
    },
    **{word: arithmetic(word, word.title()) for word in ("add", "subtract", "multiply", "maximum", "minimum")},
    **{
        word: arithmetic(word)
        for word in (
            *("divide", "power", "equal", "not_equal", "greater", "greater_equal"),
            *("less", "less_equal"),
        )
    },
    "top_k": lambda rank, given: lambda x: ops.top_k(x, given["k"])[0],
    "cumsum": lambda rank, given: lambda x: ops.cumsum(x, axis=given.get("axis", -1)),
    "clip": lambda rank, given: lambda x: ops.clip(x, given["min"], given["max"]),
    "cast": lambda rank, given: lambda x: ops.cast(x, given["to"]),
    "one_hot": one_hot,
    "reduce": reduced,
    "matmul": multiplied,
    "dot": dotted,
    "where": chosen,
    "stack": lambda rank, given: lambda tensors: ops.stack(tensors, axis=given.get("axis", -1)),
    "roll": rolled,
    "gather": gathered,
    "pad": padded,
    "space_to_depth": images(lambda x, block_size=2: ops.space_to_depth(x, block_size)),
    "depth_to_space": images(lambda x, block_size=2: ops.depth_to_space(x, block_size)),
    "patches": images(extracted),
    "window_partition": images(windows),
    "window_reverse": image,
    "sampling": sampled,
}
