"""A run that was broken off and resumed is, bit for bit, the run that was not."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netspec.training import runs as folders
from netspec.training.epochs import Epochs
from netspec.training.runs import RunFolder
from tests.support.runs import history, same_bits

from .conftest import Write, at_once, netspec, only_run, steps

# All that has a state: momenta, a schedule, averaged weights, moving averages, two kinds of random generators.
STATEFUL = """\
netspec: 1
name: small
input: [8, 8, 1]
layers:
  - conv: {filters: 2, kernel_size: 3, use_bias: false}
  - batch_norm
  - flatten
  - dropout: 0.3
  - dense: 10
  - softmax
data: {source: digits}
train:
  epochs: 3
  batch_size: 128
  optimizer: {adam: {use_ema: true, ema_momentum: 0.9}}
  schedule: {cosine: {warmup_epochs: 0.5}}
  early_stopping: {monitor: val_accuracy, patience: 5}
  augment: [{gaussian_noise: 0.1}]
"""


@contextmanager
def broken_off(in_epoch: int) -> Iterator[None]:
    """Inside, training is broken off after the first call of an epoch, counted from 0."""
    step_ends = Epochs._step_ends

    def broken(epochs: Epochs, step: int, logs: Any) -> None:
        step_ends(epochs, step, logs)
        if epochs._epoch == in_epoch:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Epochs, "_step_ends", broken)
        yield


def test_resumed_is_the_same(write: Write) -> None:
    path = write(STATEFUL)
    assert netspec("train", path, "--runs", "whole").status == 0
    whole = only_run(runs="whole")
    with broken_off(1):
        broken = netspec("train", path)
    run = only_run()
    assert broken.status == 130
    assert broken.err == f"\ninterrupted after 1 complete epoch; resume with: netspec train --resume {run}\n"
    assert json.loads((run / "run.json").read_text())["status"] == "interrupted"
    assert len(history(run)) == 2
    resumed = netspec("train", "--resume", str(run))
    assert (resumed.status, resumed.err) == (0, "")
    assert resumed.settled.splitlines()[2] == "run: runs/small/TIME, after epoch 1"
    assert same_ends(run, whole)
    records = [json.loads((each / "run.json").read_text()) for each in (run, whole)]
    assert [record["status"] for record in records] == ["finished", "finished"]
    assert len(records[0]["resumed"]) == 1


@contextmanager
def signalled(in_epoch: int, number: signal.Signals = signal.SIGTERM) -> Iterator[None]:
    """Inside, a signal comes after the first call of an epoch, counted from 0."""
    step_ends = Epochs._step_ends

    def told(epochs: Epochs, step: int, logs: Any) -> None:
        step_ends(epochs, step, logs)
        if epochs._epoch == in_epoch and epochs.steps < epochs.feed.steps:
            os.kill(os.getpid(), number)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Epochs, "_step_ends", told)
        yield


def same_ends(run: Path, whole: Path) -> bool:
    """Whether two runs ended alike, to the bit, and measured the same."""
    assert history(run) == history(whole)
    records = [json.loads((each / "run.json").read_text()) for each in (run, whole)]
    assert records[0]["results"] == records[1]["results"]
    return same_bits(run, whole)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_resumed_within_an_epoch_is_the_same(write: Write, number: signal.Signals) -> None:
    """Twice: in the first epoch, where there is no other state, and in the last."""
    path = write(STATEFUL)
    assert netspec("train", path, "--runs", "whole").status == 0
    with signalled(0, number):
        broken = netspec("train", path)
    run = only_run()
    assert (broken.status, broken.err) == (
        130,
        f"\ninterrupted after 0 complete epochs and {steps(at_once())} of the next; resume with: netspec train --resume {run}\n",
    )
    record = json.loads((run / "run.json").read_text())
    assert (record["status"], record["epochs_done"], record["steps_done"]) == ("interrupted", 0, at_once())
    assert [each.name for each in RunFolder(run).kept()] == [f"epoch-000000-step-{at_once():09d}.npz"]
    with signalled(2, number):
        again = netspec("train", "--resume", str(run))
    assert again.settled.splitlines()[2] == f"run: runs/small/TIME, after step {at_once()} of 11"
    assert again.err == (
        f"\ninterrupted after 2 complete epochs and {steps(at_once())} of the next; resume with: netspec train --resume {run}\n"
    )
    resumed = netspec("train", "--resume", str(run))
    assert (resumed.status, resumed.err) == (0, "")
    assert resumed.settled.splitlines()[2] == f"run: runs/small/TIME, after epoch 2 and step {at_once()} of 11"
    assert same_ends(run, only_run(runs="whole"))


@contextmanager
def signalled_in_validation(in_epoch: int) -> Iterator[None]:
    """Inside, a signal comes while an epoch's validation runs, counted from 0."""
    stops = Epochs._may_stop_validating

    def told(epochs: Epochs, interruption: Any) -> None:
        if epochs._epoch == in_epoch and epochs.steps == epochs.feed.steps:
            os.kill(os.getpid(), signal.SIGTERM)
        stops(epochs, interruption)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Epochs, "_may_stop_validating", told)
        yield


