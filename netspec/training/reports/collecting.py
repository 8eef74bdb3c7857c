"""What a network makes of a test, gone through once: counts, calibration, errors, and how bad each example is.

Nothing is kept that grows with examples times classes or pixels, so that a test of 50,000 examples and 1,000 classes takes no more
than a small one but for the time of predicting.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from netspec.backends.keras.types import KerasModel
from netspec.data.dataset import Array, Integers, Split
from netspec.data.schema import Target
from netspec.training.objective import Output

Doubles = NDArray[np.float64]

BINS = 10  # of confidence
POINTS = 400  # of a plot of numbers


class Cells(NamedTuple):
    """How often which label was taken for which; only pairs that occur."""

    true: Integers
    predicted: Integers
    counts: Integers

    @property
    def total(self) -> int:
        """Of all pairs."""
        return int(self.counts.sum())

    @property
    def accuracy(self) -> float:
        """The share that was right."""
        return float(self.counts[self.true == self.predicted].sum() / max(self.total, 1))


class Calibration(NamedTuple):
    """By confidence: how many, the mean confidence, the share that was right."""

    counts: Integers
    confidence: Doubles
    right: Doubles

    @property
    def error(self) -> float:
        """The expected calibration error."""
        return float((self.counts * np.abs(self.confidence - self.right)).sum() / max(self.counts.sum(), 1))


class OfClasses(NamedTuple):
    """An output that tells classes apart, one an example or one a place."""

    names: tuple[str, ...]
    cells: Cells
    calibration: Calibration | None  # None of signs, which are no probabilities
    badness: Doubles  # of each example
    per_place: bool


class OfLabels(NamedTuple):
    """An output of a yes or no for each of several labels."""

    names: tuple[str, ...]
    cells: tuple[Cells, ...]  # of each label, 0 and 1
    calibration: Calibration
    badness: Doubles


class OfNumbers(NamedTuple):
    """An output of numbers."""

    size: int  # how many
    rmse: float
    mae: float
    r2: float | None  # None where all are the same
    true: Doubles  # some of them, evenly
    predicted: Doubles
    badness: Doubles


Findings: TypeAlias = "OfClasses | OfLabels | OfNumbers"


class Predictor:
    """A network that is asked for a few examples at a time."""

    def __init__(self, network: KerasModel, outputs: Sequence[Output], targets: Mapping[str, Target]) -> None:
        self.network = network
        self.outputs = {output.name: output for output in outputs if output.name in targets}
        self.targets = targets
        self._all = [output.name for output in outputs]

    def __call__(self, x: Mapping[str, Array]) -> dict[str, Array]:
        """Probabilities where there are classes or labels, else the numbers, by output."""
        made = self.network.predict_on_batch(next(iter(x.values())) if len(x) == 1 else dict(x))
        if not isinstance(made, dict):
            made = dict(zip(self._all, made if isinstance(made, list) else [made], strict=True))
        return {
            name: probabilities(self.targets[name], output, np.asarray(made[name]))
            for name, output in self.outputs.items()
        }


def probabilities(target: Target, output: Output, values: Array) -> Array:
    """An output's numbers as probabilities of each class or label; of numbers and signs, as they are."""
    values = np.asarray(values, np.float32)
    if target.reading in ("numbers", "signs"):
        return values
    single = target.is_of_classes and output.shape == (*target.shape, 1)
    if single or target.reading == "binary":
        yes = values if output.ending == "sigmoid" else 1 / (1 + np.exp(-np.clip(values, -80, 80)))
        return np.concatenate([1 - yes, yes], axis=-1) if single else yes
    if output.ending:
        return values
    values = np.exp(values - values.max(axis=-1, keepdims=True))
    return np.asarray(values / values.sum(axis=-1, keepdims=True))


def collect(predictor: Predictor, split: Split, batch: int) -> dict[str, Findings]:
    """Go through a test once."""
    collectors = {
        name: _collector(predictor.targets[name], output, split.size) for name, output in predictor.outputs.items()
    }
    for start in range(0, split.size, batch):
        part = slice(start, min(start + batch, split.size))
        x = {name: np.asarray(values[part]) for name, values in split.x.items()}
        for name, values in predictor(x).items():
            collectors[name].add(part, np.asarray(split.y[name][part]), values)
    return {name: collector.finish() for name, collector in collectors.items()}


def names_of(target: Target) -> tuple[str, ...]:
    """The names of a target's classes or labels."""
    if target.reading == "signs":
        return ("-1", "1")
    count = target.class_count if target.is_of_classes else int(np.prod(target.shape[-1:] or (1,)))
    return target.names or tuple(map(str, range(count or 2)))


# --- collectors -------------------------------------------------------------------------------------------------------


def _collector(target: Target, output: Output, size: int) -> _Classes | _Labels | _Numbers:
    if target.is_of_classes or target.reading == "signs":
        return _Classes(target, size)
    return (
        _Labels(target, size)
        if target.reading == "binary"
        else _Numbers(size, math.prod(size or 1 for size in output.shape))
    )


