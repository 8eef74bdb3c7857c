"""Models as people write them with Keras: one of each manner, small enough to be compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import layers, ops

Make = Callable[[], Any]


def simple_convnet() -> Any:
    """Convolutions and pools in a list, as for digits."""
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(8, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )


def dropped_row() -> Any:
    """A pool that drops a row."""
    return keras.Sequential([keras.Input((7, 7, 3)), layers.MaxPooling2D(2), layers.Conv2D(4, 2, strides=2)])


def perceptron() -> Any:
    """Dense layers with regularizers, constraints and initializers."""
    x = keras.Input((20,), name="features")
    y = layers.Dense(16, activation="gelu", kernel_initializer="he_normal", kernel_regularizer="l2")(x)
    y = layers.BatchNormalization(momentum=0.9)(y)
    y = layers.Dense(
        8, kernel_constraint=keras.constraints.MaxNorm(3), bias_initializer=keras.initializers.Constant(0.1)
    )(y)
    return keras.Model(x, layers.Dense(1, activation="sigmoid")(y))


def residual_block() -> Any:
    """A fork whose ways are added."""
    x = keras.Input((16, 16, 3))
    y = layers.Conv2D(8, 3, padding="same", use_bias=False)(x)
    y = layers.BatchNormalization()(y)
    y = layers.ReLU()(y)
    z = layers.SeparableConv2D(8, 3, padding="same")(y)
    y = layers.add([y, z])
    y = layers.ReLU(max_value=6)(y)
    return keras.Model(x, layers.GlobalAveragePooling2D()(y))


def inception_module() -> Any:
    """A fork whose ways are concatenated."""
    x = keras.Input((12, 12, 8))
    ways = [
        layers.Conv2D(4, 1, activation="relu")(x),
        layers.Conv2D(4, 3, padding="same", activation="relu")(layers.Conv2D(2, 1)(x)),
        layers.Conv2D(4, 1)(layers.AveragePooling2D(3, strides=1, padding="same")(x)),
    ]
    return keras.Model(x, layers.Concatenate()(ways))


def padded_by_hand() -> Any:
    """Padding as a layer of its own."""
    x = keras.Input((16, 16, 4))
    y = layers.ZeroPadding2D(((0, 1), (0, 1)))(x)
    y = layers.DepthwiseConv2D(3, strides=2, depth_multiplier=2)(y)
    y = layers.Cropping2D(1)(layers.UpSampling2D(2, interpolation="bilinear")(y))
    return keras.Model(x, layers.Conv2DTranspose(2, 3, strides=2, padding="same")(y))


def masked_text() -> Any:
    """Words to a class, with padding masked."""
    x = keras.Input((12,), dtype="int32")
    y = layers.Embedding(50, 8, mask_zero=True)(x)
    y = layers.Bidirectional(layers.LSTM(6, return_sequences=True))(y)
    y = layers.GRU(5, dropout=0.2)(y)
    return keras.Model(x, layers.Dense(2, activation="softmax")(y))


def open_sequence() -> Any:
    """A sequence of any length."""
    x = keras.Input((None, 4))
    y = layers.Conv1D(6, 3, padding="causal", dilation_rate=2)(x)
    y = layers.SpatialDropout1D(0.1)(y)
    return keras.Model(x, layers.GlobalMaxPooling1D()(y))


def seq2seq() -> Any:
    """An encoder whose states the decoder begins with."""
    source, target = keras.Input((7, 5), name="source"), keras.Input((6, 5), name="target")
    _, h, c = layers.LSTM(4, return_state=True)(source)
    decoded = layers.LSTM(4, return_sequences=True)(target, initial_state=[h, c])
    return keras.Model([source, target], layers.Dense(5, activation="softmax")(decoded))


def transformer_block() -> Any:
    """Attention to itself, a small network at each step, normalised."""
    x = keras.Input((10, 16))
    y = layers.MultiHeadAttention(num_heads=2, key_dim=8, dropout=0.1)(x, x)
    y = layers.LayerNormalization(epsilon=1e-6)(x + y)
    z = layers.Dense(16)(layers.Dense(32, activation="relu")(y))
    y = layers.LayerNormalization(epsilon=1e-6)(layers.Add()([y, layers.Dropout(0.1)(z)]))
    return keras.Model(x, layers.Dense(3)(layers.GlobalAveragePooling1D()(y)))


def siamese() -> Any:
    """One nested model for two inputs."""
    tower = keras.Sequential([keras.Input((8,)), layers.Dense(6, activation="relu"), layers.Dense(4)], name="tower")
    a, b = keras.Input((8,), name="a"), keras.Input((8,), name="b")
    distance = layers.Subtract()([tower(a), tower(b)])
    return keras.Model([a, b], layers.Dense(1, activation="sigmoid")(distance))


def shared_layer() -> Any:
    """One layer for two tensors."""
    a, b = keras.Input((8,), name="a"), keras.Input((8,), name="b")
    dense = layers.Dense(4, name="shared")
    return keras.Model(
        [a, b], {"sum": layers.Add()([dense(a), dense(b)]), "product": layers.Multiply()([dense(a), b[:, :4]])}
    )


def two_towers() -> Any:
    """Cosine similarity of two embeddings."""
    a, b = keras.Input((1,), dtype="int32", name="user"), keras.Input((1,), dtype="int32", name="item")
    u = layers.Flatten()(layers.Embedding(10, 4)(a))
    i = layers.Flatten()(layers.Embedding(12, 4)(b))
    return keras.Model([a, b], layers.Dot(axes=1, normalize=True)([u, i]))


def wide_and_deep() -> Any:
    """Two inputs, two outputs."""
    wide, deep = keras.Input((5,), name="wide"), keras.Input((6,), name="deep")
    hidden = layers.Dense(8, activation="relu")(deep)
    main = layers.Dense(1, name="main")(layers.Concatenate()([wide, hidden]))
    return keras.Model([wide, deep], [main, layers.Dense(1, name="aux")(hidden)])


def operations() -> Any:
    """Functions of keras.ops between layers."""
    x = keras.Input((6, 8))
    y = ops.mean(x, axis=1, keepdims=True)
    y = ops.concatenate([x * 2.0, 1.0 - x, ops.maximum(x, 0.5) + y], axis=-1)
    y = ops.transpose(ops.reshape(y, (-1, 6, 4, 6)), (0, 2, 1, 3))
    y = ops.squeeze(ops.expand_dims(y[:, 1:3, ::2], 1), 1)
    return keras.Model(x, ops.softmax(ops.clip(y[:, 0], -1.0, 1.0)) / 2.0)


def normalised_image() -> Any:
    """Scaling inside, augmentation before it."""
    x = keras.Input((16, 16, 3))
    y = layers.RandomFlip("horizontal")(x)
    y = layers.Rescaling(1 / 127.5, offset=-1)(layers.RandomRotation(0.1)(y))
    y = layers.Normalization(mean=[0.1, 0.2, 0.3], variance=[1.0, 2.0, 3.0])(y)
    return keras.Model(x, layers.Resizing(8, 8)(y))


def frozen_base() -> Any:
    """A nested network that is not trained, under a new head."""
    base = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 3), layers.BatchNormalization()], name="base")
    base.trainable = False
    x = keras.Input((8, 8, 3))
    y = layers.GlobalAveragePooling2D()(base(x, training=False))
    return keras.Model(x, layers.Dense(2)(y))


def autoencoder() -> Any:
    """Nested encoder and decoder."""
    encoder = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, strides=2, padding="same", activation="relu"),
            layers.Flatten(),
            layers.Dense(3),
        ],
        name="encoder",
    )
    decoder = keras.Sequential(
        [
            keras.Input((3,)),
            layers.Dense(64),
            layers.Reshape((4, 4, 4)),
            layers.Conv2DTranspose(1, 3, strides=2, padding="same"),
        ],
        name="decoder",
    )
    x = keras.Input((8, 8, 1))
    return keras.Model(x, decoder(encoder(x)))


def frames() -> Any:
    """Video: recurrent convolutions."""
    x = keras.Input((4, 8, 8, 1))
    y = layers.ConvLSTM2D(4, 3, padding="same", return_sequences=True)(x)
    y = layers.BatchNormalization()(y)
    return keras.Model(x, layers.Conv3D(1, 3, padding="same", activation="sigmoid")(y))


def steps() -> Any:
    """A layer for each step."""
    x = keras.Input((5, 6))
    return keras.Model(x, layers.TimeDistributed(layers.Dense(3, activation="relu"))(x))


def activations() -> Any:
    """Activations with settings."""
    x = keras.Input((9,))
    y = layers.LeakyReLU(0.2)(layers.Dense(8)(x))
    y = layers.PReLU()(layers.ELU(0.5)(y))
    return keras.Model(x, layers.Softmax()(layers.Activation("swish")(y)))


def spectral() -> Any:
    """A kernel that is spectrally normalised."""
    x = keras.Input((8, 8, 3))
    y = layers.SpectralNormalization(layers.Conv2D(4, 3, padding="same"))(x)
    return keras.Model(x, layers.GroupNormalization(2)(y))


def timeseries_transformer() -> Any:
    """Blocks of attention and of convolutions of one step, over a series."""
    x = keras.Input((24, 3))
    y = x
    for _ in range(2):
        z = layers.LayerNormalization(epsilon=1e-6)(y)
        z = layers.MultiHeadAttention(key_dim=4, num_heads=2, dropout=0.25)(z, z)
        y = layers.Dropout(0.25)(z) + y
        z = layers.LayerNormalization(epsilon=1e-6)(y)
        z = layers.Conv1D(filters=4, kernel_size=1, activation="relu")(z)
        y = y + layers.Conv1D(filters=3, kernel_size=1)(layers.Dropout(0.25)(z))
    y = layers.GlobalAveragePooling1D()(y)
    return keras.Model(
        x, layers.Dense(2, activation="softmax")(layers.Dropout(0.4)(layers.Dense(8, activation="relu")(y)))
    )


def patches() -> Any:
    """A small vision transformer that cuts its image by reshapes, and puts a token before the patches."""
    x = keras.Input((16, 16, 3))
    y = ops.reshape(x, (-1, 4, 4, 4, 4, 3))
    y = ops.reshape(ops.transpose(y, (0, 1, 3, 2, 4, 5)), (-1, 16, 48))
    y = layers.Dense(12)(y)
    first = ops.mean(y, axis=1, keepdims=True)
    y = ops.concatenate([first, y], axis=1)
    z = layers.LayerNormalization()(y)
    y = layers.Add()([y, layers.MultiHeadAttention(3, 4)(z, z)])
    z = layers.Dense(24, activation="gelu")(layers.LayerNormalization()(y))
    y = layers.LayerNormalization()(y + layers.Dense(12)(z))
    return keras.Model(x, layers.Dense(5)(y[:, 0]))


def gaps() -> Any:
    """A series with gaps: what was not measured is filled, and a mask and the time since are read too."""
    values, known, since = (
        keras.Input((10, 3), name="values"),
        keras.Input((10, 3), name="known"),
        keras.Input((10, 1), name="since"),
    )
    decay = ops.exp(0.0 - ops.relu(layers.Dense(3)(since)))
    filled = known * values + (1.0 - known) * decay * ops.mean(values, axis=1, keepdims=True)
    y = layers.Masking()(layers.Concatenate()([filled, known]))
    y = layers.GRU(6, return_sequences=True, recurrent_dropout=0.1)(y)
    return keras.Model([values, known, since], layers.Dense(1, activation="sigmoid")(layers.GRU(4)(y)))


def siamese_images() -> Any:
    """A shared network for three images, and two distances."""
    tower = keras.Sequential(
        [
            keras.Input((12, 12, 1)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.AveragePooling2D(2),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dense(5, activation="tanh"),
        ],
        name="embedding",
    )
    anchor, positive, negative = (keras.Input((12, 12, 1), name=name) for name in ("anchor", "positive", "negative"))
    a, p, n = tower(anchor), tower(positive), tower(negative)
    near = ops.sum(ops.square(a - p), axis=-1, keepdims=True)
    far = ops.sqrt(ops.maximum(ops.sum(ops.square(a - n), axis=-1, keepdims=True), 1e-7))
    return keras.Model([anchor, positive, negative], {"near": near, "far": far})


def small_unet() -> Any:
    """An encoder whose levels the decoder reads."""
    x = keras.Input((16, 16, 2))
    y, levels = x, []
    for filters in (4, 8):
        y = layers.Activation("relu")(
            layers.BatchNormalization()(layers.SeparableConv2D(filters, 3, padding="same")(y))
        )
        levels.append(y)
        y = layers.MaxPooling2D(3, strides=2, padding="same")(y)
    y = layers.Conv2D(16, 3, padding="same", activation="relu")(y)
    for filters, level in zip((8, 4), reversed(levels), strict=True):
        y = layers.Conv2DTranspose(filters, 2, strides=2)(y)
        y = layers.concatenate([y, level])
        y = layers.Conv2D(filters, 3, padding="same", activation="relu")(y)
    return keras.Model(x, layers.Conv2D(3, 1, activation="softmax")(y))


def critic() -> Any:
    """A discriminator for Wasserstein's distance: clipped kernels, slopes below zero, noise."""
    clip = keras.constraints.MinMaxNorm(0.0, 0.5, rate=0.9)
    x = keras.Input((12, 12, 1))
    y = layers.ZeroPadding2D((2, 2))(x)
    for filters in (4, 8):
        y = layers.Conv2D(filters, 5, strides=2, padding="same", kernel_constraint=clip)(y)
        y = layers.Dropout(0.3)(layers.LeakyReLU(negative_slope=0.2)(y))
    y = layers.GaussianNoise(0.1)(layers.Flatten()(y))
    return keras.Model(x, layers.Dense(1, kernel_constraint="unit_norm", bias_constraint="non_neg")(y))


