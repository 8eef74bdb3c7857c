"""Steps that a model folds into the batch: what is done to them until it unfolds them is the body of a `time_distributed`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from netspec.conversion.model import Call, ConversionError, Layer, Tensor
from netspec.conversion.nodes import ENTERING, FlatNode
from netspec.shapes import Shape


class Region:
    """What is done to each step.

    Args:
        sequence: The node whose steps are folded.
        steps: How many they are, if that is known.
        entering: What stands for one step.
    """

    def __init__(self, sequence: str, steps: int | None, entering: str) -> None:
        self.sequence = sequence
        self.steps = steps
        self.entering = entering
        self.nodes: list[FlatNode] = []
        self.end = ""

    def body(self, end: str, path: str) -> list[FlatNode]:
        """The nodes inside, the last of which gives what the body does. Raises ConversionError."""
        if self.end:
            raise ConversionError("unfolds steps that were unfolded before", path)
        self.end = end
        last = [node for node in self.nodes if node.name == end]
        nodes = [*(node for node in self.nodes if node.name != end), *last]
        if any(end in node.all_read for node in nodes):
            raise ConversionError("unfolds steps that go on to be read", path)
        return nodes

    def inside(self, node: FlatNode) -> FlatNode:
        """The node as it stands in the body, to which a step has another name."""
        beside = {option: self._named(names) for option, names in node.beside.items()}
        return node._replace(reads=self._named(node.reads), beside=beside)

    def _named(self, names: Sequence[str]) -> tuple[str, ...]:
        return tuple(ENTERING if name == self.entering else name for name in names)


class Folding(NamedTuple):
    """A call that folds steps: the tensor, and what one step of it is."""

    sequence: Tensor
    shape: Shape


def folding(layer: Layer, call: Call, shapes: Sequence[Shape]) -> Folding | None:
    """Does a call make an example of each step? Then the numbers of an example do not go into what it makes."""
    if len(shapes) != 1 or len(shapes[0]) < 2:
        return None
    (shape,) = shapes
    if layer.class_name == "FoldSteps":
        return Folding(call.reads[0], shape[1:])
    sizes = _sizes(layer, call)
    if sizes is None or tuple(sizes) != shape[1:] or shape[0] in (1, None):
        return None
    return Folding(call.reads[0], shape[1:])


def unfolds(layer: Layer, call: Call, shape: Shape, region: Region) -> bool:
    """Does a call on what a region makes, which has that shape, put its steps together?"""
    if layer.class_name == "UnfoldSteps":
        return True
    sizes = _sizes(layer, call)
    return sizes is not None and region.steps is not None and tuple(sizes) == (region.steps, *shape)


def _sizes(layer: Layer, call: Call) -> list[int] | None:
    """What a reshape by operation makes of an example, [-1, …]."""
    if layer.class_name != "Reshape" or not layer.is_operation:
        return None
    shape = layer.config.get("newshape", call.args[1] if len(call.args) > 1 else call.kwargs.get("newshape"))
    if not isinstance(shape, list) or shape[:1] not in ([-1], [None]):
        return None
    sizes = shape[1:]
    return sizes if all(isinstance(size, int) and size > 0 for size in sizes) else None
