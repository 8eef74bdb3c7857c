"""Networks that say something of every place of an image."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from keras import Input, Model, layers

from tests.support.rebuilt.parts import Tensor, conv, norm
from tests.support.rebuilt.residual import bottlenecks, stem


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


def unet(size: int, padding: str) -> Model:
    """arXiv 1505.04597, figure 1; what comes from the left is cropped to what comes from below."""
    x = inputs = Input((size, size, 1))

    def twice(x: Tensor, filters: int) -> Tensor:
        for _ in range(2):
            x = layers.Conv2D(filters, 3, padding=padding, activation="relu")(x)
        return x

    left = []
    for filters in (64, 128, 256, 512):
        left.append(twice(x, filters))
        x = layers.MaxPooling2D(2)(left[-1])
    x = twice(x, 1024)
    for skipped in reversed(left):
        filters = skipped.shape[-1]
        x = layers.Conv2DTranspose(filters, 2, strides=2)(x)
        edge = (skipped.shape[1] - x.shape[1]) // 2
        skipped = skipped[:, edge : edge + x.shape[1], edge : edge + x.shape[2]]
        x = twice(layers.Concatenate()([skipped, x]), filters)
    return Model(inputs, layers.Conv2D(2, 1, activation="softmax")(x))


def yolov8(size: int, width: float, depth: float, most: int, classes: int) -> Model:
    """Ultralytics' yolov8.yaml line by line, and the convolutions of its Detect."""
    inputs = Input((size, size, 3))

    def unit(x: Tensor, filters: int, window: int = 3, strides: int = 1) -> Tensor:
        x = layers.BatchNormalization(epsilon=1e-3)(conv(x, filters, window, strides))
        return layers.Activation("silu")(x)

    def c2f(x: Tensor, filters: int, times: int, shortcut: bool = False) -> Tensor:
        x = unit(x, scaled(filters), 1)
        half = x.shape[-1] // 2
        parts = [x[..., :half], x[..., half:]]
        for _ in range(max(1, round(times * depth))):
            y = unit(unit(parts[-1], half), half)
            parts.append(layers.Add()([parts[-1], y]) if shortcut else y)
        return unit(layers.Concatenate()(parts), scaled(filters), 1)

    def scaled(filters: int) -> int:
        return ceil(min(filters, most) * width / 8) * 8

    def down(x: Tensor, filters: int) -> Tensor:
        return unit(x, scaled(filters), 3, 2)

    def joined(x: Tensor, other: Tensor) -> Tensor:
        return layers.Concatenate()([x, other])

    x = c2f(down(down(inputs, 64), 128), 128, 3, True)
    p3 = c2f(down(x, 256), 256, 6, True)
    p4 = c2f(down(p3, 512), 512, 6, True)
    x = c2f(down(p4, 1024), 1024, 3, True)
    pools = [unit(x, x.shape[-1] // 2, 1)]
    for _ in range(3):
        pools.append(layers.MaxPooling2D(5, strides=1, padding="same")(pools[-1]))
    p5 = unit(layers.Concatenate()(pools), scaled(1024), 1)
    middle = c2f(joined(layers.UpSampling2D(2)(p5), p4), 512, 3)
    fine = c2f(joined(layers.UpSampling2D(2)(middle), p3), 256, 3)
    medium = c2f(joined(down(fine, 256), middle), 512, 3)
    coarse = c2f(joined(down(medium, 512), p5), 1024, 3)

    def detected(x: Tensor) -> Tensor:
        sides, kinds = max(16, fine.shape[-1] // 4, 4 * 16), max(fine.shape[-1], min(classes, 100))
        box = conv(unit(unit(x, sides), sides), 4 * 16, bias=True)
        return joined(box, conv(unit(unit(x, kinds), kinds), classes, bias=True))

    names = ("eighth", "sixteenth", "thirty_second")
    return Model(inputs, {name: detected(x) for name, x in zip(names, (fine, medium, coarse), strict=True)})


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
