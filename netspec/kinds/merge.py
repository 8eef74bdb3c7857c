"""Layers that merge several tensors into one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import prod
from typing import ClassVar

from netspec.kinds.keras_types import Keras, Lowered, Tensor
from netspec.kinds.kind import Kind, OptionConflict, Repair, ShapeError, floats_only, kind, no_bools
from netspec.kinds.promotion import check_fits, promoted_numbers, with_constant
from netspec.options import Constant, Integer, Nullable, declare, option
from netspec.shapes import Shape, broadcast, show_shape


class Merge(Kind):
    """Base of the merges: elementwise, over shapes that broadcast."""

    family = "merge"
    arity: ClassVar[tuple[int, int | None]] = (2, None)
    keeps_integers = True
    verb: ClassVar[str] = ""  # what cannot be done with shapes that do not fit; "" for the kind's own name

    @property
    def doing(self) -> str:
        """What it does with its inputs, in words."""
        return self.verb or self.spec_name

    def dtype(self, *inputs: str) -> str:
        if set(inputs) == {"bool"}:
            raise floats_only("bool")
        return super().dtype(*inputs)

    def infer(self, *inputs: Shape) -> Shape:
        shape = inputs[0]
        for other in inputs[1:]:
            both = broadcast(shape, other)
            if both is None:
                differ = difference(shape, other) if len(shape) == len(other) else apart(shape, other)
                message = f"cannot {self.doing} {side_by_side(inputs)}: {differ}"
                raise ShapeError("NS403", message, likely=max(inputs, key=inputs.count))
            shape = both
        return shape

    def mask(self, inputs: Sequence[Shape], masked: Sequence[bool]) -> bool:
        if not all(masked):
            return False  # dropped without a word where an input has none
        if len({len(shape) for shape in inputs}) > 1:
            raise ShapeError(
                "NS411",
                f"cannot {self.doing} {side_by_side(inputs)} with masks: they differ in their number of axes",
                self.infer(*inputs),
            )
        return True


@declare("arithmetic")
class Arithmetic(Merge):
    """Base of the merges that take a constant in the place of all inputs but the first."""

    arity: ClassVar[tuple[int, int | None]] = (2, None)
    value: int | float | None = option(
        Nullable(Constant()), "A constant instead of further inputs; the node then reads one.", None
    )

    def takes(self) -> tuple[int, int | None]:
        return self.arity if self.value is None else (1, 1)

    def constant(self) -> int | float:
        """The constant, as it is computed with."""
        assert self.value is not None
        return self.value

    def dtype(self, *inputs: str) -> str:
        if self.value is None:
            return super().dtype(*inputs)
        check_fits("value", self.constant(), inputs[0])
        return with_constant(inputs[0], self.constant())

    def mask(self, inputs: Sequence[Shape], masked: Sequence[bool]) -> bool:
        # With a constant it is an operation, which drops the mask, and no layer.
        return self.value is None and super().mask(inputs, masked)

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        if self.value is None:
            layer: Lowered = self.keras_layer(keras)(name=name)
            return layer
        return lambda x: getattr(keras.ops, self.spec_name)(x, self.constant())


class Elementwise(Arithmetic):
    """Base of the merges that Keras has no layer for, but a function of `keras.ops`."""

    arity = (2, 2)

    def infer(self, *inputs: Shape) -> Shape:
        return broadcast_all(self.doing, inputs)

    def mask(self, inputs: Sequence[Shape], masked: Sequence[bool]) -> bool:
        return False

    def dtype(self, *inputs: str) -> str:
        return promoted_numbers(*inputs) if self.value is None else super().dtype(*inputs)

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        if self.value is not None:
            return super().lower(keras, name, inputs)
        function = getattr(keras.ops, self.spec_name)
        return lambda tensors: function(*aligned(keras, tensors, inputs))


def aligned(keras: Keras, tensors: Sequence[Tensor], shapes: Sequence[Shape]) -> list[Tensor]:
    """The tensors with as many axes as the one that has most, the missing ones after the batch: as merge layers do."""
    rank = max(map(len, shapes))
    found = []
    for tensor, shape in zip(tensors, shapes, strict=True):
        for _ in range(rank - len(shape)):
            tensor = keras.ops.expand_dims(tensor, axis=1)
        found.append(tensor)
    return found


def broadcast_all(verb: str, shapes: Sequence[Shape]) -> Shape:
    """The shape of an operation on all of them, aligned at the right; raises ShapeError.

    Of two sizes the one that is known counts, because `keras.ops` says so, where Keras's layers leave it open.
    """
    shape = shapes[0]
    for other in shapes[1:]:
        both = broadcast(shape, other, known=True)
        if both is None:
            raise ShapeError("NS403", f"cannot {verb} {side_by_side(shapes)}: {apart(shape, other)}")
        shape = both
    return shape


def apart(a: Shape, b: Shape) -> str:
    """In words, the sizes that do not broadcast: the axes are named as they stand in the one that has more."""
    rank = max(len(a), len(b))
    found = []
    for back in range(min(len(a), len(b)), 0, -1):
        x, y = a[-back], b[-back]
        if None not in (x, y) and x != y and 1 not in (x, y):
            found.append(f"{x} against {y} on axis {rank - back + 1}")
    aligned_at = "" if len(a) == len(b) else "; the shorter is aligned at the last axis"
    return ", ".join(found) + aligned_at


def unlike(a: Shape, b: Shape) -> str:
    """In words, what tells two shapes apart that should be the same: how many axes they have, or sizes, each with its axis."""
    if len(a) != len(b):
        return ranks_differ((a, b))
    pairs = [(i, *("?" if size is None else size for size in pair)) for i, pair in enumerate(zip(a, b, strict=True), 1)]
    return ", ".join(f"{x} against {y} on axis {i}" for i, x, y in pairs if x != y)


def ranks_differ(shapes: Sequence[Shape]) -> str:
    """In words, how many axes some shapes have: `1 axis against 2`."""
    first, *others = dict.fromkeys(map(len, shapes))
    return f"{first} {'axis' if first == 1 else 'axes'}" + "".join(f" against {rank}" for rank in others)


def side_by_side(shapes: Sequence[Shape]) -> str:
    """`8 x 16 and 8 x 12`, or more than two."""
    shown = [show_shape(shape) for shape in shapes]
    return " and ".join(shown) if len(shown) < 3 else ", ".join(shown[:-1]) + f" and {shown[-1]}"


def difference(a: Shape, b: Shape) -> str:
    """In words, what tells two shapes of as many axes apart."""
    apart = [i for i, (x, y) in enumerate(zip(a, b, strict=True)) if x != y and x is not None and y is not None]
    names = {
        len(a) - 1: "channels",
        len(a) - 2: "columns" if len(a) > 2 else "steps",
        len(a) - 3: "rows",
        len(a) - 4: "planes",
    }
    parts = [f"{a[i]} {names.get(i, f'on axis {i + 1}')} against {b[i]}" for i in apart]
    return ", ".join(parts)


@kind("add", principal="value")
class Add(Arithmetic):
    """Elementwise sum; with one input and a `value`, x + value."""

    keras_layers = ("Add", "ops.add")


@kind("subtract", principal="value")
class Subtract(Arithmetic):
    """Elementwise difference: the first input minus the second, or minus `value`."""

    keras_layers = ("Subtract", "ops.subtract")
    arity = (2, 2)


@kind("multiply", principal="value")
class Multiply(Arithmetic):
    """Elementwise product; with one input and a `value`, x * value."""

    keras_layers = ("Multiply", "ops.multiply")


@kind("average")
class Average(Merge):
    """Elementwise mean."""

    keras_layers = ("Average",)
    keeps_integers = False


@kind("maximum", principal="value")
class Maximum(Arithmetic):
    """Elementwise maximum; with one input and a `value`, of x and the value."""

    keras_layers = ("Maximum", "ops.maximum")
    verb = "take the maximum of"


@kind("minimum", principal="value")
class Minimum(Arithmetic):
    """Elementwise minimum; with one input and a `value`, of x and the value."""

    keras_layers = ("Minimum", "ops.minimum")
    verb = "take the minimum of"


@kind("divide", principal="value")
class Divide(Elementwise):
    """Elementwise quotient: the first input by the second, or by `value`."""

    keras_layers = ("ops.divide",)
    keras_parts = ("ops.expand_dims",)

    def check(self) -> None:
        if self.value == 0:
            raise OptionConflict("`value` is 0; nothing can be divided by it", "value")

    def dtype(self, *inputs: str) -> str:
        return with_constant(super().dtype(*inputs), 1.0)


@kind("power", principal="value")
class Power(Elementwise):
    """Elementwise power: the first input to the second, or to `value`."""

    keras_layers = ("ops.power",)
    verb = "take powers of"
    keras_parts = ("ops.expand_dims",)

    def dtype(self, *inputs: str) -> str:
        if self.value is None and {*inputs} == {"bool"}:
            raise no_bools()
        return super().dtype(*inputs)

    def constant(self) -> int | float:
        value = super().constant()
        return float(value) if value < 0 else value  # whole numbers have no negative powers


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
            raise ShapeError("NS403", f"cannot concatenate {side_by_side(inputs)}: {ranks_differ(inputs)}")
        axis = resolve_axis(self.axis, first)
        sizes = [shape[axis] for shape in inputs]
        total = None if None in sizes else sum(size or 0 for size in sizes)
        known = list(first)
        for shape in inputs:
            for i, (a, b) in enumerate(zip(known, shape, strict=True)):
                if i == axis or b is None:
                    continue
                if a is not None and a != b:
                    apart = difference(_without(tuple(known), axis), _without(shape, axis))
                    raise self._unlike(inputs, axis, total, apart)
                known[i] = b
        # The other sizes are the first input's, because Keras takes them from there, unknown or not.
        return (*first[:axis], total, *first[axis + 1 :])

    def _unlike(self, inputs: Sequence[Shape], axis: int, total: int | None, apart: str) -> ShapeError:
        """The problem of inputs that differ in other sizes too: most of them are taken to be right, or the larger ones."""
        first = inputs[0]
        others = Counter(_without(shape, axis) for shape in inputs)
        most = max(others, key=lambda shape: (others[shape], prod(size or 1 for size in shape)))
        repairs = [Repair("axis", str(other + 1)) for other in _only_apart(inputs) if self.axis not in (-1, len(first))]
        agreed = [sizes[0] if len({*sizes}) == 1 else None for sizes in zip(*inputs, strict=True)]
        return ShapeError(
            "NS403",
            f"cannot concatenate {side_by_side(inputs)}: {apart}",
            # With another axis it may be another one.
            (None,) * len(first) if repairs else (*agreed[:axis], total, *agreed[axis + 1 :]),
            repairs,
            (*most[:axis], total, *most[axis + 1 :]),
        )

    def mask(self, inputs: Sequence[Shape], masked: Sequence[bool]) -> bool:
        return any(masked)  # an input without one counts as steps that are all there

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        layer: Lowered = keras.layers.Concatenate(axis=self.axis, name=name)
        return layer


def _only_apart(shapes: Sequence[Shape]) -> list[int]:
    """The one axis in which shapes of as many axes differ, if there is one alone."""
    apart = [i for i, sizes in enumerate(zip(*shapes, strict=True)) if len({*sizes} - {None}) > 1]
    return apart if len(apart) == 1 else []


def _without(shape: Shape, axis: int) -> Shape:
    return tuple(None if i == axis else size for i, size in enumerate(shape))


def resolve_axis(axis: int, shape: Shape, name: str = "axis", of: Sequence[int] | None = None) -> int:
    """Keras's axis, which counts the batch as 0, as an index into a shape without it; raises ShapeError.

    Args:
        axis: The axis.
        shape: What has it, or has it not.
        name: The hyperparameter that says it.
        of: The list that it stands in, where the hyperparameter has several.
    """
    rank = len(shape)
    index = axis - 1 if axis > 0 else rank + axis
    if axis == 0 or not 0 <= index < rank:
        what = "is the batch" if axis in (0, -rank - 1) else "does not exist"
        message = f"`{name}` {axis} {what}: {show_shape(shape)} has {axes_of(rank)}"
        raise ShapeError("NS408", message, None, [Repair(name, value) for value in _instead(axis, rank, of)])
    return index


def axes_of(rank: int) -> str:
    """In words, the axes that so many sizes have, as Keras counts them."""
    if rank < 2:
        return "one axis, 1 or -1" if rank else "none"
    return f"the axes 1 to {rank}, or -{rank} to -1"


def _instead(axis: int, rank: int, of: Sequence[int] | None) -> list[str]:
    """What may be meant in the place of an axis that does not exist: the nearest, or the one at the other end."""
    nearest = rank if axis > rank else -rank if axis < -1 else 1
    other = 1 if axis > 0 else -1
    found = [nearest, other] if rank > 1 else [nearest] if rank else []
    if of is None:
        return [str(each) for each in found]
    lists = [[each if old == axis else old for old in of] for each in found]
    return [str(each) for each in lists if len({old - 1 if old > 0 else rank + old for old in each}) == len(each)]


def resolve_axes(axes: int | Sequence[int], shape: Shape, name: str = "axis") -> list[int]:
    """One of Keras's axes, or several, none of them twice; raises ShapeError."""
    if isinstance(axes, int):
        return [resolve_axis(axes, shape, name)]
    found = [resolve_axis(axis, shape, name, axes) for axis in axes]
    if len(set(found)) < len(found):
        once = [str(axis) for index, axis in enumerate(axes) if found[index] not in found[:index]]
        message = f"`{name}` {list(axes)} names an axis twice"
        raise ShapeError("NS408", message, shape, [Repair(name, f"[{', '.join(once)}]")])
    return found


MERGES = ("add", "concat", "multiply", "average", "maximum")
