"""Axes that are exchanged on the way: `channel_shuffle` and windows that are two reshapes, a product whose factor is transposed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from netspec.conversion.nodes import FlatNode
from netspec.options import Values
from netspec.shapes import Shape

_FACTORS = ("transpose_a", "transpose_b")
_ACROSS = [1, 3, 2, 4, 5]  # the second axis and the third exchanged: what cuts windows out, and puts them together


def rearranged(nodes: Sequence[FlatNode], shape_of: Mapping[str, Shape], kept: frozenset[str]) -> tuple[FlatNode, ...]:
    """The nodes, exchanges of axes said by the node that they belong to.

    Args:
        nodes: In order.
        shape_of: The shape of each node, and of each input.
        kept: Nodes that are outputs, and stay.
    """
    readers = Counter(name for node in nodes for name in node.all_read)
    made: dict[str, FlatNode] = {}

    def alone(name: str, kind_name: str) -> FlatNode | None:
        """The node of this kind that is read here and nowhere else."""
        node = made.get(name)
        if node is None or readers[name] != 1 or name in kept or node.kind_name != kind_name:
            return None
        return node

    for node in nodes:
        if node.kind_name == "matmul" and len(set(node.reads)) == len(node.reads):
            for place, (name, option) in enumerate(zip(node.reads, _FACTORS, strict=False)):
                turned = alone(name, "permute")
                if turned is not None and _exchanges_the_last(turned, len(shape_of[name])):
                    del made[name]
                    values = {key: value for key, value in node.values.items() if key != option}
                    values |= {} if node.values.get(option) else {option: True}
                    reads = (*node.reads[:place], turned.reads[0], *node.reads[place + 1 :])
                    node = node._replace(values=values, reads=reads)
        elif node.kind_name == "reshape" and (swap := alone(node.reads[0], "permute")) is not None:
            split = alone(swap.reads[0], "reshape")
            found = None if split is None else _exchanged(swap, *(shape_of[each] for each in _ends(split, node)))
            if split is not None and found is not None:
                del made[swap.name], made[split.name]
                node = node._replace(kind_name=found[0], values=found[1], reads=split.reads)
        made[node.name] = node
    return tuple(made.values())


def _ends(split: FlatNode, joined: FlatNode) -> tuple[str, str, str]:
    return split.reads[0], split.name, joined.name


def _exchanged(swap: FlatNode, given: Shape, split: Shape, joined: Shape) -> tuple[str, Values] | None:
    """The kind, and its hyperparameters, that splits a tensor, exchanges two axes and joins it; None of others.

    Cutting windows out and putting them together are the same steps; which it is, the side that is square says.
    """
    if _exchanges_the_last(swap, len(split)):
        groups = _groups(given, split, joined)
        return None if groups is None else ("channel_shuffle", {"groups": groups})
    if swap.values.get("dims") != _ACROSS or swap.share is not None or None in split or len(split) != len(_ACROSS):
        return None
    a, b, c, d, depth = (size or 0 for size in split)
    if (given, joined) != ((a * b, c * d, depth), (a * c, b * d, depth)):
        return None
    if b == d:
        return "window_partition", {"size": b}
    if c == d:
        image = {} if a * c == b * d else {"height": a * c, "width": b * d}
        return "window_reverse", {"size": c, **image}
    return None


def _exchanges_the_last(node: FlatNode, rank: int) -> bool:
    return node.values.get("dims") == [*range(1, rank - 1), rank, rank - 1] and node.share is None


def _groups(given: Shape, split: Shape, joined: Shape) -> int | None:
    """Of how many groups the channels are that a reshape splits and another joins; None where they do something else."""
    if given != joined or split[:-2] != given[:-1] or len(split) < 2 or split[-2] is None:
        return None
    return split[-2]
