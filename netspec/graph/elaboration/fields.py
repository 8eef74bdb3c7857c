"""The receptive fields of a body's nodes where it is copied to a use that sees more, or less, of the network's input."""

from __future__ import annotations

from operator import add
from typing import TypeAlias

from netspec.graph.elaboration.bodies import Body
from netspec.graph.elaboration.emitter import Emitter
from netspec.graph.model import Node
from netspec.graph.receptive_field import MAX_LENGTH, Lengths

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
        self._shifts: dict[
            int, _Shift | None
        ] = {}  # of the nodes around it, and of its own; empty where that tells nothing
        self._known: dict[Growth, _Shift] = {}
        self._next = body.start
        if self.same or body.reach < 0:
            return
        shifts = {i: self._shift(field, nodes[around[i]].field) for i, field in body.views.items()}
        if body.reach + max([max(growth, default=0) for growth in self._known], default=0) <= MAX_LENGTH:
            self._shifts = shifts

    def there(self, node: Node, inputs: tuple[int, ...]) -> tuple[Lengths | None, Lengths | None]:
        """Field and jump of the body's next node, which reads these there."""
        shifts = self._shifts
        if not shifts:
            return self.emitter.view(node, [self.nodes[i] for i in inputs])
        reads = node.inputs
        shift = shifts.get(reads[0]) if reads else None
        if len(reads) > 1 and any(shifts.get(i) is not shift for i in reads):
            shift = None
        field, jump = node.field, node.jump
        if shift is None:
            field, jump = self.emitter.view(node, [self.nodes[i] for i in inputs])
            shift = self._shift(node.field, field)
        elif field is not None:
            field = shift[field]
        shifts[self._next] = shift
        self._next += 1
        return field, jump

    def _shift(self, one: Lengths | None, other: Lengths | None) -> _Shift | None:
        """From a field to another; one for all that are the same."""
        growth = _growth(one, other)
        if growth is None:
            return None
        if growth not in self._known:
            self._known[growth] = _Shift(growth)
        return self._known[growth]


class _Shift(dict[Lengths, Lengths]):
    """Fields, and what they are once they have grown."""

    def __init__(self, growth: Growth) -> None:
        super().__init__()
        self.growth = growth

    def __missing__(self, field: Lengths) -> Lengths:
        found = self[field] = tuple(map(add, field, self.growth))
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
