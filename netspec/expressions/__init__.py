"""The `$`-expressions of a spec: a small grammar and an evaluator that cannot run away.

Grammar, loosest first::

    choice  := or ['if' or 'else' choice]
    or      := and ('or' and)*
    and     := not ('and' not)*
    not     := 'not' not | compare
    compare := sum (('==' | '!=' | '<' | '<=' | '>' | '>=') sum)*
    sum     := product (('+' | '-') product)*
    product := unary (('*' | '/' | '//' | '%') unary)*
    unary   := ('-' | '+') unary | power
    power   := postfix ['**' unary]
    postfix := atom ('[' choice ']')*
    atom    := number | text | 'true' | 'false' | '$'name | function '(' list ')' | '(' choice ')' | '[' list ']'

An expression compiles to nested closures. Text, numbers and lists are bounded, so that no expression takes
noticeable time or memory whatever it says.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from netspec.diagnostics.words import did_you_mean, show

MAX_LENGTH = 1_000  # characters; the longest expression in the zoo has 60
MAX_DEPTH = 50  # nested brackets and signs
MAX_NUMBER = 2**53  # what a spec's own numbers are bounded by
MAX_ITEMS = 10_000  # items of a list

Value = Any  # int, float, bool, str or a list of them
Lookup = Callable[[str], Value]


class ExpressionError(Exception):
    """What is wrong with an expression; `code` is NS501 (syntax), NS502 (unknown name) or NS503 (evaluation)."""

    def __init__(self, message: str, code: str = "NS501") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


_NAME = re.compile(r"\$[A-Za-z_]")
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)
      | (?P<name>\$[A-Za-z_][A-Za-z0-9_]*)
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<text>'[^']*'|"[^"]*")
      | (?P<sign>\*\*|//|==|!=|<=|>=|[-+*/%<>()\[\],])
    )""",
    re.VERBOSE,
)


def is_expression(text: str) -> bool:
    """Does the text hold a `$name`?"""
    return "$" in text and _NAME.search(text) is not None


class Expression:
    """A compiled expression; `names` are the `$names` that it reads."""

    __slots__ = ("_run", "names", "text")

    def __init__(self, text: str, names: tuple[str, ...], run: Callable[[Lookup], Value]) -> None:
        self.text = text
        self.names = names
        self._run = run

    def evaluate(self, lookup: Lookup) -> Value:
        """The value; `lookup` gives the value of a name and raises ExpressionError for one that it does not know."""
        try:
            return self._run(lookup)
        except (TypeError, ValueError, ArithmeticError, IndexError) as error:
            raise ExpressionError(f"cannot be worked out: {error}", "NS503") from None

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"


_CACHE: dict[str, Expression] = {}


def parse(text: str) -> Expression:
    """Compile; raises ExpressionError. The same text is compiled once."""
    found = _CACHE.get(text)
    if found is None:
        if len(text) > MAX_LENGTH:
            raise ExpressionError(f"the expression is longer than {MAX_LENGTH:,} characters")
        if len(_CACHE) > 10_000:
            _CACHE.clear()
        found = _CACHE[text] = _Parser(text).expression()
    return found


def unknown_name(name: str, known: list[str]) -> ExpressionError:
    """The error that a lookup raises."""
    known = list(dict.fromkeys(known))
    some = ", ".join(f"`${each}`" for each in known[:6]) + (", …" if len(known) > 6 else "")
    hint = did_you_mean(name, known, "`${}`") or (f"; there are {some}" if known else "")
    return ExpressionError(f"`${name}` is not known here{hint}", "NS502")


