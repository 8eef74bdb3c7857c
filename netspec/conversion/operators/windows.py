"""Convolutions and pools."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from netspec.conversion.joining import padded
from netspec.conversion.model import ConversionError
from netspec.conversion.operators.layouts import Value, values_on
from netspec.conversion.operators.program import Operator
from netspec.conversion.operators.sizes import Open
from netspec.conversion.operators.turning import Turning, operator
from netspec.diagnostics.words import show
from netspec.kinds.window import Pairs
from netspec.options import Values
from netspec.shapes import effective, same_padding

if TYPE_CHECKING:
    from netspec.conversion.operators.program import Array


def _short(values: Sequence[int]) -> int | list[int]:
    """One number where all are the same."""
    return values[0] if len(set(values)) == 1 else list(values)


def _sides(pairs: Pairs) -> int | list[int] | list[list[int]]:
    """A padding as briefly as it can be written."""
    if all(before == after for before, after in pairs):
        return _short([before for before, _ in pairs])
    return [list(pair) for pair in pairs]


def _lengths(made: Operator, name: str, rank: int, default: int = 1) -> tuple[int, ...]:
    """A setting with a number for each dimension. Raises ConversionError."""
    values = made.wholes(name)
    if values is None:
        return (default,) * rank
    if len(values) != rank or min(values) < 1:
        raise ConversionError(f"has `{name}` {show(list(values))} on {rank} dimensions", made.name)
    return values


def _pads(turning: Turning, made: Operator, x: Value, kernel: Sequence[int], strides: Sequence[int]) -> Pairs | str:
    """The padding: `same`, `valid`, or (before, after) for each dimension. Raises ConversionError."""
    rank = len(kernel)
    auto = made.text("auto_pad", "NOTSET")
    if auto == "SAME_UPPER":
        return "same"
    if auto == "VALID":
        return "valid"
    if auto == "SAME_LOWER":
        sizes = turning.sizes(x)[2:]
        found = []
        for size, reach, stride in zip(sizes, kernel, strides, strict=True):
            if isinstance(size, Open):
                raise ConversionError("has `auto_pad` SAME_LOWER on a size that is open", made.name)
            before, after = same_padding(size, reach, stride)
            found.append((after, before))
        return tuple(found)
    pads = made.wholes("pads") or (0,) * 2 * rank
    if len(pads) != 2 * rank or min(pads) < 0:
        raise ConversionError(f"has `pads` {show(list(pads))} on {rank} dimensions", made.name)
    return tuple(zip(pads[:rank], pads[rank:], strict=True))


def _with_pads(turning: Turning, kind_name: str, values: Values, pads: Pairs | str, node: str) -> Values:
    if isinstance(pads, str):
        return {**values, "padding": pads}
    if not any(map(any, pads)):
        return values
    return padded(kind_name, values, _sides(pads), [turning.nodes.shape[node]], values_on)


@operator("Conv")
def _conv(turning: Turning, made: Operator) -> Value:
    weight = turning.weight(made, 1)
    x = turning.value(made)
    # TensorFlow convolves a sequence as an image with one row.
    row = next((axis for axis in range(2, x.rank) if not x.axes[axis]), None)
    if row is not None and x.rank == weight.ndim > 3 and weight.shape[row] == 1 and _is_idle(made, row - 2, x.rank - 2):
        x = x._replace(axes=(*x.axes[:row], *x.axes[row + 1 :]))
        found = _convolved(turning, _without(made, row - 2, x.rank - 1), x, weight.squeeze(row))
        return found._replace(axes=(*found.axes[:row], (), *found.axes[row:]))
    return _convolved(turning, made, x, weight)


def _is_idle(made: Operator, place: int, rank: int) -> bool:
    """Is a window of one position along a dimension neither moved nor padded?"""
    pads = made.wholes("pads") or (0,) * 2 * rank
    strides = made.wholes("strides") or (1,) * rank
    lengths = (len(pads), len(strides)) == (2 * rank, rank)
    return lengths and pads[place] == pads[place + rank] == 0 and strides[place] == 1


def _without(made: Operator, place: int, rank: int) -> Operator:
    """The operator without a dimension."""
    settings = dict(made.settings)
    for name in ("strides", "dilations", "kernel_shape", "pads"):
        values = made.wholes(name)
        if values is not None:
            settings[name] = [value for index, value in enumerate(values) if index % rank != place]
    return made._replace(settings=settings)


def _convolved(turning: Turning, made: Operator, x: Value, weight: Array) -> Value:
    import numpy as np

    rank = weight.ndim - 2
    if x.rank != rank + 2:
        raise ConversionError(f"has weights of {weight.ndim} axes for a tensor of {x.rank}", made.name)
    x = turning.image(x)
    kernel, groups = weight.shape[2:], made.whole("group", 1)
    strides, dilation = _lengths(made, "strides", rank), _lengths(made, "dilations", rank)
    channels = turning.nodes.shape[x.node][-1]
    if groups < 1 or channels is None or weight.shape[1] * groups != channels or weight.shape[0] % groups:
        raise ConversionError(
            f"has weights of {list(weight.shape)} in {groups} groups for {channels} channels", made.name
        )
    reaches = [effective(k, d) for k, d in zip(kernel, dilation, strict=True)]
    values: Values = {"strides": _short(strides), "use_bias": turning.has(made, 2)}
    depthwise = groups == channels > 1 and rank < 3 and len(set(strides)) == 1
    if depthwise:
        kind_name = "depthwise_conv"
        multiplier = weight.shape[0] // groups
        values |= {"kernel_size": _short(kernel), "dilation_rate": _short(dilation), "depth_multiplier": multiplier}
        turned = weight.reshape(groups, multiplier, *kernel).transpose(*range(2, rank + 2), 0, 1)
    else:
        kind_name = "1x1" if set(kernel) == {1} else "conv"
        values |= {"filters": weight.shape[0], "groups": groups}
        if kind_name == "conv":
            values |= {"kernel_size": _short(kernel), "dilation_rate": _short(dilation)}
        turned = weight.transpose(*range(2, rank + 2), 1, 0)
    pads = _pads(turning, made, x, reaches, strides)
    values = _with_pads(turning, kind_name, values, pads, x.node)
    weights = [np.ascontiguousarray(turned), *_bias(turning, made, 2, weight.shape[0])]
    node = turning.node(kind_name, values, [x.node], named=made.inputs[1:], weights=weights)
    return turning.channels(rank + 2, node)


def _bias(turning: Turning, made: Operator, place: int, units: int) -> list[Array]:
    if not turning.has(made, place):
        return []
    bias = turning.weight(made, place)
    if bias.size != units:
        raise ConversionError(f"has a bias of {bias.size} for {units} filters", made.name)
    return [bias.reshape(-1)]


@operator("ConvTranspose")
def _conv_transpose(turning: Turning, made: Operator) -> Value:
    import numpy as np

    weight = turning.weight(made, 1)
    rank = weight.ndim - 2
    x = turning.value(made)
    if x.rank != rank + 2:
        raise ConversionError(f"has weights of {weight.ndim} axes for a tensor of {x.rank}", made.name)
    x = turning.image(x)
    if made.whole("group", 1) != 1:
        raise ConversionError(f"has {made.whole('group', 1)} groups, and a `conv_transpose` has one", made.name)
    kernel = weight.shape[2:]
    strides, dilation = _lengths(made, "strides", rank), _lengths(made, "dilations", rank)
    extra = made.wholes("output_padding") or (0,) * rank
    if len(extra) != rank:
        raise ConversionError(f"has `output_padding` {show(list(extra))} on {rank} dimensions", made.name)
    auto = made.text("auto_pad", "NOTSET")
    values: Values = {
        "filters": weight.shape[1],
        "kernel_size": _short(kernel),
        "strides": _short(strides),
        "dilation_rate": _short(dilation),
        "use_bias": turning.has(made, 2),
    }
    if made.wholes("output_shape") is not None:
        raise ConversionError("has `output_shape`, which a `conv_transpose` has no word for", made.name)
    if auto == "SAME_UPPER":
        values["padding"] = "same"
    elif auto not in ("NOTSET", "VALID"):
        raise ConversionError(f"has `auto_pad` {show(auto)}, which a `conv_transpose` has no word for", made.name)
    else:
        pads = made.wholes("pads") or (0,) * 2 * rank
        if len(pads) != 2 * rank:
            raise ConversionError(f"has `pads` {show(list(pads))} on {rank} dimensions", made.name)
        crops = []
        for i in range(rank):
            reach = effective(kernel[i], dilation[i])
            rest = max(strides[i] - reach, 0)  # that Keras has at the end, and others do not
            crops.append((pads[i], pads[rank + i] - extra[i] + rest))
        if any(min(pair) < 0 for pair in crops):
            raise ConversionError(
                f"has `output_padding` {show(list(extra))}, more than its padding, which a `conv_transpose` has no word for",
                made.name,
            )
        if any(map(any, crops)):
            values["padding"] = _sides(tuple(crops))
    turned = np.ascontiguousarray(weight.transpose(*range(2, rank + 2), 1, 0))
    weights = [turned, *_bias(turning, made, 2, weight.shape[1])]
    node = turning.node("conv_transpose", values, [x.node], named=made.inputs[1:], weights=weights)
    return turning.channels(rank + 2, node)


@operator("MaxPool", "AveragePool", "LpPool")
def _pool(turning: Turning, made: Operator) -> Value:
    kernel = made.wholes("kernel_shape")
    if not kernel or min(kernel) < 1:
        raise ConversionError("does not say `kernel_shape`", made.name)
    rank = len(kernel)
    x = turning.value(made)
    if x.rank != rank + 2:
        raise ConversionError(f"has a window of {rank} dimensions for a tensor of {x.rank} axes", made.name)
    x = turning.image(x)
    if set(_lengths(made, "dilations", rank)) != {1}:
        raise ConversionError("has `dilations`, which a `pool` has no word for", made.name)
    if made.kind == "LpPool":
        raise ConversionError("is a LpPool, whose sums are no means, and for which there is no kind", made.name)
    if len(made.outputs) > 1 and made.outputs[1] in turning.readers:
        raise ConversionError("gives the places of its maxima, which a `pool` has no word for", made.name)
    strides = _lengths(made, "strides", rank)
    type_ = "max" if made.kind == "MaxPool" else "avg"
    values: Values = {"type": type_, "pool_size": _short(kernel), "strides": _short(strides)}
    if strides == kernel:
        del values["strides"]
    node = x.node
    pads = _pads(turning, made, x, kernel, strides)
    ceil = made.whole("ceil_mode", 0)
    if ceil:
        values["rounding"] = "ceil"
    if not isinstance(pads, str) and any(map(any, pads)):
        if type_ == "avg" and made.whole("count_include_pad", 0):
            node = turning.node("zero_pad", {"padding": _sides(pads)}, [node])
        elif ceil:
            values["padding"] = _sides(pads)
        else:
            values = _with_pads(turning, "pool", values, pads, node)
    elif isinstance(pads, str):
        if pads == "same" and type_ == "avg" and made.whole("count_include_pad", 0):
            raise ConversionError("counts its padding in its means, which a `pool` has no word for", made.name)
        values["padding"] = pads
    return turning.channels(rank + 2, turning.node("pool", values, [node]))


@operator("AdaptivePool")
def _adaptive_pool(turning: Turning, made: Operator) -> Value:
    """PyTorch's: so many places, whatever the input's size."""
    x = turning.image(turning.value(made))
    sizes = made.wholes("sizes") or ()
    if len(sizes) != x.rank - 2:
        raise ConversionError(f"has {len(sizes)} sizes for a tensor of {x.rank} axes", made.name)
    values = {"output_size": _short(sizes), "type": made.text("type", "avg")}
    return turning.channels(x.rank, turning.node("adaptive_pool", values, [x.node]))


def pooled(turning: Turning, made: Operator, x: Value, type_: str, *, keepdims: bool) -> Value:
    """All positions of an image become one, whose dimensions stay if a convolution reads them."""
    rank = x.rank
    stays = keepdims and any(
        each.kind in ("Conv", "ConvTranspose") for each in turning.readers.get(made.outputs[0], ())
    )
    node = turning.node("global_pool", {"type": type_, "keepdims": stays}, [x.node])
    if stays:
        return turning.channels(rank, node)
    return Value(node, ((0,), (1,), *((),) * (rank - 2))) if keepdims else Value(node, ((0,), (1,)))
