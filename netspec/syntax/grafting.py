"""The tree of a text that has been edited, with all that is unchanged taken from the tree before.

An editor has almost the same text checked again and again. What is found out about a part of the tree can be kept as long as
the part is the same object, which costs nothing to see. The text has been read anew before, so that nothing hangs on guessing
what an edit can change; here the two trees are compared. Of what is the same but for its place the old object stays and is
moved: a tree from before the edit is of no use any more once it has lent its parts.
"""

from __future__ import annotations

from itertools import takewhile
from typing import NamedTuple

from netspec.syntax.tree import Entry, Mapping, Scalar, Sequence, Tree


class Place(NamedTuple):
    """A place as the parser's marks give it, counted from 0."""

    line: int
    column: int


class Grafting:
    """Takes parts of old trees into new ones.

    Attributes:
        moved: What has been moved, or something in it, by identity; whoever keeps places looks here.
    """

    def __init__(self) -> None:
        self.moved: set[int] = set()

    def graft(self, old: Tree, new: Tree) -> Tree:
        """The new tree, made of old objects as far as those are the same. Neither may hold an alias."""
        if type(old) is not type(new):
            return new
        if isinstance(new, Scalar) or (isinstance(new, Mapping) and not new.entries):
            return self._kept(old, new) if alike(old, new) else new
        if isinstance(new, Mapping):
            assert isinstance(old, Mapping)
            entries = {name: self._entry(old.entries.get(name), entry) for name, entry in new.entries.items()}
            if old.flow == new.flow and _are_same_entries(old, entries):
                return self._kept(old, new, deep=False)
            new.entries.clear()
            new.entries.update(entries)
            return new
        assert isinstance(old, Sequence)
        kept = self.graft_items(old.items, new.items)
        if kept == len(old.items) == len(new.items) and old.flow == new.flow:
            return self._kept(old, new, deep=False)
        return new

    def graft_items(self, before: list[Tree], after: list[Tree]) -> int:
        """The same for the items of a list; returns how many from the first on are the old ones."""
        # Each old item is used once at most: one that lends its parts to two would be in two places.
        first = sum(1 for _ in takewhile(bool, map(alike, before, after)))
        most = min(len(before), len(after)) - first
        last = sum(1 for _ in takewhile(bool, map(alike, before[: -most - 1 : -1], after[: -most - 1 : -1])))
        for each in range(first):
            after[each] = self._kept(before[each], after[each])
        for each in range(1, last + 1):
            after[-each] = self._kept(before[-each], after[-each])
        if len(before) == len(after):
            for each in range(first, len(after) - last):
                after[each] = self.graft(before[each], after[each])
        return first

    def graft_entries(self, old: Mapping, new: Mapping, but_for: str = "") -> None:
        """The same for the entries of a map, but for the value of one."""
        for name, entry in new.entries.items():
            before = old.entries.get(name)
            if name != but_for:
                new.entries[name] = self._entry(before, entry)
            elif before is not None:
                key = self.graft(before.key, entry.key)
                assert isinstance(key, Scalar)
                new.entries[name] = Entry(key, entry.value)

    def shift(self, tree: Tree, lines: int) -> None:
        """Move a tree by so many lines."""
        if not isinstance(tree, Scalar):
            for each in _children(tree):
                self.shift(each, lines)
        self.moved.add(id(tree))
        tree.start = Place(tree.start.line + lines, tree.start.column)
        tree.end = Place(tree.end.line + lines, tree.end.column)

    def _entry(self, old: Entry | None, new: Entry) -> Entry:
        if old is None:
            return new
        key, value = self.graft(old.key, new.key), self.graft(old.value, new.value)
        assert isinstance(key, Scalar)
        return old if key is old.key and value is old.value else Entry(key, value)

    def _kept(self, old: Tree, new: Tree, *, deep: bool = True) -> Tree:
        """The old tree at the place of the new one, which is alike; `deep` where what is in it is not there yet."""
        if deep and isinstance(old, Mapping):
            assert isinstance(new, Mapping)
            for mine, theirs in zip(old.entries.values(), new.entries.values(), strict=True):
                self._kept(mine.key, theirs.key)
                self._kept(mine.value, theirs.value)
        elif deep and isinstance(old, Sequence):
            assert isinstance(new, Sequence)
            for item, its_like in zip(old.items, new.items, strict=True):
                self._kept(item, its_like)
        start, end = old.start, old.end
        if (
            start.line != new.start.line
            or start.column != new.start.column
            or end.line != new.end.line
            or end.column != new.end.column
        ) or (not isinstance(old, Scalar) and not self.moved.isdisjoint(map(id, _children(old)))):
            self.moved.add(id(old))
        old.start, old.end = new.start, new.end
        return old


def _children(tree: Tree) -> list[Tree]:
    if isinstance(tree, Mapping):
        return [each for entry in tree.entries.values() for each in entry]
    return tree.items if isinstance(tree, Sequence) else []


def _are_same_entries(old: Mapping, entries: dict[str, Entry]) -> bool:
    return len(old.entries) == len(entries) and all(
        mine is theirs for mine, theirs in zip(old.entries.values(), entries.values(), strict=True)
    )


def alike(old: Tree, new: Tree) -> bool:
    """Are two trees the same but for their places?"""
    if type(old) is Scalar:
        return (
            type(new) is Scalar
            and old.text == new.text
            and old.plain == new.plain
            and type(old.value) is type(new.value)
            and (old.value == new.value or old.value is new.value)
        )
    if type(old) is Mapping:
        if type(new) is not Mapping or old.flow != new.flow or len(old.entries) != len(new.entries):
            return False
        return all(
            map(
                lambda mine, theirs: alike(mine.key, theirs.key) and alike(mine.value, theirs.value),
                old.entries.values(),
                new.entries.values(),
            )
        )
    if type(new) is not Sequence:
        return False
    assert type(old) is Sequence
    return old.flow == new.flow and len(old.items) == len(new.items) and all(map(alike, old.items, new.items))