def generator() -> Any:
    """A list of layers from noise to an image."""
    return keras.Sequential(
        [
            keras.Input((8,)),
            layers.Dense(4 * 4 * 8, use_bias=False),
            layers.BatchNormalization(),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Reshape((4, 4, 8)),
            layers.UpSampling2D((2, 2)),
            layers.Conv2D(4, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.Activation("tanh"),
            layers.Cropping2D((1, 1)),
        ],
        name="generator",
    )


def translation() -> Any:
    """Words to words by states: the decoder begins with those of the encoder, and attends to its steps."""
    source, target = (
        keras.Input((None,), dtype="int32", name="words"),
        keras.Input((None,), dtype="int32", name="so_far"),
    )
    read = layers.Embedding(20, 6)(source)
    steps, state = layers.GRU(5, return_sequences=True, return_state=True)(read)
    written = layers.GRU(5, return_sequences=True)(layers.Embedding(30, 6)(target), initial_state=state)
    found = layers.AdditiveAttention()([written, steps])
    return keras.Model([source, target], layers.Dense(30, activation="softmax")(layers.Concatenate()([written, found])))


def crossing() -> Any:
    """Deep and cross: categories and numbers, each feature multiplied with all."""
    kind = keras.Input((1,), dtype="int32", name="kind")
    numbers = keras.Input((4,), name="numbers")
    one = layers.CategoryEncoding(num_tokens=5, output_mode="one_hot")(kind)
    scaled = layers.Normalization(mean=[1.0, 2.0, 3.0, 4.0], variance=[1.0, 4.0, 1.0, 9.0])(numbers)
    x0 = layers.Concatenate()([one, scaled])
    x = x0
    for _ in range(2):
        x = x0 * layers.Dense(9)(x) + x
    deep = layers.Dense(6, activation="relu", kernel_regularizer=keras.regularizers.L1L2(1e-5, 1e-4))(x0)
    return keras.Model([kind, numbers], layers.Dense(1, activation="sigmoid")(layers.Concatenate()([x, deep])))


def captions() -> Any:
    """A decoder of words that sees no later ones, and what an image was encoded to."""
    image, words = keras.Input((9, 8), name="image"), keras.Input((7,), dtype="int32", name="words")
    y = layers.Embedding(25, 8, mask_zero=True)(words)
    y = layers.LayerNormalization()(y + layers.MultiHeadAttention(2, 4)(y, y, use_causal_mask=True))
    encoded = layers.Dense(8, activation="relu")(layers.LayerNormalization()(image))
    seen = layers.MultiHeadAttention(2, 4)(query=y, value=encoded, key=encoded)
    y = layers.LayerNormalization()(y + seen)
    y = y + layers.Dense(8)(layers.Dropout(0.3)(layers.Dense(16, activation="relu")(y)))
    return keras.Model([image, words], layers.Dense(25, activation="softmax")(layers.Dropout(0.5)(y)))


def next_frame() -> Any:
    """Recurrent convolutions of smaller and smaller windows."""
    x = keras.Input((4, 8, 8, 1))
    y = layers.ConvLSTM2D(3, 5, padding="same", return_sequences=True, activation="relu")(x)
    y = layers.BatchNormalization()(y)
    y = layers.ConvLSTM2D(3, 1, padding="same", return_sequences=True, activation="relu")(y)
    return keras.Model(x, layers.Conv3D(1, 3, activation="sigmoid", padding="same")(y))


def clips() -> Any:
    """A small network for each frame, layer by layer, and one over the frames."""
    x = keras.Input((5, 10, 10, 3))
    y = layers.TimeDistributed(layers.Conv2D(4, 3, activation="relu"))(x)
    y = layers.TimeDistributed(layers.MaxPooling2D(2))(y)
    y = layers.TimeDistributed(layers.BatchNormalization())(y)
    y = layers.TimeDistributed(layers.Flatten())(y)
    y = layers.Bidirectional(layers.LSTM(4), merge_mode="sum")(y)
    return keras.Model(x, layers.Dense(3, activation="softmax")(y))


def masked_mean() -> Any:
    """The mean over the words that there are, by operations."""
    x = keras.Input((8,), dtype="int32")
    y = layers.Embedding(30, 5)(x)
    there = ops.expand_dims(ops.cast(ops.not_equal(x, 0), "float32"), -1)
    mean = ops.sum(y * there, axis=1) / ops.maximum(ops.sum(there, axis=1), 1.0)
    return keras.Model(x, layers.Dense(2)(ops.concatenate([mean, ops.max(y, axis=1)], axis=-1)))


def slices() -> Any:
    """Parts of tensors, joined and stacked again."""
    x = keras.Input((6, 8))
    first, rest = x[:, 0], x[:, 1:]
    left, right = ops.split(rest, 2, axis=-1)
    gated = left * ops.sigmoid(right)
    y = ops.stack([ops.mean(gated, axis=1), ops.min(gated, axis=1)], axis=1)
    return keras.Model(x, [ops.matmul(y, ops.swapaxes(y, 1, 2)), first[:, ::2] - 1.0])


def spectrally_normalised() -> Any:
    """Kernels of norm one, of convolutions and a dense layer."""
    x = keras.Input((8, 8, 2))
    y = layers.SpectralNormalization(layers.Conv2D(4, 3, strides=2, padding="same"), power_iterations=2)(x)
    y = layers.SpectralNormalization(layers.Dense(3))(layers.GlobalMaxPooling2D()(layers.LeakyReLU()(y)))
    return keras.Model(x, y)


def towers_in_towers() -> Any:
    """Models in models, one of them called twice inside another."""
    inner_input = keras.Input((4,))
    inner = keras.Model(inner_input, layers.Dense(4, activation="tanh")(inner_input), name="inner")
    outer_input = keras.Input((4,))
    outer = keras.Model(outer_input, inner(inner(outer_input)) + outer_input, name="outer")
    x = keras.Input((4,))
    return keras.Model(x, layers.Dense(1)(outer(outer(x))))


def squeezed() -> Any:
    """Channels that are weighed by what they hold, shuffled and pooled."""
    x = keras.Input((9, 9, 8))
    y = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=1)(x)
    gate = layers.Reshape((1, 1, 8))(layers.GlobalAveragePooling2D()(y))
    gate = layers.Conv2D(8, 1, activation="hard_sigmoid")(layers.Conv2D(2, 1, activation="relu")(gate))
    y = layers.multiply([y, gate])
    y = layers.Reshape((9, 9, 8))(layers.Permute((1, 2, 4, 3))(layers.Reshape((9, 9, 2, 4))(y)))
    return keras.Model(
        x,
        layers.average(
            [
                layers.AveragePooling2D(3, strides=2, padding="same")(y),
                layers.MaxPooling2D()(layers.ZeroPadding2D(((0, 1), (0, 1)))(layers.ReLU()(x))),
            ]
        ),
    )


