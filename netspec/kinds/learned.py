"""Tensors that a network holds itself: nodes that read nothing."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.kinds.arguments import Initializer, RandomNormal, Regularizer, initializer, regularizer
from netspec.kinds.keras_types import Keras, Lowered
from netspec.kinds.kind import Kind, Positions, kind
from netspec.kinds.terms import WeightTerms, product
from netspec.options import IntegerList, Whole, option
from netspec.shapes import Shape

_NOWHERE = Positions(kept=False)


@kind("learned", principal="shape")
class Learned(Kind):
    """A tensor of weights, the same for every example: a class token, positions, a table of biases.

    It reads nothing, and its expressions see the sizes of the node before it.
    """

    family = "operations"
    keras_layers = ("netspec.layers.Learned",)
    arity = (0, 0)
    shape: Whole = option(
        IntegerList(ge=1, single=True), "Shape for one example, without the batch; a number for that many of one axis."
    )
    initializer: Initializer = initializer("How it begins.", RandomNormal(stddev=0.02))
    regularizer: Regularizer | None = regularizer("Regularizer.")

    def positions(self) -> Positions:
        return _NOWHERE

    def _sizes(self) -> tuple[int, ...]:
        return (self.shape,) if isinstance(self.shape, int) else self.shape

    def infer(self, *inputs: Shape) -> Shape:
        return self._sizes()

    def weight_terms(self, *inputs: Shape) -> WeightTerms:
        return WeightTerms((product(*self._sizes()),))

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        layer: Lowered = self.keras_layer(keras)(
            name=name, **{**self.keras_arguments(keras), "shape": list(self._sizes())}
        )
        return layer
