"""Values as they are written: checked where they are plain, made templates where they hold expressions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TypeVar

from netspec.diagnostics.patterns import later
from netspec.diagnostics.problems import Candidate, Edit, Problems, Span
from netspec.diagnostics.words import show
from netspec.expressions import Expression, ExpressionError, build, is_built, is_expression, parse
from netspec.options import Invalid, Type
from netspec.spec.decoding.templates import plausible
from netspec.spec.decoding.torn import Torn, torn
from netspec.spec.decoding.unknown import put_in_place
from netspec.spec.document import Given, Template, expression_fix, expression_problem
from netspec.syntax.pieces import listed
from netspec.syntax.tree import (
    Entry,
    Mapping,
    Scalar,
    Sequence,
    SourceText,
    Tree,
    Unreadable,
    lines_of,
    plain,
    span_of,
    written_span,
)

T = TypeVar("T")

ANY: Type[object] = Type()  # the value of a param: whatever a spec can hold
_WITHIN = re.compile(r"\$[A-Za-z_]|.\$\{|\$\{[^{}]*\}.")  # a param that is `${x}` and no more is a text
_ALONE = re.compile(r"\$[A-Za-z_][A-Za-z0-9_]*\Z")
_BARE = later(r"(?<![\w$.])[A-Za-z_]\w*(?!\s*\()")  # a word that is neither a `$name` nor a function
_BRACED = later(r"\$\{\s*(\w+)\s*\}")
_LONGEST = 200  # characters of a text that may be an expression
_NAMES = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")


class ValueReader:
    """Reads values; it gathers the names that their expressions use.

    Args:
        problems: Takes what is wrong with them.
        source: The text in which they stand, for fixes.
        params: Names of the spec's params.
    """

    def __init__(self, problems: Problems, source: SourceText, params: Iterable[str] = ()) -> None:
        self.problems = problems
        self.source = source
        self.params = frozenset(params)  # those that an expression may name: the spec's
        self.own: frozenset[str] = frozenset()  # and in a block its own
        self.names_used: set[str] = set()
        self._torn: list[Span] = []  # expressions that commas have torn

    @cached_property
    def lines(self) -> list[str]:
        """The text's lines."""
        return lines_of(self.source.text)

    def holds(self, key: Scalar) -> bool:
        """Is what is read as a key a part of an expression, of which it was said that it needs quotes?"""
        place = span_of(key)
        return any(place.line == each.line and each.column <= place.column < each.end_column for each in self._torn)

    def checked(self, tree: Tree, type_: Type[object], name: str, owner: str = "") -> Given | None:
        """A value, checked where it holds no expression and around those that it holds.

        Args:
            tree: The value as written.
            type_: What it must be.
            name: What messages call it, backquotes included.
            owner: What it is a part of, likewise; empty where the name says enough.

        Returns:
            None where a problem was reported.
        """
        if type(tree) is Scalar and (type(tree.value) is not str or "$" not in tree.value):
            given = Given(tree.value, tree, False)
        else:
            given = self.given(tree, type_)
            if given.dynamic and given.value is None:
                return None
        try:
            if not given.dynamic:
                given.value = type_.check(given.value)
            elif not isinstance(given.value, Expression):
                type_.check(plausible(given.value, type_))
        except Invalid as error:
            for each in error.all():
                self.report(each, tree, name, owner)
            return None
        return given

    def constant(self, tree: Tree, type_: Type[T], name: str) -> T | None:
        """A value that must hold no expression; None where a problem was reported."""
        try:
            return type_.check(plain(tree))
        except Invalid as error:
            for each in error.all():
                self.report(each, tree, name)
            return None

    def given(self, tree: Tree, type_: Type[object]) -> Given:
        """A value whose expressions are parsed, and which is not checked."""
        free, names_nodes = type_.free_text, type_.bare.names_nodes
        dynamic = False
        failed = False

        def template(part: Tree) -> Template:
            nonlocal dynamic, failed
            if type(part) is Scalar:
                value: Template = part.value
                if type(value) is str and "$" in value:
                    may_be_built = names_nodes or (type_ is ANY and _WITHIN.search(value))
                    if may_be_built and is_built(value):
                        dynamic = True
                        value = self.parse(part, value, build)
                        failed = failed or value is None
                    elif _ALONE.match(value) if free else is_expression(value):
                        dynamic = True
                        value = self.parse(part, value)
                        failed = failed or value is None
                return value
            if type(part) is Sequence:
                return [template(item) for item in part.items]
            return {name: template(entry.value) for name, entry in part.entries.items()}

        value = template(tree)
        return Given(None if failed else value, tree, dynamic)

    def parse(self, tree: Tree, text: str, read: Callable[[str], Expression] = parse) -> Expression | None:
        """An expression, or a name that is built; None where a problem was reported."""
        try:
            expression = read(text)
        except ExpressionError as error:
            whole = self._whole(tree)
            if whole is None:
                self.problems.add(error.code, *expression_problem(error, tree), candidates=expression_fix(error, tree))
            else:
                self.problems.add(
                    error.code, f"in {show(text)}: {whole.words}", whole.span, candidates=whole.candidates
                )
            self.names_used.update(_NAMES.findall(text))
            return None
        self.names_used.update(expression.names)
        return expression

    def _whole(self, tree: Tree) -> Torn | None:
        """The expression of which a value is the beginning; what else of it is read as keys is nothing to tell of then."""
        found = torn(tree, self.lines) if isinstance(tree, Scalar) and "(" in tree.text else None
        if found is not None:
            self._torn.append(found.span)
            self.names_used.update(_NAMES.findall(found.text))
        return found

    def report(self, error: Invalid, tree: Tree, name: str, owner: str = "") -> None:
        """Report what is wrong with a value."""
        culprit = _culprit(tree, error.path)
        if isinstance(getattr(culprit, "value", None), Unreadable):
            return  # said already
        message = f"{owner}: {error.of(name)}" if owner else error.of(name)
        span = locate(tree, error)
        candidates = put_in_place(error.suggestion, span if error.at_key else written_span(culprit))
        if error.suggestion is None:
            words, candidates = in_brackets(culprit)
            if not words:
                words, candidates = self._as_expression(culprit)
            if not words and (whole := self._whole(culprit)) is not None:
                words, candidates = f"; {whole.words}", whole.candidates
            message += words
        self.problems.add(error.code, message, span, candidates=candidates)

    def _as_expression(self, tree: Tree) -> tuple[str, tuple[Candidate, ...]]:
        """What to do about a param without its `$`, or in braces: the end of a message, and the fix."""
        if not isinstance(tree, Scalar) or not isinstance(tree.value, str) or len(tree.text) > _LONGEST:
            return "", ()
        meant = _BARE.sub(
            lambda word: f"${word[0]}" if word[0] in self.params or word[0] in self.own else word[0],
            _BRACED.sub(r"$\1", tree.text),
        )
        if meant == tree.text or not is_expression(meant):
            return "", ()
        try:
            parse(meant)
        except ExpressionError:
            return "", ()
        written = meant if tree.plain else f'"{meant}"'
        return f"; write `{meant}`", (Candidate((Edit(span_of(tree), written),), meant),)

    def text(self, entry: Entry | None, name: str) -> str:
        """Free text; empty where it is not given or not text."""
        if entry is None:
            return ""
        value = entry.value.value if isinstance(entry.value, Scalar) else None
        if not isinstance(value, str):
            self.problems.add("NS204", f"`{name}` must be text, not {noun(entry.value)}", span_of(entry.value))
            return ""
        return value

    def entries(self, entry: Entry | None, name: str, what: str) -> dict[str, Entry]:
        """The entries of a section that is a map; none where it is not given, empty or not a map."""
        if entry is None or is_null(entry.value):
            return {}
        if not isinstance(entry.value, Mapping):
            self.problems.add(
                "NS204", f"`{name}` must be a map of {what}, not {noun(entry.value)}", span_of(entry.value)
            )
            return {}
        return entry.value.entries


