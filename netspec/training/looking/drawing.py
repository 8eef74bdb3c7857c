"""Arrays as pictures: filters, maps, heat over a picture, a box around a part of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from netspec.data.dataset import Array, Floats
from netspec.files import atomic_write
from netspec.training.looking.finding import Features

LEAST_SIDE = 256  # pixels of a picture that is written as a file
HEAT = "inferno"  # of Matplotlib's colour maps: even to the eye, and readable in grey
ALPHA = 0.55  # of heat over a picture
BOX = (229, 92, 0)


class Drawn(NamedTuple):
    """A picture: where its file goes below the folder of all, and its pixels from 0 to 1."""

    place: str
    pixels: Floats


def drawn(found: Features) -> Iterator[Drawn]:
    """All pictures of a network, in the order of the page."""
    if found.filters is not None:
        for number, pixels in enumerate(kernels(found.filters.kernels)):
            yield Drawn(f"filters/{number}.png", pixels)
    for number, seen in enumerate(found.pictures, 1):
        folder = f"picture_{number}"
        yield Drawn(f"{folder}/input.png", scaled(seen.picture))
        if seen.cam is not None:
            yield Drawn(f"{folder}/grad_cam.png", heated(seen.picture, seen.cam[1]))
        if seen.occlusion is not None:
            yield Drawn(f"{folder}/occlusion.png", heated(seen.picture, seen.occlusion))
        for maps in seen.maps:
            for number, values in zip(maps.channels, maps.values, strict=True):
                yield Drawn(f"{folder}/{maps.node}/channel_{number}.png", scaled(values[..., np.newaxis]))
    for node, field in found.fields.items():
        yield Drawn(f"receptive_fields/{node}.png", coloured(field.contributions))
    for node, channels in found.channels.items():
        for channel in channels:
            for place, each in enumerate(channel.pictures, 1):
                pixels = boxed(found.examples[each.example], each.box)
                yield Drawn(f"exciting/{node}/channel_{channel.number}_{place}.png", pixels)


def write_files(found: Features, folder: Path) -> int:
    """All pictures as files in a folder, and how many there are."""
    count = 0
    for count, each in enumerate(drawn(found), 1):  # noqa: B007 - the last number is wanted
        path = folder / each.place
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.round(np.clip(each.pixels, 0, 1) * 255).astype(np.uint8)
        image = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
        times = max(1, -(-LEAST_SIDE // max(image.size)))
        image = image.resize((image.width * times, image.height * times), Image.Resampling.NEAREST)
        with atomic_write(path) as temporary:
            image.save(temporary, "PNG", optimize=True)
    return count


def scaled(values: Array) -> Floats:
    """Rows x columns x channels as pixels: from 0 to 1 as they are, else from the lowest number to the highest."""
    found = np.nan_to_num(np.asarray(values, np.float32))
    low, high = float(found.min()), float(found.max())
    if low < 0 or high > 1:
        found = (found - low) / max(high - low, 1e-12)
    return np.asarray(found, np.float32)


def kernels(filters: Floats) -> Floats:
    """Filters as pixels on one scale: grey is 0, and the largest weight of all white or black."""
    most = float(np.abs(filters).max())
    return np.asarray(0.5 + filters / (2 * most or 1), np.float32)


def coloured(values: Array) -> Floats:
    """Rows x columns as colours from dark, 0, to bright, the largest number; what is below 0 is as dark."""
    import matplotlib as mpl

    most = float(values.max())
    return np.asarray(mpl.colormaps[HEAT](np.clip(values, 0, None) / (most if most > 0 else 1))[..., :3], np.float32)


def heated(picture: Floats, heat: Floats) -> Floats:
    """A picture in grey under the colours of a map, which is stretched over it."""
    from scipy import ndimage

    rows, columns = picture.shape[:2]
    factors = (rows / heat.shape[0], columns / heat.shape[1])
    stretched = ndimage.zoom(heat, factors, order=1, grid_mode=True, mode="nearest")
    grey = scaled(picture)[..., :3].mean(axis=-1, keepdims=True)
    return np.asarray((1 - ALPHA) * grey + ALPHA * coloured(stretched), np.float32)


def boxed(picture: Floats, box: tuple[int, int, int, int] | None) -> Floats:
    """A picture, large enough for a line around a part of it."""
    pixels = scaled(picture)
    pixels = np.repeat(pixels, 3, axis=-1) if pixels.shape[-1] == 1 else pixels[..., :3]
    times = max(1, -(-96 // max(pixels.shape[:2])))
    image = Image.fromarray(np.round(np.clip(pixels, 0, 1) * 255).astype(np.uint8))
    image = image.resize((image.width * times, image.height * times), Image.Resampling.NEAREST)
    if box is not None:
        top, left, bottom, right = (side * times for side in box)
        ImageDraw.Draw(image).rectangle((left, top, right - 1, bottom - 1), outline=BOX, width=2)
    return np.asarray(np.asarray(image) / 255, np.float32)
