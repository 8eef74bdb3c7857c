"""The `$`-expressions of a spec: a small grammar and an evaluator that cannot run away.

`lexer` cuts a text into tokens, `parser` makes them a `tree`, `evaluation` makes the tree closures that compute, with what
stands in `functions`. Text, depth, numbers and lists are bounded (`limits`), so that no expression takes noticeable time or
memory whatever it says.
"""

from __future__ import annotations

import re

from netspec.diagnostics.patterns import later
from netspec.expressions.errors import ExpressionError, UnknownNameError
from netspec.expressions.evaluation import Effort, Lookup, Scope, Spend, compiled
from netspec.expressions.functions import Value, bounded_list
from netspec.expressions.lexer import is_built
from netspec.expressions.limits import MAX_DEPTH, MAX_GATHERED, MAX_ITEMS, MAX_LENGTH, MAX_NUMBER, MAX_ROUNDS
from netspec.expressions.parser import Parser
from netspec.expressions.tree import Name, Part, Variable
from netspec.expressions.written import Written

__all__ = [
    "COST_OF_EXPRESSION",
    "MAX_DEPTH",
    "MAX_GATHERED",
    "MAX_ITEMS",
    "MAX_LENGTH",
    "MAX_NUMBER",
    "MAX_ROUNDS",
    "Expression",
    "ExpressionError",
    "Lookup",
    "Name",
    "Part",
    "Value",
    "Variable",
    "Written",
    "bounded_list",
    "build",
    "is_built",
    "is_expression",
    "parse",
    "unknown_name",
]

COST_OF_EXPRESSION = 20  # characters, in whose time an empty one would be worked out

_NAME = re.compile(r"\$[A-Za-z_]")


def is_expression(text: str) -> bool:
    """Does the text hold a `$name`?"""
    return "$" in text and _NAME.search(text) is not None


class Expression:
    """An expression that can be evaluated.

    Attributes:
        text: As it is written.
        tree: Its parts, each with the place in the text at which it stands.
        references: Every `$name` in it with its place, from left to right, as often as it is written, those left out that
            a `for` gives.
        variables: The names that its `for` give, with the places at which they are read.
        names: The names that it reads, each once.
        cost: What working it out takes, about, in characters.
    """

    __slots__ = ("_run", "cost", "names", "references", "text", "tree", "variables")

    def __init__(
        self, text: str, tree: Part, references: tuple[Name, ...], variables: tuple[Variable, ...] = ()
    ) -> None:
        self.text = text
        self.tree = tree
        self.references = references
        self.variables = variables
        self.names = tuple(dict.fromkeys(each.name for each in references))
        self.cost = len(text) + COST_OF_EXPRESSION
        self._run = compiled(tree)

    def evaluate(self, lookup: Lookup, spend: Spend | None = None) -> Value:
        """The value.

        Args:
            lookup: Gives the value of a name, and raises ExpressionError (`unknown_name`) for one that it does not know.
            spend: Is told what is worked out again and again by a `for`, in characters; may raise ExpressionError.

        Raises:
            ExpressionError: It has no value; `part` says where in the text that shows.
        """
        if self.variables:
            lookup = Scope(lookup, Effort(spend))
        try:
            return self._run(lookup)
        except ExpressionError as error:
            error.text = self.text
            raise
        except (TypeError, ValueError, ArithmeticError, IndexError) as error:
            wrong = ExpressionError(f"cannot be worked out: {error}", "NS503")
            wrong.text = self.text
            raise wrong from None

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    def __str__(self) -> str:
        return self.text  # as a spec has it


_CACHE: dict[str, Expression] = {}
_BUILT: dict[str, Expression] = {}


def build(text: str) -> Expression:
    """A text with values in it, such as `level_$index`, as an expression. The same text is parsed once.

    Raises:
        ExpressionError: What stands for a value in it is none; `part` says where.
    """
    found = _BUILT.get(text)
    if found is None:
        try:
            if len(text) > MAX_LENGTH:
                raise ExpressionError(f"the expression is longer than {MAX_LENGTH:,} characters")
            parser = Parser(text, 0, 0)
            tree = parser.built()
        except ExpressionError as error:
            error.text = text
            raise
        if len(_BUILT) > 10_000:
            _BUILT.clear()
        found = _BUILT[text] = Expression(text, tree, tuple(parser.names), tuple(parser.variables))
    return found


def parse(text: str) -> Expression:
    """An expression from its text. The same text is parsed once.

    Raises:
        ExpressionError: The text is not an expression; `part` says where it ceases to be one.
    """
    found = _CACHE.get(text)
    if found is None:
        try:
            if len(text) > MAX_LENGTH:
                raise ExpressionError(f"the expression is longer than {MAX_LENGTH:,} characters")
            parser = Parser(text)
            tree = parser.expression()
        except ExpressionError as error:
            error.text = text
            meant = chosen(text) if "?" in text and len(text) <= MAX_LENGTH else ""
            if meant:
                message = f"an expression chooses by `if` and `else`, not by `?` and `:`; write `{meant}`"
                error = ExpressionError(message, part=(0, len(text)))
                error.text, error.meant = text, meant
                raise error from None
            raise
        if len(_CACHE) > 10_000:
            _CACHE.clear()
        found = _CACHE[text] = Expression(text, tree, tuple(parser.names), tuple(parser.variables))
    return found


_CHOICE = later(r"([^?:]+)\?([^?:]+):([^?:]+)")


def chosen(text: str) -> str:
    """`64 if $wide else 32` for `$wide ? 64 : 32`; empty where that is no expression."""
    choice = _CHOICE.fullmatch(text)
    if choice is None:
        return ""
    condition, yes, no = (part.strip() for part in choice.groups())
    meant = f"{yes} if {condition} else {no}"
    try:
        parse(meant)
    except ExpressionError:
        return ""
    return meant


def unknown_name(name: str, known: list[str]) -> ExpressionError:
    """The error that a lookup raises for a name that it does not know, with those that it knows as a hint."""
    return UnknownNameError(name, known)
