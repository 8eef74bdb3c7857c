"""A fingerprint of data: what tells other data from those that a run was begun on, though they are as many.

Of files it is a digest of their names, sizes and contents; where there is more than is read in a blink, of pieces that lie evenly
over all of them. Of what is no file it is a digest of the arrays.
"""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypedDict

import numpy as np

from netspec.data.dataset import Array, Dataset, Examples
from netspec.training.plan import Plan

WHOLE = 2**26  # bytes that are read whole; of more, pieces
PIECES = 1024
PIECE = 2**14  # bytes
AT_ONCE = 64  # examples of what is not in memory
VERSION = 1  # of the way in which digests are made: only those of one version can be compared


class Fingerprint(TypedDict):
    """What a run's record says of its data."""

    version: int
    of: str  # files or arrays
    count: int  # of those
    bytes: int
    whole: bool  # whether all of the content went into the digest
    digest: str


def fingerprint(plan: Plan, dataset: Dataset) -> Fingerprint:
    """The fingerprint of what a plan's source reads."""
    paths = [plan.root / path for path in plan.data.source.paths]
    found = [each for path in paths for each in _files(path)]
    if found:
        return _of_files(found)
    return _of_arrays(dict(_arrays(dataset)))


def differ(one: object, other: object) -> bool:
    """Whether two fingerprints, as records hold them, are of other data; where they cannot be compared it is not known."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return False
    return one.get("version") == other.get("version") and one.get("digest") != other.get("digest")


# --- files ------------------------------------------------------------------------------------------------------------


def _files(path: Path) -> list[tuple[str, str, int]]:
    """The names, places and sizes of the files in a folder, in the order of their names, or of the one file."""
    if path.is_file():
        return [("", os.fspath(path), path.stat().st_size)]
    if not path.is_dir():
        return []
    return list(_within(os.fspath(path), ""))


def _within(folder: str, inner: str) -> Iterator[tuple[str, str, int]]:
    """The same of a folder, whose name in the outer one is `inner`; what is hidden is left out."""
    with os.scandir(folder) as found:
        entries = sorted((entry for entry in found if not entry.name.startswith(".")), key=lambda entry: entry.name)
    prefix = os.path.join(inner, "")
    for entry in entries:  # of a folder the files first
        if entry.is_file():
            yield prefix + entry.name, entry.path, entry.stat().st_size
    for entry in entries:
        if entry.is_dir():
            yield from _within(entry.path, os.path.join(inner, entry.name))


def _of_files(files: list[tuple[str, str, int]]) -> Fingerprint:
    made = hashlib.sha256()
    total = sum(size for _, _, size in files)
    for name, _, size in files:
        made.update(f"{name}\0{size}\0".encode(errors="surrogateescape"))
    for path, start, length in _pieces([(path, size) for _, path, size in files], total):
        with open(path, "rb", buffering=0) as file:
            if start:
                file.seek(start)
            while length > 0 and (data := file.read(min(length, 2**20))):
                made.update(data)
                length -= len(data)
    return _said("files", len(files), total, made.hexdigest())


def _pieces(files: list[tuple[str, int]], total: int) -> Iterator[tuple[str, int, int]]:
    """What is read of files: all, or pieces that lie evenly over them. Each is a path, where it starts, how long it is."""
    if total <= WHOLE:
        yield from ((path, 0, size) for path, size in files)
        return
    before = 0
    wanted = iter(range(0, total, -(-total // PIECES)))
    at = next(wanted, None)
    for path, size in files:
        while at is not None and at < before + size:
            yield path, at - before, min(PIECE, before + size - at)
            at = next(wanted, None)
        before += size


# --- arrays -----------------------------------------------------------------------------------------------------------


def _arrays(dataset: Dataset) -> Iterator[tuple[str, Examples]]:
    parts = {"train": dataset.train, "validation": dataset.validation, "test": dataset.test, **dataset.extra_tests}
    for part, split in parts.items():
        if split is not None:
            yield from ((f"{part}/x/{name}", values) for name, values in split.x.items())
            yield from ((f"{part}/y/{name}", values) for name, values in split.y.items())


def _of_arrays(arrays: dict[str, Examples]) -> Fingerprint:
    made = hashlib.sha256()
    total = sum(math.prod(values.shape) * _item(values) for values in arrays.values())
    for name, values in arrays.items():
        made.update(f"{name}\0{values.shape}\0{getattr(values, 'dtype', '')}\0".encode())
    for values in arrays.values():
        for piece in _evenly(values, total):
            made.update(np.ascontiguousarray(piece).tobytes() if piece.dtype != object else repr(piece).encode())
    return _said("arrays", len(arrays), total, made.hexdigest())


def _item(values: Examples) -> int:
    """Bytes of a number; what is read in pieces holds such as networks read."""
    return values.itemsize if isinstance(values, np.ndarray) else 4


def _evenly(values: Examples, total: int) -> Iterable[Array]:
    """All of an array, or some of its examples; a few at a time where they are read from somewhere."""
    step = 1 if total <= WHOLE or len(values) <= PIECES else -(-len(values) // PIECES)
    if isinstance(values, np.ndarray):
        return [values[::step]]
    wanted = np.arange(0, len(values), step)
    return (values[wanted[start : start + AT_ONCE]] for start in range(0, len(wanted), AT_ONCE))


def _said(of: str, count: int, total: int, digest: str) -> Fingerprint:
    return {
        "version": VERSION,
        "of": of,
        "count": count,
        "bytes": total,
        "whole": total <= WHOLE,
        "digest": f"sha256:{digest}",
    }
