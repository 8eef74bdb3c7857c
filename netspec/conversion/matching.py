"""Two graphs that may be the same network under other names: which node of one is which of the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isclose
from typing import NamedTuple

from netspec.graph.model import Graph, Node
from netspec.kinds import KINDS, Kind
from netspec.kinds.kind import ShapeError
from netspec.kinds.window import Windowed
from netspec.shapes import Shape

# Two numbers whose order does not matter to the last bit.
_COMMUTES = frozenset(("add", "multiply", "average", "maximum", "minimum"))
_EXACTLY = 1e-12  # two numbers of a spec that differ by less, in relation, are one that was computed in two ways


_OTHERS = frozenset(("leaky_relu",))  # functions of Keras with other defaults than the kind of that name


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
        if len(pairs) != 2 or one.config is None or one.config.spec_name not in _COMMUTES:
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
    if len(sources) == 2 and node.config.spec_name in _COMMUTES:
        sources = (min(sources), max(sources))
    config = _by_its_name(node.config)
    return (_word(config), node.shape, node.weights, sources, repr(_settings(config, exact=False)))


def _looks(node: Node) -> str:
    return "" if node.config is None else _word(_by_its_name(node.config))


def _one_number(padding: object) -> object:
    """A padding that is the same on all sides as its number."""
    if isinstance(padding, tuple) and padding and all(_one_number(each) == _one_number(padding[0]) for each in padding):
        return _one_number(padding[0])
    return padding


def _by_its_name(config: Kind) -> Kind:
    """`activation: relu` as `relu`, where both are the same function."""
    name = getattr(config, "activation", None) if config.spec_name == "activation" else None
    return KINDS[name]() if isinstance(name, str) and name in KINDS and name not in _OTHERS else config


def _word(config: Kind) -> str:
    return "conv" if config.spec_name == "1x1" else config.spec_name


def _settings(config: Kind, *, exact: bool) -> dict[str, object]:
    """The hyperparameters that make a node what it is; how a window is padded is asked of the window."""
    values = dict(config.values())
    if _word(config) == "conv":
        values["kernel_size"] = config.kernel_size  # type: ignore[attr-defined]  # of every convolution
        values["dilation_rate"] = config.dilation_rate  # type: ignore[attr-defined]
    if isinstance(config, Windowed):
        values.pop("padding", None)
        values.pop("rounding", None)
        for name in ("kernel_size", "strides", "pool_size", "dilation_rate"):
            if isinstance(values.get(name), tuple) and len(set(values[name])) == 1:
                values[name] = values[name][0]
        if values.get("strides", 1) is None:
            values["strides"] = values["pool_size"]
    elif "padding" in values:
        values["padding"] = _one_number(values["padding"])
    return values if exact else {name: value for name, value in values.items() if not isinstance(value, float)}


def _apart(one: Node, other: Node, shapes: Sequence[Shape | None]) -> str:
    """What differs between two nodes, in words; nothing where they are the same."""
    if one.config is None or other.config is None:
        alike = one.config is other.config and (one.shape, one.dtype) == (other.shape, other.dtype)
        return "" if alike else "is an input of one only, or of another shape"
    config, another = _by_its_name(one.config), _by_its_name(other.config)
    if _word(config) != _word(another) or len(one.inputs) != len(other.inputs):
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
    values, others = _settings(config, exact=True), _settings(another, exact=True)
    for name, value in values.items():
        if name not in one.config.reads and not _equal(value, others.get(name)):
            return f"has `{name}: {value}`, and `{name}: {others.get(name)}`"
    if isinstance(one.config, Windowed) and _padding(one.config, shapes[0]) != _padding(other.config, shapes[0]):
        return "is padded otherwise"
    return ""


def _padding(config: Kind, shape: Shape | None) -> object:
    """How a window is padded on this input, whatever words say so."""
    assert isinstance(config, Windowed)
    if shape is None:
        return config.padding
    rank = len(shape) - 1
    try:
        windows = config.windows(shape, rank)
        if None in shape[:-1]:  # with a stride of 1 a number comes to `same` whatever the size
            return config.keras_padding(shape, rank)
        pairs = config.total_padding(shape, rank) if config.rounding == "ceil" else None
    except ShapeError:
        return config.padding
    if pairs is None:
        return tuple(windows)
    both = zip(windows, pairs, strict=True)
    return tuple(None if each is None else each._replace(before=a, after=b) for each, (a, b) in both)


def _equal(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, float | int):
        return isclose(one, other, rel_tol=_EXACTLY)
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        return len(one) == len(other) and all(map(_equal, one, other))
    return one == other
