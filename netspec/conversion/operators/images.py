"""Operators that pad and resize images, and move numbers between their channels and positions."""

from __future__ import annotations

from netspec.conversion.model import ConversionError
from netspec.conversion.operators.layouts import Value, channels_last
from netspec.conversion.operators.program import Operator
from netspec.conversion.operators.shapes import cut, merged, sizes_at
from netspec.conversion.operators.turning import Turning, number, operator, shown
from netspec.diagnostics.words import show


@operator("Pad")
def _pad(turning: Turning, made: Operator) -> Value:
    x = turning.value(made)
    pads = turning.numbers(made, 1, "pads") or []
    axes = turning.numbers(made, 3, "axes")
    axes = list(range(x.rank)) if axes is None else [turning.axis(made, axis, x.rank) for axis in axes]
    if len(pads) != 2 * len(axes):
        raise ConversionError(f"has `pads` {show(pads)} for a tensor of {x.rank} axes", made.name)
    amounts = dict(zip(axes, zip(pads[: len(axes)], pads[len(axes) :], strict=True), strict=True))
    if not any(map(any, amounts.values())):
        return x
    if min(pads) < 0:
        for axis, (before, after) in amounts.items():
            if (before, after) != (0, 0):
                if max(before, after) > 0:
                    raise ConversionError(f"pads and crops at once: {show(pads)}", made.name)
                x = cut(turning, made, x, axis, -before, after or 2**31, 1)
        return x
    mode = made.text("mode", "constant")
    value = turning.single(made, 2, "value", 0.0) or 0.0
    zeros = mode == "constant" and value == 0
    x = turning.nodes.plain(x)
    if not zeros and any(any(pair) and x.axes[axis][-1:] == (x.rank - 1,) for axis, pair in amounts.items()):
        x = turning.image(x)  # only zeros go beside channels
    places = {x.axes[axis][0] if x.axes[axis] else 0: pair for axis, pair in amounts.items() if any(pair)}
    rank = len(turning.nodes.shape[x.node])
    if 0 in places or not 2 <= rank <= 4:
        raise ConversionError(f"pads by {show(pads)}, which a `pad` has no word for", made.name)
    padding = [list(places.get(place, (0, 0))) for place in range(1, rank)]
    channels = list(places.get(rank, (0, 0)))
    if zeros:
        values: dict[str, object] = {"padding": padding}
        if any(channels):
            values["channels"] = channels
        return turning.after(x, turning.node("zero_pad", values, [x.node]))
    if mode not in ("constant", "reflect") or any(channels):
        raise ConversionError(f"has `mode` {show(mode)}, which a `pad` has no word for", made.name)
    values = {"padding": padding, "mode": mode}
    if mode == "constant":
        values["value"] = shown(value)
    return turning.after(x, turning.node("pad", values, [x.node]))


