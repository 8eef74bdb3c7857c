"""What differs between two networks: nodes, hyperparameters, shapes, weights, costs."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from functools import cached_property
from math import prod
from typing import NamedTuple

from netspec.comparison.describing import Describer, Description, Plain
from netspec.comparison.items import Table, Written, base_of, is_counted
from netspec.comparison.pairing import paired
from netspec.comparison.sections import Pair, pairs_apart, sections_apart
from netspec.graph.meaning import by_its_name, commutes, equal, padding, settings, word
from netspec.graph.model import Graph, Node
from netspec.kinds import Kind
from netspec.kinds.window import Windowed
from netspec.shapes import Shape, Window

# Hyperparameters that say how weights begin and are trained, and nothing of what a trained network computes.
_OF_TRAINING = ("_initializer", "_regularizer", "_constraint")
_ONLY_TRAINING = frozenset(("initializer", "regularizer", "momentum", "renorm_momentum", "seed", "synchronized"))
# What follows from what stands before a node or from its hyperparameters.
_SHAPE, _SPAN = Node._fields.index("shape"), Node._fields.index("span")
_TRAINABLE, _FOLDED = Node._fields.index("trainable"), Node._fields.index("folded")
DERIVED = ("shape", "dtype", "masked", "times", "folded", "weights", "macs", "receptive_field", "jump")
CAUSES = ("share", "trainable")


Shapes = tuple[Shape | None, ...]


class Change(NamedTuple):
    """What differs in a node that both networks have.

    Attributes:
        one: The node of the first.
        other: That of the second.
        kind: The kinds, where they differ.
        options: Hyperparameters that mean something else now.
        inputs: What it reads, where that is something else.
        fields: What else is another: `share` and `trainable`, and what follows from all this.
        spelled: Kind, hyperparameters and inputs that are said otherwise and mean the same.
    """

    one: int
    other: int
    kind: tuple[str, str] | None
    options: dict[str, Pair]
    inputs: tuple[list[str], list[str]] | None
    fields: dict[str, tuple[Plain, Plain]]
    spelled: dict[str, Pair]

    @property
    def is_one(self) -> bool:
        """Is it more than other words for the same?"""
        return bool(self.kind or self.options or self.inputs or self.fields)


class Carried(NamedTuple):
    """A node's weights that are those of a node of the first network."""

    one: int
    other: int
    names: tuple[str, ...]


