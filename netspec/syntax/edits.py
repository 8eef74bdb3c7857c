"""Edits of a text that leave its comments and layout as they are."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence

from netspec.diagnostics.patterns import later
from netspec.diagnostics.problems import Edit, Span
from netspec.syntax.tree import Entry, last_line


def indented(entries: Iterable[Entry], columns: int = 2) -> tuple[Edit, ...]:
    """Some entries of a block map a few columns further in."""
    lines = {line for key, value in entries for line in range(key.start.line, last_line(value) + 1)}
    return tuple(Edit(Span(line + 1, 1, line + 1, 1), " " * columns) for line in sorted(lines))


MAX_COMPARED = 1_000_000  # pairs of lines, beyond which all between the first and the last that differ is one edit


def between(old: str, new: str) -> tuple[Edit, ...]:
    """The edits, whole lines each, that make one text of another."""
    from difflib import SequenceMatcher  # slow to import, and seldom needed

    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    start = next(
        (i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after))
    )
    most = min(len(before), len(after)) - start
    ends = zip(reversed(before), reversed(after), strict=False)
    tail = next((i for i, (a, b) in enumerate(ends) if a != b or i == most), most)
    first, second = before[start : len(before) - tail], after[start : len(after) - tail]
    if len(first) * len(second) > MAX_COMPARED:
        opcodes: Sequence[tuple[str, int, int, int, int]] = [("replace", 0, len(first), 0, len(second))]
    else:
        opcodes = SequenceMatcher(None, first, second, autojunk=False).get_opcodes()
    return tuple(
        Edit(Span(start + i + 1, 1, start + j + 1, 1), "".join(second[k:m]).replace("\r\n", "\n"))
        for tag, i, j, k, m in opcodes
        if tag != "equal"
    )


_JSON_TOKEN = later(r'"(?:[^"\\]|\\.)*"|[^\s\[\]{},:"](?:[^\[\]{},:"]*[^\s\[\]{},:"])?')


def is_json(text: str) -> bool:
    """Is a spec's text JSON, and not only YAML that looks like it?"""
    if text.lstrip()[:1] != "{":
        return False
    import json  # a correct spec needs none of it

    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def in_json(edits: tuple[Edit, ...], text: str = "") -> tuple[Edit, ...]:
    """Edits of a text that is JSON, where words stand in quotes, and in braces what gets a value.

    Args:
        edits: The edits, as they are for YAML.
        text: The text.
    """
    written = [edit._replace(text=_JSON_TOKEN.sub(_quoted, edit.text)) for edit in edits]
    lines = text.splitlines() if any(edit.text.startswith(": ") for edit in written) else []
    return tuple(each for edit in written for each in (_in_braces(edit, lines) if lines else (edit,)))


def _in_braces(edit: Edit, lines: Sequence[str]) -> tuple[Edit, ...]:
    """`"pool"` in a list, which gets a value: braces around both."""
    span, new = edit
    before = lines[span.line - 1][: span.column - 1] if edit.text.startswith(": ") else ""
    start = before.rfind('"', 0, len(before) - 1) + 1  # the word's, from 1
    if not before.endswith('"') or not start:
        return (edit,)
    return Edit(Span(span.line, start, span.line, start), "{"), Edit(span, f"{new}}}")


def _quoted(token: re.Match[str]) -> str:
    import json

    try:
        json.loads(token[0])
    except ValueError:
        return json.dumps(token[0], ensure_ascii=False)
    return token[0]


class Moves:
    """Where the places of a text are after edits of it, none of which touches another."""

    def __init__(self, edits: Iterable[Edit]) -> None:
        self.edits = _in_order(edits)
        self._starts = [edit.span[:2] for edit in self.edits]
        self._lines: list[int] = []  # by how many lines a place behind each edit moves
        self._columns: list[int] = []  # and by how many columns, if it is on the line on which the edit ends
        lines = columns = last = 0
        for span, new in self.edits:
            lines += new.count("\n") - (span.end_line - span.line)
            before = columns if span.line == last and "\n" not in new else 0
            tail = new.rpartition("\n")[2]
            columns = before + len(tail) - span.end_column + (1 if "\n" in new else span.column)
            last = span.end_line
            self._lines.append(lines)
            self._columns.append(columns)

    def moved(self, line: int, column: int) -> tuple[int, int]:
        """Where a place is; one whose text is replaced is at the beginning of the new.

        The beginning of a text, where what is missing in it is reported, stays there.
        """
        if (line, column) == (1, 1):
            return line, column
        for index in range(bisect_right(self._starts, (line, column)) - 1, -1, -1):
            span = self.edits[index].span
            if (span.end_line, span.end_column) <= (line, column):  # and so are all before it
                on_its_line = span.end_line == line
                return line + self._lines[index], column + self._columns[index] * on_its_line
            line, column = span.line, span.column
        return line, column


def _in_order(edits: Iterable[Edit]) -> list[Edit]:
    """Edits in the order of their places; of several at one place the last that is given comes first."""
    return sorted(edits, key=lambda e: (e.span.line, e.span.column), reverse=True)[::-1]


def apply(text: str, edits: tuple[Edit, ...]) -> str:
    """The text with edits made, none of which touches another."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def offset(line: int, column: int) -> int:
        return starts[min(line - 1, len(starts) - 1)] + column - 1

    newline = "\r\n" if "\r\n" in text else "\n"
    pieces: list[str] = []
    done = 0
    for span, new in _in_order(edits):
        pieces += text[done : offset(span.line, span.column)], new.replace("\n", newline)
        done = offset(span.end_line, span.end_column)
    return "".join((*pieces, text[done:]))
