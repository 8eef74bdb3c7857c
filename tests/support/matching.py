"""Two Keras models of one architecture: which layer of the one is which of the other, and do they compute the same?

`netspec.backends.keras.matching` finds which is which; here all must have a partner. That the match is right is not its own
business: with the weights copied, all outputs must agree.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

import keras
import numpy as np

from netspec.backends.keras import matching
from netspec.backends.keras.matching import Place, comes_from, labels_of

UNKNOWN = 20  # steps, where their number is not known until run time


def places_of(model: Any) -> list[Place]:
    """The layers with weights and the merges of a functional model, each after its inputs."""
    return matching.places_of(keras, model)


def matched(ours: Any, theirs: Any) -> Iterator[tuple[Place, Place]]:
    """The places of two models, pair by pair in the order of theirs. Raises AssertionError where they differ."""
    mine, others = places_of(ours), places_of(theirs)
    here, there = labels_of(mine), labels_of(others)
    if Counter(here) != Counter(there):
        raise AssertionError(_difference(mine, others))
    by_label: dict[int, list[Place]] = defaultdict(list)
    for place, label in zip(mine, here, strict=True):
        by_label[label].append(place)
    for place, label in zip(others, there, strict=True):
        yield by_label[label].pop(0), place


def _difference(mine: list[Place], others: list[Place]) -> str:
    """What one model has and the other lacks; where both have the same, the first place that comes from elsewhere."""
    have, want = (Counter((place.word, place.shapes) for place in places) for places in (mine, others))
    if have != want:
        return f"only ours: {dict(have - want)}; only theirs: {dict(want - have)}"
    sides = [comes_from(places) for places in (mine, others)]
    known = set(sides[1])
    for place, label in zip(mine, sides[0], strict=True):
        if label not in known:
            return f"the same weights and merges, but `{place.describe()}` of ours comes from elsewhere"
    return "the same weights and merges, but they go elsewhere"


def scramble(model: Any) -> None:
    """Weights of which every one matters: factors near 1, shifts and means near 0, but none exactly so."""
    rng = np.random.default_rng(1)
    scales = {id(weight) for layer in model.layers if type(layer).__name__ == "LayerScale" for weight in layer.weights}
    for weight in model.weights:
        if weight.name in ("gamma", "moving_variance") or id(weight) in scales:
            weight.assign(rng.uniform(0.5, 1.5, weight.shape))
        elif weight.name in ("beta", "moving_mean", "bias"):
            weight.assign(rng.normal(0, 0.1, weight.shape))


class Comparison(NamedTuple):
    """How far two models are apart, as the largest difference relative to the largest number of theirs."""

    output: float  # of several, that which is furthest apart
    taps: dict[str, float]  # by the layer of ours, at the end of each stage

    @property
    def largest(self) -> float:
        return max([self.output, *self.taps.values()])


def compare(ours: Any, theirs: Any, main: str | None = None) -> Comparison:
    """Copy the weights of theirs, scrambled, into ours; compare outputs and the ends of stages on random inputs.

    `main` names the output of ours that theirs has, where ours has several and theirs has not.
    """
    scramble(theirs)
    _same_normalisation(ours, theirs)
    output = ours.output[main] if main is not None else ours.output
    pairs = list(matched(keras.Model(ours.input, output), theirs))
    for mine, other in pairs:
        if not mine.word:
            mine.operation.set_weights(other.operation.get_weights())
    keras.tree.assert_same_structure(output, theirs.output)
    ends = stage_ends(pairs)
    here = keras.Model(ours.input, [output, *(mine.tensor for mine, _ in ends)])
    there = keras.Model(theirs.input, [theirs.output, *(other.tensor for _, other in ends)])
    x = examples(theirs)
    flat = (keras.tree.flatten(model(x, training=False)) for model in (here, there))
    apart = [_apart(a, b) for a, b in zip(*flat, strict=True)]
    taps = (mine.operation.name for mine, _ in ends)
    outputs = len(apart) - len(ends)
    return Comparison(max(apart[:outputs]), dict(zip(taps, apart[outputs:], strict=True)))


def stage_ends(pairs: list[tuple[Place, Place]]) -> list[tuple[Place, Place]]:
    """For each size of the image the last pair of places; that of no places, the classifier's, is the output.

    Layers of several outputs are passed over, and what has another shape in one of the two until it is cropped or put together.
    """
    last: dict[Any, tuple[Place, Place]] = {}
    for mine, other in pairs:
        here, there = (tuple(getattr(tensor, "shape", ())) for tensor in (mine.tensor, other.tensor))
        if len(there) > 2 and here == there:
            last[tuple(other.tensor.shape[1:-1])] = (mine, other)
    return list(last.values())


def examples(model: Any) -> Any:
    """Two random examples: standard normal numbers, bytes for a model that scales them itself, whole numbers for tables.

    The second ends in zeros where it is of whole numbers, which stand for no word.
    """
    rng = np.random.default_rng(0)
    scales = any(isinstance(layer, (keras.layers.Rescaling, keras.layers.Normalization)) for layer in model.layers)
    words = min((layer.input_dim for layer in model.layers if isinstance(layer, keras.layers.Embedding)), default=0)

    def example(tensor: Any) -> Any:
        shape = (2, *(size or UNKNOWN for size in tensor.shape[1:]))
        if "int" in tensor.dtype:
            x = rng.integers(0, words, shape)
            x[1, -(shape[1] // 3) :] = 0
            return x.astype(tensor.dtype)
        x = rng.integers(0, 256, shape) if scales else rng.normal(size=shape)
        return x.astype("float32")

    return keras.tree.map_structure(example, model.input)


def _same_normalisation(ours: Any, theirs: Any) -> None:
    """The reference keeps the figures of its normalisation as weights: give it the spec's."""
    figures = [layer for layer in ours.layers if isinstance(layer, keras.layers.Normalization)]
    for layer in theirs.layers:
        if isinstance(layer, keras.layers.Normalization) and layer.weights:
            (own,) = figures
            mean, variance = (keras.ops.convert_to_numpy(v).ravel() for v in (own.mean, own.variance))
            layer.set_weights([mean, variance, np.array(0)])
            layer.finalize_state()


def _apart(a: Any, b: Any) -> float:
    a, b = keras.ops.convert_to_numpy(a), keras.ops.convert_to_numpy(b)
    assert a.shape == b.shape
    assert np.isfinite(b).all()
    return float(np.abs(a - b).max() / np.abs(b).max())
