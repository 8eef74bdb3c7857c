"""Examples as they come from files, folders, standard input or requests; and the rows that describe them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from netspec.data import Data, DataError
from netspec.data.csv_file import Form
from netspec.data.csv_table import Csv
from netspec.data.dataset import LARGEST, Array, scaled
from netspec.data.labels import number
from netspec.data.schema import Feature
from netspec.data.table import chosen_columns
from netspec.data.texts import vectorized
from netspec.diagnostics.words import listing, show
from netspec.shapes import Shape, show_shape
from netspec.training.reopen import Opened

MAX_DEPTH = 32  # lists in lists, of a row


class Example(NamedTuple):
    """One example.

    Attributes:
        source: the file that it came from, as it was named.
        row: which of the examples of that file; None where it is the only one.
        x: by input.
        name: of what is made of it, relative to a folder.
        size: rows and columns of the picture that it was.
    """

    source: str
    row: int | None
    x: dict[str, Array]
    name: str = ""
    size: tuple[int, int] | None = None


Item = Example | DataError  # an example, or why there is none


def data_of(opened: Opened) -> Data | None:
    """What a network was trained on: a run's own, or what the spec of a model says."""
    if opened.plan is not None:
        return opened.plan.data
    data = opened.graph.data
    sources = None if opened.schema is None else {target.source for target in opened.schema.outputs.values()}
    if isinstance(data, Data) and (sources is None or data.source.spec_name in sources):
        return data
    return None


def shapes_of(opened: Opened) -> dict[str, Shape]:
    """The shape of each input."""
    graph = opened.graph
    return {graph.nodes[index].path: graph.nodes[index].shape or () for index in graph.inputs}


def fits(shape: Sequence[int], wanted: Shape) -> bool:
    """Whether an array has the shape of an input, whose unknown sizes are None."""
    return len(shape) == len(wanted) and all(w is None or w == s for s, w in zip(shape, wanted, strict=True))


# --- rows -------------------------------------------------------------------------------------------------------------


