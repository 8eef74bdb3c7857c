"""Inputs and outputs that do not go with the data."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.data import Data
from netspec.diagnostics.problems import Candidate, Edit
from netspec.fixes.candidates.registry import rule
from netspec.fixes.candidates.search import MAX_NODES, Search
from netspec.kinds.sequence import SimpleRnn
from netspec.shapes import show_shape
from netspec.syntax.tree import Scalar, Sequence, span_of


@rule("NS701")
def as_the_data(search: Search, index: int) -> Iterator[Candidate | None]:
    """An input of the shape of the examples."""
    data = search.graph.data
    shape = data.source.shape if isinstance(data, Data) else None
    if shape is None or index not in search.graph.inputs:
        return
    number = search.graph.inputs.index(index)
    resized = search.resized(number, shape)
    written = search.document.inputs[number].shape.tree
    if resized is not None:
        yield resized
    elif isinstance(written, Sequence):
        edit = Edit(span_of(written), str(list(shape)))
        yield Candidate((edit,), f"input: {show_shape(shape)}")


@rule("NS702", confidence="likely")
def as_many_classes(search: Search, index: int) -> Iterator[Candidate | None]:
    """The param that stands for the number of classes."""
    node, data = search.graph.nodes[index], search.graph.data
    classes = data.source.classes if isinstance(data, Data) else None
    step = search.own(node)
    given = step.values.get("units") or step.values.get("filters") if step is not None else None
    if classes is None or given is None or not given.dynamic or node.span in search.blocks:
        return
    at = search.param_of(given.tree)
    if at is not None and isinstance(given.tree, Scalar):
        name = given.tree.text.strip().removeprefix("$")
        yield Candidate((Edit(span_of(at), str(classes)),), f"{name}: {classes}")


@rule("NS702", confidence="likely")
def one_vector(search: Search, index: int) -> Iterator[Candidate | None]:
    """One vector for each example: the last step only, the places in a row before the dense layers, or their mean."""
    first = None
    node = search.graph.nodes[index]
    for _ in range(MAX_NODES):
        if node.shape is None or len(node.shape) < 2:
            break
        if isinstance(node.config, SimpleRnn):
            yield search.change(node, return_sequences="false")
        if node.kind_name == "dense":
            first = node
        elif sum(node.weights) or len(node.inputs) != 1:
            break
        node = search.graph.nodes[node.inputs[0]]
    if first is not None:
        step = search.own(first)
        for kind in ("flatten", "global_pool") if step is not None else ():
            edit = search.places.before(step, kind) if step is not None else None
            yield None if edit is None else Candidate((edit,), f"{kind} before `{first.path}`")
    last = search.graph.nodes[index]
    step = search.own(last)
    edit = search.places.after(step, "global_pool") if step is not None and len(last.shape or ()) > 1 else None
    yield None if edit is None else Candidate((edit,), f"global_pool after `{last.path}`")
