"""Strides that leave positions out."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from netspec.analysis.lints.registry import lint
from netspec.analysis.view import View
from netspec.diagnostics.problems import Note, Problem, Span
from netspec.graph.model import Node
from netspec.kinds.window import Windowed

MAX_PLACES = 300_000  # along all dimensions of all nodes together, each of which is looked at


@lint
def stride_over_window(view: View) -> Iterator[Problem]:
    """Windows whose stride jumps over positions that nothing else looks at."""
    said: set[Span] = set()
    nodes = view.graph.nodes
    left = MAX_PLACES
    shares: dict[tuple[object, ...], float] = {}  # large networks repeat themselves
    jumps: dict[tuple[int, int], bool] = {}  # by the kind's object and the rank

    def leaps(node: Node) -> bool:
        key = (id(node.config), len(node.shape or ()))
        if key not in jumps:
            jumps[key] = _jumps(node)
        return jumps[key]

    moving = (i for i in view.of(Windowed) if getattr(nodes[i].config, "strides", 1) not in (1, None))
    for index in sorted({nodes[i].inputs[0] for i in moving if leaps(nodes[i])} - view.outputs):
        readers = [view.node(i) for i in view.readers[index]]
        source = view.node(index)
        key = (source.shape, *((id(node.config), node.shape) for node in readers))
        if key not in shares:
            left -= len(readers) * sum(size or 0 for size in (source.shape or ())[:-1])
            if left < 0:
                return
            shares[key] = _unseen(source, readers)
        unseen = shares[key]
        first = next(node for node in readers if leaps(node))
        if unseen and first.span not in said:
            said.add(first.span)
            config = first.config
            assert isinstance(config, Windowed)
            others = [node for node in readers if node.span != first.span]
            yield Problem(
                "NS808",
                f"{first.kind_name} `{first.path}`: its stride of {_number(config.window_strides())} is larger than its "
                f"window of {_number(getattr(config, config.window_option()))}; {unseen:.0%} of what "
                f"`{view.node(index).path}` yields is never used",
                first.span,
                tuple(Note(f"`{node.path}` reads it too, and skips the same", node.span) for node in others),
                node=first.path,
            )


def _number(value: object) -> str:
    return " x ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _jumps(node: Node) -> bool:
    config = node.config
    if not isinstance(config, Windowed) or config.window_strides() == 1 or node.shape is None:
        return False
    reach = config.reach(len(node.shape) - 1)
    return reach is not None and any(window.stride > window.size for window in reach)


def _unseen(source: Node, readers: list[Node]) -> float:
    """The share of a node's positions that no window covers; 0 where that is not certain.

    What lies beyond the last step is left out: that a rest is dropped is what `rounding: floor` says.
    """
    x = source.shape
    sizes = [size or 0 for size in (x or ())[:-1]]
    if x is None or None in x[:-1]:
        return 0.0
    seen: list[set[int]] = [set() for _ in sizes]  # along each dimension
    steps = [0 for _ in sizes]  # where the window after the last would start
    for node in readers:
        if not isinstance(node.config, Windowed) or node.shape is None:
            return 0.0
        for d, window in enumerate(node.config.windows(x, len(sizes))):
            count = node.shape[d]
            if window is None or count is None:
                return 0.0
            after = count * window.stride - window.before
            for start in range(-window.before, after, window.stride):
                seen[d].update(range(max(start, 0), min(start + window.size, sizes[d])))
            steps[d] = max(steps[d], min(after, sizes[d]))
    if not all(seen):  # along one dimension the windows lie on padding alone
        return 1.0
    if all(len(positions) == max(positions) + 1 for positions in seen):
        return 0.0
    ends = [max(step, max(positions) + 1) for step, positions in zip(steps, seen, strict=True)]
    return 1 - prod(map(len, seen)) / prod(ends)
