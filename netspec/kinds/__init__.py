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
from netspec.kinds.kind import KINDS, Configs, Kind, OptionConflict, ShapeError, Weights

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
    "Configs",
    "Kind",
    "OptionConflict",
    "ShapeError",
    "Weights",
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
