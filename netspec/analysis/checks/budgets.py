"""The budgets that a spec sets under `limits`."""

from __future__ import annotations

from collections.abc import Callable

from netspec.diagnostics.problems import Note, Problems, Span
from netspec.diagnostics.words import show
from netspec.graph.model import BYTES, Graph, Node, learnable
from netspec.graph.receptive_field import receptive_field
from netspec.spec.document import Document
from netspec.spec.limits import Limits
from netspec.syntax.tree import span_of


def budgets(document: Document, graph: Graph, problems: Problems) -> None:
    """The `limits`, each at its line, with the nodes that cost most."""
    limits, section = graph.limits, document.limits
    if not isinstance(limits, Limits) or section is None or problems.has_errors:
        return
    totals = graph.totals()
    costs: tuple[tuple[str, int | None, Callable[[Node], int]], ...] = (
        ("parameters", totals.parameters, lambda n: sum(learnable(n)) if n.share is None else 0),
        ("macs", totals.macs, lambda n: n.macs or 0),
        ("activation_memory", totals.activation_bytes, _bytes),
    )
    for name, actual, cost in costs:
        allowed = getattr(limits, name)
        if allowed is None:
            continue
        span = span_of(section.values[name].tree)
        if actual is None:
            problems.add("NS601", f"`{name}` cannot be checked: a size of the network is not known", span)
        elif actual > allowed:
            costs_of = {graph.nodes[i].path: cost(graph.nodes[i]) for i in sorted(graph.used())}
            problems.add(
                "NS601",
                f"the network has {actual:,} {_UNITS[name]}, over the limit of {allowed:,}; "
                f"the most are in {_largest(costs_of)}",
                span,
                _by_body(costs_of),
            )
    if limits.receptive_field is not None:
        _receptive_field(graph, limits.receptive_field, span_of(section.values["receptive_field"].tree), problems)


def _largest(costs: dict[str, int]) -> str:
    worst = sorted(costs, key=lambda path: costs[path], reverse=True)[:3]
    return ", ".join(f"`{path}` {costs[path]:,}" for path in worst if costs[path])


def _by_body(costs: dict[str, int]) -> tuple[Note, ...]:
    """Of a network of blocks, which of them cost most: among hundreds of nodes that are alike, no three tell it."""
    bodies: dict[str, int] = {}
    for path, cost in costs.items():
        body = path.partition(".")[0]
        bodies[body] = bodies.get(body, 0) + cost
    return (Note(f"counting everything inside: {_largest(bodies)}"),) if len(bodies) < len(costs) else ()


_UNITS = {
    "parameters": "parameters",
    "macs": "multiply-accumulates",
    "activation_memory": "bytes of activations",
}


def _bytes(node: Node) -> int:
    return 0 if node.is_input else (node.elements or 0) * BYTES[node.dtype]


def _receptive_field(graph: Graph, least: int, span: Span, problems: Problems) -> None:
    for name, handle in graph.outputs.items():
        node = graph.nodes[handle]
        if node.field and min(node.field) < least:
            seen = show(receptive_field(node))
            message = f"the receptive field of the output `{name}` is {seen}, below the limit of {least}"
            problems.add("NS601", message, span)
