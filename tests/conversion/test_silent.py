"""Nothing comes through silently different: what could be lost on the way is kept, or told."""

from __future__ import annotations

import json
from typing import Any

import keras
import pytest
from keras import layers, ops

from netspec.conversion.converting import Failure, Inconvertible
from netspec.conversion.keras_config import read_config
from netspec.conversion.model import ConversionError

from .test_corpus import compared, converted

pytestmark = pytest.mark.backend


def failures(model: Any) -> tuple[Failure, ...]:
    """What cannot be said of a model."""
    with pytest.raises(Inconvertible) as caught:
        converted(model)
    return caught.value.failures


def test_frozen_layers_alone_and_in_a_frozen_model() -> None:
    x = keras.Input((4,))
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.BatchNormalization()], name="inner")
    inner.trainable = False
    y = layers.Dense(2, trainable=False)(inner(x))
    flat = compared(keras.Model(x, layers.Dense(1)(y)))
    assert [(node.kind_name, node.trainable) for node in flat.nodes] == [
        *(("dense", False), ("batch_norm", False), ("dense", False), ("dense", True)),
    ]


def test_another_precision_is_told_for_each_layer() -> None:
    x = keras.Input((4,))
    y = layers.Dense(3, name="half", dtype="mixed_float16")(x)
    y = layers.Dense(3, name="whole", dtype="float32")(y)
    assert failures(keras.Model(x, layers.Dense(1, name="narrow", dtype="mixed_bfloat16")(y))) == (
        ("half", "computes in mixed_float16, and a spec's networks in float32"),
        ("narrow", "computes in mixed_bfloat16, and a spec's networks in float32"),
    )


def test_masks_go_the_same_way() -> None:
    """From an embedding through what hands them on to what heeds them, with zeros among the words."""
    x = keras.Input((6,), dtype="int32")
    y = layers.Dropout(0.1)(layers.Embedding(9, 4, mask_zero=True)(x))
    y = layers.LSTM(3, return_sequences=True)(y)
    compared(keras.Model(x, [layers.GlobalAveragePooling1D()(y), layers.GRU(2)(y)]))


def test_a_mask_that_is_given_by_hand_is_told() -> None:
    x, there = keras.Input((6, 4), name="x"), keras.Input((6,), dtype="bool", name="there")
    model = keras.Model([x, there], layers.LSTM(3, name="l")(x, mask=there))
    with pytest.raises(ConversionError) as caught:
        converted(model)
    assert (
        caught.value.text == "`l` is called with the mask of `there`, and a spec's come from `embedding` and `masking`"
    )


def test_zeros_for_masked_steps() -> None:
    x = keras.Input((6,), dtype="int32")
    y = layers.Embedding(9, 4, mask_zero=True)(x)
    flat = compared(keras.Model(x, layers.LSTM(3, return_sequences=True, zero_output_for_mask=True)(y)))
    assert flat.nodes[-1].values == {"units": 3, "return_sequences": True, "zero_output_for_mask": True}
    flat = compared(keras.Model(x, layers.LSTM(3, return_sequences=True)(y)))
    assert flat.nodes[-1].values == {"units": 3, "return_sequences": True}


def test_a_model_that_is_called_twice_is_counted_once() -> None:
    tower = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.BatchNormalization()], name="tower")
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    model = keras.Model([a, b], ops.concatenate([tower(a), tower(b)], axis=-1))
    flat = compared(model)
    assert [node.share is not None for node in flat.nodes] == [False, False, True, True, False]
    assert model.count_params() == 4 * 3 + 3 + 4 * 3


def test_an_axis_that_only_the_output_has() -> None:
    """`stack` counts its axis among those of what it gives."""
    x = keras.Input((4,))
    (node,) = compared(keras.Model(x, ops.stack([x, x * 2.0], axis=1))).nodes[1:]
    assert (node.kind_name, node.values) == ("stack", {"axis": 1})


def test_lambdas_are_refused_before_keras_sees_them() -> None:
    x = keras.Input((4,))
    model = keras.Model(x, layers.Lambda(lambda value: value * 2, name="f", output_shape=(4,))(x))
    with pytest.raises(Exception, match="`Lambda`, which is code"):
        read_config(json.loads(model.to_json()))
