"""What a document means: names, scopes, blocks, repeats, sharing, params, and the figures that come out of the walk."""

from __future__ import annotations

from typing import Any

import pytest

from netspec.kinds import KINDS
from netspec.kinds.composition import Body, Builder, Composition
from netspec.kinds.kind import kind
from netspec.options import option
from netspec.pipeline import Spec, check_text
from netspec.report.inspection import as_dict


def spec(body: str, head: str = "", **options: Any) -> Spec:
    """A spec over images of 8x8x4; `body` is its list of nodes."""
    lines = "\n".join(f"  {line}" for line in body.strip("\n").splitlines())
    shape = "" if "input" in head else "input: [8, 8, 4]\n"
    return check_text(f"netspec: 1\n{shape}{head}\nlayers:\n{lines}\n", "spec.yaml", **options)


def said(checked: Spec) -> list[str]:
    """Code and message of each problem; advice apart, which is in test_lint."""
    return [f"{p.code} {p.span.line}: {p.message}" for p in checked.problems if p.code < "NS8"]


def nodes(checked: Spec) -> dict[str, list[int | None]]:
    """Each node's shape by name."""
    assert said(checked) == []
    assert checked.graph is not None
    return {node["name"]: node["output_shape"] for node in as_dict(checked.graph)["nodes"]}


def test_nodes_without_a_name_are_counted_by_kind() -> None:
    assert list(nodes(spec("- relu\n- 1x1: 3\n- relu\n- 1x1: 2\n- conv: {filters: 1, kernel_size: 1}"))) == [
        "relu_1",
        "conv1x1_1",
        "relu_2",
        "conv1x1_2",
        "conv_1",
    ]


def test_a_count_passes_over_a_name_that_is_given() -> None:
    assert list(nodes(spec("- relu\n- relu: {name: relu_2}\n- relu"))) == ["relu_1", "relu_2", "relu_3"]


def test_repeating_a_named_node_numbers_it() -> None:
    checked = spec("- 1x1: {filters: 2, name: s, repeat: 3}\n- add: {from: [s_1, s_3]}")
    assert list(nodes(checked)) == ["s_1", "s_2", "s_3", "add_1"]


def test_repeat_zero_leaves_out_and_the_index_counts() -> None:
    checked = spec("- 1x1: {filters: 4 + $index, repeat: 3}\n- relu: {repeat: 0}")
    assert nodes(checked) == {"conv1x1_1": [8, 8, 4], "conv1x1_2": [8, 8, 5], "conv1x1_3": [8, 8, 6]}


def test_when() -> None:
    checked = spec("- relu: {when: $deep}\n- 1x1: {filters: 2, when: not $deep}", "params: {deep: false}")
    assert list(nodes(checked)) == ["conv1x1_1"]


def test_nodes_of_which_only_one_is_there_may_bear_one_name() -> None:
    body = "- relu: {name: s, when: $deep}\n- 1x1: {name: s, filters: 2, when: not $deep}\n- tanh: {from: s}"
    assert nodes(spec(body, "params: {deep: false}")) == {"s": [8, 8, 2], "tanh_1": [8, 8, 2]}
    assert nodes(spec(body, "params: {deep: true}")) == {"s": [8, 8, 4], "tanh_1": [8, 8, 4]}


def test_nodes_of_one_name_that_are_both_there() -> None:
    sometimes = spec("- relu: {name: s, when: $a}\n- tanh: {name: s, when: $b}", "params: {a: true, b: true}")
    assert said(sometimes) == ["NS302 6: the name `s` is taken already"]
    always = spec("- relu: {name: s}\n- tanh: {name: s}\n- relu: {name: s}")
    message = "the name `s` is given twice; the first is at line 5"
    assert said(always) == [f"NS302 6: {message}", f"NS302 7: {message}"]


