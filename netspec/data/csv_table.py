"""`csv`: a table with a header line; columns are labels or features."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from netspec.data.source import DECLARED
from netspec.data.tabular import Choosing, Tabular
from netspec.options import Boolean, Choice, Nullable, Text, declare, option

if TYPE_CHECKING:
    from netspec.data.table import Table


@declare("csv", principal="path", table=DECLARED)
class Csv(Tabular):
    """A table with a header line: one column is the label, or several are; the others are the features.

    Labels that are texts are classes, and so are whole numbers, unless a single linear output learns them; other numbers are to be
    predicted. Several columns of 0 and 1 are labels of their own.
    """

    delimiter: str = option(Text(), "What stands between cells: a comma, `;` or a tab.", ",")
    decimal: str = option(Choice((".", ",")), "Decimal mark.", ".")
    encoding: str = option(Text(), "Encoding of the file.", "utf-8")
    header: bool | None = option(
        Nullable(Boolean()),
        "Whether the first line names the columns; without one they are called 1, 2, …; null: found out.",
        None,
    )

    def read(self, root: Path, path: str, layout_of: Choosing, *, labelled: bool) -> Table:
        from netspec.data.csv_file import Form, read_csv

        form = Form(self.delimiter, self.decimal, self.encoding, self.header)
        return read_csv(form, root, path, layout_of, labelled=labelled)
