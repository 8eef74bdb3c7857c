"""What is seen of a picture, given what is open: which boxes, and which of them read which."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from netspec.drawing.arrangement import Column, Row
from netspec.drawing.outline import Box


class Face(Protocol):
    """How large a box is."""

    @property
    def width(self) -> int: ...

    @property
    def height(self) -> int: ...

    @property
    def label(self) -> int:
        """How wide the shape below it is; 0 of none."""

    @property
    def head(self) -> int:
        """How wide the title of its frame is, which stands left of its axis."""

    @property
    def head_height(self) -> int: ...


class Wired(Protocol):
    """What is drawn: the outline, how it stands, and what reads what."""

    @property
    def boxes(self) -> Sequence[Box]: ...

    @property
    def columns(self) -> Sequence[Column]: ...

    @property
    def edges(self) -> Sequence[tuple[int, int]]:
        """Of nodes."""

    def face(self, index: int) -> Face: ...


def opens_all(path: str) -> str:
    """What stands among the open ones where a repeat shows each of its rounds, and not one for all."""
    return f"{path}*"


class Sight:
    """Which boxes are seen, and which of them read which.

    Attributes:
        order: Those that are closed or have nothing in them, from top to bottom and left to right.
        reads: Of each, by its place there, the places of those that it reads.
        readers: And of those that read it.
    """

    def __init__(self, drawn: Wired, opened: Collection[str]) -> None:
        self.boxes, self.columns = drawn.boxes, drawn.columns
        self.opened = opened
        self.order: list[int] = []
        self._stands: list[int] = [0] * self.boxes[0].stop  # the place of the box that stands for each node
        self._rounds: dict[int, tuple[tuple[int, int], ...]] = {}  # of repeats that show one: which one a node is in
        self._see(0)
        self.readers: list[set[int]] = [set() for _ in self.order]
        self.reads: list[set[int]] = [set() for _ in self.order]
        for source, target in drawn.edges:
            here, there = self._stands[source], self._stands[target]
            if here != there and not self._is_between_rounds(source, target):
                self.readers[here].add(there)
                self.reads[there].add(here)

    def _is_between_rounds(self, source: int, target: int) -> bool:
        """Does one round of a repeat read another, and one is shown for both?"""
        others = dict(self._rounds.get(target, ()))
        return any(others.get(repeat, number) != number for repeat, number in self._rounds.get(source, ()))

    def is_open(self, box: int) -> bool:
        """Is it a frame around others?"""
        return bool(self.boxes[box].children) and (box == 0 or self.boxes[box].path in self.opened)

    def shows_one(self, box: int) -> bool:
        """Is it a repeat that shows one of its rounds for all?"""
        found = self.boxes[box]
        return (
            found.role == "repeat"
            and bool(self.boxes[found.children[0]].children)
            and opens_all(found.path) not in self.opened
        )

    def column(self, box: int) -> Column:
        """How what is in an open one stands."""
        return self.columns[self.boxes[box].children[0] if self.shows_one(box) else box]

    def _see(self, box: int) -> None:
        found = self.boxes[box]
        if not self.is_open(box):
            self._stands[found.start : found.stop] = [len(self.order)] * (found.stop - found.start)
            self.order.append(box)
            return
        self._see_column(self.column(box))
        if self.shows_one(box):
            first = self.boxes[found.children[0]]
            size = first.stop - first.start
            for number in range(found.times):
                start = first.start + number * size
                self._stands[start : start + size] = self._stands[first.start : first.stop]
                for node in range(size - 1, -1, -1):
                    inner = self._rounds.get(first.start + node, ()) if number else self._rounds.get(start + node, ())
                    self._rounds[start + node] = (*(each for each in inner if each[0] != box), (box, number))

    def _see_column(self, column: Column) -> None:
        for item in column:
            if isinstance(item, Row):
                for inner in item.columns:
                    self._see_column(inner)
            else:
                self._see(item)