class Difference:
    """Two networks compared.

    Args:
        first: What was.
        second: What is.
    """

    def __init__(self, first: Graph, second: Graph) -> None:
        self.first = first
        self.second = second
        table = Table()
        self.written = Written(first, table), Written(second, table)
        self.pairs, self.has_little_in_common = paired(*self.written)
        self._taken = {one: other for other, one in self.pairs.items()}
        self.describers = Describer(first), Describer(second)
        self._names = {first.nodes[one].path: second.nodes[other].path for one, other in self._taken.items()}
        self._apart: dict[tuple[object, ...], tuple[bool, dict[str, Pair], dict[str, Pair]]] = {}

    # --- nodes ----------------------------------------------------------------------------------------------------------

    @cached_property
    def added(self) -> list[int]:
        """Nodes of the second network that are new."""
        return [index for index in range(len(self.second.nodes)) if index not in self.pairs]

    @cached_property
    def removed(self) -> list[int]:
        """Nodes of the first that the second has not."""
        return [index for index in range(len(self.first.nodes)) if index not in self._taken]

    @cached_property
    def renamed(self) -> dict[str, str]:
        """Names that became others."""
        return {one: other for one, other in self._names.items() if one != other}

    @cached_property
    def renamed_by_somebody(self) -> dict[str, str]:
        """Those whose names do not follow from how many of their kind stand before them."""
        kinds = {node.path: node.kind_name for graph in (self.first, self.second) for node in graph.nodes}
        return {was: now for was, now in self.renamed.items() if not _follows(was, now, kinds)}

    @cached_property
    def moved(self) -> list[int]:
        """Nodes of the second network that stand elsewhere among those that both have: as few as can be."""
        order = sorted(self.pairs)
        ends: list[int] = []  # for each length, the pair that a longest increasing run of it ends in
        values: list[int] = []
        before: list[int] = []
        for place, other in enumerate(order):
            at = bisect_left(values, self.pairs[other])
            before.append(ends[at - 1] if at else -1)
            if at == len(values):
                values.append(self.pairs[other])
                ends.append(place)
            else:
                values[at], ends[at] = self.pairs[other], place
        kept, place = set(), ends[-1] if ends else -1
        while place >= 0:
            kept.add(order[place])
            place = before[place]
        return [other for other in order if other not in kept]

    @cached_property
    def changes(self) -> dict[int, Change]:
        """What differs in nodes of both, by the node of the second."""
        found = {}
        for other in sorted(self.pairs):
            if self._is_plainly_the_same(self.pairs[other], other):
                continue
            change = self._change(self.pairs[other], other)
            if change.is_one or change.spelled:
                found[other] = change
        return found

    def _is_plainly_the_same(self, one: int, other: int) -> bool:
        """Is there nothing to look at twice?"""
        a, b = self.first.nodes[one], self.second.nodes[other]
        if a[_SHAPE:_SPAN] != b[_SHAPE:_SPAN] or a[_TRAINABLE:_FOLDED] != b[_TRAINABLE:_FOLDED]:
            return False
        if (
            a.kind_name != b.kind_name
            or a.share is not None
            or b.share is not None
            or (a.folded, b.folded) != (None, None)
        ):
            return False
        pairs = self.pairs
        if len(a.inputs) != len(b.inputs) or any(pairs.get(y) != x for x, y in zip(a.inputs, b.inputs, strict=True)):
            return False
        hyperparameters = self.describers[0].hyperparameters, self.describers[1].hyperparameters
        return hyperparameters[0](a.config) == hyperparameters[1](b.config)

    def _change(self, one: int, other: int) -> Change:
        was, now = self.describers[0].node(one), self.describers[1].node(other)
        a, b = self.first.nodes[one], self.second.nodes[other]
        is_other, options, spelled = self._options(a, b, was, now)
        inputs = None
        reads = [self._names.get(name) for name in was["inputs"]]
        if reads != now["inputs"]:
            swaps = b.config is not None and commutes(b.config, len(reads)) and reads[::-1] == now["inputs"]
            if swaps:
                spelled["inputs"] = (list(was["inputs"]), list(now["inputs"]))
            else:
                inputs = (was["inputs"], now["inputs"])
        kinds = (was["kind"], now["kind"])
        if not is_other and kinds[0] != kinds[1]:
            spelled["kind"] = kinds
        fields: dict[str, tuple[Plain, Plain]] = {}
        for name in (*CAUSES, *DERIVED):
            x, y = was[name], now[name]  # type: ignore[literal-required]  # the names of fields
            was_there = self._names.get(x) if name in ("share", "folded") and isinstance(x, str) else x
            if was_there != y:
                fields[name] = (x, y)
        return Change(one, other, kinds if is_other else None, options, inputs, fields, spelled)

    def _options(
        self, a: Node, b: Node, was: Description, now: Description
    ) -> tuple[bool, dict[str, Pair], dict[str, Pair]]:
        """Is it another kind; hyperparameters that are others; those that are said otherwise."""
        if a.config is None or b.config is None:
            return False, {}, {}
        shapes = tuple(self.first.nodes[i].shape for i in a.inputs), tuple(self.second.nodes[i].shape for i in b.inputs)
        key = (id(a.config), id(b.config), shapes)
        found = self._apart.get(key)
        if found is None:
            found = self._apart[key] = _apart(a.config, b.config, shapes, was, now)
        return found[0], found[1], dict(found[2])

    # --- the whole ------------------------------------------------------------------------------------------------------

    @cached_property
    def same(self) -> bool:
        """Are they one network, trained in the same way, whatever its nodes are called?"""
        return not (
            self.added
            or self.removed
            or any(change.is_one for change in self.changes.values())
            or self.inputs
            or self.outputs
            or self.sections
        )

    @cached_property
    def inputs(self) -> tuple[list[str], list[str]] | None:
        """The inputs in order, where they are others."""
        was, now = ([graph.nodes[i].path for i in graph.inputs] for graph in (self.first, self.second))
        return None if [self._names.get(name) for name in was] == now else (was, now)

    @cached_property
    def outputs(self) -> tuple[dict[str, str], dict[str, str]] | None:
        """The outputs by name, where they are others; one that is called as its node may be called otherwise."""
        was, now = (
            {name: graph.nodes[index].path for name, index in graph.outputs.items()}
            for graph in (self.first, self.second)
        )
        one = [(_given(name, path), self._names.get(path)) for name, path in was.items()]
        other = [(_given(name, path), path) for name, path in now.items()]
        return None if one == other else (was, now)

    @cached_property
    def sections(self) -> dict[str, dict[str, Pair]]:
        """What differs beside the layers."""
        return sections_apart(self.first, self.second)

    # --- weights --------------------------------------------------------------------------------------------------------

    @cached_property
    def carried(self) -> dict[int, Carried]:
        """Weights of the second network that those of the first fit, tensor by tensor, by the node."""
        found = {}
        for other, one in self.pairs.items():
            owner = self.first.owner(one)
            if not self._is_one_kind(owner, other):
                continue
            was = {each["name"]: each["shape"] for each in self.describers[0].weights(self.first.nodes[owner])}
            now = self.describers[1].weights(self.second.nodes[other])
            names = tuple(each["name"] for each in now if was.get(each["name"]) == each["shape"])
            if names:
                found[other] = Carried(owner, other, names)
        return dict(sorted(found.items()))

    def parameters(self, carried: Carried) -> int:
        """How many numbers some tensors hold."""
        weights = self.describers[1].weights(self.second.nodes[carried.other])
        return sum(prod(each["shape"]) for each in weights if each["name"] in carried.names)

    def _is_one_kind(self, one: int, other: int) -> bool:
        a, b = self.first.nodes[one].config, self.second.nodes[other].config
        return a is not None and b is not None and word(by_its_name(a)) == word(by_its_name(b))

    @cached_property
    def used_otherwise(self) -> dict[int, list[str]]:
        """Nodes whose weights carry over and that compute something else with them, and what is another there.

        Where one of their tensors has another shape, that it is another layer is said already.
        """
        found = {}
        for other, carried in self.carried.items():
            change = self.changes.get(other)
            if change is None or self._has_another_shape(carried):
                continue
            why = [name for name in change.options if _computes(name)]
            if change.inputs is not None and not self.is_led_around(other):
                why.append("inputs")
            if why:
                found[other] = why
        return found

    def _has_another_shape(self, carried: Carried) -> bool:
        was = {each["name"] for each in self.describers[0].weights(self.first.nodes[carried.one])}
        now = {each["name"] for each in self.describers[1].weights(self.second.nodes[carried.other])}
        return bool((was & now) - set(carried.names))

    def is_led_around(self, other: int) -> bool:
        """Does a node read what it read but for nodes that came between, or that went?"""
        was, now = self.first.nodes[self.pairs[other]].inputs, self.second.nodes[other].inputs
        stayed = [each for each in was if each in self._taken]
        stays = [each for each in now if each in self.pairs]
        if len(stayed) == len(was) and len(stays) == len(now):
            return False
        if stayed and stayed == [self.pairs[each] for each in stays]:
            return True
        return len(was) == len(now) and all(map(self._leads_on, was, now))

    def _leads_on(self, one: int, other: int) -> bool:
        """Is it by nodes that only one has that two inputs differ?"""
        if other in self.pairs and one in self._taken:
            return self.pairs[other] == one
        theirs = _sources(self.first, one, self._taken)
        return any(self.pairs[each] in theirs for each in _sources(self.second, other, self.pairs))

    @cached_property
    def unchanged(self) -> set[int]:
        """Nodes of the second network whose outputs are those of the first, once the weights that carry over are copied."""
        found: set[int] = set()
        for other, node in enumerate(self.second.nodes):
            if other not in self.pairs or not all(index in found for index in node.inputs):
                continue
            if node.folded is not None and node.folded not in found:
                continue
            change = self.changes.get(other)
            if change is not None and (change.kind or change.options or change.inputs or _matters(change)):
                continue
            if self._keeps_weights(other):
                found.add(other)
        return found

    def _keeps_weights(self, other: int) -> bool:
        """Are all weights that a node uses those that its pair uses?"""
        owner = self.second.owner(other)
        weights = self.describers[1].weights(self.second.nodes[owner])
        if not weights:
            return not any(self.second.nodes[owner].weights)
        carried = self.carried.get(owner)
        return (
            carried is not None
            and len(carried.names) == len(weights)
            and carried.one == self.first.owner(self.pairs[other])
        )


