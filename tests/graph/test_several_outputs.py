"""Nodes with several outputs, nodes that read nothing, hyperparameters that name nodes, and bodies over each step."""

from __future__ import annotations

import pytest

from netspec.pipeline import Spec, check_text


def spec(*layers: str, top: str = "") -> Spec:
    lines = "".join(f"  - {layer}\n" for layer in layers)
    return check_text(f"netspec: 1\ninput: [6, 3]\n{top}layers:\n{lines}", repairs=False)


def said(checked: Spec) -> list[str]:
    return [f"{p.code} {p.span.line}:{p.span.column} {p.message}" for p in checked.problems]


def rows(checked: Spec) -> list[tuple[str, str, tuple[int | None, ...] | None, tuple[str, ...]]]:
    """Of each node its path, its kind, its shape and the paths of what it reads."""
    assert said(checked) == []
    assert checked.graph is not None
    nodes = checked.graph.nodes
    return [(n.path, n.kind_name, n.shape, tuple(nodes[i].path for i in n.inputs)) for n in nodes[1:]]


READ = "lstm: {units: 4, return_state: true, name: read}"


def test_a_state_is_read_by_its_path() -> None:
    assert rows(spec(READ, "dense: {units: 2, from: read.state_c}")) == [
        ("read", "lstm", (4,), ("input",)),
        ("read.state_h", "lstm", (4,), ("read",)),
        ("read.state_c", "lstm", (4,), ("read",)),
        ("dense_1", "dense", (2,), ("read.state_c",)),
    ]


def test_states_of_both_directions() -> None:
    gru = "gru: {units: 4, return_state: true, bidirectional: concat}"
    assert [row[0] for row in rows(spec(gru))] == ["gru_1", "gru_1.forward_state", "gru_1.backward_state"]


def test_an_unread_state_is_no_problem_and_can_be_an_output() -> None:
    checked = spec(READ, "dense: 2", top="outputs: {end: read.state_h, out: dense_1}\n")
    assert rows(checked)[-1] == ("dense_1", "dense", (2,), ("read",))
    assert checked.graph is not None
    assert {name: checked.graph.nodes[i].path for name, i in checked.graph.outputs.items()} == {
        "end": "read.state_h",
        "out": "dense_1",
    }


def test_a_state_that_there_is_not() -> None:
    assert said(spec(READ, "dense: {units: 2, from: read.state}")) == [
        "NS301 5:29 there is no node `state` inside `read`; did you mean `state_h`?"
    ]


def test_of_a_node_that_is_wrong_any_name_may_be_an_output() -> None:
    wrong = "lstm: {units: 0, return_state: true, name: read}"
    assert [line[:5] for line in said(spec(wrong, "dense: {units: 2, from: read.state_h}"))] == ["NS205"]


def test_a_state_to_begin_with() -> None:
    again = "lstm: {units: 4, from: input, initial_state: [read.state_h, read.state_c]}"
    assert rows(spec(READ, again))[-1] == ("lstm_1", "lstm", (4,), ("input", "read.state_h", "read.state_c"))


def test_a_state_to_begin_with_is_named_by_a_param() -> None:
    block = "blocks:\n  Decoder:\n    params: {state: }\n    layers:\n    - gru: {units: 4, initial_state: $state}\n"
    checked = spec(
        "gru: {units: 4, return_state: true, name: read}",
        "Decoder: {from: input, state: read.state}",
        top=block,
    )
    assert rows(checked)[-1] == ("Decoder_1.gru_1", "gru", (4,), ("input", "read.state"))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("nobody", "NS301 5:50 there is no node `nobody` here"),
        ("3", "NS301 5:50 `lstm`: `initial_state` must be a list of at most 4 names of earlier nodes, not 3; nodes are named, not numbered"),
        (
            "read.state_h",
            "NS403 5:5 lstm `lstm_1`: has 2 states of 4 units, and `initial_state` names 1",
        ),
        ("[read.state_h, input]", "NS403 5:5 lstm `lstm_1`: has states of [4], and `initial_state` names one of 6 x 3"),
    ],
)  # fmt: skip
def test_a_state_to_begin_with_that_is_none(given: str, message: str) -> None:
    assert said(spec(READ, f"lstm: {{units: 4, from: input, initial_state: {given}}}")) == [message]


def test_defaults_name_no_nodes() -> None:
    top = "defaults: {lstm: {initial_state: [a, b]}}\n"
    assert said(spec("lstm: 4", top=top)) == [
        "NS204 3:19 `initial_state` of `lstm` has no default; write it at the node"
    ]


def test_what_reads_nothing_sees_the_node_before_it() -> None:
    checked = spec("learned: {shape: [$length, $channels], name: places}", "add: {from: [input, places]}")
    assert rows(checked) == [
        ("places", "learned", (6, 3), ()),
        ("add_1", "add", (6, 3), ("input", "places")),
    ]


def test_what_reads_nothing_is_given_nothing_to_read() -> None:
    assert said(spec("learned: {shape: [3], from: input}")) == [
        "NS304 4:5 learned `learned_1` reads nothing; leave out `from`"
    ]


def test_what_reads_nothing_shares_and_is_repeated() -> None:
    checked = spec(
        "learned: {shape: [6, 3], name: a, repeat: 2}", "learned: {share: a_1, name: c}", "add: {from: [a_*, c, input]}"
    )
    assert [(row[0], row[3]) for row in rows(checked)] == [
        ("a_1", ()),
        ("a_2", ()),
        ("c", ()),
        ("add_1", ("a_1", "a_2", "c", "input")),
    ]
    assert checked.graph is not None
    assert checked.graph.totals().parameters == 36


def test_costs_inside_a_body_are_counted_for_each_step() -> None:
    checked = spec("time_distributed: [{dense: 4}, relu]")
    assert rows(checked) == [
        ("time_distributed_1.steps", "time_distributed", (3,), ("input",)),
        ("time_distributed_1.dense_1", "dense", (4,), ("time_distributed_1.steps",)),
        ("time_distributed_1.relu_1", "relu", (4,), ("time_distributed_1.dense_1",)),
        ("time_distributed_1", "time_distributed", (6, 4), ("time_distributed_1.relu_1", "input")),
    ]
    assert checked.graph is not None
    totals = checked.graph.totals()
    assert (totals.parameters, totals.macs, totals.activation_bytes) == (16, 6 * 12, 4 * (18 + 24 + 24 + 24))


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (
            ["relu: {name: a}", "time_distributed: {name: each, body: [{add: {from: [input, a]}}]}"],
            "NS304 5:56 `each` takes each step as an example of its own, and `a` stands outside it",
        ),
        (
            ["time_distributed: {name: each, body: [{relu: {name: a}}]}", "add: {from: [each, each.a]}"],
            "NS304 5:17 `each.a` stands where each step is an example of its own; read what its `time_distributed` ends in",
        ),
        (
            ["time_distributed: [{head: {name: h, body: [{dense: 1}]}}, relu]"],
            "NS304 4:25 `time_distributed_1.h` stands where each step is an example of its own, so it is no output",
        ),
    ],
)
def test_what_stands_inside_and_outside_of_such_a_body(layers: list[str], message: str) -> None:
    assert said(spec(*layers))[:1] == [message]


def test_a_node_inside_is_no_output() -> None:
    checked = spec("time_distributed: {name: each, body: [{relu: {name: a}}]}", top="outputs: [each, each.a]\n")
    assert said(checked) == ["NS304 3:17 `each.a` stands where each step is an example of its own, so it is no output"]
