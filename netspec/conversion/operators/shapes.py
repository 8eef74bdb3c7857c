"""Operators that move numbers, and change none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from netspec.conversion.model import ConversionError
from netspec.conversion.operators.both_ways import as_one, is_of_layers, last_step
from netspec.conversion.operators.constants import constant, slices, split_sizes
from netspec.conversion.operators.layouts import Value
from netspec.conversion.operators.program import Operator
from netspec.conversion.operators.sizes import Open, Size, filled, product
from netspec.conversion.operators.turning import TURNED, Turning, operator
from netspec.diagnostics.words import show

if TYPE_CHECKING:
    from netspec.conversion.operators.program import Array


MAX_LISTED = 10_000  # places that a `gather` names


def _list_of(sizes: Sequence[Size]) -> Array:
    """Sizes as an array, of objects if some are open."""
    import numpy as np

    if all(isinstance(size, int) for size in sizes):
        return np.asarray([int(size) for size in sizes if isinstance(size, int)], "int64")
    found = np.empty(len(sizes), dtype=object)
    for index, size in enumerate(sizes):
        found[index] = size
    return found


def sizes_at(turning: Turning, made: Operator, place: int) -> list[Size]:
    """An input that is a list of sizes. Raises ConversionError."""
    array = turning.array(made, place)
    if array.dtype.kind not in "iuO" or array.ndim > 1:
        raise ConversionError(f"its input {place + 1} must be sizes", made.name)
    return list(array.reshape(-1).tolist())


@operator("Constant")
def _constant(turning: Turning, made: Operator) -> Sequence[Array]:
    found = constant(made)
    if found is None:
        raise ConversionError("is a constant of an unknown type", made.name)
    return [found]


@operator("Shape")
def _shape(turning: Turning, made: Operator) -> Sequence[Array]:
    sizes = turning.sizes(turning.value(made))
    start, end = made.whole("start", 0), made.whole("end", len(sizes))
    return [_list_of(sizes[start:end])]


@operator("Size")
def _size(turning: Turning, made: Operator) -> Sequence[Array]:
    """Of one axis, where it is said; of all else."""
    x = turning.value(made)
    sizes = turning.sizes(x)
    axis = made.settings.get("axis")
    size = product(sizes) if axis is None else sizes[turning.axis(made, made.whole("axis", 0), x.rank)]
    return [_list_of([size]).reshape(())]


@operator("Transpose")
def _transpose(turning: Turning, made: Operator) -> Value:
    x = turning.value(made)
    order = made.wholes("perm") or tuple(reversed(range(x.rank)))
    if sorted(order) != list(range(x.rank)):
        raise ConversionError(f"has `perm` {show(list(order))} for a tensor of {x.rank} axes", made.name)
    return x._replace(axes=tuple(x.axes[axis] for axis in order))


@operator("Reshape")
def _reshape(turning: Turning, made: Operator) -> Value:
    x = turning.value(made)
    target = sizes_at(turning, made, 1)
    sizes = turning.sizes(x)
    if not made.whole("allowzero", 0):
        if any(size == 0 and place >= x.rank for place, size in enumerate(target)):
            raise ConversionError(f"keeps an axis that there is not: {list(map(str, target))}", made.name)
        target = [sizes[place] if size == 0 else size for place, size in enumerate(target)]
    try:
        target = filled(sizes, target)
    except ConversionError as error:
        raise ConversionError(error.message, made.name) from None
    return turning.nodes.reshaped(x, target)


@operator("Flatten")
def _flatten(turning: Turning, made: Operator) -> Value:
    x = turning.value(made)
    axis = made.whole("axis", 1)
    axis = axis + x.rank if axis < 0 else axis
    if not 0 <= axis <= x.rank:
        raise ConversionError(f"names axis {axis} of {x.rank}", made.name)
    return merged(x, [range(axis), range(axis, x.rank)])


def merged(x: Value, groups: Sequence[Sequence[int]]) -> Value:
    """The tensor with some neighbouring axes as one."""
    return x._replace(axes=tuple(tuple(atom for axis in group for atom in x.axes[axis]) for group in groups))


@operator("Merge")
def _merge(turning: Turning, made: Operator) -> Value:
    """PyTorch's flatten: from one axis to another."""
    x = turning.value(made)
    first, last = (turning.axis(made, axis, x.rank) for axis in made.wholes("axes") or (0, -1))
    if first > last:
        raise ConversionError(f"flattens from axis {first} to {last}", made.name)
    before, after = ([[axis] for axis in each] for each in (range(first), range(last + 1, x.rank)))
    return merged(x, [*before, range(first, last + 1), *after])


