"""What the elaboration of one document may cost, all its variants together."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from netspec.diagnostics.problems import TooManyProblems
from netspec.expressions import Expression, ExpressionError, Lookup, Value
from netspec.graph.model import Graph
from netspec.spec.document import Document, Template, resolve

MAX_NODES = 50_000  # of a graph, bodies included; the largest networks in print have some thousand layers
MAX_LEFT_OUT = 50_000  # nodes that `when` and `repeat: 0` leave out
MAX_NODES_OF_VARIANTS = 50_000  # of all variants together
MAX_LIST_ITEMS = 5_000_000  # in the lists that expressions read, lists in them included, one reading after the other
MAX_EXPRESSIONS = (
    10_000_000  # characters of the expressions that are worked out, each as often as it is, and 20 for each time
)
READS_OF_A_NODE = 4  # inputs that `from` names, in whose time one more node is made
COST_OF_ADVICE = 2  # times that of a variant of which errors alone are looked for
COST_OF_VARIANT = 100  # nodes, in whose time an empty one is elaborated
WRITTEN_IN_A_NODE = 5  # nodes, params and outputs that are written, in whose time one more node is elaborated


class Budget:
    """What is left of it.

    Args:
        watch: Is called for each node that is made; raises where the document is no longer wanted.
    """

    def __init__(self, watch: Callable[[], None] | None = None) -> None:
        self.watch = watch
        self.items = MAX_LIST_ITEMS
        self.characters = MAX_EXPRESSIONS
        self.nodes = MAX_NODES_OF_VARIANTS
        self.effort = 0  # nodes that were made, bodies and what is left out included
        self._is_spent = False
        # The sizes of lists, by their identity, which they keep by being here.
        self._sizes: dict[int, tuple[list[Value], int]] = {}

    def read(self, items: list[Value]) -> None:
        """Count the reading of a list; raises ExpressionError where those that are read have too many items together."""
        known = self._sizes.get(id(items))
        if known is None:
            known = self._sizes[id(items)] = items, _size(items)
        self.items -= known[1]
        if self.items < 0:
            self._spent(f"expressions read lists with more than {MAX_LIST_ITEMS:,} items together")

    def evaluate(self, template: Template, lookup: Lookup) -> Value:
        """The value of a template, counted; raises ExpressionError where what is worked out is too long together."""
        if type(template) is Expression:
            self.spend(template.cost)
            return template.evaluate(lookup, self.spend)
        self.spend(_cost(template))
        return resolve(template, lookup, self.spend)

    def spend(self, characters: int) -> None:
        """Count characters of expressions; raises ExpressionError where they are too many together."""
        self.characters -= characters
        if self.characters < 0:
            self._spent(f"the expressions that are worked out have more than {MAX_EXPRESSIONS:,} characters together")

    def _spent(self, message: str) -> NoReturn:
        """Raise that something is used up; when that has been said, nothing more is looked at."""
        if self._is_spent:
            raise TooManyProblems
        self._is_spent = True
        raise ExpressionError(message, "NS503")

    def elaborated(self, document: Document, graph: Graph, times: int = 1) -> bool:
        """Count a variant, as so many where more is looked for than errors; would another one like it be too many?"""
        written = len(document.params) + len(document.outputs or ()) + document.steps
        one = times * (graph.effort + COST_OF_VARIANT + written // WRITTEN_IN_A_NODE)
        self.nodes -= one
        return self.nodes < one


def _size(items: list[Value]) -> int:
    """How many values a list holds, those in the lists in it included."""
    count, stack = 0, [items]
    while stack:
        each = stack.pop()
        count += len(each)
        stack += [item for item in each if type(item) is list]
    return count


def _cost(template: Template) -> int:
    """What working a template out takes, in characters."""
    if isinstance(template, Expression):
        return template.cost
    parts = template if isinstance(template, list) else template.values() if isinstance(template, dict) else ()
    return 1 + sum(map(_cost, parts))
