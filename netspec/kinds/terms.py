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
    name: str = ""  # of the tensor of weights that it counts, if it is one
    shape: tuple[int, ...] | None = None  # of that tensor, where the factors are not it


class WeightTerms(NamedTuple):
    """The sum of what a layer learns, and of what it keeps without learning."""

    trainable: Sum = ()
    non_trainable: Sum = ()


class WeightTensor(NamedTuple):
    """One tensor of a layer's weights, by the name that Keras has for it in the layer."""

    name: str
    shape: tuple[int, ...]
    trainable: bool = True


def product(
    *factors: Factor, times: Sequence[int] = (), name: str = "", shape: tuple[int, ...] | None = None
) -> Product:
    """`product(3, 3, 192, 96)`; a factor may be a sum, whose value is one of the numbers that are multiplied.

    Args:
        factors: Numbers or sums.
        times: What they are done for.
        name: Of the tensor of weights that is counted, if it is one.
        shape: Of that tensor, where it is written otherwise.
    """
    return Product(factors, tuple(times), name, shape)


def tensors_of(terms: WeightTerms) -> tuple[WeightTensor, ...]:
    """The tensors that the products of a layer's weights count; one without a name is called by its place."""
    found: list[WeightTensor] = []
    for trainable, products in ((True, terms.trainable), (False, terms.non_trainable)):
        for each in products:
            shape = each.shape
            if shape is None:
                shape = tuple(evaluate(part) if isinstance(part, tuple) else int(part) for part in each.factors)
            found.append(WeightTensor(each.name or f"weight_{len(found) + 1}", shape, trainable))
    return tuple(found)


def evaluate(terms: Sum) -> int:
    """What the sum comes to."""
    total = 0
    for factors, times, _, _ in terms:
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
