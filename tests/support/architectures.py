"""Networks as people draw them, from a grammar of architectures: towers of stages, with the shape of what flows always at hand.

It knows nothing of the kinds' declarations, unlike `tests.support.documents`: its stages are those of papers (residual, dense,
inception, inverted, gated, attention, recurrent, U-shaped, weights tied over depth or over inputs), nested in blocks and each other,
with sizes put into params, variants, expressions and repetitions. Most are right; the few that are not are of use too.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, NamedTuple

from tests.support.handwriting import UNKNOWN, written
from tests.support.oddities import slipped

Nodes = list[Any]
ACTIVATIONS = (
    "relu",
    "relu",
    "gelu",
    "silu",
    "tanh",
    "elu",
    "hard_silu",
    "mish",
    "softplus",
    "leaky_relu",
    "selu",
    "relu6",
)
RARE_ACTIVATIONS = (
    "celu",
    "exponential",
    "hard_shrink",
    "hard_sigmoid",
    "hard_tanh",
    "linear",
    "log_sigmoid",
    "log_softmax",
)
RARE_ACTIVATIONS += (
    "sigmoid",
    "soft_shrink",
    "softsign",
    "sparse_plus",
    "sparsemax",
    "squareplus",
    "swish",
    "tanh_shrink",
)
WHOLE = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32")
SIZES = ((8, 12, 16), (8, 8, 12), (4, 6, 8))  # of inputs, by the number of spatial dimensions

# What `defaults` give to all nodes of a kind.
DEFAULTS: dict[str, tuple[dict[str, Any], ...]] = {
    "conv": (
        {"use_bias": False},
        {"activation": "relu", "kernel_initializer": "he_normal"},
        {"kernel_regularizer": {"l2": 1e-4}},
    ),
    "1x1": ({"activation": "gelu"}, {"use_bias": True}),
    "dense": ({"activation": "tanh"}, {"kernel_initializer": "lecun_normal", "use_bias": False}),
    "batch_norm": ({"momentum": 0.9, "epsilon": 1e-5}, {"scale": False}),
    "layer_norm": ({"epsilon": 1e-6},),
    "pool": ({"type": "avg"}, {"rounding": "floor"}),
    "dropout": ({"seed": 7},),
    "lstm": ({"bidirectional": "sum"}, {"recurrent_activation": "hard_sigmoid"}),
    "gru": ({"reset_after": False},),
    "multi_head_attention": ({"use_bias": False}, {"dropout": 0.1}),
    "embedding": ({"mask_zero": True},),
    "global_pool": ({"type": "max"},),
}
SLIPS = 0.6  # of the documents, the share that is changed once it is right


class Flow(NamedTuple):
    """What flows at a place: the sizes of its places (None where unknown), its channels, whether it is of whole numbers."""

    sizes: tuple[int | None, ...]
    channels: int
    whole: bool = False

    @property
    def rank(self) -> int:
        return len(self.sizes)

    @property
    def known(self) -> bool:
        return None not in self.sizes


class Made(NamedTuple):
    """A network: its text, and the same with a number for each size that is not known."""

    document: dict[str, Any]
    text: str
    sized: str | None  # None where all sizes are known
    variants: tuple[str, ...]


Stage = Callable[["Draft", Nodes, Flow], Flow]


def kinds_of(value: Any) -> set[str]:
    """All words that stand in it; kinds are among them."""
    if isinstance(value, dict):
        return set(value).union(*map(kinds_of, value.values()))
    return (
        set().union(*map(kinds_of, value)) if isinstance(value, list) else {value} if isinstance(value, str) else set()
    )


class Draft:
    """A spec in the making: names, params, variants, blocks, and the ways in which a value may be said."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.count = 0
        self.params: dict[str, Any] = {}
        self.varied: dict[str, list[Any]] = {}  # other values of params that may take some
        self.blocks: dict[str, Any] = {}
        self.uses: list[
            tuple[str, dict[str, Any], Flow, Flow]
        ] = []  # of blocks: what they are given, what they read and make
        self.inner: list[dict[str, Any]] = []  # params of the blocks that are being written, the innermost last
        self.expressive = rng.choice((0.0, 0.1, 0.3))
        self.entry = "input"  # what a body reads where no node stands before
        self.outputs: list[str] = []
        self.fuel = rng.choice((2, 4, 6, 9))  # stages that may still be drawn
        self.depth = 0

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def pick(self, *values: Any) -> Any:
        return self.rng.choice(values)

    def fresh(self, base: str) -> str:
        """A name that nothing else bears."""
        self.count += 1
        return f"{base}{self.pick('', '_')}{self.count}"

    def node(self, kind: str, principal: str | None = None, /, **given: Any) -> Any:
        """A node as one of its forms: a word, a word with a value, a map."""
        given = {name.rstrip("_"): value for name, value in given.items() if value is not ...}
        if not given:
            return kind if self.chance(0.8) else {kind: {}}
        if principal is not None and set(given) == {principal} and self.chance(0.7):
            return {kind: given[principal]}
        return {kind: given}

    def label(self, nodes: Nodes, base: str = "x") -> str:
        """The name of the last node, which is given one where it has none."""
        if not nodes:
            return self.entry
        last = nodes[-1]
        ((kind, given),) = last.items() if isinstance(last, dict) else ((last, {}),)
        if kind == "head" or not isinstance(given, dict):
            name = self.fresh(base)
            nodes.append({"activation": {"activation": "linear", "name": name}})
            return name
        if "name" not in given:
            nodes[-1] = {kind: {**given, "name": self.fresh(base)}}
            given = nodes[-1][kind]
        return str(given["name"])

    # --- how a value is said ---

    def say(self, value: int, x: Flow | None = None, others: tuple[int, ...] = ()) -> Any:
        """A whole number, or an expression that comes to it; `others` are values that a variant may give it."""
        share = max(self.expressive, 0.35 if self.inner and self.expressive else 0.0)
        if not self.chance(share):
            return value
        if x is not None and self.chance(0.6) and not x.whole:
            for text, number in (
                ("$channels", x.channels),
                ("2 * $channels", 2 * x.channels),
                ("$channels // 2", x.channels // 2),
                ("4 * $channels", 4 * x.channels),
            ):
                if number == value:
                    return text
        if self.inner and self.chance(0.7):
            return self.block_param(value)
        return self.param(value, others)

    def block_param(self, value: Any) -> str:
        """A param of the block at hand."""
        declared = self.inner[-1]
        for name, known in declared.items():
            if known == value and type(known) is type(value) and self.chance(0.5):
                return f"${name}"
        name = f"{self.pick('width', 'n', 'size', 'k')}{len(declared)}"
        declared[name] = value
        return f"${name}"

    def param(self, value: int, others: tuple[int, ...]) -> str:
        """An expression over a new param of the spec, or over one that it has."""
        if not others:
            for name, known in self.params.items():
                if known == value and type(known) is int and name not in self.varied:
                    return f"${name}"
        name = self.fresh(self.pick("w", "base", "alpha", "filters"))
        if others:
            self.params[name] = value
            self.varied[name] = list(others)
            return f"${name}"
        form = self.rng.randrange(7)
        if form == 0 and value % 2 == 0:
            self.params[name] = value // 2
            return self.pick(f"2 * ${name}", f"${name} + ${name}", f"${name} * 2")
        if form == 1:
            self.params[name] = 2 * value
            return f"${name} // 2"
        if form == 2:
            self.params[name] = [value, value + 1]
            return self.pick(f"${name}[0]", f"min(${name})")
        if form == 3:
            self.params[name] = 0.5
            return f"int({2 * value} * ${name})"
        if form == 4:
            self.params[name] = True
            return f"{value} if ${name} else {value + 1}"
        if form == 5:
            self.params[name] = value - 1
            return f"${name} + 1"
        self.params[name] = value
        return f"${name}"

    # --- bodies and blocks ---

    def body(self, stage: Stage, x: Flow) -> tuple[Nodes, Flow]:
        """The nodes of a scope of their own."""
        kept, self.entry = self.entry, "input"
        nodes: Nodes = []
        self.depth += 1
        try:
            y = stage(self, nodes, x)
        finally:
            self.entry = kept
            self.depth -= 1
        return nodes, y

    def blocked(self, stage: Stage, nodes: Nodes, x: Flow, base: str) -> Flow:
        """A stage as a block of its own, used once; `tied` and `again` use it more often."""
        declared: dict[str, Any] = {}
        self.inner.append(declared)
        try:
            inside, y = self.body(stage, x)
        finally:
            self.inner.pop()
        if not inside:
            return x
        name = f"{base}{len(self.blocks)}"
        given: dict[str, Any] = {}
        params: dict[str, Any] = {}
        for param, value in declared.items():
            required = self.chance(0.5)
            params[param] = None if required else value
            if required or self.chance(0.2):
                given[param] = value
        params = dict(sorted(params.items(), key=lambda item: item[1] is not None))
        self.blocks[name] = {**({"params": params} if params else {}), "layers": inside}
        self.uses.append((name, given, x, y))
        nodes.append(self.use(name, given))
        return y

    def use(self, name: str, given: dict[str, Any], /, **wiring: Any) -> Any:
        """A node that is a block."""
        params = self.blocks[name].get("params", {})
        wiring = {word.rstrip("_"): value for word, value in wiring.items()}
        if not wiring and len(given) == 1 and next(iter(params), None) in given and self.chance(0.6):
            return {name: next(iter(given.values()))}
        made = {**given, **wiring}
        return {name: made} if made or self.chance(0.1) else name

    def document(self, inputs: dict[str, Any], layers: Nodes) -> dict[str, Any]:
        """All of it, in the order in which specs are mostly written."""
        made: dict[str, Any] = {"netspec": 1}
        if self.chance(0.2):
            made["name"] = self.fresh("net")
        if self.chance(0.2):
            made["description"] = self.pick("a network: small", "what #2 is", "line", "'quoted'")
        if self.params:
            made["params"] = self.params
        variants = {}
        for number in range(self.rng.randint(1, 2) if self.varied and self.chance(0.9) else 0):
            chosen = [name for name in self.varied if self.chance(0.7)] or list(self.varied)[:1]
            variants[self.pick("small", "large", "xl") + str(number)] = {
                name: self.rng.choice(self.varied[name]) for name in chosen
            }
        if variants:
            made["variants"] = variants
        if len(inputs) == 1 and self.chance(0.85):
            (made["input"],) = inputs.values()
        else:
            made["inputs"] = inputs
        used = kinds_of([layers, self.blocks])
        defaults = {kind: self.pick(*given) for kind, given in DEFAULTS.items() if kind in used and self.chance(0.1)}
        if defaults:
            made["defaults"] = defaults
        if self.blocks:
            made["blocks"] = self.blocks
        made["layers"] = layers
        if self.outputs:
            names = list(dict.fromkeys(self.outputs))
            made["outputs"] = names if self.chance(0.5) else {f"out_{i}": name for i, name in enumerate(names)}
        if self.chance(0.05):
            made["limits"] = {"parameters": "50M"}
        return made


def make(seed: str) -> Made:
    """The network of a seed."""
    from tests.support.families import network

    rng = random.Random(seed)
    document = network(Draft(rng))
    if rng.random() < SLIPS:
        document = slipped(document, rng)
    text = written(document, seed)
    unknown = UNKNOWN in _leaves(document)
    sized = written(document, seed, 24) if unknown else None
    return Made(document, text, sized, tuple(document.get("variants", ())))


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, (dict, list)):
        return [leaf for item in (value.values() if isinstance(value, dict) else value) for leaf in _leaves(item)]
    return [value]
