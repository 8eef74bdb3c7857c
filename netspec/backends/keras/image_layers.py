"""Layers for images that Keras has, mended where a model cannot hold, save or repeat them."""

from __future__ import annotations

from collections.abc import Callable

import keras

from netspec.backends.keras.types import KerasObject
from netspec.backends.keras.types import KerasTensor as Tensor


@keras.saving.register_keras_serializable("netspec")
class RandomShear(keras.layers.RandomShear):  # type: ignore[misc]  # Keras ships no types
    """Keras's layer, which writes one number as two into its configuration and does not read them again."""

    def get_config(self) -> dict[str, object]:
        factors = {
            name: upper if lower == -upper else (lower, upper)
            for name, (lower, upper) in (("x_factor", self.x_factor), ("y_factor", self.y_factor))
        }
        return {**super().get_config(), **factors}


@keras.saving.register_keras_serializable("netspec")
class Equalization(keras.layers.Equalization):  # type: ignore[misc]
    """Keras's layer, which hands a model its own input as what it makes, so that the model goes without it."""

    def compute_output_spec(self, inputs: Tensor, **named: object) -> Tensor:
        return keras.KerasTensor(inputs.shape, dtype=self.compute_dtype)


@keras.saving.register_keras_serializable("netspec")
class AugMix(keras.layers.AugMix):  # type: ignore[misc]
    """Keras's layer, in which the operations are drawn anew for each batch, by the layer's own generator.

    Keras draws them by Python's `random` while a function is traced: compiled, they are the same for ever, and a run that is
    resumed has others.
    """

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        super().build(input_shape)
        self.built = True

    def get_random_transformation(self, data: Tensor, training: bool = True, seed: KerasObject = None) -> KerasObject:
        if not training:
            return None
        random, generator = self.backend.random, seed or self._get_seed_generator(self.backend._backend)
        count = len(self._augment_layers)
        places = self.num_chains * self.chain_depth
        return {
            "chain_mixing_weights": self._sample_from_dirichlet([self.num_chains], self.alpha, generator),
            "weight_sample": random.beta(shape=(), alpha=self.alpha, beta=self.alpha, seed=generator),
            "operations": random.randint((places,), 0, count + 1, seed=generator),  # the last is none
            "draws": [
                [
                    getattr(self, name).get_random_transformation(data, training=True, seed=generator)
                    for name in self._augment_layers
                ]
                for _ in range(places)
            ],
        }

    def transform_images(self, images: Tensor, transformation: KerasObject, training: bool = True) -> Tensor:
        backend = self.backend
        images = backend.cast(images, self.compute_dtype)
        if not training:
            return images
        weights = backend.cast(transformation["chain_mixing_weights"], self.compute_dtype)
        own = backend.cast(transformation["weight_sample"], self.compute_dtype)
        mixed = backend.numpy.zeros_like(images)
        for chain in range(self.num_chains):
            changed = images
            for depth in range(self.chain_depth):
                place = chain * self.chain_depth + depth
                changed = backend.core.switch(
                    transformation["operations"][place], self._branches(transformation["draws"][place]), changed
                )
            mixed += changed * weights[chain]
        mixed = own * images + (1 - own) * mixed
        return backend.cast(backend.numpy.clip(mixed, *self.value_range), self.compute_dtype)

    def _branches(self, draws: list[KerasObject]) -> list[Callable[[Tensor], Tensor]]:
        """What each operation makes of images; the last leaves them as they are."""

        def branch(name: str, draw: KerasObject) -> Callable[[Tensor], Tensor]:
            layer = getattr(self, name)
            return lambda images: self.backend.cast(layer.transform_images(images, draw), self.compute_dtype)

        pairs = zip(self._augment_layers, draws, strict=True)
        return [*(branch(name, draw) for name, draw in pairs), lambda images: images]
