"""Configurations of Keras of other precisions, as the same of float32, in which a spec's networks compute."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from netspec.conversion.keras_config import dtype_of, read_config
from netspec.conversion.model import Model
from netspec.shapes import Shape

SINGLE = "float32"
TRAINED_IN = frozenset(("mixed_float16", "mixed_bfloat16"))  # which `train` has a word for; weights are of float32
_OTHERS = TRAINED_IN | {"float16", "bfloat16", "float64"}
_KEY = "dtype"  # of a layer its policy


class Single(NamedTuple):
    """A configuration in which all layers compute in float32."""

    config: object
    precision: str = SINGLE  # what its layers computed in, all that they said beside float32
    training: str = SINGLE  # the precision of `train` that says the same


def in_single(config: object, shape: Shape | None = None, *, partial: bool = False) -> Single:
    """A configuration in float32. It is changed in place; types of inputs and casts stay.

    A mixed precision is said in `train` of the whole network, which computes in float32 what outputs end in; other layers of
    float32 have no word.

    Args:
        config: As Keras wrote it.
        shape: Of an example, where it does not say it.
        partial: As `read_config` has it.

    Raises:
        ConversionError: It is of another precision, and no configuration of a model.
    """
    others = [layer for layer in _layers(config) if dtype_of(layer) in _OTHERS]
    if not others:
        return Single(config)
    said = {*_precisions(read_config(config, shape, partial=partial), is_end=True)}
    training = said.pop() if len(said) == 1 and said <= TRAINED_IN else SINGLE
    precision = " and ".join(sorted({*map(dtype_of, others)}))
    for layer in others:
        layer[_KEY] = SINGLE
    return Single(config, precision, training)


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
