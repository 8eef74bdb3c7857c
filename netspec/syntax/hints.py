"""Hints at common mistakes, where YAML's parser stops.

What the parser says of some common mistakes misleads, or points elsewhere. A look at the lines where it stopped guesses what
was meant; the parser is the referee: the guess is told only if with it the parser gets beyond where it stopped.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import yaml

from netspec.diagnostics.problems import Candidate, Edit, Span
from netspec.diagnostics.words import printable
from netspec.expressions import ExpressionError, parse
from netspec.syntax.tree import lines_of

if TYPE_CHECKING:
    from netspec.syntax.events import Parser

LONGEST_TEXT = 2**18  # characters; each guess is another reading
LINES_BEFORE = 200  # that are looked at above the one where the parser stopped
LINES_AFTER = 20  # that a guess must not make worse
LONGEST_LINE = 2_000  # characters of a line in which an expression is looked for


class _Change(NamedTuple):
    """What a mistake should have been: at a place, counted from 1, some characters less and some more."""

    line: int
    column: int
    less: int
    more: str


class Hint(NamedTuple):
    """A guess at what is wrong."""

    span: Span
    words: str
    changes: tuple[_Change, ...]
    title: str  # of the fix that makes the changes

    def candidate(self) -> Candidate:
        """The changes as a fix."""
        edits = (Edit(Span(line, at, line, at + less), more) for line, at, less, more in self.changes)
        return Candidate(tuple(edits), self.title)


def hint_at(text: str, stopped: Span) -> Hint | None:
    """What made the parser stop, if it is one of the mistakes that are known."""
    if len(text) > LONGEST_TEXT:
        return None
    lines = lines_of(text)
    for look in _LOOKS:
        hint = look(lines, stopped)
        if hint is not None and _gets_further(lines, hint.changes, stopped):
            return hint
    return None


def _gets_further(lines: list[str], changes: tuple[_Change, ...], stopped: Span) -> bool:
    """Does the parser, with the changes made, get beyond the place where it stopped?"""
    changed = list(lines)
    column = stopped.column
    for line, at, less, more in changes:
        before = changed[line - 1]
        changed[line - 1] = before[: at - 1] + more + before[at - 1 + less :]
        column += (len(more) - less) * (line == stopped.line and at <= stopped.column)
    place = stopped.line - 1, column - 1
    opened: list[int | None] = []  # the lines of the brackets that are open, None for lists and maps without
    parser: Parser = getattr(yaml, "CSafeLoader", yaml.SafeLoader)("\n".join(changed))
    try:
        event = parser.get_event()
        while event.start_mark.line <= place[0] + LINES_AFTER:
            kind: object = type(event)
            if kind is yaml.StreamEndEvent:
                break
            if kind in (yaml.SequenceStartEvent, yaml.MappingStartEvent):
                opened.append(event.start_mark.line if event.flow_style else None)
            elif kind in (yaml.SequenceEndEvent, yaml.MappingEndEvent):
                opened.pop()
            event = parser.get_event()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        # A bracket on a changed line that nothing closes is noticed below it; then it is what is wrong.
        return (
            mark is not None
            and (mark.line, mark.column) > place
            and not any(change.line - 1 in opened and change.line - 1 < mark.line for change in changes)
        )
    finally:
        parser.dispose()
    return True


_INDENTED = re.compile(r"( *)[^\s#]")


def _first_lines(lines: list[str], stopped: Span) -> Hint | None:
    """The spec's first lines indented, those that follow not."""
    texts = [
        (n, len(match[1])) for n, line in enumerate(lines[: stopped.line - 1], 1) if (match := _INDENTED.match(line))
    ]
    spaces = min((indent for _, indent in texts), default=0) - stopped.column + 1
    if spaces < 1:
        return None
    first, last = texts[0][0], texts[-1][0]
    those = "this line is" if last == first else f"the lines from this to line {last} are"
    what, them = ("a space", "it") if spaces == 1 else (f"{spaces} spaces", "them")
    words = f"{those} indented by {what} that the following lines do not have; remove {them}"
    changes = tuple(_Change(n, 1, spaces, "") for n, _ in texts)
    return Hint(Span(first, 1, first, 1 + spaces), words, changes, f"remove {what}")


