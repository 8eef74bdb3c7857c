"""What is done last to the numbers of an output."""

from __future__ import annotations

from netspec.graph.model import Graph
from netspec.kinds.dense import Dense
from netspec.kinds.window import Windowed

MAX_BEHIND = 100  # nodes behind the one that sets what an output is
_PASSING = ("flatten", "reshape", "permute", "dropout")


def ending(graph: Graph, index: int) -> str:
    """The activation that a node ends in, `linear` after a layer with none, or the kind of another node."""
    node = graph.nodes[index]
    for _ in range(MAX_BEHIND):
        if node.kind_name not in _PASSING or not node.inputs:
            break
        node = graph.nodes[node.inputs[0]]
    activation: str | None = getattr(node.config, "activation", None)
    if isinstance(node.config, (Windowed, Dense)):
        return activation or "linear"
    return activation or node.kind_name
