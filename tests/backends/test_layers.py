"""Keras lacks these layers, so their oracles are TensorFlow's own operation, ordinary convolutions, and
NumPy.

Nothing here is of one backend: set KERAS_BACKEND to test another.
"""

from __future__ import annotations

import json
from itertools import product
from math import floor

import keras
import numpy as np
import pytest
from keras import ops
from numpy.testing import assert_allclose, assert_array_equal

from netspec.backends.keras.layers import ChannelShuffle, DeformableConv2D, LocalResponseNormalization
from netspec.shapes import same_padding


def noise(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def result(layer, x):
    return ops.convert_to_numpy(layer(ops.convert_to_tensor(x)))


def weights_of(layer):
    return {weight.name: ops.convert_to_numpy(weight) for weight in layer.weights}


# Local response normalisation


@pytest.mark.parametrize("shape", [(2, 3, 3, 7), (2, 3, 96), (4, 5), (1, 2, 2, 2, 6), (2, 1)], ids=str)
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"depth_radius": 2, "bias": 2.0, "alpha": 1e-4, "beta": 0.75},
        {"depth_radius": 0, "bias": 0.5},
        {"depth_radius": 3, "beta": 1.0},
    ],
    ids=str,
)
def test_lrn_is_tensorflows(shape, settings):
    tf = pytest.importorskip("tensorflow")
    x = noise(*shape)
    expected = tf.nn.local_response_normalization(x.reshape(-1, 1, 1, shape[-1]), **settings)
    assert_allclose(
        result(LocalResponseNormalization(**settings), x),
        expected.numpy().reshape(shape),
        rtol=1e-5,
        atol=1e-7,
    )


def test_lrn_by_hand():
    layer = LocalResponseNormalization(depth_radius=1, bias=1.0, alpha=2.0, beta=1.0)
    assert_allclose(result(layer, np.float32([[1, 2, 3]])), [[1 / 11, 2 / 29, 3 / 27]], rtol=1e-6)


def test_lrn_sums_half_precision_in_full():
    layer = LocalResponseNormalization(depth_radius=1, dtype="float16")
    x = np.float16([[300, 400, 0]])  # their squares are beyond float16
    y = result(layer, x)
    assert y.dtype == np.float16
    assert_allclose(y, [[0.6, 0.8, 0]], rtol=1e-3)


# Channel shuffle


@pytest.mark.parametrize(
    ("groups", "expected"),
    [(1, [0, 1, 2, 3, 4, 5]), (2, [0, 3, 1, 4, 2, 5]), (3, [0, 2, 4, 1, 3, 5]), (6, [0, 1, 2, 3, 4, 5])],
)
@pytest.mark.parametrize("places", [(), (2,), (2, 3), (2, 1, 3)], ids=str)
def test_channel_shuffle(groups, expected, places):
    x = noise(2, *places, 6)
    assert_array_equal(result(ChannelShuffle(groups), x), x[..., expected])


def test_channel_shuffle_keeps_the_type():
    layer = ChannelShuffle(2)
    x = np.int32([[0, 1, 2, 3]])
    y = result(layer, x)
    assert y.tolist() == [[0, 2, 1, 3]]
    assert str(y.dtype) == layer(keras.Input((4,), dtype="int32")).dtype == "int32"


@pytest.mark.parametrize("layer", [LocalResponseNormalization(), ChannelShuffle(2)], ids=lambda layer: layer.name)
def test_unknown_sizes_and_masks_pass_through(layer):
    inputs = keras.Input((None, None, 4))
    model = keras.Model(inputs, layer(inputs))
    assert model.output_shape == layer.compute_output_shape((None, None, None, 4)) == (None, None, None, 4)
    for shape in [(2, 3, 5, 4), (1, 4, 2, 4)]:
        x = noise(*shape)
        assert_allclose(model.predict_on_batch(x), result(layer, x), rtol=1e-5)
    assert layer.supports_masking


# Deformable convolution


def read(image, y, x):
    """One place of an image [height, width, channels], between its pixels, as the papers define it."""
    value = np.zeros(image.shape[-1])
    for row, column in product((floor(y), floor(y) + 1), (floor(x), floor(x) + 1)):
        if 0 <= row < image.shape[0] and 0 <= column < image.shape[1]:
            value += max(0, 1 - abs(y - row)) * max(0, 1 - abs(x - column)) * image[row, column]
    return value


