"""The page of Keras's layers, held against the Keras that is installed: a new layer or argument makes these tests fail."""

from __future__ import annotations

import inspect

import keras
import pytest

from netspec.kinds import KINDS
from netspec.report.pages.keras_layers import ARGUMENTS, ARGUMENTS_OF, LAYERS, keras_layers_reference, kinds_of

# What every layer takes, and a spec says for every node or not at all.
OF_ANY = {"self", "name", "dtype", "trainable", "args", "kwargs"}


def layers() -> dict[str, type]:
    """Keras's layers, each under one of its names: the class's own, where it has that."""
    found: dict[type, str] = {}
    for name, cls in sorted(vars(keras.layers).items()):
        if isinstance(cls, type) and issubclass(cls, keras.layers.Layer) and (cls not in found or cls.__name__ == name):
            found[cls] = name
    return {name: cls for cls, name in found.items()}


def taken(layer: str) -> set[str]:
    """The hyperparameters of the kinds that become a layer."""
    return {name for word in kinds_of()[layer] for name in KINDS[word].options}


def arguments(layer: str) -> set[str]:
    """A layer's own arguments."""
    return {*inspect.signature(getattr(keras.layers, layer).__init__).parameters} - OF_ANY


def test_every_layer_has_a_kind_or_a_reason() -> None:
    assert set(layers()) - {*kinds_of(), *LAYERS} == set()


def test_what_is_named_is_there() -> None:
    assert {*kinds_of(), *LAYERS} - set(layers()) == set()


@pytest.mark.parametrize("layer", sorted(kinds_of()))
def test_every_argument_is_taken_or_has_a_reason(layer: str) -> None:
    missing = arguments(layer) - taken(layer) - ARGUMENTS.keys()
    assert missing == set(ARGUMENTS_OF.get(layer, {}))


def test_every_reason_of_arguments_is_of_some_layer() -> None:
    assert ARGUMENTS_OF.keys() <= kinds_of().keys()
    left_out = set().union(*(arguments(layer) - taken(layer) for layer in kinds_of()))
    assert ARGUMENTS.keys() <= left_out


def test_a_new_layer_and_a_new_argument_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    class Newer(keras.layers.Dense):  # type: ignore[misc]
        """A layer that Keras may bring."""

        def __init__(self, units: int, width: int = 1) -> None:
            super().__init__(units)

    monkeypatch.setattr(keras.layers, "Newer", Newer, raising=False)
    monkeypatch.setattr(keras.layers, "Dense", Newer)
    assert set(layers()) - {*kinds_of(), *LAYERS} == {"Newer"}
    assert "width" in arguments("Dense") - taken("Dense") - ARGUMENTS.keys()


def test_the_page_says_both() -> None:
    page = keras_layers_reference("")
    assert "| `Dense` | [`dense`](kinds.md#dense) |" in page
    assert "| `Lambda` | holds code or a model of another framework, which a spec cannot say |" in page
    assert "| `noise_shape` | `Dropout` | `spatial_dropout` and `stochastic_depth` are its uses |" in page
