"""Random numbers of the laws that Keras's initialisers have, drawn by NumPy.

A framework's own random kernels are looked up, placed and, on some backends, compiled for each shape, which for most
tensors of a network takes longer than its numbers; and they take longer for the numbers too.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]
    Draw = Callable[[np.random.SFC64, Array, Array], None]  # fills an array; two more of its size are at hand

CUT = 2.0  # truncated normals end here, in standard deviations
CUT_DEVIATION = 0.87962566103423978  # what is left of one standard deviation by that
ALIGNMENT = 64  # bytes: what begins at a multiple, a framework can take as it is
PART = (
    1 << 18
)  # numbers that have a generator of their own, so that what is drawn does not depend on the number of threads
BLOCK = 1 << 16  # numbers that stay in the processor's cache from one operation to the next

# The inverse of the normal distribution function between -2 and 2 is, at (1 + t) / 2, t times this polynomial of
# log(1 - t²), highest power first: a minimax fit, off by 1e-6 at most in single precision.
QUANTILE = (-4.13945537e-05, -6.91669349e-05, 0.00348496433, 0.0164670233, -0.328076423, 1.25331754)


def uniform(seed: int, shape: Sequence[int], low: float, high: float) -> Array:
    """Uniform between two numbers."""
    middle = (low + high) / 2

    def draw(bits: np.random.SFC64, x: Array, rooms: Array) -> None:
        _between(bits, x, (high - low) / 2)
        if middle:
            x += middle

    return _drawn(seed, shape, draw)


def normal(seed: int, shape: Sequence[int], mean: float, deviation: float) -> Array:
    """Normal."""
    import numpy as np

    def draw(bits: np.random.SFC64, x: Array, rooms: Array) -> None:
        np.random.Generator(bits).standard_normal(dtype=np.float32, out=x)
        x *= deviation
        if mean:
            x += mean

    return _drawn(seed, shape, draw)


def truncated_normal(seed: int, shape: Sequence[int], mean: float, deviation: float) -> Array:
    """Normal within two standard deviations, by the inverse of its distribution function, which NumPy has not."""
    import numpy as np

    reach = math.erf(CUT / math.sqrt(2)) * (1 - 2**-20)  # a little less: rounding must not lead beyond the cut
    first, *middle, last = (deviation * factor for factor in QUANTILE)

    def draw(bits: np.random.SFC64, x: Array, rooms: Array) -> None:
        _between(bits, x, reach)
        w, factor = rooms[0, : x.size], rooms[1, : x.size]
        np.multiply(x, x, out=w)
        np.subtract(1, w, out=w)
        np.log(w, out=w)
        np.multiply(w, first, out=factor)
        for following in middle:
            factor += following
            factor *= w
        factor += last
        x *= factor
        if mean:
            x += mean

    return _drawn(seed, shape, draw)


def filled(shape: Sequence[int], value: float) -> Array:
    """One number everywhere."""
    made = aligned(math.prod(shape), zero=not value)
    if value:
        made.fill(value)
    return made.reshape(shape)


def orthogonal(seed: int, shape: Sequence[int], gain: float) -> Array:
    """The columns, or the rows where they are fewer, of a random orthogonal matrix (arXiv 1312.6120)."""
    import numpy as np

    rows, columns = math.prod(shape[:-1]), shape[-1]
    q, r = np.linalg.qr(normal(seed, (max(rows, columns), min(rows, columns)), 0, 1))
    q *= gain * np.sign(np.diagonal(r))  # without the signs, not every matrix would be as likely
    return np.ascontiguousarray(q.T if rows < columns else q).reshape(shape)


def fans(shape: Sequence[int], inputs: Sequence[int] | None, outputs: Sequence[int] | None) -> tuple[int, int]:
    """From how many numbers an output is made, and to how many an input goes; `inputs` and `outputs` name axes, or None."""
    if inputs is not None and outputs is not None:
        return math.prod(shape[axis] for axis in inputs), math.prod(shape[axis] for axis in outputs)
    if len(shape) < 2:
        return (math.prod(shape),) * 2
    window = math.prod(shape[:-2])
    return shape[-2] * window, shape[-1] * window


def aligned(size: int, *, zero: bool = False) -> Array:
    """Memory for so many numbers, from a multiple of ALIGNMENT on."""
    import numpy as np

    room = (np.zeros if zero else np.empty)(size * 4 + ALIGNMENT, np.uint8)
    start = -room.__array_interface__["data"][0] % ALIGNMENT
    return room[start : start + size * 4].view(np.float32)


def _between(bits: np.random.SFC64, x: Array, reach: float) -> None:
    """Uniform between -reach and reach: half of the time of NumPy's own, which makes one number at once."""
    import numpy as np

    x[:] = bits.random_raw((x.size + 1) // 2).view(np.int32)[: x.size]
    x *= reach * 2.0**-31


def _drawn(seed: int, shape: Sequence[int], draw: Draw) -> Array:
    import numpy as np

    drawn = aligned(math.prod(shape))

    def fill(number: int) -> None:
        part = drawn[number * PART : (number + 1) * PART]
        bits = np.random.SFC64((seed, number))
        rooms = np.empty((2, min(part.size, BLOCK)), np.float32)
        for start in range(0, part.size, BLOCK):
            draw(bits, part[start : start + BLOCK], rooms)

    parts = -(-drawn.size // PART)
    if parts > 1:
        with ThreadPoolExecutor(min(parts, os.cpu_count() or 1)) as pool:
            list(pool.map(fill, range(parts)))
    else:
        fill(0)
    return drawn.reshape(shape)
