"""Configurations of Keras of other precisions, as the same of float32, in which a spec's networks compute."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.conversion.keras_config import dtype_of
from netspec.conversion.model import Model

SINGLE = "float32"
TRAINED_IN = frozenset(("mixed_float16", "mixed_bfloat16"))  # which `train` has a word for; weights are of float32
_OTHERS = TRAINED_IN | {"float16", "bfloat16", "float64"}
_KEY = "dtype"  # of a layer its policy


def precision_of(config: object) -> str:
    """In what the layers of a configuration compute: `float32`, or all that they say beside that."""
    found = sorted({name for layer in _layers(config) if (name := dtype_of(layer)) in _OTHERS})
    return " and ".join(found) or SINGLE


def in_float32(config: object) -> object:
    """The configuration, changed in place: layers of another precision compute in float32. Types of inputs and casts stay."""
    for layer in _layers(config):
        if dtype_of(layer) in _OTHERS:
            layer[_KEY] = SINGLE
    return config


def training_precision(model: Model) -> str:
    """The precision of `train` that is a model's, as its configuration says it; `float32` where there is none.

    A mixed one is said of the whole network, which computes in float32 what outputs end in; other layers of float32 have no word.
    """
    said = {*_precisions(model, is_end=True)}
    return said.pop() if len(said) == 1 and said <= TRAINED_IN else SINGLE


def _precisions(model: Model, *, is_end: bool) -> Iterator[str]:
    """What the layers of a model compute in, and of models in it, but for layers of float32 that outputs end in."""
    ends = {tensor.layer for tensor in model.outputs.values()} if is_end else set()
    for layer in model.layers:
        precision = dtype_of(layer.config)
        if layer.inner is not None:
            yield from _precisions(layer.inner, is_end=layer.name in ends)
        elif not layer.is_operation and (precision != SINGLE or layer.name not in ends):
            yield precision


def _layers(config: object) -> Iterator[dict[str, object]]:
    """What a configuration says of each layer, those in others too: inputs and operations do not say that they are trainable."""
    stack = [config]
    while stack:
        value = stack.pop()
        if isinstance(value, list):
            stack += value
        elif isinstance(value, dict):
            if value.keys() >= {_KEY, "trainable"}:
                yield value
            stack += value.values()
