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
# What Keras computes by TensorFlow.
ELSEWHERE = ("hashing", "integer_lookup", "string_lookup", "text_vectorization", "hashed_crossing")
ELSEWHERE = ELSEWHERE if os.environ.get("KERAS_BACKEND", "tensorflow") != "tensorflow" else ()
# What reads several nodes: the merges, and others with two inputs that are not merged.
MERGE = tuple(
    word for word, cls in KINDS.items() if (cls.family == "merge" or cls.arity == (2, 2)) and word not in ELSEWHERE
)
PLAIN = tuple(
    word
    for word, cls in KINDS.items()
    if not (cls.composition or cls.mixes_labels or word in MERGE or word in ELSEWHERE)
)
COMPOSITIONS = ("skip", "inception", "head", "split", "time_distributed")
RECURRENT = {
    "simple_rnn": ("state",),
    "gru": ("state",),
    "lstm": ("state_h", "state_c"),
}  # and the states that they hold
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
LEFT_ALONE = (SEEDS, "synchronized", "stateful", "unroll", "interpolation", "fill_mode", "antialias")


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
            made, rank = self.step(rank)
            made = made if isinstance(made, list) else [made]
            if first is not None:
                made[0], first = wired(made[0], {"from": first}), None
            steps += made
        return steps

    def step(self, rank: int) -> tuple[Any, int]:
        """A node, or a few in a row, and how many spatial dimensions there are after it."""
        self.left -= 1
        if self.chance(0.04) and any(self.kinds):
            return self.shared(), rank
        if self.chance(0.12):
            several = (self.split, self.scored, self.begun, self.each_step, self.constant, self.ranked, self.paired)
            return self.rng.choice(several)(rank)
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
        if word == "gather" and given.get("indices") is None:
            given["from"] = [self.some_name(), self.some_name()]
        given |= self.wiring(word)
        cls = KINDS[word]
        step: Any = {word: given} if given else word
        if set(given) == {cls.principal} and not isinstance(given[cls.principal], dict) and self.chance(0.5):
            step = {word: given[cls.principal]}
        return step, after(word, given, rank)

    # --- nodes with parts, nodes that name others, and what takes a constant ---

    def fresh(self) -> str:
        self.count += 1
        return f"n{self.count}"

    def split(self, rank: int) -> tuple[Any, int]:
        """Parts, and a merge of some of them."""
        name = self.fresh()
        parts = ["a", "b", "c"][: self.rng.choice((1, 2, 2, 2, 3))]
        given: Any = {part: self.rng.choice((1, 2, 3)) for part in parts} if self.chance(0.3) else parts
        node = {"name": name, "parts": given, **({"axis": self.rng.choice((1, 2, -2, 4))} if self.chance(0.4) else {})}
        self.names[-1] += [f"{name}.{part}" for part in parts] if self.chance(0.5) else []
        read = [f"{name}.{self.rng.choice(parts)}" for _ in range(self.rng.choice((2, 2, 3)))]
        read = [name] if self.chance(0.2) else read
        word = self.rng.choice(
            ("concat", "add", "multiply", "average", "maximum", "stack", "subtract", "where", "less")
        )
        return [{"split": node}, {word: {"from": read}}], rank + (word == "stack")

    def scored(self, rank: int) -> tuple[Any, int]:
        """Attention with a bias, a mask, or both, that are made of what it reads or learned."""
        first = self.fresh()
        made: list[Any] = [{self.rng.choice(("relu", "linear", "rms_norm")): {"name": first}}]
        heads = self.rng.choice((1, 2, 2))
        given: dict[str, Any] = {"num_heads": heads, "key_dim": 2, "from": first}
        for option in ("bias", "attention_mask"):
            if not self.chance(0.7):
                continue
            name = self.fresh()
            if self.chance(0.25):
                sizes = self.rng.choice(
                    ([1], [heads], [4, 4], [1, 4], [heads, 1, 1], [1, 8, 8], [heads, 8, 8], [8, 8], [1, 1])
                )
                made.append({"learned": {"shape": sizes, "name": name}})
            else:
                made.append({"matmul": {"from": [first, first], "transpose_b": True, "name": name}})
                if option == "bias" and self.chance(0.8):
                    made[-1]["matmul"]["name"] = scores = self.fresh()
                    made.append(
                        {"stack": {"from": [scores] * heads if heads > 1 else [scores] * 2, "axis": rank, "name": name}}
                    )
                elif self.chance(0.3):
                    made[-1]["matmul"]["name"] = scores = self.fresh()
                    made.append({"greater": {"value": 0, "from": scores, "name": name}})
            given[option] = name
        if rank > 1 and self.chance(0.7):
            given["attention_axes"] = self.rng.choice((rank, rank, [rank], 1))
        if self.chance(0.2):
            given["use_causal_mask"] = True
        if self.chance(0.2):
            given["from"] = [first, self.some_name()]
        self.names[-1].append(first)
        return [*made, {"multi_head_attention": given}], rank

    def begun(self, rank: int) -> tuple[Any, int]:
        """A recurrent layer that begins with the states of another, or with what else has its size."""
        if rank > 1:
            return self.convolved(rank)
        word = self.rng.choice(list(RECURRENT))
        units, first = self.rng.choice((2, 3)), self.fresh()
        ways = {"bidirectional": self.rng.choice(("concat", "sum"))} if self.chance(0.25) else {}
        states = (
            [f"{way}_{state}" for way in ("forward", "backward") for state in RECURRENT[word]]
            if ways
            else RECURRENT[word]
        )
        made: list[Any] = []
        if self.chance(0.7):
            encoder = {"units": units, "return_state": True, "return_sequences": True, "name": first, **ways}
            made.append({word: encoder})
            begin = [f"{first}.{state}" for state in states]
            self.names[-1] += begin if self.chance(0.4) else []
        else:
            made += [{"dense": {"units": units, "name": self.fresh()}}, {"global_pool": {"name": first}}]
            made[1]["global_pool"]["from"] = made[0]["dense"]["name"]
            made.append({"dense": {"units": 3, "from": made[0]["dense"]["name"]}})
            begin = [first] * len(states)
        begin = begin[:1] if self.chance(0.1) else begin
        given: dict[str, Any] = {"units": units, "initial_state": begin[0] if len(begin) == 1 else begin, **ways}
        if self.chance(0.3):
            given["return_sequences"] = True
        return [*made, {word: given}], 1 if "return_sequences" in given else 0

    def convolved(self, rank: int) -> tuple[Any, int]:
        """A recurrent convolution that begins with the states of another."""
        first = self.fresh()
        given = {"filters": self.rng.choice((2, 3)), "kernel_size": self.rng.choice((1, 3)), "padding": "same"}
        made = [{"conv_lstm": {**given, "return_state": True, "return_sequences": True, "name": first}}]
        begin = [f"{first}.state_h", f"{first}.state_c"]
        self.names[-1] += begin if self.chance(0.4) else []
        begin = begin[:1] if self.chance(0.1) else begin
        more = {"return_sequences": True} if self.chance(0.5) else {}
        made.append({"conv_lstm": {**given, "initial_state": begin, **more}})
        return made, rank if more else rank - 1

    def ranked(self, rank: int) -> tuple[Any, int]:
        """The largest numbers, and their places."""
        name, read = self.fresh(), self.fresh()
        made: list[Any] = [{self.rng.choice(("relu", "flatten", "linear")): {"name": read}}]
        made.append({"top_k": {"k": self.rng.choice((1, 2, 2, 3)), "name": name}})
        self.names[-1] += [f"{name}.indices"]
        if self.chance(0.6):
            made.append({"gather": {"from": [read, f"{name}.indices"], "axis": self.rng.choice((1, -1))}})
        return made, 0 if "flatten" in made[0] else rank

    def each_step(self, rank: int) -> tuple[Any, int]:
        """A body over each step."""
        return {"time_distributed": self.inside(max(rank - 1, 0))}, rank

    def constant(self, rank: int) -> tuple[Any, int]:
        """A merge of one input and a number, or of no other."""
        word = self.rng.choice([word for word in MERGE if "value" in KINDS[word].options])
        value = self.rng.choice((0, 1, 2, -1, 0.5, 3.0, 300))
        return {word: value if self.chance(0.5) else {"value": value}}, rank

    def paired(self, rank: int) -> tuple[Any, int]:
        """Two tensors of one shape, or nearly, and what is made of both."""
        first, second = self.fresh(), self.fresh()
        word = self.rng.choice([word for word in MERGE if word != "hashed_crossing"])
        made: list[Any] = [{"dense": {"units": self.rng.choice((2, 3)), "name": first}}]
        if self.chance(0.3):
            made.append({"reduce": {"type": "mean", "axis": -1, "keepdims": self.chance(0.5), "name": second}})
        else:
            made.append({self.rng.choice(("relu", "negative", "sign", "square")): {"name": second}})
        node = self.merge_of(word)
        node["from"] = [self.rng.choice((first, second)) for _ in range(max(2, KINDS[word].arity[0]))]
        node.pop("value", None)
        return [*made, {word: node}], rank + (word == "stack")

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
        word = self.rng.choice(MERGE if self.chance(0.7) else MERGES)
        return {word: self.merge_of(word)}

    def merge_of(self, word: str) -> dict[str, Any]:
        """What a merge is given."""
        cls = KINDS[word]
        most = cls.arity[1]
        count = self.rng.choice((2, 2, 3)) if most is None else most
        given: dict[str, Any] = {"from": [self.some_name() for _ in range(count)]}
        if word == "concat" and self.chance(0.3):
            given["axis"] = self.rng.choice((-1, 1, 2, -2, 0, 5))
        if word == "stack" and self.chance(0.5):
            given["axis"] = self.rng.choice((-1, 1, 2, -2, 0, 5))
        if word == "dot":
            given["axes"] = self.rng.choice((-1, -1, 1, 2, [1, 2], [2, 1], [-1, 1], 0))
        if word == "matmul":
            for name in ("transpose_a", "transpose_b"):
                if self.chance(0.4):
                    given[name] = True
        if word == "dot" and self.chance(0.3):
            given["normalize"] = True
        if word == "hashed_crossing":
            given["num_bins"] = 4
        if "value" in cls.options and self.chance(0.15):
            given["value"] = self.rng.choice((1, 0.5, None))
        return given

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
        if word == "gather" and self.chance(0.7):
            given["indices"] = self.rng.choice(([0], [2, 0], [-1, 1], [1, 1, 3], [9], [0, 12]))
        if word == "roll":
            given["shift"], given["axis"] = self.rng.choice(
                ((1, 1), (-2, -1), ([1, 2], [1, 2]), ([1], [2]), ([1, 1], 1))
            )
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
    if word == "conv_lstm":
        return rank if given.get("return_sequences") else max(0, rank - 1)
    if word in ("lstm", "gru", "simple_rnn"):
        return 1 if given.get("return_sequences") else 0
    if word == "reshape":
        return len(given["target_shape"]) - 1
    if word in ("embedding", "one_hot"):
        return rank + 1
    if word == "reduce" and not given.get("keepdims"):
        axes = given.get("axis")
        return 0 if axes is None else max(0, rank - (1 if isinstance(axes, int) else len(axes)))
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
        "'split'",
        "'time_distributed'",
        "'bias'",
        "'attention_mask'",
        "'initial_state'",
        "'return_state'",
        "'value'",
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
