"""Operators on numbers that the file itself holds, or on sizes of tensors: computed where the model is read."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from netspec.conversion.model import ConversionError
from netspec.conversion.operators.program import MAX_AXES, Operator

if TYPE_CHECKING:
    from types import ModuleType

    from netspec.conversion.operators.program import Array

MAX_MADE = 2**24  # numbers that an operator may make of others

Compute = Callable[["ModuleType", Operator, Sequence["Array"]], "Array | Sequence[Array]"]
TABLE: dict[str, Compute] = {}


def computed(operator: Operator, given: Sequence[Array]) -> tuple[Array, ...] | None:
    """The outputs of an operator on arrays; None where it is not among those that are computed here.

    Args:
        operator: The operator.
        given: Its inputs, an array of no numbers for one that is left out. An array of objects holds sizes that are open.

    Raises:
        ConversionError: It cannot be computed on these.
    """
    import numpy as np

    compute = TABLE.get(operator.kind)
    if compute is None or (operator.kind == "Expand" and len(given) > 1 and given[1].dtype == object):
        return None  # what is repeated for each example is held for each
    try:
        with np.errstate(all="ignore"):
            made = compute(np, operator, given)
    except (ValueError, TypeError, IndexError, OverflowError, ZeroDivisionError, AttributeError, MemoryError):
        raise ConversionError("cannot be computed on the numbers that it is given", operator.name) from None
    return tuple(made) if isinstance(made, (list, tuple)) else (made,)  # type: ignore[return-value]  # an array is neither


def integers(values: Array) -> list[int]:
    """The whole numbers of an array. Raises ValueError."""
    if values.dtype.kind not in "iub":
        raise ValueError("no whole numbers")
    return [int(each) for each in values.ravel().tolist()]


def _op(*kinds: str) -> Callable[[Compute], Compute]:
    def put(compute: Compute) -> Compute:
        TABLE.update(dict.fromkeys(kinds, compute))
        return compute

    return put


def _bounded(count: int) -> None:
    if count > MAX_MADE:
        raise ValueError("too many")


def _binary(function: str) -> Compute:
    compares = function.startswith(("equal", "greater", "less", "logical"))

    def compute(np: ModuleType, operator: Operator, given: Sequence[Array]) -> Array:
        first, second = given[0], given[1]
        _bounded(math.prod(np.broadcast_shapes(first.shape, second.shape)))
        made: Array = np.asarray(getattr(np, function)(first, second))
        if made.dtype.kind == "f" and first.dtype.kind == "f":
            made = made.astype(first.dtype)
        return made.astype(bool) if compares else _plain(np, made)

    return compute


for _kind, _function in {
    "Add": "add",
    "Sub": "subtract",
    "Mul": "multiply",
    "Pow": "power",
    "Mod": "mod",
    "Equal": "equal",
    "Greater": "greater",
    "GreaterOrEqual": "greater_equal",
    "Less": "less",
    "LessOrEqual": "less_equal",
    "And": "logical_and",
    "Or": "logical_or",
}.items():
    TABLE[_kind] = _binary(_function)


@_op("Div")
def _div(np: ModuleType, operator: Operator, given: Sequence[Array]) -> Array:
    whole = all(each.dtype.kind in "iuO" for each in given[:2])
    return _binary("floor_divide" if whole else "divide")(np, operator, given)  # type: ignore[return-value]


@_op("Max", "Min")
def _extreme(np: ModuleType, operator: Operator, given: Sequence[Array]) -> Array:
    found = given[0]
    for each in given[1:]:
        _bounded(math.prod(np.broadcast_shapes(found.shape, each.shape)))
        if object in (found.dtype, each.dtype):
            found = _at_least_one(np, found, each)
        else:
            found = (np.maximum if operator.kind == "Max" else np.minimum)(found, each)
    return found


def _at_least_one(np: ModuleType, sizes: Array, others: Array) -> Array:
    """Sizes that are open, where they are no less than 1."""
    one, other = np.broadcast_arrays(sizes, others)
    found = np.empty(one.shape, dtype=object)
    for place, (a, b) in enumerate(zip(one.ravel().tolist(), other.ravel().tolist(), strict=True)):
        if a != b and 1 not in (a, b):
            raise ValueError("which is more, nobody knows")
        found.flat[place] = b if a == 1 else a
    return found  # type: ignore[no-any-return]


def _unary(function: str) -> Compute:
    def compute(np: ModuleType, operator: Operator, given: Sequence[Array]) -> Array:
        made: Array = np.asarray(getattr(np, function)(given[0]))
        return made.astype(given[0].dtype) if given[0].dtype.kind == "f" else made

    return compute


for _kind, _function in {
    "Sqrt": "sqrt",
    "Exp": "exp",
    "Log": "log",
    "Neg": "negative",
    "Abs": "absolute",
    "Floor": "floor",
    "Ceil": "ceil",
    "Not": "logical_not",
    "Reciprocal": "reciprocal",
    "Sin": "sin",
    "Cos": "cos",
}.items():
    TABLE[_kind] = _unary(_function)


@_op("Identity")
def _identity(np: ModuleType, operator: Operator, given: Sequence[Array]) -> Array:
    return given[0]


CASTS = {1: "float32", 11: "float64", 6: "int32", 7: "int64", 9: "bool", 10: "float16", 2: "uint8", 3: "int8"}


@_op("Cast")
def _cast(np: ModuleType, operator: Operator, given: Sequence[Array]) -> Array:
    (x, *_), to = given, operator.whole("to", 0)
    if to not in CASTS:
        raise ValueError("an unknown type")
    if x.dtype == object:
        return x  # sizes stay what they are
    return x.astype(CASTS[to])


@_op("Shape")
def _shape(np: ModuleType, operator: Operator, given: Sequence[Array]) -> Array:
    sizes = given[0].shape
    return np.asarray(sizes[operator.whole("start", 0) : operator.whole("end", len(sizes))], "int64")  # type: ignore[no-any-return]


@_op("List")
def _list(np: ModuleType, operator: Operator, given: Sequence[Array]) -> Array:
    """Single numbers as a list: what PyTorch's operators are given for sizes."""
    found = np.empty(len(given), dtype=object)
    for index, each in enumerate(given):
        found[index] = each.ravel().tolist()[0]
    return _plain(np, found)


