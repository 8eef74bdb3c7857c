"""A graph as a tree of boxes, and how the children of each stand."""

from __future__ import annotations

from netspec.drawing.outline import MOST
from tests.drawing.shown import drawn, outlined, standing


def test_groups_merges_and_rounds() -> None:
    given = drawn(
        "input: [8, 8, 4]\n"
        "blocks: {Unit: {layers: [{skip: [{conv: {filters: 4, kernel_size: 3, padding: same}}]}, relu]}}\n"
        "layers: [{Unit: {repeat: 2}}, {dense: {units: 2, repeat: 3}}]"
    )
    assert list(outlined(given)) == [
        "network - -",
        "  input input input",
        "  repeat Unit Unit_1..2 × 2",
        "    group Unit Unit_1",
        "      group skip Unit_1.skip_1",
        "        node conv Unit_1.skip_1.conv_1",
        "        merge add Unit_1.skip_1.add",
        "      node relu Unit_1.relu_1",
        "    group Unit Unit_2",
        "      group skip Unit_2.skip_1",
        "        node conv Unit_2.skip_1.conv_1",
        "        merge add Unit_2.skip_1.add",
        "      node relu Unit_2.relu_1",
        "  repeat dense dense_1..3 × 3",
        "    node dense dense_1",
        "    node dense dense_2",
        "    node dense dense_3",
    ]


def test_what_is_alone_in_a_box_is_one_with_it() -> None:
    given = drawn(
        "input: [8]\nblocks: {Two: {layers: [{dense: 2}, relu]}}\n"
        "layers: [{head: {name: aux, body: [Two]}}, {dense: 1}]"
    )
    (aux,) = (box for box in given.boxes if box.path == "aux")
    assert (aux.kinds, aux.names, len(aux.children)) == (("head", "Two"), ("aux", "Two_1"), 2)


def test_branches_of_one_row_are_no_rounds() -> None:
    # All are written at one place, and two neighbours are 1x1 convolutions.
    given = drawn("input: [8, 8, 4]\nlayers: [{inception: {1x1: 4, 3x3: [2, 4]}}]")
    assert [box.role for box in given.boxes] == ["network", "input", "group", "node", "node", "node", "merge"]


def test_rounds_that_are_made_differently_are_told_apart() -> None:
    given = drawn(
        "input: [8, 8, 4]\n"
        'blocks: {Unit: {params: {first: }, layers: [{conv: {filters: 4, kernel_size: 1}}, {relu: {when: "$first == 0"}}]}}\n'
        "layers: [{Unit: {first: $index, repeat: 3}}]"
    )
    assert [(box.path, box.times) for box in given.boxes if given.boxes[0].children.count(given.boxes.index(box))] == [
        ("input", 1),
        ("Unit_1", 1),
        ("Unit_2..3", 2),
    ]


def test_many_children_stand_in_stretches() -> None:
    given = drawn(f"input: [8]\nlayers: [{', '.join(['dense: 2', 'relu'] * 100)}]".replace("dense: 2", "{dense: 2}"))
    assert len(given.boxes[0].children) <= MOST
    assert {given.boxes[child].role for child in given.boxes[0].children} == {"stretch"}
    assert sum(box.is_leaf for box in given.boxes) == 201


def test_branches_stand_side_by_side_in_the_order_written() -> None:
    given = drawn("input: [8, 8, 4]\nlayers: [{inception: {1x1: 4, 3x3: [2, 4], pool: 2}}]")
    assert standing(given, "inception_1") == "[conv1x1 | conv3x3_reduce, conv3x3 | pool, pool_project], concat"


def test_a_shortcut_of_its_own_stands_beside_the_body() -> None:
    body = "[{1x1: 4}, relu, {1x1: 4}]"
    given = drawn(f"input: [8, 8, 2]\nlayers: [{{skip: {{body: {body}, shortcut: project}}}}]")
    assert standing(given, "skip_1") == "[*conv1x1_1, relu_1, conv1x1_2 | conv1x1_1], add"


def test_an_identity_passes_the_column_by() -> None:
    given = drawn("input: [4]\nlayers: [{skip: [{dense: 4}, relu]}]")
    assert standing(given, "skip_1") == "dense_1, relu_1, add"


def test_a_side_chain_stands_beside_the_trunk() -> None:
    given = drawn(
        "input: [4]\nlayers: [{dense: 4}, {head: {name: aux, body: [{dense: 2}, softmax]}}, relu, {dense: {units: 3, name: main}}]"
    )
    assert standing(given) == "input, dense_1, [*relu_1 | aux], main"


def test_what_reads_from_afar_stands_beside_what_lies_between() -> None:
    given = drawn(
        "input: [16, 16, 2]\n"
        "layers:\n"
        "  - conv: {filters: 2, kernel_size: 3, padding: same, name: left}\n"
        "  - pool\n"
        "  - upsample: {name: up}\n"
        "  - relu: {name: across, from: left}\n"
        "  - concat: {from: [across, up]}\n"
        "  - 1x1: 2\n"
    )
    assert standing(given) == "input, left, [*pool_1, up | across], concat_1, conv1x1_1"


def test_several_inputs_stand_side_by_side() -> None:
    given = drawn(
        "inputs: {a: [4], b: [4]}\nlayers: [{dense: {units: 2, from: a}}, {dense: {units: 2, from: b}}, {add: {from: [dense_1, dense_2]}}]"
    )
    assert standing(given) == "[a, dense_1 | b, dense_2], add_1"


def test_what_has_no_trunk_stands_in_layers() -> None:
    given = drawn(
        "inputs: {a: [4], b: [4]}\n"
        "layers:\n"
        "  - add: {name: c, from: [a, b]}\n"
        "  - relu: {name: d, from: b}\n"
        "  - add: {name: e, from: [c, d]}\n"
        "  - multiply: {name: f, from: [c, d]}\n"
        "  - add: {name: g, from: [e, f]}\n"
    )
    assert standing(given) == "[a | b], [c | d], [e | f], g"


def test_a_node_that_is_not_known_stands_where_it_is_written() -> None:
    given = drawn("input: [4]\nlayers: [{dense: 4}, {cnov: 3}, relu]")
    assert standing(given) == "input, dense_1, cnov, relu_1"
    assert [box.role for box in given.boxes] == ["network", "input", "node", "unknown", "node"]
    assert given.assumed == {(1, 2)}
