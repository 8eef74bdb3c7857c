"""Advice: what is allowed and seldom meant. Each lint has a code of NS8xx, whose page gives the reason and the source.

A lint is a function that is shown the whole network and yields problems, declared by `lint`. A warning that is wrong
costs more trust than a missing one wins: where a lint cannot tell, it says nothing, and what a spec says outright
(`use_bias: true`) is taken as meant.
"""

from __future__ import annotations

from netspec.analysis.lints import (
    biases,
    inputs,
    linear,
    masks,
    outputs,
    receptive_field,
    strides,
    variances,
)  # each declares its lints
from netspec.analysis.lints.registry import LINTS, lint
from netspec.analysis.view import View
from netspec.diagnostics.problems import Problems
from netspec.graph.model import Graph
from netspec.spec.document import Document

__all__ = [
    "advise",
    "biases",
    "inputs",
    "linear",
    "lint",
    "masks",
    "outputs",
    "receptive_field",
    "strides",
    "variances",
]


def advise(document: Document, graph: Graph, problems: Problems) -> None:
    """All advice on a network that has no errors; where there are some, they are what matters."""
    if problems.has_errors:
        return
    view = View(document, graph)
    for each in LINTS:
        for problem in each(view):
            problems.put(problem)
