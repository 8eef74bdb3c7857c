"""Cases of recurrent layers and attention."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

import netspec.layers

from .case import ARITY, TILING, UNBUILDABLE, Case, network, no, ok, wrong_network
from .table_plain import FITS_TRAINING

N = None
WIDE = ("jax", "Keras's attention on JAX takes values of the keys' width only")


def _handed_on(word: str, layer: str, **more: Any) -> list[Case]:
    """One layer that begins with the state in which another ends."""
    make = getattr(keras.layers, layer)
    names = ("state_h", "state_c") if word == "lstm" else ("state",)
    both = [f"a.{way}_{name}" for way in ("forward", "backward") for name in names]
    first = {"units": 4, "return_state": True, "name": "a"}
    second = {"units": 4, "from": "input", "return_sequences": True}

    def two_ways(x: Any) -> Any:
        states = keras.layers.Bidirectional(make(4, return_state=True, **more))(x)[1:]
        return keras.layers.Bidirectional(make(4, return_sequences=True, **more))(x, initial_state=states)

    return [
        network(
            (6, 3),
            {word: {**first, **more}},
            {word: {**second, **more, "initial_state": [f"a.{name}" for name in names]}},
            keras=lambda x: make(4, return_sequences=True, **more)(
                x, initial_state=make(4, return_state=True, **more)(x)[1:]
            ),
            save=True,
        ),
        network(
            (N, 3),
            {word: {**first, **more, "bidirectional": "concat"}},
            {word: {**second, **more, "bidirectional": "concat", "initial_state": both}},
            keras=two_ways,
            at=(5,),
        ),
        network(
            (6, 3),
            {word: {**first, "return_state": True, "return_sequences": True}},
            {"add": {"from": [f"a.{names[0]}", f"a.{names[-1]}"]}},
            keras=lambda x: keras.layers.Add()(
                [make(4, return_state=True)(x)[1]] * 2 if len(names) == 1 else make(4, return_state=True)(x)[1:]
            ),
        ),
        wrong_network(
            "NS403",
            (6, 3),
            {word: {**first, "units": 5}},
            {word: {**second, "initial_state": [f"a.{n}" for n in names]}},
        ),
        wrong_network("NS403", (6, 3), {word: first}, {word: {**second, "initial_state": [f"a.{names[0]}"] * 3}}),
    ]


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
            bias_regularizer="l2",
            activity_regularizer="l1",
            kernel_constraint="max_norm",
            recurrent_constraint={"unit_norm": {"axis": 1}},
            bias_constraint="non_neg",
        ),
        no("NS301", (6, 3), units=4, initial_state=3),
        ok((6, 3), units=4, return_sequences=True, zero_output_for_mask=True),
        no("NS408", (6, 3), units=4, kernel_constraint={"max_norm": {"axis": 2}}, stricter=FITS_TRAINING),
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
    ok((6, 8), num_heads=2, key_dim=3, output_shape=5, macs=3 * 6 * 8 * 6 + 6 * 5 * 6 + 6 * 6 * (6 + 6)),
    ok((6, 8), num_heads=2, key_dim=3, output_shape=[2, 5], use_bias=False),
    ok((3, 4, 8), num_heads=2, key_dim=3, attention_axes=2, macs=4 * 12 * 8 * 6 + 12 * 4 * (6 + 6), save=True),
    ok((3, 4, 8), num_heads=2, key_dim=3, attention_axes=[-2]),
    ok((3, 4, 8), num_heads=2, key_dim=3, attention_axes=[1, 2]),
    ok((2, 3, 4, 8), num_heads=2, key_dim=3, attention_axes=[1, 3], macs=4 * 24 * 8 * 6 + 24 * 8 * (6 + 6)),
    ok((N, 4, 8), num_heads=2, key_dim=3, attention_axes=2),
    ok([(3, 4, 8), (3, 5, 6)], num_heads=2, key_dim=3, attention_axes=2),
    ok((6, 8), num_heads=2, key_dim=3, sliding_window=2),
    ok((6, 8), num_heads=2, key_dim=3, sliding_window=2, use_causal_mask=True),
    ok((6, 8), num_heads=2, key_dim=3, use_gate=True, macs=5 * 6 * 8 * 6 + 6 * 6 * (6 + 6), save=True),
    ok((6, 8), num_heads=2, key_dim=3, use_gate=True, use_bias=False),
    ok(
        (6, 8),
        num_heads=2,
        key_dim=3,
        bias_regularizer="l2",
        activity_regularizer="l1",
        kernel_constraint={"max_norm": {"axis": 2}},
        bias_constraint="non_neg",
    ),
    no("NS403", [(3, 4, 8), (2, 5, 6)], num_heads=2, key_dim=3, attention_axes=2),
    no("NS404", (3, 4, 8), num_heads=2, key_dim=3, attention_axes=2, sliding_window=2, only="tensorflow"),
    no("NS408", (3, 4, 8), num_heads=2, key_dim=3, attention_axes=3, stricter="Keras attends over the heads"),
    no("NS408", (3, 4, 8), num_heads=2, key_dim=3, attention_axes=4),
    no("NS408", (3, 4, 8), num_heads=2, key_dim=3, attention_axes=[1, 1]),
    no("NS408", (3, 4, 8), num_heads=2, key_dim=3, attention_axes=0, stricter="examples of a batch stay what they are"),
    no("NS205", (6, 8), num_heads=2, key_dim=3, sliding_window=0),
    no("NS408", (6, 8), num_heads=2, key_dim=3, bias_constraint={"max_norm": {"axis": 1}}, stricter=FITS_TRAINING),
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

LEARNED = [
    ok((4,), shape=[3]),
    network((4,), {"learned": 3}, keras=lambda x: netspec.layers.Learned([3])(x)),
    ok((4, 2), shape=[3, 5], initializer="ones", regularizer="l2"),
    ok((N, 2), shape=[1, 1], at=(3,)),
    no("NS304", [(4,), (4,)], shape=[3], stricter=ARITY),
    no("NS205", (4,), shape=[0], stricter="Keras holds a tensor of nothing"),
    no("NS203", (4,)),
]

CONSTANT = [
    ok((4,), value=[1, 0, 0.5]),
    network(
        (2, 3),
        {
            "constant": {
                "value": "[10 * ($i // $channels) + $i % $channels for i in range($length * $channels)]",
                "shape": [2, 3],
                "name": "places",
            }
        },
        {"add": {"from": ["places", "input"]}},
        keras=lambda x: x + np.array([[0, 1, 2], [10, 11, 12]], "float32"),
        save=True,
    ),
    network((4,), {"constant": {"value": 7, "shape": 2}}, keras=lambda x: 0 * x[:, :2] + 7),
    ok((4, 2), value=0.25, shape=[3, 5]),
    ok((4,), value=3),
    ok((N, 2), value=[1, 2, 3, 4], shape=[2, 2], at=(3,)),
    no("NS209", (4,), value=[1, 2, 3], shape=[2, 2]),
    no("NS209", (4,), value=[1], shape=[2, 2], stricter="a list of one would fill any shape"),
    no("NS304", [(4,), (4,)], value=[3], stricter=ARITY),
    no("NS205", (4,), value=[], stricter="Keras holds a tensor of nothing"),
    no("NS203", (4,)),
]


def _each_step(*layers: Any) -> Any:
    """Keras's wrapper around a chain of layers."""
    return lambda x: keras.layers.TimeDistributed(keras.Sequential([keras.Input(x.shape[2:]), *layers]))(x)


