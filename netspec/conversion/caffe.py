"""A network of Caffe, as its prototxt says it, to a flat spec.

Caffe's channels come first; a spec's come last, so axes are other ones here. A prototxt holds no weights.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from netspec.conversion.converting import Failure, Inconvertible
from netspec.conversion.growing import Growing
from netspec.conversion.model import ConversionError
from netspec.conversion.nodes import Flat, not_converted
from netspec.conversion.prototxt import MAX_BYTES, Message, parse
from netspec.diagnostics.words import show
from netspec.options import Values
from netspec.shapes import Shape

MAX_LAYERS = 20_000
Sizes = int | list[int]  # for both dimensions, or one for each
_DATA = frozenset(["Data", "ImageData", "HDF5Data", "MemoryData", "WindowData", "DummyData", "Python"])
_OF_TRAINING = frozenset(
    ("Accuracy", "Silence", "EuclideanLoss", "SigmoidCrossEntropyLoss", "HingeLoss", "ContrastiveLoss")
)
# The names of layers in files of 2013, which are those of an enumeration.
_OLD = {
    "CONVOLUTION": "Convolution",
    "INNER_PRODUCT": "InnerProduct",
    "POOLING": "Pooling",
    "RELU": "ReLU",
    "LRN": "LRN",
    "DROPOUT": "Dropout",
    "CONCAT": "Concat",
    "SOFTMAX": "Softmax",
    "SOFTMAX_LOSS": "SoftmaxWithLoss",
    "ELTWISE": "Eltwise",
    "FLATTEN": "Flatten",
    "DATA": "Data",
    "IMAGE_DATA": "ImageData",
    "HDF5_DATA": "HDF5Data",
    "ACCURACY": "Accuracy",
    "SPLIT": "Split",
    "SIGMOID": "Sigmoid",
    "TANH": "TanH",
    "SILENCE": "Silence",
    "DECONVOLUTION": "Deconvolution",
    "POWER": "Power",
}


def flat_of(path: Path, shape: Shape | None = None) -> Flat:
    """The nodes of a network.

    Args:
        path: The prototxt.
        shape: Of an example, channels last, where the file does not say it.

    Raises:
        ConversionError: It is no such file.
        Inconvertible: It has layers that no kind says.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConversionError((error.strerror or "it cannot be read").lower()) from None
    if len(data) > MAX_BYTES:
        raise ConversionError(f"it holds more than {MAX_BYTES:,} bytes, more than a prototxt may")
    return _Net(parse(data.decode("utf-8", "replace")), shape).flat(path.stem)


