"""Repairs of shapes: what is broken on purpose is mended, and only what holds is offered."""

from __future__ import annotations

import pytest

from netspec.api import check_text
from netspec.edits import apply, between
from tests.broken import WAYS, corpus, mended

LEAST = 0.95


@pytest.mark.parametrize("names", ["resnet*", "inception_[dv]*", "unet", "lenet5", "shufflenet"])
def test_what_is_broken_gets_a_repair_that_makes_it_valid(names: str) -> None:
    broken = list(corpus(1, seed=1, names=names))
    assert broken
    bare = [each for each in broken if not mended(each)[1]]
    assert len(bare) <= (1 - LEAST) * len(broken), [(each.spec, each.way, each.title) for each in bare]


@pytest.mark.slow
def test_the_whole_zoo() -> None:
    """`python tools/repairs.py` prints the same by way."""
    broken = list(corpus(2))
    assert {each.way for each in broken} == set(WAYS)
    assert sum(bool(mended(each)[1]) for each in broken) >= LEAST * len(broken)


def fixes(layers: str, given: str = "[32, 32, 8]", more: str = "") -> list[tuple[str, str]]:
    """The repairs of the first problem, and the text that the first makes of the layers."""
    text = f"netspec: 1\ninput: {given}\n{more}layers:\n{layers}"
    problem = check_text(text).problems[0]
    return [(fix.title, apply(text, fix.edits).partition("layers:\n")[2]) for fix in problem.fixes]


def test_a_skip_written_as_a_list_becomes_a_map() -> None:
    block = "  - skip:\n      - conv: {filters: 16, kernel_size: 3, strides: 2, padding: same}   # halves\n"
    assert fixes(block)[0] == (
        "shortcut: project",
        "  - skip:\n      shortcut: project\n      body:\n"
        "      - conv: {filters: 16, kernel_size: 3, strides: 2, padding: same}   # halves\n",
    )
    assert fixes("  - skip: [{1x1: 16}]\n")[0] == (
        "shortcut: project",
        "  - skip: {shortcut: project, body: [{1x1: 16}]}\n",
    )


def test_what_a_merge_reads_is_brought_to_size() -> None:
    layers = "  - 1x1: {filters: 16, name: a}\n  - 1x1: {filters: 24, name: b, from: input}   # wide\n  - add: {from: [a, b]}\n"
    assert fixes(layers) == [
        ("filters: 16 at `b`", layers.replace("24", "16")),
        ("filters: 24 at `a`", layers.replace("16", "24")),
        (
            "1x1: {name: a_fit, filters: 24, from: a}",
            layers.replace(
                "  - add: {from: [a", "  - 1x1: {name: a_fit, filters: 24, from: a}\n  - add: {from: [a_fit"
            ),
        ),
    ]


def test_a_number_in_a_block_becomes_its_param() -> None:
    blocks = "blocks:\n  Conv:\n    params: {filters: , kernel_size: }\n    layers:\n      - conv: {filters: $filters, kernel_size: 40}\n"
    text = f"netspec: 1\ninput: [32, 32, 8]\n{blocks}layers:\n  - Conv: {{filters: 4, kernel_size: 3, repeat: 2}}\n"
    problem = check_text(text).problems[0]
    fixes = {fix.title: fix for fix in problem.fixes}
    fix = fixes["kernel_size: $kernel_size at `Conv_1.conv_1`"]
    assert apply(text, fix.edits) == text.replace("40", "$kernel_size")


def test_what_leaves_nothing_wrong_stands_before_what_uncovers_more() -> None:
    layers = "  - conv: {filters: 4, kernel_size: 3, strides: 2}\n  - pool: {pool_size: 3, strides: 2}\n  - flatten\n  - dense: 3\n"
    assert [title for title, _ in fixes(layers, "[30, 30, 8]")] == [
        "padding: [[0, 1], [0, 1]]",
        "padding: same",
        "input: 31 x 31 x 8",
    ]
    text = f"netspec: 1\ninput: [30, 30, 8]\nlayers:\n{layers}"
    for fix in check_text(text).problems[0].fixes:
        assert check_text(apply(text, fix.edits)).ok


def test_a_text_is_made_of_another_by_its_lines() -> None:
    old, new = "a\nb\nc\n", "a\nB\nc\nd\n"
    assert apply(old, between(old, new)) == new
    windows = old.replace("\n", "\r\n")
    assert apply(windows, between(windows, new.replace("\n", "\r\n"))) == new.replace("\n", "\r\n")


def test_the_cost_of_a_repair_is_that_of_the_whole_network() -> None:
    text = "netspec: 1\ninput: [10, 10, 3]\nlayers:\n  - conv: {filters: 16, kernel_size: 3, strides: 2}\n"
    found = [(fix.title, fix.parameters, fix.more, fix.macs) for fix in check_text(text).problems[0].fixes]
    assert found == [
        ("kernel_size: 4", 784, 336, 12_288),
        ("padding: [[0, 1], [0, 1]]", 448, 0, 10_800),
        ("rounding: floor", 448, 0, 6_912),
    ]
