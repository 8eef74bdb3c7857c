"""Types that hold others: a list, one or several, one for each input or output."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from netspec.diagnostics.words import show, suggest
from netspec.options.invalid import MAX_FACTS, Invalid, together
from netspec.options.named import KEYS_OF_NAMES
from netspec.options.types import EXPRESSION_PATTERN, OFFERS, Choice, Schema, Type, in_brackets

T = TypeVar("T")


def _each(inner: Type[T], items: Iterable[tuple[str | int, object]]) -> list[T]:
    """Every value, checked; raises Invalid with what is wrong with them, each at its key or place."""
    checked = []
    errors: list[Invalid] = []
    for key, item in items:
        if len(errors) >= MAX_FACTS:
            break
        try:
            checked.append(inner.check(item))
        except Invalid as error:
            errors.append(error.inside(key))
    if errors:
        raise together(errors)
    return checked


def _or(inner: Schema, json_type: str, holds: Schema) -> Schema:
    """The schema of a value, or of a map or list of such."""
    types = inner["type"] if isinstance(inner["type"], list) else [inner["type"]]
    return {
        "type": [*types, json_type],
        **{k: v for k, v in inner.items() if k == OFFERS},
        "if": {"type": json_type},
        "then": holds,
        "else": {k: v for k, v in inner.items() if k not in ("type", OFFERS)},
    }


class PerName(Type[T | dict[str, T]]):
    """One value for every input or output, or a map with one for each one's name."""

    def __init__(self, inner: Type[T], noun: str = "output") -> None:
        self.inner = inner
        self.noun = noun

    @property
    def free_text(self) -> bool:
        return self.inner.free_text

    def check(self, value: object) -> T | dict[str, T]:
        if not isinstance(value, dict):
            return self.inner.check(value)
        self._refuse_keyed(value)
        return dict(zip(value, _each(self.inner, value.items()), strict=True))

    def _refuse_keyed(self, value: dict[str, object]) -> None:
        """Raise of a map that says which word is meant, as `{type: mse}` does, and whose value is none."""
        ((key, word), *others) = value.items() if value else [("", None)]
        words = self.inner.bare
        if others or key not in KEYS_OF_NAMES or not isinstance(word, str) or not isinstance(words, Choice):
            return
        meant = None if word in words.choices else suggest(word, words.choices, "value")
        if meant is not None and meant.sure:
            fact = f"must be {self.inner.describe()}; write the name alone: `{meant.meant}`"
            raise Invalid(fact, "NS205", suggestion=meant)

    def describe(self) -> str:
        return f"{self.inner.describe()}, or a map of {self.noun} names to that"

    def schema(self) -> Schema:
        inner = self.inner.schema()
        return _or(inner, "object", {"additionalProperties": inner})


class ListOf(Type[tuple[T, ...]]):
    """A list of one type."""

    def __init__(self, inner: Type[T], noun: str) -> None:
        self.inner = inner
        self.noun = noun

    @property
    def free_text(self) -> bool:
        return self.inner.free_text

    def check(self, value: object) -> tuple[T, ...]:
        if not isinstance(value, list):
            raise Invalid(f"must be {self.describe()}, not {show(value)}", suggestion=in_brackets(self.inner, value))
        return tuple(_each(self.inner, enumerate(value)))

    def describe(self) -> str:
        return f"a list of {self.noun}"

    def schema(self) -> Schema:
        return {
            "type": ["array", "string"],
            "pattern": EXPRESSION_PATTERN,
            "allOf": [{"items": self.inner.schema()}],
            **self.message(),
        }


class OneOrMore(Type[T | tuple[T, ...]]):
    """A value, or a list of them."""

    def __init__(self, inner: Type[T], noun: str) -> None:
        self.inner = inner
        self.several = ListOf(inner, noun)

    @property
    def free_text(self) -> bool:
        return self.inner.free_text

    def check(self, value: object) -> T | tuple[T, ...]:
        return self.several.check(value) if isinstance(value, list) else self.inner.check(value)

    def describe(self) -> str:
        return f"{self.inner.describe()} or {self.several.describe()}"

    def schema(self) -> Schema:
        inner = self.inner.schema()
        return _or(inner, "array", {"items": inner})
