"""Who reads whom: names given, looked up and shared."""

from __future__ import annotations

from netspec.diagnostics.problems import Note, Span
from netspec.diagnostics.words import did_you_mean, listing, show
from netspec.expressions import ExpressionError
from netspec.graph.elaboration.construction import Construction
from netspec.graph.elaboration.lookups import Params, evaluate, report
from netspec.graph.elaboration.scope import Entry, Env, Scope
from netspec.spec.document import Input, Step
from netspec.syntax.tree import Scalar, span_of


class Names:
    """Gives names to nodes, and finds the nodes that names stand for."""

    def __init__(self, construction: Construction, params: Params, inputs: tuple[Input, ...]) -> None:
        self.construction = construction
        self.problems = construction.problems
        self.params = params
        self.inputs = tuple(declared.name for declared in inputs)

    def announce(self, steps: tuple[Step, ...], scope: Scope) -> None:
        """Note the names that a body gives, before the walk comes to its nodes."""
        for step in steps:
            if step.name is not None and not step.name.dynamic:
                name = step.name.value
                span = span_of(step.name.tree)
                first = scope.later.setdefault(name, span)
                if first is span:
                    if step.when is not None:
                        scope.sometimes.add(name)
                elif step.repeat is None and step.when is None and name not in scope.sometimes:
                    scope.twice.add(name)
                    self.problems.add(
                        "NS302",
                        f"the name `{name}` is given twice; the first is at line {first.line}",
                        span,
                        (Note("first here", first, told=True),),
                    )

    def leave_out(self, step: Step, scope: Scope, reason: str) -> None:
        """Note why there is no node for a step."""
        if step.name is not None and not step.name.dynamic:
            scope.absent[step.name.value] = reason

    def give(self, step: Step, scope: Scope, env: Env, repetition: int | None) -> str:
        """The name of the node that a step makes."""
        if step.name is not None:
            name = step.name.value
            if step.name.dynamic:
                try:
                    name = evaluate(step.name, self.params.at(env, None))
                except ExpressionError as error:
                    report(self.problems, error, step.name, env)
                    name = step.word
                if not isinstance(name, str) or not name.isidentifier() or not name.isascii() or name == "input":
                    message = f"`name` must be an identifier, and what is written here is {show(name)}"
                    self.problems.add("NS303", message, span_of(step.name.tree))
                    name = "node"
            if repetition is not None:
                name = f"{name}_{repetition + 1}"
            if name in scope.names and name not in scope.twice:
                self.problems.add("NS302", f"the name `{name}` is taken already", span_of(step.name.tree))
                scope.twice.add(str(name))
            return str(name)
        base = f"conv{step.word}" if step.word[:1].isdigit() else step.word
        while True:
            count = scope.counters[base] = scope.counters.get(base, 0) + 1
            name = f"{base}_{count}"
            if name not in scope.later and name not in scope.names:
                return name

    def sources(
        self, step: Step, current: tuple[int, ...], scope: Scope, env: Env, repetition: int | None
    ) -> tuple[int, ...] | None:
        """The nodes that a step reads; None where that cannot be said, which is reported."""
        given = step.sources
        if given is None or (repetition and not given.dynamic):
            if current:
                return current
            self.problems.add(
                "NS304",
                f"`{step.word}` does not say which input it reads; write `from:` with {listing(self.inputs, 'or')}",
                step.span,
            )
            return None
        names = given.value
        if given.dynamic:
            try:
                names = evaluate(given, self.params.at(env, None))
            except ExpressionError as error:
                report(self.problems, error, given, env)
                return None
            names = [n for item in names for n in (item if isinstance(item, list) else [item])]
        handles: list[int] = []
        tree = given.tree
        for position, name in enumerate(names):
            span = span_of(tree if isinstance(tree, Scalar) or given.dynamic else tree.items[position])  # type: ignore[union-attr]
            if not isinstance(name, str):
                self.problems.add("NS301", f"`from` takes names of nodes, not {show(name)}", span)
                handles.append(self.construction.poison(step.word, span))
                continue
            entry = self.find(name, scope, span)
            if entry is None:
                handles.append(self.construction.poison(name, span))
            else:
                handles.extend(entry.handles)
        return tuple(handles)

    def seek(self, path: str, scope: Scope) -> Entry | None:
        """What a path stands for; None where there is no such node."""
        if path == "input":
            return Entry(scope.entering, None, None) if scope.entering else None
        first, *rest = path.split(".")
        here: Scope | None = scope
        while here is not None and first not in here.names:
            here = here.parent
        entry = here.names[first] if here is not None else None
        for part in rest:
            inner = entry.scope if entry is not None else None
            entry = inner.names.get(part) if inner is not None else None
        return entry

    def find(self, path: str, scope: Scope, span: Span) -> Entry | None:
        """What a path stands for; where there is no such node, that is reported."""
        found = self.seek(path, scope)
        if found is not None:
            return found
        if path == "input":
            self.problems.add("NS301", f"there are several inputs; name one of {listing(self.inputs)}", span)
            return None
        first, *rest = path.split(".")
        for depth in range(len(rest)):
            outer = ".".join([first, *rest[:depth]])
            entry = self.seek(outer, scope)
            if entry is None:
                break
            known = list(entry.scope.names) if entry.scope is not None else []
            if rest[depth] not in known:
                hint = did_you_mean(rest[depth], known) or (
                    f"; it has {listing(known[:8])}" if known else "; it has none"
                )
                self.problems.add("NS301", f"there is no node `{rest[depth]}` inside `{outer}`{hint}", span)
                return None
        self._unknown_node(first, scope, span)
        return None

    def _unknown_node(self, first: str, scope: Scope, span: Span) -> None:
        if self.problems.full:
            return
        here: Scope | None = scope
        while here is not None:
            if first in here.absent:
                self.problems.add("NS301", f"the node `{first}` is left out, because {here.absent[first]}", span)
                return
            repeated = [
                name for name in here.names if name.startswith(f"{first}_") and name[len(first) + 1 :].isdigit()
            ]
            if first in here.later:
                if repeated:
                    self.problems.add(
                        "NS301",
                        f"`{first}` is repeated; name one of `{repeated[0]}` to `{repeated[-1]}`",
                        span,
                    )
                else:
                    line = here.later[first].line
                    self.problems.add(
                        "NS301",
                        f"the node `{first}` stands later, at line {line}; a node reads only what is above it",
                        span,
                    )
                return
            here = here.parent
        known = scope.visible()
        self.problems.add("NS301", f"there is no node `{first}` here{did_you_mean(first, known)}", span)

    def shared_entry(self, step: Step, name: str, scope: Scope, env: Env) -> Entry | None:
        """The entry whose weights this step uses, by its own `share` or that of the body around it."""
        if step.share is not None:
            target = step.share.value
            if step.share.dynamic:
                try:
                    target = evaluate(step.share, self.params.at(env, None))
                except ExpressionError as error:
                    report(self.problems, error, step.share, env)
                    return None
            span = span_of(step.share.tree)
            entry = self.find(str(target), scope, span)
            if entry is None:
                return None
            if entry.step is None or entry.step.word != step.word:
                word = entry.step.word if entry.step is not None else "input"
                self.problems.add(
                    "NS307",
                    f"`{target}` is a `{word}`; a `{step.word}` shares weights only with another",
                    span,
                )
                return None
            return entry
        if scope.twin is not None:
            return scope.twin.names.get(name)
        return None

    def original(self, step: Step, name: str, scope: Scope, env: Env) -> int | None:
        """The node whose weights a step's node uses; None where it has its own."""
        if step.share is None and scope.twin is None:
            return None
        entry = self.shared_entry(step, name, scope, env)
        if entry is None:
            return None
        handle = entry.handles[-1]
        original = self.construction.nodes[handle]
        return handle if original.share is None else original.share
