"""Augmentation that moves what images show, together with labels that lie in the same places: masks, or the image itself.

It is done to the batches before they reach the network, by NumPy, so that labels move on every backend alike. The laws are those
of Keras's layers. What happens to an example hangs on the seed, the epoch and the example alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from netspec.data.dataset import Array, Integers
from netspec.data.schema import Target
from netspec.kinds import Kind
from netspec.kinds.preprocessing import (
    RandomCrop,
    RandomElasticTransform,
    RandomFlip,
    RandomPerspective,
    RandomRotation,
    RandomShear,
    RandomTranslation,
    RandomZoom,
)
from netspec.options import Reals
from netspec.training.augment import Label, labels_in_images, staged
from netspec.training.motions import Field, Matrix, Motion, Size, about_centre, moved_by, origins, rotation, translation
from netspec.training.plan import Plan


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
                motion = _motion(kind, rng, size)
                if motion is None:
                    continue
                mode = getattr(kind, "fill_mode", "constant" if isinstance(kind, RandomPerspective) else "nearest")
                fill = getattr(kind, "fill_value", 0.0)
                order = 0 if getattr(kind, "interpolation", "bilinear") == "nearest" else 1
                moved[place] = moved_by(moved[place], origins(motion, size, size), mode, fill, order)
                for name, label in self.labels.items():
                    values = labels[name]
                    if values is not moved:
                        own = origins(motion, size, values.shape[1:3])
                        outside = fill if label.fill is None else label.fill
                        values[place] = moved_by(values[place], own, mode, outside, 0 if label.is_of_classes else order)
        return {**x, self.input: moved}, {**y, **labels}


def moving_of(plan: Plan, targets: Mapping[str, Target]) -> Moving | None:
    """What moves images together with their labels; None where no label lies in an image's places, or none moves.

    Raises SpecError where places without a label would come in, and no label stands for them.
    """
    labels, kinds = labels_in_images(plan, targets), staged(plan, targets).moved
    for kind in kinds:
        word, span = kind.spec_name, next(step.span for step in plan.train.augment if step.kind_name == kind.spec_name)
        if not isinstance(kind, tuple(_DRAWS)):
            instead = "take its labels with it" if labels else "act before examples are mixed"
            message = f"`{word}` moves what images show by operations of Keras's own, and cannot {instead}"
            raise plan.error("NS706", message, span)
        for output, label in labels.items():
            outside = getattr(kind, "fill_mode", "") == "constant" or isinstance(kind, RandomPerspective)
            if outside and label.is_of_classes and label.fill is None:
                other = "leave it out" if isinstance(kind, RandomPerspective) else "take another `fill_mode`"
                message = (
                    f"`{word}` brings places without a label into what `{output}` learns; name the label that counts "
                    f"for nothing as `ignore_label` under `data`, or {other}"
                )
                raise plan.error("NS706", message, span)
    if not kinds:
        return None
    return Moving(kinds, plan.graph.nodes[plan.graph.inputs[0]].path, labels, plan.train.seed)


# --- motions ----------------------------------------------------------------------------------------------------------


def _motion(kind: Kind, rng: np.random.Generator, size: Size) -> Motion | None:
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
    return rotation(2 * math.pi * rng.uniform(*_range(kind.factor)), size)


def _translation(kind: Kind, rng: np.random.Generator, size: Size) -> Matrix:
    assert isinstance(kind, RandomTranslation)
    rows, columns = (rng.uniform(*_range(factor)) for factor in (kind.height_factor, kind.width_factor))
    return translation(size[0] * rows, size[1] * columns)


def _zoom(kind: Kind, rng: np.random.Generator, size: Size) -> Matrix:
    assert isinstance(kind, RandomZoom)
    height = 1 + rng.uniform(*_range(kind.height_factor))
    width = height if kind.width_factor is None else 1 + rng.uniform(*_range(kind.width_factor))
    return about_centre(np.diag([height, width, 1.0]), size)


def _shear(kind: Kind, rng: np.random.Generator, size: Size) -> Matrix:
    assert isinstance(kind, RandomShear)
    along_rows, along_columns = (rng.uniform(*_range(factor)) for factor in (kind.x_factor, kind.y_factor))
    way = 1 if rng.uniform() <= 0.5 else -1
    return np.array([[1, way * along_columns, 0], [way * along_rows, 1, 0], [0, 0, 1]], np.float64)


def _perspective(kind: Kind, rng: np.random.Generator, size: Size) -> Matrix | None:
    """The corners move by a share of their distance from the first, as in Keras, where that one never does."""
    assert isinstance(kind, RandomPerspective)
    if rng.uniform() >= rng.uniform(*_positive(kind.factor)):
        return None
    height, width = size
    start = np.array([(0, 0), (0, width - 1), (height - 1, 0), (height - 1, width - 1)], np.float64)
    end = start * (1 + rng.uniform(-0.5 * kind.scale, 0.5 * kind.scale, (4, 2)))
    rows, wanted = [], []
    for (row, column), (row_now, column_now) in zip(start, end, strict=True):
        rows.append([row_now, column_now, 1, 0, 0, 0, -row * row_now, -row * column_now])
        rows.append([0, 0, 0, row_now, column_now, 1, -column * row_now, -column * column_now])
        wanted += [row, column]
    return np.append(np.linalg.solve(np.array(rows), np.array(wanted)), 1).reshape(3, 3)


def _elastic(kind: Kind, rng: np.random.Generator, size: Size) -> Field | None:
    """A field of noise, blurred; both as strong as in Keras."""
    from scipy import ndimage

    assert isinstance(kind, RandomElasticTransform)
    strength = rng.uniform(*_positive(kind.scale))
    if strength == 0 or rng.uniform() >= rng.uniform(*_positive(kind.factor)):
        return None
    far, sigma = max(size) * 0.1 * strength, min(size) * 0.05 * strength
    radius = (int(6 * sigma) | 1) // 2
    noise = rng.normal(size=(2, *size)) * sigma
    blurred = [ndimage.gaussian_filter(each, sigma, radius=radius, mode="constant") for each in noise]
    return np.stack([far * each / length for each, length in zip(blurred, size, strict=True)])


def _stays(kind: Kind, rng: np.random.Generator, size: Size) -> None:
    """A crop that keeps the shape."""


_DRAWS: dict[type[Kind], Callable[[Kind, np.random.Generator, Size], Motion | None]] = {
    RandomFlip: _flip,
    RandomRotation: _rotation,
    RandomTranslation: _translation,
    RandomZoom: _zoom,
    RandomShear: _shear,
    RandomPerspective: _perspective,
    RandomElasticTransform: _elastic,
    RandomCrop: _stays,
}


def _range(factor: Reals) -> tuple[float, float]:
    """A factor as its lower and upper end: one number is either way of zero."""
    return (-abs(factor), abs(factor)) if isinstance(factor, int | float) else (min(factor), max(factor))


def _positive(factor: Reals) -> tuple[float, float]:
    """A factor that is never negative: one number is the upper end."""
    return (0.0, factor) if isinstance(factor, int | float) else (min(factor), max(factor))
