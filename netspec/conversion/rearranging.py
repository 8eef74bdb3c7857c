"""Axes that are exchanged on the way: a `channel_shuffle` that is two reshapes, a product whose factor is transposed before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from netspec.conversion.nodes import FlatNode
from netspec.shapes import Shape

_FACTORS = ("transpose_a", "transpose_b")


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
            if split is not None and _exchanges_the_last(swap, len(shape_of[split.name])):
                groups = _groups(shape_of[split.reads[0]], shape_of[split.name], shape_of[node.name])
                if groups is not None:
                    del made[swap.name], made[split.name]
                    node = node._replace(kind_name="channel_shuffle", values={"groups": groups}, reads=split.reads)
        made[node.name] = node
    return tuple(made.values())


def _exchanges_the_last(node: FlatNode, rank: int) -> bool:
    return node.values.get("dims") == [*range(1, rank - 1), rank, rank - 1] and node.share is None


def _groups(given: Shape, split: Shape, joined: Shape) -> int | None:
    """Of how many groups the channels are that a reshape splits and another joins; None where they do something else."""
    if given != joined or split[:-2] != given[:-1] or len(split) < 2 or split[-2] is None:
        return None
    return split[-2]