def test_when_and_repeat_see_what_the_node_reads() -> None:
    body = "- 1x1: {filters: 6, name: a}\n- relu\n- add: {from: [input, a], when: $channels == 6, name: sum}\n"
    assert "sum" not in nodes(spec(body))
    assert "sum" in nodes(spec(body.replace("[input, a]", "[a, relu_1]")))
    repeated = spec("- 1x1: 6\n- tanh: {from: input, repeat: $channels - 1}", "outputs: [conv1x1_1, tanh_3]")
    assert list(nodes(repeated)) == ["conv1x1_1", "tanh_1", "tanh_2", "tanh_3"]
    wrong = spec("- relu: {from: nobody, when: $channels == 6}")
    assert [problem.code for problem in wrong.problems] == ["NS301"]


def test_a_name_left_out_says_why() -> None:
    checked = spec("- relu: {name: a, when: $deep}\n- tanh: {from: a}", "params: {deep: false}")
    assert said(checked) == ["NS301 6: the node `a` is left out, because its `when` is false"]


def test_a_body_sees_the_names_around_it_and_its_own_first() -> None:
    checked = spec(
        "- 1x1: {filters: 2, name: a}\n- skip:\n    - 1x1: {filters: 2, name: b}\n    - add: {from: [a, b, input]}"
    )
    assert nodes(checked)["skip_1.add_1"] == [8, 8, 2]


def test_a_path_reaches_into_a_body() -> None:
    blocks = "blocks: {Stage: {layers: [{1x1: {filters: 4, name: last}}, relu]}}"
    checked = spec("- Stage: {name: stage4}\n- add: {from: [stage4.last, stage4]}", blocks)
    assert list(nodes(checked)) == ["stage4.last", "stage4.relu_1", "add_1"]


def test_an_unknown_path_lists_what_there_is() -> None:
    checked = spec(
        "- Stage: {name: s}\n- relu: {from: s.lest}", "blocks: {Stage: {layers: [{1x1: {filters: 4, name: last}}]}}"
    )
    assert said(checked) == ["NS301 6: there is no node `lest` inside `s`; did you mean `last`?"]


def test_a_block_with_two_inputs() -> None:
    blocks = "blocks: {Fuse: {params: {filters: }, layers: [concat, {1x1: $filters}]}}"
    checked = spec("- relu: {name: a}\n- Fuse: {filters: 3, from: [a, input]}", blocks)
    assert nodes(checked) == {"a": [8, 8, 4], "Fuse_1.concat_1": [8, 8, 8], "Fuse_1.conv1x1_1": [8, 8, 3]}


def test_params_defaults_variants_and_overrides() -> None:
    head = "params: {width: 4, double: 2 * $width}\nvariants: {big: {width: 8}}"
    text = "- 1x1: $double"
    assert nodes(spec(text, head)) == {"conv1x1_1": [8, 8, 8]}
    assert nodes(spec(text, head, variant="big")) == {"conv1x1_1": [8, 8, 16]}
    assert nodes(spec(text, head, variant="big", params={"width": 3})) == {"conv1x1_1": [8, 8, 6]}


def test_unknown_overrides_and_variants() -> None:
    head = "params: {width: 4}\nvariants: {big: {width: 8}}"
    assert said(spec("- 1x1: $width", head, params={"widht": 3})) == [
        "NS507 1: there is no param 'widht' to set; did you mean `width`?"
    ]
    assert said(spec("- 1x1: $width", head, variant="bog")) == [
        "NS507 1: there is no variant 'bog'; did you mean `big`?"
    ]
    assert said(spec("- 1x1: $width", head, params={"width": "wide"})) == [
        "NS507 3: the param `width` is a number, so it cannot be 'wide'"
    ]


def test_what_a_node_receives() -> None:
    checked = spec("- 1x1: $channels * 2\n- resize: {height: $height // 2, width: $width * 3}")
    assert nodes(checked) == {"conv1x1_1": [8, 8, 8], "resize_1": [4, 24, 8]}


