"""Positions by sines, against the formulas of their papers in plain numbers."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

import netspec.layers

pytestmark = pytest.mark.backend


def numbers(*shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(1).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("channels", [8, 5])
def test_sinusoidal(channels: int) -> None:
    x = numbers(2, 7, channels)
    expected = x.copy()
    for step in range(7):
        for i in range(channels):
            angle = step / 100.0 ** ((i - i % 2) / channels)
            expected[:, step, i] += np.cos(angle) if i % 2 else np.sin(angle)
    layer = netspec.layers.SinusoidalEmbedding(max_wavelength=100.0)
    np.testing.assert_allclose(np.asarray(layer(x)), expected, atol=1e-5)


@pytest.mark.parametrize("axis", [1, 2, -2])
def test_rotary(axis: int) -> None:
    x = numbers(2, 3, 5, 6)
    expected = np.empty_like(x)
    for step in range(x.shape[axis]):
        place = (slice(None),) * (axis % 4) + (step,)
        for i in range(3):
            angle = step / 100.0 ** (2 * i / 6)
            first, second = x[..., i][place], x[..., i + 3][place]
            expected[..., i][place] = first * np.cos(angle) - second * np.sin(angle)
            expected[..., i + 3][place] = second * np.cos(angle) + first * np.sin(angle)
    layer = netspec.layers.RotaryEmbedding(max_wavelength=100.0, axis=axis)
    np.testing.assert_allclose(np.asarray(layer(x)), expected, atol=1e-5)


def test_products_of_turned_steps_tell_how_far_apart_they_are() -> None:
    query, key = numbers(8), numbers(16)[8:]
    layer = netspec.layers.RotaryEmbedding()
    queries, keys = (np.asarray(layer(np.tile(each, (1, 20, 1))))[0] for each in (query, key))
    products = queries @ keys.T
    for apart in range(-19, 20):
        diagonal = np.diagonal(products, apart)
        np.testing.assert_allclose(diagonal, diagonal[0], atol=1e-4)
    assert abs(products[0, 5] - products[0, 0]) > 0.01
