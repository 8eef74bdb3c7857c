"""Reading a text in which a value has been typed over.

Most keys change a number or a word in its place. A value that stands on one line stays one whatever letters and digits in it are
others, and all around it means what it meant: so the tree needs a new leaf, new containers on the way down to it, and what
follows it on its line moves along. Wherever that is not plain to see, `None` is returned, and the text is read.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import takewhile
from operator import eq
from typing import TYPE_CHECKING, NamedTuple

from netspec.syntax.grafting import Grafting, Place
from netspec.syntax.pieces import is_piece, may_be_cut
from netspec.syntax.reading import REFUSED, plain_value
from netspec.syntax.tree import Entry, Mapping, Scalar, Sequence, Tree

if TYPE_CHECKING:
    from netspec.syntax.tree import Mark

_TYPED = re.compile(r"[A-Za-z0-9_]*\Z")
_STARTS = re.compile(r"[A-Za-z0-9_]")
_MEANS_MORE = re.compile(r"[:#\\]")  # in a value: what stands behind or before them says whether they end it
MAX_VALUE = 200  # characters


class _Change(NamedTuple):
    """What differs between two texts."""

    line: int
    start: int  # the column at which the first character that differs stands
    old: int  # how many characters there were
    new: int  # and are

    @property
    def more(self) -> int:
        """By how much what follows has moved."""
        return self.new - self.old


class _Step(NamedTuple):
    """A container on the way down to a value."""

    tree: Mapping | Sequence
    at: int | str  # the item or the entry in it


def retyped(tree: Tree, old: list[str], text: str, new: list[str], grafting: Grafting) -> Tree | None:
    """The tree of a text that differs from another in a value.

    Args:
        tree: That of the other text, with which nothing was wrong, and in which no part stands twice. It lends its parts.
        old: The other text's lines.
        text: The text.
        new: Its lines.
        grafting: Is told what has moved.
    """
    change = _changed(old, new)
    if change is None or text.count("\r") != text.count("\r\n") or text[:1] == "\ufeff" or "\\u" in text:
        return None
    way = _way(tree, change)
    if way is None:
        return None
    steps, leaf = way
    made = _leaf(leaf, old[change.line], new[change.line], change)
    if made is None or (steps[-1].tree.flow and may_be_cut(text) and _may_be_pieces(steps[-1].tree)):
        return None
    below: Tree = made
    for step in reversed(steps):
        below = _with(step, below, change, grafting)
    return below


def _changed(old: list[str], new: list[str]) -> _Change | None:
    """The one place where two texts differ, by letters and digits alone."""
    if len(old) != len(new):
        return None
    line = sum(1 for _ in takewhile(bool, map(eq, old, new)))
    if line == len(old) or old[line + 1 :] != new[line + 1 :]:
        return None
    was, now = old[line], new[line]
    start = sum(1 for _ in takewhile(bool, map(eq, was, now)))
    most = min(len(was), len(now)) - start
    end = sum(1 for _ in takewhile(bool, map(eq, was[: -most - 1 : -1], now[: -most - 1 : -1])))
    if not _TYPED.match(was[start : len(was) - end]) or not _TYPED.match(now[start : len(now) - end]):
        return None
    return _Change(line, start, len(was) - end - start, len(now) - end - start)


def _way(tree: Tree, change: _Change) -> tuple[list[_Step], Scalar] | None:
    """The way down to the value in which a change lies; None where it lies in none."""
    place = change.line, change.start
    steps: list[_Step] = []
    while not isinstance(tree, Scalar):
        at: int | str
        if isinstance(tree, Sequence):
            at = bisect_right(tree.items, place, key=_start) - 1
            if at < 0:
                return None
            steps.append(_Step(tree, at))
            tree = tree.items[at]
        else:
            before = [name for name, entry in tree.entries.items() if _start(entry.value) <= place]
            if not before:
                return None
            steps.append(_Step(tree, before[-1]))
            tree = tree.entries[before[-1]].value
    start, end = tree.start, tree.end
    if not steps or start.line != change.line or end.line != change.line:
        return None
    return (steps, tree) if start.column <= change.start and change.start + change.old <= end.column else None


def _start(tree: Tree) -> tuple[int, int]:
    return tree.start.line, tree.start.column


def _leaf(leaf: Scalar, old: str, new: str, change: _Change) -> Scalar | None:
    """The value as it is now."""
    first, last = leaf.start.column, leaf.end.column
    end = Place(change.line, last + change.more)
    if not leaf.plain:
        first, last = first + 1, last - 1
        is_within = first <= change.start and change.start + change.old <= last
        if not is_within or old[first - 1] not in "'\"" or old[first - 1] != old[last : last + 1]:
            return None
    was, now = old[first:last], new[first : last + change.more]
    if leaf.text != was or len(now) > MAX_VALUE or _MEANS_MORE.search(now) or not now or now != now.strip():
        return None
    if not leaf.plain:
        return Scalar(now, now, False, leaf.start, end)
    if not was:  # beside no value, what is typed goes on with its key, or begins one
        return None
    if not _STARTS.match(now) and now[:2] != was[:2]:
        return None
    value = plain_value(now)
    return None if value is REFUSED else Scalar(value, now, True, leaf.start, end)


def _may_be_pieces(tree: Mapping | Sequence) -> bool:
    """May values in brackets be pieces of a number or a tuple that commas have cut?"""
    if isinstance(tree, Sequence):
        return any(_has_parenthesis(item) for item in tree.items)
    return any(
        _has_parenthesis(value) or (is_piece(tree, key, value) and key.text[:1].isdigit())
        for key, value in tree.entries.values()
    )


def _has_parenthesis(value: Tree) -> bool:
    return isinstance(value, Scalar) and value.plain and ("(" in value.text or ")" in value.text)


def _with(step: _Step, below: Tree, change: _Change, grafting: Grafting) -> Tree:
    """A container with another part, and what follows that on the line moved."""
    tree = step.tree
    end = _moved(tree.end, change)
    if isinstance(tree, Sequence):
        assert isinstance(step.at, int)
        items = [*tree.items]
        items[step.at] = below
        for item in items[step.at + 1 :] if change.more else ():
            if item.start.line != change.line:
                break
            _move(item, change, grafting)
        return Sequence(items, tree.flow, tree.start, end)
    assert isinstance(step.at, str)
    entries = {**tree.entries}
    entries[step.at] = Entry(entries[step.at].key, below)
    if change.more:
        names = [*entries]
        for name in names[names.index(step.at) + 1 :]:
            key, value = entries[name]
            if key.start.line != change.line:
                break
            _move(key, change, grafting)
            _move(value, change, grafting)
    return Mapping(entries, tree.flow, tree.start, end)


def _move(tree: Tree, change: _Change, grafting: Grafting) -> None:
    """Move what of a tree that follows a change stands on its line."""
    if isinstance(tree, Mapping):
        for entry in tree.entries.values():
            _move(entry.key, change, grafting)
            _move(entry.value, change, grafting)
    elif isinstance(tree, Sequence):
        for item in tree.items:
            _move(item, change, grafting)
    grafting.moved.add(id(tree))
    tree.start, tree.end = _moved(tree.start, change), _moved(tree.end, change)


def _moved(mark: Mark, change: _Change) -> Mark:
    if mark.line == change.line and mark.column >= change.start + change.old:
        return Place(mark.line, mark.column + change.more)
    return mark
