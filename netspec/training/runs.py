"""Run folders: `runs/NAME/TIME/`, which hold all that is needed to resume, compare and reproduce a run.

    spec.yaml    the text of the spec as it was read
    resolved.yaml  the same with params, variant and options in force: see `training.resolved`
    run.json     params, variant and options in force, versions, seed, status, results
    history.csv  one line an epoch
    metrics.jsonl  metrics as they come, and in tensorboard/ as TensorBoard reads them: see `training.log`
    last.npz     the weights, the optimiser and the random generators after the last whole epoch
    best.npz     the weights of the best epoch
    checkpoints/ such states of before, and within an epoch, until the run is finished
    model.keras  the weights that were measured, for Keras
    report.html  what there is to see of the run: see `training.reports`
    lock         while a process trains it

Every file is written beside and renamed, so that it is whole whenever the run ends.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import platform
import shutil
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, TypeGuard

from netspec import __version__
from netspec.backends.keras.types import Keras
from netspec.data.schema import read_schema
from netspec.diagnostics.words import show
from netspec.files import atomic_write, unreadable, unwritable, write_whole
from netspec.spec.names import IDENTIFIER

if TYPE_CHECKING:
    from netspec.training.state import Variables

FORMAT = 1
RUNNING, FINISHED, INTERRUPTED, FAILED = "running", "finished", "interrupted", "failed"

MAX_RECORD = 2**24  # bytes of a record; one of a thousand classes has 30,000


class Process(TypedDict):
    """Who is training."""

    host: str
    pid: int
    since: float


class Stretch(TypedDict):
    """What one process trained."""

    after: list[int]  # whole epochs, and steps of the next, from which it went on
    epochs: int  # in all, as it planned
    facts: dict[str, str]  # versions and machine: see `training.facts`


class Record(TypedDict, total=False):
    """What `run.json` says. What a run is opened and resumed by is checked when it is read; the rest is for people."""

    format: int
    status: str
    name: str
    spec: str
    spec_digest: str  # of the text of `spec.yaml`
    params: dict[str, object]
    variant: str | None
    overrides: dict[str, object]
    root: str
    seed: int
    epochs: int
    epochs_done: int
    steps_done: int  # of the epoch after those
    monitor: str
    weights: str | None
    classes: list[str] | None
    schema: dict[str, object]  # of the data: see `data.schema`
    examples: dict[str, int]
    fingerprint: object  # of the data: see `training.fingerprint`
    commands: list[str]  # that began it and went on with it
    host: dict[str, object]
    trackers: dict[str, str]  # by tracker, what the run is called there
    parameters: int
    init: dict[str, object] | None  # the weights that it started with
    versions: dict[str, str]
    kinds: dict[str, str]  # packages of kinds that it needs, with their versions
    device: str
    devices: int
    processes: int
    process: object  # a `Process` while it runs
    started: str
    resumed: list[str]
    stretches: list[Stretch]
    ended: str | None
    error: str | None
    results: dict[str, dict[str, float | None]] | None
    digest: str  # of all the rest


def _misfit(record: object) -> str:
    """What of a file's content is not as a record's is; empty where all is."""
    if not isinstance(record, dict) or not isinstance(record.get("format"), int):
        return "it is no record of a run"
    if record["format"] > FORMAT:
        return f"it has format {record['format']}, and this netspec reads {FORMAT}"
    wrong = (key for key, fits in _RECORD.items() if (key in record or key in _REQUIRED) and not fits(record.get(key)))
    return next((f"its `{key}` cannot be {show(record.get(key))}" for key in wrong), "")


def _digest(record: Record) -> str:
    rest = {key: value for key, value in record.items() if key != "digest"}
    return digest_of(json.dumps(rest, sort_keys=True).encode())


def digest_of(content: bytes) -> str:
    """What tells a file's content from any other."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def _stretches(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(item, dict)
        and isinstance(item.get("after"), list)
        and [type(number) for number in item["after"]] == [int, int]
        and isinstance(item.get("epochs"), int)
        and _map_to(str, item.get("facts"))
        for item in value
    )


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _map_to(kind: type, value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(item, kind) for item in value.values())


