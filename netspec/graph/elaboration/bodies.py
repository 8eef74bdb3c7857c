"""What the bodies of blocks made, kept for where a block is used again.

A block that is used with the same arguments on inputs of the same shapes makes the same nodes, under other paths and in other
places of the graph. So what a use has made is kept, and of a use that is like it the nodes are copied (`copying`) instead of being
elaborated: within one network, as those of a repeated block are, and from one check of a document to the next.

What a body is made of stands in two parts. Its `Ground` is the block with all blocks that it may use, and the values of the
spec's params that are read in them. The key is the rest: arguments, what is asked of the inputs, whether anything is trained,
`$index` of the use where it is read, and how many steps are folded around it. The receptive fields of inputs are no part of it:
they grow from use to use, and are worked out anew. Names of nodes around the use that the body reads are looked up again, and have
to stand for nodes of which the same is known; so an argument that does nothing but name some may be another. Kept is only what was
made without a word: a problem has notes that tell of other nodes. And nothing is kept of bodies in which weights are shared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from operator import is_
from typing import NamedTuple, TypeVar

from netspec.expressions import Written
from netspec.graph.elaboration.around import Naming, counts, naming
from netspec.graph.elaboration.asking import Question
from netspec.graph.elaboration.budget import Budget
from netspec.graph.elaboration.construction import Construction
from netspec.graph.elaboration.emitter import Emitter
from netspec.graph.elaboration.scope import Env, Folded, Scope
from netspec.graph.model import Node
from netspec.graph.receptive_field import Lengths
from netspec.spec.decoding.keeping import NO_GIVENS, Defaults, same_givens
from netspec.spec.document import Block, Given, Step, names_in, steps_of

K = TypeVar("K")
V = TypeVar("V")
Handles = tuple[int, ...]
Fact = tuple[object, ...]
Place = tuple[str, int | None]  # a path, and where it is looked up: see `level_of`
IN_BLOCK = -1  # of a path that the block itself says: see `level_of`
ALIKE = 3  # bodies of one form that are tried on other facts
LOOKED_AT = 12  # to find them
CHECKS = 2  # for which what is not met again is kept: what is typed is often taken back


class Counts(NamedTuple):
    """How much of everything there is at a moment; what a step or a body did is what has come since it began."""

    bodies: int
    reads: int
    left_out: int
    items: int  # that are left of the budget, and so are characters
    characters: int
    uses: int
    groups: int
    heads: int
    inheriting: int
    dynamic: int

    @classmethod
    def of(cls, construction: Construction, emitter: Emitter, budget: Budget) -> Counts:
        """Those of now."""
        return cls(
            construction.bodies,
            construction.reads,
            construction.left_out,
            budget.items,
            budget.characters,
            len(construction.uses),
            len(construction.groups),
            len(construction.heads),
            len(emitter.inheriting),
            len(emitter.dynamic),
        )


class Costs(NamedTuple):
    """What a body counts against the bounds of a graph."""

    bodies: int
    reads: int
    left_out: int
    items: int  # of lists, and characters of expressions, that were counted against the budget
    characters: int
    deepest: int  # bodies within bodies
    longest: int  # characters of their paths, after the body's own
    most: int  # nodes and bodies that it was thought to make


class Plan(NamedTuple):
    """How a body is copied, whatever is known of its nodes. Paths stand without what the body's own begins with."""

    paths: tuple[str, ...]
    layers: tuple[str, ...]  # and so their names
    folding: bool
    uses: tuple[tuple[str, Step], ...]
    groups: tuple[tuple[str, Step, int, int, Handles, Handles], ...]


NOT_TO_COPY = Plan((), (), False, (), ())


