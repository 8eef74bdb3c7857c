"""What is open at first sight: as much as can be taken in."""

from __future__ import annotations

from netspec.drawing.picture import Picture
from netspec.drawing.placing import Layout, place

MOST = 60  # boxes at first sight
PAGE = (
    1080,
    1500,
)  # units wide and high: A4 upright within margins of 10 mm, 0.176 mm a unit, letters of 12 units 6 pt high


def first_sight(drawn: Picture) -> tuple[str, ...]:
    """The paths of the boxes that are open at first sight.

    Boxes are opened in the order in which they stand, the outer ones before the inner, while no more than `MOST` are seen and
    all fits on a page; one that would break this stays closed. Boxes with problems come first.
    """
    opened: list[str] = []
    waiting = [0] if drawn.graph.nodes else []
    while waiting:
        level = [child for box in waiting for child in _shown(drawn, box, opened) if drawn.boxes[child].children]
        level.sort(key=lambda box: box not in drawn.problems_in)
        waiting = []
        for box in level:
            tried = [*opened, drawn.boxes[box].path]
            if _fits(drawn, tried):
                opened = tried
                waiting.append(box)
    return tuple(opened)


def _shown(drawn: Picture, box: int, opened: list[str]) -> tuple[int, ...]:
    """The children of an open box that are seen."""
    found = drawn.boxes[box]
    first = drawn.boxes[found.children[0]]
    return first.children if found.role == "repeat" and first.children else found.children


def _fits(drawn: Picture, opened: list[str]) -> bool:
    if _count(drawn, 0, frozenset(opened)) > MOST:
        return False
    layout = place(drawn, frozenset(opened))
    return fits_page(layout)


def _count(drawn: Picture, box: int, opened: frozenset[str]) -> int:
    """How many boxes are seen in an open one, frames included."""
    shown = _shown(drawn, box, [])
    return sum(
        1 + (_count(drawn, child, opened) if drawn.boxes[child].children and drawn.boxes[child].path in opened else 0)
        for child in shown
    )


def fits_page(layout: Layout) -> bool:
    """Does it fit on a page?"""
    return layout.width <= PAGE[0] and layout.height <= PAGE[1]
