"""Networks for small machines."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from keras import Input, Model, layers, ops

from tests.support.rebuilt.parts import Tensor, classified, conv, depthwise, norm, pooled, rectified, shuffled

GHOSTS = [  # arXiv 1911.11907, table 1: window, expansion, filters, squeeze, strides
    *((3, 16, 16, False, 1), (3, 48, 24, False, 2), (3, 72, 24, False, 1), (5, 72, 40, True, 2), (5, 120, 40, True, 1)),
    *((3, 240, 80, False, 2), (3, 200, 80, False, 1), (3, 184, 80, False, 1), (3, 184, 80, False, 1)),
    *((3, 480, 112, True, 1), (3, 672, 112, True, 1), (5, 672, 160, True, 2), (5, 960, 160, False, 1)),
    *((5, 960, 160, True, 1), (5, 960, 160, False, 1), (5, 960, 160, True, 1)),
]


def ghostnet(size: int, wider: float) -> Model:
    """arXiv 1911.11907, figures 2 and 3, and the authors' rule for widths."""
    inputs = Input((size, size, 3))

    def rounded(value: float) -> int:
        near = max(4, int(value + 2) // 4 * 4)
        return near if near >= 0.9 * value else near + 4

    def ghost(x: Tensor, filters: int, activation: str | None = "relu") -> Tensor:
        x = norm(conv(x, ceil(filters / 2)), activation)
        return layers.Concatenate()([x, norm(depthwise(x, 3), activation)])

    x = norm(conv(inputs, rounded(16 * wider), 3, 2))
    for window, expansion, width, squeeze, strides in GHOSTS:
        filters, y = rounded(width * wider), ghost(x, rounded(expansion * wider))
        if strides > 1:
            y = norm(depthwise(y, window, strides), None)
        if squeeze:
            wide = y.shape[-1]
            s = layers.GlobalAveragePooling2D(keepdims=True)(y)
            s = layers.Conv2D(wide, 1)(layers.Conv2D(rounded(wide / 4), 1, activation="relu")(s))
            y = layers.Multiply()([y, layers.Activation("hard_sigmoid")(s)])
        y = ghost(y, filters, None)
        if strides > 1 or x.shape[-1] != filters:
            x = norm(conv(norm(depthwise(x, window, strides), None), filters), None)
        x = layers.Add()([x, y])
    x = layers.GlobalAveragePooling2D()(norm(conv(x, rounded(960 * wider))))
    return classified(inputs, layers.Dense(1280, activation="relu")(x))


def mnasnet(size: int, alpha: float) -> Model:
    """arXiv 1807.11626 as torchvision has it."""
    inputs = Input((size, size, 3))

    def rounded(value: float) -> int:
        near = max(8, int(value + 4) // 8 * 8)
        return near if near >= 0.9 * value else near + 8

    x = norm(conv(inputs, rounded(32 * alpha), 3, 2))
    x = norm(conv(norm(depthwise(x, 3)), rounded(16 * alpha)), None)
    rows = [
        (24, 3, 2, 3, 3),
        (40, 5, 2, 3, 3),
        (80, 5, 2, 6, 3),
        (96, 3, 1, 6, 2),
        (192, 5, 2, 6, 4),
        (320, 3, 1, 6, 1),
    ]
    for width, window, first, expansion, blocks in rows:
        for index in range(blocks):
            y = norm(conv(x, expansion * x.shape[-1]))
            y = norm(depthwise(y, window, 1 if index else first))
            y = norm(conv(y, rounded(width * alpha)), None)
            x = layers.Add()([x, y]) if index else y
    return classified(inputs, norm(conv(x, 1280)))


def shufflenet(size: int, groups: int, width: int, first: int) -> Model:
    """arXiv 1707.01083, figure 2; the mean of the shortcut counts the zeros around the image, as in the authors' code."""
    inputs = Input((size, size, 3))

    def branch(x: Tensor, narrow: int, filters: int, strides: int, entering: int) -> Tensor:
        y = norm(conv(x, narrow, groups=entering))
        y = norm(depthwise(shuffled(y, groups), 3, strides), None)
        return norm(conv(y, filters, groups=groups), None)

    x = norm(conv(inputs, first, 3, 2))
    x = layers.MaxPooling2D(3, strides=2)(layers.ZeroPadding2D(1)(x))
    for stage, blocks in enumerate((4, 8, 4)):
        filters = width * 2**stage
        for index in range(blocks):
            if index:
                x = layers.Add()([x, branch(x, filters // 4, filters, 1, groups)])
            else:
                mean = layers.AveragePooling2D(3, strides=2)(layers.ZeroPadding2D(1)(x))
                y = branch(x, filters // 4, filters - x.shape[-1], 2, groups if stage else 1)
                x = layers.Concatenate()([mean, y])
            x = layers.Activation("relu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return Model(inputs, layers.Dense(10, activation="softmax", use_bias=False)(x))


def shufflenet_v2(size: int, widths: Sequence[int], last: int) -> Model:
    """arXiv 1807.11164, figures 3c and 3d, as torchvision has it."""
    inputs = Input((size, size, 3))

    def branch(x: Tensor, half: int, strides: int) -> Tensor:
        y = norm(depthwise(norm(conv(x, half)), 3, strides), None)
        return norm(conv(y, half))

    x = norm(conv(inputs, 24, 3, 2))
    x = layers.MaxPooling2D(3, strides=2)(layers.ZeroPadding2D(1)(x))
    for width, blocks in zip(widths, (4, 8, 4), strict=True):
        half = width // 2
        for index in range(blocks):
            if index:
                left, right = x[..., :half], branch(x[..., half:], half, 1)
            else:
                left, right = norm(conv(norm(depthwise(x, 3, 2), None), half)), branch(x, half, 2)
            x = shuffled(layers.Concatenate()([left, right]), 2)
    return classified(inputs, norm(conv(x, last)))


def squeezenet(size: int, version: float) -> Model:
    """arXiv 1602.07360, as torchvision has it."""
    inputs = Input((size, size, 3))
    first = (96, 7) if version == 1.0 else (64, 3)
    pools = {3, 7} if version == 1.0 else {2, 4}  # before which of the fire modules, beside the first
    x = pooled(layers.Conv2D(*first, strides=2, activation="relu")(inputs))
    for index, squeezed in enumerate((16, 16, 32, 32, 48, 48, 64, 64)):
        if index in pools:
            x = pooled(x)
        x = rectified(x, squeezed)
        x = layers.Concatenate()([rectified(x, 4 * squeezed), rectified(x, 4 * squeezed, 3)])
    x = layers.GlobalAveragePooling2D()(rectified(x, 10))
    return Model(inputs, layers.Softmax()(x))


def mobilevit(
    size: int, widths: Sequence[int], inner: Sequence[int], expansion: int, last: int, depths: Sequence[int] = (2, 4, 3)
) -> Model:
    """arXiv 2110.02178, figure 1 (b), as timm has it: the places of a patch are brought into the batch."""
    inputs = Input((size, size, 3))

    def unit(x: Tensor, filters: int, window: int = 1, strides: int = 1) -> Tensor:
        return norm(conv(x, filters, window, strides), "silu")

    def inverted(x: Tensor, filters: int, strides: int = 1) -> Tensor:
        y = norm(depthwise(unit(x, expansion * x.shape[-1]), 3, strides), "silu")
        y = norm(conv(y, filters), None)
        return layers.Add()([x, y]) if strides == 1 and x.shape[-1] == filters else y

    def far(x: Tensor, width: int, depth: int) -> Tensor:
        side, filters = x.shape[1], x.shape[-1]
        y = conv(unit(x, filters, 3), width)
        half = side // 2
        y = ops.transpose(ops.reshape(y, (-1, half, 2, half, 2, width)), (0, 2, 4, 1, 3, 5))
        y = ops.reshape(y, (-1, half * half, width))  # each of the four places of all patches, an example
        for _ in range(depth):
            z = layers.LayerNormalization(epsilon=1e-5)(y)
            y = layers.Add()([y, layers.MultiHeadAttention(4, width // 4)(z, z)])
            z = layers.Dense(2 * width, activation="silu")(layers.LayerNormalization(epsilon=1e-5)(y))
            y = layers.Add()([y, layers.Dense(width)(z)])
        y = ops.reshape(layers.LayerNormalization(epsilon=1e-5)(y), (-1, 2, 2, half, half, width))
        y = ops.reshape(ops.transpose(y, (0, 3, 1, 4, 2, 5)), (-1, side, side, width))
        return unit(layers.Concatenate()([x, unit(y, filters)]), filters, 3)

    x = inverted(inverted(unit(inputs, 16, 3, 2), widths[0]), widths[1], 2)
    x = inverted(inverted(x, widths[1]), widths[1])
    for filters, width, depth in zip(widths[2:], inner, depths, strict=True):
        x = far(inverted(x, filters, 2), width, depth)
    return classified(inputs, unit(x, last))
