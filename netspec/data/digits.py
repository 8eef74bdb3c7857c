"""`digits`: the handwritten digits that scikit-learn carries."""

from __future__ import annotations

import numpy as np

from netspec.data.base import Dataset, divided
from netspec.spec.settings import Data

WHITE = 16  # the brightest value of these pictures


def load_digits(data: Data, seed: int) -> Dataset:
    """1,797 pictures of 8 x 8 x 1, in [0, 1] unless `rescale` says otherwise."""
    from sklearn import datasets  # a second that the other sources need not wait

    bunch = datasets.load_digits()
    x, y = bunch.images[..., np.newaxis], bunch.target.astype(np.int64)
    return divided("`digits`", x, y, data, seed, classes=tuple("0123456789"), divisor=WHITE)
