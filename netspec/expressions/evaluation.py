"""From tree to value: a tree becomes nested closures, which are called as often as the value is wanted.

A closure that raises says which part of the expression is at fault. It costs nothing as long as nothing is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, assert_never

from netspec.diagnostics.words import show
from netspec.expressions.errors import ExpressionError
from netspec.expressions.functions import (
    ARITHMETIC,
    COMPARISONS,
    FUNCTIONS,
    Value,
    bounded,
    bounded_list,
    is_number,
    item,
    operand,
)
from netspec.expressions.tree import (
    Arithmetic,
    Call,
    Comparison,
    Conditional,
    Display,
    Group,
    Indexing,
    Literal,
    Logic,
    Name,
    Part,
    Unary,
)

Lookup: TypeAlias = Callable[[str], Value]
Run: TypeAlias = Callable[[Lookup], Value]


def compiled(part: Part) -> Run:
    """What works a part of an expression out, given the values of its names."""
    if isinstance(part, Name):
        return _name(part)
    if isinstance(part, Literal):
        value = part.value
        return lambda look: value
    if isinstance(part, Arithmetic):
        return _arithmetic(part)
    if isinstance(part, Group):
        return compiled(part.inner)
    if isinstance(part, Indexing):
        return _indexing(part)
    if isinstance(part, Comparison):
        return _comparison(part)
    if isinstance(part, Conditional):
        then, test, other = compiled(part.then), _test(part.test), compiled(part.other)
        return lambda look: then(look) if test(look) else other(look)
    if isinstance(part, Logic):
        return _logic(part)
    if isinstance(part, Unary):
        return _unary(part)
    if isinstance(part, Call):
        return _call(part)
    if isinstance(part, Display):
        return _display(part)
    assert_never(part)


def _name(part: Name) -> Run:
    name = part.name

    def run(look: Lookup) -> Value:
        try:
            return look(name)
        except ExpressionError as error:
            error.part = (part.start, part.end)
            raise

    return run


def _test(part: Part) -> Run:
    """The same with a check that the value is true or false, where it might be something else."""
    value = compiled(part)
    if isinstance(part, (Comparison, Logic)):
        return value

    def run(look: Lookup) -> Value:
        found = value(look)
        if found is True or found is False:
            return found
        raise ExpressionError(f"{show(found)} is neither true nor false", "NS503", (part.start, part.end))

    return run


def _logic(part: Logic) -> Run:
    tests = [_test(each) for each in part.operands]
    decided = part.word == "or"  # by the first operand that is this, whatever follows

    def run(look: Lookup) -> Value:
        for test in tests:
            if test(look) is decided:
                return decided
        return not decided

    return run


def _unary(part: Unary) -> Run:
    if part.sign == "not":
        test = _test(part.operand)
        return lambda look: not test(look)
    sign, value = part.sign, compiled(part.operand)

    def run(look: Lookup) -> Value:
        found = value(look)
        try:
            return bounded(-operand(found, sign) if sign == "-" else operand(found, sign))
        except ExpressionError as error:
            error.part = (part.operand.start, part.operand.end)
            raise

    return run


# A chain of operators is one closure over a list, not a closure in a closure for each: however long it is, it is
# evaluated without recursion.


def _arithmetic(part: Arithmetic) -> Run:
    first = compiled(part.first)
    rest = [(ARITHMETIC[operation.sign], compiled(operation.operand), operation) for operation in part.rest]

    def run(look: Lookup) -> Value:
        left = first(look)
        for calculate, operand_run, operation in rest:
            right = operand_run(look)
            try:
                left = calculate(left, right)
            except ExpressionError as error:
                error.part = _culprit((left, part.first), (right, operation.operand)) or (part.start, operation.end)
                raise
        return left

    return run


def _comparison(part: Comparison) -> Run:
    first = compiled(part.first)
    rest = [(COMPARISONS[operation.sign], compiled(operation.operand), operation) for operation in part.rest]

    def run(look: Lookup) -> bool:
        left = first(look)
        for compare, operand_run, operation in rest:
            right = operand_run(look)
            try:
                if not compare(left, right):
                    return False
            except ExpressionError as error:
                at = part.rest.index(operation)
                before = part.rest[at - 1].operand if at else part.first
                error.part = _culprit((left, before), (right, operation.operand))
                raise
            left = right
        return True

    return run


def _culprit(*operands: tuple[Value, Part]) -> tuple[int, int] | None:
    """Where the first operand stands that is no number."""
    return next(((part.start, part.end) for value, part in operands if not is_number(value)), None)


def _indexing(part: Indexing) -> Run:
    values = compiled(part.value)
    subscripts = [(compiled(subscript.position), subscript) for subscript in part.subscripts]

    def run(look: Lookup) -> Value:
        value, end = values(look), part.value.end
        for index_run, subscript in subscripts:
            index = index_run(look)
            try:
                value = item(value, index)
            except ExpressionError as error:
                chosen = subscript.position
                error.part = (chosen.start, chosen.end) if isinstance(value, list) else (part.start, end)
                raise
            end = subscript.end
        return value

    return run


def _display(part: Display) -> Run:
    items = [compiled(each) for each in part.items]

    def run(look: Lookup) -> list[Value]:
        values = [each(look) for each in items]
        try:
            return bounded_list(values)
        except ExpressionError as error:
            error.part = (part.start, part.end)
            raise

    return run


def _call(part: Call) -> Run:
    function = FUNCTIONS[part.function].call
    arguments = [compiled(each) for each in part.arguments]

    def run(look: Lookup) -> Value:
        values = [each(look) for each in arguments]
        try:
            return function(*values)
        except ExpressionError as error:
            given = [pair for pair in zip(values, part.arguments, strict=True) if not isinstance(pair[0], list)]
            error.part = _culprit(*given) or (part.start, part.end)
            raise

    return run
