"""The public functions of netspec; nothing inside imports this module.

None of them imports Keras before it must: `build` and `train` do.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.diagnostics.problems import Problem
from netspec.pipeline import Spec, check, check_text, load, propose

if TYPE_CHECKING:
    import keras

__all__ = ["Spec", "build", "check", "check_text", "inspect", "load", "propose", "train", "validate"]


def validate(
    path: str | Path, *, params: Mapping[str, Any] | None = None, variant: str | None = None
) -> tuple[Problem, ...]:
    """All problems of a spec, in order of position; empty where it is right."""
    return check(path, params=params, variant=variant, variants=True).problems


def inspect(path: str | Path, *, params: Mapping[str, Any] | None = None, variant: str | None = None) -> dict[str, Any]:
    """What `netspec inspect --format json` prints, as a dictionary. Raises SpecError."""
    from netspec.report.inspection import as_dict

    return as_dict(load(path, params=params, variant=variant))


def build(path: str | Path, *, params: Mapping[str, Any] | None = None, variant: str | None = None) -> keras.Model:
    """A plain Keras functional model. Raises SpecError."""
    from netspec.backends.keras.compiling import compile_graph

    return compile_graph(load(path, params=params, variant=variant))


def train(
    path: str | Path,
    *,
    params: Mapping[str, Any] | None = None,
    variant: str | None = None,
    runs: str | Path = "runs",
    **overrides: Any,
) -> Any:
    """Train a spec; returns the finished run. `overrides` are options of `train`, such as `epochs=3`. Raises SpecError."""
    from netspec.training import train_spec

    return train_spec(path, params=dict(params or {}), variant=variant, runs=Path(runs), overrides=overrides)
