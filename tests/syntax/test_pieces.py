"""Numbers and tuples that YAML cuts at their commas are read as what was meant, and reported once."""

from __future__ import annotations

import time

import pytest

from netspec.diagnostics.problems import Problems
from netspec.pipeline import check_text
from netspec.syntax.edits import apply
from netspec.syntax.pieces import listed
from netspec.syntax.reading import read_text
from netspec.syntax.tree import plain


def read(text: str) -> tuple[object, list[str]]:
    """The value of a text, and what is said of it."""
    problems = Problems()
    tree = read_text(text, "spec.yaml", problems).tree
    assert tree is not None
    return plain(tree), [
        f"{p.span.line}:{p.span.column}-{p.span.end_column} {p.code} {p.message}" for p in problems.ordered()
    ]


@pytest.mark.parametrize(
    ("text", "value", "said"),
    [
        ("a: {b: 0,9}", {"a": {"b": 0.9}}, ["1:8-11 NS202 `a`: `0,9` reads as two entries; a decimal number takes a point: `0.9`"]),
        ("{b: -0,25, c: 1}", {"b": -0.25, "c": 1}, ["1:5-10 NS202 `-0,25` reads as two entries; a decimal number takes a point: `-0.25`"]),
        ("a: {b: 0,1e-3}", {"a": {"b": 0.1e-3}}, ["1:8-14 NS202 `a`: `0,1e-3` reads as two entries; a decimal number takes a point: `0.1e-3`"]),
        (
            "a: {b: 0,9, c: 0,9}",
            {"a": {"b": 0.9, "c": 0.9}},
            [
                "1:8-11 NS202 `a`: `0,9` reads as two entries; a decimal number takes a point: `0.9`",
                "1:16-19 NS202 `a`: `0,9` reads as two entries; a decimal number takes a point: `0.9`",
            ],
        ),
        ("a: [{b: {c: 0,5}}]", {"a": [{"b": {"c": 0.5}}]}, ["1:13-16 NS202 `b`: `0,5` reads as two entries; a decimal number takes a point: `0.5`"]),
        ("a: {b: 1,000}", {"a": {"b": 1000}}, ["1:8-13 NS202 `a`: `1,000` reads as two entries; a number is written without commas: `1000`"]),
        ("a: {b: 1,500,000}", {"a": {"b": 1500000}}, ["1:8-17 NS202 `a`: `1,500,000` reads as 3 entries; a number is written without commas: `1500000`"]),
        ("a: {b: 2,5}", {"a": {"b": 0}}, ["1:8-11 NS202 `a`: `2,5` reads as two entries; write `2.5` or `[2, 5]`"]),
        ("a: {b: (3, 3)}", {"a": {"b": [3, 3]}}, ["1:8-14 NS204 `a`: `(3, 3)` reads as two entries; a list stands in brackets: `[3, 3]`"]),
        ("a: {b: (3,)}", {"a": {"b": [3]}}, ["1:8-12 NS204 `a`: `(3,)` reads as two entries; a list stands in brackets: `[3]`"]),
        ("a: {b: ( 3, $n )}", {"a": {"b": [3, "$n"]}}, ["1:8-17 NS204 `a`: `( 3, $n )` reads as two entries; a list stands in brackets: `[ 3, $n ]`"]),
        (
            "a: {b: (2, 2), c: (2, 2)}",
            {"a": {"b": [2, 2], "c": [2, 2]}},
            [
                "1:8-14 NS204 `a`: `(2, 2)` reads as two entries; a list stands in brackets: `[2, 2]`",
                "1:19-25 NS204 `a`: `(2, 2)` reads as two entries; a list stands in brackets: `[2, 2]`",
            ],
        ),
        (
            "a: {b: ((1, 2), (0.5, x))}",
            {"a": {"b": [[1, 2], [0.5, "x"]]}},
            ["1:8-26 NS204 `a`: `((1, 2), (0.5, x))` reads as 4 entries; a list stands in brackets: `[[1, 2], [0.5, x]]`"],
        ),
        (
            "a: {b: [(1, 2), 3, (0, 1)]}",
            {"a": {"b": [[1, 2], 3, [0, 1]]}},
            [
                "1:9-15 NS204 `b`: `(1, 2)` reads as two items; a list stands in brackets: `[1, 2]`",
                "1:20-26 NS204 `b`: `(0, 1)` reads as two items; a list stands in brackets: `[0, 1]`",
            ],
        ),
        # What is no piece of anything stays what it is.
        ("a: {b: 0, 9}", {"a": {"b": 0, "9": None}}, []),
        ("a: {b: 0,9: 1}", {"a": {"b": 0, "9": 1}}, []),
        ("a: {b: 0,x}", {"a": {"b": 0, "x": None}}, []),
        ("a: {b: x,9}", {"a": {"b": "x", "9": None}}, []),
        ('a: {b: "0",9}', {"a": {"b": "0", "9": None}}, []),
        ("a: {b: 0,\n9}", {"a": {"b": 0, "9": None}}, []),
        ("a: [0,9]", {"a": [0, 9]}, []),
        ("a: [(x, y)]", {"a": ["(x", "y)"]}, []),
        ("a: {b: (3, c: 3)}", {"a": {"b": "(3", "c": "3)"}}, []),
        ("a: {b: (3, {c: 1)}}", None, []),
        ("a: {b: (3; 4), c}", {"a": {"b": "(3; 4)", "c": None}}, []),
        ("a: (3, 3)", {"a": "(3, 3)"}, []),
        ("a: {b: 1,9, 9}", {"a": {"b": 0, "9": None}}, ["1:8-11 NS202 `a`: `1,9` reads as two entries; write `1.9` or `[1, 9]`"]),
        ("a: {9, 9, b: (3}", {"a": {"9": None, "b": "(3"}}, ["1:8-9 NS102 duplicate key `9`; the first is at line 1"]),
        ("a: {9, 9}", {"a": {"9": None}}, ["1:8-9 NS102 duplicate key `9`; the first is at line 1"]),
    ],
)  # fmt: skip
def test_what_is_cut_is_put_together(text: str, value: object, said: list[str]) -> None:
    if value is None:  # no YAML
        assert read_text(text, "spec.yaml", Problems()).tree is None
        return
    assert read(text) == (value, said)


