"""An open text: edited in place, and its positions in the units that an editor counts."""

from __future__ import annotations

import re
from typing import Literal

from netspec.diagnostics.problems import Span
from netspec.lsp.rpc import Params

Encoding = Literal["utf-16", "utf-32"]

_LINES = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")


class Text:
    """The lines of a text, each with its end. Lines end as they do in the protocol and for netspec: CR LF, LF or CR.

    Args:
        content: The whole.
        encoding: What one column is to the editor: a code unit of UTF-16, or a character.
    """

    def __init__(self, content: str, encoding: Encoding = "utf-16") -> None:
        self.encoding = encoding
        self._lines = _LINES.findall(content)
        self._content: str | None = content

    @property
    def content(self) -> str:
        """The whole text."""
        if self._content is None:
            self._content = "".join(self._lines)
        return self._content

    @property
    def line_count(self) -> int:
        """Lines, the last included also where it is empty."""
        return len(self._lines) + (not self._lines or self._lines[-1][-1] in "\r\n")

    def line(self, index: int) -> str:
        """A line by its number from 0, without its end; empty beyond the text."""
        return self._lines[index].rstrip("\r\n") if 0 <= index < len(self._lines) else ""

    def change(self, change: Params) -> tuple[int, int, int]:
        """Make one change of the protocol: of a range, or of the whole.

        Args:
            change: `range` and `text`, or `text` alone.

        Returns:
            The first line that it touches, the one after the last before it, and that one afterwards, from 0.
        """
        new: str = change["text"]
        if change.get("range") is None:
            before = self.line_count
            self._lines, self._content = _LINES.findall(new), new
            return 0, before, self.line_count
        start, end = self.index(change["range"]["start"]), self.index(change["range"]["end"])
        if end < start:
            start, end = end, start
        # The lines around are split anew as well: a change may tear CR from LF, or bring them together.
        first, last = max(start[0] - 1, 0), min(end[0] + 2, len(self._lines))
        old = self._lines[first:last]
        joined = "".join(old)
        begin = sum(map(len, old[: start[0] - first])) + start[1]
        stop = sum(map(len, old[: end[0] - first])) + end[1]
        made = _LINES.findall(joined[:begin] + new + joined[stop:])
        self._lines[first:last] = made
        self._content = None
        return start[0], end[0] + 1, end[0] + 1 + len(made) - len(old)

    def index(self, position: Params) -> tuple[int, int]:
        """A position of the protocol as line and character, from 0; one beyond a line's end is its end."""
        line, units = int(position["line"]), int(position["character"])
        if line >= self.line_count:
            last = self.line_count - 1
            return last, len(self.line(last))
        text = self.line(max(line, 0))
        return max(line, 0), _characters(text, max(units, 0), self.encoding)

    def place(self, position: Params) -> tuple[int, int]:
        """A position of the protocol as netspec counts: line and column, from 1."""
        line, column = self.index(position)
        return line + 1, column + 1

    def position(self, line: int, column: int) -> dict[str, int]:
        """A place as netspec counts, as a position of the protocol."""
        line = min(line, self.line_count)
        text = self.line(line - 1)
        return {"line": line - 1, "character": _units(text, min(column - 1, len(text)), self.encoding)}

    def range(self, span: Span) -> dict[str, dict[str, int]]:
        """A span as a range of the protocol."""
        return {
            "start": self.position(span.line, span.column),
            "end": self.position(span.end_line, span.end_column),
        }

    def span(self, range_: Params) -> Span:
        """A range of the protocol as a span."""
        return Span(*self.place(range_["start"]), *self.place(range_["end"]))


def _units(text: str, characters: int, encoding: Encoding) -> int:
    if encoding == "utf-32" or text.isascii():
        return characters
    return characters + sum(char > "\uffff" for char in text[:characters])


def _characters(text: str, units: int, encoding: Encoding) -> int:
    if encoding == "utf-32" or text.isascii():
        return min(units, len(text))
    seen = 0
    for index, char in enumerate(text):
        if seen >= units:
            return index
        seen += 1 + (char > "\uffff")
    return len(text)
