"""Texts in one sub-folder a class."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from netspec.data.assembly import Raw, assembled
from netspec.data.dataset import Dataset, Request, check_memory
from netspec.data.faults import Skipped
from netspec.data.labels import Column
from netspec.data.paths import quoted, some
from netspec.data.schema import Feature
from netspec.data.source import DataError

if TYPE_CHECKING:
    from netspec.data.folder import Listing


SPACE_PER_BYTE = 5  # memory for a byte of a file: the text, whose characters may take four


def load_texts(
    name: str, folder: Path, classes: tuple[str, ...], listings: dict[str, Listing], request: Request
) -> Dataset:
    """The texts of a folder's parts, and their classes by name. Raises DataError."""
    key, _ = request.input
    files = [folder / file for listing in listings.values() for file in listing.files]
    check_memory(quoted(name), SPACE_PER_BYTE * sum(file.stat().st_size for file in files))
    bad: list[tuple[str, str]] = []
    parts = {part: _raw(name, folder, listing, request, key, bad) for part, listing in listings.items()}
    if bad and (not request.data.skips or not all(raw.size for raw in parts.values())):
        words = some([f"{quoted(file)} ({why})" for file, why in sorted(bad)])
        count = sum(len(listing.files) for listing in listings.values())
        mend = f"mend or remove {'it' if len(bad) == 1 else 'them'}"
        raise DataError(f"cannot read {len(bad):,} of {count:,} texts in {quoted(name)}: {words}; {mend}")
    features = {key: Feature(f"the texts in {quoted(name)}", (1,))}
    skipped = [Skipped(quoted(str(Path(name, file))), why) for file, why in bad]
    names = dict.fromkeys(request.outputs, classes) if classes else None
    return assembled(quoted(name), parts, request, features, names=names, skipped=skipped)


def _raw(name: str, folder: Path, listing: Listing, request: Request, key: str, bad: list[tuple[str, str]]) -> Raw:
    """The texts of a part; those that cannot be read are left out and added to `bad`."""
    texts, kept = [], []
    for index, file in enumerate(listing.files):
        try:
            texts.append(read_text(folder / file))
        except DataError as error:
            bad.append((file, error.message))
        else:
            kept.append(index)
    y = {}
    if listing.y is not None:
        y = dict.fromkeys(request.outputs, Column(f"the classes in {quoted(name)}", listing.y[kept]))
    return Raw({key: np.array(texts, object)}, y, {}, files=listing.chosen(kept).files)


def read_text(path: Path) -> str:
    """A text file. Raises DataError with the reason alone why it cannot be read."""
    try:
        if path.exists() and not path.is_file():  # to read a pipe or a device might never end
            raise DataError("not a regular file")
        check_memory("it", SPACE_PER_BYTE * path.stat().st_size)
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise DataError("not UTF-8") from None
    except OSError as error:
        raise DataError((error.strerror or str(error)).lower()) from None
