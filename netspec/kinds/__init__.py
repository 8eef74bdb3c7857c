"""The node kinds, one file a family. `KINDS` is the table of them all."""

from netspec.kinds import (
    activation,
    composition,
    convolution,
    dense,
    merge,
    normalisation,
    pooling,
    preprocessing,
    regularisation,
    sequence,
    shape,
)
from netspec.kinds.kind import KINDS, Contradiction, Kind, Weights, Wrong

FAMILIES = (
    "convolution",
    "pooling",
    "dense",
    "composition",
    "merge",
    "activation",
    "normalisation",
    "regularisation",
    "shape",
    "preprocessing",
    "sequence",
)

__all__ = [
    "FAMILIES",
    "KINDS",
    "Contradiction",
    "Kind",
    "Weights",
    "Wrong",
    "activation",
    "composition",
    "convolution",
    "dense",
    "merge",
    "normalisation",
    "pooling",
    "preprocessing",
    "regularisation",
    "sequence",
    "shape",
]
