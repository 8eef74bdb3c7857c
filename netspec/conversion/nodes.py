"""A flat spec as data: each node says what it is and reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from netspec.conversion.channels import Layout
from netspec.options import Values
from netspec.shapes import Shape

ENTERING = "input"  # what enters a body, to the nodes in it
Module = tuple[str, int]  # a model that is called like a layer: its name in the model around it, and which call


def not_converted(word: str, name: str, what: str) -> str:
    """What a node says that stands for a layer, or whatever its format calls it, that could not be said."""
    return f"not converted: {word} {name} ({what})"


class FlatNode(NamedTuple):
    """A node of a flat spec."""

    name: str
    kind_name: str
    values: Values
    reads: tuple[str, ...]  # names of nodes
    origin: str  # the layer's path in the model, for messages and weights
    share: str | None
    trainable: bool
    is_named: bool  # did somebody name it, and not Keras?
    beside: Mapping[str, tuple[str, ...]] = {}  # further nodes that it reads, by the hyperparameters that name them
    body: tuple[FlatNode, ...] = ()  # of a composition
    order: Layout | None = None  # of its weights, if not the model's
    hole: str = ""  # what of the model it stands for, where that could not be said
    module: tuple[Module, ...] = ()  # the models that it stands in, the outermost first

    @property
    def all_read(self) -> tuple[str, ...]:
        """The nodes that it reads in any way."""
        return (*self.reads, *(name for names in self.beside.values() for name in names))

    @property
    def nodes_read(self) -> tuple[str, ...]:
        """The nodes of these: a node's outputs beside the main one are read by its name and theirs."""
        return tuple(name.partition(".")[0] for name in self.all_read)


class FlatInput(NamedTuple):
    """An input of a flat spec."""

    name: str
    shape: Shape
    dtype: str
    origin: str  # its name in the model
    layout: Layout | None = None  # if not as in the model


class Flat(NamedTuple):
    """A whole model as such nodes."""

    name: str
    inputs: tuple[FlatInput, ...]
    nodes: tuple[FlatNode, ...]
    outputs: Mapping[str, str]  # the output's name, and its node's
    layouts: Mapping[str, Layout] = {}  # of the outputs that do not lie as in the model
    precision: str = "float32"  # in which it is trained

    def nodes_with_weights(self) -> Iterator[tuple[tuple[FlatNode, ...], FlatNode]]:
        """All nodes whose weights are their own, those of compositions too, each with the compositions around it."""
        waiting = [((), node) for node in reversed(self.nodes)]  # type: list[tuple[tuple[FlatNode, ...], FlatNode]]
        while waiting:
            outer, node = waiting.pop()
            if node.share is None:
                yield outer, node
                waiting.extend(((*outer, node), inner) for inner in reversed(node.body))

    @property
    def training(self) -> Mapping[str, object]:
        """What is said of its training, by the keys of `train`."""
        return {} if self.precision == "float32" else {"precision": self.precision}

    @property
    def is_turned(self) -> bool:
        """Does any tensor that enters or leaves it, or any weight, lie otherwise than the model's?"""
        layouts = (*(each.layout for each in self.inputs), *(node.order for node in self.nodes), *self.layouts.values())
        return any(layout is not None for layout in layouts)
