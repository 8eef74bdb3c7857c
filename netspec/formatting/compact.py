"""The layout of JSON: what fits stands on one line."""

from __future__ import annotations

import re
from typing import TypeAlias

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+')
_Tree: TypeAlias = "str | tuple[str, list[tuple[str, _Tree]]]"  # a scalar, or a bracket with its keys and values


def json_layout(text: str, width: int) -> str:
    """JSON with the same tokens, two spaces a level; the outermost value is always in lines."""
    tokens = [match[0] for match in _TOKEN.finditer(text)]
    tree, _ = _read(tokens, 0)
    return "\n".join(_lines(tree, "", "", width, outermost=True))


def _read(tokens: list[str], at: int) -> tuple[_Tree, int]:
    opening = tokens[at]
    at += 1
    if opening not in "{[":
        return opening, at
    items: list[tuple[str, _Tree]] = []
    while tokens[at] not in "}]":
        if tokens[at] == ",":
            at += 1
        key = ""
        if opening == "{":
            key = f"{tokens[at]}: "
            at += 2
        value, at = _read(tokens, at)
        items.append((key, value))
    return (opening, items), at + 1


def _flat(tree: _Tree) -> str:
    if isinstance(tree, str):
        return tree
    opening, items = tree
    return f"{opening}{', '.join(key + _flat(value) for key, value in items)}{_CLOSING[opening]}"


_CLOSING = {"{": "}", "[": "]"}


def _lines(tree: _Tree, indent: str, before: str, width: int, *, outermost: bool = False) -> list[str]:
    """A value's lines; what stands `before` it on its first line is counted in."""
    flat = f"{indent}{before}{_flat(tree)}"
    if isinstance(tree, str) or not tree[1] or (len(flat) < width and not outermost):
        return [flat]
    opening, items = tree
    lines = [f"{indent}{before}{opening}"]
    for key, value in items:
        lines += _lines(value, f"{indent}  ", key, width)
        lines[-1] += ","
    lines[-1] = lines[-1][:-1]
    return [*lines, f"{indent}{_CLOSING[opening]}"]
