"""netspec: neural networks written down, not programmed.

`load`, `validate` and `inspect` need no Keras; `build` and `train` import it when they are called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

if TYPE_CHECKING:
    from netspec.api import build, inspect, load, propose, train, validate
    from netspec.diagnostics.problems import Candidate, Fix, Note, Problem, Span, SpecError
    from netspec.pipeline import Spec, check, check_text

__all__ = [
    "Candidate",
    "Fix",
    "Note",
    "Problem",
    "Span",
    "Spec",
    "SpecError",
    "build",
    "check",
    "check_text",
    "inspect",
    "load",
    "propose",
    "train",
    "validate",
]


def __getattr__(name: str) -> Any:
    # `import netspec` costs next to nothing; a function brings what it needs.
    if name not in __all__:
        raise AttributeError(f"module 'netspec' has no attribute {name!r}")
    from netspec import api
    from netspec.diagnostics import problems

    return getattr(api, name, None) or getattr(problems, name)
