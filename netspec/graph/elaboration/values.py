"""Hyperparameters and wiring whose values depend on where a node stands."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final, TypeVar

from netspec.diagnostics.problems import Candidate, Edit
from netspec.diagnostics.words import show
from netspec.expressions import ExpressionError, Lookup, Value
from netspec.graph.elaboration.construction import Construction
from netspec.graph.elaboration.lookups import Params, plain, report
from netspec.graph.elaboration.scope import Env
from netspec.graph.model import Node
from netspec.kinds import KINDS, Configs, Kind, OptionConflict
from netspec.options import Declared, Invalid, Type
from netspec.options import Values as OptionValues
from netspec.spec.decoding import locate
from netspec.spec.document import Given, Settings, Step, names_in
from netspec.syntax.tree import Mapping as MappingTree
from netspec.syntax.tree import Scalar, span_of

T = TypeVar("T")


class Bad(Enum):
    """Stands for a value about which a problem was reported."""

    BAD = "bad"


BAD: Final = Bad.BAD


NONE_READ: Mapping[str, int] = {}


class Values:
    """Works out what is written, and checks what comes out of it."""

    def __init__(self, construction: Construction, params: Params, defaults: dict[str, dict[str, Given]]) -> None:
        self.construction = construction
        self.problems = construction.problems
        self.params = params
        self.defaults = defaults
        self.inherited: list[str] = []  # the kinds whose defaults nodes have that compositions made
        self.configs = Configs()
        self.complete: dict[int, bool] = {}  # steps, by identity: is all there that they must say, and that they do?

    def lookup(self, env: Env, inputs: tuple[int, ...]) -> Lookup:
        """What expressions see at a node with these inputs."""
        return self.params.at(env, self.construction.first(inputs))

    def wiring(self, step: Step, name: str, type_: Type[T], given: Given, read: Node | None, env: Env) -> T | Bad:
        """The value of `repeat`, `when` or `trainable`; BAD where a problem was reported."""
        return self._checked(step.kind_name, name, type_, given, self.params.at(env, read), env)

    def section(self, section: Settings | None) -> Declared | None:
        """`data`, `train` or `limits` with its expressions worked out; None where it is not whole."""
        if section is None:
            return None
        declared = section.declared
        values = self._all(declared, section.values, self.params.lookup, None)
        whole = len(values) == len(section.values) and all(name in section.values for name in declared.required)
        return declared(**values) if whole else None

    def defaults_of(self, kind_name: str, env: Env, inputs: tuple[int, ...]) -> OptionValues:
        """What `defaults` say of a kind, for nodes that a composition makes."""
        self.inherited.append(kind_name)
        return self._all(KINDS[kind_name], self.defaults.get(kind_name, {}), self.lookup(env, inputs), env)

    def config(
        self, step: Step, inputs: tuple[int, ...], env: Env, original: int | None, reads: Mapping[str, int] = NONE_READ
    ) -> Kind | None:
        """A node's kind with its hyperparameters, those of the node whose weights it shares if it does; None if wrong.

        Args:
            step: How the node is written.
            inputs: What its expressions see.
            env: How the walk came here.
            original: The node whose weights it shares.
            reads: How many nodes each of its hyperparameters names that name nodes.
        """
        if step.config is not None and original is None:
            return step.config
        cls = step.cls
        assert cls is not None
        given = step.values if not cls.reads else {k: g for k, g in step.values.items() if k not in cls.reads}
        values = self._all(cls, given, self.lookup(env, inputs), env)
        values |= {name: ("",) * count for name, count in reads.items()}
        if cls.reads:  # one that says `null` names none
            values |= {k: None for k, g in step.values.items() if k in cls.reads and g.value is None and not g.dynamic}
        if original is not None:
            return self._shared(step, values, _written(step), original)
        complete = self.complete.get(id(step))
        if complete is None:  # asked once, and not at each repetition
            complete = self.complete[id(step)] = _is_complete(step, cls)
        if not complete or len(values) != len(step.values):
            return None
        try:
            return self.configs.make(cls, values)
        except OptionConflict as error:
            wrong = step.values.get(error.option)
            self.problems.add(
                "NS209",
                f"`{step.kind_name}`: {error.message}",
                step.span if wrong is None else span_of(wrong.tree),
                env.notes(),
                repairs=error.repairs,
                step=step.span,
            )
            return None

    def _shared(self, step: Step, values: OptionValues, written: tuple[str, ...], original: int) -> Kind | None:
        first = self.construction.nodes[original].config
        if first is None:  # what is wrong with the original was said there
            return None
        for name, value in values.items():
            if getattr(first, name) != value and name in written:
                theirs = show(getattr(first, name))
                message = f"`{name}` is {show(value)} here and {theirs} at the node whose weights are shared"
                self.problems.add("NS307", message, step.span)
        return first

    def _all(self, declared: type[Declared], given: dict[str, Given], lookup: Lookup, env: Env | None) -> OptionValues:
        """The values that are right; the problems of the others are reported."""
        values: OptionValues = {}
        for name, each in given.items():
            value = self._checked(declared.spec_name, name, declared.options[name].type, each, lookup, env)
            if value is not BAD:
                values[name] = value
        return values

    def _checked(
        self, kind_name: str, name: str, type_: Type[T], given: Given, lookup: Lookup, env: Env | None
    ) -> T | Bad:
        """A value, checked once its expressions are worked out; BAD where a problem was reported."""
        if not given.dynamic:
            checked: T = given.value
            return checked
        try:
            value = self.params.evaluate(given, lookup)
        except ExpressionError as error:
            report(self.problems, error, given, env)
            return BAD
        try:
            return type_.check(plain(value))
        except Invalid as error:
            for each in error.all():
                self._invalid(kind_name, name, each, given, lookup, env, _whole(type_, value, given))
            return BAD

    def _invalid(
        self,
        kind_name: str,
        name: str,
        error: Invalid,
        given: Given,
        lookup: Lookup,
        env: Env | None,
        candidates: tuple[Candidate, ...],
    ) -> None:
        message = error.of(f"`{name}`")
        where = ", ".join(f"${n} = {show(lookup(n))}" for n in dict.fromkeys(names_in(given.value)))
        text = given.tree.text if isinstance(given.tree, Scalar) else None
        source = f" ({show(text)[1:-1]}, where {where})" if text is not None else f" (where {where})"
        notes = env.notes() if env is not None else ()
        span = locate(given.tree, error)
        self.problems.add("NS504", f"`{kind_name}`: {message}{source}", span, notes, candidates=candidates)


def _whole(type_: Type[object], value: Value, given: Given) -> tuple[Candidate, ...]:
    """An expression made whole, where that is all that is wrong with what it comes to."""
    tree = given.tree
    if not isinstance(tree, Scalar) or not tree.plain or not isinstance(value, float) or value.is_integer():
        return ()
    try:
        type_.check(int(value))
    except Invalid:
        return ()
    meant = f"int({tree.text})"
    return (Candidate((Edit(span_of(tree), meant),), meant),)


def _is_complete(step: Step, cls: type[Kind]) -> bool:
    """Has a node all hyperparameters that its kind requires, and none that was refused as it was read?"""
    wanted = (*cls.required, *(name for name in _written(step) if name in cls.options))
    return all(name in step.values for name in wanted)


def _written(step: Step) -> tuple[str, ...]:
    """The hyperparameters that stand at the node itself."""
    if isinstance(step.tree, MappingTree):
        return tuple(step.tree.entries)
    return (step.cls.principal,) if step.cls is not None and step.cls.principal and step.tree is not None else ()
