"""Writing a report: of a run that has just ended, or of one that is opened again."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from netspec.backends.keras.types import KerasModel
from netspec.backends.requirements import refusal
from netspec.data.dataset import Dataset
from netspec.diagnostics.problems import SpecError
from netspec.diagnostics.words import listing
from netspec.files import Unreadable, write_whole
from netspec.training.dataset import load_dataset
from netspec.training.log import read_lines
from netspec.training.objective import Output
from netspec.training.plan import Plan
from netspec.training.progress import Progress
from netspec.training.reopen import load_run_or_model, plan_of
from netspec.training.runs import RunFolder

PACKAGES = ("matplotlib", "jinja2", "sklearn")  # by the names of the modules
BATCH = 128  # examples at once: no gradients are kept


def missing() -> tuple[str, ...]:
    """What a report needs and is not installed, by the names under which it is had."""
    return tuple(name for name in PACKAGES if find_spec(name) is None)


def check_installed() -> None:
    """Raise SpecError where a package is missing that draws or lays out."""
    lacking = missing()
    if lacking:
        packages = listing([name.replace("sklearn", "scikit-learn") for name in lacking])
        verb = "is" if len(lacking) == 1 else "are"
        names = " ".join(lacking).replace("sklearn", "scikit-learn")
        raise refusal(f"{packages} {verb} not installed, which a report needs; pip install {names}")


def write_report(
    folder: RunFolder,
    plan: Plan,
    *,
    network: KerasModel,
    outputs: tuple[Output, ...],
    dataset: Dataset,
    weights: str,
    to: Path | None = None,
) -> Path:
    """Write the report of a run whose network and data are at hand. Raises SpecError."""
    from netspec.training.reports.collecting import Predictor
    from netspec.training.reports.story import Examined

    predictor = Predictor(network, outputs, dataset.schema.outputs)
    found = predictor.collect(dataset.test, max(BATCH, plan.train.batch_size))
    tested = Examined(dataset.test, predictor, found, dataset.schema, weights)
    return _write(folder, plan, tested, dataset.notes, to)


def report_run(path: Path, to: Path | None, progress: Progress) -> Path:
    """Write the report of a run's folder, with what there is of it.

    Raises:
        SpecError: It is no run, is damaged, or a package is missing.
    """
    check_installed()
    folder = RunFolder(path)
    plan = plan_of(folder, folder.read_record())
    damage = read_lines(folder.own(folder.metrics)).damage(folder.read_history())
    if damage:
        progress.warn(f"{folder.metrics}: {damage}; the report shows what can be read")
    try:
        opened = load_run_or_model(path)
        dataset = load_dataset(plan, known=opened.schema)
    except Unreadable as error:
        if error.path != str(folder.path):  # of a run that has weights
            raise
        note = f"There is nothing of the test: the run {error.why}".replace("run it ", "run ") + "."
    except SpecError as error:
        note = f"There is nothing of the test, as the data cannot be had: {error.problems[0].message}."
    else:
        return write_report(
            folder, plan, network=opened.network, outputs=opened.outputs, dataset=dataset, weights=opened.weights, to=to
        )
    progress.note(note[0].lower() + note[1:-1])
    return _write(folder, plan, None, (note,), to)


def _write(folder: RunFolder, plan: Plan, tested: object, notes: tuple[str, ...], to: Path | None) -> Path:
    from netspec.training.reports.page import page
    from netspec.training.reports.story import Examined, Story

    assert tested is None or isinstance(tested, Examined)
    record, rows = folder.read_record(), folder.read_history()
    read = read_lines(folder.own(folder.metrics))
    damage = read.damage(rows)
    if damage:
        notes = (*notes, f"{folder.metrics.name}: {damage}; what can be read is shown.")
    resolved = folder.own(folder.resolved).read_text(encoding="utf-8") if folder.resolved.exists() else ""
    story = Story(str(folder.path), record, plan, rows, read.lines, resolved, tested, notes)
    target = folder.report if to is None else to
    text = page(story)
    write_whole(target, text)
    return target
