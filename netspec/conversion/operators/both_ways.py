"""What tf2onnx takes apart of recurrent layers that it writes as loops: the last of their steps, and two that go both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from netspec.conversion.operators.layouts import Value
from netspec.conversion.operators.makers import MOVES, Tensors
from netspec.conversion.operators.program import Operator

if TYPE_CHECKING:
    from netspec.conversion.nodes import FlatNode
    from netspec.conversion.operators.program import Array
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
    if operator.kind in _MERGES and len(operator.inputs) != 2:
        return None
    layers = [_layer_behind(graph, name) for name in operator.inputs[: 1 if operator.kind == "Slice" else 2]]
    read = {id(layer): times for layer, times in layers}
    if any(layer is None for layer, _ in layers) or sum(read.values()) != len(layers):
        return None
    return operator._replace(settings={**operator.settings, _MARK: True})


def is_of_layers(operator: Operator) -> bool:
    """Is it marked so?"""
    return bool(operator.settings.get(_MARK))


def _layer_behind(graph: Tensors, name: str) -> tuple[Operator | None, int]:
    """The recurrent layer, or the loop, that gives a tensor, be it moved, and how often its output is read.

    There is none where others read something on the way too. That its size is asked for is no matter.
    """
    while (maker := graph.made_by(name, *_LAYERS, *_BETWEEN)) is not None:
        times = graph.readers[name] - graph.measured[name]
        if maker.kind in _LAYERS:
            return maker, times
        if times != 1:
            break
        name = maker.inputs[0]
    return None, 0


class _Both(NamedTuple):
    """A layer that goes both ways."""

    like: FlatNode  # a layer with its hyperparameters, but for how the ways are merged
    weights: tuple[Array, ...]
    gives_steps: bool


def as_one(turning: Turning, made: Operator) -> Value | None:
    """The one layer that a marked merge and what it reads are; None where they are not one."""
    if not is_of_layers(made) or any(turning.is_known(made, place) for place in (0, 1)):
        return None
    one, other = (turning.value(made, place) for place in (0, 1))
    if one.axes != other.axes:
        return None
    pairs = ((one.node, other.node),) if made.kind == "Concat" else ((one.node, other.node), (other.node, one.node))
    both = next((each for pair in pairs if (each := _of_two(turning, *pair) or _of_one(turning, *pair))), None)
    channels = max(one.axes)
    if both is None or (made.kind == "Concat" and one.axes[made.whole("axis", 0) % one.rank] != channels):
        return None
    like = both.like
    values = {**like.values, "bidirectional": _MERGES[made.kind], "return_sequences": both.gives_steps}
    node = turning.node(like.kind_name, values, like.reads, weights=both.weights)
    mine = (2,) if both.gives_steps else (1,)
    return Value(node, tuple(mine if atoms == channels else atoms for atoms in one.axes))


def _of_two(turning: Turning, one: str, other: str) -> _Both | None:
    """Two layers, each of which goes one way."""
    ways = [way for name in (one, other) if (way := _way(turning, name)) is not None]
    if len(ways) != 2:
        return None
    (forward, given), (backward, given_back) = ways
    is_one = (forward.kind_name, forward.reads) == (backward.kind_name, backward.reads)
    if not is_one or {**forward.values, "go_backwards": True} != backward.values:
        return None
    if (given, given_back) not in (("steps", "turned"), ("last", "last")):
        return None
    weights = turning.nodes.weights
    return _Both(forward, (*weights[forward.name], *weights[backward.name]), given == "steps")


def _of_one(turning: Turning, one: str, other: str) -> _Both | None:
    """A layer that goes both ways, of which the forward one is taken, and the backward one."""
    ways = [_taken(turning, name, way) for way, name in enumerate((one, other))]
    if ways[0] is None or ways[0] != ways[1]:
        return None
    layer, gives_steps = ways[0]
    return _Both(layer, turning.nodes.weights[layer.name], gives_steps)


def _taken(turning: Turning, name: str, way: int) -> tuple[FlatNode, bool] | None:
    """The layer of which a node is one way, and whether it is so at each step, or where that way ends."""
    made = turning.nodes.made
    node = made.get(name)
    gives_steps = True
    if node is not None and node.kind_name == "slice" and node.values.get("axis") == 1:
        steps = turning.nodes.shape[node.reads[0]][0]
        first, last = {"stop": 1}, {"start": -1 if steps is None else steps - 1}
        if {key: value for key, value in node.values.items() if key != "axis"} != (first if way else last):
            return None
        node, gives_steps = made.get(node.reads[0]), False
    if node is None or (node.kind_name, node.values) != ("slice", {("start" if way else "stop"): 1, "axis": 2}):
        return None
    parted = made.get(node.reads[0])
    layer = made.get(parted.reads[0]) if parted is not None and parted.kind_name == "reshape" else None
    if layer is None or layer.kind_name not in _KINDS or layer.values.get("bidirectional") != "concat":
        return None
    if layer.beside or layer.share is not None or layer.values.get("return_state"):
        return None
    shape = (turning.nodes.shape[layer.name][0], 2, layer.values["units"])
    return (layer, gives_steps) if turning.nodes.shape[node.reads[0]] == shape else None


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
