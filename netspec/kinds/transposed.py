"""Transposed convolution."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
from netspec.kinds.convolution import bias_terms, show_sizes, strides_or_dilation
from netspec.kinds.keras_types import Keras, Lowered
from netspec.kinds.kind import Kind, OptionConflict, Reach, ShapeError, chain, kind, spectral_terms
from netspec.kinds.terms import Sum, WeightTerms, product
from netspec.kinds.window import Padding, match_rank, match_sides, padding_type
from netspec.options import Boolean, Nullable, Sizes, Whole, option
from netspec.shapes import Shape, effective, per_dimension, spatial_shape


@kind("conv_transpose")
class ConvTranspose(Kind):
    """Transposed convolution: each position is spread over a window, so that sizes grow by the stride.

    Size W becomes (W - 1) * S + F for `valid` (W * S where the stride exceeds the window, as Keras does), W * S for `same`;
    `padding: P` crops P from each side of the `valid` result.
    """

    family = "convolution"
    keras_layers = ("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose")
    keras_parts = ("Cropping1D", "Cropping2D", "Cropping3D", "SpectralNormalization")
    ranks = (1, 2, 3)
    filters: int = width("Number of filters.")
    kernel_size: Whole = option(Sizes(), "Size of the convolution window.")
    strides: Whole = option(Sizes(), "Stride: the factor by which sizes grow.", 1)
    padding: Padding = option(
        padding_type, "`valid`, `same`, or the amount to crop from the sides of the `valid` result.", "valid"
    )
    output_padding: Whole | None = option(
        Nullable(Sizes(ge=0)), "Size added at the end of each dimension; less than the stride.", None
    )
    dilation_rate: Whole = option(Sizes(), "Dilation rate.", 1)
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
        strides_or_dilation(self.strides, self.dilation_rate)
        if self.output_padding is None:
            return
        extra = f"`output_padding` (={show_sizes(self.output_padding)})"
        settings = self.kernel_size, self.strides, self.dilation_rate, self.output_padding
        for kernel, stride, dilation, added in _aligned(*settings):
            if added >= stride:
                raise OptionConflict(
                    f"{extra} must be less than `strides` (={show_sizes(self.strides)})", "output_padding"
                )
            reach = effective(kernel, dilation)
            if self.padding == "same" and reach % 2 == 0 and added == 0:
                raise OptionConflict(
                    f"{extra} must be at least 1 with `padding: same` and a window of {reach}, an even number, "
                    "because TensorFlow refuses it otherwise",
                    "output_padding",
                )

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        rank = self.spatial(x)
        self.channels_of(x)
        kernel = match_rank("kernel_size", self.kernel_size, rank)
        strides = match_rank("strides", self.strides, rank)
        dilation = match_rank("dilation_rate", self.dilation_rate, rank)
        extra = match_rank("output_padding", self.output_padding, rank) if self.output_padding is not None else None
        crops = self._crops(rank)
        grown: list[int | None] = []
        for i, width_ in enumerate(x[:-1]):
            if width_ is None:
                grown.append(None)
                continue
            reach, stride = effective(kernel[i], dilation[i]), strides[i]
            if extra is None:
                size = width_ * stride + (max(reach - stride, 0) if self.padding != "same" else 0)
            else:
                crop = 2 * (reach // 2) if self.padding == "same" else 0
                size = (width_ - 1) * stride + reach - crop + extra[i]
            size -= sum(crops[i])
            if size < 1:
                raise ShapeError(
                    "NS402",
                    f"`padding` crops all that the window of {reach} makes of {width_}",
                    (None,) * rank + (self.filters,),
                )
            grown.append(size)
        return (*grown, self.filters)

    def weight_rank(self, constraint: str, *inputs: Shape) -> int:
        return 1 if constraint == "bias_constraint" else len(inputs[0]) + 1

    def _crops(self, rank: int) -> tuple[tuple[int, int], ...]:
        if isinstance(self.padding, str):
            return ((0, 0),) * rank
        return match_sides("padding", self.padding, rank)

    def weight_terms(self, *inputs: Shape) -> WeightTerms:
        (x,) = inputs
        taps = match_rank("kernel_size", self.kernel_size, len(x) - 1)
        channels = self.channels_of(x)
        kernel = product(*taps, channels, self.filters, name="kernel", shape=(*taps, self.filters, channels))
        # Keras's kernel has the channels of the input last.
        vector = spectral_terms(self.spectral_norm, channels)
        return WeightTerms((kernel, *bias_terms(self.filters, self.use_bias)), vector)

    def mac_terms(self, inputs: Sequence[Shape], output: Shape) -> Sum | None:
        # Every input position is multiplied by the whole kernel once.
        where = spatial_shape(inputs[0])
        channels = inputs[0][-1]
        if where is None or channels is None:
            return None
        taps = match_rank("kernel_size", self.kernel_size, len(output) - 1)
        return (product(*taps, channels, self.filters, times=where),)

    def reach(self, rank: int) -> tuple[Reach, ...] | None:
        kernel = per_dimension(self.kernel_size, rank)
        strides = per_dimension(self.strides, rank)
        if kernel is None or strides is None:
            return None
        # An output position is reached by ceil(F / S) input positions.
        from fractions import Fraction

        return tuple(Reach(-(-k // s), Fraction(1, s)) for k, s in zip(kernel, strides, strict=True))

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        rank = len(inputs[0]) - 1
        arguments = self.keras_arguments(keras, "padding", "spectral_norm")
        word = self.padding if isinstance(self.padding, str) else "valid"
        make = getattr(keras.layers, f"Conv{rank}DTranspose")
        layer = normalised(keras, name, self.spectral_norm, lambda own: make(padding=word, name=own, **arguments))
        crops = self._crops(rank)
        if not any(map(any, crops)):
            return layer
        crop = getattr(keras.layers, f"Cropping{rank}D")(crops[0] if rank == 1 else crops, name=f"{name}_crop")
        return chain(layer, crop)


def _aligned(*values: int | Sequence[int]) -> Iterator[tuple[int, ...]]:
    """The values dimension by dimension; none where their lengths differ, which `infer` reports."""
    lengths = {len(value) for value in values if not isinstance(value, int)} or {1}
    if len(lengths) == 1:
        (rank,) = lengths
        yield from zip(*((value,) * rank if isinstance(value, int) else value for value in values), strict=True)
