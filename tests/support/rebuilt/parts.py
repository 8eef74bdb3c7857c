"""Layers that several of the rebuilt networks have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import Model, layers, ops

Tensor = Any


def conv(
    x: Tensor, filters: int, size: int = 1, strides: int = 1, *, rate: int = 1, groups: int = 1, bias: bool = False
) -> Tensor:
    """A convolution with PyTorch's padding of half a window on each side."""
    if size > 1:
        x = layers.ZeroPadding2D(rate * (size // 2))(x)
    return layers.Conv2D(filters, size, strides=strides, dilation_rate=rate, groups=groups, use_bias=bias)(x)


def rectified(x: Tensor, filters: int, size: int = 1, strides: int = 1, groups: int = 1) -> Tensor:
    """The same with a bias and a relu, as networks had it before batch normalisation."""
    return layers.Activation("relu")(conv(x, filters, size, strides, groups=groups, bias=True))


def depthwise(x: Tensor, size: int, strides: int = 1) -> Tensor:
    """The same for each channel alone."""
    return layers.DepthwiseConv2D(size, strides=strides, use_bias=False)(layers.ZeroPadding2D(size // 2)(x))


def norm(x: Tensor, activation: str | Callable[[Tensor], Tensor] | None = "relu") -> Tensor:
    """Batch normalisation with PyTorch's epsilon, and an activation."""
    x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
    return x if activation is None else layers.Activation(activation)(x)


def classified(inputs: Tensor, x: Tensor, classes: int = 10) -> Model:
    """The mean over all places, and classes."""
    if len(x.shape) == 4:
        x = layers.GlobalAveragePooling2D()(x)
    return Model(inputs, layers.Dense(classes, activation="softmax")(x))


def pooled(x: Tensor, size: int = 3, strides: int = 2) -> Tensor:
    """The largest of windows that may reach over the end, as Caffe's; what it reads is not below zero."""
    rest = [(0, -(side - size) % strides) for side in x.shape[1:3]]
    return layers.MaxPooling2D(size, strides=strides)(layers.ZeroPadding2D(tuple(rest))(x))


def gated(x: Tensor, squeezed: int) -> Tensor:
    """Squeeze and excitation, arXiv 1709.01507, figure 2."""
    s = layers.GlobalAveragePooling2D(keepdims=True)(x)
    s = layers.Conv2D(squeezed, 1, activation="relu")(s)
    return layers.Multiply()([x, layers.Conv2D(x.shape[-1], 1, activation="sigmoid")(s)])


def shuffled(x: Tensor, groups: int) -> Tensor:
    """The channels of all groups in turn, arXiv 1707.01083, section 3.1."""
    height, width, channels = x.shape[1:]
    x = layers.Reshape((height, width, groups, channels // groups))(x)
    return layers.Reshape((height, width, channels))(layers.Permute((1, 2, 4, 3))(x))


class Contrast(layers.Layer):
    """Caffe's local response normalisation over five channels with an alpha of 1e-4, which it divides among them."""

    def call(self, x: Tensor) -> Tensor:
        squares = ops.pad(ops.square(x), [(0, 0), (0, 0), (0, 0), (2, 2)])
        total = sum(squares[..., i : i + x.shape[-1]] for i in range(5))
        return x / (1 + 1e-4 / 5 * total) ** 0.75


class Places(layers.Layer):
    """A learned vector for each place, added to what stands there, as Keras's examples have it."""

    def __init__(self, places: int, width: int) -> None:
        super().__init__()
        self.table = layers.Embedding(places, width)
        self.supports_masking = True

    def call(self, x: Tensor) -> Tensor:
        return x + self.table(ops.arange(x.shape[1]))


class Token(layers.Layer):
    """The same learned vector before each sequence."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.table = layers.Embedding(1, width)

    def call(self, x: Tensor) -> Tensor:
        return self.table(ops.zeros((ops.shape(x)[0], 1), dtype="int32"))

    def compute_output_shape(self, shape: Tensor) -> Tensor:
        return (shape[0], 1, self.table.output_dim)
