"""Recurrent layers, whose gates stand in another order in Keras, and whose directions come in tensors of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


class Cell(NamedTuple):
    """How a kind's layer differs from the operator."""

    kind_name: str
    gates: tuple[int, ...]  # where the layer's gates stand in the operator's weights
    activations: tuple[str, ...]  # that the operator has where it says none
    roles: tuple[str, ...]  # the hyperparameters that these are
    states: tuple[int, ...] = (5,)  # the operator's inputs that it begins with


CELLS = {
    "LSTM": Cell(
        "lstm", (0, 2, 3, 1), ("Sigmoid", "Tanh", "Tanh"), ("recurrent_activation", "activation", "activation"), (5, 6)
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
    x = steps_of(turning, made, 0)
    _refuse_others(turning, made, turning.sizes(x)[0])
    units = turning.weight(made, 2, 3).shape[-1]
    if made.whole("hidden_size", units) != units:
        raise ConversionError(f"has `hidden_size` {show(made.settings['hidden_size'])} and {units} units", made.name)
    values: dict[str, object] = {"units": units, "use_bias": turning.has(made, 3), **_activations(made, cell, ways)}
    if direction == "bidirectional":
        values["bidirectional"] = "concat"
    elif direction == "reverse" or made.settings.get("backwards"):
        values["go_backwards"] = True
    if made.kind == "GRU":
        values["reset_after"] = bool(made.whole("linear_before_reset", 0))
    weights = [each for way in range(ways) for each in _weights(turning, made, cell, way, int(units))]
    named = [name for name in made.inputs[1:4] if name]
    sequence, last, cells = [bool(name) and name in turning.readers for name in (*made.outputs, "", "", "")[:3]]
    begins = _beginnings(turning, made, cell, ways, int(units))
    layer = Layer(cell.kind_name, values, weights, named, begins, ways)
    y, *finals = put(turning, layer, x, sequence=sequence, wanted=(last, cells))
    ends = [None if final is None else _by_direction(turning, final, ways) for final in finals]
    if y is None:
        return [None, *ends]
    if direction == "reverse":
        y = _turned_round(turning, made, y)
    if made.settings.get("together"):  # as PyTorch has the directions, on the axis of the units
        return [y, *ends]
    whole = turning.nodes.reshaped(y, [*turning.sizes(y)[:2], ways, units])
    return [Value(whole.node, tuple(whole.axes[axis] for axis in (0, 2, 1, 3))), *ends]


def steps_of(turning: Turning, made: Operator, place: int) -> Value:
    """An input of steps, examples and channels, in the node's own order. Raises ConversionError."""
    x = turning.value(made, place)
    if x.rank != 3:
        raise ConversionError(f"is applied to a tensor of {x.rank} axes", made.name)
    x = turning.nodes.arranged(x, [1, 0, 2])
    if x.axes[1] != (0,) or 0 in (*x.axes[0], *x.axes[2]):
        raise ConversionError("goes through the examples instead of the steps", made.name)
    return x


class Layer(NamedTuple):
    """A recurrent layer to be."""

    kind_name: str
    values: Mapping[str, object]
    weights: Sequence[Array]  # as the layer has them
    named: Sequence[str]  # the tensors that they are
    begins: tuple[str, ...]  # the nodes that hold the states to begin with
    ways: int = 1


def put(
    turning: Turning, layer: Layer, x: Value, *, sequence: bool, wanted: Sequence[bool]
) -> tuple[Value | None, ...]:
    """The node of a layer.

    Args:
        turning: Where it is put.
        layer: What it is.
        x: What it reads.
        sequence: Is what it gives at each step read?
        wanted: Is what it ends in read, state for state?

    Returns:
        The outputs of the steps, as [steps, batch, directions * units], and each state at the end, as [batch, directions * units].
    """
    values = {**layer.values, "return_sequences": sequence}
    values["return_state"] = any(wanted[1:]) or (sequence and wanted[0])
    beside = {"initial_state": layer.begins} if layer.begins else {}
    node = turning.node(layer.kind_name, values, [x.node], named=layer.named, weights=layer.weights, beside=beside)
    finals: list[Value | None] = []
    for place, is_read in enumerate(wanted):
        own = not place and not sequence  # the last outputs are what the layer gives where it gives no others
        final = Value(node, ((0,), (1,))) if own or not is_read else _state(turning, node, place, layer.ways)
        finals.append(final if is_read else None)
    return Value(node, ((1,), (0,), (2,))) if sequence else None, *finals


def _beginnings(turning: Turning, made: Operator, cell: Cell, ways: int, units: int) -> tuple[str, ...]:
    """The nodes that hold the states to begin with, as the layer names them; none for zeros. Raises ConversionError."""
    if not any(turning.has(made, place) for place in cell.states):
        return ()
    states = {place: [given_state(turning, made, place, way, units) for way in range(ways)] for place in cell.states}
    return tuple(states[place][way] for way in range(ways) for place in cell.states)


def given_state(turning: Turning, made: Operator, place: int, way: int | None, units: int) -> str:
    """The node that holds a state to begin with.

    Args:
        turning: The tensors.
        made: The operator.
        place: Which of its inputs the state is.
        way: The place of the direction on the state's first axis; None where it has no axis for these.
        units: How many numbers it must have.

    Raises:
        ConversionError: It is no state of each example.
    """
    nodes = turning.nodes
    batch = 0 if way is None else 1
    if not turning.has(made, place):
        return turning.node("constant", {"value": 0, "shape": [units]}, [])
    if turning.is_known(made, place):
        array = turning.array(made, place)
        if array.ndim != batch + 2 or not turning.is_for_all(array, batch):
            raise ConversionError("begins with a state that differs between examples", made.name)
        state = turning.constant(array, made.reads(place), batch=batch)
    else:
        state = turning.value(made, place)
    if state.rank != batch + 2 or (state.axes[batch] != (0,) and nodes.batch != 1):
        raise ConversionError("begins with a state that is not each example's own", made.name)
    if way is not None:
        state = cut(turning, made, state, 0, way, way + 1, 1)
    return nodes.arranged(Value(state.node, state.axes[-1:]), [0]).node


def _state(turning: Turning, node: str, place: int, ways: int) -> Value:
    """A state in which a layer ends, as [batch, directions * units]."""
    parts = turning.nodes.parts[node]
    names = parts[place :: len(parts) // ways]
    if ways == 1:
        return Value(names[0], ((0,), (1,)))
    return Value(turning.node("concat", {}, names), ((0,), (1,)))


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
    return cut(turning, made, y, 0, -1, -(2**31), -1)


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
