"""Operations along axes: reductions, choices, padding, parts."""

from __future__ import annotations

import re
from collections.abc import Sequence

from netspec.diagnostics.words import show
from netspec.kinds.composition import Builder, Composition
from netspec.kinds.functions import Operation
from netspec.kinds.keras_types import Keras, Lowered, Tensor
from netspec.kinds.kind import (
    ALIGNED,
    ATTENDED,
    GATHERED,
    REARRANGED,
    OptionConflict,
    Positions,
    Repair,
    ShapeError,
    floats_only,
    kind,
    no_bools,
    promoted,
)
from netspec.kinds.merge import resolve_axes, resolve_axis
from netspec.kinds.promotion import check_fits, is_whole, with_constant
from netspec.kinds.window import match_sides
from netspec.options import (
    Amounts,
    Boolean,
    Choice,
    Constant,
    Integer,
    IntegerList,
    Invalid,
    Nullable,
    Schema,
    Sides,
    Type,
    Whole,
    option,
)
from netspec.shapes import AXIS_WORDS, Shape, show_shape

AXIS_DOC = "Axis, counted as in Keras: 1 is the first after the batch, -1 the last."


@kind("reduce", principal="type")
class Reduce(Operation):
    """One number of all that stand along the axes: their mean, their sum, the largest.

    `axis` counts as in Keras: 1 is the first after the batch, -1 the last; without it all axes but the batch are reduced.
    """

    keras_layers = ("ops.mean", "ops.max", "ops.min", "ops.sum", "ops.prod", "ops.var", "ops.sqrt")
    keras_parts = ("ops.power", "ops.expand_dims")
    keras_note = "`l2` is the square root of a sum of powers"
    type: str = option(
        Choice(
            {
                "mean": "Mean.",
                "max": "Maximum.",
                "min": "Minimum.",
                "sum": "Sum.",
                "prod": "Product.",
                "variance": "Mean of the squared differences from the mean.",
                "l2": "Square root of the sum of squares.",
            }
        ),
        "What to make of the numbers.",
    )
    axis: Whole | None = option(
        Nullable(IntegerList(single=True)), "Axis, or several, counted as in Keras; null: all but the batch.", None
    )
    keepdims: bool = option(Boolean(), "Whether the axes stay, with size 1.", False)

    def positions(self) -> Positions:
        return ALIGNED if self.axis in (-1, (-1,)) and self.keepdims else GATHERED

    def dtype(self, *inputs: str) -> str:
        (dtype,) = inputs
        if not is_whole(dtype) or self.type in ("max", "min"):
            return dtype
        if self.type not in ("sum", "prod"):
            return "float32"
        if dtype == "bool":
            return "int32"
        return promoted(dtype, "uint32" if dtype.startswith("u") else "int32")

    def _axes(self, x: Shape) -> list[int]:
        return list(range(len(x))) if self.axis is None else resolve_axes(self.axis, x)

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        try:
            axes = self._axes(x)
        except ShapeError as error:
            raise ShapeError(error.code, error.message, error.shape, self._repairs(x)) from None
        if self.keepdims:
            return tuple(1 if i in axes else size for i, size in enumerate(x))
        return tuple(size for i, size in enumerate(x) if i not in axes)

    def _repairs(self, x: Shape) -> list[Repair]:
        """The last axis, for one; all positions, for several."""
        if not x:
            return []
        if isinstance(self.axis, int):
            return [Repair("axis", str(len(x)) if self.axis > 0 else "-1"), Repair("axis", "1")]
        return [Repair("axis", str(list(range(1, max(len(x), 2))))), Repair("axis", "null")]

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        if not inputs[0]:
            return lambda x: self._reduced(keras, keras.ops.expand_dims(x, axis=1), 1, keepdims=False)
        axes = sorted(axis + 1 for axis in self._axes(inputs[0]))
        axis = axes[0] if len(axes) == 1 else tuple(axes)
        return lambda x: self._reduced(keras, x, axis, keepdims=self.keepdims)

    def _reduced(self, keras: Keras, x: Tensor, axis: int | tuple[int, ...], keepdims: bool) -> Tensor:
        ops = keras.ops
        if self.type == "l2":
            # Powers with a fraction make floats of whole numbers, which a square would leave to overflow.
            return ops.sqrt(ops.sum(ops.power(x, 2.0), axis=axis, keepdims=keepdims))
        function = getattr(ops, {"variance": "var"}.get(self.type, self.type))
        return function(x, axis=axis, keepdims=keepdims)


