"""A text by its lines, and what was done to them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from netspec.diagnostics.problems import Edit, Span

Done = Literal["mended", "emptied", "passed on", "taken back"]


class Hole(NamedTuple):
    """Lines of a text, from 0 and without the last, that a recovered text has otherwise.

    Attributes:
        start: The first of them.
        end: The one after the last.
        done: "mended": what is missing was added, or what is too much left out; "emptied": nothing stands there; "passed
            on": a node yields what it reads; "taken back": what was last known good stands there.
    """

    start: int
    end: int
    done: Done


_END = re.compile(r"(\r\n?|\n)")


def split(text: str) -> tuple[list[str], list[str]]:
    """The lines of a text without their ends, and their ends; the last has none."""
    parts = _END.split(text)
    return parts[::2], [*parts[1::2], ""]


def joined(lines: Iterable[str], ends: Iterable[str]) -> str:
    """The text of lines and their ends."""
    return "".join(part for pair in zip(lines, ends, strict=True) for part in pair)


def text_at(lines: list[str], span: Span) -> str:
    """What stands at a place; nothing where that is of several lines."""
    return lines[span.line - 1][span.column - 1 : span.end_column - 1] if span.line == span.end_line else ""


def edited(lines: list[str], edits: Iterable[Edit]) -> list[str]:
    """Lines with edits made, each of which stands on one of them; of those that overlap the last."""
    lines = list(lines)
    last: tuple[int, int] | None = None
    for span, text in sorted(edits, reverse=True):
        if last is None or (span.line, span.end_column) <= last:
            line = lines[span.line - 1]
            lines[span.line - 1] = line[: span.column - 1] + text + line[span.end_column - 1 :]
            last = span.line, span.column
    return lines


def is_empty(line: str) -> bool:
    """Does a line say nothing?"""
    content = line.lstrip()
    return not content or content.startswith("#")


def indent_of(line: str) -> int:
    """How many spaces a line begins with."""
    return len(line) - len(line.lstrip(" "))


def stretch(lines: list[str], first: int) -> int:
    """The line after the last that belongs to a line: those below that are indented deeper."""
    indent = indent_of(lines[first])
    end = first + 1
    for number in range(first + 1, len(lines)):
        if is_empty(lines[number]):
            continue
        if indent_of(lines[number]) <= indent:
            break
        end = number + 1
    return end


def previous(lines: list[str], number: int) -> int | None:
    """The nearest line above that says something."""
    return next((each for each in range(min(number, len(lines)) - 1, -1, -1) if not is_empty(lines[each])), None)


def holes_of(done: Mapping[int, Done]) -> tuple[Hole, ...]:
    """Lines and what was done to each, as holes."""
    found: list[Hole] = []
    for number in sorted(done):
        if found and found[-1].end == number and found[-1].done == done[number]:
            found[-1] = found[-1]._replace(end=number + 1)
        else:
            found.append(Hole(number, number + 1, done[number]))
    return tuple(found)


def by_line(holes: Iterable[Hole]) -> dict[int, Done]:
    """The lines of holes, and what was done to each."""
    return {number: hole.done for hole in holes for number in range(hole.start, hole.end)}