def is_null(tree: Tree) -> bool:
    """Is it an empty value, or `null`?"""
    return isinstance(tree, Scalar) and tree.value is None


def in_brackets(tree: Tree) -> tuple[str, tuple[Candidate, ...]]:
    """What to do about a list that is written otherwise, `(3, 3)`, `3, 3` or `3x3`: the end of a message, and the fix."""
    meant = listed(tree.text) if isinstance(tree, Scalar) and tree.plain else ""
    if not meant:
        return "", ()
    words = f"; a list stands in brackets: `{meant}`" if meant.startswith("[") else f"; write `{meant}`"
    return words, (Candidate((Edit(span_of(tree), meant),), meant),)


def noun(tree: Tree) -> str:
    """What messages call a value where another kind of value is wanted."""
    if isinstance(tree, Scalar):
        return "an empty value" if tree.value is None else show(tree.value)
    return "a list" if isinstance(tree, Sequence) else "a map"


def locate(tree: Tree, error: Invalid) -> Span:
    """Where inside a value the culprit stands."""
    if error.at_key and error.path:
        held = _culprit(tree, error.path[:-1])
        if isinstance(held, Mapping) and error.path[-1] in held.entries:
            return span_of(held.entries[str(error.path[-1])].key)
    return span_of(_culprit(tree, error.path))


def _culprit(tree: Tree, path: tuple[int | str, ...]) -> Tree:
    for step in path:
        if isinstance(tree, Mapping) and isinstance(step, str) and step in tree.entries:
            tree = tree.entries[step].value
        elif isinstance(tree, Sequence) and isinstance(step, int) and step < len(tree.items):
            tree = tree.items[step]
    return tree
