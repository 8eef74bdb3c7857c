"""Functions of each number by itself, and the base of all operations."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from netspec.diagnostics.words import show
from netspec.kinds.keras_types import Keras, Lowered, Tensor
from netspec.kinds.kind import Kind, OptionConflict, Positions, floats_only, kind
from netspec.kinds.promotion import check_fits, is_whole, with_constant
from netspec.options import Choice, Constant, Integer, option
from netspec.shapes import Shape


class Operation(Kind):
    """Base of the operations: functions of `keras.ops`, which keep the type of numbers and drop masks."""

    family = "operations"

    def dtype(self, *inputs: str) -> str:
        return inputs[0]


class _Function(Operation):
    """A function of `keras.ops` of the kind's own name."""

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        function: Callable[[Tensor], Tensor] = getattr(keras.ops, self.spec_name)
        return lambda x: function(x)


class _Real(_Function):
    """One that makes floats of whole numbers."""

    def dtype(self, *inputs: str) -> str:
        return with_constant(inputs[0], 1.0)


class _Signed(_Function):
    """One that knows no truths."""

    def dtype(self, *inputs: str) -> str:
        if inputs[0] == "bool":
            raise floats_only("bool")
        return inputs[0]


@kind("absolute")
class Absolute(_Function):
    """The absolute value."""

    keras_layers = ("ops.absolute",)


@kind("negative")
class Negative(_Signed):
    """-x."""

    keras_layers = ("ops.negative",)

    def dtype(self, *inputs: str) -> str:
        if inputs[0].startswith("u"):
            raise floats_only(inputs[0])
        return super().dtype(*inputs)


@kind("sign")
class Sign(_Signed):
    """-1, 0 or 1."""

    keras_layers = ("ops.sign",)


@kind("round")
class Round(_Signed):
    """The nearest whole number, of two the even one."""

    keras_layers = ("ops.round",)


@kind("floor")
class Floor(_Real):
    """The next whole number below."""

    keras_layers = ("ops.floor",)


@kind("square")
class Square(_Function):
    """x * x."""

    keras_layers = ("ops.square",)

    def dtype(self, *inputs: str) -> str:
        return with_constant(inputs[0], 2)


@kind("sqrt")
class Sqrt(_Real):
    """The square root."""

    keras_layers = ("ops.sqrt",)


@kind("log")
class Log(_Real):
    """The natural logarithm; `exponential` is its inverse."""

    keras_layers = ("ops.log",)


@kind("sin")
class Sin(_Real):
    """The sine, of radians."""

    keras_layers = ("ops.sin",)


@kind("cos")
class Cos(_Real):
    """The cosine, of radians."""

    keras_layers = ("ops.cos",)


@kind("clip")
class Clip(Operation):
    """x, but no less than `min` and no more than `max`."""

    keras_layers = ("ops.clip",)
    min: int | float = option(Constant(), "The least value.")
    max: int | float = option(Constant(), "The greatest value.")

    def check(self) -> None:
        if self.min > self.max:
            raise OptionConflict(f"`min` (={show(self.min)}) is greater than `max` (={show(self.max)})", "min")

    def dtype(self, *inputs: str) -> str:
        dtype = inputs[0]
        if is_whole(dtype) and not (isinstance(self.min, int) and isinstance(self.max, int)):
            raise floats_only(dtype)
        check_fits("min", self.min, dtype)
        check_fits("max", self.max, dtype)
        return with_constant(dtype, 1)

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        return lambda x: keras.ops.clip(x, self.min, self.max)


NUMBER_TYPES = (
    *("float32", "float16", "bfloat16"),
    *("int8", "int16", "int32", "uint8", "uint16", "uint32", "bool"),
)


@kind("cast", principal="to")
class Cast(Operation):
    """The same numbers in another type; a `bool` is whether a number is not 0."""

    keras_layers = ("ops.cast",)
    to: str = option(Choice(NUMBER_TYPES), "Type of the numbers.")

    def dtype(self, *inputs: str) -> str:
        return self.to

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        return lambda x: keras.ops.cast(x, self.to)


@kind("one_hot", principal="classes")
class OneHot(Operation):
    """A vector with a 1 at each whole number's place and 0 elsewhere, along a new last axis."""

    keras_layers = ("ops.one_hot",)
    keras_parts = ("ops.cast", "ops.less", "ops.where")
    classes: int = option(Integer(ge=1), "Length of the vectors; other numbers become zeros.")

    def positions(self) -> Positions:
        return Positions(added=1)

    def dtype(self, *inputs: str) -> str:
        return "float32"

    def infer(self, *inputs: Shape) -> Shape:
        return (*inputs[0], self.classes)

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        def encode(x: Tensor) -> Tensor:
            number = keras.ops.cast(x, "int32")
            # PyTorch fails at numbers that are too large; at -1 every backend gives zeros.
            number = keras.ops.where(keras.ops.less(number, self.classes), number, -1)
            return keras.ops.one_hot(number, self.classes)

        return encode
