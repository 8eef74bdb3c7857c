"""Broken specs as people write them, each with the repair that an expert would make: it is the first that is offered."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from netspec.pipeline import check_text
from netspec.syntax.edits import apply

TABLE = Path(__file__).with_name("experts.diff")
# Those that get no fix yet. None may get a wrong one: of what an expert would not do nothing is first.
MISSED = {
    "a merge that does not say what it reads",
    "a padding that is just true",
    "strides of nothing",
    "a quote that is not closed",
    "attention without the size of its heads",
    "attention by its short name",  # which is a kind of its own
    "names without their brackets",
    "a shortened index",
}


class Break(NamedTuple):
    """A spec with a mistake in it, and what an expert makes of it."""

    title: str
    written: str
    meant: str


def table() -> list[Break]:
    """The breaks of `experts.diff`."""
    found = []
    for part in TABLE.read_text(encoding="utf-8").split("\n## ")[1:]:
        title, *lines = part.rstrip("\n").split("\n")
        written, meant = (
            "".join(f"{line[2:]}\n" for line in lines if line[:2] in ("  ", mark)) for mark in ("- ", "+ ")
        )
        found.append(Break(title, written, meant))
    return found


BREAKS = table()


def test_there_are_enough_and_few_are_missed() -> None:
    titles = [each.title for each in BREAKS]
    assert len({*titles}) == len(titles)
    assert len(titles) - len(MISSED) >= 180
    assert {*titles} > MISSED


@pytest.mark.parametrize("each", BREAKS, ids=lambda each: each.title)
def test_the_first_fix_is_the_one_that_an_expert_would_make(each: Break) -> None:
    assert each.written != each.meant
    assert check_text(each.meant).ok
    problem = next(problem for problem in check_text(each.written).problems if problem.is_error)
    made = [apply(each.written, fix.edits) for fix in problem.fixes]
    assert made[:1] == ([] if each.title in MISSED else [each.meant])
