"""Where things of a recovered line stand in the line that is written: what begins and what ends both alike is in both."""

from __future__ import annotations

from typing import NamedTuple


class Shift(NamedTuple):
    """How a line became another.

    Attributes:
        head: How many characters at the beginning are the same.
        tail: How many at the end are.
        before: How many the line had.
        after: How many the other has.
    """

    head: int
    tail: int
    before: int
    after: int

    def moved(self, start: int, end: int) -> tuple[int, int] | None:
        """Where the characters from `start` to before `end` stand in the other line; None where it does not have them."""
        if end <= self.head:
            return start, end
        if start < self.before - self.tail:
            return None
        return start + self.after - self.before, end + self.after - self.before

    @property
    def back(self) -> Shift:
        """From the other line to this one."""
        return Shift(self.head, self.tail, self.after, self.before)


def shift(line: str, other: str) -> Shift:
    """How a line became another; a word of which only a part is the same is not."""
    head = _alike(line, other)
    tail = min(_alike(line[::-1], other[::-1]), len(line) - head, len(other) - head)
    while head and _is_inside(line, head, other, head):
        head -= 1
    while tail and _is_inside(line, len(line) - tail, other, len(other) - tail):
        tail -= 1
    return Shift(head, tail, len(line), len(other))


def _alike(line: str, other: str) -> int:
    """How many characters two lines begin with alike."""
    pairs = enumerate(zip(line, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(line), len(other)))


def _is_inside(line: str, at: int, other: str, there: int) -> bool:
    """Does a place of one of two lines stand inside a word?"""
    return any(_is_word(text[i - 1 : i]) and _is_word(text[i : i + 1]) for text, i in ((line, at), (other, there)))


def _is_word(text: str) -> bool:
    return text.isalnum() or text == "_"
