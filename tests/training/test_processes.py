"""What needs a process of its own: signals from outside, other backends, several devices."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

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
    assert err.endswith(f"\ninterrupted after {done} whole epochs; go on with: netspec train --resume {run}\n")
    assert "Traceback" not in err
    assert record["status"] == "interrupted"
    assert len((run / "history.csv").read_text().splitlines()) == done + 1 > 2
    assert not [file for file in run.iterdir() if file.name.startswith(".")]


JAX = """
import sys
from importlib.abc import MetaPathFinder

class Absent(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.split(".")[0] in ("tensorflow", "torch"):
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
from netspec.cli import main
for arguments in {commands}:
    status = main(arguments)
    if status:
        sys.exit(status)
import keras
assert keras.backend.backend() == "jax"
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


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")
def test_jax_without_tensorflow(write: Write) -> None:
    heads = SMALL.replace("  - dense", "  - head: {name: aux, body: [{dense: 10}, softmax]}\n  - dense")
    heads = heads.replace(
        "train: {", "train: {augment: [{random_translation: {height_factor: 0.1, width_factor: 0.1}}], "
    )
    out = on_jax(["train", write(heads, name="small.yaml"), "--epochs", "1"])
    assert "on jax" in out
    run = only_run()
    record = json.loads((run / "run.json").read_text())
    assert (record["versions"]["backend"], record["device"], record["devices"]) == ("jax", "cpu", 1)
    assert set(record["results"]["test"]) == {
        "examples", "loss", "softmax_1_loss", "aux_loss", "softmax_1_accuracy", "aux_accuracy",
    }  # fmt: skip


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")
def test_jax_shares_batches_among_devices(write: Write, tmp_path: Path) -> None:
    """Two devices give what one gives; 144 and 359 examples, which they do not divide, are measured all the same."""
    path = write()
    one: Any = ["train", path, "--epochs", "1", "--runs", "one", "--train", "distribute=none", "--format", "json"]
    two: Any = ["train", path, "--epochs", "1", "--runs", "two", "--format", "json"]
    on_jax(one, two, devices=2)
    records = [json.loads((only_run(runs=name) / "run.json").read_text()) for name in ("one", "two")]
    assert [record["devices"] for record in records] == [1, 2]
    assert records[1]["results"]["test"] == pytest.approx(records[0]["results"]["test"], rel=1e-4)
