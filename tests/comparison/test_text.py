"""What is said of a difference, in full."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from netspec.comparison.differences import Difference
from netspec.comparison.markdown import as_markdown
from netspec.comparison.text import as_text
from netspec.pipeline import load
from tests.support.differing import SPECS

from .specs import difference, graph, said

CONV = {"conv": {"filters": 4, "kernel_size": 3, "padding": "same"}}
ENDS = ["global_pool", {"dense": {"units": 10}}]


def loaded(name: str) -> Any:
    stem, _, variant = name.partition("@")
    return load(SPECS / f"{stem}.yaml", variant=variant or None)


def text_of(one: str, other: str) -> str:
    return as_text(Difference(loaded(one), loaded(other)), one, other)


def test_resnet_to_resnext_fits_on_fifteen_lines() -> None:
    text = text_of("resnet@50", "resnext@50_32x4d")
    page = (Path(__file__).parent.parent.parent / "docs" / "howto" / "diff.md").read_text(encoding="utf-8")
    assert text.partition("\n")[2] in page
    assert len(text.splitlines()) <= 15


@pytest.mark.parametrize(
    ("one", "other", "lines"),
    [
        ("resnet@50", "resnet@101", ["  ~ `Stage_3`: Bottleneck x 6 -> x 23 (+170 nodes, +19.1 M parameters)"]),
        ("resnet@101", "resnet@50", ["  ~ `Stage_3`: Bottleneck x 23 -> x 6 (-170 nodes, -19.1 M parameters)"]),
        ("vgg@16", "vgg@16_bn", ["  + 13 batch_norm: `Stage_*.Conv_*.batch_norm_1`, 16.9 k parameters together"]),
        (
            "resnet@50",
            "senet@resnet50",
            [
                "  + 16 Gate: `Stage_*.Bottleneck_*.skip_1.Gate_1`, 4 nodes each, 2.53 M parameters together",
                "  ~ all 53 conv: use_bias true -> false",
                "  ~ all 53 batch_norm: momentum 0.99 -> 0.9, epsilon 1.001e-05 -> 1e-05",
                "  ~ pool `pool_1`: padding 1 -> valid, rounding floor -> ceil",
            ],
        ),
        (
            "densenet@121",
            "densenet@169",
            [
                "  ~ `Stage_3`: Layer x 24 -> x 32 (+56 nodes, +1.5 M parameters)",
                "  ~ `Stage_4`: Layer x 16 -> x 32 (+112 nodes, +3.54 M parameters)",
                "  ~ conv `Stage_3.Transition_1.conv1x1_1`: filters 512 -> 640",
            ],
        ),
    ],
)
def test_of_the_zoo(one: str, other: str, lines: list[str]) -> None:
    assert [line for line in text_of(one, other).splitlines() if line[:4] in ("  + ", "  - ", "  ~ ")] == lines


def test_the_same_is_said_in_a_line() -> None:
    assert text_of("lenet5", "lenet5") == "lenet5 and lenet5: the same network, 10 nodes\n"
    named = [{"conv": {**CONV["conv"], "padding": 1, "name": "stem"}}, *ENDS]
    found = difference([CONV, *ENDS], named)
    assert as_text(found, "a", "b") == (
        "a and b: the same network, 4 nodes; 1 has another name and 1 says the same in other words\n"
    )
    assert as_text(found, "a", "b", renames=True).splitlines()[1:] == ["  names  `conv_1` is now `stem`"]


def test_a_kernel_stays_where_a_bias_goes() -> None:
    one, other = ([{"conv": {**CONV["conv"], "use_bias": has}}, *ENDS] for has in (True, False))
    assert as_text(difference(one, other), "a", "b").splitlines() == [
        "a -> b: 4 nodes",
        "  ~ conv `conv_1`: use_bias true -> false",
        "  parameters   162 -> 158 (-2.5 %)",
        "  MACs         6.95 k, as before",
        "  activations  1.05 KiB, as before",
        "  weights      all carry over",
    ]


def test_strides_are_a_use_of_the_same_weights() -> None:
    one, other = ([{"conv": {**CONV["conv"], "strides": strides}}, *ENDS] for strides in (1, 2))
    text = as_text(difference(one, other), "a", "b")
    assert "  shapes       1 of 4 nodes, the first `conv_1`: 8 x 8 x 4 -> 4 x 4 x 4\n" in text
    assert text.endswith(
        "  weights      all carry over\n               carried over and used differently: `conv_1` (strides)\n"
    )


@pytest.mark.parametrize(
    ("first", "second", "lines"),
    [
        ([CONV, *ENDS], [CONV, {"dropout": 0.5}, *ENDS], ["+ `dropout_1`: dropout after `conv_1`, 8 x 8 x 4"]),
        ([CONV, "relu", *ENDS], [CONV, *ENDS], ["- `relu_1`: relu after `conv_1`, 8 x 8 x 4"]),
        (
            [CONV, "relu", CONV, "relu", *ENDS],
            [CONV, "silu", CONV, "silu", *ENDS],
            ["~ both relu -> silu"],
        ),
        (
            [{"conv": {**CONV["conv"], "trainable": True}}, *ENDS],
            [{"conv": {**CONV["conv"], "trainable": False}}, *ENDS],
            ["~ conv `conv_1`: trainable true -> false"],
        ),
        (
            [{"1x1": 4}, *ENDS],
            [CONV, *ENDS],
            ["~ conv `conv_1`: padding valid -> same, kernel_size 1 -> 3"],
        ),
        (
            [{"conv": {**CONV["conv"], "name": "a"}}, {"conv": {**CONV["conv"], "name": "b"}}, {"concat": {"from": ["a", "b"]}}, *ENDS],
            [{"conv": {**CONV["conv"], "name": "a"}}, {"conv": {**CONV["conv"], "name": "b"}}, {"concat": {"from": ["b", "a"]}}, *ENDS],
            ["~ `concat_1` reads `b`, `a` instead of `a`, `b`"],
        ),
        (
            [{"conv": {**CONV["conv"], "name": "a"}}, {"conv": {**CONV["conv"], "name": "b"}}, {"add": {"from": ["a", "b"]}}, *ENDS],
            [{"conv": {**CONV["conv"], "name": "a"}}, {"conv": {**CONV["conv"], "name": "b"}}, {"add": {"from": ["b", "a"]}}, *ENDS],
            [],
        ),
    ],
)  # fmt: skip
def test_of_small_networks(first: list[Any], second: list[Any], lines: list[str]) -> None:
    assert said(first, second) == lines


def test_an_input() -> None:
    found = Difference(graph([CONV, *ENDS]), graph([CONV, *ENDS], input={"shape": [9, None, 3]}))
    assert as_text(found, "a", "b").splitlines()[1:4] == [
        "  ~ input `input`: 8 x 8 x 3 -> 9 x ? x 3",
        "  shapes       2 of 4 nodes, the first `input`: 8 x 8 x 3 -> 9 x ? x 3",
        "  parameters   162, as before",
    ]


def test_outputs_and_what_stands_beside_the_layers() -> None:
    data = {"source": "digits"}
    one = graph(
        [CONV, *ENDS], input=[8, 8, 1], data=data, train={"epochs": 2, "optimizer": "adam"}, limits={"parameters": 500}
    )
    other = graph(
        [CONV, *ENDS],
        input=[8, 8, 1],
        outputs={"classes": "dense_1"},
        data={**data, "validation_split": 0.3},
        train={"epochs": 3, "optimizer": {"sgd": {"learning_rate": 0.1}}},
    )
    assert [
        line for line in as_text(Difference(one, other), "a", "b").splitlines() if line[:4] in ("  ~ ", "  - ")
    ] == [
        "  ~ outputs: `dense_1` -> `classes` (dense_1)",
        "  ~ `data`: validation_split 0.1 -> 0.3",
        "  ~ `train`: epochs 2 -> 3, optimizer adam -> sgd",
        "  - `limits`: parameters 500",
    ]


def test_markdown() -> None:
    found = difference(
        [CONV, "relu", *ENDS],
        [{"conv": {**CONV["conv"], "filters": 8}}, {"relu": {"max_value": 6}}, {"dropout": 0.1}, *ENDS],
    )
    assert (
        as_markdown(found, "HEAD:a.yaml", "a.yaml@x")
        == """\
