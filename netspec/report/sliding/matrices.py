"""The same output twice: number by number as it is defined, and as a product of matrices (im2col).

What is computed is a small case of the node: its own window, over less of the input, with small whole numbers. A node that is small
itself is computed as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product
from math import prod, sqrt
from typing import NamedTuple

from netspec.kinds.combination import Combination
from netspec.report.sliding.geometry import Axis, Sliding

Number = int | float | Fraction
Place = tuple[int, ...]
Row = list[int | None]  # the numbers of one window; None is padding that a pool leaves out
INPUTS = (1, 2, 3, 4, 5, 6, 7, 8, 9)  # which the input counts through, and starts again
WEIGHTS = (1, -1, 2, 0, 1)
# What is small enough to be shown as it is.
MAX_POSITIONS = 9
MAX_TAKEN = 18  # numbers in a window
MAX_MADE = 4
MAX_GROUPS = 2
LINE, SIDE = 4, 2  # positions of a smaller case, along its only dimension and along each of several
MAX_INPUT = 2_000  # positions of a case's input
MAX_NUMBERS = 20_000  # in the windows of a case; a larger one would take long, and show nothing


class Matrices(NamedTuple):
    """One group's product: each window a row, each channel of the output a column of weights."""

    windows: list[Row]
    kernel: list[list[int]]  # empty where there are no weights
    output: list[list[Number]]


def small_case(whole: Sliding) -> Sliding | None:
    """The node itself where it is small, or the same window over less of the input, with fewer channels.

    None where that window is too large for a case that could be looked at.
    """
    if _is_small(whole):
        return whole
    axes = tuple(_shorter(axis, LINE if len(whole.axes) == 1 else SIDE) for axis in whole.axes)
    first, *rest = whole.combinations
    several = prod(axis.taps for axis in axes) > 1
    if prod(axis.positions * axis.taps for axis in axes) > MAX_NUMBERS or prod(axis.width for axis in axes) > MAX_INPUT:
        return None
    groups = min(first.groups, MAX_GROUPS if first.how == "sum" else 1)
    seen = min(first.seen, 1 if several else MAX_MADE)
    combinations = [Combination(groups, seen, min(first.made, 2), first.how)]
    for each in rest:
        combinations.append(Combination(1, combinations[-1].groups * combinations[-1].made, min(each.made, 2)))
    return Sliding(axes, groups * seen, tuple(combinations))


def _is_small(whole: Sliding) -> bool:
    return whole.positions <= MAX_POSITIONS and all(
        each.groups <= MAX_GROUPS and each.made <= MAX_MADE and each.seen * (1 if number else whole.taps) <= MAX_TAKEN
        for number, each in enumerate(whole.combinations)
    )


def _shorter(axis: Axis, positions: int) -> Axis:
    """The same window with so many positions, or as many more as it takes for some of the input to be there."""
    padding = axis.before + axis.after
    positions = max(positions, 1 + -(-(padding + 1 - axis.reach) // axis.stride))
    if positions >= axis.positions:
        return axis
    return axis._replace(width=(positions - 1) * axis.stride + axis.reach - padding, positions=positions)


class Case:
    """A case that is computed: its numbers, and both ways to the output."""

    def __init__(self, sliding: Sliding) -> None:
        self.sliding = sliding

    def value(self, place: Place, channel: int) -> int | None:
        """A number of the input; None where there is padding."""
        index = 0
        for at, axis in zip(place, self.sliding.axes, strict=True):
            if not 0 <= at < axis.width:
                return None
            index = index * axis.width + at
        return INPUTS[(index * self.sliding.channels + channel) % len(INPUTS)]

    @staticmethod
    def weight(each: Combination, group: int, taken: int, made: int) -> int:
        """The weight between the `taken`-th number of a group's window and a channel that the group makes."""
        return WEIGHTS[(taken * each.made + made + group) % len(WEIGHTS)]

    def places(self, position: Place) -> Iterator[Place]:
        """What the window takes at a position."""
        return product(*(axis.taken(at) for axis, at in zip(self.sliding.axes, position, strict=True)))

    def positions(self) -> Iterator[Place]:
        """The positions of the output, in order."""
        return product(*(range(axis.positions) for axis in self.sliding.axes))

    # --- as it is defined ---------------------------------------------------------------------------------------------

    def direct(self) -> list[list[Number]]:
        """The output, a row a position, each number by itself."""
        return [[self._one(position, made) for made in range(self.sliding.made)] for position in self.positions()]

    def _one(self, position: Place, made: int) -> Number:
        first, *rest = self.sliding.combinations
        if not rest:
            return self._first(first, position, made)
        (second,) = rest
        between = first.groups * first.made
        return sum(self.weight(second, 0, k, made) * self._first(first, position, k) for k in range(between))

    def _first(self, each: Combination, position: Place, made: int) -> Number:
        group, own = divmod(made, each.made)
        found: list[int] = []
        total = 0
        for number, place in enumerate(self.places(position)):
            for channel in range(each.seen):
                value = self.value(place, group * each.seen + channel)
                if value is not None:
                    found.append(value)
                    total += value * self.weight(each, group, number * each.seen + channel, own)
        return total if each.how == "sum" else pooled(each.how, found)

    # --- as a product -------------------------------------------------------------------------------------------------

    def products(self) -> list[list[Matrices]]:
        """The products of each step, one a group; a step's windows are of what the step before gave."""
        first, *rest = self.sliding.combinations
        steps = [[self._product(first, group) for group in range(first.groups)]]
        for each in rest:
            between = joined(steps[-1])
            kernel = self._kernel(each, 0, each.seen)
            steps.append([Matrices([[int(x) for x in row] for row in between], kernel, multiplied(between, kernel))])
        return steps

    def _product(self, each: Combination, group: int) -> Matrices:
        channels = range(group * each.seen, (group + 1) * each.seen)
        windows: list[Row] = [
            [self.value(place, channel) for place in self.places(position) for channel in channels]
            for position in self.positions()
        ]
        if each.how != "sum":
            kept = [[x for x in row if x is not None] for row in windows]
            return Matrices(windows, [], [[pooled(each.how, row)] for row in kept])
        filled = [[x or 0 for x in row] for row in windows]
        kernel = self._kernel(each, group, self.sliding.taps * each.seen)
        return Matrices([list(row) for row in filled], kernel, multiplied(filled, kernel))

    def _kernel(self, each: Combination, group: int, taken: int) -> list[list[int]]:
        return [[self.weight(each, group, k, made) for made in range(each.made)] for k in range(taken)]


def joined(products: Sequence[Matrices]) -> list[list[Number]]:
    """What the groups made, side by side: a row a position."""
    return [[x for row in rows for x in row] for rows in zip(*(each.output for each in products), strict=True)]


def multiplied(a: Sequence[Sequence[Number]], b: Sequence[Sequence[int]]) -> list[list[Number]]:
    """The product of two matrices."""
    return [[sum(x * y for x, y in zip(row, column, strict=True)) for column in zip(*b, strict=True)] for row in a]


def pooled(how: str, values: Sequence[int]) -> Number:
    """What a pool makes of the numbers in its window."""
    if how == "max":
        return max(values)
    if how == "avg":
        return Fraction(sum(values), len(values))
    return sqrt(Fraction(sum(value * value for value in values), len(values)))
