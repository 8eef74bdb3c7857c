"""Operations, functions of `keras.ops` in a functional model, to kinds."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from netspec.conversion.model import Call, ConversionError, Layer, Tensor
from netspec.diagnostics.words import show
from netspec.kinds import KINDS
from netspec.options import Values
from netspec.shapes import Shape


class Body(NamedTuple):
    """The one node inside a composition."""

    kind_name: str
    values: Values


class Lifted(NamedTuple):
    """A node: what it is and reads."""

    kind_name: str
    values: Values  # hyperparameters that differ from their defaults, as a spec writes them
    reads: tuple[Tensor, ...]  # none: the node before, of the same call
    suffix: str = ""  # of its name, where one call becomes several nodes
    beside: Mapping[str, tuple[Tensor, ...]] = {}  # by the hyperparameters that name nodes
    body: Body | None = None  # of a composition
    reads_nothing: bool = False
    also_before: bool = False  # does it read, last, the node before, of the same call?
    is_given: bool = False  # is it an output of the call, which has several?


# Operations whose kind has another name.
_OTHER_WORDS = {"exp": "exponential", "abs": "absolute", "swish": "silu", "hard_swish": "hard_silu"}

Lift = Callable[[Layer, Call, Sequence[Shape]], list[Lifted]]


def lifted_operation(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
    """The nodes that a call of an operation becomes. Raises ConversionError."""
    special = OPERATIONS.get(layer.class_name)
    if special is not None:
        return special(layer, call, shapes)
    word = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", layer.class_name).lower()
    word = _OTHER_WORDS.get(word, word)
    settings = {name: value for name, value in layer.config.items() if name != "name"}
    tensors = all(isinstance(each, Tensor) for each in (*call.args, *call.kwargs.values()))
    if word in KINDS and tensors and settings.keys() <= KINDS[word].options.keys():
        options = KINDS[word].options
        values = {name: value for name, value in settings.items() if value != options[name].default}
        return [Lifted(word, values, call.reads)]
    raise ConversionError(f"is a {show(layer.class_name)}, an operation for which there is no kind", layer.name)


def _setting(layer: Layer, call: Call, name: str, place: int, default: object) -> object:
    """An argument of an operation, which its configuration holds, or what it is called with."""
    if name in layer.config:
        return layer.config[name]
    return call.args[place] if len(call.args) > place else call.kwargs.get(name, default)


def _arithmetic(kind_name: str) -> Lift:
    """An operation of two tensors, or of one and a constant."""

    def lift(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
        operands = [*call.args, *call.kwargs.values()]
        if len(operands) == 2 and all(isinstance(each, Tensor) for each in operands):
            return [Lifted(kind_name, {}, call.reads)]
        first, second = operands if len(operands) == 2 else (None, None)
        if isinstance(first, Tensor) and isinstance(second, (int, float)):
            return [Lifted(kind_name, {"value": second}, (first,))]
        if isinstance(second, Tensor) and isinstance(first, (int, float)):
            if kind_name in ("add", "multiply", "maximum", "minimum"):
                return [Lifted(kind_name, {"value": first}, (second,))]
            if kind_name == "subtract":  # c - x is -x + c
                return [
                    Lifted("multiply", {"value": -1}, (second,), "negated"),
                    Lifted("add", {"value": first}, ()),
                ]
        raise ConversionError(f"computes with {show(call.args)}, which `{kind_name}` does not take", layer.name)

    return lift


def _concatenate(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
    axis = _setting(layer, call, "axis", 1, 0)
    return [Lifted("concat", {} if axis == -1 else {"axis": axis}, call.reads)]


def _reduction(type_: str) -> Lift:
    def lift(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
        axis = _setting(layer, call, "axis", 1, None)
        axes = axis if isinstance(axis, list) else [axis]
        rank = len(shapes[0]) + 1
        if axis is None or any(not isinstance(each, int) or each % rank == 0 for each in axes):
            raise ConversionError("reduces over the examples of a batch, which a spec's nodes do not", layer.name)
        values: Values = {"type": type_, "axis": axes if len(axes) > 1 else -1 if axes[0] == rank - 1 else axes[0]}
        if _setting(layer, call, "keepdims", 2, False):
            values["keepdims"] = True
        return [Lifted("reduce", values, call.reads)]

    return lift


def _reshape(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
    shape = _setting(layer, call, "newshape", 1, None)
    match shape:
        case [-1 | None, *sizes] if all(isinstance(size, int) for size in sizes) and sizes.count(-1) == 0:
            return [Lifted("reshape", {"target_shape": sizes}, call.reads)]
    raise ConversionError(f"reshapes to {show(shape)}, batch included, which a spec's nodes do not", layer.name)


def _resized(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
    """`expand_dims` and `squeeze`, as a reshape to what they come to."""
    (shape,) = shapes
    axis = _setting(layer, call, "axis", 1, None)
    axes = axis if isinstance(axis, list) else [axis]
    if None in shape or not all(isinstance(each, int) for each in axes):
        raise ConversionError(f"changes the axes of {show([None, *shape])}, whose sizes must be known", layer.name)
    sizes: list[object] = [None, *shape]
    grows = layer.class_name == "ExpandDims"
    for each in sorted(number % (len(sizes) + grows) for number in axes if isinstance(number, int))[::-1]:
        if each == 0:
            raise ConversionError("changes the axis of the batch, which a spec's nodes do not", layer.name)
        sizes[each : each + (not grows)] = [1] if grows else []
    return [Lifted("reshape", {"target_shape": sizes[1:]}, call.reads)]


def _transpose(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
    axes = _setting(layer, call, "axes", 1, None)
    if not isinstance(axes, list) or axes[:1] != [0]:
        raise ConversionError(f"exchanges the axes {show(axes)}, that of the batch too", layer.name)
    return [Lifted("permute", {"dims": axes[1:]}, call.reads)]


def _swapped(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
    """`swapaxes` and `moveaxis`."""
    rank = len(shapes[0]) + 1
    names = ("axis1", "axis2") if layer.class_name == "Swapaxes" else ("source", "destination")
    one, other = (_setting(layer, call, name, place, None) for place, name in enumerate(names, 1))
    if not (isinstance(one, int) and isinstance(other, int) and -rank <= min(one, other) <= max(one, other) < rank):
        raise ConversionError(f"exchanges the axes {show([one, other])}, which a spec's nodes do not", layer.name)
    first, second = one % rank, other % rank
    axes = list(range(rank))
    if layer.class_name == "Swapaxes":
        axes[first], axes[second] = second, first
    else:
        axes.insert(second, axes.pop(first))
    if axes[0] != 0:
        raise ConversionError("exchanges the axis of the batch, which a spec's nodes do not", layer.name)
    return [Lifted("permute", {"dims": axes[1:]}, call.reads)]


def _taken(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
    """`take` at places that are known."""
    axis = _setting(layer, call, "axis", 2, None)
    places = call.args[1] if len(call.args) > 1 else call.kwargs.get("indices")
    if isinstance(places, Mapping) and places.get("class_name") == "__numpy__":
        places = places["config"]["value"]
    if not isinstance(axis, int) or axis == 0 or not isinstance(places, list):
        raise ConversionError(
            "takes places that another tensor says, which `gather` does along each example", layer.name
        )
    return [Lifted("gather", {"indices": places, **({} if axis == 1 else {"axis": axis})}, call.reads[:1])]


def _gathered(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
    """`flip` and `repeat` along one axis, whose places are known."""
    axis = _setting(layer, call, "axis", 2 if layer.class_name == "Repeat" else 1, None)
    times = _setting(layer, call, "repeats", 1, 1) if layer.class_name == "Repeat" else 1
    rank = len(shapes[0]) + 1
    if not isinstance(axis, int) or axis % rank == 0 or not isinstance(times, int) or not 0 < times < 1000:
        raise ConversionError(f"goes along the axis {show(axis)}, which a spec's nodes do not", layer.name)
    size = shapes[0][axis % rank - 1]
    if size is None:
        raise ConversionError("goes along an axis whose size is open", layer.name)
    places = [place for place in range(size) for _ in range(times)]
    values: Values = {"indices": places if layer.class_name == "Repeat" else places[::-1]}
    return [Lifted("gather", {**values, **({} if axis == 1 else {"axis": axis})}, call.reads)]


def _parted(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
    """`split` along an axis of known size: a slice a part."""
    axis = _setting(layer, call, "axis", 2, 0)
    parts = _setting(layer, call, "indices_or_sections", 1, None)
    rank = len(shapes[0]) + 1
    size = shapes[0][axis % rank - 1] if isinstance(axis, int) and axis % rank else None
    if size is None:
        raise ConversionError(f"splits the axis {show(axis)}, whose size must be known", layer.name)
    if isinstance(parts, int) and 0 < parts <= size and size % parts == 0:
        parts = list(range(size // parts, size, size // parts))
    if not isinstance(parts, list) or not all(isinstance(part, int) and 0 < part < size for part in parts):
        raise ConversionError(f"splits at {show(parts)}, which a spec's nodes do not", layer.name)
    ends = [0, *parts, size]
    made = []
    for number, (start, stop) in enumerate(itertools.pairwise(ends), 1):
        values: Values = {"axis": axis, "start": start, "stop": stop}
        values = {name: value for name, value in values.items() if (name, value) not in (("start", 0), ("stop", size))}
        made.append(Lifted("slice", values, call.reads, f"part_{number}", is_given=True))
    return made


def _power(power: float) -> Lift:
    """`reciprocal` and `rsqrt`."""

    def lift(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
        return [Lifted("power", {"value": power}, call.reads)]

    return lift


def _gelu(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
    if _setting(layer, call, "approximate", 1, True):
        raise ConversionError("is the approximation of `gelu` by tanh, for which there is no kind", layer.name)
    return [Lifted("gelu", {}, call.reads)]


def _one_hot(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
    if layer.config.get("axis", -1) != -1 or layer.config.get("sparse"):
        raise ConversionError("puts the classes elsewhere than last, which `one_hot` does not", layer.name)
    return [Lifted("one_hot", {"classes": layer.config.get("num_classes")}, call.reads)]


def _log_softmax(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
    if _setting(layer, call, "axis", 1, -1) not in (-1, len(shapes[0])):
        raise ConversionError("goes along another axis than the last, which `log_softmax` does not", layer.name)
    return [Lifted("log_softmax", {}, call.reads)]


def _roll(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
    values: Values = {name: _setting(layer, call, name, place, None) for place, name in ((1, "shift"), (2, "axis"))}
    if values["axis"] is None:
        raise ConversionError("rolls over the examples of a batch, which a spec's nodes do not", layer.name)
    return [Lifted("roll", {name: value for name, value in values.items() if (name, value) != ("axis", 1)}, call.reads)]


def _resized_image(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
    if layer.config.get("data_format") == "channels_first" or layer.config.get("antialias"):
        raise ConversionError("resizes as `resize` does not", layer.name)
    size, how = layer.config.get("size"), layer.config.get("interpolation", "bilinear")
    if not isinstance(size, list) or len(size) != 2:
        raise ConversionError(f"resizes to {show(size)}, which `resize` does not", layer.name)
    values: Values = {"height": size[0], "width": size[1]}
    return [Lifted("resize", values if how == "bilinear" else {**values, "interpolation": how}, call.reads)]


def _blocks(kind_name: str) -> Lift:
    """Squares of positions to channels, and back."""

    def lift(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
        if layer.config.get("data_format") == "channels_first":
            raise ConversionError(f"has its channels first, which `{kind_name}` does not", layer.name)
        return [Lifted(kind_name, {"block_size": layer.config.get("block_size")}, call.reads[:1])]

    return lift


def _stack(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
    axis = _setting(layer, call, "axis", 1, 0)
    rank = len(shapes[0]) + 1
    if not isinstance(axis, int) or axis % (rank + 1) == 0:
        raise ConversionError("makes a new axis before that of the batch, which a spec's nodes do not", layer.name)
    return [Lifted("stack", {} if axis in (-1, rank) else {"axis": axis}, call.reads)]


def _item(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
    """`x[:, 1:3]`: a slice an axis; `x[:, 0]`: a slice of one, whose axis a reshape takes away."""
    (shape,) = shapes
    key = _setting(layer, call, "key", 1, None)
    parts = list(key) if isinstance(key, (list, tuple)) else [key]
    if _ELLIPSIS in parts:
        place = parts.index(_ELLIPSIS)
        parts[place : place + 1] = [_EVERYTHING] * (len(shape) + 2 - len(parts))
    if not parts or parts.pop(0) != _EVERYTHING:
        raise ConversionError("takes some of the examples of a batch, which a spec's nodes do not", layer.name)
    made: list[Lifted] = []
    kept: list[object] = []
    for axis, (size, part) in enumerate(
        zip(shape, [*parts, *[_EVERYTHING] * (len(shape) - len(parts))], strict=True), 1
    ):
        if part == _EVERYTHING:
            kept.append(size)
            continue
        values: Values = {"axis": axis}
        start, stop, step = _bounds(part, layer)
        if not isinstance(part, int):
            kept.append(None if size is None else len(range(*slice(start, stop, step).indices(size))))
        values |= {name: each for name, each in (("start", start), ("stop", stop), ("step", step)) if each}
        made.append(Lifted("slice", values, call.reads if not made else (), f"{axis}"))
    if any(isinstance(part, int) for part in parts):
        if None in kept:
            raise ConversionError("takes one place along an axis of a tensor with open sizes", layer.name)
        made.append(Lifted("reshape", {"target_shape": kept}, ()))
    if not made:
        return [Lifted("linear", {}, call.reads)]
    made[-1] = made[-1]._replace(suffix="")
    return made


_ELLIPSIS: dict[str, object] = {"class_name": "__ellipsis__", "config": {}}
_EVERYTHING = {"class_name": "__slice__", "config": {"start": None, "stop": None, "step": None}}


def _bounds(part: object, layer: Layer) -> tuple[int | None, int | None, int | None]:
    """Start, stop and step of a slice; of a place, those of a slice of one."""
    if isinstance(part, int):
        return part, part + 1 or None, None
    if isinstance(part, Mapping) and part.get("class_name") == "__slice__":
        config = part["config"]
        bounds = tuple(config.get(name) for name in ("start", "stop", "step"))
        if all(each is None or isinstance(each, int) for each in bounds) and (bounds[2] is None or bounds[2] > 0):
            return bounds
    raise ConversionError(f"takes {show(part)} of a tensor, which a spec's nodes do not", layer.name)


def sides(value: object) -> object:
    """A padding as it may be written: `[[3, 3], [3, 3]]` is 3, `[[1, 1], [2, 2]]` is `[1, 2]`."""
    if not isinstance(value, list) or not all(isinstance(each, list) and len(each) == 2 for each in value):
        return value
    if any(before != after for before, after in value):
        return value
    amounts = [before for before, _ in value]
    return amounts[0] if all(each == amounts[0] for each in amounts) and amounts else amounts


def _pad(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
    """Padding of any axes but the batch, by a constant or by what lies at the border."""
    width = _setting(layer, call, "pad_width", 1, None)
    mode = _setting(layer, call, "mode", 2, "constant")
    value = _setting(layer, call, "constant_values", 3, None)
    rank = len(shapes[0])
    match width:
        case [[0, 0], *amounts, [0, 0]] if len(amounts) == rank - 1 and isinstance(mode, str):
            values: Values = {"padding": sides(amounts)}
            if mode != "constant":
                values["mode"] = mode
            elif value not in (None, 0):
                values["value"] = value
            return [Lifted("pad", values, call.reads)]
    raise ConversionError(f"pads by {show(width)}, and `pad` leaves batch and channels alone", layer.name)


def _cast(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
    return [Lifted("cast", {"to": _setting(layer, call, "dtype", 1, None)}, call.reads)]


def _clip(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
    low, high = (_setting(layer, call, name, place, None) for place, name in ((1, "x_min"), (2, "x_max")))
    return [Lifted("clip", {"min": low, "max": high}, call.reads)]


def _softmax(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
    axis = _setting(layer, call, "axis", 1, -1)
    return [Lifted("softmax", {} if axis == -1 else {"axis": axis}, call.reads)]


OPERATIONS: dict[str, Lift] = {
    "Add": _arithmetic("add"),
    "Subtract": _arithmetic("subtract"),
    "Multiply": _arithmetic("multiply"),
    "Divide": _arithmetic("divide"),
    "TrueDivide": _arithmetic("divide"),
    "Power": _arithmetic("power"),
    "Maximum": _arithmetic("maximum"),
    "Minimum": _arithmetic("minimum"),
    "Concatenate": _concatenate,
    **{name: _reduction(word) for name, word in {"Mean": "mean", "Max": "max", "Min": "min", "Sum": "sum"}.items()},
    **{name: _reduction(word) for name, word in {"Prod": "prod", "Var": "variance"}.items()},
    "Reshape": _reshape,
    "ExpandDims": _resized,
    "Squeeze": _resized,
    "Transpose": _transpose,
    "Swapaxes": _swapped,
    "SpaceToDepth": _blocks("space_to_depth"),
    "DepthToSpace": _blocks("depth_to_space"),
    "Flip": _gathered,
    "Repeat": _gathered,
    "Split": _parted,
    "Roll": _roll,
    "Reciprocal": _power(-1.0),
    "Rsqrt": _power(-0.5),
    "Gelu": _gelu,
    "OneHot": _one_hot,
    "LogSoftmax": _log_softmax,
    "Resize": _resized_image,
    **{name: _arithmetic(word) for name, word in {"Equal": "equal", "NotEqual": "not_equal"}.items()},
    **{name: _arithmetic(word) for name, word in {"Greater": "greater", "GreaterEqual": "greater_equal"}.items()},
    **{name: _arithmetic(word) for name, word in {"Less": "less", "LessEqual": "less_equal"}.items()},
    "Moveaxis": _swapped,
    "Take": _taken,
    "Stack": _stack,
    "GetItem": _item,
    "Pad": _pad,
    "Cast": _cast,
    "Clip": _clip,
    "Softmax": _softmax,
}
