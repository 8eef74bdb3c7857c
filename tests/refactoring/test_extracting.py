"""Blocks made of nodes that read one another, that others read, and that differ in expressions."""

from __future__ import annotations

import pytest

from netspec.pipeline import check_text
from netspec.refactoring.proving import same_network
from tests.refactoring.test_brackets import done as at_marks
from tests.refactoring.test_refactoring import HEAD, done, titles

PARAMS = HEAD.replace("input", "params: {w: 8, deep: true}\nvariants: {wide: {w: 16, deep: false}}\ninput")


def extracted(text: str, title: str, first: int, last: int) -> str:
    """The text with a block, of the same network."""
    new = done(text, title, first, last)
    assert same_network(check_text(text, repairs=False), check_text(new, repairs=False))
    return new


def test_what_enters_is_input_and_numbers_are_those_in_the_block() -> None:
    unit = "  - conv: {{filters: 4, kernel_size: 3, padding: same}}\n  - relu\n  - add: {{from: [{}, {}]}}\n"
    text = f"{HEAD}layers:\n  - 1x1: {{filters: 4, name: a}}\n{unit.format('relu_1', 'a')}{unit.format('add_1', 'relu_2')}  - tanh\n"
    assert extracted(text, "Extract block `ConvBlock`", 5, 7) == HEAD + (
        "blocks:\n  ConvBlock:\n    layers:\n      - conv: {filters: 4, kernel_size: 3, padding: same}\n      - relu\n"
        "      - add: {from: [relu_1, input]}\n\nlayers:\n  - 1x1: {filters: 4, name: a}\n  - ConvBlock\n"
        f"{unit.format('ConvBlock_1', 'relu_1')}  - tanh\n"
    )
    alike = text.replace("[relu_1, a]", "[a, relu_1]")
    assert extracted(alike, "Extract block `ConvBlock` (2 places)", 5, 7) == HEAD + (
        "blocks:\n  ConvBlock:\n    layers:\n      - conv: {filters: 4, kernel_size: 3, padding: same}\n      - relu\n"
        "      - add: {from: [input, relu_1]}\n\nlayers:\n  - 1x1: {filters: 4, name: a}\n  - ConvBlock\n  - ConvBlock\n  - tanh\n"
    )


def test_what_the_first_node_reads_is_read_by_the_use() -> None:
    text = HEAD + (
        "layers:\n  - 1x1: {filters: 4, name: q}\n  - relu\n  - 1x1: {filters: 4, from: q}\n  - relu\n  - add: {from: [relu_2, q]}\n"
        "  - 1x1: {filters: 4, from: relu_1}\n  - relu\n  - add: {from: [relu_3, relu_1]}\n"
        "  - 1x1: 4\n  - relu\n  - add: {from: [relu_4, add_2]}\n  - concat: {from: [add_1, add_2, add_3]}\n"
    )
    assert extracted(text, "Extract block `Conv1x1Block` (3 places)", 6, 8) == HEAD + (
        "blocks:\n  Conv1x1Block:\n    layers:\n      - 1x1: {filters: 4}\n      - relu\n      - add: {from: [relu_1, input]}\n\n"
        "layers:\n  - 1x1: {filters: 4, name: q}\n  - relu\n  - Conv1x1Block: {from: q}\n  - Conv1x1Block: {from: relu_1}\n"
        "  - Conv1x1Block\n  - concat: {from: [Conv1x1Block_1, Conv1x1Block_2, Conv1x1Block_3]}\n"
    )


def test_what_the_use_reads_is_counted_anew_too() -> None:
    text = HEAD + (
        "layers:\n  - tanh\n  - 1x1: 4\n  - relu\n  - tanh\n  - 1x1: {filters: 4, from: relu_1}\n  - relu\n  - add: {from: [tanh_2, relu_2]}\n"
    )
    assert extracted(text, "Extract block `Conv1x1Block` (2 places)", 5, 6) == HEAD + (
        "blocks:\n  Conv1x1Block:\n    layers:\n      - 1x1: 4\n      - relu\n\n"
        "layers:\n  - tanh\n  - Conv1x1Block\n  - tanh\n  - Conv1x1Block: {from: Conv1x1Block_1}\n  - add: {from: [tanh_2, Conv1x1Block_2]}\n"
    )


def test_nodes_are_read_by_the_path_behind_the_use() -> None:
    text = f"{HEAD}layers:\n  - relu: {{name: here}}\n  - dense: 3\n  - add: {{from: [here, dense_1]}}\noutputs: {{sum: add_1, early: here}}\n"
    assert extracted(text, "Extract block `DenseBlock`", 4, 5) == HEAD + (
        "blocks:\n  DenseBlock:\n    layers:\n      - relu: {name: here}\n      - dense: 3\n\nlayers:\n  - DenseBlock\n"
        "  - add: {from: [DenseBlock_1.here, DenseBlock_1]}\noutputs: {sum: add_1, early: DenseBlock_1.here}\n"
    )


def test_repetitions_are_read_by_the_path_behind_the_use() -> None:
    text = f"{HEAD}layers:\n  - tanh\n  - relu: {{repeat: 3, name: r}}\n  - add: {{from: [r_1, r_2, r]}}\n"
    assert extracted(text, "Extract block `TanhBlock`", 4, 5) == HEAD + (
        "blocks:\n  TanhBlock:\n    layers:\n      - tanh\n      - relu: {repeat: 3}\n\nlayers:\n  - TanhBlock: {name: r}\n"
        "  - add: {from: [r.relu_1, r.relu_2, r]}\n"
    )


