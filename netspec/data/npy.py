"""`npy`: arrays in files of their own, which may be larger than the memory."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from netspec.data.npz import SUFFIXES, Layout, Npz, check_header, space
from netspec.data.paths import check_inside, locate, quoted, reading
from netspec.data.source import DECLARED, DataError
from netspec.options import Text, declare, option

if TYPE_CHECKING:
    from netspec.data.dataset import Array, Request
    from netspec.data.members import Header

SUFFIX = ".npy"


@declare("npy", principal="path", table=DECLARED)
class Npy(Npz):
    """Arrays in the `.npy` files of a folder, by the files' names: `x.npy` and `y.npy`, or `x_train.npy`, `y_train.npy` and so on.

    What does not fit comfortably into memory stays in its file and is read a batch at a time.
    """

    path: str = option(Text(), "Path of the folder, or of the file of the examples in it, relative to the spec.")

    @property
    def paths(self) -> tuple[str, ...]:
        """The folder; or the file that is named, and those that may be read beside it."""
        if not self._is_file:
            return (self.path,)
        bases = [self.examples or "", "y" if self.y is None else self.y, self.x or "", self.sample_weight or ""]
        stems = [stem for base in bases for stem in (base.values() if isinstance(base, dict) else (base,)) if stem]
        suffixes = [suffix for each in SUFFIXES.values() for suffix in each]
        names = [f"{stem.removesuffix('_train')}{suffix}{SUFFIX}" for stem in stems for suffix in suffixes]
        folder = Path(self.path).parent
        return tuple(dict.fromkeys((self.path, *(str(folder / name) for name in names))))

    @property
    def _is_file(self) -> bool:
        return self.path.endswith(SUFFIX)

    @property
    def examples(self) -> str | None:
        return Path(self.path).stem if self._is_file else None

    def read(self, request: Request, layout: Layout) -> tuple[dict[str, Array], list[str]]:
        from netspec.data.dataset import check_memory
        from netspec.data.mapped import fits
        from netspec.data.members import mapped

        name = str(Path(self.path).parent) if self._is_file else self.path
        if self._is_file:
            locate(request.root, self.path)
        folder = locate(request.root, name, folder=True)
        with reading(name):
            files = {file.stem: file for file in sorted(folder.iterdir()) if file.suffix == SUFFIX}
        layout.choose(tuple(files))
        keys = layout.read
        headers = {key: self._header(folder, files[key]) for key in keys}
        kept: set[str] = set()
        if not fits(sum(map(space, headers.values()))):
            kept = set(layout.of_examples)
        check_memory(quoted(self.path), sum(space(found) for key, found in headers.items() if key not in kept))
        arrays = {}
        for key in keys:
            array = mapped(files[key], headers[key])
            arrays[key] = array if key in kept and not request.data.skips else _copied(array)
        # Beside a file that is named, anything may lie.
        return arrays, [] if self._is_file else [key for key in files if key not in keys]

    def _header(self, folder: Path, file: Path) -> Header:
        """The header of a file, which must lie in the folder. Raises DataError."""
        from netspec.data.members import header_of

        check_inside(folder, file.name)
        shown = quoted(file.name)
        with reading(file.name):
            size = os.stat(file).st_size
            with open(file, "rb") as opened:
                try:
                    found = header_of(opened, size)
                except OSError:
                    raise
                except Exception:  # noqa: BLE001 - NumPy raises whatever a broken file makes it stumble over
                    raise DataError(f"{shown} is damaged, or no array; write it again with `numpy.save`") from None
        check_header(found, shown, "numpy.save")
        return found


def _copied(array: Array) -> Array:
    import numpy as np

    return np.array(array)