def test_an_alias_is_joined_once() -> None:
    text = "a: &x {b: 0,5}\nc: *x\nd: [*x, *x]\n"
    said = ["1:11-14 NS202 `a`: `0,5` reads as two entries; a decimal number takes a point: `0.5`"]
    assert read(text) == ({"a": {"b": 0.5}, "c": {"b": 0.5}, "d": [{"b": 0.5}, {"b": 0.5}]}, said)


def test_places_in_a_list_are_those_of_its_items() -> None:
    text = "netspec: 1\ninput: [8, 8, 1]\nlayers: [{conv: {filters: 2, kernel_size: (3, 0)}}]\n"
    said = [(p.span.column, p.span.end_column, p.message) for p in check_text(text).problems]
    of_zero = "`conv`: `kernel_size` must be a whole number of at least 1, or a list of one for each dimension, not 0"
    assert said == [
        (43, 49, "`conv`: `(3, 0)` reads as two entries; a list stands in brackets: `[3, 0]`"),
        (47, 48, of_zero),
    ]


def test_a_list_that_was_put_together_is_edited_where_it_stands() -> None:
    text = "netspec: 1\ninput: {shape: (28, 28)}\nlayers:\n  - conv: {filters: 4, kernel_size: [3, 3]}\n"
    cut, rank = check_text(text).problems
    assert (cut.code, rank.code) == ("NS204", "NS404")
    assert [(fix.title, apply(text, fix.edits)) for fix in rank.fixes if fix.title.startswith("input")] == [
        ("input: 28 x 28 x 1", text.replace("(28, 28)", "(28, 28, 1)"))
    ]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("(3, 3)", "[3, 3]"),
        ("3, 3", "[3, 3]"),
        ("3,3", "[3,3]"),
        ("(3,)", "[3]"),
        ("(3)", "3"),
        ("(relu)", "relu"),
        ("((1, 2), (3, 4))", "[[1, 2], [3, 4]]"),
        ("(1, 2), (3, 4)", "[[1, 2], [3, 4]]"),
        ("($n, -1)", "[$n, -1]"),
        ("(accuracy, auc)", "[accuracy, auc]"),
        ("accuracy, auc", ""),
        ("$n, 3", "[$n, 3]"),
        ("$n, auc", ""),
        ("3x3", "[3, 3]"),
        ("28 x 28 × 1", "[28, 28, 1]"),
        ("3x", ""),
        ("0x10x3", "[0, 10, 3]"),
        ("x3", ""),
        ("3", ""),
        ("(3 4, 5)", ""),
        ("(3, 3", ""),
        ("3, 3)", ""),
        ("()", ""),
        ("(,)", ""),
        ("($n + 1, 3)", ""),
        ("(1), (2", ""),
        ("1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13", ""),
    ],
)
def test_how_a_list_is_written(text: str, meant: str) -> None:
    assert listed(text) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("- dense: {units: 4, kernel_regularizer: {l2: 0,01}}", "{l2: 0.01}"),
        ("- conv: {filters: 4, kernel_size: (3, 3)}", "[3, 3]"),
        ("- conv: {filters: 4, kernel_size: 3,3}", "[3, 3]"),
        ("- dropout: {rate: 0,5}", "0.5"),
        ("- dense: {units: 1,000}", "1000"),
        ("- dense: 1,000", "1000"),
        ("- conv:\n      filters: 4\n      kernel_size: 3, 3", "[3, 3]"),
        ("- conv:\n      filters: 4\n      kernel_size: 3,5", "[3,5]"),
        ("- conv:\n      filters: 4\n      kernel_size: (3, 3)", "[3, 3]"),
        ("- conv:\n      filters: 4\n      kernel_size: 3\n      padding: ((1, 1), (0, 1))", "[[1, 1], [0, 1]]"),
        ("- reshape: (16, 4)", "[16, 4]"),
        ("- conv: {filters: 4, kernel_size: 3x3}", "[3, 3]"),
        ("- reshape: 16 x 4", "[16, 4]"),
        ("- dropout: 0,125", "0.125"),
    ],
)  # fmt: skip
def test_the_fix_makes_the_spec_valid(written: str, meant: str) -> None:
    text = f"netspec: 1\ninput: [8, 8, 1]\nlayers:\n  {written}\n"
    (problem,) = check_text(text).problems
    assert len(problem.fixes) == 1
    mended = apply(text, problem.fixes[0].edits)
    assert meant in mended
    assert check_text(mended).ok


def test_a_param_without_its_dollar_in_a_list_that_was_put_together() -> None:
    text = "netspec: 1\nparams: {n: 3}\ninput: [8, 8, 1]\nlayers:\n  - conv: {filters: 2, kernel_size: (n, 3)}\n"
    cut, bare = check_text(text).problems
    assert (cut.code, bare.code) == ("NS204", "NS204")
    assert [(fix.title, apply(text, fix.edits)) for fix in bare.fixes] == [("$n", text.replace("(n", "($n"))]


@pytest.mark.parametrize(
    "text", ["a: [" + "(1," * 100_000 + "]", "a: {b: 0," + ",".join(map(str, range(100_000))) + "}"]
)
def test_long_rows_of_pieces_take_time_that_grows_with_them(text: str) -> None:
    start = time.process_time()
    read_text(text.replace("(1,", "(1, ").replace("0,", "0, "), "spec.yaml", Problems())
    plainly = time.process_time() - start
    start = time.process_time()
    read_text(text, "spec.yaml", Problems())
    assert time.process_time() - start < 3 * plainly + 1
