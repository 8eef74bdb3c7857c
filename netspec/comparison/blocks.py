"""What is new or gone where two networks have little in common: neighbours at the top together, in few lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from typing import NamedTuple

from netspec.comparison.items import Item, Written
from netspec.diagnostics.words import short

MOST_RUNS = 8  # that have a line each
MOST_KINDS = 4  # that are named


class Run(NamedTuple):
    """Neighbours of one sort: single nodes, or uses of one block, of which something is new or gone.

    Attributes:
        items: They, in order.
        nodes: What of them is new or gone.
    """

    items: list[Item]
    nodes: list[int]


def runs(written: Written, among: set[int]) -> list[Run]:
    """All that is new or gone, in order."""
    found: list[Run] = []
    last: object = None
    for item in written.items:
        nodes = sorted(among.intersection(item.nodes()))
        sort = _sort(item, written) if nodes else None
        if nodes and found and sort == last:
            found[-1].items.append(item)
            found[-1].nodes.extend(nodes)
        elif nodes:
            found.append(Run([item], nodes))
        last = sort
    return found


def _sort(item: Item, written: Written) -> Hashable:
    """What neighbours have in common that are told together: single nodes, or blocks in which the same kinds are."""
    if not item.inner:
        return "node"
    return frozenset(item.words(written.words))


def told(written: Written, among: set[int]) -> Iterator[str]:
    """A line for each, and one for those that are too many."""
    found = runs(written, among)
    shown = len(found) if len(found) <= MOST_RUNS else MOST_RUNS - 1
    for items, nodes in found[:shown]:
        ends = items if len(items) == 1 else (items[0], items[-1])
        size = sum(item.size for item in items)
        yield f"{' to '.join(f'`{item.name}`' for item in ends)}: {_amount(written, nodes, size)}"
    rest = [index for run in found[shown:] for index in run.nodes]
    if rest:
        yield f"behind these: {_amount(written, rest, len(rest))}"


def _amount(written: Written, nodes: Sequence[int], size: int) -> str:
    """How many nodes of how many, of which kinds, with how many parameters."""
    kinds = Counter(written.words[index] for index in nodes)
    what = ", ".join(word if count == 1 else f"{count:,} {word}" for word, count in kinds.most_common(MOST_KINDS))
    if size > 1:
        whole = f"{size:,}" if len(nodes) == size else f"{len(nodes):,} of {size:,}"
        what = f"{whole} nodes ({what}{', …' * (len(kinds) > MOST_KINDS)})"
    graph = written.graph
    parameters = sum(sum(graph.nodes[index].weights) for index in nodes if graph.nodes[index].share is None)
    return f"{what}, {short(parameters)} parameters" if parameters else what
