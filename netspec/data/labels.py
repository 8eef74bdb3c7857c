"""Labels as files hold them -> labels as a loss wants them: classes counted from 0, yes or no, signs, or numbers to predict.

Which of them a column holds is told by its values together with the output that learns it and the loss that is named: whole
numbers under a softmax are classes, one a picture or one a pixel; under a single linear output they are numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from netspec.data.dataset import LARGEST, Array, Wanted, check_finite
from netspec.data.paths import some
from netspec.data.pieces import Encode, Pieces
from netspec.data.schema import Reading, Target
from netspec.data.source import DataError
from netspec.diagnostics.words import did_you_mean, show

UNKNOWN = Wanted()
Values: TypeAlias = "Array | Pieces"
MAX_CLASSES = 100_000  # more are no classes, but numbers that were saved as whole ones


class Column(NamedTuple):
    """Values as a source holds them, one an example."""

    name: str  # what messages call it
    values: Values
    names: tuple[str, ...] | None = None  # of the numbers of a value, where they have some
    place: Callable[[int], str] | None = None  # where the value of an example stands, ` in line 7`

    @property
    def array(self) -> Array:
        """The values of a source that holds all of them in memory."""
        assert isinstance(self.values, np.ndarray)
        return self.values

    def at(self, index: int) -> str:
        """Where a value stands, to follow it in a message."""
        return "" if self.place is None else self.place(index)


class Labels(NamedTuple):
    """What an output learns, and the labels of each part."""

    target: Target
    parts: tuple[Values, ...]
    notes: tuple[str, ...] = ()


def read_labels(
    columns: Sequence[Column],
    *,
    source: str,
    wanted: Wanted = UNKNOWN,
    known: Target | None = None,
    ignored: int | None = None,
    several: bool = True,
) -> Labels:
    """The labels of an output.

    Args:
        columns: of each part, the training's first; all are read alike.
        source: what gives them, as messages call it.
        wanted: the output that is to learn them.
        known: how a run read its labels, whose classes these must be.
        ignored: the label of places that count for nothing.
        several: whether there must be two classes to tell apart.

    Raises:
        DataError: They cannot be read, or not as those of the run.
    """
    columns = [column._replace(values=_without_unit_axis(column.values, wanted)) for column in columns]
    for column in columns:
        if column.values.dtype.kind not in "biufU":
            raise DataError(
                f"{column.name} holds values of type {show(str(column.values.dtype))}; save numbers or texts"
            )
    reading = _reading(columns, wanted) if known is None else known.reading
    ignored = ignored if known is None else known.ignored
    encode = _Encoding(columns, source, wanted, known, ignored, several)
    if reading == "classes":
        return encode.classes()
    return encode.numbers(reading)


# --- what they are ----------------------------------------------------------------------------------------------------


def _held(values: Values) -> Array:
    """What decides about labels: all of them, or of those that are read later each value once."""
    return values.distinct if isinstance(values, Pieces) else values


def _done(values: Values, encode: Encode) -> Values:
    """Something done to each value, now or when it is read."""
    return values.through(encode) if isinstance(values, Pieces) else encode(values)


def _without_unit_axis(array: Values, wanted: Wanted) -> Values:
    """Without a last axis of one: of labels in a column, of a mask with its one channel."""
    if isinstance(array, Pieces):
        return array
    rank = None if wanted.shape is None else len(wanted.shape)
    if array.ndim < 2 or array.shape[-1] != 1 or (array.ndim > 2 and rank != array.ndim - 1):
        return array
    return array[..., 0]


def _reading(columns: Sequence[Column], wanted: Wanted) -> Reading:
    """What labels are, by their values, the output that learns them and what its loss takes."""
    arrays = [_held(column.values) for column in columns]
    if any(array.dtype.kind == "U" for array in arrays) or wanted.takes in ("classes", "one-hot"):
        return "classes"
    each = columns[0].values.shape[1:]  # of one label
    single = (each or (1,)) == wanted.shape == (1,)
    alike = bool(each) and each == wanted.shape  # a label for each number of the output
    yes_or_no = all(_within(array, (0, 1)) for array in arrays)
    if wanted.takes == "signs" and (single or alike) and all(_within(array, (-1, 1)) for array in arrays):
        return "signs"
    whole = all(array.dtype.kind in "biu" for array in arrays)
    if wanted.takes == "binary":
        return "binary" if alike or (single and not all(map(_is_whole, arrays))) else "classes"
    one_hot = all(map(_is_one_hot, arrays))
    if one_hot and not (alike and wanted.ending == "sigmoid"):
        return "classes"
    if alike:
        if yes_or_no and wanted.takes is None and (wanted.ending == "sigmoid" or (whole and not wanted.ending)):
            return "binary"
        return "numbers"
    if whole:
        return "numbers" if single and not yes_or_no and wanted.ending != "sigmoid" else "classes"
    if wanted.shape is None or wanted.takes is not None or not all(map(_is_whole, arrays)):
        return "numbers"
    # Floating-point numbers that are all whole, under an output that tells classes apart.
    if single:
        return "classes" if yes_or_no and wanted.ending == "sigmoid" else "numbers"
    return "classes" if len(wanted.shape) == len(each) + 1 and wanted.ending == "softmax" else "numbers"


def _within(array: Array, values: tuple[int, ...]) -> bool:
    return bool(np.isin(array, values).all())


def _is_whole(array: Values) -> bool:
    return array.dtype.kind in "biu" or bool((_held(array) % 1 == 0).all())


def _is_one_hot(array: Array) -> bool:
    if array.ndim != 2 or array.shape[1] < 2:
        return False
    ones = array == 1
    return bool((ones | (array == 0)).all() and (ones.sum(axis=1) == 1).all())


# --- what becomes of them ---------------------------------------------------------------------------------------------


class _Encoding:
    """The labels of an output, once it is known what they are."""

    def __init__(
        self,
        columns: Sequence[Column],
        source: str,
        wanted: Wanted,
        known: Target | None,
        ignored: int | None,
        several: bool,
    ) -> None:
        self.columns = columns
        self.source = source
        self.wanted = wanted
        self.known = known
        self.ignored = ignored
        self.several = several and known is None

    def numbers(self, reading: Reading) -> Labels:
        """Labels that are numbers as they stand."""
        first = self.columns[0]
        shape = first.values.shape[1:] if self.known is None else self.known.shape
        for column in self.columns:
            if column.values.dtype.kind == "U":
                raise DataError(f"{column.name} holds {_describe(column.values)}, and numbers are wanted; save numbers")
            held = _held(column.values)
            check_finite(column.name, held)
            if column.values.shape[1:] != shape:
                other = first.name if self.known is None else "what the run was trained on"
                raise DataError(
                    f"{other} has {_plain(shape)} numbers an example, and {column.name} has "
                    f"{_plain(column.values.shape[1:])}; make them agree"
                )
            if reading == "binary" and not (held.min() >= 0 and held.max() <= 1):
                bad = held[(held < 0) | (held > 1)].flat[0]
                raise DataError(f"{column.name} holds {bad}, and the label of a yes or no is between 0 and 1")
        parts = tuple(_done(column.values, _as_floats) for column in self.columns)
        if self.known is not None:
            return Labels(self.known, parts)
        width = shape[0] if reading == "binary" and len(shape) == 1 else None
        names = first.names if reading != "binary" or first.names or width is None else tuple(map(str, range(width)))
        return Labels(Target(self.source, reading, shape=shape, names=names), parts)

    def classes(self) -> Labels:
        """Labels that name classes."""
        arrays = [_held(column.values) for column in self.columns]
        if any(array.dtype.kind == "U" for array in arrays):
            return self._texts()
        if all(map(_is_one_hot, arrays)) and (self.wanted.shape is None or len(self.wanted.shape) == 1):
            return self._one_hot()
        return self._whole()

    def _made(self, names: tuple[str, ...], parts: tuple[Values, ...], notes: tuple[str, ...] = ()) -> Labels:
        if self.known is not None:
            return Labels(self.known, parts)
        shape = self.columns[0].values.shape[1:] if parts[0].ndim > 1 else ()
        target = Target(self.source, "classes", len(names), shape, names, self.ignored)
        return Labels(target, parts, notes)

    def _one_hot(self) -> Labels:
        first = self.columns[0]
        width = first.values.shape[1]
        for column in self.columns[1:]:
            if column.values.shape[1] != width:
                raise DataError(
                    f"{first.name} has {width} classes, and {column.name} has {column.values.shape[1]}; make them agree"
                )
        if self.known is not None and self.known.class_count != width:
            raise DataError(f"{first.name} has {width} classes, and the run was trained on {self.known.class_count}")
        parts = tuple(_held(column.values).argmax(axis=1).astype(np.int64) for column in self.columns)
        return self._made(first.names or tuple(map(str, range(width))), parts)

    def _texts(self) -> Labels:
        for column in self.columns:
            if column.values.dtype.kind != "U" or column.values.ndim != 1:
                raise DataError(
                    f"{column.name} holds {_describe(column.values)}, and other labels are texts; save one text an example"
                )
        first = self.columns[0]
        names = self._known_names() or tuple(map(str, np.unique(_held(first.values))))
        self._check_several(first.name, len(names), show(names[0]))
        if len(names) > MAX_CLASSES:
            raise DataError(
                f"{first.name} holds {len(names):,} different labels; at most {MAX_CLASSES:,} can be classes"
            )
        return self._made(names, tuple(self._numbered(column, _held(column.values), names) for column in self.columns))

    def _known_names(self) -> tuple[str, ...]:
        return () if self.known is None else self.known.names or ()

    def _numbered(self, column: Column, texts: Array, names: tuple[str, ...]) -> Array:
        """The numbers of classes by their names."""
        order = np.argsort(names)
        ranked = np.array(names)[order]
        at = np.minimum(np.searchsorted(ranked, texts), len(ranked) - 1)
        wrong = ranked[at] != texts
        if wrong.any():
            index = int(wrong.argmax())
            self._refuse(column, str(texts[index]), index, names)
        return order[at].astype(np.int64)

    def _refuse(self, column: Column, name: str, index: int, names: tuple[str, ...]) -> None:
        """Refuse a class that the training does not know."""
        hint = "" if name.lstrip("-").isdecimal() else did_you_mean(name, names, "'{}'")  # 4 is not meant by 42
        holds = f"{column.name} holds the class {show(name)}{column.at(index)}"
        if self.known is None:
            raise DataError(f"{holds}, and {self.columns[0].name} does not{hint}")
        classes = "" if hint else f", whose classes are {some([show(each) for each in names], 9)}"
        raise DataError(f"{holds}, which the run does not know{hint or classes}")

    # --- whole numbers ---

    def _whole(self) -> Labels:
        ranks = () if self.wanted.shape is None else (len(self.wanted.shape),)
        for column in self.columns:
            array = column.values
            if (array.ndim != 1 and array.ndim not in ranks) or not _is_whole(array):
                raise DataError(
                    f"{column.name} holds {_describe(array)}; save one whole number an example or one-hot rows for "
                    f"classes, or floating-point numbers to predict"
                )
        names = self._known_names()
        if names:
            return self._made(names, tuple(self._known_numbers(column, names) for column in self.columns))
        first, found = self.columns[0], [np.unique(self._counted(_held(column.values))) for column in self.columns]
        for column, values in zip(self.columns, found, strict=True):
            self._check_range(column, values)
        values = np.unique(np.concatenate([*found, *self._between(found)])).astype(np.int64)
        self._check_several(first.name, len(found[0]), str(int(found[0][0])) if len(found[0]) else "none")
        count, units = int(values[-1]) + 1, self._units
        one_an_example = first.values.ndim == 1
        absent = units is not None and units > count and not one_an_example  # from masks: a small set may lack a class
        if len(values) == count or units == count or absent:
            size = units if absent and units is not None else count
            return self._made(tuple(map(str, range(size))), tuple(self._as_classes(c.values) for c in self.columns))
        parts = tuple(self._by_value(column.values, values) for column in self.columns)
        note = f"{first.name} holds {_listed(values)}; they are taken as {len(values)} classes"
        return self._made(tuple(map(str, values)), parts, (note,))

    def _between(self, found: Sequence[Array]) -> list[Array]:
        """The ignored label, where it is a number that a class could have: 0 of padding beside 1, 2 and 3."""
        largest = max((values[-1] for values in found if len(values)), default=-1)
        return [np.array([self.ignored])] if self.ignored is not None and 0 <= self.ignored < largest else []

    @property
    def _units(self) -> int | None:
        """How many classes the output tells apart, where that is known."""
        shape = self.wanted.shape
        return None if shape is None or not shape else 2 if shape[-1] == 1 else shape[-1]

    def _counted(self, array: Array) -> Array:
        """The labels that count."""
        return array if self.ignored is None else array[array != self.ignored]

    def _check_range(self, column: Column, values: Array) -> None:
        if len(values) and values[0] < 0:
            raise DataError(f"{column.name} holds the label {int(values[0])}; classes are counted from 0")
        if len(values) and values[-1] >= MAX_CLASSES:
            raise DataError(
                f"{column.name} holds the label {int(values[-1])}; classes are counted from 0 to at most "
                f"{MAX_CLASSES - 1:,}, and numbers to predict are saved as floating-point"
            )

    def _as_classes(self, values: Values) -> Values:
        return _done(values, _classes_of(values))

    def _by_value(self, array: Values, values: Array) -> Values:
        """The numbers of classes that are not counted from 0 without a gap; what is ignored stays."""
        as_classes, ignored = _classes_of(array), self.ignored

        def encode(labels: Array) -> Array:
            at = as_classes(np.searchsorted(values, labels))
            return at if ignored is None else np.where(labels == ignored, ignored, at)

        return _done(array, encode)

    def _known_numbers(self, column: Column, names: tuple[str, ...]) -> Values:
        """The numbers of a run's classes, whose names are these labels."""
        values = np.unique(self._counted(_held(column.values))).astype(np.int64)
        known = {name: number for number, name in enumerate(names)}
        for value in values:
            if str(value) not in known:
                self._refuse(column, str(value), _first(column.values, int(value)), names)
        numbers = np.array([known[str(value)] for value in values], np.int64)
        as_classes, ignored, last = _classes_of(column.values), self.ignored, max(len(values) - 1, 0)
        flat = column.values.ndim == 1

        def encode(labels: Array) -> Array:
            if flat or ignored is None:
                return as_classes(numbers[np.searchsorted(values, labels)])
            at = numbers[np.minimum(np.searchsorted(values, labels), last)]
            return as_classes(np.where(labels == ignored, ignored, at))

        return _done(column.values, encode)

    def _check_several(self, name: str, count: int, only: str) -> None:
        if count < 2 and self.several:
            raise DataError(f"{name} holds one class only, {only}; there is nothing to tell apart")


