"""Layers that merge several tensors into one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from netspec.kinds.keras_types import Keras, Lowered
from netspec.kinds.kind import Kind, ShapeError, floats_only, kind
from netspec.options import Integer, option
from netspec.shapes import Shape, broadcast, show_shape


class Merge(Kind):
    """Base of the merges: elementwise, over shapes that broadcast."""

    family = "merge"
    arity: ClassVar[tuple[int, int | None]] = (2, None)
    keeps_integers = True

    def dtype(self, *inputs: str) -> str:
        if set(inputs) == {"bool"}:
            raise floats_only("bool")
        return super().dtype(*inputs)

    def infer(self, *inputs: Shape) -> Shape:
        shape = inputs[0]
        for other in inputs[1:]:
            both = broadcast(shape, other)
            if both is None:
                raise ShapeError(
                    "NS403", f"cannot {self.spec_name} {_side_by_side(inputs)}: {difference(shape, other)}"
                )
            shape = both
        return shape

    def mask(self, inputs: Sequence[Shape], masked: Sequence[bool]) -> bool:
        if not all(masked):
            return False  # dropped without a word where an input has none
        if len({len(shape) for shape in inputs}) > 1:
            raise ShapeError(
                "NS411",
                f"cannot {self.spec_name} {_side_by_side(inputs)} with masks: they differ in their number of axes",
                self.infer(*inputs),
            )
        return True


def _side_by_side(shapes: Sequence[Shape]) -> str:
    shown = [show_shape(shape) for shape in shapes]
    return " and ".join(shown) if len(shown) < 3 else ", ".join(shown[:-1]) + f" and {shown[-1]}"


def difference(a: Shape, b: Shape) -> str:
    """In words, what tells two shapes apart."""
    if len(a) != len(b):
        return f"one has {len(a)} {'axis' if len(a) == 1 else 'axes'}, the other {len(b)}"
    apart = [i for i, (x, y) in enumerate(zip(a, b, strict=True)) if x != y and x is not None and y is not None]
    names = {
        len(a) - 1: "channels",
        len(a) - 2: "columns" if len(a) > 2 else "steps",
        len(a) - 3: "rows",
        len(a) - 4: "planes",
    }
    parts = [f"{a[i]} {names.get(i, f'on axis {i + 1}')} against {b[i]}" for i in apart]
    return ", ".join(parts)


@kind("add")
class Add(Merge):
    """Elementwise sum."""

    keras_layers = ("Add",)


@kind("subtract")
class Subtract(Merge):
    """Elementwise difference: the first input minus the second."""

    keras_layers = ("Subtract",)
    arity = (2, 2)


@kind("multiply")
class Multiply(Merge):
    """Elementwise product."""

    keras_layers = ("Multiply",)


@kind("average")
class Average(Merge):
    """Elementwise mean."""

    keras_layers = ("Average",)
    keeps_integers = False


@kind("maximum")
class Maximum(Merge):
    """Elementwise maximum."""

    keras_layers = ("Maximum",)


@kind("minimum")
class Minimum(Merge):
    """Elementwise minimum."""

    keras_layers = ("Minimum",)


@kind("concat", principal="axis")
class Concat(Merge):
    """Concatenation along an axis; all other sizes must be the same."""

    keras_layers = ("Concatenate",)
    axis: int = option(Integer(), "Axis, counted as in Keras: 1 is the first after the batch, -1 the last.", -1)

    def dtype(self, *inputs: str) -> str:
        return "bool" if set(inputs) == {"bool"} else super().dtype(*inputs)

    def infer(self, *inputs: Shape) -> Shape:
        first = inputs[0]
        if len({len(shape) for shape in inputs}) > 1:
            raise ShapeError(
                "NS403", f"cannot concatenate {_side_by_side(inputs)}: they differ in their number of axes"
            )
        axis = resolve_axis(self.axis, first)
        total: int | None = 0
        known = list(first)
        for shape in inputs:
            size = shape[axis]
            total = None if total is None or size is None else total + size
            for i, (a, b) in enumerate(zip(known, shape, strict=True)):
                if i == axis or b is None:
                    continue
                if a is not None and a != b:
                    apart = difference(_without(tuple(known), axis), _without(shape, axis))
                    raise ShapeError(
                        "NS403", f"cannot concatenate {_side_by_side(inputs)}: {apart}", (None,) * len(first)
                    )
                known[i] = b
        # The other sizes are the first input's, because Keras takes them from there, unknown or not.
        return (*first[:axis], total, *first[axis + 1 :])

    def mask(self, inputs: Sequence[Shape], masked: Sequence[bool]) -> bool:
        return any(masked)  # an input without one counts as steps that are all there

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        layer: Lowered = keras.layers.Concatenate(axis=self.axis, name=name)
        return layer


def _without(shape: Shape, axis: int) -> Shape:
    return tuple(None if i == axis else size for i, size in enumerate(shape))


def resolve_axis(axis: int, shape: Shape, name: str = "axis") -> int:
    """Keras's axis, which counts the batch as 0, as an index into a shape without it; raises ShapeError."""
    rank = len(shape)
    index = axis - 1 if axis > 0 else rank + axis
    if axis == 0 or not 0 <= index < rank:
        what = "is the batch" if axis in (0, -rank - 1) else "does not exist"
        raise ShapeError(
            "NS408", f"`{name}` {axis} {what}: {show_shape(shape)} has the axes 1 to {rank}, or -{rank} to -1"
        )
    return index


def resolve_axes(axes: int | Sequence[int], shape: Shape) -> list[int]:
    """One of Keras's axes, or several, none of them twice; raises ShapeError."""
    found = [resolve_axis(axis, shape) for axis in ((axes,) if isinstance(axes, int) else axes)]
    if not isinstance(axes, int) and len(set(found)) < len(found):
        raise ShapeError("NS408", f"`axis` {list(axes)} names an axis twice", shape)
    return found


MERGES = ("add", "concat", "multiply", "average", "maximum")
