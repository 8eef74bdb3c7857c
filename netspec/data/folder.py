"""`folder`: images, or texts, in one sub-folder a class."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from netspec.data.paths import locate, quoted, reading, some
from netspec.data.source import DECLARED, DataError, DataSource, require
from netspec.options import Choice, Nullable, Quantity, Text, declare, option
from netspec.shapes import show_shape

if TYPE_CHECKING:
    from netspec.data.dataset import Dataset, Integers, Request, Wanted
    from netspec.data.faults import Skipped
    from netspec.data.headers import Size
    from netspec.data.images import Form
    from netspec.data.labels import Column

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff")
WORDS = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "val": "validation",
    "valid": "validation",
    "test": "test",
    "testing": "test",
}
TRAINING = {word for word, part in WORDS.items() if part == "train"}
TESTING = {word for word, part in WORDS.items() if part == "test"}
HELD_OUT = {*WORDS} - TRAINING


class Sort(NamedTuple):
    """The files that are examples."""

    suffixes: tuple[str, ...]
    noun: str


PICTURES, TEXTS = Sort(SUFFIXES, "images"), Sort((".txt",), "texts")
IMAGES, MASKS = ("images", "image", "imgs"), ("masks", "mask", "labels", "annotations")


@declare("folder", principal="path", table=DECLARED)
class Folder(DataSource):
    """Images in one sub-folder a class, or in `images` beside `masks`, brought to the size and channels of the network's input.

    A mask has its image's name and a label a pixel, as palette or grey values. With `vectorize` the examples are texts, in files
    that end in `.txt`. Where the folder holds `train` beside `test`, `validation` or both, with the classes or the images and masks
    in each, those are the splits.
    """

    path: str = option(Text(), "Path of the folder, relative to the spec.")
    interpolation: str = option(
        Choice(("nearest", "bilinear", "bicubic", "lanczos")), "Interpolation method for resizing.", "bilinear"
    )
    cache: int | None = option(
        Nullable(Quantity(is_bytes=True)),
        "Size of the decoded images that are kept in memory; the others are decoded anew in each epoch.",
        256 * 2**20,
    )

    def load(self, request: Request) -> Dataset:
        """Images in the form of the network's input, in [0, 1] unless `rescale` says otherwise; classes by name."""
        if request.texts:
            from netspec.data.text_folder import load_texts

            folder = locate(request.root, self.path, folder=True)
            return load_texts(self.path, folder, *splits(folder, self.path, request, TEXTS), request)
        require("PIL", "pillow", "`folder`")
        from netspec.data.assembly import Raw, assembled
        from netspec.data.dataset import check_shape
        from netspec.data.images import Files, Images, Store, form_of, sizes
        from netspec.data.schema import Feature

        name, (key, wanted) = self.path, request.input
        form = form_of(quoted(name), wanted, self.interpolation, request.divisor(self.white))
        folder = locate(request.root, name, folder=True)
        classes, listings = splits(folder, name, request, PICTURES)
        skipped: tuple[Skipped, ...] = ()
        if request.data.skips:
            listings, skipped = _readable(name, folder, listings, form)
        files = [file for listing in listings.values() for file in listing.files]
        found = sizes(name, folder, files)  # a file that is no image stops the run now, not in an hour
        if form.size is None:
            form = form._replace(shape=(*_common_size(name, files, found), form.shape[2]))
        check_shape(quoted(name), form.known, wanted)
        have_masks = any(listing.masks is not None for listing in listings.values())
        of_masks = (
            {output: _mask_size(wanted, form) for output, wanted in request.outputs.items()} if have_masks else {}
        )
        each = math.prod(form.known) + sum(map(math.prod, {*of_masks.values()}))
        keeps = (self.cache or 0) // each
        every = Images(Store(Files(name, folder, files, form), form, keeps))
        images = dict(zip(listings, every.parted([len(listing.files) for listing in listings.values()]), strict=True))
        parts = {}
        for part, listing in listings.items():
            labels = _labels(name, folder, listing, request, of_masks, max(keeps, 0))
            parts[part] = Raw({key: images[part]}, labels, {}, files=listing.files)
            keeps -= len(listing.files)
        features = {key: Feature(quoted(name), form.known, divisor=form.divisor)}
        names = dict.fromkeys(request.outputs, classes) if classes else None
        return assembled(quoted(name), parts, request, features, names=names, skipped=skipped)


