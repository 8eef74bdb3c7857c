"""Edits of a text that leave its comments and layout as they are."""

from __future__ import annotations

import re
from collections.abc import Iterable

from netspec.diagnostics.problems import Edit, Span
from netspec.syntax.tree import Entry, Mapping, Scalar, Tree


def indented(entries: Iterable[Entry], columns: int = 2) -> tuple[Edit, ...]:
    """Some entries of a block map a few columns further in."""
    lines = {line for key, value in entries for line in range(key.start.line, last_line(value) + 1)}
    return tuple(Edit(Span(line + 1, 1, line + 1, 1), " " * columns) for line in sorted(lines))


def between(old: str, new: str) -> tuple[Edit, ...]:
    """The edits, whole lines each, that make one text of another."""
    from difflib import SequenceMatcher  # slow to import, and seldom needed

    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    return tuple(
        Edit(Span(i + 1, 1, j + 1, 1), "".join(after[k:m]).replace("\r\n", "\n"))
        for tag, i, j, k, m in matcher.get_opcodes()
        if tag != "equal"
    )


def last_line(tree: Tree) -> int:
    """The line, from 0, on which a tree ends; a block collection's own end mark stands on a later one."""
    if isinstance(tree, Scalar) or tree.flow:
        return int(tree.end.line)
    inner = [entry.value for entry in tree.entries.values()] if isinstance(tree, Mapping) else tree.items
    return last_line(inner[-1]) if inner else int(tree.start.line)


_JSON_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s\[\]{},:"](?:[^\[\]{},:"]*[^\s\[\]{},:"])?')


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


def in_json(edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """Edits of a text that is JSON, where words stand in quotes."""
    return tuple(edit._replace(text=_JSON_TOKEN.sub(_quoted, edit.text)) for edit in edits)


def _quoted(token: re.Match[str]) -> str:
    import json

    try:
        json.loads(token[0])
    except ValueError:
        return json.dumps(token[0], ensure_ascii=False)
    return token[0]


def moved(line: int, column: int, edits: Iterable[Edit]) -> tuple[int, int]:
    """Where a place of a text is after edits of it; one whose text is replaced is at the beginning of the new.

    The beginning of a text, where what is missing in it is reported, stays there.
    """
    if (line, column) == (1, 1):
        return line, column
    for span, new in sorted(
        edits, key=lambda e: (e.span.line, e.span.column), reverse=True
    ):  # each leaves those before it
        if (span.end_line, span.end_column) <= (line, column):
            tail = new.rpartition("\n")[2]
            if line == span.end_line:
                column += len(tail) - span.end_column + (1 if "\n" in new else span.column)
            line += new.count("\n") - (span.end_line - span.line)
        elif (span.line, span.column) < (line, column):
            line, column = span.line, span.column
    return line, column


def apply(text: str, edits: tuple[Edit, ...]) -> str:
    """The text with edits made, last first so that places stay true."""
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))

    def offset(line: int, column: int) -> int:
        return starts[min(line - 1, len(starts) - 1)] + column - 1

    newline = "\r\n" if "\r\n" in text else "\n"
    for span, new in sorted(edits, key=lambda e: (e.span.line, e.span.column), reverse=True):
        begin, end = offset(span.line, span.column), offset(span.end_line, span.end_column)
        text = text[:begin] + new.replace("\n", newline) + text[end:]
    return text
