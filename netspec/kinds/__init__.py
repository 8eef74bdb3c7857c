"""The node kinds, one file a family. `KINDS` is the table of them all."""

from netspec.kinds.kind import Configs, Kind, OptionConflict, ShapeError, Weights
from netspec.kinds.table import FAMILIES, KINDS

__all__ = ["FAMILIES", "KINDS", "Configs", "Kind", "OptionConflict", "ShapeError", "Weights"]
