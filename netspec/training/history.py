"""The rows of a run's history as columns of a state: what a run decides by is as safe as its weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from netspec.files import Unreadable
from netspec.training.progress import Progress
from netspec.training.runs import Row, RunFolder, plain
from netspec.training.state import Saved, Variables

SECTION = "history"


def columns(rows: Sequence[Row]) -> Variables:
    """A column a figure."""
    return [(name, np.array([row[name] for row in rows])) for name in rows[0]] if rows else []


def rows_of(saved: Saved) -> list[Row] | None:
    """The rows again; None of a state of an earlier netspec, which kept none."""
    if SECTION not in saved.sections:
        return [] if saved.position[0] == 0 else None
    names, values = saved.names[SECTION], [column.tolist() for column in saved.sections[SECTION]]
    return [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]


def alike(some: Sequence[Row], others: Sequence[Row]) -> bool:
    """Whether two histories are the same, to the bit."""

    def words(rows: Sequence[Row]) -> list[dict[str, str]]:
        return [{name: plain(value) for name, value in row.items()} for row in rows]

    return words(some) == words(others)


def recovered(folder: RunFolder, saved: Saved, progress: Progress) -> list[Row]:
    """The rows of the epochs that are done: the state's, by which history.csv is written anew where it says others."""
    rows, done = rows_of(saved), saved.position[0]
    if rows is None:
        return folder.read_history()[:done]
    try:
        written = folder.read_history()
        why = "" if alike(written[:done], rows) else "it is damaged (its figures are others than the state's)"
    except Unreadable as error:
        why = error.why
    if why and folder.writes:
        progress.warn(f"{folder.history}: {why}; it is written again from {saved.path.name}")
        folder.write_history(rows)
    return rows
