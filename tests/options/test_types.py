"""What hyperparameters take, at the edges."""

from __future__ import annotations

import pytest

from netspec.pipeline import check_text

NODE = "netspec: 1\ninput: [8, 8, 4]\nlayers:\n  - {}\n"
FOLDER = (
    "netspec: 1\ninput: [8, 8, 1]\nparams: {{b: pictures}}\nlayers: [flatten, {{dense: 10}}]\n"
    "data: {{source: {{folder: {{path: {}}}}}}}\n"
)


@pytest.mark.parametrize("length", [0, 4])
def test_amounts_are_for_one_to_three_dimensions(length: int) -> None:
    spec = check_text(NODE.format(f"conv: {{filters: 1, kernel_size: 1, padding: {[0] * length}}}"))
    assert [problem.message for problem in spec.problems] == [
        "`conv`: `padding` must be `valid`, `same`, `causal`, a whole number of at least 0, one for each dimension, or [before, after] for "
        f"each, not a list of {length}"
    ]


def test_branches_may_be_null() -> None:
    assert not check_text(NODE.format("inception: {1x1: 3, branches: null}")).problems


@pytest.mark.parametrize(("path", "meant"), [("$b", "pictures"), ("a $b", "a $b"), ("$", "$")])
def test_a_text_is_an_expression_only_where_it_is_a_name_alone(path: str, meant: str) -> None:
    graph = check_text(FOLDER.format(path)).graph
    assert graph is not None
    assert graph.data is not None
    assert graph.data.source.path == meant  # type: ignore[attr-defined]
