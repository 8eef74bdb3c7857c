"""Programs that PyTorch exported (`.pt2`): archives of a graph in JSON and raw numbers, read as such; nothing is unpickled."""

from __future__ import annotations

import json
import math
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from netspec.conversion.model import ConversionError
from netspec.conversion.opening import require_file
from netspec.conversion.operators.program import MAX_AXES, MAX_OPERATORS, MAX_SIZE, Given
from netspec.diagnostics.words import show

if TYPE_CHECKING:
    from netspec.conversion.operators.program import Array

MAX_GRAPH = 8 * 2**20  # bytes of JSON, each of which is some twenty once it is read
MAX_PARTS = 300_000  # lists and maps in it, which are many times larger once they are read
MAX_MEMBERS = 100_000
GRAPH = "models/model.json"
WEIGHTS = "data/weights"
CONSTANTS = "data/constants"
# PyTorch's numbers for types of numbers.
DTYPES = {
    1: "uint8",
    2: "int8",
    3: "int16",
    4: "int32",
    5: "int64",
    6: "float16",
    7: "float32",
    8: "float64",
    12: "bool",
    13: "bfloat16",
}
FLOAT32 = 7
_OTHERS = (6, 8, 13)  # floating-point numbers that are read as those of 32 bits, in which a spec's networks compute


class Ref(NamedTuple):
    """A tensor, or a size, by its name."""

    name: str


class Call(NamedTuple):
    """An operator of PyTorch's on its arguments."""

    name: str
    target: str  # `torch.ops.aten.relu.default`
    arguments: Mapping[str, object]  # numbers, texts, Refs, lists of them
    outputs: tuple[str, ...]


class Exported(NamedTuple):
    """A program as PyTorch writes it."""

    name: str
    inputs: tuple[Given, ...]
    calls: tuple[Call, ...]
    arrays: Mapping[str, Array]  # by the names in the graph
    parameters: Mapping[str, str]  # by those, the names in the module that it was made of
    outputs: tuple[str, ...]
    precision: str = "float32"  # in which it computes; it is read as one of float32


def read_exported(path: Path) -> Exported:
    """The program of a file.

    Args:
        path: The file.

    Raises:
        ConversionError: It is no such file, or damaged, or too large.
    """
    require_file(path)
    try:
        import numpy  # noqa: F401
    except ImportError:
        raise ConversionError("its weights are read by NumPy, which every backend's extra brings") from None
    try:
        with zipfile.ZipFile(path) as archive:
            return _Reader(archive, path.stem).exported()
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError, OverflowError):
        raise ConversionError("its graph is not as PyTorch writes it") from None
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        raise ConversionError(f"it is a damaged archive ({show(str(error), 100)})") from None


