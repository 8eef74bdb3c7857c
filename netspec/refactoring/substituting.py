"""What a use gives to a block's params, in the place of those."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from netspec.diagnostics.problems import Edit, Span
from netspec.expressions import ExpressionError, Value, is_built, parse
from netspec.expressions.lexer import Piece, pieces_of
from netspec.expressions.tree import Arithmetic, Call, Group, Indexing
from netspec.refactoring.bodies import CannotBe, Layout
from netspec.refactoring.nodes import flat
from netspec.spec.naming import READ
from netspec.syntax.tree import Entry, Mapping, Scalar, Sequence, Tree, is_block_scalar, span_of

_NAME = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
_TEXT = re.compile(r"'[^']*'\Z")
# What needs no parentheses in an expression: a name, a number, a text, a list, whether something is true.
_OPERAND = re.compile(r"(\$[A-Za-z_][A-Za-z0-9_]*|\d+(\.\d+)?|'[^']*'|\[[^\[\]]*\]|true|false)\Z")
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
        renamed: What paths are now that the use reads, by where they stand.
    """

    layout: Layout
    block: str
    params: tuple[str, ...]
    defaults: dict[str, Entry]
    given: dict[str, Tree]
    received: dict[str, str]
    renamed: dict[Span, str]

    def edits(self, tree: Tree) -> Iterator[Edit]:
        """The edits that write what is given in all of a tree."""
        trees = [tree]
        names = frozenset(self.params)
        while trees:
            tree = trees.pop()
            if isinstance(tree, Mapping):
                trees += [entry.value for entry in tree.entries.values()]
            elif isinstance(tree, Sequence):
                trees += tree.items
            elif isinstance(tree.value, str) and names & {*READ.findall(tree.text)}:
                end = "\n" if is_block_scalar(tree) else ""
                yield Edit(span_of(tree), self._written(tree.text, names) + end)

    def of(self, tree: Tree) -> str:
        """A value of the use itself, as it is to be written at a node."""
        return self._value(tree, frozenset())

    def expression(self, tree: Tree) -> str:
        """A value of the use itself, as it stands in an expression."""
        assert isinstance(tree, Scalar)
        return self._expanded(tree.text, frozenset(), given=True)

    def reads(self) -> frozenset[str]:
        """The `$names` in what is given."""
        return frozenset(name for tree in self.given.values() for name in names_in(self.layout.lines, tree))

    def plainly(self, expression: str) -> str:
        """An expression as it is to be written: what it comes to, where nothing in it is open."""
        return in_braces(_folded(expression.strip())) if "$" in expression else literal(_evaluated(expression))

    # In what follows `names` are the params that a text may read, and `given` says whether it is of the use, or a default.

    def _written(self, text: str, names: frozenset[str], *, given: bool = False) -> str:
        """A text as it is to be written, with what is given in it."""
        if is_built(text):
            return in_braces(self._built(text, names, given))
        alone = _NAME.fullmatch(text.strip())
        if alone is None or alone[1] not in names:
            return self.plainly(self._expanded(text, names, given))
        tree = self._argument(alone[1])
        return self._value(tree, self._seen_by(alone[1], tree))

    def _value(self, tree: Tree, names: frozenset[str]) -> str:
        """What is given, as it is to be written for a name alone."""
        if isinstance(tree, Sequence):
            return f"[{', '.join(self._value(item, names) or 'null' for item in tree.items)}]"
        if isinstance(tree, Mapping) or not isinstance(tree.value, str) or "$" not in tree.text:
            return self.renamed.get(span_of(tree)) or flat(self.layout.lines, tree)
        return self._written(tree.text, names, given=True)

    def _built(self, text: str, names: frozenset[str], given: bool) -> str:
        """A path that is built, with what is given in it."""
        return "".join(self._piece(text, piece, names, given) for piece in pieces_of(text))

    def _piece(self, text: str, piece: Piece, names: frozenset[str], given: bool) -> str:
        """A piece of a path that is built."""
        written = text[piece.start : piece.end]
        if not piece.is_value:
            return written
        name = written.removeprefix("$")
        new = self._expanded(f"${name}" if name.isidentifier() else written, names, given)
        if _TEXT.match(new):
            return new[1:-1]
        return as_piece(new) if "$" in new else str(_evaluated(new))

    def _expanded(self, text: str, names: frozenset[str], given: bool) -> str:
        """An expression with what is given in it."""

        def of(name: str) -> str:
            if name in names:
                tree = self._argument(name)
                return self._operand(tree, self._seen_by(name, tree))
            return self.received.get(name, f"${name}") if given else f"${name}"

        alone = _NAME.fullmatch(text.strip())
        return of(alone[1]) if alone is not None else _NAME.sub(lambda match: as_operand(of(match[1])), text)

    def _operand(self, tree: Tree, names: frozenset[str]) -> str:
        """What is given, as it stands in an expression."""
        if isinstance(tree, Sequence):
            return f"[{', '.join(self._operand(item, names) for item in tree.items)}]"
        if isinstance(tree, Mapping) or not isinstance(tree.value, str):
            return flat(self.layout.lines, tree)
        if is_built(tree.text):
            return f"'{self._built(tree.text, names, given=True)}'"
        if "$" in tree.text:
            return self._expanded(tree.text, names, given=True)
        return f"'{self.renamed.get(span_of(tree), tree.text)}'"

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


def _evaluated(expression: str) -> Value:
    """What an expression comes to in which nothing is open."""
    try:
        return parse(expression).evaluate(_nothing)
    except ExpressionError:
        raise CannotBe(f"`{expression}` has no value") from None


def _folded(expression: str) -> str:
    """An expression with the whole numbers that its parts come to in which nothing is open."""
    try:
        parts: list[object] = [parse(expression).tree]
    except ExpressionError:
        return expression  # as it will be found in the text
    closed: list[tuple[int, int, int]] = []
    while parts:
        part = parts.pop()
        if isinstance(part, (Arithmetic, Call, Group, Indexing)) and "$" not in expression[part.start : part.end]:
            value = _evaluated(expression[part.start : part.end])
            if type(value) is int and value >= 0:
                closed.append((part.start, part.end, value))
                continue
        parts += part if isinstance(part, tuple) else ()
    for start, end, value in sorted(closed, reverse=True):
        expression = f"{expression[:start]}{value}{expression[end:]}"
    return expression


def _nothing(name: str) -> Value:
    raise CannotBe(f"`${name}` has no value")


def names_in(lines: list[str], tree: Tree) -> frozenset[str]:
    """The `$names` in a value of a text."""
    return frozenset(_NAME.findall(flat(lines, tree)))


def as_operand(expression: str) -> str:
    """An expression as it stands in another."""
    return expression if _OPERAND.match(expression) else f"({expression})"


def as_piece(expression: str) -> str:
    """An expression as it stands in a path that is built."""
    return f"${{{expression.removeprefix('$') if _NAME.fullmatch(expression) else expression}}}"


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
