"""Texts that are edited in place, against the simplest thing that could be right."""

from __future__ import annotations

import re

from hypothesis import example, given
from hypothesis import strategies as st

from netspec.diagnostics.problems import Span
from netspec.lsp.shifting import shift
from netspec.lsp.text import Text
from netspec.syntax.tree import lines_of

PIECES = st.lists(st.sampled_from(["a", "é", "😀", "\t", " ", "\n", "\r\n", "\r", "ab", "- x: 1\n"]), max_size=12).map(
    "".join
)


def offset(text: str, line: int, units: int) -> int:
    """Where a position of the protocol is in a text: lines are split anew, columns counted in UTF-16."""
    ends = [match.end() for match in re.finditer(r"\r\n?|\n", text)]
    starts = [0, *ends]
    if line >= len(starts):
        return len(text)
    rest = re.split(r"\r\n?|\n", text[starts[line] :], maxsplit=1)[0]
    for index in range(len(rest) + 1):
        if len(rest[:index].encode("utf-16-le")) // 2 >= units:
            return starts[line] + index
    return starts[line] + len(rest)


POSITIONS = st.fixed_dictionaries({"line": st.integers(0, 8), "character": st.integers(0, 9)})


@given(PIECES, st.lists(st.tuples(POSITIONS, POSITIONS, PIECES), max_size=6))
@example("a\r\nb", [({"line": 0, "character": 1}, {"line": 1, "character": 0}, "\r")])
@example("a\r", [({"line": 1, "character": 0}, {"line": 1, "character": 0}, "\n")])
@example("", [({"line": 0, "character": 0}, {"line": 0, "character": 0}, "\r\n")])
def test_changes(content: str, changes: list[tuple[dict[str, int], dict[str, int], str]]) -> None:
    text, expected = Text(content), content
    for start, end, new in changes:
        text.change({"range": {"start": start, "end": end}, "text": new})
        first, last = sorted((offset(expected, **_named(start)), offset(expected, **_named(end))))
        expected = expected[:first] + new + expected[last:]
        assert text.content == expected
        assert text.line_count == len(lines_of(expected))
        assert [text.line(index) for index in range(text.line_count)] == lines_of(expected)


def _named(position: dict[str, int]) -> dict[str, int]:
    return {"line": position["line"], "units": position["character"]}


@given(PIECES, POSITIONS)
def test_a_place_and_back(content: str, position: dict[str, int]) -> None:
    text = Text(content)
    line, column = text.place(position)
    back = text.position(line, column)
    assert text.place(back) == (line, column)
    assert offset(content, **_named(position)) == offset(content, **_named(back))


def test_positions_are_counted_as_the_client_asked() -> None:
    span = Span(1, 3, 1, 4)
    line = {"line": 0}
    assert Text("😀😀x").range(span) == {"start": {**line, "character": 4}, "end": {**line, "character": 5}}
    assert Text("😀😀x", "utf-32").range(span) == {"start": {**line, "character": 2}, "end": {**line, "character": 3}}


def test_the_whole_text_is_replaced() -> None:
    text = Text("a\nb\n")
    assert text.change({"text": "c"}) == (0, 3, 1)
    assert text.content == "c"


def test_which_lines_a_change_touches() -> None:
    text = Text("a\nb\nc\nd\n")
    where = {"start": {"line": 1, "character": 0}, "end": {"line": 2, "character": 1}}
    assert text.change({"range": where, "text": "x"}) == (1, 3, 2)
    assert text.change({"range": {"start": where["start"], "end": where["start"]}, "text": "1\n2\n"}) == (1, 2, 4)


LINES = st.lists(st.sampled_from(["a", "ab", " ", ": ", "{", "}", ", ", "😀"]), max_size=9).map("".join)


@given(LINES, LINES, st.integers(0, 20), st.integers(0, 20))
@example("{a, b}", "{a, ab, b}", 4, 5)
def test_what_is_moved_is_the_same_there_and_comes_back(line: str, other: str, start: int, length: int) -> None:
    end = min(start + length, len(line))
    start = min(start, end)
    moved = shift(line, other).moved(start, end)
    if moved is None:
        return
    assert line[start:end] == other[moved[0] : moved[1]]
    if start < end:  # a place between two characters may have become several
        assert shift(line, other).back.moved(*moved) == (start, end)


def test_a_part_of_a_word_is_not_the_word() -> None:
    became = shift("{name: c2, x: 1}", "{name: c23, kernel: 3, x: 1}")
    assert became.moved(7, 9) is None  # c2
    assert became.moved(1, 5) == (1, 5)  # name
    assert became.moved(11, 12) == (23, 24)  # x
