"""Swin in Keras's own words, from torchvision's code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import Input, Model, layers, ops

from tests.support.rebuilt.parts import Tensor, classified


def in_windows(x: Tensor, window: int) -> Tensor:
    """[batch, side, side, channels] to [batch, windows, window * window, channels]."""
    side, channels = x.shape[1:3][0], x.shape[-1]
    number = side // window
    x = ops.transpose(ops.reshape(x, (-1, number, window, number, window, channels)), (0, 1, 3, 2, 4, 5))
    return ops.reshape(x, (-1, number**2, window**2, channels))


def as_image(x: Tensor, side: int, window: int) -> Tensor:
    """The way back."""
    number, channels = side // window, x.shape[-1]
    x = ops.transpose(ops.reshape(x, (-1, number, number, window, window, channels)), (0, 1, 3, 2, 4, 5))
    return ops.reshape(x, (-1, side, side, channels))


class Table(layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Adds to scores [batch, windows, heads, places, places] a learned number for each head and distance."""

    def __init__(self, window: int) -> None:
        super().__init__()
        self.window = window
        row, column = (each.ravel() for each in np.indices((window, window)))
        down, right = row[:, None] - row + window - 1, column[:, None] - column + window - 1
        self.at = down * (2 * window - 1) + right

    def build(self, shape: Sequence[int]) -> None:
        self.value = self.add_weight(shape=((2 * self.window - 1) ** 2, shape[2]), initializer="random_normal")

    def call(self, scores: Tensor) -> Tensor:
        return scores + ops.transpose(ops.take(self.value, self.at, axis=0), (2, 0, 1))


def hidden(side: int, window: int, shift: int) -> np.ndarray[Any, Any]:
    """[windows, 1, places, places]: -100 between places that only the roll has made neighbours."""
    region, number = np.zeros((side, side)), 0
    bands = (slice(0, -window), slice(-window, -shift), slice(-shift, None))
    for rows in bands:
        for columns in bands:
            region[rows, columns] = number
            number += 1
    n = side // window
    places = region.reshape(n, window, n, window).transpose(0, 2, 1, 3).reshape(n * n, window**2)
    return np.where(places[:, None, :] == places[:, :, None], 0, -100)[:, None].astype("float32")


def attention(x: Tensor, heads: int, window: int, shift: int) -> Tensor:
    """Of the places of each window to each other."""
    side, width = x.shape[1], x.shape[-1]
    each = width // heads
    if shift:
        x = ops.roll(x, (-shift, -shift), (1, 2))
    x = in_windows(x, window)
    shape = (side // window) ** 2, window**2, heads, each
    query, key, value = (layers.EinsumDense("bwpc,chd->bwphd", shape, bias_axes="hd")(x) for _ in range(3))
    scores = Table(window)(ops.einsum("bwphd,bwqhd->bwhpq", query, key) / each**0.5)
    if shift:
        scores = scores + hidden(side, window, shift)
    x = ops.einsum("bwhpq,bwqhd->bwphd", ops.softmax(scores), value)
    x = layers.EinsumDense("bwphd,hdc->bwpc", (*shape[:2], width), bias_axes="c")(x)
    x = as_image(x, side, window)
    return ops.roll(x, (shift, shift), (1, 2)) if shift else x


def swin(size: int, width: int, heads: int, depths: Sequence[int], window: int) -> Model:
    """arXiv 2103.14030, figures 2 to 4."""
    inputs = Input((size, size, 3))

    def norm(x: Tensor) -> Tensor:
        return layers.LayerNormalization(epsilon=1e-5)(x)

    x = norm(layers.Conv2D(width, 4, strides=4)(inputs))
    for stage, depth in enumerate(depths):
        if stage:
            x = ops.concatenate([x[:, i::2, j::2] for i in (0, 1) for j in (0, 1)], axis=-1)
            x = layers.Dense(x.shape[-1] // 2, use_bias=False)(norm(x))
        side, channels = x.shape[1], x.shape[-1]
        local = min(window, side)
        for index in range(depth):
            shift = local // 2 if index % 2 and side > local else 0
            x = x + attention(norm(x), heads * 2**stage, local, shift)
            y = layers.Dense(4 * channels, activation="gelu")(norm(x))
            x = x + layers.Dense(channels)(y)
    return classified(inputs, norm(x))
