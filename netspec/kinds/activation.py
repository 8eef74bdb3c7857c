"""Activation functions, elementwise unless they say otherwise."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.kinds.arguments import (
    ACTIVATIONS,
    Constraint,
    Initializer,
    Regularizer,
    Zeros,
    constraint,
    regularizer,
    vector_initializer,
)
from netspec.kinds.keras_types import Keras, Lowered
from netspec.kinds.kind import Kind, ShapeError, kind
from netspec.kinds.merge import resolve_axes, resolve_axis
from netspec.kinds.table import KINDS
from netspec.kinds.terms import WeightTerms, product
from netspec.options import Choice, IntegerList, Nullable, Number, Whole, option
from netspec.shapes import Shape, show_shape


class _Activation(Kind):
    """Base of the activations.

    They take floats only: which of them take integers, and what they make of them, differs between backends. `linear`
    alone hands on what it gets, on all of them.
    """

    family = "activation"
    keeps_mask = True

    def function(self) -> str:
        """The name of what it computes."""
        return self.spec_name

    def dtype(self, *inputs: str) -> str:
        if self.function() == "linear" and "float" not in inputs[0]:
            return inputs[0]
        return super().dtype(*inputs)


@kind("activation", principal="activation")
class Activation(_Activation):
    """Any activation by its name: `activation: relu` is the node `relu`."""

    keras_layers = ("Activation",)
    activation: str = option(Choice(ACTIVATIONS), "Name of the activation function.")

    def function(self) -> str:
        return self.activation


@kind("relu")
class Relu(_Activation):
    """Rectified linear unit: max(0, x), with Keras's variations."""

    keras_layers = ("ReLU",)
    max_value: float | None = option(Nullable(Number(ge=0)), "Maximum of the output; null: none.", None)
    negative_slope: float = option(Number(ge=0), "Slope below `threshold`.", 0.0)
    threshold: float = option(Number(ge=0), "Input value above which the unit is active.", 0.0)


@kind("leaky_relu", principal="negative_slope")
class LeakyRelu(_Activation):
    """x above 0, `negative_slope` times x below; `activation: leaky_relu` is Keras's function, whose slope is 0.2."""

    keras_layers = ("LeakyReLU",)
    negative_slope: float = option(Number(ge=0), "Slope for negative inputs.", 0.3)


@kind("elu", principal="alpha")
class Elu(_Activation):
    """x above 0, alpha * (exp(x) - 1) below (arXiv 1511.07289)."""

    keras_layers = ("ELU",)
    alpha: float = option(Number(), "Scale for negative inputs.", 1.0)


@kind("prelu")
class Prelu(_Activation):
    """A leaky ReLU with a learned slope for each position, or for each channel with `shared_axes` (arXiv 1502.01852)."""

    keras_layers = ("PReLU",)
    alpha_initializer: Initializer = vector_initializer("Alpha initializer.", Zeros())
    alpha_regularizer: Regularizer | None = regularizer("Alpha regularizer.")
    alpha_constraint: Constraint | None = constraint("Alpha constraint.")
    shared_axes: tuple[int, ...] | None = option(
        Nullable(IntegerList(ge=1)), "Axes along which the slopes are shared, counted from 1: [1, 2] for images.", None
    )

    def infer(self, *inputs: Shape) -> Shape:
        self._slopes(inputs[0])
        return inputs[0]

    def _slopes(self, x: Shape) -> list[int]:
        """The sizes of the axes along which each position has its own slope."""
        shared = {resolve_axis(axis, x, "shared_axes") for axis in self.shared_axes or ()}
        own = []
        for i, size in enumerate(x):
            if i in shared:
                continue
            if size is None:
                raise ShapeError(
                    "NS407",
                    f"needs to know the sizes of the axes that have slopes, and its input is {show_shape(x)}; "
                    "name the unknown ones in `shared_axes`",
                    x,
                )
            own.append(size)
        return own

    def tied_to(self, *inputs: Shape) -> dict[str, object]:
        (x,) = inputs
        return {"the number of axes": len(x), "the sizes that have a slope each": self._slopes(x)}

    def weight_rank(self, constraint: str, *inputs: Shape) -> int:
        return len(inputs[0])

    def weight_terms(self, *inputs: Shape) -> WeightTerms:
        (x,) = inputs
        shared = {resolve_axis(axis, x, "shared_axes") for axis in self.shared_axes or ()}
        shape = tuple(1 if i in shared else size or 1 for i, size in enumerate(x))
        return WeightTerms((product(*(self._slopes(x) or (1,)), name="alpha", shape=shape),))


@kind("softmax")
class Softmax(_Activation):
    """exp(x), divided by its sum along an axis: probabilities that sum to 1."""

    keras_layers = ("Softmax",)
    axis: Whole = option(IntegerList(single=True), "Axis or axes, counted as in Keras.", -1)

    def infer(self, *inputs: Shape) -> Shape:
        resolve_axes(self.axis, inputs[0])
        return inputs[0]

    def mask(self, inputs: Sequence[Shape], masked: Sequence[bool]) -> bool:
        if masked[0]:
            last = self.axis in (-1, (-1,), len(inputs[0]))
            instead = "; write `activation: softmax`, which does not look at it" if last else ""
            raise ShapeError("NS411", f"takes no mask: Keras's layer fails on one of the steps{instead}", inputs[0])
        return False


class _Plain(_Activation):
    """Base of the activations that take nothing."""

    keras_layers = ("Activation",)

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        layer: Lowered = keras.layers.Activation(self.spec_name, name=name)
        return layer


# Of one that has no formula to show: what it is for.
_USES = {
    "linear": "returns its input unchanged: no activation, where a param chooses one, or a name for a point in the network",
}

_WRITTEN_OUT = frozenset(cls.spec_name for cls in KINDS.read())  # a class of its own above, or of another family

for _word, _doc in {**ACTIVATIONS, **_USES}.items():
    if _word not in _WRITTEN_OUT:
        kind(_word)(type(_word.title().replace("_", ""), (_Plain,), {"__doc__": _doc[0].upper() + _doc[1:] + "."}))
