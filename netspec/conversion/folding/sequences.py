"""Long lists of numbers as the expressions that list them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from math import isqrt

_LEAST = 9  # numbers that are worth an expression
_RUNS = 4  # of equal numbers, beyond which a list is no table of few steps

Numbers = Sequence[float]


def listed(values: Sequence[object]) -> str | None:
    """An expression for a list; None where there is none that is simple.

    Args:
        values: What the expression gives, number for number.
    """
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    if len(numbers) < max(_LEAST, len(values)) or len(set(numbers)) == 1:
        return None
    return next((text for rule in _RULES for text in rule(numbers)), None)


def _steps(numbers: Numbers) -> Iterator[str]:
    """A few runs of equal numbers."""
    ends = [index for index, (one, other) in enumerate(pairwise(numbers), 1) if one != other]
    if len(ends) < _RUNS:
        words = "".join(f"{_number(numbers[end - 1])} if $i < {end} else " for end in ends)
        yield f"[{words}{_number(numbers[-1])} for i in range({len(numbers)})]"


def _grid(numbers: Numbers) -> Iterator[str]:
    """A sum of the row and the column, of as many columns as there are numbers before the step is another."""
    step = numbers[1] - numbers[0]
    width = next((index for index, (a, b) in enumerate(pairwise(numbers), 1) if b - a != step), len(numbers))
    row = numbers[width] - numbers[0] if width < len(numbers) else 0
    if len(numbers) % width == 0 and all(
        value == numbers[0] + row * (i // width) + step * (i % width) for i, value in enumerate(numbers)
    ):
        across = _term(step, "$i" if width == len(numbers) else f"$i % {width}")
        text = f"{_number(numbers[0])}{_term(row, f'$i // {width}')}{across}"
        yield f"[{text.removeprefix('0 + ')} for i in range({len(numbers)})]"


def _diagonal(numbers: Numbers) -> Iterator[str]:
    """One number at each so many places, another elsewhere: an identity matrix."""
    places = [index for index, value in enumerate(numbers) if value == numbers[0]]
    if len(places) > 1 and len(set(numbers)) == 2:
        period, other = places[1], next(value for value in numbers if value != numbers[0])
        if places == list(range(0, len(numbers), period)):
            word = f"{_number(numbers[0])} if $i % {period} == 0 else {_number(other)}"
            yield f"[{word} for i in range({len(numbers)})]"


def _triangle(numbers: Numbers) -> Iterator[str]:
    """The places of a square matrix that lie on one side of its diagonal."""
    compared: dict[str, Callable[[int, int], bool]] = {
        "<": lambda column, row: column < row,
        "<=": lambda column, row: column <= row,
        ">": lambda column, row: column > row,
        ">=": lambda column, row: column >= row,
    }
    for sign, holds in compared.items():
        size = isqrt(2 * len(numbers)) + (len(sign) == 1)
        if list(numbers) == [each for each in range(size * size) if holds(each % size, each // size)]:
            yield f"[$i for i in range({size * size}) if $i % {size} {sign} $i // {size}]"


_RULES = (_steps, _grid, _diagonal, _triangle)


def _number(value: float) -> str:
    return repr(int(value) if value == int(value) else value)


def _term(factor: float, word: str) -> str:
    """A summand behind others."""
    if factor == 0:
        return ""
    size = "" if abs(factor) == 1 else f"{_number(abs(factor))} * "
    return f" {'-' if factor < 0 else '+'} {size}{word if not size or ' ' not in word else f'({word})'}"
