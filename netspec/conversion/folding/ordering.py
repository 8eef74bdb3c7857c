"""An order of items in which chains stand together, and what belongs to one module does."""

from __future__ import annotations

from collections import Counter

from netspec.conversion.folding.items import Item, base


def is_irregular(items: list[Item], entering: str) -> bool:
    """Does an item read another than the one before it?"""
    before = entering
    for item in items:
        if item.all_read != (before,) and item.reads:
            return True
        before = item.name
    return False


def ordered(items: list[Item]) -> list[Item]:
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
    return [item for number in order for item in chains[number]]
