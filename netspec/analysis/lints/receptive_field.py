"""How much of the input an output depends on."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.analysis.lints.registry import lint
from netspec.analysis.view import View
from netspec.diagnostics.problems import Problem
from netspec.kinds.pooling import GlobalPool, Pool
from netspec.shapes import positions


@lint
def small_receptive_field(view: View) -> Iterator[Problem]:
    """A mean over places, none of which sees the whole input: the network judges by pieces."""
    inputs = [view.node(i) for i in view.graph.inputs]
    sizes = {node.shape[:-1] for node in inputs if node.shape is not None and node.field}
    if len(sizes) != 1:
        return  # pieces of which input?
    (size,) = sizes
    for handle in view.graph.outputs.values():
        for index in _means_over_places(view, handle):
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
                    f"{node.kind_name} `{node.path}`: it averages positions with a receptive field of {seen} in an input of "
                    f"{whole}, so the network cannot recognise anything larger",
                    node.span,
                    node=node.path,
                )


def _means_over_places(view: View, output: int) -> list[int]:
    """The poolings over all places on which an output rests; none where something else brings places together.

    A `flatten` or a convolution over all places can join what they saw. The largest of all places asks whether something is
    anywhere, for which it need not be seen whole.
    """
    found: list[int] = []
    seen: set[int] = set()
    stack = [output]
    while stack:
        index = stack.pop()
        node = view.node(index)
        if index in seen:
            continue
        seen.add(index)
        if node.shape is None or positions(node.shape) != 1 or node.is_input:
            return []
        before = [view.node(i).shape for i in node.inputs]
        if all(shape is not None and positions(shape) == 1 for shape in before):
            stack.extend(node.inputs)
        elif isinstance(node.config, (GlobalPool, Pool)) and node.config.type == "avg":
            found.append(index)
        else:
            return []
    return found
