"""Training a spec into a run folder, and going on with a run that was broken off."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from netspec.backends.keras.importing import import_keras
from netspec.expressions import Value
from netspec.files import unreadable
from netspec.pipeline import check
from netspec.training import runs as folders
from netspec.training.hosts import hosts_here
from netspec.training.lock import held
from netspec.training.outcome import Run
from netspec.training.plan import Plan, plan_run
from netspec.training.progress import Progress
from netspec.training.reopen import plan_of
from netspec.training.runs import RunFolder
from netspec.training.session import Session


def train_spec(
    path: str | Path,
    *,
    params: Mapping[str, object] | None = None,
    variant: str | None = None,
    runs: Path = Path("runs"),
    overrides: Mapping[str, object] | None = None,
    progress: Progress | None = None,
) -> Run:
    """Train a spec into a new folder under `runs`.

    `overrides` are options of `train`, and `data`, as a spec would write them. Raises OverrideError where one is wrong,
    SpecError for all that is wrong with the spec, the data, the machine or the disk, and Interrupted.
    """
    spec = check(path, params=params, variant=variant)
    plan = plan_run(spec, spec.content.encode(), params=params, variant=variant, overrides=overrides)
    return train_plan(plan, runs, progress or Progress(sys.stdout, sys.stderr))


def train_plan(plan: Plan, runs: Path, progress: Progress, command: str | None = None) -> Run:
    """Train what is planned into a new folder under `runs`; `command` is kept in it. Raises SpecError and Interrupted."""
    session = Session(plan, progress, command)
    session.initialise()
    path = session.hosts.tell(lambda: str(RunFolder.create(runs, plan.graph.name).path))
    folder = RunFolder(Path(path), writes=session.hosts.leads)
    with ExitStack() as stack:
        session.hosts.tell(lambda: str(stack.enter_context(held(folder, progress))))
        folder.write_spec(plan.content)
        return session.run(folder)


def resume_run(
    path: str | Path, *, epochs: Value = None, progress: Progress | None = None, command: str | None = None
) -> Run:
    """Go on with a run where it was broken off, as if it had not been broken off; `epochs` is a new number in all.

    Raises OverrideError where `epochs` is no such number, SpecError and Interrupted.
    """
    folder = RunFolder(Path(path))
    progress = progress or Progress(sys.stdout, sys.stderr)
    folder.read_record()  # it is a run
    hosts = hosts_here(import_keras())
    with ExitStack() as stack:
        hosts.tell(lambda: str(stack.enter_context(held(folder, progress))))
        record = folder.read_record()
        if record.get("status") == folders.FINISHED and epochs is None:
            raise unreadable(folder.path, "it is finished, so there is nothing to go on with; `--epochs` gives it more")
        plan = plan_of(folder, record, {} if epochs is None else {"epochs": epochs})
        folder.writes = hosts.leads
        return Session(plan, progress, command).run(folder, resumes=True)
