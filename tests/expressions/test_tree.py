"""Expressions as trees: written out and read again, each part at its place, and worth what Python makes of them."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections import ChainMap
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from netspec.expressions import MAX_NUMBER, ExpressionError, Part, parse
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
    Operation,
    Subscript,
    Text,
    Unary,
    Variable,
)

Node = Part | Operation | Subscript | Variable

NAMES: dict[str, Any] = {
    "n": 8,
    "m": 3,
    "half": 0.5,
    "zero": 0,
    "wide": True,
    "narrow": False,
    "word": "same",
    "widths": [8, 16, 32],
    "pairs": [[1, 2], [3, 4]],
    "empty": [],
    "i": 5,
}

# --- random expressions -----------------------------------------------------------------------------------------------

LEAVES = {
    "number": ("$i", "$n", "$m", "$half", "$zero", "0", "1", "2", "7", "2.5", "1e3", ".5", "9007199254740992"),
    "truth": ("$wide", "$narrow", "true", "False"),
    "list": ("$widths", "$empty", "$pairs[0]", "[]"),
    "text": ("$word", "'same'", '"x y"', "''"),
}
BLANKS = ("", "", " ", "  ", "\t")


@st.composite
def texts(draw: st.DrawFn, sort: str = "", depth: int = 4) -> str:
    """An expression, mostly of the sort that makes sense where it stands; brackets only now and then."""

    def some(sort: str) -> str:
        return draw(texts(sort, depth - 1))

    def one(*choices: str) -> str:
        return draw(st.sampled_from(choices))

    def chain(sort: str, most: int, *signs: str) -> str:
        return some(sort) + "".join(
            f" {one(*signs)}{one(*BLANKS)} {some(sort)}" for _ in range(draw(st.integers(1, most)))
        )

    if sort == "" or draw(st.integers(0, 19)) == 0:
        sort = one(*LEAVES)
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        return one(*LEAVES[sort])
    shared = [
        lambda: f"{some(sort)} if {some('truth')} else {some(sort)}",
        lambda: f"({one(*BLANKS)}{some(sort)}{one(*BLANKS)})",
    ]
    own: dict[str, list[Callable[[], str]]] = {
        "number": [
            lambda: chain("number", 3, "+", "-"),
            lambda: chain("number", 3, "*", "/", "//", "%"),
            lambda: f"{some('number')} ** {some('number')}",
            lambda: f"{one('-', '+', '- ')}{some('number')}",
            lambda: f"({some('list')})[{some('number')}]",
            lambda: f"$pairs{one(*BLANKS)}[{some('number')}][{one('0', '1', '-1', '$zero')}]",
            lambda: f"{one('abs', 'round', 'floor', 'ceil', 'int')}({some('number')})",
            lambda: f"{one('len', 'sum', 'min', 'max')}({some('list')})",
            lambda: f"{one('min', 'max')}({some('number')}, {some('number')},{some('number')})",
            lambda: f"make_divisible({some('number')}, {one('1', '8', '$n')})",
        ],
        "truth": [
            lambda: chain("number", 2, "==", "!=", "<", "<=", ">", ">="),
            lambda: chain("text", 1, "==", "!="),
            lambda: chain("list", 1, "==", "!="),
            lambda: chain("truth", 3, "and"),
            lambda: chain("truth", 3, "or"),
            lambda: f"not {some('truth')}",
        ],
        "list": [
            lambda: f"[{some('number')}, {some('number')}]",
            lambda: f"[{some('')}]",
            lambda: f"[{some('number')} for {one('i', 'n')} in {some('list')}]",
            lambda: f"[{some('')}{one(' ', '  ')}for i in {some('list')} if {some('truth')}{one(*BLANKS)}]",
            lambda: f"range({one('0', '3', '$m', '-1')})",
            lambda: f"range({one('0', '3', '$m')}, {one('1', '6')}, {one('1', '2', '-1', '$zero')})",
            lambda: f"{one('sorted', 'unique')}({some('list')})",
        ],
        "text": [],
    }
    return draw(st.sampled_from([*own[sort], *own[sort], *shared]))()


# --- the tree ---------------------------------------------------------------------------------------------------------


def written(node: Node) -> str:
    """A tree as text, with one way to write blanks."""
    match node:
        case Literal(value):
            if isinstance(value, bool):
                return "true" if value else "false"
            if isinstance(value, str):
                return f'"{value}"' if "'" in value else f"'{value}'"
            return repr(value)
        case Name(name):
            return f"${name}"
        case Display(items):
            return f"[{', '.join(map(written, items))}]"
        case Comprehension(item, variable, values, test):
            chosen = "" if test is None else f" if {written(test)}"
            return f"[{written(item)} for {variable.name} in {written(values)}{chosen}]"
        case Text(parts):
            return "".join(each.value if isinstance(each, Literal) else f"${{{written(each)}}}" for each in parts)
        case Group(inner):
            return f"({written(inner)})"
        case Subscript(position):
            return f"[{written(position)}]"
        case Indexing(value, subscripts):
            return written(value) + "".join(map(written, subscripts))
        case Unary(sign, operand):
            return f"{sign} {written(operand)}"
        case Operation(sign, operand):
            return f"{sign} {written(operand)}"
        case Arithmetic(first, rest) | Comparison(first, rest):
            return " ".join(map(written, (first, *rest)))
        case Logic(word, operands):
            return f" {word} ".join(map(written, operands))
        case Conditional(then, test, other):
            return f"{written(then)} if {written(test)} else {written(other)}"
        case Call(function, arguments):
            return f"{function}({', '.join(map(written, arguments))})"


def bare(node: Any) -> Any:
    """A part without its places, and with its type beside it: tuples of two types may be equal, as are 1 and true."""
    if isinstance(node, tuple):
        fields = node[:-2] if hasattr(node, "start") else node
        return type(node).__name__, *map(bare, fields)
    return type(node).__name__, node


def nodes_of(node: Any) -> Iterator[Node]:
    """A part and those in it."""
    if hasattr(node, "start"):
        yield node
    for field in node:
        if isinstance(field, tuple):
            yield from nodes_of(field)


def parsed(text: str) -> Part | None:
    try:
        return parse(text).tree
    except ExpressionError:
        return None


def test_a_tree() -> None:
    assert parse("-($n + 1) * $w[0]").tree == Arithmetic(
        Unary("-", Group(Arithmetic(Name("n", 2, 4), (Operation("+", Literal(1, 7, 8), 5, 8),), 2, 8), 1, 9), 0, 9),
        (Operation("*", Indexing(Name("w", 12, 14), (Subscript(Literal(0, 15, 16), 14, 17),), 12, 17), 10, 17),),
        0,
        17,
    )


@given(texts())
@example("$n ** -2 ** 2")
@example("1 if $wide else 2 if $narrow else 3")
@example("  not $n == 8\t")
def test_a_tree_written_out_and_parsed_is_the_same(text: str) -> None:
    tree = parsed(text)
    if tree is not None:
        again = parse(written(tree)).tree
        assert bare(again) == bare(tree)
        assert written(again) == written(tree)


@given(texts())
@example("  not $n == 8\t")
@example("( $pairs [ 0 ] ) [1]")
def test_each_part_stands_where_it_says(text: str) -> None:
    """What stands there, parsed by itself, is the part; of an operation or a subscript it is that behind a value."""
    tree = parsed(text)
    for node in nodes_of(tree) if tree is not None else ():
        there = text[node.start : node.end]
        assert there == there.strip()
        if isinstance(node, Operation):
            assert bare(node.operand) == bare(parse(there.removeprefix(node.sign)).tree)
            assert there.startswith(node.sign)
        elif isinstance(node, Variable):
            assert there == node.name
        elif isinstance(node, Subscript):
            assert bare(parse(f"$x{there}").tree) == bare(Indexing(Name("x", 0, 0), (node,), 0, 0))
        else:
            assert bare(parse(there).tree) == bare(node)


@given(texts())
def test_the_names_of_the_tree_are_the_references(text: str) -> None:
    tree = parsed(text)
    if tree is not None:
        given = {each.start for variable in parse(text).variables for each in variable.reads}
        names = {(node.start, node.name) for node in nodes_of(tree) if isinstance(node, Name)}
        found = sorted(each for each in names if each[0] not in given)
        assert [(each.start, each.name) for each in parse(text).references] == found
        assert parse(text).names == tuple(dict.fromkeys(name for _, name in found))


def test_long_chains_are_flat() -> None:
    def depth(node: Any) -> int:
        return hasattr(node, "start") + max((depth(field) for field in node if isinstance(field, tuple)), default=0)

    for text in ("1" + "+1" * 490, "1" + "*1" * 490, "1" + "<1" * 490, "$a" + "[0]" * 300, "$a" + " or $a" * 120):
        assert depth(parse(text).tree) == 3 - (" or " in text), text[:10]


# --- what it is worth -------------------------------------------------------------------------------------------------


class Wrong(Exception):
    """Python's words for what an expression refuses."""


