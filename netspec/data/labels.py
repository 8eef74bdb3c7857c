"""Labels as files hold them -> labels as a loss wants them: classes counted from 0, or numbers to predict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from netspec.data.dataset import LARGEST, Array, check_finite
from netspec.data.source import DataError
from netspec.diagnostics.words import did_you_mean, show

MAX_CLASSES = 100_000  # more are no classes, but numbers that were saved as whole ones


class Labels(NamedTuple):
    """One array of labels a part (int64 classes, or float32 numbers), and the names of the classes, if they are."""

    parts: tuple[Array, ...]
    classes: tuple[str, ...] | None


# --- arrays -----------------------------------------------------------------------------------------------------------


def from_arrays(arrays: Mapping[str, Array]) -> Labels:
    """Integers, one-hot rows and texts are classes; other floating-point numbers are to be predicted.

    `arrays` are the parts' labels by the names that messages give them; all parts are read alike.
    """
    flat = {name: _without_unit_axis(array) for name, array in arrays.items()}
    first = next(iter(flat.values()))
    for name, array in flat.items():
        if array.dtype.kind not in "biufU":
            raise DataError(f"{name} holds values of type {show(str(array.dtype))}; save numbers or texts")
    if any(array.dtype.kind == "U" for array in flat.values()):
        return _texts(flat)
    if all(map(_is_one_hot, flat.values())):
        return _one_hot(flat)
    if first.dtype.kind == "f":
        return _numbers(flat)
    return _whole(flat)


def _without_unit_axis(array: Array) -> Array:
    return array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array


def _is_one_hot(array: Array) -> bool:
    if array.ndim != 2 or array.shape[1] < 2:
        return False
    ones = array == 1
    return bool((ones | (array == 0)).all() and (ones.sum(axis=1) == 1).all())


def _one_hot(arrays: Mapping[str, Array]) -> Labels:
    widths = {name: array.shape[1] for name, array in arrays.items()}
    _same(widths, "classes")
    classes = tuple(map(str, range(next(iter(widths.values())))))
    return Labels(tuple(array.argmax(axis=1).astype(np.int64) for array in arrays.values()), classes)


def _texts(arrays: Mapping[str, Array]) -> Labels:
    for name, array in arrays.items():
        if array.dtype.kind != "U" or array.ndim != 1:
            raise DataError(f"{name} holds {_describe(array)}, and other labels are texts; save one text an example")
    first, *rest = arrays.items()
    classes = np.unique(first[1])
    _several(first[0], len(classes), show(str(classes[0])))
    for name, array in rest:
        unknown = np.setdiff1d(array, classes)
        if len(unknown):
            hint = did_you_mean(str(unknown[0]), tuple(map(str, classes)), "'{}'")
            raise DataError(f"{name} holds the class {show(str(unknown[0]))}, and {first[0]} does not{hint}")
    return Labels(
        tuple(np.searchsorted(classes, array).astype(np.int64) for array in arrays.values()),
        tuple(map(str, classes)),
    )


def _numbers(arrays: Mapping[str, Array]) -> Labels:
    for name, array in arrays.items():
        check_finite(name, array)
    _same({name: array.shape[1:] for name, array in arrays.items()}, "numbers an example")
    return Labels(tuple(array.astype(np.float32) for array in arrays.values()), None)


def _whole(arrays: Mapping[str, Array]) -> Labels:
    for name, array in arrays.items():
        if array.ndim != 1 or array.dtype.kind == "f":
            raise DataError(
                f"{name} holds {_describe(array)}; save one whole number an example or one-hot rows for classes, "
                f"or floating-point numbers to predict"
            )
        if array.dtype.kind == "i" and array.min() < 0:
            raise DataError(f"{name} holds the label {array.min()}; classes are counted from 0")
        if array.max() >= MAX_CLASSES:
            raise DataError(
                f"{name} holds the label {array.max()}; classes are counted from 0 to at most {MAX_CLASSES - 1:,}, "
                f"and numbers to predict are saved as floating-point"
            )
    first = next(iter(arrays))
    _several(first, len(np.unique(arrays[first])), str(arrays[first][0]))
    count = max(int(array.max()) for array in arrays.values()) + 1
    return Labels(tuple(array.astype(np.int64) for array in arrays.values()), tuple(map(str, range(count))))


def _several(name: str, count: int, only: str) -> None:
    if count < 2:
        raise DataError(f"{name} holds one class only, {only}; there is nothing to tell apart")


def _same(widths: Mapping[str, object], what: str) -> None:
    (first, expected), *rest = widths.items()
    for name, width in rest:
        if width != expected:
            raise DataError(f"{first} has {_plain(expected)} {what}, and {name} has {_plain(width)}; make them agree")


def _plain(width: object) -> str:
    return " x ".join(map(str, width)) or "1" if isinstance(width, tuple) else str(width)


def _describe(array: Array) -> str:
    shape = " x ".join(map(str, array.shape))
    return f"{shape} values of type {show(str(array.dtype))}"


# --- cells of a table -------------------------------------------------------------------------------------------------


def from_cells(cells: Sequence[str], lines: Sequence[int], name: str) -> Labels:
    """A column of a table: numbers that are not all whole are to be predicted, everything else names classes.

    `lines` are the cells' lines in the file.
    """
    numbers = np.fromiter((np.nan if (n := number(cell)) is None else n for cell in cells), np.float64, len(cells))
    other = np.isnan(numbers)
    if (numbers[~other] % 1).any():
        if other.any():  # a column of numbers with a slip in it, not a column of so many classes
            at = int(other.argmax())
            raise DataError(
                f"{name} holds {show(cells[at])} in line {lines[at]}, and numbers elsewhere; write a number"
            )
        return Labels((numbers.astype(np.float32),), None)
    if other.any():
        texts = sorted(set(cells))
        index = {text: number for number, text in enumerate(texts)}
        y = np.fromiter((index[cell] for cell in cells), np.int64, len(cells))
    else:  # in the order of the numbers, so that class 10 does not stand between 1 and 2
        values, y = np.unique(numbers + 0.0, return_inverse=True)  # which makes -0 the same as 0
        texts = [f"{value:.0f}" for value in values]
    _several(name, len(texts), show(texts[0]))
    if len(texts) > MAX_CLASSES:
        raise DataError(f"{name} holds {len(texts):,} different labels; at most {MAX_CLASSES:,} can be classes")
    return Labels((y.astype(np.int64),), tuple(texts))


def number(cell: str) -> float | None:
    """The number that a cell holds, or None; it must be finite in single precision."""
    if "_" in cell:  # Python's own freedom, which no table means
        return None
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if abs(value) <= LARGEST else None
