"""Repairs that are proven: a candidate edit is applied to the text, the whole text is checked again, and it is kept
only if the problem is gone and nothing else has gone wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from netspec.diagnostics.codes import Stage
from netspec.diagnostics.problems import Fix, Problem
from netspec.graph.model import Graph
from netspec.kinds.window import ONLY_PADDING
from netspec.shapes import show_shape
from netspec.syntax.edits import apply, between, in_json, is_json

# Each candidate is a whole check, whose time grows with the nodes and with the problems. A file with many of either
# gets its first repairs only.
MAX_CHECKS = 60
MAX_NODES_CHECKED = 20_000
MAX_PROBLEMS_CHECKED = 1_500
MAX_OFFERED = 3
MAX_CHAIN = 12  # changes that one repair may be made of

Recheck = Callable[[str], tuple[Graph | None, tuple[Problem, ...]]]


class Candidates(Protocol):
    """Candidates beside a problem's own."""

    def meant(self, problem: Problem) -> tuple[Fix, ...]:
        """Those that come before its own."""

    def others(self, problem: Problem) -> tuple[Fix, ...]:
        """Those that are looked for only where its own are few."""


def prove(
    text: str, graph: Graph | None, problems: tuple[Problem, ...], recheck: Recheck, candidates: Candidates
) -> tuple[Problem, ...]:
    """The problems, each with those of its candidate fixes that hold, and what the network is with them.

    What was surely meant comes first, then a node's own in their order, then those of other nodes, the cheapest first. One that
    leaves nothing wrong stands before one that leaves other problems; the likeliest, if it leaves some, is tried together with
    the repairs of those.
    """
    trial = _Trial(text, graph, problems, recheck)
    return tuple(problem._replace(fixes=trial.fixes(problem, candidates)) for problem in problems)


class _Held(NamedTuple):
    fix: Fix
    left: int  # errors that it uncovers
    cost: int  # parameters more or less than now, or where that is not known, in all


class _Trial:
    """Candidates are tried until the budget is spent."""

    def __init__(self, text: str, graph: Graph | None, problems: tuple[Problem, ...], recheck: Recheck) -> None:
        self.text = text
        self.graph = graph
        self.problems = problems
        self.recheck = recheck
        self.budget = MAX_CHECKS
        self.written = in_json if is_json(text) else tuple
        size = len(graph.nodes) if graph is not None else 0
        self.price = 1 + size * MAX_CHECKS // MAX_NODES_CHECKED + len(problems) * MAX_CHECKS // MAX_PROBLEMS_CHECKED
        self.parameters = _parameters(graph)

    def fixes(self, problem: Problem, candidates: Candidates) -> tuple[Fix, ...]:
        meant = candidates.meant(problem) or tuple(fix for fix in problem.fixes[:1] if fix.result == ONLY_PADDING)
        own = self._hold(problem, (*meant, *(fix for fix in problem.fixes if fix not in meant)))
        whole = [held for held in own if not held.left]
        if len(whole) < MAX_OFFERED and problem.is_error and self.budget > 0:
            found = self._hold(problem, candidates.others(problem))
            own += sorted(found, key=lambda held: held.cost)
        if own and problem.stage is Stage.SHAPES:
            first, least = own[0], min(own, key=lambda held: held.left)
            if first.left and first.fix.title in {fix.title for fix in meant}:
                own = [*self._chained(problem, first), *own]
            if all(held.left for held in own):
                own += self._chained(problem, least)
        return tuple(held.fix for held in sorted(own, key=lambda held: held.left > 0)[:MAX_OFFERED])

    def _chained(self, problem: Problem, first: _Held) -> list[_Held]:
        """A repair that uncovers other problems, together with those nodes' own repairs of them."""
        text, changes = apply(self.text, first.fix.edits), 0
        graph, problems = self.recheck(text)
        while new := self._new(problem, problems):
            following = self._mended(text, new[0], first.fix.title)
            if following is None or changes == MAX_CHAIN:
                return []
            text, graph, problems = following
            changes += 1
        title = f"{first.fix.title}, and {changes} more change{'s' * (changes > 1)}"
        fix = Fix(title, between(self.text, text), first.fix.result)
        return [self._weighed(fix, graph, problems, 0)]

    def _mended(self, text: str, error: Problem, title: str) -> tuple[str, Graph | None, tuple[Problem, ...]] | None:
        """The text after a node's own repair of its problem; the change that was made before is tried first."""
        for fix in sorted(error.fixes, key=lambda each: each.title != title):
            if self.budget <= 0:
                return None
            self.budget -= self.price
            after = apply(text, self.written(fix.edits))
            graph, problems = self.recheck(after)
            if not any(_same(each, error) for each in problems):
                return after, graph, problems
        return None

    def _new(self, problem: Problem, after: tuple[Problem, ...]) -> list[Problem]:
        """The errors that were not there before."""
        before = {(each.code, each.message) for each in self.problems if each is not problem}
        return [each for each in after if each.is_error and (each.code, each.message) not in before]

    def _weighed(self, fix: Fix, graph: Graph | None, after: tuple[Problem, ...], left: int) -> _Held:
        """With what the network costs then, where nothing at all is wrong with it."""
        if graph is None or any(each.is_error for each in after):
            return _Held(fix, left, 0)
        totals = graph.totals()
        more = None if self.parameters is None else totals.parameters - self.parameters
        fix = fix._replace(parameters=totals.parameters, macs=totals.macs, more=more)
        return _Held(fix, left, totals.parameters if more is None else abs(more))

    def _hold(self, problem: Problem, fixes: tuple[Fix, ...]) -> list[_Held]:
        held: list[_Held] = []
        for fix in fixes:
            if self.budget <= 0 or sum(not each.left for each in held) >= MAX_OFFERED:
                break
            self.budget -= self.price
            result = self._try(problem, fix)
            if result is not None:
                held.append(result)
        return held

    def _try(self, problem: Problem, fix: Fix) -> _Held | None:
        fix = fix._replace(edits=self.written(fix.edits))
        graph, after = self.recheck(apply(self.text, fix.edits))
        if any(_same(each, problem) for each in after if each.is_error or not problem.is_error):
            return None
        new = self._new(problem, after)
        if not all(_uncovered(error, problem, self.graph) for error in new):
            return None
        return self._weighed(fix._replace(result=_result(problem, fix, graph)), graph, after, len(new))


def _parameters(graph: Graph | None) -> int | None:
    """How many there are now; None where what is wrong leaves it open."""
    if graph is None or not graph.outputs or any(graph.nodes[i].shape is None for i in graph.used()):
        return None
    if any(node.shape and node.shape[-1] is None and node.tainted for node in graph.nodes):
        return None
    return graph.totals().parameters


def _same(a: Problem, b: Problem) -> bool:
    return (
        a.code == b.code and a.span.line == b.span.line and (a.span.column == b.span.column or a.message == b.message)
    )


def _uncovered(error: Problem, problem: Problem, graph: Graph | None) -> bool:
    """Was the error out of sight before, because what its node reads, or what the node says, was wrong?"""
    if graph is None or (problem.stage is Stage.STRUCTURE and error.stage is Stage.SHAPES):
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
