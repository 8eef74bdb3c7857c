"""Values in messages: whole where they are short, cut where they are long, never gone through further than is shown."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netspec.diagnostics.words import is_misspelling, short, short_bytes, show
from netspec.pipeline import check_text

SHOWN: dict[str, Any] = {
    "null": None,
    "true": True,
    "-2.5": -2.5,
    "about -10**30": -(10**30),
    "about 10**18": 10**18,
    "-999999999999999999": 1 - 10**18,
    "'a\\x07b'": "a\ab",
    "[]": [],
    "[1, [2, 'x'], {}]": [1, (2, "x"), {}],
    "{a: 1, b: [2]}": {"a": 1, "b": [2]},
    "[0, 1, 2, 3, 4, 5, 6, 7, 8, …]": list(range(10)),
    "[0, 1, 2, 3, 4, 5, 6, 7, 8]": list(range(9)),
    "'" + 58 * "x" + "'": 58 * "x",
    "'" + 58 * "x" + "…": 59 * "x",
    "[" + 29 * "[" + 29 * "]" + "]": None,
}
nested: Any = []
for _ in range(29):
    nested = [nested]
SHOWN["[" + 29 * "[" + 29 * "]" + "]"] = nested


@pytest.mark.parametrize(("text", "value"), SHOWN.items())
def test_show(text: str, value: Any) -> None:
    assert show(value) == text


@pytest.mark.parametrize(
    ("value", "count", "memory"),
    [
        (999, "999", "999 B"),
        (1_000, "1 k", "1000 B"),
        (2**10, "1.02 k", "1 KiB"),
        (2**20 - 2**10, "1.05 M", "1.02e+03 KiB"),
        (2**20, "1.05 M", "1 MiB"),
        (2**30, "1.07 G", "1 GiB"),
        (3 * 2**29, "1.61 G", "1.5 GiB"),
        (2**40, "1.1 T", "1 TiB"),
    ],
)
def test_units(value: int, count: str, memory: str) -> None:
    assert (short(value), short_bytes(value)) == (count, memory)


def whole(value: Any) -> str:
    """A value's text, nothing cut from it."""
    if isinstance(value, list):
        return "[" + ", ".join(map(whole, value[:9])) + (", …]" if len(value) > 9 else "]")
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {whole(item)}" for key, item in value.items()) + "}"
    return f"'{value}'" if isinstance(value, str) else str(value)


plain = st.integers(-1000, 1000) | st.text("ab", max_size=30)
values = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=12) | st.dictionaries(st.text("k"), inner, max_size=3)
)


@given(values, st.integers(2, 80))
def test_what_is_shown_is_the_start_of_the_whole(value: Any, limit: int) -> None:
    text = whole(value)
    assert show(value, limit) == (text if len(text) <= limit else text[: limit - 1] + "…")


def test_a_list_of_itself_costs_no_more_than_what_is_shown() -> None:
    value: Any = [1, 2]
    for _ in range(1_000):
        value = [value, value]
    assert show(value) == "[" * 59 + "…"
    assert show([[1], value]) == "[[1], " + "[" * 53 + "…"


@pytest.mark.parametrize("written", ["[$a{0}, $a{0}]", '"[$a{0}, $a{0}]"'], ids=["a list of YAML", "an expression"])
@pytest.mark.parametrize("use", ['"$a{}[0]"', "{{units: 8, when: $a{0} == $b{0}}}", '"sum($a{})"', '"$a{} + 1"'])
def test_params_that_double_are_refused_at_once(written: str, use: str) -> None:
    """Thirty params that each hold the one above twice are short text and a list of a thousand million values."""
    levels = 30
    params = "".join(
        f"  {name}0: [1, 2]\n"
        + "".join(f"  {name}{i + 1}: {written.format(i).replace('$a', '$' + name)}\n" for i in range(levels))
        for name in "ab"
    )
    text = f"netspec: 1\nparams:\n{params}input: [4]\nlayers:\n  - dense: {use.format(levels)}\n"
    began = time.process_time()
    problems = check_text(text, "doubling.yaml").problems
    assert time.process_time() - began < 5
    assert {(problem.code, problem.message.partition(": ")[2] or problem.message) for problem in problems[:1]} == {
        ("NS503", "a list of lists holds more than 10,000 values in all")
    }


@pytest.mark.parametrize(
    ("word", "meant", "near"),
    [
        ("rel", "relu", True),
        ("re", "relu", False),  # which of the many that begin so?
        ("elu", "relu", False),  # another kind
        ("relo", "relu", True),
        ("dense2", "dense", True),
        ("cov", "conv", False),
        ("embed_dim", "dim", False),
    ],
)
def test_what_is_put_in_its_place_unasked(word: str, meant: str, near: bool) -> None:
    assert is_misspelling(word, meant) is near
