"""Layers of Keras to kinds and hyperparameters: what `Kind.lower` does, backwards.

Most layers are the first of `keras_layers` of one kind, and their arguments are its hyperparameters: for those nothing is said
here. A layer that is more is a function below, in the table by its name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from types import NoneType

from netspec.conversion.keras_config import dtype_of
from netspec.conversion.model import Call, ConversionError, Layer, Tensor
from netspec.conversion.operations import Body, Lift, Lifted, lifted_operation, sides
from netspec.diagnostics.words import show
from netspec.kinds import KINDS
from netspec.kinds.arguments import CONSTRAINTS, INITIALIZERS, REGULARIZERS
from netspec.options import Declared, IntegerList, Invalid, Type, Values
from netspec.shapes import Shape

# Arguments that say nothing of a network, or are said of every layer.
_SAID_ELSEWHERE = frozenset(
    ("name", "trainable", "dtype", "batch_input_shape", "use_cudnn", "flash_attention", "unroll")
)
# Arguments that no kind takes, and the one value of each with which a layer is what the kind is.
_ONLY: dict[str, tuple[object, ...]] = {
    "data_format": ("channels_last", None),
    "noise_shape": (None,),
    "quantization_config": (None,),
    "stateful": (False,),
    "sparse": (False, None),
    "lora_rank": (None,),
    "lora_alpha": (None,),
    "seed_generator": (None,),
    "return_attention_scores": (False,),
    "input_length": (None,),
    "rms_scaling": (False, None),
    "fill_mode": ("constant", None),
    "zero_output_for_mask": (False, None),
    "oov_method": ("floormod", None),
    "vocabulary_dtype": ("int64", None),
    "encoding": ("utf-8", None),
}


def lifted(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
    """The nodes that a call of a layer becomes, the last of which is what it returns.

    Args:
        layer: The layer.
        call: What it is called on.
        shapes: Of the tensors that it reads, in order.

    Raises:
        ConversionError: No kind says it.
    """
    if layer.kind_name:
        return [_by_last_axis(Lifted(layer.kind_name, dict(layer.config), call.reads), shapes)]
    precision = dtype_of(layer.config)
    if not layer.is_operation and precision != "float32":
        raise ConversionError(f"computes in {precision}, and a spec's networks in float32", layer.name)
    if layer.is_operation:
        return [_by_last_axis(each, shapes) for each in lifted_operation(layer, call, shapes)]
    return [_by_last_axis(each, shapes) for each in _lifted_layer(layer, call, shapes)]


def _by_last_axis(made: Lifted, shapes: Sequence[Shape]) -> Lifted:
    """A node whose `axis` is the last one: most kinds' is that unless they say another."""
    option = KINDS[made.kind_name].options.get("axis")
    if made.kind_name == "stack":
        return made  # whose axes are those of what it gives
    if option is None or option.default != -1 or not shapes or made.values.get("axis") != len(shapes[0]):
        return made
    return made._replace(values={name: value for name, value in made.values.items() if name != "axis"})


# What calls say of no importance for what is computed (what `training` was given, a model that is trained overrides), or by the
# names of arguments: tensors that are read.
_SAID_TO_ALL = frozenset(("training", "inputs", "x", "sequences", "sequence", "initial_state"))
_ATTENTIVE = frozenset(("MultiHeadAttention", "Attention", "AdditiveAttention", "GroupQueryAttention"))


