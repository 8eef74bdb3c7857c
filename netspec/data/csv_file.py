"""A CSV file -> a table."""

from __future__ import annotations

import csv
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, TextIO

import numpy as np

from netspec.data.bad_rows import BadRows
from netspec.data.dataset import Floats, check_memory
from netspec.data.labels import number
from netspec.data.paths import locate, quoted, reading
from netspec.data.source import DataError
from netspec.data.table import Layout, Table
from netspec.diagnostics.words import show

SPACE_PER_BYTE = 8  # memory for a byte of the file, its cells as Python texts included


class Form(NamedTuple):
    """How a table is written."""

    delimiter: str
    decimal: str
    encoding: str
    header: bool | None  # whether the first line names the columns; None where that is to be found out


def read_csv(
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
    texts = {each for names in layout.y.values() for each in names} | {*layout.texts.values()}
    texts |= {layout.weight} if layout.weight else set()
    cells: dict[str, list[str]] = {column: [] for column in texts if column is not None}
    stored = [(place[column], column, kept, column in layout.labels) for column, kept in cells.items()]
    lines = array("q")
    known: dict[str, str] = {}  # a label that occurs a million times is kept once
    bad = BadRows(name, "line", layout.weight)
    started = [pair for pair in ((None if has_header else first), second) if pair is not None]
    for line, row in (*started, *rows):
        if len(row) != len(columns):
            names = f"the header names {len(columns)} columns" if has_header else f"the first has {len(columns)}"
            bad.add(line, f"{_cells(len(row))}, and {names}")
            continue
        for values, chosen in numbers.values():
            for at, column in chosen:
                value = number(row[at], form.decimal)
                if value is None:
                    bad.add_cell(line, column, row[at])
                    value = 0.0
                values.append(value)
        for at, column, kept, needed in stored:
            if needed and (not row[at].strip() or row[at].strip().lower() == "nan"):
                bad.add_missing(line, column)
            kept.append(known.setdefault(row[at], row[at]))
        lines.append(line)
    if not lines and not bad.faults:
        raise DataError(f"{name} has no lines after its header; write one for each example")
    for column in layout.labels:
        bad.look_for_slips(column, cells[column], lines, form.decimal)
    whole = [at for at, line in enumerate(lines) if line not in bad.rows]
    every = len(whole) == len(lines)

    def kept_of(values: array[float], count: int) -> Floats:
        table = np.frombuffer(values, np.float32).reshape(len(lines), count)
        return table if every else table[whole]

    return Table(
        name,
        columns,
        layout,
        {key: kept_of(values, len(chosen)) for key, (values, chosen) in numbers.items()},
        {column: values if every else [values[at] for at in whole] for column, values in cells.items()},
        np.frombuffer(lines, np.int64) if every else np.frombuffer(lines, np.int64)[whole],
        "line",
        form.decimal,
        bad.skipped,
        bad.refusal,
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
