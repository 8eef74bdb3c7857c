"""Nodes by patterns of their paths."""

from __future__ import annotations

import pytest

from netspec.graph.patterns import Paths, weighted
from netspec.pipeline import check_text

TEXT = """\
netspec: 1
input: [8, 8, 1]
blocks:
  Stage:
    params: {filters: 4}
    layers:
      - conv: {filters: $filters, kernel_size: 3, padding: same}
      - skip: [{conv: {filters: $filters, kernel_size: 3, padding: same}}, batch_norm]
layers:
  - Stage: {name: stage1}
  - Stage: {name: stage10}
  - flatten
  - dense: {units: 10, name: head}
"""


@pytest.mark.parametrize(
    ("pattern", "paths"),
    [
        ("head", ["head"]),
        ("stage1", ["stage1.conv_1", "stage1.skip_1.conv_1", "stage1.skip_1.batch_norm_1"]),
        ("stage1.*", ["stage1.conv_1", "stage1.skip_1.conv_1", "stage1.skip_1.batch_norm_1"]),
        ("stage*.skip_1", ["stage1.skip_1.conv_1", "stage1.skip_1.batch_norm_1", "stage10.skip_1.conv_1", "stage10.skip_1.batch_norm_1"]),
        ("*norm*", ["stage1.skip_1.batch_norm_1", "stage10.skip_1.batch_norm_1"]),
        ("stage1?", ["stage10.conv_1", "stage10.skip_1.conv_1", "stage10.skip_1.batch_norm_1"]),
        ("stage[!1]*", []),
        ("conv_1", []),
        ("flatten_1", []),
        ("Head", []),
        ("", []),
    ],
)  # fmt: skip
def test_which_nodes_a_pattern_matches(pattern: str, paths: list[str]) -> None:
    spec = check_text(TEXT)
    graph = spec.graph
    assert graph is not None
    found = Paths(graph, weighted(graph)).matching(pattern)
    assert [graph.nodes[index].path for index in sorted(found)] == paths


def test_names_are_all_that_may_be_matched() -> None:
    graph = check_text(TEXT).graph
    assert graph is not None
    paths = Paths(graph, weighted(graph))
    assert paths.names == (
        "stage1", "stage1.conv_1", "stage1.skip_1", "stage1.skip_1.conv_1", "stage1.skip_1.batch_norm_1",
        "stage10", "stage10.conv_1", "stage10.skip_1", "stage10.skip_1.conv_1", "stage10.skip_1.batch_norm_1", "head",
    )  # fmt: skip
    assert [graph.nodes[i].path for i in sorted(paths.matching_any(["head", "stage1.conv_1"]))] == [
        "stage1.conv_1",
        "head",
    ]
