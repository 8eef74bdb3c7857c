"""How the children of a box stand: a column in which what runs side by side stands side by side.

Nodes that every way from the beginning to the end passes are the trunk; they stand one below the other. What lies between two
of them falls into parts that know nothing of each other, which become columns side by side, each arranged likewise. An edge
that passes others by, such as a skip's identity, is no part: it is drawn in a lane beside them. What has no trunk stands in
layers, as far down as the longest way to it. A side chain, from which no way leads to the end, stands beside the trunk.

None of this hangs on what is open, so a picture is arranged once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple, TypeAlias

from netspec.drawing.outline import Box
from netspec.graph.model import Graph

Column: TypeAlias = "tuple[int | Row, ...]"  # from top to bottom: indices of boxes, and what stands side by side
Reads = dict[int, set[int]]  # of each child, the children that it reads

DEEPEST = 12  # rows inside columns inside rows; what is deeper is not looked at for a trunk
ABREAST = 4  # side chains that stand beside one node; more stand below these
DOMINANT = 2  # a column so many times as long as any other is the trunk's own


class Row(NamedTuple):
    """What stands side by side."""

    columns: tuple[Column, ...]
    main: int | None  # the column that goes on the trunk; None: the middle of all does


class Wiring(NamedTuple):
    """Which nodes read which, where one node's being unknown does not hide what stands before it."""

    edges: tuple[tuple[int, int], ...]  # of indices of nodes
    assumed: frozenset[tuple[int, int]]  # those of a node that is not known, which probably reads the one before it


def wiring(graph: Graph, boxes: Sequence[Box]) -> Wiring:
    """The edges of a graph, those that are likely included."""
    edges = [(source, index) for index, node in enumerate(graph.nodes) for source in dict.fromkeys(node.inputs)]
    assumed = [(box.start - 1, box.start) for box in boxes if box.role == "unknown" and box.start]
    return Wiring((*edges, *assumed), frozenset(assumed))


def arrange(boxes: Sequence[Box], edges: Iterable[tuple[int, int]], ends: Iterable[int]) -> tuple[Column, ...]:
    """The column of each box; () of those without children.

    Args:
        boxes: The outline.
        edges: Of nodes, as `wiring` gives them.
        ends: Nodes that are outputs of the network, the main one first.
    """
    reads: list[Reads] = [{} for _ in boxes]
    leaving: list[set[int]] = [set() for _ in boxes]  # of each box, the children that are read outside it
    leaves = {box.start: index for index, box in enumerate(boxes) if box.is_leaf}
    for source, target in edges:
        above, below = leaves[source], leaves[target]
        while boxes[above].parent != boxes[below].parent:
            parent = boxes[above].parent
            if parent > boxes[below].parent:  # which holds the other's not, since what holds another stands before it
                leaving[parent].add(above)
                above = parent
            else:
                below = boxes[below].parent
        if above != below:
            reads[boxes[above].parent].setdefault(below, set()).add(above)
    for end in list(ends)[:1]:
        at = leaves[end]
        while (parent := boxes[at].parent) >= 0:
            leaving[parent].add(at)
            at = parent
    return tuple(
        _column(list(box.children), reads[index], leaving[index] or {box.children[-1]}, 0) if box.children else ()
        for index, box in enumerate(boxes)
    )


def _column(items: list[int], reads: Reads, ends: Collection[int], depth: int) -> Column:
    """Arrange some children.

    Args:
        items: They, in the order of the spec, in which what is read stands before what reads it.
        reads: What each reads; others are passed over.
        ends: Those to which the trunk leads; none where it leads to all that nothing reads.
        depth: How deep the column stands in others.
    """
    if len(items) == 1:
        return (items[0],)
    direct = _direct(items, reads)
    side: list[int] = []
    if ends:
        leading = _leading(ends, direct)
        side = [item for item in items if item not in leading]
        items = [item for item in items if item in leading]
    column = _trunk(items, direct, depth) if depth < DEEPEST else _layers(items, direct)
    return _beside(column, side, reads, depth) if side else column


def _direct(items: Sequence[int], reads: Reads) -> Reads:
    """What each reads, without what it also comes from by another way."""
    place = {item: at for at, item in enumerate(items)}
    before = [0] * len(items)  # the places that lead to each, a bit a place
    direct: Reads = {}
    for at, item in enumerate(items):
        found = 0
        kept = direct[item] = set()
        for source in sorted((place[each] for each in reads.get(item, ()) if each in place), reverse=True):
            if source < at and not found >> source & 1:
                kept.add(items[source])
                found |= before[source] | 1 << source
        before[at] = found
    return direct