def _sources(graph: Graph, index: int, known: Mapping[int, int]) -> set[int]:
    """A node if the other network has it too, else those that it comes from."""
    found: set[int] = set()
    seen: set[int] = set()
    stack = [index]
    while stack:
        each = stack.pop()
        if each in known:
            found.add(each)
        elif each not in seen:
            seen.add(each)
            stack.extend(graph.nodes[each].inputs)
    return found


def _follows(was: str, now: str, kinds: Mapping[str, str]) -> bool:
    """Are two paths the same but for numbers, and for what a node without a name is called by its kind?"""
    (*outer, one), (*others, other) = was.split("."), now.split(".")
    if list(map(base_of, outer)) != list(map(base_of, others)):
        return False
    return base_of(one) == base_of(other) or (is_counted(one, kinds[was]) and is_counted(other, kinds[now]))


def _given(name: str, path: str) -> str | None:
    """An output's name, if it was given and is not the node's own."""
    return None if name in (path, path.rpartition(".")[2], path.replace(".", "_")) else name


def _matters(change: Change) -> bool:
    return any(name in change.fields for name in ("shape", "dtype", "masked", "folded"))


def _computes(option: str) -> bool:
    """Does a hyperparameter say what a trained network computes, and not which weights there are?"""
    return not option.endswith(_OF_TRAINING) and option not in _ONLY_TRAINING and option != "use_bias"


def _added(config: Kind, shape: Shape | None) -> object:
    """What is added to either side of an input, whatever slides over it."""
    found = padding(config, shape)
    if not isinstance(found, tuple):
        return found
    return [(each.before, each.after) if isinstance(each, Window) else each for each in found]


def _apart(
    one: Kind, other: Kind, shapes: tuple[Shapes, Shapes], was: Description, now: Description
) -> tuple[bool, dict[str, Pair], dict[str, Pair]]:
    written = pairs_apart(was["hyperparameters"], now["hyperparameters"])
    a, b = by_its_name(one), by_its_name(other)
    if word(a) != word(b):
        return True, written, {}
    meant, meant_now = settings(a, exact=True), settings(b, exact=True)
    others = {name for name in {**meant, **meant_now} if not equal(meant.get(name), meant_now.get(name))}
    if isinstance(a, Windowed) and isinstance(b, Windowed):
        padded = {"padding", "rounding"} & set(written)
        if any(_added(a, shape) != _added(b, shape) for shape in {*shapes[0], *shapes[1]}):
            others |= padded
    options = {name: pair for name, pair in written.items() if name in others}
    return False, options, {name: pair for name, pair in written.items() if name not in others}
