"""Random documents that could be meant: made from the kinds' own declarations, mostly right, often just wrong.

All chance comes from a `random.Random`, so that Hypothesis can drive it (`st.randoms()`) and shrink what it finds, and a tool can
make a hundred thousand of them by a seed.
"""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from typing import Any

from netspec.kinds import KINDS
from netspec.kinds.arguments import Iterations
from netspec.kinds.merge import MERGES
from netspec.options import (
    Amounts,
    Boolean,
    Choice,
    Constant,
    Integer,
    IntegerList,
    ListOf,
    Named,
    Nested,
    Nullable,
    Number,
    Numbers,
    Option,
    Sizes,
    Span,
    Text,
    Token,
    Type,
)
from netspec.spec.document import DTYPES

Document = dict[str, Any]
RECEIVED = (
    ("channels",),
    ("channels", "length"),
    ("channels", "height", "width"),
    ("channels", "depth", "height", "width"),
)
# What Keras computes by TensorFlow, and what takes two inputs that are not merged.
ELSEWHERE = ("hashing", "integer_lookup", "string_lookup", "text_vectorization")
ELSEWHERE = (*(ELSEWHERE if os.environ.get("KERAS_BACKEND", "tensorflow") != "tensorflow" else ()), "hashed_crossing")
PLAIN = tuple(
    word
    for word, cls in KINDS.items()
    if not (cls.composition or cls.family == "merge" or cls.mixes_labels or word in ELSEWHERE)
)
MERGE = tuple(word for word, cls in KINDS.items() if cls.__module__ == "netspec.kinds.merge")
# Drawn more often than others: what networks are made of, and where shapes go wrong.
COMMON = ("conv", "1x1", "pool", "dense", "depthwise_conv", "separable_conv", "conv_transpose", "batch_norm", "relu")
ATTENTIONS = ("multi_head_attention", "attention", "additive_attention", "grouped_query_attention")
# Equations of `einsum_dense` by the number of axes beside the batch, with what `output_shape` says.
EQUATIONS: dict[int, tuple[tuple[str, Any], ...]] = {
    1: (("ab,bc->ac", 4), ("...x,xy->...y", [3]), ("ab,b->ab", -1), ("ab,bc->a", 2), ("ab,bc->ac", [2, 3])),
    2: (
        *(("abc,cd->abd", [-1, 4]), ("abc,bd->adc", [3, -1]), ("...x,xy->...y", 3), ("abc,cde->abde", [-1, 2, 2])),
        *(("abc,bcd->abd", [-1, 2]), ("abc,bcd->ad", [5]), ("ab...,bc->ac...", [3]), ("abc,cd->abd", [6, 4])),
    ),
    3: (
        *(
            ("abcd,de->abce", [-1, -1, 4]),
            ("...x,xy->...y", 3),
            ("abcd,cde->abe", [-1, 3]),
            ("abcd,ce->abed", [-1, 2, -1]),
        ),
        *(("ab...,bc->ac...", 3), ("abcd,bcd->abcd", [-1, -1, -1])),
    ),
    4: (("...x,xy->...y", 3), ("abcde,ef->abcdf", [-1, -1, -1, 2])),
}
SEEDS = "seed"  # a seed changes no shape, and the backends do not agree on all of them
# What a value of Keras's is, but for these: hyperparameters that say nothing of shapes or acceptance are left alone.
LEFT_ALONE = (SEEDS, "return_state", "synchronized", "stateful", "unroll", "interpolation", "fill_mode", "antialias")


