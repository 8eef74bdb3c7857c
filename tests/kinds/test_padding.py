"""Which padding Keras has a word for, and which is added by a layer before."""

from __future__ import annotations

import pytest

from netspec.kinds import KINDS
from netspec.kinds.window import Windowed


@pytest.mark.parametrize(
    ("given", "word", "before"),
    [
        ({"padding": "same", "strides": 2}, "same", None),
        ({"padding": "valid"}, "valid", None),
        ({"padding": 1}, "same", None),  # with stride 1 it is the same, whatever the size
        ({"padding": 1, "strides": 2, "rounding": "floor"}, "valid", ((1, 1), (1, 1))),
        ({"padding": 2}, "valid", ((2, 2), (2, 2))),
        ({"padding": ((1, 1), (0, 2))}, "valid", ((1, 1), (0, 2))),
    ],
)
def test_keras_padding(given: dict[str, object], word: str, before: object) -> None:
    conv = KINDS["conv"](filters=1, kernel_size=3, **given)
    assert isinstance(conv, Windowed)
    assert conv.keras_padding((8, 8, 3), 2) == (word, before)
