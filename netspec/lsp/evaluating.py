"""What `$names` and expressions come to at a node of a page."""

from __future__ import annotations

from netspec.diagnostics.problems import Problems
from netspec.expressions import ExpressionError, Lookup, Value, build, is_built, parse
from netspec.graph.elaboration.lookups import Params
from netspec.graph.evaluation import Evaluation
from netspec.graph.model import Graph
from netspec.lsp.making import Made, Making, making, steps
from netspec.lsp.page import Page
from netspec.spec.document import Document, Step


class Evaluating:
    """Works out expressions at the nodes of a page."""

    def __init__(self, page: Page, document: Document, made: Making) -> None:
        request = page.shown.request
        self.document = document
        self.made = made
        self.graph: Graph = made.graph
        self.steps = steps(page)
        self.params = Params(document, Problems(), request.params, request.variant)
        self._bodies = Evaluation(document, self.graph, self.steps, self.params)

    def at(self, made: Made, step: Step | None) -> Lookup:
        """What the expressions of a node see that was made once."""
        group = self.graph.groups.get(made.path)
        inputs = self.graph.nodes[made.start].inputs if group is None else group.inputs
        read = self.graph.nodes[inputs[0]] if inputs else None
        return self.params.at(self._bodies.at(made.path, step), read)

    def around(self, scope: str, handles: tuple[int, ...]) -> Lookup:
        """What the expressions of a node see that reads some nodes in a body."""
        return self.params.at(self._bodies.within(scope), self.graph.nodes[handles[0]] if handles else None)

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
        return self._bodies.arguments(path)


def evaluating(page: Page) -> Evaluating | None:
    """What works out the expressions of a page, made once; None where there is no graph."""
    return page.kept(_evaluating)


def _evaluating(page: Page) -> Evaluating | None:
    document, made = page.shown.document, making(page)
    return None if document is None or made is None else Evaluating(page, document, made)