def _leading(ends: Collection[int], direct: Reads) -> set[int]:
    """What leads to some of them, those included."""
    found, waiting = set(ends), list(ends)
    while waiting:
        for source in direct[waiting.pop()] - found:
            found.add(source)
            waiting.append(source)
    return found


def _trunk(items: list[int], direct: Reads, depth: int) -> Column:
    """The trunk, and between its nodes what runs side by side."""
    place = {item: at for at, item in enumerate(items)}
    passed = [0] * (len(items) + 1)  # by how many edges each place is passed, as differences
    read: set[int] = set()
    for at, item in enumerate(items):
        sources = [place[source] for source in direct[item] if source in place]
        for source in sources or (-1,):  # what reads nothing here begins where the column does
            passed[source + 1] += 1
            passed[at] -= 1
        read.update(sources)
    for at in range(len(items)):
        if at not in read:  # and what is not read ends where it does
            passed[at + 1] += 1
    column: list[int | Row] = []
    between: list[int] = []
    count = 0
    for at, item in enumerate(items):
        count += passed[at]
        if count:
            between.append(item)
            continue
        column += _between(between, direct, items, depth)
        between = []
        column.append(item)
    column += _between(between, direct, items, depth)
    return tuple(column)


def _between(items: list[int], direct: Reads, around: list[int], depth: int) -> Column:
    """What lies between two nodes of the trunk."""
    if not items:
        return ()
    parts = _parts(items, direct)
    if len(parts) == 1:
        return _layers(items, direct) if len(items) == len(around) else _column(items, direct, (), depth + 1)
    columns = tuple(_column(part, direct, (), depth + 1) for part in parts)
    return (Row(columns, _main(parts)),)


def _parts(items: Sequence[int], direct: Reads) -> list[list[int]]:
    """Those that have to do with each other, by their first."""
    group = {item: item for item in items}

    def find(item: int) -> int:
        while group[item] != item:
            group[item] = group[group[item]]
            item = group[item]
        return item

    for item in items:
        for source in direct[item]:
            if source in group:
                one, other = find(source), find(item)
                group[max(one, other)] = min(one, other)
    found: dict[int, list[int]] = {}
    for item in items:
        found.setdefault(find(item), []).append(item)
    return list(found.values())


def _main(parts: Sequence[Sequence[int]]) -> int | None:
    """The part that is much longer than any other."""
    lengths = sorted(map(len, parts), reverse=True)
    if lengths[0] < DOMINANT * lengths[1]:
        return None
    return next(at for at, part in enumerate(parts) if len(part) == lengths[0])


def _layers(items: Sequence[int], direct: Reads) -> Column:
    """Rows by the longest way to each."""
    level: dict[int, int] = {}
    rows: list[list[int]] = []
    for item in items:
        at = level[item] = max((level[source] + 1 for source in direct[item] if source in level), default=0)
        if at == len(rows):
            rows.append([])
        rows[at].append(item)
    return tuple(row[0] if len(row) == 1 else Row(tuple((item,) for item in row), None) for row in rows)


def _beside(column: Column, side: list[int], reads: Reads, depth: int) -> Column:
    """A column with its side chains, each beside what follows the last node that it reads."""
    place = {item: at for at, held in enumerate(column) for item in _held(held)}
    direct = _direct(side, reads)
    beside: dict[int, list[Column]] = {}
    for part in _parts(side, direct):
        after = max((place[source] for item in part for source in reads.get(item, ()) if source in place), default=-1)
        beside.setdefault(after + 1, []).append(_column(part, direct, (), depth + 1))
    placed: list[int | Row] = []
    for at, held in enumerate(column):
        placed.append(Row(((held,), *_stacked(beside[at])), 0) if at in beside else held)
    last = _stacked(beside.get(len(column), []))
    if len(last) == 1:
        placed += last[0]
    elif last:
        placed.append(Row(tuple(last), None))
    return tuple(placed)


def _stacked(columns: Sequence[Column]) -> list[Column]:
    """Side chains in at most `ABREAST` columns."""
    each = -(-len(columns) // ABREAST)
    return [sum(columns[at : at + each], ()) for at in range(0, len(columns), each or 1)]


def _held(item: int | Row) -> Iterable[int]:
    """The boxes in it."""
    if isinstance(item, int):
        return (item,)
    return (box for column in item.columns for inner in column for box in _held(inner))
