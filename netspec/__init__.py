"""netspec: neural networks written down, not programmed.

`load`, `validate` and `inspect` need no Keras; `build`, `train`, `probe` and `features` import it when they are called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.2.0"

if TYPE_CHECKING:
    from netspec.api import allow_kinds, build, diff, features, inspect, load, probe, propose, train, validate, view
    from netspec.diagnostics.problems import Candidate, Fix, Note, Problem, Span, SpecError
    from netspec.graph.model import Graph, Node
    from netspec.kinds.packages import PackageError
    from netspec.pipeline import Spec, check, check_text
    from netspec.training.outcome import Run

__all__ = [
    "Candidate",
    "Fix",
    "Graph",
    "Node",
    "Note",
    "PackageError",
    "Problem",
    "Run",
    "Span",
    "Spec",
    "SpecError",
    "allow_kinds",
    "build",
    "check",
    "check_text",
    "diff",
    "features",
    "inspect",
    "load",
    "probe",
    "propose",
    "train",
    "validate",
    "view",
]

if not TYPE_CHECKING:  # which would take any name for one of netspec's

    def __getattr__(name: str) -> object:
        # `import netspec` costs next to nothing; a function brings what it needs.
        if name not in __all__:
            raise AttributeError(f"module 'netspec' has no attribute {name!r}")
        if name == "Run":
            from netspec.training.outcome import Run  # which needs NumPy

            return Run
        from netspec import api
        from netspec.diagnostics import problems
        from netspec.graph import model

        return getattr(api, name, None) or getattr(problems, name, None) or getattr(model, name)
