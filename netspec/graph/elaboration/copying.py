"""Copies what the body of a block made to where the block is used again: see `bodies`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from netspec.expressions import Written
from netspec.graph.elaboration.asking import UNANSWERED, Question
from netspec.graph.elaboration.bodies import (
    IN_BLOCK,
    NOT_TO_COPY,
    Body,
    Costs,
    Counts,
    Fact,
    Ground,
    Handles,
    KeptBodies,
    Place,
    at_level,
    level_of,
    levels_of,
)
from netspec.graph.elaboration.bodies import fact_of as _fact
from netspec.graph.elaboration.bodies import last_of as _last
from netspec.graph.elaboration.budget import MAX_LEFT_OUT, MAX_NODES
from netspec.graph.elaboration.construction import Construction
from netspec.graph.elaboration.emitter import Emitter
from netspec.graph.elaboration.expansion import MAX_BODIES, MAX_PATH
from netspec.graph.elaboration.fields import Fields
from netspec.graph.elaboration.lookups import UNKNOWN, Arguments
from netspec.graph.elaboration.names import MAX_READS, Names
from netspec.graph.elaboration.renewing import is_renewable, questions, renewed
from netspec.graph.elaboration.scope import Binding, Env, Scope, Site
from netspec.graph.elaboration.values import Values
from netspec.graph.model import Node
from netspec.spec.document import Block, Step

WalkBody = Callable[[tuple[Step, ...], Handles, Scope, Env], Handles]


class Bodies:
    """Copies bodies, or notes what they make, for one elaboration of a document."""

    def __init__(
        self,
        kept: KeptBodies,
        construction: Construction,
        names: Names,
        emitter: Emitter,
        values: Values,
    ) -> None:
        self.kept = kept
        self.construction = construction
        self.names = names
        self.emitter = emitter
        self.budget = values.params.budget
        self.shown = {name: repr(value) for name, value in values.params.values.items()}  # in which 1 and 1.0 differ
        self.inherited = values.inherited
        self.outward: list[tuple[int, str, Handles | None]] = []
        names.outward = self.outward
        assert values.params.asked is not None  # an editor's check notes them
        self.asked = values.params.asked
        # Of the body that is being made: as in `Costs`, and the bodies in it.
        self.deepest = self.longest = self.most = 0
        self.inside: list[Body] = []
        self.grounds: dict[str, Ground] = {}

    def meet(self, bodies: Iterable[Body]) -> None:
        """Bodies are part of what was put in place without walking to their uses."""
        for body in bodies:
            body.used = self.kept.check

    def enters(self, depth: int, path: str) -> None:
        """A body is gone into, so deep and under this path."""
        self.deepest = max(self.deepest, depth)
        self.longest = max(self.longest, len(path))

    def expects(self, most: int) -> None:
        """So many nodes and bodies are thought to be there after a step."""
        self.most = max(self.most, most)

    def body(
        self, site: Site, block: Block, inner: Scope, env: Env, depth: int, walk: WalkBody
    ) -> tuple[Scope, Handles]:
        """The nodes of a use of a block.

        Args:
            site: Where the use stands.
            block: The block.
            inner: The scope of its nodes; what enters it are the use's inputs.
            env: What expressions in it see.
            depth: In how many bodies the use stands.
            walk: Makes them.

        Returns:
            The scope in which they are, and what the node after the use reads.
        """
        if self.names.repeats_names or self.construction.full or UNKNOWN in env.args.values():
            return inner, walk(block.body, inner.entering, inner, env)
        facts = self._facts(inner.entering, env)
        if facts is None:
            return inner, walk(block.body, inner.entering, inner, env)
        ground = self.grounds.get(block.name)
        if ground is None:
            ground = self.grounds[block.name] = self.kept.ground(block, self.shown)
        form = _form(ground, inner.entering, env, site.scope.depth)
        found = ground.body(form, facts)
        scope = None if found is None else self._put(found, site, inner, env, ground, depth)
        if scope is not None:
            return scope, scope.ends
        for alike in ground.alike(form):
            around = self._around(alike, site, inner, env, ground, depth, alike=False)
            found = None if around is None else self._renewed(alike, env, around)
            if around is None or found is None:
                continue
            scope = self._copied(found, site, inner, ground, around, depth)
            if scope is not None:
                ground.keep(form, facts, found)
                return scope, scope.ends
        body = self._made(site, block, inner, env, depth, walk)
        if isinstance(body, Body):
            ground.keep(form, facts, body)
            return inner, body.ends
        return inner, body

    def blocks_of(self, block: Block) -> Iterable[str]:
        """The names of the blocks that may be used in a block, its own among them."""
        ground = self.grounds.get(block.name)
        return () if ground is None else ground.names

    def _facts(self, inputs: Handles, env: Env) -> Fact | None:
        """What is known of a body's inputs; None where it is not to be kept."""
        nodes, folded = self.construction.nodes, env.folded
        facts = tuple([_fact(nodes[i], folded) for i in inputs])
        return None if None in facts else facts

    # --- making -----------------------------------------------------------------------------------------------------

    def _made(self, site: Site, block: Block, inner: Scope, env: Env, depth: int, walk: WalkBody) -> Body | Handles:
        """Have a body made by `walk`; returns it where it may be kept, else what it ends in."""
        construction, names, emitter, budget = self.construction, self.names, self.emitter, self.budget
        nodes, problems = construction.nodes, construction.problems
        start, offered, sharing, outward = len(nodes), problems.offered, names.sharing, len(self.outward)
        steps = 0 if construction.steps is None else len(construction.steps)
        asked, inherited = len(self.asked), len(self.inherited)
        counts = Counts.of(construction, emitter, budget)
        around = self.deepest, self.longest, self.most, self.inside
        self.deepest = self.longest = self.most = 0
        self.inside = []

        ends = walk(block.body, inner.entering, inner, env)

        body = Body()
        body.costs = Costs(
            construction.bodies - counts.bodies,
            construction.reads - counts.reads,
            construction.left_out - counts.left_out,
            counts.items - budget.items,
            counts.characters - budget.characters,
            self.deepest - depth,
            self.longest - len(site.path),
            max(self.most, len(nodes) + construction.bodies + 1) - start - counts.bodies,
        )
        body.inside = self.inside
        self.deepest, self.longest = max(around[0], self.deepest), max(around[1], self.longest)
        self.most, self.inside = max(around[2], self.most), around[3]
        # What was found in the body itself is no concern of those around it either.
        self.outward[outward:] = [each for each in self.outward[outward:] if each[0] < len(inner.path)]
        is_quiet = problems.offered == offered and names.sharing == sharing
        read = self._read_around(outward, env, site.scope.depth)
        if not is_quiet or read is None or construction.full or names.repeats_names:
            return ends
        body.steps = None if construction.steps is None else construction.steps[steps:]
        body.nodes = nodes[start:]
        if body.steps is not None and len(body.steps) != len(body.nodes):  # something stands for a node that is unknown
            return ends
        body.start, body.prefix, body.scope = start, site.path, inner
        body.inputs, body.ends, body.outward = inner.entering, ends, read
        body.folded = None if env.folded is None else env.folded.node
        body.handed = _handed(self.grounds[block.name], env, site.scope.depth)
        body.views = {i: nodes[i].field for handles in (inner.entering, *(each[1] for each in read)) for i in handles}
        body.uses, body.groups = _last(construction.uses, counts.uses), _last(construction.groups, counts.groups)
        body.heads = construction.heads[counts.heads :]
        body.inheriting = _last(emitter.inheriting, counts.inheriting)
        body.dynamic = _last(emitter.dynamic, counts.dynamic)
        body.asked = questions(self.asked[asked:], construction) if is_renewable(body.nodes) else None
        if body.asked is not None and any(
            i < start and i not in body.views for each in body.asked for i in each.handles
        ):
            body.asked = None
        for kind_name in self.inherited[inherited:]:
            self.grounds[block.name].inherited[kind_name] = self.kept.of_kind(kind_name)
        body.used = self.kept.check
        inner.parent = None  # nothing looks up from here again; all that was around it would be kept with it
        self.inside.append(body)
        return body

    def _read_around(self, since: int, env: Env, depth: int) -> list[tuple[Place, Handles, list[Fact]]] | None:
        """The names that a body reads of what is around it; None where it is not to be kept for them."""
        found: dict[Place, Handles] = {}
        for _, path, handles in self.outward[since:]:
            place = str(path), level_of(path, depth)
            if handles is None or found.setdefault(place, handles) != handles:
                return None
        read = []
        for place, handles in found.items():
            facts = [_fact(self.construction.nodes[i], env.folded) for i in handles]
            read.append((place, handles, [fact for fact in facts if fact is not None]))
            if None in facts:
                return None
        return read

    # --- copying ----------------------------------------------------------------------------------------------------

    def _put(self, body: Body, site: Site, inner: Scope, env: Env, ground: Ground, depth: int) -> Copied | None:
        """Copy a body to a use; None where it would be another there."""
        around = self._around(body, site, inner, env, ground, depth)
        return None if around is None else self._copied(body, site, inner, ground, around, depth)

    def _renewed(self, body: Body, env: Env, around: dict[int, int]) -> Body | None:
        """A body on what is known of the nodes around another use, which these are; None where it would be another there."""
        those = {one: self.construction.nodes[other] for one, other in around.items()}
        nodes = renewed(body.nodes, body.start, those, body.asked or (), self.emitter)
        if nodes is None:
            return None
        outward = []
        for place, handles, _ in body.outward:
            facts = [_fact(those[i], env.folded) for i in handles]
            if None in facts:
                return None
            outward.append((place, handles, [fact for fact in facts if fact is not None]))
        return body.on(nodes, those, outward)

    def _around(
        self, body: Body, site: Site, inner: Scope, env: Env, ground: Ground, depth: int, *, alike: bool = True
    ) -> dict[int, int] | None:
        """The nodes around a body that it reads, with those in their place at another use; None where it would be another there.

        `alike`: of those in their place the same has to be known.
        """
        if body.plan is NOT_TO_COPY or not self._has_room(body.costs, site, depth) or _is_within(ground, site):
            return None
        around = dict(zip(body.inputs, inner.entering, strict=True))
        if body.folded is not None:
            assert env.folded is not None  # as the form says
            if around.setdefault(body.folded, env.folded.node) != env.folded.node:
                return None
        handed = None if body.handed is None else _handed(ground, env, site.scope.depth)
        for (path, level), handles, facts in body.outward:
            if body.handed is not None and level != IN_BLOCK:  # it begins with what was handed in
                path = f"{handed}{path[len(body.handed) :]}"
            found = self.names.seek(at_level(path, level, site.scope.depth), site.scope)
            if found is None or len(found.handles) != len(handles):
                return None
            for one, other, fact in zip(handles, found.handles, facts, strict=True):
                if around.setdefault(one, other) != other:
                    return None
                if alike and _fact(self.construction.nodes[other], env.folded) != fact:
                    return None
        return around if len(set(around.values())) == len(around) else None

    def _has_room(self, costs: Costs, site: Site, depth: int) -> bool:
        """Does a body stay within all bounds at another use? Where it does not, that is said as it is made."""
        construction, budget = self.construction, self.budget
        return (
            len(construction.nodes) + construction.bodies + costs.most <= MAX_NODES
            and construction.reads + costs.reads <= MAX_READS
            and construction.left_out + costs.left_out <= MAX_LEFT_OUT
            and budget.items >= costs.items
            and budget.characters >= costs.characters
            and depth + costs.deepest <= MAX_BODIES
            and len(site.path) + costs.longest <= MAX_PATH
        )

    def _copied(
        self, body: Body, site: Site, inner: Scope, ground: Ground, around: dict[int, int], depth: int
    ) -> Copied | None:
        """Put the nodes of a body at another use, with these around it; None where the name of a layer is taken."""
        construction, emitter, budget = self.construction, self.emitter, self.budget
        nodes, layers, plan = construction.nodes, construction.layer_names, body.plan
        prefix = site.path
        under = prefix.replace(".", "_")
        named = [under + layer for layer in plan.layers]
        if not layers.keys().isdisjoint(named):
            return None  # which is said as it is made
        if construction.watch is not None:
            construction.watch()
        first = len(nodes)
        move = Move(body.start, first - body.start, around)
        layers.update(zip(named, range(first, first + len(named)), strict=True))
        self._put_nodes(body, prefix, named, move)
        if construction.steps is not None:
            construction.steps += body.steps or ()
        emitter.masking = emitter.masking or body.masked
        emitter.folding = emitter.folding or plan.folding
        for index, step in body.inheriting:
            emitter.inheriting[index + move.delta] = step
        for index, each in body.dynamic:
            emitter.dynamic[index + move.delta] = each
        for path, step in plan.uses:
            construction.uses[prefix + path] = step
        handles, delta = move.handles, move.delta
        for path, step, start, stop, inputs, ends in plan.groups:
            construction.groups[prefix + path] = step, start + delta, stop + delta, handles(inputs), handles(ends)
        cut = len(body.prefix)
        construction.heads += [(under + name[cut:], move.handle(handle)) for name, handle in body.heads]
        if body.asked is None:
            self.asked.append(UNANSWERED)
        else:
            self.asked += [Question(what, handles(those), answer) for what, those, answer in body.asked]
        costs = body.costs
        self.deepest = max(self.deepest, depth + costs.deepest)
        self.longest = max(self.longest, len(prefix) + costs.longest)
        self.most = max(self.most, first + construction.bodies + costs.most)
        construction.bodies += costs.bodies
        construction.reads += costs.reads
        construction.left_out += costs.left_out
        budget.items -= costs.items
        budget.characters -= costs.characters
        body.used = self.kept.check
        self.inside.append(body)
        self.inherited += ground.inherited
        return Copied(body.scope, inner.path, move, body.ends)

    def _put_nodes(self, body: Body, prefix: str, layers: list[str], move: Move) -> None:
        nodes = self.construction.nodes
        fields = Fields(body, move.around, nodes, self.emitter)
        placed: Sequence[Node | Step] = body.nodes if body.steps is None else body.steps
        stays = not move.delta and prefix == body.prefix and all(one == other for one, other in move.around.items())
        if stays and fields.same and all(n.span is at.span for n, at in zip(body.nodes, placed, strict=True)):
            nodes += body.nodes
            return
        for node, path, layer, at in zip(body.nodes, body.plan.paths, layers, placed, strict=True):
            inputs = move.handles(node.inputs)
            field, jump = (node.field, node.jump) if fields.same else fields.there(node, inputs)
            nodes.append(
                Node(
                    prefix + path,
                    layer,
                    node.kind_name,
                    node.config,
                    inputs,
                    node.shape,
                    node.dtype,
                    node.weights,
                    node.macs,
                    field,
                    jump,
                    at.span,
                    None,
                    node.trainable,
                    node.tainted,
                    node.masked,
                    node.times,
                    None if node.folded is None else move.handle(node.folded),
                )
            )


