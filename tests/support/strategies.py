"""Random documents, made from the declarations themselves: mostly sensible, sometimes not."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from netspec.data import Data
from netspec.kinds import KINDS
from netspec.kinds.arguments import Iterations
from netspec.kinds.composition import Body, Branches, PoolCell, Row, Shortcut
from netspec.kinds.einsum import Equation, Letters
from netspec.kinds.operations import Parts
from netspec.options import (
    Amounts,
    Boolean,
    Choice,
    Constant,
    Integer,
    IntegerList,
    ListOf,
    Named,
    Nullable,
    Number,
    Numbers,
    OneOrMore,
    PerName,
    Sizes,
    Span,
    Text,
    Token,
    Type,
)
from netspec.options.reads import Reads
from netspec.spec.keys import TOP_KEYS, WIRING
from netspec.spec.limits import Limits, Quantity
from netspec.spec.node_patterns import Multipliers, Patterns
from netspec.spec.pretrained import InitOption
from netspec.spec.training_settings import ClassWeights, Interval, Layout, Mesh, Nested, Raw, Train

WORDS = [
    "same",
    "valid",
    "max",
    "avg",
    "relu",
    "adam",
    "l2",
    "input",
    "conv_1",
    "x",
    "$width",
    "$n + 1",
    "64",
    "",
    "yes",
    "a b",
    "a.b",
]

scalars = st.one_of(
    st.integers(-3, 300),
    st.sampled_from([0.5, 2.0, -1.5, 1e-3]),
    st.booleans(),
    st.none(),
    st.sampled_from(WORDS),
)
junk = st.one_of(
    scalars,
    st.lists(scalars, max_size=4),
    st.lists(st.lists(scalars, max_size=3), max_size=3),
    st.dictionaries(st.sampled_from([*WORDS[:8], "filters", "stddev"]), scalars, max_size=2),
)


def value(type_: Type, depth: int) -> st.SearchStrategy[Any]:
    """Mostly what the type takes."""
    return st.integers(0, 6).flatmap(lambda dice: junk if dice == 0 else sensible(type_, depth))


def sensible(type_: Type, depth: int) -> st.SearchStrategy[Any]:
    """What a type takes, boundaries and expressions included."""
    if isinstance(type_, Nullable):
        return st.one_of(st.none(), sensible(type_.inner, depth))
    if isinstance(type_, Branches):
        return st.dictionaries(st.sampled_from(["left", "right", "b3"]), bodies(depth), min_size=1, max_size=2)
    if isinstance(type_, Shortcut):
        return st.one_of(st.sampled_from(["identity", "project", "$s"]), bodies(depth))
    if isinstance(type_, Body):
        return bodies(depth)
    if isinstance(type_, (Integer, Number)):
        edges = [b for b in (type_.ge, type_.gt, type_.le, type_.lt) if b is not None]
        return st.sampled_from([*edges, *[e + 1 for e in edges], 0, 1, 2, 3, 32, 0.5, "$width", 3.0])
    if isinstance(type_, Boolean):
        return st.sampled_from([True, False, "$flag"])
    if isinstance(type_, Choice):
        return st.sampled_from([*type_.choices, "$word"])
    if isinstance(type_, Sizes):
        return st.one_of(
            st.sampled_from([0, 1, 2, 3, "$k"]),
            st.lists(st.sampled_from([1, 2, 3, "$k"]), min_size=1, max_size=4),
        )
    if isinstance(type_, Amounts):
        side = st.one_of(st.integers(-1, 3), st.lists(st.integers(0, 3), min_size=2, max_size=2))
        return st.one_of(st.sampled_from([0, 1, "same", "valid", "$p"]), st.lists(side, min_size=1, max_size=4))
    if isinstance(type_, IntegerList):
        return st.one_of(st.integers(-2, 4), st.lists(st.sampled_from([-1, 1, 2, 8, "$n", None]), max_size=3))
    if isinstance(type_, Token):
        return st.sampled_from([0, 3, "a", "", 1.5, None])
    if isinstance(type_, Span):
        return st.sampled_from([[0, 1], [0, 255], [1, 0], [0, 1, 2], [0, "$top"], 1, []])
    if isinstance(type_, Numbers):
        return st.one_of(
            st.sampled_from([-1.0, 0, 0.5, 1, 2.5]), st.lists(st.sampled_from([0, 0.5, 1, "$f"]), max_size=3)
        )
    if isinstance(type_, Constant):
        return st.sampled_from([0, 1, -2, 0.5, 3.0, "$k"])
    if isinstance(type_, Reads):
        return st.sampled_from(["conv_1", ["a", "b"], "a.b", "$other", "input", [], 3])
    if isinstance(type_, Named):
        uses = [st.just(name) for name in type_.table]
        uses += [st.fixed_dictionaries({name: options(cls, depth)}) for name, cls in type_.table.items()]
        return st.one_of(*uses)
    if isinstance(type_, Constant):
        return st.sampled_from([0, 1, -1, 0.5, 300, "$f"])
    if isinstance(type_, Parts):
        return st.sampled_from([["left", "right"], {"a": 2, "b": "$n"}, {"a": 0}, ["a", "a"], []])
    if isinstance(type_, Row):
        return st.one_of(st.integers(0, 64), st.lists(st.integers(0, 64), max_size=3))
    if isinstance(type_, PoolCell):
        return st.sampled_from([32, 0, "max", "avg", "l2", "$p"])
    if isinstance(type_, Quantity):
        return st.sampled_from([5000, "5M", "2GiB", "1.5G", "-1", 0, "5 Q", "$limit"])
    if isinstance(type_, PerName):
        return st.one_of(
            sensible(type_.inner, depth),
            st.dictionaries(st.sampled_from(["main", "aux"]), value(type_.inner, depth), max_size=2),
        )
    if isinstance(type_, OneOrMore):
        return st.one_of(value(type_.inner, depth), st.lists(value(type_.inner, depth), max_size=2))
    if isinstance(type_, ClassWeights):
        return st.sampled_from(["balanced", "balance", {"cat": 2}, {"cat": -1, "dog": "$f"}, "$w", []])
    if isinstance(type_, Multipliers):
        return st.dictionaries(st.sampled_from(["conv_1", "*", "a.b"]), value(type_.inner, depth), max_size=2)
    if isinstance(type_, (ListOf, Patterns)):
        return st.lists(value(type_.inner, depth), max_size=2)
    if isinstance(type_, Raw):
        return st.lists(st.sampled_from(["random_flip", {"random_flip": "horizontal"}]), max_size=2)
    if isinstance(type_, Layout):
        return st.sampled_from([{"dense_1/kernel": [None, "model"]}, {"*": ["model"]}, {"*": "model"}, {"*": [3]}, {}])
    if isinstance(type_, Mesh):
        return st.sampled_from([{"batch": 2, "model": 4}, {"batch": 0}, {"batch": "$n"}, {}])
    if isinstance(type_, Interval):
        return st.sampled_from(["10min", "500 steps", "1 step", "1.5h", "1.5 steps", "0 s", "0.0min", "soon", 3])
    if isinstance(type_, InitOption):
        return st.sampled_from(["imagenet", "runs/a", "$w", {"from": "a.keras"}, {"from": 3}, {}, []])
    if isinstance(type_, Nested):
        return options(type_.declared, depth)
    if isinstance(type_, Iterations):
        return st.sampled_from([True, False, 2, 0, "$n"])
    if isinstance(type_, Equation):
        return st.sampled_from(["ab,bc->ac", "...x,xy->...y", "abc,cd", "abb,b->a", "$x", "ab,cb->"])
    if isinstance(type_, Letters):
        return st.sampled_from(["a", "c", "bc", "$x", "1"])
    assert isinstance(type_, Text), type_
    return st.sampled_from(["images", "$path", "a/b.csv"])


def options(cls: Any, depth: int) -> st.SearchStrategy[dict[str, Any]]:
    """A map of hyperparameters: the required ones nearly always, a few others, now and then a stranger."""
    required = {name: value(cls.options[name].type, depth) for name in cls.required}
    optional = {name: value(opt.type, depth) for name, opt in cls.options.items() if not opt.required}
    some = st.lists(st.sampled_from(sorted(optional)), max_size=3, unique=True) if optional else st.just([])
    strangers = st.sampled_from([{}] * 9 + [{"filter": 3}, {"activatoin": "relu"}])
    dropped = st.integers(0, 9)

    def assemble(parts: tuple[list[str], dict[str, Any], int]) -> st.SearchStrategy[dict[str, Any]]:
        names, extra, drop = parts
        chosen = {**(required if drop else {}), **{name: optional[name] for name in names}}
        return st.fixed_dictionaries(chosen).map(lambda made: {**made, **extra})

    return st.tuples(some, strangers, dropped).flatmap(assemble)


wiring = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["a", "b_2", "input", "1a", "$tag", 3, "x" * 101]),
        "from": st.sampled_from(["conv_1", ["a", "b"], [], 0, "a.b", "a b", None, ["$x", "b"], [1]]),
        "repeat": st.sampled_from([0, 2, -1, "$n", "two", 2.0, True]),
        "when": st.sampled_from([True, "$x == 1", "yes", 1]),
        "share": st.sampled_from(["conv_1", "a.b", 3, "a b"]),
        "trainable": st.sampled_from([False, "$t", 0]),
    },
)


def nodes(depth: int) -> st.SearchStrategy[Any]:
    """A node, now and then a wrong one."""
    words = [word for word, cls in KINDS.items() if depth or not cls.composition]

    def of(word: str) -> st.SearchStrategy[Any]:
        cls = KINDS[word]
        maps = st.tuples(options(cls, depth - 1), st.one_of(st.just({}), wiring)).map(
            lambda p: {word: {**p[0], **p[1]}}
        )
        forms = [maps, st.just(word), st.just({word: None}), junk.map(lambda v: {word: v})]
        if cls.principal is not None:
            forms.append(value(cls.options[cls.principal].type, depth - 1).map(lambda v: {word: v}))
        return st.one_of(maps, *forms)

    wrong = st.one_of(
        scalars,
        st.sampled_from(
            [
                "cnov",
                "Block",
                "conv",
                {},
                {"relu": None, "dense": 3},
                {"conv": {"filters": 3, "kernel_size": 1}, "name": "x"},
                [],
            ]
        ),
        st.fixed_dictionaries({"Block": junk}),
    )
    return st.integers(0, 12).flatmap(lambda dice: wrong if dice == 0 else st.sampled_from(words).flatmap(of))


def bodies(depth: int) -> st.SearchStrategy[list[Any]]:
    """A list of nodes."""
    return st.lists(nodes(max(depth, 0)), max_size=2)


dimensions = st.sampled_from([1, 8, 28, None, "$size", 0, 3.0, "8", True])
shapes = st.one_of(st.lists(dimensions, max_size=4), st.just("$shape"), junk)
params = st.one_of(
    st.dictionaries(st.sampled_from(["width", "n", "x", "name", "1a", "from"]), junk, max_size=3),
    st.none(),
)

documents = st.fixed_dictionaries(
    {
        "netspec": st.sampled_from([1] * 8 + [1.0, 2, "1", True, None]),
        "layers": st.lists(nodes(2), max_size=4),
    },
    optional={
        "input": st.one_of(
            shapes,
            st.fixed_dictionaries(
                {},
                optional={
                    "shape": shapes,
                    "dtype": st.sampled_from(["int32", "float", 3]),
                    "name": st.sampled_from(["x", "1", 2]),
                },
            ),
        ),
        "inputs": st.one_of(st.dictionaries(st.sampled_from(["left", "right", "1x"]), shapes, max_size=2), junk),
        "name": st.sampled_from(["net", "a b", 3, None, "$x"]),
        "description": st.sampled_from(["words", 3]),
        "params": params,
        "variants": st.one_of(
            st.dictionaries(
                st.sampled_from(["small", "18", "a b"]),
                st.one_of(st.just({}), st.none(), scalars),
                max_size=2,
            ),
            st.none(),
        ),
        "defaults": st.dictionaries(st.sampled_from(["conv", "1x1", "dense", "Block", "cnov"]), junk, max_size=2),
        "blocks": st.dictionaries(
            st.sampled_from(["Block", "block", "B_2"]),
            st.one_of(
                st.fixed_dictionaries({"layers": bodies(1)}, optional={"params": params, "other": scalars}),
                junk,
            ),
            max_size=2,
        ),
        "outputs": st.one_of(
            st.lists(st.sampled_from(["conv_1", "a.b", "a b", 3]), max_size=2),
            st.just({"main": "conv_1"}),
            junk,
        ),
        "limits": st.one_of(options(Limits, 0), junk),
        "data": st.one_of(options(Data, 0), junk),
        "train": st.one_of(options(Train, 0), junk),
        "layer": st.just([]),
    },
)

assert set(TOP_KEYS) >= {"netspec", "layers"}
assert "name" in WIRING
