"""Which layer of one model is which of another, as far as both are the same."""

from __future__ import annotations

from typing import Any

import keras

from netspec.backends.keras.matching import partners, places_of


def network(classes: int = 3, *, head: bool = True, filters: int = 4, more: bool = False) -> Any:
    """A stem; two branches alike, of which only one goes on through another layer; a sum; a head."""
    x = inputs = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(filters, 3, padding="same", name="stem")(x)
    left = keras.layers.Conv2D(4, 1, name="left")(x)
    right = keras.layers.Conv2D(4, 1, name="right")(x)
    right = keras.layers.Conv2D(4, 1, name="after")(right)
    x = keras.layers.Add(name="sum")([left, right])
    if more:
        x = keras.layers.Conv2D(4, 5, padding="same", name="more")(x)
    x = keras.layers.Conv2D(6, 3, name="last")(x)
    if head:
        x = keras.layers.GlobalAveragePooling2D()(x)
        x = keras.layers.Dense(classes, name="head")(x)
    return keras.Model(inputs, x)


def found(ours: Any, theirs: Any) -> dict[str, str]:
    """Names of theirs by names of ours."""
    mine, others = places_of(keras, ours), places_of(keras, theirs)
    pairs = partners(mine, others)
    return {mine[a].operation.name: others[b].operation.name for a, b in sorted(pairs.items())}


BODY = {name: name for name in ("stem", "left", "right", "after", "sum", "last")}


def test_the_same() -> None:
    assert found(network(), network()) == {**BODY, "head": "head"}


def test_another_head_hinders_nothing_before_it() -> None:
    assert found(network(5), network(3)) == BODY


def test_none_where_the_other_has_no_head() -> None:
    assert found(network(5), network(head=False)) == BODY
    assert found(network(head=False), network(5)) == BODY


def test_what_comes_after_another_layer_has_no_partner() -> None:
    body = {name: name for name in ("stem", "left", "right", "after", "sum")}
    assert found(network(more=True), network()) == body


def test_another_stem_hinders_all() -> None:
    assert found(network(filters=5), network()) == {}
