"""Loops over steps that are recurrent layers, as tf2onnx writes Keras's GRU, SimpleRNN, and LSTM of other activations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from netspec.conversion.model import ConversionError
from netspec.conversion.operators.layouts import Value
from netspec.conversion.operators.program import Body, Operator
from netspec.conversion.operators.recurrent import Layer, given_state, put, steps_of
from netspec.conversion.operators.sizes import Size
from netspec.conversion.operators.tracing import Part, Sum, Term, Traced, as_sum, traced
from netspec.conversion.operators.turning import Turning, operator

if TYPE_CHECKING:
    from netspec.conversion.operators.program import Array


_Test = Callable[["Traced | Array"], bool]
T = TypeVar("T")


class Gate(NamedTuple):
    """What a layer makes of a step and of its state: products with weights, and a function of their sum."""

    function: str
    kernel: Array
    recurrent: Array
    bias: Array | None
    recurrent_bias: Array | None
    step: Term


class Cell(NamedTuple):
    """A recurrent layer that a round was found to be."""

    kind_name: str
    gates: tuple[Gate, ...]  # in the layer's order
    values: Mapping[str, object]  # hyperparameters

    @property
    def units(self) -> int:
        """How many there are."""
        return int(self.gates[0].kernel.shape[1])


class _Other(Exception):
    """A round is not that of a layer."""


@operator("Loop")
def _loop(turning: Turning, made: Operator) -> Sequence[Value | Array | None]:
    body = made.settings.get("body")
    if not isinstance(body, Body):
        raise ConversionError("is a loop that does not say what it does", made.name)
    outputs = traced(body, turning.arrays, made.inputs)
    counters = [place for place in body.carried() if _counts(outputs[place - 1], place)]
    states = [place for place in body.carried() if place not in counters]
    cell, states = _cell(made, outputs, states, outputs[body.own - 1 :])
    _refuse_misfits(made, cell)
    place = cell.gates[0].step.place
    x = steps_of(turning, made, place)
    in_order = all(gate.step.place == place and _is_round(gate.step.reads[0], counters) for gate in cell.gates)
    if not in_order or not _goes_through(turning, made, outputs[0], counters, turning.sizes(x)[0]):
        raise ConversionError("is a loop that may begin behind the first step, or end before the last", made.name)
    if any(_is_read(turning, made, counter - 2) for counter in counters):
        raise ConversionError("is a loop that hands on how many rounds there were", made.name)
    begins: tuple[str, ...] = ()
    if any(turning.has(made, state) for state in states):
        begins = tuple(given_state(turning, made, state, None, cell.units) for state in states)
    weights = _weights(cell)
    values = {"units": cell.units, **cell.values, "use_bias": len(weights) > 2}
    if place in (made.settings.get("backwards") or ()):  # type: ignore[operator]  # see `rounds.recurrence`
        values["go_backwards"] = True
    y, *finals = put(
        turning,
        Layer(cell.kind_name, values, weights, (), begins),
        x,
        sequence=_is_read(turning, made, body.own - 2),
        wanted=[_is_read(turning, made, state - 2) for state in states],
    )
    results: list[Value | Array | None] = []
    for carried in range(2, body.own):
        name = made.reads(carried)
        passed = None if carried in counters else turning.values.get(name, turning.arrays.get(name))
        results.append(finals[states.index(carried)] if carried in states else passed)
    return [*results, y]


def _is_read(turning: Turning, made: Operator, place: int) -> bool:
    name = made.outputs[place] if place < len(made.outputs) else ""
    return bool(name) and name in turning.readers


def _refuse_misfits(made: Operator, cell: Cell) -> None:
    """Raise ConversionError of weights that are no layer's."""
    units, wide = cell.units, cell.gates[0].kernel.shape[0]
    for gate in cell.gates:
        biases = [each for each in (gate.bias, gate.recurrent_bias) if each is not None]
        shapes = [gate.kernel.shape, gate.recurrent.shape, *(each.shape for each in biases)]
        if shapes != [(wide, units), (units, units), *((units,) for _ in biases)]:
            raise ConversionError(f"is a loop over weights of the shapes {[list(each) for each in shapes]}", made.name)


