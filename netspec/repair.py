"""Repairs that are proven: a candidate edit is applied to the text, the whole text is checked again, and it is kept
only if the problem is gone and nothing else has gone wrong."""

from __future__ import annotations

from collections.abc import Callable

from netspec.edits import apply
from netspec.geometry import show_shape
from netspec.graph import Graph
from netspec.problems import Fix, Problem

# Each candidate is a whole check, whose time grows with the nodes and with the problems. A file with many of either
# gets its first repairs only.
MAX_CHECKS = 60
MAX_NODES_CHECKED = 20_000
MAX_PROBLEMS_CHECKED = 1_500
MAX_OFFERED = 3

Recheck = Callable[[str], tuple[Graph | None, tuple[Problem, ...]]]


def prove(text: str, graph: Graph | None, problems: tuple[Problem, ...], recheck: Recheck) -> tuple[Problem, ...]:
    """The problems, each with those of its candidate fixes that hold, and what the node yields with them."""
    budget = MAX_CHECKS
    size = len(graph.nodes) if graph is not None else 0
    price = 1 + size * MAX_CHECKS // MAX_NODES_CHECKED + len(problems) * MAX_CHECKS // MAX_PROBLEMS_CHECKED
    proven = []
    for problem in problems:
        held: list[Fix] = []
        for fix in problem.fixes:
            if budget <= 0 or len(held) >= MAX_OFFERED:
                break
            budget -= price
            result = _held(text, graph, problem, fix, problems, recheck)
            if result is not None:
                held.append(result)
        proven.append(problem._replace(fixes=tuple(held)))
    return tuple(proven)


def _held(
    text: str,
    graph: Graph | None,
    problem: Problem,
    fix: Fix,
    problems: tuple[Problem, ...],
    recheck: Recheck,
) -> Fix | None:
    after_graph, after = recheck(apply(text, fix.edits))
    before_errors = [p for p in problems if p.is_error]
    after_errors = [p for p in after if p.is_error]
    if any(_same(p, problem) for p in after_errors):
        return None
    allowed = {(p.code, p.message) for p in before_errors if p is not problem}
    for error in after_errors:
        if (error.code, error.message) not in allowed and not _uncovered(error, graph):
            return None
    return fix._replace(result=_result(problem, fix, after_graph))


def _same(a: Problem, b: Problem) -> bool:
    return (
        a.code == b.code and a.span.line == b.span.line and (a.span.column == b.span.column or a.message == b.message)
    )


def _uncovered(error: Problem, graph: Graph | None) -> bool:
    """Was the error's node out of sight before, because what it reads was wrong?"""
    if graph is None:
        return True
    nodes = [node for node in graph.nodes if node.path == error.node]
    return bool(error.node) and (not nodes or any(node.tainted for node in nodes))


def _result(problem: Problem, fix: Fix, graph: Graph | None) -> str:
    shape = (
        next((n.shape for n in graph.nodes if n.path == problem.node), None)
        if graph is not None and problem.node
        else None
    )
    if shape is None:
        return fix.result
    return show_shape(shape) + (f", {fix.result}" if fix.result else "")
