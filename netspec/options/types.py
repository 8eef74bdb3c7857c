"""What a hyperparameter may hold: the base of all types, the types of single values, and `null` beside another."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic, TypeGuard, TypeVar

from netspec.diagnostics.patterns import later
from netspec.diagnostics.words import Suggestion, listing, show, suggest
from netspec.expressions import ExpressionError, Value, parse, unknown_name
from netspec.options.invalid import Invalid, Path

Schema = dict[str, Any]  # JSON, whose values no type says better
# Of several types, the first decides what editors write behind a key that they complete: nothing for a text, 0 for a number.
EXPRESSION_PATTERN = r"\$[A-Za-z_]"
# With the type in it, an empty value falls to the `else` and is told which words may stand there.
BUILT_PATTERN = r"\$[A-Za-z_{]"  # of a name that may be built: `level_${index}` is an expression there, too
IS_EXPRESSION: Schema = {"type": "string", "pattern": EXPRESSION_PATTERN}

OFFERS = "defaultSnippets"
MESSAGE = "errorMessage"

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Type(Generic[T_co]):
    """What values a hyperparameter takes."""

    @property
    def bare(self) -> Type[object]:
        """The type of what is not null."""
        return self

    def keys(self) -> tuple[str, ...]:
        """The keys that a map which it takes may have; none where it takes no map."""
        return ()

    @property
    def free_text(self) -> bool:
        """Is a text that holds a `$name` among other things just a text, and no expression?"""
        return False

    @property
    def names_nodes(self) -> bool:
        """Is a text that it takes the name of a node, or the path to one, which may be built: `level_$index`?"""
        return False

    def check(self, value: object) -> T_co:
        """The value as the kind uses it; raises Invalid."""
        raise Invalid("takes no value")

    def describe(self) -> str:
        """What it takes, to complete "must be …"."""
        return "a value"

    def schema(self) -> Schema:
        """JSON Schema (draft-07, without oneOf and anyOf, which editors handle badly)."""
        return {}

    def message(self) -> Schema:
        """What editors say of another type, or of a text that is no expression, in place of "does not match the pattern"."""
        return {MESSAGE: f"Must be {self.describe()}."}


def offers(words: Iterable[str]) -> Schema:
    """What makes editors offer words as values: they do not look behind an `else` for an `enum`.

    They offer `examples` too, but list them in the hover text once more, below the words of the `enum`.
    """
    return {OFFERS: [{"label": word, "body": word} for word in words]}


def is_int(value: object) -> TypeGuard[int | float]:
    """Is it an integer? 3.0 is one, true is not."""
    return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and value.is_integer())


def is_number(value: object) -> TypeGuard[int | float]:
    """Is it a number? true is not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _bounds(ge: float | None, gt: float | None, le: float | None, lt: float | None) -> str:
    low = f"of at least {show(ge)}" if ge is not None else f"greater than {show(gt)}" if gt is not None else ""
    high = f"at most {show(le)}" if le is not None else f"less than {show(lt)}" if lt is not None else ""
    return " and ".join(part for part in (low, high) if part)


class _Numeric(Type[T_co]):
    noun = "a number"
    json_type = "number"

    def __init__(
        self,
        ge: float | None = None,
        gt: float | None = None,
        le: float | None = None,
        lt: float | None = None,
    ) -> None:
        self.ge, self.gt, self.le, self.lt = ge, gt, le, lt

    def describe(self) -> str:
        bounds = _bounds(self.ge, self.gt, self.le, self.lt)
        return f"{self.noun} {bounds}" if bounds else self.noun

    def in_range(self, value: float) -> bool:
        return (
            (self.ge is None or value >= self.ge)
            and (self.gt is None or value > self.gt)
            and (self.le is None or value <= self.le)
            and (self.lt is None or value < self.lt)
        )

    def range_schema(self) -> Schema:
        names = {
            "minimum": self.ge,
            "exclusiveMinimum": self.gt,
            "maximum": self.le,
            "exclusiveMaximum": self.lt,
        }
        return {name: bound for name, bound in names.items() if bound is not None}

    def schema(self) -> Schema:
        types = ["string", self.json_type]
        return {"type": types, "pattern": EXPRESSION_PATTERN, **self.range_schema(), **self.message()}


class Integer(_Numeric[int]):
    """An integer; 3.0 serves as 3."""

    noun = "a whole number"
    json_type = "integer"

    def check(self, value: object) -> int:
        if not is_int(value):
            raise not_a_number(self, value)
        if not self.in_range(value):
            raise Invalid(f"must be {self.describe()}, not {show(value)}", "NS205")
        return int(value)


