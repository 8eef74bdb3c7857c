"""Tables: what those of every format have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from netspec.data.paths import quoted
from netspec.data.source import DataError, DataSource
from netspec.diagnostics.words import show
from netspec.options import ListOf, Nullable, OneOrMore, PerName, Text, declare, option

if TYPE_CHECKING:
    from netspec.data.assembly import Raw
    from netspec.data.dataset import Dataset, Request
    from netspec.data.table import Layout, Table

Names = str | tuple[str, ...]
Choosing = Callable[[Sequence[str], str], "Layout"]  # of columns, and how messages call what has them


@declare("table", principal="path")
class Tabular(DataSource):
    """Columns by name: one is the label, or several are; the others are the features."""

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

    @property
    def paths(self) -> tuple[str, ...]:
        """The file, and those to validate and to test on."""
        return tuple(path for path in (self.path, self.validation, self.test) if path is not None)

    def read(self, root: Path, path: str, layout_of: Choosing, *, labelled: bool) -> Table:
        """What is read of a file.

        Args:
            root: where its path starts.
            path: of the file.
            layout_of: which of its columns are what.
            labelled: whether it must have a label beside the features.

        Raises:
            DataError: It is no table.
        """
        raise NotImplementedError(self.spec_name)

    def load(self, request: Request) -> Dataset:
        """The features as float32, the labels' columns as they are read; a test is set aside where there is none."""
        from functools import partial

        from netspec.data.assembly import assembled, unread, without_last_step
        from netspec.data.dataset import check_shape
        from netspec.data.schema import Feature

        paths = {"train": self.path, "validation": self.validation, "test": self.test}
        files = {part: path for part, path in paths.items() if path is not None}
        tables: dict[str, Table] = {}
        for part, path in files.items():
            layout_of = tables["train"].again if tables else partial(_layout, self, request)
            tables[part] = self.read(request.root, path, layout_of, labelled=bool(request.outputs))
        skipped = [fault for table in tables.values() for fault in table.skipped]
        if skipped and not (request.data.skips and all(len(table.rows) for table in tables.values())):
            raise DataError("; ".join(table.refusal for table in tables.values() if table.skipped))
        layout, columns = tables["train"].layout, tables["train"].columns
        for name in layout.x:
            shape = without_last_step(tables["train"].numbers[name].shape[1:], request)
            check_shape(_of_input(quoted(self.path), name, request), shape, request.inputs[name])
        vocabulary = (
            {} if request.known is None else {key: each.names or () for key, each in request.known.outputs.items()}
        )
        parts: dict[str, Raw] = {}
        for part, table in tables.items():
            parts[part] = table.raw(vocabulary, known=request.known is not None)
            vocabulary = vocabulary or {key: column.names or () for key, column in parts[part].y.items()}
        features = {
            name: Feature(quoted(self.path), tables["train"].numbers[name].shape[1:], read, layout.divisors[name])
            for name, read in layout.x.items()
        } | {
            name: Feature(f"column {show(column)} of {quoted(self.path)}", (1,), (column,))
            for name, column in layout.texts.items()
        }
        if request.whole and "test" in parts:
            parts = {"test": parts["test"]}
        left = [show(name) for name in columns if name not in layout.all and name not in self.ignore]
        notes = [*unread(left, quoted(self.path))]
        if layout.chosen:
            notes.append(f"the label is the column {show(layout.chosen)} of {quoted(self.path)}")
        return assembled(quoted(self.path), parts, request, features, notes=notes, skipped=skipped)


def _of_input(name: str, key: str, request: Request) -> str:
    return name if len(request.inputs) == 1 else f"{name}, as `{key}`,"


# --- which columns are what -------------------------------------------------------------------------------------------


def _layout(source: Tabular, request: Request, columns: Sequence[str], name: str) -> Layout:
    """Which columns are read as what. Raises DataError where one is missing."""
    from netspec.data.assembly import check_names, named
    from netspec.data.table import Layout, chosen_columns

    known, word = request.known, source.spec_name
    outputs = tuple(request.outputs)
    if isinstance(source.label, dict):
        check_names(f"`label` of `{word}`", source.label, outputs, "output")
    if isinstance(source.features, dict):
        check_names(f"`features` of `{word}`", source.features, tuple(request.inputs), "input")
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
    texts = {}
    for key in request.texts:
        texts[key], *others = x.pop(key) or ("",)
        if others:
            raise DataError(
                f"`{key}` reads a column of texts, and {name} has {1 + len(others)} for it, {show(texts[key])} the first; "
                f"name one with `features`"
            )
    divisors = {key: request.divisor(1, key) for key in x}
    return Layout(x, y, weight, divisors, source.label_separator, chosen, texts)


def _last(columns: Sequence[str], source: Tabular) -> str:
    """The last column that is not said to be something else."""
    left = [name for name in columns if name not in source.ignore and name != source.sample_weight]
    if not left:
        raise DataError(f"{quoted(source.path)} has no column left for the label; name fewer in `ignore`")
    return left[-1]
