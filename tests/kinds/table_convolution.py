"""Cases of the convolutions and of pooling."""

from __future__ import annotations

from typing import Any

from .case import KERNEL, TILING, UNBUILDABLE, Case, no, ok
from .table_plain import FITS_TRAINING

N = None
DECOMPOSED = "Keras makes two convolutions of it in its newest versions only"
WEIGHTS: dict[str, Any] = {
    "kernel_initializer": "he_normal",
    "bias_initializer": {"constant": 0.5},
    "kernel_regularizer": {"l2": 1e-4},
    "bias_regularizer": "l1",
    "activity_regularizer": "l2",
    "kernel_constraint": {"max_norm": {"max_value": 1, "axis": [0, 1]}},
    "bias_constraint": "non_neg",
}
SPECTRAL: dict[str, Any] = {"spectral_norm": True, "training": True, "save": True}


def _windows(size: str, **more: Any) -> list[Case]:
    """What strides, padding and rounding do to a window whose size is the hyperparameter `size`; `more` is what else the
    kind needs."""

    def k(value: Any) -> dict[str, Any]:
        return {size: value, **more}

    return [
        ok((7, 7, 4), **k(3), strides=2),
        ok((7, 6, 4), **k([3, 2]), strides=2),
        ok((9, 4), **k(3), strides=3),
        ok((9, 4), **k([2]), strides=1),
        ok((3, 3, 4), **k(3), strides=1),  # the window is all of the input
        ok((8, 8, 4), **k(3), strides=2, rounding="floor"),
        ok((8, 9, 4), **k(3), strides=2, rounding="floor"),
        ok((10, 4), **k(3), strides=4, rounding="floor"),
        ok((8, 8, 4), **k(3), strides=2, rounding="ceil", save=True),
        ok((9, 8, 4), **k(2), strides=3, rounding="ceil"),
        ok((10, 4), **k(3), strides=4, rounding="ceil"),
        ok((8, 8, 4), **k(3), strides=2, rounding="ceil", padding=1),
        ok(
            (5, 5, 4), **k(2), strides=3, rounding="ceil", padding=1
        ),  # a window that would start in the padding is left out
        ok((7, 7, 4), **k(3), strides=2, rounding="ceil"),
        ok((8, 8, 4), **k(3), strides=2, rounding="ceil", padding="same"),
        ok((8, 7, 4), **k(3), strides=1, padding="same"),
        ok((8, 7, 4), **k(3), strides=2, padding="same"),
        ok((8, 7, 4), **k(2), strides=3, padding="same"),
        ok((9, 4), **k(4), strides=2, padding="same"),
        ok((2, 2, 4), **k(5), strides=1, padding="same"),  # larger than the input
        ok((8, 8, 4), **k(3), strides=1, padding=1),
        ok((7, 7, 4), **k(3), strides=2, padding=1, save=True),
        ok((8, 8, 4), **k(4), strides=2, padding=1),
        ok((7, 8, 4), **k(3), strides=1, padding=[1, 2]),
        ok((8, 8, 4), **k(3), strides=2, padding=[[0, 1], [1, 0]], save=True),
        ok((8, 8, 4), **k(3), strides=2, padding=[[0, 1], 1], rounding="floor"),
        ok((8, 4), **k(3), strides=2, padding=[[0, 1]], save=True),
        ok((8, 4), **k(3), strides=1, padding=[2]),
        ok((1, 1, 4), **k(3), strides=1, padding=1),  # larger than the input, not than the padded one
        ok((8, 8, 4), **k(3), strides=2, padding=1, rounding="floor"),
        ok((N, N, 4), **k(3), strides=1),
        ok((N, N, 4), **k(3), strides=2, at=(7, 9)),
        ok((N, 9, 4), **k(3), strides=2, at=(7,)),
        ok((N, N, 4), **k(3), strides=2, padding="same"),
        ok((N, 7, 4), **k(3), strides=2, padding=1, at=(9,)),
        ok((N, 4), **k(3), strides=1, padding=1),
        ok((N, 4), **k(3), strides=2, padding=[[0, 1]], at=(8,)),
        no("NS401", (8, 8, 4), **k(3), strides=2, stricter=TILING),
        no("NS401", (8, 7, 4), **k(3), strides=2, stricter=TILING),
        no("NS401", (10, 4), **k(4), strides=4, stricter=TILING),
        no("NS401", (8, 8, 4), **k(3), strides=2, padding=1, stricter=TILING),
        no("NS401", (N, 8, 4), **k(3), strides=2, stricter=TILING),
        no("NS402", (2, 8, 4), **k(3), strides=1),
        no("NS402", (2, 4), **k(3), strides=1),
        no("NS402", (2, 8, 4), **k(5), strides=1, padding=1),
        no("NS402", (2, 2, 4), **k(3), strides=2, rounding="floor"),
        no("NS402", (2, 2, 4), **k(3), strides=2, rounding="ceil", stricter=UNBUILDABLE),
        no("NS407", (N, N, 4), **k(3), strides=2, rounding="ceil", stricter=UNBUILDABLE),
        no("NS404", (8, 8, 4), **k([3, 3, 3]), strides=1),
        no("NS404", (8, 4), **k([3, 3]), strides=1),
        no("NS404", (8, 8, 4), **k(3), strides=[1, 1, 1]),
        no("NS404", (8, 8, 4), **k(3), strides=[1]),
        no("NS404", (8, 8, 4), **k(3), strides=1, padding=[1], stricter=UNBUILDABLE),
        no("NS404", (8, 4), **k(3), strides=1, padding=[1, 1], stricter=UNBUILDABLE),
        no("NS404", (8,), **k(3), strides=1),
        no("NS404", (3, 3, 3, 3, 4), **k(3), strides=1),
        no("NS205", (8, 8, 4), **k(0), strides=1),
        no("NS205", (9, 9, 4), **k(3), strides=0),
        no("NS205", (9, 9, 4), **k(3), strides=-1),
        no("NS205", (8, 8, 4), **k([3, 0]), strides=1),
        no("NS205", (8, 8, 4), **k(3), strides=1, padding="full"),
        no("NS205", (8, 8, 4), **k(3), strides=1, padding=-1, stricter=UNBUILDABLE),
        no("NS205", (8, 8, 4), **k(3), strides=1, padding=[[1, 2, 3], 1], stricter=UNBUILDABLE),
        no("NS205", (8, 8, 4), **k(3), strides=1, rounding="round", stricter=UNBUILDABLE),
        no("NS204", (8, 8, 4), **k("three"), strides=1),
    ]


