"""Nodes by patterns of their paths: `stage4.*`, or `stage4`, which stands for all that is in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fnmatch import translate

from netspec.diagnostics.patterns import later
from netspec.graph.model import Graph

_WILD = later(r"[*?\[]")


class Paths:
    """Some nodes of a graph by their paths, and by those of the blocks and compositions that they stand in."""

    def __init__(self, graph: Graph, indices: Iterable[int]) -> None:
        self._by_name: dict[str, list[int]] = {}
        for index in indices:
            for name in _names(graph.nodes[index].path):
                self._by_name.setdefault(name, []).append(index)

    @property
    def names(self) -> tuple[str, ...]:
        """Every path that a pattern may match."""
        return tuple(self._by_name)

    def matching(self, pattern: str) -> frozenset[int]:
        """The nodes whose path, or a beginning of it that ends before a `.`, is as the pattern says."""
        if not _WILD.search(pattern):
            return frozenset(self._by_name.get(pattern, ()))
        matches = re.compile(translate(pattern)).match
        return frozenset(index for name, found in self._by_name.items() if matches(name) for index in found)

    def matching_any(self, patterns: Iterable[str]) -> frozenset[int]:
        """The nodes that one pattern or another matches."""
        return frozenset(index for pattern in patterns for index in self.matching(pattern))


def weighted(graph: Graph) -> tuple[int, ...]:
    """The nodes with weights that an output depends on."""
    return tuple(index for index in sorted(graph.used()) if any(graph.nodes[index].weights))


def _names(path: str) -> Iterator[str]:
    end = path.find(".")
    while end >= 0:
        yield path[:end]
        end = path.find(".", end + 1)
    yield path