TIME_DISTRIBUTED = [
    network((6, 3), {"time_distributed": [{"dense": 4}]}, keras=_each_step(keras.layers.Dense(4)), save=True),
    network(
        (4, 6, 6, 2),
        {"time_distributed": {"body": [{"conv": {"filters": 3, "kernel_size": 3}}, "relu", {"global_pool": "avg"}]}},
        keras=_each_step(keras.layers.Conv2D(3, 3), keras.layers.ReLU(), keras.layers.GlobalAveragePooling2D()),
    ),
    network(
        (N, 6, 2),
        {"time_distributed": [{"conv": {"filters": 3, "kernel_size": 3}}]},
        keras=_each_step(keras.layers.Conv1D(3, 3)),
        at=(5,),
        save=True,
    ),
    network(
        (N, N, 2),
        {"time_distributed": [{"conv": {"filters": 3, "kernel_size": 3, "padding": "same"}}]},
        keras=_each_step(keras.layers.Conv1D(3, 3, padding="same")),
        at=(5, 4),
    ),
    network(
        (2, 3, 4, 5),
        {"time_distributed": [{"time_distributed": ["flatten", {"dense": 2}]}]},
        keras=lambda x: keras.layers.Dense(2)(keras.layers.Reshape((2, 3, 20))(x)),
    ),
    network((6, 3), {"time_distributed": []}, keras=lambda x: keras.layers.Activation("linear")(x)),
    wrong_network(
        "NS404",
        (3,),
        {"time_distributed": [{"dense": 4}]},
        keras=lambda x: keras.layers.TimeDistributed(keras.layers.Dense(4))(x),
    ),
    wrong_network(
        "NS404",
        (6, 3),
        {"time_distributed": [{"conv": {"filters": 3, "kernel_size": 3}}]},
        keras=_each_step(keras.layers.Conv1D(3, 3)),
    ),
    wrong_network(
        "NS304",
        (6, 3),
        {"relu": {"name": "a"}},
        {"time_distributed": [{"add": {"from": ["input", "a"]}}]},
        stricter=UNBUILDABLE,
    ),
    wrong_network("NS203", (6, 3), "time_distributed", stricter=UNBUILDABLE),
]