def _as_floats(values: Array) -> Array:
    return values.astype(np.float32)


def _classes_of(values: Values) -> Encode:
    """What makes class numbers of whole ones, in the type that such labels have: narrow where there are many an example."""
    kind = np.int64 if values.ndim == 1 else np.int32
    return lambda labels: labels.astype(kind)


def _first(values: Values, value: int) -> int:
    """The first label that holds a value."""
    return values.first(value) if isinstance(values, Pieces) else int(np.argmax(values.reshape(-1) == value))


def _listed(values: Array) -> str:
    """Labels that are not 0, 1, 2, …: `the labels 1 to 3; 0 never occurs`."""
    if len(values) > 1 and values[-1] - values[0] + 1 == len(values):
        never = "0 never occurs" if values[0] == 1 else f"0 to {values[0] - 1} never occur"
        return f"the labels {values[0]} to {values[-1]}; {never}"
    return f"the labels {some([str(value) for value in values], 9)}"


def _plain(width: tuple[int, ...]) -> str:
    return " x ".join(map(str, width)) or "1"


def _describe(array: Values) -> str:
    shape = " x ".join(map(str, array.shape))
    return f"{shape} values of type {show(str(array.dtype))}"


# --- cells of a table -------------------------------------------------------------------------------------------------


def from_cells(cells: Sequence[str], name: str, place: Callable[[int], str], decimal: str = ".") -> Column:
    """A column of a table: whole numbers, other numbers, or texts.

    Raises:
        DataError: It holds numbers that are not all whole, and something else: numbers with a slip among them.
    """
    numbers = np.fromiter(
        (np.nan if (n := number(cell, decimal)) is None else n for cell in cells), np.float64, len(cells)
    )
    other = np.isnan(numbers)
    fractions = bool((numbers[~other] % 1).any())
    if other.any():
        if fractions:
            at = int(other.argmax())
            raise DataError(f"{name} holds {show(cells[at])}{place(at)}, and numbers elsewhere; write a number")
        return Column(name, np.array(cells, dtype=np.str_), place=place)
    values = numbers if fractions or np.abs(numbers).max(initial=0) >= 2**53 else numbers.astype(np.int64)
    return Column(name, values, place=place)


def number(cell: str, decimal: str = ".") -> float | None:
    """The number that a cell holds, or None; it must be finite in single precision."""
    if "_" in cell:  # Python's own freedom, which no table means
        return None
    if decimal != ".":
        if "." in cell:
            return None
        cell = cell.replace(decimal, ".")
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if abs(value) <= LARGEST else None
