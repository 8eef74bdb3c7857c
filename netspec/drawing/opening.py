"""What is open at first sight: as much as can be taken in."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import islice

from netspec.drawing.picture import Picture
from netspec.drawing.placing import Layout, place

MOST = 60  # boxes at first sight
# Units wide and high: A4 upright within margins of 10 mm, two units a point, so that titles have letters of 6 points; less what
# stands around the boxes.
PAGE = (1049, 1440)


def first_sight(drawn: Picture, nodes: Iterable[int] = ()) -> tuple[str, ...]:
    """The paths of the boxes that are open at first sight.

    All of them, where no more than `MOST` are seen then and all fits on a page. Otherwise the boxes around errors and around the
    nodes that are asked for, and of those that are made alike the first, from the outside in, each if it breaks neither bound.

    Args:
        drawn: The picture.
        nodes: Those that are to be seen, by their numbers, as far as there is room.
    """
    if not drawn.graph.nodes:
        return ()
    every = tuple(box.path for index, box in enumerate(drawn.boxes) if index and _is_worth_opening(drawn, index))
    if len(drawn.boxes) <= 2 * MOST and _fits(drawn, every):
        return every
    opened: list[str] = []
    made = _made(drawn)
    for box in (*_around(drawn), *_holding(drawn, nodes)):
        if drawn.boxes[box].path not in opened:
            _open(drawn, box, opened)
    known: set[int] = set()
    waiting = [box for box in reversed(drawn.boxes[0].children) if _is_worth_opening(drawn, box)]
    while waiting:
        box = waiting.pop()
        is_open = drawn.boxes[box].path in opened
        if is_open or (made[box] not in known and _open(drawn, box, opened)):
            waiting.extend(child for child in reversed(_shown(drawn, box)) if _is_worth_opening(drawn, child))
        known.add(made[box])
    return tuple(opened)


def _is_worth_opening(drawn: Picture, box: int) -> bool:
    """Does it show more than it says closed? A repeat of a node does not."""
    return any(drawn.boxes[child].children for child in drawn.boxes[box].children) or (
        drawn.boxes[box].role != "repeat" and bool(drawn.boxes[box].children)
    )


def _open(drawn: Picture, box: int, opened: list[str]) -> bool:
    """Open a box if it breaks no bound; says whether it did."""
    opened.append(drawn.boxes[box].path)
    if _fits(drawn, opened):
        return True
    opened.pop()
    return False


def _made(drawn: Picture) -> list[int]:
    """A number of each box, the same of those that are made alike."""
    numbers: dict[object, int] = {}
    made = [0] * len(drawn.boxes)
    for index in range(len(drawn.boxes) - 1, -1, -1):
        box = drawn.boxes[index]
        inner = tuple(made[child] for child in (_shown(drawn, index) if box.children else ()))
        made[index] = numbers.setdefault((box.kinds, inner), len(numbers))
    return made


def _around(drawn: Picture) -> list[int]:
    """The boxes around errors, the outer ones first."""
    found: set[int] = set()
    for problem, place_ in zip(drawn.spec.problems, drawn.problem_places, strict=True):
        box = -1 if place_ is None or not problem.is_error else drawn.boxes[place_].parent
        while box > 0:
            found.add(box)
            box = drawn.boxes[box].parent
    return sorted(found)


def _holding(drawn: Picture, nodes: Iterable[int]) -> list[int]:
    """The boxes that hold nodes, the outer ones first; of many nodes those of the first."""
    some = list(islice(nodes, MOST))
    return [
        index
        for index, box in enumerate(drawn.boxes)
        if index and box.children and any(box.start <= node < box.stop for node in some)
    ]


def _shown(drawn: Picture, box: int) -> tuple[int, ...]:
    """The children of an open box that are seen."""
    found = drawn.boxes[box]
    first = drawn.boxes[found.children[0]]
    return first.children if found.role == "repeat" and first.children else found.children


def _fits(drawn: Picture, opened: Collection[str]) -> bool:
    known = frozenset(opened)
    return _count(drawn, 0, known) <= MOST and fits_page(place(drawn, known))


def _count(drawn: Picture, box: int, opened: frozenset[str]) -> int:
    """How many boxes are seen in an open one, frames included."""
    count = 0
    for child in _shown(drawn, box):
        found = drawn.boxes[child]
        count += 1 + (_count(drawn, child, opened) if found.children and found.path in opened else 0)
    return count


def fits_page(layout: Layout) -> bool:
    """Does it fit on a page?"""
    return layout.width <= PAGE[0] and layout.height <= PAGE[1]
