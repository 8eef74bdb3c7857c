"""Weights in an `.npz` that `netspec import --weights` wrote: `NODE/kernel`, by the paths of nodes."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from netspec.diagnostics.words import show

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_MEMBERS = 1_000_000


class Unreadable(Exception):
    """A file that is none of weights."""


class Arrays:
    """The arrays of a file; each is read when it is asked for, and only if it has the shape that is wanted.

    Args:
        path: The file.

    Raises:
        Unreadable: It is no such file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._archive = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise Unreadable(f"is no .npz ({show(str(error), 100)})") from None
        names = [name.removesuffix(".npy") for name in self._archive.namelist() if name.endswith(".npy")]
        if not names or len(names) > MAX_MEMBERS:
            raise Unreadable("is an archive without arrays")
        self.shapes = {name: self._shape(name) for name in names}

    def _shape(self, name: str) -> tuple[int, ...]:
        from numpy.lib import format as layout

        try:
            with self._archive.open(f"{name}.npy") as file:
                version = layout.read_magic(file)
                read = layout.read_array_header_1_0 if version == (1, 0) else layout.read_array_header_2_0
                shape, _, dtype = read(file)
        except (ValueError, OSError, EOFError, RuntimeError, NotImplementedError, zipfile.BadZipFile) as error:
            raise Unreadable(f"holds `{name}`, which is no array ({show(str(error), 100)})") from None
        if dtype.kind not in "fiu":
            raise Unreadable(f"holds `{name}`, whose elements are no numbers but {show(str(dtype), 40)}")
        return tuple(shape)

    def read(self, name: str) -> NDArray[np.generic]:
        """An array. Raises Unreadable where it is damaged, or holds what is no number."""
        import numpy as np
        from numpy.lib import format as layout

        try:
            with self._archive.open(f"{name}.npy") as file:
                array = layout.read_array(file, allow_pickle=False)
        except (ValueError, OSError, EOFError, RuntimeError, zipfile.BadZipFile) as error:
            raise Unreadable(f"holds `{name}`, which is damaged ({show(str(error), 100)})") from None
        if not np.isfinite(array).all():
            raise Unreadable(f"holds numbers that are none (NaN or infinity) in `{name}`")
        return array

    def close(self) -> None:
        """Let the file go."""
        self._archive.close()
