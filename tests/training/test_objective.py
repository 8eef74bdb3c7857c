"""Losses and metrics: what is chosen, that each reaches its output, and that the numbers are right."""

from __future__ import annotations

import time
from typing import Any

import keras
import numpy as np
import pytest

from netspec.data.schema import Target
from netspec.diagnostics.problems import FILE_START, Problem, SpecError
from netspec.spec.training_settings import Train
from netspec.training.objective import Objective, Output, choose, figures_of, outputs_of

TEN = Target("digits", "classes", 10)
TWO = Target("corners", "classes", 2)
NUMBERS = Target("csv", "numbers")


def refusal(code: str, message: str, option: str) -> SpecError:
    return SpecError(option, (Problem(code, message, FILE_START),))


def chosen(labels: Target, *outputs: Output, **train: Any) -> Objective:
    return choose(keras, outputs, Train(**train), {output.name: labels for output in outputs}, refusal)


def output(name: str = "main", shape: tuple[int, ...] = (10,), ending: str = "softmax") -> Output:
    return Output(name, shape, ending)


@pytest.mark.parametrize(
    ("labels", "made", "loss", "metrics", "note"),
    [
        (TEN, output(), "SparseCategoricalCrossentropy", ["accuracy"], None),
        (
            TEN,
            output(ending=""),
            "SparseCategoricalCrossentropy",
            ["accuracy"],
            "`main` ends without a softmax; the loss applies it (from_logits: true)",
        ),
        (
            TEN,
            output(ending="sigmoid"),
            "SparseCategoricalCrossentropy",
            ["accuracy"],
            "`main` ends in a sigmoid, whose 10 numbers do not sum to 1; end in a softmax",
        ),
        (TWO, output(shape=(2,)), "SparseCategoricalCrossentropy", ["accuracy"], None),
        (TWO, output(shape=(1,), ending="sigmoid"), "BinaryCrossentropy", ["accuracy"], None),
        (
            TWO,
            output(shape=(1,), ending=""),
            "BinaryCrossentropy",
            ["accuracy"],
            "`main` ends without a sigmoid; the loss applies it (from_logits: true)",
        ),
        (NUMBERS, output(shape=(1,), ending=""), "MeanSquaredError", [], None),
        (Target("npz", "numbers", shape=(3,)), output(shape=(3,), ending=""), "MeanSquaredError", [], None),
    ],
)
def test_the_loss_is_chosen_by_the_output(
    labels: Target, made: Output, loss: str, metrics: list[str], note: str | None
) -> None:
    objective = chosen(labels, made)
    assert type(objective.loss).__name__ == loss
    assert [metric.name for metric in objective.metrics] == metrics
    assert objective.metric_names == ("loss", *metrics)
    assert objective.notes == (() if note is None else (note,))


@pytest.mark.parametrize(
    ("labels", "made", "train", "problem"),
    [
        (NUMBERS, output(shape=(1,)), {"loss": "sparse_categorical_crossentropy"},
         ("NS704", "`sparse_categorical_crossentropy` is for classes, and `csv` gives numbers to predict", "loss")),
        (NUMBERS, output(), {},
         ("NS701", "the output `main` is 10, and what `csv` gives to predict is 1", "loss")),
        (TEN, output(shape=(7,)), {"loss": "hinge"}, ("NS702", "the output `main` has 7 numbers, and `digits` has 10 classes", "loss")),
        (NUMBERS, output(shape=(1,)), {"metrics": ("accuracy",)},
         ("NS704", "`accuracy` is for classes, and `csv` gives numbers to predict", "metrics")),
        (TWO, output(shape=(1,)), {"metrics": ("top_5_accuracy",)},
         ("NS704", "`top_5_accuracy` is for five numbers or more, and the output `main` has one", "metrics")),
        (TEN, output(), {"loss": "mean_squared_error", "from_logits": True},
         ("NS209", "`mean_squared_error` has no use for `from_logits`", "from_logits")),
        (TEN, output(), {"loss": "mean_squared_error", "label_smoothing": 0.1},
         ("NS209", "`mean_squared_error` does not smooth labels; take `label_smoothing` away", "label_smoothing")),
        (TEN, output(), {"loss": {"mian": None}}, ("NS705", "`loss` names 'mian', and the network's outputs are `main`; did you mean `main`?", "loss")),
        (TEN, output(), {"loss": {"main": None}}, ("NS705", "no output has a loss, so there is nothing to train", "loss")),
    ],
)  # fmt: skip
def test_what_does_not_fit(labels: Target, made: Output, train: dict[str, Any], problem: tuple[str, str, str]) -> None:
    with pytest.raises(SpecError) as caught:
        chosen(labels, made, **train)
    (found,) = caught.value.problems
    assert (found.code, found.message, caught.value.path) == problem


