"""Rows of a table that cannot be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from netspec.data.faults import Skipped, named
from netspec.data.labels import number
from netspec.diagnostics.words import show


class _Fault(NamedTuple):
    row: int
    what: str
    alone: str  # the message where it is the only one
    is_cell: bool = False  # that holds no number


class BadRows:
    """The rows of a table that cannot be read: what is wrong with each, and how to say so."""

    def __init__(self, name: str, word: str, weight: str | None) -> None:
        """`word` is what messages call a row, and `weight` the column that says how much one counts."""
        self.name = name
        self.word = word
        self.weight = weight
        self.faults: list[_Fault] = []
        self.rows: set[int] = set()

    def _add(self, fault: _Fault) -> None:
        self.faults.append(fault)
        self.rows.add(fault.row)

    def add(self, row: int, what: str) -> None:
        """A row that has something which it should not have."""
        self._add(_Fault(row, what, f"{self.name}, {self.word} {row} has {what}"))

    def add_cell(self, row: int, column: str, cell: object) -> None:
        """A cell that holds no number where one is wanted."""
        what = f"column {show(column)} holds {show(cell)}"
        mend = f"write a number, or remove the {self.word} or the column"
        self._add(_Fault(row, what, f"{self.name}, {self.word} {row}, {what}, not a finite number; {mend}", True))

    def add_missing(self, row: int, column: str, noun: str = "label") -> None:
        """A label, a weight or a text that is missing."""
        what = f"no {'weight' if column == self.weight else noun} in column {show(column)}"
        self._add(_Fault(row, what, f"{self.name}, {self.word} {row} has {what}; write or remove it"))

    def look_for_slips(self, column: str, cells: Sequence[str], rows: Sequence[int], decimal: str) -> None:
        """Note the cells of a label that hold no number where the others are numbers with fractions."""
        values = [number(cell.strip(), decimal) for cell in cells]
        if None not in values or not any(value is not None and value % 1 for value in values):
            return
        for row, cell, value in zip(rows, cells, values, strict=True):
            if value is None and row not in self.rows:
                alone = (
                    f"column {show(column)} of {self.name} holds {show(cell)} in {self.word} {row}, and numbers elsewhere; "
                    f"write a number"
                )
                self._add(_Fault(row, f"column {show(column)} holds {show(cell)}, and numbers elsewhere", alone))

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """The rows, each with all that is wrong with it."""
        found: dict[int, list[str]] = {}
        for fault in sorted(self.faults):
            found.setdefault(fault.row, []).append(fault.what)
        return tuple(Skipped(f"{self.name}, {self.word} {row}", " and ".join(what)) for row, what in found.items())

    @property
    def refusal(self) -> str:
        """All that is wrong, as one message."""
        if len(self.faults) < 2:
            return self.faults[0].alone if self.faults else ""
        faults = sorted(self.faults)
        if all(fault.is_cell for fault in faults):
            words = named([f"{self.word} {fault.row}, {fault.what}" for fault in faults])
            return (
                f"{self.name} holds {len(faults):,} cells that are not finite numbers: {words}; "
                f"write numbers, or leave columns out with `ignore`"
            )
        words = named([f"{self.word} {fault.row}: {fault.what}" for fault in faults])
        return (
            f"{self.name} holds {len(self.rows):,} {self.word}{'s' * (len(self.rows) > 1)} that cannot be read: {words}; "
            f"mend or remove them, or leave them out with `on_error: skip`"
        )
