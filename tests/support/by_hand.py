"""A document in Keras's own words, as a reader of the language page would write it: no part of netspec's shapes or lowering.

It takes what `tests.support.documents` makes. Names of nodes are those that are given; shapes come out in the order of the text.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import keras
from keras import ops

from netspec.kinds import KINDS
from tests.support.oracle import DIRECT, of_rank, padded

WIRING = ("name", "from", "repeat", "when", "share")
MERGES = {"add": "Add", "concat": "Concatenate", "multiply": "Multiply", "average": "Average", "maximum": "Maximum"}
Tensor = Any
Shape = tuple[int | None, ...]
Jump = list[Fraction] | None  # None where places have no meaning any more

STRIDED = ("conv", "1x1", "depthwise_conv", "separable_conv", "deform_conv", "pool", "patches")
GROWING = {"conv_transpose": "strides", "upsample": "size"}
EXPRESSION = re.compile(r"(?:(\d+) \* )?\$(\w+)(?: (>|!=|//) (\d+))?\Z")  # all that the generator writes
# Those with weights: the others share nothing but their settings, and are made anew over another input.
LEARNING = ("conv", "1x1", "depthwise_conv", "separable_conv", "conv_transpose", "deform_conv", "dense", "embedding")
LEARNING += ("batch_norm", "layer_norm", "group_norm", "layer_scale", "prelu", "simple_rnn", "lstm", "gru")
LEARNING += (
    "multi_head_attention",
    "attention",
    "additive_attention",
    "grouped_query_attention",
    "rms_norm",
    "einsum_dense",
    "learned",
    "position_embedding",
    "stft_spectrogram",
    "conv_lstm",
)
FORGETFUL = (
    "constant",
    "learned",
    "flatten",
    "reshape",
    "permute",
    "global_pool",
    "lstm",
    "gru",
    "simple_rnn",
    "adaptive_pool",
    "repeat_vector",
    "mel_spectrogram",
    "text_vectorization",
    "matmul",
    "dot",
    "stack",
    "roll",
    "window_partition",
    "window_reverse",
    "conv_lstm",
)
STATES = {
    "simple_rnn": ("state",),
    "gru": ("state",),
    "lstm": ("state_h", "state_c"),
    "conv_lstm": ("state_h", "state_c"),
}


class Missing(ValueError):
    """A name that nobody bears, a node that reads nothing: what a Python program would stop at."""


class Shared:
    """A layer that may be called again, and what it was first called on."""

    def __init__(self, call: Callable[[Any], Tensor], read: list[Tensor], given: dict[str, Any]) -> None:
        self.call = call
        self.given = given
        self.kinds = _like(read)

    def unlike(self, read: list[Tensor]) -> bool:
        """Is it to be called on something else?"""
        return self.kinds != _like(read)


def _moved(word: str, given: dict[str, Any]) -> bool:
    """Are the output's places others than the input's, because of what axes it is given?"""
    if word == "einsum_dense":
        operand, output = re.split(",.*>", given["equation"])
        return operand.replace(".", "")[:-1] != output.replace(".", "")[:-1]
    return (
        word == "multi_head_attention"
        and isinstance(given.get("output_shape"), list)
        and len(given["output_shape"]) > 1
    ) or _along_another_axis(word, given)


def _along_another_axis(word: str, given: dict[str, Any]) -> bool:
    """Does it take places away, or choose among them?"""
    if word == "reduce":
        return given.get("axis") not in (-1, [-1]) or not given.get("keepdims")
    return word == "gather" and given.get("axis", 1) != -1


def parts_of(word: str, given: dict[str, Any]) -> list[str]:
    """The names of a recurrent layer's states, where it yields them, and of places."""
    if word == "top_k":
        return ["indices"]
    if word not in STATES or not given.get("return_state"):
        return []
    ways = ("forward_", "backward_") if given.get("bidirectional") is not None else ("",)
    return [way + state for way in ways for state in STATES[word]]


def _like(read: list[Tensor]) -> list[Shape]:
    return [tuple(tensor.shape) for tensor in read]


