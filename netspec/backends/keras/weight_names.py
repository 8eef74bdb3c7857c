"""What the weights of a layer are called in a file: `kernel`, and `query/kernel` where a layer has several of that name."""

from __future__ import annotations

import re

from netspec.backends.keras.types import KerasLayer, KerasVariable

_COUNTED = re.compile(r"_\d+(?=/)")


def weights_of(layer: KerasLayer) -> dict[str, KerasVariable]:
    """The weights of a layer in its order, each under a name that no other of them has.

    It says the same of a layer that is built anew, whatever Keras counted before.
    """
    names = [str(weight.name) for weight in layer.weights]
    found: dict[str, KerasVariable] = {}
    for name, weight in zip(names, layer.weights, strict=True):
        if names.count(name) > 1:
            name = _COUNTED.sub("", str(weight.path).removeprefix(f"{layer.path}/"))
        base, number = name, 1
        while name in found:
            number += 1
            name = f"{base}_{number}"
        found[name] = weight
    return found
