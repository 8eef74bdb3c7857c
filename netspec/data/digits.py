"""`digits`: the handwritten digits that scikit-learn carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netspec.data.source import DECLARED, DataSource, require
from netspec.options import declare

if TYPE_CHECKING:
    from netspec.data.dataset import Dataset, Request


@declare("digits", table=DECLARED)
class Digits(DataSource):
    """The handwritten digits that scikit-learn carries: 1,797 images of 8x8 grey pixels, ten classes; nothing to download.

    Source: Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998.
    """

    shape = (8, 8, 1)
    classes = 10
    white = 16

    def load(self, request: Request) -> Dataset:
        """The images in [0, 1] unless `rescale` says otherwise; a test is set aside."""
        require("sklearn", "scikit-learn", "`digits`")
        from sklearn import datasets

        from netspec.data.assembly import classified

        bunch = datasets.load_digits()
        x, y = bunch.images[..., None], bunch.target
        return classified("`digits`", {"train": (x, y)}, request, classes=tuple("0123456789"), white=self.white)
