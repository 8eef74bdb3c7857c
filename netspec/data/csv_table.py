"""`csv`: a table with a header line; columns are labels or features."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TextIO

from netspec.data.paths import locate, quoted, reading, some
from netspec.data.source import DECLARED, DataError, DataSource
from netspec.diagnostics.words import did_you_mean, show
from netspec.options import Boolean, Choice, ListOf, Nullable, OneOrMore, PerName, Text, declare, option

if TYPE_CHECKING:
    from array import array
    from pathlib import Path

    from netspec.data.assembly import Raw
    from netspec.data.dataset import Array, Dataset, Request
    from netspec.data.labels import Column

SPACE_PER_BYTE = 8  # memory for a byte of the file, its cells as Python texts included
Names = str | tuple[str, ...]
MAX_BAD = 9  # cells that one message names


@declare("csv", principal="path", table=DECLARED)
class Csv(DataSource):
    """A table with a header line: one column is the label, or several are; the others are the features.

    Labels that are texts are classes, and so are whole numbers, unless a single linear output learns them; other numbers are to be
    predicted. Several columns of 0 and 1 are labels of their own.
    """

    one_input = False
    path: str = option(Text(), "Path of the file, relative to the spec.")
    label: Names | dict[str, Names] | None = option(
        Nullable(PerName(OneOrMore(Text(), "columns"))),
        "Column of the label, or columns, or those of each output; null: the last one.",
        None,
    )
    features: Names | dict[str, Names] | None = option(
        Nullable(PerName(OneOrMore(Text(), "columns"), "input")),
        "Columns of the features, or of each input; null: all others.",
        None,
    )
    ignore: tuple[str, ...] = option(ListOf(Text(), "columns"), "Columns that are not read.", ())
    sample_weight: str | None = option(Nullable(Text()), "Column that says how much each example counts.", None)
    label_separator: str | None = option(
        Nullable(Text()), "What stands between the names in a label's cell, where an example has several.", None
    )
    validation: str | None = option(Nullable(Text()), "Path of a table to validate on.", None)
    test: str | None = option(Nullable(Text()), "Path of a table to test on.", None)
    delimiter: str = option(Text(), "What stands between cells: a comma, `;` or a tab.", ",")
    decimal: str = option(Choice((".", ",")), "Decimal mark.", ".")
    encoding: str = option(Text(), "Encoding of the file.", "utf-8")
    header: bool | None = option(
        Nullable(Boolean()),
        "Whether the first line names the columns; without one they are called 1, 2, …; null: found out.",
        None,
    )

    @property
    def paths(self) -> tuple[str, ...]:
        """The file, and those to validate and to test on."""
        return tuple(path for path in (self.path, self.validation, self.test) if path is not None)

    def load(self, request: Request) -> Dataset:
        """The features as float32, the labels' columns as they are read; a test is set aside where there is none."""
        from netspec.data.assembly import assembled
        from netspec.data.dataset import check_shape
        from netspec.data.schema import Feature

        named = {"train": self.path, "validation": self.validation, "test": self.test}
        files = {part: path for part, path in named.items() if path is not None}
        tables: dict[str, _Table] = {}
        for part, path in files.items():
            tables[part] = _table(self, request, path, tables["train"].layout if tables else None)
        layout, columns = tables["train"].layout, tables["train"].columns
        for name, read in layout.x.items():
            check_shape(_of_input(quoted(self.path), name, request), (len(read),), request.inputs[name])
        vocabulary = (
            {} if request.known is None else {key: each.names or () for key, each in request.known.outputs.items()}
        )
        parts: dict[str, Raw] = {}
        for part, table in tables.items():
            parts[part] = table.raw(vocabulary, known=request.known is not None)
            vocabulary = vocabulary or {key: column.names or () for key, column in parts[part].y.items()}
        features = {
            name: Feature(quoted(self.path), (len(read),), read, layout.divisor) for name, read in layout.x.items()
        }
        if request.whole and "test" in parts:
            parts = {"test": parts["test"]}
        notes = []
        unread = [name for name in columns if name not in layout.all and name not in self.ignore]
        if unread:
            verb = "is" if len(unread) == 1 else "are"
            notes.append(f"{some([show(name) for name in unread], 9)} in {quoted(self.path)} {verb} not read")
        if layout.chosen:
            notes.append(f"the label is the column {show(layout.chosen)} of {quoted(self.path)}")
        return assembled(quoted(self.path), parts, request, features, notes=notes)


