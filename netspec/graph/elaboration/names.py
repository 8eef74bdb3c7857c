"""Who reads whom: names given, looked up and shared."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

from netspec.diagnostics.problems import Candidate, Edit, Note, Span
from netspec.diagnostics.words import Suggestion, did_you_mean, listing, show, suggest
from netspec.expressions import ExpressionError, Value, Written
from netspec.graph.elaboration.budget import MAX_LEFT_OUT
from netspec.graph.elaboration.construction import Construction
from netspec.graph.elaboration.lookups import Params, report
from netspec.graph.elaboration.scope import ALL, Binding, Env, Scope, last_names
from netspec.graph.model import Node
from netspec.kinds import KINDS
from netspec.spec.document import Given, Input, Step
from netspec.syntax.tree import Scalar, span_of

MAX_READS = 100_000  # inputs of all nodes together; densely connected networks in print have some thousand
MAX_SUGGESTED = 200  # names that stand for nothing, beyond which it is not sought what was meant


class Names:
    """Gives names to nodes, and finds the nodes that names stand for."""

    def __init__(self, construction: Construction, params: Params, inputs: tuple[Input, ...]) -> None:
        self.construction = construction
        self.problems = construction.problems
        self.params = params
        self.inputs = tuple(declared.name for declared in inputs)
        self.missing: set[tuple[str, Span]] = set()  # of which it was said that they stand for nothing, and where
        self.sharing = 0  # how often it was asked whose weights a node uses
        # Of single nodes that was answered by a path: the path, the kind of the node that it stands for, and that node.
        self.lent: list[tuple[str, str, int]] = []
        self.repeats_names = False  # is a name given twice in a body, so that paths do not tell nodes apart?
        # What paths stood for whose first part was sought around the body that reads them, with the length of the path of the
        # body in which it was found, where that is noted.
        self.outward: list[tuple[int, str, tuple[int, ...] | None]] | None = None
        # What names of the network's own body stood for, as often as one was looked up, where that is noted.
        self.looked_up: list[tuple[str, tuple[int, ...] | None]] | None = None

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
                    self.repeats_names = True
                    self.problems.add(
                        "NS302",
                        f"the name `{name}` is given twice; the first is at line {first.line}",
                        span,
                        (Note("first here", first, told=True),),
                    )

    def leave_out(self, step: Step, scope: Scope, reason: str) -> None:
        """Note that there is no node for a step, and why."""
        self.construction.left_out += 1
        if self.construction.left_out > MAX_LEFT_OUT and not self.construction.full:
            message = f"with `{step.kind_name}` more than {MAX_LEFT_OUT:,} nodes are left out, the most that a graph may leave out"
            self.construction.stop(message, step.span)
        if step.name is not None and not step.name.dynamic:
            scope.absent[step.name.value] = reason
            if step.repeat is not None:
                scope.repetitions.setdefault(step.name.value, [])

    def doubt(self, step: Step, scope: Scope) -> None:
        """Note that whether, or how often, there is a node for a step cannot be said: what reads it is left unsaid."""
        scope.doubtful.add(base_of(step.kind_name) if step.name is None or step.name.dynamic else step.name.value)

    def give(self, step: Step, scope: Scope, env: Env, repetition: int | None, inputs: tuple[int, ...]) -> str:
        """The name of the node that a step makes."""
        name = None if step.name is None else self._written(step.name, env, inputs)
        if step.name is not None and name is None:
            scope.unnamed = True
        if step.name is not None and name is not None:
            if repetition is not None:
                each = f"{name}_{repetition + 1}"
                scope.repetitions.setdefault(name, []).append(each)
                name = each
            if name in scope.names and name not in scope.twice:
                self.problems.add("NS302", f"the name `{name}` is taken already", span_of(step.name.tree))
                scope.twice.add(name)
                self.repeats_names = True
            return name
        base = base_of(step.kind_name)
        while True:
            count = scope.counters[base] = scope.counters.get(base, 0) + 1
            name = f"{base}_{count}"
            if name not in scope.later and name not in scope.names:
                return name

    def _written(self, given: Given, env: Env, inputs: tuple[int, ...]) -> str | None:
        """The name that is written at a node; None where that cannot be worked out, which is reported."""
        if not given.dynamic:
            return str(given.value)
        try:
            name = self.params.evaluate(given, self.params.at(env, self.construction.first(inputs)))
        except ExpressionError as error:
            report(self.problems, error, given, env)
            return None
        if isinstance(name, str) and name.isidentifier() and name.isascii() and name != "input":
            return str(name)
        message = f"`name` must be an identifier, and what is written here is {show(name)}"
        self.problems.add("NS303", message, span_of(given.tree))
        return None

    def sources(
        self, step: Step, current: tuple[int, ...], scope: Scope, env: Env, *, follows: bool = False
    ) -> tuple[int, ...] | None:
        """The nodes that a step reads; None where that cannot be said, which is reported here or was before.

        A repetition that follows another reads that one, unless `from` is an expression.
        """
        given = step.sources
        if given is None or (follows and not given.dynamic):
            if current:
                return current
            if step.cls is None and step.block is None:
                return None  # what is wrong with the node itself was said
            self.problems.add(
                "NS304",
                f"`{step.kind_name}` does not say which input it reads; write `from:` with {listing(self.inputs, 'or')}",
                step.span,
            )
            return None
        try:
            names = self._read(given, env)
        except ExpressionError as error:
            report(self.problems, error, given, env)
            return None
        handles = self._handles(given, names, scope, step, "from")
        if not handles:
            what = listing([str(name) for name in names])
            self.problems.add(
                "NS301", f"{what} stands for no node, so `{step.kind_name}` reads nothing", span_of(given.tree)
            )
            return None
        return None if self.too_many(len(handles), step) else handles

    def reads(self, step: Step, scope: Scope, env: Env) -> dict[str, tuple[int, ...]]:
        """The nodes that hyperparameters of a step name, beside its inputs; what is wrong there is reported.

        Where one cannot be worked out, or too many would be read, it is left out.
        """
        assert step.cls is not None
        found: dict[str, tuple[int, ...]] = {}
        for key in step.cls.reads:
            given = step.values.get(key)
            if given is None or (given.value is None and not given.dynamic):
                continue
            try:
                value = self.params.evaluate(given, self.params.before(env)) if given.dynamic else given.value
            except ExpressionError as error:
                report(self.problems, error, given, env)
                continue
            handles = self._handles(given, value if isinstance(value, (list, tuple)) else [value], scope, step, key)
            if not self.too_many(len(handles), step):
                found[key] = handles
        return found

    def _handles(self, given: Given, names: Sequence[Value], scope: Scope, step: Step, key: str) -> tuple[int, ...]:
        """The nodes that `from`, or another key, names; for one that there is not stands a node of which nothing is known."""
        handles: list[int] = []
        tree = given.tree
        for position, name in enumerate(names):
            found = self.seek(name, scope) if isinstance(name, str) else None
            if found is not None:
                handles.extend(found.handles)
                continue
            span = span_of(tree if isinstance(tree, Scalar) or given.dynamic else tree.items[position])  # type: ignore[union-attr]
            if not isinstance(name, str):
                self.problems.add("NS301", f"`{key}` takes names of nodes, not {show(name)}", span)
                handles.append(self.construction.poison(step.kind_name, span))
                continue
            binding = self.find(name, scope, span)
            if binding is None:
                handles.append(self.construction.poison(name, span))
            else:
                handles.extend(binding.handles)
        return tuple(handles)

    def too_many(self, reads: int, step: Step) -> bool:
        """Count what a node reads; are that too many others with it?"""
        self.construction.reads += reads
        if self.construction.reads <= MAX_READS or self.construction.full:
            return False
        message = f"with `{step.kind_name}` the nodes read more than {MAX_READS:,} others together, the most that a graph may have"
        self.construction.stop(message, step.span)
        return True

    def _read(self, given: Given, env: Env) -> list[Value]:
        """What `from` names; raises ExpressionError."""
        if not given.dynamic:
            return list(given.value)
        names = self.params.evaluate(given, self.params.before(env))
        assert isinstance(names, list)
        return [name for item in names for name in (item if isinstance(item, list) else [item])]

    def first_read(
        self, step: Step, current: tuple[int, ...], scope: Scope, env: Env, *, follows: bool = False
    ) -> Node | None:
        """The first node that a step reads, None where it reads none; what is wrong with its `from` is not said here."""
        given = step.sources
        if given is not None and not (follows and not given.dynamic):
            try:
                names = self._read(given, env)
            except ExpressionError:
                return None
            bindings = (self.seek(name, scope) if isinstance(name, str) else None for name in names)
            handles = next((e.handles if e is not None else () for e in bindings if e is None or e.handles), ())
            return self.construction.first(handles)
        return self.construction.first(current)

    def seek(self, path: str, scope: Scope) -> Binding | None:
        """What a path stands for; None where there is no such node."""
        reader, scope = scope, scope.where(path)
        if path == "input":
            entering = scope.entering or None
            if self.looked_up is not None and scope.parent is None:
                self.looked_up.append((path, entering))
            if self.outward is not None and scope is not reader:
                self.outward.append((len(scope.path), path, entering))
            return None if entering is None else Binding(entering, None, None)
        first, *rest = path.split(".")
        here: Scope | None = scope
        around = scope
        binding: Binding | None = None
        while here is not None and binding is None:
            around = here
            binding = here.own(first)
            here = here.parent
        if rest and binding is not None and any(part.endswith(ALL) for part in (first, *rest[:-1])):
            binding = self._all_inside(path, around)
        else:
            for part in rest:
                inner = binding.scope if binding is not None else None
                binding = inner.own(part) if inner is not None else None
        if self.outward is not None and (around is not reader or binding is None):
            self.outward.append((len(around.path), path, None if binding is None else binding.handles))
        if here is None and self.looked_up is not None:
            self.looked_up.append((path, None if binding is None else binding.handles))
        return binding

    def _all_inside(self, path: str, scope: Scope) -> Binding | None:
        """What `s_*.end` stands for, whose first part is a body's own: `end` of each repetition; None where one lacks it."""
        handles: list[int] = []
        if _inside(path.split("."), scope, handles):
            self.construction.reads += len(handles)  # looking is work, also in vain
            return None
        return Binding(tuple(handles), None, None)

    def find(self, path: str, scope: Scope, span: Span) -> Binding | None:
        """What a path stands for; where there is no such node, that is reported."""
        found = self.seek(path, scope)
        if found is not None or (path, span) in self.missing:
            return found
        self.missing.add((path, span))
        scope, place = scope.where(path), (path.span if isinstance(path, Written) else None) or span
        if path == "input":
            self.problems.add("NS301", f"there are several inputs; name one of {listing(self.inputs)}", span)
            return None
        written, path = path, self._one_of(path, scope)
        first, *rest = path.split(".")
        all_read = "" if path == written else f"; `{written}` reads one in each repetition"
        for depth in range(len(rest)):
            outer = ".".join([first, *rest[:depth]])
            binding = self.seek(outer, scope)
            if binding is None:
                break
            if binding.scope is None and any(not self.construction.nodes[handle].layer for handle in binding.handles):
                return None  # what it stands for is unknown, which was said there
            known = last_names(binding.scope.names) if binding.scope is not None else []
            if binding.scope is not None and _doubtful(rest[depth], binding.scope):
                return None
            if binding.scope is not None and rest[depth] in binding.scope.absent:
                why = binding.scope.absent[rest[depth]]
                message = f"the node `{rest[depth]}` inside `{outer}` is left out, because {why}{all_read}"
                self.problems.add("NS301", message, span)
                return None
            if binding.scope is None or binding.scope.own(rest[depth]) is None:
                hint = did_you_mean(rest[depth], known) or (
                    f"; it has {listing([*islice(binding.scope.names, 8)])}"
                    if binding.scope is not None and known
                    else "; it has none"
                )
                message = f"there is no node `{rest[depth]}` inside `{outer}`{hint}{all_read}"
                self.problems.add("NS301", message, span)
                return None
        if place is not span and (path, place) in self.missing:
            return None
        self.missing.add((path, place))
        self._unknown_node(first, scope, place, () if place is span else (Note("read here", span),))
        return None

    def _one_of(self, path: str, scope: Scope) -> str:
        """Of a path that reads all repetitions that of the first which lacks what it reads there; any other as it is."""
        first, *rest = path.split(".")
        here: Scope | None = scope
        while rest and here is not None:
            if here.own(first) is not None:
                return ".".join(_inside([first, *rest], here, [])) or path
            here = here.parent
        return path

    def _unknown_node(self, first: str, scope: Scope, span: Span, notes: tuple[Note, ...]) -> None:
        here: Scope | None = scope
        while here is not None:
            if _doubtful(first, here):
                return
            if first in here.absent:
                self.problems.add("NS301", f"the node `{first}` is left out, because {here.absent[first]}", span, notes)
                return
            if first.removesuffix(ALL) in here.later:
                self._not_yet(first, here, span, notes)
                return
            here = here.parent
        meant = suggest(first, scope.visible()) if len(self.missing) <= MAX_SUGGESTED else None
        message = f"there is no node `{first}` here" + (meant.question() if meant is not None else "")
        self.problems.add("NS301", message, span, notes, candidates=_in_place(meant, span))

    def _not_yet(self, name: str, scope: Scope, span: Span, notes: tuple[Note, ...]) -> None:
        """Say why a name that the body gives, or `_*` after it, stands for nothing."""
        given = name.removesuffix(ALL)
        if name != given and given in scope.names:
            message = f"`{given}` is not repeated, so there is no `{name}`; write `{given}`"
        elif name != given and given in scope.absent:
            message = f"the node `{given}` is left out, because {scope.absent[given]}"
        else:
            line = scope.later[given].line
            message = f"the node `{given}` stands later, at line {line}; a node reads only what is above it"
        self.problems.add("NS301", message, span, notes)

    def shared_binding(self, step: Step, name: str, scope: Scope, env: Env, inputs: tuple[int, ...]) -> Binding | None:
        """The binding whose weights this step uses, by its own `share` or that of the body around it."""
        if step.share is not None or scope.twin is not None:
            self.sharing += 1
        if step.share is not None:
            target: object = step.share.value
            if step.share.dynamic:
                try:
                    target = self.params.evaluate(step.share, self.params.at(env, self.construction.first(inputs)))
                except ExpressionError as error:
                    report(self.problems, error, step.share, env)
                    return None
            span = span_of(step.share.tree)
            path = target if isinstance(target, str) else str(target)
            binding = self.find(path, scope, span)
            if binding is None:
                return None
            if binding.step is None or binding.step.kind_name != step.kind_name:
                what = f"a `{binding.step.kind_name}`" if binding.step is not None else "an input"
                message = (
                    f"`{target}` is {what}; a `{step.kind_name}` shares weights only with another `{step.kind_name}`"
                )
                self.problems.add("NS307", message, span)
                return None
            if step.cls is not None and not step.cls.composition:
                self.lent.append((path, step.kind_name, binding.handles[-1]))
            return binding
        twin = scope.twin.names.get(name) if scope.twin is not None else None
        # Where a name is given twice, the node of that name is the last, and may be of another kind.
        alike = twin is not None and (twin.step is None or twin.step.kind_name == step.kind_name)
        return twin if alike else None

    def original(self, step: Step, name: str, scope: Scope, env: Env, inputs: tuple[int, ...]) -> int | None:
        """The node whose weights a step's node uses; None where it has its own."""
        if step.share is None and scope.twin is None:
            return None
        binding = self.shared_binding(step, name, scope, env, inputs)
        if binding is None:
            return None
        handle = binding.handles[-1]
        original = self.construction.nodes[handle]
        return handle if original.share is None else original.share


