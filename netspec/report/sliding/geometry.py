"""Where a node's window stands, position by position, along each dimension of its input."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from netspec.graph.model import Graph, Node
from netspec.kinds.combination import Combination
from netspec.kinds.window import Windowed, match_rank
from netspec.shapes import AXIS_WORDS, effective


class Axis(NamedTuple):
    """One dimension of the input, and the window along it."""

    word: str  # `rows`
    width: int  # positions of the input
    taps: int  # that a window takes
    dilation: int  # from one of them to the next
    stride: int
    before: int  # padding
    after: int
    positions: int  # of the output

    @property
    def reach(self) -> int:
        """From the first tap to the last, both counted."""
        return effective(self.taps, self.dilation)

    def taken(self, position: int) -> range:
        """What the window takes there: below 0 and from `width` on is padding."""
        start = position * self.stride - self.before
        return range(start, start + self.reach, self.dilation)

    @property
    def end(self) -> int:
        """The last place that is there, or that a window reaches: one that `rounding: ceil` adds may go beyond the padding."""
        return max(self.width + self.after - 1, self.taken(self.positions - 1)[-1])

    @property
    def rest(self) -> int:
        """How many places at the end, padding included, the last window does not reach."""
        return self.end - self.taken(self.positions - 1)[-1]


class Sliding(NamedTuple):
    """A node whose output is made window by window."""

    axes: tuple[Axis, ...]
    channels: int  # of the input
    combinations: tuple[Combination, ...]
    times: int | None = 1  # how often that is done for one example: at each step of what folds them; None: unknown

    @property
    def positions(self) -> int:
        """How many windows there are."""
        return prod(axis.positions for axis in self.axes)

    @property
    def taps(self) -> int:
        """How many places of the input one window takes."""
        return prod(axis.taps for axis in self.axes)

    @property
    def made(self) -> int:
        """Channels of the output."""
        last = self.combinations[-1]
        return last.groups * last.made

    @property
    def moves(self) -> bool:
        """Is there anything to slide: a window of several places, or one that passes some by?"""
        return any((axis.reach, axis.stride, axis.before, axis.after) != (1, 1, 0, 0) for axis in self.axes)


def sliding(graph: Graph, node: Node) -> Sliding | None:
    """The window of a node; None where it has none, or a size is not known."""
    if node.config is None or len(node.inputs) != 1 or node.shape is None:
        return None
    given = graph.nodes[node.inputs[0]].shape
    if given is None or None in given or None in node.shape:
        return None
    combinations = node.config.combinations(given)
    if not combinations:
        return None
    sizes = tuple(size for size in given if size is not None)
    made = tuple(size for size in node.shape if size is not None)
    rank = len(sizes) - 1
    words = AXIS_WORDS.get(rank) or tuple(f"axis {number}" for number in range(1, rank + 1))
    config = node.config
    if not isinstance(config, Windowed):
        axes = tuple(Axis(word, size, 1, 1, 1, 0, 0, size) for word, size in zip(words, sizes, strict=False))
        return Sliding(axes, sizes[-1], combinations, node.times)
    taps = match_rank("", getattr(config, config.window_option()), rank)
    dilations = match_rank("", config.dilation_rate, rank)
    found = []
    for i, window in enumerate(config.windows(given, rank)):
        assert window is not None  # whose size is known
        found.append(
            Axis(words[i], sizes[i], taps[i], dilations[i], window.stride, window.before, window.after, made[i])
        )
    return Sliding(tuple(found), sizes[-1], combinations, node.times)
