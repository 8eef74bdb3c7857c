"""Convolutions, over one, two or three spatial dimensions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

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
from netspec.kinds.combination import Combination
from netspec.kinds.keras_types import Keras, Lowered
from netspec.kinds.kind import (
    OptionConflict,
    Reach,
    Repair,
    ShapeError,
    chain,
    divisors,
    indivisible,
    kind,
    spectral_terms,
)
from netspec.kinds.terms import Share, Sum, WeightTerms, product
from netspec.kinds.window import (
    CAUSAL_DOC,
    PADDING_DOC,
    ROUNDING,
    ROUNDING_DOC,
    Padding,
    Windowed,
    causal_type,
    match_rank,
    padding_type,
)
from netspec.options import Boolean, Integer, Sizes, Whole, option
from netspec.shapes import Shape, effective, per_dimension, spatial_shape


class Convolution(Windowed):
    """What all convolutions have in common; a subclass says how filters meet channels."""

    family = "convolution"
    ranks: ClassVar[tuple[int, ...] | None] = (1, 2, 3)
    kernels: ClassVar[tuple[str, ...]] = ("kernel",)  # the weights, as Keras names their initializers

    kernel_size: Whole
    strides: Whole = 1
    padding: Padding = "valid"
    dilation_rate: Whole = 1
    rounding: str = "exact"

    spectral_norm: int = False

    def window_option(self) -> str:
        return "kernel_size"

    def weight_rank(self, constraint: str, *inputs: Shape) -> int:
        return 1 if constraint == "bias_constraint" else len(inputs[0]) + 1

    def window_strides(self) -> Whole:
        return self.strides

    def check(self) -> None:
        strides_or_dilation(self.strides, self.dilation_rate)

    def taps(self, rank: int) -> tuple[int, ...]:
        """The positions of the input that one window takes, along each dimension."""
        return match_rank("kernel_size", self.kernel_size, rank)

    def reach(self, rank: int) -> tuple[Reach, ...] | None:
        kernel = per_dimension(self.kernel_size, rank)
        strides = per_dimension(self.strides, rank)
        dilation = per_dimension(self.dilation_rate, rank)
        if kernel is None or strides is None or dilation is None:
            return None
        return tuple(Reach(effective(k, d), s) for k, s, d in zip(kernel, strides, dilation, strict=True))

    def normalised(
        self, keras: Keras, make: Callable[..., Lowered], **arguments: object
    ) -> Callable[[str, str], Lowered]:
        """What makes the layer of a padding and a name, spectrally normalised where that is asked for."""

        def made(word: str, name: str) -> Lowered:
            return normalised(keras, name, self.spectral_norm, lambda own: make(padding=word, name=own, **arguments))

        return made

    def padded(
        self, keras: Keras, name: str, rank: int, inputs: Sequence[Shape], make: Callable[[str], Lowered]
    ) -> Lowered:
        """`make(padding)` with whatever padding Keras has no word for done by a layer before it."""
        word, amounts = self.keras_padding(inputs[0], rank)
        layer = make(word)
        if amounts is None:
            return layer
        pad = getattr(keras.layers, f"ZeroPadding{rank}D")
        return chain(pad(amounts[0] if rank == 1 else amounts, name=f"{name}_pad"), layer)


def strides_or_dilation(strides: Whole, dilation: Whole) -> None:
    """Keras takes no strides together with dilation; raises OptionConflict."""
    if _largest(strides) > 1 and _largest(dilation) > 1:
        raise OptionConflict(
            f"`strides` (={show_sizes(strides)}) and `dilation_rate` (={show_sizes(dilation)}) cannot both be more than 1",
            "dilation_rate",
            [Repair("dilation_rate", "1"), Repair("strides", "1")],
        )


def _largest(value: int | Sequence[int]) -> int:
    return value if isinstance(value, int) else max(value)


def bias_terms(width_: int, use_bias: bool) -> Sum:
    """The weights of a bias, where there is one."""
    return (product(width_, name="bias"),) if use_bias else ()


def show_sizes(value: int | Sequence[int]) -> str:
    """A size, or one for each dimension, as it is written."""
    return str(value) if isinstance(value, int) else str(list(value))


@kind("conv")
class Conv(Convolution):
    """Convolution: every filter is applied to all channels of a window.

    Input [..., channels] with one, two or three spatial dimensions; output [..., filters]. With `groups`, each filter is
    applied to its group of channels only (arXiv 1611.05431). Weights: window x channels/groups x filters, and `filters` biases.
    """

    keras_layers = ("Conv1D", "Conv2D", "Conv3D")
    keras_parts = ("ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D", "SpectralNormalization")
    filters: int = width("Number of filters.")
    kernel_size: Whole = option(Sizes(), "Size of the convolution window.")
    strides: Whole = option(Sizes(), "Stride of the convolution.", 1)
    padding: Padding = option(causal_type, CAUSAL_DOC, "valid")
    dilation_rate: Whole = option(Sizes(), "Dilation rate (arXiv 1511.07122).", 1)
    groups: int = option(Integer(ge=1), "Number of groups that the channels are split into.", 1)
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
        super().check()
        if self.filters % self.groups:
            message = self._groups_leave_a_rest()
            fewer = [n for n in reversed(divisors(self.filters)) if n <= self.groups]
            raise OptionConflict(message, "groups", [Repair("groups", str(n)) for n in dict.fromkeys((*fewer[:4], 1))])

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        rank = self.spatial(x)
        unknown = (None,) * rank + (self.filters,)
        if self.padding == "causal" and rank != 1:
            message = f"`padding: causal` needs 1 spatial dimension, and its input has {rank}"
            raise ShapeError("NS404", message, unknown, [Repair("padding", "same"), Repair("padding", "valid")])
        if x[-1] is None:
            raise ShapeError("NS407", "needs to know how many channels its input has", unknown)
        if self.groups > 1 and x[-1] % self.groups:
            raise indivisible(x[-1], self.groups, unknown, self.filters)
        if self.filters % self.groups:  # of a composition's own, whose groups are those of `defaults`
            raise ShapeError("NS405", self._groups_leave_a_rest(), unknown)
        return (*self.slide(x, rank, self.filters), self.filters)

    def _groups_leave_a_rest(self) -> str:
        return f"`filters` (={self.filters}) must be divisible by `groups` (={self.groups})"

    def _seen(self, channels: int) -> int:
        return Share(channels, self.groups) if self.groups > 1 else channels

    def weight_terms(self, *inputs: Shape) -> WeightTerms:
        (x,) = inputs
        kernel = product(*self.taps(len(x) - 1), self._seen(self.channels_of(x)), self.filters, name="kernel")
        return WeightTerms(
            (kernel, *bias_terms(self.filters, self.use_bias)), spectral_terms(self.spectral_norm, self.filters)
        )

    def mac_terms(self, inputs: Sequence[Shape], output: Shape) -> Sum | None:
        where = spatial_shape(output)
        channels = inputs[0][-1]
        if where is None or channels is None:
            return None
        return (product(*self.taps(len(output) - 1), self._seen(channels), self.filters, times=where),)

    def combinations(self, x: Shape) -> tuple[Combination, ...]:
        return (Combination(self.groups, self.channels_of(x) // self.groups, self.filters // self.groups),)

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        rank = len(inputs[0]) - 1
        arguments = self.keras_arguments(keras, "padding", "rounding", "spectral_norm")
        arguments["kernel_size"] = self.kernel_size
        make = getattr(keras.layers, f"Conv{rank}D")
        layer = self.normalised(keras, make, **arguments)
        return self.padded(keras, name, rank, inputs, lambda word: layer(word, name))


@kind("1x1", principal="filters", without=("kernel_size", "dilation_rate"))
class Pointwise(Conv):
    """1x1 convolution: combines the channels at each position, and changes their number (arXiv 1312.4400).

    `1x1: 64` over [28, 28, 192] gives [28, 28, 64] for 192 x 64 weights: a cheap reduction before a larger convolution.
    """

    keras_note = "with `kernel_size=1`"
    defaults_from = "conv"
    kernel_size = 1
    dilation_rate = 1


@kind("depthwise_conv")
class DepthwiseConv(Convolution):
    """Depthwise convolution: every channel is convolved with filters of its own (arXiv 1704.04861).

    Input [..., channels]; output [..., channels * depth_multiplier].
    """

    keras_layers = ("DepthwiseConv1D", "DepthwiseConv2D")
    keras_parts = ("ZeroPadding1D", "ZeroPadding2D", "SpectralNormalization")
    ranks = (1, 2)
    kernel_size: Whole = option(Sizes(), "Size of the convolution window.")
    strides: Whole = option(Sizes(), "Stride of the convolution.", 1)
    padding: Padding = option(padding_type, PADDING_DOC, "valid")
    depth_multiplier: int = option(Integer(ge=1), "Number of filters for each input channel.", 1)
    dilation_rate: Whole = option(Sizes(), "Dilation rate.", 1)
    rounding: str = option(ROUNDING, ROUNDING_DOC, "exact")
    activation: str | None = activation()
    use_bias: bool = option(Boolean(), "Whether to add a bias.", True)
    depthwise_initializer: Initializer = initializer("Depthwise kernel initializer.")
    bias_initializer: Initializer = vector_initializer("Bias initializer.", Zeros())
    depthwise_regularizer: Regularizer | None = regularizer("Depthwise kernel regularizer.")
    bias_regularizer: Regularizer | None = regularizer("Bias regularizer.")
    activity_regularizer: Regularizer | None = activity_regularizer()
    depthwise_constraint: Constraint | None = constraint("Depthwise kernel constraint.")
    bias_constraint: Constraint | None = constraint("Bias constraint.")
    spectral_norm: int = spectral_norm()

    def check(self) -> None:
        super().check()
        _equal_strides(self.strides)

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        rank = self.spatial(x)
        filters = self.channels_of(x) * self.depth_multiplier
        return (*self.slide(x, rank, filters), filters)

    def weight_terms(self, *inputs: Shape) -> WeightTerms:
        (x,) = inputs
        channels, taps, each = self.channels_of(x), self.taps(len(x) - 1), self.depth_multiplier
        kernel = product(*taps, *_multiplied(channels, each), name="kernel", shape=(*taps, channels, each))
        learned = (kernel, *bias_terms(channels * each, self.use_bias))
        return WeightTerms(learned, spectral_terms(self.spectral_norm, self.depth_multiplier))

    def mac_terms(self, inputs: Sequence[Shape], output: Shape) -> Sum | None:
        where = spatial_shape(output)
        channels = inputs[0][-1]
        if where is None or channels is None:
            return None
        filters = _multiplied(channels, self.depth_multiplier)
        return (product(*self.taps(len(output) - 1), *filters, times=where),)

    def combinations(self, x: Shape) -> tuple[Combination, ...]:
        return (Combination(self.channels_of(x), 1, self.depth_multiplier),)

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        rank = len(inputs[0]) - 1
        arguments = self.keras_arguments(keras, "padding", "rounding", "spectral_norm")
        make = getattr(keras.layers, f"DepthwiseConv{rank}D")
        layer = self.normalised(keras, make, **arguments)
        return self.padded(keras, name, rank, inputs, lambda word: layer(word, name))


def _multiplied(channels: int, multiplier: int) -> tuple[int, ...]:
    """The factors of the channels that a depthwise convolution makes."""
    return (channels, multiplier) if multiplier > 1 else (channels,)


def _equal_strides(strides: int | Sequence[int]) -> None:
    if not isinstance(strides, int) and len(set(strides)) > 1:
        raise OptionConflict(
            f"`strides` (={show_sizes(strides)}) must be the same in all dimensions, because TensorFlow supports nothing else",
            "strides",
        )


@kind("separable_conv")
class SeparableConv(Convolution):
    """A depthwise convolution followed by a 1x1 convolution, in one layer (arXiv 1610.02357)."""

    keras_layers = ("SeparableConv1D", "SeparableConv2D")
    keras_parts = ("ZeroPadding1D", "ZeroPadding2D")
    ranks = (1, 2)
    filters: int = width("Number of filters.")
    kernel_size: Whole = option(Sizes(), "Size of the depthwise convolution window.")
    strides: Whole = option(Sizes(), "Stride of the convolution.", 1)
    padding: Padding = option(padding_type, PADDING_DOC, "valid")
    dilation_rate: Whole = option(Sizes(), "Dilation rate.", 1)
    depth_multiplier: int = option(Integer(ge=1), "Number of depthwise filters for each input channel.", 1)
    rounding: str = option(ROUNDING, ROUNDING_DOC, "exact")
    activation: str | None = activation()
    use_bias: bool = option(Boolean(), "Whether to add a bias.", True)
    depthwise_initializer: Initializer = initializer("Depthwise kernel initializer.")
    pointwise_initializer: Initializer = initializer("Pointwise kernel initializer.")
    bias_initializer: Initializer = vector_initializer("Bias initializer.", Zeros())
    depthwise_regularizer: Regularizer | None = regularizer("Depthwise kernel regularizer.")
    pointwise_regularizer: Regularizer | None = regularizer("Pointwise kernel regularizer.")
    bias_regularizer: Regularizer | None = regularizer("Bias regularizer.")
    activity_regularizer: Regularizer | None = activity_regularizer()
    depthwise_constraint: Constraint | None = constraint("Depthwise kernel constraint.")
    pointwise_constraint: Constraint | None = constraint("Pointwise kernel constraint.")
    bias_constraint: Constraint | None = constraint("Bias constraint.")

    def check(self) -> None:
        super().check()
        _equal_strides(self.strides)

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        rank = self.spatial(x)
        if x[-1] is None:
            raise ShapeError("NS407", "needs to know how many channels its input has", (None,) * rank + (self.filters,))
        return (*self.slide(x, rank, self.filters), self.filters)

    def weight_terms(self, *inputs: Shape) -> WeightTerms:
        (x,) = inputs
        channels, taps = self.channels_of(x), self.taps(len(x) - 1)
        middle = _multiplied(channels, self.depth_multiplier)
        shape = (*(1 for _ in taps), channels * self.depth_multiplier, self.filters)
        first = product(*taps, *middle, name="depthwise_kernel", shape=(*taps, channels, self.depth_multiplier))
        second = product(*middle, self.filters, name="pointwise_kernel", shape=shape)
        return WeightTerms((first, second, *bias_terms(self.filters, self.use_bias)))

    def mac_terms(self, inputs: Sequence[Shape], output: Shape) -> Sum | None:
        where = spatial_shape(output)
        channels = inputs[0][-1]
        if where is None or channels is None:
            return None
        middle = _multiplied(channels, self.depth_multiplier)
        each = product(*self.taps(len(output) - 1)), product(self.filters)
        return (product(*middle, each, times=where),)

    def combinations(self, x: Shape) -> tuple[Combination, ...]:
        channels = self.channels_of(x)
        return (
            Combination(channels, 1, self.depth_multiplier),
            Combination(1, channels * self.depth_multiplier, self.filters),
        )

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        rank = len(inputs[0]) - 1
        arguments = self.keras_arguments(keras, "padding", "rounding", "spectral_norm")
        make = getattr(keras.layers, f"SeparableConv{rank}D")
        layer = self.normalised(keras, make, **arguments)
        return self.padded(keras, name, rank, inputs, lambda word: layer(word, name))
