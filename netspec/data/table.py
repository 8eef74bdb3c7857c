"""A table, read: which of its columns are what, the numbers of the features, the values of the labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from netspec.data.assembly import Raw
from netspec.data.dataset import Array, Floats, Integers
from netspec.data.faults import Skipped
from netspec.data.labels import Column, from_cells
from netspec.data.paths import some
from netspec.data.source import DataError
from netspec.diagnostics.words import did_you_mean, show

Values = list[str] | Array  # of a column: cells that are to be read, or what a file says the type of


class Layout(NamedTuple):
    """The columns of each input and each output, and of the weights."""

    x: dict[str, tuple[str, ...]]
    y: dict[str, tuple[str, ...]]
    weight: str | None
    divisors: dict[str, float]  # of the inputs
    separator: str | None
    chosen: str | None  # the label, where nobody named it
    texts: dict[str, str]  # the column of each input that reads texts

    @property
    def labels(self) -> frozenset[str]:
        """The columns in which no row may be empty: of labels, but for those of several names, and of weights."""
        rest = () if self.weight is None else (self.weight,)
        several = self.separator is not None
        return frozenset(
            (*rest, *(name for names in self.y.values() for name in names if not several or len(names) > 1))
        )

    @property
    def all(self) -> frozenset[str]:
        """All columns that are read."""
        rest = (*self.texts.values(), *(() if self.weight is None else (self.weight,)))
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
    numbers: dict[str, Floats]  # of each input, a row each
    values: dict[str, Values]  # of the other columns
    rows: Integers  # where each stands in the file
    row_word: str  # what messages call a row: `line` or `row`
    decimal: str = "."
    skipped: tuple[Skipped, ...] = ()  # rows that are left out
    refusal: str = ""  # what is wrong with them, all in one message

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
        layout = self.layout
        x: dict[str, Array] = {key: self.numbers[key] for key in layout.x}
        x |= {key: np.array(self.values[column], object) for key, column in layout.texts.items()}
        y = {
            key: self._several_names(names[0], layout.separator, vocabulary.get(key, ()), known)
            if layout.separator is not None and len(names) == 1
            else self._label(names)
            for key, names in layout.y.items()
        }
        weight = None if layout.weight is None else self._column(layout.weight)
        return Raw(x, y, layout.divisors, weight)

    def _place(self, row: int) -> str:
        return f" in {self.row_word} {self.rows[row]}"

    def _column(self, name: str) -> Column:
        shown = f"column {show(name)} of {self.name}"
        values = self.values[name]
        if isinstance(values, list):
            return from_cells([cell.strip() for cell in values], shown, self._place, self.decimal)
        return Column(shown, values, place=self._place)

    def _label(self, names: Sequence[str]) -> Column:
        """The label of an output: a column, or several as one."""
        columns = [self._column(name) for name in names]
        if len(columns) == 1:
            return columns[0]
        for column in columns:
            if column.values.dtype.kind == "U":
                raise DataError(f"{column.name} holds texts, and is one of several columns of a label; write numbers")
        shown = f"columns {some([show(name) for name in names], 9)} of {self.name}"
        return Column(shown, np.stack([column.array for column in columns], axis=1), tuple(names), self._place)

    def _several_names(self, name: str, separator: str, names: tuple[str, ...], known: bool) -> Column:
        """The names in the cells of a column, as yes or no for each of them all."""
        shown = f"column {show(name)} of {self.name}"
        cells = (str(cell) for cell in self.values[name])
        sets = [{part.strip() for part in cell.split(separator)} - {""} for cell in cells]
        names = names or tuple(sorted(set().union(*sets)))
        for row, found in enumerate(sets):
            for strange in sorted(found.difference(names)):
                who = "which the run does not know, whose labels are" if known else "and the labels to train on are"
                raise DataError(
                    f"{shown} holds {show(strange)}{self._place(row)}, {who} {some([show(each) for each in names], 9)}"
                )
        values: Array = np.array([[each in found for each in names] for found in sets], np.int64)
        return Column(shown, values, names, self._place)
