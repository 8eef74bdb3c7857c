"""Changes for several problems at once, tried together: a hundred misspelt words cost one check."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable
from typing import NamedTuple

from netspec.diagnostics.problems import Edit, Problem, Span
from netspec.fixes.verification import Checked, Recheck, uncovered
from netspec.syntax.edits import apply


class Change(NamedTuple):
    """What might mend one problem."""

    problem: Problem
    title: str
    edits: tuple[Edit, ...]


def together(before: Checked, changes: Iterable[Change], recheck: Recheck, checks: int) -> tuple[list[Change], Checked]:
    """Those of several changes that hold together, and the text with them.

    They hold where their problems are gone and nothing is wrong that was not, but for what was out of sight. All are tried
    at once, and if they do not hold, in halves.

    Args:
        before: The text with the problems.
        changes: One for a problem, the more important first. Of two that change the same place the first is tried.
        recheck: Checks a text as the first was checked.
        checks: How many there is time for.

    Returns:
        The changes that hold, in their order, and what the spec is with them.
    """
    groups = [_separate(changes)]
    kept: list[Change] = []
    state = before
    for _ in range(checks):
        group = groups.pop(0) if groups else []
        if not group:
            break
        after = _held(before, [*kept, *group], recheck)
        if after is not None:
            kept, state = [*kept, *group], after
        elif len(group) > 1:
            middle = len(group) // 2
            groups[:0] = [group[:middle], group[middle:]]
    return kept, state


def _separate(changes: Iterable[Change]) -> list[Change]:
    """Those of the changes that touch no place of one before them."""
    found: list[Change] = []
    taken: list[Span] = []  # in order, none within another
    for change in changes:
        spans = [edit.span for edit in change.edits]
        if not any(_touches(span, taken) for span in spans):
            for span in spans:
                insort(taken, span)
            found.append(change)
    return found


def _touches(span: Span, taken: list[Span]) -> bool:
    """Does a place lie at or within one that is taken?"""
    at = bisect_right(taken, span)
    return any(span[:2] <= other[2:] and other[:2] <= span[2:] for other in taken[max(0, at - 1) : at + 1])


def _held(before: Checked, changes: list[Change], recheck: Recheck) -> Checked | None:
    """The text with all the changes, checked; None where it does not hold."""
    edits = tuple(edit for change in changes for edit in change.edits)
    after = recheck(apply(before.text, edits))
    return None if uncovered(before, [change.problem for change in changes], edits, after) is None else after
