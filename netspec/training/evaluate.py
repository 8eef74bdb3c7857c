"""Loss and metrics of a run or of a Keras model."""

from __future__ import annotations

import os
from pathlib import Path

from netspec.data import Data, DataError, DataSource, load_data
from netspec.data.dataset import Dataset
from netspec.diagnostics.problems import FILE_START, Problem, SpecError
from netspec.spec.training_settings import Train
from netspec.training.dataset import load_dataset, refusal_of, request
from netspec.training.measure import Results, measure
from netspec.training.objective import Refusal, choose
from netspec.training.plan import OPTIONS, data_given
from netspec.training.progress import Progress
from netspec.training.reopen import Opened, load_run_or_model, plan_of
from netspec.training.runs import RunFolder
from netspec.training.weighing import ignoring

BATCH = 128  # examples at once, where nothing says otherwise: no gradients are kept


def evaluate(
    path: Path,
    *,
    data: object = None,
    weights: str | None = None,
    batch_size: int | None = None,
    progress: Progress,
) -> Results:
    """Measure a run's folder or a `.keras` file on the tests of `data`, or of what the run was trained on.

    Raises OverrideError for a wrong `data`, and SpecError.
    """
    opened = load_run_or_model(path, weights)
    if opened.plan is None:
        return _model(opened, data, batch_size or BATCH, progress)
    plan, own = opened.plan, opened.plan.data
    if data is not None:
        folder = RunFolder(path)
        plan = plan_of(folder, folder.read_record(), {"data": data})
        plan = plan._replace(data=Data(**{**plan.data.given(), "source": _alike(plan.data.source, own.source)}))
    whole = data is not None and _files(plan.data, plan.root) != _files(own, opened.plan.root)
    dataset = load_dataset(plan, known=opened.schema, whole=whole)
    try:
        return _measured(opened, dataset, plan.train, plan.refusal, batch_size or plan.train.batch_size, progress)
    except DataError as error:
        raise refusal_of(plan, error) from None


def _alike(source: DataSource, own: DataSource) -> DataSource:
    """A source that is read as the run's own, but for what was said of it: `--data other.csv` names the file alone."""
    if type(source) is not type(own):
        return source
    kept = {name: value for name, value in own.given().items() if name not in ("validation", "test")}
    return type(source)(**{**kept, **source.given()})


def _files(data: Data, root: Path) -> tuple[str, ...] | str:
    """What a source reads; its name where it reads no files, and keeps its own test."""
    return tuple(os.path.realpath(root / path) for path in data.source.paths) or data.source.spec_name


def _model(opened: Opened, data: object, batch_size: int, progress: Progress) -> Results:
    if data is None:
        raise _refused("NS707", "a model alone says nothing of data; name a source with `--data`")
    settings, train = data_given(None, data), Train()
    try:
        whole = bool(settings.source.paths)
        asked = request(opened.graph, settings, train, Path.cwd(), known=opened.schema, whole=whole)
        dataset = load_data(asked)
        return _measured(opened, dataset, train, lambda code, message, _: _refused(code, message), batch_size, progress)
    except DataError as error:
        raise _refused(error.code, error.message) from None


def _refused(code: str, message: str) -> SpecError:
    return SpecError(OPTIONS, (Problem(code, message, FILE_START),))


def _measured(
    opened: Opened, dataset: Dataset, train: Train, refusal: Refusal, batch_size: int, progress: Progress
) -> Results:
    targets = dataset.schema.outputs
    objective = choose(opened.keras, opened.outputs, train, targets, refusal)
    for note in (*dataset.notes, *objective.notes):
        progress.note(note)
    opened.network.compile(
        loss=objective.loss,
        loss_weights=objective.loss_weights,
        metrics=objective.metrics,
        weighted_metrics=objective.own_losses,
    )
    return measure(
        opened.keras,
        opened.network,
        dataset,
        outputs=tuple(output.name for output in opened.outputs),
        metric_names=objective.metric_names,
        batch_size=batch_size,
        weighing=ignoring(opened.graph, train, targets),
    )
