"""What is asked of the sizes of nodes while others are made.

Which nodes a step makes hangs on the sizes of those before it only as far as it asks for them: `$channels` in an expression, the
strides that a projecting shortcut follows. Where what is asked gets the same answers, the nodes are the same, whatever else is new
in the shapes; only what their kinds say of them is another. The questions are noted for `renewing`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from netspec.graph.model import Node
from netspec.graph.receptive_field import strides_between

Handles = tuple[int, ...]
AXES: Mapping[
    str, tuple[int, Callable[[int], bool]]
] = {  # of a size in a shape, and whether one of so many dimensions has it
    "channels": (-1, lambda rank: rank > 0),
    "width": (-2, lambda rank: rank in (3, 4)),
    "height": (-3, lambda rank: rank in (3, 4)),
    "depth": (-4, lambda rank: rank == 4),
    "length": (-2, lambda rank: rank == 2),
}


class Asked(NamedTuple):
    """A question as it is asked, and its answer."""

    what: str
    nodes: tuple[Node, ...]
    answer: object


UNANSWERED = Asked("", (), None)  # by which nobody can tell whether the nodes would be the same


class Question(NamedTuple):
    """A question about nodes by their places, and the answer that it got."""

    what: str
    handles: Handles
    answer: object


def size_of(name: str, node: Node) -> int | None:
    """What `$channels` and its like are of a node; None where it has none, or where that is not known."""
    axis, has = AXES[name]
    shape = node.shape
    return shape[axis] if shape is not None and has(len(shape)) else None


def answer_to(what: str, *nodes: Node) -> object:
    """The answer to a question: a size, a whole `shape`, the `strides` from one node to another, or whether one is `known`."""
    if what in AXES:
        return size_of(what, nodes[0])
    if what == "strides":
        return strides_between(nodes[0].jump, nodes[1].jump)
    return nodes[0].shape if what == "shape" else nodes[0].shape is not None
