"""MLflow and Weights & Biases: what a run tells them as it goes on, by a Keras callback after each epoch.

Each is an extra. What cannot be told (a server that is gone) is a warning, once; a run does not end for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Protocol, TypeVar

from netspec.backends.keras.types import Keras, KerasObject
from netspec.diagnostics.words import printable
from netspec.training.plan import Plan
from netspec.training.progress import Progress
from netspec.training.runs import FAILED, FINISHED, Record, Row, RunFolder

Tests = Mapping[str, Mapping[str, float | None]]  # figures by test; None where one is not finite
T = TypeVar("T")

NOT_FIGURES = ("epoch",)
MAX_VALUE = 250  # letters of a setting


class Tracker(Protocol):
    """Where a run is told of."""

    name: str

    def begin(self, record: Record, folder: RunFolder, known: str | None) -> str:
        """Open what is to be told of, or go on with what an earlier process opened; returns its id."""

    def epoch(self, row: Row) -> None:
        """An epoch is over."""

    def end(self, results: Tests, status: str) -> None:
        """The run is over, or was broken off."""


class MlFlow:
    """A run of MLflow, in the experiment of the network's name; the server is MLFLOW_TRACKING_URI's."""

    name = "mlflow"

    def begin(self, record: Record, folder: RunFolder, known: str | None) -> str:
        """Open the run."""
        import mlflow

        nested = mlflow.active_run() is not None
        if known is not None:
            mlflow.start_run(run_id=known, nested=nested)
            return known
        mlflow.set_experiment(record["name"])
        opened: str = mlflow.start_run(run_name=folder.path.name, nested=nested).info.run_id
        mlflow.log_params(_settings(folder))
        mlflow.log_artifact(str(folder.resolved))
        return opened

    def epoch(self, row: Row) -> None:
        """Tell the figures of an epoch."""
        import mlflow

        mlflow.log_metrics(_figures(row), step=int(row["epoch"]))

    def end(self, results: Tests, status: str) -> None:
        """Tell the figures of the tests, and close the run."""
        import mlflow

        mlflow.log_metrics(_tested(results))
        mlflow.end_run({FINISHED: "FINISHED", FAILED: "FAILED"}.get(status, "KILLED"))


class Wandb:
    """A run of Weights & Biases, in the project of the network's name; WANDB_MODE=offline keeps it in the run's folder."""

    name = "wandb"

    def __init__(self) -> None:
        self._run: KerasObject = None  # wandb's, which has no types of its own either

    def begin(self, record: Record, folder: RunFolder, known: str | None) -> str:
        """Open the run."""
        import wandb

        settings = wandb.Settings(silent=True, console="off")
        self._run = wandb.init(
            project=record["name"],
            name=folder.path.name,
            dir=str(folder.path),
            config=_settings(folder),
            id=known,
            resume="allow" if known is not None else None,
            settings=settings,
        )
        opened: str = self._run.id
        return opened

    def epoch(self, row: Row) -> None:
        """Tell the figures of an epoch."""
        self._run.log(_figures(row), step=int(row["epoch"]))

    def end(self, results: Tests, status: str) -> None:
        """Tell the figures of the tests, and close the run."""
        self._run.summary.update(_tested(results))
        self._run.finish(exit_code=0 if status == FINISHED else 1)


TRACKERS: dict[str, Callable[[], Tracker]] = {"mlflow": MlFlow, "wandb": Wandb}


class Trackers:
    """Those that `trackers` names; of several processes one `tells` them. Raises SpecError where one is not installed."""

    def __init__(self, plan: Plan, progress: Progress, *, tells: bool = True) -> None:
        self._progress = progress
        self._open: dict[str, Tracker] = {}
        for name in plan.train.trackers:
            if find_spec(name) is None:
                message = f"`trackers` names `{name}`, which is not installed; pip install 'netspec-keras[{name}]'"
                raise plan.refusal("NS710", message, "trackers")
            if tells:
                self._open[name] = TRACKERS[name]()

    def begin(self, record: Record, folder: RunFolder) -> None:
        """Open all; their ids stand in the record, so that a resumed run goes on with the same."""
        known: Mapping[str, str] = record.get("trackers") or {}
        found = dict(known)
        for name in list(self._open):
            opened = self._try(name, lambda tracker: tracker.begin(record, folder, known.get(tracker.name)))
            if opened is not None:
                found[name] = opened
        record["trackers"] = found

    def callbacks(self, keras: Keras, rows: list[Row]) -> list[KerasObject]:
        """For `fit`, after what adds a row for each epoch."""
        if not self._open:
            return []

        def tell(epoch: int, logs: object) -> None:
            for name in list(self._open):
                self._try(name, lambda tracker: tracker.epoch(rows[-1]))

        return [keras.callbacks.LambdaCallback(on_epoch_end=tell)]

    def end(self, results: Tests, status: str) -> None:
        """Close all."""
        for name in list(self._open):
            self._try(name, lambda tracker: tracker.end(results, status))
        self._open.clear()

    def _try(self, name: str, tell: Callable[[Tracker], T]) -> T | None:
        """Tell one of them something; where that fails, it is told nothing more."""
        try:
            return tell(self._open[name])
        except Exception as error:  # noqa: BLE001 - whatever a client raises whose server is gone
            del self._open[name]
            why = printable((str(error).strip() or type(error).__name__).splitlines()[0])
            self._progress.warn(f"`{name}` is told nothing more of this run: {why}")
            return None


def _figures(row: Mapping[str, float]) -> dict[str, float]:
    return {name: float(value) for name, value in row.items() if name not in NOT_FIGURES}


def _tested(results: Tests) -> dict[str, float]:
    return {
        f"test_{name}" if test == "test" else f"test_{test}_{name}": float(value)
        for test, figures in results.items()
        for name, value in figures.items()
        if name != "examples" and value is not None
    }


def _settings(folder: RunFolder) -> dict[str, str]:
    """All settings in force, but for the network itself."""
    from netspec.training.listing import OF_GRAPH, open_run

    settings = open_run(folder.path).settings
    return {
        name: str(value)[:MAX_VALUE]
        for name, value in settings.items()
        if value is not None and name.partition(".")[0] not in OF_GRAPH
    }