def _weights(cell: Cell) -> list[Array]:
    """As the layer has them, which holds its gates side by side."""
    import numpy as np

    zeros = np.zeros(cell.units, np.float32)
    found = [np.hstack([gate.kernel for gate in cell.gates]), np.hstack([gate.recurrent for gate in cell.gates])]
    both = [[zeros if bias is None else bias for bias in (gate.bias, gate.recurrent_bias)] for gate in cell.gates]
    if any(bias is not None for gate in cell.gates for bias in (gate.bias, gate.recurrent_bias)):
        rows = np.stack([np.concatenate(biases) for biases in zip(*both, strict=True)])
        found.append(rows if cell.values.get("reset_after") else rows.sum(0))
    return [each.astype(np.float32) for each in found]


# --- how many rounds there are ---


def _counts(output: Traced | Array, place: int) -> bool:
    """Is a state one more in each round?"""
    return isinstance(output, Term) and output.kind == "next" and _is_state(output.reads[0], place)


def _is_state(value: Traced | Array, place: int) -> bool:
    return isinstance(value, Term) and value.kind == "state" and value.place == place


def _goes_through(
    turning: Turning, made: Operator, goes_on: Traced | Array, counters: Sequence[int], steps: Size
) -> bool:
    """Does a loop begin with the first step, and end with the last?"""
    rounds, begins = (turning.arrays.get(made.reads(place)) for place in (0, 1))
    if rounds is None or not _is_number(rounds, steps):
        return False
    if turning.has(made, 1) and (begins is None or not _is_number(begins, 1)):
        return False
    for place in counters:
        first = turning.arrays.get(made.reads(place))
        if turning.has(made, place) and (first is None or not _is_number(first, 0)):
            return False
    return _goes_on(goes_on, counters, steps)


def _goes_on(value: Traced | Array, counters: Sequence[int], steps: Size) -> bool:
    """Is there another round for as long as there are steps?"""
    if isinstance(value, Sum):
        return False
    if not isinstance(value, Term):
        return _is_number(value, 1)
    if value.kind == "both":
        return all(_goes_on(each, counters, steps) for each in value.reads)
    if value.kind == "less":
        counted, end = value.reads
        if isinstance(counted, Term) and counted.kind == "next":
            counted = counted.reads[0]
        return _is_round(counted, counters) and not isinstance(end, (Term, Sum)) and _is_number(end, steps)
    return value.kind == "goes on"


def _is_round(value: Traced | Array, counters: Sequence[int]) -> bool:
    """Is it the number of the round?"""
    return isinstance(value, Term) and (value.kind == "round" or (value.kind == "state" and value.place in counters))


def _is_number(array: Array, number: Size) -> bool:
    found: list[object] = array.ravel().tolist()
    return found == [number]


# --- what a round is ---


def _cell(
    made: Operator, outputs: Sequence[Traced | Array], states: list[int], collected: Sequence[Traced | Array]
) -> tuple[Cell, list[int]]:
    """The layer whose round it is, and its states as it names them. Raises ConversionError."""
    for find, order in ((_simple, states), (_gated, states), (_long, states), (_long, states[::-1])):
        try:
            cell = find({place: outputs[place - 1] for place in order})
        except _Other:
            continue
        if len(collected) < 2 and all(value is outputs[order[0] - 1] for value in collected):
            return cell, order
    raise ConversionError(
        "is a loop that is no `gru`, `lstm` or `simple_rnn`, and for which there is no kind", made.name
    )


def _only(values: Mapping[int, Traced | Array]) -> tuple[int, Traced | Array]:
    if len(values) != 1:
        raise _Other
    return next(iter(values.items()))


def _simple(states: Mapping[int, Traced | Array]) -> Cell:
    """A function of products of the step and of the state."""
    state, new = _only(states)
    gate = _gate(new, lambda value: _is_state(value, state))
    return Cell("simple_rnn", (gate,), {"activation": gate.function})


def _gated(states: Mapping[int, Traced | Array]) -> Cell:
    """The sum z * state + (1 - z) * candidate, where the state goes through r into the candidate."""
    state, new = _only(states)

    def is_state(value: Traced | Array) -> bool:
        return _is_state(value, state)

    for kept, taken in _both_ways(_terms(new, 2)):
        for update, old in _both_ways(_factors(kept)):
            for rest, candidate in _both_ways(_factors(taken)):
                is_rest = isinstance(rest, Term) and rest.kind == "rest" and rest.reads[0] is update
                if is_rest and is_state(old):
                    z = _gate(update, is_state)
                    return _with_reset(z, candidate, is_state)
    raise _Other


