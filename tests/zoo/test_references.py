"""The same numbers as `keras.applications`, weight for weight."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import pytest

from tests.support.matching import compare, matched
from tests.support.references import REFERENCES, Reference

BOUND = 1e-5
RESULTS = Path(__file__).parent.parent.parent / "docs" / "zoo" / "fidelity.json"
# What the table of all sizes at full size shows by its own command is shown here of the smallest of each family that is small.
LARGE = ("inception_resnet_v2", "efficientnet_v2", "nasnet")
SMALLEST = {reference.spec: reference for reference in reversed(REFERENCES) if reference.spec not in LARGE}


def agree(reference: Reference, size: int) -> None:
    if reference.model == "NASNetMobile" and keras.backend.backend() == "torch":
        pytest.skip("Keras does not make it on PyTorch")
    ours, theirs = reference.twins(size)
    comparison = compare(ours, theirs, reference.main)
    keras.backend.clear_session()
    assert len(comparison.taps) >= 4
    assert comparison.largest <= BOUND, comparison


@pytest.mark.parametrize("reference", SMALLEST.values(), ids=lambda reference: reference.model)
def test_the_smallest_of_a_family(reference: Reference) -> None:
    agree(reference, reference.small)


@pytest.mark.slow
@pytest.mark.parametrize("reference", REFERENCES, ids=lambda reference: reference.label)
def test_all(reference: Reference) -> None:
    agree(reference, reference.small)


def test_every_model_of_keras_applications_is_in_the_zoo() -> None:
    makers = {name for name in dir(keras.applications) if name[0].isupper()}
    assert makers == {reference.model for reference in REFERENCES}


def test_the_kept_table_is_whole_and_within_the_bound() -> None:
    """At full size, as the zoo's page shows it."""
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    assert sorted(results) == sorted(reference.label for reference in REFERENCES)
    for reference in REFERENCES:
        row = results[reference.label]
        assert (row["spec"], row["variant"], row["size"]) == (reference.spec, reference.variant, reference.size)
        assert row["difference"] <= BOUND


# --- the comparison itself -----------------------------------------------------------------------------------------------


def small(shortcut_first: bool = True, activation: str = "relu", filters: int = 4) -> keras.Model:
    """A network with a residual connection, two branches alike but for where they go, and an output."""
    x = inputs = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(4, 3, padding="same", activation=activation)(x)
    y = keras.layers.Conv2D(filters, 3, padding="same")(x)
    x = keras.layers.Add()([x, y] if shortcut_first else [y, x])
    a, b = keras.layers.Conv2D(2, 1)(x), keras.layers.Conv2D(2, 1)(x)
    x = keras.layers.Concatenate()([a, b])
    x = keras.layers.AveragePooling2D(2)(x)
    x = keras.layers.Conv2D(4, 1)(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, keras.layers.Dense(3, activation="softmax")(x))


def test_equal_networks_are_equal_whatever_their_names_and_the_order_of_a_sum() -> None:
    assert compare(small(), small(shortcut_first=False)).largest == 0


def test_another_activation_is_seen() -> None:
    assert compare(small(activation="tanh"), small()).largest > 0.01


def test_another_width_is_told() -> None:
    with pytest.raises(AssertionError, match=r"only ours: .*\(3, 3, 4, 1\).*; only theirs: .*\(3, 3, 4, 4\)"):
        list(matched(small(filters=1), small()))


def test_another_wiring_is_told() -> None:
    inputs = keras.Input((4, 4, 2))
    first, second = keras.layers.Conv2D(2, 1, name="first"), keras.layers.Conv2D(2, 1)
    chain = keras.Model(inputs, keras.layers.Add(name="sum")([inputs, second(first(inputs))]))
    inputs = keras.Input((4, 4, 2))
    middle = keras.layers.Conv2D(2, 1)(inputs)
    other = keras.Model(inputs, keras.layers.Add()([middle, keras.layers.Conv2D(2, 1)(middle)]))
    with pytest.raises(AssertionError, match="but `sum Add` of ours comes from elsewhere"):
        list(matched(chain, other))
