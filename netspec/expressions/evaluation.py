"""From tree to value: a tree becomes nested closures, which are called as often as the value is wanted.

A closure that raises says which part of the expression is at fault. It costs nothing as long as nothing is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, assert_never

from netspec.diagnostics.words import show
from netspec.expressions.errors import ExpressionError, UnknownNameError
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
    text_of,
)
from netspec.expressions.limits import MAX_GATHERED, MAX_ITEMS, MAX_ROUNDS
from netspec.expressions.tree import (
    Arithmetic,
    Call,
    Comparison,
    Comprehension,
    Conditional,
    Display,
    Group,
    Indexing,
    Literal,
    Logic,
    Name,
    Part,
    Text,
    Unary,
)
from netspec.expressions.written import Written

Lookup: TypeAlias = Callable[[str], Value]
Run: TypeAlias = Callable[[Lookup], Value]
Spend: TypeAlias = Callable[[int], None]


class Effort:
    """What the `for` of one expression may still do, and who counts it beside.

    Args:
        spend: Is told how many characters are worked out again.
    """

    __slots__ = ("items", "rounds", "spend")

    def __init__(self, spend: Spend | None) -> None:
        self.rounds = MAX_ROUNDS
        self.items = MAX_GATHERED
        self.spend = spend

    def round(self, cost: int) -> None:
        """Count one value that a `for` goes through; raises ExpressionError."""
        self.rounds -= 1
        if self.rounds < 0:
            raise ExpressionError(f"`for` goes through more than {MAX_ROUNDS:,} values in all", "NS503")
        if self.spend is not None:
            self.spend(cost)

    def gather(self, items: list[Value]) -> None:
        """Count the items of a list that a round reads or makes; raises ExpressionError."""
        size, stack = 0, [items]
        while stack:
            each = stack.pop()
            size += len(each)
            stack += [item for item in each if type(item) is list]
        self.items -= size
        if self.items < 0:
            raise ExpressionError(f"`for` reads lists with more than {MAX_GATHERED:,} items together", "NS503")
        if self.spend is not None:
            self.spend(size)


class Scope:
    """What the names of an expression with `for` stand for: its variables, then what is known around it."""

    __slots__ = ("effort", "look", "name", "value")

    def __init__(self, look: Lookup, effort: Effort, name: str = "", value: Value = None) -> None:
        self.look = look
        self.effort = effort
        self.name = name
        self.value = value

    def __call__(self, name: str) -> Value:
        """The value of a name."""
        try:
            value = self.value if name == self.name else self.look(name)
        except UnknownNameError as error:
            raise UnknownNameError(name, [self.name, *error.known] if self.name else error.known) from None
        if type(value) is list:
            self.effort.gather(value)
        return value


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
    if isinstance(part, Comprehension):
        return _comprehension(part)
    if isinstance(part, Text):
        return _text(part)
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


def _comprehension(part: Comprehension) -> Run:
    gather, item = compiled(part.values), compiled(part.item)
    test = None if part.test is None else _test(part.test)
    name, written = part.variable.name, part.values
    cost = part.end - part.start

    def run(look: Lookup) -> list[Value]:
        assert isinstance(look, Scope)
        values = gather(look)
        if not isinstance(values, list):
            message = f"`for` goes through a list, not through {show(values)}"
            raise ExpressionError(message, "NS503", (written.start, written.end))
        effort, found = look.effort, []
        try:
            for value in values:
                try:
                    effort.round(cost)
                except ExpressionError as error:
                    error.part = (part.start, part.end)
                    raise
                inner = Scope(look, effort, name, value)
                if test is None or test(inner):
                    found.append(item(inner))
            return bounded_list(found)
        except ExpressionError as error:
            error.part = error.part or (part.start, part.end)
            raise

    return run


def _text(part: Text) -> Run:
    parts = [(compiled(each), each) for each in part.parts]

    def run(look: Lookup) -> str:
        built = []
        for value, written in parts:
            found = value(look)
            try:
                built.append(text_of(found))
            except ExpressionError as error:
                error.part = (written.start, written.end)
                raise
        if sum(map(len, built)) > MAX_ITEMS:
            raise ExpressionError(f"the text has more than {MAX_ITEMS:,} characters", "NS503", (part.start, part.end))
        first, rest = built[0], "".join(built[1:])
        return first.followed(rest) if isinstance(first, Written) else first + rest

    return run


def _call(part: Call) -> Run:
    function = FUNCTIONS[part.function].call
    arguments = [compiled(each) for each in part.arguments]
    makes_list = part.function in ("range", "sorted", "unique")

    def run(look: Lookup) -> Value:
        values = [each(look) for each in arguments]
        try:
            result = function(*values)
            if makes_list and isinstance(look, Scope) and isinstance(result, list):
                look.effort.gather(result)
            return result
        except ExpressionError as error:
            given = [pair for pair in zip(values, part.arguments, strict=True) if not isinstance(pair[0], list)]
            error.part = _culprit(*given) or (part.start, part.end)
            raise

    return run
