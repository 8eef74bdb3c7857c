"""`folder`: images in one sub-folder a class."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING

from netspec.data.paths import locate, quoted, reading, some
from netspec.data.source import DECLARED, DataError, DataSource, require
from netspec.options import Choice, Text, declare, option
from netspec.shapes import show_shape

if TYPE_CHECKING:
    from netspec.data.dataset import Dataset, Integers, Request, Split
    from netspec.data.images import Form, Size

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff")
EAGER_SHARE = 0.25  # of the free memory; images that take more are decoded batch by batch
SPLITS = ("train", "validation", "test")
OTHER_WORDS = {"training": "train", "val": "validation", "valid": "validation", "testing": "test"}
TRAINING = {"train", "training"}
HELD_OUT = {"validation", "val", "valid", "test", "testing"}


@declare("folder", principal="path", table=DECLARED)
class Folder(DataSource):
    """Images in one sub-folder a class, brought to the size and channels of the network's input.

    Where the folder holds `train` beside `test`, `validation` or both, with the classes in each, those are the splits.
    """

    path: str = option(Text(), "Path of the folder, relative to the spec.")
    interpolation: str = option(
        Choice(("nearest", "bilinear", "bicubic", "lanczos")), "Interpolation method for resizing.", "bilinear"
    )

    def load(self, request: Request) -> Dataset:
        """Images in the form of the network's input, in [0, 1] unless `rescale` says otherwise; classes by name."""
        require("PIL", "pillow", "`folder`")
        from netspec.data.dataset import Dataset, check_shape
        from netspec.data.images import form_of, sizes

        name, wanted = self.path, request.input_shape
        form = form_of(quoted(name), wanted, self.interpolation, request.data.rescale or self.white)
        folder = locate(request.root, name, folder=True)
        classes, listings = _splits(folder, name)
        parts = _parts(quoted(name), listings, request)
        files = [file for listing in parts.values() for file in listing.files]
        if form.size is None:
            form = form._replace(shape=(*_common_size(name, files, sizes(name, folder, files)), form.shape[2]))
        check_shape(quoted(name), form.known, wanted)
        splits = _read(name, folder, parts, form)
        return Dataset(splits["train"], splits.get("validation"), splits["test"], {}, form.known, classes)


class Listing:
    """Image files, relative to the source's folder, and their classes."""

    __slots__ = ("files", "y")

    def __init__(self, files: list[str], y: Integers) -> None:
        self.files = files
        self.y = y

    def take(self, indices: Integers) -> Listing:
        return Listing([self.files[index] for index in indices], self.y[indices])


def _read(name: str, folder: Path, parts: dict[str, Listing], form: Form) -> dict[str, Split]:
    """The parts' images: decoded at once where they fit comfortably into memory, else when they are wanted."""
    import psutil

    from netspec.data.dataset import Split
    from netspec.data.images import Images, decode, sizes

    files = [file for listing in parts.values() for file in listing.files]
    if 4 * len(files) * math.prod(form.known) < EAGER_SHARE * psutil.virtual_memory().available:
        # All parts in one go, so that one message names the bad files of all.
        rest = decode(name, folder, files, form)
        splits = {}
        for part, listing in parts.items():
            splits[part] = Split(rest[: len(listing.files)], listing.y)
            rest = rest[len(listing.files) :]
        return splits
    sizes(name, folder, files)  # a file that is no image should stop the run now, not in an hour
    return {part: Split(Images(name, folder, listing.files, form), listing.y) for part, listing in parts.items()}


def _common_size(name: str, files: list[str], found: list[Size]) -> Size:
    """The size of all images, which a network that takes any size needs to make batches."""
    (first, size), *rest = sorted(zip(files, found, strict=True))
    for file, other in rest:
        if other != size:
            raise DataError(
                f"the images in {quoted(name)} differ in size: {quoted(first)} has {show_shape(size)} pixels, and "
                f"{quoted(file)} has {show_shape(other)}; give the network's input its rows and columns"
            )
    return size


# --- splits -----------------------------------------------------------------------------------------------------------


