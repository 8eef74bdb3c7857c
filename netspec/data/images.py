"""Image files -> arrays, at once or a batch at a time."""

from __future__ import annotations

import logging
import os
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from netspec.data.dataset import Array, Floats, Index, Integers
from netspec.data.paths import quoted, some
from netspec.data.source import DataError
from netspec.shapes import Shape, show_shape

# The decoders of a folder's suffixes and no others: Pillow would hand a PostScript file, whatever its name, to a program.
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF")
MODES = {1: "L", 3: "RGB", 4: "RGBA"}
INTERPOLATIONS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
THREADS = min(8, os.cpu_count() or 1)  # Pillow decodes and resizes outside Python's lock
_FILTERS = threading.Lock()
# Pillow logs details of broken files; what matters is in the DataError.
logging.getLogger("PIL").addHandler(logging.NullHandler())

Size = tuple[int, int]
Result = TypeVar("Result")


class Form(NamedTuple):
    """What every image is brought to."""

    shape: Shape  # rows, columns, channels; an image keeps its size where either is None
    interpolation: str = "bilinear"
    divisor: float = 255  # of bytes

    @property
    def size(self) -> Size | None:
        height, width = self.shape[:2]
        return None if height is None or width is None else (height, width)

    @property
    def known(self) -> tuple[int, ...]:
        """The shape once it has a size."""
        return tuple(size for size in self.shape if size is not None)


def form_of(name: str, wanted: Shape, interpolation: str, divisor: float) -> Form:
    """The form for a network's input; raises DataError where no image can have it. Unknown channels are colours."""
    if len(wanted) != 3 or wanted[2] not in (*MODES, None):
        raise DataError(
            f"{name} gives images of 1, 3 or 4 channels, and the network takes {show_shape(wanted)}; "
            f"write an input such as `input: [224, 224, 3]`",
            "NS701",
        )
    return Form((*wanted[:2], wanted[2] or 3), interpolation, divisor)


class Images:
    """Images that are decoded when they are indexed, as an array of shape (n, rows, columns, channels) would be.

    Raises DataError where a file has become unreadable since it was verified.
    """

    def __init__(self, name: str, folder: Path, files: Sequence[str], form: Form) -> None:
        self._name = name
        self._folder = folder
        self._files = np.array(files, dtype=object)
        self._form = form
        self.shape: tuple[int, ...] = (len(files), *form.known)
        self.dtype = np.dtype(np.float32)
        self.ndim = 4

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, key: Index, /) -> Floats:
        """One image for a number, several for a slice, an array of indices or a mask."""
        chosen = self._files[key]
        if isinstance(chosen, str):
            one: Floats = decode(self._name, self._folder, [chosen], self._form)[0]
            return one
        return decode(self._name, self._folder, list(chosen), self._form)

    def take(self, indices: Integers, /) -> Images:
        """Some of them, which are decoded later."""
        return Images(self._name, self._folder, list(self._files[indices]), self._form)


def decode(name: str, folder: Path, files: Sequence[str], form: Form) -> Floats:
    """All `files` of `folder` as one array; raises DataError naming those that cannot be read."""
    result = np.empty((len(files), *form.known), np.float32)

    def place(index: int, path: Path) -> None:
        result[index] = _decode(path, form)

    _each(name, folder, files, place)
    return result


def decode_masks(name: str, folder: Path, files: Sequence[str], size: Size) -> Array:
    """All masks as one array of labels, a number a pixel; raises DataError naming those that cannot be read."""
    result = np.empty((len(files), *size), np.uint8)
    wide: dict[int, Array] = {}  # with labels above 255

    def place(index: int, path: Path) -> None:
        labels = _labels_of(path, size)
        if labels.dtype == np.uint8:
            result[index] = labels
        else:
            wide[index] = labels

    _each(name, folder, files, place)
    if not wide:
        return result
    every = result.astype(np.int32)
    for index, labels in wide.items():
        every[index] = labels
    return every


