"""Arrays in files of NumPy's, read by their own headers first.

A file comes from anywhere: nothing is unpickled, and no memory is taken for what a header claims and the file does not hold.
"""

from __future__ import annotations

import math
import struct
import zipfile
from pathlib import Path
from typing import IO, BinaryIO, Literal, NamedTuple

import numpy as np

from netspec.data.dataset import Array


class Header(NamedTuple):
    """What an array's header says."""

    numbers: int
    size: int  # in bytes
    has_objects: bool
    is_whole: bool  # as many bytes follow as it says
    shape: tuple[int, ...]
    by_columns: bool  # whether the first index runs fastest
    dtype: np.dtype[np.void]
    length: int  # of the header itself, in bytes


def read_header(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Header:
    """The header of an archive's member. Raises whatever a damaged one leads NumPy and zipfile to."""
    with archive.open(info) as member:
        return header_of(member, info.file_size)


def header_of(file: IO[bytes], size: int) -> Header:
    """The header at the start of a file of `size` bytes."""
    shape, by_columns, dtype = _read_header(file)
    numbers = math.prod(shape)
    wanted, length = numbers * dtype.itemsize, file.tell()
    is_whole = dtype.hasobject or size - length == wanted
    return Header(numbers, wanted, dtype.hasobject, is_whole, shape, by_columns, dtype, length)


def _read_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[np.void]]:
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(file)
    if version == (2, 0):
        return np.lib.format.read_array_header_2_0(file)
    raise ValueError("a later format is for field names that are not ASCII, which no array of numbers has")


def read_array(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Array:
    """The array of a member, whose header has been found right."""
    with archive.open(info) as member:
        return np.lib.format.read_array(member, allow_pickle=False)


def mapped(path: Path, found: Header, start: int = 0) -> Array:
    """An array that lies in a file as it is, read when it is indexed; its header starts at `start` and has been found right."""
    order: Literal["F", "C"] = "F" if found.by_columns else "C"
    return np.memmap(path, found.dtype, "r", start + found.length, found.shape, order)


def start_of(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> int | None:
    """Where a member lies in its archive's file; None of one that is packed."""
    if info.compress_type != zipfile.ZIP_STORED or archive.fp is None:
        return None
    archive.fp.seek(info.header_offset + 26)  # the lengths of its name and of what else stands before it
    name, more = struct.unpack("<HH", archive.fp.read(4))
    return info.header_offset + 30 + int(name) + int(more)


def checked(found: Header) -> Header:
    """The same header. Raises ValueError where it is not one of an array of plain values, whole in its file."""
    if found.has_objects:
        raise ValueError("it holds Python objects")
    if not found.is_whole:
        raise ValueError("an array in it is not as large as it says")
    return found


def stored(file: BinaryIO, size: int) -> dict[str, Array]:
    """All arrays of an archive of `size` bytes, which `numpy.savez` wrote without packing them, by their names' order.

    Raises ValueError where they would unpack to more than the archive holds, and whatever damage leads to.
    """
    if file.read(4) != b"PK\x03\x04":  # an archive may begin with something else, but none of NumPy's does
        raise ValueError("it is no archive of NumPy's")
    with zipfile.ZipFile(file) as archive:
        members = sorted(archive.infolist(), key=lambda info: info.filename)
        if sum(info.file_size for info in members) > size:
            raise ValueError("it unpacks to more than it holds")
        for info in members:
            checked(read_header(archive, info))
        return {info.filename.removesuffix(".npy"): read_array(archive, info) for info in members}
