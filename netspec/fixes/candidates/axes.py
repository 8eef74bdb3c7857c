"""Axes that are missing, in another order, or of other sizes: what several inputs of a node need to go together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

from netspec.diagnostics.problems import Candidate, Edit
from netspec.fixes.candidates.registry import rule
from netspec.fixes.candidates.search import MAX_WAYS, Search, same_width
from netspec.graph.model import Node
from netspec.kinds import KINDS
from netspec.kinds.einsum import EinsumDense
from netspec.kinds.learned import Learned
from netspec.kinds.operations import Gather
from netspec.kinds.sequence import MultiHeadAttention
from netspec.kinds.tensors import Matmul
from netspec.shapes import Shape, size_of
from netspec.spec.edits import changes
from netspec.syntax.tree import Scalar, Tree, span_of
from netspec.syntax.tree import Sequence as ListTree


@rule("NS403", "NS404", confidence="likely")
def dimensions_kept(search: Search, index: int) -> Iterator[Candidate | None]:
    """The nodes before that took an axis away leave it, with a size of 1: of a mean over the channels, say."""
    node = search.graph.nodes[index]
    shapes = [search.graph.nodes[i].shape for i in node.inputs]
    if not 1 < len(shapes) <= MAX_WAYS:
        return
    most = max(len(shape) for shape in shapes if shape is not None) if None not in shapes else 0
    for way, shape in zip(search.ways(index), shapes, strict=True):
        if shape is None or len(shape) >= most:
            continue
        for each in way:
            if getattr(each.config, "keepdims", None) is False:
                yield search.change(each, keepdims="true")


@rule("NS403", "NS404")
def as_wanted(search: Search, index: int) -> Iterator[Candidate | None]:
    """What is learned in another shape; the same numbers in another order, or with axes of size 1 between the others."""
    node = search.graph.nodes[index]
    if len(node.inputs) > MAX_WAYS:
        return
    for number, wanted in _wanted(search, node):
        source = search.graph.nodes[node.inputs[number]]
        mine = source.shape
        if mine is None or None in (*mine, *wanted) or mine == wanted:
            continue
        if isinstance(source.config, Learned):
            yield search.change(source, shape=list(wanted))
        order = _order(mine, wanted)
        if order is not None:
            yield between(search, node, number, "permute", f"dims: {order}")
        elif len(mine) != len(wanted) and size_of(mine) == size_of(wanted):
            yield between(search, node, number, "reshape", f"target_shape: {list(wanted)}")


def _wanted(search: Search, node: Node) -> Iterator[tuple[int, Shape]]:
    """Shapes that the inputs of a node might have to go with the others, each with the input's number."""
    shapes = [search.graph.nodes[i].shape for i in node.inputs]
    known = [shape for shape in shapes if shape is not None]
    if len(known) < len(shapes):
        return
    if isinstance(node.config, MultiHeadAttention):
        yield from _beside(node.config, known)
    if isinstance(node.config, Gather) and len(known) == 2:
        yield 1, (prod(size or 0 for size in known[1]),)
    for i, mine in enumerate(known):
        for other in dict.fromkeys(known):
            if isinstance(node.config, Matmul):
                if len(mine) == 1 < len(other):
                    yield from ((i, shape) for shape in ((*mine, 1), (1, *mine)))
            elif mine != other:
                spread = _spread(mine, other)
                yield from ((i, each) for each in ([spread] if spread is not None else []))
                yield i, other
                if 0 < len(mine) < len(other):
                    yield i, (*(1,) * (len(other) - len(mine)), *mine)


def _beside(config: MultiHeadAttention, shapes: Sequence[Shape]) -> Iterator[tuple[int, Shape]]:
    """The shapes of the scores, for a mask or a bias; with a size of 1 where it says nothing of an axis."""
    first = len(config.parted(shapes)[0])
    for number, (_, shape, either) in enumerate(config.beside(*shapes), first):
        for wanted in either:
            yield number, wanted
            if len(shape) < len(wanted):
                yield number, (*(1,) * (len(wanted) - len(shape)), *shape)


