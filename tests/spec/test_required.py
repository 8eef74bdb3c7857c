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


def test_a_misspelt_hyperparameter_beside_a_source_that_is_none() -> None:
    text = "netspec: 1\ninput: [8, 8, 4]\nlayers:\n  - conv: {from: 3, filtres: 4, kernel_size: 3}\n"
    assert [(problem.code, problem.message) for problem in check_text(text, repairs=False).problems] == [
        (
            "NS301",
            "`from` must be the name of an earlier node, or a list of names, not 3; nodes are named, not numbered",
        ),
        ("NS202", "`conv` has no hyperparameter 'filtres'; did you mean `filters`?"),
    ]