class Scope:
    """Names, and those around them."""

    def __init__(
        self, around: Scope | None = None, entering: list[Tensor] | None = None, twin: Scope | None = None
    ) -> None:
        self.names: dict[str, list[Tensor]] = {}
        self.around = around
        self.apart = False  # do nodes inside read nothing from outside?
        self.entering = entering or []
        self.twin = twin  # the scope of the same body whose layers are called again
        self.counts: dict[str, int] = {}
        self.layers: dict[str, Shared] = {}  # by the name of the node
        self.inner: dict[str, Scope] = {}  # by the name of the block or composition
        self.params: dict[str, Any] = {}  # of the block whose body this is
        self.words: dict[str, str] = {}

    def within(self, name: str, entering: list[Tensor]) -> Scope:
        """The scope of a body inside this one."""
        twin = self.twin.inner.get(name) if self.twin is not None else None
        made = self.inner[name] = Scope(self, entering, twin)
        return made

    def named(self, word: str) -> str:
        """The next name of a node that is given none."""
        base = f"conv{word}" if word[0].isdigit() else word
        self.counts[base] = self.counts.get(base, 0) + 1
        return f"{base}_{self.counts[base]}"

    def holding(self, name: str, word: str) -> Scope:
        """The nearest scope with a node of that name, which must be of that kind."""
        scope: Scope | None = self
        while scope is not None and name not in scope.words:
            scope = scope.around
        if scope is None or scope.words[name] != word:
            raise Missing(name)
        return scope

    def folded(self) -> Tensor | None:
        """What makes each step an example, where the scope stands over each step."""
        scope: Scope | None = self
        while scope is not None and not scope.apart:
            scope = scope.around
        return None if scope is None else scope.entering[0]

    def find(self, name: str) -> list[Tensor]:
        if name == "input":
            if len(self.entering) != 1:
                raise Missing("several inputs")
            return self.entering
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            if scope.apart:
                raise Missing(f"{name} is outside")
            scope = scope.around
        raise Missing(name)


class Fold(keras.layers.Layer):
    """Each step an example."""

    def call(self, inputs: Any) -> Any:
        return ops.reshape(inputs, (-1, *ops.shape(inputs)[2:]))

    def compute_output_spec(self, inputs: Any) -> Any:
        return keras.KerasTensor((None, *inputs.shape[2:]), dtype=inputs.dtype)


class Unfold(keras.layers.Layer):
    """The steps of a sequence again."""

    def call(self, inputs: Any, sequence: Any) -> Any:
        return ops.reshape(inputs, (-1, ops.shape(sequence)[1], *ops.shape(inputs)[1:]))

    def compute_output_spec(self, inputs: Any, sequence: Any) -> Any:
        return keras.KerasTensor((None, sequence.shape[1], *inputs.shape[1:]), dtype=inputs.dtype)


