"""Nodes, params and blocks that nothing reads."""

from __future__ import annotations

from netspec.diagnostics.codes import Stage
from netspec.diagnostics.problems import Problems, Span
from netspec.graph.model import Graph
from netspec.kinds.kind import Part
from netspec.spec.document import Document
from netspec.syntax.tree import span_of

_UNCERTAIN = (Stage.READING, Stage.STRUCTURE, Stage.WIRING)  # what they leave open is who reads whom


def unused_nodes(document: Document, graph: Graph, problems: Problems) -> None:
    """A node that no output depends on would be missing from the model."""
    if not graph.outputs or any(p.is_error and p.stage in _UNCERTAIN for p in problems.ordered()):
        return
    if any(not node.layer for node in graph.nodes):
        return  # something is unknown, and what it would have read or fed cannot be told
    used = graph.used()
    if len(used) == len(graph.nodes):
        return
    read = {source for node in graph.nodes for source in node.inputs if not isinstance(node.config, Part)}
    reported: set[Span] = set()
    for index, node in enumerate(graph.nodes):
        if index in used or node.span in reported or node.tainted or isinstance(node.config, Part):
            continue
        reported.add(node.span)
        if node.is_input:
            problems.add("NS306", f"nothing that leads to an output reads the input `{node.path}`", node.span)
        elif index not in read:
            problems.add(
                "NS305",
                f"no output depends on `{node.path}`, so the model would not hold it; "
                "read it, make it a `head` or name it in `outputs`",
                node.span,
            )


def unused_names(document: Document, graph: Graph, problems: Problems) -> None:
    """Params and blocks that nothing uses."""
    if problems.has_errors:
        return  # what is wrong may be the use that is missing
    for name, key in document.param_keys.items():
        if name not in document.names_used:
            problems.add("NS804", f"nothing uses the param `{name}`", span_of(key))
    used = document.used
    for name, key in used.listed.items() if used is not None else ():
        if name not in document.blocks_used:
            problems.add("NS805", f"nothing uses the block `{name}`", span_of(key))
    for block in document.blocks.values():
        if used is not None and block.name in used.blocks:
            continue  # whoever uses it elsewhere may need all of it
        for name, key in block.param_keys.items():
            if name not in document.names_used:
                problems.add("NS804", f"nothing uses the param `{name}` of `{block.name}`", span_of(key))
        if block.name not in document.blocks_used:
            problems.add("NS805", f"nothing uses the block `{block.name}`", span_of(block.key))


def nothing_to_do(document: Document, graph: Graph, problems: Problems) -> None:
    """A network without nodes."""
    if (
        document.body
        and all(graph.nodes[handle].is_input for handle in graph.outputs.values())
        and not problems.has_errors
    ):
        problems.add("NS304", "every output is an input; the network does nothing", document.body[0].span)
