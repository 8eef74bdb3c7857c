"""An order of items in which chains stand together, and what belongs to one module does."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from netspec.conversion.folding.items import Item, base
from netspec.conversion.folding.labels import module_of


def is_irregular(items: list[Item], entering: str) -> bool:
    """Does an item read another than the one before it?"""
    before = entering
    for item in items:
        if item.all_read != (before,) and item.reads:
            return True
        before = item.name
    return False


def by_height(items: list[Item]) -> list[Item]:
    """The items, each chain whole and as late as its readers allow.

    What a module reads of the module before the last stands in the module then, and not before the one between.
    """
    readers = Counter(base(name) for item in items for name in item.all_read_within)
    by_name = {item.name: item for item in items}
    chain_of: dict[str, int] = {}
    chains: list[list[Item]] = []
    for item in items:
        sources = item.all_read_within
        before = base(sources[0]) if len(sources) == 1 else ""
        if (
            before in by_name
            and readers[before] == 1
            and not item.share
            and chains[chain_of[before]][-1].name == before
        ):
            chains[chain_of[before]].append(item)
            chain_of[item.name] = chain_of[before]
        else:
            chain_of[item.name] = len(chains)
            chains.append([item])
    height = [0] * len(chains)  # the longest way from a chain's end to an output
    for item in reversed(items):
        number = chain_of[item.name]
        chain = chains[number]
        if chain[-1] is item:
            height[number] += len(chain)
        for name in (*item.all_read_within, *([item.share] if item.share else [])):
            source = chain_of.get(base(name))
            if source is not None and source != number:
                height[source] = max(height[source], height[number])
    order = sorted(range(len(chains)), key=lambda number: -height[number])
    return with_sources_late([item for number in order for item in chains[number]])


def by_names(items: list[Item]) -> list[Item]:
    """The items, those together whose names begin alike, as those of a module do."""
    missing = {id(item): {base(name) for name in item.all_read_within} for item in items}
    waits: dict[str, list[Item]] = defaultdict(list)
    given = {name for item in items for name in item.gives}
    for item in items:
        missing[id(item)] &= given
        if item.share:
            missing[id(item)].add(item.share)
        for name in missing[id(item)]:
            waits[name].append(item)
    parts = _modules(items)
    place = {item.name: number for number, item in enumerate(items)}
    height = _heights(items)
    ready = [item for item in items if not missing[id(item)]]
    found: list[Item] = []
    last: Sequence[str] = ()

    def rank(item: Item) -> tuple[object, ...]:
        """First what goes on with the module, in the order of its numbers, what is read latest first."""
        words = parts[id(item)]
        same = _alike(words, last)
        numbers = [int(word) for word in words[same:] if word.isdigit()]
        return (-same, numbers, height[item.name], place[item.name])

    while ready:
        item = min(ready, key=rank)
        ready.remove(item)
        found.append(item)
        last = parts[id(item)]
        for reader in waits[item.name]:
            missing[id(reader)].discard(item.name)
            if not missing[id(reader)]:
                ready.append(reader)
    return with_sources_late(found)


def with_sources_late(items: list[Item]) -> list[Item]:
    """The items, what reads no input of the network just before what reads it."""
    giver = {name: item for item in items for name in item.gives}
    free: set[str] = set()
    for item in items:
        if all(base(name) in free for name in item.all_read_within) and not item.share:
            free.update(item.gives)
    index = {item.name: number for number, item in enumerate(items)}
    found: dict[int, Item] = {}
    for item in items:
        if item.name in free:
            continue
        needed: set[int] = set()
        waiting = [item]
        while waiting:
            for name in map(base, waiting.pop().all_read_within):
                number = index[giver[name].name] if name in free else -1
                if number >= 0 and number not in needed and id(items[number]) not in found:
                    needed.add(number)
                    waiting.append(items[number])
        for each in (*(items[number] for number in sorted(needed)), item):
            found[id(each)] = each
    for item in items:  # what leads to an output alone
        found.setdefault(id(item), item)
    return list(found.values())


def _modules(items: Sequence[Item]) -> dict[int, list[str]]:
    """The words of each item's module: of those without a name, that of what reads them."""
    found: dict[int, list[str]] = {}
    of_readers: dict[str, list[str]] = {}
    for item in reversed(items):
        words = found[id(item)] = module_of(item.name) if item.is_named else module_of(item.name, counted=True)
        if not words:
            words = found[id(item)] = next((of_readers[name] for name in item.gives if name in of_readers), [])
        for name in item.all_read_within:
            of_readers[base(name)] = words
    return found


def _heights(items: Sequence[Item]) -> dict[str, int]:
    """How many items the longest way from each to an end has."""
    giver = {name: item.name for item in items for name in item.gives}
    found = dict.fromkeys((item.name for item in items), 0)
    for item in reversed(items):
        for name in item.all_read_within:
            source = giver.get(base(name))
            if source is not None:
                found[source] = max(found[source], found[item.name] + 1)
    return found


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """How many words two names begin with alike."""
    return next(
        (number for number, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )


ORDERS = (by_height, by_names)
