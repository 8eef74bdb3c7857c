"""What a training ends in."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import NamedTuple

from netspec.backends.keras.types import KerasModel
from netspec.training.measure import Results
from netspec.training.runs import Row


class Run(NamedTuple):
    """A finished run."""

    folder: Path
    history: tuple[Row, ...]  # one map an epoch: figures by name, `learning_rate` and `seconds`
    results: Results  # by test: `examples`, `loss` and the metrics
    model: KerasModel  # the network with the weights that were measured
    report: Path | None = None  # where it is written; None where what draws it is not installed


class Interrupted(KeyboardInterrupt):
    """A run was broken off by a signal; what it had learned by `epochs` whole epochs and `steps` of the next is in its folder."""

    def __init__(self, folder: Path, epochs: int, steps: int, *, leads: bool = True) -> None:
        super().__init__(f"interrupted after {epochs} epochs and {steps} steps")
        self.folder = folder
        self.epochs = epochs
        self.steps = steps
        self.leads = leads  # of several processes, one tells of it

    @property
    def words(self) -> str:
        """How far it came, and how to go on."""
        whole = f"{self.epochs} complete epoch{'s' * (self.epochs != 1)}"
        if self.steps:
            whole += f" and {self.steps} step{'s' * (self.steps != 1)} of the next"
        return f"interrupted after {whole}; resume with: netspec train --resume {shlex.quote(str(self.folder))}"
