"""What a network makes of examples, and how that compares with their labels.

`judged` runs a network once over a split. A `Tally` counts, batch by batch, which class was taken for which, so that nothing grows
with the number of examples; scikit-learn makes precision, recall and F1 of the counts.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netspec.backends.keras.types import Keras, KerasModel, KerasObject, KerasTensor
from netspec.data.dataset import Array, Floats, Integers, Split
from netspec.data.schema import Target
from netspec.data.source import require
from netspec.training.feeding import NO_WEIGHING, Feed, Weighing
from netspec.training.meaning import Meaning
from netspec.training.objective import Output

Counts = NDArray[np.float64]  # whole numbers, unless labels are weighed
MAX_CLASSES = 2_000  # whose confusion is counted: a matrix of more takes more memory than it tells
PREFIX = "output/"  # of what `watched` models report beside their metrics


class Judged(NamedTuple):
    """Some examples of a split.

    Attributes:
        indices: which they are.
        outputs: what the network made of them, by output.
        labels: what is right, by output, for those that learn.
        weights: how much each label counts, by output; none where all count alike.
    """

    indices: Integers
    outputs: dict[str, Floats]
    labels: dict[str, Array]
    weights: dict[str, Array]


def judged(
    network: KerasModel,
    outputs: Sequence[str],
    split: Split,
    batch_size: int,
    *,
    weighing: Mapping[str, Weighing] = NO_WEIGHING,
) -> Iterator[Judged]:
    """Run a network once over a split, a batch at a time, in the order of the examples.

    Args:
        network: of which the outputs are wanted.
        outputs: their names.
        split: the examples.
        batch_size: how many at once.
        weighing: what labels count for by output, as `Feed` takes it.
    """
    feed = Feed(split, batch_size, outputs=tuple(outputs), weighing=weighing)
    try:
        for step in range(feed.steps):
            batch = feed.batch(step)
            made = answers(network, batch.x, outputs)
            first = step * batch_size
            indices = np.arange(first, first + len(next(iter(made.values()))))
            yield Judged(indices, made, batch.y, batch.weights)
    finally:
        feed.close()


def answers(network: KerasModel, x: Mapping[str, Array], outputs: Sequence[str]) -> dict[str, Floats]:
    """What a network makes of a batch, as arrays by the names of its outputs; examples are given by input."""
    return by_name(network.predict_on_batch(next(iter(x.values())) if len(x) == 1 else dict(x)), outputs)


def by_name(made: KerasTensor, outputs: Sequence[str]) -> dict[str, Floats]:
    """The outputs that a call of a model returned, as arrays by their names."""
    if not isinstance(made, dict):
        made = dict(zip(outputs, made if isinstance(made, (list, tuple)) else [made], strict=True))
    return {name: np.asarray(made[name], np.float32) for name in outputs}


# --- beside the metrics, in one pass ----------------------------------------------------------------------------------


def watched(keras: Keras, network: KerasModel, outputs: Sequence[str]) -> KerasModel:
    """The same network, which as it is evaluated reports its outputs beside the metrics of each batch; see `seen`."""
    names = tuple(outputs)
    base: KerasObject = keras.Model

    class Watched(base):  # type: ignore[misc]  # Keras ships no types
        """A functional model over the same layers."""

        def compute_metrics(
            self, x: KerasTensor, y: KerasTensor, y_pred: KerasTensor, sample_weight: KerasTensor = None
        ) -> dict[str, KerasTensor]:
            made = y_pred
            if not isinstance(made, dict):
                made = dict(zip(names, made if isinstance(made, (list, tuple)) else [made], strict=True))
            return {
                **super().compute_metrics(x, y, y_pred, sample_weight),
                **{PREFIX + name: made[name] for name in names},
            }

    return Watched(network.input, network.output, name=network.name)


def seen(keras: Keras, logs: Mapping[str, KerasTensor], outputs: Sequence[Output]) -> dict[str, Floats]:
    """The outputs of a batch, from what a callback is told at its end while a `watched` network is evaluated."""
    found = {}
    for output in outputs:
        values = logs[PREFIX + output.name]
        array = np.asarray(values if isinstance(values, float) else keras.ops.convert_to_numpy(values), np.float32)
        if array.ndim != len(output.shape) + 1:  # Keras makes a plain number of a single value
            array = array.reshape(-1, *[1] * len(output.shape))
        found[output.name] = array
    return found


# --- counting ---------------------------------------------------------------------------------------------------------


class Row(NamedTuple):
    """A class, or a label that is a yes or no.

    Attributes:
        name: of it.
        precision: share of what was taken for it that is it; NaN where nothing was.
        recall: share of what is it that was found; NaN where nothing is.
        f1: their harmonic mean, which is 0 where nothing was found.
        iou: intersection over union, by which masks are judged; NaN where it neither is nor was taken for.
        support: how many are it.
    """

    name: str
    precision: float
    recall: float
    f1: float
    iou: float
    support: float


class Judgement(NamedTuple):
    """How the labels of an output compare with what the network made of the examples.

    Attributes:
        kind: `classes`, one an example; `masks`, one a place of each; or `labels`, yes or no each.
        names: of the classes or labels.
        confusion: of classes, how often each (row) was taken for which (column); of labels, for each of them
            [[right no, wrong yes], [wrong no, right yes]].
        rows: the figures of each.
        mean: their plain means, over those that occur.
    """

    kind: str
    names: tuple[str, ...]
    confusion: Counts
    rows: tuple[Row, ...]
    mean: Row


def confusion(labels: Array, taken: Array, count: int, weights: Array | None = None) -> Counts:
    """How often each class (row) was taken for which (column).

    Args:
        labels: numbers of classes, of any shape; those beyond the classes are ignored ones, and left out.
        taken: what they were taken for, in the same shape.
        count: how many classes there are.
        weights: how much each counts.
    """
    right = np.asarray(labels).reshape(-1).astype(np.int64)
    wrong = np.asarray(taken).reshape(-1).astype(np.int64)
    counted = (right >= 0) & (right < count)
    each = None if weights is None else np.asarray(weights, np.float64).reshape(-1)[counted]
    flat = np.bincount(right[counted] * count + wrong[counted], each, count * count)
    return flat.reshape(count, count).astype(np.float64)


def label_confusion(labels: Array, taken: Array, weights: Array | None = None) -> Counts:
    """For each number of the last axis, which is a yes or no: [[right no, wrong yes], [wrong no, right yes]]."""
    width = labels.shape[-1]
    right, wrong = (np.asarray(each, bool).reshape(-1, width) for each in (labels, taken))
    each = np.ones(len(right)) if weights is None else np.asarray(weights, np.float64).reshape(-1)
    if len(each) != len(right):  # one for an example, which has several places
        each = np.repeat(each, len(right) // len(each))
    counted = [
        [(each[:, np.newaxis] * ((right == a) & (wrong == b))).sum(axis=0) for b in (False, True)]
        for a in (False, True)
    ]
    return np.moveaxis(np.array(counted, np.float64), -1, 0)


def class_rows(counts: Counts, names: Sequence[str]) -> tuple[Row, ...]:
    """The figures of each class, from how often it was taken for which."""
    right, taken = np.nonzero(counts)
    return _rows(right, taken, counts[right, taken], counts.sum(axis=1), np.diag(counts), counts.sum(axis=0), names)


def label_rows(counts: Counts, names: Sequence[str]) -> tuple[Row, ...]:
    """The figures of each label that is a yes or no."""
    return tuple(class_rows(each, ("no", name))[1] for name, each in zip(names, counts, strict=True))


def _rows(
    right: Integers,
    taken: Integers,
    counts: Counts,
    support: Counts,
    hits: Counts,
    predicted: Counts,
    names: Sequence[str],
) -> tuple[Row, ...]:
    require("sklearn", "scikit-learn", "the table of classes")
    from sklearn.metrics import precision_recall_fscore_support

    if not len(counts):
        return tuple(Row(name, math.nan, math.nan, math.nan, math.nan, 0.0) for name in names)
    precision, recall, f1, _ = precision_recall_fscore_support(
        right, taken, labels=np.arange(len(names)), sample_weight=counts, zero_division=np.nan
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        iou = hits / (support + predicted - hits)
    figures = zip(names, precision, recall, f1, iou, support, strict=True)
    return tuple(Row(name, *map(float, values)) for name, *values in figures)


def mean_of(rows: Sequence[Row]) -> Row:
    """The plain means over the classes that occur; what is not defined counts 0 there, as scikit-learn has it."""
    found = [row for row in rows if row.support]
    if not found:
        return Row("mean", math.nan, math.nan, math.nan, math.nan, 0.0)
    figures = np.nan_to_num(np.array([row[1:5] for row in found], np.float64))
    precision, recall, f1, iou = map(float, figures.mean(axis=0))
    return Row("mean", precision, recall, f1, iou, sum(row.support for row in found))


class Tally:
    """Counts, batch by batch, how an output compares with its labels; nothing of numbers, nor of more than `MAX_CLASSES`."""

    def __init__(self, meaning: Meaning) -> None:
        self.meaning = meaning
        self._counts: Counts | None = None

    def add(self, labels: Array, values: Floats, weights: Array | None = None) -> None:
        """Count a batch.

        Args:
            labels: as a `Split` holds them.
            values: what the network made of the examples.
            weights: how much each label counts; None where all do alike.
        """
        meaning = self.meaning
        if meaning.kind == "numbers" or len(meaning.names) > MAX_CLASSES:
            return
        taken = meaning.taken(values)
        if meaning.kind == "labels":
            found = label_confusion(meaning.yes(labels), taken, weights)
        else:
            if meaning.ignored is not None:
                labels = np.where(labels == meaning.ignored, -1, labels)
            found = confusion(labels, taken, len(meaning.names), weights)
        self._counts = found if self._counts is None else self._counts + found

    @property
    def judgement(self) -> Judgement | None:
        """What came of it; None of an output of numbers, or where nothing was counted."""
        counts, meaning = self._counts, self.meaning
        if counts is None:
            return None
        make = label_rows if meaning.kind == "labels" else class_rows
        rows = make(counts, meaning.names)
        return Judgement(meaning.kind, meaning.names, counts, rows, mean_of(rows))


def tallies(outputs: Sequence[Output], targets: Mapping[str, Target]) -> dict[str, Tally]:
    """A tally for each output that learns."""
    return {each.name: Tally(Meaning.of(each, targets[each.name])) for each in outputs if each.name in targets}
