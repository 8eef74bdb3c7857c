"""Runs side by side: what each came to, and what their specs and settings differ in. Nothing here needs NumPy."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from difflib import unified_diff
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from netspec.diagnostics.problems import Problems, SpecError
from netspec.expressions import Value
from netspec.syntax.reading import read
from netspec.syntax.tree import plain
from netspec.training.runs import RUNNING, Record, Row, RunFolder, is_alive
from netspec.training.stopping import maximises

DEPTH = 3  # folders below the one that is listed
STOPPED = "stopped"  # of a run that says it runs, and whose process is gone
OF_GRAPH = ("layers", "blocks", "input", "inputs", "outputs", "defaults")  # whose differences are too long for a line
UNTOLD = ("netspec", "name", "description")
Figures = Mapping[str, float | None]


class Best(NamedTuple):
    """The best value of the figure that a run is judged by."""

    name: str
    value: float
    epoch: int


class Listed(NamedTuple):
    """A run of a list."""

    path: Path
    record: Record
    rows: list[Row]
    document: dict[str, Value]  # the spec in force

    @property
    def status(self) -> str:
        """What it is doing, or how it ended."""
        status, process = self.record.get("status", ""), self.record.get("process")
        here = isinstance(process, dict) and process.get("host") == socket.gethostname()
        if status == RUNNING and here and find_spec("psutil") is not None and not is_alive(process):
            return STOPPED
        return status

    @property
    def best(self) -> Best | None:
        """What it is judged by; None where no epoch is over."""
        name = self.record.get("monitor", "")
        found = [row for row in self.rows if name in row]
        if not found:
            return None
        row = max(found, key=lambda row: row[name] * (1 if maximises(name, "auto") else -1))
        return Best(name, row[name], int(row["epoch"]))

    @property
    def figures(self) -> Figures:
        """What was measured at the end: of the test, and of others under `TEST.NAME`."""
        results = self.record.get("results") or {}
        return {
            name if test == "test" else f"{test}.{name}": value
            for test, figures in results.items()
            for name, value in figures.items()
            if name != "examples"
        }

    @property
    def settings(self) -> dict[str, Value]:
        """All that its spec in force says, by names such as `train.epochs`."""
        kept = {name: value for name, value in self.document.items() if name not in UNTOLD}
        return {**dict(_flat(kept)), "variant": self.record.get("variant")}


def open_run(path: Path) -> Listed:
    """A run's folder as a list shows it. Raises SpecError."""
    folder = RunFolder(path)
    record, rows = folder.read_record(), folder.read_history()
    tree = read(_spec(folder), Problems()).tree
    document = plain(tree) if tree is not None else {}
    return Listed(path, record, rows, document if isinstance(document, dict) else {})


def find_runs(folder: Path) -> tuple[list[Listed], list[SpecError]]:
    """The runs in a folder, by when they were started; and what is wrong with those that cannot be read."""
    runs: list[Listed] = []
    errors: list[SpecError] = []
    for path in _folders(folder, DEPTH):
        try:
            runs.append(open_run(path))
        except SpecError as error:
            errors.append(error)
    return sorted(runs, key=lambda run: (run.record.get("started", ""), str(run.path))), errors


def _folders(folder: Path, depth: int) -> Iterator[Path]:
    if RunFolder.is_run(folder):
        yield folder
    elif depth:
        with os.scandir(folder) as entries:
            inner = sorted(
                entry.name for entry in entries if entry.is_dir(follow_symlinks=False) and entry.name[0] != "."
            )
        for name in inner:
            yield from _folders(folder / name, depth - 1)


def ranked(runs: Sequence[Listed], key: str) -> list[Listed]:
    """Runs in an order: by `started`, `name`, `status` or `epochs`, or by a figure of the test or the history, the best first.

    Raises:
        KeyError: No run has such a figure.
    """
    plainly = {
        "started": lambda run: run.record.get("started", ""),
        "name": lambda run: run.record["name"],
        "status": lambda run: run.status,
        "epochs": lambda run: run.record.get("epochs_done", 0),
    }
    if key in plainly:
        return sorted(runs, key=plainly[key])
    found = {run.path: value for run in runs if (value := _figure(run, key)) is not None}
    if not found:
        raise KeyError(key)
    sign = -1 if maximises(key, "auto") else 1
    return sorted(runs, key=lambda run: (run.path not in found, sign * found.get(run.path, 0.0)))


def _figure(run: Listed, key: str) -> float | None:
    if run.figures.get(key) is not None:
        return run.figures[key]
    values = [row[key] for row in run.rows if key in row]
    return None if not values else max(values) if maximises(key, "auto") else min(values)


# --- what differs -----------------------------------------------------------------------------------------------------


def _flat(values: Mapping[str, Value], before: str = "") -> Iterator[tuple[str, Value]]:
    for name, value in values.items():
        if isinstance(value, dict) and value and before + name not in OF_GRAPH:
            yield from _flat(value, f"{before}{name}.")
        else:
            yield before + name, value


def differences(runs: Sequence[Listed]) -> dict[str, list[Value]]:
    """The settings that are not the same in all runs, with the value of each; None where it has none."""
    every = [run.settings for run in runs]
    names = dict.fromkeys(name for settings in every for name in settings)
    found = {name: [settings.get(name) for settings in every] for name in names}
    return {name: values for name, values in found.items() if any(value != values[0] for value in values)}


def changes(one: Listed, other: Listed) -> list[str]:
    """How the networks of two runs differ, as a difference of lines; empty where they do not."""
    before, after = (list(_of_graph(run)) for run in (one, other))
    return list(unified_diff(before, after, str(one.path), str(other.path), lineterm=""))


def _spec(folder: RunFolder) -> Path:
    """The spec in force; of a run of an earlier netspec, as it was written."""
    return folder.own(folder.resolved if folder.resolved.exists() else folder.spec)


def _of_graph(run: Listed) -> Iterator[str]:
    """The lines of a run's spec that say what the network is."""
    inside = False
    for line in _spec(RunFolder(run.path)).read_text(encoding="utf-8").splitlines():
        if line[:1].isalpha():
            inside = line.partition(":")[0] in OF_GRAPH
        if inside:
            yield line
