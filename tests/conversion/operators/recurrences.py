"""Recurrent layers of ONNX, and loops over steps, as exporters write them and such as are no layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .building import Case, Inner, Node, ints, node, numbers

ROWS = {"x": [5, 6]}


def recurrent(
    kind: str,
    *reads: Node,
    gates: int = 1,
    ways: int = 1,
    outputs: tuple[str, ...],
    shape: tuple[Any, ...] = (5, 6),
    bias: bool = True,
    **settings: Any,
) -> Case:
    """A recurrent layer of 4 units over 5 steps of 6 numbers."""
    weights = {"r.W": numbers(ways, 4 * gates, shape[-1]), "r.R": numbers(ways, 4 * gates, 4, seed=1)}
    weights |= {"r.B": numbers(ways, 8 * gates, seed=2)} if bias else {}
    first = node("Transpose", ["x"], ["s"], perm=[1, 0, 2])
    made = node(kind, ["s", *weights], outputs, hidden_size=4, **settings)
    constants = {"to": ints(0, 0, -1), "axis": ints(1), "front": ints(0)}
    return Case([first, made, *reads], {"x": list(shape)}, weights | constants)


EACH_STEP = node("Squeeze", ["a", "axis"], ["b"]), node("Transpose", ["b"], perm=[1, 0, 2])
BOTH_WAYS = (
    node("Transpose", ["a"], ["b"], perm=[0, 2, 1, 3]),
    node("Reshape", ["b", "to"], ["c"]),
    node("Transpose", ["c"], perm=[1, 0, 2]),
)
LAST_ALONE = (node("Squeeze", ["a", "front"]),)
BOTH_LASTS = node("Transpose", ["a"], ["b"], perm=[1, 0, 2]), node("Flatten", ["b"])
ALL = ("a", "h")
SUMMED = (*EACH_STEP[:1], node("Squeeze", ["h", "front"], ["last"]), node("Add", ["b", "last"], ["c"]))

STEPS_FIRST = (node("Transpose", ["x"], ["s"], perm=[1, 0, 2]),)


def given_states(kind: str, gates: int, *names: str, ways: int = 1) -> Case:
    """A recurrent layer of 4 units that begins with states made of the first step, and what it ends in."""
    made = [
        part
        for name in names
        if name
        for part in (
            node("MatMul", ["first", f"{name}.weight"], [f"{name} flat"]),
            node("Reshape", [f"{name} flat", "parts"], [f"{name} parts"]),
            node("Transpose", [f"{name} parts"], [name], perm=[1, 0, 2]),
        )
    ]
    nodes = [
        *STEPS_FIRST,
        node("Gather", ["x", "zero"], ["first"], axis=1),
        *made,
        node(
            kind,
            ["s", "r.W", "r.R", "", "", *names],
            ["", "a"],
            hidden_size=4,
            direction="forward" if ways == 1 else "bidirectional",
        ),
        *BOTH_LASTS,
    ]
    weights = {f"{name}.weight": numbers(6, 4 * ways, seed=3 + place) for place, name in enumerate(names) if name}
    weights |= {"r.W": numbers(ways, 4 * gates, 6), "r.R": numbers(ways, 4 * gates, 4, seed=1)}
    return Case(nodes, ROWS, weights | {"parts": ints(0, ways, 4), "zero": np.asarray(0, "int64")})


STEPS, CHANNELS, UNITS = 5, 6, 4
ONE = np.asarray(1.0, "float32")

SIMPLE = [
    node("MatMul", ["step", "kernel"], ["own"]),
    node("MatMul", ["state", "recurrent"], ["before"]),
    node("Add", ["own", "before"], ["both"]),
    node("Add", ["both", "bias"], ["all"]),
    node("Tanh", ["all"], ["new"]),
]
# Each gate with weights of its own, as nobody's exporter writes them, and products in another order.
GATED = [
    *(node("Gemm", ["step", f"kernel {gate}", f"bias {gate}"], [f"own {gate}"]) for gate in "zrh"),
    *(node("MatMul", ["state", f"recurrent {gate}"], [f"before {gate}"]) for gate in "zr"),
    *(node("Add", [f"before {gate}", f"own {gate}"], [f"sum {gate}"]) for gate in "zr"),
    *(node("Sigmoid", [f"sum {gate}"], [gate]) for gate in "zr"),
    node("Mul", ["state", "r"], ["let through"]),
    node("MatMul", ["let through", "recurrent h"], ["before h"]),
    node("Add", ["own h", "before h"], ["sum h"]),
    node("Tanh", ["sum h"], ["h"]),
    node("Sub", ["one", "z"], ["rest"]),
    node("Mul", ["h", "rest"], ["taken"]),
    node("Mul", ["state", "z"], ["kept"]),
    node("Add", ["taken", "kept"], ["new"]),
]
LONG = [
    *(node("MatMul", ["step", f"kernel {gate}"], [f"own {gate}"]) for gate in "ifgo"),
    *(node("MatMul", ["state", f"recurrent {gate}"], [f"before {gate}"]) for gate in "ifgo"),
    *(node("Add", [f"own {gate}", f"before {gate}"], [f"sum {gate}"]) for gate in "ifgo"),
    *(node("Sigmoid", [f"sum {gate}"], [gate]) for gate in "ifo"),
    node("Softsign", ["sum g"], ["g"]),
    node("Mul", ["g", "i"], ["taken"]),
    node("Mul", ["cells", "f"], ["kept"]),
    node("Add", ["kept", "taken"], ["new cells"]),
    node("Softsign", ["new cells"], ["shown"]),
    node("Mul", ["shown", "o"], ["new"]),
]


def _weights(nodes: Sequence[Node]) -> dict[str, Any]:
    """Numbers for what the nodes read by these names."""
    shapes = {"kernel": (CHANNELS, UNITS), "recurrent": (UNITS, UNITS), "bias": (UNITS,)}
    named = dict.fromkeys(name for each in nodes for name in each.inputs if name.partition(" ")[0] in shapes)
    return {name: numbers(*shapes[name.partition(" ")[0]], seed=place) for place, name in enumerate(named)}


def loop(
    nodes: Sequence[Node],
    *,
    rounds: int = STEPS,
    index: str = "round",
    goes_on: Sequence[Node] = (node("Identity", ["goes on"], ["still"]),),
    states: Mapping[str, str] = {"state": "new"},
    first: int = 0,
    final: bool = False,
) -> Case:
    """A network that goes through its steps.

    Args:
        nodes: What is done to `step` and `state`, ending in `new`.
        rounds: How many there are.
        index: Which step it is: `round`, or `counter`, which the loop counts.
        goes_on: What makes `still` of `goes on`, `round` and `counter`.
        states: What the rounds hand on, and the name under which they make it anew.
        first: What the counter begins with.
        final: Is what is left in the end given, and not what each round gives?
    """
    types = {"round": "INT64", "goes on": "BOOL", "counter": "INT64", **dict.fromkeys(states, "FLOAT")}
    body = Inner(
        [
            *(node("Gather", ["s", index], ["step"]), node("Add", ["counter", "1"], ["counted"])),
            *(*nodes, *goes_on, node("Identity", ["new"], ["given"])),
        ],
        types,
        {"still": "BOOL", "counted": "INT64", **dict.fromkeys(states.values(), "FLOAT"), "given": "FLOAT"},
        {**_weights(nodes), "one": ONE, "1": np.asarray(1, "int64"), "steps": np.asarray(STEPS, "int64")},
    )
    left = [f"last {name}" for name in states]
    made = [
        *(node("Transpose", ["x"], ["s"], perm=[1, 0, 2]), node("Shape", ["x"], ["sizes"])),
        *(node("Slice", ["sizes", "front", "behind"], ["batch"]), node("Concat", ["batch", "units"], ["w"], axis=0)),
        *(node("ConstantOfShape", ["w"], [f"zeros {name}"]) for name in states),
        node(
            "Loop",
            ["rounds", "begins", "first", *(f"zeros {name}" for name in states)],
            ["count", *left, "each"],
            body=body,
        ),
        node("Identity", [left[0]]) if final else node("Transpose", ["each"], perm=[1, 0, 2]),
    ]
    constants = {"front": ints(0), "behind": ints(1), "units": ints(UNITS)}
    known = {"rounds": rounds, "first": first}
    constants |= {name: np.asarray(value, "int64") for name, value in known.items()}
    return Case(made, {"x": [STEPS, CHANNELS]}, constants | {"begins": np.asarray(True)})


def less(counted: str, end: str = "steps") -> tuple[Node, ...]:
    """A loop goes on while the step after this one is less than all, as tf2onnx has it, by numbers that are no whole ones."""
    return (
        node("Cast", [counted], ["number"], to=1),
        node("Cast", [end], ["end"], to=1),
        node("Less", ["number", "end"], ["soon"]),
        node("Less", ["round", end], ["now"]),
        node("And", ["soon", "now"], ["still"]),
    )


RECURRENT: dict[str, Case] = {
    "lstm": recurrent("LSTM", *EACH_STEP, gates=4, outputs=("a",)),
    "lstm's last": recurrent("LSTM", *LAST_ALONE, gates=4, outputs=("", "a")),
    "lstm both ways": recurrent("LSTM", *BOTH_WAYS, gates=4, ways=2, outputs=("a",), direction="bidirectional"),
    "lstm's last both ways": recurrent(
        "LSTM", *BOTH_LASTS, gates=4, ways=2, outputs=("", "a"), direction="bidirectional"
    ),
    "lstm backwards": recurrent("LSTM", *EACH_STEP, gates=4, outputs=("a",), direction="reverse"),
    "lstm's last backwards": recurrent("LSTM", *LAST_ALONE, gates=4, outputs=("", "a"), direction="reverse"),
    "lstm without biases": recurrent("LSTM", *EACH_STEP, gates=4, outputs=("a",), bias=False),
    "lstm of other activations": recurrent(
        "LSTM", *EACH_STEP, gates=4, outputs=("a",), activations=["Sigmoid", "Relu", "Relu"]
    ),
    "lstm of any steps": recurrent("LSTM", *EACH_STEP, gates=4, outputs=("a",), shape=("t", 6)),
    "lstm's steps and last": recurrent("LSTM", *SUMMED, node("Transpose", ["c"], perm=[1, 0, 2]), gates=4, outputs=ALL),
    "gru's steps and last both ways": recurrent(
        "GRU",
        node("Transpose", ["h"], ["b"], perm=[1, 0, 2]),
        node("Flatten", ["b"], ["l"]),
        node("ReduceSum", ["a", "front"], ["m"], keepdims=0),
        node("Transpose", ["m"], ["n"], perm=[1, 0, 2]),
        node("Flatten", ["n"], ["o"]),
        node("Sub", ["l", "o"]),
        gates=3,
        ways=2,
        outputs=ALL,
        direction="bidirectional",
    ),
    "gru": recurrent("GRU", *EACH_STEP, gates=3, outputs=("a",)),
    "gru as PyTorch has it": recurrent("GRU", *EACH_STEP, gates=3, outputs=("a",), linear_before_reset=1),
    "gru both ways": recurrent("GRU", *BOTH_WAYS, gates=3, ways=2, outputs=("a",), direction="bidirectional"),
    "rnn": recurrent("RNN", *EACH_STEP, outputs=("a",)),
    "rnn's last": recurrent("RNN", *LAST_ALONE, outputs=("", "a"), activations=["Relu"]),
    "lstm that is given as many zeros as there are examples": Case(
        [
            node("Transpose", ["x"], ["s"], perm=[1, 0, 2]),
            node("Shape", ["s"], ["sizes"]),
            node("Gather", ["sizes", "axis"], ["n"]),
            node("Concat", ["axis", "n", "units"], ["wanted"], axis=0),
            node("ConstantOfShape", ["wanted"], ["h"]),
            node("Expand", ["zeros", "wanted"], ["c"]),
            node("LSTM", ["s", "r.W", "r.R", "", "", "h", "c"], ["", "l"], hidden_size=4),
            *(each._replace(inputs=["l", "front"]) for each in LAST_ALONE),
        ],
        {"x": [5, 6]},
        {
            "r.W": numbers(1, 16, 6),
            "r.R": numbers(1, 16, 4),
            "axis": ints(1),
            "units": ints(4),
            "zeros": np.zeros((1, 1, 1), "float32"),
            "front": ints(0),
        },
    ),
    "lstm twice, the second from what the first ends in": Case(
        [
            *STEPS_FIRST,
            node("LSTM", ["s", "r.W", "r.R"], ["steps", "h", "c"], hidden_size=4),
            node("LSTM", ["s", "r.W", "r.R", "", "", "h", "c"], ["", "a"], hidden_size=4),
            *LAST_ALONE,
        ],
        ROWS,
        {"r.W": numbers(1, 16, 6), "r.R": numbers(1, 16, 4, seed=1), "front": ints(0)},
    ),
    "lstm that is given states": given_states("LSTM", 4, "h", "c"),
    "lstm that is given one of its states": given_states("LSTM", 4, "", "c"),
    "lstm both ways that is given states": given_states("LSTM", 4, "h", "c", ways=2),
    "gru that is given a state": given_states("GRU", 3, "h"),
    "rnn both ways that is given a state": given_states("RNN", 1, "h", ways=2),
    "lstm that begins with what is learned": Case(
        [
            *STEPS_FIRST,
            node("Shape", ["s"], ["sizes"]),
            node("Gather", ["sizes", "axis"], ["n"]),
            node("Concat", ["axis", "n", "units"], ["wanted"], axis=0),
            node("Expand", ["h0", "wanted"], ["h"]),
            node("Expand", ["c0", "wanted"], ["c"]),
            node("LSTM", ["s", "r.W", "r.R", "", "", "h", "c"], ["", "l"], hidden_size=4),
            *(each._replace(inputs=["l", "front"]) for each in LAST_ALONE),
        ],
        {"x": [5, 6]},
        {
            "r.W": numbers(1, 16, 6),
            "r.R": numbers(1, 16, 4),
            "h0": numbers(1, 1, 4, seed=2),
            "c0": numbers(1, 1, 4, seed=3),
            "axis": ints(1),
            "units": ints(4),
            "front": ints(0),
        },
    ),
    "lstm that begins with the steps of one example": Case(
        [
            *STEPS_FIRST,
            node("Slice", ["x", "front", "axis", "axis"], ["h"]),
            node("LSTM", ["s", "w", "r", "", "", "h"]),
        ],
        ROWS,
        {"w": numbers(1, 24, 6), "r": numbers(1, 24, 6), "front": ints(0), "axis": ints(1)},
    ),
    "lstm whose cells are read too": recurrent(
        "LSTM", node("Add", ["h", "c"], ["a"]), *LAST_ALONE, gates=4, outputs=("", "h", "c")
    ),
    "lstm both ways whose cells are read": recurrent(
        "LSTM", *BOTH_LASTS, gates=4, ways=2, outputs=("", "", "a"), direction="bidirectional"
    ),
    "lstm of other lengths": Case(
        [node("Transpose", ["x"], ["s"], perm=[1, 0, 2]), node("LSTM", ["s", "w", "r", "", "lengths"], hidden_size=4)],
        ROWS,
        {"w": numbers(1, 16, 6), "r": numbers(1, 16, 4), "lengths": np.int32([4, 5])},
    ),
    "gru with its examples first": recurrent("GRU", *EACH_STEP, gates=3, outputs=("a",), layout=1),
    "lstm backwards over any steps": recurrent(
        "LSTM", *EACH_STEP, gates=4, outputs=("a",), direction="reverse", shape=("t", 6)
    ),
    "lstm with peepholes": Case(
        [node("Transpose", ["x"], ["s"], perm=[1, 0, 2]), node("LSTM", ["s", "w", "r", "", "", "", "", "p"])],
        ROWS,
        {"w": numbers(1, 16, 6), "r": numbers(1, 16, 4), "p": numbers(1, 12)},
    ),
    "lstm whose cells are read": recurrent("LSTM", *LAST_ALONE, gates=4, outputs=("", "", "a")),
    "lstm that clips": recurrent("LSTM", *LAST_ALONE, gates=4, outputs=("", "a"), clip=1.0),
    "gru of hard gates": recurrent("GRU", *LAST_ALONE, gates=3, outputs=("", "a"), activations=["HardSigmoid", "Tanh"]),
    # loops
    "loop of a simple layer": loop(SIMPLE),
    "loop that counts": loop(SIMPLE, index="counter", goes_on=less("counted")),
    "loop whose end is read": loop(SIMPLE, final=True),
    "loop of a gated layer": loop(GATED),
    "loop of a long memory": loop(LONG, states={"state": "new", "cells": "new cells"}),
    "loop of a long memory, its cells first": loop(LONG, states={"cells": "new cells", "state": "new"}),
    "loop that ends early": loop(SIMPLE, rounds=4),
    "loop that is left early": loop(SIMPLE, goes_on=[node("Less", ["counted", "1"], ["still"])]),
    "loop that counts from behind the first step": loop(SIMPLE, index="counter", first=1),
    "loop of something else": loop([*SIMPLE[:-1], node("Sin", ["all"], ["new"])]),
    "loop that lets its state through": loop([*SIMPLE[:-1], node("Add", ["all", "state"], ["new"])]),
    "loop that forgets nothing": loop([*GATED[:-1], node("Add", ["taken", "state"], ["new"])]),
    "loop that mixes its gates up": loop(
        [*GATED[:-3], node("Mul", ["h", "rest"], ["taken"]), node("Mul", ["state", "r"], ["kept"]), GATED[-1]]
    ),
}