@operator("Part")
def _part(turning: Turning, made: Operator) -> Value:
    """PyTorch's unflatten: an axis becomes several."""
    x = turning.value(made)
    axis = turning.axis(made, made.whole("axis", 0), x.rank)
    sizes = turning.sizes(x)
    try:
        parts = filled([sizes[axis]], sizes_at(turning, made, 1))
    except ConversionError as error:
        raise ConversionError(error.message, made.name) from None
    return turning.nodes.reshaped(x, [*sizes[:axis], *parts, *sizes[axis + 1 :]])


@operator("Exchange")
def _exchange(turning: Turning, made: Operator) -> Value:
    """PyTorch's transpose: two axes change places."""
    x = turning.value(made)
    one, other = (turning.axis(made, axis, x.rank) for axis in made.wholes("axes") or (0, 0))
    axes = list(x.axes)
    axes[one], axes[other] = axes[other], axes[one]
    return x._replace(axes=tuple(axes))


@operator("Squeeze")
def _squeeze(turning: Turning, made: Operator) -> Value:
    x = turning.value(made)
    said = turning.numbers(made, 1, "axes")
    sizes = turning.sizes(x)
    axes = [axis for axis, size in enumerate(sizes) if size == 1] if said is None else said
    gone = {turning.axis(made, axis, x.rank) for axis in axes}
    if any(sizes[axis] != 1 for axis in gone):
        raise ConversionError(f"drops axes of the sizes {[str(sizes[axis]) for axis in sorted(gone)]}", made.name)
    return x._replace(axes=tuple(atoms for axis, atoms in enumerate(x.axes) if axis not in gone))


@operator("Unsqueeze")
def _unsqueeze(turning: Turning, made: Operator) -> Value:
    x = turning.value(made)
    said = turning.numbers(made, 1, "axes") or []
    rank = x.rank + len(said)
    new = {turning.axis(made, axis, rank) for axis in said}
    rest = iter(x.axes)
    if len(new) < len(said):
        raise ConversionError(f"makes an axis twice: {said}", made.name)
    return x._replace(axes=tuple(() if axis in new else next(rest) for axis in range(rank)))


@operator("Concat")
def _concat(turning: Turning, made: Operator) -> Value:
    layer = as_one(turning, made)
    if layer is not None:
        return layer
    known = [turning.is_known(made, place) for place in range(len(made.inputs))]
    first = turning.value(made, known.index(False))
    axis = turning.axis(made, made.whole("axis", 0), first.rank)
    order = turning.nodes.in_place(first)
    batch = next((place for place, atoms in enumerate(first.axes) if atoms == (0,)), None)
    if axis == batch:
        raise ConversionError("puts examples behind each other, which a `concat` does not", made.name)
    values = []
    for place, is_known in enumerate(known):
        if is_known:
            array = turning.array(made, place)
            for_all = batch == 0 and array.ndim == first.rank and turning.is_for_all(array)
            x = turning.constant(array, made.reads(place), batch=0 if for_all else None)
        else:
            x = turning.value(made, place)
        if x.rank != first.rank:
            raise ConversionError(f"puts tensors of {first.rank} and {x.rank} axes behind each other", made.name)
        values.append(turning.nodes.explicit(x, order, batch))
    if any(x.axes != values[0].axes for x in values) or len(values[0].axes[axis]) != 1:
        raise ConversionError("puts tensors behind each other whose batches lie differently", made.name)
    if len(values) == 1:
        return values[0]
    (place,) = values[0].axes[axis]
    last = place == len(turning.nodes.shape[values[0].node])
    node = turning.node("concat", {"axis": -1 if last else place}, [x.node for x in values])
    return turning.after(values[0], node)


