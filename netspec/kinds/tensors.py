"""Merges of tensors that are not elementwise arithmetic: products, comparisons, choices, stacks."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.kinds.keras_types import Keras, Lowered
from netspec.kinds.kind import (
    GATHERED,
    REARRANGED,
    OptionConflict,
    Positions,
    Repair,
    ShapeError,
    floats_only,
    kind,
    no_bools,
)
from netspec.kinds.merge import (
    Elementwise,
    Merge,
    aligned,
    apart,
    axes_of,
    broadcast_all,
    ranks_differ,
    resolve_axis,
    side_by_side,
)
from netspec.kinds.promotion import promoted_numbers
from netspec.kinds.terms import Sum, product
from netspec.options import Boolean, Integer, IntegerList, Whole, option
from netspec.shapes import Shape, broadcast, show_shape


class _Tensors(Merge):
    """Base of those without a mask."""

    def mask(self, inputs: Sequence[Shape], masked: Sequence[bool]) -> bool:
        return False


def _of_products(*dtypes: str) -> str:
    """The type of sums of products: those of bytes are wider."""
    return "int32" if set(dtypes) == {"int8"} else promoted_numbers(*dtypes)


@kind("matmul")
class Matmul(_Tensors):
    """Matrix product of the last two axes: [..., n, k] and [..., k, m] give [..., n, m]; the axes before them broadcast.

    `transpose_a` and `transpose_b` exchange the last two axes of an input first.
    """

    keras_layers = ("ops.matmul",)
    keras_parts = ("ops.swapaxes", "ops.expand_dims")
    arity = (2, 2)
    transpose_a: bool = option(Boolean(), "Whether to exchange the last two axes of the first input.", False)
    transpose_b: bool = option(Boolean(), "Whether to exchange the last two axes of the second input.", False)

    def positions(self) -> Positions:
        return GATHERED

    def dtype(self, *inputs: str) -> str:
        return _of_products(*inputs)

    def _turned(self, inputs: Sequence[Shape]) -> tuple[Shape, Shape]:
        a, b = inputs
        return (
            (*a[:-2], a[-1], a[-2]) if self.transpose_a else a,
            (*b[:-2], b[-1], b[-2]) if self.transpose_b else b,
        )

    def infer(self, *inputs: Shape) -> Shape:
        for which, shape in zip(("first", "second"), inputs, strict=True):
            if len(shape) < 2:
                message = (
                    f"takes two matrices, [..., n, k] and [..., k, m], and the {which} input is {show_shape(shape)}"
                )
                raise ShapeError("NS404", message)
        a, b = self._turned(inputs)
        n, k, other, m = a[-2], a[-1], b[-2], b[-1]
        turned = (self.transpose_a, self.transpose_b)
        shown = [show_shape(x) + " transposed" * t for x, t in zip(inputs, turned, strict=True)]
        if k != other and None not in (k, other):
            raise ShapeError(
                "NS403",
                f"cannot multiply {shown[0]} by {shown[1]}: {k} on axis {len(a) - self.transpose_a} of the first "
                f"against {other} on axis {len(b) - 1 + self.transpose_b} of the second",
                None,
                self._repairs(*inputs),
            )
        before = broadcast(a[:-2], b[:-2], known=True)
        if before is None:
            differ = apart((*a[:-2], 1, 1), (*b[:-2], 1, 1))
            raise ShapeError("NS403", f"cannot multiply {shown[0]} by {shown[1]}: {differ}")
        return (*before, n, m)

    def _repairs(self, a: Shape, b: Shape) -> list[Repair]:
        """The transposition of one input, or of both, after which the inner sizes are the same; one change each."""
        found = []
        now = (a[-2] if self.transpose_a else a[-1], b[-1] if self.transpose_b else b[-2])
        if now[0] == (b[-2] if self.transpose_b else b[-1]):
            found.append(Repair("transpose_b", str(not self.transpose_b).lower()))
        if now[1] == (a[-1] if self.transpose_a else a[-2]):
            found.append(Repair("transpose_a", str(not self.transpose_a).lower()))
        return found

    def mac_terms(self, inputs: Sequence[Shape], output: Shape) -> Sum | None:
        a, b = self._turned(inputs)
        inner = a[-1] if a[-1] is not None else b[-2]
        if inner is None or None in output:
            return None
        return (product(inner, times=[size for size in output if size is not None]),)

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        ops = keras.ops

        def multiply(tensors: Sequence[object]) -> object:
            a, b = aligned(keras, tensors, inputs)
            a = ops.swapaxes(a, -2, -1) if self.transpose_a else a
            b = ops.swapaxes(b, -2, -1) if self.transpose_b else b
            return ops.matmul(a, b)

        return multiply


@kind("dot", principal="axes")
class Dot(_Tensors):
    """Dot product along one axis of each input: `axes: -1` of two vectors is their inner product, with `normalize` their cosine."""

    keras_layers = ("Dot",)
    arity = (2, 2)
    axes: Whole = option(
        IntegerList(single=True), "Axis to sum over, counted as in Keras: of both inputs, or one of each."
    )
    normalize: bool = option(Boolean(), "Whether to divide by the lengths first: cosine similarity.", False)

    def check(self) -> None:
        if not isinstance(self.axes, int) and len(self.axes) != 2:
            raise OptionConflict(f"`axes` {list(self.axes)} must be one axis, or one of each input", "axes")

    def positions(self) -> Positions:
        return GATHERED

    def dtype(self, *inputs: str) -> str:
        floats = [dtype for dtype in inputs if "float" in dtype]
        if self.normalize and len(floats) < len(inputs):
            raise floats_only(next(dtype for dtype in inputs if "float" not in dtype))
        return "float32" if floats else _of_products(*inputs)

    def _axes(self, inputs: Sequence[Shape]) -> tuple[int, int]:
        for shape in inputs:
            if not shape:
                raise ShapeError("NS404", "takes at least one axis, not a single number")
        if isinstance(self.axes, int):
            return resolve_axis(self.axes, inputs[0], "axes"), resolve_axis(self.axes, inputs[1], "axes")
        found = []
        for place, shape in enumerate(inputs):
            try:
                found.append(resolve_axis(self.axes[place], shape, "axes"))
            except ShapeError as error:
                other = self.axes[1 - place]
                both = [f"[{other}, {each.value}]" if place else f"[{each.value}, {other}]" for each in error.repairs]
                raise ShapeError(error.code, error.message, None, [Repair("axes", each) for each in both]) from None
        return found[0], found[1]

    def infer(self, *inputs: Shape) -> Shape:
        a, b = inputs
        i, j = self._axes(inputs)
        rest = (*a[:i], *a[i + 1 :], *b[:j], *b[j + 1 :]) or (1,)
        if a[i] != b[j]:
            raise ShapeError(
                "NS403",
                f"cannot multiply {show_shape(a)} by {show_shape(b)} along `axes` {self._shown()}: "
                f"{'?' if a[i] is None else a[i]} on axis {i + 1} of the first against "
                f"{'?' if b[j] is None else b[j]} on axis {j + 1} of the second",
                rest,
                [
                    Repair("axes", f"[{x + 1}, {y + 1}]")
                    for x in reversed(range(len(a)))
                    for y in reversed(range(len(b)))
                    if a[x] == b[y] and a[x] is not None and (x == i or y == j)
                ],
            )
        return rest

    def _shown(self) -> str:
        return str(self.axes if isinstance(self.axes, int) else list(self.axes))

    def mac_terms(self, inputs: Sequence[Shape], output: Shape) -> Sum | None:
        inner = inputs[0][self._axes(inputs)[0]]
        if inner is None or None in output:
            return None
        return (product(inner, times=[size for size in output if size is not None]),)


class _Comparison(Elementwise):
    """Base of the comparisons, whose result is true or false."""

    verb = "compare"
    keras_parts = ("ops.expand_dims",)

    def dtype(self, *inputs: str) -> str:
        super().dtype(*inputs)  # may refuse the constant
        return "bool"


class _Ordering(_Comparison):
    """Base of those that ask which of two is more."""

    def dtype(self, *inputs: str) -> str:
        if self.value is None and {*inputs} == {"bool"}:
            raise no_bools()
        return super().dtype(*inputs)


@kind("equal", principal="value")
class Equal(_Comparison):
    """Elementwise: is the first input equal to the second, or to `value`?"""

    keras_layers = ("ops.equal",)


@kind("not_equal", principal="value")
class NotEqual(_Comparison):
    """Elementwise: is the first input unlike the second, or unlike `value`?"""

    keras_layers = ("ops.not_equal",)


@kind("greater", principal="value")
class Greater(_Ordering):
    """Elementwise: is the first input greater than the second, or than `value`?"""

    keras_layers = ("ops.greater",)


@kind("greater_equal", principal="value")
class GreaterEqual(_Ordering):
    """Elementwise: is the first input at least the second, or at least `value`?"""

    keras_layers = ("ops.greater_equal",)


@kind("less", principal="value")
class Less(_Ordering):
    """Elementwise: is the first input less than the second, or than `value`?"""

    keras_layers = ("ops.less",)


@kind("less_equal", principal="value")
class LessEqual(_Ordering):
    """Elementwise: is the first input at most the second, or at most `value`?"""

    keras_layers = ("ops.less_equal",)


@kind("where")
class Where(_Tensors):
    """Elementwise choice: the second input where the first, a condition, is true or not 0, the third elsewhere."""

    keras_layers = ("ops.where",)
    keras_parts = ("ops.expand_dims", "ops.cast")
    arity = (3, 3)

    def dtype(self, *inputs: str) -> str:
        return promoted_numbers(*inputs[1:])

    def infer(self, *inputs: Shape) -> Shape:
        return broadcast_all("choose between", inputs)

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        def choose(tensors: Sequence[object]) -> object:
            condition, a, b = aligned(keras, tensors, inputs)
            return keras.ops.where(keras.ops.cast(condition, "bool"), a, b)

        return choose


@kind("stack", principal="axis")
class Stack(_Tensors):
    """Inputs of one shape, one behind the other along a new axis."""

    keras_layers = ("ops.stack",)
    axis: int = option(Integer(), "The new axis, counted as in Keras among the axes of the output.", -1)

    def positions(self) -> Positions:
        return REARRANGED

    def dtype(self, *inputs: str) -> str:
        return promoted_numbers(*inputs)

    def infer(self, *inputs: Shape) -> Shape:
        first = inputs[0]
        if len({*map(len, inputs)}) > 1:
            raise ShapeError("NS403", f"cannot stack {side_by_side(inputs)}: {ranks_differ(inputs)}")
        for other in inputs[1:]:
            differ = [
                f"{x} against {y} on axis {i + 1}"
                for i, (x, y) in enumerate(zip(first, other, strict=True))
                if x != y and None not in (x, y)
            ]
            if differ:
                raise ShapeError("NS403", f"cannot stack {side_by_side((first, other))}: {', '.join(differ)}")
        rank = len(first) + 1
        try:
            index = resolve_axis(self.axis, (None,) * rank)
        except ShapeError as error:
            what = "the batch" if self.axis in (0, -rank - 1) else "none of the output"
            message = f"`axis` {self.axis} is {what}: {len(inputs)} times {show_shape(first)} has {axes_of(rank)}"
            raise ShapeError("NS408", message, None, error.repairs) from None
        return (*first[:index], len(inputs), *first[index:])

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        axis = resolve_axis(self.axis, (*inputs[0], None)) + 1
        return lambda tensors: keras.ops.stack(list(tensors), axis=axis)