_DASHED = re.compile(r"( *)-[\w{\[]")


def _dash(lines: list[str], stopped: Span) -> Hint | None:
    """`-conv: …` in a list. All such lines of the list are mended: mending one, the parser might stop at the next."""
    found: list[int] = []
    indent: int | None = None
    for number in range(min(stopped.line, len(lines)), max(stopped.line - LINES_BEFORE, 0), -1):
        line = lines[number - 1]
        match, text = _DASHED.match(line), _INDENTED.match(line)
        if indent is not None and text is not None and len(text[1]) < indent:
            break
        if match is not None and indent in (None, len(match[1])):
            indent = len(match[1])
            found.insert(0, number)
    if indent is None:
        return None
    span = Span(found[0], indent + 1, found[0], indent + 2)
    changes = tuple(_Change(n, indent + 2, 0, " ") for n in found)
    return Hint(span, "a space is missing after this `-`", changes, "a space after `-`")


_KEY = re.compile(r"\s*(?:-\s+)*([\w.]+|\"[^\"]*\"|'[^']*')(:?)(\s*)[{\[]")


def _colon(lines: list[str], stopped: Span) -> Hint | None:
    """`conv {…}`, `conv{…}` and `conv:{…}`: without the colon this is a text, and its end comes as a surprise."""
    for number in range(min(stopped.line, len(lines)), max(stopped.line - LINES_BEFORE, 0), -1):
        match = _KEY.match(lines[number - 1])
        if match is None or (match[2] and match[3]):
            continue
        column = match.end(2) + 1
        words = "a space is missing here, after the `:`" if match[2] else f"a `:` is missing here, after `{match[1]}`"
        more = " " if match[2] else ":" if match[3] else ": "
        title = f"a space after `{match[1]}:`" if match[2] else f"`:` after `{match[1]}`"
        change = _Change(number, column, 0, more)
        return Hint(Span(number, column, number, column + 1), printable(words), (change,), printable(title))
    return None


# A value that could be an expression: without quotes and commas, its brackets closed, perhaps with a `? :`.
_BRACKETS = r"\[(?:[^\[\]{}\"'#]|\[[^\[\]{}\"'#]*\])*\]"
_PART = rf"(?:\$\{{\w+\}}|[^,{{}}\[\]\"'#:?]|{_BRACKETS})+"
_VALUE = re.compile(rf"(?:(?<=[\[{{,])|(?<=:)(?=\s))\s*(?![\s\[])({_PART}(?:\?{_PART}:{_PART})?)")
_BRACED = re.compile(r"\$\{(\w+)\}")
_CHOICE = re.compile(r"([^?]+)\?([^:]+):(.+)")


def _expression(lines: list[str], stopped: Span) -> Hint | None:
    """An expression in which YAML sees the brackets of a list or a map, or the colon of a key."""
    line = lines[stopped.line - 1] if stopped.line <= len(lines) else ""
    if "$" not in line or len(line) > LONGEST_LINE:
        return None
    for match in _VALUE.finditer(line):
        written = match[1].rstrip()
        if match.start(1) < stopped.column <= match.end(1) and "$" in written:
            return _expression_hint(written, Span(stopped.line, match.start(1) + 1, stopped.line, match.end(1) + 1))
    return None


