"""What a kind of problem is."""

from __future__ import annotations

from enum import IntEnum
from typing import Literal, NamedTuple

Severity = Literal["error", "warning"]


class Stage(IntEnum):
    """At which stage of a spec's way a problem is found: the hundred of its code."""

    READING = 1
    STRUCTURE = 2
    WIRING = 3
    SHAPES = 4
    EXPRESSIONS = 5
    LIMITS = 6
    TRAINING = 7
    ADVICE = 8


class Code(NamedTuple):
    """A kind of problem. `example` is a spec that raises it and nothing else; empty where no spec can."""

    code: str
    severity: Severity
    title: str
    meaning: str
    how_to_fix: str
    example: str = ""

    @property
    def stage(self) -> Stage:
        return Stage(int(self.code[2]))
