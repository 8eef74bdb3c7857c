"""What the head and the end of a plain JPEG or PNG say, without a decoder.

A folder is looked through before it is trained on, and to let Pillow open a file takes five times as long as to read where its
header has the size. Whatever is not as nearly all files are (tags of a camera, profiles, rare coding, an end that is missing) is
none of this module's business: Pillow is asked.
"""

from __future__ import annotations

import os
import zlib
from pathlib import Path

Size = tuple[int, int]
HEAD = 4096  # bytes, in which the header of a plain file ends
PNG_START, PNG_END = b"\x89PNG\r\n\x1a\n", b"\x00\x00\x00\x00IEND\xaeB`\x82"
JPEG_START, JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"
END = max(len(PNG_END), len(JPEG_END))
# Segments of a JPEG: baseline or progressive frames, tables, comments. APP1 may hold how the camera was held.
_FRAMES, _SCAN, _JFIF, _ADOBE = (0xC0, 0xC1, 0xC2), 0xDA, 0xE0, 0xEE
_TABLES = (0xC4, 0xDD, 0xFE)
_QUANTIZATION = 0xDB
# Bits of a sample by the kind of a PNG's colours.
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_CHUNKS = (b"PLTE", b"gAMA", b"pHYs")


def plain_size(path: str | Path) -> Size | None:
    """Rows and columns of an image file that is whole and stands upright; None where Pillow must say. Raises OSError."""
    with open(path, "rb", buffering=0) as file:
        head = file.read(HEAD)
        if len(head) < HEAD:
            end = head[-END:]
        else:
            file.seek(-END, os.SEEK_END)
            end = file.read(END)
    if head.startswith(JPEG_START) and end.endswith(JPEG_END):
        return _of_jpeg(head)
    if head.startswith(PNG_START) and end == PNG_END:
        return _of_png(head)
    return None


def _of_jpeg(head: bytes) -> Size | None:
    at, size = 2, None
    while at + 4 <= len(head):
        marker, length = head[at + 1], int.from_bytes(head[at + 2 : at + 4], "big")
        body = at + 4
        if head[at] != 0xFF or length < 2 or at + 2 + length > len(head):
            return None
        if marker == _SCAN:
            return size
        if marker in _FRAMES:
            bits, parts = head[body], head[body + 5]
            if size is not None or bits != 8 or parts not in (1, 3) or length != 8 + 3 * parts:
                return None
            size = int.from_bytes(head[body + 1 : body + 3], "big"), int.from_bytes(head[body + 3 : body + 5], "big")
            if not all(size):
                return None
        elif marker == _QUANTIZATION:
            if (length - 2) % 65 or any(head[body + table] > 3 for table in range(0, length - 2, 65)):
                return None
        elif marker == _JFIF:
            if length < 16 or head[body : body + 5] != b"JFIF\0":
                return None
        elif marker == _ADOBE:
            if length < 14 or head[body : body + 5] != b"Adobe":
                return None
        elif marker not in _TABLES:
            return None
        at += 2 + length
    return None


def _of_png(head: bytes) -> Size | None:
    at, size = len(PNG_START), None
    while at + 8 <= len(head):
        length, name = int.from_bytes(head[at : at + 4], "big"), head[at + 4 : at + 8]
        if name == b"IDAT":
            return size
        body, end = at + 8, at + 8 + length
        if end + 4 > len(head) or zlib.crc32(head[at + 4 : end]) != int.from_bytes(head[end : end + 4], "big"):
            return None
        if (name == b"IHDR") != (size is None):
            return None
        if size is None:
            depth, colours, *methods = head[body + 8 : end]
            if length != 13 or depth not in _DEPTHS.get(colours, ()) or methods not in ([0, 0, 0], [0, 0, 1]):
                return None
            width, height = (
                int.from_bytes(head[body : body + 4], "big"),
                int.from_bytes(head[body + 4 : body + 8], "big"),
            )
            size = height, width
            if not all(size):
                return None
        elif name not in _CHUNKS:
            return None
        at = end + 4
    return None
