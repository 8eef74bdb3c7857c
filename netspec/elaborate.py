"""`Document` to `Graph` in one walk: blocks, repeats, expressions, names, shapes and costs.

A node that is wrong yields what can still be said of its shape and is marked tainted; everything after it is checked as far
as that goes, and what would only repeat the first problem is left unsaid.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

from netspec.document import Block, Document, Given, Section, Step, locate, resolve
from netspec.edits import repair_edits
from netspec.expression import ExpressionError, unknown_name
from netspec.geometry import Shape, show_shape
from netspec.graph import Graph, Node
from netspec.kinds import KINDS, Contradiction, Kind, Weights, Wrong
from netspec.kinds.kind import NO_WEIGHTS
from netspec.option import Declared, Integer, Invalid
from netspec.problems import FILE_START, Fix, Note, Problems, Span, did_you_mean, listing, show
from netspec.source import Mapping, Scalar, Tree, span_of

MAX_NODES = 250_000  # of a graph; the largest networks in print have some thousand layers
MAX_BODIES = 100  # bodies within bodies, blocks' included
MAX_ELEMENTS = 2**53  # numbers in one tensor or one layer's weights; beyond it no machine follows
RECEIVED = ("channels", "height", "width", "depth", "length", "index")


class Entry(NamedTuple):
    """What a name stands for: nodes to read, and the scope inside, if it opens one."""

    handles: tuple[int, ...]
    scope: Scope | None
    step: Step | None
    args: dict[str, Any] | None = None


class Scope:
    """The names of one body."""

    __slots__ = ("absent", "counters", "entering", "later", "names", "parent", "path", "twin")

    def __init__(self, path: str, parent: Scope | None, entering: tuple[int, ...], twin: Scope | None = None) -> None:
        self.path = path  # with a dot at its end, unless it is the top
        self.parent = parent
        self.entering = entering
        self.names: dict[str, Entry] = {}
        self.counters: dict[str, int] = {}
        self.later: dict[str, Span] = {}  # names that the body gives, whether or not the walk has come there
        self.absent: dict[str, str] = {}  # names that `when` or `repeat: 0` leaves out
        self.twin = twin  # the scope whose weights this one's nodes share

    def visible(self) -> list[str]:
        """Every name that a node here may read."""
        found: list[str] = ["input"]
        scope: Scope | None = self
        while scope is not None:
            found.extend(scope.names)
            scope = scope.parent
        return found


class Use(NamedTuple):
    """A link of the chain that led into a block or a repetition."""

    parent: Use | None
    block: str | None
    span: Span
    repetition: int | None
    depth: int

    def notes(self) -> tuple[Note, ...]:
        """The chain in words, innermost first."""
        links: list[Note] = []
        link: Use | None = self
        while link is not None:
            where = f"in block `{link.block}`, used at line {link.span.line}" if link.block else f"in the node at line {link.span.line}"
            links.append(Note(where + (f", repetition {link.repetition}" if link.repetition else ""), link.span))
            link = link.parent
        return tuple(links)


class Env(NamedTuple):
    """What an expression can see, and how the walk came here."""

    args: dict[str, Any]
    index: int | None
    use: Use | None
    trainable: bool


def elaborate(
    document: Document, problems: Problems, overrides: dict[str, Any] | None = None, variant: str | None = None
) -> Graph:
    """The graph, as far as it can be made; it is whole only where `problems` has no errors."""
    return _Elaborator(document, problems).graph(overrides or {}, variant)


class _Elaborator:
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

    # --- the whole -----------------------------------------------------------------------------------------------------

    def graph(self, overrides: dict[str, Any], variant: str | None) -> Graph:
        document = self.document
        self._set_params(overrides, variant)
        inputs = tuple(self._input(i) for i in document.inputs)
        entering = inputs if len(inputs) == 1 else ()
        scope = Scope("", None, entering)
        for index, given in zip(inputs, document.inputs, strict=True):
            scope.names[given.name] = Entry((index,), None, None)
        if not inputs:
            scope.entering = (self._poison("input", FILE_START),)
        end = self.body(document.body, scope.entering, scope, Env({}, None, None, True))
        outputs = self._outputs(scope, end)
        return Graph(
            name=document.name,
            nodes=tuple(self.nodes),
            inputs=inputs,
            outputs=outputs,
            params=self.params,
            data=self._section(document.data),
            train=self._section(document.train),
            limits=self._section(document.limits),
        )

    def _set_params(self, overrides: dict[str, Any], variant: str | None) -> None:
        document = self.document
        chosen: dict[str, Given] = {}
        if variant is not None:
            if variant not in document.variants:
                known = tuple(document.variants)
                has = f"it has {listing(known)}" if known else "it has none"
                self.problems.add("NS507", f"there is no variant {show(variant)}{did_you_mean(variant, known) or '; ' + has}", FILE_START)
            chosen = document.variants.get(variant, {})
        for name in overrides:
            if name not in document.params:
                known = tuple(document.params)
                has = f"; `params` has {listing(known)}" if known else "; the spec has no `params`"
                self.problems.add("NS507", f"there is no param {show(name)} to set{did_you_mean(name, known) or has}", FILE_START)
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
                self.problems.add("NS507", f"the param `{name}` is {_sort(default)}, so it cannot be {show(value)}", where)
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
            if checked is _BAD:
                whole = False
            else:
                values[name] = checked
        return section.declared(**values) if whole else None

    def _input(self, declared: Any) -> int:
        span = span_of(declared.key)
        shape: Shape | None = None
        tainted = False
        try:
            sizes = self.evaluate(declared.shape, self._param_lookup)
            if not isinstance(sizes, list):
                raise Invalid(f"must be a list of sizes, not {show(sizes)}")
            shape = tuple(None if size is None else Integer(ge=1).check(size) for size in sizes)
        except ExpressionError as error:
            self._expression_problem(error, declared.shape)
        except Invalid as error:
            self.problems.add("NS504", f"the shape of `{declared.name}` {error.message}", span_of(declared.shape.tree))
        if shape is None:
            tainted = True
        elif any(size is not None and size > MAX_ELEMENTS for size in shape):
            self.problems.add("NS602", f"the shape of `{declared.name}`, {show_shape(shape)}, is beyond any machine", span)
            shape, tainted = None, True
        ones = (1,) * (len(shape) - 1) if shape else ()
        node = Node(
            declared.name, declared.name, "input", None, (), shape, declared.dtype, NO_WEIGHTS, 0, ones, ones, span, None, True, tainted
        )
        self.layer_names[declared.name] = len(self.nodes)
        self.nodes.append(node)
        return len(self.nodes) - 1

    def _outputs(self, scope: Scope, end: tuple[int, ...]) -> dict[str, int]:
        found: dict[str, int] = {}
        if self.document.outputs is not None:
            for name, path, span in self.document.outputs:
                entry = self._find(path, scope, span, "output")
                if entry is None:
                    continue
                if name in found:
                    self.problems.add("NS302", f"two outputs are called `{name}`", span)
                    continue
                found[name.replace(".", "_")] = entry.handles[-1]
            return found
        if self.document.body:
            for handle in end:
                found[self._output_name(handle, scope)] = handle
        for name, handle in self.heads:
            found[name] = handle
        return found

    def _output_name(self, handle: int, scope: Scope) -> str:
        for name in reversed(scope.names):
            if handle in scope.names[name].handles and not self.nodes[handle].is_input:
                return name
        return self.nodes[handle].layer

    # --- bodies and steps ----------------------------------------------------------------------------------------------

    def body(self, steps: tuple[Step, ...], entering: tuple[int, ...], scope: Scope, env: Env) -> tuple[int, ...]:
        """The nodes of a body; returns what the node after it reads."""
        if self.depth >= MAX_BODIES:
            span = steps[0].span if steps else FILE_START
            self.problems.add("NS506", f"bodies are nested deeper than {MAX_BODIES} levels", span)
            return (self._poison("body", span),)
        self.depth += 1
        self._announce(steps, scope)
        current = entering
        for step in steps:
            current = self._step(step, current, scope, env)
            if self.full:
                break
        self.depth -= 1
        return current

    def _announce(self, steps: tuple[Step, ...], scope: Scope) -> None:
        for step in steps:
            if step.name is not None and not step.name.dynamic:
                name = step.name.value
                if step.repeat is None and name in scope.later:
                    first = scope.later[name]
                    self.problems.add(
                        "NS302",
                        f"the name `{name}` is given twice; the first is at line {first.line}",
                        span_of(step.name.tree),
                        (Note("first here", first),),
                    )
                scope.later[name] = span_of(step.name.tree)

    def _step(self, step: Step, current: tuple[int, ...], scope: Scope, env: Env) -> tuple[int, ...]:
        if step.repeat is None:
            if step.when is not None and not self._when(step, current, scope, env):
                return current
            return self._once(step, current, scope, env, None)
        shape = self.nodes[current[0]].shape if current else None
        count = self._value(step.word, None, "repeat", step.repeat, self._lookup(env, shape), env)
        if count is _BAD:
            return (self._poison(step.word, step.span),)
        if count == 0:
            self._leave_out(step, scope, "`repeat` is 0")
        if count * self._weight(step) + len(self.nodes) > MAX_NODES:
            self._too_many(step, count)
            count = 1
        for index in range(count):
            inner = env._replace(index=index)
            if step.when is not None and not self._when(step, current, scope, inner):
                continue
            current = self._once(step, current, scope, inner, index)
            if self.full:
                break
        return current

    def _weight(self, step: Step) -> int:
        """At least how many nodes one repetition makes, as far as that shows without walking it."""
        key = id(step)
        found = self.weight_of.get(key)
        if found is None:
            self.weight_of[key] = 1  # a recursive block is refused elsewhere
            bodies: list[tuple[Step, ...]] = []
            if step.block is not None:
                block = self.document.blocks.get(step.block)
                bodies = [block.body] if block is not None else []
            for given in step.values.values():
                if isinstance(given.value, tuple) and given.value and isinstance(given.value[0], Step):
                    bodies.append(given.value)
                elif isinstance(given.value, dict):
                    bodies.extend(b for b in given.value.values() if isinstance(b, tuple))
            inner = sum(self._repeats(s) * self._weight(s) for body in bodies for s in body)
            found = self.weight_of[key] = max(1, inner)
        return found

    def _repeats(self, step: Step) -> int:
        if step.when is not None:
            return 0
        if step.repeat is None:
            return 1
        try:
            count = self.evaluate(step.repeat, self._param_lookup)
        except ExpressionError:
            return 1
        return count if isinstance(count, int) else 1

    def _too_many(self, step: Step, count: int) -> None:
        self.problems.add(
            "NS509",
            f"repeating `{step.word}` {count:,} times makes more than {MAX_NODES:,} nodes, the most that a graph may have",
            step.span,
        )
        self.full = True

    def _when(self, step: Step, current: tuple[int, ...], scope: Scope, env: Env) -> bool:
        assert step.when is not None
        shape = self.nodes[current[0]].shape if current else None
        value = self._value(step.word, None, "when", step.when, self._lookup(env, shape), env)
        if value is False:
            self._leave_out(step, scope, "its `when` is false")
            return False
        return True

    def _leave_out(self, step: Step, scope: Scope, reason: str) -> None:
        if step.name is not None and not step.name.dynamic:
            scope.absent[step.name.value] = reason

    def _once(self, step: Step, current: tuple[int, ...], scope: Scope, env: Env, repetition: int | None) -> tuple[int, ...]:
        inputs = self._sources(step, current, scope, env, repetition)
        name = self._name(step, scope, env, repetition)
        if len(self.nodes) >= MAX_NODES:
            if not self.full:
                self._too_many(step, 1)
            return inputs
        if inputs is None:
            inputs = (self._poison(step.word, step.span),)
        trainable = env.trainable
        if step.trainable is not None:
            lookup = self._lookup(env, self.nodes[inputs[0]].shape if inputs else None)
            trainable = trainable and self._value(step.word, None, "trainable", step.trainable, lookup, env) is not False
        if trainable is not env.trainable:
            env = env._replace(trainable=trainable)
        if step.block is not None:
            return self._block(step, step.block, name, inputs, scope, env, repetition)
        if step.cls is None:
            poison = (self._poison(step.word, step.span),)
            scope.names[name] = Entry(poison, None, step)
            return poison
        if step.cls.composition:
            return self._composition(step, name, inputs, scope, env, repetition)
        original = self._original(step, name, scope, env)
        config = self._config(step, inputs, env, original)
        handle = self._emit(step.word, config, name, inputs, scope, env, step.span, original, step, repetition)
        scope.names[name] = Entry((handle,), None, step)
        return (handle,)

    # --- names ---------------------------------------------------------------------------------------------------------

    def _name(self, step: Step, scope: Scope, env: Env, repetition: int | None) -> str:
        if step.name is not None:
            name = step.name.value
            if step.name.dynamic:
                lookup = self._lookup(env, None)
                try:
                    name = self.evaluate(step.name, lookup)
                except ExpressionError as error:
                    self._expression_problem(error, step.name, env)
                    name = step.word
                if not isinstance(name, str) or not name.isidentifier() or not name.isascii() or name == "input":
                    self.problems.add("NS303", f"`name` must be an identifier, and {show(step.name.tree.text)} is {show(name)}", span_of(step.name.tree))  # type: ignore[union-attr]
                    name = "node"
            if repetition is not None:
                name = f"{name}_{repetition + 1}"
            if name in scope.names:
                if step.name.dynamic or repetition is not None or scope.names[name].step is None:
                    self.problems.add("NS302", f"the name `{name}` is taken already", span_of(step.name.tree))
                return name
            return str(name)
        base = step.word if step.word[0].isalpha() else f"conv{step.word}"
        while True:
            count = scope.counters[base] = scope.counters.get(base, 0) + 1
            name = f"{base}_{count}"
            if name not in scope.later and name not in scope.names:
                return name

    def _sources(
        self, step: Step, current: tuple[int, ...], scope: Scope, env: Env, repetition: int | None
    ) -> tuple[int, ...] | None:
        given = step.sources
        if given is None or (repetition and not given.dynamic):
            if current:
                return current
            names = [i.name for i in self.document.inputs]
            self.problems.add("NS304", f"`{step.word}` does not say which input it reads; write `from:` with {listing(names, 'or')}", step.span)
            return None
        names = given.value
        if given.dynamic:
            try:
                names = self.evaluate(given, self._lookup(env, None))
            except ExpressionError as error:
                self._expression_problem(error, given, env)
                return None
            names = [n for item in names for n in (item if isinstance(item, list) else [item])]
        handles: list[int] = []
        tree = given.tree
        for position, name in enumerate(names):
            span = span_of(tree if isinstance(tree, Scalar) or given.dynamic else tree.items[position])  # type: ignore[union-attr]
            if not isinstance(name, str):
                self.problems.add("NS301", f"`from` takes names of nodes, not {show(name)}", span)
                handles.append(self._poison(step.word, span))
                continue
            entry = self._find(name, scope, span, "node")
            if entry is None:
                handles.append(self._poison(name, span))
            else:
                handles.extend(entry.handles)
        return tuple(handles)

    def _find(self, path: str, scope: Scope, span: Span, noun: str) -> Entry | None:
        first, *rest = path.split(".")
        if path == "input":
            if scope.entering:
                return Entry(scope.entering, None, None)
            names = [i.name for i in self.document.inputs]
            self.problems.add("NS301", f"there are several inputs; name one of {listing(names)}", span)
            return None
        here: Scope | None = scope
        while here is not None and first not in here.names:
            here = here.parent
        if here is None:
            self._unknown_node(first, path, scope, span, noun)
            return None
        entry = here.names[first]
        for depth, part in enumerate(rest):
            inner = entry.scope
            if inner is None or part not in inner.names:
                outer = ".".join([first, *rest[:depth]])
                known = list(inner.names) if inner is not None else []
                hint = did_you_mean(part, known) or (f"; it has {listing(known[:8])}" if known else "; it has none")
                self.problems.add("NS301", f"there is no node `{part}` inside `{outer}`{hint}", span)
                return None
            entry = inner.names[part]
        return entry

    def _unknown_node(self, first: str, path: str, scope: Scope, span: Span, noun: str) -> None:
        here: Scope | None = scope
        while here is not None:
            if first in here.absent:
                self.problems.add("NS301", f"the node `{first}` is left out, because {here.absent[first]}", span)
                return
            repeated = [name for name in here.names if name.startswith(f"{first}_") and name[len(first) + 1 :].isdigit()]
            if first in here.later:
                if repeated:
                    self.problems.add("NS301", f"`{first}` is repeated; name one of `{repeated[0]}` to `{repeated[-1]}`", span)
                else:
                    line = here.later[first].line
                    self.problems.add("NS301", f"the node `{first}` stands later, at line {line}; a node reads only what is above it", span)
                return
            here = here.parent
        known = scope.visible()
        del path, noun
        self.problems.add("NS301", f"there is no node `{first}` here{did_you_mean(first, known)}", span)

    # --- values --------------------------------------------------------------------------------------------------------

    def _lookup(self, env: Env, shape: Shape | None) -> Callable[[str], Any]:
        args, params = env.args, self.params

        def look(name: str) -> Any:
            if name in args:
                return args[name]
            if name in params:
                return params[name]
            if name in RECEIVED:
                return self._received(name, shape, env)
            raise unknown_name(name, [*args, *params, *RECEIVED])

        return look

    def _received(self, name: str, shape: Shape | None, env: Env) -> int:
        if name == "index":
            if env.index is None:
                raise ExpressionError("`$index` counts repetitions, and nothing around it is repeated", "NS502")
            return env.index
        if shape is None:
            raise _Unsaid("unknown", "NS502")
        axis, ranks = {
            "channels": (-1, (0, 1, 2, 3)),
            "width": (-2, (2, 3)),
            "height": (-3, (2, 3)),
            "depth": (-4, (3,)),
            "length": (-2, (1,)),
        }[name]
        if len(shape) - 1 not in ranks:
            raise ExpressionError(f"`${name}` is not known of an input of shape {show_shape(shape)}", "NS502")
        size = shape[axis]
        if size is None:
            raise ExpressionError(f"`${name}` is not known until run time: the input is {show_shape(shape)}", "NS502")
        return size

    def _value(
        self, word: str, declared: type[Declared] | None, name: str, given: Given, lookup: Callable[[str], Any], env: Env | None
    ) -> Any:
        """A hyperparameter's value, checked once its expressions are worked out; _BAD where a problem was reported."""
        if not given.dynamic:
            return given.value
        try:
            value = resolve(given.value, lookup)
        except ExpressionError as error:
            self._expression_problem(error, given, env)
            return _BAD
        type_ = declared.options[name].type if declared is not None else _WIRING_TYPES[name]
        try:
            return type_.check(value)
        except Invalid as error:
            self._invalid(word, name, error, given, lookup, env)
            return _BAD

    def _invalid(
        self, word: str, name: str, error: Invalid, given: Given, lookup: Callable[[str], Any], env: Env | None
    ) -> None:
        message = error.message if error.message.startswith("`") else f"`{name}` {error.message}"
        values = {n: lookup(n) for n in _names_in(given.value)}
        where = ", ".join(f"${n} = {show(v)}" for n, v in values.items())
        text = given.tree.text if isinstance(given.tree, Scalar) else None
        source = f" ({show(text)[1:-1]}, where {where})" if text is not None else f" (where {where})"
        notes = env.use.notes() if env is not None and env.use is not None else ()
        self.problems.add("NS504", f"`{word}`: {message}{source}", locate(given.tree, error), notes)

    def _expression_problem(self, error: ExpressionError, given: Given, env: Env | None = None) -> None:
        if isinstance(error, _Unsaid):
            return
        notes = env.use.notes() if env is not None and env.use is not None else ()
        text = f"in {show(given.tree.text)}: " if isinstance(given.tree, Scalar) else ""
        self.problems.add(error.code, f"{text}{error.message}", span_of(given.tree), notes)

    def _config(self, step: Step, inputs: tuple[int, ...], env: Env, original: int | None) -> Kind | None:
        if step.config is not None:
            return step.config
        cls = step.cls
        assert cls is not None
        lookup = self._lookup(env, self.nodes[inputs[0]].shape if inputs else None)
        values: dict[str, Any] = {}
        whole = True
        for name, given in step.values.items():
            value = self._value(step.word, cls, name, given, lookup, env)
            if value is _BAD:
                whole = False
            else:
                values[name] = value
        if original is not None:
            first = self.nodes[original].config
            assert first is not None
            for name, value in values.items():
                if getattr(first, name) != value and name in self._written(step):
                    self.problems.add(
                        "NS307",
                        f"`{name}` is {show(value)} here and {show(getattr(first, name))} at the node whose weights are shared",
                        step.span,
                    )
            return first
        if not whole or any(name not in values for name in cls.required):
            return None
        config = cls(**values)
        try:
            config.check()
        except Contradiction as error:
            given_or_none = step.values.get(error.option)
            text = f" {error.message}" if error.message.startswith("needs") else f": {error.message}"
            notes = env.use.notes() if env.use is not None else ()
            self.problems.add("NS209", f"`{step.word}`{text}", span_of(given_or_none.tree) if given_or_none else step.span, notes)
            return None
        return config

    def _written(self, step: Step) -> tuple[str, ...]:
        if isinstance(step.tree, Mapping):
            return tuple(step.tree.entries)
        return (step.cls.principal,) if step.cls is not None and step.cls.principal and step.tree is not None else ()

    # --- sharing -------------------------------------------------------------------------------------------------------

    def _shared_entry(self, step: Step, name: str, scope: Scope, env: Env) -> Entry | None:
        """The entry whose weights this step uses: by its own `share`, or because the body around it shares another's."""
        if step.share is not None:
            target = step.share.value
            if step.share.dynamic:
                try:
                    target = self.evaluate(step.share, self._lookup(env, None))
                except ExpressionError as error:
                    self._expression_problem(error, step.share, env)
                    return None
            span = span_of(step.share.tree)
            entry = self._find(str(target), scope, span, "node")
            if entry is None:
                return None
            if entry.step is None or entry.step.word != step.word:
                word = entry.step.word if entry.step is not None else "input"
                self.problems.add("NS307", f"`{target}` is a `{word}`; a `{step.word}` shares weights only with another", span)
                return None
            return entry
        if scope.twin is not None:
            return scope.twin.names.get(name)
        return None

    def _original(self, step: Step, name: str, scope: Scope, env: Env) -> int | None:
        if step.share is None and scope.twin is None:
            return None
        entry = self._shared_entry(step, name, scope, env)
        if entry is None:
            return None
        handle = entry.handles[-1]
        original = self.nodes[handle]
        return handle if original.share is None else original.share

    # --- blocks and compositions ----------------------------------------------------------------------------------------

    def _block(
        self, step: Step, word: str, name: str, inputs: tuple[int, ...], scope: Scope, env: Env, repetition: int | None
    ) -> tuple[int, ...]:
        poison = (self._poison(word, step.span),) if word not in self.document.blocks else ()
        link = env.use
        while link is not None:
            if link.block == word:
                self.problems.add("NS506", f"the block `{word}` contains itself", step.span, env.use.notes() if env.use else ())
                poison = (self._poison(word, step.span),)
                break
            link = link.parent
        if poison:
            scope.names[name] = Entry(poison, None, step)
            return poison
        block = self.document.blocks[word]
        shared = self._shared_entry(step, name, scope, env)
        args = self._arguments(step, block, inputs, env, shared)
        use = Use(env.use, word, step.span, None if repetition is None else repetition + 1, 0)
        inner = Scope(f"{scope.path}{name}.", scope, inputs, shared.scope if shared else None)
        inside = Env(args, env.index, use, env.trainable)
        end = self.body(block.body, inputs, inner, inside)
        scope.names[name] = Entry(end, inner, step, args)
        return end

    def _arguments(self, step: Step, block: Block, inputs: tuple[int, ...], env: Env, shared: Entry | None) -> dict[str, Any]:
        notes = env.use.notes() if env.use is not None else ()
        lookup = self._lookup(env, self.nodes[inputs[0]].shape if inputs else None)
        given = dict(step.values)
        if "" in given:
            principal = next(iter(block.params), None)
            value = given.pop("")
            if principal is None:
                self.problems.add("NS202", f"the block `{block.name}` has no params, so it takes no value", span_of(value.tree))
            else:
                given[principal] = value
        args: dict[str, Any] = {}
        for name, value in given.items():
            if name not in block.params and name not in block.param_keys:
                tree = step.tree
                span = span_of(tree.entries[name].key) if isinstance(tree, Mapping) else step.span
                known = tuple(block.params)
                hint = did_you_mean(name, known) or (f"; it takes {listing(known)}" if known else "; it takes none")
                self.problems.add("NS202", f"the block `{block.name}` has no param {show(name)}{hint}", span)
                continue
            try:
                args[name] = self.evaluate(value, lookup)
            except ExpressionError as error:
                self._expression_problem(error, value, env)
                args[name] = _UNKNOWN
            if args[name] is None:
                self.problems.add("NS203", f"the param `{name}` of `{block.name}` needs a value", span_of(value.tree))
                args[name] = _UNKNOWN
        if shared is not None and shared.args is not None:
            for name, value in args.items():
                if value != shared.args.get(name):
                    self.problems.add(
                        "NS307", f"`{name}` is {show(value)} here and {show(shared.args.get(name))} where the weights are shared", step.span
                    )
            return shared.args
        look = self._lookup(Env(args, env.index, env.use, True), None)
        for name, default in block.params.items():
            if name in args:
                continue
            if default is None:
                self.problems.add("NS203", f"the block `{block.name}` needs its param `{name}`", step.span, notes)
                args[name] = _UNKNOWN
                continue
            try:
                args[name] = self.evaluate(default, look)
            except ExpressionError as error:
                self._expression_problem(error, default, env)
                args[name] = _UNKNOWN
        return _Arguments(args)

    def _composition(
        self, step: Step, name: str, inputs: tuple[int, ...], scope: Scope, env: Env, repetition: int | None
    ) -> tuple[int, ...]:
        config = self._config(step, inputs, env, None)
        shared = self._shared_entry(step, name, scope, env)
        inner = Scope(f"{scope.path}{name}.", scope, inputs, shared.scope if shared else None)
        if config is None:
            poison = (self._poison(step.word, step.span),)
            scope.names[name] = Entry(poison, inner, step)
            return poison
        if repetition is not None:
            env = env._replace(use=Use(env.use, None, step.span, repetition + 1, 0))
        ends = config.compose(_Builder(self, step, name, inputs, scope, inner, env))  # type: ignore[attr-defined]
        scope.names[name] = Entry(ends, inner, step)
        if step.word == "head":
            self.heads.append((f"{scope.path}{name}".replace(".", "_"), ends[-1]))
            return inputs
        return ends  # type: ignore[no-any-return]

    def defaults_of(self, word: str, env: Env, shape: Shape | None) -> dict[str, Any]:
        """What `defaults` say of a kind, for nodes that a composition makes."""
        lookup = self._lookup(env, shape)
        cls = KINDS[word]
        values = {}
        for name, given in self.document.defaults.get(word, {}).items():
            value = self._value(word, cls, name, given, lookup, env)
            if value is not _BAD:
                values[name] = value
        return values

    # --- one node ------------------------------------------------------------------------------------------------------

    def _poison(self, word: str, span: Span) -> int:
        self.nodes.append(Node(word, "", word, None, (), None, "float32", NO_WEIGHTS, None, None, None, span, None, True, True))
        return len(self.nodes) - 1

    def _emit(
        self,
        word: str,
        config: Kind | None,
        name: str,
        inputs: tuple[int, ...],
        scope: Scope,
        env: Env,
        span: Span,
        original: int | None,
        step: Step | None,
        repetition: int | None,
    ) -> int:
        nodes = self.nodes
        path = f"{scope.path}{name}"
        index = len(nodes)
        sources = [nodes[i] for i in inputs]
        shapes = [node.shape for node in sources]
        tainted = config is None or any(node.tainted for node in sources)
        shape: Shape | None = None
        weights, macs = NO_WEIGHTS, None
        if config is not None and self._arity(word, config, path, len(inputs), span, env) and None not in shapes:
            known: list[Shape] = shapes  # type: ignore[assignment]
            try:
                shape = config.infer(*known)
                macs = config.macs(known, shape)
                weights = config.weights(*known)
                tainted = tainted or not self._bounded(path, shape, weights, span)
            except Wrong as wrong:
                shape = wrong.shape
                if not (tainted and wrong.code == "NS407"):
                    self._wrong(word, path, wrong, span, env, step, repetition, inputs)
                tainted = True
        elif config is not None:
            tainted = True
        if original is not None and not tainted:
            self._same_weights(word, path, original, weights, sources, span)
            weights = nodes[original].weights
        layer = path.replace(".", "_")
        if layer in self.layer_names and nodes[self.layer_names[layer]].path != path:
            other = nodes[self.layer_names[layer]]
            self.problems.add("NS308", f"`{path}` and `{other.path}` would both be the Keras layer `{layer}`; rename one", span, (Note("the other", other.span),))
        self.layer_names[layer] = index
        field, jump = _field(config, sources)
        nodes.append(
            Node(
                path, layer, word, config, inputs, shape, _dtype(config, sources), weights, macs, field, jump, span, original, env.trainable, tainted
            )
        )
        return index

    def _bounded(self, path: str, shape: Shape, weights: Weights, span: Span) -> bool:
        total = 1
        for size in shape:
            total *= size or 1
        if total > MAX_ELEMENTS or sum(weights) > MAX_ELEMENTS:
            what = f"an output of {show_shape(shape)}" if total > MAX_ELEMENTS else f"{show(sum(weights))} weights"
            self.problems.add("NS602", f"`{path}` would have {what}, beyond any machine", span, node=path)
            return False
        return True

    def _arity(self, word: str, config: Kind, path: str, count: int, span: Span, env: Env) -> bool:
        least, most = config.arity
        if count >= least and (most is None or count <= most):
            return True
        if most is None:
            wanted = f"at least {least} inputs"
        elif least == most:
            wanted = f"{least} input{'s' * (least > 1)}"
        else:
            wanted = f"{least} to {most} inputs"
        hint = "; name them with `from: [a, b]`" if least > 1 and count < least else ""
        merge = "; merge them first" if most == 1 else ""
        notes = env.use.notes() if env.use is not None else ()
        self.problems.add("NS304", f"{word} `{path}` takes {wanted}, not {count}{hint}{merge}", span, notes, node=path)
        return False

    def _wrong(
        self, word: str, path: str, wrong: Wrong, span: Span, env: Env, step: Step | None, repetition: int | None, inputs: tuple[int, ...]
    ) -> None:
        notes: tuple[Note, ...] = ()
        if wrong.code == "NS403":
            notes = self._parting(inputs)
        if repetition is not None:
            notes = (*notes, Note(f"in repetition {repetition + 1}", None))
        if env.use is not None:
            notes = (*notes, *env.use.notes())
        fixes: tuple[Fix, ...] = ()
        if step is not None and wrong.repairs:
            fixes = tuple(fix for repair in wrong.repairs if (fix := repair_edits(step, repair)) is not None)
        self.problems.add(wrong.code, f"{word} `{path}`: {wrong.message}", span, notes, fixes, path)

    def _parting(self, inputs: tuple[int, ...]) -> tuple[Note, ...]:
        """For each input of a merge the nodes that gave it its shape, since the node where the paths parted."""
        paths = [self._path_back(i) for i in inputs]
        common = set(paths[0]).intersection(*map(set, paths[1:]))
        parted = max(common, default=None)
        notes = []
        if parted is not None:
            node = self.nodes[parted]
            notes.append(Note(f"the paths part at `{node.path}` ({show_shape(node.shape)})", node.span))
        for end, path in zip(inputs, paths, strict=True):
            changes = []
            for i in reversed(path):
                if parted is not None and i <= parted:
                    continue
                node = self.nodes[i]
                before = self.nodes[node.inputs[0]].shape if node.inputs else None
                if node.shape != before:
                    changes.append(f"`{node.path}` makes it {show_shape(node.shape)}")
            node = self.nodes[end]
            how = f": {', '.join(changes[-4:])}" if changes else ", as it was there" if parted is not None else ""
            notes.append(Note(f"`{node.path}` is {show_shape(node.shape)}{how}", node.span))
        return tuple(notes)

    def _path_back(self, index: int) -> list[int]:
        path = [index]
        while self.nodes[index].inputs:
            index = self.nodes[index].inputs[0]
            path.append(index)
        return path

    def _same_weights(self, word: str, path: str, original: int, weights: Weights, sources: list[Node], span: Span) -> None:
        first = self.nodes[original]
        if first.tainted or (first.weights == weights and len(first.inputs) == len(sources)):
            here = [node.shape[-1:] for node in sources if node.shape is not None]
            there = [self.nodes[i].shape[-1:] for i in first.inputs if self.nodes[i].shape is not None]  # type: ignore[index]
            if first.tainted or here == there or not sum(weights):
                return
        shapes = " and ".join(show_shape(self.nodes[i].shape) for i in first.inputs)
        mine = " and ".join(show_shape(node.shape) for node in sources)
        self.problems.add(
            "NS307", f"{word} `{path}`: the weights of `{first.path}` are for an input of {shapes}, not {mine}", span, node=path
        )


