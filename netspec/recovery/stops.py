"""Where YAML's parser stops, and what would bring it further."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import yaml

from netspec.diagnostics.words import suggest
from netspec.recovery.lines import Done, indent_of, is_empty, previous, stretch
from netspec.spec.keys import TOP_KEYS

if TYPE_CHECKING:
    from netspec.syntax.events import Parser


class Stop(NamedTuple):
    """Where the parser stopped.

    Attributes:
        line: The line, from 0.
        began: The line on which what it was reading began, where that is one thing: a text in quotes, brackets, a key.
    """

    line: int
    began: int | None

    @property
    def first(self) -> int:
        """The first line that may be at fault."""
        return self.line if self.began is None else min(self.line, self.began)


class Change(NamedTuple):
    """Other lines in the place of some, as many as there were, and what that does."""

    start: int
    lines: tuple[str, ...]
    done: Done

    def applied(self, lines: list[str]) -> list[str]:
        """The lines of a text with the change made."""
        return [*lines[: self.start], *self.lines, *lines[self.start + len(self.lines) :]]


_ONE_THING = ("flow", "quoted", "simple key", "anchor", "alias", "tag", "block scalar")


def stop_of(lines: list[str]) -> Stop | None:
    """Where the parser stops; None where it reads to the end of the first document, which is that of the text."""
    parser: Parser = getattr(yaml, "CSafeLoader", yaml.SafeLoader)("\n".join(lines))
    documents = 0
    try:
        while True:
            event = parser.get_event()
            kind: object = type(event)
            if kind is yaml.StreamEndEvent:
                return None
            if kind is yaml.DocumentStartEvent:
                documents += 1
                if documents > 1:
                    return Stop(event.start_mark.line, None)
            elif getattr(event, "tag", None) is not None:  # read as one, and refused later
                return Stop(event.start_mark.line, None)
    except yaml.YAMLError as error:
        place, began = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
        context = str(getattr(error, "context", None) or "")
        if place is None:
            place = began
        if began is not None and not any(words in context for words in _ONE_THING):
            began = None
        last = len(lines) - 1  # a mark may stand behind the text
        return Stop(0 if place is None else min(place.line, last), None if began is None else min(began.line, last))
    finally:
        parser.dispose()


def mends(lines: list[str], stop: Stop) -> Iterator[Change]:
    """What would leave something of the lines at fault, the likeliest first."""
    for number in _suspects(lines, stop):
        yield from _tabs(lines, number)
        yield from _closed(lines, number)
        yield from top_key(lines, number)
        yield from _coloned(lines, number)
        yield from _indented(lines, number)
        yield from _dashed(lines, number)


def emptied(lines: list[str], stop: Stop) -> Iterator[Change]:
    """What would bring the parser further by leaving lines out, the fewest first."""
    suspects = list(_suspects(lines, stop))
    for number in suspects:
        yield Change(number, ("",), "emptied")
    for number in suspects:
        end = stretch(lines, number)
        if end > number + 1:
            yield Change(number, ("",) * (end - number), "emptied")
    for number in suspects:
        item = _item_around(lines, number)
        if item is not None:
            yield Change(item, ("",) * (stretch(lines, item) - item), "emptied")


def _suspects(lines: list[str], stop: Stop) -> Iterator[int]:
    """The lines that may be at fault, the likeliest first."""
    seen = set()
    before = previous(lines, stop.line)
    for number in (stop.began, stop.line, before, None if stop.began is None else previous(lines, stop.began)):
        if number is not None and number not in seen and not is_empty(lines[number]):
            seen.add(number)
            yield number


def _item_around(lines: list[str], number: int) -> int | None:
    """The line with the dash of the item that a line belongs to."""
    indent = indent_of(lines[number])
    for each in range(number - 1, -1, -1):
        if is_empty(lines[each]) or indent_of(lines[each]) >= indent:
            continue
        if lines[each].lstrip().startswith("- "):
            return each
        indent = indent_of(lines[each])
    return None


_LEADING = re.compile(r"[ \t]+")


def _tabs(lines: list[str], number: int) -> Iterator[Change]:
    leading = _LEADING.match(lines[number])
    if leading is not None and "\t" in leading[0]:
        rest = lines[number][leading.end() :]
        yield Change(number, (leading[0].replace("\t", "  ") + rest,), "mended")
        above = previous(lines, number)
        if above is not None:
            yield Change(number, (" " * indent_of(lines[above]) + rest,), "mended")


_WORD = re.compile(r"(\s*)((?:- +)*)([\w$.]+|\"[^\"]*\")\s*\Z")


def _coloned(lines: list[str], number: int) -> Iterator[Change]:
    """A key without its colon, where what would be its value stands below or what would be its siblings around."""
    match = _WORD.match(lines[number])
    if match is not None:
        yield Change(number, (lines[number].rstrip() + ":",), "mended")


_TOP = re.compile(r"([A-Za-z]+)\s*:?\s*(.*)\Z")


def top_key(lines: list[str], number: int) -> Iterator[Change]:
    """A key of the top that is half written."""
    match = _TOP.match(lines[number])
    if match is None:
        return
    word, value = match.groups()
    there = {each.partition(":")[0] for each in lines if each[:1].isalpha() and ":" in each}
    free = [key for key in TOP_KEYS if key not in there]
    meant = suggest(word, free)
    begun = [key for key in free if key.startswith(word)]
    key = word if word in free else begun[0] if len(begun) == 1 else meant.meant if meant is not None else None
    if key is not None:
        yield Change(number, (f"{key}: {value}".rstrip(),), "mended")


def _indented(lines: list[str], number: int) -> Iterator[Change]:
    """A line in one of the columns of those above it, the nearest first; what belongs to it moves along."""
    own = indent_of(lines[number])
    dashed = lines[number].lstrip().startswith("- ")
    columns: list[int] = []
    for each in range(number - 1, -1, -1):
        line = lines[each]
        if is_empty(line) or (columns and indent_of(line) >= min(columns)):
            continue
        if line.lstrip().startswith("- ") == dashed:
            columns.append(indent_of(line))
        elif not dashed and line.lstrip().startswith("- "):
            columns.append(indent_of(line) + 2)
        if not indent_of(line):
            break
    end = stretch(lines, number)
    for column in sorted({*columns} - {own}, key=lambda each: abs(each - own))[:2]:
        moved = [" " * max(0, indent_of(each) + column - own) + each.lstrip(" ") for each in lines[number:end]]
        yield Change(number, tuple(moved), "mended")


def _dashed(lines: list[str], number: int) -> Iterator[Change]:
    """A node without its dash, between others."""
    above = previous(lines, number)
    if above is None or lines[number].lstrip().startswith("-"):
        return
    indent = indent_of(lines[number])
    item = above if lines[above].lstrip().startswith("- ") else _item_around(lines, above)
    if item is not None and indent_of(lines[item]) == indent:
        yield Change(number, (" " * indent + "- " + lines[number].lstrip(),), "mended")


# --- brackets and quotes ---


class _Open(NamedTuple):
    """A bracket that is open, and where its last entry begins."""

    bracket: str
    entry: int


_CLOSING = {"{": "}", "[": "]"}


def _closed(lines: list[str], number: int) -> Iterator[Change]:
    """The brackets and quotes that a line leaves open, closed where what belongs to them ends; a half entry is left out."""
    ends = {stretch(lines, number), number + 1}
    for end in sorted(ends, reverse=True):
        last = end - 1
        while last > number and is_empty(lines[last]):
            last -= 1
        closed = _close("\n".join(lines[number : last + 1]))
        if closed is None:
            continue
        written = closed.split("\n")
        written += [""] * (end - number - len(written))
        yield Change(number, tuple(written), "mended")


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
