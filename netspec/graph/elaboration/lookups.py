"""What the `$names` of an expression stand for, at each place of a spec."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from enum import Enum
from itertools import islice
from typing import Final, TypeGuard, TypeVar

from netspec.diagnostics.problems import FILE_START, Note, Problems, Span, TooManyProblems
from netspec.diagnostics.words import MAX_WORDS, did_you_mean, listing, show
from netspec.expressions import ExpressionError, Lookup, Value, Written, unknown_name
from netspec.graph.elaboration.asking import AXES, Asked, Question, answer_to, size_of
from netspec.graph.elaboration.budget import Budget
from netspec.graph.elaboration.scope import Env
from netspec.graph.model import Node
from netspec.shapes import show_shape
from netspec.spec.document import Document, Given, Step, expression_fix, expression_problem, names_in
from netspec.spec.names import RECEIVED, SIZES
from netspec.syntax.tree import Sequence, Tree, span_of

T = TypeVar("T")


class Unknown(Enum):
    """Stands for the value of a param about which a problem was reported."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN


class UnsaidError(ExpressionError):
    """An expression over something that is wrong already."""


class Arguments(dict[str, "Value | Unknown"]):
    """A block's params; reading one whose own expression failed raises quietly, since that was reported."""

    def __getitem__(self, name: str) -> Value:
        value = super().__getitem__(name)
        if value is UNKNOWN:
            raise UnsaidError("unknown", "NS502")
        return value


def written(value: Value, place: Tree | Span | None, depth: int) -> Value:
    """A value of a param whose texts know where they were written; those that know it already were written elsewhere.

    Args:
        value: The value.
        place: Where it stands; None where that is not in the spec.
        depth: How many bodies are around that.
    """
    if type(value) is str:
        return Written.at(value, depth, place if place is None or isinstance(place, Span) else span_of(place))
    if type(value) is not list or all(type(each) is not str and type(each) is not list for each in value):
        return value
    if isinstance(place, Sequence) and len(place.items) == len(value):
        return [written(each, item, depth) for each, item in zip(value, place.items, strict=True)]
    return [written(each, place, depth) for each in value]


def plain(value: Value) -> Value:
    """The same value, whose texts know nothing of where they were written."""
    if isinstance(value, Written):
        return str(value)
    if isinstance(value, list) and any(isinstance(each, (Written, list)) for each in value):
        return [plain(each) for each in value]
    return value


def report(problems: Problems, error: ExpressionError, given: Given, env: Env | None = None) -> None:
    """Add the problem of an expression that cannot be worked out, unless it follows from one that was added."""
    if isinstance(error, UnsaidError):
        return
    notes = env.notes() if env is not None else ()
    candidates = expression_fix(error, given.tree)
    problems.add(error.code, *expression_problem(error, given.tree), notes, candidates=candidates)


