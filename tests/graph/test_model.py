"""The graph as data."""

from __future__ import annotations

import re

import pytest

from netspec.graph.model import BYTES
from netspec.pipeline import check_text
from netspec.spec.document import DTYPES


@pytest.mark.parametrize("dtype", [each for each in DTYPES.choices if each != "string"])
def test_a_type_of_numbers_takes_as_many_bytes_as_its_name_says(dtype: str) -> None:
    bits = re.search(r"\d+$", dtype)
    assert BYTES[dtype] == (int(bits[0]) // 8 if bits else 1)


def test_activations_are_counted_by_the_bytes_of_their_type() -> None:
    spec = check_text("netspec: 1\ninput: {shape: [4, 4, 1], dtype: uint8}\nlayers: [crop: 1, rescale: 0.5]\n")
    assert spec.graph is not None
    assert spec.graph.totals().activation_bytes == 2 * 2 * 1 + 2 * 2 * 4
