"""The few layers that Keras lacks.

They are written in `keras.ops` alone, so that they run on every backend; channels come last, and the batch
and the sizes of an image may be unknown until run time. All are registered under `netspec`: a saved model
loads once this module is imported.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import keras
import numpy as np
from keras import ops

from netspec.backends.keras.attention import BiasedMultiHeadAttention as BiasedMultiHeadAttention
from netspec.backends.keras.image_layers import AugMix, Equalization, RandomShear
from netspec.backends.keras.positions import RotaryEmbedding as RotaryEmbedding
from netspec.backends.keras.positions import SinusoidalEmbedding as SinusoidalEmbedding
from netspec.backends.keras.tensors import Constant as Constant
from netspec.backends.keras.tensors import FoldSteps as FoldSteps
from netspec.backends.keras.tensors import Learned as Learned
from netspec.backends.keras.tensors import PositionEmbedding as PositionEmbedding
from netspec.backends.keras.tensors import UnfoldSteps as UnfoldSteps
from netspec.backends.keras.types import KerasObject
from netspec.backends.keras.types import KerasTensor as Tensor
from netspec.shapes import effective, per_dimension

__all__ = [
    "AugMix",
    "ChannelShuffle",
    "DeformableConv2D",
    "Equalization",
    "LocalResponseNormalization",
    "RandomShear",
]
Padding = str | Sequence[Sequence[int]]


def _channels(input_shape: Sequence[int | None]) -> int:
    channels = input_shape[-1]
    if channels is None:
        raise ValueError(f"the channels, the last size of {tuple(input_shape)}, must be known")
    return channels


def _check_divides(name: str, groups: int, channels: int) -> None:
    if channels % groups:
        raise ValueError(f"`channels` (={channels}) must be divisible by `{name}` (={groups})")


def _check_at_least(least: int, **values: int) -> None:
    for name, value in values.items():
        if value < least:
            raise ValueError(f"`{name}` (={value}) must be at least {least}")


def _pair(name: str, value: int | Sequence[int]) -> tuple[int, ...]:
    pair = per_dimension(value, 2)
    if pair is None or min(pair) < 1:
        raise ValueError(f"`{name}` (={value}) must be a whole number of at least 1, or two of them")
    return pair


def _standard_padding(padding: Padding) -> Padding:
    if isinstance(padding, str):
        if padding in ("valid", "same"):
            return padding
    elif len(padding) == 2 and all(len(sides) == 2 and min(sides) >= 0 for sides in padding):
        return tuple((before, after) for before, after in padding)
    raise ValueError(f'`padding` (={padding!r}) must be "valid", "same" or ((top, bottom), (left, right))')


def _wide(tensor: Tensor) -> Tensor:
    """At least float32: half precision has too few digits for a sum of squares or a place in an image."""
    return ops.cast(tensor, keras.backend.result_type(tensor.dtype, "float32"))


@keras.saving.register_keras_serializable(package="netspec")
class LocalResponseNormalization(keras.layers.Layer):
    """Divide each value by the energy of its neighbours along the channels.

    ``y[c] = x[c] / (bias + alpha * sum(x[c - depth_radius : c + depth_radius + 1] ** 2)) ** beta``, as
    `tf.nn.local_response_normalization` computes it: channels beyond the ends count as zeros, and the sum is
    not divided by the number of its terms (PyTorch and Caffe do that: their `alpha` is
    ``2 * depth_radius + 1`` times this one). Half precision is summed in float32.

    Shapes: ``[batch, ..., channels]`` to the same.
    Raises: ValueError for a negative `depth_radius` and for unknown channels.
    Source: Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional neural
    networks", 2012, section 3.3.
    """

    def __init__(
        self,
        depth_radius: int = 5,
        bias: float = 1.0,
        alpha: float = 1.0,
        beta: float = 0.5,
        **kwargs: object,
    ) -> None:
        super().__init__(**kwargs)
        _check_at_least(0, depth_radius=depth_radius)
        self.depth_radius = depth_radius
        self.bias = bias
        self.alpha = alpha
        self.beta = beta
        self.supports_masking = True

    def build(self, input_shape: Sequence[int | None]) -> None:
        self.input_spec = keras.layers.InputSpec(axes={-1: _channels(input_shape)})

    def call(self, inputs: Tensor) -> Tensor:
        x = _wide(inputs)
        channels = x.shape[-1]
        reach = min(self.depth_radius, channels - 1)
        squares = ops.pad(ops.square(x), [(0, 0)] * (len(x.shape) - 1) + [(reach, reach)])
        # Slices, not differences of a running sum: after one large value those would lose the small ones.
        energy = sum(squares[..., first : first + channels] for first in range(2 * reach + 1))
        return ops.cast(x * ops.power(self.bias + self.alpha * energy, -self.beta), self.compute_dtype)

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        return tuple(input_shape)

    def get_config(self) -> dict[str, object]:
        return {
            **super().get_config(),
            "depth_radius": self.depth_radius,
            "bias": self.bias,
            "alpha": self.alpha,
            "beta": self.beta,
        }


@keras.saving.register_keras_serializable(package="netspec")
class ChannelShuffle(keras.layers.Layer):
    """Deal the channels of each group out over all groups, so that what grouped convolutions found is shared.

    The channels are written as a table of `groups` rows and read column by column: six channels in two groups
    come out as 0, 3, 1, 4, 2, 5. Values of any type are moved, none is changed.

    Shapes: ``[batch, ..., channels]`` to the same.
    Raises: ValueError for channels that are unknown or not divisible by `groups`.
    Source: Zhang et al., "ShuffleNet", arXiv 1707.01083, section 3.1.
    """

    def __init__(self, groups: int, **kwargs: object) -> None:
        super().__init__(**kwargs)
        _check_at_least(1, groups=groups)
        self.groups = groups
        self.supports_masking = True

    def build(self, input_shape: Sequence[int | None]) -> None:
        channels = _channels(input_shape)
        _check_divides("groups", self.groups, channels)
        self.input_spec = keras.layers.InputSpec(axes={-1: channels})

    def call(self, inputs: Tensor) -> Tensor:
        table = ops.reshape(inputs, (-1, self.groups, inputs.shape[-1] // self.groups))
        return ops.reshape(ops.swapaxes(table, 1, 2), ops.shape(inputs))

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        return tuple(input_shape)

    def compute_output_spec(self, inputs: Tensor) -> keras.KerasTensor:
        return keras.KerasTensor(inputs.shape, dtype=inputs.dtype)

    def get_config(self) -> dict[str, object]:
        return {**super().get_config(), "groups": self.groups}


@keras.saving.register_keras_serializable(package="netspec")
class DeformableConv2D(keras.layers.Layer):
    """A convolution whose taps move: a second convolution, over the same windows, says where to.

    Each tap of each window reads the image at its own place plus a learned offset, between pixels bilinearly,
    outside the image zeros. With `modulated` (version 2) what it reads is also multiplied by a learned number
    between 0 and 1. The channels fall into `deformable_groups` runs of neighbours, each with offsets of its
    own. The numbers are those of `torchvision.ops.deform_conv2d`.

    Weights, where ``points`` is ``deformable_groups * kernel_height * kernel_width``:

    - ``kernel [kernel_height, kernel_width, channels, filters]`` and, with `use_bias`, ``bias [filters]``;
    - ``offset_kernel [kernel_height, kernel_width, channels, n]`` and ``offset_bias [n]``, where n is
      ``2 * points``, or ``3 * points`` when modulated; zeros at first, so that offsets start at 0 and
      modulation at 1/2. The last axis has torchvision's order: group by group, and in each tap by tap, the
      offset down and the offset to the right, in pixels; after all of them, in the same order, the numbers
      whose sigmoid modulates.

    Initialisers, regularisers and constraints are those of `kernel` and `bias`. `padding` is ``"valid"``, ``"same"`` (as
    TensorFlow pads: an odd row goes to the bottom) or ``((top, bottom), (left, right))``.

    The values that all taps read are held at once, for each of the four neighbours of a place: about
    ``4 * kernel_height * kernel_width`` times the memory of the input where strides are 1 (a compiler that fuses
    needs less), and two to three times as much while training.

    Shapes: ``[batch, height, width, channels]`` to ``[batch, rows, columns, filters]``, as `Conv2D`.
    Raises: ValueError for values out of range, for channels that are unknown or not divisible by
    `deformable_groups`, and for an image smaller than the window.
    Source: Dai et al., "Deformable convolutional networks", arXiv 1703.06211; for modulation, Zhu et al.,
    "Deformable ConvNets v2", arXiv 1811.11168.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: Padding = "valid",
        dilation_rate: int | Sequence[int] = 1,
        deformable_groups: int = 1,
        modulated: bool = False,
        activation: KerasObject = None,
        use_bias: bool = True,
        kernel_initializer: KerasObject = "glorot_uniform",
        bias_initializer: KerasObject = "zeros",
        kernel_regularizer: KerasObject = None,
        bias_regularizer: KerasObject = None,
        kernel_constraint: KerasObject = None,
        bias_constraint: KerasObject = None,
        **kwargs: object,
    ) -> None:
        super().__init__(**kwargs)
        _check_at_least(1, filters=filters, deformable_groups=deformable_groups)
        self.filters = filters
        self.kernel_size = _pair("kernel_size", kernel_size)
        self.strides = _pair("strides", strides)
        self.padding = _standard_padding(padding)
        self.dilation_rate = _pair("dilation_rate", dilation_rate)
        self.deformable_groups = deformable_groups
        self.modulated = modulated
        self.activation = keras.activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.bias_regularizer = keras.regularizers.get(bias_regularizer)
        self.kernel_constraint = keras.constraints.get(kernel_constraint)
        self.bias_constraint = keras.constraints.get(bias_constraint)
        self.input_spec = keras.layers.InputSpec(ndim=4)

    @property
    def _taps(self) -> int:
        return self.kernel_size[0] * self.kernel_size[1]

    @property
    def _points(self) -> int:
        """How many places one window reads: its taps, once for each deformable group."""
        return self.deformable_groups * self._taps

    def build(self, input_shape: Sequence[int | None]) -> None:
        channels = _channels(input_shape)
        _check_divides("deformable_groups", self.deformable_groups, channels)
        self.compute_output_shape(input_shape)  # refuses an image smaller than the window
        self.input_spec = keras.layers.InputSpec(ndim=4, axes={-1: channels})
        self.kernel = self.add_weight(
            name="kernel",
            shape=(*self.kernel_size, channels, self.filters),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=(self.filters,),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        n = (3 if self.modulated else 2) * self._points
        self.offset_kernel = self.add_weight(
            name="offset_kernel", shape=(*self.kernel_size, channels, n), initializer="zeros"
        )
        self.offset_bias = self.add_weight(name="offset_bias", shape=(n,), initializer="zeros")

    def call(self, inputs: Tensor) -> Tensor:
        offsets = _wide(self._convolve(inputs, self.offset_kernel) + self.offset_bias)
        end = 2 * self._points
        down, right = offsets[..., 0:end:2], offsets[..., 1:end:2]
        modulation = ops.sigmoid(offsets[..., end:]) if self.modulated else 1.0

        batch, height, width, channels = ops.shape(inputs)
        _, rows, columns, _ = ops.shape(offsets)
        y = self._places(0, height, rows)[:, None, :] + down
        x = self._places(1, width, columns) + right
        patches = _sample(inputs, y, x, modulation, self.deformable_groups)
        patches = ops.reshape(patches, (batch, rows, columns, self._taps * channels))
        outputs = ops.tensordot(patches, self._kernel_by_group(), axes=1)
        if self.bias is not None:
            outputs = outputs + self.bias
        return self.activation(outputs)

    def _convolve(self, images: Tensor, kernel: Tensor) -> Tensor:
        """The ordinary convolution over this layer's windows."""
        padding, dilation_rate = self.padding, self.dilation_rate
        if not isinstance(padding, str):
            images, padding = ops.pad(images, ((0, 0), *padding, (0, 0))), "valid"
        if max(self.strides) > 1 and max(dilation_rate) > 1:
            # TensorFlow's convolution takes the one or the other.
            kernel, dilation_rate = _spread(kernel, dilation_rate), (1, 1)
        return ops.conv(
            images,
            kernel,
            strides=self.strides,
            padding=padding,
            data_format="channels_last",
            dilation_rate=dilation_rate,
        )

    def _places(self, axis: int, size: Tensor, windows: Tensor) -> Tensor:
        """Where the points of each window lie along an axis with offsets of zero: [windows, points]."""
        first = ops.arange(windows, dtype="int32") * self.strides[axis] - self._before(axis, size, windows)
        taps = np.indices(self.kernel_size)[axis].ravel() * self.dilation_rate[axis]
        points = ops.convert_to_tensor(np.tile(taps, self.deformable_groups), "int32")
        return ops.cast(first[:, None] + points, "float32")

    def _before(self, axis: int, size: Tensor, windows: Tensor) -> Tensor:
        """The padding above (axis 0) or to the left (axis 1), where sizes may be tensors."""
        if self.padding == "valid":
            return 0
        if self.padding == "same":
            reach = effective(self.kernel_size[axis], self.dilation_rate[axis])
            return ops.maximum((windows - 1) * self.strides[axis] + reach - size, 0) // 2
        return self.padding[axis][0]

    def _kernel_by_group(self) -> Tensor:
        """The kernel as a matrix with its rows ordered as the values of a patch: group, tap, channel."""
        kernel = ops.reshape(self.kernel, (self._taps, self.deformable_groups, -1, self.filters))
        return ops.reshape(ops.swapaxes(kernel, 0, 1), (-1, self.filters))

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        kernel_shape = (*self.kernel_size, input_shape[-1], self.filters)
        outputs = self._convolve(keras.KerasTensor(input_shape), keras.KerasTensor(kernel_shape))
        return tuple(outputs.shape)

    def get_config(self) -> dict[str, object]:
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
            "dilation_rate": self.dilation_rate,
            "deformable_groups": self.deformable_groups,
            "modulated": self.modulated,
            "activation": keras.activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
            "bias_regularizer": keras.regularizers.serialize(self.bias_regularizer),
            "kernel_constraint": keras.constraints.serialize(self.kernel_constraint),
            "bias_constraint": keras.constraints.serialize(self.bias_constraint),
        }


