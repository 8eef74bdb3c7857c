"""Hyperparameters as a spec says them, so that the same ones are always written alike."""

from __future__ import annotations

from math import inf, isfinite

from netspec.options import Declared, Values
from netspec.syntax.reading import MAX_INTEGER


def values_of(config: Declared) -> Values:
    """The hyperparameters that differ from their defaults, as a spec says them."""
    reads = getattr(config, "reads", ())
    return {
        name: written(value)
        for name, value in config.given().items()
        if name not in reads and value != config.options[name].default
    }


def unsayable(values: Values) -> object:
    """The first number among hyperparameters that no spec can hold; None where it can hold all.

    One that is infinite by itself may be what a layer of padding pads with, which a window behind it knows.
    """
    stack = [value for value in values.values() if value not in (inf, -inf)]
    while stack:
        value = stack.pop()
        if (isinstance(value, float) and not isfinite(value)) or (isinstance(value, int) and abs(value) > MAX_INTEGER):
            return value
        if isinstance(value, list):
            stack += value
        elif isinstance(value, dict):
            stack += value.values()
    return None


def written(value: object) -> object:
    """A checked value as a spec says it."""
    if isinstance(value, Declared):
        inner = values_of(value)
        return {value.spec_name: inner} if inner else value.spec_name
    if isinstance(value, tuple | list):
        return [written(each) for each in value]
    if isinstance(value, dict):
        return {name: written(each) for name, each in value.items()}
    return value
