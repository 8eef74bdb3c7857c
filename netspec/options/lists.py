"""Types of values that may be lists: one number for each dimension, axis or channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeVar, cast, overload

from netspec.diagnostics.words import listing, show
from netspec.options.invalid import Invalid
from netspec.options.types import (
    EXPRESSION_PATTERN,
    IS_EXPRESSION,
    MESSAGE,
    Integer,
    Number,
    Schema,
    Type,
    in_brackets,
    is_int,
    is_number,
    not_a_number,
    not_among,
    offers,
)

Whole = int | tuple[int, ...]


class Sizes(Type[Whole]):
    """An integer for all spatial dimensions, or a list with one for each: a kernel, a stride, a dilation."""

    def __init__(self, ge: int = 1) -> None:
        self.ge = ge

    def check(self, value: object) -> Whole:
        if isinstance(value, list):
            if not 1 <= len(value) <= 3:
                raise Invalid(f"must be {self.describe()}, not a list of {len(value)}", "NS205")
            return tuple(self._one(item, (index,)) for index, item in enumerate(value))
        return self._one(value, ())

    def _one(self, value: object, path: tuple[int, ...]) -> int:
        if not is_int(value):
            raise not_a_number(self, value, path)
        if value < self.ge:
            raise Invalid(f"must be {self.describe()}, not {show(value)}", "NS205", path)
        return int(value)

    def describe(self) -> str:
        return f"a whole number of at least {self.ge}, or a list of one for each dimension"

    def schema(self) -> Schema:
        item = Integer(ge=self.ge).schema()
        return {
            "type": ["string", "integer", "array"],
            "minimum": self.ge,
            "pattern": EXPRESSION_PATTERN,
            # `items` beside the type would make editors insert a list.
            "allOf": [{"items": item, "minItems": 1, "maxItems": 3}],
            **self.message(),
        }


Sides = int | tuple[int | tuple[int, int], ...]
S_co = TypeVar("S_co", covariant=True, bound=Sides | str)


class Amounts(Type[S_co]):
    """Integers on the sides of each dimension: one for all, one a dimension, or `[before, after]` a dimension."""

    @overload
    def __init__(self: Amounts[Sides]) -> None: ...

    @overload
    def __init__(self: Amounts[Sides | str], names: Sequence[str]) -> None: ...

    def __init__(self, names: Sequence[str] = ()) -> None:
        self.names = tuple(names)

    def check(self, value: object) -> S_co:
        return cast("S_co", self._checked(value))

    def _checked(self, value: object) -> Sides | str:
        if isinstance(value, str) and self.names:
            if value not in self.names:
                raise not_among(self.names, value, self)
            return value
        if isinstance(value, list):
            if not 1 <= len(value) <= 3:
                raise Invalid(f"must be {self.describe()}, not a list of {len(value)}", "NS205")
            return tuple(self._side(item, (index,)) for index, item in enumerate(value))
        return self._one(value, ())

    def _side(self, value: object, path: tuple[int, ...]) -> int | tuple[int, int]:
        if isinstance(value, list):
            if len(value) != 2:
                raise Invalid(f"must be {self.describe()}; {show(value)} is not a pair", "NS205", path)
            return (self._one(value[0], (*path, 0)), self._one(value[1], (*path, 1)))
        return self._one(value, path)

    def _one(self, value: object, path: tuple[int, ...]) -> int:
        if not is_int(value):
            raise not_a_number(self, value, path)
        if value < 0:
            raise Invalid(f"must be {self.describe()}, not {show(value)}", "NS205", path)
        return int(value)

    def describe(self) -> str:
        numbers = "a whole number of at least 0, one for each dimension, or [before, after] for each"
        return f"{listing(self.names, 'or').replace(' or ', ', ')}, {numbers}" if self.names else numbers

    def schema(self) -> Schema:
        number = Integer(ge=0).schema()
        pair = {
            "type": ["string", "integer", "array"],
            "minimum": 0,
            "pattern": EXPRESSION_PATTERN,
            "allOf": [{"items": number, "minItems": 2, "maxItems": 2}],
            MESSAGE: "Must be a whole number of at least 0, or [before, after].",
        }
        schema: Schema = {
            "type": ["string", "integer", "array"],
            "minimum": 0,
            "allOf": [{"items": pair, "minItems": 1, "maxItems": 3}],
            **self.message(),
        }
        if self.names:
            schema.update(offers(self.names))
            schema["if"] = {"type": ["integer", "array"]}
            schema["else"] = {"if": IS_EXPRESSION, "else": {"enum": list(self.names)}}
        else:
            schema["pattern"] = EXPRESSION_PATTERN
        return schema


Reals = float | tuple[float, ...]


class Numbers(Type[Reals]):
    """A number, or a list of numbers."""

    def __init__(
        self,
        length: int | None = None,
        ge: float | None = None,
        le: float | None = None,
        gt: float | None = None,
    ) -> None:
        self.length = length
        self.item = Number(ge=ge, le=le, gt=gt)

    def check(self, value: object) -> Reals:
        if not isinstance(value, list):
            return self._one(value, ())
        if not value or (self.length is not None and len(value) != self.length):
            raise Invalid(f"must be {self.describe()}, not a list of {len(value)}", "NS205")
        return tuple(self._one(item, (index,)) for index, item in enumerate(value))

    def _one(self, value: object, path: tuple[int, ...]) -> float:
        if not is_number(value):
            raise not_a_number(self, value, path)
        if not self.item.in_range(value):
            raise Invalid(f"must be {self.describe()}, not {show(value)}", "NS205", path)
        return float(value)

    def describe(self) -> str:
        return f"{self.item.describe()}, or a list of {self.length or 'them'}"

    def schema(self) -> Schema:
        sizes = {"minItems": self.length or 1, **({"maxItems": self.length} if self.length else {})}
        return {
            "type": ["string", "number", "array"],
            "pattern": EXPRESSION_PATTERN,
            **self.item.range_schema(),
            "allOf": [{"items": self.item.schema(), **sizes}],
            **self.message(),
        }


class Span(Type[tuple[float, float]]):
    """Two numbers, the lowest and the highest of what may come."""

    def check(self, value: object) -> tuple[float, float]:
        if not isinstance(value, list) or len(value) != 2:
            given = f"a list of {len(value)}" if isinstance(value, list) else show(value)
            raise Invalid(f"must be {self.describe()}, not {given}", "NS205" if isinstance(value, list) else "NS204")
        for index, item in enumerate(value):
            if not is_number(item):
                raise not_a_number(self, item, (index,))
        lowest, highest = float(value[0]), float(value[1])
        if lowest >= highest:
            raise Invalid(f"must be {self.describe()}, not {show(value)}", "NS205")
        return lowest, highest

    def describe(self) -> str:
        return "a list of two numbers, the lower one first"

    def schema(self) -> Schema:
        return {
            "type": ["array", "string"],
            "pattern": EXPRESSION_PATTERN,
            "allOf": [{"items": Number().schema(), "minItems": 2, "maxItems": 2}],
            **self.message(),
        }


W_co = TypeVar("W_co", covariant=True, bound=Whole)


class IntegerList(Type[W_co]):
    """A list of integers (a shape, a permutation); with `single`, one of them may stand alone."""

    @overload
    def __init__(self: IntegerList[tuple[int, ...]], ge: int | None = None) -> None: ...

    @overload
    def __init__(self: IntegerList[Whole], ge: int | None = None, *, single: Literal[True]) -> None: ...

    def __init__(self, ge: int | None = None, *, single: bool = False) -> None:
        self.item = Integer(ge=ge)
        self.single = single

    def check(self, value: object) -> W_co:
        return cast("W_co", self._checked(value))

    def _checked(self, value: object) -> Whole:
        if self.single and not isinstance(value, list):
            return self.item.check(value)
        if not isinstance(value, list) or not value:
            raise Invalid(f"must be {self.describe()}, not {show(value)}", suggestion=in_brackets(self.item, value))
        return tuple(self._one(item, index) for index, item in enumerate(value))

    def _one(self, value: object, index: int) -> int:
        try:
            return self.item.check(value)
        except Invalid as error:
            raise error.inside(index) from None

    def describe(self) -> str:
        low = f" of at least {self.item.ge}" if self.item.ge is not None else ""
        many = f"a list of whole numbers{low}"
        return f"a whole number{low}, or {many}" if self.single else many

    def schema(self) -> Schema:
        item = self.item.schema()
        types = ["string", "integer", "array"] if self.single else ["string", "array"]
        return {
            "type": types,
            "pattern": EXPRESSION_PATTERN,
            **(self.item.range_schema() if self.single else {}),
            "allOf": [{"items": item, "minItems": 1}],
            **self.message(),
        }
