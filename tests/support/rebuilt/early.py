"""Networks of before residual blocks."""

from __future__ import annotations

from keras import Input, Model, applications, layers, ops

from tests.support.rebuilt.parts import Contrast, Tensor, classified, pooled, rectified


def lenet5() -> Model:
    """LeCun et al., 1998, figure 2, with the largest of each window and relu."""
    inputs = Input((8, 8, 1))
    x = layers.UpSampling2D(4, interpolation="bilinear")(inputs)
    x = layers.MaxPooling2D(2)(layers.Conv2D(6, 5, activation="relu")(x))
    x = layers.MaxPooling2D(2)(layers.Conv2D(16, 5, activation="relu")(x))
    x = layers.Flatten()(layers.Conv2D(120, 5, activation="relu")(x))
    return classified(inputs, layers.Dense(84, activation="relu")(x))


def alexnet(size: int) -> Model:
    """arXiv 1404.5997, as torchvision has it."""
    inputs = Input((size, size, 3))
    x = layers.Conv2D(64, 11, strides=4, activation="relu")(layers.ZeroPadding2D(2)(inputs))
    x = layers.MaxPooling2D(3, strides=2)(x)
    x = layers.MaxPooling2D(3, strides=2)(rectified(x, 192, 5))
    x = rectified(rectified(rectified(x, 384, 3), 256, 3), 256, 3)
    return perceptron(inputs, layers.MaxPooling2D(3, strides=2)(x))


def alexnet_of_two(size: int) -> Model:
    """Krizhevsky et al., 2012, as Caffe's bvlc_alexnet has it."""
    inputs = Input((size, size, 3))
    x = Contrast()(layers.Conv2D(96, 11, strides=4, activation="relu")(inputs))
    x = layers.MaxPooling2D(3, strides=2)(x)
    x = layers.MaxPooling2D(3, strides=2)(Contrast()(rectified(x, 256, 5, groups=2)))
    x = rectified(rectified(rectified(x, 384, 3), 384, 3, groups=2), 256, 3, groups=2)
    return perceptron(inputs, layers.MaxPooling2D(3, strides=2)(x))


def perceptron(inputs: Tensor, x: Tensor) -> Model:
    """Two dense layers, and classes."""
    x = layers.Dense(4096, activation="relu")(layers.Flatten()(x))
    return classified(inputs, layers.Dense(4096, activation="relu")(layers.Dropout(0.5)(x)))


def vgg16(size: int) -> Model:
    """arXiv 1409.1556, as Keras has it."""
    return applications.VGG16(weights=None, input_shape=(size, size, 3), classes=10)


def zfnet(size: int) -> Model:
    """arXiv 1311.2901, figure 3: each contrast is normalised after the pool."""
    inputs = Input((size, size, 3))
    x = layers.Conv2D(96, 7, strides=2, activation="relu")(layers.ZeroPadding2D(1)(inputs))
    x = layers.Conv2D(256, 5, strides=2, activation="relu")(Contrast()(pooled(x)))
    x = rectified(Contrast()(pooled(x)), 384, 3)
    return perceptron(inputs, pooled(rectified(rectified(x, 384, 3), 256, 3)))


def nin_cifar10(size: int) -> Model:
    """arXiv 1312.4400, as the authors' Caffe model for CIFAR-10 has it."""
    inputs = Input((size, size, 3))
    x = rectified(rectified(rectified(inputs, 192, 5), 160), 96)
    x = rectified(rectified(rectified(pooled(x), 192, 5), 192), 192)
    x = layers.AveragePooling2D(3, strides=2, padding="same")(x)  # of sizes that are even: over the end, as Caffe's
    x = rectified(rectified(rectified(x, 192, 3), 192), 10)
    return Model(inputs, layers.Softmax()(layers.GlobalAveragePooling2D()(x)))


def nin_imagenet(size: int) -> Model:
    """arXiv 1312.4400, as the authors' Caffe model for ImageNet has it."""
    inputs = Input((size, size, 3))
    x = layers.Conv2D(96, 11, strides=4, activation="relu")(inputs)
    x = pooled(rectified(rectified(x, 96), 96))
    x = pooled(rectified(rectified(rectified(x, 256, 5), 256), 256))
    x = pooled(rectified(rectified(rectified(x, 384, 3), 384), 384))
    x = rectified(rectified(rectified(x, 1024, 3), 1024), 10)
    return Model(inputs, layers.Softmax()(layers.GlobalAveragePooling2D()(x)))


def siamese(size: int, features: int) -> Model:
    """Koch et al., 2015, figure 4: one tower for both images."""
    left, right = Input((size, size, 1), name="left"), Input((size, size, 1), name="right")
    tower: list[Tensor] = []
    for filters, window in ((64, 10), (128, 7), (128, 4)):
        tower += [layers.Conv2D(filters, window, activation="relu"), layers.MaxPooling2D(2)]
    tower += [layers.Conv2D(256, 4, activation="relu"), layers.Flatten()]
    tower.append(layers.Dense(features, activation="sigmoid"))
    ends = []
    for x in (left, right):
        for layer in tower:
            x = layer(x)
        ends.append(x)
    same = layers.Dense(1, activation="sigmoid")(ops.abs(ends[0] - ends[1]))
    return Model({"left": left, "right": right}, same)
