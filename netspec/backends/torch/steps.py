"""What a node becomes in PyTorch: an expression in `forward`, and the module that it calls, if it has one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

from netspec.graph.model import Graph, Node
from netspec.kinds.kind import Kind
from netspec.shapes import Shape, Size

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[np.generic]"
Arrays: TypeAlias = "Mapping[str, Array]"


K = TypeVar("K", bound=Kind)


class Untranslatable(Exception):
    """A node has no counterpart in PyTorch: a clause that says what stands against it."""


def _nothing(arrays: Arrays) -> Arrays:
    return {}


class Module(NamedTuple):
    """A call that makes a module, such as `nn.Conv2d(64, 128, 3, bias=False)`.

    Attributes:
        call: What is called.
        values: What it is given by position; modules among them are its own, by their numbers.
        names: What those are called, for the params of a class.
        named: What it is given by name.
        arrays: The arrays of its state, by their names, of those of the Keras layer.
        fixed: Its parameters that no training changes.
    """

    call: str
    values: tuple[object, ...] = ()
    names: tuple[str, ...] = ()
    named: Mapping[str, object] = {}
    arrays: Callable[[Arrays], Arrays] = _nothing
    fixed: tuple[str, ...] = ()

    def state(self, arrays: Arrays) -> dict[str, Array]:
        """Its state, of modules in it too, of the weights of the Keras layer."""
        found = dict(self.arrays(arrays))
        for number, value in enumerate(self.values):
            if isinstance(value, Module):
                found |= {f"{number}.{name}": array for name, array in value.state(arrays).items()}
        return found


class Step(NamedTuple):
    """What a node becomes.

    Attributes:
        text: An expression, in which `{0}` is the first input, `{m}` the module, and `{name}` one of `values`.
        first: Do the channels of the result stand before its positions, and not behind them?
        wants: The same of each input.
        module: What `{m}` is.
        values: What the expression holds.
        targets: What takes the result, where it is several: `{0}` the node's own, `{1}` and so on its parts.
    """

    text: str
    first: bool = False
    wants: tuple[bool, ...] = (False,)
    module: Module | None = None
    values: Mapping[str, object] = {}
    targets: str = "{0}"


class Name(str):
    """A name of Python's among values, which is written as it is."""

    __slots__ = ()


class Site(NamedTuple):
    """A node, as its translation sees it."""

    graph: Graph
    node: Node
    config: Kind
    shapes: tuple[Shape, ...]  # of its inputs
    firsts: tuple[bool, ...]  # do their channels come first?

    @property
    def x(self) -> Shape:
        """The shape of the first input."""
        return self.shapes[0]

    @property
    def out(self) -> Shape:
        """The node's own."""
        assert self.node.shape is not None
        return self.node.shape

    @property
    def rank(self) -> int:
        """The number of dimensions beside the channels."""
        return len(self.x) - 1

    @property
    def channels(self) -> int:
        """Those of the first input."""
        return known(self.x[-1])

    def of(self, cls: type[K]) -> K:
        """The node's kind with its hyperparameters, which is one of a class."""
        assert isinstance(self.config, cls)
        return self.config

    def get(self, name: str) -> object:
        """One of the node's hyperparameters, as it is handed on."""
        return getattr(self.config, name)


def known(size: Size) -> int:
    """A size that has to be known. Raises Untranslatable."""
    if size is None:
        raise Untranslatable("needs a size that is not known before the network runs")
    return size


def single(values: Sequence[int]) -> int | tuple[int, ...]:
    """One number where all are the same."""
    return values[0] if len(set(values)) == 1 else tuple(values)


def dim(axis: int, rank: int, first: bool) -> int:
    """An axis of a shape of so many, counted from 0 without the batch, as PyTorch counts it where channels come first."""
    if not first:
        return axis + 1
    return 1 if axis == rank - 1 else axis + 2