class Number(_Numeric[float]):
    """A number, whole or not."""

    def check(self, value: object) -> float:
        if not is_number(value):
            raise not_a_number(self, value)
        if not self.in_range(value):
            meant = self._share(value)
            question = meant.question() if meant is not None else ""
            raise Invalid(f"must be {self.describe()}, not {show(value)}{question}", "NS205", suggestion=meant)
        return float(value)

    def _share(self, value: float) -> Suggestion | None:
        """The share that a percentage stands for, where one is wanted; 5 may be 5 % or a slip for 0.5."""
        wanted = (self.ge == 0 or self.gt == 0) and 1 in (self.le, self.lt)
        return Suggestion(show(value), show(value / 100), True) if wanted and 10 <= value < 100 else None


class Constant(Type[int | float]):
    """A number; whole ones stay whole, because they keep the type of whole numbers that they are computed with."""

    def check(self, value: object) -> int | float:
        if not is_number(value):
            raise not_a_number(self, value)
        return value

    def describe(self) -> str:
        return "a number"

    def schema(self) -> Schema:
        return Number().schema()


_ARITHMETIC = later(r"[\d\s.+*/%()-]{1,200}\Z")
_DECIMAL_COMMA = later(r"[+-]?(?:0,\d+|\d+,(?:\d{1,2}|\d{4,}))\Z")
_PERCENT = later(r"\d{1,3}(\.\d{1,6})?%\Z")
_THOUSANDS = later(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+\Z")


def not_a_number(type_: Type[object], value: object, path: Path = ()) -> Invalid:
    """The fact that a value is no number, and which number a text was probably meant to be."""
    hint, meant = _number_meant(value, isinstance(type_.bare, Number)) if isinstance(value, str) else ("", "")
    suggestion = Suggestion(show(value), meant, True) if meant else None
    return Invalid(f"must be {type_.describe()}, not {show(value)}{hint}", path=path, suggestion=suggestion)


def _number_meant(text: str, decimal: bool) -> tuple[str, str]:
    """What to do about a text where a number is wanted, which may be a decimal one, and the number; either may be empty."""
    try:
        number = float(text)
    except ValueError:
        number = None
    if number is not None:
        if not math.isfinite(number):
            return "; a spec's numbers are finite", ""
        meant = text.strip().replace("_", "")
        return ("; remove the quotes" if "_" not in text else f"; write `{meant}`"), meant
    if _THOUSANDS.match(text):
        meant = text.replace(",", "")
        return f"; a number is written without commas: `{meant}`", meant
    if decimal and _DECIMAL_COMMA.match(text):
        meant = text.replace(",", ".")
        return f"; a decimal number takes a point: `{meant}`", meant
    if decimal and _PERCENT.match(text):
        meant = f"{float(text[:-1]) / 100:g}"
        return f"; a share is a number between 0 and 1: `{meant}`", meant
    if not (any(c in text for c in "+*/") and any(c.isdigit() for c in text)):
        return "", ""
    worked_out = _worked_out(text) if _ARITHMETIC.match(text) else ""
    if worked_out:
        return f"; only a text with a `$name` in it is an expression; write `{worked_out}`", worked_out
    return "; an expression needs a `$name`", ""


def _worked_out(text: str) -> str:
    """The number that a text without names comes to; empty where it comes to none."""

    def nothing(name: str) -> Value:
        raise unknown_name(name, [])

    try:
        value = parse(text).evaluate(nothing)
    except ExpressionError:
        return ""
    return show(value) if is_number(value) else ""


def in_brackets(item: Type[object], value: object) -> Suggestion | None:
    """Where a list is wanted: the list of one value, if that would do for an item."""
    try:
        item.check(value)
    except Invalid:
        return None
    text = value if isinstance(value, str) and value.isidentifier() else show(value)
    return Suggestion(show(value), f"[{text}]", True)


class Boolean(Type[bool]):
    """true or false."""

    def check(self, value: object) -> bool:
        if not isinstance(value, bool):
            raise _not_a_boolean(value)
        return value

    def describe(self) -> str:
        return "true or false"

    def schema(self) -> Schema:
        return {"type": ["string", "boolean"], "pattern": EXPRESSION_PATTERN, **self.message()}


_YAML_1_1_BOOLEANS = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}
_BOOLEANS = {"true": "true", "false": "false", "1": "true", "0": "false"}


