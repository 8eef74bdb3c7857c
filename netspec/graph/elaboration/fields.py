"""The receptive fields of a body's nodes where it is copied to a use that sees more, or less, of the network's input."""

from __future__ import annotations

from typing import TypeAlias

from netspec.graph.elaboration.bodies import Body
from netspec.graph.elaboration.emitter import Emitter
from netspec.graph.model import Node
from netspec.graph.receptive_field import MAX_LENGTH, Lengths, View

Growth: TypeAlias = tuple[int, ...]  # along each dimension


class Fields:
    """What a body's nodes see at another use.

    Where the fields of all that a node reads have grown by the same, its own has too; any other is worked out.

    Args:
        body: The body.
        around: The nodes around it that it reads, with those in their place there.
        nodes: All nodes there, to which its own are added one by one.
        emitter: Works views out.

    Attributes:
        same: Are they what they were?
    """

    def __init__(self, body: Body, around: dict[int, int], nodes: list[Node], emitter: Emitter) -> None:
        self.nodes = nodes
        self.emitter = emitter
        self.same = all(nodes[around[i]].field == field for i, field in body.views.items())
        self._growths: dict[
            int, Growth | None
        ] = {}  # of the nodes around it, and of its own; empty where that tells nothing
        self._next = body.start
        self._found: dict[tuple[Lengths, Growth], Lengths] = {}
        if self.same or not body.shifts:
            return
        growths = {i: _growth(field, nodes[around[i]].field) for i, field in body.views.items()}
        most = max((max(node.field) for node in body.nodes if node.field), default=0)
        if most + max((max(growth) for growth in growths.values() if growth), default=0) <= MAX_LENGTH:
            self._growths = growths

    def there(self, node: Node, inputs: tuple[int, ...]) -> View:
        """What the body's next node sees, which reads these there."""
        growths = self._growths
        if not growths:
            return self.emitter.view(node, [self.nodes[i] for i in inputs])
        growth = growths.get(node.inputs[0]) if node.inputs else None
        for i in node.inputs[1:]:
            if growths.get(i) != growth:
                growth = None
        if growth is None:
            view = self.emitter.view(node, [self.nodes[i] for i in inputs])
            growth = _growth(node.field, view.field)
        else:
            view = View(None if node.field is None else self._grown(node.field, growth), node.jump)
        growths[self._next] = growth
        self._next += 1
        return view

    def _grown(self, field: Lengths, growth: Growth) -> Lengths:
        found = self._found.get((field, growth))
        if found is None:
            found = self._found[field, growth] = tuple([a + b for a, b in zip(field, growth, strict=True)])
        return found


def _growth(one: Lengths | None, other: Lengths | None) -> Growth | None:
    """By how much a field is larger than another; None where that is no whole number along each dimension."""
    if one is None or other is None or len(one) != len(other):
        return None
    found = []
    for a, b in zip(one, other, strict=True):
        if type(a) is not int or type(b) is not int:
            return None
        found.append(b - a)
    return tuple(found)
