"""Where the nodes of a converted model are in the spec that is written of it."""

from __future__ import annotations

from collections.abc import Mapping

from netspec.conversion.matching import Mismatch, matched
from netspec.conversion.nodes import Flat
from netspec.conversion.writing import text_with_names
from netspec.graph.model import Graph
from netspec.pipeline import check_text


def paths_of(flat: Flat, graph: Graph) -> dict[str, str]:
    """The path of each flat node in the network of a spec: flat, where most nodes are named by counting, or folded.

    Args:
        flat: The model.
        graph: The network of a spec that says it.

    Raises:
        ValueError: It does not.
    """
    named = named_graph(flat)
    pairs = matched(named, graph)
    if isinstance(pairs, Mismatch):
        raise ValueError(f"{pairs.path}: {pairs.message}")
    return paths_by(pairs, flat, named, graph)


def paths_by(pairs: Mapping[int, int], flat: Flat, named: Graph, graph: Graph) -> dict[str, str]:
    """The same, where it is known which node of the flat spec's network is which."""
    place = {node.path: index for index, node in enumerate(named.nodes)}
    found = {}
    for outer, node in flat.nodes_with_weights():
        path = ".".join(each.name for each in (*outer, node))
        if path in place:  # what is a composition is no node itself
            found[node.name] = graph.nodes[pairs[place[path]]].path
    return found


def named_graph(flat: Flat) -> Graph:
    """The network of a model's flat spec, in which each node has its name. Raises SpecError."""
    graph = check_text(text_with_names(flat), repairs=False).graph
    assert graph is not None
    return graph
