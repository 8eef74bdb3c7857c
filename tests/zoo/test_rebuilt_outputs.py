"""Networks of several inputs or outputs against the same in Keras's own words: weights copied in the order of the layers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers, ops

import netspec
from tests.support.matching import scramble

SPECS = Path(__file__).parent.parent.parent / "specs"
BOUND = 1e-5
Tensor = Any


class Shares(layers.Layer):
    """EfficientDet's "fast normalised fusion" (arXiv 1911.09070, section 3.3)."""

    def build(self, shapes: Any) -> None:
        self.shares = self.add_weight(shape=(len(shapes),), initializer="ones", name="shares")

    def call(self, levels: list[Tensor]) -> Tensor:
        shares = ops.relu(self.shares)
        return sum(shares[i] * level for i, level in enumerate(levels)) / (ops.sum(shares) + 1e-4)


class Detector:
    """EfficientDet-D0 by the code of effdet; `made` holds the layers with weights in the order in which it makes them."""

    def __init__(self, filters: int) -> None:
        self.filters = filters
        self.made: list[Any] = []

    def put(self, layer: Any) -> Any:
        self.made.append(layer)
        return layer

    def norm(self, x: Tensor, activate: bool = True) -> Tensor:
        x = self.put(layers.BatchNormalization(momentum=0.99, epsilon=1e-3))(x)
        return ops.silu(x) if activate else x

    def conv(self, x: Tensor, filters: int, bias: bool = False, size: int = 1, strides: int = 1) -> Tensor:
        return self.put(layers.Conv2D(filters, size, strides=strides, padding="same", use_bias=bias))(x)

    def separable(self, filters: int) -> Any:
        return self.put(layers.SeparableConv2D(filters, 3, padding="same"))

    def mbconv(self, x: Tensor, filters: int, size: int, strides: int, expansion: int) -> Tensor:
        channels = x.shape[-1]
        if expansion > 1:
            x = self.norm(self.conv(x, expansion * channels))
        x = self.norm(self.put(layers.DepthwiseConv2D(size, strides=strides, padding="same", use_bias=False))(x))
        gate = layers.GlobalAveragePooling2D(keepdims=True)(x)
        gate = ops.silu(self.conv(gate, channels // 4, bias=True))
        x = x * ops.sigmoid(self.conv(gate, expansion * channels, bias=True))
        return self.norm(self.conv(x, filters), activate=False)

    def backbone(self, x: Tensor) -> list[Tensor]:
        x = self.norm(self.conv(x, 32, size=3, strides=2))
        found = []
        for filters, size, strides, expansion, repeats in (
            (16, 3, 1, 1, 1),
            (24, 3, 2, 6, 2),
            (40, 5, 2, 6, 2),
            (80, 3, 2, 6, 3),
            (112, 5, 1, 6, 3),
            (192, 5, 2, 6, 4),
            (320, 3, 1, 6, 1),
        ):
            x = self.mbconv(x, filters, size, strides, expansion)
            for _ in range(repeats - 1):
                x = x + self.mbconv(x, filters, size, 1, 6)
            found.append(x)
        return [found[2], found[4], found[6]]

    def resampled(self, x: Tensor) -> Tensor:
        return self.norm(self.conv(x, self.filters, bias=True), activate=False)

    def fused(self, *levels: Tensor) -> Tensor:
        x = ops.silu(self.put(Shares())(list(levels)))
        return self.norm(self.separable(self.filters)(x), activate=False)

    def cell(self, down: list[Tensor], up: list[Tensor]) -> list[Tensor]:
        """`up` are the middle levels as the way up reads them."""
        way = [down[4]]
        for level in reversed(down[:4]):
            way.insert(0, self.fused(level, layers.UpSampling2D()(way[0])))
        found = [way[0]]
        for level, between in zip(up, way[1:4], strict=True):
            found.append(self.fused(level, between, half(found[-1])))
        return [*found, self.fused(down[4], half(found[-1]))]

    def share(self) -> None:
        """Shares that tell levels apart: one below 0, which counts nothing, and others that differ."""
        rng = np.random.default_rng(2)
        for layer in self.made:
            if isinstance(layer, Shares):
                layer.set_weights([rng.permutation([-0.3, 0.004, 0.009][: layer.shares.shape[0]])])

    def heads(self, levels: list[Tensor], values: int) -> list[Tensor]:
        found, convs = [], []
        for number, level in enumerate(levels):
            x = level
            for depth in range(3):
                if not number:
                    convs.append(self.separable(self.filters))
                x = self.norm(convs[depth](x))
            if not number:
                convs.append(self.separable(values))
            found.append(convs[3](x))
        return found

    def pyramid(self, c3: Tensor, c4: Tensor, c5: Tensor) -> list[Tensor]:
        p3, p4, p4_up, p5, p5_up, p6 = (self.resampled(c) for c in (c3, c4, c4, c5, c5, c5))
        p6 = half(p6)
        levels = self.cell([p3, p4, p5, p6, half(p6)], [p4_up, p5_up, p6])
        for _ in range(2):
            levels = self.cell(levels, levels[1:4])
        return levels

    def model(self, size: int, classes: int, anchors: int) -> Any:
        inputs = keras.Input((size, size, 3))
        levels = self.pyramid(*self.backbone(inputs))
        found = [*self.heads(levels, classes * anchors), *self.heads(levels, 4 * anchors)]
        return keras.Model(inputs, found)

    def neck(self, size: int, widths: list[int]) -> Any:
        """The pyramid alone."""
        inputs = [keras.Input((size >> i, size >> i, width)) for i, width in enumerate(widths)]
        return keras.Model(inputs, self.pyramid(*inputs))


def half(x: Tensor) -> Tensor:
    return layers.MaxPooling2D(3, strides=2, padding="same")(x)


def agree(
    name: str, params: dict[str, Any], theirs: Any, made: list[Any], draw: Callable[[tuple[int, ...]], Any]
) -> None:
    """All outputs, in the spec's order, once ours has the weights of theirs."""
    spec = SPECS / f"{name}.yaml"
    ours = netspec.build(spec, params=params)
    scramble(theirs)
    paths = [node.path for node in netspec.load(spec, params=params).nodes if sum(node.weights) and node.share is None]
    for path, layer in zip(paths, made, strict=True):
        ours.get_layer(path.replace(".", "_")).set_weights(layer.get_weights())
    assert ours.count_params() == theirs.count_params()
    x = [draw((2, *tensor.shape[1:])) for tensor in theirs.inputs]
    outputs = ours(dict(zip(ours.input, x, strict=True)) if len(x) > 1 else x[0], training=False)
    names = list(ours.output) if isinstance(ours.output, dict) else [name]
    here = [outputs[output] for output in names] if isinstance(ours.output, dict) else [outputs]
    there = keras.tree.flatten(theirs(x if len(x) > 1 else x[0], training=False))
    for output, a, b in zip(names, here, there, strict=True):
        a, b = keras.ops.convert_to_numpy(a), keras.ops.convert_to_numpy(b)
        assert a.shape == b.shape
        assert np.abs(a - b).max() <= BOUND * np.abs(b).max(), output
    keras.backend.clear_session()


def normal(shape: tuple[int, ...]) -> Any:
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def test_efficientdet() -> None:
    detector = Detector(16)
    theirs = detector.model(128, 3, 2)
    detector.share()
    params = {"size": 128, "classes": 3, "anchors": 2, "filters": 16}
    agree("efficientdet", params, theirs, detector.made, normal)


def test_bifpn() -> None:
    """EfficientDet's pyramid, over any three levels."""
    detector = Detector(8)
    theirs = detector.neck(16, [4, 6, 8])
    detector.share()
    agree("bifpn", {"size": 16, "widths": [4, 6, 8], "filters": 8}, theirs, detector.made, normal)


class Weights(layers.Layer):
    """A vector of weights, by which or to which something is done."""

    def __init__(self, does: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.does = does

    def build(self, shape: Any) -> None:
        self.value = self.add_weight(
            shape=(shape[-1],), initializer=keras.initializers.RandomNormal(stddev=0.5, seed=3)
        )

    def call(self, x: Tensor) -> Tensor:
        return self.does(x, self.value)


def test_convnext_v2() -> None:
    """Algorithm 1 of the paper as it is written there, with a weight and a shift; the rest is figure 4 of the first version's."""
    made: list[Any] = []

    def put(layer: Any, x: Tensor) -> Tensor:
        made.append(layer)
        return layer(x)

    def norm(x: Tensor) -> Tensor:
        return put(layers.LayerNormalization(epsilon=1e-6), x)

    def response(x: Tensor) -> Tensor:
        gx = ops.sqrt(ops.sum(x * x, axis=(1, 2), keepdims=True))
        nx = gx / (ops.mean(gx, axis=-1, keepdims=True) + 1e-6)
        return put(Weights(ops.add), put(Weights(ops.multiply), x * nx)) + x

    inputs = keras.Input((64, 64, 3))
    x = norm(put(layers.Conv2D(8, 4, strides=4), inputs))
    for stage, depth in enumerate((1, 2, 1, 1)):
        if stage:
            x = put(layers.Conv2D(8 << stage, 2, strides=2), norm(x))
        for _ in range(depth):
            width = x.shape[-1]
            y = norm(put(layers.Conv2D(width, 7, padding="same", groups=width), x))
            y = response(ops.gelu(put(layers.Dense(4 * width), y), approximate=False))
            x = x + put(layers.Dense(width), y)
    x = put(layers.Dense(10, activation="softmax"), norm(ops.mean(x, axis=(1, 2))))
    params = {"size": 64, "width": 8, "before": [0, 1, 3, 4, 5], "classes": 10}
    agree("convnext_v2", params, keras.Model(inputs, x), made, normal)


def test_pointnet() -> None:
    """The authors' convolutions of one place are products with matrices here."""
    made: list[Any] = []

    def put(layer: Any, x: Tensor) -> Tensor:
        made.append(layer)
        return layer(x)

    def each(x: Tensor, *units: int) -> Tensor:
        for width in units:
            x = ops.relu(put(layers.BatchNormalization(momentum=0.9), put(layers.Dense(width), x)))
        return x

    def turned(x: Tensor) -> Tensor:
        width = x.shape[-1]
        seen = each(ops.max(each(x, 64, 128, 1024), axis=1), 512, 256)
        matrix = put(
            layers.Dense(width * width, kernel_initializer=keras.initializers.RandomNormal(stddev=0.1, seed=4)), seen
        )
        return ops.matmul(x, ops.reshape(matrix, (-1, width, width)) + ops.eye(width))

    inputs = keras.Input((32, 3))
    x = each(turned(each(turned(inputs), 64, 64)), 64, 128, 1024)
    x = put(layers.Dense(10, activation="softmax"), each(ops.max(x, axis=1), 512, 256))
    agree("pointnet", {"points": 32, "classes": 10}, keras.Model(inputs, x), made, normal)


def test_vae() -> None:
    """Keras's example, which draws only while it learns."""
    inputs = keras.Input((28, 28, 1))
    same: Any = {"padding": "same", "activation": "relu"}
    made = [layers.Conv2D(32, 3, strides=2, **same), layers.Conv2D(64, 3, strides=2, **same)]
    made += [layers.Dense(16, activation="relu"), layers.Dense(2), layers.Dense(2), layers.Dense(3136, "relu")]
    made += [layers.Conv2DTranspose(64, 3, strides=2, **same), layers.Conv2DTranspose(32, 3, strides=2, **same)]
    made += [layers.Conv2DTranspose(1, 3, padding="same", activation="sigmoid")]
    x = made[2](layers.Flatten()(made[1](made[0](inputs))))
    mean, log_variance = made[3](x), made[4](x)
    picture = made[8](made[7](made[6](layers.Reshape((7, 7, 64))(made[5](mean)))))
    agree("vae", {}, keras.Model(inputs, [picture, mean, log_variance]), made, normal)


def test_dlrm() -> None:
    """The pairs by NumPy's lower triangle; ours reads its inputs in the order of the spec."""
    fields, categories, width = 3, 7, 4
    numbers, chosen = keras.Input((13,)), keras.Input((fields,), dtype="int32")
    bottom = [layers.Dense(units, activation="relu") for units in (512, 256, 64, width)]
    tables = [layers.Embedding(categories, width) for _ in range(fields)]
    top = [layers.Dense(units, activation=how) for units, how in ((512, "relu"), (256, "relu"), (1, "sigmoid"))]
    x = numbers
    for layer in bottom:
        x = layer(x)
    features = ops.stack([x, *(table(chosen[:, i]) for i, table in enumerate(tables))], axis=1)
    products = ops.einsum("bic,bjc->bij", features, features)
    rows, columns = np.tril_indices(fields + 1, -1)
    pairs = ops.stack([products[:, int(i), int(j)] for i, j in zip(rows, columns, strict=True)], axis=-1)
    x = ops.concatenate([x, pairs], axis=-1)
    for layer in top:
        x = layer(x)

    def draw(shape: tuple[int, ...]) -> Any:
        return (
            np.random.default_rng(0).integers(0, categories, shape).astype("int32")
            if shape[1] == fields
            else normal(shape)
        )

    params = {"fields": fields, "categories": categories, "width": width}
    agree("dlrm", params, keras.Model([numbers, chosen], x), [*bottom, *tables, *top], draw)


def test_two_towers() -> None:
    """With the cosine in figures, not by a layer."""
    query, candidate = keras.Input((1,), dtype="int32"), keras.Input((1,), dtype="int32")
    made: list[Any] = []
    vectors = []
    for inputs, number in ((query, 50), (candidate, 60)):
        tower = [layers.Embedding(number, 4), layers.Dense(8, activation="relu"), layers.Dense(4)]
        x = tower[2](tower[1](tower[0](inputs)[:, 0]))
        vectors.append(x / ops.sqrt(ops.sum(x * x, axis=-1, keepdims=True)))
        made += tower
    match = ops.sigmoid(ops.sum(vectors[0] * vectors[1], axis=-1, keepdims=True) / 0.05)

    def draw(shape: tuple[int, ...]) -> Any:
        return np.random.default_rng(0).integers(0, 50, shape).astype("int32")

    params = {"queries": 50, "candidates": 60, "width": 4}
    agree("two_towers", params, keras.Model([query, candidate], match), made, draw)