def _unequal(size: str, **more: Any) -> list[Case]:
    """Strides that differ between dimensions."""
    return [
        ok((7, 8, 4), **{size: 3}, **more, strides=[2, 1]),
        ok((7, 8, 4), **{size: [3, 2]}, **more, strides=[1, 3]),
        ok((7, 8, 4), **{size: 3}, **more, strides=[1, 2], padding="same"),
        ok((7, 8, 4), **{size: 3}, **more, strides=[2, 1], padding=1),
    ]


def _volumes(size: str, **more: Any) -> list[Case]:
    """Three dimensions."""
    return [
        ok((5, 6, 7, 2), **{size: 3}, **more, strides=1),
        ok((5, 6, 7, 2), **{size: [3, 2, 1]}, **more, strides=[2, 4, 3]),
        ok((5, 6, 7, 2), **{size: 3}, **more, strides=2, padding="same"),
        ok((5, 6, 7, 2), **{size: 3}, **more, strides=1, padding=1, save=True),
        ok((5, 5, 5, 2), **{size: 2}, **more, strides=2, padding=[[0, 1], [1, 0], 0], rounding="floor"),
        ok((4, 6, 7, 2), **{size: 3}, **more, strides=2, rounding="ceil"),
        ok((N, N, N, 2), **{size: 2}, **more, strides=1, at=(4, 3, 5)),
        no("NS401", (5, 6, 7, 2), **{size: 3}, **more, strides=2, stricter=TILING),
        no("NS402", (2, 6, 7, 2), **{size: 3}, **more, strides=1),
        no("NS404", (5, 6, 7, 2), **{size: [3, 3]}, **more, strides=1),
    ]


