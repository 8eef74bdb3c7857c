"""Which node of one network is which of another.

Networks that are the same are paired by what computes their outputs, whatever their names. Others are paired as they are written:
the siblings of each body in order, by what they are and what they are called; then, among what is left between pairs, by the
longest common subsequence of kinds, weights and shapes; then what took another's place. Of networks that turn out to have little in
common, only what surely is a pair is kept: the rest merely stands at the same place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable
from typing import NamedTuple

from netspec.comparison.aligning import aligned, common
from netspec.comparison.items import Item, Written, base_of, is_counted
from netspec.conversion.matching import Mismatch, matched
from netspec.graph.model import Graph, Node

# How much it says of two nodes that they are alike in something.
KIND, ALL, WEIGHTS, SHAPE, COUNTED, GIVEN = 2.0, 4.0, 2.0, 1.0, 1.0, 8.0
OTHER_BLOCK = 0.4  # what is left of it where two blocks have other names

LITTLE = 0.36  # of the smaller network's nodes: nearly all variants of a family have more in common, most families less


class Paired(NamedTuple):
    """What two networks have in common.

    Attributes:
        nodes: For a node of the second graph, the one of the first that it is.
        is_little: Have they so little in common that only sure pairs are among them?
    """

    nodes: dict[int, int]
    is_little: bool


def paired(first: Written, second: Written) -> Paired:
    """Which node of one is which of the other."""
    return _Pairing(first, second).result()


class _Pairing:
    def __init__(self, first: Written, second: Written) -> None:
        self.first = first
        self.second = second
        self.found: dict[int, int] = {}  # of the second, to the first
        self.taken: set[int] = set()  # of the first
        self._alike: dict[tuple[int, int, bool], float] = {}

    def result(self) -> Paired:
        """All pairs, the surest first."""
        known = matched(self.first.graph, self.second.graph)
        if not isinstance(known, Mismatch):
            for one, other in known.items():
                self._pair(one, other)
        self._inputs()
        if len(self.found) < max(len(self.first.words), len(self.second.words)):
            self._bodies(self.first.items, self.second.items)
            self._rest()
        is_little = self._is_little()
        return Paired(self._sure() if is_little else self.found, is_little)

    def _pair(self, one: int, other: int) -> None:
        if one not in self.taken and other not in self.found:
            self.taken.add(one)
            self.found[other] = one

    # --- as it is written -----------------------------------------------------------------------------------------------

    def _inputs(self) -> None:
        """Inputs by their names, the others in order."""
        free = {self.first.node(i).path: i for i in self.first.graph.inputs if i not in self.taken}
        others = [i for i in self.second.graph.inputs if i not in self.found]
        for index in others:
            if (one := free.pop(self.second.node(index).path, None)) is not None:
                self._pair(one, index)
        for one, other in zip(free.values(), (i for i in others if i not in self.found), strict=False):
            self._pair(one, other)

    def _bodies(self, first: list[Item], second: list[Item]) -> None:
        for i, j in aligned(first, second, _same, self._likeness):
            one, other = first[i], second[j]
            if one.node >= 0 and other.node >= 0 and self._is_one_kind(one.node, other.node):
                self._pair(one.node, other.node)
            if one.inner and other.inner:
                self._bodies(one.inner, other.inner)

    def _is_one_kind(self, one: int, other: int) -> bool:
        return self.first.words[one] == self.second.words[other]

    def _likeness(self, one: Item, other: Item) -> float:
        """How alike two siblings are, the larger the more is in them; 0: not at all."""
        if bool(one.inner) != bool(other.inner):
            return 0.0
        key = (one.mark, other.mark, one.base == other.base)
        alike = self._alike.get(key)
        if alike is None:
            alike = self._alike[key] = self._inside(one, other) if one.inner else self._of_nodes(one.node, other.node)
        if not alike:
            return 0.0
        if one.name != other.name:
            return alike
        if one.is_repeated and other.is_repeated:  # the first ones are the first ones, whatever enters them now
            return max(alike, self._at_most(one)) + COUNTED
        kind = one.base if one.inner else self.first.node(one.node).kind_name
        return alike + (COUNTED if is_counted(one.name, kind) else GIVEN)

    def _of_nodes(self, one: int, other: int) -> float:
        if not self._is_one_kind(one, other):
            return 0.0
        if self.first.marks[one] == self.second.marks[other]:
            return KIND + ALL
        a, b = self.first.node(one), self.second.node(other)
        return KIND + WEIGHTS * (a.weights == b.weights and any(a.weights)) + SHAPE * (a.shape == b.shape)

    def _inside(self, one: Item, other: Item) -> float:
        """By the nodes inside that are the same, and those that are at least of one kind."""
        if one.mark == other.mark:
            same = kinds = one.size
        else:
            same = (one.counts(self.first.marks) & other.counts(self.second.marks)).total()
            kinds = (one.words(self.first.words) & other.words(self.second.words)).total()
        return (ALL * same + KIND * kinds) * (1.0 if one.base == other.base else OTHER_BLOCK)

    def _at_most(self, item: Item) -> float:
        """What it would be if all in it were the same."""
        return (KIND + ALL) * item.size

    # --- what is left ---------------------------------------------------------------------------------------------------

    def _rest(self) -> None:
        self._where_it_stood()
        for key in (self._mark, self._weights_and_shape, self._weights):
            for ones, others in self._gaps():
                for i, j in common([key(self.first, i) for i in ones], [key(self.second, j) for j in others]):
                    self._pair(ones[i], others[j])
        self._in_the_place()

    def _left(self, graph: Graph, taken: Iterable[int]) -> list[int]:
        known = set(taken)
        return [index for index, node in enumerate(graph.nodes) if index not in known and not node.is_input]

    def _where_it_stood(self) -> None:
        """By path and kind, in whatever order."""
        places = {self.first.node(index).path: index for index in self._left(self.first.graph, self.taken)}
        for other in self._left(self.second.graph, self.found):
            node = self.second.node(other)
            one = places.get(node.path)
            if one is None or not self._is_one_kind(one, other):
                continue
            weights = self.first.node(one).weights
            if (any(weights) and weights == node.weights) or not is_counted(
                node.path.rpartition(".")[2], node.kind_name
            ):
                self._pair(one, other)

    def _gaps(self) -> list[tuple[list[int], list[int]]]:
        """What is left of both, by the pair that it stands behind."""
        ones: dict[int, list[int]] = defaultdict(list)
        others: dict[int, list[int]] = defaultdict(list)
        last = -1
        for index, node in enumerate(self.first.graph.nodes):
            if index in self.taken:
                last = index
            elif not node.is_input:
                ones[last].append(index)
        last = -1
        for index, node in enumerate(self.second.graph.nodes):
            if index in self.found:
                last = self.found[index]
            elif not node.is_input:
                others[last].append(index)
        return [(ones[place], others[place]) for place in ones if place in others]

    def _mark(self, written: Written, index: int) -> Hashable:
        return written.marks[index]

    def _weights_and_shape(self, written: Written, index: int) -> Hashable:
        node = written.node(index)
        return written.words[index], node.weights, node.shape

    def _weights(self, written: Written, index: int) -> Hashable:
        weights = written.node(index).weights
        return (written.words[index], weights) if any(weights) else (id(written), index)

    def _in_the_place(self) -> None:
        """What reads what another of its family read: an activation in the place of an activation."""
        free: dict[Hashable, list[int]] = defaultdict(list)
        for one in reversed(self._left(self.first.graph, self.taken)):
            node = self.first.node(one)
            if node.config is not None and node.config.family:
                free[node.config.family, node.inputs, _outer(node)].append(one)
        for other in self._left(self.second.graph, self.found):
            node = self.second.node(other)
            if node.config is None or not node.inputs:
                continue
            reads = tuple(self.found.get(index, -1) for index in node.inputs)
            waiting = free.get((node.config.family, reads, _outer(node)))
            if waiting:
                self._pair(waiting.pop(), other)

    # --- networks that have little in common ------------------------------------------------------------------------------

    def _is_little(self) -> bool:
        """Do few nodes of the smaller network have a pair that has their weights, or stands where they stand?"""
        nodes = min(len(written.words) - len(written.graph.inputs) for written in (self.first, self.second))
        alike = sum(
            self._is_one_kind(one, other) and (self._has_its_weights(one, other) or self._has_its_place(one, other))
            for other, one in self.found.items()
            if not self.second.node(other).is_input
        )
        return alike < LITTLE * nodes

    def _has_its_weights(self, one: int, other: int) -> bool:
        weights = self.second.node(other).weights
        same = self.first.marks[one] == self.second.marks[other]
        return same or (any(weights) and weights == self.first.node(one).weights)

    def _has_its_place(self, one: int, other: int) -> bool:
        """Have they one path, numbers in blocks left aside?"""
        a, b = self.first.node(one), self.second.node(other)
        return a.path == b.path or ("." in b.path and _names(a) == _names(b))

    def _has_its_path(self, one: int, other: int) -> bool:
        return self.first.node(one).path == self.second.node(other).path

    def _sure(self) -> dict[int, int]:
        """Inputs, what bears a name that somebody gave it in both, and what does the same to pairs as its pair does."""
        sure: dict[int, int] = {}
        is_sole = len(self.first.graph.inputs) == len(self.second.graph.inputs) == 1
        for other, one in sorted(self.found.items()):
            a, b = self.first.node(one), self.second.node(other)
            if b.is_input:
                if is_sole or self._has_its_path(one, other):
                    sure[other] = one
            elif self._is_one_kind(one, other):
                reads = len(a.inputs) == len(b.inputs) and all(
                    sure.get(index) == known for known, index in zip(a.inputs, b.inputs, strict=True)
                )
                if (reads and self.first.marks[one] == self.second.marks[other]) or self._has_its_name(one, other):
                    sure[other] = one
        return sure

    def _has_its_name(self, one: int, other: int) -> bool:
        """Is it called by one given name, or does it stand with its weights at one place of a block of such a name?"""
        if not self._has_its_path(one, other):
            return False
        node = self.second.node(other)
        *outer, name = node.path.split(".")
        is_given = [base_of(each) == each for each in outer]
        if not is_counted(name, node.kind_name):
            return all(is_given)
        return is_given[:1] == [True] and self._has_its_weights(one, other)


def _names(node: Node) -> tuple[str, ...]:
    """What the blocks are called that a node stands in, and what it is called itself, without numbers."""
    return tuple(map(base_of, node.path.split(".")))


def _outer(node: Node) -> Hashable:
    """What the blocks are called that a node stands in."""
    return _names(node)[:-1]


def _same(item: Item) -> object:
    return item.mark, item.name
