"""ONNX files to programs. A file is data: nothing in it is run, and no other file is read but those with its weights, beside it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Protocol

from netspec.conversion.model import ConversionError
from netspec.conversion.opening import require_file
from netspec.conversion.operators.onnx_precision import BFLOAT16, Model, Tensor, in_float32
from netspec.conversion.operators.program import (
    MAX_AXES,
    MAX_OPERATORS,
    MAX_SIZE,
    Body,
    Given,
    Operator,
    Program,
    in_order,
    shortest,
    unique_names,
)
from netspec.diagnostics.words import show

if TYPE_CHECKING:
    import numpy as np

    from netspec.conversion.operators.program import Array

MAX_BYTES = 2**31  # of a protobuf
MAX_PARTS = 300_000  # fields of messages: each takes a hundred bytes once it is read, however few it has in the file
MAX_DEPTH = 40  # of messages in messages
OPSETS = range(7, 27)  # versions of the operators that are known here
DOMAINS = ("", "ai.onnx")
TEXT = 9  # the type of fields that hold text, which protobuf gives as bytes where it is none
EXTERNAL = 1  # where a tensor says that its numbers are in another file
NAMES_OF_EXPORTERS = ("", "tf2onnx", "main_graph", "main", "torch_jit", "torch-jit-export", "jax2onnx_graph")


class _Message(Protocol):
    """A kind of message of protobuf's, and which of its fields hold messages themselves."""

    fields_by_number: Mapping[int, _Field]


class _Field(Protocol):
    message_type: _Message | None
    type: int


def read_onnx(path: Path) -> Program:
    """The program of a file.

    Args:
        path: The file.

    Raises:
        ConversionError: It is no such file, or damaged, or too large; or `onnx` is not installed.
    """
    try:
        import onnx
    except ImportError:
        raise ConversionError(
            "it is an ONNX file, which the package `onnx` reads: pip install 'netspec-keras[onnx]'"
        ) from None
    require_file(path)
    if path.stat().st_size > MAX_BYTES:
        raise ConversionError(f"it holds {path.stat().st_size:,} bytes, more than an ONNX file can")
    model = _parsed(onnx, path)
    reader = _Reader(onnx, path.resolve().parent)
    precision = in_float32(model, reader.array)
    program = reader.program(model, path.stem)
    return program if precision is None else program._replace(precision=precision)


def in_float32_bytes(path: Path) -> bytes:
    """A file of another precision, which was read before, as one of float32, with all of its weights."""
    import onnx

    model = _parsed(onnx, path)
    reader = _Reader(onnx, path.resolve().parent)
    in_float32(model, reader.array)
    for tensor in model.graph.initializer:
        if tensor.data_location == EXTERNAL:
            inside = onnx.numpy_helper.from_array(reader.array(tensor), tensor.name)
            tensor.CopyFrom(inside)  # type: ignore[attr-defined]  # protobuf makes its classes when it is imported
    return model.SerializeToString()


def _parsed(onnx: ModuleType, path: Path) -> Model:
    """The message in a file. Raises ConversionError."""
    data = path.read_bytes()
    _scan(data, onnx.ModelProto.DESCRIPTOR)
    model: Model = onnx.ModelProto()
    try:
        model.ParseFromString(data)  # type: ignore[attr-defined]  # protobuf makes its classes when it is imported
    except Exception as error:  # noqa: BLE001 - protobuf's exceptions differ between its implementations
        raise _damaged(str(error)) from None
    return model


def _damaged(why: str) -> ConversionError:
    return ConversionError(f"it is no ONNX file, or a damaged one ({show(why, 100)})")


def _scan(data: bytes, message: _Message) -> None:
    """Count the parts of a message before it is read, since protobuf makes an object of each. Raises ConversionError."""
    waiting = [(0, len(data), message, 0)]
    count = 0
    while waiting:
        at, end, kind, depth = waiting.pop()
        fields = kind.fields_by_number
        while at < end:
            count += 1
            if count > MAX_PARTS:
                raise ConversionError(f"it has more than the {MAX_PARTS:,} parts that are read of an ONNX file")
            key = data[at]
            at += 1
            if key >= 0x80:
                key, at = _number(data, at - 1, end)
            wire = key & 7
            if wire == 0:
                _, at = _number(data, at, end)
            elif wire == 1:
                at += 8
            elif wire == 5:
                at += 4
            elif wire == 2:
                length = data[at] if at < end else 0x80
                at += 1
                if length >= 0x80:
                    length, at = _number(data, at - 1, end)
                field = fields.get(key >> 3)
                if length > end - at:
                    raise _damaged("it ends too early")
                if field is not None and field.type == TEXT:
                    try:
                        data[at : at + length].decode("utf-8")
                    except UnicodeDecodeError:
                        raise _damaged("a text in it is none") from None
                if field is not None and field.message_type is not None:
                    if depth == MAX_DEPTH:
                        raise _damaged("its parts lie too deep in each other")
                    if length:
                        waiting.append((at, at + length, field.message_type, depth + 1))
                at += length
            else:
                raise _damaged("it is no protobuf")
        if at > end:
            raise _damaged("it ends too early")


