"""Image files -> arrays, at once or a batch at a time."""

from __future__ import annotations

import io
import logging
import math
import os
import threading
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from netspec.data.dataset import Array, Floats, Index, Integers, cores
from netspec.data.headers import Size, plain_size
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
THREADS = min(8, cores())  # Pillow decodes and resizes outside Python's lock
AT_ONCE = 64  # files that a thread takes; handing out one takes about as long as reading its header
# Pillow logs details of broken files; what matters is in the DataError.
logging.getLogger("PIL").addHandler(logging.NullHandler())

Bytes = NDArray[np.uint8]
UPRIGHT = 1
ON_ITS_SIDE = (5, 6, 7, 8)


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


class Packed(Protocol):
    """Images by number, each in the form of the network's input once it is decoded."""

    def __len__(self) -> int: ...

    def decode(self, number: int) -> Bytes:
        """The pixels of one. Raises DataError."""


class Files:
    """The image files of a folder."""

    def __init__(self, name: str, folder: Path, files: Sequence[str], form: Form) -> None:
        self.name = name
        self.folder = folder
        self.files = files
        self.form = form

    def __len__(self) -> int:
        return len(self.files)

    def decode(self, number: int) -> Bytes:
        """The pixels of one. Raises DataError that names all files which cannot be read, where this one cannot."""
        file = self.files[number]
        try:
            return _decode(self.folder / file, self.form)
        except Exception as error:  # noqa: BLE001 - see _reasons
            self.check()
            # None of them is broken any more.
            raise DataError(f"cannot read {quoted(file)} in {quoted(self.name)}: {reason_of(error)}") from None

    def check(self) -> None:
        """Decode all. Raises DataError that names those which cannot be read."""

        def try_it(_: int, path: Path) -> None:
            _decode(path, self.form)

        each_file(self.name, self.folder, self.files, try_it)


class Store:
    """Images that are decoded when they are wanted, by as many threads as want some.

    The first `keeps` of them are kept as bytes once they were decoded; their order says which these are, so memory does not
    grow with their number.
    """

    def __init__(self, packed: Packed, form: Form, keeps: int = 0) -> None:
        self.packed = packed
        self.form = form
        kept = min(len(packed), keeps)
        self._pixels = np.empty((kept, *form.known), np.uint8)  # takes memory where it was written to
        self._decoded = np.zeros(kept, np.bool_)

    def read(self, numbers: Integers) -> Floats:
        """The images of those numbers. Raises DataError that names all files which cannot be read, where one cannot."""
        pixels = np.empty((len(numbers), *self.form.known), np.uint8)
        kept = np.flatnonzero(numbers < len(self._decoded))
        kept = kept[self._decoded[numbers[kept]]]
        pixels[kept] = self._pixels[numbers[kept]]
        rest = np.delete(np.arange(len(numbers)), kept)
        if len(rest):
            with strict:
                for place in rest.tolist():
                    pixels[place] = self.decode(int(numbers[place]))
        return np.divide(pixels, np.float32(self.form.divisor), dtype=np.float32)

    def decode(self, number: int) -> Bytes:
        """The pixels of one, which are kept if it is among the first. Raises DataError."""
        pixels = self.packed.decode(number)
        if number < len(self._decoded):
            self._pixels[number] = pixels
            self._decoded[number] = True  # after the pixels: another thread may look at any moment
        return pixels


class Images:
    """Images that are decoded when they are indexed, as an array of shape (n, rows, columns, channels) would be.

    Raises DataError where a file has become unreadable since it was verified.
    """

    def __init__(self, store: Store, numbers: Integers | None = None) -> None:
        """`numbers` are those of the images among the store's; None takes all."""
        self._store = store
        self._numbers = np.arange(len(store.packed)) if numbers is None else numbers
        self.shape: tuple[int, ...] = (len(self._numbers), *store.form.known)
        self.dtype = np.dtype(np.float32)
        self.ndim = 4

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, key: Index, /) -> Floats:
        """One image for a number, several for a slice, an array of indices or a mask."""
        chosen = self._numbers[key]
        if chosen.ndim:
            return self._store.read(chosen)
        one: Floats = self._store.read(chosen[np.newaxis])[0]
        return one

    def take(self, indices: Integers, /) -> Images:
        """Some of them, which are decoded later."""
        return Images(self._store, self._numbers[indices])

    def parted(self, counts: Sequence[int]) -> list[Images]:
        """One after the other, so many each."""
        ends = np.cumsum(counts)
        return [self.take(np.arange(end - count, end)) for count, end in zip(counts, ends.tolist(), strict=True)]


def sizes(name: str, folder: Path, files: Sequence[str]) -> list[Size]:
    """Rows and columns of all `files`, from their headers and ends; raises DataError naming those that cannot be read."""
    result: list[Size] = [(0, 0)] * len(files)
    most = Image.MAX_IMAGE_PIXELS or 0

    def place(index: int, path: Path) -> None:
        plain = plain_size(path)
        if plain is not None and math.prod(plain) <= most:
            result[index] = plain
            return
        with _open(path) as image:
            result[index] = image.size if _turn(image) in ON_ITS_SIDE else image.size[::-1]
            if not _is_whole(path, image.format or ""):
                image.load()

    each_file(name, folder, files, place)
    return result


