"""Normalisations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netspec.conversion.model import ConversionError
from netspec.conversion.operators.layouts import Value
from netspec.conversion.operators.program import Operator
from netspec.conversion.operators.turning import Turning, operator, shown
from netspec.diagnostics.words import show

if TYPE_CHECKING:
    from netspec.conversion.operators.program import Array


def _by_channel(turning: Turning, made: Operator, place: int, count: object) -> Array:
    weight = turning.weight(made, place)
    if weight.size != count:
        raise ConversionError(f"has {weight.size} numbers for {count} channels", made.name)
    return weight.reshape(-1)


@operator("BatchNormalization")
def _batch_norm(turning: Turning, made: Operator) -> Value:
    if made.whole("training_mode", 0):
        raise ConversionError("is in training: export the model as it is used", made.name)
    x = turning.value(made)
    if x.rank < 2:
        raise ConversionError(f"is applied to a tensor of {x.rank} axes", made.name)
    x = turning.nodes.plain(x)
    (axis, *more) = x.axes[1] or (0,)
    rank = len(turning.nodes.shape[x.node])
    if axis == 0 or more:
        raise ConversionError("normalises by the batch, which a `batch_norm` does not", made.name)
    values = {
        "axis": -1 if axis == rank else axis,
        "momentum": made.number("momentum", 0.9),
        "epsilon": made.number("epsilon", 1e-5),
        "scale": turning.has(made, 1),
        "center": turning.has(made, 2),
    }
    given = [place for place in range(1, 5) if turning.has(made, place)]
    weights = [_by_channel(turning, made, place, turning.sizes(x)[1]) for place in given]
    return turning.after(x, turning.node("batch_norm", values, [x.node], named=made.inputs[1:], weights=weights))


@operator("LayerNormalization")
def _layer_norm(turning: Turning, made: Operator) -> Value:
    x = turning.value(made)
    first = turning.axis(made, made.whole("axis", -1), x.rank)
    own = list(range(first, x.rank))
    order = [axis for axis in turning.nodes.in_place(x) if axis not in own] + own
    x = turning.nodes.arranged(x, order)
    rank = len(turning.nodes.shape[x.node])
    axes = list(range(rank - len(own) + 1, rank + 1))
    if any(0 in x.axes[axis] for axis in own):
        raise ConversionError("normalises over the batch, which a `layer_norm` does not", made.name)
    shape = tuple(turning.nodes.shape[x.node][axis - 1] for axis in axes)
    values: dict[str, object] = {
        "axis": -1 if len(axes) == 1 else axes,
        "epsilon": made.number("epsilon", 1e-5),
        "scale": turning.has(made, 1),
        "center": turning.has(made, 2),
    }
    weights = [turning.weight(made, place) for place in (1, 2) if turning.has(made, place)]
    if any(weight.size != _count(shape) for weight in weights):
        raise ConversionError(f"has weights of {[list(each.shape) for each in weights]} for {list(shape)}", made.name)
    node = turning.node(
        "layer_norm", values, [x.node], named=made.inputs[1:], weights=[each.reshape(_known(shape)) for each in weights]
    )
    return turning.after(x, node)


@operator("Moments")
def _moments(turning: Turning, made: Operator) -> Value:
    """A layer's normalisation over one axis, or over the positions of an image, wherever they stand."""
    x = turning.nodes.plain(turning.value(made))
    said = made.wholes("axes") or tuple(range(2, x.rank))
    axes = [turning.axis(made, axis, x.rank) for axis in said]
    held = sorted(atom for axis in axes for atom in x.axes[axis])
    if not held or 0 in held:
        raise ConversionError("normalises over the batch, which a `layer_norm` does not", made.name)
    shape = turning.nodes.shape[x.node]
    sizes = tuple(shape[place - 1] for place in held)
    weights = [turning.weight(made, place) for place in (1, 2) if turning.has(made, place)]
    if any(weight.size != _count(sizes) for weight in weights) or (weights and len(held) > 1):
        raise ConversionError(f"has weights of {[list(each.shape) for each in weights]} for {list(sizes)}", made.name)
    values = {
        "axis": (-1 if held == [len(shape)] else held[0]) if len(held) == 1 else held,
        "epsilon": made.number("epsilon", 1e-3),
        "scale": turning.has(made, 1),
        "center": turning.has(made, 2),
    }
    given = [each.reshape(_known(sizes)) for each in weights]
    return turning.after(x, turning.node("layer_norm", values, [x.node], named=made.inputs[1:], weights=given))


