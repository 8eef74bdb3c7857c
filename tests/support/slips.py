"""What people do to a spec while they edit it, and leave half done."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

_TYPED = "abcdefgilnoprstux0123456789 :-,.{}[]\"'$#_*&!?|>%@\t"
_STRANGE = "\u00a0\u2003\u200b\ufeff\u201c\u201d\u2018\u2013\uff1a\u00e9\U0001f600\u2028\x00"  # as pages in a browser have them
_WORD = re.compile(r"[A-Za-z_]\w*")
_PAIR = re.compile(r"(?<=[{,] )?\w+: [^,{}\[\]]+,? ?")
_MOST = 6  # lines that are changed together
SMALL = ("character", "line", "cut", "new node")  # what leaves all other nodes readable


class State(NamedTuple):
    """A text while it is edited: what it was, what it is, and in words what happened.

    Where that is known: what it was between two edits, and what it will be, once what is begun is written to its end.
    """

    before: str
    now: str
    what: str
    between: str | None = None
    meant: str | None = None


def slips(texts: list[str], count: int, seed: int, kinds: Collection[str] = ()) -> Iterator[State]:
    """Random edits of texts, of every kind about as many, or of some kinds; of all now and then two together."""
    rng = random.Random(seed)
    ways = [way for way in _WAYS if not kinds or _kind(way) in kinds]
    hand = _Hand(rng, texts)
    for _ in range(count):
        text = rng.choice(texts)
        lines = text.split("\n")
        way, is_one = rng.choice(ways), rng.randrange(len(_WAYS)) or kinds
        hand.begun = None
        way(hand, lines)
        if is_one:
            yield State(text, "\n".join(lines), _kind(way), meant=hand.meant(lines))
        else:
            between = "\n".join(lines)
            rng.choice(_WAYS)(hand, lines)
            yield State(text, "\n".join(lines), "twice", between)


def _kind(way: Callable[[_Hand, list[str]], None]) -> str:
    return way.__name__.replace("_", " ")


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


class _Hand:
    """The ways to edit the lines of a text, each at a place of its own."""

    def __init__(self, rng: random.Random, texts: list[str]) -> None:
        self.rng = rng
        self.texts = texts
        self.begun: tuple[int, str] | None = None  # the line that is, and its whole

    def meant(self, lines: list[str]) -> str | None:
        """The text once the node that is begun is written to its end; None where none is."""
        if self.begun is None:
            return None
        number, whole = self.begun
        return "\n".join([*lines[:number], whole, *lines[number + 1 :]])

    def character(self, lines: list[str]) -> None:
        """One is typed, deleted or replaced."""
        number, at = self._place(lines)
        line = lines[number]
        kind = self.rng.randrange(3)
        lines[number] = line[:at] + (self.rng.choice(_TYPED) if kind != 1 else "") + line[at + (kind != 0) :]

    def strange_character(self, lines: list[str]) -> None:
        """One comes along that looks like another, or like none."""
        number, at = self._place(lines)
        line = lines[number]
        lines[number] = line[:at] + self.rng.choice(_STRANGE) + line[at + self.rng.randrange(2) :]

    def line(self, lines: list[str]) -> None:
        """One is deleted, stands twice, stands elsewhere too, begins in another column."""
        number = self._said(lines)
        kind = self.rng.randrange(4)
        if kind == 0:
            del lines[number]
        elif kind == 1:
            lines.insert(number, lines[number])
        elif kind == 2:
            lines.insert(number, lines[self._said(lines)])
        else:
            lines[number] = " " * self.rng.randrange(5) + lines[number].lstrip()

    def cut(self, lines: list[str]) -> None:
        """A line is not yet, or no longer, written to its end."""
        number = self._said(lines)
        indent = len(_indent(lines[number]))
        lines[number] = lines[number][: self.rng.randrange(indent, len(lines[number])) + 1]

    def new_node(self, lines: list[str]) -> None:
        """A node is begun."""
        nodes = [number for number, line in enumerate(lines) if line.lstrip().startswith("- ")]
        at, other = self.rng.choice(nodes), lines[self.rng.choice(nodes)].strip()
        indent = _indent(lines[at])
        self.begun = at, indent + other
        lines.insert(at, indent + other[: self.rng.randrange(1, len(other) + 1)])

    def word(self, lines: list[str]) -> None:
        """One is replaced by another of the text."""
        number, at = self._word(lines)
        other, there = self._word(lines)
        written, taken = _WORD.match(lines[number], at), _WORD.match(lines[other], there)
        assert written is not None
        assert taken is not None
        lines[number] = lines[number][:at] + taken[0] + lines[number][written.end() :]

    def entry(self, lines: list[str]) -> None:
        """A hyperparameter goes, or one is begun."""
        number = self._said(lines)
        line = lines[number]
        pairs = [*_PAIR.finditer(line)]
        if not pairs:
            lines[number] = f"{line}: {{"
            return
        pair = self.rng.choice(pairs)
        if self.rng.randrange(2):
            lines[number] = line[: pair.start()] + line[pair.end() :]
        else:
            begun = self.rng.choice(("na", "name: ", "from: st", "strides", "filters: $", "padding: sam", "a: {"))
            lines[number] = f"{line[: pair.start()]}{begun}, {line[pair.start() :]}"

    def colon(self, lines: list[str]) -> None:
        """A key has none."""
        number = self._said(lines)
        lines[number] = lines[number].replace(self.rng.choice((": ", ":")), self.rng.choice((" ", "")), 1)

    def quote(self, lines: list[str]) -> None:
        """A text begins that ends nowhere, or at the next such quote."""
        number, at = self._word(lines)
        lines[number] = lines[number][:at] + self.rng.choice("\"'") + lines[number][at:]

    def comment(self, lines: list[str]) -> None:
        """Lines are put out of use."""
        for number in self._lines(lines):
            indent = _indent(lines[number]) if self.rng.randrange(2) else ""
            lines[number] = f"{indent}# {lines[number][len(indent) :]}"

    def joined(self, lines: list[str]) -> None:
        """The end of a line is deleted."""
        number = self._said(lines)
        if number + 1 < len(lines):
            lines[number] += self.rng.choice(("", " ")) + lines.pop(number + 1).lstrip(self.rng.choice((" ", "")))

    def broken(self, lines: list[str]) -> None:
        """A line is ended within."""
        number, at = self._place(lines)
        indent = self.rng.choice(("", _indent(lines[number])))
        lines[number : number + 1] = [lines[number][:at], indent + lines[number][at:]]

    def swapped(self, lines: list[str]) -> None:
        """Lines are moved up or down by one that stays."""
        part = self._lines(lines)
        if part.stop < len(lines):
            lines.insert(part.start, lines.pop(part.stop))

    def moved(self, lines: list[str]) -> None:
        """Lines are moved elsewhere."""
        part = self._lines(lines)
        taken = lines[part.start : part.stop]
        del lines[part.start : part.stop]
        at = self.rng.randrange(len(lines))
        lines[at:at] = taken

    def deleted(self, lines: list[str]) -> None:
        """Lines are."""
        part = self._lines(lines)
        del lines[part.start : part.stop]

    def pasted(self, lines: list[str]) -> None:
        """Lines of another text are, in their column or in that of what stands there."""
        other = self.rng.choice(self.texts).split("\n")
        part = self._lines(other)
        at = self._said(lines)
        by = self.rng.choice((0, len(_indent(lines[at])) - len(_indent(other[part.start]))))
        lines[at:at] = [f"{' ' * (len(_indent(line)) + by)}{line.lstrip()}" for line in other[part.start : part.stop]]

    def indented(self, lines: list[str]) -> None:
        """A selection is moved by a level, or by a tab."""
        indent = self.rng.choice(("  ", "  ", "    ", "\t", ""))
        for number in self._lines(lines):
            line = lines[number]
            lines[number] = indent + line if indent else line[min(2, len(_indent(line))) :]

    def tab(self, lines: list[str]) -> None:
        """One stands where spaces did."""
        number = self._said(lines)
        spaces = [found.span() for found in re.finditer(" +", lines[number])] or [(0, 0)]
        start, end = self.rng.choice(spaces)
        lines[number] = lines[number][:start] + "\t" + lines[number][end:]

    def line_ends(self, lines: list[str]) -> None:
        """Some are those of Windows, and a line is half written."""
        for number in self._lines(lines):
            lines[number] += "\r"
        self.rng.choice((self.cut, self.character))(lines)

    def conflict(self, lines: list[str]) -> None:
        """A merge left its marks, or some of them."""
        part = self._lines(lines)
        theirs = [line.replace("1", "2") for line in lines[part.start : part.stop]]
        marked = ["<<<<<<< HEAD", *lines[part.start : part.stop], "=======", *theirs, ">>>>>>> branch"]
        kind = self.rng.randrange(3)
        if kind == 0:
            marked.remove(self.rng.choice(("<<<<<<< HEAD", "=======", ">>>>>>> branch")))
        elif kind == 1:
            marked = marked[: self.rng.randrange(1, len(marked))]
        lines[part.start : part.stop] = marked

    def _said(self, lines: list[str]) -> int:
        """A line that says something."""
        return self.rng.choice(
            [n for n, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")]
        )

    def _place(self, lines: list[str]) -> tuple[int, int]:
        """Such a line, and a column before its comment."""
        number = self._said(lines)
        return number, self.rng.randrange(len(lines[number].partition(" #")[0]) + 1)

    def _word(self, lines: list[str]) -> tuple[int, int]:
        """Such a line with a word in it, and where that begins."""
        while True:
            number = self._said(lines)
            words = [*_WORD.finditer(lines[number].partition(" #")[0])]
            if words:
                return number, self.rng.choice(words).start()

    def _lines(self, lines: list[str]) -> range:
        """A few lines, one of them at least saying something."""
        number = self._said(lines)
        return range(number, min(len(lines), number + self.rng.randrange(1, _MOST)))


_WAYS = (
    _Hand.character,
    _Hand.strange_character,
    _Hand.line,
    _Hand.cut,
    _Hand.new_node,
    _Hand.word,
    _Hand.entry,
    _Hand.colon,
    _Hand.quote,
    _Hand.comment,
    _Hand.joined,
    _Hand.broken,
    _Hand.swapped,
    _Hand.moved,
    _Hand.deleted,
    _Hand.pasted,
    _Hand.indented,
    _Hand.tab,
    _Hand.line_ends,
    _Hand.conflict,
)
