"""A row for each example that was judged: its label, what the network took it for, how sure it was."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from typing import TextIO

import numpy as np

from netspec.data.dataset import Array, Floats
from netspec.training.judging import Judged
from netspec.training.meaning import Meaning


class Table:
    """Writes a CSV table, a line an example.

    `example` counts from 0 in the test's order. Of classes there are the label, the prediction and its probability; of labels that
    are a yes or no each both for every label; of masks the share of the places that are right; of numbers both for every number.
    Columns of several outputs begin with the output's name.
    """

    def __init__(self, file: TextIO, meanings: Mapping[str, Meaning], *, several_tests: bool) -> None:
        self._writer = csv.writer(file, lineterminator="\n")
        self._meanings = meanings
        self._several_tests = several_tests
        self._begun = False

    def write(self, test: str, batch: Judged) -> None:
        """Write the examples of a batch."""
        blocks = [
            _block(f"{name}." if len(self._meanings) > 1 else "", meaning, batch.labels[name], batch.outputs[name])
            for name, meaning in self._meanings.items()
        ]
        if not self._begun:
            self._begun = True
            columns = [column for names, _ in blocks for column in names]
            self._writer.writerow([*(["test"] if self._several_tests else []), "example", *columns])
        for index, *parts in zip(batch.indices, *(rows for _, rows in blocks), strict=True):
            start = [test] if self._several_tests else []
            self._writer.writerow([*start, int(index), *(cell for part in parts for cell in part)])


Block = tuple[list[str], Iterator[list[object]]]


def _block(prefix: str, meaning: Meaning, labels: Array, values: Floats) -> Block:
    """The columns of an output, and their cells for each example."""
    if meaning.kind == "classes":
        return [f"{prefix}{name}" for name in ("label", "prediction", "probability")], _classes(meaning, labels, values)
    if meaning.kind == "masks":
        return [f"{prefix}accuracy"], _masks(meaning, labels, values)
    if meaning.kind == "labels":
        right, sure = meaning.yes(labels), meaning.probabilities(values)
        names: tuple[str, ...] = meaning.names
        right, sure = (each.reshape(len(each), -1) for each in (right.astype(int), sure))
    else:
        right, sure = (np.asarray(each, np.float64).reshape(len(each), -1) for each in (labels, values))
        names = () if right.shape[1] == 1 else tuple(map(str, range(right.shape[1])))
    if len(names) != right.shape[1] and right.shape[1] > 1:  # yes or no in several places
        names = tuple(map(str, range(right.shape[1])))
    columns = [
        f"{prefix}{word}{f' {name}' if name else ''}" for name in names or ("",) for word in ("label", "prediction")
    ]
    rows = (
        [cell for pair in zip(a.tolist(), b.tolist(), strict=True) for cell in pair]
        for a, b in zip(right, sure, strict=True)
    )
    return columns, rows


def _classes(meaning: Meaning, labels: Array, values: Floats) -> Iterator[list[object]]:
    sure = meaning.probabilities(values)
    for label, taken, each in zip(labels, meaning.taken(values), sure, strict=True):
        yield [meaning.names[int(label)] if label != meaning.ignored else "", meaning.names[taken], float(each[taken])]


def _masks(meaning: Meaning, labels: Array, values: Floats) -> Iterator[list[object]]:
    for label, taken in zip(labels, meaning.taken(values), strict=True):
        counted = np.ones(label.shape, bool) if meaning.ignored is None else label != meaning.ignored
        yield [float((label == taken)[counted].mean()) if counted.any() else ""]
