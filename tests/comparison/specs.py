"""Small networks to compare."""

from __future__ import annotations

import json
from typing import Any

from netspec.comparison.differences import Difference
from netspec.comparison.text import as_text
from netspec.graph.model import Graph
from netspec.pipeline import check_text


def graph(layers: list[Any], **more: Any) -> Graph:
    """A network of these layers, 8 x 8 x 3 unless `more` says otherwise."""
    document = {"netspec": 1, "input": [8, 8, 3], "layers": layers, **more}
    spec = check_text(json.dumps(document), repairs=False)
    assert spec.graph is not None
    assert spec.ok, [problem.message for problem in spec.problems]
    return spec.graph


def difference(first: list[Any], second: list[Any], **more: Any) -> Difference:
    """What differs between two networks of these layers."""
    return Difference(graph(first, **more), graph(second, **more))


def said(first: list[Any], second: list[Any], **more: Any) -> list[str]:
    """The lines about it, but for shapes, totals and the like."""
    lines = as_text(difference(first, second, **more), "a", "b").splitlines()
    return [line.strip() for line in lines if line[:4] in ("  + ", "  - ", "  ~ ")]


def pairs(found: Difference) -> dict[str, str]:
    """Which node of the second network is which of the first, by their names."""
    return {found.second.nodes[other].path: found.first.nodes[one].path for other, one in sorted(found.pairs.items())}