Run = Callable[[Lookup], Value]


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str]] = []
        self.names: dict[str, None] = {}
        self.at = 0
        self.depth = 0
        position = 0
        while position < len(text.rstrip()):
            match = _TOKEN.match(text, position)
            if match is None:
                raise _strange(text[position:].lstrip()[:1])
            kind = match.lastgroup or ""
            self.tokens.append((kind, match.group(kind)))
            position = match.end()
        self.tokens.append(("end", ""))

    def expression(self) -> Expression:
        run = self.choice()
        if self.tokens[self.at][0] != "end":
            raise ExpressionError(
                f"{show(self.tokens[self.at][1])} is not expected after {show(self.tokens[self.at - 1][1])}"
            )
        return Expression(self.text, tuple(self.names), run)

    def take(self, *values: str) -> str | None:
        kind, value = self.tokens[self.at]
        if kind in ("sign", "word") and value in values:
            self.at += 1
            return value
        return None

    def need(self, value: str) -> None:
        if self.take(value) is None:
            found = self.tokens[self.at][1]
            raise ExpressionError(f"{show(value)} is missing" + (f" before {show(found)}" if found else " at the end"))

    def nested(self, rule: Callable[[], Run]) -> Run:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ExpressionError(f"the expression is nested deeper than {MAX_DEPTH} levels")
        run = rule()
        self.depth -= 1
        return run

    def choice(self) -> Run:
        then = self.nested(self.either)
        if self.take("if") is None:
            return then
        test = self.either()
        self.need("else")
        other = self.nested(self.choice)
        return lambda look: then(look) if _truth(test(look)) else other(look)

    # A chain of operators becomes one closure over a list, not a closure in a closure for each: however long it is, it
    # is evaluated without recursion.

    def either(self) -> Run:
        parts = [self.both()]
        while self.take("or"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else lambda look: any(_truth(part(look)) for part in parts)

    def both(self) -> Run:
        parts = [self.negation()]
        while self.take("and"):
            parts.append(self.negation())
        return parts[0] if len(parts) == 1 else lambda look: all(_truth(part(look)) for part in parts)

    def negation(self) -> Run:
        if self.take("not"):
            inner = self.nested(self.negation)
            return lambda look: not _truth(inner(look))
        return self.comparison()

    def comparison(self) -> Run:
        first = self.total()
        rest: list[tuple[Callable[[Any, Any], bool], Run]] = []
        while sign := self.take("==", "!=", "<", "<=", ">", ">="):
            rest.append((_COMPARE[sign], self.total()))
        if not rest:
            return first

        def run(look: Lookup) -> bool:
            left = first(look)
            for compare, right_run in rest:
                right = right_run(look)
                if not compare(left, right):
                    return False
                left = right
            return True

        return run

    def total(self) -> Run:
        first = self.product()
        rest: list[tuple[str, Run]] = []
        while sign := self.take("+", "-"):
            rest.append((sign, self.product()))
        return _chain(first, rest) if rest else first

    def product(self) -> Run:
        first = self.unary()
        rest: list[tuple[str, Run]] = []
        while sign := self.take("*", "/", "//", "%"):
            rest.append((sign, self.unary()))
        return _chain(first, rest) if rest else first

    def unary(self) -> Run:
        sign = self.take("-", "+")
        if sign is None:
            return self.power()
        inner = self.nested(self.unary)
        return lambda look: _number(-_operand(inner(look), sign) if sign == "-" else _operand(inner(look), sign))

    def power(self) -> Run:
        base = self.postfix()
        if self.take("**") is None:
            return base
        return _chain(base, [("**", self.nested(self.unary))])

    def postfix(self) -> Run:
        run = self.atom()
        indices: list[Run] = []
        while self.take("["):
            indices.append(self.nested(self.choice))
            self.need("]")
        return _index(run, indices) if indices else run

    def atom(self) -> Run:
        kind, value = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            number = _number(int(value) if value.isdigit() else float(value))
            return lambda look: number
        if kind == "text":
            return lambda look: value[1:-1]
        if kind == "name":
            name = value[1:]
            self.names[name] = None
            return lambda look: look(name)
        if kind == "word":
            if value in ("true", "True", "false", "False"):
                truth = value in ("true", "True")
                return lambda look: truth
            if value in _FUNCTIONS:
                self.need("(")
                return _call(value, self.items(")"))
            if self.tokens[self.at] == ("sign", "("):
                raise ExpressionError(f"there is no function {show(value)}{did_you_mean(value, tuple(_FUNCTIONS))}")
            raise ExpressionError(
                f"{show(value)} is not expected here; a param is written `${value}`, a text '{value}' in quotes"
            )
        if value == "(":
            run = self.nested(self.choice)
            self.need(")")
            return run
        if value == "[":
            items = self.items("]")
            return lambda look: [item(look) for item in items]
        before = self.tokens[self.at - 2][1] if self.at > 1 else ""
        where = f" after {show(before)}" if before else ""
        raise ExpressionError(
            f"a value is missing{where}" if kind == "end" else f"{show(value)} is not expected{where}"
        )

    def items(self, closing: str) -> list[Run]:
        found: list[Run] = []
        if self.take(closing):
            return found
        while True:
            found.append(self.nested(self.choice))
            if self.take(closing):
                return found
            self.need(",")


def _strange(character: str) -> ExpressionError:
    if character in "'\"":
        return ExpressionError("a closing quote is missing")
    hint = "; equality is `==`" if character == "=" else ""
    return ExpressionError(f"{show(character)} has no place in an expression{hint}")


def _truth(value: Value) -> bool:
    if not isinstance(value, bool):
        raise ExpressionError(f"{show(value)} is neither true nor false", "NS503")
    return value


def _operand(value: Value, sign: str) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ExpressionError(f"`{sign}` works on numbers, not on {show(value)}", "NS503")
    return value


def _number(value: Any) -> Any:
    if isinstance(value, complex) or (isinstance(value, float) and not math.isfinite(value)):
        raise ExpressionError("the result is not a finite real number", "NS503")
    if abs(value) > MAX_NUMBER:
        raise ExpressionError(f"the result, {show(value)}, is beyond 2**53", "NS503")
    return value


def _power(base: Any, exponent: Any) -> Any:
    if base == 0 and exponent < 0:
        raise ExpressionError(f"{show(base)} ** {show(exponent)} divides by zero", "NS503")
    # Bounded before it is computed: 9 ** 9 ** 9 has 370 million digits.
    if base and exponent * math.log2(abs(base)) > 64:
        raise ExpressionError(f"{show(base)} ** {show(exponent)} is beyond 2**53", "NS503")
    return base**exponent


_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": _power,
}


