"""Edits that keep the layout of a text: what is put in stands where YAML reads it as meant, or nothing is put in."""

from __future__ import annotations

import json
from random import Random

import pytest

from netspec.diagnostics.problems import Edit, Span
from netspec.pipeline import check_text
from netspec.spec.edits import changes
from netspec.syntax.edits import Moves, apply, between


def changed(layers: str, **options: str) -> str | None:
    """The layers with hyperparameters of the first node changed; None where there is no room."""
    text = f"netspec: 1\ninput: [32, 32, 8]\nlayers:\n{layers}"
    document = check_text(text, repairs=False).document
    assert document is not None
    edits = changes(document.body[0], options)
    return apply(text, edits).partition("layers:\n")[2] if edits else None


@pytest.mark.parametrize(
    "last",
    [
        "name: |\n        stem",
        "name: >-\n        stem",
        "name: |-\n        stem",
        "name: >\n\n        stem\n",
        "kernel_initializer:\n        constant:\n          value: |-\n            0.1",
        "dilation_rate: *one",
        "dilation_rate:\n        - 1\n        - *one",
        "dilation_rate:\n        - *one\n        - *one",
    ],
)
def test_what_ends_at_no_known_place_stays_last(last: str) -> None:
    """A block scalar and an alias: what stood behind them would be read as their text, or stand where the anchor does."""
    layers = f"  - conv:\n      filters: &one 1\n      kernel_size: 3\n      {last}\n  - relu\n"
    assert changed(layers, padding="same") == layers.replace(last, f"padding: same\n      {last}")
    assert changed(layers, kernel_size="5") == layers.replace("kernel_size: 3", "kernel_size: 5")


def test_an_alias_stays_last_in_braces() -> None:
    layers = "  - conv: {filters: &one 1, kernel_size: *one }\n"
    assert changed(layers, padding="same") == layers.replace("kernel_size", "padding: same, kernel_size")


@pytest.mark.parametrize(
    "last",
    [
        "kernel_initializer: {truncated_normal: {stddev: 0.1}}",
        "kernel_initializer: {truncated_normal: {stddev: 0.1, }, }",
        "kernel_initializer: {\n        truncated_normal: {\n          stddev: 0.1\n        }\n      }",
        "kernel_initializer:\n        truncated_normal: {stddev: 0.1}",
        "kernel_initializer:\n        truncated_normal:\n          stddev: 0.1",
        "kernel_size: [3, 3]",
        "kernel_size: [\n        3, 3\n      ]",
        "kernel_size:\n        - 3\n        - 3",
        "kernel_size:\n      - 3\n      - 3",
        "padding: [[0, 1], [0, 1]]",
        "padding:\n        - [0, 1]\n        - - 0\n          - 1",
        "kernel_initializer: {}",
        "name:",
        'from: "in\\\n        put"',
    ],
)
def test_something_is_put_behind_what_stands_last(last: str) -> None:
    """What stands in brackets is one thing, whatever is in it."""
    layers = f"  - conv:\n      filters: 4\n      {last}\n  - relu\n"
    assert changed(layers, rounding="floor") == layers.replace(last, f"{last}\n      rounding: floor")


@pytest.mark.parametrize("last", ["{truncated_normal: {stddev: 0.1}}", "{}", "[3, 3]", "\n  {zeros: {}}\n"])
def test_the_same_in_braces(last: str) -> None:
    layers = f"  - conv: {{filters: 4, kernel_initializer: {last}}}\n  - relu\n"
    kept = last.rstrip()
    assert changed(layers, rounding="floor") == layers.replace(kept, f"{kept}, rounding: floor")


def test_a_window_gets_its_fixes_whatever_stands_last() -> None:
    layers = (
        "  - conv:\n      filters: 4\n      kernel_size: 3\n      strides: 2\n"
        "      kernel_initializer: {truncated_normal: {stddev: 0.1}}\n"
    )
    text = f"netspec: 1\ninput: [30, 30, 8]\nlayers:\n{layers}"
    problem = check_text(text).problems[0]
    assert problem.code == "NS401"
    assert [(fix.title, apply(text, fix.edits)) for fix in problem.fixes] == [
        ("kernel_size: 4", text.replace("kernel_size: 3", "kernel_size: 4")),
        ("padding: [[0, 1], [0, 1]]", f"{text}      padding: [[0, 1], [0, 1]]\n"),
        ("rounding: floor", f"{text}      rounding: floor\n"),
    ]


