"""A network with the way by which it was made, for those who write it down as code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from netspec.diagnostics.problems import Problems
from netspec.graph.elaboration import elaborate
from netspec.graph.elaboration.tracing import Body
from netspec.graph.model import Graph
from netspec.spec.document import Document


class Traced(NamedTuple):
    """A network with the way by which it was made."""

    graph: Graph
    top: Body


def traced(document: Document, overrides: Mapping[str, object], variant: str | None) -> Traced | None:
    """A spec's network for these params; None where it is none."""
    problems = Problems()
    trace: list[Body] = []
    graph = elaborate(document, problems, overrides, variant, trace=trace)
    if problems.has_errors or not trace:
        return None
    return Traced(graph, trace[0])
