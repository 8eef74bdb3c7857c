"""What expressions compute with: operators, functions, and the bounds of what comes of them.

Whatever is wrong is raised as an ExpressionError that does not know its place yet; `evaluation` adds it.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias, TypeGuard

from netspec.diagnostics.words import show
from netspec.expressions.errors import ExpressionError
from netspec.expressions.limits import MAX_DEPTH, MAX_ITEMS, MAX_NUMBER

Number: TypeAlias = int | float
# What a spec can say, its expressions worked out: what JSON can. Expressions make no maps and no null, and may be handed them.
Value: TypeAlias = "bool | int | float | str | list[Value] | dict[str, Value] | None"


def is_number(value: object) -> TypeGuard[Number]:
    """Is it a number? True and false are none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def operand(value: Value, sign: str) -> Number:
    """The value, which must be a number."""
    if not is_number(value):
        raise ExpressionError(f"`{sign}` works on numbers, not on {show(value)}", "NS503")
    return value


def bounded(value: Number | complex) -> Number:
    """A number that was computed, which must be one that a spec may hold."""
    if isinstance(value, complex) or (isinstance(value, float) and not math.isfinite(value)):
        raise ExpressionError("the result is not a finite real number", "NS503")
    if abs(value) > MAX_NUMBER:
        raise ExpressionError(f"the result, {show(value)}, is beyond 2**53", "NS503")
    return value


def bounded_list(values: list[Value]) -> list[Value]:
    """A list that was made, which must not have grown beyond bounds by lists that hold lists."""
    left, level = MAX_ITEMS, [values]
    for _ in range(MAX_DEPTH):
        inner: list[list[Value]] = []
        for items in level:
            left -= len(items)
            inner += [item for item in items if type(item) is list]
        if not inner:
            return values
        if left < 0:
            raise ExpressionError(f"a list of lists holds more than {MAX_ITEMS:,} values in all", "NS503")
        level = inner
    raise ExpressionError(f"lists are nested deeper than {MAX_DEPTH} levels", "NS503")


def _calculation(sign: str, compute: Callable[[Number, Number], Number | complex]) -> Callable[[Value, Value], Number]:
    """An operator as a function of any two values, with all that can go wrong checked."""
    divides = sign in ("/", "//", "%")

    def calculate(a: Value, b: Value) -> Number:
        # Asked by type first: nearly every value is a plain number, and a network may compute a million.
        if type(a) is not int and type(a) is not float:
            a = operand(a, sign)
        if type(b) is not int and type(b) is not float:
            b = operand(b, sign)
        if divides and b == 0:
            raise ExpressionError(f"{show(a)} {sign} {show(b)} divides by zero", "NS503")
        value = compute(a, b)
        return value if type(value) is int and -MAX_NUMBER <= value <= MAX_NUMBER else bounded(value)

    return calculate


def _power(base: Number, exponent: Number) -> Number | complex:
    if base == 0 and exponent < 0:
        raise ExpressionError(f"{show(base)} ** {show(exponent)} divides by zero", "NS503")
    # Bounded before it is computed: 9 ** 9 ** 9 has 370 million digits.
    if base and exponent * math.log2(abs(base)) > 64:
        raise ExpressionError(f"{show(base)} ** {show(exponent)} is beyond 2**53", "NS503")
    power: Number | complex = base**exponent
    return power


def _comparison(sign: str, compare: Callable[[Number, Number], bool]) -> Callable[[Value, Value], bool]:
    def compared(a: Value, b: Value) -> bool:
        if type(a) is not int and type(a) is not float:
            a = operand(a, sign)
        if type(b) is not int and type(b) is not float:
            b = operand(b, sign)
        return compare(a, b)

    return compared


