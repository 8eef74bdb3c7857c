"""Metrics as they come: `metrics.jsonl`, and TensorBoard's events made of its lines.

A line's `kind` says what it is: a `step`, ten or more times an epoch; an `epoch`, at the end of each; a `test`, at the end of all.
Lines are on the disk before the state of their step is, and where a run goes on from a state, what is beyond it is taken out: so a
run that was broken off has the lines of one that was not.
"""

from __future__ import annotations

import errno
import json
import math
import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from netspec.files import synced, unreadable, unwritable, write_whole

if TYPE_CHECKING:
    from tensorboardX.event_file_writer import EventsWriter

    from netspec.training.measure import Results

Line: TypeAlias = "dict[str, str | float | None]"

LINES = 10  # an epoch, about
STEPS = 100  # between two lines at most
WATCHED = "val_"


class Log:
    """Where a run's metrics go.

    Args:
        path: of `metrics.jsonl`.
        events: the folder of TensorBoard's events.
        steps: of an epoch.
        writes: without it nothing is written: of several processes of a run, one writes for all.
    """

    def __init__(self, path: Path, events: Path, steps: int, *, writes: bool = True) -> None:
        self.path = path
        self.writes = writes
        self.steps = steps
        self.every = max(1, min(STEPS, steps // LINES))
        self._file: FileIO | None = None
        self._events = Events(events)

    def go_back(self, rows: Sequence[Mapping[str, float]], steps: int) -> str:
        """Take out all that is beyond some epochs, and steps of the next; put in what was lost of these epochs.

        Args:
            rows: the history of the epochs.
            steps: of the next.

        Returns:
            What was lost, if anything was, and what became of it, in words.

        Raises:
            SpecError: The file cannot be read or written.
        """
        if not self.writes:
            return ""
        found = read_lines(self.path).until(len(rows), steps)
        damage = found.damage(rows, short=self._short(found.lines, len(rows), steps))
        if not damage and not found.exists:
            return ""
        kept = _completed(found.lines, rows) if damage else found.lines
        write_whole(self.path, "".join(map(_written, kept)), durable=True)
        self._events.begin_again(kept, self.steps)
        again = "it is written again, with a line of each epoch and what can be read of their steps"
        return f"{self.path}: {damage}; {again}" if damage else ""

    def _short(self, lines: Sequence[Line], epochs: int, steps: int) -> int | None:
        """The first epoch whose last line of a step that was due is not there."""
        seen: dict[object, int] = {}
        for line in lines:
            if isinstance(step := line.get("step"), int):
                seen[line["epoch"]] = step // self.every
        reached = [*[self.steps // self.every] * epochs, steps // self.every]
        return next((epoch for epoch, mark in enumerate(reached, 1) if mark and seen.get(epoch) != mark), None)

    def is_due(self, before: int, step: int) -> bool:
        """Whether a line is due after a step of an epoch, where the step before was another."""
        return step // self.every > before // self.every

    def step(self, epoch: int, step: int, figures: Mapping[str, float], seconds: float) -> None:
        """What the metrics are after a step, counted from 1 as epochs are. Raises SpecError."""
        self._add({"kind": "step", "epoch": epoch, "step": step, **figures, "seconds": round(seconds, 3)})

    def epoch(self, row: Mapping[str, float]) -> None:
        """A row of the history, which is on the disk then. Raises SpecError."""
        self._add({"kind": "epoch", **row})
        self.sync()

    def tests(self, results: Results) -> None:
        """What was measured at the end. Raises SpecError."""
        for name, figures in results.items():
            self._add({"kind": "test", "test": name, **figures})

    def sync(self) -> None:
        """Wait until all lines are on the disk. Raises SpecError."""
        self._events.flush()
        if self._file is not None:
            try:
                synced(self.path)
            except OSError as error:
                raise unwritable(self.path, error) from None

    def close(self) -> None:
        """No more lines come."""
        self._events.close()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _add(self, figures: Mapping[str, str | float]) -> None:
        if not self.writes:
            return
        line: Line = {"time": round(time.time(), 3), **{name: _finite(value) for name, value in figures.items()}}
        try:
            if self._file is None:
                self._file = open(self.path, "ab", buffering=0)  # noqa: SIM115 - open as long as the run is
            data = _written(line).encode()
            if self._file.write(data) < len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            raise unwritable(self.path, error) from None
        self._events.add(line, self.steps)


class Read(NamedTuple):
    """What a file of metrics holds.

    Attributes:
        lines: those that can be read.
        numbers: of these lines, counted from 1.
        bad: the numbers of all others.
        exists: whether there is a file.
    """

    lines: list[Line]
    numbers: list[int]
    bad: list[int]
    exists: bool = True

    def until(self, epochs: int, steps: int) -> Read:
        """The lines of so many epochs, and steps of the next, with what is bad among these."""
        kept = [index for index, line in enumerate(self.lines) if _is_before(line, epochs, steps)]
        last = self.numbers[kept[-1]] if kept else 0
        return Read(
            [self.lines[index] for index in kept],
            [self.numbers[index] for index in kept],
            [number for number in self.bad if number < last],
            self.exists,
        )

    def damage(self, rows: Sequence[Mapping[str, float]], short: int | None = None) -> str:
        """What is wrong with lines of a history's epochs, in words; empty where nothing is.

        Args:
            rows: the history.
            short: an epoch that is known to lack lines.
        """
        told = {line["epoch"]: line for line in self.lines if line["kind"] == "epoch"}
        lacking = next((int(row["epoch"]) for row in rows if row["epoch"] not in told), short)
        if not self.exists:
            return "" if lacking is None else "it is missing"
        if self.bad:
            several = len(self.bad) > 1
            which = (
                f"{len(self.bad):,} lines, the first of them {self.bad[0]:,}," if several else f"line {self.bad[0]:,}"
            )
            return f"it is damaged ({which} {'are no lines' if several else 'is no line'} of metrics)"
        if lacking is not None:
            return f"it is damaged (lines of epoch {lacking:,} are missing)"
        other = next((int(row["epoch"]) for row in rows if _figures(told[row["epoch"]]) != _figures(_epoch(row))), None)
        return "" if other is None else f"it is damaged (the figures of epoch {other:,} are others than the history's)"


def read_lines(path: Path) -> Read:
    """The lines of a run's metrics. A last line that was cut short is left out.

    Raises:
        SpecError: The file cannot be read.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return Read([], [], [], exists=False)
    except OSError as error:
        raise unreadable(path, f"it is damaged ({error})") from None
    found = Read([], [], [])
    for number, each in enumerate(content.split(b"\n")[:-1], 1):
        line = _line(each)
        if line is None:
            found.bad.append(number)
        else:
            found.lines.append(line)
            found.numbers.append(number)
    return found


def _line(text: bytes) -> Line | None:
    """A line; None of what is none."""
    try:
        line = json.loads(text.decode())
    except (ValueError, RecursionError):
        return None
    if not isinstance(line, dict) or not all(isinstance(value, str | float | int | None) for value in line.values()):
        return None
    wanted = {"step": ("epoch", "step"), "epoch": ("epoch",), "test": ()}.get(str(line.get("kind")))
    return line if wanted is not None and all(type(line.get(name)) is int for name in wanted) else None


def _epoch(row: Mapping[str, float]) -> Line:
    """The line of an epoch."""
    return {"kind": "epoch", **{name: _finite(value) for name, value in row.items()}}


def _figures(line: Line) -> Line:
    """What a line says, but for when."""
    return {name: value for name, value in line.items() if name != "time"}


def _completed(lines: Sequence[Line], rows: Sequence[Mapping[str, float]]) -> list[Line]:
    """Lines with those of all epochs among them, as a history has them."""
    times = {line["epoch"]: {"time": line["time"]} for line in lines if line["kind"] == "epoch" and "time" in line}
    made = [line for line in lines if line["kind"] != "epoch"]
    made += [{**times.get(row["epoch"], {}), **_epoch(row)} for row in rows]
    return sorted(made, key=lambda line: (float(line["epoch"] or 0), line["kind"] == "epoch"))


def _is_before(line: Line, epochs: int, steps: int) -> bool:
    epoch, step = line.get("epoch"), line.get("step")
    if not isinstance(epoch, int):
        return False  # a test, which is measured again
    return epoch <= epochs or (isinstance(step, int) and epoch == epochs + 1 and step <= steps)


def _written(line: Line) -> str:
    return json.dumps(line, allow_nan=False) + "\n"


def _finite(value: str | float) -> str | float | None:
    return value if isinstance(value, str) or math.isfinite(value) else None


# --- TensorBoard ------------------------------------------------------------------------------------------------------

NO_FIGURES = ("kind", "time", "epoch", "step", "seconds", "test", "examples")
PARTS = ("train", "validation")


class Events:
    """TensorBoard's events, called as Keras's own callback calls them: `epoch_loss` in `train` and `validation`, `batch_loss`.

    Without tensorboardX, which every backend's extra brings, there are none.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._writers: dict[str, EventsWriter] = {}

    def begin_again(self, lines: list[Line], steps: int) -> None:
        """Replace all events by those of some lines. Raises SpecError."""
        self.close()
        for part in PARTS:
            for old in (self.folder / part).glob("events.out.tfevents.*"):
                old.unlink(missing_ok=True)
        for line in lines:
            self.add(line, steps)

    def add(self, line: Line, steps: int) -> None:
        """The events of a line. Raises SpecError."""
        kind, epoch, step = line["kind"], line.get("epoch"), line.get("step")
        if kind == "test" or not isinstance(epoch, int) or find_spec("tensorboardX") is None:
            return
        at = epoch if not isinstance(step, int) else (epoch - 1) * steps + step
        found: dict[str, dict[str, float]] = {}
        for name, value in line.items():
            if name not in NO_FIGURES and isinstance(value, int | float):
                watched = name.startswith(WATCHED)
                tag = f"{'epoch' if kind == 'epoch' else 'batch'}_{name.removeprefix(WATCHED)}"
                found.setdefault("validation" if watched else "train", {})[tag] = value
        try:
            for part, figures in found.items():
                self._write(part, figures, at, line.get("time", time.time()))
        except OSError as error:
            raise unwritable(self.folder, error) from None

    def _write(self, part: str, figures: Mapping[str, float], step: int, moment: object) -> None:
        writer = self._writers.get(part)
        if writer is None:
            self._writers[part] = writer = _writer(self.folder / part)
        from tensorboardX.proto.event_pb2 import Event
        from tensorboardX.proto.summary_pb2 import Summary

        values = [Summary.Value(tag=tag, simple_value=value) for tag, value in figures.items()]
        writer.write_event(Event(wall_time=moment, step=step, summary=Summary(value=values)))

    def flush(self) -> None:
        """Wait until all events are on the disk. Raises SpecError."""
        try:
            for writer in self._writers.values():
                writer.flush()
        except OSError as error:
            raise unwritable(self.folder, error) from None

    def close(self) -> None:
        """No more events come."""
        while self._writers:
            _, writer = self._writers.popitem()
            with suppress(OSError):  # a full disk, of which the flush before has told
                writer.close()


def _writer(folder: Path) -> EventsWriter:
    folder.mkdir(parents=True, exist_ok=True)
    # tensorboardX imports torch where it is installed, which takes seconds, and which scalars have no use for.
    absent = "torch" not in sys.modules
    if absent:
        sys.modules["torch"] = None  # type: ignore[assignment]  # Python's own way to say that a module is not to be had
    try:
        from tensorboardX.event_file_writer import EventsWriter
    finally:
        if absent:
            del sys.modules["torch"]
    return EventsWriter(str(folder / "events"))
