"""What reads the nodes of a use that is written out: by words in the block and outside, handed on by params, in expressions."""

from __future__ import annotations

import pytest

from tests.refactoring.test_inlining import HEAD, PARAMS, UNIT, inlined, offered

READ = (
    "blocks:\n  Read:\n    params: {down: , n: 4}\n    layers:\n      - 1x1: {filters: $n, from: $down}\n      - relu\n"
)


@pytest.mark.parametrize(
    ("node", "word"),
    [
        ("1x1: {filters: 4, name: d4}", "d4"),
        ("skip: {name: d4, body: [{1x1: {filters: 4, name: end}}, relu]}", "d4.end"),
    ],
)
def test_names_that_a_param_hands_on_in_the_block(node: str, word: str) -> None:
    net = f"  Net:\n    layers:\n      - {node}\n      - relu\n      - Read: {{down: {word}}}\n      - add: {{from: [relu_1, Read_1]}}\n"
    text = f"{HEAD}{READ}{net}\nlayers:\n  - ‸Net\n  - Net\n"
    copies = ""
    for number in (1, 2):
        here = word.replace("d4", f"d4_{number}")
        copies += (
            f"  - {node.replace('d4', f'd4_{number}')}\n  - relu: {{name: net_{number}_relu_1}}\n"
            f"  - Read: {{down: {here}, name: net_{number}_read_1}}\n"
            f"  - add: {{from: [net_{number}_relu_1, net_{number}_read_1]}}\n"
        )
    assert inlined(text, "Inline all 2 uses of `Net`") == f"{HEAD}{READ}\nlayers:\n{copies}"


def test_what_a_param_of_another_use_reads() -> None:
    text = f"{HEAD}{READ}{UNIT.removeprefix('blocks:' + chr(10))}layers:\n  - ‸Unit: 4\n  - Read: Unit_1.first\n  - Read: {{down: Unit_1}}\n"
    assert inlined(text, "Inline `Unit`") == f"{HEAD}{READ}\n" + (
        "layers:\n  # in\n  - conv: {filters: 4, kernel_size: 3, padding: same, name: unit_first}   # c\n"
        "  - relu: {name: unit_relu_1}\n  - add: {from: [unit_first, unit_relu_1], name: unit_add_1}\n"
        "  - Read: unit_first\n  - Read: {down: unit_add_1}\n"
    )


def test_uses_that_read_one_another() -> None:
    text = f"{HEAD}{READ}\nlayers:\n  - tanh: {{name: t}}\n  - ‸Read: t\n  - Read: {{down: Read_1, name: b}}\n  - Read: b.relu_1\n"
    assert inlined(text, "Inline all 3 uses of `Read`") == HEAD + (
        "layers:\n  - tanh: {name: t}\n"
        "  - 1x1: {filters: 4, from: t}\n  - relu: {name: read_1_relu_1}\n"
        "  - 1x1: {filters: 4, from: read_1_relu_1}\n  - relu: {name: b}\n"
        "  - 1x1: {filters: 4, from: b}\n  - relu: {name: read_3_relu_1}\n"
    )


TWO = "blocks:\n  Two:\n    layers:\n      - 1x1: 4\n      - relu\n\n"
NAMED = "  - 1x1: 4\n  - relu: {{name: {0}_1}}\n  - 1x1: 4\n  - relu: {{name: {0}_2}}\n"


@pytest.mark.parametrize(
    ("read", "new"),
    [
        ("[t, u_*]", "[t, u_1, u_2]"),
        ("u_*", "[u_1, u_2]"),
        ("[t, u_1, u]", "[t, u_1, u_2]"),
        ("\n        - t\n        - u_*   # all", "\n        - t\n        - u_1\n        - u_2   # all"),
        ("[t, \"'u' if $n > 1 else 'u_1'\"]", "[t, \"'u_2' if $n > 1 else 'u_1'\"]"),
    ],
)
def test_what_reads_several_repetitions(read: str, new: str) -> None:
    head = PARAMS.replace("{small: {n: 2}}", "{small: {n: 1}}")

    def after(read: str) -> str:
        if "\n" in read:
            return f"  - concat:\n      from:{read}\n      axis: -1\n  - dense: $n\n"
        return f"  - concat: {{from: {read}, axis: -1}}\n  - dense: $n\n"

    text = f"{head}{TWO}layers:\n  - tanh: {{name: t}}\n  - ‸Two: {{repeat: 2, name: u}}\n{after(read)}"
    assert inlined(text, "Inline `Two`") == (f"{head}layers:\n  - tanh: {{name: t}}\n{NAMED.format('u')}{after(new)}")


