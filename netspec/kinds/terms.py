"""The arithmetic of weights and multiply-accumulates: sums of products of integers.

A kind states each once, with a node's own numbers. The sum is what is counted; written out it is what `netspec explain`
shows: `3*3*192*96 + 96`.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import NamedTuple, TypeAlias


class Share(int):
    """A number divided by another: a group's channels. It counts as the quotient and is written `192/32`."""

    whole: int
    parts: int

    def __new__(cls, whole: int, parts: int) -> Share:
        self = super().__new__(cls, whole // parts)
        self.whole, self.parts = whole, parts
        return self

    def __str__(self) -> str:
        return f"{self.whole}/{self.parts}"


Sum: TypeAlias = tuple["Product", ...]
Factor: TypeAlias = "int | Sum"


class Product(NamedTuple):
    """Factors; and what they are done for, which is written before them: the positions of the output."""

    factors: tuple[Factor, ...]
    times: tuple[int, ...] = ()


class WeightTerms(NamedTuple):
    """The sum of what a layer learns, and of what it keeps without learning."""

    trainable: Sum = ()
    non_trainable: Sum = ()


def product(*factors: Factor, times: Sequence[int] = ()) -> Product:
    """`product(3, 3, 192, 96)`; a factor may be a sum, whose value is one of the numbers that are multiplied."""
    return Product(factors, tuple(times))


def evaluate(terms: Sum) -> int:
    """What the sum comes to."""
    total = 0
    for factors, times in terms:
        value = prod(times)
        for factor in factors:
            value *= evaluate(factor) if isinstance(factor, tuple) else factor
        total += value
    return total


def write(terms: Sum) -> str:
    """The sum in digits: `14*14 * 3*3*192*96`."""
    return " + ".join(map(_write_product, terms))


def _write_product(term: Product) -> str:
    factors = "*".join(f"({write(factor)})" if isinstance(factor, tuple) else str(factor) for factor in term.factors)
    return f"{'*'.join(map(str, term.times))} * {factors}" if term.times else factors
