"""What a run keeps beside its weights: metrics as they come, TensorBoard's events, the spec in force, data's fingerprint, commands."""

from __future__ import annotations

import json
import math
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netspec.diagnostics.problems import SpecError
from netspec.pipeline import check
from netspec.training.fingerprint import PIECE, PIECES, _pieces
from netspec.training.log import Log, Read, read_lines

from .conftest import SMALL, Write, netspec, only_run
from .test_resume import STATEFUL, signalled


def lines(path: Path) -> list[dict[str, Any]]:
    """The lines without what the clock says."""
    found = [json.loads(line) for line in path.read_text().splitlines()]
    return [{name: value for name, value in line.items() if name not in ("time", "seconds")} for line in found]


def events(run: Path) -> list[tuple[str, str, int, float]]:
    """Folder, tag, step and value of all TensorBoard events, as TensorFlow reads them."""
    summary = pytest.importorskip("tensorflow").compat.v1.train.summary_iterator
    return [
        (file.parent.name, value.tag, event.step, value.simple_value)
        for file in sorted(run.glob("tensorboard/*/events.out.tfevents.*"))
        for event in summary(str(file))
        for value in event.summary.value
    ]


def test_metrics_as_they_come(write: Write) -> None:
    assert netspec("train", write()).status == 0
    run = only_run()
    found = lines(run / "metrics.jsonl")
    steps = [(line["epoch"], line["step"]) for line in found if line["kind"] == "step"]
    assert (1, 8) in steps
    assert (2, 11) in steps
    assert sorted(steps) == steps
    assert [line["kind"] for line in found].count("epoch") == 2
    record = json.loads((run / "run.json").read_text())
    assert found[-1] == {"kind": "test", "test": "test", **record["results"]["test"]}
    history = (run / "history.csv").read_text().splitlines()
    epoch, second = (line for line in found if line["kind"] == "epoch")
    assert [(line["epoch"], "step" in line) for line in (epoch, second)] == [(1, False), (2, False)]
    assert [f"{epoch[name]}" for name in history[0].split(",")[:-1]] == history[1].split(",")[:-1]
    assert set(found[0]) == {"kind", "epoch", "step", "loss", "accuracy"}


def test_tensorboard_reads_them(write: Write) -> None:
    pytest.importorskip("tensorboardX")
    assert netspec("train", write()).status == 0
    run = only_run()
    found = lines(run / "metrics.jsonl")
    shown = events(run)
    assert {(part, tag) for part, tag, _, _ in shown} == {
        ("train", "batch_loss"), ("train", "batch_accuracy"), ("train", "epoch_loss"), ("train", "epoch_accuracy"),
        ("train", "epoch_learning_rate"), ("validation", "epoch_loss"), ("validation", "epoch_accuracy"),
    }  # fmt: skip
    losses = [(step, value) for part, tag, step, value in shown if (part, tag) == ("validation", "epoch_loss")]
    wanted = [line["val_loss"] for line in found if line["kind"] == "epoch"]
    assert losses == [(1, pytest.approx(wanted[0])), (2, pytest.approx(wanted[1]))]
    steps = [(line["epoch"] - 1) * 11 + line["step"] for line in found if line["kind"] == "step"]
    assert [step for _, tag, step, _ in shown if tag == "batch_loss"] == steps


def test_a_resumed_run_has_the_lines_of_an_unbroken_one(write: Write) -> None:
    """Broken off within an epoch, resumed, killed within the last one, and resumed."""
    path = write(STATEFUL)
    assert netspec("train", path, "--runs", "whole").status == 0
    whole = only_run(runs="whole")
    with signalled(0):
        assert netspec("train", path).status == 130
    run = only_run()
    with signalled(2):
        assert netspec("train", "--resume", str(run)).status == 130
    with open(run / "metrics.jsonl", "a") as file:  # what a process wrote that was killed before its next state
        file.write('{"kind": "step", "epoch": 3, "step": 11, "loss": 1}\n\0\0\0\n{"kind": "st')
    resumed = netspec("train", "--resume", str(run))
    assert (resumed.status, resumed.err) == (0, "")
    assert lines(run / "metrics.jsonl") == lines(whole / "metrics.jsonl")
    if (run / "tensorboard").exists():
        assert events(run) == events(whole)


def test_an_extended_run_is_measured_again_and_has_one_line_of_it(write: Write) -> None:
    assert netspec("train", write(), "--epochs", "1").status == 0
    run = only_run()
    assert netspec("train", "--resume", str(run), "--epochs", "2").status == 0
    kinds = [line["kind"] for line in lines(run / "metrics.jsonl")]
    assert [kind for kind in kinds if kind != "step"] == ["epoch", "epoch", "test"]


