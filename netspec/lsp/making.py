"""What the nodes of a graph are to the lines of a text: what each written node makes, once or many times.

A node that is repeated, or stands in a block, is written once and made several times. What a composition or a use of a block
yields is the shape at its end.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property, lru_cache
from math import inf
from typing import NamedTuple

from netspec.diagnostics.problems import Span
from netspec.graph.model import Graph, Node, learnable
from netspec.lsp.page import Page
from netspec.shapes import Shape
from netspec.spec.document import Step


class Made(NamedTuple):
    """What a written node made at one time.

    Attributes:
        path: Of the node, the use of a block or the composition.
        start: The first node that belongs to it.
        stop: The one after the last.
        ends: What is read of it: indices of nodes.
    """

    path: str
    start: int
    stop: int
    ends: tuple[int, ...]

    @property
    def scope(self) -> str:
        """The path of the body in which it stands; empty of the network's own."""
        return self.path.rpartition(".")[0]


class Making:
    """What all written nodes of a page make, by where they stand.

    Args:
        graph: The graph that is shown.
        provisional: Its nodes whose shapes are not sure.
    """

    def __init__(self, graph: Graph, provisional: frozenset[int]) -> None:
        self.graph = graph
        self.provisional = provisional
        self._grouped = {group.span for group in graph.groups.values()}

    def in_lines(self, first: float, last: float) -> dict[Span, list[Made]]:
        """What the nodes make that are written on some lines, from 1; each in the order in which it was made."""
        found: dict[Span, list[Made]] = {}
        for path, group in self.graph.groups.items():
            if first <= group.span.line <= last:
                found.setdefault(group.span, []).append(Made(path, group.start, group.stop, group.ends))
        grouped = self._grouped
        for index, node in enumerate(self.graph.nodes):
            span = node.span
            if first <= span.line <= last and span not in grouped:  # those that are grouped are parts of a composition
                found.setdefault(span, []).append(Made(node.path, index, index + 1, (index,)))
        return found

    @cached_property
    def by_span(self) -> dict[Span, list[Made]]:
        """What all nodes make."""
        return self.in_lines(0, inf)

    @cached_property
    def by_path(self) -> dict[str, Made]:
        """What all nodes make, by its path."""
        return {each.path: each for made in self.by_span.values() for each in made}

    def label(self, made: Made) -> str:
        """Its shape as it stands beside the line: `26×26×96`; `≈` before it where something before it is wrong or not sure."""
        nodes, texts, sure = self.graph.nodes, [], True
        for end in made.ends:
            node = nodes[end]
            texts.append(compact(node.shape))
            sure = sure and not node.tainted and end not in self.provisional
        text = ", ".join(texts)
        return text if sure or set(text) <= set("?×, ") else f"≈{text}"

    def nodes(self, made: Made) -> tuple[Node, ...]:
        """The nodes that belong to it."""
        return self.graph.nodes[made.start : made.stop]


def making(page: Page) -> Making | None:
    """What the nodes of a page make, worked out once; None where there is no graph."""
    return page.kept(_making)


def _making(page: Page) -> Making | None:
    graph = page.shown.graph
    return None if graph is None else Making(graph, page.provisional)


def steps(page: Page) -> dict[Span, Step]:
    """The written nodes of a page by where their kinds stand."""
    return page.kept(_steps)


def _steps(page: Page) -> dict[Span, Step]:
    return {} if page.index is None else {step.span: step for step in page.index.steps}


@lru_cache(maxsize=1_000)
def compact(shape: Shape | None) -> str:
    """`26×26×96`, with `?` where a size, or all, is unknown."""
    if shape is None:
        return "?"
    return "×".join("?" if size is None else str(size) for size in shape) if shape else "scalar"


class Costs(NamedTuple):
    """What nodes cost together; None where it is not known."""

    parameters: int
    fixed: int  # of them, those that are not trained
    macs: int | None


def costs(nodes: Iterable[Node]) -> Costs:
    """The costs of some nodes; weights that are shared are those of the node that they are shared with."""
    trained = fixed = 0
    macs: int | None = 0
    for node in nodes:
        if node.share is None:
            learned, kept = learnable(node)
            trained += learned
            fixed += kept
        macs = None if macs is None or node.macs is None else macs + node.macs
    return Costs(trained + fixed, fixed, macs)
