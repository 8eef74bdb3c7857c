"""Hyperparameters, and the classes that declare them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any, ClassVar, Final, TypeVar, cast

from netspec.diagnostics.words import show
from netspec.options.types import OFFERS, Schema, T, Type

Values = dict[str, Any]  # hyperparameters by name, each of its own type


class Required(Enum):
    """Stands for the default of what must be given."""

    REQUIRED = "REQUIRED"

    def __repr__(self) -> str:
        return self.value


REQUIRED: Final = Required.REQUIRED


class Option:
    """One hyperparameter: its type, its default, its words."""

    __slots__ = ("default", "doc", "name", "type")

    def __init__(self, type_: Type[object], doc: str, default: object) -> None:
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


def _plain(value: object) -> object:
    return value.spec_name if isinstance(value, Declared) else list(value) if isinstance(value, tuple) else value


def option(type_: Type[T], doc: str, default: T | Required = REQUIRED) -> T:
    """Declare a hyperparameter of the class in whose body this stands.

    It is typed as what an instance holds, so that a type checker compares the annotation with the type and the default.

    Args:
        type_: what values it takes.
        doc: a sentence that says what it is.
        default: its value where none is given; left out, it must be given.
    """
    return cast("T", Option(type_, doc, default))


class Declared:
    """Base of every class with declared hyperparameters. Instances hold checked values and do not change."""

    spec_name: ClassVar[str] = ""
    principal: ClassVar[str | None] = None
    options: ClassVar[dict[str, Option]] = {}
    required: ClassVar[tuple[str, ...]] = ()

    def __init__(self, **values: object) -> None:
        self.__dict__.update(values)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} does not change once it is made")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.values() == other.values()

    def __hash__(self) -> int:
        return hash(type(self))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in self.__dict__.items())})"

    def values(self) -> Values:
        """All hyperparameters, defaults included."""
        return {name: getattr(self, name) for name in self.options}

    def given(self) -> Values:
        """Those that were set."""
        return dict(self.__dict__)

    @classmethod
    def summary(cls) -> str:
        """The first line of the docstring."""
        return (cls.__doc__ or "").strip().split("\n", 1)[0]

    @classmethod
    def map_schema(cls) -> Schema:
        """The schema of the map of hyperparameters."""
        schema: Schema = {
            "type": "object",
            "properties": {name: option_schema(opt) for name, opt in cls.options.items()},
            "additionalProperties": False,
        }
        if cls.required:
            schema["required"] = list(cls.required)
        return schema

    @classmethod
    def use_schema(cls) -> Schema:
        """The schema of what follows the name: a map, a scalar for the principal hyperparameter, or nothing."""
        schema = {"title": cls.spec_name, "markdownDescription": cls.summary(), **cls.map_schema()}
        schema["type"] = ["object"] if cls.required else ["object", "null"]
        if cls.principal is not None:
            inner = cls.options[cls.principal].type.schema()
            types = inner["type"] if isinstance(inner["type"], list) else [inner["type"]]
            schema["type"] += [t for t in types if t not in schema["type"]]
            schema |= {k: v for k, v in inner.items() if k == OFFERS}
            schema["if"] = {"type": [t for t in types if t not in ("object", "null")]}
            schema["then"] = {k: v for k, v in inner.items() if k not in ("type", OFFERS)}
        return schema


def option_schema(opt: Option) -> Schema:
    """A hyperparameter's schema with its words; no `default`, which editors would insert."""
    schema = dict(opt.type.schema())
    schema["markdownDescription"] = opt.describe()
    return schema


B = TypeVar("B", bound=Declared)
C = TypeVar("C", bound=type[Declared])


def declare(
    spec_name: str,
    *,
    principal: str | None = None,
    without: Sequence[str] = (),
    table: dict[str, type[B]] | None = None,
) -> Callable[[C], C]:
    """Class decorator: gather the options in the order of declaration (a base's first) and enter the class in `table`.

    Args:
        spec_name: the name that a spec has for it.
        principal: the option that a scalar after the name sets.
        without: options of a base that this class does not take.
        table: where it is to be found by its name; it holds classes of a base of this one.
    """

    def decorate(cls: C) -> C:
        options: dict[str, Option] = {name: opt for name, opt in cls.options.items() if name not in without}
        for name, value in list(vars(cls).items()):
            if isinstance(value, Option):
                value.name = name
                options[name] = value
                # The default becomes the class attribute, so that an instance need only hold what was set.
                setattr(cls, name, value.default)
        cls.spec_name = spec_name
        cls.options = options
        cls.principal = principal
        cls.required = tuple(name for name, opt in options.items() if opt.required)
        if table is not None:
            if spec_name in table:
                raise ValueError(f"{spec_name!r} is declared twice")
            table[spec_name] = cast("type[B]", cls)
        return cls

    return decorate
