"""Which layer of one Keras model is which of another, whatever their names.

Layers without weights are passed over, so what is left is a graph of layers with weights and of merges; two of its nodes are
the same if they have weights of the same shapes, come from the same, and go to the same. What this leaves open (two equal
branches that are added) may be matched either way.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from netspec.backends.keras.types import Keras, KerasLayer, KerasModel, KerasTensor

COMMUTATIVE = {"Add", "Multiply", "Average", "Maximum", "Minimum"}
SAME_AS = {"CustomScaleLayer": "Add"}  # Inception-ResNet's: the sum of one input and a multiple of the other
ROUNDS = 2  # of passing on what each comes from and goes to
INPUT = -1  # in the place of a place: the model's input

Shapes = tuple[tuple[int, ...], ...]


class Place(NamedTuple):
    """A layer with weights, or a merge.

    Attributes:
        operation: the layer.
        word: a merge's kind, '' of a layer with weights.
        inputs: the places that it reads; INPUT for the model's input.
        tensor: its output in the model, once activations have seen it; None inside a nested model.
        entering: the first tensor that it reads.
    """

    operation: KerasLayer
    word: str
    inputs: tuple[int, ...]
    tensor: KerasTensor
    entering: KerasTensor

    @property
    def shapes(self) -> Shapes:
        """The shapes of its weights."""
        return () if self.word else tuple(tuple(weight.shape) for weight in self.operation.weights)

    def describe(self) -> str:
        """For messages of tests."""
        return f"{self.operation.name} {self.word or self.shapes}"


def places_of(keras: Keras, model: KerasModel) -> list[Place]:
    """The layers with weights and the merges of a functional model, each after its inputs."""
    flatten = keras.tree.flatten
    places: list[Place] = []
    maker: dict[int, int] = {id(tensor): INPUT for tensor in flatten(model.inputs)}  # a tensor, to where it comes from

    readers: dict[int, list[KerasLayer]] = defaultdict(list)
    for operation in model.operations:
        for tensor in flatten(operation.input):
            readers[id(tensor)].append(operation)

    def settled(tensor: KerasTensor) -> KerasTensor:
        """What becomes of a tensor by layers that keep its shape: an activation may be a layer of its own or not."""
        while len(readers[id(tensor)]) == 1:
            (reader,) = readers[id(tensor)]
            if has_weights(keras, reader) or len(flatten(reader.input)) > 1 or reader.output.shape != tensor.shape:
                break
            tensor = reader.output
        return tensor

    def put(operation: KerasLayer, word: str, inputs: tuple[int, ...], tensor: KerasTensor, given: KerasTensor) -> int:
        places.append(Place(operation, word, inputs, None if tensor is None else settled(tensor), given))
        return len(places) - 1

    for operation in model.operations:
        if isinstance(operation, keras.layers.InputLayer):
            continue
        read = flatten(operation.input)
        given = tuple(maker[id(tensor)] for tensor in read if id(tensor) in maker)
        output = operation.output
        if isinstance(operation, keras.Sequential):
            last = given[0]
            for layer in operation.layers:
                if has_weights(keras, layer):
                    last = put(layer, "", (last,), output if layer is operation.layers[-1] else None, read[0])
        elif has_weights(keras, operation):
            given = tuple(dict.fromkeys(given))  # attention to itself may say so twice or three times
            last = put(operation, "", given, output, read[0])
        elif len(set(given)) > 1:
            name = type(operation).__name__
            last = put(operation, SAME_AS.get(name, name), given, output, read[0])
        else:
            last = given[0] if given else INPUT
        for tensor in flatten(output):
            maker[id(tensor)] = last
    return places


def has_weights(keras: Keras, layer: KerasLayer) -> bool:
    """Does it have weights that are copied? A normalisation's figures are the spec's own."""
    return bool(getattr(layer, "weights", ())) and not isinstance(layer, keras.layers.Normalization)


def comes_from(places: Sequence[Place], labels: Sequence[int] | None = None) -> list[int]:
    """A label for each place, by what it is and all that it comes from."""
    forward: list[int] = []
    for place, label in zip(places, labels or [hash((place.word, place.shapes)) for place in places], strict=True):
        sources = [0 if index < 0 else forward[index] for index in place.inputs]
        forward.append(hash((label, tuple(sorted(sources) if place.word in COMMUTATIVE else sources))))
    return forward


def labels_of(places: Sequence[Place]) -> list[int]:
    """A label for each place, by what it is, what it comes from and what it goes to."""
    labels: list[int] | None = None
    for _ in range(ROUNDS):
        forward = comes_from(places, labels)
        labels = [0] * len(places)
        readers: dict[int, list[int]] = defaultdict(list)
        for index in reversed(range(len(places))):
            place = places[index]
            labels[index] = hash((forward[index], tuple(sorted(readers[index]))))
            for position, source in enumerate(place.inputs):
                readers[source].append(hash((labels[index], 0 if place.word in COMMUTATIVE else position)))
    return labels or []


def partners(mine: Sequence[Place], others: Sequence[Place]) -> dict[int, int]:
    """The places of two models that are the same, by their positions, as far as both models are the same.

    What comes from something that the other lacks, as all behind another stem does, has no partner; what goes to something
    that the other lacks, as all before another head does, has one.
    """
    here, there = comes_from(mine), comes_from(others)
    common = set(here) & set(there)
    ours, theirs = ([i for i, label in enumerate(labels) if label in common] for labels in (here, there))
    by_label: dict[int, list[int]] = defaultdict(list)
    for index, label in zip(theirs, labels_of(_among(others, theirs)), strict=True):
        by_label[label].append(index)
    found: dict[int, int] = {}
    for index, label in zip(ours, labels_of(_among(mine, ours)), strict=True):
        if by_label[label]:
            found[index] = by_label[label].pop(0)
    # Of what goes elsewhere, those that nothing else comes from the same way.
    rest = [index for index in ours if index not in found]
    taken = set(found.values())
    counts = Counter(here[index] for index in ours) + Counter(there[index] for index in theirs)
    free = {there[index]: index for index in theirs if index not in taken}
    found |= {index: free[here[index]] for index in rest if counts[here[index]] == 2 and here[index] in free}
    return found


def _among(places: Sequence[Place], kept: Sequence[int]) -> list[Place]:
    """Some places, as a graph of their own; what they read is among them."""
    position = {INPUT: INPUT, **{index: new for new, index in enumerate(kept)}}
    return [places[index]._replace(inputs=tuple(position[i] for i in places[index].inputs)) for index in kept]


def of_another_shape(
    index: int, mine: Sequence[Place], others: Sequence[Place], found: dict[int, int], left: Iterable[int]
) -> int | None:
    """A place of theirs without a partner that reads the same and has as many weights as one of ours."""
    place = mine[index]
    sources = [found.get(i) if i >= 0 else INPUT for i in place.inputs]
    for other in left:
        candidate = others[other]
        ranks = [[len(shape) for shape in each.shapes] for each in (place, candidate)]
        if not candidate.word and list(candidate.inputs) == sources and ranks[0] == ranks[1]:
            return other
    return None
