"""A graph beside the text that it comes from, and the changes of that text that rules are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from netspec.diagnostics.problems import Candidate, Edit, Problem, Problems, Span, is_far
from netspec.expressions import Value
from netspec.graph.elaboration.lookups import Params
from netspec.graph.evaluation import Evaluation
from netspec.graph.model import Graph, Node
from netspec.kinds.sequence import SimpleRnn
from netspec.kinds.window import Windowed
from netspec.shapes import Shape, show_shape
from netspec.spec.document import Block, Document, Given, Input, Step, steps_of
from netspec.spec.edits import Places, changes, one_more
from netspec.syntax.tree import Mapping, Scalar, Sequence, Tree, span_of

MAX_NODES = 24  # of a way into a merge, nearest first
USUAL = 2  # times as many convolutions with a padding as lack it make it the network's own way
MAX_WAYS = 8  # into one, beyond which there is no telling which should be changed


class Search:
    """Where the nodes of a graph are written, and how to change them.

    A change that the layout of the text has no room for is None; rules may yield it as it comes.
    """

    def __init__(self, document: Document, graph: Graph, variant: str | None) -> None:
        self.document = document
        self.graph = graph
        self.variant = variant
        self.places = Places(document.source.text, document.source.tree)
        self.steps = {step.span: step for step in steps_of(document.body)}
        self.blocks: dict[Span, Block] = {}  # the block that a step stands in, by the step's place
        for block in document.blocks.values():
            if is_far(span_of(block.key)):
                continue  # fixes change the spec alone
            inside = {step.span: step for step in steps_of(block.body)}
            self.steps |= inside
            self.blocks |= dict.fromkeys(inside, block)

    @cached_property
    def convolutions(self) -> dict[Span, tuple[str, bool]]:
        """The window of each convolution, where it is written, as text; and whether its padding is `same` or `causal`."""
        found = {}
        for node in self.graph.nodes:
            config = node.config
            size = getattr(config, "kernel_size", None)
            if isinstance(config, Windowed) and size not in (None, 1):
                found[node.span] = str(size), config.leaves_no_rest
        return found

    @cached_property
    def unpadded(self) -> frozenset[Span]:
        """The convolutions that say nothing of their padding in a network whose own way it is.

        It is that where all others have it, `USUAL` times as many, and some of each size.
        """
        all_ = self.convolutions
        silent = frozenset(
            node.span
            for node in self.graph.nodes
            if not all_.get(node.span, ("", True))[1] and (step := self.own(node)) and "padding" not in step.values
        )
        others = [all_[span] for span in all_ if span not in silent]
        usual = len(others) >= USUAL * max(1, len(silent)) and all(is_same for _, is_same in others)
        return silent if usual and {(all_[span][0], True) for span in silent} <= {*others} else frozenset()

    @cached_property
    def unread(self) -> dict[int, str]:
        """The nodes that have a name by which nothing reads them, with the path by which it could."""
        given = [each for step in self.steps.values() for each in step.paths()]
        values = [each.value if isinstance(each.value, (list, tuple)) else (each.value,) for each in given]
        read = {name for each in values for name in each if isinstance(name, str)}
        read |= {str(output.node.value) for output in self.document.outputs or ()}
        ends = {name.rpartition(".")[2].removesuffix("_*") for name in read}
        last: dict[str, int] = {}  # of the nodes at a path, or behind it
        for index, node in enumerate(self.graph.nodes):
            path = node.path
            while path:
                last[path] = index
                path = path.rpartition(".")[0]
        spans = {**{node.path: node.span for node in self.graph.nodes}, **self.graph.uses}
        found = {}
        for path, span in spans.items():
            step, end = self.steps.get(span), path.rpartition(".")[2]
            if step is not None and step.name is not None and step.name.value == end and end not in ends:
                found[last[path]] = path
        return found

    @cached_property
    def stacked(self) -> tuple[Node, ...]:
        """The recurrent layers that others read, through nodes without weights, and that give their last step only."""
        nodes = self.graph.nodes
        found: dict[int, Node] = {}
        for node in nodes:
            index = node.inputs[0] if isinstance(node.config, SimpleRnn) else 0
            for _ in range(MAX_NODES):
                if len(nodes[index].inputs) != 1 or any(nodes[index].weights):
                    break
                index = nodes[index].inputs[0]
            config = nodes[index].config
            if isinstance(config, SimpleRnn) and not config.return_sequences:
                found[index] = nodes[index]
        return tuple(found.values())

    def index_of(self, problem: Problem) -> int | None:
        """The node that a problem is of."""
        if not problem.node:
            return None
        return next((i for i, node in enumerate(self.graph.nodes) if node.path == problem.node), None)

    def arguments(self, node: Node) -> dict[str, Value]:
        """The params of the block that a node is written in, at the use that made it, as far as their values are known."""
        at, use = self.use_of(node.path)
        return {} if use is None or use.share is not None else self._evaluation.arguments(at)

    @cached_property
    def _evaluation(self) -> Evaluation:
        params = Params(self.document, Problems(), self.graph.params, self.variant)
        return Evaluation(self.document, self.graph, self.steps, params)

    def own(self, node: Node) -> Step | None:
        """The step that says this very node, and not a composition or a projection that made it."""
        step = self.steps.get(node.span)
        return step if step is not None and node.config is not None and step.cls is type(node.config) else None

    def repaired(self, problem: Problem) -> tuple[Candidate, ...]:
        """What the one who found a problem says would mend it."""
        step = self.steps.get(problem.step or problem.span) if problem.repairs else None
        if step is None:
            return problem.candidates
        found = [
            candidate._replace(remark=repair.remark, confidence=repair.confidence)
            for repair in problem.repairs
            if (candidate := self._given(step, problem.node, {repair.option: repair.value}, is_own=True)) is not None
        ]
        return (*problem.candidates, *found)

    def back(self, index: int) -> list[Node]:
        """A node and all that it depends on, nearest first."""
        return [self.graph.nodes[i] for i in sorted(self.graph.before((index,)), reverse=True)]

    def ways(self, index: int) -> list[list[Node]]:
        """For each input of a merge the nodes that lead to it alone, nearest first."""
        inputs = self.graph.nodes[index].inputs
        if len(inputs) > MAX_WAYS:
            return [[] for _ in inputs]
        reached = [self.graph.before((i,)) for i in inputs]
        found = []
        for at, mine in enumerate(reached):
            others = frozenset().union(*(other for i, other in enumerate(reached) if i != at))
            found.append([self.graph.nodes[i] for i in sorted(mine - others, reverse=True)[:MAX_NODES]])
        return found

    def change(self, node: Node, **options: object) -> Candidate | None:
        """Values for hyperparameters of a node that is written in the text, or for the params of a block that stand there."""
        new = self._new(node, options)
        return self._given(self.steps[node.span], node.path, new) if new else None

    def change_all(self, nodes: Iterable[Node], least: int = 1, **options: object) -> Candidate | None:
        """The same values at several nodes, of which some may have them already; None where fewer than `least` have not."""
        found = [change for node in nodes if (change := self.change(node, **options)) is not None]
        if len(found) < least:
            return None
        edits = dict.fromkeys(edit for change in found for edit in change.edits)
        words = found[0].words if len({each.words for each in found}) == 1 else ""
        paths = tuple(path for each in found for path in each.nodes)
        return Candidate(tuple(edits), words, found[0].options, paths)

    def change_here(self, node: Node, **options: object) -> Candidate | None:
        """The same at the node itself, whatever stands there."""
        new = self._new(node, options)
        edits = changes(self.steps[node.span], new) if new else ()
        return Candidate(edits, options=tuple(new.items()), nodes=(node.path,)) if edits else None

    def at_step(self, step: Step, path: str, **options: str) -> Candidate | None:
        """Values for hyperparameters of a node that has none of its own in the graph, as a composition has not."""
        return self._given(step, path, options, is_own=True)

    def _new(self, node: Node, options: dict[str, object]) -> dict[str, str]:
        """What of some options a node can be given, and does not have yet."""
        step = self.own(node)
        if step is None or step.cls is None or any(name not in step.cls.options for name in options):
            return {}
        return {name: str(value) for name, value in options.items() if getattr(node.config, name) != value}

    def _given(self, step: Step, path: str, options: dict[str, str], *, is_own: bool = False) -> Candidate | None:
        """Values for hyperparameters: at the node, or at the use of a block where they are the block's params.

        Args:
            step: Where the node is written.
            path: The node's.
            options: The values.
            is_own: Is it the node that has the problem, which needs no name in the title?
        """
        if step.misspelt:
            return None  # it may be there already, under another name
        own: dict[str, str] = {}
        uses: dict[str, tuple[Step, dict[str, str]]] = {}  # by the path of the use
        for name, value in options.items():
            use = None if "$" in value else self._use(step, path, name)
            if use is None:
                own[name] = value
            else:
                uses.setdefault(use[0], (use[1], {}))[1][use[2]] = value
        idle = _idle(step, own)
        if not uses:
            edits = changes(step, own, without=idle)
            words = f"{_listed(own)} instead of {_written(step, idle)}" if idle else ""
            return Candidate(edits, words, tuple(own.items()), () if is_own else (path,)) if edits else None
        parts = [changes(use, params, self._principal(use)) for use, params in uses.values()]
        parts += [changes(step, own, without=idle)] if own else []
        if not all(parts):
            return None
        edits = tuple(edit for part in parts for edit in part)
        if len(parts) == 1:
            ((at, (_, params)),) = uses.items()
            return Candidate(edits, options=tuple(params.items()), nodes=(at,))
        places = [*((at, params) for at, (_, params) in uses.items()), *([(path, own)] if own else [])]
        return Candidate(edits, ", ".join(f"{_listed(given)} at `{at}`" for at, given in places))

    def _use(self, step: Step, path: str, name: str) -> tuple[str, Step, str] | None:
        """The use of a block whose param stands for a hyperparameter: its path, its step, the param's name."""
        block, given = self.blocks.get(step.span), step.values.get(name)
        if block is None or given is None or not given.dynamic or not isinstance(given.tree, Scalar):
            return None
        param = given.tree.text.strip().removeprefix("$")
        if param not in block.params or given.tree.text.strip() != f"${param}":
            return None
        at, use = self.use_of(path)
        if use is None or use.block != block.name:
            return None
        # The use may stand in a block whose own param it hands on.
        return self._use(use, at.rpartition(".")[0], param) or (at, use, param)

    def use_of(self, path: str) -> tuple[str, Step | None]:
        """The innermost use of a block that a node stands in, and its path; empty where there is none."""
        while path and path not in self.graph.uses:
            path = path.rpartition(".")[0]
        return path, self.steps.get(self.graph.uses[path]) if path else None

    def params_of(self, block: Block) -> Step | None:
        """The params of a block, as what `changes` takes; None where there are none."""
        tree: Tree | None = self.document.source.tree
        for key in ("blocks", block.name, "params"):
            entry = tree.entries.get(key) if isinstance(tree, Mapping) else None
            tree = entry.value if entry is not None else None
        return Step(block.name, block.key, tree) if isinstance(tree, Mapping) and tree.entries else None

    def _principal(self, use: Step) -> str | None:
        block = self.document.blocks.get(use.block or "")
        return next(iter(block.params), None) if block is not None else None

    def extended(self, number: int) -> Candidate | None:
        """An input with an axis of one channel more."""
        given: Input = self.document.inputs[number]
        shape = self.graph.nodes[self.graph.inputs[number]].shape
        items = given.shape.tree
        edit = one_more(items, "1") if isinstance(items, Sequence) and shape is not None else None
        if edit is None or shape is None:
            return None
        return Candidate((edit,), f"{self._input(given)}: {show_shape((*shape, 1))}")

    def _input(self, given: Input) -> str:
        return "input" if len(self.document.inputs) == 1 else f"input `{given.name}`"

    def resized(self, number: int, shape: Shape) -> Candidate | None:
        """Another shape of an input, at its numbers or at the params that stand for them."""
        given: Input = self.document.inputs[number]
        old = self.graph.nodes[self.graph.inputs[number]].shape
        items = given.shape.tree
        if old is None or not isinstance(items, Sequence) or len(items.items) != len(shape):
            return None
        edits: dict[Span, Edit] = {}
        for item, now, then in zip(items.items, old, shape, strict=True):
            if now == then:
                continue
            at = self.param_of(item)
            if at is None:
                return None
            edits[span_of(at)] = Edit(span_of(at), str(then))
        return Candidate(tuple(edits.values()), f"{self._input(given)}: {show_shape(shape)}") if edits else None

    def param_of(self, item: Tree) -> Tree | None:
        """Where a size can be written anew: itself, or the value of the param that it names."""
        if not isinstance(item, Scalar):
            return None
        if not isinstance(item.value, str):
            return item
        param = item.value.strip().removeprefix("$")
        overrides: dict[str, Given] = self.document.variants.get(self.variant or "", {})
        found = overrides.get(param) or self.document.params.get(param)
        return found.tree if item.value.strip() == f"${param}" and found is not None else None


