"""Cases of the operations, and of the merges that are operations."""

from __future__ import annotations

from typing import Any

import keras

from .case import ARITY, UNBUILDABLE, Case, network, no, ok, wrong_network

N = None
BATCH = "Keras takes the batch for an axis like others"
NOTHING = "Keras does not look at it"

# Those of kinds that have others elsewhere.
MORE: dict[str, list[Case]] = {
    word: [
        ok((4, 3), value=2, save=True),
        ok((N, 3), value=-0.5),
        ok((3,), value=2, dtype="int32"),
        no("NS304", [(3,), (3,)], value=2, stricter=ARITY),
        no("NS410", (3,), value=300, dtype="int8", stricter="Keras takes the rest of the number"),
    ]
    for word in ("add", "subtract", "multiply", "maximum", "minimum")
}


def _top_k(x: Any) -> Any:
    values, indices = keras.ops.top_k(x, 2)
    return keras.layers.Add()([values, indices])


def _top_places(x: Any) -> Any:
    return keras.ops.one_hot(keras.ops.top_k(x, 2)[1], 5)


def _elementwise() -> list[Case]:
    return [
        ok([(4, 3), (4, 3)]),
        ok([(4, 3), (3,)]),
        ok([(1, 3), (2, 4, 1)]),
        ok([(N, 3), (1, 3)]),
        ok((4, 3), value=2, save=True),
        ok((4, 3), value=0.5),
        no("NS403", [(4, 3), (4, 2)]),
        no("NS403", [(4, 3), (4,)]),
        no("NS304", (4, 3), stricter=ARITY),
    ]


PLAIN = ("absolute", "negative", "sign", "round", "floor", "square", "sqrt", "log", "sin", "cos")

