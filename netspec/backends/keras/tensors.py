"""Layers that yield a tensor of the network's own, the same for every example."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from keras import ops

from netspec.backends.keras.types import KerasObject
from netspec.backends.keras.types import KerasTensor as Tensor


@keras.saving.register_keras_serializable(package="netspec")
class Learned(keras.layers.Layer):
    """A tensor of weights, the same for every example.

    What it is called on says only how many examples there are.

    Shapes: ``[batch, ...]`` to ``[batch, *shape]``.
    """

    def __init__(
        self,
        shape: Sequence[int],
        initializer: KerasObject = None,
        regularizer: KerasObject = None,
        **kwargs: KerasObject,
    ) -> None:
        super().__init__(**kwargs)
        self.shape = tuple(shape)
        self.initializer = keras.initializers.get(initializer or keras.initializers.RandomNormal(stddev=0.02))
        self.regularizer = keras.regularizers.get(regularizer)

    def build(self, input_shape: Sequence[int | None]) -> None:
        self.value = self.add_weight(
            shape=self.shape, initializer=self.initializer, regularizer=self.regularizer, name="value"
        )
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        return ops.broadcast_to(ops.convert_to_tensor(self.value), (ops.shape(inputs)[0], *self.shape))

    def compute_output_spec(self, inputs: Tensor) -> KerasObject:
        return keras.KerasTensor((inputs.shape[0], *self.shape), dtype=self.compute_dtype)

    def get_config(self) -> dict[str, KerasObject]:
        return {
            **super().get_config(),
            "shape": list(self.shape),
            "initializer": keras.initializers.serialize(self.initializer),
            "regularizer": keras.regularizers.serialize(self.regularizer),
        }


@keras.saving.register_keras_serializable(package="netspec")
class Constant(keras.layers.Layer):
    """A tensor of numbers that are not learned, the same for every example.

    What it is called on says only how many examples there are.

    Args:
        value: The numbers row by row, or one for all places.
        shape: For one example; None for one axis of as many as `value` lists.

    Shapes: ``[batch, ...]`` to ``[batch, *shape]``.
    """

    def __init__(
        self, value: float | Sequence[float], shape: Sequence[int] | None = None, **kwargs: KerasObject
    ) -> None:
        super().__init__(**kwargs)
        self.value = value
        numbers = np.atleast_1d(np.asarray(value, "float32"))
        self.shape = tuple(shape) if shape is not None else numbers.shape
        self.tensor = np.full(self.shape, numbers[0]) if numbers.size == 1 else numbers.reshape(self.shape)

    def call(self, inputs: Tensor) -> Tensor:
        tensor = ops.convert_to_tensor(self.tensor, dtype=self.compute_dtype)
        return ops.broadcast_to(tensor, (ops.shape(inputs)[0], *self.shape))

    def compute_output_spec(self, inputs: Tensor) -> KerasObject:
        return keras.KerasTensor((inputs.shape[0], *self.shape), dtype=self.compute_dtype)

    def get_config(self) -> dict[str, KerasObject]:
        value = self.value if isinstance(self.value, (int, float)) else list(self.value)
        return {**super().get_config(), "value": value, "shape": list(self.shape)}


@keras.saving.register_keras_serializable(package="netspec")
class FoldSteps(keras.layers.Layer):
    """Makes each step of a sequence an example, where sizes are unknown until run time.

    Shapes: ``[batch, steps, ...]`` to ``[batch * steps, ...]``.
    """

    def call(self, inputs: Tensor) -> Tensor:
        return ops.reshape(inputs, (-1, *ops.shape(inputs)[2:]))

    def compute_output_spec(self, inputs: Tensor) -> KerasObject:
        return keras.KerasTensor((None, *inputs.shape[2:]), dtype=inputs.dtype)


@keras.saving.register_keras_serializable(package="netspec")
class UnfoldSteps(keras.layers.Layer):
    """Puts together again what `FoldSteps` took apart; the second input is the sequence as it was.

    Shapes: ``[batch * steps, ...]`` and ``[batch, steps, ...]`` to ``[batch, steps, ...]``, with the first's sizes.
    """

    def call(self, inputs: Sequence[Tensor]) -> Tensor:
        end, sequence = inputs
        return ops.reshape(end, (-1, ops.shape(sequence)[1], *ops.shape(end)[1:]))

    def compute_output_spec(self, inputs: Sequence[Tensor]) -> KerasObject:
        end, sequence = inputs
        return keras.KerasTensor((*sequence.shape[:2], *end.shape[1:]), dtype=end.dtype)


@keras.saving.register_keras_serializable(package="netspec")
class PositionEmbedding(keras.layers.Layer):
    """Adds a learned vector to each place of its input, by where it stands.

    Args:
        max_length: Most steps that a sequence may have; None for as many as the input that it is built on.
        initializer: How the vectors begin.
        regularizer: Of the vectors.

    Shapes: ``[batch, steps, channels]`` to the same; with `max_length` of None ``[batch, ..., channels]``.
    Source: Gehring et al., "Convolutional sequence to sequence learning", arXiv 1705.03122, section 3.1.
    """

    def __init__(
        self,
        max_length: int | None = None,
        initializer: KerasObject = None,
        regularizer: KerasObject = None,
        **kwargs: KerasObject,
    ) -> None:
        super().__init__(**kwargs)
        self.max_length = max_length
        self.initializer = keras.initializers.get(initializer or keras.initializers.RandomNormal(stddev=0.02))
        self.regularizer = keras.regularizers.get(regularizer)
        self.supports_masking = True

    def build(self, input_shape: Sequence[int | None]) -> None:
        shape = input_shape[1:] if self.max_length is None else (self.max_length, *input_shape[2:])
        if None in shape:
            raise ValueError(f"the sizes of {tuple(input_shape)} must be known, or `max_length` be given")
        if self.max_length is not None and len(shape) != 2:
            raise ValueError(f"with `max_length` the input must be [batch, steps, channels], not {tuple(input_shape)}")
        self.value = self.add_weight(
            shape=shape, initializer=self.initializer, regularizer=self.regularizer, name="value"
        )
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        value = ops.convert_to_tensor(self.value)
        return inputs + (value if self.max_length is None else value[: ops.shape(inputs)[1]])

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        if self.max_length is not None and input_shape[1] is not None and input_shape[1] > self.max_length:
            raise ValueError(f"there are positions for {self.max_length} steps, and {input_shape[1]} are given")
        return tuple(input_shape)

    def get_config(self) -> dict[str, KerasObject]:
        return {
            **super().get_config(),
            "max_length": self.max_length,
            "initializer": keras.initializers.serialize(self.initializer),
            "regularizer": keras.regularizers.serialize(self.regularizer),
        }
