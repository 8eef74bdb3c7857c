"""Data and training against the network: for validation, and again once the data are loaded."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from netspec.analysis.checks.loop import misfits
from netspec.data import Data
from netspec.data.schema import Target
from netspec.data.source import shape_misfit
from netspec.diagnostics.problems import Problems, Repair, Span
from netspec.graph.model import Graph, Node
from netspec.spec.document import Document
from netspec.spec.losses import misfit
from netspec.spec.training_settings import Train
from netspec.syntax.tree import Mapping, Sequence, Tree, span_of

MAX_AFTER = 100  # nodes behind the one that sets the width of an output


def data_fits(document: Document, graph: Graph, problems: Problems) -> None:
    """A source that is known beforehand against the network's input and outputs."""
    data = graph.data
    if not isinstance(data, Data) or problems.has_errors or not graph.inputs:
        return
    first = graph.nodes[graph.inputs[0]]
    source = data.source
    if len(graph.inputs) > 1 and source.one_input:
        problems.add(
            "NS701", f"`{source.spec_name}` gives one input, and the network has {len(graph.inputs)}", first.span
        )
        return
    wrong = None if source.shape is None or first.shape is None else shape_misfit(source.shape, first.shape)
    if wrong is not None:
        problems.add("NS701", f"`{source.spec_name}` {wrong}", _input_span(document, first), node=first.path)
    if source.classes is not None:
        for name in graph.outputs:
            if data.target_of(name) == "label":
                output_fits(graph, name, Target(source.spec_name, "classes", source.classes), problems)


def _input_span(document: Document, node: Node) -> Span:
    for declared in document.inputs:
        if declared.name == node.path:
            return span_of(declared.shape.tree)
    return node.span


def output_fits(graph: Graph, name: str, target: Target, problems: Problems) -> None:
    """Whether an output can learn the labels, at the node that is at fault where it cannot."""
    node = graph.nodes[graph.outputs[name]]
    train = graph.train if isinstance(graph.train, Train) else Train()
    if node.shape is None or not train.learns(name):
        return
    wrong = misfit(name, node.shape, train.loss_of(name), target)
    if wrong is None:
        return
    repairs: tuple[Repair, ...] = ()
    if wrong.is_width:
        node = _last_width(graph, node)
        options = node.config.options if node.config is not None else ()
        repairs = tuple(Repair(name, str(target.class_count)) for name in ("units", "filters") if name in options)
    problems.add(wrong.code, wrong.message, node.span, node=node.path, repairs=repairs)


def _last_width(graph: Graph, node: Node) -> Node:
    """The node that set the width: an activation after it is not at fault."""
    for _ in range(MAX_AFTER):
        if not node.inputs or node.shape != graph.nodes[node.inputs[0]].shape or sum(node.weights) > 0:
            break
        node = graph.nodes[node.inputs[0]]
    return node


def training_fits(document: Document, graph: Graph, problems: Problems, beside: Collection[str] = ()) -> None:
    """What `train` says must fit together, and fit the network. Options that are given `beside` the spec have no place in it."""
    train, section = graph.train, document.train
    outputs = tuple(graph.outputs)
    if not isinstance(train, Train) or section is None or not outputs:
        return
    if not {"loss", "loss_weights"} & set(beside):
        for option, name, message in train.unknown_outputs(outputs):
            problems.add("NS705", message, _key(section.values[option].tree, name))
        if isinstance(train.loss, dict) and not problems.has_errors and not any(map(train.learns, outputs)):
            span = span_of(section.values["loss"].tree)
            problems.add("NS705", "no output has a loss, so there is nothing to train", span)
    if not problems.has_errors:
        for wrong in misfits(graph, train):
            if wrong.option not in beside:
                given = section.values.get(wrong.option)
                span = span_of(section.key) if given is None else _inside(given.tree, wrong.path, wrong.at_key)
                problems.add(wrong.code, wrong.message, span)


def _inside(tree: Tree, path: Iterable[str | int], at_key: bool) -> Span:
    """Where that stands in an option's value to which keys and indices lead; as near as it is written."""
    found = tree
    for step in path:
        if isinstance(tree, Mapping) and isinstance(step, str) and step in tree.entries:
            key, tree = tree.entries[step]
            found = key if at_key else tree
        elif isinstance(tree, Sequence) and isinstance(step, int) and step < len(tree.items):
            found = tree = tree.items[step]
    return span_of(found)


def _key(tree: Tree, name: str) -> Span:
    return span_of(tree.entries[name].key) if isinstance(tree, Mapping) else span_of(tree)
