"""What elaboration may cost: the bound itself is within it."""

from __future__ import annotations

import pytest

from netspec.diagnostics.problems import TooManyProblems
from netspec.expressions import ExpressionError, Value
from netspec.graph.elaboration.budget import MAX_EXPRESSIONS, MAX_LIST_ITEMS, Budget


def test_so_many_items_are_read_and_no_more() -> None:
    budget = Budget()
    budget.items = 6
    items: list[Value] = [1, [2]]
    budget.read(items)
    budget.read(items)
    assert budget.items == 0
    with pytest.raises(ExpressionError) as error:
        budget.read([1])
    assert error.value.message == f"expressions read lists with more than {MAX_LIST_ITEMS:,} items together"
    with pytest.raises(TooManyProblems):
        budget.read([1])


def test_so_many_characters_are_worked_out_and_no_more() -> None:
    budget = Budget()
    budget.spend(MAX_EXPRESSIONS)
    with pytest.raises(ExpressionError) as error:
        budget.spend(1)
    assert error.value.message == (
        f"the expressions that are worked out have more than {MAX_EXPRESSIONS:,} characters together"
    )
