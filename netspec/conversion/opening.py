"""Files of models to configurations: `.keras` archives, legacy HDF5, JSON."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from netspec.conversion.model import ConversionError
from netspec.diagnostics.words import show

MAX_CONFIG = 32 * 2**20  # bytes
MAX_VALUES = (
    1_000_000  # of a configuration, each a hundred bytes once it has been read; the largest of Keras's own has 64,000
)
CONFIG = "config.json"
_IN_HDF5 = "model_config"  # of the attributes
ARCHIVE, HDF5, JSON = ".keras", ".h5", ".json"  # what a file of Keras may be, by the ending that it should have
SAVED_MODEL = "saved_model.pb"
_NO_JSON = "it is no model: what should be its configuration is no JSON"
_NO_MODEL = "it is no model of Keras, and other formats are known by their endings: .onnx, .pt2, .prototxt, .yaml"


def require_file(path: Path) -> None:
    """Raise ConversionError where a name is no file."""
    if path.is_file():
        return
    if not path.exists():
        raise ConversionError("there is no such file")
    if not path.is_dir():
        raise ConversionError("it is no file")
    if (path / SAVED_MODEL).is_file():
        raise ConversionError(
            "it is a SavedModel, which holds computations and no layers; save the model as a `.keras` file"
        )
    raise ConversionError("it is a folder; name a file in it")


def ending_of(path: Path) -> str:
    """What a file of Keras is, by its first bytes."""
    with open(path, "rb") as file:
        start = file.read(8)
    if start.startswith(b"PK"):
        return ARCHIVE
    return HDF5 if start == b"\x89HDF\r\n\x1a\n" else JSON


def config_of(path: Path) -> object:
    """What the file says of its model's structure; nothing else of it is read.

    Raises:
        ConversionError: It is no such file, or damaged, or too large.
    """
    require_file(path)
    ending = ending_of(path)
    if ending == ARCHIVE:
        return _parsed(_member(path))
    if ending == HDF5:
        return _parsed(_attribute(path))
    size = path.stat().st_size
    if not size:
        raise ConversionError("it is empty")
    if size > MAX_CONFIG:
        raise ConversionError(f"it holds {size:,} bytes, more than a configuration may")
    return _parsed(path.read_bytes(), _NO_JSON if path.suffix in (ARCHIVE, HDF5, JSON) else _NO_MODEL)


@contextmanager
def with_config(path: Path, config: object) -> Iterator[Path]:
    """While this is entered, a copy of a file that can be opened, with another configuration in it.

    Args:
        path: The file.
        config: The configuration.
    """
    text = json.dumps(config)
    with TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        ending = ending_of(path)
        if ending == JSON:
            copy.write_text(text, encoding="utf-8")
        elif ending == HDF5:
            import h5py

            shutil.copyfile(path, copy)
            with h5py.File(copy, "r+") as file:
                file.attrs[_IN_HDF5] = text
        else:
            with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w") as new:
                for info in old.infolist():
                    if info.filename == CONFIG:
                        new.writestr(info, text)
                    else:
                        with old.open(info) as source, new.open(info, "w") as target:
                            shutil.copyfileobj(source, target)
        yield copy


def _member(path: Path) -> bytes:
    try:
        with zipfile.ZipFile(path) as archive:
            info = archive.getinfo(CONFIG)
            if info.file_size > MAX_CONFIG:
                raise ConversionError(f"`{CONFIG}` in it unpacks to {info.file_size:,} bytes, more than it may hold")
            with archive.open(info) as file:
                return file.read(MAX_CONFIG)
    except KeyError:
        raise ConversionError(f"it is an archive without `{CONFIG}`, so no Keras model") from None
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError, RuntimeError) as error:
        raise ConversionError(f"it is a damaged archive ({show(str(error), 100)})") from None


def _attribute(path: Path) -> bytes:
    """The configuration that Keras wrote into an HDF5 file of old."""
    try:
        import h5py
    except ImportError:
        raise ConversionError("it is an HDF5 file, which h5py reads; every backend's extra brings it") from None
    try:
        with h5py.File(path, "r") as file:
            config = file.attrs.get(_IN_HDF5)
    except Exception as error:  # noqa: BLE001 - HDF5 raises whatever a damaged file leads it to
        raise ConversionError(f"it is a damaged HDF5 file ({show(str(error), 100)})") from None
    if config is None:
        raise ConversionError("it holds weights without a model; its configuration is needed")
    return config if isinstance(config, bytes) else str(config).encode()


def _parsed(data: bytes, otherwise: str = _NO_JSON) -> object:
    if sum(data.count(mark) for mark in (b",", b"[", b"{")) > MAX_VALUES:  # without reading it, and so at most
        raise ConversionError(f"it holds more than {MAX_VALUES:,} values, more than a configuration may")
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise ConversionError(otherwise) from None
