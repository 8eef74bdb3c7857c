"""Shapes against Keras on settings that nobody chose: no tensor is made, so thousands can be tried."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec.kinds import KINDS, OptionConflict, ShapeError

from .case import Shape

layers = keras.layers
N = None

sizes = st.one_of(st.none(), st.integers(1, 9))
windows = st.integers(1, 5)
examples = settings(max_examples=200, deadline=None, derandomize=True)


def per_dimension(values: st.SearchStrategy[int], rank: int) -> st.SearchStrategy[Any]:
    """One number for all dimensions, or a list with one for each."""
    return st.one_of(values, st.lists(values, min_size=rank, max_size=rank))


@st.composite
def images(draw: Any) -> Shape:
    """Shapes with one, two or three spatial dimensions, and four channels."""
    return (*draw(st.lists(sizes, min_size=1, max_size=3)), 4)


def netspec_shape(kind: str, shapes: list[Shape], values: dict[str, Any]) -> Shape | None:
    """What netspec says; None where it refuses."""
    checked = {name: KINDS[kind].options[name].type.check(value) for name, value in values.items()}
    config = KINDS[kind](**checked)
    try:
        config.check()
        return config.infer(*shapes)
    except (OptionConflict, ShapeError):
        return None


def keras_shape(make: Callable[[], Any], shapes: list[Shape]) -> Shape | None:
    """What Keras says; None where it refuses."""
    batched = [(None, *shape) for shape in shapes]
    given_shape = batched[0] if len(batched) == 1 else batched
    try:
        layer = make()
        if len(batched) > 1:
            layer.build(given_shape)  # where merges compare their inputs
        return tuple(layer.compute_output_shape(given_shape))[1:]
    except (ValueError, IndexError):
        return None


@examples
@given(st.data())
def test_convolutions(data: st.DataObject) -> None:
    shape = data.draw(images())
    rank = len(shape) - 1
    values = {
        "kernel_size": data.draw(per_dimension(windows, rank)),
        "strides": data.draw(per_dimension(windows, rank)),
        "dilation_rate": data.draw(st.one_of(st.just(1), per_dimension(st.integers(1, 3), rank))),
        "padding": data.draw(st.sampled_from(["valid", "same"])),
        "filters": 4,
    }
    make = getattr(layers, f"Conv{rank}D")
    assert netspec_shape("conv", [shape], {**values, "rounding": "floor"}) == keras_shape(
        lambda: make(**values), [shape]
    )


@examples
@given(st.data())
def test_pools(data: st.DataObject) -> None:
    shape = data.draw(images())
    rank = len(shape) - 1
    values = {
        "pool_size": data.draw(per_dimension(windows, rank)),
        "strides": data.draw(st.one_of(st.none(), per_dimension(windows, rank))),
        "padding": data.draw(st.sampled_from(["valid", "same"])),
    }
    make = getattr(layers, f"MaxPooling{rank}D")
    assert netspec_shape("pool", [shape], {**values, "rounding": "floor"}) == keras_shape(
        lambda: make(**values), [shape]
    )


@examples
@given(st.data())
def test_transposed_convolutions(data: st.DataObject) -> None:
    shape = data.draw(images())
    rank = len(shape) - 1
    values = {
        "kernel_size": data.draw(per_dimension(windows, rank)),
        "strides": data.draw(per_dimension(windows, rank)),
        "dilation_rate": data.draw(st.one_of(st.just(1), per_dimension(st.integers(1, 3), rank))),
        # 1 at least: what an even window does with 0 depends on the backend.
        "output_padding": data.draw(st.one_of(st.none(), per_dimension(st.integers(1, 3), rank))),
        "padding": data.draw(st.sampled_from(["valid", "same"])),
        "filters": 4,
    }
    make = getattr(layers, f"Conv{rank}DTranspose")
    assert netspec_shape("conv_transpose", [shape], values) == keras_shape(lambda: make(**values), [shape])


@examples
@given(st.lists(st.lists(st.sampled_from([N, 1, 2, 3]), max_size=3).map(tuple), min_size=2, max_size=4))
def test_merges(shapes: list[Shape]) -> None:
    assert netspec_shape("add", shapes, {}) == keras_shape(layers.Add, shapes)


@examples
@given(st.data())
def test_concatenations(data: st.DataObject) -> None:
    rank = data.draw(st.integers(1, 3))
    few = st.sampled_from([N, 2, 2, 2, 3])
    shapes = data.draw(st.lists(st.lists(few, min_size=rank, max_size=rank).map(tuple), min_size=2, max_size=3))
    axis = data.draw(st.sampled_from([*range(-rank, 0), *range(1, rank + 1)]))
    assert netspec_shape("concat", shapes, {"axis": axis}) == keras_shape(lambda: layers.Concatenate(axis=axis), shapes)


@examples
@given(
    st.lists(st.sampled_from([N, 1, 2, 3, 4, 6]), max_size=3).map(tuple),
    st.lists(st.sampled_from([-1, 1, 2, 3, 4, 6, 12]), min_size=1, max_size=3),
)
def test_reshapes(shape: Shape, target: list[int]) -> None:
    expected = keras_shape(lambda: layers.Reshape(target), [shape])
    assert netspec_shape("reshape", [shape], {"target_shape": target}) == expected


@examples
@given(st.data())
def test_margins(data: st.DataObject) -> None:
    shape = data.draw(images())
    rank = len(shape) - 1
    amounts = data.draw(st.lists(st.lists(st.integers(0, 3), min_size=2, max_size=2), min_size=rank, max_size=rank))
    pairs = amounts[0] if rank == 1 else amounts
    padded = keras_shape(lambda: getattr(layers, f"ZeroPadding{rank}D")(pairs), [shape])
    assert netspec_shape("zero_pad", [shape], {"padding": amounts}) == padded
    cropped = keras_shape(lambda: getattr(layers, f"Cropping{rank}D")(pairs), [shape])
    assert netspec_shape("crop", [shape], {"cropping": amounts}) == cropped
