"""What a block is called: by the names of the layers in it where these agree, else by what it is."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from netspec.conversion.folding.items import Item, walk
from netspec.conversion.naming import free_name
from netspec.kinds import KINDS

# Words of layers' names that say nothing of what many layers are together.
_GENERAL = frozenset(
    word
    for words in (
        "add avg bn batch block body branch cell concat conv convolution depthwise dense dropout expand expanded",
        "feature features functional global group input layer layers linear main max mixed model module multiply node norm",
        "normalization op ops out output pad padding path pool pooling project reduce relu residual reshape root separable",
        "sequential shortcut skip stack stage stem torch unit zero",
        # Of the names that are given by structure: what was folded before is called the same again.
        "bottleneck convs down encoder excite inception inverted layer pre squeeze transition",
    )
    for word in words.split()
)
# What blocks are called by what is in them.
STRUCTURES = (
    *("Encoder", "SqueezeExcite", "DenseLayer", "InvertedResidual", "SeparableConv", "Bottleneck", "Residual"),
    *("Inception", "Separable", "Down", "Dense", "Norm", "Block", "Convs", "PreConv", "Transition", "Conv"),
)
_ACTIVATIONS = frozenset(KINDS[name].spec_name for name in KINDS if KINDS[name].family == "activation")


def block_name(places: Sequence[Sequence[Item]], names: Sequence[str], taken: Collection[str]) -> str:
    """A name for the block of items that occur at these places.

    Args:
        places: The items at each.
        names: What each use will be called, if somebody gave it a name: that is all of the old names that a use keeps.
        taken: The names of other blocks.
    """
    return free_name(_common(places, names) or _by_structure(places[0]), taken, "")


def _common(places: Sequence[Sequence[Item]], names: Sequence[str]) -> str:
    """The first word that all places have in common, each in its name or else in those of all its layers."""
    words = [
        _shared([name]) if name else _shared([item.name for item in walk(items)])
        for items, name in zip(places, names, strict=True)
    ]
    kinds = _kinds(places)
    found = (word for word in words[0] if word not in _GENERAL and word not in kinds)
    return next((word.capitalize() for word in found if all(word in each for each in words)), "")


def _shared(names: Sequence[str]) -> list[str]:
    """The words that names have in common, in the first one's order."""
    words = [[word for word in re.split(r"[^a-z]+", _apart(name)) if len(word) > 2] for name in names]
    return [word for word in words[0] if all(word in each for each in words)]


def _apart(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _kinds(places: Sequence[Sequence[Item]]) -> set[str]:
    return {word for item in walk(places[0]) for word in (item.kind, *item.kind.split("_"))}


def _by_structure(items: Sequence[Item]) -> str:
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
    if any(kind.endswith("norm") or kind in _ACTIVATIONS for kind in before):
        return "PreConv"
    return "Transition" if "pool" in kinds else "Conv"
