"""A run's tests, asked again with their pictures changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from netspec.data.dataset import Array, Dataset, Examples, Floats, Integers, Split
from netspec.options import Choice, Integer, ListOf, Nullable
from netspec.training.dataset import load_dataset
from netspec.training.judging import answers
from netspec.training.meaning import Doubles, Meaning
from netspec.training.plan import checked
from netspec.training.probing.disturbances import BACKGROUND, BY_NAME, FILLS, Disturbance, Setting
from netspec.training.probing.equivariance import Kept, equivariance
from netspec.training.probing.scoring import Mean, mean, score_name, scores
from netspec.training.progress import Progress
from netspec.training.reopen import WEIGHTS, Opened, load_run_or_model
from netspec.training.reports.pictures import is_picture
from netspec.training.watching import refused

EXAMPLES = 1_000  # of a test, where nothing says otherwise
SEEN = 256  # examples by which the range of pictures is told
OF_NODES = 32  # examples that nodes are compared on
NODES = "nodes"  # what is asked of them, by name, beside the disturbances


class Point(NamedTuple):
    """What the answers are worth at one level, over all examples and over those of each class."""

    level: float
    mean: Mean
    classes: Mapping[str, Mean]


class Curve(NamedTuple):
    """What becomes of one output on one test while a disturbance grows."""

    disturbance: str
    unit: str
    neutral: float
    test: str
    output: str
    score: str
    points: tuple[Point, ...]


class Probed(NamedTuple):
    """What was found of a run.

    Attributes:
        path: the run.
        name: of its network.
        weights: which of the run's: best or last.
        examples: how many of each test were asked, and how many it has.
        setting: what the disturbances knew.
        curves: in the order of the disturbances, tests and outputs.
        nodes: how each node keeps to motions of its input; empty where that was not asked.
    """

    path: str
    name: str
    weights: str
    examples: Mapping[str, tuple[int, int]]
    setting: Setting
    curves: tuple[Curve, ...]
    nodes: tuple[Kept, ...]


class Asked(NamedTuple):
    """What is to be found out."""

    disturbances: Sequence[Disturbance]
    nodes: bool
    fill: str
    seed: int
    examples: int = EXAMPLES
    weights: str | None = None
    batch_size: int | None = None

    @classmethod
    def of(
        cls,
        only: Sequence[str] = (),
        *,
        fill: str = BACKGROUND,
        seed: int = 0,
        examples: int = EXAMPLES,
        weights: str | None = None,
        batch_size: int | None = None,
    ) -> Asked:
        """What is named, disturbances and `nodes`; all of it where nothing is. Raises OverrideError for a wrong option."""
        known = (*BY_NAME, NODES)
        wanted = checked("only", ListOf(Choice(known), "names"), only if isinstance(only, str) else list(only)) or known
        return cls(
            [each for name, each in BY_NAME.items() if name in wanted],
            NODES in wanted,
            checked("fill", Choice(tuple(FILLS)), fill),
            checked("seed", Integer(ge=0), seed),
            checked("examples", Integer(ge=1), examples),
            checked("weights", WEIGHTS, weights),
            checked("batch_size", Nullable(Integer(ge=1)), batch_size),
        )


def probe(path: Path, asked: Asked, progress: Progress) -> Probed:
    """Probe a run. Raises SpecError where it cannot be opened, its data cannot be had, or it sees no pictures."""
    opened = load_run_or_model(path, asked.weights)
    pictures = picture_inputs(opened)
    if opened.plan is None:
        raise refused(path, "a model alone says nothing of data; name the run that it comes from")
    dataset = load_dataset(opened.plan, known=opened.schema)
    probing = _Probing(opened, dataset, pictures, asked, progress)
    curves = tuple(probing.curves())
    nodes: tuple[Kept, ...] = ()
    if asked.nodes:
        progress.note(f"{path}: how each node keeps to motions of its input")
        split = probing.tests["test"]
        chosen = spread(split.size, OF_NODES)
        x = {name: np.asarray(values[chosen]) for name, values in split.x.items()}
        nodes = equivariance(opened, x, pictures, asked.fill)
    return Probed(str(path), opened.graph.name, opened.weights, probing.examples, probing.setting, curves, nodes)


def picture_inputs(opened: Opened) -> tuple[str, ...]:
    """The inputs that see pictures."""
    nodes = [opened.graph.nodes[index] for index in opened.graph.inputs]
    found = tuple(node.path for node in nodes if node.shape and is_picture(tuple(side or 2 for side in node.shape)))
    if not found:
        raise refused(opened.path, "no input of its network takes pictures of rows x columns x channels")
    return found


def spread(size: int, most: int) -> Integers:
    """So many of so many examples, evenly over all."""
    return np.unique(np.linspace(0, size - 1, min(size, most)).round().astype(np.int64))


class _Probing:
    """The tests of a run and the network that is asked."""

    def __init__(
        self, opened: Opened, dataset: Dataset, pictures: tuple[str, ...], asked: Asked, progress: Progress
    ) -> None:
        assert opened.plan is not None
        self.opened = opened
        self.asked = asked
        self.pictures = pictures
        self.progress = progress
        self.tests = {"test": dataset.test, **dataset.extra_tests}
        self.names = tuple(output.name for output in opened.outputs)
        targets = dataset.schema.outputs
        self.meanings = {
            output.name: Meaning.of(output, targets[output.name]) for output in opened.outputs if output.name in targets
        }
        self.batch = asked.batch_size or max(128, opened.plan.train.batch_size)
        self._chosen = {test: spread(split.size, asked.examples) for test, split in self.tests.items()}
        self.examples = {test: (len(self._chosen[test]), split.size) for test, split in self.tests.items()}
        seen = [np.asarray(dataset.test.x[name][spread(dataset.test.size, SEEN)]) for name in pictures]
        low, high = min(float(each.min()) for each in seen), max(float(each.max()) for each in seen)
        self.setting = Setting(low, high if high > low else low + 1, asked.fill, asked.seed)

    def curves(self) -> Iterator[Curve]:
        """Of all disturbances, tests and outputs."""
        untouched = {test: self._scores(split, self._chosen[test]) for test, split in self.tests.items()}
        for disturbance in self.asked.disturbances:
            self.progress.note(f"{self.opened.path}: {disturbance.name}")
            for test, split in self.tests.items():
                yield from self._of(disturbance, test, split, untouched[test])

    def _of(
        self, disturbance: Disturbance, test: str, split: Split, untouched: Mapping[str, Doubles]
    ) -> Iterator[Curve]:
        levels = disturbance.levels(self._size(split))
        chosen = self._chosen[test]
        found: dict[str, list[Point]] = {name: [] for name in self.meanings}
        for level in levels:
            if level == disturbance.neutral:
                values = untouched
            else:
                ways = [self._scores(split, chosen, disturbance, level, way) for way in range(disturbance.ways)]
                values = {name: np.mean([each[name] for each in ways], axis=0) for name in self.meanings}
            for name, meaning in self.meanings.items():
                found[name].append(_point(meaning, level, values[name], split.y[name], chosen))
        for name, points in found.items():
            score = score_name(self.meanings[name])
            yield Curve(disturbance.name, disturbance.unit, disturbance.neutral, test, name, score, tuple(points))

    def _size(self, split: Split) -> tuple[int, int]:
        rows, columns = split.x[self.pictures[0]].shape[1:3]
        return rows, columns

    def _scores(
        self, split: Split, chosen: Integers, disturbance: Disturbance | None = None, level: float = 0, way: int = 0
    ) -> dict[str, Doubles]:
        """Of each of the chosen examples, by output."""
        found: dict[str, list[Doubles]] = {name: [] for name in self.meanings}
        for first in range(0, len(chosen), self.batch):
            indices = chosen[first : first + self.batch]
            x: dict[str, Floats] = {name: np.asarray(values[indices], np.float32) for name, values in split.x.items()}
            y: dict[str, Array] = {name: np.asarray(split.y[name][indices]) for name in self.meanings}
            if disturbance is not None:
                size = self._size(split)
                x.update({name: disturbance.done(x[name], indices, level, way, self.setting) for name in self.pictures})
                y = {name: disturbance.labels(each, level, way, size, self.setting) for name, each in y.items()}
            made = answers(self.opened.network, x, self.names)
            for name, meaning in self.meanings.items():
                found[name].append(scores(meaning, y[name], made[name]))
        return {name: np.concatenate(each) for name, each in found.items()}


def _point(meaning: Meaning, level: float, values: Doubles, labels: Examples, chosen: Integers) -> Point:
    name = score_name(meaning)
    classes = {}
    if meaning.kind == "classes":
        true = np.asarray(labels[chosen]).reshape(-1)
        classes = {each: mean(name, values[true == number]) for number, each in enumerate(meaning.names)}
    return Point(level, mean(name, values), classes)