def _dilated(both: str | None = None, **more: Any) -> list[Case]:
    """Taps that stand apart; `both` says why strides beside them are refused where Keras takes them."""
    return [
        ok((8, 8, 4), kernel_size=3, **more, dilation_rate=2),
        ok((8, 9, 4), kernel_size=3, **more, dilation_rate=[1, 3]),
        ok((8, 4), kernel_size=3, **more, dilation_rate=3),
        ok((5, 5, 4), kernel_size=3, **more, dilation_rate=2),  # the window is all of the input
        ok((8, 8, 4), kernel_size=3, **more, dilation_rate=2, padding="same"),
        ok((8, 8, 4), kernel_size=3, **more, dilation_rate=2, padding=2),
        ok((N, N, 4), kernel_size=3, **more, dilation_rate=2),
        no("NS402", (4, 8, 4), kernel_size=3, **more, dilation_rate=2),
        no("NS209", (9, 9, 4), kernel_size=3, **more, dilation_rate=2, strides=2, stricter=both),
        no("NS209", (9, 9, 4), kernel_size=3, **more, dilation_rate=[1, 2], strides=[2, 1], stricter=both),
        no("NS404", (8, 8, 4), kernel_size=3, **more, dilation_rate=[2, 2, 2]),
        no("NS205", (8, 8, 4), kernel_size=3, **more, dilation_rate=0),
    ]


def _channels(**more: Any) -> list[Case]:
    return [
        no("NS407", (8, 8, N), **more),
        no("NS407", (8, N), **more),
    ]


CONV = [
    ok((8, 3), filters=4, kernel_size=3, padding="causal", macs=8 * 3 * 3 * 4, save=True),
    ok((9, 3), filters=4, kernel_size=[2], padding="causal", strides=2),
    ok((8, 3), filters=4, kernel_size=3, padding="causal", strides=3, rounding="ceil"),
    ok((N, 3), filters=4, kernel_size=3, padding="causal", dilation_rate=4),
    ok((4, 3), filters=4, kernel_size=9, padding="causal"),
    no("NS404", (8, 8, 3), filters=4, kernel_size=3, padding="causal"),
    no("NS404", (4, 8, 8, 3), filters=4, kernel_size=3, padding="causal"),
    ok((8, 8, 3), filters=4, kernel_size=3, **SPECTRAL),
    ok((8, 3), filters=4, kernel_size=3, padding=[[0, 2]], spectral_norm=2),
    no("NS408", (8, 3), filters=4, kernel_size=3, kernel_constraint={"max_norm": {"axis": 3}}, stricter=FITS_TRAINING),
    ok((8, 8, 3), filters=4, kernel_size=3, macs=6 * 6 * 3 * 3 * 3 * 4),
    ok((8, 3), filters=4, kernel_size=3, macs=6 * 3 * 3 * 4),
    ok((4, 5, 6, 2), filters=3, kernel_size=2, macs=3 * 4 * 5 * 2**3 * 2 * 3),
    ok((7, 7, 4), filters=6, kernel_size=3, strides=2, groups=2, macs=3 * 3 * 9 * 2 * 6),
    ok((8, 8, 3), filters=1, kernel_size=1, macs=8 * 8 * 3),
    ok((8, 8, 4), filters=4, kernel_size=3, groups=4),
    ok((8, 4), filters=4, kernel_size=3, groups=2),
    ok((8, 8, 4), filters=4, kernel_size=3, groups=1),
    ok((8, 8, 4), filters=8, kernel_size=3, groups=2, padding="same", strides=2),
    ok((8, 8, 4), filters=8, kernel_size=3, groups=2, padding=1),
    ok((8, 8, 3), filters=4, kernel_size=3, use_bias=False),
    ok((8, 8, 3), filters=4, kernel_size=3, activation="relu", **WEIGHTS),
    ok((N, N, 3), filters=4, kernel_size=3),
    ok((4, 4, 4, 4), filters=4, kernel_size=3, groups=2),
    no("NS410", (8, 8, 3), filters=4, kernel_size=3, dtype="uint8", only="tensorflow"),
    no("NS410", (8, 3), filters=4, kernel_size=3, dtype="int32", only="tensorflow"),
    no("NS405", (8, 8, 3), filters=4, kernel_size=3, groups=2),
    no("NS209", (8, 8, 4), filters=3, kernel_size=3, groups=2),
    no("NS205", (8, 8, 3), filters=0, kernel_size=3),
    no("NS205", (8, 8, 4), filters=4, kernel_size=3, groups=0),
    no("NS203", (8, 8, 3), filters=4),
    no("NS203", (8, 8, 3), kernel_size=3),
    no("NS202", (8, 8, 3), filters=4, kernel_size=3, stride=2),
    no("NS205", (8, 8, 3), filters=4, kernel_size=3, activation="rleu"),
    no("NS205", (8, 8, 3), filters=4, kernel_size=3, kernel_initializer="he"),
    *_channels(filters=4, kernel_size=3),
    *_windows("kernel_size", filters=3),
    *_unequal("kernel_size", filters=3),
    *_volumes("kernel_size", filters=3),
    *_dilated(filters=3),
]

