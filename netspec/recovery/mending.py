"""A text that does not parse, made one that does: where the parser stops, the smallest stretch is mended or emptied.

The parser is the referee: what brings it furthest is done, and what leaves something of a line before what empties it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import islice
from typing import NamedTuple

from netspec.diagnostics.problems import MAX_PROBLEMS, Problems
from netspec.recovery.lines import Done, indent_of
from netspec.recovery.mends import emptied, mends, too_many, top_key
from netspec.recovery.standing import Structure
from netspec.recovery.stops import Change, Reparser, Stop, stop_of
from netspec.syntax.reading import read_text
from netspec.syntax.tree import Mapping, span_of

MAX_TRIES = 60  # readings of one text; the longest spec of the zoo takes half a millisecond each
MAX_WHOLE = 6  # ways to make a text parse that are compared
MAX_TOO_MANY = 4  # lines that are left out to see whether they are one too many
MAX_REFUSED = 4  # lines that parse and that the reader refuses: aliases, tags, merge keys
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
_EMPTY = "NS112"
_MARK = re.compile(r"(<{7}|\|{7}|={7}|>{7})( .*)?\Z")  # of a merge that somebody has to finish


class _Found(NamedTuple):
    """A change, None where there is none; where the parser stops then; how many readings it took; is nothing wrong or gone then?"""

    change: Change | None
    stop: Stop | None = None
    tries: int = 0
    is_right: bool = False


class Mending:
    """Makes lines that cannot be read ones that can, as many as there were.

    Args:
        lines: Those that cannot.
        done: Takes the lines that are changed, and what was done to each.
        structure: Reads a text.
    """

    def __init__(self, lines: list[str], done: dict[int, Done], structure: Callable[[str], Structure]) -> None:
        self.lines = lines
        self.done = done
        self.structure = structure

    def mended(self) -> list[str]:
        """The lines, once they can be read."""
        self._clean()
        self._unmerge()
        self._parse()
        for _ in range(MAX_REFUSED):
            tree = self.structure("\n".join(self.lines)).tree
            if isinstance(tree, Mapping):
                return self.lines
            if tree is not None:  # a word or a list: the beginning of a spec, or one without its keys
                first = span_of(tree).line - 1
                keys = (change for change in top_key(self.lines, first) if stop_of(change.applied(self.lines)) is None)
                self._make(next(keys, self._nothing()))
            elif (refused := self._refused()) is None:
                break
            else:
                self._make(Change(refused, ("",), "emptied"))
                self._parse()
        if not isinstance(self.structure("\n".join(self.lines)).tree, Mapping):
            self._make(self._nothing())
        return self.lines

    def _clean(self) -> None:
        """Take characters out that no text may have."""
        for number, line in enumerate(self.lines):
            if not line.isascii() or not line.isprintable():
                clean = _FORBIDDEN.sub(" ", line)
                if clean != line:
                    self._make(Change(number, (clean,), "mended"))

    def _unmerge(self) -> None:
        """Take out the marks of a merge, and the second of each two versions; which is meant is not known."""
        marks = {number: line[0] for number, line in enumerate(self.lines) if _MARK.match(line)}
        if not {"<", ">"} & {*marks.values()}:
            return
        start: int | None = None
        second: int | None = None
        for number, mark in marks.items():
            self._make(Change(number, ("",), "emptied"))
            if mark == "<":
                start, second = number, None
            elif mark != ">":
                second = number if second is None else second
            else:
                first = start if start is not None else second
                if first is not None:
                    self.done.update(dict.fromkeys(range(first, number), "mended"))
                if second is not None:
                    self._make(Change(second, ("",) * (number - second), "emptied"))
                start = second = None

    def _refused(self) -> int | None:
        """The line that parses and that the reader refuses last; None where nothing can be done about it."""
        problems = Problems()
        read_text("\n".join(self.lines), "<text>", problems)
        errors = [problem for problem in problems.ordered() if problem.is_error]
        if not errors or errors[0].code == _EMPTY:
            return None
        return min(errors[-1].span.line, len(self.lines)) - 1

    def _parse(self) -> None:
        """Change what the parser stops at until it does not."""
        stop = stop_of(self.lines)
        tries = 1
        while stop is not None and tries < MAX_TRIES:
            reparser = Reparser(self.lines, stop)
            for changes in (mends(self.lines, stop), emptied(self.lines, stop)):
                found = self._furthest(reparser, changes, MAX_TRIES - tries)
                tries += found.tries
                if found.change is not None:
                    break
            if not found.is_right:
                other, spent = self._too_many(reparser, found.change)
                tries += spent
                found = found if other is None else _Found(other)
            if found.change is None:
                self._make(Change(stop.first, ("",), "emptied"))
                stop = stop_of(self.lines)
                tries += 1
            else:
                self._make(found.change)
                stop = found.stop
        if stop is not None:
            self._make(Change(stop.first, ("",) * (len(self.lines) - stop.first), "emptied"))
            if stop_of(self.lines) is not None:
                self._make(self._nothing())

    def _furthest(self, reparser: Reparser, changes: Iterable[Change], most: int) -> _Found:
        """The change with which the parser gets furthest, if it gets beyond where it stopped.

        Of those with which it reads to the end it is the one that leaves the fewest faults, and the most of the text.
        """
        best = _Found(None, reparser.stop)
        furthest: float = reparser.stop.first
        whole: dict[str, tuple[tuple[int, int], Change]] = {}
        tries = 0
        for change in changes:
            if tries >= most or len(whole) >= MAX_WHOLE:
                break
            there = reparser.stop_of(change)
            tries += 1
            if there is None:
                changed = change.applied(self.lines)
                text = "\n".join(changed)
                if text not in whole:
                    cost = self._faults(text), _lost(self.lines, changed)
                    whole[text] = cost, change
                    if cost == (0, 0):
                        return _Found(change, None, tries, is_right=True)
            elif not whole and there.first > furthest:
                best, furthest = _Found(change, there), there.first
        if whole:
            best = _Found(min(whole.values(), key=lambda each: each[0])[1])
        return best._replace(tries=tries)

    def _too_many(self, reparser: Reparser, change: Change | None) -> tuple[Change | None, int]:
        """To leave out a line with which nothing is wrong any longer, in the place of a change; the readings.

        A line that was pasted, or a key that was begun above others, costs itself then and not what came to stand under it. What is
        wrong only within the lines that are changed, and not moved, is left to those who read nodes, unless the change loses more.
        """
        elsewhere, lost = True, 0
        if change is not None:
            changed = change.applied(self.lines)
            own = range(change.start + 1, change.start + len(change.lines) + 1)
            found = self.structure("\n".join(changed))
            moved = any(indent_of(self.lines[n - 1]) != indent_of(changed[n - 1]) for n in own if changed[n - 1])
            wrong = {problem.span.line for problem in found.problems}
            elsewhere = found.document is None or not wrong <= {*own} or (moved and bool(wrong))
            lost = _lost(self.lines, changed)
        tries = 0
        for other in islice(too_many(self.lines, reparser.stop), MAX_TOO_MANY):
            without = other.applied(self.lines)
            if not elsewhere and _lost(self.lines, without) >= lost:
                continue
            tries += 1
            if reparser.stop_of(other) is None and not self._faults("\n".join(without)):
                return other, tries
        return None, tries

    def _faults(self, text: str) -> int:
        """How much of a text that parses cannot be said."""
        found = self.structure(text)
        return len(found.problems) if found.document is not None else MAX_PROBLEMS

    def _nothing(self) -> Change:
        """An empty map in the place of all."""
        return Change(0, ("{}", *[""] * (len(self.lines) - 1)), "emptied")

    def _make(self, change: Change) -> None:
        """Make a change, and note where it changes a line."""
        for number, line in enumerate(change.lines, change.start):
            if line != self.lines[number]:
                self.done[number] = change.done
        self.lines = change.applied(self.lines)


def _lost(before: list[str], after: list[str]) -> int:
    """How many characters of lines are gone in others, spaces aside."""
    return sum(
        max(0, _written(one) - _written(other)) for one, other in zip(before, after, strict=True) if one != other
    )


def _written(line: str) -> int:
    return len(line) - line.count(" ")
