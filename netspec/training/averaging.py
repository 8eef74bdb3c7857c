"""Averaged weights, in the network's place while it is measured."""

from __future__ import annotations

from netspec.backends.keras.types import Keras, KerasObject


def swapping(keras: Keras) -> KerasObject:
    """The callback that measures with the weights that the optimiser averages, and gives back the others to the bit.

    Keras's own swaps on TensorFlow by adding and subtracting, so that each validation changes the last digits of the weights, and
    the same training with one validation more or less ends in others.
    """
    base: KerasObject = keras.callbacks.SwapEMAWeights

    class Swapping(base):  # type: ignore[misc]  # Keras ships no types
        """Keras's callback, which swaps by copying on TensorFlow too."""

        def _tf_swap_variables(self, optimizer: KerasObject) -> None:
            self._backend_swap_variables(optimizer)

    return Swapping()
