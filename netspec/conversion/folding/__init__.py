"""Repetition in a flat spec found and said once: compositions, defaults, blocks, repeats. It is proved to be the same network."""

from netspec.conversion.folding.stages import LEVELS, Folded, fold

__all__ = ["LEVELS", "Folded", "fold"]
