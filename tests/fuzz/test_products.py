"""Multiply-accumulates beside those of the operations that JAX traces; run where Keras runs on JAX."""

from __future__ import annotations

import json
import random

import keras
import pytest

from tests.support.documents import Maker
from tests.support.judge import judge
from tests.support.products import traced

pytestmark = [
    pytest.mark.backend,
    pytest.mark.skipif(keras.backend.backend() != "jax", reason="JAX traces operations"),
    pytest.mark.filterwarnings("ignore::UserWarning:keras"),
]


@pytest.mark.parametrize(
    ("shape", "node"),
    [
        ([7, 6], {"multi_head_attention": {"num_heads": 2, "key_dim": 3}}),
        ([4, 5, 6], {"multi_head_attention": {"num_heads": 2, "key_dim": 3}}),
        ([7, 6], {"lstm": {"units": 5, "bidirectional": "concat", "return_sequences": True}}),
        ([7, 6], {"gru": {"units": 5, "reset_after": False}}),
        ([7, 6], {"simple_rnn": 5}),
        ([8, 8, 6], {"conv": {"filters": 4, "kernel_size": 3, "groups": 2, "dilation_rate": 2, "padding": "same"}}),
        ([8, 8, 6], {"conv_transpose": {"filters": 4, "kernel_size": 3}}),
        ([8, 8, 6], {"conv_transpose": {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same"}}),
        ([8, 8, 6], {"separable_conv": {"filters": 4, "kernel_size": 3, "depth_multiplier": 2}}),
        ([9, 9, 9, 2], {"conv": {"filters": 4, "kernel_size": 3, "strides": 3}}),
    ],
)
def test_products_of_a_layer(shape: list[int], node: dict[str, object]) -> None:
    verdict = judge({"netspec": 1, "input": shape, "layers": [node]}, run=traced)
    assert (verdict.accepted, verdict.disagreement) == (True, "")


def test_products_of_random_documents() -> None:
    for number in range(40):
        document = Maker(random.Random(f"products-{number}")).document()
        assert judge(document, run=traced).disagreement == "", json.dumps(document)