def looked_up() -> Any:
    """Columns of a table: texts and codes by their vocabularies, numbers by their bins."""
    colours = keras.Input((3,), dtype="string", name="colours")
    y = layers.StringLookup(vocabulary=["red", "green", "blue"], num_oov_indices=2)(colours)
    age = keras.Input((1,), name="age")
    bins = layers.Discretization(bin_boundaries=[0.2, 0.5, 0.8])(age)
    code = keras.Input((2,), dtype="int32", name="code")
    columns = [
        layers.Flatten()(layers.Embedding(5, 4)(y)),
        layers.CategoryEncoding(num_tokens=4, output_mode="multi_hot")(bins),
        layers.IntegerLookup(vocabulary=[4, 8, 15], output_mode="multi_hot")(code),
    ]
    return keras.Model([colours, age, code], layers.Dense(2)(layers.Concatenate()(columns)))


def words_of_numbers() -> Any:
    """From numbers back to texts."""
    x = keras.Input((3,), dtype="int32")
    return keras.Model(x, layers.StringLookup(vocabulary=["red", "green"], invert=True)(x))


CORPUS: dict[str, Make] = {
    make.__name__: make
    for make in (
        *(simple_convnet, dropped_row, perceptron, residual_block, inception_module, padded_by_hand, masked_text),
        *(open_sequence, seq2seq, transformer_block, siamese, shared_layer, two_towers, wide_and_deep, operations),
        *(normalised_image, frozen_base, autoencoder, frames, steps, activations, spectral, timeseries_transformer),
        *(patches, gaps, siamese_images, small_unet, critic, generator, translation, crossing, captions, next_frame),
        *(clips, masked_mean, slices, spectrally_normalised, towers_in_towers, squeezed),
        *((looked_up, words_of_numbers) if keras.backend.backend() == "tensorflow" else ()),  # others have no texts
    )
}