class _Unsaid(ExpressionError):
    """An expression over something that is wrong already."""


class _Arguments(dict[str, Any]):
    """A block's params; reading one whose own expression failed raises quietly, since that was reported."""

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        if value is _UNKNOWN:
            raise _Unsaid("unknown", "NS502")
        return value


_BAD: Any = object()
_UNKNOWN: Any = object()
_WIRING_TYPES: dict[str, Any] = {}


def _wiring_types() -> dict[str, Any]:
    from netspec.option import Boolean

    return {"repeat": Integer(ge=0), "when": Boolean(), "trainable": Boolean()}


_WIRING_TYPES.update(_wiring_types())


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


def _dtype(config: Kind | None, sources: list[Node]) -> str:
    if config is not None and config.keeps_integers and sources:
        return sources[0].dtype
    return "float32"


Field = tuple[Fraction | int, ...] | None


def _field(config: Kind | None, sources: list[Node]) -> tuple[Field, Field]:
    """Receptive field and jump (Araujo et al., "Computing receptive fields of convolutional neural networks", 2019)."""
    if config is None or not sources:
        return None, None
    first = sources[0]
    field, jump = first.field, first.jump
    for other in sources[1:]:
        field, jump = _larger(field, other.field), _larger(jump, other.jump)
    if field is None:
        return None, None
    if config.forgets_places:
        return None, None
    if config.sees_everything:
        if jump is not None and first.shape is not None and None not in first.shape[:-1] and len(field) == len(first.shape) - 1:
            sizes = [size or 1 for size in first.shape[:-1]]
            field = tuple(f + (w - 1) * j for f, w, j in zip(field, sizes, jump, strict=True))
        elif jump is not None and len(jump):
            field = None
        return field, None
    if jump is None:
        return field, None
    windows = config.reach(len(jump)) if jump else None
    if windows is None:
        return field, jump
    grown = tuple(f + (w.size - 1) * j for f, w, j in zip(field, windows, jump, strict=True))
    return grown, tuple(j * w.stride for j, w in zip(jump, windows, strict=True))


