"""Callbacks get the step's figures as the backend has them, so that nobody waits for a step whom its figures do not concern."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netspec.backends.keras.importing import import_keras
from netspec.training.prompt import prompt

pytestmark = pytest.mark.backend


def test_figures_come_as_the_backend_has_them() -> None:
    keras = import_keras()
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile("sgd", "mse")
    x, y = np.ones((8, 3), np.float32), np.zeros((8, 2), np.float32)
    seen: dict[str, list[Any]] = {"train": [], "test": [], "epoch": []}
    callback = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda step, logs: seen["train"].append(logs["loss"]),
        on_test_batch_end=lambda step, logs: seen["test"].append(logs["loss"]),
        on_epoch_end=lambda epoch, logs: seen["epoch"].append(logs["val_loss"]),
    )
    history = model.fit(
        x, y, batch_size=4, validation_data=(x, y), verbose=0, callbacks=prompt(keras, [callback], model)
    )
    assert (len(seen["train"]), len(seen["test"]), len(seen["epoch"])) == (2, 2, 1)
    assert all(keras.ops.is_tensor(value) for value in seen["train"] + seen["test"])
    assert type(seen["epoch"][0]) is float
    assert history.history["val_loss"] == seen["epoch"]
