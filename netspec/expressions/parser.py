"""From text to tree.

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
    atom    := number | text | 'true' | 'false' | '$'name | function '(' list ')' | '(' choice ')' | '[' list ']' | '[' each ']'
    each    := choice 'for' name 'in' or ['if' or]
    text    := quote (letter | '${' choice '}')* quote
"""

from __future__ import annotations

from collections.abc import Callable

from netspec.diagnostics.words import show, suggest
from netspec.expressions.errors import ExpressionError
from netspec.expressions.functions import FUNCTIONS, Number, bounded
from netspec.expressions.lexer import pieces_of, tokens_of
from netspec.expressions.limits import MAX_DEPTH
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
    Part,
    Subscript,
    Text,
    Unary,
    Variable,
)

_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
_SUMS = ("+", "-")
_PRODUCTS = ("*", "/", "//", "%")
_SIGNS = ("-", "+")
_RESERVED = frozenset({"if", "else", "and", "or", "not", "for", "in", "true", "True", "false", "False"})
_ELSEWHERE = {  # functions that other languages have, and what is written here
    "sqrt": "a root is written `x ** 0.5`",
    "pow": "a power is written `x ** y`",
    "exp": "a power of e is written `2.718281828459045 ** x`",
    "log2": "write `log(x, 2)`",
    "log10": "write `log(x, 10)`",
    "ln": "the natural logarithm is `log(x)`",
    "set": "`unique(list)` has each value once",
    "str": "a text with a value in it is written `'level_${value}'`",
}
_TRUTHS = {"true": True, "True": True, "false": False, "False": False}


