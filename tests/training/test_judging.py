"""What a network makes of a split, counted: confusion, and the figures of each class."""

from __future__ import annotations

import math

import keras
import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, f1_score, jaccard_score, precision_score, recall_score

from netspec.backends.keras.types import KerasModel, KerasObject
from netspec.data.dataset import Floats, Split
from netspec.data.schema import Target
from netspec.training.feeding import Feed, for_fit
from netspec.training.judging import (
    Tally,
    class_rows,
    confusion,
    judged,
    label_confusion,
    label_rows,
    mean_of,
    seen,
    watched,
)
from netspec.training.meaning import Meaning
from netspec.training.objective import Output

RNG = np.random.default_rng(0)
CLASSES = Target("digits", "classes", 3, (), ("a", "b", "c"))
SOFTMAX = Output("main", (3,), "softmax")


def test_classes_are_counted_as_scikit_learn_counts_them() -> None:
    labels, taken = RNG.integers(0, 4, 200), RNG.integers(0, 4, 200)
    counts = confusion(labels, taken, 4)
    assert counts.tolist() == confusion_matrix(labels, taken, labels=range(4)).tolist()
    rows = class_rows(counts, "wxyz")
    for place, measure in enumerate((precision_score, recall_score, f1_score, jaccard_score), start=1):
        assert [row[place] for row in rows] == pytest.approx(measure(labels, taken, average=None), rel=1e-12)
    assert [row.support for row in rows] == np.bincount(labels).tolist()
    assert mean_of(rows).f1 == pytest.approx(f1_score(labels, taken, average="macro"), rel=1e-12)


def test_a_class_that_does_not_occur_has_no_recall_and_counts_in_no_mean() -> None:
    rows = class_rows(confusion(np.array([0, 0, 1]), np.array([0, 1, 1]), 3), ("a", "b", "c"))
    absent = rows[2]
    assert (absent.name, absent.support) == ("c", 0)
    assert all(map(math.isnan, absent[1:5]))
    assert mean_of(rows) == ("mean", 0.75, 0.75, pytest.approx(2 / 3), 0.5, 3)
    never = class_rows(confusion(np.array([0, 1]), np.array([0, 0]), 2), ("a", "b"))[1]
    assert (math.isnan(never.precision), never.recall, never.f1, never.iou) == (True, 0, 0, 0)
    assert math.isnan(mean_of(class_rows(np.zeros((2, 2)), ("a", "b"))).f1)


def test_ignored_places_of_masks_are_left_out_and_labels_are_weighed() -> None:
    labels = np.array([[[0, 1], [255, 1]]])
    taken = np.array([[[0, 0], [1, 1]]])
    assert confusion(labels, taken, 2).tolist() == [[1, 0], [1, 1]]
    assert confusion(labels, taken, 2, np.array([[[0.5, 2], [9, 1]]])).tolist() == [[0.5, 0], [2, 1]]


def test_labels_are_a_yes_or_no_each() -> None:
    labels = np.array([[1, 0], [1, 1], [0, 1]], bool)
    taken = np.array([[1, 0], [0, 1], [0, 0]], bool)
    counts = label_confusion(labels, taken)
    assert counts.tolist() == [[[1, 0], [1, 1]], [[1, 0], [1, 1]]]
    cat, dog = label_rows(counts, ("cat", "dog"))
    assert cat == ("cat", 1, 0.5, pytest.approx(2 / 3), 0.5, 2)
    assert dog.support == 2
    assert label_confusion(labels, taken, np.array([1, 2, 4])).tolist() == [[[4, 0], [2, 1]], [[1, 0], [4, 2]]]


