"""What is read of a model: layers, each called once or more, between tensors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from netspec.shapes import Shape


class Tensor(NamedTuple):
    """An output of one call of a layer."""

    layer: str
    call: int
    output: int


class Call(NamedTuple):
    """What a layer was called on: tensors, and values, as they were given."""

    args: tuple[object, ...]
    kwargs: Mapping[str, object]

    @property
    def reads(self) -> tuple[Tensor, ...]:
        """The tensors among them, in order."""
        return tuple(_tensors((self.args, tuple(self.kwargs.values()))))


def _tensors(value: object) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _tensors(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from _tensors(each)


class Layer(NamedTuple):
    """A layer or an operation."""

    name: str
    class_name: str
    is_operation: bool  # a function of `keras.ops`
    config: Mapping[str, object]
    calls: tuple[Call, ...]
    inner: Model | None = None  # of a nested model
    kind_name: str = (
        ""  # of what stands for several layers: the kind that they are, whose hyperparameters `config` holds
    )
    own_name: str = ""  # of what stands for several layers, where one of them is known by it: that layer's name


class Input(NamedTuple):
    """An input of a model."""

    name: str
    shape: Shape
    dtype: str


class Model(NamedTuple):
    """A network as another format says it."""

    name: str
    inputs: tuple[Input, ...]
    layers: tuple[Layer, ...]
    outputs: Mapping[str, Tensor]  # by the output's name
    shapes: Mapping[Tensor, Shape] = {}  # as far as they are said


class ConversionError(Exception):
    """A model cannot be said as a spec.

    Args:
        message: Why: of a layer what it is or has, of a file a whole sentence.
        layer: The layer, where it is one.
    """

    def __init__(self, message: str, layer: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.layer = layer

    @property
    def text(self) -> str:
        """For messages."""
        return f"`{self.layer}` {self.message}" if self.layer else self.message