def test_defaults_count_as_given_and_1x1_starts_from_those_of_conv() -> None:
    head = "defaults: {conv: {kernel_size: 3, use_bias: false, padding: same}, 1x1: {use_bias: true}}"
    checked = spec("- conv: {filters: 2}\n- 1x1: 3", head)
    assert nodes(checked) == {"conv_1": [8, 8, 2], "conv1x1_1": [8, 8, 3]}
    assert checked.graph is not None
    assert [sum(node.weights) for node in checked.graph.nodes[1:]] == [72, 9]


def test_share_counts_weights_once() -> None:
    checked = spec(
        "- dense: {units: 3, name: tower, from: left}\n- dense: {share: tower, from: right}\n- subtract: {from: [tower, dense_1]}",
        "inputs: {left: [5], right: [5]}",
    )
    assert nodes(checked) == {"tower": [3], "dense_1": [3], "subtract_1": [3]}
    assert checked.graph is not None
    assert checked.graph.totals().parameters == 18


def test_a_shared_block_shares_node_by_node() -> None:
    checked = spec(
        "- Tower: {units: 3, name: a, from: left}\n- Tower: {share: a, name: b, from: right}\n- concat: {from: [a, b]}",
        "inputs: {left: [5], right: [5]}\nblocks: {Tower: {params: {units: }, layers: [{dense: $units}, relu, {dense: 2}]}}",
    )
    assert nodes(checked)["concat_1"] == [4]
    assert checked.graph is not None
    assert checked.graph.totals().parameters == 18 + 8


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (
            "dense: {share: tower, units: 4, from: right}",
            "`units` is 4 here and 3 at the node whose weights are shared",
        ),
        (
            "dense: {share: tower, from: wide}",
            "dense `dense_1`: the weights of `tower` are for an input of 5, not 6; they differ in the number of channels",
        ),
        ("1x1: {share: tower, from: right}", "`tower` is a `dense`; a `1x1` shares weights only with another `1x1`"),
    ],
)
def test_what_cannot_be_shared(second: str, message: str) -> None:
    checked = spec(
        f"- dense: {{units: 3, name: tower, from: left}}\n- {second}",
        "inputs: {left: [5], right: [5], wide: [6]}\noutputs: [tower]",
    )
    assert f"NS307 6: {message}" in said(checked)


def test_a_kind_without_weights_shares_nothing_but_its_settings() -> None:
    checked = spec(
        "- slice: {start: 1, name: s, from: left}\n- slice: {share: s, name: t, from: right}\n- flatten: {from: t}\n- concat: {from: [s, flatten_1]}",
        "inputs: {left: [5], right: [3, 7]}",
    )
    assert nodes(checked) == {"s": [4], "t": [3, 6], "flatten_1": [18], "concat_1": [22]}
    assert checked.graph is not None
    assert [node.share for node in checked.graph.nodes] == [None] * 6


@pytest.mark.parametrize("merge", ["add", "concat", "multiply", "average", "maximum"])
@pytest.mark.parametrize("left_out", ["when: false", "repeat: 0", "when: $channels > 4"])
def test_a_body_that_is_emptied(merge: str, left_out: str) -> None:
    inner = f"{{1x1: {{filters: 4, {left_out}}}}}"
    why = "every node of {} is left out, so that {}; put `when` on {}, or write `[]`"
    skip = why.format("its body", "it would merge its input with itself", "the skip")
    branch = why.format("the branch `b`", "the branch would be its input", "the branch: `b: {when: …, body: […]}`")
    assert said(spec(f"- skip: {{body: [{inner}], merge: {merge}}}")) == [f"NS309 5: skip `skip_1`: {skip}"]
    project = spec(f"- skip: {{body: [{inner}], merge: {merge}, shortcut: project}}")
    assert said(project) == [f"NS309 5: skip `skip_1`: {skip}"]
    inception = spec(f"- inception: {{branches: {{a: [{{1x1: 4}}], b: [{inner}]}}, merge: {merge}}}")
    assert said(inception) == [f"NS309 5: inception `inception_1`: {branch}"]


