"""The layer that `shine` becomes. Importing it registers it with Keras, which then opens saved models that hold one."""

from __future__ import annotations

import keras


@keras.saving.register_keras_serializable(package="netspec_shine")
class Shine(keras.layers.Layer):
    """Scales groups of channels, each by a learned number."""

    def __init__(self, rays, bias=False, **kwargs):
        super().__init__(**kwargs)
        self.rays = rays
        self.use_bias = bias

    def build(self, input_shape):
        """Make the weights."""
        self.scale = self.add_weight(shape=(self.rays,), initializer="ones", name="scale")
        if self.use_bias:
            self.bias = self.add_weight(shape=(self.rays,), initializer="zeros", name="bias")

    def call(self, inputs):
        """Scale each group of channels."""
        each = inputs.shape[-1] // self.rays
        outputs = inputs * keras.ops.repeat(self.scale, each)
        return outputs + keras.ops.repeat(self.bias, each) if self.use_bias else outputs

    def compute_output_shape(self, input_shape):
        """The input's shape."""
        return input_shape

    def get_config(self):
        """What Keras saves."""
        return {**super().get_config(), "rays": self.rays, "bias": self.use_bias}
