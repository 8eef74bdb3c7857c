"""What is offered for a selection, and what becomes of the text."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from netspec.pipeline import Spec, check, check_text
from netspec.refactoring import confirmed, mended, refactorings
from netspec.refactoring.bodies import Layout
from netspec.refactoring.proving import same_network
from netspec.report.inspection import as_dict
from netspec.syntax.edits import apply

ROOT = Path(__file__).parent.parent.parent
ZOO = sorted((ROOT / "specs").glob("*.yaml"))
HEAD = "netspec: 1\ninput: [16, 16, 3]\n"


def done(text: str, title: str, first: int, last: int = 0) -> str:
    """The text once something has been done to some lines."""
    spec = check_text(text, repairs=False)
    offered = {each.title: each for each in refactorings(spec, first, last or first)}
    assert title in offered, [*offered]
    return apply(text, offered[title].edits)


def titles(text: str, first: int, last: int = 0) -> list[str]:
    """What is offered."""
    return [each.title for each in refactorings(check_text(text, repairs=False), first, last or first)]


def facts(spec: Spec) -> object:
    """The network without names: kinds, shapes, costs and connections."""
    assert spec.graph is not None
    whole = as_dict(spec.graph)
    numbers = {node["name"]: n for n, node in enumerate(whole["nodes"])}
    kept = ("kind", "output_shape", "parameters", "trainable_parameters", "macs", "receptive_field", "jump")
    nodes = [
        [*(node[key] for key in kept), [numbers.get(name, name) for name in node["inputs"]]] for node in whole["nodes"]
    ]
    return nodes, whole["totals"]


def comments(spec: Spec) -> set[str]:
    """The comments of a text."""
    layout = Layout(spec)
    return set(layout.comments(0, len(layout.lines) - 1))


TWICE = (
    HEAD
    + """\
layers:
  # edges
  - conv: {filters: 8, kernel_size: 3, padding: same}   # first
  - batch_norm   # steady
  - relu
  - conv: {filters: 16, kernel_size: 3, padding: same}   # second
  - batch_norm   # steady
  - relu
  - global_pool
"""
)


def test_extract_with_like_places() -> None:
    assert done(TWICE, "Extract block `ConvBlock` (2 places)", 5, 7) == (
        HEAD
        + """\
blocks:
  ConvBlock:
    params: {filters: }
    layers:
      - conv: {filters: $filters, kernel_size: 3, padding: same}   # first
      - batch_norm   # steady
      - relu

layers:
  # edges
  - ConvBlock: 8
  # second
  - ConvBlock: 16
  - global_pool
"""
    )


def test_extract_here_only() -> None:
    assert done(TWICE, "Extract block `ConvBlock` (here only)", 5, 7) == (
        HEAD
        + """\
blocks:
  ConvBlock:
    layers:
      - conv: {filters: 8, kernel_size: 3, padding: same}   # first
      - batch_norm   # steady
      - relu

layers:
  # edges
  - ConvBlock
  - conv: {filters: 16, kernel_size: 3, padding: same}   # second
  - batch_norm   # steady
  - relu
  - global_pool
