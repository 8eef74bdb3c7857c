"""Loss, metrics and confusion of a run or of a Keras model, in one pass over the data."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from netspec.backends.keras.types import KerasTensor
from netspec.data import Data, DataError, DataSource, load_data
from netspec.data.dataset import Dataset, Split
from netspec.data.schema import Target
from netspec.diagnostics.problems import FILE_START, Problem, SpecError
from netspec.files import atomic_write
from netspec.spec.training_settings import Train
from netspec.training.dataset import load_dataset, refusal_of, request
from netspec.training.judging import Judged, Judgement, Tally, seen, tallies, watched
from netspec.training.measure import Results, measure
from netspec.training.objective import Refusal, choose
from netspec.training.plan import OPTIONS, data_given
from netspec.training.progress import Progress
from netspec.training.reopen import Opened, load_run_or_model, plan_of
from netspec.training.runs import RunFolder
from netspec.training.table import Table
from netspec.training.weighing import ignoring

BATCH = 128  # examples at once, where nothing says otherwise: no gradients are kept


class Evaluation(NamedTuple):
    """The figures of each test, and by test and output how labels and predictions compare."""

    results: Results
    judgements: dict[str, dict[str, Judgement]]


def evaluate(
    path: Path,
    *,
    data: object = None,
    weights: str | None = None,
    batch_size: int | None = None,
    predictions: Path | None = None,
    progress: Progress,
) -> Evaluation:
    """Measure a run's folder or a `.keras` file on the tests of `data`, or of what the run was trained on.

    `predictions` is where a table of each example's label and prediction is written. Raises OverrideError for a wrong `data`,
    and SpecError.
    """
    opened = load_run_or_model(path, weights)
    if opened.plan is None:
        return _model(opened, data, batch_size or BATCH, predictions, progress)
    plan, own = opened.plan, opened.plan.data
    if data is not None:
        folder = RunFolder(path)
        plan = plan_of(folder, folder.read_record(), {"data": data})
        plan = plan._replace(data=Data(**{**plan.data.given(), "source": _alike(plan.data.source, own.source)}))
    whole = data is not None and _files(plan.data, plan.root) != _files(own, opened.plan.root)
    dataset = load_dataset(plan, known=opened.schema, whole=whole)
    try:
        return _measured(
            opened, dataset, plan.train, plan.refusal, batch_size or plan.train.batch_size, predictions, progress
        )
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


def _model(opened: Opened, data: object, batch_size: int, predictions: Path | None, progress: Progress) -> Evaluation:
    if data is None:
        raise _refused("NS707", "a model alone says nothing of data; name a source with `--data`")
    settings, train = data_given(None, data), Train()
    try:
        whole = bool(settings.source.paths)
        asked = request(opened.graph, settings, train, Path.cwd(), known=opened.schema, whole=whole)
        dataset = load_data(asked)

        def refusal(code: str, message: str, option: str) -> SpecError:
            return _refused(code, message)

        return _measured(opened, dataset, train, refusal, batch_size, predictions, progress)
    except DataError as error:
        raise _refused(error.code, error.message) from None


def _refused(code: str, message: str) -> SpecError:
    return SpecError(OPTIONS, (Problem(code, message, FILE_START),))


def _measured(
    opened: Opened,
    dataset: Dataset,
    train: Train,
    refusal: Refusal,
    batch_size: int,
    predictions: Path | None,
    progress: Progress,
) -> Evaluation:
    targets = dataset.schema.outputs
    objective = choose(opened.keras, opened.outputs, train, targets, refusal)
    for note in (*dataset.notes, *objective.notes):
        progress.note(note)
    names = tuple(output.name for output in opened.outputs)
    network = watched(opened.keras, opened.network, names)
    network.compile(
        loss=objective.loss,
        loss_weights=objective.loss_weights,
        metrics=objective.metrics,
        weighted_metrics=objective.own_losses,
    )
    watch = _Watch(opened, targets)

    def measured() -> Results:
        return measure(
            opened.keras,
            network,
            dataset,
            outputs=names,
            metric_names=objective.metric_names,
            batch_size=batch_size,
            weighing=ignoring(opened.graph, train, targets),
            observer=watch,
        )

    if predictions is None:
        return Evaluation(measured(), watch.judgements)
    with atomic_write(predictions) as temporary, open(temporary, "w", encoding="utf-8", newline="") as file:
        watch.table = Table(file, watch.meanings, several_tests=bool(dataset.extra_tests))
        results = measured()
    return Evaluation(results, watch.judgements)


class _Watch:
    """Sees the outputs of each batch as Keras measures it: counts them, and writes them down where that is wanted."""

    def __init__(self, opened: Opened, targets: Mapping[str, Target]) -> None:
        self.opened = opened
        self.targets = targets
        self.table: Table | None = None
        self._tallies: dict[str, dict[str, Tally]] = {}  # by test and output
        self._done: dict[str, int] = {}
        self.meanings = {name: tally.meaning for name, tally in tallies(opened.outputs, targets).items()}

    def __call__(self, test: str, split: Split, logs: Mapping[str, KerasTensor]) -> None:
        """A batch is measured."""
        opened = self.opened
        counting = self._tallies.setdefault(test, tallies(opened.outputs, self.targets))
        made = seen(opened.keras, logs, opened.outputs)
        first = self._done.get(test, 0)
        indices = np.arange(first, first + len(next(iter(made.values()))))
        self._done[test] = first + len(indices)
        wanted = [name for name, tally in counting.items() if tally.meaning.kind != "numbers" or self.table is not None]
        labels = {name: split.y[name][indices] for name in wanted}
        for name in wanted:
            counting[name].add(labels[name], made[name])
        if self.table is not None:
            self.table.write(test, Judged(indices, made, labels, {}))

    @property
    def judgements(self) -> dict[str, dict[str, Judgement]]:
        """By test and output, of those that are no numbers."""
        return {
            test: {name: found for name, tally in counted.items() if (found := tally.judgement) is not None}
            for test, counted in self._tallies.items()
        }