def numeric(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Wrong
    return value


def certain(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Wrong
    return value


def small(value: Any) -> Any:
    if isinstance(value, complex) or not math.isfinite(value) or abs(value) > MAX_NUMBER:
        raise Wrong
    return value


def power(base: Any, exponent: Any) -> Any:
    if abs(base) > 1 and exponent > 64:
        raise Wrong  # beyond 2**53 or refused before it was computed
    return base**exponent


def numbers(values: list[Any]) -> list[Any]:
    return [numeric(item) for item in (values[0] if len(values) == 1 and isinstance(values[0], list) else values)]


def listed(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Wrong
    return value


def divisible(value: Any, divisor: Any) -> int:
    """As `make_divisible` of MobileNet's slim implementation, for whole divisors."""
    value, divisor = numeric(value), numeric(divisor)
    if divisor < 1 or divisor != int(divisor):
        raise Wrong
    new = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return small(new + divisor if new < 0.9 * value else new)


BINARY: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: power,
}
COMPARED: dict[type[ast.AST], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: lambda a, b: numeric(a) < numeric(b),
    ast.LtE: lambda a, b: numeric(a) <= numeric(b),
    ast.Gt: lambda a, b: numeric(a) > numeric(b),
    ast.GtE: lambda a, b: numeric(a) >= numeric(b),
}
CALLED: dict[str, Callable[..., Any]] = {
    "min": lambda *values: min(numbers(list(values))),
    "max": lambda *values: max(numbers(list(values))),
    "abs": lambda value: abs(numeric(value)),
    "round": lambda value: small(round(numeric(value))),
    "floor": lambda value: small(math.floor(numeric(value))),
    "ceil": lambda value: small(math.ceil(numeric(value))),
    "int": lambda value: small(int(numeric(value))),
    "len": lambda value: len(listed(value)),
    "sum": lambda value: small(sum(numbers([value]))) if value != [] else small(math.inf),
    "make_divisible": divisible,
    "range": lambda *bounds: list(range(*map(int, bounds))),
    "sorted": lambda value: sorted(numeric(item) for item in listed(value)),
    "unique": lambda value: unique(listed(value)),
}


def unique(values: list[Any]) -> list[Any]:
    """Each once, compared one by one."""
    found: list[Any] = []
    for value in values:
        if isinstance(value, list):
            raise Wrong
        if not any(value == other and isinstance(value, bool) == isinstance(other, bool) for other in found):
            found.append(value)
    return found


GIVEN: ChainMap[str, Any] = ChainMap(NAMES)  # with what the `for` around a part give


def inside(name: str, value: Any, worth: Callable[[], list[Any]]) -> list[Any]:
    """What something is worth where a name has a value."""
    GIVEN.maps.insert(0, {name: value})
    try:
        return worth()
    finally:
        del GIVEN.maps[0]


def truth(node: ast.expr) -> bool:
    return certain(reference(node))


def reference(node: ast.expr) -> Any:
    """An expression worked out over Python's own tree of it."""
    match node:
        case ast.Constant(value):
            return value
        case ast.Name(name):
            return GIVEN[name.removeprefix("v_")]
        case ast.ListComp(item, [ast.comprehension(ast.Name(name), values, tests)]):
            return [
                value
                for each in listed(reference(values))
                for value in inside(name, each, lambda: [reference(item)] if all(map(truth, tests)) else [])
            ]
        case ast.List(elts=items):
            return [reference(item) for item in items]
        case ast.BinOp(left, sign, right):
            a, b = reference(left), reference(right)
            return small(BINARY[type(sign)](numeric(a), numeric(b)))
        case ast.UnaryOp(ast.Not(), operand):
            return not certain(reference(operand))
        case ast.UnaryOp(sign, operand):
            value = numeric(reference(operand))
            return small(-value if isinstance(sign, ast.USub) else value)
        case ast.BoolOp(ast.And(), values):
            return all(certain(reference(value)) for value in values)
        case ast.BoolOp(ast.Or(), values):
            return any(certain(reference(value)) for value in values)
        case ast.Compare(left, signs, others):
            a = reference(left)
            for sign, other in zip(signs, others, strict=True):
                b = reference(other)
                if not COMPARED[type(sign)](a, b):
                    return False
                a = b
            return True
        case ast.IfExp(test, then, other):
            return reference(then) if certain(reference(test)) else reference(other)
        case ast.Subscript(value, position):
            values, index = reference(value), reference(position)
            if numeric(index) != index // 1:
                raise Wrong
            return listed(values)[int(index)]
        case ast.Call(ast.Name(function), arguments):
            return CALLED[function](*map(reference, arguments))
    raise AssertionError(ast.dump(node))


def in_python(text: str) -> Any:
    """The value by Python's grammar; Wrong in its place where there is none."""
    translated = re.sub(r"\$(\w+)", r"v_\1", text).strip().replace("true", "True").replace("false", "False")
    try:
        return reference(ast.parse(translated, mode="eval").body)
    except (Wrong, SyntaxError, ArithmeticError, ValueError, IndexError):
        return Wrong


@given(texts())
@example("-$m ** 2")
@example("2 ** -1")
@example("not $n == 3 and $wide")
@example("$narrow and $n")
@example("$wide or $n")
@example("1 < $m < 3 == $nothing")
@example("[abs(make_divisible(make_divisible($i, $n), 1)) for n in [$i, $widths]]")
@example("[abs(make_divisible(make_divisible($i, $n), 1)) for n in [2.5]]")
def test_agreement_with_pythons_grammar(text: str) -> None:
    """What an expression is worth is what comes of the tree that Python's parser makes of it, by the same strict rules."""
    try:
        found = parse(text).evaluate(NAMES.__getitem__)
    except ExpressionError:
        found = Wrong
    wanted = in_python(text)
    assert (bare_value(found), text) == (bare_value(wanted), text)


def bare_value(value: Any) -> Any:
    return [bare_value(item) for item in value] if isinstance(value, list) else (type(value), value)
