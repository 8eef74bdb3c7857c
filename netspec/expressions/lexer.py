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

    `kind` is "number", "name", "word", "text", "sign", or "end" of the one after the last, which is empty; of a text with
    values in it "part" is what stands between them.
    """

    kind: str
    text: str
    start: int
    end: int


def tokens_of(text: str, start: int = 0, end: int | None = None) -> list[Token]:
    """The tokens of a text, or of `text[start:end]`, the one that marks its end included.

    Raises:
        ExpressionError: A character has no place in an expression.
    """
    tokens: list[Token] = []
    position, end = start, start + len(text[start:end].rstrip())
    while position < end:
        match = _TOKEN.match(text, position, end)
        if match is None:
            raise _strange(text, position, end)
        position = match.end()
        kind = match.lastgroup or ""
        written = match[kind]
        tokens.append(Token(kind, written, position - len(written), position))
    tokens.append(Token("end", "", end, end))
    return tokens


class Piece(NamedTuple):
    """A part of a text with values in it: `text[start:end]` of the whole, as it stands or an expression."""

    is_value: bool
    start: int
    end: int


_VALUE = re.compile(r"\$(?:\{([^{}]*)\}|([A-Za-z_][A-Za-z0-9_]*))")
_IN_BRACES = re.compile(r"\$\{([^{}]*)\}")


def pieces_of(text: str, start: int = 0, end: int | None = None, *, braces_only: bool = False) -> list[Piece]:
    """The pieces of a text: what stands between values, and the values.

    A value is a `$name`, its sign included, or what stands between the braces of `${…}`.
    """
    end = len(text) if end is None else end
    pieces: list[Piece] = []
    for match in (_IN_BRACES if braces_only else _VALUE).finditer(text, start, end):
        if match.start() > start:
            pieces.append(Piece(False, start, match.start()))
        pieces.append(Piece(True, *(match.span(1) if match.start(1) >= 0 else match.span())))
        start = match.end()
    if start < end:
        pieces.append(Piece(False, start, end))
    return pieces


def tokens_within(text: str) -> list[Token]:
    """The tokens of an expression or of a name that is built, those of values inside texts too, without the one at the end.

    A name in braces, `${name}`, is a "name" without its sign.

    Raises:
        ExpressionError: A character has no place there.
    """
    if is_built(text):
        return _tokens_in(text, 0, len(text), braces_only=False)
    found: list[Token] = []
    for token in tokens_of(text)[:-1]:
        if token.kind == "text" and "${" in token.text:
            found += _tokens_in(text, token.start + 1, token.end - 1, braces_only=True)
        else:
            found.append(token)
    return found


def _tokens_in(text: str, start: int, end: int, *, braces_only: bool) -> list[Token]:
    found: list[Token] = []
    for piece in pieces_of(text, start, end, braces_only=braces_only):
        written = text[piece.start : piece.end]
        if not piece.is_value:
            found.append(Token("part", written, piece.start, piece.end))
        elif written.isidentifier():
            found.append(Token("name", written, piece.start, piece.end))
        else:
            found += tokens_of(text, piece.start, piece.end)[:-1]
    return found


# What may be a path with values in it: letters and dots between them, `_*` at the end of a name.
_PATH = re.compile(r"(?:[A-Za-z0-9_.]|_\*(?=\.|\Z)|\}\*(?=\.|\Z)|\$[A-Za-z_]\w*|\$\{[^{}]*\}?)+\Z")
_ALONE = re.compile(r"\$[A-Za-z_][A-Za-z0-9_]*\Z")


def is_built(text: str) -> bool:
    """Is it the name or path of a node with values in it, `level_$index` or `$block.last`, and no expression?"""
    return "$" in text and _ALONE.match(text) is None and _PATH.match(text) is not None


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
