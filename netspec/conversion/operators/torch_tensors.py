"""PyTorch's operators on tensors: arithmetic, reductions, shapes, parts."""

from __future__ import annotations

from collections.abc import Callable

from netspec.conversion.model import ConversionError
from netspec.conversion.operators.torch_operators import Made, first, rule, whole, wholes
from netspec.conversion.operators.torch_reading import Call, Ref
from netspec.diagnostics.words import show

LARGE = 2**62
CASTS = {1: 2, 2: 3, 4: 6, 5: 7, 7: 1, 8: 1, 12: 9}  # PyTorch's numbers for types to ONNX's
TWO = {
    "add": "Add",
    "sub": "Sub",
    "mul": "Mul",
    "div": "Div",
    "pow": "Pow",
    "maximum": "Max",
    "minimum": "Min",
    "eq": "Equal",
    "gt": "Greater",
    "ge": "GreaterOrEqual",
    "lt": "Less",
    "le": "LessOrEqual",
    "logical_and": "And",
    "logical_or": "Or",
}


def _word(call: Call) -> str:
    return call.target.removeprefix("torch.ops.aten.").partition(".")[0].removesuffix("_")


@rule(*TWO, "rsub")
def _two(made: Made, call: Call) -> None:
    word = _word(call)
    one, other = list(call.arguments.values())[:2]
    if word == "rsub":
        one, other, word = other, one, "sub"
    if call.arguments.get("rounding_mode") is not None:
        raise ConversionError(
            f"rounds by {show(call.arguments['rounding_mode'])}, for which there is no kind", call.name
        )
    alpha = call.arguments.get("alpha", 1)
    name = made.name(other)
    if alpha != 1:
        name = made.step("Mul", [name, made.name(alpha)])
    made.put(TWO[word], [made.name(one), name])


@rule("rsqrt", "square")
def _power(made: Made, call: Call) -> None:
    made.put("Pow", [made.name(first(call)), made.name(-0.5 if _word(call) == "rsqrt" else 2.0)])


@rule("where")
def _where(made: Made, call: Call) -> None:
    made.put("Where", [made.name(each) for each in call.arguments.values()])


@rule("masked_fill")
def _masked_fill(made: Made, call: Call) -> None:
    given = call.arguments
    made.put("Where", [made.name(given[word]) for word in ("mask", "value", "self")])


REDUCTIONS = {"mean": "ReduceMean", "sum": "ReduceSum", "amax": "ReduceMax", "amin": "ReduceMin", "prod": "ReduceProd"}


@rule(*REDUCTIONS)
def _reduce(made: Made, call: Call) -> None:
    dim = call.arguments.get("dim")
    settings: dict[str, object] = {"keepdims": int(bool(call.arguments.get("keepdim", False)))}
    if dim is not None and wholes(dim):
        settings["axes"] = wholes(dim)
    made.put(REDUCTIONS[_word(call)], [made.name(first(call))], **settings)


@rule("cumsum")
def _cumsum(made: Made, call: Call) -> None:
    made.put("CumSum", [made.name(first(call)), made.name(whole(call.arguments["dim"]))])


@rule("view", "reshape", "_unsafe_view")
def _view(made: Made, call: Call) -> None:
    target = list(call.arguments.values())[1]
    made.put("Reshape", [made.name(first(call)), made.name(target)], allowzero=1)


@rule("flatten")
def _flatten(made: Made, call: Call) -> None:
    given = call.arguments
    axes = [whole(given.get("start_dim", 0)), whole(given.get("end_dim", -1))]
    made.put("Merge", [made.name(first(call))], axes=axes)


@rule("unflatten")
def _unflatten(made: Made, call: Call) -> None:
    sizes = call.arguments["sizes"]
    made.put("Part", [made.name(first(call)), made.name(sizes)], axis=whole(call.arguments["dim"]))


@rule("squeeze", "unsqueeze")
def _squeeze(made: Made, call: Call) -> None:
    kind = "Squeeze" if _word(call) == "squeeze" else "Unsqueeze"
    settings = {"axes": wholes(call.arguments["dim"])} if "dim" in call.arguments else {}
    made.put(kind, [made.name(first(call))], **settings)


@rule("permute")
def _permute(made: Made, call: Call) -> None:
    dims = wholes(call.arguments["dims"])
    made.put("Transpose", [made.name(first(call))], perm=[dim % len(dims) for dim in dims])


@rule("transpose", "t")
def _transpose(made: Made, call: Call) -> None:
    if _word(call) == "t":
        found = made.turned(first(call))
        made.put("Identity", [found])
    else:
        axes = [whole(call.arguments["dim0"]), whole(call.arguments["dim1"])]
        made.put("Exchange", [made.name(first(call))], axes=axes)


@rule("expand", "expand_as")
def _expand(made: Made, call: Call) -> None:
    if _word(call) == "expand_as":
        size = made.step("Shape", [made.name(call.arguments["other"])])
    else:
        size = made.name(call.arguments["size"])
    made.put("Expand", [made.name(first(call)), size])


@rule("repeat")
def _repeat(made: Made, call: Call) -> None:
    made.put("Tile", [made.name(first(call)), made.name(call.arguments["repeats"])])


@rule("to", "_to_copy", "type_as", "float")
def _to(made: Made, call: Call) -> None:
    dtype = call.arguments.get("dtype")
    if dtype is None:
        made.put("Identity", [made.name(first(call))])
    else:
        made.put("Cast", [made.name(first(call))], to=CASTS.get(whole(dtype), 0))


