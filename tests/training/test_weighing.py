"""How much labels count: the classes' weights, the examples' own, and labels that count for nothing."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from netspec.data.dataset import Split
from netspec.data.schema import Target
from netspec.diagnostics.problems import FILE_START, Problem, SpecError
from netspec.spec.training_settings import Train
from netspec.training.feeding import Feed, Weighing, _py_dataset, for_fit
from netspec.training.weighing import balancing

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