class Listing:
    """Image files, relative to the source's folder, and their classes or their masks."""

    __slots__ = ("files", "masks", "y")

    def __init__(self, files: list[str], y: Integers | None = None, masks: list[str] | None = None) -> None:
        self.files = files
        self.y = y
        self.masks = masks

    def chosen(self, indices: list[int]) -> Listing:
        """Some of them."""
        masks = None if self.masks is None else [self.masks[index] for index in indices]
        return Listing([self.files[index] for index in indices], None if self.y is None else self.y[indices], masks)


def _readable(
    name: str, folder: Path, listings: dict[str, Listing], form: Form
) -> tuple[dict[str, Listing], tuple[Skipped, ...]]:
    """The listings without the files that cannot be read, which are told; a listing of nothing else stays as it is."""
    from netspec.data.faults import Skipped
    from netspec.data.images import unreadable, unreadable_masks

    kept, skipped = {}, []
    for part, listing in listings.items():
        wrong = unreadable(folder, listing.files, form)
        masks = [None] * len(wrong) if listing.masks is None else unreadable_masks(folder, listing.masks)
        good = [index for index, reasons in enumerate(zip(wrong, masks, strict=True)) if reasons == (None, None)]
        kept[part] = listing.chosen(good) if good else listing
        for file, of_image, of_mask in zip(listing.files, wrong, masks, strict=True) if good else ():
            if of_image or of_mask:
                why = of_image or f"its mask: {of_mask}"
                skipped.append(Skipped(quoted(os.path.join(name, file)), why))
    return kept, tuple(skipped)


def _mask_size(wanted: Wanted, form: Form) -> Size:
    """The size to which the masks of an output are brought: its own, or that of the images."""
    rows, columns, _ = wanted.shape if wanted.shape is not None and len(wanted.shape) == 3 else form.known
    return rows or form.known[0], columns or form.known[1]


def _labels(
    name: str, folder: Path, listing: Listing, request: Request, of_masks: dict[str, Size], keeps: int
) -> dict[str, Column]:
    """The labels of the outputs: the classes of the images, or their masks, of which the first `keeps` stay in memory."""
    from netspec.data.labels import Column
    from netspec.data.masks import Masks

    if listing.y is not None:
        return dict.fromkeys(request.outputs, Column(f"the classes in {quoted(name)}", listing.y))
    if listing.masks is None:
        return {}
    files = listing.masks
    made = {
        size: Column(
            f"the masks in {quoted(name)}",
            Masks(name, folder, files, size, keeps).labels,
            place=lambda number: f" in {quoted(files[number])}",
        )
        for size in dict.fromkeys(of_masks.values())
    }
    return {output: made[size] for output, size in of_masks.items()}


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


def splits(folder: Path, name: str, request: Request, sort: Sort) -> tuple[tuple[str, ...], dict[str, Listing]]:
    """The classes, and the files of each split that the folder holds; of `train` alone where it holds no splits."""
    names, _ = _scan(folder, name, "", sort)
    lowered = {n.lower() for n in names}
    measured = request.whole and bool(lowered & HELD_OUT & TESTING)
    if not (lowered & TRAINING and lowered & HELD_OUT) and not measured:
        classes, listing = _examples(folder, name, "", request, sort)
        return classes, {"train": listing}
    for other in names:
        if other.lower() not in WORDS:
            raise DataError(
                f"{quoted(name)} holds {quoted(other)} beside its train and test folders; "
                f"move it into them if it is a class, or away"
            )
    found: dict[str, tuple[tuple[str, ...], Listing]] = {}
    for split in ("test",) if request.whole and lowered & TESTING else ("train", "validation", "test"):
        for other in names:
            if WORDS[other.lower()] == split:
                if split in found:
                    raise DataError(f"{quoted(name)} holds two folders for the {split}; keep one")
                found[split] = _examples(folder, name, other, request, sort, several=split == "train")
    classes, _ = next(iter(found.values()))
    for split, (others, listing) in found.items():
        odd = sorted(set(others) - set(classes))
        if odd:
            raise DataError(
                f"{quoted(os.path.join(name, split))} has the class {quoted(odd[0])}, and "
                f"{quoted(os.path.join(name, 'train'))} does not; a class is in the training images first"
            )
        if listing.y is not None and others != classes:  # it lacks one
            listing.y = _renumbered(listing.y, others, classes)
    return classes, {split: listing for split, (_, listing) in found.items()}


