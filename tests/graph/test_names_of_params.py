"""Params that name nodes: a name is looked up where it was written, whoever reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec.pipeline import Spec, check, check_text

GATE = "Gate: {params: {left: }, layers: [relu, conv: {filters: 4, kernel_size: 1}, add: {from: [conv_1, $left]}]}"
HEAD = f"netspec: 1\ninput: [8, 8, 4]\nblocks:\n  {GATE}\n"
LAYERS = "layers:\n- conv: {filters: 4, kernel_size: 1}\n- relu\n- tanh\n"


def reads(spec: Spec) -> dict[str, list[str]]:
    """What each node reads, by paths."""
    assert [problem.message for problem in spec.problems if problem.is_error] == []
    assert spec.graph is not None
    nodes = spec.graph.nodes
    return {node.path: [nodes[index].path for index in node.inputs] for node in nodes}


def said(text: str) -> list[tuple[str, int, int]]:
    """What is wrong, and where."""
    spec = check_text(text, repairs=False)
    return [(problem.message, problem.span.line, problem.span.column) for problem in spec.problems]


def test_a_node_of_the_block_does_not_hide_the_one_that_is_meant() -> None:
    found = reads(check_text(HEAD + LAYERS + "- Gate: {left: relu_1}\n- Gate: {left: input}\n"))
    assert found["Gate_1.add_1"] == ["Gate_1.conv_1", "relu_1"]
    assert found["Gate_2.add_1"] == ["Gate_2.conv_1", "input"]


@pytest.mark.parametrize(
    ("given", "read", "expected"),
    [
        ("relu_1", "$left", ["relu_1"]),
        ("relu_1", "[$left, conv_1]", ["relu_1", "B_1.conv_1"]),
        ("[relu_1, input, conv_1]", "$left", ["relu_1", "input", "conv_1"]),
        ("[conv_1, [relu_1, conv_1]]", '"$left[1]"', ["relu_1", "conv_1"]),
        ("conv_1", "\"'relu_1' if $left == 'conv_1' else $left\"", ["B_1.relu_1"]),
        ("relu_1", "\"$left if $left == 'relu_1' else 'conv_1'\"", ["relu_1"]),
        ("[conv_1, relu_1]", "\"[$each for each in $left if $each != 'conv_1']\"", ["relu_1"]),
        ("S_1", "$left.relu_1", ["S_1.relu_1"]),
        ("S_1.relu_1", "$left", ["S_1.relu_1"]),
        ("S_1", '"${$left}.relu_1"', ["S_1.relu_1"]),
        ("S", '"${$left}_1.relu_1"', ["B_1.S_1.relu_1"]),  # that is built in the block
        ("relu", '"${$left}_1"', ["B_1.relu_1"]),
        ('"relu_${len([1])}"', "$left", ["relu_1"]),  # and that at the use
    ],
)
def test_what_is_made_of_it(given: str, read: str, expected: list[str]) -> None:
    blocks = f"  S: {{layers: [relu]}}\n  B: {{params: {{left: }}, layers: [S, relu, 1x1: {{filters: 4, name: conv_1}}, concat: {{from: {read}}}]}}\n"
    if expected == ["relu_1"] or len(expected) == 1:  # one is not joined
        blocks = blocks.replace("concat:", "tanh:")
    text = "netspec: 1\ninput: [8, 8, 4]\nblocks:\n" + blocks + LAYERS + f"- S\n- B: {{left: {given}}}\n"
    found = reads(check_text(text))
    assert next(reversed(found.values())) == expected


def test_a_block_hands_on_what_it_was_handed_and_what_is_its_own() -> None:
    outer = (
        "  Outer:\n    params: {source: }\n    layers: [relu, skip: [Gate: {left: $source}, Gate: {left: relu_1}]]\n"
    )
    found = reads(check_text(HEAD + outer + LAYERS + "- Outer: {source: relu_1, repeat: 2}\n"))
    for use, before in (("Outer_1", "tanh_1"), ("Outer_2", "Outer_1.skip_1")):
        assert found[f"{use}.relu_1"] == [before]
        assert found[f"{use}.skip_1.Gate_1.add_1"] == [f"{use}.skip_1.Gate_1.conv_1", "relu_1"]
        assert found[f"{use}.skip_1.Gate_2.add_1"] == [f"{use}.skip_1.Gate_2.conv_1", f"{use}.relu_1"]


def test_the_default_of_a_param_is_written_in_the_block() -> None:
    gate = HEAD.replace("{left: }", "{other: input, left: $other}")
    found = reads(check_text(gate + LAYERS + "- Gate\n- Gate: {left: relu_1}\n- Gate: {other: relu_1}\n"))
    assert found["Gate_1.add_1"] == ["Gate_1.conv_1", "tanh_1"]
    assert found["Gate_2.add_1"] == ["Gate_2.conv_1", "relu_1"]
    assert found["Gate_3.add_1"] == ["Gate_3.conv_1", "relu_1"]  # what another param was given
    found = reads(check_text(HEAD.replace("left: ", "left: relu_1") + LAYERS + "- Gate\n"))
    assert found["Gate_1.add_1"] == ["Gate_1.conv_1", "Gate_1.relu_1"]


def test_params_of_the_spec_name_nodes_of_the_network_s_own_body() -> None:
    params = "params: {tap: relu_1}\nvariants: {early: {tap: conv_1}, late: {tap: relu_1}}\n"
    text = HEAD.replace("$left", "$tap").replace("params: {left: }, ", "") + params + LAYERS + "- Gate\n"
    for options, expected in (
        ({}, "relu_1"),
        ({"variant": "early"}, "conv_1"),
        ({"params": {"tap": "tanh_1"}}, "tanh_1"),
    ):
        found = reads(check_text(text, **options))  # type: ignore[arg-type]
        assert found["Gate_1.add_1"] == ["Gate_1.conv_1", expected]


def test_repetitions_read_one_of_a_list_each() -> None:
    head = "netspec: 1\ninput: [8, 8, 4]\nblocks:\n  B: {params: {levels: }, layers: [relu, 1x1: 4, "
    head += 'tanh: {from: "$levels[$index]", repeat: len($levels), name: each}]}\n'
    found = reads(check_text(head + LAYERS + "- B: {levels: [relu_1, conv_1]}\n"))
    assert [found[f"B_1.each_{number}"] for number in (1, 2)] == [["relu_1"], ["conv_1"]]


def test_every_place_that_names_a_node() -> None:
    attention = "multi_head_attention: {num_heads: 2, key_dim: 4, bias: $places}"
    head = f"netspec: 1\ninput: [6, 8]\nblocks:\n  A: {{params: {{places: , weights: }}, layers: [learned: {{shape: [2, 6, 6], name: places}}, relu: {{from: input}}, {attention}, dense: {{units: 8, share: $weights}}]}}\n"
    layers = "layers:\n- learned: {shape: [2, 6, 6], name: places}\n- dense: {units: 8, from: input}\n- A: {places: places, weights: dense_1}\n"
    spec = check_text(head + layers, repairs=False)
    assert spec.graph is not None
    nodes = spec.graph.nodes
    by_path = {node.path: node for node in nodes}
    assert [nodes[index].path for index in by_path["A_1.multi_head_attention_1"].inputs] == ["A_1.relu_1", "places"]
    share = by_path["A_1.dense_1"].share
    assert share is not None
    assert nodes[share].path == "dense_1"


def test_a_use_that_shares_weights_reads_what_the_name_means_where_it_stands() -> None:
    outer = "  Outer: {layers: [relu, Gate: {left: relu_1, name: g}, Gate: {share: g}]}\n"
    found = reads(check_text(HEAD + outer + LAYERS + "- Gate: {left: relu_1, name: g}\n- Gate: {share: g}\n- Outer\n"))
    assert found["Gate_1.add_1"] == ["Gate_1.conv_1", "relu_1"]
    assert found["Outer_1.Gate_1.add_1"] == ["Outer_1.Gate_1.conv_1", "Outer_1.relu_1"]


def test_blocks_of_other_files(tmp_path: Path) -> None:
    (tmp_path / "gates.yaml").write_text(f"netspec: 1\nblocks:\n  {GATE}\n", encoding="utf-8")
    text = "netspec: 1\ninput: [8, 8, 4]\nuse: {gates.yaml: [Gate]}\n" + LAYERS + "- Gate: {left: relu_1}\n"
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    found = reads(check(tmp_path / "net.yaml"))
    assert found["Gate_1.add_1"] == ["Gate_1.conv_1", "relu_1"]


def test_a_name_that_stands_for_nothing_is_told_where_it_was_written() -> None:
    text = HEAD + LAYERS + "- Gate: {left: rele_1}\n- Gate: {left: later}\n- relu: {name: later}\n"
    assert said(text) == [
        ("there is no node `rele_1` here; did you mean `relu_1`?", 9, 16),
        ("the node `later` stands later, at line 11; a node reads only what is above it", 10, 16),
    ]
    first = check_text(text).problems[0]
    assert [(note.message, note.span and note.span.line) for note in first.notes] == [("read here", 4)]
    assert [fix.title for fix in first.fixes] == ["relu_1"]


def test_a_node_of_the_block_s_own_is_not_what_a_use_names() -> None:
    assert said(HEAD + LAYERS.replace("- relu\n", "") + "- Gate: {left: relu_1}\n") == [
        ("there is no node `relu_1` here", 8, 16)
    ]


def test_hyperparameters_are_texts_like_any_other() -> None:
    text = HEAD.replace("relu,", "activation: $how,").replace("{left: }", "{left: , how: relu}") + LAYERS
    spec = check_text(text + "- Gate: {left: relu_1, how: tanh}\n")
    assert spec.graph is not None
    config = next(node.config for node in spec.graph.nodes if node.path == "Gate_1.activation_1")
    assert type(config.activation) is str  # type: ignore[union-attr]