def cut(turning: Turning, made: Operator, x: Value, axis: int, start: int, stop: int, step: int) -> Value:
    """Some places of an axis, in their order."""
    size = turning.sizes(x)[axis]
    if isinstance(size, Open):
        ended = last_step(turning, made, x, axis, slice(start, None if stop >= 2**31 - 1 else stop, step))
        if ended is not None:
            return ended
        whole = start == 0 and stop >= 2**31 - 1 and step == 1
        if not whole and 0 in x.axes[axis]:
            raise ConversionError("takes some of the examples, which a `slice` does not", made.name)
        if whole:
            return x
        values: dict[str, object] = {"start": start, "stop": None if stop >= 2**31 - 1 else stop, "step": step}
    else:
        places = range(*slice(start, stop if stop > -(2**31) else None, step).indices(size))
        if places == range(size):
            return x
        if not places:
            raise ConversionError("takes nothing, which a `slice` does not", made.name)
        ended = last_step(turning, made, x, axis, places)
        if ended is not None:
            return ended
        if step < 0:
            return _chosen(turning, made, x, axis, places)
        values = {"start": places[0], "stop": None if places[-1] + step >= size else places[-1] + 1, "step": step}
    x, place = _alone(turning, made, x, axis)
    last = place == len(turning.nodes.shape[x.node])
    return turning.after(x, turning.node("slice", {**values, "axis": -1 if last else place}, [x.node]))


@operator("TurnedRound", "ReverseSequence")
def _turned_round(turning: Turning, made: Operator) -> Value:
    """The places of an axis in the other order, for all examples."""
    x = turning.value(made)
    axis = turning.axis(made, made.whole("axis", made.whole("time_axis", 0)), x.rank)
    size = turning.sizes(x)[axis]
    lengths = turning.array(made, 1).ravel().tolist() if turning.has(made, 1) else [size]
    if any(length != size for length in lengths):
        raise ConversionError("turns sequences of different lengths round, for which there is no kind", made.name)
    if isinstance(size, Open):
        if not all(map(is_of_layers, turning.readers.get(made.outputs[0], ()))):
            raise ConversionError(TURNED, made.name)
        stand_in = turning.unary(x, "linear")  # for what only a layer that goes both ways does
        turning.turned.add(stand_in.node)
        return stand_in
    return cut(turning, made, x, axis, -1, -(2**31), -1)


def _alone(turning: Turning, made: Operator, x: Value, axis: int) -> tuple[Value, int]:
    """The tensor with an axis of the node for this one, and which that is. Raises ConversionError."""
    if len(x.axes[axis]) != 1:
        x = turning.nodes.plain(x)
    if len(x.axes[axis]) != 1 or x.axes[axis] == (0,):
        raise ConversionError("takes some of the examples, for which there is no kind", made.name)
    return x, x.axes[axis][0]


def _chosen(turning: Turning, made: Operator, x: Value, axis: int, places: Sequence[int]) -> Value:
    if len(places) > MAX_LISTED:
        raise ConversionError(
            f"takes {len(places):,} places, each by its number, more than the {MAX_LISTED:,} that a spec lists",
            made.name,
        )
    x, place = _alone(turning, made, x, axis)
    return turning.after(x, turning.node("gather", {"indices": list(places), "axis": place}, [x.node]))


@operator("Slice")
def _slice(turning: Turning, made: Operator) -> Value:
    x = turning.value(made)
    given = [turning.array(made, place) for place in range(1, len(made.inputs)) if turning.has(made, place)]
    try:
        cuts = slices(made, [given[0], *given] if given else [], x.rank)
    except (ValueError, IndexError, ZeroDivisionError):
        raise ConversionError("does not say its places in whole numbers", made.name) from None
    for axis, start, stop, step in cuts:
        if step == 0:
            raise ConversionError("has steps of 0", made.name)
        x = cut(turning, made, x, axis, start, stop, step)
    return x


@operator("Split")
def _split(turning: Turning, made: Operator) -> Sequence[Value]:
    x = turning.value(made)
    axis = turning.axis(made, made.whole("axis", 0), x.rank)
    total = turning.sizes(x)[axis]
    if isinstance(total, Open):
        raise ConversionError("parts an axis whose size is open", made.name)
    given = [turning.array(made, 1)] if turning.has(made, 1) else []
    try:
        each = made.whole("each", 0)
        if each > 0 and total // each > MAX_LISTED:
            raise ConversionError(
                f"parts {total:,} into parts of {each}, more than the {MAX_LISTED:,} that are read", made.name
            )
        parts = [min(each, total - start) for start in range(0, total, each)] if each > 0 else []
        sizes = parts or split_sizes(made, [*given, *given], total)
    except ValueError:
        raise ConversionError(f"parts {total} into what does not sum to it", made.name) from None
    found = []
    start = 0
    for size in sizes:
        found.append(cut(turning, made, x, axis, start, start + size, 1))
        start += size
    return found


