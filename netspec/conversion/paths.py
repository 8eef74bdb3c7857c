"""Where the nodes of a converted model are in the spec that is written of it."""

from __future__ import annotations

from netspec.conversion.nodes import Flat
from netspec.conversion.writing import text_of
from netspec.graph.model import Graph
from netspec.pipeline import check_text


def paths_of(flat: Flat, graph: Graph) -> dict[str, str]:
    """The path of each flat node in the network of its text, where most nodes are named by counting.

    Args:
        flat: The model.
        graph: The network that `text_of(flat)` says.
    """
    named = check_text(text_of(flat, names_all=True), repairs=False).graph
    assert named is not None
    place = {node.path: index for index, node in enumerate(named.nodes)}
    found = {}
    for node in flat.nodes:
        path = node.name if node.body is None else f"{node.name}.{node.body.kind_name}_1"
        found[node.name] = graph.nodes[place[path]].path
    return found
