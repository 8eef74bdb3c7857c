"""What a person sees while a network trains: a line an epoch; on a terminal a bar while one runs."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

_HIDDEN = ("epoch", "seconds", "learning_rate")  # in a line they stand elsewhere or not at all
INTERVAL = 0.1  # seconds between two updates of the bar


class Progress:
    """Writes to `out` what happened, and to `err` what deserves attention."""

    def __init__(self, out: TextIO, err: TextIO) -> None:
        self.out = out
        self.err = err
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._drawn = 0.0

    def say(self, line: str) -> None:
        """A line for people."""
        self.out.write(line + "\n")
        self.out.flush()

    def note(self, text: str) -> None:
        """Something that was decided for the user."""
        self.err.write(f"note: {text}\n")

    def warn(self, text: str) -> None:
        """Something that works, but hardly as the user wishes."""
        self.err.write(f"warning: {text}\n")

    def epoch_begins(self, epoch: int, epochs: int, steps: int) -> None:
        """`epoch` counts from 1."""
        if not getattr(self.out, "isatty", lambda: False)():
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        columns = (
            "{task.description}",
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            "{task.fields[figures]}",
        )
        self._bar = Bar(
            *(TextColumn(c) if isinstance(c, str) else c for c in columns),
            console=Console(file=self.out),
            transient=True,
            auto_refresh=False,
        )
        self._bar.start()
        self._task = self._bar.add_task(f"epoch {epoch:>{len(str(epochs))}}/{epochs}", total=steps, figures="")

    def step(self, done: int, logs: Mapping[str, float]) -> None:
        """So many steps of the epoch are done."""
        moment = time.monotonic()
        if self._bar is not None and self._task is not None and moment - self._drawn >= INTERVAL:
            self._drawn = moment
            self._bar.update(self._task, completed=done, figures=figures(logs), refresh=True)

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


class Silence(Progress):
    """Says nothing."""

    def __init__(self) -> None:
        import io

        super().__init__(io.StringIO(), io.StringIO())


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
