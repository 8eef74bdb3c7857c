"""What images show, moved: where each place of a moved image comes from, and the image that has it so."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from netspec.data.dataset import Array

Matrix = NDArray[
    np.float64
]  # 3 x 3: of a place (row, column, 1) in the moved image, where it comes from, up to a factor
Field = NDArray[np.float64]  # 2 x rows x columns: how far from each place, as a share of the size, that comes from
Motion = Matrix | Field
Size = tuple[int, int]
_MODES = {"reflect": "reflect", "wrap": "grid-wrap", "constant": "grid-constant", "nearest": "nearest"}


def translation(rows: float, columns: float) -> Matrix:
    """So many places down and to the right."""
    matrix = np.eye(3)
    matrix[:2, 2] = -rows, -columns
    return matrix


def rotation(angle: float, size: Size) -> Matrix:
    """About the centre, in radians, counter-clockwise."""
    cos, sin = math.cos(angle), math.sin(angle)
    return about_centre(np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]]), size)


def scaling(factor: float, size: Size) -> Matrix:
    """Larger about the centre by a factor, or smaller where it is below 1."""
    return about_centre(np.diag([1 / factor, 1 / factor, 1.0]), size)


def about_centre(matrix: Matrix, size: Size) -> Matrix:
    """A motion about the first place, done about the middle of an image."""
    centre = np.array([(size[0] - 1) / 2, (size[1] - 1) / 2])
    made = matrix.copy()
    made[:2, 2] = centre - matrix[:2, :2] @ centre
    return made


def origins(motion: Motion, size: Size, other: Size) -> Motion:
    """The same motion in an image or a mask of another size, whose places cover those of the image."""
    if motion.shape == (3, 3):
        return _at_scale(motion, size, other)
    if size == other:
        return motion
    from scipy import ndimage

    factors = [wanted / had for wanted, had in zip(other, size, strict=True)]
    return np.stack([ndimage.zoom(each, factors, order=1, grid_mode=True, mode="nearest") for each in motion])


def _at_scale(matrix: Matrix, size: Size, other: Size) -> Matrix:
    """The same motion of a mask in another size, whose places cover those of the image."""
    if size == other:
        return matrix
    scale = np.eye(3)
    for axis in (0, 1):
        factor = size[axis] / other[axis]
        scale[axis, axis], scale[axis, 2] = factor, factor / 2 - 0.5
    return np.linalg.inv(scale) @ matrix @ scale


def moved_by(values: Array, motion: Motion, mode: str, fill: float | Sequence[float], order: int) -> Array:
    """An image or a mask, each of whose places holds what stood where it comes from.

    Args:
        values: rows x columns, or rows x columns x channels.
        motion: of each place, where it comes from.
        mode: what lies beyond the image, as Keras's layers call it: `reflect`, `wrap`, `constant` or `nearest`.
        fill: what it is where that is `constant`, of all channels or of each.
        order: 1 to interpolate between places, 0 to take the nearest.
    """
    from scipy import ndimage  # takes a quarter of a second, which only augmented masks need

    channels = values[..., None] if values.ndim == 2 else values
    result = np.empty_like(channels)
    fills = np.broadcast_to(np.asarray(fill), channels.shape[-1:])
    more = {"order": order, "mode": _MODES[mode], "prefilter": False}
    affine = motion.shape == (3, 3) and not motion[2, :2].any()
    places = None if affine else _places(motion, values.shape[:2])
    for channel in range(channels.shape[-1]):
        one, beyond = channels[..., channel], fills[channel]
        result[..., channel] = (
            ndimage.affine_transform(one, motion, cval=beyond, **more)
            if affine
            else ndimage.map_coordinates(one, places, cval=beyond, **more)
        )
    return result[..., 0] if values.ndim == 2 else result


def _places(motion: Motion, size: Size) -> Field:
    """Where each place of an image comes from."""
    here = np.stack(np.meshgrid(*map(np.arange, size), indexing="ij")).astype(np.float64)
    if motion.shape != (3, 3):
        return np.asarray(here + motion * np.array(size)[:, None, None])
    row, column, scale = np.tensordot(motion, np.stack([*here, np.ones(size)]), 1)
    return np.stack([row / scale, column / scale])
