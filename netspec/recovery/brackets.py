"""Brackets and quotes that a line leaves open, or closes too often."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from netspec.recovery.lines import is_empty, stretch


class _Open(NamedTuple):
    """A bracket that is open, and where its last entry begins."""

    bracket: str
    entry: int


_CLOSING = {"{": "}", "[": "]"}


def closed(lines: list[str], number: int) -> Iterator[tuple[str, ...]]:
    """The brackets and quotes that a line leaves open, closed where what belongs to them ends; a half entry is left out."""
    ends = {stretch(lines, number), number + 1}
    for end in sorted(ends, reverse=True):
        last = end - 1
        while last > number and is_empty(lines[last]):
            last -= 1
        whole = _close("\n".join(lines[number : last + 1]))
        if whole is None:
            continue
        written = whole.split("\n")
        written += [""] * (end - number - len(written))
        yield tuple(written)


def _close(text: str) -> str | None:
    """A text with its brackets and quotes closed; None where none is open."""
    stack: list[_Open] = []
    quote = ""
    fresh = True  # may a quote or a bracket begin a value here?
    at = 0
    while at < len(text):
        character = text[at]
        if quote:
            if character == "\\" and quote == '"':
                at += 1
            elif character == quote:
                quote = ""
        elif character in "\"'" and fresh:
            quote, fresh = character, False
        elif character in "{[" and (fresh or stack):
            stack.append(_Open(character, at + 1))
            fresh = True
        elif character in "}]" and stack:
            if _CLOSING[stack[-1].bracket] != character:
                break
            stack.pop()
            fresh = False
        elif character == "," and stack:
            stack[-1] = stack[-1]._replace(entry=at + 1)
            fresh = True
        elif character == "#" and at and text[at - 1] in " \n":
            following = text.find("\n", at)
            if following < 0:
                text = text[:at]
                break
            at = following
        elif character in ":-?" and text[at + 1 : at + 2] in (" ", "\n", ""):
            fresh = True
        elif not character.isspace():
            fresh = False
        at += 1
    if not stack and not quote:
        return None
    text = text[:at].rstrip() if not quote else text[:at] + quote
    while stack:
        open_ = stack.pop()
        entry = text[open_.entry :].strip()
        if not entry or (open_.bracket == "{" and not _is_whole(entry)):
            text = text[: open_.entry].rstrip().removesuffix(",")
        text += _CLOSING[open_.bracket]
    return text


_ENTRY = re.compile(r"[^:]+:\s+\S", re.DOTALL)


def _is_whole(entry: str) -> bool:
    """Has an entry of a map its value?"""
    return _ENTRY.match(entry) is not None


_VALUE = re.compile(r"\A(\s*(?:- +)*[\w]+:?)\s*")


def opened(line: str) -> Iterator[tuple[str, ...]]:
    """The line with the bracket before its value that it closes and does not open."""
    for opening, closing in _CLOSING.items():
        if line.count(closing) > line.count(opening):
            match = _VALUE.match(line)
            if match is not None:
                key = match[1] if match[1].endswith(":") else f"{match[1]}:"
                yield (f"{key} {opening}{line[match.end() :]}",)
