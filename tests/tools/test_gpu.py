"""The table that tools/bench/gpu.py prints; CI runs the whole on a CPU by `--small`."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parent.parent.parent / "tools" / "bench" / "gpu.py"


@pytest.fixture(scope="module")
def gpu() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_gpu", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_has_medians_spread_and_shares(gpu: ModuleType) -> None:
    """4,000,000,000 products a forward pass make 24e9 operations a step and image: 1,000 images a second are 24e12."""
    measured = [
        gpu.Measured("netspec on JAX", (1.0, 2.0, 1.25), 1000),
        gpu.Measured("PyTorch", (1.0,), 1000),
        gpu.Measured("Keras on JAX", (), 1000),
    ]
    assert gpu.table(measured, 4_000_000_000, 96e12) == [
        "| | images a second | rounds, least to most | seconds a round | of the matrix rate | to PyTorch |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
        "| netspec on JAX | 800 | 3: 500 to 1,000 | 1.250 | 20.0 % | 0.80 |",
        "| PyTorch | 1,000 | 1: 1,000 to 1,000 | 1.000 | 25.0 % | 1.00 |",
    ]


def test_without_a_reference_or_a_rate_the_cells_are_empty(gpu: ModuleType) -> None:
    assert gpu.table([gpu.Measured("Keras on JAX", (2.0,), 10)], 1, None)[-1] == (
        "| Keras on JAX | 5 | 1: 5 to 5 | 2.000 |  |  |"
    )
