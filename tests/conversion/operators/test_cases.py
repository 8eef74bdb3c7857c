"""Each operator of ONNX's, and each way to take one apart, comes to the kind that it is, with the same outputs."""

from __future__ import annotations

from pathlib import Path

import pytest

from .accept import accepted, line
from .cases import CASES

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
pytestmark = pytest.mark.backend


@pytest.mark.parametrize("name", CASES)
def test_an_operator(name: str, tmp_path: Path) -> None:
    assert line(name, tmp_path) == accepted()[name]
