"""Which part of a picture decided: by gradients, and by covering it bit by bit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from netspec.data.dataset import Array, Floats
from netspec.training.judging import answers
from netspec.training.meaning import Meaning
from netspec.training.reopen import Opened
from netspec.training.watching import ADDED, Watched, before_ending, with_addition

AT_ONCE = 64  # covered pictures
PART = 4  # of a side, that a square covers


class GradCam:
    """Grad-CAM at a node (Selvaraju et al., arXiv 1610.02391).

    The channels of the node, weighed by the mean gradient of the class's score by them, summed, and what speaks against the class
    left out. The score is the logit: what a softmax or a sigmoid at the end is given.

    Args:
        opened: the network.
        index: the node, which has positions.
        output: the output that tells classes apart.
    """

    def __init__(self, opened: Opened, index: int, output: str) -> None:
        graph = before_ending(opened.graph, output)
        graph = graph._replace(outputs={output: graph.outputs[output]})
        self._output = output
        self._added = Watched(opened, with_addition(graph, index))
        self._node = Watched(opened, graph._replace(outputs={output: index}))

    def __call__(self, x: Mapping[str, Array], weights: Floats) -> Floats:
        """A map for each example, in the node's positions, from 0.

        Args:
            x: examples by input.
            weights: what each number of the output counts: 1 for the class in question, else 0.
        """
        made = self._node(x)[self._output]
        given = {**x, ADDED: np.zeros_like(made)}
        by_node = self._added.gradients(given, {self._output: weights}, [ADDED])[ADDED]
        alphas = by_node.mean(axis=(1, 2), keepdims=True)
        return np.asarray(np.maximum((alphas * made).sum(axis=-1), 0), np.float32)


def class_weights(meaning: Meaning, shape: tuple[int, ...], chosen: int) -> Floats:
    """What each number of an output counts for one class: of places, in all of them; of a single number, for or against.

    Args:
        meaning: how the output is read.
        shape: of the probabilities for one example: as the output, but that two classes have two.
        chosen: the class or label, by its number.
    """
    if meaning.single:
        return np.full((*shape[:-1], 1), 1.0 if chosen else -1.0, np.float32)
    weights = np.zeros(shape, np.float32)
    weights[..., chosen] = 1
    return weights


def occlusion(
    opened: Opened, x: Mapping[str, Array], picture: str, output: str, meaning: Meaning, chosen: int
) -> Floats:
    """How much of a class's probability is lost where a grey square covers a picture (Zeiler and Fergus, arXiv 1311.2901).

    Args:
        opened: the network.
        x: one example by input, without the dimension of the batch.
        picture: the input that is covered.
        output: the output in question.
        meaning: how it is read.
        chosen: the class or label, by its number.

    Returns:
        For each pixel the mean over the squares that cover it, below 0 where the class gains.
    """
    whole = np.asarray(x[picture], np.float32)
    rows, columns = whole.shape[:2]
    height, width = max(1, rows // PART), max(1, columns // PART)
    grey = (float(whole.min()) + float(whole.max())) / 2
    places = [(top, left) for top in _starts(rows, height) for left in _starts(columns, width)]
    before = _probabilities(opened, x, {picture: whole[np.newaxis]}, output, meaning, chosen)[0]
    sums, counts = np.zeros((rows, columns)), np.zeros((rows, columns))
    for first in range(0, len(places), AT_ONCE):
        some = places[first : first + AT_ONCE]
        covered = np.repeat(whole[np.newaxis], len(some), axis=0)
        for one, (top, left) in zip(covered, some, strict=True):
            one[top : top + height, left : left + width] = grey
        after = _probabilities(opened, x, {picture: covered}, output, meaning, chosen)
        for (top, left), value in zip(some, after, strict=True):
            sums[top : top + height, left : left + width] += before - value
            counts[top : top + height, left : left + width] += 1
    return np.asarray(sums / counts, np.float32)


def _starts(size: int, square: int) -> list[int]:
    """Where squares begin along a side: half a square apart, and one at the end."""
    return sorted({*range(0, size - square + 1, max(1, square // 2)), size - square})


def _probabilities(
    opened: Opened, x: Mapping[str, Array], pictures: Mapping[str, Floats], output: str, meaning: Meaning, chosen: int
) -> Floats:
    count = len(next(iter(pictures.values())))
    given = {
        name: pictures.get(name, np.repeat(np.asarray(each)[np.newaxis], count, axis=0)) for name, each in x.items()
    }
    names = [each.name for each in opened.outputs]
    made = answers(opened.network, given, names)
    found = meaning.probabilities(made[output])[..., chosen]
    return np.asarray(found.reshape(count, -1).mean(axis=1), np.float32)
