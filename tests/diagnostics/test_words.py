"""The nearest word."""

from __future__ import annotations

from difflib import get_close_matches
from random import Random

import pytest

from netspec.diagnostics.words import _closest
from netspec.kinds import KINDS


@pytest.mark.parametrize("least", [0.3, 0.6, 0.8])
def test_the_closest_word_is_that_of_difflib(least: float) -> None:
    random = Random(1)
    alike = [f"width{number}" for number in range(40)]
    found = set()
    for _ in range(300):
        words = random.sample([*KINDS, *alike], 30)
        letters = list(random.choice([*KINDS, *alike]))
        letters[random.randrange(len(letters))] = random.choice(["", "x", "tt", "_"])
        word = "".join(letters)
        expected = get_close_matches(word, words, n=1, cutoff=least)
        assert _closest(word, words, least) == (expected[0] if expected else None)
        found.add(bool(expected))
    assert True in found


def test_no_word_is_close() -> None:
    assert _closest("qqqq", ["conv", "dense"], 0.6) is None
    assert _closest("conv", [], 0.6) is None