def test_resumed_within_a_validation_is_the_same(write: Write) -> None:
    """The epoch's steps are not done again; twice in the same validation, and in the last one."""
    path = write(STATEFUL)
    assert netspec("train", path, "--runs", "whole").status == 0
    with signalled_in_validation(1):
        broken = netspec("train", path)
    run = only_run()
    words = "\ninterrupted after 1 complete epoch and 11 steps of the next; resume with: netspec train --resume {}\n"
    assert (broken.status, broken.err) == (130, words.format(run))
    with signalled_in_validation(1):
        again = netspec("train", "--resume", str(run))
    assert (again.status, again.err) == (130, words.format(run))
    assert again.settled.splitlines()[2] == "run: runs/small/TIME, after epoch 1 and step 11 of 11"
    with signalled_in_validation(2):
        assert netspec("train", "--resume", str(run)).status == 130
    resumed = netspec("train", "--resume", str(run))
    assert (resumed.status, resumed.err) == (0, "")
    assert resumed.settled.splitlines()[2] == "run: runs/small/TIME, after epoch 2 and step 11 of 11"
    assert same_ends(run, only_run(runs="whole"))


def test_a_validation_changes_no_weight(write: Write) -> None:
    """To the bit, where averaged weights take the others' place for it."""
    found: list[list[bytes]] = []

    def weights(epochs: Epochs) -> list[bytes]:
        return [value.tobytes() for _, value in epochs.learner.state()["network"]]

    ends = Epochs._epoch_ends

    def epoch_ends(epochs: Epochs, epoch: int, logs: Any) -> None:
        found.append(weights(epochs))
        ends(epochs, epoch, logs)
        found.append(weights(epochs))

    steps = Epochs._step_ends

    def step_ends(epochs: Epochs, step: int, logs: Any) -> None:
        steps(epochs, step, logs)
        if epochs.steps == epochs.feed.steps:
            found.append(weights(epochs))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Epochs, "_epoch_ends", epoch_ends)
        patch.setattr(Epochs, "_step_ends", step_ends)
        assert netspec("train", write(STATEFUL), "--epochs", "1").status == 0
    assert len(found) == 3
    assert found[0] == found[1] == found[2]


def test_checkpoints_are_written_and_kept_as_told(write: Write) -> None:
    path = write(STATEFUL.replace("batch_size: 128", "batch_size: 64\n  checkpoint: {every: 8 steps, keep: 3}"))
    assert netspec("train", path, "--runs", "plain", "--train", "checkpoint={every: 2h}").status == 0
    with signalled(2):
        assert netspec("train", path).status == 130
    run = only_run()
    assert [each.name for each in RunFolder(run).kept()] == [
        f"epoch-000002-step-{at_once():09d}.npz",
        "epoch-000001-step-000000016.npz",
        "epoch-000001-step-000000008.npz",
    ]
    assert netspec("train", "--resume", str(run)).status == 0
    assert not (run / "checkpoints").exists()  # a finished run needs none
    assert same_ends(run, only_run(runs="plain"))  # to save a state changes nothing


