"""The arithmetic as it is written is the arithmetic that is counted, for every kind and setting of the table."""

from __future__ import annotations

from typing import Any

import pytest

from netspec.kinds.kind import Part
from netspec.kinds.terms import Share, evaluate, product, write

from .case import Case
from .test_table import graph_of, rows


@pytest.mark.parametrize(("kind", "case"), rows(accepted=True))
def test_what_is_written_comes_out(kind: str, case: Case) -> None:
    graph = graph_of(kind, case)
    for node in graph.nodes:
        shapes: list[Any] = [graph.nodes[i].shape for i in node.inputs]
        if node.config is None or node.shape is None or isinstance(node.config, Part):
            continue
        trainable, non_trainable = node.config.weight_terms(*shapes)
        assert tuple(map(worked_out, (trainable, non_trainable))) == node.weights
        terms = node.config.mac_terms(shapes, node.shape)
        each = None if terms is None else worked_out(terms)
        assert (each and (None if node.times is None else each * node.times)) == node.macs


def worked_out(terms: Any) -> int:
    """What Python makes of the sum as it is written: digits and operators."""
    value: int = eval(write(terms) or "0")
    return value


def test_the_forms() -> None:
    gate = product(7, 16), product(16, 16), product(16)
    terms = product(2, 4, gate), product(3, 3, Share(192, 32), 96, times=(28, 28))
    assert write(terms) == "2*4*(7*16 + 16*16 + 16) + 28*28 * 3*3*192/32*96"
    assert evaluate(terms) == 2 * 4 * (7 * 16 + 16 * 16 + 16) + 28 * 28 * 3 * 3 * 6 * 96
    assert (write(()), evaluate(())) == ("", 0)
