"""The text of an expression cut into tokens."""

from __future__ import annotations

import re
from typing import NamedTuple

from netspec.diagnostics.words import show
from netspec.expressions.errors import ExpressionError

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)
      | (?P<name>\$[A-Za-z_][A-Za-z0-9_]*)
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<text>'[^']*'|"[^"]*")
      | (?P<sign>\*\*|//|==|!=|<=|>=|[-+*/%<>()\[\],])
    )""",
    re.VERBOSE,
)


# What other languages write, with the end of the message and what is written here; of `=` one cannot tell.
_SIGNS = {
    "&&": ("; write `and`", "and"),
    "||": ("; write `or`", "or"),
    "!": ("; write `not`", "not "),
    "^": ("; a power is written `**`", "**"),
    "=": ("; equality is `==`", ""),
}


class Token(NamedTuple):
    """A piece of an expression that cannot be divided: `text[start:end]` of the whole.

    `kind` is "number", "name", "word", "text", "sign", or "end" of the one after the last, which is empty.
    """

    kind: str
    text: str
    start: int
    end: int


def tokens_of(text: str) -> list[Token]:
    """The tokens of a text, the one that marks its end included.

    Raises:
        ExpressionError: A character has no place in an expression.
    """
    tokens: list[Token] = []
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            raise _strange(text, position, end)
        position = match.end()
        kind = match.lastgroup or ""
        written = match[kind]
        tokens.append(Token(kind, written, position - len(written), position))
    tokens.append(Token("end", "", end, end))
    return tokens


def _strange(text: str, position: int, end: int) -> ExpressionError:
    start = end - len(text[position:end].lstrip())
    character = text[start]
    if character in "'\"":
        return ExpressionError("a closing quote is missing", part=(start, end))
    written = next((sign for sign in _SIGNS if text.startswith(sign, start)), character)
    hint, meant = _SIGNS.get(written, ("", ""))
    error = ExpressionError(f"{show(written)} has no place in an expression{hint}", part=(start, start + len(written)))
    error.meant = meant
    return error