class Body:
    """What a use of a block made, and what that was made of.

    Attributes:
        prefix: The use's path, with which those of its nodes begin.
        start: The first of its nodes.
        scope: Their names.
        inputs: What the use read.
        ends: What the node after it reads.
        nodes: What was made.
        steps: What made the nodes, where that is kept.
        outward: The names of nodes around it that it reads, the nodes, and what is asked of them.
        folded: The node around it that makes each step an example.
        handed: What the param held that names nodes for it (`around.naming`); None where none does.
        asked: What was asked of the sizes of its nodes and of those that it reads; None where it is not to be renewed.
        views: The receptive fields of the nodes around it that it reads.
        uses: What was added to `Construction.uses`, and so are `groups`, `heads`, and to the emitter's `inheriting` and `dynamic`.
        inside: The bodies of blocks in it.
        used: The number of the check that met it last.
    """

    __slots__ = (
        "_masked",
        "_plan",
        "_reach",
        "asked",
        "costs",
        "dynamic",
        "ends",
        "folded",
        "groups",
        "handed",
        "heads",
        "inheriting",
        "inputs",
        "inside",
        "nodes",
        "outward",
        "prefix",
        "scope",
        "start",
        "steps",
        "used",
        "uses",
        "views",
    )

    asked: tuple[Question, ...] | None
    costs: Costs
    dynamic: list[tuple[int, tuple[Step, Env]]]
    ends: Handles
    folded: int | None
    groups: list[tuple[str, tuple[Step, int, int, Handles, Handles]]]
    handed: str | None
    heads: list[tuple[str, int]]
    inheriting: list[tuple[int, Step]]
    inputs: Handles
    inside: list[Body]
    nodes: list[Node]
    outward: list[tuple[Place, Handles, list[Fact]]]
    prefix: str
    scope: Scope
    start: int
    steps: list[Step] | None
    used: int
    uses: list[tuple[str, Step]]
    views: dict[int, Lengths | None]

    def __init__(self) -> None:
        self._plan: Plan | None = None  # made when it is first copied
        self._reach: int | None = None  # found out when it is first copied to where more is seen of the input
        self._masked: bool | None = None  # found out when it is first copied

    @property
    def plan(self) -> Plan:
        """How it is copied; `NOT_TO_COPY` where a node shares weights, is not known at all, or reads others than are known."""
        if self._plan is None:
            self._plan = self._planned()
        return self._plan

    @property
    def masked(self) -> bool:
        """Does one of its nodes carry a mask?"""
        if self._masked is None:
            self._masked = any(node.masked for node in self.nodes)
        return self._masked

    @property
    def reach(self) -> int:
        """How far the largest receptive field of its nodes reaches; -1 where they do not grow as those of its inputs do."""
        if self._reach is None:
            self._reach = self._reaching()
        return self._reach

    def on(
        self, nodes: list[Node], around: Mapping[int, Node], outward: list[tuple[Place, Handles, list[Fact]]]
    ) -> Body:
        """The same body with its nodes as they are on others than it was made on; places stay those where it was made."""
        body = Body()
        for name in _OF_ITS_FORM:
            setattr(body, name, getattr(self, name))
        body.nodes, body.outward = nodes, outward
        body.views = {handle: around[handle].field for handle in self.views}
        return body

    def _planned(self) -> Plan:
        cut = len(self.prefix)
        paths, layers, folding = [], [], False
        for node in self.nodes:
            if node.share is not None or not node.layer:
                return NOT_TO_COPY
            for i in node.inputs:
                if i < self.start and i not in self.views and i != self.folded:
                    return NOT_TO_COPY
            paths.append(node.path[cut:])
            layers.append(node.layer[cut:])
            folding = folding or node.folded != self.folded
        uses = tuple([(path[cut:], step) for path, step in self.uses])
        groups = tuple([(path[cut:], *group) for path, group in self.groups])
        return Plan(tuple(paths), tuple(layers), folding, uses, groups)

    def _reaching(self) -> int:
        around = [*self.views.values()]
        if len({None if field is None else len(field) for field in around}) != 1:
            return -1
        rank = -1 if around[0] is None else len(around[0])
        fields = {node.field for node in self.nodes if node.field is not None}
        configs = {id(node.config): node.config for node in self.nodes if node.field is not None}
        # What is added to a field stays what it was wherever no dimension begins anew and nothing is beyond counting.
        if any(config is not None and config.positions().added for config in configs.values()):
            return -1
        if any(len(field) != rank for field in fields):
            return -1
        reach = 0
        for length in {length for field in fields for length in field}:
            if type(length) is not int:
                return -1
            reach = max(reach, length)
        return reach


# What does not hang on what is known of the nodes around it.
_OF_ITS_FORM = tuple(name for name in Body.__slots__ if name not in ("nodes", "outward", "views", "_masked", "_reach"))


