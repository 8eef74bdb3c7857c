"""Callbacks that do not wait for the device: while it computes a step, the next ones are prepared and handed over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netspec.backends.keras.types import Keras, KerasModel, KerasObject


def prompt(keras: Keras, callbacks: Sequence[KerasObject], model: KerasModel) -> KerasObject:
    """Callbacks as `fit` and `evaluate` take them.

    Keras makes numbers of all metrics before it calls anybody at the end of a step, and so waits for the step, which on JAX and
    on GPUs would otherwise go on while the next one is prepared. These callbacks get what the backend has, and wait only
    when they look at it.
    """
    base: KerasObject = keras.callbacks.CallbackList

    class Prompt(base):  # type: ignore[misc]  # Keras ships no types
        """The callbacks, given the step's figures as they are."""

        def on_train_batch_end(self, batch: int, logs: Mapping[str, object] | None = None) -> None:
            for callback in self.callbacks:
                callback.on_train_batch_end(batch, logs)

        def on_test_batch_end(self, batch: int, logs: Mapping[str, object] | None = None) -> None:
            for callback in self.callbacks:
                callback.on_test_batch_end(batch, logs)

    return Prompt(list(callbacks), add_history=True, model=model)
