"""Where YAML's parser stops."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import yaml

from netspec.recovery.lines import Done, indent_of, is_empty, previous

if TYPE_CHECKING:
    from netspec.syntax.events import Parser


class Stop(NamedTuple):
    """Where the parser stopped.

    Attributes:
        line: The line, from 0.
        column: The column, from 0.
        began: The line on which what it was reading began, where that is one thing: a text in quotes, brackets, a key.
    """

    line: int
    column: int
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
    anchors: set[str | None] = set()
    try:
        while True:
            event = parser.get_event()
            kind: object = type(event)
            if kind is yaml.StreamEndEvent:
                return None
            if kind is yaml.DocumentStartEvent:
                documents += 1
                if documents > 1:
                    return Stop(event.start_mark.line, event.start_mark.column, None)
            elif (kind is yaml.AliasEvent and event.anchor not in anchors) or getattr(event, "tag", None) is not None:
                return Stop(event.start_mark.line, event.start_mark.column, None)
            anchors.add(getattr(event, "anchor", None))
    except yaml.YAMLError as error:
        place, began = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
        context = str(getattr(error, "context", None) or "")
        if place is None:
            place = began
        if began is not None and not any(words in context for words in _ONE_THING):
            began = None
        last = len(lines) - 1  # a mark may stand behind the text
        if place is None:
            return Stop(0, 0, None)
        return Stop(min(place.line, last), place.column, None if began is None else min(began.line, last))
    finally:
        parser.dispose()


class Reparser:
    """Says where the parser stops in texts almost like one at hand, of which it reads no more than it must.

    What stands before the node, block or section in which they begin to differ is read once. In its place stands the key that
    holds the rest, after which the parser is where it would have come to: among the items of that list or the entries of that map.

    Args:
        lines: The text at hand.
        stop: Where the parser stops in it.
    """

    def __init__(self, lines: list[str], stop: Stop) -> None:
        self.lines = lines
        self.stop = stop
        before = previous(lines, stop.first)
        self.resumed = _resumption(lines, stop.first if before is None else before)

    def stop_of(self, change: Change) -> Stop | None:
        """Where the parser stops once a change has been made; None where it reads to the end."""
        changed = change.applied(self.lines)
        if self.resumed is None or change.start <= self.resumed.first:
            return stop_of(changed)
        key, first = self.resumed
        head = [] if key is None else [changed[key]]
        stop = stop_of([*head, *changed[first:]])
        if stop is None:
            return None
        more = first - len(head)
        return stop._replace(line=stop.line + more, began=None if stop.began is None else stop.began + more)


class _Resumption(NamedTuple):
    """The line of the key that holds the rest of a text, None where the rest is of the top, and the first line of the rest."""

    key: int | None
    first: int


_TOP = re.compile(r"[A-Za-z_]\w*:(?: |\Z)")
_BARE = re.compile(r"[A-Za-z_]\w*:\s*(?:#.*)?\Z")
_ITEM = re.compile(r" *- ")
_ENTRY = re.compile(f" *{_TOP.pattern}")


def _resumption(lines: list[str], number: int) -> _Resumption | None:
    """The last place at or above a line from which the text can be read without what stands before it; None if there is none."""
    said = [each for each in range(number + 1) if not is_empty(lines[each])]
    if not said or not _TOP.match(lines[said[0]]):
        return None
    top = max(each for each in said if _TOP.match(lines[each]))
    found = None if top == said[0] else _Resumption(None, top)
    below = [each for each in said if each > top]
    if below and _BARE.match(lines[top]):
        column = indent_of(lines[below[0]])
        form = next((form for form in (_ITEM, _ENTRY) if form.match(lines[below[0]])), None)
        if form is not None and all(indent_of(lines[each]) >= column for each in below):
            item = max(each for each in below if indent_of(lines[each]) == column and form.match(lines[each]))
            found = found if item == below[0] else _Resumption(top, item)
    if found is None or any("&" in line for line in lines[: found.first]) or stop_of(lines[: found.first]) is not None:
        return None
    return found
