"""A text as a plain tree with positions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias, final

from netspec.diagnostics.problems import Span

if TYPE_CHECKING:
    from netspec.expressions import Value

    class Mark(Protocol):
        """A place in the text as the parser gives it, counted from 0."""

        @property
        def line(self) -> int: ...

        @property
        def column(self) -> int: ...


ScalarValue: TypeAlias = "bool | int | float | str | None"


@final
class Scalar:
    """A leaf: its value by the YAML 1.2 core schema, and the text as it stands."""

    __slots__ = ("end", "plain", "start", "text", "value")

    def __init__(self, value: ScalarValue, text: str, plain: bool, start: Mark, end: Mark) -> None:
        self.value = value
        self.text = text
        self.plain = plain
        self.start = start
        self.end = end


class Unreadable(int):
    """Stands for a number that was refused. Whoever finds it wrong has nothing to add, or shows it as it was written."""

    text: str

    def __new__(cls, text: str) -> Unreadable:
        made = super().__new__(cls, 0)
        made.text = text
        return made

    def __str__(self) -> str:
        return self.text


@final
class Sequence:
    """A list."""

    __slots__ = ("end", "flow", "items", "start")

    def __init__(self, items: list[Tree], flow: bool, start: Mark, end: Mark) -> None:
        self.items = items
        self.flow = flow
        self.start = start
        self.end = end


@final
class Mapping:
    """A map; `entries` keeps the order of the file, keys are always text."""

    __slots__ = ("end", "entries", "flow", "start")

    def __init__(self, entries: dict[str, Entry], flow: bool, start: Mark, end: Mark) -> None:
        self.entries = entries
        self.flow = flow
        self.start = start
        self.end = end


class Entry(NamedTuple):
    """A key of a map with its value."""

    key: Scalar
    value: Tree


Tree = Scalar | Sequence | Mapping


def span_of(tree: Tree) -> Span:
    """Where a piece of the tree stands."""
    start, end = tree.start, tree.end
    return Span(start.line + 1, start.column + 1, end.line + 1, end.column + 1)


class Ending(NamedTuple):
    """The last thing that is written in a tree.

    Attributes:
        tree: A scalar, a flow collection or an empty one.
        exact: Is its end the end of the tree's text? A block scalar's is where the next line begins. What an alias
            stands for is written elsewhere; here it is what stands before the alias: the key, or the list that it ends.
    """

    tree: Tree
    exact: bool


def ending(tree: Tree) -> Ending:
    """What is written last in a tree; a block collection's own end mark stands where what follows begins."""
    while isinstance(tree, Sequence) and not tree.flow and tree.items:
        before, last = tree.items[-2:] if len(tree.items) > 1 else (None, tree.items[0])
        if _is_alias(last, tree.start) or (before is not None and _is_alias(last, before.end)):
            return Ending(tree, False)
        tree = last
    if isinstance(tree, Mapping) and not tree.flow and tree.entries:
        return entry_ending(next(reversed(tree.entries.values())))
    return Ending(tree, not is_block_scalar(tree))


def entry_ending(entry: Entry) -> Ending:
    """What is written last in an entry of a map."""
    return Ending(entry.key, False) if _is_alias(entry.value, entry.key.start) else ending(entry.value)


def is_block_scalar(tree: Tree) -> bool:
    """Is it a text after `|` or `>`? Its end mark stands where the next line begins."""
    return isinstance(tree, Scalar) and not tree.plain and tree.end.column == 0


def _is_alias(tree: Tree, before: Mark) -> bool:
    """Is a value written before the place that it follows, as what an alias stands for is?"""
    return (tree.start.line, tree.start.column) < (before.line, before.column)


def written_span(tree: Tree) -> Span:
    """Where a piece of the tree is written: of one in block style, which ends where what follows begins, to its last value."""
    start, end = span_of(tree), span_of(ending(tree).tree)
    return Span(start.line, start.column, end.end_line, end.end_column)


def last_line(tree: Tree) -> int:
    """The line, from 0, on which a tree ends."""
    last = ending(tree).tree
    return last.end.line - 1 if is_block_scalar(last) else last.end.line


def part_of(scalar: Scalar, start: int, end: int) -> Span:
    """Where `scalar.text[start:end]` stands.

    Known where the text stands in the file as it is, on one line: as it takes up as many columns as it has characters.
    Else, with escapes or folded lines, it is the place of the whole.
    """
    quote = 0 if scalar.plain else 1
    first, last = scalar.start, scalar.end
    if first.line != last.line or last.column - first.column != len(scalar.text) + 2 * quote:
        return span_of(scalar)
    line, column = first.line + 1, first.column + 1 + quote
    return Span(line, column + start, line, column + end)


def plain(tree: Tree) -> Value:
    """The bare value: numbers, text, lists, dicts."""
    if isinstance(tree, Scalar):
        return tree.value
    if isinstance(tree, Sequence):
        return [plain(item) for item in tree.items]
    return {key: plain(entry.value) for key, entry in tree.entries.items()}


def lists_in(tree: Tree | None) -> Iterator[Sequence]:
    """All lists of a tree, those in lists too, each once: what an alias stands for is the same tree again."""
    stack = [] if tree is None else [tree]
    seen: set[int] = set()
    while stack:
        held = stack.pop()
        if isinstance(held, Scalar) or id(held) in seen:
            continue
        seen.add(id(held))
        if isinstance(held, Mapping):
            stack += [entry.value for entry in held.entries.values()]
        else:
            stack += held.items
            yield held


class SourceText(NamedTuple):
    """A file's text and its tree (None where it could not be read)."""

    path: str
    text: str
    tree: Tree | None


_LINE_END = re.compile(r"\r\n?|\n")


def lines_of(text: str) -> list[str]:
    """The lines as positions count them, without their ends."""
    return _LINE_END.split(text)
