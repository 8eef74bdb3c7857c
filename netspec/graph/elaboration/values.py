"""Values that depend on where they stand: params, expressions, a node's hyperparameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from netspec.diagnostics.problems import FILE_START, Problems
from netspec.diagnostics.words import did_you_mean, listing, show
from netspec.expressions import ExpressionError, unknown_name
from netspec.graph.elaboration.scope import Env
from netspec.graph.model import Node
from netspec.kinds import KINDS, Kind, OptionConflict, Weights
from netspec.kinds.kind import Reach
from netspec.options import Boolean, Declared, Integer, Invalid, Type
from netspec.shapes import Shape, show_shape
from netspec.spec.decoding import locate
from netspec.spec.document import Document, Given, Section, Step, resolve
from netspec.syntax.tree import Mapping, Scalar, span_of

MAX_ELEMENTS = 2**53  # numbers in one tensor or one layer's weights; beyond it no machine follows
MAX_SIZES = 7  # of one tensor; with the batch 8, beyond which TensorFlow's kernels refuse to broadcast
RECEIVED = ("channels", "height", "width", "depth", "length", "index")
BAD: Any = object()
UNKNOWN: Any = object()
_WIRING_TYPES: dict[str, Type[object]] = {"repeat": Integer(ge=0), "when": Boolean(), "trainable": Boolean()}


class Facts(NamedTuple):
    """What a kind says of a node, whose hyperparameters and inputs' shapes are known."""

    shape: Shape
    weights: Weights
    macs: int | None