class Ground:
    """What stands behind all uses of a block, and the bodies that have been made on it."""

    __slots__ = ("_bodies", "blocks", "counts", "inherited", "names", "naming", "shown")

    def __init__(
        self, blocks: tuple[Block, ...], shown: tuple[tuple[str, str], ...], *, counts: bool, naming: Naming | None
    ) -> None:
        self.blocks = blocks
        self.names = frozenset(block.name for block in blocks)
        self.shown = shown  # the params that are read, and their values
        self.counts = counts  # is the `$index` of a use read?
        self.naming = naming  # the param that is read for the nodes alone that it names
        # What `defaults` said of the kinds of nodes that compositions made in its bodies.
        self.inherited: dict[str, Mapping[str, Given]] = {}
        # By their form, the part of the key without facts, and by these; the last that was made stands last.
        self._bodies: dict[Fact, dict[Fact, Body]] = {}

    def keep(self, form: Fact, facts: Fact, body: Body) -> None:
        """Keep a body that was made of this."""
        self._bodies.setdefault(form, {})[facts] = body

    def body(self, form: Fact, facts: Fact) -> Body | None:
        """The body that was made of this."""
        return self._bodies.get(form, {}).get(facts)

    def alike(self, form: Fact) -> list[Body]:
        """Bodies that may be the same in this form on other facts, the last first."""
        found: list[Body] = []
        for body in islice(reversed(self._bodies.get(form, {}).values()), LOOKED_AT):
            # Of those that were made of one another the same was asked.
            if body.asked is not None and all(body.scope is not other.scope for other in found):
                found.append(body)
        return found[:ALIKE]

    def all(self) -> Iterator[Body]:
        """All its bodies."""
        for bodies in self._bodies.values():
            yield from bodies.values()

    def used(self) -> int:
        """The number of the check that met one of them last."""
        return max((body.used for body in self.all()), default=0)

    def forget(self, oldest: int) -> None:
        """Forget what was met last before a check."""
        if any(body.used < oldest for body in self.all()):
            left = {
                form: {facts: body for facts, body in bodies.items() if body.used >= oldest}
                for form, bodies in self._bodies.items()
            }
            self._bodies = {form: bodies for form, bodies in left.items() if bodies}


class Read(NamedTuple):
    """What nodes read by names, wherever they stand."""

    names: frozenset[str]  # that expressions read
    blocks: tuple[Block, ...]  # that may be used


