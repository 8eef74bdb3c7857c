"""What tf2onnx takes apart of recurrent layers that it writes as loops: the last of their steps, and two that go both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from netspec.conversion.operators.layouts import Value
from netspec.conversion.operators.makers import MOVES, Tensors
from netspec.conversion.operators.program import Operator

if TYPE_CHECKING:
    from netspec.conversion.nodes import FlatNode
    from netspec.conversion.operators.turning import Turning

_LAYERS = ("LSTM", "GRU", "RNN", "Loop")
_KINDS = ("lstm", "gru", "simple_rnn")
_MERGES = {"Concat": "concat", "Add": "sum", "Mul": "multiply"}
_BETWEEN = (*MOVES, "Slice", "TurnedRound")
_MARK = "of_layers"

_Given = Literal["steps", "turned", "last"]


def of_layers(graph: Tensors, operator: Operator) -> Operator | None:
    """A merge of two recurrent layers, or a part of one, of which nothing else is read; marked, as it may belong to them."""
    if is_of_layers(operator) or not (operator.kind == "Slice" or operator.kind in _MERGES):
        return None
    count = 1 if operator.kind == "Slice" else 2
    layers = [_layer_behind(graph, name) for name in operator.inputs[:count]]
    if None in layers or (count == 2 and (len(operator.inputs) != 2 or layers[0] is layers[1])):
        return None
    return operator._replace(settings={**operator.settings, _MARK: True})


def is_of_layers(operator: Operator) -> bool:
    """Is it marked so?"""
    return bool(operator.settings.get(_MARK))


def _layer_behind(graph: Tensors, name: str) -> Operator | None:
    """The recurrent layer, or the loop, that gives a tensor, be it moved; None where others read something on the way too."""
    while (maker := graph.made_by(name, *_LAYERS, *_BETWEEN)) is not None:
        sizes = sum(name in each.inputs for each in graph.operators if each.kind == "Shape")
        if graph.readers[name] - sizes != 1:
            return None
        if maker.kind in _LAYERS:
            return maker
        name = maker.inputs[0]
    return None


def as_one(turning: Turning, made: Operator) -> Value | None:
    """The one layer that a marked merge and the two that it reads are; None where they are not one."""
    if not is_of_layers(made) or any(turning.is_known(made, place) for place in (0, 1)):
        return None
    one, other = (turning.value(made, place) for place in (0, 1))
    ways = [way for value in (one, other) if (way := _way(turning, value.node)) is not None]
    if one.axes != other.axes or len(ways) != 2:
        return None
    (forward, given), (backward, given_back) = ways
    if made.kind != "Concat" and forward.values.get("go_backwards"):
        (forward, given), (backward, given_back) = (backward, given_back), (forward, given)
    is_one = (forward.kind_name, forward.reads) == (backward.kind_name, backward.reads)
    if not is_one or {**forward.values, "go_backwards": True} != backward.values:
        return None
    if (given, given_back) not in (("steps", "turned"), ("last", "last")):
        return None
    channels = (2,) if given == "steps" else (1,)
    if made.kind == "Concat" and one.axes[made.whole("axis", 0) % one.rank] != channels:
        return None
    values = {**forward.values, "bidirectional": _MERGES[made.kind]}
    weights = [each for node in (forward, backward) for each in turning.nodes.weights[node.name]]
    return Value(turning.node(forward.kind_name, values, forward.reads, weights=weights), one.axes)


def last_step(turning: Turning, made: Operator, x: Value, axis: int, taken: range | slice) -> Value | None:
    """A layer that gives its last step alone, if that is what a marked slice takes of one, in an axis of one step.

    Args:
        turning: The tensors.
        made: The slice.
        x: What it reads.
        axis: Of that, along which it takes something.
        taken: What it takes: places, or where the number of steps is open, from where to where.
    """
    node = turning.nodes.made.get(x.node)
    if node is None or not is_of_layers(made) or not _gives_steps(node) or x.axes[axis] != (1,):
        return None
    steps = turning.nodes.shape[node.name][0]
    if taken != (slice(-1, None, 1) if steps is None else range(steps - 1, steps)):
        return None
    values = {**node.values, "return_sequences": False}
    ended = turning.node(node.kind_name, values, node.reads, weights=turning.nodes.weights[node.name])
    places: dict[tuple[int, ...], tuple[int, ...]] = {(1,): (), (2,): (1,)}
    return Value(ended, tuple(places.get(atoms, atoms) for atoms in x.axes))


def _way(turning: Turning, name: str) -> tuple[FlatNode, _Given] | None:
    """The recurrent layer that gives what a node is, and what of its steps that is."""
    made = turning.nodes.made
    node = made.get(name)
    if node is None:
        return None
    if _goes_one_way(node):
        return node, "steps" if _gives_steps(node) else "last"
    before = made.get(node.reads[0]) if len(node.reads) == 1 else None
    if before is None or not _gives_steps(before):
        return None
    steps = turning.nodes.shape[before.name][0]
    is_turned = node.name in turning.turned or (
        node.kind_name == "gather"
        and node.values.get("axis", 1) == 1
        and steps is not None
        and node.values["indices"] == [*range(steps)][::-1]
    )
    return (before, "turned") if is_turned else None


def _goes_one_way(node: FlatNode) -> bool:
    """Is it a recurrent layer that neither gives a state nor is given one, and has its own weights?"""
    others = ("return_state", "bidirectional")
    return (
        node.kind_name in _KINDS
        and not any(node.values.get(each) for each in others)
        and not node.beside
        and node.share is None
    )


def _gives_steps(node: FlatNode) -> bool:
    """Is it such a layer, and gives what it makes of each step?"""
    return _goes_one_way(node) and bool(node.values.get("return_sequences"))
