"""What is told while a network trains: lines and a bar for people, one JSON object a line for programs."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TextIO

from netspec.diagnostics.words import memory

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import ProgressColumn, TaskID

_HIDDEN = ("epoch", "seconds", "learning_rate")  # in a line they stand elsewhere or not at all
INTERVAL = 0.1  # seconds between two updates of the bar
BAR = 20  # columns of the bar itself
NO_FACTS: Mapping[str, object] = MappingProxyType({})
EVENTS_INTERVAL = 1.0  # seconds between two events that tell of steps


class Step(NamedTuple):
    """How far an epoch is.

    Attributes:
        done: steps of the epoch.
        figures: loss and metrics over the epoch so far.
        speed: examples a second; None before it can be told.
        memory: bytes that the network's device has in use; None where it is not known.
    """

    done: int
    figures: Mapping[str, float]
    speed: float | None = None
    memory: int | None = None


class Progress:
    """Writes to `out` what happened, and to `err` what deserves attention."""

    def __init__(self, out: TextIO, err: TextIO) -> None:
        self.out = out
        self.err = err
        self.interval = INTERVAL
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._room = 0  # columns of the bar's line that are left for figures

    @property
    def shows_steps(self) -> bool:
        """Whether anybody sees how far an epoch is."""
        return self._bar is not None

    def say(self, line: str) -> None:
        """A line for people."""
        self.out.write(line + "\n")
        self.out.flush()

    def tell(self, event: str, lines: Sequence[str], facts: Mapping[str, object]) -> None:
        """Something that happened: its name and facts for programs, lines for people."""
        for line in lines:
            self.say(line)

    def note(self, text: str) -> None:
        """Something that was decided for the user."""
        self._attention("note", text)

    def warn(self, text: str, facts: Mapping[str, object] = NO_FACTS) -> None:
        """Something that works, but hardly as the user wishes; `facts` are for programs."""
        self._attention("warning", text)

    def _attention(self, word: str, text: str) -> None:
        self.err.write(f"{word}: {text}\n")

    def epoch_begins(self, epoch: int, epochs: int, steps: int, done: int = 0) -> None:
        """`epoch` counts from 1; `done` steps of it were done before the run was broken off."""
        if not getattr(self.out, "isatty", lambda: False)():
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        columns: tuple[ProgressColumn, ...] = (
            TextColumn("{task.description}"),
            BarColumn(BAR),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[figures]}"),
        )
        self._bar = Bar(*columns, console=Console(file=self.out), transient=True, auto_refresh=False)
        self._bar.start()
        description = f"epoch {epoch:>{len(str(epochs))}}/{epochs}"
        taken = len(description) + BAR + len(f"{steps}/{steps}") + len("0:00:00") + len(columns)
        self._room = self._bar.console.width - taken
        self._task = self._bar.add_task(description, total=steps, completed=done, figures="")

    def step(self, step: Step) -> None:
        """How far the epoch is."""
        if self._bar is not None and self._task is not None:
            text = figures(step.figures)
            speed = "" if step.speed is None else f"{step.speed:,.0f} examples/s"
            taken = "" if step.memory is None else memory(step.memory)
            for part in filter(None, (speed, taken)):  # as far as the line has room
                if len(text) + len(part) + 3 <= self._room:
                    text += f"   {part}"
            self._bar.update(self._task, completed=step.done, figures=text, refresh=True)

    def epoch_ends(self, row: Mapping[str, float], epochs: int) -> None:
        """The epoch's line."""
        self.close()
        number = f"{int(row['epoch']):>{len(str(epochs))}}/{epochs}"
        shown = {name: value for name, value in row.items() if not name.endswith("_loss") or name == "val_loss"}
        self.say(f"epoch {number}   {figures(shown)}   {row['seconds']:.1f} s")

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


class Events(Progress):
    """Writes what happens as JSON Lines: an object a line, each with its `event` and the `time`."""

    def __init__(self, out: TextIO, err: TextIO) -> None:
        super().__init__(out, err)
        self.interval = EVENTS_INTERVAL
        self._epoch = 0
        self._steps = 0

    @property
    def shows_steps(self) -> bool:
        return True

    def say(self, line: str) -> None:
        self._write("message", {"text": line})

    def tell(self, event: str, lines: Sequence[str], facts: Mapping[str, object]) -> None:
        self._write(event, facts)

    def note(self, text: str) -> None:
        self._write("note", {"text": text})

    def warn(self, text: str, facts: Mapping[str, object] = NO_FACTS) -> None:
        self._write("warning", {"text": text, **facts})

    def epoch_begins(self, epoch: int, epochs: int, steps: int, done: int = 0) -> None:
        self._epoch, self._steps = epoch, steps

    def step(self, step: Step) -> None:
        speed = None if step.speed is None else round(step.speed, 1)
        self._write(
            "step",
            {
                "epoch": self._epoch,
                "step": step.done,
                "steps": self._steps,
                **step.figures,
                "examples_per_second": speed,
                "memory": step.memory,
            },
        )

    def epoch_ends(self, row: Mapping[str, float], epochs: int) -> None:
        self._write("epoch", {**row, "epochs": epochs})

    def _write(self, event: str, facts: Mapping[str, object]) -> None:
        data = {"event": event, "time": round(time.time(), 3), **facts}
        self.out.write(json.dumps({name: _plain(value) for name, value in data.items()}) + "\n")
        self.out.flush()


def _plain(value: object) -> object:
    """JSON has no word for what is not a finite number but null."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


class Silence(Progress):
    """Says nothing."""

    def __init__(self) -> None:
        import io

        super().__init__(io.StringIO(), io.StringIO())


class Pace:
    """How many examples a second an epoch takes, but for its first step, in which frameworks compile."""

    def __init__(self, batch_size: int) -> None:
        self.batch_size = batch_size
        self._first: tuple[int, float] | None = None

    def at(self, step: int) -> float | None:
        """The speed once so many steps are done; None at the first."""
        moment = time.monotonic()
        if self._first is None:
            self._first = (step, moment)
            return None
        since, begun = self._first
        return (step - since) * self.batch_size / (moment - begun) if moment > begun else None


def figures(values: Mapping[str, float]) -> str:
    """`loss 0.1234   accuracy 0.9876`."""
    return "   ".join(f"{name} {value:.4f}" for name, value in values.items() if name not in _HIDDEN)


def table(results: Mapping[str, Mapping[str, float]]) -> Sequence[str]:
    """One line a test: its name, how many examples, its figures."""
    width = max(map(len, results))
    counts = {name: f"{int(result['examples']):,}" for name, result in results.items()}
    right = max(map(len, counts.values()))
    return [
        f"{name:<{width}}   {counts[name]:>{right}} examples   "
        + figures({figure: value for figure, value in result.items() if figure != "examples"})
        for name, result in results.items()
    ]
