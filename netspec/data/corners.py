"""`corners`: generated pictures that ask one question: is there a right-angled corner somewhere?

A picture of 16 x 16 has four cells of 5 x 5, two by two, with margins and gaps of 2:

      2  5  2  5  2
    2 . . . . . . .
    5 . [A] . [B] .
    2 . . . . . . .
    5 . [B] . [A] .
    2 . . . . . . .

One of the cells A and one of the cells B hold a figure: two strokes of four and three pixels. Where they meet end to
end at a right angle, they are a corner; where they stay apart (at a right angle with a gap of one pixel, or side by
side), they are not. So a picture with a corner has as much ink as one without, in every cell; only the few pixels
around the vertex tell.

In training and in the first test, corners are in cells A only. The test of unseen positions has them in cells B, which
showed strokes in training, but never a corner. A fully connected network has learned A's pixels and can only guess; a
convolution has learned what a corner is, wherever it stands, if a global pooling follows. Windows that see much more
than a cell (a receptive field above 8) can tell A from B by what is around, and lose this.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from netspec.data.base import Array, Dataset, Floats, Integers, Split, check_memory, divided, scaled
from netspec.spec.settings import Corners, Data

SIZE = 16
CELL = 5
SEEN = ((2, 2), (9, 9))  # top left pixels of the cells A
UNSEEN = ((2, 9), (9, 2))  # and of the cells B
TESTS = 1000  # pictures in each test
CLASSES = ("no corner", "corner")

Cells = tuple[tuple[int, int], ...]
Stamps = NDArray[np.bool_]


def load_corners(source: Corners, data: Data, seed: int) -> Dataset:
    """`samples` pictures of 16 x 16 x 1 in [0, 1] to train on, half of them with a corner, and two tests."""
    check_memory(f"`corners` with {source.samples:,} samples", 3 * 4 * SIZE * SIZE * source.samples)

    def pictures(count: int, stream: int, focus: Cells, other: Cells) -> tuple[Floats, Integers]:
        return generate(np.random.default_rng((seed, stream)), count, focus, other, source.noise)

    def test(stream: int, focus: Cells, other: Cells) -> Split:
        x, y = pictures(TESTS, stream, focus, other)
        return Split(scaled(x, data, 1), y)

    x, y = pictures(source.samples, 10, SEEN, UNSEEN)
    dataset = divided("`corners`", x, y, data, seed, classes=CLASSES, test=test(11, SEEN, UNSEEN))
    return dataset._replace(extra_tests={"unseen positions": test(12, UNSEEN, SEEN)})


def generate(rng: np.random.Generator, count: int, focus: Cells, other: Cells, noise: float) -> tuple[Floats, Integers]:
    """Pictures and labels; the corners of every other picture are in the `focus` cells, the `other` cells hold none."""
    y = rng.permutation(np.arange(count, dtype=np.int64) % 2)
    x = np.zeros((count, SIZE, SIZE), np.float32)
    apart = rng.choice(APART, (2, count))
    _print(rng, x, np.where(y[:, None, None] == 1, rng.choice(CORNERS, count), apart[0]), focus)
    _print(rng, x, apart[1], other)
    x += np.float32(noise) * rng.standard_normal(x.shape, np.float32)
    return np.clip(x, 0, 1, out=x)[..., np.newaxis], y


def _print(rng: np.random.Generator, x: Floats, stamps: Stamps, cells: Cells) -> None:
    """Print each picture's stamp into one of the cells."""
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
