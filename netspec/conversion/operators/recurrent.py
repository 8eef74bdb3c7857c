"""Recurrent layers, whose gates stand in another order in Keras, and whose directions come in tensors of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from netspec.conversion.model import ConversionError
from netspec.conversion.operators.layouts import Value
from netspec.conversion.operators.program import Operator
from netspec.conversion.operators.shapes import cut
from netspec.conversion.operators.sizes import Open
from netspec.conversion.operators.turning import Turning, operator
from netspec.diagnostics.words import listing, show

if TYPE_CHECKING:
    from netspec.conversion.operators.program import Array

ACTIVATIONS = {"Sigmoid": "sigmoid", "Tanh": "tanh", "Relu": "relu", "Softsign": "softsign", "Softplus": "softplus"}
DIRECTIONS = {"forward": 1, "reverse": 1, "bidirectional": 2}
END = 2**31  # beyond any axis


class Cell(NamedTuple):
    """How a kind's layer differs from the operator."""

    kind_name: str
    gates: tuple[int, ...]  # where the layer's gates stand in the operator's weights
    activations: tuple[str, ...]  # that the operator has where it says none
    roles: tuple[str, ...]  # the hyperparameters that these are


CELLS = {
    "LSTM": Cell(
        "lstm", (0, 2, 3, 1), ("Sigmoid", "Tanh", "Tanh"), ("recurrent_activation", "activation", "activation")
    ),
    "GRU": Cell("gru", (0, 1, 2), ("Sigmoid", "Tanh"), ("recurrent_activation", "activation")),
    "RNN": Cell("simple_rnn", (0,), ("Tanh",), ("activation",)),
}


@operator(*CELLS)
def _recurrent(turning: Turning, made: Operator) -> Sequence[Value | None]:
    cell = CELLS[made.kind]
    direction = str(made.settings.get("direction", "forward"))
    if direction not in DIRECTIONS:
        raise ConversionError(f"has the direction {show(direction)}", made.name)
    ways = DIRECTIONS[direction]
    x = turning.value(made)
    if x.rank != 3:
        raise ConversionError(f"is applied to a tensor of {x.rank} axes", made.name)
    x = turning.nodes.arranged(x, [1, 0, 2])
    if x.axes[1] != (0,) or 0 in (*x.axes[0], *x.axes[2]):
        raise ConversionError("goes through the examples instead of the steps", made.name)
    _refuse_others(turning, made, turning.sizes(x)[0])
    units = turning.weight(made, 2, 3).shape[-1]
    if made.whole("hidden_size", units) != units:
        raise ConversionError(f"has `hidden_size` {show(made.settings['hidden_size'])} and {units} units", made.name)
    values: dict[str, object] = {"units": units, "use_bias": turning.has(made, 3), **_activations(made, cell, ways)}
    if direction == "bidirectional":
        values["bidirectional"] = "concat"
    elif direction == "reverse":
        values["go_backwards"] = True
    if made.kind == "GRU":
        values["reset_after"] = bool(made.whole("linear_before_reset", 0))
    weights = [each for way in range(ways) for each in _weights(turning, made, cell, way, int(units))]
    named = [name for name in made.inputs[1:4] if name]
    sequence, last, cells = [bool(name) and name in turning.readers for name in (*made.outputs, "", "", "")[:3]]
    if cells:
        raise ConversionError("hands on the state of its cells, which comes into no spec here", made.name)
    values["return_sequences"] = sequence
    node = turning.node(cell.kind_name, values, [x.node], named=named, weights=weights)
    if not sequence:
        return [None, _by_direction(turning, Value(node, ((0,), (1,))), ways)]
    y = Value(node, ((1,), (0,), (2,)))
    if direction == "reverse":
        y = _turned_round(turning, made, y)
    final = _ends(turning, made, y, direction, int(units)) if last else None
    whole = turning.nodes.reshaped(y, [*turning.sizes(y)[:2], ways, units])
    return [
        Value(whole.node, tuple(whole.axes[axis] for axis in (0, 2, 1, 3))),
        None if final is None else _by_direction(turning, final, ways),
    ]


def _by_direction(turning: Turning, value: Value, ways: int) -> Value:
    """States [batch, directions * units] with an axis for the directions."""
    batch, units = turning.sizes(value)
    parted = turning.nodes.reshaped(value, [batch, ways, _part(units, ways)])
    return Value(parted.node, tuple(parted.axes[axis] for axis in (1, 0, 2)))