def _larger(a: Field, b: Field) -> Field:
    if a is None or b is None or len(a) != len(b):
        return b if a is None else a
    return tuple(max(x, y) for x, y in zip(a, b, strict=True))


class _Builder:
    """What a composition is handed: see `kinds.composition.Builder`."""

    def __init__(
        self, elaborator: _Elaborator, step: Step, name: str, inputs: tuple[int, ...], scope: Scope, inner: Scope, env: Env
    ) -> None:
        self.elaborator = elaborator
        self.step = step
        self.name = name
        self.entering = inputs
        self.outer = scope
        self.scope = inner
        self.env = env

    def body(self, steps: tuple[Step, ...], scope: str | None = None) -> tuple[int, ...]:
        inner = self.scope if scope is None else self._named(scope)
        return self.elaborator.body(steps, self.entering, inner, self.env)

    def _named(self, name: str) -> Scope:
        twin = self.scope.twin.names.get(name) if self.scope.twin is not None else None
        inner = Scope(f"{self.scope.path}{name}.", self.scope, self.entering, twin.scope if twin is not None else None)
        self.scope.names[name] = Entry(self.entering, inner, None)
        return inner

    def node(self, word: str, name: str, inputs: tuple[int, ...], **hyperparameters: Any) -> int:
        return self._make(word, word, name, inputs, self.scope, hyperparameters)

    def finish(self, word: str, inputs: tuple[int, ...], **hyperparameters: Any) -> int:
        return self._make(self.step.word, word, self.name, inputs, self.outer, hyperparameters)

    def _make(self, shown: str, word: str, name: str, inputs: tuple[int, ...], scope: Scope, given: dict[str, Any]) -> int:
        elaborator = self.elaborator
        defaults = elaborator.defaults_of(word, self.env, elaborator.nodes[inputs[0]].shape)
        config = KINDS[word](**{**defaults, **given})
        twin = scope.twin.names.get(name) if scope.twin is not None else None
        original = twin.handles[-1] if twin is not None else None
        handle = elaborator._emit(shown, config, name, inputs, scope, self.env, self.step.span, original, None, None)
        if scope is self.scope:
            scope.names[name] = Entry((handle,), None, self.step)
        return handle

    def project(self, onto: tuple[int, ...], with_batch_norm: bool) -> tuple[int, ...]:
        elaborator = self.elaborator
        source, target = elaborator.nodes[self.entering[0]], elaborator.nodes[onto[-1]]
        if target.shape is None or target.shape[-1] is None or source.shape is None:
            return (elaborator._poison("project", self.step.span),)
        strides = _ratio(source.jump, target.jump)
        if strides is None:
            elaborator.problems.add(
                "NS403",
                f"skip `{self.outer.path}{self.name}`: `shortcut: project` cannot follow a body that enlarges or reshapes; write the shortcut's nodes",
                self.step.span,
            )
            return (elaborator._poison("project", self.step.span),)
        inner = self._named("shortcut")
        filters = target.shape[-1]
        end = self._make("1x1", "1x1", "conv1x1_1", self.entering, inner, {"filters": filters, "strides": strides, "padding": "valid", "rounding": "floor"})
        inner.names["conv1x1_1"] = Entry((end,), None, self.step)
        if with_batch_norm:
            end = self._make("batch_norm", "batch_norm", "batch_norm_1", (end,), inner, {})
            inner.names["batch_norm_1"] = Entry((end,), None, self.step)
        self.scope.names["shortcut"] = Entry((end,), inner, None)
        return (end,)

    def holds(self, word: str, since: int) -> bool:
        return any(node.word == word for node in self.elaborator.nodes[since:])

    def size(self) -> int:
        return len(self.elaborator.nodes)


def _ratio(before: Field, after: Field) -> Any:
    """The strides between two places, None where they are not whole."""
    if not before or not after or len(before) != len(after):
        return None
    strides = [Fraction(b) / Fraction(a) for a, b in zip(before, after, strict=True)]
    if any(s.denominator != 1 for s in strides):
        return None
    whole = tuple(int(s) for s in strides)
    return whole[0] if len(set(whole)) == 1 else whole
