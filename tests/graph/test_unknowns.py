"""What cannot be worked out is a problem where it is written, and no other: never an unknown that is left out of the checks."""

from __future__ import annotations

import re
from typing import Any

import pytest

from netspec.graph.model import Graph
from netspec.pipeline import Spec
from netspec.report.inspection import as_dict
from tests.graph.test_elaboration import said as with_lines
from tests.graph.test_elaboration import spec


def said(checked: Spec) -> list[str]:
    """Code and message of each problem; other tests hold their lines."""
    return [re.sub(r"^(NS\d+) \d+", r"\1", line) for line in with_lines(checked)]


def graph_of(checked: Spec) -> dict[str, Any]:
    """All that `inspect` says of a valid spec, lines apart."""
    assert said(checked) == []
    assert checked.graph is not None
    assert not any(node.tainted for node in checked.graph.nodes)
    found = as_dict(checked.graph)
    return {**found, "nodes": [{**node, "line": 0} for node in found["nodes"]]}


SEQUENCE, IMAGE, VOLUME = "input: [7, 4]", "input: [8, 6, 4]", "input: [5, 8, 6, 4]"


@pytest.mark.parametrize(
    ("name", "input_", "value"),
    [
        ("channels", "input: [9]", 9),
        ("channels", SEQUENCE, 4),
        ("length", SEQUENCE, 7),
        ("height", IMAGE, 8),
        ("width", IMAGE, 6),
        ("depth", VOLUME, 5),
        ("height", VOLUME, 8),
    ],
)
def test_the_default_of_a_blocks_param_sees_what_the_block_reads(name: str, input_: str, value: int) -> None:
    """As if it were written at the use."""
    layers = f"[{{dense: {{units: 3, when: $p != {value}}}}}, {{dense: {{units: $p + 1, when: $p == {value}}}}}]"
    default = f"{input_}\nblocks: {{B: {{params: {{p: ${name}, q: $p * 2}}, layers: {layers}}}}}"
    required = f"{input_}\nblocks: {{B: {{params: {{p: , q: $p * 2}}, layers: {layers}}}}}"
    made = graph_of(spec("- B", default))
    assert made == graph_of(spec(f"- B: {{p: ${name}}}", required))
    assert [node["output_shape"][-1] for node in made["nodes"]] == [value + 1]


def test_such_a_default_sees_the_first_of_several_inputs_and_each_repetition() -> None:
    head = "inputs: {a: [5], b: [9]}\nblocks: {B: {params: {n: $channels}, layers: [concat, {dense: $n}]}}"
    assert graph_of(spec("- B: {from: [b, a]}", head))["outputs"] == {"B_1": [9]}
    head = "input: [5]\nblocks: {B: {params: {n: $channels + $index}, layers: [{dense: $n}]}}"
    made = graph_of(spec("- B: {repeat: 3}", head))
    assert [node["output_shape"] for node in made["nodes"]] == [[5], [6], [8]]
    head = "input: [5]\nblocks: {B: {params: {n: $channels}, layers: [C]}, C: {params: {m: 2 * $channels}, layers: [{dense: $m}]}}"
    assert graph_of(spec("- B", head))["outputs"] == {"B_1": [10]}


@pytest.mark.parametrize(
    ("default", "message"),
    [
        ("$length", "NS502: in '$length': an input has no `$length` if its shape is 8 x 8 x 4"),
        ("$index", "NS502: in '$index': `$index` counts repetitions, and nothing around it is repeated"),
    ],
)
def test_a_default_that_the_input_does_not_have_is_said_there(default: str, message: str) -> None:
    head = f"blocks: {{B: {{params: {{p: {default}}}, layers: [{{1x1: $p}}]}}}}"
    assert said(spec("- B\n- 1x1: 3\n- add: {from: [B_1, input]}", f"params: {{n: 1}}\n{head}")) == [message]


@pytest.mark.parametrize(
    ("node", "messages"),
    [
        (
            "relu: {from: $channels}",
            ["NS502: in '$channels': `$channels` depends on the node's input, which `from` is to name"],
        ),
        (
            "add: {from: [input, $width]}",
            ["NS502: in '$width': `$width` depends on the node's input, which `from` is to name"],
        ),
        ("relu: {name: $channels}", ["NS303: `name` must be an identifier, and what is written here is 4"]),
        ("1x1: {share: $channels}", ["NS301: there is no node `4` here"]),
        ("relu: {repeat: $length}", ["NS502: in '$length': an input has no `$length` if its shape is 8 x 8 x 4"]),
        (
            "relu: {when: $length > 1}",
            ["NS502: in '$length > 1': an input has no `$length` if its shape is 8 x 8 x 4"],
        ),
        (
            "relu: {trainable: $length > 1}",
            ["NS502: in '$length > 1': an input has no `$length` if its shape is 8 x 8 x 4"],
        ),
    ],
)
def test_wiring_that_cannot_be_worked_out(node: str, messages: list[str]) -> None:
    assert said(spec(f"- {node}\n- 1x1: 3\n- add", "params: {n: 1}"))[: len(messages)] == messages
    assert said(spec(f"- {node}\n- global_pool", "params: {n: 1}")) == messages