def _renumbered(y: Integers, own: tuple[str, ...], classes: tuple[str, ...]) -> Integers:
    import numpy as np

    return np.array([classes.index(one) for one in own], np.int64)[y]


# --- folders ----------------------------------------------------------------------------------------------------------


def _examples(
    folder: Path, name: str, inner: str, request: Request, sort: Sort, *, several: bool = True
) -> tuple[tuple[str, ...], Listing]:
    """The images in `inner`: with masks, in folders of classes, or alone where no output learns a label."""
    names, files = _scan(folder, name, inner, sort)
    lowered = {n.lower(): n for n in names}
    images = next((lowered[word] for word in IMAGES if word in lowered), None)
    masks = next((lowered[word] for word in MASKS if word in lowered), None)
    if images is not None and masks is not None and request.outputs:
        return (), _masked(folder, name, os.path.join(inner, images), os.path.join(inner, masks))
    if not request.outputs and files and not names:
        return (), Listing([os.path.join(inner, file) for file in files])
    return _classes(folder, name, inner, sort, several=several and request.known is None and bool(request.outputs))


def _masked(folder: Path, name: str, images: str, masks: str) -> Listing:
    """Images and their masks, which have the same names."""
    pictures = _files(folder, name, images, PICTURES)
    by_name = {os.path.splitext(os.path.basename(file))[0]: file for file in _files(folder, name, masks, PICTURES)}
    stems = [os.path.splitext(os.path.basename(file))[0] for file in pictures]
    lacking = [quoted(file) for file, stem in zip(pictures, stems, strict=True) if stem not in by_name]
    if lacking:
        raise DataError(
            f"{quoted(os.path.join(name, masks))} holds no mask for {some(lacking)}; a mask has the name of its image"
        )
    stray = [quoted(file) for stem, file in by_name.items() if stem not in set(stems)]
    if stray:
        raise DataError(f"{quoted(os.path.join(name, images))} holds no image for {some(stray)}; remove the mask")
    if not pictures:
        raise DataError(f"{quoted(os.path.join(name, images))} holds no images; add some ({', '.join(SUFFIXES)})")
    return Listing(pictures, None, [by_name[stem] for stem in stems])


def _classes(folder: Path, name: str, inner: str, sort: Sort, *, several: bool) -> tuple[tuple[str, ...], Listing]:
    """The class folders in `inner`, sorted by name, and their images."""
    import numpy as np

    where = quoted(os.path.join(name, inner) if inner else name)
    classes, stray = _scan(folder, name, inner, sort)
    if not classes:
        held = f"{sort.noun} but no class folders" if stray else "no class folders"
        raise DataError(f"{where} holds {held}; put the {sort.noun} of each class into a sub-folder of its own")
    if len(classes) == 1 and several:
        raise DataError(f"{where} holds one class only, {quoted(classes[0])}; there is nothing to tell apart")
    found = {one: _files(folder, name, os.path.join(inner, one), sort) for one in classes}
    empty = [quoted(one) for one, images in found.items() if not images]
    if empty:
        raise DataError(
            f"{where} holds no {sort.noun} of {some(empty)}; add some ({', '.join(sort.suffixes)}), "
            f"or remove the folder{'s' if len(empty) > 1 else ''}"
        )
    y = np.repeat(np.arange(len(classes), dtype=np.int64), [len(images) for images in found.values()])
    return tuple(classes), Listing([file for images in found.values() for file in images], y)


def _files(folder: Path, name: str, inner: str, sort: Sort) -> list[str]:
    """The files of one class."""
    folders, files = _scan(folder, name, inner, sort)
    if folders:
        where = quoted(os.path.join(name, inner))
        raise DataError(f"{where} holds the folder {quoted(folders[0])}; put the {sort.noun} into {where} itself")
    return [os.path.join(inner, file) for file in files]


def _scan(folder: Path, name: str, inner: str, sort: Sort) -> tuple[list[str], list[str]]:
    """The names of the folders and of the files in `inner`, sorted; what is hidden is left out."""
    folders, files = [], []
    with reading(os.path.join(name, inner) if inner else name), os.scandir(folder / inner) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.name.startswith("."):
                continue
            if entry.is_symlink():
                _check_link(folder, entry.path, name, os.path.join(inner, entry.name))
            if entry.is_dir():
                folders.append(entry.name)
            elif entry.is_file() and entry.name.lower().endswith(sort.suffixes):
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
