"""Each kind in Keras's own words, written without a look at netspec's lowering.

`DIRECT[kind](rank, given)` is the Keras layer, or a function of tensors, that a reader of the reference page would write for
these hyperparameters. What Keras has no layer for (a number as padding, `rounding: ceil`) is spelt out here once more, from
its definition.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import keras
import numpy as np

import netspec.layers
from tests.support.operations import DIRECT as OPERATIONS

# What Keras and the frameworks raise at a setting that does not work.
REFUSALS: tuple[type[Exception], ...] = (
    ValueError,
    TypeError,
    IndexError,
    KeyError,
    AttributeError,
    NotImplementedError,
    ZeroDivisionError,
    RuntimeError,
    ImportError,  # of layers that compute by TensorFlow
)
if keras.backend.backend() == "tensorflow":
    import tensorflow as tf

    REFUSALS = (*REFUSALS, tf.errors.OpError)


layers = keras.layers
Direct = Callable[[int, dict[str, Any]], Any]


def _argument(value: Any, module: Any) -> Any:
    """`he_normal`, `{truncated_normal: {stddev: 0.02}}` and `{l2: 0.01}` as objects of Keras."""
    if module is None or value is None:
        return value
    word, given = next(iter(value.items())) if isinstance(value, dict) else (value, {})
    made = getattr(module, {"uniform": "RandomUniform"}.get(word, word.title().replace("_", "")), None)
    if made is None:
        return module.get(word)
    return made(**given) if isinstance(given, dict) else made(given)


def of_rank(name: str, rank: int) -> Any:
    """The class for so many dimensions; where Keras has none, the one that a user would try first."""
    return getattr(layers, name.format(rank), None) or getattr(layers, name.format(2))


def arguments(given: dict[str, Any]) -> dict[str, Any]:
    """Hyperparameters as Keras takes them."""
    modules = {
        "initializer": keras.initializers,
        "regularizer": keras.regularizers,
        "constraint": keras.constraints,
    }
    given = {name: value for name, value in given.items() if name != "spectral_norm"}
    return {name: _argument(value, modules.get(name.rsplit("_", 1)[-1])) for name, value in given.items()}


def plain(name: str) -> Direct:
    """A layer whose hyperparameters are the kind's; `{}` in its name stands for the number of spatial dimensions."""

    def make(rank: int, given: dict[str, Any]) -> Any:
        return spectral(of_rank(name, rank)(**arguments(given)), given)

    return make


def spectral(layer: Any, given: dict[str, Any]) -> Any:
    """The layer, in the wrapper that normalises its kernel where that is asked for."""
    iterations = given.get("spectral_norm", False)
    return layers.SpectralNormalization(layer, power_iterations=int(iterations)) if iterations else layer


# --- windows ---------------------------------------------------------------------------------------------------------------


def each(value: Any, rank: int) -> list[Any]:
    """A value for each dimension."""
    values = list(value) if isinstance(value, (list, tuple)) else [value] * rank
    assert len(values) == rank
    return values


def pairs_of(padding: Any, rank: int) -> list[tuple[int, int]]:
    """(before, after) for each dimension."""
    return [tuple(p) if isinstance(p, list) else (p, p) for p in each(padding, rank)]


def caffe_places(width: int, window: int, stride: int, before: int, after: int) -> int:
    """How many windows `rounding: ceil` has: those that start inside the input or the padding before it, until one
    reaches the end of the padded input."""
    places = 0
    while places * stride < width + before and (places == 0 or (places - 1) * stride + window < width + before + after):
        places += 1
    return places


def completed(width: int, window: int, stride: int, before: int, after: int) -> int:
    """The padding after the input with which the last of those windows is whole, and none more has room."""
    end = (caffe_places(width, window, stride, before, after) - 1) * stride + window
    return max(0, end - width - before)


def padded(x: Any, given: dict[str, Any], window: str) -> tuple[Any, dict[str, Any]]:
    """The input with zeros around it where `padding` is a number or `rounding` is `ceil`; the rest is for the layer."""
    rest = {name: value for name, value in given.items() if name not in ("padding", "rounding")}
    padding, rank = given.get("padding", "valid"), len(x.shape) - 2
    ceil = given.get("rounding") == "ceil"
    if padding in ("same", "causal") or (padding == "valid" and not ceil):
        return x, {**rest, "padding": padding}
    pairs = pairs_of(0 if padding == "valid" else padding, rank)
    if ceil:
        sizes = zip(
            x.shape[1:-1],
            each(given.get(window, 1), rank),
            each(given.get("strides", 1), rank),
            each(given.get("dilation_rate", 1), rank),
            pairs,
            strict=True,
        )
        pairs = [(b, completed(w, (k - 1) * d + 1, s, b, a)) for w, k, s, d, (b, a) in sizes]
    return getattr(layers, f"ZeroPadding{rank}D")(pairs[0] if rank == 1 else pairs)(x), rest