class Maker:
    """One document in the making."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.names: list[list[str]] = [[]]  # names that a node may read, by scope
        self.kinds: list[dict[str, str]] = [{}]  # of those with a name: their kinds or block, by scope
        self.count = 0
        self.blocks: dict[str, Any] = {}
        self.left = rng.randint(1, 9)  # nodes that may still be written

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def document(self) -> Document:
        """A whole document."""
        if self.chance(0.08):
            return self.sharing()
        rank = self.rng.choice((0, 1, 1, 2, 2, 2, 2, 2, 3))
        inputs = {name: self.input(rank) for name in ("a", "b")[: 2 if self.chance(0.12) else 1]}
        made: Document = {"netspec": 1}
        if len(inputs) == 1:
            (made["input"],) = inputs.values()
        else:
            made["inputs"] = inputs
            self.names[0] += list(inputs)
        if self.chance(0.25):
            made["blocks"] = self.blocks = {"Unit": self.block(rank)}
        if self.chance(0.15):
            word = self.rng.choice(("conv", "pool", "batch_norm"))
            made["defaults"] = {word: self.hyperparameters(word, rank, optional=0.3)}
        layers = self.body(rank, "a" if len(inputs) == 2 else None)
        if self.chance(0.15):
            for name, shape in inputs.items():
                inputs[name] = {
                    "shape": shape,
                    "dtype": self.rng.choice([word for word in DTYPES.choices if word != "string"]),
                }
            if len(inputs) == 1:
                (made["input"],) = inputs.values()
                if self.chance(0.3):  # most kinds take floats only
                    layers.insert(0, {"rescale": 0.5})
        made["layers"] = layers
        if "Unit" not in words({"layers": layers}):
            made.pop("blocks", None)  # Python would never look at it
        if not set(made.get("defaults", ())) & words(made):
            made.pop("defaults", None)
        return made

    def sharing(self) -> Document:
        """One node over two inputs that differ a little: in rank, in size, in channels, or not at all."""
        word = self.rng.choice(PLAIN)
        ranks = KINDS[word].ranks or (0, 1, 2, 3)
        rank = self.rng.choice(ranks)
        first = self.input(rank)
        other = list(first)
        dice = self.rng.random()
        if dice < 0.3:
            other = self.input(self.rng.choice(ranks))
        elif dice < 0.55:
            other[-1] = self.rng.choice((1, 2, 3, 4, 6))
        elif dice < 0.85:
            other = [
                *(size if size is None else size + self.rng.choice((0, 0, 1, 2)) for size in first[:-1]),
                first[-1],
            ]
        node = {word: {**self.hyperparameters(word, rank), "from": "a", "name": "n1"}}
        head = {"head": {"name": "h1", "from": "n1", "body": ["flatten"]}}  # so that the network holds both
        layers: list[Any] = [node, head, {word: {"share": "n1", "from": "b"}}]
        return {"netspec": 1, "inputs": {"a": first, "b": other}, "layers": layers}

    def input(self, rank: int) -> Any:
        sizes: list[int | None] = [self.rng.choice((4, 5, 6, 7, 8, 8, 9, 10, 12)) for _ in range(rank)]
        if self.chance(0.12):
            sizes = [None if self.chance(0.6) else size for size in sizes]
        return [*sizes, self.rng.choice((1, 2, 3, 4, 6))]

    def block(self, rank: int) -> Any:
        """A block with a param or two."""
        params: dict[str, Any] = {"filters": self.rng.choice((None, 4)), "strides": 1}
        more: list[Any] = []
        if self.chance(0.5):
            received = "index" if self.chance(0.15) else self.rng.choice(RECEIVED[rank])
            params["before"] = self.rng.choice(
                (f"${received}", f"${received}", f"2 * ${received}", f"${received} // 2")
            )
            limit = self.rng.choice((2, 3, 4, 8))
            more = [
                self.rng.choice(
                    (
                        {"1x1": "$before"},
                        {"dense": "$before"},
                        {"conv": {"filters": "$filters", "kernel_size": 1, "when": f"$before != {limit}"}},
                        {"conv": {"filters": 5, "kernel_size": 1, "when": f"$before > {limit}"}},
                        {"relu": {"repeat": "$before"}},
                        {"resize": {"height": "$before", "width": 3}},
                    )
                )
            ]
        self.push()
        kept, self.left = self.left, self.rng.randint(1, 3)
        layers = [
            {
                "conv": {
                    "filters": "$filters",
                    "kernel_size": self.rng.choice((1, 3)),
                    "strides": "$strides",
                    "padding": self.rng.choice(("same", "same", 1)),
                    "rounding": "floor",
                }
            },
            *more,
            *self.body(rank, None),
        ]
        if self.chance(0.4):
            layers = [{"skip": {"body": layers, "shortcut": self.rng.choice(("identity", "project", "project"))}}]
        self.left = kept
        self.pop()
        return {"params": params, "layers": layers}

    def push(self) -> None:
        self.names.append([])
        self.kinds.append({})

    def pop(self) -> None:
        self.names.pop()
        self.kinds.pop()

    def body(self, rank: int, first: str | None) -> list[Any]:
        """A list of nodes, whose first reads the named one."""
        steps: list[Any] = []
        for _ in range(self.rng.randint(1, 4)):
            if self.left <= 0 and steps:
                break
            step, rank = self.step(rank)
            if first is not None:
                step, first = wired(step, {"from": first}), None
            steps.append(step)
        return steps

    def step(self, rank: int) -> tuple[Any, int]:
        """A node, and how many spatial dimensions there are after it."""
        self.left -= 1
        if self.chance(0.04) and any(self.kinds):
            return self.shared(), rank
        dice = self.rng.random()
        if self.left < 0:  # enough: nothing more that holds others
            dice = 0.27 + 0.73 * dice
        if dice < 0.08:
            return self.skip(rank), rank
        if dice < 0.14:
            return self.inception(rank), rank
        if dice < 0.18 and any(self.names):
            return self.merge(), rank
        if dice < 0.21:
            self.count += 1
            return {"head": {"name": f"h{self.count}", "body": self.inside(rank)}}, rank
        if dice < 0.27 and self.blocks:
            use: Any = {"filters": self.rng.choice((2, 4)), **({"strides": 2} if self.chance(0.3) else {})}
            return {"Unit": {**use, **self.wiring("Unit")}}, rank
        word = self.rng.choice(COMMON if dice < 0.65 else PLAIN)
        given = self.hyperparameters(word, rank)
        if word in ATTENTIONS and self.names[-1] and self.chance(0.3):
            given["from"] = [self.some_name() for _ in range(self.rng.choice((2, 2, 3)))]
        given |= self.wiring(word)
        cls = KINDS[word]
        step: Any = {word: given} if given else word
        if set(given) == {cls.principal} and not isinstance(given[cls.principal], dict) and self.chance(0.5):
            step = {word: given[cls.principal]}
        return step, after(word, given, rank)

    def shared(self) -> Any:
        """A node that uses the layers of one with a name, over whatever it reads."""
        name, word = self.rng.choice([pair for kinds in self.kinds for pair in kinds.items()])
        given: dict[str, Any] = {"share": name}
        if self.chance(0.4) and any(self.names):
            given["from"] = self.some_name()
        return {word: given}

    def wiring(self, word: str) -> dict[str, Any]:
        made: dict[str, Any] = {}
        if self.chance(0.08):
            made["repeat"] = self.rng.choice((0, 1, 2, 2, 3, "$channels"))
        if self.chance(0.04):
            counted = ("$index > 0",) if "repeat" in made else ()
            made["when"] = self.rng.choice((True, False, "$channels > 3", *counted))
        if self.chance(0.25) and not made:
            self.count += 1
            made["name"] = f"n{self.count}"
            self.names[-1].append(made["name"])
            self.kinds[-1][made["name"]] = word
        return made

    def some_name(self) -> str:
        return self.rng.choice([name for names in self.names for name in names] or ["input"])

    def inside(self, rank: int) -> list[Any]:
        """A body of its own scope."""
        self.push()
        try:
            made = self.body(rank, None)
        finally:
            self.pop()
        if self.chance(0.06):  # a body that is empty once its nodes are left out
            made = [wired(step, {"when": self.rng.choice((False, "$channels > 3"))}) for step in made]
        return made

    def skip(self, rank: int) -> Any:
        body = self.inside(rank)
        if self.chance(0.3):
            return {"skip": body}
        given: dict[str, Any] = {"body": body}
        dice = self.rng.random()
        if dice < 0.4:
            given["shortcut"] = "project"
        elif dice < 0.6:
            given["shortcut"] = self.inside(rank)
        if self.chance(0.4):
            given["merge"] = self.rng.choice(MERGES)
        return {"skip": given}

    def inception(self, rank: int) -> Any:
        if self.chance(0.4):
            row: dict[str, Any] = {}
            for window in ("1x1", "3x3", "5x5"):
                if self.chance(0.6):
                    row[window] = self.rng.choice((1, 2, [1, 2], [2, 3]))
            if self.chance(0.5) or not row:
                row["pool"] = self.rng.choice((1, 2, "max", "avg"))
            return {"inception": row}
        branches: dict[str, Any] = {
            name: self.inside(rank) for name in ("left", "right", "third")[: self.rng.randint(1, 3)]
        }
        if self.chance(0.2):
            branches["none"] = []
        for name, body in branches.items():
            if self.chance(0.05):
                branches[name] = {"when": self.rng.choice((True, False, "$channels > 3")), "body": body}
        given: dict[str, Any] = {"branches": branches}
        if self.chance(0.3):
            given["merge"] = self.rng.choice(MERGES)
        return {"inception": given}

    def merge(self) -> Any:
        word = self.rng.choice(MERGE)
        given: dict[str, Any] = {"from": [self.some_name() for _ in range(2)]}
        if word == "concat" and self.chance(0.3):
            given["axis"] = self.rng.choice((-1, 1, 2, -2, 0, 5))
        return {word: given}

    # --- hyperparameters ---

    def hyperparameters(self, word: str, rank: int, optional: float = 0.18) -> dict[str, Any]:
        """Those that are required, and some others, all of which nearly always could be."""
        cls = KINDS[word]
        given = {}
        for name, option in cls.options.items():
            if name in LEFT_ALONE or name in cls.reads or not (option.required or self.chance(optional)):
                continue
            given[name] = self.value(name, option, rank)
        if word != "group_norm" and given.get("groups") == -1:
            given["groups"] = 1
        if word == "einsum_dense":
            axes = min(rank + 1, 4) if self.chance(0.94) else self.rng.randint(1, 4)
            given["equation"], given["output_shape"] = self.rng.choice(EQUATIONS[axes])
            if given.get("bias_axes") is not None:
                given["bias_axes"] = given["equation"].replace(".", "")[-1] if self.chance(0.8) else "b"
        if word == "grouped_query_attention" and self.chance(0.8):
            given["num_query_heads"] = given["num_key_value_heads"] * self.rng.choice((1, 2))
        if (word == "batch_norm" and "renorm_clipping" in given) or "renorm_momentum" in given:
            given["renorm"] = True
        if word == "normalize":  # as many of the one as of the other
            given["variance"] = [1.0] * len(given["mean"]) if isinstance(given["mean"], list) else 1.0
        if word == "embedding" and self.chance(0.3):
            given["mask_zero"] = True
        return given

    def value(self, name: str, option: Option, rank: int) -> Any:
        """A value of an option; now and then at the edge of what it takes."""
        return self.of_type(name, option.type, rank)

    def of_type(self, name: str, type_: Type, rank: int) -> Any:
        rng = self.rng
        if isinstance(type_, Nullable):
            return None if self.chance(0.2) else self.of_type(name, type_.inner, rank)
        if isinstance(type_, Boolean):
            return self.chance(0.5)
        if isinstance(type_, Choice):
            return rng.choice(list(type_.choices))
        if isinstance(type_, Sizes):
            sizes = (1, 1, 2, 2, 3, 3, 4, 5) if name not in ("strides", "dilation_rate", "size") else (1, 1, 1, 2, 2, 3)
            return [rng.choice(sizes) for _ in range(self.near(rank))] if self.chance(0.2) else rng.choice(sizes)
        if isinstance(type_, Amounts):
            return self.amounts(type_, rank)
        if isinstance(type_, Integer):
            return self.integer(name, type_)
        if isinstance(type_, Constant):
            return rng.choice([0.5, 2, -1, 1.0])
        if isinstance(type_, Number):
            edges = [b for b in (type_.ge, type_.le) if b is not None]
            return rng.choice([0.5, 0.25, *edges])
        if isinstance(type_, Span):
            return rng.choice(([0, 255], [0, 1], [-1, 1]))
        if isinstance(type_, Numbers):
            if name == "fill_value":
                return rng.choice((0.5, [0.5, 0, 1]))
            two = name.endswith("factor") or (name in ("scale", "sigma") and type_.length == 2)
            return [0.5] * (2 if two else rng.randint(1, 4)) if self.chance(0.3) else 0.5
        if isinstance(type_, IntegerList):
            return self.integers(name, type_, rank)
        if isinstance(type_, Iterations):
            return rng.choice((True, True, False, 2))
        if isinstance(type_, Nested):
            return rng.choice(({"rmax": 3}, {"rmin": 0.3, "rmax": 3, "dmax": 5}, {}))
        if name == "bias_axes":
            return "d"
        if name == "equation":
            return "ab,bc->ac"
        if isinstance(type_, Token):
            return rng.choice((0, 3))
        if isinstance(type_, ListOf):
            several = ["a", "b", "c"] if isinstance(type_.inner, Text) else [-1.0, 0.5, 2.0]
            return several[: rng.choice((1, 3, 3))]
        if isinstance(type_, Text):
            return "m"
        assert isinstance(type_, Named), (name, type_)
        if name.endswith("_constraint") and self.chance(0.3):
            return {rng.choice(("max_norm", "unit_norm", "min_max_norm")): {"axis": rng.choice((0, 1, -1, [0, 1], 3))}}
        return rng.choice([word for word in type_.table if not type_.table[word].required])

    def integer(self, name: str, type_: Integer) -> int:
        if name == "axis":
            return self.rng.choice((-1, -1, -1, 1, 2, -2, 3, 0))
        if name in ("start", "stop"):
            return self.rng.choice((0, 0, 1, 2, -1, 3))
        if name in ("height", "width"):
            return self.rng.choice((2, 3, 4, 6))
        if name in ("num_ops", "num_chains", "chain_depth"):
            return 1  # each more makes networks of hundreds of operations
        if name == "groups":
            return self.rng.choice((1, 2, 2, 3, -1))
        if name in ("input_dim", "num_tokens"):
            return 300
        if name in ("frame_length", "fft_length", "sequence_length"):
            return self.rng.choice((2, 4, 4, 8))
        if name in ("sampling_rate", "max_tokens"):
            return 100
        least = type_.ge if type_.ge is not None else 0
        return max(int(least), self.rng.choice((1, 1, 2, 2, 3, 4, 6)))

    def integers(self, name: str, type_: IntegerList, rank: int) -> Any:
        axes = self.near(rank) + 1
        if name == "dims":
            dims = list(range(1, axes + 1))
            self.rng.shuffle(dims)
            return dims
        if name == "target_shape":
            return self.rng.choice(([-1], [-1, 1], [2, -1], [-1, 2, 2], [4, 4], [6], [2, -1, -1], [0, 2], [-1, 3]))
        if name == "channels":
            return self.rng.choice((0, 1, [0, 1], [1, 2], [1]))
        if name == "output_shape":
            return self.rng.choice((3, 4, [3], [2, 2]))
        if name in ("axis", "attention_axes"):
            return self.rng.choice((-1, 1, [1], [-1], [1, 2], [1, 1]))
        if name == "vocabulary":
            return self.rng.choice(([1, 3, 7], [2], [1, 1]))
        if name in ("salt", "ngrams"):
            return self.rng.choice((1, [2, 3]))
        if name == "factor":  # bits
            return self.rng.choice((1, 3, 8, [2, 5]))
        if name == "kernel_size":
            return self.rng.choice((1, 3, 3, [3, 5], 2))
        if name == "tile_grid_size":
            return self.rng.choice(([2, 2], [1, 3], [2]))
        if name == "shared_axes":
            return self.rng.choice(([1], [1, 2], list(range(1, max(axes, 2)))))
        return [1]

    def amounts(self, type_: Amounts, rank: int) -> Any:
        if type_.names and self.chance(0.65):
            return self.rng.choice(list(type_.names))
        if self.chance(0.6):
            return self.rng.choice((0, 1, 1, 2))
        sides = (0, 1, 1, 2, [0, 1], [1, 0], [2, 1])
        return [self.rng.choice(sides) for _ in range(self.near(rank))]

    def near(self, rank: int) -> int:
        """How long a list of one value a dimension is; now and then wrong."""
        return max(1, rank) if self.chance(0.93) else self.rng.randint(1, 3)


def wired(step: Any, wiring: dict[str, Any]) -> Any:
    """A node with more wiring."""
    if isinstance(step, str):
        return {step: wiring}
    ((word, given),) = step.items()
    if not isinstance(given, dict):
        cls = KINDS.get(word)
        given = {(cls.principal if cls is not None else "filters"): given}
    return {word: {**given, **wiring}}


def after(word: str, given: dict[str, Any], rank: int) -> int:
    """The spatial dimensions after a node, roughly: a wrong guess makes a wrong document, of which some are wanted."""
    if word == "flatten" or (word == "global_pool" and not given.get("keepdims")):
        return 0
    if word in ("lstm", "gru", "simple_rnn"):
        return 1 if given.get("return_sequences") else 0
    if word == "reshape":
        return len(given["target_shape"]) - 1
    if word == "embedding":
        return rank + 1
    if word == "repeat_vector":
        return 1
    if word == "einsum_dense" and "." not in given["equation"]:
        return len(given["equation"].split(">")[1]) - 2
    if word == "multi_head_attention" and isinstance(given.get("output_shape"), list):
        return rank + len(given["output_shape"]) - 1
    return rank


def features(document: Document) -> Sequence[str]:
    """What a document has beside its kinds."""
    text = repr(document)
    marks = (
        "'skip'",
        "'inception'",
        "'head'",
        "'repeat'",
        "'when'",
        "'from'",
        "None",
        "'project'",
        "'branches'",
        "'share'",
        "'dtype'",
        "'before'",
    )
    found = [name for name in ("blocks", "defaults", "inputs") if name in document]
    return [*found, *(mark.strip("'") for mark in marks if mark in text)]


def words(document: Document) -> set[str]:
    """The kinds in a document's layers and the block that they use."""
    found: set[str] = set()
    known = {*KINDS, "Unit"}
    stack: list[Any] = [document["layers"], document.get("blocks")]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            found |= value.keys() & known
            stack.extend(value.values())
        elif isinstance(value, list):
            found |= {item for item in value if isinstance(item, str)} & known
            stack.extend(value)
    return found
