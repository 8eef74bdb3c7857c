"""A table's file, read: which of its columns are what, the numbers of the features, the cells of the labels."""

from __future__ import annotations

import csv
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TextIO

import numpy as np

from netspec.data.assembly import Raw
from netspec.data.dataset import Array, check_memory
from netspec.data.labels import Column, from_cells, number
from netspec.data.paths import locate, quoted, reading, some
from netspec.data.source import DataError
from netspec.diagnostics.words import did_you_mean, show

SPACE_PER_BYTE = 8  # memory for a byte of the file, its cells as Python texts included
MAX_BAD = 9  # cells that one message names


class Form(NamedTuple):
    """How a table is written."""

    delimiter: str
    decimal: str
    encoding: str
    header: bool | None  # whether the first line names the columns; None where that is to be found out


class Layout(NamedTuple):
    """The columns of each input and each output, and of the weights."""

    x: dict[str, tuple[str, ...]]
    y: dict[str, tuple[str, ...]]
    weight: str | None
    divisor: float
    separator: str | None
    chosen: str | None  # the label, where nobody named it

    @property
    def all(self) -> frozenset[str]:
        """All columns that are read."""
        rest = () if self.weight is None else (self.weight,)
        return frozenset((*rest, *(name for part in (self.x, self.y) for names in part.values() for name in names)))


def chosen_columns(given: str | tuple[str, ...], columns: Sequence[str], name: str) -> tuple[str, ...]:
    """The columns that are named. Raises DataError where one is missing."""
    wanted = (given,) if isinstance(given, str) else given
    for column in wanted:
        if column not in columns:
            hint = (
                did_you_mean(column, tuple(columns), "'{}'")
                or f"; its columns are {some([show(c) for c in columns], 9)}"
            )
            raise DataError(f"{name} has no column {show(column)}{hint}")
    return wanted


class Table(NamedTuple):
    """What is read of a file."""

    name: str
    columns: tuple[str, ...]
    layout: Layout
    numbers: dict[str, array[float]]  # of each input, row after row
    cells: dict[str, list[str]]  # of the other columns
    lines: array[int]  # in which the rows end
    decimal: str

    def again(self, columns: Sequence[str], name: str) -> Layout:
        """The same layout for another file, which must have the columns that are read."""
        chosen_columns(tuple(self.layout.all), columns, name)
        return self.layout

    def raw(self, vocabulary: Mapping[str, tuple[str, ...]], *, known: bool) -> Raw:
        """The examples. Raises DataError where labels or weights are not as they must be.

        Args:
            vocabulary: the names that stand in the cells of labels of several, by output, where they are known.
            known: whether it is a run that knows them.
        """
        layout, count = self.layout, len(self.lines)
        x = {key: np.frombuffer(self.numbers[key], np.float32).reshape(count, -1) for key in layout.x}
        y = {
            key: self._several_names(names[0], layout.separator, vocabulary.get(key, ()), known)
            if layout.separator is not None and len(names) == 1
            else self._label(names)
            for key, names in layout.y.items()
        }
        weight = None if layout.weight is None else self._column(layout.weight, "weight")
        return Raw(x, y, dict.fromkeys(x, layout.divisor), weight)

    def _place(self, row: int) -> str:
        return f" in line {self.lines[row]}"

    def _column(self, name: str, noun: str = "label") -> Column:
        shown = f"column {show(name)} of {self.name}"
        cells = [cell.strip() for cell in self.cells[name]]
        for row, cell in enumerate(cells):
            if not cell or cell.lower() == "nan":
                raise DataError(
                    f"{self.name}, line {self.lines[row]} has no {noun} in column {show(name)}; write or remove it"
                )
        return from_cells(cells, shown, self._place, self.decimal)

    def _label(self, names: Sequence[str]) -> Column:
        """The label of an output: a column, or several as one."""
        columns = [self._column(name) for name in names]
        if len(columns) == 1:
            return columns[0]
        for column in columns:
            if column.values.dtype.kind == "U":
                raise DataError(f"{column.name} holds texts, and is one of several columns of a label; write numbers")
        shown = f"columns {some([show(name) for name in names], 9)} of {self.name}"
        return Column(shown, np.stack([column.values for column in columns], axis=1), tuple(names), self._place)

    def _several_names(self, name: str, separator: str, names: tuple[str, ...], known: bool) -> Column:
        """The names in the cells of a column, as yes or no for each of them all."""
        shown = f"column {show(name)} of {self.name}"
        sets = [{part.strip() for part in cell.split(separator)} - {""} for cell in self.cells[name]]
        names = names or tuple(sorted(set().union(*sets)))
        for row, found in enumerate(sets):
            for strange in sorted(found.difference(names)):
                who = "which the run does not know, whose labels are" if known else "and the labels to train on are"
                raise DataError(
                    f"{shown} holds {show(strange)}{self._place(row)}, {who} {some([show(each) for each in names], 9)}"
                )
        values: Array = np.array([[each in found for each in names] for found in sets], np.int64)
        return Column(shown, values, names, self._place)


