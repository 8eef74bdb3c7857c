"""What a kind of problem is."""

from __future__ import annotations

from typing import Literal, NamedTuple

Severity = Literal["error", "warning"]


class Code(NamedTuple):
    """A kind of problem. `example` is a spec that raises it and nothing else; empty where no spec can."""

    code: str
    severity: Severity
    title: str
    meaning: str
    how_to_fix: str
    example: str = ""
