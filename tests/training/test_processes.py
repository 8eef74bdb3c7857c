"""What needs a process of its own: signals from outside, other backends, several devices."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from netspec.training.state import load_state

from .conftest import SMALL, Write, only_run

NETSPEC = (sys.executable, "-m", "netspec")


def environment(**given: str) -> dict[str, str]:
    return {**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "PYTHONUNBUFFERED": "1", **given}


def test_ctrl_c_ends_a_run_cleanly(write: Write) -> None:
    process = subprocess.Popen(
        (*NETSPEC, "train", write(), "--epochs", "100000"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("epoch      2/"):
            break
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    run = only_run()
    record = json.loads((run / "run.json").read_text())
    done = record["epochs_done"]
    assert process.returncode == 130
    steps = record["steps_done"]
    within = f" and {steps} step{'s' * (steps != 1)} of the next" if steps else ""
    assert err.endswith(
        f"\ninterrupted after {done} complete epochs{within}; resume with: netspec train --resume {run}\n"
    )
    assert "Traceback" not in err
    assert record["status"] == "interrupted"
    assert len((run / "history.csv").read_text().splitlines()) == done + 1 > 2
    assert not [file for file in run.iterdir() if file.name.startswith(".")]


JAX = """
import sys
from netspec.cli import main
for arguments in {commands}:
    status = main(arguments)
    if status:
        sys.exit(status)
import keras
assert keras.backend.backend() == "jax"
assert not {{"tensorflow", "torch"}} & {{*sys.modules}}
"""


def on_jax(*commands: list[str], devices: int = 1) -> str:
    result = subprocess.run(
        (sys.executable, "-c", JAX.format(commands=list(commands))),
        capture_output=True,
        text=True,
        timeout=300,
        env=environment(KERAS_BACKEND="jax", XLA_FLAGS=f"--xla_force_host_platform_device_count={devices}"),
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


HEADS = SMALL.replace("small", "heads").replace(
    "  - dense", "  - head: {name: aux, body: [{dense: 10}, softmax]}\n  - dense"
)
SHIFTED = "train: {augment: [{random_translation: {height_factor: 0.1, width_factor: 0.1}}], "


needs_jax = pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")


@needs_jax
def test_jax_without_tensorflow_on_one_device_and_on_two(write: Write) -> None:
    """Two devices give what one gives, also of 359 examples, which they do not divide."""
    heads = write(HEADS.replace("train: {", SHIFTED), name="heads.yaml")
    small = write()
    printed = on_jax(
        ["train", heads, "--epochs", "1"],
        ["train", small, "--epochs", "1", "--runs", "one", "--train", "distribute=none"],
        ["train", small, "--epochs", "1", "--runs", "two"],
        devices=2,
    )
    assert "heads: 1,300 parameters, on jax " in printed
    heads_record, one, two = (
        json.loads((only_run(*run) / "run.json").read_text())
        for run in (("heads", "runs"), ("small", "one"), ("small", "two"))
    )
    assert (heads_record["versions"]["backend"], heads_record["device"], heads_record["devices"]) == ("jax", "cpu", 2)
    assert list(heads_record["results"]["test"]) == [
        "examples", "loss", "softmax_1_loss", "aux_loss", "softmax_1_accuracy", "aux_accuracy",
    ]  # fmt: skip
    assert (one["devices"], two["devices"]) == (1, 2)
    assert two["results"]["test"] == pytest.approx(one["results"]["test"], rel=1e-5)


CROPPED = SMALL.replace("small", "cropped").replace(
    "  - flatten", "  - random_crop: {height: 6, width: 6}\n  - flatten"
)


@needs_jax
def test_jax_trains_what_it_cannot_compile_and_says_so(write: Write) -> None:
    cropped = write(CROPPED, name="cropped.yaml")
    program = JAX.format(commands=[["train", cropped, "--epochs", "1", "--batch-size", "512"]])
    result = subprocess.run(
        (sys.executable, "-c", program),
        capture_output=True,
        text=True,
        timeout=300,
        env=environment(KERAS_BACKEND="jax"),
    )
    assert result.returncode == 0, result.stderr
    assert result.stderr == (
        "note: JAX cannot compile `random_crop_1`, which cuts at random places, and runs the whole network step by step, "
        "far slower; `random_translation` moves pictures and can be compiled\n"
    )


# --- several processes ------------------------------------------------------------------------------------------------

# 1,294 examples, of which neither the batches nor the last one of each epoch are alike; dropout and batch norm look at them all.
MIXED = SMALL.replace("small", "mixed").replace(
    "  - dense: 10", "  - dense: {units: 16, activation: relu}\n  - batch_norm\n  - dropout: 0.2\n  - dense: 10"
)
LOST = (
    "<processes>: error NS716: another process of this run was lost, and the others end with it; once all can be started again, "
    "each goes on with --resume {run}\n"
)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


class Together:
    """Processes of this machine that train together."""

    def __init__(self, count: int, *arguments: str, devices: int = 1) -> None:
        place = ("--coordinator", f"127.0.0.1:{free_port()}", "--processes", str(count))
        self.processes = [
            subprocess.Popen(
                (*NETSPEC, "train", *arguments, *place, "--process", str(index)),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env=environment(KERAS_BACKEND="jax", XLA_FLAGS=f"--xla_force_host_platform_device_count={devices}"),
            )
            for index in range(count)
        ]

    def wait_for(self, begins: str) -> None:
        """Until the leading process prints a line that begins so."""
        out = self.processes[0].stdout
        assert out is not None
        assert any(line.startswith(begins) for line in out)

    def end(self, timeout: float = 300) -> list[tuple[int, str, str]]:
        """Status, output and errors of each."""
        ends = time.monotonic() + timeout
        try:
            written = [each.communicate(timeout=max(1.0, ends - time.monotonic())) for each in self.processes]
        finally:
            for each in self.processes:
                each.kill()
        return [(each.returncode, out, err) for each, (out, err) in zip(self.processes, written, strict=True)]


def figures(run: Path) -> dict[str, float]:
    """All figures of a run's history and results but for the time."""
    record = json.loads((run / "run.json").read_text())
    header, *rows = (line.split(",") for line in (run / "history.csv").read_text().splitlines())
    found = {
        f"{index} {name}": float(value)
        for index, row in enumerate(rows)
        for name, value in zip(header, row, strict=True)
        if name != "seconds"
    }
    return {**found, **{f"test {name}": value for name, value in record["results"]["test"].items()}}


