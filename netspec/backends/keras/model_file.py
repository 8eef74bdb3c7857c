"""`.keras` files that netspec wrote: a Keras model, and beside it the spec that it was made from.

Keras would make the model from the file's configuration, which can name any function that is installed. netspec takes
the spec instead, checks and compiles it like any other, and reads nothing else but numbers. They lie in HDF5, whose ways
to other files, and to more than the file holds, are shut before they are read.
"""

from __future__ import annotations

import json
import math
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from netspec import __version__
from netspec.backends.keras.compiling import compile_graph, own_layers, packaged_layers
from netspec.backends.keras.importing import import_keras
from netspec.backends.keras.types import Keras, KerasModel
from netspec.diagnostics.problems import FILE_START, Problem, SpecError
from netspec.diagnostics.words import printable, show
from netspec.files import unreadable
from netspec.graph.model import Graph
from netspec.kinds.packages import not_allowed
from netspec.outputs import NOTE  # Keras leaves members that it does not know alone
from netspec.pipeline import Spec, check_text
from netspec.spec.names import IDENTIFIER
from netspec.syntax.reading import MAX_BYTES

WEIGHTS = "model.weights.h5"
MAX_NOTE = 2 * MAX_BYTES  # JSON's escapes included; a spec and its params


class Rebuilt(NamedTuple):
    """A network made again from its spec, with the weights of its file."""

    keras: Keras
    network: KerasModel
    spec: Spec  # with its graph
    schema: object  # of the data that it was trained on, as its record had it
    fused: bool  # is it no longer what the spec says, but what `fusing.fuse` made of that?


def save(
    network: KerasModel,
    text: str,
    graph: Graph,
    path: Path,
    schema: Mapping[str, object] | None = None,
    *,
    fused: bool = False,
) -> None:
    """Write the network, and the spec's text and params in force by which it can be rebuilt.

    `schema` is that of the data which it was trained on; `fused` says that `fusing.fuse` made it of what the spec says.
    """
    network.save(path)
    own, packaged = own_layers(network), packaged_layers(network)
    kinds = graph.packages()
    note = {
        "netspec": __version__,
        "requires": [*(["netspec-keras"] if own else []), *(kinds if packaged else [])],
        "layers": [*own, *packaged],
        "kinds": kinds,
        "name": graph.name,
        "params": graph.params,
        "spec": text,
        "schema": schema,
        "fused": fused,
    }
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(NOTE, json.dumps(note, indent=2))


def rebuild(path: Path) -> Rebuilt:
    """The network of a file that `save` wrote. Raises SpecError for any other."""
    with _opened(path) as archive:
        spec, schema, fused = _noted(path, archive)
        assert spec.graph is not None
        with tempfile.TemporaryDirectory() as folder:
            weights = Path(folder) / WEIGHTS
            _unpack(path, archive, weights)
            _check_numbers(path, weights)
            keras = import_keras()
            network = compile_graph(spec.graph, initialize=False)
            if fused:
                from netspec.backends.keras.fusing import fuse

                network = fuse(keras, network).network
            try:
                network.load_weights(weights)
            except Exception as error:  # noqa: BLE001 - Keras raises whatever a foreign file leads it to
                why = printable((str(error).strip() or type(error).__name__).splitlines()[0])
                raise unreadable(path, f"its weights are not those of its spec ({why})") from None
    return Rebuilt(keras, network, spec, schema, fused)


def refuse_without_kinds(path: Path, needed: Mapping[str, str]) -> None:
    """Raise SpecError where a run or a model needs packages of kinds that are not allowed; none is loaded.

    Args:
        path: Where it lies.
        needed: The packages with the versions that it was made with, as it says itself.
    """
    wrong = not_allowed(needed)
    if wrong:
        raise SpecError(str(path), (Problem("NS718", wrong, FILE_START),))


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    if not path.is_file():
        raise unreadable(path, "there is no such file")
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise unreadable(path, "it is no Keras model, or is cut short") from None
    with archive:
        yield archive


