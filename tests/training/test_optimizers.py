"""Optimisers and schedules as Keras's own, step by step."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
import pytest

from netspec.backends.keras.compiling import compile_graph
from netspec.diagnostics.problems import FILE_START, Problem, SpecError
from netspec.pipeline import check_text
from netspec.spec.training_settings import OPTIMIZERS, AdamW, Cosine, Exponential, Sgd, Steps, Train
from netspec.training.optimizers import Apart, apart, batches_seen, make_optimizer, make_rate

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
    declared = OPTIMIZERS[word](learning_rate=0.25, clipnorm=1.0, gradient_accumulation_steps=2)
    made = make_optimizer(keras, Train(optimizer=declared), 0.25)
    assert type(made).__name__ == declared.keras_name
    config = made.get_config()
    options = {name: value for name, value in declared.values().items() if name != "exclude_from_weight_decay"}
    assert {name: config[name] for name in options} == pytest.approx(options)


def test_gradients_of_one_batch_are_not_accumulated() -> None:
    made = make_optimizer(keras, Train(optimizer=Sgd(gradient_accumulation_steps=1)), 0.25)
    assert made.gradient_accumulation_steps is None


def test_a_warm_up_that_rounds_to_all_steps() -> None:
    train = Train(epochs=2, schedule=Cosine(warmup_epochs=1.99))
    with pytest.raises(SpecError) as caught:
        make_rate(keras, train, STEPS, refusal)
    (problem,) = caught.value.problems
    assert (problem.code, problem.message, caught.value.path) == (
        "NS209", "a warm-up of 1.99 epochs leaves nothing of 2 to come down in", "schedule",
    )  # fmt: skip


# --- one optimiser against another, variable by variable --------------------------------------------------------------


def variables(count: int = 2) -> list[Any]:
    return [keras.Variable(np.array([1.0, -2.0, 3.0], np.float32), name=f"w{i}") for i in range(count)]


def apply(optimizer: Any, own: list[Any], *gradients: float) -> list[Any]:
    """The variables after some updates by gradients that are alike for all of them."""
    optimizer.build(own)
    for gradient in gradients:
        given = keras.ops.convert_to_tensor(np.array([gradient, 0.5 * gradient, -gradient], np.float32))
        optimizer.apply([given for _ in own], own)
    return [keras.ops.convert_to_numpy(each) for each in own]


GRADIENTS = (0.3, -0.1, 0.7, 0.2, 0.4, -0.9)


@pytest.mark.parametrize("word", OPTIMIZERS)
def test_a_multiplied_rate_is_that_rate(word: str) -> None:
    """For every optimiser, with decay: what is multiplied goes as under an optimiser of that rate, and the rest as before."""
    train = Train(optimizer=OPTIMIZERS[word](learning_rate=0.1, weight_decay=0.05))
    own = variables()
    both = apply(make_optimizer(keras, train, 0.1, Apart(multiplied=[(own[1], 0.25)])), own, *GRADIENTS)
    (whole,) = apply(make_optimizer(keras, train, 0.1), variables(1), *GRADIENTS)
    (quarter,) = apply(make_optimizer(keras, train, 0.025), variables(1), *GRADIENTS)
    np.testing.assert_allclose(both[0], whole, rtol=1e-5)
    np.testing.assert_allclose(both[1], quarter, rtol=1e-5)
    assert np.abs(whole - quarter).max() > 1e-3


@pytest.mark.parametrize("word", OPTIMIZERS)
def test_three_batches_are_as_one_of_their_mean(word: str) -> None:
    """Accumulated gradients, clipped, with decay and averaged weights: as one update by their mean, averages included."""
    options: dict[str, Any] = {
        "learning_rate": 0.1,
        "weight_decay": 0.05,
        "use_ema": True,
        "ema_momentum": 0.8,
        "clipnorm": 0.5,
    }
    once = make_optimizer(keras, Train(optimizer=OPTIMIZERS[word](**options)), 0.1)
    thrice = make_optimizer(keras, Train(optimizer=OPTIMIZERS[word](**options, gradient_accumulation_steps=3)), 0.1)
    (plain,) = apply(once, variables(1), *(sum(GRADIENTS[i : i + 3]) / 3 for i in (0, 3)))
    (accumulated,) = apply(thrice, variables(1), *GRADIENTS)
    np.testing.assert_allclose(accumulated, plain, rtol=1e-5)
    averages = [keras.ops.convert_to_numpy(made._model_variables_moving_average[0]) for made in (once, thrice)]
    np.testing.assert_allclose(averages[1], averages[0], rtol=1e-5)
    assert int(once.iterations) == int(thrice.iterations) == 2
    assert (batches_seen(once), batches_seen(thrice)) == (2, 6)


def test_averages_are_the_weights_until_the_first_update() -> None:
    train = Train(optimizer=Sgd(use_ema=True, gradient_accumulation_steps=4))
    made = make_optimizer(keras, train, 0.1)
    own = variables(1)
    (after,) = apply(made, own, 0.3, 0.3)
    assert after.tolist() == [1.0, -2.0, 3.0]
    assert keras.ops.convert_to_numpy(made._model_variables_moving_average[0]).tolist() == [1.0, -2.0, 3.0]


def test_a_schedule_counts_batches_whether_or_not_each_makes_an_update() -> None:
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([2], [1.0, 0.5])
    made = make_optimizer(keras, Train(optimizer=Sgd(gradient_accumulation_steps=2)), schedule)
    (after,) = apply(made, variables(1), 1.0, 1.0, 1.0, 1.0)
    assert after.tolist() == [1.0 - 1.0 - 0.5, -2.0 - 0.5 - 0.25, 3.0 + 1.0 + 0.5]
    assert float(made.learning_rate) == 0.5


# --- the weights that patterns name -----------------------------------------------------------------------------------

NETWORK = """\
netspec: 1
input: [8, 8, 1]
layers:
  - conv: {filters: 2, kernel_size: 3, name: stem}
  - skip: [{conv: {filters: 2, kernel_size: 3, padding: same}}, batch_norm]
  - flatten
  - dense: {units: 3, name: head}
