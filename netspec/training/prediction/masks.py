"""Masks as PNG files with a palette, in the size of the pictures that they were made of."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from PIL import Image

from netspec.diagnostics.problems import FILE_START, Problem, SpecError
from netspec.diagnostics.words import show
from netspec.files import atomic_write
from netspec.training.prediction.answers import Prediction

PALETTE_CLASSES = 256  # more have no colour each


class Masks:
    """A folder that masks are drawn into.

    A mask has the name of its picture, under the folders that it lies in; of several outputs each has a folder of its own.

    Args:
        folder: which is made.
        several: whether there are several outputs of masks.
        force: whether files that are there may be replaced.
    """

    def __init__(self, folder: Path, *, several: bool, force: bool) -> None:
        self.folder = folder
        self.several = several
        self._written: set[Path] = set()
        if not force and folder.is_dir() and any(folder.iterdir()):
            raise _refused(folder, "the folder is not empty; choose another, or replace files in it with --force")

    def draw(self, prediction: Prediction) -> str:
        """Write a mask; returns its path. Raises SpecError."""
        example = prediction.example
        stem = os.path.splitext(os.path.normpath(example.name or example.source))[0].replace("..", "up")
        row = "" if example.row is None else f"-{example.row}"
        inner = Path(prediction.output if self.several else "", f"{stem.lstrip('/')}{row}.png")
        path = self.folder / inner
        if path in self._written:
            message = f"two pictures have the name of the mask {show(str(inner))}; predict them one folder at a time"
            raise _refused(path, message)
        self._written.add(path)
        image = drawn(prediction)
        with atomic_write(path) as temporary:
            image.save(temporary, "PNG")
        return str(path)


def drawn(prediction: Prediction) -> Image.Image:
    """A mask as a picture, in the size of the one that it was made of."""
    labels, size = prediction.mask, prediction.example.size
    while labels.ndim < 2:
        labels = labels[np.newaxis]
    if len(prediction.meaning.names) > PALETTE_CLASSES:
        image = Image.fromarray(labels.astype(np.uint16))
    else:
        image = Image.fromarray(labels.astype(np.uint8))
        image.putpalette(palette())
    return image if size is None else image.resize(size[::-1], Image.Resampling.NEAREST)


def palette() -> bytes:
    """Colours for the numbers of classes, as the PASCAL VOC challenge drew them: black is 0."""
    colours = np.zeros((PALETTE_CLASSES, 3), np.uint8)
    for number in range(PALETTE_CLASSES):
        for bit in range(8):
            for channel in range(3):
                colours[number, channel] |= ((number >> (3 * bit + channel)) & 1) << (7 - bit)
    return colours.tobytes()


def _refused(path: Path, message: str) -> SpecError:
    return SpecError(str(path), (Problem("NS709", message, FILE_START),))