def _number(data: bytes, at: int, end: int) -> tuple[int, int]:
    """A number of protobuf's, seven bits a byte, and where it ends."""
    value = shift = 0
    while at < end and shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise _damaged("it ends too early")


class _Reader:
    def __init__(self, onnx: ModuleType, folder: Path) -> None:
        self.onnx = onnx
        self.folder = folder

    def program(self, model: object, stem: str) -> Program:
        """The program of a model."""
        graph = model.graph  # type: ignore[attr-defined]  # protobuf makes its classes when it is imported
        if not graph.node:
            raise _damaged("it has no operators")
        opset = self._opset(model.opset_import)  # type: ignore[attr-defined]
        if len(graph.node) > MAX_OPERATORS:
            raise ConversionError(
                f"it has {len(graph.node):,} operators, more than the {MAX_OPERATORS:,} that are read"
            )
        if graph.sparse_initializer:
            raise ConversionError("it holds sparse weights, which are not read here")
        constants = {tensor.name: self.array(tensor) for tensor in graph.initializer}
        inputs = tuple(self._given(each) for each in graph.input if each.name not in constants)
        operators = tuple(self._operators(graph.node))
        outputs = {each.name: each.name for each in graph.output}
        known = {*constants, *(each.name for each in inputs)}
        ordered = in_order(operators, known)
        made = known.union(*(each.outputs for each in ordered))
        for name in outputs:
            if name not in made:
                raise ConversionError(f"its output {show(name)} is made by nothing")
        if not outputs:
            raise _damaged("it has no outputs")
        name = stem if graph.name in NAMES_OF_EXPORTERS else graph.name
        return Program(name, inputs, ordered, constants, outputs, opset)

    def _opset(self, imports: Sequence[object]) -> int:
        found = [each.version for each in imports if each.domain in DOMAINS]  # type: ignore[attr-defined]
        version = int(found[0]) if found else 1
        if version not in OPSETS:
            raise ConversionError(
                f"it uses version {version} of ONNX's operators, and {OPSETS[0]} to {OPSETS[-1]} are known here"
            )
        return version

    def _given(self, value: object) -> Given:
        name = str(value.name)  # type: ignore[attr-defined]
        kind = value.type  # type: ignore[attr-defined]
        if kind.WhichOneof("value") != "tensor_type":
            raise ConversionError(f"its input {show(name)} is no tensor")
        tensor = kind.tensor_type
        if not tensor.HasField("shape") or not tensor.shape.dim:
            raise ConversionError(f"its input {show(name)} does not say its axes")
        if len(tensor.shape.dim) > MAX_AXES:
            raise ConversionError(f"its input {show(name)} has {len(tensor.shape.dim)} axes")
        sizes = tuple(
            int(dim.dim_value) if dim.WhichOneof("value") == "dim_value" and dim.dim_value > 0 else None
            for dim in tensor.shape.dim
        )
        if any(size is not None and size > MAX_SIZE for size in sizes):
            raise ConversionError(f"its input {show(name)} has the sizes {list(sizes)}")
        return Given(name, sizes, self._dtype(tensor.elem_type, f"its input {show(name)}"))

    def _dtype(self, number: int, whose: str) -> str:
        try:
            dtype = str(self.onnx.helper.tensor_dtype_to_np_dtype(number))
        except (KeyError, TypeError, ValueError):
            raise ConversionError(f"{whose} has numbers of an unknown type ({number})") from None
        return dtype

    def _operators(self, nodes: Sequence[object]) -> Iterator[Operator]:
        words = [node.op_type if node.domain in DOMAINS else f"{node.domain}.{node.op_type}" for node in nodes]  # type: ignore[attr-defined]
        named = (node.name or word for node, word in zip(nodes, words, strict=True))  # type: ignore[attr-defined]
        for node, word, name in zip(nodes, words, unique_names(named), strict=True):
            settings: dict[str, object] = {}
            inputs = tuple(node.input)  # type: ignore[attr-defined]
            for each in node.attribute:  # type: ignore[attr-defined]
                if word == "Loop" and each.name == "body":
                    body = self._body(each.g, name)
                    if len(inputs) > body.own:
                        raise ConversionError(f"has {len(inputs)} inputs, and its body {body.own}", name)
                    settings[each.name] = body
                    inputs = (*inputs, *[""] * (body.own - len(inputs)))[: body.own] + body.inputs[body.own :]
                else:
                    settings[each.name] = self._setting(each, name)
            yield Operator(name, word, inputs, tuple(node.output), settings)  # type: ignore[attr-defined]

    def _body(self, graph: object, name: str) -> Body:
        """What a loop does, with an input more for each tensor that it reads of the network around it."""
        try:
            constants = {tensor.name: self.array(tensor) for tensor in graph.initializer}  # type: ignore[attr-defined]
            operators = tuple(self._operators(graph.node))  # type: ignore[attr-defined]
            inputs = [str(each.name) for each in graph.input]  # type: ignore[attr-defined]
            outputs = tuple(str(each.name) for each in graph.output)  # type: ignore[attr-defined]
            known = {*constants, *inputs}.union(*(each.outputs for each in operators))
            read = dict.fromkeys(each for operator in operators for each in (*operator.inputs, *outputs))
            inputs += [each for each in read if each and each not in known]
            ordered = in_order(operators, {*constants, *inputs})
            own = len(graph.input)  # type: ignore[attr-defined]
            if not 2 <= own <= len(outputs) + 1:
                raise ConversionError(f"it has {own} inputs and {len(outputs)} outputs")
        except ConversionError as error:
            inside = f" in `{error.layer}`" if error.layer else ""
            raise ConversionError(f"has a body that cannot be read{inside}: {error.message}", name) from None
        return Body(tuple(inputs), own, ordered, constants, outputs)

    def _setting(self, attribute: object, name: str) -> object:
        """The value of an attribute; what no operator here has for one, such as a graph, is told by its type."""
        types = self.onnx.AttributeProto
        kind = attribute.type  # type: ignore[attr-defined]
        if kind == types.FLOAT:
            return shortest(attribute.f)  # type: ignore[attr-defined]
        if kind == types.INT:
            return int(attribute.i)  # type: ignore[attr-defined]
        if kind == types.STRING:
            return attribute.s.decode("utf-8", "replace")  # type: ignore[attr-defined]
        if kind == types.FLOATS:
            return [shortest(each) for each in attribute.floats]  # type: ignore[attr-defined]
        if kind == types.INTS:
            return [int(each) for each in attribute.ints]  # type: ignore[attr-defined]
        if kind == types.STRINGS:
            return [each.decode("utf-8", "replace") for each in attribute.strings]  # type: ignore[attr-defined]
        if kind == types.TENSOR:
            try:
                return self.array(attribute.t)  # type: ignore[attr-defined]
            except ConversionError as error:
                raise ConversionError(f"holds a tensor: {error.message}", name) from None
        return None

    def array(self, tensor: Tensor) -> Array:
        """The numbers of a tensor. Raises ConversionError."""
        import numpy as np

        whose = f"the tensor {show(tensor.name)}"
        sizes = tuple(tensor.dims)
        if len(sizes) > MAX_AXES or any(size < 0 for size in sizes) or math.prod(sizes) > MAX_SIZE:
            raise ConversionError(f"{whose} has the sizes {show(list(sizes), 100)}")
        try:
            dtype = np.dtype(self.onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type))
        except (KeyError, TypeError, ValueError):
            raise ConversionError(f"{whose} has numbers of an unknown type ({tensor.data_type})") from None
        if dtype.kind not in "fiub" and tensor.data_type != BFLOAT16:
            raise ConversionError(f"{whose} holds {dtype}, and no plain numbers")
        if tensor.data_location == EXTERNAL:
            return self._external(tensor, dtype, sizes, whose)
        if tensor.raw_data and len(tensor.raw_data) != math.prod(sizes) * dtype.itemsize:
            raise ConversionError(f"{whose} has other numbers than its sizes {list(sizes)} say")
        try:
            found: Array = self.onnx.numpy_helper.to_array(tensor)
        except Exception as error:  # noqa: BLE001 - it raises whatever a damaged tensor leads it to
            raise ConversionError(f"{whose} is damaged ({show(str(error), 100)})") from None
        if found.shape != sizes:
            raise ConversionError(f"{whose} has other numbers than its sizes {list(sizes)} say")
        return found

    def _external(self, tensor: Tensor, dtype: np.dtype[np.generic], sizes: tuple[int, ...], whose: str) -> Array:
        """Numbers in a file beside the model."""
        import numpy as np

        said = {each.key: each.value for each in tensor.external_data}
        where, count = said.get("location", ""), math.prod(sizes)
        path = self.folder / where
        try:
            resolved = path.resolve()
            inside = resolved.is_relative_to(self.folder) and resolved != self.folder
            if not where or Path(where).is_absolute() or not inside:
                raise ConversionError(
                    f"{whose} is in {show(where)}, which is not in the model's folder; it is not read"
                )
            offset = int(said.get("offset", "0"))
            if not resolved.is_file():
                raise ConversionError(f"{whose} is in {show(where)}, and there is no such file")
            if offset < 0 or offset + count * dtype.itemsize > resolved.stat().st_size:
                raise ConversionError(f"{whose} is beyond the end of {show(where)}")
            found = np.fromfile(resolved, dtype.newbyteorder("<"), count, offset=offset)
        except (OSError, ValueError) as error:
            raise ConversionError(f"{whose} cannot be read from {show(where)} ({show(str(error), 100)})") from None
        return found.astype(dtype, copy=False).reshape(sizes)
