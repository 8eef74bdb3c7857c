"""Where YAML's parser stops."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import yaml

from netspec.recovery.lines import Done

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