def _of_input(name: str, key: str, request: Request) -> str:
    return name if len(request.inputs) == 1 else f"{name}, as `{key}`,"


# --- which columns are what -------------------------------------------------------------------------------------------


class _Layout(NamedTuple):
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


def _layout(source: Csv, request: Request, columns: Sequence[str]) -> _Layout:
    """Which columns are read as what. Raises DataError where one is missing."""
    from netspec.data.assembly import check_names

    name = quoted(source.path)
    known = request.known
    outputs = tuple(request.outputs)
    if isinstance(source.label, dict):
        check_names("`label` of `csv`", source.label, outputs, "output")
    if isinstance(source.features, dict):
        check_names("`features` of `csv`", source.features, tuple(request.inputs), "input")
    chosen = None
    if source.label is None and outputs:
        chosen = _last(columns, source)
    y = {output: _columns(_given(source.label, output, chosen or ""), columns, name) for output in outputs}
    weight = None if source.sample_weight is None else _columns(source.sample_weight, columns, name)[0]
    _columns(source.ignore, columns, name)
    taken = {*source.ignore, *(column for each in y.values() for column in each), *([weight] if weight else [])}
    rest = tuple(column for column in columns if column not in taken)
    x: dict[str, tuple[str, ...]] = {}
    if source.features is None:
        single, _ = request.input
        features = None if known is None else known.inputs[single].columns
        x[single] = rest if features is None else _columns(features, columns, name)
    for key in request.inputs if source.features is not None else ():
        x[key] = _columns(_given(source.features, key, ""), columns, name)
    return _Layout(x, y, weight, request.divisor(1), source.label_separator, chosen)


def _given(given: Names | dict[str, Names] | None, key: str, default: str) -> Names:
    if given is None:
        return default
    return given[key] if isinstance(given, dict) else given


def _last(columns: Sequence[str], source: Csv) -> str:
    """The last column that is not said to be something else."""
    return next(name for name in reversed(columns) if name not in source.ignore and name != source.sample_weight)


def _columns(given: Names, columns: Sequence[str], name: str) -> tuple[str, ...]:
    wanted = (given,) if isinstance(given, str) else given
    for column in wanted:
        if column not in columns:
            hint = (
                did_you_mean(column, tuple(columns), "'{}'")
                or f"; its columns are {some([show(c) for c in columns], 9)}"
            )
            raise DataError(f"{name} has no column {show(column)}{hint}")
    return wanted


# --- a file -----------------------------------------------------------------------------------------------------------


