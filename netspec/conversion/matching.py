"""Two graphs that may be the same network under other names: which node of one is which of the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from netspec.graph.meaning import by_its_name, commutes, equal, padding, settings, word
from netspec.graph.model import Graph, Node
from netspec.kinds.window import Windowed
from netspec.shapes import Shape


class Mismatch(NamedTuple):
    """Where two graphs part: the path of a node in the first, if it is one, and what differs."""

    path: str
    message: str


def matched(first: Graph, second: Graph) -> dict[int, int] | Mismatch:
    """The node of the second graph that each used node of the first is; where they differ, the place.

    Equal are networks whose outputs, in order, are computed by the same kinds with the same hyperparameters from the same
    inputs, with weights shared and frozen alike. Names do not matter, nor how a window's padding is written.
    """
    return _Matching(first, second).result()


class _Matching:
    def __init__(self, first: Graph, second: Graph) -> None:
        self.first = first
        self.second = second
        self.found: dict[int, int] = {}
        self.taken: set[int] = set()
        self.marks = ({}, {})  # type: tuple[dict[int, int], dict[int, int]]
        table: dict[object, int] = {}
        for graph, marks in zip((first, second), self.marks, strict=True):
            for index, node in enumerate(graph.nodes):
                marks[index] = table.setdefault(_signature(node, index, graph, marks), len(table))

    def result(self) -> dict[int, int] | Mismatch:
        """The pairs, or where they end."""
        ends = [list(graph.outputs.values()) for graph in (self.first, self.second)]
        if list(self.first.outputs) != list(self.second.outputs) and len(ends[0]) > 1:
            return Mismatch("", "the outputs have other names")
        for kind, one, other in (
            ("inputs", list(self.first.inputs), list(self.second.inputs)),
            ("outputs", *ends),
        ):
            if len(one) != len(other):
                return Mismatch("", f"one has {len(one)} {kind}, the other {len(other)}")
        waiting = [*zip(*ends, strict=True), *zip(self.first.inputs, self.second.inputs, strict=True)]
        while waiting:
            one, other = waiting.pop()
            if one in self.found or other in self.taken:
                if self.found.get(one) == other:
                    continue
                return Mismatch(self.first.nodes[one].path, "stands for two nodes")
            self.found[one] = other
            self.taken.add(other)
            a, b = self.first.nodes[one], self.second.nodes[other]
            apart = _apart(a, b, [self.first.nodes[index].shape for index in a.inputs])
            if apart:
                return Mismatch(a.path, apart)
            if a.share is not None and b.share is not None:
                waiting.append((a.share, b.share))
            waiting.extend(self._inputs(a, b))
        return self.found

    def _inputs(self, one: Node, other: Node) -> list[tuple[int, int]]:
        """Which input of one node is which of another, where their order may not matter."""
        pairs = list(zip(one.inputs, other.inputs, strict=True))
        if one.config is None or not commutes(one.config, len(pairs)):
            return pairs
        swapped = list(zip(one.inputs, reversed(other.inputs), strict=True))
        return max((pairs, swapped), key=self._likeness)  # in their order where both are as good

    def _likeness(self, pairs: Sequence[tuple[int, int]]) -> tuple[int, int, int]:
        """How alike the nodes of some pairs are: paired already, the same to the beginning, the same to the eye."""
        marks, others = self.marks
        nodes = [(self.first.nodes[a], self.second.nodes[b]) for a, b in pairs]
        return (
            not self._contradict(pairs),
            sum(marks[a] == others[b] for a, b in pairs),
            sum(a.shape == b.shape and _looks(a) == _looks(b) for a, b in nodes),
        )

    def _contradict(self, pairs: Sequence[tuple[int, int]]) -> bool:
        return any(self.found.get(a, b) != b or (a not in self.found and b in self.taken) for a, b in pairs)


def _signature(node: Node, index: int, graph: Graph, marks: Mapping[int, int]) -> object:
    """What makes two nodes alike at a glance, so that a pair whose order does not matter is put in one."""
    if node.config is None:
        return ("input", graph.inputs.index(index) if index in graph.inputs else node.path)
    sources = tuple(marks[each] for each in node.inputs)
    if commutes(node.config, len(sources)):
        sources = (min(sources), max(sources))
    config = by_its_name(node.config)
    return (word(config), node.shape, node.weights, sources, repr(settings(config, exact=False)))


def _looks(node: Node) -> str:
    return "" if node.config is None else word(by_its_name(node.config))


def _apart(one: Node, other: Node, shapes: Sequence[Shape | None]) -> str:
    """What differs between two nodes, in words; nothing where they are the same."""
    if one.config is None or other.config is None:
        alike = one.config is other.config and (one.shape, one.dtype) == (other.shape, other.dtype)
        return "" if alike else "is an input of one only, or of another shape"
    config, another = by_its_name(one.config), by_its_name(other.config)
    if word(config) != word(another) or len(one.inputs) != len(other.inputs):
        return (
            f"is a {one.config.spec_name} of {len(one.inputs)}, and a {other.config.spec_name} of {len(other.inputs)}"
        )
    if (one.shape, one.dtype) != (other.shape, other.dtype):
        return f"has the shape {one.shape}, and {other.shape}"
    if one.trainable != other.trainable and one.weights != (0, 0):
        return "is frozen in one only"
    if (one.share is None) != (other.share is None) and one.weights != (0, 0):
        return "shares its weights in one only"
    if (one.folded is None) != (other.folded is None):
        return "stands in `time_distributed` in one only"
    values, others = settings(config, exact=True), settings(another, exact=True)
    for name, value in values.items():
        if name not in one.config.reads and not equal(value, others.get(name)):
            return f"has `{name}: {value}`, and `{name}: {others.get(name)}`"
    if isinstance(one.config, Windowed) and padding(one.config, shapes[0]) != padding(other.config, shapes[0]):
        return "is padded otherwise"
    return ""