def test_when_and_repeat_see_what_an_expression_names() -> None:
    head = "input: [8, 8, 4]\nparams: {which: wide, several: [wide, input]}"
    body = "- 1x1: {filters: 6, name: wide}\n- relu: {from: $which, when: $channels != 6}\n"
    assert graph_of(spec(body, head))["outputs"] == {"wide": [8, 8, 6]}
    body = "- 1x1: {filters: 6, name: wide}\n- relu\n- concat: {from: $several, repeat: $channels - 5}"
    assert graph_of(spec(body, f"{head}\noutputs: [concat_1, relu_1]"))["outputs"]["concat_1"] == [8, 8, 10]


BAD = {
    "params": ("params: {p: '$a +'}", "NS501: in '$a +': a value is missing after '+'"),
    "map": (
        "params: {p: {a: 1}}",
        "NS204: the param `p` must be a number, true or false, text or a list of those, not a map",
    ),
    "empty": ("params: {p: }", "NS203: the param `p` needs a value, its default"),
    "evaluation": ("params: {p: 1 // 0 + $q}", "NS503: in '1 // 0 + $q': 1 // 0 divides by zero"),
}


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize(
    "body",
    [
        "- add: {from: [input, $p]}",
        "- relu: {from: $p}\n- 1x1: 3\n- add: {from: [input, relu_1]}",
        "- 1x1: $p\n- dense: 3\n- add: {from: [conv1x1_1, input]}",
        "- 1x1: {filters: 4, name: $p}\n- add: {from: [a, input]}\n- add: {from: [a.b, input]}",
        "- 1x1: {filters: 4, name: a, repeat: $p}\n- add: {from: [a_1, a_2]}\n- concat: {from: [a_*, input]}\n- relu: {from: a}",
        "- 1x1: {filters: 4, repeat: $p}\n- add: {from: [conv1x1_1, conv1x1_7]}",
        "- 1x1: {filters: 4, name: a, when: $p}\n- 1x1: {filters: 4, name: a, when: not $p}\n- add: {from: [a, input]}",
        "- 1x1: {filters: 4, name: a, when: $p, repeat: 3}\n- add: {from: [a_1, a]}",
        "- 1x1: {filters: 4, name: a}\n- 1x1: {share: $p}\n- add: {from: [a, conv1x1_1]}",
        "- 1x1: {filters: 4, trainable: $p}",
        "- skip: {body: [{1x1: {filters: 4, when: $p}}]}",
        "- inception: {branches: {a: [{1x1: $p}], b: []}}\n- dense: 3",
        "- B: {n: $p}\n- add: {from: [B_1, input]}\n- relu: {from: B_1.relu_1}",
        "- B: $p\n- dense: 4",
        "- reshape: [$p, 4]\n- conv: {filters: 3, kernel_size: 3}",
    ],
)
def test_what_uses_a_wrong_param_is_not_at_fault(bad: str, body: str) -> None:
    head, message = BAD[bad]
    blocks = "blocks: {B: {params: {n: , m: $n + 1}, layers: [{1x1: $m}, {relu: {when: $n > 3}}, {add: {from: [conv1x1_1, $n]}}]}}"
    assert [line.split("; there")[0] for line in said(spec(body, f"{head}\n{blocks}"))] == [message]


@pytest.mark.parametrize(
    ("input_", "message"),
    [
        ("input: '$a +'", "NS501: in '$a +': a value is missing after '+'"),
        ("input: [8, '$a +', 4]", "NS501: in '$a +': a value is missing after '+'"),
        ("input: [8, eight, 4]", "NS204: a size of `input` must be a whole number of at least 1, not 'eight'"),
        ("input: 8", "NS204: the shape of `input` must be a list of sizes, such as [224, 224, 3], not 8; write `[8]`"),
        ("input: {dtype: float32}", "NS203: an input needs `shape`: a list of sizes, such as [224, 224, 3]"),
    ],
)
def test_what_reads_a_wrong_input_is_not_at_fault(input_: str, message: str) -> None:
    assert said(
        spec(
            "- 1x1: $channels\n- dense: 3\n- add: {from: [input, dense_1]}",
            f"params: {{n: 1}}\n{input_}".replace("params: {n: 1}\n", ""),
        )
    ) == [message]


def test_who_shares_the_weights_of_a_use_with_a_wrong_param_is_not_at_fault() -> None:
    head = "input: [8]\nblocks: {B: {params: {n: 3, m: 2}, layers: [{dense: $n}]}}"
    wrong = "NS502: in '$no': `$no` is not known here"
    body = "- B: {n: $no, name: a}\n- B: {n: 4, share: a, from: input}\n- B: {n: 5, share: a, from: input}"
    assert [line.split("; there")[0] for line in said(spec(body, head))] == [wrong]
    body = "- B: {n: 4, name: a}\n- B: {n: $no, share: a, from: input}\n- B: {m: 5, share: a, from: input}"
    assert [line.split("; there")[0] for line in said(spec(body, head))] == [
        wrong,
        "NS307: `m` is 5 here and 2 where the weights are shared",
    ]


