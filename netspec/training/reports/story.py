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
