"""What an output's numbers mean: a class an example or a place, a yes or no each, or numbers as they are."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from netspec.data.dataset import Array, Integers
from netspec.data.schema import Target
from netspec.training.objective import Output

Kind = Literal["classes", "masks", "labels", "numbers"]
Doubles = NDArray[np.float64]


class Meaning(NamedTuple):
    """How an output is read.

    Attributes:
        kind: `classes`, one an example; `masks`, one a place of each; `labels`, a yes or no for each number; or `numbers`.
        names: of the classes or the labels; none of numbers.
        ending: the activation that the network ends in; what it lacks is applied here.
        single: whether one number tells two classes apart.
        signs: whether a yes is a number above 0, and a no one below.
        ignored: the label of places that count for nothing.
    """

    kind: Kind
    names: tuple[str, ...] = ()
    ending: str = ""
    single: bool = False
    signs: bool = False
    ignored: int | None = None

    @classmethod
    def of(cls, output: Output, target: Target | None) -> Meaning:
        """The meaning of an output, by what it has learned; by its shape and ending where that is not known."""
        shape, ending = output.shape, output.ending
        if target is None:
            if len(shape) == 1 and shape[0] not in (None, 1) and ending == "softmax":
                return cls("classes", tuple(map(str, range(shape[0] or 0))), ending)
            return cls("numbers")
        if target.is_of_classes and target.class_count is not None:
            names = target.names or tuple(map(str, range(target.class_count)))
            single = shape == (*target.shape, 1) and target.class_count == 2
            if not single and shape[-1:] != (target.class_count,):
                return cls("numbers")
            kind: Kind = "masks" if target.shape else "classes"
            return cls(kind, names, ending, single, ignored=target.ignored)
        if target.reading in ("binary", "signs"):
            width = target.shape[-1] if target.shape else 1
            names = target.names or (tuple(map(str, range(width))) if width > 1 else (output.name,))
            if len(names) == width:
                return cls("labels", names, ending, signs=target.reading == "signs")
        return cls("numbers")

    # --- of a batch -----------------------------------------------------------------------------------------------------

    def probabilities(self, values: Array) -> Doubles:
        """The probability of each class, or of a yes, along the last axis; numbers as they are.

        Args:
            values: the output for several examples.
        """
        found = np.asarray(values, np.float64)
        if self.kind == "numbers" or self.signs:
            return found
        if self.kind == "labels":
            return found if self.ending == "sigmoid" else sigmoid(found)
        if self.single:
            one = found if self.ending == "sigmoid" else sigmoid(found)
            return np.concatenate([1 - one, one], axis=-1)
        if self.ending:
            return found
        found = np.exp(found - found.max(axis=-1, keepdims=True))
        return np.asarray(found / found.sum(axis=-1, keepdims=True))

    def taken(self, values: Array) -> Integers:
        """What the network takes each example, or each of its places, for: numbers of classes, or 1 for a yes.

        Of classes with the same number, the first.
        """
        border = 0.5 if self.ending == "sigmoid" else 0.0
        if self.kind == "labels":
            return (np.asarray(values) > (0.0 if self.signs else border)).astype(np.int64)
        if self.single:
            return (np.asarray(values)[..., 0] > border).astype(np.int64)
        return np.asarray(values.argmax(axis=-1), np.int64)

    def yes(self, labels: Array) -> Array:
        """Labels that are a yes or no each, as booleans in the shape of the output: signs, and 0 and 1."""
        found = np.asarray(labels) > (0.0 if self.signs else 0.5)
        return found.reshape(len(found), -1) if found.ndim < 2 else found


def sigmoid(values: Array) -> Doubles:
    """The logistic function, without overflow."""
    with np.errstate(over="ignore"):
        return np.asarray(1 / (1 + np.exp(-np.asarray(values, np.float64))))
