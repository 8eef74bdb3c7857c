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
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib.util import find_spec
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from netspec.files import atomic_write, synced, unreadable, unwritable

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

    def go_back(self, epochs: int, steps: int) -> None:
        """Take out all that is beyond so many epochs, and steps of the next. Raises SpecError."""
        if not self.writes or not self.path.exists():
            return
        kept = [line for line in read_lines(self.path) if _is_before(line, epochs, steps)]
        with atomic_write(self.path, durable=True) as temporary:
            temporary.write_text("".join(map(_written, kept)), encoding="utf-8")
        self._events.begin_again(kept, self.steps)

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


def read_lines(path: Path) -> Iterator[Line]:
    """The lines of a run's metrics; none of one that has none. A last line that was cut short is left out.

    Raises:
        SpecError: The file is damaged.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise unreadable(path, f"it is damaged ({error})") from None
    whole, _, _ = text.rpartition("\n")
    for number, each in enumerate(whole.splitlines(), 1):
        try:
            line = json.loads(each)
            known = isinstance(line, dict) and all(isinstance(v, str | float | int | None) for v in line.values())
        except (ValueError, RecursionError):
            known = False
        if not known or not _has_place(line):
            raise unreadable(path, f"line {number} is no line of metrics")
        yield line


def _has_place(line: Line) -> bool:
    """Whether a line says what it is, and of which epoch and step."""
    wanted = {"step": ("epoch", "step"), "epoch": ("epoch",), "test": ()}.get(str(line.get("kind")))
    return wanted is not None and all(type(line.get(name)) is int for name in wanted)


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
                self._write(part, figures, at, line["time"])
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