@operator("DepthToSpace")
def _depth_to_space(turning: Turning, made: Operator) -> Value:
    block = made.whole("blocksize", 0)
    x = turning.image(turning.value(made))
    if block < 1:
        raise ConversionError(f"has `blocksize` {block}", made.name)
    if made.text("mode", "DCR") == "DCR":
        return turning.channels(4, turning.node("depth_to_space", {"block_size": block}, [x.node]))
    batch, channels, height, width = turning.sizes(x)
    if not isinstance(channels, int) or channels % block**2:
        raise ConversionError(f"makes blocks of {block} of {channels} channels", made.name)
    x = turning.nodes.reshaped(x, [batch, channels // block**2, block, block, height, width])
    return turning.nodes.arranged(merged(x, [[0], [1], [4, 2], [5, 3]]), channels_last(4))


@operator("SpaceToDepth")
def _space_to_depth(turning: Turning, made: Operator) -> Value:
    x = turning.image(turning.value(made))
    return turning.channels(4, turning.node("space_to_depth", {"block_size": made.whole("blocksize", 0)}, [x.node]))


@operator("Resize", "Upsample")
def _resize(turning: Turning, made: Operator) -> Value:
    x = turning.value(made)
    sizes = turning.sizes(x)
    factors = _factors(turning, made, x)
    first = next((axis for axis in (1, x.rank - 1) if factors[axis] == 1), None) if x.rank > 2 else None
    if first is None or not 3 <= x.rank <= 5 or factors[0] != 1:
        raise ConversionError(f"enlarges by {show(factors)}, which an `upsample` has no word for", made.name)
    spatial = [axis for axis in range(1, x.rank) if axis != first]
    x = turning.nodes.arranged(x, [0, *spatial, first])
    mode = made.text("mode", "nearest")
    old = made.kind == "Upsample" or turning.opset < 11
    where = made.text("coordinate_transformation_mode", "asymmetric" if old else "half_pixel")
    whole = all(factors[axis] == int(factors[axis]) and factors[axis] >= 1 for axis in spatial)
    size = [int(factors[axis]) for axis in spatial]
    values: dict[str, object] = {"size": size[0] if len(set(size)) == 1 else size}
    if made.whole("antialias", 0) or made.whole("exclude_outside", 0):
        raise ConversionError("resizes with `antialias` or `exclude_outside`, for which there is no word", made.name)
    if mode == "nearest":
        rounding = made.text("nearest_mode", "floor" if old else "round_prefer_floor")
        repeats = (where, rounding) == ("asymmetric", "floor") or (
            where in ("half_pixel", "pytorch_half_pixel", "half_pixel_symmetric") and rounding.startswith("round")
        )
        if whole and repeats:
            return turning.after(x, turning.node("upsample", values, [x.node]))
        raise ConversionError(
            f"takes the nearest pixel by {show(where)} and {show(rounding)}, enlarging {show([factors[a] for a in spatial])} "
            "times, which an `upsample` does not",
            made.name,
        )
    if mode == "linear" and where in ("half_pixel", "pytorch_half_pixel") and len(spatial) == 2:
        if whole:
            return turning.after(x, turning.node("upsample", {**values, "interpolation": "bilinear"}, [x.node]))
        known = [(sizes[axis], factors[axis]) for axis in spatial]
        sides = [int(size * factor + 1e-9) for size, factor in known if isinstance(size, int)]
        if len(sides) == 2:
            return turning.after(x, turning.node("resize", {"height": sides[0], "width": sides[1]}, [x.node]))
    raise ConversionError(
        f"resizes by {show(mode)} and {show(where)}, which neither `upsample` nor `resize` does", made.name
    )


def _factors(turning: Turning, made: Operator, x: Value) -> list[float]:
    """By how much each axis grows. Raises ConversionError."""
    old = made.kind == "Upsample" or turning.opset < 11
    scales = made.settings.get("scales")
    place, place_sizes = (1, None) if old else (2, 3)
    found: list[float]
    if isinstance(scales, (list, tuple)):
        found = [float(each) for each in scales]
    elif made.wholes("places") is not None:
        places = made.wholes("places") or ()
        found = [1.0, 1.0]
        for size, place_count in zip(turning.sizes(x)[2:], places, strict=False):
            if not isinstance(size, int):
                raise ConversionError("resizes what has an open size", made.name)
            found.append(place_count / size)
    elif place_sizes is not None and turning.has(made, place_sizes):
        wanted = sizes_at(turning, made, place_sizes)
        sizes = turning.sizes(x)
        if len(wanted) != len(sizes):
            raise ConversionError(f"has {len(wanted)} sizes for a tensor of {x.rank} axes", made.name)
        found = []
        for size, target in zip(sizes, wanted, strict=True):
            if size == target:
                found.append(1.0)
            elif isinstance(size, int) and isinstance(target, int) and target > 0:
                found.append(target / size)
            else:
                raise ConversionError("resizes to what is known only when the network runs", made.name)
    else:
        array = turning.weight(made, place)
        found = [number(each) for each in array.reshape(-1, 1)]
    axes = made.wholes("axes")
    if axes is not None:
        by_axis = dict(zip([turning.axis(made, axis, x.rank) for axis in axes], found, strict=False))
        found = [by_axis.get(axis, 1.0) for axis in range(x.rank)]
    if len(found) != x.rank or min(found) <= 0:
        raise ConversionError(f"has the factors {show(found)} for a tensor of {x.rank} axes", made.name)
    return found


@operator("ChannelShuffle")
def _channel_shuffle(turning: Turning, made: Operator) -> Value:
    x = turning.image(turning.value(made))
    return turning.unary(x, "channel_shuffle", {"groups": made.whole("groups", 1)})
