"""The words by which nodes name others: those that stand where they read, and those that a param holds for them.

`from: $source` reads what `source` is given: at each use of the block, as its default, in `params` or in a variant. A block's use
may hand on what the block around it was given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from netspec.expressions import ExpressionError
from netspec.expressions.lexer import is_built, pieces_of, tokens_of
from netspec.lsp.scoping import Bodies, Body, Found
from netspec.spec.document import Document, Step, steps_of
from netspec.syntax.tree import Mapping, Scalar, Sequence, Tree

_NAME = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)")
MOST_USES = 16  # of blocks in blocks, through which a name is followed
_SPEC = -1  # in the place of a frame: outside all blocks

Frame: TypeAlias = tuple[Body, int]  # a body, and where in it a node stands


class Path(NamedTuple):
    """A path of names in a text: `scalar.text[start:end]`.

    Attributes:
        scalar: The text.
        start: Where it begins there.
        end: Where it ends.
        frames: From where it is read: the node that reads it, then the uses through which it was handed on.
        values: The places in the text that are values, `$index` in `level_$index`; some are empty.
        head: What the first value stands for, where the path goes on behind it: `$stage.last`.
    """

    scalar: Scalar
    start: int
    end: int
    frames: tuple[Frame, ...]
    values: tuple[tuple[int, int], ...] = ()
    head: tuple[Path, ...] = ()


class Words:
    """Finds the words that name nodes.

    Args:
        document: The spec.
        bodies: Who sees whom in it.

    Attributes:
        naming: The params of the spec that were found to hold names of nodes.
    """

    def __init__(self, document: Document, bodies: Bodies) -> None:
        self.document = document
        self.bodies = bodies
        self.naming: set[str] = set()

    def read(self, tree: Tree, body: Body, index: int) -> Iterator[Path]:
        """The paths that a value holds, or has from params, as a node of a body reads them."""
        return self._in(tree, ((body, index),), 0)

    def found(self, frames: tuple[Frame, ...], word: str) -> list[Found]:
        """What a word stands for: what handed it on is asked after what is inside."""
        *within, (body, before) = frames
        for held, at in within:
            here: Body | None = held
            while here is not None:
                found = here.own(word, at)
                if found:
                    return found
                at, here = here.index, here.parent
        return self.bodies.find(body, before, word)

    def _in(self, tree: Tree, frames: tuple[Frame, ...], seen_from: int) -> Iterator[Path]:
        """The paths in a value that stands where the params of one of the frames' blocks are seen."""
        if isinstance(tree, Sequence):
            for item in tree.items:
                yield from self._in(item, frames, seen_from)
        if not isinstance(tree, Scalar) or not isinstance(tree.value, str):
            return
        text = tree.text
        if "$" not in text:
            yield Path(tree, 0, len(text), frames)
        elif is_built(text):
            yield self._built(tree, 0, len(text), frames, seen_from)
        else:
            try:
                tokens = tokens_of(text)
            except ExpressionError:
                return
            for token in tokens:
                if token.kind == "name":
                    yield from self._held(token.text[1:], frames, seen_from)
                elif token.kind == "text" and "${" in token.text:
                    yield self._built(tree, token.start + 1, token.end - 1, frames, seen_from, braces_only=True)
                elif token.kind == "text":
                    yield Path(tree, token.start + 1, token.end - 1, frames)

    def _built(
        self,
        scalar: Scalar,
        start: int,
        end: int,
        frames: tuple[Frame, ...],
        seen_from: int,
        *,
        braces_only: bool = False,
    ) -> Path:
        """A path with values in it: `level_$index` reads the repetitions of `level`, `$stage.last` a node of what `stage` holds."""
        pieces = pieces_of(scalar.text, start, end, braces_only=braces_only)
        plain = [(piece.start, piece.end) for piece in pieces if not piece.is_value]
        edges = [start, *(edge for piece in plain for edge in piece), end]
        values = tuple(zip(edges[::2], edges[1::2], strict=True))  # with their signs and braces
        head: tuple[Path, ...] = ()
        name = scalar.text[pieces[0].start : pieces[0].end].lstrip("$")
        if pieces[0].is_value and name.isidentifier() and scalar.text[pieces[0].end :].lstrip("}").startswith("."):
            head = tuple(self._held(name, frames, seen_from))
        return Path(scalar, start, end, frames, values, head)

    def _held(self, name: str, frames: tuple[Frame, ...], seen_from: int) -> Iterator[Path]:
        """The paths that a param holds."""
        block = None if seen_from == _SPEC else frames[seen_from][0].block
        params = self.document.blocks[block].params if block in self.document.blocks else {}
        if block is None or name not in params:
            of_variants = (values.get(name) for values in self.document.variants.values())
            for given in (self.document.params.get(name), *of_variants):
                if given is not None:
                    for path in self._in(given.tree, frames, _SPEC):
                        self.naming.add(name)
                        yield path
            return
        default = params[name]
        for longer in self._through_uses(block, frames, seen_from):
            (body, at), handed = longer[seen_from + 1], seen_from + 1
            tree = _given(body.steps[at], name, next(iter(params)))
            if tree is not None:
                yield from self._in(tree, longer, handed)
            elif default is not None:
                yield from self._in(default.tree, longer, seen_from)

    def _through_uses(self, block: str, frames: tuple[Frame, ...], seen_from: int) -> Iterator[tuple[Frame, ...]]:
        """The frames with the use of a block behind them, which may be known."""
        if seen_from + 1 < len(frames):
            yield frames
        elif len(frames) <= MOST_USES:
            for use in self.bodies.blocks[block].uses:
                yield (*frames, use)


def _given(use: Step, name: str, principal: str) -> Tree | None:
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
                    tree = _given(step, param, next(iter(used.params))) if used is not None else None
                    trees += [tree] if tree is not None and (step.block, param) in found else []
                found |= {(name, read) for tree in trees for read in _names_in(tree) if read in block.params}
        more = len(found) > before
    return frozenset(found)


def _names_in(tree: Tree) -> Iterator[str]:
    """The `$names` in a value and in its items."""
    for part in tree.items if isinstance(tree, Sequence) else [tree]:
        if isinstance(part, Scalar) and isinstance(part.value, str):
            yield from _NAME.findall(part.text)
