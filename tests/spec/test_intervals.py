"""Amounts of time or numbers of steps, as a spec writes them."""

from __future__ import annotations

import pytest

from netspec.options import Invalid
from netspec.spec.training_settings import Every, Interval

SUCH = "must be an amount of time or a number of steps, such as `10min` or `500 steps`, not {}"


@pytest.mark.parametrize(
    ("text", "every"),
    [
        ("90s", Every(seconds=90)),
        ("10min", Every(seconds=600)),
        ("1.5 min", Every(seconds=90)),
        ("2h", Every(seconds=7200)),
        ("500 steps", Every(steps=500)),
        ("1 step", Every(steps=1)),
    ],
)
def test_an_interval(text: str, every: Every) -> None:
    assert Interval().check(text) == every


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (10, SUCH.format("10")),
        ("10", SUCH.format("'10'")),
        ("0s", SUCH.format("'0s'")),
        ("0 steps", SUCH.format("'0 steps'")),
        ("-1 h", SUCH.format("'-1 h'")),
        ("2 days", SUCH.format("'2 days'")),
        ("1.5 steps", "must be a whole number of steps, not '1.5 steps'"),
    ],
)
def test_what_is_no_interval(value: object, said: str) -> None:
    with pytest.raises(Invalid) as error:
        Interval().check(value)
    assert error.value.message == said