class _Reader:
    def __init__(self, archive: zipfile.ZipFile, stem: str) -> None:
        self.archive = archive
        self.precision = "float32"
        self.stem = stem
        names = archive.namelist()
        if len(names) > MAX_MEMBERS:
            raise ConversionError(f"it is an archive of {len(names):,} files")
        graphs = [name for name in names if name.endswith(f"/{GRAPH}")]
        if len(graphs) != 1:
            raise ConversionError(
                f"it is an archive without one `{GRAPH}`, so no program that PyTorch 2.9 or later exported"
            )
        self.root = graphs[0].removesuffix(GRAPH)

    def _bytes(self, name: str, most: int) -> bytes:
        """A file of the archive, which PyTorch does not compress: so none is larger than the archive."""
        info = self.archive.getinfo(name)
        if info.compress_type != zipfile.ZIP_STORED:
            raise ConversionError(f"{show(name)} in it is compressed, which PyTorch's are not")
        if info.file_size > most:
            raise ConversionError(
                f"{show(name)} in it holds {info.file_size:,} bytes, more than the {most:,} that are read"
            )
        with self.archive.open(info) as file:
            return file.read(most + 1)

    def _json(self, name: str, most: int = MAX_GRAPH) -> dict[str, object]:
        data = self._bytes(self.root + name, most)
        if data.count(b"[") + data.count(b"{") > MAX_PARTS:
            raise ConversionError(f"{show(self.root + name)} in it has more than the {MAX_PARTS:,} parts that are read")
        found = json.loads(data)
        if not isinstance(found, dict):
            raise ValueError("no map")
        return found

    def exported(self) -> Exported:
        """The program."""
        module = _map(self._json(GRAPH)["graph_module"])
        byteorder = f"{self.root}byteorder"
        if byteorder in self.archive.namelist() and self._bytes(byteorder, 16) != b"little":
            raise ConversionError("its numbers are big-endian, which are not read here")
        graph, signature = _map(module["graph"]), _map(module["signature"])
        sizes = _map(graph["tensor_values"])
        held = {word: self._tensors(word) for word in (WEIGHTS, CONSTANTS)}
        inputs, arrays, parameters = [], {}, {}
        for spec in _list(signature["input_specs"]):
            ((kind, content),) = _map(spec).items()
            argument = _map(_map(content)["arg"])
            if kind == "user_input":
                if list(argument) != ["as_tensor"]:
                    raise ConversionError("one of its inputs is no tensor")
                name = str(_map(argument["as_tensor"])["name"])
                inputs.append(self._given(name, _map(sizes[name])))
                continue
            if kind not in ("parameter", "buffer", "tensor_constant"):
                raise ConversionError(f"one of its inputs is a {show(kind)}, for which there is no word")
            name, full = str(argument["name"]), str(_map(content)[f"{kind}_name"])
            array = held[WEIGHTS].get(full, held[CONSTANTS].get(full))
            if array is None:
                raise ConversionError(f"the numbers of {show(full)} are not in it")
            arrays[name], parameters[name] = array, full
        calls = tuple(self._call(_map(node)) for node in _list(graph["nodes"]))
        if len(calls) > MAX_OPERATORS:
            raise ConversionError(f"it has {len(calls):,} operators, more than the {MAX_OPERATORS:,} that are read")
        outputs = []
        for spec in _list(signature["output_specs"]):
            ((kind, content),) = _map(spec).items()
            argument = _map(_map(content)["arg"])
            if kind != "user_output" or "as_tensor" not in argument:
                raise ConversionError(f"one of its outputs is a {show(kind)}, and no tensor")
            outputs.append(str(_map(argument["as_tensor"])["name"]))
        return Exported(self.stem, tuple(inputs), calls, arrays, parameters, tuple(outputs), self.precision)

    def _dtype(self, number: int) -> str | None:
        """A type of numbers, that of other precisions as float32; None of those that are not known."""
        if number not in _OTHERS:
            return DTYPES.get(number)
        self.precision = DTYPES[number]
        return "float32"

    def _given(self, name: str, meta: Mapping[str, object]) -> Given:
        dtype = self._dtype(_whole(meta["dtype"]))
        if dtype is None:
            raise ConversionError(f"its input {show(name)} is of another type than a spec's networks compute in")
        sizes = tuple(_size(each) for each in _list(meta["sizes"]))
        if len(sizes) > MAX_AXES or any(size is not None and not 0 < size <= MAX_SIZE for size in sizes) or not sizes:
            raise ConversionError(f"its input {show(name)} has the sizes {show(list(sizes), 100)}")
        return Given(name, sizes, str(dtype))

    def _tensors(self, folder: str) -> dict[str, Array]:
        """The numbers of a folder, by their names in the module."""
        word = folder.rpartition("/")[2]
        name = f"{folder}/model_{word}_config.json"
        if self.root + name not in self.archive.namelist():
            return {}
        config = _map(self._json(name)["config"])
        return {full: self._array(folder, full, _map(entry)) for full, entry in config.items()}

    def _array(self, folder: str, full: str, entry: Mapping[str, object]) -> Array:
        import numpy as np

        if entry.get("use_pickle"):
            raise ConversionError(
                f"the numbers of {show(full)} are pickled, which is code; export it with PyTorch 2.9 or later"
            )
        meta = _map(entry["tensor_meta"])
        number = _whole(meta["dtype"])
        dtype = DTYPES.get(number)
        if dtype is None:
            raise ConversionError(f"{show(full)} has numbers of an unknown type ({_whole(meta['dtype'])})")
        sizes, strides = ([_whole(_map(each)["as_int"]) for each in _list(meta[word])] for word in ("sizes", "strides"))
        offset = _whole(_map(meta["storage_offset"])["as_int"])
        file = f"{self.root}{folder}/{entry['path_name']}"
        data = np.frombuffer(self._bytes(file, self.archive.getinfo(file).file_size), np.uint8)
        held = np.dtype("uint16" if dtype == "bfloat16" else dtype)  # NumPy knows no bfloat16
        numbers = data[: data.size - data.size % held.itemsize].view(held.newbyteorder("<"))
        count = math.prod(sizes)
        last = offset + sum((size - 1) * stride for size, stride in zip(sizes, strides, strict=True)) if count else 0
        inside = offset >= 0 and min(sizes, default=0) >= 0 and min(strides, default=0) >= 0 and last < numbers.size
        if not inside or count > numbers.size or len(sizes) > MAX_AXES:
            raise ConversionError(f"{show(full)} has other numbers than its sizes {show(sizes, 100)} say")
        steps = [stride * numbers.itemsize for stride in strides]
        view = np.lib.stride_tricks.as_strided(numbers[offset:], sizes, steps)
        found: Array = np.ascontiguousarray(view).reshape(sizes)
        if dtype == "bfloat16":
            found = (found.astype("uint32") << 16).view("float32")  # the upper half of a float32
        with np.errstate(over="ignore"):  # what is too large for 32 bits is infinite there
            return found.astype(self._dtype(number), copy=False)

    def _call(self, node: Mapping[str, object]) -> Call:
        arguments = {}
        for each in _list(node["inputs"]):
            given = _map(each)
            arguments[str(given["name"])] = _argument(_map(given["arg"]))
        outputs: list[str] = []
        for each in _list(node["outputs"]):
            ((kind, content),) = _map(each).items()
            if kind in ("as_tensor", "as_sym_int", "as_sym_bool", "as_sym_float"):
                found = _map(content)
                outputs.append(str(found.get("name", found.get("as_name", ""))))
            elif kind == "as_tensors":
                outputs += [str(_map(one)["name"]) for one in _list(content)]
            else:
                outputs.append("")
        name = node.get("name") or (outputs[0] if outputs else node["target"])
        return Call(str(name), str(node["target"]), arguments, tuple(outputs))


