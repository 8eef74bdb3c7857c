"""The zoo, half written: its prefixes and random edits, a share of what `tools/half_written.py` tries."""

from __future__ import annotations

import pytest

from netspec.recovery import recover
from tests.support.half_written import SPECS, Outcome, outcomes_of_edits, outcomes_of_prefixes
from tests.support.slips import SMALL, State

STEP = 733  # characters from one prefix to the next
EDITS = 80


def share_of_exact(found: list[tuple[State, Outcome]]) -> float:
    """How often all untouched nodes have their shapes, once it is sure that there is a graph and no unmarked shape is wrong."""
    assert [state.what for state, outcome in found if not outcome.graph] == []
    assert [(state.what, state.now, outcome.wrong) for state, outcome in found if outcome.wrong] == []
    return sum(outcome.exact for _, outcome in found) / len(found)


@pytest.mark.parametrize(("remembering", "least"), [(False, 0.97), (True, 0.97)])
def test_prefixes(remembering: bool, least: float) -> None:
    found = [each for path in SPECS for each in outcomes_of_prefixes(path, STEP, remembering=remembering)]
    assert share_of_exact(found) >= least


@pytest.mark.parametrize(
    ("kinds", "remembering", "least"), [(SMALL, False, 0.7), (SMALL, True, 0.97), ((), False, 0.5), ((), True, 0.85)]
)
def test_edits(kinds: tuple[str, ...], remembering: bool, least: float) -> None:
    assert share_of_exact(list(outcomes_of_edits(EDITS, 1, kinds, remembering=remembering))) >= least


def test_a_long_stretch_of_typing_forgets_nothing() -> None:
    """One thing after another is half written, and the first is written to its end at last."""
    text = SPECS[0].read_text(encoding="utf-8")
    lines = text.split("\n")
    nodes = [number for number, line in enumerate(lines) if line.startswith("  - ")]
    history = recover(text).history
    now = list(lines)
    for number in nodes[:4]:
        now[number] = lines[number][:7] + ": {"
        found = recover("\n".join(now), history)
        assert found.text == text
        history = found.history
    for number in nodes[:4]:
        now[number] = lines[number]
        found = recover("\n".join(now), history)
        assert found.text == text
        history = found.history
    assert found.holes == ()
