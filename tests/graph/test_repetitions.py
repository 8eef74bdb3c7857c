"""Names of repeated nodes: `s_1`, `s_2` for each, `s` for the last, `s_*` for all."""

from __future__ import annotations

import pytest

from netspec.pipeline import Spec
from tests.graph.test_elaboration import nodes, said, spec


def reads(checked: Spec) -> list[str]:
    """What the last node reads."""
    nodes(checked)
    assert checked.graph is not None
    return [checked.graph.nodes[i].path for i in checked.graph.nodes[-1].inputs]


@pytest.mark.parametrize("n", [1, 2, 3])
def test_the_last_and_all_of_a_number_that_is_a_param(n: int) -> None:
    body = "- 1x1: {filters: 4, name: s, repeat: $n}\n- concat: {from: [s, input, s_*]}"
    assert reads(spec(body, f"input: [8, 8, 4]\nparams: {{n: {n}}}")) == [
        f"s_{n}",
        "input",
        *(f"s_{i + 1}" for i in range(n)),
    ]


def test_none_of_a_node_repeated_no_times() -> None:
    body = "- 1x1: {filters: 4, name: s, repeat: 0}\n- relu: {name: r}\n- concat: {from: [r, input, s_*]}"
    assert reads(spec(body)) == ["r", "input"]
    only = spec("- relu: {name: s, repeat: 0}\n- concat: {from: s_*}\n- dense: 3")
    assert said(only) == ["NS301 6: `s_*` stands for no node, so `concat` reads nothing"]
    last = spec("- relu: {name: s, repeat: 0}\n- relu\n- add: {from: [s, input]}")
    assert said(last) == ["NS301 7: the node `s` is left out, because `repeat` is 0"]


def test_only_the_repetitions_that_stand() -> None:
    body = "- 1x1: {filters: 4, name: s, repeat: 4, when: $index != 1 and $index != 3}\n- concat: {from: [s, s_*]}"
    assert reads(spec(body)) == ["s_3", "s_1", "s_3"]


def test_repeated_blocks_and_paths_into_bodies() -> None:
    head = "blocks: {B: {layers: [{1x1: {filters: 4, name: t, repeat: 2}}, {relu: {name: end}}]}}"
    body = "- B: {name: s, repeat: 2}\n- concat: {from: [s, s_*, s.end, s_1.t, s.t_*]}"
    assert reads(spec(body, head)) == [
        "s_2.end",
        "s_1.end",
        "s_2.end",
        "s_2.end",
        "s_1.t_2",
        "s_2.t_1",
        "s_2.t_2",
    ]


def test_a_body_reads_the_repetitions_around_it() -> None:
    assert reads(
        spec("- 1x1: {filters: 4, name: s, repeat: 2}\n- skip: {body: [{concat: {from: [s, s_*]}}, {1x1: 4}]}")
    ) == [
        "s_2",
        "skip_1.conv1x1_1",
    ]


def test_a_node_of_the_plain_name_goes_before_the_last_repetition() -> None:
    body = "- relu: {name: s}\n- 1x1: {filters: 4, name: s, repeat: 2}\n- concat: {from: [s, s_*]}"
    assert reads(spec(body)) == ["s", "s_1", "s_2"]


def test_names_from_expressions() -> None:
    body = "- 1x1: {filters: 4, name: $word, repeat: 2}\n- concat: {from: $all}"
    assert reads(spec(body, "params: {word: s, all: [s, s_*]}")) == ["s_2", "s_1", "s_2"]


def test_outputs_and_share_name_the_last() -> None:
    checked = spec("- dense: {units: 4, name: s, repeat: 2}\n- dense: {share: s}", "outputs: {a: s, b: dense_1}")
    assert list(nodes(checked)) == ["s_1", "s_2", "dense_1"]
    graph = checked.graph
    assert graph is not None
    assert graph.nodes[graph.outputs["a"]].path == "s_2"
    assert graph.nodes[graph.nodes[-1].share or 0].path == "s_2"


