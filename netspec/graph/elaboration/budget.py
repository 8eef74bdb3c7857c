"""What the elaboration of one document may cost, all its variants together."""

from __future__ import annotations

from netspec.expressions import ExpressionError

MAX_NODES = 50_000  # of a graph, bodies included; the largest networks in print have some thousand layers
MAX_NODES_OF_VARIANTS = 50_000  # of all variants together
MAX_LIST_ITEMS = 5_000_000  # in the lists that expressions read, one reading after the other
LONG = 100  # items of a list from which on it is counted
COST_OF_VARIANT = 100  # nodes, in whose time an empty one is elaborated


class Budget:
    """What is left of it."""

    def __init__(self) -> None:
        self.items = MAX_LIST_ITEMS
        self.nodes = MAX_NODES_OF_VARIANTS

    def read(self, length: int) -> None:
        """Count the reading of a list of so many items; raises ExpressionError where they are too many together."""
        if length < LONG:
            return
        self.items -= length
        if self.items < 0:
            raise ExpressionError(f"expressions read lists with more than {MAX_LIST_ITEMS:,} items together", "NS503")

    def elaborated(self, nodes: int) -> bool:
        """Count a variant of so many nodes; are there too many now?"""
        self.nodes -= nodes + COST_OF_VARIANT
        return self.nodes < 0
