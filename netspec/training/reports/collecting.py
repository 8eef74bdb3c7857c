"""What a report wants of a test beside how often each class was taken for which: calibration, errors, how bad each example is.

The test is gone through once, and nothing is kept that grows with examples times classes or pixels: a test of 50,000 examples takes
no more than a small one but for the time of predicting.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from netspec.backends.keras.types import KerasModel
from netspec.data.dataset import Array, Integers, Split
from netspec.data.schema import Target
from netspec.training.feeding import Weighing
from netspec.training.judging import Judged, Judgement, Tally, answers, judged
from netspec.training.meaning import Doubles, Meaning
from netspec.training.objective import Output

BINS = 10  # of confidence
POINTS = 400  # of a plot of numbers
MAX_CLASSES = 2000  # that are counted by which was taken for which
LEAST = 1e-12  # a probability, whose logarithm is still a number


class Calibration(NamedTuple):
    """By confidence: how many, the mean confidence, the share that was right."""

    counts: Doubles
    confidence: Doubles
    right: Doubles

    @property
    def error(self) -> float:
        """The expected calibration error."""
        return float((self.counts * np.abs(self.confidence - self.right)).sum() / max(self.counts.sum(), 1))


class Numbers(NamedTuple):
    """Errors of an output of numbers.

    Attributes:
        size: how many there are.
        rmse: the root of the mean squared error.
        mae: the mean absolute error.
        r2: the share of the variance that is explained; None where there is none.
        true: some of them, evenly over all.
        predicted: what was made of those.
    """

    size: int
    rmse: float
    mae: float
    r2: float | None
    true: Doubles
    predicted: Doubles


class Found(NamedTuple):
    """What was found of an output; `badness` is of each example, and what it is depends on the output."""

    meaning: Meaning
    badness: Doubles
    judgement: Judgement | None = None
    calibration: Calibration | None = None
    numbers: Numbers | None = None


class Predictor:
    """A network and what its outputs mean; those that learn nothing are left out."""

    def __init__(self, network: KerasModel, outputs: Sequence[Output], targets: Mapping[str, Target]) -> None:
        self.network = network
        self.names = tuple(output.name for output in outputs)
        self.targets = targets
        self.meanings = {
            output.name: Meaning.of(output, targets[output.name]) for output in outputs if output.name in targets
        }

    def __call__(self, x: Mapping[str, Array]) -> dict[str, Doubles]:
        """Probabilities where there are classes or labels, else the numbers, of a few examples."""
        made = answers(self.network, x, self.names)
        return {name: meaning.probabilities(made[name]) for name, meaning in self.meanings.items()}

    def collect(self, split: Split, batch: int) -> dict[str, Found]:
        """Go through a test once."""
        collectors = {
            name: _COLLECTORS.get(meaning.kind, _Classes)(meaning, split.size)
            for name, meaning in self.meanings.items()
        }
        weighing = {
            name: Weighing(ignored=target.ignored)
            for name, target in self.targets.items()
            if target.is_of_classes and target.ignored is not None
        }
        for found in judged(self.network, self.names, split, batch, weighing=weighing):
            for name, collector in collectors.items():
                collector.add(_part(found, name, collector.meaning))
        return {name: collector.finish() for name, collector in collectors.items()}


class _Part(NamedTuple):
    """A batch as it concerns one output."""

    indices: Integers
    labels: Array
    raw: Array
    values: Doubles  # probabilities, or the numbers
    weights: Array | None


def _part(found: Judged, name: str, meaning: Meaning) -> _Part:
    raw = found.outputs[name]
    return _Part(found.indices, found.labels[name], raw, meaning.probabilities(raw), found.weights.get(name))


class _Collector:
    """What is collected of one output, batch by batch."""

    def __init__(self, meaning: Meaning, size: int) -> None:
        self.meaning = meaning
        self._badness = np.zeros(size)
        self._tally = Tally(meaning)
        self._counts = len(meaning.names) <= MAX_CLASSES
        self._bins = np.zeros((3, BINS))  # counts, confidences, how many were right

    def add(self, part: _Part) -> None:
        """Take in a batch."""
        if self._counts:
            self._tally.add(part.labels, part.raw, part.weights)

    def finish(self) -> Found:
        """What was found."""
        counts, confidence, right = self._bins
        known = np.maximum(counts, LEAST)
        calibration = Calibration(counts, confidence / known, right / known) if counts.any() else None
        return Found(self.meaning, self._badness, self._tally.judgement, calibration)

    def _calibrate(self, confidence: Array, right: Array, weights: Array) -> None:
        bins = np.clip((confidence.reshape(-1) * BINS).astype(np.int64), 0, BINS - 1)
        each = weights.reshape(-1)
        for row, values in enumerate((each, each * confidence.reshape(-1), each * right.reshape(-1))):
            self._bins[row] += np.bincount(bins, values, BINS)


class _Classes(_Collector):
    """One class an example, or one a place of it."""

    def add(self, part: _Part) -> None:
        super().add(part)
        true = part.labels.reshape(len(part.labels), -1).astype(np.int64)
        flat = part.values.reshape(*true.shape, part.values.shape[-1])
        weights = np.ones(true.shape)
        if part.weights is not None:
            weights = np.broadcast_to(part.weights.reshape(len(true), -1), true.shape)
        known = np.where(weights > 0, true, 0)
        of_true = np.take_along_axis(flat, known[..., np.newaxis], axis=-1)[..., 0]
        loss = -np.log(np.clip(of_true, LEAST, 1)) * (weights > 0)
        self._badness[part.indices] = loss.sum(axis=1) / np.maximum((weights > 0).sum(axis=1), 1)
        self._calibrate(flat.max(axis=-1), flat.argmax(axis=-1) == known, weights)


class _Labels(_Collector):
    """A yes or no for each of several labels, or places."""

    def add(self, part: _Part) -> None:
        super().add(part)
        true = self.meaning.yes(part.labels).reshape(len(part.labels), -1)
        values = part.values.reshape(true.shape)
        if self.meaning.signs:  # no probabilities: by the hinge
            self._badness[part.indices] = np.maximum(0, 1 - np.where(true, 1, -1) * values).mean(axis=1)
            return
        self._badness[part.indices] = -np.log(np.clip(np.where(true, values, 1 - values), LEAST, 1)).mean(axis=1)
        self._calibrate(values, true, np.ones(true.shape))


class _Numbers(_Collector):
    """Numbers, of which only sums and a few are kept."""

    def __init__(self, meaning: Meaning, size: int) -> None:
        super().__init__(meaning, size)
        self._examples = size
        self._seen = 0
        self._kept: list[tuple[Array, Array]] = []
        self._sums = np.zeros(5)  # how many, errors squared, errors, values, values squared

    def add(self, part: _Part) -> None:
        true, made = part.labels.reshape(-1).astype(np.float64), part.values.reshape(-1)
        wrong = made - true
        self._sums += (len(true), (wrong**2).sum(), np.abs(wrong).sum(), true.sum(), (true**2).sum())
        self._badness[part.indices] = (wrong**2).reshape(len(part.labels), -1).mean(axis=1)
        stride = max(1, -(-self._examples * (len(true) // len(part.labels)) // POINTS))
        first = -self._seen % stride
        self._kept.append((true[first::stride], made[first::stride]))
        self._seen += len(true)

    def finish(self) -> Found:
        """What was found."""
        count, squares, absolute, total, of_values = self._sums
        known = max(count, 1)
        spread = of_values - total**2 / known
        true, predicted = (np.concatenate(each) for each in zip(*self._kept, strict=True))
        r2 = None if spread <= LEAST * max(of_values, 1) else float(1 - squares / spread)
        rmse, mae = float((squares / known) ** 0.5), float(absolute / known)
        return super().finish()._replace(numbers=Numbers(int(count), rmse, mae, r2, true, predicted))


_COLLECTORS: dict[str, type[_Collector]] = {"labels": _Labels, "numbers": _Numbers}