@kind("cumsum", principal="axis")
class Cumsum(Operation):
    """Cumulative sum along an axis: each number is the sum of those up to it."""

    keras_layers = ("ops.cumsum",)
    axis: int = option(Integer(), AXIS_DOC, -1)

    def positions(self) -> Positions:
        return ALIGNED if self.axis == -1 else ATTENDED

    def dtype(self, *inputs: str) -> str:
        return with_constant(inputs[0], 1)

    def infer(self, *inputs: Shape) -> Shape:
        resolve_axis(self.axis, inputs[0])
        return inputs[0]

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        axis = resolve_axis(self.axis, inputs[0]) + 1
        return lambda x: keras.ops.cumsum(x, axis=axis)


@kind("roll")
class Roll(Operation):
    """Moves what stands along an axis by `shift` places; what leaves at one end comes in at the other.

    Both axes of an image by half a window are Swin's shift (arXiv 2103.14030).
    """

    keras_layers = ("ops.roll",)
    shift: Whole = option(IntegerList(single=True), "By how many places, towards the end; one for each axis.")
    axis: Whole = option(IntegerList(single=True), "Axis, or several, counted as in Keras.", 1)

    def _counts(self) -> tuple[int, int]:
        return tuple(1 if isinstance(value, int) else len(value) for value in (self.shift, self.axis))  # type: ignore[return-value]

    def check(self) -> None:
        shifts, axes = self._counts()
        if shifts != axes:
            raise OptionConflict(f"`shift` has {shifts} values, and `axis` {axes}", "shift")

    def positions(self) -> Positions:
        return REARRANGED

    def infer(self, *inputs: Shape) -> Shape:
        resolve_axes(self.axis, inputs[0])
        return inputs[0]

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        axes = tuple(axis + 1 for axis in resolve_axes(self.axis, inputs[0]))
        shifts = (self.shift,) if isinstance(self.shift, int) else self.shift
        if len(axes) == 1:
            return lambda x: keras.ops.roll(x, shifts[0], axis=axes[0])
        return lambda x: keras.ops.roll(x, shifts, axis=axes)


@kind("gather", principal="indices")
class Gather(Operation):
    """What stands at some places along an axis, in their order.

    The places are `indices`, the same for all examples, or the second input: a list of whole numbers for each example.
    """

    keras_layers = ("ops.take", "ops.take_along_axis")
    keras_parts = ("ops.cast", "ops.expand_dims", "ops.add", "ops.zeros_like")
    arity = (1, 2)
    indices: tuple[int, ...] | None = option(
        Nullable(IntegerList()), "Places, counted from 0, from the end where negative; null: the second input.", None
    )
    axis: int = option(Integer(), AXIS_DOC, 1)

    def takes(self) -> tuple[int, int | None]:
        return (2, 2) if self.indices is None else (1, 1)

    def positions(self) -> Positions:
        return ALIGNED if self.axis == -1 else REARRANGED

    def dtype(self, *inputs: str) -> str:
        if len(inputs) > 1 and (not is_whole(inputs[1]) or inputs[1] == "bool"):
            raise ShapeError(
                "NS410", f"takes whole numbers for its places, not {inputs[1]}; a `cast: int32` makes them"
            )
        return inputs[0]

    def infer(self, *inputs: Shape) -> Shape:
        x = inputs[0]
        axis = resolve_axis(self.axis, x)
        if self.indices is None:
            places = inputs[1]
            if len(places) != 1:
                message = f"takes a list of places for each example, and the second input is {show_shape(places)}"
                raise ShapeError("NS404", message)
            return (*x[:axis], places[0], *x[axis + 1 :])
        size = x[axis]
        for index in self.indices:
            if size is not None and not -size <= index < size:
                message = (
                    f"`indices` holds {index}, and axis {axis + 1} of {show_shape(x)} has the places 0 to {size - 1}"
                )
                out = (*x[:axis], len(self.indices), *x[axis + 1 :])
                raise ShapeError("NS408", message, out, self._repairs(self.indices, axis, x))
        return (*x[:axis], len(self.indices), *x[axis + 1 :])

    def _repairs(self, indices: tuple[int, ...], axis: int, x: Shape) -> list[Repair]:
        """Counted from 1, it seems; another axis that has these places; the places that there are."""
        size = x[axis] or 0
        found = []
        if min(indices) >= 1 and max(indices) == size:
            found.append(Repair("indices", str([index - 1 for index in indices]), "counted from 0"))
        for other, places in enumerate(x):
            if places is not None and all(-places <= index < places for index in indices):
                found.append(Repair("axis", str(other + 1)))
        there = [index for index in indices if -size <= index < size]
        return [*found, *([Repair("indices", str(there))] if there else [])]

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        ops, rank = keras.ops, len(inputs[0])
        axis = resolve_axis(self.axis, inputs[0])
        if self.indices is not None:
            return lambda x: ops.take(x, list(self.indices or ()), axis=axis + 1)

        def taken(tensors: Sequence[Tensor]) -> Tensor:
            x, places = tensors
            places = ops.cast(places, "int32")
            for other in range(rank):
                if other != axis:
                    places = ops.expand_dims(places, axis=other + 1)
            # TensorFlow wants the places to have the input's other sizes.
            like = ops.cast(ops.zeros_like(ops.take(x, [0], axis=axis + 1)), "int32")
            return ops.take_along_axis(x, ops.add(places, like), axis=axis + 1)

        return taken


