"""Chains of items from each place, as far as they may be one window: how each item reads, and what others read of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from netspec.conversion.folding.items import Item, base, is_divisible, walk

_SIDES = 6  # items of a window, beside its last, that others may read

Body = Sequence[Item]


class Place(NamedTuple):
    """A window: items of a body that stand together."""

    body: int
    start: int
    outside: tuple[str, ...]  # what they read beside what enters them
    sides: tuple[int, ...]  # which of them, beside the last, others read


class Around(NamedTuple):
    """A body with what is known of its items."""

    number: int
    items: Body
    is_top: bool  # is it inside no other, so that what its uses hold can be read by a path?
    kinds: Sequence[int]  # a number for what items of a kind have in common; -1 for those that cannot be inside a block
    ends: Sequence[int]  # for each item the last that reads it; beyond the body where its name must be known outside


class Trace:
    """The chain from one place, which grows as it is asked for.

    Args:
        around: The body.
        start: The first item.
        table: Numbers for ways to read, in which windows are compared.
    """

    def __init__(self, around: Around, start: int, table: dict[tuple[str, ...], int]) -> None:
        first = around.items[start]
        self.around = around
        self.start = start
        self.shape = (len(first.reads), tuple(map(len, first.beside.values())))
        self._table = table
        self._entering = first.reads[0] if len(first.reads) == 1 else ""
        self._outside = [name for names in first.beside.values() for name in names]
        self._given: dict[str, str] = {}
        self._leads: dict[str, int] = {}  # which items lead to what is given, a bit for each
        self._open: list[tuple[int, int]] = []  # items that others behind read, and the last of these
        self._wires: list[int] = []  # of the items behind the first
        self._places: list[Place | None] = []
        self._add(first)

    def place(self, length: int) -> Place | None:
        """The window of this length; None where no block can be made of it."""
        return self._places[length - 1]

    def wires(self, length: int) -> int:
        """A number for how the item behind so many reads; -1 where the chain cannot be longer."""
        if len(self._wires) < length:
            end = self.start + length
            around = self.around
            if end == len(around.items) or around.kinds[end] < 0 or not self._takes(around.items[end]):
                self._wires.append(-1)
            else:
                item = around.items[end]
                self._wires.append(self._table.setdefault(self._reading(item), len(self._table)))
                self._add(item)
        return self._wires[length - 1]

    def _add(self, item: Item) -> None:
        number = len(self._places)
        leads = 1 << number
        for name in item.all_read:
            leads |= self._leads.get(base(name), 0)
        self._given[item.name], self._leads[item.name] = str(number), leads
        for name, side in item.sides.items():
            self._given[name], self._leads[name] = f"{number} {side}", leads
        end = self.start + number
        self._open = [each for each in self._open if each[1] > end]
        self._places.append(self._place(end + 1, leads))
        self._open.append((number, self.around.ends[end]))

    def _place(self, end: int, leads: int) -> Place | None:
        around = self.around
        first, length = around.items[0], end - self.start
        if length == 1 and not around.items[self.start].bodies:
            return None
        if first.reads and first.reads[0] in self._outside:
            return None
        if length > 1 and _cuts(around.kinds, self.start, end):
            return None
        if self._open and (not around.is_top or len(self._open) > _SIDES or 2 * leads.bit_count() < length):
            return None
        return Place(around.number, self.start, tuple(self._outside), tuple(number for number, _ in self._open))

    def _takes(self, item: Item) -> bool:
        """May an item be the next?

        An argument of a use must not be `input`, which is another node inside the block that it is for; and what is repeated
        reads a node that a param names in each repetition, unless its first stands apart.
        """
        if item.block and any(self._entering in reads for reads in item.beside.values()):
            return False
        if item.repeat == 1:
            return True
        inside = item.reads[:1] == (self._entering,) or all(base(name) in self._given for name in item.reads)
        return inside or is_divisible(item)

    def _reading(self, item: Item) -> tuple[str, ...]:
        """How the next item reads: from within, what enters, from outside."""
        given = self._given
        if len(item.reads) == 1 and not item.beside and item.reads[0] in given:
            return (given[item.reads[0]],)
        found = []
        for name in item.all_read:
            source = base(name)
            if source in given:
                found.append(f"{given[source]}{name[len(source) :]}")
            elif name == self._entering:
                found.append("in")
            else:
                if name not in self._outside:
                    self._outside.append(name)
                found.append(f"out{self._outside.index(name)}")
        return tuple(found)


def traces(bodies: Sequence[Around]) -> list[Trace]:
    """Of all places where a window may begin."""
    table: dict[tuple[str, ...], int] = {}
    return [
        Trace(around, start, table)
        for around in bodies
        for start in range(len(around.items))
        if around.kinds[start] >= 0
    ]


def ends_of(body: Body, kept: frozenset[str]) -> list[int]:
    """For each item the last of the body that reads it; beyond the body where its name must be known outside."""
    place = {name: index for index, item in enumerate(body) for name in item.gives}
    found = [0] * len(body)
    for index, item in enumerate(body):
        for inner in walk([item]):
            for name in inner.all_read:
                if base(name) in place:
                    found[place[base(name)]] = index
    return [len(body) if not kept.isdisjoint(item.gives) else end for item, end in zip(body, found, strict=True)]


def _cuts(kinds: Sequence[int], start: int, end: int) -> bool:
    """Does a window begin or end within a row of alike items?"""
    return (start > 0 and kinds[start - 1] == kinds[start]) or (end < len(kinds) and kinds[end] == kinds[end - 1])