def _not_a_boolean(value: object) -> Invalid:
    text = value.lower() if isinstance(value, str) else show(value)
    meant = _YAML_1_1_BOOLEANS.get(text) or _BOOLEANS.get(text)
    hint = ""
    if isinstance(value, str) and meant is not None:
        hint = "; YAML 1.2 reads it as text" if text in _YAML_1_1_BOOLEANS else "; remove the quotes"
    suggestion = Suggestion(show(value), meant, True) if meant is not None else None
    return Invalid(f"must be true or false, not {show(value)}{hint}", suggestion=suggestion)


class Text(Type[str]):
    """Free text. A text that is `$name` and nothing else is replaced by the param's value."""

    @property
    def free_text(self) -> bool:
        return True

    def check(self, value: object) -> str:
        if not isinstance(value, str):
            raise Invalid(f"must be text, not {show(value)}")
        return value

    def describe(self) -> str:
        return "text"

    def schema(self) -> Schema:
        return {"type": "string"}


class Token(Type[int | str]):
    """A whole number or a text: a value of a table."""

    def check(self, value: object) -> int | str:
        if isinstance(value, str):
            return value
        if not is_int(value):
            raise Invalid(f"must be {self.describe()}, not {show(value)}")
        return int(value)

    @property
    def free_text(self) -> bool:
        return True

    def describe(self) -> str:
        return "a whole number or a text"

    def schema(self) -> Schema:
        return {"type": ["string", "integer"], **self.message()}


def not_among(words: Sequence[str], value: object, type_: Type[object]) -> Invalid:
    """The fact that a value is none of the words that may stand there."""
    fact = f"must be {type_.describe()}, not {show(value)}"
    if value is True and isinstance(type_, Choice) and type_.yes:
        yes = Suggestion(show(value), type_.yes, True)
        return Invalid(fact + yes.question(), suggestion=yes)
    if not isinstance(value, str):
        return Invalid(fact)
    meant = suggest(value, words, "value")
    return Invalid(fact + (meant.question() if meant else ""), "NS205", suggestion=meant)


MAX_LISTED = 13  # words that a message lists


class Choice(Type[str]):
    """One of a few words; `yes` is the one that a `true` was meant to be."""

    def __init__(self, choices: Sequence[str] | Mapping[str, str], *, yes: str = "") -> None:
        self.yes = yes
        self.choices = tuple(choices)
        self.descriptions = dict(choices) if isinstance(choices, Mapping) else {}

    def check(self, value: object) -> str:
        if value not in self.choices or not isinstance(value, str):
            raise not_among(self.choices, value, self)
        return value

    def describe(self) -> str:
        if len(self.choices) > MAX_LISTED:
            return f"one of {len(self.choices)} names ({', '.join(self.choices[:4])}, …)"
        return listing(self.choices, "or")

    def schema(self) -> Schema:
        listed: Schema = {"enum": list(self.choices)}
        if self.descriptions:
            listed["markdownEnumDescriptions"] = [self.descriptions[c] for c in self.choices]
        if len(self.choices) > MAX_LISTED:  # an editor's own message lists them all
            listed |= self.message()
        return {"type": "string", **offers(self.choices), "if": IS_EXPRESSION, "else": listed}


class Nullable(Type[T | None]):
    """Another type, or null."""

    def __init__(self, inner: Type[T]) -> None:
        self.inner = inner

    @property
    def bare(self) -> Type[object]:
        return self.inner.bare

    @property
    def free_text(self) -> bool:
        return self.inner.free_text

    def check(self, value: object) -> T | None:
        if value is None:
            return None
        try:
            return self.inner.check(value)
        except Invalid as error:
            if value not in ("None", "none", "nil") or error.path:
                raise
            meant = Suggestion(show(value), "null", True)
            raise Invalid(error.message.partition(";")[0] + meant.question(), error.code, suggestion=meant) from None

    def describe(self) -> str:
        return f"{self.inner.describe()}, or null"

    def schema(self) -> Schema:
        schema = dict(self.inner.schema())
        types = schema["type"]
        schema["type"] = [*(types if isinstance(types, list) else [types]), "null"]
        if MESSAGE in schema:
            schema |= self.message()
        return _with_null(schema)


_IS_EXPRESSION_OR_NULL: Schema = {**IS_EXPRESSION, "type": ["string", "null"]}


def _with_null(schema: Schema) -> Schema:
    """The schema in which null is not held against the words that stand at the end of its `else`s."""
    if schema.get("if") == IS_EXPRESSION:
        return {**schema, "if": _IS_EXPRESSION_OR_NULL}
    return {**schema, "else": _with_null(schema["else"])} if "else" in schema else schema
