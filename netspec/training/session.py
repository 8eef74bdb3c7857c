"""One training from its first line to its record, whatever happens on the way."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from netspec.backends.keras import model_file
from netspec.backends.keras.compiling import compile_graph
from netspec.backends.keras.importing import import_keras
from netspec.backends.keras.types import KerasModel
from netspec.data import DataError
from netspec.data.paths import quoted
from netspec.data.schema import Schema
from netspec.diagnostics.problems import SpecError
from netspec.files import atomic_write, unreadable
from netspec.syntax.reading import STDIN
from netspec.training import runs as folders
from netspec.training.advice import guesses
from netspec.training.dataset import load_dataset, refusal_of
from netspec.training.devices import machine, precision
from netspec.training.divergence import explained, unexplained
from netspec.training.epochs import Diverged, Epochs, monitor_of
from netspec.training.facts import facts_of
from netspec.training.feeding import Feed, for_fit
from netspec.training.fingerprint import differ, fingerprint
from netspec.training.history import recovered
from netspec.training.hosts import hosts_here
from netspec.training.initial import Initial, initialise
from netspec.training.interruption import Interruption
from netspec.training.learner import Learner, keep_outputs_precise, make_learner, network_outputs
from netspec.training.log import Log
from netspec.training.measure import Results, finite, measure
from netspec.training.mixing import mixer_of
from netspec.training.moving import moving_of
from netspec.training.outcome import Interrupted, Run
from netspec.training.plan import Plan
from netspec.training.progress import Progress, Silence
from netspec.training.reopen import BEST, LAST, check_best, latest_state, restore_measured, told_state
from netspec.training.reports.writing import missing, write_report
from netspec.training.resolved import resolved_text
from netspec.training.runs import Record, Row, RunFolder
from netspec.training.sharing import Sharing
from netspec.training.state import Saved, load_state, values_of
from netspec.training.trackers import Trackers
from netspec.training.weighing import balancing, ignoring


class Session:
    """A plan with its data, its machine and a network that is ready to learn.

    Raises SpecError where one does not fit the other: all that can be wrong with a spec is found before a folder is made.
    """

    def __init__(self, plan: Plan, progress: Progress, command: str | None = None) -> None:
        self.command = command  # by which it is trained
        self.plan = plan
        self.dataset = dataset = load_dataset(plan)
        targets = dataset.schema.outputs
        self.moving, self.mixing = moving_of(plan, targets), mixer_of(plan, targets)
        self.keras = import_keras()
        self.hosts = hosts_here(self.keras)
        self.progress = progress = progress if self.hosts.leads else Silence()
        self.trackers = Trackers(plan, progress, tells=self.hosts.leads)
        self.machine = machine(self.keras)
        if plan.train.precision != "float32" and self.machine.kind == "cpu":
            progress.warn(f"{plan.train.precision} on a CPU is slower than float32 and less exact")
        sharing = Sharing(self.keras, plan, self.machine, self.hosts, progress)
        self.spread = sharing.spread
        train, outputs = plan.train, tuple(plan.graph.outputs)
        self.ignoring = ignoring(plan.graph, train, targets)
        self.feed = self.new_feed()
        self.watched = None
        if dataset.validation is not None:  # where classes count alike
            self.watched = Feed(
                dataset.validation,
                train.batch_size,
                outputs=outputs,
                share=self.spread.share,
                weighing=self.ignoring,
                workers=plan.data.workers,
            )
        self.learner = self.new_learner(progress)
        sharing.check()
        self.monitor = monitor_of(plan, self.learner.metric_names)
        self.initial: Initial | None = None

    def new_feed(self) -> Feed:
        """The batches to train on."""
        plan, dataset = self.plan, self.dataset
        return Feed(
            dataset.train,
            plan.train.batch_size,
            outputs=tuple(plan.graph.outputs),
            seed=plan.train.seed,
            share=self.spread.share,
            weighing=self.ignoring | balancing(plan.train, dataset.schema.outputs, dataset.train.y, plan.refusal),
            workers=plan.data.workers,
            moving=self.moving,
            mixing=self.mixing,
        )

    def new_learner(self, progress: Progress) -> Learner:
        """The network as it is before any training; each is like the other."""
        self.keras.utils.set_random_seed(self.plan.train.seed)
        with self.spread:
            return make_learner(
                self.keras,
                self.plan,
                self.dataset.schema.outputs,
                self.feed.steps,
                validates=self.dataset.validation is not None,
                machine=self.machine,
                progress=progress,
            )

    def initialise(self) -> None:
        """Start with the weights that `init` names. Raises SpecError."""
        self.initial = initialise(self.keras, self.plan, self.learner.network, self.dataset)
        if self.initial is not None and self.initial.mismatch is not None:
            self.progress.warn(self.initial.mismatch.message)

    def run(self, folder: RunFolder, *, resumes: bool = False) -> Run:
        """Train into a folder that is held. Raises SpecError and Interrupted, and leaves a true record in either case."""
        self.hosts.run = folder.path
        rows: list[Row] = []
        log = Log(folder.metrics, folder.events, self.feed.steps, writes=folder.writes)
        epochs = Epochs(self.plan, self.learner, self.feed, folder, log, rows, self.monitor, self.progress, self.hosts)
        epochs.guesses = guesses(
            self.dataset.train, self.dataset.validation, self.dataset.schema.outputs, self.learner.metric_names
        )
        epochs.tracking = self.trackers.callbacks(self.keras, rows)
        record = self._record(folder, resumes)
        with Interruption(self.hosts) as interruption:
            interruption.leave = lambda: self._leave(folder, record, epochs)
            try:
                folder.write_record(record)
                folder.write_skipped(self.dataset.skipped)
                folder.write_resolved(resolved_text(self.plan))
                if resumes:
                    folder.clean()
                    self._go_back(folder, epochs)
                    lost = log.go_back(rows, epochs.steps)
                    if lost:
                        self.progress.warn(lost)
                    self._begin_stretch(record, len(rows), epochs.steps)
                    folder.write_record(record)
                elif self.initial is not None:
                    epochs.save_start()  # so that a resumed run need not read those weights again
                self._announce(folder, epochs)
                self.trackers.begin(record, folder)
                if self.plan.train.trackers:
                    folder.write_record(record)
                self.fit(epochs, interruption)
                record["weights"] = measured = self._measured_weights(folder)
                self._put_weights(folder, measured)
                results = self._measure(interruption)
                interruption.shield()
                log.tests(results)
                self.learner.thaw()
                network = self._network_at_hand()
                if folder.writes:
                    with atomic_write(folder.model) as temporary:
                        schema = self.dataset.schema.as_dict()
                        model_file.save(network, self.plan.content.decode(), self.plan.graph, temporary, schema)
            except BaseException as raised:
                interruption.shield()
                error = self.hosts.explained(raised) or raised
                interrupted = isinstance(error, KeyboardInterrupt)
                self._close(folder, record, folders.INTERRUPTED if interrupted else folders.FAILED, epochs, error)
                if interrupted:
                    raise Interrupted(folder.path, len(rows), epochs.steps_saved, leads=self.hosts.leads) from None
                if error is raised:
                    raise
                raise error from None
            finally:
                log.close()
                self.progress.close()
            record["results"] = finite(results)
            self._close(folder, record, folders.FINISHED, epochs)
            folder.finish()
        report = self._report(folder, network) if folder.writes else None
        self.hosts.wait("done")
        return Run(folder.path, tuple(rows), results, network, report)

    @property
    def examples(self) -> dict[str, int]:
        """How many there are, by what they are for."""
        train, validation, test = self.dataset.train, self.dataset.validation, self.dataset.test
        return {"train": train.size, "validation": 0 if validation is None else validation.size, "test": test.size}

    # --- training -----------------------------------------------------------------------------------------------------

    def _go_back(self, folder: RunFolder, epochs: Epochs) -> None:
        """Put the learner where the latest state left it that can be read; at the beginning where there is none."""
        saved = told_state(self.hosts, lambda: latest_state(folder, self.progress))
        if saved is None:
            self.initialise()
            return
        self.take_up(epochs, saved, recovered(folder, saved, self.progress))
        check_best(folder, self.progress)

    def take_up(self, epochs: Epochs, saved: Saved, rows: Sequence[Row]) -> None:
        """Put the learner where a state left it, after an epoch of these rows."""
        self.learner.restore(saved)
        epochs.rows.extend(rows)
        if saved.position[1]:
            with self.spread:
                epochs.go_back(saved)

    def _begin_stretch(self, record: Record, done: int, steps: int) -> None:
        """Write down from where, to where and by what this process trains."""
        record["stretches"] = [
            *record.get("stretches", []),
            {
                "after": [done, steps],
                "epochs": self.plan.train.epochs,
                "facts": facts_of(self.keras, self.machine, self.spread.devices),
            },
        ]

    def fit(self, epochs: Epochs, interruption: Interruption, last: int | None = None) -> None:
        """Train until so many epochs are done, of all where none is named. Raises SpecError and KeyboardInterrupt."""
        try:
            if epochs.steps:  # the rest of the epoch in which it was broken off
                if epochs.steps < self.feed.steps:
                    self._fit_until(len(epochs.rows) + 1, epochs, interruption)
                else:
                    epochs.end_rest(lambda: self._validate(epochs, interruption))
                # At its end `fit` gives the network averaged weights, where the optimiser keeps them.
                state = told_state(self.hosts, lambda: load_state(epochs.folder.last))
                assert state is not None
                self.learner.restore(state)
            last = self.plan.train.epochs if last is None else last
            if not epochs.are_over and len(epochs.rows) < last:
                self._fit_until(last, epochs, interruption)
        except Exception as error:
            if isinstance(error, Diverged):
                raise self._why(error, epochs, interruption) from None
            known = self._explained(error)
            if known is None:
                raise
            raise known from None
        finally:
            for feed in (self.feed, self.watched):
                if feed is not None:
                    feed.close()

    def _why(self, error: Diverged, epochs: Epochs, interruption: Interruption) -> SpecError:
        """The error of a run that diverged, at the node at which it did."""
        self.progress.close()
        if self.hosts.count > 1:
            return unexplained(error, self.plan)  # one process alone cannot do a step again
        self.progress.note(f"{error}; going back to the last good state to see where it begins")
        learner, feed = self.new_learner(Silence()), self.new_feed()
        saved = latest_state(epochs.folder, Silence()) if epochs.folder.last.exists() or epochs.folder.kept() else None
        try:
            with self.spread:
                return explained(error, self.plan, learner, feed, saved, epochs.rate, interruption.check)
        finally:
            feed.close()

    def _fit_until(self, last: int, epochs: Epochs, interruption: Interruption) -> None:
        with self.spread:
            self.learner.model.fit(
                for_fit(self.keras, self.feed, epochs.steps),
                validation_data=None if self.watched is None else for_fit(self.keras, self.watched),
                initial_epoch=len(epochs.rows),
                epochs=last,
                callbacks=epochs.callbacks(interruption, self.spread),
                shuffle=False,
                verbose=0,
            )

    def _validate(self, epochs: Epochs, interruption: Interruption) -> Mapping[str, float]:
        if self.watched is None:
            return {}
        callbacks = epochs.callbacks(interruption, self.spread)
        data = for_fit(self.keras, self.watched)
        return dict(self.learner.model.evaluate(data, callbacks=callbacks, return_dict=True, verbose=0))

    def _explained(self, error: Exception) -> SpecError | None:
        """What a backend raised, where it is known what that means."""
        source = self.feed.error or (self.watched.error if self.watched is not None else None)
        if isinstance(source, DataError):
            return refusal_of(self.plan, source)
        if "RESOURCE_EXHAUSTED" in str(error) or type(error).__name__ in ("ResourceExhaustedError", "OutOfMemoryError"):
            size = self.plan.train.batch_size
            message = f"a step of {size} examples needs more memory than there is; lower `batch_size`"
            return self.plan.refusal("NS602", message, "batch_size")
        return None

    def _measure(self, interruption: Interruption) -> Results:
        try:
            return measure(
                self.keras,
                self.learner.model,
                self.dataset,
                outputs=self.feed.outputs,
                weighing=self.ignoring,
                share=self.spread.share,
                metric_names=[name for name in self.learner.metric_names if not name.startswith("val_")],
                batch_size=self.plan.train.batch_size,
                interruption=interruption,
            )
        except DataError as error:
            raise refusal_of(self.plan, error) from None

    def _report(self, folder: RunFolder, network: KerasModel) -> Path | None:
        """Write the report; what is wrong with it is no fault of the run, which is finished."""
        if missing():
            return None
        try:
            return write_report(
                folder,
                self.plan,
                network=network,
                outputs=network_outputs(self.keras, self.plan, network),
                dataset=self.dataset,
                weights=self._measured_weights(folder),
            )
        except Exception as error:
            if os.environ.get("NETSPEC_DEBUG"):
                raise
            why = (str(error).strip() or type(error).__name__).splitlines()[0]
            self.progress.warn(f"the report could not be written: {why}; `netspec report {folder.path}` tries again")
            return None

    # --- the machine --------------------------------------------------------------------------------------------------

    def _put_weights(self, folder: RunFolder, weights: str) -> None:
        """Give the network the weights that are measured."""
        path = folder.best if weights == BEST else folder.last
        saved = told_state(self.hosts, lambda: load_state(folder.own(path)))
        assert saved is not None
        restore_measured(self.learner.network, saved)

    def _network_at_hand(self) -> KerasModel:
        """The network with all its weights in this process. Of several processes, the leading one builds it anew."""
        network = self.learner.network
        if self.hosts.count == 1:
            return network
        values = [value for _, value in values_of(network.variables)]
        if self.hosts.leads:
            with precision(self.keras, self.plan.train.precision):
                network = compile_graph(self.plan.graph, initialize=False)
                keep_outputs_precise(self.keras, self.plan, network)
            for variable, value in zip(network.variables, values, strict=True):
                variable.assign(value)
        return network

    def _measured_weights(self, folder: RunFolder) -> str:
        """Which weights are measured at the end."""
        if self.plan.train.early_stopping is None:
            return LAST
        if not folder.best.exists():
            self.progress.warn(
                "no epoch was better than the best, whose weights were damaged; the last ones are measured"
            )
            return LAST
        return BEST

    # --- words --------------------------------------------------------------------------------------------------------

    def _announce(self, folder: RunFolder, epochs: Epochs) -> None:
        dataset, plan, here, counts = self.dataset, self.plan, self.machine, self.examples
        parts = [f"{counts['train']:,} examples to train on"]
        if counts["validation"]:
            parts.append(f"{counts['validation']:,} to validate")
        parts.append(f"{counts['test']:,} to test")
        parameters, source = plan.graph.totals().parameters, plan.data.source.spec_name
        done, steps = len(epochs.rows), epochs.steps
        since = f", after epoch {done}" if done else ""
        if steps:
            since += f"{' and' if done else ', after'} step {steps:,} of {self.feed.steps:,}"
        facts: dict[str, object] = {
            "name": plan.graph.name,
            "parameters": parameters,
            "backend": here.backend,
            "version": here.version,
            "device": here.kind,
            "devices": self.spread.devices,
            "source": source,
            "examples": counts,
            "run": str(folder.path),
            "epochs": plan.train.epochs,
            "epochs_done": done,
            "steps": self.feed.steps,
            "steps_done": steps,
        }
        lines = [f"{plan.graph.name}: {parameters:,} parameters, on {here.words}", f"{source}: {', '.join(parts)}"]
        self.progress.tell("start", lines, facts)
        for note in dataset.notes:
            self.progress.note(note)
        if dataset.skipped:
            self.progress.note(f"all that were left out: {folder.skipped}")
        if self.initial is not None:
            self.progress.tell("init", self.initial.lines, self.initial.as_dict())
        self.progress.tell("run", [f"run: {folder.path}{since}"], {"run": str(folder.path)})

    def _record(self, folder: RunFolder, resumes: bool) -> Record:
        """What `run.json` says while it runs."""
        plan, dataset, here, kinds = self.plan, self.dataset, self.machine, self.plan.graph.packages()
        known: Record = folder.read_record() if resumes else {}
        record: Record = {
            "format": folders.FORMAT,
            "status": folders.RUNNING,
            "name": plan.graph.name,
            "spec": known.get("spec", STDIN if plan.spec.path == STDIN else str(Path(plan.spec.path).absolute())),
            "spec_digest": folders.digest_of(plan.content),
            "params": plan.params,
            "variant": plan.variant,
            "overrides": plan.overrides,
            "root": str(plan.root),
            "seed": plan.train.seed,
            "epochs": plan.train.epochs,
            "epochs_done": known.get("epochs_done", 0),
            "monitor": self.monitor,
            "weights": LAST if plan.train.early_stopping is None else BEST,
            "classes": _classes(dataset.schema),
            "schema": dataset.schema.as_dict(),
            "examples": self.examples,
            "fingerprint": fingerprint(plan, dataset),
            "commands": [*known.get("commands", []), *([] if self.command is None else [self.command])],
            "host": folders.this_host(),
            "trackers": known.get("trackers", {}),
            "parameters": plan.graph.totals().parameters,
            "init": known.get("init") if self.initial is None else self.initial.as_dict(),
            "versions": {**folders.versions(self.keras, here.backend, here.version), **kinds},
            "kinds": kinds,
            "device": here.kind,
            "devices": self.spread.devices,
            "processes": self.hosts.count,
            "process": folders.this_process(),
            "started": known.get("started", folders.now()),
            "resumed": [*known.get("resumed", []), folders.now()] if resumes else [],
            "stretches": known.get("stretches", []),
            "ended": None,
            "error": None,
            "results": None,
        }
        self._compare(folder, known, record)
        if not resumes:
            self._begin_stretch(record, 0, 0)
        return record

    def _compare(self, folder: RunFolder, known: Record, record: Record) -> None:
        """Whether a run is resumed with what it was begun with: refuse other data, tell of other versions."""
        if known.get("examples", record["examples"]) != record["examples"]:
            then, now = (
                ", ".join(f"{count:,} {part}" for part, count in each["examples"].items()) for each in (known, record)
            )
            raise unreadable(folder.path, f"it was begun on other data: {then} then, {now} now")
        if differ(known.get("fingerprint"), record["fingerprint"]):
            what = " and ".join(map(quoted, self.plan.data.source.paths)) or f"`{self.plan.data.source.spec_name}`"
            raise unreadable(
                folder.path, f"it was begun on other data: {what} held as many examples then, but not the same"
            )
        for name, version in known.get("versions", {}).items():
            current = record["versions"].get(name)
            if current != version:
                self.progress.note(f"the run was begun with {name} {version}, and goes on with {current or 'another'}")

    def _leave(self, folder: RunFolder, record: Record, epochs: Epochs) -> None:
        """The last words of a process that SIGTERM did not find at a place where it can stop."""
        self._close(folder, record, folders.INTERRUPTED, epochs, KeyboardInterrupt())
        if not self.hosts.leads:
            return
        done = {"epochs_done": len(epochs.rows), "steps_done": epochs.steps_saved}
        self.progress.tell("interrupted", (), {"run": str(folder.path), **done})
        self.progress.err.write(f"\n{Interrupted(folder.path, len(epochs.rows), epochs.steps_saved).words}\n")
        self.progress.err.flush()

    def _close(
        self,
        folder: RunFolder,
        record: Record,
        status: str,
        epochs: Epochs,
        error: BaseException | None = None,
    ) -> None:
        record.update({"status": status, "ended": folders.now(), "process": None, "epochs_done": len(epochs.rows)})
        record["steps_done"] = epochs.steps_saved
        self.trackers.end(record.get("results") or {}, status)
        if status == folders.FAILED:
            record["error"] = (str(error).strip() or type(error).__name__).splitlines()[0]
        try:
            folder.write_record(record)
        except SpecError:
            if error is None:  # else it is the error that matters, and the disk may be what is wrong
                raise


def _classes(schema: Schema) -> list[str] | None:
    """The names of the classes that all outputs tell apart; None where they differ or there are none."""
    names = {target.names for target in schema.outputs.values() if target.is_of_classes}
    only = names.pop() if len(names) == 1 else None
    return None if only is None else list(only)
