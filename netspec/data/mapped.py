"""Arrays that stay in their file, and are read a batch at a time."""

from __future__ import annotations

import numpy as np
import psutil

from netspec.data.dataset import Array, Floats, Index, Integers, scaled

IN_MEMORY = 0.25  # of the free memory: what takes less is read at once


def fits(size: int) -> bool:
    """Whether so many bytes fit comfortably into memory."""
    return size < IN_MEMORY * psutil.virtual_memory().available


class Mapped:
    """An array in a file, as an array in memory would be that has been scaled."""

    def __init__(self, array: Array, divisor: float, numbers: Integers | None = None) -> None:
        """`numbers` are those of the entries that it has; None takes all."""
        self._array = array
        self._divisor = divisor
        self._numbers = np.arange(len(array)) if numbers is None else numbers
        self.shape: tuple[int, ...] = (len(self._numbers), *array.shape[1:])
        self.dtype = np.dtype(np.float32)
        self.ndim = array.ndim

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, key: Index, /) -> Floats:
        """One entry for a number, several for a slice, an array of indices or a mask."""
        return scaled(np.array(self._array[self._numbers[key]]), self._divisor)

    def take(self, indices: Integers, /) -> Mapped:
        """Some of them, which are read later."""
        return Mapped(self._array, self._divisor, self._numbers[indices])