POINTWISE = [
    ok((8, 8, 3), filters=4, **SPECTRAL),
    ok((8, 3), filters=4, padding="causal"),
    ok((8, 8, 3), filters=4, macs=8 * 8 * 3 * 4),
    ok((8, 3), filters=4),
    ok((3, 4, 5, 3), filters=4),
    ok((7, 7, 4), filters=4, strides=2, groups=2),
    ok((8, 7, 4), filters=4, strides=[7, 3]),
    ok((8, 8, 4), filters=4, strides=2, rounding="floor"),
    ok((8, 8, 4), filters=4, strides=2, rounding="ceil"),
    ok((8, 8, 4), filters=4, strides=2, padding="same"),
    ok((8, 8, 4), filters=4, padding=1, save=True),
    ok((8, 4), filters=3, padding=1),
    ok((2, 3, 4, 2), filters=3, padding=1),
    ok((N, N, 4), filters=4, use_bias=False),
    ok((8, 8, 3), filters=4, activation="relu", **WEIGHTS),
    no("NS401", (8, 8, 4), filters=4, strides=2, stricter=TILING),
    no("NS405", (8, 8, 3), filters=4, groups=2),
    no("NS209", (8, 8, 4), filters=3, groups=2),
    no("NS202", (8, 8, 4), filters=3, kernel_size=3, stricter=UNBUILDABLE),
    no("NS202", (8, 8, 4), filters=3, dilation_rate=2, stricter="one tap has no distance to others"),
    no("NS404", (8,), filters=4),
    no("NS407", (8, 8, N), filters=4),
]

DEPTHWISE = [
    ok((8, 8, 3), kernel_size=3, depth_multiplier=2, **SPECTRAL),
    no("NS205", (8, 3), kernel_size=3, padding="causal"),
    ok((8, 8, 3), kernel_size=3, macs=6 * 6 * 9 * 3),
    ok((8, 8, 3), kernel_size=3, depth_multiplier=2, macs=6 * 6 * 9 * 6),
    ok((8, 3), kernel_size=3, depth_multiplier=2),
    ok((7, 7, 3), kernel_size=3, strides=[2, 2]),
    ok((8, 8, 3), kernel_size=3, use_bias=False),
    ok(
        (8, 8, 3),
        kernel_size=3,
        activation="relu",
        depthwise_initializer="he_normal",
        bias_initializer="ones",
        depthwise_regularizer="l2",
        bias_regularizer={"l1_l2": {"l1": 0.1, "l2": 0.2}},
        activity_regularizer="l1",
        depthwise_constraint="max_norm",
        bias_constraint="non_neg",
    ),
    no("NS209", (7, 7, 3), kernel_size=3, strides=[2, 1], stricter=KERNEL),
    no("NS404", (5, 6, 7, 2), kernel_size=3),
    no("NS205", (8, 8, 3), kernel_size=3, depth_multiplier=0),
    *_channels(kernel_size=3),
    *_windows("kernel_size"),
    *_dilated(DECOMPOSED),
]