def test_the_default_output_keeps_its_name() -> None:
    checked = spec("- 1x1: {filters: 4, name: s, repeat: 2}")
    nodes(checked)
    assert checked.graph is not None
    assert list(checked.graph.outputs) == ["s_2"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            "- relu: {name: s}\n- concat: {from: [s_*, s]}",
            "NS301 6: `s` is not repeated, so there is no `s_*`; write `s`",
        ),
        (
            "- concat: {from: [input, s_*]}\n- relu: {name: s, repeat: 2}",
            "NS301 5: the node `s` stands later, at line 6; a node reads only what is above it",
        ),
        (
            "- add: {from: [input, s], name: s, repeat: 1}",
            "NS301 5: the node `s` stands later, at line 5; a node reads only what is above it",
        ),
        (
            "- relu: {name: s, when: 1 > 2 and $n}\n- concat: {from: [input, s_*]}",
            "NS301 6: the node `s` is left out, because its `when` is false",
        ),
        ("- relu: {repeat: 2}\n- concat: {from: [input, relu_*]}", "NS301 6: there is no node `relu_*` here"),
        (
            "- relu: {name: s, repeat: 2}\n- relu: {share: s_*}",
            "NS301 6: `share` must be the name of an earlier node, not 's_*'",
        ),
        (
            "- relu: {name: s, repeat: 2}\n- relu: {from: '*'}",
            "NS301 6: `from` must be the name of an earlier node, or a list of names, not '*'",
        ),
    ],
)
def test_what_no_repetition_stands_for(body: str, message: str) -> None:
    found = said(spec(body, "params: {n: true}"))
    assert found[0].split("; did you mean")[0] == message
    assert len(found) == 1


def test_an_output_is_one_node() -> None:
    checked = spec("- relu: {name: s, repeat: 2}", "outputs: [s_*]")
    assert said(checked) == ["NS301 3: an output is the name of a node, not 's_*'"]


def test_reading_all_of_very_many_is_refused_at_once() -> None:
    checked = spec(
        "- relu: {name: s, repeat: 2000}\n- concat: {from: $all, repeat: 1000}", "input: [4]\nparams: {all: [s_*]}"
    )
    assert said(checked) == [
        "NS509 6: with `concat` the nodes read more than 100,000 others together, the most that a graph may have"
    ]


def test_yolos_c2f() -> None:
    """Its split input and the outputs of all repetitions are concatenated (Ultralytics YOLOv8, `C2f`)."""
    head = """\
params: {n: 3}
blocks:
  Bottleneck:
    params: {filters: }
    layers:
      - skip:
          - conv: {filters: $filters, kernel_size: 3, padding: same}
          - conv: {filters: $filters, kernel_size: 3, padding: same}
  C2f:
    params: {filters: , n: 1, half: $filters // 2}
    layers:
      - 1x1: {filters: $filters, name: split}
      - slice: {start: 0, stop: $half, axis: -1, name: left}
      - slice: {start: $half, stop: $filters, axis: -1, name: right, from: split}
      - Bottleneck: {filters: $half, name: inner, repeat: $n}
      - concat: {from: [left, right, inner_*]}
      - 1x1: $filters
"""
    for n in (0, 1, 3):
        checked = spec(f"- C2f: {{filters: 16, n: {n}}}", head.replace("params: {n: 3}\n", ""))
        shapes = nodes(checked)
        assert shapes["C2f_1.concat_1"] == [8, 8, 8 * (2 + n)]
        assert shapes["C2f_1.conv1x1_1"] == [8, 8, 16]


# --- names that are built, and what is inside all repetitions -------------------------------------------------------------

TOWERS = "blocks: {B: {layers: [{1x1: {filters: 4, name: t, repeat: 2}}, {relu: {name: side}}, {1x1: 4}]}}"