def test_a_head_that_is_emptied() -> None:
    checked = spec("- head: {name: side, body: [{1x1: {filters: 4, when: false}}]}\n- 1x1: 3")
    why = "every node of its body is left out, so that its output would be its input; put `when` on the head, or write `[]`"
    assert said(checked) == [f"NS309 5: head `side`: {why}"]


def test_a_body_that_is_emptied_inside_a_block_names_the_way_there() -> None:
    checked = spec(
        "- Unit: {deep: false}",
        "blocks: {Unit: {params: {deep: true}, layers: [{skip: [{Inner: {deep: $deep}}]}]}, Inner: {params: {deep: true}, layers: [{1x1: {filters: 4, when: $deep}}]}}",
    )
    (problem,) = [problem for problem in checked.problems if problem.is_error]
    assert problem.code == "NS309"
    assert [note.message for note in problem.notes] == ["in block `Unit`, used at line 5"]


def test_an_empty_body_that_is_written_and_a_shortcut_may_be_the_identity() -> None:
    checked = spec(
        "- skip: []\n- inception: {branches: {a: [], b: [{1x1: 4}]}}\n"
        "- skip: {body: [{1x1: 8}], shortcut: [{1x1: {filters: 8, when: $channels != 8}}]}"
    )
    assert nodes(checked)["skip_2"] == [8, 8, 8]


def test_a_branch_may_be_absent() -> None:
    checked = spec(
        "- inception: {name: i, branches: {a: [{1x1: 3}], b: {when: $wide, body: [{1x1: 5}]}, c: {when: $channels == 4, body: [{1x1: 6}]}}}",
        "params: {wide: false}",
    )
    assert nodes(checked) == {"i.a.conv1x1_1": [8, 8, 3], "i.c.conv1x1_1": [8, 8, 6], "i": [8, 8, 9]}


def test_absent_branches_are_not_counted_before_they_are_looked_at() -> None:
    checked = spec(
        "- inception: {branches: {a: [{1x1: 3}], b: {when: false, body: [{1x1: {filters: 4, repeat: 300000}}]}}}"
    )
    assert nodes(checked) == {"inception_1.a.conv1x1_1": [8, 8, 3]} | {}


@pytest.mark.parametrize(
    ("branch", "message"),
    [
        ("{when: 5, body: []}", "NS204 4: `when` must be true or false, not 5"),
        (
            "{when: $filters, body: []}",
            "NS504 4: `inception`: `when` must be true or false, not 3 ($filters, where $filters = 3)",
        ),
        ("{when: true}", "NS203 4: `inception`: the branch `b` needs `body` too, or is a list of nodes alone"),
        ("{body: [relu]}", "NS203 4: `inception`: the branch `b` needs `when` too, or is a list of nodes alone"),
        (
            "{when: true, body: [relu], name: b}",
            "NS202 4: `inception`: the branch `b` takes `when` and `body`, not 'name'",
        ),
        (
            "{whne: false, body: [relu]}",
            "NS202 4: `inception`: the branch `b` takes `when` and `body`, not 'whne'; did you mean `when`?",
        ),
        ("{relu: }", "NS204 4: `b` must be a list of nodes, not a map; put `- ` before `relu`"),
    ],
)
def test_a_branch_that_is_miswritten(branch: str, message: str) -> None:
    checked = spec(f"- inception: {{branches: {{a: [{{1x1: 3}}], b: {branch}}}}}", "params: {filters: 3}")
    assert [line for line in said(checked) if not line.startswith("NS801")] == [message.replace(" 4: ", " 5: ")]


def test_not_all_branches_may_be_absent() -> None:
    checked = spec("- inception: {branches: {a: {when: false, body: [relu]}, b: {when: $channels > 9, body: [relu]}}}")
    assert said(checked) == [
        "NS309 5: inception `inception_1`: every branch is left out; put `when` on the node itself"
    ]


