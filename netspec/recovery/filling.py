"""Shapes that a network cannot say itself: what they probably are, or those of the one that was recovered in its place."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, NamedTuple

from netspec.graph.elaboration.emitter import bounded
from netspec.graph.model import Graph, Node, macs_of_all
from netspec.kinds.kind import ShapeError

if TYPE_CHECKING:
    from netspec.kinds import Kind
    from netspec.kinds.kind import Weights
    from netspec.shapes import Shape


def likely(graph: Graph) -> Graph:
    """A graph in which what is wrong, and what follows, has the sizes that it probably would have; it stays marked."""
    nodes = list(graph.nodes)
    guessed: set[int] = set()
    for index, node in enumerate(nodes):
        if not node.tainted:
            continue
        shape, config, inputs = node.shape, node.config, node.inputs
        if shape is None or None in shape or not guessed.isdisjoint(inputs):
            shapes = tuple([nodes[each].shape for each in inputs])
            known = _GUESSES.get((id(config), shapes))
            guess = _asked(config, shapes) if known is None else known[1]
            if guess is not None:
                guessed.add(index)
                nodes[index] = _guessed(node, guess)
    return graph._replace(nodes=tuple(nodes)) if guessed else graph


class _Guess(NamedTuple):
    """What a node probably yields; its weights and multiply-accumulates are None where nothing can be said of them."""

    shape: Shape
    weights: Weights | None = None
    macs: int | None = None


# What kinds made of shapes, by the object and these. It is held, so that its identity stays its own. Networks repeat themselves,
# and where something is wrong for a moment what follows mostly has the sizes that it had.
_GUESSES: dict[tuple[int, tuple[Shape | None, ...]], tuple[Kind | None, _Guess | None]] = {}
_MOST = 4_000


def _asked(config: Kind | None, shapes: tuple[Shape | None, ...]) -> _Guess | None:
    """What a kind makes of shapes, which is known from then on."""
    if len(_GUESSES) >= _MOST:
        _GUESSES.clear()
    guess = _likely(config, shapes)
    _GUESSES[id(config), shapes] = config, guess
    return guess


def _likely(config: Kind | None, shapes: tuple[Shape | None, ...]) -> _Guess | None:
    """What a kind makes of these shapes; None where that cannot be said."""
    if config is None or None in shapes or not config.suits(shapes):
        return None
    known: tuple[Shape, ...] = shapes  # type: ignore[assignment]
    try:
        shape = config.infer(*known)
        return _Guess(bounded(shape), config.weights(*known), config.macs(known, shape))
    except ShapeError as wrong:
        return None if wrong.likely is None else _Guess(wrong.likely)


def _guessed(node: Node, guess: _Guess) -> Node:
    """A node with what it probably yields."""
    shape, weights, macs = guess
    if weights is None:
        return node._replace(shape=shape)
    return node._replace(shape=shape, weights=weights, macs=macs_of_all(macs, node.times))


def filled(own: Graph, other: Graph, holes: Collection[int]) -> Graph:
    """A graph of which only shapes are wrong, with those of another for what follows from that.

    Args:
        own: The graph of the text as it stands. What nothing wrong stands before keeps its shape.
        other: The one of the text that stands for it.
        holes: The lines, from 0, on which that is another.
    """
    there = _by_place(other)
    known: dict[int, Iterator[Node] | None] = {}  # by the identity of the span, for all of its place
    for place, those in _by_place(own).items():
        found = there.get(place, ())
        others = iter(found) if len(found) == len(those) else None
        known.update(dict.fromkeys([id(node.span) for node in those], others))
    nodes = []
    for node in own.nodes:
        others = known[id(node.span)]
        if others is not None:
            counterpart = next(others)
            node = _with(node, counterpart, node.span.line - 1 in holes) if node.tainted else node
        nodes.append(node)
    return own._replace(nodes=tuple(nodes))


def _by_place(graph: Graph) -> dict[tuple[int, int], list[Node]]:
    """The nodes by where they are written."""
    found: dict[tuple[int, int], list[Node]] = {}
    of_span: dict[int, list[Node]] = {}  # by the identity of the span, which all nodes of a step have in common
    for node in graph.nodes:
        span = node.span
        row = of_span.get(id(span))
        if row is None:
            row = of_span[id(span)] = found.setdefault((span.line, span.column), [])
        row.append(node)
    return found


def _with(node: Node, other: Node, is_in_hole: bool) -> Node:
    """A node with what is known of another that stands for it."""
    if is_in_hole:  # it has its own kind, of which the other knows nothing
        return node._replace(shape=_joined(node.shape, other.shape))
    return Node(
        node.path,
        node.layer,
        node.kind_name,
        node.config,
        node.inputs,
        other.shape,
        other.dtype,
        other.weights,
        other.macs,
        other.field,
        other.jump,
        node.span,
        node.share,
        node.trainable,
        node.tainted,
        node.masked,
        node.times,
        node.folded,
    )


def _joined(one: Shape | None, other: Shape | None) -> Shape | None:
    """A shape with the sizes of another where it has none."""
    if one is None or other is None or len(one) != len(other):
        return other if one is None else one
    return tuple(b if a is None else a for a, b in zip(one, other, strict=True))
