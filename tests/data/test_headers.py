"""What the head of a file tells of an image is what Pillow tells, and where it is not plain nothing is told."""

from __future__ import annotations

import io
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from netspec.data.headers import plain_size
from netspec.data.images import UPRIGHT, _turn, sizes

RNG = np.random.default_rng(0)


def noise(mode: str, size: tuple[int, int] = (21, 13)) -> Image.Image:
    return Image.fromarray(RNG.integers(0, 256, (size[1], size[0], 3), np.uint8)).convert(mode)


def written(path: Path, image: Image.Image, **options: Any) -> Path:
    image.save(path, **options)
    return path


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"quality": 100}, {"comment": "made by hand"}, {"dpi": (9, 9)}]
)
def test_a_plain_jpeg(tmp_path: Path, mode: str, options: dict[str, Any]) -> None:
    assert plain_size(written(tmp_path / "it.jpg", noise(mode), **options)) == (13, 21)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_a_plain_png(tmp_path: Path, mode: str) -> None:
    assert plain_size(written(tmp_path / "it.png", noise(mode))) == (13, 21)
    assert plain_size(written(tmp_path / "large.png", noise(mode, (200, 100)))) == (100, 200)


def turned() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


def test_what_is_not_plain_is_asked_of_pillow(tmp_path: Path) -> None:
    note = PngImagePlugin.PngInfo()
    note.add_text("Raw profile type exif", "none")
    files = {
        "turned.jpg": ("RGB", {"exif": turned()}, (21, 13)),
        "turned.png": ("RGB", {"exif": turned()}, (21, 13)),
        "noted.png": ("RGB", {"pnginfo": note}, (13, 21)),
        "inks.jpg": ("CMYK", {}, (13, 21)),
        "profile.jpg": ("RGB", {"icc_profile": b"x" * 5000}, (13, 21)),
        "it.gif": ("P", {}, (13, 21)),
        "it.bmp": ("RGB", {}, (13, 21)),
    }
    for name, (mode, options, _) in files.items():
        assert plain_size(written(tmp_path / name, noise(mode), **options)) is None, name  # type: ignore[arg-type]
    assert sizes("it", tmp_path, list(files)) == [size for _, _, size in files.values()]


@pytest.mark.parametrize("format_", ["JPEG", "PNG"])
def test_a_damaged_file_is_never_taken_for_more_than_it_is(tmp_path: Path, format_: str) -> None:
    """Of files with bytes changed or cut off, whatever a size is told of Pillow opens, with that size."""
    draw = random.Random(0)
    packed = io.BytesIO()
    noise("RGB").save(packed, format_)
    whole = packed.getvalue()
    told = 0
    for _ in range(1500):
        data = bytearray(whole)
        if draw.random() < 0.2:
            del data[draw.randrange(len(data)) :]
        for _ in range(draw.randrange(3)):
            if data:
                data[min(int(draw.expovariate(1 / 60)), len(data) - 1)] = draw.randrange(256)
        path = tmp_path / "it"
        path.write_bytes(data)
        size = plain_size(path)
        if size is not None:
            told += 1
            with Image.open(path) as image:
                assert (size, _turn(image)) == (image.size[::-1], UPRIGHT)
    assert told > 300
    for data in (b"", whole[:2], whole[:30], whole[:-1], whole[-20:]):
        path.write_bytes(data)
        assert plain_size(path) is None
