"""A document in Keras's own words, as a reader of the language page would write it: no part of netspec's shapes or lowering.

It takes what `tests.support.documents` makes. Names of nodes are those that are given; shapes come out in the order of the text.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import keras

from netspec.kinds import KINDS
from tests.support.oracle import DIRECT, of_rank, padded

WIRING = ("name", "from", "repeat", "when")
MERGES = {"add": "Add", "concat": "Concatenate", "multiply": "Multiply", "average": "Average", "maximum": "Maximum"}
Tensor = Any
Shape = tuple[int | None, ...]
Jump = list[Fraction] | None  # None where places have no meaning any more

STRIDED = ("conv", "1x1", "depthwise_conv", "separable_conv", "deform_conv", "pool")
GROWING = {"conv_transpose": "strides", "upsample": "size"}
FORGETFUL = ("flatten", "reshape", "permute", "global_pool", "lstm", "gru", "simple_rnn")


class Missing(ValueError):
    """A name that nobody bears, a node that reads nothing: what a Python program would stop at."""


class Scope:
    """Names, and those around them."""

    def __init__(self, around: Scope | None = None, entering: list[Tensor] | None = None) -> None:
        self.names: dict[str, list[Tensor]] = {}
        self.around = around
        self.entering = entering or []

    def find(self, name: str) -> list[Tensor]:
        if name == "input":
            if len(self.entering) != 1:
                raise Missing("several inputs")
            return self.entering
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.around
        raise Missing(name)


class Hand:
    """A document being built; `record` is a word and a shape for each node, in order."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.record: list[tuple[str, Shape]] = []
        self.heads: list[Tensor] = []
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
        end = self.body(self.document["layers"], current, top, {})
        return keras.Model(list(inputs.values()), [*end, *self.heads])

    def body(self, steps: list[Any], current: list[Tensor], scope: Scope, params: dict[str, Any]) -> list[Tensor]:
        for step in steps:
            word, given = (step, {}) if isinstance(step, str) else next(iter(step.items()))
            if not isinstance(given, dict):
                given = {KINDS[word].principal: given}
            wiring = {name: given[name] for name in WIRING if name in given}
            rest = {name: value for name, value in given.items() if name not in WIRING}
            current = self.repeated(word, rest, wiring, current, scope, params)
        return current

    def repeated(
        self, word: str, given: dict[str, Any], wiring: dict[str, Any], current: list[Tensor], scope: Scope, params: Any
    ) -> list[Tensor]:
        sources = wiring.get("from")
        names = sources if isinstance(sources, list) else [sources]
        first = current if sources is None else [tensor for name in names for tensor in scope.find(name)]
        for number in range(self.value(wiring.get("repeat", 1), params, first)):
            read = first if number == 0 else current
            if not self.value(wiring.get("when", True), params, read):
                continue
            if not read:
                raise Missing("it reads nothing")
            made = self.node(word, given, read, scope, params)
            if "name" in wiring:
                suffix = f"_{number + 1}" if "repeat" in wiring else ""
                scope.names[wiring["name"] + suffix] = made
            if word == "head":
                self.heads += made
            else:
                current = made
        return current

    def value(self, value: Any, params: dict[str, Any], read: list[Tensor]) -> Any:
        """What an expression of the generator's few comes to."""
        if isinstance(value, str) and value.startswith("$"):
            known = {f"${name}": number for name, number in params.items()}
            if value.startswith("$channels"):
                channels = read[0].shape[-1] if read else None
                if channels is None:
                    raise Missing("$channels")
                return channels > 3 if value == "$channels > 3" else channels
            return known[value]
        return value

    def node(
        self, word: str, given: dict[str, Any], read: list[Tensor], scope: Scope, params: dict[str, Any]
    ) -> list[Tensor]:
        if word == "Unit":
            block = self.document["blocks"]["Unit"]
            values = {**block["params"], **given}
            if None in values.values():
                raise Missing("a param without a value")
            return self.body(block["layers"], read, Scope(scope, read), values)
        if word == "skip":
            return [self.skip(given, read, scope, params)]
        if word == "inception":
            return self.inception(given, read, scope, params)
        if word == "head":
            return self.body(given["body"], read, Scope(scope, read), params)
        defaults = self.document.get("defaults", {})
        given = {**(defaults.get("conv", {}) if word == "1x1" else {}), **defaults.get(word, {}), **given}
        given = {name: value for name, value in given.items() if name in KINDS[word].options}
        given = {name: self.value(value, params, read) for name, value in given.items()}
        return [self.layer(word, given, read)]

    def layer(self, word: str, given: dict[str, Any], read: list[Tensor], said: str | None = None) -> Tensor:
        least, most = KINDS[word].arity
        if len(read) < least or (most is not None and len(read) > most):
            raise Missing("too many inputs, or too few")
        rank = len(read[0].shape) - 2
        x = read[0] if len(read) == 1 else read
        direct = DIRECT[word](rank, dict(given))
        if word == "deform_conv" and given.get("rounding") == "ceil":
            x, rest = padded(x, {**given, "kernel_size": given["kernel_size"]}, "kernel_size")
            direct = DIRECT[word](rank, rest)
        if word == "random_crop":  # Keras's crops while training only
            direct = keras.layers.CenterCrop(**given)
        y = self.pool(rank, given, x) if direct is None else direct(x)
        self.jumps[id(y)] = self.jump(word, given, self.jumps[id(read[0])], rank)
        self.record.append((said or word, tuple(y.shape[1:])))
        return y

    def jump(self, word: str, given: dict[str, Any], before: Jump, rank: int) -> Jump:
        """The strides so far, after a layer."""
        if before is None or word in FORGETFUL:
            return None
        if word == "embedding":
            return [*before, Fraction(1)]
        size = given.get("pool_size", 2) if word == "pool" else 1
        usual = 2 if word == "upsample" else 1
        steps = given.get("strides") or size if word in STRIDED else given.get(GROWING.get(word, ""), usual)
        steps = steps if isinstance(steps, (list, tuple)) else [steps] * rank
        return [a / b if word in GROWING else a * b for a, b in zip(before, steps, strict=True)]

    def pool(self, rank: int, given: dict[str, Any], x: Tensor) -> Tensor:
        """The shape of a pool that Keras has no word for: zeros do for padding."""
        size = given.get("pool_size", 2)
        strides = given.get("strides") or size
        name = "MaxPooling" if given.get("type", "max") == "max" else "AveragePooling"
        x, rest = padded(x, {**given, "pool_size": size, "strides": strides}, "pool_size")
        rest = {key: rest[key] for key in ("pool_size", "strides", "padding") if key in rest}
        return of_rank(f"{name}{{}}D", rank)(**rest)(x)

    def merge(self, word: str, tensors: list[Tensor], said: str) -> Tensor:
        y = getattr(keras.layers, MERGES[word])()(tensors)
        jumps = [self.jumps[id(tensor)] for tensor in tensors if len(tensor.shape) == len(y.shape)]
        known = [jump for jump in jumps if jump is not None]
        self.jumps[id(y)] = [max(steps) for steps in zip(*known, strict=True)] if known else None
        self.record.append((said, tuple(y.shape[1:])))
        return y

    def skip(self, given: Any, read: list[Tensor], scope: Scope, params: dict[str, Any]) -> Tensor:
        before = len(self.record)
        body = self.body(given["body"], read, Scope(scope, read), params)
        shortcut = given.get("shortcut", "identity")
        if shortcut == "project":
            normed = any(word == "batch_norm" for word, _ in self.record[before:])
            way = [self.project(read, body, normed)]
        elif shortcut == "identity":
            way = read
        else:
            inside = Scope(scope, read)
            way = self.body(shortcut, read, inside, params)
        return self.merge(given.get("merge", "add"), [*way, *body], "skip")

    def project(self, read: list[Tensor], body: list[Tensor], normed: bool) -> Tensor:
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
        x = self.layer("1x1", {**kept, **given}, [x])
        return self.layer("batch_norm", self.document.get("defaults", {}).get("batch_norm", {}), [x]) if normed else x

    def inception(self, given: Any, read: list[Tensor], scope: Scope, params: dict[str, Any]) -> list[Tensor]:
        if "branches" in given:
            ends = [
                end for body in given["branches"].values() for end in self.body(body, read, Scope(scope, read), params)
            ]
        else:
            ends = self.row(given, read)
        return ends if len(ends) == 1 else [self.merge(given.get("merge", "concat"), ends, "inception")]

    def row(self, given: dict[str, Any], read: list[Tensor]) -> list[Tensor]:
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
                x = [self.layer("1x1", {**point, "filters": reduce[0]}, x)]
            if size == 1:
                ends.append(self.layer("1x1", {**point, "filters": filters}, x))
            else:
                same = {"filters": filters, "kernel_size": size, "padding": "same", "strides": 1}
                ends.append(self.layer("conv", {**kept, **same}, x))
        if "pool" in given:
            cell = given["pool"]
            word = cell if isinstance(cell, str) else "max"
            pool = {**self.document.get("defaults", {}).get("pool", {})}
            x = [self.layer("pool", {**pool, "type": word, "pool_size": 3, "strides": 1, "padding": "same"}, read)]
            if isinstance(cell, int):
                point = {n: v for n, v in conv.items() if n not in ("kernel_size", "dilation_rate")}
                x = [self.layer("1x1", {**point, "filters": cell}, x)]
            ends += x
        return ends
