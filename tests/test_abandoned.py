"""A check that is abandoned leaves a memory as it was: nothing wrong is kept, and nothing that was known is forgotten."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from netspec.diagnostics.problems import Problem, Problems
from netspec.keeping import Memory
from netspec.pipeline import check_text
from tests.support.editing import edits
from tests.test_memory import BODIES, SPECS, emitted, same

MOST_MADE = 60  # nodes, before a check is abandoned


def abandoned_after(made: int) -> Callable[[], None]:
    """What abandons a check once so many nodes have been made."""
    left = iter(range(made))

    def watch() -> None:
        if next(left, None) is None:
            raise InterruptedError

    return watch


@pytest.mark.parametrize("path", SPECS[::4], ids=lambda path: path.stem)
def test_random_edits_whose_checks_are_abandoned(path: Path) -> None:
    random, memory, text = Random(path.stem), Memory(), path.read_text(encoding="utf-8")
    same(memory, text)
    for now in edits(text, random, 30):
        if random.random() < 0.6:
            watch = abandoned_after(random.randrange(MOST_MADE))
            try:
                check_text(now, repairs=False, memory=memory, watch=watch)
            except InterruptedError:
                continue
        same(memory, now)


def test_what_was_known_before_is_known_after(monkeypatch: pytest.MonkeyPatch) -> None:
    made = emitted(monkeypatch)
    memory = Memory()
    for _ in range(2):
        check_text(BODIES, memory=memory, repairs=False)
    for most in (1, 2, 3, 4, 5):
        with pytest.raises(InterruptedError):
            check_text(BODIES.replace("[8, 8, 4]", "[9, 9, 4]"), memory=memory, repairs=False, watch=abandoned_after(0))
        other = BODIES.replace("- 1x1: 4\n", f"- 1x1: {4 + most}\n")
        with pytest.raises(InterruptedError):
            check_text(other, memory=memory, repairs=False, watch=abandoned_after(most))
    made.clear()
    check_text(BODIES, memory=memory, repairs=False)
    assert made == []


def test_errors_are_shown_once_those_of_before_first() -> None:
    problems = Problems()
    errors = [Problem("NS401", str(number), (number, 1, number, 2)) for number in range(3)]
    problems.put(errors[0])
    problems.put(errors[0]._replace(code="NS801"))  # a warning
    seen: list[Problem] = []
    problems.watched(seen.append)
    for each in (errors[1], errors[1], errors[2]._replace(code="NS801")):
        problems.put(each)
    problems.watched(None)
    problems.put(errors[2])
    assert seen == errors[:2]
