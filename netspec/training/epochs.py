"""What happens around each step and each epoch: history, checkpoints, early stopping, a way out."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from netspec.backends.keras.types import KerasObject
from netspec.spec.training_settings import Plateau
from netspec.training.advice import Guess, Waiting
from netspec.training.devices import Spread, memory_in_use, seed_draws
from netspec.training.feeding import Feed
from netspec.training.history import SECTION, columns
from netspec.training.hosts import ALONE, Assent, Hosts
from netspec.training.interruption import Interruption
from netspec.training.learner import STEPS_AT_ONCE, Learner
from netspec.training.log import Log
from netspec.training.objective import figures_of
from netspec.training.plan import Plan
from netspec.training.progress import Pace, Progress, Step
from netspec.training.prompt import prompt
from netspec.training.runs import Row, RunFolder
from netspec.training.state import Saved, Variables, all_finite, values_of
from netspec.training.stopping import Verdict, judge, maximises, rate_on_plateau

Logs = Mapping[str, float] | None
PATIENCE = 60.0  # seconds after which even a first epoch is judged

SLOW = 5.0  # seconds of a call of the compiled step, from which a signal may come too late to be heard at its end


class Epochs:
    """Accompanies one `fit`. All that it decides by is in `rows`, so a resumed run decides as an unbroken one.

    At the end of each epoch the best weights, the history and the last state are written, in this order: wherever that
    is cut short, the last state finds a history and best weights that reach at least as far. Within an epoch, the state is
    written as often as `checkpoint` says, and when a signal ends the run.
    """

    def __init__(
        self,
        plan: Plan,
        learner: Learner,
        feed: Feed,
        folder: RunFolder,
        log: Log,
        rows: list[Row],
        monitor: str,
        progress: Progress,
        hosts: Hosts = ALONE,
    ) -> None:
        self.plan = plan
        self.learner = learner
        self.feed = feed
        self.folder = folder
        self.log = log
        self.rows = rows
        self.progress = progress
        self.monitor = monitor
        self._began = 0.0
        self._epoch = 0
        self._start = 0  # step at which the epoch was begun or goes on
        self._checked = 0  # the last step of the epoch of whose loss it is known that it is a number
        self._saved = time.monotonic()
        self._assent = Assent(hosts)  # to saving when time is over, which is not over at once in all processes
        self._called: float | None = None  # when the last call of the compiled step ended; the first one compiles
        self._saving = 0.0  # seconds that the last saving took
        self._sums: Variables = ()  # the metrics' after the epoch's last step, which a validation begins by putting to zero
        self.steps = 0  # of the epoch after `rows`
        self.steps_saved = 0
        self.resumed: Saved | None = None  # where it goes on within an epoch
        self._pace = Pace(plan.train.batch_size)
        self._shown = 0.0
        self._advised = False  # that the input is the bottleneck
        self._last = 0.0  # when the last step was done
        self._compiled: tuple[int, float, float] | None = (
            None  # the first step, when it was done, seconds waited by then
        )
        self._fitted = 0  # epochs that were done by this process
        self.tracking: Sequence[KerasObject] = ()  # callbacks that tell trackers of each row
        self.guesses: tuple[Guess, ...] = ()  # what the network should be better than

    def go_back(self, saved: Saved) -> None:
        """Go on from a state within an epoch."""
        self.learner.build_sums(self.feed.given(0))
        _, self.steps = saved.position
        self.steps_saved = self.steps
        self.resumed = saved

    def save_start(self) -> None:
        """Write the state before the first step."""
        self.folder.save(self.folder.checkpoint(0, 0), {**self.learner.state(), "epochs": [("done", np.array(0))]})

    def callbacks(self, interruption: Interruption, spread: Spread) -> KerasObject:
        """For `fit`."""
        make = self.learner.keras.callbacks.LambdaCallback
        steps = make(
            on_train_batch_end=lambda batch, logs: self._may_stop(interruption),
            on_train_begin=spread.off,
            on_test_batch_end=lambda batch, logs: self._may_stop_validating(interruption),
            on_epoch_end=lambda epoch, logs: interruption.check(),
        )
        own = make(
            on_epoch_begin=self._epoch_begins,
            on_train_batch_begin=self._step_begins,
            on_train_batch_end=self._step_ends,
            on_epoch_end=self._epoch_ends,
        )
        return prompt(self.learner.keras, [*self.learner.averaging, own, *self.tracking, steps], self.learner.model)

    def _verdict(self, rows: Sequence[Row]) -> Verdict:
        """What a history says of the monitored metric."""
        stopping = self.plan.train.early_stopping
        return judge(
            [row[self.monitor] for row in rows],
            maximise=maximises(self.monitor, stopping.mode if stopping is not None else "auto"),
            min_delta=stopping.min_delta if stopping is not None else 0.0,
        )

    @property
    def rate(self) -> float | None:
        """The learning rate of the epoch after `rows`, where it hangs on them."""
        schedule = self.plan.train.schedule
        if not isinstance(schedule, Plateau):
            return None
        values = [row[schedule.monitor] for row in self.rows]
        return rate_on_plateau(values, self.plan.train.optimizer.learning_rate, schedule)

    @property
    def are_over(self) -> bool:
        """Whether no epoch is left, or the monitored metric no longer gets better."""
        stopping = self.plan.train.early_stopping
        if len(self.rows) >= self.plan.train.epochs:
            return True
        # As Keras counts: a patience of 0 stops at the first epoch that is no better.
        return stopping is not None and self._verdict(self.rows).since >= max(1, stopping.patience)

    # --- what Keras calls -------------------------------------------------------------------------------------------

    def _epoch_begins(self, epoch: int, logs: Logs) -> None:
        self.feed.begin(epoch)
        self._epoch = epoch
        self._began = time.monotonic()
        self._start = self._checked = 0
        if self.rate is not None:
            self.learner.set_rate(self.rate)
        if self.resumed is not None:
            # `fit` has reset the metrics by now.
            self.learner.restore_sums(self.resumed)
            self._began -= float(self.resumed.sections["seconds"][0])
            self._start = self._checked = self.steps
            self.resumed = None
        self._pace, self._compiled = Pace(self.plan.train.batch_size), None
        if self._called is not None:
            self._called = time.monotonic()  # what was between, a validation, is no part of a call
        self.progress.epoch_begins(epoch + 1, self.plan.train.epochs, self.feed.steps, self._start)

    def _step_begins(self, step: int, logs: Logs) -> None:
        seed_draws(self.learner.keras, self.plan.train.seed, self._epoch, self._start + step)

    def _step_ends(self, step: int, logs: Logs) -> None:
        before, self.steps = self.steps, min(self._start + step + 1, self.feed.steps)
        if logs:
            if self.steps - self._checked >= STEPS_AT_ONCE or self.steps == self.feed.steps:
                self._check_loss(logs, self._checked)
                self._checked = self.steps
            self._show(logs)
            if self.log.is_due(before, self.steps):
                self.log.step(self._epoch + 1, self.steps, figures_of(logs), time.monotonic() - self._began)
        if self.steps == self.feed.steps:
            self.learner.synchronise()
            self._sums = self.learner.sums
        every = self.plan.train.checkpoint.every
        now = time.monotonic()
        took = 0.0 if self._called is None else now - self._called
        slow = took >= SLOW and self._saving < took / 10
        late = self._assent(slow or (every.seconds is not None and now - self._saved >= every.seconds))
        counted = every.steps is not None and self.steps // every.steps > before // every.steps
        if (late or counted) and self.steps < self.feed.steps:
            self._save(self.learner.sums_now())
        self._called = time.monotonic()

    def _show(self, logs: Mapping[str, float]) -> None:
        """Tell how far the epoch is, where anybody looks and the last time was a while ago."""
        speed, moment = self._pace.at(self.steps), time.monotonic()
        self._last = moment
        if self._compiled is None:
            self._compiled = (self.steps, moment, self.feed.waited)
        if self.progress.shows_steps and moment - self._shown >= self.progress.interval:
            self._shown = moment
            memory = memory_in_use(self.learner.keras)
            self.progress.step(Step(self.steps, figures_of(logs), speed, memory))

    def _advise(self, epoch: Row, waiting: Waiting | None) -> None:
        """Tell, once each, what hardly goes as the user wishes."""
        if waiting is not None and (self._fitted or epoch["seconds"] > PATIENCE):
            advice = waiting.advice  # not of a first epoch that is short: in it images are decoded that are kept
            if advice is not None and not self._advised:
                self._advised = True
                facts = {"about": "input", "waited": round(waiting.share, 3), "workers": waiting.workers}
                self.progress.warn(advice, facts)
        for guess in self.guesses:
            advice = guess.advice(self.rows)
            if advice is not None:
                self.guesses = tuple(other for other in self.guesses if other is not guess)
                self.progress.warn(advice, {"about": "guess", "output": guess.output, "share": round(guess.share, 4)})

    def _waiting(self) -> Waiting | None:
        """How the time of the epoch's steps was spent, as far as it is known."""
        if self._compiled is None:
            return None
        step, moment, waited = self._compiled
        examples = (self.steps - step) * self.feed.batch_size
        return Waiting(self._last - moment, self.feed.waited - waited, examples, self.feed.workers)

    def _may_stop(self, interruption: Interruption) -> None:
        """Stop where a signal came, with all that was learned until now."""
        if interruption.asked():
            if self.steps:
                self._save(self.learner.sums_now())
            raise KeyboardInterrupt

    def _may_stop_validating(self, interruption: Interruption) -> None:
        """The same in the validation, which is left out of what is saved."""
        if interruption.asked():
            self.learner.synchronise()
            self.learner.take_averages_out()
            self._save(self._sums)
            raise KeyboardInterrupt

    def _save(self, sums: Variables) -> None:
        """Write the state within an epoch, or after its last step."""
        began = time.monotonic()
        self.log.sync()
        done = len(self.rows)
        state = self.learner.state()
        self._check_weights(state["network"])
        self.folder.save(
            self.folder.checkpoint(done, self.steps),
            {
                **state,
                "metrics": sums,
                SECTION: columns(self.rows),
                "epochs": [("done", np.array(done))],
                "steps": [("done", np.array(self.steps))],
                "seconds": [("since", np.array(time.monotonic() - self._began))],
            },
        )
        self.folder.keep(self.plan.train.checkpoint.keep)
        self._saved, self.steps_saved = time.monotonic(), self.steps
        self._saving = self._saved - began

    def _epoch_ends(self, epoch: int, logs: Logs) -> None:
        logs = figures_of(logs or {})
        self._check_loss(logs, max(0, self.steps - STEPS_AT_ONCE))
        state = self.learner.state()
        self._check_weights(state["network"])
        model, network = self.learner.model, self.learner.network
        row: Row = {
            "epoch": epoch + 1,
            **{name: logs[name] for name in self.learner.metric_names if name in logs},
        }
        row["learning_rate"] = self.learner.last_rate if self.rate is None else self.rate
        row["seconds"] = round(time.monotonic() - self._began, 3)
        rows = [*self.rows, row]
        with self.learner.averaged():
            measured = values_of(network.variables)
        if self._verdict(rows).best == len(rows) - 1:
            self.folder.save(self.folder.best, {"network": measured})
        self.folder.write_history(rows)
        self.log.epoch(row)
        sections = {**state, "epochs": [("done", np.array(len(rows)))], SECTION: columns(rows)}
        if self.learner.averaging:
            sections["measured"] = measured
        if self.rows:
            self.folder.keep_last(len(self.rows))
        self.folder.save(self.folder.last, sections)
        self.folder.keep(self.plan.train.checkpoint.keep)
        self._saved = time.monotonic()
        self.rows.append(row)
        waiting = self._waiting()
        self.steps = self.steps_saved = 0
        self.progress.epoch_ends(row, self.plan.train.epochs)
        self._advise(row, waiting)
        self._fitted += 1
        if self.are_over:
            model.stop_training = True

    def end_rest(self, validate: Callable[[], Mapping[str, float]]) -> None:
        """End an epoch whose steps are all done, as `fit` does."""
        self._epoch_begins(len(self.rows), None)
        self._sums = self.learner.sums
        logs = self.learner.figures
        self._epoch_ends(len(self.rows), {**logs, **{f"val_{name}": value for name, value in validate().items()}})

    def _check_loss(self, logs: Mapping[str, float], before: int) -> None:
        """Raise Diverged where the loss is no number; that of the steps up to `before` was one."""
        loss = float(logs.get("loss", 0.0))
        if not math.isfinite(loss):
            raise Diverged(f"the loss is {loss}", self._epoch, before, self.steps)

    def _check_weights(self, network: Variables) -> None:
        """Raise Diverged where a weight is no number: such a state is not worth keeping."""
        if not all_finite(network):
            raise Diverged("a weight is no number", self._epoch, max(0, self.steps - STEPS_AT_ONCE), self.steps)


