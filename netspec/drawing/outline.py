"""A graph as a tree of boxes: nodes, the blocks and compositions that hold them, and rounds of `repeat`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from netspec.diagnostics.problems import Span
from netspec.graph.model import Graph, Group, Node

Role = Literal["network", "input", "node", "merge", "unknown", "missing", "group", "repeat", "stretch"]

MOST = 40  # children of a box; of more, neighbours are put into boxes of their own
_NUMBERED = re.compile(r"(.+)_(\d+)")


class Box(NamedTuple):
    """One box. The tree is a tuple of them in which each stands before its children, and these before its next sibling."""

    path: str  # no two have the same, and it is the same as long as the spec names things alike
    role: Role
    kinds: tuple[str, ...]  # as the spec says them: a kind, a block, a composition; none of a stretch
    names: tuple[
        str, ...
    ]  # its own, and, like the kinds, those of what it holds alone; of a stretch the first and the last
    span: Span | None  # where it is written; None of the network and of a stretch
    parent: int  # -1 of the network
    children: tuple[int, ...]
    start: int  # the first of its nodes, which stand together
    stop: int  # the one after the last
    times: int = 1  # rounds, of a repeat, whose children they are

    @property
    def kind(self) -> str:
        """What the spec calls it, and not what it holds alone."""
        return self.kinds[0] if self.kinds else ""

    @property
    def is_leaf(self) -> bool:
        return not self.children and self.role != "network"


class _Part:
    """A box while the tree grows."""

    __slots__ = ("children", "kinds", "names", "path", "role", "span", "start", "stop", "times")

    def __init__(self, path: str, role: Role, kind: str, span: Span | None, start: int, stop: int) -> None:
        self.path = path
        self.role = role
        self.kinds: tuple[str, ...] = (kind,) if kind else ()
        self.names: tuple[str, ...] = (path.rpartition(".")[2],)
        self.span = span
        self.start = start
        self.stop = stop
        self.times = 1
        self.children: list[_Part] = []


def outline(graph: Graph, kinds: Mapping[Span, str]) -> tuple[Box, ...]:
    """The boxes of a graph.

    Args:
        graph: The graph; one of a spec with errors too. What is written and not known becomes a box of the role `unknown`, what is
            read and not written one that is `missing`.
        kinds: What the spec calls what is written at each place.

    Returns:
        The boxes, the network itself first. A merge at the end of a composition is its last child. What is alone in a box is
        one with it. Rounds of a `repeat` that are made alike stand in a box of the role `repeat`. More than `MOST` children
        stand in stretches of neighbours, cut where sizes change.
    """
    root = _Part("", "network", "", None, 0, len(graph.nodes))
    root.names = (graph.name,)
    _fill(root, graph, kinds)
    _settle(root, graph)
    boxes: list[Box] = []
    taken: set[str] = set()
    _flatten(root, -1, boxes, taken)
    return tuple(boxes)


# --- growing ----------------------------------------------------------------------------------------------------------


def _fill(root: _Part, graph: Graph, kinds: Mapping[Span, str]) -> None:
    """Put groups and nodes where they stand."""
    groups = [(path, group) for path, group in reversed(graph.groups.items()) if group.stop > group.start]
    groups.sort(key=lambda each: (each[1].start, -each[1].stop))  # stable: what holds another stays before it
    stack = [root]
    waiting = iter([*groups, None])
    following = next(waiting)
    for index, node in enumerate(graph.nodes):
        while index >= stack[-1].stop:
            stack.pop()
        while following is not None and following[1].start == index:
            part = _group(*following, kinds)
            stack[-1].children.append(part)
            stack.append(part)
            following = next(waiting)
        stack[-1].children.append(_leaf(index, node, stack[-1].path, node.span in kinds))


def _group(path: str, group: Group, kinds: Mapping[Span, str]) -> _Part:
    return _Part(path, "group", kinds.get(group.span, ""), group.span, group.start, group.stop)


def _leaf(index: int, node: Node, around: str, is_written: bool) -> _Part:
    config = node.config
    if config is None and not node.layer:  # it stands for one that is not known
        role: Role = "unknown" if is_written else "missing"
        return _Part(node.path, role, node.kind_name, node.span, index, index + 1)
    if config is None:
        return _Part(node.path, "input", "input", node.span, index, index + 1)
    kind = config.spec_name or node.kind_name
    if around and node.path == around:
        return _Part(f"{node.path}.{kind}", "merge", kind, node.span, index, index + 1)
    return _Part(node.path, "node", kind, node.span, index, index + 1)


# --- settling ---------------------------------------------------------------------------------------------------------


def _settle(part: _Part, graph: Graph) -> None:
    """From the inside out: what is alone becomes one with what holds it, rounds become repeats, many become stretches."""
    for child in part.children:
        if child.children:
            _settle(child, graph)
    part.children = list(_with_repeats(part.children, graph))
    if len(part.children) == 1 and part.role == "group" and part.children[0].role in ("group", "repeat"):
        (alone,) = part.children
        part.names += alone.names
        part.kinds += alone.kinds
        part.times, part.children = alone.times, alone.children
        part.role = alone.role
    while len(part.children) > MOST and part.role != "repeat":
        before = len(part.children)
        part.children = list(_with_stretches(part.children, graph))
        if len(part.children) == before:
            break


def _with_repeats(children: Sequence[_Part], graph: Graph) -> Iterator[_Part]:
    at = 0
    while at < len(children):
        end = at + 1
        while end < len(children) and _follows(children[end - 1], children[end], graph):
            end += 1
        if end - at < 2:
            yield children[at]
        else:
            yield _repeat(children[at:end])
        at = end


def _follows(one: _Part, other: _Part, graph: Graph) -> bool:
    """Is a box the next round of the step that made the one before it, and made like it?"""
    if one.span != other.span or one.kinds != other.kinds or one.stop - one.start != other.stop - other.start:
        return False
    first, second = _NUMBERED.fullmatch(one.names[0]), _NUMBERED.fullmatch(other.names[0])
    if first is None or second is None or first[1] != second[1] or int(second[2]) != int(first[2]) + 1:
        return False
    apart = other.start - one.start
    reads = False
    for here, there in zip(graph.nodes[one.start : one.stop], graph.nodes[other.start : other.stop], strict=True):
        if here.kind_name != there.kind_name or len(here.inputs) != len(there.inputs):
            return False
        for read, reading in zip(here.inputs, there.inputs, strict=True):
            if read >= one.start and reading != read + apart:
                return False
            if read < one.start and reading >= other.start:
                return False
            reads = reads or one.start <= reading < one.stop
    return reads


def _repeat(rounds: Sequence[_Part]) -> _Part:
    first, last = rounds[0], rounds[-1]
    number = last.names[0].rpartition("_")[2]
    part = _Part(f"{first.path}..{number}", "repeat", "", first.span, first.start, last.stop)
    part.kinds = first.kinds
    part.names = (f"{first.names[0]}..{number}", *first.names[1:])
    part.times = len(rounds)
    part.children = list(rounds)
    return part


def _with_stretches(children: Sequence[_Part], graph: Graph) -> Iterator[_Part]:
    """Neighbours in boxes of their own: those of one size, and of those as many as make few boxes of few."""
    runs: list[list[_Part]] = []
    for child in children:
        size = _size(child, graph)
        if not runs or (size is not None and size != _size_of_run(runs[-1], graph) and len(runs[-1]) > 1):
            runs.append([])
        runs[-1].append(child)
    if len(runs) > MOST or not 3 <= max(map(len, runs)) <= 4 * MOST or len(runs) < 2:
        each = max(2, min(MOST // 2, round(len(children) ** 0.5)))
        runs = [list(children[at : at + each]) for at in range(0, len(children), each)]
    for run in runs:
        if len(run) < 3:
            yield from run
            continue
        part = _Part(f"{run[0].path}...{run[-1].path}", "stretch", "", None, run[0].start, run[-1].stop)
        part.names = (run[0].names[0], run[-1].names[-1])
        part.children = run
        yield part


def _size(part: _Part, graph: Graph) -> tuple[int | None, ...] | None:
    """The rows, columns and so on of what it ends in; None where there are none."""
    shape = graph.nodes[part.stop - 1].shape
    return shape[:-1] if shape is not None and len(shape) > 1 else None


def _size_of_run(run: list[_Part], graph: Graph) -> tuple[int | None, ...] | None:
    return next((size for part in reversed(run) if (size := _size(part, graph)) is not None), None)


# --- the tree as it is read --------------------------------------------------------------------------------------------


def _flatten(part: _Part, parent: int, boxes: list[Box], taken: set[str]) -> int:
    index = len(boxes)
    path, count = part.path, 1
    while path in taken:  # of what is not known, the path is a kind's name
        count += 1
        path = f"{part.path}~{count}"
    taken.add(path)
    box = Box(path, part.role, part.kinds, part.names, part.span, parent, (), part.start, part.stop, part.times)
    boxes.append(box)
    children = tuple(_flatten(child, index, boxes, taken) for child in part.children)
    boxes[index] = box._replace(children=children)
    return index
