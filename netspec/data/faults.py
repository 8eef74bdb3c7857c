"""Examples that cannot be read: told all together, or left out and listed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

MAX_NAMED = 9  # that one message names


class Skipped(NamedTuple):
    """An example that was left out."""

    where: str
    why: str

    def __str__(self) -> str:
        return f"{self.where}: {self.why}"


def left_out(skipped: Sequence[Skipped]) -> tuple[str, ...]:
    """The note that examples were left out; none where none were."""
    if not skipped:
        return ()
    count = f"{len(skipped):,} example{'s' * (len(skipped) > 1)}"
    return (f"left out {count} that cannot be read: {named([str(each) for each in skipped])}",)


def named(words: Sequence[str]) -> str:
    """Some of them, and how many more there are."""
    return "; ".join(words[:MAX_NAMED]) + (f"; {len(words) - MAX_NAMED:,} more" if len(words) > MAX_NAMED else "")