class Rows:
    """Reads rows as the data that the run was trained on: by the names of inputs and columns, scaled alike.

    A row is a map of inputs or columns, or bare values for a network of one input. Numbers are those of the data, before they
    were divided.
    """

    def __init__(self, opened: Opened) -> None:
        self.shapes = shapes_of(opened)
        self.features: Mapping[str, Feature] = {} if opened.schema is None else opened.schema.inputs
        data = data_of(opened)
        source = None if data is None else data.source
        self.form = Form(",", ".", "utf-8", None)
        if isinstance(source, Csv):
            self.form = Form(source.delimiter, source.decimal, source.encoding, source.header)

    @property
    def of_text(self) -> str | None:
        """The only input, where it reads texts."""
        return next(iter(self.shapes)) if len(self.shapes) == 1 and self._reads_texts(next(iter(self.shapes))) else None

    @property
    def delimiter(self) -> str:
        """What stands between the cells of a row."""
        given = self.form.delimiter
        return "\t" if given in ("\\t", "tab") else given

    @property
    def columns(self) -> tuple[str, ...] | None:
        """All columns that are read, where the network was trained on a table."""
        found = [self._columns(name) for name in self.shapes]
        if any(each is None for each in found):
            return None
        return tuple(dict.fromkeys(column for each in found for column in each or ()))

    def _columns(self, name: str) -> tuple[str, ...] | None:
        return self.features[name].columns if name in self.features else None

    def of_json(self, value: object, where: str) -> dict[str, Array]:
        """The inputs that a value of JSON stands for; `where` is what messages call it. Raises DataError."""
        if not isinstance(value, dict):
            if len(self.shapes) > 1:
                raise DataError(f"{where} is to be a map of the inputs {listing(list(self.shapes))}")
            return {name: self._array(value, name, where) for name in self.shapes}
        made = {}
        for name in self.shapes:
            columns = self._columns(name)
            if columns is not None and self._reads_texts(name) and name not in value and columns[0] in value:
                made[name] = self._array(value[columns[0]], name, f"{where}, {show(columns[0])}")
            elif name in value:
                made[name] = self._array(value[name], name, f"{where}, `{name}`")
            elif columns is None:
                raise DataError(f"{where} has no `{name}`; give {listing(list(self.shapes))}")
            else:
                lacking = [column for column in columns if column not in value]
                if lacking:
                    raise DataError(f"{where} has no {show(lacking[0])}; the run reads {listing(list(columns))}")
                numbers = [self._number(value[column], column, where) for column in columns]
                made[name] = self._scaled(np.array(numbers, np.float32), name)
        return made

    def _number(self, value: object, column: str, where: str) -> float:
        if isinstance(value, str):
            found = number(value, self.form.decimal)
            if found is not None:
                return found
        elif isinstance(value, int | float) and abs(value) <= LARGEST:
            return float(value)
        raise DataError(f"{where}, {show(column)} is {show(value)}, not a finite number")

    def _reads_texts(self, name: str) -> bool:
        return name in self.features and self.features[name].text is not None

    def text(self, text: str, name: str, where: str) -> Array:
        """The numbers of a text, by the vocabulary of the run."""
        form = self.features[name].text
        assert form is not None
        numbers: Array = vectorized([text], form, where)[0]
        return numbers

    def _array(self, value: object, name: str, where: str) -> Array:
        if self._reads_texts(name):
            if not isinstance(value, str):
                raise DataError(f"{where} is {show(value)}, and the network reads a text")
            return self.text(value, name, where)
        shape = self.shapes[name]
        if depth(value) != len(shape):
            raise DataError(f"{where} holds {show(value)}, and the network takes {show_shape(shape)}", "NS701")
        try:
            array = np.array(value)
        except (ValueError, OverflowError):  # lists of different lengths, numbers without end
            array = np.empty(0, object)
        if array.dtype.kind not in "biuf":
            raise DataError(f"{where} holds {show(value)}; give lists of numbers, all of one length")
        if not fits(array.shape, shape):
            raise DataError(
                f"{where} holds {show_shape(array.shape)}, and the network takes {show_shape(shape)}", "NS701"
            )
        if not np.abs(array, dtype=np.float64).max(initial=0.0) <= LARGEST:
            raise DataError(f"{where} holds a number that is not finite in single precision")
        return self._scaled(array, name)

    def _scaled(self, values: Array, name: str) -> Array:
        return scaled(values, self.features[name].divisor if name in self.features else 1)

    # --- tables ---

    def of_table(self, rows: Iterator[tuple[int, list[str]]], where: str) -> Iterator[dict[str, Array] | DataError]:
        """The inputs of each row of a table, or why there are none; `rows` come with their lines' numbers.

        Raises DataError where the table is none that the run can read.
        """
        columns = self.columns
        if columns is None:
            raise DataError(f"{where} is read by the columns or arrays of a run that was trained on a csv")
        first = next(rows, None)
        if first is None:
            raise DataError(f"{where} is empty; its first line names the columns, the others are the examples")
        line, cells = first
        names = tuple(str(at) if self.form.header is False else cell.strip() for at, cell in enumerate(cells, start=1))
        chosen_columns(columns, names, where)
        place = {name: at for at, name in enumerate(names)}
        if self.form.header is False:
            yield self._of_cells(cells, place, f"{where}, line {line}", len(names))
        for line, cells in rows:
            yield self._of_cells(cells, place, f"{where}, line {line}", len(names))

    def _of_cells(
        self, cells: Sequence[str], place: Mapping[str, int], where: str, width: int
    ) -> dict[str, Array] | DataError:
        if len(cells) != width:
            return DataError(
                f"{where} has {len(cells)} cell{'' if len(cells) == 1 else 's'}, and the first has {width}"
            )
        try:
            return self.of_json({name: cells[at].strip() for name, at in place.items()}, where)
        except DataError as error:
            return error


def depth(value: object) -> int:
    """How many lists stand in each other."""
    found = 0
    while isinstance(value, list) and found < MAX_DEPTH:
        found += 1
        value = value[0] if value else None
    return found


def parsed(text: str | bytes, where: str) -> object:
    """A value of JSON, which has no NaN and no infinity. Raises DataError."""
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        why = str(error)
        if isinstance(error, json.JSONDecodeError):
            why = error.msg[:1].lower() + error.msg[1:]
        elif isinstance(error, RecursionError):
            why = "it is nested too deeply"
        raise DataError(f"{where} is not JSON: {why}") from None


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is no number")