def _expression_hint(written: str, span: Span) -> Hint | None:
    meant = _BRACED.sub(r"$\1", written)
    choice = _CHOICE.fullmatch(meant)
    if choice is not None:
        condition, yes, no = (part.strip() for part in choice.groups())
        meant = f"{yes} if {condition} else {no}"
    try:
        parse(meant)
    except ExpressionError:
        return None
    shown = f'"{meant}"' if set(meant) & set("[]{}:?") else meant
    if choice is not None:
        why = "an expression chooses by `if` and `else`, not by `?` and `:`"
    elif meant != written:
        why = "a name in an expression stands without braces"
    else:
        why = "an expression with brackets needs quotes inside `{…}` or `[…]`"
    span = span._replace(end_column=span.column + len(written))
    change = _Change(span.line, span.column, len(written), shown)
    return Hint(span, printable(f"{why}; write `{shown}`"), (change,), printable(shown))


_LEADING = re.compile(r"([ \t]*)(-[ \t]+)?(?=[^\s#])")
_OPENS = re.compile(r":\s*(#.*)?\Z")  # what a key stands for is below it
_TAB = "  "  # what the examples have for each level
TAB = "YAML is indented with spaces, not with tabs"


class _Above:
    """A line that may hold others below it.

    Args:
        width: Its indent as it is written, in spaces.
        column: Its indent as it should be.
        dash: Its dash with the space behind it, empty where it has none.
        opens: Does it end with the colon of a key?
    """

    def __init__(self, width: int, column: int, dash: str, opens: bool) -> None:
        self.width = width
        self.column = column
        self.dash = dash
        self.opens = opens
        self.held: tuple[str, int] | None = None  # the indent of the first line that it holds, and that as it should be

    def holds(self, indent: str, width: int, dash: str) -> bool:
        """Does a line further down stand below it, and not beside it?

        Beside a key only an item belongs to it. What is beside an item belongs to it too, as a node has one key.
        """
        if width != self.width:
            return width > self.width
        alike = self.held is None or self.held[0] == indent or "\t" not in self.held[0]
        return self.opens and bool(dash) != bool(self.dash) and alike

    def column_of(self, width: int, dash: str) -> int:
        """The column of a line that it holds."""
        if self.held is not None:
            return self.held[1]
        least = self.column + len(self.dash) + (0 if dash else len(_TAB)) if self.opens else 0
        return max(self.column + width - self.width, least)


def _tabs(lines: list[str], stopped: Span) -> Hint | None:
    """Lines that are indented with tabs: two spaces for each is what the examples have, if that is enough."""
    above: list[_Above] = []
    changes: list[_Change] = []
    for number, line in enumerate(lines, 1):
        match = _LEADING.match(line)
        if match is None:
            continue
        indent, dash = match[1], match[2] or ""
        width = column = len(indent.replace("\t", _TAB))
        while above and not above[-1].holds(indent, width, dash):
            above.pop()
        if "\t" in indent:
            column = above[-1].column_of(width, dash) if above else width
            changes.append(_Change(number, 1, len(indent), " " * column))
        if above and above[-1].held is None:
            above[-1].held = indent, column
        above.append(_Above(width, column, dash, _OPENS.search(line) is not None))
    if not changes or changes[0].line > stopped.line:
        return None
    first = changes[0]
    plain = all(lines[each.line - 1][: each.less].replace("\t", _TAB) == each.more for each in changes)
    title = "two spaces for each tab" if plain else "spaces in the place of tabs"
    return Hint(Span(first.line, 1, first.line, 1 + first.less), TAB, tuple(changes), title)


_ITEM = re.compile(r"( *)- ")


def _items_above(lines: list[str], number: int) -> list[int]:
    """The columns in which the items of the lists around a line stand, the nearest first."""
    found: list[int] = []
    for line in reversed(lines[max(0, number - 1 - LINES_BEFORE) : number - 1]):
        match, text = _ITEM.match(line), _INDENTED.match(line)
        if match is not None and all(len(match[1]) < column for column in found):
            found.append(len(match[1]))
        elif text is not None and not text[1]:
            break  # a key of the top
    return found


