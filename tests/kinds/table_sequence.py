"""Cases of recurrent layers and attention."""

from __future__ import annotations

from typing import Any

from .case import Case, no, ok

N = None
WIDE = ("jax", "Keras's attention on JAX takes values of the keys' width only")


def _recurrent(gates: int, **more: Any) -> list[Case]:
    return [
        ok((6, 3), units=4, macs=6 * gates * (3 + 4) * 4),
        ok((6, 3), units=4, return_sequences=True),
        ok((N, 3), units=4),
        ok((N, 3), units=4, return_sequences=True),
        ok((1, 1), units=1),
        ok((6, 3), units=4, use_bias=False),
        ok((6, 3), units=4, go_backwards=True, return_sequences=True),
        ok((6, 3), units=4, activation="relu", **more),
        ok((6, 3), units=4, activation=None),
        ok((6, 3), units=4, dropout=0.5, recurrent_dropout=0.2, seed=1, training=True),
        ok((6, 3), units=4, dropout=1),
        *(ok((6, 3), units=4, bidirectional=mode) for mode in ("sum", "concat", "multiply", "average")),
        *(
            ok((6, 3), units=4, bidirectional=mode, return_sequences=True)
            for mode in ("sum", "concat", "multiply", "average")
        ),
        ok((N, 3), units=4, bidirectional="concat", return_sequences=True, save=True),
        ok((6, 3), units=4, bidirectional="concat", use_bias=False),
        ok(
            (6, 3),
            units=4,
            kernel_initializer="he_normal",
            recurrent_initializer={"orthogonal": {"gain": 0.5}},
            bias_initializer="ones",
            kernel_regularizer="l1",
            recurrent_regularizer={"l2": 0.1},
        ),
        no("NS209", (6, 3), units=4, bidirectional="concat", go_backwards=True),
        no("NS404", (3,), units=4),
        no("NS404", (6, 5, 3), units=4),
        no("NS407", (6, N), units=4),
        no("NS205", (6, 3), units=0),
        no("NS205", (6, 3), units=4, bidirectional="max"),
        no("NS205", (6, 3), units=4, dropout=1.5, stricter="Keras cuts it to 1"),
        no("NS205", (6, 3), units=4, recurrent_dropout=-0.5, stricter="Keras cuts it to 0"),
        no("NS203", (6, 3)),
        no("NS202", (6, 3), units=4, merge_mode="sum"),
    ]


LSTM = [
    *_recurrent(4, recurrent_activation="hard_sigmoid"),
    ok((6, 3), units=4, unit_forget_bias=False),
]

GRU = [
    *_recurrent(3, recurrent_activation="hard_sigmoid"),
    ok((6, 3), units=4, reset_after=False),
    ok((6, 3), units=4, reset_after=False, use_bias=False),
    ok((6, 3), units=4, reset_after=False, bidirectional="sum"),
    ok((6, 3), units=4, reset_after=True, bidirectional="sum"),
]

ATTENTION = [
    ok((6, 8), num_heads=2, key_dim=3, macs=4 * 6 * 8 * 6 + 6 * 6 * (6 + 6)),
    ok(
        (6, 8), num_heads=2, key_dim=3, value_dim=5, not_on=WIDE, macs=2 * 6 * 8 * 6 + 2 * 6 * 8 * 10 + 6 * 6 * (6 + 10)
    ),
    ok((6, 8), num_heads=1, key_dim=1),
    ok((6, 8), num_heads=2, key_dim=3, use_bias=False),
    ok((6, 8), num_heads=2, key_dim=3, use_causal_mask=True, save=True),
    ok((6, 8), num_heads=2, key_dim=3, dropout=0.5, seed=1, training=True),
    ok(
        (6, 8), num_heads=2, key_dim=3, kernel_initializer="he_normal", bias_initializer="ones", kernel_regularizer="l2"
    ),
    ok((N, 8), num_heads=2, key_dim=3),
    ok((N, 8), num_heads=2, key_dim=3, use_causal_mask=True),
    ok((3, 4, 8), num_heads=2, key_dim=3),
    ok(
        [(6, 8), (4, 5)],
        num_heads=2,
        key_dim=3,
        save=True,
        macs=6 * 8 * 6 + 4 * (5 * 6 + 5 * 6) + 6 * 6 * 8 + 6 * 4 * (6 + 6),
    ),
    ok([(6, 8), (4, 5)], num_heads=2, key_dim=3, use_causal_mask=True),
    ok([(N, 8), (N, 5)], num_heads=2, key_dim=3, value_dim=2, at=(6, 4), not_on=WIDE),
    ok([(6, 8), (N, 5)], num_heads=2, key_dim=3, at=(4,)),
    ok([(6, 8), (4, 5), (4, 7)], num_heads=2, key_dim=3, save=True),
    ok([(6, 8), (4, 5), (4, 7)], num_heads=2, key_dim=3, value_dim=4, save=True, not_on=WIDE),
    ok([(N, 8), (N, 5), (N, 7)], num_heads=2, key_dim=3, at=(6, 4, 4)),
    ok([(3, 4, 8), (2, 5, 8)], num_heads=2, key_dim=3),
    no("NS403", [(6, 8), (4, 5), (3, 7)], num_heads=2, key_dim=3),
    no("NS403", [(6, 8), (4, 5), (N, 7)], num_heads=2, key_dim=3, at=(4,)),
    no("NS403", [(6, 8), (N, 5), (4, 7)], num_heads=2, key_dim=3, at=(4,)),
    no("NS403", [(6, 8), (3, 4, 8)], num_heads=2, key_dim=3),
    no("NS404", (8,), num_heads=2, key_dim=3),
    no("NS404", [(6, 8), (8,)], num_heads=2, key_dim=3),
    no("NS407", (6, N), num_heads=2, key_dim=3),
    no("NS407", [(6, 8), (6, N)], num_heads=2, key_dim=3),
    no("NS304", [(6, 8), (6, 8), (6, 8), (6, 8)], num_heads=2, key_dim=3, stricter="Keras's fourth is a mask"),
    no("NS205", (6, 8), num_heads=0, key_dim=3),
    no("NS205", (6, 8), num_heads=2, key_dim=0),
    no("NS205", (6, 8), num_heads=2, key_dim=3, value_dim=0),
    no("NS205", (6, 8), num_heads=2, key_dim=3, dropout=1.5),
    no("NS203", (6, 8), num_heads=2),
]

CASES = {
    "simple_rnn": _recurrent(1),
    "lstm": LSTM,
    "gru": GRU,
    "multi_head_attention": ATTENTION,
}