def deformable_convolution(layer, images, weights):
    """The definition, a number at a time."""
    kernel, offset_kernel = weights["kernel"], weights["offset_kernel"]
    window, strides, dilation = layer.kernel_size, layer.strides, layer.dilation_rate
    reach = [d * (k - 1) + 1 for k, d in zip(window, dilation, strict=True)]
    sizes = images.shape[1:3]
    padding = {"valid": [(0, 0), (0, 0)]}.get(layer.padding, layer.padding)
    if padding == "same":
        padding = [same_padding(*numbers) for numbers in zip(sizes, reach, strides, strict=True)]
    rows, columns = (
        (size + sum(sides) - length) // stride + 1
        for size, sides, length, stride in zip(sizes, padding, reach, strides, strict=True)
    )
    taps = list(product(range(window[0]), range(window[1])))
    run = images.shape[-1] // layer.deformable_groups
    y = np.zeros((len(images), rows, columns, layer.filters))
    for n, row, column in product(range(len(images)), range(rows), range(columns)):
        places = [
            (
                row * strides[0] - padding[0][0] + i * dilation[0],
                column * strides[1] - padding[1][0] + j * dilation[1],
            )
            for i, j in taps
        ]
        said = weights["offset_bias"] + sum(
            read(images[n], *place) @ offset_kernel[tap] for tap, place in zip(taps, places, strict=True)
        )
        for group, (number, tap) in product(range(layer.deformable_groups), enumerate(taps)):
            point = group * len(taps) + number
            down, right = said[2 * point : 2 * point + 2]
            own = slice(group * run, (group + 1) * run)
            value = read(images[n, :, :, own], places[number][0] + down, places[number][1] + right)
            if layer.modulated:
                value = value / (1 + np.exp(-said[2 * layer.deformable_groups * len(taps) + point]))
            y[n, row, column] += value @ kernel[tap][own]
    return y + weights.get("bias", 0)


def deformed(x, *args, **settings):
    """A built layer whose weights, offsets and all, are random."""
    layer = DeformableConv2D(*args, **settings)
    layer.build(x.shape)
    for seed, weight in enumerate(layer.weights):
        weight.assign(noise(*weight.shape, seed=seed) * (0.4 if weight.name.startswith("offset") else 1))
    return layer


