"""Holes of a recovered text, and of their lines those that stand where nothing can."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from netspec.recovery.lines import by_line, indent_of, is_empty, split

if TYPE_CHECKING:
    from netspec.recovery.recovering import Recovered

_OPEN = re.compile(r"[-:,{\[|>]\s*(#.*)?\Z")  # the end of a line that goes on in the next


class Holes(NamedTuple):
    """The lines that a recovered text has otherwise.

    Attributes:
        lines: Their numbers, from 0.
        now: All lines as they are written.
        read: All lines as they have been read.
        back: The numbers of those that have been read as they were before.
    """

    lines: frozenset[int]
    now: list[str]
    read: list[str]
    back: frozenset[int]

    @classmethod
    def of(cls, recovered: Recovered) -> Holes:
        """Those of a recovered text."""
        now, read = split(recovered.history.text)[0], split(recovered.text)[0]
        done = {number: what for number, what in by_line(recovered.holes).items() if number < len(now)}
        back = frozenset(number for number, what in done.items() if what == "taken back")
        return cls(frozenset(done), now, read, back)

    def astray(self) -> list[int]:
        """The lines that say something and stand in another column than they can.

        They have been read at another indent than is written, or are left out and stand at one that nothing above has.
        """
        return [number for number in sorted(self.lines) if not is_empty(self.now[number]) and self._is_astray(number)]

    def _is_astray(self, number: int) -> bool:
        indent = indent_of(self.now[number])
        if not is_empty(self.read[number]):
            return indent != indent_of(self.read[number])
        between: int | None = None  # the column of what stands between
        for line in reversed(self.now[:number]):
            column = indent_of(line)
            if is_empty(line) or (between is not None and column >= between):
                continue
            goes_on = between is None and _OPEN.search(line) is not None
            if indent == column:
                return (
                    is_item(self.now[number]) and not is_item(line) and not goes_on
                )  # a list may begin in its key's column
            if indent == column + 2 and is_item(line):
                return is_item(self.now[number]) and not goes_on
            if indent > column:
                return not goes_on
            between = column
        return False

    def torn(self, astray: list[int]) -> Iterator[int]:
        """Lines of the lists and maps that lines astray may have stood in.

        That of the line above, and the last one whose items have the indent that is written. Where as many lines are astray as
        stand in the list above, that may be the one at the wrong indent: all of it is.
        """
        columns = Counter(indent_of(self.now[number]) for number in astray)
        for number in astray:
            indent = indent_of(self.now[number])
            above = [
                each for each in range(number - 1, -1, -1) if each not in self.lines and not is_empty(self.now[each])
            ]
            if not above:
                continue
            last = indent_of(self.now[above[0]])
            start = next((n for n, each in enumerate(above) if indent_of(self.now[each]) < last), len(above))
            if columns[indent] >= sum(indent_of(self.now[each]) == last for each in above[:start]):
                yield from above[:start]
            else:
                yield above[0]
            if last != indent:
                yield from islice((each for each in above if indent_of(self.now[each]) == indent), 1)


def is_item(line: str) -> bool:
    """Does a line begin an item of a list?"""
    return line.lstrip()[:2].rstrip() == "-"