@kind("pad", principal="padding")
class Pad(Operation):
    """Pads the sides of the spatial dimensions with a constant, or with what is there, mirrored; `zero_pad` pads channels too."""

    keras_layers = ("ops.pad",)
    ranks = (1, 2, 3)
    padding: Sides = option(
        Amounts(), "Amount of padding: for all sides, for each dimension, or [before, after] for each dimension."
    )
    mode: str = option(
        Choice(
            {
                "constant": "The `value`.",
                "reflect": "The input mirrored at its last position, which is not repeated.",
                "symmetric": "The input mirrored at its edge: the last position is repeated.",
            }
        ),
        "What to pad with.",
        "constant",
    )
    value: int | float = option(Constant(), "The value of `mode: constant`.", 0)

    def check(self) -> None:
        if self.mode != "constant" and self.value:
            raise OptionConflict(f"`value` has no meaning with `mode: {self.mode}`", "value")

    def dtype(self, *inputs: str) -> str:
        (dtype,) = inputs
        if is_whole(dtype) and self.value:
            if dtype == "bool" or isinstance(self.value, float):
                raise floats_only(dtype)
            check_fits("value", self.value, dtype)
        return dtype

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        rank = self.spatial(x)
        pairs = match_sides("padding", self.padding, rank)
        out = (*(None if w is None else w + a + b for w, (a, b) in zip(x, pairs, strict=False)), x[-1])
        most = {"constant": None, "reflect": -1, "symmetric": 0}[self.mode]
        for word, size, sides in zip(AXIS_WORDS[rank], x, pairs, strict=False):
            if most is not None and size is not None and max(sides) > size + most:
                raise ShapeError(
                    "NS409",
                    f"{size} {word} cannot be padded by {max(sides)} of their own with `mode: {self.mode}`; "
                    f"at most {size + most}",
                    out,
                    [Repair("padding", str(size + most))] if size + most else (),
                )
        return out

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        pairs = ((0, 0), *match_sides("padding", self.padding, len(inputs[0]) - 1), (0, 0))
        if self.mode == "constant":
            return lambda x: keras.ops.pad(x, pairs, mode="constant", constant_values=self.value)
        return lambda x: keras.ops.pad(x, pairs, mode=self.mode)


# --- parts -----------------------------------------------------------------------------------------------------------------

_PART = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


class Parts(Type[dict[str, int | None]]):
    """Names of equal parts, or a map of names to sizes."""

    def check(self, value: object) -> dict[str, int | None]:
        if isinstance(value, dict) and value:
            sizes = {}
            for name, size in value.items():
                try:
                    sizes[name] = Integer(ge=1).check(size)
                except Invalid as error:
                    raise error.inside(name) from None
            checked: dict[str, int | None] = {**sizes}
        elif isinstance(value, list) and value and all(isinstance(name, str) for name in value):
            checked = dict.fromkeys(value)
            if len(checked) < len(value):
                raise Invalid("must name each part once", "NS205")
        else:
            raise Invalid(f"must be {self.describe()}, not {show(value)}")
        for name in checked:
            if not _PART.match(name):
                raise Invalid(f"must have names of letters, digits and `_`, not {show(name)}", "NS205")
        return checked

    def describe(self) -> str:
        return "a list of names, for equal parts, or a map of names to sizes"

    def schema(self) -> Schema:
        return {
            "type": ["object", "array"],
            "allOf": [
                {
                    "minItems": 1,
                    "items": {"type": "string"},
                    "minProperties": 1,
                    "additionalProperties": Integer(ge=1).schema(),
                }
            ],
        }


