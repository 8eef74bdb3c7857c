"""How good a network's answers are, an example at a time, and how sure their mean is."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from netspec.data.dataset import Array
from netspec.training.meaning import Doubles, Meaning

Z = 1.959963984540054  # standard deviations that hold 95 % of a normal distribution
ACCURACY, ERROR = "accuracy", "mean absolute error"


class Mean(NamedTuple):
    """A mean over examples with the ends of its 95 % confidence interval; NaN where there is none."""

    value: float
    low: float
    high: float


def score_name(meaning: Meaning) -> str:
    """What the scores of an output are."""
    return ERROR if meaning.kind == "numbers" else ACCURACY


def scores(meaning: Meaning, labels: Array, made: Array) -> Doubles:
    """A number for each example: the share of what it says that is right, or the mean absolute error.

    Args:
        meaning: how the output is read.
        labels: what is right.
        made: what the network made of the examples.

    Returns:
        One for each example; NaN where all of its label counts for nothing.
    """
    count = len(labels)
    if meaning.kind == "numbers":
        wrong = np.abs(np.asarray(made, np.float64) - np.asarray(labels, np.float64).reshape(made.shape))
        return np.asarray(wrong.reshape(count, -1).mean(axis=1))
    taken = meaning.taken(made).reshape(count, -1)
    if meaning.kind == "labels":
        return np.asarray((taken == meaning.yes(labels).reshape(taken.shape)).mean(axis=1))
    true = np.asarray(labels).reshape(count, -1).astype(np.int64)
    counted = (true >= 0) & (true < len(meaning.names))
    if meaning.ignored is not None:
        counted &= true != meaning.ignored
    with np.errstate(invalid="ignore"):
        return np.asarray(((taken == true) & counted).sum(axis=1) / counted.sum(axis=1))


def mean(name: str, values: Doubles) -> Mean:
    """The mean of scores, without those that are NaN, and how sure it is.

    Shares have Wilson's interval (1927), which stays between 0 and 1; errors that of the normal distribution. An example is one
    observation, however many ways or places it was asked in, so the interval is never too narrow for that.
    """
    known = values[~np.isnan(values)]
    count = len(known)
    if not count:
        return Mean(math.nan, math.nan, math.nan)
    value = float(known.mean())
    if name == ERROR:
        half = Z * float(known.std(ddof=1)) / math.sqrt(count) if count > 1 else math.nan
        return Mean(value, value - half, value + half)
    whole = 1 + Z**2 / count
    centre = (value + Z**2 / (2 * count)) / whole
    half = Z * math.sqrt(value * (1 - value) / count + Z**2 / (4 * count**2)) / whole
    return Mean(value, max(0.0, centre - half), min(1.0, centre + half))