class Hand:
    """A document being built; `record` is a word and a shape for each node, in order."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.record: list[tuple[str, Shape]] = []
        self.tensors: list[Tensor] = []  # what the nodes yield
        self.inputs: list[Tensor] = []
        self.unlike: set[str] = set()  # kinds whose layer was called on something unlike what it was first called on
        self.heads: list[Tensor] = []
        self.left_out = 0  # nodes that `when` or `repeat: 0` left out
        self.jumps: dict[int, Jump] = {}  # by tensor: the product of the strides that led to it

    def model(self) -> Any:
        """The Keras model."""
        declared = self.document.get("inputs") or {"input": self.document["input"]}
        inputs = {}
        for name, given in declared.items():
            shape, dtype = (given["shape"], given["dtype"]) if isinstance(given, dict) else (given, "float32")
            inputs[name] = keras.Input(tuple(shape), dtype=dtype)
            self.jumps[id(inputs[name])] = [Fraction(1)] * (len(shape) - 1)
        top = Scope(entering=list(inputs.values()) if len(inputs) == 1 else [])
        top.names = {name: [tensor] for name, tensor in inputs.items() if "inputs" in self.document}
        current = list(inputs.values()) if len(inputs) == 1 else []
        self.inputs = list(inputs.values())
        end = self.body(self.document["layers"], current, top, {})
        return keras.Model(self.inputs, [*end, *self.heads])

    def body(self, steps: list[Any], current: list[Tensor], scope: Scope, params: dict[str, Any]) -> list[Tensor]:
        for step in steps:
            word, given = (step, {}) if isinstance(step, str) else next(iter(step.items()))
            if not isinstance(given, dict):
                given = {KINDS[word].principal: given}
            wiring = {name: given[name] for name in WIRING if name in given}
            rest = {name: value for name, value in given.items() if name not in WIRING}
            current = self.repeated(word, rest, wiring, current, scope, params)
        return current

    def inside(self, steps: list[Any], read: list[Tensor], scope: Scope, params: dict[str, Any]) -> list[Tensor]:
        """A body whose nodes must not all be left out, unless it says itself that it is empty."""
        before = self.left_out
        ends = self.body(steps, read, scope, params)
        if ends == read and self.left_out > before:
            raise Missing("all nodes of a body are left out")
        return ends

    def repeated(
        self, word: str, given: dict[str, Any], wiring: dict[str, Any], current: list[Tensor], scope: Scope, params: Any
    ) -> list[Tensor]:
        if wiring.get("when") is False and isinstance(wiring.get("repeat", 1), int):
            self.left_out += wiring.get("repeat", 1) or 1
            return current  # nobody asks what it would have read
        sources = wiring.get("from")
        names = sources if isinstance(sources, list) else [sources]
        alone = word in KINDS and KINDS[word].arity[1] == 0
        first = (
            ([] if alone else current) if sources is None else [tensor for name in names for tensor in scope.find(name)]
        )
        # What reads nothing sees the sizes of the node before it.
        seen = current if alone and sources is None else first
        count = self.value(wiring.get("repeat", 1), params, seen)
        self.left_out += count == 0
        read = first
        for number in range(count):
            inner = {**params, "index": number} if "repeat" in wiring else params
            if not self.value(wiring.get("when", True), inner, current if alone and sources is None else read):
                self.left_out += 1
                continue
            if not read and (word not in KINDS or KINDS[word].arity[1] != 0):
                raise Missing("it reads nothing")
            name = wiring.get("name") or scope.named(word)
            name += f"_{number + 1}" if "repeat" in wiring and "name" in wiring else ""
            made = self.node(word, given, read, scope, inner, name, wiring.get("share"))
            scope.names[name] = made
            scope.words[name] = word
            if word == "head":
                self.heads += made
            else:
                current = made
            read = [] if alone and sources is None else current
        return current

    def value(self, value: Any, params: dict[str, Any], read: list[Tensor]) -> Any:
        """What an expression of the generator's few comes to."""
        if not isinstance(value, str) or "$" not in value:
            return value
        found = EXPRESSION.match(value)
        assert found is not None, value
        factor, name, sign, limit = found.groups()
        number = params[name] if name in params else self.received(name, read)
        if number is None:
            raise Missing(value)
        number *= int(factor or 1)
        if sign is None:
            return number
        return {">": operator.gt, "!=": operator.ne, "//": operator.floordiv}[sign](number, int(limit))

    def received(self, name: str, read: list[Tensor]) -> int | None:
        """`$channels` and the others; None where a node receives no such thing."""
        sizes = {
            2: {},
            3: {"length": 1},
            4: {"height": 1, "width": 2},
            5: {"depth": 1, "height": 2, "width": 3},
        }
        shape = read[0].shape if read else (None,)
        axis: int | None = -1 if name == "channels" else sizes.get(len(shape), {}).get(name)
        return None if axis is None else shape[axis]

    def node(
        self,
        word: str,
        given: dict[str, Any],
        read: list[Tensor],
        scope: Scope,
        params: dict[str, Any],
        name: str,
        share: str | None,
    ) -> list[Tensor]:
        holder, target = (scope.twin, name) if share is None else (scope.holding(share, word), share)
        if word in ("Unit", "skip", "inception", "head", "split", "time_distributed"):
            inner = Scope(scope, read, holder.inner.get(target) if holder is not None else None)
            scope.inner[name] = inner
        if word == "Unit":
            block = self.document["blocks"]["Unit"]
            if share is not None:
                inner.params = inner.twin.params if inner.twin is not None else {}
            else:
                inner.params = self.arguments(block["params"], given, params, read)
            index = {"index": params["index"]} if "index" in params else {}
            return self.body(block["layers"], read, inner, {**inner.params, **index})
        if word == "skip":
            return [self.skip(given, read, inner, params, (scope, name))]
        if word == "inception":
            return self.inception(given, read, inner, params, (scope, name))
        if word == "head" and scope.folded() is not None:
            raise Missing("no output of an example")
        if word == "head":
            return self.inside(given["body"], read, inner, params)
        if word == "split":
            return self.split(given, read, scope, name)
        if word == "time_distributed":
            return [self.each_step(given["body"], read, inner, params)]
        defaults = self.document.get("defaults", {})
        given = {**(defaults.get("conv", {}) if word == "1x1" else {}), **defaults.get(word, {}), **given}
        given = {name: value for name, value in given.items() if name in KINDS[word].options}
        beside: dict[str, list[Tensor]] = {}
        for option in KINDS[word].reads:
            named = given.pop(option, None)
            if named is not None:
                names = named if isinstance(named, list) else [named]
                beside[option] = [tensor for each in names for tensor in scope.find(each)]
        given = {name: self.value(value, params, read) for name, value in given.items()}
        return [
            self.layer(word, given, read, (scope, name), None, holder.layers.get(target) if holder else None, beside)
        ]

    def split(self, given: dict[str, Any], read: list[Tensor], scope: Scope, name: str) -> list[Tensor]:
        """Slices of a tensor, one behind the other."""
        if len(read) != 1:
            raise Missing("too many inputs")
        (x,) = read
        parts, axis = given["parts"], given.get("axis", -1)
        axis = axis % len(x.shape) if -len(x.shape) < axis < len(x.shape) else 0
        if axis == 0 or x.shape[axis] is None:
            raise Missing("the batch, or an axis of which nothing is known")
        sizes = list(parts.values()) if isinstance(parts, dict) else [x.shape[axis] / len(parts)] * len(parts)
        if sum(sizes) != x.shape[axis] or any(size != int(size) or size < 1 for size in sizes):
            raise Missing("the parts do not fill the axis")
        made, start = [], 0
        for part, size in zip(parts, map(int, sizes), strict=True):
            place = [slice(None)] * axis + [slice(start, start + size)]
            y = x[tuple(place)]
            self.jumps[id(y)] = self.jumps[id(x)]
            scope.names[f"{name}.{part}"] = [self.noted("slice", y)]
            made.append(y)
            start += size
        return made

    def each_step(self, body: list[Any], read: list[Tensor], inner: Scope, params: dict[str, Any]) -> Tensor:
        """A body over each step, as one over more examples."""
        if len(read) != 1:
            raise Missing("too many inputs")
        (x,) = read
        if len(x.shape) < 3:
            raise Missing("no steps")
        folded = Fold()(x)
        self.jumps[id(folded)] = None
        self.noted("time_distributed", folded)
        inner.apart, inner.entering = True, [folded]
        ends = self.inside(body, [folded], inner, params)
        if len(ends) != 1:
            raise Missing("several ends")
        y = Unfold()(ends[0], x)
        self.jumps[id(y)] = None
        return self.noted("time_distributed", y)

    def arguments(
        self, declared: dict[str, Any], given: dict[str, Any], params: dict[str, Any], read: list[Tensor]
    ) -> dict[str, Any]:
        """The values of a block's params at a use; what a default receives is what the use does."""
        index = {"index": params["index"]} if "index" in params else {}
        values = {name: self.value(value, params, read) for name, value in given.items()}
        for name, default in declared.items():
            if name not in values:
                if default is None:
                    raise Missing("a param without a value")
                values[name] = self.value(default, {**values, **index}, read)
        return values

    def layer(
        self,
        word: str,
        given: dict[str, Any],
        read: list[Tensor],
        place: tuple[Scope, str],
        said: str | None = None,
        shared: Shared | None = None,
        beside: dict[str, list[Tensor]] | None = None,
    ) -> Tensor:
        """A node's output; `place` is where its layer is kept, `shared` one that was made for another node.

        `beside` are the nodes that hyperparameters name.
        """
        scope, name = place
        if shared is None and scope.twin is not None:
            shared = scope.twin.layers.get(name)
        least, most = KINDS[word](**(given if shared is None else shared.given)).takes()
        if len(read) < least or (most is not None and len(read) > most):
            raise Missing("too many inputs, or too few")
        if most == 0:
            read = [scope.folded() if scope.folded() is not None else self.inputs[0]]  # for the number of examples
        rank = len(read[0].shape) - 2
        if shared is None:
            shared = Shared(self.made(word, rank, given), read, given)
        elif shared.unlike(read):
            if word in LEARNING:
                self.unlike.add(word)
            else:  # there is nothing to share but its settings
                shared = Shared(self.made(word, rank, shared.given), read, shared.given)
        scope.layers[name] = shared
        y = shared.call(read[0] if len(read) == 1 else read, **(beside or {}))
        states = parts_of(word, shared.given)
        if states:
            y, *rest = y
        before = self.merged(read, y) if KINDS[word].family == "merge" else self.jumps[id(read[0])]
        self.jumps[id(y)] = self.jump(word, shared.given, before, rank)
        self.noted(said or word, y)
        for state, tensor in zip(states, rest if states else (), strict=True):
            self.jumps[id(tensor)] = None
            scope.names[f"{name}.{state}"] = [self.noted(word, tensor)]
        return y

    def merged(self, tensors: list[Tensor], y: Tensor) -> Jump:
        """The strides that led to what some tensors are merged into."""
        jumps = [self.jumps[id(tensor)] for tensor in tensors if len(tensor.shape) == len(y.shape)]
        known = [jump for jump in jumps if jump is not None]
        return [max(steps) for steps in zip(*known, strict=True)] if known else None

    def noted(self, word: str, y: Tensor) -> Tensor:
        self.record.append((word, tuple(y.shape[1:])))
        self.tensors.append(y)
        return y

    def made(self, word: str, rank: int, given: dict[str, Any]) -> Callable[[Any], Tensor]:
        """A layer, or a function that calls the same layers each time."""
        direct = DIRECT[word](rank, dict(given))
        if word == "deform_conv" and given.get("rounding") == "ceil":
            layers: list[Any] = []

            def deformed(x: Tensor) -> Tensor:
                x, rest = padded(x, {**given, "kernel_size": given["kernel_size"]}, "kernel_size")
                layers[:] = layers or [DIRECT[word](rank, rest)]
                return layers[0](x)

            return deformed
        if word == "random_crop":  # Keras's crops while training only
            direct = keras.layers.CenterCrop(**given)
        if word == "top_k":
            return lambda x: ops.top_k(x, given["k"])
        if direct is None:
            return lambda x: self.pool(rank, given, x)
        return direct  # type: ignore[no-any-return]

    def jump(self, word: str, given: dict[str, Any], before: Jump, rank: int) -> Jump:
        """The strides so far, after a layer."""
        if before is None or word in FORGETFUL or _moved(word, given):
            return None
        if word == "embedding":
            return [*before, Fraction(1)]
        if given.get("output_mode", "multi_hot" if word == "category_encoding" else "int") != "int":
            return None
        if word == "one_hot":
            return [*before, Fraction(1)]
        if word in ("space_to_depth", "depth_to_space"):
            size = given.get("block_size", 2)
            return [b * size if word == "space_to_depth" else b / size for b in before]
        if word == "stft_spectrogram":
            step = given.get("frame_step") or given.get("frame_length", 256) // 2
            return [before[0] * step, *([Fraction(1)] if given.get("expand_dims") else [])]
        size = given.get("pool_size", 2) if word == "pool" else 1
        usual = 2 if word == "upsample" else 1
        if word == "patches":
            size = given["size"]
        steps = given.get("strides") or size if word in STRIDED else given.get(GROWING.get(word, ""), usual)
        steps = steps if isinstance(steps, (list, tuple)) else [steps] * len(before)
        return [a / b if word in GROWING else a * b for a, b in zip(before, steps, strict=True)]

    def pool(self, rank: int, given: dict[str, Any], x: Tensor) -> Tensor:
        """The shape of a pool that Keras has no word for: zeros do for padding."""
        size = given.get("pool_size", 2)
        strides = given.get("strides") or size
        name = "MaxPooling" if given.get("type", "max") == "max" else "AveragePooling"
        x, rest = padded(x, {**given, "pool_size": size, "strides": strides}, "pool_size")
        rest = {key: rest[key] for key in ("pool_size", "strides", "padding") if key in rest}
        return of_rank(f"{name}{{}}D", rank)(**rest)(x)

    def merge(self, word: str, tensors: list[Tensor], said: str, place: tuple[Scope, str]) -> Tensor:
        scope, name = place
        shared = scope.twin.layers.get(name) if scope.twin is not None else None
        scope.layers[name] = shared = shared or Shared(getattr(keras.layers, MERGES[word])(), tensors, {})
        if shared.unlike(tensors):
            shared = Shared(getattr(keras.layers, MERGES[word])(), tensors, {})
        y = shared.call(tensors)
        self.jumps[id(y)] = self.merged(tensors, y)
        return self.noted(said, y)

    def skip(
        self, given: Any, read: list[Tensor], scope: Scope, params: dict[str, Any], place: tuple[Scope, str]
    ) -> Tensor:
        before = len(self.record)
        body = self.inside(given["body"], read, scope, params)
        shortcut = given.get("shortcut", "identity")
        if shortcut == "project":
            normed = any(word == "batch_norm" for word, _ in self.record[before:])
            way = [self.project(read, body, normed, scope)]
        elif shortcut == "identity":
            way = read
        else:
            way = self.body(shortcut, read, scope.within("shortcut", read), params)
        return self.merge(given.get("merge", "add"), [*way, *body], "skip", place)

    def project(self, read: list[Tensor], body: list[Tensor], normed: bool, scope: Scope) -> Tensor:
        x, y = read[0], body[-1]
        before, after = self.jumps[id(x)], self.jumps[id(y)]
        if before is None or after is None or len(before) != len(after):
            raise Missing("nothing to project onto")
        strides = [b / a for a, b in zip(before, after, strict=True)]
        if any(step < 1 or step != step // 1 for step in strides):
            raise Missing("a body that enlarges")
        strides = [int(step) for step in strides]
        given = {"filters": y.shape[-1], **({"strides": strides} if strides else {}), "rounding": "floor"}
        defaults = self.document.get("defaults", {}).get("conv", {})
        kept = {
            name: value for name, value in defaults.items() if name not in ("kernel_size", "padding", "dilation_rate")
        }
        x = self.layer("1x1", {**kept, **given}, [x], (scope, "project"))
        if not normed:
            return x
        return self.layer("batch_norm", self.document.get("defaults", {}).get("batch_norm", {}), [x], (scope, "normed"))

    def inception(
        self, given: Any, read: list[Tensor], scope: Scope, params: dict[str, Any], place: tuple[Scope, str]
    ) -> list[Tensor]:
        if "branches" in given:
            ends = []
            for branch, body in given["branches"].items():
                when, steps = (body["when"], body["body"]) if isinstance(body, dict) else (True, body)
                if self.value(when, params, read):
                    ends += self.inside(steps, read, scope.within(branch, read), params)
            if not ends:
                raise Missing("all branches are left out")
        else:
            ends = self.row(given, read, scope)
        return ends if len(ends) == 1 else [self.merge(given.get("merge", "concat"), ends, "inception", place)]

    def row(self, given: dict[str, Any], read: list[Tensor], scope: Scope) -> list[Tensor]:
        ends = []
        conv = self.document.get("defaults", {}).get("conv", {})
        kept = {n: v for n, v in conv.items() if n not in ("kernel_size", "padding", "strides")}
        for window, cell in given.items():
            if window == "pool":
                continue
            *reduce, filters = cell if isinstance(cell, list) else [cell]
            size, x = int(window[0]), read
            point = {n: v for n, v in conv.items() if n not in ("kernel_size", "dilation_rate")}
            if reduce:
                x = [self.layer("1x1", {**point, "filters": reduce[0]}, x, (scope, f"{window}_reduce"))]
            if size == 1:
                ends.append(self.layer("1x1", {**point, "filters": filters}, x, (scope, window)))
            else:
                same = {"filters": filters, "kernel_size": size, "padding": "same", "strides": 1}
                ends.append(self.layer("conv", {**kept, **same}, x, (scope, window)))
        if "pool" in given:
            cell = given["pool"]
            word = cell if isinstance(cell, str) else "max"
            pool = {**self.document.get("defaults", {}).get("pool", {})}
            same = {"type": word, "pool_size": 3, "strides": 1, "padding": "same"}
            x = [self.layer("pool", {**pool, **same}, read, (scope, "pool"))]
            if isinstance(cell, int):
                point = {n: v for n, v in conv.items() if n not in ("kernel_size", "dilation_rate")}
                x = [self.layer("1x1", {**point, "filters": cell}, x, (scope, "pool_project"))]
            ends += x
        return ends
