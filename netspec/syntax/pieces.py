"""Numbers and tuples that YAML cuts at their commas: `{rate: 0,9}` and `{kernel_size: (3, 3)}`.

In braces YAML reads two entries, `rate: 0` and a `9` without a value; in brackets the parts of a tuple are items. They are put
together again and reported once, so that nothing else has to be said of the parts.
"""

from __future__ import annotations

from collections.abc import Sequence as Several
from typing import NamedTuple

from netspec.diagnostics.patterns import later
from netspec.diagnostics.problems import Candidate, Edit, Note, Problems, Span
from netspec.diagnostics.words import printable
from netspec.syntax.tree import Entry, Mapping, Scalar, Sequence, Tree, Unreadable, span_of

# What is cut has one of them in it. Each begins with one character, and not with a choice: so it is sought as fast as in C.
_BETWEEN_DIGITS = later(r",(?<=\d,)\d")
_AT_A_START = later(r"\((?<=[\s:,\[(]\()")
_COMMENT = later(r"[ \t]*#")
_WHOLE = later(r"[+-]?\d+\Z")
_DECIMALS = later(r"\d+([eE][+-]?\d+)?\Z")
_FLOAT = later(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\Z")
_SIZE = later(r"\d+")
_WORD = later(r"\$?[A-Za-z_]\w*\Z")
_PART = later(r"(\(*)(\s*)([^\s()]+|)\s*(\)*)\Z")
_ONE = later(r"\(\s*([^\s(),]+)\s*\)\Z")
_TIMES = later(r"\d+(\s*[x×]\s*\d+)+\Z")  # as shapes are written in prose: 28 x 28 x 1
_AFTER_LAST = later(r",\s*\)")
MAX_LENGTH = 200  # characters
MAX_PIECES = 12  # of a number or a tuple; a list for each of three dimensions has six


class _Place(NamedTuple):
    """A place as the parser's marks give it, counted from 0."""

    line: int
    column: int


def may_be_cut(text: str) -> bool:
    """Can anything in a text be a piece? Nothing in a comment is; those with a line of their own say most that has brackets."""
    for pattern in (_BETWEEN_DIGITS, _AT_A_START):
        at = 0
        while found := pattern.search(text, at):
            if not _COMMENT.match(text, text.rfind("\n", 0, found.start()) + 1):
                return True
            at = text.find("\n", found.start())
            if at < 0:
                break
    return False


def join(root: Tree, problems: Problems) -> None:
    """Put together what is cut, in the tree itself, and report it; of what is no piece of anything a key that stands twice."""
    seen: set[int] = set()  # an alias leads to the same part again
    stack: list[tuple[Tree, str]] = [(root, "")]
    while stack:
        tree, owner = stack.pop()
        if isinstance(tree, Scalar) or id(tree) in seen:
            continue
        seen.add(id(tree))
        if isinstance(tree, Mapping):
            if tree.flow:
                _join_entries(tree, owner, problems)
            stack.extend((entry.value, name) for name, entry in reversed(tree.entries.items()))
        else:
            if tree.flow:
                _join_items(tree, owner, problems)
            stack.extend((item, owner) for item in reversed(tree.items))


def is_piece(mapping: Mapping, key: Scalar, value: Tree) -> bool:
    """Might an entry be a piece of a number or a tuple? Such keys may stand twice, until `join` has seen them."""
    return mapping.flow and key.plain and isinstance(value, Scalar) and value.plain and value.text == ""


def report_duplicate(problems: Problems, first: Scalar, key: Scalar) -> None:
    """Report a key that stands twice; not the end of an expression that a comma has torn, of which it is told what tore it."""
    if key.plain and key.text.count(")") > key.text.count("("):
        return
    where = span_of(first)
    message = f"duplicate key `{printable(key.text)}`; the first is at line {where.line}"
    problems.add("NS102", message, span_of(key), (Note("first here", where, told=True),))


def listed(text: str) -> str:
    """How a list is to be written that is written otherwise, `(3, 3)`, `3, 3` or `3x3`: `[3, 3]`; empty where it is none.

    Words with commas between them may be a text: in parentheses only are they a list.
    """
    if text.count(",") >= MAX_PIECES or len(text) > MAX_LENGTH:
        return ""
    if _TIMES.match(text):
        return f"[{', '.join(_SIZE.findall(text))}]"
    alone = _ONE.match(text)
    if alone:
        return alone[1] if _is_item(alone[1]) else ""
    inside = text if _is_one_list(text) else f"({text})"
    parts = _AFTER_LAST.sub(")", inside).split(",")
    found = [_PART.match(part.strip()) for part in parts]
    if len(parts) == 1 and not _AFTER_LAST.search(inside):
        return ""
    if not all(part is not None and _is_item(part[3]) for part in found):
        return ""
    if inside is not text and any(part is not None and _WORD.match(part[3]) and part[3][0] != "$" for part in found):
        return ""
    return _in_brackets(inside) if _is_one_list(inside) else ""


def _is_item(text: str) -> bool:
    return bool(_FLOAT.match(text) or _WORD.match(text))


def _is_word(text: str) -> bool:
    return text.lstrip("( ")[:1].isalpha()


def _in_brackets(text: str) -> str:
    return _AFTER_LAST.sub(")", text).replace("(", "[").replace(")", "]")


def _depth(text: str) -> int:
    return text.count("(") - text.count(")")


def _is_one_list(text: str) -> bool:
    """Do the first parenthesis and the last go together?"""
    depth = 0
    for at, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth <= 0 and at < len(text) - 1:
            return False
    return depth == 0


def _join_entries(mapping: Mapping, owner: str, problems: Problems) -> None:
    entries = list(mapping.entries.values())
    joined: dict[str, Entry] = {}
    at = 0
    while at < len(entries):
        key, value = entries[at]
        at += 1
        end = at
        last = min(len(entries), at + MAX_PIECES)
        while end < last and is_piece(mapping, *entries[end]):
            end += 1
        if isinstance(value, Scalar) and value.plain and end > at:
            following = [entry.key for entry in entries[at:end]]
            count, whole = _number(value, following, owner, problems) or _tuple(
                value, following, "entries", owner, problems
            )
            at += count
            value = whole
        if key.text in joined:
            report_duplicate(problems, joined[key.text].key, key)
        else:
            joined[key.text] = Entry(key, value)
    mapping.entries.clear()
    mapping.entries.update(joined)


def _join_items(sequence: Sequence, owner: str, problems: Problems) -> None:
    items: list[Tree] = []
    at = 0
    while at < len(sequence.items):
        item = sequence.items[at]
        at += 1
        if isinstance(item, Scalar) and item.plain and item.text.startswith("(") and not _is_word(item.text):
            following: list[Scalar] = []
            for each in sequence.items[at : at + MAX_PIECES]:
                if not isinstance(each, Scalar) or not each.plain or _is_word(each.text):
                    break  # a text in parentheses may be meant as one
                following.append(each)
            count, item = _tuple(item, following, "items", owner, problems)
            at += count
        items.append(item)
    sequence.items[:] = items


def _number(value: Scalar, following: Several[Scalar], owner: str, problems: Problems) -> tuple[int, Tree] | None:
    """A number that begins with `value`, and of how many of what follows it is made; None where there is none."""
    if not _WHOLE.match(value.text) or not _follows(value, following[0]) or not _DECIMALS.match(following[0].text):
        return None
    pieces = [value, following[0]]
    thousands = not value.text.lstrip("+-").startswith("0")
    while thousands and len(pieces) <= len(following) and _follows(pieces[-1], following[len(pieces) - 1]):
        pieces.append(following[len(pieces) - 1])
    thousands = thousands and all(len(piece.text) == 3 and piece.text.isdigit() for piece in pieces[1:])
    if not thousands:
        del pieces[2:]
    written = ",".join(piece.text for piece in pieces)
    number = "".join(piece.text for piece in pieces) if thousands else f"{value.text}.{following[0].text}"
    if thousands:
        fact, meant = "a number is written without commas: ", [number]
    elif value.text.lstrip("+-") == "0":
        fact, meant = "a decimal number takes a point: ", [number]
    else:  # of `2,5` one cannot tell
        fact, meant = "write ", [number, f"[{value.text}, {following[0].text}]"]
    span = _between(pieces)
    _report("NS202", written, f"{_count(pieces)} entries; {fact}", meant, span, owner, problems)
    sure = int(number) if thousands else float(number) if len(meant) == 1 else Unreadable(written)
    return len(pieces) - 1, Scalar(sure, written, True, value.start, pieces[-1].end)


def _tuple(value: Scalar, following: Several[Scalar], what: str, owner: str, problems: Problems) -> tuple[int, Tree]:
    """The tuple that begins with `value`, and of how many of what follows it is made; the value where there is none."""
    pieces, depth = [value], _depth(value.text)
    for piece in following:
        if depth <= 0:
            break
        pieces.append(piece)
        depth += _depth(piece.text)
    written = ", ".join(piece.text for piece in pieces).replace(", )", ",)")
    meant = listed(written) if len(pieces) > 1 and value.text.startswith("(") else ""
    if not meant:
        return 0, value
    span = _between(pieces)
    fact = f"{_count(pieces)} {what}; a list stands in brackets: "
    _report("NS204", written, fact, [meant], span, owner, problems)
    return len(pieces) - 1, _list(pieces)


def _list(pieces: Several[Scalar]) -> Tree:
    """The list that pieces of a tuple mean."""
    open_: list[Sequence] = []
    tree: Tree = pieces[0]
    for piece in pieces:
        part = _PART.match(piece.text)
        assert part is not None  # `listed` has seen to it
        for _ in part[1]:
            inner = Sequence([], True, piece.start, piece.end)
            if open_:
                open_[-1].items.append(inner)
            open_.append(inner)
        if part[3]:
            line, column = piece.start.line, piece.start.column + part.start(3)
            end = _Place(line, column + len(part[3]))
            open_[-1].items.append(Scalar(_value(part[3]), part[3], True, _Place(line, column), end))
        for _ in part[4]:
            tree = open_.pop()
            tree.end = piece.end
    return tree


def _value(text: str) -> int | float | str:
    return int(text) if _WHOLE.match(text) else float(text) if _FLOAT.match(text) else text


def _follows(piece: Scalar, other: Scalar) -> bool:
    """Is there a comma between two pieces, and nothing else?"""
    return (piece.end.line, piece.end.column + 1) == (other.start.line, other.start.column)


def _between(pieces: Several[Scalar]) -> Span:
    start, end = span_of(pieces[0]), span_of(pieces[-1])
    return Span(start.line, start.column, end.end_line, end.end_column)


def _count(pieces: Several[Scalar]) -> str:
    return "two" if len(pieces) == 2 else str(len(pieces))


def _report(
    code: str, written: str, fact: str, meant: Several[str], span: Span, owner: str, problems: Problems
) -> None:
    shown = " or ".join(f"`{each}`" for each in meant)
    message = f"`{printable(written)}` reads as {fact}{shown}"
    candidates = tuple(Candidate((Edit(span, each),), each) for each in meant)
    problems.add(code, f"`{printable(owner)}`: {message}" if owner else message, span, candidates=candidates)