def test_the_first_repetition_that_there_is_reads_what_from_says() -> None:
    checked = spec(
        "- 1x1: {filters: 5, name: far, from: left}\n- 1x1: {filters: $index + 1, repeat: 3, when: $index > 0, from: right, name: r}\n- concat: {from: [r, far]}",
        "inputs: {left: [4, 4, 3], right: [4, 4, 2]}",
    )
    assert nodes(checked) == {"far": [4, 4, 5], "r_2": [4, 4, 2], "r_3": [4, 4, 3], "concat_1": [4, 4, 8]}
    assert checked.graph is not None
    by_path = {node.path: node for node in checked.graph.nodes}
    assert [checked.graph.nodes[i].path for path in ("r_2", "r_3") for i in by_path[path].inputs] == ["right", "r_2"]


def test_what_a_repetition_receives_where_none_was_before_it() -> None:
    """Between two inputs nothing stands before the first, which `when` leaves out; the second used to know no `$channels`."""
    checked = spec(
        "- relu: {repeat: 2, when: $channels > 3, from: a}\n- 1x1: {filters: 2, from: b}",
        "inputs: {a: [4, 3], b: [4, 5]}",
    )
    assert said(checked) == ["NS306 2: nothing that leads to an output reads the input `a`"]
    checked = spec(
        "- relu: {repeat: 2, when: $channels > 3, from: b}\n- concat: {from: [relu_2, a]}",
        "inputs: {a: [4, 3], b: [4, 5]}",
    )
    assert nodes(checked) == {"relu_1": [4, 5], "relu_2": [4, 5], "concat_1": [4, 8]}


def test_trainable_false_holds_for_all_in_a_block() -> None:
    checked = spec("- Stem: {trainable: false}\n- 1x1: 2", "blocks: {Stem: {layers: [{1x1: 3}, batch_norm]}}")
    assert nodes(checked)["conv1x1_1"] == [8, 8, 2]
    assert checked.graph is not None
    assert checked.graph.totals()[:3] == (15 + 12 + 8, 8, 27)


@pytest.mark.parametrize(
    "inner", ["1x1: {filters: 3, trainable: true}", "1x1: {filters: 3, trainable: $yes}", "Inner: {trainable: true}"]
)
@pytest.mark.parametrize("around", ["Stem: {trainable: false}", "skip: {body: [Stem], trainable: false}"])
def test_what_is_frozen_stays_frozen_whatever_a_node_inside_says(inner: str, around: str) -> None:
    head = f"params: {{yes: true}}\nblocks: {{Stem: {{layers: [{{{inner}}}, {{1x1: 4}}]}}, Inner: {{layers: [{{1x1: 3}}]}}}}"
    checked = spec(f"- {around}\n- 1x1: {{filters: 2, trainable: true}}", head)
    nodes(checked)
    assert checked.graph is not None
    assert [node.trainable for node in checked.graph.nodes if sum(node.weights)] == [False, False, True]
    assert checked.graph.totals()[:3] == (15 + 16 + 10, 10, 31)


@pytest.mark.parametrize(
    "second", ["dense: {share: a, trainable: false}", "Unit: {trainable: false}", "dense: {share: a}"]
)
def test_weights_that_are_shared_cannot_be_frozen_at_one_node(second: str) -> None:
    checked = spec(
        f"- dense: {{units: 8, name: a}}\n- {second}", "input: [8]\nblocks: {Unit: {layers: [{dense: {share: a}}]}}"
    )
    path = "Unit_1.dense_1" if "Unit" in second else "dense_1"
    frozen = [line for line in said(checked) if not line.startswith("NS80")]
    assert frozen == (
        []
        if second == "dense: {share: a}"
        else [
            f"NS307 {3 if 'Unit' in second else 6}: dense `{path}`: the weights of `a` are trained there, so they cannot be frozen "
            "here; freeze both or neither"
        ]
    )


