"""Training: from a spec to a run folder, and from a run folder or a model to figures and predictions."""

from __future__ import annotations

from netspec.training.fit import resume_run, train_plan, train_spec
from netspec.training.plan import OverrideError, Plan, plan_run
from netspec.training.session import Interrupted, Run

__all__ = ["Interrupted", "OverrideError", "Plan", "Run", "plan_run", "resume_run", "train_plan", "train_spec"]