@rule("cat", "stack")
def _cat(made: Made, call: Call) -> None:
    tensors = call.arguments["tensors"]
    if not isinstance(tensors, list):
        raise TypeError("no tensors")
    dim = whole(call.arguments.get("dim", 0))
    names = [made.name(each) for each in tensors]
    if _word(call) == "stack":
        names = [made.step("Unsqueeze", [name], axes=[dim]) for name in names]
    made.put("Concat", names, axis=dim)


@rule("split", "split_with_sizes", "chunk", "unbind", "tensor_split")
def _split(made: Made, call: Call) -> None:
    """Parts: of a size, of sizes, so many, or of one place each without the axis."""
    word, dim = _word(call), whole(call.arguments.get("dim", 0))
    x, outputs = made.name(first(call)), call.outputs
    if word == "unbind":
        parts = tuple(f"{name} part" for name in outputs)
        made.making(parts, "Split", [x], axis=dim, split=[1] * len(parts))
        for part, name in zip(parts, outputs, strict=True):
            made.making((name,), "Squeeze", [part], axes=[dim])
        return
    said = list(call.arguments.values())[1]
    if word == "chunk":
        made.put("Split", [x], axis=dim)
    elif isinstance(said, list):
        made.put("Split", [x], axis=dim, split=wholes(said))
    else:
        made.put("Split", [x], axis=dim, each=whole(said))


@rule("select")
def _select(made: Made, call: Call) -> None:
    place = made.name(whole(call.arguments["index"]))
    made.put("Gather", [made.name(first(call)), place], axis=whole(call.arguments["dim"]))


@rule("slice", "narrow")
def _slice(made: Made, call: Call) -> None:
    given = call.arguments
    dim, start = whole(given.get("dim", 0)), whole(given.get("start") or 0)
    if _word(call) == "narrow":
        stop = start + whole(given["length"])
    else:
        end = given.get("end")
        if isinstance(end, Ref):
            raise ConversionError("ends where only the running network knows, and a `slice` says where", call.name)
        stop = LARGE if end is None else whole(end)
    step = whole(given.get("step", 1))
    made.put("Slice", [made.name(first(call))], starts=[start], ends=[stop], axes=[dim], steps=[step])


@rule("index_select")
def _index_select(made: Made, call: Call) -> None:
    given = call.arguments
    made.put("Gather", [made.name(first(call)), made.name(given["index"])], axis=whole(given["dim"]))


@rule("pad", "constant_pad_nd")
def _pad(made: Made, call: Call) -> None:
    """PyTorch says the last axis first."""
    given = call.arguments
    pads = wholes(given["pad"])
    mode = given.get("mode", "constant")
    count = len(pads) // 2
    axes = [-1 - index for index in range(count)]
    ordered = [*pads[0::2], *pads[1::2]]
    if mode not in ("constant", "reflect") or len(pads) % 2:
        raise ConversionError(f"pads by {show(mode)}, which a `pad` has no word for", call.name)
    settings: dict[str, object] = {"pads": ordered, "axes": axes, "mode": mode}
    if given.get("value") is not None:
        settings["value"] = given["value"]
    made.put("Pad", [made.name(first(call))], **settings)


def _upsample(mode: str) -> Callable[[Made, Call], None]:
    def put(made: Made, call: Call) -> None:
        given = call.arguments
        if given.get("align_corners") is True:
            raise ConversionError("aligns the corners, which an `upsample` does not", call.name)
        nearest = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        linear = {"coordinate_transformation_mode": "pytorch_half_pixel"}
        settings: dict[str, object] = {"mode": mode, **(nearest if mode == "nearest" else linear)}
        scales, x = given.get("scale_factors"), made.name(first(call))
        if isinstance(scales, list):
            made.put("Resize", [x], scales=[1.0, 1.0, *(float(str(each)) for each in scales)], **settings)
        else:
            made.put("Resize", [x], places=wholes(given["output_size"]), **settings)

    return put


for _name, _mode in {
    "upsample_nearest1d": "nearest",
    "upsample_nearest2d": "nearest",
    "upsample_nearest3d": "nearest",
    "upsample_bilinear2d": "linear",
    "upsample_bicubic2d": "cubic",
}.items():
    rule(_name)(_upsample(_mode))


@rule("pixel_shuffle")
def _pixel_shuffle(made: Made, call: Call) -> None:
    made.put("DepthToSpace", [made.name(first(call))], blocksize=whole(call.arguments["upscale_factor"]), mode="CRD")


@rule("channel_shuffle")
def _channel_shuffle(made: Made, call: Call) -> None:
    made.put("ChannelShuffle", [made.name(first(call))], groups=whole(call.arguments["groups"]))


@rule("sym_size")
def _size(made: Made, call: Call) -> None:
    made.put("Size", [made.name(first(call))], axis=whole(call.arguments.get("dim", 0)))


@rule("zeros", "ones", "full", "new_zeros", "new_ones")
def _filled(made: Made, call: Call) -> None:
    import numpy as np

    value = float(str(call.arguments.get("fill_value", 1.0 if "ones" in call.target else 0.0)))
    size = made.name(call.arguments["size"])
    made.put("ConstantOfShape", [size], value=np.asarray([value], "float32"))


@rule("arange")
def _arange(made: Made, call: Call) -> None:
    given = call.arguments
    start, step = given.get("start", 0), given.get("step", 1)
    made.put("Range", [made.name(each) for each in (start, given["end"], step)])
