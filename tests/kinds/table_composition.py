"""Cases of the kinds that are made of other nodes, each beside the same network in Keras's words."""

from __future__ import annotations

from typing import Any

import keras

from .case import UNBUILDABLE, Case, network, wrong_network

N = None
L = keras.layers
CONV = {"conv": {"filters": 4, "kernel_size": 3, "padding": "same"}}


def conv(filters: int, size: int, **given: Any) -> Any:
    return L.Conv2D(filters, size, **{"padding": "same", **given})


# --- inception -------------------------------------------------------------------------------------------------------------


def googlenet_row(x: Any) -> Any:
    """{1x1: 2, 3x3: [3, 4], 5x5: [1, 2], pool: 3}"""
    return L.Concatenate()(
        [
            conv(2, 1)(x),
            conv(4, 3)(conv(3, 1)(x)),
            conv(2, 5)(conv(1, 1)(x)),
            conv(3, 1)(L.MaxPooling2D(3, strides=1, padding="same")(x)),
        ]
    )


def activated_row(x: Any) -> Any:
    """{1x1: 2, 3x3: [3, 4], pool: 3, activation: relu, use_bias: false}"""
    how = {"activation": "relu", "use_bias": False}
    pooled = L.MaxPooling2D(3, strides=1, padding="same")(x)
    return L.Concatenate()([conv(2, 1, **how)(x), conv(4, 3, **how)(conv(3, 1, **how)(x)), conv(3, 1, **how)(pooled)])


def added_row(x: Any) -> Any:
    """{3x3: 4, 7x7: 4, merge: add}"""
    return L.Add()([conv(4, 3)(x), conv(4, 7)(x)])


def averaged_row(x: Any) -> Any:
    """{1x1: 4, pool: avg}"""
    return L.Concatenate()([conv(4, 1)(x), L.AveragePooling2D(3, strides=1, padding="same")(x)])


def row_of_steps(x: Any) -> Any:
    """The same in one dimension."""
    pooled = L.MaxPooling1D(3, strides=1, padding="same")(x)
    return L.Concatenate()([L.Conv1D(2, 1)(x), L.Conv1D(4, 3, padding="same")(x), L.Conv1D(3, 1)(pooled)])


def branches(merge: Any) -> Any:
    """A 1x1, a 1x1 and a convolution, and the input itself."""
    return lambda x: merge([conv(3, 1)(x), conv(3, 3)(conv(2, 1)(x)), x])


BRANCHES = {
    "narrow": [{"1x1": 3}],
    "wide": [{"1x1": 2}, {"conv": {"filters": 3, "kernel_size": 3, "padding": "same"}}],
    "none": [],
}

INCEPTION: list[Case] = [
    network(
        (6, 6, 3), {"inception": {"1x1": 2, "3x3": [3, 4], "5x5": [1, 2], "pool": 3}}, keras=googlenet_row, save=True
    ),
    network((N, N, 3), {"inception": {"1x1": 2, "3x3": [3, 4], "5x5": [1, 2], "pool": 3}}, keras=googlenet_row),
    network(
        (6, 6, 3),
        {"inception": {"1x1": 2, "3x3": [3, 4], "pool": 3, "activation": "relu", "use_bias": False}},
        keras=activated_row,
    ),
    network((6, 6, 3), {"inception": {"3x3": 4, "7x7": 4, "merge": "add"}}, keras=added_row),
    network((6, 6, 3), {"inception": {"1x1": 4, "pool": "avg"}}, keras=averaged_row),
    network((6, 3), {"inception": {"1x1": 2, "3x3": 4, "pool": 3}}, keras=row_of_steps),
    network(
        (6, 6, 3),
        {"inception": {"9x9": 2, "11x11": [3, 2]}},
        keras=lambda x: L.Concatenate()([conv(2, 9)(x), conv(2, 11)(conv(3, 1)(x))]),
    ),
    network((6, 6, 3), {"inception": {"5x5": 2}}, keras=lambda x: conv(2, 5)(x)),
    *(
        network((6, 6, 3), {"inception": {"branches": BRANCHES, "merge": merge}}, keras=branches(layer))
        for merge, layer in (
            ("concat", L.Concatenate()),
            ("add", L.Add()),
            ("average", L.Average()),
            ("maximum", L.Maximum()),
            ("multiply", L.Multiply()),
        )
    ),
    network((6, 6, 3), {"inception": {"branches": BRANCHES}}, keras=branches(L.Concatenate())),
    wrong_network(
        "NS403",
        (6, 6, 3),
        {"inception": {"branches": {"a": [{"1x1": 3}], "b": [{"conv": {"filters": 3, "kernel_size": 3}}]}}},
        keras=lambda x: L.Concatenate()([conv(3, 1)(x), L.Conv2D(3, 3)(x)]),
    ),
    wrong_network(
        "NS403",
        (6, 6, 3),
        {"inception": {"1x1": 3, "3x3": 4, "merge": "add"}},
        keras=lambda x: L.Add()([conv(3, 1)(x), conv(4, 3)(x)]),
    ),
    wrong_network("NS209", (6, 6, 3), {"inception": {"1x1": 3, "branches": {"a": []}}}, stricter=UNBUILDABLE),
    wrong_network("NS209", (6, 6, 3), {"inception": {"merge": "add"}}, stricter=UNBUILDABLE),
    wrong_network("NS205", (6, 6, 3), {"inception": {"3x3": [1, 2, 3], "1x1": 2}}, stricter=UNBUILDABLE),
    wrong_network("NS202", (6, 6, 3), {"inception": {"4x4": 3, "1x1": 2}}, stricter=UNBUILDABLE),
]

# --- skip ------------------------------------------------------------------------------------------------------------------

