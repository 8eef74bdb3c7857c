"""A graph beside the text that it comes from, and the changes of that text that rules are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from netspec.diagnostics.problems import Candidate, Edit, Problem, Span
from netspec.graph.model import Graph, Node
from netspec.kinds.window import Windowed
from netspec.shapes import Shape, show_shape
from netspec.spec.document import Block, Document, Given, Input, Step, steps_of
from netspec.spec.edits import Places, candidates_of, changes
from netspec.syntax.tree import Scalar, Sequence, Tree, span_of

MAX_NODES = 24  # of a way into a merge, nearest first


class Search:
    """Where the nodes of a graph are written, and how to change them.

    A change that the layout of the text has no room for is None; rules may yield it as it comes.
    """

    def __init__(self, document: Document, graph: Graph, variant: str | None) -> None:
        self.document = document
        self.graph = graph
        self.variant = variant
        self.places = Places(document.source.text, document.source.tree)
        self.steps = {step.span: step for step in steps_of(document.body)}
        self.blocks: dict[Span, Block] = {}  # the block that a step stands in, by the step's place
        for block in document.blocks.values():
            inside = {step.span: step for step in steps_of(block.body)}
            self.steps |= inside
            self.blocks |= dict.fromkeys(inside, block)

    def index_of(self, problem: Problem) -> int | None:
        """The node that a problem is of."""
        if not problem.node:
            return None
        return next((i for i, node in enumerate(self.graph.nodes) if node.path == problem.node), None)

    def own(self, node: Node) -> Step | None:
        """The step that says this very node, and not a composition or a projection that made it."""
        step = self.steps.get(node.span)
        return step if step is not None and node.config is not None and step.cls is type(node.config) else None

    def repaired(self, problem: Problem) -> tuple[Candidate, ...]:
        """What the one who found a problem says would mend it."""
        step = self.steps.get(problem.step or problem.span) if problem.repairs else None
        return (*problem.candidates, *(candidates_of(step, problem.repairs) if step is not None else ()))

    def back(self, index: int) -> list[Node]:
        """A node and all that it depends on, nearest first."""
        return [self.graph.nodes[i] for i in sorted(self.graph.before((index,)), reverse=True)]

    def ways(self, index: int) -> list[list[Node]]:
        """For each input of a merge the nodes that lead to it alone, nearest first."""
        reached = [self.graph.before((i,)) for i in self.graph.nodes[index].inputs]
        found = []
        for at, mine in enumerate(reached):
            others = frozenset().union(*(other for i, other in enumerate(reached) if i != at))
            found.append([self.graph.nodes[i] for i in sorted(mine - others, reverse=True)[:MAX_NODES]])
        return found

    def change(self, node: Node, **options: Any) -> Candidate | None:
        """Hyperparameters of a node that is written in the text."""
        step = self.own(node)
        if step is None or step.cls is None or any(name not in step.cls.options for name in options):
            return None
        new = {name: str(value) for name, value in options.items() if getattr(node.config, name) != value}
        edits = changes(step, new) if new else ()
        return Candidate(edits, options=tuple(new.items()), nodes=(node.path,)) if edits else None

    def resized(self, number: int, shape: Shape) -> Candidate | None:
        """Another shape of an input, at its numbers or at the params that stand for them."""
        given: Input = self.document.inputs[number]
        old = self.graph.nodes[self.graph.inputs[number]].shape
        items = given.shape.tree
        if old is None or not isinstance(items, Sequence) or len(items.items) != len(shape):
            return None
        edits: dict[Any, Edit] = {}
        for item, now, then in zip(items.items, old, shape, strict=True):
            if now == then:
                continue
            at = self._number(item)
            if at is None:
                return None
            edits[span_of(at)] = Edit(span_of(at), str(then))
        name = "input" if len(self.document.inputs) == 1 else f"input `{given.name}`"
        return Candidate(tuple(edits.values()), f"{name}: {show_shape(shape)}") if edits else None

    def _number(self, item: Tree) -> Tree | None:
        """Where a size can be written anew: itself, or the value of the param that it names."""
        if not isinstance(item, Scalar):
            return None
        if not isinstance(item.value, str):
            return item
        param = item.value.strip().removeprefix("$")
        overrides: dict[str, Given] = self.document.variants.get(self.variant or "", {})
        found = overrides.get(param) or self.document.params.get(param)
        return found.tree if item.value.strip() == f"${param}" and found is not None else None


def as_params(search: Search, nodes: Iterable[Node]) -> Iterator[Candidate | None]:
    """Where a block has a param of a hyperparameter's name and a node of its body writes a number: the param."""
    seen = set()
    for node in nodes:
        step, block = search.own(node), search.blocks.get(node.span)
        if step is None or block is None or node.span in seen:
            continue
        seen.add(node.span)
        names = [name for name, given in step.values.items() if name in block.params and not given.dynamic]
        if names:
            yield search.change(node, **{name: f"${name}" for name in names})
        if len(names) > 1:
            for name in names:
                yield search.change(node, **{name: f"${name}"})


def same_width(
    search: Search, nodes: Iterable[Node], channels: int | None, wanted: int | None
) -> Iterator[Candidate | None]:
    """So many channels, wanted in place of those that there are, at a node that makes them."""
    if channels == wanted or wanted is None:
        return
    for node in nodes:
        option = "filters" if node.config is not None and "filters" in node.config.options else "units"
        if node.shape is None or node.shape[-1] != channels or not node.inputs:
            continue
        yield search.change(node, **{option: wanted})
        # In a block the number would hold for one use: what it is a multiple of holds for all.
        block = search.blocks.get(node.span)
        source = search.graph.nodes[node.inputs[0]].shape
        received = source[-1] if source else None
        if block is not None:
            if received:
                yield search.change(node, **{option: _multiple("$channels", wanted, received)})
            for param in block.params:
                for factor in (1, 2, 4):
                    yield search.change(node, **{option: _multiple(f"${param}", factor, 1)})


def _multiple(name: str, wanted: int, known: int) -> str:
    if wanted % known == 0:
        return name if wanted == known else f"{wanted // known} * {name}"
    return f"{name} // {known // wanted}" if known % wanted == 0 else f"{name} * {wanted} // {known}"


def largest_stride(node: Node) -> int:
    """The largest stride of a window."""
    assert isinstance(node.config, Windowed)
    strides = node.config.window_strides()
    return strides if isinstance(strides, int) else max(strides)