def read_image(path: str | Path, form: Form) -> Floats:
    """One image file as an array of the form's shape; raises DataError."""
    with strict:
        try:
            return np.divide(_decode(Path(path), form), np.float32(form.divisor), dtype=np.float32)
        except Exception as error:  # noqa: BLE001 - see _reasons
            raise DataError(f"cannot read {quoted(path)}: {reason_of(error)}") from None


def pixels_of(content: bytes, form: Form) -> Bytes:
    """The pixels of an image that is not in a file of its own; raises DataError with the reason alone."""
    with strict:
        try:
            return _decode(io.BytesIO(content), form)
        except Exception as error:  # noqa: BLE001 - see _reasons
            raise DataError(reason_of(error)) from None


# --- one file ---------------------------------------------------------------------------------------------------------


def _open(path: Path | BinaryIO) -> Image.Image:
    return Image.open(path, formats=FORMATS)


def _decode(path: Path | BinaryIO, form: Form) -> Bytes:
    """An image's pixels."""
    mode = MODES[form.shape[2] or 3]
    with _open(path) as image:
        if form.size is not None and form.interpolation == "bilinear":
            # A JPEG's decoder can halve it in less time, and no detail is lost that the smaller size would show.
            image.draft(mode, form.size if _turn(image) in ON_ITS_SIDE else form.size[::-1])
        image.load()
        if _turn(image) != UPRIGHT:
            ImageOps.exif_transpose(image, in_place=True)
        made = _eight_bits(image)
        if made.mode != mode:
            made = made.convert(mode)
    if form.size is not None and made.size != form.size[::-1]:
        made = made.resize(form.size[::-1], INTERPOLATIONS[form.interpolation])
    pixels: Bytes = np.asarray(made)
    return pixels if pixels.ndim == 3 else pixels[..., np.newaxis]


def _turn(image: Image.Image) -> int:
    """How the camera was held: 1 is upright."""
    if image.format in _TELL_BY and not _TELL_BY[image.format] & image.info.keys():
        return UPRIGHT  # to ask a PNG for its tags would decode it
    return int(image.getexif().get(0x0112, UPRIGHT))


# Where Pillow keeps what tells how the camera was held.
_TELL_BY = {
    "JPEG": {"exif", "xmp"},
    "PNG": {"exif", "Raw profile type exif", "XML:com.adobe.xmp"},
}
# What a file of a format ends in, where that says that nothing is missing.
_ENDS = {"JPEG": b"\xff\xd9", "PNG": b"IEND\xaeB`\x82", "GIF": b";"}


def _is_whole(path: Path, format_: str) -> bool:
    """Whether a file evidently reaches to its end, which need not be so where it does."""
    end = _ENDS.get(format_)
    if end is None:
        return False
    with path.open("rb") as file:
        file.seek(-len(end), os.SEEK_END)
        return file.read() == end


def labels_of(path: Path, size: Size) -> Array:
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


def reason_of(error: Exception) -> str:
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


def unreadable(folder: Path, files: Sequence[str], form: Form) -> list[str | None]:
    """Why each of `files` cannot be read; None of those that can."""
    return _reasons(folder, files, lambda _, path: _decode(path, form))


def unreadable_masks(folder: Path, files: Sequence[str]) -> list[str | None]:
    """Why each mask cannot be read; None of those that can."""
    return _reasons(folder, files, lambda _, path: labels_of(path, (1, 1)))


def each_file(name: str, folder: Path, files: Sequence[str], act: Callable[[int, Path], object]) -> None:
    """Do `act` to every file; afterwards raise one DataError that tells which of them failed."""
    reasons = _reasons(folder, files, act)
    bad = sorted(f"{quoted(file)} ({reason})" for file, reason in zip(files, reasons, strict=True) if reason)
    if bad:
        raise DataError(
            f"cannot read {len(bad):,} of {len(files):,} images in {quoted(name)}: {some(bad)}; "
            f"mend or remove {'it' if len(bad) == 1 else 'them'}"
        )


def _reasons(folder: Path, files: Sequence[str], act: Callable[[int, Path], object]) -> list[str | None]:
    """Do `act` to every file: why it failed, in a few words, or None."""

    def attempt(index: int) -> str | None:
        try:
            act(index, folder / files[index])
        except Exception as error:  # noqa: BLE001 - decoders raise whatever a broken file makes them stumble over
            return reason_of(error)
        return None

    def attempts(first: int) -> list[str | None]:
        return [attempt(index) for index in range(first, min(first + AT_ONCE, len(files)))]

    with strict, ThreadPoolExecutor(min(THREADS, len(files) or 1)) as pool:
        return [reason for reasons in pool.map(attempts, range(0, len(files), AT_ONCE)) for reason in reasons]


class _Strict:
    """Pillow only warns of an image with too many pixels, and also of much that does no harm.

    The filters are the whole process's: the first thread that enters sets them, the last that leaves puts back what was.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._filters: warnings.catch_warnings[None] | None = None

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._filters = warnings.catch_warnings()
                self._filters.__enter__()
                warnings.filterwarnings("ignore", module="PIL")
                warnings.simplefilter("error", Image.DecompressionBombWarning)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0 and self._filters is not None:
                self._filters.__exit__(None, None, None)


strict = _Strict()
