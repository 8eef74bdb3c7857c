"""Hyperparameters declared once.

A declared class (a kind, an optimiser, a data source) lists its hyperparameters as class attributes made by the field
functions of this module. Each carries a type, and a type knows four things: how to check a plain value, how to say in
words what it takes, its JSON Schema, and whether `$`-expressions may stand in it. The structural check, the schema, the
reference pages and the tests all read these declarations and nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from netspec.diagnostics.words import did_you_mean, listing, show

EXPRESSION_PATTERN = r"\$[A-Za-z_]"
# With the type in it, an empty value falls to the `else` and is told which words may stand there.
IS_EXPRESSION: dict[str, Any] = {"type": "string", "pattern": EXPRESSION_PATTERN}
REQUIRED: Any = type("Required", (), {"__repr__": lambda self: "REQUIRED"})()


Path = tuple[int | str, ...]


class Invalid(Exception):
    """A value that does not fit: the bare fact ("must be …, not …"), and the path to the culprit inside the value.

    `others` are further facts of the same value.
    """

    def __init__(self, message: str, code: str = "NS204", path: Path = (), others: tuple[Invalid, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.path = path
        self.others = others

    def inside(self, *path: int | str, words: str = "{}") -> Invalid:
        """The same facts of a value that holds this one there."""
        others = tuple(each.inside(*path, words=words) for each in self.others)
        return Invalid(words.format(self.message), self.code, (*path, *self.path), others)

    def all(self) -> tuple[Invalid, ...]:
        """This fact and the others."""
        return (self, *(fact for each in self.others for fact in each.all()))


def together(errors: list[Invalid]) -> Invalid:
    """Several facts as one, to be raised."""
    first = errors[0]
    return Invalid(first.message, first.code, first.path, (*first.others, *errors[1:]))


class Type:
    """What values a hyperparameter takes."""

    expressions = True  # may a `$`-expression stand here?

    def check(self, value: Any) -> Any:
        """The value as the kind uses it; raises Invalid."""
        raise Invalid("takes no value")

    def describe(self) -> str:
        """What it takes, to complete "must be …"."""
        return "a value"

    def schema(self) -> dict[str, Any]:
        """JSON Schema (draft-07, without oneOf and anyOf, which editors handle badly)."""
        return {}


def _is_int(value: Any) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and value.is_integer())


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _bounds(ge: float | None, gt: float | None, le: float | None, lt: float | None) -> str:
    low = f"of at least {show(ge)}" if ge is not None else f"greater than {show(gt)}" if gt is not None else ""
    high = f"at most {show(le)}" if le is not None else f"less than {show(lt)}" if lt is not None else ""
    return " and ".join(part for part in (low, high) if part)


class _Numeric(Type):
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

    def range_schema(self) -> dict[str, Any]:
        names = {
            "minimum": self.ge,
            "exclusiveMinimum": self.gt,
            "maximum": self.le,
            "exclusiveMaximum": self.lt,
        }
        return {name: bound for name, bound in names.items() if bound is not None}

    def schema(self) -> dict[str, Any]:
        return {"type": [self.json_type, "string"], "pattern": EXPRESSION_PATTERN, **self.range_schema()}


class Integer(_Numeric):
    """A whole number; 3.0 serves as 3."""

    noun = "a whole number"
    json_type = "integer"

    def check(self, value: Any) -> int:
        if not _is_int(value):
            raise Invalid(f"must be {self.describe()}, not {show(value)}{_quoted_number(value)}")
        if not self.in_range(value):
            raise Invalid(f"must be {self.describe()}, not {show(value)}", "NS205")
        return int(value)


class Number(_Numeric):
    """A number, whole or not."""

    def check(self, value: Any) -> float:
        if not _is_number(value):
            raise Invalid(f"must be {self.describe()}, not {show(value)}{_quoted_number(value)}")
        if not self.in_range(value):
            raise Invalid(f"must be {self.describe()}, not {show(value)}", "NS205")
        return float(value)


def _quoted_number(value: Any) -> str:
    if not isinstance(value, str):
        return ""
    try:
        finite = math.isfinite(float(value))
    except ValueError:
        return (
            "; an expression needs a `$name`"
            if any(c in value for c in "+*/") and any(c.isdigit() for c in value)
            else ""
        )
    return "; remove the quotes" if finite else "; a spec's numbers are finite"


class Boolean(Type):
    """true or false."""

    def check(self, value: Any) -> bool:
        if not isinstance(value, bool):
            hint = (
                "; YAML 1.2 reads it as text" if isinstance(value, str) and value.lower() in _YAML_1_1_BOOLEANS else ""
            )
            raise Invalid(f"must be true or false, not {show(value)}{hint}")
        return value

    def describe(self) -> str:
        return "true or false"

    def schema(self) -> dict[str, Any]:
        return {"type": ["boolean", "string"], "pattern": EXPRESSION_PATTERN}


_YAML_1_1_BOOLEANS = ("yes", "no", "on", "off", "y", "n")


class Text(Type):
    """Free text. A text that is `$name` and nothing else is replaced by the param's value."""

    def check(self, value: Any) -> str:
        if not isinstance(value, str):
            raise Invalid(f"must be text, not {show(value)}")
        return value

    def describe(self) -> str:
        return "text"

    def schema(self) -> dict[str, Any]:
        return {"type": "string"}