@needs_jax
@pytest.mark.parametrize("count", [2, 4])
def test_jax_processes_train_as_one_does(write: Write, count: int) -> None:
    mixed = write(MIXED, name="mixed.yaml")
    on_jax(["train", mixed, "--runs", "one"])
    (status, out, err), *others = Together(count, mixed, "--runs", "all").end()
    assert (status, err) == (0, "")
    assert others == [(0, "", "")] * (count - 1)
    run = only_run("mixed", "all")
    assert f"on {count} CPUs of {count} processes\n" in out
    assert out.endswith(f"\nevaluate again with: netspec evaluate {run}\n")
    record = json.loads((run / "run.json").read_text())
    assert (record["devices"], record["processes"], record["status"]) == (count, count, "finished")
    assert figures(run) == pytest.approx(figures(only_run("mixed", "one")), rel=1e-5, abs=1e-6)


@needs_jax
@pytest.mark.parametrize("victim", [0, 1])
def test_jax_a_lost_process_ends_the_others_and_the_run_resumes(write: Write, victim: int) -> None:
    mixed = write(MIXED, name="mixed.yaml")
    both = Together(2, mixed, "--epochs", "100000", "--train", "checkpoint={every: 2 steps}")
    both.wait_for("epoch      2/")
    both.processes[victim].send_signal(signal.SIGKILL)
    ended = both.end(timeout=30)
    run = only_run("mixed")
    status, _, err = ended[1 - victim]
    assert (status, err) == (1, LOST.format(run=run))
    done = len((run / "history.csv").read_text().splitlines()) - 1
    resumed = Together(2, "--resume", str(run), "--epochs", str(done + 1)).end()
    assert [(status, err) for status, _, err in resumed] == [(0, ""), (0, "")]
    on_jax(["train", mixed, "--runs", "one", "--epochs", str(done + 1)])
    assert figures(run) == pytest.approx(figures(only_run("mixed", "one")), rel=1e-5, abs=1e-6)


@needs_jax
def test_jax_a_signal_to_one_process_saves_and_ends_all(write: Write) -> None:
    """They agree on a step, within an epoch here, and the run goes on from there on one device as well."""
    mixed = write(MIXED, name="mixed.yaml")
    both = Together(2, mixed, "--epochs", "100000")
    both.wait_for("epoch      2/")
    both.processes[1].send_signal(signal.SIGTERM)
    (status, _, err), other = both.end(timeout=120)
    run = only_run("mixed")
    record = json.loads((run / "run.json").read_text())
    done, steps = record["epochs_done"], record["steps_done"]
    assert (status, other) == (130, (130, "", ""))
    assert record["status"] == "interrupted"
    whole = f"{done} complete epoch{'s' * (done != 1)}" + f" and {steps} step{'s' * (steps != 1)} of the next" * (
        steps > 0
    )
    assert err == f"\ninterrupted after {whole}; resume with: netspec train --resume {run}\n"
    on_jax(
        ["train", "--resume", str(run), "--epochs", str(done + 1)],
        ["train", mixed, "--runs", "one", "--epochs", str(done + 1)],
    )
    assert figures(run) == pytest.approx(figures(only_run("mixed", "one")), rel=1e-5, abs=1e-6)


