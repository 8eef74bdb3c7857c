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