def _known(shape: tuple[int | None, ...]) -> tuple[int, ...]:
    return tuple(size or 0 for size in shape)


def _count(shape: tuple[int | None, ...]) -> int:
    count = 1
    for size in _known(shape):
        count *= size
    return count


@operator("InstanceNormalization", "GroupNormalization")
def _group_norm(turning: Turning, made: Operator) -> Value:
    """Groups of channels; an instance's normalisation has as many as channels."""
    x = turning.image(turning.value(made))
    channels = turning.nodes.shape[x.node][-1]
    if channels is None:
        raise ConversionError("is applied to an open number of channels", made.name)
    groups = channels if made.kind == "InstanceNormalization" else made.whole("num_groups", 1)
    values: dict[str, object] = {"groups": groups, "epsilon": made.number("epsilon", 1e-5)}
    weights = []
    for place, word in ((1, "scale"), (2, "center")):
        values[word] = turning.has(made, place)
        if turning.has(made, place):
            weight = turning.weight(made, place).reshape(-1)
            if made.kind == "GroupNormalization" and weight.size == groups and 0 < groups != channels:
                weight = weight.repeat(channels // groups)  # as version 18 had them
            if weight.size != channels:
                raise ConversionError(f"has {weight.size} numbers for {channels} channels", made.name)
            weights.append(weight)
    return turning.after(x, turning.node("group_norm", values, [x.node], named=made.inputs[1:], weights=weights))


@operator("RMSNormalization")
def _rms_norm(turning: Turning, made: Operator) -> Value:
    x = turning.value(made)
    if turning.axis(made, made.whole("axis", -1), x.rank) != x.rank - 1:
        raise ConversionError("normalises over several axes, and a `rms_norm` over one", made.name)
    order = [axis for axis in turning.nodes.in_place(x) if axis != x.rank - 1] + [x.rank - 1]
    x = turning.nodes.arranged(x, order)
    weight = _by_channel(turning, made, 1, turning.sizes(x)[-1])
    values = {"epsilon": made.number("epsilon", 1e-5)}
    return turning.after(x, turning.node("rms_norm", values, [x.node], named=made.inputs[1:], weights=[weight]))


@operator("LRN")
def _lrn(turning: Turning, made: Operator) -> Value:
    x = turning.image(turning.value(made))
    size = made.whole("size", 0)
    if size < 1 or size % 2 == 0:
        raise ConversionError(f"has `size` {show(size)}, and a `lrn` has as many neighbours on either side", made.name)
    values = {
        "depth_radius": size // 2,
        "bias": made.number("bias", 1.0),
        "alpha": shown(made.number("alpha", 1e-4) / size),
        "beta": made.number("beta", 0.75),
    }
    return turning.unary(x, "lrn", values)


@operator("LpNormalization")
def _unit_norm(turning: Turning, made: Operator) -> Value:
    """Divided by the square root of the sum of squares."""
    if made.whole("p", 2) != 2:
        raise ConversionError("divides by a sum of absolute values, for which there is no kind", made.name)
    x = turning.nodes.plain(turning.value(made))
    axis = turning.axis(made, made.whole("axis", -1), x.rank)
    if len(x.axes[axis]) != 1 or x.axes[axis] == (0,):
        raise ConversionError("normalises over the batch, which a `unit_norm` does not", made.name)
    (place,) = x.axes[axis]
    last = place == len(turning.nodes.shape[x.node])
    return turning.unary(x, "unit_norm", {"axis": -1 if last else place})