"""
    )


def test_numbers_that_differ_alike_are_one_param() -> None:
    text = HEAD + (
        "blocks:\n  Old:\n    layers:\n      - relu\nlayers:\n"
        "  - conv: {filters: 8, kernel_size: 3}\n  - conv: {filters: 8, kernel_size: [3, 1], repeat: 1}\n"
        "  - conv: {filters: 4, kernel_size: 1}\n  - conv: {filters: 4, kernel_size: [1, 1], repeat: 2}\n  - Old\n"
    )
    assert done(text, "Extract block `ConvBlock` (2 places)", 8, 9) == HEAD + (
        "blocks:\n  Old:\n    layers:\n      - relu\n\n"
        "  ConvBlock:\n    params: {filters: , kernel_size: , times: }\n    layers:\n"
        "      - conv: {filters: $filters, kernel_size: $kernel_size}\n"
        "      - conv: {filters: $filters, kernel_size: [$kernel_size, 1], repeat: $times}\n"
        "layers:\n  - ConvBlock: {filters: 8, kernel_size: 3, times: 1}\n"
        "  - ConvBlock: {filters: 4, kernel_size: 1, times: 2}\n  - Old\n"
    )


def test_what_is_read_by_name_is_the_block() -> None:
    text = HEAD + "layers:\n  - 1x1: 4\n  - relu: {name: here}\n  - dense: 4\n  - add: {from: [here, dense_1]}\n"
    assert done(text, "Extract block `Conv1x1Block`", 4, 5) == HEAD + (
        "blocks:\n  Conv1x1Block:\n    layers:\n      - 1x1: 4\n      - relu\n\nlayers:\n"
        "  - Conv1x1Block: {name: here}\n  - dense: 4\n  - add: {from: [here, dense_1]}\n"
    )


def test_params_of_the_block_around_are_handed_on() -> None:
    text = HEAD + (
        "blocks:\n  Stage:\n    params: {filters: }\n    layers:\n      - 1x1: $filters\n      - relu\n      - batch_norm\n"
        "layers:\n  - Stage: 4\n"
    )
    assert done(text, "Extract block `Conv1x1Block`", 7, 8) == HEAD + (
        "blocks:\n  Stage:\n    params: {filters: }\n    layers:\n      - Conv1x1Block: $filters\n      - batch_norm\n\n"
        "  Conv1x1Block:\n    params: {filters: }\n    layers:\n      - 1x1: $filters\n      - relu\n"
        "layers:\n  - Stage: 4\n"
    )


def test_one_plain_node_is_no_block() -> None:
    assert titles(TWICE, 6) == ["Wrap in `skip`"]


USES = (
    HEAD
    + """\
blocks:
  # what it is for
  Down:   # halves
    params: {filters: , strides: 2, scale: 2 * $strides}
    layers:
      # look around
      - conv: {filters: 2 * $filters, kernel_size: $strides, strides: $strides, name: window}   # here
      - 1x1: $scale
      - relu

layers:
  - Down: 4   # the first
  - Down: {filters: 8, name: last}
  - global_pool: {from: last}
"""
)


def test_inline_one_use() -> None:
    new = done(USES, "Inline `Down`", 14)
    assert new == USES.replace(
        "  - Down: 4   # the first\n",
        "  # the first\n  # look around\n"
        "  - conv: {filters: 8, kernel_size: 2, strides: 2, name: window}   # here\n  - 1x1: 4\n  - relu\n",
    )


def test_inline_hands_the_name_on() -> None:
    new = done(USES, "Inline `Down`", 15)
    assert new == USES.replace(
        "  - Down: {filters: 8, name: last}\n",
        "  # look around\n"
        "  - conv: {filters: 16, kernel_size: 2, strides: 2, name: window}   # here\n"
        "  - 1x1: 4\n  - relu: {name: last}\n",
    )


def test_inlining_all_uses_removes_the_block() -> None:
    assert done(
        USES.replace(", name: window", "").replace("  # what it is for\n", ""), "Inline all 2 uses of `Down`", 14
    ) == (
        HEAD
        + """\
layers:
  # halves
  # the first
  # look around
  - conv: {filters: 8, kernel_size: 2, strides: 2}   # here
  - 1x1: 4
  - relu
  # look around
  - conv: {filters: 16, kernel_size: 2, strides: 2}   # here
  - 1x1: 4
  - relu: {name: last}
  - global_pool: {from: last}
