"""The network as lints see it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from netspec.diagnostics.problems import Span
from netspec.graph.model import Graph, Node
from netspec.kinds.kind import Kind
from netspec.spec.document import Document, Step, steps_of


class View:
    """The nodes that an output depends on, by what lints ask of them."""

    def __init__(self, document: Document, graph: Graph) -> None:
        self.document = document
        self.graph = graph
        self.outputs = frozenset(graph.outputs.values())
        self.used = sorted(graph.used())
        self.kinds: dict[type, list[int]] = {}  # the nodes of each kind
        self.shared: set[int] = set()  # nodes that have their weights from another, or lend them
        self.read = [0] * len(graph.nodes)  # how often each node is read
        for index in self.used:
            node = graph.nodes[index]
            self.kinds.setdefault(type(node.config), []).append(index)
            for source in node.inputs:
                self.read[source] += 1
            if node.share is not None:
                self.shared |= {index, node.share}

    def node(self, index: int) -> Node:
        """A node by its index in the graph."""
        return self.graph.nodes[index]

    def of(self, *kinds: type[Kind]) -> Iterator[int]:
        """The nodes of some kinds: of many nodes, few concern a lint."""
        for kind, indices in self.kinds.items():
            if issubclass(kind, kinds):
                yield from indices

    @cached_property
    def readers(self) -> dict[int, list[int]]:
        """The nodes that read each node; made when a lint has found something to look at."""
        found: dict[int, list[int]] = {}
        for index in self.used:
            for source in self.node(index).inputs:
                found.setdefault(source, []).append(index)
        return found

    def only_feeds_one(self, index: int) -> bool:
        """Does a single node see what this one yields?"""
        return self.read[index] == 1 and index not in self.outputs

    @cached_property
    def steps(self) -> dict[Span, Step]:
        """Every node as it is written, by its place; made when a lint has found something to change."""
        bodies = (self.document.body, *(block.body for block in self.document.blocks.values()))
        return {step.span: step for body in bodies for step in steps_of(body)}


def is_linear(node: Node) -> bool:
    """Has it no activation that is not linear?"""
    return getattr(node.config, "activation", None) in (None, "linear")
