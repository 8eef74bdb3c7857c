"""Augmentation that mixes the examples of a batch and their labels: `mix_up` and `cut_mix`.

It is done to batches as they are read, by NumPy, by the laws of Keras's layers, so that labels are mixed alike on every
backend. What is mixed with what hangs on the seed, the epoch and the step, and not on how many processes share a batch.

A label that is a class becomes a share of each class. Where labels count differently (class weights, weights of examples, labels
that are ignored), both parts keep their weight, so that the loss of a mixed example is that of its parts by their shares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netspec.data.dataset import Array, Integers
from netspec.data.schema import Target
from netspec.kinds import Kind
from netspec.kinds.mixing import CutMix, Mixing, MixUp
from netspec.training.augment import labels_in_images, staged
from netspec.training.feeding import Batch, Draw, Rectangle, Shares
from netspec.training.objective import loss_of_output
from netspec.training.plan import Plan

Bools = NDArray[np.bool_]
LITTLE = 1e-6  # what Keras adds to a parameter that may be 0


class Label(NamedTuple):
    """How the labels of an output are mixed.

    Attributes:
        classes: how many there are, where each label is one.
        in_places: whether labels lie in the image's own places.
        rank: of the label of one example.
    """

    classes: int | None
    in_places: bool
    rank: int


class Mixer:
    """The mixing of batches.

    Args:
        kinds: `mix_up` and `cut_mix` in their order.
        input_: the input whose images are mixed.
        labels: how the labels of each output are.
        seed: of the training.
    """

    def __init__(self, kinds: Sequence[Kind], input_: str, labels: Mapping[str, Label], seed: int) -> None:
        self.kinds = kinds
        self.input = input_
        self.labels = labels
        self.seed = seed

    def draws(self, count: int, size: tuple[int, int], epoch: int, step: int) -> list[Draw]:
        """What each kind does to a batch of so many examples."""
        return [self._draw(kind, index, count, size, epoch, step) for index, kind in enumerate(self.kinds)]

    def _draw(self, kind: Kind, index: int, count: int, size: tuple[int, int], epoch: int, step: int) -> Draw:
        assert isinstance(kind, Mixing)
        seed = self.seed if kind.seed is None else kind.seed
        rng = np.random.default_rng((seed, epoch, step, index))
        partners = rng.permutation(count)
        if isinstance(kind, MixUp):
            return Draw(partners, rng.beta(kind.alpha, kind.alpha, count), None)
        assert isinstance(kind, CutMix)
        lower, upper = (0.0, kind.factor) if isinstance(kind.factor, float) else sorted(kind.factor)
        alpha = rng.uniform(lower, upper) + LITTLE
        sides = np.sqrt(1 - rng.beta(alpha, alpha, count))[:, None] * np.array(size)
        starts = rng.uniform(size=(count, 2)) * (np.array(size) - sides)
        ends = starts + sides
        rectangles = [(top, bottom, left, right) for (top, left), (bottom, right) in zip(starts, ends, strict=True)]
        shares = np.array([1 - _covered(rectangle, size).mean() for rectangle in rectangles])
        return Draw(partners, shares, rectangles)

    def __call__(self, batch: Batch, places: Integers, draws: Sequence[Draw]) -> Batch:
        """The examples of a batch, mixed.

        Args:
            batch: Some of the examples of a whole batch, with all that these are mixed with.
            places: Where they stand in it, in rising order.
            draws: What is done to the whole batch.
        """
        for draw in draws:
            batch = self._mixed(batch, places, draw)
        return batch

    def _mixed(self, batch: Batch, places: Integers, draw: Draw) -> Batch:
        partners = np.searchsorted(places, draw.partners[places])
        partners = np.minimum(partners, len(places) - 1)  # of those that are not among them, which nobody reads again
        shares = draw.shares[places]
        rectangles = None if draw.rectangles is None else [draw.rectangles[place] for place in places]
        images = batch.x[self.input]
        mixed = _blended(images, partners, shares, rectangles, images.shape[1:3])
        x, y, weights = {**batch.x, self.input: mixed}, dict(batch.y), dict(batch.weights)
        for name, labels in batch.y.items():
            label = self.labels[name]
            if labels is images:
                y[name] = mixed
            elif label.in_places and rectangles is not None:
                y[name] = _blended(labels, partners, shares, rectangles, images.shape[1:3])
                if name in weights and weights[name].ndim > 1:
                    weights[name] = _blended(weights[name], partners, shares, rectangles, images.shape[1:3])
                    continue
            else:
                y[name] = _together(label, labels, weights.get(name), partners, shares)
            if name in weights:
                weights[name] = _by_share(weights[name], partners, shares)
        return Batch(x, y, weights)


def _covered(rectangle: Rectangle, size: tuple[int, int], whole: tuple[int, int] | None = None) -> Bools:
    """Which places have their middle in a rectangle of an image; `size` may be that of an array which shows the same."""
    scale = [there / here for there, here in zip(whole or size, size, strict=True)]
    rows, columns = ((np.arange(count) + 0.5) * factor for count, factor in zip(size, scale, strict=True))
    top, bottom, left, right = rectangle
    inside = ((rows >= top) & (rows < bottom))[:, None] & ((columns >= left) & (columns < right))
    return np.asarray(inside)


def _blended(
    values: Array,
    partners: Integers,
    shares: Shares,
    rectangles: Sequence[Rectangle] | None,
    size: tuple[int, int],
) -> Array:
    """Values that have places: blended, or with rectangles of the other."""
    if rectangles is None:
        return _by_share(values, partners, shares)
    mixed = np.array(values)
    for index, (partner, rectangle) in enumerate(zip(partners, rectangles, strict=True)):
        covered = _covered(rectangle, values.shape[1:3], size)
        mixed[index][covered] = values[partner][covered]
    return mixed


def _by_share(values: Array, partners: Integers, shares: Shares) -> Array:
    """Numbers blended; whole numbers stay whole."""
    share = shares.reshape(-1, *[1] * (values.ndim - 1))
    mixed = share * values + (1 - share) * values[partners]
    return np.asarray((np.rint(mixed) if values.dtype.kind in "iu" else mixed).astype(values.dtype))


def _together(label: Label, labels: Array, weights: Array | None, partners: Integers, shares: Shares) -> Array:
    """Labels of two examples as one: of classes, how much of each there is, by what both count."""
    if label.classes is None:
        return _by_share(labels.astype(np.float32), partners, shares)
    if labels.ndim == label.rank + 1:
        known = np.clip(labels.astype(np.int64), 0, label.classes - 1)  # one that is ignored counts for nothing
        soft = np.eye(label.classes, dtype=np.float32)[known]
    else:
        soft = labels  # mixed before
    share = shares.reshape(-1, *[1] * (soft.ndim - 1))
    if weights is None:
        return np.asarray((share * soft + (1 - share) * soft[partners]).astype(np.float32))
    counts = weights.reshape(*weights.shape, *[1] * (soft.ndim - weights.ndim))
    own, others = share * counts, (1 - share) * counts[partners]
    total = own + others
    mixed = np.where(total > 0, (own * soft + others * soft[partners]) / np.where(total > 0, total, 1), soft)
    return np.asarray(mixed.astype(np.float32))


def mixer_of(plan: Plan, targets: Mapping[str, Target]) -> Mixer | None:
    """What mixes the batches of a run; None where nothing does. Raises SpecError where labels cannot be mixed."""
    kinds = staged(plan, targets).mixed
    if not kinds:
        return None
    in_places = labels_in_images(plan, targets)
    step = next(step for step in plan.train.augment if step.cls is not None and step.cls.mixes_labels)
    labels = {}
    for output, target in targets.items():
        loss = loss_of_output(plan, output, target)
        if "hinge" in loss:
            message = f"`{step.kind_name}` mixes labels, and `{loss}` of `{output}` takes signs, between which there is nothing"
            raise plan.error("NS706", message, step.span)
        shape = plan.graph.nodes[plan.graph.outputs[output]].shape or ()
        single = shape == (*target.shape, 1)  # one number tells two classes apart
        classes = target.class_count if target.is_of_classes and not single else None
        labels[output] = Label(classes, output in in_places, len(target.shape))
    return Mixer(kinds, plan.graph.nodes[plan.graph.inputs[0]].path, labels, plan.train.seed)