def _chain(first: Run, rest: list[tuple[str, Run]]) -> Run:
    """Operators of one rank, from left to right."""
    steps = [(sign, _ARITHMETIC[sign], right) for sign, right in rest]

    def run(look: Lookup) -> Value:
        value = first(look)
        for sign, compute, right in steps:
            a, b = _operand(value, sign), _operand(right(look), sign)
            if b == 0 and sign in ("/", "//", "%"):
                raise ExpressionError(f"{show(a)} {sign} {show(b)} divides by zero", "NS503")
            value = _number(compute(a, b))
        return value

    return run


def _ordered(compare: Callable[[Any, Any], bool], sign: str) -> Callable[[Any, Any], bool]:
    def run(a: Any, b: Any) -> bool:
        return compare(_operand(a, sign), _operand(b, sign))

    return run


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": _ordered(operator.lt, "<"),
    "<=": _ordered(operator.le, "<="),
    ">": _ordered(operator.gt, ">"),
    ">=": _ordered(operator.ge, ">="),
}


def _index(run: Run, indices: list[Run]) -> Run:
    def indexed(look: Lookup) -> Value:
        value = run(look)
        for at in indices:
            index = at(look)
            if not isinstance(value, list):
                raise ExpressionError(f"{show(value)} is not a list, so [{show(index)}] picks nothing", "NS503")
            if isinstance(index, bool) or not isinstance(index, (int, float)) or index != index // 1:
                raise ExpressionError(f"an index is a whole number, not {show(index)}", "NS503")
            if not -len(value) <= index < len(value):
                raise ExpressionError(f"index {show(int(index))} is outside a list of {len(value)}", "NS503")
            value = value[int(index)]
        return value

    return indexed


def _rounded(function: Callable[[Any], int]) -> Callable[..., Any]:
    return lambda value: _number(function(_operand(value, function.__name__)))


def _flat(name: str, values: tuple[Value, ...]) -> list[Any]:
    items = values[0] if len(values) == 1 and isinstance(values[0], list) else list(values)
    if not items:
        raise ExpressionError(f"{name}() needs at least one value", "NS503")
    return [_operand(item, name) for item in items]


def _len(value: Value) -> int:
    if not isinstance(value, list):
        raise ExpressionError(f"len() takes a list, not {show(value)}", "NS503")
    return len(value)


def _make_divisible(value: Value, divisor: Value) -> int:
    """The multiple of `divisor` nearest to `value`, at least one and never less than nine tenths of `value`.

    Source: the slim implementation of MobileNet (arXiv 1801.04381), taken over by MobileNetV3 and EfficientNet.
    """
    name = "make_divisible"
    value, divisor = _operand(value, name), _operand(divisor, name)
    if divisor < 1 or divisor != divisor // 1:
        raise ExpressionError(f"make_divisible() takes a whole number of at least 1, not {show(divisor)}", "NS503")
    step = int(divisor)
    nearest = max(step, int(value + step / 2) // step * step)
    return int(_number(nearest + step if nearest < 0.9 * value else nearest))


_FUNCTIONS: Mapping[str, tuple[int, int, Callable[..., Any]]] = {
    "min": (1, MAX_ITEMS, lambda *v: min(_flat("min", v))),
    "max": (1, MAX_ITEMS, lambda *v: max(_flat("max", v))),
    "abs": (1, 1, lambda v: abs(_operand(v, "abs"))),
    "round": (1, 1, _rounded(round)),
    "floor": (1, 1, _rounded(math.floor)),
    "ceil": (1, 1, _rounded(math.ceil)),
    "int": (1, 1, _rounded(int)),
    "len": (1, 1, _len),
    "sum": (1, 1, lambda v: _number(sum(_flat("sum", (v,))))),
    "make_divisible": (2, 2, _make_divisible),
}


def _call(name: str, arguments: list[Run]) -> Run:
    low, high, function = _FUNCTIONS[name]
    if not low <= len(arguments) <= high:
        wanted = {1: "1 value", 2: "2 values"}.get(high, "at least 1 value")
        raise ExpressionError(f"{name}() takes {wanted}, not {len(arguments)}")
    return lambda look: function(*(argument(look) for argument in arguments))
