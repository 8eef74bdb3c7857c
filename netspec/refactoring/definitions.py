"""A block as it is written, and its uses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from netspec.diagnostics.problems import Edit, Span
from netspec.graph.model import Graph, Group
from netspec.refactoring.bodies import Body, CannotBe, Item, Layout, lines_edit
from netspec.refactoring.nodes import Nodes, flat
from netspec.refactoring.substituting import Substitution, names_in
from netspec.refactoring.words import local_names, readers, words_of
from netspec.spec.document import Step, steps_of
from netspec.spec.edits import removed
from netspec.spec.keys import WIRING
from netspec.spec.names import RECEIVED, SIZES
from netspec.syntax.tree import Mapping, Scalar, Sequence, Tree, last_line

CHANNELS = ("filters", "units")  # hyperparameters that say how many channels a node makes
MOST_NODES = 100  # that a use with `repeat` is written out to


class Style(NamedTuple):
    """How a use may be written out; which way leaves the network as it is, the proof says.

    Attributes:
        named: What the name of the use is given to: `last`, the last node, `each`, the last of each repetition, or nothing.
        worked_out: In which nodes what the use receives, `$channels`, is the number that it comes to: none, those
            after the first, or all.
        naming: Do nodes that have a name, or that others in the block read by their numbers, get names of their own?
        entered: Does the node get a name that enters a use, where it is read by its number?
    """

    named: str
    worked_out: str
    naming: bool
    entered: bool


class Use(NamedTuple):
    """A use of a block: a node of a list."""

    body: Body
    at: int

    @property
    def item(self) -> Item:
        return self.body.items[self.at]

    @property
    def name(self) -> str | None:
        """What it is called; None where it has no name, or an expression gives it."""
        given = self.item.step.name
        return given.value if given is not None and isinstance(given.value, str) else None


class Definition:
    """A block as it is written."""

    def __init__(self, layout: Layout, name: str) -> None:
        self.layout = layout
        self.name = name
        tree = layout.block_tree(name)
        body = tree.entries.get("layers") if tree is not None else None
        if tree is None:
            raise CannotBe(f"`{name}` is not defined in this text")
        if body is None or not isinstance(body.value, Sequence) or not body.value.items:
            raise CannotBe(f"`{name}` has no nodes")
        self.tree = tree
        self.body = body.value
        self.steps = [layout.step(item) for item in self.body.items]
        params = tree.entries.get("params")
        self.defaults = params.value.entries if params is not None and isinstance(params.value, Mapping) else {}
        self.params = layout.params_of(name)
        blocks = layout.blocks_tree
        assert blocks is not None
        self.blocks = blocks
        self.key = blocks.entries[name].key
        self.above = max(self.key.start.line, tree.entries["layers"].key.start.line)
        self.local = [local_names(layout, step) for step in self.steps]
        self.read = {word.name for step in self.inside() for word in words_of(layout, step)}

    def called(self, use: Use) -> str | None:
        """What reads a use: its name, or the number that the graph gave it; None of one that is repeated."""
        words = local_names(self.layout, use.item.step) if use.name is None else [use.name]
        return words[0] if len(words) == 1 else None

    def inside(self) -> Iterator[Step]:
        return steps_of(tuple(step for step in self.steps if step is not None))

    def refuse(self, uses: list[Use]) -> None:
        """Raise where no text would do.

        Raises:
            CannotBe: With the reason.
        """
        if any(use.body.block == self.name for use in uses):
            raise CannotBe(f"`{self.name}` is used in itself")
        gone = {self.called(use) for use in uses}
        staying = [step for step in self.layout.steps.values() if all(use.item.step is not step for use in uses)]
        for step in staying:
            lender = None if step.share is None else step.share.value
            if step.block == self.name and lender is not None and lender in gone:
                raise CannotBe(
                    f"`{self.name}` at line {step.span.line} takes the weights of `{lender}`; inline that first"
                )

    def lends(self, name: str | None) -> bool:
        """Does any use take the weights of one with this name?"""
        steps = self.layout.steps.values()
        return name is not None and any(
            step.share is not None and step.share.value == name for step in steps if step.block == self.name
        )

    def styles(self, uses: list[Use]) -> Iterator[Style]:
        """The ways in which uses may be written out, the likeliest first."""
        repeated = any(map(self.is_unrolled, uses))
        received = any(not self.received(use).isdisjoint(SIZES) for use in uses)
        called = any(use.name is not None for use in uses)
        read = [(use, which, word) for use in uses for which, word in readers(self.layout, use.body, use.item)]
        self.read |= {word.rest.partition(".")[0] for use, _, word in read if word.rest or use.name is None}
        names = "" in self.read or any(self.is_named(at) or self.is_read(at) for at in range(len(self.steps)))
        only_last = all(which == -1 for _, which, _ in read) and bool(read)
        named = ("each", "last") if repeated else ("last",)
        if only_last and not any(map(self.is_counted, uses)):
            named = named[::-1]
        worked_out = ("none", "later", "all") if received else ("none",)
        naming = (True,) if repeated else (False, True) if names else (False,)
        numbered = "input" in self.read and any(
            before is not None and before.item.step.name is None for before in map(self.before, uses)
        )
        ways = product((False, True)[: 1 + numbered], naming, worked_out, (*named, "none") if called else ("none",))
        return (Style(names, values, numbers, entered) for entered, numbers, values, names in ways)

    def is_named(self, at: int) -> bool:
        """Has one of its nodes a name of its own?"""
        step = self.steps[at]
        return step is not None and step.name is not None

    def is_read(self, at: int) -> bool:
        """Is one of its nodes read by name in the block?"""
        return not self.read.isdisjoint(self.local[at])

    def nodes_with(self, edits: tuple[Edit, ...] = ()) -> Nodes:
        return Nodes(self.layout, self.body, 0, len(self.body.items) - 1, edits, below=self.above)

    @property
    def comments(self) -> list[str]:
        """Those that are not among its nodes, and go with it."""
        nodes, gone = self.nodes_with().span, self.removal().span
        return self.layout.within(Span(*gone[:2], *nodes[:2])) + self.layout.within(Span(*nodes[2:], *gone[2:]))

    def removal(self) -> Edit:
        """The edit that takes the block away, and `blocks` with it where it is the only one."""
        root = self.layout.root
        is_only = len(self.blocks.entries) == 1
        if is_only and root.flow:
            return removed(root, "blocks")
        if self.blocks.flow and not is_only:
            return removed(self.blocks, self.name)
        first, last = self._lines(is_only)
        lines = self.layout.lines
        blank_before = first > 0 and not lines[first - 1].strip()
        blank_after = last + 1 < len(lines) - 1 and not lines[last + 1].strip()
        is_last = next(reversed(self.blocks.entries)) == self.name
        if blank_after and (is_only or not is_last):
            last += 1
        elif blank_before:
            first -= 1
        return lines_edit(first, last, [])

    def _lines(self, is_only: bool) -> tuple[int, int]:
        """The first and the last of its lines, from 0, with the comments right above it, and those below that stand further in."""
        key, value = self.layout.root.entries["blocks"] if is_only else (self.key, self.tree)
        last = max(last_line(value), last_line(self.tree))
        for line, text in enumerate(self.layout.lines[last + 1 :], last + 1):
            comment = text.lstrip()
            if comment and (comment[0] != "#" or len(text) - len(comment) <= key.start.column):
                break
            last = line if comment else last
        return self.layout.above(key), last

    # --- one use ------------------------------------------------------------------------------------------------------

    def is_repeated_node(self, use: Use) -> bool:
        """Does its only node take over how often a use is repeated?"""
        alone = len(self.steps) == 1 and self.steps[0] is not None and self.steps[0].repeat is None
        return alone and use.item.step.repeat is not None

    def is_unrolled(self, use: Use) -> bool:
        """Are its nodes written for each repetition of a use?"""
        return use.item.step.repeat is not None and not self.is_repeated_node(use)

    def is_counted(self, use: Use) -> bool:
        """Does an expression say how many of these repetitions there are?"""
        given = use.item.step.repeat
        return given is not None and given.dynamic and self.is_unrolled(use)

    def times(self, use: Use) -> int:
        """How often its nodes are written: where an expression says how often it is repeated, as often as in any network."""
        given = use.item.step.repeat
        if given is None or not self.is_unrolled(use):
            return 1
        text = f"`repeat: {flat(self.layout.lines, given.tree)}`"
        times = self._most(use) if self.is_counted(use) else given.value
        assert isinstance(times, int)
        if times == 0:
            raise CannotBe(f"{text} leaves it out in every variant")
        if times * len(self.steps) > MOST_NODES:
            raise CannotBe(f"{text} of {len(self.steps)} nodes, {times} times: at most {MOST_NODES} are written out")
        return times

    def _most(self, use: Use) -> int:
        """How often a use is repeated at most, of all networks and all places where the body around it stands."""
        most = 0
        for graph in self.layout.networks.graphs():
            groups = graph.groups.items()
            around = [path.rpartition(".")[0] for path, group in groups if group.span == use.item.step.span]
            most = max([most, *Counter(around).values()])
        return most

    def channels(self, use: Use) -> str | None:
        """How many channels a use receives, as the node says that makes them; None where none says so.

        It is sought among the nodes before; that those between leave the channels as they are, the proof says.
        """
        sources = use.item.step.sources
        at = use.at
        if sources is not None:
            name = sources.tree.text if isinstance(sources.tree, Scalar) else ""
            before = enumerate(use.body.items[:at])
            called = [number for number, item in before if name in local_names(self.layout, item.step)]
            at = called[-1] + 1 if called else 0
        for item in reversed(use.body.items[:at]):
            principal, tree = self.layout.principal(item.step), item.step.tree
            entries = tree.entries if isinstance(tree, Mapping) else {}
            given = [entries[name].value for name in CHANNELS if name in entries]
            if isinstance(tree, Scalar) and principal in CHANNELS:
                given = [tree]
            if given:
                return given[0].text if isinstance(given[0], Scalar) else None
            if item.step.sources is not None:
                return None
        return None

    def received(self, use: Use) -> frozenset[str]:
        """The `$names` of a use that stand for what it receives, and for no param."""
        around = self.layout.params_of(use.body.block)
        names = self.substitution(use).reads()
        if use.item.step.tree is not None:
            names |= names_in(self.layout.lines, use.item.step.tree)
        return names.intersection(RECEIVED) - {*self.params, *around, *self.layout.document.params}

    def substitution(self, use: Use) -> Substitution:
        """What the use gives; where it takes the weights of another use, what that gives too."""
        given: dict[str, Tree] = {name: entry.value for name, entry in self.defaults.items()}
        lender = use.item.step.share
        for at, each in enumerate(use.body.items):
            if lender is not None and each.step.block == self.name and self.called(Use(use.body, at)) == lender.value:
                given.update(self._arguments(each))
        given.update(self._arguments(use.item))
        return Substitution(self.layout, self.name, self.params, self.defaults, given, {}, {})

    def _arguments(self, use: Item) -> dict[str, Tree]:
        tree = use.step.tree
        if isinstance(tree, Mapping):
            return {name: entry.value for name, entry in tree.entries.items() if name not in WIRING}
        if tree is None or (isinstance(tree, Scalar) and tree.value is None):
            return {}
        if not self.params:
            raise CannotBe(f"`{self.name}` has no params")
        return {self.params[0]: tree}

    def entering(self, use: Use, given: Substitution, last: dict[Use, str | None]) -> str | None:
        """What `input` in the block is called where it is used; None where it is `input` there too.

        Args:
            use: Where.
            given: What is given there.
            last: What the last nodes of other uses are called, which are not there any more.
        """
        sources = use.item.step.sources
        if sources is not None:
            text = given.of(sources.tree)
            return text.strip("[]\"'") if "," not in text and "$" not in text else None
        before = self.before(use)
        if before in last:
            return last[before]
        names = local_names(self.layout, before.item.step) if before is not None else []
        return names[-1] if names else None

    def before(self, use: Use) -> Use | None:
        """The node beside it that a use reads without saying so: one that a condition leaves out is passed over."""
        graph = self._graph
        for group in self._made_by(use):
            for at in reversed(range(use.at if group.inputs and use.item.step.sources is None else 0)):
                if use.body.items[at].step.span in _makers(graph, group.inputs[0]):
                    return use._replace(at=at)
        return use._replace(at=use.at - 1) if use.at and use.item.step.sources is None else None

    def end(self, use: Use) -> int:
        """The place of the node that is read by the name of a use: the last that is there."""
        for group in self._made_by(use):
            for at, step in reversed([*enumerate(self.steps)]):
                if step is not None and group.ends and step.span in _makers(self._graph, group.ends[-1]):
                    return at
        return len(self.steps) - 1

    @property
    def _graph(self) -> Graph:
        graph = self.layout.spec.graph
        assert graph is not None
        return graph

    def _made_by(self, use: Use) -> list[Group]:
        return [group for group in self._graph.groups.values() if group.span == use.item.step.span]


def _makers(graph: Graph, made: int) -> set[Span]:
    """Where the nodes are written, one in the other, that end in a node of the graph."""
    return {graph.nodes[made].span, *(group.span for group in graph.groups.values() if made in group.ends)}
