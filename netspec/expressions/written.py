"""Texts that know where they were written, which need not be where they are read."""

from __future__ import annotations

from netspec.diagnostics.problems import Span


class Written(str):
    """A text that a param holds: as the name of a node it is looked up where it was written.

    Attributes:
        depth: How many bodies are around that place; 0 in the network's own.
        span: The place; None where it is none of the spec.
    """

    __slots__ = ("depth", "span")

    depth: int
    span: Span | None

    @classmethod
    def at(cls, text: str, depth: int, span: Span | None) -> Written:
        """A text that was written there."""
        made = cls(text)
        made.depth, made.span = depth, span
        return made

    def followed(self, rest: str) -> str:
        """A text that begins with this one: as a path below it, it still begins where this was written."""
        return Written.at(self + rest, self.depth, self.span) if not rest or rest[0] == "." else self + rest
