"""Nodes that are new or gone, as blocks where whole ones are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from netspec.comparison.differences import Difference
from netspec.comparison.items import Item, Written
from netspec.shapes import show_shape


class Unit(NamedTuple):
    """A node or a block that one network has and the other has not.

    Attributes:
        path: Where it stands.
        outer: What it stands in.
        base: Its name without its number.
        is_node: Is it a single node?
        kind: The node's.
        shape: Of the node's output.
        after: What the node reads, if that is one node.
        nodes: How many nodes it is.
        parameters: How many it has.
        words: How often each kind is in it.
        is_repeated: Is it one of several that one step of the spec makes?
        among: How many of its name stand beside it, itself included.
        others: How many there are in the other network.
    """

    path: str
    outer: str
    base: str
    is_node: bool
    kind: str
    shape: str
    after: str
    nodes: int
    parameters: int
    words: frozenset[tuple[str, int]]
    is_repeated: bool
    among: int
    others: int


def units(difference: Difference) -> tuple[list[Unit], list[Unit]]:
    """Those that are new, and those that are gone."""
    one, other = difference.written
    places: dict[str, str] = {"": ""}  # of the second network, where a block of the first is
    back: dict[str, str] = {"": ""}
    for index, known in difference.pairs.items():
        inner, outer = difference.second.nodes[index].path, difference.first.nodes[known].path
        while "." in inner and "." in outer:
            inner, outer = inner.rpartition(".")[0], outer.rpartition(".")[0]
            if inner in places:
                break
            places[inner] = outer
            back.setdefault(outer, inner)
    added = set(difference.added)
    removed = set(difference.removed)
    here, there = _bodies(other), _bodies(one)
    return (
        [*_found(other, other.items, "", added, (here, there, places))] if added else [],
        [*_found(one, one.items, "", removed, (there, here, back))] if removed else [],
    )


Bodies = dict[str, Counter[str]]


def _bodies(written: Written) -> Bodies:
    """How many of each name stand in each block."""
    found: Bodies = {}
    stack = [("", written.items)]
    while stack:
        path, items = stack.pop()
        found[path] = Counter(item.base for item in items)
        stack.extend((f"{path}.{item.name}" if path else item.name, item.inner) for item in items if item.inner)
    return found


def _found(
    written: Written, items: list[Item], outer: str, among: set[int], counts: tuple[Bodies, Bodies, dict[str, str]]
) -> Iterator[Unit]:
    for item in items:
        path = f"{outer}.{item.name}" if outer else item.name
        nodes = sorted(index for index in item.nodes() if index in among)
        if not nodes:
            continue
        if len(nodes) < item.size:
            yield from _found(written, item.inner, path, among, counts)
            nodes = [item.node] if item.node in among else []
        if nodes:
            yield _unit(written, item, outer, nodes, counts)


def _unit(
    written: Written, item: Item, outer: str, nodes: list[int], counts: tuple[Bodies, Bodies, dict[str, str]]
) -> Unit:
    here, there, places = counts
    graph = written.graph
    node = graph.nodes[nodes[-1]]
    beside = there.get(places.get(outer, "\0"), Counter())
    return Unit(
        path=f"{outer}.{item.name}" if outer else item.name,
        outer=outer,
        base=item.base,
        is_node=len(nodes) == 1,
        kind=node.kind_name,
        shape=show_shape(node.shape),
        after=graph.nodes[node.inputs[0]].path if len(node.inputs) == 1 else "",
        nodes=len(nodes),
        parameters=sum(sum(graph.nodes[index].weights) for index in nodes if graph.nodes[index].share is None),
        words=frozenset(Counter(written.words[index] for index in nodes).items()),
        is_repeated=item.is_repeated,
        among=here[outer][item.base],
        others=beside[item.base],
    )
