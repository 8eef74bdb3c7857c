"""Data sources: what `data:` names -> NumPy arrays, split and scaled. Only the downloads need a framework."""

from __future__ import annotations

from pathlib import Path

from netspec.data.base import DataError, Dataset, Examples, Floats, Split, check_inside, check_shape
from netspec.shapes import Shape
from netspec.spec.settings import Corners, Csv, Data, Digits, Folder, Npz

__all__ = ["DataError", "Dataset", "Examples", "Split", "load", "load_picture"]


def load(data: Data, *, root: Path, input_shape: Shape, seed: int, confined: bool = False) -> Dataset:
    """The examples of a source, for a network with one input of `input_shape` (channels last, no batch dimension).

    Relative paths start at `root`, the spec's folder, out of which none may lead where the source is `confined`: written in
    the spec, and not named by the user. The same arguments and files give the same arrays. All that can
    be wrong with the data is raised as a DataError, with the code NS701 where examples do not fit the input.
    """
    source = data.source
    if confined and isinstance(source, (Folder, Npz, Csv)):
        check_inside(root, source.path)
    if source.shape is not None:  # known before anything is generated or downloaded
        check_shape(f"`{source.word}`", source.shape, input_shape)
    # Each source pulls in what only it needs: scikit-learn, Pillow, zipfile.
    if isinstance(source, Digits):
        from netspec.data.digits import load_digits

        return load_digits(data, seed)
    if isinstance(source, Corners):
        from netspec.data.corners import load_corners

        return load_corners(source, data, seed)
    if isinstance(source, Folder):
        from netspec.data.folder import load_folder

        return load_folder(source, data, root, input_shape, seed)
    if isinstance(source, Npz):
        from netspec.data.npz import load_npz

        return load_npz(source, data, root, input_shape, seed)
    if isinstance(source, Csv):
        from netspec.data.table import load_csv

        return load_csv(source, data, root, input_shape, seed)
    from netspec.data.download import load_download

    return load_download(source.word, data, seed)


def load_picture(path: str | Path, shape: Shape, data: Data | None = None) -> Floats:
    """A picture file as one example of `shape`, treated as the pictures of `data` were.

    A dimension of None takes the picture's own size. Raises DataError.
    """
    from netspec.data.pictures import form_of, read_picture

    source = None if data is None else data.source
    interpolation = source.interpolation if isinstance(source, Folder) else "bilinear"
    # A white pixel is 255 in a file; the sources that are not made of bytes have other whites.
    white = 16 if isinstance(source, Digits) else 1 if isinstance(source, Corners) else 255
    divisor = 255 if data is None or data.rescale is None else 255 * data.rescale / white
    return read_picture(path, form_of("a picture file", shape, interpolation, divisor))
