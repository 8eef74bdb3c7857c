"""Deformable convolution."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from netspec.kinds.arguments import (
    Constraint,
    Initializer,
    Regularizer,
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
from netspec.kinds.convolution import Convolution, bias_terms
from netspec.kinds.keras_types import Keras, Lowered
from netspec.kinds.kind import ShapeError, indivisible, kind, spectral_terms
from netspec.kinds.terms import Sum, WeightTerms, product
from netspec.kinds.window import PADDING_DOC, ROUNDING, ROUNDING_DOC, Padding, padding_type
from netspec.options import Boolean, Integer, Sizes, Whole, option
from netspec.shapes import Shape, spatial_shape


@kind("deform_conv")
class DeformConv(Convolution):
    """Deformable convolution: the sampling positions of the window move by learned offsets (arXiv 1703.06211).

    With `modulated`, each position has a learned weight too (arXiv 1811.11168). A layer of netspec's own: a saved model needs
    netspec to load.
    """

    keras_layers = ("netspec.layers.DeformableConv2D",)
    keras_parts = ("SpectralNormalization",)
    ranks = (2,)
    filters: int = width("Number of filters.")
    kernel_size: Whole = option(Sizes(), "Size of the convolution window.")
    strides: Whole = option(Sizes(), "Stride of the convolution.", 1)
    padding: Padding = option(padding_type, PADDING_DOC, "valid")
    dilation_rate: Whole = option(Sizes(), "Dilation rate, before the offsets.", 1)
    deformable_groups: int = option(Integer(ge=1), "Number of groups of channels, each with offsets of its own.", 1)
    modulated: bool = option(Boolean(), "Whether to learn a weight for each position, as in version 2.", False)
    rounding: str = option(ROUNDING, ROUNDING_DOC, "exact")
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

    def check(self) -> None:
        """Strides and dilation go together here: the layer gathers the taps one by one."""

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        rank = self.spatial(x)
        unknown = (None,) * rank + (self.filters,)
        if x[-1] is None:
            raise ShapeError("NS407", "needs to know how many channels its input has", unknown)
        if x[-1] % self.deformable_groups:
            raise indivisible(x[-1], self.deformable_groups, unknown, option="deformable_groups")
        return (*self.slide(x, rank, self.filters), self.filters)

    def _offsets(self) -> int:
        """Channels of the offset convolution: two a tap and group, three with weights."""
        return prod(self.taps(2)) * self.deformable_groups * (3 if self.modulated else 2)

    def weight_terms(self, *inputs: Shape) -> WeightTerms:
        (x,) = inputs
        window, offsets = (*self.taps(2), self.channels_of(x)), self._offsets()
        moving = product(*window, offsets, name="offset_kernel"), product(offsets, name="offset_bias")
        learned = product(*window, self.filters, name="kernel"), *bias_terms(self.filters, self.use_bias), *moving
        return WeightTerms(learned, spectral_terms(self.spectral_norm, self.filters))

    def mac_terms(self, inputs: Sequence[Shape], output: Shape) -> Sum | None:
        where = spatial_shape(output)
        channels = inputs[0][-1]
        if where is None or channels is None:
            return None
        each = product(self.filters), product(self._offsets())
        return (product(*self.taps(2), channels, each, times=where),)

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        word, amounts = self.keras_padding(inputs[0], 2)
        arguments = self.keras_arguments(keras, "padding", "rounding", "spectral_norm")
        make = keras.netspec_layers.DeformableConv2D
        return normalised(
            keras, name, self.spectral_norm, lambda own: make(padding=amounts or word, name=own, **arguments)
        )
