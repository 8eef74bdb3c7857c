"""Which weights carry over, tensor by tensor, and which nodes compute what they did."""

from __future__ import annotations

from typing import Any

import pytest

from netspec.comparison.data import weights_of
from netspec.comparison.differences import Difference
from tests.support.differing import Both, computed

from .specs import graph

CONV = {"filters": 4, "kernel_size": 3, "padding": "same"}
ENDS = ["global_pool", {"dense": {"units": 10}}]
NORM = ["gamma", "beta", "moving_mean", "moving_variance"]


def conv(**more: Any) -> dict[str, Any]:
    return {"conv": {**CONV, **more}}


CASES: dict[str, tuple[list[Any], list[Any], dict[str, list[str]], list[str]]] = {
    # what was, what is; the tensors that carry over, by the node of the second network; nodes that are unchanged
    "a bias goes": (
        [conv(), "relu", conv(name="last"), *ENDS],
        [conv(), "relu", conv(name="last", use_bias=False), *ENDS],
        {"conv_1": ["kernel", "bias"], "last": ["kernel"], "dense_1": ["kernel", "bias"]},
        ["input", "conv_1", "relu_1"],
    ),
    "a kernel grows": (
        [conv(), "batch_norm", conv(), *ENDS],
        [conv(), "batch_norm", conv(kernel_size=5), *ENDS],
        {"conv_1": ["kernel", "bias"], "batch_norm_1": NORM, "conv_2": ["bias"], "dense_1": ["kernel", "bias"]},
        ["input", "conv_1", "batch_norm_1"],
    ),
    "a stride": (
        [conv(), "relu", conv(), *ENDS],
        [conv(), "relu", conv(strides=2), *ENDS],
        {"conv_1": ["kernel", "bias"], "conv_2": ["kernel", "bias"], "dense_1": ["kernel", "bias"]},
        ["input", "conv_1", "relu_1"],
    ),
    "what takes another's place has weights of its own": (
        [conv(), "batch_norm", *ENDS],
        [conv(), "layer_norm", *ENDS],
        {"conv_1": ["kernel", "bias"], "dense_1": ["kernel", "bias"]},
        ["input", "conv_1"],
    ),
    "nothing but names": (
        [conv(), "relu", conv(), *ENDS],
        [conv(name="a"), {"relu": {"name": "b"}}, conv(name="c"), *ENDS],
        {"a": ["kernel", "bias"], "c": ["kernel", "bias"], "dense_1": ["kernel", "bias"]},
        ["input", "a", "b", "c", "global_pool_1", "dense_1"],
    ),
    "weights that are shared no more": (
        [conv(filters=3), conv(filters=3, share="conv_1"), *ENDS],
        [conv(filters=3), conv(filters=3), *ENDS],
        {"conv_1": ["kernel", "bias"], "conv_2": ["kernel", "bias"], "dense_1": ["kernel", "bias"]},
        ["input", "conv_1", "conv_2", "global_pool_1", "dense_1"],
    ),
    "two branches, one of which is another": (
        [{"inception": {"branches": {"a": [conv(name="x")], "b": [conv(kernel_size=5)]}}}, *ENDS],
        [{"inception": {"branches": {"a": [conv(name="x")], "b": [conv(kernel_size=1)]}}}, *ENDS],
        {"inception_1.a.x": ["kernel", "bias"], "inception_1.b.conv_1": ["bias"], "dense_1": ["kernel", "bias"]},
        ["input", "inception_1.a.x"],
    ),
}


def both(name: str) -> Both:
    was, now, *_ = CASES[name]
    return Both(name, graph(was), graph(now))


@pytest.mark.parametrize("name", CASES)
def test_what_carries_over(name: str) -> None:
    *_, carried, unchanged = CASES[name]
    pair = both(name)
    found = Difference(pair.first, pair.second)
    assert {each["node"]: each["weights"] for each in weights_of(found)["carried"]} == carried
    assert [pair.second.nodes[index].path for index in sorted(found.unchanged)] == unchanged


@pytest.mark.backend
@pytest.mark.parametrize("name", CASES)
def test_it_does_in_keras(name: str) -> None:
    assert list(computed(both(name))) == []


def test_new_and_dropped_weights_are_all_the_others() -> None:
    pair = both("a kernel grows")
    found = weights_of(Difference(pair.first, pair.second))
    assert found["new"] == [{"node": "conv_2", "weights": ["kernel"]}]
    assert found["dropped"] == [{"node": "conv_2", "weights": ["kernel"]}]
    assert found["carried_parameters"] == 112 + 16 + 4 + 50
    assert found["used_differently"] == {}


def test_why_weights_are_used_differently() -> None:
    was = [conv(filters=3), conv(filters=3, name="b"), conv(filters=3, name="c", **{"from": "b"}), *ENDS]
    now = [
        conv(filters=3, dilation_rate=2),
        conv(filters=3, name="b"),
        conv(filters=3, name="c", **{"from": "conv_1"}),
        {"add": {"from": ["b", "c"]}},
        *ENDS,
    ]
    found = weights_of(Difference(graph(was), graph(now)))
    assert found["used_differently"] == {
        "conv_1": ["dilation_rate"],
        "c": ["inputs"],
    }