def _dash_missing(lines: list[str], stopped: Span) -> Hint | None:
    """A line between the items of a list that has no dash."""
    for number in range(min(stopped.line, len(lines)), max(stopped.line - 2, 0), -1):
        text = _INDENTED.match(lines[number - 1])
        if text is None or _ITEM.match(lines[number - 1]) or len(text[1]) not in _items_above(lines, number)[:1]:
            continue
        column = len(text[1]) + 1
        span = Span(number, column, number, column + 1)
        change = _Change(number, column, 0, "- ")
        return Hint(span, "this line stands in a list and does not start with `- `", (change,), "`- ` before it")
    return None


def _item(lines: list[str], stopped: Span) -> Hint | None:
    """An item that is not indented as those before it are, and what belongs to it."""
    match = _ITEM.match(lines[stopped.line - 1]) if stopped.line <= len(lines) else None
    columns = _items_above(lines, stopped.line)
    if match is None or not columns or len(match[1]) in columns:
        return None
    here = len(match[1])
    there = min(columns, key=lambda column: abs(column - here))
    changes = []
    for number in range(stopped.line, len(lines) + 1):
        text = _INDENTED.match(lines[number - 1])
        if text is None:
            continue
        if len(text[1]) < here or (len(text[1]) == there and number > stopped.line):
            break
        less, more = (here - there, "") if here > there else (0, " " * (there - here))
        changes.append(_Change(number, 1, less, more))
    words = f"this item is indented by {here}, and those before it by {there}"
    span = Span(stopped.line, here + 1, stopped.line, here + 2)
    return Hint(span, words, tuple(changes), f"indent it by {there}")


_NEXT_ENTRY = re.compile(r"[\w\"'\])}](\s+)([A-Za-z_]\w*)\s*$")


def _comma(lines: list[str], stopped: Span) -> Hint | None:
    """`{filters: 8 kernel_size: 3}`: the parser stops at the colon of what it takes for one value."""
    line = lines[stopped.line - 1] if stopped.line <= len(lines) else ""
    match = _NEXT_ENTRY.search(line[: stopped.column - 1]) if len(line) <= LONGEST_LINE else None
    if match is None or line[stopped.column - 1 : stopped.column] != ":":
        return None
    column = match.start(1) + 1
    span = Span(stopped.line, column, stopped.line, column + 1)
    words = f"a comma is missing before `{match[2]}`"
    return Hint(span, words, (_Change(stopped.line, column, 0, ","),), f"a comma before `{match[2]}`")


_CLOSING = {"{": "}", "[": "]"}
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")


def _closing(lines: list[str], stopped: Span) -> Hint | None:
    """A bracket that is not closed on its line, and that nothing below closes."""
    for number in range(min(stopped.line, len(lines)), max(stopped.line - LINES_BEFORE, 0), -1):
        line = lines[number - 1]
        if len(line) > LONGEST_LINE or _COLLECTION.search(line) is None:
            continue
        text = _QUOTED.sub(lambda quoted: "x" * len(quoted[0]), line).partition(" #")[0].rstrip()
        missing = _unclosed(text)
        if missing:
            column = len(text) + 1
            words = f"a `{missing}` is missing at the end of this line"
            change = _Change(number, column, 0, missing)
            return Hint(
                Span(number, column, number, column + 1), words, (change,), f"`{missing}` at the end of the line"
            )
    return None


_COLLECTION = re.compile(r":\s+[{\[]|-\s+[{\[]")


def _unclosed(text: str) -> str:
    """What would close the brackets that a text leaves open; empty where it closes others than it opens."""
    open_: list[str] = []
    for character in text:
        if character in _CLOSING:
            open_.append(_CLOSING[character])
        elif character in "}]" and (not open_ or open_.pop() != character):
            return ""
    return "".join(reversed(open_))


_LOOKS = (_tabs, _expression, _colon, _dash, _dash_missing, _item, _first_lines, _comma, _closing)
