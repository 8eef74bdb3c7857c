"""What recurrent layers are given: states that are zeros, and steps that come in the other order."""

from __future__ import annotations

from netspec.conversion.operators.makers import MOVES, Tensors
from netspec.conversion.operators.program import Body, Operator

_LAYERS = ("LSTM", "GRU", "RNN")
_STATES = (5, 6)  # their inputs that they begin with
_ONE_NUMBER = ("Cast", "Identity", "Squeeze", "Unsqueeze", "Reshape")  # leave one number as it is
_REPEATS = ("Expand", "Tile", "Cast", "Identity")  # leave equal numbers equal


def turned_round(graph: Tensors, operator: Operator) -> Operator | None:
    """What turns each example's steps round turns all of them, where the lengths that it is given are all that there are."""
    if operator.kind != "ReverseSequence" or len(operator.inputs) != 2:
        return None
    x, lengths = operator.inputs
    axis = operator.whole("time_axis", 0)
    while (maker := graph.made_by(lengths, *_REPEATS)) is not None:
        lengths = maker.inputs[0]
    size = _size_of(graph, lengths)
    if size is None or axis == operator.whole("batch_axis", 1) or size != _origin(graph, x, axis):
        return None
    return operator._replace(kind="TurnedRound", inputs=(x,), settings={"axis": axis})


def recurrence(graph: Tensors, operator: Operator) -> Operator | None:
    """A recurrent layer, or a loop, with what it is given said in one word.

    States of zeros, as many as there are examples, are left out: a layer begins with zeros by itself. Of steps that come turned
    round, it is given the steps, and `backwards` says which of its inputs they are.
    """
    body = operator.settings.get("body")
    if operator.kind in _LAYERS:
        states: tuple[int, ...] = _STATES
        steps: tuple[int, ...] = (0,) if operator.settings.get("direction", "forward") == "forward" else ()
    elif operator.kind == "Loop" and isinstance(body, Body):
        states, steps = tuple(body.carried()), tuple(range(body.own, len(operator.inputs)))
    else:
        return None
    inputs = list(operator.inputs)
    backwards = []
    for place, name in enumerate(inputs):
        turned = graph.made_by(name, "TurnedRound") if place in steps else None
        if place in states and name and _are_zeros(graph, name):
            inputs[place] = ""
        elif turned is not None and turned.whole("axis", 0) == 0:
            inputs[place] = turned.inputs[0]
            backwards.append(place)
    if inputs == list(operator.inputs):
        return None
    return operator._replace(inputs=tuple(inputs), settings={**operator.settings, "backwards": backwards})


def _are_zeros(graph: Tensors, name: str) -> bool:
    """Is a tensor zeros, whatever its shape?"""
    waiting, seen = [name], {name}
    while waiting:
        each = waiting.pop()
        array = graph.array(each)
        if array is not None:
            if array.any():
                return False
            continue
        maker = graph.made_by(each, *MOVES, "Expand", "Tile", "Slice", "Cast", "CastLike", "Concat", "ConstantOfShape")
        value = None if maker is None else maker.settings.get("value")
        if maker is None or (value is not None and bool(value.any() if hasattr(value, "any") else value)):
            return False
        sources = {"Concat": maker.inputs, "ConstantOfShape": (), "Pad": maker.inputs[0:1] + maker.inputs[2:3]}.get(
            maker.kind, maker.inputs[:1]
        )
        waiting += [source for source in sources if source and source not in seen]
        seen.update(sources)
    return True


def _size_of(graph: Tensors, name: str) -> tuple[str, int] | None:
    """The tensor, and which of its axes it is, whose size a number is; None of other numbers."""
    axis: int | None = None
    while (maker := graph.made_by(name, *_ONE_NUMBER, "Gather", "Slice", "Shape")) is not None:
        if maker.kind in ("Gather", "Slice"):
            first = graph.number(maker.reads(1))
            if axis is not None or first is None or first < 0:
                return None
            axis = int(first)
        elif maker.kind == "Shape":
            return None if axis is None else _origin(graph, maker.inputs[0], axis + maker.whole("start", 0))
        name = maker.inputs[0]
    return None


def _origin(graph: Tensors, name: str, axis: int) -> tuple[str, int]:
    """An axis of a tensor as one of that which was transposed to make it."""
    while (maker := graph.made_by(name, "Transpose")) is not None:
        order = maker.wholes("perm")
        if order is None or not 0 <= axis < len(order):
            break
        name, axis = maker.inputs[0], order[axis]
    return name, axis