def _inside(parts: list[str], scope: Scope | None, handles: list[int]) -> list[str]:
    """Gather what a path stands for, some part of which is all repetitions of a node.

    Args:
        parts: The path.
        scope: The body in which its first part is a name.
        handles: Takes the nodes.

    Returns:
        Where the path leads nowhere, how it goes there, the number of the repetition in it; empty where it leads to nodes.
    """
    part, *rest = parts
    if scope is None:
        return parts
    each = scope.each(part) if rest else None
    if each is None:
        binding = scope.own(part)
        if binding is None:
            return parts
        each = [(part, binding)]
    for name, binding in each:
        if not rest:
            handles += binding.handles
            continue
        lacking = _inside(rest, binding.scope, handles)
        if lacking:
            return [name, *lacking]
    return []


def base_of(kind_name: str) -> str:
    """What the names of a kind's or a block's nodes begin with."""
    return f"conv{kind_name}" if kind_name[:1].isdigit() else kind_name


def _in_place(meant: Suggestion | None, span: Span) -> tuple[Candidate, ...]:
    """The name that was surely meant; one that differs in its number only is another node's."""
    if meant is None or not meant.sure or _DIGITS.sub("", meant.written) == _DIGITS.sub("", meant.meant):
        return ()
    start = Span(span.line, span.column, span.line, span.column + len(meant.written))  # of a path the first part
    return (Candidate((Edit(start, meant.meant),), meant.meant),)


_DIGITS = re.compile(r"[0-9]+")
_COUNTED = re.compile(r"(.+)_([0-9]+|\*)\Z")


def _doubtful(name: str, scope: Scope) -> bool:
    """May the name be that of a node of which too little is known to say so?"""
    counted = _COUNTED.match(name)
    if (scope.unnamed and name.isidentifier()) or name in scope.doubtful or (counted and counted[1] in scope.doubtful):
        return True
    # A counted node may be the one whose kind is misspelt, or be counted after it.
    return scope.strange and counted is not None and (_is_base(counted[1]) or counted[1][:1].isupper())


def _is_base(word: str) -> bool:
    """Do the names of some kind's nodes begin with it?"""
    return word in KINDS or any(base_of(kind_name) == word for kind_name in KINDS if kind_name[:1].isdigit())
