"""Expressions without quotes that a comma inside brackets has torn."""

from __future__ import annotations

import pytest

from netspec.pipeline import check_text
from netspec.syntax.edits import apply

START = """\
netspec: 1
params: {a: 4, b: 2}
input: [8, 8, 1]
blocks:
  Unit: {params: {filters: , size: 3}, layers: [{conv: {filters: $filters, kernel_size: $size}}]}
"""
END = "  - relu\n  - Unit: $a * $b\n"
NEEDS = "an expression with a comma needs quotes inside `{…}` or `[…]`; write"


def said(text: str) -> list[str]:
    """The problems of a text, each with its place and code."""
    spec = check_text(text, repairs=False)
    return [f"{each.span.line}:{each.span.column} {each.code} {each.message}" for each in spec.problems]


@pytest.mark.parametrize(
    ("node", "column", "expression", "begins"),
    [
        ("conv: {filters: max($a, 2), kernel_size: 3}", 21, "max($a, 2)", "max($a"),
        ("conv: {kernel_size: 3, filters: max($a, $b)}", 37, "max($a, $b)", "max($a"),
        ("conv: {kernel_size: 3, filters: 2*min(max($a,2), 8) + 1 }", 37, "2*min(max($a,2), 8) + 1", "2*min(max($a"),
        ("conv: {filters: 4, kernel_size: [max($b, 3), 3]}", 38, "max($b, 3)", "max($b"),
        ("Unit: {filters: max($a, 2), size: 1}", 21, "max($a, 2)", "max($a"),
    ],
)
def test_it_is_put_in_quotes(node: str, column: int, expression: str, begins: str) -> None:
    text = f"{START}layers:\n  - {node}\n{END}"
    (problem,) = check_text(text).problems
    assert said(text) == [f"7:{column} NS501 in '{begins}': {NEEDS} `\"{expression}\"`"]
    (fix,) = problem.fixes
    assert fix.title == f'"{expression}"'
    mended = apply(text, fix.edits)
    assert mended == text.replace(expression, f'"{expression}"')
    assert said(mended) == []


def test_in_defaults() -> None:
    text = f"{START}defaults: {{conv: {{strides: max($a, 1), padding: same}}}}\nlayers:\n{END}"
    assert said(text) == [f"6:28 NS501 in 'max($a': {NEEDS} `\"max($a, 1)\"`"]


def test_two_that_end_alike_are_no_key_that_stands_twice() -> None:
    text = f"{START}layers:\n  - conv: {{filters: max($a, 2), kernel_size: max($b, 2)}}\n{END}"
    assert said(text) == [
        f"7:21 NS501 in 'max($a': {NEEDS} `\"max($a, 2)\"`",
        f"7:46 NS501 in 'max($b': {NEEDS} `\"max($b, 2)\"`",
    ]


def test_what_begins_without_a_param() -> None:
    text = f"{START}layers:\n  - conv: {{filters: max(2, $a), kernel_size: 3}}\n{END}"
    must = "`conv`: `filters` must be a whole number of at least 1, not 'max(2'"
    assert said(text) == [f'7:21 NS204 {must}; {NEEDS} `"max(2, $a)"`']


@pytest.mark.parametrize("value", ["max($a", "max($a, ", "max($a, 'x')", "max($a, 2) 3", "max($a, $)"])
def test_what_no_comma_has_torn_is_no_such_expression(value: str) -> None:
    assert all(NEEDS not in each for each in said(f"{START}layers:\n  - conv: {{kernel_size: 3, filters: {value}}}\n"))
