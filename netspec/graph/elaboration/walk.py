"""The walk itself: bodies, steps, blocks, compositions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netspec.diagnostics.problems import FILE_START, Candidate, Edit, Problems
from netspec.diagnostics.words import did_you_mean, listing, nearest, show
from netspec.expressions import ExpressionError
from netspec.graph.elaboration.names import Names
from netspec.graph.elaboration.scope import Entry, Env, Scope, Use
from netspec.graph.elaboration.values import BAD, MAX_ELEMENTS, MAX_SIZES, UNKNOWN, Arguments
from netspec.graph.model import Graph, Node
from netspec.kinds.kind import NO_WEIGHTS
from netspec.options import Integer, Invalid
from netspec.shapes import Shape, show_shape
from netspec.spec.document import Block, Document, Given, Step
from netspec.syntax.tree import Mapping, span_of

MAX_NODES = 250_000  # of a graph; the largest networks in print have some thousand layers
MAX_BODIES = 100  # bodies within bodies, blocks' included


def elaborate(
    document: Document,
    problems: Problems,
    overrides: dict[str, Any] | None = None,
    variant: str | None = None,
) -> Graph:
    """The graph, as far as it can be made; it is whole only where `problems` has no errors."""
    return Elaborator(document, problems).graph(overrides or {}, variant)


class Elaborator(Names):
    """All parts together."""

    def graph(self, overrides: dict[str, Any], variant: str | None) -> Graph:
        document = self.document
        self._set_params(overrides, variant)
        inputs = tuple(self._input(i) for i in document.inputs)
        entering = inputs if len(inputs) == 1 else ()
        scope = Scope("", None, entering)
        for index, given in zip(inputs, document.inputs, strict=True):
            scope.names[given.name] = Entry((index,), None, None)
        if not inputs:
            scope.entering = (self.poison("input", FILE_START),)
        for step in document.body:
            if not self.full and self._repeats(step) * self._weight(step) > MAX_NODES:
                self._too_many(step)
        end = self.body(() if self.full else document.body, scope.entering, scope, Env({}, None, None, True))
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
            self.problems.add(
                "NS602", f"the shape of `{declared.name}`, {show_shape(shape)}, is beyond any machine", span
            )
            shape, tainted = None, True
        elif len(shape) > MAX_SIZES:
            what = f"{len(shape)} dimensions, and TensorFlow computes with {MAX_SIZES} beside the batch"
            self.problems.add("NS602", f"the shape of `{declared.name}`, {show_shape(shape)}, has {what}", span)
            shape, tainted = None, True
        ones = (1,) * (len(shape) - 1) if shape else ()
        node = Node(
            declared.name,
            declared.name,
            "input",
            None,
            (),
            shape,
            declared.dtype,
            NO_WEIGHTS,
            0,
            ones,
            ones,
            span,
            None,
            True,
            tainted,
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
            found = {self._output_name(handle, scope): handle for handle in end}
        return {**found, **dict(self.heads)}

    def _output_name(self, handle: int, scope: Scope) -> str:
        for name, entry in reversed(scope.names.items()):
            head = entry.step is not None and entry.step.word == "head"  # one that does nothing ends in the main chain
            if handle in entry.handles and not self.nodes[handle].is_input and not head:
                return name
        return self.nodes[handle].layer

    def body(self, steps: tuple[Step, ...], entering: tuple[int, ...], scope: Scope, env: Env) -> tuple[int, ...]:
        """The nodes of a body; returns what the node after it reads."""
        if self.depth >= MAX_BODIES:
            span = steps[0].span if steps else FILE_START
            self.problems.add("NS506", f"bodies are nested deeper than {MAX_BODIES} levels", span)
            return (self.poison("body", span),)
        self.depth += 1
        self._announce(steps, scope)
        current = entering
        for step in steps:
            current = self._step(step, current, scope, env)
            if self.full:
                break
        self.depth -= 1
        return current

    def _step(self, step: Step, current: tuple[int, ...], scope: Scope, env: Env) -> tuple[int, ...]:
        if step.repeat is None:
            if step.when is not None and not self._when(step, self._read_by(step, current, scope), scope, env):
                return current
            return self._once(step, current, scope, env, None)
        received = self._read_by(step, current, scope)
        count = self._value(step.word, None, "repeat", step.repeat, self._lookup(env, received), env)
        if count is BAD:
            if not current and step.sources is None:
                self._sources(step, current, scope, env, None)  # says that it reads nothing, which is why
            return (self.poison(step.word, step.span),)
        if count == 0:
            self._leave_out(step, scope, "`repeat` is 0")
        if count * self._weight(step) + len(self.nodes) > MAX_NODES:
            self._too_many(step)
            return (self.poison(step.word, step.span),)
        for index in range(count):
            inner = env._replace(repetition=index)
            received = self._read_by(step, current, scope) if index == 0 else self._first_of(current)
            if step.when is not None and not self._when(step, received, scope, inner):
                continue
            current = self._once(step, current, scope, inner, index)
            if self.full:
                break
        return current

    def _weight(self, step: Step, depth: int = 0) -> int:
        """At least how much one repetition makes, nodes or empty bodies, as far as that shows without walking it."""
        if depth > MAX_BODIES:
            return 1  # refused for its depth when the walk comes there
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
            inner = sum(self._repeats(s) * self._weight(s, depth + 1) for body in bodies for s in body)
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

    def _too_many(self, step: Step) -> None:
        message = f"`{step.word}` makes more than {MAX_NODES:,} nodes, the most of a graph"
        self.problems.add("NS509", message, step.span)
        self.full = True

    def _read_by(self, step: Step, current: tuple[int, ...], scope: Scope) -> Node | None:
        """A node's first input; what is wrong with its `from` is said only once it is sure to stand."""
        if step.sources is not None and not step.sources.dynamic and step.sources.value:
            entry = self._seek(str(step.sources.value[0]), scope)
            return self._first_of(entry.handles) if entry is not None else None
        return self._first_of(current)

    def _first_of(self, handles: tuple[int, ...]) -> Node | None:
        return self.nodes[handles[0]] if handles else None

    def _when(self, step: Step, received: Node | None, scope: Scope, env: Env) -> bool:
        assert step.when is not None
        value = self._value(step.word, None, "when", step.when, self._lookup(env, received), env)
        if value is False:
            self._leave_out(step, scope, "its `when` is false")
            return False
        return True

    def _once(
        self, step: Step, current: tuple[int, ...], scope: Scope, env: Env, repetition: int | None
    ) -> tuple[int, ...]:
        inputs = self._sources(step, current, scope, env, repetition)
        name = self._name(step, scope, env, repetition)
        if len(self.nodes) >= MAX_NODES:
            if not self.full:
                self._too_many(step)
            return current
        if inputs is None:
            inputs = (self.poison(step.word, step.span),)
        trainable = env.trainable
        if step.trainable is not None:
            lookup = self._lookup(env, self.nodes[inputs[0]] if inputs else None)
            trainable = (
                trainable and self._value(step.word, None, "trainable", step.trainable, lookup, env) is not False
            )
        if trainable is not env.trainable:
            env = env._replace(trainable=trainable)
        if step.block is not None:
            return self._block(step, step.block, name, inputs, scope, env, repetition)
        if step.cls is None:
            poison = (self.poison(step.word, step.span),)
            scope.names[name] = Entry(poison, None, step)
            return poison
        if step.cls.composition:
            ends = self._composition(step, name, inputs, scope, env, repetition)
            return current if step.word == "head" else ends  # the main chain goes on from where it was
        original = self._original(step, name, scope, env)
        config = self._config(step, inputs, env, original)
        handle = self.emit(step.word, config, name, inputs, scope, env, step, original, repetition)
        scope.names[name] = Entry((handle,), None, step)
        return (handle,)

    def _block(
        self,
        step: Step,
        word: str,
        name: str,
        inputs: tuple[int, ...],
        scope: Scope,
        env: Env,
        repetition: int | None,
    ) -> tuple[int, ...]:
        poison = (self.poison(word, step.span),) if word not in self.document.blocks else ()
        link = env.use
        while link is not None:
            if link.block == word:
                self.problems.add(
                    "NS506",
                    f"the block `{word}` contains itself",
                    step.span,
                    env.use.notes() if env.use else (),
                )
                poison = (self.poison(word, step.span),)
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
        inside = Env(args, env.repetition, use, env.trainable)
        end = self.body(block.body, inputs, inner, inside)
        scope.names[name] = Entry(end, inner, step, args)
        return end

    def _arguments(
        self, step: Step, block: Block, inputs: tuple[int, ...], env: Env, shared: Entry | None
    ) -> dict[str, Any]:
        notes = env.use.notes() if env.use is not None else ()
        lookup = self._lookup(env, self.nodes[inputs[0]] if inputs else None)
        given = dict(step.values)
        value = step.principal
        if value is not None:
            principal = next(iter(block.params), None)
            if principal is None:
                self.problems.add(
                    "NS202",
                    f"the block `{block.name}` has no params, so it takes no value",
                    span_of(value.tree),
                )
            else:
                given[principal] = value
        args: dict[str, Any] = Arguments()
        for name, value in given.items():
            if name not in block.params and name not in block.param_keys:
                tree = step.tree
                span = span_of(tree.entries[name].key) if isinstance(tree, Mapping) else step.span
                known = tuple(block.params)
                hint = did_you_mean(name, known) or (f"; it takes {listing(known)}" if known else "; it takes none")
                match = nearest(name, known)
                candidates = (Candidate((Edit(span, match),), match),) if match and match not in given else ()
                self.problems.add(
                    "NS202", f"the block `{block.name}` has no param {show(name)}{hint}", span, candidates=candidates
                )
                if candidates and match is not None:
                    args[match] = UNKNOWN  # meant, so not missing
                continue
            args[name] = self._argument(value, lookup, env)
            if value.value is None and not value.dynamic:
                self.problems.add("NS203", f"the param `{name}` of `{block.name}` needs a value", span_of(value.tree))
        if shared is not None and shared.args is not None:
            for name, value in args.items():
                if value != shared.args.get(name):
                    theirs = show(shared.args.get(name))
                    message = f"`{name}` is {show(value)} here and {theirs} where the weights are shared"
                    self.problems.add("NS307", message, step.span)
            return shared.args
        look = self._lookup(Env(args, env.repetition, env.use, True), None)
        for name, default in block.params.items():
            if name in args:
                continue
            if default is None:
                self.problems.add("NS203", f"the block `{block.name}` needs its param `{name}`", step.span, notes)
                args[name] = UNKNOWN
                continue
            args[name] = self._argument(default, look, env)
        return args

    def _argument(self, given: Given, lookup: Callable[[str], Any], env: Env) -> Any:
        """A param's value; UNKNOWN where a problem with it was or is reported."""
        if given.value is None:
            return UNKNOWN
        try:
            return self.evaluate(given, lookup)
        except ExpressionError as error:
            self._expression_problem(error, given, env)
            return UNKNOWN

    def _composition(
        self, step: Step, name: str, inputs: tuple[int, ...], scope: Scope, env: Env, repetition: int | None
    ) -> tuple[int, ...]:
        config = self._config(step, inputs, env, None)
        shared = self._shared_entry(step, name, scope, env)
        inner = Scope(f"{scope.path}{name}.", scope, inputs, shared.scope if shared else None)
        if config is None:
            poison = (self.poison(step.word, step.span),)
            scope.names[name] = Entry(poison, inner, step)
            return poison
        if repetition is not None:
            env = env._replace(use=Use(env.use, None, step.span, repetition + 1, 0))
        from netspec.graph.elaboration.builder import Builder  # the builder walks bodies, so each needs the other

        ends = config.compose(Builder(self, step, name, inputs, scope, inner, env))  # type: ignore[attr-defined]
        scope.names[name] = Entry(ends, inner, step)
        if step.word == "head":
            self.heads.append((f"{scope.path}{name}".replace(".", "_"), ends[-1]))
            return inputs
        return ends  # type: ignore[no-any-return]
