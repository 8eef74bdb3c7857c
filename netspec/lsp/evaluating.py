"""What `$names` and expressions come to at a node, by the rules of elaboration.

A graph holds what came of a spec and not what its expressions saw on the way. Of one node that is worked out again here, from
the params in force and the uses of blocks around it.
"""

from __future__ import annotations

from netspec.diagnostics.problems import Problems
from netspec.expressions import ExpressionError, Lookup, Value, build, is_built, parse
from netspec.graph.elaboration.blocks import ParamBinder
from netspec.graph.elaboration.construction import Construction
from netspec.graph.elaboration.lookups import Arguments, Params
from netspec.graph.elaboration.scope import Env, Scope
from netspec.graph.model import Graph
from netspec.lsp.making import Made, Making, making, steps
from netspec.lsp.page import Page
from netspec.spec.document import Document, Step

_TOP = Env(Arguments(), None, None, True)


class Evaluating:
    """Works out expressions at the nodes of a page."""

    def __init__(self, page: Page, document: Document, made: Making) -> None:
        request = page.shown.request
        self.document = document
        self.made = made
        self.graph: Graph = made.graph
        self.steps = steps(page)
        self.params = Params(document, Problems(), request.params, request.variant)
        construction = Construction(Problems())
        construction.nodes += made.graph.nodes
        self._binder = ParamBinder(construction, self.params)
        self._inside: dict[str, Env] = {"": _TOP}

    def at(self, made: Made, step: Step | None) -> Lookup:
        """What the expressions of a node see that was made once."""
        group = self.graph.groups.get(made.path)
        inputs = self.graph.nodes[made.start].inputs if group is None else group.inputs
        read = self.graph.nodes[inputs[0]] if inputs else None
        return self.params.at(self._env(made, step), read)

    def around(self, scope: str, handles: tuple[int, ...]) -> Lookup:
        """What the expressions of a node see that reads some nodes in a body."""
        return self.params.at(self._within(scope), self.graph.nodes[handles[0]] if handles else None)

    def value(self, name: str, made: Made | None, step: Step | None) -> Value | ExpressionError:
        """What a `$name` stands for at a node, or outside all of them."""
        try:
            return self.params.lookup(name) if made is None else self.at(made, step)(name)
        except ExpressionError as error:
            return error

    def result(self, text: str, made: Made | None, step: Step | None) -> Value | ExpressionError:
        """What an expression comes to, or a name that is built."""
        try:
            return (build if is_built(text) else parse)(text).evaluate(
                self.params.lookup if made is None else self.at(made, step)
            )
        except ExpressionError as error:
            return error

    def arguments(self, path: str) -> dict[str, Value]:
        """The params of a block at one of its uses, as far as they have values."""
        args = self._within(path).args
        return {name: value for name in args if not isinstance(value := _read(args, name), ExpressionError)}

    def _env(self, made: Made, step: Step | None) -> Env:
        around = self._within(made.scope)
        if step is None or step.repeat is None:
            return around
        beside = [each.path for each in self.made.by_span.get(step.span, ()) if each.scope == made.scope]
        return around._replace(repetition=beside.index(made.path) if made.path in beside else 0)

    def _within(self, path: str) -> Env:
        """What expressions see in the body of a block or a composition, apart from what a node receives."""
        known = self._inside.get(path)
        if known is not None:
            return known
        group = self.graph.groups.get(path)
        step = self.steps.get(group.span) if group is not None else None
        if group is None or step is None:  # a branch
            env = self._within(path.rpartition(".")[0])
        else:
            env = self._env(Made(path, group.start, group.stop, group.ends), step)
            block = self.document.blocks.get(step.block) if step.block is not None else None
            if block is not None:
                args = self._binder.arguments(step, block, group.inputs, env, None, Scope("", None, ()))
                env = Env(args, env.repetition, None, True)
        self._inside[path] = env
        return env


def _read(args: Arguments, name: str) -> Value | ExpressionError:
    try:
        return args[name]
    except ExpressionError as error:
        return error


def evaluating(page: Page) -> Evaluating | None:
    """What works out the expressions of a page, made once; None where there is no graph."""
    return page.kept(_evaluating)


def _evaluating(page: Page) -> Evaluating | None:
    document, made = page.shown.document, making(page)
    return None if document is None or made is None else Evaluating(page, document, made)
