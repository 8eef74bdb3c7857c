"""Where in a spec a place is, by the text around it alone: the keys that lead there, and what is given beside it.

While something is typed the text does not parse, so the way is found by indentation, dashes and open brackets. A bracket that
is never closed is taken to end before the next line that cannot be inside it, so that what is wrong above a place does not
matter to it. Lines and columns count from 0 here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

Pos = tuple[int, int]  # line and column
Expects = Literal["key", "value", "item"]

_KEY = re.compile(
    r"""("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s,\[\]{}#&*!|>'"%@`?:-][^,\[\]{}#'"]*?|-[^\s,\[\]{}#][^,\[\]{}#]*?)\s*:(?=\s|\Z)"""
)
_TOKEN = re.compile(
    r"""(?P<space>\s+)|(?P<comment>\#.*)|(?P<mark>[\[\]{},])|(?P<colon>:(?=[\s,\[\]{}]|\Z))"""
    r"""|(?P<quoted>"(?:[^"\\]|\\.)*"?|'(?:[^']|'')*'?)|(?P<plain>(?:[^\s,\[\]{}:#]|:(?![\s,\[\]{}]|\Z)|(?<!\s)\#)"""
    r"""(?:[^,\[\]{}:#]|:(?![\s,\[\]{}]|\Z)|(?<!\s)\#)*)"""
)
_WORD = re.compile(r"\$?[A-Za-z0-9_]*(?:(?<=_)\*)?\Z")  # `s_*` is a name too
_REST = re.compile(r"[A-Za-z0-9_]*(?:(?<=_)\*)?")
_ROOT = re.compile(r"""["']?[A-Za-z_]\w*["']?\s*:(?=\s|\Z)""")
FAR = 200  # lines below a place that are looked at for what else its map holds


class Part(NamedTuple):
    """A step of the way to a place.

    Attributes:
        key: A key of a map; None for an item of a list.
        at: Where the key, or the item behind its dash, begins.
        previous: Of an item, where the one before it begins.
    """

    key: str | None
    at: Pos
    previous: Pos | None = None


class Context(NamedTuple):
    """What is known of a place.

    Attributes:
        path: The way there from the top; an item that is being written is not part of it.
        expects: A key of a map, the value of the last key of `path`, or an item of the list there.
        given: The other keys of the map; of a value also its own.
        previous: Of an item, where the one before it begins.
        line: The line.
        start: Where the word begins that the place is in or behind, its `$` included.
        end: Where that word ends.
        lead: What stands before the word in the same value.
        rest: What stands behind the word on the line.
        quote: The quote that the value stands in; empty where it stands in none.
        in_flow: Does it stand in brackets?
        indent: The column of the key or item that is written, or that of the key whose value is.
        has_dash: Does a dash stand before the item?
    """

    path: tuple[Part, ...]
    expects: Expects
    given: frozenset[str]
    previous: Pos | None
    line: int
    start: int
    end: int
    lead: str
    rest: str
    quote: str
    in_flow: bool
    indent: int
    has_dash: bool = True

    @property
    def keys(self) -> tuple[str | int, ...]:
        """The way there as keys; 0 stands for an item."""
        return tuple(0 if part.key is None else part.key for part in self.path)


def context(lines: Sequence[str], line: int, column: int) -> Context | None:
    """What a place is in; None in a comment.

    Args:
        lines: The text.
        line: The line of the place.
        column: Its column.
    """
    before, after = lines[line][:column], lines[line][column:]
    first = _anchor(lines, line)
    flow = _Flow()
    for number in range(first, line):
        flow.line(number, lines[number])
    flow.line(line, before, is_last=True)
    if flow.in_comment:
        return None
    word = _WORD.search(before)
    assert word is not None
    begin = word.start()
    end = column + len(_REST.match(after).group())  # type: ignore[union-attr]  # which matches nothing too
    rest = lines[line][end:]
    if flow.frames:
        return _in_flow(lines, flow, line, begin, end, rest)
    return _in_block(lines, line, before, begin, end, rest)


def _anchor(lines: Sequence[str], line: int) -> int:
    """The nearest line, at a place or above, that begins outside of all brackets."""
    for number in range(line, -1, -1):
        text = lines[number]
        content = text.lstrip(" ")
        if content.startswith("- ") or content.rstrip() == "-" or (_ROOT.match(text) and not _is_in_braces(lines)):
            return number
    return 0


def _is_in_braces(lines: Sequence[str]) -> bool:
    """Is all of the text in braces, as JSON is, so that a key at the margin is inside of them?"""
    first = next((text.lstrip() for text in lines if text.strip() and not text.lstrip().startswith("#")), "")
    return first.startswith("{")


# --- lines ------------------------------------------------------------------------------------------------------------


class _Head(NamedTuple):
    """A dash or a key at the beginning of a line."""

    column: int
    key: str | None  # None: a dash
    content: int  # where what follows begins


def _heads(text: str) -> list[_Head]:
    """The dashes and the key with which a line begins; none if it is empty, a comment or the rest of something."""
    found: list[_Head] = []
    column = len(text) - len(text.lstrip(" "))
    while text[column : column + 2] == "- " or text[column:] == "-":
        inside = column + 1 + len(text[column + 1 :]) - len(text[column + 1 :].lstrip(" "))
        found.append(_Head(column, None, inside))
        column = inside
    key = _KEY.match(text, column)
    if key is not None:
        content = key.end() + len(text[key.end() :]) - len(text[key.end() :].lstrip(" "))
        found.append(_Head(column, _bare(key[1]), content))
    return found


def _bare(key: str) -> str:
    return key[1:-1] if key[:1] in "\"'" and len(key) > 1 else key.strip()


def _in_block(lines: Sequence[str], line: int, before: str, begin: int, end: int, rest: str) -> Context:
    heads = _heads(before)
    if heads and heads[-1].key is not None and heads[-1].content <= begin:
        head = heads[-1]
        lead = before[head.content : begin]
        quote = lead[:1] if lead[:1] in ("'", '"') else ""
        path = _ancestors(lines, line, heads)
        given = frozenset(_given(lines, line, head.column))
        return Context(
            path, "value", given, None, line, begin, end, lead[len(quote) :], rest, quote, False, head.column
        )
    dashes = [head for head in heads if head.key is None]
    column = dashes[-1].content if dashes else len(before) - len(before.lstrip(" "))
    lead = before[column:begin] if column < begin else ""
    quote = lead[:1] if lead[:1] in ("'", '"') else ""
    lead = lead[len(quote) :]
    if dashes:
        path = _ancestors(lines, line, dashes)
        item, path = path[-1], path[:-1]
        return Context(
            path, "item", frozenset(), item.previous, line, begin, end, lead, rest, quote, False, dashes[-1].column
        )
    if quote:
        column = begin - len(lead) - 1
    return _unmarked(lines, line, column, begin, end, lead, rest, quote)


def _unmarked(
    lines: Sequence[str], line: int, column: int, begin: int, end: int, lead: str, rest: str, quote: str
) -> Context:
    """A word that follows neither a dash nor a key: a key, an item whose dash is missing, or a value on its own line."""
    path = _ancestors(lines, line, [_Head(column, "", column)])[:-1]
    beside = _beside(lines, line, column)
    if beside is not None and beside[1]:  # dashes stand at the column
        return Context(path, "item", frozenset(), beside[0], line, begin, end, lead, rest, quote, False, column, False)
    given = frozenset(_given(lines, line, column))
    return Context(path, "key", given, None, line, begin, end, lead, rest, quote, False, column)


def _beside(lines: Sequence[str], line: int, column: int) -> tuple[Pos, bool] | None:
    """The nearest line above that begins at a column, with nothing further out between: where its content begins; has it a dash?"""
    for number in range(line - 1, -1, -1):
        text = lines[number]
        content = text.strip()
        if not content or content.startswith("#"):
            continue
        indent = len(text) - len(text.lstrip(" "))
        if indent < column:
            return None
        if indent == column:
            heads = _heads(text)
            is_dash = bool(heads) and heads[0].key is None
            return (number, heads[0].content if is_dash else column), is_dash
    return None


def _given(lines: Sequence[str], line: int, column: int) -> list[str]:
    """The keys of the map to which a key at a column would belong."""
    found: list[str] = []
    for numbers in (range(line - 1, -1, -1), range(line + 1, min(line + FAR, len(lines)))):
        for number in numbers:
            text = lines[number]
            content = text.strip()
            if not content or content.startswith("#"):
                continue
            heads = _heads(text)
            indent = len(text) - len(text.lstrip(" "))
            found += [head.key for head in heads if head.key is not None and head.column == column]
            if indent < column:  # in a list, a map's first key stands behind a dash
                if numbers.step > 0 and heads and heads[-1].column == column:
                    found.pop()
                break
    return found


def _ancestors(lines: Sequence[str], line: int, heads: Sequence[_Head]) -> tuple[Part, ...]:
    """The way to the last of the heads of a line, from the top."""
    parts = [Part(head.key, (line, head.column if head.key is not None else head.content)) for head in heads]
    limit, is_dash = heads[0].column, heads[0].key is None
    at = 0  # in `parts`, of the item of which the one before is looked for
    for number in range(line - 1, -1, -1):
        if limit == 0 and not is_dash:
            break
        text = lines[number]
        indent = len(text) - len(text.lstrip(" "))
        if indent > limit or (
            is_dash and parts[at].previous is not None and text.startswith("- ", limit) and indent == limit
        ):
            continue  # as most lines of a large network are
        here = _heads(text)
        if not here:
            continue
        if is_dash and here[0].key is None and here[0].column == limit:
            if parts[at].previous is None:
                parts[at] = parts[at]._replace(previous=(number, here[0].content))
            continue
        for head in reversed(here):
            if head.column < limit or (is_dash and head.key is not None and head.column == limit):
                position = head.content if head.key is None else head.column
                parts.insert(0, Part(head.key, (number, position)))
                limit, is_dash = head.column, head.key is None
    return tuple(parts)


# --- brackets ---------------------------------------------------------------------------------------------------------


class _Frame:
    """An open bracket."""

    __slots__ = ("at", "colon", "given", "item", "key", "mark", "pending", "previous")

    def __init__(self, mark: str, at: Pos) -> None:
        self.mark = mark
        self.at = at
        self.given: list[str] = []
        self.key: tuple[str, Pos] | None = None
        self.colon = False  # does what comes next belong to a key?
        self.pending: tuple[str, Pos, bool] | None = None  # the last scalar, and whether it is quoted
        self.item: Pos | None = None  # where the item begins that is being written
        self.previous: Pos | None = None

    def begin(self, at: Pos) -> None:
        if self.item is None:
            self.item = at

    def comma(self) -> None:
        self.previous, self.item = self.item, None
        self.key, self.colon, self.pending = None, False, None


class _Flow:
    """Reads lines as far as brackets go."""

    def __init__(self) -> None:
        self.frames: list[_Frame] = []
        self.outer: list[_Head] = []  # the heads of the line on which the first bracket opened
        self.opened = 0  # that line
        self.in_comment = False

    def line(self, number: int, text: str, *, is_last: bool = False) -> None:
        """Read a line; of the last, as far as a place in it."""
        column = 0
        if self.frames and self._ends_before(text):
            self.frames.clear()
        if not self.frames:
            heads = _heads(text)
            column = heads[-1].content if heads else len(text) - len(text.lstrip(" "))
            if text[column : column + 1] not in ("[", "{"):
                self.in_comment = is_last and _is_comment(text, column)
                return
            self.outer, self.opened = heads, number
        self.tokens(number, text, column, is_last)

    def _ends_before(self, text: str) -> bool:
        """Is a line such that the brackets that are open cannot go on?"""
        content = text.lstrip(" ")
        if not content or content[0] in "]}#" or not self.outer:  # in a file of braces all is inside
            return False
        return content.startswith("- ") or len(text) - len(content) <= self.outer[0].column

    def tokens(self, number: int, text: str, column: int, is_last: bool, until: _Frame | None = None) -> bool:
        """Read what stands in brackets; with `until`, only until that one is closed, of which it tells."""
        while column < len(text):
            token = _TOKEN.match(text, column)
            if token is None:  # a stray character
                column += 1
                continue
            at, column = (number, column), token.end()
            if token.lastgroup == "comment" and (at[1] == 0 or text[at[1] - 1] in " \t"):
                self.in_comment = is_last
                return False
            if self.frames and token.lastgroup == "mark":
                top = self.frames[-1]
                if token[0] == ",":
                    top.comma()
                elif token[0] in "}]":
                    self.frames.pop()
                    if top is until:
                        return True
                    if self.frames:
                        self.frames[-1].pending = None
                else:
                    top.begin(at)
                    self.frames.append(_Frame(token[0], at))
            elif token.lastgroup == "mark":
                if token[0] not in "[{":
                    return False  # behind the last bracket
                self.frames.append(_Frame(token[0], at))
            elif self.frames and token.lastgroup in ("plain", "quoted"):
                self._scalar(token[0], at, token.lastgroup == "quoted")
                top = self.frames[-1]
                # In JSON a colon may follow a key at once.
                if token.lastgroup == "quoted" and text[column : column + 1] == ":" and not top.colon:
                    self._colon(top)
                    column += 1
            elif self.frames and token.lastgroup == "colon":
                self._colon(self.frames[-1])
        return False

    def _scalar(self, text: str, at: Pos, is_quoted: bool) -> None:
        top = self.frames[-1]
        top.begin(at)
        top.pending = text, at, is_quoted

    def _colon(self, top: _Frame) -> None:
        if top.pending is not None:
            name, at, is_quoted = top.pending
            top.key = _bare(name) if is_quoted else name.strip(), at
            top.given.append(top.key[0])
        top.colon, top.pending = True, None


def _is_comment(text: str, column: int) -> bool:
    """Is the end of a line in a comment, where a value without brackets begins at a column?"""
    quote = text[column : column + 1]
    if quote in ("'", '"'):
        closed = text.find(quote, column + 1)
        if closed < 0:
            return False
        column = closed
    return re.search(r"(?:^|\s)#", text[column:]) is not None or text.lstrip().startswith("#")


def _in_flow(lines: Sequence[str], flow: _Flow, line: int, begin: int, end: int, rest: str) -> Context:
    path = list(_ancestors(lines, flow.opened, flow.outer)) if flow.outer else []
    frames = flow.frames
    for outer, inner in pairwise(frames):
        if outer.mark == "[":
            path.append(Part(None, outer.item or inner.at, outer.previous))
        if outer.colon and outer.key is not None:
            path.append(Part(*outer.key))
    top = frames[-1]
    lead, quote = "", ""
    if top.pending is not None:
        text, at, is_quoted = top.pending
        quote = text[0] if is_quoted else ""
        lead = lines[line][at[1] + len(quote) : begin] if at[0] == line and at[1] + len(quote) <= begin else ""
    own = top.given[:]
    if top.colon:
        if top.mark == "[":
            path.append(Part(None, top.item or top.at, top.previous))
        if top.key is not None:
            path.append(Part(*top.key))
        given = {*own, *_later(lines, flow, top, line, end)} if top.mark == "{" else set(own)
        return Context(tuple(path), "value", frozenset(given), None, line, begin, end, lead, rest, quote, True, begin)
    if top.mark == "[":
        return Context(tuple(path), "item", frozenset(), top.previous, line, begin, end, lead, rest, quote, True, begin)
    given = {*own, *_later(lines, flow, top, line, end)}
    return Context(tuple(path), "key", frozenset(given), None, line, begin, end, lead, rest, quote, True, begin)


def _later(lines: Sequence[str], flow: _Flow, top: _Frame, line: int, end: int) -> list[str]:
    """The keys behind a place in its brackets."""
    known = len(top.given)
    text = lines[line]
    if top.pending is not None and top.pending[2] and text[end : end + 1] in ("'", '"'):
        end += 1
    top.pending = None  # the word at the place
    for number in range(line, min(line + FAR, len(lines))):
        if number > line and flow._ends_before(lines[number]):
            break
        if flow.tokens(number, lines[number], end if number == line else 0, False, top):
            break
    return top.given[known:]
