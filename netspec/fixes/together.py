"""Changes for several problems at once, tried together: a hundred misspelt words cost one check."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Iterable
from typing import NamedTuple

from netspec.diagnostics.codes import Stage
from netspec.diagnostics.problems import Edit, Problem, Span
from netspec.fixes.verification import Checked, Recheck, mended


class Change(NamedTuple):
    """What might mend one problem."""

    problem: Problem
    title: str
    edits: tuple[Edit, ...]


class LeftOut(NamedTuple):
    """A change that holds, but for other networks of the spec that had no errors and would have some.

    Attributes:
        change: The change.
        broken: The variants of these networks; None is the one without.
    """

    change: Change
    broken: tuple[str | None, ...]


class Together(NamedTuple):
    """What became of several changes.

    Attributes:
        kept: Those that hold together, in their order.
        left: Those that would break other networks.
        after: What the spec is with those that hold.
    """

    kept: list[Change]
    left: list[LeftOut]
    after: Checked


def together(
    before: Checked,
    changes: Iterable[Change],
    recheck: Recheck,
    checks: int,
    broken: Callable[[Checked], tuple[str | None, ...]],
) -> Together:
    """Those of several changes that hold together, and the text with them.

    They hold where their problems are gone, nothing is wrong that was not, but for what was out of sight, and no other network
    has come to errors. All are tried at once, and if they do not hold, in halves. While words are wrong nobody knows which
    networks have errors, so these are mended by themselves; the others only where none of these can be.

    Args:
        before: The text with the problems.
        changes: One for a problem, the more important first. Of two that change the same place the first is tried.
        recheck: Checks a text as the first was checked.
        checks: How many there is time for.
        broken: Says which of the other networks that had no errors have some in a text that has just been checked.
    """
    separate = _separate(changes)
    words = [change for change in separate if change.problem.stage is Stage.STRUCTURE]
    others = [change for change in separate if change.problem.stage is not Stage.STRUCTURE]
    kept: list[Change] = []
    left: list[LeftOut] = []
    state = before
    groups = [words, others]
    while groups and checks > 0:
        group = groups.pop(0)
        if not group or (group is others and kept):
            continue
        checks -= 1
        after = _held(before, [*kept, *group], recheck)
        worse = () if after is None else broken(after)
        if after is not None and not worse:
            kept, state = [*kept, *group], after
        elif len(group) > 1:
            middle = len(group) // 2
            groups[:0] = [group[:middle], group[middle:]]
        elif worse:
            left.append(LeftOut(group[0], worse))
    return Together(kept, left, state)


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
    found = mended(before, [change.problem for change in changes], edits, recheck)
    return None if found is None else found.after
