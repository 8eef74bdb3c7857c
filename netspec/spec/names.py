"""What names may look like: of nodes, params, blocks, inputs and outputs, and the paths that lead to nodes."""

from __future__ import annotations

import re
from collections.abc import Mapping

from netspec.diagnostics.words import show
from netspec.options import BUILT_PATTERN, Invalid, Schema, Type
from netspec.options.reads import NODE_PATH, pattern

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
BLOCK_NAME = re.compile(r"[A-Z][A-Za-z0-9_]*\Z")
VARIANT_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\Z")
SIZES = ("channels", "height", "width", "depth", "length")  # what expressions read of the input of a node
RECEIVED = (*SIZES, "index")  # what they read beside params
MAX_NAME = 100  # characters; names become layer names and file names
_EXPRESSION: Schema = {"pattern": BUILT_PATTERN}


def is_identifier(name: object) -> bool:
    """Can it name a node, a param, an input or an output?"""
    return isinstance(name, str) and len(name) <= MAX_NAME and IDENTIFIER.match(name) is not None


class Identifier(Type[str]):
    """A name; `reserved` are those that it must not be, each with what it names already."""

    def __init__(self, reserved: Mapping[str, str] | None = None) -> None:
        self.reserved = reserved or {}

    @property
    def names_nodes(self) -> bool:
        return True

    def check(self, value: object) -> str:
        if not isinstance(value, str) or not is_identifier(value):
            raise Invalid(f"must be {self.describe()}, not {show(value)}", "NS303")
        if value in self.reserved:
            raise Invalid(f"cannot be {show(value)}, which names {self.reserved[value]}", "NS303")
        return value

    def describe(self) -> str:
        return "an identifier (letters, digits, _)"

    def schema(self) -> Schema:
        right: Schema = {"pattern": pattern(IDENTIFIER), **self.message()}
        if self.reserved:
            right["not"] = {"enum": list(self.reserved)}
        return {"type": "string", "maxLength": MAX_NAME, "if": _EXPRESSION, "else": right}


class NodePath(Type[str]):
    """The name of a node, or the path to it: names of bodies and the node's own, with dots between them."""

    @property
    def names_nodes(self) -> bool:
        return True

    def check(self, value: object) -> str:
        if not isinstance(value, str) or len(value) > MAX_NAME or not NODE_PATH.match(value):
            raise Invalid(f"must be {self.describe()}, not {show(value)}", "NS301")
        return value

    def describe(self) -> str:
        return "the name of an earlier node"

    def schema(self) -> Schema:
        right = {"pattern": pattern(NODE_PATH), **self.message()}
        return {"type": "string", "maxLength": MAX_NAME, "if": _EXPRESSION, "else": right}
