"""What needs a process of its own: signals from outside, other backends, several devices."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys

import pytest

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


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")
def test_jax_without_tensorflow_on_one_device_and_on_two(write: Write) -> None:
    """Two devices give what one gives; 144 and 359 examples, which they do not divide, are measured all the same."""
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
    assert two["results"]["test"] == pytest.approx(one["results"]["test"], rel=1e-4)


CROPPED = SMALL.replace("small", "cropped").replace(
    "  - flatten", "  - random_crop: {height: 6, width: 6}\n  - flatten"
)


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")
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
