"""What data are: which columns each input reads, and what each output learns.

A run keeps it, so that whatever is measured or predicted later goes by the names of classes, columns and arrays, and never by
their order in another file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

Reading = Literal["classes", "binary", "signs", "numbers"]
READINGS: tuple[Reading, ...] = ("classes", "binary", "signs", "numbers")
OUTPUT_MODES = ("int", "multi_hot", "count", "tf_idf")
UNKNOWN = "[UNK]"  # stands for all tokens that the vocabulary lacks


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


class Vectorization(NamedTuple):
    """How the texts of an input became numbers.

    Attributes:
        vocabulary: the tokens in the order of their numbers, without padding and the unknown.
        output_mode: `int`, `multi_hot`, `count` or `tf_idf`.
        size: of what becomes of a text: how many steps, or how many tokens are told apart; None where it is the longest's.
        standardize: what is done before texts are split.
        split: `whitespace` or `character`.
        ngrams: how many tokens a run has at most that is a token as well.
        weights: of the unknown and the tokens in `tf_idf`.
    """

    vocabulary: tuple[str, ...]
    output_mode: str = "int"
    size: int | None = None
    standardize: str | None = "lower_and_strip_punctuation"
    split: str = "whitespace"
    ngrams: int | None = None
    weights: tuple[float, ...] | None = None

    @property
    def tokens(self) -> tuple[str, ...]:
        """All that the numbers from 0 on stand for."""
        return ("", UNKNOWN, *self.vocabulary) if self.output_mode == "int" else (UNKNOWN, *self.vocabulary)


class Feature(NamedTuple):
    """What an input reads.

    Attributes:
        source: what gives it, as messages call it.
        shape: of one example.
        columns: of a table, in their order.
        divisor: what the numbers were divided by.
        text: how its texts became numbers; None where it reads none.
    """

    source: str
    shape: tuple[int, ...]
    columns: tuple[str, ...] | None = None
    divisor: float = 1
    text: Vectorization | None = None

    def as_dict(self) -> dict[str, object]:
        """For a run's record."""
        own = self._asdict()
        del own["text"]
        return own if self.text is None else {**own, "text": self.text._asdict()}


class Schema(NamedTuple):
    """Features by input, targets by output."""

    inputs: Mapping[str, Feature]
    outputs: Mapping[str, Target]

    def as_dict(self) -> dict[str, object]:
        """For a run's record."""
        return {
            "inputs": {name: feature.as_dict() for name, feature in self.inputs.items()},
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
    text = entry.get("text")  # which an earlier netspec did not write
    assert text is None or isinstance(text, dict)
    return Feature(
        _text(entry["source"]),
        _sizes(entry["shape"]),
        _texts(entry["columns"]),
        _number(entry["divisor"]),
        None if text is None else _vectorization(text),
    )


def _vectorization(entry: Mapping[str, object]) -> Vectorization:
    size, ngrams, weights, standardize = (entry[name] for name in ("size", "ngrams", "weights", "standardize"))
    assert isinstance(size, int | None)
    assert isinstance(ngrams, int | None)
    assert isinstance(standardize, str | None)
    assert isinstance(weights, list | None)
    vocabulary = _texts(entry["vocabulary"])
    assert vocabulary is not None
    assert entry["output_mode"] in OUTPUT_MODES
    return Vectorization(
        vocabulary,
        _text(entry["output_mode"]),
        size,
        standardize,
        _text(entry["split"]),
        ngrams,
        None if weights is None else tuple(map(_number, weights)),
    )


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