def _lifted_layer(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
    if layer.class_name not in _ATTENTIVE:
        for name, value in call.kwargs.items():
            if name not in _SAID_TO_ALL and value not in (None, False):
                raise ConversionError(f"is called with `{name}`, for which a spec has no word", layer.name)
    special = LAYERS.get(layer.class_name)
    if special is not None:
        return special(layer, call, shapes)
    kind_name = _kinds().get(layer.class_name)
    if kind_name is None:
        raise ConversionError(f"is a {show(layer.class_name)}, a layer for which there is no kind", layer.name)
    return [Lifted(kind_name, options_of(kind_name, layer), call.reads)]


@cache
def _kinds() -> dict[str, str]:
    """The kind that is a layer of Keras and nothing more, by the layer's class."""
    found: dict[str, list[str]] = {}
    for word, cls in KINDS.items():
        for name in cls.keras_layers:
            found.setdefault(name.removeprefix("netspec.layers."), []).append(word)
    return {
        name: min(words, key=lambda word: (word != name.lower(), len(KINDS[word].keras_layers)))
        for name, words in found.items()
        if "." not in name
    }


def options_of(kind_name: str, layer: Layer, config: Mapping[str, object] | None = None) -> Values:
    """The hyperparameters that a layer's arguments come to, those at their defaults left out.

    Args:
        kind_name: Of the node.
        layer: Whose arguments.
        config: The arguments, where they are not just the layer's.

    Raises:
        ConversionError: An argument has a value that the kind does not take.
    """
    cls = KINDS[kind_name]
    values: Values = {}
    for name, value in (layer.config if config is None else config).items():
        option = cls.options.get(name)
        if option is None:
            if name in _SAID_ELSEWHERE or name in _FIXED.get(kind_name, {}):
                continue
            if value not in _ONLY.get(name, (None,)):
                raise ConversionError(f"has `{name}` {show(value)}, which `{kind_name}` has no word for", layer.name)
            continue
        plain = _plain(value)
        if plain == _UNIFORM and option.default == INITIALIZERS["uniform"]():
            continue  # Keras writes the distribution that its short name means
        for tried in _shorter(plain, option.type):
            try:
                checked = option.type.check(tried)
            except Invalid:
                continue
            if option.required or checked != option.default or type(checked) is not type(option.default):
                values[name] = tried
            break
        else:
            raise ConversionError(f"has `{name}` {show(plain)}, which `{kind_name}` does not take", layer.name)
    return values


_UNIFORM = "random_uniform"
_FIXED: dict[str, frozenset[str]] = {
    "1x1": frozenset(("kernel_size", "dilation_rate")),
    "discretization": frozenset(("epsilon", "num_bins")),  # by which Keras seeks boundaries, which are given
    **dict.fromkeys(("string_lookup", "integer_lookup", "text_vectorization"), frozenset(("vocabulary_size",))),
}


def _shorter(value: object, option_type: Type[object]) -> list[object]:
    """A value as it may be written: a list of one number again and again as that number, if its type takes it for that."""
    if value == "linear":
        return [None, value]
    if value in ({"constant": {"value": 0.0}}, {"constant": {"value": 1.0}}):
        return ["zeros" if value == {"constant": {"value": 0.0}} else "ones", value]
    if isinstance(value, list) and value and not isinstance(value[0], list) and _are_equal(value):
        is_whole = isinstance(option_type.bare, IntegerList) and len(value) > 1  # where a number is a list of one
        return [value] if is_whole else [value[0], value]
    fewer = sides(value)
    return [value] if fewer is value else [fewer, value]


def _are_equal(values: Sequence[object]) -> bool:
    return all(type(each) is type(values[0]) and each == values[0] for each in values)


def _plain(value: object) -> object:
    """A value of a configuration as a spec would write it."""
    if isinstance(value, dict) and "class_name" in value:
        config = value.get("config")
        name = value["class_name"]
        if name == "function" and isinstance(config, str):
            return config
        for table in (INITIALIZERS, REGULARIZERS, CONSTRAINTS):
            for word, cls in table.items():
                if cls.keras_name == name:
                    return _named(word, cls, config if isinstance(config, dict) else {})
        return name
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value


def _named(word: str, cls: type[Declared], config: Mapping[str, object]) -> object:
    """An initializer or its like: its name, or a map with what differs from the defaults."""
    given = {}
    for key, each in config.items():
        option = cls.options.get(key)
        if option is None:
            continue
        plain = _plain(each)
        if plain != option.default:
            given[key] = plain
    return {word: given} if given else word


def _convolution(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
    """`conv`, or `1x1` where its window is one position."""
    kernel = layer.config.get("kernel_size")
    dilation = layer.config.get("dilation_rate", 1)
    one = isinstance(kernel, list) and set(kernel) == {1} and dilation in (1, [1] * len(kernel))
    values = options_of("1x1" if one else "conv", layer)
    if one and values.get("padding") == "same":
        del values["padding"]  # a window of one position needs none, whatever its strides
    return [Lifted("1x1" if one else "conv", values, call.reads)]


def _pool(type_: str) -> Lift:
    def lift(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
        values = options_of("pool", layer, {"type": type_, **layer.config})
        if values.get("strides") == values.get("pool_size", 2):
            del values["strides"]
        return [Lifted("pool", values, call.reads)]

    return lift


def _global_pool(type_: str) -> Lift:
    def lift(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
        return [Lifted("global_pool", options_of("global_pool", layer, {"type": type_, **layer.config}), call.reads)]

    return lift


def _activation(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
    """The kind that the activation is, which has its name."""
    name = _plain(layer.config.get("activation"))
    if not isinstance(name, str) or name not in KINDS:
        raise ConversionError(f"has the activation {show(name)}, for which there is no kind", layer.name)
    if name in _OF_ANOTHER_SLOPE:
        return [Lifted("activation", {"activation": name}, call.reads)]
    return [Lifted(name, {}, call.reads)]


# Functions of Keras whose defaults are others than those of Keras's layer, which the kind is.
_OF_ANOTHER_SLOPE = frozenset(("leaky_relu",))


def _relu(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
    values = options_of("relu", layer)
    if values == {"max_value": 6.0}:
        return [Lifted("relu6", {}, call.reads)]
    return [Lifted("relu", values, call.reads)]


def _bidirectional(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
    """The recurrent kind inside, with the way in which both directions are merged."""
    config = layer.config
    inner = config.get("layer")
    backward = config.get("backward_layer")
    if not isinstance(inner, dict) or not isinstance(inner.get("config"), dict):
        raise ConversionError("does not say what it runs both ways", layer.name)
    both = dict(inner["config"])
    kind_name = {"LSTM": "lstm", "GRU": "gru", "SimpleRNN": "simple_rnn"}.get(str(inner.get("class_name")))
    if kind_name is None:
        raise ConversionError(f"runs {show(inner.get('class_name'))} both ways, for which there is no kind", layer.name)
    if isinstance(backward, dict) and isinstance(backward.get("config"), dict):
        other = {**backward["config"], "go_backwards": both.get("go_backwards")}
        if options_of(kind_name, layer, other) != options_of(kind_name, layer, both):
            raise ConversionError("has another layer for the way back, and a spec's has the same", layer.name)
    mode = config.get("merge_mode")
    words = {"mul": "multiply", "ave": "average", "sum": "sum", "concat": "concat"}
    if mode not in words:
        raise ConversionError(f"has `merge_mode` {show(mode)}, which a spec has no word for", layer.name)
    if both.get("return_sequences"):
        both["zero_output_for_mask"] = False  # which Keras sets, whatever was said
    values = {**options_of(kind_name, layer, both), "bidirectional": words[str(mode)]}
    return [_with_states(Lifted(kind_name, values, call.reads), call)]


def _recurrent(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
    kind_name = _kinds()[layer.class_name]
    return [_with_states(Lifted(kind_name, options_of(kind_name, layer), call.reads), call)]


def _with_states(made: Lifted, call: Call) -> Lifted:
    """With the states that it begins with named by `initial_state`."""
    sequence, *states = call.reads
    return made._replace(reads=(sequence,), beside={"initial_state": tuple(states)} if states else {})


_ATTENDS = ("query", "value", "key", "query_mask", "value_mask", "key_mask")
_SAID_OF_A_CALL = (*_ATTENDS, "attention_mask", "return_attention_scores", "training", "use_causal_mask")


def _attention(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
    """Who attends to whom; what is said of each call is said of the node."""
    given = dict(zip(_SAID_OF_A_CALL, call.args, strict=False)) | dict(call.kwargs)
    if isinstance(given.get("query", given.get("inputs")), list):
        together = given.pop("query", given.pop("inputs", None))
        given |= dict(zip(_ATTENDS, together if isinstance(together, list) else (), strict=False))
    return [_attending(_kinds()[layer.class_name], layer, layer.config, given, len(shapes[0]))]


def _biased_attention(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
    """That of netspec's own layers, which is called on a list."""
    config = dict(layer.config)
    has_key, has_mask, causal = (config.pop(name, False) for name in ("has_key", "has_mask", "causal"))
    names = ["query", "value", *["key"] * bool(has_key), *["attention_mask"] * bool(has_mask), "bias"]
    given = dict(zip(names, call.reads, strict=True)) | {"use_causal_mask": causal}
    return [_attending("multi_head_attention", layer, config, given, len(shapes[0]))]


def _attending(
    kind_name: str, layer: Layer, config: Mapping[str, object], given: Mapping[str, object], rank: int
) -> Lifted:
    query, value, key = (given.get(role) for role in _ATTENDS[:3])
    if not isinstance(query, Tensor) or not isinstance(value, Tensor) or not isinstance(key, (Tensor, NoneType)):
        raise ConversionError("does not say which tensors attend to which", layer.name)
    if given.get("return_attention_scores"):
        raise ConversionError("gives its scores too, which a spec's nodes do not", layer.name)
    reads = (query, value) if key in (None, value) else (query, value, key)
    values = options_of(kind_name, layer, config)
    if values.get("value_dim") == values.get("key_dim"):
        values.pop("value_dim", None)
    if given.get("use_causal_mask"):
        values["use_causal_mask"] = True
    if values.get("attention_axes") in (list(range(1, rank)), 1 if rank == 2 else None):
        values.pop("attention_axes", None)  # all of them
    taken = KINDS[kind_name].reads
    for option in ("bias", "attention_mask"):
        if given.get(option) is not None and (not isinstance(given[option], Tensor) or option not in taken):
            raise ConversionError(f"is called with `{option}`, which `{kind_name}` does not take", layer.name)
    beside = {option: (tensor,) for option in taken if isinstance(tensor := given.get(option), Tensor)}
    return Lifted(kind_name, values, (query,) if reads == (query, query) else reads, beside=beside)


def _spectral(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
    """The kind of the layer inside, with `spectral_norm`."""
    inner = inside(layer)
    (made,) = lifted(inner, call, shapes)
    iterations = layer.config.get("power_iterations", 1)
    if "spectral_norm" not in KINDS[made.kind_name].options:
        raise ConversionError(f"normalises a {show(inner.class_name)}, for which a spec has no word", layer.name)
    return [made._replace(values={**made.values, "spectral_norm": True if iterations == 1 else iterations})]


def _each_step(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
    (made,) = lifted(inside(layer), call, [shape[1:] for shape in shapes])
    return [Lifted("time_distributed", {}, call.reads, body=Body(made.kind_name, made.values))]


def _dropout(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
    """`dropout`, or what it is with one draw for several numbers."""
    kept = layer.config.get("noise_shape")
    config = {name: value for name, value in layer.config.items() if name != "noise_shape"}
    kind_name = "dropout"
    if isinstance(kept, list) and kept[1:] and set(kept[1:]) == {1}:
        kind_name = "stochastic_depth"
    elif isinstance(kept, list) and len(kept) > 2 and set(kept[1:-1]) == {1} and kept[-1] in (None, shapes[0][-1]):
        kind_name = "spatial_dropout"
    elif kept is not None:
        raise ConversionError(f"has `noise_shape` {show(kept)}, for which there is no kind", layer.name)
    return [Lifted(kind_name, options_of(kind_name, layer, config), call.reads)]


def _zero_pad(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
    """With channels first on what has them last, Keras pads the last dimension of the image and the channels."""
    padding = layer.config.get("padding")
    if layer.config.get("data_format") == "channels_first" and isinstance(padding, list):
        config = {**layer.config, "padding": [[0, 0], *padding[:-1]], "channels": padding[-1], "data_format": None}
        return [Lifted("zero_pad", options_of("zero_pad", layer, config), call.reads)]
    return [Lifted("zero_pad", options_of("zero_pad", layer), call.reads)]


def _learned(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
    """What it is called on says only how many examples there are."""
    kind_name = _kinds()[layer.class_name]
    return [Lifted(kind_name, options_of(kind_name, layer), (), reads_nothing=True)]


def _einsum(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
    """`layer_scale`, where each channel is multiplied by a number of its own that begins as all others do."""
    values = options_of("einsum_dense", layer)
    equation = re.fullmatch(r"([a-z]+)([a-z]),\2->\1\2", str(values.get("equation")))
    first = values.get("kernel_initializer")
    value = first["constant"] if isinstance(first, dict) and set(first) == {"constant"} else None
    number = value.get("value") if isinstance(value, dict) else value
    said = {"equation", "output_shape", "kernel_initializer"}
    if equation is None or len(equation[1]) != len(shapes[0]) or not isinstance(number, float) or set(values) - said:
        return [Lifted("einsum_dense", values, call.reads)]
    return [Lifted("layer_scale", {} if number == 1e-6 else {"value": number}, call.reads)]


def _layer_scale(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
    """That of the ConvNeXts of `keras.applications`."""
    return [Lifted("layer_scale", {"value": layer.config.get("init_values")}, call.reads)]


def _scaled_sum(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
    """That of Inception-ResNet v2 in `keras.applications`: the first input, and the second times a number."""
    first, second = call.reads
    return [
        Lifted("multiply", {"value": layer.config.get("scale")}, (second,), "scaled"),
        Lifted("add", {}, (first,), also_before=True),
    ]


def stand_ins(path: str, layer: Layer) -> Mapping[str, object]:
    """Figures in the place of those that a layer keeps among its weights, to see whether it can be said at all."""
    learned = layer.class_name == "Normalization" and layer.config.get("mean") is None
    return {"mean": 0.0, "variance": 1.0} if learned else {}


def _normalization(layer: Layer, call: Call, shapes: Sequence[Shape]) -> list[Lifted]:
    """`normalize`, whose figures stand in the configuration or among the weights."""
    if layer.config.get("mean") is None or layer.config.get("variance") is None:
        raise ConversionError(
            "has learned its mean and variance, which stand in the model's weights; they are not read here", layer.name
        )
    return [Lifted("normalize", options_of("normalize", layer), call.reads)]


def inside(layer: Layer) -> Layer:
    """The layer that a wrapper holds. Raises ConversionError."""
    held = layer.config.get("layer")
    if not isinstance(held, dict) or not isinstance(held.get("config"), dict) or "layers" in held["config"]:
        raise ConversionError("holds no single layer", layer.name)
    return layer._replace(class_name=str(held.get("class_name")), config=held["config"])


LAYERS: dict[str, Lift] = {
    **{f"Conv{rank}D": _convolution for rank in (1, 2, 3)},
    **{f"MaxPooling{rank}D": _pool("max") for rank in (1, 2, 3)},
    **{f"AveragePooling{rank}D": _pool("avg") for rank in (1, 2, 3)},
    **{f"GlobalMaxPooling{rank}D": _global_pool("max") for rank in (1, 2, 3)},
    **{f"GlobalAveragePooling{rank}D": _global_pool("avg") for rank in (1, 2, 3)},
    "Activation": _activation,
    "Dropout": _dropout,
    "EinsumDense": _einsum,
    "LayerScale": _layer_scale,
    **dict.fromkeys(("Learned", "Constant"), _learned),
    **dict.fromkeys(_ATTENTIVE, _attention),
    "BiasedMultiHeadAttention": _biased_attention,
    "Normalization": _normalization,
    "ZeroPadding2D": _zero_pad,
    "CustomScaleLayer": _scaled_sum,
    "ReLU": _relu,
    "Bidirectional": _bidirectional,
    **dict.fromkeys(("LSTM", "GRU", "SimpleRNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"), _recurrent),
    "SpectralNormalization": _spectral,
    "TimeDistributed": _each_step,
}
