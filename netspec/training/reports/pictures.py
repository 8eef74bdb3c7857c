"""Arrays as pictures within a page, small enough that many can be shown."""

from __future__ import annotations

import base64
import colorsys
import io

import numpy as np
from PIL import Image as Pillow

from netspec.data.dataset import Array

MAX_SIDE = 160  # pixels of a picture
SMALL = 48  # pixels of a side, below which each pixel is shown as a square
IGNORED = (128, 128, 128)


def is_picture(shape: tuple[int, ...]) -> bool:
    """Whether an example of that shape can be shown as a picture."""
    return len(shape) == 3 and min(shape[:2]) > 1 and shape[2] in (1, 3, 4)


def picture(values: Array) -> str:
    """A `data:` URI of rows x columns x channels: of 0 to 1 as it is, else from the lowest number to the highest."""
    values = np.nan_to_num(np.asarray(values, np.float32))
    low, high = float(values.min()), float(values.max())
    if low < 0 or high > 1:
        values = (values - low) / max(high - low, 1e-12)
    pixels = np.round(values * 255).astype(np.uint8)
    return _uri(Pillow.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels), Pillow.Resampling.BILINEAR)


def mask(labels: Array, ignored: int | None) -> str:
    """A `data:` URI of rows x columns of labels, each in its colour."""
    pixels = np.zeros((*labels.shape, 3), np.uint8)
    for label in np.unique(labels).tolist():
        pixels[labels == label] = IGNORED if label == ignored else _rgb(label)
    return _uri(Pillow.fromarray(pixels), Pillow.Resampling.NEAREST)


def colour(label: int) -> str:
    """A label's colour, as CSS writes it."""
    return "#" + "".join(f"{part:02x}" for part in _rgb(label))


def _rgb(label: int) -> tuple[int, int, int]:
    """A colour for each label: dark for the first, which most often is the ground, then hues that lie far apart."""
    if label == 0:
        return (30, 33, 40)
    hue = (0.58 + (label - 1) * 0.618034) % 1
    red, green, blue = colorsys.hls_to_rgb(hue, 0.5 + 0.12 * (label % 3 - 1), 0.62)
    return round(red * 255), round(green * 255), round(blue * 255)


def _uri(image: Pillow.Image, resampling: Pillow.Resampling) -> str:
    if max(image.size) > MAX_SIDE:
        share = MAX_SIDE / max(image.size)
        image = image.resize((max(1, round(image.width * share)), max(1, round(image.height * share))), resampling)
    elif max(image.size) < SMALL:
        times = -(-96 // max(image.size))
        image = image.resize((image.width * times, image.height * times), Pillow.Resampling.NEAREST)
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
