"""`npz`: arrays in a NumPy archive.

An archive comes from anywhere, so its members' own headers are read first: nothing is unpickled, and nothing is
unpacked that is not what it says or would not fit into memory.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from netspec.data.paths import locate, quoted, reading, some
from netspec.data.source import DECLARED, DataError, DataSource
from netspec.diagnostics.words import listing, printable, show
from netspec.options import Text, declare, option
from netspec.shapes import Shape, show_shape

if TYPE_CHECKING:
    import zipfile

    from netspec.data.dataset import Array, Dataset, Request

PAIRS = (("x_train", "y_train"), ("x_test", "y_test"), ("x", "y"))


@declare("npz", principal="path", table=DECLARED)
class Npz(DataSource):
    """Arrays in a NumPy archive: `x_train`, `y_train` and perhaps `x_test`, `y_test`; or `x` and `y`.

    Labels that are integers, one-hot rows or texts are classes; other floating-point numbers are to be predicted.
    """

    path: str = option(Text(), "Path of the file, relative to the spec.")

    def load(self, request: Request) -> Dataset:
        """The arrays, bytes divided by 255 unless `rescale` says otherwise; a test is set aside where there is none."""
        from netspec.data.dataset import Split, check_shape, divided, scaled
        from netspec.data.labels import from_arrays

        arrays = _read(locate(request.root, self.path), self.path)
        names = {key: f"`{key}` in {quoted(self.path)}" for key in arrays}
        pairs = [pair for pair in PAIRS if pair[0] in arrays]
        xs = []
        for key, label in pairs:
            _check_pair(arrays[key], arrays[label], names[key], names[label])
            xs.append(_with_channel(arrays[key], request.input_shape))
            check_shape(names[key], xs[-1].shape[1:], request.input_shape)
        labels = from_arrays({names[label]: arrays[label] for _, label in pairs})
        test = Split(scaled(xs[1], request.data, _divisor(xs[1])), labels.parts[1]) if len(pairs) > 1 else None
        return divided(
            quoted(self.path),
            xs[0],
            labels.parts[0],
            request,
            classes=labels.classes,
            divisor=_divisor(xs[0]),
            test=test,
        )


def _divisor(x: Array) -> int:
    return 255 if x.dtype == "uint8" else 1


def _check_pair(x: Array, y: Array, x_name: str, y_name: str) -> None:
    from netspec.data.dataset import check_finite

    for array, name in ((x, x_name), (y, y_name)):
        if not array.shape:
            raise DataError(f"{name} is a single value; save an array with one entry an example")
        if not array.size:
            raise DataError(f"{name} is empty ({show_shape(array.shape)}); save at least one example")
    if x.dtype.kind not in "biuf":
        raise DataError(f"{x_name} holds values of type {show(str(x.dtype))}; save numbers")
    if len(x) != len(y):
        raise DataError(
            f"{x_name} has {len(x):,} examples, and {y_name} has {len(y):,} labels; save one label an example"
        )
    check_finite(x_name, x)


def _with_channel(x: Array, wanted: Shape) -> Array:
    """Grey images are often saved without their one channel."""
    return x[..., None] if x.ndim == len(wanted) else x


# --- the archive ------------------------------------------------------------------------------------------------------


def _read(path: Path, name: str) -> dict[str, Array]:
    """The arrays that matter, checked before they are unpacked."""
    import zipfile

    with reading(name):
        if not zipfile.is_zipfile(path):
            raise DataError(f"{quoted(name)} is not a NumPy archive, or is cut short; write it with `numpy.savez`")
        try:
            with zipfile.ZipFile(path) as archive:
                return _arrays(archive, name)
        except DataError:
            raise
        except MemoryError:
            raise DataError(f"{quoted(name)} does not fit into memory; use fewer or smaller examples") from None
        except Exception as error:  # noqa: BLE001 - unpackers raise whatever a broken file makes them stumble over
            reason = "is encrypted" if "encrypted" in str(error) else "is damaged"
            raise DataError(f"{quoted(name)} {reason}; write it again with `numpy.savez`") from None


def _arrays(archive: zipfile.ZipFile, name: str) -> dict[str, Array]:
    from netspec.data.dataset import check_memory
    from netspec.data.members import read_array, read_header

    members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
    keys = _keys(tuple(members), name)
    headers = {key: read_header(archive, members[key]) for key in keys}
    for key, found in headers.items():
        if found.has_objects:
            raise DataError(f"`{key}` in {quoted(name)} holds Python objects; save an array of numbers")
        if not found.is_whole:
            raise DataError(f"`{key}` in {quoted(name)} is damaged; write it again with `numpy.savez`")
    # The array as it is saved, its parts, and these as float32.
    check_memory(quoted(name), sum(2 * found.size + 4 * found.numbers for found in headers.values()))
    return {key: read_array(archive, members[key]) for key in keys}


def _keys(found: tuple[str, ...], name: str) -> list[str]:
    """The arrays to read; raises DataError where one of a pair is missing."""
    wanted = [key for pair in PAIRS if set(pair) & set(found) for key in pair]
    if "x_train" in wanted:
        wanted = [key for key in wanted if key not in PAIRS[2]]
    missing = [key for key in wanted if key not in found]
    if "x" not in wanted and "x_train" not in wanted:
        lacks = "neither `x_train` and `y_train` nor `x` and `y`"
    elif missing:
        lacks = f"no {listing(missing, 'or')}"
    else:
        return wanted
    shown = some([f"`{printable(key)}`" for key in found], 9)
    raise DataError(f"{quoted(name)} holds {lacks}; it holds {shown or 'nothing'}")