def test_what_is_inside_all_repetitions() -> None:
    assert reads(spec("- B: {name: l, repeat: 3}\n- concat: {from: [l_*.side, l]}", TOWERS)) == [
        *("l_1.side", "l_2.side", "l_3.side"),
        "l_3.conv1x1_1",
    ]
    assert reads(spec("- B: {name: l, repeat: 2}\n- concat: {from: [l_*.t_*, input, l_*.t, l]}", TOWERS)) == [
        *("l_1.t_1", "l_1.t_2", "l_2.t_1", "l_2.t_2"),
        "input",
        *("l_1.t_2", "l_2.t_2"),
        "l_2.conv1x1_1",
    ]
    skips = "- skip: {name: s, repeat: 2, body: [{1x1: {filters: 4, name: in}}, {B: {name: block}}]}\n"
    assert reads(spec(f"{skips}- add: {{from: [s_*.block.side, s]}}", TOWERS)) == [
        "s_1.block.side",
        "s_2.block.side",
        "s_2",
    ]
    none = "- B: {name: l, repeat: 0}\n- 1x1: 4\n- add: {from: [l_*.side, conv1x1_1, input]}"
    assert reads(spec(none, TOWERS)) == ["conv1x1_1", "input"]


@pytest.mark.parametrize(
    ("source", "message"),
    {
        "l_*.sid": "there is no node `sid` inside `l_1`; did you mean `side`?; `l_*.sid` reads one in each repetition",
        "l_*.other.x": "there is no node `other` inside `l_1`; it has `t_1`, `t_2`, `side` and `conv1x1_1`; "
        "`l_*.other.x` reads one in each repetition",
        "l_*.side.x": "there is no node `x` inside `l_1.side`; it has none; `l_*.side.x` reads one in each repetition",
        "l_*.t_*.x": "there is no node `x` inside `l_1.t_1`; it has none; `l_*.t_*.x` reads one in each repetition",
        "m_*.side": "there is no node `m_*` here",
        "one_*.side": "`one` is not repeated, so there is no `one_*`; write `one`",
        "late_*.side": "the node `late` stands later, at line 8; a node reads only what is above it",
    }.items(),
)
def test_what_not_every_repetition_has(source: str, message: str) -> None:
    body = f"- B: {{name: l, repeat: 2}}\n- B: {{name: one}}\n- concat: {{from: [input, {source}]}}\n- B: {{name: late, repeat: 2}}"
    found = spec(body, TOWERS)
    assert [line for line in said(found) if line.startswith("NS3")] == [f"NS301 7: {message}"]


def test_the_repetition_that_lacks_a_node_is_named() -> None:
    head = "blocks: {B: {layers: [{relu: {name: side, when: $index < 2}}, {1x1: 4}]}}"
    assert said(spec("- B: {name: l, repeat: 4}\n- concat: {from: l_*.side}", head)) == [
        "NS301 6: the node `side` inside `l_3` is left out, because its `when` is false; `l_*.side` reads one in each repetition"
    ]


def test_reading_in_vain_is_counted() -> None:
    head = "blocks: {B: {layers: [{relu: {name: side, when: $index < 9999}}]}}"
    found = spec(
        "- B: {name: l, repeat: 10000}\n- relu: {from: 'l_*.${word}', repeat: 15000}", f"{head}\nparams: {{word: side}}"
    )
    assert said(found) == [
        "NS509 7: with `relu` the nodes read more than 100,000 others together, the most that a graph may have",
        "NS301 7: the node `side` inside `l_10000` is left out, because its `when` is false; `l_*.side` reads one in each repetition",
    ]