def _order(mine: Shape, wanted: Shape) -> list[int] | None:
    """The axes of one shape, counted as in Keras, in the order in which they make the other; None where they do not."""
    left = list(enumerate(mine, 1))
    order = []
    for size in wanted:
        found = next((pair for pair in left if pair[1] == size), None)
        if found is None:
            return None
        left.remove(found)
        order.append(found[0])
    return None if left or order == sorted(order) else order


def _spread(mine: Shape, other: Shape) -> Shape | None:
    """The sizes of one shape where the other has them, and 1 elsewhere; None where they do not stand there in their order."""
    left = list(mine)
    found = tuple(left.pop(0) if left and left[0] == size else 1 for size in other)
    return None if left or len(mine) == len(other) else found


@rule("NS403")
def inner_sizes(search: Search, index: int) -> Iterator[Candidate | None]:
    """A matrix product whose inner sizes differ: as many channels in one as the other has there."""
    node = search.graph.nodes[index]
    shapes = [search.graph.nodes[i].shape for i in node.inputs]
    config = node.config
    if not isinstance(config, Matmul) or len(shapes) != 2 or any(shape is None or len(shape) < 2 for shape in shapes):
        return
    a, b = (shape or () for shape in shapes)
    inner = a[-2 if config.transpose_a else -1], b[-1 if config.transpose_b else -2]
    for number, has_channels in enumerate((not config.transpose_a, config.transpose_b)):
        if has_channels:
            yield from same_width(search, search.ways(index)[number], inner[number], inner[1 - number])


@rule("NS410")
def cast(search: Search, index: int) -> Iterator[Candidate | None]:
    """Numbers of another type."""
    node = search.graph.nodes[index]
    for number, i in enumerate(node.inputs[:MAX_WAYS]):
        source = search.graph.nodes[i].dtype
        if source != "string":
            yield between(search, node, number, "cast", "to: int32" if "float" in source else "to: float32")


@rule("NS404")
def more_axes(search: Search, index: int) -> Iterator[Candidate | None]:
    """An equation that stands for any number of axes before those that it needs."""
    node = search.graph.nodes[index]
    if isinstance(node.config, EinsumDense):
        found = node.config.over_any_axes()
        if found is not None:
            equation, sizes = found
            yield search.change(node, equation=f'"{equation}"', output_shape=sizes[0] if len(sizes) == 1 else sizes)


def between(search: Search, node: Node, number: int, kind: str, options: str) -> Candidate | None:
    """A node between another and one of the nodes that it reads: before it where it says not what it reads.

    Args:
        search: The text.
        node: The node that reads.
        number: Which of those that it reads.
        kind: What is to stand between.
        options: The one hyperparameter that it is given.
    """
    step = search.own(node)
    if step is None or step.cls is None or step.cls.composition:
        return None
    if step.sources is None and number == 0:
        option, _, value = options.partition(": ")
        made = f"{kind}: {value if option == KINDS[kind].principal else f'{{{options}}}'}"
        edit = search.places.before(step, made)
        return None if edit is None else Candidate((edit,), f"{made} before `{node.path}`")
    named = _named(search, node, number)
    if named is None:
        return None
    tree, written = named
    name = f"{written.replace('.', '_')}_fit"
    made = f"{kind}: {{name: {name}, {options}, from: {written}}}"
    before = search.places.before(step, made)
    edits = [before, Edit(span_of(tree), name)]
    if step.sources is None:  # the new node would come between it and the one before
        around, _, end = search.graph.nodes[node.inputs[0]].path.rpartition(".")
        if around != node.path.rpartition(".")[0]:
            return None
        edits += changes(step, {"from": end})
    return Candidate(tuple(edit for edit in edits if edit is not None), made) if before is not None else None


def _named(search: Search, node: Node, number: int) -> tuple[Tree, str] | None:
    """Where a node names one of those that it reads, and by which name; None where it does not, or by an expression."""
    step = search.own(node)
    if step is None or node.config is None:
        return None
    at = number
    parts = node.config.parted(range(len(node.inputs)))
    for option, part in zip((None, *node.config.reads), parts, strict=True):
        if number in part:
            given = step.sources if option is None else step.values.get(option)
            tree = given.tree if given is not None and not given.dynamic else None
            at = number - part[0]
            items = tree.items if isinstance(tree, ListTree) else [tree]
            item = items[at] if len(items) == len(part) else None
            return (item, item.text) if isinstance(item, Scalar) else None
    return None