def _splits(folder: Path, name: str) -> tuple[tuple[str, ...], dict[str, Listing]]:
    """The classes, and the images of each split that the folder holds; of `train` alone where it holds classes."""
    names, _ = _scan(folder, name, "")
    lowered = {n.lower() for n in names}
    if not lowered & TRAINING or not lowered & HELD_OUT:
        classes, listing = _classes(folder, name, "")
        return classes, {"train": listing}
    for other in names:
        if other not in SPLITS:
            word = OTHER_WORDS.get(other.lower(), other.lower())
            mend = f"name it '{word}'" if word in SPLITS else "move it into them if it is a class, or away"
            raise DataError(f"{quoted(name)} holds {quoted(other)} beside its train and test folders; {mend}")
    found = {split: _classes(folder, name, split) for split in SPLITS if split in names}
    classes = found["train"][0]
    for split, (others, _) in found.items():
        odd = sorted(set(classes) ^ set(others))
        if odd:
            has, lacks = ("train", split) if odd[0] in classes else (split, "train")
            raise DataError(
                f"{quoted(os.path.join(name, has))} has the class {quoted(odd[0])}, and "
                f"{quoted(os.path.join(name, lacks))} does not; all splits have the same classes"
            )
    return classes, {split: listing for split, (_, listing) in found.items()}


def _parts(name: str, listings: dict[str, Listing], request: Request) -> dict[str, Listing]:
    """The splits that the folder holds, and those set aside from the training images where it does not."""
    from netspec.data.dataset import partition

    train = listings["train"]
    lacks_test, lacks_validation = "test" not in listings, "validation" not in listings
    indices = partition(name, train.y, request, test=lacks_test, validation=lacks_validation)
    taken = {part: train.take(index) for part, index in indices._asdict().items() if index is not None}
    return {**listings, **taken}


# --- folders ----------------------------------------------------------------------------------------------------------


def _classes(folder: Path, name: str, inner: str) -> tuple[tuple[str, ...], Listing]:
    """The class folders in `inner`, sorted by name, and their images."""
    import numpy as np

    where = quoted(os.path.join(name, inner) if inner else name)
    classes, stray = _scan(folder, name, inner)
    if not classes:
        held = "images but no class folders" if stray else "no class folders"
        raise DataError(f"{where} holds {held}; put the images of each class into a sub-folder of its own")
    if len(classes) == 1:
        raise DataError(f"{where} holds one class only, {quoted(classes[0])}; there is nothing to tell apart")
    found = {one: _images(folder, name, os.path.join(inner, one)) for one in classes}
    empty = [quoted(one) for one, images in found.items() if not images]
    if empty:
        raise DataError(
            f"{where} holds no images of {some(empty)}; add some ({', '.join(SUFFIXES)}), "
            f"or remove the folder{'s' if len(empty) > 1 else ''}"
        )
    y = np.repeat(np.arange(len(classes), dtype=np.int64), [len(images) for images in found.values()])
    return tuple(classes), Listing([file for images in found.values() for file in images], y)


def _images(folder: Path, name: str, inner: str) -> list[str]:
    """The image files of one class."""
    folders, files = _scan(folder, name, inner)
    if folders:
        where = quoted(os.path.join(name, inner))
        raise DataError(f"{where} holds the folder {quoted(folders[0])}; put the images into {where} itself")
    return [os.path.join(inner, file) for file in files]


def _scan(folder: Path, name: str, inner: str) -> tuple[list[str], list[str]]:
    """The names of the folders and of the image files in `inner`, sorted; what is hidden is left out."""
    folders, files = [], []
    with reading(os.path.join(name, inner) if inner else name), os.scandir(folder / inner) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.name.startswith("."):
                continue
            if entry.is_symlink():
                _check_link(folder, entry.path, name, os.path.join(inner, entry.name))
            if entry.is_dir():
                folders.append(entry.name)
            elif entry.is_file() and entry.name.lower().endswith(SUFFIXES):
                files.append(entry.name)
    return folders, files


def _check_link(folder: Path, path: str, name: str, inner: str) -> None:
    """A folder that came from elsewhere must not lead to files that the user did not name."""
    shown = quoted(os.path.join(name, inner))
    try:
        target = os.path.realpath(path, strict=True)
    except OSError:
        raise DataError(f"{shown} is a link to nothing; remove it") from None
    home = os.path.realpath(folder)
    if os.path.commonpath((target, home)) != home:
        raise DataError(f"{shown} is a link to outside of {quoted(name)}; put what it leads to in its place")