def test_what_is_no_line_of_metrics(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    good = b'{"kind": "step", "epoch": 1, "step": 2, "loss": null}\n'
    line = {"kind": "step", "epoch": 1, "step": 2, "loss": None}
    path.write_bytes(good + b'{"kind": "ep')
    assert read_lines(path) == Read([line], [1], [])
    for bad in (
        b"[]",
        b"{}",
        b'{"kind": "epoch", "epoch": "1"}',
        b'{"kind": "test", "loss": [1]}',
        b"nonsense",
        b"\xff",
        b"",
    ):
        path.write_bytes(good + bad + b"\n" + good)
        found = read_lines(path)
        assert found == Read([line, line], [1, 3], [2])
        assert found.damage([]) == "it is damaged (line 2 is no line of metrics)"
    path.write_bytes(good + 1_000 * b"nonsense\n" + good)
    found = read_lines(path)
    assert found.damage([]) == "it is damaged (1,000 lines, the first of them 2, are no lines of metrics)"
    assert found.until(1, 0).bad == found.bad
    assert found.until(0, 1) == Read([], [], [])
    missing = read_lines(tmp_path / "none.jsonl")
    assert missing == Read([], [], [], exists=False)
    assert (missing.damage([]), missing.damage([{"epoch": 1}])) == ("", "it is missing")


def test_a_file_of_metrics_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        read_lines(tmp_path)
    (problem,) = caught.value.problems
    assert re.fullmatch(r"cannot be read: it is damaged \(.*directory.*\)", problem.message)


def test_lines_that_are_lacking_are_told_by_their_epoch(tmp_path: Path) -> None:
    """Of the last epoch, which is not over, too; how many steps a call does is no matter."""
    path, rows = tmp_path / "metrics.jsonl", [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": math.nan}]
    log = Log(path, tmp_path / "events", 20)
    for epoch, row in enumerate(rows, 1):
        for step in (8, 16, 20):
            log.step(epoch, step, {"loss": 1.0}, 0.5)
        log.epoch(row)
    log.step(3, 5, {"loss": 1.0}, 0.5)
    log.close()
    whole = path.read_text().splitlines(keepends=True)
    assert log.go_back(rows, 5) == ""
    assert path.read_text().splitlines(keepends=True) == whole
    for gone, epoch in ((2, 1), (3, 1), (6, 2), (7, 2), (8, 3)):
        path.write_text("".join(whole[:gone] + whole[gone + 1 :]))
        assert log.go_back(rows, 5) == (
            f"{path}: it is damaged (lines of epoch {epoch} are missing); it is written again, with a line of each epoch and "
            "what can be read of their steps"
        )
        kept = [line for index, line in enumerate(lines(path))]
        kinds = [(line["epoch"], line["kind"]) for line in kept]
        wanted = [(line["epoch"], line["kind"]) for line in map(json.loads, whole)]
        if gone not in (3, 7):  # a line of an epoch is as it was
            del wanted[gone]
        assert kinds == wanted
        assert [line for line in kept if line["kind"] == "epoch"] == [
            {"kind": "epoch", "epoch": 1, "loss": 0.5},
            {"kind": "epoch", "epoch": 2, "loss": None},
        ]
    log.close()


def test_lines_are_written_a_hundred_steps_apart_at_most(tmp_path: Path) -> None:
    for steps, every in ((1, 1), (9, 1), (11, 1), (25, 2), (500, 50), (100_000, 100)):
        log = Log(tmp_path / "metrics.jsonl", tmp_path / "events", steps)
        due = [step for step in range(1, min(steps, 300) + 1) if log.is_due(step - 1, step)]
        assert due == list(range(every, min(steps, 300) + 1, every))


def test_a_disk_that_takes_no_more_is_one_clear_sentence(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    (tmp_path / "metrics.jsonl").symlink_to("/dev/full")
    log = Log(tmp_path / "metrics.jsonl", tmp_path / "events", 1)
    with pytest.raises(SpecError) as caught:
        log.step(1, 1, {"loss": 1.0}, 0.5)
    log.close()
    (problem,) = caught.value.problems
    assert (problem.code, problem.message) == (
        "NS709", f"cannot write '{tmp_path}/metrics.jsonl': the disk is full",
    )  # fmt: skip


# --- the spec in force ------------------------------------------------------------------------------------------------

RICH = """\
netspec: 1
description: |
  Two lines, with a # in them
  and "quotes".
input: [8, 8, 1]
params: {units: 16, rate: 1e-3, off: "1e3", "on": true, widths: [1, 2]}
variants: {big: {units: 32}}
layers:
  - flatten
  - dense: {units: 4 * $units, activation: relu, name: "yes"}  # a comment
  - dropout: $rate
  - dense: 10
  - softmax
outputs: {main: softmax_1}
data: {source: digits}
train: {epochs: 1, batch_size: 128, early_stopping: {patience: 3}, augment: [{gaussian_noise: $rate}]}
"""


def test_the_spec_in_force_is_a_spec_of_the_same_network(write: Write) -> None:
    path = write(RICH)
    given = ["--variant", "big", "--set", "rate=0.25", "--seed", "3", "--train", "optimizer={sgd: 0.5}"]
    assert netspec("train", path, *given, "--data", "{source: digits, test_split: 0.3}").status == 0
    run = only_run()
    there = check(run / "resolved.yaml")
    assert not [problem.message for problem in there.problems if problem.is_error]
    spec = check(path, params={"rate": 0.25}, variant="big")
    assert there.graph is not None
    assert spec.graph is not None
    assert [node._replace(span=None) for node in there.graph.nodes] == [
        node._replace(span=None) for node in spec.graph.nodes
    ]
    assert there.graph.params == {"units": 32, "rate": 0.25, "off": "1e3", "on": True, "widths": [1, 2]}
    assert (there.graph.name, list(there.graph.outputs)) == ("small", ["main"])
    train = there.graph.train
    assert (train.seed, train.optimizer.learning_rate, train.batch_size) == (3, 0.5, 128)
    assert there.graph.data.test_split == 0.3
    # What it trains is the run.
    assert netspec("train", str(run / "resolved.yaml"), "--runs", "again").status == 0
    again = only_run(runs="again")
    assert lines(again / "metrics.jsonl") == lines(run / "metrics.jsonl")


def test_what_the_spec_in_force_looks_like(write: Write) -> None:
    assert netspec("train", write(), "--epochs", "1").status == 0
    head, *text = (only_run() / "resolved.yaml").read_text().splitlines()
    assert head.startswith("# The spec with the params, the variant and the options of the run in force; netspec ")
    assert text[:10] == [
        "netspec: 1",
        "name: small",
        "input: [8, 8, 1]",
        "layers:",
        "- flatten",
        "- dense: 10",
        "- softmax",
        "data: {source: digits, validation_split: 0.1, test_split: 0.2, target: label, on_error: stop}",
        "train:",
        "  epochs: 1",
    ]
    assert "  seed: 42" in text


# --- data -------------------------------------------------------------------------------------------------------------

ON_FILE = SMALL.replace("source: digits", "source: {npz: some.npz}")


def save(seed: int) -> None:
    rng = np.random.default_rng(seed)
    np.savez("some.npz", x=rng.random((60, 8, 8, 1), np.float32), y=np.arange(60) % 10)


def test_a_run_does_not_go_on_with_other_data_of_the_same_counts(write: Write) -> None:
    save(1)
    assert netspec("train", write(ON_FILE)).status == 0
    run = only_run()
    record = json.loads((run / "run.json").read_text())
    assert {**record["fingerprint"], "digest": record["fingerprint"]["digest"][:7]} == {
        "version": 1, "of": "files", "count": 1, "bytes": os.path.getsize("some.npz"), "whole": True, "digest": "sha256:",
    }  # fmt: skip
    save(2)
    refused = netspec("train", "--resume", str(run), "--epochs", "3")
    assert (refused.status, refused.err) == (
        1,
        f"{run}: error NS708: cannot be read: it was begun on other data: 'some.npz' held as many examples then, but not the same\n",
    )
    save(1)
    assert netspec("train", "--resume", str(run), "--epochs", "3").status == 0


def test_large_files_are_read_in_pieces_that_lie_evenly() -> None:
    sizes = [10**9, 0, 5, 3 * 10**9]
    total = sum(sizes)
    files = [(Path(str(number)), size) for number, size in enumerate(sizes)]
    pieces = list(_pieces(files, total))
    assert len(pieces) == PIECES
    assert {length for *_, length in pieces} == {PIECE}
    assert {str(path): sum(1 for each, *_ in pieces if each == path) for path, _ in files} == {
        "0": 256,
        "1": 0,
        "2": 0,
        "3": 768,
    }
    small = [(Path("a"), 3), (Path("b"), 4)]
    assert list(_pieces(small, 7)) == [(Path("a"), 0, 3), (Path("b"), 0, 4)]


# --- commands ---------------------------------------------------------------------------------------------------------


def test_the_commands_and_the_host_are_kept(write: Write) -> None:
    path = write()
    assert netspec("train", path, "--epochs", "1", "--train", "optimizer={sgd: 0.1}").status == 0
    run = only_run()
    assert netspec("train", "--resume", str(run), "--epochs", "2").status == 0
    record = json.loads((run / "run.json").read_text())
    assert record["commands"] == [
        "netspec train small.yaml --epochs 1 --train 'optimizer={sgd: 0.1}'",
        f"netspec train --resume {run} --epochs 2",
    ]
    assert set(record["host"]) == {"name", "system", "processor", "cpus", "memory"}
