"""Attention whose scores get a bias."""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import ops

from netspec.backends.keras.types import KerasObject
from netspec.backends.keras.types import KerasTensor as Tensor


@keras.saving.register_keras_serializable(package="netspec")
class BiasedMultiHeadAttention(keras.layers.MultiHeadAttention):
    """Keras's multi-head attention, to whose scores a tensor is added before their softmax: of relative positions, say.

    It is called on a list: the query, the value, the key if `has_key`, the mask if `has_mask`, and the bias.

    Args:
        has_key: Is the key given, and not the value?
        has_mask: Is there a mask, which is 0 where a step of the query does not attend to one of the value?
        causal: Does each step attend only to itself and to earlier steps?

    Shapes: the bias is ``[batch, heads, query steps, value steps]``, the mask has no heads; both may have the sizes over which
        nothing attends before these. What comes out has the query's shape.
    Source: Shaw et al., "Self-attention with relative position representations", arXiv 1803.02155; Liu et al., "Swin
        transformer", arXiv 2103.14030, equation 4.
    """

    def __init__(
        self,
        *args: KerasObject,
        has_key: bool = False,
        has_mask: bool = False,
        causal: bool = False,
        **kwargs: KerasObject,
    ):
        super().__init__(*args, **kwargs)
        self.has_key = has_key
        self.has_mask = has_mask
        self.causal = causal
        self._score_bias: Tensor = None

    def _roles(
        self, given: Sequence[KerasObject]
    ) -> tuple[KerasObject, KerasObject, KerasObject, KerasObject, KerasObject]:
        query, value, *rest = given
        key = rest.pop(0) if self.has_key else value
        mask = rest.pop(0) if self.has_mask else None
        (bias,) = rest
        return query, value, key, mask, bias

    def build(self, input_shape: Sequence[Sequence[int | None]]) -> None:
        query, value, key, _, _ = self._roles(input_shape)
        super().build(query, value, key)

    def call(self, inputs: Sequence[Tensor], training: bool | None = None) -> Tensor:
        query, value, key, mask, bias = self._roles(inputs)
        self._score_bias = bias
        try:
            return super().call(query, value, key, attention_mask=mask, training=training, use_causal_mask=self.causal)
        finally:
            self._score_bias = None

    def compute_mask(self, inputs: Sequence[Tensor], mask: KerasObject = None) -> KerasObject:
        return None if mask is None else mask[0]

    def compute_output_spec(self, inputs: Sequence[Tensor], training: bool | None = None) -> KerasObject:
        query, value, key, _, _ = self._roles(inputs)
        return keras.KerasTensor(
            super().compute_output_shape(query.shape, value.shape, key.shape), dtype=self.compute_dtype
        )

    def _compute_attention(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attention_mask: Tensor = None,
        training: bool | None = None,
        return_attention_scores: bool = False,
        **rest: KerasObject,
    ) -> tuple[Tensor, Tensor]:
        """What Keras lets a subclass do its own way, as it does it itself but for the bias."""
        query = ops.multiply(query, ops.cast(self._inverse_sqrt_key_dim, query.dtype))
        scores = ops.einsum(self._dot_product_equation, key, query)
        bias = ops.cast(self._score_bias, scores.dtype)
        for _ in range(len(scores.shape) - len(bias.shape)):
            bias = ops.expand_dims(bias, 1)
        weights = self._masked_softmax(scores + bias, attention_mask)
        dropped = self._dropout_layer(weights, training=training) if self._dropout > 0 else weights
        return ops.einsum(self._combine_equation, dropped, value), weights

    def get_config(self) -> dict[str, KerasObject]:
        own: dict[str, KerasObject] = {"has_key": self.has_key, "has_mask": self.has_mask, "causal": self.causal}
        return {**super().get_config(), **own}
