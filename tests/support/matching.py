"""Two Keras models of one architecture: which layer of the one is which of the other, and do they compute the same?

Nothing is told of names. Layers without weights are passed over, so what is left is a graph of layers with weights and of
merges; two of its nodes are the same if they have weights of the same shapes, come from the same, and go to the same. What
this leaves open (two equal branches that are added) may be matched either way. That the match is right is not its own
business: with the weights copied, all outputs must agree.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

import keras
import numpy as np

COMMUTATIVE = {"Add", "Multiply", "Average", "Maximum", "Minimum"}
SAME_AS = {"CustomScaleLayer": "Add"}  # Inception-ResNet's: the sum of one input and a multiple of the other


class Place(NamedTuple):
    """A layer with weights, or a merge."""

    operation: Any
    word: str  # a merge's kind, '' of a layer with weights
    inputs: tuple[int, ...]
    tensor: Any  # its output in the model, once activations have seen it; None inside a nested model

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        return () if self.word else tuple(tuple(weight.shape) for weight in self.operation.weights)

    def describe(self) -> str:
        return f"{self.operation.name} {self.word or self.shapes}"


def places_of(model: Any) -> list[Place]:
    """The layers with weights and the merges of a functional model, each after its inputs."""
    places: list[Place] = []
    maker: dict[int, int] = {}  # a tensor, to the place that it comes from; -1: the model's inputs
    for tensor in keras.tree.flatten(model.inputs):
        maker[id(tensor)] = -1

    readers: dict[int, list[Any]] = defaultdict(list)
    for operation in model.operations:
        for tensor in keras.tree.flatten(operation.input):
            readers[id(tensor)].append(operation)

    def put(operation: Any, word: str, inputs: tuple[int, ...], tensor: Any) -> int:
        places.append(Place(operation, word, inputs, None if tensor is None else settled(tensor, readers)))
        return len(places) - 1

    for operation in model.operations:
        if isinstance(operation, keras.layers.InputLayer):
            continue
        given = tuple(maker[id(t)] for t in keras.tree.flatten(operation.input) if id(t) in maker)
        output = operation.output
        if isinstance(operation, keras.Sequential):
            last = given[0]
            inner = [layer for layer in operation.layers if has_weights(layer)]
            for layer in inner:
                last = put(layer, "", (last,), output if layer is operation.layers[-1] else None)
        elif has_weights(operation):
            last = put(operation, "", given, output)
        elif len(set(given)) > 1:
            name = type(operation).__name__
            last = put(operation, SAME_AS.get(name, name), given, output)
        else:
            last = given[0]
        maker[id(output)] = last
    return places


def has_weights(layer: Any) -> bool:
    """Does it have weights that are copied? A normalisation's figures are the spec's own."""
    return bool(getattr(layer, "weights", ())) and not isinstance(layer, keras.layers.Normalization)


def labels_of(places: list[Place]) -> list[int]:
    """A label for each place, by what it is, what it comes from and what it goes to."""
    labels = [hash((place.word, place.shapes)) for place in places]
    for _ in range(2):
        forward: list[int] = []
        for place, label in zip(places, labels, strict=True):
            sources = [0 if i < 0 else forward[i] for i in place.inputs]
            forward.append(hash((label, tuple(sorted(sources) if place.word in COMMUTATIVE else sources))))
        backward = [0] * len(places)
        readers: dict[int, list[int]] = defaultdict(list)
        for index in reversed(range(len(places))):
            place = places[index]
            backward[index] = hash((forward[index], tuple(sorted(readers[index]))))
            for position, source in enumerate(place.inputs):
                readers[source].append(hash((backward[index], 0 if place.word in COMMUTATIVE else position)))
        labels = backward
    return labels


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
    known: set[int] = set()
    sides = []
    for places in (mine, others):
        forward: list[int] = []
        for place in places:
            sources = [0 if i < 0 else forward[i] for i in place.inputs]
            sources = sorted(sources) if place.word in COMMUTATIVE else sources
            forward.append(hash((place.word, place.shapes, tuple(sources))))
        sides.append(forward)
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

    output: float
    taps: dict[str, float]  # by the layer of ours, at the end of each stage

    @property
    def largest(self) -> float:
        return max(self.output, *self.taps.values())


def compare(ours: Any, theirs: Any, main: str | None = None) -> Comparison:
    """Copy the weights of theirs, scrambled, into ours; compare outputs and the ends of stages on random images.

    `main` names the output of ours that theirs has, where ours has several.
    """
    scramble(theirs)
    _same_normalisation(ours, theirs)
    output = ours.output[main] if main is not None else ours.output
    pairs = list(matched(keras.Model(ours.input, output), theirs))
    for mine, other in pairs:
        if not mine.word:
            mine.operation.set_weights(other.operation.get_weights())
    ends = stage_ends(pairs)
    here = keras.Model(ours.input, [output, *(mine.tensor for mine, _ in ends)])
    there = keras.Model(theirs.input, [theirs.output, *(other.tensor for _, other in ends)])
    x = images(theirs)
    first, *rest = (_apart(a, b) for a, b in zip(here(x, training=False), there(x, training=False), strict=True))
    return Comparison(first, dict(zip((mine.operation.name for mine, _ in ends), rest, strict=True)))


def stage_ends(pairs: list[tuple[Place, Place]]) -> list[tuple[Place, Place]]:
    """For each size of the image the last pair of places; that of no places, the classifier's, is the output."""
    last: dict[Any, tuple[Place, Place]] = {}
    for mine, other in pairs:
        if mine.tensor is not None and other.tensor is not None and len(other.tensor.shape) > 2:
            last[tuple(other.tensor.shape[1:-1])] = (mine, other)
    return list(last.values())


def settled(tensor: Any, readers: dict[int, list[Any]]) -> Any:
    """What becomes of a tensor by layers that keep its shape: an activation may be a layer of its own or not."""
    while len(readers[id(tensor)]) == 1:
        (reader,) = readers[id(tensor)]
        if has_weights(reader) or len(keras.tree.flatten(reader.input)) > 1 or reader.output.shape != tensor.shape:
            break
        tensor = reader.output
    return tensor


def images(model: Any) -> Any:
    """Two random images: bytes for a model that scales them itself, else standard normal numbers."""
    shape = (2, *model.input.shape[1:])
    rng = np.random.default_rng(0)
    scales = any(isinstance(layer, (keras.layers.Rescaling, keras.layers.Normalization)) for layer in model.layers)
    x = rng.integers(0, 256, shape) if scales else rng.normal(size=shape)
    return x.astype("float32")


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
