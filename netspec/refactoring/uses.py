"""The uses of a block, and the ways to write them out."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import product
from typing import NamedTuple

from netspec.diagnostics.problems import Span
from netspec.graph.model import Graph, Group
from netspec.refactoring.bodies import Body, CannotBe, Item, Layout
from netspec.refactoring.definitions import Definition
from netspec.refactoring.nodes import flat
from netspec.refactoring.substituting import Substitution, names_in
from netspec.spec.keys import WIRING
from netspec.spec.names import RECEIVED, SIZES
from netspec.syntax.tree import Mapping, Scalar, Tree

CHANNELS = ("filters", "units")  # hyperparameters that say how many channels a node makes
MOST_NODES = 100  # that a use with `repeat` is written out to


class Use:
    """A use of a block.

    Args:
        definition: The block.
        body: The list in which it stands.
        at: Its place there.
    """

    def __init__(self, definition: Definition, body: Body, at: int) -> None:
        self.definition = definition
        self.layout = definition.layout
        self.body = body
        self.at = at
        self.item = body.items[at]
        self.step = self.item.step
        self.readers = [*self.layout.words.readers(body, self.item)]

    @property
    def name(self) -> str | None:
        """What it is called; None where it has no name, or an expression gives it."""
        given = self.step.name
        return given.value if given is not None and isinstance(given.value, str) else None

    @property
    def called(self) -> str | None:
        """What reads it: its name, or the number that the graph gave it; None of one that is repeated."""
        words = self.layout.local_names(self.step) if self.name is None else [self.name]
        return words[0] if len(words) == 1 else None

    # --- how often it is there ----------------------------------------------------------------------------------------

    @property
    def is_repeated_node(self) -> bool:
        """Does the only node of the block take over how often it is repeated?"""
        steps = self.definition.steps
        alone = len(steps) == 1 and steps[0] is not None and steps[0].repeat is None
        return alone and self.step.repeat is not None

    @property
    def is_unrolled(self) -> bool:
        """Are the block's nodes written for each repetition?"""
        return self.step.repeat is not None and not self.is_repeated_node

    @property
    def is_counted(self) -> bool:
        """Does an expression say how many of these repetitions there are?"""
        return self.step.repeat is not None and self.step.repeat.dynamic and self.is_unrolled

    @cached_property
    def times(self) -> int:
        """How often the nodes are written: where an expression says how often it is repeated, as often as in any network."""
        given, count = self.step.repeat, len(self.definition.steps)
        if given is None or not self.is_unrolled:
            return 1
        text = f"`repeat: {flat(self.layout.lines, given.tree)}`"
        times = self._most() if self.is_counted else given.value
        assert isinstance(times, int)
        if times == 0:
            raise CannotBe(f"{text} leaves it out in every variant")
        if times * count > MOST_NODES:
            raise CannotBe(f"{text} of {count} nodes, {times} times: at most {MOST_NODES} are written out")
        return times

    def _most(self) -> int:
        """How often it is repeated at most, of all networks and all places where the body around it stands."""
        most = 0
        for graph in self.layout.networks.graphs():
            most = max([most, *map(len, self.made(graph))])
        return most

    def made(self, graph: Graph) -> list[list[Group]]:
        """What it is in a graph: for each place where the body around it stands, its repetitions."""
        found: dict[str, list[Group]] = {}
        for path, group in graph.groups.items():
            if group.span == self.step.span:
                found.setdefault(path.rpartition(".")[0], []).append(group)
        return [sorted(groups, key=lambda group: group.start) for groups in found.values()]

    # --- what it is given, and what enters it -------------------------------------------------------------------------

    @cached_property
    def given(self) -> Substitution:
        """What it gives to the params; where it takes the weights of another use, what that gives too."""
        definition, lender = self.definition, self.step.share
        given: dict[str, Tree] = {name: entry.value for name, entry in definition.defaults.items()}
        for at, each in enumerate(self.body.items):
            if lender is not None and each.step.block == definition.name:
                other = Use(definition, self.body, at)
                given.update(other.arguments if other.called == lender.value else {})
        given.update(self.arguments)
        return Substitution(self.layout, definition.name, definition.params, definition.defaults, given, {}, {})

    @property
    def arguments(self) -> dict[str, Tree]:
        """What is written there for params."""
        tree, params = self.step.tree, self.definition.params
        if isinstance(tree, Mapping):
            return {name: entry.value for name, entry in tree.entries.items() if name not in WIRING}
        if tree is None or (isinstance(tree, Scalar) and tree.value is None):
            return {}
        if not params:
            raise CannotBe(f"`{self.definition.name}` has no params")
        return {params[0]: tree}

    @cached_property
    def received(self) -> frozenset[str]:
        """The `$names` in it that stand for what it receives, and for no param."""
        names = self.given.reads()
        if self.step.tree is not None:
            names |= names_in(self.layout.lines, self.step.tree)
        params = {*self.definition.params, *self.layout.params_of(self.body.block), *self.layout.document.params}
        return names.intersection(RECEIVED) - params

    @cached_property
    def before(self) -> Item | None:
        """The node beside it that it reads without saying so: one that a condition leaves out is passed over."""
        if self.step.sources is not None or self.at == 0:
            return None
        items = self.body.items[: self.at]
        entering = (group.inputs[0] for groups in self.made(self._graph) for group in groups if group.inputs)
        makers = (_makers(self._graph, node) for node in entering)
        return next((item for spans in makers for item in reversed(items) if item.step.span in spans), items[-1])

    @cached_property
    def end(self) -> int:
        """The place of the node that is read by its name: the last of the block that is there."""
        steps = [*enumerate(self.definition.steps)]
        ends = (group.ends[-1] for groups in self.made(self._graph) for group in groups if group.ends)
        makers = (_makers(self._graph, node) for node in ends)
        there = (at for spans in makers for at, step in reversed(steps) if step is not None and step.span in spans)
        return next(there, len(steps) - 1)

    @property
    def _graph(self) -> Graph:
        graph = self.layout.spec.graph
        assert graph is not None
        return graph

    def channels(self) -> str | None:
        """How many channels it receives, as the node says that makes them; None where none says so.

        It is sought among the nodes before; that those between leave the channels as they are, the proof says.
        """
        before = self.body.items[: self.at]
        if self.step.sources is not None:
            source = self.step.sources.tree
            name = source.text if isinstance(source, Scalar) else ""
            called = [at for at, item in enumerate(before) if name in self.layout.local_names(item.step)]
            before = before[: called[-1] + 1] if called else ()
        for item in reversed(before):
            said = _channels_of(self.layout, item)
            if said is not None:
                return said.text if isinstance(said, Scalar) else None
            if item.step.sources is not None:
                return None
        return None


