"""Networks of inception modules."""

from __future__ import annotations

from typing import Any

from keras import Input, Model, layers

from tests.support.rebuilt.parts import Contrast, Tensor, classified, conv, norm, pooled, rectified


def googlenet(size: int) -> Model:
    """arXiv 1409.4842, table 1, as Caffe's bvlc_googlenet has it."""
    inputs = Input((size, size, 3))

    def inception(x: Tensor, one: int, three: tuple[int, int], five: tuple[int, int], project: int) -> Tensor:
        ends = [rectified(x, one), rectified(rectified(x, three[0]), three[1], 3)]
        ends.append(rectified(rectified(x, five[0]), five[1], 5))
        ends.append(rectified(layers.MaxPooling2D(3, strides=1, padding="same")(x), project))
        return layers.Concatenate()(ends)

    def classifier(x: Tensor) -> Tensor:
        x = layers.Flatten()(rectified(layers.AveragePooling2D(5, strides=3)(x), 128))
        x = layers.Dropout(0.7)(layers.Dense(1024, activation="relu")(x))
        return layers.Dense(10, activation="softmax")(x)

    x = Contrast()(pooled(rectified(inputs, 64, 7, 2)))
    x = pooled(Contrast()(rectified(rectified(x, 64), 192, 3)))
    x = inception(x, 64, (96, 128), (16, 32), 32)
    x = pooled(inception(x, 128, (128, 192), (32, 96), 64))
    x = inception(x, 192, (96, 208), (16, 48), 64)
    aux1 = classifier(x)
    x = inception(x, 160, (112, 224), (24, 64), 64)
    x = inception(x, 128, (128, 256), (24, 64), 64)
    x = inception(x, 112, (144, 288), (32, 64), 64)
    aux2 = classifier(x)
    x = pooled(inception(x, 256, (160, 320), (32, 128), 128))
    x = inception(x, 256, (160, 320), (32, 128), 128)
    x = layers.GlobalAveragePooling2D()(inception(x, 384, (192, 384), (48, 128), 128))
    main = layers.Dense(10, activation="softmax")(layers.Dropout(0.4)(x))
    return Model(inputs, {"main": main, "aux1": aux1, "aux2": aux2})


def inception_v2(size: int) -> Model:
    """arXiv 1502.03167, figure 5, as Caffe's bn_inception has it: with biases, and means that count zeros."""
    inputs = Input((size, size, 3))

    def unit(x: Tensor, filters: int, window: int = 1, strides: int = 1) -> Tensor:
        return norm(conv(x, filters, window, strides, bias=True))

    def inception(
        x: Tensor, narrow: int, wide: tuple[int, int], deep: tuple[int, int], project: int, pool: str = "avg"
    ) -> Tensor:
        window = {"avg": layers.AveragePooling2D, "max": layers.MaxPooling2D}[pool]
        ends = [unit(x, narrow), unit(unit(x, wide[0]), wide[1], 3)]
        ends.append(unit(unit(unit(x, deep[0]), deep[1], 3), deep[1], 3))
        ends.append(unit(window(3, strides=1)(layers.ZeroPadding2D(1)(x)), project))
        return layers.Concatenate()(ends)

    def reduction(x: Tensor, wide: tuple[int, int], deep: tuple[int, int]) -> Tensor:
        ends = [unit(unit(x, wide[0]), wide[1], 3, 2)]
        ends.append(unit(unit(unit(x, deep[0]), deep[1], 3), deep[1], 3, 2))
        return layers.Concatenate()([*ends, pooled(x)])

    x = pooled(unit(inputs, 64, 7, 2))
    x = pooled(unit(unit(x, 64), 192, 3))
    x = inception(x, 64, (64, 64), (64, 96), 32)
    x = inception(x, 64, (64, 96), (64, 96), 64)
    x = reduction(x, (128, 160), (64, 96))
    x = inception(x, 224, (64, 96), (96, 128), 128)
    x = inception(x, 192, (96, 128), (96, 128), 128)
    x = inception(x, 160, (128, 160), (128, 160), 128)
    x = inception(x, 96, (128, 192), (160, 192), 128)
    x = reduction(x, (128, 192), (192, 256))
    x = inception(x, 352, (192, 320), (160, 224), 128)
    x = inception(x, 352, (192, 320), (192, 224), 128, "max")
    return classified(inputs, x)