def _plain(np: ModuleType, values: Array) -> Array:
    """Whole numbers as such, if none of them is open."""
    known = values.dtype == object and all(isinstance(each, int) for each in values.ravel().tolist())
    return values.astype("int64") if known else values


@_op("Concat")
def _concat(np: ModuleType, operator: Operator, given: Sequence[Array]) -> Array:
    _bounded(sum(each.size for each in given))
    return _plain(np, np.concatenate(list(given), axis=operator.whole("axis", 0)))


@_op("Gather")
def _gather(np: ModuleType, operator: Operator, given: Sequence[Array]) -> Array:
    x, places = given[0], given[1]
    axis = operator.whole("axis", 0)
    _bounded(x.size // max(1, x.shape[axis]) * places.size)
    return _plain(np, np.asarray(np.take(x, places.astype("int64"), axis=axis)))


@_op("Unsqueeze")
def _unsqueeze(np: ModuleType, operator: Operator, given: Sequence[Array]) -> Array:
    axes = integers(given[1]) if len(given) > 1 else list(operator.wholes("axes") or ())
    _bounded(2 ** (given[0].ndim + len(axes)) if given[0].ndim + len(axes) > MAX_AXES else 0)
    return np.expand_dims(given[0], tuple(axes))  # type: ignore[no-any-return]


@_op("Squeeze")
def _squeeze(np: ModuleType, operator: Operator, given: Sequence[Array]) -> Array:
    axes = integers(given[1]) if len(given) > 1 and given[1].size else operator.wholes("axes")
    return np.squeeze(given[0], None if axes is None else tuple(axes))  # type: ignore[no-any-return]


@_op("Reshape")
def _reshape(np: ModuleType, operator: Operator, given: Sequence[Array]) -> Array:
    x, target = given[0], integers(given[1])
    sizes = [x.shape[i] if size == 0 and not operator.whole("allowzero", 0) else size for i, size in enumerate(target)]
    return x.reshape(sizes)


@_op("Flatten")
def _flatten(np: ModuleType, operator: Operator, given: Sequence[Array]) -> Array:
    axis = operator.whole("axis", 1)
    return given[0].reshape(math.prod(given[0].shape[:axis]), -1)


@_op("Transpose")
def _transpose(np: ModuleType, operator: Operator, given: Sequence[Array]) -> Array:
    return np.transpose(given[0], operator.wholes("perm"))  # type: ignore[no-any-return]


@_op("Exchange")
def _exchange(np: ModuleType, operator: Operator, given: Sequence[Array]) -> Array:
    return np.swapaxes(given[0], *(operator.wholes("axes") or ()))  # type: ignore[no-any-return]


@_op("Slice")
def _slice(np: ModuleType, operator: Operator, given: Sequence[Array]) -> Array:
    x = given[0]
    for axis, start, stop, step in slices(operator, given, x.ndim):
        index = [slice(None)] * x.ndim
        index[axis] = slice(start, stop if stop > -(2**31) else None, step)
        x = x[tuple(index)]
    return _plain(np, x)


def slices(operator: Operator, given: Sequence[Array], rank: int) -> list[tuple[int, int, int, int]]:
    """Axis, start, stop and step of each axis that a Slice cuts. Raises ValueError."""
    if len(given) > 1:
        starts, stops = integers(given[1]), integers(given[2])
        axes = integers(given[3]) if len(given) > 3 and given[3].size else list(range(len(starts)))
        steps = integers(given[4]) if len(given) > 4 and given[4].size else [1] * len(starts)
    else:
        starts, stops = list(operator.wholes("starts") or ()), list(operator.wholes("ends") or ())
        axes = list(operator.wholes("axes") or range(len(starts)))
        steps = list(operator.wholes("steps") or [1] * len(starts))
    return [(axis % rank, *rest) for axis, *rest in zip(axes, starts, stops, steps, strict=True)]  # type: ignore[misc]


@_op("Expand")
def _expand(np: ModuleType, operator: Operator, given: Sequence[Array]) -> Array:
    wanted = integers(given[1])
    own = (1,) * (len(wanted) - given[0].ndim) + given[0].shape
    kept = [size if each == -1 else each for size, each in zip(own[len(own) - len(wanted) :], wanted, strict=True)]
    sizes = np.broadcast_shapes(given[0].shape, tuple(kept))
    _bounded(math.prod(sizes))
    return np.broadcast_to(given[0], sizes).copy()  # type: ignore[no-any-return]


@_op("Tile")
def _tile(np: ModuleType, operator: Operator, given: Sequence[Array]) -> Array:
    counts = integers(given[1])
    _bounded(math.prod(counts) * given[0].size)
    return np.tile(given[0], counts)  # type: ignore[no-any-return]


@_op("Range")
def _range(np: ModuleType, operator: Operator, given: Sequence[Array]) -> Array:
    start, stop, step = (each.ravel().tolist()[0] for each in given)
    _bounded(abs((stop - start) / step).__ceil__())
    return np.arange(start, stop, step, dtype=given[0].dtype)  # type: ignore[no-any-return]


@_op("ConstantOfShape")
def _filled(np: ModuleType, operator: Operator, given: Sequence[Array]) -> Array:
    sizes, value = integers(given[0]), operator.settings.get("value")
    _bounded(math.prod(sizes))
    filling = np.zeros(1, "float32") if value is None else np.asarray(value)
    return np.full(sizes, filling.ravel()[0], filling.dtype)  # type: ignore[no-any-return]


@_op("Where")
def _where(np: ModuleType, operator: Operator, given: Sequence[Array]) -> Array:
    _bounded(math.prod(np.broadcast_shapes(*(each.shape for each in given))))
    return _plain(np, np.where(given[0].astype(bool), *given[1:]))


@_op("Split")
def _split(np: ModuleType, operator: Operator, given: Sequence[Array]) -> Sequence[Array]:
    axis, x = operator.whole("axis", 0), given[0]
    sizes = split_sizes(operator, given, x.shape[axis])
    places = [sum(sizes[:index]) for index in range(1, len(sizes))]
    return [_plain(np, each) for each in np.split(x, places, axis=axis)]


def split_sizes(operator: Operator, given: Sequence[Array], total: int) -> list[int]:
    """The sizes of the parts of a Split. Raises ValueError."""
    said = integers(given[1]) if len(given) > 1 and given[1].size else operator.wholes("split")
    if said is not None:
        sizes = list(said)
    else:
        each = -(-total // len(operator.outputs))
        sizes = [min(each, total - each * index) for index in range(len(operator.outputs))]
    if sum(sizes) != total or min(sizes) < 0 or len(sizes) != len(operator.outputs):
        raise ValueError("other parts")
    return sizes


def _reduction(function: str) -> Compute:
    def compute(np: ModuleType, operator: Operator, given: Sequence[Array]) -> Array:
        axes = integers(given[1]) if len(given) > 1 and given[1].size else operator.wholes("axes")
        if not given[0].size:
            raise ValueError("nothing to reduce")
        keepdims = operator.whole("keepdims", 1) == 1
        if axes is None and operator.whole("noop_with_empty_axes", 0):
            return given[0]
        return np.asarray(  # type: ignore[no-any-return]
            getattr(np, function)(given[0], axis=None if axes is None else tuple(axes), keepdims=keepdims)
        )

    return compute


for _kind, _function in {
    "ReduceProd": "prod",
    "ReduceSum": "sum",
    "ReduceMean": "mean",
    "ReduceMax": "max",
    "ReduceMin": "min",
}.items():
    TABLE[_kind] = _reduction(_function)


@_op("CumSum")
def _cumsum(np: ModuleType, operator: Operator, given: Sequence[Array]) -> Array:
    if operator.whole("exclusive", 0) or operator.whole("reverse", 0):
        raise ValueError("another direction")
    return np.cumsum(given[0], axis=integers(given[1])[0], dtype=given[0].dtype)  # type: ignore[no-any-return]


@_op("Trilu")
def _trilu(np: ModuleType, operator: Operator, given: Sequence[Array]) -> Array:
    k = integers(given[1])[0] if len(given) > 1 and given[1].size else 0
    return (np.triu if operator.whole("upper", 1) else np.tril)(given[0], k)  # type: ignore[no-any-return]


def constant(operator: Operator) -> Array | None:
    """The value of a Constant; None where it is none that is known here."""
    import numpy as np

    for name, value in operator.settings.items():
        if name == "value" and hasattr(value, "dtype"):
            found: Array = value  # type: ignore[assignment]  # it has a type of numbers, so it is an array
            return found
        if name in ("value_float", "value_floats", "value_int", "value_ints"):
            return np.asarray(value, "float32" if "float" in name else "int64")
    return None
