"""Networks that read videos, and networks that make pictures."""

from __future__ import annotations

from collections.abc import Sequence

from keras import Input, Model, layers

from tests.support.rebuilt.parts import Tensor, norm


def r2plus1d(frames: int, size: int, blocks: Sequence[int]) -> Model:
    """arXiv 1711.11248, section 3.5, as torchvision has it."""
    inputs = Input((frames, size, size, 3))

    def convolved(x: Tensor, filters: int, window: tuple[int, int, int], strides: tuple[int, int, int]) -> Tensor:
        x = layers.ZeroPadding3D(tuple(side // 2 for side in window))(x)
        return layers.Conv3D(filters, window, strides=strides, use_bias=False)(x)

    def factored(x: Tensor, filters: int, between: int, strides: int = 1) -> Tensor:
        x = norm(convolved(x, between, (1, 3, 3), (1, strides, strides)))
        return norm(convolved(x, filters, (3, 1, 1), (strides, 1, 1)), None)

    x = norm(convolved(inputs, 45, (1, 7, 7), (1, 2, 2)))
    x = norm(convolved(x, 64, (3, 1, 1), (1, 1, 1)))
    for stage, number in enumerate(blocks):
        filters = 64 * 2**stage
        for index in range(number):
            strides = 2 if stage and not index else 1
            between = x.shape[-1] * filters * 3 * 3 * 3 // (x.shape[-1] * 3 * 3 + 3 * filters)
            y = layers.Activation("relu")(factored(x, filters, between, strides))
            y = factored(y, filters, between)
            if strides > 1:
                x = norm(convolved(x, filters, (1, 1, 1), (2, 2, 2)), None)
            x = layers.Activation("relu")(layers.Add()([x, y]))
    return Model(inputs, layers.Dense(10)(layers.GlobalAveragePooling3D()(x)))


def c3d() -> Model:
    """arXiv 1412.0767, figure 3; the last pool of 7 reaches over the end, as in the authors' Caffe."""
    inputs = Input((16, 112, 112, 3))

    def convolved(x: Tensor, *filters: int) -> Tensor:
        for number in filters:
            x = layers.Conv3D(number, 3, activation="relu")(layers.ZeroPadding3D(1)(x))
        return x

    x = layers.MaxPooling3D((1, 2, 2))(convolved(inputs, 64))
    for filters in ((128,), (256, 256), (512, 512)):
        x = layers.MaxPooling3D(2)(convolved(x, *filters))
    x = layers.ZeroPadding3D(((0, 0), (0, 1), (0, 1)))(convolved(x, 512, 512))
    x = layers.Flatten()(layers.MaxPooling3D(2)(x))
    for _ in range(2):
        x = layers.Dropout(0.5)(layers.Dense(4096, activation="relu")(x))
    return Model(inputs, layers.Dense(10)(x))


def cnn_lstm(frames: int, size: int) -> Model:
    """arXiv 1411.4389, figure 1: the same layers look at each frame, and what follows reads them in turn."""
    x = inputs = Input((frames, size, size, 3))
    each = layers.TimeDistributed
    for filters in (16, 32, 64):
        x = each(layers.Conv2D(filters, 3, padding="same", activation="relu"))(x)
        x = each(layers.MaxPooling2D(2) if filters < 64 else layers.GlobalAveragePooling2D())(x)
    return Model(inputs, layers.Dense(10)(layers.LSTM(64)(x)))


def dcgan_generator(filters: int) -> Model:
    """arXiv 1511.06434, figure 1, as PyTorch's tutorial has it: its padding of one cuts one off each side."""
    inputs = Input((1, 1, 100))
    x = norm(layers.Conv2DTranspose(8 * filters, 4, use_bias=False)(inputs))
    for factor in (4, 2, 1, 0):
        x = layers.Conv2DTranspose(factor * filters or 3, 4, strides=2, use_bias=False)(x)
        x = layers.Cropping2D(1)(x)
        if factor:
            x = norm(x)
    return Model(inputs, layers.Activation("tanh")(x))


def dcgan_discriminator(filters: int) -> Model:
    """arXiv 1511.06434, as PyTorch's tutorial has it."""
    x = inputs = Input((64, 64, 3))
    for factor in (1, 2, 4, 8):
        x = layers.ZeroPadding2D(1)(x)
        x = layers.Conv2D(factor * filters, 4, strides=2, use_bias=False)(x)
        if factor > 1:
            x = norm(x, None)
        x = layers.LeakyReLU(0.2)(x)
    x = layers.Conv2D(1, 4, use_bias=False)(x)
    return Model(inputs, layers.Activation("sigmoid")(layers.Flatten()(x)))


def autoencoder(code: int) -> Model:
    """Masci et al., 2011, as Keras's examples have it: strides down to a code and up again."""
    x = inputs = Input((28, 28, 1))
    for filters in (32, 64):
        x = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.Dense(code)(layers.Flatten()(x))
    x = layers.Reshape((7, 7, 64))(layers.Dense(7 * 7 * 64, activation="relu")(x))
    for filters in (64, 32):
        x = layers.Conv2DTranspose(filters, 3, strides=2, padding="same", activation="relu")(x)
    return Model(inputs, layers.Conv2DTranspose(1, 3, padding="same", activation="sigmoid")(x))
