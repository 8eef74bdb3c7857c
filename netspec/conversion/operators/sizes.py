"""Sizes of tensors that may be known only when the network runs: a number times some that are open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

from netspec.conversion.model import ConversionError


@dataclass(frozen=True, slots=True)
class Open:
    """A number times open sizes, each of which has a name."""

    factor: int
    names: tuple[str, ...]  # sorted

    def __mul__(self, other: object) -> Size:
        return times(self, other) if isinstance(other, (int, Open)) else NotImplemented

    __rmul__ = __mul__

    def __add__(self, other: object) -> Size:
        if other == 0:
            return self
        return Open(1, (f"({self} + {other})",))

    __radd__ = __add__

    def __sub__(self, other: object) -> Size:
        return self if other == 0 else Open(1, (f"({self} - {other})",))

    def __floordiv__(self, other: object) -> Size:
        quotient = divided(self, other) if isinstance(other, (int, Open)) else None
        return Open(1, (f"({self} / {other})",)) if quotient is None else quotient

    __truediv__ = __floordiv__

    def __gt__(self, other: object) -> bool:
        """Is it more than a number, whatever it is? Sizes that are computed of others may be anything."""
        if (
            isinstance(other, (int, float))
            and other < self.factor
            and not any(each.startswith("(") for each in self.names)
        ):
            return True
        raise ValueError("which is more, nobody knows")

    def __str__(self) -> str:
        return " * ".join((*([] if self.factor == 1 else [str(self.factor)]), *self.names))


Size = int | Open
BATCH = Open(1, ("batch",))


def times(a: Size, b: Size) -> Size:
    """The product of two sizes."""
    one, other = _parts(a), _parts(b)
    return _made(one[0] * other[0], (*one[1], *other[1]))


def product(sizes: Sequence[Size]) -> Size:
    """Of all of them."""
    found: Size = 1
    for size in sizes:
        found = times(found, size)
    return found


def divided(a: Size, b: Size) -> Size | None:
    """The quotient of two sizes; None where it leaves a rest."""
    (factor, names), (other, by) = _parts(a), _parts(b)
    left = list(names)
    for name in by:
        if name not in left:
            return None
        left.remove(name)
    if other == 0 or factor % other:
        return None
    return _made(factor // other, tuple(left))


def _parts(size: Size) -> tuple[int, tuple[str, ...]]:
    return (size.factor, size.names) if isinstance(size, Open) else (int(size), ())


def _made(factor: int, names: tuple[str, ...]) -> Size:
    return Open(factor, tuple(sorted(names))) if names and factor else factor


class Block(NamedTuple):
    """Neighbouring axes of a tensor that become neighbouring axes of another, of the same number in all."""

    sources: tuple[int, ...]
    targets: tuple[int, ...]


def regrouped(source: Sequence[Size], target: Sequence[Size]) -> list[Block]:
    """How the axes of a tensor become those of its reshape, in the smallest blocks; axes of size 1 are in none.

    Raises:
        ConversionError: They do not hold as many numbers, as far as one can see.
    """
    here = [axis for axis, size in enumerate(source) if size != 1]
    there = [axis for axis, size in enumerate(target) if size != 1]
    blocks = []
    i = j = 0
    while i < len(here) and j < len(there):
        found = next(
            (
                (a, b)
                for total in range(2, len(here) + len(there) - i - j + 1)
                for a in range(1, total)
                for b in (total - a,)
                if i + a <= len(here)
                and j + b <= len(there)
                and product([source[x] for x in here[i : i + a]]) == product([target[x] for x in there[j : j + b]])
            ),
            None,
        )
        if found is None:
            break
        blocks.append(Block(tuple(here[i : i + found[0]]), tuple(there[j : j + found[1]])))
        i, j = i + found[0], j + found[1]
    if i < len(here) or j < len(there):
        shown = " and ".join(" x ".join(map(str, sizes)) or "1" for sizes in (source, target))
        raise ConversionError(f"makes another shape of what does not seem to hold as many numbers: {shown}")
    return blocks


def filled(source: Sequence[Size], target: Sequence[Size]) -> list[Size]:
    """A target shape with what -1 stands for. Raises ConversionError."""
    places = [axis for axis, size in enumerate(target) if size == -1]
    if not places:
        return list(target)
    rest = divided(product(source), product([size for size in target if size != -1]))
    if len(places) > 1 or rest is None:
        raise ConversionError(f"has the target shape {list(map(str, target))}, which is not clear")
    return [rest if size == -1 else size for size in target]


def number_of(sizes: Sequence[int]) -> int:
    """Of elements."""
    return prod(sizes)
