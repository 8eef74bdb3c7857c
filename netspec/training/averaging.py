"""Averaged weights, in the network's place while it is measured."""

from __future__ import annotations

from netspec.backends.keras.types import Keras, KerasObject


def swapping(keras: Keras) -> KerasObject:
    """The callback that measures with the weights that the optimiser averages, and gives back the others to the bit.

    Keras's own swaps on TensorFlow by adding and subtracting, so that each validation changes the last digits of the weights, and
    the same training with one validation more or less ends in others.
    """
    base: KerasObject = keras.callbacks.SwapEMAWeights
    on_jax = keras.backend.backend() == "jax"

    class Swapping(base):  # type: ignore[misc]  # Keras ships no types
        """Keras's callback, which swaps by copying on TensorFlow too, and on JAX also what lies in parts on several processes."""

        def _tf_swap_variables(self, optimizer: KerasObject) -> None:
            self._backend_swap_variables(optimizer)

        def _backend_swap_variables(self, optimizer: KerasObject) -> None:
            if not on_jax:
                super()._backend_swap_variables(optimizer)
                return
            # Keras asks for the numbers, which no process has all of; arrays of JAX never change and need no copy.
            for own, average in zip(
                optimizer._trainable_variables, optimizer._model_variables_moving_average, strict=True
            ):
                value = own.value
                own.assign(average.value)
                average.assign(value)

    return Swapping()
