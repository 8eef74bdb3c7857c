"""How much the labels of each output count: `class_weights`, and labels that are ignored."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from netspec.data.dataset import Examples, Floats
from netspec.data.pieces import counted
from netspec.data.schema import Target
from netspec.diagnostics.words import did_you_mean, listing, show
from netspec.graph.model import Graph
from netspec.spec.training_settings import Train
from netspec.training.feeding import Weighing
from netspec.training.objective import Refusal, mixes

SPARSE = "sparse_categorical_crossentropy"


def ignoring(graph: Graph, train: Train, targets: Mapping[str, Target]) -> dict[str, Weighing]:
    """The weighing of outputs whose loss does not leave ignored labels out by itself, as a sparse cross-entropy does."""
    found = {}
    for name, target in targets.items():
        shape = graph.nodes[graph.outputs[name]].shape
        if not target.is_of_classes or target.ignored is None or not shape:
            continue
        sparse = train.loss_of(name) in (None, SPARSE) and shape[-1] != 1
        sparse = sparse and not train.label_smoothing and not mixes(train)
        if not sparse:
            found[name] = Weighing(ignored=target.ignored)
    return found


def balancing(
    train: Train, targets: Mapping[str, Target], labels: Mapping[str, Examples], refusal: Refusal
) -> dict[str, Weighing]:
    """What `class_weights` says, by output. Raises SpecError where it names what is no class.

    `balanced` gives each class the weight n / (k * count), so that all k together count as much as the n labels do.
    """
    of_classes = {name: target for name, target in targets.items() if target.is_of_classes}
    weights = train.class_weights
    if weights is not None and not of_classes:
        raise refusal("NS704", "`class_weights` is for classes, and no output learns any", "class_weights")
    if isinstance(weights, dict):
        _check_names(weights, of_classes, refusal)
    if weights is None:
        return {}
    return {name: Weighing(_weights(weights, each, labels[name]), each.ignored) for name, each in of_classes.items()}


def _check_names(weights: Mapping[str, float], targets: Mapping[str, Target], refusal: Refusal) -> None:
    known = tuple(dict.fromkeys(name for target in targets.values() for name in target.names or ()))
    for name in weights:
        if name not in known:
            hint = did_you_mean(name, known) or f"; they are {listing(known[:9])}"
            raise refusal("NS704", f"`class_weights` names {show(name)}, which is no class{hint}", "class_weights")


def _weights(weights: str | Mapping[str, float], target: Target, labels: Examples) -> Floats:
    assert target.class_count is not None
    if not isinstance(weights, str):
        return np.array([weights.get(name, 1.0) for name in target.names or ()], np.float32)
    values, found = counted(labels)
    counts = np.zeros(target.class_count, np.int64)
    for value, count in zip(values.tolist(), found.tolist(), strict=True):
        if value != target.ignored:
            counts[value] = count
    return np.asarray(counts.sum() / (np.count_nonzero(counts) * np.maximum(counts, 1)), np.float32)
