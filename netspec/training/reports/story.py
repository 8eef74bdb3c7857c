"""What a report tells of: a run's record, its history, and what the network makes of the test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from netspec.data.dataset import Split
from netspec.data.schema import Schema
from netspec.training.log import Line
from netspec.training.plan import Plan
from netspec.training.reports.collecting import Found, Predictor
from netspec.training.runs import Record, Row


class Examined(NamedTuple):
    """A test, and what was found on it."""

    split: Split
    predictor: Predictor
    findings: Mapping[str, Found]  # by output
    schema: Schema
    weights: str  # which were tested: best or last


class Story(NamedTuple):
    """Everything that sections are made of."""

    folder: str
    record: Record
    plan: Plan
    rows: Sequence[Row]
    lines: Sequence[Line]
    resolved: str
    tested: Examined | None  # None where there are no weights yet, or the data cannot be had
    notes: tuple[str, ...] = ()


def figure(value: float | None) -> str:
    """A number for people."""
    if value is None:
        return "not finite"
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:.4f}" if 1e-3 <= abs(value) < 1e4 else f"{value:.3g}"


def percent(share: float) -> str:
    """A share for people."""
    return f"{100 * share:.1f} %"


def duration(seconds: float) -> str:
    """A time for people: `1 h 02 min`, `3 min 20 s`, `4.2 s`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"