def read_table(
    form: Form, root: Path, path: str, layout_of: Callable[[Sequence[str], str], Layout], *, labelled: bool = True
) -> Table:
    """What is read of a file.

    Args:
        form: how it is written.
        root: where its path starts.
        path: of the file.
        layout_of: which of its columns are what, and how messages call it.
        labelled: whether it must have a label beside the features.

    Raises:
        DataError: It is no table, or a cell holds no number where one is wanted.
    """
    name = quoted(path)
    place = locate(root, path)
    check_memory(name, SPACE_PER_BYTE * place.stat().st_size)
    delimiter = {"\\t": "\t", "tab": "\t"}.get(form.delimiter, form.delimiter)
    if len(delimiter) != 1:
        raise DataError(f"`delimiter` of `csv` is one character, not {show(form.delimiter)}")
    line = 0
    try:
        with reading(path), _opened(place, form.encoding) as file:
            rows = csv.reader(file, strict=True, skipinitialspace=True, delimiter=delimiter)
            numbered = _numbered(rows)
            try:
                return _read(numbered, form._replace(delimiter=delimiter), name, layout_of, labelled=labelled)
            except csv.Error:
                line = rows.line_num
                raise
    except UnicodeDecodeError:
        raise DataError(
            f"{name} is not {form.encoding.upper()} text; save it as CSV in UTF-8, or name its `encoding`"
        ) from None
    except LookupError:
        raise DataError(f"there is no encoding {show(form.encoding)}; `utf-8` and `cp1252` are two") from None
    except csv.Error as error:
        raise DataError(f"{name}, line {line}: {error}; save it as CSV with quoted texts") from None


