"""What might repair a shape: candidates only, which `netspec.fixes.verification` tries.

A kind that refuses a shape names changes of its own hyperparameters. The modules here hold rules for those of other nodes
that have a part in it, for nodes put in between, and for the input's size. A new rule is one function, declared by `rule` with
the codes that it serves.
"""

from __future__ import annotations

from netspec.fixes.candidates import (  # each declares its rules
    axes,
    channels,
    data,
    inputs,
    masks,
    merges,
    ranks,
    windows,
)
from netspec.fixes.candidates.registry import candidates, rule
from netspec.fixes.candidates.search import Search

__all__ = ["Search", "axes", "candidates", "channels", "data", "inputs", "masks", "merges", "ranks", "rule", "windows"]
