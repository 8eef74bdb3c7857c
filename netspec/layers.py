"""The few layers that Keras lacks.

They are written in `keras.ops` alone, so that they run on every backend; channels come last, and the batch and the sizes
of an image may be unknown until run time. All are registered under `netspec`: a saved model loads once this module is
imported.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import keras
import numpy as np
from keras import ops

from netspec.geometry import effective, per_dimension

Tensor = Any  # each backend has its own
Padding = str | Sequence[Sequence[int]]


def _channels(input_shape: Sequence[int | None]) -> int:
    channels = input_shape[-1]
    if channels is None:
        raise ValueError(f"the channels, the last size of the input {tuple(input_shape)}, must be known")
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
    """At least float32: half precision has too few digits for a sum of squares or for a position in an image."""
    return ops.cast(tensor, keras.backend.result_type(tensor.dtype, "float32"))


@keras.saving.register_keras_serializable(package="netspec")
class LocalResponseNormalization(keras.layers.Layer):
    """Divide each value by the energy of its neighbours along the channels.

    ``y[c] = x[c] / (bias + alpha * sum(x[c - depth_radius : c + depth_radius + 1] ** 2)) ** beta``, as
    `tf.nn.local_response_normalization` computes it: the sum is not divided by the number of its terms (which PyTorch and
    Caffe do), and channels outside the range count as zeros. Squares are summed in float32 at least.

    Shapes: ``[..., channels]`` to the same.
    Raises: ValueError for a negative `depth_radius`, or where the channels are unknown.
    Source: Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional neural networks", 2012, §3.3.
    """

    def __init__(
        self,
        depth_radius: int = 5,
        bias: float = 1.0,
        alpha: float = 1.0,
        beta: float = 0.5,
        **kwargs: Any,
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
        channels = inputs.shape[-1]
        reach = min(self.depth_radius, channels - 1)
        squares = ops.pad(ops.square(x), [(0, 0)] * (len(x.shape) - 1) + [(reach, reach)])
        # Slices, not differences of a running sum: those would cancel where a large value stands before small ones.
        energy = sum(squares[..., first : first + channels] for first in range(2 * reach + 1))
        return ops.cast(x * ops.power(self.bias + self.alpha * energy, -self.beta), inputs.dtype)

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "depth_radius": self.depth_radius,
            "bias": self.bias,
            "alpha": self.alpha,
            "beta": self.beta,
        }


@keras.saving.register_keras_serializable(package="netspec")
class ChannelShuffle(keras.layers.Layer):
    """Deal the channels of each group out over all groups, so that grouped convolutions hear of each other.

    With the channels as a table of `groups` rows, the output reads it column by column: six channels in two groups come
    out as 0, 3, 1, 4, 2, 5.

    Shapes: ``[..., channels]`` to the same.
    Raises: ValueError where the channels are unknown or not divisible by `groups`.
    Source: Zhang et al., "ShuffleNet", arXiv 1707.01083, §3.1.
    """

    def __init__(self, groups: int, **kwargs: Any) -> None:
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

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "groups": self.groups}


@keras.saving.register_keras_serializable(package="netspec")
class DeformableConv2D(keras.layers.Layer):
    """A convolution whose taps move: a second convolution over the same windows says by how much.

    Each tap of each window reads the image between its pixels (bilinearly, zeros outside), at its own place plus a learned
    offset. With `modulated` (version 2) it also has a learned weight, the sigmoid of what the second convolution says;
    as that starts from zeros, so do the offsets, and the weights from 1/2. The channels fall into `deformable_groups`
    runs of neighbours, and each run has offsets of its own. Numbers agree with `torchvision.ops.deform_conv2d`.

    Weights, with ``taps = kernel_height * kernel_width``:

    - ``kernel [kernel_height, kernel_width, channels, filters]`` and, with `use_bias`, ``bias [filters]``;
    - ``offset_kernel [kernel_height, kernel_width, channels, n]`` and ``offset_bias [n]``, zeros at first, with
      ``n = 2 * deformable_groups * taps``, or ``3 * …`` when modulated. Their last axis is torchvision's: for each group, for
      each tap, the offset down and to the right, in pixels; then, for each group and tap, the weight.

    `padding` is ``"valid"``, ``"same"`` (as TensorFlow pads: an odd row goes to the bottom) or ``((top, bottom), (left,
    right))``. The initialisers and regularisers are those of `kernel` and `bias`.

    Shapes: ``[batch, height, width, channels]`` to ``[batch, rows, columns, filters]``, as `keras.layers.Conv2D` has them.
    Raises: ValueError for a value out of range, for channels that are unknown or not divisible by `deformable_groups`, for an
    image smaller than the window, and, as `Conv2D` does, for strides and dilation together.
    Source: Dai et al., "Deformable convolutional networks", arXiv 1703.06211; modulation: Zhu et al., "Deformable
    ConvNets v2", arXiv 1811.11168.
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
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        _check_at_least(1, filters=filters, deformable_groups=deformable_groups)
        self.filters = filters
        self.kernel_size = _pair("kernel_size", kernel_size)
        self.strides = _pair("strides", strides)
        self.padding = _standard_padding(padding)
        self.dilation_rate = _pair("dilation_rate", dilation_rate)
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                f"`strides` (={self.strides}) and `dilation_rate` (={self.dilation_rate}) must not both exceed 1"
            )
        self.deformable_groups = deformable_groups
        self.modulated = modulated
        self.activation = keras.activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.bias_regularizer = keras.regularizers.get(bias_regularizer)
        self.input_spec = keras.layers.InputSpec(ndim=4)

    @property
    def _points(self) -> int:
        """How many places of the image one window reads: its taps, once for each deformable group."""
        return self.deformable_groups * self.kernel_size[0] * self.kernel_size[1]

    def build(self, input_shape: Sequence[int | None]) -> None:
        channels = _channels(input_shape)
        _check_divides("deformable_groups", self.deformable_groups, channels)
        self.compute_output_shape(input_shape)  # refuses an image smaller than the window
        self.input_spec = keras.layers.InputSpec(ndim=4, axes={-1: channels})
        said = (3 if self.modulated else 2) * self._points
        self.kernel = self.add_weight(
            name="kernel",
            shape=(*self.kernel_size, channels, self.filters),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
        )
        self.bias = (
            self.add_weight(
                name="bias",
                shape=(self.filters,),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
            )
            if self.use_bias
            else None
        )
        self.offset_kernel = self.add_weight(
            name="offset_kernel", shape=(*self.kernel_size, channels, said), initializer="zeros"
        )
        self.offset_bias = self.add_weight(name="offset_bias", shape=(said,), initializer="zeros")

    def call(self, inputs: Tensor) -> Tensor:
        said = _wide(self._convolve(inputs, self.offset_kernel) + self.offset_bias)
        down, right = said[..., 0 : 2 * self._points : 2], said[..., 1 : 2 * self._points : 2]
        weight = ops.sigmoid(said[..., 2 * self._points :]) if self.modulated else 1.0

        batch, height, width, channels = ops.shape(inputs)
        _, rows, columns, _ = ops.shape(said)
        y = self._places(0, height, rows)[:, None, :] + down
        x = self._places(1, width, columns) + right
        patches = _sample(inputs, y, x, weight, self.deformable_groups)

        taps = self._points // self.deformable_groups
        outputs = ops.tensordot(
            ops.reshape(patches, (batch, rows, columns, taps * channels)), self._kernel_by_group(), axes=1
        )
        if self.bias is not None:
            outputs = outputs + self.bias
        return self.activation(outputs)

    def _convolve(self, images: Tensor, kernel: Tensor) -> Tensor:
        """The ordinary convolution over this layer's windows."""
        padding = self.padding
        if not isinstance(padding, str):
            images, padding = ops.pad(images, ((0, 0), *padding, (0, 0))), "valid"
        return ops.conv(
            images,
            kernel,
            strides=self.strides,
            padding=padding,
            data_format="channels_last",
            dilation_rate=self.dilation_rate,
        )

    def _places(self, axis: int, size: Any, windows: Any) -> Tensor:
        """Where the points of each window stand along an axis while the offsets are zero: [windows, points]."""
        first = ops.arange(windows, dtype="int32") * self.strides[axis] - self._before(axis, size, windows)
        taps = np.indices(self.kernel_size)[axis].ravel() * self.dilation_rate[axis]
        points = ops.convert_to_tensor(np.tile(taps, self.deformable_groups), "int32")
        return ops.cast(first[:, None] + points, "float32")

    def _before(self, axis: int, size: Any, windows: Any) -> Any:
        """The padding above (axis 0) or to the left (axis 1). Sizes may be tensors."""
        if self.padding == "valid":
            return 0
        if self.padding == "same":
            reach = effective(self.kernel_size[axis], self.dilation_rate[axis])
            return ops.maximum((windows - 1) * self.strides[axis] + reach - size, 0) // 2
        return self.padding[axis][0]

    def _kernel_by_group(self) -> Tensor:
        """The kernel as a matrix, its rows in the order in which the patches hold their values: group, tap, channel."""
        groups = self.deformable_groups
        taps = self._points // groups
        kernel = ops.reshape(self.kernel, (taps, groups, -1, self.filters))
        return ops.reshape(ops.swapaxes(kernel, 0, 1), (-1, self.filters))

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        kernel_shape = (*self.kernel_size, input_shape[-1], self.filters)
        return tuple(self._convolve(keras.KerasTensor(input_shape), keras.KerasTensor(kernel_shape)).shape)

    def get_config(self) -> dict[str, Any]:
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
        }