class Params:
    """The params of the spec with the values in force, and the lookups that stand on them."""

    def __init__(
        self,
        document: Document,
        problems: Problems,
        overrides: Mapping[str, object],
        variant: str | None = None,
        budget: Budget | None = None,
    ) -> None:
        self.problems = problems
        self.budget = budget or Budget()
        self.declared = document.params
        self.asked: list[Asked | Question] | None = None  # of nodes, where that is noted
        self.values: dict[str, Value | Unknown] = {}
        chosen = self._variant(document, variant)
        self._known(overrides)
        with suppress(TooManyProblems):  # which the next that is wrong raises again
            for name, given in document.params.items():
                self.values[name] = self._value(name, given, chosen.get(name), overrides)
        for name in document.params:
            self.values.setdefault(name, UNKNOWN)

    def _variant(self, document: Document, variant: str | None) -> dict[str, Given]:
        if variant is not None and variant not in document.variants:
            known = tuple(document.variants)
            has = f"it has {listing(known)}" if known else "it has none"
            message = f"there is no variant {show(variant)}{did_you_mean(variant, known) or '; ' + has}"
            self.problems.add("NS507", message, FILE_START)
        return {} if variant is None else document.variants.get(variant, {})

    def _known(self, overrides: Mapping[str, object]) -> None:
        known = tuple(self.declared)
        for name in overrides:
            if name not in self.declared:
                has = f"; `params` has {listing(known)}" if known else "; the spec has no `params`"
                message = f"there is no param {show(name)} to set{did_you_mean(name, known) or has}"
                self.problems.add("NS507", message, FILE_START)

    def _value(
        self, name: str, given: Given, variant: Given | None, overrides: Mapping[str, object]
    ) -> Value | Unknown:
        source = given
        try:
            default = self.evaluate(given, self.lookup)
            value: object = default
            if variant is not None:
                source = variant
                value = self.evaluate(variant, self.lookup)
        except ExpressionError as error:
            report(self.problems, error, source)
            return UNKNOWN
        if name in overrides:
            value = overrides[name]
        if not _alike(value, default):
            where = span_of(variant.tree if variant is not None and name not in overrides else given.tree)
            message = f"the param `{name}` is {_sort(default)}, so it cannot be {show(value)}"
            self.problems.add("NS507", message, where)
            return default
        return written(value, None if name in overrides else source.tree, 0)

    def evaluate(self, given: Given, lookup: Lookup) -> Value:
        """The value of something written, expressions worked out; raises ExpressionError."""
        if not given.dynamic:
            value: Value = given.value
            return value
        if given.value is None:
            raise UnsaidError("unknown", "NS501")  # it does not parse, which was reported
        return self.budget.evaluate(given.value, lookup)

    def lookup(self, name: str) -> Value:
        """What an expression sees where there is no node: the params above it."""
        if name in self.values:
            return self.known(name)
        if name in self.declared:
            raise ExpressionError(f"`${name}` stands later; a param may use only those above it", "NS502")
        raise unknown_name(name, _some(self.values))

    def at(self, env: Env, read: Node | None) -> Lookup:
        """What expressions see at a node that reads another."""
        args, params = env.args, self.values

        def look(name: str) -> Value:
            if name in args:
                value = args[name]
            elif name in params:
                value = self.known(name)
            elif name in RECEIVED:
                if self.asked is not None and read is not None and name in AXES:
                    self.note(name, read)
                return _received(name, read, env)
            else:
                raise unknown_name(name, [*_some(args), *_some(params), *RECEIVED])
            if type(value) is list:
                self.budget.read(value)
            return value

        return look

    def note(self, what: str, *nodes: Node) -> None:
        """Note that something is asked of nodes: see `asking`."""
        if self.asked is not None:
            self.asked.append(Asked(what, nodes, answer_to(what, *nodes)))

    def before(self, env: Env) -> Lookup:
        """What expressions see in `from`, which says what a node reads."""
        look = self.at(env, None)

        def before(name: str) -> Value:
            if name in RECEIVED and name != "index" and name not in env.args and name not in self.values:
                raise ExpressionError(f"`${name}` depends on the node's input, which `from` is to name", "NS502")
            return look(name)

        return before

    def hiding(self, step: Step, env: Env, read: Node | None) -> tuple[Note, ...]:
        """The params that a node reads under the name of a size of its input, which is another."""
        found = []
        for name in dict.fromkeys(n for given in step.givens() if given.dynamic for n in names_in(given.value)):
            if name not in SIZES or not (name in env.args or name in self.values):
                continue
            value = self.at(env, read)(name)
            try:
                own = _received(name, read, env)
            except ExpressionError:
                continue
            if own != value:
                where = None if name in env.args else span_of(self.declared[name].tree)
                message = f"`${name}` of `{step.kind_name}` is the param, {show(value)}, which hides the {name} of its input, {own}"
                found.append(Note(message, where))
        return tuple(found)

    def known(self, name: str) -> Value:
        """A param's value; raises quietly where its own expression failed, since that was reported."""
        value = self.values[name]
        if value is UNKNOWN:
            raise UnsaidError("unknown", "NS502")
        return value

    @property
    def in_force(self) -> dict[str, Value]:
        """The values of those params that have one."""
        return {name: plain(value) for name, value in self.values.items() if value is not UNKNOWN}


def _some(names: dict[str, T]) -> list[str]:
    """Of very many names those that a message lists, and those that a misspelt one is compared with."""
    if len(names) <= 2 * MAX_WORDS:
        return list(names)
    return [*islice(names, MAX_WORDS), *reversed([*islice(reversed(names), MAX_WORDS)])]


def _received(name: str, read: Node | None, env: Env) -> int:
    if name == "index":
        if env.repetition is None:
            raise ExpressionError("`$index` counts repetitions, and nothing around it is repeated", "NS502")
        return env.repetition
    shape = read.shape if read is not None else None
    if read is None or shape is None:
        raise UnsaidError("unknown", "NS502")
    if not AXES[name][1](len(shape)):
        raise ExpressionError(f"an input has no `${name}` if its shape is {show_shape(shape)}", "NS502")
    size = size_of(name, read)
    if size is None and read.tainted:
        raise UnsaidError("unknown", "NS502")
    if size is None:
        raise ExpressionError(f"`${name}` is not known until run time: the input is {show_shape(shape)}", "NS502")
    return size


def _alike(value: object, default: Value) -> TypeGuard[Value]:
    """Can a param have this value, by that of the spec?"""
    return _sort(value) == _sort(default)


def _sort(value: object) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    return "text" if isinstance(value, str) else "a list" if isinstance(value, list) else "nothing"
