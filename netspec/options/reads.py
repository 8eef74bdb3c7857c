"""Types of what names nodes: paths to them, alone or in a list."""

from __future__ import annotations

import re

from netspec.diagnostics.words import show
from netspec.options.invalid import Invalid
from netspec.options.types import BUILT_PATTERN, Schema, Type

NODE_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*\Z")
# What is read: `s_*` is all repetitions of a node named `s`, and `s_*.end` what is called `end` in each.
READ_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(_\*)?(\.[A-Za-z0-9_]+(_\*)?)*\Z")
_EXPRESSION: Schema = {"pattern": BUILT_PATTERN}


def pattern(regex: re.Pattern[str]) -> str:
    """A pattern as JSON Schema writes it, from beginning to end."""
    return f"^{regex.pattern.removesuffix(chr(92) + 'Z')}$"


class NodePaths(Type[tuple[str, ...]]):
    """One path to a node, or a list of them."""

    @property
    def names_nodes(self) -> bool:
        return True

    def check(self, value: object) -> tuple[str, ...]:
        if value == []:
            raise Invalid("names no node", "NS301")
        if not isinstance(value, list):
            return (self._one(value, ()),)
        return tuple(self._one(item, (index,)) for index, item in enumerate(value))

    def _one(self, value: object, path: tuple[int, ...]) -> str:
        if not isinstance(value, str) or not READ_PATH.match(value):
            hint = "; nodes are named, not numbered" if isinstance(value, int) else ""
            raise Invalid(f"must be {self.describe()}, not {show(value)}{hint}", "NS301", path)
        return value

    def describe(self) -> str:
        return "the name of an earlier node, or a list of names"

    def schema(self) -> Schema:
        right = {"if": _EXPRESSION, "else": {"pattern": pattern(READ_PATH), **self.message()}}
        return {
            "type": ["string", "array"],
            "if": {"type": "string"},
            "then": right,
            "else": {"minItems": 1, "items": {"type": "string", **right}},
        }


class Reads(NodePaths):
    """A hyperparameter that names nodes which the kind reads beside its inputs.

    As written it holds paths; a node's kind holds as many empty texts, because which nodes they are is the graph's matter.

    Args:
        most: How many it may name; None for any number.
    """

    def __init__(self, most: int | None = 1) -> None:
        self.most = most

    def check(self, value: object) -> tuple[str, ...]:
        paths = super().check(value)
        if self.most is not None and len(paths) > self.most:
            raise Invalid(f"must be {self.describe()}, not {len(paths)} names", "NS205")
        return paths

    def describe(self) -> str:
        if self.most == 1:
            return "the name of an earlier node"
        return super().describe() if self.most is None else f"a list of at most {self.most} names of earlier nodes"
