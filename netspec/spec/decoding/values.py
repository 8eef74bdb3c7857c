"""Values as they are written: checked where they are plain, made templates where they hold expressions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from netspec.diagnostics.foreign import Place, foreign
from netspec.diagnostics.problems import Candidate, Edit, Problems, Span
from netspec.diagnostics.words import Suggestion, listing, show, suggest
from netspec.expressions import Expression, ExpressionError, is_expression, parse
from netspec.kinds import KINDS, Kind
from netspec.options import Declared, Invalid, Named, Type
from netspec.spec.document import BLOCK_NAME, IDENTIFIER, MAX_NAME, WIRING, Given, expression_problem
from netspec.syntax.tree import Entry, Mapping, Scalar, Sequence, Source, Tree, Unreadable, span_of

_ALONE = re.compile(r"\$[A-Za-z_][A-Za-z0-9_]*\Z")

ANY: Type[object] = Type()  # the value of a param: whatever a spec can hold


class Field(NamedTuple):
    """What messages call a value: its name, and what it is the value of."""

    name: str
    owner: str = ""


class Values:
    """The part of the decoder that reads values and words."""

    def __init__(self, source: Source, problems: Problems) -> None:
        self.source = source
        self.problems = problems
        self.block_names: tuple[str, ...] = ()
        self.names_used: set[str] = set()
        self.blocks_used: set[str] = set()
        self.has_defaults = False
        self.defaults: dict[str, dict[str, Given]] = {}
        self.configs: dict[tuple[Any, ...], Kind] = {}  # by the kind and its values with their types

    def _checked(self, tree: Tree, type_: Type[object], what: Field) -> Given | None:
        given = self._given(tree, type_)
        if given.dynamic and given.value is None:
            return None
        try:
            if given.dynamic:
                if not isinstance(given.value, Expression):
                    type_.check(_plausible(given.value, type_))
            else:
                given.value = type_.check(given.value)
        except Invalid as error:
            for each in error.all():
                self._invalid(each, what, tree)
            return None
        return given

    def _static(self, tree: Tree, type_: Type[object], what: Field) -> Any:
        given = self._checked(tree, type_, what)
        return None if given is None or given.dynamic else given.value

    def _given(self, tree: Tree, type_: Type[object]) -> Given:
        free = type_.free_text
        dynamic = False
        failed = False

        def template(part: Tree) -> Any:
            nonlocal dynamic, failed
            if type(part) is Scalar:
                value = part.value
                if type(value) is str and "$" in value and (is_expression(value) if not free else _ALONE.match(value)):
                    dynamic = True
                    value = self._parse(part, value)
                    failed = failed or value is None
                return value
            if type(part) is Sequence:
                return [template(item) for item in part.items]
            assert isinstance(part, Mapping)
            return {name: template(entry.value) for name, entry in part.entries.items()}

        value = template(tree)
        return Given(None if failed else value, tree, dynamic)

    def _parse(self, tree: Tree, text: str) -> Expression | None:
        try:
            expression = parse(text)
        except ExpressionError as error:
            self.problems.add(error.code, *expression_problem(error, tree))
            self.names_used.update(re.findall(r"\$([A-Za-z_][A-Za-z0-9_]*)", text))
            return None
        self.names_used.update(expression.names)
        return expression

    def _invalid(self, error: Invalid, what: Field, tree: Tree) -> None:
        if isinstance(getattr(_culprit(tree, error.path), "value", None), Unreadable):
            return  # said already
        message = error.of(what.name) if not what.owner else f"{what.owner}: {error.of(what.name)}"
        if isinstance(tree, Scalar) and tree.plain and tree.text.startswith("("):
            message += "; a list stands in brackets: `[3, 3]`"
        self.problems.add(
            error.code, message, locate(tree, error), candidates=_respelt(error.suggestion, locate(tree, error))
        )

    def _text(self, entry: Entry | None, name: str) -> str:
        if entry is None:
            return ""
        value = entry.value.value if isinstance(entry.value, Scalar) else None
        if not isinstance(value, str):
            self.problems.add("NS204", f"`{name}` must be text, not {noun(entry.value)}", span_of(entry.value))
            return ""
        return value

    def _section_map(self, entry: Entry | None, name: str, what: str) -> dict[str, Entry]:
        if entry is None or (isinstance(entry.value, Scalar) and entry.value.value is None):
            return {}
        if not isinstance(entry.value, Mapping):
            self.problems.add(
                "NS204", f"`{name}` must be a map of {what}, not {noun(entry.value)}", span_of(entry.value)
            )
            return {}
        return entry.value.entries

    def _param_name(self, key: Scalar) -> bool:
        if not IDENTIFIER.match(key.text) or len(key.text) > MAX_NAME:
            self.problems.add("NS303", f"{show(key.text)} cannot name a param; use letters, digits and _", span_of(key))
            return False
        if key.text in WIRING:
            self.problems.add(
                "NS508",
                f"a param cannot be called `{key.text}`, which every node takes already",
                span_of(key),
            )
            return False
        return True

    def _param_value(self, tree: Tree, what: str) -> bool:
        items = tree.items if isinstance(tree, Sequence) else [tree]
        for item in items:
            if isinstance(item, Mapping) or (isinstance(item, Sequence) and item is not tree and not flat(item)):
                self.problems.add(
                    "NS204",
                    f"{what} must be a number, true or false, text or a list of those, not {noun(item)}",
                    span_of(item),
                )
                return False
        return True

    def _unknown_kind(self, key: Scalar, only_kinds: bool = False) -> None:
        word = key.text
        known = list(KINDS) if only_kinds else [*KINDS, *self.block_names]
        if only_kinds and word in self.block_names:
            self.problems.add(
                "NS201",
                f"`{word}` is a block; `defaults` are for kinds, a block's defaults stand in its params",
                span_of(key),
            )
            return
        hint, candidates, match = _hint(key, known, "kind")
        if BLOCK_NAME.match(word) and not only_kinds and not hint:
            self.problems.add("NS505", f"there is no block {show(word)}; name it under `blocks`", span_of(key))
            return
        code = "NS505" if BLOCK_NAME.match(word) and match in self.block_names else "NS201"
        noun = "block" if code == "NS505" else "kind"
        hint = hint or "; `netspec explain` lists the kinds"
        self.problems.add(code, f"there is no {noun} {show(word)}{hint}", span_of(key), candidates=candidates)

    def _unknown_option(self, key: Scalar, word: str, known: tuple[str, ...]) -> None:
        every = [*known, *WIRING]
        hint, candidates, _ = _hint(key, every, "hyperparameter")
        hint = hint or f"; it takes {listing(list(known)) or 'none'}"
        self.problems.add(
            "NS202", f"`{word}` has no hyperparameter {show(key.text)}{hint}", span_of(key), candidates=candidates
        )

    def _unknown_key(self, key: Scalar, what: str, known: tuple[str, ...], place: Place = "key") -> None:
        hint, candidates, _ = _hint(key, known, place)
        hint = hint or f"; it takes {listing(known)}"
        self.problems.add("NS207", f"{what} has no key {show(key.text)}{hint}", span_of(key), candidates=candidates)


def _hint(key: Scalar, known: Iterable[str], place: Place) -> tuple[str, tuple[Candidate, ...], str | None]:
    """What was probably meant by an unknown word, as the end of a message, as edits, and as the word."""
    known = tuple(known)
    written = missing_space(key.text, known)
    if written is not None:
        before, after = written
        if any(c in after for c in "{}[]"):
            return f"; a colon needs a space after it: `{before}: …`", (), None
        right = f"{before}: {after}"
        return f"; a colon needs a space after it: `{right}`", (Candidate((Edit(span_of(key), right),), right),), None
    row = foreign(key.text, place)
    if row is not None and row.advice:
        return f"; {row.advice}", (), None
    meant = suggest(key.text, known, place)
    return (meant.question(), _respelt(meant, span_of(key)), meant.meant) if meant is not None else ("", (), None)


def _respelt(meant: Suggestion | None, span: Span) -> tuple[Candidate, ...]:
    """What was meant in place of what is written, where it is sure."""
    return (Candidate((Edit(span, meant.meant),), meant.meant),) if meant is not None and meant.sure else ()


class _Stand(int):
    """A number in the place of an expression; it shows as the expression."""

    def __new__(cls, value: int, text: str) -> _Stand:
        made = super().__new__(cls, value)
        made.text = text
        return made

    text: str

    def __str__(self) -> str:
        return self.text


def _plausible(template: Any, type_: Type[object]) -> Any:
    """The template with each expression replaced by a value that fits there, so that all around it can be checked."""
    inner = getattr(type_, "inner", type_)
    if isinstance(template, dict) and isinstance(inner, Named):
        return {name: _plausible_options(given, inner.table.get(name)) for name, given in template.items()}
    if not isinstance(template, (Expression, list)):
        return template
    word = getattr(getattr(inner, "inner", inner), "choices", ("",))[0]
    for candidate in (1, -1, 8, word, True, 0.5):
        filled = _substituted(template, candidate)
        try:
            type_.check(filled)
        except Invalid:
            continue
        return filled
    return _substituted(template, 1)


def _plausible_options(given: Any, declared: type[Declared] | None) -> Any:
    if declared is None:
        return given
    if not isinstance(given, dict):
        return given if declared.principal is None else _plausible(given, declared.options[declared.principal].type)
    options = declared.options
    return {key: _plausible(value, options[key].type) if key in options else value for key, value in given.items()}


def _substituted(template: Any, candidate: Any) -> Any:
    if isinstance(template, Expression):
        return _Stand(candidate, template.text) if type(candidate) is int else candidate
    return [_substituted(item, candidate) for item in template] if isinstance(template, list) else template


def missing_space(word: str, known: Iterable[str]) -> tuple[str, str] | None:
    """YAML reads `{filters:64}` as the key `filters:64` with no value: what stands before and after the colon."""
    before, colon, after = word.partition(":")
    return (before, after) if colon and before in known else None


def flat(tree: Sequence) -> bool:
    return all(isinstance(item, Scalar) for item in tree.items)


def locate(tree: Tree, error: Invalid) -> Span:
    """Where inside a value the culprit stands."""
    for index, step in enumerate(error.path):
        if isinstance(tree, Mapping) and step in tree.entries:
            if error.at_key and index == len(error.path) - 1:
                return span_of(tree.entries[str(step)].key)
            tree = tree.entries[str(step)].value
        elif isinstance(tree, Sequence) and isinstance(step, int) and step < len(tree.items):
            tree = tree.items[step]
    return span_of(tree)


def _culprit(tree: Tree, path: tuple[int | str, ...]) -> Tree:
    for step in path:
        if isinstance(tree, Mapping) and step in tree.entries:
            tree = tree.entries[step].value
        elif isinstance(tree, Sequence) and isinstance(step, int) and step < len(tree.items):
            tree = tree.items[step]
    return tree


def noun(tree: Tree) -> str:
    if isinstance(tree, Scalar):
        return "nothing" if tree.value is None else show(tree.value)
    return "a list" if isinstance(tree, Sequence) else "a map"
