"""`csv`: a table with a header line; one column is the label, the others are the features."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from netspec.data.paths import locate, quoted, reading, some
from netspec.data.source import DECLARED, DataError, DataSource
from netspec.diagnostics.words import did_you_mean, show
from netspec.options import Nullable, Text, declare, option

if TYPE_CHECKING:
    from array import array

    from netspec.data.dataset import Dataset, Floats, Request

SPACE_PER_BYTE = 8  # memory for a byte of the file, its cells as Python texts included


@declare("csv", principal="path", table=DECLARED)
class Csv(DataSource):
    """A table with a header line: one column is the label, the others are the features.

    Labels that are texts or integers are classes; numbers that are not all whole are to be predicted.
    """

    path: str = option(Text(), "Path of the file, relative to the spec.")
    label: str | None = option(Nullable(Text()), "Column of the label; null: the last one.", None)

    def load(self, request: Request) -> Dataset:
        """The features as float32, the label's column as classes or as numbers to predict; a test is set aside."""
        import csv

        from netspec.data.dataset import check_memory, check_shape, divided
        from netspec.data.labels import from_cells

        name = quoted(self.path)
        path = locate(request.root, self.path)
        check_memory(name, SPACE_PER_BYTE * path.stat().st_size)
        try:
            with reading(self.path), path.open(encoding="utf-8-sig", newline="") as file:
                rows = csv.reader(file, strict=True, skipinitialspace=True)
                features, cells, lines = _read(((rows.line_num, row) for row in rows if row), self.label, name)
        except UnicodeDecodeError:
            raise DataError(f"{name} is not UTF-8 text; save it as CSV in UTF-8") from None
        except csv.Error as error:
            raise DataError(f"{name}, line {rows.line_num}: {error}; save it as CSV with quoted texts") from None
        check_shape(name, features.shape[1:], request.input_shape)
        labels = from_cells(cells, lines, f"the label's column in {name}")
        return divided(name, features, labels.parts[0], request, classes=labels.classes)


def _read(rows: Iterable[tuple[int, list[str]]], label: str | None, name: str) -> tuple[Floats, list[str], array[int]]:
    """The features, the label's cells, and the lines in which examples end, of numbered rows, the header first.

    Raises DataError at the first cell that does not fit.
    """
    from array import array

    import numpy as np

    from netspec.data.labels import number

    rows = iter(rows)
    columns = _header([cell.strip() for cell in next(rows, (0, []))[1]], name)
    at = _label(columns, label, name)
    features, labels, lines = array("f"), [], array("q")
    texts: dict[str, str] = {}  # a label that occurs a million times is kept once
    for line, row in rows:
        if len(row) != len(columns):
            raise DataError(f"{name}, line {line} has {_cells(len(row))}, and the header names {len(columns)} columns")
        for column, cell in enumerate(row):
            if column == at:
                text = cell.strip()
                if not text or text.lower() == "nan":
                    raise DataError(
                        f"{name}, line {line} has no label in column {show(columns[at])}; write or remove it"
                    )
                labels.append(texts.setdefault(text, text))
            elif (value := number(cell)) is not None:
                features.append(value)
            else:
                raise DataError(
                    f"{name}, line {line}, column {show(columns[column])} holds {show(cell)}, not a finite number; "
                    f"write a number, or remove the line or the column"
                )
        lines.append(line)
    if not labels:
        raise DataError(f"{name} has no lines after its header; write one for each example")
    return np.frombuffer(features, np.float32).reshape(len(labels), -1), labels, lines


def _cells(count: int) -> str:
    return f"{count} cell{'' if count == 1 else 's'}"


def _header(columns: list[str], name: str) -> list[str]:
    """The columns' names, if that is what the first line holds."""
    from netspec.data.labels import number

    if not columns:
        raise DataError(f"{name} is empty; its first line names the columns, the others are the examples")
    if len(columns) == 1:
        other = next((word for mark, word in ((";", "semicolons"), ("\t", "tabs")) if mark in columns[0]), None)
        between = f", separated by {other}" if other else ""
        raise DataError(f"{name} has one column{between}; write a label and features, separated by commas")
    seen = set()
    for index, column in enumerate(columns):
        value = number(column)
        if value is not None and value % 1:
            raise DataError(f"{name} starts with a line of numbers ({column}); write the columns' names above it")
        if not column:
            raise DataError(f"{name} has no name for column {index + 1}; its first line names the columns")
        if column in seen:
            raise DataError(f"{name} names the column {show(column)} twice; its first line names the columns")
        seen.add(column)
    return columns


def _label(columns: list[str], label: str | None, name: str) -> int:
    if label is None:
        return len(columns) - 1
    if label not in columns:
        hint = did_you_mean(label, columns, "'{}'") or f"; its columns are {some([show(c) for c in columns], 9)}"
        raise DataError(f"{name} has no column {show(label)}{hint}")
    return columns.index(label)
