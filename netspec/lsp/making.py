"""What the nodes of a graph are to the lines of a text: what each written node makes, once or many times.

A node that is repeated, or stands in a block, is written once and made several times. What a composition or a use of a block
yields is the shape at its end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, lru_cache
from math import inf
from typing import NamedTuple, TypeAlias

from netspec.diagnostics.problems import Span
from netspec.graph.model import Graph, Group, Node, learnable
from netspec.graph.receptive_field import is_beyond
from netspec.kinds.kind import Part
from netspec.lsp.page import Page
from netspec.shapes import Shape, compact, show_shape
from netspec.spec.document import Step

Handles: TypeAlias = tuple[int, ...]


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
    ends: Handles

    @property
    def scope(self) -> str:
        """The path of the body in which it stands; empty of the network's own."""
        return self.path.rpartition(".")[0]


def made_by(path: str, group: Group) -> Made:
    """A use of a block, or a composition."""
    return Made(path, group.start, group.stop, group.ends)


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
        nodes = self.graph.nodes
        found = {
            span: [made_by(path, group) for path, group in those]
            for span, those in self.groups_in_lines(first, last).items()
        }
        for span, indices in self.nodes_in_lines(first, last).items():
            found[span] = [Made(nodes[index].path, index, index + 1, (index,)) for index in indices]
        return found

    def groups_in_lines(self, first: float, last: float) -> dict[Span, list[tuple[str, Group]]]:
        """What the uses of blocks and the compositions make that are written on some lines."""
        found: dict[Span, list[tuple[str, Group]]] = {}
        for path, group in self.graph.groups.items():
            if first <= group.span.line <= last:
                found.setdefault(group.span, []).append((path, group))
        return found

    def nodes_in_lines(self, first: float, last: float) -> dict[Span, list[int]]:
        """Which nodes the others make; a thousand at each key, which is why that is asked of each span once."""
        found: dict[Span, list[int]] = {}
        rows: dict[int, list[int] | None] = {}  # by the identity of the span, which all nodes of a step have in common
        for index, node in enumerate(self.graph.nodes):
            span = node.span
            if id(span) in rows:
                row = rows[id(span)]
            else:
                # Those that are grouped are parts of a composition.
                is_told = first <= span.line <= last and span not in self._grouped
                row = rows[id(span)] = found.setdefault(span, []) if is_told else None
            if row is not None and not isinstance(node.config, Part):  # which is told with the node's main output
                row.append(index)
        return found

    @cached_property
    def by_span(self) -> dict[Span, list[Made]]:
        """What all nodes make."""
        return self.in_lines(0, inf)

    @cached_property
    def by_path(self) -> dict[str, Made]:
        """What all nodes make, by its path."""
        found = {each.path: each for made in self.by_span.values() for each in made}
        for index, node in enumerate(self.graph.nodes):
            if isinstance(node.config, Part):
                found[node.path] = Made(node.path, index, index + 1, (index,))
        return found

    def named(self, path: str) -> list[Made]:
        """What a path stands for: one, or with `_*` or the name of a repeated node several; none if there is no such node."""
        if path in self.by_path:
            return [self.by_path[path]]
        stem = path.removesuffix("_*")
        found: list[Made] = []
        while (each := self.by_path.get(f"{stem}_{len(found) + 1}")) is not None:
            found.append(each)
        return found if path != stem else found[-1:]

    def own_node(self, made: Made) -> Node | None:
        """The node that bears its path; None of a use of a block, and of what was never understood."""
        last = self.graph.nodes[made.stop - 1] if made.stop > made.start else None
        return last if last is not None and last.path == made.path and last.config is not None else None

    def is_known(self, made: Made) -> bool:
        """Was it understood, so that there is something to say of it beyond its kind?"""
        return all(self.graph.nodes[end].layer for end in made.ends)

    def span_of(self, made: Made) -> Span:
        """Where it is written."""
        group = self.graph.groups.get(made.path)
        return self.graph.nodes[made.start].span if group is None else group.span

    def label(self, made: Made) -> str:
        """Its shape as it stands beside the line: `26×26×96`; `≈` before it where something before it is wrong or not sure."""
        return _label(*self._shapes(made.ends), compact)

    def labels(self, times: Iterable[Handles]) -> list[str]:
        """The different labels of several times, by their ends, in the order in which they come."""
        return [*dict.fromkeys([_label(*each, compact) for each in dict.fromkeys(map(self._shapes, times))])]

    def labels_of(self, indices: Iterable[int]) -> list[str]:
        """The different labels of single nodes, in the order in which they come."""
        nodes, doubtful = self.graph.nodes, self.provisional
        found = dict.fromkeys([(nodes[i].shape, nodes[i].tainted or i in doubtful) for i in indices])
        return [*dict.fromkeys([_label((shape,), not is_doubtful, compact) for shape, is_doubtful in found])]

    def shape(self, made: Made) -> str:
        """Its shape as texts write it, problems' messages among them: `26 x 26 x 96`; `≈` before it as in its label."""
        return _label(*self._shapes(made.ends), show_shape)

    def _shapes(self, ends: Handles) -> tuple[tuple[Shape | None, ...], bool]:
        """The shapes at some ends, and whether they are sure."""
        nodes, doubtful = self.graph.nodes, self.provisional
        if len(ends) == 1:  # as most have
            (end,) = ends
            return (nodes[end].shape,), not nodes[end].tainted and end not in doubtful
        sure = not any(nodes[end].tainted or end in doubtful for end in ends)
        return tuple([nodes[end].shape for end in ends]), sure

    def figures(self, times: Sequence[Made]) -> str:
        """Parameters and MACs in full, and the receptive field where all have the same."""
        found = costs(node for each in times for node in self.nodes(each))
        parameters = f"{found.parameters:,} parameter{'s' * (found.parameters != 1)}"
        fixed = f" ({found.fixed:,} non-trainable)" if found.fixed else ""
        macs = "MACs not known" if found.macs is None else f"{found.macs:,} MACs"
        return f"{parameters}{fixed}, {macs}{self._field(times)}"

    def _field(self, times: Sequence[Made]) -> str:
        nodes = [self.graph.nodes[each.ends[-1]] for each in times if each.ends]
        seen = {(node.field, node.jump) for node in nodes}
        if len(seen) != 1:
            return ""
        ((field, jump),) = seen
        if not field or not jump or is_beyond((*field, *jump)):
            return ""
        steps_ = " x ".join(map(str, dict.fromkeys(jump)))
        return f", receptive field {' x '.join(map(str, field))} in steps of {steps_}"

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
def _label(shapes: tuple[Shape | None, ...], sure: bool, written: Callable[[Shape | None], str]) -> str:
    text = ", ".join(map(written, shapes))
    is_known = any(shape is not None and (not shape or any(shape)) for shape in shapes)
    return f"≈{text}" if is_known and not sure else text


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