# --- the numbers, against NumPy -----------------------------------------------------------------------------------------

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(size=(6, 10)).astype(np.float32)
CLASSES = np.array([0, 3, 9, 3, 1, 5])
HOT = np.eye(10)[CLASSES]


def softmax(x: Any) -> Any:
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


PROBABILITIES = softmax(LOGITS.astype(np.float64))
CROSS_ENTROPY = float(-np.log(PROBABILITIES[np.arange(6), CLASSES]).mean())
SMOOTH = 0.9 * HOT + 0.1 / 10


def value(made: Any, labels: Any, outputs: Any) -> float:
    """What a loss or metric makes of labels as they are fed."""
    if isinstance(made, keras.losses.Loss):
        return float(made(labels, outputs))
    made.update_state(labels, outputs)
    return float(made.result())


@pytest.mark.parametrize("logits", [False, True])
@pytest.mark.parametrize(
    ("train", "expected"),
    [
        ({}, CROSS_ENTROPY),
        ({"loss": "categorical_crossentropy"}, CROSS_ENTROPY),
        ({"label_smoothing": 0.1}, float(-(SMOOTH * np.log(PROBABILITIES)).sum(1).mean())),
    ],
)
def test_cross_entropies(logits: bool, train: dict[str, Any], expected: float) -> None:
    objective = chosen(TEN, output(ending="" if logits else "softmax"), **train)
    outputs = LOGITS if logits else PROBABILITIES.astype(np.float32)
    assert value(objective.loss, CLASSES, outputs) == pytest.approx(expected, rel=1e-5)


def test_regression_losses_see_one_number_a_class() -> None:
    objective = chosen(TEN, output(), loss="mean_squared_error")
    expected = ((PROBABILITIES - HOT) ** 2).mean()
    assert value(objective.loss, CLASSES, PROBABILITIES.astype(np.float32)) == pytest.approx(expected, rel=1e-5)


def test_numbers_to_predict_are_not_spread_over_the_batch() -> None:
    objective = chosen(NUMBERS, output(shape=(1,), ending=""), metrics=("mean_absolute_error",))
    labels, outputs = np.array([1.0, 2.0, 4.0], np.float32), np.array([[1.0], [1.0], [1.0]], np.float32)
    assert value(objective.loss, labels, outputs) == pytest.approx(10 / 3)
    assert value(objective.metrics[0], labels, outputs) == pytest.approx(4 / 3)


@pytest.mark.parametrize("logits", [False, True])
def test_metrics_of_several_classes(logits: bool) -> None:
    names = ("accuracy", "top_5_accuracy", "mean_squared_error", "precision", "recall", "auc")
    objective = chosen(TEN, output(ending="" if logits else "softmax"), metrics=names)
    outputs = LOGITS if logits else PROBABILITIES.astype(np.float32)
    found = {metric.name: value(metric, CLASSES, outputs) for metric in objective.metrics}
    ranks = (PROBABILITIES[np.arange(6), CLASSES][:, None] < PROBABILITIES).sum(1)
    positive = PROBABILITIES > 0.5
    assert found["accuracy"] == pytest.approx((ranks == 0).mean())
    assert found["top_5_accuracy"] == pytest.approx((ranks < 5).mean())
    assert found["mean_squared_error"] == pytest.approx(((PROBABILITIES - HOT) ** 2).mean(), rel=1e-5)
    assert found["precision"] == pytest.approx((positive * HOT).sum() / max(1, positive.sum()))
    assert found["recall"] == pytest.approx((positive * HOT).sum() / 6)
    assert 0 <= found["auc"] <= 1