"""


def named(train: Train) -> Apart:
    """What the patterns say of the network, with names in the place of its weights."""
    spec = check_text(NETWORK)
    assert spec.graph is not None
    network = compile_graph(spec.graph)
    own = apart(spec.graph, train, network)
    return Apart([each.path for each in own.undecayed], [(each.path, factor) for each, factor in own.multiplied])


def test_weights_that_do_not_decay() -> None:
    def undecayed(*patterns: str) -> list[Any]:
        return [*named(Train(optimizer=AdamW(exclude_from_weight_decay=patterns))).undecayed]

    assert undecayed() == []
    assert undecayed("bias") == ["stem/bias", "skip_1_conv_1/bias", "head/bias"]
    assert undecayed("norm") == ["skip_1_batch_norm_1/gamma", "skip_1_batch_norm_1/beta"]
    assert undecayed("head", "ste*") == ["stem/kernel", "stem/bias", "head/kernel", "head/bias"]
    assert undecayed("bias", "skip_1.conv_1") == [
        "skip_1_conv_1/kernel", "skip_1_conv_1/bias", "stem/bias", "skip_1_conv_1/bias", "head/bias",
    ]  # fmt: skip


def test_what_does_not_decay_keeps_its_value() -> None:
    own = variables()
    made = make_optimizer(keras, Train(optimizer=Sgd(weight_decay=0.1)), 1.0, Apart(undecayed=own[1:]))
    after = apply(made, own, 0.0)
    np.testing.assert_allclose(after[0], [0.9, -1.8, 2.7], rtol=1e-6)
    assert after[1].tolist() == [1.0, -2.0, 3.0]


def test_nothing_decays_where_all_is_left_out() -> None:
    own = variables(1)
    made = make_optimizer(
        keras, Train(optimizer=Sgd(weight_decay=0.1)), 1.0, Apart(undecayed=own, multiplied=[(own[0], 0.5)])
    )
    assert apply(made, own, 0.0)[0].tolist() == [1.0, -2.0, 3.0]


def test_of_several_patterns_the_last_counts() -> None:
    train = Train(learning_rate_multipliers={"*": 0.5, "skip_1": 0.25, "skip_1.*norm*": 2.0})
    assert named(train).multiplied == [
        ("stem/kernel", 0.5), ("stem/bias", 0.5), ("skip_1_conv_1/kernel", 0.25), ("skip_1_conv_1/bias", 0.25),
        ("skip_1_batch_norm_1/gamma", 2.0), ("skip_1_batch_norm_1/beta", 2.0), ("head/kernel", 0.5), ("head/bias", 0.5),
    ]  # fmt: skip