class _Counting:
    """Pairs of labels, counted."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, int], int] = {}

    def add(self, true: Integers, predicted: Integers, classes: int) -> None:
        """Count pairs of labels below `classes`."""
        pairs, counts = np.unique(true.astype(np.int64) * classes + predicted, return_counts=True)
        for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True):
            key = divmod(pair, classes)
            self._found[key] = self._found.get(key, 0) + count

    def finish(self) -> Cells:
        """What was counted."""
        keys = np.array(list(self._found), np.int64).reshape(-1, 2)
        return Cells(keys[:, 0], keys[:, 1], np.array(list(self._found.values()), np.int64))


class _Calibrating:
    """Confidences and whether they were right, in bins."""

    def __init__(self) -> None:
        self._sums = np.zeros((3, BINS))

    def add(self, confidence: Array, right: Array) -> None:
        """Count what was said with so much confidence."""
        bins = np.clip((confidence.reshape(-1) * BINS).astype(np.int64), 0, BINS - 1)
        for row, weights in enumerate((None, confidence.reshape(-1), right.reshape(-1))):
            self._sums[row] += np.bincount(bins, weights, BINS)

    def finish(self) -> Calibration:
        """Means of each bin."""
        counts, confidence, right = self._sums
        whole = np.maximum(counts, 1)
        return Calibration(counts.astype(np.int64), confidence / whole, right / whole)


class _Classes:
    """One class an example, or one a place of it."""

    def __init__(self, target: Target, size: int) -> None:
        self._target = target
        self._names = names_of(target)
        self._cells = _Counting()
        self._calibration = _Calibrating()
        self._badness = np.zeros(size)

    def add(self, part: slice, y: Array, values: Array) -> None:
        """Take in a batch: labels, and probabilities of each class (of signs, numbers)."""
        signs = self._target.reading == "signs"
        if signs:
            true, predicted = (y.reshape(-1) > 0).astype(np.int64), (values.reshape(-1) > 0).astype(np.int64)
            self._badness[part] = np.maximum(0, 1 - y.reshape(len(y), -1) * values.reshape(len(y), -1)).mean(axis=1)
            self._cells.add(true, predicted, 2)
            return
        count = values.shape[-1]
        true = y.reshape(len(y), -1).astype(np.int64)
        flat = values.reshape(*true.shape, count)
        predicted = flat.argmax(axis=-1)
        counted = np.ones(true.shape, bool) if self._target.ignored is None else true != self._target.ignored
        known = np.where(counted, true, 0)
        of_true = np.take_along_axis(flat, known[..., np.newaxis], axis=-1)[..., 0]
        loss = -np.log(np.clip(of_true, 1e-12, 1)) * counted
        self._badness[part] = loss.sum(axis=1) / np.maximum(counted.sum(axis=1), 1)
        self._cells.add(true[counted], predicted[counted], count)
        self._calibration.add(flat.max(axis=-1)[counted], (predicted == known)[counted])

    def finish(self) -> OfClasses:
        """What was found."""
        calibration = None if self._target.reading == "signs" else self._calibration.finish()
        return OfClasses(self._names, self._cells.finish(), calibration, self._badness, bool(self._target.shape))


class _Labels:
    """A yes or no for each of several labels; those of pictures, for each channel."""

    def __init__(self, target: Target, size: int) -> None:
        self._names = names_of(target)
        self._cells = [_Counting() for _ in self._names]
        self._calibration = _Calibrating()
        self._badness = np.zeros(size)

    def add(self, part: slice, y: Array, values: Array) -> None:
        """Take in a batch: labels, and the probability of each."""
        true = y.reshape(-1, len(self._names)) > 0.5
        yes = values.reshape(-1, len(self._names))
        for label, cells in enumerate(self._cells):
            cells.add(true[:, label].astype(np.int64), (yes[:, label] > 0.5).astype(np.int64), 2)
        self._calibration.add(yes, true)
        loss = -np.log(np.clip(np.where(true, yes, 1 - yes), 1e-12, 1))
        self._badness[part] = loss.reshape(len(y), -1).mean(axis=1)

    def finish(self) -> OfLabels:
        """What was found."""
        cells = tuple(each.finish() for each in self._cells)
        return OfLabels(self._names, cells, self._calibration.finish(), self._badness)


class _Numbers:
    """Numbers, of which only sums and a few are kept."""

    def __init__(self, size: int, each: int) -> None:
        self._stride = max(1, size * each // POINTS)
        self._seen = 0
        self._kept: list[tuple[Array, Array]] = []
        self._sums = np.zeros(5)  # count, errors squared, errors, values, values squared
        self._badness = np.zeros(size)

    def add(self, part: slice, y: Array, values: Array) -> None:
        """Take in a batch."""
        true, made = y.reshape(-1).astype(np.float64), values.reshape(-1)
        wrong = made - true
        self._sums += (len(true), (wrong**2).sum(), np.abs(wrong).sum(), true.sum(), (true**2).sum())
        self._badness[part] = (wrong**2).reshape(len(y), -1).mean(axis=1)
        first = -self._seen % self._stride
        self._kept.append((true[first :: self._stride], made[first :: self._stride]))
        self._seen += len(true)

    def finish(self) -> OfNumbers:
        """What was found."""
        count, squares, absolute, total, of_values = self._sums
        spread = of_values - total**2 / max(count, 1)
        true, predicted = (np.concatenate(each)[:POINTS] for each in zip(*self._kept, strict=True))
        r2 = None if spread <= 1e-12 * max(of_values, 1) else float(1 - squares / spread)
        mean = max(count, 1)
        return OfNumbers(
            int(count), float((squares / mean) ** 0.5), float(absolute / mean), r2, true, predicted, self._badness
        )
