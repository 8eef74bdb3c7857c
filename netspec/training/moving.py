"""Augmentation that moves what images show, together with labels that lie in the same places: masks, or the image itself.

It is done to the batches before they reach the network, by NumPy, so that labels move on every backend alike. The laws are those
of Keras's layers. What happens to an example hangs on the seed, the epoch and the example alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from netspec.data.dataset import Array, Integers
from netspec.data.schema import Target
from netspec.kinds import Kind
from netspec.kinds.preprocessing import RandomCrop, RandomFlip, RandomRotation, RandomTranslation, RandomZoom
from netspec.options import Reals
from netspec.training.augment import Label, augmentation, labels_in_images
from netspec.training.plan import Plan

Matrix = NDArray[np.float64]  # 3 x 3: of a place (row, column, 1) in the moved image, where it comes from
Size = tuple[int, int]
_MODES = {"reflect": "reflect", "wrap": "grid-wrap", "constant": "grid-constant", "nearest": "nearest"}


class Moving:
    """The augmentation of the images of an input and of the labels that move with them."""

    def __init__(self, kinds: Sequence[Kind], input_: str, labels: Mapping[str, Label], seed: int) -> None:
        self.kinds = kinds
        self.input = input_
        self.labels = labels
        self.seed = seed

    def __call__(
        self, x: dict[str, Array], y: dict[str, Array], indices: Integers, epoch: int
    ) -> tuple[dict[str, Array], dict[str, Array]]:
        """A batch moved; `indices` say which examples it holds."""
        images = x[self.input]
        moved = np.array(images)
        labels = {name: moved if y[name] is images else np.array(y[name]) for name in self.labels}
        size = images.shape[1:3]
        for place, index in enumerate(indices.tolist()):
            rng = np.random.default_rng((self.seed, epoch, index))
            for kind in self.kinds:
                matrix = _motion(kind, rng, size)
                if matrix is None:
                    continue
                mode, fill = getattr(kind, "fill_mode", "nearest"), getattr(kind, "fill_value", 0.0)
                order = 0 if getattr(kind, "interpolation", "bilinear") == "nearest" else 1
                moved[place] = _moved(moved[place], matrix, mode, fill, order)
                for name, label in self.labels.items():
                    values = labels[name]
                    if values is not moved:
                        own = _at_scale(matrix, size, values.shape[1:3])
                        outside = fill if label.fill is None else label.fill
                        values[place] = _moved(values[place], own, mode, outside, 0 if label.is_of_classes else order)
        return {**x, self.input: moved}, {**y, **labels}


def moving_of(plan: Plan, targets: Mapping[str, Target]) -> Moving | None:
    """What moves images together with their labels; None where no label lies in an image's places, or none moves.

    Raises SpecError where places without a label would come in, and no label stands for them.
    """
    labels, kinds = labels_in_images(plan, targets), augmentation(plan)
    for step, kind in zip(plan.train.augment, kinds, strict=True):
        for output, label in labels.items():
            outside = kind.moves_images and getattr(kind, "fill_mode", "") == "constant"
            if outside and label.is_of_classes and label.fill is None:
                message = (
                    f"`{step.kind_name}` brings places without a label into what `{output}` learns; name the label that counts "
                    f"for nothing as `ignore_label` under `data`, or take another `fill_mode`"
                )
                raise plan.error("NS706", message, step.span)
    moving = [kind for kind in kinds if kind.moves_images]
    if not labels or not moving:
        return None
    return Moving(moving, plan.graph.nodes[plan.graph.inputs[0]].path, labels, plan.train.seed)


# --- motions ----------------------------------------------------------------------------------------------------------


def _motion(kind: Kind, rng: np.random.Generator, size: Size) -> Matrix | None:
    """Where each place comes from, drawn for one image; None where it stays."""
    return next((draw(kind, rng, size) for cls, draw in _DRAWS.items() if isinstance(kind, cls)), None)


def _flip(kind: Kind, rng: np.random.Generator, size: Size) -> Matrix | None:
    assert isinstance(kind, RandomFlip)
    if rng.uniform() > 0.5:
        return None
    matrix = np.eye(3)
    for axis, word in enumerate(("vertical", "horizontal")):
        if word in kind.mode:
            matrix[axis, axis], matrix[axis, 2] = -1, size[axis] - 1
    return matrix


def _rotation(kind: Kind, rng: np.random.Generator, size: Size) -> Matrix:
    assert isinstance(kind, RandomRotation)
    angle = 2 * math.pi * rng.uniform(*_range(kind.factor))
    cos, sin = math.cos(angle), math.sin(angle)
    return _about_centre(np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]]), size)


def _translation(kind: Kind, rng: np.random.Generator, size: Size) -> Matrix:
    assert isinstance(kind, RandomTranslation)
    matrix = np.eye(3)
    for axis, factor in enumerate((kind.height_factor, kind.width_factor)):
        matrix[axis, 2] = -size[axis] * rng.uniform(*_range(factor))
    return matrix


def _zoom(kind: Kind, rng: np.random.Generator, size: Size) -> Matrix:
    assert isinstance(kind, RandomZoom)
    height = 1 + rng.uniform(*_range(kind.height_factor))
    width = height if kind.width_factor is None else 1 + rng.uniform(*_range(kind.width_factor))
    return _about_centre(np.diag([height, width, 1.0]), size)


def _stays(kind: Kind, rng: np.random.Generator, size: Size) -> None:
    """A crop that keeps the shape."""


_DRAWS: dict[type[Kind], Callable[[Kind, np.random.Generator, Size], Matrix | None]] = {
    RandomFlip: _flip,
    RandomRotation: _rotation,
    RandomTranslation: _translation,
    RandomZoom: _zoom,
    RandomCrop: _stays,
}


def _range(factor: Reals) -> tuple[float, float]:
    """A factor as its lower and upper end: one number is either way of zero."""
    return (-abs(factor), abs(factor)) if isinstance(factor, int | float) else (min(factor), max(factor))


def _about_centre(matrix: Matrix, size: Size) -> Matrix:
    centre = np.array([(size[0] - 1) / 2, (size[1] - 1) / 2])
    made = matrix.copy()
    made[:2, 2] = centre - matrix[:2, :2] @ centre
    return made


def _at_scale(matrix: Matrix, size: Size, other: Size) -> Matrix:
    """The same motion of a mask in another size, whose places cover those of the image."""
    if size == other:
        return matrix
    scale = np.eye(3)
    for axis in (0, 1):
        factor = size[axis] / other[axis]
        scale[axis, axis], scale[axis, 2] = factor, factor / 2 - 0.5
    return np.linalg.inv(scale) @ matrix @ scale


def _moved(values: Array, matrix: Matrix, mode: str, fill: float, order: int) -> Array:
    """An image or a mask, each of whose places holds what stood where it comes from."""
    from scipy import ndimage  # takes a quarter of a second, which only augmented masks need

    channels = values[..., None] if values.ndim == 2 else values
    result = np.empty_like(channels)
    for channel in range(channels.shape[-1]):
        result[..., channel] = ndimage.affine_transform(
            channels[..., channel], matrix, order=order, mode=_MODES[mode], cval=fill, prefilter=False
        )
    return result[..., 0] if values.ndim == 2 else result
