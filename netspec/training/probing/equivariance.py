"""How far each node keeps to motions: what it makes of a moved picture, against what it made of the picture, moved.

A convolution keeps to a motion by its own stride exactly, but for the borders; to one by a single pixel only where it has no
stride (Azulay and Weiss, arXiv 1805.12177; Zhang, arXiv 1904.11486). What has no positions, as a global pooling and what
follows it, keeps to a motion where it does not change at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from netspec.data.dataset import Array, Floats
from netspec.graph.model import Graph, Node
from netspec.training.motions import translation
from netspec.training.probing.disturbances import moved
from netspec.training.reopen import Opened
from netspec.training.watching import Watched, with_outputs

AT_ONCE = 8  # examples: all nodes' outputs are held
MAX_JUMP = 64  # pixels


class Kept(NamedTuple):
    """How far a node keeps to motions of the input.

    Both figures are |f(moved x) - moved f(x)| / |f(x)|, in Euclidean norms over examples and both directions: 0 where it keeps
    to them, and about 1.4 where what it makes has nothing to do with what it made.

    Attributes:
        node: its path.
        kind: as the spec says it.
        stride: how many pixels apart its positions stand; None where it has none.
        pixel: of motions by one pixel.
        own: of motions by its own stride; None where it has no positions or they stand too far apart.
    """

    node: str
    kind: str
    stride: int | None
    pixel: float
    own: float | None


def equivariance(opened: Opened, x: Mapping[str, Array], pictures: Sequence[str], fill: str) -> tuple[Kept, ...]:
    """Of each node that an output depends on, in their order.

    Args:
        opened: the network.
        x: examples by input.
        pictures: the inputs that see pictures, which are moved.
        fill: what comes in at the border, one of `FILLS`.
    """
    graph = opened.graph
    indices = _seeing(graph, pictures)
    strides = {graph.nodes[index].path: _stride(graph.nodes[index]) for index in indices}
    watched = Watched(opened, with_outputs(graph, indices))
    sums = {name: np.zeros((2, 2)) for name in strides}  # by pixel and own stride: of the difference and of the whole
    count = len(next(iter(x.values())))
    for first in range(0, count, AT_ONCE):
        batch = {name: np.asarray(values[first : first + AT_ONCE], np.float32) for name, values in x.items()}
        before = watched(batch)
        for by in sorted({1, *filter(None, strides.values())}):
            for rows, columns in ((by, 0), (0, by)):
                after = watched(
                    {**batch, **{name: moved(batch[name], translation(rows, columns), fill) for name in pictures}}
                )
                for name, stride in strides.items():
                    for row in [0] * (by == 1) + [1] * (by == stride):
                        sums[name][row] += _squares(before[name], after[name], stride, rows, columns, fill)
    return tuple(
        Kept(
            path,
            graph.nodes[index].kind_name,
            strides[path],
            _share(sums[path][0]),
            None if strides[path] is None else _share(sums[path][1]),
        )
        for index in indices
        for path in [graph.nodes[index].path]
    )


def _seeing(graph: Graph, pictures: Sequence[str]) -> list[int]:
    """The nodes that outputs depend on and that make numbers of pictures, in their order."""
    seeing = {index for index in graph.inputs if graph.nodes[index].path in pictures}
    found = []
    for index in sorted(graph.used()):  # each stands after its inputs
        node = graph.nodes[index]
        if seeing.isdisjoint(node.inputs):
            continue
        seeing.add(index)
        if "float" in node.dtype and node.folded is None:
            found.append(index)
    return found


def _stride(node: Node) -> int | None:
    """How many pixels apart its positions stand, in both directions; None where they are not those of a picture."""
    if node.shape is None or len(node.shape) != 3 or not node.jump or len(node.jump) != 2:
        return None
    rows, columns = node.jump
    whole = rows == columns and rows == int(rows)
    return int(rows) if whole and 1 <= rows <= MAX_JUMP else None


def _squares(
    before: Floats, after: Floats, stride: int | None, rows: int, columns: int, fill: str
) -> tuple[float, float]:
    """The squares of the difference and of the whole, summed; what a motion brought in at the border is left out."""
    if stride is None:
        wanted, found = before, after
    else:
        axis, by = (1, rows / stride) if rows else (2, columns / stride)
        wanted = _shifted(before, by, axis)
        found = after
        if fill != "wrap":
            inside = [slice(None)] * 4
            inside[axis] = slice(int(np.ceil(by)), None)
            wanted, found = wanted[tuple(inside)], found[tuple(inside)]
    return float(np.square(found - wanted, dtype=np.float64).sum()), float(np.square(wanted, dtype=np.float64).sum())


def _shifted(values: Floats, by: float, axis: int) -> Floats:
    """Moved along an axis, round its end; between two positions by both."""
    whole = int(by)
    part = np.float32(by - whole)
    near = np.roll(values, whole, axis)
    return near if not part else (1 - part) * near + part * np.roll(values, whole + 1, axis)


def _share(sums: Floats) -> float:
    difference, whole = (float(each) for each in sums)
    return (difference / whole) ** 0.5 if whole else 0.0 if not difference else float("inf")


def telling(nodes: Sequence[Kept]) -> Iterator[Kept]:
    """Those nodes at which positions move apart or are lost, and the last: what a person wants to see of many."""
    for number, node in enumerate(nodes):
        if number == len(nodes) - 1 or nodes[number + 1].stride != node.stride:
            yield node