def convolution(name: str, **fixed: Any) -> Direct:
    """A convolution after its padding."""

    def make(rank: int, given: dict[str, Any]) -> Any:
        cls = of_rank(name, rank)
        word = given.get("padding", "valid")
        if word == "causal" or (word in ("valid", "same") and given.get("rounding") != "ceil"):
            rest = {name: value for name, value in given.items() if name != "rounding"}
            return spectral(cls(**fixed, **arguments(rest)), given)

        made: list[Any] = []  # the layer, once it is called; called again it is the same one

        def apply(x: Any) -> Any:
            x, rest = padded(x, {**fixed, **given}, "kernel_size")
            made[:] = made or [spectral(cls(**arguments(rest)), given)]
            return made[0](x)

        return apply

    return make


def transposed(rank: int, given: dict[str, Any]) -> Any:
    """Conv1DTranspose, …; a number as padding is cropped from the `valid` result."""
    cls = of_rank("Conv{}DTranspose", rank)
    padding = given.get("padding", "valid")
    if isinstance(padding, str):
        return spectral(cls(**arguments(given)), given)
    pairs = pairs_of(padding, rank)
    crop = getattr(layers, f"Cropping{rank}D")(pairs[0] if rank == 1 else pairs)
    layer = spectral(cls(**arguments({**given, "padding": "valid"})), given)
    return lambda x: crop(layer(x))


def pooling(rank: int, given: dict[str, Any]) -> Any:
    """The Keras layer for what Keras has: `max` and `avg` without padding or with `same`; None for the rest."""
    name = {"max": "MaxPooling", "avg": "AveragePooling"}.get(given.get("type", "max"))
    if name is None or given.get("rounding") == "ceil" or not isinstance(given.get("padding", "valid"), str):
        return None
    rest = {word: value for word, value in given.items() if word not in ("type", "rounding")}
    return of_rank(f"{name}{{}}D", rank)(**{"pool_size": 2, **rest})


