"""How much of the input an output depends on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from netspec.analysis.lints.registry import lint
from netspec.analysis.view import View
from netspec.diagnostics.problems import Problem
from netspec.graph.model import Node
from netspec.kinds.pooling import GlobalPool, Pool
from netspec.shapes import positions


@lint
def small_receptive_field(view: View) -> Iterator[Problem]:
    """A mean over positions, none of which sees the whole input: the network judges by pieces."""
    inputs = [view.node(i) for i in view.graph.inputs]
    sizes = {node.shape[:-1] for node in inputs if node.shape is not None and node.field}
    if len(sizes) != 1:
        return  # pieces of which input?
    (size,) = sizes
    for index in _means_over_positions(view):
        node = view.node(index)
        field = view.node(node.inputs[0]).field
        if (
            field
            and len(field) == len(size)
            and any(w is not None and 1 < f < w for f, w in zip(field, size, strict=True))
        ):
            seen, whole = " x ".join(f"{float(f):g}" for f in field), " x ".join(str(w or "?") for w in size)
            yield Problem(
                "NS803",
                f"{node.kind_name} `{node.path}`: it averages positions with a receptive field of {seen} in an input of {whole}, "
                "so the network cannot recognise anything larger",
                node.span,
                node=node.path,
            )


def _means_over_positions(view: View) -> list[int]:
    """The poolings over all positions on which outputs rest; of an output none where something else brings positions together.

    A `flatten` or a convolution over all positions can join what they saw. The largest of all positions asks whether something is
    anywhere, for which it need not be seen whole.
    """
    if not any(_is_mean(view.node(index)) for index in view.of(GlobalPool, Pool)):
        return []
    joined: dict[int, bool] = {}  # does something else bring together the positions on which a node without any rests?
    for index in sorted(_reached(view, view.graph.outputs.values(), lambda index: True)):
        node = view.node(index)
        if not _has_no_positions(node) or node.is_input:
            joined[index] = True
        elif _rests_on_vectors(view, node):
            joined[index] = any(joined[i] for i in node.inputs)
        else:
            joined[index] = not _is_mean(node)
    right = [handle for handle in view.graph.outputs.values() if not joined[handle]]
    found = _reached(view, right, lambda index: not joined[index])
    return [index for index in found if not _rests_on_vectors(view, view.node(index))]


def _reached(view: View, ends: Iterable[int], goes_on: Callable[[int], bool]) -> dict[int, None]:
    """Some nodes, and the nodes without positions on which they rest."""
    seen: dict[int, None] = {}
    stack = [*ends][::-1]
    while stack:
        index = stack.pop()
        node = view.node(index)
        if index in seen or not goes_on(index):
            continue
        seen[index] = None
        if _has_no_positions(node) and not node.is_input and _rests_on_vectors(view, node):
            stack.extend(node.inputs)
    return seen


def _has_no_positions(node: Node) -> bool:
    return node.shape is not None and positions(node.shape) == 1


def _rests_on_vectors(view: View, node: Node) -> bool:
    return all(_has_no_positions(view.node(i)) for i in node.inputs)


def _is_mean(node: Node) -> bool:
    return isinstance(node.config, (GlobalPool, Pool)) and node.config.type == "avg"
