"""Bodies in which chains of items are looked for: what is known of each item, whatever chain it is in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from netspec.conversion.folding.items import Item, Side, base, walk

Body = Sequence[Item]
Numbers = tuple[int, ...]  # what items have in common, a number for each degree, the lowest first


class Steps:
    """Numbers for the items of chains and how these read: chains of the same steps are alike.

    Args:
        degrees: In how many degrees items may be alike.
    """

    def __init__(self, degrees: int) -> None:
        self._found: dict[object, int] = {}
        self._tables: list[dict[object, int]] = [{} for _ in range(degrees)]
        self.at: list[list[int]] = [[] for _ in range(degrees)]  # a step's number by degree, where fewer are told apart

    def number(self, numbers: Numbers, reading: object) -> int:
        """The step to an item that reads in this way."""
        key = numbers[-1], reading
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = len(self._found)
            for row, table, number in zip(self.at, self._tables, numbers, strict=True):
                row.append(table.setdefault((number, reading), len(table)))
        return found


class Read(NamedTuple):
    """One name that an item reads."""

    name: str
    source: int  # the item that gives it; -1 where it comes from outside the body
    way: object  # which one that is, counted from the reader


class Around:
    """A body with what is known of its items.

    Args:
        number: Of the body.
        items: What it has.
        numbers: Of each item what it has in common with others; nothing of those that cannot be inside a block.
        kept: Names that are read from afar.
        steps: Numbers for the steps in all bodies.
        is_top: Is it inside no other, so that what its uses hold can be read by a path?
    """

    def __init__(
        self, number: int, items: Body, numbers: Sequence[Numbers], kept: frozenset[str], steps: Steps, *, is_top: bool
    ) -> None:
        self.number = number
        self.items = items
        self.numbers = numbers
        self.steps = steps
        self.is_top = is_top
        self.entering = items[0].reads[0] if items and items[0].reads else ""
        self.ends = _ends(items, kept)
        self.joins = [
            *(
                bool(one) and bool(other) and one[0] == other[0]
                for one, other in zip(((), *numbers), numbers, strict=False)
            ),
            False,
        ]  # is an item of the same kind as the one before it?
        self.reads: list[list[Read]] = []
        self.leads: list[int] = []  # which items lead to each, a bit for one
        self.earliest: list[int] = []  # of what each reads
        self.within: list[int] = []  # the step to each in a chain that has all that it reads
        given: dict[str, tuple[int, Side | None]] = {}
        for index, item in enumerate(items):
            reads = [_read(name, index, given) for name in item.all_read]
            leads = 1 << index
            for read in reads:
                leads |= self.leads[read.source] if read.source >= 0 else 0
            self.reads.append(reads)
            self.leads.append(leads)
            self.earliest.append(min((read.source for read in reads), default=index))
            ways = tuple(read.way for read in reads)
            self.within.append(steps.number(numbers[index], ways) if numbers[index] else -1)
            given[item.name] = index, None
            given.update((name, (index, side)) for name, side in item.sides.items())


def _read(name: str, index: int, given: dict[str, tuple[int, Side | None]]) -> Read:
    source = base(name)
    if source not in given:
        return Read(name, -1, None)
    place, side = given[source]
    return Read(name, place, (index - place, side, name[len(source) :]))


def _ends(body: Body, kept: frozenset[str]) -> list[int]:
    """For each item the last of the body that reads it; beyond the body where its name must be known outside."""
    place = {name: index for index, item in enumerate(body) for name in item.gives}
    found = [0] * len(body)
    for index, item in enumerate(body):
        for inner in walk([item]):
            for name in inner.all_read:
                if base(name) in place:
                    found[place[base(name)]] = index
    return [len(body) if not kept.isdisjoint(item.gives) else end for item, end in zip(body, found, strict=True)]
