"""Receptive fields: how many positions of the network's input a position of a node sees, and how far apart its positions stand.

The arithmetic is that of Araujo, Norris and Sim, "Computing receptive fields of convolutional neural networks" (Distill,
2019): along each dimension a window of size k and stride s over positions that see f and stand j apart gives positions that see
f + (k - 1) * j and stand j * s apart.

What is beyond `MAX_LENGTH`, or is a fraction with such a number in it, is `BEYOND`, and stays so: no image is so large, and the
whole numbers would have as many digits as there are layers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, inf, isinf
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

from netspec.kinds.kind import Kind, Reach
from netspec.options import Whole
from netspec.shapes import Shape

if TYPE_CHECKING:
    from fractions import Fraction

Length: TypeAlias = "Fraction | int | float"  # a float only of `BEYOND`
Lengths: TypeAlias = "tuple[Length, ...]"  # along each spatial dimension of the network's input
MAX_LENGTH = 2**53
BEYOND = inf
BEYOND_WORDS = "beyond 2**53"
Figure: TypeAlias = "int | float | list[int | float] | None"  # of all dimensions, or one for each
Windows = Callable[[Kind, int], tuple[Reach, ...] | None]  # of a kind over so many dimensions


class Viewed(Protocol):
    """A node, as far as this module is concerned."""

    @property
    def field(self) -> Lengths | None: ...

    @property
    def jump(self) -> Lengths | None: ...


class View(NamedTuple):
    """What the positions of a tensor see of the network's input."""

    field: Lengths | None  # how many positions each sees; () where the input has none; None where that is not known
    jump: Lengths | None  # how far apart they stand: the product of the strides; None where they are not the input's


NOTHING = View(None, None)
OF_ITSELF = View((), None)  # numbers that the network holds itself: they see nothing of the input


def of_input(shape: Shape | None) -> View:
    """The view of an input: each position sees itself."""
    ones = (1,) * (len(shape) - 1) if shape else ()
    return View(ones, ones)


def of_node(config: Kind | None, inputs: Sequence[Viewed], shape: Shape | None, windows: Windows | None = None) -> View:
    """The view of a node.

    Args:
        config: The node's kind with its hyperparameters; None where it is not known.
        inputs: What it reads.
        shape: The shape of its first input, as far as that is known.
        windows: `Kind.reach`, for callers that remember what it says.
    """
    if config is None:
        return NOTHING
    if not inputs:
        return OF_ITSELF
    field, jump = inputs[0].field, inputs[0].jump
    for other in inputs[1:]:
        if other.field != field or other.jump != jump:
            field, jump = merged(View(field, jump), other)
    positions = config.positions()
    if positions.every:  # whatever else it looks at, its positions are those of its first input: a query's, say
        return View(_everything(field, jump, shape), inputs[0].jump if positions.kept else None)
    if not positions.kept:  # of what has no positions none is lost: each number has seen all that it had before
        return NOTHING if jump else View(field, None)
    if jump is None:
        return View(field, None)
    if positions.added:
        ones = (1,) * positions.added
        return View(None if field is None else (*field, *ones), (*jump, *ones))
    if not jump:
        return View(field, jump)
    reaches = config.reach(len(jump)) if windows is None else windows(config, len(jump))
    if reaches is None:
        return View(field, jump)
    stepped = jump
    for window in reaches:
        if window.stride != 1:
            stepped = tuple(_bounded(j * w.stride) for j, w in zip(jump, reaches, strict=True))
            break
    if field is None:
        return View(None, stepped)
    return View(tuple([_widened(f, w.size - 1, j) for f, w, j in zip(field, reaches, jump, strict=True)]), stepped)


def _widened(field: Length, steps: int, jump: Length) -> Length:
    return _bounded(field + steps * jump) if steps else field


def _bounded(length: Length) -> Length:
    if type(length) is int:
        return length if length <= MAX_LENGTH else BEYOND
    if isinstance(length, float):
        return length
    if length.denominator == 1:  # half of a jump of two: whole numbers are compared and added much faster
        return _bounded(length.numerator)
    return length if max(length.numerator, length.denominator) <= MAX_LENGTH else BEYOND


def _everything(field: Lengths | None, jump: Lengths | None, shape: Shape | None) -> Lengths | None:
    """What is seen of all positions of a shape together."""
    if not jump:
        return field
    sizes = (shape or ())[:-1]
    if field is None or len(sizes) != len(jump) or None in sizes:
        return None
    return tuple(_widened(f, (size or 1) - 1, j) for f, size, j in zip(field, sizes, jump, strict=True))


def merged(one: Viewed, two: Viewed) -> View:
    """The view of what two tensors are merged into: of a vector and an image, the positions are the image's.

    Where it is not known what one of them sees (its positions are others than the input's, after windows or a reshape), it is not
    known of both.
    """
    narrow, wide = (one, two) if _rank(one) <= _rank(two) else (two, one)
    field, jump = wide.field, wide.jump
    if narrow.jump is not None and jump is not None and len(narrow.jump) == len(jump):
        jump = _larger(narrow.jump, jump)
    if narrow.field is None or field is None:
        return View(None, jump)
    if not field and jump is None:
        return View(narrow.field, None)
    if len(narrow.field) == len(field) and (jump is None or len(field) == len(jump)):
        field = _larger(narrow.field, field)
    return View(field, jump)


def _rank(view: Viewed) -> int:
    return -1 if view.jump is None else len(view.jump)


def _larger(a: Lengths, b: Lengths) -> Lengths:
    return a if a == b else tuple(map(max, a, b))  # of as many dimensions


def strides_between(before: Lengths | None, after: Lengths | None) -> Whole | None:
    """The strides from one jump to another: one number or one a dimension; None where they are not whole."""
    if not before or not after or len(before) != len(after) or is_beyond((*before, *after)):
        return None
    from fractions import Fraction

    strides = [Fraction(b) / Fraction(a) for a, b in zip(before, after, strict=True)]
    if any(stride.denominator != 1 for stride in strides):
        return None
    whole = tuple(int(stride) for stride in strides)
    return whole[0] if len(set(whole)) == 1 else whole


# --- as figures -------------------------------------------------------------------------------------------------------


def receptive_field(node: Viewed) -> Figure:
    """How many positions of the input a position of the node sees: one number, or one a dimension; None where that is no question.

    An interpolation can make it a fraction of a position, which is seen all the same.
    """
    return single(None if node.field is None else tuple(size if isinf(size) else ceil(size) for size in node.field))


def single(values: Lengths | None) -> Figure:
    """A figure of all dimensions as one number where they agree, else a list; None where there is none, or it is beyond all."""
    if not values or is_beyond(values):
        return None
    plain = [int(v) if v == int(v) else float(v) for v in values]
    return plain[0] if len(set(plain)) == 1 else plain


def is_beyond(values: Lengths | None) -> bool:
    """Is a length among them of which no more is told?"""
    return values is not None and BEYOND in values