class Move(NamedTuple):
    """From a body's nodes, and those around it, to those in their place at another use."""

    start: int
    delta: int
    around: dict[int, int]

    def handle(self, handle: int) -> int:
        """One of them."""
        return handle + self.delta if handle >= self.start else self.around[handle]

    def handles(self, handles: Handles) -> Handles:
        """Some of them."""
        start, delta, around = self
        if len(handles) == 1:  # as most are
            (one,) = handles
            return (one + delta if one >= start else around[one],)
        return tuple([each + delta if each >= start else around[each] for each in handles])


class Copied(Scope):
    """The scope of a body that was copied; its names are made when somebody asks for one."""

    __slots__ = ("_made", "_move", "_of", "ends")

    _made: dict[str, Binding] | None

    def __init__(self, of: Scope, path: str, move: Move, ends: Handles = ()) -> None:
        super().__init__(path, None, move.handles(of.entering))
        self._of = of
        self._move = move
        self.ends = move.handles(ends)  # what the node after it reads
        self.repetitions, self.counters, self.later = of.repetitions, of.counters, of.later
        self.sometimes, self.absent, self.doubtful = of.sometimes, of.absent, of.doubtful
        self.unnamed, self.strange = of.unnamed, of.strange

    @property
    def names(self) -> dict[str, Binding]:
        """What its names stand for."""
        if self._made is None:
            self._made = {name: self._binding(each) for name, each in self._of.names.items()}
        return self._made

    @names.setter
    def names(self, _: dict[str, Binding]) -> None:
        self._made = None

    def _binding(self, of: Binding) -> Binding:
        inner = of.scope
        if inner is not None:
            inner = Copied(inner, self.path + inner.path[len(self._of.path) :], self._move)
        return Binding(self._move.handles(of.handles), inner, of.step, of.args)