### `HEAD:a.yaml` → `a.yaml@x`: 5 → 6 nodes

- **new:** `dropout_1`: dropout after `relu_1`, 8 x 8 x 8
- conv `conv_1`: filters 4 → 8
- relu `relu_1`: max_value null → 6

| | |
| --- | --- |
| shapes | 3 of 5 nodes, the first `conv_1`: 8 x 8 x 4 → 8 x 8 x 8 |
| parameters | 162 → 314 (+93.8 %) |
| MACs | 6.95 k → 13.9 k (+100.0 %) |
| activations | 2.05 KiB → 6.07 KiB (+195.4 %) |
| weights | 3.2 % carry over: 10 of 314 parameters, 1 of 4 tensors |
|  | new: kernel and bias of `conv_1`; kernel of `dense_1` |
"""
    )


def test_weights_that_fit_another_kernel_s_bias_alone_are_not_said_to_be_used_differently() -> None:
    one, other = ([{"conv": {**CONV["conv"], "kernel_size": size}}, *ENDS] for size in (3, 5))
    assert as_text(difference(one, other), "a", "b").splitlines()[-2:] == [
        "  weights      15.3 % carry over: 54 of 354 parameters, 3 of 4 tensors",
        "               new: kernel of `conv_1`",
    ]


def test_what_takes_the_place_of_another_says_what_both_have() -> None:
    assert said([CONV, "relu", *ENDS], [CONV, {"leaky_relu": {"negative_slope": 0.1}}, *ENDS]) == [
        "~ relu `relu_1` -> leaky_relu",
        "~ leaky_relu `leaky_relu_1`: negative_slope 0 -> 0.1",
    ]


def test_what_is_new_is_said_in_order() -> None:
    assert said([CONV, *ENDS], [{"dropout": 0.1}, CONV, "relu", "batch_norm", *ENDS]) == [
        "+ `dropout_1`: dropout after `input`, 8 x 8 x 3",
        "+ `relu_1`: relu after `conv_1`, 8 x 8 x 4",
        "+ `batch_norm_1`: batch_norm after `relu_1`, 8 x 8 x 4, 16 parameters",
    ]


def test_blocks_of_other_names_that_gain_the_same_are_one_line() -> None:
    def three(inner: list[Any]) -> list[Any]:
        return [{"skip": {"name": name, "body": [CONV, *inner, {"1x1": 3}]}} for name in ("low", "middle", "high")]

    assert said([*three([]), *ENDS], [*three(["relu"]), *ENDS]) == ["+ 3 relu: `*.relu_1`"]


def test_a_repetition_behind_which_others_read_on_is_no_change_of_theirs() -> None:
    def repeated(count: int) -> list[Any]:
        return [{"skip": {"name": "unit", "body": [{"1x1": 3}], "repeat": count}}, CONV, *ENDS]

    assert said(repeated(2), repeated(4)) == ["~ unit x 2 -> x 4 (+4 nodes, +24 parameters)"]


def test_what_stands_elsewhere_is_told_by_what_reads_what() -> None:
    named = [
        {"conv": {**CONV["conv"], "filters": 3, "kernel_size": size, "name": name}}
        for name, size in (("a", 3), ("b", 5))
    ]
    assert said([*named, *ENDS], [*named[::-1], *ENDS]) == [
        "~ `b` reads `input` instead of `a`",
        "~ `a` reads `b` instead of `input`",
        "~ `global_pool_1` reads `a` instead of `b`",
    ]


def test_markdown_of_a_stranger_s_text_is_text() -> None:
    source = {"npz": "a`<img src=x>`[b](http://c)|*d*~#1\u202e.npz"}
    found = Difference(graph([CONV, *ENDS]), graph([CONV, *ENDS], data={"source": source}))
    line = next(line for line in as_markdown(found, "a", "b").splitlines() if line.startswith("- "))
    assert line == (
        "- **new:** `data`: source {npz: {path: a'\\<img src=x>'\\[b\\](http://c)\\|\\*d\\*\\~\\#1\\\\x202e.npz}}"
    )


def test_networks_that_have_little_in_common() -> None:
    assert text_of("googlenet", "inception_v2").splitlines() == [
        "googlenet -> inception_v2: 97 -> 240 nodes",
        "  = little in common; with a counterpart: 1 of 240 nodes, 0 of 416 tensors of weights",
        "  ~ outputs: `main`, `aux1` (aux1.Classifier_1.dense_2), `aux2` (aux2.Classifier_1.dense_2) -> `predictions`",
        "  + `conv_1` to `pool1`: 4 nodes (conv, batch_norm, relu, pool), 9.73 k parameters",
        "  + `Conv_1` to `Conv_2`: 6 nodes (2 conv, 2 batch_norm, 2 relu), 116 k parameters",
        "  + `pool2`: pool",
        "  + `inception_3a` to `inception_3b`: 48 nodes (14 conv, 14 batch_norm, 14 relu, 2 zero_pad, …), 482 k parameters",
        "  + `inception_3c`: 17 nodes (5 conv, 5 batch_norm, 5 relu, pool, …), 387 k parameters",
        "  + `inception_4a` to `inception_4d`: 96 nodes (28 conv, 28 batch_norm, 28 relu, 4 zero_pad, …), 3.34 M parameters",
        "  + `inception_4e`: 17 nodes (5 conv, 5 batch_norm, 5 relu, pool, …), 1.45 M parameters",
        "  + behind these: 50 nodes (14 conv, 14 batch_norm, 14 relu, 2 zero_pad, …), 5.52 M parameters",
        "  - `conv_1` to `pool_2`: 7 nodes (3 conv, 2 pool, 2 lrn), 124 k parameters",
        "  - `inception_3a` to `inception_3b`: 16 nodes (12 conv, 2 pool, 2 concat), 552 k parameters",
        "  - `pool_3`: pool",
        "  - `inception_4a`: 8 nodes (6 conv, pool, concat), 376 k parameters",
        "  - `aux1`: 6 nodes (2 dense, pool, conv, flatten, …), 3.19 M parameters",
        "  - `inception_4b` to `inception_4d`: 24 nodes (18 conv, 3 pool, 3 concat), 1.56 M parameters",
        "  - `aux2`: 6 nodes (2 dense, pool, conv, flatten, …), 3.19 M parameters",
        "  - behind these: 28 nodes (18 conv, 4 pool, 3 concat, global_pool, …), 4.38 M parameters",
        "  - `train`: loss_weights {main: 1, aux1: 0.3, aux2: 0.3}",
        "  parameters   13,378,280 -> 11,315,272 (-15.4 %)",
        "  MACs         1.59 G -> 2.03 G (+27.8 %)",
        "  activations  25.6 MiB -> 56.9 MiB (+122.1 %)",
        "  weights      none carries over",
    ]
    text = text_of("lenet5", "vit")
    assert "  MACs         417 k -> 17.6 G (x 42,168)\n" in text
    found = as_markdown(Difference(loaded("vgg"), loaded("resnet")), "a", "b")
    assert "- = little" not in found
    assert "- little in common; with a counterpart: 2 of 175 nodes, 1 of 320 tensors of weights\n" in found


def test_what_is_left_of_a_block_is_counted_within_it() -> None:
    text = text_of("inception_v4", "inception_resnet_v2")
    assert "  + `Conv_1` to `Conv_3`: 8 of 9 nodes (3 batch_norm, 3 relu, 2 conv), 28 k parameters\n" in text


def test_kinds_that_are_not_named_are_counted() -> None:
    kinds = [{"conv": {"filters": 4, "kernel_size": 3}}, "batch_norm", "prelu", {"depthwise_conv": {"kernel_size": 3}}]
    more = [*kinds, "layer_norm"]
    for layers, rest in ((more, "; and of 1 more kind"), ([*more, {"dense": {"units": 4}}], "; and of 2 more kinds")):
        lines = as_text(difference([CONV, *ENDS], [CONV, *layers, *ENDS]), "a", "b").splitlines()
        (line,) = [line for line in lines if "new:" in line]
        assert line.endswith(rest)
