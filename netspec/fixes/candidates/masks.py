"""Masks that a layer fails on."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.diagnostics.problems import Candidate, Edit
from netspec.fixes.candidates.registry import rule
from netspec.fixes.candidates.search import Search


@rule("NS411", confidence="likely")
def softmax_as_a_function(search: Search, index: int) -> Iterator[Candidate | None]:
    """The activation of that name, which computes the same and does not look at masks."""
    step = search.own(search.graph.nodes[index])
    if step is not None and step.kind_name == "softmax" and step.tree is None:
        yield Candidate((Edit(step.span, "activation: softmax"),), "activation: softmax")
