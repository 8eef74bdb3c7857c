"""ONNX models of other precisions as models of float32, in which a spec's networks compute."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableSequence, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from netspec.conversion.operators.program import Array

FLOAT32 = 1
BFLOAT16 = 16
FLOAT64 = 11
_OTHERS = {10: "float16", BFLOAT16: "bfloat16", FLOAT64: "float64"}  # by the numbers of ONNX's types
_TYPES = ("to", "dtype", "stash_type")  # settings that are such numbers


class Pair(Protocol):
    """Of a word and what it says."""

    key: str
    value: str


class Tensor(Protocol):
    """What is read and changed of a `TensorProto`; protobuf makes its classes when it is imported."""

    name: str
    dims: MutableSequence[int]
    data_type: int
    raw_data: bytes
    data_location: int
    external_data: Sequence[Pair]

    def Clear(self) -> None:  # noqa: N802 - protobuf's name
        """Leave nothing in it."""


class Setting(Protocol):
    """The same of an `AttributeProto`."""

    name: str
    i: int
    t: Tensor
    g: Graph

    def HasField(self, field_name: str) -> bool:  # noqa: N802 - protobuf's name
        """Does it say this?"""


class Node(Protocol):
    """The same of a `NodeProto`."""

    attribute: Sequence[Setting]


class TensorType(Protocol):
    """The same of a type of tensors."""

    elem_type: int


class ValueType(Protocol):
    """The same of a `TypeProto`."""

    tensor_type: TensorType


class Value(Protocol):
    """The same of a `ValueInfoProto`."""

    type: ValueType


class Graph(Protocol):
    """The same of a `GraphProto`."""

    node: Sequence[Node]
    input: Sequence[Value]
    output: Sequence[Value]
    initializer: Sequence[Tensor]
    value_info: MutableSequence[Value]


class Model(Protocol):
    """The same of a `ModelProto`."""

    graph: Graph

    def SerializeToString(self) -> bytes:  # noqa: N802 - protobuf's name
        """The file."""


def in_float32(model: Model, array: Callable[[Tensor], Array]) -> str | None:
    """Change a model that computes in another precision into the same one of float32.

    Args:
        model: The model, which is changed.
        array: The numbers of a tensor of its.

    Returns:
        The precision in which it was; None where it computes in float32, and is left as it is.

    Raises:
        ConversionError: The numbers of a tensor cannot be read.
    """
    graphs = list(_graphs(model.graph))
    tensors = [tensor for graph in graphs for tensor in _tensors(graph)]
    types = [setting for graph in graphs for setting in _settings(graph) if setting.name in _TYPES]
    # Single numbers of 64 bits, and sizes that are computed in them, stand in models of float32 too.
    half = [
        number for number in (*(each.data_type for each in tensors), *(each.i for each in types)) if number != FLOAT64
    ]
    given = [each.type.tensor_type.elem_type for each in (*model.graph.input, *model.graph.output)]
    found = next((_OTHERS[number] for number in (*given, *half) if number in _OTHERS), None)
    if found is None:
        return None
    for graph in graphs:
        for value in (*graph.input, *graph.output):
            if value.type.tensor_type.elem_type in _OTHERS:
                value.type.tensor_type.elem_type = FLOAT32
        del graph.value_info[:]  # what is said of the tensors between, which whoever runs it finds by itself
    for setting in types:
        if setting.i in _OTHERS:
            setting.i = FLOAT32
    for tensor in tensors:
        if tensor.data_type in _OTHERS:
            _widen(tensor, array(tensor))
    return found


def _widen(tensor: Tensor, numbers: Array) -> None:
    import numpy as np

    name, sizes = tensor.name, list(tensor.dims)
    with np.errstate(over="ignore"):  # what is too large for 32 bits is infinite there
        content = numbers.astype("<f4").tobytes()
    tensor.Clear()
    tensor.name, tensor.data_type, tensor.raw_data = name, FLOAT32, content
    tensor.dims.extend(sizes)


def _tensors(graph: Graph) -> Iterator[Tensor]:
    """The numbers that the graph holds."""
    yield from graph.initializer
    for setting in _settings(graph):
        if setting.HasField("t"):
            yield setting.t


def _graphs(graph: Graph) -> Iterator[Graph]:
    """The graph, and those inside its operators."""
    yield graph
    for setting in _settings(graph):
        if setting.HasField("g"):
            yield from _graphs(setting.g)


def _settings(graph: Graph) -> Iterator[Setting]:
    for node in graph.node:
        yield from node.attribute