SEPARABLE = [
    ok((8, 8, 3), filters=4, kernel_size=3, macs=6 * 6 * (9 * 3 + 3 * 4)),
    ok((8, 8, 3), filters=4, kernel_size=3, depth_multiplier=2, macs=6 * 6 * (9 * 6 + 6 * 4)),
    ok((8, 3), filters=4, kernel_size=3, depth_multiplier=2),
    ok((7, 7, 3), filters=4, kernel_size=3, strides=[2, 2]),
    ok((8, 8, 3), filters=4, kernel_size=3, use_bias=False),
    ok(
        (8, 8, 3),
        filters=4,
        kernel_size=3,
        activation="tanh",
        depthwise_initializer="he_normal",
        pointwise_initializer={"variance_scaling": {"scale": 2, "mode": "fan_out", "distribution": "uniform"}},
        bias_initializer="ones",
        depthwise_regularizer="l2",
        pointwise_regularizer="l1",
        bias_regularizer={"l1_l2": {"l1": 0.1, "l2": 0.2}},
        activity_regularizer="l1",
        depthwise_constraint="max_norm",
        pointwise_constraint={"unit_norm": {"axis": -1}},
        bias_constraint="non_neg",
    ),
    no("NS209", (7, 7, 3), filters=4, kernel_size=3, strides=[2, 1], stricter=KERNEL),
    no("NS404", (5, 6, 7, 2), filters=4, kernel_size=3),
    no("NS205", (8, 8, 3), filters=4, kernel_size=3, depth_multiplier=0),
    *_channels(filters=4, kernel_size=3),
    *_windows("kernel_size", filters=3),
    *_dilated(DECOMPOSED, filters=3),
]

