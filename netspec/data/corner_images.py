"""The images of `corners`, and the figures that are printed into them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from netspec.data.dataset import Array, Floats, Integers

SIZE = 16
CELL = 5
SEEN = ((2, 2), (9, 9))  # top left pixels of the cells A
UNSEEN = ((2, 9), (9, 2))  # and of the cells B
Cells = tuple[tuple[int, int], ...]
Stamps = NDArray[np.bool_]


def generate(rng: np.random.Generator, count: int, focus: Cells, other: Cells, noise: float) -> tuple[Floats, Integers]:
    """Images and labels; the corners of every other image are in the `focus` cells, the `other` cells hold none."""
    y = rng.permutation(np.arange(count, dtype=np.int64) % 2)
    x = np.zeros((count, SIZE, SIZE), np.float32)
    apart = rng.choice(APART, (2, count))
    _print(rng, x, np.where(y[:, None, None] == 1, rng.choice(CORNERS, count), apart[0]), focus)
    _print(rng, x, apart[1], other)
    x += np.float32(noise) * rng.standard_normal(x.shape, np.float32)
    return np.clip(x, 0, 1, out=x)[..., np.newaxis], y


def _print(rng: np.random.Generator, x: Floats, stamps: Stamps, cells: Cells) -> None:
    """Print each image's stamp into one of the cells."""
    which = rng.integers(len(cells), size=len(x))
    for index, (row, column) in enumerate(cells):
        x[which == index, row : row + CELL, column : column + CELL] = stamps[which == index]


# --- figures ----------------------------------------------------------------------------------------------------------


def _figure(*rows: str) -> Stamps:
    return np.array([[pixel == "#" for pixel in row] for row in rows])


def _stamps(*figures: Stamps) -> Stamps:
    """Every turn and reflection of the figures in every place of a cell, each once."""
    return np.unique(np.stack([stamp for figure in figures for stamp in _placed(figure)]), axis=0)


def _placed(figure: Stamps) -> Iterator[Stamps]:
    for turned in (np.rot90(side, turn) for side in (figure, np.fliplr(figure)) for turn in range(4)):
        height, width = turned.shape
        for row in range(CELL - height + 1):
            for column in range(CELL - width + 1):
                yield np.pad(turned, ((row, CELL - height - row), (column, CELL - width - column)))


CORNERS: Array = _stamps(
    _figure(
        "####",
        "#...",
        "#...",
        "#...",
    )
)
APART: Array = _stamps(
    _figure(
        "####",
        "....",
        "#...",
        "#...",
        "#...",
    ),
    _figure(
        "####",
        "....",
        ".#..",
        ".#..",
        ".#..",
    ),
    _figure(
        "####",
        "....",
        "....",
        "###.",
    ),
)
