"""Specs written otherwise: their nodes in brackets, or all of it JSON."""

from __future__ import annotations

import json

from netspec.refactoring.nodes import flat
from netspec.syntax.tree import Mapping, Sequence, Tree, last_line, lines_of, plain


def as_json(tree: Tree) -> str:
    """A spec's values as JSON, laid out as people do."""
    return f"{json.dumps(plain(tree), indent=2, ensure_ascii=False)}\n"


def in_brackets(text: str, tree: Tree) -> str:
    """A spec whose list of nodes is in brackets, a node a line, each with a comment."""
    lines = lines_of(text)
    assert isinstance(tree, Mapping)
    key, layers = tree.entries["layers"]
    assert isinstance(layers, Sequence)
    nodes = [f"  {flat(lines, item)},   # node {number}" for number, item in enumerate(layers.items, 1)]
    return "\n".join([*lines[: key.start.line], "layers: [", *nodes, "]", *lines[last_line(layers) + 1 :]])
