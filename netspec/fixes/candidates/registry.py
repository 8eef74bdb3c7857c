"""The table of rules: a function that is declared here with the codes that it serves is asked for candidates."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, islice

from netspec.diagnostics.problems import Candidate, Confidence, Problem
from netspec.fixes.candidates.search import Search

MAX_CANDIDATES = 40  # of one problem; each that is tried costs a whole check

Rule = Callable[[Search, int], Iterator[Candidate | None]]  # of the index of the node that complains

RULES: dict[tuple[str, Confidence], list[Rule]] = {}


def rule(*codes: str, confidence: Confidence = "possible") -> Callable[[Rule], Rule]:
    """Function decorator: declare a rule.

    A rule is a generator of candidates, the most likely first, and of None where the text's layout has no room for one.
    Rules of a code are asked in the order in which they are declared.

    Args:
        codes: The problems that its candidates might mend.
        confidence: "likely" where they are more likely what was meant than any change at the node that complains, and tried
            before those; "unlikely" where they are tried only if the others do not do.
    """

    def declare(function: Rule) -> Rule:
        for code in codes:
            RULES.setdefault((code, confidence), []).append(function)
        return function

    return declare


def candidates(search: Search, problem: Problem, confidence: Confidence) -> tuple[Candidate, ...]:
    """What the rules of a confidence propose for a problem, each once."""
    rules = RULES.get((problem.code, confidence), ())
    index = search.index_of(problem) if rules else None
    if index is None:
        return ()
    every = chain.from_iterable(each(search, index) for each in rules)
    found = islice((each for each in every if each is not None), MAX_CANDIDATES)
    return tuple({each.edits: _of(problem, each, confidence) for each in found}.values())


def _of(problem: Problem, candidate: Candidate, confidence: Confidence) -> Candidate:
    """A candidate as one of a problem, whose own node needs no name."""
    nodes = () if candidate.nodes == (problem.node,) else candidate.nodes
    return candidate._replace(confidence=confidence, nodes=nodes)