PLAIN_ATTENTION = [
    ok((6, 8), macs=6 * 6 * (8 + 8)),
    ok((6, 8), use_causal_mask=True, save=True),
    ok((6, 8), dropout=0.5, seed=1, training=True),
    ok((N, 8)),
    ok((3, 6, 8)),
    ok([(6, 8), (4, 8)], save=True),
    ok([(6, 8), (4, 5), (4, 8)], save=True),
    ok([(N, 8), (N, 5), (N, 8)], at=(6, 4, 4)),
    ok([(3, 6, 8), (3, 4, 8)], use_causal_mask=True),
    no("NS403", [(6, 8), (4, 5)]),
    no("NS403", [(6, 8), (4, 5), (3, 8)]),
    no("NS403", [(3, 6, 8), (2, 4, 8)]),
    no("NS403", [(6, 8), (3, 4, 8)], only="tensorflow"),
    no("NS404", (8,), stricter="Keras takes the batch for steps"),
    no("NS304", [(6, 8), (6, 8), (6, 8), (6, 8)]),
    no("NS205", (6, 8), dropout=1.5),
]

DOT_ATTENTION = [
    *PLAIN_ATTENTION,
    ok((6, N), at=(8,)),
    ok((6, 8), use_scale=True),
    ok([(6, 8), (4, 8)], use_scale=True, score_mode="concat", macs=6 * 4 * 8),
    ok([(6, 8), (4, 5), (4, 8)], score_mode="concat"),
    no("NS205", (6, 8), score_mode="add"),
]

ADDITIVE_ATTENTION = [
    *(case if case.macs is None else case._replace(macs=6 * 6 * 8) for case in PLAIN_ATTENTION),
    ok((6, 8), use_scale=False),
    no("NS407", (6, N)),
    no("NS202", (6, 8), score_mode="dot", stricter="Keras hands it on, twice"),
]

GROUPED = [
    ok(
        (6, 8),
        head_dim=3,
        num_query_heads=4,
        num_key_value_heads=2,
        macs=2 * 6 * 8 * 12 + 6 * 16 * 6 + 2 * 6 * 6 * 12,
    ),
    ok((6, 8), head_dim=3, num_query_heads=4, num_key_value_heads=1, use_bias=False),
    ok((6, 8), head_dim=3, num_query_heads=2, num_key_value_heads=2, use_causal_mask=True, save=True),
    ok((6, 8), head_dim=3, num_query_heads=4, num_key_value_heads=2, sliding_window=2),
    ok((6, 8), head_dim=3, num_query_heads=4, num_key_value_heads=2, dropout=0.5, seed=1, training=True),
    ok((6, 8), head_dim=3, num_query_heads=4, num_key_value_heads=2, use_gate=True, save=True),
    ok((N, 8), head_dim=3, num_query_heads=4, num_key_value_heads=2),
    ok([(6, 8), (4, 8)], head_dim=3, num_query_heads=4, num_key_value_heads=2, save=True),
    no("NS403", [(6, 8), (4, 5)], head_dim=3, num_query_heads=4, num_key_value_heads=2),
    ok([(6, 8), (4, 8), (4, 7)], head_dim=3, num_query_heads=4, num_key_value_heads=2),
    ok(
        (6, 8),
        head_dim=3,
        num_query_heads=4,
        num_key_value_heads=2,
        kernel_initializer="he_normal",
        bias_initializer="ones",
        kernel_regularizer="l2",
        bias_regularizer="l1",
        activity_regularizer="l2",
        kernel_constraint={"max_norm": {"axis": 2}},
        bias_constraint="non_neg",
    ),
    no("NS209", (6, 8), head_dim=3, num_query_heads=4, num_key_value_heads=3),
    no("NS403", [(6, 8), (4, 8), (3, 7)], head_dim=3, num_query_heads=4, num_key_value_heads=2),
    no("NS404", (8,), head_dim=3, num_query_heads=4, num_key_value_heads=2),
    no("NS404", (3, 6, 8), head_dim=3, num_query_heads=4, num_key_value_heads=2),
    no("NS407", (6, N), head_dim=3, num_query_heads=4, num_key_value_heads=2),
    no("NS203", (6, 8), head_dim=3, num_query_heads=4),
    no("NS205", (6, 8), head_dim=0, num_query_heads=4, num_key_value_heads=2),
]

