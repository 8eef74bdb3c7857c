"""Random numbers for a model, and how far what another makes of them is from what it makes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from netspec.backends.keras.types import Keras, KerasModel, KerasTensor

if TYPE_CHECKING:
    from netspec.backends.keras.types import Array

UNKNOWN_SIZES = (8, 32, 64, 224, 320)


class Sample(NamedTuple):
    """Random numbers for a model, and what it makes of them."""

    structure: Array | dict[str, Array]  # one array, or a map of them by the model's own names of its inputs
    by_name: dict[str, Array]  # by the names of the input layers
    outputs: list[Array]  # in Keras's order


def sample_of(keras: Keras, model: KerasModel) -> Sample:
    """Call a model once, which Keras wants done before it exports, on a batch of two.

    Sizes that are not known are tried from small to large until none is too small for the network.
    """
    import numpy as np

    rng = np.random.default_rng(0)
    for size in UNKNOWN_SIZES:
        given = {}
        for tensor in model.inputs:
            shape = [2, *(size if known is None else known for known in tensor.shape[1:])]
            floats = "float" in tensor.dtype
            values = rng.random(shape) if floats else rng.integers(0, 2, shape)
            given[tensor.name] = values.astype("float32" if tensor.dtype == "bfloat16" else tensor.dtype)
        names = list(model.input) if isinstance(model.input, dict) else []
        structure: Array | dict[str, Array] = (
            {name: given[model.input[name].name] for name in names} if names else given[model.inputs[0].name]
        )
        try:
            outputs = flat(keras, model(structure, training=False))
        except Exception:
            if size == UNKNOWN_SIZES[-1]:
                raise
        else:
            break
    return Sample(structure, given, outputs)


def largest_difference(expected: Sequence[Array], found: Sequence[Array]) -> float:
    """The largest difference between outputs of the same shapes, as a share of the largest number of each; NaN stays NaN."""
    import numpy as np

    largest = 0.0
    for mine, theirs in zip(expected, found, strict=True):
        difference = np.abs(mine.astype("float64") - theirs.astype("float64"))
        worst = float(difference.max(initial=0.0)) / (float(np.abs(mine.astype("float64")).max(initial=0.0)) or 1.0)
        if not worst <= largest:
            largest = worst
    return largest


def flat(keras: Keras, outputs: KerasTensor) -> list[Array]:
    """A model's outputs as arrays, in Keras's order."""
    return [keras.ops.convert_to_numpy(t) for t in keras.tree.flatten(outputs)]
