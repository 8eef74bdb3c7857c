"""How much labels count: the classes' weights, the examples' own, and labels that count for nothing."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from netspec.data.dataset import Split
from netspec.data.schema import Target
from netspec.diagnostics.problems import FILE_START, Problem, SpecError
from netspec.pipeline import check_text
from netspec.spec.training_settings import Train
from netspec.training.feeding import Feed, Weighing, _py_dataset, for_fit
from netspec.training.objective import Output, choose
from netspec.training.weighing import balancing, ignoring

TARGETS = {"main": Target("csv", "classes", 3, (), ("cat", "dog", "eel"))}
LABELS = np.array([0, 0, 0, 1, 0, 2, 0, 0])


def refusal(code: str, message: str, option: str) -> SpecError:
    return SpecError(option, (Problem(code, message, FILE_START),))


def weights(given: Any, targets: Any = TARGETS, y: Any = LABELS) -> Any:
    return balancing(Train(class_weights=given), targets, {"main": y}, refusal)


def test_none_where_classes_count_alike() -> None:
    assert weights(None) == {}


def test_balanced_classes_count_as_much_together() -> None:
    found = weights("balanced")["main"]
    assert found.classes.tolist() == pytest.approx([8 / 18, 8 / 3, 8 / 3])
    totals = [float(found(LABELS)[label == LABELS].sum()) for label in range(3)]
    assert totals == pytest.approx([8 / 3] * 3)


def test_a_class_that_never_occurs_takes_nothing_from_the_others() -> None:
    assert weights("balanced", y=np.array([0, 0, 0, 2]))["main"](np.array([0, 0, 0, 2])).sum() == pytest.approx(4)


def test_weights_by_name() -> None:
    assert weights({"eel": 5})["main"](np.array([2, 0, 1])).tolist() == [5, 1, 1]


@pytest.mark.parametrize(
    ("given", "targets", "message"),
    [
        ({"eels": 2}, TARGETS, "`class_weights` names 'eels', which is no class; did you mean `eel`?"),
        ({"fox": 2}, TARGETS, "`class_weights` names 'fox', which is no class; they are `cat`, `dog` and `eel`"),
        ("balanced", {"main": Target("csv", "numbers")}, "`class_weights` is for classes, and no output learns any"),
    ],
)
def test_what_is_no_class(given: Any, targets: Any, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        weights(given, targets)
    assert [(p.code, p.message) for p in caught.value.problems] == [("NS704", message)]


def test_ignored_labels_count_for_nothing() -> None:
    mask = np.array([[0, 1], [255, 1]])
    assert Weighing(ignored=255)(mask).tolist() == [[1, 1], [0, 1]]
    assert Weighing(np.array([1, 3], np.float32), 255)(mask).tolist() == [[1, 3], [0, 3]]


MASKED = """\
netspec: 1
input: [4, 4, 1]
layers:
  - 1x1: {filters: WIDTH, activation: ENDING}
"""


@pytest.mark.parametrize(
    ("width", "ending", "train", "weighs"),
    [
        (3, "softmax", {}, False),
        (3, "softmax", {"loss": "sparse_categorical_crossentropy"}, False),
        (3, "softmax", {"label_smoothing": 0.1}, True),
        (3, "softmax", {"loss": "categorical_focal_crossentropy"}, True),
        (1, "sigmoid", {}, True),
    ],
)
def test_a_loss_leaves_ignored_labels_out_or_is_told_to(width: int, ending: str, train: Any, weighs: bool) -> None:
    graph = check_text(MASKED.replace("WIDTH", str(width)).replace("ENDING", ending)).graph
    assert graph is not None
    (name,) = graph.outputs
    target = Target("folder", "classes", max(width, 2), (4, 4), ("a", "b", "c")[: max(width, 2)], 255)
    found = ignoring(graph, Train(**train), {name: target})
    assert found == ({name: Weighing(ignored=255)} if weighs else {})
    # Whatever is ignored, the loss is that of the others.
    output = Output(name, (4, 4, width), ending)
    objective = choose(keras, (output,), Train(**train), {name: target}, refusal)
    rng = np.random.default_rng(0)
    y, made = rng.integers(0, max(width, 2), (2, 4, 4)), rng.uniform(0.1, 0.9, (2, 4, 4, width)).astype(np.float32)
    made = made / made.sum(-1, keepdims=True) if width > 1 else made
    y[0, 0] = y[1, 2] = 255
    changed = made.copy()
    changed[y == 255] = np.roll(changed[y == 255], 1, axis=0)

    def loss(predicted: Any) -> float:
        weights = found[name](y) if weighs else None
        return float(objective.loss(y, predicted, sample_weight=weights))

    assert loss(made) == pytest.approx(loss(changed), rel=1e-6)
    metric = objective.metrics[0]
    metric.update_state(y, made)
    right = made.argmax(-1) == y if width > 1 else (made[..., 0] > 0.5) == y
    assert float(metric.result()) == pytest.approx(float(right[y != 255].mean()))


@pytest.mark.parametrize("backend", ["tensorflow", "other"])
def test_weights_reach_the_batch(backend: str) -> None:
    x, own = np.zeros((4, 2), np.float32), np.array([1, 2, 3, 4], np.float32)
    split = Split({"input": x}, {"main": np.array([0, 1, 1, 0]), "aux": np.arange(4.0)}, own)
    weighing = {"main": Weighing(np.array([1, 10], np.float32))}
    feed = Feed(split, 4, outputs=("main", "aux", "unread"), weighing=weighing)
    batches = for_fit(keras, feed) if backend == "tensorflow" else [_py_dataset(keras, feed)[0]]
    ((_, y, found),) = list(batches)
    assert {name: np.asarray(value).tolist() for name, value in found.items()} == {
        "main": [1, 20, 30, 4],
        "aux": [1, 2, 3, 4],
        "unread": [1, 20, 30, 4],
    }
    assert np.asarray(y["unread"]).tolist() == [0, 1, 1, 0]


def test_examples_learn_themselves_without_a_copy() -> None:
    x = np.arange(8, dtype=np.float32).reshape(4, 2)
    batch = Feed(Split({"input": x}, {"main": x}), 2, outputs=("main",)).batch(1)
    assert batch.y["main"] is batch.x["input"]
    assert batch.weights == {}