class Choice(Type):
    """One of a few words."""

    def __init__(self, choices: Sequence[str] | Mapping[str, str]) -> None:
        self.choices = tuple(choices)
        self.descriptions = dict(choices) if isinstance(choices, Mapping) else {}

    def check(self, value: Any) -> str:
        if value not in self.choices or not isinstance(value, str):
            hint = did_you_mean(value, self.choices) if isinstance(value, str) else ""
            code = "NS205" if isinstance(value, str) else "NS204"
            raise Invalid(f"must be {self.describe()}, not {show(value)}{hint}", code)
        return value

    def describe(self) -> str:
        if len(self.choices) > 12:
            return f"one of {len(self.choices)} names ({', '.join(self.choices[:4])}, …)"
        return listing(self.choices, "or")

    def schema(self) -> dict[str, Any]:
        listed: dict[str, Any] = {"enum": list(self.choices)}
        if self.descriptions:
            listed["markdownEnumDescriptions"] = [self.descriptions[c] for c in self.choices]
        # Editors offer `examples` as values; they do not look behind an `else` for an `enum`.
        return {"type": "string", "examples": list(self.choices), "if": IS_EXPRESSION, "else": listed}


class Sizes(Type):
    """A whole number for all spatial dimensions, or a list with one for each: a kernel, a stride, a dilation."""

    def __init__(self, ge: int = 1) -> None:
        self.ge = ge

    def check(self, value: Any) -> int | tuple[int, ...]:
        if isinstance(value, list):
            if not 1 <= len(value) <= 3:
                raise Invalid(f"must be {self.describe()}, not a list of {len(value)}", "NS205")
            return tuple(self._one(item, (index,)) for index, item in enumerate(value))
        return self._one(value, ())

    def _one(self, value: Any, path: tuple[int, ...]) -> int:
        if not _is_int(value):
            raise Invalid(f"must be {self.describe()}, not {show(value)}{_quoted_number(value)}", path=path)
        if value < self.ge:
            raise Invalid(f"must be {self.describe()}, not {show(value)}", "NS205", path)
        return int(value)

    def describe(self) -> str:
        return f"a whole number of at least {self.ge}, or a list of one for each dimension"

    def schema(self) -> dict[str, Any]:
        item = {"type": ["integer", "string"], "minimum": self.ge, "pattern": EXPRESSION_PATTERN}
        return {
            "type": ["integer", "array", "string"],
            "minimum": self.ge,
            "pattern": EXPRESSION_PATTERN,
            # `items` beside the type would make editors insert a list.
            "allOf": [{"items": item, "minItems": 1, "maxItems": 3}],
        }


Sides = int | tuple[tuple[int, int], ...] | tuple[int, ...]


