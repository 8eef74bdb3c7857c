"""What PyYAML's parser yields, as far as netspec reads it; only a type checker needs to know."""

from __future__ import annotations

from typing import Protocol

from netspec.syntax.tree import Mark


class Event(Protocol):
    """Any of the parser's events, told apart by their classes. What one has no use for is not there."""

    start_mark: Mark
    end_mark: Mark
    anchor: str | None  # of an alias, what it refers to
    tag: str | None
    value: str  # of a scalar
    style: str | None  # of a scalar: its quotes, `|` or `>`; nothing of a plain one
    flow_style: bool | None  # of the start of a list or map: is it in brackets?
    tags: object  # of the start of a document: its directives


class Parser(Protocol):
    """The parser, which is a part of PyYAML's loaders."""

    def get_event(self) -> Event:
        """The next event; raises YAMLError where the text is not YAML."""

    def dispose(self) -> None:
        """Let go of what it holds."""
