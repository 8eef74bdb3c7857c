"""Loss and metrics of a run or of a Keras model."""

from __future__ import annotations

from pathlib import Path

from netspec.data import Data, DataError, load_data
from netspec.data.dataset import Dataset
from netspec.diagnostics.problems import FILE_START, Problem, SpecError
from netspec.spec.training_settings import Train
from netspec.training.dataset import load_dataset, refusal_of, targets_of
from netspec.training.measure import Results, measure
from netspec.training.objective import Refusal, choose
from netspec.training.plan import OPTIONS, data_given
from netspec.training.progress import Progress
from netspec.training.reopen import Opened, load_run_or_model, plan_of
from netspec.training.runs import RunFolder

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
    plan = opened.plan if data is None else plan_of(RunFolder(path), RunFolder(path).read_record(), {"data": data})
    dataset = load_dataset(plan)
    try:
        return _measured(
            opened, dataset, plan.data, plan.train, plan.refusal, batch_size or plan.train.batch_size, progress
        )
    except DataError as error:
        raise refusal_of(plan, error) from None


def _model(opened: Opened, data: object, batch_size: int, progress: Progress) -> Results:
    if data is None:
        raise _refused("NS707", "a model alone says nothing of data; name a source with `--data`")
    settings = data_given(None, data)
    shape = opened.network.input_shape
    if not isinstance(shape, tuple):
        raise _refused("NS701", f"`{settings.source.spec_name}` gives one input, and the model has {len(shape)}")
    try:
        dataset = load_data(settings, root=Path.cwd(), input_shape=tuple(shape[1:]), seed=Train().seed)
        return _measured(
            opened, dataset, settings, Train(), lambda code, message, _: _refused(code, message), batch_size, progress
        )
    except DataError as error:
        raise _refused(error.code, error.message) from None


def _refused(code: str, message: str) -> SpecError:
    return SpecError(OPTIONS, (Problem(code, message, FILE_START),))


def _measured(
    opened: Opened, dataset: Dataset, data: Data, train: Train, refusal: Refusal, batch_size: int, progress: Progress
) -> Results:
    targets = targets_of(dataset, data.source.spec_name)
    objective = choose(opened.keras, opened.outputs, train, targets, refusal)
    for note in objective.notes:
        progress.note(note)
    opened.network.compile(loss=objective.loss, loss_weights=objective.loss_weights, metrics=objective.metrics)
    names = tuple(output.name for output in opened.outputs)
    return measure(
        opened.keras, opened.network, dataset, names=names, metric_names=objective.metric_names, batch_size=batch_size
    )
