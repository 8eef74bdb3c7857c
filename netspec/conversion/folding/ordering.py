"""An order of items in which chains stand together, and what belongs to one module does. It hangs on no names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from netspec.conversion.folding.items import Item, base
from netspec.conversion.folding.structure import ACTIVATIONS


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


def by_levels(items: list[Item]) -> list[Item]:
    """The items, level by level, as in networks whose branches are done side by side and then meet in merges, again and again.

    A level ends in merges with the activations behind them. In it stands first what leads to something that several others
    read, as branches do: what is ahead of where all of these begin, then one branch after the other; and then each merge, behind
    what leads to it alone.
    """
    graph = _Graph(items)
    ordered = graph.depth_first()
    ends: set[str] = set()
    level: dict[str, int] = {}
    for item in ordered:
        sources = graph.sources[item.name]
        behind = len(sources) == 1 and sources[0].name in ends and len(graph.readers[sources[0].name]) == 1
        if len(sources) > 1 or (behind and item.kind in ACTIVATIONS):
            ends.add(item.name)
        level[item.name] = max(
            (level[each.name] + (each.name in ends and not (behind and item.name in ends)) for each in sources),
            default=0,
        )
    within: dict[str, int] = {}  # of what leads to several others: its items up to there
    for item in reversed(ordered):
        readers = graph.readers[item.name]
        steps = [within[each.name] for each in readers if each.name in within and level[each.name] == level[item.name]]
        if item.name not in ends and (len(readers) > 1 or steps):
            within[item.name] = 1 + max(steps, default=0)
    least: dict[int, int] = {}  # of each level, the items of the shortest branch
    for item in ordered:
        if item.name in within and not any(
            each.name in within and level[each.name] == level[item.name] for each in graph.sources[item.name]
        ):
            here = level[item.name]
            least[here] = min(least.get(here, within[item.name]), within[item.name])

    def rank(item: Item) -> tuple[int, ...]:
        here = level[item.name]
        return (here, 0, -max(within[item.name], least[here])) if item.name in within else (here, 1)

    return with_sources_late(sorted(ordered, key=rank))


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


class _Graph:
    """What reads what.

    Args:
        items: Of a body, what reads no input of the network too.
    """

    def __init__(self, items: Sequence[Item]) -> None:
        giver = {name: item for item in items for name in item.gives}
        self.readers: dict[str, list[Item]] = {item.name: [] for item in items}
        self.sources: dict[str, list[Item]] = {}
        self._items = items
        for item in items:
            names = (*item.all_read_within, *([item.share] if item.share else []))
            found = {each.name: each for name in names if (each := giver.get(base(name))) is not None}
            self.sources[item.name] = list(found.values())
            for name in found:
                self.readers[name].append(item)

    def depth_first(self) -> list[Item]:
        """The items, each just behind what leads to it, in the order in which it is read."""
        found: dict[str, Item] = {}
        waiting = [(item, False) for item in reversed(self._items) if not self.readers[item.name]]
        while waiting:
            item, is_led_to = waiting.pop()
            if is_led_to:
                found[item.name] = item
            elif item.name not in found:
                waiting.append((item, True))
                waiting += [(each, False) for each in reversed(self.sources[item.name]) if each.name not in found]
        return list(found.values())


ORDERS = (by_height, by_levels)
