"""The loop: what is frozen, slower, accumulated; a plateau; and the node at which numbers ceased to be numbers."""

from __future__ import annotations

import csv
import json
import math
import random
import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from netspec.spec.training_settings import Plateau
from netspec.training.epochs import Diverged, Epochs
from netspec.training.runs import RunFolder
from netspec.training.state import all_finite, load_state
from netspec.training.stopping import rate_on_plateau
from tests.support.runs import history

from .conftest import SMALL, Write, netspec, only_run
from .test_resume import STATEFUL, same_ends, signalled

TWO = """\
netspec: 1
name: small
input: [8, 8, 1]
layers:
  - conv: {filters: 2, kernel_size: 3, use_bias: false, name: stem}
  - batch_norm: {name: norm}
  - flatten
  - dense: {units: 10, name: head}
  - softmax
data: {source: digits}
train: {epochs: 2, batch_size: 128}
"""


def rows() -> list[dict[str, float]]:
    with open(only_run() / "history.csv", encoding="utf-8", newline="") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def train(path: str, **options: str) -> Path:
    """A run with some options of `train`."""
    arguments = [each for name, value in options.items() for each in ("--train", f"{name}={value}")]
    result = netspec("train", path, *arguments)
    assert result.status == 0, result.err
    return only_run()


# --- plateau ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(60))
def test_a_plateau_is_keras_own(number: int) -> None:
    draw = random.Random(number)
    maximise = draw.random() < 0.5
    schedule = Plateau(
        monitor="val_accuracy" if maximise else "val_loss",
        factor=draw.choice((0.1, 0.5)),
        patience=draw.randrange(4),
        min_delta=draw.choice((0.0, 0.05)),
        cooldown=draw.randrange(3),
        min_lr=draw.choice((0.0, 0.02)),
    )
    values = [round(draw.random(), 2) for _ in range(25)]
    options = {name: value for name, value in schedule.values().items() if name != "mode"}
    callback = keras.callbacks.ReduceLROnPlateau(**options, mode="max" if maximise else "min")
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.4), "mse")
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        callback.on_epoch_end(epoch, {schedule.monitor: value})
        expected = float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))
        assert rate_on_plateau(values[: epoch + 1], 0.4, schedule) == pytest.approx(expected, rel=1e-6)


def test_a_plateau_counts_what_is_no_number_as_no_improvement() -> None:
    schedule = Plateau(patience=2, factor=0.5)
    assert [rate_on_plateau([math.nan] * count, 1.0, schedule) for count in range(5)] == [1.0, 1.0, 0.5, 0.5, 0.25]
    assert rate_on_plateau([1.0, math.inf, 0.5, math.nan], 1.0, schedule) == 1.0


def test_a_run_on_a_plateau_comes_down(write: Write) -> None:
    path = write(
        SMALL.replace(
            "epochs: 2", "epochs: 4, schedule: {plateau: {patience: 0, min_delta: 9, factor: 0.5, min_lr: 0.0003}}"
        )
    )
    train(path)
    assert [row["learning_rate"] for row in rows()] == [0.001, 0.001, 0.0005, 0.0003]


def test_what_a_plateau_monitors_must_be_measured(write: Write) -> None:
    refused = netspec(
        "train",
        write(SMALL.replace("source: digits", "source: digits, validation_split: 0")),
        "--train",
        "schedule=plateau",
    )
    assert (refused.status, refused.err) == (
        1,
        "<options>: error NS209: `monitor` is val_loss, and the metrics are loss, accuracy; there is no validation: set `validation_split` in `data`\n",
    )


# --- patterns ---------------------------------------------------------------------------------------------------------


def weights(run: Path, name: str = "last") -> dict[str, np.ndarray[Any, Any]]:
    return dict(
        zip(
            ("kernel", "gamma", "beta", "mean", "variance", "w", "b"),
            load_state(run / f"{name}.npz").sections["network"],
            strict=False,
        )
    )