@pytest.mark.parametrize("logits", [False, True])
def test_metrics_of_two_classes(logits: bool) -> None:
    objective = chosen(TWO, output(shape=(1,), ending="" if logits else "sigmoid"), metrics=("accuracy", "precision"))
    raw = np.array([[2.0], [-1.0], [0.3], [-0.2]], np.float32)
    outputs = raw if logits else 1 / (1 + np.exp(-raw))
    labels = np.array([1, 0, 0, 1])
    right = 1 / (1 + np.exp(np.where(labels == 1, -raw[:, 0], raw[:, 0])))
    assert value(objective.loss, labels, outputs) == pytest.approx(-np.log(right).mean(), rel=1e-5)
    assert [value(metric, labels, outputs) for metric in objective.metrics] == [0.5, 0.5]


# --- a class for each place -------------------------------------------------------------------------------------------

PLACES: dict[int, tuple[int, ...]] = {1: (6,), 2: (4, 5), 3: (2, 3, 4)}


@pytest.mark.parametrize("logits", [False, True])
@pytest.mark.parametrize("ignored", [None, 255])
@pytest.mark.parametrize("rank", PLACES)
def test_each_place_has_a_class_that_is_learned(rank: int, ignored: int | None, logits: bool) -> None:
    places, layers = PLACES[rank], keras.layers
    x = keras.Input((*places, 2))
    made = getattr(layers, f"Conv{rank}D")(3, 1, activation=None if logits else "softmax")(x)
    model = keras.Model(x, made)
    y = RNG.integers(0, 3, (8, *places))
    if ignored is not None:
        y[:, 0] = ignored
    labels = Target("folder", "classes", 3, places, ignored=ignored)
    objective = chosen(labels, output(shape=(*places, 3), ending="" if logits else "softmax"))
    model.compile(keras.optimizers.SGD(0.5), objective.loss)
    values = RNG.normal(size=(8, *places, 2)).astype(np.float32)

    made_of = np.asarray(model.predict_on_batch(values), np.float64)
    shares = softmax(made_of.reshape(-1, 3)) if logits else made_of.reshape(-1, 3)
    flat = y.reshape(-1)
    known = flat != ignored
    expected = -np.log(shares[known, flat[known]]).mean()
    first = model.train_on_batch(values, y)
    assert first == pytest.approx(expected, rel=1e-4)
    for _ in range(5):
        last = model.train_on_batch(values, y)
    assert last < first


# --- how masks overlap ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ignored", [None, 255])
def test_the_mean_iou_of_masks(ignored: int | None) -> None:
    y, outputs = RNG.integers(0, 3, (4, 5, 6)), RNG.random((4, 5, 6, 3)).astype(np.float32)
    if ignored is not None:
        y[:, 0] = ignored
    labels = Target("folder", "classes", 3, (5, 6), ignored=ignored)
    objective = chosen(labels, output(shape=(5, 6, 3)), metrics=("mean_iou",))
    known, taken = y != ignored, outputs.argmax(axis=-1)
    shares = [((y == c) & (taken == c))[known].sum() / ((y == c) | (taken == c))[known].sum() for c in range(3)]
    (metric,) = objective.metrics
    assert value(metric, y, outputs) == pytest.approx(np.mean(shares))
    assert value(metric, y, outputs) == pytest.approx(np.mean(shares))  # of twice as many


@pytest.mark.parametrize("logits", [False, True])
def test_the_mean_iou_of_masks_of_two_classes(logits: bool) -> None:
    y, numbers = RNG.integers(0, 2, (4, 5, 6)), RNG.normal(size=(4, 5, 6, 1)).astype(np.float32)
    labels = Target("folder", "classes", 2, (5, 6))
    objective = chosen(labels, output(shape=(5, 6, 1), ending="" if logits else "sigmoid"), metrics=("mean_iou",))
    taken = numbers[..., 0] >= 0
    shares = [((y == c) & (taken == c)).sum() / ((y == c) | (taken == c)).sum() for c in (0, 1)]
    outputs = numbers if logits else 1 / (1 + np.exp(-numbers))
    assert value(objective.metrics[0], y, outputs) == pytest.approx(np.mean(shares))


