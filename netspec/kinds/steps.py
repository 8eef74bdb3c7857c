"""A body over each step of a sequence."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.kinds.composition import Body, Builder, Composition, Steps
from netspec.kinds.keras_types import Keras, Lowered, Tensor
from netspec.kinds.kind import REARRANGED, Kind, Positions, ShapeError, kind
from netspec.options import option
from netspec.shapes import Shape, show_shape

_EMPTIED = "all nodes of its body are left out, so it does nothing; leave out the node itself, by its own `when`"


class FoldSteps(Kind):
    """Makes each step an example: [steps, …] to […], of as many more examples."""

    arity = (1, 1)
    keeps_integers = True

    def positions(self) -> Positions:
        return REARRANGED

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) < 2:
            raise ShapeError("NS404", f"takes [steps, …], not the shape {show_shape(x)}")
        return x[1:]

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        sizes = inputs[0][1:]
        if None in sizes:
            layer: Lowered = keras.netspec_layers.FoldSteps(name=name)
            return layer

        def fold(x: Tensor) -> Tensor:
            return keras.ops.reshape(x, (-1, *sizes))

        return fold


class UnfoldSteps(Kind):
    """Puts the steps together again; it reads what the body ends in, and the sequence that the steps are of."""

    arity = (2, 2)

    def positions(self) -> Positions:
        return REARRANGED

    def infer(self, *inputs: Shape) -> Shape:
        end, sequence = inputs
        return (sequence[0], *end)

    def dtype(self, *inputs: str) -> str:
        return inputs[0]

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        end, sequence = inputs
        sizes = (sequence[0], *end)
        if None in sizes:
            layer: Lowered = keras.netspec_layers.UnfoldSteps(name=name)
            return layer

        def unfold(tensors: Tensor) -> Tensor:
            return keras.ops.reshape(tensors[0], (-1, *sizes))

        return unfold


@kind("time_distributed", principal="body")
class TimeDistributed(Composition):
    """A body over each step of a sequence, with the same weights: [steps, …] to [steps, …].

    The steps are examples of their own while they pass through the body, so its nodes read nothing from outside.
    """

    family = "sequence"
    keras_note = "the body's layers, between two `keras.ops.reshape`; of unknown sizes `netspec.layers.FoldSteps` and `UnfoldSteps`"
    body: Steps = option(Body(), "Nodes that each step passes through.")

    def compose(self, build: Builder) -> tuple[int, ...]:
        return (build.each_step(self.body, FoldSteps(), UnfoldSteps(), emptied=_EMPTIED),)