class Parser:
    """Reads one expression; a method a rule of the grammar.

    Attributes:
        names: Every `$name` read so far, as often as it stands there, those that a `for` gives left out.
        variables: What the `for` read so far give.
    """

    def __init__(self, text: str, start: int = 0, end: int | None = None) -> None:
        self.names: list[Name] = []
        self.variables: list[Variable] = []
        self._text = text
        self._tokens = tokens_of(text, start, end)
        self._texts = [token.text for token in self._tokens]  # of no two kinds of tokens alike, so they tell them apart
        self._at = 0  # the next token
        self._depth = 0

    def expression(self) -> Part:
        """The whole text as a tree.

        Raises:
            ExpressionError: It is not an expression.
        """
        tree = self._choice()
        if self._tokens[self._at].kind != "end":
            found, before = self._texts[self._at], self._texts[self._at - 1]
            hint = (
                '; a list for each value stands in brackets, and in quotes: `"[… for … in …]"`'
                if found == "for"
                else ""
            )
            raise self._wrong(f"{show(found)} is not expected after {show(before)}{hint}")
        return tree

    def built(self) -> Part:
        """The whole text as one with values in it."""
        return self._built(0, len(self._text), 0, len(self._text))

    def _built(self, first: int, last: int, start: int, end: int, *, braces_only: bool = False) -> Part:
        """The text between two places, whose values are parsed; it is written from `start` to `end`."""
        parts: list[Part] = []
        for piece in pieces_of(self._text, first, last, braces_only=braces_only):
            if not piece.is_value:
                opening = self._text.find("${", piece.start, piece.end)
                if opening >= 0:
                    raise ExpressionError("a closing brace is missing", part=(opening, piece.end))
                parts.append(Literal(self._text[piece.start : piece.end], piece.start, piece.end))
                continue
            written = self._text[piece.start : piece.end]
            if written.isidentifier() and written.isascii():  # `${name}` is short for `${$name}`
                name = Name(written, piece.start, piece.end)
                self.names.append(name)
                parts.append(name)
                continue
            if not written.strip():
                raise ExpressionError("a value is missing in `${}`", part=(piece.start - 2, piece.end + 1))
            inner = Parser(self._text, piece.start, piece.end)
            inner._depth = self._depth + 1
            parts.append(inner.expression())
            self.names += inner.names
            self.variables += inner.variables
        return Text(tuple(parts), start, end)

    def _wrong(self, message: str) -> ExpressionError:
        """An error at the next token; at the end of the text at the last one, which the message speaks of."""
        token = self._tokens[self._at]
        if token.kind == "end" and self._at:
            token = self._tokens[self._at - 1]
        return ExpressionError(message, part=(token.start, token.end) if token.text else None)

    def _need(self, value: str) -> None:
        found = self._texts[self._at]
        if found != value:
            raise self._wrong(f"{show(value)} is missing" + (f" before {show(found)}" if found else " at the end"))
        self._at += 1

    def _from(self, at: int) -> tuple[int, int]:
        """Where what was read from a token on starts and ends."""
        return self._tokens[at].start, self._tokens[self._at - 1].end

    def _nested(self, rule: Callable[[], Part]) -> Part:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._wrong(f"the expression is nested deeper than {MAX_DEPTH} levels")
        tree = rule()
        self._depth -= 1
        return tree

    def _choice(self) -> Part:
        at = self._at
        then = self._nested(self._or)
        if self._texts[self._at] != "if":
            return then
        self._at += 1
        test = self._or()
        self._need("else")
        other = self._nested(self._choice)
        return Conditional(then, test, other, *self._from(at))

    def _or(self) -> Part:
        at = self._at
        first = self._and()
        return first if self._texts[self._at] != "or" else self._logic("or", first, self._and, at)

    def _and(self) -> Part:
        at = self._at
        first = self._not()
        return first if self._texts[self._at] != "and" else self._logic("and", first, self._not, at)

    def _logic(self, word: str, first: Part, rule: Callable[[], Part], at: int) -> Logic:
        operands = [first]
        while self._texts[self._at] == word:
            self._at += 1
            operands.append(rule())
        return Logic(word, tuple(operands), *self._from(at))

    def _not(self) -> Part:
        at = self._at
        if self._texts[at] != "not":
            return self._comparison()
        self._at += 1
        operand = self._nested(self._not)
        return Unary("not", operand, *self._from(at))

    def _comparison(self) -> Part:
        at = self._at
        first = self._sum()
        if self._texts[self._at] not in _COMPARISONS:
            return first
        return Comparison(first, self._operations(_COMPARISONS, self._sum), *self._from(at))

    def _sum(self) -> Part:
        at = self._at
        first = self._product()
        if self._texts[self._at] not in _SUMS:
            return first
        return Arithmetic(first, self._operations(_SUMS, self._product), *self._from(at))

    def _product(self) -> Part:
        at = self._at
        first = self._unary()
        if self._texts[self._at] not in _PRODUCTS:
            return first
        return Arithmetic(first, self._operations(_PRODUCTS, self._unary), *self._from(at))

    def _operations(self, signs: tuple[str, ...], rule: Callable[[], Part]) -> tuple[Operation, ...]:
        rest: list[Operation] = []
        while (sign := self._texts[self._at]) in signs:
            at = self._at
            self._at += 1
            operand = rule()
            rest.append(Operation(sign, operand, *self._from(at)))
        return tuple(rest)

    def _unary(self) -> Part:
        at = self._at
        sign = self._texts[at]
        if sign not in _SIGNS:
            return self._power()
        self._at += 1
        operand = self._nested(self._unary)
        return Unary(sign, operand, *self._from(at))

    def _power(self) -> Part:
        at = self._at
        base = self._postfix()
        if self._texts[self._at] != "**":
            return base
        sign_at = self._at
        self._at += 1
        exponent = self._nested(self._unary)
        return Arithmetic(base, (Operation("**", exponent, *self._from(sign_at)),), *self._from(at))

    def _postfix(self) -> Part:
        at = self._at
        value = self._atom()
        if self._texts[self._at] != "[":
            return value
        subscripts: list[Subscript] = []
        while self._texts[self._at] == "[":
            opening = self._at
            self._at += 1
            position = self._nested(self._choice)
            self._need("]")
            subscripts.append(Subscript(position, *self._from(opening)))
        return Indexing(value, tuple(subscripts), *self._from(at))

    def _atom(self) -> Part:
        at = self._at
        kind, text, start, end = self._tokens[at]
        if kind == "name":
            self._at += 1
            name = Name(text[1:], start, end)
            self.names.append(name)
            return name
        if kind == "number":
            self._at += 1
            return Literal(_number(text, start, end), start, end)
        if kind == "text":
            self._at += 1
            if "${" in text:
                return self._built(start + 1, end - 1, start, end, braces_only=True)
            return Literal(text[1:-1], start, end)
        if kind == "word":
            return self._word()
        if text == "(":
            self._at += 1
            inner = self._nested(self._choice)
            self._need(")")
            return Group(inner, *self._from(at))
        if text == "[":
            self._at += 1
            return self._list(at)
        before = f" after {show(self._texts[at - 1])}" if at else ""
        raise self._wrong(f"a value is missing{before}" if kind == "end" else f"{show(text)} is not expected{before}")

    def _list(self, at: int) -> Part:
        """What follows `[`, which stands at a token."""
        names, variables = len(self.names), len(self.variables)
        if self._texts[self._at] == "]":
            self._at += 1
            return Display((), *self._from(at))
        first = self._nested(self._choice)
        if self._texts[self._at] == "for":
            return self._comprehension(at, first, names, variables)
        if self._texts[self._at] == "]":
            self._at += 1
            return Display((first,), *self._from(at))
        self._need(",")
        return Display((first, *self._items("]", is_begun=True)), *self._from(at))

    def _comprehension(self, at: int, item: Part, names: int, variables: int) -> Part:
        """`for … in …` behind the item of a list, before which so many names had been read."""
        self._at += 1
        kind, name, start, end = self._tokens[self._at]
        if kind == "name":
            error = self._wrong(f"`for` gives a name, which is written without `$` there: `{name[1:]}`")
            error.meant = name[1:]
            raise error
        if kind != "word" or name in _RESERVED:
            raise self._wrong(f"a name is missing after 'for'{f' before {show(name)}' if name else ''}")
        self._at += 1
        self._need("in")
        inside, self.names[names:] = self.names[names:], []
        values = self._nested(self._or)
        outside, self.names[names:] = self.names[names:], []
        test = None
        if self._texts[self._at] == "if":
            self._at += 1
            test = self._nested(self._or)
        if self._texts[self._at] == "for":
            raise self._wrong("one list has one `for`; write a list in the list: `[[… for …] for …]`")
        if self._texts[self._at] == "else":
            raise self._wrong(
                "the `if` behind `for` chooses values and has no `else`; `x if c else y` stands before `for`"
            )
        self._need("]")
        inside += self.names[names:]
        variable = Variable(name, tuple(each for each in inside if each.name == name), start, end)
        free = [each for each in inside if each.name != name]
        self.names[names:] = sorted((*free, *outside), key=lambda each: each.start)
        self.variables.insert(variables, variable)
        return Comprehension(item, variable, values, test, *self._from(at))

    def _word(self) -> Part:
        at = self._at
        _, text, start, end = self._tokens[at]
        if text in _TRUTHS:
            self._at += 1
            return Literal(_TRUTHS[text], start, end)
        if text in FUNCTIONS:
            self._at += 1
            self._need("(")
            arguments = self._items(")")
            function = FUNCTIONS[text]
            if not function.least <= len(arguments) <= function.most:
                raise ExpressionError(f"{text}() takes {function.wanted}, not {len(arguments)}", part=self._from(at))
            return Call(text, arguments, *self._from(at))
        if self._texts[at + 1] == "(":
            if text in _ELSEWHERE:
                raise self._wrong(f"there is no function {show(text)}; {_ELSEWHERE[text]}")
            meant = suggest(text, tuple(FUNCTIONS))
            error = self._wrong(f"there is no function {show(text)}{meant.question() if meant is not None else ''}")
            error.meant = meant.meant if meant is not None and meant.sure else ""
            raise error
        error = self._wrong(
            f"{show(text)} is not expected here; a param is written `${text}`, a text '{text}' in quotes"
        )
        error.meant = f"${text}"
        raise error

    def _items(self, closing: str, *, is_begun: bool = False) -> tuple[Part, ...]:
        found: list[Part] = []
        if not is_begun and self._texts[self._at] == closing:
            self._at += 1
            return ()
        while True:
            found.append(self._nested(self._choice))
            if self._texts[self._at] == closing:
                self._at += 1
                return tuple(found)
            self._need(",")


def _number(text: str, start: int, end: int) -> Number:
    try:
        return bounded(int(text) if text.isdigit() else float(text))
    except ExpressionError as error:
        error.part = (start, end)
        raise
