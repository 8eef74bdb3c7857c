"""Where boxes and edges stand, given what is open.

Everything is whole numbers, in units of a pixel on the screen, so that the page's own placing, in JavaScript, comes to the
same ones; a test compares them. Sizes come from the inside out, places from the outside in.

Each part has an axis, on which what is above and below it stands too, so that a trunk is straight. Tensors enter a part at its
top and leave it at its bottom, each at a port. In the gaps between parts they turn aside, on tracks that no two share; past
parts they run in lanes at the right of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from netspec.drawing.arrangement import Column, Row
from netspec.drawing.sight import Face, Sight, Wired

GAP = 14  # between what stands below each other
TRACK = 8  # from one edge to the next that runs beside it
LANE = 10  # the same of lanes, and from a box to the first
BESIDE = 18  # between what stands side by side
PADDING = 10  # inside a frame
LABEL = 14  # the line for the shape below a box

Point = tuple[int, int]


class Placed(NamedTuple):
    """A box that is seen."""

    box: int
    x: int
    y: int
    width: int
    height: int
    is_open: bool  # it is a frame around others
    inside: int  # the frame in which it stands; -1 of the network's


class Edge(NamedTuple):
    """From a box to another that reads it."""

    source: int
    target: int
    points: tuple[Point, ...]  # each below, above or beside the one before it


class Layout(NamedTuple):
    """The places of all that is seen."""

    width: int
    height: int
    boxes: tuple[Placed, ...]
    edges: tuple[Edge, ...]


# --- sizes -------------------------------------------------------------------------------------------------------------

Port = tuple[int, int]  # a tensor, by the place of the box that makes it, and how far right of the axis it passes


class _Element:
    """A part of the picture, with an axis."""

    left: int  # how far it reaches from its axis
    right: int
    height: int
    first: int  # of the boxes in it, by their places
    after: int
    enters: list[Port]
    leaves: list[Port]

    def _gather(self, sight: Sight, inner: Sequence[_Element]) -> tuple[set[int], set[int]]:
        """Which tensors enter and which leave what holds some parts."""
        self.first, self.after = inner[0].first, inner[-1].after
        entering = {tensor for part in inner for tensor, _ in part.enters if not self._holds(tensor)}
        leaving = {
            tensor for part in inner for tensor, _ in part.leaves if not all(map(self._holds, sight.readers[tensor]))
        }
        return entering, leaving

    def _holds(self, place: int) -> bool:
        return self.first <= place < self.after

    def put(self, canvas: _Canvas, x: int, y: int, inside: int) -> None:
        """Give it its place: that of its axis, and of its top."""
        raise NotImplementedError


class _Canvas:
    """What has been put."""

    def __init__(self) -> None:
        self.boxes: list[Placed] = []
        self.arrivals: dict[Point, int] = {}  # where boxes are entered
        self.starts: list[tuple[int, Point, int]] = []  # the tensor, where it leaves its box, and that box
        self.ways: dict[tuple[int, Point], list[tuple[Point, ...]]] = {}

    def way(self, tensor: int, *points: Point) -> None:
        """A stretch of a tensor's way."""
        if points[0] != points[-1]:
            self.ways.setdefault((tensor, points[0]), []).append(points)

    def edges(self) -> Iterable[Edge]:
        """Each tensor from the box that makes it to those that read it."""
        for tensor, start, box in self.starts:
            waiting: list[tuple[Point, ...]] = [(start,)]
            while waiting:
                way = waiting.pop()
                if way[-1] in self.arrivals and len(way) > 1:
                    yield Edge(box, self.arrivals[way[-1]], _straightened(way))
                    continue
                waiting.extend(way + further[1:] for further in reversed(self.ways.get((tensor, way[-1]), ())))


def _straightened(points: Sequence[Point]) -> tuple[Point, ...]:
    """A way without points that it passes straight."""
    kept: list[Point] = []
    for point in points:
        if kept and point == kept[-1]:
            continue
        while len(kept) > 1 and (kept[-2][0] == kept[-1][0] == point[0] or kept[-2][1] == kept[-1][1] == point[1]):
            kept.pop()
        kept.append(point)
    return tuple(kept)