def test_what_is_frozen_stays_as_it_was(write: Write) -> None:
    """Weights, and the moving averages of a batch normalisation, which uses them. The model is the spec's afterwards."""
    run = train(write(TWO), freeze="[stem, norm]", epochs="1")
    after = weights(run)
    assert after["gamma"].tolist() == after["variance"].tolist() == [1.0, 1.0]
    assert after["beta"].tolist() == after["mean"].tolist() == [0.0, 0.0]
    assert json.loads((run / "run.json").read_text())["overrides"] == {"freeze": ["stem", "norm"], "epochs": 1}
    model = keras.saving.load_model(run / "model.keras")
    assert [layer.trainable for layer in model.layers] == [True] * 6
    assert len(model.trainable_variables) == 5
    assert netspec("evaluate", str(run)).status == 0


def test_a_node_that_the_spec_freezes_stays_frozen_in_the_model(write: Write) -> None:
    run = train(
        write(TWO.replace("use_bias: false, name: stem", "use_bias: false, name: stem, trainable: false")),
        freeze="[stem, norm]",
        epochs="1",
    )
    model = keras.saving.load_model(run / "model.keras")
    assert [layer.name for layer in model.layers if not layer.trainable] == ["stem"]


def test_a_small_multiple_moves_little(write: Write) -> None:
    path = write(TWO)
    whole = weights(train(path, optimizer="{sgd: {learning_rate: 0.1}}", epochs="1"))
    slow = netspec(
        "train",
        path,
        "--runs",
        "slow",
        "--epochs",
        "1",
        "--train",
        "optimizer={sgd: {learning_rate: 0.1}}",
        "--train",
        "learning_rate_multipliers={norm: 1.0e-3, head: 1}",
    )
    assert (slow.status, slow.err) == (0, "")
    other = weights(only_run(runs="slow"))
    moved = [float(np.abs(each["gamma"] - 1).max()) for each in (whole, other)]
    assert 0 < moved[1] < moved[0] / 200


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["freeze=[hed]"], "NS714: 'hed' in `freeze` matches no node with weights; did you mean `head`?"),
        (['freeze=["*"]'], "NS707: there is nothing to train: `freeze` matches every node with weights"),
        (["freeze=[head]", "learning_rate_multipliers={head: 0.1}"], "NS714: 'head' in `learning_rate_multipliers` matches only nodes that are not trained"),
        (["optimizer={adamw: {exclude_from_weight_decay: [bais]}}"], "NS714: 'bais' in `exclude_from_weight_decay` matches no node with weights; did you mean `bias`?"),
        (["schedule={plateau: {min_lr: 1}}"], "NS209: `min_lr` is 1, and the learning rate starts at 0.001: it would never be reduced"),
        (["optimizer={adam: {gradient_accumulation_steps: 100}}"], "NS706: gradients of 100 batches make an update, and the run has 22; it would learn nothing"),
    ],
)  # fmt: skip
def test_options_beside_the_spec_are_checked_as_those_in_it(write: Write, given: list[str], message: str) -> None:
    arguments = [each for one in given for each in ("--train", one)]
    result = netspec("train", write(TWO), *arguments)
    assert (result.status, result.err) == (1, f"<options>: error {message}\n")
    assert not Path("runs").exists()


def test_an_option_beside_the_spec_takes_the_place_of_a_wrong_one(write: Write) -> None:
    path = write(
        TWO.replace("batch_size: 128", "freeze: [hed], optimizer: {sgd: {clipnorm: 1, clipvalue: 1}}, batch_size: 128")
    )
    assert netspec("train", path).status == 1
    train(path, freeze="[head]", optimizer="sgd", epochs="1")


def test_too_many_patterns(write: Write) -> None:
    many = "[" + ", ".join(f"n{i}" for i in range(51)) + "]"
    result = netspec("train", write(TWO), "--train", f"freeze={many}")
    assert (result.status, result.err.splitlines()[0]) == (
        2, "netspec train: `freeze` must be a list of nodes' paths, in which `*` stands for anything, at most 50, not 51",
    )  # fmt: skip


# --- accumulation -----------------------------------------------------------------------------------------------------


def test_accumulation_goes_on_over_epochs_and_tells_of_what_is_left(write: Write) -> None:
    path = write(TWO)
    result = netspec("train", path, "--train", "optimizer={sgd: {gradient_accumulation_steps: 4}}")
    assert (result.status, result.err) == (
        0,
        "note: gradients of 4 batches make an update: the last 2 of the 22 batches make none\n",
    )
    state = load_state(only_run() / "last.npz")
    assert int(state.sections["optimizer"][0]) == 22


