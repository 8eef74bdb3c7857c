"""Keras as a kind's `lower` is handed it."""

from __future__ import annotations

from types import ModuleType

from netspec.backends.keras.types import KerasLayer, KerasObject
from netspec.graph.model import Graph
from netspec.kinds.keras_types import Keras, Lowered
from netspec.shapes import Shape


def lowered(keras: Keras, graph: Graph, index: int) -> Lowered:
    """What a node of a whole graph becomes; `keras` is a `LoweringKeras`, or what stands in for one."""
    node = graph.nodes[index]
    assert node.config is not None
    shapes: list[Shape] = []
    for source in node.inputs:
        shape = graph.nodes[source].shape
        assert shape is not None
        shapes.append(shape)
    return node.config.lower(keras, node.layer, shapes)


class LoweringKeras:
    """The Keras module, with netspec's own layers beside it, and a record of the layers that lowerings make.

    A kind reads `keras.layers.Conv2D` and `keras.netspec_layers.DeformableConv2D` alike, so `netspec.kinds` imports
    neither. The record is for those who build: what a lowering returns may be a chain of layers.
    """

    def __init__(self, keras: ModuleType) -> None:
        from netspec.backends.keras import layers

        self._keras = keras
        self._made: list[KerasLayer] = []
        self.layers = _Recording(keras.layers, self._made)
        self.netspec_layers = _Recording(layers, self._made)

    def __getattr__(self, name: str) -> KerasObject:
        return getattr(self._keras, name)

    def taken(self) -> tuple[KerasLayer, ...]:
        """The layers that were made since this was last asked."""
        made = tuple(self._made)
        self._made.clear()
        return made


class _Recording:
    """A module of layers, each of which is recorded when it is made."""

    def __init__(self, module: ModuleType, made: list[KerasLayer]) -> None:
        self._module = module
        self._made = made

    def __getattr__(self, name: str) -> KerasObject:
        make = getattr(self._module, name)

        def record(*values: object, **named: object) -> KerasLayer:
            layer = make(*values, **named)
            self._made.append(layer)
            return layer

        return record