class _Closed(_Element):
    """A box in which nothing is seen."""

    def __init__(self, sight: Sight, place: int, face: Face) -> None:
        self.first, self.after = place, place + 1
        self.box = sight.order[place]
        self.face = face
        self.left = face.width // 2
        self.right = max(face.width - self.left, face.label + 5 if face.label else 0)
        self.height = face.height + (LABEL if face.label else 0)
        self.enters = [(tensor, 0) for tensor in sorted(sight.reads[place])]
        self.leaves = [(place, 0)] if sight.readers[place] else []

    def put(self, canvas: _Canvas, x: int, y: int, inside: int) -> None:
        face = self.face
        canvas.boxes.append(Placed(self.box, x - self.left, y, face.width, face.height, False, inside))
        canvas.arrivals[x, y] = self.box
        if self.leaves:
            canvas.starts.append((self.first, (x, y + face.height), self.box))
            canvas.way(self.first, (x, y + face.height), (x, y + self.height))


class _Frame(_Element):
    """An open box."""

    def __init__(self, box: int, face: Face, inner: _Column) -> None:
        self.box, self.face, self.inner = box, face, inner
        self.first, self.after = inner.first, inner.after
        self.enters, self.leaves = inner.enters, inner.leaves
        leftmost = min([0, *(at for _, at in inner.enters)])
        self.left = max(inner.left + PADDING, face.head + PADDING - leftmost)
        self.right = inner.right + PADDING
        self.height = face.head_height + inner.height + PADDING

    def put(self, canvas: _Canvas, x: int, y: int, inside: int) -> None:
        width = self.left + self.right
        canvas.boxes.append(Placed(self.box, x - self.left, y, width, self.height, True, inside))
        top, bottom = y + self.face.head_height, y + self.height - PADDING
        for tensor, at in self.enters:
            canvas.way(tensor, (x + at, y), (x + at, top))
        for tensor, at in self.leaves:
            canvas.way(tensor, (x + at, bottom), (x + at, y + self.height))
        self.inner.put(canvas, x, top, self.box)


class _Beside(_Element):
    """Columns side by side."""

    def __init__(self, sight: Sight, columns: Sequence[_Column], main: int | None) -> None:
        self.columns = columns
        self._gather(sight, columns)
        axes, width = [], 0
        for column in columns:
            axes.append(width + column.left)
            width += column.left + column.right + BESIDE
        width -= BESIDE
        axis = width // 2 if main is None else axes[main]
        self.left, self.right = axis, width - axis
        self.height = max(column.height for column in columns)
        self.offsets = [at - axis for at in axes]
        self.enters = [(t, at + x) for column, at in zip(columns, self.offsets, strict=True) for t, x in column.enters]
        self.leaves = [(t, at + x) for column, at in zip(columns, self.offsets, strict=True) for t, x in column.leaves]

    def put(self, canvas: _Canvas, x: int, y: int, inside: int) -> None:
        for column, at in zip(self.columns, self.offsets, strict=True):
            spare = self.height - column.height
            top = y + (
                spare // 2 if column.enters and column.leaves else 0
            )  # what begins or ends here does so at the top
            for tensor, port in column.enters:
                canvas.way(tensor, (x + at + port, y), (x + at + port, top))
            for tensor, port in column.leaves:
                canvas.way(tensor, (x + at + port, top + column.height), (x + at + port, y + self.height))
            column.put(canvas, x + at, top, inside)


class _Net(NamedTuple):
    """What is joined in the gap between two parts: how it comes from above, and how it goes on below."""

    above: frozenset[int]
    below: frozenset[int]