# --- channels first ---------------------------------------------------------------------------------------------------------

FIRST = "channels_first"


def flattened() -> Any:
    """A flatten before a dense layer, whose rows are in another order."""
    x = keras.Input((3, 8, 6))
    y = layers.Conv2D(4, 3, padding="same", data_format=FIRST)(x)
    y = layers.ReLU()(layers.BatchNormalization(axis=1)(y))
    y = layers.Concatenate(axis=1)([y, layers.Conv2D(4, 1, data_format=FIRST)(y)])
    y = layers.Flatten(data_format="channels_last")(layers.MaxPooling2D(data_format=FIRST)(y))
    return keras.Model(x, layers.Dense(5)(layers.Dropout(0.5)(y)))


def flattened_by_keras() -> Any:
    """A flatten that puts channels last by itself."""
    x = keras.Input((3, 8, 6))
    y = layers.AveragePooling2D(2, data_format=FIRST)(layers.ZeroPadding2D(((1, 0), (2, 1)), data_format=FIRST)(x))
    return keras.Model(x, layers.Dense(5)(layers.Flatten(data_format=FIRST)(y)))


def turned_residual() -> Any:
    """A skip, a gate of the channels, a normalisation of their groups."""
    x = keras.Input((4, 8, 8))
    y = layers.DepthwiseConv2D(3, padding="same", data_format=FIRST)(x)
    y = layers.GroupNormalization(2, axis=1)(y)
    y = layers.LeakyReLU(0.1)(layers.Add()([x, y]))
    gate = layers.GlobalAveragePooling2D(data_format=FIRST, keepdims=True)(y)
    gate = layers.Activation("sigmoid")(layers.Conv2D(4, 1, data_format=FIRST)(gate))
    y = layers.PReLU(shared_axes=[2, 3])(layers.Multiply()([y, gate]))
    return keras.Model(x, layers.GlobalMaxPooling2D(data_format=FIRST)(y))


