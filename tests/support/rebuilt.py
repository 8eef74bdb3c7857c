"""Networks of the zoo that `keras.applications` lacks, rebuilt in Keras's own words from their authors' code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil
from typing import Any

from keras import Input, Model, layers

Tensor = Any


def conv(x: Tensor, filters: int, size: int = 1, strides: int = 1, *, rate: int = 1, bias: bool = False) -> Tensor:
    """A convolution with PyTorch's padding of half a window on each side."""
    if size > 1:
        x = layers.ZeroPadding2D(rate * (size // 2))(x)
    return layers.Conv2D(filters, size, strides=strides, dilation_rate=rate, use_bias=bias)(x)


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


def repvgg(size: int, blocks: Sequence[int], widths: Sequence[int]) -> Model:
    """arXiv 2101.03697, figure 4."""
    x = inputs = Input((size, size, 3))
    for number, width in zip((1, *blocks), (min(64, widths[0]), *widths), strict=True):
        for index in range(number):
            strides = 1 if index else 2
            parts = [norm(conv(x, width, 3, strides), None), norm(conv(x, width, 1, strides), None)]
            if strides == 1:
                parts.append(norm(x, None))
            x = layers.Activation("relu")(layers.Add()(parts))
    return classified(inputs, x)


def repvgg_fused(size: int, blocks: Sequence[int], widths: Sequence[int]) -> Model:
    """arXiv 2101.03697 after learning: 3x3 windows and nothing else."""
    x = inputs = Input((size, size, 3))
    for number, width in zip((1, *blocks), (min(64, widths[0]), *widths), strict=True):
        for index in range(number):
            x = layers.Activation("relu")(conv(x, width, 3, 1 if index else 2, bias=True))
    return classified(inputs, x)


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


def stem(inputs: Tensor) -> Tensor:
    """The first layers of a ResNet."""
    x = layers.ZeroPadding2D(1)(norm(conv(inputs, 64, 7, 2)))  # what a relu yields is not below zero
    return layers.MaxPooling2D(3, strides=2)(x)


def res2net(size: int, blocks: Sequence[int], base: int) -> Model:
    """arXiv 1904.01169, figure 2b, with the authors' first blocks."""
    inputs = Input((size, size, 3))
    x = stem(inputs)
    for stage, number in enumerate(blocks):
        width = base * 2**stage
        for index in range(number):
            strides = 2 if stage and not index else 1
            y = norm(conv(x, 4 * width))
            groups = [y[..., i * width : (i + 1) * width] for i in range(4)]
            seen: list[Tensor] = []
            for group in groups[:3]:
                given = group if not index or not seen else layers.Add()([group, seen[-1]])
                seen.append(norm(conv(given, width, 3, strides)))
            last = groups[3] if index else layers.AveragePooling2D(3, strides)(layers.ZeroPadding2D(1)(groups[3]))
            y = norm(conv(layers.Concatenate()([*seen, last]), 256 * 2**stage), None)
            x = x if index else norm(conv(x, 256 * 2**stage, 1, strides), None)
            x = layers.Activation("relu")(layers.Add()([x, y]))
    return classified(inputs, x)


def cspdarknet53(size: int) -> Model:
    """arXiv 2004.10934, as timm has it."""
    inputs = Input((size, size, 3))

    def leaky(x: Tensor, filters: int, window: int = 1, strides: int = 1) -> Tensor:
        return layers.LeakyReLU(0.01)(norm(conv(x, filters, window, strides), None))

    x = leaky(inputs, 32, 3)
    for filters, blocks in ((64, 1), (128, 2), (256, 8), (512, 8), (1024, 4)):
        half = 64 if filters == 64 else filters // 2
        x = leaky(leaky(x, filters, 3, 2), 2 * half)
        y = x[..., half:]
        for _ in range(blocks):
            y = layers.Add()([y, leaky(leaky(y, 32 if filters == 64 else half), half, 3)])
        x = leaky(layers.Concatenate()([x[..., :half], leaky(y, half)]), filters)
    return classified(inputs, x)


def attention_unet(size: int) -> Model:
    """arXiv 1804.03999, as LeeJunHyun's Image_Segmentation has it."""
    x = inputs = Input((size, size, 3))

    def convolved(x: Tensor, filters: int, times: int = 2) -> Tensor:
        for _ in range(times):
            x = norm(conv(x, filters, 3, bias=True))
        return x

    left = []
    for filters in (64, 128, 256, 512):
        left.append(convolved(x, filters))
        x = layers.MaxPooling2D(2)(left[-1])
    x = convolved(x, 1024)
    for skipped in reversed(left):
        filters = skipped.shape[-1]
        x = convolved(layers.UpSampling2D(2)(x), filters, 1)
        parts = [norm(conv(t, filters // 2, bias=True), None) for t in (x, skipped)]
        factor = norm(conv(layers.Activation("relu")(layers.Add()(parts)), 1, bias=True), "sigmoid")
        x = convolved(layers.Concatenate()([layers.Multiply()([skipped, factor]), x]), filters)
    return Model(inputs, layers.Conv2D(1, 1, activation="sigmoid")(x))


def bottlenecks(x: Tensor, width: int, blocks: int, strides: int = 2, rate: int = 1) -> Tensor:
    """A stage of torchvision's ResNet-50."""
    for index in range(blocks):
        first = 1 if index else strides
        y = norm(conv(norm(conv(x, width)), width, 3, first, rate=rate))
        y = norm(conv(y, 4 * width), None)
        x = x if index else norm(conv(x, 4 * width, 1, first), None)
        x = layers.Activation("relu")(layers.Add()([x, y]))
    return x


def fpn(size: int, blocks: Sequence[int], level: int) -> Model:
    """One level of torchvision's `resnet_fpn_backbone`."""
    inputs = Input((size, size, 3))
    c2 = bottlenecks(stem(inputs), 64, blocks[0], 1)
    c3 = bottlenecks(c2, 128, blocks[1])
    c4 = bottlenecks(c3, 256, blocks[2])
    c5 = bottlenecks(c4, 512, blocks[3])
    x = conv(c5, 256, bias=True)
    for c in (c4, c3, c2)[: 5 - level]:
        x = layers.Add()([conv(c, 256, bias=True), layers.UpSampling2D(2)(x)])
    return Model(inputs, conv(x, 256, 3, bias=True))


def deeplab_v3plus(size: int, blocks: Sequence[int]) -> Model:
    """arXiv 1802.02611, as segmentation_models_pytorch has it on resnet50."""
    inputs = Input((size, size, 3))
    early = bottlenecks(stem(inputs), 64, blocks[0], 1)
    x = bottlenecks(bottlenecks(early, 128, blocks[1]), 256, blocks[2])
    x = bottlenecks(x, 512, blocks[3], 1, rate=2)

    def separable(x: Tensor, rate: int = 1) -> Tensor:
        x = layers.SeparableConv2D(256, 3, padding="same", dilation_rate=rate, use_bias=False)(x)
        return norm(x)

    mean = norm(conv(layers.GlobalAveragePooling2D(keepdims=True)(x), 256))
    mean = layers.UpSampling2D(x.shape[1])(mean)
    parts = [norm(conv(x, 256)), *(separable(x, rate) for rate in (12, 24, 36)), mean]
    x = separable(norm(conv(layers.Concatenate()(parts), 256)))
    x = layers.UpSampling2D(4, interpolation="bilinear")(x)
    x = separable(layers.Concatenate()([x, norm(conv(early, 48))]))
    x = layers.UpSampling2D(4, interpolation="bilinear")(layers.Conv2D(21, 1)(x))
    return Model(inputs, layers.Softmax()(x))
