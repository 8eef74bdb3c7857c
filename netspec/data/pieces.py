"""Labels in the places of an example, which are read when they are indexed: the masks of a folder of any size.

What must be known of all of them, which values they hold and how often, is counted once, when they are looked through.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from netspec.data.dataset import Array, Examples, Index, Integers

Encode = Callable[[Array], Array]


class Tally(NamedTuple):
    """Which values each example holds, and how often: those of example i stand from `ends[i]` to `ends[i + 1]`."""

    values: Integers
    counts: Integers
    ends: Integers

    def of(self, numbers: Integers) -> tuple[Integers, Integers]:
        """The values that some examples hold, each once, and how often."""
        if len(numbers) == len(self.ends) - 1:  # all of them, as nobody takes one twice
            values, counts = self.values, self.counts
        else:
            starts, lengths = self.ends[numbers], self.ends[numbers + 1] - self.ends[numbers]
            at = np.repeat(starts - (np.cumsum(lengths) - lengths), lengths) + np.arange(lengths.sum())
            values, counts = self.values[at], self.counts[at]
        found, places = np.unique(values, return_inverse=True)
        sums = np.zeros(len(found), np.int64)
        np.add.at(sums, places, counts)
        return found, sums


class Pieces:
    """Whole numbers in places, as an array of shape (n, rows, columns) would hold them."""

    def __init__(
        self,
        read: Callable[[Integers], Array],
        tally: Tally,
        shape: tuple[int, ...],
        numbers: Integers | None = None,
        encode: Encode | None = None,
    ) -> None:
        """Labels that are read by `read`.

        Args:
        read: the examples of some numbers as they are stored.
        tally: what they hold.
        shape: of an example.
        numbers: of the examples that these are; None takes all.
        encode: what is done to each value when it is read.
        """
        self._read = read
        self._tally = tally
        self._numbers = np.arange(len(tally.ends) - 1) if numbers is None else numbers
        self._encode = encode
        self.shape: tuple[int, ...] = (len(self._numbers), *shape)
        self.ndim = len(self.shape)
        self.dtype = self._encoded(np.zeros(0, np.int32)).dtype

    def _encoded(self, values: Array) -> Array:
        return values if self._encode is None else self._encode(values)

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, key: Index, /) -> Array:
        """One example for a number, several for a slice, an array of indices or a mask."""
        chosen = self._numbers[key]
        if chosen.ndim:
            return self._encoded(self._read(chosen))
        one: Array = self._encoded(self._read(chosen[np.newaxis]))[0]
        return one

    def take(self, indices: Integers, /) -> Pieces:
        """Some of them, which are read later."""
        return Pieces(self._read, self._tally, self.shape[1:], self._numbers[indices], self._encode)

    def through(self, encode: Encode) -> Pieces:
        """The same with something done to each value when it is read."""

        def both(values: Array) -> Array:
            return encode(self._encoded(values))

        return Pieces(self._read, self._tally, self.shape[1:], self._numbers, both)

    @property
    def distinct(self) -> Array:
        """The values that occur, each once, in order."""
        values, _ = self.counted()
        return values

    def counted(self) -> tuple[Array, Integers]:
        """The values that occur, each once, in order, and how often each does."""
        found, counts = self._tally.of(self._numbers)
        values, places = np.unique(self._encoded(found), return_inverse=True)
        sums = np.zeros(len(values), np.int64)
        np.add.at(sums, places, counts)
        return values, sums

    def first(self, value: int) -> int:
        """The first example that holds a value."""
        holds = self._encoded(self._tally.values) == value
        with_it = np.unique(np.searchsorted(self._tally.ends, np.flatnonzero(holds), side="right") - 1)
        return int(np.isin(self._numbers, with_it).argmax())


def counted(labels: Examples) -> tuple[Array, Integers]:
    """The values that labels hold, each once, in order, and how often each does."""
    if isinstance(labels, Pieces):
        return labels.counted()
    return np.unique(np.asarray(labels[:]), return_counts=True)