def turned_images() -> Any:
    """An image comes out, of channels that come first too."""
    x = keras.Input((3, 8, 8))
    y = layers.Normalization(axis=1, mean=[0.1, 0.2, 0.3], variance=[1.0, 2.0, 3.0])(layers.Rescaling(0.5)(x))
    y = layers.Conv2DTranspose(4, 3, strides=2, padding="same", data_format=FIRST)(y)
    y = layers.Cropping2D(((1, 0), (0, 1)), data_format=FIRST)(layers.PReLU()(y))
    y = layers.Softmax(axis=1)(layers.UpSampling2D(2, data_format=FIRST)(y))
    return keras.Model(x, layers.SeparableConv2D(3, 3, padding="same", data_format=FIRST)(y))


def turned_volume() -> Any:
    """Three dimensions; a sequence beside them."""
    x, s = keras.Input((2, 4, 6, 8), name="volume"), keras.Input((5, 12), name="steps")
    y = layers.Conv3D(3, 2, data_format=FIRST)(x)
    y = layers.MaxPooling3D(2, data_format=FIRST)(layers.ELU()(y))
    t = layers.Conv1D(4, 3, data_format=FIRST)(s)
    t = layers.SpatialDropout1D(0.1)(layers.MaxPooling1D(2, data_format=FIRST)(t))
    return keras.Model([x, s], {"volume": ops.mean(y, axis=[2, 3, 4]), "steps": t, "channels": ops.max(y, axis=1)})


