"""What is done to pictures, more or less of it. A further disturbance is a class here."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, NamedTuple

import numpy as np

from netspec.data.dataset import Array, Floats, Integers
from netspec.training.motions import Matrix, Size, moved_by, rotation, scaling, translation

BACKGROUND = "background"
FILLS = {BACKGROUND: "constant", "edge": "nearest", "reflect": "reflect", "wrap": "wrap"}  # and Keras's words for them
STEPS = 8  # levels of a translation at most, beside none


class Setting(NamedTuple):
    """What a disturbance knows beside the pictures.

    Attributes:
        low: the least number that pictures hold.
        high: the largest.
        fill: what comes in where a picture is moved: one of `FILLS`.
        seed: of what is drawn.
    """

    low: float
    high: float
    fill: str = BACKGROUND
    seed: int = 0

    @property
    def range(self) -> float:
        """How far the numbers of pictures go."""
        return self.high - self.low


class Disturbance(ABC):
    """Something that is done to pictures.

    Attributes:
        name: what it is called.
        unit: in which its levels are counted.
        neutral: the level at which nothing is done.
        ways: in how many ways it is done at each level, all of which count alike.
    """

    name: ClassVar[str]
    unit: ClassVar[str]
    neutral: ClassVar[float] = 0.0
    ways: ClassVar[int] = 1

    @abstractmethod
    def levels(self, size: Size) -> tuple[float, ...]:
        """How much of it is done to pictures of a size, from least to most; the neutral level is among them."""

    @abstractmethod
    def done(self, pictures: Floats, indices: Integers, level: float, way: int, setting: Setting) -> Floats:
        """The pictures (examples x rows x columns x channels) with it; `indices` say which examples they are."""

    def labels(self, labels: Array, level: float, way: int, size: Size, setting: Setting) -> Array:
        """The labels of the places of such pictures, where they move as well."""
        return labels


# --- motions ----------------------------------------------------------------------------------------------------------


class _Motion(Disturbance):
    """One that moves what pictures show."""

    @abstractmethod
    def motion(self, level: float, way: int, size: Size) -> Matrix:
        """Of each place of a moved picture, where it comes from."""

    def done(self, pictures: Floats, indices: Integers, level: float, way: int, setting: Setting) -> Floats:
        return moved(pictures, self.motion(level, way, pictures.shape[1:3]), setting.fill)

    def labels(self, labels: Array, level: float, way: int, size: Size, setting: Setting) -> Array:
        """Labels of classes come from the nearest place, with -1 where there is none; pictures move as pictures do."""
        if labels.ndim == 4:
            return self.done(labels, np.arange(len(labels)), level, way, setting)
        if labels.ndim != 3:
            return labels
        motion, mode = self.motion(level, way, labels.shape[1:3]), FILLS[setting.fill]
        return np.stack([moved_by(each.astype(np.int64), motion, mode, -1, 0) for each in labels])


def moved(pictures: Floats, motion: Matrix, fill: str) -> Floats:
    """Pictures moved; `fill` is one of `FILLS`."""
    mode, beyond = FILLS[fill], backgrounds(pictures)
    return np.stack([moved_by(each, motion, mode, own, 1) for each, own in zip(pictures, beyond, strict=True)])


def backgrounds(pictures: Floats) -> Floats:
    """Of each picture and channel the median of its border, which most often is what lies behind all else."""
    border = (pictures[:, 0], pictures[:, -1], pictures[:, 1:-1, 0], pictures[:, 1:-1, -1])
    return np.asarray(np.median(np.concatenate(border, axis=1), axis=1), pictures.dtype)


class Translation(_Motion):
    """Moved by whole pixels up, down, to the left and to the right."""

    name = "translation"
    unit = "pixels"
    ways = 4
    _ways: ClassVar[Sequence[tuple[int, int]]] = ((-1, 0), (1, 0), (0, -1), (0, 1))

    def levels(self, size: Size) -> tuple[float, ...]:
        most = max(1, min(size) // 2)
        return tuple(float(each) for each in sorted({round(most * step / STEPS) for step in range(STEPS + 1)}))

    def motion(self, level: float, way: int, size: Size) -> Matrix:
        rows, columns = self._ways[way]
        return translation(level * rows, level * columns)


class Scale(_Motion):
    """Larger or smaller about the centre."""

    name = "scale"
    unit = "times the size"
    neutral = 1.0

    def levels(self, size: Size) -> tuple[float, ...]:
        return (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.35, 1.5, 1.75, 2.0)

    def motion(self, level: float, way: int, size: Size) -> Matrix:
        return scaling(level, size)


class Rotation(_Motion):
    """Turned about the centre, counter-clockwise."""

    name = "rotation"
    unit = "degrees"

    def levels(self, size: Size) -> tuple[float, ...]:
        return (-180.0, -135.0, -90.0, -60.0, -45.0, -30.0, -15.0, 0.0, 15.0, 30.0, 45.0, 60.0, 90.0, 135.0, 180.0)

    def motion(self, level: float, way: int, size: Size) -> Matrix:
        return rotation(math.radians(level), size)


# --- of values --------------------------------------------------------------------------------------------------------


class Brightness(Disturbance):
    """A share of the range of the numbers added to all of them, cut off at its ends."""

    name = "brightness"
    unit = "of the range"

    def levels(self, size: Size) -> tuple[float, ...]:
        return (-0.6, -0.45, -0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3, 0.45, 0.6)

    def done(self, pictures: Floats, indices: Integers, level: float, way: int, setting: Setting) -> Floats:
        return _cut(pictures + np.float32(level * setting.range), setting)


class Noise(Disturbance):
    """Normal noise on each number, of a standard deviation that is a share of the range, cut off at its ends."""

    name = "noise"
    unit = "of the range"

    def levels(self, size: Size) -> tuple[float, ...]:
        return (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6)

    def done(self, pictures: Floats, indices: Integers, level: float, way: int, setting: Setting) -> Floats:
        noise = np.stack(
            [generator(setting, index, 0).standard_normal(pictures.shape[1:], np.float32) for index in indices]
        )
        return _cut(pictures + np.float32(level * setting.range) * noise, setting)


def _cut(pictures: Floats, setting: Setting) -> Floats:
    return np.asarray(np.clip(pictures, setting.low, setting.high), np.float32)


class Occlusion(Disturbance):
    """A square in the middle grey that covers a share of the picture, somewhere."""

    name = "occlusion"
    unit = "of the picture"

    def levels(self, size: Size) -> tuple[float, ...]:
        return (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.65)

    def done(self, pictures: Floats, indices: Integers, level: float, way: int, setting: Setting) -> Floats:
        rows, columns = pictures.shape[1:3]
        height, width = (max(1, round(side * math.sqrt(level))) if level else 0 for side in (rows, columns))
        made = pictures.copy()
        for picture, index in zip(made, indices, strict=True):
            rng = generator(setting, index, 1)
            top, left = rng.random(2) * (rows - height + 1, columns - width + 1)
            picture[int(top) : int(top) + height, int(left) : int(left) + width] = (setting.low + setting.high) / 2
        return made


def generator(setting: Setting, index: int, stream: int) -> np.random.Generator:
    """What is drawn for an example hangs on the seed and the example alone: more of it is more of the same."""
    return np.random.default_rng((setting.seed, stream, int(index)))


DISTURBANCES: tuple[Disturbance, ...] = (Translation(), Scale(), Rotation(), Brightness(), Noise(), Occlusion())
BY_NAME = {each.name: each for each in DISTURBANCES}