TRANSPOSED = [
    ok((4, 4, 3), filters=2, kernel_size=3, **SPECTRAL),
    ok((4, 3), filters=2, kernel_size=3, padding=1, spectral_norm=True),
    no(
        "NS408", (4, 3), filters=2, kernel_size=3, kernel_constraint={"unit_norm": {"axis": -4}}, stricter=FITS_TRAINING
    ),
    ok((5, 5, 3), filters=4, kernel_size=3, macs=5 * 5 * 9 * 3 * 4),
    ok((5, 3), filters=4, kernel_size=3),
    ok((3, 4, 5, 3), filters=4, kernel_size=3),
    ok((5, 5, 3), filters=4, kernel_size=3, strides=2),
    ok((5, 6, 3), filters=4, kernel_size=[2, 3], strides=[3, 1]),
    ok((5, 5, 3), filters=4, kernel_size=2, strides=3),  # a stride beyond the window
    ok((5, 5, 3), filters=4, kernel_size=1, strides=2),
    ok((5, 5, 3), filters=4, kernel_size=3, padding="same"),
    ok((5, 5, 3), filters=4, kernel_size=3, strides=2, padding="same"),
    ok((5, 5, 3), filters=4, kernel_size=4, strides=2, padding="same"),
    ok((5, 5, 3), filters=4, kernel_size=2, strides=3, padding="same"),
    ok((5, 5, 3), filters=4, kernel_size=4, strides=2, padding=1, save=True),
    ok((5, 5, 3), filters=4, kernel_size=4, strides=2, padding=[1, 0]),
    ok((5, 5, 3), filters=4, kernel_size=3, strides=2, padding=[[0, 1], [1, 0]]),
    ok((5, 3), filters=4, kernel_size=4, strides=2, padding=1),
    ok((3, 4, 5, 3), filters=4, kernel_size=3, strides=2, padding=1),
    ok((5, 5, 3), filters=4, kernel_size=3, strides=2, output_padding=1),
    ok((5, 5, 3), filters=4, kernel_size=3, strides=2, output_padding=0),
    ok((5, 5, 3), filters=4, kernel_size=3, strides=2, output_padding=1, padding="same"),
    ok((5, 5, 3), filters=4, kernel_size=3, strides=2, output_padding=0, padding="same"),
    ok((5, 5, 3), filters=4, kernel_size=4, strides=2, output_padding=1, padding="same"),
    ok((5, 5, 3), filters=4, kernel_size=3, strides=2, output_padding=1, padding=1),
    ok((5, 5, 3), filters=4, kernel_size=3, strides=[3, 2], output_padding=[2, 1]),
    ok((5, 5, 3), filters=4, kernel_size=3, strides=3, output_padding=[0, 1]),
    ok((5, 3), filters=4, kernel_size=3, strides=2, output_padding=1),
    ok((5, 5, 3), filters=4, kernel_size=3, dilation_rate=2),
    ok((5, 5, 3), filters=4, kernel_size=3, dilation_rate=[1, 2]),
    ok((5, 5, 3), filters=4, kernel_size=3, dilation_rate=2, padding="same"),
    ok((5, 3), filters=4, kernel_size=3, dilation_rate=2),
    ok((N, N, 3), filters=4, kernel_size=3, strides=2),
    ok((N, N, 3), filters=4, kernel_size=3, strides=2, padding="same"),
    ok((N, 5, 3), filters=4, kernel_size=3, strides=2, padding=1),
    ok((N, 3), filters=4, kernel_size=3, strides=2, output_padding=1),
    ok((5, 5, 3), filters=4, kernel_size=3, use_bias=False, activation="relu"),
    ok((5, 5, 3), filters=4, kernel_size=3, **WEIGHTS),
    no("NS402", (1, 5, 3), filters=4, kernel_size=3, padding=2),
    no("NS402", (1, 1, 3), filters=4, kernel_size=3, padding=[[1, 2], [0, 0]]),
    no("NS209", (5, 5, 3), filters=4, kernel_size=3, strides=2, dilation_rate=2),
    no("NS209", (5, 5, 3), filters=4, kernel_size=3, strides=2, output_padding=2),
    no("NS209", (5, 5, 3), filters=4, kernel_size=3, strides=[1, 2], output_padding=1),
    no("NS209", (5, 5, 3), filters=4, kernel_size=3, strides=[1, 2], output_padding=[1, 0]),
    no("NS209", (5, 5, 3), filters=4, kernel_size=3, output_padding=1),
    no("NS209", (5, 5, 3), filters=4, kernel_size=4, strides=2, output_padding=0, padding="same", only="tensorflow"),
    no(
        "NS209",
        (5, 5, 3),
        filters=4,
        kernel_size=[4, 3],
        strides=2,
        output_padding=[0, 1],
        padding="same",
        only="tensorflow",
    ),
    no(
        "NS209",
        (5, 5, 3),
        filters=4,
        kernel_size=2,
        dilation_rate=3,
        output_padding=0,
        padding="same",
        only="tensorflow",
    ),
    no("NS404", (5, 5, 3), filters=4, kernel_size=[3, 3, 3]),
    no("NS404", (5, 5, 3), filters=4, kernel_size=3, strides=3, output_padding=[1]),
    no("NS404", (5, 5, 3), filters=4, kernel_size=3, padding=[1], stricter=UNBUILDABLE),
    no("NS404", (5,), filters=4, kernel_size=3),
    no("NS205", (5, 5, 3), filters=0, kernel_size=3),
    no("NS205", (5, 5, 3), filters=4, kernel_size=3, output_padding=-1),
    *_channels(filters=4, kernel_size=3),
]