class KeptBodies:
    """The bodies of one network's blocks, from one check to the next."""

    def __init__(self) -> None:
        self.check = 0  # its number
        self._grounds: dict[str, list[Ground]] = {}  # of each block the last two
        self._blocks: dict[str, Block] = {}
        self.defaults: Defaults = {}
        self._names: frozenset[str] = frozenset()  # that `defaults` read
        self._own: dict[int, tuple[Block, frozenset[str], frozenset[str]]] = {}  # names and blocks that blocks read

    @property
    def state(self) -> tuple[int, dict[str, list[Ground]]]:
        """What it is put back to where a check is abandoned: its number, and what bodies have been made on."""
        return self.check, {**self._grounds}

    @state.setter
    def state(self, state: tuple[int, dict[str, list[Ground]]]) -> None:
        self.check, self._grounds = state

    def begin(self, blocks: dict[str, Block], defaults: Defaults) -> None:
        """Start with a document."""
        self.check += 1
        self._blocks = blocks
        self.defaults = defaults
        given = (each for values in defaults.values() for each in values.values() if each.dynamic)
        self._names = frozenset(name for each in given for name in names_in(each.value))
        self._own = {key: each for key, each in self._own.items() if blocks.get(each[0].name) is each[0]}
        self._grounds = {name: each for name, each in self._grounds.items() if name in blocks}
        self._forget()

    def _forget(self) -> None:
        """Forget what has not been met for some checks, by itself or in another."""
        grounds = [ground for each in self._grounds.values() for ground in each]
        stack = [body for ground in grounds for body in ground.all() if body.inside]
        while stack:
            body = stack.pop()
            for each in body.inside:
                if each.used < body.used:
                    each.used = body.used
                    stack.append(each)
        oldest = self.check - CHECKS
        for ground in grounds:
            ground.forget(oldest)

    def read(self, steps: Iterable[Step], blocks: Iterable[str] = ()) -> Read:
        """What some nodes and blocks read, and all blocks that may be used in them."""
        names, stack = set(self._names), [*blocks]
        stack += _gather(steps, names)
        found: dict[str, Block] = {}
        while stack:
            block = self._blocks.get(stack.pop())
            if block is None or block.name in found:
                continue
            found[block.name] = block
            own = self._own.get(id(block))
            if own is None:
                inside = set[str]()
                used = _gather(steps_of(block.body), inside)
                for given in block.params.values():
                    if given is not None and given.dynamic:
                        inside.update(names_in(given.value))
                own = self._own[id(block)] = block, frozenset(inside), frozenset(used)
            names |= own[1]
            stack += own[2]
        return Read(frozenset(names), tuple(found[name] for name in sorted(found)))

    def of_kind(self, kind_name: str) -> Mapping[str, Given]:
        """What `defaults` say of a kind."""
        return self.defaults.get(kind_name, NO_GIVENS)

    def ground(self, block: Block, shown: dict[str, str]) -> Ground:
        """That of a block, where the params have these values."""
        read = self.read((), (block.name,))
        mine = tuple([(name, shown[name]) for name in sorted(read.names) if name in shown])
        before = self._grounds.get(block.name, [])
        for each in before:
            if each.shown == mine and len(each.blocks) == len(read.blocks) and all(map(is_, each.blocks, read.blocks)):
                if not all(same_givens(self.of_kind(name), given) for name, given in each.inherited.items()):
                    continue
                found = each
                break
        else:
            among = {each.name: each for each in read.blocks}
            found = Ground(
                read.blocks,
                mine,
                counts="index" in self._names or ("index" in read.names and counts(block, among)),
                # A path that one of the spec's params holds would be taken for one that was handed in.
                naming=None if any("'" in value for _, value in mine) else naming(block),
            )
            # What is put in place asks for no ground: the one that is left is the one whose bodies were met last.
            before = sorted(before, key=Ground.used, reverse=True)
        self._grounds[block.name] = [found, *(each for each in before if each is not found)][:2]
        return found


def _gather(steps: Iterable[Step], names: set[str]) -> set[str]:
    """Gather the names that nodes read themselves; returns the blocks that they are uses of."""
    used = set()
    for step in steps:
        if step.block is not None:
            used.add(step.block)
        for given in step.givens():
            if given.dynamic:
                names.update(names_in(given.value))
        if step.principal is not None and step.principal.dynamic:
            names.update(names_in(step.principal.value))
    return used


def fact_of(node: Node, folded: Folded | None) -> Fact | None:
    """What is asked of a node by those that read it, but for its field; None of one of other examples."""
    if node.folded != (None if folded is None else folded.node):
        return None
    if node.times != (1 if folded is None else folded.times):
        return None
    field = node.field
    known = bool(node.layer)
    return node.shape, node.dtype, node.masked, node.tainted, node.jump, -1 if field is None else len(field), known


def level_of(path: str, depth: int) -> int | None:
    """How many bodies lie between a use and the place where a path was written.

    Args:
        path: One that the use's block reads.
        depth: How many bodies are around the use.

    Returns:
        0 where the path was written beside the use, `IN_BLOCK` where it was in the block, None where it was in the network's own
        body: that is so far away whatever use it is.
    """
    if not isinstance(path, Written):
        return IN_BLOCK
    return max(depth - path.depth, IN_BLOCK) if path.depth else None


def at_level(path: str, level: int | None, depth: int) -> str:
    """The path as another use, with so many bodies around it, reads it; what is in the block itself it has found there."""
    if level is not None and level <= 0:
        return path
    return Written.at(path, 0 if level is None else depth - level, None)


def levels_of(values: Iterable[object], depth: int) -> tuple[int | None, ...]:
    """The levels of all texts among the values of a use's params."""
    found: list[int | None] = []
    for value in values:
        if isinstance(value, Written):
            found.append(level_of(value, depth))
        elif type(value) is list:
            found += levels_of(value, depth)
    return tuple(found)


def last_of(entries: dict[K, V], known: int) -> list[tuple[K, V]]:
    """The entries that have been added to a dict since it had so many."""
    added = len(entries) - known
    return [*islice(reversed(entries.items()), added)][::-1] if added else []
