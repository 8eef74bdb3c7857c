"""Chains of items from each place, as far as they may be one window: how each item reads, and what others read of them."""

from __future__ import annotations

from typing import NamedTuple

from netspec.conversion.folding.around import Around
from netspec.conversion.folding.items import Item, is_divisible

_SIDES = 6  # items of a window, beside its last, that others may read


class Place(NamedTuple):
    """A window: items of a body that stand together."""

    body: int
    start: int
    outside: tuple[str, ...]  # what they read beside what enters them
    sides: tuple[int, ...]  # which of them, beside the last, others read


class Trace:
    """The chain from one place, which grows as it is asked for.

    Args:
        around: The body.
        start: The first item.
    """

    def __init__(self, around: Around, start: int) -> None:
        first = around.items[start]
        self.around = around
        self.start = start
        self.first = around.steps.number(
            around.numbers[start], (len(first.reads), tuple(map(len, first.beside.values())))
        )
        self.places: list[Place | None] = []  # the window of each length; None where no block can be made of it
        self._entering = first.reads[0] if len(first.reads) == 1 else ""
        self._outside = tuple(name for names in first.beside.values() for name in names)
        self._open: tuple[int, ...] = ()  # items that others behind the chain read, the last aside
        self._steps: list[int] = []
        self._add(start)

    def step(self, length: int) -> int:
        """The step to the item behind so many; -1 where no longer chain is a window."""
        if len(self._steps) < length:
            self._steps.append(self._next(self.start + length))
        return self._steps[length - 1]

    def _next(self, index: int) -> int:
        around = self.around
        if index == len(around.items) or not around.numbers[index]:
            return -1
        if around.joins[self.start] or around.entering in self._outside:
            return -1
        if around.earliest[index] >= self.start:
            step = around.within[index]
        elif self._takes(index, around.items[index]):
            step = around.steps.number(around.numbers[index], self._reading(index))
        else:
            return -1
        self._add(index)
        return step

    def _add(self, index: int) -> None:
        ends = self.around.ends
        if self._open:
            self._open = tuple([number for number in self._open if ends[self.start + number] > index])
        if index > self.start and ends[index - 1] > index:
            self._open += (index - 1 - self.start,)
        self.places.append(self._place(index))

    def _place(self, last: int) -> Place | None:
        around = self.around
        if around.entering in self._outside:
            return None
        if around.joins[last + 1] if last > self.start else not around.items[last].bodies:
            return None
        if self._open:
            leading = (around.leads[last] >> self.start).bit_count()
            if not around.is_top or len(self._open) > _SIDES or 2 * leading <= last - self.start:
                return None
        return Place(around.number, self.start, self._outside, self._open)

    def _takes(self, index: int, item: Item) -> bool:
        """May an item be the next?

        An argument of a use must not be `input`, which is another node inside the block that it is for; and what is repeated
        reads a node that a param names in each repetition, unless its first stands apart.
        """
        if item.block and any(self._entering in reads for reads in item.beside.values()):
            return False
        if item.repeat == 1 or item.reads[:1] == (self._entering,):
            return True
        return is_divisible(item) or all(
            read.source >= self.start for read in self.around.reads[index][: len(item.reads)]
        )

    def _reading(self, index: int) -> tuple[object, ...]:
        """How an item reads: from within, what enters, from outside."""
        found: list[object] = []
        for read in self.around.reads[index]:
            if read.source >= self.start:
                found.append(read.way)
            elif read.name == self._entering:
                found.append("in")
            else:
                if read.name not in self._outside:
                    self._outside += (read.name,)
                found.append(self._outside.index(read.name))
        return tuple(found)