def test_names_in_like_places_may_be_others() -> None:
    text = HEAD + (
        "layers:\n  - 1x1: {filters: 4, name: left}\n  - relu: {name: act}\n  - add: {from: [left, act]}\n"
        "  - 1x1: {filters: 8, name: right}\n  - relu\n  - add: {from: [right, relu_1]}\n"
        "  - concat: {from: [left, act, right, relu_1, add_2]}\n  - relu\n  - add: {from: [relu_2, concat_1]}\n"
    )
    assert extracted(text, "Extract block `Conv1x1Block` (2 places)", 4, 6) == HEAD + (
        "blocks:\n  Conv1x1Block:\n    params: {filters: }\n    layers:\n      - 1x1: {filters: $filters, name: left}\n"
        "      - relu: {name: act}\n      - add: {from: [left, act]}\n\nlayers:\n  - Conv1x1Block: 4\n  - Conv1x1Block: 8\n"
        "  - concat: {from: [Conv1x1Block_1.left, Conv1x1Block_1.act, Conv1x1Block_2.left, Conv1x1Block_2.act, Conv1x1Block_2]}\n"
        "  - relu\n  - add: {from: [relu_1, concat_1]}\n"
    )


def test_names_in_bodies_stay() -> None:
    unit = "  - skip: [{1x1: 3}, {relu: {name: a}}, {add: {from: [a, conv1x1_1]}}]\n  - relu\n"
    text = f"{HEAD}layers:\n  - 1x1: {{filters: 3, name: a}}\n{unit}{unit}"
    assert extracted(text, "Extract block `SkipBlock` (2 places)", 5, 6) == HEAD + (
        f"blocks:\n  SkipBlock:\n    layers:\n{unit.replace('  - ', '      - ')}\n"
        "layers:\n  - 1x1: {filters: 3, name: a}\n  - SkipBlock\n  - SkipBlock\n"
    )


def test_expressions_that_differ_become_params() -> None:
    text = PARAMS + (
        "layers:\n  - 1x1: $w\n  - dropout: {rate: 0.5, when: $deep}\n  - 1x1: max($w, 16)\n  - dropout: {rate: 0.5, when: not $deep}\n"
        "  - 1x1: 16\n  - dropout: {rate: 0.5, when: $w > 9}\n"
    )
    assert extracted(text, "Extract block `Conv1x1Block` (3 places)", 6, 7) == PARAMS + (
        "blocks:\n  Conv1x1Block:\n    params: {filters: , present: }\n    layers:\n      - 1x1: $filters\n"
        "      - dropout: {rate: 0.5, when: $present}\n\nlayers:\n"
        "  - Conv1x1Block: {filters: $w, present: $deep}\n"
        '  - Conv1x1Block: {filters: "max($w, 16)", present: not $deep}\n'
        "  - Conv1x1Block: {filters: 16, present: $w > 9}\n"
    )


def test_params_have_the_names_that_they_have_around() -> None:
    stage = "  Stage:\n    params: {filters: , n: 1}\n    layers:\n"
    text = (
        f"{HEAD}blocks:\n{stage}      - 1x1: {{filters: $filters, strides: $n}}\n      - relu\n"
        "      - 1x1: {filters: 2 * $filters, strides: 1}\n      - relu\n      - 1x1: 4\nlayers:\n  - Stage: 4\n  - tanh\n  - Stage: 8\n"
    )
    assert extracted(text, "Extract block `Conv1x1Block` (2 places)", 7, 8) == (
        f"{HEAD}blocks:\n{stage}      - Conv1x1Block: {{filters: $filters, strides: $n}}\n"
        "      - Conv1x1Block: {filters: 2 * $filters, strides: 1}\n      - 1x1: 4\n\n"
        "  Conv1x1Block:\n    params: {filters: , strides: }\n    layers:\n      - 1x1: {filters: $filters, strides: $strides}\n"
        "      - relu\nlayers:\n  - Stage: 4\n  - tanh\n  - Stage: 8\n"
    )


def test_the_whole_of_a_block_is_no_like_place() -> None:
    text = f"{HEAD}blocks:\n  Old:\n    layers:\n      - 1x1: 4\n      - relu\nlayers:\n  - Old\n  - 1x1: 8\n  - relu\n"
    assert titles(text, 10, 11) == ["Extract block `Conv1x1Block`"]


@pytest.mark.parametrize("blocks", ["blocks: {}\n", "blocks:\n", "blocks:   # none yet\n"])
def test_blocks_without_any(blocks: str) -> None:
    text = f"{HEAD}{blocks}layers:\n  - 1x1: 3\n  - relu\n"
    comment = "   # none yet" if "#" in blocks else ""
    assert extracted(text, "Extract block `Conv1x1Block`", 5, 6) == (
        f"{HEAD}blocks:{comment}\n  Conv1x1Block:\n    layers:\n      - 1x1: 3\n      - relu\n\nlayers:\n  - Conv1x1Block\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        '{"netspec": 1, "input": [8], "blocks": {}, "layers": [‸"tanh", "relu"‸]}',
        "{netspec: 1, input: [8], blocks: , layers: [‸tanh, relu‸]}",
    ],
)
def test_blocks_without_any_in_braces(text: str) -> None:
    quoted = '"blocks": {"TanhBlock": {"layers": ["tanh", "relu"]}}, "layers": ["TanhBlock"]}'
    plain = "blocks: {TanhBlock: {layers: [tanh, relu]}}, layers: [TanhBlock]}"
    head = text.partition("blocks")[0].removesuffix('"')
    assert at_marks(text, "Extract block `TanhBlock`") == head + (quoted if '"' in text else plain)
