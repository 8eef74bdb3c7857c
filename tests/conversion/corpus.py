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


CORPUS: dict[str, Make] = {
    make.__name__: make
    for make in (
        *(simple_convnet, dropped_row, perceptron, residual_block, inception_module, padded_by_hand, masked_text),
        *(open_sequence, seq2seq, transformer_block, siamese, shared_layer, two_towers, wide_and_deep, operations),
        *(normalised_image, frozen_base, autoencoder, frames, steps, activations, spectral),
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