def _opened(place: Path, encoding: str) -> TextIO:
    return place.open(encoding="utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding, newline="")


def _numbered(rows: Iterable[list[str]]) -> Iterator[tuple[int, list[str]]]:
    for row in rows:
        if row:
            yield rows.line_num, row  # type: ignore[attr-defined]


def _read(
    rows: Iterator[tuple[int, list[str]]],
    form: Form,
    name: str,
    layout_of: Callable[[Sequence[str], str], Layout],
    *,
    labelled: bool,
) -> Table:
    first, second = next(rows, (0, [])), next(rows, None)
    columns = _header([cell.strip() for cell in first[1]], second, form, name, labelled=labelled)
    has_header = form.header is not False
    layout = layout_of(columns, name)
    place = {column: at for at, column in enumerate(columns)}
    numbers = {key: (array("f"), [(place[each], each) for each in names]) for key, names in layout.x.items()}
    texts = {each for names in layout.y.values() for each in names} | ({layout.weight} if layout.weight else set())
    cells: dict[str, list[str]] = {column: [] for column in texts if column is not None}
    stored = [(place[column], kept) for column, kept in cells.items()]
    lines = array("q")
    known: dict[str, str] = {}  # a label that occurs a million times is kept once
    bad = _Bad(name)
    started = [pair for pair in ((None if has_header else first), second) if pair is not None]
    for line, row in (*started, *rows):
        if len(row) != len(columns):
            names = f"the header names {len(columns)} columns" if has_header else f"the first has {len(columns)}"
            raise DataError(f"{name}, line {line} has {_cells(len(row))}, and {names}")
        for values, chosen in numbers.values():
            for at, column in chosen:
                value = number(row[at], form.decimal)
                if value is None:
                    bad.add(line, column, row[at])
                    value = 0.0
                values.append(value)
        for at, kept in stored:
            kept.append(known.setdefault(row[at], row[at]))
        lines.append(line)
    if not lines:
        raise DataError(f"{name} has no lines after its header; write one for each example")
    bad.refuse()
    return Table(name, columns, layout, {key: kept for key, (kept, _) in numbers.items()}, cells, lines, form.decimal)


class _Bad:
    """Cells that hold no number where one is wanted: all are counted, some are named."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.count = 0
        self.named: list[str] = []

    def add(self, line: int, column: str, cell: str) -> None:
        """One more."""
        self.count += 1
        if len(self.named) < MAX_BAD:
            self.named.append(f"line {line}, column {show(column)} holds {show(cell)}")

    def refuse(self) -> None:
        """Raise DataError where there are any."""
        if self.count == 1:
            raise DataError(
                f"{self.name}, {self.named[0]}, not a finite number; write a number, or remove the line or the column"
            )
        if self.count:
            rest = f"; {self.count - len(self.named):,} more" if self.count > len(self.named) else ""
            raise DataError(
                f"{self.name} holds {self.count:,} cells that are not finite numbers: {'; '.join(self.named)}{rest}; "
                f"write numbers, or leave columns out with `ignore`"
            )


def _cells(count: int) -> str:
    return f"{count} cell{'' if count == 1 else 's'}"


def _header(
    columns: list[str], second: tuple[int, list[str]] | None, form: Form, name: str, *, labelled: bool
) -> tuple[str, ...]:
    """The columns' names, if that is what the first line holds."""
    if not columns:
        raise DataError(f"{name} is empty; its first line names the columns, the others are the examples")
    if len(columns) == 1 and labelled:
        other = next((each for each in (";", "\t", ",") if each in columns[0] and each != form.delimiter), None)
        words = {";": "semicolons", "\t": "tabs", ",": "commas"}
        between = f", separated by {words[other]}" if other else ""
        mend = f"write a label and features, separated by {words.get(form.delimiter, repr(form.delimiter))}"
        if other:
            mend = f"set `delimiter: {'tab' if other == chr(9) else repr(other)}`"
        raise DataError(f"{name} has one column{between}; {mend}")
    if form.header is False:
        return tuple(map(str, range(1, len(columns) + 1)))
    if form.header is None:
        _check_is_header(columns, second, form.decimal, name)
    seen = set()
    for index, column in enumerate(columns):
        if not column:
            raise DataError(f"{name} has no name for column {index + 1}; its first line names the columns")
        if column in seen:
            raise DataError(f"{name} names the column {show(column)} twice; its first line names the columns")
        seen.add(column)
    return tuple(columns)


def _check_is_header(columns: list[str], second: tuple[int, list[str]] | None, decimal: str, name: str) -> None:
    """Refuse a first line that may as well be an example: it holds numbers, and no text above a number."""
    below = second[1] if second is not None and len(second[1]) == len(columns) else columns
    numbers = [column for column in columns if number(column, decimal) is not None]
    is_header = any(
        number(column, decimal) is None and number(cell, decimal) is not None
        for column, cell in zip(columns, below, strict=True)
    )
    if numbers and not is_header:
        raise DataError(
            f"{name} starts with a line that holds numbers ({numbers[0]}); write the columns' names above it or set "
            f"`header: false` if it is an example, `header: true` if these are their names"
        )