def _part(units: int | Open, ways: int) -> int:
    assert isinstance(units, int)  # a layer knows how many it has
    return units // ways


def _turned_round(turning: Turning, made: Operator, y: Value) -> Value:
    """A layer that runs backwards gives its last step first, the operator each step in its place."""
    if isinstance(turning.sizes(y)[0], Open):
        raise ConversionError("runs backwards over steps whose number is open, and gives each", made.name)
    return cut(turning, made, y, 0, -1, -END, -1)


def _ends(turning: Turning, made: Operator, y: Value, direction: str, units: int) -> Value:
    """The last output of each direction, as [batch, directions * units], of those of all steps."""

    def step(value: Value, place: int) -> Value:
        one = cut(turning, made, value, 0, place, place + 1 or END, 1)
        return Value(one.node, one.axes[1:])

    if direction == "forward":
        return step(y, -1)
    if direction == "reverse":
        return step(y, 0)
    ends = [step(cut(turning, made, y, 2, 0, units, 1), -1), step(cut(turning, made, y, 2, units, 2 * units, 1), 0)]
    flat = [turning.nodes.arranged(end, (0, 1)) for end in ends]
    return Value(turning.node("concat", {}, [each.node for each in flat]), ((0,), (1,)))


def _refuse_others(turning: Turning, made: Operator, steps: int | Open) -> None:
    """Raise ConversionError for what the operator may do and no layer does."""
    if made.whole("layout", 0):
        raise ConversionError("has its examples first, as no exporter here writes it", made.name)
    if "clip" in made.settings:
        raise ConversionError("clips what its gates are given, which no layer does", made.name)
    if made.whole("input_forget", 0):
        raise ConversionError("couples its gates, which no layer does", made.name)
    if turning.has(made, 4):
        lengths = turning.array(made, 4)
        if any(length != steps for length in lengths.ravel().tolist()):
            raise ConversionError("ends its sequences at different lengths", made.name)
    if turning.has(made, 5) or turning.has(made, 6):
        raise ConversionError("begins with a state other than zeros", made.name)
    if turning.has(made, 7) and turning.array(made, 7).any():
        raise ConversionError("has peepholes, which no layer has", made.name)


def _activations(made: Operator, cell: Cell, ways: int) -> dict[str, object]:
    """The hyperparameters that say the activations. Raises ConversionError."""
    said = made.settings.get("activations") or [*cell.activations] * ways
    count = len(cell.activations)
    if not isinstance(said, list) or len(said) != count * ways or said[:count] * ways != said:
        raise ConversionError(f"has the activations {show(said)}, and a layer those of one direction", made.name)
    unknown = [word for word in said if word not in ACTIVATIONS]
    if unknown:
        raise ConversionError(
            f"has the activation {show(unknown[0])}, and {listing([*ACTIVATIONS])} are known", made.name
        )
    found: dict[str, object] = {}
    for role, word in zip(cell.roles, said, strict=False):
        if found.setdefault(role, ACTIVATIONS[word]) != ACTIVATIONS[word]:
            raise ConversionError(f"has the activations {show(said[:count])}, and a layer one for both", made.name)
    return found


def _weights(turning: Turning, made: Operator, cell: Cell, way: int, units: int) -> list[Array]:
    """The kernel, the recurrent kernel and the bias of a direction, as the layer has them."""
    import numpy as np

    places = np.concatenate([np.arange(gate * units, (gate + 1) * units) for gate in cell.gates])
    wide = len(places)
    kernels = [turning.weight(made, place, 3) for place in (1, 2)]
    if any(kernel.shape[1] != wide or kernel.shape[0] <= way for kernel in kernels):
        shapes = " and ".join(str(list(kernel.shape)) for kernel in kernels)
        raise ConversionError(f"has weights of {shapes} for {units} units", made.name)
    found = [np.ascontiguousarray(kernel[way][places].T) for kernel in kernels]
    if turning.has(made, 3):
        bias = turning.weight(made, 3, 2)
        if bias.shape[1] != 2 * wide:
            raise ConversionError(f"has a bias of {list(bias.shape)} for {units} units", made.name)
        both = np.stack([bias[way][places], bias[way][places + wide]])
        found.append(both if made.kind == "GRU" and made.whole("linear_before_reset", 0) else both.sum(0))
    return found
