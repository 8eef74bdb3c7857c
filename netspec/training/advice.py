"""What is told of a training that goes on but hardly as its user wishes: pure functions of what was measured."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from netspec.data.dataset import Split
from netspec.data.pieces import Pieces, counted
from netspec.data.schema import Target
from netspec.diagnostics.words import show
from netspec.training.runs import Row

WAITING = 0.4  # share of an epoch's time from which on the input is what holds the network up
LONG_ENOUGH = 2.0  # seconds that must have been measured before it is said
EPOCHS = 5  # after which a network should be better than a guess


class Waiting(NamedTuple):
    """How the time of an epoch's steps was spent, but for the first, in which frameworks compile.

    Attributes:
        seconds: of all steps.
        waited: of those, until a batch had been read.
        examples: that were read.
        workers: threads that read them; 0 where they are in memory.
    """

    seconds: float
    waited: float
    examples: int
    workers: int

    @property
    def share(self) -> float:
        """Which part of the time it was."""
        return self.waited / self.seconds if self.seconds > 0 else 0.0

    @property
    def advice(self) -> str | None:
        """That the input is the bottleneck, with the measured split; None where it is not, or cannot be told yet."""
        if not self.workers or self.seconds < LONG_ENOUGH or self.share < WAITING:
            return None
        each = 1000 * self.seconds / max(self.examples, 1)
        threads = f"{self.workers} thread{'' if self.workers == 1 else 's'}"
        return (
            f"the input is the bottleneck: of {each:.2f} ms an example, the network waited {each * self.share:.2f} ms "
            f"({self.share:.0%}) for {threads} to read and decode; store smaller images, give `folder` a larger `cache`, or "
            f"more `workers` where there are cores"
        )


class Guess(NamedTuple):
    """What always guessing the commonest class of an output would reach.

    Attributes:
        output: which.
        name: of the class.
        share: of the examples that are of it.
        size: how many examples there are.
        figure: the accuracy that the history holds for it.
        examples: which they are: `validation` or `training`.
    """

    output: str
    name: str
    share: float
    size: int
    figure: str
    examples: str

    @property
    def bound(self) -> float:
        """What a network must exceed to be better: the share and its standard error."""
        return self.share + math.sqrt(self.share * (1 - self.share) / self.size)

    def advice(self, rows: Sequence[Row]) -> str | None:
        """That the network is no better than the guess; None where it is, or cannot be told yet."""
        reached = [row[self.figure] for row in rows if self.figure in row]
        if len(reached) < EPOCHS or max(reached) > self.bound:
            return None
        of = f"{self.examples} examples"
        return (
            f"after {len(rows)} epochs the network is no better than always guessing {self.name}, which is right for "
            f"{self.share:.1%} of the {of}: `{self.figure}` has reached {max(reached):.1%}; try another learning rate "
            f"(`--find-rate`), look at the labels, or set `class_weights: balanced` where one class outnumbers the others"
        )


def guesses(
    train: Split, validation: Split | None, targets: Mapping[str, Target], figures: Sequence[str]
) -> tuple[Guess, ...]:
    """What guessing would reach, for each output of classes whose accuracy the history holds."""
    found = []
    split, prefix, examples = (train, "", "training") if validation is None else (validation, "val_", "validation")
    for output, target in targets.items():
        figure = next(
            (f"{prefix}{name}" for name in (f"{output}_accuracy", "accuracy") if f"{prefix}{name}" in figures), None
        )
        labels = split.y[output]
        if not target.is_of_classes or figure is None or not isinstance(labels, np.ndarray | Pieces):
            continue
        numbers, counts = counted(labels)
        if target.ignored is not None:
            counts = counts[numbers != target.ignored]
            numbers = numbers[numbers != target.ignored]
        total = int(counts.sum())
        if not total:
            continue
        most = int(counts.argmax())
        names = target.names
        number = int(numbers[most])
        name = show(names[number]) if names is not None and number < len(names) else str(number)
        found.append(Guess(output, name, float(counts[most] / total), total, figure, examples))
    return tuple(found)
