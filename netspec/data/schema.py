"""What data are: which columns each input reads, and what each output learns.

A run keeps it, so that whatever is measured or predicted later goes by the names of classes, columns and arrays, and never by
their order in another file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

Reading = Literal["classes", "binary", "signs", "numbers"]
READINGS: tuple[Reading, ...] = ("classes", "binary", "signs", "numbers")


class Target(NamedTuple):
    """What an output learns.

    Attributes:
        source: what gives it, as messages call it.
        reading: `classes`, counted from 0; `binary`, a yes or no for each number of the output; `signs`, -1 or 1; or `numbers`.
        class_count: how many classes.
        shape: of the label of one example; of classes, () for one an example, (rows, columns) for one a pixel.
        names: of the classes, or of the numbers of a binary label, in their order.
        ignored: the label of places that count for nothing.
    """

    source: str
    reading: Reading
    class_count: int | None = None
    shape: tuple[int, ...] = ()
    names: tuple[str, ...] | None = None
    ignored: int | None = None

    @property
    def is_of_classes(self) -> bool:
        """Whether it tells classes apart."""
        return self.reading == "classes"


class Feature(NamedTuple):
    """What an input reads.

    Attributes:
        source: what gives it, as messages call it.
        shape: of one example.
        columns: of a table, in their order.
        divisor: what the numbers were divided by.
    """

    source: str
    shape: tuple[int, ...]
    columns: tuple[str, ...] | None = None
    divisor: float = 1


class Schema(NamedTuple):
    """Features by input, targets by output."""

    inputs: Mapping[str, Feature]
    outputs: Mapping[str, Target]

    def as_dict(self) -> dict[str, object]:
        """For a run's record."""
        return {
            "inputs": {name: feature._asdict() for name, feature in self.inputs.items()},
            "outputs": {name: target._asdict() for name, target in self.outputs.items()},
        }


def read_schema(value: object) -> Schema | None:
    """A schema of a record; None where it is none, as those that an earlier netspec wrote."""
    try:
        assert isinstance(value, dict)
        return Schema(
            {name: _feature(entry) for name, entry in value["inputs"].items()},
            {name: _target(entry) for name, entry in value["outputs"].items()},
        )
    except (AssertionError, AttributeError, KeyError, StopIteration, TypeError, ValueError):
        return None


def _feature(entry: Mapping[str, object]) -> Feature:
    return Feature(_text(entry["source"]), _sizes(entry["shape"]), _texts(entry["columns"]), _number(entry["divisor"]))


def _target(entry: Mapping[str, object]) -> Target:
    reading = next(each for each in READINGS if each == entry["reading"])
    count, ignored = entry["class_count"], entry["ignored"]
    assert isinstance(count, int | None)
    assert isinstance(ignored, int | None)
    names = _texts(entry["names"])
    return Target(_text(entry["source"]), reading, count, _sizes(entry["shape"]), names, ignored)


def _text(value: object) -> str:
    assert isinstance(value, str)
    return value


def _number(value: object) -> float:
    assert isinstance(value, int | float)
    return value


def _texts(value: object) -> tuple[str, ...] | None:
    if value is None:
        return None
    assert isinstance(value, list)
    return tuple(map(_text, value))


def _sizes(value: object) -> tuple[int, ...]:
    assert isinstance(value, list)
    assert all(isinstance(size, int) for size in value)
    return tuple(value)
