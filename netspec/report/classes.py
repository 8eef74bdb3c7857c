"""How classes were told apart, for a terminal: a table of their figures, and the confusion matrix."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

from netspec.diagnostics.words import printable

FEW = 12  # classes of which all are shown where nobody says how many
WORST = 10  # of more
PAIRS = 8  # that are confused most often
CORNER = "actual \\ predicted"
NAME = 24  # columns of a name
Counts = Sequence[Sequence[float]]


class Row(Protocol):
    """The figures of a class."""

    @property
    def name(self) -> str: ...
    @property
    def precision(self) -> float: ...
    @property
    def recall(self) -> float: ...
    @property
    def f1(self) -> float: ...
    @property
    def iou(self) -> float: ...
    @property
    def support(self) -> float: ...


class Judgement(Protocol):
    """See `training.judging`."""

    @property
    def kind(self) -> str: ...
    @property
    def names(self) -> Sequence[str]: ...
    @property
    def rows(self) -> Sequence[Row]: ...
    @property
    def mean(self) -> Row: ...


def lines(judgement: Judgement, counts: Counts, *, every: bool, width: int) -> list[str]:
    """The table of the classes, and the confusion matrix where it fits.

    Args:
        judgement: what came of it.
        counts: its confusion matrix as lists; of labels, that are a yes or no each, it is not shown.
        every: whether all classes are wanted, and not only the worst of many.
        width: columns of the terminal.
    """
    found = _table(judgement, every=every)
    if judgement.kind == "labels":
        return found
    return [*found, "", *(_matrix(judgement.names, counts, width) or _pairs(judgement.names, counts))]


def _table(judgement: Judgement, *, every: bool) -> list[str]:
    rows = judgement.rows
    shown = list(rows)
    if not every and len(rows) > FEW:
        shown = sorted(rows, key=lambda row: (math.isnan(row.f1), row.f1))[:WORST]  # what does not occur comes last
    noun = "label" if judgement.kind == "labels" else "class"
    figures = ["precision", "recall", "f1"] + ["iou"] * (judgement.kind == "masks")
    cells = [[noun, *figures, "support"]]
    for row in (*shown, judgement.mean):
        values = [getattr(row, name) for name in figures]
        numbers = ["-" if math.isnan(value) else f"{value:.4f}" for value in values]
        cells.append([_short(row.name), *numbers, f"{row.support:,.0f}"])
    columns = list(zip(*cells, strict=True))
    widths = [max(map(len, column)) for column in columns]
    made = [
        f"{name:<{widths[0]}}   " + "   ".join(f"{cell:>{size}}" for cell, size in zip(rest, widths[1:], strict=True))
        for name, *rest in cells
    ]
    if len(shown) < len(rows):
        made.insert(len(made) - 1, f"… {len(rows) - len(shown):,} more with a higher f1, which --per-class all shows")
    return made


def _matrix(names: Sequence[str], counts: Counts, width: int) -> list[str]:
    """Rows are the actual classes, columns the predicted ones; empty where it does not fit."""
    if len(names) > FEW:
        return []
    heads = [_short(name) for name in names]
    cells = [[f"{count:,.0f}" if count else "." for count in row] for row in counts]
    sizes = [max(len(head), *(len(row[at]) for row in cells)) for at, head in enumerate(heads)]
    first = max(*map(len, heads), len(CORNER))
    if first + sum(size + 2 for size in sizes) > width:
        return []
    made = [f"{CORNER:<{first}}" + "".join(f"  {head:>{size}}" for head, size in zip(heads, sizes, strict=True))]
    for head, row in zip(heads, cells, strict=True):
        made.append(f"{head:<{first}}" + "".join(f"  {cell:>{size}}" for cell, size in zip(row, sizes, strict=True)))
    return made


def _pairs(names: Sequence[str], counts: Counts) -> list[str]:
    """The classes that are confused most often."""
    wrong = [
        (count, names[right], names[taken])
        for right, row in enumerate(counts)
        for taken, count in enumerate(row)
        if count and right != taken
    ]
    if not wrong:
        return ["no example was assigned to a wrong class"]
    wrong.sort(key=lambda pair: -pair[0])
    made = [f"{count:>6,.0f}  {_short(right)} predicted as {_short(taken)}" for count, right, taken in wrong[:PAIRS]]
    return [f"most frequent confusions, of {len(wrong):,}:" if len(wrong) > PAIRS else "confusions:", *made]


def _short(name: str) -> str:
    text = printable(name)
    return text if len(text) <= NAME else text[: NAME - 1] + "…"
