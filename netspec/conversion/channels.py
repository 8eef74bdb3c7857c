"""Models whose channels come first, turned to channels last.

Each tensor of a spec is one of the model's, and may lie otherwise: its `Layout` says how. A layer that wants channels first is
made of channels last, on tensors that lie so; what computes number by number takes them as they lie, what has an axis gets
another, and before all else the tensor is laid as in the model, by a `permute`. Where a turned tensor is flattened, the rows of
the `dense` behind it are in another order than the model's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from netspec.conversion.model import ConversionError, Layer, Model, Tensor
from netspec.conversion.operations import Lifted
from netspec.kinds import KINDS
from netspec.options import Values
from netspec.shapes import Shape

FIRST, LAST = "channels_first", "channels_last"
Axes = tuple[int, ...]


class Layout(NamedTuple):
    """How a tensor of a spec lies, if not as the model's does.

    Attributes:
        axes: For each of its axes, which of the model's it is, both counted from 0 and without the batch.
        sizes: The model's, where it is flat: its numbers are those of a tensor of these sizes, whose axes were exchanged.
    """

    axes: Axes
    sizes: tuple[int, ...] | None = None


class Held(NamedTuple):
    """A tensor of the model: the node that it is, and how that lies."""

    name: str
    layout: Layout | None = None


class Passing(NamedTuple):
    """A node between turned tensors: how it reads and gives them."""

    part: Lifted | None  # None: nothing is to be done, it is the tensor that it reads
    wanted: list[Layout | None]  # of each tensor that it reads
    layout: Layout | None = None  # of what it gives
    order: Layout | None = None  # of its weights


def turned(rank: int) -> Layout | None:
    """Channels last of channels first, with this many axes; None where that is the same."""
    return layout_of((*range(1, rank), 0))


def layout_of(axes: Axes) -> Layout | None:
    """The layout with these axes."""
    return None if axes == tuple(range(len(axes))) else Layout(axes)


def model_shape(shape: Shape, layout: Layout | None) -> Shape:
    """The shape of a tensor in the model, for that in the spec."""
    if layout is None or layout.sizes is not None:
        return shape
    return tuple(shape[layout.axes.index(axis)] for axis in range(len(shape)))


# --- layers that say which axis holds the channels --------------------------------------------------------------------------


def wants_first(layer: Layer) -> bool:
    """Does it, or the layer that it wraps, take channels first?"""
    held = layer.config.get("layer")
    inner = held.get("config") if isinstance(held, dict) else None
    return FIRST in (layer.config.get("data_format"), inner.get("data_format") if isinstance(inner, dict) else None)


def with_last(layer: Layer) -> Layer:
    """The same layer with channels last."""
    config = {**layer.config, "data_format": LAST} if "data_format" in layer.config else dict(layer.config)
    held = config.get("layer")
    if isinstance(held, dict) and isinstance(held.get("config"), dict) and "data_format" in held["config"]:
        config["layer"] = {**held, "config": {**held["config"], "data_format": LAST}}
    if config.get("activation", "linear") in _ALONG_AN_AXIS:
        raise ConversionError(
            f"has the activation `{config['activation']}` along the last axis, where its channels come first",
            layer.name,
        )
    return layer._replace(config=config)


def read_layout(layer: Layer, rank: int) -> Layout | None:
    """How a layer that was turned reads a tensor."""
    return layout_of(_axes(layer, rank, is_output=False))


def given_layout(layer: Layer, rank: int) -> Layout | None:
    """How what it gives lies."""
    return layout_of(_axes(layer, rank, is_output=True))


def _axes(layer: Layer, rank: int, *, is_output: bool) -> Axes:
    if layer.class_name == "Flatten" and is_output:  # which Keras does with channels last
        return tuple(range(rank))
    if layer.class_name == "TimeDistributed":
        held = layer.config.get("layer")
        class_name = str(held.get("class_name")) if isinstance(held, dict) else ""
        inner = _axes(layer._replace(class_name=class_name), rank - 1, is_output=is_output)
        return (0, *(axis + 1 for axis in inner))
    if layer.class_name.startswith("ConvLSTM") and (not is_output or layer.config.get("return_sequences")):
        return (0, *range(2, rank), 1) if rank > 1 else (0,)
    return (*range(1, rank), 0) if rank else ()


# --- nodes that take tensors as they lie ------------------------------------------------------------------------------------

_ALONG_AN_AXIS = frozenset(("softmax", "log_softmax", "sparsemax", "glu"))
_BY_NUMBER = frozenset(
    [
        "absolute",
        "negative",
        "sign",
        "round",
        "floor",
        "square",
        "sqrt",
        "log",
        "sin",
        "cos",
        "clip",
        "cast",
        "dropout",
        "alpha_dropout",
        "gaussian_dropout",
        "gaussian_noise",
        "stochastic_depth",
        "activity_regularization",
        "rescale",
    ]
)
_MERGES = frozenset(("add", "subtract", "multiply", "average", "maximum", "minimum", "divide", "power"))
_WITH_AXIS = frozenset(
    [
        "batch_norm",
        "layer_norm",
        "group_norm",
        "unit_norm",
        "normalize",
        "softmax",
        "concat",
        "reduce",
        "slice",
        "cumsum",
        "roll",
    ]
)


def passing(part: Lifted, layouts: Sequence[Layout | None], shapes: Sequence[Shape]) -> Passing:
    """A node of a model in which tensors are turned.

    Args:
        part: As it would be if all lay as in the model.
        layouts: Of the tensors that it reads.
        shapes: Theirs, in the model.
    """
    plain = Passing(part, [None] * len(layouts))
    if part.kind_name == "permute" and len(layouts) == 1:
        return _exchanged(part, layouts[0], shapes[0]) or plain
    if not any(layouts):
        return plain
    if part.kind_name in _MERGES and not _has_lists(part.values):
        return _merged(part, layouts, shapes) or plain
    first = layouts[0]
    if len(layouts) == 1 and first is not None:
        if _is_by_number(part):
            return Passing(part, [first], first)
        if part.kind_name == "dense" and first.sizes is not None:
            return Passing(part, [first], None, first)
        if first.sizes is None:
            target = part.values.get("target_shape")
            if part.kind_name == "flatten" or (
                part.kind_name == "reshape" and isinstance(target, list) and len(target) == 1
            ):
                return _flattened(part, first, shapes[0]) or plain
            if part.kind_name == "prelu":
                return _with_slopes(part, first) or plain
    if part.kind_name in _WITH_AXIS and first is not None and first.sizes is None and set(layouts) == {first}:
        return _along(part, first, list(layouts)) or plain
    return plain


def _has_lists(values: Values) -> bool:
    return any(isinstance(value, (list, tuple)) for value in values.values())


def _is_by_number(part: Lifted) -> bool:
    """Does it compute each number by itself, wherever it lies?"""
    kind_name = part.values.get("activation") if part.kind_name == "activation" else part.kind_name
    if not isinstance(kind_name, str) or _has_lists(part.values) or part.body is not None:
        return False
    if kind_name in _BY_NUMBER:
        return True
    return (
        kind_name in KINDS and KINDS[kind_name].family == "activation" and kind_name not in (*_ALONG_AN_AXIS, "prelu")
    )


def _exchanged(part: Lifted, layout: Layout | None, shape: Shape) -> Passing | None:
    """A permutation: nothing, where its outcome is its input laid otherwise."""
    dims = part.values.get("dims")
    rank = len(shape)
    if not isinstance(dims, list) or sorted(dims) != list(range(1, rank + 1)):
        return None
    if layout is not None and layout.sizes is not None:
        return None
    axes = tuple(range(rank)) if layout is None else layout.axes
    left = layout_of(tuple(dims.index(axis + 1) for axis in axes))
    if left in (None, turned(rank)):
        return Passing(None, [layout], left)
    return Passing(part._replace(values={"dims": [axes.index(axis - 1) + 1 for axis in dims]}), [layout])


def _merged(part: Lifted, layouts: Sequence[Layout | None], shapes: Sequence[Shape]) -> Passing | None:
    """All as the first lies that is turned."""
    common = next(layout for layout in layouts if layout is not None)
    if common.sizes is not None and set(layouts) != {common}:
        return None
    if len({len(shape) for shape in shapes}) > 1 or any(
        layout and layout.sizes for layout in layouts if layout != common
    ):
        return None
    return Passing(part, [common] * len(layouts), common)


def _flattened(part: Lifted, layout: Layout, shape: Shape) -> Passing | None:
    sizes = tuple(size for size in shape if size is not None)
    if len(sizes) < len(shape):
        return None
    moved = [axis for axis in layout.axes if sizes[axis] != 1]
    return Passing(part, [layout], None if moved == sorted(moved) else Layout(layout.axes, sizes))


def _with_slopes(part: Lifted, layout: Layout) -> Passing | None:
    """A `prelu`, whose slopes lie as what it reads."""
    shared = part.values.get("shared_axes") or []
    if not isinstance(shared, list) or not all(axis - 1 in layout.axes for axis in shared):
        return None
    values = dict(part.values)
    if shared:
        values["shared_axes"] = sorted(layout.axes.index(axis - 1) + 1 for axis in shared)
    return Passing(part._replace(values=values), [layout], layout, layout)


def _along(part: Lifted, layout: Layout, layouts: list[Layout | None]) -> Passing | None:
    """A node with `axis`, which is another where its inputs are turned."""
    option = KINDS[part.kind_name].options["axis"]
    given = part.values.get("axis", option.default)
    axes = list(given) if isinstance(given, (list, tuple)) else [given]
    rank = len(layout.axes)
    is_list = len(axes) > 1
    weighs = part.kind_name in ("layer_norm", "normalize") and is_list  # its weights would lie otherwise too
    if weighs or not all(isinstance(axis, int) and -rank <= axis <= rank and axis != 0 for axis in axes):
        return None
    ours = [axis % (rank + 1) - 1 for axis in axes if isinstance(axis, int)]
    there = [layout.axes.index(axis) + 1 for axis in ours]
    found: object = sorted(there) if is_list else -1 if there == [rank] else there[0]
    values = {name: value for name, value in part.values.items() if name != "axis"}
    if found != option.default:
        values["axis"] = found
    left: Layout | None = layout
    if part.kind_name == "reduce" and not part.values.get("keepdims"):
        kept = [axis for axis in layout.axes if axis not in ours]
        left = layout_of(tuple(sorted(kept).index(axis) for axis in kept))
    return Passing(part._replace(values=values), layouts, left)


# --- which inputs are turned ------------------------------------------------------------------------------------------------

_HANDS_ON = frozenset(
    [
        "Activation",
        "ReLU",
        "LeakyReLU",
        "PReLU",
        "ELU",
        "Softmax",
        "Rescaling",
        "Normalization",
        "BatchNormalization",
        "GroupNormalization",
        "Dropout",
        "GaussianNoise",
        "Add",
        "Subtract",
        "Multiply",
        "Divide",
        "TrueDivide",
        "Concatenate",
        "Relu",
        "Sigmoid",
        "Tanh",
        "Silu",
    ]
)


def is_turned(model: Model) -> bool:
    """Is anything in it, or in a model in it, of channels first? Padding alone is not: by it, channels are padded too."""
    return any(
        is_turned(layer.inner)
        if layer.inner is not None
        else wants_first(layer) and layer.class_name != "ZeroPadding2D"
        for layer in model.layers
    )


def input_layout(model: Model, name: str, rank: int) -> Layout | None:
    """How an input lies: turned, where the first layers that care take channels first."""
    return next(_wishes(model, Tensor(name, 0, 0), rank), None)


def _wishes(model: Model, tensor: Tensor, rank: int) -> Iterator[Layout]:
    waiting, seen = [tensor], {tensor}
    while waiting:
        tensor = waiting.pop(0)
        for layer in model.layers:
            for index, call in enumerate(layer.calls):
                if tensor not in call.reads:
                    continue
                if layer.inner is not None:
                    place = call.reads.index(tensor)
                    if place < len(layer.inner.inputs):
                        yield from _wishes(layer.inner, Tensor(layer.inner.inputs[place].name, 0, 0), rank)
                elif wants_first(layer):
                    layout = read_layout(layer, rank)
                    if layout is not None:
                        yield layout
                given = Tensor(layer.name, index, 0)
                if layer.class_name in _HANDS_ON and given not in seen:
                    seen.add(given)
                    waiting.append(given)
