"""Expressions of a spec as expressions of Python."""

from __future__ import annotations

import re
from collections.abc import Callable

from netspec.backends.keras.code.terms import literal
from netspec.expressions import Expression
from netspec.expressions.tree import Call, Comprehension, Conditional, Literal, Name, Part, Text, Variable

SAME = {"min", "max", "abs", "round", "int", "len", "range", "sum"}  # functions that Python has
MATH = {"floor": "math.floor", "ceil": "math.ceil"}
OWN = {"make_divisible": "make_divisible"}  # those that a script defines

_ATOM = re.compile(r"""[\w.]+(\[[^\[\]]*\])*|\[[^\[\]]*\]|"[^"\\]*"|\w+(\.\w+)*\([^()]*\)""")
_SIMPLE = r"[A-Za-z_][\w.]*|\d+"
_POWER = re.compile(rf"(?<![\w.\])])({_SIMPLE}) \*\* ({_SIMPLE})(?![\w.(\[])")
_YODA = re.compile(r"(^|if |and |or |not |\()(\d+) (==|!=) ((?:(?! if | else | and | or )[^()])+)")  # `1 == $n - 1`


class Untranslatable(Exception):
    """An expression that Python has no short word for, or that reads what is not known where it is to stand."""


def atom(text: str) -> str:
    """A text that can stand as a part of any expression."""
    return text if _ATOM.fullmatch(text) else f"({text})"


def in_python(template: object, symbol: Callable[[str], str]) -> str:
    """A value with expressions in it, as Python writes it.

    Args:
        template: The value, as `Given` holds it.
        symbol: What stands for a `$name`; raises Untranslatable.
    """
    if isinstance(template, Expression):
        return part_in_python(template.text, template.tree, symbol)
    if isinstance(template, list):
        return "[" + ", ".join(in_python(item, symbol) for item in template) + "]"
    if isinstance(template, dict):
        raise Untranslatable
    return literal(template)


def part_in_python(text: str, tree: Part, symbol: Callable[[str], str]) -> str:
    """A part of an expression."""
    whole = (tree.start, tree.end)
    found: list[tuple[int, int, str]] = []
    alone = isinstance(tree, Name)
    parts = _parts(tree)
    variables = [each.variable for each in parts if isinstance(each, Comprehension)]
    own = {(read.start, read.end): each.name for each in variables for read in each.reads}
    for part in parts:
        if isinstance(part, Text):
            raise Untranslatable
        if isinstance(part, Name) and (part.start, part.end) in own:
            found.append((part.start, part.end, own[part.start, part.end]))
        elif isinstance(part, Name):
            put = symbol(part.name)
            found.append((part.start, part.end, put if alone else atom(put)))
        elif isinstance(part, Literal) and isinstance(part.value, (str, bool)):
            found.append((part.start, part.end, literal(part.value)))
        elif isinstance(part, Call):
            name = MATH.get(part.function) or OWN.get(part.function) or part.function
            if part.function not in {*SAME, *MATH, *OWN}:
                raise Untranslatable
            found.append((part.start, part.start + len(part.function), name))
    made, at = "", whole[0]
    for start, end, put in sorted(set(found)):
        made += text[at:start] + put
        at = end
    made = " ".join((made + text[at : whole[1]]).split())
    return _YODA.sub(r"\1\4 \3 \2", _POWER.sub(r"\1**\2", made))


def _parts(tree: object) -> list[Part]:
    """A part and all those in it."""
    found: list[Part] = []
    stack = [tree]
    while stack:
        each = stack.pop()
        if isinstance(each, tuple):
            if hasattr(each, "start") and not isinstance(each, Variable):
                found.append(each)  # type: ignore[arg-type]
            stack += each
    return found


def choice_in_python(template: object, word: str, symbol: Callable[[str], str]) -> str:
    """When a value is a word, as a condition of Python."""
    if isinstance(template, Expression) and isinstance(template.tree, Conditional):
        tree = template.tree
        then, other = tree.then, tree.other
        if isinstance(then, Literal) and isinstance(other, Literal) and word in (then.value, other.value):
            test = part_in_python(template.text, tree.test, symbol)
            return test if then.value == word else negated(test)
    return f"{atom(in_python(template, symbol))} == {literal(word)}"


_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_COMPARED = re.compile(r"([^=<>!]+) (==|!=|<=|>=|<|>) ([^=<>!]+)")


def negated(test: str) -> str:
    """The opposite of a condition."""
    compared = _COMPARED.fullmatch(test)
    if compared is not None and not re.search(r"\b(and|or|not|if)\b", test):
        return f"{compared[1]} {_OPPOSITE[compared[2]]} {compared[3]}"
    return test.removeprefix("not ") if re.fullmatch(r"not \w+", test) else f"not {atom(test)}"