def turned_frames() -> Any:
    """Steps of images whose channels come first."""
    x = keras.Input((4, 2, 8, 6))
    y = layers.ConvLSTM2D(3, 3, padding="same", data_format=FIRST, return_sequences=True)(x)
    y = layers.TimeDistributed(layers.Conv2D(2, 3, data_format=FIRST))(y)
    z = layers.ConvLSTM2D(3, 3, data_format=FIRST)(y)
    return keras.Model(x, [layers.TimeDistributed(layers.Flatten(data_format="channels_last"))(y), z])


def turned_on_the_way() -> Any:
    """Images with channels last that are turned for a part of the way."""
    x = keras.Input((8, 6, 3))
    y = layers.Conv2D(4, 3, data_format=FIRST)(layers.Permute((3, 1, 2))(x))
    y = layers.Reshape((4, 24))(y)  # as it lies in memory
    return keras.Model(x, layers.LayerNormalization()(layers.Conv1D(2, 3)(y)))


def turned_tower() -> Any:
    """A nested model for two images."""
    tower = keras.Sequential(
        [
            keras.Input((3, 6, 6)),
            layers.Conv2D(4, 3, data_format=FIRST),
            layers.BatchNormalization(axis=1),
            layers.Flatten(data_format="channels_last"),
            layers.Dense(3),
        ],
        name="tower",
    )
    a, b = keras.Input((3, 6, 6), name="a"), keras.Input((3, 6, 6), name="b")
    return keras.Model([a, b], layers.Subtract()([tower(a), tower(b)]))


CHANNELS_FIRST: dict[str, Make] = {
    make.__name__: make
    for make in (
        *(flattened, flattened_by_keras, turned_residual, turned_images, turned_volume, turned_frames),
        *(turned_on_the_way, turned_tower),
    )
}