def _spread(kernel: Tensor, dilation_rate: tuple[int, ...]) -> Tensor:
    """The kernel with zeros between its taps: dilated by hand."""
    (height, width, channels, filters), (down, right) = kernel.shape, dilation_rate
    taps = ops.reshape(kernel, (height, 1, width, 1, channels, filters))
    taps = ops.pad(taps, ((0, 0), (0, down - 1), (0, 0), (0, right - 1), (0, 0), (0, 0)))
    spread = ops.reshape(taps, (height * down, width * right, channels, filters))
    return spread[: effective(height, down), : effective(width, right)]


def _sample(images: Tensor, y: Tensor, x: Tensor, modulation: Tensor | float, groups: int) -> Tensor:
    """Read images between their pixels.

    Shapes: images [batch, height, width, channels]; y, x and modulation [batch, rows, columns, points], the
    points of a group side by side; the result [batch, rows, columns, points, channels / groups].
    """
    batch, height, width, channels = ops.shape(images)
    points = y.shape[-1]
    # The axis of one before the pixels is for TensorFlow: the gradient of a gather from the first axis is
    # sparse, a copy of all that was gathered, and four of them would be kept to be added up.
    pixels = ops.reshape(images, (1, -1, channels // groups))
    image = ops.reshape(ops.arange(batch, dtype="int32"), (-1, 1, 1, 1))
    group = ops.convert_to_tensor(np.repeat(np.arange(groups), points // groups), "int32")
    sampled = 0.0
    for (row, row_share), (column, column_share) in product(_neighbours(y, height), _neighbours(x, width)):
        pixel = ((image * height + row) * width + column) * groups + group
        share = ops.cast(row_share * column_share * modulation, images.dtype)
        sampled = sampled + share[..., None] * ops.squeeze(ops.take(pixels, pixel, axis=1), 0)
    return sampled


def _neighbours(position: Tensor, size: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """The two pixels that each position lies between, and the share of each, which is 0 outside the image.

    A pixel outside is read as pixel 0, where a gather is allowed, and its share multiplied away. It is not
    replaced: a position that is not a number must yield a value that is not one, as in any convolution.
    """
    before = ops.floor(position)
    fraction = position - before
    for pixel, share in ((before, 1 - fraction), (before + 1, fraction)):
        inside = ops.logical_and(pixel >= 0, ops.less(pixel, size))
        yield ops.cast(ops.where(inside, pixel, 0), "int32"), share * ops.cast(inside, share.dtype)
