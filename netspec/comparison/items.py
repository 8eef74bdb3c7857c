"""A graph as it is written: nodes and the blocks around them, each among its siblings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from netspec.diagnostics.problems import Span
from netspec.graph.meaning import by_its_name, settings, word
from netspec.graph.model import Graph, Node
from netspec.kinds import Kind

_COUNTED = re.compile(r"(.*?)_?\d+\Z")
INPUT = "input"


class Item:
    """What stands among siblings: a node, the use of a block, or a composition, which may be a node too.

    Attributes:
        name: The last part of its path.
        node: The node that bears its path; -1 if none does.
        inner: What stands in it.
        mark: A number that two items have in common where they are the same but for their names.
        size: How many nodes are in it, its own included.
        is_repeated: Is it one of several that one step of the spec makes?
    """

    __slots__ = ("_counts", "_words", "inner", "is_repeated", "mark", "name", "node", "size")

    def __init__(self, name: str) -> None:
        self.name = name
        self.node = -1
        self.inner: list[Item] = []
        self.mark = -1
        self.size = 0
        self.is_repeated = False
        self._counts: Counter[int] | None = None
        self._words: Counter[str] | None = None

    @property
    def base(self) -> str:
        """The name without the number that tells it from others of its name."""
        return base_of(self.name)

    def nodes(self) -> Iterator[int]:
        """The nodes in it, and its own."""
        stack = [self]
        while stack:
            item = stack.pop()
            if item.node >= 0:
                yield item.node
            stack.extend(item.inner)

    def counts(self, marks: list[int]) -> Counter[int]:
        """How often each mark of a node occurs in it."""
        if self._counts is None:
            self._counts = Counter(marks[index] for index in self.nodes())
        return self._counts

    def words(self, words: list[str]) -> Counter[str]:
        """How often each kind does."""
        if self._words is None:
            self._words = Counter(words[index] for index in self.nodes())
        return self._words


def base_of(name: str) -> str:
    """A name without the number at its end."""
    found = _COUNTED.match(name)
    return found[1] if found is not None and found[1] else name


def is_counted(name: str, kind: str) -> bool:
    """Is a name one that a node of this kind has by itself: `conv_3`, `conv1x1_2`? Another was given by somebody."""
    base = base_of(name)
    return base != name and base in (kind, f"conv{kind}")


class Table:
    """Numbers for what two graphs may have in common."""

    def __init__(self) -> None:
        self._numbers: dict[object, int] = {}
        self._settings: dict[int, tuple[Kind, str, str]] = {}

    def number(self, key: object) -> int:
        """The same for the same."""
        return self._numbers.setdefault(key, len(self._numbers))

    def meant(self, config: Kind) -> tuple[str, str]:
        """A kind and its hyperparameters, under one name where several are the same."""
        found = self._settings.get(id(config))
        if found is None:
            meant = by_its_name(config)
            text = repr(
                [(name, value) for name, value in settings(meant, exact=True).items() if name not in meant.reads]
            )
            found = self._settings[id(config)] = (config, word(meant), text)  # the object is kept, and with it its id
        return found[1:]


class Written:
    """A graph with what is asked of each node again and again.

    Attributes:
        words: The kind of each node, under one name where several are the same.
        marks: A number for each node's kind, hyperparameters, shape and weights.
        items: What stands at the top.
    """

    def __init__(self, graph: Graph, table: Table) -> None:
        self.graph = graph
        self.words: list[str] = []
        self.marks: list[int] = []
        for node in graph.nodes:
            name, meant = (INPUT, node.dtype) if node.config is None else table.meant(node.config)
            self.words.append(name)
            self.marks.append(table.number((name, meant, node.shape, node.weights)))
        self.items = _items(graph)
        _finish(self.items, "", self, table)

    def node(self, index: int) -> Node:
        """A node by its place."""
        return self.graph.nodes[index]


def _items(graph: Graph) -> list[Item]:
    top = Item("")
    known: dict[str, Item] = {"": top}

    def item(path: str) -> Item:
        found = known.get(path)
        if found is None:
            outer, _, name = path.rpartition(".")
            found = known[path] = Item(name)
            item(outer).inner.append(found)
        return found

    for index, node in enumerate(graph.nodes):
        item(node.path).node = index
    return top.inner


def _finish(items: list[Item], outer: str, written: Written, table: Table) -> None:
    """Work out what is true of each only when all in it is known."""
    graph = written.graph
    steps = Counter(spans := [_span(item, outer, graph) for item in items])
    for item, span in zip(items, spans, strict=True):
        _finish(item.inner, f"{outer}{item.name}.", written, table)
        own = written.marks[item.node] if item.node >= 0 else -1
        item.mark = table.number((own, tuple(each.mark for each in item.inner))) if item.inner else own
        item.size = (item.node >= 0) + sum(each.size for each in item.inner)
        item.is_repeated = span is not None and steps[span] > 1


def _span(item: Item, outer: str, graph: Graph) -> Span | None:
    """Where the step stands that made it."""
    group = graph.groups.get(f"{outer}{item.name}")
    if group is not None:
        return group.span
    return graph.nodes[item.node].span if item.node >= 0 else None
