"""What a kind needs and does not get."""

from __future__ import annotations

import pytest

from netspec import check_text


@pytest.mark.parametrize("node", ["conv", "conv:", "conv: {}", "conv: {name: a}"])
def test_defaults_of_other_hyperparameters_do_not_stand_for_those_that_a_node_needs(node: str) -> None:
    text = f"netspec: 1\ninput: [32, 32, 3]\ndefaults:\n  conv: {{padding: same}}\nlayers:\n  - {node}\n  - relu\n"
    found = [(problem.code, problem.span[:2], problem.message) for problem in check_text(text, repairs=False).problems]
    assert found == [
        ("NS203", (6, 5), "`conv` needs `filters`: a whole number of at least 1"),
        (
            "NS203",
            (6, 5),
            "`conv` needs `kernel_size`: a whole number of at least 1, or a list of one for each dimension",
        ),
    ]
