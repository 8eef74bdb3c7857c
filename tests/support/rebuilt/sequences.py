"""Networks that read texts, sounds, lines and tables."""

from __future__ import annotations

from math import pi, sqrt

from keras import Input, Model, layers, ops

from tests.support.rebuilt.parts import Places, Tensor, classified, conv, norm, rectified


def transformer_encoder(vocabulary: int, length: int, width: int, depth: int, heads: int, hidden: int) -> Model:
    """arXiv 1706.03762, figure 1, left, as Keras's example of a text classifier has it, with its padding left out."""
    inputs = Input((length,), dtype="int32")
    words = ops.expand_dims(ops.not_equal(inputs, 0), 1)
    x = Places(length, width)(layers.Embedding(vocabulary, width, mask_zero=True)(inputs))
    for _ in range(depth):
        attention = layers.MultiHeadAttention(heads, width // heads, dropout=0.1)
        y = attention(query=x, value=x, attention_mask=words)
        x = layers.LayerNormalization(epsilon=1e-6)(layers.Add()([x, y]))
        y = layers.Dense(width)(layers.Dense(hidden, activation="relu")(x))
        x = layers.LayerNormalization(epsilon=1e-6)(layers.Add()([x, y]))
    return Model(inputs, layers.Dense(2)(layers.GlobalAveragePooling1D()(x)))


def transformer_decoder(vocabulary: int, context: int, width: int, depth: int, heads: int) -> Model:
    """GPT-2, as OpenAI's model.py has it but for the weights of its last layer, which are its own."""
    inputs = Input((context,), dtype="int32")
    x = Places(context, width)(layers.Embedding(vocabulary, width)(inputs))
    for _ in range(depth):
        y = layers.LayerNormalization(epsilon=1e-5)(x)
        y = layers.MultiHeadAttention(heads, width // heads)(y, y, use_causal_mask=True)
        x = layers.Add()([x, y])
        y = layers.Dense(4 * width)(layers.LayerNormalization(epsilon=1e-5)(x))
        y = 0.5 * y * (1 + ops.tanh(sqrt(2 / pi) * (y + 0.044715 * y**3)))
        x = layers.Add()([x, layers.Dense(width)(y)])
    x = layers.LayerNormalization(epsilon=1e-5)(x)
    return Model(inputs, layers.Dense(vocabulary, use_bias=False)(x))


def seq2seq_attention(source_words: int, target_words: int, width: int, units: int) -> Model:
    """arXiv 1508.04025, equations 5 to 8, the score a product."""
    source = Input((None,), dtype="int32", name="source")
    target = Input((None,), dtype="int32", name="target")
    x = layers.Embedding(source_words, width, mask_zero=True)(source)
    states, h, c = layers.LSTM(units, return_sequences=True, return_state=True)(x)
    x = layers.Embedding(target_words, width, mask_zero=True)(target)
    x = layers.LSTM(units, return_sequences=True)(x, initial_state=[h, c])
    context = layers.Attention()([x, states])
    x = layers.Dense(units, activation="tanh", use_bias=False)(layers.Concatenate()([context, x]))
    return Model({"source": source, "target": target}, layers.Dense(target_words, use_bias=False)(x))


def textcnn(vocabulary: int, length: int, width: int, filters: int) -> Model:
    """arXiv 1408.5882, section 2."""
    inputs = Input((length,), dtype="int32")
    x = layers.Embedding(vocabulary, width)(inputs)
    parts = [layers.Conv1D(filters, window, activation="relu")(x) for window in (3, 4, 5)]
    x = layers.Concatenate()([layers.GlobalMaxPooling1D()(part) for part in parts])
    return Model(inputs, layers.Dense(2)(layers.Dropout(0.5)(x)))


def text_bilstm(words: int, length: int) -> Model:
    """arXiv 1511.08630, figure 1, its LSTM read from both ends."""
    inputs = Input((length,), dtype="int32")
    x = layers.Dropout(0.25)(layers.Embedding(words, 128)(inputs))
    x = layers.MaxPooling1D(4)(layers.Conv1D(64, 5, activation="relu")(x))
    return classified(inputs, layers.Bidirectional(layers.LSTM(70), merge_mode="sum")(x), 2)


def signal_cnn() -> Model:
    """arXiv 1611.06455, figure 1b, with Keras's batch normalisation, as the authors' code."""
    x = inputs = Input((None, 1))
    for filters, window in ((128, 8), (256, 5), (128, 3)):
        x = layers.Conv1D(filters, window, padding="same")(x)
        x = layers.Activation("relu")(layers.BatchNormalization()(x))
    return classified(inputs, layers.GlobalAveragePooling1D()(x), 2)


def wavenet(length: int, width: int, skip_width: int, dilations: int, cycles: int, levels: int) -> Model:
    """arXiv 1609.03499, figures 3 and 4."""
    inputs = Input((length, levels))

    def causal(x: Tensor, rate: int = 1, activation: str | None = None) -> Tensor:
        x = layers.ZeroPadding1D((rate, 0))(x)
        return layers.Conv1D(width, 2, dilation_rate=rate, activation=activation)(x)

    x, sides = causal(inputs), []
    for index in range(cycles * dilations):
        rate = 2 ** (index % dilations)
        z = layers.Multiply()([causal(x, rate, "tanh"), causal(x, rate, "sigmoid")])
        sides.append(layers.Conv1D(skip_width, 1)(z))
        if index < cycles * dilations - 1:
            x = layers.Add()([x, layers.Conv1D(width, 1)(z)])
    x = layers.Activation("relu")(layers.Add()(sides))
    x = layers.Conv1D(skip_width, 1, activation="relu")(x)
    return Model(inputs, layers.Conv1D(levels, 1)(x))


def crnn(width: int) -> Model:
    """arXiv 1507.05717, table 1, as meijieru's crnn.pytorch has it without the biases that a normalisation takes out."""
    inputs = Input((32, width, 1))

    def halved(x: Tensor) -> Tensor:
        """Half as high and a column wider; what it reads is not below zero."""
        return layers.MaxPooling2D(2, strides=(2, 1))(layers.ZeroPadding2D((0, 1))(x))

    x = layers.MaxPooling2D(2)(rectified(inputs, 64, 3))
    x = layers.MaxPooling2D(2)(rectified(x, 128, 3))
    x = halved(rectified(norm(conv(x, 256, 3)), 256, 3))
    x = halved(rectified(norm(conv(x, 512, 3)), 512, 3))
    x = norm(layers.Conv2D(512, 2, use_bias=False)(x))[:, 0]
    for units in (256, 10):
        x = layers.Bidirectional(layers.LSTM(256, return_sequences=True))(x)
        x = layers.Dense(units)(x)
    return Model(inputs, x)


def wide_and_deep(crosses: int, categories: int, numbers: int, width: int) -> Model:
    """arXiv 1606.07792, figure 4 and equation 3."""
    crossed = Input((crosses,), name="crossed")
    category = Input((3,), dtype="int32", name="category")
    given = Input((numbers,), name="numbers")
    x = layers.Concatenate()([layers.Flatten()(layers.Embedding(categories, width)(category)), given])
    for units in (1024, 512, 256):
        x = layers.Dense(units, activation="relu")(x)
    total = layers.Add()([layers.Dense(1, use_bias=False)(crossed), layers.Dense(1)(x)])
    inputs = {"crossed": crossed, "category": category, "numbers": given}
    return Model(inputs, layers.Activation("sigmoid")(total))