def _with_reset(z: Gate, candidate: Traced | Array, is_state: _Test) -> Cell:
    """The layer of an update and a candidate, in which r lets the state through before its product with weights, or behind it."""
    function, total = _applied(candidate)
    for own, through in _both_ways(total.parts if len(total.parts) == 2 else ()):
        if not isinstance(through.source, Term) or through.source.kind != "times":
            continue
        for reset, old in _both_ways(_factors(through.source)):
            r = _gate(reset, is_state) if isinstance(reset, Term) and reset.kind == "function" else None
            after = through.kernel is None and isinstance(old, Sum) and len(old.parts) == 1
            product = old.parts[0] if after and isinstance(old, Sum) else through._replace(source=_known(old))
            if (
                r is None
                or not is_state(product.source)
                or product.kernel is None
                or (after and through.bias is not None)
            ):
                continue
            h = _of_parts(function, own, product)
            if r.function != z.function:
                raise _Other
            values = {"activation": h.function, "recurrent_activation": z.function, "reset_after": after}
            return Cell("gru", (z, r, h), values)
    raise _Other


def _long(states: Mapping[int, Traced | Array]) -> Cell:
    """The product o * function(c), where c is f * the cells before + i * candidate."""
    if len(states) != 2:
        raise _Other
    (hidden, new), (cells, cell) = states.items()

    def is_state(value: Traced | Array) -> bool:
        return _is_state(value, hidden)

    for kept, taken in _both_ways(_terms(cell, 2)):
        for forget, old in _both_ways(_factors(kept)):
            if not _is_state(old, cells):
                continue
            f = _gate(forget, is_state)
            i, g = (_gate(each, is_state) for each in _factors(taken))
            i, g = (i, g) if i.function == f.function else (g, i)
            for output, shown in _both_ways(_factors(new)):
                function, inner = _applied(shown)
                if inner is not cell:
                    continue
                o = _gate(output, is_state)
                if {i.function, o.function} != {f.function} or function != g.function:
                    raise _Other
                values = {"activation": function, "recurrent_activation": f.function}
                return Cell("lstm", (i, f, g, o), values)
    raise _Other


def _both_ways(pair: Sequence[T]) -> Iterator[tuple[T, T]]:
    if len(pair) == 2:
        yield pair[0], pair[1]
        yield pair[1], pair[0]


def _known(value: Traced | Array) -> Traced:
    if not isinstance(value, (Term, Sum)):
        raise _Other
    return value


def _terms(value: Traced | Array, count: int) -> list[Traced]:
    """Of a sum of so many: these. Raises _Other."""
    parts = value.parts if isinstance(value, Sum) else ()
    if len(parts) != count or any(part.kernel is not None or part.bias is not None for part in parts):
        raise _Other
    return [part.source for part in parts]


def _factors(value: Traced | Array) -> Sequence[Traced | Array]:
    """Of a product of two: these. Raises _Other."""
    if not isinstance(value, Term) or value.kind != "times":
        raise _Other
    return value.reads


def _applied(value: Traced | Array) -> tuple[str, Sum]:
    """A function, and what it is of. Raises _Other."""
    inner = _known(value)
    if isinstance(inner, Term) and inner.kind == "function":
        return inner.function, as_sum(_known(inner.reads[0]))
    return "linear", as_sum(inner)


def _gate(value: Traced | Array, is_state: _Test) -> Gate:
    """A function of products of the step and of the state. Raises _Other."""
    function, total = _applied(value)
    for own, other in _both_ways(total.parts):
        if is_state(other.source):
            return _of_parts(function, own, other)
    raise _Other


def _of_parts(function: str, own: Part, other: Part) -> Gate:
    step = own.source
    if not isinstance(step, Term) or step.kind != "step" or own.kernel is None or other.kernel is None:
        raise _Other
    return Gate(function, own.kernel, other.kernel, own.bias, other.bias, step)
