"""Expressions without quotes that a comma inside `{…}` or `[…]` has torn: `{filters: max($a, 2)}` is read as two entries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from netspec.diagnostics.problems import Candidate, Edit, Span
from netspec.expressions import ExpressionError, is_expression, parse
from netspec.syntax.tree import Scalar, Tree, span_of

_LONGEST = 2_000  # characters of a line in which the rest is looked for


class Torn(NamedTuple):
    """An expression of which a value is the beginning."""

    text: str
    span: Span

    @property
    def words(self) -> str:
        """What is wrong, and what to write."""
        return f'an expression with a comma needs quotes inside `{{…}}` or `[…]`; write `"{self.text}"`'

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The expression in quotes."""
        return (Candidate((Edit(self.span, f'"{self.text}"'),), f'"{self.text}"'),)


def torn(tree: Tree, lines: Sequence[str]) -> Torn | None:
    """The expression of which a value is the beginning; None where it is none, or whole."""
    if not isinstance(tree, Scalar) or not tree.plain or tree.text.count("(") <= tree.text.count(")"):
        return None
    span = span_of(tree)
    line = lines[span.line - 1]
    if span.line != span.end_line or len(line) > _LONGEST or not line[span.end_column - 1 :].lstrip().startswith(","):
        return None
    written, depth = line[span.column - 1 :], 0
    for at, character in enumerate(written):
        if depth == 0 and character in ",}]":
            text = written[:at].rstrip()
            return Torn(text, span._replace(end_column=span.column + len(text))) if _is_right(text) else None
        if character in "\"'#":
            return None
        depth += (character in "([{") - (character in ")]}")
    return None


def _is_right(text: str) -> bool:
    """Is it an expression, and a right one?"""
    try:
        parse(text)
    except ExpressionError:
        return False
    return is_expression(text)