class Values:
    """The part of elaboration that works values out."""

    def __init__(self, document: Document, problems: Problems) -> None:
        self.document = document
        self.problems = problems
        self.nodes: list[Node] = []
        self.layer_names: dict[str, int] = {}
        self.params: dict[str, Any] = {}
        self.heads: list[tuple[str, int]] = []
        self.depth = 0
        self.full = False
        self.weight_of: dict[int, int] = {}
        self.facts_of: dict[tuple[Any, ...], Facts] = {}
        self.reach_of: dict[tuple[int, int], tuple[Reach, ...] | None] = {}

    def _set_params(self, overrides: dict[str, Any], variant: str | None) -> None:
        document = self.document
        chosen: dict[str, Given] = {}
        if variant is not None:
            if variant not in document.variants:
                known = tuple(document.variants)
                has = f"it has {listing(known)}" if known else "it has none"
                self.problems.add(
                    "NS507",
                    f"there is no variant {show(variant)}{did_you_mean(variant, known) or '; ' + has}",
                    FILE_START,
                )
            chosen = document.variants.get(variant, {})
        for name in overrides:
            if name not in document.params:
                known = tuple(document.params)
                has = f"; `params` has {listing(known)}" if known else "; the spec has no `params`"
                self.problems.add(
                    "NS507",
                    f"there is no param {show(name)} to set{did_you_mean(name, known) or has}",
                    FILE_START,
                )
        for name, given in document.params.items():
            try:
                default = self.evaluate(given, self._param_lookup)
                value = self.evaluate(chosen[name], self._param_lookup) if name in chosen else default
            except ExpressionError as error:
                self._expression_problem(error, given)
                self.params[name] = 0
                continue
            if name in overrides:
                value = overrides[name]
            if _sort(value) != _sort(default):
                where = span_of(chosen[name].tree) if name in chosen and name not in overrides else span_of(given.tree)
                self.problems.add(
                    "NS507", f"the param `{name}` is {_sort(default)}, so it cannot be {show(value)}", where
                )
                value = default
            self.params[name] = value

    def _param_lookup(self, name: str) -> Any:
        if name in self.params:
            return self.params[name]
        if name in self.document.params:
            raise ExpressionError(f"`${name}` stands later; a param may use only those above it", "NS502")
        raise unknown_name(name, list(self.params))

    def evaluate(self, given: Given, lookup: Callable[[str], Any]) -> Any:
        """The value of something written, expressions worked out."""
        return resolve(given.value, lookup) if given.dynamic else given.value

    def _section(self, section: Section | None) -> Declared | None:
        if section is None:
            return None
        values: dict[str, Any] = {}
        whole = all(name in section.values for name in section.declared.required)
        for name, given in section.values.items():
            checked = self._value(section.declared.word, section.declared, name, given, self._param_lookup, None)
            if checked is BAD:
                whole = False
            else:
                values[name] = checked
        return section.declared(**values) if whole else None

    def _lookup(self, env: Env, read: Node | None) -> Callable[[str], Any]:
        """What expressions see at a node that reads another."""
        args, params = env.args, self.params

        def look(name: str) -> Any:
            if name in args:
                return args[name]
            if name in params:
                return params[name]
            if name in RECEIVED:
                return self._received(name, read, env)
            raise unknown_name(name, [*args, *params, *RECEIVED])

        return look

    def _received(self, name: str, read: Node | None, env: Env) -> int:
        if name == "index":
            if env.repetition is None:
                raise ExpressionError("`$index` counts repetitions, and nothing around it is repeated", "NS502")
            return env.repetition
        shape = read.shape if read is not None else None
        if read is None or shape is None:
            raise UnsaidError("unknown", "NS502")
        axis, ranks = {
            "channels": (-1, range(len(shape))),
            "width": (-2, (2, 3)),
            "height": (-3, (2, 3)),
            "depth": (-4, (3,)),
            "length": (-2, (1,)),
        }[name]
        if len(shape) - 1 not in ranks:
            raise ExpressionError(f"`${name}` is not known of an input of shape {show_shape(shape)}", "NS502")
        size = shape[axis]
        if size is None and read.tainted:
            raise UnsaidError("unknown", "NS502")
        if size is None:
            raise ExpressionError(f"`${name}` is not known until run time: the input is {show_shape(shape)}", "NS502")
        return size

    def _value(
        self,
        word: str,
        declared: type[Declared] | None,
        name: str,
        given: Given,
        lookup: Callable[[str], Any],
        env: Env | None,
    ) -> Any:
        """A hyperparameter's value, checked once its expressions are worked out; BAD where a problem was reported."""
        if not given.dynamic:
            return given.value
        try:
            value = resolve(given.value, lookup)
        except ExpressionError as error:
            self._expression_problem(error, given, env)
            return BAD
        type_ = declared.options[name].type if declared is not None else _WIRING_TYPES[name]
        try:
            return type_.check(value)
        except Invalid as error:
            for each in error.all():
                self._invalid(word, name, each, given, lookup, env)
            return BAD

    def _invalid(
        self,
        word: str,
        name: str,
        error: Invalid,
        given: Given,
        lookup: Callable[[str], Any],
        env: Env | None,
    ) -> None:
        message = error.of(f"`{name}`")
        values = {n: lookup(n) for n in _names_in(given.value)}
        where = ", ".join(f"${n} = {show(v)}" for n, v in values.items())
        text = given.tree.text if isinstance(given.tree, Scalar) else None
        source = f" ({show(text)[1:-1]}, where {where})" if text is not None else f" (where {where})"
        notes = env.use.notes() if env is not None and env.use is not None else ()
        self.problems.add("NS504", f"`{word}`: {message}{source}", locate(given.tree, error), notes)

    def _expression_problem(self, error: ExpressionError, given: Given, env: Env | None = None) -> None:
        if isinstance(error, UnsaidError):
            return
        notes = env.use.notes() if env is not None and env.use is not None else ()
        text = f"in {show(given.tree.text)}: " if isinstance(given.tree, Scalar) else ""
        self.problems.add(error.code, f"{text}{error.message}", span_of(given.tree), notes)

    def _config(self, step: Step, inputs: tuple[int, ...], env: Env, original: int | None) -> Kind | None:
        if step.config is not None and original is None:
            return step.config
        cls = step.cls
        assert cls is not None
        lookup = self._lookup(env, self.nodes[inputs[0]] if inputs else None)
        values: dict[str, Any] = {}
        whole = True
        for name, given in step.values.items():
            value = self._value(step.word, cls, name, given, lookup, env)
            if value is BAD:
                whole = False
            else:
                values[name] = value
        if original is not None:
            first = self.nodes[original].config
            if first is None:  # what is wrong with the original was said there
                return None
            for name, value in values.items():
                if getattr(first, name) != value and name in self._written(step):
                    theirs = show(getattr(first, name))
                    message = f"`{name}` is {show(value)} here and {theirs} at the node whose weights are shared"
                    self.problems.add("NS307", message, step.span)
            return first
        refused = any(name in cls.options and name not in values for name in self._written(step))
        if not whole or refused or any(name not in values for name in cls.required):
            return None
        config = cls(**values)
        try:
            config.check()
        except OptionConflict as error:
            given_or_none = step.values.get(error.option)
            notes = env.use.notes() if env.use is not None else ()
            self.problems.add(
                "NS209",
                f"`{step.word}`: {error.message}",
                span_of(given_or_none.tree) if given_or_none else step.span,
                notes,
                repairs=error.repairs,
                step=step.span,
            )
            return None
        return config

    def _written(self, step: Step) -> tuple[str, ...]:
        if isinstance(step.tree, Mapping):
            return tuple(step.tree.entries)
        return (step.cls.principal,) if step.cls is not None and step.cls.principal and step.tree is not None else ()

    def defaults_of(self, word: str, env: Env, read: Node | None) -> dict[str, Any]:
        """What `defaults` say of a kind, for nodes that a composition makes."""
        lookup = self._lookup(env, read)
        cls = KINDS[word]
        values = {}
        for name, given in self.document.defaults.get(word, {}).items():
            value = self._value(word, cls, name, given, lookup, env)
            if value is not BAD:
                values[name] = value
        return values


class UnsaidError(ExpressionError):
    """An expression over something that is wrong already."""


class Arguments(dict[str, Any]):
    """A block's params; reading one whose own expression failed raises quietly, since that was reported."""

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        if value is UNKNOWN:
            raise UnsaidError("unknown", "NS502")
        return value


def _names_in(template: Any) -> list[str]:
    if isinstance(template, list):
        return [name for item in template for name in _names_in(item)]
    if isinstance(template, dict):
        return [name for item in template.values() for name in _names_in(item)]
    return list(getattr(template, "names", ()))


def _sort(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    return "text" if isinstance(value, str) else "a list" if isinstance(value, list) else "nothing"