def test_what_reads_repetitions_by_their_numbers() -> None:
    text = f"{HEAD}{TWO}layers:\n  - ‸Two: {{repeat: 2}}\n  - add: {{from: [Two_1, Two_2, Two_2.conv1x1_1]}}\n"
    assert inlined(text, "Inline `Two`") == HEAD + (
        "layers:\n  - 1x1: {filters: 4, name: two_1_conv1x1_1}\n  - relu: {name: two_1_relu_1}\n"
        "  - 1x1: {filters: 4, name: two_2_conv1x1_1}\n  - relu: {name: two_2_relu_1}\n"
        "  - add: {from: [two_1_relu_1, two_2_relu_1, two_2_conv1x1_1]}\n"
    )


def test_a_node_that_is_repeated_in_the_place_of_a_use_is_read_as_that() -> None:
    one = TWO.replace("      - relu\n", "").replace("Two", "One")
    text = f"{HEAD}{one}layers:\n  - ‸One: {{repeat: 3, name: u}}\n  - add: {{from: [u_2, u_*]}}\n"
    assert inlined(text, "Inline `One`") == (
        f"{HEAD}layers:\n  - 1x1: {{filters: 4, repeat: 3, name: u}}\n  - add: {{from: [u_2, u_*]}}\n"
    ).replace("repeat: 3, name: u", "name: u, repeat: 3")
    text = f"{HEAD}{one}layers:\n  - ‸One: {{repeat: 3}}\n  - add: {{from: [One_2, One_3]}}\n"
    assert inlined(text, "Inline `One`") == HEAD + (
        "layers:\n  - 1x1: {filters: 4, name: one_conv1x1_1, repeat: 3}\n"
        "  - add: {from: [one_conv1x1_1_2, one_conv1x1_1_3]}\n"
    )


@pytest.mark.parametrize(("read", "new"), [("[t, u_*]", "[t, {}]"), ("u_*", "{}")])
def test_what_reads_as_many_as_an_expression_says(read: str, new: str) -> None:
    text = f"{PARAMS}{TWO}layers:\n  - tanh: {{name: t}}\n  - ‸Two: {{repeat: $n - 1, name: u}}\n  - concat: {{from: {read}}}\n"
    several = "\"['u_${$k + 1}' for k in range($n - 1)]\""
    assert inlined(text, "Inline `Two` (`$n - 1` up to 2)") == PARAMS + (
        "layers:\n  - tanh: {name: t}\n"
        "  - 1x1: {filters: 4, when: ($n - 1) > 0}\n  - relu: {name: u_1, when: ($n - 1) > 0}\n"
        "  - 1x1: {filters: 4, when: ($n - 1) > 1}\n  - relu: {name: u_2, when: ($n - 1) > 1}\n"
        f"  - concat: {{from: {new.format(several)}}}\n"
    )


def test_names_in_an_expression_stand_in_quotes() -> None:
    block = (
        "blocks:\n  Fuse:\n    params: {levels: , far: b}\n    layers:\n      - concat: {from: $levels}\n"
        '      - 1x1: len($levels) * $channels\n      - tanh: {from: "$levels[0] if $n > 2 else $far"}\n\n'
    )
    nodes = "layers:\n  - 1x1: {filters: 4, name: a}\n  - 1x1: {filters: 4, name: b}\n"
    assert inlined(
        f"{PARAMS}{block}{nodes}  - ‸Fuse: {{levels: [a, $x, 'b']}}\n".replace("$x, ", ""), "Inline `Fuse`"
    ) == (
        f"{PARAMS}{nodes}  - concat: {{from: [a, 'b']}}\n  - 1x1: 2 * $channels\n"
        "  - tanh: {from: \"['a', 'b'][0] if $n > 2 else 'b'\"}\n"
    )


def test_what_enters_is_the_node_before_that_is_there() -> None:
    block = "blocks:\n  Around:\n    layers:\n      - 1x1: 4\n      - add: {from: [input, conv1x1_1]}\n\n"
    text = f"{PARAMS}{block}layers:\n  - tanh\n  - relu: {{when: $n < 2}}\n  - ‸Around\n"
    assert inlined(text, "Inline `Around`") == (
        f"{PARAMS}layers:\n  - tanh\n  - relu: {{when: $n < 2}}\n  - 1x1: 4\n  - add: {{from: [tanh_1, conv1x1_1]}}\n"
    )


def test_a_default_that_reads_what_the_use_receives_and_another_param() -> None:
    block = "blocks:\n  One:\n    params: {n: , m: 2 * $channels + $n}\n    layers:\n      - 1x1: $n\n      - relu\n      - 1x1: $m\n\n"
    text = f"{HEAD}{block}layers:\n  - ‸One: 3\n"
    assert inlined(text, "Inline `One`") == f"{HEAD}layers:\n  - 1x1: 3\n  - relu\n  - 1x1: 11\n"


