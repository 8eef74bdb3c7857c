"""Keras as a kind's `lower` is handed it."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from netspec.backends.keras.types import KerasLayer, KerasObject
from netspec.diagnostics.problems import FILE_START, Problem, SpecError
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


def uncounted(name: str) -> str:
    """A name without the number at its end, by which Keras tells several of a kind apart."""
    return name.rstrip("0123456789").rstrip("_")


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

    def layers_in(self, module: str) -> _Recording:
        """The layers of a package of kinds, which lie in a module of it. Raises SpecError where they cannot be used."""
        return _Recording(_Registered(self._keras, module), self._made)

    def taken(self) -> tuple[KerasLayer, ...]:
        """The layers that were made since this was last asked."""
        made = tuple(self._made)
        self._made.clear()
        return made


class _Registered:
    """A module of a package of kinds, of whose layers only those are given that Keras can save and open again."""

    def __init__(self, keras: ModuleType, name: str) -> None:
        self._keras = keras
        self._name = name
        try:
            self._module = import_module(name)
        except Exception as error:  # noqa: BLE001 - a module raises whatever it is written to
            what = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise _refused(name, f"cannot be imported: {type(error).__name__}: {what}") from None

    def __getattr__(self, name: str) -> KerasObject:
        cls = getattr(self._module, name, None)
        where = f"{self._name}.{name}"
        if cls is None:
            raise _refused(where, "does not exist, and a kind names it in `keras_layers`")
        registered = self._keras.saving.get_registered_name(cls)
        if self._keras.saving.get_registered_object(registered) is not cls:
            words = (
                "is not registered with Keras, which could not open a saved model with it; put "
                '`@keras.saving.register_keras_serializable(package="…")` above the class'
            )
            raise _refused(where, words)
        return cls


def _refused(what: str, why: str) -> SpecError:
    module = what.partition(".")[0]
    return SpecError(module, (Problem("NS718", f"`{what}` {why}", FILE_START),))


class _Recording:
    """A module of layers, each of which is recorded when it is made."""

    def __init__(self, module: ModuleType | _Registered, made: list[KerasLayer]) -> None:
        self._module = module
        self._made = made

    def __getattr__(self, name: str) -> KerasObject:
        make = getattr(self._module, name)

        def record(*values: object, **named: object) -> KerasLayer:
            layer = make(*values, **named)
            self._made.append(layer)
            return layer

        return record
