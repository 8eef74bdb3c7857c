"""What several layers say of one node: padding before a window, a reshape behind a global pool, an identity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from math import inf

from netspec.conversion.nodes import FlatNode
from netspec.kinds import KINDS
from netspec.kinds.kind import ShapeError
from netspec.kinds.window import Windowed
from netspec.options import Values
from netspec.shapes import Shape

# After these no number is below zero, so that zeros around a maximum are as good as minus infinity.
_NOT_NEGATIVE = frozenset(("relu", "relu6", "sigmoid", "hard_sigmoid", "softplus", "softmax"))
_OF_ZEROS = frozenset(("conv", "1x1", "depthwise_conv", "separable_conv"))
Configured = Callable[[str, Values, Sequence[Shape]], Values]


def with_padding_inside(
    nodes: Sequence[FlatNode], shape_of: Mapping[str, Shape], kept: frozenset[str], configured: Configured
) -> tuple[FlatNode, ...]:
    """The nodes, paddings taken into the windows behind them wherever that computes the same.

    Args:
        nodes: In order.
        shape_of: The shape of each node, and of each input.
        kept: Nodes that are outputs, and stay.
        configured: The hyperparameters of a node on inputs, `rounding` with them where it must be said.
    """
    readers = Counter(name for node in nodes for name in node.all_read)
    by_name = {node.name: node for node in nodes}
    gone: set[str] = set()
    made = []
    for node in nodes:
        before = by_name.get(node.reads[0]) if len(node.reads) == 1 else None
        if before is not None and readers[before.name] == 1 and before.name not in kept and before.trainable:
            amounts = _amounts(before, node, by_name.get(before.reads[0]) if before.reads else None)
            if amounts is not None:
                outer = [shape_of[name] for name in before.reads]
                values = padded(node.kind_name, node.values, amounts, outer, configured)
                gone.add(before.name)
                node = node._replace(values=values, reads=before.reads)
        made.append(node)
    return tuple(node for node in made if node.name not in gone)


def joined(nodes: Sequence[FlatNode], shape_of: Mapping[str, Shape], kept: frozenset[str]) -> tuple[FlatNode, ...]:
    """The nodes without those that pass on what they read, and a global pool that keeps its dimensions for one and a reshape.

    Args:
        nodes: In order.
        shape_of: The shape of each node, and of each input.
        kept: Nodes that are outputs, and stay.
    """
    readers = Counter(name for node in nodes for name in node.all_read)
    stands_for: dict[str, str] = {}
    made: dict[str, FlatNode] = {}
    for node in nodes:
        node = node._replace(
            reads=tuple(stands_for.get(name, name) for name in node.reads),
            beside={
                option: tuple(stands_for.get(name, name) for name in reads) for option, reads in node.beside.items()
            },
        )
        before = made.get(node.reads[0]) if len(node.reads) == 1 else None
        if _passes_on(node) and node.name not in kept and len(node.reads) == 1:
            stands_for[node.name] = node.reads[0]
        elif (
            before is not None
            and readers[before.name] == 1
            and before.name not in kept
            and _keeps(before, node, shape_of)
        ):
            del made[before.name]
            made[node.name] = before._replace(
                name=node.name, values={**before.values, "keepdims": True}, is_named=before.is_named
            )
        else:
            made[node.name] = node
    return tuple(made.values())


def _passes_on(node: FlatNode) -> bool:
    return node.kind_name == "linear" and node.share is None and not node.hole


def _keeps(pool: FlatNode, reshape: FlatNode, shape_of: Mapping[str, Shape]) -> bool:
    """Does a reshape give a global pool the dimensions back that it took?"""
    if pool.kind_name != "global_pool" or reshape.kind_name != "reshape" or "keepdims" in pool.values:
        return False
    entering, given = shape_of[pool.reads[0]], shape_of[reshape.name]
    return given == (*(1 for _ in entering[:-1]), entering[-1]) and reshape.share is None and pool.share is None


def _amounts(pad: FlatNode, window: FlatNode, before: FlatNode | None) -> object | None:
    """What a padding adds, if a window may have it for its own; None where not."""
    if window.values.get("padding", "valid") != "valid" or window.values.get("rounding") == "ceil":
        return None
    if pad.kind_name == "zero_pad" and "channels" not in pad.values and window.kind_name in _OF_ZEROS:
        amounts: object = pad.values.get("padding", 1)
        return amounts
    is_max = window.kind_name == "pool" and window.values.get("type", "max") == "max"
    if pad.kind_name == "zero_pad" and "channels" not in pad.values and is_max and _is_never_negative(before):
        zeros: object = pad.values.get("padding", 1)
        return zeros
    if pad.kind_name == "pad" and pad.values.get("value") == -inf and is_max:
        outer: object = pad.values["padding"]
        return outer
    return None


def _is_never_negative(node: FlatNode | None) -> bool:
    return node is not None and (node.kind_name in _NOT_NEGATIVE or node.values.get("activation") in _NOT_NEGATIVE)


def padded(kind_name: str, values: Values, amounts: object, shapes: Sequence[Shape], configured: Configured) -> Values:
    """The hyperparameters of a window with a padding: `same` where that comes to these amounts.

    Args:
        kind_name: The window's kind.
        values: Its hyperparameters; padding among them is replaced.
        amounts: The padding.
        shapes: Of what it reads.
        configured: The hyperparameters of a node on inputs, `rounding` with them where it must be said.
    """
    cls = KINDS[kind_name]
    assert issubclass(cls, Windowed)
    values = {name: value for name, value in values.items() if name not in ("padding", "rounding")}
    rank = len(shapes[0]) - 1
    given = configured(kind_name, {**values, "padding": amounts}, shapes)
    try:
        same, own = (
            cls(**{name: cls.options[name].type.check(value) for name, value in each.items()}).windows(shapes[0], rank)
            for each in ({**values, "padding": "same"}, given)
        )
    except ShapeError:
        return given
    return {**values, "padding": "same"} if same == own else given
