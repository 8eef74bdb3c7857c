"""Tensors that a network holds itself: nodes that read nothing."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from netspec.kinds.arguments import Initializer, Orthogonal, RandomNormal, Regularizer, initializer, regularizer
from netspec.kinds.keras_types import Keras, Lowered
from netspec.kinds.kind import Kind, OptionConflict, Positions, Repair, ShapeError, kind
from netspec.kinds.terms import WeightTerms, product
from netspec.options import Integer, IntegerList, Nullable, Numbers, Reals, Whole, option
from netspec.shapes import Shape, show_shape

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

    def check(self) -> None:
        if isinstance(self.initializer, Orthogonal) and len(self._sizes()) < 2:
            message = (
                f"`initializer: orthogonal` is for matrices, and the shape {show_shape(self._sizes())} has one axis"
            )
            raise OptionConflict(message, "initializer")

    def positions(self) -> Positions:
        return _NOWHERE

    def _sizes(self) -> tuple[int, ...]:
        return (self.shape,) if isinstance(self.shape, int) else self.shape

    def infer(self, *inputs: Shape) -> Shape:
        return self._sizes()

    def weight_terms(self, *inputs: Shape) -> WeightTerms:
        return WeightTerms((product(*self._sizes(), name="value"),))

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        layer: Lowered = self.keras_layer(keras)(
            name=name, **{**self.keras_arguments(keras), "shape": list(self._sizes())}
        )
        return layer


@kind("constant", principal="value")
class Constant(Kind):
    """A tensor of numbers that stand in the spec, the same for every example: a mask, a grid of places, weights of a filter.

    `value` lists them row by row, mostly by an expression with `for`. It reads nothing, and its expressions see the sizes
    of the node before it.
    """

    family = "operations"
    keras_layers = ("netspec.layers.Constant",)
    arity = (0, 0)
    value: Reals = option(Numbers(), "The numbers, the last axis running fastest; a single one fills the shape.")
    shape: Whole | None = option(
        Nullable(IntegerList(ge=1, single=True)),
        "Shape for one example, without the batch; null: one axis of as many as `value` lists.",
        None,
    )

    def check(self) -> None:
        if isinstance(self.value, tuple) and len(self.value) != prod(self._sizes()):
            listed, sizes = len(self.value), self._sizes()
            message = f"`value` lists {listed:,} numbers, and {show_shape(sizes)} holds {prod(sizes):,}"
            raise OptionConflict(message, "shape", [Repair("shape", str(listed))])

    def positions(self) -> Positions:
        return _NOWHERE

    def _sizes(self) -> tuple[int, ...]:
        if self.shape is None:
            return (len(self.value) if isinstance(self.value, tuple) else 1,)
        return (self.shape,) if isinstance(self.shape, int) else self.shape

    def infer(self, *inputs: Shape) -> Shape:
        return self._sizes()

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        value = list(self.value) if isinstance(self.value, tuple) else self.value
        layer: Lowered = self.keras_layer(keras)(value=value, shape=list(self._sizes()), name=name)
        return layer


@kind("position_embedding", principal="max_length")
class PositionEmbedding(Kind):
    """Adds a learned vector to each step, or to each place of an image, by where it stands (arXiv 1705.03122)."""

    family = "sequence"
    keras_layers = ("netspec.layers.PositionEmbedding",)
    keeps_mask = True
    max_length: int | None = option(
        Nullable(Integer(ge=1)),
        "Most steps that a sequence may have; null: as many as its input's, which must be known.",
        None,
    )
    initializer: Initializer = initializer("How they begin.", RandomNormal(stddev=0.02))
    regularizer: Regularizer | None = regularizer("Regularizer.")

    def _sizes(self, x: Shape) -> tuple[int, ...]:
        """The sizes of the weights."""
        if len(x) < 2:
            raise ShapeError("NS404", f"takes [steps, channels], not the shape {show_shape(x)}")
        if self.max_length is None:
            if None in x:
                raise ShapeError(
                    "NS407",
                    f"needs to know all sizes of its input, which is {show_shape(x)}; `max_length` says them",
                    x,
                )
            return x  # type: ignore[return-value]  # all known
        if len(x) > 2:
            message = f"with `max_length` takes [steps, channels], not the shape {show_shape(x)}"
            raise ShapeError("NS404", message, x, [Repair("max_length", "null")])
        steps = x[0]
        if steps is not None and steps > self.max_length:
            message = f"has positions for {self.max_length} steps, and its input has {steps}"
            raise ShapeError("NS403", message, x, [Repair("max_length", str(steps))])
        return (self.max_length, self.channels_of(x))

    def infer(self, *inputs: Shape) -> Shape:
        self._sizes(inputs[0])
        return inputs[0]

    def tied_to(self, *inputs: Shape) -> dict[str, object]:
        return {"the shape": inputs[0]} if self.max_length is None else super().tied_to(*inputs)

    def weight_terms(self, *inputs: Shape) -> WeightTerms:
        return WeightTerms((product(*self._sizes(inputs[0]), name="value"),))
