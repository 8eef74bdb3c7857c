"""The masks of a folder: a label a pixel, as palette or grey values."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from netspec.data.dataset import Array, Integers
from netspec.data.headers import Size
from netspec.data.images import each_file, labels_of, reason_of, strict
from netspec.data.paths import quoted
from netspec.data.pieces import Pieces, Tally
from netspec.data.source import DataError


class Masks:
    """Mask files, which are decoded when they are wanted; the first `keeps` of them stay decoded.

    Raises DataError that names those that cannot be read.
    """

    def __init__(self, name: str, folder: Path, files: Sequence[str], size: Size, keeps: int = 0) -> None:
        self.name = name
        self.folder = folder
        self.files = files
        self.size = size
        keeps = min(keeps, len(files))
        self._kept = np.empty((keeps, *size), np.uint8)
        self._is_kept = np.zeros(keeps, np.bool_)  # one with labels above 255 never is
        self._tally = self._look()

    def _look(self) -> Tally:
        """Decode all, once: which labels each holds."""
        found: list[tuple[bytes, bytes]] = [(b"", b"")] * len(self.files)

        def look(index: int, path: Path) -> None:
            labels = labels_of(path, self.size)
            values, counts = _counted(labels)
            found[index] = values.astype(np.int32).tobytes(), counts.astype(np.int32).tobytes()
            self._keep(index, labels)

        each_file(self.name, self.folder, self.files, look)
        lengths = [len(values) // 4 for values, _ in found]
        return Tally(
            np.frombuffer(b"".join(values for values, _ in found), np.int32).astype(np.int64),
            np.frombuffer(b"".join(counts for _, counts in found), np.int32).astype(np.int64),
            np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]),
        )

    def _keep(self, number: int, labels: Array) -> None:
        if number < len(self._is_kept) and labels.dtype == np.uint8:
            self._kept[number] = labels
            self._is_kept[number] = True  # after the labels: another thread may look at any moment

    @property
    def labels(self) -> Pieces:
        """All of them, as an array would hold them."""
        return Pieces(self.read, self._tally, self.size)

    def read(self, numbers: Integers) -> Array:
        """The labels of some masks."""
        made = np.empty((len(numbers), *self.size), np.int32)
        with strict:
            for place, number in enumerate(numbers.tolist()):
                kept = number < len(self._is_kept) and self._is_kept[number]
                made[place] = self._kept[number] if kept else self._decode(number)
        return made

    def _decode(self, number: int) -> Array:
        file = self.files[number]
        try:
            return labels_of(self.folder / file, self.size)
        except Exception as error:  # noqa: BLE001 - decoders raise whatever a broken file makes them stumble over
            raise DataError(f"cannot read {quoted(file)} in {quoted(self.name)}: {reason_of(error)}") from None


def _counted(labels: Array) -> tuple[Array, Array]:
    if labels.dtype != np.uint8:
        return np.unique(labels, return_counts=True)
    counts = np.bincount(labels.reshape(-1))
    values = np.flatnonzero(counts)
    return values, counts[values]