def test_an_input_of_several_that_is_wrong_is_there_all_the_same() -> None:
    checked = spec("- add: {from: [a, b]}\n- dense: 3", "inputs: {a: [8], b: eight}")
    assert said(checked) == ["NS204: the shape of `b` must be a list of sizes, such as [224, 224, 3], not 'eight'"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            "- add: {from: [input, 'e_ $index']}",
            "'e_' is not expected here; a param is written `$e_`, a text 'e_' in quotes",
        ),
        (
            "- relu: {from: 'e_ $index'}\n- add: {from: [relu_1, input]}",
            "'e_' is not expected here; a param is written `$e_`, a text 'e_' in quotes",
        ),
        (
            "- relu: {name: 'e_ $index'}\n- add: {from: [e_0, input]}",
            "'e_' is not expected here; a param is written `$e_`, a text 'e_' in quotes",
        ),
        ("- relu: {name: e, repeat: '2 $n'}\n- add: {from: [e_1, e_2]}", "'$n' is not expected after '2'"),
        ("- relu: {name: e, when: '2 $n'}\n- add: {from: [e, input]}", "'$n' is not expected after '2'"),
        ("- 1x1: {share: '2 $n'}\n- dense: 2", "'$n' is not expected after '2'"),
    ],
)
@pytest.mark.parametrize("inputs", ["input: [8, 8, 4]", "inputs: {a: [8, 8, 4], b: [8, 8, 4]}"])
def test_wiring_that_does_not_parse_hides_nothing_and_blames_nothing_else(body: str, message: str, inputs: str) -> None:
    if inputs.startswith("inputs"):
        body = f"- add: {{from: [a, b], name: first}}\n{body.replace('input', 'first')}"
    found = said(spec(body, inputs))
    assert [line.split(": ", 2)[2] for line in found] == [message]


@pytest.mark.parametrize(
    "body",
    [
        "- dropuot: 0.5\n- add",
        "- dropuot: {rate: 0.5, name: d}\n- add: {from: [d, input]}",
        "- 1x1: 4\n- conv2dd: {filters: 4}\n- conv: {filters: 4, kernel_size: 1}\n- add: {from: [conv_2, conv1x1_1]}",
        "- skip: [dropuot]",
        "- inception: {branches: {a: [dropuot], b: []}}\n- dense: 3",
        "- Blok\n- add: {from: [Blok_1.relu_1, input]}",
        "- relu: {from: [dropuot_1]}\n- dropuot: 0.5",
    ],
)
def test_what_follows_an_unknown_kind_is_not_at_fault(body: str) -> None:
    codes = [line.split(":")[0] for line in said(spec(body, "blocks: {Block: {layers: [relu]}}"))]
    assert codes[:1] in (["NS201"], ["NS505"], ["NS301"])
    assert len(codes) == (2 if "[dropuot_1]" in body else 1)


def test_an_unknown_kind_over_several_inputs_is_all_that_is_said() -> None:
    assert said(spec("- densy: 3\n- add", "inputs: {a: [8], b: [8]}")) == [
        "NS201: there is no kind 'densy'; did you mean `dense`?"
    ]


def test_what_is_wrong_with_the_wiring_of_an_unknown_kind_is_said_beside_it() -> None:
    assert said(spec("- dropuot: {rate: 0.5, from: nobody}")) == [
        "NS201: there is no kind 'dropuot'; did you mean `dropout`?",
        "NS301: there is no node `nobody` here",
    ]


def test_a_name_that_cannot_be_one_is_said_beside_a_name_that_is_not_known() -> None:
    checked = spec("- relu: {name: '$a +'}\n- relu: {from: $p}", "params: {p: two words}")
    assert said(checked) == [
        "NS301: there is no node `two words` here",
        "NS501: in '$a +': a value is missing after '+'",
    ]


def test_params_of_a_spec_that_is_wrong_are_those_that_are_known() -> None:
    graph = spec("- 1x1: 3", "params: {a: 1, b: $a // 0, c: $b + 1, d: $a + 1}").graph
    assert isinstance(graph, Graph)
    assert graph.params == {"a": 1, "d": 2}


def test_the_parts_of_a_split_that_cannot_be_made_are_not_told_to_be_missing() -> None:
    head = "input: {shape: [8, 6, 4], dtype: uint8}"
    layers = "- depthwise_conv: {kernel_size: 3}\n- split: {parts: [a, b], name: halves}\n- add: {from: [halves.a, halves.b]}"
    assert said(spec(layers, head)) == [
        "NS410: depthwise_conv `depthwise_conv_1`: takes floating-point numbers, not uint8; a `rescale` before it makes them"
    ]
    layers = "- split: {parts: [a, b, c], name: thirds}\n- add: {from: [thirds.a, thirds.d]}"
    assert said(spec(layers, IMAGE)) == [
        "NS405: split `thirds`: the 4 of axis 3 of 8 x 6 x 4 cannot be split into 3 equal parts"
    ]
    layers = "- inception: {branches: 3, name: fork}\n- relu: {from: fork.wide}"
    assert [line[:5] for line in said(spec(layers, IMAGE))] == ["NS204"]
