"""A graph as steps of PyTorch, node by node; all that has no counterpart is told at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netspec.backends.torch.steps import Site, Step, Untranslatable
from netspec.backends.torch.table import translate
from netspec.diagnostics.problems import Problem, SpecError, placed
from netspec.graph.model import Graph, Node
from netspec.kinds.kind import Part
from netspec.shapes import Shape

if TYPE_CHECKING:
    from netspec.pipeline import Spec

IMAGE = 3  # axes from which on a tensor goes in and comes out with its channels first


class Steps:
    """What the nodes of a graph become.

    Attributes:
        of: The steps, by the nodes; those that no output needs are not among them.
        first: Do a node's channels come first?
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.of: dict[int, Step] = {}
        self.first: dict[int, bool] = {}
        self.parts: dict[
            int, dict[int, int]
        ] = {}  # of nodes with further outputs, those that are read, by their places

    def reads(self, index: int) -> tuple[int, ...]:
        """The nodes that a node reads; where it reads none, what says how many examples there are."""
        node = self.graph.nodes[index]
        return node.inputs or (ANCHOR if node.folded is None else (node.folded,))

    def kind(self, handle: int) -> object:
        """Of a tensor, what is written before it is read: how many axes it has, and in which order."""
        if handle < 0:
            return None
        return self.first[handle], len(self.graph.nodes[handle].shape or ())


ANCHOR = (-1,)  # whatever is at hand: only the number of its examples is asked


def translated(graph: Graph, spec: Spec) -> Steps:
    """The steps of a graph.

    Args:
        graph: The network, without errors.
        spec: Where it is from, for the places of what has no counterpart.

    Raises:
        SpecError: With all nodes that have no counterpart, each at its place.
    """
    steps = Steps(graph)
    problems: dict[tuple[object, str], Problem] = {}
    for index in sorted(graph.used() | set(graph.inputs)):
        node = graph.nodes[index]
        first = False
        if node.is_input:
            first = is_image(node.shape)
        elif isinstance(node.config, Part):
            steps.parts.setdefault(node.inputs[0], {})[1 + node.config.index] = index
        else:
            try:
                step = steps.of[index] = _step(graph, node, steps)
                first = step.first and len(node.shape or ()) > 1
            except Untranslatable as error:
                message = f"{node.kind_name} `{node.path}` {error}"
                problems.setdefault((node.span, str(error)), Problem("NS706", message, node.span))
        steps.first[index] = first
    if problems:
        used = spec.document.used if spec.document is not None else None
        told = tuple(problems.values())
        raise SpecError(
            spec.path, told if used is None else placed(told, [each.path for each in used.files]), spec.text
        )
    return steps


def is_image(shape: Shape | None) -> bool:
    """Does a tensor go in or come out with its channels first?"""
    return len(shape or ()) >= IMAGE


def _step(graph: Graph, node: Node, steps: Steps) -> Step:
    assert node.config is not None
    sources = node.inputs
    shapes = tuple(graph.nodes[each].shape or () for each in sources)
    firsts = tuple(steps.first[each] for each in sources)
    anchored = not sources
    if anchored and node.folded is not None:
        shapes, firsts = (graph.nodes[node.folded].shape or (),), (steps.first[node.folded],)
    site = Site(graph, node, node.config, shapes or ((),), firsts or (False,))
    masked = [graph.nodes[each].masked for each in sources]
    if any(masked) and node.config.skips_masked(shapes):
        raise Untranslatable("leaves out masked steps, and layers of PyTorch know no masks")
    return translate(site)