def test_a_node_is_as_frozen_as_the_one_whose_weights_it_uses() -> None:
    checked = spec(
        "- dense: {units: 8, name: a, trainable: false}\n- relu\n- dense: {share: a, trainable: true}", "input: [8]"
    )
    assert nodes(checked) == {"a": [8], "relu_1": [8], "dense_1": [8]}
    assert checked.graph is not None
    assert [node.trainable for node in checked.graph.nodes] == [True, False, True, False]


def test_what_is_wrong_with_trainable_is_said_in_a_frozen_body_too() -> None:
    checked = spec("- skip: {body: [{1x1: {filters: 4, trainable: $maybe}}], trainable: false}", "params: {maybe: 2}")
    assert said(checked) == ["NS504 5: `1x1`: `trainable` must be true or false, not 2 ($maybe, where $maybe = 2)"]


def test_a_branch_is_read_by_its_name() -> None:
    checked = spec("- inception: {name: i, branches: {a: [{1x1: 3}], b: []}}\n- concat: {from: [i.a, i.b, i]}")
    nodes(checked)
    assert checked.graph is not None
    end = checked.graph.nodes[checked.graph.outputs["concat_1"]]
    assert [checked.graph.nodes[i].path for i in end.inputs] == ["i.a.conv1x1_1", "input", "i"]


def test_a_composition_and_a_kind_say_for_themselves_what_is_special_about_them() -> None:
    """New kinds need no edit in the walk, the builder or the decoder."""

    @kind("probe", principal="body")
    class Probe(Composition):
        """A side chain."""

        side_chain = True
        body: Any = option(Body(), "The nodes.")

        def compose(self, build: Builder) -> tuple[int, ...]:
            return build.body(self.body)

    @kind("narrow", principal="units")
    class Narrow(type(KINDS["dense"](units=1))):  # type: ignore[misc]
        """A dense layer."""

        defaults_from = "dense"

    try:
        checked = spec(
            "- probe: {name: seen, body: [flatten, {narrow: 3}]}\n- 1x1: 2\n- flatten",
            "defaults: {dense: {use_bias: false}, narrow: {activation: relu}}",
        )
        nodes(checked)
        graph = checked.graph
        assert graph is not None
        assert as_dict(graph)["outputs"] == {"flatten_1": [128], "seen": [3]}
        made = graph.nodes[graph.outputs["seen"]]
        assert (made.config.use_bias, made.config.activation, made.weights) == (False, "relu", (768, 0))  # type: ignore[union-attr]
    finally:
        del KINDS["probe"], KINDS["narrow"]


def test_heads_are_outputs_and_the_chain_goes_on() -> None:
    checked = spec("- relu\n- head: {name: aux, body: [global_pool, {dense: 2}]}\n- 1x1: 3\n- flatten")
    assert nodes(checked)["conv1x1_1"] == [8, 8, 3]
    assert checked.graph is not None
    assert as_dict(checked.graph)["outputs"] == {"flatten_1": [192], "aux": [2]}


def test_outputs_by_name() -> None:
    checked = spec("- relu: {name: a}\n- 1x1: {filters: 2, name: b}", "outputs: {first: a, second: b}")
    nodes(checked)
    assert checked.graph is not None
    assert as_dict(checked.graph)["outputs"] == {"first": [8, 8, 4], "second": [8, 8, 2]}


def test_project_follows_the_bodys_channels_strides_and_batch_norm() -> None:
    body = "- skip:\n    body: [{conv: {filters: 6, kernel_size: 3, strides: 2, padding: 1, rounding: floor}}, batch_norm]\n    shortcut: project"
    assert nodes(spec(body)) == {
        "skip_1.conv_1": [4, 4, 6],
        "skip_1.batch_norm_1": [4, 4, 6],
        "skip_1.shortcut.conv1x1_1": [4, 4, 6],
        "skip_1.shortcut.batch_norm_1": [4, 4, 6],
        "skip_1": [4, 4, 6],
    }


