"""Recurrent layers and attention."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from netspec.kinds.arguments import (
    Constraint,
    Initializer,
    Orthogonal,
    Regularizer,
    Zeros,
    activation,
    activity_regularizer,
    constraint,
    initializer,
    regularizer,
    vector_initializer,
    width,
)
from netspec.kinds.attention import CAUSAL_DOC, ROLES, Attending, misfit, no_steps, projections, roles, stretches
from netspec.kinds.keras_types import Keras, Lowered, Tensor
from netspec.kinds.kind import (
    ATTENDED,
    GATHERED,
    REARRANGED,
    Kind,
    OptionConflict,
    Positions,
    Repair,
    ShapeError,
    floats_only,
    kind,
)
from netspec.kinds.merge import ranks_differ, resolve_axes, unlike
from netspec.kinds.regularisation import SEED_DOC
from netspec.kinds.terms import Sum, WeightTensor, WeightTerms, product
from netspec.options import Boolean, Choice, Integer, IntegerList, Nullable, Number, Whole, option
from netspec.options.reads import Reads
from netspec.shapes import Shape, Size, show_shape, spatial_shape

_MERGE_MODES = {"sum": "sum", "concat": "concat", "multiply": "mul", "average": "ave"}


class _Recurrent(Kind):
    """Base of the recurrent layers."""

    family = "sequence"
    ranks = (1,)
    takes_integers = True
    fuses = True
    several = True
    gates: ClassVar[int] = 1

    units: int
    use_bias: bool
    return_sequences: bool
    go_backwards: bool
    dropout: float
    bidirectional: str | None
    return_state: bool
    initial_state: tuple[str, ...] | None
    states: ClassVar[tuple[str, ...]] = ("state",)

    def positions(self) -> Positions:
        return GATHERED

    def check(self) -> None:
        if self.bidirectional is not None and self.go_backwards:
            raise OptionConflict(
                f"`bidirectional` (={self.bidirectional}) runs both ways, so `go_backwards` cannot be true",
                "go_backwards",
            )

    def infer(self, *inputs: Shape) -> Shape:
        (x,), states = self.parted(inputs)
        self.spatial(x)
        self.channels_of(x)
        self._check_states(states)
        out = self.units * (2 if self.bidirectional == "concat" else 1)
        return (x[0], out) if self.return_sequences else (out,)

    def part_names(self) -> tuple[str, ...]:
        if not self.return_state:
            return ()
        if self.bidirectional is None:
            return self.states
        return tuple(f"{way}_{state}" for way in ("forward", "backward") for state in self.states)

    def part_shapes(self, *inputs: Shape) -> tuple[Shape, ...]:
        return ((self.units,),) * len(self.part_names())

    def _check_states(self, given: Sequence[Shape]) -> None:
        """Raise ShapeError of states to begin with that are not those which it has."""
        wanted = len(self.states) * (1 if self.bidirectional is None else 2)
        if not given:
            return
        if len(given) != wanted:
            raise ShapeError(
                "NS403",
                f"has {wanted} state{'s' * (wanted > 1)} of {self.units} units, and `initial_state` names {len(given)}",
            )
        for shape in given:
            if len(shape) != 1 or shape[0] not in (None, self.units):
                raise ShapeError(
                    "NS403",
                    f"has states of [{self.units}], and `initial_state` names one of {show_shape(shape)}",
                    repairs=[Repair("units", str(shape[0]))] if len(shape) == 1 else (),
                )

    def dtype(self, *inputs: str) -> str:
        if self.dropout and "float" not in inputs[0]:
            raise floats_only(inputs[0])  # what is dropped is scaled up, in the input's own type
        return super().dtype(*inputs)

    def mask(self, inputs: Sequence[Shape], masked: Sequence[bool]) -> bool:
        return self.return_sequences and masked[0]

    def skips_masked(self, inputs: Sequence[Shape]) -> bool:
        return True

    def _directions(self) -> tuple[int, ...]:
        return () if self.bidirectional is None else (2,)

    def _biases(self) -> Sum:
        """The biases of one gate."""
        return (product(self.units),) if self.use_bias else ()

    def _bias_shape(self, wide: int) -> tuple[int, ...]:
        return (wide,)

    def weight_terms(self, *inputs: Shape) -> WeightTerms:
        n, u = self.channels_of(inputs[0]), self.units
        gate = product(n, u), product(u, u), *self._biases()
        return WeightTerms((product(*self._directions(), self.gates, gate),))

    def tensors(self, *inputs: Shape) -> tuple[WeightTensor, ...]:
        wide = self.gates * self.units
        shapes: dict[str, tuple[int, ...]] = {
            "kernel": (self.channels_of(inputs[0]), wide),
            "recurrent_kernel": (self.units, wide),
        }
        if self.use_bias:
            shapes["bias"] = self._bias_shape(wide)
        ways = ("",) if self.bidirectional is None else ("forward/", "backward/")
        return tuple(WeightTensor(f"{way}{name}", shape) for way in ways for name, shape in shapes.items())

    def mac_terms(self, inputs: Sequence[Shape], output: Shape) -> Sum | None:
        steps, n = inputs[0]
        if steps is None or n is None:
            return None
        each = product(n), product(self.units)
        return (product(self.gates, each, self.units, times=(*self._directions(), steps)),)

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        make = self.keras_layer(keras)
        arguments = self.keras_arguments(keras, "bidirectional", "initial_state")
        layer: Lowered
        if self.bidirectional is None:
            layer = make(name=name, **arguments)
        else:
            inner = make(name=f"{name}_cell", **arguments)
            layer = keras.layers.Bidirectional(inner, merge_mode=_MERGE_MODES[self.bidirectional], name=name)
        return with_states(self, layer) if self.initial_state else layer


def with_states(config: Kind, layer: Lowered) -> Lowered:
    """A recurrent layer that is called on a sequence and the states to begin with, which `initial_state` names."""

    def begin(tensors: Tensor) -> Tensor:
        (x,), states = config.parted(tensors)
        return layer(x, initial_state=list(states))

    return begin


_BIDIRECTIONAL = Nullable(
    Choice({mode: f"Both directions, merged by {mode}." for mode in _MERGE_MODES}, yes="concat")  # as in Keras
)
_BIDIRECTIONAL_DOC = "How to merge the outputs of both directions; null: forward only."


@kind("simple_rnn", principal="units")
class SimpleRnn(_Recurrent):
    """Recurrent layer whose output is fed back: [steps, channels] to [units]."""

    keras_layers = ("SimpleRNN", "Bidirectional")
    units: int = width("Number of units.")
    activation: str | None = activation("Activation function.", "tanh")
    use_bias: bool = option(Boolean(), "Whether to add biases.", True)
    return_sequences: bool = option(
        Boolean(), "Whether to return the output of every step, not of the last only.", False
    )
    go_backwards: bool = option(Boolean(), "Whether to process the sequence backwards.", False)
    dropout: float = option(Number(ge=0, le=1), "Fraction of the inputs to drop during training.", 0.0)
    recurrent_dropout: float = option(
        Number(ge=0, le=1), "Fraction of the recurrent state to drop during training.", 0.0
    )
    kernel_initializer: Initializer = initializer("Kernel initializer.")
    recurrent_initializer: Initializer = initializer("Recurrent kernel initializer.", Orthogonal())
    bias_initializer: Initializer = vector_initializer("Bias initializer.", Zeros())
    kernel_regularizer: Regularizer | None = regularizer("Kernel regularizer.")
    recurrent_regularizer: Regularizer | None = regularizer("Recurrent kernel regularizer.")
    bias_regularizer: Regularizer | None = regularizer("Bias regularizer.")
    activity_regularizer: Regularizer | None = activity_regularizer()
    kernel_constraint: Constraint | None = constraint("Kernel constraint.")
    recurrent_constraint: Constraint | None = constraint("Recurrent kernel constraint.")
    bias_constraint: Constraint | None = constraint("Bias constraint.")
    zero_output_for_mask: bool = option(
        Boolean(),
        "Whether the output of a masked step is 0, and not that of the step before; with `bidirectional` it always is.",
        False,
    )
    seed: int | None = option(Nullable(Integer(ge=0)), SEED_DOC, None)
    bidirectional: str | None = option(_BIDIRECTIONAL, _BIDIRECTIONAL_DOC, None)
    return_state: bool = option(
        Boolean(),
        "Whether its last state can be read too: `NODE.state`; of an `lstm`, `NODE.state_h` and `NODE.state_c`.",
        False,
    )
    initial_state: tuple[str, ...] | None = option(
        Nullable(Reads(4)), "The nodes that hold the state to begin with; null: zeros.", None
    )


@kind("lstm", principal="units")
class Lstm(SimpleRnn):
    """Long short-term memory (Hochreiter and Schmidhuber, 1997): [steps, channels] to [units]."""

    keras_layers = ("LSTM", "Bidirectional")
    gates = 4
    states = ("state_h", "state_c")
    recurrent_activation: str | None = activation("Activation function of the gates.", "sigmoid")
    unit_forget_bias: bool = option(Boolean(), "Whether to initialise the bias of the forget gate to 1.", True)


@kind("gru", principal="units")
class Gru(SimpleRnn):
    """Gated recurrent unit (arXiv 1406.1078): [steps, channels] to [units]."""

    keras_layers = ("GRU", "Bidirectional")
    gates = 3
    recurrent_activation: str | None = activation("Activation function of the gates.", "sigmoid")
    reset_after: bool = option(
        Boolean(), "Whether to apply the reset gate after the matrix product, as cuDNN does.", True
    )

    def weight_rank(self, constraint: str, *inputs: Shape) -> int:
        return 2 if self.reset_after else super().weight_rank(constraint, *inputs)

    def _biases(self) -> Sum:
        both = self.reset_after and self.use_bias  # for the input and for the state
        return (product(2, self.units),) if both else super()._biases()

    def _bias_shape(self, wide: int) -> tuple[int, ...]:
        return (2, wide) if self.reset_after else (wide,)


@kind("multi_head_attention")
class MultiHeadAttention(Attending):
    """Multi-head attention (arXiv 1706.03762): each step of the query attends to the steps of the value.

    A single input attends to itself; `from: [query, value]` or `[query, value, key]` to others. The output has the query's shape.
    `bias` names a node that is added to the scores, [heads, query steps, value steps], `attention_mask` one that is 0 where a step
    does not attend to another, [query steps, value steps]; both may have the sizes over which nothing attends before these.
    Over more than steps, `attention_axes` says along which axes it attends; unless it is given, along all of them together.
    """

    keras_layers = ("MultiHeadAttention",)
    keras_note = "with `bias`, `netspec.layers.BiasedMultiHeadAttention`"
    takes_integers = True
    num_heads: int = option(Integer(ge=1), "Number of attention heads.")
    key_dim: int = option(Integer(ge=1), "Size of each head's queries and keys.")
    value_dim: int | None = option(Nullable(Integer(ge=1)), "Size of each head's values; null: `key_dim`.", None)
    dropout: float = option(Number(ge=0, le=1), "Fraction of the attention scores to drop during training.", 0.0)
    use_bias: bool = option(Boolean(), "Whether to add biases to the projections.", True)
    output_shape: Whole | None = option(
        Nullable(IntegerList(ge=1, single=True)),
        "Size of the output's channels, or of several axes; null: the query's.",
        None,
    )
    attention_axes: Whole | None = option(
        Nullable(IntegerList(single=True)),
        "Axis or axes along which steps attend to each other, counted as in Keras; null: all but the channels.",
        None,
    )
    attention_mask: tuple[str, ...] | None = option(
        Nullable(Reads()),
        "Node that is 0 where a step of the query does not attend to a step of the value; null: all do.",
        None,
    )
    bias: tuple[str, ...] | None = option(
        Nullable(Reads()), "Node that is added to the scores before their softmax; null: nothing is.", None
    )
    use_causal_mask: bool = option(Boolean(), CAUSAL_DOC, False)
    sliding_window: int | None = option(
        Nullable(Integer(ge=1)), "Steps to either side, its own included, that each step attends to; null: all.", None
    )
    use_gate: bool = option(Boolean(), "Whether the query gates the output by a sigmoid (arXiv 2505.06708).", False)
    kernel_initializer: Initializer = initializer("Kernel initializer of the projections.")
    bias_initializer: Initializer = vector_initializer("Bias initializer.", Zeros())
    kernel_regularizer: Regularizer | None = regularizer("Kernel regularizer of the projections.")
    bias_regularizer: Regularizer | None = regularizer("Bias regularizer.")
    activity_regularizer: Regularizer | None = activity_regularizer()
    kernel_constraint: Constraint | None = constraint("Kernel constraint of the projections.")
    bias_constraint: Constraint | None = constraint("Bias constraint.")
    seed: int | None = option(Nullable(Integer(ge=0)), SEED_DOC, None)

    def positions(self) -> Positions:
        return GATHERED if isinstance(self.output_shape, tuple) and len(self.output_shape) > 1 else ATTENDED

    def infer(self, *inputs: Shape) -> Shape:
        own = self.parted(inputs)[0]
        query, value, key = roles(own)
        for name, shape in zip(ROLES, (query, value, key), strict=True):
            if len(shape) < 2:
                raise no_steps(shape, name if len(own) > 1 else "")
            self.channels_of(shape)
        out = (*query[:-1], *self._made(query))
        for name in ("use_causal_mask", "sliding_window"):
            if getattr(self, name) and len(query) != 2:
                message = f"with `{name}` takes [steps, channels], not the shape {show_shape(query)}"
                raise ShapeError("NS404", message, out)
        if key[:-1] != value[:-1]:  # Keras does not take an unknown number for a known one either
            raise ShapeError(
                "NS403",
                f"value {show_shape(value)} and key {show_shape(key)} must be alike but for their channels: "
                f"{unlike(value[:-1], key[:-1])}",
                out,
            )
        if len(query) != len(value):
            message = f"query {show_shape(query)} and value {show_shape(value)} must have as many axes"
            raise ShapeError("NS403", f"{message}: {ranks_differ((query, value))}", out)
        attended = self._axes(query, out)
        self._check_beside(inputs, attended, out)
        for axis, (a, b) in enumerate(zip(query[:-1], value[:-1], strict=True)):
            if axis not in attended and a != b and a is not None and b is not None:
                where = f"axis {axis + 1}, which `attention_axes` does not name"
                message = f"query {show_shape(query)} and value {show_shape(value)} differ: {a} against {b} on {where}"
                every = list(range(1, len(query)))
                raise ShapeError("NS403", message, out, [Repair("attention_axes", str(every))])
        return out

    def beside(self, *inputs: Shape) -> list[tuple[str, Shape, tuple[Shape, ...]]]:
        """The mask and the bias: the name of each, its shape, and the shapes that it may have; raises ShapeError."""
        own, masks, biases = self.parted(inputs)
        query, value, _ = roles(own)
        attended = self._axes(query)
        scores = (*(query[axis] for axis in attended), *(value[axis] for axis in attended))
        free = tuple(size for axis, size in enumerate(query[:-1]) if axis not in attended)
        found = []
        for name, given, wanted in (
            ("attention_mask", masks, scores),
            ("bias", biases, (self.num_heads, *scores)),
        ):
            either: tuple[Shape, ...] = (wanted, (*free, *wanted)) if free else (wanted,)
            found += [(name, shape, either) for shape in given]
        return found

    def _check_beside(self, inputs: Sequence[Shape], attended: tuple[int, ...], out: Shape) -> None:
        """Raise ShapeError of a mask or a bias that does not go with the scores."""
        query, value, _ = roles(self.parted(inputs)[0])
        for name, shape, either in self.beside(*inputs):
            if any(stretches(shape, wanted) for wanted in either):
                continue
            message, heads = misfit(name, shape, either, (query, value), attended)
            repairs = [Repair("num_heads", str(heads))] if heads not in (None, 1, self.num_heads) else ()
            raise ShapeError("NS403", message, out, repairs)

    def _made(self, query: Shape) -> tuple[Size, ...]:
        """The sizes of the output's last axes."""
        said = self.output_shape
        return (query[-1],) if said is None else (said,) if isinstance(said, int) else said

    def _axes(self, query: Shape, out: Shape | None = None) -> tuple[int, ...]:
        """Which axes of the query attend; raises ShapeError."""
        if self.attention_axes is None:
            return tuple(range(len(query) - 1))
        said = (self.attention_axes,) if isinstance(self.attention_axes, int) else self.attention_axes
        try:
            found = tuple(resolve_axes(said, query, "attention_axes"))
        except ShapeError as error:
            nearest = [Repair("attention_axes", str(len(query) - 1))] if isinstance(self.attention_axes, int) else []
            raise ShapeError(error.code, error.message, out, (*nearest, *error.repairs)) from None
        if len(query) - 1 in found:
            message = f"`attention_axes` {_listed(said)} names the channels, the last axis of {show_shape(query)}"
            raise ShapeError("NS408", message, out, [Repair("attention_axes", str(len(query) - 1))])
        return found

    def _widths(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """The factors of the width of all queries, as of all keys, and of all values."""
        value_dim = self.key_dim if self.value_dim is None else self.value_dim
        return (self.num_heads, self.key_dim), (self.num_heads, value_dim)

    def _out(self, query: Shape) -> tuple[int, ...]:
        return tuple(size for size in self._made(query) if size is not None)

    def weight_rank(self, constraint: str, *inputs: Shape) -> int:
        made = len(self._made(inputs[0]))
        return min(2, made) if constraint == "bias_constraint" else min(3, 2 + made)

    def weight_terms(self, *inputs: Shape) -> WeightTerms:
        query, value, key = (self.channels_of(shape) for shape in roles(self.parted(inputs)[0]))
        out = self._out(inputs[0])
        k, v = self._widths()
        return projections(query, key, value, (k, k, v), out, bias=self.use_bias, gate=self.use_gate)

    def mac_terms(self, inputs: Sequence[Shape], output: Shape) -> Sum | None:
        query, value, key = roles(self.parted(inputs)[0])
        q_steps, v_steps = spatial_shape(query), spatial_shape(value)
        q, n, c = query[-1], value[-1], key[-1]
        if q_steps is None or v_steps is None or q is None or n is None or c is None:
            return None
        k, v = self._widths()
        seen = tuple(v_steps[axis] for axis in sorted(self._axes(query)))
        gates = (product(q, *v, times=q_steps),) if self.use_gate else ()
        return (
            product(q, *k, times=q_steps),
            product(c, *k, times=v_steps),
            product(n, *v, times=v_steps),
            *gates,
            product(*v, *self._out(query), times=q_steps),
            product(self.num_heads, (product(k[1]), product(v[1])), times=(*q_steps, *seen)),
        )

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        arguments = self.layer_arguments(keras)
        if self.bias:
            layer = keras.netspec_layers.BiasedMultiHeadAttention(
                name=name,
                **arguments,
                has_key=len(self.parted(inputs)[0]) > 2,
                has_mask=bool(self.attention_mask),
                causal=self.use_causal_mask,
            )

            def attend_with(tensors: Tensor) -> Tensor:
                (query, *rest), masks, biases = self.parted(tensors)
                return layer([query, *(rest or [query]), *masks, *biases])

            return attend_with
        layer = keras.layers.MultiHeadAttention(name=name, **arguments)

        def attend(tensors: Tensor) -> Tensor:
            (query, *rest), masks, _ = self.parted(tensors if isinstance(tensors, (list, tuple)) else [tensors])
            value = rest[0] if rest else query
            key = rest[1] if len(rest) > 1 else value
            given = {"attention_mask": masks[0]} if masks else {}
            return layer(query=query, value=value, key=key, use_causal_mask=self.use_causal_mask, **given)

        return attend


def _listed(axes: Sequence[int]) -> str:
    return str(axes[0]) if len(axes) == 1 else str(list(axes))


@kind("masking", principal="mask_value")
class Masking(Kind):
    """Marks the steps whose channels all have one value as padding, which layers that know masks leave out.

    What is marked becomes 0. `embedding` with `mask_zero` does the same for tokens.
    """

    family = "sequence"
    keras_layers = ("Masking",)
    keeps_integers = True
    mask_value: float = option(Number(), "Value of all channels of a step that is padding.", 0.0)

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) < 2:
            raise ShapeError("NS404", f"takes [steps, channels], not the shape {show_shape(x)}")
        return x

    def dtype(self, *inputs: str) -> str:
        return "int32" if inputs[0] == "bool" else super().dtype(*inputs)

    def mask(self, inputs: Sequence[Shape], masked: Sequence[bool]) -> bool:
        return True


@kind("repeat_vector", principal="n")
class RepeatVector(Kind):
    """Repeats a vector as the steps of a sequence: [channels] becomes [n, channels], for a decoder to read."""

    family = "sequence"
    keras_layers = ("RepeatVector",)
    ranks = (0,)
    keeps_integers = True
    n: int = option(Integer(ge=1), "Number of steps.")

    def positions(self) -> Positions:
        return REARRANGED

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        self.spatial(x)
        return (self.n, x[-1])