@pytest.mark.parametrize("last", ["name: |-\n        f", "name: >-\n        f\n"])
def test_what_follows_a_block_scalar_stays(last: str) -> None:
    """A node that ends in one is left out, or has one put behind it, by its own lines."""
    text = (
        f"netspec: 1\ninput: [8, 8, 3]\nlayers:\n  - flatten:\n      {last}\n  - pool:\n      pool_size: 2\n  - relu\n"
    )
    fixes = {fix.title: apply(text, fix.edits) for fix in check_text(text).problems[0].fixes}
    assert fixes["leave out `f`"] == text.replace(f"  - flatten:\n      {last}\n", "")


def test_a_quoted_text_on_one_line_is_no_block() -> None:
    layers = '  - conv:\n      filters: 4\n      kernel_size: 3\n      name: "stem"\n  - relu\n'
    assert changed(layers, padding="same") == layers.replace('"stem"', '"stem"\n      padding: same')


def test_a_bare_word_becomes_a_map() -> None:
    assert changed("  - batch_norm   # why\n", momentum="0.9") == "  - batch_norm: {momentum: 0.9}   # why\n"


def test_a_bare_word_in_json_becomes_a_map() -> None:
    text = '{"netspec": 1, "input": [9, 9, 3], "layers": ["relu",\n  "pool", {"1x1": "2 * 2"}]}\n'
    fixes = {fix.title: apply(text, fix.edits) for fix in check_text(text, "x.json").problems[0].fixes}
    assert fixes["rounding: floor"] == text.replace('"pool"', '{"pool": {"rounding": "floor"}}')
    assert all(json.loads(each) for each in fixes.values())


@pytest.mark.parametrize(
    ("place", "edits", "after"),
    [
        ((3, 5), [], (3, 5)),
        ((3, 5), [Edit(Span(2, 1, 2, 1), "a\nb\n")], (5, 5)),  # lines put in above
        ((3, 5), [Edit(Span(1, 1, 3, 1), "")], (1, 5)),  # lines taken out above
        ((3, 5), [Edit(Span(3, 2, 3, 4), "longer")], (3, 9)),  # on its own line
        ((3, 5), [Edit(Span(3, 2, 3, 4), "a\nbc")], (4, 4)),
        ((3, 5), [Edit(Span(3, 5, 3, 5), "{x}, ")], (3, 10)),  # put in just before
        ((3, 5), [Edit(Span(3, 5, 3, 9), "other")], (3, 5)),  # itself in other words
        ((3, 5), [Edit(Span(3, 3, 3, 9), "other")], (3, 3)),  # in the middle of what is replaced
        ((3, 5), [Edit(Span(3, 8, 3, 9), "after")], (3, 5)),
        ((3, 5), [Edit(Span(3, 1, 3, 2), "xyz"), Edit(Span(1, 1, 1, 1), "\n"), Edit(Span(4, 1, 4, 1), "\n")], (4, 7)),
        ((1, 1), [Edit(Span(1, 1, 1, 1), "netspec: 1\n")], (1, 1)),  # the beginning stays the beginning
    ],
)
def test_where_a_place_is_after_edits(place: tuple[int, int], edits: list[Edit], after: tuple[int, int]) -> None:
    assert Moves(edits).moved(*place) == after


def one_by_one(line: int, column: int, edits: list[Edit]) -> tuple[int, int]:
    """Where a place is after edits, the last of them made first."""
    for span, new in sorted(edits, reverse=True):
        if (span.end_line, span.end_column) <= (line, column):
            tail = new.rpartition("\n")[2]
            if line == span.end_line:
                column += len(tail) - span.end_column + (1 if "\n" in new else span.column)
            line += new.count("\n") - (span.end_line - span.line)
        elif (span.line, span.column) < (line, column):
            line, column = span.line, span.column
    return line, column


