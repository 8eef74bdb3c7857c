"""How the walk came to the nodes of a graph: for who writes the network down again as a text of functions and loops."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from netspec.expressions import Value
from netspec.graph.elaboration.lookups import UNKNOWN, Arguments
from netspec.graph.elaboration.scope import Env, Scope
from netspec.graph.elaboration.walk import Walk
from netspec.graph.model import Node
from netspec.spec.document import Step

Handles: TypeAlias = tuple[int, ...]


class Made:
    """What a step has made once.

    Attributes:
        step: The step.
        repetition: What `$index` was, of a repeated one.
        path: The path of the node, or of what the block or composition made.
        inputs: The nodes that it read.
        seen: The nodes whose sizes its expressions saw.
        explicit: Does its `from` say what it reads, and not the order of the nodes?
        ends: What the node after it reads.
        start: The first of its nodes.
        stop: The one after the last.
        args: The params' values, of a use of a block.
        bodies: What was gone into.
    """

    __slots__ = ("args", "bodies", "ends", "explicit", "inputs", "path", "repetition", "seen", "start", "step", "stop")

    def __init__(self, step: Step, repetition: int | None, start: int) -> None:
        self.step = step
        self.repetition = repetition
        self.path = ""
        self.inputs: Handles = ()
        self.seen: Handles = ()
        self.ends: Handles = ()
        self.explicit = False
        self.start = self.stop = start
        self.args: dict[str, Value] = {}
        self.bodies: list[Body] = []


class Body:
    """One going through a body.

    Attributes:
        steps: What is written in it.
        path: That of its scope, with a dot at its end.
        entering: What enters it.
        index: What `$index` is around it.
        made: What its steps made, in order.
        ends: Its last nodes.
        start: The first of its nodes.
        stop: The one after the last.
        nodes: The nodes that values of the block's params name, if they name some.
    """

    __slots__ = ("ends", "entering", "index", "made", "nodes", "path", "start", "steps", "stop")

    def __init__(self, steps: tuple[Step, ...], path: str, entering: Handles, index: int | None, start: int) -> None:
        self.steps = steps
        self.path = path
        self.entering = entering
        self.index = index
        self.made: list[Made] = []
        self.ends: Handles = ()
        self.start = self.stop = start
        self.nodes: dict[str, Handles] = {}

    def each(self) -> Iterator[tuple[Made, tuple[Body, ...]]]:
        """All that was made in it, with the bodies around each, this one first."""
        stack: list[tuple[Body, tuple[Body, ...]]] = [(self, (self,))]
        while stack:
            body, around = stack.pop()
            for made in body.made:
                yield made, around
                stack += [(inner, (*around, inner)) for inner in made.bodies]


class TracedWalk(Walk):
    """A walk that keeps what each step made. It copies no bodies, and nothing is wrong with what it goes through."""

    def keep(self, trace: list[Body]) -> None:
        """Have a list take the network's own body."""
        self._open: list[Body] = []  # the bodies around the step at hand
        self._inner = trace  # takes those inside it

    def body(self, steps: tuple[Step, ...], entering: Handles, scope: Scope, env: Env) -> Handles:
        """The nodes of a body, which are kept."""
        nodes = self.construction.nodes
        body = Body(steps, scope.path, entering, env.repetition, len(nodes))
        for name, value in env.args.items():
            body.nodes |= {name: found} if (found := self._named(value, scope)) else {}
        self._inner.append(body)
        self._open.append(body)
        kept, self._inner = self._inner, []
        body.ends = super().body(steps, entering, scope, env)
        self._inner = kept
        self._open.pop()
        body.stop = len(nodes)
        return body.ends

    def _named(self, value: object, scope: Scope) -> Handles:
        """The nodes that a param's value names; none where it names none."""
        paths = value if isinstance(value, list) else [value]
        found: list[int] = []
        for path in paths:
            binding = self.names.seek(path, scope) if isinstance(path, str) else None
            if binding is None:
                return ()
            found += binding.handles
        return tuple(found)

    def _once(
        self,
        step: Step,
        current: Handles,
        scope: Scope,
        env: Env,
        repetition: int | None,
        *,
        follows: bool = False,
    ) -> Handles:
        construction = self.construction
        around = self._open[-1]
        made = Made(step, repetition, len(construction.nodes))
        kept, self._inner = self._inner, made.bodies
        ends = super()._once(step, current, scope, env, repetition, follows=follows)
        self._inner = kept
        made.stop = len(construction.nodes)
        if step.block is not None or (step.cls is not None and step.cls.composition):
            made.path, (_, _, _, made.inputs, made.ends) = next(reversed(construction.groups.items()))
            made.seen = made.inputs
            args = scope.names[made.path.rpartition(".")[2]].args or Arguments()
            made.args = {name: value for name, value in args.items() if value is not UNKNOWN}
        else:
            node: Node = construction.nodes[made.start]
            made.path, made.inputs, made.ends = node.path, node.inputs, (made.start,)
            made.seen = node.inputs or current
        made.explicit = step.sources is not None and (step.sources.dynamic or not follows)
        around.made.append(made)
        return ends
