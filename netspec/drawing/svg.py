"""A picture as SVG, ready for print: white paper, letters that are text, and nothing that only colour says.

Each box is a group with `data-path` and `data-inside` (the path of the frame around it), each edge a path with `data-from` and
`data-to`, so that a program can read the picture back. Who has it read aloud is told in titles what stands where.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from html import escape
from types import MappingProxyType
from typing import NamedTuple

from netspec.diagnostics.words import printable, short
from netspec.drawing.faces import LINE, MARGIN, SMALL, TITLE
from netspec.drawing.lettering import FONT, shortened, width_of, wrapped
from netspec.drawing.picture import Picture
from netspec.drawing.placing import Edge, Layout, Placed, Point, place
from netspec.outputs import SVG_NOTE

BORDER = 14  # around everything
LEAST_WIDTH = 420  # of the lines above and below the picture
HEADING = 16  # size of the network's name
MOST_PROBLEMS = 40  # that are told
CORNER = 5  # radius at which an edge turns
ARROW = 5  # how long its head is
BADGE = 7  # radius of a problem's number

INK, FAINT, WIRE, PAPER = "#1d2733", "#5b6876", "#5d6975", "#ffffff"
FRAMES = ("#f5f7f9", "#ebeff3", "#e1e7ed")  # of frames inside each other
FRAME_LINE, BOX_LINE = "#97a3af", "#56636f"
MACS, PARAMETERS, ERROR, WARNING = "#2f6db3", "#c8641b", "#b3261e", "#8a5a00"
NEW, GONE, CHANGED = "+", "−", "~"  # what a node is, beside those of another network
SIGNS = {NEW: ("#1a7346", "new"), GONE: (ERROR, "gone"), CHANGED: (WARNING, "changed")}
UNMARKED: Mapping[int, str] = MappingProxyType({})
METADATA = (
    '<metadata><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:cc="http://creativecommons.org/ns#"><cc:Work><dc:creator><cc:Agent>'
    f"{SVG_NOTE}</cc:Agent></dc:creator></cc:Work></rdf:RDF></metadata>\n"
)
TINT = ((255, 255, 255), (158, 197, 240))  # of a box with none of the multiply-accumulates, and with all


class _Line(NamedTuple):
    """A line above or below the picture."""

    text: str
    size: int = SMALL
    colour: str = INK
    bold: bool = False

    @property
    def height(self) -> int:
        return self.size + 5


def svg(drawn: Picture, opened: Collection[str], signs: Mapping[int, str] = UNMARKED) -> str:
    """The picture with some of its boxes open.

    Args:
        drawn: The picture.
        opened: As `placing.place` takes them.
        signs: Of nodes, by their numbers, one of `SIGNS`, which stands at the innermost box that is seen of them.
    """
    layout = place(drawn, opened)
    shown = _Shown(drawn, layout, signs)
    inner = max(layout.width, LEAST_WIDTH)
    heading, notes = list(_heading(drawn, inner)), list(_notes(drawn, inner))
    has_shares = any(drawn.face(box.box).macs or drawn.face(box.box).parameters for box in layout.boxes)
    above = BORDER + sum(line.height for line in heading) + (SMALL + 10) * has_shares + 12
    below = above + layout.height
    width = inner + 2 * BORDER
    height = below + BORDER + (8 + sum(line.height for line in notes) if notes else 0)
    parts = [_opening(drawn, width, height), *_lines(heading, BORDER)]
    if has_shares:
        parts += _legend(BORDER, above - 12 - SMALL)
    parts.append(f'<g transform="translate({BORDER + (inner - layout.width) // 2} {above})">\n')
    parts += [shown.box(box) for box in layout.boxes if box.is_open]
    parts += [_edge(drawn, edge) for edge in layout.edges]
    parts += [shown.box(box) for box in layout.boxes if not box.is_open]
    parts += ["</g>\n", *_lines(notes, below + 8), "</svg>\n"]
    return "".join(parts)


def _opening(drawn: Picture, width: int, height: int) -> str:
    name = escape(printable(drawn.graph.name))
    described = escape(printable(drawn.description))
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{name}" font-family="{FONT}" fill="{INK}">\n'
        f"{METADATA}<title>{name}</title>\n<desc>{described}</desc>\n"
        f'<rect width="{width}" height="{height}" fill="{PAPER}"/>\n'
    )


# --- what stands above and below ----------------------------------------------------------------------------------------


def _heading(drawn: Picture, width: int) -> Iterator[_Line]:
    variant = f" ({drawn.spec.request.variant})" if drawn.spec.request.variant else ""
    name = shortened(printable(drawn.graph.name) + variant, HEADING, width, bold=True)
    yield _Line(name, HEADING, bold=True)
    for line in wrapped(printable(drawn.description), SMALL + 1, width):
        yield _Line(line, SMALL + 1, FAINT)
    if drawn.graph.outputs:
        totals = drawn.graph.totals()
        macs = "MACs unknown" if totals.macs is None else f"{short(totals.macs)} MACs"
        yield _Line(f"{short(totals.parameters)} parameters, {macs}", SMALL + 1, FAINT)


def _legend(x: int, y: int) -> Iterator[str]:
    """What the bars mean."""
    for colour, words in ((MACS, "share of all MACs"), (PARAMETERS, "share of all parameters (par.)")):
        yield f'<rect x="{x}" y="{y - 4}" width="14" height="3" fill="{colour}"/>\n'
        yield _text(x + 19, y, words, SMALL, FAINT)
        x += 19 + width_of(words, SMALL) + 16


def _notes(drawn: Picture, width: int) -> Iterator[_Line]:
    """The problems, by the numbers that stand at their boxes."""
    problems = drawn.spec.problems
    for number, problem in enumerate(problems[:MOST_PROBLEMS], 1):
        colour = ERROR if problem.is_error else WARNING
        where = f"{printable(problem.file)}, line" if problem.file else "line"
        text = f"{number} {where} {problem.span.line}: {problem.severity} {problem.code}: {printable(problem.message)}"
        for line in wrapped(text, SMALL, width):
            yield _Line(line, SMALL, colour)
    if len(problems) > MOST_PROBLEMS:
        yield _Line(f"… and {len(problems) - MOST_PROBLEMS:,} more", SMALL, FAINT)


def _lines(lines: Sequence[_Line], y: int) -> Iterator[str]:
    for line in lines:
        y += line.height
        yield _text(BORDER, y - 4, line.text, line.size, line.colour, bold=line.bold)


# --- boxes -------------------------------------------------------------------------------------------------------------


class _Shown:
    """The boxes of a picture as they are seen."""

    def __init__(self, drawn: Picture, layout: Layout, signs: Mapping[int, str]) -> None:
        self.drawn = drawn
        self.signs = _seen_signs(drawn, layout, signs)
        seen = {box.box for box in layout.boxes}
        self.depths: dict[int, int] = {}
        for box in layout.boxes:  # a frame stands before what is in it
            self.depths[box.box] = self.depths.get(box.inside, -1) + 1
        self.numbers: dict[int, list[int]] = {}  # of each box, the problems that are marked at it
        for number, at in enumerate(drawn.problem_places, 1):
            while at is not None and at > 0 and at not in seen:
                at = drawn.boxes[at].parent
            if at:
                self.numbers.setdefault(at, []).append(number)

    def box(self, placed: Placed) -> str:
        """A box with its words; a frame without what is in it."""
        drawn, face = self.drawn, self.drawn.face(placed.box)
        box = drawn.boxes[placed.box]
        numbers, sign = self.numbers.get(placed.box, []), self.signs.get(placed.box, "")
        inside = drawn.boxes[placed.inside].path if placed.inside >= 0 else ""
        kind = "frame" if placed.is_open else box.role
        x, y = placed.x, placed.y
        parts = [
            f'<g class="{kind}" data-path="{_path(box.path)}" data-inside="{_path(inside)}">\n',
            f"<title>{escape(self._told(placed.box))}</title>\n",
            *self._shape(placed, numbers, sign),
        ]
        at = x + MARGIN
        if not placed.is_open and not (face.macs or face.parameters):  # a line alone stands in the middle
            at = x + (placed.width - face.line_width) // 2
        baseline = y + LINE + 1
        parts.append(_text(at, baseline, face.title, TITLE, INK, bold=True))
        at += width_of(face.title, TITLE, bold=True)
        if face.rest:
            parts.append(_text(at + 5, baseline, face.rest, TITLE, INK))
            at += 5 + width_of(face.rest, TITLE)
        if numbers:
            first = str(numbers[0]) if numbers[0] < 100 else "!"
            parts += _badge(at + 6 + BADGE, baseline - 4, first, self._colour(numbers))
        if sign:  # at the corner, where no word stands
            parts += _badge(x + placed.width - 2, y + 2, sign, SIGNS[sign][0])
        if face.macs or face.parameters:
            wide = face.head - MARGIN if placed.is_open else placed.width - 2 * MARGIN
            parts += self._bars(placed.box, x + MARGIN, baseline + SMALL + 1, wide)
        if face.shape and not placed.is_open:
            parts.append(
                _text(x + placed.width // 2 + 5, y + placed.height + SMALL + 2, face.shape, SMALL, FAINT, "shape")
            )
        return "".join((*parts, "</g>\n"))

    def _shape(self, placed: Placed, numbers: Sequence[int], sign: str) -> Iterator[str]:
        box = self.drawn.boxes[placed.box]
        where = f'width="{placed.width}" height="{placed.height}"'
        line, thick = (FRAME_LINE if placed.is_open else BOX_LINE), "1"
        if numbers or sign:
            line, thick = self._colour(numbers) if numbers else SIGNS[sign][0], "2"
        dashes = ' stroke-dasharray="4 3"' if box.role in ("unknown", "missing") else ""
        if placed.is_open:
            fill, radius = FRAMES[self.depths[placed.box] % len(FRAMES)], 7
        else:
            fill = _tint(self.drawn.share_of_macs(box))
            radius = placed.height // 2 if box.role in ("input", "merge") else 4
        if box.role == "repeat":  # as a pile of them
            back = f'{where} rx="{radius}" fill="{fill}" stroke="{line}"'
            yield f'<rect class="pile" x="{placed.x + 2}" y="{placed.y + 2}" {back}/>\n'
        yield (
            f'<rect class="body" x="{placed.x}" y="{placed.y}" {where} rx="{radius}" fill="{fill}" stroke="{line}" '
            f'stroke-width="{thick}"{dashes}/>\n'
        )

    def _bars(self, index: int, x: int, baseline: int, width: int) -> Iterator[str]:
        """The shares: numbers, and bars below them, in half of the width each."""
        face, box = self.drawn.face(index), self.drawn.boxes[index]
        half = (width - 8) // 2
        shown = (
            (face.macs, "MACs", self.drawn.share_of_macs(box), MACS),
            (face.parameters, "par.", self.drawn.share_of_parameters(box), PARAMETERS),
        )
        at = x
        for number, what, share, colour in shown:
            if number:
                bar = f'x="{at}" y="{baseline + 2}" height="3"'
                yield _text(at, baseline, f"{number} {what}", SMALL, INK)
                yield f'<rect {bar} width="{half}" fill="{PAPER}" stroke="{colour}" stroke-width="0.5"/>\n'
                yield f'<rect {bar} width="{max(1, round(half * share))}" fill="{colour}"/>\n'
                at += half + 8

    def _colour(self, numbers: Sequence[int]) -> str:
        return ERROR if any(self.drawn.spec.problems[number - 1].is_error for number in numbers) else WARNING

    def _told(self, index: int) -> str:
        """What is said of a box where one points at it, or has it read."""
        drawn = self.drawn
        box, macs = drawn.boxes[index], drawn.macs(drawn.boxes[index])
        parts = [printable(f"{box.path}: {box.kind or 'nodes'}")]
        if box.times > 1:
            parts.append(f"{box.times} times")
        if drawn.shape(box):
            parts.append(drawn.shape(box))
        if drawn.parameters(box):
            parts.append(f"{drawn.parameters(box):,} parameters")
        if macs:
            parts.append(f"{macs:,} MACs")
        if index in self.signs:
            parts.append(SIGNS[self.signs[index]][1])
        return ", ".join(parts)


def _seen_signs(drawn: Picture, layout: Layout, signs: Mapping[int, str]) -> dict[int, str]:
    """The sign of each box that is seen; of nodes with several signs, that of what changed."""
    found: dict[int, str] = {}
    for node, sign in signs.items():
        around = [
            placed.box
            for placed in layout.boxes
            if drawn.boxes[placed.box].start <= node < drawn.boxes[placed.box].stop
        ]
        if around:  # a frame stands before what is in it
            found[around[-1]] = sign if found.get(around[-1], sign) == sign else CHANGED
    return {box: sign if _is_whole(drawn, box, signs) else CHANGED for box, sign in found.items()}


def _is_whole(drawn: Picture, box: int, signs: Mapping[int, str]) -> bool:
    """Have all nodes of a box a sign?"""
    return all(node in signs for node in range(drawn.boxes[box].start, drawn.boxes[box].stop))


def _path(path: str) -> str:
    """A path as an attribute; what is not a kind may have any letters."""
    return escape(printable(path))


def _tint(share: float) -> str:
    """The colour of a box: the more of the multiply-accumulates it has, the deeper."""
    depth = min(1.0, share) ** 0.5
    return "#" + "".join(f"{round(low + (high - low) * depth):02x}" for low, high in zip(*TINT, strict=True))


def _badge(x: int, y: int, text: str, colour: str) -> Iterator[str]:
    """A sign, or the number of a problem, in a circle."""
    yield f'<circle cx="{x}" cy="{y}" r="{BADGE}" fill="{colour}"/>\n'
    yield _text(x - width_of(text, SMALL, bold=True) // 2, y + 4, text, SMALL, PAPER, bold=True)


# --- edges and letters -------------------------------------------------------------------------------------------------


def _edge(drawn: Picture, edge: Edge) -> str:
    source, target = drawn.boxes[edge.source], drawn.boxes[edge.target]
    is_assumed = any(
        source.start <= one < source.stop and target.start <= other < target.stop for one, other in drawn.assumed
    )
    dashes = ' stroke-dasharray="3 3"' if is_assumed else ""
    x, y = edge.points[-1]
    head = f"M{x - 3.5} {y - ARROW - 1}L{x} {y - 1}L{x + 3.5} {y - ARROW - 1}z"
    return (
        f'<path class="edge" data-from="{_path(source.path)}" data-to="{_path(target.path)}" d="{_way(edge.points)}" '
        f'fill="none" stroke="{WIRE}" stroke-width="1.2"{dashes}/>\n<path class="head" d="{head}" fill="{WIRE}"/>\n'
    )


def _way(points: Sequence[Point]) -> str:
    """A path with rounded corners."""
    parts = [f"M{points[0][0]} {points[0][1]}"]
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        radius = min(CORNER, _apart(before, here) // 2, _apart(here, after) // 2)
        first, last = _toward(here, before, radius), _toward(here, after, radius)
        parts.append(f"L{first[0]} {first[1]}Q{here[0]} {here[1]} {last[0]} {last[1]}")
    parts.append(f"L{points[-1][0]} {points[-1][1]}")
    return "".join(parts)


def _apart(one: Point, other: Point) -> int:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def _toward(start: Point, end: Point, by: int) -> Point:
    """A point so far from one on the way to another."""
    return (
        start[0] + by * ((end[0] > start[0]) - (end[0] < start[0])),
        start[1] + by * ((end[1] > start[1]) - (end[1] < start[1])),
    )


def _text(x: int, y: int, text: str, size: int, colour: str, role: str = "", *, bold: bool = False) -> str:
    """A line of text, as long as it was reckoned to be in whatever letters."""
    role = f' class="{role}"' if role else ""
    weight = ' font-weight="bold"' if bold else ""
    length = f' textLength="{width_of(text, size, bold=bold)}" lengthAdjust="spacingAndGlyphs"' if len(text) > 1 else ""
    return f'<text{role} x="{x}" y="{y}" font-size="{size}" fill="{colour}"{weight}{length}>{escape(text)}</text>\n'
