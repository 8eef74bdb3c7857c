"""Layers without a nonlinearity between them."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from netspec.analysis.lints.registry import lint
from netspec.analysis.view import View, is_linear
from netspec.diagnostics.problems import Note, Problem, Span
from netspec.graph.model import Node
from netspec.kinds.activation import Relu
from netspec.kinds.convolution import Conv, DepthwiseConv, Pointwise
from netspec.kinds.dense import Dense
from netspec.kinds.normalisation import BatchNorm, LayerScale
from netspec.kinds.pooling import Pool
from netspec.kinds.regularisation import Dropout, GaussianNoise, SpatialDropout
from netspec.kinds.window import Windowed

_LINEAR = (BatchNorm, LayerScale, Dropout, SpatialDropout, GaussianNoise)
MAX_BETWEEN = 24  # nodes between a depthwise convolution and the 1x1 that mixes what it kept apart
_NONLINEAR = (Relu, Pool)  # those that are met most; whatever is not known to be linear is not


@lint
def linear_layers_in_a_row(view: View) -> Iterator[Problem]:
    """Two layers with nothing but linear maps between, where one would have no more weights."""
    # The same two lines may meet in several uses of a block, of which some save weights by it: then it is meant.
    pairs: dict[tuple[Span, Span], tuple[int, int]] = {}  # the first of each
    meant: set[tuple[Span, Span]] = set()
    nodes = view.graph.nodes
    for index in view.of(Conv, Dense):
        if isinstance(nodes[nodes[index].inputs[0]].config, _NONLINEAR):
            continue
        first = _linear_before(view, index)
        if first is None:
            continue
        place = (nodes[first].span, nodes[index].span)
        if place in meant:
            continue
        if _saves_weights(view, first, index) or _after_depthwise(view, first):
            meant.add(place)
        else:
            pairs.setdefault(place, (first, index))
    for place, found in pairs.items():
        if place in meant:
            continue
        a, b = (nodes[i] for i in found)
        two, one = _kernels(view, *found)
        yield Problem(
            "NS807",
            f"{b.kind_name} `{b.path}`: no nonlinearity between `{a.path}` and `{b.path}`, so the two are one linear "
            f"map, which needs {one:,} weights instead of {two:,}; put an activation between them, or remove one",
            b.span,
            () if a.span == b.span else (Note(f"`{a.path}`", a.span),),
            node=b.path,
        )


def _taps(node: Node) -> int | None:
    """The positions that a plain linear layer takes in at once; None of any other node."""
    if type(node.config) is Dense:
        return 1
    if type(node.config) in (Conv, Pointwise):
        assert isinstance(node.config, Conv)
        if node.config.groups == 1 and node.shape is not None:
            return prod(node.config.taps(len(node.shape) - 1))
    return None


def _keeps_linear(node: Node) -> bool:
    return (
        isinstance(node.config, _LINEAR)
        or node.kind_name == "linear"
        or (node.kind_name == "activation" and is_linear(node))
    )


def _linear_before(view: View, second: int) -> int | None:
    """The layer whose output comes here unbent, and nowhere else, if it and this one can be one layer."""
    first = view.node(second).inputs[0]
    node = view.node(first)
    while _keeps_linear(node) and view.only_feeds_one(first):
        first = node.inputs[0]
        node = view.node(first)
    if not isinstance(node.config, (Conv, Dense)) or not is_linear(node) or not view.only_feeds_one(first):
        return None
    taps, before = _taps(view.node(second)), _taps(node)
    if taps is None or before is None or not view.shared.isdisjoint((first, second)):
        return None
    # A window after a larger one is a window larger still, and after a stride one whose taps stand apart.
    strides = getattr(node.config, "strides", 1)
    alone = before == 1 and (strides == 1 if isinstance(strides, int) else set(strides) == {1})
    return first if taps == 1 or alone else None


def _kernels(view: View, first: int, second: int) -> tuple[int, int]:
    """How many weights the kernels of two layers have, and how many the kernel of one that does the same."""
    a, b = view.node(first), view.node(second)
    x, middle, y = _channels(view.node(a.inputs[0])), _channels(a), _channels(b)
    before, after = _taps(a) or 0, _taps(b) or 0
    return before * x * middle + after * middle * y, before * after * x * y


def _channels(node: Node) -> int:
    return node.shape[-1] or 0 if node.shape else 0


def _saves_weights(view: View, first: int, second: int) -> bool:
    """A narrow layer between two wide ones is a linear map of low rank, a bottleneck made on purpose."""
    two, one = _kernels(view, first, second)
    return two < one


def _after_depthwise(view: View, index: int) -> bool:
    """The 1x1 that mixes what a depthwise convolution kept apart: the two together are the layer, linear on purpose."""
    node = view.node(index)
    for _ in range(MAX_BETWEEN):
        if not node.inputs:
            break
        node = view.node(node.inputs[0])
        if isinstance(node.config, DepthwiseConv):
            return True
        if _taps(node) is not None or isinstance(node.config, Windowed):
            return False
    return False
