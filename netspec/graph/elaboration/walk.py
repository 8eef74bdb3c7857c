"""The walk itself: bodies, steps, blocks, compositions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from netspec.diagnostics.problems import FILE_START
from netspec.graph.elaboration.blocks import ParamBinder
from netspec.graph.elaboration.budget import MAX_NODES
from netspec.graph.elaboration.builder import Builder
from netspec.graph.elaboration.construction import Construction
from netspec.graph.elaboration.emitter import Emitter
from netspec.graph.elaboration.expansion import MAX_BODIES, MAX_PATH, Expansion
from netspec.graph.elaboration.lookups import Arguments
from netspec.graph.elaboration.names import Names
from netspec.graph.elaboration.scope import Binding, Env, Scope, Site, Use
from netspec.graph.elaboration.values import BAD, Bad, Values
from netspec.kinds.composition import Composition
from netspec.spec.document import Block, Step, sees_sizes
from netspec.spec.keys import REPEAT, SWITCH
from netspec.syntax.tree import span_of

if TYPE_CHECKING:
    from netspec.graph.elaboration.copying import Bodies
    from netspec.graph.elaboration.keeping import Keeper


class Walk:
    """Goes through bodies from top to bottom and has each node made."""

    def __init__(
        self,
        construction: Construction,
        values: Values,
        emitter: Emitter,
        names: Names,
        binder: ParamBinder,
        expansion: Expansion,
        blocks: dict[str, Block],
        keeper: Keeper | None = None,
        bodies: Bodies | None = None,
    ) -> None:
        self.construction = construction
        self.problems = construction.problems
        self.values = values
        self.emitter = emitter
        self.names = names
        self.binder = binder
        self.expansion = expansion
        self.blocks = blocks
        self.keeper = keeper
        self.bodies = bodies
        self.depth = 0

    def top(self, steps: tuple[Step, ...], scope: Scope) -> tuple[int, ...]:
        """The network's own nodes; returns the last. Of a network that is too large, none is made."""
        for step in steps:
            if step.block is None and step.repeat is None and (step.cls is None or not step.cls.composition):
                continue  # it makes one
            if not self.construction.full and self.expansion.whole(step) > MAX_NODES:
                self._too_many(step)
        return self.body(
            () if self.construction.full else steps, scope.entering, scope, Env(Arguments(), None, None, True)
        )

    def body(self, steps: tuple[Step, ...], entering: tuple[int, ...], scope: Scope, env: Env) -> tuple[int, ...]:
        """The nodes of a body; returns what the node after it reads."""
        too_deep = self.depth >= MAX_BODIES
        if too_deep or len(scope.path) > MAX_PATH:
            span = steps[0].span if steps else FILE_START
            what = (
                f"deeper than {MAX_BODIES} levels"
                if too_deep
                else f"so deep that their path has over {MAX_PATH:,} characters"
            )
            self.problems.add("NS506", f"bodies are nested {what}", span)
            return (self.construction.poison("body", span),)
        self.depth += 1
        self.construction.bodies += 1
        if self.bodies is not None:
            self.bodies.enters(self.depth, scope.path)
        self.names.announce(steps, scope)
        current = entering
        keeper = self.keeper if scope.parent is None else None
        for step in steps:
            if keeper is None:
                current = self._step(step, current, scope, env)
            else:
                current = keeper.step(step, current, scope, env, self._step)
            if self.construction.full:
                break
        self.depth -= 1
        return current

    def _step(self, step: Step, current: tuple[int, ...], scope: Scope, env: Env) -> tuple[int, ...]:
        if step.repeat is None:
            stands = True if step.when is None else self._when(step, current, scope, env)
            if stands is BAD:
                return self._unknown(step, current, scope, env)
            return self._once(step, current, scope, env, None) if stands else current
        received = self.names.first_read(step, current, scope, env) if sees_sizes(step.repeat) else None
        count = self.values.wiring(step, "repeat", REPEAT, step.repeat, received, env)
        if count is BAD:
            return self._unknown(step, current, scope, env)
        if count == 0:
            self.names.leave_out(step, scope, "`repeat` is 0")
        most = count * self.expansion.once(step) + len(self.construction.nodes) + self.construction.bodies
        if self.bodies is not None:
            self.bodies.expects(most)
        if most > MAX_NODES:
            self._too_many(step)
            return (self.construction.poison(step.kind_name, step.span),)
        follows = False  # has a repetition been made, which the next one reads?
        for index in range(count):
            inner = env._replace(repetition=index)
            stands = True if step.when is None else self._when(step, current, scope, inner, follows=follows)
            if stands is BAD:
                return self._unknown(step, current, scope, inner)
            if not stands:
                if self.construction.full:
                    break
                continue
            current = self._once(step, current, scope, inner, index, follows=follows)
            follows = True
            if self.construction.full:
                break
        return current

    def _too_many(self, step: Step) -> None:
        message = f"`{step.kind_name}` makes more than {MAX_NODES:,} nodes and bodies, the most that a graph may have"
        self.construction.stop(message, step.span)

    def _when(
        self, step: Step, current: tuple[int, ...], scope: Scope, env: Env, *, follows: bool = False
    ) -> bool | Bad:
        """Does a step with a `when` stand? BAD where that cannot be said."""
        assert step.when is not None
        received = None
        if sees_sizes(step.when):
            received = self.names.first_read(step, current, scope, env, follows=follows)
        value = self.values.wiring(step, "when", SWITCH, step.when, received, env)
        if value is False:
            self.names.leave_out(step, scope, "its `when` is false")
        return value

    def _unknown(self, step: Step, current: tuple[int, ...], scope: Scope, env: Env) -> tuple[int, ...]:
        """What stands for a step of which it cannot be said whether, or how often, it does."""
        self.names.sources(step, current, scope, env)  # says what is wrong with its `from`, which may be why
        self.names.doubt(step, scope)
        return (self.construction.poison(step.kind_name, step.span),)

    def _once(
        self,
        step: Step,
        current: tuple[int, ...],
        scope: Scope,
        env: Env,
        repetition: int | None,
        *,
        follows: bool = False,
    ) -> tuple[int, ...]:
        alone = step.cls is not None and step.cls.arity[1] == 0 and step.sources is None
        inputs = () if alone else self.names.sources(step, current, scope, env, follows=follows)
        if len(self.construction.nodes) + self.construction.bodies >= MAX_NODES:
            if not self.construction.full:
                self._too_many(step)
            return current
        if inputs is None:
            inputs = (self.construction.poison(step.kind_name, step.span),)
        seen = (
            current if alone else inputs
        )  # whose sizes its expressions see: what reads nothing sees the node before it
        if self.emitter.folding and self._strays(step, inputs, env):
            inputs = (self.construction.poison(step.kind_name, step.span),)
        name = self.names.give(step, scope, env, repetition, seen)
        if step.trainable is not None:
            received = self.construction.first(seen)
            if self.values.wiring(step, "trainable", SWITCH, step.trainable, received, env) is False:
                env = env._replace(trainable=False)  # `true` changes nothing: what is frozen around it stays so
        site = Site(step, name, scope, env, repetition)
        if step.block is not None:
            start = len(self.construction.nodes)
            return self._grouped(site, start, inputs, self._block(site, step.block, inputs))
        if step.cls is None:
            poison = (self.construction.poison(step.kind_name, step.span),)
            scope.names[name] = Binding(poison, None, step)
            scope.strange = True
            return poison
        if step.cls.composition:
            start = len(self.construction.nodes)
            ends = self._grouped(site, start, inputs, self._composition(site, inputs))
            return current if issubclass(step.cls, Composition) and step.cls.side_chain else ends
        if len(inputs) > 2 and inputs is current and self.names.too_many(len(inputs), step):
            return current  # what it reads is not written at the node itself
        original = self.names.original(step, name, scope, env, seen)
        if not step.cls.reads:
            config = self.values.config(step, seen, env, original)
        else:
            reads = self.names.reads(step, scope, env)
            if self.emitter.folding and self._strays(step, (i for each in reads.values() for i in each), env):
                reads = {}
            config = self.values.config(step, seen, env, original, {key: len(each) for key, each in reads.items()})
            inputs = (*inputs, *(handle for each in reads.values() for handle in each))
        handle = self.emitter.emit(site, config, inputs, original)
        inner = None
        if step.cls.several:
            inner = Scope(f"{site.path}.", scope, inputs)
            self.emitter.parts(site, handle, inner)
        scope.names[name] = Binding((handle,), inner, step)
        return (handle,)

    def _strays(self, step: Step, inputs: Iterable[int], env: Env) -> bool:
        """Does a step read a node of whose examples there are more, or fewer, than of its own? That is reported."""
        nodes = self.construction.nodes
        own = None if env.folded is None else env.folded.node
        stray = next((nodes[i] for i in inputs if nodes[i].folded != own and nodes[i].layer), None)
        if stray is None:
            return False
        if env.folded is None or (stray.folded is not None and stray.folded > env.folded.node):
            message = f"`{stray.path}` stands where each step is an example of its own; read what its `time_distributed` ends in"
        else:
            message = (
                f"`{env.folded.path}` takes each step as an example of its own, and `{stray.path}` stands outside it"
            )
        self.problems.add(
            "NS304", message, step.span if step.sources is None else span_of(step.sources.tree), env.notes()
        )
        return True

    def _grouped(self, site: Site, start: int, inputs: tuple[int, ...], ends: tuple[int, ...]) -> tuple[int, ...]:
        """Note which nodes a block or a composition has made, and pass on where it ends."""
        self.construction.groups[site.path] = site.step, start, len(self.construction.nodes), inputs, ends
        return ends

    def _block(self, site: Site, kind_name: str, inputs: tuple[int, ...]) -> tuple[int, ...]:
        step, env, names = site.step, site.env, site.scope.names
        block = self.blocks.get(kind_name)
        if block is None or self._contains_itself(site, kind_name):
            poison = (self.construction.poison(kind_name, step.span),)
            names[site.name] = Binding(poison, None, step)
            return poison
        shared = self.names.shared_binding(step, site.name, site.scope, env, inputs)
        args = self.binder.arguments(step, block, inputs, env, shared, site.scope)
        use = Use(env.use, kind_name, step.span, None if site.repetition is None else site.repetition + 1)
        inner = Scope(f"{site.path}.", site.scope, inputs, shared.scope if shared else None)
        self.construction.uses[site.path] = step
        if self.keeper is not None:
            self.keeper.entered.add(kind_name)
        inside = Env(args, env.repetition, use, env.trainable, env.folded)
        if self.bodies is None or shared is not None or site.scope.twin is not None:
            end = self.body(block.body, inputs, inner, inside)
        else:
            inner, end = self.bodies.body(site, block, inner, inside, self.depth, self.body)
            if self.keeper is not None:
                self.keeper.entered.update(self.bodies.blocks_of(block))
        names[site.name] = Binding(end, inner, step, args)
        return end

    def _contains_itself(self, site: Site, kind_name: str) -> bool:
        link = site.env.use
        while link is not None:
            if link.block == kind_name:
                self.problems.add("NS506", f"the block `{kind_name}` contains itself", site.span, site.env.notes())
                return True
            link = link.parent
        return False

    def _composition(self, site: Site, inputs: tuple[int, ...]) -> tuple[int, ...]:
        step, env = site.step, site.env
        config = self.values.config(step, inputs, env, None)
        shared = self.names.shared_binding(step, site.name, site.scope, env, inputs)
        inner = Scope(f"{site.path}.", site.scope, inputs, shared.scope if shared else None)
        if not isinstance(config, Composition):
            poison = (self.construction.poison(step.kind_name, step.span),)
            inner.unnamed = True  # any name may be one of the nodes that it would have made
            site.scope.names[site.name] = Binding(poison, inner, step)
            return poison
        if site.repetition is not None:
            use = Use(env.use, None, step.span, site.repetition + 1)
            site = Site(step, site.name, site.scope, env._replace(use=use))
        ends = config.compose(Builder(self.construction, self.emitter, self.values, self.names, self.body, site, inner))
        site.scope.names[site.name] = Binding(ends, inner, step)
        if config.side_chain and env.folded is not None:
            message = f"`{site.path}` stands where each step is an example of its own, so it is no output"
            self.problems.add("NS304", message, site.span, site.notes())
        elif config.side_chain:
            self.construction.heads.append((site.path.replace(".", "_"), ends[-1]))
        return ends
