"""Small specs and the commands, run in process."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

SMALL = """\
netspec: 1
name: small
input: [8, 8, 1]
layers:
  - flatten
  - dense: 10
  - softmax
data: {source: digits}
train: {epochs: 2, batch_size: 128}
"""


class Result(NamedTuple):
    """What a command did."""

    status: int
    out: str
    err: str

    @property
    def settled(self) -> str:
        """The output without what differs from run to run and from machine to machine."""
        text = re.sub(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d(-\d+)?", "TIME", self.out)
        text = re.sub(r"\d+\.\d s$", "T s", text, flags=re.MULTILINE)
        text = re.sub(r"on \w+ \S+ on \w+", "on MACHINE", text)
        return re.sub(r"\d\.\d{4}", "N", text)


def at_once() -> int:
    """Steps that a call of `small` does, after which a run can stop: on TensorFlow several."""
    from netspec.backends.requirements import require_backend
    from netspec.training.learner import STEPS_AT_ONCE

    return STEPS_AT_ONCE if require_backend() == "tensorflow" else 1


def steps(count: int) -> str:
    """So many steps, in words."""
    return f"{count} step{'s' * (count != 1)}"


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs are made where the command is given."""
    monkeypatch.chdir(tmp_path)


def netspec(*arguments: str) -> Result:
    """Run a command in process."""
    from netspec.cli import main

    out, err = io.StringIO(), io.StringIO()
    return Result(main(arguments, out, err), out.getvalue(), err.getvalue())


def trained(factory: pytest.TempPathFactory, **overrides: Any) -> str:
    """A run of `small`, with options of `train` laid over its own."""
    from netspec.api import train

    folder = factory.mktemp("trained")
    (folder / "small.yaml").write_text(SMALL)
    return str(train(folder / "small.yaml", runs=folder / "runs", **overrides).folder)


Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a spec; `small` with parts replaced, or another text."""

    def write(text: str = SMALL, name: str = "small.yaml", **replaced: str) -> str:
        for key, value in replaced.items():
            text = re.sub(rf"^{key}:.*$", f"{key}: {value}", text, flags=re.MULTILINE)
        (tmp_path / name).write_text(text)
        return name

    return write


def only_run(name: str = "small", runs: str = "runs") -> Path:
    """The one run of a network."""
    (run,) = (Path(runs) / name).iterdir()
    return run
