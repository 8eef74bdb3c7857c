"""PyTorch's recurrent layers, one operator for all that lie on top of each other, as ONNX's, one for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from netspec.conversion.model import ConversionError
from netspec.conversion.operators.torch_operators import Made, rule, whole
from netspec.conversion.operators.torch_reading import Call

if TYPE_CHECKING:
    from netspec.conversion.operators.program import Array


class Kind(NamedTuple):
    """What an operator of PyTorch's is in ONNX's words."""

    word: str
    gates: tuple[int, ...]  # where ONNX's stand in PyTorch's weights
    activation: str = ""
    reset_after: bool = False


KINDS = {
    "lstm": Kind("LSTM", (0, 3, 1, 2)),
    "gru": Kind("GRU", (1, 0, 2), reset_after=True),
    "rnn_tanh": Kind("RNN", (0,), "Tanh"),
    "rnn_relu": Kind("RNN", (0,), "Relu"),
}


@rule(*KINDS)
def _recurrent(made: Made, call: Call) -> None:
    given = call.arguments
    if "data" in given:
        raise ConversionError("reads packed sequences, whose lengths differ", call.name)
    kind = KINDS[call.target.removeprefix("torch.ops.aten.").partition(".")[0]]
    params, hx, first = given["params"], given["hx"], bool(given["batch_first"])
    count, ways, each = whole(given["num_layers"]), 1 + bool(given["bidirectional"]), 2 + 2 * bool(given["has_biases"])
    if not isinstance(params, list) or len(params) != count * ways * each:
        raise ConversionError(
            "has other weights than its layers need, as where it projects what it hands on", call.name
        )
    states = [made.name(state) for state in (hx if isinstance(hx, list) else [hx])]
    settings: dict[str, object] = {"together": True, "direction": "bidirectional" if ways > 1 else "forward"}
    if kind.activation:
        settings["activations"] = [kind.activation] * ways
    if kind.reset_after:
        settings["linear_before_reset"] = 1
    x = made.name(given["input"])
    x = made.step("Transpose", [x], perm=[1, 0, 2]) if first else x
    ends: list[tuple[str, ...]] = []
    for number in range(count):
        start = number * ways * each
        weights = _weights(made, kind, [params[start + way * each :][:each] for way in range(ways)])
        begins = [_part(made, state, number * ways, ways) if count > 1 else state for state in states]
        outputs = tuple(f"{call.name} {word} {number}" for word in ("steps", "state", "cells")[: 1 + len(states)])
        x = made.making(outputs, kind.word, [x, *weights, *[""] * (4 - len(weights)), *begins], **settings)
        ends.append(outputs[1:])
        if given.get("dropout") and number < count - 1:
            x = made.step("Dropout", [x], ratio=given["dropout"])
    made.making(call.outputs[:1], "Transpose", [x], perm=[1, 0, 2] if first else [0, 1, 2])
    for name, finals in zip(call.outputs[1:], zip(*ends, strict=True), strict=False):
        made.making((name,), "Concat", finals, axis=0)


def _part(made: Made, state: str, start: int, count: int) -> str:
    """The part of what all layers begin with that is one layer's."""
    return made.step("Slice", [state, made.name([start]), made.name([start + count]), made.name([0])])


def _weights(made: Made, kind: Kind, directions: Sequence[Sequence[object]]) -> list[str]:
    """The kernel, the recurrent kernel and the biases of a layer, of each direction one after the other."""
    import numpy as np

    arrays: list[list[Array]] = []
    for direction in directions:
        found = [made.array(value) for value in direction]
        ranks = [2, 2, 1, 1][: len(found)]
        if [None if array is None else array.ndim for array in found] != ranks:
            raise TypeError("no weights")
        arrays.append([_by_gates(array, kind.gates) for array in found if array is not None])
    kernel, recurrent, *biases = [np.stack(each) for each in zip(*arrays, strict=True)]
    own = made.name(directions[0][0])
    module, _, word = own.rpartition(".")
    layer = f"{module}{word.removeprefix('weight_ih').removesuffix('_l0')}"
    held = {f"of steps::{layer}.weight": kernel, f"of states::{layer}.weight": recurrent}
    if biases:
        held[f"of both::{layer}.bias"] = np.concatenate(biases, axis=1)
    return [made.held(name, array) for name, array in held.items()]


def _by_gates(array: Array, gates: Sequence[int]) -> Array:
    """Weights of gates with these in ONNX's order. Raises ValueError."""
    parts = array.reshape(len(gates), -1, *array.shape[1:])
    return parts[list(gates)].reshape(array.shape)
