"""`corners`: generated images that ask one question: is there a right-angled corner somewhere?

An image of 16 x 16 has four cells of 5 x 5, two by two, with margins and gaps of 2:

      2  5  2  5  2
    2 . . . . . . .
    5 . [A] . [B] .
    2 . . . . . . .
    5 . [B] . [A] .
    2 . . . . . . .

One of the cells A and one of the cells B hold a figure: two strokes of four and three pixels. Where they meet end to
end at a right angle, they are a corner; where they stay apart (at a right angle with a gap of one pixel, or side by
side), they are not. So an image with a corner has as much ink as one without, in every cell; only the few pixels
around the vertex tell.

In training and in the first test, corners are in cells A only. The test of unseen positions has them in cells B, which
showed strokes in training, but never a corner. A fully connected network has learned A's pixels and can only guess; a
convolution has learned what a corner is, wherever it stands, if a global pooling follows. Windows that see much more
than a cell (a receptive field above 8) can tell A from B by what is around, and lose this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netspec.data.source import DECLARED, DataSource
from netspec.options import Integer, Number, declare, option

if TYPE_CHECKING:
    from netspec.data.corner_images import Cells
    from netspec.data.dataset import Dataset, Floats, Integers, Request

TESTS = 1000  # images in each test
CLASSES = ("no corner", "corner")


@declare("corners", table=DECLARED)
class Corners(DataSource):
    """Generated images of 16x16 pixels: is there a right-angled corner somewhere? Two classes.

    Training images hold their corners in some positions only; the test tells seen and unseen positions apart.
    """

    samples: int = option(Integer(ge=100), "Number of training images.", 4000)
    noise: float = option(Number(ge=0, le=1), "Standard deviation of the noise added to an image.", 0.05)

    shape = (16, 16, 1)
    classes = 2
    white = 1

    def load(self, request: Request) -> Dataset:
        """`samples` images in [0, 1] to train on, half of them with a corner, and two tests."""
        import numpy as np

        from netspec.data.assembly import classified
        from netspec.data.corner_images import SEEN, SIZE, UNSEEN, generate
        from netspec.data.dataset import check_memory

        check_memory(f"`corners` with {self.samples:,} samples", 3 * 4 * SIZE * SIZE * self.samples)

        def images(count: int, stream: int, focus: Cells, other: Cells) -> tuple[Floats, Integers]:
            return generate(np.random.default_rng((request.seed, stream)), count, focus, other, self.noise)

        return classified(
            "`corners`",
            {"train": images(self.samples, 10, SEEN, UNSEEN), "test": images(TESTS, 11, SEEN, UNSEEN)},
            request,
            classes=CLASSES,
            extra_tests={"unseen positions": images(TESTS, 12, UNSEEN, SEEN)},
        )