@kind("split", principal="parts")
class Split(Composition):
    """Parts of the input along an axis, each a node of its own: `split: {name: halves, parts: [left, right]}` makes `halves.left`.

    Whoever reads the split itself reads all parts, in their order. A list of names makes equal parts, a map says their sizes.
    """

    family = "operations"
    arity = (1, 1)
    keras_note = "slices of the input"
    parts: dict[str, int | None] = option(Parts(), "Names of equal parts, or a map of names to sizes.")
    axis: int = option(Integer(), AXIS_DOC, -1)

    def compose(self, build: Builder) -> tuple[int, ...]:
        (source,) = build.entering
        shape = build.shape(source)
        if shape is None:
            return (build.refuse(ShapeError("NS407", "needs to know the shape of its input"), source),)
        try:
            sizes = self._sizes(shape)
        except ShapeError as error:
            return (build.refuse(error, source),)
        made = []
        start = 0
        for name, size in sizes.items():
            stop = start + size
            made.append(build.node("slice", name, build.entering, start=start, stop=stop, axis=self.axis))
            start = stop
        return tuple(made)

    def _sizes(self, shape: Shape) -> dict[str, int]:
        """The size of each part; raises ShapeError."""
        axis = resolve_axis(self.axis, shape)
        total = shape[axis]
        if total is None:
            raise ShapeError("NS407", f"needs to know the size of axis {axis + 1} of its input {show_shape(shape)}")
        given = {name: size for name, size in self.parts.items() if size is not None}
        if given:
            if sum(given.values()) != total:
                together = " + ".join(map(str, given.values()))
                message = (
                    f"the parts hold {together} = {sum(given.values())}, and axis {axis + 1} of {show_shape(shape)}"
                )
                raise ShapeError("NS403", f"{message} has {total}", None, self._resized(given, total, shape))
            return given
        if total % len(self.parts):
            message = f"the {total} of axis {axis + 1} of {show_shape(shape)} cannot be split into {len(self.parts)} equal parts"
            repairs = [
                Repair("axis", str(other + 1))
                for other, size in enumerate(shape)
                if size is not None and size % len(self.parts) == 0
            ]
            if total > len(self.parts):
                larger, most = total % len(self.parts), total // len(self.parts)
                parts = {name: most + (number < larger) for number, name in enumerate(self.parts)}
                repairs.append(_with_sizes(parts))
            raise ShapeError("NS405", message, None, repairs)
        return dict.fromkeys(self.parts, total // len(self.parts))

    def _resized(self, given: dict[str, int], total: int, shape: Shape) -> list[Repair]:
        """Another axis that the parts fill; the last part, or the first, as large as what is left for it."""
        found = [Repair("axis", str(other + 1)) for other, size in enumerate(shape) if size == sum(given.values())]
        for name in dict.fromkeys((list(given)[-1], next(iter(given)))):
            rest = total - sum(size for other, size in given.items() if other != name)
            if rest > 0:
                found.append(_with_sizes({**given, name: rest}))
        return found


def _with_sizes(parts: dict[str, int]) -> Repair:
    return Repair("parts", "{" + ", ".join(f"{name}: {size}" for name, size in parts.items()) + "}")


@kind("top_k", principal="k")
class TopK(Operation):
    """The `k` largest numbers of the last axis, the largest first; their places are `NODE.indices`.

    Of equal numbers, which comes first is the backend's choice.
    """

    keras_layers = ("ops.top_k",)
    several = True
    k: int = option(Integer(ge=1), "How many.")

    def positions(self) -> Positions:
        return ATTENDED

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        size = self.channels_of(x)
        if self.k > size:
            message = f"`k` (={self.k}) is more than the {size} numbers of the last axis"
            raise ShapeError("NS402", message, (*x[:-1], None), [Repair("k", str(size))])
        return (*x[:-1], self.k)

    def dtype(self, *inputs: str) -> str:
        if inputs[0] == "bool":
            raise no_bools()
        return super().dtype(*inputs)

    def part_names(self) -> tuple[str, ...]:
        return ("indices",)

    def part_shapes(self, *inputs: Shape) -> tuple[Shape, ...]:
        return (self.infer(*inputs),)

    def part_dtypes(self, *inputs: str) -> tuple[str, ...]:
        return ("int32",)

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        return lambda x: keras.ops.top_k(x, self.k)