def test_built_names() -> None:
    body = "- 1x1: {filters: 4, name: e, repeat: 3}\n- add: {name: d, from: [input, 'e_${$index + 1}'], repeat: 3}\n"
    checked = spec(f"{body}- concat: {{from: [d_*, e_$n, 'e_${{n}}', 'd_${{$n - 1}}']}}", "params: {n: 3}")
    assert reads(checked) == ["d_1", "d_2", "d_3", "e_3", "e_3", "d_2"]
    assert checked.graph is not None
    read = {node.path: [checked.graph.nodes[i].path for i in node.inputs] for node in checked.graph.nodes}
    assert [read[f"d_{i}"] for i in (1, 2, 3)] == [["input", "e_1"], ["input", "e_2"], ["input", "e_3"]]
    listed = (
        "- 1x1: {filters: 4, name: e, repeat: 4}\n- concat: {from: \"['e_${$i + 1}' for i in range($n) if $i != 1]\"}"
    )
    assert reads(spec(listed, "params: {n: 4}")) == ["e_1", "e_3", "e_4"]


def test_a_body_reads_the_repetitions_made_before_its_own() -> None:
    """What was read while one was being made is not all that there is when it is done."""
    body = "- skip: {name: s, repeat: 3, body: [{1x1: {filters: 4, name: a}}, {concat: {from: [a, s_*], when: $index > 0}}, {1x1: 4}]}"
    assert reads(spec(f"{body}\n- concat: {{from: s_*}}")) == ["s_1", "s_2", "s_3"]


def test_built_names_of_nodes_outputs_and_shares() -> None:
    body = "- dense: {units: 4, name: stage_$n}\n- dense: {share: stage_$n, name: 'twice_${$n + 1}'}"
    checked = spec(body, "params: {n: 2, last: twice_3}\noutputs: {a: stage_$n, b: $last}")
    assert list(nodes(checked)) == ["stage_2", "twice_3"]
    assert checked.graph is not None
    assert {name: checked.graph.nodes[i].path for name, i in checked.graph.outputs.items()} == {
        "a": "stage_2",
        "b": "twice_3",
    }
    plain = spec(body, "params: {n: 2}\noutputs: [stage_$n, 'twice_${$n + 1}']")
    assert plain.graph is not None
    assert list(plain.graph.outputs) == ["stage_2", "twice_3"]
    assert said(spec(body, "params: {n: 2}\noutputs: [stage_$m]")) == [
        "NS502 4: in 'stage_$m': `$m` is not known here; there are `$n`"
    ]
    assert said(spec(body, "params: {n: 2}\noutputs: [$n]")) == ["NS301 4: an output is the name of a node, not 2"]
    wrong = said(spec(body, "params: {n: s_*}\noutputs: [$n]"))
    assert "NS301 4: an output is the name of a node, not 's_*'" in wrong
    assert said(spec(body, "params: {n: 2}\noutputs: ['stage_${$n +}']")) == [
        "NS501 4: in 'stage_${$n +}': a value is missing after '+'"
    ]


def test_built_names_given_to_blocks() -> None:
    head = "blocks: {B: {params: {other: }, layers: [{1x1: {filters: 4, name: last}}, {add: {from: [last, $other.last]}}]}}"
    first = "- skip: {name: e_1, body: [{1x1: {filters: 4, name: last}}, relu]}\n"
    assert reads(spec(f"{first}- B: {{name: b, other: 'e_${{n}}'}}", f"params: {{n: 1}}\n{head}")) == [
        "b.last",
        "e_1.last",
    ]


@pytest.mark.parametrize(
    ("source", "message"),
    {
        "e_$m": "in 'e_$m': `$m` is not known here; there are `$n`, `$w`, `$channels`, `$height`, `$width`, `$depth`, …",
        "e_$channels": "in 'e_$channels': `$channels` depends on the node's input, which `from` is to name",
        "e_${n": "in 'e_${n': a closing brace is missing",
        "e_$w": "in 'e_$w': a text is built of texts and whole numbers, not of [1, 2]",
        "e_${$n * 2}": "there is no node `e_4` here; did you mean `e_3`?",
    }.items(),
)
def test_names_that_cannot_be_built(source: str, message: str) -> None:
    found = spec(
        f"- 1x1: {{filters: 4, name: e, repeat: 3}}\n- add: {{from: [input, '{source}']}}", "params: {n: 2, w: [1, 2]}"
    )
    assert [line.partition(": ")[2] for line in said(found)][:1] == [message]
