"""Shapes and windows.

A shape is a tuple of sizes without the batch dimension, channels last; None stands for a size that is not known until run
time. The one formula is that of Dumoulin and Visin, "A guide to convolution arithmetic for deep learning"
(arXiv 1603.07285): a window of size F (dilation d makes it d*(F-1)+1), stride S and padding P on each side of W gives
(W - F + 2*P) / S + 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import NamedTuple

Size = int | None
Shape = tuple[Size, ...]

AXIS_WORDS = {1: ("steps",), 2: ("rows", "columns"), 3: ("planes", "rows", "columns")}


def show_shape(shape: Shape | None) -> str:
    """`26 x 26 x 96`, with `?` where a size is unknown."""
    if shape is None:
        return "unknown"
    return " x ".join("?" if size is None else str(size) for size in shape) if shape else "a single number"


def compact(shape: Shape | None) -> str:
    """`26×26×96`, with `?` where a size, or all, is unknown."""
    if shape is None:
        return "?"
    return "×".join("?" if size is None else str(size) for size in shape) if shape else "scalar"


def size_of(shape: Shape | None) -> int | None:
    """How many numbers a shape holds, None where a size is unknown."""
    if shape is None:
        return None
    total = 1
    for size in shape:
        if size is None:
            return None
        total *= size
    return total


def effective(size: int, dilation: int) -> int:
    """The reach of a window whose taps stand `dilation` apart."""
    return dilation * (size - 1) + 1


class Window(NamedTuple):
    """A window along one dimension: its reach (dilation included), stride, and padding before and after."""

    size: int
    stride: int
    before: int = 0
    after: int = 0


def same_padding(width: int, size: int, stride: int) -> tuple[int, int]:
    """What TensorFlow's `same` adds before and after: so much that the output is ceil(width / stride)."""
    total = max((-(-width // stride) - 1) * stride + size - width, 0)
    return total // 2, total - total // 2


def tiles(width: int, window: Window) -> bool:
    """Does the window, moved by its stride, end exactly at the end of the padded width?"""
    return (width + window.before + window.after - window.size) % window.stride == 0


def slide(width: int, window: Window, ceil: bool = False) -> int:
    """The number of positions where the window fits; with `ceil`, one more where a rest is left over."""
    rest = width + window.before + window.after - window.size
    if rest < 0:
        return 0
    if not ceil:
        return rest // window.stride + 1
    positions = -(-rest // window.stride) + 1
    # As in Caffe and PyTorch, windows that would start beyond the input, in the padding, are left out.
    return min(positions, -(-(width + window.before) // window.stride))


def formula(width: int, window: Window) -> str:
    """The arithmetic with a node's own numbers: `(10 - 3 + 2*0) / 2 + 1 = 4.5`."""
    padding = f"2*{window.before}" if window.before == window.after else f"{window.before} + {window.after}"
    value = (width - window.size + window.before + window.after) / window.stride + 1
    return f"({width} - {window.size} + {padding}) / {window.stride} + 1 = {value:.10g}"


def per_dimension(value: int | Sequence[int], rank: int) -> tuple[int, ...] | None:
    """A hyperparameter's value for each of `rank` dimensions, or None where a list has another length."""
    if isinstance(value, int):
        return (value,) * rank
    return tuple(value) if len(value) == rank else None


def sides(value: int | Sequence[int | tuple[int, int]], rank: int) -> tuple[tuple[int, int], ...] | None:
    """(before, after) for each of `rank` dimensions, or None where a list has another length."""
    if isinstance(value, int):
        return ((value, value),) * rank
    if len(value) != rank:
        return None
    return tuple((v, v) if isinstance(v, int) else (v[0], v[1]) for v in value)


def broadcast(a: Shape, b: Shape, *, known: bool = False) -> Shape | None:
    """The shape of an elementwise operation, aligned at the right as Keras's merge layers do; None where they differ.

    A size that one side does not know stays unknown, whatever the other says, because Keras's layers leave it so too;
    with `known`, as in `keras.ops`, the other's size counts unless it is 1.
    """
    if len(a) < len(b):
        a, b = b, a
    result = list(a[: len(a) - len(b)])
    for x, y in zip(a[len(a) - len(b) :], b, strict=True):
        if x is None or y is None:
            size = y if x is None else x
            result.append(size if known and size != 1 else None)
        elif x == y or y == 1:
            result.append(x)
        elif x == 1:
            result.append(y)
        else:
            return None
    return tuple(result)


def spatial_shape(shape: Shape) -> tuple[int, ...] | None:
    """All sizes but the channels; None where one is unknown."""
    sizes = shape[:-1]
    return None if None in sizes else sizes  # type: ignore[return-value]  # which mypy cannot see


def positions(shape: Shape) -> int | None:
    """How many positions a shape has: the product of all but the channels."""
    sizes = spatial_shape(shape)
    return None if sizes is None else prod(sizes)


MIN_IMAGE = 8  # positions along a side, of what looks like an image and not like many channels


def channels_first(shape: Shape | None) -> bool:
    """Does a shape look like an image whose channels come first: `3 x 224 x 224`?"""
    if shape is None or len(shape) < 3 or shape[0] not in (1, 3):
        return False
    return len({*shape[1:]}) == 1 and shape[-1] is not None and shape[-1] >= MIN_IMAGE


def batch_first(shape: Shape | None) -> bool:
    """Does a shape look like that of a batch of images: `? x 32 x 32 x 3`?"""
    if shape is None or len(shape) != 4 or shape[0] is not None or None in shape[1:]:
        return False
    return shape[1] == shape[2] and shape[3] in (1, 3)
