"""Layers and operations that are one kind together, such as x * relu6(x + 3) / 6, put back as that."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import NamedTuple

from netspec.conversion.model import Call, Layer, Model, Tensor
from netspec.kinds.pooling import TINY

_EXACTLY = 1e-6


class Found(NamedTuple):
    """What several layers are."""

    gone: tuple[str, ...]  # layers beside the last, nothing of which is read elsewhere
    made: Layer  # in the place of the last


class Pattern(NamedTuple):
    """Where to look for a kind."""

    ends: frozenset[str]  # classes of the last layer
    find: Callable[[View, Layer], Found | None]


def put_back(model: Model) -> Model:
    """The model with what kinds say in one word said so, until nothing more is found."""
    while True:
        view = View(model)
        found = next((each for layer in model.layers if (each := _found(view, layer)) is not None), None)
        if found is None:
            return model
        gone = {*found.gone}
        layers = (found.made if layer.name == found.made.name else layer for layer in model.layers)
        model = model._replace(layers=tuple(layer for layer in layers if layer.name not in gone))


def _found(view: View, layer: Layer) -> Found | None:
    if len(layer.calls) != 1 or layer.inner is not None or layer.kind_name:
        return None
    for pattern in PATTERNS:
        if layer.class_name in pattern.ends:
            found = pattern.find(view, layer)
            if found is not None and view.is_read_nowhere_else(found, layer):
                return found
    return None


class View:
    """A model seen from its tensors."""

    def __init__(self, model: Model) -> None:
        self._layers = {layer.name: layer for layer in model.layers}
        self._readers: defaultdict[str, set[str]] = defaultdict(set)
        for layer in model.layers:
            for call in layer.calls:
                for tensor in call.reads:
                    self._readers[tensor.layer].add(layer.name)
        self._given = {tensor.layer for tensor in model.outputs.values()}

    def is_read_nowhere_else(self, found: Found, last: Layer) -> bool:
        """Is what the layers that go give read by each other and the last alone?"""
        within = {*found.gone, last.name}
        return all(self._readers[name] <= within and name not in self._given for name in found.gone)

    def before(self, value: object, *class_names: str) -> Layer | None:
        """The layer of one of these classes that gives a tensor, and is called once."""
        layer = self._layers.get(value.layer) if isinstance(value, Tensor) else None
        if layer is None or layer.class_name not in class_names or len(layer.calls) != 1 or layer.kind_name:
            return None
        return layer

    def behind(self, value: object, kind_name: str) -> Layer | None:
        """The layer that was put back as this kind, and gives a tensor."""
        layer = self._layers.get(value.layer) if isinstance(value, Tensor) else None
        return layer if layer is not None and layer.kind_name == kind_name else None


def _operands(layer: Layer) -> list[object]:
    """What a layer of one call computes with: one tensor, or two of a list, or a tensor and a number."""
    call = layer.calls[0]
    values = [*call.args, *call.kwargs.values()]
    return list(values[0]) if len(values) == 1 and isinstance(values[0], list) else values


def _with_number(layer: Layer, number: float) -> object | None:
    """The tensor to which, or with which, a layer computes this number."""
    match _operands(layer):
        case [Tensor() as tensor, int() | float() as given] | [int() | float() as given, Tensor() as tensor]:
            return tensor if abs(given - number) <= _EXACTLY * abs(number) else None
    return None


def _first(layer: Layer) -> object | None:
    reads = layer.calls[0].reads
    return reads[0] if reads else None


def _said(kind_name: str, layer: Layer, reads: list[object], values: Mapping[str, object] | None = None) -> Layer:
    """A layer that is a kind, in the place of another."""
    return layer._replace(config=values or {}, calls=(Call(tuple(reads), {}),), kind_name=kind_name, is_operation=True)


def _hard_sigmoid(view: View, layer: Layer) -> Found | None:
    """relu6(x + 3) / 6."""
    clipped = _with_number(layer, 6.0 if layer.class_name in ("Divide", "TrueDivide") else 1 / 6)
    relu = view.before(clipped, "ReLU", "Relu6", "Activation")
    if relu is None or not _is_relu6(relu):
        return None
    total = view.before(_first(relu), "Add")
    if total is None or (x := _with_number(total, 3.0)) is None or not total.is_operation:
        return None
    return Found((relu.name, total.name), _said("hard_sigmoid", layer, [x]))


def _is_relu6(layer: Layer) -> bool:
    config = layer.config
    if layer.class_name == "Activation":
        return config.get("activation") == "relu6"
    plain = not config.get("negative_slope") and not config.get("threshold")
    return layer.class_name == "Relu6" or (config.get("max_value") == 6 and plain)


def _hard_silu(view: View, layer: Layer) -> Found | None:
    """X times its hard sigmoid."""
    operands = _operands(layer)
    if len(operands) != 2:
        return None
    for x, other in (operands, operands[::-1]):
        gate = view.behind(other, "hard_sigmoid") or view.before(other, "Activation", "HardSigmoid")
        if gate is None or _first(gate) != x:
            continue
        if gate.kind_name or gate.class_name == "HardSigmoid" or gate.config.get("activation") == "hard_sigmoid":
            return Found((gate.name,), _said("hard_silu", layer, [x]))
    return None


_POOLS = ("AveragePooling1D", "AveragePooling2D", "AveragePooling3D")


def _mean_without_padding(view: View, layer: Layer) -> Found | None:
    """The mean over zeros too, divided by the share of each window that is not padding."""
    match _operands(layer):
        case [Tensor() as one, Tensor() as other]:
            pool, share = view.before(one, *_POOLS), view.before(other, *_POOLS)
        case _:
            return None
    if pool is None or share is None or _window(pool) != _window(share) or pool.config.get("padding") != "valid":
        return None
    square = view.before(_first(pool), "Square")
    pad = view.before(_first(square or pool), "Pad")
    other_pad = view.before(_first(share), "Pad")
    ones = None if other_pad is None else view.before(_first(other_pad), "OnesLike")
    if pad is None or other_pad is None or ones is None:
        return None
    width = pad.config.get("pad_width")
    x, of = _first(pad), _first(ones)
    channel = view.before(of, "GetItem")
    if (x != of and (channel is None or _first(channel) != x)) or width != other_pad.config.get("pad_width"):
        return None
    if not (_is_of_zeros(pad) and _is_of_zeros(other_pad)):
        return None
    match width:
        case [[0, 0], *amounts, [0, 0]]:
            config = {**pool.config, "padding": amounts}
        case _:
            return None
    beside = (square, channel if x != of else None)
    gone = (pool, share, pad, other_pad, ones, *(each for each in beside if each is not None))
    made = _in_place_of(layer, pool, config, x)
    return Found(tuple(each.name for each in gone), made if square is None else _squared(made))


def _in_place_of(last: Layer, pool: Layer, config: Mapping[str, object], x: object) -> Layer:
    """The pool that several layers are, in the place of the last of them."""
    own_name = pool.own_name or pool.name
    return pool._replace(name=last.name, config=config, calls=(Call((x,), {}),), own_name=own_name)


def _window(pool: Layer) -> list[object]:
    return [pool.class_name, *(pool.config.get(name) for name in ("pool_size", "strides", "padding"))]


def _is_of_zeros(pad: Layer) -> bool:
    values = pad.calls[0].kwargs.get("constant_values", pad.config.get("constant_values"))
    return pad.config.get("mode", "constant") == "constant" and values in (None, 0, 0.0)


_SQUARED = "squared"  # of the mean of squares, whose root makes an `l2` pool of it


def _squared(pool: Layer) -> Layer:
    return pool._replace(config={**pool.config, _SQUARED: True})


def _l2_pool(view: View, layer: Layer) -> Found | None:
    """The root of the mean of squares, kept away from zero."""
    clip = view.before(_first(layer), "Clip")
    pool = None if clip is None else view.before(_first(clip), *_POOLS)
    if clip is None or pool is None:
        return None
    low, high = (
        clip.config.get(name, clip.calls[0].args[place] if len(clip.calls[0].args) > place else None)
        for place, name in ((1, "x_min"), (2, "x_max"))
    )
    if low != TINY or high != float("inf"):
        return None
    config = {**{name: value for name, value in pool.config.items() if name != _SQUARED}, "type": "l2"}
    if _SQUARED in pool.config:
        return Found((clip.name, pool.name), _in_place_of(layer, pool, config, _first(pool)))
    square = view.before(_first(pool), "Square")
    if square is None:
        return None
    return Found((clip.name, pool.name, square.name), _in_place_of(layer, pool, config, _first(square)))


def _sampling(view: View, layer: Layer) -> Found | None:
    """Mean + exp(variance / 2) * noise, the noise being 0 but while training."""
    match _operands(layer):
        case [Tensor() as mean, Tensor() as rest]:
            scaled = view.before(rest, "Multiply")
        case _:
            return None
    if scaled is None or len(operands := _operands(scaled)) != 2:
        return None
    exponential, noise = view.before(operands[0], "Exp"), view.before(operands[1], "GaussianNoise")
    zeros = None if noise is None else view.before(_first(noise), "ZerosLike")
    half = None if exponential is None else view.before(_first(exponential), "Multiply")
    if exponential is None or noise is None or zeros is None or half is None:
        return None
    variance = _with_number(half, 0.5)
    if _first(zeros) != mean or variance is None or noise.config.get("stddev") != 1.0:
        return None
    seed = noise.config.get("seed")
    gone = (scaled.name, exponential.name, noise.name, zeros.name, half.name)
    values: dict[str, object] = {"seed": seed} if isinstance(seed, int) else {}
    return Found(gone, _said("sampling", layer, [mean, variance], values))


def _one_hot(view: View, layer: Layer) -> Found | None:
    """Of whole numbers, those that are no class set to -1 before."""
    classes = layer.config.get("num_classes")
    where = view.before(_first(layer), "Where")
    if where is None or layer.config.get("axis", -1) != -1 or layer.config.get("sparse"):
        return None
    match _operands(where):
        case [condition, Tensor() as number, -1]:
            less = view.before(condition, "Less")
        case _:
            return None
    cast = view.before(number, "Cast")
    if less is None or cast is None or _operands(less) != [number, classes] or cast.config.get("dtype") != "int32":
        return None
    return Found((where.name, less.name, cast.name), _said("one_hot", layer, [_first(cast)], {"classes": classes}))


PATTERNS = (
    Pattern(frozenset(("Multiply", "Divide", "TrueDivide")), _hard_sigmoid),
    Pattern(frozenset(("Multiply",)), _hard_silu),
    Pattern(frozenset(("Divide", "TrueDivide")), _mean_without_padding),
    Pattern(frozenset(("Sqrt",)), _l2_pool),
    Pattern(frozenset(("Add",)), _sampling),
    Pattern(frozenset(("OneHot",)), _one_hot),
)
