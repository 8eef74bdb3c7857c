"""Reading a text that is almost the one before.

Of a long list of nodes only those items are read again in whose lines something has changed. The others are put before the parser
as empty lines, so that all places are right, and their trees are those of the last time. What makes that safe is the item after
those that changed, the *witness*: it is read again too. If the parser comes to it in its old place, as an item of the same list,
and finds in it what it found before, then it has come out of the changed lines as it came out of the old ones, and the lines after
it mean what they meant. Where that is not so, where anything is wrong in the text or something unusual is in it, all of it is read.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import takewhile
from operator import eq
from typing import NamedTuple

from netspec.diagnostics.problems import Problems
from netspec.syntax.grafting import Grafting, alike
from netspec.syntax.reading import MAX_VALUES, parse_text
from netspec.syntax.retyping import retyped
from netspec.syntax.tree import Mapping, Sequence, SourceText, Tree

LIST = "layers"  # the key of the spec whose items may be many
MIN_ITEMS = 100  # below which all is read as fast
MAX_TEXT = MAX_VALUES // 2  # characters, none of which makes more than two values


class _Lines(NamedTuple):
    """The lines of a text that had nothing wrong with it, and its list."""

    lines: list[str]
    starts: list[int]  # the line on which each item starts
    column: int  # of the dashes
    root: Mapping
    items: list[Tree]


class Texts:
    """Keeps the tree of the last text of a document that could be read, and reads the next one.

    Attributes:
        tree: That tree; None where it cannot be gone on with.
    """

    def __init__(self) -> None:
        self.tree: Tree | None = None
        self._grafting = Grafting()
        self._text: str | None = None  # that of the tree, if there was nothing to report
        self._lines: list[str] = []  # of it
        self._last: _Lines | None = None
        self._before: tuple[str, Tree] | None = None  # the text and tree in which a value was typed over to make these

    @property
    def moved(self) -> set[int]:
        """Parts of the tree, by identity, that have kept what they hold and changed places since this was emptied."""
        return self._grafting.moved

    def read(self, text: str, name: str, problems: Problems) -> SourceText:
        """As `read_text`; the tree is made of objects of the last one as far as these are the same."""
        if text != self._text:
            lines = text.split("\n") if len(text) <= MAX_TEXT else []
            if self._retyped(text, lines):
                pass
            elif self._last is None or not lines or not self._read_again(self._last, text, lines):
                return SourceText(name, text, self._read_all(text, lines, problems))
        return SourceText(name, text, self.tree)

    def _retyped(self, text: str, lines: list[str]) -> bool:
        """Take over a value that has been typed over; False where more has changed."""
        if self.tree is None or self._text is None or not self._lines or not lines:
            return False
        tree = retyped(self.tree, self._lines, text, lines, self._grafting)
        if tree is None:
            return False
        before, self._before = self._before, (self._text, self.tree)
        if before is not None and before[0] == text:
            tree = before[1]  # what is typed is often taken back, and what moved along has moved back
        self.tree, self._text, self._lines = tree, text, lines
        layers = _list_of(tree)
        if self._last is not None:
            assert isinstance(tree, Mapping)  # as before
            assert layers is not None
            self._last = _Lines(lines, self._last.starts, self._last.column, tree, layers.items)
        return True

    def _read_all(self, text: str, lines: list[str], problems: Problems) -> Tree | None:
        said = problems.offered
        parsed = parse_text(text, problems)
        tree = parsed.tree
        if tree is None:  # half written; the next text is likely to be almost the one before
            return None
        self._text = self._last = self._before = None
        if parsed.has_anchors:  # a part may stand in several places
            self.tree = None
            return tree
        if self.tree is not None:
            tree = self._grafting.graft(self.tree, tree)
        self.tree = tree
        if problems.offered == said:
            self._text, self._lines = text, lines
            self._last = _lines_of(tree, lines)
        return tree

    def _read_again(self, last: _Lines, text: str, lines: list[str]) -> bool:
        """Read the items that have changed; False where all has to be read, and nothing has been done."""
        old, starts = last.lines, last.starts
        end = len(starts) - 1  # the last item, with which the list ends, is always read
        same = sum(1 for _ in takewhile(bool, map(eq, old, lines)))
        most = min(len(old), len(lines)) - same
        ending = sum(1 for _ in takewhile(bool, map(eq, old[: -most - 1 : -1], lines[: -most - 1 : -1])))
        more = len(lines) - len(old)
        # What is read again: from the item on that the line before the first change belongs to, up to the witness.
        first = bisect_right(starts, same - 1) - 1
        witness = bisect_left(starts, len(old) - ending)
        if first < 0 or not all("\r" not in line[:-1] for line in lines[same : len(lines) - ending]):
            return False
        # The first item shows where the list is; with it, the empty lines stand between two items.
        parts = [*lines[: starts[1]], *[""] * (starts[first] - starts[1])] if first else lines[: starts[0]]
        if witness < end:
            after = starts[witness + 1]
            parts += [*lines[starts[first] : after + more], *[""] * (starts[end] - after), *lines[starts[end] + more :]]
        else:
            witness = end + 1  # none: all that follows is read
            parts += lines[starts[first] :]
        found = Problems()
        parsed = parse_text("\n".join(parts), found)
        layers = _list_of(parsed.tree)
        if found.offered or parsed.has_anchors or layers is None:
            return False
        read = layers.items
        rest = 2 if witness <= end else 0  # the witness, and the last
        before, between, behind = read[: first > 0], read[first > 0 : len(read) - rest], read[len(read) - rest :]
        new = [item.start.line for item in between]
        if rest:
            expected = (starts[witness] + more, starts[end] + more)
            if tuple(item.start.line for item in behind) != expected or not alike(last.items[witness], behind[0]):
                return False
        if [item.start.line for item in before] != starts[: first > 0]:
            return False
        if not _are_items([*before, *between, *behind], lines, last.column):
            return False
        root = parsed.tree
        assert isinstance(root, Mapping)
        for item in last.items[witness:end] if more else ():
            self._grafting.shift(item, more)
        self._grafting.graft_items(last.items[first:witness], between)
        layers.items[:] = [*last.items[:first], *between, *last.items[witness:end]]
        if rest:
            layers.items.append(self._grafting.graft(last.items[end], behind[1]))
        self._grafting.graft_entries(last.root, root, LIST)
        self.tree, self._text, self._lines, self._before = root, text, lines, None
        starts = [*starts[:first], *new, *(start + more for start in starts[witness:])]
        self._last = _Lines(lines, starts, last.column, root, layers.items)
        return True


def _lines_of(tree: Tree, lines: list[str]) -> _Lines | None:
    """The lines of a text and its list, where it is one whose items can be read each by itself."""
    layers = _list_of(tree)
    if layers is None or len(layers.items) < MIN_ITEMS or any("\r" in line[:-1] for line in lines):
        return None
    assert isinstance(tree, Mapping)
    column = layers.start.column
    starts = [item.start.line for item in layers.items]
    return _Lines(lines, starts, column, tree, layers.items) if _are_items(layers.items, lines, column) else None


def _list_of(tree: Tree | None) -> Sequence | None:
    """The list, where it and what is around it is written with dashes and lines."""
    if not isinstance(tree, Mapping) or tree.flow or LIST not in tree.entries:
        return None
    layers = tree.entries[LIST].value
    return layers if isinstance(layers, Sequence) and not layers.flow else None


def _are_items(items: list[Tree], lines: list[str], column: int) -> bool:
    """Does each of some items start on a line of its own behind a dash in this column?"""
    before = -1
    indent = " " * column + "-"
    for item in items:
        line, start = item.start.line, item.start.column
        dash = lines[line][:start]
        if line <= before or not dash.startswith(indent) or dash[column + 1 :].strip(" "):
            return False
        before = line
    return True
