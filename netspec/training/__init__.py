"""Training: from a spec to a run folder, and from a run folder or a model to figures and predictions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netspec.training.fit import resume_run, train_plan, train_spec
    from netspec.training.outcome import Interrupted, Run
    from netspec.training.plan import OverrideError, Plan, plan_run

__all__ = ["Interrupted", "OverrideError", "Plan", "Run", "plan_run", "resume_run", "train_plan", "train_spec"]

if not TYPE_CHECKING:  # which would take any name for one of these

    def __getattr__(name: str) -> object:
        # Run folders are listed by what needs no NumPy; training brings it.
        if name not in __all__:
            raise AttributeError(f"module 'netspec.training' has no attribute {name!r}")
        from netspec.training import fit, plan, session

        return next(getattr(module, name) for module in (fit, plan, session) if hasattr(module, name))