DEFORMABLE = [
    ok((8, 8, 4), filters=2, kernel_size=3, **SPECTRAL),
    ok((8, 8, 3), filters=4, kernel_size=3, macs=6 * 6 * 9 * 3 * (4 + 18)),
    ok((8, 8, 4), filters=4, kernel_size=3, modulated=True, deformable_groups=2),
    ok((8, 8, 4), filters=4, kernel_size=[3, 1], use_bias=False, activation="relu"),
    ok((8, 8, 3), filters=4, kernel_size=3, **WEIGHTS),
    ok((7, 7, 4), filters=3, kernel_size=3, strides=2),
    ok((7, 8, 4), filters=3, kernel_size=3, strides=[2, 1]),
    ok((8, 8, 4), filters=3, kernel_size=3, strides=2, rounding="floor"),
    ok((8, 8, 4), filters=3, kernel_size=3, strides=2, rounding="ceil"),
    ok((8, 7, 4), filters=3, kernel_size=3, strides=2, padding="same"),
    ok((9, 9, 4), filters=3, kernel_size=4, padding=1, save=True),
    ok((8, 8, 4), filters=3, kernel_size=3, strides=2, padding=[[0, 1], [1, 0]], save=True),
    ok((8, 8, 4), filters=3, kernel_size=3, dilation_rate=2),
    ok((9, 8, 4), filters=3, kernel_size=3, dilation_rate=[2, 1], strides=[2, 1]),
    ok((9, 9, 4), filters=3, kernel_size=3, dilation_rate=2, strides=2, padding="same"),
    ok((8, 8, 4), filters=3, kernel_size=3, dilation_rate=[1, 2], padding="same"),
    ok((N, N, 4), filters=3, kernel_size=2, padding=1),
    ok((N, N, 4), filters=3, kernel_size=3, strides=2, padding="same"),
    no("NS401", (8, 8, 4), filters=3, kernel_size=3, strides=2, stricter=TILING),
    no("NS402", (2, 8, 4), filters=3, kernel_size=3),
    no("NS405", (8, 8, 3), filters=4, kernel_size=3, deformable_groups=2),
    no("NS404", (8, 4), filters=3, kernel_size=3),
    no("NS404", (8, 8, 4), filters=3, kernel_size=[3, 3, 3]),
    no("NS205", (8, 8, 4), filters=0, kernel_size=3),
    no("NS205", (8, 8, 4), filters=4, kernel_size=3, deformable_groups=0),
    no("NS407", (8, 8, N), filters=3, kernel_size=3),
]


def _pools() -> list[Case]:
    shared = [
        case._replace(stricter=UNBUILDABLE)
        if case.code and not isinstance(case.given.get("padding", ""), str)
        else case
        for case in _windows("pool_size")
    ]
    return [
        *shared,
        # The mean and the root mean square over the same windows, where something is accepted.
        *(
            case._replace(given={**case.given, "type": word})
            for word in ("avg", "l2")
            for case in shared
            if not case.code
        ),
        *_unequal("pool_size"),
        *_unequal("pool_size", type="avg"),
        *_volumes("pool_size"),
        *(case for case in _volumes("pool_size", type="avg") if not case.code),
    ]


POOL = [
    ok((8, 8, 3)),
    ok((8, 8, 3), pool_size=2),
    ok((9, 8, 3), pool_size=[3, 2]),
    ok((8, 8, 3), pool_size=2, strides=None),
    ok((N, N, 3), pool_size=2, at=(6, 4)),
    ok((8, 8, N), pool_size=2),
    ok((7, 7, 3), pool_size=3, strides=2, padding=[[1, 1], [1, 1]], save=True, type="avg"),
    no("NS205", (8, 8, 3), type="median", stricter=UNBUILDABLE),
    no("NS401", (9, 8, 3), stricter=TILING),
    # A window would hold nothing but padding.
    no("NS402", (8, 8, 3), pool_size=2, padding=2, stricter=UNBUILDABLE),
    no("NS402", (8, 8, 3), pool_size=2, strides=1, padding=[[0, 2], 0], stricter=UNBUILDABLE),
    *_pools(),
]

