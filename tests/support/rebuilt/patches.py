"""Networks that cut an image into patches."""

from __future__ import annotations

from collections.abc import Sequence

from keras import Input, Model, layers

from tests.support.rebuilt.parts import Places, Tensor, Token, classified, norm


def mlp_mixer(size: int, depth: int, width: int) -> Model:
    """arXiv 2105.01601, the code in its appendix E."""
    inputs = Input((size, size, 3))
    x = layers.Reshape((-1, width))(layers.Conv2D(width, 16, strides=16)(inputs))
    patches = x.shape[1]
    for _ in range(depth):
        y = layers.Permute((2, 1))(layers.LayerNormalization(epsilon=1e-6)(x))
        y = layers.Dense(patches)(layers.Dense(width // 2, activation="gelu")(y))
        x = layers.Add()([x, layers.Permute((2, 1))(y)])
        y = layers.Dense(4 * width, activation="gelu")(layers.LayerNormalization(epsilon=1e-6)(x))
        x = layers.Add()([x, layers.Dense(width)(y)])
    x = layers.GlobalAveragePooling1D()(layers.LayerNormalization(epsilon=1e-6)(x))
    return classified(inputs, x)


def convmixer(size: int, width: int, depth: int, kernel: int, patch: int, activation: str) -> Model:
    """arXiv 2201.09792, figure 3."""
    inputs = Input((size, size, 3))

    def after(x: Tensor) -> Tensor:
        return norm(layers.Activation(activation)(x), None)

    x = after(layers.Conv2D(width, patch, strides=patch)(inputs))
    for _ in range(depth):
        x = layers.Add()([x, after(layers.DepthwiseConv2D(kernel, padding="same")(x))])
        x = after(layers.Conv2D(width, 1)(x))
    return classified(inputs, x)


def poolformer(size: int, blocks: Sequence[int], widths: Sequence[int]) -> Model:
    """arXiv 2111.11418, algorithm 1 and figure 2."""
    x = inputs = Input((size, size, 3))

    def group_norm(x: Tensor) -> Tensor:
        return layers.GroupNormalization(1, epsilon=1e-5)(x)

    def scaled(x: Tensor) -> Tensor:
        return layers.EinsumDense("abcd,d->abcd", x.shape[1:], kernel_initializer="ones")(x)

    for stage, (number, width) in enumerate(zip(blocks, widths, strict=True)):
        x = layers.ZeroPadding2D(1 if stage else 2)(x)
        x = layers.Conv2D(width, 3 if stage else 7, strides=2 if stage else 4)(x)
        for _ in range(number):
            y = group_norm(x)
            y = layers.Subtract()([layers.AveragePooling2D(3, strides=1, padding="same")(y), y])
            x = layers.Add()([x, scaled(y)])
            y = layers.Conv2D(4 * width, 1, activation="gelu")(group_norm(x))
            x = layers.Add()([x, scaled(layers.Conv2D(width, 1)(y))])
    return classified(inputs, group_norm(x))


def vit(size: int, patch: int, width: int, depth: int, heads: int, token: bool) -> Model:
    """arXiv 2010.11929, as timm has it, with a class token or without."""
    inputs = Input((size, size, 3))
    x = layers.Reshape((-1, width))(layers.Conv2D(width, patch, strides=patch)(inputs))
    if token:
        x = layers.Concatenate(axis=1)([Token(width)(inputs), x])
    x = Places(x.shape[1], width)(x)
    for _ in range(depth):
        y = layers.LayerNormalization(epsilon=1e-6)(x)
        x = layers.Add()([x, layers.MultiHeadAttention(heads, width // heads)(y, y)])
        y = layers.Dense(4 * width, activation="gelu")(layers.LayerNormalization(epsilon=1e-6)(x))
        x = layers.Add()([x, layers.Dense(width)(y)])
    x = layers.LayerNormalization(epsilon=1e-6)(x)
    return Model(inputs, layers.Dense(10)(x[:, 0] if token else layers.GlobalAveragePooling1D()(x)))
