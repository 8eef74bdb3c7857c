"""`keras_layers` and `keras_parts` of every kind name what its nodes become: no more, no less, and all of it exists."""

from __future__ import annotations

from typing import Any

import keras
import pytest

import netspec.layers
from netspec.kinds import KINDS

from .case import Case, last
from .table import CASES
from .test_table import graph_of

PLACES = {"": keras.layers, "ops": keras.ops, "ops.image": keras.ops.image, "netspec.layers": netspec.layers}


class Recorder:
    """Stands in for Keras, its layers and its tensors, and notes the names of all that is called."""

    def __init__(self, called: set[str], name: str = "") -> None:
        self.called = called
        self.name = name

    def __getattr__(self, name: str) -> Recorder:
        return Recorder(self.called, f"{self.name}.{name}".lstrip("."))

    def __call__(self, *values: object, **named: object) -> Recorder:
        module, _, name = self.name.partition(".")
        if module == "layers":
            self.called.add(name)
        elif module == "netspec_layers":
            self.called.add(f"netspec.layers.{name}")
        elif module == "ops":
            self.called.add(self.name)
        return Recorder(self.called)

    def __getitem__(self, index: object) -> Recorder:
        return self.ops.get_item(self, index)

    def __truediv__(self, other: object) -> Recorder:
        return self.ops.divide(self, other)


def made(kind: str, case: Case) -> set[str]:
    """What the case's node becomes, by name."""
    config = last(graph_of(kind, case)).config
    assert config is not None
    called: set[str] = set()
    keras_: Any = Recorder(called)
    tensors = [Recorder(called) for _ in case.inputs]
    config.lower(keras_, "node", list(case.inputs))(tensors[0] if len(tensors) == 1 else tensors)
    return called


@pytest.mark.parametrize("kind", [word for word, cls in KINDS.items() if not cls.composition and not cls.mixes_labels])
def test_the_layers_are_those_that_nodes_become(kind: str) -> None:
    """In some case each; and one of them in every case, whatever else stands there."""
    layers, parts = {*KINDS[kind].keras_layers}, {*KINDS[kind].keras_parts}
    assert not layers & parts
    accepted = [case for case in CASES[kind] if case.code is None and not case.layers]
    found = [made(kind, case) for case in accepted]
    assert set().union(*found) == layers | parts
    for case, names in zip(accepted, found, strict=True):
        assert names & layers or kind == "channel_shuffle", case  # the one kind that is made of others' layers


@pytest.mark.parametrize("kind", KINDS)
def test_every_layer_exists(kind: str) -> None:
    for name in (*KINDS[kind].keras_layers, *KINDS[kind].keras_parts):
        place, _, own = name.rpartition(".")
        assert callable(getattr(PLACES[place], own))


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_reader_is_told_is_never_nothing(kind: str) -> None:
    """A composition has no layer of its own, and says in words what it becomes; every other kind has one."""
    cls = KINDS[kind]
    assert bool(cls.keras_layers) != cls.composition
    assert cls.keras_layers or cls.keras_note