# What the values that a run is opened and resumed by must be, where they are there.
_RECORD: dict[str, Callable[[object], bool]] = {
    "status": lambda value: isinstance(value, str),
    "name": lambda value: isinstance(value, str) and IDENTIFIER.match(value) is not None,
    "spec": lambda value: isinstance(value, str),
    "params": lambda value: isinstance(value, dict),
    "variant": lambda value: value is None or isinstance(value, str),
    "overrides": lambda value: isinstance(value, dict),
    "root": lambda value: isinstance(value, str) and "\0" not in value,
    "epochs_done": lambda value: isinstance(value, int),
    "weights": lambda value: value in ("best", "last", None),
    "classes": lambda value: value is None or _texts(value),
    "schema": lambda value: read_schema(value) is not None,
    "examples": lambda value: _map_to(int, value),
    "versions": lambda value: _map_to(str, value),
    "kinds": lambda value: _map_to(str, value),
    "started": lambda value: isinstance(value, str),
    "resumed": _texts,
    "commands": _texts,
    "trackers": lambda value: _map_to(str, value),
    "spec_digest": lambda value: isinstance(value, str),
    "stretches": _stretches,
}
_REQUIRED = ("name", "params", "overrides", "root")

Row = dict[str, float]


class RunFolder:
    """A run's files. Raises SpecError where one cannot be read or written.

    Without `writes` nothing is written: of several processes of a run, one writes for all.
    """

    def __init__(self, path: Path, *, writes: bool = True) -> None:
        self.path = path
        self.writes = writes
        self.spec = path / "spec.yaml"
        self.last = path / "last.npz"
        self.best = path / "best.npz"
        self.model = path / "model.keras"
        self.resolved = path / "resolved.yaml"
        self.metrics = path / "metrics.jsonl"
        self.events = path / "tensorboard"
        self.report = path / "report.html"
        self.checkpoints = path / "checkpoints"
        self.skipped = path / "skipped.txt"
        self._record = path / "run.json"
        self._history = path / "history.csv"

    @classmethod
    def create(cls, runs: Path, name: str) -> RunFolder:
        """A new folder, named by the time; two of one second are told apart by a number."""
        stamp = time.strftime("%Y-%m-%dT%H-%M-%S")
        number = 1
        while True:
            path = runs / name / (stamp if number == 1 else f"{stamp}-{number}")
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.mkdir()
            except FileExistsError as error:
                if not path.is_dir():  # a file stands where a folder is wanted
                    raise unwritable(path, error, "make the run's folder") from None
                number += 1
            except OSError as error:
                raise unwritable(path, error, "make the run's folder") from None
            else:
                return cls(path)

    @staticmethod
    def is_run(path: Path) -> bool:
        """Whether the folder holds a run."""
        return (path / "run.json").is_file()

    # --- states -------------------------------------------------------------------------------------------------------

    def checkpoint(self, epochs: int, steps: int) -> Path:
        """Where the state after so many epochs, and steps of the next, is kept beside `last`."""
        return self.checkpoints / f"epoch-{epochs:06d}-step-{steps:09d}.npz"

    def kept(self) -> list[Path]:
        """The states that are kept beside `last`, the latest first."""
        return sorted(self.checkpoints.glob("epoch-*-step-*.npz"), reverse=True)

    def save(self, path: Path, sections: Mapping[str, Variables]) -> None:
        """Write a state, whole or not at all."""
        if self.writes:
            from netspec.training.state import save_state  # which needs NumPy; a run is listed without

            save_state(path, sections)

    def finish(self) -> None:
        """Remove what only a run takes that goes on where it was broken off."""
        if not self.writes:
            return
        self.keep(0)
        with suppress(OSError):  # it is not there, or somebody keeps other files in it
            self.checkpoints.rmdir()

    def clean(self) -> None:
        """Remove what a process that was killed left half-written."""
        for folder in (self.path, self.checkpoints) if self.writes else ():
            for stray in folder.glob(".*.tmp*"):
                stray.unlink(missing_ok=True)

    def keep_last(self, epochs: int) -> None:
        """Let the last state, which is after so many epochs, be a checkpoint too, before another takes its place."""
        if not self.writes:
            return
        place = self.checkpoint(epochs, 0)
        try:
            self.checkpoints.mkdir(exist_ok=True)
            place.unlink(missing_ok=True)
            try:
                os.link(self.last, place)
            except OSError:  # a file system without hard links
                shutil.copyfile(self.last, place)
        except FileNotFoundError:
            return  # there is none: the run was resumed from a checkpoint
        except OSError as error:
            raise unwritable(place, error) from None

    def keep(self, count: int) -> None:
        """Remove all checkpoints but the latest."""
        for old in self.kept()[count:] if self.writes else ():
            old.unlink(missing_ok=True)

    # --- run.json -----------------------------------------------------------------------------------------------------

    def read_record(self) -> Record:
        """What `run.json` says."""
        try:
            with open(self.own(self._record), "rb") as file:
                record: Record = json.loads(file.read(MAX_RECORD))
        except (FileNotFoundError, NotADirectoryError):
            why = "it holds no run.json, so it is no run" if self.path.is_dir() else "there is no such folder"
            raise unreadable(self.path, why) from None
        except (OSError, ValueError, RecursionError) as error:
            raise unreadable(self._record, f"it is damaged ({error})") from None
        wrong = _misfit(record)
        if wrong:
            raise unreadable(self._record, wrong)
        if record.get("digest", _digest(record)) != _digest(record):
            raise unreadable(
                self._record,
                "it is damaged, or was changed by hand (its digest is another); if you changed it, take its `digest` out",
            )
        return record

    def own(self, path: Path) -> Path:
        """A file of the run's, to be read. Raises SpecError where it is a link, or no file: a run may come from anybody."""
        if path.is_symlink():
            raise unreadable(path, "it is a link, and a run's files are its own")
        if path.exists() and not path.is_file():
            raise unreadable(path, "it is no file")
        return path

    def write_record(self, record: Record) -> None:
        """Replace `run.json`."""
        if not self.writes:
            return
        with atomic_write(self._record) as temporary:
            record["digest"] = _digest(record)
            temporary.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")

    def write_spec(self, content: bytes) -> None:
        """Keep the spec as it was."""
        if not self.writes:
            return
        write_whole(self.spec, content)

    def write_skipped(self, skipped: Sequence[object]) -> None:
        """List the examples that were left out, a line each; no file where there are none."""
        if skipped and self.writes:
            write_whole(self.skipped, "".join(f"{each}\n" for each in skipped))

    def write_resolved(self, text: str) -> None:
        """Keep the spec as it is in force."""
        if not self.writes:
            return
        write_whole(self.resolved, text)

    # --- history.csv --------------------------------------------------------------------------------------------------

    @property
    def history(self) -> Path:
        """Where the epochs are written down."""
        return self._history

    def read_history(self) -> list[Row]:
        """The epochs so far; none where there is no history yet."""
        try:
            with open(self.own(self._history), encoding="utf-8", newline="") as file:
                rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
            return [{**row, "epoch": int(row["epoch"])} for row in rows]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, TypeError, KeyError, OverflowError, csv.Error) as error:
            raise unreadable(self._history, f"it is damaged ({error})") from None

    def write_history(self, rows: Sequence[Row]) -> None:
        """Replace the history; numbers are written so that they read back the same."""
        if not self.writes:
            return
        with atomic_write(self._history) as temporary, open(temporary, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(rows[0])
            writer.writerows([plain(value) for value in row.values()] for row in rows)


def plain(value: float) -> str:
    """A number of a history so that it reads back the same."""
    return str(int(value)) if isinstance(value, int) else repr(float(value))


# --- what a record says beside the plan -------------------------------------------------------------------------------


def versions(keras: Keras, backend: str, backend_version: str) -> dict[str, str]:
    """What made the run."""
    import numpy as np

    return {
        "netspec": __version__,
        "keras": keras.__version__,
        "backend": backend,
        backend: backend_version,
        "python": platform.python_version(),
        "numpy": np.__version__,
    }


def this_host() -> dict[str, object]:
    """The machine that trains."""
    import psutil

    return {
        "name": socket.gethostname(),
        "system": platform.platform(),
        "processor": platform.machine(),
        "cpus": os.cpu_count(),
        "memory": psutil.virtual_memory().total,
    }


def now() -> str:
    """The time as a record says it."""
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")


def this_process() -> Process:
    """Who is training, so that no second process goes on with the same run."""
    import psutil

    return {"host": socket.gethostname(), "pid": os.getpid(), "since": psutil.Process().create_time()}


def is_alive(process: object) -> TypeGuard[Process]:
    """Whether the process of a record still runs, as far as can be told from here."""
    import psutil

    if not isinstance(process, dict) or process.get("host") != socket.gethostname():
        return False
    try:
        return bool(psutil.Process(process["pid"]).create_time() == process["since"])
    except (psutil.Error, KeyError, TypeError, ValueError):
        return False
