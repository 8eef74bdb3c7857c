"""The networks that a spec says: the one at hand, and those of its variants."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.graph.model import Graph
from netspec.pipeline import Spec, check_again

MOST_NODES = 60_000  # that are made to prove one change of all networks


class Networks:
    """All networks of a spec, each made when it is first asked for.

    Args:
        spec: The spec, checked as one of them.

    Attributes:
        spec: The spec.
        others: The variants of the others; None is the network without.
    """

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.others = spec.others
        self._made: dict[str | None, Spec] = {}

    def are_few(self, count: int) -> bool:
        """Are the networks small enough to make so many of them?"""
        return (self.spec.effort + 1) * count <= MOST_NODES

    def graphs(self) -> Iterator[Graph]:
        """The graphs of all networks; of the one at hand alone where they are many and large."""
        others = self.others if self.are_few(1 + len(self.others)) else ()
        for spec in (self.spec, *map(self.of, others)):
            if spec.graph is not None:
                yield spec.graph

    def of(self, variant: str | None) -> Spec:
        """The spec, checked as one of the others."""
        if variant not in self._made:
            self._made[variant] = check_again(self.spec, self.spec.text, variant=variant)
        return self._made[variant]
