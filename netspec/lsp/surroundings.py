"""What is around a place in a network: what enters there, what may be read by its name, what `$names` are worth."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import takewhile
from typing import NamedTuple

from netspec.expressions import ExpressionError, Lookup, Value
from netspec.graph.elaboration.scope import ALL
from netspec.graph.model import Graph
from netspec.kinds.composition import Body, Branches, Composition
from netspec.lsp.context import Context, Part, Pos
from netspec.lsp.evaluating import Evaluating, evaluating
from netspec.lsp.expecting import expected, items
from netspec.lsp.making import Made, Making, making, steps
from netspec.lsp.names import BUILT_IN
from netspec.lsp.page import Page
from netspec.shapes import Shape
from netspec.spec.document import Document, Step
from netspec.spec.names import SIZES

_OPENING = re.compile(r"""[\s{"']*\Z""")


class Spot(NamedTuple):
    """A place in a body of the network, of which something is known.

    Attributes:
        scope: The path of the body.
        before: How many of the graph's nodes come before.
        handles: The nodes that enter.
        own: What the node that is written there makes, if it makes something.
        step: That node.
    """

    scope: str
    before: int
    handles: tuple[int, ...]
    own: Made | None = None
    step: Step | None = None


class Surroundings:
    """What is around a place.

    Args:
        page: The page.
        context: The place.
        within: The block in whose definition it is.
        is_whole: Is it one that sees the whole network, as `outputs` does?
    """

    def __init__(self, page: Page, context: Context, within: str | None, *, is_whole: bool = False) -> None:
        self.page = page
        self.within = within
        self.document: Document | None = page.shown.document
        self.made: Making | None = making(page)
        self.evaluating: Evaluating | None = evaluating(page)
        self._written = sorted(steps(page).values(), key=lambda step: step.span)
        self._starts = [(step.span.line - 1, step.span.column - 1) for step in self._written]
        self.is_inside = context.keys[:1] in (
            ("layers",),
            ("blocks",),
            ("defaults",),
        )  # of the network, where nodes receive something
        self.input: tuple[int, ...] = ()  # what `input` stands for there
        self.spot: Spot | None = None
        if self.made is not None:
            self.spot = Spot("", len(self.made.graph.nodes), ()) if is_whole else self._spot(context)

    @property
    def graph(self) -> Graph | None:
        """The graph that is shown."""
        return None if self.made is None else self.made.graph

    @property
    def entering(self) -> Shape | None:
        """The shape of what enters, as far as it is known."""
        if self.made is None or self.spot is None or not self.spot.handles:
            return None
        return self.made.graph.nodes[self.spot.handles[0]].shape

    # --- where -------------------------------------------------------------------------------------------------------

    def _spot(self, context: Context) -> Spot | None:
        path, at, previous = context.path, (context.line, context.start), context.previous
        if context.expects != "item" or not self._is_body(path):
            items = [i for i, part in enumerate(path) if part.key is None and self._is_body(path[:i])]
            if not items:
                return None
            path, at, previous = path[: items[-1]], path[items[-1]].at, path[items[-1]].previous
        beginning = self._beginning(path)
        self.input = beginning.handles if beginning is not None else ()
        return self._at(path, at, previous)

    def _is_body(self, path: tuple[Part, ...]) -> bool:
        """Is a list one of nodes, and not of numbers or names?"""
        keys = [0 if part.key is None else part.key for part in path]
        return items(expected(keys)).what in ("body", "branch")

    def _at(self, path: tuple[Part, ...], at: Pos, previous: Pos | None) -> Spot | None:
        """The spot of an item of a body."""
        made = self.made
        assert made is not None
        step = self._step(at)
        own = self._first(step)
        if own is not None and step is not None:
            group = made.graph.groups.get(own.path)
            handles = made.graph.nodes[own.start].inputs if group is None else group.inputs
            return Spot(own.scope, own.start, handles, own, step)
        for before in self._siblings(previous):
            last = self._last(before)
            if last is not None:
                return Spot(last.scope, last.stop, self._ends(before, last), None, step)
        return self._beginning(path)

    def _beginning(self, path: tuple[Part, ...]) -> Spot | None:
        """The spot of the first item of a body."""
        made = self.made
        assert made is not None
        nodes = [i for i, part in enumerate(path) if part.key is None]
        if nodes:
            last = nodes[-1]
            around = self._at(path[:last], path[last].at, path[last].previous)
            if around is None or around.own is None:
                return around
            label = self._label(around.step, [part.key for part in path[last + 2 :] if part.key is not None])
            return Spot(f"{around.own.path}{label}", around.before, around.handles)
        if self.within is None:
            inputs = made.graph.inputs
            return Spot("", len(inputs), inputs if len(inputs) == 1 else ())
        for use, span in made.graph.uses.items():
            step = steps(self.page).get(span)
            if step is not None and step.block == self.within and use in made.graph.groups:
                group = made.graph.groups[use]
                return Spot(use, group.start, group.inputs)
        return None

    def _label(self, step: Step | None, keys: list[str]) -> str:
        """What the path of a body inside a composition has behind the composition's own."""
        options = step.cls.options if step is not None and step.cls is not None else {}
        type_ = options[keys[0]].type.bare if keys and keys[0] in options else None
        if isinstance(type_, Branches):
            return f".{keys[1]}" if len(keys) > 1 else ""
        return f".{keys[0]}" if isinstance(type_, Body) and keys[0] != "body" else ""

    def _step(self, at: Pos) -> Step | None:
        """The written node at a place, or behind the braces there."""
        index = bisect_left(self._starts, at)
        if index == len(self._starts) or self._starts[index][0] != at[0]:
            return None
        between = self.page.text.line(at[0])[at[1] : self._starts[index][1]]
        return self._written[index] if _OPENING.match(between) else None

    def _siblings(self, previous: Pos | None) -> Iterator[Step]:
        """The nodes of a body before an item, the nearest first; of those on lines of their own all."""
        if previous is None:
            return
        index = bisect_left(self._starts, previous)
        step = self._step(previous)
        if step is None:
            index -= 1
        else:
            yield step
        column = self._starts[index][1] if step is not None else previous[1]
        for other in reversed(self._written[: max(index, 0)]):
            if other.span.column - 1 < column:
                return
            if other.span.column - 1 == column:
                yield other

    def _first(self, step: Step | None) -> Made | None:
        times = self.made.by_span.get(step.span) if self.made is not None and step is not None else None
        return times[0] if times else None

    def _last(self, step: Step) -> Made | None:
        """What a node makes the last time of the first body in which it does."""
        times = self.made.by_span.get(step.span, []) if self.made is not None else []
        return [each for each in times if each.scope == times[0].scope][-1] if times else None

    def _ends(self, step: Step, made: Made) -> tuple[int, ...]:
        """What the node after a node reads."""
        is_aside = step.cls is not None and issubclass(step.cls, Composition) and step.cls.side_chain
        group = self.made.graph.groups.get(made.path) if self.made is not None else None
        return group.inputs if is_aside and group is not None else made.ends

    # --- names -------------------------------------------------------------------------------------------------------

    @cached_property
    def readable(self) -> dict[str, Made]:
        """The nodes that may be read by a name alone, the nearest first."""
        if self.made is None or self.spot is None:
            return {}
        scopes = {self.spot.scope: 0}
        scope = self.spot.scope
        while scope:
            scope = scope.rpartition(".")[0]
            scopes[scope] = len(scopes)
        before = self.spot.before
        found = [
            each
            for path, each in self.made.by_path.items()
            if each.stop <= before and each.scope in scopes and path not in scopes
        ]
        found.sort(key=lambda each: (scopes[each.scope], -each.stop))
        names: dict[str, Made] = {}
        for each in found:
            names.setdefault(each.path.rpartition(".")[2], each)
        return names

    def inside(self, path: str) -> dict[str, Made]:
        """The nodes inside what a path stands for."""
        if self.made is None or self.spot is None:
            return {}
        scope = self.spot.scope
        path = ".".join(f"{part[:-1]}1" if part.endswith(ALL) else part for part in path.split("."))
        while True:
            whole = f"{scope}.{path}" if scope else path
            found = {each.path.rpartition(".")[2]: each for each in self.made.by_path.values() if each.scope == whole}
            if found or not scope:
                return found
            scope = scope.rpartition(".")[0]

    # --- values ------------------------------------------------------------------------------------------------------

    def dollars(self, before: str = "") -> Iterator[tuple[str, str, Value | None]]:
        """The `$names` that an expression may read: each with what it is, and its value where that is known.

        Args:
            before: The param whose default the expression is, which may use those above it.
        """
        document = self.document
        own: Iterable[str] = document.blocks[self.within].params if document and self.within in document.blocks else ()
        params: Iterable[str] = document.params if document is not None else ()
        if before and self.within is not None:
            own = takewhile(lambda name: name != before, own)
        elif before:
            params = takewhile(lambda name: name != before, params)
        look = self._lookup()
        for name in own:
            yield name, f"param of {self.within}", _value(look, name)
        for name in params:
            yield name, "param", _value(look, name)
        for name in SIZES if self.is_inside else ():
            value = _value(look, name)
            if value is not None or self.entering is None:  # else what enters has no such size
                yield name, BUILT_IN[name], value
        if self.is_inside:
            yield "index", BUILT_IN["index"], _value(look, "index")

    def _lookup(self) -> Lookup | None:
        if self.evaluating is None:
            return None
        if self.spot is None:
            return self.evaluating.params.lookup
        if self.spot.own is not None:
            return self.evaluating.at(self.spot.own, self.spot.step)
        return self.evaluating.around(self.spot.scope, self.spot.handles)


def _value(look: Lookup | None, name: str) -> Value | None:
    if look is None:
        return None
    try:
        return look(name)
    except ExpressionError:
        return None