def _argument(argument: Mapping[str, object]) -> object:
    """The value of an argument; of what no operator here takes, its kind."""
    ((kind, content),) = argument.items()
    if kind == "as_none":
        return None
    if kind == "as_tensor":
        return Ref(str(_map(content)["name"]))
    if kind == "as_tensors":
        return [Ref(str(_map(each)["name"])) for each in _list(content)]
    if kind == "as_optional_tensors":
        return [_argument(_map(each)) for each in _list(content)]
    if kind == "as_sym_int":
        return _symbol(content)
    if kind == "as_sym_ints":
        return [_symbol(each) for each in _list(content)]
    if kind == "as_float":
        return float(str(content))
    if kind == "as_floats":
        return [float(str(each)) for each in _list(content)]
    if kind == "as_scalar_type" and content in _OTHERS:
        return FLOAT32
    if kind in ("as_int", "as_bool", "as_string", "as_scalar_type"):
        if not isinstance(content, (int, str)):
            raise ValueError("no such value")
        return content
    if kind in ("as_ints", "as_bools", "as_strings"):
        if not all(isinstance(each, (int, str)) for each in _list(content)):
            raise ValueError("no such values")
        return list(_list(content))
    return Ref("") if kind == "as_graph" else None


def _symbol(value: object) -> object:
    """A size: known, or what an operator makes."""
    ((kind, content),) = _map(value).items()
    return _whole(content) if kind == "as_int" else Ref(str(content))


def _size(value: object) -> int | None:
    ((kind, content),) = _map(value).items()
    return _whole(content) if kind == "as_int" else None


def _map(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise TypeError("no map")
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError("no list")
    return value


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("no whole number")
    return value