def test_aliases_and_texts_on_several_lines() -> None:
    block = (
        "blocks:\n  One:\n    params: {n: , size: 3}\n    layers:\n"
        "      - conv: &c {filters: $n, kernel_size: $size, padding: same}\n      - relu\n      - conv: *c\n"
        "      - 1x1:\n          filters: >-\n            2 *\n            $n\n          use_bias: false\n\n"
    )
    text = f"{PARAMS}{block}layers:\n  - ‸One: >-\n      $n\n      + 1\n"
    assert inlined(text, "Inline `One`") == PARAMS + (
        "layers:\n  - conv: &c {filters: $n + 1, kernel_size: 3, padding: same}\n  - relu\n  - conv: *c\n"
        "  - 1x1:\n      filters: 2 * ($n + 1)\n      use_bias: false\n"
    )


def test_the_node_that_enters_gets_a_name_where_its_number_would_be_another() -> None:
    block = "blocks:\n  Around:\n    layers:\n      - 1x1: 4\n      - relu\n      - add: {from: [input, relu_1]}\n\n"
    text = f"{HEAD}{block}layers:\n  - ‸Around\n  - 1x1: 4\n  - Around\n"
    assert inlined(text, "Inline all 2 uses of `Around`") == HEAD + (
        "layers:\n  - 1x1: 4\n  - relu: {name: around_1_relu_1}\n  - add: {from: [input, around_1_relu_1], name: around_1_add_1}\n"
        "  - 1x1: {filters: 4, name: around_2_input}\n"
        "  - 1x1: 4\n  - relu: {name: around_2_relu_1}\n  - add: {from: [around_2_input, around_2_relu_1], name: around_2_add_1}\n"
    )


def test_numbers_of_other_nodes_are_counted_anew() -> None:
    nodes = "layers:\n  - tanh\n  - ‸Two\n  - 1x1: 4\n  - Two\n  - skip: [{relu: {from: Two_2}}, {1x1: 4}]\n  - relu\n"
    text = f"{HEAD}{TWO}{nodes}  - concat: {{from: [tanh_1, conv1x1_1, Two_2, relu_1]}}\noutputs: {{all: concat_1, two: Two_2}}\n"
    assert inlined(text, "Inline `Two`") == HEAD + TWO + (
        "layers:\n  - tanh\n  - 1x1: 4\n  - relu\n  - 1x1: 4\n  - Two\n  - skip: [{relu: {from: Two_1}}, {1x1: 4}]\n  - relu\n"
        "  - concat: {from: [tanh_1, conv1x1_2, Two_1, relu_2]}\noutputs: {all: concat_1, two: Two_1}\n"
    )


def test_a_word_that_means_a_node_of_its_own_list_stays() -> None:
    other = "  Other:\n    layers:\n      - Two\n      - tanh\n      - add: {from: [Two_1, tanh_1]}\n\n"
    text = f"{HEAD}{TWO.rstrip()}\n{other}layers:\n  - ‸Two\n  - Other\n  - add: {{from: [Two_1, Other_1]}}\n"
    assert inlined(text, "Inline `Two`") == HEAD + TWO.rstrip() + "\n" + other + (
        "layers:\n  - 1x1: 4\n  - relu: {name: two_relu_1}\n  - Other\n  - add: {from: [two_relu_1, Other_1]}\n"
    )


def test_the_name_goes_to_the_last_node_that_is_there() -> None:
    block = "blocks:\n  Some:\n    params: {n: }\n    layers:\n      - 1x1: 4\n      - relu: {repeat: $n - 1}\n\n"
    text = f"{HEAD}{block}layers:\n  - ‸Some: {{n: 1, name: s}}\n  - Some: 2\n  - add: {{from: [s, Some_1]}}\n"
    assert inlined(text, "Inline `Some`") == f"{HEAD}{block}layers:\n" + (
        "  - 1x1: {filters: 4, name: s}\n  - relu: {repeat: 0}\n  - Some: 2\n  - add: {from: [s, Some_1]}\n"
    )


def test_a_path_that_is_built_is_handed_on() -> None:
    text = f"{HEAD}{READ}\nlayers:\n  - tanh: {{repeat: 2, name: t}}\n" + (
        '  - ‸Read: {down: "t_${$index + 1}", n: 4 + $index, repeat: 2}\n'
    )
    assert inlined(text, "Inline `Read`") == f"{HEAD}layers:\n  - tanh: {{repeat: 2, name: t}}\n" + (
        "  - 1x1: {filters: 4, from: t_1}\n  - relu\n  - 1x1: {filters: 5, from: t_2}\n  - relu\n"
    )


def test_the_reason_is_that_of_the_likeliest_way() -> None:
    text = (
        f"{HEAD.replace('input', 'params: {which: u}' + chr(10) + 'input')}{TWO}"
        'layers:\n  - ‸Two: {name: u}\n  - add: {from: [u, "$which.conv1x1_1"]}\n'
    )
    _, found = offered(text)
    refused = "there would be a problem at line 7: there is no node `conv1x1_1` inside `u`; it has none"
    assert [(each.title, each.edits, each.refused) for each in found.values()] == [("Inline `Two`", (), refused)]
