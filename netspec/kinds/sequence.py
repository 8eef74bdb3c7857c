"""Recurrent layers and attention."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import ClassVar

from netspec.kinds.arguments import (
    Initializer,
    Orthogonal,
    Regularizer,
    Zeros,
    activation,
    initializer,
    regularizer,
    vector_initializer,
    width,
)
from netspec.kinds.keras_types import Keras, Lowered, Tensor
from netspec.kinds.kind import ATTENDED, GATHERED, Kind, OptionConflict, Places, ShapeError, Weights, floats_only, kind
from netspec.kinds.regularisation import SEED_DOC
from netspec.options import Boolean, Choice, Integer, Nullable, Number, option
from netspec.shapes import Shape, show_shape

_MERGE_MODES = {"sum": "sum", "concat": "concat", "multiply": "mul", "average": "ave"}


class _Recurrent(Kind):
    """Base of the recurrent layers."""

    family = "sequence"
    ranks = (1,)
    takes_integers = True
    gates: ClassVar[int] = 1
    biases: ClassVar[int] = 1  # bias vectors for each gate

    units: int
    use_bias: bool
    return_sequences: bool
    go_backwards: bool
    dropout: float
    bidirectional: str | None

    def places(self) -> Places:
        return GATHERED

    def check(self) -> None:
        if self.bidirectional is not None and self.go_backwards:
            raise OptionConflict(
                f"`bidirectional` (={self.bidirectional}) runs both ways, so `go_backwards` cannot be true",
                "go_backwards",
            )

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        self.spatial(x)
        self.channels_of(x)
        out = self.units * (2 if self.bidirectional == "concat" else 1)
        return (x[0], out) if self.return_sequences else (out,)

    def dtype(self, *inputs: str) -> str:
        if self.dropout and "float" not in inputs[0]:
            raise floats_only(inputs[0])  # what is dropped is scaled up, in the input's own type
        return super().dtype(*inputs)

    def _directions(self) -> int:
        return 1 if self.bidirectional is None else 2

    def weights(self, *inputs: Shape) -> Weights:
        n, u = self.channels_of(inputs[0]), self.units
        one = self.gates * (n * u + u * u + u * self.use_bias * self.biases)
        return Weights(one * self._directions())

    def macs(self, inputs: Sequence[Shape], output: Shape) -> int | None:
        steps, n = inputs[0]
        if steps is None or n is None:
            return None
        return steps * self.gates * (n + self.units) * self.units * self._directions()

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        make = getattr(keras.layers, self.keras_name)
        arguments = self.keras_arguments(keras, "bidirectional")
        if self.bidirectional is None:
            layer: Lowered = make(name=name, **arguments)
            return layer
        inner = make(name=f"{name}_cell", **arguments)
        both: Lowered = keras.layers.Bidirectional(inner, merge_mode=_MERGE_MODES[self.bidirectional], name=name)
        return both


_BIDIRECTIONAL = Nullable(Choice({mode: f"Both directions, by {mode}." for mode in _MERGE_MODES}))
_BIDIRECTIONAL_DOC = "Run over the sequence both ways, and how the two results become one; null: forward only."


@kind("simple_rnn", principal="units")
class SimpleRnn(_Recurrent):
    """Recurrent layer whose output is fed back: [steps, channels] to [units]."""

    keras_name = "SimpleRNN"
    units: int = width("Width of the output.")
    activation: str | None = activation("Applied to the state.", "tanh")
    use_bias: bool = option(Boolean(), "Add learned biases.", True)
    return_sequences: bool = option(Boolean(), "Give the output of every step, not of the last only.", False)
    go_backwards: bool = option(Boolean(), "From the last step to the first.", False)
    dropout: float = option(Number(ge=0, le=1), "Share of the inputs dropped while training.", 0.0)
    recurrent_dropout: float = option(Number(ge=0, le=1), "Share of the state dropped while training.", 0.0)
    kernel_initializer: Initializer = initializer("First values of the input's kernel.")
    recurrent_initializer: Initializer = initializer("First values of the state's kernel.", Orthogonal())
    bias_initializer: Initializer = vector_initializer("First values of the biases.", Zeros())
    kernel_regularizer: Regularizer | None = regularizer("Penalty on the input's kernel.")
    recurrent_regularizer: Regularizer | None = regularizer("Penalty on the state's kernel.")
    seed: int | None = option(Nullable(Integer(ge=0)), SEED_DOC, None)
    bidirectional: str | None = option(_BIDIRECTIONAL, _BIDIRECTIONAL_DOC, None)


@kind("lstm", principal="units")
class Lstm(SimpleRnn):
    """Long short-term memory (Hochreiter and Schmidhuber, 1997): [steps, channels] to [units]."""

    keras_name = "LSTM"
    gates = 4
    recurrent_activation: str | None = activation("Applied to the gates.", "sigmoid")
    unit_forget_bias: bool = option(Boolean(), "Start with a bias of 1 at the forget gate.", True)


@kind("gru", principal="units")
class Gru(SimpleRnn):
    """Gated recurrent unit (arXiv 1406.1078): [steps, channels] to [units]."""

    keras_name = "GRU"
    gates = 3
    recurrent_activation: str | None = activation("Applied to the gates.", "sigmoid")
    reset_after: bool = option(Boolean(), "Apply the reset gate after the matrix product, as cuDNN does.", True)

    def weights(self, *inputs: Shape) -> Weights:
        plain = super().weights(*inputs)
        if not (self.reset_after and self.use_bias):
            return plain
        return Weights(plain.trainable + self.gates * self.units * self._directions())


@kind("multi_head_attention")
class MultiHeadAttention(Kind):
    """Attention (arXiv 1706.03762): each step of the query gathers what it finds among the values.

    One input attends to itself; `from: [query, value]` or `[query, value, key]` to others. The output has the query's shape.
    """

    family = "sequence"
    keras_name = "MultiHeadAttention"
    arity = (1, 3)
    takes_integers = True
    num_heads: int = option(Integer(ge=1), "Heads.")
    key_dim: int = option(Integer(ge=1), "Width of each head's queries and keys.")
    value_dim: int | None = option(Nullable(Integer(ge=1)), "Width of each head's values; null: `key_dim`.", None)
    dropout: float = option(Number(ge=0, le=1), "Share of the attention dropped while training.", 0.0)
    use_bias: bool = option(Boolean(), "Add learned biases to the projections.", True)
    use_causal_mask: bool = option(Boolean(), "A step sees only itself and those before it.", False)
    kernel_initializer: Initializer = initializer("First values of the projections.")
    bias_initializer: Initializer = vector_initializer("First values of the biases.", Zeros())
    kernel_regularizer: Regularizer | None = regularizer("Penalty on the projections.")
    seed: int | None = option(Nullable(Integer(ge=0)), SEED_DOC, None)

    def places(self) -> Places:
        return ATTENDED

    def _roles(self, inputs: Sequence[Shape]) -> tuple[Shape, Shape, Shape]:
        query = inputs[0]
        value = inputs[1] if len(inputs) > 1 else query
        return query, value, inputs[2] if len(inputs) > 2 else value

    def infer(self, *inputs: Shape) -> Shape:
        query, value, key = self._roles(inputs)
        for shape in (query, value, key):
            if len(shape) < 2:
                raise ShapeError("NS404", f"takes [steps, channels], not the shape {show_shape(shape)}")
            self.channels_of(shape)
        if self.use_causal_mask and len(query) != 2:
            raise ShapeError(
                "NS404", f"with `use_causal_mask` takes [steps, channels], not the shape {show_shape(query)}", query
            )
        if key[:-1] != value[:-1]:  # Keras does not take an unknown number for a known one either
            raise ShapeError(
                "NS403",
                f"value {show_shape(value)} and key {show_shape(key)} must have the same number of steps",
                query,
            )
        if len(query) != len(value):
            raise ShapeError(
                "NS403", f"query {show_shape(query)} and value {show_shape(value)} must have as many axes", query
            )
        return query

    def _value_dim(self) -> int:
        return self.key_dim if self.value_dim is None else self.value_dim

    def weights(self, *inputs: Shape) -> Weights:
        query, value, key = (self.channels_of(shape) for shape in self._roles(inputs))
        k, v = self.num_heads * self.key_dim, self.num_heads * self._value_dim()
        kernels = query * k + key * k + value * v + v * query
        return Weights(kernels + (2 * k + v + query) * self.use_bias)

    def macs(self, inputs: Sequence[Shape], output: Shape) -> int | None:
        query, value, key = self._roles(inputs)
        if None in query + value + key:
            return None
        q_steps, v_steps = (prod(s for s in shape[:-1] if s is not None) for shape in (query, value))
        k, v = self.num_heads * self.key_dim, self.num_heads * self._value_dim()
        q, n, c = self.channels_of(query), self.channels_of(value), self.channels_of(key)
        projections = q_steps * q * k + v_steps * (c * k + n * v) + q_steps * v * q
        return projections + q_steps * v_steps * (k + v)

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        layer = keras.layers.MultiHeadAttention(name=name, **self.keras_arguments(keras, "use_causal_mask"))

        def attend(tensors: Tensor) -> Tensor:
            query, *rest = tensors if isinstance(tensors, (list, tuple)) else [tensors]
            value = rest[0] if rest else query
            key = rest[1] if len(rest) > 1 else value
            return layer(query=query, value=value, key=key, use_causal_mask=self.use_causal_mask)

        return attend
