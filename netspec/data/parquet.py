"""`parquet`: a table in a Parquet file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from netspec.data.source import DECLARED, require
from netspec.data.tabular import Choosing, Tabular
from netspec.options import declare

if TYPE_CHECKING:
    from netspec.data.table import Table


@declare("parquet", principal="path", table=DECLARED)
class Parquet(Tabular):
    """A Parquet file, whose columns are labels or features as those of `csv` are.

    A column may hold lists of numbers, all of one length. A list of texts in a label's column is several labels.
    """

    def read(self, root: Path, path: str, layout_of: Choosing, *, labelled: bool) -> Table:
        require("pyarrow", "pyarrow", "`parquet`")
        from netspec.data.parquet_file import read_parquet

        return read_parquet(root, path, layout_of)
