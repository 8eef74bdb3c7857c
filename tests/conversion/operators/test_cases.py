"""Each operator of ONNX's, and each way to take one apart, comes to the kind that it is, with the same outputs."""

from __future__ import annotations

from pathlib import Path

import keras
import pytest

from .accept import accepted, line
from .cases import CASES

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
pytestmark = pytest.mark.backend

# Keras on PyTorch normalises over the last axes only.
NOT_ON_PYTORCH = ("layer norm of Keras",)


@pytest.mark.parametrize("name", CASES)
def test_an_operator(name: str, tmp_path: Path) -> None:
    if keras.backend.backend() == "torch" and name in NOT_ON_PYTORCH:
        pytest.skip("Keras on PyTorch normalises over the last axes only")
    assert line(name, tmp_path) == accepted()[name]
