"""What a use gives to a block's params, in the place of those."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from netspec.diagnostics.problems import Edit
from netspec.expressions import ExpressionError, Value, is_built, parse
from netspec.expressions.lexer import Piece, pieces_of
from netspec.refactoring.bodies import CannotBe, Layout
from netspec.refactoring.nodes import flat
from netspec.syntax.tree import Entry, Mapping, Scalar, Sequence, Tree, span_of

_NAME = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
_IN_TEXT = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)")  # the same, and the names in braces of a path that is built
_NUMBER = re.compile(r"\d+(\.\d+)?\Z")
_SAFE = re.compile(r"[A-Za-z0-9_$(][^,\[\]{}#:\n]*\Z")  # what may stand plain in braces


class Substitution(NamedTuple):
    """What stands for a block's params at one of its uses.

    Attributes:
        layout: Of the text.
        block: The block's name.
        params: Its params, in their order.
        defaults: What they are by themselves.
        given: What the use gives, and the defaults of the others.
        received: What `$names` of what the use receives come to, by name, where they cannot stay.
    """

    layout: Layout
    block: str
    params: tuple[str, ...]
    defaults: dict[str, Entry]
    given: dict[str, Tree]
    received: dict[str, str]

    def edits(self, tree: Tree) -> Iterator[Edit]:
        """The edits that write what is given in all of a tree."""
        stack: list[Tree] = [tree]
        names = frozenset(self.params)
        while stack:
            tree = stack.pop()
            if isinstance(tree, Mapping):
                stack += [entry.value for entry in tree.entries.values()]
            elif isinstance(tree, Sequence):
                stack += tree.items
            elif isinstance(tree.value, str) and names & {*_IN_TEXT.findall(tree.text)}:
                yield Edit(span_of(tree), self._resolved(tree.text, names))

    def of(self, tree: Tree) -> str:
        """A value of the use itself, as it is to be written at a node."""
        if not isinstance(tree, Scalar) or not isinstance(tree.value, str) or "$" not in tree.text:
            return flat(self.layout.lines, tree)
        return self.plainly(self.expression(tree))

    def expression(self, tree: Tree) -> str:
        """A value of the use itself, as it stands in an expression."""
        assert isinstance(tree, Scalar)
        return self._received(tree.text)

    def reads(self) -> frozenset[str]:
        """The `$names` in what is given."""
        return frozenset(name for tree in self.given.values() for name in names_in(self.layout.lines, tree))

    def _resolved(self, text: str, names: frozenset[str]) -> str:
        """A text as it is to be written, with the params of these names in it."""
        alone = _NAME.fullmatch(text.strip())
        if is_built(text):
            return in_braces("".join(self._piece(text, piece, names) for piece in pieces_of(text)))
        if alone is None or alone[1] not in names:
            return self.plainly(self._expanded(text, names))
        tree = self._argument(alone[1])
        if not isinstance(tree, Scalar):
            return flat(self.layout.lines, tree)
        inner = self._seen_by(alone[1], tree)
        if inner & {*_NAME.findall(tree.text)}:
            return self._resolved(tree.text, inner)
        return self.plainly(self._received(tree.text), tree) if isinstance(tree.value, str) else tree.text

    def _piece(self, text: str, piece: Piece, names: frozenset[str]) -> str:
        """A piece of a path that is built: a name that is given stands there as it is."""
        written = text[piece.start : piece.end]
        name = written.lstrip("$")
        if not piece.is_value:
            return written
        if not name.isidentifier() or name not in names:
            return f"${{{name if name.isidentifier() else self._expanded(written, names)}}}"
        tree = self._argument(name)
        if isinstance(tree, Scalar) and "$" not in tree.text:
            return tree.text
        return f"${{{self._expanded(f'${name}', names)}}}"

    def plainly(self, new: str, tree: Scalar | None = None) -> str:
        """An expression as it is to be written: what it comes to, where nothing in it is open."""
        if "$" in new or (tree is not None and "$" not in tree.text):
            return in_braces(new)
        try:
            return literal(parse(new).evaluate(_nothing))
        except ExpressionError:
            raise CannotBe(f"`{new}` has no value") from None

    def _expanded(self, text: str, names: frozenset[str]) -> str:
        """An expression with what params are given in their place."""

        def operand(match: re.Match[str]) -> str:
            if match[1] not in names:
                return match[0]
            tree = self._argument(match[1])
            if not isinstance(tree, Scalar):
                return flat(self.layout.lines, tree)
            if not isinstance(tree.value, str):
                return tree.text if _NUMBER.match(tree.text) or isinstance(tree.value, bool) else f"({tree.text})"
            if "$" not in tree.text:
                return f"'{tree.text}'"
            inner = self._expanded(self._received(tree.text), self._seen_by(match[1], tree))
            return as_operand(inner)

        return _NAME.sub(operand, text)

    def _received(self, text: str) -> str:
        if text.strip().removeprefix("$") in self.received:
            return self.received[text.strip().removeprefix("$")]
        return _NAME.sub(lambda match: as_operand(self.received.get(match[1], match[0])), text)

    def _argument(self, name: str) -> Tree:
        tree = self.given.get(name)
        if tree is None or (isinstance(tree, Scalar) and tree.value is None):
            raise CannotBe(f"`{name}` of `{self.block}` is not given here")
        return tree

    def _seen_by(self, name: str, tree: Tree) -> frozenset[str]:
        """The params that what a param is given may read: a default those that are given and those before it, a use none."""
        if not self._is_default(tree):
            return frozenset()
        before = self.params[: self.params.index(name)]
        return frozenset(
            each
            for each in self.params
            if each in before or (each in self.given and not self._is_default(self.given[each]))
        )

    def _is_default(self, tree: Tree) -> bool:
        return any(entry.value is tree for entry in self.defaults.values())


def _nothing(name: str) -> Value:
    raise CannotBe(f"`${name}` has no value")


def names_in(lines: list[str], tree: Tree) -> frozenset[str]:
    """The `$names` in a value of a text."""
    return frozenset(_NAME.findall(flat(lines, tree)))


def is_operand(text: str) -> bool:
    """May an expression stand in another as it is?"""
    return bool(_NAME.fullmatch(text) or _NUMBER.match(text))


def as_operand(text: str) -> str:
    """An expression as it stands in another."""
    return text if is_operand(text) else f"({text})"


def in_braces(text: str) -> str:
    """A text as it may stand anywhere, also in braces."""
    return text if _SAFE.match(text) and text == text.strip() else json.dumps(text, ensure_ascii=False)


def literal(value: object) -> str:
    """A value as it may stand anywhere."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return in_braces(value)
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    return repr(value)
