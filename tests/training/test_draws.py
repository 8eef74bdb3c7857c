"""What is drawn in a step hangs on the step alone, wherever a model keeps the state of its generators, or PyTorch does for it."""

from __future__ import annotations

import keras
import numpy as np

from netspec.training.devices import seed_draws


def drawn() -> list[float]:
    """What a layer leaves of ones that keeps no state of what it draws by, as Keras has it on PyTorch."""
    layer = keras.layers.Dropout(0.5)
    return np.asarray(keras.ops.convert_to_numpy(layer(np.ones((1, 64), np.float32), training=True))).ravel().tolist()


def test_dropout_hangs_on_the_step() -> None:
    keras.utils.set_random_seed(1)
    places = [(7, epoch, step) for epoch in (0, 1) for step in (0, 1)]
    first = []
    for place in places:
        seed_draws(keras, *place)
        first.append(drawn())
    assert len({tuple(each) for each in first}) == len(places)
    if keras.backend.backend() != "torch":  # where all generators are the model's own
        return
    again = []
    for place in reversed(places):
        seed_draws(keras, *place)
        again.append(drawn())
    assert again[::-1] == first