@operator("Gather")
def _gather(turning: Turning, made: Operator) -> Value:
    """Rows of a table by numbers that are computed, or places that are known."""
    axis = made.whole("axis", 0)
    if turning.is_known(made, 0):
        table = turning.weight(made, 0)
        if table.ndim != 2 or axis not in (0, -2):
            raise ConversionError(f"looks up a table of {table.ndim} axes along axis {axis}", made.name)
        places = turning.nodes.ordered(turning.value(made, 1))
        values = {"input_dim": table.shape[0], "output_dim": table.shape[1]}
        node = turning.node("embedding", values, [places.node], named=made.inputs[:1], weights=[table])
        return Value(node, (*places.axes, (len(turning.nodes.shape[node]),)))
    x = turning.value(made)
    axis = turning.axis(made, axis, x.rank)
    array = turning.array(made, 1)
    if array.dtype.kind not in "iu" or array.ndim > 1:
        raise ConversionError("takes places that are no list of whole numbers", made.name)
    size = turning.sizes(x)[axis]
    listed = [int(each) for each in array.reshape(-1).tolist()]
    if isinstance(size, int):
        if any(not -size <= each < size for each in listed):
            raise ConversionError(f"takes places that axis {axis} of {size} does not have", made.name)
        listed = [each % size for each in listed]
    if array.ndim == 0:
        (only,) = listed
        one = cut(turning, made, x, axis, only, only + 1 or 2**31, 1)
        return one._replace(axes=tuple(atoms for place, atoms in enumerate(one.axes) if place != axis))
    if listed == list(range(listed[0], listed[0] + len(listed))) and listed[0] >= 0:
        return cut(turning, made, x, axis, listed[0], listed[-1] + 1, 1)
    return _chosen(turning, made, x, axis, listed)


@operator("Expand")
def _expand(turning: Turning, made: Operator) -> Value:
    """Numbers repeated along axes of size 1; a constant that is there for each example is so by itself."""
    target = sizes_at(turning, made, 1)
    if turning.is_known(made, 0):
        array = turning.array(made, 0)
        if array.ndim < len(target):
            array = array.reshape((1,) * (len(target) - array.ndim) + array.shape)
        batch = target.index(turning.nodes.batch) if turning.nodes.batch in target else None
        for_all = batch is not None and array.ndim == len(target) > 1 and turning.is_for_all(array, batch)
        x = turning.constant(array, made.reads(0), batch=batch if for_all else None)
    else:
        x = turning.value(made)
    rank = max(x.rank, len(target))
    x = turning.nodes.spread(x, rank)
    sizes = turning.sizes(x)
    target = [*(1 for _ in range(rank - len(target))), *target]
    more = [1 if wanted in (1, -1) or size == wanted else wanted for size, wanted in zip(sizes, target, strict=True)]
    if all(size == 1 for size in more):
        return x
    return _repeated(turning, made, x, more)


def _repeated(turning: Turning, made: Operator, x: Value, counts: Sequence[Size]) -> Value:
    """A tensor so many times along axes of size 1: times ones."""
    import numpy as np

    known = [size for size in counts if isinstance(size, int)]
    if len(known) < len(counts) or np.prod(known) > 2**20:
        raise ConversionError("repeats a tensor as often as there are examples, or very often", made.name)
    order = turning.nodes.in_place(x)
    batch = next((axis for axis, atoms in enumerate(x.axes) if atoms == (0,)), None)
    if batch is not None and known[batch] != 1:
        raise ConversionError("repeats the examples, for which there is no kind", made.name)
    x = turning.nodes.explicit(x, order, batch)
    held = [known[slot[0]] if slot is not None else 1 for slot in turning.nodes.slots(x)]
    ones = turning.nodes.put("constant", {"value": 1, "shape": held}, [])
    return turning.after(x, turning.node("multiply", {}, [x.node, ones]))


@operator("Tile")
def _tile(turning: Turning, made: Operator) -> Value:
    x = turning.value(made)
    counts = turning.numbers(made, 1) or []
    sizes = turning.sizes(x)
    if len(counts) != x.rank or any(count != 1 and size != 1 for count, size in zip(counts, sizes, strict=True)):
        raise ConversionError(f"repeats a tensor {show(counts)} times, for which there is no kind", made.name)
    return x if set(counts) == {1} else _repeated(turning, made, x, counts)