@pytest.mark.parametrize("modulated", [False, True], ids=["v1", "v2"])
@pytest.mark.parametrize("deformable_groups", [1, 2])
@pytest.mark.parametrize(
    ("padding", "strides", "dilation_rate"),
    [
        ("valid", 1, 1),
        ("same", 1, (2, 1)),
        ("same", (2, 3), 1),
        (((1, 2), (0, 3)), 2, 1),
        (((2, 0), (1, 1)), 1, 2),
        ("same", 2, 2),  # which TensorFlow's own convolution does not take
        ("valid", (1, 2), (2, 1)),
    ],
    ids=str,
)
def test_deformable_convolution_is_its_definition(padding, strides, dilation_rate, deformable_groups, modulated):
    x = noise(2, 6, 7, 4)
    layer = deformed(
        x,
        3,
        (3, 2),
        padding=padding,
        strides=strides,
        dilation_rate=dilation_rate,
        deformable_groups=deformable_groups,
        modulated=modulated,
    )
    expected = deformable_convolution(layer, x, weights_of(layer))
    assert layer.compute_output_shape(x.shape) == expected.shape
    assert_allclose(result(layer, x), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("window", [{}, {"strides": 2}, {"dilation_rate": (1, 2)}], ids=str)
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_without_offsets_it_is_an_ordinary_convolution(padding, window):
    x = noise(2, 8, 7, 4)
    settings = {"padding": padding, "activation": "relu", **window}
    ordinary = keras.layers.Conv2D(5, (3, 2), **settings)
    layer = DeformableConv2D(5, (3, 2), deformable_groups=2, **settings)
    expected = result(ordinary, x)
    layer.build(x.shape)
    layer.kernel.assign(ordinary.kernel)
    assert_allclose(result(layer, x), expected, atol=1e-5)


def test_modulation_starts_at_one_half():
    x = noise(1, 5, 5, 2)
    layer = DeformableConv2D(3, 3, modulated=True)
    y = result(layer, x)
    assert_allclose(y, ops.convert_to_numpy(ops.conv(x, layer.kernel, data_format="channels_last")) / 2, atol=1e-5)


def test_whole_offsets_shift_the_image():
    x = noise(1, 7, 8, 2)
    layer = DeformableConv2D(3, 3)
    layer.build(x.shape)
    layer.offset_bias.assign([1, -2] * 9)  # a row down, two columns to the left
    shifted = np.zeros_like(x)
    shifted[:, :-1, 2:] = x[:, 1:, :-2]
    expected = ops.convert_to_numpy(ops.conv(shifted, layer.kernel, data_format="channels_last"))
    assert_allclose(result(layer, x), expected, atol=1e-5)


@pytest.mark.parametrize(("offset", "expected"), [(1e30, 0.25), (-1e6, 0.25), (np.nan, np.nan), (np.inf, np.nan)])
def test_offsets_out_of_all_bounds(offset, expected):
    layer = DeformableConv2D(2, 3, bias_initializer=keras.initializers.Constant(0.25))
    layer.build((1, 4, 4, 1))
    layer.offset_bias.assign([offset] * 18)
    assert_array_equal(result(layer, noise(1, 4, 4, 1)), np.full((1, 2, 2, 2), expected))


def test_half_precision_finds_its_place_in_a_wide_image():
    x = noise(1, 3, 600, 2)  # bfloat16 cannot count beyond 256
    layer = DeformableConv2D(4, 3, dtype="mixed_bfloat16")
    layer.build(x.shape)
    expected = ops.convert_to_numpy(ops.conv(x, layer.kernel, data_format="channels_last"))
    y = layer(x)
    assert keras.backend.standardize_dtype(y.dtype) == "bfloat16"
    assert_allclose(ops.convert_to_numpy(ops.cast(y, "float32")), expected, atol=0.05)


@pytest.mark.parametrize("padding", ["valid", "same", ((1, 0), (2, 1))], ids=str)
def test_deformable_convolution_of_unknown_sizes(padding):
    settings = {"strides": 2, "padding": padding, "deformable_groups": 2, "modulated": True}
    known = deformed(noise(2, 7, 6, 4), 3, 3, **settings)
    inputs = keras.Input((None, None, 4))
    model = keras.Model(inputs, DeformableConv2D(3, 3, **settings)(inputs))
    model.set_weights(known.get_weights())
    assert model.output_shape == (None, None, None, 3)
    for shape in [(2, 7, 6, 4), (1, 4, 9, 4)]:
        x = noise(*shape)
        assert_allclose(model.predict_on_batch(x), result(known, x), atol=1e-5)


def test_training_on_unknown_sizes():
    inputs = keras.Input((None, None, 4))
    model = keras.Model(inputs, DeformableConv2D(3, 3, strides=2, padding="same")(inputs))
    model.compile("sgd", "mse", jit_compile=False)
    before = model.get_weights()
    for shape in [(2, 7, 6, 4), (1, 4, 9, 4)]:
        x = noise(*shape)
        assert np.isfinite(model.train_on_batch(x, np.ones_like(result(model, x))))
    assert all((old != new).any() for old, new in zip(before, model.get_weights(), strict=True))


def gradients(layer, x):
    """Of half the sum of squares of the output, by the weights' names."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            loss = ops.sum(layer(x) ** 2) / 2
        values = tape.gradient(loss, [weight.value for weight in layer.trainable_weights])
    elif backend == "jax":
        import jax

        def loss_of(weights):
            return ops.sum(layer.stateless_call(weights, [], x)[0] ** 2) / 2

        values = jax.grad(loss_of)([weight.value for weight in layer.trainable_weights])
    else:
        (ops.sum(layer(x) ** 2) / 2).backward()
        values = [weight.value.grad for weight in layer.trainable_weights]
    return {w.name: ops.convert_to_numpy(g) for w, g in zip(layer.trainable_weights, values, strict=True)}


@pytest.mark.parametrize("modulated", [False, True], ids=["v1", "v2"])
def test_gradients_are_the_slopes_of_the_definition(modulated):
    x = noise(1, 4, 5, 2)
    layer = deformed(x, 2, 2, deformable_groups=2, modulated=modulated)
    weights = {name: value.astype("float64") for name, value in weights_of(layer).items()}

    def loss(name, index, step):
        moved = weights[name].copy()
        moved[index] += step
        return (deformable_convolution(layer, x, {**weights, name: moved}) ** 2).sum() / 2

    step = 1e-5
    found = gradients(layer, x)
    for name in ("bias", "offset_bias"):
        slopes = [
            (loss(name, index, step) - loss(name, index, -step)) / (2 * step) for index in range(len(weights[name]))
        ]
        assert_allclose(found[name], slopes, rtol=1e-3, atol=1e-3)
    assert all(np.isfinite(value).all() for value in found.values())


def test_gradients_where_training_starts():
    x = noise(1, 5, 5, 2)
    layer = DeformableConv2D(3, 3, padding="same")
    layer.build(x.shape)
    found = gradients(layer, x)
    assert all(np.isfinite(value).all() for value in found.values())
    assert all(np.abs(found[name]).max() > 0 for name in ("kernel", "offset_kernel", "offset_bias"))


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, {"kernel": (3, 2, 4, 5), "bias": (5,), "offset_kernel": (3, 2, 4, 12), "offset_bias": (12,)}),
        (
            {"deformable_groups": 2, "modulated": True, "use_bias": False},
            {"kernel": (3, 2, 4, 5), "offset_kernel": (3, 2, 4, 36), "offset_bias": (36,)},
        ),
    ],
    ids=["v1", "v2"],
)
def test_weights(settings, expected):
    layer = DeformableConv2D(5, (3, 2), **settings)
    layer.build((None, None, None, 4))
    assert {weight.name: tuple(weight.shape) for weight in layer.weights} == expected
    assert not any(value.any() for name, value in weights_of(layer).items() if name.startswith("offset"))


def test_regularizers_weigh_the_kernel_and_the_bias():
    layer = DeformableConv2D(
        1,
        1,
        kernel_initializer="ones",
        bias_initializer="ones",
        kernel_regularizer="l2",
        bias_regularizer="l1",
    )
    layer.build((1, 2, 2, 3))
    assert_allclose(sorted(ops.convert_to_numpy(loss) for loss in layer.losses), [0.01, 0.03], rtol=1e-6)


# All of them


ALL = [
    LocalResponseNormalization(2, bias=2.0, alpha=1e-4, beta=0.75, name="lrn"),
    ChannelShuffle(2, name="shuffle"),
    DeformableConv2D(3, 3, name="v1"),
    DeformableConv2D(
        6,
        (3, 2),
        strides=2,
        padding=((1, 0), (2, 1)),
        dilation_rate=(2, 1),
        deformable_groups=2,
        modulated=True,
        activation="relu",
        use_bias=False,
        kernel_initializer="he_normal",
        bias_initializer=keras.initializers.Constant(0.1),
        kernel_regularizer=keras.regularizers.L2(1e-4),
        bias_regularizer="l1",
        name="v2",
    ),
]


@pytest.mark.parametrize("layer", ALL, ids=lambda layer: layer.name)
def test_config_survives_json(layer):
    config = layer.get_config()
    twin = type(layer).from_config(json.loads(json.dumps(config)))
    assert twin.get_config() == config


@pytest.mark.parametrize("layer", ALL, ids=lambda layer: layer.name)
def test_a_saved_model_loads(layer, tmp_path):
    x = noise(2, 6, 7, 4)
    inputs = keras.Input((None, None, 4))
    model = keras.Model(inputs, type(layer).from_config(layer.get_config())(inputs))
    model.set_weights([noise(*weight.shape, seed=7) for weight in model.weights])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.layers[-1].get_config() == layer.get_config()
    assert_array_equal(result(loaded, x), result(model, x))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LocalResponseNormalization(-1), "`depth_radius` (=-1) must be at least 0"),
        (lambda: ChannelShuffle(0), "`groups` (=0) must be at least 1"),
        (
            lambda: ChannelShuffle(3).build((None, 4, 10)),
            "`channels` (=10) must be divisible by `groups` (=3)",
        ),
        (
            lambda: ChannelShuffle(3).build((None, 4, None)),
            "the channels, the last size of (None, 4, None), must be known",
        ),
        (
            lambda: LocalResponseNormalization().build((None, None)),
            "the channels, the last size of (None, None), must be known",
        ),
        (lambda: DeformableConv2D(0, 3), "`filters` (=0) must be at least 1"),
        (lambda: DeformableConv2D(1, 3, deformable_groups=0), "`deformable_groups` (=0) must be at least 1"),
        (
            lambda: DeformableConv2D(1, (3, 3, 3)),
            "`kernel_size` (=(3, 3, 3)) must be a whole number of at least 1, or two of them",
        ),
        (
            lambda: DeformableConv2D(1, 3, strides=0),
            "`strides` (=0) must be a whole number of at least 1, or two of them",
        ),
        (
            lambda: DeformableConv2D(1, 3, padding="full"),
            '`padding` (=\'full\') must be "valid", "same" or ((top, bottom), (left, right))',
        ),
        (
            lambda: DeformableConv2D(1, 3, padding=((1, 1), (0, -1))),
            '`padding` (=((1, 1), (0, -1))) must be "valid", "same" or ((top, bottom), (left, right))',
        ),
        (
            lambda: DeformableConv2D(1, 3, deformable_groups=3).build((None, 8, 8, 10)),
            "`channels` (=10) must be divisible by `deformable_groups` (=3)",
        ),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011, the whole text is asserted
        make()
    assert str(caught.value) == message


def test_an_image_smaller_than_the_window():
    with pytest.raises(ValueError, match="output size would be zero or negative"):  # Keras's words
        DeformableConv2D(1, 5).build((None, 4, 8, 1))
