"""What expressions see in the body of a block or a composition, worked out again by the rules of elaboration.

A graph holds what came of a spec and not what its expressions saw on the way: that follows from the params in force and the uses
of blocks around a place.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from netspec.diagnostics.problems import Problems, Span
from netspec.expressions import ExpressionError, Value
from netspec.graph.elaboration.blocks import ParamBinder
from netspec.graph.elaboration.construction import Construction
from netspec.graph.elaboration.lookups import Arguments, Params
from netspec.graph.elaboration.scope import Env, Scope
from netspec.graph.model import Graph
from netspec.spec.document import Document, Step

_TOP = Env(Arguments(), None, None, True)


class Evaluation:
    """Works out what the bodies of a graph see.

    Args:
        document: The spec.
        graph: What came of it.
        steps: What is written in it, by its place.
        params: The params in force.
    """

    def __init__(self, document: Document, graph: Graph, steps: Mapping[Span, Step], params: Params) -> None:
        self.document = document
        self.graph = graph
        self.steps = steps
        construction = Construction(Problems())
        construction.nodes += graph.nodes
        self._binder = ParamBinder(construction, params)
        self._inside: dict[str, Env] = {"": _TOP}

    def within(self, path: str) -> Env:
        """What expressions see in a body, apart from what a node receives."""
        known = self._inside.get(path)
        if known is not None:
            return known
        group = self.graph.groups.get(path)
        step = self.steps.get(group.span) if group is not None else None
        if group is None or step is None:  # a branch
            env = self.within(path.rpartition(".")[0])
        else:
            env = self.at(path, step)
            block = self.document.blocks.get(step.block) if step.block is not None else None
            if block is not None:
                args = self._binder.arguments(step, block, group.inputs, env, None, Scope("", None, ()))
                env = Env(args, env.repetition, None, True)
        self._inside[path] = env
        return env

    def at(self, path: str, step: Step | None) -> Env:
        """What the expressions of a written node see that made what has this path, apart from what it receives."""
        scope = path.rpartition(".")[0]
        around = self.within(scope)
        if step is None or step.repeat is None:
            return around
        beside = [each for each in self._paths.get(step.span, ()) if each.rpartition(".")[0] == scope]
        return around._replace(repetition=beside.index(path) if path in beside else 0)

    def arguments(self, path: str) -> dict[str, Value]:
        """The params of a block at one of its uses, as far as they have values."""
        args = self.within(path).args
        return {name: value for name in args if not isinstance(value := _read(args, name), ExpressionError)}

    @cached_property
    def _paths(self) -> dict[Span, list[str]]:
        """The paths of what each written node made, in their order; where that is a group, without the nodes in it."""
        found: dict[Span, list[str]] = {}
        for path, group in self.graph.groups.items():
            found.setdefault(group.span, []).append(path)
        grouped = {*found}
        for node in self.graph.nodes:
            if node.span not in grouped:
                found.setdefault(node.span, []).append(node.path)
        return found


def _read(args: Arguments, name: str) -> Value | ExpressionError:
    try:
        return args[name]
    except ExpressionError as error:
        return error
