"""From a place in a spec's text to what stands there, and from a node to its place.

For editors: what is under the cursor. An index is made of a document, which it does not change; its table of nodes is
made at the first question.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from netspec.diagnostics.problems import Span
from netspec.spec.document import Document, Step, steps_of
from netspec.syntax.tree import Mapping, Scalar, Sequence, Tree, ending, part_of, span_of, written_span

_NAME = re.compile(r"\$(?:\{(?=\w+\}))?([A-Za-z_][A-Za-z0-9_]*)")

Position = tuple[int, int]  # line and column, from 1


class Found(NamedTuple):
    """What stands at a place.

    Attributes:
        step: The innermost node, or use of a block, that the place belongs to; None outside all nodes.
        path: The keys and indices that lead there, from the node's own hyperparameters or, outside all nodes, from the top.
        tree: The innermost value or key.
        is_key: Is it the key at the end of `path`, and not its value?
        name: The `$name` of an expression, without its `$`, where the place is in one.
        span: Where that, or else `tree`, stands.
    """

    step: Step | None
    path: tuple[str | int, ...]
    tree: Tree
    is_key: bool
    name: str | None
    span: Span


class Index:
    """What stands where in a document."""

    def __init__(self, document: Document) -> None:
        self.document = document

    def at(self, line: int, column: int) -> Found | None:
        """What stands at a place, counted from 1; None where nothing does."""
        place = line, column
        step = self._step_at(place)
        if step is not None:
            if _holds(step.span, place) or step.tree is None:
                return _found(step, (), step.key, True, place)
            return _descend(step, step.tree, place)
        return None if self.document.source.tree is None else _descend(None, self.document.source.tree, place)

    def span(self, step: Step) -> Span:
        """Where a node stands as a whole: from its kind to the end of its last hyperparameter."""
        start, end = step.span, step.span
        if step.tree is not None:
            last = span_of(ending(step.tree).tree)
            # What an alias stands for is written elsewhere, before it.
            if (last.line, last.column) >= (start.end_line, start.end_column) and not _before(step.tree, start):
                end = last
        return Span(start.line, start.column, end.end_line, end.end_column)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """All nodes of the document as they are written, those of blocks and of `augment` too, in the order of the text."""
        return tuple(sorted(self._written(), key=lambda step: step.span))

    def _written(self) -> Iterator[Step]:
        document = self.document
        yield from steps_of(document.body)
        for block in document.blocks.values():
            yield from steps_of(block.body)
        augment = document.train.values.get("augment") if document.train is not None else None
        if augment is not None and isinstance(augment.value, tuple):
            yield from steps_of(augment.value)

    @cached_property
    def _table(self) -> tuple[list[Position], list[int], list[Span]]:
        """The nodes' beginnings; for each node the one around it, or -1; their spans."""
        spans = [self.span(step) for step in self.steps]
        around: list[int] = []
        open_: list[int] = []
        for index, span in enumerate(spans):
            while open_ and (spans[open_[-1]].end_line, spans[open_[-1]].end_column) <= (span.line, span.column):
                open_.pop()
            around.append(open_[-1] if open_ else -1)
            open_.append(index)
        return [(span.line, span.column) for span in spans], around, spans

    def _step_at(self, place: Position) -> Step | None:
        starts, around, spans = self._table
        index = bisect_right(starts, place) - 1
        while index >= 0 and not _holds(spans[index], place):
            index = around[index]
        return self.steps[index] if index >= 0 else None


def _descend(step: Step | None, tree: Tree, place: Position) -> Found | None:
    path: list[str | int] = []
    while True:
        inner = _inside(tree, place)
        if inner is None:
            if (step is None or isinstance(tree, Scalar)) and not _holds(written_span(tree), place):
                return None if step is None else _found(step, tuple(path), step.key, False, place)
            return _found(step, tuple(path), tree, False, place)
        key, tree, is_key = inner
        path.append(key)
        if is_key:
            return _found(step, tuple(path), tree, True, place)


def _inside(tree: Tree, place: Position) -> tuple[str | int, Tree, bool] | None:
    """The part of a list or map that holds a place: its key or index, and whether it is the key itself."""
    if isinstance(tree, Mapping):
        for name, (key, value) in tree.entries.items():
            if _holds(span_of(key), place):
                return name, key, True
            if not _before(value, span_of(key)) and _holds(written_span(value), place):
                return name, value, False
    elif isinstance(tree, Sequence):
        for index, item in enumerate(tree.items):
            if _holds(written_span(item), place):
                return index, item, False
    return None


def _found(step: Step | None, path: tuple[str | int, ...], tree: Tree, is_key: bool, place: Position) -> Found:
    if isinstance(tree, Scalar) and not is_key and isinstance(tree.value, str):
        for match in _NAME.finditer(tree.value):
            span = part_of(tree, *match.span())
            if (span != span_of(tree) or match.group() == tree.text) and _holds(span, place):
                return Found(step, path, tree, is_key, match[1], span)
    return Found(step, path, tree, is_key, None, written_span(tree))


def _holds(span: Span, place: Position) -> bool:
    """Is a place in a span? Its end belongs to it, since a cursor stands there after the last character."""
    return (span.line, span.column) <= place <= (span.end_line, span.end_column)


def _before(tree: Tree, span: Span) -> bool:
    """Is a value written before the place where it is used, as what an alias stands for is?"""
    start = span_of(tree)
    return (start.line, start.column) < (span.line, span.column)