def test_the_gate_of_squeeze_and_excitation_broadcasts() -> None:
    checked = spec(
        "- skip: {body: [{global_pool: {keepdims: true}}, {1x1: 2}, relu, {1x1: 4}, sigmoid], merge: multiply}"
    )
    assert nodes(checked)["skip_1"] == [8, 8, 4]


def test_densenet_puts_the_shortcut_first() -> None:
    checked = spec("- skip: {body: [{1x1: 3}], merge: concat}")
    assert checked.graph is not None
    (end,) = checked.graph.outputs.values()
    assert [checked.graph.nodes[i].path for i in checked.graph.nodes[end].inputs] == ["input", "skip_1.conv1x1_1"]


def test_an_empty_branch_is_the_identity() -> None:
    checked = spec("- inception: {branches: {same: [], wide: [{1x1: 3}]}}")
    assert nodes(checked) == {"inception_1.wide.conv1x1_1": [8, 8, 3], "inception_1": [8, 8, 7]}


def test_an_early_mistake_does_not_cascade() -> None:
    checked = spec("- conv: {filters: 6, kernel_size: 3, strides: 4}\n- flatten\n- dense: 3\n- dens: 4\n- softmax")
    assert [text[:5] for text in said(checked)] == ["NS401", "NS201"]


def test_channels_are_still_checked_after_a_mistake() -> None:
    checked = spec("- conv: {filters: 6, kernel_size: 3, strides: 4}\n- conv: {filters: 4, kernel_size: 1, groups: 4}")
    assert said(checked)[1] == "NS405 6: conv `conv_2`: the 6 channels of its input must be divisible by `groups` (=4)"


def test_receptive_fields_and_jumps() -> None:
    body = "- conv: {filters: 4, kernel_size: 3, repeat: 3}\n- pool: {pool_size: 2}\n- conv: {filters: 1, kernel_size: 1, dilation_rate: 2}"
    checked = spec(body, "input: [20, 20, 4]")
    nodes(checked)
    assert checked.graph is not None
    rows = as_dict(checked.graph)["nodes"]
    assert [(row["receptive_field"], row["jump"]) for row in rows] == [(3, 1), (5, 1), (7, 1), (8, 2), (8, 2)]


def test_fields_that_differ_by_dimension_are_lists() -> None:
    checked = spec("- conv: {filters: 4, kernel_size: [1, 7], padding: same}")
    assert checked.graph is not None
    assert as_dict(checked.graph)["nodes"][0]["receptive_field"] == [1, 7]


def test_nodes_that_no_output_reads_are_not_counted() -> None:
    checked = spec("- 1x1: {filters: 2, name: a}\n- 1x1: {filters: 3, name: b, from: input}", "outputs: [a]")
    assert said(checked) == [
        "NS305 6: no output depends on `b`, so the model would not hold it; read it, make it a `head` or name it in `outputs`"
    ]
    assert checked.graph is not None
    assert checked.graph.totals().parameters == 10


def test_repeats_beyond_the_limit_are_refused_at_once() -> None:
    head = "blocks: {A: {layers: [{B: {repeat: 1000}}]}, B: {layers: [{relu: {repeat: 1000}}]}}"
    assert said(spec("- A: {repeat: 1000}", head)) == [
        "NS509 5: `A` makes more than 50,000 nodes and bodies, the most that a graph may have"
    ]


def test_a_block_that_contains_itself_is_refused() -> None:
    checked = spec("- A", "blocks: {A: {layers: [{B: {}}]}, B: {layers: [A]}}")
    assert [text.split(": ", 1)[1] for text in said(checked)] == ["the block `A` contains itself"]


def test_layer_names_that_would_clash() -> None:
    checked = spec("- Block: {name: a}\n- relu: {name: a_relu_1}", "blocks: {Block: {layers: [relu]}}")
    assert said(checked) == ["NS308 6: `a_relu_1` and `a.relu_1` would both be the Keras layer `a_relu_1`; rename one"]