def _member(path: Path, archive: zipfile.ZipFile, name: str, size: int) -> zipfile.ZipInfo:
    """What the archive says of a member, which must not be larger than `size`."""
    try:
        info = archive.getinfo(name)
    except KeyError:
        missing = "no spec" if name == NOTE else "no weights"
        raise unreadable(path, f"it holds {missing}; only models that netspec wrote are opened") from None
    if info.file_size > size:
        raise unreadable(path, f"`{name}` in it unpacks to {info.file_size:,} bytes, more than it may hold")
    return info


def _noted(path: Path, archive: zipfile.ZipFile) -> tuple[Spec, object, bool]:
    """The spec of the file, checked as if it came alone, the schema of its data, and whether its network is fused."""
    info = _member(path, archive, NOTE, MAX_NOTE)
    try:
        note = json.loads(archive.read(info))
        text, name, params = note["spec"], note["name"], note["params"]
    except Exception:  # noqa: BLE001 - a damaged archive and JSON nested too deeply have their own exceptions
        raise unreadable(path, f"`{NOTE}` in it is damaged") from None
    if not (isinstance(text, str) and isinstance(params, dict) and isinstance(name, str) and IDENTIFIER.match(name)):
        raise unreadable(path, f"`{NOTE}` in it is damaged")
    needed = note.get("kinds", {})
    if not isinstance(needed, dict) or not all(isinstance(part, str) for item in needed.items() for part in item):
        raise unreadable(path, f"`{NOTE}` in it is damaged")
    refuse_without_kinds(path, needed)
    spec = check_text(text, str(path), params=params, repairs=False)
    if spec.graph is None or not spec.ok:
        raise SpecError(spec.path, spec.problems)
    return spec._replace(graph=spec.graph._replace(name=name)), note.get("schema"), note.get("fused") is True


def _unpack(path: Path, archive: zipfile.ZipFile, target: Path) -> None:
    # Keras does not pack them, so they are never larger than the file.
    info = _member(path, archive, WEIGHTS, path.stat().st_size)
    try:
        with archive.open(info) as packed, open(target, "wb") as file:
            shutil.copyfileobj(packed, file)
    except Exception:  # noqa: BLE001 - unpackers raise whatever a broken file makes them stumble over
        raise unreadable(path, f"`{WEIGHTS}` in it is damaged") from None


def _check_numbers(path: Path, weights: Path) -> None:
    """Refuse whatever HDF5 can hold beside arrays of plain numbers that are all there. Raises SpecError."""
    try:
        wrong = what_is_no_number(weights)
    except Damaged:
        raise unreadable(path, f"`{WEIGHTS}` in it is damaged") from None
    if wrong:
        raise unreadable(path, f"{printable(wrong)}; only models that netspec wrote are opened")


class Damaged(Exception):
    """HDF5 cannot make out a file."""


def what_is_no_number(weights: Path) -> str | None:
    """What an HDF5 file holds beside arrays of plain numbers that are all there; None where it is nothing.

    Raises Damaged where it cannot be made out.
    """
    import h5py

    left = weights.stat().st_size

    def check_link(name: str, link: object) -> str | None:
        return None if isinstance(link, h5py.HardLink) else f"`{name}` is a link to elsewhere"

    def check_object(name: str, item: object) -> str | None:
        nonlocal left
        if not isinstance(item, h5py.Dataset):
            return None
        if item.external or item.is_virtual:
            return f"`{name}` lies in another file"
        if item.chunks is not None:
            return f"`{name}` is packed"
        if item.dtype.kind not in "biuf":
            return f"`{name}` holds no numbers"
        left -= math.prod(item.shape or ()) * item.dtype.itemsize
        return None if left >= 0 else f"`{name}` is {show(list(item.shape))}, more than the file holds"

    try:
        with h5py.File(weights, "r") as file:
            wrong: str | None = file.visititems_links(check_link) or file.visititems(check_object)
    except Exception as error:  # noqa: BLE001 - HDF5 raises whatever a broken file makes it stumble over
        raise Damaged(str(error)) from None
    return wrong
