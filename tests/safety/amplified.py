"""A generator of small texts that make large work: amplifiers at random, combined, below a megabyte.

Half of the specs are meant to be sound, half hold faults by the thousand. What comes out need not be either: each has to end in a
verdict within the bounds that `attacks.py` is held to. `python tools/attacks.py --random 300 --seed 1` measures them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import TypeAlias, Union

MOST = 990_000  # characters of a text, of which each may take several bytes only where nothing else is long
NODES = 49_000  # of a network, about

Data: TypeAlias = Union["dict[str, Data]", "list[Data]", str, int, float, bool, "Anchored", "Alias", "Raw", None]
Body: TypeAlias = "list[Data]"


class Anchored:
    """A value with an anchor in YAML."""

    def __init__(self, name: str, value: Data) -> None:
        self.name = name
        self.value = value


class Alias:
    """The value of an anchor once more."""

    def __init__(self, anchored: Anchored) -> None:
        self.anchored = anchored


class Raw:
    """A piece of JSON that stays on one line."""

    def __init__(self, text: str) -> None:
        self.text = text


# --- writing ----------------------------------------------------------------------------------------------------------


def plain(data: Data) -> object:
    """What JSON says of it, aliases written out."""
    if isinstance(data, Anchored):
        return plain(data.value)
    if isinstance(data, Alias):
        return plain(data.anchored.value)
    if isinstance(data, Raw):
        return json.loads(data.text)
    if isinstance(data, dict):
        return {key: plain(value) for key, value in data.items()}
    if isinstance(data, list):
        return [plain(item) for item in data]
    return data


def length_of(data: Data) -> int:
    """About how long it is as JSON, aliases written out."""
    if isinstance(data, Anchored):
        return length_of(data.value)
    if isinstance(data, Alias):
        return length_of(data.anchored.value)
    if isinstance(data, dict):
        return 2 + sum(len(key) + 6 + length_of(value) for key, value in data.items())
    if isinstance(data, list):
        return 2 + sum(2 + length_of(item) for item in data)
    return 12 + len(data.text if isinstance(data, Raw) else str(data))


def flow(data: Data) -> str:
    """YAML in brackets, on one line."""
    if isinstance(data, Anchored):
        return f"&{data.name} {flow(data.value)}"
    if isinstance(data, Alias):
        return f"*{data.anchored.name} "
    if isinstance(data, Raw):
        return data.text
    if isinstance(data, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {flow(value)}" for key, value in data.items()) + "}"
    if isinstance(data, list):
        return "[" + ", ".join(map(flow, data)) + "]"
    return _scalar(data)


def _scalar(value: object) -> str:
    if isinstance(value, str) and value.isidentifier() and value.isascii() and value not in ("null", "true", "false"):
        return value
    return json.dumps(value, ensure_ascii=False)


def block(data: Data, indent: int = 0, comment: str = "") -> str:
    """YAML on lines: maps and lists of the upper levels each on lines of their own, nodes in brackets."""
    pad = "  " * indent
    if isinstance(data, dict) and indent < 3:
        lines = []
        for key, value in data.items():
            nested = isinstance(value, (dict, list)) and bool(value) and indent < 2
            lines.append(
                f"{pad}{_scalar(key)}:" + (f"\n{block(value, indent + 1, comment)}" if nested else f" {flow(value)}")
            )
        return "\n".join(lines)
    if isinstance(data, list):
        return "\n".join(f"{pad}- {flow(item)}{comment}" for item in data)
    return f"{pad}{flow(data)}"


# --- what amplifies ---------------------------------------------------------------------------------------------------


class Composer:
    """Makes one document.

    Attributes:
        room: Characters that may still be written.
        nodes: Nodes that may still be made.
    """

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.seed = seed
        self.wrong = seed % 2 == 1
        self.room = int(10 ** self.random.uniform(3, 5.98))
        self.nodes = NODES
        self.count = 0  # of names given
        self.params: dict[str, Data] = {}
        self.blocks: dict[str, Data] = {}
        self.top: dict[str, Data] = {}
        self.used: list[str] = []  # what the document is made of, for its name
        self.spatial = True  # does what a node reads have places?

    def document(self) -> dict[str, Data]:
        """The whole."""
        random = self.random
        shape: list[Data] = random.choice(
            [[1, 1, 1], [32, 32, 3], [8, 8, 4], [64], [16, 4], [None, None, 3], [4, 4, 4, 2]]
        )
        self.spatial = len(shape) > 1
        layers: Body = []
        for _ in range(random.choice([1, 1, 2, 2, 3, 4])):
            part = random.choice(AMPLIFIERS)
            self.used.append(part.__name__)
            layers += part(self)
        if self.wrong:
            for _ in range(random.choice([1, 1, 2, 3])):
                fault = random.choice(FAULTS)
                self.used.append(f"!{fault.__name__}")
                at = random.choice([0, len(layers)])
                layers[at:at] = fault(self)
        for _ in range(random.choice([0, 0, 1, 2])):
            around = random.choice(AROUND)
            self.used.append(around.__name__)
            around(self)
        document: dict[str, Data] = {
            "netspec": 1,
            "input": Raw(json.dumps(shape)) if random.random() < 0.9 else list(shape),
        }
        if self.params:
            document["params"] = self.params
        if self.blocks:
            document["blocks"] = self.blocks
        return {**document, **self.top, "layers": layers or ["relu"]}

    # --- numbers and names

    def name(self, prefix: str = "n") -> str:
        """A new name."""
        self.count += 1
        return f"{prefix}{self.count}"

    def times(self, cost: int = 1) -> int:
        """How often something is repeated that makes `cost` nodes: mostly as often as there is room for."""
        most = max(1, self.nodes // max(cost, 1))
        if self.random.random() < 0.5:
            most = max(1, int(most * self.random.random()))
        if self.wrong and self.random.random() < 0.05:
            most *= 3
        self.nodes -= most * cost
        return most

    def written(self, size: int, cost: int = 1) -> int:
        """How often something of `size` characters is written that makes `cost` nodes."""
        most = max(
            1, min(int(self.room * self.random.uniform(0.2, 0.9)) // (size + 6), max(self.nodes, 0) // max(cost, 1))
        )
        self.room -= most * (size + 6)
        self.nodes -= most * cost
        return most

    def node(self) -> Data:
        """A node that takes any shape and keeps it."""
        return self.random.choice(
            [
                "relu",
                "batch_norm",
                "tanh",
                {"relu": {}},
                {"dropout": 0.5},
                {"layer_norm": {}},
                {"dense": {"units": self.random.randint(1, 4)}},
                {"gaussian_noise": 0.1},
                {"activation": "gelu"},
            ]
        )

    def places(self) -> Data:
        """A node with a window, for which a shape needs places."""
        random = self.random
        return random.choice(
            [
                {"1x1": random.randint(1, 4)},
                {"conv": {"filters": random.randint(1, 4), "kernel_size": 3, "padding": "same"}},
                {"conv": {"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same"}},
                {"pool": {"pool_size": 3, "strides": random.choice([1, 2, 1_000_003]), "padding": "same"}},
                {"depthwise_conv": {"kernel_size": 3, "padding": "same"}},
                {"upsample": random.choice([1, 2, 3])},
                {"pool": {"pool_size": 2, "padding": "same"}},
            ]
        )

    def any_node(self) -> Data:
        """Either."""
        return self.places() if self.spatial and self.random.random() < 0.4 else self.node()

    def with_key(self, node: Data, **more: Data) -> dict[str, Data]:
        """A node with wiring."""
        if isinstance(node, str):
            return {node: dict(more)}
        assert isinstance(node, dict)
        ((word, value),) = node.items()
        if isinstance(value, dict):
            return {word: {**value, **more}}
        first = {
            "1x1": "filters",
            "dropout": "rate",
            "activation": "name",
            "upsample": "size",
            "gaussian_noise": "stddev",
        }
        if word == "activation":
            return {str(value): dict(more)}
        return {word: {first.get(word, "units"): value, **more}}

    # --- amplifiers

    def chain(self) -> Body:
        """Nodes written one after the other, few of them different."""
        kinds = [self.any_node() for _ in range(self.random.randint(1, 4))]
        count = self.written(max(len(flow(each)) for each in kinds))
        return [kinds[i % len(kinds)] for i in range(count)]

    def repeated(self) -> Body:
        """One node many times."""
        return [self.with_key(self.any_node(), repeat=self.times())]

    def repeated_with_name(self) -> Body:
        """One node many times, each read again, by the name of the last or of all."""
        name, times = self.name("s"), max(1, self.times() // 2)
        count = self.written(20)
        every = [{"add": {"from": [f"{name}_*"]}}] if self.random.random() < 0.5 else []
        reads: Body = [{"add": {"from": [name, f"{name}_1"]}}] * (count // 2)
        return [self.with_key(self.node(), name=name, repeat=times), *reads, *every]

    def nested_blocks(self) -> Body:
        """Blocks in blocks, each used several times by the next."""
        depth = self.random.choice([2, 3, 5, 10, 40, 90])
        fan = max(1, int(min(4, (max(self.nodes, 2) / 2) ** (1 / depth))))
        prefix = self.name("B").replace("B", "B_" + "x" * self.random.choice([0, 0, 30, 90]))
        inner: Body = [self.any_node()]
        cost = 1 + len(inner)
        for level in range(depth):
            uses: Body = inner if level == 0 else [f"{prefix}_{level - 1}"] * fan
            self.blocks[f"{prefix}_{level}"] = {"layers": uses}
            cost = 1 + fan * cost if level else cost
        top = f"{prefix}_{depth - 1}"
        if self.random.random() < 0.5:
            return [{top: {"repeat": self.times(cost)}}]
        return [top] * self.written(len(top), cost)

    def block_with_params(self) -> Body:
        """A block whose expressions are worked out at each use."""
        word = self.name("P")
        params: dict[str, Data] = {f"p{i}": i + 1 for i in range(self.random.choice([1, 5, 50]))}
        sums = " + ".join(f"$p{i}" for i in range(min(len(params), 40)))
        self.blocks[word] = {"params": params, "layers": [{"dense": f"({sums}) % 7 + 1"}, "relu"]}
        uses: Data = {word: {"p0": "$index + 1", "repeat": self.times(3)}}
        return [uses] if self.random.random() < 0.5 else [{word: {"p0": 3}}] * self.written(20, 3)

    def skips(self) -> Body:
        """Shortcuts in shortcuts."""
        node: Data = self.node()
        depth = self.random.choice([1, 2, 8, 25])
        for level in range(depth):
            extra: dict[str, Data] = {"shortcut": "project"} if self.random.random() < 0.2 else {}
            merge = self.random.choice(["add", "concat", "multiply"]) if level < 2 else "add"
            node = {"skip": {"body": [node], "merge": merge, **extra}}
        return [self.with_key(node, repeat=self.times(3 * depth))]

    def inceptions(self) -> Body:
        """Branches, many or many times."""
        count = self.random.choice([2, 5, 50, 500])
        branches: dict[str, Data] = {f"b{i}": [self.node()] for i in range(count)}
        merge = self.random.choice(["concat", "add", "average"])
        node: Data = {"inception": {"branches": branches, "merge": merge}}
        if merge == "concat":
            return [node, {"dense": 2}] * self.written(len(flow(node)), 2 * count)
        return [self.with_key(node, repeat=self.times(2 * count + 1))]

    def rows(self) -> Body:
        """Rows of GoogLeNet's table."""
        row: dict[str, Data] = {"1x1": 2, "3x3": [2, 2], "5x5": [1, 2], "pool": 2}
        return [{"inception": {**row, "repeat": self.times(9)}}]

    def lists_of_names(self) -> Body:
        """Long lists behind `from`, by an anchor or written out."""
        count = max(2, min(self.written(24), 3000))
        names = [self.name("a") for _ in range(count)]
        nodes: Body = [{"relu": {"name": name, "from": "input"}} for name in names]
        listed = Anchored(self.name("l"), list(names))
        merge = self.random.choice(["add", "average", "maximum"])
        times = max(
            1,
            min(
                self.written(20),
                self.random.choice([3, 40, 95_000 // count, 200_000 // count] if self.wrong else [3, 40]),
            ),
        )
        return [*nodes, {merge: {"from": listed}}, *([{merge: {"from": Alias(listed)}}] * times)]

    def all_of_a_name(self) -> Body:
        """All repetitions of a node, read by nodes that keep what they read."""
        name, times = (
            self.name("s"),
            min(self.times(), self.random.choice([100, 5_000, 30_000] if self.wrong else [100, 2_000])),
        )
        word = self.name("E")
        body: Body = self.random.choice([[], [{"skip": []}] * 20, [{"head": {"body": []}}] * 20])
        self.blocks[word] = {"layers": body}
        use: Data = {word: {"from": [f"{name}_*"], "repeat": self.random.choice([1, 10, 1000])}}
        return [self.with_key("relu", name=name, repeat=times), use, "relu" if "skip" in flow(body) else {"add": {}}]

    def shared(self) -> Body:
        """One node's weights in many."""
        name = self.name("w")
        count = self.written(30)
        if self.random.random() < 0.5:
            return [
                {"dense": 3},
                {"dense": {"units": 3, "name": name}},
                {"dense": {"share": name, "repeat": self.times()}},
                {"dense": 2},
            ]
        return [
            {"dense": 3},
            {"dense": {"units": 3, "name": name}},
            {"dense": 3},
            *([{"dense": {"share": name}}] * count),
        ]

    def conditions(self) -> Body:
        """Repetitions that are left out."""
        repeat = self.random.choice([100, 5_000, 49_000] if self.wrong else [100, 3_000])
        test = self.random.choice(["$index < 0", "$index % 50 == 1", "len([1, 2]) > $index + 5"])
        count = min(self.written(50), self.random.choice([1, 10, 10_000] if self.wrong else [1, 15]))
        return [{"relu": {"repeat": repeat, "when": test}}] * count + ["relu"]

    def heads(self) -> Body:
        """Outputs by the thousand, each at the end of a long way."""
        way = self.with_key(
            self.random.choice(["relu", {"dense": 2}, {"dropout": 0.1}]), repeat=max(1, self.times() // 2)
        )
        count = self.written(40, 2)
        end = "softmax"
        if self.spatial:
            self.spatial, end = False, "sigmoid"
            return [
                {"global_pool": "avg"},
                way,
                *({"head": {"name": self.name("h"), "body": [end]}} for _ in range(count)),
            ]
        return [way, *({"head": {"name": self.name("h"), "body": [end]}} for _ in range(count))]

    def long_expressions(self) -> Body:
        """An expression as long as may be, worked out at each repetition."""
        unit = self.random.choice([" + 1", " * 1", " + $index", " + (1 if $index > 5 else 0)", " + max(1, 2, $index)"])
        text = (
            "1"
            + unit * ((self.random.choice([50, 400, 990] if self.wrong else [50, 180]) - 20) // len(unit))
            + " + 0 * $index"
        )
        key = self.random.choice(["units", "when"])
        if key == "when":
            return [{"relu": {"repeat": self.times(), "when": f"{text} > 0"}}]
        return [{"dense": {"units": f"({text}) % 5 + 1", "repeat": self.times()}}]

    def lists_of_params(self) -> Body:
        """Lists that expressions read again and again."""
        name = self.name("list")
        length = self.random.choice([90, 99, 100, 1_000, 10_000] if self.wrong else [10, 40, 99])
        length = max(1, min(length, self.room // 4))
        self.room -= length * 3
        self.params[name] = [self.random.randint(1, 9) for _ in range(length)]
        what = self.random.choice(
            [f"max(${name})", f"sum(${name}) % 7 + 1", f"${name}[$index % {length}]", f"len(${name})"]
        )
        twice = f"({what}) + ({what})" if self.random.random() < 0.4 else what
        return [{"dense": {"units": twice, "repeat": self.times()}}]

    def nested_lists(self) -> Body:
        """Lists of lists of lists in params."""
        base = self.name("d")
        levels, width = self.random.choice(
            [(10, 2), (13, 2), (5, 6), (40, 1), (22, 2), (59, 2)] if self.wrong else [(3, 2), (5, 2), (20, 1)]
        )
        self.params[f"{base}_0"] = [1, 2]
        for level in range(1, levels + 1):
            self.params[f"{base}_{level}"] = "[" + ", ".join([f"${base}_{level - 1}"] * width) + "]"
        return [{"dense": {"units": f"len(${base}_{levels})", "repeat": self.times()}}]

    def chain_of_params(self) -> Body:
        """Params, each of the one above it."""
        base, count = self.name("c"), self.written(30, 0)
        for index in range(count):
            self.params[f"{base}_{index}"] = 1 if index == 0 else f"${base}_{index - 1} % 7 + 1"
        return [{"dense": f"${base}_{count - 1}"}]

    def long_names(self) -> Body:
        """Names as long as may be, in bodies as deep as may be."""
        depth = self.random.choice([3, 10, 45] if self.wrong else [3, 8])
        node: Data = self.with_key("relu", name=self.name("y" * 90), repeat=max(1, self.times() // 2))
        body: Body = [node]
        for _ in range(depth):
            body = [{"skip": {"body": body, "name": self.name("z" * 90)}}]
        for _ in range(self.random.choice([0, 0, 20, 40]) if self.wrong else 0):
            word = self.name("L" * 90)
            self.blocks[word] = {"layers": body}
            body = [{word: {"name": self.name("v" * 90)}}]
        return body

    def anchors(self) -> Body:
        """Nodes by aliases."""
        node = self.any_node()
        anchored = Anchored(self.name("x"), [node] * self.random.choice([1, 50, 700]))
        value = anchored.value
        assert isinstance(value, list)
        many = min(self.written(20, len(value)), (150_000 if self.wrong else 40_000) // len(value))
        return [
            {"skip": {"body": anchored, "merge": "add"}},
            *([{"skip": {"body": Alias(anchored), "merge": "add"}}] * many),
        ]

    def defaults(self) -> Body:
        """Hyperparameters of all nodes of a kind, worked out at each."""
        self.top["defaults"] = {
            "dense": {"units": "$index % 3 + 1", "use_bias": False},
            "relu": {"negative_slope": 0.0},
        }
        return [{"dense": {"repeat": self.times()}}]

    def growing(self) -> Body:
        """Channels that grow with each node."""
        return [
            {
                "skip": {
                    "body": [self.node()],
                    "merge": "concat",
                    "repeat": self.random.choice([40, 60, 2_000] if self.wrong else [10, 30]),
                }
            }
        ]

    # --- faults

    def near(self, word: str) -> str:
        """A word that is nearly another, no two alike."""
        self.count += 1
        return f"{word[:2]}{word[3:]}{self.count}" if self.random.random() < 0.5 else f"{word[:3]}x{word[3:]}"

    def unknown_kinds(self) -> Body:
        """Words that are no kinds."""
        word = self.random.choice(["conv", "dense", "batch_norm", "Bottleneck", "multi_head_attention", "q" * 60])
        count = self.written(len(word) + 8)
        return [self.near(word) for _ in range(count)]

    def unknown_options(self) -> Body:
        """Words that are no hyperparameters: at one node, or one at each."""
        count = self.written(30)
        if self.random.random() < 0.5:
            return [{"dense": {"units": 1, **{self.near("use_bias"): 1 for _ in range(count)}}}]
        return [{"dense": {"units": 1, self.near("activation"): "relu"}} for _ in range(count)]

    def wrong_values(self) -> Body:
        """Values of the wrong type, out of range, or too long."""
        value: Data = self.random.choice(
            [
                -1,
                2.5,
                "many",
                [1, 2],
                {"a": 1},
                None,
                "x" * 3000,
                2**53,
                10**30,
                "$nope",
                "$channels / 0",
                "1 +* $index",
                "é" * 50,
            ]
        )
        return [{"dense": {"units": value}}] * self.written(len(flow(value)) + 20)

    def wrong_names(self) -> Body:
        """Names that stand for nothing, beside many that stand for something."""
        known: Body = [{"relu": {"name": self.name("known")}} for _ in range(self.written(30))]
        reads: Body = [{"add": {"from": [self.near("known"), "input"]}} for _ in range(self.written(40))]
        return [*known, *reads]

    def names_given_twice(self) -> Body:
        """One name for many nodes."""
        return [{"relu": {"name": "twice"}}] * self.written(25)

    def unused(self) -> Body:
        """Nodes that nobody reads."""
        return [{"dense": {"units": 2, "from": "input"}}] * self.written(40)

    def windows(self) -> Body:
        """Windows that do not fit."""
        node: Data = self.random.choice(
            [
                {"conv": {"filters": 4, "kernel_size": 3, "strides": 2}},
                {"conv": {"filters": 4, "kernel_size": 99}},
                {"pool": {"pool_size": 5, "strides": 7}},
                {"reshape": [7, 7, 2]},
                {"crop": 9},
            ]
        )
        if self.random.random() < 0.3:
            return [self.with_key(node, repeat=self.times())] if isinstance(node, dict) and "conv" in node else [node]
        return [self.with_key(node, **{"from": "input"}) if "conv" in flow(node) else node] * self.written(60)

    def failed_merges(self) -> Body:
        """Merges of what differs, at the end of long ways."""
        way: Body = [{"dense": {"units": 2, "name": "near"}}, {"tanh": {"repeat": max(1, self.times() // 2)}}]
        merges: Body = [{"add": {"from": ["near", "far"]}}] * self.written(35)
        return [*way, {"dense": {"units": 3, "name": "far"}}, *merges]

    def wrong_in_blocks(self) -> Body:
        """A fault that each use of a block shows anew, deep inside."""
        depth = self.random.choice([1, 5, 40])
        word = self.name("W")
        inside: Data = self.random.choice(
            [
                {"dense": "$missing"},
                {"dense": "$index - 5"},
                {"add": {"from": ["nobody"]}},
                {"crop": 5},
                {"dense": "$w / 0"},
            ]
        )
        self.blocks[f"{word}_0"] = {"params": {"w": 1}, "layers": [inside]}
        for level in range(1, depth):
            self.blocks[f"{word}_{level}"] = {"params": {"w": 1}, "layers": [{f"{word}_{level - 1}": {"w": "$w"}}]}
        return [{f"{word}_{depth - 1}": {"repeat": self.times(2 * depth)}}]

    def wrong_params_of_blocks(self) -> Body:
        """Params that a block does not have."""
        word = self.name("V")
        self.blocks[word] = {
            "params": {f"width{i}": 1 for i in range(self.random.choice([1, 300]))},
            "layers": ["relu"],
        }
        return [{word: {self.near("width"): 1}} for _ in range(self.written(30, 2))]

    def shares_nothing(self) -> Body:
        """Weights of nodes that are not there, or other ones."""
        return [{"dense": {"units": 3, "share": self.random.choice(["nobody", "input"])}}] * self.written(40)

    def long_texts(self) -> Body:
        """A text where a number is wanted, and a word as long as may be."""
        text = self.random.choice(["x", "é", "漢", "\U0001f600", "a b ", "$a + "]) * min(self.room // 8, 90_000)
        self.room -= len(text)
        return [{"dense": {"units": text}}, {"dense": {"units": 1, text: 1}}]

    def deep(self) -> Body:
        """Nesting."""
        value: Data = 1
        for _ in range(self.random.choice([20, 55, 70])):
            value = [value] if self.random.random() < 0.5 else {"a": value}
        return [{"dense": {"units": value}}] * min(self.written(200), 2000)

    def recursive(self) -> Body:
        """Blocks that contain themselves, or each other."""
        a, b = self.name("R"), self.name("R")
        self.blocks[a] = {"layers": ["relu", b, b]}
        self.blocks[b] = {"layers": ["relu", a, a]}
        return [{a: {"repeat": self.random.choice([1, 100, 10_000])}}]

    # --- around

    def variants(self) -> None:
        """Variants, all of which are looked at."""
        self.params["variant"] = 1
        count = max(1, min(self.written(30, 0), self.random.choice([2, 9, 400, 20_000])))
        key = "variants" if not self.wrong or self.random.random() < 0.8 else "variant"
        self.top["variants"] = {f"v{i}": {key.removesuffix("s"): i + 2} for i in range(count)}

    def unused_params(self) -> None:
        """Params that nothing reads."""
        for _ in range(self.written(20, 0)):
            self.params[self.name("unused")] = 1

    def description(self) -> None:
        """A long text."""
        self.top["description"] = self.random.choice(["words ", "漢字", "\U0001f600", "line\n"]) * min(
            self.room // 14, 15_000
        )

    def outputs(self) -> None:
        """Many names for one node, or for none."""
        count = self.written(25, 0)
        self.top["outputs"] = {
            self.name("out"): self.random.choice(["relu_1", "nobody"] if self.wrong else ["input"])
            for _ in range(count)
        }

    def limits(self) -> None:
        """Budgets that are broken."""
        self.top["limits"] = {"parameters": 1, "macs": 1, "receptive_field": 10_000, "activation_memory": 1}

    def training(self) -> None:
        """What is said of training, outputs by name."""
        loss: dict[str, Data] = {self.name("out"): "mean_squared_error" for _ in range(min(self.written(25, 0), 5_000))}
        self.top["train"] = {
            "loss": loss if self.wrong and self.random.random() < 0.5 else "sparse_categorical_crossentropy"
        }
        if self.wrong:
            self.top["data"] = {"source": "digits"}


AMPLIFIERS: tuple[Callable[[Composer], Body], ...] = (
    Composer.chain,
    Composer.repeated,
    Composer.repeated_with_name,
    Composer.nested_blocks,
    Composer.block_with_params,
    Composer.skips,
    Composer.inceptions,
    Composer.rows,
    Composer.lists_of_names,
    Composer.all_of_a_name,
    Composer.shared,
    Composer.conditions,
    Composer.heads,
    Composer.long_expressions,
    Composer.lists_of_params,
    Composer.nested_lists,
    Composer.chain_of_params,
    Composer.long_names,
    Composer.anchors,
    Composer.defaults,
    Composer.growing,
)
FAULTS: tuple[Callable[[Composer], Body], ...] = (
    Composer.unknown_kinds,
    Composer.unknown_options,
    Composer.wrong_values,
    Composer.wrong_names,
    Composer.names_given_twice,
    Composer.unused,
    Composer.windows,
    Composer.failed_merges,
    Composer.wrong_in_blocks,
    Composer.wrong_params_of_blocks,
    Composer.shares_nothing,
    Composer.long_texts,
    Composer.deep,
    Composer.recursive,
)
AROUND: tuple[Callable[[Composer], None], ...] = (
    Composer.variants,
    Composer.unused_params,
    Composer.description,
    Composer.outputs,
    Composer.limits,
    Composer.training,
)


# --- the text ---------------------------------------------------------------------------------------------------------

_COMMENTS = ("", "", "", "  # netspec: ignore NS801", "  # netspec: ignore NS305, NS807: as it was", "  # a comment")


def amplified(seed: int) -> tuple[str, str]:
    """A text and the name of what is in it; the same for the same seed.

    Args:
        seed: Even for a sound spec, odd for one with faults.
    """
    composer = Composer(seed)
    document = composer.document()
    random = composer.random
    styles = ["block", "block", "block", "flow"]
    if length_of(document) < MOST:
        styles += ["json", "lines of json"]
    style = random.choice(styles)
    if style == "json":
        text = json.dumps(plain(document), ensure_ascii=random.random() < 0.5)
    elif style == "lines of json":
        text = json.dumps(plain(document), indent=1)
    elif style == "flow":
        text = flow(document) + "\n"
    else:
        text = block(document, comment=random.choice(_COMMENTS)) + "\n"
        if random.random() < 0.1:
            text = f"# netspec: ignore-file NS801, NS809\n{text}"
    if composer.wrong and random.random() < 0.1:
        style += ", cut"
        text = text[: random.randrange(len(text))]
    if style.startswith("block") and random.random() < 0.2:
        style += ", CRLF"
        text = text.replace("\n", "\r\n")
    data = text.encode()
    if len(data) > 10**6:  # not small any more
        text = data[: 10**6].decode(errors="ignore")
    return f"{seed} {' '.join(composer.used)} ({style})", text
