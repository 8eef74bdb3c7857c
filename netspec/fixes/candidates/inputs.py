"""Inputs of another shape."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.diagnostics.problems import Candidate, Edit
from netspec.fixes.candidates.registry import rule
from netspec.fixes.candidates.search import MAX_NODES, Search
from netspec.shapes import batch_first, channels_first, show_shape
from netspec.spec.edits import without_first
from netspec.syntax.tree import Sequence

USUAL_SIZES = (224, 128, 64, 32, 28)  # where an input's size must be known, and any would do


@rule("NS401", "NS402", "NS403", confidence="likely")
def channels_last(search: Search, index: int) -> Iterator[Candidate | None]:
    """An input that is written with its channels first, as PyTorch's are."""
    reached = search.graph.before((index,))
    for number, handle in enumerate(search.graph.inputs):
        shape = search.graph.nodes[handle].shape
        if handle in reached and channels_first(shape):
            assert shape is not None
            yield search.resized(number, (*shape[1:], shape[0]))


@rule("NS404", "NS407", confidence="likely")
def without_batch(search: Search, index: int) -> Iterator[Candidate | None]:
    """An input without the batch that is written as its first size."""
    reached = search.graph.before((index,))
    for number, handle in enumerate(search.graph.inputs):
        shape = search.graph.nodes[handle].shape
        written = search.document.inputs[number].shape.tree
        if handle in reached and batch_first(shape) and isinstance(written, Sequence):
            assert shape is not None
            yield Candidate((without_first(written),), f"input: {show_shape(shape[1:])}")


@rule("NS407")
def known_sizes(search: Search, index: int) -> Iterator[Candidate | None]:
    """A mean over all places instead of a list of them; an input whose size is known."""
    for node in search.back(index)[:MAX_NODES]:
        step = search.own(node)
        if step is not None and node.kind_name == "flatten" and step.tree is None:
            yield Candidate((Edit(step.span, "global_pool"),), "global_pool for flatten", nodes=(node.path,))
    for number, handle in enumerate(search.graph.inputs):
        shape = search.graph.nodes[handle].shape
        if shape is None or None not in shape:
            continue
        for size in USUAL_SIZES:
            known = (*(size if old is None else old for old in shape[:-1]), 3 if shape[-1] is None else shape[-1])
            yield search.resized(number, known)