BODY = [{"1x1": 3}, "batch_norm"]
WIDER = [{"conv": {"filters": 6, "kernel_size": 3, "strides": 2, "padding": 1, "rounding": "floor"}}]


def identity(merge: Any) -> Any:
    return lambda x: merge([x, L.BatchNormalization()(conv(3, 1)(x))])


def strided(x: Any) -> Any:
    return conv(6, 3, strides=2, padding="valid")(L.ZeroPadding2D(1)(x))


def projected(x: Any) -> Any:
    """The body's strides and channels, and no more: it holds no batch_norm."""
    return L.Add()([conv(6, 1, strides=2, padding="valid")(x), strided(x)])


def projected_and_normalised(x: Any) -> Any:
    """`project` brings batch_norm where the body holds one."""
    shortcut = L.BatchNormalization()(conv(6, 1, strides=2, padding="valid")(x))
    return L.Add()([shortcut, L.BatchNormalization()(strided(x))])


def pooled_shortcut(x: Any) -> Any:
    shortcut = conv(6, 1)(L.AveragePooling2D(2)(x))
    return L.Add()([shortcut, strided(x)])


def gated(x: Any) -> Any:
    """Squeeze and excitation."""
    gate = L.Dense(3, activation="sigmoid")(L.Dense(2, activation="relu")(L.GlobalAveragePooling2D(keepdims=True)(x)))
    return L.Multiply()([x, gate])


SKIP: list[Case] = [
    network((6, 6, 3), {"skip": BODY}, keras=identity(L.Add()), save=True),
    network((N, N, 3), {"skip": {"body": BODY}}, keras=identity(L.Add())),
    *(
        network((6, 6, 3), {"skip": {"body": BODY, "merge": merge, "shortcut": "identity"}}, keras=identity(layer))
        for merge, layer in (
            ("add", L.Add()),
            ("concat", L.Concatenate()),
            ("average", L.Average()),
            ("maximum", L.Maximum()),
            ("multiply", L.Multiply()),
        )
    ),
    network((6, 6, 3), {"skip": {"body": WIDER, "shortcut": "project"}}, keras=projected, save=True),
    network((7, 7, 3), {"skip": {"body": WIDER, "shortcut": "project"}}, keras=projected),
    network((N, N, 3), {"skip": {"body": WIDER, "shortcut": "project"}}, keras=projected),
    network(
        (6, 6, 3), {"skip": {"body": [*WIDER, "batch_norm"], "shortcut": "project"}}, keras=projected_and_normalised
    ),
    network(
        (6, 6, 3),
        {"skip": {"body": WIDER, "shortcut": [{"pool": {"type": "avg"}}, {"1x1": 6}]}},
        keras=pooled_shortcut,
    ),
    network(
        (6, 6, 3),
        {
            "skip": {
                "body": [
                    {"global_pool": {"keepdims": True}},
                    {"dense": {"units": 2, "activation": "relu"}},
                    {"dense": {"units": 3, "activation": "sigmoid"}},
                ],
                "merge": "multiply",
            }
        },
        keras=gated,
    ),
    network((6, 6, 3), {"skip": [{"skip": ["relu"]}]}, keras=lambda x: L.Add()([x, L.Add()([x, L.ReLU()(x)])])),
    network((5,), {"skip": [{"dense": 5}]}, keras=lambda x: L.Add()([x, L.Dense(5)(x)])),
    wrong_network("NS403", (6, 6, 3), {"skip": [{"1x1": 4}]}, keras=lambda x: L.Add()([x, conv(4, 1)(x)])),
    wrong_network("NS403", (6, 6, 3), {"skip": {"body": WIDER}}, keras=lambda x: L.Add()([x, strided(x)])),
    wrong_network("NS403", (6, 6, 3), {"skip": {"body": ["upsample"], "shortcut": "project"}}, stricter=UNBUILDABLE),
    wrong_network("NS205", (6, 6, 3), {"skip": {"body": BODY, "shortcut": "projection"}}, stricter=UNBUILDABLE),
    wrong_network("NS205", (6, 6, 3), {"skip": {"body": BODY, "merge": "minimum"}}, stricter=UNBUILDABLE),
    wrong_network("NS203", (6, 6, 3), {"skip": {"shortcut": "identity"}}, stricter=UNBUILDABLE),
]

# --- head ------------------------------------------------------------------------------------------------------------------


def with_head(x: Any) -> dict[str, Any]:
    """A side chain from the middle; the main chain goes on from where it left."""
    middle = conv(4, 3)(x)
    return {
        "end": L.Dense(5)(L.GlobalAveragePooling2D()(middle)),
        "aux": L.Dense(2)(L.GlobalMaxPooling2D()(middle)),
    }


HEAD: list[Case] = [
    network(
        (6, 6, 3),
        CONV,
        {"head": {"name": "aux", "body": [{"global_pool": "max"}, {"dense": 2}]}},
        "global_pool",
        {"dense": {"units": 5, "name": "end"}},
        keras=with_head,
        save=True,
    ),
    network(
        (N, N, 3),
        CONV,
        {"head": {"name": "aux", "body": [{"global_pool": "max"}, {"dense": 2}]}},
        "global_pool",
        {"dense": {"units": 5, "name": "end"}},
        keras=with_head,
    ),
    wrong_network(
        "NS402",
        (6, 6, 3),
        CONV,
        {"head": {"name": "aux", "body": [{"conv": {"filters": 1, "kernel_size": 7}}]}},
        "relu",
        keras=lambda x: L.Conv2D(1, 7)(conv(4, 3)(x)),
    ),
    wrong_network("NS203", (6, 6, 3), CONV, {"head": {"name": "aux"}}, "relu", stricter=UNBUILDABLE),
]

CASES = {"inception": INCEPTION, "skip": SKIP, "head": HEAD}