ARITHMETIC: Mapping[str, Callable[[Value, Value], Number]] = {
    "+": _calculation("+", operator.add),
    "-": _calculation("-", operator.sub),
    "*": _calculation("*", operator.mul),
    "/": _calculation("/", operator.truediv),
    "//": _calculation("//", operator.floordiv),
    "%": _calculation("%", operator.mod),
    "**": _calculation("**", _power),
}
COMPARISONS: Mapping[str, Callable[[Value, Value], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": _comparison("<", operator.lt),
    "<=": _comparison("<=", operator.le),
    ">": _comparison(">", operator.gt),
    ">=": _comparison(">=", operator.ge),
}


def item(values: Value, index: Value) -> Value:
    """`values[index]`."""
    if type(values) is list and type(index) is int and -len(values) <= index < len(values):
        return values[index]
    if not isinstance(values, list):
        raise ExpressionError(f"{show(values)} is not a list and has no item [{show(index)}]", "NS503")
    if not is_number(index) or index != index // 1:
        raise ExpressionError(f"an index is a whole number, not {show(index)}", "NS503")
    if not -len(values) <= index < len(values):
        raise ExpressionError(f"index {show(int(index))} is outside a list of {len(values)}", "NS503")
    return values[int(index)]


_PLAIN = frozenset({int, float})


def _numbers(name: str, values: Sequence[Value]) -> Sequence[Number]:
    """The numbers that a function is given one by one or as a list."""
    items = values[0] if len(values) == 1 and isinstance(values[0], list) else values
    if not items:
        raise ExpressionError(f"{name}() needs at least one value", "NS503")
    if _PLAIN.issuperset(map(type, items)):  # asked by type first, as in calculations
        return items  # type: ignore[return-value]
    return [operand(each, name) for each in items]


def _rounding(name: str, function: Callable[[Number], int]) -> Callable[[Value], int]:
    def rounded(value: Value) -> int:
        return int(bounded(function(operand(value, name))))

    return rounded


def _whole(name: str, value: Value) -> int:
    """A whole number that a function is given."""
    number = operand(value, name)
    if number != number // 1:
        raise ExpressionError(f"{name}() takes whole numbers, not {show(value)}", "NS503")
    return int(bounded(number))


def _range(*bounds: Value) -> list[Value]:
    """The whole numbers up to a bound, or from one up to another, in steps."""
    whole = [_whole("range", each) for each in bounds]
    if len(whole) == 3 and whole[2] == 0:
        raise ExpressionError("range() takes no steps of 0", "NS503")
    numbers = range(*whole)
    if len(numbers) > MAX_ITEMS:
        raise ExpressionError(
            f"range() would make {len(numbers):,} numbers, and a list holds at most {MAX_ITEMS:,}", "NS503"
        )
    return list(numbers)


def _log(value: Value, base: Value = math.e) -> float:
    """The logarithm, natural or to a base."""
    number, to = operand(value, "log"), operand(base, "log")
    if number <= 0:
        raise ExpressionError(f"log() takes a number greater than 0, not {show(value)}", "NS503")
    if to <= 0 or to == 1:
        raise ExpressionError(f"log() takes a base greater than 0 other than 1, not {show(base)}", "NS503")
    if base is math.e:
        return math.log(number)
    return math.log2(number) if to == 2 else math.log10(number) if to == 10 else math.log(number) / math.log(to)


def _list(name: str, value: Value) -> list[Value]:
    if not isinstance(value, list):
        raise ExpressionError(f"{name}() takes a list, not {show(value)}", "NS503")
    return value


def _sorted(value: Value) -> list[Value]:
    return [*sorted(operand(each, "sorted") for each in _list("sorted", value))]


def _plain(name: str, value: Value) -> list[Value]:
    """A list of numbers and texts, of which one tells quickly whether they are alike."""
    items = _list(name, value)
    odd = next((each for each in items if isinstance(each, (list, dict))), None)
    if odd is not None:
        raise ExpressionError(f"{name}() takes a list of numbers or texts, not of {show(odd)}", "NS503")
    return items


def _unique(value: Value) -> list[Value]:
    """The values of a list, each once, in the order in which they come first."""
    return list({(isinstance(each, bool), each): each for each in _plain("unique", value)}.values())  # 1 is not true


def _count(values: Value, wanted: Value) -> int:
    """How often a list holds a value."""
    truth = isinstance(wanted, bool)
    return sum(1 for each in _plain("count", values) if each == wanted and isinstance(each, bool) is truth)


def text_of(value: Value) -> str:
    """A value as part of a text: a text, or a whole number."""
    if isinstance(value, str):
        return value
    if is_number(value) and value == value // 1:
        return str(int(bounded(value)))
    raise ExpressionError(f"a text is built of texts and whole numbers, not of {show(value)}", "NS503")


def _make_divisible(value: Value, divisor: Value) -> int:
    """The multiple of `divisor` nearest to `value`, at least one and never less than nine tenths of `value`.

    Source: the slim implementation of MobileNet (arXiv 1801.04381), taken over by MobileNetV3 and EfficientNet.
    """
    name = "make_divisible"
    number, whole = operand(value, name), operand(divisor, name)
    if whole < 1 or whole != whole // 1:
        raise ExpressionError(f"make_divisible() takes a whole number of at least 1, not {show(divisor)}", "NS503")
    step = int(whole)
    nearest = max(step, int(number + step / 2) // step * step)
    return int(bounded(nearest + step if nearest < 0.9 * number else nearest))


class Function(NamedTuple):
    """A function that expressions may call, with at least and at most so many values."""

    call: Callable[..., Value]
    least: int = 1
    most: int = 1
    wanted: str = "1 value"


FUNCTIONS: Mapping[str, Function] = {
    "min": Function(lambda *values: min(_numbers("min", values)), 1, MAX_ITEMS, "at least 1 value"),
    "max": Function(lambda *values: max(_numbers("max", values)), 1, MAX_ITEMS, "at least 1 value"),
    "abs": Function(lambda value: abs(operand(value, "abs"))),
    "round": Function(_rounding("round", round)),
    "floor": Function(_rounding("floor", math.floor)),
    "ceil": Function(_rounding("ceil", math.ceil)),
    "int": Function(_rounding("int", int)),
    "len": Function(lambda value: len(_list("len", value))),
    "sum": Function(lambda value: bounded(sum(_numbers("sum", (value,))))),
    "make_divisible": Function(_make_divisible, 2, 2, "2 values"),
    "log": Function(_log, 1, 2, "1 or 2 values"),
    "range": Function(_range, 1, 3, "1 to 3 values"),
    "sorted": Function(_sorted),
    "unique": Function(_unique),
    "count": Function(_count, 2, 2, "2 values"),
}