def test_all_at_once(write: Write) -> None:
    """Scaled losses, accumulation, clipping, averages, decay, smoothing, a schedule, multiples: together they learn."""
    path = write(
        TWO.replace(
            "epochs: 2",
            "epochs: 6, label_smoothing: 0.1, schedule: {cosine: {warmup_epochs: 1}}, learning_rate_multipliers: {stem: 0.5}",
        )
    )
    run = train(
        path,
        precision="mixed_float16",
        optimizer="{adamw: {learning_rate: 0.03, gradient_accumulation_steps: 2, global_clipnorm: 1, use_ema: true, ema_momentum: 0.5, exclude_from_weight_decay: [bias, norm]}}",
    )
    record = json.loads((run / "run.json").read_text())
    assert record["results"]["test"]["accuracy"] > 0.6
    scaled = load_state(run / "last.npz").sections["optimizer"]
    assert int(scaled[2]) == 66  # steps whose gradients were all finite, of those of six epochs
    assert rows()[-1]["learning_rate"] < 1e-3


# Gradients that are accumulated over the moments at which it is broken off, and a rate that hangs on the history.
ACCUMULATED = (
    STATEFUL.replace("ema_momentum: 0.9}", "ema_momentum: 0.9, gradient_accumulation_steps: 4, global_clipnorm: 1, weight_decay: 0.01}")
    .replace("cosine: {warmup_epochs: 0.5}", "plateau: {patience: 0, min_delta: 0.5, factor: 0.5}")
    .replace("  augment:", "  learning_rate_multipliers: {conv_1: 0.5}\n  label_smoothing: 0.1\n  augment:")
)  # fmt: skip


def test_accumulated_gradients_and_a_plateau_go_on_where_they_were(write: Write) -> None:
    """Broken off twice, in the middle of an accumulation: the run ends in the bits of one that nobody broke off."""
    path = write(ACCUMULATED)
    assert netspec("train", path, "--runs", "whole").status == 0
    whole = only_run(runs="whole")
    assert [row[5] for row in history(whole)] == ["learning_rate", "0.001", "0.001", "0.0005"]
    with signalled(0):
        assert netspec("train", path).status == 130
    run = only_run()
    with signalled(2):
        assert netspec("train", "--resume", str(run)).status == 130
    (kept, *_) = RunFolder(run).kept()
    steps = load_state(kept).position[1]
    assert (2 * 11 + steps) % 4 != 0
    resumed = netspec("train", "--resume", str(run))
    note = "note: gradients of 4 batches make an update: the last 1 of the 33 batches make none\n"
    assert (resumed.status, resumed.err) == (0, note)
    assert same_ends(run, whole)


# --- numbers that are none --------------------------------------------------------------------------------------------

WILD = "optimizer={sgd: {learning_rate: 1.0e+30}}"
ADVICE = "lower the learning rate, which is 1e+30, or clip the gradients (`clipnorm: 1`)"


def refused(result: Any) -> str:
    """The one problem of a run that diverged, without the note before it."""
    assert result.status == 1
    note, problem, *_ = result.err.splitlines()
    assert re.fullmatch(
        r"note: .* at step \d+ of epoch \d+; going back to the last good state to see where it begins", note
    )
    return str(problem)


def test_the_first_node_that_was_not_finite_is_named(write: Write) -> None:
    path = write(TWO.replace("head}", "head}\n  - dropout: 0.1"))
    problem = refused(netspec("train", path, "--train", WILD, "--train", "augment=[]"))
    # PyTorch squares what it normalises beyond all numbers; the others divide first.
    line, node = (6, "batch_norm `norm`") if keras.backend.backend() == "torch" else (8, "dense `head`")
    assert re.fullmatch(
        rf"small\.yaml:{line}:5: error NS705: the loss is (nan|inf) at step 2 of epoch 1: {node} is the first node whose output was not "
        r"finite: it holds (NaN|infinity|NaN and infinity), and what it read and its weights were finite, up to \S+ and \S+; "
        + re.escape(ADVICE),
        problem,
    )
    run = only_run()
    record = json.loads((run / "run.json").read_text())
    assert record["status"] == "failed"
    assert f"{node} is the first node" in record["error"]
    assert not (run / "last.npz").exists()  # there was no good state but the beginning


