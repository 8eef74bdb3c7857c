"""`csv`: a table with a header line; columns are labels or features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from netspec.data.paths import quoted
from netspec.data.source import DECLARED, DataError, DataSource
from netspec.diagnostics.words import show
from netspec.options import Boolean, Choice, ListOf, Nullable, OneOrMore, PerName, Text, declare, option

if TYPE_CHECKING:
    from netspec.data.assembly import Raw
    from netspec.data.dataset import Dataset, Request
    from netspec.data.table import Form, Layout

Names = str | tuple[str, ...]


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
    def form(self) -> Form:
        """How its files are written."""
        from netspec.data.table import Form

        return Form(self.delimiter, self.decimal, self.encoding, self.header)

    @property
    def paths(self) -> tuple[str, ...]:
        """The file, and those to validate and to test on."""
        return tuple(path for path in (self.path, self.validation, self.test) if path is not None)

    def load(self, request: Request) -> Dataset:
        """The features as float32, the labels' columns as they are read; a test is set aside where there is none."""
        from functools import partial

        from netspec.data.assembly import assembled, unread
        from netspec.data.dataset import check_shape
        from netspec.data.schema import Feature
        from netspec.data.table import Table, read_table

        paths = {"train": self.path, "validation": self.validation, "test": self.test}
        files = {part: path for part, path in paths.items() if path is not None}
        tables: dict[str, Table] = {}
        for part, path in files.items():
            layout_of = tables["train"].again if tables else partial(_layout, self, request)
            tables[part] = read_table(self.form, request.root, path, layout_of, labelled=bool(request.outputs))
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
        left = [show(name) for name in columns if name not in layout.all and name not in self.ignore]
        notes = [*unread(left, quoted(self.path))]
        if layout.chosen:
            notes.append(f"the label is the column {show(layout.chosen)} of {quoted(self.path)}")
        return assembled(quoted(self.path), parts, request, features, notes=notes)


def _of_input(name: str, key: str, request: Request) -> str:
    return name if len(request.inputs) == 1 else f"{name}, as `{key}`,"


# --- which columns are what -------------------------------------------------------------------------------------------


def _layout(source: Csv, request: Request, columns: Sequence[str], name: str) -> Layout:
    """Which columns are read as what. Raises DataError where one is missing."""
    from netspec.data.assembly import check_names, named
    from netspec.data.table import Layout, chosen_columns

    known = request.known
    outputs = tuple(request.outputs)
    if isinstance(source.label, dict):
        check_names("`label` of `csv`", source.label, outputs, "output")
    if isinstance(source.features, dict):
        check_names("`features` of `csv`", source.features, tuple(request.inputs), "input")
    chosen = None
    if source.label is None and outputs:
        chosen = _last(columns, source)
    y = {output: chosen_columns(named(source.label, output, chosen or ""), columns, name) for output in outputs}
    weight = None if source.sample_weight is None else chosen_columns(source.sample_weight, columns, name)[0]
    chosen_columns(source.ignore, columns, name)
    taken = {*source.ignore, *(column for each in y.values() for column in each), *([weight] if weight else [])}
    rest = tuple(column for column in columns if column not in taken)
    x: dict[str, tuple[str, ...]] = {}
    if source.features is None:
        single, _ = request.input
        features = None if known is None else known.inputs[single].columns
        x[single] = rest if features is None else chosen_columns(features, columns, name)
    for key in request.inputs if source.features is not None else ():
        x[key] = chosen_columns(named(source.features, key, ""), columns, name)
    return Layout(x, y, weight, request.divisor(1), source.label_separator, chosen)


def _last(columns: Sequence[str], source: Csv) -> str:
    """The last column that is not said to be something else."""
    left = [name for name in columns if name not in source.ignore and name != source.sample_weight]
    if not left:
        raise DataError(f"{quoted(source.path)} has no column left for the label; name fewer in `ignore`")
    return left[-1]