def test_a_huge_window_is_answered_at_once() -> None:
    checked = spec("- conv: {filters: 3, kernel_size: 900000000, strides: 7}", "input: [1000000000, 3]")
    assert said(checked) == [
        "NS401 4: conv `conv_1`: a window of 900000000 with stride 7 does not tile 1000000000 steps: "
        "(1000000000 - 900000000 + 2*0) / 7 + 1 = 14285715.29"
    ]


@pytest.mark.parametrize("bottom", ["[]", "[relu]"])
def test_blocks_that_double_are_refused_at_once(bottom: str) -> None:
    doubling = "\n".join(f"  B{i}: {{layers: [B{i - 1}, B{i - 1}]}}" for i in range(1, 41))
    checked = spec("- B40", f"blocks:\n  B0: {{layers: {bottom}}}\n{doubling}")
    assert said(checked) == ["NS509 46: `B40` makes more than 50,000 nodes and bodies, the most that a graph may have"]


def test_a_misspelt_param_of_a_block_is_not_missing_too() -> None:
    checked = spec("- Unit: {filtres: 8}", "blocks: {Unit: {params: {filters: }, layers: [{1x1: $filters}]}}")
    assert said(checked) == ["NS202 5: the block `Unit` has no param 'filtres'; did you mean `filters`?"]
    assert [fix.title for fix in checked.problems[0].fixes] == ["filters"]


def test_a_window_that_is_completed_is_shared_where_it_is_completed_alike() -> None:
    head = "inputs: {x: [7, 7, 2], y: [9, 9, 2], z: [8, 8, 2]}\noutputs: [a, b, c]"
    node = "filters: 2, kernel_size: [2, 2], strides: [2, 2], rounding: ceil"
    checked = spec(
        f"- conv: {{{node}, name: a, from: x}}\n- conv: {{share: a, name: b, from: y}}\n- conv: {{share: a, name: c, from: z}}",
        head,
    )
    assert said(checked) == [
        "NS307 7: conv `c`: the weights of `a` are for an input of 7 x 7 x 2, not 8 x 8 x 2; they differ in the padding"
    ]


def test_what_a_check_takes_is_counted_in_nodes() -> None:
    checked = spec("- relu\n- skip: [relu]\n- relu: {repeat: 0}", "input: [3]")
    assert checked.graph is not None
    assert (checked.effort, checked.graph.effort) == (7, 7)  # the input, three nodes, two bodies, one that is left out


def test_a_chain_of_blocks_ends_where_bodies_are_too_deep() -> None:
    blocks = "".join(f"  B{i}: {{layers: [B{i + 1}]}}\n" for i in range(1_200))
    checked = spec("- B0", f"blocks:\n{blocks}  B1200: {{layers: [relu]}}")
    assert said(checked) == ["NS506 103: bodies are nested deeper than 100 levels"]


def test_a_node_that_is_wrong_carries_no_mask() -> None:
    """The softmax after it, which fails on a mask, is told nothing of one."""
    spec = check_text(
        "netspec: 1\ninputs: {words: {shape: [5], dtype: int32}, signal: [9, 4]}\nlayers:\n"
        "  - embedding: {input_dim: 9, output_dim: 4, mask_zero: true, from: words}\n"
        "  - lstm: {units: 4, name: read}\n"
        "  - conv: {filters: 4, kernel_size: 2, strides: 2, from: signal}\n"
        "  - softmax\n  - global_pool\n  - add: {from: [read, global_pool_1]}\n",
        repairs=False,
    )
    assert [(problem.code, problem.span.line) for problem in spec.problems] == [("NS401", 6)]


def test_a_name_given_twice_in_a_block_whose_weights_are_shared() -> None:
    checked = check_text("""\
netspec: 1
input: [8, 8, 4]
blocks:
  B:
    layers:
      - 1x1: {filters: 4, name: a}
      - add: {from: [input, a], name: a}
layers:
  - B: {name: x}
  - B: {share: x}
""")
    assert [problem.message for problem in checked.problems] == ["the name `a` is given twice; the first is at line 6"]
