"""Which node of one network is which of another."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import pytest

from netspec.comparison.aligning import common
from netspec.comparison.differences import Difference
from netspec.pipeline import load
from tests.support.differing import SPECS

from .specs import difference, graph, pairs

CONV = {"conv": {"filters": 4, "kernel_size": 3, "padding": "same"}}
WIDE = {"conv": {"filters": 6, "kernel_size": 3, "padding": "same"}}
ENDS = ["global_pool", {"dense": {"units": 10}}]
BLOCK = {
    "Unit": {
        "params": {"filters": None},
        "layers": [{"conv": {"filters": "$filters", "kernel_size": 3, "padding": "same"}}, "relu"],
    }
}


def test_what_comes_between_moves_the_numbers_of_the_others_and_no_more() -> None:
    found = difference([CONV, "relu", CONV, "relu", *ENDS], [CONV, "relu", WIDE, "relu", CONV, "relu", *ENDS])
    assert [found.second.nodes[index].path for index in found.added] == ["conv_2", "relu_2"]
    assert found.removed == []
    assert pairs(found)["conv_3"] == "conv_2"
    assert pairs(found)["relu_3"] == "relu_2"


def test_names_do_not_matter() -> None:
    one = [{"conv": {**CONV["conv"], "name": "a"}}, {"relu": {"name": "b"}}, {"skip": {"body": [CONV], "name": "c"}}]
    other = [{"conv": {**CONV["conv"], "name": "x"}}, {"relu": {"name": "y"}}, {"skip": {"body": [CONV], "name": "z"}}]
    found = difference([CONV, *one], [CONV, *other])
    assert found.same
    assert found.renamed == {"a": "x", "b": "y", "c.conv_1": "z.conv_1", "c": "z"}
    assert found.renamed_by_somebody == found.renamed


def test_blocks_do_not_matter() -> None:
    flat = graph([CONV, "relu", WIDE, "relu", *ENDS])
    blocks = graph([{"Unit": 4}, {"Unit": 6}, *ENDS], blocks=BLOCK)
    found = Difference(flat, blocks)
    assert found.same
    assert pairs(found)["Unit_2.conv_1"] == "conv_2"


def test_a_part_that_has_become_a_block_is_found_in_it() -> None:
    flat = graph([CONV, "relu", WIDE, "relu", *ENDS])
    blocks = graph([{"Unit": 4}, {"Unit": 6}, {"dropout": 0.5}, *ENDS], blocks=BLOCK)
    found = Difference(flat, blocks)
    assert [blocks.nodes[index].path for index in found.added] == ["dropout_1"]
    assert found.removed == []


def test_the_first_repetitions_are_the_first() -> None:
    def unit(count: int) -> list[Any]:
        return [{"Unit": {"filters": 4 * 1, "repeat": count}}, WIDE, *ENDS]

    found = Difference(graph(unit(2), blocks=BLOCK), graph(unit(4), blocks=BLOCK))
    assert {found.second.nodes[index].path for index in found.added} == {
        "Unit_3.conv_1", "Unit_3.relu_1", "Unit_4.conv_1", "Unit_4.relu_1",
    }  # fmt: skip


def test_a_use_that_is_written_between_others_is_the_new_one() -> None:
    one = [{"Unit": 4}, {"Unit": 8}, *ENDS]
    other = [{"Unit": 4}, {"Unit": 6}, {"Unit": 8}, *ENDS]
    found = Difference(graph(one, blocks=BLOCK), graph(other, blocks=BLOCK))
    assert pairs(found)["Unit_3.relu_1"] == "Unit_2.relu_1"
    assert pairs(found)["Unit_1.conv_1"] == "Unit_1.conv_1"


def test_what_has_a_name_keeps_it_whatever_it_has_become() -> None:
    named = [{"conv": {**CONV["conv"], "name": "stem"}}, CONV, *ENDS]
    other = [CONV, {"conv": {"filters": 9, "kernel_size": 5, "padding": "same", "name": "stem"}}, *ENDS]
    assert pairs(difference(named, other))["stem"] == "stem"


def test_what_moved_is_found_by_its_name_and_weights() -> None:
    found = difference([WIDE, "batch_norm", "relu", *ENDS], ["batch_norm", "relu", WIDE, *ENDS])
    assert pairs(found)["conv_1"] == "conv_1"


def test_an_activation_in_the_place_of_another_is_a_change() -> None:
    found = difference([CONV, "relu", *ENDS], [CONV, "gelu", *ENDS])
    assert pairs(found)["gelu_1"] == "relu_1"
    assert [change.kind for change in found.changes.values()] == [("relu", "gelu")]


def test_the_parts_of_a_node_are_told_apart() -> None:
    lstm = {"lstm": {"units": 4, "return_state": True, "name": "e"}}
    networks = [graph([lstm, {"dense": {"units": 3, "from": f"e.state_{part}"}}], input=[6, 3]) for part in ("h", "c")]
    assert not Difference(*networks).same
    assert Difference(networks[0], networks[0]).same


@pytest.mark.parametrize("seed", range(40))
def test_a_common_subsequence_is_a_longest(seed: int) -> None:
    draws = random.Random(seed)
    a, b = ([draws.choice("abcd") for _ in range(draws.randrange(12))] for _ in range(2))
    found = common(a, b)
    assert all(a[i] == b[j] for i, j in found)
    assert all(i < k and j < n for (i, j), (k, n) in pairwise(found))
    longest = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            longest[i + 1][j + 1] = longest[i][j] + 1 if x == y else max(longest[i][j + 1], longest[i + 1][j])
    assert len(found) == longest[-1][-1]


def test_of_long_sequences_that_share_little_some_is_found_in_time() -> None:
    draws = random.Random(1)
    a, b = ([draws.randrange(1000) for _ in range(5000)] for _ in range(2))
    found = common(a, b)
    assert all(a[i] == b[j] for i, j in found)
    assert all(i < k and j < n for (i, j), (k, n) in pairwise(found))


@pytest.mark.parametrize(
    ("one", "other", "sure"),
    [
        ("vgg", "resnet", {"input": "input", "predictions": "predictions"}),
        ("googlenet", "inception_v2", {"input": "input"}),
        ("lenet5", "vit", {"input": "input"}),
        ("two_towers", "dlrm", {}),  # two inputs each, of other names
        ("mobilenet", "mobilenet_v2", {"input": "input", "conv_1": "conv_1"}),
    ],
)
def test_what_merely_stands_at_the_same_place_is_no_pair(one: str, other: str, sure: dict[str, str]) -> None:
    found = Difference(*(load(SPECS / f"{name}.yaml") for name in (one, other)))
    assert found.has_little_in_common
    assert pairs(found) == sure


def test_a_block_of_a_given_name_keeps_the_nodes_whose_weights_fit() -> None:
    def stem(between: str) -> dict[str, Any]:
        return {"skip": {"name": "stem", "body": [{"1x1": 4}, between, {"1x1": 3}]}}

    one = [stem("relu"), *[CONV, "relu"] * 6]
    other = [stem("tanh"), *["batch_norm", {"pool": {"pool_size": 1}}, "tanh"] * 6]
    found = difference(one, other)
    assert found.has_little_in_common
    assert pairs(found) == {each: each for each in ("input", "stem.conv1x1_1", "stem.conv1x1_2", "stem")}


def test_a_change_in_all_nodes_of_a_network_leaves_it_one() -> None:
    one, other = ([{"Unit": filters}] * 5 + ENDS for filters in (4, 6))
    found = difference(one, other, blocks=BLOCK)
    assert not found.has_little_in_common
    assert (found.added, found.removed) == ([], [])