GLOBAL_POOL = [
    ok((8, 8, 3)),
    ok((8, 3), type="max"),
    ok((3, 4, 5, 2), type="avg"),
    ok((3, 4, 5, 2), type="max", keepdims=True),
    ok((8, 3), keepdims=True),
    ok((8, 8, 3), keepdims=True),
    ok((N, N, 3), type="max"),
    ok((N, 3)),
    ok((8, 8, N)),
    no("NS404", (8,)),
    no("NS404", (2, 2, 2, 2, 3)),
    no("NS205", (8, 8, 3), type="l2", stricter=UNBUILDABLE),
]

SEVENS = ("jax", "Keras rounds where a window ends")
ADAPTIVE_POOL = [
    ok((8, 8, 3), output_size=4),
    ok((8, 8, 3), output_size=4, type="max"),
    ok((8, 8, 3), output_size=1, save=True),
    ok((8, 3), output_size=4),
    ok((8, 3), output_size=2, type="max"),
    ok((7, 3), output_size=3, type="max"),
    ok((4, 6, 4, 3), output_size=2),
    ok((7, 5, 3), output_size=3, save=True),
    ok((7, 5, 3), output_size=[3, 2], type="max", save=True),
    ok((7, 5, 3), output_size=[3, 1], type="max", save=True),
    ok((7, 1, 3), output_size=[3, 1], save=True),
    ok((7, 3), output_size=[5]),
    ok((7, 3), output_size=7, type="max", not_on=SEVENS),
    ok((7, 1, 5, 3), output_size=[2, 1, 1], save=True),
    ok((6, 6, 6, 2), output_size=[2, 3, 1], type="max"),
    ok((7, 6, 5, 2), output_size=[3, 4, 2]),
    ok((7, 6, 5, 2), output_size=[3, 4, 2], type="max"),
    ok((7, 5, 6, 2), output_size=[3, 1, 4], type="max"),
    ok((N, N, 3), output_size=1),
    ok((N, 3), output_size=1, type="max"),
    ok((N, 3), output_size=1),
    ok((N, N, N, 3), output_size=1),
    ok((N, N, 3), output_size=1, type="max"),
    ok((N, N, N, 3), output_size=1, type="max"),
    ok((N, 7, 3), output_size=[2, 3], at=(5,)),
    ok((N, 3), output_size=3, at=(7,), type="max"),
    ok((7, 1, 1, 1), output_size=[2, 1, 1]),
    ok((11, 3), output_size=7, not_on=SEVENS),
    ok((11, 3), output_size=7, type="max", not_on=SEVENS),
    ok((9, 3), output_size=7),
    ok((15, 14, 2), output_size=[4, 7], not_on=SEVENS),
    ok((N, 6, 2), output_size=[13, 4], at=(16,), not_on=SEVENS),
    ok((7, 5, 2), output_size=[1, 3], not_on=SEVENS),
    no("NS402", (4, 6, 3), output_size=5, stricter="Keras repeats positions, which `upsample` says"),
    no("NS404", (3,), output_size=1),
    no("NS404", (8, 8, 3), output_size=[1, 2, 3]),
    no("NS407", (N, 6, 3), output_size=[1, 4], stricter="TensorFlow's kernels end the process"),
    no("NS205", (8, 3), output_size=0, only="tensorflow"),
    no("NS205", (8, 3), output_size=2, type="l2", stricter=UNBUILDABLE),
    no("NS203", (8, 3)),
]

CASES = {
    "adaptive_pool": ADAPTIVE_POOL,
    "conv": CONV,
    "1x1": POINTWISE,
    "depthwise_conv": DEPTHWISE,
    "separable_conv": SEPARABLE,
    "conv_transpose": TRANSPOSED,
    "deform_conv": DEFORMABLE,
    "pool": POOL,
    "global_pool": GLOBAL_POOL,
}
