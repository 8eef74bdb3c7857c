"""Layers that put the positions of steps into their channels by sines."""

from __future__ import annotations

import keras
from keras import ops

from netspec.backends.keras.types import KerasObject
from netspec.backends.keras.types import KerasTensor as Tensor


def _angles(steps: Tensor | int, channels: int, max_wavelength: float) -> Tensor:
    """The angle of each step for each of `(channels + 1) // 2` wavelengths: ``[steps, wavelengths]``."""
    exponents = ops.arange((channels + 1) // 2, dtype="float32") * (-2.0 / channels)
    wavelengths = ops.power(ops.cast(max_wavelength, "float32"), exponents)
    return ops.expand_dims(ops.arange(steps, dtype="float32"), 1) * wavelengths


class _Positions(keras.layers.Layer):
    """Base of the two; steps are counted from 0, those of padding too."""

    def __init__(self, max_wavelength: float = 10_000.0, **kwargs: KerasObject) -> None:
        super().__init__(**kwargs)
        self.max_wavelength = max_wavelength
        self.supports_masking = True
        self.built = True

    def compute_output_spec(self, inputs: Tensor) -> KerasObject:
        self.check(inputs)
        return keras.KerasTensor(inputs.shape, dtype=self.compute_dtype)

    def check(self, inputs: Tensor) -> None:
        """Raise ValueError for an input whose positions it cannot tell."""
        dtype, channels = keras.backend.standardize_dtype(inputs.dtype), inputs.shape[-1]
        if "float" not in dtype or channels is None or not self.max_wavelength > 0:
            raise ValueError(f"takes floating-point numbers and known channels, not {dtype} of {tuple(inputs.shape)}")

    def get_config(self) -> dict[str, KerasObject]:
        return {**super().get_config(), "max_wavelength": self.max_wavelength}


@keras.saving.register_keras_serializable(package="netspec")
class SinusoidalEmbedding(_Positions):
    """Adds to each step sines (even channels) and cosines (odd ones) of its position.

    Args:
        max_wavelength: The longest wavelength over 2 pi, in steps.

    Shapes: ``[batch, steps, channels]`` to the same.
    Source: Vaswani et al., "Attention is all you need", arXiv 1706.03762, section 3.5.
    """

    def check(self, inputs: Tensor) -> None:
        super().check(inputs)
        if len(inputs.shape) != 3:
            raise ValueError(f"the input must be [batch, steps, channels], not {tuple(inputs.shape)}")

    def call(self, inputs: Tensor) -> Tensor:
        self.check(inputs)
        steps, channels = ops.shape(inputs)[1], inputs.shape[2]
        angles = _angles(steps, channels, self.max_wavelength)
        both = ops.stack([ops.sin(angles), ops.cos(angles)], axis=-1)
        places = ops.reshape(both, (steps, -1))[:, :channels]
        return inputs + ops.cast(places, inputs.dtype)


@keras.saving.register_keras_serializable(package="netspec")
class RotaryEmbedding(_Positions):
    """Turns channel i and channel i + channels/2 of each step by an angle that grows with the step.

    Args:
        max_wavelength: The longest wavelength over 2 pi, in steps.
        axis: The axis of the steps.

    Shapes: ``[batch, ..., channels]``, an even number of channels, to the same.
    Source: Su et al., "RoFormer", arXiv 2104.09864, section 3.4.2.
    """

    def __init__(self, max_wavelength: float = 10_000.0, axis: int = 1, **kwargs: KerasObject) -> None:
        super().__init__(max_wavelength, **kwargs)
        self.axis = axis

    def check(self, inputs: Tensor) -> None:
        super().check(inputs)
        shape = tuple(inputs.shape)
        rank = len(shape)
        if not -rank <= self.axis < rank or self.axis % rank in (0, rank - 1) or shape[-1] % 2:
            raise ValueError(f"{shape} must have steps along the axis {self.axis}, and an even number of channels")

    def call(self, inputs: Tensor) -> Tensor:
        self.check(inputs)
        rank = len(inputs.shape)
        axis, half = self.axis % rank, inputs.shape[-1] // 2
        angles = _angles(ops.shape(inputs)[axis], inputs.shape[-1], self.max_wavelength)
        around = tuple(size if i in (axis, rank - 1) else 1 for i, size in enumerate((*ops.shape(inputs)[:-1], half)))
        angles = ops.reshape(angles, around)
        cos, sin = ops.cast(ops.cos(angles), inputs.dtype), ops.cast(ops.sin(angles), inputs.dtype)
        first, second = inputs[..., :half], inputs[..., half:]
        return ops.concatenate([first * cos - second * sin, second * cos + first * sin], axis=-1)

    def get_config(self) -> dict[str, KerasObject]:
        return {**super().get_config(), "axis": self.axis}
