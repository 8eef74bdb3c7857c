"""What is checked of a whole graph: what nobody reads, advice, budgets, data and training.

Each check is a function of the document, the graph and the problems; `CHECKS` is the order in which they run.
"""

from __future__ import annotations

from collections.abc import Callable

from netspec.data import Data
from netspec.data.source import shape_misfit
from netspec.diagnostics.codes import Stage
from netspec.diagnostics.problems import Note, Problems, Span
from netspec.diagnostics.words import show
from netspec.graph.model import Graph, Node, learnable
from netspec.graph.receptive_field import receptive_field
from netspec.spec.document import Document
from netspec.spec.limits import Limits
from netspec.spec.losses import Targets, misfit
from netspec.spec.training_settings import Train
from netspec.syntax.tree import Mapping, Tree, span_of

_UNCERTAIN = (Stage.READING, Stage.STRUCTURE, Stage.WIRING)  # what they leave open is who reads whom

Check = Callable[[Document, Graph, Problems], None]


def unused_nodes(document: Document, graph: Graph, problems: Problems) -> None:
    """A node that no output depends on would be missing from the model."""
    if any(p.is_error and p.stage in _UNCERTAIN for p in problems.ordered()) or any(
        not node.layer for node in graph.nodes
    ):
        return  # something is unknown, and what it would have read or fed cannot be told
    used = graph.used()
    reported: set[Span] = set()
    for index, node in enumerate(graph.nodes):
        if index in used or node.span in reported or node.tainted:
            continue
        reported.add(node.span)
        if node.is_input:
            problems.add("NS306", f"nothing that leads to an output reads the input `{node.path}`", node.span)
        elif not any(index in other.inputs for other in graph.nodes[index + 1 :]):
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
            problems.add("NS804", f"nothing reads the param `{name}`", span_of(key))
    for block in document.blocks.values():
        for name, key in block.param_keys.items():
            if name not in document.names_used:
                problems.add("NS804", f"nothing reads the param `{name}` of `{block.name}`", span_of(key))
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
    return (Note(f"with all that is in them: {_largest(bodies)}"),) if len(bodies) < len(costs) else ()


_UNITS = {
    "parameters": "parameters",
    "macs": "multiply-accumulates",
    "activation_memory": "bytes of activations",
}


def _bytes(node: Node) -> int:
    from netspec.graph.model import BYTES
    from netspec.shapes import size_of

    return 0 if node.is_input else (size_of(node.shape) or 0) * BYTES[node.dtype]


def _receptive_field(graph: Graph, least: int, span: Span, problems: Problems) -> None:
    for name, handle in graph.outputs.items():
        node = graph.nodes[handle]
        if node.field and min(node.field) < least:
            seen = show(receptive_field(node))
            message = f"the output `{name}` sees {seen} places of the input, fewer than the limit of {least}"
            problems.add("NS601", message, span)


def data_fits(document: Document, graph: Graph, problems: Problems) -> None:
    """A source that is known beforehand against the network's input and outputs."""
    data = graph.data
    if not isinstance(data, Data) or problems.has_errors or not graph.inputs:
        return
    first = graph.nodes[graph.inputs[0]]
    source = data.source
    if len(graph.inputs) > 1:
        problems.add("NS701", f"`{source.word}` gives one input, and the network has {len(graph.inputs)}", first.span)
        return
    wrong = None if source.shape is None or first.shape is None else shape_misfit(source.shape, first.shape)
    if wrong is not None:
        problems.add("NS701", f"`{source.word}` {wrong}", _input_span(document, first))
    if source.classes is not None:
        for name in graph.outputs:
            output_fits(graph, name, Targets(source.word, source.classes), problems)


def _input_span(document: Document, node: Node) -> Span:
    for declared in document.inputs:
        if declared.name == node.path:
            return span_of(declared.shape.tree)
    return node.span


def output_fits(graph: Graph, name: str, targets: Targets, problems: Problems) -> None:
    """Whether an output can learn the labels, at the node that is at fault where it cannot."""
    node = graph.nodes[graph.outputs[name]]
    train = graph.train if isinstance(graph.train, Train) else Train()
    if node.shape is None or not train.learns(name):
        return
    wrong = misfit(name, node.shape, train.loss_of(name), targets)
    if wrong is not None:
        problems.add(wrong.code, wrong.message, _last_width(graph, node) if wrong.is_width else node.span)


def _last_width(graph: Graph, node: Node) -> Span:
    """The node that set the width: an activation after it is not at fault."""
    while node.inputs and node.shape == graph.nodes[node.inputs[0]].shape and not sum(node.weights):
        node = graph.nodes[node.inputs[0]]
    return node.span


def training_fits(document: Document, graph: Graph, problems: Problems) -> None:
    """What `train` says of outputs must name outputs."""
    train, section = graph.train, document.train
    outputs = tuple(graph.outputs)
    if not isinstance(train, Train) or section is None or not outputs:
        return
    for option, name, message in train.unknown_outputs(outputs):
        problems.add("NS705", message, _key(section.values[option].tree, name))
    if isinstance(train.loss, dict) and not problems.has_errors and not any(map(train.learns, outputs)):
        span = span_of(section.values["loss"].tree)
        problems.add("NS705", "no output has a loss, so there is nothing to train", span)


def _key(tree: Tree, name: str) -> Span:
    return span_of(tree.entries[name].key) if isinstance(tree, Mapping) else span_of(tree)


CHECKS: tuple[Check, ...] = (nothing_to_do, unused_nodes, unused_names, budgets, data_fits, training_fits)