class Diverged(Exception):
    """Training came to a number that is none, in one of the steps from `first` (counted from 0) to `last` of an epoch."""

    def __init__(self, what: str, epoch: int, first: int, last: int) -> None:
        self.what = what
        self.epoch = epoch
        self.first = first
        self.last = last
        super().__init__(f"{what} at {self.moment(last)}")

    def moment(self, step: int) -> str:
        """When a step of the epoch was, for people."""
        return f"step {step:,} of epoch {self.epoch + 1}"


def monitor_of(plan: Plan, metric_names: tuple[str, ...]) -> str:
    """The metric that tells the best epoch. Raises SpecError where the spec monitors one that there is not."""
    schedule, stopping = plan.train.schedule, plan.train.early_stopping
    if isinstance(schedule, Plateau):
        _check_monitor(plan, schedule.monitor, metric_names, "schedule")
    if stopping is None:
        return "val_loss" if "val_loss" in metric_names else "loss"
    _check_monitor(plan, stopping.monitor, metric_names, "early_stopping")
    return stopping.monitor


def _check_monitor(plan: Plan, monitor: str, metric_names: tuple[str, ...], option: str) -> None:
    if monitor in metric_names:
        return
    reason = ""
    if monitor.removeprefix("val_") in metric_names:
        reason = "; there is no validation: set `validation_split` in `data`"
    message = f"`monitor` is {monitor}, and the metrics are {', '.join(metric_names)}{reason}"
    raise plan.refusal("NS209", message, option)
