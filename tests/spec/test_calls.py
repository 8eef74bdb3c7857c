"""Nodes that are written as calls in Python."""

from __future__ import annotations

import pytest

from netspec.kinds import KINDS
from netspec.spec.decoding.calls import MAX_LENGTH, as_hyperparameters, as_kind


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("dense(10)", "dense: 10"),
        ("Dense(units=10)", "dense: 10"),
        ("Dense(10, activation=None)", "dense: {units: 10, activation: null}"),
        ("tf.keras.layers.Dense(64, 'relu')", "dense: {units: 64, activation: relu}"),
        ("layers.Conv2D(8, [3, 5], strides=(2, 2))", "conv: {filters: 8, kernel_size: [3, 5], strides: [2, 2]}"),
        ("Conv1D(8, 3, name='first')", "conv: {filters: 8, kernel_size: 3, name: first}"),
        ("MaxPooling2D()", "pool"),
        ("GlobalAveragePooling2D()", "global_pool: avg"),
        ("Dropout(1e-1)", "dropout: 0.1"),
        ("LeakyReLU(-0.5)", "leaky_relu: -0.5"),
        ("flatten()", "flatten"),
        ("Flatten()", "flatten"),
        ("nn.Linear(10, 20)", "dense: 20"),
        ("Linear(10, out_features=20, bias=False)", "dense: {units: 20, use_bias: false}"),
        ("Conv2d(1, 2, 3)", "conv: {filters: 2, kernel_size: 3}"),
        ("torch.nn.Conv1d(3, 8, 5, 2, 2)", "conv: {filters: 8, kernel_size: 5, strides: 2, padding: 2}"),
        (
            "nn.Conv2d(in_channels=3, out_channels=8, kernel_size=(3, 5), stride=2, dilation=1, bias=True)",
            "conv: {filters: 8, kernel_size: [3, 5], strides: 2, dilation_rate: 1, use_bias: true}",
        ),
        ("nn.MaxPool2d(2)", "pool: {pool_size: 2}"),
        ("AvgPool2d(3, 2, padding=1)", "pool: {type: avg, pool_size: 3, strides: 2, padding: 1}"),
        ("BatchNorm2d(8)", "batch_norm"),
        ("BatchNorm2d(8, 1e-5, 0.1)", ""),  # its momentum is what is left of one here
        ("Conv2d(8, 3)", ""),  # a Keras user's, or PyTorch's without its kernel
        ("Conv2d(1, 2, 3, in_channels=1)", ""),
        ("Conv2d(1, 2, 3, 1, 0, 1, 1, True, 'zeros')", ""),
        ("Conv2d(1, 2, 3, padding_mode='zeros')", ""),
        ("conv2d(1, 2, 3)", ""),  # a function of TensorFlow's or PyTorch's, which take other things
        ("ConvTranspose2d(8, 4, 2, 2)", ""),
        ("Dense()", ""),  # it needs something, and nobody says what
        ("Dense(10, dense=1)", ""),
        ("Dense(10, units=1)", ""),
        ("Dense(*sizes)", ""),
        ("Dense(**sizes)", ""),
        ("Dense(2 * 3)", ""),
        ("Dense(10, activation=lambda x: x)", ""),
        ("Dense(10, activation='a b')", ""),
        ("Dropout(0.5, 1, 2)", ""),
        ("Dense(10)(x)", ""),
        ("Dense(10), Dense(2)", ""),
        ("Dense((10)", ""),
        ("Nothing(10)", ""),
        ("dense('\\d')", ""),
        ("dense" + "(" * 150 + ")" * 150, ""),
        (f"dense({'1' * MAX_LENGTH})", ""),
    ],
)
def test_a_call_as_a_node(text: str, node: str) -> None:
    assert as_kind(text) == node


@pytest.mark.parametrize(
    ("kind", "text", "written"),
    [
        ("conv", "filters=8, kernel_size=3", "{filters: 8, kernel_size: 3}"),
        ("conv", "8, 3, use_bias=True", "{filters: 8, kernel_size: 3, use_bias: true}"),
        ("conv", "out_channels=8, kernel_size=3", "{filters: 8, kernel_size: 3}"),
        ("dense", "units=8", "8"),
        ("conv", "filters=8, size=", ""),
        ("conv", "filters==8", ""),
        ("conv", "8) + (3", ""),
    ],
)
def test_arguments_as_a_map(kind: str, text: str, written: str) -> None:
    assert as_hyperparameters(KINDS[kind], text) == written