@pytest.mark.parametrize(
    ("output", "target", "values", "taken", "probabilities"),
    [
        (SOFTMAX, CLASSES, [[0.2, 0.5, 0.3]], [1], [[0.2, 0.5, 0.3]]),
        (Output("main", (3,), ""), CLASSES, [[0.0, math.log(2), 0.0]], [1], [[0.25, 0.5, 0.25]]),
        (Output("main", (1,), "sigmoid"), Target("csv", "classes", 2, (), ("no", "yes")), [[0.7]], [1], [[0.3, 0.7]]),
        (Output("main", (1,), ""), Target("csv", "classes", 2, (), ("no", "yes")), [[0.4]], [1], [[0.4013, 0.5987]]),
        (Output("main", (2,), "sigmoid"), Target("csv", "binary", None, (2,)), [[0.7, 0.1]], [[1, 0]], [[0.7, 0.1]]),
        (Output("main", (2,), ""), Target("csv", "binary", None, (2,)), [[0.7, -1.0]], [[1, 0]], [[0.6682, 0.2689]]),
        (Output("main", (1,), ""), Target("csv", "signs"), [[0.7]], [[1]], [[0.7]]),
        (Output("main", (1, 1, 2), "softmax"), Target("folder", "classes", 2, (1, 1)), [[[[0.1, 0.9]]]], [[[1]]], [[[[0.1, 0.9]]]]),
        (Output("main", (2,), "softmax"), None, [[0.4, 0.6]], [1], [[0.4, 0.6]]),
    ],
)  # fmt: skip
def test_what_numbers_mean(
    output: Output, target: Target | None, values: object, taken: object, probabilities: object
) -> None:
    meaning = Meaning.of(output, target)
    given = np.array(values, np.float32)
    assert meaning.taken(given).tolist() == taken
    assert meaning.probabilities(given) == pytest.approx(np.array(probabilities), abs=1e-4)


def test_numbers_are_not_counted() -> None:
    for output, target in (
        (Output("main", (1,), ""), Target("csv", "numbers")),
        (Output("main", (4,), "sigmoid"), None),
    ):
        tally = Tally(Meaning.of(output, target))
        tally.add(np.zeros((2, 1)), np.zeros((2, *output.shape), np.float32))
        assert tally.judgement is None


# --- running a network ------------------------------------------------------------------------------------------------


def test_a_split_is_judged_once_and_in_order() -> None:
    x = keras.Input((2,), name="x")
    network = keras.Model(x, keras.layers.Dense(3, activation="softmax")(x))
    given = RNG.normal(size=(10, 2)).astype(np.float32)
    split = Split({"x": given}, {"main": np.arange(10) % 3})
    batches = list(judged(network, ("main",), split, 4))
    assert [each.indices.tolist() for each in batches] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert np.concatenate([each.labels["main"] for each in batches]).tolist() == split.y["main"][:].tolist()
    assert np.concatenate([each.outputs["main"] for each in batches]) == pytest.approx(
        network.predict(given, verbose=0)
    )


def test_a_watched_network_reports_its_outputs_beside_the_same_metrics() -> None:
    inputs = {name: keras.Input((2,), name=name) for name in ("left", "right")}
    both = keras.layers.Concatenate()(list(inputs.values()))
    main = keras.layers.Dense(3, activation="softmax", name="main")(both)
    network = keras.Model(
        inputs, {"main": main, "aux": keras.layers.Dense(1, name="aux", kernel_regularizer="l2")(both)}
    )
    split = Split(
        {name: RNG.normal(size=(9, 2)).astype(np.float32) for name in inputs},
        {"main": np.arange(9) % 3, "aux": RNG.normal(size=(9, 1)).astype(np.float32)},
    )
    outputs = (Output("main", (3,), "softmax"), Output("aux", (1,), ""))
    names = tuple(output.name for output in outputs)
    found: list[dict[str, Floats]] = []

    def evaluated(model: KerasModel, *callbacks: KerasObject) -> dict[str, float]:
        model.compile(
            loss={"main": "sparse_categorical_crossentropy", "aux": "mse"},
            metrics={"main": ["accuracy"], "aux": ["mae"]},
        )
        feed = for_fit(keras, Feed(split, 4, outputs=names))
        return dict(model.evaluate(feed, return_dict=True, verbose=0, callbacks=callbacks))

    plain = evaluated(network)
    watch = keras.callbacks.LambdaCallback(
        on_test_batch_end=lambda step, logs: found.append(seen(keras, logs, outputs))
    )
    logs = evaluated(watched(keras, network, names), watch)
    assert {name: logs[name] for name in plain} == pytest.approx(plain, rel=1e-6)
    expected = network.predict(dict(split.x), verbose=0)
    for name in names:
        assert np.concatenate([each[name] for each in found]) == pytest.approx(expected[name], rel=1e-5)
    assert [each["aux"].shape for each in found] == [(4, 1), (4, 1), (1, 1)]