class _Net:
    def __init__(self, net: Message, shape: Shape | None) -> None:
        self.net = net
        self.layers = [each for each in net.messages("layer") or net.messages("layers") if _is_tested(each)]
        if not self.layers:
            raise ConversionError("it has no layers, so it is no network of Caffe")
        if len(self.layers) > MAX_LAYERS:
            raise ConversionError(f"it has more than {MAX_LAYERS:,} layers")
        self.labels: set[str] = set()
        self.grown = Growing(self._inputs(shape))
        self.of = {name: each.name for name, each in self.grown.inputs.items()}  # the node of each blob
        self.read: set[str] = set()
        self.layer = self.layers[0]
        self.name = ""

    def flat(self, stem: str) -> Flat:
        failures = []
        last: dict[str, str] = {}
        for layer in self.layers:
            self.layer, self.name = layer, _text(layer.one("name")) or "layer"
            type_ = _type(layer)
            tops, bottoms = (
                [_text(each) for each in layer.get("top", ())],
                [_text(each) for each in layer.get("bottom", ())],
            )
            if type_ in _DATA or type_ == "Input" or type_ in _OF_TRAINING:
                continue
            bottoms = [bottom for bottom in bottoms if bottom not in self.labels]
            try:
                make = LAYERS.get(type_)
                if make is None:
                    raise ConversionError(f"is a {show(type_)}, a layer for which there is no kind")
                missing = [bottom for bottom in bottoms if bottom not in self.of]
                if missing or not bottoms:
                    raise ConversionError(
                        f"reads {show(missing[0] if missing else None)}, which no layer before it makes"
                    )
                made = make(self, [self.of[bottom] for bottom in bottoms])
            except ConversionError as error:
                failures.append(Failure(self.name, error.message))
                known = [self.of[bottom] for bottom in bottoms if bottom in self.of] or list(self.of.values())
                hole = not_converted("layer", self.name, type_)
                made = self.grown.hole(known[0], hole, self.name, self.name)
            self.read.update(bottoms)
            for top in tops or [self.name]:
                if top in bottoms:
                    self.read.discard(top)  # computed in its place
                self.of[top] = made
                last[top] = made
        outputs = {top: node for top, node in last.items() if top not in self.read}
        if not outputs and not failures:
            raise ConversionError("it has no layers whose outputs are not read")
        flat = self.grown.flat(_text(self.net.one("name")) or stem, outputs)
        if failures:
            raise Inconvertible(failures, flat if outputs else None)
        return flat

    def _inputs(self, shape: Shape | None) -> dict[str, Shape]:
        found: dict[str, Shape] = {}
        names = [_text(each) for each in self.net.get("input", ())]
        sizes = [each.get("dim") or [] for each in self.net.messages("input_shape")]
        flat = self.net.get("input_dim", [])
        sizes = sizes or [flat[place : place + 4] for place in range(0, len(flat), 4)]
        for name, given in zip(names, sizes, strict=False):
            found[name] = _last(given)
        for layer in self.layers:
            tops = [_text(each) for each in layer.get("top", ())]
            if _type(layer) == "Input":
                shapes = layer.inside("input_param").messages("shape")
                for top, each in zip(tops, shapes * len(tops) if len(shapes) == 1 else shapes, strict=False):
                    found[top] = _last(each.get("dim") or [])
            elif _type(layer) in _DATA and tops:
                self.labels.update(tops[1:])
                crop = layer.inside("transform_param").one("crop_size") or layer.inside("data_param").one("crop_size")
                if shape is None and not isinstance(crop, int):
                    raise ConversionError("does not say the shape of its data; give it with `--input`", tops[0])
                found.setdefault(tops[0], shape or (int(str(crop)), int(str(crop)), 3))
        if shape is not None and len(found) == 1:
            found = dict.fromkeys(found, shape)
        if not found and names and shape is not None:
            found = dict.fromkeys(names, shape)
        if not found:
            raise ConversionError("it does not say the shape of its input; give it with `--input`")
        return found

    # --- what layers are made of ---

    def add(self, kind_name: str, values: Values, *reads: str) -> str:
        frozen = self.layer.messages("param")
        rates = [each.one("lr_mult") for each in frozen] or self.layer.get("blobs_lr", [])
        learns = not rates or any(rate != 0 for rate in rates)
        return self.grown.add(kind_name, values, reads, self.name, named=self.name, trainable=learns)

    def shape(self, name: str) -> Shape:
        return self.grown.shape(name)

    def convolution(self, reads: list[str]) -> str:
        given = self.layer.inside("convolution_param")
        kernel = self.sizes(given, "kernel_size", "kernel_h", "kernel_w", 0)
        filters = _whole(given.one("num_output"), "num_output")
        values: Values = {"filters": filters}
        strides, pads = (
            self.sizes(given, "stride", "stride_h", "stride_w", 1),
            self.sizes(given, "pad", "pad_h", "pad_w", 0),
        )
        dilation, groups = self.sizes(given, "dilation", "", "", 1), given.one("group") or 1
        plain = kernel == 1 and groups == 1 and dilation == 1 and pads == 0
        if not plain:
            values["kernel_size"] = kernel
        for name, value, default in (("strides", strides, 1), ("dilation_rate", dilation, 1), ("groups", groups, 1)):
            if value != default:
                values[name] = value
        if pads != 0:
            values["padding"] = pads
        values |= self.fillers(given)
        if _type(self.layer) == "Deconvolution":
            if groups != 1 or dilation != 1:
                raise ConversionError("is a transposed convolution in groups, for which there is no kind")
            return self.add("conv_transpose", {"kernel_size": kernel, **values}, *reads)
        return self.add("1x1" if plain else "conv", values, *reads)

    def fillers(self, given: Message) -> Values:
        values: Values = {} if given.one("bias_term") is not False else {"use_bias": False}
        for name, option in (("weight_filler", "kernel_initializer"), ("bias_filler", "bias_initializer")):
            filler = given.inside(name)
            value = filler.one("value")
            match filler.one("type"):
                case "gaussian":
                    values[option] = {"random_normal": {"stddev": filler.one("std") or 1.0}}
                case "xavier":
                    values[option] = "lecun_uniform"  # Caffe divides by what comes in alone
                case "msra":
                    values[option] = "he_normal"
                case "constant" if value and not (option == "bias_initializer" and not values.get("use_bias", True)):
                    values[option] = {"constant": float(str(value))}
        return values

    def sizes(self, given: Message, name: str, height: str, width: str, default: int) -> Sizes:
        """A size for both dimensions, or one for each."""
        each = [_whole(value, name, least=0) for value in given.get(name, ())]
        if height in given or width in given:
            each = [_whole(given.one(word) or default, word, least=0) for word in (height, width)]
        if not each:
            each = [default]
        return each[0] if len(set(each)) == 1 else each

    def pool(self, reads: list[str]) -> str:
        given = self.layer.inside("pooling_param")
        type_ = {"MAX": "max", "AVE": "avg", "0": "max", "1": "avg"}.get(str(given.one("pool") or "MAX"))
        if type_ is None:
            raise ConversionError(f"pools by {show(given.one('pool'))}, for which there is no kind")
        if given.one("global_pooling") is True:
            return self.add("global_pool", {"keepdims": True, **({} if type_ == "avg" else {"type": type_})}, *reads)
        kernel = self.sizes(given, "kernel_size", "kernel_h", "kernel_w", 0)
        strides, pads = (
            self.sizes(given, "stride", "stride_h", "stride_w", 1),
            self.sizes(given, "pad", "pad_h", "pad_w", 0),
        )
        if pads != 0 and type_ == "avg":  # Caffe's mean counts its padding
            reads = [self.grown.add("zero_pad", {"padding": pads}, reads, self.name, named=f"{self.name}_pad")]
            pads = 0
        values: Values = {} if type_ == "max" else {"type": type_}
        for name, value, default in (("pool_size", kernel, 2), ("strides", strides, kernel)):
            if value != default:
                values[name] = value
        if pads != 0:
            values["padding"] = pads
        return self.add("pool", self.rounded(values, reads[0], kernel, strides, pads, given), *reads)

    def rounded(self, values: Values, read: str, kernel: Sizes, strides: Sizes, pads: Sizes, given: Message) -> Values:
        """With `rounding` where windows do not tile: Caffe rounds up, unless it is told to round down."""
        floor = given.one("round_mode") in ("FLOOR", 1) or given.one("ceil_mode") is False
        for place, size in enumerate(self.shape(read)[:2]):
            window, stride, pad = (
                int(each[place] if isinstance(each, list) else each) for each in (kernel, strides, pads)
            )
            if size is not None and (size + 2 * pad - window) % max(stride, 1):
                return {**values, "rounding": "floor" if floor else "ceil"}
        return values

    def dense(self, reads: list[str]) -> str:
        given = self.layer.inside("inner_product_param")
        values: Values = {"units": _whole(given.one("num_output"), "num_output"), **self.fillers(given)}
        if len(self.shape(reads[0])) > 1:
            reads = [self.grown.add("flatten", {}, reads, self.name)]
        return self.add("dense", values, *reads)

    def relu(self, reads: list[str]) -> str:
        slope = self.layer.inside("relu_param").one("negative_slope")
        return self.add("leaky_relu", {"negative_slope": slope}, *reads) if slope else self.add("relu", {}, *reads)

    def dropout(self, reads: list[str]) -> str:
        rate = self.layer.inside("dropout_param").one("dropout_ratio")
        return self.add("dropout", {"rate": 0.5 if rate is None else rate}, *reads)

    def lrn(self, reads: list[str]) -> str:
        given = self.layer.inside("lrn_param")
        size, alpha, beta, bias = (
            default if given.one(name) is None else given.one(name)
            for name, default in (("local_size", 5), ("alpha", 1.0), ("beta", 0.75), ("k", 1.0))
        )
        if given.one("norm_region") in ("WITHIN_CHANNEL", 1):
            raise ConversionError("normalises within a channel, for which there is no kind")
        size = _whole(size, "local_size")
        if not all(isinstance(each, int | float) for each in (alpha, beta, bias)) or size % 2 == 0:
            raise ConversionError("has numbers that a normalisation does not have")
        values: Values = {"depth_radius": size // 2, "alpha": float(str(alpha)) / size, "beta": beta, "bias": bias}
        return self.add("lrn", values, *reads)

    def concat(self, reads: list[str]) -> str:
        given = self.layer.inside("concat_param")
        axis = given.one("axis") if "axis" in given else given.one("concat_dim")
        axis = _axis(1 if axis is None else axis, len(self.shape(reads[0])))
        return self.add("concat", {} if axis == -1 else {"axis": axis}, *reads)

    def softmax(self, reads: list[str]) -> str:
        given = self.layer.inside("softmax_param").one("axis")
        axis = _axis(1 if given is None else given, len(self.shape(reads[0])))
        return self.add("softmax", {} if axis == -1 else {"axis": axis}, reads[0])

    def eltwise(self, reads: list[str]) -> str:
        given = self.layer.inside("eltwise_param")
        weights = given.get("coeff", [])
        match given.one("operation") or "SUM":
            case "SUM" | 1 if all(weight == 1 for weight in weights):
                return self.add("add", {}, *reads)
            case "SUM" | 1 if weights == [1, -1]:
                return self.add("subtract", {}, *reads)
            case "PROD" | 0:
                return self.add("multiply", {}, *reads)
            case "MAX" | 2:
                return self.add("maximum", {}, *reads)
        raise ConversionError(f"combines with the shares {show(weights)}, for which there is no kind")

    def norm(self, reads: list[str]) -> str:
        given = self.layer.inside("batch_norm_param")
        values: Values = {
            "epsilon": given.one("eps") or 1e-5,
            "momentum": given.one("moving_average_fraction") or 0.999,
        }
        return self.add("batch_norm", {**values, "center": False, "scale": False}, *reads)

    def scale(self, reads: list[str]) -> str:
        """The factors and shifts that Caffe gives a normalisation as a layer of its own."""
        given = self.layer.inside("scale_param")
        before = self.grown.node(reads[0])
        if len(reads) != 1 or before is None or before.kind_name != "batch_norm" or "scale" not in before.values:
            raise ConversionError("scales what is no `BatchNorm` before it, for which there is no kind")
        values = {name: value for name, value in before.values.items() if name != "scale"}
        if given.one("bias_term") is True:
            values.pop("center", None)
        self.grown.replace(before._replace(values=values))
        return before.name

    def power(self, reads: list[str]) -> str:
        given = self.layer.inside("power_param")
        if given.one("power") not in (None, 1):
            raise ConversionError("raises to a power, scaled, for which there is no kind")
        return self.add("rescale", {"scale": given.one("scale") or 1.0, "offset": given.one("shift") or 0.0}, *reads)


def _plain(kind_name: str, values: Values | None = None) -> Callable[[_Net, list[str]], str]:
    return lambda net, reads: net.add(kind_name, values or {}, *reads)


LAYERS: Mapping[str, Callable[[_Net, list[str]], str]] = {
    "Convolution": _Net.convolution,
    "Deconvolution": _Net.convolution,
    "Pooling": _Net.pool,
    "InnerProduct": _Net.dense,
    "ReLU": _Net.relu,
    "PReLU": _plain("prelu", {"shared_axes": [1, 2]}),
    "Sigmoid": _plain("sigmoid"),
    "TanH": _plain("tanh"),
    "AbsVal": _plain("absolute"),
    "Dropout": _Net.dropout,
    "LRN": _Net.lrn,
    "Concat": _Net.concat,
    "Softmax": _Net.softmax,
    "SoftmaxWithLoss": _Net.softmax,
    "Eltwise": _Net.eltwise,
    "Flatten": _plain("flatten"),
    "BatchNorm": _Net.norm,
    "Scale": _Net.scale,
    "Power": _Net.power,
    "Split": lambda net, reads: reads[0],
}


def _is_tested(layer: Message) -> bool:
    """Does it stand in the network that is used, and not only in that which is trained?"""
    included = [each.one("phase") for each in layer.messages("include") if "phase" in each]
    excluded = [each.one("phase") for each in layer.messages("exclude")]
    return (not included or any(phase in ("TEST", 1) for phase in included)) and not any(
        phase in ("TEST", 1) for phase in excluded
    )


def _type(layer: Message) -> str:
    found = _text(layer.one("type"))
    return _OLD.get(found, found)


def _last(sizes: list[object]) -> Shape:
    """A shape with its batch and its channels first as an example's with channels last."""
    _, *rest = [_whole(size, "dim") for size in sizes] or [0]
    if not rest:
        raise ConversionError("it has an input without sizes")
    channels, *positions = rest
    return (*positions, channels)


def _axis(axis: object, rank: int) -> int:
    """Caffe's axis, the channels first, where they come last."""
    if not isinstance(axis, int) or not -rank <= axis <= rank or axis == 0:
        raise ConversionError(f"goes along the axis {show(axis)}, which a spec's nodes do not")
    axis %= rank + 1
    return -1 if axis == 1 else axis - 1


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _whole(value: object, what: str, least: int = 1) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value < 10**7:
        raise ConversionError(f"has `{what}` {show(value)}, and a whole number is needed")
    return value
