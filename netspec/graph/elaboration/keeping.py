"""What a step of the network's own body made, kept for the next time the document is elaborated.

An editor has almost the same text checked again and again. A step that is the same object as before (see
`netspec.spec.decoding.keeping`) makes the same nodes wherever all that it asks of its surroundings is the same: the place in the
graph, what is known of the nodes that it reads, what the names stand for that it looks up, the blocks that it uses, the params and
`defaults` of the spec. All of that is compared; what was made is then put in place as it is. So after an edit only that is
elaborated which the edit has changed, and what follows it up to the node after which the shapes are the same again. What the check
before the last made is kept too: where what was typed is taken back, all is put in place as it was.

Where what is read differs in its receptive field alone, as below a window that has grown, what was made is put in place with
receptive fields worked out anew. And where what it reads has another shape, its nodes are not walked to again as long as what was
asked of sizes gets the same answers: their kinds are asked what they say of that (`renewing`).

Kept is only what made its nodes without a word: a problem has notes that tell of other nodes. Where a node uses the weights of
another that it names, that one has to be as it was; nothing is kept of steps that share the weights of a whole body.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import NamedTuple

from netspec.graph.elaboration.asking import Question
from netspec.graph.elaboration.bodies import CHECKS, Body, Counts, Ground, KeptBodies, last_of
from netspec.graph.elaboration.budget import MAX_LEFT_OUT, Budget
from netspec.graph.elaboration.construction import Construction
from netspec.graph.elaboration.copying import Bodies
from netspec.graph.elaboration.emitter import Emitter
from netspec.graph.elaboration.names import MAX_READS, Names, base_of
from netspec.graph.elaboration.renewing import is_renewable, questions, renewed
from netspec.graph.elaboration.scope import Binding, Env, Scope
from netspec.graph.model import Node
from netspec.spec.decoding.keeping import Defaults, changed_kinds
from netspec.spec.document import Block, Step, steps_of

Handles = tuple[int, ...]


class Lender(NamedTuple):
    """A node before a step whose weights one of its nodes uses."""

    path: str  # by which it was named
    kind_name: str  # of what the path stands for
    nodes: tuple[tuple[int, Node], ...]  # what the path stands for, and the node that it has its own weights from
    read: tuple[tuple[int, Node], ...]  # what that one reads


class Inside(NamedTuple):
    """What a step did beyond making one node in its place: of most steps there is nothing of it."""

    looked_up: tuple[tuple[str, Handles | None], ...]  # what names of the network's body stood for
    lenders: tuple[Lender, ...]  # whose weights its nodes use
    blocks: tuple[Block, ...]
    made: tuple[Body, ...]  # of uses of blocks
    repetitions: dict[str, list[str]]
    uses: dict[str, Step]
    groups: dict[str, tuple[Step, int, int, Handles, Handles]]
    heads: tuple[tuple[str, int], ...]
    bodies: int
    reads: int
    left_out: int
    items: int  # of lists, and characters of expressions, that were counted against the budget
    characters: int


class Made(NamedTuple):
    """What a step made, and what it was made of."""

    step: Step  # held, so that its `id` stays its own
    start: int  # how many nodes the graph had before
    bodies: int  # and how many bodies had been gone into
    current: Handles  # what stood before the step
    read: tuple[tuple[int, Node], ...]  # the nodes before that were looked at
    number: int  # how many nodes of the kind had been named by counting; -1 where the step has a name
    number_then: int  # and how many had been then
    masking: bool  # did any node carry a mask before, and after?
    masking_then: bool
    nodes: tuple[Node, ...]
    steps: tuple[Step, ...]  # that made them
    names: dict[str, Binding]
    ends: Handles  # what the next step reads
    inheriting: dict[int, Step]
    dynamic: dict[int, tuple[Step, Env]]
    inside: Inside | None
    inherited: frozenset[str]  # the kinds whose `defaults` nodes have that compositions made
    asked: tuple[Question, ...] | None  # of the sizes of nodes; None where they may not be renewed


class News(IntEnum):
    """How what a step reads differs from what it read when it was made last."""

    NONE = 0
    VIEWS = 1  # receptive fields
    SHAPES = 2  # and what a kind asks of its inputs, or whether something before is wrong
    OTHERS = 3


_NO_STEPS: dict[int, Step] = {}
_NOTHING_DYNAMIC: dict[int, tuple[Step, Env]] = {}


class Past:
    """What the steps of one network made in a check, and what held for all of them.

    Attributes:
        made: By the identity of the step.
        params: The params' values, as they are shown.
        defaults: What `defaults` said.
        changed: The params that have other values now.
        changed_kinds: The kinds of which `defaults` say something else now.
    """

    def __init__(self, params: dict[str, str], defaults: Defaults) -> None:
        self.made: dict[int, Made] = {}
        self.params = params
        self.defaults = defaults
        self.changed: frozenset[str] = frozenset()
        self.changed_kinds: frozenset[str] = frozenset()

    def compare(self, now: Past) -> None:
        """Note what has changed since."""
        before, shown = self.params, now.params
        self.changed = frozenset(name for name in {*shown, *before} if shown.get(name) != before.get(name))
        self.changed_kinds = changed_kinds(now.defaults, self.defaults)


class KeptNetwork:
    """What the steps of one network made in the last checks; of each variant there is one."""

    def __init__(self) -> None:
        self.now = Past({}, {})
        self.past: tuple[Past, ...] = ()  # the last first
        self.bodies = KeptBodies()
        # What there was before the check that has been begun.
        self._begun: tuple[Past, tuple[Past, ...], tuple[int, dict[str, list[Ground]]]] | None = None

    def begin(self, params: Mapping[str, object], defaults: Defaults, blocks: dict[str, Block]) -> None:
        """Start with a document, whose params have these values. A check that was abandoned counts for nothing."""
        if self._begun is not None:
            self.now, self.past, self.bodies.state = self._begun
        self._begun = self.now, self.past, self.bodies.state
        self.bodies.begin(blocks, defaults)
        self.past = (self.now, *self.past)[:CHECKS]
        shown = {name: repr(value) for name, value in params.items()}  # in which 1 and 1.0 differ
        self.now = Past(shown, defaults)  # what is not met again is not kept
        for each in self.past:
            each.compare(self.now)

    def end(self) -> None:
        """Forget what will not be looked at any more."""
        self._begun = None
        self.past = self.past[: CHECKS - 1]


class Keeper:
    """Puts in place what a step made before, or notes what it makes."""

    def __init__(
        self,
        kept: KeptNetwork,
        construction: Construction,
        names: Names,
        emitter: Emitter,
        budget: Budget,
        blocks: dict[str, Block],
        bodies: Bodies,
    ) -> None:
        self.kept = kept
        self.bodies = bodies
        self.construction = construction
        self.names = names
        self.emitter = emitter
        self.budget = budget
        self.blocks = blocks
        construction.steps = []
        self.entered: set[str] = set()  # blocks, since the step at hand began

    def step(
        self, step: Step, current: Handles, scope: Scope, env: Env, walk: Callable[[Step, Handles, Scope, Env], Handles]
    ) -> Handles:
        """The nodes of a step of the network's own body, made by `walk` where they have to be; returns what the next step reads."""
        if self.construction.watch is not None:
            self.construction.watch()
        if scope.twice or scope.strange or scope.unnamed or scope.doubtful:  # something is wrong with the names
            return walk(step, current, scope, env)
        first: Made | None = None
        news = News.NONE
        for past in self.kept.past:
            made = past.made.get(id(step))
            if made is None or made is first or not self._fits(made, past, current, scope):
                continue
            new = self._news(made)
            if new == News.NONE:  # of the check before the last, where what was typed is taken back
                return self._put(made, scope)
            if first is None:
                first, news = made, new
        anew = None if first is None else self._anew(first, news)
        return self._noted(step, current, scope, env, walk) if anew is None else self._put(anew, scope)

    def _fits(self, made: Made, past: Past, current: Handles, scope: Scope) -> bool:
        construction = self.construction
        if (
            made.start != len(construction.nodes)
            or made.current != current
            or made.bodies != construction.bodies
            or made.masking is not self.emitter.masking
            or construction.full
            or not made.inherited.isdisjoint(past.changed_kinds)
        ):
            return False
        if past.changed and not past.changed.isdisjoint(self.kept.bodies.read(steps_of((made.step,))).names):
            return False
        is_counted = made.number >= 0
        if is_counted and scope.counters.get(base_of(made.step.kind_name), 0) != made.number:
            return False
        for name in made.names:
            if name in scope.names or (is_counted and name in scope.later):
                return False
        layers = construction.layer_names
        for node in made.nodes:
            if node.layer in layers:
                return False
        return made.inside is None or self._fits_inside(made.inside, scope)

    def _fits_inside(self, inside: Inside, scope: Scope) -> bool:
        construction = self.construction
        for block in inside.blocks:
            if self.blocks.get(block.name) is not block:
                return False
        if (
            construction.reads + inside.reads > MAX_READS
            or construction.left_out + inside.left_out > MAX_LEFT_OUT
            or self.budget.items < inside.items
            or self.budget.characters < inside.characters
        ):
            return False
        for path, handles in inside.looked_up:
            found = self.names.seek(path, scope)
            if handles != (None if found is None else found.handles):
                return False
        return all(self._lends(each, scope) for each in inside.lenders)

    def _lends(self, lender: Lender, scope: Scope) -> bool:
        """Does a node lend its weights as it did?"""
        nodes = self.construction.nodes
        found = self.names.seek(lender.path, scope)
        if found is None or found.step is None or found.step.kind_name != lender.kind_name:
            return False
        return all(_lent(nodes[i]) == _lent(node) for i, node in lender.nodes) and all(
            nodes[i].shape == node.shape for i, node in lender.read
        )

    def _news(self, made: Made) -> News:
        """How what a step reads differs from what it read."""
        nodes = self.construction.nodes
        return max(
            [_news(nodes[index], node) for index, node in made.read if nodes[index] is not node], default=News.NONE
        )

    def _anew(self, made: Made, news: News) -> Made | None:
        """What a step made as it is on what it reads now, which differs so; None where it has to be made again."""
        nodes = self.construction.nodes
        masking = made.masking_then
        if news == News.VIEWS:
            known = [*made.nodes]
            for number, node in enumerate(made.nodes):
                sources = [known[i - made.start] if i >= made.start else nodes[i] for i in node.inputs]
                known[number] = self.emitter.viewed(node, sources)
        elif news == News.SHAPES and made.asked is not None:
            found = renewed(made.nodes, made.start, nodes, made.asked, self.emitter)
            if found is None:
                return None
            known = found
            masking = made.masking or any(node.masked for node in found)
        else:
            return None
        read = tuple([(index, nodes[index]) for index, _ in made.read])
        return made._replace(nodes=tuple(known), read=read, masking_then=masking)

    def _put(self, made: Made, scope: Scope) -> Handles:
        construction = self.construction
        for node, step in zip(made.nodes, made.steps, strict=True):
            if node.span is not step.span:  # lines have come or gone before it
                made = made._replace(
                    nodes=tuple(n._replace(span=s.span) for n, s in zip(made.nodes, made.steps, strict=True))
                )
                break
        layers = construction.layer_names
        for index, node in enumerate(made.nodes, made.start):
            layers[node.layer] = index
        construction.nodes += made.nodes
        assert construction.steps is not None
        construction.steps += made.steps
        scope.names.update(made.names)
        if made.number >= 0:
            scope.counters[base_of(made.step.kind_name)] = made.number_then
        self.emitter.masking = made.masking_then
        self.emitter.inheriting.update(made.inheriting)
        self.emitter.dynamic.update(made.dynamic)
        inside = made.inside
        if inside is not None:
            self.bodies.meet(inside.made)
            scope.repetitions.update({name: [*each] for name, each in inside.repetitions.items()})
            construction.uses.update(inside.uses)
            construction.groups.update(inside.groups)
            construction.heads += inside.heads
            construction.bodies += inside.bodies
            construction.reads += inside.reads
            construction.left_out += inside.left_out
            self.budget.items -= inside.items
            self.budget.characters -= inside.characters
        self.kept.now.made[id(made.step)] = made
        return made.ends

    def _noted(
        self, step: Step, current: Handles, scope: Scope, env: Env, walk: Callable[[Step, Handles, Scope, Env], Handles]
    ) -> Handles:
        construction, names, emitter = self.construction, self.names, self.emitter
        assert construction.steps is not None
        base = base_of(step.kind_name)
        start, bodies, masking, made_before = (
            len(construction.nodes),
            construction.bodies,
            emitter.masking,
            len(construction.steps),
        )
        said, shared, absent = construction.problems.offered, names.sharing, len(scope.absent)
        lent = len(names.lent)
        given, repetitions = len(scope.names), len(scope.repetitions)
        assert emitter.params.asked is not None  # an editor's check notes them
        asked, inherited = len(emitter.params.asked), len(self.bodies.inherited)
        met = len(self.bodies.inside)
        counts = Counts.of(construction, emitter, self.budget)
        count = scope.counters.get(base, 0) if step.name is None else -1
        looked_up: list[tuple[str, Handles | None]] = []
        names.looked_up = looked_up
        self.entered.clear()
        ends = walk(step, current, scope, env)
        names.looked_up = None
        nodes = tuple(construction.nodes[start:])
        made_by = tuple(construction.steps[made_before:])
        bound = dict(last_of(scope.names, given))
        if (
            construction.problems.offered != said
            or names.sharing - shared != len(names.lent) - lent
            or construction.full
            or len(scope.absent) != absent
            or len(made_by) != len(nodes)  # something stands for a node of which nothing is known
            or (count >= 0 and scope.counters.get(base, 0) != count + len(bound))  # a number was left out
            or any(construction.layer_names[node.layer] != index for index, node in enumerate(nodes, start))
        ):
            return ends
        for binding in bound.values():
            if binding.scope is not None:
                # Nothing looks up from here again; all that was around it would be kept with it.
                binding.scope.parent = None
        before = {*current, *[i for node in nodes for i in node.inputs if i < start]}
        if looked_up:
            before.update([i for _, handles in looked_up for i in handles or ()])
        then = Counts.of(construction, emitter, self.budget)
        inside, inheriting, dynamic = None, _NO_STEPS, _NOTHING_DYNAMIC
        if looked_up or self.entered or then != counts or len(scope.repetitions) != repetitions:
            inheriting = dict(last_of(emitter.inheriting, counts.inheriting))
            dynamic = dict(last_of(emitter.dynamic, counts.dynamic))
            lenders = tuple([self._lender(*each) for each in names.lent[lent:] if each[2] < start])
            inside = self._inside(counts, then, met, looked_up, lenders, last_of(scope.repetitions, repetitions))
        # Whether a node without weights is another's hangs on its own shape.
        may_renew = names.sharing == shared and is_renewable(nodes)
        self.kept.now.made[id(step)] = Made(
            step=step,
            start=start,
            bodies=bodies,
            current=current,
            read=tuple([(i, construction.nodes[i]) for i in sorted(before)]),
            number=count,
            number_then=scope.counters.get(base, 0),
            masking=masking,
            masking_then=emitter.masking,
            nodes=nodes,
            steps=made_by,
            names=bound,
            ends=ends,
            inheriting=inheriting,
            dynamic=dynamic,
            inside=inside,
            inherited=frozenset(self.bodies.inherited[inherited:]),
            asked=questions(emitter.params.asked[asked:], construction) if may_renew else None,
        )
        return ends

    def _lender(self, path: str, kind_name: str, index: int) -> Lender:
        nodes = self.construction.nodes
        first = nodes[index].share
        those = (index,) if first is None else (index, first)
        read = nodes[those[-1]].inputs
        return Lender(path, kind_name, tuple([(i, nodes[i]) for i in those]), tuple([(i, nodes[i]) for i in read]))

    def _inside(
        self,
        counts: Counts,
        then: Counts,
        met: int,
        looked_up: list[tuple[str, Handles | None]],
        lenders: tuple[Lender, ...],
        repetitions: list[tuple[str, list[str]]],
    ) -> Inside | None:
        construction = self.construction
        inside = Inside(
            looked_up=tuple(looked_up),
            lenders=lenders,
            blocks=tuple(self.blocks[name] for name in self.entered),
            made=tuple(self.bodies.inside[met:]),
            repetitions={name: [*each] for name, each in repetitions},
            uses=dict(last_of(construction.uses, counts.uses)),
            groups=dict(last_of(construction.groups, counts.groups)),
            heads=tuple(construction.heads[counts.heads :]),
            bodies=then.bodies - counts.bodies,
            reads=then.reads - counts.reads,
            left_out=then.left_out - counts.left_out,
            items=counts.items - then.items,
            characters=counts.characters - then.characters,
        )
        return inside if any(inside) else None


def _lent(node: Node) -> tuple[object, ...]:
    """What those that use a node's weights ask of it."""
    return id(node.config), node.weights, node.trainable, node.tainted, node.share


def _news(now: Node, before: Node) -> News:
    """How two nodes differ to those that read them."""
    if now.times != before.times or now.folded != before.folded or bool(now.layer) is not bool(before.layer):
        return News.OTHERS
    if (
        now.shape != before.shape
        or now.dtype != before.dtype
        or now.masked is not before.masked
        or now.tainted is not before.tainted
        or now.jump != before.jump
    ):
        return News.SHAPES
    return News.NONE if now.field == before.field else News.VIEWS
