"""Optimisers and schedules as Keras's own, step by step."""

from __future__ import annotations

import math
from typing import Any

import keras
import pytest

from netspec.diagnostics.problems import FILE_START, Problem, SpecError
from netspec.spec.training_settings import OPTIMIZERS, Adam, Cosine, Exponential, Sgd, Steps, Train
from netspec.training.optimizers import make_optimizer, make_rate

STEPS = 10  # an epoch


def refusal(code: str, message: str, option: str) -> SpecError:
    return SpecError(option, (Problem(code, message, FILE_START),))


def rates(train: Train, *steps: int) -> list[float]:
    rate = make_rate(keras, train, STEPS, refusal)
    return [float(rate(step)) for step in steps]


def test_cosine_ends_with_the_last_step() -> None:
    train = Train(epochs=3, optimizer=Sgd(learning_rate=1.0), schedule=Cosine(alpha=0.1))
    assert rates(train, 0, 15, 30) == pytest.approx([1.0, 0.55, 0.1], abs=1e-6)


def test_cosine_warms_up_in_a_line() -> None:
    train = Train(epochs=3, optimizer=Sgd(learning_rate=1.0), schedule=Cosine(warmup_epochs=1.0))
    assert rates(train, 0, 5, 10, 20, 30) == pytest.approx([0.0, 0.5, 1.0, 0.5, 0.0], abs=1e-6)


def test_exponential() -> None:
    smooth = Train(optimizer=Sgd(learning_rate=1.0), schedule=Exponential(decay_rate=0.5, decay_epochs=2.0))
    assert rates(smooth, 0, 10, 20) == pytest.approx([1.0, math.sqrt(0.5), 0.5])
    stairs = Train(optimizer=Sgd(learning_rate=1.0), schedule=Exponential(decay_rate=0.5, staircase=True))
    assert rates(stairs, 0, 9, 10, 19) == pytest.approx([1.0, 1.0, 0.5, 0.5])


def test_steps_drop_with_the_first_step_of_an_epoch() -> None:
    train = Train(optimizer=Sgd(learning_rate=1.0), schedule=Steps(epochs=(1.0, 2.5), factor=0.1))
    assert rates(train, 0, 9, 10, 24, 25, 99) == pytest.approx([1.0, 1.0, 0.1, 0.1, 0.01, 0.01])
    single: Any = 1.0
    assert rates(Train(optimizer=Sgd(learning_rate=1.0), schedule=Steps(epochs=single)), 9, 10) == pytest.approx(
        [1.0, 0.1]
    )


@pytest.mark.parametrize("word", OPTIMIZERS)
def test_every_optimizer_takes_its_options_to_keras(word: str) -> None:
    declared = OPTIMIZERS[word](learning_rate=0.25, clipnorm=1.0)
    made = make_optimizer(keras, Train(optimizer=declared), 0.25, refusal)
    assert type(made).__name__ == declared.keras_name
    config = made.get_config()
    assert {name: config[name] for name in declared.options} == pytest.approx(declared.values())


@pytest.mark.parametrize(
    ("train", "message", "option"),
    [
        (
            Train(optimizer=Adam(clipnorm=1.0, clipvalue=0.5)),
            "`clipnorm` and `clipvalue` exclude each other; keep one",
            "optimizer",
        ),
        (
            Train(epochs=2, schedule=Cosine(warmup_epochs=2.0)),
            "a warm-up of 2 epochs leaves nothing of 2 to come down in",
            "schedule",
        ),
        (Train(schedule=Steps(epochs=(3.0, 2.0))), "the epochs of `steps` must rise, and are 3, 2", "schedule"),
    ],
)
def test_options_that_do_not_go_together(train: Train, message: str, option: str) -> None:
    with pytest.raises(SpecError) as caught:
        make_optimizer(keras, train, make_rate(keras, train, STEPS, refusal), refusal)
    (problem,) = caught.value.problems
    assert (problem.code, problem.message, caught.value.path) == ("NS209", message, option)
