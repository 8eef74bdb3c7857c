"""Attention without projections, additive attention, and attention whose heads share keys."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.kinds.arguments import (
    Constraint,
    Initializer,
    Regularizer,
    Zeros,
    activity_regularizer,
    constraint,
    initializer,
    regularizer,
    vector_initializer,
)
from netspec.kinds.keras_types import Keras, Lowered, Tensor
from netspec.kinds.kind import ATTENDED, Kind, OptionConflict, Positions, Repair, ShapeError, divisors, kind
from netspec.kinds.merge import ranks_differ, unlike
from netspec.kinds.regularisation import SEED_DOC
from netspec.kinds.terms import Sum, WeightTensor, WeightTerms, product
from netspec.options import Boolean, Choice, Integer, Nullable, Number, Values, option
from netspec.shapes import Shape, Size, show_shape, spatial_shape

CAUSAL_DOC = "Whether each step attends only to itself and to earlier steps."


ROLES = ("query", "value", "key")


def no_steps(shape: Shape, role: str = "") -> ShapeError:
    """The problem of what has no steps, or more axes than those and channels; `role` says which of several inputs it is."""
    said = f"and its {role} is {show_shape(shape)}" if role else f"not the shape {show_shape(shape)}"
    return ShapeError("NS404", f"takes [steps, channels], {said}")


def projections(
    query: int,
    key: int,
    value: int,
    inner: tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]],
    out: tuple[int, ...],
    *,
    bias: bool,
    gate: bool,
) -> WeightTerms:
    """The weights of attention by heads, as Keras calls them.

    Args:
        query: The channels of the query; and so on.
        key: Of the key.
        value: Of the value.
        inner: Heads and channels of each that the query, the key and the value become.
        out: The axes behind the positions of the output.
        bias: Does each projection have one?
        gate: Does the query gate the output?
    """
    q, k, v = inner
    wide = (q[0], v[-1])  # what the heads yield together
    parts = {
        "query": ((query,), q),
        "key": ((key,), k),
        "value": ((value,), v),
        "attention_output": (wide, out),
    } | ({"gate": ((query,), wide)} if gate else {})
    kernels = [product(*read, *made, name=f"{name}/kernel") for name, (read, made) in parts.items()]
    biases = [product(*made, name=f"{name}/bias") for name, (_, made) in parts.items()] if bias else []
    return WeightTerms((*kernels, *biases))


def roles(given: Sequence[Shape]) -> tuple[Shape, Shape, Shape]:
    """The query, the value and the key among one, two or three inputs: a single one attends to itself."""
    query = given[0]
    value = given[1] if len(given) > 1 else query
    return query, value, given[2] if len(given) > 2 else value


def misfit(
    name: str, shape: Shape, either: Sequence[Shape], between: tuple[Shape, Shape], attended: Sequence[int]
) -> tuple[str, Size]:
    """The problem, in words, of a mask or a bias that does not go with the scores; how many heads it is for, where it says so.

    Args:
        name: Which of both it is.
        shape: Its shape.
        either: The shapes that it may have; the first is that of the scores themselves.
        between: The query and the value.
        attended: The axes that attend.
    """
    axes = [f"axis {axis + 1} of the {role}" for role in ROLES[:2] for axis in attended]
    axes = ["steps of the query", "steps of the value"] if len(attended) == 1 else axes
    axes = ["heads", *axes] if name == "bias" else axes
    query, value = map(show_shape, between)
    message = f"`{name}` is {show_shape(shape)}, and the scores of query {query} and value {value}"
    message += f" are {show_shape(either[0])} ({', '.join(axes)})"
    message += "".join(f", or, with the axes along which nothing attends, {show_shape(more)}" for more in either[1:])
    fitting = next((wanted for wanted in either if len(wanted) == len(shape)), either[0])
    if len(shape) != len(fitting):
        return f"{message}: {unlike(shape, fitting)}", None
    heads = shape[-1 - 2 * len(attended)] if name == "bias" else None
    return f"{message}: {unlike(tuple(map(stretched, shape, fitting)), fitting)}", heads


def stretched(size: Size, wanted: Size) -> Size:
    """A size as it counts beside another: what is given for no single step or head, with a size of 1, is for all of them."""
    return wanted if size == 1 or size is None or wanted is None else size


def stretches(shape: Shape, wanted: Shape) -> bool:
    """Can a shape be stretched to another?"""
    return len(shape) == len(wanted) and tuple(map(stretched, shape, wanted)) == wanted


class Attending(Kind):
    """Base of the layers by which the steps of a query attend to the steps of a value."""

    family = "sequence"
    arity = (1, 3)
    keeps_mask = True
    fuses = True
    use_causal_mask: bool

    def layer_arguments(self, keras: Keras) -> Values:
        """What the layer itself is given."""
        arguments = self.keras_arguments(keras, "use_causal_mask", *self.reads)
        if arguments.get("sliding_window") is None:
            arguments.pop("sliding_window", None)  # which Keras 3.14 does not know
        return arguments

    def positions(self) -> Positions:
        return ATTENDED

    def mask(self, inputs: Sequence[Shape], masked: Sequence[bool]) -> bool:
        query = inputs[0]
        if any(masked) and len(query) != 2:
            message = f"with a mask takes [steps, channels], not the shape {show_shape(query)}"
            raise ShapeError("NS411", message, self.infer(*inputs))
        return super().mask(inputs, masked)

    def skips_masked(self, inputs: Sequence[Shape]) -> bool:
        return True

    def tied_to(self, *inputs: Shape) -> dict[str, object]:
        return {**super().tied_to(*inputs), "the number of axes": tuple(map(len, inputs))}


class _Plain(Attending):
    """Base of those without projections, whose query and key have as many channels."""

    def infer(self, *inputs: Shape) -> Shape:
        query, value, key = roles(inputs)
        for name, shape in zip(ROLES, (query, value, key), strict=True):
            if len(shape) < 2:
                raise no_steps(shape, name if len(inputs) > 1 else "")
        q, k = query[-1], key[-1]
        out = (*query[:-1], value[-1])
        self._alike(query, value, key, out)
        if q != k and q is not None and k is not None:
            names = f"query {show_shape(query)} and {'key' if len(inputs) > 2 else 'value'} {show_shape(key)}"
            where = f"{q} against {k} on axis {len(query)}"
            raise ShapeError("NS403", f"{names} must have as many channels: {where}", out)
        return out

    def _alike(self, query: Shape, value: Shape, key: Shape, out: Shape) -> None:
        """Raise ShapeError where the steps of value and key differ, or what stands before the steps."""
        if key[-2] != value[-2] and None not in (key[-2], value[-2]):
            message = f"value {show_shape(value)} and key {show_shape(key)} must have the same number of steps"
            raise ShapeError("NS403", f"{message}: {value[-2]} against {key[-2]} on axis {len(key) - 1}", out)
        for name, other in (("value", value), ("key", key)):
            if len(other) != len(query):
                message = f"query {show_shape(query)} and {name} {show_shape(other)} must have as many axes"
                raise ShapeError("NS403", f"{message}: {ranks_differ((query, other))}", out)
            for axis, (a, b) in enumerate(zip(query[:-2], other[:-2], strict=True), 1):
                if a != b and a is not None and b is not None:
                    message = f"query {show_shape(query)} and {name} {show_shape(other)} must be alike before the steps"
                    raise ShapeError("NS403", f"{message}: {a} against {b} on axis {axis}", out)

    def _pairs(self, inputs: Sequence[Shape]) -> tuple[int, ...] | None:
        """The sizes over which each step of the query meets each of the value; None where one is unknown."""
        query, value, _ = roles(inputs)
        steps = spatial_shape(query)
        return None if steps is None or value[-2] is None else (*steps, value[-2])

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        layer = self.keras_layer(keras)(name=name, **self.layer_arguments(keras))

        def attend(tensors: Tensor) -> Tensor:
            given = list(tensors) if isinstance(tensors, (list, tuple)) else [tensors, tensors]
            return layer(given, use_causal_mask=self.use_causal_mask)

        return attend


@kind("attention")
class Attention(_Plain):
    """Dot-product attention without projections (arXiv 1508.04025): each step of the query is a mean of the value's steps.

    A single input attends to itself; `from: [query, value]` or `[query, value, key]` to others. The output has the query's
    steps and the value's channels. `multi_head_attention` projects first.
    """

    keras_layers = ("Attention",)
    score_mode: str = option(
        Choice({"dot": "The product of query and key.", "concat": "The sum of tanh(query + key), scaled."}),
        "How a query and a key are compared.",
        "dot",
    )
    use_scale: bool = option(Boolean(), "Whether to learn a number that the scores are scaled by.", False)
    dropout: float = option(Number(ge=0, le=1), "Fraction of the attention scores to drop during training.", 0.0)
    use_causal_mask: bool = option(Boolean(), CAUSAL_DOC, False)
    seed: int | None = option(Nullable(Integer(ge=0)), SEED_DOC, None)

    def tied_to(self, *inputs: Shape) -> dict[str, object]:
        return {}  # what it learns is for any input

    def weight_terms(self, *inputs: Shape) -> WeightTerms:
        count = self.use_scale + (self.score_mode == "concat")
        return WeightTerms((product(count),) if count else ())

    def tensors(self, *inputs: Shape) -> tuple[WeightTensor, ...]:
        there = {"scale": self.use_scale, "concat_score_weight": self.score_mode == "concat"}
        return tuple(WeightTensor(name, ()) for name, is_there in there.items() if is_there)

    def mac_terms(self, inputs: Sequence[Shape], output: Shape) -> Sum | None:
        query, value, _ = roles(inputs)
        pairs, q, n = self._pairs(inputs), query[-1], value[-1]
        if pairs is None or q is None or n is None:
            return None
        # Of `concat` no product is a matrix's but the last: what stands before it is added up.
        each = (product(q), product(n)) if self.score_mode == "dot" else (product(n),)
        return (product(each, times=pairs),)


@kind("additive_attention")
class AdditiveAttention(_Plain):
    """Additive attention (arXiv 1409.0473): scores are the sum of tanh(query + key), each channel scaled.

    A single input attends to itself; `from: [query, value]` or `[query, value, key]` to others. The output has the query's
    steps and the value's channels. The projections of the paper are `dense` nodes before it.
    """

    keras_layers = ("AdditiveAttention",)
    use_scale: bool = option(Boolean(), "Whether to learn a scale for each channel of the scores.", True)
    dropout: float = option(Number(ge=0, le=1), "Fraction of the attention scores to drop during training.", 0.0)
    use_causal_mask: bool = option(Boolean(), CAUSAL_DOC, False)
    seed: int | None = option(Nullable(Integer(ge=0)), SEED_DOC, None)

    def tied_to(self, *inputs: Shape) -> dict[str, object]:
        return {"the number of channels": inputs[0][-1]} if self.use_scale else {}

    def weight_terms(self, *inputs: Shape) -> WeightTerms:
        return WeightTerms((product(self.channels_of(inputs[0]), name="scale"),) if self.use_scale else ())

    def mac_terms(self, inputs: Sequence[Shape], output: Shape) -> Sum | None:
        pairs, n = self._pairs(inputs), roles(inputs)[1][-1]
        return None if pairs is None or n is None else (product(n, times=pairs),)


@kind("grouped_query_attention")
class GroupedQueryAttention(Attending):
    """Grouped-query attention (arXiv 2305.13245): several heads of queries share the keys and values of one.

    With `num_key_value_heads: 1` it is multi-query attention (arXiv 1911.02150), with as many as `num_query_heads` it is
    `multi_head_attention`. A single input attends to itself; `from: [query, value]` or `[query, value, key]` to others. The
    output has the query's shape.
    """

    keras_layers = ("GroupQueryAttention",)
    head_dim: int = option(Integer(ge=1), "Size of each head's queries, keys and values.")
    num_query_heads: int = option(Integer(ge=1), "Number of heads of queries.")
    num_key_value_heads: int = option(Integer(ge=1), "Number of heads of keys and values, which divides the other.")
    dropout: float = option(Number(ge=0, le=1), "Fraction of the attention scores to drop during training.", 0.0)
    use_bias: bool = option(Boolean(), "Whether to add biases to the projections.", True)
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

    def check(self) -> None:
        heads, shared = self.num_query_heads, self.num_key_value_heads
        if heads % shared:
            message = f"`num_query_heads` (={heads}) must be divisible by `num_key_value_heads` (={shared})"
            fewer = [n for n in reversed(divisors(heads)) if n <= shared]
            repairs = [Repair("num_key_value_heads", str(n)) for n in dict.fromkeys((*fewer[:3], 1))]
            raise OptionConflict(message, "num_key_value_heads", repairs)

    def infer(self, *inputs: Shape) -> Shape:
        query, value, key = roles(inputs)
        for name, shape in zip(ROLES, (query, value, key), strict=True):
            if len(shape) != 2:
                raise no_steps(shape, name if len(inputs) > 1 else "")
            self.channels_of(shape)
        if key[0] != value[0]:  # Keras does not take an unknown number for a known one either
            message = f"value {show_shape(value)} and key {show_shape(key)} must have the same number of steps"
            raise ShapeError("NS403", f"{message}: {unlike(value[:1], key[:1])}", query)
        if query[1] != value[1]:
            message = f"query {show_shape(query)} and value {show_shape(value)} must have as many channels"
            where = f"{query[1]} against {value[1]} on axis 2"
            raise ShapeError("NS403", f"{message}: {where}; a `dense` makes them so", query)
        return query

    def weight_rank(self, constraint: str, *inputs: Shape) -> int:
        return 1 if constraint == "bias_constraint" else 3

    def weight_terms(self, *inputs: Shape) -> WeightTerms:
        query, value, key = (self.channels_of(shape) for shape in roles(inputs))
        q, kv = (self.num_query_heads, self.head_dim), (self.num_key_value_heads, self.head_dim)
        return projections(query, key, value, (q, kv, kv), (query,), bias=self.use_bias, gate=self.use_gate)

    def mac_terms(self, inputs: Sequence[Shape], output: Shape) -> Sum | None:
        query, value, key = roles(inputs)
        q_steps, v_steps, q, n, c = query[0], value[0], query[-1], value[-1], key[-1]
        if q_steps is None or v_steps is None or q is None or n is None or c is None:
            return None
        wide, narrow = (self.num_query_heads, self.head_dim), (self.num_key_value_heads, self.head_dim)
        gates = (product(q, *wide, times=(q_steps,)),) if self.use_gate else ()
        return (
            product(q, *wide, times=(q_steps,)),
            product((product(c), product(n)), *narrow, times=(v_steps,)),
            product(2, *wide, times=(q_steps, v_steps)),
            *gates,
            product(*wide, q, times=(q_steps,)),
        )

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        layer = keras.layers.GroupQueryAttention(name=name, **self.layer_arguments(keras))

        def attend(tensors: Tensor) -> Tensor:
            query, *rest = tensors if isinstance(tensors, (list, tuple)) else [tensors]
            value = rest[0] if rest else query
            key = rest[1] if len(rest) > 1 else value
            return layer(query=query, value=value, key=key, use_causal_mask=self.use_causal_mask)

        return attend