def sizes(name: str, folder: Path, files: Sequence[str]) -> list[Size]:
    """Rows and columns of all `files`, from their headers; raises DataError naming those that cannot be read."""
    result: list[Size] = [(0, 0)] * len(files)

    def place(index: int, path: Path) -> None:
        with _open(path) as image:
            turned = image.getexif().get(0x0112, 1) in (5, 6, 7, 8)  # the camera lay on its side
            result[index] = image.size if turned else image.size[::-1]

    _each(name, folder, files, place)
    return result


def read_image(path: str | Path, form: Form) -> Floats:
    """One image file as an array of the form's shape; raises DataError."""
    with _strict():
        try:
            return _decode(Path(path), form)
        except Exception as error:  # noqa: BLE001 - see _each
            raise DataError(f"cannot read {quoted(path)}: {_reason(error)}") from None


# --- one file ---------------------------------------------------------------------------------------------------------


def _open(path: Path) -> Image.Image:
    return Image.open(path, formats=FORMATS)


def _decode(path: Path, form: Form) -> Floats:
    with _open(path) as opened:
        image = _eight_bits(ImageOps.exif_transpose(opened)).convert(MODES[form.shape[2] or 3])
    if form.size is not None and image.size != form.size[::-1]:
        image = image.resize(form.size[::-1], INTERPOLATIONS[form.interpolation])
    pixels = np.asarray(image, np.float32) / np.float32(form.divisor)
    return pixels if pixels.ndim == 3 else pixels[..., np.newaxis]


def _labels_of(path: Path, size: Size) -> Array:
    """A mask's labels: the palette's numbers or the grey values, whatever colours they are shown in."""
    with _open(path) as opened:
        image = ImageOps.exif_transpose(opened)
        if image.mode == "1":
            image = image.convert("L").point(lambda value: value // 255)
        if image.mode not in ("P", "L") and not image.mode.startswith("I"):
            raise ValueError("colours where a label is wanted")
        if image.size != size[::-1]:
            image = image.resize(size[::-1], Image.Resampling.NEAREST)
        labels = np.asarray(image)
    return labels if labels.dtype == np.uint8 else labels.astype(np.int32)


def _eight_bits(image: Image.Image) -> Image.Image:
    """Pillow would cut 16 bits off at 255 and leave a white image."""
    if image.mode == "F":
        raise ValueError("floating-point pixels")
    if not image.mode.startswith("I"):
        return image
    pixels = np.asarray(image)
    if pixels.min() < 0 or pixels.max() > 65535:
        raise ValueError("32 bits a pixel")
    return Image.fromarray((pixels // 257).astype(np.uint8))


_OWN_REASONS = ("floating-point pixels", "32 bits a pixel", "colours where a label is wanted")


def _reason(error: Exception) -> str:
    """What is wrong with an image, in a few words."""
    text = str(error).lower()
    if isinstance(error, UnidentifiedImageError):
        return "not an image"
    if isinstance(error, (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError)):
        return "too many pixels"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    if isinstance(error, ValueError) and text in _OWN_REASONS:
        return text
    return "cut short" if "truncated" in text or "end of" in text else "damaged"


# --- many files -------------------------------------------------------------------------------------------------------


def _each(name: str, folder: Path, files: Sequence[str], act: Callable[[int, Path], None]) -> None:
    """Do `act` to every file; afterwards raise one DataError that tells which of them failed."""

    def attempt(index: int) -> str | None:
        try:
            act(index, folder / files[index])
        except Exception as error:  # noqa: BLE001 - decoders raise whatever a broken file makes them stumble over
            return _reason(error)
        return None

    with _strict(), ThreadPoolExecutor(min(THREADS, len(files) or 1)) as pool:
        reasons = list(pool.map(attempt, range(len(files))))
    bad = sorted(f"{quoted(file)} ({reason})" for file, reason in zip(files, reasons, strict=True) if reason)
    if bad:
        raise DataError(
            f"cannot read {len(bad):,} of {len(files):,} images in {quoted(name)}: {some(bad)}; "
            f"mend or remove {'it' if len(bad) == 1 else 'them'}"
        )


@contextmanager
def _strict() -> Iterator[None]:
    """Pillow only warns of an image with too many pixels, and also of much that does no harm.

    The filters are the whole process's, so threads that read batches take turns.
    """
    with _FILTERS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield
