"""Expressions as trees.

A part knows where it stands: it is written as `text[start:end]` of the whole expression. A part never includes the
brackets around it; those are a part of their own, `Group`. Chains of operators of one rank are flat, so that only
brackets and signs make a tree deeper (`MAX_DEPTH` levels at most), however long the text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias


class Literal(NamedTuple):
    """A number, a text, or true or false."""

    value: int | float | str | bool
    start: int
    end: int


class Name(NamedTuple):
    """`$name`; `name` is without the sign."""

    name: str
    start: int
    end: int


class Display(NamedTuple):
    """`[1, 2]`: a list written out."""

    items: tuple[Part, ...]
    start: int
    end: int


class Variable(NamedTuple):
    """The name that a `for` gives to one value after the other; `start` and `end` are where it stands behind the `for`.

    `reads` are the places at which it is read, as `$name`.
    """

    name: str
    reads: tuple[Name, ...]
    start: int
    end: int


class Comprehension(NamedTuple):
    """`[item for variable in values]`, or with `if test` at its end: a list that is worked out value by value."""

    item: Part
    variable: Variable
    values: Part
    test: Part | None
    start: int
    end: int


class Text(NamedTuple):
    """A text with values in it: `level_$index`, or in quotes `'level_${$index + 1}'`."""

    parts: tuple[Part, ...]
    start: int
    end: int


class Group(NamedTuple):
    """`(…)`."""

    inner: Part
    start: int
    end: int


class Subscript(NamedTuple):
    """`[2]` after a value."""

    position: Part
    start: int
    end: int


class Indexing(NamedTuple):
    """A value and the subscripts behind it: `$pairs[0][1]`."""

    value: Part
    subscripts: tuple[Subscript, ...]
    start: int
    end: int


class Unary(NamedTuple):
    """`-`, `+` or `not` before a value."""

    sign: str
    operand: Part
    start: int
    end: int


class Operation(NamedTuple):
    """One more operator of a chain, with the value at its right; `start` is the operator's."""

    sign: str
    operand: Part
    start: int
    end: int


class Arithmetic(NamedTuple):
    """Operators of one rank, worked out from left to right: `+` and `-`; `*`, `/`, `//` and `%`; or one `**`."""

    first: Part
    rest: tuple[Operation, ...]
    start: int
    end: int


class Comparison(NamedTuple):
    """`1 < $n <= 8`: true if every comparison in it is."""

    first: Part
    rest: tuple[Operation, ...]
    start: int
    end: int


class Logic(NamedTuple):
    """Values joined by `and`, or by `or`."""

    word: str
    operands: tuple[Part, ...]
    start: int
    end: int


class Conditional(NamedTuple):
    """`then if test else other`."""

    then: Part
    test: Part
    other: Part
    start: int
    end: int


class Call(NamedTuple):
    """A function and what it is given."""

    function: str
    arguments: tuple[Part, ...]
    start: int
    end: int


Part: TypeAlias = (
    Literal
    | Name
    | Display
    | Comprehension
    | Text
    | Group
    | Indexing
    | Unary
    | Arithmetic
    | Comparison
    | Logic
    | Conditional
    | Call
)


def comprehensions(part: Part) -> Iterator[Comprehension]:
    """The lists in an expression that are worked out value by value, those in others too."""
    stack: list[object] = [part]
    while stack:
        each = stack.pop()
        if isinstance(each, Comprehension):
            yield each
        if isinstance(each, tuple):
            stack += each
