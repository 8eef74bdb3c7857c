"""PyTorch's operators that are layers: convolutions, pools, products, normalisations, activations."""

from __future__ import annotations

from netspec.conversion.model import ConversionError
from netspec.conversion.operators.torch_operators import Made, first, rule, whole, wholes
from netspec.conversion.operators.torch_reading import Call
from netspec.diagnostics.words import show


def _each(value: object, rank: int) -> list[int]:
    """A number for each dimension."""
    found = wholes(value)
    return found * rank if len(found) == 1 else found


def _rank(made: Made, call: Call) -> int:
    """The number of dimensions of a convolution. Raises TypeError."""
    weight = made.array(call.arguments["weight"])
    if weight is None or weight.ndim < 3:
        raise TypeError("no weights")
    return weight.ndim - 2


@rule("conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "convolution")
def _convolution(made: Made, call: Call) -> None:
    given = call.arguments
    rank = _rank(made, call)
    settings: dict[str, object] = {
        "strides": _each(given.get("stride", 1), rank),
        "dilations": _each(given.get("dilation", 1), rank),
        "group": whole(given.get("groups", 1)),
    }
    padding = given.get("padding", 0)
    if padding == "same":
        settings["auto_pad"] = "SAME_UPPER"
    elif padding != "valid":
        settings["pads"] = _each(padding, rank) * 2
    backward = "transpose" in call.target or given.get("transposed") is True
    if backward:
        settings["output_padding"] = _each(given.get("output_padding", 0), rank)
    inputs = [made.name(given["input"]), made.name(given["weight"])]
    if given.get("bias") is not None:
        inputs.append(made.name(given["bias"]))
    made.put("ConvTranspose" if backward else "Conv", inputs, **settings)


@rule("linear")
def _linear(made: Made, call: Call) -> None:
    inputs = [made.name(call.arguments["input"]), made.turned(call.arguments["weight"])]
    if call.arguments.get("bias") is not None:
        inputs.append(made.name(call.arguments["bias"]))
    made.put("MatMul", inputs)


@rule("matmul", "mm", "bmm")
def _matmul(made: Made, call: Call) -> None:
    made.put("MatMul", [made.name(each) for each in call.arguments.values()])


@rule("addmm")
def _addmm(made: Made, call: Call) -> None:
    given = call.arguments
    inputs = [made.name(given[word]) for word in ("mat1", "mat2", "self")]
    made.put("Gemm", inputs, alpha=given.get("alpha", 1), beta=given.get("beta", 1))


@rule("max_pool1d", "max_pool2d", "max_pool3d", "avg_pool1d", "avg_pool2d", "avg_pool3d", "max_pool2d_with_indices")
def _pool(made: Made, call: Call) -> None:
    given = call.arguments
    rank = int(call.target[call.target.index("_pool") + 5])
    kernel = _each(given["kernel_size"], rank)
    if given.get("divisor_override") is not None:
        raise ConversionError(
            f"divides by {show(given['divisor_override'])}, which a `pool` has no word for", call.name
        )
    settings: dict[str, object] = {
        "kernel_shape": kernel,
        "strides": _each(given.get("stride") or kernel, rank),
        "pads": _each(given.get("padding", 0), rank) * 2,
        "ceil_mode": int(bool(given.get("ceil_mode", False))),
    }
    if "avg" in call.target:
        settings["count_include_pad"] = int(bool(given.get("count_include_pad", True)))
    else:
        settings["dilations"] = _each(given.get("dilation", 1), rank)
    made.put("AveragePool" if "avg" in call.target else "MaxPool", [made.name(first(call))], **settings)


@rule(*(f"adaptive_{word}_pool{rank}d" for word in ("avg", "max") for rank in (1, 2, 3)))
def _adaptive_pool(made: Made, call: Call) -> None:
    rank = int(call.target[call.target.index("_pool") + 5])
    sizes = _each(call.arguments["output_size"], rank)
    kind = "GlobalAveragePool" if "avg" in call.target else "GlobalMaxPool"
    if set(sizes) == {1}:
        made.put(kind, [made.name(first(call))])
    else:
        made.put("AdaptivePool", [made.name(first(call))], sizes=sizes, type="avg" if "avg" in call.target else "max")


@rule("batch_norm", "_native_batch_norm_legit_no_training", "_native_batch_norm_legit")
def _batch_norm(made: Made, call: Call) -> None:
    given = call.arguments
    if given.get("training") is True:
        raise ConversionError("is in training: export the model after `model.eval()`", call.name)
    words = ("running_mean", "running_var")
    statistics = [made.array(given.get(word)) for word in words]
    if any(each is None for each in statistics):
        raise ConversionError("has no moving statistics, which a `batch_norm` has", call.name)
    affine = [made.name(given.get(word)) for word in ("weight", "bias")]
    momentum = given.get("momentum", 0.1)
    made.put(
        "BatchNormalization",
        [made.name(given.get("input", given.get("self"))), *affine, *(made.name(given[word]) for word in words)],
        epsilon=given.get("eps", 1e-5),
        momentum=round(1 - momentum, 10) if isinstance(momentum, float) else momentum,
    )


@rule("layer_norm", "native_layer_norm")
def _layer_norm(made: Made, call: Call) -> None:
    given = call.arguments
    axis = -len(wholes(given["normalized_shape"]))
    inputs = [made.name(given.get(word)) for word in ("input", "weight", "bias")]
    made.put("LayerNormalization", inputs, axis=axis, epsilon=given.get("eps", 1e-5))


@rule("rms_norm")
def _rms_norm(made: Made, call: Call) -> None:
    given = call.arguments
    if given.get("eps") is None:
        raise ConversionError("has no `eps`, which a `rms_norm` says", call.name)
    axis = -len(wholes(given["normalized_shape"]))
    inputs = [made.name(given["input"]), made.name(given.get("weight"))]
    made.put("RMSNormalization", inputs, axis=axis, epsilon=given["eps"])


@rule("group_norm")
def _group_norm(made: Made, call: Call) -> None:
    given = call.arguments
    inputs = [made.name(given.get(word)) for word in ("input", "weight", "bias")]
    made.put("GroupNormalization", inputs, num_groups=whole(given["num_groups"]), epsilon=given.get("eps", 1e-5))


@rule("instance_norm")
def _instance_norm(made: Made, call: Call) -> None:
    given = call.arguments
    if given.get("use_input_stats") is False:
        raise ConversionError("uses moving statistics, which a `group_norm` does not", call.name)
    inputs = [made.name(given.get(word)) for word in ("input", "weight", "bias")]
    made.put("InstanceNormalization", inputs, epsilon=given.get("eps", 1e-5))


PLAIN = {
    "relu": "Relu",
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
    "silu": "Silu",
    "mish": "Mish",
    "hardswish": "HardSwish",
    "selu": "Selu",
    "exp": "Exp",
    "log": "Log",
    "sqrt": "Sqrt",
    "abs": "Abs",
    "neg": "Neg",
    "sign": "Sign",
    "sin": "Sin",
    "cos": "Cos",
    "floor": "Floor",
    "round": "Round",
    "erf": "Erf",
    "reciprocal": "Reciprocal",
    "logical_not": "Not",
    "contiguous": "Identity",
    "clone": "Identity",
    "detach": "Identity",
    "alias": "Identity",
    "lift_fresh_copy": "Identity",
    "relu6": "",
}


@rule(*PLAIN)
def _plain(made: Made, call: Call) -> None:
    if "relu6" in call.target:
        made.put("Clip", [made.name(first(call))], min=0, max=6)
    else:
        word = call.target.removeprefix("torch.ops.aten.").partition(".")[0].removesuffix("_")
        made.put(PLAIN[word], [made.name(first(call))])


@rule("gelu")
def _gelu(made: Made, call: Call) -> None:
    made.put("Gelu", [made.name(first(call))], approximate=call.arguments.get("approximate", "none"))


@rule("hardsigmoid")
def _hard_sigmoid(made: Made, call: Call) -> None:
    made.put("HardSigmoid", [made.name(first(call))], alpha=1 / 6, beta=0.5)


@rule("leaky_relu")
def _leaky(made: Made, call: Call) -> None:
    made.put("LeakyRelu", [made.name(first(call))], alpha=call.arguments.get("negative_slope", 0.01))


@rule("elu", "celu")
def _elu(made: Made, call: Call) -> None:
    if call.arguments.get("scale", 1) != 1 or call.arguments.get("input_scale", 1) != 1:
        raise ConversionError("has a scale, which an `elu` has not", call.name)
    kind = "Celu" if "celu" in call.target else "Elu"
    made.put(kind, [made.name(first(call))], alpha=call.arguments.get("alpha", 1.0))


@rule("softplus")
def _softplus(made: Made, call: Call) -> None:
    """From `threshold` on it is x itself, which beyond 20 makes no difference."""
    if call.arguments.get("beta", 1) != 1 or float(str(call.arguments.get("threshold", 20))) < 20:
        raise ConversionError("has `beta` or `threshold`, which a `softplus` has not", call.name)
    made.put("Softplus", [made.name(first(call))])


@rule("hardtanh", "clamp", "clamp_min", "clamp_max")
def _clamp(made: Made, call: Call) -> None:
    given = call.arguments
    low = given.get("min", given.get("min_val", -1.0 if "hardtanh" in call.target else None))
    high = given.get("max", given.get("max_val", 1.0 if "hardtanh" in call.target else None))
    if not all(each is None or isinstance(each, (int, float)) for each in (low, high)):
        raise ConversionError("has bounds that are computed, which a `clip` has no word for", call.name)
    made.put(
        "Clip",
        [made.name(first(call))],
        **{word: value for word, value in (("min", low), ("max", high)) if value is not None},
    )


@rule("prelu")
def _prelu(made: Made, call: Call) -> None:
    made.put("PRelu", [made.name(call.arguments["self"]), made.name(call.arguments["weight"])], by_channel=1)


@rule("softmax", "_softmax", "log_softmax", "_log_softmax")
def _softmax(made: Made, call: Call) -> None:
    kind = "LogSoftmax" if "log" in call.target else "Softmax"
    made.put(kind, [made.name(first(call))], axis=whole(call.arguments["dim"]))


@rule("dropout", "feature_dropout", "alpha_dropout")
def _dropout(made: Made, call: Call) -> None:
    rate = call.arguments.get("p", 0.5)
    if "alpha" in call.target or "feature" in call.target or rate in (0, 1):
        made.put("Identity", [made.name(first(call))])
    else:
        made.put("Dropout", [made.name(first(call))], ratio=rate)


@rule("embedding")
def _embedding(made: Made, call: Call) -> None:
    made.put("Gather", [made.name(call.arguments["weight"]), made.name(call.arguments["indices"])], axis=0)


@rule("scaled_dot_product_attention")
def _attention(made: Made, call: Call) -> None:
    """softmax(q k^T * scale + mask) v."""
    given = call.arguments
    if given.get("dropout_p", 0) or given.get("is_causal") or given.get("enable_gqa"):
        raise ConversionError("has `dropout_p`, `is_causal` or `enable_gqa`, which is not converted here", call.name)
    query, key, value = (made.name(given[word]) for word in ("query", "key", "value"))
    scale = given.get("scale")
    turned = made.step("Exchange", [key], axes=[-2, -1])
    scores = made.step("MatMul", [query, turned])
    if scale is None:
        scores = made.step("Scale", [scores, query], axis=-1)
    else:
        scores = made.step("Mul", [scores, made.name(float(str(scale)))])
    if given.get("attn_mask") is not None:
        scores = made.step("Add", [scores, made.name(given["attn_mask"])])
    made.put("MatMul", [made.step("Softmax", [scores], axis=-1), value])
