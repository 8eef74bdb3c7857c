"""A Parquet file -> a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from netspec.data.bad_rows import BadRows
from netspec.data.dataset import LARGEST, Array, Floats, check_memory
from netspec.data.paths import locate, quoted, reading
from netspec.data.source import DataError
from netspec.data.table import Layout, Table, Values
from netspec.diagnostics.words import printable, show

if TYPE_CHECKING:
    from pyarrow import Array as Arrow  # stands for all that PyArrow reads: it ships no types

SEPARATOR = "\x1f"  # between the texts of a list
SPACE = 4  # memory for a byte of the values in the file


def read_parquet(root: Path, path: str, layout_of: Callable[[Sequence[str], str], Layout]) -> Table:
    """What is read of a file.

    Args:
        root: where its path starts.
        path: of the file.
        layout_of: which of its columns are what, and how messages call it.

    Raises:
        DataError: It is no table, or a column holds no numbers where these are wanted.
    """
    import pyarrow as pa
    from pyarrow import parquet

    name, place = quoted(path), locate(root, path)
    try:
        with reading(path), parquet.ParquetFile(place) as file:
            meta = file.metadata
            columns = tuple(file.schema_arrow.names)
            layout = layout_of(columns, name)
            check_memory(name, SPACE * sum(meta.row_group(each).total_byte_size for each in range(meta.num_row_groups)))
            table = file.read(columns=[column for column in columns if column in layout.all])
    except pa.ArrowException as error:
        why = printable(str(error).splitlines()[0])
        raise DataError(f"{name} is no Parquet file, or is damaged ({why})") from None
    if not table.num_rows:
        raise DataError(f"{name} has no rows; write one for each example")
    return _Reading(name, columns, layout, table).table()


class _Reading:
    """The columns of a file, one after the other; what is wrong with rows is gathered."""

    def __init__(self, name: str, columns: tuple[str, ...], layout: Layout, arrow: Arrow) -> None:
        self.name = name
        self.columns = columns
        self.arrow = arrow
        self.bad = BadRows(name, "row", layout.weight)
        lists = {column for names in layout.y.values() for column in names if self._is_list_of_texts(column)}
        self.layout = layout._replace(separator=SEPARATOR) if lists else layout

    def table(self) -> Table:
        """The table, without the rows that cannot be read."""
        layout = self.layout
        numbers = {
            key: np.concatenate([self._numbers(column) for column in names], axis=1) for key, names in layout.x.items()
        }
        labels = {column for names in layout.y.values() for column in names} | (
            {layout.weight} if layout.weight else set()
        )
        values: dict[str, Values] = {column: self._labels(column) for column in sorted(labels)}
        values |= {column: self._texts(column) for column in layout.texts.values()}
        rows = np.array([row for row in range(self.arrow.num_rows) if row not in self.bad.rows], np.int64)
        return Table(
            self.name,
            self.columns,
            layout,
            {key: each[rows] for key, each in numbers.items()},
            {key: _rows(each, rows) for key, each in values.items()},
            rows,
            "row",
            skipped=self.bad.skipped,
            refusal=self.bad.refusal,
        )

    # --- columns ---

    def _column(self, column: str) -> Arrow:
        """A column in one piece, what is said by numbers of a dictionary said outright."""
        import pyarrow as pa

        found = self.arrow.column(column).combine_chunks()
        if isinstance(found, pa.ChunkedArray):
            found = pa.concat_arrays(found.chunks)
        return found.dictionary_decode() if pa.types.is_dictionary(found.type) else found

    def _is_list_of_texts(self, column: str) -> bool:
        import pyarrow as pa

        kind = self.arrow.schema.field(column).type
        return bool(_is_list(kind)) and _is_text(pa, kind.value_type)

    def _numbers(self, column: str) -> Floats:
        """A column, or the columns that one of lists stands for, as numbers; those that are none are noted."""
        found = self._column(column)
        values = self._of_lists(column, found) if _is_list(found.type) else self._plain(column, found)[:, None]
        for row in np.flatnonzero(~(np.abs(values) <= LARGEST).all(axis=1)).tolist():
            self.bad.add_cell(row, column, found[row].as_py())
        return np.where(np.abs(values) <= LARGEST, values, 0).astype(np.float32)

    def _plain(self, column: str, found: Arrow) -> Array:
        """A column of numbers; not a number where there is none."""
        import pyarrow as pa

        kind = found.type
        if pa.types.is_decimal(kind):
            found = found.cast(pa.float64())
        elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)):
            raise DataError(
                f"column {show(column)} of {self.name} holds values of type {show(str(kind))}, and numbers are wanted; "
                f"leave it out with `ignore`, or save numbers"
            )
        if found.null_count or pa.types.is_boolean(kind):
            found = found.cast(pa.int8() if pa.types.is_boolean(kind) else kind)
        return np.asarray(found.to_numpy(zero_copy_only=False))

    def _of_lists(self, column: str, found: Arrow) -> Array:
        """A column of lists that are of one length."""
        import pyarrow.compute as pc

        lengths = np.array([0 if n is None else n for n in pc.list_value_length(found).to_pylist()])
        width = int(np.bincount(lengths).argmax())
        good = lengths == width
        for row in np.flatnonzero(~good).tolist():
            self.bad.add(row, f"{lengths[row]} numbers in column {show(column)}, and others {width}")
        values = np.zeros((len(found), width), np.float64)
        flat = self._plain(column, found.filter(good).flatten() if not good.all() else found.flatten())
        values[good] = flat.reshape(-1, width)
        return values

    def _labels(self, column: str) -> Values:
        """The labels of a column, by the type that the file says they are of."""
        import pyarrow as pa

        found = self._column(column)
        if self._is_list_of_texts(column):
            return [SEPARATOR.join(map(str, cell or ())) for cell in found.to_pylist()]
        if _is_text(pa, found.type):
            cells = [cell if cell is not None else "" for cell in found.to_pylist()]
            for row, cell in enumerate(cells) if column in self.layout.labels else ():
                if not cell.strip():
                    self.bad.add_missing(row, column)
            return cells if self.layout.separator is not None else np.array([cell.strip() for cell in cells], np.str_)
        if _is_list(found.type):
            return self._whole(self._of_lists(column, found))
        values = self._plain(column, found)
        for row in np.flatnonzero(np.isnan(values)).tolist() if values.dtype.kind == "f" else ():
            self.bad.add_missing(row, column)
        return self._whole(values) if found.null_count else values

    def _whole(self, values: Array) -> Array:
        """Whole numbers as such, which lists and gaps made floating-point ones."""
        known = np.where(np.isfinite(values), values, 0)
        return known.astype(np.int64) if not (known % 1).any() else values

    def _texts(self, column: str) -> list[str]:
        import pyarrow as pa

        found = self._column(column)
        if not _is_text(pa, found.type):
            raise DataError(
                f"column {show(column)} of {self.name} holds values of type {show(str(found.type))}, and texts are wanted"
            )
        cells = found.to_pylist()
        for row, cell in enumerate(cells):
            if cell is None:
                self.bad.add_missing(row, column, "text")
        return ["" if cell is None else cell for cell in cells]


def _is_list(kind: Arrow) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _is_text(pa: Arrow, kind: Arrow) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _rows(values: Values, rows: Array) -> Values:
    return [values[row] for row in rows.tolist()] if isinstance(values, list) else values[rows]
