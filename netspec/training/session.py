"""One training from its first line to its record, whatever happens on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from netspec.cli.common import written_beside
from netspec.compile import import_keras
from netspec.data import DataError
from netspec.problems import SpecError
from netspec.training import runs as folders
from netspec.training.dataset import labels_of, load_dataset, refusal_of
from netspec.training.devices import Spread, machine
from netspec.training.epochs import Epochs, monitor_of
from netspec.training.feeding import Feed, for_fit
from netspec.training.interruption import Interruption
from netspec.training.learner import Learner, make_learner
from netspec.training.measure import Results, measure
from netspec.training.plan import Plan
from netspec.training.progress import Progress
from netspec.training.reopen import BEST, LAST, put_weights
from netspec.training.runs import Row, RunFolder
from netspec.training.state import load


class Run(NamedTuple):
    """A finished run."""

    folder: Path
    history: tuple[Row, ...]  # one map an epoch: figures by name, `learning_rate` and `seconds`
    results: Results  # by test: `examples`, `loss` and the metrics
    model: Any  # the network with the weights that were measured


class Interrupted(KeyboardInterrupt):
    """A run was broken off by a signal; what it had learned by the end of `epochs` whole epochs is in its folder."""

    def __init__(self, folder: Path, epochs: int) -> None:
        super().__init__(f"interrupted after {epochs} epochs")
        self.folder = folder
        self.epochs = epochs


class Session:
    """A plan with its data and its machine. Raises SpecError where they do not fit, before any folder is made."""

    def __init__(self, plan: Plan, progress: Progress) -> None:
        self.plan = plan
        self.progress = progress
        self.dataset = load_dataset(plan)
        self.keras = import_keras()
        self.machine = machine(self.keras)
        self.devices = self._devices()
        self.names = tuple(plan.graph.outputs)

    def run(self, folder: RunFolder, *, resumes: bool = False) -> Run:
        """Train into a folder. Raises SpecError and Interrupted, and leaves a true record in either case."""
        rows: list[Row] = []
        record = self._record(folder, resumes)
        with Interruption() as interruption:
            try:
                folder.write_record(record)
                learner = self._train(folder, rows, interruption, resumes)
                record["weights"] = LAST if self.plan.train.early_stopping is None else BEST
                put_weights(learner.network, folder, record["weights"])
                results = self._measure(learner, interruption)
                interruption.shield()
                with written_beside(folder.model) as temporary:
                    learner.network.save(temporary)
            except BaseException as error:
                interruption.shield()
                interrupted = isinstance(error, KeyboardInterrupt)
                self._close(folder, record, folders.INTERRUPTED if interrupted else folders.FAILED, rows, error)
                if interrupted:
                    raise Interrupted(folder.path, len(rows)) from None
                raise
            record["results"] = results
            self._close(folder, record, folders.FINISHED, rows)
        return Run(folder.path, tuple(rows), results, learner.network)

    # --- training -----------------------------------------------------------------------------------------------------

    def _train(self, folder: RunFolder, rows: list[Row], interruption: Interruption, resumes: bool) -> Learner:
        plan, dataset, keras, train = self.plan, self.dataset, self.keras, self.plan.train
        keras.utils.set_random_seed(train.seed)
        feed = Feed(dataset.train, train.batch_size, names=self.names, seed=train.seed, multiple=self.devices)
        watched = None
        if dataset.validation is not None:
            watched = Feed(dataset.validation, train.batch_size, names=self.names)
        with Spread(keras, self.devices) as spread:
            learner = make_learner(
                keras,
                plan,
                labels_of(dataset, plan.data.source.word),
                feed.steps,
                validates=watched is not None,
                machine=self.machine,
                progress=self.progress,
            )
            if resumes and folder.last.exists():
                rows.extend(_go_back(folder, learner))
            monitor = monitor_of(plan, learner.figures)
            epochs = Epochs(plan, learner, feed, folder, rows, monitor, self.progress, interruption, spread)
            self._announce(folder, feed, len(rows))
            if not epochs.is_over:
                self._fit(learner, feed, watched, epochs)
        return learner

    def _fit(self, learner: Learner, feed: Feed, watched: Feed | None, epochs: Epochs) -> None:
        try:
            learner.model.fit(
                for_fit(self.keras, feed),
                validation_data=None if watched is None else for_fit(self.keras, watched),
                initial_epoch=len(epochs.rows),
                epochs=self.plan.train.epochs,
                callbacks=epochs.callbacks(),
                shuffle=False,
                verbose=0,
            )
        except Exception as error:  # noqa: BLE001 - a reader's fault comes wrapped in whatever the backend makes of it
            raise self._explained(error, feed, watched) from None
        finally:
            self.progress.close()
            for each in (feed, watched):
                if each is not None:
                    each.close()

    def _explained(self, error: Exception, *feeds: Feed | None) -> Exception:
        """What Keras raised, in words where they are known."""
        source = next((feed.error for feed in feeds if feed is not None and feed.error is not None), None)
        if isinstance(source, DataError):
            return refusal_of(self.plan, source)
        if "RESOURCE_EXHAUSTED" in str(error) or type(error).__name__ in ("ResourceExhaustedError", "OutOfMemoryError"):
            size = self.plan.train.batch_size
            message = f"a step of {size} examples needs more memory than there is; lower `batch_size`"
            return self.plan.refusal("NS602", message, "batch_size")
        return source or error

    def _measure(self, learner: Learner, interruption: Interruption) -> Results:
        figures = [name for name in learner.figures if not name.startswith("val_")]
        try:
            return measure(
                self.keras,
                learner.model,
                self.dataset,
                names=self.names,
                figures=figures,
                batch_size=self.plan.train.batch_size,
                interruption=interruption,
            )
        except DataError as error:
            raise refusal_of(self.plan, error) from None

    # --- the machine --------------------------------------------------------------------------------------------------

    def _devices(self) -> int:
        """Over how many devices a batch is shared."""
        plan, here = self.plan, self.machine
        if plan.train.precision != "float32" and here.kind == "cpu":
            self.progress.warn(f"{plan.train.precision} on a CPU is slower than float32 and less exact")
        if plan.train.distribute == "none" or here.devices == 1:
            return 1
        if here.backend != "jax":
            self.progress.note(
                f"one of {here.devices} {here.kind.upper()}s is used: batches are shared among devices with the JAX "
                f"backend, not with {here.backend}"
            )
            return 1
        if plan.train.batch_size % here.devices:
            message = (
                f"a batch of {plan.train.batch_size} cannot be shared among {here.devices} devices; take a multiple of "
                f"{here.devices}, or `distribute: none`"
            )
            raise plan.refusal("NS706", message, "batch_size")
        if len(self.dataset.train.x) < here.devices:
            return 1
        left = len(self.dataset.train.x) % here.devices
        if left:
            self.progress.note(f"{here.devices} devices leave {left} examples over, other ones each epoch")
        return here.devices

    # --- words --------------------------------------------------------------------------------------------------------

    def _announce(self, folder: RunFolder, feed: Feed, done: int) -> None:
        dataset, plan = self.dataset, self.plan
        parts = [f"{len(dataset.train.x):,} examples to train on"]
        if dataset.validation is not None:
            parts.append(f"{len(dataset.validation.x):,} to validate")
        parts.append(f"{len(dataset.test.x):,} to test")
        parameters = plan.graph.totals().parameters
        self.progress.say(f"{plan.graph.name}: {parameters:,} parameters, on {self.machine.words}")
        self.progress.say(f"{plan.data.source.word}: {', '.join(parts)}")
        self.progress.say(f"run: {folder.path}" + (f", after epoch {done}" if done else ""))

    def _record(self, folder: RunFolder, resumes: bool) -> dict[str, Any]:
        plan, dataset = self.plan, self.dataset
        before = folder.read_record() if resumes else {}
        return {
            "format": folders.FORMAT,
            "status": folders.RUNNING,
            "name": plan.graph.name,
            "spec": before.get("spec", str(Path(plan.spec.path).absolute())),
            "params": plan.params,
            "variant": plan.variant,
            "overrides": plan.overrides,
            "root": str(plan.root),
            "seed": plan.train.seed,
            "epochs": plan.train.epochs,
            "epochs_done": before.get("epochs_done", 0),
            "classes": None if dataset.classes is None else list(dataset.classes),
            "parameters": plan.graph.totals().parameters,
            "versions": folders.versions(self.keras, self.machine.backend, self.machine.version),
            "device": f"{self.devices} x {self.machine.kind}",
            "process": folders.this_process(),
            "started": before.get("started", folders.now()),
            "resumed": [*before.get("resumed", []), folders.now()] if resumes else [],
            "ended": None,
            "error": None,
            "weights": None,
            "results": None,
        }

    def _close(
        self,
        folder: RunFolder,
        record: dict[str, Any],
        status: str,
        rows: list[Row],
        error: BaseException | None = None,
    ) -> None:
        record.update(status=status, ended=folders.now(), process=None, epochs_done=len(rows))
        if status == folders.FAILED:
            record["error"] = (str(error).strip() or type(error).__name__).splitlines()[0]
        try:
            folder.write_record(record)
        except SpecError:
            if error is None:  # else it is the error that matters, and the disk may be what is wrong
                raise


def _go_back(folder: RunFolder, learner: Learner) -> list[Row]:
    """Put the learner where its last whole epoch left it; returns the epochs until then. Raises SpecError."""
    saved = load(folder.last)
    learner.restore(saved)
    return folder.read_history()[: int(saved.sections["progress"][0])]
