"""A picture read back from its SVG, and what may not be in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from xml.etree import ElementTree

from netspec.drawing.lettering import width_of

SVG = "{http://www.w3.org/2000/svg}"


class Area(NamedTuple):
    """A rectangle."""

    left: float
    top: float
    right: float
    bottom: float

    def holds(self, other: Area) -> bool:
        return (
            self.left <= other.left
            and self.top <= other.top
            and other.right <= self.right
            and other.bottom <= self.bottom
        )

    def meets(self, other: Area) -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


class Words(NamedTuple):
    """A line of text."""

    text: str
    area: Area
    is_shape: bool


class Box(NamedTuple):
    """A box as it was drawn."""

    path: str
    inside: str
    area: Area
    is_frame: bool
    words: tuple[Words, ...]


class Edge(NamedTuple):
    """An edge as it was drawn."""

    source: str
    target: str
    points: tuple[tuple[float, float], ...]

    def stretches(self) -> Iterator[Area]:
        for (x, y), (x2, y2) in zip(self.points, self.points[1:], strict=False):
            yield Area(min(x, x2), min(y, y2), max(x, x2), max(y, y2))


class Drawing(NamedTuple):
    """All of it."""

    width: float
    height: float
    left: float  # where the boxes' own coordinates begin
    top: float
    boxes: dict[str, Box]
    edges: tuple[Edge, ...]
    words: tuple[Words, ...]  # above and below the boxes


def read(svg: str) -> Drawing:
    """An SVG as `netspec view` writes it."""
    root = ElementTree.fromstring(svg)
    (body,) = root.findall(f"{SVG}g")
    moved = re.fullmatch(r"translate\((\d+) (\d+)\)", body.get("transform", ""))
    assert moved is not None
    boxes = [_box(group) for group in body.findall(f"{SVG}g")]
    assert len({box.path for box in boxes}) == len(boxes)
    edges = [
        Edge(path.get("data-from", ""), path.get("data-to", ""), _points(path.get("d", "")))
        for path in body.findall(f"{SVG}path")
        if path.get("class") == "edge"
    ]
    return Drawing(
        float(root.get("width", "")),
        float(root.get("height", "")),
        float(moved[1]),
        float(moved[2]),
        {box.path: box for box in boxes},
        tuple(edges),
        tuple(_words(text) for text in root.findall(f"{SVG}text")),
    )


def _box(group: ElementTree.Element) -> Box:
    (body,) = (rect for rect in group.findall(f"{SVG}rect") if rect.get("class") == "body")
    x, y, width, height = (float(body.get(name, "")) for name in ("x", "y", "width", "height"))
    words = tuple(_words(text) for text in group.findall(f"{SVG}text"))
    path, inside = group.get("data-path", ""), group.get("data-inside", "")
    return Box(path, inside, Area(x, y, x + width, y + height), group.get("class") == "frame", words)


def _words(text: ElementTree.Element) -> Words:
    x, y, size = (float(text.get(name, "")) for name in ("x", "y", "font-size"))
    said = text.text or ""
    length = float(text.get("textLength") or width_of(said, int(size), bold=True))
    return Words(said, Area(x, y - 0.72 * size, x + length, y + 0.21 * size), text.get("class") == "shape")


def _points(way: str) -> tuple[tuple[float, float], ...]:
    """The corners of a way, rounded ones too."""
    found = []
    for letter, numbers in re.findall(r"([MLQ])([\d. ]+)", way):
        given = [float(number) for number in numbers.split()]
        if letter == "Q" or letter == "M" or way.endswith(f"{letter}{numbers}"):
            found.append((given[0], given[1]))
    return tuple(found)


def faults(drawing: Drawing) -> Iterator[str]:
    """What is wrong with a drawing's geometry."""
    boxes = list(drawing.boxes.values())
    canvas = Area(-drawing.left, -drawing.top, drawing.width - drawing.left, drawing.height - drawing.top)
    for box in boxes:
        frame = drawing.boxes[box.inside].area if box.inside else canvas
        if not frame.holds(box.area):
            yield f"{box.path} leaves {box.inside or 'the picture'}"
        for words in box.words:
            if words.is_shape:
                if not frame.holds(words.area):
                    yield f"the shape {words.text} leaves {box.inside or 'the picture'}"
                yield from (
                    f"the shape {words.text} of {box.path} lies on {other.path}"
                    for other in boxes
                    if not other.is_frame and other.area.meets(words.area)
                )
            elif not box.area.holds(words.area):
                yield f"{words.text!r} does not fit into {box.path}"
    for number, box in enumerate(boxes):
        for other in boxes[number + 1 :]:
            if box.inside == other.inside and box.area.meets(other.area):
                yield f"{box.path} and {other.path} overlap"
            for frame, held in ((box, other), (other, box)):
                if held.inside == frame.path and any(held.area.meets(words.area) for words in frame.words):
                    yield f"{held.path} lies on the title of {frame.path}"
    for edge in drawing.edges:
        source, target = drawing.boxes[edge.source].area, drawing.boxes[edge.target].area
        first, last = edge.points[0], edge.points[-1]
        if first[1] != source.bottom or abs(first[0] - (source.left + source.right) / 2) > 0.5:
            yield f"an edge to {edge.target} does not begin at {edge.source}"
        if last[1] != target.top or abs(last[0] - (target.left + target.right) / 2) > 0.5:
            yield f"an edge from {edge.source} does not end at {edge.target}"
        for stretch in edge.stretches():
            if stretch.left != stretch.right and stretch.top != stretch.bottom:
                yield f"an edge from {edge.source} to {edge.target} runs askew"
            for box in boxes:
                if not box.is_frame and box.area.meets(stretch):
                    yield f"an edge from {edge.source} to {edge.target} runs through {box.path}"
                for words in box.words:
                    if words.area.meets(stretch):
                        yield f"an edge from {edge.source} to {edge.target} runs through {words.text!r} of {box.path}"
    for words in drawing.words:
        if words.area.left < 0 or words.area.right > drawing.width or words.area.bottom > drawing.height:
            yield f"{words.text!r} leaves the picture"
