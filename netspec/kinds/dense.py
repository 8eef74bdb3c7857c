"""Fully connected layers, and what stands beside them."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.kinds.arguments import (
    Constraint,
    Initializer,
    Regularizer,
    Uniform,
    Zeros,
    activation,
    activity_regularizer,
    constraint,
    initializer,
    normalised,
    regularizer,
    spectral_norm,
    vector_initializer,
    width,
)
from netspec.kinds.combination import Combination
from netspec.kinds.keras_types import Keras, Lowered
from netspec.kinds.kind import GATHERED, Kind, Positions, ShapeError, kind, spectral_terms
from netspec.kinds.terms import Sum, WeightTerms, product
from netspec.options import Boolean, Integer, option
from netspec.shapes import Shape, show_shape, size_of, spatial_shape


@kind("dense", principal="units")
class Dense(Kind):
    """Fully connected layer over the last axis.

    Input [..., n]; output [..., units]; n x units weights and a bias for each unit.
    """

    family = "dense"
    keras_layers = ("Dense",)
    keras_parts = ("SpectralNormalization",)
    takes_integers = True
    keeps_mask = True
    units: int = width("Number of units.")
    activation: str | None = activation()
    use_bias: bool = option(Boolean(), "Whether to add a bias.", True)
    kernel_initializer: Initializer = initializer("Kernel initializer.")
    bias_initializer: Initializer = vector_initializer("Bias initializer.", Zeros())
    kernel_regularizer: Regularizer | None = regularizer("Kernel regularizer.")
    bias_regularizer: Regularizer | None = regularizer("Bias regularizer.")
    activity_regularizer: Regularizer | None = activity_regularizer()
    kernel_constraint: Constraint | None = constraint("Kernel constraint.")
    bias_constraint: Constraint | None = constraint("Bias constraint.")
    spectral_norm: int = spectral_norm()

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if not x:
            raise ShapeError("NS404", "takes at least one axis, not a single number")
        if x[-1] is None:
            raise ShapeError(
                "NS407",
                f"needs to know the last size of its input, which is {show_shape(x)}; its kernel has a row for each",
                (*x[:-1], self.units),
            )
        return (*x[:-1], self.units)

    def weight_terms(self, *inputs: Shape) -> WeightTerms:
        (x,) = inputs
        kernel = product(self.channels_of(x), self.units, name="kernel")
        learned = (kernel, product(self.units, name="bias")) if self.use_bias else (kernel,)
        return WeightTerms(learned, spectral_terms(self.spectral_norm, self.units))

    def mac_terms(self, inputs: Sequence[Shape], output: Shape) -> Sum | None:
        where = spatial_shape(output)
        n = inputs[0][-1]
        return None if where is None or n is None else (product(n, self.units, times=where),)

    def combinations(self, x: Shape) -> tuple[Combination, ...]:
        return (Combination(1, self.channels_of(x), self.units),)

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        arguments = self.keras_arguments(keras, "spectral_norm")
        return normalised(keras, name, self.spectral_norm, lambda own: keras.layers.Dense(name=own, **arguments))


@kind("flatten")
class Flatten(Kind):
    """Flattens each example to a vector: [7, 7, 512] becomes [25088]."""

    family = "dense"
    keras_layers = ("Flatten",)
    keeps_integers = True

    def positions(self) -> Positions:
        return GATHERED

    def infer(self, *inputs: Shape) -> Shape:
        return (size_of(inputs[0]),)


@kind("embedding")
class Embedding(Kind):
    """A learned vector for each integer: [steps] becomes [steps, output_dim]."""

    family = "dense"
    keras_layers = ("Embedding",)
    takes_integers = True
    input_dim: int = option(Integer(ge=1), "Size of the vocabulary: the largest index plus one.")
    output_dim: int = option(Integer(ge=1), "Size of the vectors.")
    embeddings_initializer: Initializer = initializer("Embeddings initializer.", Uniform())
    embeddings_regularizer: Regularizer | None = regularizer("Embeddings regularizer.")
    embeddings_constraint: Constraint | None = constraint("Embeddings constraint.")
    mask_zero: bool = option(Boolean(), "Whether index 0 is padding, which recurrent layers skip.", False)

    def tied_to(self, *inputs: Shape) -> dict[str, object]:
        return {}

    def mask(self, inputs: Sequence[Shape], masked: Sequence[bool]) -> bool:
        return self.mask_zero

    def positions(self) -> Positions:
        return Positions(added=1)

    def infer(self, *inputs: Shape) -> Shape:
        return (*inputs[0], self.output_dim)

    def weight_terms(self, *inputs: Shape) -> WeightTerms:
        return WeightTerms((product(self.input_dim, self.output_dim, name="embeddings"),))