MASKING = [
    ok((6, 3)),
    ok((N, 3), mask_value=-1.0),
    ok((3, 4, 5)),
    ok((6, 3), dtype="int32"),
    no("NS404", (3,), stricter="a mask over the channels of no step is one over the batch"),
    no("NS204", (6, 3), mask_value=None, stricter=UNBUILDABLE),
]

REPEAT_VECTOR = [
    ok((5,), n=3),
    ok((N,), n=1, at=(5,)),
    ok((5,), n=2, dtype="int32"),
    no("NS404", (6, 5), n=3),
    no("NS404", (), n=3),
    no("NS205", (5,), n=0),
    no("NS203", (5,)),
]


def _masked(**more: Any) -> Any:
    """Attention of `x` along its second axis, where a mask lets it."""
    return lambda inputs: keras.layers.MultiHeadAttention(2, 3, attention_axes=2, **more)(
        inputs[0], inputs[0], attention_mask=inputs[1]
    )


_HEADS = {"num_heads": 2, "key_dim": 3, "attention_axes": 2}
_FROM = {"from": "in_0", **_HEADS}
BESIDE = [
    network(
        [(4, 5, 6), (4, 5, 5)],
        {"multi_head_attention": {**_FROM, "attention_mask": "in_1"}},
        keras=_masked(),
        save=True,
    ),
    network(
        (4, 5, 6),
        {"learned": {"shape": [2, 5, 5], "name": "t"}},
        {"multi_head_attention": {"from": "input", **_HEADS, "bias": "t"}},
        keras=lambda x: netspec.layers.BiasedMultiHeadAttention(num_heads=2, key_dim=3, attention_axes=2)(
            [x, x, netspec.layers.Learned([2, 5, 5])(x)]
        ),
        save=True,
    ),
    wrong_network(
        "NS403",
        [(4, 5, 6), (4, 5, 4)],
        {"multi_head_attention": {**_FROM, "attention_mask": "in_1"}},
        keras=_masked(),
    ),
    wrong_network(
        "NS403",
        (4, 5, 6),
        {"learned": {"shape": [3, 5, 5], "name": "t"}},
        {"multi_head_attention": {"from": "input", **_HEADS, "bias": "t"}},
        stricter=UNBUILDABLE,
    ),
]

POSITION_EMBEDDING = [
    ok((6, 3)),
    ok((4, 5, 3), initializer="ones", regularizer="l2"),
    ok((6, 3), max_length=6),
    ok((6, 3), max_length=9, save=True),
    ok((N, 3), max_length=9, at=(5,)),
    no("NS403", (6, 3), max_length=5),
    no("NS404", (4, 5, 3), max_length=5),
    no("NS404", (6,), stricter="Keras takes a vector as its own steps"),
    no("NS407", (N, 3)),
    no("NS407", (6, N), max_length=6),
    no("NS205", (6, 3), max_length=0),
]

SINUSOIDAL = [
    ok((6, 8)),
    ok((6, 3), max_wavelength=100),
    ok((N, 4), at=(5,), save=True),
    no("NS404", (6,)),
    no("NS404", (4, 5, 3)),
    no("NS407", (6, N)),
    no("NS205", (6, 4), max_wavelength=0),
]

ROTARY = [
    ok((6, 8)),
    ok((6, 2, 4), max_wavelength=100),
    ok((2, 6, 4), axis=2),
    ok((2, N, 4), axis=-2, at=(5,), save=True),
    no("NS404", (6,)),
    no("NS405", (6, 3)),
    no("NS407", (6, N)),
    no("NS408", (6, 4), axis=2),
    no("NS408", (6, 4), axis=3),
    no("NS205", (6, 4), max_wavelength=0),
]

_FRAMES = (4, 6, 7, 2)
_SAME = {"filters": 3, "kernel_size": 3, "padding": "same"}


def _frames_on(x: Any) -> Any:
    make = keras.layers.ConvLSTM2D
    states = make(3, 3, padding="same", return_state=True)(x)[1:]
    return make(3, 3, padding="same", return_sequences=True)(x, initial_state=states)


