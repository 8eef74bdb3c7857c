"""Protobuf's text format, of which a prototxt is written, to plain data: bounded, and without classes made for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from netspec.conversion.model import ConversionError
from netspec.diagnostics.words import show

MAX_BYTES = 8 * 2**20
MAX_DEPTH = 30  # of messages in messages
MAX_FIELDS = 200_000

Value = "str | int | float | bool | Message"


class Word(str):
    """A word without quotes: the name of a value of an enumeration."""

    __slots__ = ()


class Message(dict[str, "list[object]"]):
    """The values of each field, in order."""

    def one(self, name: str) -> object:
        """The last value of a field, which is the one that counts; None where it is not said."""
        return self[name][-1] if name in self else None

    def inside(self, name: str) -> Message:
        """The message that a field holds; an empty one where it is not said."""
        found = self.one(name)
        return found if isinstance(found, Message) else Message()

    def messages(self, name: str) -> list[Message]:
        """All messages that a field holds."""
        return [each for each in self.get(name, ()) if isinstance(each, Message)]


class _Token(NamedTuple):
    text: str
    line: int


_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\f\v,;]+|\#[^\n]*)|(?P<line>\n)|(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')"""
    r"""|(?P<word>[A-Za-z_][A-Za-z0-9_./]*)|(?P<number>[-+]?(?:0[xX][0-9a-fA-F]+|\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?)f?)"""
    r"""|(?P<mark>[{}\[\]<>:])"""
)


def parse(text: str) -> Message:
    """The message that a text says. Raises ConversionError."""
    if len(text) > MAX_BYTES:
        raise ConversionError(f"it holds {len(text):,} characters, more than a prototxt may")
    reader = _Reader(text)
    return reader.message(end=None)


class _Reader:
    def __init__(self, text: str) -> None:
        self.tokens = self._tokens(text)
        self.next = next(self.tokens, None)
        self.line = 1
        self.fields = 0
        self.depth = 0

    @staticmethod
    def _tokens(text: str) -> Iterator[_Token]:
        place, line = 0, 1
        while place < len(text):
            found = _TOKEN.match(text, place)
            if found is None:
                raise ConversionError(f"line {line} is no prototxt: {show(text[place : place + 20])}")
            if found.lastgroup == "line":
                line += 1
            elif found.lastgroup != "space":
                yield _Token(found[0], line)
            place = found.end()

    def take(self) -> str:
        if self.next is None:
            raise ConversionError("it ends inside a message")
        token, self.next = self.next, next(self.tokens, None)
        self.line = token.line
        return token.text

    def peek(self) -> str | None:
        return None if self.next is None else self.next.text

    def message(self, end: str | None) -> Message:
        found = Message()
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ConversionError(f"messages lie more than {MAX_DEPTH} deep in messages")
        while self.peek() != end:
            name = self.take()
            if not (name[0].isalpha() or name[0] == "_"):
                raise ConversionError(f"line {self.line} must begin with the name of a field, not {show(name)}")
            has_colon = self.peek() == ":"
            if has_colon:
                self.take()
            values = found.setdefault(name, [])
            if self.peek() == "[":
                self.take()
                while self.peek() != "]":
                    values.append(self.value(has_colon=has_colon))
                self.take()
            else:
                values.append(self.value(has_colon=has_colon))
        if end is not None:
            self.take()
        self.depth -= 1
        return found

    def value(self, *, has_colon: bool) -> object:
        self.fields += 1
        if self.fields > MAX_FIELDS:
            raise ConversionError(f"it has more than {MAX_FIELDS:,} values")
        text = self.take()
        if text in ("{", "<"):
            return self.message("}" if text == "{" else ">")
        if not has_colon or text in "}]>:[":
            raise ConversionError(f"line {self.line} has {show(text)} where a value is expected")
        if text[0] in "\"'":
            while (more := self.peek()) is not None and more[0] in "\"'":  # texts side by side are one
                text = text[:-1] + self.take()[1:]
            return text[1:-1]
        if text in ("true", "false"):
            return text == "true"
        if text[0].isalpha() or text[0] == "_":
            return Word(text)
        return _number(text.removesuffix("f") if "x" not in text.lower() else text)


def _number(text: str) -> int | float:
    try:
        return int(text, 0 if "x" in text.lower() else 10)
    except ValueError:
        return float(text)
