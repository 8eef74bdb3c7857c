"""Keras's image layers that netspec mends: what is mended, and that their numbers are Keras's."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from netspec.layers import AugMix, Equalization, RandomShear

pytestmark = pytest.mark.backend
IMAGES = np.random.default_rng(0).uniform(0, 255, (4, 8, 9, 3)).astype("float32")


def numbers(tensor: object) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(tensor))


def opened(layer: keras.Layer, path: Path) -> keras.Model:
    inputs = keras.Input(IMAGES.shape[1:])
    keras.Model(inputs, layer(inputs)).save(path)
    return keras.models.load_model(path)


@pytest.mark.parametrize("factors", [{"x_factor": 0.3}, {"x_factor": 0.2, "y_factor": 0.1}, {"y_factor": (0.1, 0.3)}])
def test_shears_are_opened_again(factors: dict[str, object], tmp_path: Path) -> None:
    model = opened(RandomShear(**factors, seed=3), tmp_path / "shear.keras")
    own = keras.layers.RandomShear(**factors, seed=3)
    np.testing.assert_allclose(numbers(model(IMAGES, training=True)), numbers(own(IMAGES, training=True)), atol=1e-3)
    np.testing.assert_array_equal(numbers(model(IMAGES, training=False)), IMAGES)


def test_a_model_holds_its_equalisation(tmp_path: Path) -> None:
    model = opened(Equalization(bins=16), tmp_path / "equalisation.keras")
    own = keras.layers.Equalization(bins=16)(IMAGES, training=True)
    np.testing.assert_allclose(numbers(model(IMAGES, training=True)), numbers(own), atol=1e-3)
    assert not np.allclose(numbers(own), IMAGES)
    np.testing.assert_array_equal(numbers(model(IMAGES, training=False)), IMAGES)


def test_mixtures_are_drawn_anew_and_by_their_seed() -> None:
    """Compiled, as they are trained: Keras's own then does the same operations for ever."""

    def drawn(seed: int) -> list[np.ndarray]:
        layer = AugMix(num_chains=1, chain_depth=1, seed=seed, alpha=1.0)
        inputs = keras.Input(IMAGES.shape[1:])
        model = keras.Model(inputs, layer(inputs))
        step = model
        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            step = tf.function(model)
        return [numbers(step(IMAGES, training=True)) for _ in range(6)]

    first = drawn(1)
    for one, other in zip(first, drawn(1), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3)
    changed = [not np.allclose(one, IMAGES, atol=1e-2) for one in first]
    assert sum(changed) >= 3
    assert len({one.tobytes() for one in first}) >= 4
    assert all(one.min() >= 0 and one.max() <= 255 for one in first)


def test_mixtures_leave_images_alone_while_not_training(tmp_path: Path) -> None:
    model = opened(AugMix(num_chains=1, chain_depth=1, seed=3), tmp_path / "mixture.keras")
    np.testing.assert_array_equal(numbers(model(IMAGES, training=False)), IMAGES)
