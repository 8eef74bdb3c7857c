"""What a block is called by what is in it."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.conversion.folding.items import Item, walk
from netspec.kinds import KINDS

STRUCTURES = (
    *("Encoder", "SqueezeExcite", "DenseLayer", "InvertedResidual", "SeparableConv", "Bottleneck", "Residual"),
    *("Inception", "Separable", "Down", "Dense", "Norm", "Block", "Convs", "PreConv", "Transition", "Conv"),
)
ACTIVATIONS = frozenset(KINDS[name].spec_name for name in KINDS if KINDS[name].family == "activation")


def structure_name(items: Sequence[Item]) -> str:
    """The name, one of `STRUCTURES`, for a block of these items."""
    inside = list(walk(items))
    kinds = [item.kind for item in inside]
    merges = {item.values.get("merge", "add") for item in items if item.kind == "skip"}
    convolutions = [item for item in inside if item.kind == "conv"]
    if "multi_head_attention" in kinds:
        return "Encoder"
    if "multiply" in merges and "global_pool" in kinds and len(kinds) < 8:
        return "SqueezeExcite"
    if "concat" in merges:
        return "DenseLayer"
    if "depthwise_conv" in kinds and convolutions:
        return "InvertedResidual" if len(convolutions) > 1 else "SeparableConv"
    if "skip" in kinds:
        pointwise = sum(item.values.get("kernel_size") == 1 for item in convolutions)
        return "Bottleneck" if pointwise > 1 and len(convolutions) > 2 else "Residual"
    if "inception" in kinds:
        return "Inception"
    if "separable_conv" in kinds:
        return "Separable"
    if convolutions:
        return _of_convolution(kinds)
    if {"pool", "strides"} & set(kinds):
        return "Down"
    if kinds[0] == "dense":
        return "Dense"
    return "Norm" if kinds[0].endswith("_norm") else "Block"


def _of_convolution(kinds: Sequence[str]) -> str:
    """A convolution with what stands beside it."""
    if kinds.count("conv") > 1:
        return "Convs"
    before = kinds[: kinds.index("conv")]
    if any(kind.endswith("norm") or kind in ACTIVATIONS for kind in before):
        return "PreConv"
    return "Transition" if "pool" in kinds else "Conv"