def test_a_damaged_state_gives_way_to_the_one_before(write: Write) -> None:
    path = write(STATEFUL)
    assert netspec("train", path, "--runs", "whole").status == 0
    with signalled(2):
        assert netspec("train", path).status == 130
    run = only_run()
    newest = RunFolder(run).kept()[0]
    assert newest.name == f"epoch-000002-step-{at_once():09d}.npz"
    newest.write_bytes(newest.read_bytes()[:-200])
    (newest.parent / ".epoch-000002-step-000000009.17.tmp.npz").write_bytes(
        b"half"
    )  # as a process leaves it that is killed
    last = bytearray((run / "last.npz").read_bytes())
    for at in range(
        len(last) // 2, len(last) // 2 + 64
    ):  # a single bit may lie where an archive says nothing, as of times
        last[at] ^= 1
    (run / "last.npz").write_bytes(bytes(last))
    resumed = netspec("train", "--resume", str(run))
    first, second = resumed.err.splitlines()
    assert resumed.status == 0
    assert first.startswith(f"warning: {run}/last.npz: it is damaged (")
    assert second.startswith(f"warning: {newest}: it is damaged (")
    assert first.endswith("); the state before it is taken")
    assert resumed.settled.splitlines()[2] == "run: runs/small/TIME, after epoch 1"
    assert same_ends(run, only_run(runs="whole"))
    assert [*run.rglob(".*")] == []


def test_broken_off_in_the_first_epoch(write: Write) -> None:
    path = write()
    assert netspec("train", path, "--runs", "whole").status == 0
    with broken_off(0):
        broken = netspec("train", path)
    run = only_run()
    assert broken.err == f"\ninterrupted after 0 complete epochs; resume with: netspec train --resume {run}\n"
    assert netspec("evaluate", str(run)).err == (
        f"{run}: error NS708: cannot be read: it has no last weights, and is interrupted\n"
    )
    assert netspec("train", "--resume", str(run)).status == 0
    assert history(run) == history(only_run(runs="whole"))


def test_a_finished_run_takes_more_epochs_or_none(write: Write) -> None:
    assert netspec("train", write(), "--epochs", "1").status == 0
    run = only_run()
    refused = netspec("train", "--resume", str(run))
    assert (refused.status, refused.err) == (
        1,
        f"{run}: error NS708: cannot be read: it is finished, so there is nothing to go on with; `--epochs` gives it more\n",
    )
    record = json.loads((run / "run.json").read_text())
    del record["digest"]
    (run / "run.json").write_text(json.dumps({**record, "versions": {**record["versions"], "numpy": "1.0"}}))
    more = netspec("train", "--resume", str(run), "--epochs", "2")
    assert (more.status, more.err) == (
        0,
        f"note: the run was begun with numpy 1.0, and goes on with {np.__version__}\n",
    )
    assert [row[0] for row in history(run)] == ["epoch", "1", "2"]
    assert json.loads((run / "run.json").read_text())["overrides"] == {"epochs": 2}
    assert netspec("train", "--resume", str(run), "--epochs", "0").status == 2


def test_runs_that_cannot_be_resumed(write: Write) -> None:
    missing = netspec("train", "--resume", "nowhere")
    assert (missing.status, missing.err) == (1, "nowhere: error NS708: cannot be read: there is no such folder\n")
    assert netspec("train", write(), "--epochs", "1").status == 0
    run = only_run()
    record = json.loads((run / "run.json").read_text())
    for digest in ("digest", "spec_digest"):
        del record[digest]

    def refused(**changed: Any) -> str:
        (run / "run.json").write_text(json.dumps({**record, "status": "interrupted", **changed}))
        result = netspec("train", "--resume", str(run), "--epochs", "2")
        assert (result.status, result.out) == (1, "")
        return result.err

    here = folders.this_process()
    assert refused(status="running", process=here) == (
        f"{run}: error NS708: cannot be read: process {here['pid']} is training it at this moment\n"
    )
    assert refused(params=None, overrides=3) == (
        f"{run}/run.json: error NS708: cannot be read: its `params` cannot be null\n"
    )
    assert refused(examples={"train": 9, "validation": 0, "test": 1}) == (
        f"{run}: error NS708: cannot be read: it was begun on other data: 9 train, 0 validation, 1 test then, "
        "1,294 train, 144 validation, 359 test now\n"
    )
    shutil.copy(run / "last.npz", run / "kept.npz")
    (run / "last.npz").write_bytes((run / "kept.npz").read_bytes()[:-200])
    assert refused().startswith(f"{run}/last.npz: error NS708: cannot be read: it is damaged (")
    shutil.copy(run / "kept.npz", run / "last.npz")
    (run / "spec.yaml").write_text((run / "spec.yaml").read_text().replace("dense: 10", "dense: 5\n  - dense: 10"))
    assert "error NS708: cannot be read: it holds 2 arrays of `network`, and the spec makes 4" in refused()
    (run / "spec.yaml").unlink()
    assert f"{run}/spec.yaml: error NS1" in refused()
