"""Examples through a network: batches of few sizes, and what each output says of each example."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from netspec.data.dataset import Array, Floats
from netspec.training.judging import answers
from netspec.training.meaning import Doubles, Meaning
from netspec.training.prediction.examples import Example
from netspec.training.reopen import Opened

BATCH = 32  # examples at once


class Prediction(NamedTuple):
    """One output for one example."""

    input: str
    row: int | None  # which example of a file that holds several
    output: str
    meaning: Meaning
    values: Doubles  # in the output's shape; probabilities where there are classes or labels
    example: Example

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The names of classes or labels that have each a probability; None of an output that is neither."""
        return self.meaning.names if self.meaning.kind in ("classes", "labels") else None

    @property
    def several(self) -> bool:
        """Whether each is a yes or no of its own."""
        return self.meaning.kind == "labels"

    @property
    def named(self) -> list[tuple[str, float]]:
        """Every class or label with its probability, in their own order."""
        assert self.classes is not None
        return [(name, float(value)) for name, value in zip(self.classes, self.values, strict=True)]

    def ranking(self, top: int) -> list[tuple[str, float]]:
        """The likeliest classes with their probabilities."""
        assert self.classes is not None
        order = np.argsort(self.values, kind="stable")[::-1][:top]
        return [(self.classes[i], float(self.values[i])) for i in order]

    @property
    def mask(self) -> Array:
        """The class of each place."""
        return np.asarray(self.meaning.taken(self.values[np.newaxis])[0])

    def shares(self, top: int) -> list[tuple[str, float]]:
        """The classes of a mask that take most of its places, and how much."""
        counts = np.bincount(self.mask.reshape(-1), minlength=len(self.meaning.names))
        order = np.argsort(-counts, kind="stable")[:top]
        return [(self.meaning.names[i], float(counts[i] / counts.sum())) for i in order if counts[i]]

    def as_dict(self, top: int, mask: str | None = None) -> dict[str, object]:
        """For JSON; `mask` is the file in which a mask was drawn."""
        data: dict[str, object] = {"input": self.input, "index": self.row, "output": self.output}
        if mask is not None:
            shares = [{"class": name, "share": share} for name, share in self.shares(len(self.meaning.names))]
            return {**data, "mask": mask, "shares": shares}
        if self.classes is None:
            return {**data, "values": self.values.tolist()}
        if self.several:
            return {**data, "labels": [{"label": name, "probability": value} for name, value in self.named]}
        ranking = self.ranking(top)
        return {**data, "classes": [{"class": name, "probability": value} for name, value in ranking]}


class Network:
    """A network that answers.

    A batch is filled up to the next power of two, so that a backend compiles few sizes; what fills it is thrown away.
    """

    def __init__(self, opened: Opened) -> None:
        self.opened = opened
        self.outputs = tuple(output.name for output in opened.outputs)
        self.meanings = {output.name: _meaning(opened, output.name) for output in opened.outputs}

    def run(self, x: Mapping[str, Array]) -> dict[str, Floats]:
        """The outputs for up to `BATCH` examples, which are stacked by input."""
        count = len(next(iter(x.values())))
        full = 1 << (count - 1).bit_length()
        given = {name: np.concatenate([each, np.repeat(each[-1:], full - count, axis=0)]) for name, each in x.items()}
        made = answers(self.opened.network, given, self.outputs)
        return {name: values[:count] for name, values in made.items()}

    def predictions(self, examples: Sequence[Example]) -> Iterator[Prediction]:
        """Every output for each example; all examples have the same shapes."""
        made = self.run({name: np.stack([each.x[name] for each in examples]) for name in examples[0].x})
        read = {name: self._read(name, values) for name, values in made.items()}
        for number, example in enumerate(examples):
            for name, values in read.items():
                yield Prediction(example.source, example.row, name, self.meanings[name], values[number], example)

    def _read(self, name: str, values: Floats) -> Doubles:
        meaning = self.meanings[name]
        return np.asarray(values, np.float64) if meaning.kind == "masks" else meaning.probabilities(values)


def _meaning(opened: Opened, name: str) -> Meaning:
    output = next(each for each in opened.outputs if each.name == name)
    target = None if opened.schema is None else opened.schema.outputs.get(name)
    meaning = Meaning.of(output, target)
    if meaning.kind == "labels" and (target is None or target.names is None or meaning.signs):
        return Meaning("numbers")  # nobody has named them
    return meaning


def batches(examples: Iterable[Example]) -> Iterator[list[Example]]:
    """Examples that follow each other and have the same shapes, up to `BATCH` at once."""
    batch: list[Example] = []
    for example in examples:
        if batch and (len(batch) == BATCH or shapes(batch[0]) != shapes(example)):
            yield batch
            batch = []
        batch.append(example)
    if batch:
        yield batch


def shapes(example: Example) -> list[tuple[int, ...]]:
    """Of its inputs."""
    return [values.shape for values in example.x.values()]