"""
    )


def test_inline_the_only_use() -> None:
    text = HEAD + (
        "blocks:\n  Two: {layers: [{1x1: 4}, relu]}\n  Three:\n    layers:\n      - relu\n\nlayers:\n  - Two\n  - Three\n"
    )
    assert done(text, "Inline `Two`", 10) == HEAD + (
        "blocks:\n  Three:\n    layers:\n      - relu\n\nlayers:\n  - 1x1: 4\n  - relu\n  - Three\n"
    )
    assert done(text, "Inline `Three`", 11) == HEAD + (
        "blocks:\n  Two: {layers: [{1x1: 4}, relu]}\n\nlayers:\n  - Two\n  - relu\n"
    )


@pytest.mark.parametrize(
    ("written", "given", "new"),
    [
        ("4 * $n", "8", "32"),
        ("$n", "2 * $base", "2 * $base"),
        ("4 * $n", "$base + 1", "4 * ($base + 1)"),
        ("4 * $n", "$base", "4 * $base"),
        ("max($n, 3)", "8", "8"),
        ("min($n, $base)", "8", '"min(8, $base)"'),
        ("'$n'", "8", "8"),
        ("8 if $n == 3 else 4", "3", "8"),
    ],
)
def test_what_params_become(written: str, given: str, new: str) -> None:
    text = f"{HEAD}params: {{base: 3}}\nblocks:\n  One:\n    params: {{n: }}\n    layers:\n      - 1x1: {written}\n\nlayers:\n"
    assert done(f"{text}  - One: {given}\n  - relu\n  - 1x1: $base\n", "Inline `One`", 11) == (
        f"{HEAD}params: {{base: 3}}\nlayers:\n  - 1x1: {new}\n  - relu\n  - 1x1: $base\n"
    )


def test_a_default_may_have_the_name_of_what_is_around() -> None:
    text = (
        "netspec: 1\nparams: {n: 4}\ninput: [16, 16, 3]\nblocks:\n  One:\n    params: {m: , n: $n}\n    layers:\n"
        "      - 1x1: $m * $n\n\nlayers:\n  - One: 2\n  - relu\n"
    )
    assert done(text, "Inline `One`", 11) == (
        "netspec: 1\nparams: {n: 4}\ninput: [16, 16, 3]\nlayers:\n  - 1x1: 2 * $n\n  - relu\n"
    )


def test_a_condition_becomes_that_of_each_node() -> None:
    text = (
        "netspec: 1\nparams: {deep: true}\ninput: [16, 16, 3]\nblocks:\n  One:\n    layers:\n      - 1x1: 4\n      - relu\n\n"
        "layers:\n  - One: {when: $deep}\n  - batch_norm\n"
    )
    assert done(text, "Inline `One`", 11) == (
        "netspec: 1\nparams: {deep: true}\ninput: [16, 16, 3]\n"
        "layers:\n  - 1x1: {filters: 4, when: $deep}\n  - relu: {when: $deep}\n  - batch_norm\n"
    )


def test_forms() -> None:
    text = HEAD + "layers:\n  - conv: {filters: 4, kernel_size: 3}   # c\n  - 1x1: 4\n  - relu: {}\n"
    lines = HEAD + "layers:\n  - conv:   # c\n      filters: 4\n      kernel_size: 3\n  - 1x1: 4\n  - relu: {}\n"
    assert done(text, "Write in lines", 4) == lines
    assert done(lines, "Write on one line", 5) == text
    named = text.replace("1x1: 4", "1x1: {filters: 4}")
    assert done(text, "Name `filters`", 5) == named
    assert done(named, "Write `1x1: 4`", 5) == text
    assert done(text, "Write `relu` alone", 6) == text.replace("relu: {}", "relu")


def test_wrap_and_unwrap() -> None:
    text = HEAD + "layers:\n  - 1x1: 4\n  # a pair\n  - relu\n  - 1x1: 4   # back\n  - relu\n"
    wrapped = HEAD + "layers:\n  - 1x1: 4\n  # a pair\n  - skip:\n      - relu\n      - 1x1: 4   # back\n  - relu\n"
    assert done(text, "Wrap in `skip`", 6, 7) == wrapped
    assert done(wrapped, "Unwrap `skip`", 6) == text
    assert done(wrapped.replace("skip:\n", "skip:   # x\n"), "Unwrap `skip`", 6) == text.replace(
        "  - relu\n", "  # x\n  - relu\n", 1
    )
    assert "Wrap in `skip`" not in titles(text, 4)  # from 3 channels to 4


def test_variants_are_proved_too() -> None:
    text = (
        "netspec: 1\nparams: {size: 7}\nvariants: {small: {size: 4}}\ninput: [$size, $size, 3]\n"
        "blocks:\n  One:\n    params: {n: }\n    layers:\n      - 1x1: 7\n      - 1x1: $n\n\n"
        "layers:\n  - 1x1: $size\n  - One: $channels\n"
    )
    spec = check_text(text, repairs=False)
    (offered,) = [each for each in refactorings(spec, 14, 14, variants=False) if each.title == "Inline `One`"]
    assert apply(text, offered.edits).endswith("  - 1x1: $size\n  - 1x1: 7\n  - 1x1: $channels\n")
    sure = confirmed(spec, offered)
    assert sure is not None
    assert apply(text, sure.edits).endswith("  - 1x1: $size\n  - 1x1: 7\n  - 1x1: $size\n")
    assert done(text, "Inline `One`", 14) == apply(text, sure.edits)


def test_where_a_variant_is_shown_the_others_are_proved_too() -> None:
    text = (
        "netspec: 1\nparams: {depth: 1}\nvariants: {deep: {depth: 2}}\ninput: [16, 16, 3]\nlayers:\n"
        "  - skip: [{1x1: 3}, {relu: {repeat: $depth}}]\n  - 1x1: {filters: 4, when: $depth == 1}\n  - relu\n"
    )
    spec = check_text(text, variant="deep", repairs=False)
    titles_of = [each.title for each in refactorings(spec, 8, 8)]
    assert titles_of == ["Wrap in `skip`"]
    text = text.replace("  - relu\n", "  - 1x1: 3\n  - relu\n")
    spec = check_text(text, variant="deep", repairs=False)
    assert [each.title for each in refactorings(spec, 8, 8, variants=False)] == ["Name `filters`", "Wrap in `skip`"]
    (_, wrap) = refactorings(spec, 8, 8, variants=False)
    assert confirmed(spec, wrap) is None  # without a variant four channels enter it
    assert [each.title for each in refactorings(spec, 8, 8)] == ["Name `filters`"]


def test_kinds_that_are_asked_for() -> None:
    spec = check_text(TWICE, repairs=False)
    assert {each.kind for each in refactorings(spec, 5, 7)} == {"refactor.extract"}
    assert refactorings(spec, 5, 7, ("refactor.inline",)) == []
    assert [each.kind for each in refactorings(spec, 5, 5, ("refactor.rewrite",))] == ["refactor.rewrite"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (TWICE, 1),
        (TWICE, 3),
        (TWICE, 99),
        (HEAD + "layers: [relu, {1x1: 4}]\n", 3),
        ('{"netspec": 1,\n"input": [8],\n"layers": ["relu",\n"tanh"]}\n', 3),
        ("netspec: 1\nlayers: [\n", 2),
    ],
)
def test_where_nothing_can_be_done(text: str, line: int) -> None:
    assert titles(text, line) == []


def test_fix_all() -> None:
    text = HEAD + "layers:\n  - conv: {filter: 4, kernel_size: 3}   # c\n  - relo\n  - 1x1: 4\n"
    spec = check_text(text, repairs=False)
    assert apply(text, mended(spec).edits) == text.replace("filter:", "filters:").replace("relo", "relu")
    assert mended(check_text(TWICE, repairs=False)) == ((), ())


def test_windows_line_ends_stay() -> None:
    for title, first, last in (("Extract block `ConvBlock` (2 places)", 5, 7), ("Write in lines", 5, 5)):
        assert done(TWICE.replace("\n", "\r\n"), title, first, last) == done(TWICE, title, first, last).replace(
            "\n", "\r\n"
        )


def test_a_text_without_a_line_end() -> None:
    text = HEAD + "layers:\n  - 1x1: 4\n  - relu"
    assert done(text, "Extract block `Conv1x1Block`", 4, 5) == (
        HEAD + "blocks:\n  Conv1x1Block:\n    layers:\n      - 1x1: 4\n      - relu\n\nlayers:\n  - Conv1x1Block\n"
    )


@pytest.mark.parametrize("path", ZOO, ids=lambda path: path.stem)
def test_the_zoo(path: Path) -> None:
    """Whatever is offered at some places of each spec leaves the network as it is, and keeps all comments."""
    rng = random.Random(path.stem)
    spec = check(path, repairs=False)
    layout = Layout(spec)
    for _ in range(3):
        body = rng.choice(layout.bodies)
        first = rng.randrange(len(body.items))
        last = min(len(body.items) - 1, first + rng.choice((0, 0, 1, 2)))
        for each in refactorings(spec, body.items[first].first + 1, body.items[last].last + 1, variants=False):
            after = check_text(apply(spec.text, each.edits), spec.path, repairs=False)
            assert after.ok, each.title
            assert comments(spec) <= comments(after), each.title
            assert same_network(spec, after) or not each.same_network, each.title
            assert facts(after) == facts(spec) or not each.same_network, each.title
