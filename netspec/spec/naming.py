"""The params of blocks by which nodes are named: `from: $left` reads what a use gives to `left`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from netspec.spec.document import Document, Step, steps_of
from netspec.syntax.tree import Mapping, Scalar, Sequence, Tree

READ = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)")  # a `$name`, also in the braces of a text with values in it


def given_to(use: Step, name: str, principal: str) -> Tree | None:
    """What a use gives to a param."""
    if isinstance(use.tree, Mapping):
        entry = use.tree.entries.get(name)
        return None if entry is None else entry.value
    return use.tree if name == principal else None


def naming_params(document: Document) -> frozenset[tuple[str, str]]:
    """The params of blocks that hold names of nodes, each with its block: a node of the block reads by them, or hands them on."""
    found: set[tuple[str, str]] = set()
    more = True
    while more:
        before = len(found)
        for name, block in document.blocks.items():
            for step in steps_of(block.body):
                trees = [given.tree for given in step.paths()]
                used = document.blocks.get(step.block) if step.block is not None else None
                for param in used.params if used is not None else ():
                    tree = given_to(step, param, next(iter(used.params))) if used is not None else None
                    trees += [tree] if tree is not None and (step.block, param) in found else []
                found |= {(name, read) for tree in trees for read in _names_in(tree) if read in block.params}
        more = len(found) > before
    return frozenset(found)


def _names_in(tree: Tree) -> Iterator[str]:
    """The `$names` in a value and in its items."""
    for part in tree.items if isinstance(tree, Sequence) else [tree]:
        if isinstance(part, Scalar) and isinstance(part.value, str):
            yield from READ.findall(part.text)