class Amounts(Type):
    """Whole numbers on the sides of each dimension: one for all, one a dimension, or `[before, after]` a dimension."""

    def __init__(self, names: Sequence[str] = ()) -> None:
        self.names = tuple(names)

    def check(self, value: Any) -> Any:
        if isinstance(value, str) and self.names:
            if value not in self.names:
                raise Invalid(f"must be {self.describe()}, not {show(value)}{did_you_mean(value, self.names)}", "NS205")
            return value
        if isinstance(value, list):
            if not 1 <= len(value) <= 3:
                raise Invalid(f"must be {self.describe()}, not a list of {len(value)}", "NS205")
            return tuple(self._side(item, (index,)) for index, item in enumerate(value))
        return self._one(value, ())

    def _side(self, value: Any, path: tuple[int, ...]) -> int | tuple[int, int]:
        if isinstance(value, list):
            if len(value) != 2:
                raise Invalid(f"must be {self.describe()}; {show(value)} is not a pair", "NS205", path)
            return (self._one(value[0], (*path, 0)), self._one(value[1], (*path, 1)))
        return self._one(value, path)

    def _one(self, value: Any, path: tuple[int, ...]) -> int:
        if not _is_int(value):
            raise Invalid(f"must be {self.describe()}, not {show(value)}{_quoted_number(value)}", path=path)
        if value < 0:
            raise Invalid(f"must be {self.describe()}, not {show(value)}", "NS205", path)
        return int(value)

    def describe(self) -> str:
        numbers = "a whole number of at least 0, one for each dimension, or [before, after] for each"
        return f"{listing(self.names, 'or').replace(' or ', ', ')}, {numbers}" if self.names else numbers

    def schema(self) -> dict[str, Any]:
        number = {"type": ["integer", "string"], "minimum": 0, "pattern": EXPRESSION_PATTERN}
        pair = {
            "type": ["integer", "array", "string"],
            "minimum": 0,
            "pattern": EXPRESSION_PATTERN,
            "allOf": [{"items": number, "minItems": 2, "maxItems": 2}],
        }
        schema: dict[str, Any] = {
            "type": ["integer", "array", "string"],
            "minimum": 0,
            "allOf": [{"items": pair, "minItems": 1, "maxItems": 3}],
        }
        if self.names:
            schema["examples"] = list(self.names)
            schema["if"] = {"type": ["integer", "array"]}
            schema["else"] = {"if": IS_EXPRESSION, "else": {"enum": list(self.names)}}
        else:
            schema["pattern"] = EXPRESSION_PATTERN
        return schema


class Numbers(Type):
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

    def check(self, value: Any) -> float | tuple[float, ...]:
        if not isinstance(value, list):
            return self._one(value, ())
        if not value or (self.length is not None and len(value) != self.length):
            raise Invalid(f"must be {self.describe()}, not a list of {len(value)}", "NS205")
        return tuple(self._one(item, (index,)) for index, item in enumerate(value))

    def _one(self, value: Any, path: tuple[int, ...]) -> float:
        try:
            return self.item.check(value)
        except Invalid as error:
            raise Invalid(f"must be {self.describe()}, not {show(value)}", error.code, path) from None

    def describe(self) -> str:
        return f"{self.item.describe()}, or a list of {self.length or 'them'}"

    def schema(self) -> dict[str, Any]:
        sizes = {"minItems": self.length or 1, **({"maxItems": self.length} if self.length else {})}
        return {
            "type": ["number", "array", "string"],
            "pattern": EXPRESSION_PATTERN,
            **self.item.range_schema(),
            "allOf": [{"items": self.item.schema(), **sizes}],
        }


class IntegerList(Type):
    """A list of whole numbers (a shape, a permutation), or one of them."""

    def __init__(self, ge: int | None = None, single: bool = False, empty: bool = False, null: bool = False) -> None:
        self.item = Integer(ge=ge)
        self.single = single
        self.empty = empty
        self.null = null

    def check(self, value: Any) -> tuple[int | None, ...] | int:
        if self.single and not isinstance(value, list):
            return self.item.check(value)
        if not isinstance(value, list) or (not value and not self.empty):
            raise Invalid(f"must be {self.describe()}, not {show(value)}")
        return tuple(self._one(item, index) for index, item in enumerate(value))

    def _one(self, value: Any, index: int) -> int | None:
        if value is None and self.null:
            return None
        try:
            return self.item.check(value)
        except Invalid as error:
            raise Invalid(error.message, error.code, (index,)) from None

    def describe(self) -> str:
        low = f" of at least {self.item.ge}" if self.item.ge is not None else ""
        many = f"a list of whole numbers{low}" + (" or null" if self.null else "")
        return f"a whole number{low}, or {many}" if self.single else many

    def schema(self) -> dict[str, Any]:
        item = self.item.schema()
        if self.null:
            item = {**item, "type": [*item["type"], "null"]}
        types = ["integer", "array", "string"] if self.single else ["array", "string"]
        return {
            "type": types,
            "pattern": EXPRESSION_PATTERN,
            **(self.item.range_schema() if self.single else {}),
            "allOf": [{"items": item, "minItems": 0 if self.empty else 1}],
        }