def unit(x: Tensor, filters: int, window: int | tuple[int, int] = 1, strides: int = 1, padding: str = "same") -> Tensor:
    """A convolution of the Inceptions after the second; those that stride pad nothing."""
    padding = "valid" if strides > 1 else padding
    x = layers.Conv2D(filters, window, strides=strides, padding=padding, use_bias=False)(x)
    return layers.Activation("relu")(layers.BatchNormalization(epsilon=1e-3)(x))


def chain(x: Tensor, *units: tuple[Any, ...]) -> Tensor:
    """Convolutions one after the other, each as `unit` takes it."""
    for arguments in units:
        x = unit(x, *arguments)
    return x


def inception_v4(size: int) -> Model:
    """arXiv 1602.07261, figures 3 to 9, as timm has it."""
    inputs = Input((size, size, 3))
    joined, row, column = layers.Concatenate, (1, 7), (7, 1)

    def mean(x: Tensor) -> Tensor:
        return layers.AveragePooling2D(3, strides=1, padding="same")(x)

    def largest(x: Tensor) -> Tensor:
        return layers.MaxPooling2D(3, strides=2)(x)

    def cross(x: Tensor) -> Tensor:
        return joined()([unit(x, 256, (1, 3)), unit(x, 256, (3, 1))])

    x = chain(inputs, (32, 3, 2), (32, 3, 1, "valid"), (64, 3))
    x = joined()([largest(x), unit(x, 96, 3, 2)])
    wide, deep = chain(x, (64,), (96, 3, 1, "valid")), chain(x, (64,), (64, row), (64, column), (96, 3, 1, "valid"))
    x = joined()([wide, deep])
    x = joined()([unit(x, 192, 3, 2), largest(x)])
    for _ in range(4):
        wide, deep = chain(x, (64,), (96, 3)), chain(x, (64,), (96, 3), (96, 3))
        x = joined()([unit(x, 96), wide, deep, unit(mean(x), 96)])
    x = joined()([unit(x, 384, 3, 2), chain(x, (192,), (224, 3), (256, 3, 2)), largest(x)])
    for _ in range(7):
        wide = chain(x, (192,), (224, row), (256, column))
        deep = chain(x, (192,), (192, column), (224, row), (224, column), (256, row))
        x = joined()([unit(x, 384), wide, deep, unit(mean(x), 128)])
    deep = chain(x, (256,), (256, row), (320, column), (320, 3, 2))
    x = joined()([chain(x, (192,), (192, 3, 2)), deep, largest(x)])
    for _ in range(3):
        deep = cross(chain(x, (384,), (448, (3, 1)), (512, (1, 3))))
        x = joined()([unit(x, 256), cross(unit(x, 384)), deep, unit(mean(x), 256)])
    return classified(inputs, x)


def inception_resnet_v1(size: int) -> Model:
    """arXiv 1602.07261, figures 10 to 15, as facenet-pytorch has it."""
    inputs = Input((size, size, 3))
    joined = layers.Concatenate

    def largest(x: Tensor) -> Tensor:
        return layers.MaxPooling2D(3, strides=2)(x)

    def corrected(x: Tensor, parts: list[Tensor], scale: float, last: bool = False) -> Tensor:
        x = layers.Add()([x, scale * conv(joined()(parts), x.shape[-1], bias=True)])
        return x if last else layers.Activation("relu")(x)

    x = chain(inputs, (32, 3, 2), (32, 3, 1, "valid"), (64, 3))
    x = chain(largest(x), (80,), (192, 3, 1, "valid"), (256, 3, 2))
    for _ in range(5):
        x = corrected(x, [unit(x, 32), chain(x, (32,), (32, 3)), chain(x, (32,), (32, 3), (32, 3))], 0.17)
    x = joined()([unit(x, 384, 3, 2), chain(x, (192,), (192, 3), (256, 3, 2)), largest(x)])
    for _ in range(10):
        x = corrected(x, [unit(x, 128), chain(x, (128,), (128, (1, 7)), (128, (7, 1)))], 0.1)
    ends = [chain(x, (256,), (384, 3, 2)), chain(x, (256,), (256, 3, 2)), chain(x, (256,), (256, 3), (256, 3, 2))]
    x = joined()([*ends, largest(x)])
    for index in range(6):
        last = index == 5
        parts = [unit(x, 192), chain(x, (192,), (192, (1, 3)), (192, (3, 1)))]
        x = corrected(x, parts, 1.0 if last else 0.2, last)
    return classified(inputs, x)
