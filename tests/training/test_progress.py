"""What is told while a network trains."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netspec.data.dataset import Split
from netspec.data.schema import Target
from netspec.training.advice import Guess, Waiting, guesses
from netspec.training.progress import Events, Pace, Progress, Step
from tests.training.conftest import SMALL, Write, netspec

TIMES = ("time", "seconds", "memory", "examples_per_second", "version")


def events(text: str) -> list[dict[str, Any]]:
    """The events without what differs from run to run."""
    return [{k: v for k, v in json.loads(line).items() if k not in TIMES} for line in text.splitlines()]


# --- events -----------------------------------------------------------------------------------------------------------


@pytest.mark.backend
def test_events(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netspec.training.progress.EVENTS_INTERVAL", 0.0)
    result = netspec("train", write(), "--format", "jsonl")
    assert (result.status, result.err) == (0, "")
    found = events(result.out)
    run = found[0].pop("run")
    assert Path(run, "run.json").is_file()
    assert found[0] == {
        "event": "start",
        "name": "small",
        "parameters": 650,
        "backend": "tensorflow",
        "device": "cpu",
        "devices": 1,
        "source": "digits",
        "examples": {"train": 1294, "validation": 144, "test": 359},
        "epochs": 2,
        "epochs_done": 0,
        "steps": 11,
        "steps_done": 0,
    }
    assert found[1] == {"event": "run", "run": run}
    assert [event["event"] for event in found[2:]] == [*["step"] * 2, "epoch"] * 2 + ["end"]
    assert [(e["epoch"], e["step"], e["steps"]) for e in found if e["event"] == "step"] == [
        (1, 8, 11),
        (1, 11, 11),
        (2, 8, 11),
        (2, 11, 11),
    ]
    history = json.loads(json.dumps([e for e in found if e["event"] == "epoch"]))
    assert [(row["epoch"], row["epochs"]) for row in history] == [(1, 2), (2, 2)]
    assert set(history[0]) == {
        "event",
        "epoch",
        "epochs",
        "loss",
        "accuracy",
        "val_loss",
        "val_accuracy",
        "learning_rate",
    }
    assert found[-1]["results"] == json.loads(Path(run, "run.json").read_text())["results"]


@pytest.mark.backend
def test_an_error_is_an_event_too(write: Write) -> None:
    path = write(data="{source: {csv: missing.csv}}")
    result = netspec("train", path, "--format", "jsonl")
    assert result.status == 1
    (event,) = events(result.out)
    assert event == {
        "event": "error",
        "path": path,
        "problems": [
            {
                "code": "NS703",
                "severity": "error",
                "message": "'missing.csv' does not exist; a path starts at the spec's folder",
                "line": 8,
                "column": 16,
                "end_line": 8,
                "end_column": 34,
                "notes": [],
                "fixes": [],
            }
        ],
    }
    assert result.err.startswith("small.yaml:8:16: error NS703: 'missing.csv' does not exist")


def test_what_is_no_finite_number_is_null() -> None:
    out = io.StringIO()
    Events(out, out).epoch_ends({"epoch": 1, "loss": float("nan"), "seconds": 1.0}, 2)
    assert events(out.getvalue()) == [{"event": "epoch", "epoch": 1, "loss": None, "epochs": 2}]


def test_notes_and_warnings_are_events_with_their_facts() -> None:
    out, err = io.StringIO(), io.StringIO()
    told = Events(out, err)
    told.note("so it is")
    told.warn("slow", {"about": "input"})
    told.say("a line")
    assert events(out.getvalue()) == [
        {"event": "note", "text": "so it is"},
        {"event": "warning", "text": "slow", "about": "input"},
        {"event": "message", "text": "a line"},
    ]
    assert err.getvalue() == ""


# --- the bar ----------------------------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_bar_shows_figures_speed_and_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setenv("TERM", "xterm")
    out = Terminal()
    progress = Progress(out, io.StringIO())
    assert not progress.shows_steps
    progress.epoch_begins(2, 10, 40, 8)
    assert progress.shows_steps
    progress.step(Step(10, {"loss": 0.5, "accuracy": 0.75}, 1234.5, 3 * 2**29))
    assert "epoch  2/10" in out.getvalue()
    assert "10/40" in out.getvalue()
    assert "loss 0.5000   accuracy 0.7500   1,234 examples/s   1.5 GiB" in out.getvalue()
    progress.close()
    assert not progress.shows_steps


def test_a_narrow_bar_leaves_out_what_has_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    out = Terminal()
    progress = Progress(out, io.StringIO())
    progress.epoch_begins(1, 1, 11)
    progress.step(Step(11, {"loss": 0.5}, 1234.5, 2**20))
    progress.close()
    assert "11/11" in out.getvalue()
    assert "loss 0.5000   1,234 examples/s" in out.getvalue()
    assert "MiB" not in out.getvalue()


def test_lines_and_no_bar_where_there_is_no_terminal() -> None:
    out = io.StringIO()
    progress = Progress(out, io.StringIO())
    progress.epoch_begins(1, 2, 3)
    progress.step(Step(1, {"loss": 1.0}))
    progress.epoch_ends({"epoch": 1, "loss": 1.0, "val_loss": 2.0, "seconds": 0.25}, 2)
    assert out.getvalue() == "epoch 1/2   loss 1.0000   val_loss 2.0000   0.2 s\n"


def test_the_pace_leaves_out_the_first_step(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter((10.0, 12.0, 14.0))
    monkeypatch.setattr("netspec.training.progress.time.monotonic", lambda: next(moments))
    pace = Pace(32)
    assert [pace.at(8), pace.at(16), pace.at(20)] == [None, 128.0, 96.0]


# --- advice -----------------------------------------------------------------------------------------------------------


def test_the_input_is_the_bottleneck() -> None:
    assert Waiting(10.0, 7.0, 1000, 2).advice == (
        "the input is the bottleneck: of 10.00 ms an example, the network waited 7.00 ms (70%) for 2 threads to read and "
        "decode; store smaller images, give `folder` a larger `cache`, or more `workers` where there are cores"
    )
    assert Waiting(10.0, 3.0, 1000, 2).advice is None  # it hardly waits
    assert Waiting(1.0, 0.9, 1000, 2).advice is None  # too short to tell
    assert Waiting(10.0, 9.0, 1000, 0).advice is None  # nothing is read
    assert Waiting(0.0, 0.0, 0, 2).advice is None


def split_of(labels: list[int]) -> Split:
    return Split({"input": np.zeros((len(labels), 1), np.float32)}, {"main": np.array(labels)})


CLASSES = Target("it", "classes", 2, (), ("cat", "dog"))


def test_no_better_than_always_guessing_the_commonest_class() -> None:
    (guess,) = guesses(
        split_of([0]), split_of([0] * 75 + [1] * 25), {"main": CLASSES}, ("loss", "accuracy", "val_accuracy")
    )
    assert guess == Guess("main", "'cat'", 0.75, 100, "val_accuracy", "validation")
    rows = [{"val_accuracy": 0.75}] * 4 + [{"val_accuracy": 0.78}]
    assert guess.advice(rows) == (
        "after 5 epochs the network is no better than always guessing 'cat', which is right for 75.0% of the validation "
        "examples: `val_accuracy` has reached 78.0%; try another learning rate (`--find-rate`), look at the labels, or set "
        "`class_weights: balanced` where one class outnumbers the others"
    )
    assert guess.advice(rows[:4]) is None  # too early to tell
    assert guess.advice([*rows, {"val_accuracy": 0.9}]) is None


def test_what_is_guessed_of() -> None:
    train = split_of([0, 1, 1, 255])
    (guess,) = guesses(train, None, {"main": CLASSES._replace(names=None, ignored=255)}, ("main_accuracy",))
    assert guess == Guess("main", "1", pytest.approx(2 / 3), 3, "main_accuracy", "training")
    assert guesses(train, None, {"main": CLASSES}, ("loss",)) == ()
    assert guesses(train, None, {"main": Target("it", "numbers")}, ("accuracy",)) == ()
    assert guesses(split_of([9]), None, {"main": CLASSES._replace(ignored=9)}, ("accuracy",)) == ()


@pytest.mark.backend
def test_a_network_that_only_guesses_is_told_once(write: Write) -> None:
    text = SMALL.replace("  - dense: 10\n", "  - dense: {units: 10, kernel_initializer: zeros}\n")
    result = netspec("train", write(text, train="{epochs: 7, batch_size: 128, optimizer: {sgd: 0.0000000001}}"))
    assert result.status == 0
    warnings = [line for line in result.err.splitlines() if line.startswith("warning: ")]
    assert len(warnings) == 1
    assert warnings[0].startswith("warning: after 5 epochs the network is no better than always guessing '")
