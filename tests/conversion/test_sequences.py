"""Long lists of numbers as expressions that give the same numbers."""

from __future__ import annotations

import json

import pytest

from netspec.conversion.folding.sequences import listed
from netspec.kinds.learned import Constant
from netspec.pipeline import check_text

SIZE = 5
LISTS = {
    "[0 if $i < 4 else 1 if $i < 6 else 2 for i in range(9)]": [0, 0, 0, 0, 1, 1, 2, 2, 2],
    "[3 + 2 * $i for i in range(10)]": [3 + 2 * i for i in range(10)],
    "[$i // 4 - $i % 4 for i in range(16)]": [i // 4 - i % 4 for i in range(16)],
    "[6 + $i // 7 - $i % 7 for i in range(49)]": [6 + i // 7 - i % 7 for i in range(49)],
    "[0.5 - 3 * ($i // 5) + 2 * ($i % 5) for i in range(25)]": [0.5 - 3 * (i // 5) + 2 * (i % 5) for i in range(25)],
    "[1 if $i % 4 == 0 else 0 for i in range(9)]": [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
    "[$i for i in range(25) if $i % 5 < $i // 5]": [i for i in range(25) if i % SIZE < i // SIZE],
    "[$i for i in range(25) if $i % 5 >= $i // 5]": [i for i in range(25) if i % SIZE >= i // SIZE],
}


@pytest.mark.parametrize("text", LISTS)
def test_a_list_is_an_expression_that_gives_it(text: str) -> None:
    values = LISTS[text]
    assert listed(values) == text
    spec = check_text(f"netspec: 1\ninput: [4]\nlayers:\n  - constant: {json.dumps(text)}\n", repairs=False)
    assert spec.graph is not None
    (config,) = [node.config for node in spec.graph.nodes if isinstance(node.config, Constant)]
    assert list(config.value) == values if isinstance(config.value, tuple) else False


@pytest.mark.parametrize(
    "values", [[1, 2, 3], [3, 1, 4, 1, 5, 9, 2, 6, 5], [True] * 9, ["a"] * 9, list(range(8)), [*range(9), 7], [7.0] * 9]
)
def test_others_stay_lists(values: list[object]) -> None:
    assert listed(values) is None
