"""Whether a run can be repeated: a stretch of it is trained again in another place, and compared to the bit."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from netspec.data.dataset import Array
from netspec.files import Unreadable, unreadable
from netspec.training.epochs import Epochs
from netspec.training.facts import Facts, facts_of
from netspec.training.fingerprint import fingerprint
from netspec.training.history import SECTION as HISTORY
from netspec.training.hosts import ALONE
from netspec.training.interruption import Until
from netspec.training.log import Log
from netspec.training.progress import Progress, Silence
from netspec.training.reopen import plan_of
from netspec.training.runs import Record, Row, RunFolder, Stretch, plain
from netspec.training.session import Session
from netspec.training.state import Saved, load_state

UNLIKE = ("seconds",)  # figures that no two trainings share
OF_THE_STATE = (HISTORY, "epochs", "steps", "seconds")  # what a state holds beside the arrays that are compared


class Place(NamedTuple):
    """How far a training is: whole epochs, and steps of the next."""

    epochs: int
    steps: int = 0

    @property
    def words(self) -> str:
        """`epoch 2 and step 8`, `the beginning`."""
        parts = [f"epoch {self.epochs}"] * bool(self.epochs) + [f"step {self.steps:,}"] * bool(self.steps)
        return " and ".join(parts) or "the beginning"


class Difference(NamedTuple):
    """What was found first to be other than then."""

    kind: str  # figure or array
    place: Place  # after which it was found
    name: str
    then: float | None  # of arrays, how many numbers there are
    now: float | None  # of arrays, how many of them differ

    @property
    def words(self) -> str:
        """For people."""
        if self.kind == "figure":
            return f"`{self.name}` of {self.place.words} was {_shown(self.then)}, and is {_shown(self.now)}"
        if self.now is None:
            return f"after {self.place.words} `{self.name}` has another shape or type"
        return (
            f"after {self.place.words} {int(self.now):,} of the {int(self.then or 0):,} numbers of `{self.name}` differ"
        )


class Verdict(NamedTuple):
    """What was trained again, and what came of it."""

    path: Path
    start: Place
    end: Place
    machine: str  # for people
    figures: int  # how many were compared
    arrays: int
    difference: Difference | None
    changed: dict[str, tuple[str, str]]  # facts that are others now: then, now


def verify(path: Path, *, epochs: int | None = None, steps: int | None = None, progress: Progress) -> Verdict:
    """Train a stretch of a run again and compare; the run's folder is only read.

    Args:
        path: the run's folder.
        epochs: train so many from the beginning, and compare each epoch's figures and the state after the last, if it is kept.
        steps: train from one kept state, or the beginning, to the next, over at most so many steps; the latest such stretch.
            Where neither is given, the last stretch between two states; of a run that keeps none but its last, the first epoch.
        progress: where what deserves attention is told.

    Raises:
        SpecError: The run cannot be read, has no such stretch, or no longer fits its data or the machine.
    """
    folder = RunFolder(path)
    record = folder.read_record()
    rows = folder.read_history()
    states = _states(folder, progress)
    session = Session(plan_of(folder, record), progress)
    start, end = _chosen(folder, states, rows, session.feed.steps, epochs, steps)
    with tempfile.TemporaryDirectory(prefix="netspec-verify-") as name:
        again = RunFolder(Path(name))
        made = rows[: start.epochs]
        saved = states.get(start)
        for planned, until in _planned(record, start, end):
            if planned not in (None, session.plan.train.epochs):  # by which a schedule ends
                session = Session(plan_of(folder, record, {"epochs": planned}), progress)
            made = _retrace(session, again, saved, made, until)
            if until != end:
                saved = load_state(_state(again, until))
        figures, found = _compare_rows(rows[start.epochs : end.epochs], made[start.epochs : end.epochs])
        arrays = 0
        for then, now in _pairs(folder, again, states, start, end, whole=end == Place(len(rows))):
            count, other = _compare_arrays(then, now, end)
            arrays += count
            found = found or other
    now_facts = {**facts_of(session.keras, session.machine, session.spread.devices), **_counts(session)}
    stretch = _in_force(record, start)
    then_facts = {**(stretch["facts"] if stretch else record.get("versions", {})), **_recorded_counts(record)}
    changed = {
        fact: (value, now_facts.get(fact, "none"))
        for fact, value in then_facts.items()
        if now_facts.get(fact, "none") != value
    }
    return Verdict(path, start, end, session.machine.words, figures, arrays, found, changed)


# --- what is trained again --------------------------------------------------------------------------------------------


def _states(folder: RunFolder, progress: Progress) -> dict[Place, Saved]:
    """The states that a run keeps and that are whole, the earliest first."""
    found: dict[Place, Saved] = {}
    for path in (*folder.kept(), *[folder.last] * folder.last.exists()):
        try:
            saved = load_state(folder.own(path))
            found[Place(*saved.position)] = saved
        except Unreadable as error:
            progress.warn(f"{error.path}: {error.why}; it is left out")
    return dict(sorted(found.items()))


def _chosen(
    folder: RunFolder,
    states: Mapping[Place, Saved],
    rows: Sequence[Row],
    per_epoch: int,
    epochs: int | None,
    steps: int | None,
) -> tuple[Place, Place]:
    if epochs is not None:
        if epochs > len(rows):
            raise unreadable(folder.path, f"it has {len(rows)} whole epochs, so {epochs} cannot be verified")
        return Place(0), Place(epochs)
    places = sorted({Place(0), *states})
    pairs = list(pairwise(places))

    def length(pair: tuple[Place, Place]) -> int:
        return (pair[1].epochs - pair[0].epochs) * per_epoch + pair[1].steps - pair[0].steps

    if steps is not None:
        for pair in reversed(pairs):
            if length(pair) <= steps:
                return pair
        if not pairs:
            raise unreadable(folder.path, "it keeps no state to verify")
        nearest = min(map(length, pairs))
        raise unreadable(
            folder.path,
            f"it keeps no two states that are {steps:,} steps apart or less; the nearest are {nearest:,} apart",
        )
    if pairs and (len(pairs) > 1 or length(pairs[0]) <= per_epoch):
        return pairs[-1]
    if rows:
        return Place(0), Place(1)
    raise unreadable(folder.path, "it has neither a whole epoch nor a state to verify")


def _in_force(record: Record, place: Place) -> Stretch | None:
    """What trained on from a place; None of a run of an earlier netspec."""
    return next((each for each in reversed(record.get("stretches", [])) if Place(*each["after"]) <= place), None)


def _retrace(session: Session, folder: RunFolder, start: Saved | None, known: Sequence[Row], end: Place) -> list[Row]:
    """Train from a state, or the beginning, to a place, whose state is then in the folder; the history until there.

    `known` is the history until the state. Raises SpecError, and KeyboardInterrupt where a signal comes.
    """
    rows: list[Row] = []
    log = Log(folder.metrics, folder.events, session.feed.steps, writes=False)
    epochs = Epochs(session.plan, session.learner, session.feed, folder, log, rows, session.monitor, Silence(), ALONE)
    with Until(lambda: Place(len(rows), epochs.steps) == end) as until:
        if start is None:
            session.initialise()
        else:
            session.take_up(epochs, start, known)
        model = session.learner.model
        if end.steps and (end.steps - epochs.steps * (len(rows) == end.epochs)) % model.steps_per_execution:
            model.steps_per_execution = 1
        try:
            session.fit(epochs, until, end.epochs + bool(end.steps))
        except KeyboardInterrupt:
            if not until.reached:
                raise
        finally:
            log.close()
    return rows


def _planned(record: Record, start: Place, end: Place) -> list[tuple[int | None, Place]]:
    """How many epochs were planned from a place on, and until where: `--epochs` may have given a run more."""
    found: list[tuple[int | None, Place]] = []
    changes = [each for each in record.get("stretches", []) if start < Place(*each["after"]) < end]
    planned = stretch["epochs"] if (stretch := _in_force(record, start)) is not None else None
    for change in changes:
        if change["epochs"] != planned and _in_force(record, Place(*change["after"])) is change:
            found.append((planned, Place(*change["after"])))
            planned = change["epochs"]
    return [*found, (planned, end)]


def _state(folder: RunFolder, place: Place) -> Path:
    """Where the state of a place is that a training has just reached."""
    return folder.checkpoint(*place) if place.steps else folder.last


def _pairs(
    folder: RunFolder, again: RunFolder, states: Mapping[Place, Saved], start: Place, end: Place, *, whole: bool
) -> list[tuple[Saved, Saved]]:
    """The states that are to be alike: that at the end, and the best weights where the stretch is the whole run."""
    pairs = []
    if end in states:
        pairs.append((states[end], load_state(_state(again, end))))
    if whole and start == Place(0) and folder.best.exists():
        pairs.append((load_state(folder.own(folder.best)), load_state(again.best)))
    return pairs


# --- comparing --------------------------------------------------------------------------------------------------------


def _compare_rows(then: Sequence[Row], now: Sequence[Row]) -> tuple[int, Difference | None]:
    """How many figures were compared, and the first that differs."""
    count = 0
    for old, new in zip(then, now, strict=True):
        for name in dict.fromkeys((*old, *new)):
            if name in UNLIKE:
                continue
            count += 1
            if name not in old or name not in new or plain(old[name]) != plain(new[name]):
                return count, Difference("figure", Place(int(old["epoch"])), name, old.get(name), new.get(name))
    return count, None


def _compare_arrays(then: Saved, now: Saved, end: Place) -> tuple[int, Difference | None]:
    count = 0
    for section, arrays in then.sections.items():
        if section in OF_THE_STATE:
            continue
        others = now.sections.get(section, [])
        for name, old, new in zip(then.names[section], arrays, others, strict=len(others) == len(arrays)):
            count += 1
            if old.shape != new.shape or old.dtype != new.dtype:
                return count, Difference("array", end, name, None, None)
            differing = _differing(old, new)
            if differing:
                return count, Difference("array", end, name, old.size, differing)
    return count, None


def _differing(old: Array, new: Array) -> int:
    """How many numbers have other bits."""
    if old.tobytes() == new.tobytes():
        return 0
    bits = [np.frombuffer(each.tobytes(), np.uint8).reshape(-1, each.itemsize) for each in (old, new)]
    return int((bits[0] != bits[1]).any(axis=1).sum())


def _counts(session: Session) -> Facts:
    counts = {f"{part} examples": str(count) for part, count in session.examples.items()}
    return {**counts, "data": fingerprint(session.plan, session.dataset)["digest"]}


def _recorded_counts(record: Record) -> Facts:
    counts = {f"{part} examples": str(count) for part, count in record.get("examples", {}).items()}
    data = record.get("fingerprint")
    return {**counts, "data": str(data["digest"])} if isinstance(data, dict) and "digest" in data else counts


def _shown(value: float | None) -> str:
    return "missing" if value is None else plain(value)
