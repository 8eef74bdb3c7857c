"""Expressions inside maps and lists: what stands around them is checked, and so is what they come to."""

from __future__ import annotations

from typing import Any

import pytest

from netspec.pipeline import Spec, check_text
from netspec.spec.training_settings import EarlyStopping, Sgd, Train


def checked(node: str = "3", train: str = "{}") -> Spec:
    """A spec of one dense layer."""
    params = "params: {n: 8, half: 0.5, loss: mean_squared_error}"
    return check_text(f"netspec: 1\n{params}\ninput: [4]\nlayers:\n  - dense: {node}\ntrain: {train}\n", repairs=False)


def said(spec: Spec) -> list[str]:
    return [f"{each.code} {each.message}" for each in spec.problems if each.is_error]


@pytest.mark.parametrize(
    ("train", "option", "value"),
    [
        ("loss_weights: {dense_1: 2 * $half}", "loss_weights", {"dense_1": 1.0}),
        ("loss: {dense_1: $loss}", "loss", {"dense_1": "mean_squared_error"}),
        ("early_stopping: {patience: $n, monitor: loss}", "early_stopping", EarlyStopping(patience=8, monitor="loss")),
        ("optimizer: {sgd: {learning_rate: $half}}", "optimizer", Sgd(learning_rate=0.5)),
    ],
)
def test_a_map_holds_expressions(train: str, option: str, value: Any) -> None:
    spec = checked(train=f"{{{train}}}")
    assert said(spec) == []
    assert spec.graph is not None
    assert isinstance(spec.graph.train, Train)
    found = getattr(spec.graph.train, option)
    assert (type(found), vars(found) if hasattr(found, "__dict__") else found) == (
        type(value),
        vars(value) if hasattr(value, "__dict__") else value,
    )


WHOLE = "must be a whole number of at least 1"
INITIALIZER = "an initializer (`zeros`, `ones`, `constant` or `glorot_uniform`, …)"


@pytest.mark.parametrize(
    ("node", "message"),
    [
        ("{units: {a: $n}}", f"NS204 `dense`: `units` {WHOLE}, not {{a: $n}}"),
        ("{units: [{a: 2 * $n}]}", f"NS204 `dense`: `units` {WHOLE}, not [{{a: 2 * $n}}]"),
        ("{units: 3, name: {a: $n}}", "NS303 `name` must be an identifier (letters, digits, _), not {a: $n}"),
        ("{units: 3, when: [$n]}", "NS204 `when` must be true or false, not [$n]"),
        (
            "{units: 3, kernel_initializer: [$n]}",
            f"NS204 `dense`: `kernel_initializer` must be {INITIALIZER}, not [$n]",
        ),
        (
            "{units: 3, kernel_initializer: {random_normal: [$n]}}",
            "NS204 `dense`: `random_normal` takes a map of hyperparameters, not [$n]",
        ),
        (
            "{units: 3, kernel_initializer: {zeros: $n}}",
            "NS204 `dense`: `zeros` takes a map of hyperparameters, not $n",
        ),
    ],
)
def test_where_a_map_or_a_list_is_wrong_its_expressions_are_shown_as_written(node: str, message: str) -> None:
    assert said(checked(node)) == [message]


@pytest.mark.parametrize(
    ("train", "message"),
    [
        ("early_stopping: {patience: $n, restore: $n}", "NS202 `train`: `early_stopping` has no hyperparameter 'restore'; it takes `monitor`, `patience`, `min_delta` and `mode`"),
        ("early_stopping: {patience: {a: $n}}", "NS204 `train`: `patience` must be a whole number of at least 0, not {a: $n}"),
        ("loss_weights: {dense_1: [$n]}", "NS204 `train`: `loss_weights` must be a number of at least 0, not [$n]"),
        ("metrics: {dense_1: [$n]}", "NS204 `train`: `metrics` must be a list of metrics, not {dense_1: [$n]}"),
        ("loss_weights: {dense_1: -1 * $n}", "NS504 `train`: `loss_weights` must be a number of at least 0, not -8 (where $n = 8)"),
        ("early_stopping: {patience: $half}", "NS504 `train`: `patience` must be a whole number of at least 0, not 0.5 (where $half = 0.5)"),
    ],
)  # fmt: skip
def test_what_is_wrong_inside_a_setting_is_said_of_that_part(train: str, message: str) -> None:
    assert said(checked(train=f"{{{train}}}")) == [message]