def test_places_are_counted_all_at_once() -> None:
    """A million of them, which a loop over them takes a minute for."""
    y, outputs = RNG.integers(0, 3, (4, 512, 512)), RNG.random((4, 512, 512, 3)).astype(np.float32)
    (metric,) = chosen(
        Target("folder", "classes", 3, (512, 512)), output(shape=(512, 512, 3)), metrics=("mean_iou",)
    ).metrics
    began = time.process_time()
    metric.update_state(y, outputs)
    assert time.process_time() - began < 10


# --- several outputs --------------------------------------------------------------------------------------------------


def two_outputs() -> Any:
    """A model whose output names sort otherwise than its layers do, which is where mix-ups happen."""
    x = keras.Input((4,))
    first = keras.layers.Dense(3, activation="softmax", name="z")(x)
    second = keras.layers.Dense(3, name="a")(x)
    return keras.Model(x, {"main": first, "aux": second})


def test_each_loss_reaches_its_output() -> None:
    model = two_outputs()
    labels = Target("digits", "classes", 3)
    outputs = outputs_of(keras, model, ())
    assert outputs == (Output("main", (3,), "softmax"), Output("aux", (3,), ""))
    objective = choose(
        keras,
        outputs,
        Train(loss={"main": "mean_absolute_error"}, loss_weights={"main": 0.5, "aux": 2.0}),
        {"main": labels, "aux": labels},
        refusal,
    )
    assert objective.notes == ("`aux` ends without a softmax; the loss applies it (from_logits: true)",)
    model.compile(
        loss=objective.loss,
        loss_weights=objective.loss_weights,
        metrics=objective.metrics,
        weighted_metrics=objective.own_losses,
    )
    x, y = RNG.normal(size=(8, 4)).astype(np.float32), np.array([0, 1, 2, 0, 1, 2, 1, 1])
    # Examples count alike, whatever the size of the last batch.
    logs = figures_of(model.evaluate(x, {"main": y, "aux": y}, batch_size=3, verbose=0, return_dict=True))
    made = model.predict(x, verbose=0)
    main, aux = (np.asarray(made[name], np.float64) for name in ("main", "aux"))
    main_loss = np.abs(main - np.eye(3)[y]).mean()
    aux_loss = -np.log(softmax(aux)[np.arange(8), y]).mean()
    assert set(logs) == set(objective.metric_names)
    assert logs["main_loss"] == pytest.approx(main_loss, rel=1e-5)
    assert logs["aux_loss"] == pytest.approx(aux_loss, rel=1e-5)
    assert logs["loss"] == pytest.approx(0.5 * main_loss + 2 * aux_loss, rel=1e-5)
    assert logs["main_accuracy"] == pytest.approx((main.argmax(1) == y).mean())
    assert logs["aux_accuracy"] == pytest.approx((aux.argmax(1) == y).mean())


def test_an_output_without_a_loss_is_left_out() -> None:
    model = two_outputs()
    objective = choose(
        keras,
        outputs_of(keras, model, ()),
        Train(loss={"aux": None}),
        {"main": Target("digits", "classes", 3)},
        refusal,
    )
    assert objective.metric_names == ("loss", "main_accuracy")
    model.compile(loss=objective.loss, metrics=objective.metrics)
    x, y = RNG.normal(size=(8, 4)).astype(np.float32), np.array([0, 1, 2, 0, 1, 2, 1, 1])
    logs = model.evaluate(x, {"main": y, "aux": y}, batch_size=8, verbose=0, return_dict=True)
    main = np.asarray(model.predict(x, verbose=0)["main"], np.float64)
    assert logs["loss"] == pytest.approx(-np.log(main[np.arange(8), y]).mean(), rel=1e-5)


def test_endings_of_models_of_every_kind() -> None:
    layers = keras.layers
    sequential = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Softmax()])
    x = keras.Input((4,))
    nested = keras.Model(x, sequential(x))
    several = keras.Model(x, [layers.Dense(1, activation="sigmoid")(x), layers.Activation("relu")(x)])
    assert outputs_of(keras, sequential, ("out",)) == (Output("out", (3,), "softmax"),)
    assert outputs_of(keras, nested, ("out",)) == (Output("out", (3,), "softmax"),)
    assert outputs_of(keras, several, ("p", "q")) == (Output("p", (1,), "sigmoid"), Output("q", (4,), ""))
