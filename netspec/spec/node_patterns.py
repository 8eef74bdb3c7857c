"""Types of options that name nodes by patterns of their paths."""

from __future__ import annotations

from netspec.diagnostics.words import show
from netspec.options import Invalid, ListOf, Number, PerName, Schema, Text, Type, in_brackets

MAX_PATTERNS = 50  # of one option: each is held against every node


class Patterns(Type[tuple[str, ...]]):
    """A list of nodes' paths, in which `*` and `?` stand for anything."""

    inner = Text()

    @property
    def free_text(self) -> bool:
        return True

    def check(self, value: object) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise Invalid(f"must be {self.describe()}, not {show(value)}", suggestion=in_brackets(self.inner, value))
        if len(value) > MAX_PATTERNS:
            raise Invalid(f"must be {self.describe()}, at most {MAX_PATTERNS}, not {len(value):,}", "NS205")
        return ListOf(self.inner, "").check(value)

    def describe(self) -> str:
        return "a list of nodes' paths, in which `*` stands for anything"

    def schema(self) -> Schema:
        return {**ListOf(self.inner, "").schema(), "maxItems": MAX_PATTERNS}


class Multipliers(Type[dict[str, float]]):
    """A number for each of some patterns of nodes' paths."""

    inner = Number(gt=0)

    def check(self, value: object) -> dict[str, float]:
        if not isinstance(value, dict):
            raise Invalid(f"must be {self.describe()}, not {show(value)}")
        if len(value) > MAX_PATTERNS:
            raise Invalid(f"must be {self.describe()}, at most {MAX_PATTERNS}, not {len(value):,}", "NS205")
        factors = PerName(self.inner, "node").check(value)
        assert isinstance(factors, dict)
        return factors

    def describe(self) -> str:
        return "a map of nodes' paths, in which `*` stands for anything, to numbers"

    def schema(self) -> Schema:
        return {
            "type": "object",
            "maxProperties": MAX_PATTERNS,
            "additionalProperties": self.inner.schema(),
        }
