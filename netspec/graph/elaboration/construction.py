"""The graph while it is made."""

from __future__ import annotations

from collections.abc import Callable

from netspec.diagnostics.problems import Problems, Span
from netspec.graph.model import Node
from netspec.graph.receptive_field import NOTHING
from netspec.kinds.kind import NO_WEIGHTS
from netspec.spec.document import Step


class Construction:
    """What all parts of elaboration add to: nodes, the outputs of side chains, problems."""

    __slots__ = (
        "bodies",
        "full",
        "groups",
        "heads",
        "layer_names",
        "left_out",
        "nodes",
        "problems",
        "reads",
        "steps",
        "uses",
        "watch",
    )

    def __init__(self, problems: Problems, watch: Callable[[], None] | None = None) -> None:
        self.problems = problems
        self.watch = watch
        self.nodes: list[Node] = []
        self.layer_names: dict[str, int] = {}  # a Keras layer's name to the node that bears it
        self.heads: list[tuple[str, int]] = []  # outputs that side chains end in
        self.uses: dict[str, Step] = {}  # the path of what a block made to where it is used
        # By path, what `Graph.groups` holds.
        self.groups: dict[str, tuple[Step, int, int, tuple[int, ...], tuple[int, ...]]] = {}
        self.steps: list[Step] | None = None  # those that made the nodes, one after the other, where that is kept
        self.bodies = 0  # that were gone into, empty ones too
        self.left_out = 0  # nodes that `when` or `repeat: 0` left out so far
        self.reads = 0  # inputs of all nodes together
        self.full = False  # no more nodes are made

    def add(self, node: Node) -> int:
        """Add a node; returns its index, by which others read it."""
        if self.watch is not None:
            self.watch()
        self.nodes.append(node)
        return len(self.nodes) - 1

    def stop(self, message: str, span: Span) -> None:
        """Report that a bound of the whole graph is passed; no more nodes are made."""
        self.problems.add("NS509", message, span)
        self.full = True

    def poison(self, kind_name: str, span: Span) -> int:
        """Add a node of which nothing is known, in the place of one that is wrong; what follows from it is left unsaid."""
        return self.add(
            Node(
                path=kind_name,
                layer="",
                kind_name=kind_name,
                config=None,
                inputs=(),
                shape=None,
                dtype="float32",
                weights=NO_WEIGHTS,
                macs=None,
                field=NOTHING.field,
                jump=NOTHING.jump,
                span=span,
                share=None,
                trainable=True,
                tainted=True,
            )
        )

    def first(self, handles: tuple[int, ...]) -> Node | None:
        """The first of some nodes, if there is one."""
        return self.nodes[handles[0]] if handles else None