CONV_LSTM = [
    ok(_FRAMES, filters=3, kernel_size=3, macs=4 * (4 * 5) * 9 * 4 * (2 + 3) * 3),
    ok(_FRAMES, filters=3, kernel_size=3, padding="same", return_sequences=True),
    ok((N, 6, 7, 2), filters=3, kernel_size=(2, 3), at=(3,), save=True),
    ok((4, 6, 2), filters=3, kernel_size=3, padding="same"),
    ok((3, 4, 5, 6, 2), filters=2, kernel_size=2, return_sequences=True),
    ok(_FRAMES, filters=3, kernel_size=2, strides=(2, 1), padding="same"),
    ok(_FRAMES, filters=3, kernel_size=3, strides=2, rounding="floor"),
    ok(_FRAMES, filters=3, kernel_size=2, dilation_rate=2, padding="same"),
    ok(_FRAMES, filters=3, kernel_size=1, use_bias=False, go_backwards=True, return_sequences=True),
    ok(
        _FRAMES,
        filters=3,
        kernel_size=1,
        activation="relu",
        recurrent_activation="hard_sigmoid",
        unit_forget_bias=False,
    ),
    ok(_FRAMES, filters=3, kernel_size=1, dropout=0.5, recurrent_dropout=0.2, seed=1, training=True),
    ok(
        _FRAMES,
        filters=3,
        kernel_size=2,
        kernel_initializer="he_normal",
        recurrent_initializer={"orthogonal": {"gain": 0.5}},
        bias_initializer="ones",
        kernel_regularizer="l1",
        recurrent_regularizer={"l2": 0.1},
        bias_regularizer="l2",
        activity_regularizer="l1",
        kernel_constraint={"max_norm": {"axis": [0, 1, 2]}},
        recurrent_constraint={"unit_norm": {"axis": 3}},
        bias_constraint="non_neg",
    ),
    network(
        _FRAMES,
        {"conv_lstm": {**_SAME, "return_state": True, "name": "a"}},
        {
            "conv_lstm": {
                **_SAME,
                "from": "input",
                "return_sequences": True,
                "initial_state": ["a.state_h", "a.state_c"],
            }
        },
        keras=_frames_on,
        save=True,
    ),
    wrong_network(
        "NS403",
        _FRAMES,
        {"conv_lstm": {"filters": 2, "kernel_size": 3, "padding": "same", "return_state": True, "name": "a"}},
        {
            "conv_lstm": {
                **_SAME,
                "from": "input",
                "initial_state": ["a.state_h", "a.state_c"],
            }
        },
    ),
    wrong_network(
        "NS403",
        _FRAMES,
        {"conv_lstm": {**_SAME, "return_state": True, "name": "a"}},
        {
            "conv_lstm": {
                **_SAME,
                "from": "input",
                "initial_state": ["a.state_h"],
            }
        },
    ),
    no("NS401", _FRAMES, filters=3, kernel_size=3, strides=2, stricter=TILING),
    no("NS402", _FRAMES, filters=3, kernel_size=7),
    no("NS404", (4, 2), filters=3, kernel_size=1),
    no("NS404", (2, 3, 4, 5, 6, 2), filters=3, kernel_size=1),
    no("NS404", _FRAMES, filters=3, kernel_size=(3, 3, 3)),
    no("NS407", (4, N, 7, 2), filters=3, kernel_size=3),
    no("NS407", (4, 6, 7, N), filters=3, kernel_size=3),
    no("NS408", _FRAMES, filters=3, kernel_size=3, kernel_constraint={"max_norm": {"axis": 4}}, stricter=FITS_TRAINING),
    no("NS209", _FRAMES, filters=3, kernel_size=3, strides=2, dilation_rate=2),
    no("NS205", _FRAMES, filters=3, kernel_size=3, padding="causal"),
    no("NS205", _FRAMES, filters=0, kernel_size=3),
    no("NS203", _FRAMES, filters=3),
    no("NS202", _FRAMES, filters=3, kernel_size=3, units=3),
]

CASES = {
    "conv_lstm": CONV_LSTM,
    "rotary_embedding": ROTARY,
    "sinusoidal_embedding": SINUSOIDAL,
    "position_embedding": POSITION_EMBEDDING,
    "time_distributed": TIME_DISTRIBUTED,
    "learned": LEARNED,
    "constant": CONSTANT,
    "simple_rnn": [*_recurrent(1), *_handed_on("simple_rnn", "SimpleRNN")],
    "lstm": [*LSTM, *_handed_on("lstm", "LSTM")],
    "gru": [*GRU, *_handed_on("gru", "GRU")],
    "attention": DOT_ATTENTION,
    "additive_attention": ADDITIVE_ATTENTION,
    "grouped_query_attention": GROUPED,
    "masking": MASKING,
    "repeat_vector": REPEAT_VECTOR,
    "multi_head_attention": [*ATTENTION, *BESIDE],
}
