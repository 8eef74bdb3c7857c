"""Hyperparameters as a spec says them, so that the same ones are always written alike."""

from __future__ import annotations

from netspec.options import Declared, Values


def values_of(config: Declared) -> Values:
    """The hyperparameters that differ from their defaults, as a spec says them."""
    reads = getattr(config, "reads", ())
    return {
        name: written(value)
        for name, value in config.given().items()
        if name not in reads and value != config.options[name].default
    }


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