class Nullable(Type):
    """Another type, or null."""

    def __init__(self, inner: Type) -> None:
        self.inner = inner
        self.expressions = inner.expressions

    def check(self, value: Any) -> Any:
        return None if value is None else self.inner.check(value)

    def describe(self) -> str:
        return f"{self.inner.describe()}, or null"

    def schema(self) -> dict[str, Any]:
        schema = dict(self.inner.schema())
        types = schema["type"]
        schema["type"] = [*(types if isinstance(types, list) else [types]), "null"]
        return _with_null(schema)


def _with_null(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with null among the words that stand at the end of its `else`s."""
    if "enum" in schema:
        said = schema.get("markdownEnumDescriptions")
        more = {"markdownEnumDescriptions": [*said, "None."]} if said else {}
        return {**schema, "enum": [*schema["enum"], None], **more}
    return {**schema, "else": _with_null(schema["else"])} if "else" in schema else schema


class Named(Type):
    """One of a table of declared things: its name, or a map of the name over its hyperparameters."""

    def __init__(self, noun: str, table: Mapping[str, type[Declared]]) -> None:
        self.noun = noun
        self.table = table

    def check(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._make(value, {}, ())
        if isinstance(value, dict):
            if len(value) != 1:
                raise Invalid(f"must be {self.describe()}; a map has one key, the name, not {len(value)}", "NS204")
            name, given = next(iter(value.items()))
            declared = self._find(name, (name,))
            if given is None:
                given = {}
            if not isinstance(given, dict):
                if declared.principal is None:
                    raise Invalid(f"`{name}` takes a map of hyperparameters, not {show(given)}", path=(name,))
                given = {declared.principal: given}
                return self._make(name, given, (name,), scalar=True)
            return self._make(name, given, (name,))
        raise Invalid(f"must be {self.describe()}, not {show(value)}")

    def _find(self, name: str, path: tuple[str, ...]) -> type[Declared]:
        if name not in self.table:
            raise Invalid(f"{show(name)} is not {self.noun}{did_you_mean(name, tuple(self.table))}", "NS205", path)
        return self.table[name]

    def _make(self, name: str, given: dict[str, Any], path: tuple[str, ...], scalar: bool = False) -> Any:
        declared = self._find(name, path)
        values: dict[str, Any] = {}
        errors: list[Invalid] = []
        for key, value in given.items():
            option = declared.options.get(key)
            if option is None:
                known = tuple(declared.options)
                hint = did_you_mean(key, known) or f"; it takes {listing(known) or 'none'}"
                errors.append(Invalid(f"`{name}` has no hyperparameter {show(key)}{hint}", "NS202", (*path, key)))
                continue
            try:
                values[key] = option.type.check(value)
            except Invalid as error:
                inner = path if scalar else (*path, key)
                errors.append(error.inside(*inner, words=f"`{key}` {{}}"))
        misspelt = any(error.code == "NS202" for error in errors)  # it may be what is missing
        for key, option in declared.options.items():
            if option.default is REQUIRED and key not in given and not misspelt:
                errors.append(Invalid(f"`{name}` needs `{key}`: {option.type.describe()}", "NS203", path))
        if errors:
            raise together(errors)
        return declared(**values)

    def describe(self) -> str:
        return f"{self.noun} ({listing(tuple(self.table)[:4], 'or')}{', …' if len(self.table) > 4 else ''})"

    def schema(self) -> dict[str, Any]:
        bare = [name for name, declared in self.table.items() if not declared.required]
        return {
            "type": ["object", "string"],
            "examples": bare,
            "if": {"type": "object"},
            "then": {
                "minProperties": 1,
                "maxProperties": 1,
                "properties": {name: declared.use_schema() for name, declared in self.table.items()},
                "additionalProperties": False,
            },
            "else": {"if": IS_EXPRESSION, "else": {"enum": bare}},
        }


class Option:
    """One hyperparameter: its type, its default, its words."""

    __slots__ = ("default", "doc", "name", "type")

    def __init__(self, type_: Type, doc: str, default: Any) -> None:
        self.name = ""
        self.type = type_
        self.doc = doc
        self.default = default

    @property
    def required(self) -> bool:
        return self.default is REQUIRED

    def describe(self) -> str:
        """The words and the default, in a sentence for hover texts and reference pages."""
        default = "Required." if self.required else f"Default: {show(_plain(self.default))}."
        return f"{self.doc} {default}"


def _plain(value: Any) -> Any:
    return value.word if isinstance(value, Declared) else list(value) if isinstance(value, tuple) else value


def option(type_: Type, doc: str, default: Any = REQUIRED) -> Any:
    """Declare a hyperparameter of the class in whose body this stands."""
    return Option(type_, doc, default)


class Declared:
    """Base of every class with declared hyperparameters. Instances hold checked values and do not change."""

    word: ClassVar[str] = ""
    principal: ClassVar[str | None] = None
    options: ClassVar[dict[str, Option]] = {}
    required: ClassVar[tuple[str, ...]] = ()

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} does not change once it is made")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.values() == other.values()

    def __hash__(self) -> int:
        return hash(type(self))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in self.__dict__.items())})"

    def values(self) -> dict[str, Any]:
        """All hyperparameters, defaults included."""
        return {name: getattr(self, name) for name in self.options}

    def given(self) -> dict[str, Any]:
        """Those that were set."""
        return dict(self.__dict__)

    @classmethod
    def summary(cls) -> str:
        """The first line of the docstring."""
        return (cls.__doc__ or "").strip().split("\n", 1)[0]

    @classmethod
    def map_schema(cls) -> dict[str, Any]:
        """The schema of the map of hyperparameters."""
        schema: dict[str, Any] = {
            "type": "object",
            "properties": {name: option_schema(opt) for name, opt in cls.options.items()},
            "additionalProperties": False,
        }
        if cls.required:
            schema["required"] = list(cls.required)
        return schema

    @classmethod
    def use_schema(cls) -> dict[str, Any]:
        """The schema of what follows the name: a map, a scalar for the principal hyperparameter, or nothing."""
        schema = {"title": cls.word, "markdownDescription": cls.summary(), **cls.map_schema()}
        schema["type"] = ["object"] if cls.required else ["object", "null"]
        if cls.principal is not None:
            inner = cls.options[cls.principal].type.schema()
            types = inner["type"] if isinstance(inner["type"], list) else [inner["type"]]
            schema["type"] += [t for t in types if t not in schema["type"]]
            schema["if"] = {"type": [t for t in types if t not in ("object", "null")]}
            schema["then"] = {k: v for k, v in inner.items() if k != "type"}
        return schema


def option_schema(opt: Option) -> dict[str, Any]:
    """A hyperparameter's schema with its words; no `default`, which editors would insert."""
    schema = dict(opt.type.schema())
    schema["markdownDescription"] = opt.describe()
    return schema


T = TypeVar("T", bound=type[Declared])


def declare(
    word: str,
    *,
    principal: str | None = None,
    without: Sequence[str] = (),
    table: dict[str, Any] | None = None,
) -> Callable[[T], T]:
    """Class decorator: gather the options in the order of declaration (a base's first) and enter the class in `table`.

    `without` names options of a base that this class does not take.
    """

    def decorate(cls: T) -> T:
        options: dict[str, Option] = {name: opt for name, opt in cls.options.items() if name not in without}
        for name, value in list(vars(cls).items()):
            if isinstance(value, Option):
                value.name = name
                options[name] = value
                # The default becomes the class attribute, so that an instance need only hold what was set.
                setattr(cls, name, value.default)
        cls.word = word
        cls.options = options
        cls.principal = principal
        cls.required = tuple(name for name, opt in options.items() if opt.required)
        if table is not None:
            if word in table:
                raise ValueError(f"{word!r} is declared twice")
            table[word] = cls
        return cls

    return decorate


def finite(value: float) -> bool:
    """Neither infinite nor not a number."""
    return math.isfinite(value)
