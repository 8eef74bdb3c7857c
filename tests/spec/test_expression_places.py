"""Which part of a file is underlined for what is wrong with an expression."""

from __future__ import annotations

import re

import pytest

from netspec.pipeline import check_text

# What is wrong stands between « and »; the whole scalar where its text does not stand in the file as it is read.
DENSE = (
    "«$nn»",
    "4 * «$nn» + 1",
    "'4 * «$nn»'",
    '"4 * «$nn» + 1"',
    "\"4 if 'ü' == '€' else «$nn»\"",
    "{units: 4 * «$nn»}",
    "{units: '4 * «$nn»', name: wide}",
    '{"units":"4 * «$nn»"}',
    "{units: 4 «;» $n}",
    "{units: 2 * («1 // ($n - 8)») }  # a comment",
    '{units: 3, when: "«$n» or true"}',
    "{units: 3, name: d, repeat: 1 + «$nn»}",
    "{units: 3, name: '«$nn»'}",
    '«"4 * \\u0024nn"»',
    "«'$n == ''a'' or $nn'»",
    "«4 *\n      $nn»",
    "«&size 4 * $nn»",
)
OTHERS = (
    "input: [8, 2 * «$nn»]\nlayers: [relu]",
    'input: [8, "2 * «$nn»", "3 * $mm"]\nlayers: [relu]',
    "input: 2 * «$nn»\nlayers: [relu]",
    "input: [8, 8, 1]\nlayers:\n  - conv: {filters: 2, kernel_size: [1, 2 - «$nn»]}",
    "input: [8, 8, 1]\nlayers:\n  - conv: {filters: 2, kernel_size: 1, padding: [[0, «$nn»], [$nn, 0]]}",
    "input: [4]\nlayers:\n  - dense: {units: 4, name: a}\n  - relu: {from: ['«$nn»']}",
    "input: [4]\nblocks:\n  B: {params: {w: [1, «$nn»]}, layers: [{dense: '$w[0]'}]}\nlayers: [B]",
    "input: [4]\nblocks:\n  B: {params: {w: }, layers: [{dense: '$w[0]'}]}\nlayers: [B: [1, 2 + «$nn»]]",
    "input: [4]\nlayers:\n  - dense: «>-\n      4 * $nn\n»  - relu",
    "input: [4]\nlayers:\n  - dense: «|-\n      4 * $nn\n»  - relu",
    "input: [4]\nlayers: [dense: 3]\ntrain: {loss: mean_squared_error, epochs: 3 * «$nn»}",
)


def marked(text: str, variant: str | None = None) -> str:
    """The text with the first problem's span put between « and »."""
    lines = text.splitlines(keepends=True)
    span = check_text(text, "places.yaml", variant=variant).problems[0].span
    starts = [sum(map(len, lines[:index])) for index in range(len(lines) + 1)]
    start, end = starts[span.line - 1] + span.column - 1, starts[span.end_line - 1] + span.end_column - 1
    return f"{text[:start]}«{text[start:end]}»{text[end:]}"


@pytest.mark.parametrize("value", DENSE)
def test_one_value(value: str) -> None:
    text = f"netspec: 1\nparams: {{n: 8}}\ninput: [4]\nlayers:\n  - dense: {value}\n  - relu\n"
    assert marked(re.sub("[«»]", "", text)) == text


@pytest.mark.parametrize("rest", OTHERS)
def test_a_value_inside_others(rest: str) -> None:
    text = f"netspec: 1\nparams: {{n: 8}}\n{rest}\n"
    assert marked(re.sub("[«»]", "", text)) == text


def test_of_a_variants_value() -> None:
    text = (
        "netspec: 1\nparams: {n: 8, m: 2 * $n}\nvariants:\n  small: {m: $n // «$nn»}\ninput: [4]\nlayers: [dense: $m]\n"
    )
    assert marked(re.sub("[«»]", "", text), "small") == text


def test_the_message_names_the_expression_inside_a_list() -> None:
    text = "netspec: 1\ninput: [8, 8, 2 * $nn]\nlayers: [relu]\n"
    assert [problem.message for problem in check_text(text, "places.yaml").problems] == [
        "in '2 * $nn': `$nn` is not known here"
    ]
