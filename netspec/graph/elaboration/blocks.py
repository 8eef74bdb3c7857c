"""What the params of a block stand for at one of its uses."""

from __future__ import annotations

from netspec.diagnostics.problems import Candidate, Edit
from netspec.diagnostics.words import Suggestion, listing, show, suggest
from netspec.expressions import COST_OF_EXPRESSION, ExpressionError, Lookup, Value
from netspec.graph.elaboration.construction import Construction
from netspec.graph.elaboration.lookups import UNKNOWN, Arguments, Params, Unknown, plain, report, written
from netspec.graph.elaboration.scope import Binding, Env, Scope
from netspec.spec.document import Block, Given, Step
from netspec.spec.keys import WIRING
from netspec.syntax.tree import Mapping, Scalar, span_of


class ParamBinder:
    """Gives the params of blocks their values."""

    def __init__(self, construction: Construction, params: Params) -> None:
        self.construction = construction
        self.problems = construction.problems
        self.params = params

    def arguments(
        self, step: Step, block: Block, inputs: tuple[int, ...], env: Env, shared: Binding | None, scope: Scope
    ) -> Arguments:
        """The params' values at a use of a block, or those of the use whose weights it shares."""
        read = self.construction.first(inputs)
        args = Arguments()
        try:
            self.params.budget.spend(COST_OF_EXPRESSION * len(block.params))
        except ExpressionError as error:
            self.problems.add(error.code, f"at `{step.kind_name}`: {error.message}", step.span, env.notes())
        for name, value in self._given(step, block).items():
            if name in block.params or name in block.param_keys:
                args[name] = self._argument(value, self.params.at(env, read), env, scope.depth)
                if value.value is None and not value.dynamic:
                    message = f"the param `{name}` of `{block.name}` needs a value"
                    self.problems.add("NS203", message, span_of(value.tree))
            else:
                self._unknown(step, block, name, args, scope)
        if shared is not None and shared.args is not None:
            return self._shared(step, args, shared.args, scope)
        look = self.params.at(
            Env(args, env.repetition, env.use, env.trainable), read
        )  # as if it were written at the use
        for name, default in block.params.items():
            if name in args:
                continue
            if default is None:
                message = f"the block `{block.name}` needs its param `{name}`"
                self.problems.add("NS203", message, step.span, env.notes())
                args[name] = UNKNOWN
                continue
            inside = scope.depth + 1  # where a default is written
            if default.dynamic or default.value is None:
                args[name] = self._argument(default, look, env, inside)
            else:  # as most are, of a block with hundreds
                args[name] = written(default.value, default.tree, inside)
        return args

    def _shared(self, step: Step, mine: Arguments, theirs: Arguments, scope: Scope) -> Arguments:
        """The values at a use that shares weights: those of the use that has them, as if they were written here."""
        args = Arguments()
        for name, value in theirs.items():
            own = mine.get(name, value)
            if own != value and own is not UNKNOWN and value is not UNKNOWN:
                message = f"`{name}` is {show(own)} here and {show(value)} where the weights are shared"
                self.problems.add("NS307", message, step.span)
            if name in mine and own == value:
                args[name] = own
            else:
                args[name] = value if value is UNKNOWN else written(plain(value), step.span, scope.depth)
        return args

    def _given(self, step: Step, block: Block) -> dict[str, Given]:
        """What is written at the use, the principal param under its name."""
        value = step.principal
        if value is None:
            return step.values
        given = dict(step.values)
        principal = next(iter(block.params), None)
        if principal is None:
            message = f"the block `{block.name}` has no params, so it takes no value"
            self.problems.add("NS202", message, span_of(value.tree))
        else:
            given[principal] = value
        return given

    def _unknown(self, step: Step, block: Block, name: str, args: Arguments, scope: Scope) -> None:
        span = span_of(step.tree.entries[name].key) if isinstance(step.tree, Mapping) else step.span
        known = tuple(block.params)
        meant = suggest(name, (*known, *WIRING), "hyperparameter")
        hint = meant.question() if meant is not None else f"; it takes {listing(known) or 'none'}"
        candidates: tuple[Candidate, ...] = ()
        if meant is not None and meant.meant in WIRING:
            candidates = _wired(step, name, meant, scope)
        elif meant is not None and meant.meant not in step.values:
            candidates = (Candidate((Edit(span, meant.meant),), meant.meant),)
            args[meant.meant] = UNKNOWN  # meant, so not missing
        message = f"the block `{block.name}` has no param {show(name)}{hint}"
        self.problems.add("NS202", message, span, candidates=candidates)

    def _argument(self, given: Given, lookup: Lookup, env: Env, depth: int) -> Value | Unknown:
        """A param's value, written where so many bodies are around it; UNKNOWN where a problem with it was or is reported."""
        if given.value is None:
            return UNKNOWN
        try:
            return written(self.params.evaluate(given, lookup), given.tree, depth)
        except ExpressionError as error:
            report(self.problems, error, given, env)
            return UNKNOWN


def _wired(step: Step, name: str, meant: Suggestion, scope: Scope) -> tuple[Candidate, ...]:
    """A key that every node takes in the place of one that was meant to be it; `shared: true` shares with the one use before."""
    if not isinstance(step.tree, Mapping) or not meant.sure or meant.meant in step.tree.entries:
        return ()
    key, value = step.tree.entries[name]
    edits = (Edit(span_of(key), meant.meant),)
    if meant.meant != "share" or not isinstance(value, Scalar) or value.value is not True:
        return (Candidate(edits, meant.meant),)
    before = [
        each
        for each, binding in scope.names.items()
        if binding.step is not None and binding.step.kind_name == step.kind_name
    ]
    if len(before) != 1:
        return ()
    return (Candidate((*edits, Edit(span_of(value), before[0])), f"share: {before[0]}"),)
