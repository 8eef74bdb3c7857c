"""The words by which nodes name others: those that stand where they read, and those that a param holds for them.

`from: $source` reads what `source` is given: at each use of the block, as its default, in `params` or in a variant. A block's use
may hand on what the block around it was given. A word is looked up where it was written.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from netspec.expressions import ExpressionError
from netspec.expressions.lexer import is_built, pieces_of, tokens_of
from netspec.lsp.scoping import EVERYWHERE, Bodies, Body
from netspec.spec.document import Document
from netspec.spec.naming import given_to
from netspec.syntax.tree import Scalar, Sequence, Tree

MOST_USES = 16  # of blocks in blocks, through which a name is followed

Frame: TypeAlias = tuple[Body, int]  # a body, and where in it a node stands


class Path(NamedTuple):
    """A path of names in a text: `scalar.text[start:end]`.

    Attributes:
        scalar: The text.
        start: Where it begins there.
        end: Where it ends.
        frame: From where it is looked up: where it was written, which is beside a use or in a block whose default it is.
        values: The places in the text that are values, `$index` in `level_$index`; some are empty.
        head: What the first value stands for, where the path goes on behind it: `$stage.last`.
    """

    scalar: Scalar
    start: int
    end: int
    frame: Frame
    values: tuple[tuple[int, int], ...] = ()
    head: tuple[Path, ...] = ()


class _Place(NamedTuple):
    """Where a value stands.

    Attributes:
        frame: From where its words are looked up.
        block: The block whose params it may read.
        use: The use of that block that is meant; any where it is None.
        depth: How many uses it has been followed through.
    """

    frame: Frame
    block: str | None
    use: Frame | None = None
    depth: int = 0


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
        return self._in(tree, _Place((body, index), body.block))

    def _in(self, tree: Tree, place: _Place) -> Iterator[Path]:
        """The paths in a value that stands at a place."""
        if isinstance(tree, Sequence):
            for item in tree.items:
                yield from self._in(item, place)
        if not isinstance(tree, Scalar) or not isinstance(tree.value, str):
            return
        text = tree.text
        if "$" not in text:
            yield Path(tree, 0, len(text), place.frame)
        elif is_built(text):
            yield self._built(tree, 0, len(text), place)
        else:
            try:
                tokens = tokens_of(text)
            except ExpressionError:
                return
            for token in tokens:
                if token.kind == "name":
                    yield from self._held(token.text[1:], place)
                elif token.kind == "text" and "${" in token.text:
                    yield self._built(tree, token.start + 1, token.end - 1, place, braces_only=True)
                elif token.kind == "text":
                    yield Path(tree, token.start + 1, token.end - 1, place.frame)

    def _built(self, scalar: Scalar, start: int, end: int, place: _Place, *, braces_only: bool = False) -> Path:
        """A path with values in it: `level_$index` reads the repetitions of `level`, `$stage.last` a node of what `stage` holds."""
        pieces = pieces_of(scalar.text, start, end, braces_only=braces_only)
        plain = [(piece.start, piece.end) for piece in pieces if not piece.is_value]
        edges = [start, *(edge for piece in plain for edge in piece), end]
        values = tuple(zip(edges[::2], edges[1::2], strict=True))  # with their signs and braces
        head: tuple[Path, ...] = ()
        name = scalar.text[pieces[0].start : pieces[0].end].lstrip("$")
        if pieces[0].is_value and name.isidentifier() and scalar.text[pieces[0].end :].lstrip("}").startswith("."):
            head = tuple(self._held(name, place))
        return Path(scalar, start, end, place.frame, values, head)

    def _held(self, name: str, place: _Place) -> Iterator[Path]:
        """The paths that a param holds."""
        block = place.block
        params = self.document.blocks[block].params if block in self.document.blocks else {}
        if block is None or name not in params:
            top = _Place((self.bodies.top, EVERYWHERE), None)
            of_variants = (values.get(name) for values in self.document.variants.values())
            for given in (self.document.params.get(name), *of_variants):
                for path in self._in(given.tree, top) if given is not None else ():
                    self.naming.add(name)
                    yield path
            return
        body, default = self.bodies.blocks[block], params[name]
        for around, at in (body.uses if place.use is None else [place.use]) if place.depth < MOST_USES else ():
            tree = given_to(around.steps[at], name, next(iter(params)))
            if tree is not None:
                yield from self._in(tree, _Place((around, at), around.block, depth=place.depth + 1))
            elif default is not None:
                yield from self._in(default.tree, _Place((body, EVERYWHERE), block, (around, at), place.depth + 1))
