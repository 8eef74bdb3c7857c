"""What elaboration offers to a composition."""

from __future__ import annotations

from collections.abc import Callable

from netspec.graph.elaboration.asking import size_of
from netspec.graph.elaboration.construction import Construction
from netspec.graph.elaboration.emitter import Emitter
from netspec.graph.elaboration.names import Names
from netspec.graph.elaboration.scope import Binding, Env, Folded, Scope, Site
from netspec.graph.elaboration.values import BAD, Values
from netspec.graph.receptive_field import strides_between
from netspec.kinds import KINDS, Kind, ShapeError
from netspec.kinds.kind import Repair
from netspec.options import Whole
from netspec.shapes import Shape
from netspec.spec.document import ConditionalBody, Step
from netspec.spec.keys import SWITCH

WalkBody = Callable[[tuple[Step, ...], tuple[int, ...], Scope, Env], tuple[int, ...]]


class Builder:
    """What a composition is handed: see `kinds.composition.Builder`."""

    def __init__(
        self,
        construction: Construction,
        emitter: Emitter,
        values: Values,
        names: Names,
        walk_body: WalkBody,
        site: Site,
        inner: Scope,
    ) -> None:
        self.construction = construction
        self.emitter = emitter
        self.values = values
        self.names = names
        self.walk_body = walk_body
        self.site = site
        self.scope = inner
        self.entering = inner.entering

    def body(self, steps: tuple[Step, ...], scope: str | None = None, *, emptied: str | None = None) -> tuple[int, ...]:
        if scope is not None:
            return self.inside(scope, lambda inner: inner.body(steps, emptied=emptied))
        absent = self._absent(steps) if isinstance(steps, ConditionalBody) else None
        if absent is not None:
            return absent
        left_out = self.construction.left_out
        ends = self.walk_body(steps, self.entering, self.scope, self.site.env)
        if emptied is not None and ends == self.entering and self.construction.left_out > left_out:
            self._problem("NS309", emptied)
        return ends

    def each_step(self, steps: tuple[Step, ...], fold: Kind, unfold: Kind, *, emptied: str) -> int:
        nodes, emitter, site = self.construction.nodes, self.emitter, self.site
        if len(self.entering) != 1:
            return self.refuse(ShapeError("NS304", f"takes one input, not {len(self.entering)}; merge them first"))
        shape = self.shape(self.entering[0])
        start = emitter.emit(site.within("steps", self.scope), fold, self.entering, None)
        times = shape[0] if shape else None
        around = site.env.folded
        if around is not None and times is not None:
            times = None if around.times is None else times * around.times
        nodes[start] = nodes[start]._replace(folded=start, times=times)
        emitter.folding = True
        inner = Scope(self.scope.path, self.scope.parent, (start,), self.scope.twin)
        env = site.env._replace(folded=Folded(start, times, site.path))
        left_out = self.construction.left_out
        ends = self.walk_body(steps, (start,), inner, env)
        self.scope.names.update(inner.names)
        if ends == (start,) and self.construction.left_out > left_out:
            self._problem("NS309", emptied)
        if len(ends) != 1:
            return self.refuse(ShapeError("NS304", f"its body must end in one node, not {len(ends)}"), *ends)
        return emitter.emit(site, unfold, (*ends, *self.entering), None, site.step.kind_name)

    def _absent(self, body: ConditionalBody) -> tuple[int, ...] | None:
        """What stands for a body that is left out, or may be; None where it is there."""
        received = self.construction.first(self.entering)
        stands = self.values.wiring(self.site.step, "when", SWITCH, body.when, received, self.site.env)
        if stands is BAD:
            return (self.construction.poison(self.site.step.kind_name, self.site.span),)
        return None if stands else ()

    def inside(self, scope: str, make: Callable[[Builder], tuple[int, ...]]) -> tuple[int, ...]:
        twin = self.scope.twin.names.get(scope) if self.scope.twin is not None else None
        inner = Scope(f"{self.scope.path}{scope}.", self.scope, self.entering, twin.scope if twin is not None else None)
        ends = make(Builder(self.construction, self.emitter, self.values, self.names, self.walk_body, self.site, inner))
        self.scope.names[scope] = Binding(ends, inner, None)
        return ends

    def node(self, kind_name: str, name: str, inputs: tuple[int, ...], **hyperparameters: object) -> int:
        site = self.site.within(name, self.scope)
        handle = self._make(site, kind_name, kind_name, inputs, hyperparameters)
        self.scope.names[name] = Binding((handle,), None, site.step)
        return handle

    def finish(self, kind_name: str, inputs: tuple[int, ...], repairs: tuple[Repair, ...] = ()) -> int:
        return self._make(self.site, self.site.step.kind_name, kind_name, inputs, {}, repairs)

    def _make(
        self,
        site: Site,
        shown: str,
        kind_name: str,
        inputs: tuple[int, ...],
        given: dict[str, object],
        repairs: tuple[Repair, ...] = (),
    ) -> int:
        if len(inputs) > 2 and self.names.too_many(len(inputs), site.step):
            return self.construction.poison(kind_name, site.span)
        values = {**self.values.defaults_of(kind_name, site.env, inputs), **given}
        config = self.values.configs.make(KINDS[kind_name], values, is_written=False)
        twin = site.scope.twin.names.get(site.name) if site.scope.twin is not None else None
        original = twin.handles[-1] if twin is not None else None
        return self.emitter.emit(site, config, inputs, original, shown, repairs)

    def refuse(self, problem: ShapeError, *because: int) -> int:
        site = self.site
        if not any(self.construction.nodes[handle].tainted for handle in because):
            self._problem(problem.code, problem.message, problem.repairs)
        self.scope.unnamed = True  # any name may be one of the nodes that it would have made
        return self.construction.poison(site.step.kind_name, site.span)

    def _problem(self, code: str, message: str, repairs: tuple[Repair, ...] = ()) -> None:
        site = self.site
        message = f"{site.step.kind_name} `{site.path}`: {message}"
        node = site.path if repairs else ""
        self.construction.problems.add(code, message, site.span, site.notes(), node=node, repairs=repairs)

    def shape(self, handle: int) -> Shape | None:
        node = self.construction.nodes[handle]
        self.values.params.note("shape", node)
        return node.shape

    def channels(self, handle: int) -> int | None:
        node = self.construction.nodes[handle]
        self.values.params.note("channels", node)
        return size_of("channels", node)

    def is_known(self, handle: int) -> bool:
        node = self.construction.nodes[handle]
        self.values.params.note("known", node)
        return node.shape is not None

    def strides(self, before: int, after: int) -> Whole | None:
        nodes = self.construction.nodes
        self.values.params.note("strides", nodes[before], nodes[after])
        return strides_between(nodes[before].jump, nodes[after].jump)

    def holds(self, kind_name: str, since: int) -> bool:
        return any(node.kind_name == kind_name for node in self.construction.nodes[since:])

    def size(self) -> int:
        return len(self.construction.nodes)