def pool_reference(x: np.ndarray, given: dict[str, Any]) -> np.ndarray:
    """Pooling from its definition, window by window; places in the padding are not there."""
    rank = x.ndim - 2
    size = each(given.get("pool_size", 2), rank)
    stride = each(given.get("strides") or given.get("pool_size", 2), rank)
    padding = given.get("padding", "valid")
    widths = x.shape[1:-1]
    if padding == "same":
        places = [-(-w // s) for w, s in zip(widths, stride, strict=True)]
        before = [max((n - 1) * s + k - w, 0) // 2 for n, s, k, w in zip(places, stride, size, widths, strict=True)]
    else:
        pairs = pairs_of(0 if padding == "valid" else padding, rank)
        before = [b for b, _ in pairs]
        if given.get("rounding") == "ceil":
            every = zip(widths, size, stride, pairs, strict=True)
            places = [caffe_places(w, k, s, b, a) for w, k, s, (b, a) in every]
        else:
            every = zip(widths, size, stride, pairs, strict=True)
            places = [(w + b + a - k) // s + 1 for w, k, s, (b, a) in every]
    out = np.empty((x.shape[0], *places, x.shape[-1]))
    for place in itertools.product(*map(range, places)):
        starts = [p * s - b for p, s, b in zip(place, stride, before, strict=True)]
        inside = tuple(slice(max(a, 0), max(a + k, 0)) for a, k in zip(starts, size, strict=True))
        seen = x[(slice(None), *inside)].reshape(x.shape[0], -1, x.shape[-1]).astype("float64")
        out[(slice(None), *place)] = {
            "max": lambda v: v.max(1),
            "avg": lambda v: v.mean(1),
            "l2": lambda v: np.sqrt((v**2).mean(1)),
        }[given.get("type", "max")](seen)
    return out


def lrn_reference(x: np.ndarray, given: dict[str, Any]) -> np.ndarray:
    """Local response normalisation from its definition, channel by channel."""
    radius, bias = given.get("depth_radius", 5), given.get("bias", 1.0)
    alpha, beta = given.get("alpha", 1.0), given.get("beta", 0.5)
    out = np.empty(x.shape)
    for c in range(x.shape[-1]):
        energy = (x[..., max(c - radius, 0) : c + radius + 1].astype("float64") ** 2).sum(-1)
        out[..., c] = x[..., c] / (bias + alpha * energy) ** beta
    return out


def shuffle_reference(x: np.ndarray, given: dict[str, Any]) -> np.ndarray:
    """The channels written as a table of `groups` rows and read column by column."""
    order = np.arange(x.shape[-1]).reshape(given["groups"], -1).T.ravel()
    return x[..., order]


def middle_reference(x: np.ndarray, given: dict[str, Any]) -> np.ndarray:
    """The middle of each image, which a random crop is when not training."""
    top, left = (x.shape[1] - given["height"]) // 2, (x.shape[2] - given["width"]) // 2
    return x[:, top : top + given["height"], left : left + given["width"]]


def global_pooling(rank: int, given: dict[str, Any]) -> Any:
    """GlobalAveragePooling1D, …."""
    rest = {name: value for name, value in given.items() if name != "type"}
    name = "Max" if given.get("type") == "max" else "Average"
    return of_rank(f"Global{name}Pooling{{}}D", rank)(**rest)


# --- the rest ---------------------------------------------------------------------------------------------------------------


def activation(word: str) -> Direct:
    """A layer of that activation."""
    return lambda rank, given: layers.Activation(word, **given)


def recurrent(name: str) -> Direct:
    """A recurrent layer, in both directions where `bidirectional` says so."""

    def make(rank: int, given: dict[str, Any]) -> Any:
        rest = arguments({word: value for word, value in given.items() if word != "bidirectional"})
        layer = getattr(layers, name)(**rest)
        mode = given.get("bidirectional")
        if mode is not None:
            layer = layers.Bidirectional(layer, merge_mode={"multiply": "mul", "average": "ave"}.get(mode, mode))

        def apply(x: Any, initial_state: Any = None) -> Any:
            if initial_state is None:
                return layer(x)
            states = (2 if name == "LSTM" else 1) * (1 if mode is None else 2)
            assert len(initial_state) == states  # Keras finds out when it runs, or takes the first
            assert all(len(state.shape) == 2 and state.shape[1] in (None, given["units"]) for state in initial_state)
            return layer(x, initial_state=initial_state)

        return apply

    return make


def conv_lstm(rank: int, given: dict[str, Any]) -> Any:
    """A recurrent convolution; one of its dimensions are steps."""
    rest = arguments({word: value for word, value in given.items() if word != "rounding"})
    layer = getattr(layers, f"ConvLSTM{rank - 1}D")(**rest)

    def apply(x: Any, initial_state: Any = None) -> Any:
        if initial_state is None:
            return layer(x)
        assert len(initial_state) == 2  # Keras finds out when it runs
        made = layer.compute_output_shape(x.shape)
        each = made[0] if given.get("return_state") else made
        each = (each[0], *each[2:]) if given.get("return_sequences") else each
        assert all(tuple(state.shape) == tuple(each) for state in initial_state)
        return layer(x, initial_state=initial_state)

    return apply


def deformable(rank: int, given: dict[str, Any]) -> Any:
    """netspec's own layer, which Keras lacks; its numbers have tests of their own."""
    rest = arguments({name: value for name, value in given.items() if name not in ("rounding", "padding")})
    padding = given.get("padding", "valid")
    if given.get("rounding") == "ceil":
        return None
    where = padding if isinstance(padding, str) else tuple(pairs_of(padding, 2))
    return spectral(netspec.layers.DeformableConv2D(**rest, padding=where), given)


def local_response(rank: int, given: dict[str, Any]) -> Any:
    """netspec's own layer for what it refuses; for what it takes, the definition."""
    return netspec.layers.LocalResponseNormalization(**given)


def attention(rank: int, given: dict[str, Any]) -> Any:
    """Attention of the query to itself, to a value, or to a value by a key; with a bias it is netspec's own layer."""
    rest = arguments({word: value for word, value in given.items() if word != "use_causal_mask"})
    causal = given.get("use_causal_mask", False)
    made: list[Any] = []

    def apply(tensors: Any, bias: Any = (), attention_mask: Any = ()) -> Any:
        tensors = tensors if isinstance(tensors, list) else [tensors, tensors]
        query, value, *key = tensors
        if bias:
            own = netspec.layers.BiasedMultiHeadAttention
            more = {"has_key": bool(key), "has_mask": bool(attention_mask), "causal": causal}
            made[:] = made or [own(**rest, **more)]
            return made[0]([query, value, *key, *attention_mask, *bias])
        made[:] = made or [layers.MultiHeadAttention(**rest)]
        more = {"attention_mask": attention_mask[0]} if attention_mask else {}
        return made[0](query, value, *key, use_causal_mask=causal, **more)

    return apply


def paired(name: str) -> Direct:
    """Attention that takes a list; one tensor alone attends to itself."""

    def make(rank: int, given: dict[str, Any]) -> Any:
        layer = getattr(layers, name)(**{word: value for word, value in given.items() if word != "use_causal_mask"})
        causal = given.get("use_causal_mask", False)
        return lambda tensors: layer(
            tensors if isinstance(tensors, list) else [tensors, tensors], use_causal_mask=causal
        )

    return make


def grouped(rank: int, given: dict[str, Any]) -> Any:
    """Grouped-query attention, as `attention` above."""
    layer = layers.GroupQueryAttention(
        **arguments({word: value for word, value in given.items() if word != "use_causal_mask"})
    )

    def apply(tensors: Any) -> Any:
        query, value, *key = tensors if isinstance(tensors, list) else [tensors, tensors]
        return layer(query, value, *key, use_causal_mask=given.get("use_causal_mask", False))

    return apply


def adaptive(rank: int, given: dict[str, Any]) -> Any:
    """AdaptiveAveragePooling1D, …; by its definition where TensorFlow's kernels end the process."""
    name = "Max" if given.get("type") == "max" else "Average"
    layer = of_rank(f"Adaptive{name}Pooling{{}}D", rank)(given["output_size"])
    sizes = each(given["output_size"], rank)

    def apply(x: Any) -> Any:
        widths = x.shape[1:-1]
        if None in widths and set(sizes) == {1}:
            return of_rank(f"Global{name}Pooling{{}}D", rank)(keepdims=True)(x)
        if None in widths or len(widths) != rank or 1 not in (*widths, *sizes):
            return layer(x)
        x = keras.ops.cast(x, "float32")
        reduce = keras.ops.max if name == "Max" else keras.ops.mean
        for axis, (width, size) in enumerate(zip(widths, sizes, strict=True), 1):
            places = [slice(i * width // size, -(-(i + 1) * width // size)) for i in range(size)]
            parts = [x[(*[slice(None)] * axis, place)] for place in places]
            x = keras.ops.concatenate([reduce(part, axis=axis, keepdims=True) for part in parts], axis=axis)
        return x

    return apply


def adaptive_reference(x: np.ndarray, given: dict[str, Any]) -> np.ndarray:
    """Adaptive pooling from its definition."""
    reduce = np.max if given.get("type") == "max" else np.mean
    for axis, size in enumerate(each(given["output_size"], x.ndim - 2), 1):
        width = x.shape[axis]
        ends = [(i * width // size, -(-(i + 1) * width // size)) for i in range(size)]
        x = np.stack([reduce(np.take(x, range(a, b), axis), axis) for a, b in ends], axis)
    return x


def einsum_dense(rank: int, given: dict[str, Any]) -> Any:
    """EinsumDense; -1 in `output_shape` is the size that the input has."""
    made: list[Any] = []

    def apply(x: Any) -> Any:
        operand, _, output = re.split("[,>]", given["equation"].replace(" ", "").replace("-", ""))
        left = operand.startswith("...")
        letters, outs = operand.replace(".", ""), output.replace(".", "")
        outs = outs if left else outs[1:]
        places = {letter: i - len(letters) if left else i for i, letter in enumerate(letters)}
        said = given["output_shape"]
        said = said if isinstance(said, list) else [said]
        sizes = [x.shape[places[letter]] if size == -1 else size for letter, size in zip(outs, said, strict=True)]
        equation = given["equation"].replace(" ", "")
        before = x.shape[1 : len(x.shape) - len(letters)] if left else ()
        if len(before) > 1:  # Keras says their sizes in another order
            used = equation + (given.get("bias_axes") or "")
            free = [letter for letter in "abcdefghijklmnopqrstuvwxyz" if letter not in used][: len(before) + 1]
            equation, sizes = equation.replace("...", "".join(free)), [*before, *sizes]
        rest = {**given, "equation": equation, "output_shape": tuple(sizes)}
        made[:] = made or [spectral(layers.EinsumDense(**arguments(rest)), given)]
        return made[0](x)

    return apply


def taken(rank: int, given: dict[str, Any]) -> Any:
    """A slice of one axis."""

    def apply(x: Any) -> Any:
        axis, ops = given.get("axis", -1), keras.ops
        part = slice(given.get("start", 0), given.get("stop"), given.get("step", 1))
        return ops.moveaxis(ops.moveaxis(x, axis, 0)[(part,)], 0, axis)

    return apply


def shuffled(rank: int, given: dict[str, Any]) -> Any:
    """netspec's own layer, which lowering takes only where two sizes are unknown."""
    layer = netspec.layers.ChannelShuffle(**given)
    return lambda x: layer(x)


def margins(name: str, word: str) -> Direct:
    """Something on the sides of each dimension."""

    def make(rank: int, given: dict[str, Any]) -> Any:
        value = given.get(word, 1 if word == "padding" else None)
        if isinstance(value, list) and len(value) == rank:
            pairs = pairs_of(value, rank)
            value = pairs[0] if rank == 1 else pairs
        return of_rank(name, rank)(value)

    return make


def zero_padded(rank: int, given: dict[str, Any]) -> Any:
    """ZeroPadding1D, …; Keras has no layer that pads the channels."""
    if "channels" not in given:
        return margins("ZeroPadding{}D", "padding")(rank, given)
    assert rank > 0  # Keras has no padding layer for a vector
    channels = given["channels"]
    ends = tuple(channels) if isinstance(channels, list) else (channels, channels)
    pad = [(0, 0), *pairs_of(given.get("padding", 1), rank), ends]
    # A layer takes floats as it computes, which an operation does not.
    return lambda x: keras.ops.pad(keras.ops.cast(x, "float32") if "float" in x.dtype else x, pad)


class Scale(layers.Layer):
    """The layer scale of keras.applications' ConvNeXt."""

    def build(self, input_shape: Any) -> None:
        self.gamma = self.add_weight(shape=(input_shape[-1],))

    def call(self, inputs: Any) -> Any:
        return keras.ops.multiply(inputs, self.gamma)  # `*` of a bool tensor is TensorFlow's `and`


def tokenised(rank: int, given: dict[str, Any]) -> Any:
    """TextVectorization, which takes several lengths of runs as a tuple alone."""
    ngrams = given.get("ngrams")
    more = {"ngrams": tuple(ngrams)} if isinstance(ngrams, list) else {}
    return layers.TextVectorization(**{**given, **more})


class Equalized(layers.Layer):
    """Keras's equalisation inside a layer, since a model that holds it alone goes without."""

    def __init__(self, **given: Any) -> None:
        super().__init__()
        self.own = layers.Equalization(**given)

    def build(self, input_shape: Any) -> None:
        """There are no weights."""

    def call(self, inputs: Any, training: bool = False) -> Any:
        return self.own(inputs, training=training)


def upsampled(rank: int, given: dict[str, Any]) -> Any:
    """UpSampling1D, …; one dimension takes a number, not a list."""
    size = given.get("size", 2)
    size = size[0] if rank == 1 and isinstance(size, list) else size
    return of_rank("UpSampling{}D", rank)(**{**given, "size": size})


REFERENCES = {
    "pool": pool_reference,
    "lrn": lrn_reference,
    "channel_shuffle": shuffle_reference,
    "random_crop": middle_reference,
    "adaptive_pool": adaptive_reference,
}

DIRECT: dict[str, Direct] = {
    **OPERATIONS,
    "conv": convolution("Conv{}D"),
    "1x1": convolution("Conv{}D", kernel_size=1),
    "deform_conv": deformable,
    "depthwise_conv": convolution("DepthwiseConv{}D"),
    "separable_conv": convolution("SeparableConv{}D"),
    "conv_transpose": transposed,
    "pool": pooling,
    "global_pool": global_pooling,
    "adaptive_pool": adaptive,
    "einsum_dense": einsum_dense,
    "dense": plain("Dense"),
    "flatten": plain("Flatten"),
    "embedding": plain("Embedding"),
    "average": plain("Average"),
    "concat": plain("Concatenate"),
    "activation": plain("Activation"),
    "relu": plain("ReLU"),
    "leaky_relu": plain("LeakyReLU"),
    "elu": plain("ELU"),
    "prelu": plain("PReLU"),
    "softmax": plain("Softmax"),
    "batch_norm": plain("BatchNormalization"),
    "layer_norm": plain("LayerNormalization"),
    "group_norm": plain("GroupNormalization"),
    "rms_norm": plain("RMSNormalization"),
    "unit_norm": plain("UnitNormalization"),
    "lrn": local_response,
    "layer_scale": lambda rank, given: Scale(),
    "dropout": plain("Dropout"),
    "spatial_dropout": plain("SpatialDropout{}D"),
    "gaussian_noise": plain("GaussianNoise"),
    "alpha_dropout": plain("AlphaDropout"),
    "gaussian_dropout": plain("GaussianDropout"),
    "activity_regularization": plain("ActivityRegularization"),
    "stochastic_depth": lambda rank, given: layers.Dropout(noise_shape=(None, *(1,) * (rank + 1)), **given),
    "zero_pad": zero_padded,
    "crop": margins("Cropping{}D", "cropping"),
    "upsample": upsampled,
    "resize": plain("Resizing"),
    "reshape": plain("Reshape"),
    "permute": plain("Permute"),
    "slice": taken,
    "channel_shuffle": shuffled,
    "rescale": plain("Rescaling"),
    "normalize": plain("Normalization"),
    "random_flip": plain("RandomFlip"),
    "random_rotation": plain("RandomRotation"),
    "random_translation": plain("RandomTranslation"),
    "random_zoom": plain("RandomZoom"),
    "random_crop": plain("RandomCrop"),
    "random_contrast": plain("RandomContrast"),
    "random_shear": plain("RandomShear"),
    "random_perspective": plain("RandomPerspective"),
    "random_elastic_transform": plain("RandomElasticTransform"),
    "center_crop": plain("CenterCrop"),
    "random_brightness": plain("RandomBrightness"),
    "random_saturation": plain("RandomSaturation"),
    "random_hue": plain("RandomHue"),
    "random_color_jitter": plain("RandomColorJitter"),
    "random_color_degeneration": plain("RandomColorDegeneration"),
    "random_grayscale": plain("RandomGrayscale"),
    "random_invert": plain("RandomInvert"),
    "random_posterization": plain("RandomPosterization"),
    "solarization": plain("Solarization"),
    "random_sharpness": plain("RandomSharpness"),
    "random_gaussian_blur": plain("RandomGaussianBlur"),
    "random_erasing": plain("RandomErasing"),
    "equalization": lambda rank, given: Equalized(**given),
    "rand_augment": plain("RandAugment"),
    "aug_mix": plain("AugMix"),
    "discretization": plain("Discretization"),
    "category_encoding": plain("CategoryEncoding"),
    "hashing": plain("Hashing"),
    "hashed_crossing": plain("HashedCrossing"),
    "integer_lookup": plain("IntegerLookup"),
    "string_lookup": plain("StringLookup"),
    "text_vectorization": tokenised,
    "stft_spectrogram": plain("STFTSpectrogram"),
    "mel_spectrogram": plain("MelSpectrogram"),
    "auto_contrast": plain("AutoContrast"),
    "clahe": plain("ContrastLimitedAdaptiveHistogramEqualization"),
    "position_embedding": lambda rank, given: netspec.layers.PositionEmbedding(**arguments(given)),
    "rotary_embedding": lambda rank, given: netspec.layers.RotaryEmbedding(**given),
    "sinusoidal_embedding": lambda rank, given: netspec.layers.SinusoidalEmbedding(**given),
    "conv_lstm": conv_lstm,
    "constant": lambda rank, given: netspec.layers.Constant(**given),
    "learned": lambda rank, given: netspec.layers.Learned(**arguments(given)),
    "lstm": recurrent("LSTM"),
    "gru": recurrent("GRU"),
    "simple_rnn": recurrent("SimpleRNN"),
    "multi_head_attention": attention,
    "attention": paired("Attention"),
    "additive_attention": paired("AdditiveAttention"),
    "grouped_query_attention": grouped,
    "masking": plain("Masking"),
    "repeat_vector": plain("RepeatVector"),
    **{
        word: activation(word)
        for word in (
            *("celu", "exponential", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_tanh", "linear"),
            *("log_sigmoid", "log_softmax", "mish", "relu6", "selu", "sigmoid", "silu", "soft_shrink", "softplus"),
            *("softsign", "sparse_plus", "sparsemax", "squareplus", "swish", "tanh", "tanh_shrink"),
        )
    },
}


def inputs_of(shapes: Iterable[Sequence[int | None]], dtype: str) -> list[Any]:
    """Symbolic inputs."""
    return [keras.Input(tuple(shape), dtype=dtype) for shape in shapes]