def test_many_edits_move_places_as_one_after_the_other() -> None:
    random = Random(1)
    for _ in range(300):
        places = sorted({(random.randint(1, 9), random.randint(1, 9)) for _ in range(12)})
        pairs = [(a, b) for a, b in zip(places[::2], places[1::2], strict=False) if random.random() < 0.8]
        edits = [Edit(Span(*a, *b), random.choice(["", "x", "yy\n", "\n\nz", "a\nbc"])) for a, b in pairs]
        random.shuffle(edits)
        moves = Moves(edits)
        for line in range(2, 11):
            for column in range(1, 11):
                assert moves.moved(line, column) == one_by_one(line, column, edits), (edits, line, column)


def test_edits_are_made_whatever_their_order() -> None:
    text = "one\ntwo\r\nthree\n"
    edits = (
        Edit(Span(3, 1, 3, 6), "3"),
        Edit(Span(1, 1, 1, 4), "1\n"),
        Edit(Span(2, 4, 2, 4), "!"),
        Edit(Span(2, 4, 2, 4), "?"),
    )
    assert apply(text, edits) == "1\r\n\ntwo?!\r\n3\n"


def test_between_two_texts_of_thousands_of_lines_that_are_alike() -> None:
    """All are compared with all only between the first and the last line that differ."""
    old = "- relu\n" * 30_000
    new = "- relu\n" * 10_000 + "- tanh\n" + "- relu\n" * 20_000
    assert between(old, new) == (Edit(Span(10_001, 1, 10_001, 1), "- tanh\n"),)
    wide = f"- a\n{new}- b\n"
    assert between(f"- c\n{old}- d\n", wide) == (Edit(Span(1, 1, 30_003, 1), wide),)
    assert between(old, old) == ()
    for one, other in ((old, new), (old, wide), (new, old), ("", old), (old, "")):
        assert apply(one, between(one, other)) == other


LAYERS = """\
layers:
  - conv:
      filters: 4
      kernel_size: 3  # of both
  - inception:
      branches:
        narrow: [{1x1: 4}]
        wide:
          - 1x1: 2
          - conv:  # the larger one
              filters: 4
              kernel_size: 3
              padding: same
  - relu
"""


@pytest.mark.parametrize(
    ("widths", "title"),
    [
        ({2: 1, 4: 2, 6: 3, 8: 4, 10: 5, 14: 7}, "two spaces for each tab"),
        ({2: 1, 6: 2, 8: 3, 10: 4, 14: 5}, "spaces in the place of tabs"),  # one tab deeper than the dash
        ({2: 0, 6: 1, 8: 2, 10: 3, 14: 4}, "spaces in the place of tabs"),  # with dashes at the margin
        ({2: None, 6: 2, 8: 3, 10: 4, 14: 5}, "spaces in the place of tabs"),  # two spaces before the outer dashes
        ({2: None, 6: 1, 8: 2, 10: 3, 14: 4}, "spaces in the place of tabs"),
    ],
)
def test_lines_indented_by_tabs_stand_below_what_they_belong_to(widths: dict[int, int | None], title: str) -> None:
    """Widths are tabs by spaces; None keeps the spaces."""
    lines = []
    for line in LAYERS.splitlines(keepends=True):
        spaces = len(line) - len(line.lstrip())
        tabs = widths.get(spaces)
        lines.append(line if tabs is None else "\t" * tabs + line.lstrip())
    start = "netspec: 1\ninput: [32, 32, 8]\n"
    text = start + "".join(lines)
    (problem,) = check_text(text).problems
    (fix,) = problem.fixes
    assert (problem.code, fix.title) == ("NS101", title)
    mended, right = check_text(apply(text, fix.edits)), check_text(start + LAYERS)
    assert mended.problems == right.problems == ()
    told = [
        [(node.path, node.shape, node.weights) for node in spec.graph.nodes] for spec in (mended, right) if spec.graph
    ]
    assert told[0] == told[1]


def test_a_line_with_tabs_among_lines_with_spaces() -> None:
    text = (
        "netspec: 1\ninput: [8, 8, 1]\nlayers:\n  - conv:\n      filters: 3\n\tkernel_size: 3\n"
        "\tpadding: same\n  - relu\n"
    )
    (problem,) = check_text(text).problems
    mended = apply(text, problem.fixes[0].edits)
    assert mended.splitlines()[4:7] == ["      filters: 3", "      kernel_size: 3", "      padding: same"]
    assert check_text(mended).problems == ()
