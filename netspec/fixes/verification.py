"""Does a candidate repair its problem?

It is applied to the text, the whole text is checked again, and it holds only if the problem is gone and nothing else has
gone wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import cached_property
from typing import NamedTuple

from netspec.diagnostics.codes import Stage
from netspec.diagnostics.problems import Candidate, Edit, Fix, Problem, Span, is_far
from netspec.graph.model import Graph
from netspec.shapes import Shape, show_shape
from netspec.spec.document import Document
from netspec.syntax.edits import Moves, apply

Place = tuple[int, int]
CHARACTERS_OF_A_NODE = 40  # of a text, in whose time a node is made


def size_of(text: str, effort: int) -> int:
    """How long a check takes, in nodes: by what is made, or by what has to be read."""
    return max(effort, len(text) // CHARACTERS_OF_A_NODE)


class Error(NamedTuple):
    """An error by what it is known again in a text that was edited."""

    code: str
    place: Place
    read: tuple[Shape | None, ...]  # what the node that it is of reads
    file: str = ""  # another than the spec itself

    def after(self, moves: Moves) -> Error:
        """The same once the text is edited."""
        return self if self.file else self._replace(place=moves.moved(*self.place))

    def is_same(self, other: Error) -> bool:
        """Is it the same? At the same place, but of other shapes, it is not: what is wrong with them is another thing."""
        return self[:2] == other[:2] and self.file == other.file and all(map(_may_be, self.read, other.read))


class Checked(NamedTuple):
    """A text, and what checking it has found."""

    text: str
    document: Document | None
    graph: Graph | None
    problems: tuple[Problem, ...]
    effort: int = 0  # nodes that were made to check it, those of variants and the bodies around them included

    @property
    def size(self) -> int:
        """How long a check of it takes, in nodes."""
        return size_of(self.text, self.effort)

    def node_of(self, problem: Problem, place: Place) -> int | None:
        """The node that a problem is of.

        Args:
            problem: The problem, of this text or of what it was before it was edited.
            place: Where it would be in this one.
        """
        if self.graph is None or not problem.node:
            return None
        there = [index for index, node in enumerate(self.graph.nodes) if node.span[:2] == place]
        # Other nodes may be written there too, as in a block; where a node was put in before, its name is another.
        paths = {self.graph.nodes[index].path: index for index in there}
        return paths.get(problem.node, there[0] if there else None)

    def shape_of(self, problem: Problem, place: Place) -> str:
        """What the node of a problem yields; "" where that is not known, or because of another problem."""
        index = self.node_of(problem, place)
        node = self.graph.nodes[index] if self.graph is not None and index is not None else None
        if node is None or node.shape is None or (node.tainted and None in node.shape):
            return ""
        return show_shape(node.shape)

    def weights_before(self, problem: Problem, place: Place) -> int:
        """How many weights the nodes have that lead to the one that a problem is of."""
        index = self.node_of(problem, place)
        if self.graph is None or index is None:
            return 0
        nodes = [self.graph.nodes[i] for i in self.graph.before((index,)) if i != index]
        return sum(sum(node.weights) for node in nodes if node.share is None)

    def errors(self) -> list[tuple[Error, Problem]]:
        """Its errors, and by what they are known."""
        wrong = [problem for problem in self.problems if problem.is_error]
        nodes = self.graph.nodes if self.graph is not None and wrong else ()
        at = {node.path: node for node in nodes}
        found = []
        for problem in wrong:
            read = tuple(nodes[i].shape for i in at[problem.node].inputs) if problem.node in at else ()
            found.append((Error(problem.code, place_of(problem), read, problem.file), problem))
        return found

    def has(self, problems: Collection[Problem], moves: Moves) -> bool:
        """Is one of some problems still there after edits, whatever it says now?"""
        there = {
            (each.code, place_of(each)) for each in self.problems if not each.file
        }  # a code says whether it is an error
        return any((problem.code, moves.moved(*place_of(problem))) in there for problem in problems)


Watch = Callable[[Problem], None]  # looks at each error that a check finds; raises where the rest is not wanted
Recheck = Callable[[str, Watch | None], Checked]


class Verified(NamedTuple):
    """A candidate that holds, and what the spec is with it."""

    candidate: Candidate
    edits: tuple[Edit, ...]
    after: Checked
    place: Place  # where the problem would be now
    uncovered: tuple[Problem, ...]  # errors that were out of sight before
    broken: tuple[str | None, ...] = ()  # variants that were sound before; None is the network without

    @property
    def whole(self) -> bool:
        """Does it leave nothing wrong that was out of sight, and no other network worse?"""
        return not self.uncovered and not self.broken


class Known:
    """What has been found out of the repairs of one text: whoever was interrupted begins again where that happened.

    Attributes:
        tried: The candidates that were tried for a problem, by its key and their edits; None is one that does not hold.
        sound: Has the network of a variant no errors in a text?
    """

    def __init__(self) -> None:
        self.tried: dict[tuple[str, Span, str], dict[tuple[Edit, ...], Verified | None]] = {}
        self.sound: dict[tuple[str, str | None], bool] = {}


def verify(
    before: Checked, problem: Problem, candidate: Candidate, edits: tuple[Edit, ...], recheck: Recheck
) -> Verified | None:
    """Try a candidate.

    Args:
        before: The text with the problem.
        problem: One of its problems.
        candidate: The change that might repair it.
        edits: The candidate's own, as the text's format writes them.
        recheck: Checks a text as the first was checked.

    Returns:
        What holds; None where the problem is still there, or another has come that was not out of sight before.
    """
    found = mended(before, (problem,), edits, recheck)
    if found is None:
        return None
    return Verified(candidate, edits, found.after, Moves(edits).moved(*place_of(problem)), found.uncovered)


class Mended(NamedTuple):
    """A text in which problems were mended.

    Attributes:
        after: The text, checked.
        uncovered: The errors that came into sight.
    """

    after: Checked
    uncovered: tuple[Problem, ...]


class DoesNotHold(Exception):
    """An error was found that is enough to know it, whatever else would be found."""


def mended(before: Checked, problems: Collection[Problem], edits: tuple[Edit, ...], recheck: Recheck) -> Mended | None:
    """Apply edits; None where a problem is still there, or another has come that was not out of sight before."""
    moves = Moves(edits)
    known = known_errors(before, problems, moves)
    sight = _Sight(problems, before.graph)
    still = {(problem.code, moves.moved(*place_of(problem))) for problem in problems}
    perhaps = {(error.code, error.place) for error in known if not error.file}

    def watch(error: Problem) -> None:
        at = error.code, place_of(error)
        if at in still or not (is_far(error.span) or at in perhaps or sight.lacked(error)):
            raise DoesNotHold

    try:
        after = recheck(apply(before.text, edits), watch)
    except DoesNotHold:
        return None
    if after.has(problems, moves):
        return None
    new = new_errors(after, known)
    return Mended(after, new) if all(map(sight.lacked, new)) else None


def place_of(problem: Problem) -> Place:
    """Where a problem begins."""
    return problem.span.line, problem.span.column


def known_errors(before: Checked, but_for: Iterable[Problem], moves: Moves) -> tuple[Error, ...]:
    """The errors that a text had beside some problems, as they are after edits."""
    keys = {problem.key for problem in but_for}
    return tuple(error.after(moves) for error, each in before.errors() if each.key not in keys)


def new_errors(after: Checked, known: Iterable[Error]) -> tuple[Problem, ...]:
    """The errors that are not among those that are known."""
    at: dict[tuple[str, Place], list[Error]] = {}
    for each in known:
        at.setdefault((each.code, each.place), []).append(each)
    return tuple(
        problem
        for error, problem in after.errors()
        if not any(error.is_same(each) for each in at.get((error.code, error.place), ()))
    )


def cost_of(after: Checked, parameters: int | None, fix: Fix) -> Fix:
    """A fix with what the network costs then, where nothing at all is wrong with it.

    Args:
        after: The text with the fix.
        parameters: How many there are without it, where that is known.
        fix: The fix.
    """
    if after.graph is None or any(each.is_error for each in after.problems):
        return fix
    totals = after.graph.totals()
    more = None if parameters is None else totals.parameters - parameters
    return fix._replace(parameters=totals.parameters, macs=totals.macs, more=more)


def parameters_of(graph: Graph | None) -> int | None:
    """How many parameters a network has; None where what is wrong leaves it open."""
    if graph is None or not graph.outputs or any(graph.nodes[i].shape is None for i in graph.used()):
        return None
    if any(node.shape and node.shape[-1] is None and node.tainted for node in graph.nodes):
        return None
    return graph.totals().parameters


def _may_be(one: Shape | None, other: Shape | None) -> bool:
    """Are two shapes the same, as far as both are known?"""
    if one is None or other is None:
        return True
    return len(one) == len(other) and all(None in (a, b) or a == b for a, b in zip(one, other, strict=True))


class _Sight:
    """What could be seen of a text while it had problems.

    Args:
        problems: The problems.
        graph: Its graph; None where it had none.
    """

    def __init__(self, problems: Collection[Problem], graph: Graph | None) -> None:
        self._structure = any(problem.stage is Stage.STRUCTURE for problem in problems)
        self._graph = graph

    @cached_property
    def _tainted(self) -> dict[str, bool]:
        """By the paths of its nodes: was something wrong with one, or before it?"""
        found: dict[str, bool] = {}
        for node in self._graph.nodes if self._graph is not None else ():
            found[node.path] = found.get(node.path, False) or node.tainted
        return found

    def lacked(self, error: Problem) -> bool:
        """Was an error out of sight, because what its node reads, or what that says, was wrong?"""
        if self._graph is None or (self._structure and error.stage is Stage.SHAPES):
            return True
        return bool(error.node) and self._tainted.get(error.node, True)