def _form(ground: Ground, inputs: Handles, env: Env, depth: int) -> Fact:
    """What a body is made of beside its ground and what is known of its inputs."""
    args, folded = env.args, env.folded
    if ground.naming is not None and _handed(ground, env, depth) is not None:
        args = Arguments({**args, ground.naming.param: None})
    return (
        repr(args) if args else "",
        levels_of(env.args.values(), depth) if args else (),
        env.trainable,
        env.repetition if ground.counts else None,
        None if folded is None else (folded.times, *[i == folded.node for i in inputs]),
        tuple(map(inputs.index, inputs)) if len(inputs) > 1 else len(inputs),
    )


def _handed(ground: Ground, env: Env, depth: int) -> str | None:
    """What a use hands in that does nothing but name nodes; None where nothing is, or a path may be that of another text."""
    naming = ground.naming
    if naming is None or any(isinstance(env.args[name], (str, list)) for name in naming.others):
        return None
    value = env.args[naming.param]
    return value if isinstance(value, Written) and level_of(value, depth) != IN_BLOCK else None


def _is_within(ground: Ground, site: Site) -> bool:
    """Does a use stand in a block that may be used in its own? That block contains itself, which is said."""
    link = site.env.use
    while link is not None:
        if link.block in ground.names:
            return True
        link = link.parent
    return False
