"""Data sources: what `data:` names -> NumPy arrays, split and scaled.

A source is a file here: it declares its hyperparameters and loads its examples, and `source.SOURCES` names it. Only the
downloads need a framework, and nothing needs NumPy before it loads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netspec.data.source import SOURCES, Data, DataError, DataSource, require
from netspec.shapes import Shape

if TYPE_CHECKING:
    from pathlib import Path

    from netspec.data.dataset import Dataset, Floats, Request

__all__ = ["SOURCES", "Data", "DataError", "DataSource", "load_data", "load_image"]


def load_data(request: Request, *, confined: bool = False) -> Dataset:
    """The examples of a source.

    Args:
        request: the `data` section, the network's inputs and outputs, and where paths start.
        confined: whether no path may lead out of `root`, as where the spec names the source and not the user.

    Returns:
        The examples; the same arguments and files give the same arrays.

    Raises:
        DataError: Whatever can be wrong with the data; NS701 where examples do not fit the input.
    """
    from netspec.data.dataset import check_shape
    from netspec.data.paths import check_inside

    source = request.data.source
    if confined:
        for path in source.paths:
            check_inside(request.root, path)
    if source.shape is not None:  # known before anything is generated or downloaded
        check_shape(f"`{source.spec_name}`", source.shape, request.input[1])
    return source.load(request)


def load_image(path: str | Path, shape: Shape, data: Data | None = None) -> Floats:
    """An image file as one example.

    Args:
        path: the file.
        shape: of the example; a dimension of None takes the image's own size.
        data: what the network was trained on, whose images this one is treated like.

    Raises:
        DataError: The file cannot be read as an image.
    """
    require("PIL", "pillow", "an image file")
    from netspec.data.images import form_of, read_image

    source = DataSource() if data is None else data.source
    # A white pixel is 255 in a file, and the source's own white is what `rescale` divides.
    divisor = 255 if data is None or data.rescale is None else 255 * data.rescale / source.white
    return read_image(path, form_of("an image file", shape, source.interpolation, divisor))