def regression(scale: float, x: Any = None, y: Any = None) -> str:
    """A line through points, at a learning rate by which the error grows a hundredfold a step."""
    rng = np.random.default_rng(5)
    given = rng.normal(size=(256, 4)) if x is None else x
    np.savez("line.npz", x=given, y=given @ np.array([1.0, -2.0, 0.5, 3.0]) if y is None else y)
    return f"""\
netspec: 1
name: small
input: [4]
layers:
  - dense: {{units: 1, name: line}}
data: {{source: {{npz: line.npz}}}}
train: {{epochs: 9, batch_size: 64, loss: mean_squared_error, metrics: [], optimizer: {{sgd: {{learning_rate: {scale}}}}}}}
"""


def test_a_loss_may_be_what_is_not_finite_and_the_last_good_state_is_kept(write: Write) -> None:
    path = write(regression(40.0))
    problem = refused(netspec("train", path))
    assert re.fullmatch(
        r"small\.yaml:5:5: error NS705: the loss is inf at step \d of epoch \d: every node's output was finite, and the loss of "
        r"`line` was not; lower the learning rate, which is 40, or clip the gradients \(`clipnorm: 1`\)",
        problem,
    )
    run = only_run()
    kept = load_state(run / "last.npz")
    assert kept.position[0] >= 1
    assert all_finite([("", each) for each in kept.sections["network"]])
    again = refused(netspec("train", "--resume", str(run)))
    assert again.partition(" error ")[2] == problem.partition(" error ")[2]  # where it goes on, it comes to the same


def test_a_gradient_may_be_what_is_not_finite(write: Write) -> None:
    """The error is 1e18, its square a number, and the gradient 2e18 times inputs of 1e25."""
    text = regression(0.01, x=np.full((256, 4), 1e25), y=np.full(256, 1e18)).replace(
        "name: line", "name: line, kernel_initializer: zeros"
    )
    assert refused(netspec("train", write(text))) == (
        "small.yaml:5:5: error NS705: the gradient is not finite at step 1 of epoch 1: every node's output and the loss were finite, "
        "and from the end dense `line` is the first node whose weights were not, after it; lower the learning rate, which is 0.01, "
        "or clip the gradients (`clipnorm: 1`)"
    )


def test_what_augment_makes_may_be_what_is_not_finite(write: Write) -> None:
    """No advice on the learning rate then, which has no part in it."""
    problem = refused(
        netspec("train", write(TWO.replace("epochs: 2", "epochs: 2, augment: [{rescale: 1.0e+38}, {rescale: 10}]")))
    )
    assert re.fullmatch(
        r"small\.yaml:3:8: error NS705: the loss is nan at step 1 of epoch 1: the input `input` itself holds infinity, which "
        r"`augment` made of the data",
        problem,
    )


def test_a_state_with_weights_that_are_no_numbers_is_not_kept(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes to such weights is looked for, and told as it is where all is finite when it is done again."""
    step_ends = Epochs._step_ends

    def poisoned(epochs: Epochs, step: int, logs: Any) -> None:
        step_ends(epochs, step, logs)
        if epochs.steps == epochs.feed.steps:
            epochs.learner.synchronise()
            variable = epochs.learner.network.trainable_variables[0]
            variable.assign(keras.ops.full(variable.shape, math.nan))

    monkeypatch.setattr(Epochs, "_step_ends", poisoned)
    result = netspec("train", write(TWO))
    assert refused(result) == (
        "small.yaml:11:1: error NS705: a weight is no number at step 11 of epoch 1; lower the learning rate, which is 0.001, or clip "
        "the gradients (`clipnorm: 1`)"
    )
    assert not (only_run() / "last.npz").exists()


def test_what_diverged_says_when() -> None:
    seen = Diverged("the loss is nan", 2, 1_230, 1_234)
    assert str(seen) == "the loss is nan at step 1,234 of epoch 3"
    assert seen.moment(7) == "step 7 of epoch 3"