class _Column(_Element):
    """Parts below each other, their axes one line, with the lanes at their right."""

    def __init__(self, sight: Sight, items: Sequence[_Element]) -> None:
        self.items = items
        count = len(items)
        entering, leaving = self._gather(sight, items)
        self.source: dict[int, int] = dict.fromkeys(entering, -1)  # the part that a tensor comes from
        for at, item in enumerate(items):
            self.source.update((tensor, at) for tensor, _ in item.leaves)
        self.targets: dict[int, list[int]] = {tensor: [] for tensor in sorted(self.source)}  # and those it goes to
        for at, item in enumerate(items):
            for tensor in dict.fromkeys(tensor for tensor, _ in item.enters):
                self.targets[tensor].append(at)
        for tensor in leaving:
            self.targets[tensor].append(count)
        self.left = max(item.left for item in items)
        self.right = max(item.right for item in items)
        self.lanes = self._lanes()
        self.right = max([self.right, *(x + TRACK // 2 for x in self.lanes.values())])
        self.enters = self._entries(entering)
        self.leaves = self._exits(leaving)
        self.tracks: list[dict[_Net, int]] = []  # of each gap, the heights at which its nets run beside it
        self.gaps: list[int] = []
        for gap in range(count + 1):
            tracks, most = _tracks(list(dict.fromkeys(self._nets(gap).values())))
            self.tracks.append(tracks)
            least = GAP if 0 < gap < count else 0
            self.gaps.append(max(least, GAP + TRACK * (most - 1) if most else 0))
        self.height = sum(self.gaps) + sum(item.height for item in items)

    def _lanes(self) -> dict[int, int]:
        """Where each tensor runs that passes parts by, the shortest way innermost."""
        spans = [
            (max(targets) - self.source[tensor], self.source[tensor] + 1, max(targets), tensor)
            for tensor, targets in self.targets.items()
            if targets and max(targets) > self.source[tensor] + 1
        ]
        lanes: dict[int, int] = {}
        taken: list[tuple[int, int, int]] = []
        for _, start, stop, tensor in sorted(spans):
            x = max(item.right for item in self.items[start:stop]) + LANE
            x = max([x, *(other + LANE for begin, end, other in taken if begin <= stop and start <= end)])
            lanes[tensor] = x
            taken.append((start, stop, x))
        return lanes

    def _entries(self, entering: Collection[int]) -> list[Port]:
        """Where tensors come in: straight above where they go, if that is one place."""
        ports: dict[int, list[int]] = {}
        for tensor, x in self.items[0].enters:
            ports.setdefault(tensor, []).append(x)
        found = {tensor: ports[tensor][0] for tensor in ports if len(ports[tensor]) == 1}
        found.update((tensor, self.lanes[tensor]) for tensor in entering if tensor not in ports)
        several = [tensor for tensor in ports if tensor not in found]
        taken = set(found.values())
        for tensor in several:
            xs = sorted(ports[tensor])
            x = 0 if len(several) == 1 else xs[len(xs) // 2]
            while x in taken:
                x += TRACK
            found[tensor] = x
            taken.add(x)
        return [(tensor, found[tensor]) for tensor in sorted(entering)]

    def _exits(self, leaving: Collection[int]) -> list[Port]:
        """Where tensors go out: straight below where they come from, or at the end of their lanes."""
        last = dict(self.items[-1].leaves)
        return [(tensor, last[tensor] if tensor in last else self.lanes[tensor]) for tensor in sorted(leaving)]

    def _nets(self, gap: int) -> dict[int, _Net]:
        """What is joined above a part, by tensor; what goes to one place and nowhere else is joined with its like."""
        nets: dict[int, _Net] = {}
        above = self.items[gap - 1].leaves if gap else self.enters
        below = self.items[gap].enters if gap < len(self.items) else self.leaves
        here = gap - 1
        for tensor in dict.fromkeys(tensor for tensor, _ in (*above, *below)):
            lane = self.lanes.get(tensor)
            comes = {x for each, x in above if each == tensor} if self.source[tensor] == here else {lane}
            goes = {x for each, x in below if each == tensor}
            if lane is not None and self.source[tensor] <= here and max(self.targets[tensor]) > gap:
                goes.add(lane)
            if not goes:
                continue
            nets[tensor] = _Net(
                frozenset(x for x in comes if x is not None), frozenset(x for x in goes if x is not None)
            )
        joined: dict[frozenset[int], set[int]] = {}
        for net in nets.values():
            if len(net.below) == 1:
                joined.setdefault(net.below, set()).update(net.above)
        return {
            tensor: _Net(frozenset(joined[net.below]), net.below) if len(net.below) == 1 else net
            for tensor, net in nets.items()
        }

    def put(self, canvas: _Canvas, x: int, y: int, inside: int) -> None:
        tops: list[int] = []  # of each gap
        at = y
        for gap, height in enumerate(self.gaps):
            tops.append(at)
            at += height
            if gap < len(self.items):
                self.items[gap].put(canvas, x, at, inside)
                at += self.items[gap].height
        nets = [self._nets(gap) for gap in range(len(self.gaps))]

        def bend(tensor: int, gap: int) -> int:
            return tops[gap] + 6 + TRACK * self.tracks[gap].get(nets[gap][tensor], 0)

        for tensor, targets in self.targets.items():
            source = self.source[tensor]
            start = source + 1
            begins = self.items[source].leaves if source >= 0 else self.enters
            begin = (x + next(at for each, at in begins if each == tensor), tops[start])
            for target in targets:
                ports = self.items[target].enters if target < len(self.items) else self.leaves
                for each, port in ports:
                    if each != tensor:
                        continue
                    end = (x + port, tops[target] + self.gaps[target])
                    if target == start:
                        middle = bend(tensor, target)
                        canvas.way(tensor, begin, (begin[0], middle), (end[0], middle), end)
                        continue
                    lane = x + self.lanes[tensor]
                    turn = bend(tensor, start)
                    back = bend(tensor, target)
                    canvas.way(tensor, begin, (begin[0], turn), (lane, turn), (lane, back), (end[0], back), end)


def _tracks(nets: Sequence[_Net]) -> tuple[dict[_Net, int], int]:
    """The track of each net that does not go straight down, and how many tracks there are.

    What comes from above a place runs above what goes down to that place, so that the two do not seem one.
    """
    bent = [net for net in nets if len(net.above | net.below) > 1]
    over = {net: [other for other in bent if other is not net and other.above & net.below] for net in bent}
    placed: dict[_Net, int] = {}
    rows: list[list[tuple[int, int]]] = []
    waiting = list(bent)
    while waiting:
        net = next((each for each in waiting if all(other in placed for other in over[each])), waiting[0])
        waiting.remove(net)
        ends = net.above | net.below
        low, high = min(ends), max(ends)
        track = max((placed[other] + 1 for other in over[net] if other in placed), default=0)
        while track < len(rows) and any(low <= end and start <= high for start, end in rows[track]):
            track += 1
        while track >= len(rows):
            rows.append([])
        rows[track].append((low, high))
        placed[net] = track
    return placed, len(rows)


# --- places ------------------------------------------------------------------------------------------------------------


def place(drawn: Wired, opened: Collection[str]) -> Layout:
    """Where everything that is seen stands.

    Args:
        drawn: The picture.
        opened: The paths of the boxes that are open, and `opens_all` of repeats that show every round.
    """
    sight = Sight(drawn, opened)
    if not sight.boxes[0].children:
        return Layout(0, 0, (), ())
    places = iter(range(len(sight.order)))

    def column(given: Column) -> _Column:
        return _Column(sight, [part(item) for item in given])

    def part(item: int | Row) -> _Element:
        if isinstance(item, Row):
            return _Beside(sight, [column(each) for each in item.columns], item.main)
        if not sight.is_open(item):
            return _Closed(sight, next(places), drawn.face(item))
        return _Frame(item, drawn.face(item), column(sight.column(item)))

    whole = column(sight.column(0))
    canvas = _Canvas()
    whole.put(canvas, whole.left, 0, -1)
    return Layout(whole.left + whole.right, whole.height, tuple(canvas.boxes), tuple(canvas.edges()))
