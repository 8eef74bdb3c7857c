"""Forks that meet again: what stands between becomes a `skip` or an `inception`."""

from __future__ import annotations

from collections import Counter

from netspec.conversion.folding.items import IDENTITY, Item, Shapes, base, size
from netspec.conversion.naming import free_name

_MERGES = frozenset(("add", "multiply", "average", "maximum", "concat"))
_SHORTCUT = 3  # items of the shorter way, beyond which two ways are branches beside each other
_LONGEST = 60  # lines of a composition; what is longer is easier to read with names


def with_regions(items: list[Item], shapes: Shapes, outputs: frozenset[str]) -> list[Item]:
    """The items, each fork whose ways are chains and meet in one merge made a composition, the innermost first."""
    regions = _Regions(items, shapes, outputs)
    for item in items:
        regions.close(item)
    return [item for item in regions.items if item.name not in regions.gone]


class _Regions:
    def __init__(self, items: list[Item], shapes: Shapes, outputs: frozenset[str]) -> None:
        self.shapes = shapes
        self.items = items
        self.outputs = outputs
        self.by_name = {item.name: item for item in items}
        self.readers = Counter(base(name) for item in items for name in item.all_read)
        self.shared = {item.share for item in items if item.share is not None}
        self.gone: set[str] = set()

    def close(self, merge: Item) -> None:
        """Make a composition of what ends in a merge, if it is one."""
        if merge.kind not in _MERGES or len(merge.reads) < 2 or merge.beside or merge.share is not None:
            return
        if merge.values or not merge.trainable:
            return
        ways = [self._way(name) for name in merge.reads]
        start = ways[0][0]
        if any(root != start for root, _ in ways) or "." in start or not any(chain for _, chain in ways):
            return
        chains = [chain for _, chain in ways]
        if sum(map(size, chains)) > _LONGEST:
            return
        made = self._two(merge, start, chains) if len(chains) == 2 else ("inception", _branches(chains))
        if made is None:
            return
        kind, bodies = made
        inside = {item.name for chain in chains for item in chain}
        self.gone |= inside
        self.readers[start] -= len(chains) - 1
        merge.values = {} if merge.kind == ("add" if kind == "skip" else "concat") else {"merge": merge.kind}
        merge.kind, merge.bodies, merge.reads, merge.entering = kind, bodies, (start,), start
        if kind == "skip" and "shortcut" not in bodies:
            merge.values["shortcut"] = IDENTITY

    def _way(self, name: str) -> tuple[str, list[Item]]:
        """The chain that ends in a tensor, back to the first that others read too."""
        chain: list[Item] = []
        while True:
            item = self.by_name.get(name)
            if item is None or self.readers[name] != 1 or name in self.outputs or name in self.shared:
                break
            if len(item.reads) != 1 or item.share is not None:
                break
            chain.insert(0, item)
            name = item.reads[0]
        return name, chain

    def _two(self, merge: Item, start: str, chains: list[list[Item]]) -> tuple[str, dict[str, list[Item]]] | None:
        """A skip, or an inception of two branches; nothing where names are easier to follow."""
        if merge.kind == "concat":
            if chains[0]:
                return "inception", _branches(chains)
            # The shortcut's channels come first.
            return None if self._moves(chains[1], start) else ("skip", {"body": chains[1]})
        body, shortcut = sorted(chains, key=size, reverse=True)
        if not shortcut:
            far = merge.kind != "multiply" and size(body) > _LONGEST // 2 and self._moves(body[:-1], start)
            return None if far else ("skip", {"body": body})
        if size(shortcut) == size(body) or size(shortcut) > _SHORTCUT:
            return "inception", _branches(chains)
        return "skip", {"body": body, "shortcut": shortcut}

    def _moves(self, chain: list[Item], start: str) -> bool:
        """Does a chain leave the positions that it begins with?"""
        return any(self.shapes[item.name][:-1] != self.shapes[start][:-1] for item in chain)


def _branches(chains: list[list[Item]]) -> dict[str, list[Item]]:
    """The branches by names that say what is widest in each."""
    found: dict[str, list[Item]] = {}
    for chain in chains:
        found[free_name(_word(chain), found)] = chain
    return found


def _word(chain: list[Item]) -> str:
    """What a branch is called: the window of its convolutions, its pool, else its first kind."""
    kinds = [item.kind for item in chain]
    if not kinds:
        return "identity"
    if kinds[0] in ("pool", "global_pool"):
        return "pool"
    windows = [item.values["kernel_size"] for item in chain if "kernel_size" in item.values]
    widest = [max(window) if isinstance(window, list | tuple) else window for window in windows]
    numbers = [each for each in widest if isinstance(each, int)]
    if numbers:
        return f"conv{max(numbers)}x{max(numbers)}"
    return kinds[0]