PARALLEL = """\
netspec: 1
name: parallel
input: [8, 8, 1]
layers:
  - conv: {filters: 8, kernel_size: 3, name: first}
  - flatten
  - dense: {units: 32, activation: relu}
  - dense: {units: 10, activation: softmax}
data: {source: digits}
train:
  epochs: 2
  batch_size: 128
  optimizer: {adam: {use_ema: true}}
  distribute:
    model_parallel:
      mesh: {batch: 2, model: 4}
      layout:
        first/kernel: [null, null, null, model]
        dense_*/kernel: [model, null]
        dense_1/bias: [model]
"""
PLACED = """
import io, sys
from netspec.cli import main
assert main(["train", "parallel.yaml", "--runs", "eight"]) == 0
for layout in {layouts}:
    err = io.StringIO()
    given = f"distribute={{{{model_parallel: {{{{mesh: {{{{batch: 2, model: 4}}}}, layout: {{{{{{layout}}}}}}}}}}}}}}"
    assert main(["train", "parallel.yaml", "--train", given], io.StringIO(), err) == 1
    print(err.getvalue(), end="", file=sys.stderr)
mesh = "distribute={{model_parallel: {{mesh: {{batch: 2, model: 3}}, layout: {{first/kernel: [null, null, null, model]}}}}}}"
assert main(["train", "parallel.yaml", "--train", mesh], io.StringIO(), sys.stderr) == 1
"""
LAYOUTS = {
    "dense_3/kernel: [null, model]": "`layout` names 'dense_3/kernel', and no weight is called so; did you mean "
    "`dense_2/kernel`?",
    "dense_2/kernel: [null, model]": "`dense_2/kernel` is [32, 10], and 10 cannot be cut into 4 parts along `model`",
    "dense_1/*: [null, model]": "`dense_1/bias` is [32], and its layout has 2 axes; it takes one for each "
    "dimension, or null",
    "dense_1/kernel: [null, modl]": "`layout` shares 'dense_1/kernel' along 'modl', and `mesh` has `batch` and `model`; did "
    "you mean `model`?",
    "dense_1/kernel: [model, model]": "`layout` shares two dimensions of 'dense_1/kernel' along the same axis",
    "dense_1/kernel: [model, null], dense_*/kernel: [model, null]": "`dense_1/kernel` is meant by `dense_1/kernel` and "
    "`dense_*/kernel`",
}


@needs_jax
def test_jax_weights_in_parts_give_what_whole_ones_give(write: Write) -> None:
    """On eight devices, with averaged weights; and what would be shared by no device, or not evenly, is refused."""
    parallel = write(PARALLEL, name="parallel.yaml")
    on_jax(["train", parallel, "--runs", "one", "--train", "distribute=none"])
    result = subprocess.run(
        (sys.executable, "-c", PLACED.format(layouts=list(LAYOUTS))),
        capture_output=True,
        text=True,
        timeout=300,
        env=environment(KERAS_BACKEND="jax", XLA_FLAGS="--xla_force_host_platform_device_count=8"),
    )
    assert result.returncode == 0, result.stderr
    messages = (*LAYOUTS.values(), "`mesh` has 2 times 3 = 6 devices, and there are 8")
    assert result.stderr == "".join(f"<options>: error NS717: {message}\n" for message in messages)
    eight, one = only_run("parallel", "eight"), only_run("parallel", "one")
    assert json.loads((eight / "run.json").read_text())["devices"] == 8
    assert figures(eight) == pytest.approx(figures(one), rel=1e-5, abs=1e-6)


def held(run: Path) -> dict[str, Any]:
    """All weights of a run's last state, by name."""
    saved = load_state(run / "last.npz")
    return dict(zip(saved.names["network"], saved.sections["network"], strict=True))


@needs_jax
@pytest.mark.parametrize(("mesh", "devices"), [("{batch: 1, model: 2}", 1), ("{batch: 2, model: 2}", 2)])
def test_jax_weights_in_parts_on_two_processes(write: Write, mesh: str, devices: int) -> None:
    """Each process holds half of what is cut, or each a copy; broken off and gone on with, it comes to what one device does."""
    parallel = write(PARALLEL.replace("{batch: 2, model: 4}", mesh), name="parallel.yaml")
    on_jax(["train", parallel, "--runs", "one", "--epochs", "3", "--train", "distribute=none"])
    first = Together(2, parallel, "--runs", "two", "--epochs", "1", devices=devices).end()
    assert [(status, err) for status, _, err in first] == [(0, ""), (0, "")]
    assert f"on {2 * devices} CPUs of 2 processes\n" in first[0][1]
    one, two = only_run("parallel", "one"), only_run("parallel", "two")
    resumed = Together(2, "--resume", str(two), "--epochs", "3", devices=devices).end()
    assert [(status, err) for status, _, err in resumed] == [(0, ""), (0, "")]
    assert figures(two) == pytest.approx(figures(one), rel=1e-5, abs=1e-6)
    weights, whole = held(two), held(one)
    assert {name: value.shape for name, value in weights.items()} == {
        name: value.shape for name, value in whole.items()
    }
    assert [len(weights), weights["dense_1/kernel"].shape] == [6, (288, 32)]
    for name, value in weights.items():
        assert value == pytest.approx(whole[name], rel=1e-4, abs=1e-6), name
