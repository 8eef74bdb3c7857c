"""Arrays in files of NumPy's, read by their own headers first.

A file comes from anywhere: nothing is unpickled, and no memory is taken for what a header claims and the file does not hold.
"""

from __future__ import annotations

import math
import zipfile
from typing import IO, BinaryIO, NamedTuple

import numpy as np

from netspec.data.dataset import Array


class Header(NamedTuple):
    """What an array's header says."""

    numbers: int
    size: int  # in bytes
    has_objects: bool
    is_whole: bool  # as many bytes follow as it says


def read_header(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Header:
    """The header of an archive's member. Raises whatever a damaged one leads NumPy and zipfile to."""
    with archive.open(info) as member:
        return header_of(member, info.file_size)


def header_of(file: IO[bytes], size: int) -> Header:
    """The header at the start of a file of `size` bytes."""
    shape, _, dtype = _read_header(file)
    numbers = math.prod(shape)
    wanted = numbers * dtype.itemsize
    return Header(numbers, wanted, dtype.hasobject, dtype.hasobject or size - file.tell() == wanted)


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