class _Table(NamedTuple):
    """What is read of a file."""

    name: str
    columns: tuple[str, ...]
    layout: _Layout
    numbers: dict[str, array[float]]  # of each input, row after row
    cells: dict[str, list[str]]  # of the other columns
    lines: array[int]  # in which the rows end
    decimal: str

    def raw(self, vocabulary: Mapping[str, tuple[str, ...]], *, known: bool) -> Raw:
        """The examples. Raises DataError where labels or weights are not as they must be.

        Args:
            vocabulary: the names that stand in the cells of labels of several, by output, where they are known.
            known: whether it is a run that knows them.
        """
        import numpy as np

        from netspec.data.assembly import Raw

        layout, count = self.layout, len(self.lines)
        x = {key: np.frombuffer(self.numbers[key], np.float32).reshape(count, -1) for key in layout.x}
        y = {
            key: self._several_names(names[0], layout.separator, vocabulary.get(key, ()), known)
            if layout.separator is not None and len(names) == 1
            else self._label(names)
            for key, names in layout.y.items()
        }
        weight = None if layout.weight is None else self._column(layout.weight)
        return Raw(x, y, dict.fromkeys(x, layout.divisor), weight)

    def _place(self, row: int) -> str:
        return f" in line {self.lines[row]}"

    def _column(self, name: str) -> Column:
        from netspec.data.labels import from_cells

        shown = f"column {show(name)} of {self.name}"
        cells = [cell.strip() for cell in self.cells[name]]
        for row, cell in enumerate(cells):
            if not cell or cell.lower() == "nan":
                raise DataError(
                    f"{self.name}, line {self.lines[row]} has no label in column {show(name)}; write or remove it"
                )
        return from_cells(cells, shown, self._place, self.decimal)

    def _label(self, names: Sequence[str]) -> Column:
        """The label of an output: a column, or several as one."""
        import numpy as np

        from netspec.data.labels import Column

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
        import numpy as np

        from netspec.data.labels import Column

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


def _table(source: Csv, request: Request, path: str, layout: _Layout | None) -> _Table:
    """What is read of a file, by its own columns or as another was. Raises DataError where it is no table."""
    from netspec.data.dataset import check_memory

    name = quoted(path)
    place = locate(request.root, path)
    check_memory(name, SPACE_PER_BYTE * place.stat().st_size)
    delimiter = {"\\t": "\t", "tab": "\t"}.get(source.delimiter, source.delimiter)
    if len(delimiter) != 1:
        raise DataError(f"`delimiter` of `csv` is one character, not {show(source.delimiter)}")
    line = 0
    try:
        with reading(path), _opened(place, source.encoding) as file:
            rows = csv.reader(file, strict=True, skipinitialspace=True, delimiter=delimiter)
            numbered = _numbered(rows)
            try:
                return _read(numbered, source, request, name, delimiter, layout)
            except csv.Error:
                line = rows.line_num
                raise
    except UnicodeDecodeError:
        raise DataError(
            f"{name} is not {source.encoding.upper()} text; save it as CSV in UTF-8, or name its `encoding`"
        ) from None
    except LookupError:
        raise DataError(f"there is no encoding {show(source.encoding)}; `utf-8` and `cp1252` are two") from None
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
    source: Csv,
    request: Request,
    name: str,
    delimiter: str,
    layout: _Layout | None,
) -> _Table:
    from array import array

    from netspec.data.labels import number

    first, second = next(rows, (0, [])), next(rows, None)
    columns = _header([cell.strip() for cell in first[1]], second, source, name, delimiter)
    has_header = source.header is not False
    if layout is None:
        layout = _layout(source, request, columns)
    else:
        _columns(tuple(layout.all), columns, name)
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
                value = number(row[at], source.decimal)
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
    return _Table(
        name, columns, layout, {key: kept for key, (kept, _) in numbers.items()}, cells, lines, source.decimal
    )


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
    columns: list[str], second: tuple[int, list[str]] | None, source: Csv, name: str, delimiter: str
) -> tuple[str, ...]:
    """The columns' names, if that is what the first line holds."""
    if not columns:
        raise DataError(f"{name} is empty; its first line names the columns, the others are the examples")
    if len(columns) == 1:
        other = next((each for each in (";", "\t", ",") if each in columns[0] and each != delimiter), None)
        words = {";": "semicolons", "\t": "tabs", ",": "commas"}
        between = f", separated by {words[other]}" if other else ""
        mend = f"write a label and features, separated by {words.get(delimiter, repr(delimiter))}"
        if other:
            mend = f"set `delimiter: {'tab' if other == chr(9) else repr(other)}`"
        raise DataError(f"{name} has one column{between}; {mend}")
    if source.header is False:
        return tuple(map(str, range(1, len(columns) + 1)))
    if source.header is None:
        _check_is_header(columns, second, source.decimal, name)
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
    from netspec.data.labels import number

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
