"""For which sizes of its inputs a network is valid, and at which of them no window drops a position.

The network is tried at 1, 2, 3, … by passing shapes along its nodes, until it is proven what comes ever after: let P be a
multiple of all products of strides. Once the sizes of all nodes grow by the same amounts from n - 2P to n - P as from
there to n, and the network is right, or wrong for the same lasting reason, at all three, and that holds for P sizes in a row,
then it holds for all that follow: whether a window tiles a width and leaves out positions of it is a matter of the rest
alone, and sizes that should merge differ by what they differed before, or by more.

Where the spec's own size is not valid, its nodes may not be those of the network (a projection, say, is not made where its
body has no shape). Then a valid size is looked for by elaboration, from the spec's own outwards, and shapes are passed
along the nodes that it makes; the inputs stay what the spec says, but for the size that is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import lcm
from typing import NamedTuple

from netspec.diagnostics.problems import Problem, Problems
from netspec.expressions import Expression
from netspec.graph.elaboration import elaborate
from netspec.graph.model import Graph
from netspec.graph.sharing import parted
from netspec.kinds.kind import Kind, Part, ShapeError
from netspec.kinds.window import Windowed
from netspec.shapes import Shape
from netspec.spec.document import Document, Given, Input, Step

DIMENSIONS = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}
LEAST_ELABORATED = 64  # sizes, unless the network is large
LARGE = 1_000  # nodes, of which from there on so few sizes are tried as there is time for
TOO_LARGE = 20_000  # nodes of a network that is not worked out again at all
LEAST_TRIED = 512  # up to which is tried what does not become regular, or to twice the spec's own size
MAX_STEPS = 400_000  # nodes that are passed for all answers together, half a second
COST_OF_ELABORATION = 16  # times that of passing the same nodes
MAX_ANSWERS = 24  # of inputs of so many sizes; of the others nothing is looked for


class Run(NamedTuple):
    """A set of sizes: single ones, and from `start` on all that leave the remainders modulo `period`."""

    single: tuple[int, ...]
    start: int | None  # None: nothing is known beyond `searched`, and up to there only `single` hold
    period: int
    first: tuple[int, ...]  # the first of each remainder, from `start` on
    searched: int

    def holds(self, size: int) -> bool:
        """Is the size one of the set? Of sizes beyond `searched`, where there is no `start`, that is not known."""
        if self.start is None or size < self.start:
            return size in self.single
        return any(size % self.period == n % self.period for n in self.first)

    @property
    def smallest(self) -> int | None:
        return min((*self.single, *self.first), default=None)


class Failure(NamedTuple):
    """Why a size is not valid."""

    size: int
    node: str
    code: str
    message: str


class Sizes(NamedTuple):
    """What is known of some dimensions of some inputs, varied together while all else stays."""

    inputs: tuple[str, ...]
    dimensions: tuple[str, ...]
    shape: Shape  # as the spec has it
    params: tuple[str, ...]  # that set these dimensions in the spec
    valid: Run
    exact: Run  # those valid ones at which no window drops a position of its input
    failure: Failure | None  # of the largest size that is too small


def sizes_of(document: Document, graph: Graph) -> tuple[Sizes, ...]:
    """An answer for each group of inputs of one size: all dimensions together and, where they differ, each alone.

    Of a graph that is not valid, the inputs and params must be.
    """
    groups: dict[Shape, list[int]] = {}
    for index in graph.inputs:
        shape = graph.nodes[index].shape
        if shape is not None and len(shape) - 1 in DIMENSIONS:
            groups.setdefault(shape[:-1], []).append(index)
    asked: list[tuple[list[int], tuple[int, ...]]] = []
    for positions, inputs in groups.items():
        every = tuple(range(len(positions)))
        asked.extend((inputs, d) for d in ([every] if len(set(positions)) == 1 else [every, *((d,) for d in every)]))
    tainted = any(node.tainted for node in graph.nodes)
    effort = Effort.of(graph, min(len(asked), MAX_ANSWERS) * (1 + tainted))
    right: Graph | None = graph
    if tainted:
        made = (_made_right(document, graph, *each, effort) for each in asked[:MAX_ANSWERS])
        right = next((each for each in made if each is not None), None)
    declared = {given.name: given for given in document.inputs}
    found = [_sizes(document, declared, graph, right, *each, effort) for each in asked[:MAX_ANSWERS]]
    return (*found, *(_sizes(document, declared, graph, None, *each, NONE) for each in asked[MAX_ANSWERS:]))


class Effort(NamedTuple):
    """What there is time for, for one answer."""

    passes: int  # sizes that may be passed along the nodes
    elaborations: int  # sizes for which the network may be worked out anew
    least: int  # sizes that are tried at least

    @classmethod
    def of(cls, graph: Graph, answers: int) -> Effort:
        """What there is for each of so many answers."""
        nodes = len(graph.nodes) * max(answers, 1)
        least = LEAST_ELABORATED if nodes < LARGE else 1 if len(graph.nodes) < TOO_LARGE else 0
        return cls(MAX_STEPS // nodes, MAX_STEPS // nodes // COST_OF_ELABORATION, least)


NONE = Effort(0, 0, 0)


def _made_right(
    document: Document, graph: Graph, inputs: list[int], dimensions: tuple[int, ...], effort: Effort
) -> Graph | None:
    """The graph that the valid size next to the spec's makes, with the inputs as the spec has them."""
    most = max(min(effort.elaborations, LEAST_TRIED), effort.least)
    shape = graph.nodes[inputs[0]].shape or ()
    middle = max(shape[d] or 0 for d in dimensions)
    least = max(1, middle - most // 2)
    for size in sorted(range(least, least + most), key=lambda n: abs(n - middle)):
        if _varied(shape, dimensions, size) == shape:
            continue  # the spec's own, which is not valid
        made, wrong = _made(document, graph, inputs, dimensions, size)
        if wrong is None:
            nodes = list(made.nodes)
            for index, mine in zip(made.inputs, graph.inputs, strict=True):
                nodes[index] = graph.nodes[mine]
            return made._replace(nodes=tuple(nodes))
    return None


def _sizes(
    document: Document,
    declared: dict[str, Input],
    graph: Graph,
    right: Graph | None,
    inputs: list[int],
    dimensions: tuple[int, ...],
    effort: Effort,
) -> Sizes:
    """One answer; `right` is the graph of a valid size, the spec's own if it is."""
    shape = graph.nodes[inputs[0]].shape or ()
    names = [graph.nodes[i].path for i in inputs]
    enough = max(LEAST_TRIED, 2 * max(shape[d] or 0 for d in dimensions))
    proven = None if right is None else _proven(document, right, inputs, dimensions, enough, effort)
    if proven is None:
        # Another size may be another network. Nothing can be proven of that, only tried.
        tried = _Tried(lambda n: _elaborated(document, graph, inputs, dimensions, n), effort.elaborations, effort.least)
        proven = tried, tried.until_regular(None, enough), None
    tried, start, period = proven
    valid = tried.run(lambda outcome: not outcome.code, start, period)
    return Sizes(
        tuple(names),
        tuple(DIMENSIONS[len(shape) - 1][d] for d in dimensions),
        shape,
        _params_of([declared[name] for name in names], dimensions),
        valid,
        tried.run(lambda outcome: not outcome.code and not outcome.drops, start, period),
        tried.too_small(valid.smallest),
    )


def _proven(
    document: Document, right: Graph, inputs: list[int], dimensions: tuple[int, ...], enough: int, effort: Effort
) -> tuple[_Tried, int | None, int | None] | None:
    """Sizes tried along the nodes of a network, from where they are regular, and their period; None if the nodes depend on them."""
    if _reads(document, {"height", "width", "length", "depth"}):
        return None
    found: Inferred = {}
    tried = _Tried(lambda n: _passed(right, inputs, dimensions, n, found), effort.passes, effort.least)
    period = _period(right)
    start = tried.until_regular(period, enough)
    return None if _reads(document, {"channels"}) and tried.channels_vary else (tried, start, period)


class Outcome(NamedTuple):
    """What becomes of a size."""

    code: str  # empty where the network is valid
    message: str
    node: str  # the path of the one that is wrong
    drops: bool  # does a window leave out positions of its input?
    shapes: tuple[Shape, ...]  # of all nodes before it
    apart: tuple[int, ...] = ()  # by how much the sizes differ that it should merge, along each dimension


class _Tried:
    """Sizes from 1 on, and what became of them."""

    def __init__(self, at: Callable[[int], Outcome], most: int, least: int) -> None:
        self.at = at
        self.most = max(most, least)
        self.outcomes: list[Outcome] = []  # of 1, 2, …

    def __getitem__(self, size: int) -> Outcome:
        while len(self.outcomes) < size:
            self.outcomes.append(self.at(len(self.outcomes) + 1))
        return self.outcomes[size - 1]

    def until_regular(self, period: int | None, enough: int) -> int | None:
        """Try sizes until what follows is proven; returns from where it is regular, None where nothing was proven."""
        in_a_row = 0
        size = 0
        while size < self.most and (size < enough or in_a_row):
            size += 1
            if period is None or size <= 2 * period:
                self[size]
                continue
            lasting = _lasting(*(self[size - i * period] for i in range(3)))
            in_a_row = in_a_row + 1 if lasting else 0
            if in_a_row == period:
                return size - 3 * period + 1
        return None

    @property
    def channels_vary(self) -> bool:
        """Does the last size of a node, `$channels` to the next, depend on the size that is tried?"""
        channels: dict[int, int | None] = {}
        return any(
            shape and channels.setdefault(index, shape[-1]) != shape[-1]
            for outcome in self.outcomes
            for index, shape in enumerate(outcome.shapes)
        )

    def run(self, holds: Callable[[Outcome], bool], start: int | None, period: int | None) -> Run:
        """The sizes of which something holds, in the fewest words."""
        those = [holds(outcome) for outcome in self.outcomes]  # of 1, 2, …
        searched = len(those)
        if start is None or period is None:
            return Run(tuple(n for n in range(1, searched + 1) if those[n - 1]), None, 1, (), searched)
        while start > 1 and those[start - 2] == those[start - 2 + period]:
            start -= 1
        cycle = those[start - 1 : start - 1 + period]
        period = next(p for p in range(1, period + 1) if period % p == 0 and cycle == cycle[:p] * (period // p))
        single = tuple(n for n in range(1, start) if those[n - 1])
        first = tuple(n for n in range(start, start + period) if those[n - 1])
        return Run(single, start, period, first, searched)

    def too_small(self, smallest: int | None) -> Failure | None:
        """The largest size below the smallest valid one, if possible of those that fail for another reason than a rest."""
        below = range(1, smallest or len(self.outcomes) + 1)
        size = max(below, key=lambda n: (self[n].code != "NS401", n), default=None)
        return None if size is None else Failure(size, self[size].node, self[size].code, self[size].message)


def _lasting(now: Outcome, before: Outcome, earlier: Outcome) -> bool:
    """Is what became of three sizes, a period apart each, what becomes of all that follow them?"""
    if {(o.code, o.node, o.drops) for o in (before, earlier)} != {(now.code, now.node, now.drops)}:
        return False
    for sizes in zip(now.shapes, before.shapes, earlier.shapes, strict=True):
        if any(x is not None and x - y != y - z for x, y, z in zip(*(shape[:-1] for shape in sizes), strict=True)):
            return False
    if now.code in ("", "NS401"):
        return True
    # Sizes that differ where they should merge must come no nearer to each other. All else may change: a window that is too
    # large is so only for a while, and a number that does not divide may do so later.
    steps = list(zip(now.apart, before.apart, earlier.apart, strict=True))
    return now.code == "NS403" and any(now.apart) and all(x >= y >= z for x, y, z in steps)


# --- one size ---------------------------------------------------------------------------------------------------------


Inferred = dict[tuple[object, ...], Shape]  # what a kind's object says of shapes


def _passed(graph: Graph, inputs: list[int], dimensions: tuple[int, ...], size: int, found: Inferred) -> Outcome:
    """A size tried by passing shapes along the nodes, where the nodes do not depend on it.

    Large networks repeat themselves: what has been inferred once is kept in `found`.
    """
    shapes: list[Shape] = []
    varied = frozenset(inputs)
    drops = False
    for index, node in enumerate(graph.nodes):
        if node.config is None:
            shape = node.shape or ()
            shapes.append(_varied(shape, dimensions, size) if index in varied else shape)
            continue
        whole = graph.nodes[node.inputs[0]] if isinstance(node.config, Part) else node
        given = [shapes[i] for i in whole.inputs]
        try:
            key = (id(node.config), *given)
            shape = found.get(key, ())
            if key not in found:
                shape = found[key] = node.config.infer(*given)
            if node.share is not None and any(node.weights):
                first = graph.nodes[node.share]
                apart = parted(node.config, first.path, [shapes[i] for i in first.inputs], given)
                if apart is not None:
                    raise ShapeError("NS307", apart)
        except ShapeError as wrong:
            message = f"{node.kind_name} `{node.path}`: {wrong.message}"
            return Outcome(wrong.code, message, node.path, drops, tuple(shapes), _apart(given))
        drops = drops or (bool(given) and _drops(node.config, given[0]))
        shapes.append(shape)
    return Outcome("", "", "", drops, tuple(shapes))


def _varied(shape: Shape, dimensions: tuple[int, ...], size: int) -> Shape:
    return tuple(size if i in dimensions else width for i, width in enumerate(shape))


def _apart(shapes: list[Shape]) -> tuple[int, ...]:
    if len({len(shape) for shape in shapes}) != 1:
        return ()
    positions = [[size or 0 for size in shape[:-1]] for shape in shapes]
    return tuple(max(sizes) - min(sizes) for sizes in zip(*positions, strict=True))


def _drops(config: Kind | None, x: Shape) -> bool:
    """Does a window leave out positions of its input, and not only padding?"""
    if not isinstance(config, Windowed) or config.rounding != "floor" or config.leaves_no_rest:
        return False
    for width, w in zip(x, config.windows(x, len(x) - 1), strict=False):
        if width is not None and w is not None and (width + w.before + w.after - w.size) % w.stride > w.after:
            return True
    return False


def _elaborated(document: Document, graph: Graph, inputs: list[int], dimensions: tuple[int, ...], size: int) -> Outcome:
    """A size tried by working the whole network out, where expressions in it read sizes."""
    made, wrong = _made(document, graph, inputs, dimensions, size)
    if wrong is not None:
        return Outcome(wrong.code, wrong.message, wrong.node, False, ())
    shapes = tuple(node.shape or () for node in made.nodes)
    drops = any(_drops(node.config, shapes[node.inputs[0]]) for node in made.nodes if node.inputs)
    return Outcome("", "", "", drops, shapes)


def _made(
    document: Document, graph: Graph, inputs: list[int], dimensions: tuple[int, ...], size: int
) -> tuple[Graph, Problem | None]:
    """The graph that a size makes, and the first error in it."""
    names = {graph.nodes[i].path for i in inputs}
    changed = []
    for given, index in zip(document.inputs, graph.inputs, strict=True):
        shape = graph.nodes[index].shape or ()
        sizes = list(_varied(shape, dimensions, size) if given.name in names else shape)
        changed.append(given._replace(shape=Given(sizes, given.shape.tree, False)))
    problems = Problems()
    made = elaborate(document._replace(inputs=tuple(changed)), problems, graph.params)
    return made, next((problem for problem in problems.ordered() if problem.is_error), None)


# --- what depends on sizes --------------------------------------------------------------------------------------------


def _period(graph: Graph) -> int | None:
    """A number that all products of strides divide; None where it is larger than all sizes that could be tried."""
    products: list[int] = []
    found = 1
    for node in graph.nodes:
        product = lcm(*(products[i] for i in node.inputs))
        if node.config is not None:
            shape = graph.nodes[node.inputs[0]].shape or ()
            windows = node.config.reach(len(shape) - 1) if len(shape) > 1 else None
            product *= lcm(*(window.stride.numerator for window in windows or ()))
        products.append(product)
        found = lcm(found, product)
        if found > MAX_STEPS:
            return None
    return found


def _reads(document: Document, names: set[str]) -> bool:
    """Does an expression read one of these of what its node receives? A param of the name would stand before it."""
    bodies = [(document.body, set(document.params))]
    bodies += [(block.body, {*document.params, *block.params}) for block in document.blocks.values()]
    return any(name in names - own for steps, own in bodies for step in steps for name in _read_by(step))


def _read_by(step: Step) -> Iterator[str]:
    """The names in a node's expressions, and in those of the nodes in it."""
    stack: list[object] = [given.value for given in step.givens()]
    while stack:
        value = stack.pop()
        if isinstance(value, Expression):
            yield from value.names
        elif isinstance(value, Step):
            yield from _read_by(value)
        elif isinstance(value, (list, tuple)):
            stack.extend(value)
        elif isinstance(value, dict):
            stack.extend(value.values())


def _params_of(inputs: list[Input], dimensions: tuple[int, ...]) -> tuple[str, ...]:
    """The params that set some sizes of inputs."""
    found: dict[str, None] = {}
    for given in inputs:
        shape = given.shape.value
        if isinstance(shape, list):
            for size in (shape[d] for d in dimensions):
                found.update(dict.fromkeys(size.names) if isinstance(size, Expression) else {})
    return tuple(found)