def _idle(step: Step, options: dict[str, str]) -> str:
    """The hyperparameter at a node that does nothing any more with some options: `padding: same` leaves no rest to round."""
    rounding = step.values.get("rounding")
    if options.get("padding") != "same" or rounding is None or rounding.value not in ("floor", "ceil"):
        return ""
    return "rounding" if isinstance(step.tree, Mapping) and "rounding" in step.tree.entries else ""


def _written(step: Step, name: str) -> str:
    return f"{name}: {step.values[name].value}"


def _listed(options: dict[str, str]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in options.items())


def as_params(search: Search, nodes: Iterable[Node]) -> Iterator[Candidate | None]:
    """Where a block has a param of a hyperparameter's name and a node of its body writes a number: the param."""
    seen = set()
    for node in nodes:
        step, block = search.own(node), search.blocks.get(node.span)
        if step is None or block is None or node.span in seen:
            continue
        seen.add(node.span)
        names = [name for name, given in step.values.items() if name in block.params and not given.dynamic]
        if names:
            yield search.change(node, **{name: f"${name}" for name in names})
        if len(names) > 1:
            for name in names:
                yield search.change(node, **{name: f"${name}"})


def same_width(
    search: Search, nodes: Iterable[Node], channels: int | None, wanted: int | None
) -> Iterator[Candidate | None]:
    """So many channels, wanted in place of those that there are, at a node that makes them."""
    if channels == wanted or wanted is None:
        return
    for node in nodes:
        option = "filters" if node.config is not None and "filters" in node.config.options else "units"
        if node.shape is None or node.shape[-1] != channels or not node.inputs:
            continue
        yield search.change(node, **{option: wanted})
        # In a block the number would hold for one use: what it is a multiple of holds for all.
        block = search.blocks.get(node.span)
        source = search.graph.nodes[node.inputs[0]].shape
        received = source[-1] if source else None
        if block is not None:
            if received:
                yield search.change(node, **{option: _multiple("$channels", wanted, received)})
            values = search.arguments(node)
            for param in block.params:
                for factor in (1, 2, 4):
                    if param in values and not _is_number(values[param], wanted / factor):
                        continue
                    yield search.change(node, **{option: _multiple(f"${param}", factor, 1)})


def _is_number(value: Value, wanted: float) -> bool:
    return type(value) in (int, float) and value == wanted


def _multiple(name: str, wanted: int, known: int) -> str:
    if wanted % known == 0:
        return name if wanted == known else f"{wanted // known} * {name}"
    return f"{name} // {known // wanted}" if known % wanted == 0 else f"{name} * {wanted} // {known}"


def largest_stride(node: Node) -> int:
    """The largest stride of a window."""
    assert isinstance(node.config, Windowed)
    strides = node.config.window_strides()
    return strides if isinstance(strides, int) else max(strides)