def _makers(graph: Graph, node: int) -> set[Span]:
    """Where the steps are written, one in the other, of which a node of the graph is the end."""
    return {graph.nodes[node].span, *(group.span for group in graph.groups.values() if node in group.ends)}


def _channels_of(layout: Layout, item: Item) -> Tree | None:
    """How many channels a node makes, as it says."""
    tree = item.step.tree
    if isinstance(tree, Mapping):
        return next((tree.entries[name].value for name in CHANNELS if name in tree.entries), None)
    return tree if isinstance(tree, Scalar) and layout.principal(item.step) in CHANNELS else None


def refuse(definition: Definition, uses: list[Use]) -> None:
    """Raise where no text would do.

    Raises:
        CannotBe: With the reason.
    """
    name = definition.name
    if any(use.body.block == name for use in uses):
        raise CannotBe(f"`{name}` is used in itself")
    gone = {use.called for use in uses}
    inlined = {id(use.step) for use in uses}
    for step in definition.layout.steps.values():
        lender = None if step.share is None else step.share.value
        if step.block == name and id(step) not in inlined and lender is not None and lender in gone:
            raise CannotBe(f"`{name}` at line {step.span.line} takes the weights of `{lender}`; inline that first")


class Style(NamedTuple):
    """How uses may be written out; which way leaves the network as it is, the proof says.

    Attributes:
        named: What the name of the use is given to: `last`, the last node, `each`, the last of each repetition, or nothing.
        worked_out: In which nodes what the use receives, `$channels`, is the number that it comes to: none, those
            after the first, or all.
        naming: Do nodes that have a name, or that others read by their numbers, get names of their own?
        entered: Does the node get a name that enters a use, where it is read by its number?
        read: The names by which nodes of the block are read, in it or behind the name of a use; empty is that of a use itself,
            where it is a number.
    """

    named: str
    worked_out: str
    naming: bool
    entered: bool
    read: frozenset[str]


def styles(definition: Definition, uses: list[Use]) -> Iterator[Style]:
    """The ways in which uses may be written out, the likeliest first."""
    readers = [(use, which, word) for use in uses for which, word in use.readers]
    behind = {word.rest.partition(".")[0] for use, _, word in readers if word.rest or use.name is None}
    read = frozenset(definition.read | behind)
    unrolled = any(use.is_unrolled for use in uses)
    named = ("each", "last") if unrolled else ("last",)
    if readers and all(which == -1 for _, which, _ in readers) and not any(use.is_counted for use in uses):
        named = named[::-1]
    named = (*named, "none") if any(use.step.name is not None for use in uses) else ("none",)
    words = {"", *(word for local in definition.local for word in local)}
    has_names = not read.isdisjoint(words) or any(map(definition.is_named, range(len(definition.steps))))
    naming = (True,) if unrolled else (False, True) if has_names else (False,)
    worked_out = ("none", "later", "all") if any(not use.received.isdisjoint(SIZES) for use in uses) else ("none",)
    befores = [use.before for use in uses]
    is_numbered = "input" in read and any(each is not None and each.step.name is None for each in befores)
    entered = (False, True) if is_numbered else (False,)
    return (Style(*way[::-1], read) for way in product(entered, naming, worked_out, named))