CASES: dict[str, list[Case]] = {
    **{
        word: [ok((5,), numeric=word not in ("sqrt", "log")), ok((N, 4, 3), numeric=False), no("NS202", (5,), alpha=1)]
        for word in PLAIN
    },
    **{word: _elementwise() for word in ("equal", "not_equal", "greater", "greater_equal", "less", "less_equal")},
    "divide": [*_elementwise(), no("NS209", (4,), value=0, stricter="Keras makes infinities of it")],
    "power": [case._replace(numeric=False) for case in _elementwise()],
    "clip": [
        ok((5,), min=-1, max=0.5),
        ok((N, 3), min=0, max=1, dtype="int32"),
        no("NS203", (5,), min=0),
        no("NS209", (5,), min=1, max=0, stricter="Keras gives the maximum everywhere"),
        no("NS410", (5,), min=0.5, max=1, dtype="int32", only="tensorflow"),
    ],
    "cast": [
        ok((5,), to="int32"),
        ok((N, 3), to="bool"),
        ok((5,), to="float16", dtype="int32"),
        no("NS205", (5,), to="complex64", stricter="netspec has no complex numbers"),
    ],
    "one_hot": [
        ok((5,), classes=10, dtype="int32"),
        ok((5,), classes=2, dtype="int32"),
        ok((), classes=3, dtype="uint8"),
        ok((N, 2), classes=4),
        no("NS205", (5,), classes=0, stricter="Keras makes a tensor of nothing"),
    ],
    "reduce": [
        *(
            ok((4, 3), type=word, **given)
            for word in ("mean", "max", "min", "sum", "prod", "variance", "l2")
            for given in ({}, {"axis": -1, "keepdims": True}, {"axis": [1]})
        ),
        ok((2, 4, 3), type="mean", axis=[1, 2], keepdims=True),
        ok((2, 4, 3), type="l2", axis=[1, -1]),
        ok((N, 3), type="max", axis=1),
        ok((), type="sum"),
        ok((4, 3), type="sum", dtype="int32"),
        no("NS408", (4, 3), type="mean", axis=3),
        no("NS408", (4, 3), type="mean", axis=0, stricter=BATCH),
        no("NS408", (4, 3), type="mean", axis=[1, 1], only="tensorflow", stricter=None),
        no("NS205", (4, 3), type="median", stricter="of no use in a network"),
    ],
    "top_k": [
        ok((4, 5), k=2),
        ok((5,), k=5, dtype="int32"),
        ok((N, 5), k=1, at=(3,)),
        network((4, 5), {"top_k": {"k": 2, "name": "a"}}, {"add": {"from": ["a", "a.indices"]}}, keras=_top_k),
        network(
            (4, 5),
            {"top_k": {"k": 2, "name": "a"}},
            {"one_hot": {"classes": 5, "from": "a.indices"}},
            keras=_top_places,
        ),
        no("NS402", (4, 5), k=6),
        no("NS404", (), k=1, stricter=BATCH),
        no("NS407", (4, N), k=1, stricter="Keras takes it, and fails where there are fewer"),
        no("NS205", (4, 5), k=0, stricter="Keras gives nothing"),
        no("NS203", (4, 5)),
    ],
    "cumsum": [ok((4, 3)), ok((N, 3), axis=1), ok((4,), dtype="int32"), no("NS408", (4, 3), axis=3)],
    "roll": [
        ok((6, 3), shift=2),
        ok((6, 4, 3), shift=[-2, 1], axis=[1, 2]),
        ok((N, 3), shift=-1, axis=-1),
        no("NS408", (6, 3), shift=1, axis=3),
        no("NS209", (6, 3), shift=[1, 2], axis=1),
    ],
    "gather": [
        ok((6, 3), indices=[0, 2, -1]),
        ok((6, 3), indices=[1], axis=-1),
        ok((N, 3), indices=[0, 1]),
        network(
            [(6, 3), (2,)],
            {"less": {"value": 0, "from": "in_1", "name": "i"}},
            {"cast": {"to": "int32", "name": "j"}},
            {"gather": {"from": ["in_0", "j"]}},
            keras=lambda t: keras.ops.take_along_axis(
                t[0], keras.ops.expand_dims(keras.ops.cast(keras.ops.less(t[1], 0), "int32"), -1), axis=1
            ),
            save=True,
        ),
        ok([(9, 3), (2,)], dtype="int32", numeric=False),
        no("NS408", (6, 3), indices=[6], only="tensorflow"),
        no("NS408", (6, 3), indices=[0], axis=3),
        no("NS304", (6, 3), stricter=ARITY),
        no("NS404", [(6, 3), (2, 2)], dtype="int32"),
    ],
    "pad": [
        ok((6, 3), padding=1),
        ok((6, 5, 3), padding=[[1, 2], 0], mode="reflect", save=True),
        ok((6, 3), padding=2, value=-1.5),
        ok((6, 5, 4, 3), padding=1, mode="reflect", not_on=("torch", "PyTorch mirrors two dimensions at most")),
        ok((N, 3), padding=1, mode="reflect"),
        ok((4, 3), padding=4, mode="symmetric", not_on=("torch", "PyTorch has no symmetric padding")),
        no("NS409", (4, 3), padding=4, mode="reflect", only="tensorflow"),
        no("NS404", (3,), padding=1),
        no("NS209", (6, 3), padding=1, mode="reflect", value=1, stricter="the value would mean nothing"),
    ],
    "space_to_depth": [
        ok((4, 6, 3)),
        ok((6, 6, 1), block_size=3),
        ok((N, N, 2), at=(4, 6)),
        no("NS405", (5, 4, 3)),
        no("NS404", (4, 3)),
    ],
    "depth_to_space": [
        ok((4, 6, 8)),
        ok((2, 2, 9), block_size=3),
        ok((N, N, 4)),
        no("NS405", (4, 4, 3)),
        no("NS404", (4, 4)),
    ],
    "patches": [
        ok((7, 5, 3), size=2),
        ok((7, 5, 3), size=[2, 3], strides=1, padding="same"),
        ok((8, 8, 3), size=3, strides=[1, 2]),
        ok((N, N, 3), size=2),
        no("NS402", (3, 8, 3), size=4, only="tensorflow"),
        no("NS404", (8, 3), size=2),
    ],
    "window_partition": [
        ok((4, 6, 3), size=2),
        ok((4, 6, 3), size=[2, 3]),
        no("NS405", (5, 4, 3), size=2),
        no("NS404", (4, 3), size=2),
        no("NS407", (N, 4, 3), size=2),
    ],
    "window_reverse": [
        ok((4, 4, 3), size=2),
        ok((6, 4, 3), size=2, height=4, width=6),
        no("NS406", (4, 4, 3), size=3),
        no("NS406", (6, 4, 3), size=2),
        no("NS404", (4, 4), size=2),
        no("NS209", (4, 4, 3), size=2, height=4),
    ],
    "sampling": [
        ok([(4,), (4,)]),
        ok([(N, 3), (N, 3)], seed=3, at=(4, 4), numeric=False),
        no("NS403", [(4,), (3,)]),
        no("NS403", [(4, 3), (3,)]),
    ],
    "matmul": [
        ok([(4, 3), (3, 5)], macs=4 * 5 * 3),
        ok([(4, 3), (5, 3)], transpose_b=True, macs=60, save=True),
        ok([(3, 4), (3, 5)], transpose_a=True),
        ok([(2, 4, 3), (3, 5)], macs=120),
        ok([(2, 4, 3), (1, 3, 5)]),
        ok([(N, 3), (3, 5)]),
        no("NS403", [(4, 3), (4, 3)]),
        no("NS403", [(2, 4, 3), (3, 3, 5)]),
        no("NS404", [(3,), (3, 5)], stricter="Keras takes the batch for an axis of the matrix"),
    ],
    "dot": [
        ok([(4,), (4,)], axes=1, macs=4),
        ok([(4, 3), (5, 3)], axes=-1, normalize=True),
        ok([(4, 3), (3, 5)], axes=[2, 1], macs=60),
        no("NS403", [(4, 3), (4, 5)], axes=2),
        no("NS408", [(4,), (4,)], axes=0),
        no("NS209", [(4,), (4,)], axes=[1, 1, 1]),
    ],
    "where": [
        ok([(4, 1), (4, 3), (3,)]),
        ok([(4,), (4,), (4,)], dtype="int32"),
        no("NS403", [(4,), (3,), (3,)]),
        no("NS304", [(4,), (4,)], stricter=ARITY),
    ],
    "stack": [
        ok([(4, 3), (4, 3)]),
        ok([(4, 3), (4, 3), (4, 3)], axis=1),
        ok([(N, 3), (N, 3)], axis=-2, at=(4, 4)),
        no("NS403", [(4, 3), (4, 2)]),
        no("NS408", [(4,), (4,)], axis=4),
    ],
    "split": [
        network(
            (6,),
            {"split": {"name": "halves", "parts": ["left", "right"]}},
            {"concat": {"from": ["halves.right", "halves.left"]}},
            keras=lambda x: keras.ops.concatenate([x[:, 3:], x[:, :3]], axis=-1),
        ),
        network(
            (6, 3),
            {"split": {"name": "p", "parts": {"a": 2, "b": 4}, "axis": 1}},
            {"concat": {"axis": 1}},
            keras=lambda x: x * 1.0,
        ),
        wrong_network("NS405", (5,), {"split": ["a", "b"]}, "concat", stricter=UNBUILDABLE),
    ],
}