def _sample(images: Tensor, y: Tensor, x: Tensor, weight: Tensor | float, groups: int) -> Tensor:
    """Read images between their pixels.

    Shapes: images [batch, height, width, channels]; y, x and weight [batch, rows, columns, points], the points of a group
    side by side; gives [batch, rows, columns, points, channels of a group].
    """
    batch, height, width, channels = ops.shape(images)
    points = y.shape[-1]
    # Gathered from the second axis: along the first TensorFlow makes the gradient sparse, four copies of it, only to
    # warn a moment later that it turns it into a dense one.
    pixels = ops.reshape(images, (1, -1, channels // groups))
    image = ops.reshape(ops.arange(batch, dtype="int32"), (-1, 1, 1, 1))
    group = ops.convert_to_tensor(np.repeat(np.arange(groups), points // groups), "int32")
    sampled = 0.0
    for (row, row_share), (column, column_share) in product(_neighbours(y, height), _neighbours(x, width)):
        pixel = ((image * height + row) * width + column) * groups + group
        share = ops.cast(row_share * column_share * weight, images.dtype)
        sampled = sampled + share[..., None] * ops.squeeze(ops.take(pixels, pixel, axis=1), 0)
    return sampled


def _neighbours(position: Tensor, size: Any) -> Iterator[tuple[Tensor, Tensor]]:
    """The two pixels that each position lies between, and the share of each: none where it is outside the image.

    A pixel outside is read at 0, where it does no harm. Its share is multiplied away, not replaced, so that a position
    that is not a number gives a result that is not one.
    """
    before = ops.floor(position)
    fraction = position - before
    for pixel, share in ((before, 1 - fraction), (before + 1, fraction)):
        inside = ops.logical_and(pixel >= 0, ops.less(pixel, size))
        yield ops.cast(ops.where(inside, pixel, 0), "int32"), share * ops.cast(inside, share.dtype)
