"""Shortcuts of a skip that are what `project` says."""

from __future__ import annotations

from collections.abc import Iterable

from netspec.conversion.folding.items import PROJECT, Item, Shapes, walk

_OPEN = frozenset(("filters", "kernel_size", "strides", "rounding"))


def with_projections(items: Iterable[Item], shapes: Shapes) -> None:
    """Say `project` for shortcuts that are a 1x1 convolution to the body's channels and strides, in place."""
    for item in items:
        if item.kind == "skip" and "shortcut" in item.bodies and _projects(item, shapes):
            del item.bodies["shortcut"]
            item.values["shortcut"] = PROJECT


def _projects(skip: Item, shapes: Shapes) -> bool:
    shortcut, body = skip.bodies["shortcut"], skip.bodies["body"]
    with_norm = any(inner.kind == "batch_norm" for inner in walk(body))
    if [inner.kind for inner in shortcut] != (["conv", "batch_norm"] if with_norm else ["conv"]):
        return False
    if not all(inner.trainable and not inner.is_wanted for inner in shortcut) or (with_norm and shortcut[1].values):
        return False
    convolution = shortcut[0]
    if convolution.values.get("kernel_size") != 1 or not set(convolution.values) <= _OPEN:
        return False
    before, after = shapes[skip.entering][:-1], shapes[skip.name][:-1]
    ratios = {None if a is None or b is None else -(-a // b) for a, b in zip(before, after, strict=True)}
    return ratios == {convolution.values.get("strides", 1)} or ratios == {None, convolution.values.get("strides", 1)}
